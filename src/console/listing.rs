//! What the lists have in common: a window, a filter line, and one question at a time.

use std::ops::Range;

use ratatui::layout::Rect;
use tui_input::Input;

use super::bar;
use super::effect::Turn;
use super::ink::Ink;
use super::theme::Role;
use super::window::{Row, Want, Window};
use super::words::{clip_end, clipped, number, shown, take_last, width};
use crate::accounts::Result;
use crate::accounts::query::{Filter, Key, Page};
use crate::accounts::time::{Span, Time};

/// The state of a list.
pub struct Listing<T: Row, F = Filter> {
    /// The rows.
    pub window: Window<T>,
    /// What is listed.
    pub filter: F,
    /// The filter line.
    pub input: Input,
    /// Whether the filter is being typed.
    pub typing: bool,
    /// What is wrong with the filter as typed.
    pub fault: Option<String>,
    /// Which bytes of it are at fault.
    pub place: Option<Range<usize>>,
    /// How many rows there are under the filter, once counted.
    pub matches: Option<u32>,
    parse: fn(&str) -> Result<F>,
    turn: Turn,
    asked: Option<Want>,
    /// Whether what was asked for only lies beside what is seen.
    spare: bool,
    /// What could not be read: asked for again when somebody wants it, not by itself for ever.
    refused: Option<Want>,
    due: Option<Want>,
    count_due: bool,
    count_turn: Turn,
    /// The number of the newest question of how many rows stand before those that are held, and when it was asked.
    rank_turn: Turn,
    ranked_at: Option<Time>,
    /// Whether it is on its way.
    ranking: bool,
}

/// How many cells of a filter a title shows.
const SHOWN: usize = 40;

/// In fewer cells a list is called by one word.
const NARROW: u16 = 64;

/// A filter as it stands in a title.
struct Line<'n> {
    name: &'n str,
    text: String,
    /// How many cells stand before the terminal's cursor.
    before: usize,
    /// Whether all of it is seen.
    whole: bool,
}

impl Line<'_> {
    /// In which cell of the title it begins.
    fn start(&self) -> usize {
        2 + width(self.name) + 2
    }
}

/// A page to ask for.
pub struct Wanted {
    /// The number of the question.
    pub turn: Turn,
    /// Where the page belongs.
    pub want: Want,
    /// How many rows.
    pub limit: u16,
}

impl<T: Row, F: Clone + PartialEq + Default> Listing<T, F> {
    /// An empty list whose filter is read by `parse`.
    pub fn new(parse: fn(&str) -> Result<F>) -> Self {
        Listing {
            window: Window::default(),
            filter: F::default(),
            input: Input::default(),
            typing: false,
            fault: None,
            place: None,
            matches: None,
            parse,
            turn: 0,
            asked: None,
            spare: false,
            refused: None,
            due: None,
            count_due: false,
            count_turn: 0,
            rank_turn: 0,
            ranked_at: None,
            ranking: false,
        }
    }

    /// Starts over at the top, as after a new filter or order. The old rows stay until the new ones are there.
    pub fn restart(&mut self) {
        self.window.stay();
        self.refused = None;
        self.due = Some(Want::Top);
        self.count_due = true;
        self.matches = None;
    }

    /// Starts over around the row of this key, so that the cursor stays on it while the list changes around it.
    pub fn restart_at(&mut self, key: Option<Key>) {
        self.restart();
        if let Some(key) = key {
            self.due = Some(Want::At(key));
        }
    }

    /// Starts over at the last row before this key.
    pub fn restart_till(&mut self, key: Key) {
        self.restart();
        self.due = Some(Want::Till(key));
    }

    /// Moves the cursor; a page that could not be read is asked for once more.
    pub fn move_by(&mut self, delta: isize, height: usize) {
        self.refused = None;
        self.window.move_by(delta, height);
    }

    /// Takes the filter away; whoever is under the cursor stays there.
    pub fn clear_filter(&mut self) {
        let key = self.window.current_key().cloned();
        self.set_filter("");
        if self.due == Some(Want::Top) {
            self.restart_at(key);
        }
    }

