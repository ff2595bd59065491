//! A word as it is looked for among very many texts: by the two letters beside each other in it that the fewest people
//! have, and then by the rest. Of a common beginning, as in a word of three letters, most of a search would go to those
//! who have only that.

use memchr::memmem::Finder;

use crate::engines::sqlite::pairs::Pairs;

/// A word and where its rarest two letters stand in it.
pub struct Probe<'w> {
    word: &'w [u8],
    at: usize,
    rarest: Finder<'w>,
}

impl<'w> Probe<'w> {
    /// For a word among the people who were counted.
    pub fn new(word: &'w [u8], pairs: &Pairs) -> Probe<'w> {
        let two = |at: &usize| pairs.of(&word[*at..at + 2]);
        let at = (0..word.len().saturating_sub(1)).min_by_key(two).unwrap_or(0);
        let end = word.len().min(at + 2);
        Probe { word, at, rarest: Finder::new(&word[at..end]) }
    }

    /// Whether this is its first letter.
    pub fn begins_with(&self, letter: u8) -> bool {
        self.word.first() == Some(&letter)
    }

    /// Where the word first stands in these bytes.
    pub fn find(&self, bytes: &[u8]) -> Option<usize> {
        let mut from = self.at;
        while let Some(hit) = bytes.get(from..).and_then(|rest| self.rarest.find(rest)) {
            let begin = from + hit - self.at;
            if bytes[begin..].starts_with(self.word) {
                return Some(begin);
            }
            from += hit + 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::sqlite::pairs::Counting;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_word_is_found_where_it_first_stands(texts in prop::collection::vec("[ab]{0,9}", 1..9), word in "[abc]{1,4}") {
            let mut counting = Counting::default();
            texts.iter().for_each(|text| counting.push(text.as_bytes(), 0));
            let pairs = counting.finish();
            let probe = Probe::new(word.as_bytes(), &pairs);
            for text in &texts {
                prop_assert_eq!(probe.find(text.as_bytes()), text.find(&word), "{} in {}", word, text);
            }
        }
    }

    #[test]
    fn it_is_looked_for_by_what_the_fewest_have() {
        let mut counting = Counting::default();
        for text in ["anton", "tania", "anna", "dan"] {
            counting.push(text.as_bytes(), 0);
        }
        let pairs = counting.finish();
        for (word, rarest) in [("ann", "nn"), ("tan", "ta"), ("an", "an"), ("a", "a"), ("anton", "nt")] {
            assert_eq!(Probe::new(word.as_bytes(), &pairs).rarest.needle(), rarest.as_bytes());
        }
    }
}
