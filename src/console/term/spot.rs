//! One place of the screen, small enough to be compared and copied by the thousand in every frame.
//!
//! Knows how wide glyphs are and on which of them terminals agree; not where they stand.

use ratatui::buffer::{Cell, CellWidth};
use unicode_width::UnicodeWidthChar;

use crate::console::term::pen::Pen;

/// What a place holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spot {
    /// Nobody knows.
    Unknown,
    /// The rest of a wide glyph, which begins further left.
    Rest,
    /// A glyph, or a blank.
    Glyph {
        /// The glyph itself.
        text: Text,
        /// How it looks, as far as that is seen.
        pen: Pen,
        /// How many places it covers in a terminal that makes the most of it; 0 where all agree on its width.
        reach: u8,
    },
}

/// A glyph: its UTF-8, from the lowest byte on, or the number of a long one among [`Odd`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Text(u64);

/// The glyphs of more than seven bytes: characters that are joined, or carry many marks.
#[derive(Default, Debug)]
pub struct Odd(Vec<String>);

const ODD: u64 = 0xff << 56;

impl Spot {
    /// A blank as a terminal begins with.
    pub const BLANK: Spot = Spot::Glyph { text: Text(b' ' as u64), pen: Pen::PLAIN, reach: 0 };

    /// A blank of this look, of which only what is seen is kept, so that what looks alike is alike.
    pub fn blank(pen: Pen) -> Spot {
        Spot::Glyph { text: Text(u64::from(b' ')), pen: pen.of_blanks().unwrap_or(pen), reach: 0 }
    }

    /// What the cell, which takes so many places, will be.
    pub fn of(cell: &Cell, width: u16, odd: &mut Odd) -> Spot {
        let (symbol, pen) = (cell.symbol(), Pen::of(cell));
        // A cell is a glyph and never a command, whoever drew it.
        if symbol == " " || cell.cell_width() == 0 || symbol.chars().any(char::is_control) {
            return Spot::blank(pen);
        }
        let reach = if is_certain(symbol, width) { 0 } else { apart(symbol).max(width).try_into().unwrap_or(u8::MAX) };
        Spot::Glyph { text: Text::of(symbol, odd), pen, reach }
    }
}

impl Text {
    fn of(symbol: &str, odd: &mut Odd) -> Text {
        if let length @ 1..8 = symbol.len() {
            let mut bytes = [0; 8];
            bytes[..length].copy_from_slice(symbol.as_bytes());
            return Text(u64::from_le_bytes(bytes));
        }
        let number = odd.0.iter().position(|known| known == symbol).unwrap_or_else(|| {
            odd.0.push(symbol.to_owned());
            odd.0.len() - 1
        });
        Text(ODD | number as u64)
    }

    /// Whether it is a blank.
    pub fn is_blank(self) -> bool {
        self.0 == u64::from(b' ')
    }

    /// About how many bytes it has.
    pub fn bytes(self) -> usize {
        8 - self.0.leading_zeros() as usize / 8
    }

    /// Writes it.
    pub fn write(self, odd: &Odd, out: &mut Vec<u8>) {
        match self.0.checked_sub(ODD) {
            Some(number) => out.extend(odd.0.get(number as usize).into_iter().flat_map(|symbol| symbol.bytes())),
            None => out.extend_from_slice(&self.0.to_le_bytes()[..self.bytes()]),
        }
    }
}

impl Odd {
    /// Whether there are so many that it is time to begin anew.
    pub fn is_full(&self) -> bool {
        self.0.len() > 256
    }
}

/// How wide the glyph is where its characters are not joined.
pub fn apart(symbol: &str) -> u16 {
    symbol.chars().filter_map(UnicodeWidthChar::width).sum::<usize>().try_into().unwrap_or(u16::MAX)
}

/// Whether every terminal finds the glyph so wide: those of one character, and of the wide ones those of the scripts
/// that always were, not the pictures, the hexagrams or the signs that describe characters, which came late or were made
/// wide late.
fn is_certain(symbol: &str, width: u16) -> bool {
    let late =
        |c| matches!(c, '\u{2ffc}'..='\u{2fff}' | '\u{31e4}'..='\u{31e5}' | '\u{31ef}' | '\u{4dc0}'..='\u{4dff}');
    let always = |c| {
        !late(c)
            && matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}')
    };
    let mut chars = symbol.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => c.width() == Some(usize::from(width)) && (width == 1 || always(c)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glyphs_that_became_wide_late_are_not_certain() {
        for c in ['\u{4dc0}', '\u{4dff}', '\u{31e4}', '\u{31e5}', '\u{31ef}', '\u{2ffc}', '\u{2fff}', '\u{1f600}'] {
            let symbol = c.to_string();
            assert!((1..=2).all(|width| width != apart(&symbol) || width == 1 || !is_certain(&symbol, width)), "{c:?}");
        }
        for symbol in ["\u{4e00}", "\u{4dbf}", "\u{31e3}", "\u{2ffb}", "\u{ac00}"] {
            assert!(is_certain(symbol, 2), "{symbol}");
        }
        assert!(is_certain("a", 1) && is_certain("─", 1));
    }
}
