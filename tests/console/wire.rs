//! How many bytes a key costs on the line, by what the surface writes: counted, not timed.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rollbook::console::term::Surface;
use rollbook::console::view;

use crate::stage::Stage;

/// Counts the bytes of each write.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Vec<usize>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().push(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The console at the end of a line: a list of several pages, whose people differ as people do.
struct End {
    stage: Stage,
    wire: Wire,
    terminal: Terminal<Surface<Wire>>,
}

impl End {
    fn new(columns: u16, rows: u16) -> End {
        const FIRST: [&str; 8] = ["Maria", "Oleksandr", "Zoë", "Bo", "Ingeborg", "Ann", "Wei", "Jean-Luc"];
        const LAST: [&str; 7] = ["Gonzalez", "Ng", "Papadopoulou", "Østergård", "Li", "Smith", "Hansson"];
        let stage = Stage::with(columns, rows, |accounts| {
            for n in 0..200 {
                let name = format!("{} {} {n}", FIRST[n % 8], LAST[n % 7]);
                let draft = rollbook::accounts::Draft { pending: n % 11 == 0, ..crate::others::draft(&name, |_| {}) };
                accounts.create_user(draft, None).unwrap();
            }
        });
        let wire = Wire::default();
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, columns, rows)) };
        let terminal = Terminal::with_options(Surface::new(wire.clone()), options).unwrap();
        let mut end = End { stage, wire, terminal };
        let first = end.frame();
        assert!(first > 1_500, "the first frame says everything, not {first} bytes");
        end
    }

    /// The bytes of the next frame, which is one write or none.
    fn frame(&mut self) -> usize {
        let model = &self.stage.model;
        self.terminal
            .draw(|frame| {
                if let Some(place) = view::draw(model, frame.buffer_mut()) {
                    frame.set_cursor_position(place);
                }
            })
            .unwrap();
        let writes = std::mem::take(&mut *self.wire.0.borrow_mut());
        assert!(writes.len() <= 1, "{writes:?}");
        writes.into_iter().sum()
    }

    fn key(&mut self, key: &str) -> usize {
        self.stage.press(key);
        self.frame()
    }
}

/// Two people of whom the same can be said differ by name and row. Where one can log in and the other cannot, all that
/// is said of them is different words; that is told apart, and has a limit of its own.
#[test]
fn a_step_of_the_cursor_costs_at_most_600_bytes() {
    let mut end = End::new(120, 40);
    for key in ["j", "k"] {
        for at in 0..30 {
            let verdict = |end: &End| end.stage.model.person().map(|user| user.status);
            let before = verdict(&end);
            let bytes = end.key(key);
            let limit = if verdict(&end) == before { 600 } else { 1_000 };
            assert!((1..=limit).contains(&bytes), "{bytes} bytes at step {at} by {key}");
        }
    }
}

#[test]
fn steps_that_scroll_cost_at_most_800_bytes_on_average() {
    let mut end = End::new(120, 40);
    let all: Vec<usize> = (0..150).map(|_| end.key("j")).collect();
    let average = all.iter().sum::<usize>() / all.len();
    assert!(all.iter().max() > Some(&800), "nothing has scrolled: {all:?}");
    assert!(average <= 800, "{average} bytes on average: {all:?}");
}

#[test]
fn a_letter_of_a_filter_costs_at_most_4_kilobytes_on_a_small_screen() {
    let mut end = End::new(80, 24);
    end.key("/");
    for letter in ["a", "n", "n", "<bs>", "<bs>", "<bs>", "o", "s", "t", "<c-u>", "^", "m"] {
        let bytes = end.key(letter);
        assert!(bytes <= 4_096, "{bytes} bytes for {letter}");
    }
}

#[test]
fn what_changes_nothing_that_is_seen_costs_no_byte() {
    let mut end = End::new(120, 40);
    end.stage.moved();
    assert_eq!(end.frame(), 0);
    end.stage.wait(rollbook::accounts::Span::SECOND);
    assert_eq!(end.frame(), 0);
}
