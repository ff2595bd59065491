//! What upkeep removed, and what a look at the database from outside shows.

use super::clock::ClockState;

/// What was removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tidied {
    /// Sessions that were over for long enough.
    pub sessions: u32,
    /// Reset requests past their time.
    pub resets: u32,
    /// Counters of failures, and addresses not seen for long.
    pub counters: u32,
    /// People who were deleted for long enough.
    pub purged: u32,
    /// Audit entries that were exported, and for long enough.
    pub entries: u32,
    /// Whether there is more to remove.
    pub more: bool,
    /// Whether nothing was removed because the clock is not believed.
    pub held: bool,
}

impl Tidied {
    /// How many rows that were.
    pub fn rows(&self) -> u32 {
        self.sessions + self.resets + self.counters + self.purged + self.entries
    }

    /// Both together; what is left is what the later one left.
    #[must_use]
    pub fn and(self, next: Tidied) -> Tidied {
        Tidied {
            sessions: self.sessions + next.sessions,
            resets: self.resets + next.resets,
            counters: self.counters + next.counters,
            purged: self.purged + next.purged,
            entries: self.entries + next.entries,
            more: next.more,
            held: next.held,
        }
    }
}

/// What a look at the database from outside shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Examination {
    /// The schema's version.
    pub schema: i32,
    /// The files with their modes; none for a database in memory.
    pub files: Vec<(String, u32)>,
    /// How many passwords are kept by which scheme and cost, the most frequent first.
    pub hashes: Vec<(String, u64)>,
    /// What is remembered of the clock.
    pub clock: ClockState,
}
