//! The terminal beneath the console: taken over, drawn on, listened to, and given back on every way out.
//!
//! Bytes are read and decoded here rather than by crossterm's event reader, which spins on a terminal that is gone
//! and delivers a split escape sequence as letters. Knows nothing of what is drawn or what a key does.
//!
//! The order at the start is [`hook_panics`], before there is any thread that may panic, [`watch_signals`], [`enter`],
//! [`start`], then `ratatui::Terminal::new(Surface::new(Tty))`; at the end [`leave`]. A suspended console comes back by
//! [`suspend`], `Terminal::clear`, and a new frame.

pub mod copy;
pub mod decode;
pub mod erase;
pub mod event;
pub mod guard;
pub mod job;
pub mod pen;
pub mod reader;
pub mod screen;
pub mod spot;
pub mod surface;
pub mod wire;

pub use copy::copy_sequence;
pub use event::TermEvent;
pub use guard::{at_the_end, hook_panics, suspend};
pub use reader::millis;
pub use screen::{Tty, enter, leave, size};
pub use surface::Surface;

use crate::accounts::error::{Error, Kind, Result};

/// Starts the thread that takes the signals. Called once, before anything is made that must not outlive the process.
///
/// # Errors
/// `failure` when the system gives no thread or no signal handler.
pub fn watch_signals(sink: impl Fn(TermEvent) + Send + 'static) -> Result<()> {
    guard::watch_signals(sink).map_err(cannot_be_watched)
}

/// Starts the thread that reads the terminal. Called once.
///
/// # Errors
/// `failure` when the system gives no thread.
pub fn start(sink: impl Fn(TermEvent) + Send + 'static) -> Result<()> {
    reader::read_input(sink).map_err(cannot_be_watched)
}

fn cannot_be_watched(error: std::io::Error) -> Error {
    Error::new(Kind::Failure, format!("the terminal cannot be watched: {error}"))
        .hint("the limits on processes and open files may be too low (ulimit -a)")
}

/// Puts text on the clipboard of whoever sits at the terminal, if their terminal allows it; there is no answer.
///
/// # Errors
/// `failure` if the text is longer than a terminal takes, or the terminal takes no bytes.
pub fn copy(text: &str) -> Result<()> {
    use std::io::Write as _;
    let Some(bytes) = copy_sequence(text, |name| std::env::var(name).ok()) else {
        return Err(
            Error::new(Kind::Failure, "too long for the clipboard").hint("write it to a file by the command line")
        );
    };
    Tty.write_all(&bytes).map_err(|error| Error::new(Kind::Failure, format!("the terminal takes no bytes: {error}")))
}
