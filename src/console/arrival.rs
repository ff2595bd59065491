//! Keys that act at once do nothing until the rows were on the screen for a moment after the focus moved to them.
//!
//! Otherwise a key that moves the focus, pressed twice, acts on a row that the user has not read.

use super::layout::Pane;
use crate::accounts::time::{Span, Time};

/// How long a row is on the screen before a key acts on it: longer than the pause of a double press or a held key.
const READABLE: Span = Span::from_millis(500);

/// When the focus came to the present pane, and when to the present view.
#[derive(Default)]
pub struct Arrival {
    pane: Option<Pane>,
    /// For keys about the session under the cursor.
    pub in_pane: Focus,
    /// For keys about the user under the cursor, who stays the same within a view.
    pub in_view: Focus,
}

/// Whether a frame showed the row under the cursor since the focus moved, and since when no key came too early.
#[derive(Clone, Copy)]
pub struct Focus {
    drawn: bool,
    since: Time,
}

impl Default for Focus {
    /// The focus has not moved yet.
    fn default() -> Self {
        Focus { drawn: true, since: Time::default() }
    }
}

impl Focus {
    fn moved() -> Focus {
        Focus { drawn: false, since: Time::default() }
    }

    /// A frame showed the row under the cursor.
    pub fn draw(&mut self, now: Time) {
        if !self.drawn {
            *self = Focus { drawn: true, since: now };
        }
    }

    /// Takes a key that acts at once; `false` if it came too early, which makes the next one wait as long again.
    pub fn takes(&mut self, now: Time) -> bool {
        // A clock that was set back does not block the key for longer.
        let early = !self.drawn || (0..READABLE.millis()).contains(&now.since(self.since).millis());
        if early {
            self.since = now;
        }
        !early
    }
}

impl Arrival {
    /// Notices that the focus is in another pane now.
    pub fn follow(&mut self, pane: Pane) {
        let Some(before) = self.pane.replace(pane).filter(|before| *before != pane) else { return };
        self.in_pane = Focus::moved();
        if view(before) != view(pane) {
            self.in_view = Focus::moved();
        }
    }
}

/// The number of the view to which a pane belongs.
fn view(pane: Pane) -> u8 {
    match pane {
        Pane::Users | Pane::Detail | Pane::Sessions => 1,
        Pane::Everybody => 2,
        Pane::Audit => 3,
        Pane::System => 4,
    }
}
