//! A connection as it must be before the first question, and the two kinds of transaction on it.
//!
//! Knows no table.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{faults, letters};
use crate::accounts::error::{Error, Kind, Result};

/// How long a write waits for another program's.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a file that exists, never through a link and never creating one.
pub fn open(path: &Path, read_only: bool, patience: Duration) -> Result<Connection> {
    let access = if read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    let flags = access | OpenFlags::SQLITE_OPEN_NOFOLLOW | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).map_err(Error::from).and_then(|db| {
        tune(&db, patience)?;
        Ok(db)
    });
    let db = opened.map_err(|error| faults::located_at(error, path))?;
    if read_only {
        db.execute_batch("PRAGMA query_only = ON")?;
    }
    Ok(db)
}

/// How many KiB of the file a connection may hold in memory; more makes nothing quicker.
pub const HELD: i64 = 2560;

/// How many KiB are held for whoever goes through all of the file and meets no page again.
pub const LITTLE: i64 = 512;

/// Lets a connection hold so many KiB of the file, and no more.
pub fn hold(db: &Connection, most: i64) -> Result<()> {
    Ok(db.execute_batch(&format!("PRAGMA cache_size = -{most}"))?)
}

/// Whether a commit waits until it is on the disk, or is only seen by every program.
pub fn wait_for_disk(db: &Connection, durable: bool) -> Result<()> {
    Ok(db.execute_batch(if durable { "PRAGMA synchronous = EXTRA" } else { "PRAGMA synchronous = NORMAL" })?)
}

/// A connection to a database of its own in memory.
pub fn memory() -> Result<Connection> {
    let db = Connection::open_in_memory()?;
    tune(&db, PATIENCE)?;
    Ok(db)
}

fn tune(db: &Connection, patience: Duration) -> Result<()> {
    db.busy_timeout(patience)?;
    // The file may have been prepared by somebody else: nothing in its schema may run or mislead.
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        // Without it SQLite plans a statement anew whenever a value is bound that it has compared with the condition of a
        // partial index: at each question, and that takes ten times as long as the answer.
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
    ] {
        db.set_db_config(config, on)?;
    }
    wait_for_disk(db, true)?;
    db.execute_batch(
        "PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 0;
         PRAGMA journal_size_limit = 8388608;",
    )?;
    hold(db, HELD)?;
    letters::teach(db)?;
    db.set_prepared_statement_cache_capacity(96);
    Ok(())
}

/// A transaction; taken back unless it is committed. Its words are prepared once a connection like any other statement,
/// which those of the library are not.
pub struct Open<'a>(&'a Connection);

impl<'a> Open<'a> {
    /// One that holds the right to write from its first moment.
    fn to_write(db: &'a Connection) -> rusqlite::Result<Self> {
        say(db, "BEGIN IMMEDIATE").map(|()| Open(db))
    }

    /// One that sees one state throughout.
    fn to_read(db: &'a Connection) -> rusqlite::Result<Self> {
        say(db, "BEGIN").map(|()| Open(db))
    }

    /// Keeps what was done.
    pub fn commit(self) -> Result<()> {
        Ok(say(self.0, "COMMIT")?)
    }

    /// Takes back what was done.
    pub fn rollback(self) -> Result<()> {
        Ok(say(self.0, "ROLLBACK")?)
    }
}

impl std::ops::Deref for Open<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        // Over already where it was committed, or where SQLite itself took it back.
        if !self.0.is_autocommit() {
            let _ = say(self.0, "ROLLBACK");
        }
    }
}

fn say(db: &Connection, word: &str) -> rusqlite::Result<()> {
    db.prepare_cached(word)?.execute([]).map(|_| ())
}

/// Begins a transaction that holds the right to write from its first moment. Waits at most about `patience`, which
/// SQLite itself keeps except where waiting could never help; there a few tries of our own remain.
pub fn begin(db: &Connection, patience: Duration) -> Result<Open<'_>> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(10);
    for _ in 0..3 {
        match Open::to_write(db) {
            Ok(tx) => return Ok(tx),
            Err(fault) => {
                let fault = Error::from(fault);
                if fault.kind != Kind::Busy || begun.elapsed() + pause >= patience {
                    return Err(fault);
                }
            }
        }
        std::thread::sleep(pause);
        pause *= 4;
    }
    Ok(Open::to_write(db)?)
}

/// Carries a change out in one transaction: all of it or nothing. A rehearsal is taken back at its end.
pub fn write<T>(
    db: &Connection,
    patience: Duration,
    rehearsing: bool,
    mut change: impl FnMut(&Connection) -> Result<T>,
) -> Result<T> {
    const TRIES: usize = 4;
    for _ in 1..TRIES {
        match attempt(db, patience, rehearsing, &mut change) {
            // Only reads are meant to be interrupted; a write that was hit by accident left nothing and is repeated.
            Err(error) if error.kind == Kind::Interrupted => {}
            answer => return answer.map_err(|error| faults::located(error, db)),
        }
    }
    attempt(db, patience, rehearsing, &mut change).map_err(|error| faults::located(error, db))
}

