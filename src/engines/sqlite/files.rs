//! The database's place in the file system: who may see it, and how it comes into being.
//!
//! After its creation nobody but SQLite opens the file: closing any other handle on it would drop SQLite's locks.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::guards;
pub use super::guards::named;
use super::guards::reason;
use crate::accounts::error::{Error, Kind, Result};

/// Where an existing database lies, after its folder and its own mode were found to be closed to others.
pub fn find(path: &Path) -> Result<PathBuf> {
    let (folder, name) = split(path)?;
    let Ok(folder) = folder.canonicalize() else { return Err(missing(path)) };
    let place = folder.join(name);
    let Ok(facts) = place.symlink_metadata() else { return Err(missing(path)) };
    guards::check(&place, &facts)?;
    Ok(place)
}

/// Makes an empty file 0600 where there was nothing, with missing folders 0700, and says where it lies.
pub fn make(path: &Path) -> Result<PathBuf> {
    let (folder, name) = split(path)?;
    if !folder.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|fault| {
            Error::new(Kind::Failure, format!("the folder {} cannot be made: {}", named(folder), reason(&fault)))
                .hint("name another place with --db")
        })?;
    }
    let folder = folder.canonicalize().map_err(|fault| {
        Error::new(Kind::Failure, format!("the folder {} cannot be reached: {}", named(folder), reason(&fault)))
            .hint("name another place with --db")
    })?;
    guards::check_folder(&folder, None)?;
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
        Err(fault) => Err(Error::new(
            Kind::Failure,
            format!("{} cannot be made: {}", named(place), reason(&std::io::Error::from(fault))),
        )
        .hint("name another place with --db")),
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

fn missing(path: &Path) -> Error {
    Error::new(Kind::NoDatabase, format!("there is no database at {}", named(path)))
        .hint("`rollbook init` makes one; `rollbook demo` shows one with sample people")
}
