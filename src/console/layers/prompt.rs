//! Forms of one line: the reason of a deactivation, a new name for somebody who comes back, a file to open.

use std::path::PathBuf;

use super::field::Field;
use super::form::Form;
use crate::accounts::Error;
use crate::accounts::error::Field as Fault;
use crate::accounts::user::{LONGEST_REASON, Name, User, parse_words};
use crate::console::effect::{Target, Write};
use crate::console::words::{clipped, count, typed};

/// What the line is for.
enum Purpose {
    Reason(Box<User>),
    Rename(Box<User>),
    Open,
}

/// What was asked for.
pub enum Order {
    /// A change.
    Write(Box<Write>),
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
    pub fn reason(user: &User) -> Prompt {
        let mut fields = vec![Field::text("Reason", "")];
        fields[0].remark = Some(match user.sessions {
            0 => "Enter alone: no reason".to_owned(),
            n => format!("Enter alone: no reason · ends {}", count(u64::from(n), "session")),
        });
        let mut form = Form::new(format!("Deactivate {}", clipped(&user.name, 40)), fields, "Deactivate");
        form.command = format!("rollbook user deactivate {} --reason …", typed(user));
        Prompt { form, purpose: Purpose::Reason(Box::new(user.clone())) }
    }

    /// Asks for a new name, since the old one has been taken meanwhile.
    pub fn rename(user: &User, why: &Error) -> Prompt {
        let mut fields = vec![Field::text("New name", &user.name)];
        fields[0].fault = Some(why.to_string());
        let form = Form::new(format!("Restore {} under another name", clipped(&user.name, 28)), fields, "Restore");
        Prompt { form, purpose: Purpose::Rename(Box::new(user.clone())) }
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
            Purpose::Rename(user) => Name::parse(&value).map(|name| {
                let write = Write::Restore { id: user.id.clone(), expect: user.version, name: Some(name) };
                Order::Write(Box::new(write))
            }),
            Purpose::Open if value.trim().is_empty() => Err(Error::constraint(Fault::Name, "a file is needed")),
            Purpose::Open => Ok(Order::Connect(Target::Open(PathBuf::from(value.trim())))),
        };
        match order {
            Ok(order) => {
                self.form.sent = true;
                Some(order)
            }
            Err(error) => {
                self.form.fields[0].fault = Some(error.to_string());
                None
            }
        }
    }

    /// The order was refused; what was typed stays.
    pub fn refused(&mut self, error: &Error) {
        self.form.sent = false;
        self.form.fields[0].fault = Some(error.to_string());
        self.form.to_fault();
    }

    /// Whether a database is asked for.
    pub fn is_open(&self) -> bool {
        matches!(self.purpose, Purpose::Open)
    }
}
