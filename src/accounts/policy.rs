//! The settings that are kept in the database and hold for every program that uses it.

use super::error::{Error, Field, Result};
use super::password::Rule;
use super::text::quote;
use super::time::Span;

/// The settings. Every one has a default; the store keeps only those that were set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// What a password must be.
    pub password: Rule,
    /// How long a session lives when nothing is said.
    pub session_life: Span,
    /// How long a session may lie unused; `None` for as long as it lives.
    pub session_idle: Option<Span>,
    /// How long a password-reset request can be used.
    pub reset_life: Span,
    /// Whether a service may register people.
    pub registration: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            password: Rule::Nist,
            session_life: Span::HOUR.times(24),
            session_idle: None,
            reset_life: Span::HOUR,
            registration: true,
        }
    }
}

/// The keys of the settings, each with a sentence about it.
pub const KEYS: [(&str, &str); 5] = [
    ("password", "nist (15 characters, 8 with a second factor), basic (8) or open (not blank)"),
    ("session-life", "how long a session lives when the log-in says nothing"),
    ("session-idle", "how long a session may lie unused, or none"),
    ("reset-life", "how long a password-reset request can be used"),
    ("registration", "open or closed: whether a service may register people"),
];

impl Policy {
    /// The text of a setting; `None` for an unknown key.
    pub fn get(&self, key: &str) -> Option<String> {
        Some(match key {
            "password" => self.password.word().to_owned(),
            "session-life" => self.session_life.to_string(),
            "session-idle" => self.session_idle.map_or_else(|| "none".to_owned(), |span| span.to_string()),
            "reset-life" => self.reset_life.to_string(),
            "registration" => if self.registration { "open" } else { "closed" }.to_owned(),
            _ => return None,
        })
    }

    /// Changes a setting.
    ///
    /// # Errors
    /// `constraint_violation` for an unknown key or a value that it cannot have.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        match key {
            "password" => self.password = value.parse()?,
            "session-life" => self.session_life = Span::parse(value)?,
            "session-idle" => self.session_idle = if value == "none" { None } else { Some(Span::parse(value)?) },
            "reset-life" => self.reset_life = Span::parse(value)?,
            "registration" => {
                self.registration = match value {
                    "open" => true,
                    "closed" => false,
                    _ => {
                        return Err(Error::constraint(
                            Field::Policy,
                            format!("registration cannot be {}", quote(value)),
                        )
                        .hint("open or closed"));
                    }
                }
            }
            _ => {
                let keys: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
                return Err(
                    Error::constraint(Field::Policy, format!("no setting {}", quote(key))).hint(keys.join(", "))
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_reads_what_it_prints() {
        let mut policy = Policy::default();
        policy.set("session-idle", "30m").expect("lawful");
        for (key, _) in KEYS {
            let text = policy.get(key).expect(key);
            let mut copy = policy.clone();
            copy.set(key, &text).expect(key);
            assert_eq!(copy, policy, "{key}");
        }
    }

    #[test]
    fn f24_the_life_of_a_session_can_be_set_to_a_second() {
        let mut policy = Policy::default();
        policy.set("session-life", "1s").expect("lawful");
        assert_eq!(policy.session_life, Span::SECOND);
        assert!(policy.set("session-life", "0s").is_err());
        assert!(policy.set("colour", "red").is_err());
    }
}
