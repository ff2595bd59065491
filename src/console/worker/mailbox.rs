//! What the thread of a connection has to do: a database to open, and of each slot the newest question.
//!
//! Knows what questions are, and not how they are answered.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::accounts::standing::Seat;
use crate::accounts::store::{Counters, Interrupter};
use crate::console::effect::{Read, Slot, Turn};

/// How often the background connection looks whether another process has changed something.
pub const POLL: Duration = Duration::from_millis(250);

/// A question with its slot and its number.
pub type Question = (Slot, Turn, Read);

/// Questions that wait, one a slot, and what is being worked on.
#[derive(Default)]
pub struct Waiting {
    /// A database to open, and whether the loop is to be told.
    pub open: Option<(PathBuf, bool)>,
    /// The newest question of each slot.
    pub waiting: BTreeMap<Slot, (Turn, Read)>,
    /// What is going to be asked as soon as it is known that the database is open.
    pub look: Option<Read>,
    /// The change counters of a database as they stood before anything of it was shown.
    pub shown: Option<(PathBuf, Counters)>,
    /// What is worked on.
    pub running: Option<Slot>,
    /// Who asks from now on.
    pub seat: Option<Seat>,
    /// Ends what is worked on.
    pub interrupt: Option<Arc<Interrupter>>,
}

impl Waiting {
    /// Whether the loop waits for word that the database is open.
    fn tells(&self) -> bool {
        self.open.as_ref().is_some_and(|(_, tell)| *tell)
    }
}

/// The box, and the bell that wakes its thread.
pub struct Mailbox {
    inside: Mutex<Waiting>,
    bell: Condvar,
}

impl Mailbox {
    /// An empty one.
    pub fn new() -> Arc<Mailbox> {
        Arc::new(Mailbox { inside: Mutex::default(), bell: Condvar::new() })
    }

    /// What is in it.
    pub fn lock(&self) -> MutexGuard<'_, Waiting> {
        // No request is carried out while the box is locked, so a panic leaves nothing half done in it.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks in another name from now on.
    pub fn seat(&self, seat: Seat) {
        self.lock().seat = Some(seat);
    }

    /// Works on another database from now on; nothing that was asked about the one before is answered.
    pub fn open(&self, path: PathBuf, tell: bool) {
        let mut inside = self.lock();
        inside.seat = None;
        inside.open = Some((path, tell));
        inside.waiting.clear();
        // Whoever is woken finds the box unlocked.
        drop(inside);
        self.bell.notify_one();
    }

    /// Asks a question; the newest of its slot wins.
    pub fn ask(&self, slot: Slot, turn: Turn, read: Read) {
        let mut inside = self.lock();
        inside.waiting.insert(slot, (turn, read));
        if inside.running.is_some_and(|running| running == slot || running.gives_way_to(slot))
            && let Some(interrupt) = &inside.interrupt
        {
            // Sent while the box is locked: it cannot hit the question after the one that it is meant for.
            interrupt();
        }
        drop(inside);
        self.bell.notify_one();
    }

    /// Nothing is worked on any more. A question that was interrupted gave way to a newer one of its slot, and is over,
    /// or to one of another slot, or was hit by a late signal, and waits again. Whoever else puts a question into the
    /// box finds it locked from the look into the slot until it is filled.
    pub fn end(&self, interrupted: Option<Question>) {
        let mut inside = self.lock();
        inside.running = None;
        // About another database nothing was asked yet.
        if let Some((slot, turn, read)) = interrupted.filter(|_| inside.open.is_none()) {
            inside.waiting.entry(slot).or_insert((turn, read));
        }
    }
}

/// Waits for something to do; with `polls`, no longer than the poll's interval.
pub fn next(mailbox: &Mailbox, polls: bool) -> (Option<(PathBuf, bool)>, Option<Question>) {
    let mut inside = mailbox.lock();
    loop {
        // Who only counts opens when there is something to count, not beside those who fill the first frame.
        if (inside.tells() || !inside.waiting.is_empty())
            && let Some(open) = inside.open.take()
        {
            return (Some(open), None);
        }
        if let Some((slot, (turn, read))) = inside.waiting.pop_first() {
            inside.running = Some(slot);
            return (None, Some((slot, turn, read)));
        }
        if polls {
            let (guard, timeout) = mailbox.bell.wait_timeout(inside, POLL).unwrap_or_else(PoisonError::into_inner);
            inside = guard;
            if timeout.timed_out() && inside.waiting.is_empty() && !inside.tells() {
                return (None, None);
            }
        } else {
            inside = mailbox.bell.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
