//! What comes back from the worker: answers go to the panes that asked, outcomes become a notice.

use super::effect::{Answer, Deed, Done, Place, Slot, Target, Ticket, Turn};
use super::ending;
use super::enrolling;
use super::gone;
use super::keymap::Scope;
use super::layers::Layer;
use super::layers::code::Code;
use super::layers::prompt::Prompt;
use super::layout::Pane;
use super::many;
use super::model::{Book, Model, Notice, Undo};
use super::panes::detail::{ended_words, is_part};
use super::panes::users::standing;
use super::replaced;
use super::signin;
use super::words::{clipped, clock, day, lost, not_restored, shown};
use crate::accounts::audit::Happening;
use crate::accounts::change::Changed;
use crate::accounts::looking::Dossier;
use crate::accounts::reset::Issued;
use crate::accounts::time::{Span, Time};
use crate::accounts::user::{KEPT_DAYS, Status, User, UserId};
use crate::accounts::{Error, Kind, Result, Secret};

/// An answer; one to an older question is dropped.
pub fn answered(model: &mut Model, turn: Turn, answer: Answer) {
    let screen = model.screen();
    match answer {
        Answer::Users(want, page, led) => {
            if model.users.list.is_current(turn) {
                let before = model.users.list.window.vanished().cloned();
                model.users.land(&want, page, screen.rows(Pane::Users).max(1));
                let gone = model.users.list.window.vanished().filter(|gone| Some(*gone) != before.as_ref());
                let doubted = gone.filter(|gone| gone::is_doubted(model, gone)).cloned();
                // From when they are seen to be gone: that is when the next one stands where they stood.
                if let Some((_, at)) = model.changed_here.as_mut().filter(|(id, _)| gone == Some(id)) {
                    *at = model.now;
                }
                if doubted.is_some() {
                    model.doubted = doubted;
                    model.detail.refresh();
                }
                // Whoever is known already is known whole.
                let comes = |id: &UserId| model.person_id() == Some(id) && model.detail.of(id).is_none();
                if let Some(dossier) = led.filter(|dossier| comes(&dossier.user.id)) {
                    let part = is_part(&dossier);
                    show(model, *dossier, part);
                }
            }
        }
        Answer::Everybody(want, page) => {
            if model.everybody.list.is_current(turn) {
                model.everybody.list.land(&want, page, screen.rows(Pane::Everybody).max(1));
            }
        }
        Answer::Person(dossier) => {
            if model.detail.is_current(turn) {
                model.doubted = None;
                let part = is_part(&dossier);
                show(model, *dossier, part);
            }
        }
        Answer::People(people) => {
            let shown = model.detail.land_ahead(turn, people);
            let same = shown.as_ref().is_none_or(|dossier| model.detail.dossier.as_ref() == Some(dossier));
            // The same event may have shut the screen.
            model.unseen = same && model.signin.is_none();
            if let Some(dossier) = shown {
                show(model, dossier, false);
            }
        }
        Answer::Attention(attention, policy, standing) => {
            if turn == model.attention_turn.0 {
                if standing.actor == model.setup.actor {
                    model.seated(standing);
                }
                model.attention = Some(attention);
                if let Book::Open(place) = &mut model.book {
                    place.policy = policy;
                }
                if model.signin.is_none() && signin::is_due(model) {
                    signin::shut(model, None);
                }
            }
        }
        Answer::Audit(want, page) => {
            if model.audit.list.is_current(turn) {
                let height = model.audit_rows();
                model.audit.list.land(&want, page, height);
            }
        }
        Answer::AuditMatches(n) => model.audit.counted(turn, Some(n)),
        Answer::System(report) => {
            if let Book::Open(place) = &mut model.book {
                place.policy = report.policy.clone();
            }
            model.system.land(turn, report);
        }
        Answer::Hashes(hashes) => model.system.counted(turn, hashes),
        Answer::Verified(walk, more) => match model.verifying.land(turn, walk, more, model.now) {
            Some((words, true)) => model.say(words),
            Some((words, false)) => model.refuse(words),
            None => {}
        },
        Answer::Matches(n) => model.users.list.counted(turn, n),
        Answer::Marks(found) => many::found_people(model, turn, found),
        Answer::SessionMarks(found) => many::found_sessions(model, turn, found),
        Answer::Planned(plan, hidden) => many::planned(model, turn, plan, hidden),
        Answer::Live(live, over, hidden) => ending::counted(model, turn, live, over, hidden),
        Answer::Names(names) => many::named(model, turn, &names),
        Answer::SessionMatches(n) => model.everybody.list.counted(turn, n),
        Answer::UsersBefore(n) => model.users.list.ranked(turn, Some(n)),
        Answer::SessionsBefore(n) => model.everybody.list.ranked(turn, Some(n)),
        Answer::EntriesBefore(n) => model.audit.list.ranked(turn, Some(n)),
        Answer::Labels(labels) => model.labels_found(turn, &labels),
        Answer::Words => {}
    }
}

