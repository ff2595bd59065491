//! The words in which a database is opened, the same for every engine.

use std::path::PathBuf;

/// What may be done with a database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Look and change.
    Full,
    /// Look only; the engine itself refuses to write.
    ReadOnly,
}

/// What an upgrade did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upgraded {
    /// The schema version before.
    pub from: i32,
    /// The schema version now.
    pub to: i32,
    /// Whether the glass had to be broken for it.
    pub glass: bool,
    /// Where the copy from before lies; `None` where nothing had to be done.
    pub backup: Option<PathBuf>,
}

/// Tells how many bytes may be kept in memory, if anything is known of it.
pub type Room = fn() -> Option<usize>;
