//! Another file was put in the place of the open database: nothing that belongs to the old file stays.

use super::effect::{Effect, Target};
use super::model::{Book, Model};
use crate::accounts::file_id::FileId;

/// The message after all of it was read again.
pub const MESSAGE: &str = "the database file was replaced; everything was read again from the new one";

/// Why a log-in is due.
pub const LOG_IN: &str = "the database file was replaced: log in to the new one";

/// Drops what belongs to the file `was`, and opens the new one. An order that is on its way is refused by the worker.
pub fn replaced(model: &mut Model, was: Option<FileId>, effects: &mut Vec<Effect>) {
    let Some(place) = model.place().filter(|place| place.file == was) else { return };
    let (path, login_required) = (place.path.clone(), place.policy.login_required);
    model.book = Book::Opening;
    model.replaced = true;
    model.start_over();
    model.layers.clear();
    model.orders.clear();
    model.commands.clear();
    (model.running, model.ended_at, model.cancel_at, model.notice) = (None, None, None, None);
    if login_required {
        // They may name users.
        model.messages.clear();
    }
    effects.push(Effect::Connect(Target::Open(path)));
}
