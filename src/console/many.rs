//! Marks, and what is done to the marked: which rows, the question before, the order, and what came of it.

use super::action::{About, Action};
use super::effect::{Bulk, Effect, Grave, Read, Slot, Survey, Turn, Write};
use super::layers::Layer;
use super::layers::many::Many;
use super::layers::pager::Pager;
use super::layers::prompt::Prompt;
use super::layers::question::Question;
use super::layout::Pane;
use super::marks::MOST;
use super::model::{Model, Undo};
use super::running::{users, words};
use super::theme::Role;
use super::words::{clipped, count, lost, not_restored, number, refused};
use crate::accounts::Error;
use crate::accounts::bulk::{Former, Left, Outcome, Plan};
use crate::accounts::change::UserChange;
use crate::accounts::losses::Losses;
use crate::accounts::session::SessionId;
use crate::accounts::time::Span;
use crate::accounts::user::UserId;

/// How many names a pager shows; of more it says how many.
const NAMED: usize = 1000;

impl Model {
    /// How many people the keys of this pane act on by their marks; none in the panes that show one person.
    pub fn marked(&self) -> usize {
        if self.pane == Pane::Users { self.users.marks.count() } else { 0 }
    }

    /// How many marked sessions `x` ends in this pane.
    pub fn marked_sessions(&self) -> usize {
        if self.pane == Pane::Everybody { self.everybody.marks.count() } else { 0 }
    }

    /// What has yet to be typed into the question that lies on top, before Enter does it.
    pub fn wanted(&self) -> Option<String> {
        match self.layers.last()? {
            Layer::Question(question) => question.wanted().map(str::to_owned),
            Layer::Many(many) => many.wanted(),
            _ => None,
        }
    }

    /// Why marks cannot be set here now.
    pub(super) fn refusal_to_mark(&self, action: Action) -> Option<String> {
        let say = |text: &str| Some(text.to_owned());
        let (adrift, nobody, blank) = match self.pane {
            Pane::Users => {
                let list = &self.users.list;
                (list.window.is_adrift(), list.window.is_empty(), self.users.marks.is_blank())
            }
            Pane::Everybody => {
                let list = &self.everybody.list;
                (list.window.is_adrift(), list.window.is_empty(), self.everybody.marks.is_blank())
            }
            _ => return say("marks are made in the lists of users and of everybody's sessions"),
        };
        match action {
            Action::DropMarks if blank => say("nothing is marked"),
            Action::DropMarks => None,
            _ if nobody => say("nobody is under the cursor"),
            Action::MarkAll => None,
            _ if adrift => say("who was under the cursor is gone from the list; move the cursor first"),
            _ => None,
        }
    }

    /// Gives up a range that was begun in this pane; `false` where none was.
    pub(super) fn end_range(&mut self) -> bool {
        match self.pane {
            Pane::Everybody => self.everybody.marks.end_range(),
            Pane::Users => self.users.marks.end_range(),
            _ => false,
        }
    }

    /// Why an action on one person does nothing while several are marked.
    pub(super) fn refusal_with_marks(&self, action: Action) -> Option<String> {
        let (people, sessions) = (self.marked(), self.marked_sessions());
        let for_many = match action {
            Action::Activate | Action::Deactivate | Action::Delete | Action::Contain => people > 0,
            Action::End => sessions > 0,
            _ => false,
        };
        let marked = people + sessions;
        (marked > 0 && !for_many && action.about().changes).then(|| {
            let what = if people > 0 { "user" } else { "session" };
            let (who, are) = (count(marked as u64, what), are(marked as u64));
            let About { name: word, .. } = action.about();
            format!("{who} {are} marked, and {word} is for one; u drops the marks")
        })
    }

    /// What has to be asked for, so that what is to be marked is.
    pub(super) fn needs_marks(&mut self, effects: &mut Vec<Effect>) {
        if let Some((turn, stretch)) = self.users.marks.question_due() {
            effects.push(Effect::Ask(Slot::Marks, turn, Read::Marks(self.users.query(), stretch)));
        }
        if let Some((turn, stretch)) = self.everybody.marks.question_due() {
            let (filter, reversed) = (self.everybody.list.filter.clone(), self.everybody.reversed);
            effects.push(Effect::Ask(Slot::SessionMarks, turn, Read::SessionMarks(filter, reversed, stretch)));
        }
    }
}

