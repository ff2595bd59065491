//! Failed log-ins of everybody, a person and a minute a row.

use rusqlite::{Connection, params};

use super::rows::{self, Raw};
use crate::accounts::audit::Failures;
use crate::accounts::error::Result;
use crate::accounts::trail::{Failed, FailedKey, Trail};
use crate::accounts::user::UserId;

/// A page of them, newest first.
pub fn page(db: &Connection, trail: &Trail, before: Option<FailedKey>, limit: u16) -> Result<Vec<Failed>> {
    if trail.deed.is_some() || trail.by.is_some() || trail.by_name.is_some() {
        // Nobody knows whose deed a failed log-in is.
        return Ok(Vec::new());
    }
    let (minute, seq) = before.unwrap_or((i64::MAX, i64::MAX));
    let mut statement = db.prepare_cached(
        "SELECT f.minute, f.user_seq, f.last, f.count, f.address, u.id, u.name
         FROM failure f LEFT JOIN user u ON u.seq = f.user_seq
         WHERE (f.minute, f.user_seq) < (?1, ?2) AND (?3 IS NULL OR u.id = ?3)
             AND f.last >= coalesce(?4, f.last) AND f.last <= coalesce(?5, f.last)
         ORDER BY f.minute DESC, f.user_seq DESC LIMIT ?6",
    )?;
    let about = Raw::some(trail.about.as_ref().map(UserId::as_str));
    let (since, until) = (rows::millis(trail.since), rows::millis(trail.until));
    let found = statement.query_map(params![minute, seq, about, since, until, limit], |row| {
        let id = rows::words(row, 5)?;
        Ok(Failed {
            key: (row.get(0)?, row.get(1)?),
            whose: id.map(|id| Ok::<_, rusqlite::Error>((UserId::new(id), rows::text(row, 6)?))).transpose()?,
            failures: Failures {
                at: rows::time(row, 2)?.unwrap_or_default(),
                count: rows::count(row, 3)?,
                address: rows::words(row, 4)?,
            },
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
