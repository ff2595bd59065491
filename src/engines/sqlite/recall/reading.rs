//! Reading the names, once: through the whole table, in two halves beside each other where the people are many.

use std::ops::RangeInclusive;
use std::thread;

use rusqlite::{Connection, Row};

use crate::accounts::error::Result;
use crate::engines::opening::Room;
use crate::engines::sqlite::connection;
use crate::engines::sqlite::database_file::DatabaseFile;
use crate::engines::sqlite::names::{Names, One, Reader, Taken};
use crate::engines::sqlite::rows;

/// Fewer people are read before another connection is open.
const THREADED_PEOPLE: i64 = 20_000;

/// From the table itself, which is read in a third of the time that its index takes: people are mostly created one after
/// the other.
const AS_THEY_LIE: &str = "NOT INDEXED WHERE deleted_at IS NULL AND seq BETWEEN ?1 AND ?2 ORDER BY seq DESC";

/// By creation, by whatever index has them so.
const IN_ORDER: &str = "WHERE deleted_at IS NULL AND seq BETWEEN ?1 AND ?2 ORDER BY created_at DESC, seq DESC";

/// Who are read.
const EVERYBODY: RangeInclusive<i64> = 0..=i64::MAX;

/// All names, and the audit entry up to which they are told; no names where there are too many.
pub type Reading = (Option<Names>, i64);

/// Reads a file on connections of its own, in a thread that is there for nothing else.
pub fn of_file(file: &DatabaseFile, most: Option<Room>) -> Result<Reading> {
    step_back();
    let db = open(file)?;
    let read = connection::read(&db, |db| {
        let last: i64 = db.query_row("SELECT coalesce(max(seq), 0) FROM user", [], |row| row.get(0))?;
        let most = most.and_then(|most| most());
        if last < THREADED_PEOPLE { whole(db, most) } else { halves(db, file, last / 2, most) }
    })?;
    // The log may have been opened when another file had taken the place of this one.
    file.is_in_place().map(|()| read)
}

/// Reads what this connection sees.
pub fn of_connection(db: &Connection, most: Option<Room>) -> Result<Reading> {
    whole(db, most.and_then(|most| most()))
}

/// The number of the last audit entry.
pub fn last_entry(db: &Connection) -> Result<i64> {
    Ok(db.prepare_cached("SELECT coalesce(max(seq), 0) FROM audit")?.query_row([], |row| row.get(0))?)
}

/// Somebody from their key and their names, which stand from this column on.
pub fn one(row: &Row<'_>, at: usize) -> Result<One> {
    let email = row.get_ref(at + 3)?;
    let email = email.as_bytes_or_null().unwrap_or(None);
    Ok(One::new(row.get(at)?, row.get(at + 1)?, &rows::bytes(row, at + 2)?, email))
}

/// Lets every other thread go first, and so whoever types meanwhile: this one, and those that it starts. Elsewhere than
/// on Linux the process would be meant.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Ok(own) = rustix::process::getpriority_process(None) {
        let _ = rustix::process::setpriority_process(None, own + 10);
    }
}

fn open(file: &DatabaseFile) -> Result<Connection> {
    let db = file.connect(true, connection::PATIENCE)?;
    connection::hold(&db, connection::LITTLE)?;
    Ok(db)
}

fn whole(db: &Connection, most: Option<usize>) -> Result<Reading> {
    let followed = last_entry(db)?;
    for ordered in [AS_THEY_LIE, IN_ORDER] {
        let (reader, taken) = some(db, ordered, EVERYBODY, most)?;
        match taken {
            Taken::In => return Ok((Some(reader.finish()), followed)),
            Taken::TooMany => return Ok((None, followed)),
            Taken::Unordered => {}
        }
    }
    Ok((None, followed))
}

/// The half behind `middle` on this connection, and beside it the other on another.
///
/// Somebody may write between the two first looks. What they do is told by an entry behind the earlier of them, and
/// following it once more changes nothing in the half that has it already.
fn halves(db: &Connection, file: &DatabaseFile, middle: i64, most: Option<usize>) -> Result<Reading> {
    let half = most.map(|most| most / 2);
    thread::scope(|scope| {
        let beside = || -> Result<(Reader, Taken, i64)> {
            let db = open(file)?;
            connection::read(&db, |db| {
                let followed = last_entry(db)?;
                let (reader, taken) = some(db, AS_THEY_LIE, *EVERYBODY.start()..=middle, half)?;
                Ok((reader, taken, followed))
            })
        };
        let older = thread::Builder::new().name("names".into()).spawn_scoped(scope, beside);
        let followed = last_entry(db)?;
        let (mut newer, taken) = some(db, AS_THEY_LIE, middle + 1..=*EVERYBODY.end(), half)?;
        // Whatever was missing for two, for one it may suffice.
        let older = older.ok().and_then(|older| older.join().ok()?.ok());
        let Some((older, too, seen)) = older else { return whole(db, most) };
        let taken =
            [taken, too].into_iter().find(|taken| *taken != Taken::In).unwrap_or_else(|| newer.join(older, most));
        match taken {
            Taken::In => Ok((Some(newer.finish()), followed.min(seen))),
            // Where only one half is too large, both may fit.
            Taken::TooMany | Taken::Unordered => whole(db, most),
        }
    })
}

