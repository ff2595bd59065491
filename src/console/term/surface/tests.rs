//! What a frame writes, and random frames one after the other on an emulated terminal: it shows what was drawn, and
//! crossterm's own backend would have needed more bytes.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::num::NonZeroU16;
use std::rc::Rc;

use proptest::prelude::*;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::{Frame, Terminal};
use vt100::{Parser, Screen};

use super::*;

/// Keeps every write apart.
#[derive(Clone, Default)]
struct Writes(Rc<RefCell<Vec<Vec<u8>>>>);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Writes {
    fn take(&self) -> Vec<String> {
        self.0.borrow_mut().drain(..).map(|bytes| String::from_utf8(bytes).unwrap()).collect()
    }
}

fn terminal() -> (Terminal<Surface<Writes>>, Writes) {
    let writes = Writes::default();
    (Terminal::new(Surface::new(writes.clone())).unwrap(), writes)
}

fn page(text: &'static str) -> impl Fn(&mut Frame<'_>) {
    move |frame| {
        frame.buffer_mut().set_string(0, 0, text, Style::new().fg(Color::Red));
        frame.buffer_mut().set_string(3, 2, text, Style::new());
    }
}

#[test]
fn a_frame_is_one_write_between_its_marks() {
    let (mut terminal, writes) = terminal();
    terminal.draw(page("alice")).unwrap();
    let written = writes.take();
    assert_eq!(written.len(), 1);
    assert!(written[0].starts_with("\x1b[?2026h") && written[0].ends_with("\x1b[?2026l"), "{written:?}");
    assert_eq!(written[0].matches("alice").count(), 2);
    assert!(!written[0].contains("\x1b[?25"), "the cursor is hidden already: {written:?}");
}

#[test]
fn a_frame_in_which_nothing_changed_writes_nothing() {
    let (mut terminal, writes) = terminal();
    terminal.draw(page("alice")).unwrap();
    writes.take();
    terminal.draw(page("alice")).unwrap();
    assert!(writes.take().is_empty());
}

#[test]
fn the_cursor_is_said_when_it_changes_and_after_what_moved_it() {
    let (mut terminal, writes) = terminal();
    let at = |x: u16| {
        move |frame: &mut Frame<'_>| {
            page("alice")(frame);
            frame.set_cursor_position((x, 1));
        }
    };
    terminal.draw(at(4)).unwrap();
    assert!(writes.take()[0].ends_with("\x1b[2;5H\x1b[?25h\x1b[?2026l"));
    terminal.draw(at(4)).unwrap();
    assert!(writes.take().is_empty());
    terminal.draw(at(5)).unwrap();
    assert_eq!(writes.take(), ["\x1b[?2026h\x1b[?25l\x1b[2;6H\x1b[?25h\x1b[?2026l"]);
    terminal.draw(page("alice")).unwrap();
    assert_eq!(writes.take(), ["\x1b[?2026h\x1b[?25l\x1b[H\x1b[?2026l"]);
}

#[test]
fn a_repaint_hides_the_cursor_again_and_draws_everything() {
    let (mut terminal, writes) = terminal();
    terminal.draw(page("alice")).unwrap();
    writes.take();
    terminal.clear().unwrap();
    terminal.draw(page("alice")).unwrap();
    let written = writes.take().concat();
    assert!(written.contains("\x1b[?25l") && written.matches("alice").count() == 2, "{written:?}");
}

#[test]
fn after_a_part_was_cleared_nothing_is_taken_to_be_there() {
    let (x, writes) = (ratatui::buffer::Cell::from('x'), Writes::default());
    let mut surface = Surface::new(writes.clone());
    for _ in 0..2 {
        surface.draw([(0, 0, &x)].into_iter()).unwrap();
        surface.clear_region(ClearType::CurrentLine).unwrap();
        surface.flush().unwrap();
    }
    assert!(writes.take().iter().all(|frame| frame.contains("\x1b[Hx")));
}

/// What names and words are made of.
const WORDS: [&str; 8] = [
    "a",
    "kofi.rivera66@example.org",
    "41 min",
    "never    –",
    "──────────",
    "zoë 李明",
    "                    ",
    "王x王",
];

/// What terminals do not agree upon, beside it.
const PICTURES: [&str; 5] = ["🦀 crab", "❤\u{fe0f}x", "e\u{301}a\u{308}", "👩\u{200d}👩\u{200d}👧 b", "🇩🇪🇫🇷"];

