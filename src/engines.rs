//! The databases behind the port. SQL is spoken here and nowhere else.

mod opening;
mod sqlite;

use std::path::Path;

pub use opening::{Access, Upgraded};

use crate::accounts::error::Result;
use crate::accounts::store::Store;

/// Opens a database that exists. Never creates, never migrates.
///
/// # Errors
/// `no_database` if there is none; `schema` if it is of another version or not ours; `failure` if the file or its
/// folder is open to others.
pub fn open(path: &Path, access: Access) -> Result<Box<dyn Store>> {
    Ok(Box::new(sqlite::Sqlite::open(path, access)?))
}

/// Creates a database, its file 0600 and missing parent folders 0700, and opens it.
///
/// # Errors
/// `failure` if there is something at the path already or the folder is open to others.
pub fn create(path: &Path) -> Result<Box<dyn Store>> {
    Ok(Box::new(sqlite::Sqlite::create(path)?))
}

/// A database in memory, which ends with its handle.
///
/// # Errors
/// `failure` when there is no memory.
pub fn memory() -> Result<Box<dyn Store>> {
    Ok(Box::new(sqlite::Sqlite::memory()?))
}

/// Brings a database up to the present schema, after a copy of it was made beside it.
///
/// # Errors
/// As [`open`]; `schema` for one that is newer than this program.
pub fn upgrade(path: &Path) -> Result<Upgraded> {
    sqlite::Sqlite::upgrade(path)
}
