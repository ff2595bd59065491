//! The schema's versions: which one a file has, and how it comes to the present one.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::database_file::DatabaseFile;
use super::{connection, faults, files, settings, standing};
use crate::accounts::audit::{Deed, Stamp};
use crate::accounts::error::{Error, Kind, Result};
use crate::engines::opening::Upgraded;

/// "ROLL" in the file's header: this is ours.
const APPLICATION: i32 = 0x524F_4C4C;

/// The steps from an empty file to the present schema. Steps only add, so that programs of the version before go on.
pub const STEPS: &[&str] = &[
    include_str!("../../../assets/schema/sqlite/0001.sql"),
    include_str!("../../../assets/schema/sqlite/0002.sql"),
    include_str!("../../../assets/schema/sqlite/0003.sql"),
    include_str!("../../../assets/schema/sqlite/0004.sql"),
    include_str!("../../../assets/schema/sqlite/0005.sql"),
    include_str!("../../../assets/schema/sqlite/0006.sql"),
    include_str!("../../../assets/schema/sqlite/0007.sql"),
];

/// Lays the schema into an empty database.
pub fn lay(db: &Connection) -> Result<()> {
    connection::write(db, connection::PATIENCE, false, |tx| {
        tx.execute_batch(&format!("PRAGMA application_id = {APPLICATION}"))?;
        climb(tx, 0, STEPS)
    })
}

/// Whether this program can work with the file.
pub fn judge(db: &Connection, path: &Path) -> Result<()> {
    judge_against(db, path, STEPS)
}

fn judge_against(db: &Connection, path: &Path, steps: &[&str]) -> Result<()> {
    let (version, present) = (version(db, path)?, last(steps));
    let name = files::named(path);
    if version > present && compatible_since(db)? > present {
        return Err(newer(&name, version, present));
    }
    if version < present {
        return Err(Error::new(
            Kind::Schema,
            format!("{name} has schema {version}; this program works with {present}"),
        )
        .hint("`rollbook db upgrade` makes a copy and brings it up to date"));
    }
    Ok(())
}

/// The oldest schema whose programs can work with the file.
fn compatible_since(db: &Connection) -> Result<i32> {
    Ok(db.query_row("SELECT since FROM compatible", [], |row| row.get(0))?)
}

fn newer(name: &str, version: i32, present: i32) -> Error {
    Error::new(Kind::Schema, format!("{name} has schema {version}, which is newer than this program's {present}"))
        .hint("use a newer rollbook; this one would not understand the file")
}

fn last(steps: &[&str]) -> i32 {
    i32::try_from(steps.len()).unwrap_or(i32::MAX)
}

/// The schema version of a file that is ours.
fn version(db: &Connection, path: &Path) -> Result<i32> {
    let foreign = || {
        Error::new(Kind::Schema, format!("{} is not a Rollbook database", files::named(path)))
            .hint("name another file with --db, or make one with `rollbook init`")
    };
    let asked = (|| {
        let application: i32 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        let version: i32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        Ok::<_, rusqlite::Error>((application, version))
    })();
    match asked {
        Ok((APPLICATION, version)) if version > 0 => Ok(version),
        Ok((0, 0)) if path.metadata().is_ok_and(|facts| facts.len() == 0) => Err(Error::new(
            Kind::NoDatabase,
            format!("there is no database at {}: the file is empty", files::named(path)),
        )
        .hint("`rollbook init` makes one there")),
        Ok((0, 0)) if is_without_tables(db) => {
            let name = files::named(path);
            Err(Error::new(
                Kind::Schema,
                format!("{name} is a database without tables, as an interrupted init left it"),
            )
            .hint(format!("if nothing else uses it: rm {name}, then `rollbook init`")))
        }
        Ok(_) => Err(foreign()),
        Err(fault) => {
            let error = faults::located(fault.into(), db);
            Err(if error.kind == Kind::Schema { foreign() } else { error })
        }
    }
}

