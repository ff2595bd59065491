//! A session: one log-in of one person, from its token's first use to its end.

use super::api_token::TokenId;
use super::secret::Secret;
use super::time::{Time, Until};
use super::token::Digest;
use super::user::{User, UserId};

/// The public id of a session: safe to show, useless as a token.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SessionId(String);

impl SessionId {
    /// Takes an id as it stands in the database.
    pub fn new(id: impl Into<String>) -> Self {
        SessionId(id.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A session as the database holds it. Client and address come from services: untrusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// The public id.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// What the service called the client ("firefox", "phone app").
    pub client: Option<String>,
    /// Where the client came from, as the service saw it.
    pub address: Option<String>,
    /// When it began.
    pub created_at: Time,
    /// Its last instant; `None` only where `never` was asked for by name.
    pub expires_at: Option<Time>,
    /// When a check last succeeded, up to 30 s late.
    pub last_used_at: Option<Time>,
    /// The longest time between two uses. It is counted from the use that was written down, and so may strike early by
    /// as long as a use waits to be written: 30 s, or a quarter of the limit if that is less.
    pub idle: Option<super::time::Span>,
    /// When it was ended before its time.
    pub ended_at: Option<Time>,
    /// By whom.
    pub ended_by: Option<String>,
    /// How often a check was refused since then.
    pub refused: u32,
    /// The last such refusal.
    pub refused_at: Option<Time>,
}

impl Session {
    /// Whether its own dates let it through; the owner's status counts besides.
    pub fn is_live(&self, now: Time) -> bool {
        self.ended_at.is_none() && self.runs_out_at().is_none_or(|until| now <= until)
    }

    /// The instant after which it is over by itself: expiry, or idleness if that comes first.
    pub fn runs_out_at(&self) -> Option<Time> {
        let idle = self.idle.map(|span| self.last_used_at.unwrap_or(self.created_at).plus(span));
        match (self.expires_at, idle) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

/// What a service says when it logs somebody in.
#[derive(Default)]
pub struct Login<'a> {
    /// The name as typed: folded, not trimmed.
    pub name: &'a str,
    /// The password as typed.
    pub password: Option<&'a Secret>,
    /// A second-factor code; ignored where the factor is off.
    pub code: Option<&'a str>,
    /// What to call the client.
    pub client: Option<&'a str>,
    /// Where it came from.
    pub address: Option<&'a str>,
    /// When the session shall end.
    pub expires: Until,
}

/// A session that has just begun. The token is shown here and never again.
pub struct Opened {
    /// The bearer token.
    pub token: Secret,
    /// The session.
    pub session: Session,
    /// Its owner.
    pub user: User,
}

/// A session on its way into the store.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The public id.
    pub id: SessionId,
    /// What is kept of the token.
    pub digest: Digest,
    /// The owner.
    pub user_id: UserId,
    /// The client's label.
    pub client: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// The last instant.
    pub expires_at: Option<Time>,
    /// The idle limit.
    pub idle: Option<super::time::Span>,
    /// When the log-in knocked, by the clock alone; see [`Knock`](super::throttle::Knock).
    pub knocked_at: Time,
    /// The counter in which the log-in's attempt is counted and unsettled.
    pub counter: Option<super::throttle::CounterId>,
    /// Whether a second factor was shown besides the password.
    pub factor: bool,
}

/// What a check of a token found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// A session and its owner, both good at the instant asked about.
    Live(Box<(User, Session)>),
    /// A session that was ended, or whose owner may not use it: refusals of it are counted.
    Refused(SessionId),
    /// No such digest, or one whose time was over by itself.
    Unknown,
}

/// Uses and refusals seen by checks, gathered in memory and written together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Uses {
    /// Last successful check by session.
    pub used: Vec<(SessionId, Time)>,
    /// Refused checks by session: how many, and the last.
    pub refused: Vec<(SessionId, u32, Time)>,
    /// Last successful check by API token.
    pub tokens: Vec<(TokenId, Time)>,
}

impl Uses {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.used.is_empty() && self.refused.is_empty() && self.tokens.is_empty()
    }
}
