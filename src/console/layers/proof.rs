//! The question before what is grave, where a log-in is required: the password of whoever sits here, once more, and
//! their code where they have a second factor.

use super::field::Field;
use super::form::Form;
use super::login::ask_again;
use crate::accounts::Error;
use crate::accounts::user::UserId;
use crate::console::effect::{Grave, Write};

/// The question.
pub struct Proof {
    /// What will be done, and the fields.
    pub form: Form,
    grave: Grave,
}

impl Proof {
    /// Asks before `grave` is done; `verb` is the word on the button.
    pub fn new(title: String, lines: Vec<String>, verb: &'static str, grave: Grave) -> Proof {
        let mut fields: Vec<Field> = lines.into_iter().map(Field::words).collect();
        fields.push(Field::words("it is you who asks: your password, once more".to_owned()));
        fields.push(Field::secret("Password"));
        fields.push(Field::secret("Code"));
        if let Some(code) = fields.last_mut() {
            code.hidden = true;
        }
        Proof { form: Form::new(title, fields, verb), grave }
    }

    /// Whom it is about, where that is one person.
    pub fn user_id(&self) -> Option<&UserId> {
        match &self.grave {
            Grave::Contain { id, .. } => Some(id),
            Grave::Many(_) => None,
        }
    }

    /// Where password and code stand.
    fn places(&self) -> (usize, usize) {
        let fields = self.form.fields.len();
        (fields.saturating_sub(2), fields.saturating_sub(1))
    }

    /// The order with the proof.
    pub fn submit(&mut self) -> Option<Write> {
        let (password, code) = self.places();
        let code = if self.form.fields[code].hidden { None } else { self.form.fields[code].typed_secret() };
        let password = self.form.fields[password].typed_secret()?;
        self.form.sent = true;
        Some(Write::Proven { password, code, grave: self.grave.clone() })
    }

    /// The order was refused; what will be done stays.
    pub fn refused(&mut self, error: &Error) {
        let places = self.places();
        ask_again(&mut self.form, places, error);
    }
}