/// Shows everything about the person under the cursor; `unsure` where it was read before they were looked at, or in part.
pub fn show(model: &mut Model, dossier: Dossier, unsure: bool) {
    model.users.update(&dossier.user);
    tell_form(model, &dossier);
    let height = model.screen().rows(Pane::Sessions).max(1);
    model.sessions.follow(&dossier.user.id, &dossier.sessions, height);
    model.detail.show(dossier, unsure);
}

/// An open form hears that somebody else has changed the person whom it is about.
fn tell_form(model: &mut Model, dossier: &Dossier) {
    let zone = &model.setup.zone;
    let form = model.layers.iter_mut().rev().find_map(|layer| match layer {
        Layer::Edit(edit, _) if edit.user().id == dossier.user.id => Some(edit),
        _ => None,
    });
    let Some(form) = form else { return };
    let by = dossier.history.iter().find_map(|happening| match happening {
        // That a service logged them in changes nothing that a form is about.
        Happening::Entry(entry) if entry.actor_kind != "service" => {
            Some(format!("{} by {} at {}", shown(entry.past()), clipped(entry.actor(), 30), clock(entry.at, zone)))
        }
        _ => None,
    });
    form.moved(&dossier.user, by.unwrap_or_else(|| "changed".to_owned()));
}

/// A question that could not be answered.
pub fn unanswered(model: &mut Model, slot: Slot, turn: Turn, error: &Error) {
    if signin::turned_away(model, error) {
        return;
    }
    let current = match slot {
        Slot::Users => model.users.list.is_current(turn),
        Slot::Everybody => model.everybody.list.is_current(turn),
        Slot::Audit => model.audit.list.is_current(turn),
        Slot::Person => model.detail.is_current(turn),
        Slot::Ahead => model.detail.is_ahead(turn),
        _ => true,
    };
    if !current {
        return;
    }
    match slot {
        Slot::Users => model.users.failed(),
        Slot::Everybody => model.everybody.list.failed(),
        Slot::Audit if model.audit.failed(error) => return,
        // The page of the same search says what is wrong with it.
        Slot::AuditMatches => return model.audit.counted(turn, None),
        // The scrollbar shows that it does not know.
        Slot::UsersBefore => return model.users.list.ranked(turn, None),
        Slot::SessionsBefore => return model.everybody.list.ranked(turn, None),
        Slot::EntriesBefore => return model.audit.list.ranked(turn, None),
        Slot::System | Slot::Hashes => model.system.failed(slot),
        Slot::Verify => drop(model.verifying.stop()),
        Slot::Marks => model.users.marks.forget_question(),
        Slot::SessionMarks => model.everybody.marks.forget_question(),
        Slot::Plan => return many::unplanned(model, turn, error),
        Slot::Person if error.kind == Kind::UnknownUser => {
            model.doubted = None;
            return gone::forget(model, turn);
        }
        Slot::Person => {
            model.doubted = None;
            model.detail.failed(turn);
        }
        // Nobody waits for it; who is looked at is asked for alone, which tells why.
        Slot::Ahead => return model.detail.failed_ahead(),
        _ => {}
    }
    // What was just said about a change is worth more than that looking again failed.
    if model.notice.is_none() {
        model.complain(error);
    }
}

