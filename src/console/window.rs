//! A window on a list that may be endless: the rows that are seen, a page on each side, and the cursor.
//!
//! Pure state. It says which page it wants next and takes what comes; who fetches it, it does not know.

use std::collections::VecDeque;

use super::bar::{Bearings, Seen};
use crate::accounts::query::{Anchor, Key, Page};

/// Something a list holds.
pub trait Row {
    /// What makes it itself, whatever changes about it.
    type Id: Clone + PartialEq;

    /// Its identity.
    fn identity(&self) -> &Self::Id;
}

/// The window.
#[derive(Clone, Debug)]
pub struct Window<T: Row> {
    rows: VecDeque<(Key, T)>,
    top: usize,
    cursor: usize,
    more_before: bool,
    more_after: bool,
    /// Moves that could not be made because the rows were not there yet.
    owed: isize,
    /// An edge is on its way: moves count from there.
    jumping: bool,
    /// How far the cursor was moved last.
    stride: isize,
    /// Who was under the cursor and vanished; the cursor was not moved since.
    vanished: Option<T::Id>,
    /// Whether any page has come yet.
    loaded: bool,
    /// Where in the list this is.
    bearings: Bearings,
}

impl<T: Row> Default for Window<T> {
    fn default() -> Self {
        Window {
            rows: VecDeque::new(),
            top: 0,
            cursor: 0,
            more_before: false,
            more_after: false,
            owed: 0,
            jumping: false,
            stride: 0,
            vanished: None,
            loaded: false,
            bearings: Bearings::default(),
        }
    }
}

/// Where a page that was asked for belongs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Want {
    /// In the place of everything, with the cursor on its first row.
    Top,
    /// In the place of everything, with the cursor on its last row.
    Bottom,
    /// In the place of everything, with the cursor on the row of this key, or where it would stand.
    At(Key),
    /// In the place of everything, with the cursor on the last row before this key.
    Till(Key),
    /// Behind what is there.
    Below(Key),
    /// Before what is there.
    Above(Key),
    /// In the place of everything, from the first row that is there, cursor and scroll unmoved.
    Again(Option<Key>),
}

impl Want {
    /// The anchor to ask the domain with.
    pub fn anchor(&self) -> Anchor {
        match self {
            Want::Top | Want::Again(None) => Anchor::Start,
            Want::Bottom => Anchor::End,
            Want::Below(key) => Anchor::After(key.clone()),
            Want::Till(key) | Want::Above(key) => Anchor::Before(key.clone()),
            Want::At(key) | Want::Again(Some(key)) => Anchor::From(key.clone()),
        }
    }

    /// The row of its page to which it brings the cursor, whoever was under it before.
    pub fn led<'p, T>(&self, page: &'p Page<T>) -> Option<&'p T> {
        let row = match self {
            Want::Top => page.rows.first(),
            Want::Bottom | Want::Till(_) => page.rows.last(),
            Want::At(_) | Want::Below(_) | Want::Above(_) | Want::Again(_) => None,
        };
        row.map(|(_, row)| row)
    }
}

