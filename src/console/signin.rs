//! The log-in that stands before everything where one is required, and over everything once nobody has touched a key
//! for long. While it stands nothing of the database's people is drawn, asked for or done.

use super::action::Action;
use super::effect::{Done, Effect, Event};
use super::ink::Ink;
use super::key::Key;
use super::keymap::{Meaning, Scope, resolve};
use super::layers::form::Pressed;
use super::layers::login::SignIn;
use super::many;
use super::model::Model;
use super::theme::Role as Colour;
use super::words::clipped;
use crate::accounts::time::Span;
use crate::accounts::user::{Role, UserId};
use crate::accounts::{Actor, Error, Kind, Result};

/// Whether whoever sits here has to log in first.
pub fn is_due(model: &Model) -> bool {
    let required = model.place().is_some_and(|place| place.policy.login_required);
    required && !model.setup.glass && matches!(model.setup.actor, Actor::Operator(_))
}

/// How long until nobody will have touched a key for too long; `None` where that is nobody's concern.
pub fn until_alone(model: &Model) -> Option<Span> {
    let policy = &model.place()?.policy;
    // Many who are being changed are watched by somebody, and stopped from here: it locks when they are done.
    let busy = model.signin.is_some() || model.running.is_some();
    let watched = policy.login_required && !busy && !is_due(model);
    watched
        .then(|| Span::from_millis((policy.console_idle.millis() - model.now.since(model.touched_at).millis()).max(0)))
}

/// Takes everybody out: whoever logs in begins anew.
pub fn shut(model: &mut Model, why: Option<&str>) {
    let mut signin = form(model, "Log in", "", None);
    signin.form.fault = why.map(str::to_owned);
    cover(model, signin);
}

/// What became of whoever sat here, as a question in their name was answered.
pub fn turned_away(model: &mut Model, error: &Error) -> bool {
    let why = match error.kind {
        _ if !matches!(model.setup.actor, Actor::User { .. }) => return false,
        Kind::Unauthenticated => "the account that was logged in here is deactivated, deleted or past its end",
        Kind::Unauthorized => "the account that was logged in here is neither admin nor auditor any more",
        _ => return false,
    };
    shut(model, Some(&format!("{why}: log in with another one")));
    true
}

/// Nobody has touched a key for too long: the same person comes back to the same place by their password.
fn lock(model: &mut Model, effects: &mut Vec<Effect>) {
    let signin = match &model.setup.actor {
        Actor::User { id, name } => form(model, "Locked", name, Some(id.clone())),
        // Broken glass is broken for as long as somebody sits before it.
        Actor::Operator(_) | Actor::Service(_) => form(model, "Locked", "", None),
    };
    cover(model, signin);
    effects.push(Effect::Repaint);
}

/// Where nothing may be written no password is looked at: that is said, and none is asked for.
fn form(model: &Model, word: &str, name: &str, back: Option<UserId>) -> SignIn {
    let title = title(model, word);
    match model.setup.read_only {
        true => SignIn::refusing(title, &NOBODY),
        false => SignIn::new(title, name, back),
    }
}

/// Why nobody logs in to a console that only looks.
const NOBODY: [&str; 3] = [
    "A log-in is required here; --read-only lets nobody log in,",
    "since a wrong password could not be counted.",
    "Leave it out: an auditor changes nothing anyway.",
];

fn cover(model: &mut Model, signin: SignIn) {
    // The last line may name people.
    model.notice = None;
    model.cancel_at = None;
    model.signin = Some(signin);
}

fn title(model: &Model, word: &str) -> String {
    let file = model.place().and_then(|place| place.path.file_name());
    let file = file.map(|file| clipped(&file.to_string_lossy(), 24)).unwrap_or_default();
    format!("{word} · {file}")
}

/// Takes what is meant for the log-in, and hands back the rest.
pub fn take(model: &mut Model, event: Event, effects: &mut Vec<Effect>) -> Option<Event> {
    // A clock that was set back starts the wait again.
    model.touched_at = model.touched_at.min(model.now);
    if until_alone(model) == Some(Span::from_millis(0)) {
        lock(model, effects);
        // Meant for what is no longer there, and no letter of a password.
        if matches!(event, Event::Key { .. } | Event::Paste(_)) {
            return None;
        }
    }
    let Some(signin) = &mut model.signin else {
        if matches!(event, Event::Key { .. } | Event::Paste(_)) {
            model.touched_at = model.now;
        }
        return Some(event);
    };
    match event {
        Event::Key { key, .. } => press(model, key, effects),
        Event::Paste(text) => {
            if !signin.form.sent {
                signin.form.paste(&text);
            }
        }
        Event::Written(ticket, result) if signin.ticket == Some(ticket) => {
            model.orders.remove(&ticket);
            answered(model, result, effects);
        }
        other => return Some(other),
    }
    None
}

