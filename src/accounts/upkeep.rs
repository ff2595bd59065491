//! Upkeep: what is over for long enough is removed, a little at a time, by whoever has the database open. With it goes
//! what an administrator asks about a database's health, and the clock taken at its word.

use super::audit::{Actor, Stamp};
use super::clock::ClockState;
use super::door::Accounts;
use super::error::Result;
use super::health::{CheckProgress, Examination, Tidied};
use super::time::{Span, Time};
use super::warrant::Warrant;

/// The name under which the program itself acts.
pub const PROGRAM: &str = "rollbook";

/// How many rows one transaction removes, so that others get their turn.
pub const BATCH: u32 = 500;

/// How many transactions one upkeep makes; what is left waits for the next.
const BATCHES: u32 = 20;

impl Accounts {
    /// Removes at most `limit` rows that the [policy](super::policy) keeps no longer, in one transaction. Purging people
    /// is the program's own deed and audited as such.
    ///
    /// # Errors
    /// As any write.
    pub fn tidy(&mut self, limit: u32) -> Result<Tidied> {
        self.believe()?;
        let actor = Actor::Service(PROGRAM.to_owned());
        // By the clock alone: that it is ahead, or behind, is for the store to see.
        let stamp = Stamp { at: self.wall(), actor, origin: "upkeep".to_owned(), reason: None, warrant: Warrant::Open };
        self.store.tidy(limit, &stamp)
    }

    /// Does the upkeep if it was not done within a day: for consoles and services to call now and then. Whatever keeps
    /// it from being done is left for the next time.
    pub fn upkeep(&mut self) -> Option<Tidied> {
        let state = self.store.clock().ok()?;
        let wall = self.wall();
        if state.tidied_at.is_some_and(|at| at <= wall && wall.since(at) < Span::DAY) {
            return None;
        }
        let mut all = Tidied::default();
        for _ in 0..BATCHES {
            all = all.and(self.tidy(BATCH).ok()?);
            if !all.more {
                break;
            }
        }
        Some(all)
    }

    /// What a look at the database from outside shows.
    ///
    /// # Errors
    /// As any read.
    pub fn examine(&mut self) -> Result<Examination> {
        Ok(Examination { hashes: self.hashes()?, ..self.glance()? })
    }

    /// What a look from outside shows but for the kinds of hashes; it takes no longer with a million people than with
    /// ten.
    ///
    /// # Errors
    /// As any read.
    pub fn glance(&mut self) -> Result<Examination> {
        self.oversee()?;
        self.store.examine()
    }

    /// Checks the structure of the whole file and returns up to ten faults; reports its progress.
    ///
    /// # Errors
    /// As any read.
    pub fn quick_check(&mut self, tell: CheckProgress) -> Result<Vec<String>> {
        self.oversee()?;
        self.store.quick_check(tell)
    }

    /// How many passwords are kept by which scheme and cost, the most frequent first.
    ///
    /// # Errors
    /// As any read.
    pub fn hashes(&mut self) -> Result<Vec<(String, u64)>> {
        self.oversee()?;
        self.store.hashes()
    }

    /// What is remembered of the clock, and what it shows.
    ///
    /// # Errors
    /// As any read.
    pub fn clock(&mut self) -> Result<(ClockState, Time)> {
        Ok((self.store.clock()?, self.wall()))
    }

    /// Takes the clock at its word, after somebody has looked at it; administrators only. What was over only by the time
    /// that was reached before may live again.
    ///
    /// # Errors
    /// As any write; `unauthenticated` as [`Accounts::activate`], because expired sessions and codes can become valid
    /// again.
    pub fn accept_clock(&mut self) -> Result<ClockState> {
        let stamp = self.administer_gravely()?;
        let stamp = Stamp { at: self.wall(), ..stamp };
        let state = self.store.accept_clock(&stamp)?;
        self.believe()?;
        Ok(state)
    }
}
