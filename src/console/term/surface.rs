//! What ratatui draws on: a frame is gathered and goes out in one write, or not at all when nothing changed.
//!
//! ratatui's own backend hides the cursor anew in every frame and flushes as it goes. Here the cursor is only
//! remembered, and what the terminal shows already is not said again. Asks the terminal nothing.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use crate::console::term::screen;

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
const HIDE: &[u8] = b"\x1b[?25l";

/// The surface; `W` takes each frame in one call.
#[derive(Debug)]
pub struct Surface<W: Write> {
    out: W,
    frame: Vec<u8>,
    wanted: Cursor,
    shown: Cursor,
}

/// Where the cursor stands, and whether it is seen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Cursor {
    visible: bool,
    at: Position,
}

impl<W: Write> Surface<W> {
    /// A surface that takes the terminal to be as [`screen::enter`] leaves it: without a cursor.
    pub fn new(out: W) -> Surface<W> {
        Surface { out, frame: Vec::with_capacity(64 * 1024), wanted: Cursor::default(), shown: Cursor::default() }
    }

    fn crossterm(&mut self) -> CrosstermBackend<&mut Vec<u8>> {
        CrosstermBackend::new(&mut self.frame)
    }
}

impl<W: Write> Backend for Surface<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        // With nothing to draw, crossterm's backend would still reset the colours.
        if content.peek().is_none() { Ok(()) } else { self.crossterm().draw(content) }
    }

    fn append_lines(&mut self, n: u16) -> io::Result<()> {
        self.crossterm().append_lines(n)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.wanted.visible = false;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.wanted.visible = true;
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.wanted.at)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.wanted.at = position.into();
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        // After a stop or a repaint, what the terminal shows is no longer known.
        self.shown.visible = true;
        self.crossterm().clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = screen::size();
        Ok(Size { width, height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        let moved = self.wanted.visible && self.wanted.at != self.shown.at;
        if self.frame.is_empty() && self.wanted.visible == self.shown.visible && !moved {
            return Ok(());
        }
        let mut bytes = BEGIN.to_vec();
        if self.shown.visible {
            bytes.extend_from_slice(HIDE);
        }
        bytes.append(&mut self.frame);
        if self.wanted.visible {
            write!(bytes, "\x1b[{};{}H\x1b[?25h", u32::from(self.wanted.at.y) + 1, u32::from(self.wanted.at.x) + 1)?;
        }
        bytes.extend_from_slice(END);
        self.shown = self.wanted;
        self.out.write_all(&bytes)?;
        self.out.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::style::{Color, Style};
    use ratatui::{Frame, Terminal};

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
        assert_eq!(writes.take(), ["\x1b[?2026h\x1b[?25l\x1b[?2026l"]);
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
}
