//! The file that a connection has open, and the check that its path still names that file.
//!
//! A restore by `mv` leaves a connection on the file that was there before. SQLite does not notice; this module does.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::guards::{self, beside};
use super::{connection, files};
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::file_error::named;
use crate::accounts::file_id::FileId;

/// How often a file is opened anew while another process replaces it again and again.
pub const TRIES: usize = 4;

/// A file of a database that is open, with the log and the index of the log beside it.
#[derive(Clone, Debug)]
pub struct DatabaseFile {
    place: PathBuf,
    id: FileId,
    /// The log and its index, as they were when the file was opened.
    side_files: Vec<(&'static str, FileId)>,
}

impl DatabaseFile {
    /// Opens a file that exists, after the checks of [`guards`]. `first` asks the first question: SQLite opens the log
    /// with it. If the path names another file afterwards, that one is opened instead.
    pub fn open(
        path: &Path,
        read_only: bool,
        patience: Duration,
        first: impl Fn(&Connection, &Path) -> Result<()>,
    ) -> Result<(DatabaseFile, Connection)> {
        for _ in 0..TRIES {
            let place = files::find(path)?;
            let Some(id) = id_of(&place) else { continue };
            let opened = connection::open(&place, read_only, patience);
            if id_of(&place) != Some(id) {
                continue;
            }
            let answered = opened.and_then(|db| first(&db, &place).map(|()| db));
            if id_of(&place) == Some(id) {
                let side_files = ["-wal", "-shm"].into_iter();
                let side_files =
                    side_files.filter_map(|ending| Some((ending, id_of(&beside(&place, ending))?))).collect();
                return Ok((DatabaseFile { place, id, side_files }, answered?));
            }
        }
        Err(changing(path))
    }

    /// A file that is open and whose checks were left out, for `doctor`.
    pub fn unchecked(place: PathBuf) -> Option<DatabaseFile> {
        let id = id_of(&place)?;
        Some(DatabaseFile { place, id, side_files: Vec::new() })
    }

    /// Where it lies.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Which file it is.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// The file that the path names now.
    ///
    /// # Errors
    /// `no_database` if there is none at this moment.
    pub fn present(&self) -> Result<FileId> {
        match id_of(&self.place) {
            Some(id) => Ok(id),
            None => match files::find(&self.place) {
                Ok(_) => Err(changing(&self.place)),
                // Not a new database: a restore may be under way.
                Err(error) if error.kind == Kind::NoDatabase => Err(error.hint("put the file back, or a backup of it")),
                Err(error) => Err(error),
            },
        }
    }

    /// Opens another connection on the same file.
    pub fn connect(&self, read_only: bool, patience: Duration) -> Result<Connection> {
        let db = connection::open(&self.place, read_only, patience)?;
        self.is_in_place().map(|()| db)
    }

    /// Refuses if the path names another file now.
    pub fn is_in_place(&self) -> Result<()> {
        if self.present()? == self.id { Ok(()) } else { Err(changing(&self.place)) }
    }

    /// Refuses a new file beside the log of the file before. SQLite would write that log into the new file, and
    /// processes that still have the old file open share the index with those that open the new one.
    pub fn is_without_old_side_files(&self) -> Result<()> {
        for &(ending, id) in &self.side_files {
            let path = beside(&self.place, ending);
            let Ok(facts) = path.symlink_metadata() else { continue };
            if guards::id(&facts) == id && facts.len() > 0 {
                let name = |ending| self.place.file_name().map_or_else(String::new, |name| side_name(name, ending));
                let folder = named(self.place.parent().unwrap_or(&self.place));
                let message = format!("{} belongs to the file before", name(ending));
                let hint = format!("move {} and {} away from {folder}", name("-wal"), name("-shm"));
                return Err(Error::new(Kind::Failure, message).hint(hint));
            }
        }
        Ok(())
    }
}

impl PartialEq for DatabaseFile {
    fn eq(&self, other: &DatabaseFile) -> bool {
        self.id == other.id && self.place == other.place
    }
}

/// The name of a side file without its folder, so that one line holds it.
fn side_name(name: &OsStr, ending: &str) -> String {
    named(&beside(Path::new(name), ending))
}

fn id_of(path: &Path) -> Option<FileId> {
    path.symlink_metadata().ok().map(|facts| guards::id(&facts))
}

/// The refusal where the file is replaced faster than it is opened.
pub fn changing(path: &Path) -> Error {
    Error::new(Kind::Busy, format!("{} is being replaced by another file", named(path))).hint("try again in a moment")
}
