//! Tells a burst of keys, which is a paste without brackets, from fingers.

use std::collections::VecDeque;

use super::key::{Code, Key};

/// As many printable keys as this, within [`WITHIN`] milliseconds, are no fingers.
const FINGERS: usize = 8;
const WITHIN: u64 = 20;

/// What is said when a burst would have changed something.
pub const TOO_FAST: &str = "keys came faster than fingers: taken for a paste, and nothing was changed";

/// The times of the printable keys that were taken lately.
#[derive(Default)]
pub struct Burst {
    taken: VecDeque<u64>,
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
        let behind = waiting.filter(|then| then.saturating_sub(at) <= WITHIN).count();
        self.taken.len() + behind >= FINGERS
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
