//! What is being done to many: its words, how far it has come, and how long it will take.

use super::effect::{Bulk, Ticket};
use super::words::{count, number, span_exactly};
use crate::accounts::change::UserChange;
use crate::accounts::time::{Span, Time};

/// A change in the forms that sentences need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Words {
    /// "Deactivate"
    pub verb: &'static str,
    /// "deactivates"
    pub does: &'static str,
    /// "deactivating"
    pub doing: &'static str,
    /// "deactivated"
    pub past: &'static str,
    /// What gives back what can be given back.
    pub back: &'static str,
}

/// The words for a change.
pub const fn words(change: &UserChange) -> Words {
    let (verb, does, doing, past, back) = match change {
        UserChange::Activate | UserChange::Verify => {
            ("Activate", "activates", "activating", "activated", "z takes it back")
        }
        UserChange::Deactivate => {
            ("Deactivate", "deactivates", "deactivating", "deactivated", "z gives the status back, not the sessions")
        }
        UserChange::Delete => {
            ("Delete", "deletes", "deleting", "deleted", "z brings them back, not their sessions and tokens")
        }
        UserChange::Restore(_) => ("Restore", "restores", "restoring", "restored", "z deletes them again"),
        UserChange::Contain => {
            ("Contain", "contains", "containing", "contained", "z gives the status back, and nothing else")
        }
        UserChange::Edit(_) => ("Edit", "edits", "editing", "edited", "z takes it back"),
        UserChange::Undo(_) => ("Take back", "takes back", "taking back", "taken back", ""),
    };
    Words { verb, does, doing, past, back }
}

/// An order about many that is at work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Running {
    /// Its number.
    pub ticket: Ticket,
    /// Whether it ends after the batch that it is at.
    pub stopping: bool,
    doing: &'static str,
    began: Time,
    reached: u32,
    all: u32,
}

impl Running {
    /// An order that begins now.
    pub fn new(ticket: Ticket, bulk: &Bulk, now: Time) -> Running {
        let (doing, all) = match bulk {
            Bulk::Change { plan, .. } => (words(&plan.change).doing, plan.people.len()),
            Bulk::Undo { former, .. } => ("taking back", former.len()),
            Bulk::End { sessions } => ("ending", sessions.len()),
        };
        Running { ticket, stopping: false, doing, began: now, reached: 0, all: u32::try_from(all).unwrap_or(u32::MAX) }
    }

    /// It has come so far.
    pub fn reach(&mut self, reached: u32, all: u32) {
        (self.reached, self.all) = (reached, all);
    }

    /// Why nothing else is changed meanwhile.
    pub fn refusal(&self) -> String {
        let of = number(u64::from(self.all));
        match self.stopping {
            true => format!("{} {of} stops after this batch; then again", self.doing),
            false => format!("{} {of} is at work; Esc stops it", self.doing),
        }
    }

    /// How far it is: "deactivating 26,400 of 40,000 · 6 s left".
    pub fn words(&self, now: Time) -> String {
        let far = format!("{} {} of {}", self.doing, number(u64::from(self.reached)), number(u64::from(self.all)));
        let spent = now.since(self.began).millis();
        let left = u64::from(self.all - self.reached.min(self.all));
        let told = match (self.reached, u64::try_from(spent)) {
            // One batch is no measure of those to come.
            (1.., Ok(spent)) if spent >= 500 => {
                let left = spent.saturating_mul(left) / u64::from(self.reached);
                let seconds = left.div_ceil(1000);
                format!(
                    " · {} left",
                    span_exactly(Span::SECOND.times(i64::try_from(seconds).unwrap_or(i64::MAX / 1000)))
                )
            }
            _ => String::new(),
        };
        let stop = if self.stopping { " · stops after this batch" } else { " · Esc stops after this batch" };
        format!("{far}{told}{stop}")
    }
}

/// "1,921 users", "1 user".
pub fn users(n: u32) -> String {
    count(u64::from(n), "user")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_time_spent() {
        let began = Time::default();
        let mut running = Running::new(1, &Bulk::Undo { former: Vec::new(), words: String::new() }, began);
        running.reach(26_400, 40_000);
        assert_eq!(running.words(began), "taking back 26,400 of 40,000 · Esc stops after this batch");
        let later = began.plus(Span::SECOND.times(12));
        assert_eq!(running.words(later), "taking back 26,400 of 40,000 · 7 s left · Esc stops after this batch");
        running.stopping = true;
        assert!(running.words(later).ends_with("stops after this batch") && !running.words(later).contains("Esc"));
    }
}
