//! How people and sessions are asked for: a filter, an order, and a place to go on from.
//!
//! Pages are found by the key of a row (never by counting rows), so that the millionth costs what the first does.

use super::error::{Error, Field, Result};
use super::text::{fold, quote};
use super::time::{Span, Time};
use super::user::{Role, Status, User};

/// A state that `is:` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum State {
    Pending,
    Active,
    Inactive,
    Deleted,
    /// Past the last instant of validity.
    Expired,
    /// With a live session; of sessions: live.
    Live,
    /// Administrators.
    Admin,
    /// Never logged in.
    Never,
    /// Active, and not seen for [`STALE`].
    Stale,
    /// Of sessions only: ended before their time.
    Ended,
    /// Made to wait after wrong passwords.
    Throttled,
}

/// How long somebody active must have been away to count as stale.
pub const STALE: Span = Span::DAY.times(90);

const STATES: [(&str, State); 11] = [
    ("pending", State::Pending),
    ("active", State::Active),
    ("inactive", State::Inactive),
    ("deleted", State::Deleted),
    ("expired", State::Expired),
    ("live", State::Live),
    ("admin", State::Admin),
    ("never", State::Never),
    ("stale", State::Stale),
    ("ended", State::Ended),
    ("throttled", State::Throttled),
];

/// One condition. Texts are folded.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Term {
    /// Somewhere in the name or the e-mail address; of sessions: the owner's name, the client, the address.
    Word(String),
    /// At the beginning of the name.
    Prefix(String),
    /// `is:`
    Is(State),
    /// `role:`
    Role(Role),
    /// `label:`
    Label(String),
}

/// All of these conditions at once; none lets everybody through who is not deleted.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Filter {
    /// The conditions.
    pub terms: Vec<Term>,
}

impl Filter {
    /// Reads a filter over people: words, `^prefix`, `is:`, `role:`, `label:`.
    ///
    /// # Errors
    /// `constraint_violation` naming the word that is not understood.
    pub fn parse(text: &str) -> Result<Filter> {
        Self::read(
            text,
            |state| state != State::Ended,
            "pending, active, inactive, deleted, expired, live, admin, never, stale or throttled",
        )
    }

    /// Reads a filter over sessions: words, `^prefix` of the owner's name, `is:live`, `is:ended`.
    ///
    /// # Errors
    /// `constraint_violation` naming the word that is not understood.
    pub fn parse_sessions(text: &str) -> Result<Filter> {
        let filter = Self::read(text, |state| matches!(state, State::Live | State::Ended), "live or ended")?;
        if filter.terms.iter().any(|term| matches!(term, Term::Role(_) | Term::Label(_))) {
            return Err(fault("role: and label: are asked of users, not of sessions", "1 shows the users"));
        }
        Ok(filter)
    }

    fn read(text: &str, lawful: fn(State) -> bool, states: &str) -> Result<Filter> {
        let mut terms = Vec::new();
        for word in text.split_whitespace() {
            let term = match word.split_once(':') {
                Some(("is", state)) => {
                    let found = STATES.iter().find(|(name, state_)| *name == state && lawful(*state_));
                    let (_, state) =
                        found.ok_or_else(|| fault(format!("is: does not know {}", quote(state)), states))?;
                    Term::Is(*state)
                }
                Some(("role", role)) => Term::Role(role.parse().map_err(|error: Error| error.field(Field::Filter))?),
                Some(("label", label)) if !label.is_empty() => Term::Label(fold(label)),
                _ => match word.strip_prefix('^') {
                    Some(prefix) => Term::Prefix(fold(prefix)),
                    None => Term::Word(fold(word)),
                },
            };
            terms.push(term);
        }
        Ok(Filter { terms })
    }

    /// Everybody whose name begins so; the whole of it, spaces included.
    pub fn prefix(prefix: &str) -> Filter {
        let folded = fold(prefix);
        Filter { terms: if folded.is_empty() { Vec::new() } else { vec![Term::Prefix(folded)] } }
    }

    /// Everybody in this state.
    pub fn is(state: State) -> Filter {
        Filter { terms: vec![Term::Is(state)] }
    }

