//! The texts of everybody as they were read, and going through them: for a page as far as it takes, for a count once, on
//! two threads, with the hits kept for whoever asks the same or more.

use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use memchr::{memchr, memchr_iter, memrchr};

use super::onward::{Onward, Places};
use super::probe::Probe;
use crate::engines::sqlite::needles::{END, Needles};
use crate::engines::sqlite::pairs::Pairs;

/// How many people share an entry that says where they begin.
pub const BLOCK: usize = 32;

/// How many blocks are searched at once where hits are wanted from the end. In tests few people must go all these ways.
const CHUNK: usize = if cfg!(test) { 1 } else { 32 };

/// A page is looked for in one part of so many; where that does not fill it, hits are rare, and all are gathered.
const NEAR: usize = 16;

/// The least that a page is looked for in.
const LEAST: usize = if cfg!(test) { 1 } else { 512 };

/// Hits are kept where they are at most one in so many people, and some: to look at more of them one by one takes longer
/// than to go through all.
const KEPT_ONE_IN: usize = 32;
const KEPT_AT_LEAST: usize = if cfg!(test) { 8 } else { 1024 };

/// Fewer bytes are gone through before another thread has begun.
const THREADED_BYTES: usize = if cfg!(test) { 256 } else { 1 << 22 };

/// Fewer former hits are looked at before another thread has begun.
const THREADED_HITS: usize = if cfg!(test) { 4 } else { 2048 };

/// Counting ahead, it is asked after so many blocks whether to go on: after less than a millisecond.
const STRETCH: usize = if cfg!(test) { 1 } else { 1024 };

/// All names as they were read.
#[derive(Default)]
pub struct Base {
    /// Every text between two ends.
    pub bytes: Vec<u8>,
    /// Their rows.
    pub seqs: Vec<u32>,
    /// How many bytes of the texts are plain.
    pub plain: Vec<u8>,
    /// Of the first of each block: where their text begins, and when they were created.
    pub blocks: Vec<(u32, i64)>,
    /// How many have a letter or two.
    pub pairs: Pairs,
    /// Who was found last.
    last: Mutex<Option<Arc<Hits>>>,
    /// What was counted ahead for whoever types on.
    onward: Mutex<Option<Onward>>,
    /// Held by who gathers: whoever wants the same waits for it instead of going through all beside them.
    turn: Mutex<()>,
}

/// Everybody who has all of something.
struct Hits {
    needles: Needles,
    count: usize,
    /// Their numbers, and where their texts begin; `None` where they are too many to be kept.
    found: Option<Places>,
}

