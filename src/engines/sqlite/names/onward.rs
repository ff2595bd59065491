//! What the next letter would find: counted for every letter, while whoever types is still on the way to its key.

use memchr::memmem::Finder;

use crate::engines::sqlite::needles::{END, Needles};

/// Of a letter with more hits than this, only the number is kept: they are so many that a page is full after few blocks.
const HITS_A_LETTER: usize = if cfg!(test) { 3 } else { 2048 };

/// The numbers of people, and where their texts begin.
pub type Places = Vec<(u32, u32)>;

/// For one search, what each letter behind its last word would leave of it.
pub struct Onward {
    needles: Needles,
    word: Finder<'static>,
    letters: Vec<Letter>,
}

#[derive(Clone)]
struct Letter {
    count: usize,
    /// Where the text begins of the last person who had it: nobody counts twice.
    last: usize,
    /// Who they are, where they are few.
    found: Option<Places>,
}

impl Onward {
    /// Of nobody yet; `None` where no letter can come, or where it is known of every pair of letters how many have it.
    pub fn new(needles: &Needles) -> Option<Onward> {
        let word = needles.last()?.clone();
        let begins = usize::from(word.needle().first() == Some(&END));
        let is_known = needles.alone().is_some() && word.needle().len() == 1 + begins;
        let letters = vec![Letter { count: 0, last: 0, found: Some(Vec::new()) }; 1 << 8];
        (!is_known).then(|| Onward { needles: needles.clone(), word, letters })
    }

    /// Whether it is of this search.
    pub fn is_of(&self, needles: &Needles) -> bool {
        let last = |needles: &Needles| needles.last().map(|last| last.needle().to_vec());
        self.needles.are_same(needles) && last(&self.needles) == last(needles)
    }

    /// Takes in somebody whom the search finds, by all that is known of them: their number, where their text begins, the
    /// text between its ends, and how much of it is plain.
    pub fn push(&mut self, (number, begin): (usize, usize), between: &[u8], plain: u8) {
        if !self.needles.may_grow(plain) {
            return;
        }
        let (word, mut from) = (self.word.clone(), 0);
        while let Some(at) = word.find(&between[from..]) {
            from += at + 1;
            let Some(next) = between.get(from - 1 + word.needle().len()) else { break };
            self.note(*next, begin, || number);
        }
    }

    /// Takes in a letter behind the word in somebody's text, which begins there; their number only where it is kept.
    pub fn note(&mut self, letter: u8, begin: usize, number: impl FnOnce() -> usize) {
        let letter = &mut self.letters[usize::from(letter)];
        if std::mem::replace(&mut letter.last, begin) == begin {
            return;
        }
        letter.count += 1;
        letter.found = letter.found.take().filter(|found| found.len() < HITS_A_LETTER);
        if let Some(found) = &mut letter.found {
            found.extend(u32::try_from(number()).ok().zip(u32::try_from(begin).ok()));
        }
    }

    /// How many a letter more leaves, if that is by what these needles differ.
    pub fn count(&self, needles: &Needles) -> Option<usize> {
        self.letter(needles).map(|at| self.letters[at].count)
    }

    /// Hands over who they are, the same.
    pub fn take(&mut self, needles: &Needles) -> Option<Places> {
        self.letter(needles).and_then(|at| self.letters[at].found.take())
    }

    fn letter(&self, needles: &Needles) -> Option<usize> {
        needles.letter_behind(&self.needles).map(usize::from)
    }
}
