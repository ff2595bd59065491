//! What is over for long enough, removed in small transactions; and the clock taken at its word.

use rusqlite::{Connection, params};

use super::{audit, clock, export, purge, rows, settings};
use crate::accounts::audit::{Change, Deed, Stamp};
use crate::accounts::clock::ClockState;
use crate::accounts::error::Result;
use crate::accounts::health::Tidied;
use crate::accounts::throttle::{FORGOTTEN, KNOWN};
use crate::accounts::time::{Span, Time};
use crate::accounts::user::UserId;

/// At most so many people in one transaction: each takes many rows along.
const PEOPLE: u32 = 20;

/// Removes at most `limit` rows.
pub fn tidy(db: &Connection, limit: u32, stamp: &Stamp) -> Result<Tidied> {
    if clock::tick(db, stamp.at)?.is_ahead(stamp.at) {
        return Ok(Tidied { held: true, ..Tidied::default() });
    }
    let policy = settings::policy(db)?;
    let now = clock::believed(db, stamp.at)?;
    let mut left = limit;
    let mut remove = |sql: &str, before: Time| -> Result<u32> {
        let gone = db.prepare_cached(sql)?.execute(params![before.millis(), left])?;
        let gone = u32::try_from(gone).unwrap_or(u32::MAX);
        left = left.saturating_sub(gone);
        Ok(gone)
    };
    let kept = now.minus(policy.keep_sessions);
    let mut done = Tidied {
        sessions: remove(
            "DELETE FROM session WHERE seq IN
                 (SELECT seq FROM session WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)",
            kept,
        )? + remove(
            "DELETE FROM session WHERE seq IN (SELECT seq FROM session
                 WHERE expires_at IS NULL AND ended_at IS NOT NULL AND ended_at < ?1 ORDER BY ended_at LIMIT ?2)",
            kept,
        )?,
        resets: remove(
            "DELETE FROM reset WHERE digest IN
                 (SELECT digest FROM reset WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)",
            now,
        )?,
        ..Tidied::default()
    };
    // Tries are counted and addresses remembered by the clock alone, so they grow old by it: where it was set back,
    // the time that was reached would forget the newest of them.
    for (sql, before) in [
        (
            "DELETE FROM throttle WHERE seq IN (SELECT seq FROM throttle WHERE last < ?1 ORDER BY last LIMIT ?2)",
            stamp.at.minus(FORGOTTEN),
        ),
        (
            "DELETE FROM known_source WHERE (user_seq, source) IN
                 (SELECT user_seq, source FROM known_source WHERE last < ?1 ORDER BY last LIMIT ?2)",
            stamp.at.minus(KNOWN),
        ),
        (
            "DELETE FROM failure WHERE rowid IN
                 (SELECT rowid FROM failure WHERE minute < ?1 / 60000 ORDER BY minute LIMIT ?2)",
            now.minus(Span::DAY.times(30)),
        ),
    ] {
        done.counters += remove(sql, before)?;
    }
    for id in gone(db, now.minus(policy.keep_deleted), left.min(PEOPLE))? {
        purge::purge(db, &id, None, stamp)?;
        done.purged += 1;
    }
    if let Some(kept) = policy.keep_audit {
        done.entries = export::remove(db, now.minus(kept), limit.saturating_sub(done.rows()))?;
    }
    done.more = done.rows() >= limit || done.purged >= PEOPLE;
    if !done.more {
        clock::tidied(db, stamp.at)?;
    }
    Ok(done)
}

/// People who were deleted before this, the first deleted first.
fn gone(db: &Connection, before: Time, limit: u32) -> Result<Vec<UserId>> {
    let mut statement = db.prepare_cached(
        "SELECT id FROM user WHERE deleted_at IS NOT NULL AND deleted_at < ?1 ORDER BY deleted_at LIMIT ?2",
    )?;
    let found = statement.query_map(params![before.millis(), limit], |row| Ok(UserId::new(rows::text(row, 0)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Takes the clock at its word.
pub fn accept_clock(db: &Connection, stamp: &Stamp) -> Result<ClockState> {
    let before = clock::state(db)?;
    let after = before.accept(stamp.at);
    clock::put(db, after)?;
    let change = Change { field: "clock".to_owned(), before: before.high.rfc3339(), after: after.high.rfc3339() };
    audit::append(db, &audit::entry(stamp, Deed::AcceptClock, None, vec![change], None))?;
    Ok(after)
}