fn press(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    let cancels = model.cancel_at.take();
    let Some(signin) = &mut model.signin else { return };
    match resolve(Scope::Form, key) {
        Meaning::Act(Action::Cancel) => match cancels.is_some_and(|at| model.now.since(at) < Span::SECOND.times(2)) {
            true => {
                // What is at work behind the lock ends with its batch: nobody can see here what it would be waited for.
                many::stop(model, effects);
                model.done = true;
            }
            false => model.cancel_at = Some(model.now),
        },
        Meaning::Act(Action::Suspend) => effects.push(Effect::Suspend),
        Meaning::Act(Action::Repaint) => effects.push(Effect::Repaint),
        _ if signin.form.sent => {}
        Meaning::Act(step @ (Action::NextField | Action::PreviousField)) => {
            signin.form.step(step == Action::NextField);
        }
        Meaning::Act(Action::Show) => {
            if let Some(field) = signin.form.secret_mut() {
                field.shown = !field.shown;
            }
        }
        Meaning::Act(Action::Accept) => match signin.form.accept() {
            Pressed::Submit if signin.is_refusing() => model.done = true,
            Pressed::Submit => send(model, effects),
            Pressed::Cancel => model.done = true,
            Pressed::Stay => {}
        },
        Meaning::Text(key) => signin.form.key(key),
        Meaning::Act(_) | Meaning::Nothing => {}
    }
}

fn send(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(write) = model.signin.as_mut().and_then(SignIn::order) else { return };
    let ticket = model.next_ticket(None, None);
    if let Some(signin) = &mut model.signin {
        signin.ticket = Some(ticket);
    }
    effects.push(Effect::Write(ticket, write));
}

fn answered(model: &mut Model, result: Result<Done>, effects: &mut Vec<Effect>) {
    match result {
        Ok(Done::SignedIn { seat, standing }) => {
            let back = model.signin.take().and_then(|signin| signin.back);
            let same = matches!(&standing.actor, Actor::User { id, .. } if back.as_ref() == Some(id));
            model.seated(standing);
            model.touched_at = model.now;
            effects.push(Effect::Seat(seat));
            effects.push(Effect::Repaint);
            if !same {
                model.layers.clear();
                model.messages.clear();
                model.notice = None;
                model.orders.clear();
                model.start_over();
            }
            model.refresh();
        }
        Ok(_) => {}
        Err(error) => {
            if let Some(signin) = &mut model.signin {
                signin.refused(&error);
            }
        }
    }
}

impl Model {
    /// Hears who acts from now on.
    pub fn seated(&mut self, standing: crate::accounts::standing::Standing) {
        (self.setup.actor, self.setup.role, self.setup.glass) = (standing.actor, standing.role, standing.glass);
    }

    /// Whether the password is asked for once more before what is grave.
    pub fn asks_again(&self) -> bool {
        self.place().is_some_and(|place| place.policy.login_required) && matches!(self.setup.actor, Actor::User { .. })
    }

    /// Whether whoever sits here only looks.
    pub fn is_auditor(&self) -> bool {
        self.setup.role == Role::Auditor
    }
}

/// Draws the log-in and nothing else; answers with the place of the terminal's cursor.
pub fn draw(model: &Model, signin: &SignIn, ink: &mut Ink<'_>) -> Option<(u16, u16)> {
    let bottom = model.screen().bottom;
    signin.form.draw(ink);
    let cursor = ink.cursor;
    let words = match model.cancel_at {
        Some(_) => " Ctrl-C again quits",
        None if signin.is_refusing() => " Enter quits · Ctrl-C twice quits",
        None => " Tab next · Enter logs in · Ctrl-C twice quits",
    };
    ink.text(bottom.x, bottom.y, bottom.width, words, Colour::Text);
    cursor
}
