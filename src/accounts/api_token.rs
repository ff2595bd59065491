//! API tokens: named keys that a person gives to a program, good until they end or are revoked.
//!
//! A token stands for its owner and for nothing more: it is of no use while they are inactive, past their end date or
//! deleted, and it outlives their passwords. It administers nobody; what it opens is the service's affair.

use super::error::{Error, Field, Kind, Result};
use super::text::{first_forbidden, fold, name_of, quote};
use super::time::Time;
use super::token::Digest;
use super::user::UserId;

/// The public id of a token: safe to show, useless as a token.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TokenId(String);

impl TokenId {
    /// Takes an id as it stands in the database.
    pub fn new(id: impl Into<String>) -> Self {
        TokenId(id.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token as the database holds it; its value is nowhere. The texts are untrusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiToken {
    /// The public id.
    pub id: TokenId,
    /// Whose it is.
    pub user_id: UserId,
    /// Their name.
    pub owner: String,
    /// What it is called, once among the owner's tokens that are not revoked.
    pub name: String,
    /// When it was created.
    pub created_at: Time,
    /// Its last instant; `None` where it has no end.
    pub expires_at: Option<Time>,
    /// When a check last succeeded, up to 30 s late.
    pub last_used_at: Option<Time>,
}

impl ApiToken {
    /// Whether its own time is over; the owner's status counts besides.
    pub fn is_expired(&self, now: Time) -> bool {
        self.expires_at.is_some_and(|until| now > until)
    }
}

/// A token on its way into the store.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The public id.
    pub id: TokenId,
    /// What is kept of the value.
    pub digest: Digest,
    /// The owner.
    pub user_id: UserId,
    /// The judged name.
    pub name: String,
    /// The last instant.
    pub expires_at: Option<Time>,
}

/// The longest name of a token, in characters.
pub const NAME_MAX: usize = 64;

/// Judges the name of a token: one line of 1–64 characters, none that terminals obey or hide.
///
/// # Errors
/// `constraint_violation`.
pub fn parse_token_name(typed: &str) -> Result<String> {
    let fault = |message: String| Err(Error::constraint(Field::TokenName, message));
    let name = typed.trim();
    let length = name.chars().count();
    if length == 0 {
        return fault("a token needs a name".into());
    }
    if length > NAME_MAX {
        return fault(format!("the token's name has {length} characters; {NAME_MAX} are allowed"));
    }
    match first_forbidden(name) {
        Some(c) => fault(format!("the token's name contains {}", name_of(c))),
        None => Ok(name.to_owned()),
    }
}

impl NewToken {
    /// The form of the name under which it is compared.
    pub fn name_key(&self) -> String {
        fold(&self.name)
    }
}

/// The refusal for a name that another of the owner's tokens has.
pub fn token_name_exists(owner: &str, name: &str) -> Error {
    Error::new(Kind::TokenNameExists, format!("{} has a token {} already", quote(owner), quote(name)))
        .hint("choose another name, or revoke that token first; upper and lower case do not count")
        .field(Field::TokenName)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tokens_name_is_one_line_of_at_most_64_characters() {
        assert_eq!(parse_token_name(" ci: deploy ").ok().as_deref(), Some("ci: deploy"));
        assert!(parse_token_name(&"é".repeat(64)).is_ok());
        for bad in ["", " \t", "a\nb", "\u{202e}ic", "c\u{200b}i", "\u{1b}[2J", &"a".repeat(65)] {
            let error = parse_token_name(bad).expect_err(bad);
            assert_eq!((error.kind, error.field), (Kind::ConstraintViolation, Some(Field::TokenName)), "{bad:?}");
        }
    }

    #[test]
    fn a_token_is_good_through_its_last_instant() {
        let token = ApiToken {
            id: TokenId::new("1"),
            user_id: UserId::new("2"),
            owner: "alice".into(),
            name: "ci".into(),
            created_at: Time::from_millis(1),
            expires_at: Some(Time::from_millis(5)),
            last_used_at: None,
        };
        assert!(!token.is_expired(Time::from_millis(5)) && token.is_expired(Time::from_millis(6)));
        assert!(!ApiToken { expires_at: None, ..token }.is_expired(Time::from_millis(i64::MAX)));
    }
}
