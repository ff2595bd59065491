//! The form for somebody's password: a code with which they choose it themselves, or a password set now.

use super::field::Field;
use super::form::Form;
use crate::accounts::losses::Losses;
use crate::accounts::password::{About, judge};
use crate::accounts::policy::Policy;
use crate::accounts::user::{User, UserId};
use crate::accounts::{Error, Kind};
use crate::console::commands;
use crate::console::effect::Write;
use crate::console::words::{clipped, count, typed};

const HOW: usize = 0;
const PASSWORD: usize = 1;

const WAYS: &[(&str, &str)] = &[("issue a code", "they choose it themselves"), ("set it now", "")];

/// The form.
pub struct Password {
    /// Its fields.
    pub form: Form,
    user: User,
    policy: Policy,
    tokens: u32,
    losses: Losses,
}

impl Password {
    /// The form for this person, as drawn; they have so many API tokens, which a new password leaves good. The losses
    /// are those of setting it.
    pub fn new(user: &User, policy: Policy, tokens: u32, losses: Losses) -> Password {
        let life = format!("a code can be used once, for {}", policy.reset_life);
        let fields = vec![
            Field::choice("", WAYS, 0),
            Field::secret("Password"),
            Field::words(life),
            Field::words(String::new()),
            Field::words(String::new()),
        ];
        let title = format!("Password of {}", clipped(&user.name, 40));
        let mut password =
            Password { form: Form::new(title, fields, "Issue"), user: user.clone(), policy, tokens, losses };
        password.refresh();
        password
    }

    fn by_code(&self) -> bool {
        self.form.fields[HOW].chosen() == 0
    }

    /// Whose it is.
    pub fn user_id(&self) -> &UserId {
        &self.user.id
    }

    fn about(&self) -> About<'_> {
        About { name: &self.user.name, email: self.user.email.as_deref(), factor: self.user.factor }
    }

    /// Brings remarks and buttons up to what was chosen and typed.
    pub fn refresh(&mut self) {
        let by_code = self.by_code();
        self.form.button = if by_code { "Issue" } else { "Set" };
        self.form.fields[PASSWORD].hidden = by_code;
        self.form.fields[2].hidden = !by_code;
        let sentences = self.losses.sentences().join(", ");
        let ends = match (sentences.is_empty(), by_code) {
            (true, _) => "nothing is lost for good".to_owned(),
            (false, true) => format!("using the code, for good: {sentences}"),
            (false, false) => format!("for good: {sentences}"),
        };
        let tokens = match self.tokens {
            0 => String::new(),
            1 => "1 API token stays good; t revokes it".to_owned(),
            n => format!("{} stay good; t revokes them", count(u64::from(n), "API token")),
        };
        self.form.fields[3] = Field::words(ends);
        self.form.fields[4] = Field::words(tokens);
        self.form.fields[4].hidden = self.tokens == 0;
        let name = typed(&self.user);
        self.form.command = match by_code {
            true => commands::request(&self.user),
            false => format!("rollbook user passwd {name} --set --password-stdin"),
        };
        let least = self.policy.password.least(self.user.factor);
        let typed = self.form.secret_mut().filter(|field| field.count() > 0).map(|field| field.secret());
        self.form.fields[PASSWORD].remark = Some(match typed {
            None => format!("{least} or more characters · Ctrl-G makes one"),
            Some(secret) => match judge(self.policy.demands(), &secret, self.about()) {
                Ok(()) => "good".to_owned(),
                Err(error) => error.message,
            },
        });
    }

    /// The order, or a fault beneath the field.
    pub fn submit(&mut self) -> Option<Write> {
        if self.by_code() {
            self.form.sent = true;
            return Some(Write::IssueCode { id: self.user.id.clone() });
        }
        let secret = self.form.secret_mut()?.secret();
        if let Err(error) = judge(self.policy.demands(), &secret, self.about()) {
            self.form.fields[PASSWORD].fault = Some(error.to_string());
            self.form.to_fault();
            return None;
        }
        self.form.sent = true;
        Some(Write::SetPassword { id: self.user.id.clone(), expect: self.user.version, password: secret })
    }

    /// The order was refused; what was typed stays.
    pub fn refused(&mut self, error: &Error) {
        self.form.sent = false;
        if matches!(error.kind, Kind::WeakPassword | Kind::ConstraintViolation) {
            self.form.fields[PASSWORD].fault = Some(error.to_string());
            self.form.to_fault();
        } else {
            self.form.fault = Some(error.to_string());
        }
    }
}