    /// Begins to type: on from the end of the filter that is in force. A word may go on; behind a value, which is
    /// whole, the next condition begins.
    pub fn start_typing(&mut self) {
        self.typing = true;
        let line = self.input.value();
        // What was not typed, but only stands in the title, may mean more than it says.
        let mut line = if (self.parse)(line).is_ok_and(|filter| filter == self.filter) { line } else { "" }.to_owned();
        let last = line.rsplit(char::is_whitespace).next().unwrap_or_default();
        if last.contains(':') || last.ends_with('"') {
            line.push(' ');
        }
        self.input = Input::new(line);
    }

    /// Reads what is shown once more, since something has changed.
    pub fn refresh(&mut self) {
        if self.due.is_none() {
            // A new beginning that is on its way is asked for anew, and not given up for what stood there before.
            self.due = Some(match self.asked.take() {
                Some(want @ (Want::Top | Want::Bottom | Want::At(_) | Want::Till(_))) => want,
                _ => self.window.again(),
            });
        }
        self.count_due = true;
    }

    /// Goes to the first or the last of all.
    pub fn to_edge(&mut self, last: bool, height: usize) {
        if self.window.holds_edge(last) {
            self.window.to_edge(last, height);
        } else {
            self.window.jump();
            self.due = Some(if last { Want::Bottom } else { Want::Top });
        }
    }

    /// Takes the filter line over as the filter.
    pub fn apply_input(&mut self) {
        match (self.parse)(self.input.value()) {
            Ok(filter) => {
                (self.fault, self.place) = (None, None);
                if filter != self.filter {
                    self.filter = filter;
                    self.restart();
                }
            }
            Err(error) => {
                self.place = error.place.clone();
                self.fault = Some(error.to_string());
            }
        }
    }

    /// Changes what was typed. Only another text is read again.
    pub fn type_input(&mut self, change: impl FnOnce(&mut Input)) {
        let before = self.input.value().to_owned();
        change(&mut self.input);
        if self.input.value() != before {
            self.apply_input();
        }
    }

    /// Sets the filter from outside, as the ready lists do.
    pub fn set_filter(&mut self, text: &str) {
        self.input = Input::new(text.to_owned());
        self.apply_input();
    }

    /// Sets a filter that nobody typed; `text` is what the title says of it.
    pub fn set_meaning(&mut self, filter: F, text: String) {
        (self.filter, self.fault, self.place) = (filter, None, None);
        self.input = Input::new(text);
        self.restart();
    }

    /// The page that has to be asked for now, if one is. One at a time: the next when this one is there. Pages beside
    /// what is seen are asked for where there is `leisure`: nobody waits for them.
    pub fn page_due(&mut self, height: usize, leisure: bool) -> Option<Wanted> {
        let (want, spare) = match self.due.take() {
            Some(want) => (want, false),
            None if self.asked.is_some() => return None,
            None => {
                let spare = !self.window.is_short(height);
                let wanted = self.window.wants(height).filter(|_| leisure || !spare);
                (wanted.filter(|want| self.refused.as_ref() != Some(want))?, spare)
            }
        };
        self.turn += 1;
        self.spare = spare;
        let limit = match want {
            // The first rows as soon as can be, and those beside them when they are seen.
            Want::Top | Want::Bottom | Want::At(_) => Window::<T>::least(height),
            _ => Window::<T>::limit(height),
        };
        self.asked = Some(want.clone());
        Some(Wanted { turn: self.turn, want, limit })
    }

    /// Whether the rows have to be counted anew, and under which number.
    pub fn count_due(&mut self) -> Option<Turn> {
        std::mem::take(&mut self.count_due).then(|| {
            self.count_turn += 1;
            self.count_turn
        })
    }

    /// Takes a count, unless it is of an older filter.
    pub fn counted(&mut self, turn: Turn, rows: u32) {
        if turn == self.count_turn {
            self.matches = Some(rows);
        }
    }

    /// The key before which the rows have to be counted for the scrollbar, with the number of the question. Not while
    /// the list is about to be another one; and what is right but for what others have done since is not counted anew
    /// at each of their deeds.
    pub fn rank_due(&mut self, now: Time) -> Option<(Turn, Key)> {
        const AGE: Span = Span::SECOND.times(5);
        if self.due.is_some() || self.asked.is_some() || self.ranking {
            return None;
        }
        let key = self.window.lost_at().cloned()?;
        let young = |at: Time| at <= now && now.since(at) < AGE;
        if self.ranked_at.is_some_and(young) {
            return None;
        }
        (self.ranking, self.ranked_at) = (true, Some(now));
        self.rank_turn += 1;
        self.window.bearings_mut().begin();
        Some((self.rank_turn, key))
    }

