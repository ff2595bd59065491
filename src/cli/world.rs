//! What the command line asks of whoever starts it: the database, its place, and this program's own settings.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::accounts::door::Accounts;
use crate::accounts::error::Result;
use crate::accounts::finding::Finding;

/// What an upgrade of the schema did.
pub struct Upgraded {
    /// The version before.
    pub from: i32,
    /// The version now.
    pub to: i32,
    /// Whether the glass had to be broken for it.
    pub glass: bool,
    /// Where the copy lies that was made before; `None` where nothing had to be done.
    pub backup: Option<PathBuf>,
}

/// One setting of this program and what set it. Both texts are safe to print.
pub struct Setting {
    /// Its key in the configuration file.
    pub key: &'static str,
    /// Its value.
    pub value: String,
    /// A flag, a variable, a file, or `default`.
    pub source: String,
}

/// How far the writing of sample people has come.
#[derive(Clone, Copy)]
pub struct Loading {
    /// People written.
    pub done: u64,
    /// People in all.
    pub of: u64,
    /// People a second.
    pub per_second: u64,
    /// Seconds left at that rate.
    pub left_seconds: u64,
}

/// Everything that the command line does not know by itself.
pub trait World {
    /// The database's path, safe to print.
    fn path(&self) -> String;

    /// Opens the database in the name of a service, or of the operator if none is named.
    ///
    /// # Errors
    /// `no_database` if there is none, and whatever the engine says.
    fn open(&self, service: Option<&str>) -> Result<Accounts>;

    /// Whether the database's file belongs to whoever runs this, or they are root.
    fn owns_database(&self) -> bool;

    /// Opens a database that [`World::open`] refuses because of its modes or folders, for reading.
    ///
    /// # Errors
    /// Whatever else the engine says.
    fn open_to_examine(&self) -> Result<Accounts>;

    /// Checks the database's files and folders without opening it.
    fn inspect(&self) -> Vec<Finding>;

    /// The command prefix that acts as the owner of the database's file, if that is another account.
    fn run_as_owner(&self) -> Option<String>;

    /// Creates the database with the first rows that `fill` writes, and opens it. A process that is killed meanwhile
    /// leaves no database.
    ///
    /// # Errors
    /// `failure` if there is something there already, and whatever `fill` answers; then nothing is left.
    fn create(&self, service: Option<&str>, fill: &mut dyn FnMut(&mut Accounts) -> Result<()>) -> Result<Accounts>;

    /// Removes the temporary folders that dead processes left beside this database.
    fn remove_abandoned(&self);

    /// A new database that is nowhere, to try things on.
    ///
    /// # Errors
    /// `failure` when there is no memory.
    fn imagine(&self, service: Option<&str>) -> Result<Accounts>;

    /// Brings the database's schema up to date; where a log-in is required, with the glass broken for this reason.
    ///
    /// # Errors
    /// As the engine says; `unauthorized` and `constraint_violation` for a glass that may not be broken.
    fn upgrade(&self, break_glass: bool, reason: Option<&str>) -> Result<Upgraded>;

    /// Writes sample people and tells how far it has come, until `tell` answers `false`.
    ///
    /// # Errors
    /// As any write.
    fn load_sample_people(
        &self,
        accounts: &mut Accounts,
        users: u64,
        tell: &mut dyn FnMut(Loading) -> bool,
    ) -> Result<()>;

    /// Set when the process is asked to end (SIGINT, SIGTERM, SIGHUP), which from now on no longer ends it.
    fn stop_requested(&self) -> Arc<AtomicBool>;

    /// The settings of this program.
    fn settings(&self) -> Vec<Setting>;
}
