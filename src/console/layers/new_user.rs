//! The form for a new user. Every field is judged by the functions that the command line uses.

use super::field::Field;
use super::form::Form;
use crate::accounts::password::{About, judge};
use crate::accounts::policy::Policy;
use crate::accounts::user::{Draft, Name, Role, parse_email, parse_labels};
use crate::accounts::{Error, Kind, Secret};
use crate::console::commands;
use crate::console::effect::Write;
use crate::console::words::{shell_word, shown};

const NAME: usize = 0;
const EMAIL: usize = 1;
const HOW: usize = 2;
const PASSWORD: usize = 3;
const LABELS: usize = 4;
const ROLE: usize = 5;
const PENDING: usize = 6;

const WAYS: &[(&str, &str)] = &[("I set it now", ""), ("a code, they choose it", "")];
const ROLES: &[(&str, &str)] = &[("member", ""), ("auditor", ""), ("admin", "")];

/// The form.
pub struct NewUser {
    /// Its fields.
    pub form: Form,
    /// Whether this is the very first administrator.
    pub founding: bool,
    policy: Policy,
}

impl NewUser {
    /// An empty form. The founder of a database is an active admin with a password.
    pub fn new(policy: Policy, founding: bool) -> NewUser {
        let title = if founding { "New database: its first administrator" } else { "New user" };
        let mut fields = vec![
            Field::text("Name", ""),
            Field::text("E-mail", ""),
            Field::choice("Password", WAYS, 0),
            Field::secret(""),
            Field::text("Labels", ""),
            Field::choice("Role", ROLES, if founding { 2 } else { 0 }),
            Field::toggle("must be activated before the first log-in", false),
        ];
        fields[LABELS].remark = Some("words, parted by spaces".to_owned());
        for hidden in [HOW, LABELS, ROLE, PENDING] {
            fields[hidden].hidden = founding;
        }
        if founding {
            fields[PASSWORD].label = "Password";
        }
        let mut new = NewUser { form: Form::new(title.to_owned(), fields, "Create"), founding, policy };
        new.refresh();
        new
    }

    /// Brings remarks and the command at the foot up to what was typed.
    pub fn refresh(&mut self) {
        let by_code = self.form.fields[HOW].chosen() == 1;
        self.form.fields[PASSWORD].hidden = by_code;
        let remark = self.password_remark();
        self.form.fields[PASSWORD].remark = remark;
        let value = |at: usize| self.form.fields[at].value().trim();
        let name = value(NAME);
        self.form.command = if self.founding {
            let name = if name.is_empty() { "NAME".to_owned() } else { shell_word(&shown(name)) };
            format!("rollbook init --admin {name} --password-stdin")
        } else {
            let labels = value(LABELS).split([',', ' ']).filter(|label| !label.is_empty()).collect();
            let role = Role::ALL[self.form.fields[ROLE].chosen().min(2)];
            let pending = self.form.fields[PENDING].is_on();
            commands::NewUser { name, email: value(EMAIL), labels, role, pending, by_code }.command()
        };
    }

    fn password_remark(&mut self) -> Option<String> {
        let name = self.form.fields[NAME].value().to_owned();
        let email = self.form.fields[EMAIL].value().to_owned();
        let demands = self.policy.demands();
        let field = self.form.secret_mut()?;
        if field.count() == 0 {
            return Some(format!("{} or more characters · Ctrl-G makes one", demands.rule.least(false)));
        }
        let about = About { name: name.trim(), email: Some(email.trim()).filter(|e| !e.is_empty()), factor: false };
        Some(match judge(demands, &field.secret(), about) {
            Ok(()) => "good".to_owned(),
            Err(error) => error.message,
        })
    }

    /// The order, or faults beneath their fields.
    pub fn submit(&mut self) -> Option<Write> {
        let by_code = self.form.fields[HOW].chosen() == 1;
        let name = self.judge(NAME, Name::parse);
        let email = self.judge(EMAIL, parse_email);
        let labels = self.judge(LABELS, |value| parse_labels([value]));
        let password = if by_code { Some(None) } else { self.judged_password().map(Some) };
        let (Some(name), Some(email), Some(labels), Some(password)) = (name, email, labels, password) else {
            self.form.to_fault();
            return None;
        };
        let draft = Draft {
            name,
            email,
            role: Role::ALL[self.form.fields[ROLE].chosen().min(2)],
            labels,
            note: None,
            pending: self.form.fields[PENDING].is_on(),
            valid_until: None,
        };
        self.form.sent = true;
        Some(Write::Create { draft: Box::new(draft), password })
    }

    fn judge<T>(&mut self, at: usize, parse: impl Fn(&str) -> Result<T, Error>) -> Option<T> {
        let outcome = parse(self.form.fields[at].value());
        outcome.map_err(|error| self.form.fields[at].fault = Some(error.to_string())).ok()
    }

    fn judged_password(&mut self) -> Option<Secret> {
        let name = self.form.fields[NAME].value().trim().to_owned();
        let email = parse_email(self.form.fields[EMAIL].value()).ok().flatten();
        let demands = self.policy.demands();
        let secret = self.form.secret_mut()?.secret();
        match judge(demands, &secret, About { name: &name, email: email.as_deref(), factor: false }) {
            Ok(()) => Some(secret),
            Err(error) => {
                self.form.fields[PASSWORD].fault = Some(error.to_string());
                None
            }
        }
    }

    /// The order was refused: nothing that was typed is lost, and the fault stands under its field.
    pub fn refused(&mut self, error: &Error) {
        self.form.sent = false;
        let at = match error.kind {
            Kind::DuplicateUser => NAME,
            Kind::WeakPassword => PASSWORD,
            _ => {
                self.form.fault = Some(error.to_string());
                return;
            }
        };
        self.form.fields[at].fault = Some(error.to_string());
        self.form.to_fault();
    }
}
