//! The form for what is said about a person: name, e-mail, labels, note, role, valid until.

use super::field::Field;
use super::form::Form;
use crate::accounts::error::Field as Fault;
use crate::accounts::time::{Time, Until};
use crate::accounts::user::{Edit as Changes, Name, Role, User, parse_email, parse_labels, parse_words};
use crate::accounts::{Error, Kind};
use crate::console::effect::Write;
use crate::console::words::{clipped, shell_word};

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
        fields[UNTIL].remark = Some("empty: no end · 2026-12-31, +30d".to_owned());
        let mut form = Form::new(format!("Edit {}", clipped(&user.name, 44)), fields, "Save");
        form.command = format!("rollbook user edit {} …", shell_word(&clipped(&user.name, 24)));
        Edit { form, user: user.clone(), now }
    }

    /// The order, or faults beneath their fields. What was not touched is not judged again: a name that another
    /// program wrote may break a rule and must not stand in the way of a note.
    pub fn submit(&mut self) -> Option<Write> {
        let user = self.user.clone();
        let mut changes = Changes::default();
        if self.form.fields[NAME].value() != user.name {
            changes.name = self.judge(NAME, Name::parse);
        }
        if self.form.fields[EMAIL].value().trim() != user.email.as_deref().unwrap_or_default() {
            changes.email = self.judge(EMAIL, parse_email);
        }
        if self.form.fields[LABELS].value().trim() != user.labels.join(" ") {
            changes.labels = self.judge(LABELS, |text| parse_labels([text]));
        }
        if self.form.fields[NOTE].value().trim() != user.note.as_deref().unwrap_or_default() {
            changes.note = self.judge(NOTE, |text| parse_words(Fault::Note, text, 500));
        }
        let role = Role::ALL[self.form.fields[ROLE].chosen().min(2)];
        changes.role = (role != user.role).then_some(role);
        if self.form.fields[UNTIL].value().trim() != user.valid_until.map(Time::rfc3339).unwrap_or_default() {
            let now = self.now;
            changes.valid_until = self.judge(UNTIL, |text| until(text, now));
        }
        if self.form.to_fault() {
            return None;
        }
        self.form.sent = true;
        Some(Write::Edit { id: user.id, expect: user.version, edit: Box::new(changes) })
    }

    fn judge<T>(&mut self, at: usize, parse: impl Fn(&str) -> Result<T, Error>) -> Option<T> {
        let outcome = parse(self.form.fields[at].value());
        outcome.map_err(|error| self.form.fields[at].fault = Some(error.to_string())).ok()
    }

    /// The order was refused; what was typed stays.
    pub fn refused(&mut self, error: &Error) {
        self.form.sent = false;
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

fn until(text: &str, now: Time) -> Result<Option<Time>, Error> {
    if matches!(text.trim(), "" | "none") {
        return Ok(None);
    }
    match Until::parse(text, now)? {
        Until::At(at) => Ok(Some(at)),
        Until::Never | Until::Default => Ok(None),
    }
}
