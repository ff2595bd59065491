//! What changed on the screen, in few bytes: over a slow line every one of them is waited for.
//!
//! It remembers what the terminal shows, and so can write a few unchanged glyphs again instead of jumping over them, and
//! clear a line where most of what comes after is blank. It uses only what every terminal does alike: places, steps to
//! the right and down, looks, the end of a line. It never relies on where the cursor is after the last column, or after a
//! wide or joined glyph on whose width terminals differ. What is narrow here it takes to be narrow there: a terminal that
//! is set to draw lines and other ambiguous signs over two places, as some are for Chinese, Japanese or Korean, shows the
//! whole console askew, and `--ascii` is for it.
//!
//! The screen is its own: what ratatui was told to skip, since something else draws there, may be drawn over. It asks and
//! writes nothing by itself, and does not know whether the cursor is seen.

use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::Size;

use crate::console::term::pen::{Pen, decimal};
use crate::console::term::spot::{Odd, Spot, Text, apart};

/// How many unchanged places are written again at most; hardly a jump is longer than so many bytes.
const REACH: usize = 6;

/// What clearing a line must save before it is worth its own bytes and those of another look around it.
const WORTH: i32 = 8;

/// The encoder, with its memory of the screen.
#[derive(Default, Debug)]
pub struct Wire {
    width: u16,
    lines: Vec<Vec<Spot>>,
    odd: Odd,
    /// The line in work as it is to become.
    next: Vec<Spot>,
    pen: Pen,
    /// Row and column of the cursor, where they are certain.
    at: Option<(u16, u16)>,
}

impl Wire {
    /// The screen has this size now, and is blank.
    pub fn cleared(&mut self, size: Size) {
        self.width = size.width;
        self.lines = vec![vec![Spot::BLANK; usize::from(size.width)]; usize::from(size.height)];
        self.odd = Odd::default();
    }

    /// What the screen shows is no longer known.
    pub fn forget(&mut self) {
        self.lines.iter_mut().flatten().for_each(|spot| *spot = Spot::Unknown);
        self.odd = Odd::default();
    }

