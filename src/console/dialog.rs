//! Keys while a layer lies over the panes.

use super::act::{act as act_below, open_help, own_access};
use super::action::Action;
use super::burst::TOO_FAST;
use super::effect::{Effect, Grave, Target, Write};
use super::enrolling;
use super::key::{Code, Key};
use super::keymap::{Meaning, resolve};
use super::layers::Layer;
use super::layers::form::Pressed;
use super::layers::menu::Menu;
use super::layers::menu::Pick;
use super::layers::prompt::Order as PromptOrder;
use super::layers::proof::Proof;
use super::layers::question::Answer;
use super::layout::Pane;
use super::many;
use super::model::{Book, Model, Undo};
use super::orders::give;
use crate::accounts::change::UserChange;
use crate::accounts::losses::Losses;
use crate::accounts::passphrase;
use crate::accounts::time::Time;
use crate::accounts::{Actor, Secret};

/// An action in the top layer.
pub fn act(model: &mut Model, action: Action, burst: bool, effects: &mut Vec<Effect>) {
    let Some(layer) = model.layers.last_mut() else { return };
    if is_unread(layer, model.now) {
        let closes = matches!(layer, Layer::Code(_)) && action == Action::Back;
        if closes || matches!(action, Action::Yes | Action::Accept) {
            model.refuse("that came before it could be read: once more".to_owned());
        }
        return;
    }
    if burst && action == Action::Accept {
        // A paste may fill one field after the other, but it presses no button and runs nothing.
        let form = layer.form_mut().filter(|form| !form.sent);
        if form.is_none_or(|form| form.accept() != Pressed::Stay) {
            model.refuse(TOO_FAST.to_owned());
        }
        return;
    }
    match (action, layer) {
        (Action::Back | Action::Quit, layer) => {
            // What was filled in is not thrown away by one key.
            if let Some(form) = layer.form_mut().filter(|form| form.edited && !form.sent) {
                form.edited = false;
                model.refuse("Esc again throws away what was typed".to_owned());
            } else {
                model.layers.pop();
            }
        }
        (Action::Accept, layer) if !matches!(layer, Layer::Many(_)) => accept(model, effects),
        (Action::Yes, Layer::Question(question)) => {
            let answer = question.yes();
            answered(model, answer, effects);
        }
        (Action::NextField | Action::PreviousField, Layer::Question(question)) => question.toggle(),
        (Action::NextField | Action::PreviousField, layer) => {
            if let Some(form) = layer.form_mut() {
                form.step(action == Action::NextField);
            }
        }
        (Action::Generate, _) => generate(model),
        (Action::Show, layer) => {
            if let Some(field) = layer.form_mut().and_then(|form| form.secret_mut()) {
                field.shown = !field.shown;
            }
        }
        (action, Layer::Many(_)) if action != Action::Help => {
            if let Some(write) = many::in_question(model, action, effects) {
                answered(model, Answer::Yes(Box::new(write)), effects);
            }
        }
        (Action::Help, _) => open_help(model),
        (Action::Copy, Layer::Enrol(..)) => model.layers.push(Layer::Menu(Menu::enrolment())),
        (action, Layer::Keyring(_)) if !action.moves() => enrolling::in_keyring(model, action, effects),
        (action, layer) => {
            let tokens = match layer {
                Layer::Keyring(keyring) => model.detail.of(keyring.user_id()).map_or(0, |dossier| dossier.tokens.len()),
                _ => 0,
            };
            move_in(layer, action, tokens);
        }
    }
}

/// Whether it is a question that nobody can have read yet: what comes now was typed ahead of it.
fn is_unread(layer: &Layer, now: Time) -> bool {
    match layer {
        Layer::Question(question) => question.is_fresh(now),
        Layer::Code(code) => code.is_fresh(now),
        Layer::Many(many) => many.is_fresh(now),
        _ => false,
    }
}

/// Ctrl-C: closes the top layer, but no secret before it can have been read; `false` where none lies there.
pub fn cancel(model: &mut Model) -> bool {
    match model.layers.last() {
        Some(Layer::Code(code)) if code.is_fresh(model.now) => true,
        _ => model.layers.pop().is_some(),
    }
}

/// Whether a key of the top layer may change data although the key itself is none that does: a button, a line of the
/// palette, a cure.
pub fn may_act(model: &Model, key: Key) -> bool {
    let meaning = resolve(model.scope(), key);
    !model.layers.is_empty() && matches!(meaning, Meaning::Act(Action::Accept) | Meaning::Nothing)
}

