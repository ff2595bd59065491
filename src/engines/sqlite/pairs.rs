//! How many people have a letter, or two letters beside each other, somewhere or at the beginning of their name: where
//! every search begins, and where it finds so many that going through them would take longer than anything else.
//!
//! Letters are bytes here. Knows nobody by name.

use super::needles::END;

/// The counts of all letters and all pairs.
pub struct Pairs {
    ones: Vec<u32>,
    /// An end before a letter is a pair as well.
    twos: Vec<u32>,
    beginnings: Vec<u32>,
}

/// Counts, person by person.
pub struct Counting {
    counts: Pairs,
    /// For each letter and pair, the last person who had it: nobody counts twice.
    ones: Vec<u32>,
    twos: Vec<u32>,
    person: u32,
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

impl Default for Pairs {
    fn default() -> Self {
        Pairs { ones: vec![0; 1 << 8], twos: vec![0; 1 << 16], beginnings: vec![0; 1 << 16] }
    }
}

impl Default for Counting {
    fn default() -> Self {
        let Pairs { ones, twos, .. } = Pairs::default();
        Counting { counts: Pairs::default(), ones, twos, person: 0 }
    }
}

impl Counting {
    /// Counts somebody's letters; so many of the first are their name's, as it is.
    pub fn push(&mut self, text: &[u8], plain: u8) {
        self.person += 1;
        match text {
            [first, second, ..] if plain > 1 => {
                self.counts.twos[pair(END, *first)] += 1;
                self.counts.beginnings[pair(*first, *second)] += 1;
            }
            [first, ..] if plain > 0 => self.counts.twos[pair(END, *first)] += 1,
            _ => {}
        }
        let once = |seen: &mut u32, count: &mut u32| {
            *count += u32::from(*seen != self.person);
            *seen = self.person;
        };
        for letter in text {
            let at = usize::from(*letter);
            once(&mut self.ones[at], &mut self.counts.ones[at]);
        }
        for two in text.windows(2) {
            let at = pair(two[0], two[1]);
            once(&mut self.twos[at], &mut self.counts.twos[at]);
        }
    }

    /// All that was counted.
    pub fn finish(self) -> Pairs {
        self.counts
    }
}

impl Pairs {
    /// How many people have this word, if it is that short.
    pub fn of(&self, word: &[u8]) -> Option<usize> {
        let count = match word {
            [letter] => self.ones[usize::from(*letter)],
            [first, second] => self.twos[pair(*first, *second)],
            [END, first, second] => self.beginnings[pair(*first, *second)],
            _ => return None,
        };
        usize::try_from(count).ok()
    }
}
