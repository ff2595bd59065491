//! The verification of the audit: one stretch asked for after the other, so that it can be watched and stopped.

use super::effect::{Effect, Read, Slot, Turn};
use super::words::{clock, number};
use crate::accounts::chain::{Verification, broken};
use crate::accounts::time::Time;
use crate::accounts::verify::Inspection;
use jiff::tz::TimeZone;

/// How far it is, or what came of the last one.
#[derive(Default)]
pub struct Verifying {
    walk: Option<Box<Inspection>>,
    due: bool,
    turn: Turn,
    outcome: Option<(Time, Verification)>,
}

impl Verifying {
    /// Begins anew.
    pub fn start(&mut self) {
        (self.walk, self.due) = (Some(Box::new(Inspection::new(None))), true);
    }

    /// Stops; `false` where nothing runs. What a stretch that is still on its way finds is dropped.
    pub fn stop(&mut self) -> bool {
        self.turn += 1;
        self.due = false;
        self.walk.take().is_some()
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.walk.is_some()
    }

    /// The next stretch, if one has to be asked for.
    pub fn needs(&mut self, effects: &mut Vec<Effect>) {
        if std::mem::take(&mut self.due)
            && let Some(walk) = &self.walk
        {
            self.turn += 1;
            effects.push(Effect::Ask(Slot::Verify, self.turn, Read::Verify(walk.clone())));
        }
    }

    /// Takes a stretch that was verified. The sentence when it is the last, and whether the audit holds.
    pub fn land(&mut self, turn: Turn, walk: Box<Inspection>, more: bool, now: Time) -> Option<(String, bool)> {
        if turn != self.turn || self.walk.is_none() {
            return None;
        }
        if more {
            (self.walk, self.due) = (Some(walk), true);
            return None;
        }
        self.walk = None;
        let found = walk.found().clone();
        let said = match found.broken {
            Some((seq, why)) => (broken(seq, why).to_string(), false),
            None => {
                let erased = match found.erased {
                    0 => String::new(),
                    n => format!(", {} of them erased by purges", number(n)),
                };
                (format!("the audit holds: {} entries{erased}", number(found.entries)), true)
            }
        };
        self.outcome = Some((now, found));
        Some(said)
    }

    /// A few words for a title: how far it is, or what was found and when. `of` is the number of all entries.
    pub fn words(&self, of: Option<u64>, zone: &TimeZone) -> Option<String> {
        if let Some(walk) = &self.walk {
            let of = of.map(|of| format!(" of {}", number(of.max(walk.found().entries)))).unwrap_or_default();
            return Some(format!("verifying {}{of} · Esc stops", number(walk.found().entries)));
        }
        let (at, found) = self.outcome.as_ref()?;
        Some(match found.broken {
            Some((seq, _)) => format!("BROKEN at entry {}", number(seq.max(0).unsigned_abs())),
            None => format!("verified {}", clock(*at, zone)),
        })
    }

    /// What the last one found.
    pub fn outcome(&self) -> Option<&(Time, Verification)> {
        self.outcome.as_ref()
    }
}
