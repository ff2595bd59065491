//! A filter's conditions and their plain meaning.

use super::when::{Clocked, When};
use crate::accounts::hash::PasswordHash;
use crate::accounts::session::Session;
use crate::accounts::text::{bare, fold};
use crate::accounts::time::{Span, Time};
use crate::accounts::user::{Role, Status, User};

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
    /// With a second factor.
    Factor,
    /// Never logged in.
    Never,
    /// Active, and for [`STALE`] neither logged in nor used a session or an API token.
    Stale,
    /// Of sessions only: ended before their time.
    Ended,
    /// Made to wait after wrong passwords.
    Throttled,
}

/// How long somebody active must have been away to count as stale.
pub const STALE: Span = Span::DAY.times(90);

/// One condition. Texts are folded.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Term {
    /// Somewhere in the name or the e-mail address; of sessions: the owner's name, the client, the address. Compared
    /// without accents, as [`bare`] leaves them out.
    Word(String),
    /// At the beginning of the name, accents included.
    Prefix(String),
    /// `is:`
    Is(State),
    /// `role:`
    Role(Role),
    /// `label:`
    Label(String),
    /// `created:`, `seen:`, `used:`, `valid:`
    When(Clocked, When),
    /// `hash:`, the scheme of the stored hash; `None` where no password is set.
    Hash(Option<String>),
    /// `client:`, of sessions: somewhere in the client's label.
    Client(String),
    /// `address:`, of sessions: at the beginning of the address.
    Address(String),
    /// `!`: not this.
    Not(Box<Term>),
}

/// All of these conditions at once; none lets everybody through who is not deleted.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Filter {
    /// The conditions.
    pub terms: Vec<Term>,
}

impl Filter {
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

    /// The dates that this filter counts, where it asks for activity: for questions about many users.
    pub fn dates_that_count(&self) -> Vec<&'static str> {
        self.terms.iter().filter_map(Term::dates_that_count).collect()
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The plain meaning for somebody of whose password no hash is kept.
    pub fn matches(&self, user: &User, now: Time) -> bool {
        self.matches_with(user, None, now)
    }

    /// The plain meaning for people, against which engines are tested.
    pub fn matches_with(&self, user: &User, hash: Option<&PasswordHash>, now: Time) -> bool {
        self.wants_deleted() == user.deleted_at.is_some() && self.terms.iter().all(|term| term.matches(user, hash, now))
    }

    /// The plain meaning for sessions that are live or whose end is still shown; `live` says which.
    pub fn matches_session(&self, session: &Session, live: bool, now: Time) -> bool {
        self.terms.iter().all(|term| term.matches_session(session, live, now))
    }
}

/// Whether `word`, which is bare, is somewhere in one of these texts.
fn somewhere(word: &str, texts: [Option<&str>; 3]) -> bool {
    texts.into_iter().flatten().any(|text| bare(text).contains(word))
}

