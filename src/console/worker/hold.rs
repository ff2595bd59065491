//! The database that a thread puts its questions to, and what becomes of its handle after a panic.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::mailbox::Mailbox;
use crate::accounts::error::{Error, Kind};
use crate::accounts::standing::Seat;
use crate::accounts::store::Interrupter;
use crate::accounts::{Accounts, Result};
use crate::console::effect::Event;
use crate::console::fault::contain;

/// The database that questions are put to, and what opening it came to.
pub struct Hold<'a> {
    open_file: &'a Opener<'a>,
    background: Option<&'a Mailbox>,
    /// Where it lies.
    pub at: Option<PathBuf>,
    /// The handle, while there is one.
    pub accounts: Option<Accounts>,
    /// Why it could not be opened, for whoever asks next.
    fault: Option<Error>,
    /// Who logged in since, for a handle that takes the place of this one.
    seat: Option<Seat>,
}

/// Opens a file.
pub type Opener<'a> = dyn Fn(&Path) -> Result<Accounts> + 'a;

impl<'a> Hold<'a> {
    /// Nothing yet. The opened handle of the pages tells `background` what was there before anything was shown.
    pub fn new(open_file: &'a Opener<'a>, background: Option<&'a Mailbox>) -> Hold<'a> {
        Hold { open_file, background, at: None, accounts: None, fault: None, seat: None }
    }

    /// Opens another database.
    ///
    /// # Errors
    /// What opening it says.
    pub fn open(&mut self, path: &Path) -> Result<&mut Accounts> {
        (self.at, self.accounts, self.fault, self.seat) = (Some(path.to_owned()), None, None, None);
        match (self.open_file)(path) {
            Ok(handle) => Ok(self.prepare(path, handle)),
            Err(error) => {
                self.fault = Some(error.clone());
                Err(error)
            }
        }
    }

    /// For a question that finds nothing open: what opening came to is told once, after that it is tried again, since
    /// what stood in its way may have passed.
    ///
    /// # Errors
    /// What opening it says.
    pub fn open_again(&mut self) -> Result<()> {
        if let Some(error) = self.fault.take() {
            return Err(error);
        }
        let path = self.at.clone().ok_or_else(closed)?;
        contain(|| {
            let handle = (self.open_file)(&path)?;
            self.prepare(&path, handle);
            Ok(())
        })
        .flatten()
    }

    /// Acts from now on in the name of this actor.
    pub fn take_seat(&mut self, seat: Seat) {
        if let Some(accounts) = &mut self.accounts {
            accounts.take_seat(seat.clone());
        }
        self.seat = Some(seat);
    }

    /// Answers a question. A panic fails this one, and the next gets a new handle.
    pub fn ask<T>(&mut self, answer: impl FnOnce(&mut Accounts) -> Result<T>) -> Result<T> {
        let accounts = self.accounts.as_mut().ok_or_else(closed)?;
        let outcome = contain(|| {
            #[cfg(feature = "provoke")]
            crate::console::provoke::in_worker();
            answer(accounts)
        });
        outcome.unwrap_or_else(|fault| {
            self.give_up();
            Err(fault)
        })
    }

    /// Does something that no question asked for; a panic is told. `None` if there is no handle, or no longer.
    pub fn alone<T>(&mut self, tell: &dyn Fn(Event), work: impl FnOnce(&mut Accounts) -> T) -> Option<T> {
        let accounts = self.accounts.as_mut()?;
        contain(|| work(accounts))
            .map_err(|fault| {
                self.give_up();
                tell(Event::Failed(fault));
            })
            .ok()
    }

    /// Drops a handle that a panic has left in an unknown state. The database takes back what was not finished.
    fn give_up(&mut self) {
        let handle = self.accounts.take();
        let _ = contain(|| drop(handle));
    }

    fn prepare(&mut self, path: &Path, mut handle: Accounts) -> &mut Accounts {
        match self.background {
            // What others change from here on is told, whenever the background comes to look for it.
            Some(background) => {
                if let Ok(counters) = handle.counters() {
                    background.lock().shown = Some((path.to_owned(), counters));
                }
            }
            None => drop(handle.expect_counts()),
        }
        if let Some(seat) = &self.seat {
            handle.take_seat(seat.clone());
        }
        self.accounts.insert(handle)
    }

    /// Ends what the handle is at.
    pub fn interrupter(&self) -> Option<Arc<Interrupter>> {
        self.accounts.as_ref().map(|accounts| Arc::new(accounts.interrupter()))
    }
}

/// Nothing is open.
pub fn closed() -> Error {
    Error::new(Kind::NoDatabase, "no database is open").hint("n creates one, o opens one")
}
