//! What an action does: to the panes, by opening a layer, or by an order to the worker.

use super::action::Action;
use super::commands;
use super::effect::{Bulk, Effect, Grave, Target, Write};
use super::ending;
use super::keymap::{ANYWHERE, GLOBAL, KEYS, bindings};
use super::layers::Layer;
use super::layers::edit::Edit;
use super::layers::keyring::Keyring;
use super::layers::menu::{Item, Menu, Pick};
use super::layers::new_user::NewUser;
use super::layers::pager::Pager;
use super::layers::palette::{Line, Palette};
use super::layers::password::Password;
use super::layers::prompt::Prompt;
use super::layers::proof::Proof;
use super::layers::question::Question;
use super::layout::Pane;
use super::many;
use super::model::{Book, Model, Undo};
use super::orders::give;
use super::theme::Role;
use super::tracing;
use super::words::{clipped, day, exact, for_good, shown};
use crate::accounts::change::UserChange;
use crate::accounts::losses::Losses;
use crate::accounts::policy::Policy;
use crate::accounts::text::first_forbidden;
use crate::accounts::time::Span;
use crate::accounts::user::{KEPT_DAYS, Status, User};

/// Carries an action out, or says why not.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if let Some(refusal) = model.refusal(action) {
        // Once it is said, `z` means the change before.
        if action == Action::Undo && model.refusal_for_good().as_ref() == Some(&refusal) {
            model.never_undone = None;
        }
        model.refuse(refusal);
        return;
    }
    match action {
        Action::Activate | Action::Deactivate | Action::Delete | Action::Contain if model.marked() > 0 => {
            many::begin(model, action, effects);
        }
        Action::Mark | Action::Range | Action::MarkAll | Action::DropMarks => many::mark(model, action),
        _ if action.moves() => move_cursor(model, action),
        Action::NextPane => turn_pane(model, true),
        Action::PreviousPane => turn_pane(model, false),
        Action::Whole => model.whole = !model.whole,
        Action::Back => back(model, effects),
        Action::ViewUsers => (model.pane, model.whole) = (Pane::Users, false),
        Action::ViewSessions => (model.pane, model.whole) = (Pane::Everybody, false),
        Action::ViewAudit => (model.pane, model.whole) = (Pane::Audit, false),
        Action::ViewSystem => (model.pane, model.whole) = (Pane::System, false),
        Action::History => tracing::history(model),
        Action::Person => tracing::person(model),
        Action::Verify => tracing::verify(model),
        Action::Set => tracing::set(model),
        Action::Filter => model.start_filter(),
        Action::Complete => model.complete_filter(effects),
        Action::Lists if model.pane == Pane::Audit => model.layers.push(Layer::Menu(tracing::lists(model))),
        Action::Lists => model.layers.push(Layer::Menu(Menu::lists())),
        Action::Order => model.layers.push(Layer::Menu(Menu::orders(model.users.order))),
        Action::Reverse if model.pane == Pane::Everybody => model.everybody.reverse(),
        Action::Reverse => model.users.reverse(),
        Action::New => open_new(model),
        Action::Activate => activate(model, effects),
        Action::Deactivate => deactivate(model),
        Action::End if model.marked_sessions() > 0 => ending::end_marked(model, effects),
        Action::End => end(model, effects),
        Action::OpenSessions => model.pane = Pane::Sessions,
        Action::EndAll => end_all(model),
        Action::Password => open_about(model, |user, model| {
            let policy = model.place().map(|place| place.policy.clone()).unwrap_or_default();
            let dossier = model.detail.of(&user.id);
            let tokens = dossier.map_or(0, |dossier| dossier.exposure.tokens);
            let losses = dossier.map(|dossier| dossier.losses_of_password(model.now)).unwrap_or_default();
            Layer::Password(Box::new(Password::new(user, policy, tokens, losses)), None)
        }),
        Action::Edit => open_about(model, |user, model| Layer::Edit(Box::new(Edit::new(user, model.now)), None)),
        Action::Delete => delete(model),
        Action::Undo => undo(model, effects),
        Action::Keyring => open_about(model, |user, _| Layer::Keyring(Box::new(Keyring::new(user)))),
        Action::Contain => contain(model),
        Action::Unthrottle => {
            if let Some(user) = model.person().cloned() {
                order(model, &user, Write::Unthrottle { id: user.id.clone() }, effects);
            }
        }
        Action::Why => open_why(model),
        Action::Copy if matches!(model.pane, Pane::Audit | Pane::System) => {
            model.layers.push(Layer::Menu(tracing::copies(model)));
        }
        Action::Copy => open_copy(model),
        Action::Help => open_help(model),
        Action::Palette => open_palette(model),
        Action::Messages => open_messages(model),
        Action::Reload => {
            model.refresh();
            model.say("read again");
        }
        Action::Repaint => effects.push(Effect::Repaint),
        Action::OpenFile => model.layers.push(Layer::Prompt(Box::new(Prompt::open()), None)),
        Action::Demo => {
            model.say("making sample people");
            effects.push(Effect::Connect(Target::Demo));
        }
        Action::Upgrade => {
            if let Some(path) = model.setup.path.clone() {
                model.say("upgrading, after a backup");
                effects.push(Effect::Connect(Target::Upgrade(path)));
            }
        }
        Action::Quit => many::quit(model),
        Action::Suspend => effects.push(Effect::Suspend),
        _ => {}
    }
}

