//! Many people at once.

use std::time::Duration;

use rusqlite::Connection;

use super::settings::{Moved, moved};
use super::{audit, connection, sessions, users};
use crate::accounts::audit::{Deed, NewEntry, Stamp};
use crate::accounts::error::{Error, Result};
use crate::accounts::store::Sample;

/// How many people are written in one transaction.
const BATCH: u64 = 5_000;

/// Writes all samples, then the entries and one for the whole.
///
/// When a sample is refused, the transactions before its own stand, and the audit tells how many people they brought.
pub fn load(
    db: &Connection,
    patience: Duration,
    rehearsing: bool,
    samples: &mut dyn Iterator<Item = Sample>,
    entries: &[NewEntry],
    stamp: &Stamp,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<u64> {
    // Names come in no order: the whole of their index should fit.
    db.execute_batch("PRAGMA cache_size = -131072")?;
    let answer = if rehearsing {
        connection::write(db, patience, true, |tx| {
            let mut written = 0;
            for sample in &mut *samples {
                add(tx, &sample)?;
                written += 1;
            }
            Ok(written)
        })
    } else {
        batches(db, patience, samples, entries, stamp, progress)
    };
    db.execute_batch("PRAGMA cache_size = -4096; PRAGMA shrink_memory")?;
    answer
}

fn batches(
    db: &Connection,
    patience: Duration,
    samples: &mut dyn Iterator<Item = Sample>,
    entries: &[NewEntry],
    stamp: &Stamp,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<u64> {
    let mut written = 0;
    let fault: Option<Error> = loop {
        let tx = connection::begin(db, patience)?;
        match batch(&tx, samples) {
            Ok(0) => break None,
            Ok(more) => {
                moved(&tx, Moved::Both)?;
                tx.commit()?;
                written += more;
                if !progress(written) {
                    break None;
                }
            }
            Err(fault) => break Some(fault),
        }
    };
    if written > 0 {
        let entries = if fault.is_none() { entries } else { &[] };
        connection::write(db, patience, false, |tx| close(tx, written, entries, stamp))?;
    }
    fault.map_or(Ok(written), Err)
}

fn batch(tx: &Connection, samples: &mut dyn Iterator<Item = Sample>) -> Result<u64> {
    let mut written = 0;
    for sample in samples.take(usize::try_from(BATCH).unwrap_or(usize::MAX)) {
        add(tx, &sample)?;
        written += 1;
    }
    Ok(written)
}

fn add(tx: &Connection, sample: &Sample) -> Result<()> {
    let seq = users::add(tx, &sample.user, sample.hash.as_ref())?;
    for (session, digest) in &sample.sessions {
        sessions::add(tx, seq, session, digest)?;
    }
    Ok(())
}

fn close(tx: &Connection, written: u64, entries: &[NewEntry], stamp: &Stamp) -> Result<()> {
    for entry in entries {
        audit::append(tx, entry)?;
    }
    let people = if written == 1 { "1 person".to_owned() } else { format!("{written} people") };
    audit::append(tx, &audit::entry(stamp, Deed::Load, None, Vec::new(), Some(people)))?;
    moved(tx, Moved::Both)
}
