//! What SQLite says, in sentences: what happened and what to do, without a word of SQL.

use rusqlite::ErrorCode;

use crate::accounts::error::{Error, Kind};

/// Whoever asked has asked something else since.
pub fn interrupted() -> Error {
    Error::new(Kind::Interrupted, "the question was interrupted").hint("ask again")
}

impl From<rusqlite::Error> for Error {
    fn from(fault: rusqlite::Error) -> Error {
        let Some(code) = fault.sqlite_error_code() else {
            return Error::new(Kind::Failure, "the database answered with something unexpected").hint(DAMAGED);
        };
        let extended = fault.sqlite_error().map(|inner| inner.extended_code);
        let (kind, message, hint) = match code {
            ErrorCode::ReadOnly if extended == Some(rusqlite::ffi::SQLITE_READONLY_DBMOVED) => {
                (Kind::Busy, "the database file is being replaced; nothing was written", "try again in a moment")
            }
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                (Kind::Busy, "the database is busy: another program is writing to it", "try again in a moment")
            }
            ErrorCode::OperationInterrupted | ErrorCode::OperationAborted => {
                return interrupted();
            }
            ErrorCode::DiskFull => {
                (Kind::Failure, "the disk is full; nothing was written", "make room, then repeat it")
            }
            ErrorCode::ReadOnly => (
                Kind::Failure,
                "the database can only be read; nothing was written",
                "open it without --read-only, or as somebody who may write the file and its folder",
            ),
            ErrorCode::DatabaseCorrupt => (Kind::Failure, "the database file is damaged", "restore it from a backup"),
            ErrorCode::NotADatabase => {
                (Kind::Schema, "this file is not a Rollbook database", "name another file with --db")
            }
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied => (
                Kind::Failure,
                "the database file cannot be opened",
                "its owner must be able to read and write the file and its folder",
            ),
            ErrorCode::SystemIoFailure => {
                (Kind::Failure, "the database file cannot be read or written", "look at the disk and the system's log")
            }
            ErrorCode::OutOfMemory => (Kind::Failure, "there is not enough memory", "close something else first"),
            ErrorCode::ConstraintViolation => {
                (Kind::Failure, "the database refuses this row: something of it is there already", "look again first")
            }
            ErrorCode::TooBig => (Kind::Failure, "a value in the database is too long to be read", DAMAGED),
            ErrorCode::SchemaChanged | ErrorCode::Unknown => {
                (Kind::Schema, "the database is not laid out as this program expects", DAMAGED)
            }
            _ => (Kind::Failure, "the database failed", DAMAGED),
        };
        Error::new(kind, message).hint(hint)
    }
}

const DAMAGED: &str = "keep a copy of the file, then restore it from a backup";

/// Whether a row was refused because a value that must be unique is there already.
pub fn is_duplicate(fault: &rusqlite::Error) -> bool {
    fault.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && fault.sqlite_error().is_some_and(|inner| inner.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}