fn move_cursor(model: &mut Model, action: Action) {
    let height = match model.pane {
        Pane::Audit => model.audit_rows(),
        pane => model.screen().rows(pane).max(1),
    };
    let page = isize::try_from(height).unwrap_or(1);
    let delta = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::HalfUp => -(page / 2).max(1),
        Action::HalfDown => (page / 2).max(1),
        Action::First => isize::MIN / 2,
        _ => isize::MAX / 2,
    };
    let edge = matches!(action, Action::First | Action::Last).then_some(action == Action::Last);
    match (model.pane, edge) {
        (Pane::Users, Some(last)) => model.users.list.to_edge(last, height),
        (Pane::Users, None) => model.users.list.move_by(delta, height),
        (Pane::Everybody, Some(last)) => model.everybody.list.to_edge(last, height),
        (Pane::Everybody, None) => model.everybody.list.move_by(delta, height),
        (Pane::Audit, _) => move_in_audit(model, delta, edge, height),
        (Pane::System, _) => {
            let mut system = std::mem::take(&mut model.system);
            if let Some(around) = model.around_system() {
                system.move_by(delta, &around);
            }
            model.system = system;
        }
        (Pane::Detail, _) => model.detail.scroll_by(delta),
        (Pane::Sessions, _) => {
            let sessions = model.their_sessions().unwrap_or_default().to_vec();
            model.sessions.move_by(delta, &sessions, height);
        }
    }
}

/// Through the list; in one entry alone whole pages scroll it, and the rest leads to the next one.
fn move_in_audit(model: &mut Model, delta: isize, edge: Option<bool>, height: usize) {
    match edge {
        None if model.whole && delta.abs() > 1 => {
            model.audit.scroll = model.audit.scroll.saturating_add_signed(delta).min(1000);
            return;
        }
        Some(last) => model.audit.list.to_edge(last, height),
        None => model.audit.list.move_by(delta, height),
    }
    model.audit.scroll = 0;
}

fn turn_pane(model: &mut Model, forward: bool) {
    model.pane = match (model.pane, forward) {
        (Pane::Users, true) | (Pane::Detail, false) => Pane::Sessions,
        (Pane::Sessions, true) | (Pane::Users, false) => Pane::Detail,
        (Pane::Detail, true) | (Pane::Sessions, false) => Pane::Users,
        (pane @ (Pane::Everybody | Pane::Audit | Pane::System), _) => pane,
    };
}

/// One step back: what is at work, the pane alone, then the filter, then the list.
fn back(model: &mut Model, effects: &mut Vec<Effect>) {
    if many::stop(model, effects) || model.end_range() {
    } else if many::came_too_late(model) {
        model.refuse("it had ended already; nothing was stopped".to_owned());
    } else if model.verifying.stop() {
        model.say("the verification was stopped");
    } else if model.whole {
        model.whole = false;
    } else if matches!(model.pane, Pane::Detail | Pane::Sessions) {
        model.pane = Pane::Users;
    } else {
        model.clear_filter();
    }
}

fn open_new(model: &mut Model) {
    let founding = matches!(model.book, Book::Missing(_)) || model.is_unpeopled();
    let policy = model.place().map_or_else(Policy::default, |place| place.policy.clone());
    model.layers.push(Layer::NewUser(Box::new(NewUser::new(policy, founding)), None));
}

fn open_about(model: &mut Model, make: impl FnOnce(&User, &Model) -> Layer) {
    if let Some(user) = model.person().cloned() {
        let layer = make(&user, model);
        model.layers.push(layer);
    }
}

/// Gives an order about the person under the cursor, in the version that was drawn.
fn order(model: &mut Model, user: &User, write: Write, effects: &mut Vec<Effect>) {
    let command = commands::of(&write, Some(user));
    let ticket = model.next_ticket(Some(user.id.clone()), command);
    effects.push(Effect::Write(ticket, write));
}

