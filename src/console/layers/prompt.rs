//! Forms of one line: the reason of a deactivation, a new name for somebody who comes back, a setting, a file to open.

use std::path::PathBuf;

use super::field::Field;
use super::form::Form;
use crate::accounts::Error;
use crate::accounts::api_token::parse_token_name;
use crate::accounts::error::Field as Fault;
use crate::accounts::losses::Losses;
use crate::accounts::policy::{KEYS, Policy};
use crate::accounts::time::{Time, Until};
use crate::accounts::user::{LONGEST_REASON, Name, User, UserId, parse_words};
use crate::console::effect::{Target, Write};
use crate::console::words::{clipped, count, for_good, typed};

/// What the line is for.
enum Purpose {
    Reason(Box<User>),
    ReasonForMany,
    Rename(Box<User>),
    Token(Box<User>, Time),
    Setting(&'static str, Policy),
    Open,
}

/// What was asked for.
pub enum Order {
    /// A change.
    Write(Box<Write>),
    /// A change to many, for this reason.
    Many(Option<String>),
    /// Another database.
    Connect(Target),
}

/// The form.
pub struct Prompt {
    /// Its field.
    pub form: Form,
    purpose: Purpose,
}

impl Prompt {
    /// Asks why somebody is deactivated; an empty answer is fine.
    pub fn reason(user: &User, losses: &Losses) -> Prompt {
        let mut fields = vec![Field::text("Reason", "")];
        fields[0].remark = Some("Enter alone: no reason".to_owned());
        fields.extend(for_good(losses).into_iter().map(Field::words));
        let mut form = Form::new(format!("Deactivate {}", clipped(&user.name, 40)), fields, "Deactivate");
        form.command = format!("rollbook user deactivate {} --reason …", typed(user));
        Prompt { form, purpose: Purpose::Reason(Box::new(user.clone())) }
    }

    /// Asks why so many are deactivated; the question with its numbers comes after it.
    pub fn reason_for_many(marked: usize) -> Prompt {
        let mut fields = vec![Field::text("Reason", "")];
        fields[0].remark = Some("Enter alone: no reason · what it would do is shown next".to_owned());
        let title = format!("Deactivate {}", count(marked as u64, "marked user"));
        Prompt { form: Form::new(title, fields, "Go on"), purpose: Purpose::ReasonForMany }
    }

    /// Asks for a new name, since the old one has been taken meanwhile.
    pub fn rename(user: &User, why: &Error) -> Prompt {
        let mut fields = vec![Field::text("New name", &user.name)];
        fields[0].fault = Some(why.to_string());
        let form = Form::new(format!("Restore {} under another name", clipped(&user.name, 28)), fields, "Restore");
        Prompt { form, purpose: Purpose::Rename(Box::new(user.clone())) }
    }

    /// Asks what a new API token shall be called and how long it shall be good.
    pub fn token(user: &User, now: Time) -> Prompt {
        let mut fields = vec![Field::text("Name", ""), Field::text("Until", "")];
        fields[0].remark = Some("what it is for: ci, phone; empty: a made-up one".to_owned());
        fields[1].remark = Some("empty: no end · 2026-12-31 (through that day, UTC) · +90d".to_owned());
        let mut form = Form::new(format!("New token for {}", clipped(&user.name, 40)), fields, "Create");
        form.command = format!("rollbook token create {} [--name N] [--expires WHEN]", typed(user));
        Prompt { form, purpose: Purpose::Token(Box::new(user.clone()), now) }
    }

    /// Asks for another value of a setting; `None` for one that there is not.
    pub fn setting(key: &'static str, policy: &Policy) -> Option<Prompt> {
        let (_, meaning) = KEYS.iter().find(|(known, _)| *known == key)?;
        let value = policy.get(key)?;
        let mut fields = vec![Field::text("Value", &value)];
        let usual = Policy::default().get(key).unwrap_or_default();
        fields[0].remark = Some(format!("{meaning} · by default {usual}"));
        let mut form = Form::new(format!("Set {key}"), fields, "Set");
        form.command = format!("rollbook policy set {key} …");
        Some(Prompt { form, purpose: Purpose::Setting(key, policy.clone()) })
    }

    /// Asks for a file.
    pub fn open() -> Prompt {
        let mut form = Form::new("Open a database".to_owned(), vec![Field::text("File", "")], "Open");
        form.command = "rollbook --db FILE".to_owned();
        Prompt { form, purpose: Purpose::Open }
    }

    /// The order, or a fault beneath the line.
    pub fn submit(&mut self) -> Option<Order> {
        let value = self.form.fields[0].value().to_owned();
        let order = match &self.purpose {
            Purpose::Reason(user) => parse_words(Fault::Reason, &value, LONGEST_REASON).map(|reason| {
                let write = Write::Deactivate { id: user.id.clone(), expect: user.version, reason };
                Order::Write(Box::new(write))
            }),
            Purpose::ReasonForMany => parse_words(Fault::Reason, &value, LONGEST_REASON).map(Order::Many),
            Purpose::Rename(user) => Name::parse(&value).map(|name| {
                let write = Write::Restore { id: user.id.clone(), expect: user.version, name: Some(name) };
                Order::Write(Box::new(write))
            }),
            Purpose::Token(user, now) => self
                .read_token(&value, *now)
                .map(|(name, until)| Order::Write(Box::new(Write::CreateToken { id: user.id.clone(), name, until }))),
            Purpose::Setting(key, policy) => {
                let value = value.trim().to_owned();
                policy.clone().set(key, &value).map(|()| Order::Write(Box::new(Write::SetPolicy { key, value })))
            }
            Purpose::Open if value.trim().is_empty() => Err(Error::constraint(Fault::Name, "a file is needed")),
            Purpose::Open => Ok(Order::Connect(Target::Open(PathBuf::from(value.trim())))),
        };
        match order {
            Ok(order) => {
                self.form.sent = true;
                Some(order)
            }
            Err(error) => {
                let at = usize::from(error.field == Some(Fault::Time) && self.form.fields.len() > 1);
                self.form.fields[at].fault = Some(error.to_string());
                self.form.to_fault();
                None
            }
        }
    }

    fn read_token(&self, name: &str, now: Time) -> Result<(Option<String>, Until), Error> {
        let name = if name.trim().is_empty() { None } else { Some(parse_token_name(name)?) };
        let until = match self.form.fields[1].value().trim() {
            "" => Until::Never,
            text => Until::parse(text, now)?,
        };
        Ok((name, until))
    }

    /// The order was refused; what was typed stays.
    pub fn refused(&mut self, error: &Error) {
        self.form.sent = false;
        self.form.fields[0].fault = Some(error.to_string());
        self.form.to_fault();
    }

    /// Whom it is about, where that is one person.
    pub fn user_id(&self) -> Option<&UserId> {
        match &self.purpose {
            Purpose::Reason(user) | Purpose::Rename(user) | Purpose::Token(user, _) => Some(&user.id),
            Purpose::ReasonForMany | Purpose::Setting(..) | Purpose::Open => None,
        }
    }

    /// Whether a database is asked for.
    pub fn is_open(&self) -> bool {
        matches!(self.purpose, Purpose::Open)
    }
}
