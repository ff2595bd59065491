//! The audit's exported beginning: the entry that says that it was exported, and its removal.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{audit, rows, trail};
use crate::accounts::audit::{Actor, Change, Deed, Detail, Stamp};
use crate::accounts::chain::Head;
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::export::{FIELD, Stretch};
use crate::accounts::time::Time;

/// The last entry that was removed.
pub fn floor(db: &Connection) -> Result<Option<Head>> {
    let read = |row: &rusqlite::Row<'_>| Ok(Head { seq: row.get(0)?, digest: rows::digest(row, 1)? });
    Ok(db.prepare_cached("SELECT seq, digest FROM audit_floor")?.query_row([], read).optional()?)
}

/// Writes down that a stretch was exported.
pub fn checkpoint(db: &Connection, stretch: &Stretch, stamp: &Stamp) -> Result<()> {
    let there = db
        .prepare_cached("SELECT digest FROM audit WHERE seq = ?1")?
        .query_row([stretch.head.seq], |row| rows::digest(row, 0))
        .optional()?;
    if there != Some(stretch.head.digest) {
        let message = format!("entry {} of the audit is not what was exported", stretch.head.seq);
        return Err(Error::new(Kind::Stale, message).hint("`rollbook audit verify` tells more; keep both files"));
    }
    let change = Change { field: FIELD.to_owned(), before: stretch.after.to_string(), after: stretch.head.to_string() };
    let mut entry = audit::entry(stamp, Deed::Export, None, vec![change], None);
    if matches!(stamp.actor, Actor::User { .. }) {
        // A purge of this user has to leave this entry as it is: so nothing of theirs may stand in it.
        entry.detail = Detail { changes: entry.detail.changes, ..Detail::default() };
    }
    audit::append(db, &entry)
}

/// Removes at most `limit` exported entries that are older than this, the oldest first and none between two that stay,
/// and remembers the last.
pub fn remove(db: &Connection, before: Time, limit: u32) -> Result<u32> {
    let Some(exported) = exported(db)?.filter(|_| limit > 0) else { return Ok(0) };
    let last = db
        .prepare_cached(
            "SELECT seq, digest FROM (
                 SELECT seq, digest FROM audit WHERE seq <= ?1
                     AND seq < coalesce((SELECT min(seq) FROM audit WHERE at >= ?2), 9223372036854775807)
                 ORDER BY seq LIMIT ?3)
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(params![exported, before.millis(), limit], |row| {
            Ok(Head { seq: row.get(0)?, digest: rows::digest(row, 1)? })
        })
        .optional()?;
    let Some(last) = last else { return Ok(0) };
    db.prepare_cached("DELETE FROM audit_detail WHERE seq <= ?1")?.execute([last.seq])?;
    let gone = db.prepare_cached("DELETE FROM audit WHERE seq <= ?1")?.execute([last.seq])?;
    db.prepare_cached(
        "INSERT INTO audit_floor (one, seq, digest) VALUES (1, ?1, ?2)
         ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, digest = excluded.digest",
    )?
    .execute(params![last.seq, last.digest])?;
    Ok(u32::try_from(gone).unwrap_or(u32::MAX))
}

/// The last entry that was exported.
fn exported(db: &Connection) -> Result<Option<i64>> {
    let exports = crate::accounts::trail::Trail { deed: Some(Deed::Export), ..Default::default() };
    let last = trail::entries(db, &exports, None, 1)?;
    Ok(last.first().and_then(crate::accounts::export::Checkpoint::of).map(|checkpoint| checkpoint.head.seq))
}
