//! Many people at once.

use std::time::Duration;

use rusqlite::Connection;

use super::settings::{Moved, moved};
use super::{audit, connection, rows, sessions, standing, users};
use crate::accounts::audit::{Deed, NewEntry, Stamp};
use crate::accounts::error::Result;
use crate::accounts::store::Sample;

/// How many people are written in one transaction: long enough that the indexes' pages are not written again and again,
/// short enough that another program's write still gets its turn.
const BATCH: u64 = 25_000;

/// After how many people progress is told.
const STEP: u64 = 5_000;

/// What is written with the people, and who hears of it.
pub struct Load<'a> {
    /// The people.
    pub samples: &'a mut dyn Iterator<Item = Sample>,
    /// Entries besides the load's own.
    pub entries: &'a [NewEntry],
    /// Who loads.
    pub stamp: &'a Stamp,
    /// Told how many are written; answers whether to go on.
    pub progress: &'a mut dyn FnMut(u64) -> bool,
    /// Refuses if another file is in the place of the database; asked inside each transaction.
    pub is_in_place: &'a dyn Fn() -> Result<()>,
}

/// Writes all samples, with them an entry that says how many they are, and at the end the entries.
///
/// Into an empty database all of it goes in one transaction. Into another it goes in several: when a sample is refused,
/// those before its own stand, and the audit tells how many people each brought.
pub fn load(db: &Connection, patience: Duration, rehearsing: bool, mut load: Load<'_>) -> Result<u64> {
    // Names and ids come in no order: the whole of their indexes should fit.
    connection::hold(db, 131_072)?;
    let answer = if rehearsing || users::is_empty(db)? {
        whole(db, patience, rehearsing, &mut load)
    } else {
        batches(db, patience, &mut load)
    };
    connection::hold(db, connection::HELD)?;
    db.execute_batch("PRAGMA shrink_memory")?;
    answer
}

fn whole(db: &Connection, patience: Duration, rehearsing: bool, load: &mut Load<'_>) -> Result<u64> {
    let tx = connection::begin(db, patience)?;
    (load.is_in_place)()?;
    standing::check(&tx, load.stamp)?;
    // An index that is built once at the end costs a fraction of one that is kept up row by row.
    let aside = if users::is_empty(&tx)? { set_aside(&tx)? } else { Vec::new() };
    let (written, _) = add_some(&tx, load, 0, u64::MAX)?;
    for sql in aside {
        tx.execute_batch(&sql)?;
    }
    if written > 0 {
        close(&tx, written, load.entries, load.stamp)?;
    }
    if rehearsing || written == 0 {
        tx.rollback()?;
    } else {
        tx.commit()?;
    }
    Ok(written)
}

/// Drops the indexes that only order, and says how to build them again. Those that keep a value unique stay.
fn set_aside(tx: &Connection) -> Result<Vec<String>> {
    let mut statement = tx.prepare(
        "SELECT i.name, m.sql FROM sqlite_schema m JOIN pragma_index_list(m.tbl_name) i ON i.name = m.name
         WHERE m.type = 'index' AND m.tbl_name IN ('user', 'session') AND m.sql IS NOT NULL AND i.\"unique\" = 0",
    )?;
    let found = statement.query_map([], |row| Ok((rows::text(row, 0)?, rows::text(row, 1)?)))?;
    let found: Vec<(String, String)> = found.collect::<rusqlite::Result<_>>()?;
    drop(statement);
    for (name, _) in &found {
        tx.execute_batch(&format!("DROP INDEX \"{}\"", name.replace('"', "\"\"")))?;
    }
    Ok(found.into_iter().map(|(_, sql)| sql).collect())
}

/// Each batch has its own entry, in its own transaction: nobody is there whom the audit does not tell of, however this
/// ends, and whoever follows it learns of them as soon as they are there.
fn batches(db: &Connection, patience: Duration, load: &mut Load<'_>) -> Result<u64> {
    let mut written = 0;
    loop {
        let tx = connection::begin(db, patience)?;
        (load.is_in_place)()?;
        standing::check(&tx, load.stamp)?;
        let (more, go_on) = add_some(&tx, load, written, BATCH)?;
        let last = more < BATCH || !go_on;
        if more + written > 0 {
            close(&tx, more, if last { load.entries } else { &[] }, load.stamp)?;
            tx.commit()?;
        }
        written += more;
        if last {
            return Ok(written);
        }
    }
}

/// Adds up to `at_most` people; says how many it were and whether to go on.
fn add_some(tx: &Connection, load: &mut Load<'_>, before: u64, at_most: u64) -> Result<(u64, bool)> {
    let mut written = 0;
    while written < at_most {
        let Some(mut sample) = load.samples.next() else { break };
        let last = sample.sessions.iter().filter_map(|(session, _)| session.last_used_at).max();
        sample.user.last_used_at = sample.user.last_used_at.max(last);
        let seq = users::add(tx, &sample.user, sample.hash.as_ref())?;
        for (session, digest) in &sample.sessions {
            sessions::add(tx, seq, session, digest)?;
        }
        written += 1;
        if written % STEP == 0 && !(load.progress)(before + written) {
            return Ok((written, false));
        }
    }
    let go_on = written % STEP == 0 || (load.progress)(before + written);
    Ok((written, go_on))
}

fn close(tx: &Connection, written: u64, entries: &[NewEntry], stamp: &Stamp) -> Result<()> {
    for entry in entries {
        audit::add(tx, entry)?;
    }
    if written > 0 {
        let people = if written == 1 { "1 person".to_owned() } else { format!("{written} people") };
        audit::append(tx, &audit::entry(stamp, Deed::Load, None, Vec::new(), Some(people)))?;
    }
    moved(tx, Moved::Both)
}
