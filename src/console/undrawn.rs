//! What was taken since the last frame, and which keys have to wait for the next one.
//!
//! Frames are drawn when everything that has arrived was taken, not after each event. A key that changes data must not
//! act upon what only came in between: it was pressed by somebody who looked at the last frame.

use super::action::Action;
use super::effect::Event;
use super::key::Key;
use super::keymap::{Meaning, resolve};
use super::model::Model;
use super::update::would_change;

/// What was taken since the last frame.
#[derive(Clone, Copy, Default)]
pub struct Undrawn {
    something: bool,
    outcome: bool,
}

impl Undrawn {
    /// An event was taken, whatever it was: an answer or an outcome moves what is under the cursor as a key does.
    pub fn took(&mut self, event: &Event) {
        self.something = true;
        self.outcome |= matches!(event, Event::Written(..));
    }

    /// Whether there is anything to draw.
    pub fn is_something(&self) -> bool {
        self.something
    }

    /// A frame was drawn.
    pub fn drew(&mut self) {
        *self = Undrawn::default();
    }

    /// Whether a frame has to be drawn before this key is taken. What came of an order waits for no key at all: the
    /// next one would wipe away that it was refused. A key of a `burst` changes nothing.
    pub fn holds_back(&self, model: &Model, key: Key, burst: bool) -> bool {
        self.outcome || self.something && !burst && would_change(model, key)
    }
}

/// Whether a key only moves or only types, and so does the next: what the screen needs is asked behind the last of them.
pub fn goes_on(model: &Model, key: Key, next: Key) -> bool {
    let moves = |key| match resolve(model.scope(), key) {
        Meaning::Act(action) => action.moves().then_some(true),
        Meaning::Text(_) => Some(false),
        Meaning::Nothing => None,
    };
    model.signin.is_none() && moves(key).is_some() && moves(key) == moves(next)
}

impl Model {
    /// A frame was drawn.
    pub fn drew(&mut self) {
        self.arrival.follow(self.pane);
        if !self.layers.is_empty() || self.signin.is_some() {
            return;
        }
        let now = self.setup.clock.now();
        if self.session().is_some() {
            self.arrival.in_pane.draw(now);
        }
        if self.person().is_some() {
            self.arrival.in_view.draw(now);
        }
    }

    /// Refuses a key that acts at once and came too early to be about the row that is on the screen.
    pub(super) fn refuse_early(&mut self, action: Action) -> bool {
        self.arrival.follow(self.pane);
        let asks = self.marked() + self.marked_sessions() > 0;
        if asks || self.refusal(action).is_some() {
            return false;
        }
        let (focus, done, key) = match action {
            Action::End => (&mut self.arrival.in_pane, "logged out", 'x'),
            Action::Activate => (&mut self.arrival.in_view, "changed", 'a'),
            Action::Unthrottle => (&mut self.arrival.in_view, "changed", 'r'),
            _ => return false,
        };
        if focus.takes(self.now) {
            return false;
        }
        self.refuse(format!("nothing was {done}: read the row, then press {key} again"));
        true
    }
}
