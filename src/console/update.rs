//! What happens, routed to whoever owns the state that it changes. Nothing is done here; it is asked for.

use super::act::act;
use super::action::Action;
use super::burst::{TOO_FAST, TOO_MANY, is_dropped, keep_said};
use super::dialog;
use super::effect::{Effect, Event, Read, Target};
use super::key::Key;
use super::keymap::{Meaning, Scope, resolve};
use super::layers::field::{edit, paste};
use super::layout::{Pane, Shape};
use super::model::Model;
use super::{many, outcome, replaced, signin, unseen};
use crate::accounts::time::Span;

/// What a console works on first, and what it is going to ask of it first.
pub fn start(model: &Model) -> (Target, Read) {
    let rows = model.screen().rows(Pane::Users).max(1);
    (model.setup.path.clone().map_or(Target::Demo, Target::Open), model.users.first(rows))
}

/// Takes an event and says what is to be done.
pub fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    let mut effects = take(model, event);
    model.needs(&mut effects);
    effects
}

/// The same, except that nothing is asked that the screen needs: [`Model::needs`] does so behind the last of several keys.
pub fn take(model: &mut Model, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    model.now = model.setup.clock.now();
    model.unseen = false;
    if let Some(event) = signin::take(model, event, &mut effects) {
        route(model, event, &mut effects);
    }
    effects
}

fn route(model: &mut Model, event: Event, effects: &mut Vec<Effect>) {
    match event {
        Event::Key { key, burst } => keep_said(model, burst, |model| press(model, key, burst, effects)),
        Event::Paste(text) => take_paste(model, &text),
        Event::Resize(columns, rows) => resize(model, (columns, rows)),
        Event::Answered(_, turn, Ok(answer)) => outcome::answered(model, turn, answer),
        Event::Answered(slot, turn, Err(error)) => outcome::unanswered(model, slot, turn, &error),
        Event::Written(ticket, result) => outcome::written(model, ticket, result),
        Event::Connected(target, result) => outcome::connected(model, &target, result),
        Event::Moved { users, sessions } => {
            if users || sessions {
                model.refresh();
            }
        }
        Event::Replaced(was) => replaced::replaced(model, was, effects),
        Event::Progress(words) => model.progress(words),
        Event::Failed(error) => model.complain(&error),
        Event::Dropped => model.refuse(TOO_MANY.to_owned()),
        Event::Reached(ticket, reached, all) => many::reached(model, ticket, reached, all),
        Event::Tick => {}
        Event::Resumed(refusal) => {
            refusal.into_iter().for_each(|refusal| model.refuse(refusal));
            effects.push(Effect::Repaint);
        }
    }
}

/// Whether a key would change data if it were pressed now: such keys wait until what they act on was drawn.
pub fn would_change(model: &Model, key: Key) -> bool {
    let changes = matches!(resolve(model.scope(), key), Meaning::Act(action) if action.about().changes);
    model.signin.is_none() && (changes || dialog::may_act(model, key))
}

fn press(model: &mut Model, key: Key, burst: bool, effects: &mut Vec<Effect>) {
    if model.screen().shape == Shape::TooSmall {
        return unseen::press(model, key, burst);
    }
    let scope = model.scope();
    let meaning = resolve(scope, key);
    let cancels = std::mem::take(&mut model.cancel_at);
    if meaning != Meaning::Nothing {
        model.notice = None;
    }
    match meaning {
        Meaning::Act(Action::Cancel) => {
            let again = cancels.is_some_and(|at| model.now.since(at) < Span::SECOND.times(2));
            cancel(model, again, effects);
        }
        Meaning::Act(action) if burst && is_dropped(action) => model.refuse(TOO_FAST.to_owned()),
        Meaning::Act(action @ (Action::Repaint | Action::Suspend)) => act(model, action, effects),
        Meaning::Act(action) if !model.layers.is_empty() => dialog::act(model, action, burst, effects),
        Meaning::Act(action) if scope == Scope::Filter => in_filter(model, action, effects),
        Meaning::Act(action) if model.refuse_early(action) => {}
        Meaning::Act(action) => act(model, action, effects),
        Meaning::Text(key) if scope == Scope::Filter => model.type_filter(|input| edit(input, key)),
        Meaning::Text(key) => dialog::key(model, key),
        Meaning::Nothing => dialog::other_key(model, key, burst, effects),
    }
}

/// Ctrl-C: cancels whatever is open; at the top, twice within two seconds quits.
fn cancel(model: &mut Model, again: bool, effects: &mut Vec<Effect>) {
    if dialog::cancel(model) {
        return;
    }
    if many::stop(model, effects) {
    } else if model.verifying.stop() {
        model.refuse("the verification was stopped".to_owned());
    } else if model.scope() == Scope::Filter {
        in_filter(model, Action::Back, effects);
    } else if again {
        model.done = true;
    } else {
        model.cancel_at = Some(model.now);
        model.notice = None;
        model.refuse("Ctrl-C again quits".to_owned());
    }
}

fn in_filter(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    match action {
        // What is not understood is not in force, and must not stand in the title as if it were.
        Action::Accept if model.filter_fault().is_some() => model.refuse_filter(),
        Action::Accept | Action::Back => {
            model.end_filter();
            if action == Action::Back {
                model.clear_filter();
            }
        }
        other => act(model, other, effects),
    }
}

/// A paste is text where text is taken. Anywhere else it is dropped: it never accepts and never changes anything.
fn take_paste(model: &mut Model, text: &str) {
    match model.scope() {
        Scope::Filter => model.type_filter(|input| paste(input, text)),
        Scope::Form | Scope::Palette | Scope::Enrol => dialog::paste(model, text),
        _ => model.refuse("a paste does nothing here; / takes one as a filter".to_owned()),
    }
}

fn resize(model: &mut Model, size: (u16, u16)) {
    model.size = size;
    let screen = model.screen();
    model.users.list.window.follow(screen.rows(Pane::Users).max(1));
    model.everybody.list.window.follow(screen.rows(Pane::Everybody).max(1));
    model.audit.list.window.follow(model.audit_rows());
}
