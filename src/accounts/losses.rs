//! The losses of a change: no undo and no other change restores them.

use super::text::brief;

/// How many names a list of losses tells.
pub const NAMED: usize = 3;

/// What a change takes for good.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Losses {
    /// Open sessions that are logged out.
    pub sessions: u32,
    /// The clients of some of these sessions.
    pub clients: Vec<String>,
    /// API tokens that are revoked.
    pub tokens: u32,
    /// The names of some of these tokens.
    pub token_names: Vec<String>,
    /// Open reset codes that become void.
    pub resets: u32,
    /// Passwords that become void.
    pub passwords: u32,
}

/// The names of some of a user's open sessions and valid API tokens.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names {
    /// The clients of the sessions that were used last.
    pub clients: Vec<String>,
    /// The tokens that were used last.
    pub tokens: Vec<String>,
}

impl Losses {
    /// Sessions with these clients.
    pub fn of_sessions(sessions: u32, clients: Vec<String>) -> Losses {
        Losses { sessions, clients, ..Losses::default() }
    }

    /// Whether nothing is lost.
    pub fn is_empty(&self) -> bool {
        self.sessions == 0 && self.tokens == 0 && self.resets == 0 && self.passwords == 0
    }

    /// Adds the losses of another user.
    pub fn add(&mut self, other: Losses) {
        self.sessions = self.sessions.saturating_add(other.sessions);
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.resets = self.resets.saturating_add(other.resets);
        self.passwords = self.passwords.saturating_add(other.passwords);
        for (names, more) in [(&mut self.clients, other.clients), (&mut self.token_names, other.token_names)] {
            names.extend(more);
            names.truncate(NAMED);
        }
    }

    /// Takes the losses of a user out again.
    pub fn less(&mut self, other: &Losses) {
        self.sessions = self.sessions.saturating_sub(other.sessions);
        self.tokens = self.tokens.saturating_sub(other.tokens);
        self.resets = self.resets.saturating_sub(other.resets);
        self.passwords = self.passwords.saturating_sub(other.passwords);
        for (names, gone) in [(&mut self.clients, &other.clients), (&mut self.token_names, &other.token_names)] {
            for name in gone {
                if let Some(at) = names.iter().position(|other| other == name) {
                    names.remove(at);
                }
            }
        }
    }

    /// Each loss as a sentence without its subject: `logs out 2 sessions (firefox, phone)`.
    pub fn sentences(&self) -> Vec<String> {
        let verbs = ["logs out", "revokes", "voids"];
        let mut sentences: Vec<String> = verbs
            .iter()
            .zip(self.counted())
            .filter_map(|(verb, what)| what.map(|what| format!("{verb} {what}")))
            .collect();
        sentences.extend(self.counted_passwords().map(|passwords| format!("voids {passwords}")));
        sentences
    }

    /// Each loss by its name: `2 sessions (firefox, phone)`.
    pub fn nouns(&self) -> Vec<String> {
        let mut nouns: Vec<String> = self.counted().into_iter().flatten().collect();
        nouns.extend(self.counted_passwords());
        nouns
    }

    fn counted_passwords(&self) -> Option<String> {
        match self.passwords {
            0 => None,
            1 => Some("the password".to_owned()),
            passwords => Some(format!("{passwords} passwords")),
        }
    }

    fn counted(&self) -> [Option<String>; 3] {
        let of = |number: u32, one: &str, names: &[String]| {
            let many = if number == 1 { "" } else { "s" };
            (number > 0).then(|| format!("{number} {one}{many}{}", listed(number, names)))
        };
        [
            of(self.sessions, "session", &self.clients),
            of(self.tokens, "API token", &self.token_names),
            of(self.resets, "reset code", &[]),
        ]
    }
}

/// Names in brackets: ` (ci, phone and 3 more)`.
fn listed(number: u32, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let told: Vec<String> = names.iter().map(|name| brief(name)).collect();
    let more = number.saturating_sub(u32::try_from(told.len()).unwrap_or(u32::MAX));
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(" ({}{more})", told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_with_counts_and_names() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let losses = Losses {
            sessions: 1,
            clients: names(&["firefox"]),
            tokens: 5,
            token_names: names(&["ci", "phone\u{1b}"]),
            resets: 2,
            passwords: 1,
        };
        assert_eq!(
            losses.sentences(),
            [
                "logs out 1 session (firefox)",
                "revokes 5 API tokens (ci, phone\\u{1b} and 3 more)",
                "voids 2 reset codes",
                "voids the password"
            ]
        );
        let nouns = "1 session (firefox), 5 API tokens (ci, phone\\u{1b} and 3 more), 2 reset codes, the password";
        assert_eq!(losses.nouns().join(", "), nouns);
        assert!(Losses::default().is_empty() && Losses::default().sentences().is_empty());
    }

    #[test]
    fn the_losses_of_many_are_added_and_name_only_some() {
        let one = |name: &str| Losses { tokens: 1, token_names: vec![name.to_owned()], ..Losses::default() };
        let mut all = Losses::default();
        ["a", "b", "c", "d"].into_iter().for_each(|name| all.add(one(name)));
        assert_eq!(all.sentences(), ["revokes 4 API tokens (a, b, c and 1 more)"]);
    }
}
