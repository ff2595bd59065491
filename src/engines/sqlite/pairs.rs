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
    ones: Vec<PairCount>,
    twos: Vec<PairCount>,
    beginnings: Vec<u32>,
    person: u32,
}

/// How many have had it, and who was the last: nobody counts twice. Both together, since most of the time goes to
/// fetching them.
#[derive(Clone, Copy, Default)]
struct PairCount {
    count: u32,
    last: u32,
}

impl PairCount {
    fn note(&mut self, person: u32) {
        self.count += u32::from(self.last != person);
        self.last = person;
    }
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

impl Default for Pairs {
    fn default() -> Self {
        Counting::default().finish()
    }
}

impl Default for Counting {
    fn default() -> Self {
        let counts = |count| vec![PairCount::default(); count];
        Counting { ones: counts(1 << 8), twos: counts(1 << 16), beginnings: vec![0; 1 << 16], person: 0 }
    }
}

impl Counting {
    /// Counts somebody's letters; so many of the first are their name's, as it is.
    pub fn push(&mut self, text: &[u8], plain: u8) {
        self.person += 1;
        match text {
            [first, second, ..] if plain > 1 => {
                self.twos[pair(END, *first)].count += 1;
                self.beginnings[pair(*first, *second)] += 1;
            }
            [first, ..] if plain > 0 => self.twos[pair(END, *first)].count += 1,
            _ => {}
        }
        for letter in text {
            self.ones[usize::from(*letter)].note(self.person);
        }
        for two in text.windows(2) {
            self.twos[pair(two[0], two[1])].note(self.person);
        }
    }

    /// Takes in what was counted among other people.
    pub fn add(&mut self, others: &Counting) {
        let own = self.ones.iter_mut().chain(&mut self.twos);
        own.zip(others.ones.iter().chain(&others.twos)).for_each(|(own, other)| own.count += other.count);
        self.beginnings.iter_mut().zip(&others.beginnings).for_each(|(own, other)| *own += other);
    }

    /// All that was counted.
    pub fn finish(self) -> Pairs {
        let counts = |all: Vec<PairCount>| all.into_iter().map(|one| one.count).collect();
        Pairs { ones: counts(self.ones), twos: counts(self.twos), beginnings: self.beginnings }
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
