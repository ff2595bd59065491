//! The database's place in the file system: who may see it, and how it comes into being.
//!
//! After its creation nobody but SQLite opens the file: closing any other handle on it would drop SQLite's locks.

use std::fs::{DirBuilder, Metadata};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::accounts::error::{Error, Kind, Result};
pub use crate::accounts::file_error::named;
use crate::accounts::file_error::{file_error, is_absent, not_a_folder};

/// How to choose another place for the database.
pub const ELSEWHERE: &str = "name another place with --db";

/// The ends of the names of the files that SQLite keeps beside a database.
pub const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The file beside the database whose name ends so.
pub fn beside(place: &Path, end: &str) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Where an existing database lies, after its folder and its own mode were found to be closed to others.
pub fn find(path: &Path) -> Result<PathBuf> {
    let (folder, place) = resolve(path)?;
    let facts = place.symlink_metadata().map_err(|fault| unopened(path, &fault))?;
    guard_folder(&folder)?;
    guard_file(&place, &facts)?;
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

/// Makes an empty file 0600 where there was nothing, with missing folders 0700, and says where it lies.
pub fn make(path: &Path) -> Result<PathBuf> {
    let (folder, name) = split(path)?;
    // The builder accepts folders that exist. The error names the database: its folder is the one that helps.
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(not_a_folder);
    let folder = created.and_then(|()| folder.canonicalize());
    let folder = folder.map_err(|fault| file_error("cannot be created", path, &fault, ELSEWHERE))?;
    guard_folder(&folder)?;
    let place = folder.join(name);
    reserve(&place)?;
    Ok(place)
}

/// Makes an empty file 0600 that was not there before, and closes it.
pub fn reserve(place: &Path) -> Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::open(place, flags, Mode::RUSR | Mode::WUSR) {
        Ok(_) => Ok(()),
        Err(rustix::io::Errno::EXIST) => {
            Err(Error::new(Kind::Failure, format!("there is something at {} already", named(place)))
                .hint("open it as it is, or name another place with --db"))
        }
        Err(fault) => Err(file_error("cannot be created", place, &fault.into(), ELSEWHERE)),
    }
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
    if !is_absent(fault) {
        return file_error("cannot be opened", path, fault, ELSEWHERE);
    }
    Error::new(Kind::NoDatabase, format!("there is no database at {}", named(path)))
        .hint("`rollbook init` makes one; `rollbook demo` shows one with sample people")
}

const WRITABLE_BY_OTHERS: u32 = 0o022;

fn guard_folder(folder: &Path) -> Result<()> {
    let facts = folder.symlink_metadata();
    let facts = facts.map_err(|fault| file_error("cannot be checked", folder, &fault, ELSEWHERE))?;
    if facts.mode() & WRITABLE_BY_OTHERS != 0 {
        // Whoever may write the folder may put another file in the database's place. A sticky folder keeps the file but
        // not the names beside it: a log that somebody else has put there is written to, and is theirs to read.
        return Err(Error::new(Kind::Failure, format!("others may write to the folder {}", named(folder)))
            .hint(format!("keep it in a folder of your own (mkdir -m 700), or chmod go-w {}", named(folder))));
    }
    Ok(())
}

fn guard_file(place: &Path, facts: &Metadata) -> Result<()> {
    let fault =
        |what: &str, hint: String| Err(Error::new(Kind::Failure, format!("{} {what}", named(place))).hint(hint));
    if facts.file_type().is_symlink() {
        return fault("is a symbolic link", "name the file itself with --db".into());
    }
    if !facts.is_file() {
        return fault("is not a file", "name a database file with --db".into());
    }
    if facts.mode() & 0o077 != 0 {
        return fault("is open to others", format!("chmod 600 {}", named(place)));
    }
    Ok(())
}