/// A database was opened, or could not be.
pub fn connected(model: &mut Model, target: &Target, result: Result<Place>) {
    if let Some(Layer::Prompt(prompt, _)) = model.layers.last_mut()
        && prompt.is_open()
    {
        if let Err(error) = &result {
            prompt.refused(error);
            return;
        }
        model.layers.pop();
    }
    let replaced = std::mem::take(&mut model.replaced);
    match result {
        Ok(place) => {
            if let Some(remark) = &place.remark {
                model.say(remark.clone());
            } else {
                // What was said while it was made is over. The warning of the start is read beside the first rows.
                model.notice = model.setup.warning.take().map(|text| Notice { text, fault: true, session: None });
            }
            open(model, place, replaced.then_some(replaced::LOG_IN));
            if replaced {
                model.say(replaced::MESSAGE);
            }
        }
        Err(error) => match target {
            // The form of the first administrator is still there, with all that was typed.
            Target::Create(_) => {
                let form = model.layers.last_mut().filter(|layer| layer.scope() == Scope::Form);
                match form {
                    Some(layer) => {
                        layer.refused(&error);
                        if let Some(form) = layer.form_mut() {
                            form.fault = Some(error.to_string());
                        }
                    }
                    None => model.complain(&error),
                }
            }
            Target::Open(_) => model.book = Model::book_of(error),
            Target::Upgrade(_) | Target::Demo => model.complain(&error),
        },
    }
}

fn open(model: &mut Model, place: Place, why: Option<&str>) {
    model.setup.path = Some(place.path.clone());
    model.seated(place.standing.clone());
    model.book = Book::Open(place);
    model.touched_at = model.now;
    model.start_over();
    match signin::is_due(model) {
        true => signin::shut(model, why),
        false => model.signin = None,
    }
}

/// The outcome of an order.
pub fn written(model: &mut Model, ticket: Ticket, result: Result<Done>) {
    let known = model.orders.remove(&ticket);
    // The orders of whoever sat here before are forgotten: what comes of them is for nobody else to take back.
    let own = known.is_some();
    let about = known.flatten();
    let command = model.commands.remove(&ticket);
    let ran = model.running.take_if(|running| running.ticket == ticket).is_some();
    let asker = model.layers.iter().rposition(|layer| layer.ticket() == Some(ticket));
    model.refresh();
    match result {
        Ok(done) => {
            let made = asker.and_then(|at| model.layers.remove(at).made());
            if command.is_some() {
                model.last_command = command;
            }
            let kept = (!own).then(|| (std::mem::take(&mut model.undo), model.never_undone.take()));
            accomplished(model, done, made, own);
            if let Some(kept) = kept {
                (model.undo, model.never_undone) = kept;
            }
        }
        Err(error) => match asker {
            Some(at) => model.layers[at].refused(&error),
            None => refused(model, about.as_ref(), error),
        },
    }
    if ran {
        model.ended_at = Some(model.now);
        // Whatever it has not dropped itself was not done.
        model.users.marks.order_ends(false);
        model.everybody.marks.order_ends(false);
    }
}

/// An order that no form waits for was refused.
fn refused(model: &mut Model, about: Option<&UserId>, error: Error) {
    // Somebody who comes back finds their name taken: they can come back under another one.
    if error.kind == Kind::DuplicateUser
        && let Some(user) = model.person().filter(|user| user.deleted_at.is_some() && Some(&user.id) == about).cloned()
    {
        model.layers.push(Layer::Prompt(Box::new(Prompt::rename(&user, &error)), None));
        return;
    }
    model.complain(&error);
}