impl<T: Row> Window<T> {
    /// The rows in view, first to last.
    pub fn visible(&self, height: usize) -> impl Iterator<Item = &T> {
        self.rows.iter().skip(self.top).take(height).map(|(_, row)| row)
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&T> {
        self.rows.get(self.cursor).map(|(_, row)| row)
    }

    /// The rows to which the cursor may be moved next: as it was moved last, and by one.
    pub fn near(&self) -> impl Iterator<Item = &T> {
        let at = |delta| self.cursor.checked_add_signed(delta).and_then(|at| self.rows.get(at));
        [self.stride, 1, -1].into_iter().filter_map(at).map(|(_, row)| row)
    }

    /// The place of the row under the cursor in its order.
    pub fn current_key(&self) -> Option<&Key> {
        self.rows.get(self.cursor).map(|(key, _)| key)
    }

    /// The cursor's place among the visible rows.
    pub fn cursor_in_view(&self) -> usize {
        self.cursor - self.top.min(self.cursor)
    }

    /// Whether a page has come.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the one under the cursor is not the one that was drawn there: vanished, or moves are still owed.
    pub fn is_adrift(&self) -> bool {
        self.vanished.is_some() || self.jumping || self.owed != 0
    }

    /// Who vanished from under the cursor.
    pub fn vanished(&self) -> Option<&T::Id> {
        self.vanished.as_ref()
    }

    /// What a pane of this height shows of a list of `total` rows.
    pub fn seen(&self, height: usize, total: Option<u64>) -> Seen {
        let ends = (
            self.top == 0 && !self.more_before,
            !self.more_after && self.top.saturating_add(height) >= self.rows.len(),
        );
        self.bearings.seen(total, (self.top, height, self.rows.len()), ends)
    }

    /// The key before which the rows have to be counted for it to be told where in the list this is.
    pub fn lost_at(&self) -> Option<&Key> {
        self.rows.front().map(|(key, _)| key).filter(|_| self.bearings.is_lost())
    }

    /// Where in the list this is.
    pub fn bearings_mut(&mut self) -> &mut Bearings {
        &mut self.bearings
    }

    /// How many rows a page should have for a pane of this height: what is seen and one more on each side.
    pub fn limit(height: usize) -> u16 {
        u16::try_from(height.max(8) * 3).unwrap_or(u16::MAX)
    }

    /// How many rows the first page of a list should have: what is seen, soon.
    pub fn least(height: usize) -> u16 {
        u16::try_from(height.max(8) + 1).unwrap_or(u16::MAX)
    }

    /// Whether the cursor is where it was sent.
    pub fn is_settled(&self) -> bool {
        !self.jumping && self.owed == 0
    }

    /// Whether rows are missing that ought to be seen: the pane has room for more than is held of the list, or the cursor
    /// is still on its way to its place.
    pub fn is_short(&self, height: usize) -> bool {
        let below = self.more_after && self.rows.len() < self.top + height;
        // Near the end of the list only the rows above can fill the pane.
        let above = self.more_before && self.rows.len() < height;
        !self.is_settled() || below || above
    }

    /// Moves the cursor. Moves beyond what is held are owed until the page comes.
    pub fn move_by(&mut self, delta: isize, height: usize) {
        self.stride = delta;
        self.go(delta, height);
    }

    fn go(&mut self, delta: isize, height: usize) {
        self.vanished = None;
        if self.jumping {
            self.owed += delta;
            return;
        }
        let wanted = isize::try_from(self.cursor).unwrap_or(0) + self.owed + delta;
        let last = self.rows.len().saturating_sub(1);
        let reached = usize::try_from(wanted.max(0)).unwrap_or(0).min(last);
        let missing = wanted - isize::try_from(reached).unwrap_or(0);
        let open = if missing > 0 { self.more_after } else { self.more_before };
        self.owed = if open { missing } else { 0 };
        self.cursor = reached;
        self.follow(height);
    }

    /// An edge that is not held has been asked for.
    pub fn jump(&mut self) {
        (self.jumping, self.owed) = (true, 0);
    }

    /// What was asked for does not come: the cursor is where it was.
    pub fn stay(&mut self) {
        (self.jumping, self.owed) = (false, 0);
    }

    /// Puts the cursor on the first or last row that is held.
    pub fn to_edge(&mut self, last: bool, height: usize) {
        self.vanished = None;
        self.owed = 0;
        self.cursor = if last { self.rows.len().saturating_sub(1) } else { 0 };
        self.follow(height);
    }

    /// Whether everything up to that end is held, so that the edge can be reached without asking.
    pub fn holds_edge(&self, last: bool) -> bool {
        self.loaded && !(if last { self.more_after } else { self.more_before })
    }

    /// Scrolls so that the cursor is in view; at an edge by a third of the pane, which a slow line feels less than
    /// redrawing every row at every step.
    pub fn follow(&mut self, height: usize) {
        let height = height.max(1);
        let jump = (height / 3).max(1);
        if self.cursor < self.top {
            self.top = self.cursor.saturating_sub(jump - 1);
        } else if self.cursor >= self.top + height {
            self.top = self.cursor + jump - height;
        }
        if !self.more_after {
            self.top = self.top.min(self.rows.len().saturating_sub(height));
        }
        self.top = self.top.min(self.cursor);
    }

    /// The page that should be fetched next, if one is.
    pub fn wants(&self, height: usize) -> Option<Want> {
        let below = self.rows.len().saturating_sub(self.top + height);
        if self.more_after && (below < height || self.owed > 0) {
            return self.rows.back().map(|(key, _)| Want::Below(key.clone()));
        }
        if self.more_before && (self.top < height || self.owed < 0) {
            return self.rows.front().map(|(key, _)| Want::Above(key.clone()));
        }
        None
    }

    /// How to ask for what is shown once more.
    pub fn again(&self) -> Want {
        // A list that shows its beginning goes on showing it: who is new appears there.
        let from =
            if self.top == 0 && !self.more_before { None } else { self.rows.front().map(|(key, _)| key.clone()) };
        Want::Again(from)
    }

    /// Takes a page that was asked for with `want`.
    pub fn land(&mut self, want: &Want, page: Page<T>, height: usize) {
        self.loaded = true;
        match want {
            Want::Top | Want::Bottom | Want::At(_) | Want::Till(_) => {
                let stays = self.current().map(|row| row.identity().clone()).filter(|_| matches!(want, Want::At(_)));
                self.bearings.land(page.more_before, page.more_after);
                self.replace(page);
                self.top = 0;
                if !std::mem::take(&mut self.jumping) {
                    self.owed = 0;
                }
                self.vanished = None;
                let last = matches!(want, Want::Bottom | Want::Till(_));
                self.cursor = if last { self.rows.len().saturating_sub(1) } else { 0 };
                if let Some(id) = stays.filter(|id| !self.put_on(id)) {
                    self.vanished = Some(id);
                }
            }
            Want::Below(key) => {
                // A page that does not belong to the end that is held is of an older list.
                if self.rows.back().map(|(last, _)| last) != Some(key) {
                    return;
                }
                self.bearings.take_behind(page.rows.len(), page.more_after);
                self.rows.extend(page.rows);
                self.more_after = page.more_after;
                self.trim_front(height);
            }
            Want::Above(key) => {
                if self.rows.front().map(|(first, _)| first) != Some(key) {
                    return;
                }
                let grown = page.rows.len();
                for row in page.rows.into_iter().rev() {
                    self.rows.push_front(row);
                }
                self.more_before = page.more_before;
                self.bearings.take_before(grown, page.more_before);
                self.top += grown;
                self.cursor += grown;
                self.trim_back(height);
                // What is read anew begins at the first row that is held, and must reach what is seen.
                self.trim_front(height);
            }
            Want::Again(_) => self.refresh(page),
        }
        let owed = std::mem::take(&mut self.owed);
        if owed == 0 { self.follow(height) } else { self.go(owed, height) }
    }

    fn replace(&mut self, page: Page<T>) {
        self.rows = page.rows.into();
        self.more_before = page.more_before;
        self.more_after = page.more_after;
    }

    /// New rows for the same stretch: the cursor stays on its row wherever that has gone, and the row stays where it
    /// was on the screen.
    fn refresh(&mut self, page: Page<T>) {
        let current = self.current().map(|row| row.identity().clone());
        let offset = self.cursor - self.top.min(self.cursor);
        self.bearings.renew((self.rows.len(), page.rows.len()), page.more_before, page.more_after);
        self.replace(page);
        let found = current.as_ref().and_then(|id| self.rows.iter().position(|(_, row)| row.identity() == id));
        match (found, current) {
            (Some(at), _) => {
                let was_at_start = self.top == 0;
                self.cursor = at;
                self.top =
                    if was_at_start && !self.more_before && at < offset + 8 { 0 } else { at.saturating_sub(offset) };
            }
            (None, Some(gone)) => {
                self.vanished = Some(gone);
                self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
            }
            (None, None) => self.cursor = 0,
        }
    }

    /// Puts the cursor on this row if it is held; where it is not, whoever is under the cursor is not the one who was
    /// to be there.
    pub fn select(&mut self, id: &T::Id, height: usize) {
        if self.put_on(id) {
            self.vanished = None;
            self.owed = 0;
            self.follow(height);
        } else {
            self.vanished = Some(id.clone());
        }
    }

    fn put_on(&mut self, id: &T::Id) -> bool {
        let found = self.rows.iter().position(|(_, row)| row.identity() == id);
        self.cursor = found.unwrap_or(self.cursor);
        found.is_some()
    }

    /// Changes the rows that are held in place.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.iter_mut().map(|(_, row)| row)
    }

    fn trim_front(&mut self, height: usize) {
        let spare = self.top.min(self.cursor).saturating_sub(height * 2);
        if spare > 0 {
            self.rows.drain(..spare);
            self.bearings.drop_first(spare);
            self.top -= spare;
            self.cursor -= spare;
            self.more_before = true;
        }
    }

    fn trim_back(&mut self, height: usize) {
        let keep = (self.top + height * 3).max(self.cursor + 1);
        if self.rows.len() > keep {
            self.bearings.drop_last(self.rows.len() - keep);
            self.rows.truncate(keep);
            self.more_after = true;
        }
    }
}

#[cfg(test)]
mod tests;
