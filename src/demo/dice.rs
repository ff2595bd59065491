//! Repeatable chance for sample people: the same seed throws the same dice.
//!
//! Nothing secret may stand on it. It mints tokens of sample sessions only, which anybody may know.

use crate::accounts::error::Result;
use crate::accounts::time::{Span, Time};
use crate::accounts::token::Entropy;

/// SplitMix64.
pub(super) struct Dice(u64);

impl Dice {
    /// Dice of their own for one person or one purpose: `lane` parts the throws of one seed.
    pub(super) fn new(seed: u64, lane: u64) -> Self {
        let mut dice = Dice(seed ^ lane.wrapping_mul(0xD1B5_4A32_D192_ED03));
        dice.throw();
        dice
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; zero for none.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.throw() % n }
    }

    /// Whether one of `n` throws would hit.
    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of these. The list must not be empty.
    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())]
    }

    /// A place in a list of this length.
    pub(super) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// A length of time below `span`.
    pub(super) fn within(&mut self, span: Span) -> Span {
        let millis = self.below(u64::try_from(span.millis()).unwrap_or_default());
        Span::from_millis(i64::try_from(millis).unwrap_or_default())
    }

    /// An instant from `from` on and before `until`; `from` where there is none between.
    pub(super) fn between(&mut self, from: Time, until: Time) -> Time {
        from.plus(self.within(until.since(from)))
    }
}

impl Entropy for Dice {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        for piece in bytes.chunks_mut(8) {
            let throw = self.throw().to_le_bytes();
            piece.copy_from_slice(&throw[..piece.len()]);
        }
        Ok(())
    }
}
