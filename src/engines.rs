//! The databases behind the port. SQL is spoken here and nowhere else.

mod opening;
mod sqlite;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

pub use opening::{Access, Room, Upgraded};

use crate::accounts::audit::Stamp;
use crate::accounts::error::Result;
use crate::accounts::finding::Finding;
use crate::accounts::store::Store;

/// Opens a database that exists. Never creates, never migrates.
///
/// # Errors
/// `no_database` if there is none; `schema` if it is of another version or not ours; `failure` if the file or its
/// folder is open to others.
pub fn open(path: &Path, access: Access) -> Result<Box<dyn Store>> {
    Ok(Box::new(sqlite::Sqlite::open(path, access)?))
}

/// Opens a database that [`open`] refuses because of its modes or folders, for `doctor`: read-only.
///
/// # Errors
/// As [`open`], apart from those refusals.
pub fn open_to_examine(path: &Path) -> Result<Box<dyn Store>> {
    Ok(Box::new(sqlite::Sqlite::open_to_examine(path)?))
}

/// Checks the files and folders of a database without opening it.
pub fn inspect(path: &Path) -> Vec<Finding> {
    sqlite::inspect(path)
}

/// What the handles of one process keep in memory together, so that words are found quickly. Clones share it.
#[derive(Clone, Default)]
pub struct Memory {
    shared: Arc<Mutex<Option<sqlite::Recall>>>,
    most: Option<Room>,
}

impl Memory {
    /// Memory of at most about so many bytes as `most` tells when it is needed; where the names of all people are more,
    /// words are looked for in the file.
    pub fn within(most: Room) -> Memory {
        Memory { most: Some(most), ..Memory::default() }
    }

    /// Waits until the names that a question has asked for are read; answers whether they are in memory, so that the next
    /// question is answered from there.
    pub fn wait(&self) -> bool {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
        shared.is_some_and(|recall| recall.wait())
    }
}

/// As [`open`], for somebody who types words and waits: names are read into memory when a word is first asked for, and
/// shared by all handles with this memory. Meanwhile, and where there are too many, words are looked for in the file.
///
/// # Errors
/// As [`open`].
pub fn open_with(path: &Path, access: Access, memory: &Memory) -> Result<Box<dyn Store>> {
    let mut shared = memory.shared.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Box::new(sqlite::Sqlite::open(path, access)?.recalling(&mut shared, memory.most)))
}

/// Creates a database, its file 0600 and missing parent folders 0700, and opens it. A process that is killed meanwhile
/// leaves no file at the path.
///
/// # Errors
/// `failure` if there is something at the path already or the folder is open to others.
pub fn create(path: &Path) -> Result<Box<dyn Store>> {
    Ok(Box::new(sqlite::Sqlite::create(path)?))
}

/// As [`create`], with the first rows that `fill` writes: the file appears at the path with all of them or not at all.
///
/// # Errors
/// As [`create`], and as `fill` says; then nothing is left.
pub fn create_with(path: &Path, fill: impl FnOnce(Box<dyn Store>) -> Result<()>) -> Result<Box<dyn Store>> {
    Ok(Box::new(sqlite::Sqlite::create_with(path, |store| fill(Box::new(store)))?))
}

/// Removes the temporary folders that dead processes left beside this database.
pub fn remove_abandoned(path: &Path) {
    sqlite::Sqlite::remove_abandoned(path);
}

/// A database in memory, which ends with its handle.
///
/// # Errors
/// `failure` when there is no memory.
pub fn memory() -> Result<Box<dyn Store>> {
    Ok(Box::new(sqlite::Sqlite::memory()?))
}

/// Brings a database up to the present schema, after a copy of it was made beside it. Nobody can log in to an older
/// one: where a log-in is required, the glass has to be broken for it, and that is its first entry.
///
/// # Errors
/// As [`open`]; `schema` for one that is newer than this program; `unauthenticated` where the glass is whole.
pub fn upgrade(path: &Path, glass: Option<&Stamp>) -> Result<Upgraded> {
    sqlite::Sqlite::upgrade(path, glass)
}
