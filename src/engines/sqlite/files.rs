//! The database's place in the file system: who may see it, and how it comes into being.
//!
//! After its creation nobody but SQLite opens the file: closing any other handle on it would drop SQLite's locks.

use std::fs::{DirBuilder, File, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags, flock};

use super::guards::{self, ELSEWHERE};
use crate::accounts::error::{Error, Kind, Result};
pub use crate::accounts::file_error::named;
use crate::accounts::file_error::{file_error, not_a_folder};
use crate::temporary::{self, NEW_FILE, TemporaryFolder};

/// Where an existing database lies, after its folder and its files were found to be closed to others.
pub fn find(path: &Path) -> Result<PathBuf> {
    let (_, place) = resolve(path)?;
    let facts = place.symlink_metadata().map_err(|fault| unopened(path, &fault))?;
    guards::check(&place, &facts)?;
    Ok(place)
}

/// The place of an existing file, whatever its mode and folder are.
pub fn find_unguarded(path: &Path) -> Result<PathBuf> {
    let (_, place) = resolve(path)?;
    place.symlink_metadata().map_err(|fault| unopened(path, &fault))?;
    Ok(place)
}

fn resolve(path: &Path) -> Result<(PathBuf, PathBuf)> {
    let (folder, name) = split(path)?;
    let folder = folder.canonicalize().map_err(|fault| unopened(path, &fault))?;
    let place = folder.join(name);
    Ok((folder, place))
}

/// A new file on its way: written in a temporary folder beside its place, and moved there when it is complete.
pub struct NewFile {
    file: PathBuf,
    place: PathBuf,
    /// Removed, with all that is in it, when this value is dropped.
    folder: TemporaryFolder,
}

impl NewFile {
    /// Begins a file for a place where nothing is; makes missing folders 0700.
    pub fn begin(path: &Path) -> Result<NewFile> {
        let (folder, name) = split(path)?;
        // The builder accepts folders that exist. The error names the database: its folder is the one that helps.
        let created = DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(not_a_folder);
        let folder = created.and_then(|()| folder.canonicalize()).map_err(|fault| not_created(path, &fault))?;
        guards::check_folder(&folder, None)?;
        let place = folder.join(name);
        remove_if_empty(&place);
        if place.symlink_metadata().is_ok() {
            return Err(taken(&place));
        }
        refuse_log_of_another(&place)?;
        let made = TemporaryFolder::create(&folder, NEW_FILE).and_then(|folder| {
            let file = folder.path().join(name);
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            drop(rustix::fs::open(&file, flags, Mode::RUSR | Mode::WUSR)?);
            Ok((folder, file))
        });
        let (folder, file) = made.map_err(|fault| not_created(&place, &fault))?;
        Ok(NewFile { file, place, folder })
    }

    /// The path of the file while it is written. It exists, is empty and has mode 0600.
    pub fn draft(&self) -> &Path {
        &self.file
    }

    /// Moves the complete file, which no connection has open, to its place, and answers with it.
    pub fn publish(self) -> Result<PathBuf> {
        let files = std::fs::read_dir(self.folder.path()).map(Iterator::count);
        if files.map_err(|fault| not_created(&self.place, &fault))? != 1 {
            // A log beside the file holds changes that the file lacks.
            let message = format!("{} cannot be created: its last changes were not written to it", named(&self.place));
            return Err(Error::new(Kind::Failure, message).hint("the disk may be full; nothing was left there"));
        }
        match temporary::publish(&self.file, &self.place) {
            Ok(()) => Ok(self.place),
            Err(fault) if fault.kind() == ErrorKind::AlreadyExists => Err(taken(&self.place)),
            Err(fault) => Err(not_created(&self.place, &fault)),
        }
    }
}

/// Removes the temporary folders that dead processes left beside this file.
pub fn remove_abandoned(path: &Path) {
    temporary::remove_abandoned(temporary::parent_of(path), NEW_FILE);
}

/// Removes an empty file of this account. It holds nothing, and would be in the way.
fn remove_if_empty(place: &Path) {
    let is_empty = |facts: &Metadata| {
        let own = facts.uid() == rustix::process::geteuid().as_raw();
        facts.is_file() && facts.len() == 0 && facts.nlink() == 1 && own && facts.mode() & 0o077 == 0
    };
    if !place.symlink_metadata().is_ok_and(|facts| is_empty(&facts)) {
        return;
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = rustix::fs::open(place, flags, Mode::empty()).map(File::from) else { return };
    // Two processes may make this database. The second one finds the complete file of the first one here.
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        return;
    }
    let same = |held: &Metadata, there: &Metadata| (held.dev(), held.ino()) == (there.dev(), there.ino());
    if let (Ok(held), Ok(there)) = (file.metadata(), place.symlink_metadata())
        && same(&held, &there)
        && is_empty(&held)
    {
        let _ = std::fs::remove_file(place);
    }
}

/// Refuses a place beside which a log lies: SQLite would apply the changes in it to the new database.
fn refuse_log_of_another(place: &Path) -> Result<()> {
    for end in ["-wal", "-journal"] {
        let log = guards::beside(place, end);
        if log.symlink_metadata().is_ok_and(|facts| facts.len() > 0) {
            let message = format!("{} is the log of another database, which is gone", named(&log));
            return Err(Error::new(Kind::Failure, message).hint(format!(
                "if that database was moved, move the log to it; if it was removed: rm {}",
                named(&log)
            )));
        }
    }
    Ok(())
}

fn taken(place: &Path) -> Error {
    Error::new(Kind::Failure, format!("there is something at {} already", named(place)))
        .hint("open it as it is, or name another place with --db")
}

fn not_created(place: &Path, fault: &std::io::Error) -> Error {
    file_error("cannot be created", place, fault, ELSEWHERE)
}

fn split(path: &Path) -> Result<(&Path, &std::ffi::OsStr)> {
    let Some(name) = path.file_name() else {
        return Err(
            Error::new(Kind::Failure, format!("{} does not name a file", named(path))).hint("name a file with --db")
        );
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Ok((folder, name))
}

/// The error of a database that cannot be found: it is missing only if the system says that it does not exist.
fn unopened(path: &Path, fault: &std::io::Error) -> Error {
    if fault.kind() != ErrorKind::NotFound {
        return file_error("cannot be opened", path, fault, ELSEWHERE);
    }
    Error::new(Kind::NoDatabase, format!("there is no database at {}", named(path)))
        .hint("`rollbook init` makes one; `rollbook demo` shows one with sample people")
}
