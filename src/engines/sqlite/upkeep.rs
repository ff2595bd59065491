//! What is over for long enough, removed in small transactions; the clock taken at its word; and the look at the
//! database from outside.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};

use super::{audit, clock, export, purge, rows, settings};
use crate::accounts::audit::{Change, Deed, Stamp};
use crate::accounts::clock::ClockState;
use crate::accounts::error::Result;
use crate::accounts::hash::scheme;
use crate::accounts::health::{Examination, Exposed, FileFact, Tidied};
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

/// Looks at the database and its files.
pub fn examine(db: &Connection, place: Option<&Path>) -> Result<Examination> {
    Ok(Examination {
        schema: db.query_row("PRAGMA user_version", [], |row| row.get(0))?,
        files: place.map(files).unwrap_or_default(),
        exposed: place.map(exposures).unwrap_or_default(),
        unread: unread(db)?,
        hashes: Vec::new(),
        clock: clock::state(db)?,
    })
}

/// Counts the passwords by scheme and cost.
pub fn hashes(db: &Connection) -> Result<Vec<(String, u64)>> {
    // Of a million rows a handful differ before their salt: those alone are taken apart.
    let mut alike: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let mut statement = db.prepare("SELECT hash FROM credential")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (ValueRef::Text(hash) | ValueRef::Blob(hash)) = row.get_ref(0)? else { continue };
        let head = before_salt(hash);
        match alike.get_mut(head) {
            Some(count) => *count += 1,
            None => drop(alike.insert(head.to_vec(), 1)),
        }
    }
    let mut hashes: BTreeMap<String, u64> = BTreeMap::new();
    for (head, count) in alike {
        *hashes.entry(scheme(&String::from_utf8_lossy(&head))).or_default() += count;
    }
    let mut hashes: Vec<(String, u64)> = hashes.into_iter().collect();
    hashes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(hashes)
}

/// A stored hash without its last two parts, salt and digest.
fn before_salt(hash: &[u8]) -> &[u8] {
    let mut ends = hash.iter().enumerate().rev().filter(|(_, byte)| **byte == b'$').map(|(at, _)| at);
    ends.nth(1).filter(|at| *at > 0).map_or(b"".as_slice(), |at| &hash[..at])
}

/// The settings whose stored value cannot be read.
fn unread(db: &Connection) -> Result<Vec<(&'static str, String)>> {
    let policy = settings::policy(db)?;
    Ok(policy.unread.iter().copied().zip(policy.complaints()).collect())
}

/// By which of the folders somebody else may put another database here. That the nearest is closed was seen when the
/// database was opened; whoever may write one above it may rename what lies in it.
fn exposures(place: &Path) -> Vec<Exposed> {
    let shown = |path: &Path| path.to_string_lossy().into_owned();
    let Some(folder) = place.parent() else { return Vec::new() };
    let owner = |path: &Path| path.symlink_metadata().map(|facts| facts.uid());
    let owners = match (owner(folder), owner(place)) {
        (Ok(of_folder), Ok(database)) if of_folder != database => {
            Some(Exposed::Owners { path: shown(folder), folder: of_folder, database })
        }
        _ => None,
    };
    let above = folder.ancestors().skip(1).filter_map(|path| {
        let mode = path.symlink_metadata().ok()?.mode() & 0o7777;
        (mode & 0o022 != 0 && mode & 0o1000 == 0).then(|| Exposed::Above { path: shown(path), mode })
    });
    owners.into_iter().chain(above).collect()
}

/// The modes and sizes of the file and of those that stand beside it.
fn files(place: &Path) -> Vec<FileFact> {
    let beside = ["", "-wal", "-shm"].into_iter().map(|end| {
        let mut name = place.as_os_str().to_owned();
        name.push(end);
        std::path::PathBuf::from(name)
    });
    let fact = |path: std::path::PathBuf| {
        let facts = path.symlink_metadata().ok()?;
        let path = path.to_string_lossy().into_owned();
        Some(FileFact { path, mode: facts.mode() & 0o7777, bytes: facts.len() })
    };
    beside.filter_map(fact).collect()
}
