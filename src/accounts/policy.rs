//! The settings that are kept in the database and hold for every program that uses it.

use super::error::{Error, Field, Result};
use super::hash::Cost;
use super::password::{Demands, Rule, SHORTEST_WORD};
use super::text::{first_forbidden, fold, quote};
use super::time::Span;
use super::user::KEPT_DAYS;

/// The settings. Every one has a default; the store keeps only those that were set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// What a password must be.
    pub password: Rule,
    /// What no password may be made of, beside the person's own name: what service, host and makers are called.
    pub context_words: Vec<String>,
    /// How long a session lives when nothing is said.
    pub session_life: Span,
    /// How long a session may lie unused; `None` for as long as it lives.
    pub session_idle: Option<Span>,
    /// How long a password-reset request can be used.
    pub reset_life: Span,
    /// Whether a service may register people.
    pub registration: bool,
    /// What a new password hash costs.
    pub argon2: Cost,
    /// Whether wrong passwords make the next try wait.
    pub throttle: bool,
    /// How long deleted people are kept before upkeep purges them.
    pub keep_deleted: Span,
    /// How long sessions are kept after they are over.
    pub keep_sessions: Span,
    /// Whether the console, and commands that change something, ask for an admin's log-in.
    pub login_required: bool,
    /// After how long without a key the console locks, where a log-in is required.
    pub console_idle: Span,
    /// How long audit entries are kept that were exported; `None` for ever.
    pub keep_audit: Option<Span>,
    /// The settings whose stored value cannot be read. They keep their default, or what lets fewer in.
    pub unread: Vec<&'static str>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            password: Rule::Nist,
            context_words: Vec::new(),
            session_life: Span::HOUR.times(24),
            session_idle: None,
            reset_life: Span::HOUR,
            registration: true,
            argon2: Cost::default(),
            throttle: true,
            keep_deleted: Span::DAY.times(KEPT_DAYS),
            keep_sessions: Span::DAY.times(KEPT_DAYS),
            login_required: false,
            console_idle: Span::MINUTE.times(5),
            keep_audit: None,
            unread: Vec::new(),
        }
    }
}

/// The keys of the settings, each with a sentence about it.
pub const KEYS: [(&str, &str); 13] = [
    ("password", "nist (15 characters, 8 with a second factor), basic (8) or open (not blank)"),
    ("context-words", "what no password may be made of, parted by commas (the service, its host), or none"),
    ("session-life", "how long a session lives when the log-in says nothing"),
    ("session-idle", "how long a session may lie unused, or none"),
    ("reset-life", "how long a password-reset request can be used"),
    ("registration", "open or closed: whether a service may register people"),
    ("argon2", "what a new password hash costs: memory in KiB and passes; weaker ones are renewed at log-in"),
    ("throttle", "on or off: whether wrong passwords make the next try wait"),
    ("retention-deleted", "how long deleted people are kept and can be restored, at most 30d"),
    ("retention-sessions", "how long sessions are kept after they are over, at most 365d"),
    ("retention-audit", "how long audit entries are kept that were exported, or forever"),
    ("console-login", "open or required: whether the console and every change ask for an admin's log-in"),
    ("console-idle", "after how long without a key the console locks, where a log-in is required; 1m to 12h"),
];