    /// Writes what makes the screen show these cells. They come line by line, from left to right.
    pub fn draw<'a>(&mut self, cells: impl Iterator<Item = (u16, u16, &'a Cell)>, out: &mut Vec<u8>) {
        if self.odd.is_full() {
            self.forget();
        }
        // Others may have written since the last frame.
        self.at = None;
        let mut cells = cells.peekable();
        while let Some(&(_, row, _)) = cells.peek() {
            let line = usize::from(row);
            if self.lines.len() <= line {
                self.lines.resize(line + 1, Vec::new());
            }
            self.next.clone_from(&self.lines[line]);
            let mut free = 0;
            while let Some((column, _, cell)) = cells.next_if(|(_, other, _)| *other == row) {
                // What ratatui says of the rest of a glyph just told is no place of its own.
                if column >= free {
                    free = self.place(column, cell);
                }
            }
            self.write_line(row, out);
        }
        self.turn(Pen::PLAIN, out);
    }

    /// Puts a cell into the line in work; answers the next place that is free.
    fn place(&mut self, column: u16, cell: &Cell) -> u16 {
        let told = cell.cell_width().max(1);
        let room = self.width.checked_sub(column).filter(|room| *room > 0).unwrap_or(u16::MAX);
        let (x, width) = (usize::from(column), told.min(room));
        let after = x + usize::from(width);
        if self.next.len() < after {
            self.next.resize(after, Spot::Unknown);
            self.width = self.width.max(column + width);
        }
        self.cut(x);
        self.cut(after);
        self.next[x..after].fill(Spot::BLANK);
        // Nothing may wrap into the next line.
        if told <= room && (told == 1 && cell.symbol().len() == 1 || apart(cell.symbol()) <= room) {
            self.next[x..after].fill(Spot::Rest);
            self.next[x] = Spot::of(cell, width, &mut self.odd);
        }
        column + width
    }

    /// Blanks the wide glyph that reaches over this place: half of it will be gone, and what terminals then show of
    /// the other half differs.
    fn cut(&mut self, at: usize) {
        if self.next.get(at) != Some(&Spot::Rest) {
            return;
        }
        let from = self.next[..at].iter().rposition(|spot| *spot != Spot::Rest).unwrap_or(0);
        let to = self.next[at..].iter().position(|spot| *spot != Spot::Rest).map_or(self.next.len(), |n| at + n);
        let blank = match self.next[from] {
            Spot::Glyph { pen, .. } => Spot::blank(pen),
            _ => Spot::BLANK,
        };
        self.next[from..to].fill(blank);
    }

    fn write_line(&mut self, row: u16, out: &mut Vec<u8>) {
        let line = usize::from(row);
        let next = std::mem::take(&mut self.next);
        self.lines[line].resize(next.len(), Spot::Unknown);
        match best_wipe(&self.lines[line], &next) {
            Some(at) => {
                self.write_changes(row, 0, &next[..at], out);
                self.approach(row, at as u16, Pen::PLAIN, &next, out);
                self.turn(Pen::PLAIN, out);
                out.extend_from_slice(b"\x1b[K");
                self.lines[line][at..].fill(Spot::BLANK);
                self.write_changes(row, at, &next, out);
            }
            None => self.write_changes(row, 0, &next, out),
        }
        // What is left of the line as it was becomes the next line in work.
        self.next = std::mem::replace(&mut self.lines[line], next);
    }

    /// Writes what differs from the column on.
    fn write_changes(&mut self, row: u16, from: usize, next: &[Spot], out: &mut Vec<u8>) {
        for x in from..next.len() {
            let Spot::Glyph { pen, .. } = next[x] else { continue };
            if self.lines[usize::from(row)][x] == next[x] {
                continue;
            }
            self.approach(row, x as u16, pen, next, out);
            let width = 1 + next[x + 1..].iter().take_while(|spot| **spot == Spot::Rest).count() as u16;
            self.put(row, x as u16, width, next[x], out);
        }
    }

    /// Brings the cursor to where something of this look is written next: by a jump, or over the glyphs before it.
    fn approach(&mut self, row: u16, column: u16, pen: Pen, next: &[Spot], out: &mut Vec<u8>) {
        let (before, start) = (self.pen, out.len());
        let Some((y, x)) = self.at.replace((row, column)) else { return jump(None, row, column, out) };
        jump(Some((y, x)), row, column, out);
        let middle = out.len();
        let from = if y == row { x } else { 0 };
        let between = next.get(usize::from(from)..usize::from(column)).unwrap_or_default();
        let near = y <= row && (1..=REACH).contains(&between.len());
        if !near || !between.iter().all(|spot| matches!(spot, Spot::Glyph { reach: 0, .. })) {
            return;
        }
        before.turn(pen, out);
        let jumped = out.len() - start;
        out.truncate(middle);
        (y..row).for_each(|_| out.extend_from_slice(b"\r\n"));
        between.iter().for_each(|spot| self.say(*spot, out));
        let end = out.len();
        self.pen.turn(pen, out);
        let written = out.len() - middle;
        out.truncate(end);
        if written < jumped {
            out.drain(start..middle);
        } else {
            out.truncate(middle);
            self.pen = before;
        }
    }

    /// Writes a glyph where the cursor is.
    fn put(&mut self, row: u16, column: u16, width: u16, spot: Spot, out: &mut Vec<u8>) {
        let Spot::Glyph { pen, reach, .. } = spot else { return };
        let after = column + width;
        if reach == 0 {
            self.say(spot, out);
            self.at = (after < self.width).then_some((row, after));
            return;
        }
        if width > 1 {
            // Where it is found narrower, there is something beside it.
            self.turn(pen, out);
            (0..width).for_each(|_| out.push(b' '));
            jump(None, row, column, out);
        }
        self.say(spot, out);
        self.at = None;
        // Where it is found wider, it was written over what comes after.
        let line = &mut self.lines[usize::from(row)];
        let most = line.len().min(usize::from(column) + usize::from(reach));
        line[usize::from(after).min(most)..most].fill(Spot::Unknown);
    }

    /// The glyph's look, as far as it is seen, and the glyph.
    fn say(&mut self, spot: Spot, out: &mut Vec<u8>) {
        let Spot::Glyph { text, pen, .. } = spot else { return };
        let alike = text.is_blank() && pen.of_blanks().is_some_and(|look| self.pen.of_blanks() == Some(look));
        if !alike {
            self.turn(pen, out);
        }
        text.write(&self.odd, out);
    }

    fn turn(&mut self, pen: Pen, out: &mut Vec<u8>) {
        self.pen.turn(pen, out);
        self.pen = pen;
    }
}

