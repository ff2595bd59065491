//! Each way to save bytes, alone, and what must hold while they are saved.
#![allow(clippy::unwrap_used)]

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::*;

const SIZE: Size = Size { width: 40, height: 6 };

/// The encoder, with the frame before.
struct Line {
    wire: Wire,
    before: Buffer,
}

impl Line {
    fn new() -> Line {
        let mut wire = Wire::default();
        wire.cleared(SIZE);
        Line { wire, before: Buffer::empty(Rect::new(0, 0, SIZE.width, SIZE.height)) }
    }

    /// The bytes of the next frame, which is made from the one before.
    fn then(&mut self, change: impl FnOnce(&mut Buffer)) -> String {
        let mut after = self.before.clone();
        change(&mut after);
        let mut out = Vec::new();
        self.wire.draw(self.before.diff(&after).into_iter(), &mut out);
        self.before = after;
        String::from_utf8(out).unwrap()
    }

    /// A frame with these lines before the one that matters.
    fn showing(lines: &[&str]) -> Line {
        let mut line = Line::new();
        line.then(|frame| lines.iter().zip(0..).for_each(|(text, y)| put(frame, 0, y, text)));
        line
    }
}

fn put(frame: &mut Buffer, x: u16, y: u16, text: &str) {
    frame.set_string(x, y, text, Style::new());
}

#[test]
fn a_frame_in_which_nothing_is_seen_to_change_is_no_byte() {
    let mut line = Line::showing(&["alice"]);
    assert_eq!(line.then(|_| ()), "");
    assert_eq!(line.then(|frame| frame.set_style(Rect::new(10, 0, 9, 1), Style::new().bold().cyan())), "");
}

#[test]
fn the_first_column_and_the_first_row_go_without_saying() {
    assert_eq!(Line::new().then(|frame| put(frame, 0, 0, "a")), "\x1b[Ha");
    assert_eq!(Line::new().then(|frame| put(frame, 0, 2, "a")), "\x1b[3Ha");
    assert_eq!(Line::new().then(|frame| put(frame, 11, 0, "a")), "\x1b[;12Ha");
    assert_eq!(Line::new().then(|frame| put(frame, 11, 2, "a")), "\x1b[3;12Ha");
}

#[test]
fn a_short_gap_is_written_again_and_a_long_one_jumped_over() {
    let mut line = Line::showing(&["kofi.rivera", "eero      kaya         x"]);
    assert_eq!(line.then(|frame| put(frame, 0, 0, "mofu.rIvera")), "\x1b[Hmofu.rI");
    assert_eq!(line.then(|frame| put(frame, 0, 1, "Eero      kaYa")), "\x1b[2HE\x1b[11CY");
}

#[test]
fn a_gap_of_another_look_is_jumped_over() {
    let mut line = Line::new();
    line.then(|frame| {
        put(frame, 0, 0, "a");
        frame.set_string(1, 0, "bcd", Style::new().bold().cyan());
        put(frame, 4, 0, "e");
    });
    assert_eq!(
        line.then(|frame| ["A", "E"].iter().zip([0, 4]).for_each(|(s, x)| put(frame, x, 0, s))),
        "\x1b[HA\x1b[3CE"
    );
}

#[test]
fn the_next_line_is_a_return_and_the_one_below_a_step() {
    let frame = |frame: &mut Buffer| {
        [(0, 0, "ab"), (0, 1, "cd"), (2, 3, "ef")].iter().for_each(|&(x, y, s)| put(frame, x, y, s))
    };
    assert_eq!(Line::new().then(frame), "\x1b[Hab\r\ncd\x1b[2Bef");
}

#[test]
fn the_rest_of_a_line_that_is_blank_is_cleared() {
    let mut line = Line::showing(&["a long name@example.org   and more"]);
    assert_eq!(line.then(|frame| put(frame, 2, 0, &format!("short{}", " ".repeat(30)))), "\x1b[;3Hshort\x1b[K");
    // Three blanks are shorter.
    let mut line = Line::showing(&["alice and"]);
    assert_eq!(line.then(|frame| put(frame, 6, 0, "   ")), "\x1b[;7H   ");
}

#[test]
fn what_is_mostly_blank_is_cleared_before_it_is_written() {
    let mut line = Line::new();
    line.then(|frame| {
        put(frame, 2, 1, "alice                        never");
        frame.set_style(Rect::new(0, 1, 40, 1), Style::new().reversed());
    });
    let plain = line.then(|frame| frame.set_style(Rect::new(0, 1, 40, 1), Style::new().not_reversed()));
    assert_eq!(plain, "\x1b[2H  alice\x1b[K\x1b[24Cnever");
}

#[test]
fn a_line_is_not_cleared_where_its_blanks_have_a_background() {
    let mut line = Line::showing(&["a long name@example.org   and more"]);
    let bytes = line.then(|frame| {
        put(frame, 0, 0, &" ".repeat(40));
        frame.set_style(Rect::new(0, 0, 40, 1), Style::new().on_red());
    });
    assert!(bytes.starts_with("\x1b[H\x1b[41m ") && !bytes.contains("\x1b[K"), "{bytes:?}");
}

#[test]
fn a_blank_is_written_in_the_look_that_is_at_hand() {
    let key = Style::new().bold().cyan();
    let mut line = Line::showing(&["xxxxxxx"]);
    let bytes = line.then(|frame| {
        frame.set_string(0, 0, "a", key);
        put(frame, 1, 0, " ");
        frame.set_string(2, 0, "b", key);
    });
    assert_eq!(bytes, "\x1b[H\x1b[1;36ma b\x1b[m");
}

