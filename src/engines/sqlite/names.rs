//! Names in memory: what words are looked for in, as flat bytes, newest people first.
//!
//! Knows no SQL. Candidates come from here; whoever asks looks at their rows before showing them.

mod aside;
mod base;
mod onward;
mod probe;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use base::{BLOCK, Base};

use super::letters::stripped;
use super::needles::{END, Needles};
use super::pairs::Counting;

/// Parts a name from an e-mail address. It is in no UTF-8 either.
const PART: u8 = 0xFE;

/// How many people may have come or gone since all was read, before it is read anew.
const NEWS: usize = 4096;

/// More people, or more bytes, are not kept in memory.
const MOST: usize = 20_000_000;
const LARGEST: usize = 1 << 30;

/// Somebody as they are kept: when they were created, which row they are, and their text.
pub struct One {
    /// Their key in the order of creation.
    pub key: (i64, i64),
    /// What is searched.
    pub text: Vec<u8>,
    /// How many bytes of it, from the first on, are the name as it is, with nothing taken away; no more than a byte holds.
    pub plain: u8,
}

impl One {
    /// From the columns of a row.
    pub fn new(created_at: i64, seq: i64, name_key: &[u8], email_key: Option<&[u8]>) -> One {
        let name = stripped(name_key);
        let mut text = match email_key.map(stripped) {
            // A name with which the address begins is found there.
            Some(email) if email.starts_with(&name) => email.into_owned(),
            Some(email) => [&*name, &[PART], &*email].concat(),
            None => name.into_owned(),
        };
        text.retain(|byte| *byte != END);
        let plain = text.iter().zip(name_key).take_while(|(kept, own)| kept == own).count();
        One { key: (created_at, seq), text, plain: u8::try_from(plain).unwrap_or(u8::MAX) }
    }
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
pub struct Reader {
    base: Base,
    counting: Counting,
    ends: Option<[(i64, i64); 2]>,
    most: Option<usize>,
}

/// What became of somebody who was to be taken in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// They are in.
    In,
    /// They were created after somebody who was taken in before.
    Unordered,
    /// There are too many.
    TooMany,
}

impl Reader {
    /// For names of at most so many bytes.
    pub fn within(most: Option<usize>) -> Reader {
        Reader { most, ..Reader::default() }
    }

    /// Takes in somebody of a row.
    pub fn read(&mut self, key: (i64, i64), name_key: &[u8], email_key: Option<&[u8]>) -> Taken {
        match email_key {
            // Nothing has to be taken away from most, and none of them need be built anywhere else first.
            Some(email) if name_key.is_ascii() && email.is_ascii() => {
                let begin = self.begin();
                if !email.starts_with(name_key) {
                    self.base.bytes.extend_from_slice(name_key);
                    self.base.bytes.push(PART);
                }
                self.base.bytes.extend_from_slice(email);
                self.close(key, begin, u8::try_from(name_key.len()).unwrap_or(u8::MAX))
            }
            _ => self.push(&One::new(key.0, key.1, name_key, email_key)),
        }
    }

    /// Takes somebody in.
    pub fn push(&mut self, one: &One) -> Taken {
        let begin = self.begin();
        self.base.bytes.extend_from_slice(&one.text);
        self.close(one.key, begin, one.plain)
    }

    /// Where the next text begins.
    fn begin(&mut self) -> usize {
        if self.base.bytes.is_empty() {
            self.base.bytes.push(END);
        }
        self.base.bytes.len()
    }

    fn close(&mut self, key: (i64, i64), begin: usize, plain: u8) -> Taken {
        let (Ok(seq), Ok(at)) = (u32::try_from(key.1), u32::try_from(begin)) else { return Taken::TooMany };
        let [first, last] = self.ends.unwrap_or([key, key]);
        if last < key {
            return Taken::Unordered;
        }
        self.ends = Some([first, key]);
        if self.base.seqs.len().is_multiple_of(BLOCK) {
            self.base.blocks.push((at, key.0));
        }
        self.counting.push(&self.base.bytes[begin..], plain);
        self.base.bytes.push(END);
        self.base.seqs.push(seq);
        self.base.plain.push(plain);
        self.room()
    }