fn some(db: &Connection, ordered: &str, seqs: RangeInclusive<i64>, most: Option<usize>) -> Result<(Reader, Taken)> {
    let mut statement = db.prepare(&format!("SELECT created_at, seq, name_key, email_key FROM user {ordered}"))?;
    let mut rows = statement.query([seqs.start(), seqs.end()])?;
    let (mut reader, mut taken) = (Reader::within(most), Taken::In);
    while taken == Taken::In
        && let Some(row) = rows.next()?
    {
        let key = (row.get(0)?, row.get(1)?);
        let bytes = |at: usize| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_bytes_or_null().unwrap_or(None));
        taken = match bytes(2)? {
            Some(name) => reader.read(key, name, bytes(3)?),
            None => reader.push(&one(row, 0)?),
        };
    }
    Ok((reader, taken))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::accounts::query::Filter;
    use crate::engines::sqlite::needles::Needles;
    use std::ops::ControlFlow;
    use std::os::unix::fs::PermissionsExt as _;

    /// A file with people whose names and ages are these, and the connection that made it.
    fn file(people: &[(&str, i64)]) -> (tempfile::TempDir, DatabaseFile, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.db");
        let db = Connection::open(&path).unwrap();
        db.execute_batch(
            "CREATE TABLE user (seq INTEGER PRIMARY KEY, created_at, name_key, email_key, deleted_at);
             CREATE TABLE audit (seq INTEGER PRIMARY KEY); INSERT INTO audit VALUES (7);
             CREATE INDEX user_created ON user (created_at);",
        )
        .unwrap();
        for (name, created) in people {
            let email = format!("{name}@example.org");
            let row = (created, name, email);
            db.execute("INSERT INTO user (created_at, name_key, email_key) VALUES (?1, ?2, ?3)", row).unwrap();
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let (file, _) = DatabaseFile::open(&path, true, connection::PATIENCE, |_, _| Ok(())).unwrap();
        (folder, file, db)
    }

    fn found(names: &Names, typed: &str) -> Vec<i64> {
        let mut rows = names.all(&Needles::of(&Filter::parse(typed).unwrap()).unwrap(), 99).unwrap();
        rows.sort_unstable();
        rows
    }

    #[test]
    fn two_halves_are_the_whole_wherever_they_meet() {
        let people: Vec<(String, i64)> = (0..80).map(|n| (format!("anna{n}"), n / 3)).collect();
        let people: Vec<(&str, i64)> = people.iter().map(|(name, at)| (name.as_str(), *at)).collect();
        let (_folder, file, db) = file(&people);
        db.execute("UPDATE user SET deleted_at = 1 WHERE seq % 9 = 0", []).unwrap();
        let (all, _) = whole(&db, None).unwrap();
        let all = all.unwrap();
        for middle in [0, 1, 31, 32, 33, 40, 79, 80, 200] {
            let (names, followed) = halves(&db, &file, middle, None).unwrap();
            let names = names.unwrap();
            assert_eq!(followed, 7);
            for typed in ["a", "an", "^a", "^an", "anna1", "^anna", "a7", "example", "nobody"] {
                assert_eq!(found(&names, typed), found(&all, typed), "{typed}, met at {middle}");
                let needles = Needles::of(&Filter::parse(typed).unwrap()).unwrap();
                assert_eq!(names.count(&needles), found(&all, typed).len(), "{typed}, met at {middle}");
                for key in [(3, 10), (11, 34), (26, 80)] {
                    let aside = |names: &Names| names.aside(key, true, &needles, &mut |row| row > key.1);
                    assert_eq!(aside(&names), aside(&all), "{typed} from {key:?}, met at {middle}");
                }
            }
        }
    }

    #[test]
    fn people_who_do_not_lie_as_they_were_created_are_read_by_their_index() {
        let order = |people: &[(&str, i64)], middle: i64| {
            let (_folder, file, db) = file(people);
            let (names, _) = halves(&db, &file, middle, None).unwrap();
            let mut order = Vec::new();
            names.unwrap().rows_from(None, true, &Needles::of(&Filter::parse("a").unwrap()).unwrap(), &mut |row| {
                order.push(row);
                ControlFlow::Continue(())
            });
            order
        };
        for middle in 0..5 {
            let people = [("late", 9), ("ann", 1), ("anna", 2), ("early", 0)];
            assert_eq!(order(&people, middle), [1, 3, 2, 4], "met at {middle}");
        }
        assert_eq!(order(&[("late", 9), ("ann", 1)], 1), [1, 2], "each half has an order of its own");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn whoever_types_while_names_are_read_goes_first() {
        let (_folder, file, _db) = file(&[("ann", 1)]);
        let own = || rustix::process::getpriority_process(None).unwrap();
        let reading = thread::spawn(move || {
            of_file(&file, None).unwrap();
            own()
        });
        assert_eq!(reading.join().unwrap(), 19.min(own() + 10), "19 is the last there is");
    }

    #[test]
    fn too_many_in_both_halves_together_are_not_kept() {
        let (_folder, file, db) = file(&[("ann", 1), ("bob", 2)]);
        assert!(halves(&db, &file, 1, Some(70)).unwrap().0.is_some());
        assert!(halves(&db, &file, 1, Some(40)).unwrap().0.is_some(), "in one piece they fit");
        assert!(halves(&db, &file, 1, Some(30)).unwrap().0.is_none());
    }

    #[test]
    fn the_earlier_of_two_looks_is_followed_from() {
        let (_folder, file, db) = file(&[("ann", 1), ("bob", 2)]);
        db.execute_batch("PRAGMA journal_mode = WAL").unwrap();
        let early = Connection::open(file.place()).unwrap();
        let (_, followed) = connection::read(&early, |early| {
            last_entry(early)?;
            db.execute("INSERT INTO audit VALUES (8)", [])?;
            halves(early, &file, 1, None)
        })
        .unwrap();
        assert_eq!(followed, 7, "what the entry behind it tells may be of either half");
    }
}
