//! The form of a log-in, and what a form that asks for a password makes of a refusal.

use super::field::{Content, Field};
use super::form::Form;
use crate::accounts::user::UserId;
use crate::accounts::{Error, Kind, Secret};
use crate::console::effect::{Ticket, Write};

const NAME: usize = 0;
const PASSWORD: usize = 1;
const CODE: usize = 2;

/// The form, and who may come back to what lies beneath it.
pub struct SignIn {
    /// Its fields.
    pub form: Form,
    /// Who sat here; `None` where whoever logs in begins anew.
    pub back: Option<UserId>,
    /// The log-in that is being looked at.
    pub ticket: Option<Ticket>,
}

impl SignIn {
    /// The form; with a name in it where somebody is expected back.
    pub fn new(title: String, name: &str, back: Option<UserId>) -> SignIn {
        let mut fields = vec![Field::text("Name", name), Field::secret("Password"), Field::secret("Code")];
        fields[CODE].hidden = true;
        fields[CODE].remark = Some("the six digits of the app, or a backup code".to_owned());
        let mut form = Form::new(title, fields, "Log in");
        form.cancel = "Quit";
        if !name.is_empty() {
            form.step(true);
        }
        SignIn { form, back, ticket: None }
    }

    /// No form at all, where nobody can log in: why, and the way out.
    pub fn refusing(title: String, why: &[&str]) -> SignIn {
        let fields = why.iter().map(|line| Field::words((*line).to_owned())).collect();
        let mut form = Form::new(title, fields, "Quit");
        form.cancel = "";
        SignIn { form, back: None, ticket: None }
    }

    /// Whether this is no form to log in by.
    pub fn is_refusing(&self) -> bool {
        !self.form.has_secret()
    }

    /// The order, or a fault beneath the name.
    pub fn order(&mut self) -> Option<Write> {
        let name = self.form.fields[NAME].value().to_owned();
        if name.trim().is_empty() {
            self.form.fields[NAME].fault = Some("a name is needed".to_owned());
            self.form.to_fault();
            return None;
        }
        let password = self.form.fields[PASSWORD].typed_secret()?;
        let code = if self.form.fields[CODE].hidden { None } else { self.form.fields[CODE].typed_secret() };
        self.form.fault = None;
        self.form.sent = true;
        Some(Write::SignIn { name, password, code })
    }

    /// The log-in was refused.
    pub fn refused(&mut self, error: &Error) {
        self.ticket = None;
        ask_again(&mut self.form, (PASSWORD, CODE), error);
    }
}

/// Brings a form that asks for a password up to a refusal: a code that is still missing is asked for, what was wrong is
/// emptied, and all else is said at its foot.
pub fn ask_again(form: &mut Form, (password, code): (usize, usize), error: &Error) {
    form.sent = false;
    form.fault = None;
    let mut empty = |at: usize| {
        if let Content::Secret(field) = &mut form.fields[at].content {
            field.set(&Secret::from(""));
        }
    };
    match error.kind {
        Kind::MissingOtpCode => {
            form.fields[code].hidden = false;
            form.focus_on(code);
        }
        Kind::InvalidOtpCode => {
            empty(code);
            form.fields[code].fault = Some(error.message.clone());
            form.focus_on(code);
        }
        Kind::InvalidCredentials => {
            empty(password);
            empty(code);
            form.fields[code].hidden = true;
            form.fields[password].fault = Some(error.message.clone());
            form.focus_on(password);
        }
        kind => {
            if kind == Kind::Unauthorized {
                empty(password);
            }
            form.fault = Some(error.to_string());
        }
    }
}