    fn room(&self) -> Taken {
        let most = self.most.map_or(LARGEST, |most| most.min(LARGEST));
        let fits = self.base.seqs.len() <= MOST && self.base.bytes.len() <= most;
        if fits { Taken::In } else { Taken::TooMany }
    }

    /// Takes in all whom another has taken in, who are older; together they may be so many bytes.
    pub fn join(&mut self, older: Reader, most: Option<usize>) -> Taken {
        self.most = most;
        let ends = match (self.ends, older.ends) {
            (Some([_, last]), Some([first, _])) if last < first => return Taken::Unordered,
            (Some([first, _]), Some([_, last])) => Some([first, last]),
            (own, others) => own.or(others),
        };
        if older.base.seqs.is_empty() {
            return self.room();
        }
        self.ends = ends;
        let (own, others) = (&mut self.base, &older.base);
        // The others' blocks stay as they are: the last of these is filled up with nobody, of whom no word is found.
        let filled = own.seqs.len().next_multiple_of(BLOCK);
        own.bytes.resize(own.bytes.len() + filled - own.seqs.len(), END);
        own.seqs.resize(filled, 0);
        own.plain.resize(filled, 0);
        // The end behind these is the one before the others.
        own.bytes.pop();
        let Ok(shift) = u32::try_from(own.bytes.len()) else { return Taken::TooMany };
        own.blocks.extend(others.blocks.iter().map(|(at, created)| (at.saturating_add(shift), *created)));
        own.bytes.reserve_exact(others.bytes.len());
        own.bytes.extend_from_slice(&others.bytes);
        own.seqs.extend_from_slice(&others.seqs);
        own.plain.extend_from_slice(&others.plain);
        self.counting.add(&older.counting);
        self.room()
    }