fn activate(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(user) = model.person().cloned() else { return };
    let (id, expect) = (user.id.clone(), user.version);
    let write = match user.deleted_at {
        Some(_) => Write::Restore { id, expect, name: None },
        None => Write::Activate { id, expect },
    };
    order(model, &user, write, effects);
}

fn deactivate(model: &mut Model) {
    let write = |user: &User| Write::Deactivate { id: user.id.clone(), expect: user.version, reason: None };
    shut_out(model, "Deactivate", UserChange::Deactivate, write, |user, losses, _, _| {
        Layer::Prompt(Box::new(Prompt::reason(user, losses)), None)
    });
}

/// Asks before the person under the cursor is shut out; before oneself is, by what has to be typed.
fn shut_out(
    model: &mut Model,
    verb: &str,
    change: UserChange,
    write: impl FnOnce(&User) -> Write,
    ask: impl FnOnce(&User, &Losses, &Model, Write) -> Layer,
) {
    let dossier = model.person_id().and_then(|id| model.detail.of(id));
    let Some(losses) = dossier.map(|dossier| dossier.losses(&change, model.now)) else {
        return model.refuse("still reading".to_owned());
    };
    open_about(model, |user, model| {
        let write = write(user);
        if model.is_own(user) {
            let effect = "you are logged out and cannot come back by yourself";
            return own_access(&format!("{verb} your own account?"), effect, &losses, model, write);
        }
        ask(user, &losses, model, write)
    });
}

/// The question before what changes one's own access: it is typed, not pressed.
pub(super) fn own_access(title: &str, effect: &str, losses: &Losses, model: &Model, write: Write) -> Layer {
    let lines = std::iter::once(effect.to_owned()).chain(for_good(losses)).collect();
    let question = Question::new(title.to_owned(), lines, "does it", model.now, write);
    Layer::Question(Box::new(question.typed("1".to_owned())))
}

fn end(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(session) = model.session() else { return };
    let (write, owner) = (Write::EndSession { id: session.id.clone() }, session.user_id.clone());
    if session.runs_out_at().is_none() {
        let client = session.client.as_deref().map_or_else(|| "a session".to_owned(), |client| clipped(client, 24));
        let title = format!("Log out {client} of {}?", clipped(&session.name, 24));
        let lines = vec![
            "this session never expires; a program may depend on it".to_owned(),
            "it stops working now and cannot be restored".to_owned(),
        ];
        let question = Question::new(title, lines, "logs out", model.now, write);
        return model.layers.push(Layer::Question(Box::new(question)));
    }
    let ticket = model.next_ticket(Some(owner), commands::of(&write, None));
    effects.push(Effect::Write(ticket, write));
}

fn end_all(model: &mut Model) {
    let Some(user) = model.person().cloned() else { return };
    let live = model.live_count();
    let write = Write::EndSessions { id: user.id.clone(), expect: live };
    let title = format!("End all sessions of {}?", clipped(&user.name, 30));
    let Some(mut losses) = model.detail.of(&user.id).map(|dossier| dossier.losses_of_log_out(model.now)) else {
        return;
    };
    losses.sessions = live;
    let lines = for_good(&losses);
    let question = Question::new(title, lines, "ends them", model.now, write);
    model.layers.push(Layer::Question(Box::new(question)));
}

fn delete(model: &mut Model) {
    let write = |user: &User| Write::Delete { id: user.id.clone(), expect: user.version };
    shut_out(model, "Delete", UserChange::Delete, write, |user, losses, model, write| {
        let until = model.now.plus(Span::DAY.times(KEPT_DAYS));
        let until = format!("the user can be restored until {}", day(until, &model.setup.zone));
        let lines = std::iter::once(until).chain(for_good(losses)).collect();
        let title = format!("Delete {}?", clipped(&user.name, 44));
        Layer::Question(Box::new(Question::new(title, lines, "deletes", model.now, write)))
    });
}

fn contain(model: &mut Model) {
    let write = |user: &User| Write::Contain { id: user.id.clone(), expect: user.version };
    shut_out(model, "Contain", UserChange::Contain, write, |user, losses, model, write| {
        let inactive = user.status == Status::Inactive;
        let mut lines = vec![if inactive { "is inactive already" } else { "deactivates, now" }.to_owned()];
        lines.extend(for_good(losses));
        if losses.passwords > 0 {
            lines.push("only a new password lets this user log in again".to_owned());
        }
        if !inactive {
            lines.push("z gives the status back, and nothing else".to_owned());
        }
        let title = format!("Contain {}?", clipped(&user.name, 40));
        if let Some(grave) = Grave::of(&write).filter(|_| model.asks_again()) {
            return Layer::Proof(Box::new(Proof::new(title, lines, "Contain", grave)), None);
        }
        Layer::Question(Box::new(Question::new(title, lines, "contains", model.now, write)))
    });
}