    /// Takes how many rows stand before those that were held when it was asked; `None` where it cannot be told.
    pub fn ranked(&mut self, turn: Turn, rows: Option<u32>) {
        if turn == self.rank_turn
            && std::mem::take(&mut self.ranking)
            && let Some(rows) = rows
        {
            self.window.bearings_mut().tell(rows);
        }
    }

    /// Draws the scrollbar of so many rows in all, on a wall or in a column of its own.
    pub fn draw_bar(&self, ink: &mut Ink<'_>, (column, walled): (Rect, bool), total: Option<u32>) {
        if self.window.is_loaded() {
            bar::draw(ink, column, walled, &self.window.seen(usize::from(column.height), total.map(u64::from)));
        }
    }

    /// Whether this is the number of the newest count.
    pub fn is_counted_as(&self, turn: Turn) -> bool {
        turn == self.count_turn
    }

    /// Whether this is the answer that is waited for.
    pub fn is_current(&self, turn: Turn) -> bool {
        turn == self.turn
    }

    /// Whether a page is on its way without which the screen is not what was asked for.
    pub fn is_waiting(&self) -> bool {
        self.due.is_some() || self.asked.is_some() && !(self.spare && self.window.is_settled())
    }

    /// Takes a page.
    pub fn land(&mut self, want: &Want, page: Page<T>, height: usize) {
        (self.asked, self.refused) = (None, None);
        if page.total.is_some() {
            // What may still be counted is no newer.
            (self.matches, self.count_due) = (page.total, false);
            self.count_turn += 1;
        }
        self.window.land(want, page, height);
        if !matches!(want, Want::Below(_) | Want::Above(_)) {
            // What is being counted is about rows that are not held any more.
            self.ranking = false;
            let at_once = self.window.bearings_mut().is_urgent(self.filter == F::default());
            self.ranked_at = self.ranked_at.filter(|_| !at_once);
        }
    }

    /// A page could not be read.
    pub fn failed(&mut self) {
        self.refused = self.asked.take();
        self.window.stay();
    }

    /// The words for how many rows there are. While the filter is at fault the old rows stay, but they are not how many
    /// it finds.
    pub fn count_words(&self, rows: Option<u32>, kind: &str) -> String {
        if self.fault.is_some() && !self.window.is_empty() {
            return "of the filter before · ".to_owned();
        }
        let rows = rows.filter(|_| self.fault.is_none());
        rows.map(|n| format!("{}{kind} · ", number(u64::from(n)))).unwrap_or_default()
    }

    /// Draws the title: what is listed, by which filter, how many and in which order; places the terminal's cursor
    /// while the filter is typed.
    pub fn draw_title(&self, ink: &mut Ink<'_>, area: Rect, name: &str, right: String, focused: bool) {
        let line = self.line(area, name);
        let mut left = vec![(line.name.to_owned(), Role::Title)];
        if self.typing || !self.input.value().is_empty() {
            let role = if self.fault.is_some() { Role::Bad } else { Role::Key };
            left.push((format!(" /{}", line.text), role));
        }
        let mut right = right.as_str();
        let taken = line.start() + width(&line.text) + 5;
        // What is typed has to be seen where it is typed; what is told of the rest gives way, and is not cut midway.
        let cut = |right: &str| taken + width(right) > usize::from(area.width);
        while cut(right) && (self.typing && !right.is_empty() || right.contains(" · ")) {
            right = right.rsplit_once(" · ").map_or("", |(first, _)| first);
        }
        ink.title(area, &left, &[(right.to_owned(), Role::Faint)], focused);
        if self.typing {
            let x = area.x + u16::try_from(line.start() + line.before).unwrap_or(u16::MAX);
            ink.cursor = Some((x.min(area.right() - 1), area.y));
        }
    }

