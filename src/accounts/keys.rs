//! What is done with API tokens: create, list, check, revoke.

use super::api_token::{ApiToken, NewToken, TokenId, parse_token_name};
use super::audit::{Actor, Stamp};
use super::door::Accounts;
use super::error::{Error, Field, Kind, Result};
use super::secret::Secret;
use super::text::quote;
use super::time::Until;
use super::token::{TokenKind, hex, random_id};
use super::user::{User, UserId};
use super::warrant::Warrant;

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
    /// Administrators may do it for anybody, people for themselves once they have shown their password to this handle,
    /// a service for nobody.
    ///
    /// # Errors
    /// `unknown_user`; `token_name_exists`; `constraint_violation` for an end in the past or a name that cannot be;
    /// `unauthorized`, `unauthenticated` where the actor may not.
    pub fn create_token(&mut self, id: &UserId, name: Option<&str>, until: Until) -> Result<(ApiToken, Secret)> {
        let stamp = self.stamp_for_tokens_of(id)?;
        self.not_by_session_alone(id, "a token")?;
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
            Actor::User { .. } | Actor::Operator(_) => self.oversee()?,
            Actor::Service(_) => drop(self.administer()?),
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
        self.gathered.follow(self.store.file());
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

    /// A stamp for what is done to the tokens of this person: by themselves, or by an administrator.
    fn stamp_for_tokens_of(&mut self, owner: &UserId) -> Result<Stamp> {
        match self.actor() {
            Actor::User { id, .. } if id == owner => {
                self.acting_role(owner)?;
                Ok(Stamp { warrant: Warrant::Own, ..self.stamp() })
            }
            _ => self.administer(),
        }
    }
}
