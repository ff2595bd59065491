//! The latest time that was reached, kept in the database.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{self, millis};
use crate::accounts::clock::ClockState;
use crate::accounts::error::Result;
use crate::accounts::time::{Span, Time};

/// The latest time that is remembered, within a statement; what cannot be read is none.
pub const BELIEVED: &str = "coalesce((SELECT CASE typeof(c.high) WHEN 'integer' THEN c.high \
    WHEN 'real' THEN CAST(c.high AS INTEGER) ELSE 0 END FROM clock c), 0)";

/// What is remembered.
pub fn state(db: &Connection) -> Result<ClockState> {
    let found = db
        .prepare_cached("SELECT high, leapt_at, seen_at, tidied_at FROM clock")?
        .query_row([], |row| {
            Ok(ClockState {
                high: rows::time(row, 0)?.unwrap_or_default(),
                leapt_at: rows::time(row, 1)?,
                seen_at: rows::time(row, 2)?,
                tidied_at: rows::time(row, 3)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// The time by which things are over.
pub fn believed(db: &Connection, now: Time) -> Result<Time> {
    Ok(state(db)?.believed(now))
}

/// Whether something may be removed for its age.
pub fn may_forget(db: &Connection, now: Time) -> Result<bool> {
    Ok(!state(db)?.is_ahead(now))
}

/// Remembers all of it.
pub fn put(db: &Connection, state: ClockState) -> Result<()> {
    db.prepare_cached("UPDATE clock SET high = ?1, leapt_at = ?2, seen_at = ?3, tidied_at = ?4")?.execute(params![
        state.high.millis(),
        millis(state.leapt_at),
        millis(state.seen_at),
        millis(state.tidied_at)
    ])?;
    Ok(())
}

/// Remembers that it is this late, in the transaction of a change; writes at most once a minute.
pub fn tick(db: &Connection, now: Time) -> Result<ClockState> {
    let before = state(db)?;
    let mut after = before.see(now);
    // Upkeep of a new database is due a day after its first change.
    after.tidied_at = after.tidied_at.or(Some(now));
    let far = |a: Option<Time>, b: Option<Time>| match (a, b) {
        (Some(a), Some(b)) => b.since(a) >= Span::MINUTE,
        (a, b) => a != b,
    };
    if far(Some(before.high), Some(after.high))
        || before.leapt_at != after.leapt_at
        || far(before.seen_at, after.seen_at)
        || before.tidied_at != after.tidied_at
    {
        put(db, after)?;
    }
    Ok(after)
}

/// Remembers that upkeep was done.
pub fn tidied(db: &Connection, at: Time) -> Result<()> {
    put(db, ClockState { tidied_at: Some(at), ..state(db)? })
}
