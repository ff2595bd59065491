//! The form for what is said about a person: name, e-mail, labels, note, role, valid until.

use super::field::{Content, Field};
use super::form::Form;
use crate::accounts::error::Field as Fault;
use crate::accounts::time::{Time, Until};
use crate::accounts::user::{Edit as Changes, LONGEST_NOTE, Name, Role, User, parse_email, parse_labels, parse_words};
use crate::accounts::{Error, Kind};
use crate::console::commands;
use crate::console::effect::Write;
use crate::console::words::{clipped, count};

const NAME: usize = 0;
const EMAIL: usize = 1;
const LABELS: usize = 2;
const NOTE: usize = 3;
const ROLE: usize = 4;
const UNTIL: usize = 5;

const ROLES: &[(&str, &str)] = &[("member", ""), ("auditor", ""), ("admin", "")];

/// The form.
pub struct Edit {
    /// Its fields.
    pub form: Form,
    user: User,
    now: Time,
    /// The person as somebody else has changed them meanwhile, with who did it and when.
    there: Option<(User, String)>,
    /// Whether a save was refused for that, and what is there is yet to be read.
    stale: bool,
    /// Whether the last save was refused.
    refused: bool,
}

impl Edit {
    /// The form for this person, filled with what was drawn.
    pub fn new(user: &User, now: Time) -> Edit {
        let role = Role::ALL.iter().position(|role| *role == user.role).unwrap_or(0);
        let mut fields = vec![
            Field::text("Name", &user.name),
            Field::text("E-mail", user.email.as_deref().unwrap_or_default()),
            Field::text("Labels", &user.labels.join(" ")),
            Field::text("Note", user.note.as_deref().unwrap_or_default()),
            Field::choice("Role", ROLES, role),
            Field::text("Valid until", &user.valid_until.map(Time::rfc3339).unwrap_or_default()),
        ];
        fields[LABELS].remark = Some("words, parted by spaces".to_owned());
        let form = Form::new(format!("Edit {}", clipped(&user.name, 44)), fields, "Save");
        let mut edit = Edit { form, user: user.clone(), now, there: None, stale: false, refused: false };
        edit.refresh();
        edit
    }

    /// What was touched, and what is wrong with it. What was not touched is not judged again: a name that another
    /// program wrote may break a rule and must not stand in the way of a note.
    fn read(&self) -> (Changes, Vec<(usize, Error)>) {
        let user = &self.user;
        let mut faults = Vec::new();
        let touched = |at: usize, before: &str| {
            let value = self.form.fields[at].value();
            (value != before && value.trim() != before).then_some(value)
        };
        let mut changes = Changes::default();
        if let Some(text) = touched(NAME, &user.name) {
            changes.name = keep(NAME, Name::parse(text), &mut faults);
        }
        if let Some(text) = touched(EMAIL, user.email.as_deref().unwrap_or_default()) {
            changes.email = keep(EMAIL, parse_email(text), &mut faults);
        }
        if let Some(text) = touched(LABELS, &user.labels.join(" ")) {
            changes.labels = keep(LABELS, parse_labels([text]), &mut faults);
        }
        if let Some(text) = touched(NOTE, user.note.as_deref().unwrap_or_default()) {
            changes.note = keep(NOTE, parse_words(Fault::Note, text, LONGEST_NOTE), &mut faults);
        }
        let role = Role::ALL[self.form.fields[ROLE].chosen().min(2)];
        changes.role = (role != user.role).then_some(role);
        if let Some(text) = touched(UNTIL, &user.valid_until.map(Time::rfc3339).unwrap_or_default()) {
            changes.valid_until = keep(UNTIL, until(text, self.now), &mut faults);
        }
        (changes, faults)
    }

    /// Brings the command at the foot, and what is said about the end date, up to what was typed.
    pub fn refresh(&mut self) {
        let changes = self.read().0;
        let over = changes.valid_until.flatten().is_some_and(|until| until < self.now);
        self.form.fields[UNTIL].remark = Some(match (over, self.user.sessions) {
            (false, _) => "2026-12-31 (through that day, UTC) · +30d · empty: no end".to_owned(),
            (true, 0) => "in the past: keeps them out, now".to_owned(),
            (true, n) => format!("in the past: logs out {} for good", count(u64::from(n), "session")),
        });
        self.form.command = commands::edit(&self.user, &changes);
        let Some((there, _)) = &self.there else { return };
        for (at, (before, after)) in values(&self.user).into_iter().zip(values(there)).enumerate() {
            if before != after {
                self.form.fields[at].remark = Some(now_there(&after));
            }
        }
    }