fn is_without_tables(db: &Connection) -> bool {
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).is_ok_and(|tables| tables == 0)
}

fn climb(tx: &Connection, from: i32, steps: &[&str]) -> Result<()> {
    for step in steps.iter().skip(usize::try_from(from).unwrap_or(0)) {
        tx.execute_batch(step)?;
    }
    tx.execute_batch(&format!("PRAGMA user_version = {}", last(steps)))?;
    Ok(())
}

/// Brings a file up to the last of `steps`, after a copy of it was made beside it.
pub fn upgrade(path: &Path, steps: &[&str], glass: Option<&Stamp>) -> Result<Upgraded> {
    let (file, db) = DatabaseFile::open(path, false, connection::PATIENCE, |db, place| version(db, place).map(|_| ()))?;
    let place = file.place().to_owned();
    let (from, to) = (version(&db, &place)?, last(steps));
    if from > to {
        return Err(newer(&files::named(&place), from, to));
    }
    if from == to {
        return Ok(Upgraded { from, to, glass: false, backup: None });
    }
    is_asked_to_log_in(&db, glass)?;
    let backup = back_up(&db, &place, from)?;
    let glass = connection::write(&db, connection::PATIENCE, false, |tx| {
        file.is_in_place()?;
        let broken = is_asked_to_log_in(tx, glass)?;
        // Another program may have done the same while the copy was made.
        let from = version(tx, &place)?;
        if from < to {
            climb(tx, from, steps)?;
        }
        if let Some(stamp) = broken {
            standing::note(tx, Deed::BreakGlass, None, Some("schema upgrade"), stamp)?;
        }
        Ok(broken.is_some())
    })?;
    Ok(Upgraded { from, to, glass, backup: Some(backup) })
}

/// The stamp under which the glass is broken, where a log-in is required; the refusal where it is not.
fn is_asked_to_log_in<'a>(db: &Connection, glass: Option<&'a Stamp>) -> Result<Option<&'a Stamp>> {
    match (settings::policy(db)?.login_required, glass) {
        (false, _) => Ok(None),
        (true, Some(stamp)) => Ok(Some(stamp)),
        (true, None) => Err(Error::new(
            Kind::Unauthenticated,
            "a log-in is required here, and nobody can log in to a database of an older schema",
        )
        .hint("the file's owner upgrades it: `rollbook db upgrade --break-glass --reason TEXT`")),
    }
}

