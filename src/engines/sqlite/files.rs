//! The database's place in the file system: who may see it, and how it comes into being.
//!
//! After its creation nobody but SQLite opens the file: closing any other handle on it would drop SQLite's locks.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::guards::{self, ELSEWHERE};
use crate::accounts::error::{Error, Kind, Result};
pub use crate::accounts::file_error::named;
use crate::accounts::file_error::{file_error, is_absent, not_a_folder};

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

/// Makes an empty file 0600 where there was nothing, with missing folders 0700, and says where it lies.
pub fn make(path: &Path) -> Result<PathBuf> {
    let (folder, name) = split(path)?;
    // The builder accepts folders that exist. The error names the database: its folder is the one that helps.
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(not_a_folder);
    let folder = created.and_then(|()| folder.canonicalize());
    let folder = folder.map_err(|fault| file_error("cannot be created", path, &fault, ELSEWHERE))?;
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
