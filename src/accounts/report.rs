//! How a database stands: what the console's view of the system shows at one look.
//!
//! Nothing here takes longer with a million people than counting them does; what looks at every password is asked for
//! apart.

use super::audit::{Deed, Entry};
use super::chain::Head;
use super::door::Accounts;
use super::error::Result;
use super::factor::KeyReport;
use super::health::Examination;
use super::policy::Policy;
use super::query::{Filter, State};
use super::time::Time;
use super::trail::Trail;

/// How many of the last times that somebody acted past the rules are told.
const TOLD: u16 = 3;

/// How many people there are, by what they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)] // the words of the states
pub struct Census {
    /// Deleted ones aside.
    pub people: u32,
    pub pending: u32,
    pub inactive: u32,
    pub deleted: u32,
    pub admins: u32,
    pub throttled: u32,
    /// Sessions that are live.
    pub live: u32,
}

/// How a database stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The files, the schema, the clock; no passwords.
    pub examination: Examination,
    /// The key of the second factors.
    pub key: KeyReport,
    /// What the clock shows.
    pub wall: Time,
    /// The people.
    pub census: Census,
    /// The settings.
    pub policy: Policy,
    /// The end of the audit; `None` where nothing was done yet.
    pub head: Option<Head>,
    /// The last times that somebody acted past the rules, newest first.
    pub broken_glass: Vec<Entry>,
}

impl Accounts {
    /// How the database stands.
    ///
    /// # Errors
    /// As any read.
    pub fn report(&mut self) -> Result<Report> {
        let examination = self.glance()?;
        let count = |accounts: &mut Self, state| accounts.count(&Filter::is(state), None);
        let census = Census {
            people: self.count(&Filter::default(), None)?,
            pending: count(self, State::Pending)?,
            inactive: count(self, State::Inactive)?,
            deleted: count(self, State::Deleted)?,
            admins: count(self, State::Admin)?,
            throttled: count(self, State::Throttled)?,
            live: self.count_sessions(&Filter::is(State::Live), None)?,
        };
        let last = self.entries(&Trail::default(), None, 1)?.pop();
        let broken_glass = match break_glass() {
            Some(deed) => self.entries(&Trail { deed: Some(deed), ..Trail::default() }, None, TOLD)?,
            None => Vec::new(),
        };
        Ok(Report {
            examination,
            key: self.key_report()?,
            wall: self.clock()?.1,
            census,
            policy: self.policy()?,
            head: last.map(|entry| Head { seq: entry.seq, digest: entry.digest }),
            broken_glass,
        })
    }
}

/// The deed of whoever acts past the rules, in an emergency and with a reason, where there is such a one.
pub fn break_glass() -> Option<Deed> {
    Deed::from_word("break glass")
}
