//! Orders on their way to the worker: whom they are about, and the command that would do the same.

use super::commands;
use super::effect::{Effect, Grave, Ticket, Write};
use super::model::Model;
use crate::accounts::user::UserId;

/// Gives an order, and remembers the command that does the same.
pub fn give(model: &mut Model, write: Write, effects: &mut Vec<Effect>) -> Ticket {
    let about = about(&write);
    let user = model.person().filter(|user| Some(&user.id) == about.as_ref());
    let command = commands::of(&write, user);
    let ticket = model.next_ticket(about, command);
    effects.push(Effect::Write(ticket, write));
    ticket
}

/// Whom an order is about.
fn about(write: &Write) -> Option<UserId> {
    match write {
        Write::Activate { id, .. }
        | Write::Deactivate { id, .. }
        | Write::Edit { id, .. }
        | Write::Delete { id, .. }
        | Write::Restore { id, .. }
        | Write::SetPassword { id, .. }
        | Write::IssueCode { id }
        | Write::EndSessions { id, .. }
        | Write::Contain { id, .. }
        | Write::Proven { grave: Grave::Contain { id, .. }, .. }
        | Write::Unthrottle { id }
        | Write::BeginFactor { id }
        | Write::EnableFactor { id, .. }
        | Write::DisableFactor { id, .. }
        | Write::RefreshCodes { id, .. }
        | Write::CreateToken { id, .. } => Some(id.clone()),
        Write::Undo(changed) => Some(changed.after.id.clone()),
        Write::Create { .. }
        | Write::EndSession { .. }
        | Write::RevokeToken { .. }
        | Write::SetPolicy { .. }
        | Write::SignIn { .. } => None,
    }
}
