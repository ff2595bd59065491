//! How a glyph looks in a terminal, and the shortest words that change one look into another (SGR).
//!
//! Pure. Knows nothing of places, and chooses no colour.

use ratatui::buffer::Cell;
use ratatui::style::Modifier;

use crate::console::theme::tint::Tint;

/// The modifiers that are seen where there is no glyph.
const SEEN_ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK)
    .union(Modifier::CROSSED_OUT);

/// What turns a modifier on.
const ON: [(Modifier, u8); 9] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// What turns it off, and which others with it.
const OFF: [(Modifier, u8); 7] = [
    (Modifier::BOLD.union(Modifier::DIM), 22),
    (Modifier::ITALIC, 23),
    (Modifier::UNDERLINED, 24),
    (Modifier::SLOW_BLINK.union(Modifier::RAPID_BLINK), 25),
    (Modifier::REVERSED, 27),
    (Modifier::HIDDEN, 28),
    (Modifier::CROSSED_OUT, 29),
];

/// A look; by default the one in which a terminal begins.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Pen {
    fg: Tint,
    bg: Tint,
    underline: Tint,
    modifier: Modifier,
}

impl Pen {
    /// The look in which a terminal begins.
    pub const PLAIN: Pen = Pen { fg: Tint::NONE, bg: Tint::NONE, underline: Tint::NONE, modifier: Modifier::empty() };

    /// The look of this cell.
    pub fn of(cell: &Cell) -> Pen {
        Pen {
            fg: Tint::of(cell.fg),
            bg: Tint::of(cell.bg),
            underline: Tint::of(cell.underline_color),
            modifier: cell.modifier,
        }
    }

    /// What is seen of this look where there is no glyph, if that is the background alone.
    pub fn of_blanks(self) -> Option<Pen> {
        let plain = !self.modifier.intersects(SEEN_ON_BLANK);
        plain.then_some(Pen { bg: self.bg, ..Pen::PLAIN })
    }

    /// Writes what turns this look into that one: the differences, or everything anew where that is shorter.
    pub fn turn(self, to: Pen, out: &mut Vec<u8>) {
        if self == to {
            return;
        }
        let start = out.len();
        out.extend_from_slice(b"\x1b[");
        if to != Pen::PLAIN {
            self.differences(to, out);
            let middle = out.len();
            out.extend_from_slice(b"\x1b[0;");
            Pen::PLAIN.differences(to, out);
            if out.len() - middle < middle - start {
                out.drain(start..middle);
            } else {
                out.truncate(middle);
            }
            out.pop();
        }
        out.push(b'm');
    }

    /// The numbers that say it, a semicolon after each.
    fn differences(self, to: Pen, out: &mut Vec<u8>) {
        let lost = self.modifier.difference(to.modifier);
        let mut kept = self.modifier;
        for (group, off) in OFF.into_iter().filter(|(group, _)| lost.intersects(*group)) {
            number(off, out);
            kept.remove(group);
        }
        let gained = to.modifier.difference(kept);
        for (_, on) in ON.into_iter().filter(|(one, _)| gained.contains(*one)) {
            number(on, out);
        }
        let tints = [(self.fg, to.fg, 30), (self.bg, to.bg, 40), (self.underline, to.underline, 50)];
        for (_, to, base) in tints.into_iter().filter(|(from, to, _)| from != to) {
            to.numbers(base).for_each(|part| number(part, out));
        }
    }
}

fn number(number: u8, out: &mut Vec<u8>) {
    decimal(u16::from(number), out);
    out.push(b';');
}

/// Writes a number as a terminal is told it; without the machinery of formatting, which is slow for a byte or two.
pub fn decimal(number: u16, out: &mut Vec<u8>) {
    if number >= 10 {
        decimal(number / 10, out);
    }
    out.push(b'0' + (number % 10) as u8);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ratatui::style::{Color, Style};

    use super::*;

    fn pen(style: Style) -> Pen {
        let mut cell = Cell::EMPTY;
        cell.set_style(style);
        Pen::of(&cell)
    }

    fn turned(from: Style, to: Style) -> String {
        let mut out = Vec::new();
        pen(from).turn(pen(to), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_look_is_said_in_one_sequence_and_the_default_in_none() {
        let (plain, key) = (Style::new(), Style::new().bold().cyan());
        assert_eq!(turned(plain, key), "\x1b[1;36m");
        assert_eq!(turned(key, plain), "\x1b[m");
        assert_eq!(turned(key, key), "");
    }

    #[test]
    fn the_shorter_of_what_differs_and_of_everything_anew_is_said() {
        let row = Style::new().reversed();
        assert_eq!(turned(row, row.bold().cyan()), "\x1b[1;36m");
        assert_eq!(turned(row.bold().cyan(), row), "\x1b[0;7m");
        assert_eq!(turned(row.cyan(), row), "\x1b[39m");
    }

    #[test]
    fn what_is_turned_off_with_another_is_turned_on_again() {
        let (red, both) = (Style::new().fg(Color::Rgb(1, 2, 3)), Style::new().fg(Color::Rgb(1, 2, 3)).bold().dim());
        assert_eq!(turned(both, red.dim()), "\x1b[22;2m");
        assert_eq!(turned(red.rapid_blink().slow_blink(), red.rapid_blink()), "\x1b[25;6m");
    }

    #[test]
    fn sixteen_colours_are_two_digits_and_the_others_as_they_are() {
        let none = Style::new();
        assert_eq!(turned(none, none.fg(Color::Gray).bg(Color::Black)), "\x1b[37;40m");
        assert_eq!(turned(none, none.fg(Color::DarkGray).bg(Color::White)), "\x1b[90;107m");
        assert_eq!(turned(none, none.fg(Color::Indexed(6)).bg(Color::Rgb(0, 10, 255))), "\x1b[38;5;6;48;2;0;10;255m");
        assert_eq!(turned(none, none.underlined().underline_color(Color::LightRed)), "\x1b[4;58;5;9m");
        assert_eq!(turned(none.red().underline_color(Color::Red), none.red()), "\x1b[59m");
    }

    #[test]
    fn a_blank_shows_its_background_unless_a_line_or_a_reversal_is_seen() {
        assert_eq!(pen(Style::new().bold().cyan()).of_blanks(), Some(Pen::PLAIN));
        assert_ne!(pen(Style::new().on_red()).of_blanks(), Some(Pen::PLAIN));
        assert_eq!(pen(Style::new().underlined()).of_blanks(), None);
    }
}
