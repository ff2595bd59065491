//! What opens databases for the console, which knows no engine itself, and what takes its events.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::effect::Event;
use crate::accounts::{Accounts, Result};

/// Opens databases for the console, which knows no engine itself.
pub trait Library: Send + Sync {
    /// A handle on a database that exists.
    ///
    /// # Errors
    /// `no_database`, `schema`, `failure`.
    fn open(&self, path: &Path) -> Result<Accounts>;

    /// Makes a new database.
    ///
    /// # Errors
    /// `failure` where something stands there already or the folder is unsafe.
    fn create(&self, path: &Path) -> Result<()>;

    /// Brings an older database up to the present schema and says where the backup lies.
    ///
    /// # Errors
    /// `schema`, `failure`.
    fn upgrade(&self, path: &Path) -> Result<String>;

    /// Makes a throw-away database with sample people and life in it, and tells how far it has come where that takes
    /// long. It lasts as long as the process.
    ///
    /// # Errors
    /// `failure`.
    fn demo(&self, tell: &dyn Fn(String)) -> Result<PathBuf>;
}

/// Where events go.
pub type Sink = Arc<dyn Fn(Event) + Send + Sync>;
