//! The latest time that was reached, kept in the database.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{self, millis};
use crate::accounts::clock::ClockState;
use crate::accounts::error::Result;
use crate::accounts::time::{Span, Time};

/// The time that is believed within a statement whose `?1` is what the clock says: the latest that is remembered, if that
/// is later. What cannot be read is none; SQLite holds texts and blobs for greater than any number.
pub const BELIEVED: &str =
    "coalesce((SELECT CAST(c.high AS INTEGER) FROM clock c WHERE c.high BETWEEN ?1 AND 9e999), ?1)";

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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_believes_a_later_time_that_is_a_number_and_nothing_else() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE clock (high INTEGER)").unwrap();
        let believed = || db.query_row(&format!("SELECT {BELIEVED}"), [1000], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(believed(), 1000, "nothing is remembered");
        db.execute_batch("INSERT INTO clock VALUES (NULL)").unwrap();
        for (high, wanted) in [
            ("NULL", 1000),
            ("999", 1000),
            ("1001", 1001),
            ("9223372036854775807", i64::MAX),
            ("2000.5", 2000),
            ("1e300", i64::MAX),
            ("-1e300", 1000),
            ("'later'", 1000),
            ("x'39393939'", 1000),
        ] {
            db.execute(&format!("UPDATE clock SET high = {high}"), []).unwrap();
            assert_eq!(believed(), wanted, "{high}");
        }
    }
}