/// Sets or drops marks.
pub fn mark(model: &mut Model, action: Action) {
    let height = model.screen().rows(model.pane).max(1);
    let sentence = match model.pane {
        Pane::Everybody => {
            let expression = model.everybody.list.input.value().to_owned();
            let window = &model.everybody.list.window;
            let row = window.current().zip(window.current_key());
            let row = row.map(|(session, key)| (session.id.clone(), (), key.clone()));
            if action == Action::Mark && window.current().is_some_and(|session| !session.is_live(model.now)) {
                return model.refuse("this session is already over".to_owned());
            }
            marked_by(&mut model.everybody.marks, action, row, &expression, "session")
        }
        _ => {
            let expression = model.users.list.input.value().to_owned();
            let window = &model.users.list.window;
            let row = window.current().zip(window.current_key());
            let row = row.map(|(user, key)| (user.id.clone(), user.version, key.clone()));
            marked_by(&mut model.users.marks, action, row, &expression, "user")
        }
    };
    if action == Action::Mark {
        match model.pane {
            Pane::Everybody => model.everybody.list.move_by(1, height),
            _ => model.users.list.move_by(1, height),
        }
    }
    if let Some(sentence) = sentence {
        model.progress(sentence);
    }
}

fn marked_by<K: Ord + Clone, V: Clone>(
    marks: &mut super::marks::Marks<K, V>,
    action: Action,
    row: Option<(K, V, crate::accounts::query::Key)>,
    expression: &str,
    what: &str,
) -> Option<String> {
    match (action, row) {
        (Action::MarkAll, _) => {
            marks.mark_all(expression);
            Some("reading whom to mark".to_owned())
        }
        (Action::DropMarks, _) => {
            let held = marks.count();
            Some(match marks.drop_or_bring_back() {
                true => format!("{} marked again · u drops", count(marks.count() as u64, what)),
                false => format!("marks on {} dropped · u brings them back", count(held as u64, what)),
            })
        }
        (Action::Range, Some((id, _, key))) => match marks.range(&id, &key) {
            true => Some("a range begins here: move, v marks all between, Esc gives it up".to_owned()),
            false => None,
        },
        (_, Some((id, seen, _))) => match marks.toggle(&id, seen) {
            true => None,
            false => Some(full(what)),
        },
        (_, None) => None,
    }
}

fn full(what: &str) -> String {
    let command = if what == "user" { "user …" } else { "session logout" };
    format!("{} marked, no more than that at once; rollbook {command} --filter takes all", number(MOST as u64))
}

/// How many were marked now, and how many are in all where others were before.
fn marked_words(fresh: usize, all: usize, what: &str) -> String {
    let number = |n: usize| number(n as u64);
    match fresh {
        0 if all > 0 => format!("no more marked, {} in all · u drops", number(all)),
        _ if fresh < all => format!("{} more marked, {} in all · u drops", number(fresh), number(all)),
        _ => format!("{} marked · u drops", count(fresh as u64, what)),
    }
}

/// The people to mark have been found.
pub fn found_people(model: &mut Model, turn: Turn, found: Vec<(UserId, i64)>) {
    if !model.users.marks.is_current(turn) {
        return;
    }
    let (fresh, room) = model.users.marks.land(found);
    let sentence = marked_words(fresh, model.users.marks.count(), "user");
    model.progress(if room { sentence } else { full("user") });
}

/// The sessions to mark have been found.
pub fn found_sessions(model: &mut Model, turn: Turn, found: Vec<SessionId>) {
    if !model.everybody.marks.is_current(turn) {
        return;
    }
    let (fresh, room) = model.everybody.marks.land(found.into_iter().map(|id| (id, ())).collect());
    let sentence = marked_words(fresh, model.everybody.marks.count(), "live session");
    model.progress(if room { sentence } else { full("session") });
}

/// Begins a change to the marked people: by its reason, where one may be given, else by the question.
pub fn begin(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let change = match action {
        Action::Deactivate => {
            let prompt = Prompt::reason_for_many(model.marked());
            return model.layers.push(Layer::Prompt(Box::new(prompt), None));
        }
        // Deleted people stand in a list of their own: what is marked and seen there is deleted.
        Action::Activate if model.users.list.filter.wants_deleted() => UserChange::Restore(None),
        Action::Activate => UserChange::Activate,
        Action::Delete => UserChange::Delete,
        _ => UserChange::Contain,
    };
    ask(model, change, None, effects);
}

/// Puts the question, whose numbers are on their way.
pub fn ask(model: &mut Model, change: UserChange, reason: Option<String>, effects: &mut Vec<Effect>) {
    let marked = model.users.marks.all().map(|(id, seen)| (id.clone(), *seen)).collect();
    let survey = Survey { marked, filter: model.users.list.filter.clone(), hidden_too: false, change };
    let expression = model.users.list.input.value().to_owned();
    model.layers.push(Layer::Many(Box::new(Many::new(survey, expression, reason, model.now))));
    plan_anew(model, effects);
}

