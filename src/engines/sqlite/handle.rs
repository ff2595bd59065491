//! An open database: how it is opened, made and upgraded, and the transactions that every promise runs in.
//!
//! Knows no promise.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::recall::Recall;
use super::tally::Tally;
use super::{connection, files, schema, standing, uses};
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
        Ok(Sqlite {
            writer: None,
            db,
            place: Some(place),
            read_only,
            rehearsing: false,
            patience,
            recall: None,
            tally: Tally::default(),
        })
    }

    /// Creates a file and opens it.
    pub fn create(path: &Path) -> Result<Sqlite> {
        let place = files::make(path)?;
        let laid = connection::open(&place, false, connection::PATIENCE).and_then(|db| {
            db.execute_batch("PRAGMA journal_mode = WAL")?;
            schema::lay(&db)
        });
        if let Err(error) = laid {
            // Nothing of a database that never came into being should stand in the way of the next try.
            let _ = std::fs::remove_file(&place);
            return Err(error);
        }
        Self::open(&place, Access::Full)
    }

    /// A database in memory.
    pub fn memory() -> Result<Sqlite> {
        let db = connection::memory()?;
        schema::lay(&db)?;
        let patience = connection::PATIENCE;
        let recall = Some(Recall::new(None, None));
        let tally = Tally::default();
        Ok(Sqlite { writer: None, db, place: None, read_only: false, rehearsing: false, patience, recall, tally })
    }

    /// The same, answering words from the names in memory, which are read when a word is first asked for. They are
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
        connection::write(&self.db, self.patience, self.rehearsing, change)
    }

    /// A write that stays even where all else is rehearsed: what a proof counts and uses up. Taken back, it would let
    /// anybody guess for as long as they like.
    pub(super) fn keep<T>(&mut self, change: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        connection::write(&self.db, self.patience, false, change)
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

    pub(super) fn read<T>(&mut self, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        connection::read(&self.db, question)
    }
}