fn move_in(layer: &mut Layer, action: Action, tokens: usize) {
    const PAGE: isize = 10;
    let delta = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp | Action::HalfUp => -PAGE,
        Action::PageDown | Action::HalfDown => PAGE,
        _ => 0,
    };
    match layer {
        Layer::Menu(menu) if delta == 0 => menu.to_edge(action == Action::Last),
        Layer::Menu(menu) => menu.move_by(delta),
        Layer::Pager(pager) if delta == 0 => pager.to_edge(action == Action::Last),
        Layer::Pager(pager) => pager.move_by(delta),
        Layer::Palette(palette) => palette.move_by(delta),
        Layer::Keyring(keyring) => keyring.move_by(delta, tokens),
        _ => {}
    }
}

fn accept(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(layer) = model.layers.last_mut() else { return };
    match layer {
        Layer::Question(question) => {
            let answer = question.accept();
            answered(model, answer, effects);
        }
        Layer::Menu(menu) => {
            let pick = menu.chosen();
            model.layers.pop();
            if let Some(pick) = pick {
                picked(model, pick, effects);
            }
        }
        Layer::Palette(palette) => {
            let Some(action) = palette.chosen() else { return };
            model.layers.pop();
            match action {
                Action::Repaint | Action::Suspend => act_below(model, action, effects),
                _ if model.layers.is_empty() => act_below(model, action, effects),
                _ => act(model, action, false, effects),
            }
        }
        Layer::Pager(_) | Layer::Code(_) => {
            model.layers.pop();
        }
        Layer::Enrol(..) => enrolling::confirm(model, effects),
        layer => {
            let Some(form) = layer.form_mut() else { return };
            if form.sent {
                return;
            }
            match form.accept() {
                Pressed::Stay => {}
                Pressed::Cancel => {
                    model.layers.pop();
                }
                Pressed::Submit => submit(model, effects),
            }
        }
    }
}

fn answered(model: &mut Model, answer: Answer, effects: &mut Vec<Effect>) {
    match answer {
        Answer::NotYet => {}
        Answer::Counting => model.refuse("still counting".to_owned()),
        Answer::No => {
            model.layers.pop();
            model.progress("nothing was done".to_owned());
        }
        Answer::Quit => {
            model.layers.pop();
            many::stop(model, effects);
            model.done = true;
        }
        Answer::Yes(write) => {
            model.layers.pop();
            if let Some(grave) = Grave::of(&write).filter(|_| model.asks_again()) {
                let (title, verb) = many::proof_words(&grave);
                let proof = Proof::new(title, Vec::new(), verb, grave);
                return model.layers.push(Layer::Proof(Box::new(proof), None));
            }
            if let Write::Undo(changed) = write.as_ref() {
                // Only now is it used up: a question that is left takes nothing back.
                model.undo.retain(|undo| !matches!(undo, Undo::One(one, _) if one == changed));
            }
            give(model, *write, effects);
        }
    }
}

fn submit(model: &mut Model, effects: &mut Vec<Effect>) {
    let missing = matches!(model.book, Book::Missing(_));
    let Some(layer) = model.layers.last_mut() else { return };
    let write = match layer {
        Layer::NewUser(new, _) => {
            let founds = new.founding && missing;
            let write = new.submit();
            if write.is_some()
                && founds
                && let Some(path) = model.setup.path.clone()
            {
                // In this order through one queue: the database is there before its first administrator.
                effects.push(Effect::Connect(Target::Create(path)));
            }
            write
        }
        Layer::Password(password, _) => password.submit(),
        Layer::Edit(edit, _) => edit.submit(),
        Layer::Proof(proof, _) => proof.submit(),
        Layer::Prompt(prompt, _) => match prompt.submit() {
            Some(PromptOrder::Write(write)) => Some(*write),
            Some(PromptOrder::Many(reason)) => {
                model.layers.pop();
                return many::ask(model, UserChange::Deactivate, reason, effects);
            }
            Some(PromptOrder::Connect(target)) => {
                effects.push(Effect::Connect(target));
                None
            }
            None => None,
        },
        _ => None,
    };
    if let Some(write) = write {
        if changes_own_access(model, &write) {
            // The form stays beneath, for whoever thinks better of it.
            if let Some(form) = model.layers.last_mut().and_then(|layer| layer.form_mut()) {
                form.sent = false;
            }
            let effect = "you may not be able to take it back yourself";
            let question = own_access("Change your own access?", effect, &Losses::default(), model, write);
            return model.layers.push(question);
        }
        let ticket = give(model, write, effects);
        if let Some(layer) = model.layers.last_mut() {
            layer.sent(ticket);
        }
    }
}