#[test]
fn after_the_last_column_the_place_is_said_anew() {
    let bytes = Line::new().then(|frame| {
        put(frame, 38, 0, "ab");
        put(frame, 0, 1, "c");
    });
    assert_eq!(bytes, "\x1b[;39Hab\x1b[2Hc");
}

#[test]
fn ideographs_follow_each_other_and_pictures_are_put_into_their_places() {
    assert_eq!(Line::new().then(|frame| put(frame, 0, 0, "李明a")), "\x1b[H李明a");
    // Blank beneath, then the picture, then the place after it.
    assert_eq!(Line::new().then(|frame| put(frame, 0, 0, "🦀a")), "\x1b[H  \x1b[H🦀\x1b[;3Ha");
    assert_eq!(Line::new().then(|frame| put(frame, 0, 0, "e\u{301}a")), "\x1b[He\u{301}\x1b[;2Ha");
}

#[test]
fn what_joined_characters_may_have_covered_is_written_again() {
    let mut line = Line::showing(&["a", "      beta"]);
    let bytes = line.then(|frame| put(frame, 0, 1, "👩\u{200d}👩\u{200d}👧"));
    assert_eq!(bytes, "\x1b[2H  \x1b[2H👩\u{200d}👩\u{200d}👧\x1b[2;3H    ", "they may be six wide");
}

#[test]
fn half_of_a_wide_glyph_is_blanked() {
    let mut line = Line::showing(&["李明"]);
    assert_eq!(line.then(|frame| frame[(0, 0)] = Cell::from('a')), "\x1b[Ha ");
    // The new glyph covers the first half of the old one.
    let mut line = Line::showing(&["a李明"]);
    assert_eq!(line.then(|frame| put(frame, 0, 0, "王")), "\x1b[H王 ");
    let mut out = Vec::new();
    Line::showing(&["李明"]).wire.draw([(1, 0, &Cell::from('a'))].into_iter(), &mut out);
    assert_eq!(out, b"\x1b[H a");
    // In the look that it had.
    let mut line = Line::new();
    line.then(|frame| frame.set_string(0, 0, "李", Style::new().reversed()));
    let mut out = Vec::new();
    line.wire.draw([(0, 0, Cell::from('a').set_style(Style::new().reversed()) as &Cell)].into_iter(), &mut out);
    assert_eq!(out, b"\x1b[H\x1b[7ma \x1b[m");
}

#[test]
fn nothing_wraps_into_the_next_line() {
    let mut line = Line::new();
    let mut wide = Cell::EMPTY;
    wide.set_symbol("李");
    assert_eq!(line.then(|frame| frame[(39, 0)] = wide), "");
    assert_eq!(line.then(|frame| _ = frame[(39, 2)].set_symbol("❤\u{fe0f}")), "");
    assert_eq!(line.then(|frame| put(frame, 38, 1, "👩\u{200d}👩")), "");
}

#[test]
fn nothing_in_a_cell_is_obeyed() {
    for hostile in ["\r\n", "a\x1b[2J", "\u{9b}2J"] {
        let bytes = Line::showing(&["xx"]).then(|frame| _ = frame[(0, 0)].set_symbol(hostile));
        assert_eq!(bytes, "\x1b[H ", "{hostile:?}");
    }
}

#[test]
fn a_cell_that_is_to_be_skipped_is_not_said() {
    let mut line = Line::showing(&["a", "b"]);
    let bytes = line.then(|frame| {
        put(frame, 0, 0, "xyz");
        frame[(1, 0)].set_diff_option(CellDiffOption::Skip);
    });
    assert!(!bytes.contains('y'), "{bytes:?}");
}

#[test]
fn after_a_repaint_everything_is_said_again_and_nothing_is_taken_to_be_there() {
    let mut line = Line::showing(&["alice", "bob"]);
    line.wire.cleared(SIZE);
    line.before.reset();
    assert_eq!(line.then(|frame| put(frame, 0, 0, "alice")), "\x1b[Halice");
    line.wire.forget();
    assert_eq!(line.then(|frame| put(frame, 0, 0, "a ic")), "\x1b[;2H ");
    assert_eq!(line.then(|frame| put(frame, 0, 0, "a icE")), "\x1b[;5HE");
    line.then(|frame| put(frame, 8, 1, "a long name@example.org"));
    line.wire.forget();
    let bytes = line.then(|frame| ["x", "z"].iter().zip([0, 2]).for_each(|(s, x)| put(frame, x, 0, s)));
    assert_eq!(bytes, "\x1b[Hx\x1b[Cz");
    let bytes = line.then(|frame| put(frame, 8, 1, &" ".repeat(23)));
    assert!(!bytes.contains("\x1b[K"), "nobody knows what comes after: {bytes:?}");
}

#[test]
fn not_every_odd_glyph_there_ever_was_is_kept() {
    let mut line = Line::new();
    for mark in '\u{300}'..'\u{310}' {
        for other in '\u{300}'..'\u{312}' {
            let symbol = format!("e{mark}{other}{mark}{other}");
            assert_eq!(line.then(|frame| put(frame, 0, 0, &symbol)), format!("\x1b[H{symbol}"));
        }
    }
    assert!(!line.wire.odd.is_full());
}

#[test]
fn lines_that_come_out_of_their_order_are_drawn_all_the_same() {
    let mut out = Vec::new();
    let (a, b) = (Cell::from('a'), Cell::from('b'));
    Line::new().wire.draw([(3, 4, &a), (2, 1, &b)].into_iter(), &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), "\x1b[5;4Ha\x1b[2;3Hb");
}
