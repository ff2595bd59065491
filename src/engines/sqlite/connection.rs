//! A connection as it must be before the first question, and the two kinds of transaction on it.
//!
//! Knows no table.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::accounts::error::{Kind, Result};

/// How long a write waits for another program's.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a file that exists, never through a link and never creating one.
pub fn open(path: &Path, read_only: bool, patience: Duration) -> Result<Connection> {
    let access = if read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    let flags = access | OpenFlags::SQLITE_OPEN_NOFOLLOW | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    tune(&db, patience)?;
    if read_only {
        db.execute_batch("PRAGMA query_only = ON")?;
    }
    Ok(db)
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
    ] {
        db.set_db_config(config, on)?;
    }
    db.execute_batch(
        "PRAGMA synchronous = EXTRA;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 0;
         PRAGMA cache_size = -4096;
         PRAGMA journal_size_limit = 8388608;",
    )?;
    db.set_prepared_statement_cache_capacity(96);
    Ok(())
}

/// Begins a transaction that holds the right to write from its first moment. Waits at most about `patience`, which
/// SQLite itself keeps except where waiting could never help; there a few tries of our own remain.
pub fn begin(db: &Connection, patience: Duration) -> Result<Transaction<'_>> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(10);
    for _ in 0..3 {
        match Transaction::new_unchecked(db, TransactionBehavior::Immediate) {
            Ok(tx) => return Ok(tx),
            Err(fault) => {
                let fault = crate::accounts::error::Error::from(fault);
                if fault.kind != Kind::Busy || begun.elapsed() + pause >= patience {
                    return Err(fault);
                }
            }
        }
        std::thread::sleep(pause);
        pause *= 4;
    }
    Ok(Transaction::new_unchecked(db, TransactionBehavior::Immediate)?)
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
            answer => return answer,
        }
    }
    attempt(db, patience, rehearsing, &mut change)
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

/// Asks several questions of one and the same state.
pub fn read<T>(db: &Connection, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let tx = Transaction::new_unchecked(db, TransactionBehavior::Deferred)?;
    question(&tx)
    // Dropped here: nothing was written, so there is nothing to commit.
}
