//! What SQLite says, in sentences: what happened and what to do, without a word of SQL.

use std::ffi::c_int;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, ffi};
use rustix::fs::{Access, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use super::guards::{self, ELSEWHERE};
use crate::accounts::error::{Error, Kind};
use crate::accounts::file_error::{check_access, file_error, named};

// A fault of the file system. These sentences have no path, since SQLite's results have none; `located` adds it.
const FULL: &str = "the disk is full; nothing was written";
const READ_ONLY: &str = "the database can only be read; nothing was written";
const UNOPENED: &str = "the database file cannot be opened";
const UNUSABLE: &str = "the database file cannot be read or written";

/// Whoever asked has asked something else since.
pub fn interrupted() -> Error {
    Error::new(Kind::Interrupted, "the question was interrupted").hint("ask again")
}

impl From<rusqlite::Error> for Error {
    fn from(fault: rusqlite::Error) -> Error {
        let Some(code) = fault.sqlite_error_code() else {
            return Error::new(Kind::Failure, "the database answered with something unexpected").hint(DAMAGED);
        };
        let (kind, message, hint) = match code {
            ErrorCode::ReadOnly if extended(&fault) == ffi::SQLITE_READONLY_DBMOVED => {
                (Kind::Busy, "the database file is being replaced; nothing was written", "try again in a moment")
            }
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                (Kind::Busy, "the database is busy: another program is writing to it", "try again in a moment")
            }
            ErrorCode::OperationInterrupted | ErrorCode::OperationAborted => {
                return interrupted();
            }
            ErrorCode::DiskFull => (Kind::Failure, FULL, "make room, then repeat it"),
            ErrorCode::ReadOnly => (
                Kind::Failure,
                READ_ONLY,
                "open it without --read-only, or as an account that may write the file and its folder",
            ),
            ErrorCode::DatabaseCorrupt => (Kind::Failure, "the database file is damaged", "restore it from a backup"),
            ErrorCode::NotADatabase => {
                (Kind::Schema, "this file is not a Rollbook database", "name another file with --db")
            }
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                (Kind::Failure, UNOPENED, "its owner must be able to read and write the file and its folder")
            }
            ErrorCode::SystemIoFailure => {
                let message = format!("{UNUSABLE} ({})", operation(extended(&fault)));
                return Error::new(Kind::Failure, message).hint("look at the disk: journalctl -k shows its errors");
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

/// The result code with its detail.
fn extended(fault: &rusqlite::Error) -> c_int {
    fault.sqlite_error().map_or(0, |inner| inner.extended_code)
}

/// The operation that failed with an I/O error.
fn operation(code: c_int) -> String {
    match code {
        ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ => "reading failed".to_owned(),
        ffi::SQLITE_IOERR_WRITE => "writing failed".to_owned(),
        ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC => "writing to the disk failed".to_owned(),
        ffi::SQLITE_IOERR_TRUNCATE => "shortening failed".to_owned(),
        ffi::SQLITE_IOERR_LOCK | ffi::SQLITE_IOERR_UNLOCK | ffi::SQLITE_IOERR_RDLOCK => "locking failed".to_owned(),
        ffi::SQLITE_IOERR_DELETE => "removing a file beside it failed".to_owned(),
        ffi::SQLITE_IOERR_SHMOPEN
        | ffi::SQLITE_IOERR_SHMSIZE
        | ffi::SQLITE_IOERR_SHMMAP
        | ffi::SQLITE_IOERR_SHMLOCK => "its -shm file failed".to_owned(),
        code => format!("SQLite code {code}"),
    }
}

/// Adds the path, the system's reason and the step to a fault of the file system on this connection.
pub fn located(error: Error, db: &Connection) -> Error {
    match db.path().filter(|path| !path.is_empty()) {
        Some(path) => located_at(error, Path::new(path)),
        None => error,
    }
}

/// The same for the database at this path. SQLite keeps the system's error number to itself: it is found out again.
pub fn located_at(error: Error, place: &Path) -> Error {
    let (attempt, certain) = match error.message.as_str() {
        FULL => ("cannot be written", Some(Errno::NOSPC)),
        READ_ONLY => ("cannot be written", None),
        UNOPENED => ("cannot be opened", None),
        message if message.starts_with(UNUSABLE) => ("cannot be read or written", None),
        _ => return error,
    };
    let found = match certain {
        Some(errno) => Some((place.to_owned(), errno)),
        None => probe(place, attempt == "cannot be written"),
    };
    match found {
        Some((path, errno)) => file_error(attempt, &path, &errno.into(), ELSEWHERE),
        None => Error { message: format!("{} ({})", error.message, named(place)), ..error },
    }
}

/// Which of the files that SQLite needs the system refuses, and why. The database itself must not be opened here:
/// closing it again would drop SQLite's locks on it.
fn probe(place: &Path, writes: bool) -> Option<(PathBuf, Errno)> {
    let descriptor = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    if let Err(errno @ (Errno::MFILE | Errno::NFILE)) = descriptor {
        return Some((place.to_owned(), errno));
    }
    let all = Access::READ_OK | Access::WRITE_OK;
    let beside = guards::ENDINGS.iter().map(|end| guards::beside(place, end));
    for path in std::iter::once(place.to_owned()).chain(beside) {
        match check_access(&path, all) {
            Ok(()) => {}
            Err(Errno::NOENT) if path != place => {}
            Err(errno) => return Some((path, errno)),
        }
    }
    let folder = place.parent()?;
    // The files beside the database are created in it.
    if let Err(errno) = check_access(folder, all | Access::EXEC_OK) {
        return Some((guards::beside(place, if writes { "-journal" } else { "-shm" }), errno));
    }
    let room = rustix::fs::statvfs(folder).ok()?;
    if room.f_bavail == 0 || (room.f_files > 0 && room.f_favail == 0) {
        return Some((place.to_owned(), Errno::NOSPC));
    }
    let limit = getrlimit(Resource::Fsize).current?;
    let longest = ["", "-wal"].iter().filter_map(|end| guards::beside(place, end).metadata().ok());
    let longest = longest.map(|facts| facts.len()).max().unwrap_or_default();
    // Too little for another page in the log.
    const PAGE: u64 = 64 * 1024;
    (longest.saturating_add(PAGE) >= limit).then(|| (place.to_owned(), Errno::FBIG))
}

const DAMAGED: &str = "keep a copy of the file, then restore it from a backup";

/// Whether a row was refused because a value that must be unique is there already.
pub fn is_duplicate(fault: &rusqlite::Error) -> bool {
    fault.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
        && fault.sqlite_error().is_some_and(|inner| inner.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn fault(code: c_int) -> Error {
        Error::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn each_fault_of_the_file_system_names_the_path_the_reason_and_a_step() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("users.db");
        let shown = named(&place);
        let located = |code| located_at(fault(code), &place);
        let missing = located(ffi::SQLITE_CANTOPEN);
        assert_eq!(missing.message, format!("{shown} cannot be opened: no such file or directory"));
        fs::write(&place, "").unwrap();
        let full = located(ffi::SQLITE_FULL);
        assert_eq!(full.message, format!("{shown} cannot be written: no space left on device"));
        assert!(full.hint.unwrap().starts_with("make room: df -h "));
        // Nothing is wrong with the file now: the sentence keeps what SQLite knows.
        for (code, words) in [
            (ffi::SQLITE_CANTOPEN, "cannot be opened ("),
            (ffi::SQLITE_IOERR_READ, "cannot be read or written (reading failed) ("),
            (ffi::SQLITE_IOERR_WRITE, "(writing failed) ("),
            (ffi::SQLITE_IOERR_FSYNC, "(writing to the disk failed) ("),
            (ffi::SQLITE_READONLY, "can only be read; nothing was written ("),
        ] {
            let error = located(code);
            assert!(error.message.contains(words) && error.message.contains(&shown), "{error}");
            assert!(error.hint.is_some(), "{error}");
        }
        let moved = located(ffi::SQLITE_READONLY_DBMOVED);
        assert!(moved.message.contains("is being replaced") && moved.kind == Kind::Busy, "{moved}");
        let busy = located(ffi::SQLITE_BUSY);
        assert_eq!(busy.kind, Kind::Busy, "other faults stay as they are");
    }

    #[test]
    fn a_file_beside_the_database_that_is_closed_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("users.db");
        fs::write(&place, "").unwrap();
        let log = guards::beside(&place, "-wal");
        fs::write(&log, "").unwrap();
        fs::set_permissions(&log, fs::Permissions::from_mode(0o000)).unwrap();
        let found = probe(&place, false);
        // Root may use any file.
        let wanted = if rustix::process::geteuid().is_root() { None } else { Some((log, Errno::ACCESS)) };
        assert_eq!(found, wanted);
    }
}
