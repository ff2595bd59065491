//! An open database: how it is opened, made and upgraded, and the transactions that every promise runs in.
//!
//! Knows no promise.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::recall::Recall;
use super::tally::Tally;
use super::users::Met;
use super::{connection, faults, files, schema, standing, uses};
use crate::accounts::audit::Stamp;
use crate::accounts::error::Result;
use crate::engines::opening::{Access, Room, Upgraded};

/// An open SQLite database.
pub struct Sqlite {
    // Before the connection, so that it is dropped, and its thread joined, first.
    pub(super) writer: Option<uses::Writer>,
    pub(super) db: Connection,
    /// Where uses are written by a thread of their own; `None` in memory.
    pub(super) place: Option<PathBuf>,
    pub(super) read_only: bool,
    pub(super) rehearsing: bool,
    pub(super) patience: Duration,
    /// Whether commits wait for the disk, as all do but those of [`Sqlite::count_try`].
    pub(super) durable: bool,
    /// Who came last to log in.
    pub(super) met: Met,
    /// The names in memory, where words are to be answered quickly.
    pub(super) recall: Option<Recall>,
    pub(super) tally: Tally,
}

impl Sqlite {
    /// Opens a file that exists.
    pub fn open(path: &Path, access: Access) -> Result<Sqlite> {
        Self::open_with(path, access, connection::PATIENCE)
    }

    /// Opens a file that exists, with its own measure of waiting for others.
    pub fn open_with(path: &Path, access: Access, patience: Duration) -> Result<Sqlite> {
        let place = files::find(path)?;
        let read_only = access == Access::ReadOnly;
        let db = connection::open(&place, read_only, patience)?;
        schema::judge(&db, &place)?;
        Ok(Sqlite { place: Some(place), read_only, patience, ..Self::on(db) })
    }

    /// Opens a file for reading, whatever its mode and folders are.
    pub fn open_to_examine(path: &Path) -> Result<Sqlite> {
        let place = files::find_unguarded(path)?;
        let db = connection::open(&place, true, connection::PATIENCE)?;
        schema::judge(&db, &place)?;
        Ok(Sqlite { place: Some(place), read_only: true, ..Self::on(db) })
    }

    /// A handle on this connection, as one to a database in memory has it.
    fn on(db: Connection) -> Sqlite {
        Sqlite {
            writer: None,
            db,
            place: None,
            read_only: false,
            rehearsing: false,
            patience: connection::PATIENCE,
            durable: true,
            met: None,
            recall: None,
            tally: Tally::default(),
        }
    }

    /// Creates a file and opens it.
    pub fn create(path: &Path) -> Result<Sqlite> {
        Self::create_with(path, |_| Ok(()))
    }

    /// Creates a file, lets `fill` write its first rows, and opens it. The file appears at the path when it is complete.
    pub fn create_with(path: &Path, fill: impl FnOnce(Sqlite) -> Result<()>) -> Result<Sqlite> {
        let new = files::NewFile::begin(path)?;
        let db = connection::open(new.draft(), false, connection::PATIENCE)?;
        db.execute_batch("PRAGMA journal_mode = WAL")?;
        schema::lay(&db)?;
        drop(db);
        fill(Self::open(new.draft(), Access::Full)?)?;
        Self::open(&new.publish()?, Access::Full)
    }

    /// Removes the temporary folders that dead processes left beside this database.
    pub fn remove_abandoned(path: &Path) {
        files::remove_abandoned(path);
    }

    /// A database in memory.
    pub fn memory() -> Result<Sqlite> {
        let db = connection::memory()?;
        schema::lay(&db)?;
        Ok(Sqlite { recall: Some(Recall::new(None, None)), ..Self::on(db) })
    }

    /// Lets this handle answer words from the names in memory, which are read when a word is first asked for. They are
    /// shared with whatever handle of this file filled `shared` before.
    pub fn recalling(mut self, shared: &mut Option<Recall>, most: Option<Room>) -> Sqlite {
        if let Some(place) = &self.place {
            let recall = shared.take().filter(|recall| recall.is_of(place));
            let recall = recall.unwrap_or_else(|| Recall::new(Some(place), most));
            *shared = Some(recall.clone());
            self.recall = Some(recall);
        }
        self
    }

    /// Brings a file up to the present schema.
    pub fn upgrade(path: &Path, glass: Option<&Stamp>) -> Result<Upgraded> {
        schema::upgrade(path, schema::STEPS, glass)
    }

    pub(super) fn write<T>(&mut self, change: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        self.wait_for_disk(true)?;
        connection::write(&self.db, self.patience, self.rehearsing, change)
    }

