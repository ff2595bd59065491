//! Keys in a terminal that is too small for anything to be drawn: nothing can be meant by them but to leave.

use super::action::Action;
use super::key::Key;
use super::keymap::{Meaning, Scope, resolve};
use super::model::Model;
use crate::accounts::time::Span;

/// Takes such a key.
pub fn press(model: &mut Model, key: Key, burst: bool) {
    let again = model.cancel_at.take().is_some_and(|at| model.now.since(at) < Span::SECOND.times(2));
    match resolve(Scope::Nothing, key) {
        Meaning::Act(Action::Quit) => model.done |= !burst,
        Meaning::Act(Action::Cancel) if again => model.done = true,
        Meaning::Act(Action::Cancel) => model.cancel_at = Some(model.now),
        _ => {}
    }
}
