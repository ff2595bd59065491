//! Tells a burst of keys, which is a paste without brackets, from fingers.

use std::collections::VecDeque;

use super::action::Action;
use super::key::{Code, Key};
use super::model::Model;

/// As many printable keys as this, within [`WITHIN`] milliseconds, are no fingers.
const FINGERS: usize = 8;
const WITHIN: u64 = 20;

/// More keys at once than any hand or slow line gives: a paste. Its rest may come after a pause, on a busy machine after a
/// long one, and must change nothing.
const LONG: usize = 64;
const TAIL: u64 = 1_000;

/// What is said when a burst would have changed something.
pub const TOO_FAST: &str = "keys came faster than fingers: taken for a paste, and nothing was changed";

/// What is said when more keys came than wait.
pub const TOO_MANY: &str = "more keys came at once than are kept: the rest was dropped";

/// The times of the printable keys that were taken lately.
#[derive(Default)]
pub struct Burst {
    taken: VecDeque<u64>,
    /// How many keys this burst has had.
    length: usize,
    /// Until when its rest may come.
    until: u64,
}

/// Whether a burst cannot mean this action. One that quit would leave the rest of a paste to the shell.
pub fn is_dropped(action: Action) -> bool {
    action.about().changes || action == Action::Quit
}

/// Takes a key. What was said about its burst stays until the burst is over.
pub fn keep_said(model: &mut Model, burst: bool, press: impl FnOnce(&mut Model)) {
    let said = model.notice.take_if(|notice| burst && notice.text == TOO_FAST);
    press(model);
    model.notice = said.or(model.notice.take());
}

/// Whether a key counts: one that pasted text could contain.
pub fn printable(key: Key) -> bool {
    matches!(key.code, Code::Char(_) | Code::Enter) && !key.ctrl
}

impl Burst {
    /// Takes a key that arrived at `at` (milliseconds), with the times of those that wait behind it; answers whether it
    /// is part of a burst. Its tail counts as well as its head.
    pub fn take(&mut self, at: u64, waiting: impl Iterator<Item = u64>) -> bool {
        self.taken.retain(|then| at.saturating_sub(*then) <= WITHIN);
        self.taken.push_back(at);
        if self.taken.len() > FINGERS {
            self.taken.pop_front();
        }
        let behind = waiting.filter(|then| then.saturating_sub(at) <= WITHIN).take(FINGERS).count();
        let burst = self.taken.len() + behind >= FINGERS || at < self.until;
        self.length = if burst { self.length + 1 } else { 0 };
        if self.length >= LONG {
            self.until = at + TAIL;
        }
        burst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_keys_at_once_are_a_burst_from_the_first_to_the_last() {
        let times = [100u64; 8];
        let mut burst = Burst::default();
        let told: Vec<bool> = (0..8).map(|i| burst.take(times[i], times[i + 1..].iter().copied())).collect();
        assert_eq!(told, [true; 8]);
        assert!(!burst.take(200, std::iter::empty()));
    }

    #[test]
    fn seven_keys_or_slow_ones_are_fingers() {
        let mut burst = Burst::default();
        assert!((0..7).all(|i| !burst.take(100, std::iter::repeat_n(100, 6 - i))));
        let mut burst = Burst::default();
        assert!((0..50).all(|i| !burst.take(i * 30, std::iter::empty())));
    }
}
