//! The identity of a database file, by which a handle notices that another file has taken its place.

use super::error::{Error, Kind};

/// Identifies the file that a store has open: its device and its inode. No two files have the same while both exist.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FileId {
    /// The device.
    pub device: u64,
    /// The inode.
    pub inode: u64,
}

/// The only file that a store works on, and the kind of its refusals once another file is in the place of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileHold {
    /// The file.
    pub file: FileId,
    /// [`Kind::Unauthenticated`] for a log-in that holds for this file alone, [`Kind::Stale`] otherwise.
    pub kind: Kind,
}

impl FileHold {
    /// The refusal of everything that is asked of another file.
    pub fn refusal(&self) -> Error {
        match self.kind {
            Kind::Unauthenticated => Error::new(self.kind, "the database file was replaced after this log-in")
                .hint("log in again: the new file may have other users, passwords and roles"),
            kind => Error::new(kind, "the database file was replaced meanwhile; the new file is unchanged")
                .hint("look again, then repeat it"),
        }
    }
}
