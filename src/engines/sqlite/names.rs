//! Names in memory: what words are looked for in, as flat bytes, newest people first.
//!
//! Knows no SQL. Candidates come from here; whoever asks looks at their rows before showing them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memrchr};

use super::letters::stripped;
use super::pairs::{Counting, Pairs};

/// Ends a person, and parts a name from an e-mail address. Neither byte is in any UTF-8, so that no word spans two.
const END: u8 = 0xFF;
const PART: u8 = 0xFE;

/// How many people share an entry that says where they begin.
const BLOCK: usize = 16;

/// How many blocks are searched at once where hits are wanted from the end.
const CHUNK: usize = 64;

/// How many people may have come or gone since all was read, before it is read anew.
const NEWS: usize = 4096;

/// More people, or more bytes, are not kept in memory.
const MOST: usize = 5_000_000;
const LARGEST: usize = 1 << 30;

/// Somebody as they are kept: when they were created, which row they are, and their text.
pub struct One {
    /// Their key in the order of creation.
    pub key: (i64, i64),
    /// What is searched.
    pub text: Vec<u8>,
}

impl One {
    /// From the columns of a row.
    pub fn new(created_at: i64, seq: i64, name_key: &[u8], email_key: Option<&[u8]>) -> One {
        let mut text = stripped(name_key).into_owned();
        // An address that stands in the name is found there.
        if let Some(email) = email_key.map(stripped).filter(|email| Finder::new(&**email).find(&text).is_none()) {
            text.push(PART);
            text.extend_from_slice(&email);
        }
        text.retain(|byte| *byte != END);
        One { key: (created_at, seq), text }
    }
}

/// All names as they were read.
#[derive(Default)]
struct Base {
    bytes: Vec<u8>,
    seqs: Vec<u32>,
    /// Of the first of each block: where their text begins, and when they were created.
    blocks: Vec<(u32, i64)>,
    pairs: Pairs,
}

/// All names, with what has changed since they were read.
#[derive(Clone, Default)]
pub struct Names {
    base: Arc<Base>,
    /// Numbers in `base` of people who are not there any more, or are called otherwise.
    gone: BTreeSet<usize>,
    /// Who came since, by key.
    fresh: Vec<Arc<One>>,
}

/// Takes people in, newest first.
#[derive(Default)]
pub struct Reader(Base, Counting);

impl Reader {
    /// Takes somebody in; `false` where there are too many to be kept.
    pub fn push(&mut self, one: &One) -> bool {
        let base = &mut self.0;
        let (Ok(seq), Ok(at)) = (u32::try_from(one.key.1), u32::try_from(base.bytes.len())) else { return false };
        if base.seqs.len().is_multiple_of(BLOCK) {
            base.blocks.push((at, one.key.0));
        }
        base.seqs.push(seq);
        self.1.push(&one.text);
        base.bytes.extend_from_slice(&one.text);
        base.bytes.push(END);
        base.seqs.len() <= MOST && base.bytes.len() <= LARGEST
    }

    /// All who were taken in.
    pub fn finish(mut self) -> Names {
        self.0.pairs = self.1.finish();
        self.0.bytes.shrink_to_fit();
        self.0.seqs.shrink_to_fit();
        self.0.blocks.shrink_to_fit();
        Names { base: Arc::new(self.0), ..Names::default() }
    }
}

