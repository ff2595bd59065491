//! A colour as a terminal is told it, in one number: those of every cell are compared in every frame. Chooses none.

use ratatui::style::Color;

/// A colour: its kind in the highest byte, then its value; 0 is the terminal's own.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tint(u32);

const NAMED: u32 = 1 << 24;
const INDEXED: u32 = 2 << 24;
const RGB: u32 = 3 << 24;

impl Tint {
    /// The terminal's own colour.
    pub const NONE: Tint = Tint(0);

    /// This colour.
    pub fn of(colour: Color) -> Tint {
        Tint(match colour {
            Color::Reset => 0,
            Color::Black => NAMED,
            Color::Red => NAMED + 1,
            Color::Green => NAMED + 2,
            Color::Yellow => NAMED + 3,
            Color::Blue => NAMED + 4,
            Color::Magenta => NAMED + 5,
            Color::Cyan => NAMED + 6,
            Color::Gray => NAMED + 7,
            Color::DarkGray => NAMED + 8,
            Color::LightRed => NAMED + 9,
            Color::LightGreen => NAMED + 10,
            Color::LightYellow => NAMED + 11,
            Color::LightBlue => NAMED + 12,
            Color::LightMagenta => NAMED + 13,
            Color::LightCyan => NAMED + 14,
            Color::White => NAMED + 15,
            Color::Indexed(index) => INDEXED | u32::from(index),
            Color::Rgb(red, green, blue) => RGB | u32::from_be_bytes([0, red, green, blue]),
        })
    }

    /// The numbers that choose it; the base is 30 for glyphs, 40 for what is behind them, 50 for the lines beneath.
    pub fn numbers(self, base: u8) -> impl Iterator<Item = u8> {
        let [_, red, green, value] = self.0.to_be_bytes();
        let (numbers, count) = match self.0 & RGB {
            0 => ([base + 9, 0, 0, 0, 0], 1),
            // Lines have no short form.
            NAMED if base < 50 && value < 8 => ([base + value, 0, 0, 0, 0], 1),
            NAMED if base < 50 => ([base + 60 + value - 8, 0, 0, 0, 0], 1),
            RGB => ([base + 8, 2, red, green, value], 5),
            _ => ([base + 8, 5, value, 0, 0], 3),
        };
        numbers.into_iter().take(count)
    }
}
