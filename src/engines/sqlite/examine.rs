//! The examination of a database: its files and folders from outside, and what its rows tell of its health.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use rustix::fs::StatVfsMountFlags;

use super::rows::text;
use super::{clock, faults, files, guards, settings};
use crate::accounts::error::Result;
use crate::accounts::file_error::file_error;
use crate::accounts::finding::Finding;
use crate::accounts::hash::scheme;
use crate::accounts::health::{CheckProgress, Examination, FileFact};
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
        files: place.map(file_facts).unwrap_or_default(),
        findings,
        hashes: Vec::new(),
        clock: clock::state(db)?,
    })
}

/// Checks the structure of the file. SQLite counts pages first and then steps of its program over the rows.
pub fn quick_check(db: &mut Connection, mut tell: CheckProgress) -> Result<Vec<String>> {
    const STEPS: u16 = 1000;
    let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    let pages = pages.max(0).unsigned_abs();
    let mut done = 0;
    let progress = move || {
        done += u64::from(STEPS);
        tell(done, pages);
        false
    };
    db.progress_handler(i32::from(STEPS), Some(progress))?;
    let faults = quick_check_rows(db).map_err(|fault| faults::located(fault.into(), db));
    db.progress_handler(0, None::<fn() -> bool>)?;
    Ok(faults?.into_iter().filter(|row| row != "ok").collect())
}

fn quick_check_rows(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = db.prepare("PRAGMA quick_check(10)")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
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

/// Checks the database's files and folders without opening any of them. An unreachable file gives no finding here.
pub fn inspect(path: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Ok(place) = files::find_unguarded(path) else { return findings };
    let place = place.as_path();
    file_modes(place, &mut findings);
    refusals(place, &mut findings);
    folder_owner(place, &mut findings);
    folders_above(place, &mut findings);
    room(place, &mut findings);
    findings
}

/// The free space and the free inodes of the file system.
fn room(place: &Path, findings: &mut Vec<Finding>) {
    let folder = place.parent().unwrap_or(place);
    match rustix::fs::statvfs(folder) {
        Ok(facts) => {
            if facts.f_flag.contains(StatVfsMountFlags::RDONLY) {
                let message = format!("the file system of {} is mounted read-only", files::named(folder));
                findings.push(Finding::critical("file_system_read_only", message, "mount it for writing"));
            }
            let unit = facts.f_frsize;
            findings.push(space_finding(facts.f_bavail.saturating_mul(unit), facts.f_blocks.saturating_mul(unit)));
            // A file system that creates inodes when they are needed has no number of them.
            if facts.f_files > 0 {
                findings.push(inode_finding(facts.f_favail, facts.f_files));
            }
        }
        Err(errno) => {
            let error = file_error("has an unknown amount of free space", folder, &errno.into(), guards::ELSEWHERE);
            findings.push(Finding::failed("disk_space", error));
        }
    }
}

const MIB: u64 = 1 << 20;

/// Critical: less than 16 MiB, or less than 512 MiB and 2 %. Warning: less than 64 MiB, or less than 4 GiB and 10 %.
fn space_finding(free: u64, all: u64) -> Finding {
    let percent = percent(free, all);
    let message = format!("{} MiB free on the file system ({percent} %)", free / MIB);
    let below = |least: u64, most: u64, part: u64| free < least * MIB || (free < most * MIB && percent < part);
    if below(16, 512, 2) {
        Finding::critical("disk_space", message, "make room now: without it no change can be written")
    } else if below(64, 4096, 10) {
        Finding::warning("disk_space", message, "make room: df -h shows the file systems")
    } else {
        Finding::ok("disk_space", message)
    }
}

/// Critical: fewer than 10. Warning: fewer than 1,000 and 5 %.
fn inode_finding(free: u64, all: u64) -> Finding {
    let message = format!("{free} inodes free on the file system ({} %)", percent(free, all));
    if free < 10 {
        Finding::critical("inodes", message, "remove files now: without an inode no file can be created")
    } else if free < 1000 && percent(free, all) < 5 {
        Finding::warning("inodes", message, "remove files: df -i shows the file systems")
    } else {
        Finding::ok("inodes", message)
    }
}

fn percent(part: u64, all: u64) -> u64 {
    part.saturating_mul(100).checked_div(all).unwrap_or(0)
}

/// Only the owner may read or write the database's files: the reader of a file has every name and hash in it.
fn file_modes(place: &Path, findings: &mut Vec<Finding>) {
    for FileFact { path, mode, .. } in file_facts(place) {
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
fn file_facts(place: &Path) -> Vec<FileFact> {
    let endings = [""].into_iter().chain(guards::ENDINGS);
    let beside = endings.map(|end| guards::beside(place, end));
    let fact = |path: std::path::PathBuf| {
        let facts = path.symlink_metadata().ok()?;
        let path = path.to_string_lossy().into_owned();
        Some(FileFact { path, mode: facts.mode() & 0o7777, bytes: facts.len() })
    };
    beside.filter_map(fact).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::accounts::finding::Severity;

    #[test]
    fn free_space_is_judged_by_size_and_by_share() {
        const GIB: u64 = 1024 * MIB;
        for (free, all, wanted) in [
            (0, 100 * GIB, Severity::Critical),
            (15 * MIB, 20 * MIB, Severity::Critical),
            (500 * MIB, 100 * GIB, Severity::Critical),
            (500 * MIB, 10 * GIB, Severity::Warning),
            (63 * MIB, 64 * MIB, Severity::Warning),
            (3 * GIB, 100 * GIB, Severity::Warning),
            (60 * GIB, 2000 * GIB, Severity::Ok),
            (65 * MIB, 128 * MIB, Severity::Ok),
            (0, 0, Severity::Critical),
        ] {
            assert_eq!(space_finding(free, all).severity, wanted, "{free} of {all}");
        }
        for (free, all, wanted) in [
            (0, 100_000, Severity::Critical),
            (900, 100_000, Severity::Warning),
            (900, 1000, Severity::Ok),
            (50_000, 10_000_000, Severity::Ok),
        ] {
            assert_eq!(inode_finding(free, all).severity, wanted, "{free} of {all}");
        }
    }
}