    /// Somebody else has changed the person while the form is open: what is there now is told beside what was typed.
    /// A save is refused until that can have been read.
    pub fn moved(&mut self, there: &User, by: String) {
        let known = self.there.as_ref().map_or(self.user.version, |(there, _)| there.version);
        if there.version <= known {
            return;
        }
        self.there = Some((there.clone(), by.clone()));
        if self.stale {
            return self.take_over();
        }
        // That the save before was refused must not be lost where one change follows the other.
        self.form.fault = Some(match self.refused {
            true => format!("{by}. Not saved; saving will be refused once more, so that it is read"),
            false => format!("{by} while this is open; saving will be refused once, so that it is read"),
        });
        self.refresh();
    }

    /// From now on the form is about the person as they are there. What was typed stays, with what is there beneath it;
    /// what was not touched becomes what is there.
    fn take_over(&mut self) {
        let Some((there, _)) = self.there.take() else { return };
        let (before, after) = (values(&self.user), values(&there));
        for (at, field) in self.form.fields.iter_mut().enumerate().filter(|(at, _)| before[*at] != after[*at]) {
            match &mut field.content {
                Content::Text(input) if input.value() == before[at] => {
                    *input = tui_input::Input::new(after[at].clone())
                }
                Content::Choice { at: chosen, .. } if Role::ALL[(*chosen).min(2)] == self.user.role => {
                    *chosen = Role::ALL.iter().position(|role| *role == there.role).unwrap_or(0);
                }
                _ => {}
            }
        }
        (self.user, self.stale) = (there, false);
        self.refresh();
        for (at, field) in self.form.fields.iter_mut().enumerate().filter(|(at, _)| before[*at] != after[*at]) {
            field.remark = Some(now_there(&after[at]));
        }
    }

    /// The order, or faults beneath their fields.
    pub fn submit(&mut self) -> Option<Write> {
        let (changes, faults) = self.read();
        for (at, fault) in faults {
            self.form.fields[at].fault = Some(fault.to_string());
        }
        if self.form.to_fault() {
            return None;
        }
        (self.form.sent, self.refused) = (true, false);
        Some(Write::Edit { id: self.user.id.clone(), expect: self.user.version, edit: Box::new(changes) })
    }

    /// The order was refused; what was typed stays.
    pub fn refused(&mut self, error: &Error) {
        (self.form.sent, self.refused) = (false, true);
        if error.kind == Kind::Stale {
            self.stale = true;
            self.form.fault =
                Some(format!("{}. Not saved; saving again keeps that but for what you changed", error.message));
            // Where it is not known yet what is there now, it will be read in a moment.
            return self.take_over();
        }
        if error.kind == Kind::DuplicateUser {
            self.form.fields[NAME].fault = Some(error.to_string());
            self.form.to_fault();
        } else {
            self.form.fault = Some(error.to_string());
        }
    }

    /// Whose form it is.
    pub fn user(&self) -> &User {
        &self.user
    }
}

/// What the fields say of a person, in their order.
fn values(user: &User) -> [String; 6] {
    [
        user.name.clone(),
        user.email.clone().unwrap_or_default(),
        user.labels.join(" "),
        user.note.clone().unwrap_or_default(),
        user.role.word().to_owned(),
        user.valid_until.map(Time::rfc3339).unwrap_or_default(),
    ]
}

fn now_there(text: &str) -> String {
    if text.is_empty() { "there now: nothing".to_owned() } else { format!("there now: {}", clipped(text, 38)) }
}

fn keep<T>(at: usize, parsed: Result<T, Error>, faults: &mut Vec<(usize, Error)>) -> Option<T> {
    parsed.map_err(|error| faults.push((at, error))).ok()
}

fn until(text: &str, now: Time) -> Result<Option<Time>, Error> {
    if matches!(text.trim(), "" | "none") {
        return Ok(None);
    }
    match Until::parse(text, now)? {
        Until::At(at) => Ok(Some(at)),
        Until::Never | Until::Default => Ok(None),
    }
}