impl Policy {
    /// What is asked of a password.
    pub fn demands(&self) -> Demands<'_> {
        Demands { rule: self.password, words: &self.context_words }
    }

    /// The text of a setting; `None` for an unknown key.
    pub fn get(&self, key: &str) -> Option<String> {
        Some(match key {
            "password" => self.password.word().to_owned(),
            "context-words" if self.context_words.is_empty() => "none".to_owned(),
            "context-words" => self.context_words.join(","),
            "session-life" => self.session_life.to_string(),
            "session-idle" => self.session_idle.map_or_else(|| "none".to_owned(), |span| span.to_string()),
            "reset-life" => self.reset_life.to_string(),
            "registration" => if self.registration { "open" } else { "closed" }.to_owned(),
            "argon2" => self.argon2.to_string(),
            "throttle" => if self.throttle { "on" } else { "off" }.to_owned(),
            "retention-deleted" => self.keep_deleted.to_string(),
            "retention-sessions" => self.keep_sessions.to_string(),
            "retention-audit" => self.keep_audit.map_or_else(|| "forever".to_owned(), |span| span.to_string()),
            "console-login" => if self.login_required { "required" } else { "open" }.to_owned(),
            "console-idle" => self.console_idle.to_string(),
            _ => return None,
        })
    }

    /// Takes what is stored for a setting. A key of a later program keeps this one from nothing. Of a value that cannot be
    /// read, the default holds, but for the two by which somebody has shut a door: these stay shut.
    pub fn take(&mut self, key: &str, value: &str) {
        if self.set(key, value).is_ok() {
            return;
        }
        let Some((known, _)) = KEYS.iter().find(|(known, _)| *known == key) else { return };
        self.unread.push(known);
        match *known {
            "console-login" => self.login_required = true,
            "registration" => self.registration = false,
            _ => {}
        }
    }

    /// Of each setting whose stored value cannot be read, a sentence: what holds instead, and what mends it.
    pub fn complaints(&self) -> Vec<String> {
        let told = |key: &&'static str| {
            let holds = self.get(key).unwrap_or_default();
            format!("the stored value of {key} cannot be read; {holds} holds until it is set: policy set {key} VALUE")
        };
        self.unread.iter().map(told).collect()
    }

    /// Changes a setting.
    ///
    /// # Errors
    /// `constraint_violation` for an unknown key or a value that it cannot have.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        match key {
            "password" => self.password = value.parse()?,
            "context-words" => self.context_words = context_words(value)?,
            "session-life" => self.session_life = Span::parse(value)?,
            "session-idle" => self.session_idle = if value == "none" { None } else { Some(Span::parse(value)?) },
            "reset-life" => self.reset_life = Span::parse(value)?,
            "registration" => self.registration = either(key, value, ["open", "closed"])?,
            "argon2" => self.argon2 = value.parse()?,
            "throttle" => self.throttle = either(key, value, ["on", "off"])?,
            "retention-deleted" => self.keep_deleted = retention(value, KEPT_DAYS)?,
            "retention-sessions" => self.keep_sessions = retention(value, 365)?,
            "retention-audit" if value == "forever" => self.keep_audit = None,
            "retention-audit" => self.keep_audit = Some(retention(value, 36_500)?),
            "console-login" => self.login_required = either(key, value, ["required", "open"])?,
            "console-idle" => self.console_idle = idle(value)?,
            _ => {
                let keys: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
                return Err(
                    Error::constraint(Field::Policy, format!("no setting {}", quote(key))).hint(keys.join(", "))
                );
            }
        }
        self.unread.retain(|unread| *unread != key);
        Ok(())
    }
}

/// The most context words, and the most code points of one.
const CONTEXT: (usize, usize) = (32, 64);

/// Words parted by commas, folded, each once; `none` for no word.
fn context_words(value: &str) -> Result<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    if value.trim() == "none" {
        return Ok(words);
    }
    for word in value.split(',').map(|word| fold(word.trim())) {
        let length = word.chars().count();
        if length < SHORTEST_WORD || length > CONTEXT.1 || first_forbidden(&word).is_some() {
            return Err(Error::constraint(Field::Policy, format!("{} is no context word", quote(&word)))
                .hint(format!("{SHORTEST_WORD} to {} characters each, parted by commas; or none", CONTEXT.1)));
        }
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.len() > CONTEXT.0 {
        return Err(Error::constraint(Field::Policy, format!("more than {} context words", CONTEXT.0))
            .hint("leave out what is part of another"));
    }
    Ok(words)
}

/// Whether it is the first of two words.
fn either(key: &str, value: &str, [yes, no]: [&str; 2]) -> Result<bool> {
    match value {
        _ if value == yes => Ok(true),
        _ if value == no => Ok(false),
        _ => Err(Error::constraint(Field::Policy, format!("{key} cannot be {}", quote(value)))
            .hint(format!("{yes} or {no}"))),
    }
}