/// Takes the last change back. Where that was one that cannot be (a refusal), or was made to somebody who is not under
/// the cursor, it is said first: `z` must not reach past what one has in mind.
fn undo(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(undo) = model.undo.last() else { return };
    let words = undo.sentence();
    let changed = match undo {
        Undo::One(changed, _) => changed.clone(),
        Undo::Many { former, words, .. } => {
            let bulk = Bulk::Undo { former: former.clone(), words: words.clone() };
            give(model, Write::Many(bulk), effects);
            return;
        }
    };
    let (id, losses) = (changed.after.id.clone(), changed.losses());
    let write = Write::Undo(changed);
    if model.person_id() == Some(&id) {
        model.undo.pop();
        let ticket = model.next_ticket(Some(id), None);
        return effects.push(Effect::Write(ticket, write));
    }
    let mut lines = vec!["this user is not under the cursor; the fields and the status before come back".to_owned()];
    if !losses.is_empty() {
        lines.push(format!("not restored: {}", losses.nouns().join(", ")));
    }
    let question = Question::new(format!("Take back: {words}?"), lines, "takes it back", model.now, write);
    model.layers.push(Layer::Question(Box::new(question)));
}

fn open_why(model: &mut Model) {
    let dossier = model.person_id().and_then(|id| model.detail.of(id));
    match dossier.map(|dossier| Pager::why(dossier, model.now)) {
        Some(pager) => model.layers.push(Layer::Pager(pager)),
        None => model.refuse("still reading".to_owned()),
    }
}

fn open_copy(model: &mut Model) {
    let Some(user) = model.person() else { return };
    let name = super::words::typed(user);
    let item = |letter, label: &str, text: String| Item {
        letter,
        label: label.to_owned(),
        value: super::words::shown(&text),
        pick: Pick::Copy(text),
    };
    let mut items = vec![item('n', "name", harmless(&user.name)), item('i', "id", harmless(user.id.as_str()))];
    if let Some(email) = &user.email {
        items.push(item('e', "e-mail", harmless(email)));
    }
    if let Some(command) = &model.last_command {
        items.push(item('l', "command: last change", command.clone()));
    }
    if let Some(command) = model.list_command() {
        items.push(item('f', "command: this list", command));
    }
    items.push(item('s', "command: show", format!("rollbook user show {name}")));
    items.push(item('w', "command: why", format!("rollbook user why {name}")));
    if let Some(session) = model.session() {
        items.push(item('x', "command: end session", format!("rollbook session logout {}", session.id.as_str())));
    }
    model.layers.push(Layer::Menu(Menu::new("Copy", items)));
}

/// Text that may be pasted into a shell: a name with a line end in it, planted by another program, would run there.
fn harmless(text: &str) -> String {
    if first_forbidden(text).is_some() { shown(text) } else { text.to_owned() }
}

fn lines_of<'a>(model: &'a Model, table: impl Iterator<Item = &'static super::keymap::Binding> + 'a) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for binding in table {
        if lines.iter().any(|line| line.action == binding.action) {
            continue;
        }
        let keys = binding.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        lines.push(line_of(model, binding.action, keys));
    }
    lines
}

fn line_of(model: &Model, action: Action, keys: String) -> Line {
    Line { action, about: model.about(action), keys, refusal: model.refusal(action) }
}

/// The keys of whatever has them, a dialog as well as a pane.
pub(super) fn open_help(model: &mut Model) {
    let lines = lines_of(model, bindings(model.scope()));
    model.layers.push(Layer::Palette(Palette::help(lines)));
}

fn open_palette(model: &mut Model) {
    let panes = |binding: &&super::keymap::Binding| binding.scopes.iter().any(|scope| ANYWHERE.contains(scope));
    let mut lines = lines_of(model, KEYS.iter().filter(panes).chain(GLOBAL));
    for action in [Action::Demo, Action::OpenFile, Action::Messages, Action::Upgrade] {
        if lines.iter().all(|line| line.action != action) {
            lines.push(line_of(model, action, String::new()));
        }
    }
    model.layers.push(Layer::Palette(Palette::all(lines)));
}

fn open_messages(model: &mut Model) {
    let mut lines: Vec<(String, Role)> = model
        .messages
        .iter()
        .map(|(at, text)| (format!("{}  {text}", exact(*at, &model.setup.zone)), Role::Text))
        .collect();
    if lines.is_empty() {
        lines.push(("nothing was said yet".to_owned(), Role::Faint));
    }
    model.layers.push(Layer::Pager(Pager::new("Messages".to_owned(), lines)));
}
