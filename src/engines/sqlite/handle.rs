//! An open database: how it is opened, made and upgraded, and the transactions that every promise runs in.
//!
//! Knows no promise.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::database_file::{DatabaseFile, TRIES, changing};
use super::recall::Recall;
use super::tally::Tally;
use super::users::Met;
use super::{connection, faults, files, load, schema, standing, uses};
use crate::accounts::audit::{NewEntry, Stamp};
use crate::accounts::error::{Kind, Result};
use crate::accounts::file_id::FileHold;
use crate::accounts::query::Filter;
use crate::accounts::session::Uses;
use crate::accounts::store::Sample;
use crate::accounts::time::Time;
use crate::engines::opening::{Access, Room, Upgraded};

/// An open SQLite database.
pub struct Sqlite {
    // Before the connection, so that it is dropped, and its thread joined, first.
    pub(super) writer: Option<uses::Writer>,
    pub(super) db: Connection,
    /// The file that is open; `None` in memory. Uses of it are written by a thread of their own.
    pub(super) file: Option<DatabaseFile>,
    /// The only file that this handle works on.
    pub(super) hold: Option<FileHold>,
    /// How often the file was replaced.
    pub(super) replaced: i64,
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
        let read_only = access == Access::ReadOnly;
        let (file, db) = DatabaseFile::open(path, read_only, patience, schema::judge)?;
        Ok(Sqlite { file: Some(file), read_only, patience, ..Self::on(db) })
    }

    /// Opens a file for reading, whatever its mode and folders are.
    pub fn open_to_examine(path: &Path) -> Result<Sqlite> {
        let place = files::find_unguarded(path)?;
        let db = connection::open(&place, true, connection::PATIENCE)?;
        schema::judge(&db, &place)?;
        Ok(Sqlite { file: DatabaseFile::unchecked(place), read_only: true, ..Self::on(db) })
    }

    /// A handle on this connection, as one to a database in memory has it.
    fn on(db: Connection) -> Sqlite {
        Sqlite {
            writer: None,
            db,
            file: None,
            hold: None,
            replaced: 0,
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
        if let Some(file) = &self.file {
            let recall = shared.take().filter(|recall| recall.is_of(file));
            let recall = recall.unwrap_or_else(|| Recall::new(Some(file), most));
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
        self.transact(self.rehearsing, true, change)
    }

    /// A write that stays even where all else is rehearsed: what a proof counts and uses up. Taken back, it would let
    /// anybody guess for as long as they like.
    pub(super) fn keep<T>(&mut self, change: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        self.transact(false, true, change)
    }

    /// Writes down a try that is counted before it is judged, and keeps it even where all else is rehearsed. Every other
    /// program sees the count at once, and a process that dies takes nothing back; the disk is not waited for.
    ///
    /// What a power cut may take are counts whose tries nobody was told to be wrong: that answer waits for the next
    /// commit (the failure that is written down; where the password is right, the session), and that one makes whatever
    /// stands before it in the log last as well. A right password that is turned away for something else may be answered
    /// without one. Whoever can cut the power so often that this helps them has the disk.
    pub(super) fn count_try<T>(&mut self, change: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        let answer = self.transact(false, false, change);
        self.wait_for_disk(true)?;
        answer
    }

    /// Carries a change out in one transaction on the file that the path names. That is looked at inside the
    /// transaction, before anything is done: if another file is there, the change is carried out on that one instead.
    /// A file that is put there after the look is a restore that came after the change.
    fn transact<T>(
        &mut self,
        rehearsing: bool,
        durable: bool,
        mut change: impl FnMut(&Connection) -> Result<T>,
    ) -> Result<T> {
        for _ in 0..TRIES {
            self.follow_file()?;
            self.wait_for_disk(durable)?;
            let mut moved = false;
            let answer = connection::write(&self.db, self.patience, rehearsing, |tx| {
                if let Some(file) = &self.file {
                    moved = file.present()? != file.id();
                    if moved {
                        return Err(changing(file.place()));
                    }
                }
                change(tx)
            });
            // SQLite opens the log by its name, and fails if the file was moved away at that moment.
            let failed = answer.as_ref().is_err_and(|error| error.kind == Kind::Failure);
            let gone = || self.file.as_ref().is_some_and(|file| file.is_in_place().is_err());
            if !(moved || failed && gone()) {
                return answer;
            }
        }
        Err(self.file.as_ref().map_or_else(super::faults::interrupted, |file| changing(file.place())))
    }

    /// The connection to the file that the path names now.
    pub(super) fn db(&mut self) -> Result<&Connection> {
        self.follow_file()?;
        Ok(&self.db)
    }

    /// Opens the file that the path names, if it is another one than is open; nothing that is known of the old file is
    /// kept. Inside a transaction everything is of one moment, and nothing is looked at.
    pub(super) fn follow_file(&mut self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        if !self.db.is_autocommit() {
            return Ok(());
        }
        let present = file.present()?;
        let is_held = self.hold.is_none_or(|hold| hold.file == present);
        if present == file.id() && is_held {
            return Ok(());
        }
        if present != file.id() {
            file.is_without_old_side_files()?;
        }
        if let Some(hold) = self.hold {
            return Err(hold.refusal());
        }
        let (file, db) = DatabaseFile::open(file.place(), self.read_only, self.patience, schema::judge)?;
        // Its thread has the old file open, and ends first.
        self.writer = None;
        (self.db, self.durable, self.replaced) = (db, true, self.replaced + 1);
        (self.met, self.tally) = (None, Tally::default());
        self.recall = self.recall.as_ref().map(|recall| recall.anew(&file));
        self.file = Some(file);
        Ok(())
    }

    /// Whether another file can be opened in the place of the one that is open or held.
    pub(super) fn is_moved(&self) -> bool {
        let Some(file) = &self.file else { return false };
        let wanted = self.hold.map_or(file.id(), |hold| hold.file);
        file.present().is_ok_and(|present| {
            (present != wanted || present != file.id())
                && (present == file.id() || file.is_without_old_side_files().is_ok())
        })
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

    /// Counts from the names in memory, from the counts that are remembered, or from the file.
    pub(super) fn count_users(&mut self, filter: &Filter, at_most: Option<u32>, now: Time) -> Result<u32> {
        self.follow_file()?;
        let Sqlite { db, recall, tally, .. } = self;
        connection::read(db, |db| {
            let found = match recall {
                Some(recall) => recall.count(db, filter, now)?,
                None => None,
            };
            match found {
                Some(found) => Ok(at_most.map_or(found, |at_most| found.min(at_most))),
                None => tally.count(db, filter, at_most, now),
            }
        })
    }

    /// Hands uses to the thread that writes them. Waits for nothing.
    pub(super) fn hand_uses(&mut self, uses: Uses) {
        if self.read_only || self.rehearsing || uses.is_empty() {
            return;
        }
        let Some(file) = &self.file else {
            let _ = uses::write(&self.db, &uses);
            return;
        };
        if self.writer.as_ref().is_none_or(uses::Writer::has_ended) {
            self.writer = uses::Writer::start(file.clone());
        }
        if let Some(writer) = &self.writer {
            writer.hand(uses);
        }
    }

    /// Writes many users at once, all into one file.
    pub(super) fn load_all(
        &mut self,
        samples: &mut dyn Iterator<Item = Sample>,
        entries: &[NewEntry],
        stamp: &Stamp,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<u64> {
        self.follow_file()?;
        self.wait_for_disk(true)?;
        let file = self.file.as_ref();
        let is_in_place = || file.map_or(Ok(()), DatabaseFile::is_in_place);
        let load = load::Load { samples, entries, stamp, progress, is_in_place: &is_in_place };
        load::load(&self.db, self.patience, self.rehearsing, load)
    }

    /// After a purge: the log still holds what was erased; where nobody is reading, it is emptied at once.
    pub(super) fn empty_log(&self) {
        if !self.rehearsing {
            let _ = self.db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    /// Answers a question of one statement.
    pub(super) fn ask<T>(&mut self, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let db = self.db()?;
        question(db).map_err(|error| faults::located(error, db))
    }

    pub(super) fn read<T>(&mut self, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        connection::read(self.db()?, question)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::super::guards::beside;
    use super::*;
    use crate::accounts::store::Store as _;
    use crate::accounts::throttle::Surplus;

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

    /// Whether a write was seen to wait for a lock. Tests share a process: only one of them may use it.
    static WAITS: AtomicBool = AtomicBool::new(false);

    #[test]
    fn a_write_that_waited_while_the_file_was_replaced_is_carried_out_on_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let [path, old, new] = ["users.db", "old.db", "new.db"].map(|name| folder.path().join(name));
        drop(Sqlite::create(&path).unwrap());
        drop(Sqlite::create(&new).unwrap());
        let mut store = Sqlite::open_with(&path, Access::Full, Duration::from_secs(7)).unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let tell = |tries: i32| {
            WAITS.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(1));
            tries < 10_000
        };
        store.db.busy_handler(Some(tell)).unwrap();
        let at = Time::from_millis(1);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| store.challenge("alice", None, at, at, Surplus::IsRefused).map(drop));
            while !WAITS.load(Ordering::SeqCst) {
                assert!(!waiting.is_finished(), "it did not wait");
                std::thread::yield_now();
            }
            for ending in ["", "-wal", "-shm"] {
                std::fs::rename(beside(&path, ending), beside(&old, ending)).unwrap();
            }
            std::fs::rename(&new, &path).unwrap();
            other.execute_batch("COMMIT").unwrap();
            waiting.join().unwrap().unwrap();
        });
        assert_eq!(counted(&other), 0, "the old file");
        assert_eq!(counted(&Connection::open(&path).unwrap()), 1, "the new file");
        assert_eq!(store.replaced, 1);
    }
}
