//! What a filter line is read as, and a completion on its way.
//!
//! Knows neither the lists that are filtered nor the state of the console.

use super::action::Action;
use super::effect::Turn;
use super::keymap::{Scope, key_of};
use crate::accounts::Result;
use crate::accounts::query::{Filter, Subject};

/// How many labels are asked for at once: more than a line names.
pub const LABELS: u16 = 64;

/// Reads a filter over people; what is asked of sessions is a key away.
///
/// # Errors
/// As [`Filter::parse`].
pub fn of_users(text: &str) -> Result<Filter> {
    read(text, Subject::Users)
}

/// Reads a filter over sessions; what is asked of people is a key away.
///
/// # Errors
/// As [`Filter::parse_sessions`].
pub fn of_sessions(text: &str) -> Result<Filter> {
    read(text, Subject::Sessions)
}

fn read(text: &str, subject: Subject) -> Result<Filter> {
    Filter::read(text, subject).map_err(|fault| {
        let (other, action) = match subject {
            Subject::Users => ("sessions", Action::ViewSessions),
            Subject::Sessions => ("users", Action::ViewUsers),
        };
        match (&fault.hint, key_of(Scope::Users, action)) {
            (None, Some(key)) => fault.hint(format!("{key} shows the {other}")),
            _ => fault,
        }
    })
}

/// A completion on its way.
#[derive(Default)]
pub struct Completing {
    /// The number of the newest question.
    pub turn: Turn,
    /// The line it was asked for, and the place in it.
    pub line: Option<(String, usize)>,
    /// What the rows had that were held when the filter was begun, each word with its field.
    pub seen: Vec<(&'static str, String)>,
}
