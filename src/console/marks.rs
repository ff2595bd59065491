//! What is marked in a list: each with what was seen of it then, so that nothing is done to somebody who has moved on.
//!
//! Pure state. It knows neither which rows pass the present filter nor what will be done to the marked ones.

use std::collections::{BTreeMap, BTreeSet};

use ratatui::layout::Rect;

use super::ink::Ink;
use super::theme::Role;
use super::words::number;
use crate::accounts::query::Key;

/// How many can be marked at once: more than anybody looks through, few enough to be held.
pub const MOST: usize = 100_000;

/// A stretch of the list as it stands: all of it, or from one row to another, whichever comes first.
pub type Stretch = Option<(Key, Key)>;

/// The marks on a list.
#[derive(Clone, Debug)]
pub struct Marks<K: Ord + Clone, V> {
    held: BTreeMap<K, V>,
    /// The marks that were dropped last, for whoever wants them back.
    dropped: BTreeMap<K, V>,
    /// While an order about the marked is at work: what was marked since. It is no part of the order, and stays.
    since: Option<BTreeSet<K>>,
    /// Where a range began.
    range: Option<(K, Key)>,
    /// The filter that all of them passed, where they are what it found and nothing else.
    found_by: Option<String>,
    due: Option<(Stretch, String)>,
    asked: Option<String>,
    turn: u64,
}

impl<K: Ord + Clone, V> Default for Marks<K, V> {
    fn default() -> Self {
        Marks {
            held: BTreeMap::new(),
            dropped: BTreeMap::new(),
            since: None,
            range: None,
            found_by: None,
            due: None,
            asked: None,
            turn: 0,
        }
    }
}

impl<K: Ord + Clone, V: Clone> Marks<K, V> {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.held.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Whether there is anything to drop or to bring back.
    pub fn is_blank(&self) -> bool {
        self.held.is_empty() && self.dropped.is_empty()
    }