/// Whether an order changes what the actor may do, or until when.
fn changes_own_access(model: &Model, write: &Write) -> bool {
    match write {
        Write::Edit { id, edit, .. } => {
            let own = matches!(&model.setup.actor, Actor::User { id: own, .. } if own == id);
            own && (edit.role.is_some() || edit.valid_until.is_some())
        }
        _ => false,
    }
}

fn picked(model: &mut Model, pick: Pick, effects: &mut Vec<Effect>) {
    match pick {
        Pick::Filter(filter) => {
            (model.pane, model.whole) = (Pane::Users, false);
            model.users.list.set_filter(filter);
        }
        Pick::Search(filter) => {
            (model.pane, model.whole) = (Pane::Audit, false);
            model.audit.list.set_filter(&filter);
        }
        Pick::Order(order) => model.users.set_order(order),
        Pick::Copy(text) => copy(model, text, effects),
        Pick::Enrolment { uri } => {
            if let Some(Layer::Enrol(enrol, _)) = model.layers.last() {
                copy_secret(model, enrol.copy(uri), effects);
            }
        }
    }
}

/// The terminal may drop a copy without a word, so the value is shown too.
fn copy(model: &mut Model, text: String, effects: &mut Vec<Effect>) {
    model.say(format!("sent to your terminal's clipboard: {}", super::words::clipped(&text, 60)));
    effects.push(Effect::Copy(Secret::new(text)));
}

/// A secret is on the screen already; the last line, which is kept among the messages, does not repeat it.
fn copy_secret(model: &mut Model, secret: Secret, effects: &mut Vec<Effect>) {
    effects.push(Effect::Copy(secret));
    model.progress("sent to your terminal's clipboard, if it takes OSC 52".to_owned());
}

fn generate(model: &mut Model) {
    let made = passphrase::make(model.setup.entropy.as_mut());
    match (made, model.layers.last_mut()) {
        (Ok(made), Some(layer)) => {
            if let Some(form) = layer.form_mut() {
                form.generated(&made);
            }
            layer.refresh();
        }
        (Err(error), _) => model.complain(&error),
        (Ok(_), None) => {}
    }
}

/// A key that edits what the top layer holds.
pub fn key(model: &mut Model, key: Key) {
    let Some(layer) = model.layers.last_mut() else { return };
    match layer {
        layer if is_unread(layer, model.now) => {}
        Layer::Question(question) => question.key(key),
        Layer::Palette(palette) => palette.key(key),
        layer => {
            if let Some(form) = layer.form_mut().filter(|form| !form.sent) {
                form.key(key);
            }
            layer.typed();
            layer.refresh();
        }
    }
}

/// A paste into what the top layer holds; never into a question.
pub fn paste(model: &mut Model, text: &str) {
    match model.layers.last_mut() {
        Some(Layer::Palette(palette)) => palette.paste(text),
        Some(Layer::Enrol(enrol, None)) => enrol.paste(text),
        Some(layer) => {
            if let Some(form) = layer.form_mut().filter(|form| !form.sent) {
                form.paste(text);
            }
            layer.typed();
            layer.refresh();
        }
        None => {}
    }
}

/// A key that the table of keys does not know here: a letter of a menu, a cure, or `c` on a code.
pub fn other_key(model: &mut Model, key: Key, burst: bool, effects: &mut Vec<Effect>) {
    if let Some(Layer::Enrol(enrol, None)) = model.layers.last_mut() {
        // However fast: digits change nothing, and some terminals type what is pasted.
        enrol.key(key);
        model.notice = None;
        return;
    }
    if burst && (!model.layers.is_empty() || matches!(key.code, Code::Char(_))) {
        model.refuse(TOO_FAST.to_owned());
        return;
    }
    if let Some(Layer::Many(many)) = model.layers.last_mut() {
        model.notice = None;
        return many.key(key);
    }
    let below = resolve(model.pane_scope(), key);
    match model.layers.last() {
        Some(Layer::Menu(menu)) => {
            if let Some(pick) = menu.by_key(key) {
                model.layers.pop();
                picked(model, pick, effects);
            }
        }
        Some(Layer::Pager(pager)) => {
            if let Meaning::Act(action) = below
                && pager.cures.contains(&action)
            {
                if let Some(refusal) = pager.refusal(model.person()) {
                    return model.refuse(refusal.to_owned());
                }
                model.layers.pop();
                act_below(model, action, effects);
            }
        }
        None if matches!(key.code, Code::Char(_)) => model.refuse(format!("no key {key} here · ? shows the keys")),
        Some(Layer::Code(code)) if key.code == Code::Char('c') => {
            let secret = code.reveal().duplicate();
            copy_secret(model, secret, effects);
        }
        _ => {}
    }
}