fn attempt<T>(
    db: &Connection,
    patience: Duration,
    rehearsing: bool,
    change: &mut impl FnMut(&Connection) -> Result<T>,
) -> Result<T> {
    let tx = begin(db, patience)?;
    let answer = change(&tx)?;
    if rehearsing {
        tx.rollback()?;
    } else {
        tx.commit()?;
    }
    Ok(answer)
}

/// Begins a transaction for reading that lasts until [`thaw`]; `false` where there is one.
pub fn freeze(db: &Connection) -> Result<bool> {
    let begins = db.is_autocommit();
    if begins {
        say(db, "BEGIN")?;
    }
    Ok(begins)
}

/// Ends it.
pub fn thaw(db: &Connection) {
    if say(db, "COMMIT").is_err() {
        let _ = db.execute_batch("ROLLBACK");
    }
}

/// Asks several questions of one and the same state.
pub fn read<T>(db: &Connection, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    if !db.is_autocommit() {
        return question(db);
    }
    let tx = Open::to_read(db).map_err(|fault| faults::located(fault.into(), db))?;
    question(&tx).map_err(|error| faults::located(error, db))
    // Dropped here: nothing was written, so there is nothing to commit.
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::super::handle::Sqlite;
    use super::*;
    use crate::accounts::store::Store as _;
    use crate::accounts::time::Time;
    use crate::engines::opening::Access;

    #[test]
    fn while_another_program_writes_a_write_is_busy_and_a_read_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        drop(Sqlite::create(&path).unwrap());
        let mut store = Sqlite::open_with(&path, Access::Full, Duration::from_millis(30)).unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let error = store.note_failure(None, None, Time::from_millis(1), None).unwrap_err();
        assert_eq!(error.kind, Kind::Busy);
        assert!(error.hint.is_some());
        store.policy().unwrap();
        other.execute_batch("COMMIT").unwrap();
        store.note_failure(None, None, Time::from_millis(1), None).unwrap();
    }

    /// Whether somebody was seen to wait for a lock. Tests share a process: only one of them may use it.
    static WAITS: AtomicBool = AtomicBool::new(false);

    #[test]
    fn a_write_waits_for_another_that_ends_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        drop(Sqlite::create(&path).unwrap());
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let note = |store: &mut Sqlite| store.note_failure(None, None, Time::from_millis(1), None);
        let mut hasty = Sqlite::open_with(&path, Access::Full, Duration::ZERO).unwrap();
        assert_eq!(note(&mut hasty).unwrap_err().kind, Kind::Busy, "the lock is held");
        let mut store = Sqlite::open_with(&path, Access::Full, Duration::from_secs(7)).unwrap();
        let waits = |db: &Connection| db.query_row("PRAGMA busy_timeout", [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!((waits(&hasty.db), waits(&store.db)), (0, 7000));
        // SQLite's own way of waiting tells nobody of it; this one does.
        let tell = |tries: i32| {
            WAITS.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(1));
            tries < 10_000
        };
        store.db.busy_handler(Some(tell)).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| note(&mut store));
            while !WAITS.load(Ordering::SeqCst) {
                assert!(!waiting.is_finished(), "it did not wait");
                std::thread::yield_now();
            }
            other.execute_batch("COMMIT").unwrap();
            waiting.join().unwrap().unwrap();
        });
    }

    #[test]
    fn an_interrupted_write_is_repeated_and_an_interrupted_read_is_not() {
        let db = memory().unwrap();
        let interrupted = || Error::new(Kind::Interrupted, "");
        let mut tries = 0;
        let answer = write(&db, PATIENCE, false, |_| {
            tries += 1;
            if tries < 3 { Err(interrupted()) } else { Ok(tries) }
        });
        assert_eq!(answer.unwrap(), 3);
        let mut tries = 0;
        let answer = read(&db, |_| {
            tries += 1;
            if tries < 2 { Err(interrupted()) } else { Ok(tries) }
        });
        assert_eq!((answer.unwrap_err().kind, tries), (Kind::Interrupted, 1), "whoever asked has asked something else");
        let mut tries = 0;
        let answer = write(&db, PATIENCE, false, |_| {
            tries += 1;
            Err::<(), _>(interrupted())
        });
        assert_eq!((answer.unwrap_err().kind, tries), (Kind::Interrupted, 4), "nor is a write repeated for ever");
    }

    #[test]
    fn a_statement_stays_prepared_when_other_values_are_bound() {
        let db = memory().unwrap();
        db.execute_batch("CREATE TABLE t (a INTEGER, b TEXT); CREATE INDEX t_b ON t (b) WHERE a = 1").unwrap();
        let mut statement = db.prepare("SELECT b FROM t WHERE a = ?1 AND b > 'a'").unwrap();
        for value in [1, 2, 1] {
            assert!(!statement.exists([value]).unwrap());
        }
        assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }

    #[test]
    fn nothing_in_the_schema_runs_or_is_trusted() {
        let db = memory().unwrap();
        for (config, on) in [
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        ] {
            assert_eq!(db.db_config(config).unwrap(), on);
        }
        let number = |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!([number("synchronous"), number("foreign_keys"), number("secure_delete")], [3, 1, 1]);
    }
}
