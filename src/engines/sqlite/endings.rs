//! The end of all sessions of a person: what the rows of sessions, users and resets have in common.

use rusqlite::{Connection, params};

use super::rows::{self, RUNS, Raw};
use crate::accounts::audit::Stamp;
use crate::accounts::error::Result;

/// How many sessions, in words.
pub fn counted(number: u32) -> String {
    if number == 1 { "1 session".to_owned() } else { format!("{number} sessions") }
}

/// Ends all sessions of a person and says how many of them were live.
///
/// Those that merely lay idle too long are marked as well: a clock that is set back must not revive them.
pub fn end_all(db: &Connection, user_seq: i64, stamp: &Stamp) -> Result<u32> {
    let live = format!("SELECT count(*) FROM session s WHERE s.user_seq = ?2 AND {RUNS}");
    let live = db.prepare_cached(&live)?.query_row([stamp.at.millis(), user_seq], |row| rows::count(row, 0))?;
    db.prepare_cached("UPDATE session SET ended_at = ?2, ended_by = ?3 WHERE user_seq = ?1 AND ended_at IS NULL")?
        .execute(params![user_seq, stamp.at.millis(), Raw::new(stamp.actor.name())])?;
    Ok(live)
}