    /// A write that stays even where all else is rehearsed: what a proof counts and uses up. Taken back, it would let
    /// anybody guess for as long as they like.
    pub(super) fn keep<T>(&mut self, change: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        self.wait_for_disk(true)?;
        connection::write(&self.db, self.patience, false, change)
    }

    /// Writes down a try that is counted before it is judged, and keeps it even where all else is rehearsed. Every other
    /// program sees the count at once, and a process that dies takes nothing back; the disk is not waited for.
    ///
    /// What a power cut may take are counts whose tries nobody was told to be wrong: that answer waits for the next
    /// commit (the failure that is written down; where the password is right, the session), and that one makes whatever
    /// stands before it in the log last as well. A right password that is turned away for something else may be answered
    /// without one. Whoever can cut the power so often that this helps them has the disk.
    pub(super) fn count_try<T>(&mut self, change: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        self.wait_for_disk(false)?;
        let answer = connection::write(&self.db, self.patience, false, change);
        self.wait_for_disk(true)?;
        answer
    }

    /// Says whether the next commits wait for the disk. What stands is known, not assumed: if this ever fails after a
    /// count, no durable write begins before it has succeeded.
    pub(super) fn wait_for_disk(&mut self, durable: bool) -> Result<()> {
        if self.durable != durable {
            connection::wait_for_disk(&self.db, durable)?;
            self.durable = durable;
        }
        Ok(())
    }

    /// A write in somebody's name: whether they may do it is looked at in its own transaction.
    pub(super) fn change<T>(&mut self, stamp: &Stamp, mut change: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        let look = |tx: &Connection| standing::check(tx, stamp);
        self.write(|tx| look(tx).and_then(|()| change(tx)))
    }

    /// After a purge: the log still holds what was erased; where nobody is reading, it is emptied at once.
    pub(super) fn empty_log(&self) {
        if !self.rehearsing {
            let _ = self.db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    /// Answers a question of one statement.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        question(&self.db).map_err(|error| faults::located(error, &self.db))
    }

    pub(super) fn read<T>(&mut self, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        connection::read(&self.db, question)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::accounts::error::Kind;
    use crate::accounts::store::Store as _;
    use crate::accounts::throttle::Surplus;
    use crate::accounts::time::Time;

    fn synchronous(db: &Connection) -> i64 {
        db.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap()
    }

    fn counted(db: &Connection) -> i64 {
        db.query_row("SELECT count(*) FROM throttle", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_try_is_seen_by_others_once_it_is_counted_and_what_follows_waits_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        let mut store = Sqlite::create(&path).unwrap();
        let other = Connection::open(&path).unwrap();
        let at = Time::from_millis(1);
        for tried in 1..4 {
            store.challenge(&format!("name {tried}"), None, at, at, Surplus::Waits).unwrap();
            assert_eq!(counted(&other), tried, "before anybody judges it");
            assert_eq!(synchronous(&store.db), 3);
        }
        assert_eq!(store.count_try(|tx| Ok(synchronous(tx))).unwrap(), 1);
        assert_eq!(store.keep(|tx| Ok(synchronous(tx))).unwrap(), 3);
        assert_eq!(store.write(|tx| Ok(synchronous(tx))).unwrap(), 3);
    }

    #[test]
    fn a_count_that_fails_leaves_the_writes_after_it_as_durable_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        drop(Sqlite::create(&path).unwrap());
        let mut store = Sqlite::open_with(&path, Access::Full, Duration::from_millis(30)).unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let at = Time::from_millis(1);
        assert_eq!(store.challenge("alice", None, at, at, Surplus::Waits).err().unwrap().kind, Kind::Busy);
        assert_eq!(synchronous(&store.db), 3);
        other.execute_batch("COMMIT").unwrap();
        let refused = store.count_try(|tx| {
            tx.execute_batch("INSERT INTO throttle VALUES (9, x'01', x'', NULL, 1, 0, 0, 0, 0, 0, NULL)")?;
            Err::<(), _>(crate::accounts::error::Error::invalid_credentials())
        });
        assert!(refused.is_err() && counted(&other) == 0, "all of it or nothing");
        assert_eq!(synchronous(&store.db), 3);
    }

    #[test]
    fn no_durable_write_begins_while_the_disk_is_not_waited_for() {
        let mut store = Sqlite::memory().unwrap();
        // As if it could not be set back after a count.
        store.wait_for_disk(false).unwrap();
        assert_eq!(store.write(|tx| Ok(synchronous(tx))).unwrap(), 3);
        store.wait_for_disk(false).unwrap();
        assert_eq!(store.keep(|tx| Ok(synchronous(tx))).unwrap(), 3);
    }
}
