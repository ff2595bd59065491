//! That sessions and tokens were used or refused, written without anybody waiting for it.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::connection;
use super::database_file::DatabaseFile;
use super::rows::Raw;
use super::settings::{Moved, moved};
use crate::accounts::error::Result;
use crate::accounts::session::Uses;
use crate::accounts::time::{Span, Time};

/// A thread with a connection of its own, so that a check never waits for a disk. Ends, with all it was given written
/// or given up, when it is dropped.
pub struct Writer {
    sender: Option<SyncSender<Uses>>,
    thread: Option<JoinHandle<()>>,
}

/// How many handovers may wait; more are dropped, since the next check brings the same news.
const QUEUE: usize = 64;

impl Writer {
    /// Starts the thread for this file; `None` where the system has no thread to give.
    pub fn start(file: DatabaseFile) -> Option<Writer> {
        let (sender, receiver) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("uses".into()).spawn(move || run(&file, &receiver)).ok()?;
        Some(Writer { sender: Some(sender), thread: Some(thread) })
    }

    /// Whether the thread has ended, by a panic or without a connection.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Hands uses over; never waits.
    pub fn hand(&self, uses: Uses) {
        if let Some(sender) = &self.sender {
            let _ = sender.try_send(uses);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The thread ends when nobody can send any more.
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(file: &DatabaseFile, receiver: &Receiver<Uses>) {
    let Ok(db) = file.connect(false, Duration::ZERO) else { return };
    // These rows may be lost in a power cut; nobody should wait for the disk on their behalf.
    let _ = connection::wait_for_disk(&db, false);
    while let Ok(uses) = receiver.recv() {
        note(&db, file, uses);
    }
}

/// Writes, or gives up when the database stays busy: at once for mere uses, after a few tries for refusals, which are
/// the proof that an ended session is of no use any more.
fn note(db: &Connection, file: &DatabaseFile, mut uses: Uses) {
    for pause in [10, 40, 160, 0] {
        // In another file these sessions may be unknown, or revoked.
        if file.is_in_place().is_err() || write_in(db, Some(file), &uses).is_ok() {
            return;
        }
        uses.used.clear();
        uses.tokens.clear();
        if uses.is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(pause));
    }
}

/// The last use of a user is written again only after this long, so that most uses write one row and not two.
const COARSE: Span = Span::HOUR;

/// Writes uses and refusals in one transaction.
pub fn write(db: &Connection, uses: &Uses) -> Result<()> {
    write_in(db, None, uses)
}

fn write_in(db: &Connection, file: Option<&DatabaseFile>, uses: &Uses) -> Result<()> {
    let tx = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    file.map_or(Ok(()), DatabaseFile::is_in_place)?;
    let mut written = 0;
    for (id, at) in &uses.used {
        let used = tx
            .prepare_cached(
                "UPDATE session SET last_used_at = ?2
                 WHERE id = ?1 AND ended_at IS NULL AND coalesce(last_used_at, created_at - 1) < ?2",
            )?
            .execute(params![Raw::new(id.as_str()), at.millis()])?;
        if used > 0 {
            by_owner(&tx, "SELECT user_seq FROM session WHERE id = ?1", id.as_str(), *at)?;
        }
        written += used;
    }
    for (id, at) in &uses.tokens {
        let used = tx
            .prepare_cached(
                "UPDATE api_token SET last_used_at = ?2
                 WHERE id = ?1 AND revoked_at IS NULL AND coalesce(last_used_at, created_at - 1) < ?2",
            )?
            .execute(params![Raw::new(id.as_str()), at.millis()])?;
        if used > 0 {
            by_owner(&tx, "SELECT user_seq FROM api_token WHERE id = ?1", id.as_str(), *at)?;
        }
        written += used;
    }
    for (id, count, at) in &uses.refused {
        written += tx
            .prepare_cached(
                "UPDATE session SET refused = refused + ?2, refused_at = max(coalesce(refused_at, ?3), ?3)
                 WHERE id = ?1",
            )?
            .execute(params![Raw::new(id.as_str()), count, at.millis()])?;
    }
    if written > 0 {
        moved(&tx, Moved::Sessions)?;
    }
    tx.commit()?;
    Ok(())
}

/// Moves the last use of a user forward; `owner` selects the user's row by the id of what was used. This changes no
/// version: whoever looked at the user before may still act on what they saw.
fn by_owner(tx: &Transaction<'_>, owner: &str, id: &str, at: Time) -> Result<()> {
    let sql = format!("UPDATE user SET last_used_at = ?2 WHERE seq = ({owner}) AND coalesce(last_used_at, ?3) <= ?3");
    tx.prepare_cached(&sql)?.execute(params![Raw::new(id), at.millis(), at.minus(COARSE).millis()])?;
    Ok(())
}
