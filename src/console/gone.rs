//! Somebody who was erased for good in another process: once the console learns of it, which is when they were under the
//! cursor, nothing of them stays in a form, in what may be undone, or as whom the last change was made to.
//!
//! Knows not how one learns of it: whoever reads a person says so.

use super::effect::Turn;
use super::layers::Layer;
use super::model::{Model, Undo};
use super::orders::about;
use super::words::clipped;
use crate::accounts::time::Span;
use crate::accounts::user::UserId;

/// Whether it has to be asked if somebody who left the list is there still: something of them is held. Not at once after
/// a change that was made here, which is why they left.
pub fn is_doubted(model: &Model, id: &UserId) -> bool {
    let just_changed = |(changed, at): &(UserId, _)| changed == id && model.now.since(*at) < Span::SECOND.times(2);
    let held = model.layers.iter().any(|layer| about_of(layer).as_ref() == Some(id))
        || model.undo.iter().any(|undo| undo.one().is_some_and(|changed| changed.after.id == *id));
    held && !model.changed_here.as_ref().is_some_and(just_changed)
}

/// The person who was asked for is not there any more.
pub fn forget(model: &mut Model, turn: Turn) {
    let Some(id) = model.detail.wanted().cloned() else { return model.detail.failed(turn) };
    let name = model.detail.of(&id).map(|dossier| dossier.user.name.clone());
    let name = name.or_else(|| {
        let held = model.undo.iter().filter_map(Undo::one).find(|changed| changed.after.id == id);
        held.map(|changed| changed.after.name.clone())
    });
    model.detail.failed(turn);
    let who = name.map_or_else(|| "whoever it was".to_owned(), |name| clipped(&name, 40));
    let (layers, undo) = (model.layers.len(), model.undo.len());
    model.layers.retain(|layer| about_of(layer).as_ref() != Some(&id));
    for undo in &mut model.undo {
        if let Undo::Many { former, .. } = undo {
            former.retain(|former| former.id != id);
        }
    }
    model.undo.retain(|undo| match undo {
        Undo::One(changed, _) => changed.after.id != id,
        Undo::Many { former, .. } => !former.is_empty(),
    });
    if model.changed_here.as_ref().is_some_and(|(changed, _)| *changed == id) {
        // The command names them as well.
        (model.changed_here, model.last_command) = (None, None);
    }
    // Not kept among the messages: whoever was erased is named nowhere afterwards.
    if model.layers.len() < layers {
        model.refuse(format!("{who} was erased for good meanwhile; what was open about them is closed"));
    } else if model.undo.len() < undo {
        model.refuse(format!("{who} was erased for good meanwhile; nothing of theirs can be taken back"));
    }
}

/// Whom a layer is about.
fn about_of(layer: &Layer) -> Option<UserId> {
    match layer {
        Layer::Edit(edit, _) => Some(edit.user().id.clone()),
        Layer::Password(password, _) => Some(password.user_id().clone()),
        Layer::Prompt(prompt, _) => prompt.user_id().cloned(),
        Layer::Keyring(keyring) => Some(keyring.user_id().clone()),
        Layer::Enrol(enrol, _) => Some(enrol.user_id().clone()),
        Layer::Question(question) => question.order().and_then(about),
        Layer::Proof(proof, _) => proof.user_id().cloned(),
        Layer::NewUser(..) | Layer::Many(_) | Layer::Menu(_) | Layer::Pager(_) | Layer::Code(_) | Layer::Palette(_) => {
            None
        }
    }
}
