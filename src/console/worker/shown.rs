//! The file that all handles of the console work on, and the search for another one in its place.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::accounts::file_id::FileId;
use crate::accounts::{Accounts, Error};
use crate::console::effect::Event;
use crate::console::fault::contain;
use crate::console::library::{Library, Sink};

/// The file that the console shows. Its handles work on that file alone: an order that was given while one file was on
/// the screen is never carried out on another.
#[derive(Clone, Default)]
pub struct Shown(Arc<Mutex<Option<(PathBuf, FileId)>>>);

impl Shown {
    fn lock(&self) -> MutexGuard<'_, Option<(PathBuf, FileId)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next handle decides which file is shown.
    pub fn forget(&self) {
        *self.lock() = None;
    }

    /// Binds a handle to the file that is shown; the first handle on a path decides which one that is.
    pub fn bound(&self, path: &Path, mut accounts: Accounts) -> Accounts {
        let mut shown = self.lock();
        let known = shown.as_ref().filter(|(at, _)| at == path).map(|(_, file)| *file);
        if known.is_none() {
            *shown = accounts.file().map(|file| (path.to_owned(), file));
        }
        accounts.stay_on_file(known.or_else(|| accounts.file()));
        accounts
    }
}

/// After a refusal: where another file is in the place of the shown one, the loop hears of it. Answers the refusal that
/// is left to be told: of the new file, where it cannot be opened, or else the one that there was.
pub fn find_replacement(
    library: &dyn Library,
    path: Option<&Path>,
    accounts: Option<&Accounts>,
    refusal: Error,
    sink: &Sink,
) -> Option<Error> {
    let accounts = accounts.filter(|accounts| accounts.is_replaced());
    let (Some(path), Some(accounts)) = (path, accounts) else { return Some(refusal) };
    match contain(|| library.open(path)).flatten() {
        Ok(_) => {
            sink(Event::Replaced(accounts.works_on()));
            None
        }
        Err(error) => Some(error),
    }
}