fn plan_anew(model: &mut Model, effects: &mut Vec<Effect>) {
    model.survey_turn += 1;
    let turn = model.survey_turn;
    if let Some(many) = question(model) {
        effects.push(Effect::Ask(Slot::Plan, turn, Read::Plan(Box::new(many.survey.clone()))));
    }
}

fn question(model: &mut Model) -> Option<&mut Many> {
    model.layers.iter_mut().rev().find_map(|layer| match layer {
        Layer::Many(many) => Some(many.as_mut()),
        _ => None,
    })
}

/// The plan is there.
pub fn planned(model: &mut Model, turn: Turn, plan: Box<Plan>, hidden: u32) {
    let (current, now) = (turn == model.survey_turn, model.now);
    if let Some(many) = question(model).filter(|_| current) {
        many.land(plan, hidden, now);
    }
}

/// The plan could not be made.
pub fn unplanned(model: &mut Model, turn: Turn, error: &Error) {
    let asking = |layer: &Layer| match layer {
        Layer::Question(question) => question.is_counting(),
        layer => matches!(layer, Layer::Many(_)),
    };
    if turn == model.survey_turn && model.layers.iter().any(asking) {
        model.layers.retain(|layer| !asking(layer));
        model.complain(error);
    }
}

/// A key of the question. The order, once it is answered by yes.
pub fn in_question(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> Option<Write> {
    let Some(Layer::Many(many)) = model.layers.last_mut() else { return None };
    let people = many.plan().map(|plan| plan.people.len());
    match action {
        Action::NextField | Action::PreviousField => many.toggle(),
        Action::TakeHidden if many.hidden() > 0 => {
            many.turn_hidden();
            plan_anew(model, effects);
        }
        Action::TakeHidden => model.refuse("none of the marked people is hidden by the filter".to_owned()),
        Action::ShowAll => {
            let some = many.plan().map(|plan| plan.people.iter().take(NAMED).map(|(id, _)| id.clone()).collect());
            if let Some(ids) = some {
                effects.push(Effect::Ask(Slot::Names, model.survey_turn, Read::Names(ids)));
            }
        }
        Action::Yes | Action::Accept => match (people, many.number()) {
            (None, _) => model.refuse("still counting".to_owned()),
            (Some(0), _) => drop(model.layers.pop()),
            (_, Some(_)) if action == Action::Accept && many.is_typed() => return many.order(),
            (_, Some(people)) => model.refuse(format!("type {people}, then Enter; Esc cancels")),
            (_, None) if action == Action::Yes || many.is_yes() => return many.order(),
            (_, None) => {
                model.layers.pop();
                model.progress("nothing was done".to_owned());
            }
        },
        _ => {}
    }
    None
}

/// The names of those whom the question is about.
pub fn named(model: &mut Model, turn: Turn, names: &[String]) {
    if turn != model.survey_turn {
        return;
    }
    let Some(Layer::Many(many)) = model.layers.last() else { return };
    let Some(plan) = many.plan() else { return };
    let mut lines: Vec<(String, Role)> = names.iter().map(|name| (clipped(name, 70), Role::Text)).collect();
    if plan.people.len() > names.len() {
        let more = number((plan.people.len() - names.len()) as u64);
        lines.push((format!("and {more} more"), Role::Faint));
    }
    lines.extend(left_lines("kept back", &plan.kept, plan.kept_back));
    let title = format!("{}: {}", words(many.change()).verb, count(plan.people.len() as u64, "user"));
    model.layers.push(Layer::Pager(Pager::new(title, lines)));
}

/// Who was left out, one a line, and how many more.
fn left_lines(head: &str, left: &[Left], all: u32) -> Vec<(String, Role)> {
    if left.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![(String::new(), Role::Text), (format!("{head} {}", number(u64::from(all))), Role::Title)];
    lines.extend(left.iter().map(|left| (refused(&left.why), Role::Text)));
    if let Some(more) = (all as usize).checked_sub(left.len()).filter(|more| *more > 0) {
        lines.push((format!("and {} more", number(more as u64)), Role::Faint));
    }
    lines
}

/// The words of the question for a password before something grave.
pub fn proof_words(grave: &Grave) -> (String, &'static str) {
    match grave {
        Grave::Many(Bulk::Change { plan, .. }) => {
            let verb = words(&plan.change).verb;
            (format!("{verb} {}", count(plan.people.len() as u64, "user")), verb)
        }
        _ => ("Your own account".to_owned(), "Do it"),
    }
}

/// The verb of so many.
pub(super) fn are(n: u64) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// Leaves the console; while something is at work, after a question.
pub fn quit(model: &mut Model) {
    let Some(running) = &model.running else {
        model.done = true;
        return;
    };
    let lines = vec![
        running.words(model.now).split(" · Esc").next().unwrap_or_default().to_owned(),
        "what is done stays done, and nobody can take it back with one key afterwards".to_owned(),
    ];
    let question = Question::quitting(lines, model.now);
    model.layers.push(Layer::Question(Box::new(question)));
}

/// An order about many has come so far. What asked for a proof is no longer needed: it was given.
pub fn reached(model: &mut Model, ticket: u64, reached: u32, all: u32) {
    if let Some(running) = model.running.as_mut().filter(|running| running.ticket == ticket) {
        running.reach(reached, all);
        model.layers.retain(|layer| layer.ticket() != Some(ticket));
    }
}

/// Ends what is at work after the batch that it is at; `false` where nothing is.
pub fn stop(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    match model.running.as_mut().filter(|running| !running.stopping) {
        Some(running) => {
            running.stopping = true;
            effects.push(Effect::Stop(running.ticket));
            true
        }
        None => false,
    }
}

/// Whether an Esc was probably meant for a change that had just ended: it must take nothing else away.
pub fn came_too_late(model: &mut Model) -> bool {
    const LATE: Span = Span::SECOND.times(2);
    model.ended_at.take().is_some_and(|at| model.now.since(at) < LATE)
}

/// Many were changed, by an order of whoever sits here or not.
pub fn changed(model: &mut Model, outcome: Outcome, change: &UserChange, own: bool) {
    let how = words(change);
    let done = format!("{} {}", users(outcome.changed()), how.past);
    let mut sentence = vec![done.clone()];
    told(&outcome, &mut sentence);
    if outcome.changed() > 0 && own {
        sentence.push("z takes it back".to_owned());
    }
    sentence.extend(lost(&outcome.taken).strip_prefix(" · ").map(str::to_owned));
    for former in &outcome.former {
        model.users.marks.seen(&former.id, former.version);
    }
    // What is done is done: the next key means whoever is under the cursor again.
    model.users.marks.order_ends(true);
    model.say(sentence.join(" · "));
    tell_left(model, &format!("Not {}", how.past), &outcome);
    if outcome.changed() > 0 {
        model.never_undone = None;
        model.undo.push(Undo::Many { former: outcome.former, words: done, losses: outcome.taken });
    }
}

/// A change to many was taken back.
pub fn undone(model: &mut Model, outcome: Outcome, before: &str, rest: Vec<Former>) {
    // It is used up only now: an order that was refused has taken nothing back.
    let losses = match model.undo.pop_if(|undo| matches!(undo, Undo::Many { .. })) {
        Some(Undo::Many { losses, .. }) => losses,
        Some(Undo::One(..)) | None => Losses::default(),
    };
    let restored = not_restored(&losses);
    if !rest.is_empty() {
        model.undo.push(Undo::Many { former: rest, words: format!("the rest of {before}"), losses });
    }
    // A change and its undoing are two versions.
    let back = |former: &Former| (former.id.clone(), (former.version, former.version - 2));
    model.relink_undo(&outcome.former.iter().map(back).collect());
    let mut sentence = vec![match outcome.is_whole() {
        true => format!("taken back: {before}"),
        false => format!("taken back for {}: {before}", users(outcome.changed())),
    }];
    told(&outcome, &mut sentence);
    for former in &outcome.former {
        model.users.marks.seen(&former.id, former.version);
    }
    sentence.extend(lost(&outcome.taken).strip_prefix(" · ").map(str::to_owned));
    if outcome.rest > 0 {
        sentence.push("z takes them back".to_owned());
    }
    model.say(sentence.join(" · ") + &restored);
    tell_left(model, "Not taken back", &outcome);
}

fn told(outcome: &Outcome, sentence: &mut Vec<String>) {
    let mut tell = |n: u32, what: &str| {
        if n > 0 {
            sentence.push(format!("{} {what}", number(u64::from(n))));
        }
    };
    tell(outcome.already, "so already");
    tell(outcome.left_out, "left out");
    tell(outcome.rest, "not reached");
    if let Some(fault) = &outcome.fault {
        sentence.push(refused(fault));
    }
}

/// Person by person: to whom it was not done, and why.
fn tell_left(model: &mut Model, title: &str, outcome: &Outcome) {
    let lines = left_lines("left out", &outcome.left, outcome.left_out);
    if !lines.is_empty() {
        model.layers.push(Layer::Pager(Pager::new(title.to_owned(), lines.into_iter().skip(1).collect())));
    }
}