    /// Whether deleted people are asked for, and then only they.
    pub fn wants_deleted(&self) -> bool {
        self.terms.contains(&Term::Is(State::Deleted))
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The plain meaning, against which engines are tested.
    pub fn matches(&self, user: &User, now: Time) -> bool {
        self.wants_deleted() == user.deleted_at.is_some() && self.terms.iter().all(|term| term.matches(user, now))
    }
}

fn fault(message: impl Into<String>, hint: &str) -> Error {
    Error::constraint(Field::Filter, message).hint(hint)
}

impl Term {
    fn matches(&self, user: &User, now: Time) -> bool {
        match self {
            Term::Word(word) => {
                fold(&user.name).contains(word.as_str())
                    || user.email.as_deref().is_some_and(|email| fold(email).contains(word.as_str()))
            }
            Term::Prefix(prefix) => fold(&user.name).starts_with(prefix.as_str()),
            Term::Role(role) => user.role == *role,
            Term::Label(label) => user.labels.contains(label),
            Term::Is(state) => match state {
                State::Pending => user.status == Status::Pending,
                State::Active => user.status == Status::Active,
                State::Inactive => user.status == Status::Inactive,
                State::Deleted => user.deleted_at.is_some(),
                State::Expired => user.is_expired(now),
                State::Live => user.sessions > 0,
                State::Admin => user.role == Role::Admin,
                State::Never => user.last_login_at.is_none(),
                State::Stale => {
                    let seen = user.last_login_at.unwrap_or(user.created_at);
                    user.status == Status::Active && seen < now.minus(STALE)
                }
                State::Ended => false,
                State::Throttled => user.throttled_until.is_some_and(|until| now < until),
            },
        }
    }
}

/// By what a list of people is ordered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    Created,
    /// By folded name, code point by code point.
    Name,
    /// Most recent log-in first; who never did, last.
    LastLogin,
}

impl Order {
    /// All orders.
    pub const ALL: [Order; 3] = [Order::Created, Order::Name, Order::LastLogin];

    /// The value by which this order places a user.
    pub fn value_of(self, user: &User) -> KeyValue {
        match self {
            Order::Created => KeyValue::Number(user.created_at.millis()),
            Order::Name => KeyValue::Text(user.name_key().into_bytes()),
            Order::LastLogin => KeyValue::Number(user.last_login_at.map_or(0, Time::millis)),
        }
    }

    /// Whether greater values come first.
    pub const fn is_descending(self, reversed: bool) -> bool {
        matches!(self, Order::Created | Order::LastLogin) != reversed
    }
}

/// A question for people.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Query {
    /// Who.
    pub filter: Filter,
    /// In which order.
    pub order: Order,
    /// The other way round.
    pub reversed: bool,
}

/// A row's place in its order: the sorted value, then the row's own number to part equals.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key {
    /// The value that the list is ordered by.
    pub value: KeyValue,
    /// The row's own number.
    pub seq: i64,
}

/// The sorted part of a [`Key`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum KeyValue {
    /// A time, or zero for never.
    Number(i64),
    /// A folded name as the bytes in the store.
    Text(Vec<u8>),
}

/// Where a page begins.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Anchor {
    /// At the first row.
    #[default]
    Start,
    /// So that it ends with the last row.
    End,
    /// At this key, or where it would stand.
    From(Key),
    /// Behind this key.
    After(Key),
    /// So that it ends just before this key.
    Before(Key),
}

/// A stretch of a list, always in the list's own order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T> {
    /// The rows with their keys.
    pub rows: Vec<(Key, T)>,
    /// Whether there is more before the first.
    pub more_before: bool,
    /// Whether there is more behind the last.
    pub more_after: bool,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Page { rows: Vec::new(), more_before: false, more_after: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_prefixes_and_fields_are_told_apart() {
        let filter = Filter::parse("Ali ^Bo is:pending role:admin label:Ops").expect("lawful");
        let terms = [
            Term::Word("ali".into()),
            Term::Prefix("bo".into()),
            Term::Is(State::Pending),
            Term::Role(Role::Admin),
            Term::Label("ops".into()),
        ];
        assert_eq!(filter.terms, terms);
    }

    #[test]
    fn an_unknown_word_after_is_gets_a_sentence() {
        let error = Filter::parse("is:purple").expect_err("unknown");
        assert_eq!(error.message, "is: does not know \"purple\"");
        assert!(error.hint.is_some_and(|hint| hint.contains("pending")));
        assert!(Filter::parse("is:ended").is_err(), "sessions end, users do not");
        assert!(Filter::parse_sessions("is:pending").is_err());
    }

    #[test]
    fn w06_wildcards_are_letters() {
        assert_eq!(Filter::parse("%_").expect("lawful").terms, [Term::Word("%_".into())]);
    }

    #[test]
    fn a_colon_in_a_name_is_not_a_field() {
        assert_eq!(Filter::parse("a:b").expect("lawful").terms, [Term::Word("a:b".into())]);
    }
}
