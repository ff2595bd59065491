//! The examination of a database: its files and folders from outside, and what its rows tell of its health.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::rows::text;
use super::{clock, guards, settings};
use crate::accounts::error::Result;
use crate::accounts::finding::Finding;
use crate::accounts::hash::scheme;
use crate::accounts::health::{Examination, FileFact};
use crate::accounts::text::{quote, visible};
use crate::accounts::user::MISREAD;

/// Examines the database and its files.
pub fn examine(db: &Connection, place: Option<&Path>) -> Result<Examination> {
    let mut findings = place.map(inspect).unwrap_or_default();
    // The checks of rows follow those of files: each pushes what it finds.
    unreadable_settings(db, &mut findings)?;
    misread_names(db, &mut findings)?;
    Ok(Examination {
        schema: db.query_row("PRAGMA user_version", [], |row| row.get(0))?,
        files: place.map(files).unwrap_or_default(),
        findings,
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

/// Finds settings whose stored value cannot be read.
fn unreadable_settings(db: &Connection, findings: &mut Vec<Finding>) -> Result<()> {
    let policy = settings::policy(db)?;
    for (key, message) in policy.unread.iter().zip(policy.complaints()) {
        findings.push(Finding::warning("setting_unreadable", message, format!("rollbook policy set {key} VALUE")));
    }
    Ok(())
}

/// Finds users whose name a command reads as an option, or as a prefix of another name. No such name is accepted, but an
/// older version or another program may have written one.
fn misread_names(db: &Connection, findings: &mut Vec<Finding>) -> Result<()> {
    let (mut count, mut example) = (0, None);
    let mut statement = db.prepare_cached(
        "SELECT name, id, count(*) OVER () FROM user
         WHERE name_key >= ?1 AND name_key < ?2 AND deleted_at IS NULL LIMIT 1",
    )?;
    for prefix in MISREAD {
        let mut end = prefix.as_bytes().to_vec();
        end.iter_mut().last().into_iter().for_each(|byte| *byte += 1);
        let end = String::from_utf8_lossy(&end).into_owned();
        let mut rows = statement.query([prefix, end.as_str()])?;
        if let Some(row) = rows.next()? {
            count += row.get::<_, i64>(2)?;
            example.get_or_insert((text(row, 0)?, text(row, 1)?));
        }
    }
    if let Some((name, id)) = example {
        let users = if count == 1 { "1 user has".to_owned() } else { format!("{count} users have") };
        findings.push(Finding::warning(
            "name_misread",
            format!("{users} a name that commands read as an option or a prefix, such as {}", quote(&name)),
            format!("rename them by id: rollbook user edit 'id:{}' --name NEW", visible(&id)),
        ));
    }
    Ok(())
}

/// Checks the database's files and folders without opening any of them.
pub fn inspect(place: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    file_modes(place, &mut findings);
    refusals(place, &mut findings);
    folder_owner(place, &mut findings);
    folders_above(place, &mut findings);
    findings
}

/// Only the owner may read or write the database's files: the reader of a file has every name and hash in it.
fn file_modes(place: &Path, findings: &mut Vec<Finding>) {
    for FileFact { path, mode, .. } in files(place) {
        let shown = format!("{mode:04o} {}", visible(&path));
        findings.push(match mode & 0o077 {
            0 => Finding::ok("file_mode", shown),
            _ => Finding::critical(
                "file_mode",
                format!("{shown} is open to others"),
                format!("chmod 600 {}", visible(&path)),
            ),
        });
    }
}

/// Everything else for which the database would not be opened.
fn refusals(place: &Path, findings: &mut Vec<Finding>) {
    let Ok(facts) = place.symlink_metadata() else { return };
    let faults = guards::faults(place, &facts).into_iter();
    for fault in faults.filter(|fault| !fault.message.ends_with(guards::IS_OPEN)) {
        findings.push(Finding::critical("file_refused", fault.message, fault.hint.unwrap_or_default()));
    }
}

/// The owner of the folder may put another file in the database's place.
fn folder_owner(place: &Path, findings: &mut Vec<Finding>) {
    let Some(folder) = place.parent() else { return };
    let owner = |path: &Path| path.symlink_metadata().map(|facts| facts.uid());
    if let (Ok(of_folder), Ok(database)) = (owner(folder), owner(place))
        && of_folder != database
    {
        findings.push(Finding::warning(
            "folder_owner",
            format!(
                "{} belongs to account {of_folder}, the database to {database}: the folder's owner may put another \
                 file in its place",
                shown(folder)
            ),
            "chown makes both one account's",
        ));
    }
}

/// An account that may write a folder above may rename the folders in it. Opening the database checks the nearest one.
fn folders_above(place: &Path, findings: &mut Vec<Finding>) {
    for path in place.ancestors().skip(2) {
        let Ok(facts) = path.symlink_metadata() else { continue };
        let mode = facts.mode() & 0o7777;
        if mode & 0o022 != 0 && mode & 0o1000 == 0 {
            findings.push(Finding::warning(
                "folder_writable",
                format!(
                    "{mode:04o} {}, above the database: others may put another folder in the place of the one beneath",
                    shown(path)
                ),
                format!("chmod go-w {}, or +t", shown(path)),
            ));
        }
    }
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
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
