//! What the terminal tells the console.

use crate::console::key::Input;

/// One piece of news.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TermEvent {
    /// A key or a paste, with the time at which its last byte was read, in [`millis`](super::millis).
    Input(Input, u64),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// Somebody asks the console to stop for a while; the answer is [`suspend`](super::suspend).
    Suspend,
    /// The process runs again after it was stopped: everything is to be drawn anew.
    Resumed,
}