fn accomplished(model: &mut Model, done: Done, made: Option<Secret>, own: bool) {
    if !own && done.opens_doors() {
        return model.say("what the one before asked for is shown to nobody else; make it anew".to_owned());
    }
    match done {
        Done::Created { user, code } => created(model, &user, code, made),
        Done::Changed(changed, deed) => {
            model.say(changed_words(&changed, deed, model));
            offer(model, &changed.after);
            if changed.is_change() {
                model.changed_here = Some((changed.after.id.clone(), model.now));
                model.never_undone = None;
                let words = match deed {
                    Deed::Activate => "activated",
                    Deed::Deactivate => "deactivated",
                    Deed::Edit => "edited",
                    Deed::Delete => "deleted",
                    Deed::Restore => "restored",
                };
                model.undo.push(Undo::One(changed, words));
            }
        }
        Done::Contained(changed) => contained(model, changed),
        Done::Unthrottled { name, was } => {
            let name = clipped(&name, 40);
            model.say(match was {
                true => format!("{name} may try again at once"),
                false => format!("{name} was not kept waiting"),
            });
        }
        Done::TokenCreated { token, value } => {
            let words = format!("token {} was created", clipped(&token.name, 40));
            model.never_undone = Some(words.clone());
            model.say(words);
            model.layers.push(Layer::Code(Code::token(&token.owner, value, token.expires_at, model.now)));
        }
        Done::TokenRevoked(token) => {
            let words = format!("token {} revoked", clipped(&token.name, 40));
            model.never_undone = Some(words.clone());
            model.say(words);
        }
        Done::FactorOff { name } => {
            let words = format!("the second factor of {} is off", clipped(&name, 40));
            model.never_undone = Some(words.clone());
            model.say(words);
        }
        Done::Many(outcome, change) => many::changed(model, *outcome, &change, own),
        Done::ManyUndone(outcome, words, rest) => many::undone(model, *outcome, &words, rest),
        Done::ManyEnded(ended) => ending::ended(model, &ended),
        // The log-in takes it before it comes here.
        Done::SignedIn { .. } => {}
        Done::PolicySet { key, policy } => {
            let words = format!("{key} is {}", policy.get(key).unwrap_or_default());
            if let Book::Open(place) = &mut model.book {
                place.policy = *policy;
            }
            model.never_undone = Some(words.clone());
            model.say(words);
        }
        Done::FactorBegun { user, enrolment, made_key } => enrolling::begun(model, *user, enrolment, made_key),
        Done::Codes { name, codes, ended } => {
            let who = clipped(&name, 40);
            let words = match ended {
                Some(ended) => {
                    let ended = ended_words(ended).map(|words| format!(" · {words}")).unwrap_or_default();
                    format!("the second factor of {who} is on{ended}")
                }
                None => format!("{who} has new backup codes"),
            };
            model.never_undone = Some(words.clone());
            model.say(words);
            model.layers.push(Layer::Code(Code::backup(&name, &codes, model.now)));
        }
        Done::Undone { changed, back_to, losses } => {
            let after = &changed.after;
            model.relink_undo(&[(after.id.clone(), (after.version, back_to))].into());
            let lost = lost(&changed.losses());
            model.say(undone_words(&changed, model.now) + &lost + &not_restored(&losses));
            offer(model, &changed.after);
            model.users.seek = Some(changed.after.id.clone());
        }
        Done::PasswordSet(changed) => {
            let lost = lost(&changed.losses());
            model.say(format!("{} has a new password{lost}", clipped(&changed.after.name, 40)));
            model.never_undone = Some(format!("the password of {} was set", clipped(&changed.after.name, 40)));
            offer(model, &changed.after);
            if let Some(made) = made {
                model.layers.push(Layer::Code(Code::password(&changed.after.name, made, model.now)));
            }
        }
        Done::Code { name, code } => {
            model.never_undone = Some(format!("a reset code for {} was issued", clipped(&name, 40)));
            model.say(format!("a reset code for {} was issued", clipped(&name, 40)));
            model.layers.push(Layer::Code(Code::reset(&name, code, model.now)));
        }
        Done::Ended(Some(session)) => {
            let client =
                session.client.as_deref().map_or_else(|| "the session".to_owned(), |client| clipped(client, 30));
            let words = format!("{client} of {} ended", clipped(&session.name, 40));
            model.never_undone = Some(words.clone());
            model.say(words);
            model.notice = model.notice.take().map(|notice| Notice { session: Some(session.id.clone()), ..notice });
        }
        Done::Ended(None) => model.say("it was over already"),
        Done::EndedAll { count } => match ended_words(count) {
            Some(words) => {
                model.never_undone = Some(words.clone());
                model.say(words);
            }
            None => model.say("no session was live any more"),
        },
    }
}

