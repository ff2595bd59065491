//! Where in its list a window stands, and the scrollbar that tells it.
//!
//! Knows neither the rows nor who counts them. What is not known is not drawn.

use std::ops::Range;

use ratatui::layout::Rect;

use super::ink::Ink;

/// How many rows stand before those that are held, and how many behind them, as far as it is known. What is paged
/// over is added and taken away, so that only a jump into the middle of a list has to be counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bearings {
    before: Option<u64>,
    behind: Option<u64>,
    /// Something has changed since it was counted.
    doubtful: bool,
    /// How many rows have joined those before since they are being counted.
    shift: i64,
}

impl Bearings {
    /// Other rows are held from now on.
    pub fn land(&mut self, more_before: bool, more_behind: bool) {
        let end = |more: bool| (!more).then_some(0);
        *self = Bearings { before: end(more_before), behind: end(more_behind), ..Bearings::default() };
    }

    /// The same stretch was read once more from its first row on, with so many rows where so many `were` held: what was
    /// known is likely to be right still, and is to be counted again.
    pub fn renew(&mut self, (were, rows): (usize, usize), more_before: bool, more_behind: bool) {
        let former = *self;
        self.land(more_before, more_behind);
        if more_before && more_behind {
            // Rows that were held and are not any more stand behind now.
            let behind = former.behind.map(|behind| behind.saturating_add(wide(were)).saturating_sub(wide(rows)));
            *self = Bearings { doubtful: true, behind, ..former };
        }
    }

    /// Rows from before are held now.
    pub fn take_before(&mut self, rows: usize, more: bool) {
        self.shift = self.shift.saturating_sub(signed(rows));
        if !more {
            let behind = self.behind.filter(|_| !self.doubtful);
            (self.before, self.behind, self.doubtful) = (Some(0), behind, false);
        } else if let Some(before) = self.before {
            // That there are more than there can be shows that something has changed.
            self.doubtful |= before <= wide(rows);
            self.before = Some(before.saturating_sub(wide(rows)));
        }
    }

    /// Rows from behind are held now.
    pub fn take_behind(&mut self, rows: usize, more: bool) {
        if !more {
            let before = self.before.filter(|_| !self.doubtful);
            (self.before, self.behind, self.doubtful) = (before, Some(0), false);
        } else if let Some(behind) = self.behind {
            self.doubtful |= behind <= wide(rows);
            self.behind = Some(behind.saturating_sub(wide(rows)));
        }
    }

    /// The first of the held rows are let go.
    pub fn drop_first(&mut self, rows: usize) {
        self.shift = self.shift.saturating_add(signed(rows));
        self.before = self.before.map(|before| before.saturating_add(wide(rows)));
    }

    /// The last of the held rows are let go.
    pub fn drop_last(&mut self, rows: usize) {
        self.behind = self.behind.map(|behind| behind.saturating_add(wide(rows)));
    }

    /// Whether only counting tells where this is.
    pub fn is_lost(&self) -> bool {
        self.doubtful || self.before.is_none() && self.behind.is_none()
    }

    /// Whether it should be counted at once, however short a time ago it was: there is nothing to go by, or no filter
    /// and so little before that counting costs next to nothing.
    pub fn is_urgent(&self, unfiltered: bool) -> bool {
        const FEW: u64 = 10_000;
        self.before.map_or(self.behind.is_none(), |before| unfiltered && before < FEW)
    }

    /// The rows before the first that is held now are being counted.
    pub fn begin(&mut self) {
        self.shift = 0;
    }

    /// So many rows stood before the first that was held when counting began.
    pub fn tell(&mut self, before: u32) {
        if self.is_lost() {
            let before = i64::from(before).saturating_add(self.shift);
            self.before = Some(u64::try_from(before).unwrap_or(0));
            (self.behind, self.doubtful) = (None, false);
        }
    }

    /// How many rows stand before those that are held, of `total` in all.
    fn first(&self, total: u64, held: usize) -> Option<u64> {
        let by_end = self.behind.map(|behind| total.saturating_sub(behind).saturating_sub(wide(held)));
        self.before.or(by_end)
    }

    /// What is seen of `total` rows, where `top` of those that are held are above it.
    pub fn seen(&self, total: Option<u64>, (top, height, held): (usize, usize, usize), ends: (bool, bool)) -> Seen {
        let above = total.and_then(|total| self.first(total, held)).map(|first| first.saturating_add(wide(top)));
        Seen { first: ends.0, last: ends.1, above, height: wide(height), total }
    }
}

fn wide(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

fn signed(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// The part of a list that is seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Whether the very first row is seen.
    pub first: bool,
    /// Whether the very last row is seen.
    pub last: bool,
    /// How many rows stand above, once that is known.
    pub above: Option<u64>,
    /// How many rows there is room for.
    pub height: u64,
    /// How many rows there are, once that is known.
    pub total: Option<u64>,
}

impl Seen {
    /// The cells of a bar that stand for what is seen: the first cell among them exactly where the first row is seen,
    /// the last cell exactly where the last is. `None` while it is not known, or where the bar is too short to tell.
    fn thumb(&self, cells: u16) -> Option<Range<u16>> {
        const SHORTEST: u16 = 3;
        let (wide, height) = (u64::from(cells), self.height.max(1));
        // What is counted elsewhere may be a moment older than what is seen.
        let least = height + u64::from(!self.first) + u64::from(!self.last);
        let total = self.total?.max(least);
        if cells < SHORTEST {
            return None;
        }
        let most = if total <= height + 1 { wide - 1 } else { wide - 2 };
        let length = (wide.saturating_mul(height) / total).clamp(1, most);
        let (room, rest) = (wide - length, total.saturating_sub(height).max(1));
        let start = match (self.first, self.last) {
            (true, _) => 0,
            (false, true) => room,
            (false, false) => {
                let part = u128::from(self.above?.min(rest)) * u128::from(room) / u128::from(rest);
                u64::try_from(part).unwrap_or(room).clamp(1, room - 1)
            }
        };
        let cell = |at: u64| u16::try_from(at).unwrap_or(cells);
        Some(cell(start)..cell(start + length))
    }
}

/// Draws the bar in this column, or on the wall that stands there; nothing where everything is seen.
pub fn draw(ink: &mut Ink<'_>, column: Rect, walled: bool, seen: &Seen) {
    if seen.first && seen.last || column.is_empty() {
        return;
    }
    if !walled {
        ink.wall(column.x, column.top(), column.bottom());
    }
    for cell in seen.thumb(column.height).unwrap_or_default() {
        ink.thicken(column.x, column.y + cell);
    }
}

#[cfg(test)]
mod tests;
