//! What was taken since the last frame, and which keys have to wait for the next one.
//!
//! Frames are drawn when everything that has arrived was taken, not after each event. A key that changes data must not
//! act upon what only came in between: it was pressed by somebody who looked at the last frame.

use super::key::Key;
use super::model::Model;
use super::update::would_change;

/// Whether something was taken since the last frame.
#[derive(Default)]
pub struct Undrawn {
    something: bool,
}

impl Undrawn {
    /// An event was taken, whatever it was: an answer or an outcome moves what is under the cursor as a key does.
    pub fn took(&mut self) {
        self.something = true;
    }

    /// A frame was drawn.
    pub fn drew(&mut self) {
        self.something = false;
    }

    /// Whether a frame has to be drawn before this key is taken.
    pub fn holds_back(&self, model: &Model, key: Key) -> bool {
        self.something && would_change(model, key)
    }
}