fn contained(model: &mut Model, changed: Box<Changed>) {
    let name = clipped(&changed.after.name, 40);
    offer(model, &changed.after);
    if !changed.is_change() {
        return model.say(format!("{name} is inactive already, and nothing was open"));
    }
    let losses = changed.losses();
    let lost = if losses.is_empty() { " · nothing else was open".to_owned() } else { lost(&losses) };
    // What was taken from them stays taken; only a status can be given back.
    let gives_back = changed.before.status != changed.after.status;
    let back = if gives_back { " · z gives the status back" } else { "" };
    model.say(format!("{name} is contained{back}{lost}"));
    model.changed_here = Some((changed.after.id.clone(), model.now));
    if gives_back {
        model.never_undone = None;
        model.undo.push(Undo::One(changed, "contained"));
    } else {
        model.never_undone = Some(format!("{name} was contained"));
    }
}

fn created(model: &mut Model, user: &User, code: Option<Issued>, made: Option<Secret>) {
    let pending = if user.activated_at.is_none() { " · pending: a activates" } else { "" };
    model.say(format!("{} created{pending}", clipped(&user.name, 48)));
    model.never_undone = Some(format!("{} was created", clipped(&user.name, 40)));
    model.users.go_to(user, model.now);
    if let Some(code) = code {
        model.layers.push(Layer::Code(Code::reset(&user.name, code, model.now)));
    } else if let Some(made) = made {
        model.layers.push(Layer::Code(Code::password(&user.name, made, model.now)));
    }
}

/// What was given back.
fn undone_words(changed: &Changed, now: Time) -> String {
    let user = &changed.after;
    // A role, or that there is no password yet, is nothing that came back.
    let usual = user.deleted_at.is_none() && user.status == Status::Active && !user.is_expired(now);
    let state = standing(user, now).filter(|_| !usual).map_or_else(|| "active".to_owned(), |(words, _)| words);
    format!("taken back: {} is {state} again", clipped(&user.name, 40))
}

/// Gives a newer state to every pane that may hold the person.
fn offer(model: &mut Model, user: &User) {
    model.users.update(user);
    model.users.marks.seen(&user.id, user.version);
    model.detail.update(user);
}

fn changed_words(changed: &Changed, deed: Deed, model: &Model) -> String {
    let name = clipped(&changed.after.name, 40);
    if !changed.is_change() {
        return match deed {
            Deed::Activate => format!("{name} is already active"),
            Deed::Deactivate => format!("{name} is already inactive"),
            _ => format!("{name}: nothing was different"),
        };
    }
    let lost = lost(&changed.losses());
    match deed {
        Deed::Activate => format!("{name} is active · z undoes"),
        Deed::Deactivate => format!("{name} is inactive · z activates again{lost}"),
        Deed::Delete => {
            let until = model.now.plus(Span::DAY.times(KEPT_DAYS));
            format!("{name} is deleted · z restores, until {}{lost}", day(until, &model.setup.zone))
        }
        Deed::Restore => format!("{name} is back · z undoes"),
        Deed::Edit => {
            let fields: Vec<String> = crate::accounts::audit::changes(&changed.before, &changed.after)
                .iter()
                .map(|change| shown(&change.field).replace('_', " "))
                .collect();
            let back = if changed.ended > 0 { "z gives the date back" } else { "z undoes" };
            format!("{name} edited: {} · {back}{lost}", fields.join(", "))
        }
    }
}
