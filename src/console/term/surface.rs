//! What ratatui draws on: a frame is gathered and goes out in one write, or not at all when nothing changed.
//!
//! ratatui's own backend hides the cursor anew in every frame and flushes as it goes. Here the cursor is only
//! remembered, and what the terminal shows already is not said again; the changes are told by [`Wire`], in fewer bytes.
//! Asks the terminal nothing.

use std::cell;
use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use crate::console::term::erase::erase_rows;
use crate::console::term::screen;
use crate::console::term::wire::Wire;

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
const HIDE: &[u8] = b"\x1b[?25l";

/// The surface; `W` takes each frame in one call.
#[derive(Debug)]
pub struct Surface<W: Write> {
    out: W,
    frame: Vec<u8>,
    wire: Wire,
    /// The size that was answered last, which is that of the cells.
    size: cell::Cell<Size>,
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
    /// A surface that takes the terminal to be as [`screen::enter`] leaves it: blank, and without a cursor.
    pub fn new(out: W) -> Surface<W> {
        let (width, height) = screen::size();
        Surface::sized(out, Size { width, height })
    }

    fn sized(out: W, size: Size) -> Surface<W> {
        let mut wire = Wire::default();
        wire.cleared(size);
        let (frame, size) = (Vec::with_capacity(64 * 1024), cell::Cell::new(size));
        Surface { out, frame, wire, size, wanted: Cursor::default(), shown: Cursor::default() }
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
        self.wire.draw(content, &mut self.frame);
        Ok(())
    }

    fn append_lines(&mut self, n: u16) -> io::Result<()> {
        self.wire.forget();
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
        match clear_type {
            ClearType::All => {
                self.wire.cleared(self.size.get());
                erase_rows(self.size.get().height.max(screen::tallest()), &mut self.frame);
                Ok(())
            }
            _ => {
                self.wire.forget();
                self.crossterm().clear_region(clear_type)
            }
        }
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = screen::size();
        self.size.set(Size { width, height });
        Ok(self.size.get())
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
        } else {
            // A screen that becomes smaller loses the rows below the cursor; tmux keeps those above it in its scrollback.
            bytes.extend_from_slice(b"\x1b[H");
        }
        bytes.extend_from_slice(END);
        self.shown = self.wanted;
        self.out.write_all(&bytes)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests;