    /// The filter as there is room for it: while it is typed, what stands before the cursor is seen.
    fn line<'n>(&self, area: Rect, name: &'n str) -> Line<'n> {
        let value = self.input.value();
        let name = if area.width < NARROW { name.split(' ').next().unwrap_or(name) } else { name };
        if !self.typing {
            return Line { name, text: clipped(value, SHOWN), before: 0, whole: false };
        }
        let typed: String = value.chars().take(self.input.cursor()).collect();
        let (text, typed) = (shown(value), shown(&typed));
        let room = usize::from(area.width).saturating_sub(2 + width(name) + 2 + 2).clamp(1, SHOWN);
        if width(&text) <= room {
            return Line { name, text, before: width(&typed), whole: true };
        }
        let text = match width(&typed) < room {
            true => clip_end(&text, room),
            false => format!("…{}", take_last(&typed, room - 1)),
        };
        let before = width(&typed).min(width(&text));
        Line { name, text, before, whole: false }
    }

    /// Points at what is wrong with the filter, beneath the line in which it is typed: where the column heads stand,
    /// never over a row.
    pub fn draw_place(&self, ink: &mut Ink<'_>, area: Rect, name: &str) {
        let (value, title) = (self.input.value(), self.line(area, name));
        let fault = self.place.clone().filter(|_| title.whole);
        let Some((before, at)) = fault.and_then(|place| Some((value.get(..place.start)?, value.get(place)?))) else {
            return;
        };
        let cells = |text: &str| u16::try_from(width(&shown(text))).unwrap_or(u16::MAX);
        let start = area.x + u16::try_from(title.start()).unwrap_or(u16::MAX) + cells(before);
        let line = Rect { y: area.y + 1, height: 1, ..area };
        ink.clear(line);
        let carets = "^".repeat(usize::from(cells(at).max(1)));
        ink.text(start, line.y, line.right().saturating_sub(start), &carets, Role::Bad);
    }

    /// Draws the rows from `y` down by `row`, with the mark and the bar of the cursor.
    pub fn draw_rows(&self, ink: &mut Ink<'_>, area: Rect, focused: bool, mut row: impl FnMut(&mut Ink<'_>, Rect, &T)) {
        let cursor = self.window.cursor_in_view();
        for (item, (i, y)) in self.window.visible(usize::from(area.height)).zip((area.y..area.bottom()).enumerate()) {
            let line = Rect { y, height: 1, ..area };
            // What a filter that is not understood left on the screen is nobody's to be chosen.
            let chosen = i == cursor && self.fault.is_none();
            if chosen {
                ink.text(line.x + 1, line.y, 1, "›", Role::Key);
            }
            row(ink, line, item);
            if self.fault.is_some() {
                ink.paint(line, Role::Faint);
            }
            if chosen {
                ink.paint(line, if focused { Role::Cursor } else { Role::Marked });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::query::KeyValue;

    struct N(i64);

    impl Row for N {
        type Id = i64;

        fn identity(&self) -> &i64 {
            &self.0
        }
    }

    #[test]
    fn nobody_waits_for_the_rows_beside_those_that_are_seen() {
        let mut list: Listing<N> = Listing::new(Filter::parse);
        list.restart();
        let first = list.page_due(10, false).expect("the first page");
        assert!(first.limit < Window::<N>::limit(10) && list.is_waiting());
        let rows = (0..11).map(|n| (Key { value: KeyValue::Number(n), seq: n }, N(n))).collect();
        list.land(&first.want, Page { rows, more_before: false, more_after: true, total: None }, 10);
        assert!(list.page_due(10, false).is_none(), "there is something better to ask for");
        let beside = list.page_due(10, true).expect("the rows below");
        assert!(matches!(beside.want, Want::Below(_)) && !list.is_waiting());
        list.move_by(20, 10);
        assert!(list.is_waiting(), "somebody goes there");
    }

    #[test]
    fn a_page_that_cannot_be_read_is_not_asked_for_for_ever() {
        let mut list: Listing<N> = Listing::new(Filter::parse);
        list.restart();
        let first = list.page_due(10, false).expect("the first page");
        let key = |n| Key { value: KeyValue::Number(n), seq: n };
        let rows = (0..15).map(|n| (key(n), N(n))).collect();
        list.land(&first.want, Page { rows, more_before: false, more_after: true, total: None }, 10);
        assert_eq!(list.page_due(10, true).map(|wanted| wanted.want), Some(Want::Below(key(14))));
        list.failed();
        assert!(list.page_due(10, true).is_none(), "nobody has done anything");
        list.move_by(1, 10);
        assert!(list.page_due(10, true).is_some(), "somebody wants to go there");
        list.failed();
        list.refresh();
        assert!(list.page_due(10, true).is_some(), "something has changed");
    }
}