/// Something that is drawn.
#[derive(Clone, Debug)]
enum Stroke {
    Words(u16, u16, &'static str, Style),
    Look(Rect, Style),
}

/// A step from frame to frame.
#[derive(Clone, Debug)]
enum Step {
    /// More is drawn over the frame before.
    More(Vec<Stroke>),
    /// Another frame.
    Other(Vec<Stroke>),
    Cursor(Option<(u16, u16)>),
    Repaint,
    Resize(u16, u16),
}

fn style() -> impl Strategy<Value = Style> {
    let colour = || {
        prop_oneof![
            4 => Just(Color::Reset),
            2 => prop::sample::select(vec![Color::Cyan, Color::Gray, Color::DarkGray, Color::LightRed, Color::White]),
            1 => any::<u8>().prop_map(Color::Indexed),
            1 => any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
        ]
    };
    // The emulated terminal knows nothing that is bold and dim.
    let weight = prop::sample::select(vec![Modifier::empty(), Modifier::BOLD, Modifier::DIM]);
    let others = vec![Modifier::empty(), Modifier::ITALIC, Modifier::UNDERLINED, Modifier::REVERSED];
    let modifier = (weight, prop::sample::select(others)).prop_map(|(one, other)| one | other);
    prop_oneof![
        Just(Style::reset()),
        (colour(), colour(), modifier)
            .prop_map(|(fg, bg, modifier)| Style::reset().fg(fg).bg(bg).add_modifier(modifier)),
    ]
}

fn stroke(words: Vec<&'static str>) -> impl Strategy<Value = Stroke> {
    let words = prop::sample::select(words);
    let of_words = (0u16..50, 0u16..10, words, style()).prop_map(|(x, y, words, look)| {
        // A wide glyph has a look of its own only as far as its second half has none: ratatui does not tell of that.
        let narrow = words.chars().all(|c| c.len_utf8() < 3 || c == '─' || c == '–');
        let plain = Style::reset().fg(look.fg.unwrap_or(Color::Reset));
        Stroke::Words(x, y, words, if narrow { look } else { plain })
    });
    let of_rows = (0u16..10, 1u16..3, style())
        .prop_map(|(y, height, look)| Stroke::Look(Rect { x: 0, y, width: 50, height }, look));
    prop_oneof![4 => of_words, 1 => of_rows]
}

fn steps(words: Vec<&'static str>) -> impl Strategy<Value = Vec<Step>> {
    let strokes = move |most| prop::collection::vec(stroke(words.clone()), 0..most);
    let step = prop_oneof![
        12 => strokes(4).prop_map(Step::More),
        3 => strokes(12).prop_map(Step::Other),
        2 => prop::option::of((0u16..20, 0u16..4)).prop_map(Step::Cursor),
        1 => Just(Step::Repaint),
        1 => (20u16..50, 4u16..10).prop_map(|(width, height)| Step::Resize(width, height)),
    ];
    prop::collection::vec(step, 1..24)
}

fn paint(frame: &mut Buffer, strokes: &[Stroke]) {
    for stroke in strokes {
        match *stroke {
            Stroke::Words(x, y, words, look) if x < frame.area.width && y < frame.area.height => {
                // As ratatui's own widgets do, nothing of a glyph that is covered in part stays.
                let before = x.checked_sub(1).map(|x| &mut frame[(x, y)]).filter(|cell| cell.cell_width() > 1);
                before.into_iter().for_each(|cell| cell.reset());
                frame.set_string(x, y, words, look);
            }
            Stroke::Look(rect, look) => frame.set_style(rect, look),
            Stroke::Words(..) => {}
        }
    }
}

/// A terminal of this size that was taken over.
fn parser((width, height): (u16, u16)) -> Parser {
    let mut parser = Parser::new(NonZeroU16::new(height).unwrap(), NonZeroU16::new(width).unwrap(), 0);
    parser.process(b"\x1b[?25l");
    parser
}

/// Both ways from the frames to a terminal.
struct Race {
    surface: Surface<Vec<u8>>,
    emulated: Parser,
    before: Buffer,
    cursor: Option<(u16, u16)>,
    ours: usize,
    theirs: usize,
}

impl Race {
    fn new() -> Race {
        let size = Size { width: 40, height: 8 };
        Race {
            surface: Surface::sized(Vec::new(), size),
            emulated: parser((40, 8)),
            before: Buffer::empty(Rect::new(0, 0, 40, 8)),
            cursor: None,
            ours: 0,
            theirs: 0,
        }
    }

    fn step(&mut self, step: &Step) {
        let mut after = self.before.clone();
        match step {
            Step::More(strokes) => paint(&mut after, strokes),
            Step::Other(strokes) => {
                after.reset();
                paint(&mut after, strokes);
            }
            Step::Cursor(at) => self.cursor = *at,
            Step::Repaint => self.clear(),
            Step::Resize(width, height) => {
                self.emulated
                    .screen_mut()
                    .set_size(NonZeroU16::new(*height).unwrap(), NonZeroU16::new(*width).unwrap());
                self.surface.size.set(Size { width: *width, height: *height });
                after = Buffer::empty(Rect::new(0, 0, *width, *height));
                self.before = after.clone();
                self.clear();
            }
        }
        self.draw(after);
    }