/// A length of time in days, from one to `most`.
fn retention(value: &str, most: i64) -> Result<Span> {
    let span = Span::parse(value)?;
    if span < Span::DAY || span > Span::DAY.times(most) {
        return Err(Error::constraint(Field::Policy, format!("{} cannot be kept to", quote(value)))
            .hint(format!("from 1d to {most}d")));
    }
    Ok(span)
}

/// How long a console may be left alone.
fn idle(value: &str) -> Result<Span> {
    let span = Span::parse(value)?;
    if span < Span::MINUTE || span > Span::HOUR.times(12) {
        return Err(Error::constraint(Field::Policy, format!("a console cannot be left alone for {}", quote(value)))
            .hint("from 1m to 12h"));
    }
    Ok(span)
}

/// The refusal to require a log-in that nobody could make.
pub fn nobody_to_log_in() -> Error {
    Error::constraint(Field::Policy, "nobody could log in: there is no active admin with a password and without an end")
        .hint("make one first: user register NAME --role admin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_reads_what_it_prints() {
        let mut policy = Policy::default();
        policy.set("session-idle", "30m").expect("lawful");
        policy.set("context-words", "Wonderland, tea party").expect("lawful");
        for (key, _) in KEYS {
            let text = policy.get(key).expect(key);
            let mut copy = policy.clone();
            copy.set(key, &text).expect(key);
            assert_eq!(copy, policy, "{key}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_closed_and_told_until_it_is_set() {
        let mut policy = Policy::default();
        for (key, value) in [("console-login", "requird"), ("registration", ""), ("throttle", "?"), ("later", "x")] {
            policy.take(key, value);
        }
        assert_eq!((policy.login_required, policy.registration, policy.throttle), (true, false, true));
        assert_eq!(policy.unread, ["console-login", "registration", "throttle"]);
        let told = policy.complaints();
        assert!(told[0].contains("console-login cannot be read; required holds"), "{told:?}");
        assert!(told[1].contains("registration cannot be read; closed holds"), "{told:?}");
        policy.set("registration", "open").expect("lawful");
        assert_eq!((policy.unread.as_slice(), policy.registration), (["console-login", "throttle"].as_slice(), true));
        let mut sound = Policy::default();
        sound.take("console-login", "open");
        assert_eq!(sound, Policy::default());
    }

    #[test]
    fn f24_the_life_of_a_session_can_be_set_to_a_second() {
        let mut policy = Policy::default();
        policy.set("session-life", "1s").expect("lawful");
        assert_eq!(policy.session_life, Span::SECOND);
        assert!(policy.set("session-life", "0s").is_err());
        assert!(policy.set("colour", "red").is_err());
    }

    #[test]
    fn context_words_are_folded_once_each_and_harmless() {
        let mut policy = Policy::default();
        policy.set("context-words", " Wonderland ,the tea party,WONDERLAND,\u{c9}cole").expect("lawful");
        assert_eq!(policy.context_words, ["wonderland", "the tea party", "\u{e9}cole"]);
        let many = (0..33).map(|n| format!("word{n}")).collect::<Vec<_>>().join(",");
        for bad in ["", ",", "ab", "wonderland,", "a\nb", "tea\u{202e}party", &"x".repeat(65), &many] {
            assert!(policy.set("context-words", bad).is_err(), "{bad:?}");
        }
        policy.set("context-words", "none").expect("lawful");
        assert!(policy.context_words.is_empty());
    }

    #[test]
    fn context_words_have_three_to_sixty_four_characters_and_are_at_most_thirty_two() {
        let mut policy = Policy::default();
        let many = |n: usize| (0..n).map(|at| format!("word{at}")).collect::<Vec<_>>().join(",");
        for lawful in ["abc", &"é".repeat(64), &many(32)] {
            policy.set("context-words", lawful).expect(lawful);
        }
        assert_eq!(policy.context_words.len(), 32);
        for bad in ["ab", &"é".repeat(65), &many(33)] {
            assert!(policy.set("context-words", bad).is_err(), "{bad}");
        }
    }
}