/// The words that all must be there.
pub struct Words(Vec<Finder<'static>>);

impl Words {
    /// From bare words; the longest is looked for first, since it is the rarest.
    pub fn new(mut words: Vec<&str>) -> Words {
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Words(words.into_iter().map(|word| Finder::new(word.as_bytes()).into_owned()).collect())
    }

    fn others(&self, text: &[u8]) -> bool {
        self.0.iter().skip(1).all(|word| word.find(text).is_some())
    }

    fn are_in(&self, text: &[u8]) -> bool {
        self.0.iter().all(|word| word.find(text).is_some())
    }
}

impl Names {
    /// Whether so much has changed that all should be read anew.
    pub fn is_worn(&self) -> bool {
        self.gone.len() + self.fresh.len() > NEWS
    }

    /// Takes somebody out.
    pub fn remove(&mut self, key: (i64, i64)) {
        self.fresh.retain(|one| one.key != key);
        self.gone.extend(self.number_of(key));
    }

    /// Takes somebody in.
    pub fn insert(&mut self, one: One) {
        let at = self.fresh.partition_point(|other| other.key < one.key);
        self.fresh.insert(at, Arc::new(one));
    }

    /// How many people have all the words.
    pub fn count(&self, words: &Words) -> usize {
        let gone = self.gone.iter().filter(|number| words.are_in(self.base.text(**number))).count();
        self.base.count(words) + self.fresh_with(words).count() - gone
    }

    /// The rows of at most `limit` people who have all the words; `None` where there are more.
    pub fn all(&self, words: &Words, limit: usize) -> Option<Vec<i64>> {
        let mut found: Vec<i64> = self.fresh_with(words).map(|one| one.key.1).collect();
        let full = self.base.scan(0..self.base.blocks.len(), words, &mut |number| {
            if !self.gone.contains(&number) {
                found.push(i64::from(self.base.seqs[number]));
            }
            if found.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        full.is_continue().then_some(found)
    }

    /// Who came since all was read and has all the words, by key.
    pub fn fresh_with(&self, words: &Words) -> impl DoubleEndedIterator<Item = &One> {
        self.fresh.iter().map(|one| &**one).filter(|one| words.are_in(&one.text))
    }

    /// The rows of the others who have all the words, from about `key` on: newest first, or oldest first. Somebody on
    /// the near side of the key may be among the first.
    pub fn rows_from(
        &self,
        key: Option<(i64, i64)>,
        falling: bool,
        words: &Words,
        take: &mut dyn FnMut(i64) -> ControlFlow<()>,
    ) {
        let blocks = self.base.blocks.len();
        let mut hand = |number: usize| match self.gone.contains(&number) {
            true => ControlFlow::Continue(()),
            false => take(i64::from(self.base.seqs[number])),
        };
        if falling {
            let from = key.map_or(0, |key| self.base.block_of(key));
            let _ = self.base.scan(from..blocks, words, &mut hand);
            return;
        }
        let mut end = key.map_or(blocks, |key| (self.base.block_of(key) + 1).min(blocks));
        let mut found = Vec::new();
        while end > 0 {
            let from = end.saturating_sub(CHUNK);
            found.clear();
            let _ = self.base.scan(from..end, words, &mut |number| {
                found.push(number);
                ControlFlow::Continue(())
            });
            if found.drain(..).rev().any(|number| hand(number).is_break()) {
                return;
            }
            end = from;
        }
    }

    fn number_of(&self, key: (i64, i64)) -> Option<usize> {
        let first = self.base.block_of(key) * BLOCK;
        let rows = self.base.seqs.get(first..)?;
        rows.iter().take(BLOCK).position(|seq| i64::from(*seq) == key.1).map(|at| first + at)
    }
}

impl Base {
    /// The block in which a key stands, or would.
    fn block_of(&self, key: (i64, i64)) -> usize {
        let behind = |at: usize| (self.blocks[at].1, i64::from(self.seqs[at * BLOCK])) >= key;
        let (mut low, mut high) = (0, self.blocks.len());
        while low < high {
            let middle = low.midpoint(high);
            if behind(middle) { low = middle + 1 } else { high = middle }
        }
        low.saturating_sub(1)
    }

    fn start(&self, block: usize) -> usize {
        self.blocks.get(block).map_or(self.bytes.len(), |(at, _)| *at as usize)
    }

    fn text(&self, number: usize) -> &[u8] {
        let block = &self.bytes[self.start(number / BLOCK)..self.start(number / BLOCK + 1)];
        block.split(|byte| *byte == END).nth(number % BLOCK).unwrap_or_default()
    }

    /// How many have all the words: unlike [`Base::scan`] without counting who they are.
    fn count(&self, words: &Words) -> usize {
        let Some(first) = words.0.first() else { return 0 };
        if words.0.len() == 1
            && let Some(count) = self.pairs.of(first.needle())
        {
            return count;
        }
        let (mut found, mut begin) = (0, 0);
        while let Some(hit) = first.find(&self.bytes[begin..]) {
            let hit = begin + hit;
            let end = memchr(END, &self.bytes[hit..]).map_or(self.bytes.len(), |at| hit + at);
            let whole = || memrchr(END, &self.bytes[begin..hit]).map_or(begin, |at| begin + at + 1);
            found += usize::from(words.0.len() == 1 || words.others(&self.bytes[whole()..end]));
            begin = (end + 1).min(self.bytes.len());
        }
        found
    }

    /// Hands over the numbers of those who have all the words, in the order in which they stand.
    fn scan(
        &self,
        blocks: std::ops::Range<usize>,
        words: &Words,
        take: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(first) = words.0.first() else { return ControlFlow::Continue(()) };
        let (mut begin, end) = (self.start(blocks.start), self.start(blocks.end));
        let mut number = blocks.start * BLOCK;
        while let Some(hit) = first.find(&self.bytes[begin..end]) {
            let hit = begin + hit;
            number += memchr_iter(END, &self.bytes[begin..hit]).count();
            let text_begin = memrchr(END, &self.bytes[begin..hit]).map_or(begin, |at| begin + at + 1);
            let text_end = memchr(END, &self.bytes[hit..end]).map_or(end, |at| hit + at);
            if words.others(&self.bytes[text_begin..text_end]) {
                take(number)?;
            }
            (begin, number) = ((text_end + 1).min(end), number + 1);
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(seq: i64, text: &str) -> One {
        One::new(seq / 3, seq, text.as_bytes(), None)
    }

    fn rows(names: &Names, key: Option<(i64, i64)>, falling: bool, words: &Words) -> Vec<i64> {
        let mut found = Vec::new();
        names.rows_from(key, falling, words, &mut |row| {
            found.push(row);
            ControlFlow::Continue(())
        });
        found
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_each_text_says(
            texts in prop::collection::vec("[ab]{0,3}", 0..200),
            words in prop::collection::vec("[ab]{1,2}", 1..3),
            from in 0..220i64,
        ) {
            let mut reader = Reader::default();
            for (seq, text) in texts.iter().enumerate().rev() {
                prop_assert!(reader.push(&one(seq as i64, text)));
            }
            let mut names = reader.finish();
            let mut now: Vec<String> = texts.clone();
            for seq in (0..texts.len()).step_by(7) {
                names.remove((seq as i64 / 3, seq as i64));
                now[seq] = String::new();
                if seq % 2 == 0 {
                    names.insert(one(seq as i64, "ab"));
                    now[seq] = "ab".into();
                }
            }
            let has = |text: &String| words.iter().all(|word| text.contains(word.as_str()));
            let wanted: Vec<i64> = (0..).zip(&now).filter(|(_, text)| has(text)).map(|(seq, _)| seq).collect();
            let words = Words::new(words.iter().map(String::as_str).collect());
            prop_assert_eq!(names.count(&words), wanted.len());
            let mut all = names.all(&words, texts.len()).unwrap();
            all.sort_unstable();
            prop_assert_eq!(&all, &wanted);
            let fresh: Vec<i64> = names.fresh_with(&words).map(|one| one.key.1).collect();
            for (falling, key) in [(true, None), (false, None), (true, Some(from)), (false, Some(from))] {
                let mut found = rows(&names, key.map(|seq| (seq / 3, seq)), falling, &words);
                found.retain(|row| key.is_none_or(|key| if falling { *row <= key } else { *row >= key }));
                if falling { found.reverse() }
                let beyond = |row: &&i64| key.is_none_or(|key| if falling { **row <= key } else { **row >= key });
                let wanted: Vec<i64> =
                    wanted.iter().filter(beyond).filter(|row| !fresh.contains(row)).copied().collect();
                prop_assert_eq!(found, wanted);
            }
        }
    }

    #[test]
    fn a_word_spans_neither_two_people_nor_name_and_address() {
        let mut reader = Reader::default();
        reader.push(&One::new(2, 2, b"anna", Some(b"anna")));
        reader.push(&One::new(1, 1, b"bob", Some("zoë@x".as_bytes())));
        let names = reader.finish();
        let count = |word: &str| names.count(&Words::new(vec![word]));
        assert_eq!((count("ab"), count("bz"), count("zoe@"), count("anna")), (0, 0, 1, 1));
    }
}