    fn clear(&mut self) {
        self.surface.clear().unwrap();
        self.before.reset();
    }

    fn draw(&mut self, after: Buffer) {
        let changes = self.before.diff(&after);
        if !changes.is_empty() {
            let mut plain = Vec::new();
            CrosstermBackend::new(&mut plain).draw(changes.iter().copied()).unwrap();
            self.theirs += plain.len();
        }
        let start = self.surface.frame.len();
        self.surface.draw(changes.iter().copied()).unwrap();
        self.ours += self.surface.frame.len() - start;
        match self.cursor {
            Some(at) => {
                self.surface.set_cursor_position(at).unwrap();
                self.surface.show_cursor().unwrap();
            }
            None => self.surface.hide_cursor().unwrap(),
        }
        self.surface.flush().unwrap();
        self.emulated.process(&std::mem::take(&mut self.surface.out));
        assert_eq!(self.emulated.screen().hide_cursor(), self.cursor.is_none());
        if let Some((x, y)) = self.cursor {
            assert_eq!(self.emulated.screen().cursor_position(), (y, x));
        }
        shows(self.emulated.screen(), &after);
        self.before = after;
    }
}

fn shows(screen: &Screen, frame: &Buffer) {
    for y in 0..frame.area.height {
        let mut x = 0;
        while x < frame.area.width {
            let (cell, width) = (&frame[(x, y)], frame[(x, y)].cell_width().max(1));
            let seen = screen.cell(y, x).unwrap();
            let parts: Vec<u16> = cell.symbol().chars().map(|c| c.to_string().cell_width()).collect();
            let apart: u16 = parts.iter().sum();
            if apart > width && x + apart > frame.area.width {
                assert_eq!(seen.contents().trim(), "", "{x},{y}: it might wrap");
            } else if parts.iter().filter(|part| **part > 0).count() > 1 {
                // The emulated terminal does not join; what counts is that nothing beside it is harmed.
                assert!(cell.symbol().starts_with(seen.contents()), "{x},{y}: {:?} for {cell:?}", seen.contents());
            } else {
                assert_eq!(seen.contents().trim(), cell.symbol().trim(), "{x},{y}");
                assert!(looks(seen) == looks_wanted(cell), "{x},{y}: {:?} for {cell:?}", looks(seen));
            }
            x += width;
        }
    }
}

/// What is seen of a cell: colours and modifiers; of a blank only what shows.
fn looks(seen: &vt100::Cell) -> (vt100::Color, vt100::Color, Modifier) {
    let mut modifier = Modifier::empty();
    for (one, on) in [
        (Modifier::BOLD, seen.bold()),
        (Modifier::DIM, seen.dim()),
        (Modifier::ITALIC, seen.italic()),
        (Modifier::UNDERLINED, seen.underline()),
        (Modifier::REVERSED, seen.inverse()),
    ] {
        modifier.set(one, on);
    }
    showing(seen.contents().trim().is_empty(), (seen.fgcolor(), seen.bgcolor(), modifier))
}

fn looks_wanted(cell: &ratatui::buffer::Cell) -> (vt100::Color, vt100::Color, Modifier) {
    let colour = |colour| match colour {
        Color::Cyan => vt100::Color::Idx(6),
        Color::Gray => vt100::Color::Idx(7),
        Color::DarkGray => vt100::Color::Idx(8),
        Color::LightRed => vt100::Color::Idx(9),
        Color::White => vt100::Color::Idx(15),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
        _ => vt100::Color::Default,
    };
    showing(cell.symbol().trim().is_empty(), (colour(cell.fg), colour(cell.bg), cell.modifier))
}

fn showing(
    blank: bool,
    (fg, bg, modifier): (vt100::Color, vt100::Color, Modifier),
) -> (vt100::Color, vt100::Color, Modifier) {
    if blank && !modifier.intersects(Modifier::REVERSED | Modifier::UNDERLINED) {
        return (vt100::Color::Default, bg, Modifier::empty());
    }
    (fg, bg, modifier)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_terminal_shows_what_was_drawn(steps in steps([&WORDS[..], &PICTURES[..]].concat())) {
        let mut race = Race::new();
        steps.iter().for_each(|step| race.step(step));
    }

    #[test]
    fn fewer_bytes_than_crossterm_needs(steps in steps(WORDS.to_vec())) {
        let mut race = Race::new();
        steps.iter().for_each(|step| race.step(step));
        prop_assert!(race.ours <= race.theirs, "{} for {}", race.ours, race.theirs);
    }
}