impl Term {
    fn dates_that_count(&self) -> Option<&'static str> {
        match self {
            Term::Is(State::Stale) => {
                Some("is:stale counts the later of last login and last use of a session or API token")
            }
            Term::Is(State::Never) => Some("is:never counts logins, not the use of sessions and API tokens"),
            Term::When(Clocked::Seen, _) => Some("seen: counts logins, not the use of sessions and API tokens"),
            Term::When(Clocked::Used, _) => Some("used: counts the use of sessions and API tokens, not logins"),
            Term::Not(term) => term.dates_that_count(),
            Term::Is(_)
            | Term::When(..)
            | Term::Word(_)
            | Term::Prefix(_)
            | Term::Role(_)
            | Term::Label(_)
            | Term::Hash(_)
            | Term::Client(_)
            | Term::Address(_) => None,
        }
    }

    fn matches(&self, user: &User, hash: Option<&PasswordHash>, now: Time) -> bool {
        match self {
            Term::Word(word) => somewhere(word, [Some(&user.name), user.email.as_deref(), None]),
            Term::Prefix(prefix) => fold(&user.name).starts_with(prefix.as_str()),
            Term::Role(role) => user.role == *role,
            Term::Label(label) => user.labels.contains(label),
            Term::Is(state) => state.matches(user, now),
            Term::When(Clocked::Created, when) => when.holds(Clocked::Created, Some(user.created_at), now),
            Term::When(Clocked::Seen, when) => when.holds(Clocked::Seen, user.last_login_at, now),
            Term::When(Clocked::Used, when) => when.holds(Clocked::Used, user.last_used_at, now),
            Term::When(Clocked::Valid, when) => when.holds(Clocked::Valid, user.valid_until, now),
            Term::Hash(None) => hash.is_none(),
            Term::Hash(Some(scheme)) => hash.is_some_and(|hash| hash.as_str().starts_with(&format!("${scheme}$"))),
            Term::Client(_) | Term::Address(_) => false,
            Term::Not(term) => !term.matches(user, hash, now),
        }
    }

    fn matches_session(&self, session: &Session, live: bool, now: Time) -> bool {
        let Session { name, client, address, .. } = session;
        match self {
            Term::Word(word) => somewhere(word, [Some(name), client.as_deref(), address.as_deref()]),
            Term::Client(word) => somewhere(word, [client.as_deref(), None, None]),
            Term::Address(prefix) => address.as_deref().is_some_and(|at| fold(at).starts_with(prefix.as_str())),
            Term::Prefix(prefix) => fold(name).starts_with(prefix.as_str()),
            Term::Is(State::Live) => live,
            Term::Is(State::Ended) => session.ended_at.is_some(),
            Term::When(Clocked::Created, when) => when.holds(Clocked::Created, Some(session.created_at), now),
            Term::When(what @ (Clocked::Seen | Clocked::Used), when) => when.holds(*what, session.last_used_at, now),
            Term::Not(term) => !term.matches_session(session, live, now),
            // Not asked of sessions; refused where filters are read.
            Term::Is(_) | Term::Role(_) | Term::Label(_) | Term::Hash(_) | Term::When(Clocked::Valid, _) => false,
        }
    }
}

impl State {
    fn matches(self, user: &User, now: Time) -> bool {
        match self {
            State::Pending => user.status == Status::Pending,
            State::Active => user.status == Status::Active,
            State::Inactive => user.status == Status::Inactive,
            State::Deleted => user.deleted_at.is_some(),
            State::Expired => user.is_expired(now),
            State::Live => user.sessions > 0,
            State::Admin => user.role == Role::Admin,
            State::Factor => user.factor,
            State::Never => user.last_login_at.is_none(),
            State::Stale => {
                let last = user.last_login_at.max(user.last_used_at).unwrap_or(user.created_at);
                user.status == Status::Active && last < now.minus(STALE)
            }
            State::Ended => false,
            State::Throttled => user.throttled_until.is_some_and(|until| now < until),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_that_depend_on_time_turn_at_their_instant() {
        let (now, tick) = (Time::from_millis(20_000_000_000), Span::from_millis(1));
        let mut user = crate::accounts::user::tests::somebody();
        user.throttled_until = Some(now);
        assert!(!State::Throttled.matches(&user, now) && State::Throttled.matches(&user, now.minus(tick)));
        user.created_at = now.minus(STALE);
        assert!(!State::Stale.matches(&user, now) && State::Stale.matches(&user, now.plus(tick)));
        user.last_login_at = Some(now);
        assert!(!State::Stale.matches(&user, now.plus(tick)), "seen since");
        assert!(State::Stale.matches(&user, now.plus(STALE).plus(tick)));
        user.last_used_at = Some(now.plus(STALE));
        assert!(!State::Stale.matches(&user, now.plus(STALE).plus(tick)), "a session or a token was used since");
        user.last_used_at = None;
        user.status = Status::Inactive;
        assert!(!State::Stale.matches(&user, now.plus(STALE).plus(tick)), "who is kept out is not stale");
        assert!(!State::Ended.matches(&user, now) && !State::Never.matches(&user, now));
        user.sessions = 1;
        assert!(State::Live.matches(&user, now));
    }
}