fn back_up(db: &Connection, place: &Path, from: i32) -> Result<PathBuf> {
    let stamp: String = db.query_row("SELECT strftime('%Y%m%dT%H%M%SZ', 'now')", [], |row| row.get(0))?;
    let mut name = place.as_os_str().to_owned();
    name.push(format!(".bak-v{from}-{stamp}"));
    let new = files::NewFile::begin(Path::new(&name))?;
    let Some(text) = new.draft().to_str() else {
        return Err(Error::new(Kind::Failure, format!("{} has a name that is not text", files::named(place)))
            .hint("rename the database first"));
    };
    db.execute("VACUUM INTO ?1", [text]).map_err(|fault| faults::located_at(fault.into(), Path::new(&name)))?;
    new.publish()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::super::handle::Sqlite;
    use super::*;
    use crate::accounts::store::Store as _;
    use crate::engines::opening::Access;

    /// The present schema and these steps behind it.
    fn later(more: [&'static str; 2]) -> Vec<&'static str> {
        STEPS.iter().copied().chain(more).collect()
    }

    /// A file as the first version laid it.
    fn first(path: &Path) -> Connection {
        std::fs::write(path, "").unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let db = connection::open(path, false, connection::PATIENCE).unwrap();
        db.execute_batch(&format!("PRAGMA journal_mode = WAL; PRAGMA application_id = {APPLICATION}")).unwrap();
        climb(&db, 0, &STEPS[..1]).unwrap();
        db
    }

    #[test]
    fn a_file_of_the_first_version_keeps_everything_when_it_is_brought_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        let db = first(&path);
        db.execute_batch(
            "INSERT INTO user (id, name, name_key, role, status, created_at, password_set_at)
                 VALUES ('a', 'Alice', 'alice', 'admin', 'active', 5, 5);
             INSERT INTO credential VALUES (1, 'hash');
             INSERT INTO session (id, user_seq, digest, created_at, expires_at) VALUES ('s', 1, x'01', 5, 99);
             INSERT INTO audit VALUES (1, 7000, 'operator', NULL, 'create', 'a', x'00', x'00');",
        )
        .unwrap();
        drop(db);
        let error = Sqlite::open(&path, Access::Full).err().unwrap();
        assert!(error.hint.unwrap().contains("rollbook db upgrade"));
        let upgraded = upgrade(&path, STEPS, None).unwrap();
        assert_eq!((upgraded.from, upgraded.to), (1, last(STEPS)));
        let now = crate::accounts::time::Time::from_millis(9);
        let mut store = Sqlite::open(&path, Access::Full).unwrap();
        let alice = store.user_named("alice", now).unwrap().unwrap();
        assert_eq!((alice.name.as_str(), alice.sessions, alice.throttled_until), ("Alice", 1, None));
        assert!(!alice.factor);
        let hash = store.hash_of(&alice.id).unwrap().unwrap();
        assert_eq!((hash.as_str(), hash.stands_alone()), ("hash", None));
        let db = connection::open(&path, true, connection::PATIENCE).unwrap();
        let high: i64 = db.query_row("SELECT high FROM clock", [], |row| row.get(0)).unwrap();
        assert_eq!(high, 7000, "the time that was reached is not forgotten");
        let unaware = judge_against(&db, &path, &STEPS[..3]).unwrap_err();
        assert!(unaware.message.contains("newer"), "nobody is let in without their second factor");
    }

    #[test]
    fn an_older_file_is_copied_and_brought_up_step_by_step() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        drop(Sqlite::create(&path).unwrap());
        let db = connection::open(&path, false, connection::PATIENCE).unwrap();
        let later = &later(["CREATE TABLE extra (x)", "INSERT INTO extra VALUES (7)"])[..];
        let present = last(STEPS);
        let error = judge_against(&db, &path, later).unwrap_err();
        assert_eq!(error.kind, Kind::Schema);
        assert!(error.hint.unwrap().contains("rollbook db upgrade"));
        drop(db);
        let upgraded = upgrade(&path, later, None).unwrap();
        assert_eq!((upgraded.from, upgraded.to), (present, present + 2));
        let backup = upgraded.backup.unwrap();
        assert!(backup.to_string_lossy().contains(&format!("people.db.bak-v{present}-")));
        assert_eq!(backup.metadata().unwrap().mode() & 0o777, 0o600);
        let mut copy = Sqlite::open(&backup, Access::Full).unwrap();
        assert!(copy.is_empty().unwrap(), "the copy is a database of the version before");
        let db = connection::open(&path, false, connection::PATIENCE).unwrap();
        judge_against(&db, &path, later).unwrap();
        assert_eq!(db.query_row("SELECT x FROM extra", [], |row| row.get::<_, i64>(0)).unwrap(), 7);
        judge(&db, &path).unwrap();
        db.execute_batch("UPDATE compatible SET since = 99").unwrap();
        assert!(judge(&db, &path).unwrap_err().message.contains("newer"), "a step that did more than add");
        assert_eq!(upgrade(&path, later, None).unwrap().backup, None, "the second time there is nothing to do");
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        drop(Sqlite::create(&path).unwrap());
        let broken = &later(["CREATE TABLE extra (x)", "CREATE TABLE extra (x)"])[..];
        assert!(upgrade(&path, broken, None).is_err());
        let db = connection::open(&path, false, connection::PATIENCE).unwrap();
        judge(&db, &path).unwrap();
        assert!(db.prepare("SELECT * FROM extra").is_err());
    }
}
