//! API tokens: named keys that a person gives to a program, good until they end or are revoked.
//!
//! A token stands for its owner and for nothing more: it is of no use while they are inactive, past their end date or
//! deleted, and it outlives their passwords. It administers nobody; what it opens is the service's affair.

use super::audit::{Actor, Stamp};
use super::door::Accounts;
use super::error::{Error, Field, Kind, Result};
use super::secret::Secret;
use super::text::{first_forbidden, fold, name_of, quote};
use super::time::{Time, Until};
use super::token::{Digest, TokenKind, hex, random_id};
use super::user::{User, UserId};

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

/// The one refusal of a check, whatever the reason.
fn useless() -> Error {
    Error::new(Kind::Unauthenticated, "this token opens nothing: unknown, revoked, over, or its owner is kept out")
        .hint("`rollbook token list NAME` shows a person's tokens; `token create NAME` makes a new one")
}

fn unknown_token(id: &TokenId) -> Error {
    Error::new(Kind::UnknownToken, format!("no token {}", quote(id.as_str())))
        .hint("`rollbook token list NAME` shows a person's tokens; a revoked one is gone for good")
}

impl Accounts {
    /// Creates a token for a living person and answers with its value, which is shown here and never again. Without a
    /// name it is called `token-` and 8 hex digits; without an end it is good until it is revoked.
    ///
    /// Administrators may do it for anybody, people for themselves, a service for nobody.
    ///
    /// # Errors
    /// `unknown_user`; `token_name_exists`; `constraint_violation` for an end in the past or a name that cannot be;
    /// `unauthorized`, `unauthenticated` where the actor may not.
    pub fn create_token(&mut self, id: &UserId, name: Option<&str>, until: Until) -> Result<(ApiToken, Secret)> {
        let stamp = self.stamp_for_tokens_of(id)?;
        let name = match name {
            Some(typed) => parse_token_name(typed)?,
            None => {
                let mut bytes = [0; 4];
                self.entropy.fill(&mut bytes)?;
                format!("token-{}", hex(&bytes))
            }
        };
        let expires_at = match until {
            Until::At(at) if at <= stamp.at => {
                return Err(Error::constraint(Field::Time, "the token would be over before it was created")
                    .hint("name an instant to come, or a distance such as +90d"));
            }
            Until::At(at) => Some(at),
            Until::Default | Until::Never => None,
        };
        let (value, digest) = TokenKind::Api.mint(self.entropy.as_mut())?;
        let token_id = TokenId::new(random_id(self.entropy.as_mut())?);
        let new = NewToken { id: token_id, digest, user_id: id.clone(), name, expires_at };
        Ok((self.store.insert_token(&new, &stamp)?, value))
    }

    /// A person's tokens that are neither revoked nor over, newest first; never a value. For those who may create
    /// them, and for auditors.
    ///
    /// # Errors
    /// `unknown_user`; `unauthorized`, `unauthenticated` where the actor may not.
    pub fn tokens_of(&mut self, id: &UserId) -> Result<Vec<ApiToken>> {
        match self.actor() {
            Actor::User { id: own, .. } if own == id => {}
            Actor::User { .. } => self.oversee()?,
            Actor::Operator(_) | Actor::Service(_) => drop(self.administer()?),
        }
        let now = self.now();
        if self.store.user(id, now)?.is_none() {
            return Err(Error::unknown_user(id.as_str()));
        }
        self.store.tokens_of(id, u16::MAX, now)
    }

    /// Who is behind a token's value, if it is neither revoked nor over and its owner may use it at this moment. One
    /// indexed read; that it was used is gathered in memory and written now and then.
    ///
    /// # Errors
    /// `unauthenticated`, in the same words whatever the reason.
    pub fn check_token(&mut self, value: &Secret) -> Result<(User, ApiToken)> {
        let digest = TokenKind::Api.read(value.expose()).ok_or_else(useless)?;
        let now = self.now();
        let found = self.store.check_token(&digest, now)?;
        if let Some((_, token)) = &found {
            self.gathered.tokens.insert(token.id.clone(), now);
        }
        self.flush_if_due();
        found.ok_or_else(useless)
    }

    /// Revokes a token by its public id, for those who may create it. It is of no use from the very next check on.
    ///
    /// # Errors
    /// `unknown_token` for one that is not there or was revoked before; `unauthorized`, `unauthenticated`.
    pub fn revoke_token(&mut self, id: &TokenId) -> Result<ApiToken> {
        let stamp = match self.store.token(id)? {
            Some(token) => self.stamp_for_tokens_of(&token.user_id)?,
            // Whoever may not revoke it does not learn whether it is there.
            None => self.administer()?,
        };
        self.store.revoke_token(id, &stamp)?.ok_or_else(|| unknown_token(id))
    }

    /// Revokes a token by its value: whoever holds it may, as with the token of a session. One that is unknown or was
    /// revoked before is no error: `None`.
    ///
    /// # Errors
    /// As any write.
    pub fn revoke_token_value(&mut self, value: &Secret) -> Result<Option<ApiToken>> {
        let Some(digest) = TokenKind::Api.read(value.expose()) else { return Ok(None) };
        let stamp = self.stamp();
        self.store.revoke_token_value(&digest, &stamp)
    }

    /// The person whom `wanted` means to an administrator; somebody else finds themselves and nobody besides.
    ///
    /// # Errors
    /// As [`Accounts::find`].
    pub fn find_owner(&mut self, wanted: &str) -> Result<User> {
        let refusal = match self.find(wanted) {
            Err(error) if error.kind == Kind::Unauthorized => error,
            found => return found,
        };
        let Actor::User { id, .. } = self.actor() else { return Err(refusal) };
        let own = self.get(&id.clone(), None)?;
        let named = |name: &str| fold(name.trim()) == own.name_key();
        let means_own = match (wanted.strip_prefix("name:"), wanted.strip_prefix("id:")) {
            (Some(name), _) => named(name),
            (_, Some(id)) => id == own.id.as_str(),
            _ => named(wanted) || wanted == own.id.as_str(),
        };
        if means_own { Ok(own) } else { Err(refusal) }
    }

    /// A stamp for what is done to the tokens of this person: by themselves, or by an administrator.
    fn stamp_for_tokens_of(&mut self, owner: &UserId) -> Result<Stamp> {
        match self.actor() {
            Actor::User { id, .. } if id == owner => {
                self.acting_role(owner)?;
                Ok(self.stamp())
            }
            _ => self.administer(),
        }
    }
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