    /// What was seen of a row when it was marked.
    pub fn of(&self, id: &K) -> Option<&V> {
        self.held.get(id)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (&K, &V)> {
        self.held.iter()
    }

    /// The expression that found exactly these, where one did.
    pub fn found_by(&self) -> Option<&str> {
        self.found_by.as_deref()
    }

    /// Marks a row, or takes its mark away; `false` where no more can be marked.
    pub fn toggle(&mut self, id: &K, seen: V) -> bool {
        self.found_by = None;
        if self.held.remove(id).is_some() {
            if let Some(since) = &mut self.since {
                since.remove(id);
            }
            return true;
        }
        let room = self.held.len() < MOST;
        if room {
            self.hold(id.clone(), seen);
        }
        room
    }

    /// A row keeps what was seen of it first.
    fn hold(&mut self, id: K, seen: V) {
        if let Some(since) = &mut self.since {
            since.insert(id.clone());
        }
        self.held.entry(id).or_insert(seen);
    }

    /// An order about the marked begins.
    pub fn order_begins(&mut self) {
        self.since = Some(BTreeSet::new());
    }

    /// The order has ended. Where it was `done`, the marks that it was about are dropped, and can be brought back. An
    /// order that did not begin with these marks was about those of somebody who sat here before.
    pub fn order_ends(&mut self, done: bool) {
        let Some(since) = self.since.take() else { return };
        if !done || self.held.len() == since.len() {
            return;
        }
        let mut over = std::mem::take(&mut self.held);
        for id in &since {
            self.held.extend(over.remove_entry(id));
        }
        (self.dropped, self.found_by) = (over, None);
    }

    /// Drops all marks and what is on its way; with none there, brings the last ones back. `true` where there are marks
    /// afterwards.
    pub fn drop_or_bring_back(&mut self) -> bool {
        self.range = None;
        self.forget_question();
        if self.held.is_empty() {
            for (id, seen) in std::mem::take(&mut self.dropped) {
                self.hold(id, seen);
            }
        } else {
            if let Some(since) = &mut self.since {
                since.clear();
            }
            self.dropped = std::mem::take(&mut self.held);
        }
        self.found_by = None;
        !self.held.is_empty()
    }

    /// Hears of a newer state that was made or seen here: whoever marked the row knows of it.
    pub fn seen(&mut self, id: &K, now: V) {
        for marks in [&mut self.held, &mut self.dropped] {
            if let Some(seen) = marks.get_mut(id) {
                *seen = now.clone();
            }
        }
    }

    /// Begins a range at this row; with one begun, ends it here and asks for all between.
    pub fn range(&mut self, id: &K, key: &Key) -> bool {
        match self.range.take() {
            Some((_, from)) => {
                self.due = Some((Some((from, key.clone())), String::new()));
                false
            }
            None => {
                self.range = Some((id.clone(), key.clone()));
                true
            }
        }
    }

    /// Where a range began that has not ended yet.
    pub fn range_from(&self) -> Option<&K> {
        self.range.as_ref().map(|(id, _)| id)
    }

    /// Gives a range up; `false` where none had begun.
    pub fn end_range(&mut self) -> bool {
        self.range.take().is_some()
    }

    /// Asks for all that a filter, which reads so, lets through.
    pub fn mark_all(&mut self, expression: &str) {
        self.range = None;
        self.due = Some((None, expression.to_owned()));
    }

    /// The question for the rows of a stretch, if one has to be asked.
    pub fn question_due(&mut self) -> Option<(u64, Stretch)> {
        let (stretch, expression) = self.due.take()?;
        self.turn += 1;
        self.asked = Some(expression);
        Some((self.turn, stretch))
    }

    /// Whether rows to mark are on their way.
    pub fn is_waiting(&self) -> bool {
        self.due.is_some() || self.asked.is_some()
    }

    /// Whether this is the answer that is waited for.
    pub fn is_current(&self, turn: u64) -> bool {
        turn == self.turn && self.asked.is_some()
    }

    /// The rows could not be read, or are not wanted any more.
    pub fn forget_question(&mut self) {
        (self.due, self.asked) = (None, None);
    }

    /// What a title tells of them: `3 marked · `.
    pub fn words(&self) -> String {
        let range = if self.range.is_some() { "range · " } else { "" };
        match self.held.len() {
            0 => range.to_owned(),
            n => format!("{} marked · {range}", number(n as u64)),
        }
    }

    /// Draws the sign of a row before it: marked, changed since it was marked, or the beginning of a range.
    pub fn draw(&self, ink: &mut Ink<'_>, line: Rect, id: &K, changed: bool) {
        let sign = match self.held.contains_key(id) {
            true if changed => "~",
            true => "*",
            false if self.range_from() == Some(id) => "v",
            false => return,
        };
        ink.text(line.x, line.y, 1, sign, Role::Key);
    }

    /// Marks the rows of a stretch; answers how many are marked now that were not before, and whether there was room
    /// for all. A row keeps what was seen of it first.
    pub fn land(&mut self, rows: Vec<(K, V)>) -> (usize, bool) {
        let asked = self.asked.take().filter(|expression| !expression.trim().is_empty());
        self.found_by = asked.filter(|_| self.held.is_empty());
        let (before, mut room) = (self.held.len(), true);
        for (id, seen) in rows {
            if self.held.len() >= MOST && !self.held.contains_key(&id) {
                (self.found_by, room) = (None, false);
                break;
            }
            self.hold(id, seen);
        }
        (self.held.len() - before, room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::query::KeyValue;

    fn key(n: i64) -> Key {
        Key { value: KeyValue::Number(n), seq: n }
    }

    fn marked(ids: &[i64]) -> Marks<i64, i64> {
        let mut marks = Marks::default();
        ids.iter().for_each(|id| assert!(marks.toggle(id, 1)));
        marks
    }

    #[test]
    fn a_mark_is_made_and_taken_away_and_keeps_what_was_seen() {
        let mut marks = marked(&[1, 2]);
        assert_eq!((marks.count(), marks.of(&2)), (2, Some(&1)));
        marks.toggle(&2, 7);
        assert_eq!((marks.count(), marks.of(&2)), (1, None));
        marks.toggle(&2, 7);
        assert_eq!(marks.of(&2), Some(&7));
    }

    #[test]
    fn dropped_marks_come_back_in_the_newest_state_that_was_heard_of() {
        let mut marks = marked(&[1, 2]);
        assert!(!marks.drop_or_bring_back());
        marks.seen(&1, 5);
        assert!(marks.drop_or_bring_back());
        assert_eq!((marks.of(&1), marks.of(&2)), (Some(&5), Some(&1)));
        assert!(Marks::<i64, i64>::default().is_blank());
    }

    #[test]
    fn what_is_marked_while_an_order_is_at_work_outlives_it() {
        let mut marks = marked(&[1, 2, 3]);
        marks.order_begins();
        marks.toggle(&7, 1);
        marks.toggle(&8, 1);
        marks.toggle(&8, 1);
        marks.toggle(&2, 1);
        marks.toggle(&2, 5);
        marks.order_ends(true);
        assert_eq!(marks.all().map(|(id, seen)| (*id, *seen)).collect::<Vec<_>>(), [(2, 5), (7, 1)]);
        marks.drop_or_bring_back();
        assert_eq!(marks.count(), 0);
        let mut marks = marked(&[1, 2]);
        marks.order_begins();
        marks.order_ends(true);
        assert!(marks.is_empty() && marks.drop_or_bring_back(), "those of the order can be brought back");
        marks.order_begins();
        marks.order_ends(false);
        assert_eq!(marks.count(), 2, "nothing was done to them");
        marks.order_ends(true);
        assert_eq!(marks.count(), 2, "the order was not about them");
    }

    #[test]
    fn marks_dropped_or_found_while_an_order_is_at_work_are_as_they_were_left() {
        let mut marks = marked(&[1, 2]);
        marks.order_begins();
        marks.drop_or_bring_back();
        marks.toggle(&7, 1);
        marks.mark_all("x");
        let (turn, _) = marks.question_due().expect("a question");
        marks.order_ends(true);
        assert!(marks.is_current(turn), "what is on its way still comes");
        assert_eq!(marks.count(), 1);
        marks.toggle(&7, 1);
        assert!(marks.drop_or_bring_back() && marks.count() == 2);
        marks.order_begins();
        marks.drop_or_bring_back();
        marks.drop_or_bring_back();
        marks.order_ends(true);
        assert_eq!(marks.count(), 2, "brought back meanwhile, they are marked meanwhile");
    }

    #[test]
    fn a_range_is_asked_for_from_where_it_began() {
        let mut marks = marked(&[]);
        assert!(marks.range(&3, &key(3)));
        assert_eq!(marks.range_from(), Some(&3));
        assert!(!marks.range(&9, &key(9)));
        let (turn, stretch) = marks.question_due().expect("a question");
        assert_eq!(stretch, Some((key(3), key(9))));
        assert!(marks.is_current(turn) && !marks.is_current(turn + 1));
        assert_eq!(marks.land(vec![(3, 1), (4, 1)]), (2, true));
        assert!(!marks.is_waiting());
    }

    #[test]
    fn what_a_filter_found_is_known_by_it_until_a_mark_is_changed() {
        let mut marks = marked(&[]);
        marks.mark_all("is:live");
        marks.question_due().expect("a question");
        marks.land(vec![(1, 1), (2, 1)]);
        assert_eq!(marks.found_by(), Some("is:live"));
        marks.toggle(&2, 1);
        assert_eq!(marks.found_by(), None);
        marks.mark_all("is:live");
        marks.question_due().expect("a question");
        assert_eq!(marks.land(vec![(1, 9), (2, 9)]), (1, true), "one of them was marked already");
        assert_eq!((marks.of(&1), marks.found_by()), (Some(&1), None));
    }

    #[test]
    fn dropping_forgets_what_was_asked_for() {
        let mut marks = marked(&[1]);
        marks.mark_all("");
        let (turn, _) = marks.question_due().expect("a question");
        marks.drop_or_bring_back();
        assert!(!marks.is_current(turn), "marks that were dropped do not come by themselves");
    }

    #[test]
    fn no_more_are_marked_than_can_be_held() {
        let mut marks = marked(&[]);
        marks.mark_all("x");
        marks.question_due().expect("a question");
        let most = i64::try_from(MOST).expect("a number");
        assert_eq!(marks.land((0..most + 5).map(|id| (id, 1)).collect()), (MOST, false));
        assert!(!marks.toggle(&-1, 1));
        assert_eq!(marks.found_by(), None, "not all that it finds are marked");
        assert_eq!(marks.land(vec![(0, 1), (1, 1)]), (0, true), "these are marked already");
        assert_eq!(
            marks.land(vec![(0, 1), (-1, 1)]),
            (0, false),
            "and for this one there is no room beside the others"
        );
    }
}
