//! Coming in and going out: authenticate, log in, check, log out, end.

use super::door::Accounts;
use super::error::{Error, Field, Kind, Result};
use super::hash::PasswordHash;
use super::secret::Secret;
use super::session::{Found, Login, NewSession, Opened, Session, SessionId};
use super::text::fold;
use super::time::{Time, Until};
use super::token::{TokenKind, random_id};
use super::user::{User, UserId, parse_words};

impl Accounts {
    /// Whether name, password and code are those of somebody who may log in. Opens no session.
    ///
    /// Whoever knocks, exactly one verification is made, and every failure has one kind, one text and one cost.
    ///
    /// # Errors
    /// `invalid_credentials`; after a right password `missing_otp_code` and `invalid_otp_code`.
    pub fn authenticate(&mut self, name: &str, password: &Secret, code: Option<&str>) -> Result<User> {
        self.verify(name, password, code, None).map(|(user, _)| user)
    }

    /// Logs somebody in and answers with a token that is shown here and never again. A person may have any number of
    /// sessions; none is extended or handed out twice.
    ///
    /// # Errors
    /// `invalid_credentials`, whatever the reason; after a right password `missing_otp_code` and `invalid_otp_code`;
    /// `constraint_violation` for an expiry in the past or a hostile label.
    pub fn log_in(&mut self, login: &Login<'_>) -> Result<Opened> {
        let client = parse_words(Field::Client, login.client.unwrap_or_default(), 64)?;
        let address = parse_words(Field::Address, login.address.unwrap_or_default(), 64)?;
        let policy = self.store.policy()?;
        let now = self.now();
        let expires_at = match login.expires {
            Until::Default => Some(now.plus(policy.session_life)),
            Until::At(at) if at <= now => {
                return Err(Error::constraint(Field::Time, "the session would be over before it began")
                    .hint("name an instant to come, or a distance such as +24h"));
            }
            Until::At(at) => Some(at),
            Until::Never => None,
        };
        let empty = Secret::from("");
        let password = login.password.unwrap_or(&empty);
        let (user, hash) = self.verify(login.name, password, login.code, address.as_deref())?;
        let rehash = match self.hasher.is_weak(&hash) {
            true => Some(self.hasher.hash(password, self.entropy.as_mut())?),
            false => None,
        };
        let (token, digest) = TokenKind::Session.mint(self.entropy.as_mut())?;
        let id = SessionId::new(random_id(self.entropy.as_mut())?);
        let new = NewSession {
            id,
            digest,
            user_id: user.id.clone(),
            client,
            address,
            expires_at,
            idle: policy.session_idle,
            factor: user.factor,
        };
        let stamp = self.stamp();
        let (user, session) = self.store.open_session(&new, &hash, rehash.as_ref(), &stamp)?;
        Ok(Opened { token, session, user })
    }

    fn verify(
        &mut self,
        name: &str,
        password: &Secret,
        code: Option<&str>,
        address: Option<&str>,
    ) -> Result<(User, PasswordHash)> {
        let (user, hash) = self.prove_password(name, password, address)?;
        self.prove_factor(&user, code, address)?;
        Ok((user, hash))
    }

    /// Whether name and password are those of somebody who may log in, the second factor aside.
    pub(super) fn prove_password(
        &mut self,
        name: &str,
        password: &Secret,
        address: Option<&str>,
    ) -> Result<(User, PasswordHash)> {
        let now = self.now();
        let credential = self.store.credential(&fold(name), now)?;
        let hash = credential.as_ref().and_then(|credential| credential.hash.as_ref());
        let right = self.hasher.verify(password, hash);
        match credential {
            Some(credential) if right && credential.user.can_log_in(now) => match credential.hash {
                Some(hash) => Ok((credential.user, hash)),
                None => Err(Error::invalid_credentials()),
            },
            other => {
                let id = other.map(|credential| credential.user.id);
                self.store.note_failure(id.as_ref(), address, now)?;
                Err(Error::invalid_credentials())
            }
        }
    }

    /// Who is behind a session token, if the session is live and its owner may use it at this moment. One indexed read;
    /// that it was used is gathered in memory and written now and then.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn check(&mut self, token: &Secret) -> Result<(User, Session)> {
        let Some(digest) = TokenKind::Session.read(token.expose()) else { return Err(self.nobody()) };
        let now = self.now();
        let found = self.store.check_session(&digest, now)?;
        let answer = match found {
            Found::Live(both) => {
                self.gathered.used.insert(both.1.id.clone(), now);
                self.gathered.idle = [self.gathered.idle, both.1.idle].into_iter().flatten().min();
                Ok(*both)
            }
            Found::Refused(id) => {
                let seen = self.gathered.refused.entry(id).or_insert((0, now));
                *seen = (seen.0 + 1, now);
                Err(Error::unauthenticated())
            }
            Found::Unknown => Err(self.nobody()),
        };
        self.flush_if_due();
        answer
    }

    /// The refusal for an unknown token; tells a fresh installation that it has nobody yet.
    fn nobody(&mut self) -> Error {
        match self.store.is_empty() {
            Ok(true) => Error::new(Kind::Unauthenticated, "not logged in: there are no users yet")
                .hint("the first user may be created without authentication and becomes the administrator"),
            _ => Error::unauthenticated(),
        }
    }

    /// Ends the session behind a token. One that is unknown or over is no error: `None`.
    ///
    /// # Errors
    /// As any write.
    pub fn log_out(&mut self, token: &Secret) -> Result<Option<Session>> {
        let Some(digest) = TokenKind::Session.read(token.expose()) else { return Ok(None) };
        let stamp = self.stamp();
        self.store.log_out(&digest, &stamp)
    }

    /// Ends a session by its public id; administrators only. One that is over already: `None`.
    ///
    /// # Errors
    /// `unknown_session`.
    pub fn end_session(&mut self, id: &SessionId) -> Result<Option<Session>> {
        let stamp = self.administer()?;
        if self.store.session(id, stamp.at)?.is_none() {
            return Err(Error::new(Kind::UnknownSession, format!("no session {}", super::text::quote(id.as_str())))
                .hint("`rollbook session list` shows the live ones"));
        }
        self.store.end_session(id, &stamp)
    }

    /// Ends all live sessions of a person and says how many; administrators only. With `expect`, only if there are
    /// exactly as many as were shown.
    ///
    /// # Errors
    /// `unknown_user`, `stale`.
    pub fn end_sessions(&mut self, id: &UserId, expect: Option<u32>) -> Result<u32> {
        let stamp = self.administer()?;
        self.store.end_sessions(id, expect, &stamp)
    }

    /// The instant at which a session opened now would end by the policy.
    ///
    /// # Errors
    /// As any read.
    pub fn default_expiry(&mut self) -> Result<Time> {
        let life = self.store.policy()?.session_life;
        Ok(self.now().plus(life))
    }
}