    /// All who were taken in.
    pub fn finish(mut self) -> Names {
        self.base.pairs = self.counting.finish();
        self.base.bytes.shrink_to_fit();
        self.base.seqs.shrink_to_fit();
        self.base.plain.shrink_to_fit();
        self.base.blocks.shrink_to_fit();
        Names { base: Arc::new(self.base), ..Names::default() }
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

    /// How many people have all that is looked for.
    pub fn count(&self, needles: &Needles) -> usize {
        self.with_news(self.base.count(needles), needles)
    }

    /// The same where nobody has to be looked for any more.
    pub fn known(&self, needles: &Needles) -> Option<usize> {
        self.base.known(needles).map(|count| self.with_news(count, needles))
    }

    /// Counts ahead for whoever types on, as long as `go_on` says so; answers whether it came to an end.
    pub fn look_onward(&self, needles: &Needles, go_on: &mut dyn FnMut() -> bool) -> bool {
        self.base.look_onward(needles, go_on)
    }

    fn with_news(&self, count: usize, needles: &Needles) -> usize {
        let gone = self.gone.iter().filter(|number| self.base.has(**number, needles)).count();
        count + self.fresh_with(needles).count() - gone
    }

    /// The rows of at most `limit` people who have all that is looked for; `None` where there are more.
    pub fn all(&self, needles: &Needles, limit: usize) -> Option<Vec<i64>> {
        let mut found: Vec<i64> = self.fresh_with(needles).map(|one| one.key.1).collect();
        let full = self.base.walk(0..self.base.blocks.len(), needles, &mut |number| {
            if !self.gone.contains(&number) {
                found.push(i64::from(self.base.seqs[number]));
            }
            if found.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        full.is_continue().then_some(found)
    }

    /// Who came since all was read and has all that is looked for, by key.
    pub fn fresh_with(&self, needles: &Needles) -> impl DoubleEndedIterator<Item = &One> {
        self.fresh.iter().map(|one| &**one).filter(|one| {
            let between = [&[END], &*one.text, &[END]].concat();
            needles.are_in(&between) && needles.are_meant(one.plain)
        })
    }

    /// The rows of the others who have all that is looked for, from about `key` on: newest first, or oldest first.
    /// Somebody on the near side of the key may be among the first.
    pub fn rows_from(
        &self,
        key: Option<(i64, i64)>,
        falling: bool,
        needles: &Needles,
        take: &mut dyn FnMut(i64) -> ControlFlow<()>,
    ) {
        let mut hand = |number: usize| match self.gone.contains(&number) {
            true => ControlFlow::Continue(()),
            false => take(i64::from(self.base.seqs[number])),
        };
        let from = key.map(|key| self.base.block_of(key));
        let _ = match falling {
            true => self.base.walk(from.unwrap_or(0)..self.base.blocks.len(), needles, &mut hand),
            false => self.base.walk_back(from.map_or(self.base.blocks.len(), |block| block + 1), needles, &mut hand),
        };
    }

    fn number_of(&self, key: (i64, i64)) -> Option<usize> {
        let first = self.base.block_of(key) * BLOCK;
        let rows = self.base.seqs.get(first..)?;
        rows.iter().take(BLOCK).position(|seq| i64::from(*seq) == key.1).map(|at| first + at)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::accounts::query::{Filter, Term};
    use crate::accounts::text::{bare, fold};
    use proptest::prelude::*;

    fn one(seq: i64, text: &str) -> One {
        One::new(seq / 3, seq, text.as_bytes(), None)
    }

    fn rows(names: &Names, key: Option<(i64, i64)>, falling: bool, words: &Needles) -> Vec<i64> {
        let mut found = Vec::new();
        names.rows_from(key, falling, words, &mut |row| {
            found.push(row);
            ControlFlow::Continue(())
        });
        found
    }

    /// What a text passes: its words without their accents, and the beginning as it is.
    fn passes(text: &str, filter: &Filter) -> bool {
        filter.terms.iter().all(|term| match term {
            Term::Word(word) => bare(text).contains(word.as_str()),
            Term::Prefix(prefix) => text.starts_with(prefix.as_str()),
            _ => false,
        })
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_each_text_says(
            texts in prop::collection::vec("[aeáÆłL]{0,4}", 0..200),
            words in prop::collection::vec("[aeæLł]{1,3}", 0..3),
            beginning in prop::option::of("[aeL]{1,3}"),
            from in 0..220i64,
            expected in prop::collection::vec(any::<bool>(), 12),
        ) {
            // The store keeps the keys of the names.
            let texts: Vec<String> = texts.iter().map(|text| fold(text)).collect();
            let mut reader = Reader::default();
            for (seq, text) in texts.iter().enumerate().rev() {
                prop_assert_eq!(reader.push(&one(seq as i64, text)), Taken::In);
            }
            let mut names = reader.finish();
            let mut now: Vec<String> = texts.clone();
            for seq in (0..texts.len()).step_by(7) {
                names.remove((seq as i64 / 3, seq as i64));
                now[seq] = String::new();
                if seq % 2 == 0 {
                    names.insert(one(seq as i64, "ael"));
                    now[seq] = "ael".into();
                }
            }
            let typed: Vec<String> = beginning.map(|text| format!("^{text}")).into_iter().chain(words).collect();
            let typed = typed.join(" ");
            // As it is typed: what was found last is looked through for the next.
            for end in (1..=typed.len()).filter(|end| typed.is_char_boundary(*end)) {
                let Ok(filter) = Filter::parse(&typed[..end]) else { continue };
                let Some(needles) = Needles::of(&filter) else { continue };
                let wanted: Vec<i64> =
                    (0..).zip(&now).filter(|(_, text)| passes(text, &filter)).map(|(seq, _)| seq).collect();
                let ahead = end > 1 && expected[end % expected.len()];
                if ahead && let Some(before) = typed.get(..end - 1).and_then(|typed| Filter::parse(typed).ok()).and_then(|filter| Needles::of(&filter)) {
                    names.look_onward(&before, &mut || true);
                }
                prop_assert!(names.known(&needles).is_none_or(|known| known == wanted.len()), "{}", &typed[..end]);
                prop_assert_eq!(names.count(&needles), wanted.len(), "{}", &typed[..end]);
                prop_assert_eq!(names.known(&needles), Some(wanted.len()), "{}", &typed[..end]);
                let mut all = names.all(&needles, texts.len()).unwrap();
                all.sort_unstable();
                prop_assert_eq!(&all, &wanted);
                let fresh: Vec<i64> = names.fresh_with(&needles).map(|one| one.key.1).collect();
                for (falling, key) in [(true, None), (false, None), (true, Some(from)), (false, Some(from))] {
                    let beyond =
                        |row: &i64| key.is_none_or(|key| if falling { *row <= key } else { *row >= key });
                    let mut found = rows(&names, key.map(|seq| (seq / 3, seq)), falling, &needles);
                    found.retain(beyond);
                    if falling { found.reverse() }
                    let wanted: Vec<i64> =
                        wanted.iter().copied().filter(beyond).filter(|row| !fresh.contains(row)).collect();
                    prop_assert_eq!(found, wanted);
                }
            }
        }
    }

    #[test]
    fn a_word_spans_neither_two_people_nor_name_and_address() {
        let mut reader = Reader::default();
        reader.push(&One::new(2, 2, b"anna", Some(b"anna@x")));
        reader.push(&One::new(1, 1, b"bob", Some("zoë@x".as_bytes())));
        let names = reader.finish();
        let count = |typed: &str| names.count(&Needles::of(&Filter::parse(typed).unwrap()).unwrap());
        assert_eq!((count("ab"), count("bz"), count("zoe@"), count("anna")), (0, 0, 1, 1));
        assert_eq!((count("^anna"), count("^anna@"), count("^zoe"), count("x")), (1, 0, 0, 2));
    }

    #[test]
    fn more_than_there_is_room_for_is_not_taken_in() {
        let mut reader = Reader::within(Some(12));
        assert_eq!(reader.push(&One::new(2, 2, b"twelve", None)), Taken::In);
        assert_eq!(reader.push(&One::new(1, 1, b"eleven", None)), Taken::TooMany);
    }

    #[test]
    fn people_who_come_in_another_order_than_they_were_created_are_not_taken_for_ordered() {
        let mut reader = Reader::default();
        assert_eq!(reader.push(&One::new(1, 7, b"early", None)), Taken::In);
        assert_eq!(reader.push(&One::new(2, 6, b"late", None)), Taken::Unordered);
    }

    fn of_texts(texts: &[&str]) -> Names {
        let mut reader = Reader::default();
        for (seq, text) in (0..i64::MAX).zip(texts).collect::<Vec<_>>().into_iter().rev() {
            reader.push(&One::new(seq, seq, text.as_bytes(), None));
        }
        reader.finish()
    }

    fn needles(typed: &str) -> Needles {
        Needles::of(&Filter::parse(typed).unwrap()).unwrap()
    }

    #[test]
    fn how_many_the_next_letter_leaves_is_known_before_it_is_typed() {
        let names = of_texts(&["anna anton", "hannah", "ann", "anan", "bert", "annanna", "joanna"]);
        for (typed, next, count) in [("an", "ann", 5), ("an", "ant", 1), ("an", "anx", 0), ("^an", "^ann", 3)] {
            assert_eq!(names.known(&needles(next)), None, "{next} before it is expected");
            assert!(names.look_onward(&needles(typed), &mut || true));
            assert_eq!(names.known(&needles(next)), Some(count), "{next}");
            assert_eq!(names.all(&needles(next), 9).unwrap().len(), count, "{next}");
            names.look_onward(&needles("zz"), &mut || true);
            names.count(&needles("zz"));
        }
        names.look_onward(&needles("ann bert"), &mut || true);
        names.look_onward(&needles("bert ann"), &mut || true);
        assert_eq!(names.known(&needles("bert anna")), Some(0), "the other words stay");
        assert_eq!(names.known(&needles("hannah anna")), None, "other words are another search");
    }

    #[test]
    fn whoever_asks_something_else_does_not_wait_for_it_and_half_of_it_is_not_told() {
        let many: Vec<String> = (0..300).map(|n| format!("ann{n}")).collect();
        let names = of_texts(&many.iter().map(String::as_str).collect::<Vec<_>>());
        let mut turns = 3;
        let done = names.look_onward(&needles("ann"), &mut || {
            turns -= 1;
            turns > 0
        });
        assert!(!done && turns == 0);
        assert_eq!(names.known(&needles("ann1")), None);
    }
}
