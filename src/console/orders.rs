//! Orders on their way to the worker: whom they are about, and the command that would do the same.

use super::commands;
use super::effect::{Bulk, Effect, Grave, Ticket, Write};
use super::model::Model;
use super::running::{Running, words};
use crate::accounts::query::{Filter, Subject};
use crate::accounts::user::UserId;

/// Gives an order, and remembers the command that does the same.
pub fn give(model: &mut Model, write: Write, effects: &mut Vec<Effect>) -> Ticket {
    let about = about(&write);
    let user = model.person().filter(|user| Some(&user.id) == about.as_ref());
    let command = commands::of(&write, user);
    let ticket = model.next_ticket(about, command.or_else(|| many_command(model, &write)));
    if let Write::Many(bulk) | Write::Proven { grave: Grave::Many(bulk), .. } = &write {
        model.running = Some(Running::new(ticket, bulk, model.now));
        model.users.marks.order_begins();
        model.everybody.marks.order_begins();
    }
    effects.push(Effect::Write(ticket, write));
    ticket
}

/// The command that does the same as a change to the marked people, where a filter found exactly them.
fn many_command(model: &Model, write: &Write) -> Option<String> {
    let (Write::Many(bulk) | Write::Proven { grave: Grave::Many(bulk), .. }) = write else { return None };
    let Bulk::Change { plan, reason } = bulk else { return None };
    // Where some are hidden by a later filter and left out, the former filter would find them too.
    if plan.matched as usize != model.users.marks.count() {
        return None;
    }
    let verb = words(&plan.change).verb.to_lowercase();
    // Nor does the command take a line that was never finished.
    let found_by = model.users.marks.found_by()?;
    Filter::read_finished(found_by, Subject::Users).ok()?;
    Some(commands::for_many(&verb, found_by, reason.as_deref()))
}

/// Whom an order is about.
pub(super) fn about(write: &Write) -> Option<UserId> {
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
        | Write::Many(_)
        | Write::Proven { grave: Grave::Many(_), .. }
        | Write::SignIn { .. } => None,
    }
}