/// The shortest way from one place, if it is certain, to another, that writes nothing.
fn jump(from: Option<(u16, u16)>, row: u16, column: u16, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(b"\x1b[");
    // The first row and the first column go without saying.
    if row > 0 {
        decimal(row + 1, out);
    }
    if column > 0 {
        out.push(b';');
        decimal(column + 1, out);
    }
    out.push(b'H');
    let middle = out.len();
    match from {
        Some((y, x)) if y == row && x <= column => steps(column - x, b'C', out),
        Some((y, x)) if y < row && x == column => steps(row - y, b'B', out),
        Some((y, _)) if y < row => {
            // A line feed without a return stays in its column only where nobody has told the system otherwise.
            (y..row).for_each(|_| out.extend_from_slice(b"\r\n"));
            steps(column, b'C', out);
        }
        _ => return,
    }
    if out.len() - middle < middle - start {
        out.drain(start..middle);
    } else {
        out.truncate(middle);
    }
}

fn steps(number: u16, letter: u8, out: &mut Vec<u8>) {
    if number == 0 {
        return;
    }
    out.extend_from_slice(b"\x1b[");
    if number > 1 {
        decimal(number, out);
    }
    out.push(letter);
}

/// From where on the line is best cleared before the rest of it is written, if that is worth it: about what the changes
/// cost from each place on, against what is not blank.
fn best_wipe(now: &[Spot], next: &[Spot]) -> Option<usize> {
    let first = now.iter().zip(next).position(|(now, next)| now != next)?;
    let (mut kept, mut wiped) = (Cost::default(), Cost::default());
    let mut best = (WORTH, None);
    for x in (first..next.len()).rev() {
        match next[x] {
            Spot::Unknown => break,
            Spot::Rest => continue,
            Spot::Glyph { text, pen, .. } => {
                kept.add(text, pen, now[x] != next[x]);
                wiped.add(text, pen, next[x] != Spot::BLANK);
            }
        }
        let saved = kept.bytes - wiped.bytes;
        if saved > best.0 {
            best = (saved, Some(x));
        }
    }
    best.1
}

/// About how many bytes the end of a line takes, gathered from the right.
#[derive(Default)]
struct Cost {
    bytes: i32,
    gap: Option<i32>,
    pen: Pen,
}

impl Cost {
    fn add(&mut self, text: Text, pen: Pen, written: bool) {
        if !written {
            // A gap costs its glyphs or a jump, and nothing at the end of the line.
            if let Some(gap) = self.gap.as_mut().filter(|gap| **gap < 5) {
                *gap += 1;
                self.bytes += 1;
            }
            return;
        }
        self.gap = Some(0);
        self.bytes += text.bytes() as i32;
        if pen != self.pen && !text.is_blank() {
            self.bytes += 4;
            self.pen = pen;
        }
    }
}

#[cfg(test)]
mod tests;
