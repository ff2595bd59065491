//! The audit's rows: numbered, chained, and read back; and the counted failures that stand beside them.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::clock;
use super::rows::{self, Raw};
use super::trail::entries;
use crate::accounts::audit::Actor;
use crate::accounts::audit::{
    Change, Deed, Detail, Failures, GENESIS, Happening, Links, NewEntry, Stamp, detail_digest,
};
use crate::accounts::chain::Link;
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::time::{Span, Time};
use crate::accounts::trail::Trail;
use crate::accounts::user::{User, UserId};

/// An entry about a user, or about nobody, in the name of the stamp.
pub fn entry(
    stamp: &Stamp,
    deed: Deed,
    target: Option<&User>,
    changes: Vec<Change>,
    words: Option<String>,
) -> NewEntry {
    NewEntry {
        at: stamp.at,
        actor: stamp.actor.clone(),
        deed,
        target: target.map(|user| user.id.clone()),
        detail: Detail {
            actor: stamp.actor.written_name().to_owned(),
            target: target.map(|user| user.name.clone()),
            origin: stamp.origin.clone(),
            reason: stamp.reason.clone(),
            changes,
            words,
        },
    }
}

/// Appends an entry to the chain, and remembers that it is as late as it says.
pub fn append(db: &Connection, new: &NewEntry) -> Result<()> {
    clock::tick(db, new.at)?;
    add(db, new)
}

/// Appends an entry of any time to the chain. The caller's transaction holds the right to write, so that no two get one
/// number.
pub fn add(db: &Connection, new: &NewEntry) -> Result<()> {
    let unwritten = || Error::new(Kind::Failure, "the audit entry was not written, and so nothing was changed");
    let json = serde_json::to_string(&new.detail).map_err(|_| unwritten())?;
    let last = db
        .prepare_cached("SELECT seq, digest FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, rows::digest(row, 1)?)))
        .optional()?;
    let (before, seq) = match last {
        Some((seq, digest)) => (digest, seq.checked_add(1).ok_or_else(unwritten)?),
        None => (GENESIS, 1),
    };
    let actor_id = match &new.actor {
        Actor::User { id, .. } => Some(id.as_str()),
        Actor::Operator(_) | Actor::Service(_) => None,
    };
    let target = new.target.as_ref().map(UserId::as_str);
    let covered = detail_digest(json.as_bytes());
    let links = Links {
        seq,
        at: new.at,
        actor_kind: new.actor.kind(),
        actor_id,
        deed: new.deed.word(),
        target,
        detail_digest: &covered,
        before: &before,
    };
    let written = db
        .prepare_cached(
            "INSERT INTO audit (seq, at, actor_kind, actor_id, deed, target, detail_digest, digest)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            seq,
            new.at.millis(),
            links.actor_kind,
            Raw::some(actor_id),
            links.deed,
            Raw::some(target),
            covered,
            links.digest()
        ])?;
    let detailed =
        db.prepare_cached("INSERT INTO audit_detail (seq, json) VALUES (?1, ?2)")?.execute(params![seq, json])?;
    if (written, detailed) == (1, 1) { Ok(()) } else { Err(unwritten()) }
}

/// The actor, the past tense and the time of the last entry about a user: who moved a row on.
pub fn last_about(db: &Connection, id: &UserId) -> Result<Option<(String, String, Time)>> {
    let entry = entries(db, &Trail::about(Some(id)), None, 1)?.into_iter().next();
    Ok(entry.map(|entry| (entry.actor().to_owned(), entry.past().to_owned(), entry.at)))
}

/// Entries as the chain covers them, oldest first.
pub fn chain(db: &Connection, after: Option<i64>, limit: u32) -> Result<Vec<Link>> {
    // There is no number before which nothing could have been put.
    let behind = if after.is_some() { "WHERE a.seq > ?2" } else { "WHERE ?2 IS NULL" };
    let mut statement = db.prepare_cached(&format!(
        "SELECT a.seq, a.at, a.actor_kind, a.actor_id, a.deed, a.target, a.detail_digest, a.digest, d.json
         FROM audit a LEFT JOIN audit_detail d ON d.seq = a.seq {behind} ORDER BY a.seq LIMIT ?1"
    ))?;
    let links = statement.query_map(params![limit, after], |row| {
        Ok(Link {
            seq: row.get(0)?,
            at: rows::time(row, 1)?.unwrap_or_default(),
            actor_kind: rows::text(row, 2)?,
            actor_id: rows::words(row, 3)?,
            deed: rows::text(row, 4)?,
            target: rows::words(row, 5)?,
            detail_digest: rows::digest(row, 6)?,
            digest: rows::digest(row, 7)?,
            detail: if row.get_ref(8)? == ValueRef::Null { None } else { Some(rows::bytes(row, 8)?) },
        })
    })?;
    Ok(links.collect::<rusqlite::Result<_>>()?)
}

/// A person's entries and failed log-ins in one list, newest first.
pub fn history(db: &Connection, id: &UserId, limit: u16) -> Result<Vec<Happening>> {
    let mut entries = entries(db, &Trail::about(Some(id)), None, limit)?.into_iter().peekable();
    let mut failures = failures(db, id, limit)?.into_iter().peekable();
    let mut list = Vec::new();
    while list.len() < usize::from(limit) {
        let failed_last = match (entries.peek(), failures.peek()) {
            (Some(entry), Some(failed)) => failed.at > entry.at,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        let next = if failed_last {
            failures.next().map(Happening::Failures)
        } else {
            entries.next().map(|entry| Happening::Entry(Box::new(entry)))
        };
        match next {
            Some(next) => list.push(next),
            None => break,
        }
    }
    Ok(list)
}

fn failures(db: &Connection, id: &UserId, limit: u16) -> Result<Vec<Failures>> {
    let mut statement = db.prepare_cached(
        "SELECT f.last, f.count, f.address FROM failure f JOIN user u ON u.seq = f.user_seq
         WHERE u.id = ?1 ORDER BY f.minute DESC LIMIT ?2",
    )?;
    let found = statement.query_map(params![Raw::new(id.as_str()), limit], |row| {
        Ok(Failures {
            at: rows::time(row, 0)?.unwrap_or_default(),
            count: rows::count(row, 1)?,
            address: rows::words(row, 2)?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Counts a failed log-in in its minute, and forgets a few that are older than thirty days.
pub fn count_failure(db: &Connection, id: Option<&UserId>, address: Option<&str>, at: Time) -> Result<()> {
    // Nobody has number 0, so that an unknown name costs the same look and the same write.
    let seq = db
        .prepare_cached("SELECT seq FROM user WHERE id = ?1")?
        .query_row([Raw::new(id.map_or("", UserId::as_str))], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    let minute = |at: Time| at.millis().div_euclid(Span::MINUTE.millis());
    db.prepare_cached(
        "INSERT INTO failure (user_seq, minute, count, last, address) VALUES (?1, ?2, 1, ?3, ?4)
         ON CONFLICT (user_seq, minute) DO UPDATE
         SET count = count + 1, last = max(last, excluded.last), address = excluded.address",
    )?
    .execute(params![seq, minute(at), at.millis(), Raw::some(address)])?;
    if !clock::may_forget(db, at)? {
        return Ok(());
    }
    db.prepare_cached(
        "DELETE FROM failure WHERE rowid IN (SELECT rowid FROM failure WHERE minute < ?1 ORDER BY minute LIMIT 10)",
    )?
    .execute([minute(at.minus(Span::DAY.times(30)))])?;
    Ok(())
}