/// Takes a number and a place, and says whether to go on.
type Take<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Base {
    /// The block in which a key stands, or would.
    pub fn block_of(&self, key: (i64, i64)) -> usize {
        let behind = |at: usize| (self.blocks[at].1, i64::from(self.seqs[at * BLOCK])) >= key;
        let (mut low, mut high) = (0, self.blocks.len());
        while low < high {
            let middle = low.midpoint(high);
            if behind(middle) { low = middle + 1 } else { high = middle }
        }
        low.saturating_sub(1)
    }

    /// Whether somebody has all that is looked for.
    pub fn has(&self, number: usize, needles: &Needles) -> bool {
        let mut begin = self.start(number / BLOCK);
        for _ in 0..number % BLOCK {
            begin += self.between(begin).len() - 1;
        }
        self.passes(number, begin, needles)
    }

    /// How many have all that is looked for.
    pub fn count(&self, needles: &Needles) -> usize {
        self.known(needles).unwrap_or_else(|| self.gathered(needles).count)
    }

    /// The same where it is told without looking for anybody.
    pub fn known(&self, needles: &Needles) -> Option<usize> {
        let known = needles.alone().and_then(|needle| self.pairs.of(needle));
        let ahead = || lock(&self.onward).as_ref().and_then(|onward| onward.count(needles));
        known.or_else(ahead).or_else(|| self.same(needles).map(|hits| hits.count))
    }

    fn same(&self, needles: &Needles) -> Option<Arc<Hits>> {
        lock(&self.last).as_ref().filter(|hits| hits.needles.are_same(needles)).cloned()
    }

    /// Hands over the numbers of those who have all that is looked for, in the order in which they stand.
    pub fn walk(
        &self,
        blocks: Range<usize>,
        needles: &Needles,
        take: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let take: Take<'_> = &mut |number, _| take(number);
        let near = match self.at_hand(needles) {
            Some(_) => blocks.start,
            None => blocks.end.min(blocks.start + self.near()),
        };
        self.scan(blocks.start..near, needles, take)?;
        if near == blocks.end {
            return ControlFlow::Continue(());
        }
        match &self.gathered(needles).found {
            Some(found) => self.among(found, near..blocks.end, needles, take),
            None => self.scan(near..blocks.end, needles, take),
        }
    }

    /// The same in the order from a block's end back to the first.
    pub fn walk_back(
        &self,
        end: usize,
        needles: &Needles,
        take: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut end = end.min(self.blocks.len());
        let mut near = if self.at_hand(needles).is_some() { 0 } else { self.near() };
        let mut found = Vec::new();
        while end > 0 {
            // All that is left, once it has shown that hits are rare.
            let from = if near == 0 { 0 } else { end.saturating_sub(CHUNK) };
            near = near.saturating_sub(CHUNK);
            let _ = self.walk(from..end, needles, &mut |number| {
                found.push(number);
                ControlFlow::Continue(())
            });
            found.drain(..).rev().try_for_each(&mut *take)?;
            end = from;
        }
        ControlFlow::Continue(())
    }

    fn near(&self) -> usize {
        (self.blocks.len() / NEAR).max(LEAST)
    }

    /// Where the text of a block's first begins.
    fn start(&self, block: usize) -> usize {
        self.blocks.get(block).map_or(self.bytes.len(), |(at, _)| *at as usize)
    }

    /// A text with the ends around it.
    fn between(&self, begin: usize) -> &[u8] {
        let end = memchr(END, &self.bytes[begin..]).map_or(self.bytes.len(), |at| begin + at + 1);
        &self.bytes[begin - 1..end]
    }

    fn passes(&self, number: usize, begin: usize, needles: &Needles) -> bool {
        needles.are_in(self.between(begin)) && needles.are_meant(self.plain[number])
    }

    /// Counts ahead for whoever types on, as long as `go_on` says so; answers whether it came to an end.
    pub fn look_onward(&self, needles: &Needles, go_on: &mut dyn FnMut() -> bool) -> bool {
        if lock(&self.onward).as_ref().is_some_and(|onward| onward.is_of(needles)) {
            return true;
        }
        let Some(mut onward) = Onward::new(needles) else { return true };
        let former = self.at_hand(needles);
        let former = former.as_ref().and_then(|hits| hits.found.as_ref());
        let all = self.blocks.len();
        for first in (0..all).step_by(STRETCH) {
            if !go_on() {
                return false;
            }
            let stretch = first..all.min(first + STRETCH);
            let mut take = |number: usize, begin: usize| {
                onward.push((number, begin), self.between(begin), self.plain[number]);
                ControlFlow::Continue(())
            };
            let _ = match former {
                Some(found) => self.among(found, stretch, needles, &mut take),
                None if needles.alone().is_some() && !needles.asks_who() => {
                    self.onward_of(stretch, needles, &mut onward)
                }
                None => self.scan(stretch, needles, &mut take),
            };
        }
        *lock(&self.onward) = Some(onward);
        true
    }

    /// Goes from one place of the only word to the next: everything else is worth knowing of few.
    fn onward_of(&self, blocks: Range<usize>, needles: &Needles, onward: &mut Onward) -> ControlFlow<()> {
        let Some((word, length)) = self.probe(needles).zip(needles.alone().map(<[u8]>::len)) else {
            return ControlFlow::Continue(());
        };
        let (mut text, end) = (self.start(blocks.start), self.start(blocks.end));
        let mut from = text;
        while let Some(hit) = self.bytes.get(from..end).and_then(|rest| word.find(rest)) {
            let hit = from + hit;
            text = memrchr(END, &self.bytes[text..hit]).map_or(text, |at| text + at + 1);
            onward.note(self.bytes[hit + length], text, || self.number_at(text));
            from = hit + 1;
        }
        ControlFlow::Continue(())
    }

    /// The number of the one whose text begins there.
    fn number_at(&self, begin: usize) -> usize {
        let block = self.blocks.partition_point(|(at, _)| *at as usize <= begin).saturating_sub(1);
        block * BLOCK + memchr_iter(END, &self.bytes[self.start(block)..begin]).count()
    }

    /// The last hits, where they are at hand and this search can find nobody else. What was counted ahead for exactly
    /// this search becomes the last hits.
    fn at_hand(&self, needles: &Needles) -> Option<Arc<Hits>> {
        if let Some(found) = lock(&self.onward).as_mut().and_then(|onward| onward.take(needles)) {
            let hits = Hits { needles: needles.clone(), count: found.len(), found: Some(found) };
            *lock(&self.last) = Some(Arc::new(hits));
        }
        let wider = |hits: &&Arc<Hits>| hits.found.is_some() && needles.are_narrower_than(&hits.needles);
        lock(&self.last).as_ref().filter(wider).cloned()
    }

    /// Everybody who has all that is looked for.
    fn gathered(&self, needles: &Needles) -> Arc<Hits> {
        let _turn = lock(&self.turn);
        if let Some(same) = self.same(needles) {
            return same;
        }
        let (count, found) = match self.at_hand(needles).as_ref().and_then(|hits| hits.found.as_ref()) {
            Some(former) => {
                let found = self.gather_among(former, needles);
                (found.len(), Some(found))
            }
            None => self.gather(needles),
        };
        let hits = Arc::new(Hits { needles: needles.clone(), count, found });
        *lock(&self.last) = Some(Arc::clone(&hits));
        hits
    }

    /// Goes through all, in two halves beside each other.
    fn gather(&self, needles: &Needles) -> (usize, Option<Places>) {
        let (middle, end) = (self.blocks.len() / 2, self.blocks.len());
        if self.bytes.len() < THREADED_BYTES {
            return self.gather_from(0..end, needles);
        }
        let (before, behind) = self.beside(middle, |blocks| self.gather_from(blocks, needles));
        let both = before.1.zip(behind.1).map(|(mut found, more)| {
            found.extend(more);
            found
        });
        (before.0 + behind.0, both.filter(|found| found.len() <= self.most()))
    }

    /// Goes through former hits, in two halves beside each other where they are many.
    fn gather_among(&self, former: &Places, needles: &Needles) -> Places {
        let gather = |blocks| {
            let mut found = Vec::new();
            let _ = self.among(former, blocks, needles, &mut |number, begin| {
                found.extend(place(number, begin));
                ControlFlow::Continue(())
            });
            found
        };
        match former.get(former.len() / 2) {
            Some((middle, _)) if former.len() >= THREADED_HITS => {
                let (mut found, more) = self.beside(*middle as usize / BLOCK, gather);
                found.extend(more);
                found
            }
            _ => gather(0..self.blocks.len()),
        }
    }

    /// Does something with the blocks before this one and with those from it on, on two threads.
    fn beside<T: Send>(&self, middle: usize, work: impl Fn(Range<usize>) -> T + Sync) -> (T, T) {
        thread::scope(|scope| {
            let other = thread::Builder::new().name("names".into()).spawn_scoped(scope, || work(0..middle));
            let behind = work(middle..self.blocks.len());
            let before = other.ok().and_then(|other| other.join().ok());
            (before.unwrap_or_else(|| work(0..middle)), behind)
        })
    }

    /// How many hits are kept at most.
    fn most(&self) -> usize {
        KEPT_AT_LEAST + self.seqs.len() / KEPT_ONE_IN
    }

    fn gather_from(&self, blocks: Range<usize>, needles: &Needles) -> (usize, Option<Places>) {
        let (mut found, most) = (Vec::new(), self.most());
        let mut rest = None;
        let _ = self.scan(blocks.clone(), needles, &mut |number, begin| {
            if found.len() == most {
                rest = Some(number / BLOCK);
                return ControlFlow::Break(());
            }
            found.extend(place(number, begin));
            ControlFlow::Continue(())
        });
        let Some(block) = rest else { return (found.len(), Some(found)) };
        let before = found.partition_point(|(number, _)| (*number as usize) < block * BLOCK);
        (before + self.count_from(block..blocks.end, needles), None)
    }

    /// How many there are, without finding out who they are where that does not matter.
    fn count_from(&self, blocks: Range<usize>, needles: &Needles) -> usize {
        let mut count = 0;
        if needles.asks_who() {
            let _ = self.scan(blocks, needles, &mut |_, _| {
                count += 1;
                ControlFlow::Continue(())
            });
            return count;
        }
        let Some(first) = self.probe(needles) else { return 0 };
        let (mut begin, end) = (self.start(blocks.start), self.start(blocks.end));
        while let Some(hit) = self.bytes.get(begin..end).and_then(|rest| first.find(rest)) {
            let hit = begin + hit;
            let text = || memrchr(END, &self.bytes[begin..hit]).map_or(begin, |at| begin + at + 1);
            count += usize::from(needles.alone().is_some() || needles.others_are_in(self.between(text())));
            begin = memchr(END, &self.bytes[hit..]).map_or(end, |at| hit + at + 1);
        }
        count
    }

    /// Those of former hits in these blocks who have all that is looked for now.
    fn among(&self, found: &Places, blocks: Range<usize>, needles: &Needles, take: Take<'_>) -> ControlFlow<()> {
        let numbers = blocks.start * BLOCK..blocks.end * BLOCK;
        let from = found.partition_point(|hit| (hit.0 as usize) < numbers.start);
        let hits = found[from..].iter().map(|hit| (hit.0 as usize, hit.1 as usize));
        for (number, begin) in hits.take_while(|(number, _)| *number < numbers.end) {
            if self.passes(number, begin, needles) {
                take(number, begin)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn probe<'n>(&self, needles: &'n Needles) -> Option<Probe<'n>> {
        needles.first().map(|first| Probe::new(first.needle(), &self.pairs))
    }

    fn scan(&self, blocks: Range<usize>, needles: &Needles, take: Take<'_>) -> ControlFlow<()> {
        let Some(first) = self.probe(needles) else { return ControlFlow::Continue(()) };
        let (mut begin, end) = (self.start(blocks.start), self.start(blocks.end));
        let (mut number, mut block) = (blocks.start * BLOCK, blocks.start);
        // A needle may begin with the end of whoever stands before.
        while begin < end
            && let Some(hit) = first.find(&self.bytes[begin - 1..end])
        {
            let hit = begin - 1 + hit + usize::from(first.begins_with(END));
            // From the last block that begins before it, the people between need not be counted one by one.
            while block + 1 < blocks.end && self.start(block + 1) <= hit {
                block += 1;
                (begin, number) = (self.start(block), block * BLOCK);
            }
            number += memchr_iter(END, &self.bytes[begin..hit]).count();
            let text = memrchr(END, &self.bytes[begin..hit]).map_or(begin, |at| begin + at + 1);
            let between = self.between(text);
            if needles.others_are_in(between) && needles.are_meant(self.plain[number]) {
                take(number, text)?;
            }
            (begin, number) = (text + between.len() - 1, number + 1);
        }
        ControlFlow::Continue(())
    }
}

fn place(number: usize, begin: usize) -> Option<(u32, u32)> {
    u32::try_from(number).ok().zip(u32::try_from(begin).ok())
}
