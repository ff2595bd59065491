//! Counts that are remembered: how many people there are, of a status, of a role, until something that moves them
//! happens. With a million people a count takes twenty milliseconds, and log-ins, which are most of what happens, move
//! none of these.

use std::collections::HashMap;

use rusqlite::Connection;

use super::recall::{TELLING, last_entry};
use super::{query, rows, settings};
use crate::accounts::audit::Deed;
use crate::accounts::error::Result;
use crate::accounts::query::{Filter, State, Term};
use crate::accounts::store::Counters;
use crate::accounts::time::{Span, Time};

/// At most so many filters.
const KEPT: usize = 64;

/// At most so many entries are followed; after more, all is counted anew.
const FOLLOWED: usize = 2_000;

/// For how long a count is believed: somebody may change rows without telling anybody.
const AGE: Span = Span::MINUTE;

/// The counts of one connection.
#[derive(Default)]
pub struct Tally {
    counts: HashMap<Filter, u32>,
    since: Time,
    followed: i64,
    counters: Counters,
}

impl Tally {
    /// How many people pass, counting no further than `at_most`.
    pub fn count(&mut self, db: &Connection, filter: &Filter, at_most: Option<u32>, now: Time) -> Result<u32> {
        if at_most.is_some() || !filter.terms.iter().all(is_steady) {
            return query::count_people(db, filter, at_most, now);
        }
        let still = match self.follow(db, now) {
            Ok(still) => still,
            Err(error) => {
                // What it has not seen to the end it must not take for unmoved at the next question.
                self.counts.clear();
                return Err(error);
            }
        };
        if !still || self.counts.len() >= KEPT {
            self.counts.clear();
        }
        if let Some(count) = self.counts.get(filter) {
            return Ok(*count);
        }
        let count = query::count_people(db, filter, None, now)?;
        if self.counts.is_empty() {
            self.since = now;
        }
        self.counts.insert(filter.clone(), count);
        Ok(count)
    }

    /// Whether nothing has happened that moves a count.
    fn follow(&mut self, db: &Connection, now: Time) -> Result<bool> {
        let (last, counters) = (last_entry(db)?, settings::counters(db)?);
        let (from, before) = (std::mem::replace(&mut self.followed, last), self.counters);
        self.counters = counters;
        if now < self.since || now.since(self.since) > AGE || last < from {
            return Ok(false);
        }
        // Another program has written and neither audited nor counted it: that may have been anything.
        if last == from {
            return Ok(counters == before);
        }
        let mut statement = db.prepare_cached("SELECT deed FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
        let mut entries = statement.query([from, i64::try_from(FOLLOWED).unwrap_or(i64::MAX)])?;
        let mut followed = 0;
        while let Some(entry) = entries.next()? {
            let deed = rows::text(entry, 0)?;
            followed += 1;
            match Deed::ALL.into_iter().find(|known| known.word() == deed) {
                Some(Deed::Activate | Deed::Deactivate | Deed::Contain) | None => return Ok(false),
                Some(known) if TELLING.contains(&known) => return Ok(false),
                Some(_) => {}
            }
        }
        Ok(followed < FOLLOWED)
    }
}

/// Whether a condition depends on neither the time nor a log-in.
fn is_steady(term: &Term) -> bool {
    match term {
        Term::Word(_) | Term::Prefix(_) | Term::Role(_) | Term::Label(_) => true,
        Term::Is(state) => {
            matches!(state, State::Pending | State::Active | State::Inactive | State::Deleted | State::Admin)
        }
        Term::Not(term) => is_steady(term),
        Term::When(..) | Term::Hash(_) | Term::Client(_) | Term::Address(_) => false,
    }
}
