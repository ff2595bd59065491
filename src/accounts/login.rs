//! Coming in and going out: authenticate, log in, check, log out, end.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::audit::{Actor, Stamp};
use super::door::Accounts;
use super::error::{Error, Field, Kind, Result};
use super::file_id::FileHold;
use super::gate::Turn;
use super::hash::PasswordHash;
use super::secret::Secret;
use super::session::{Found, Login, NewSession, Opened, Session, SessionId};
use super::store::Challenge;
use super::text::fold;
use super::throttle::{Attempt, Knock, PATIENCE, Surplus};
use super::time::{Span, Time, Until};
use super::token::{TokenKind, random_id};
use super::user::{User, UserId, parse_words};

/// The first pause of an attempt that waits for others in flight; each is twice as long as the one before.
const FIRST_PAUSE: Span = Span::from_millis(10);

/// The longest of these pauses.
const LAST_PAUSE: Span = Span::from_millis(80);

impl Accounts {
    /// Whether name, password and code are those of somebody who may log in. Opens no session.
    ///
    /// Whoever knocks, exactly one verification is made, and every failure has one kind, one text and one cost; a try
    /// that the [throttle](super::throttle) holds is one of them.
    ///
    /// # Errors
    /// `invalid_credentials`; after a right password `missing_otp_code` and `invalid_otp_code`; `busy` where too many
    /// passwords are being checked at once.
    pub fn authenticate(&mut self, name: &str, password: &Secret, code: Option<&str>) -> Result<User> {
        self.settling(|accounts| {
            let throttle = accounts.settings()?.throttle;
            let (user, _, knock) = accounts.verify(name, password, code, None, throttle)?;
            accounts.admit(&knock)?;
            Ok(user)
        })
    }

    /// Logs somebody in and answers with a token that is shown here and never again. A person may have any number of
    /// sessions; none is extended or handed out twice.
    ///
    /// # Errors
    /// `invalid_credentials`, whatever the reason; after a right password `missing_otp_code` and `invalid_otp_code`;
    /// `constraint_violation` for an expiry in the past or a hostile label.
    pub fn log_in(&mut self, login: &Login<'_>) -> Result<Opened> {
        self.settling(|accounts| accounts.open_session(login))
    }

    fn open_session(&mut self, login: &Login<'_>) -> Result<Opened> {
        let client = parse_words(Field::Client, login.client.unwrap_or_default(), 64)?;
        let address = parse_words(Field::Address, login.address.unwrap_or_default(), 64)?;
        let policy = self.settings()?;
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
        let (user, hash, knock) = self.verify(login.name, password, login.code, address.as_deref(), policy.throttle)?;
        let rehash = match self.hasher.is_weak(&hash) {
            // Where others wait for their turn the renewal waits for another log-in.
            true => match self.hasher.hash(password, self.entropy.as_mut()) {
                Err(error) if error.kind == Kind::Busy => None,
                hash => Some(hash?),
            },
            false => None,
        };
        let (token, digest) = TokenKind::Session.mint(self.entropy.as_mut())?;
        let id = SessionId::new(random_id(self.entropy.as_mut())?);
        let (user_id, idle, knocked_at, factor) = (user.id.clone(), policy.session_idle, knock.at, user.factor);
        let counter = knock.counter;
        let new = NewSession { id, digest, user_id, client, address, expires_at, idle, knocked_at, counter, factor };
        let stamp = self.stamp();
        let (user, session) = match self.store.open_session(&new, &hash, rehash.as_ref(), &stamp) {
            Err(error) if error.kind == Kind::InvalidCredentials => {
                let renewed = self.renewed_hash(&new.user_id, &hash, password)?.ok_or(error)?;
                self.store.open_session(&new, &renewed, None, &stamp)?
            }
            opened => opened?,
        };
        if self.rehearsing {
            // The session was taken back, and with it that the count of this try was cleared.
            self.store.admit(&knock)?;
        }
        self.in_flight = None;
        Ok(Opened { token, session, user })
    }

    /// The user's present hash, if it is another one than was verified and the password fits it as well: a login at the
    /// same time has renewed it.
    fn renewed_hash(&mut self, id: &UserId, was: &PasswordHash, password: &Secret) -> Result<Option<PasswordHash>> {
        let Some(hash) = self.store.hash_of(id)?.filter(|hash| hash != was) else { return Ok(None) };
        let _turn = self.hasher.turn()?;
        Ok(self.hasher.verify(password, Some(&hash)).then_some(hash))
    }

    fn verify(
        &mut self,
        name: &str,
        password: &Secret,
        code: Option<&str>,
        address: Option<&str>,
        throttle: bool,
    ) -> Result<(User, PasswordHash, Knock)> {
        let (user, hash, knock) = self.prove_password(name, password, address, throttle)?;
        // The try was counted as a wrong one with its password, and stays so unless the code is right as well.
        match self.prove_factor(&user, code, address) {
            Err(error) if error.kind == Kind::MissingOtpCode => {
                // Half of a log-in in two steps: the other half must not have to wait for this one.
                if let Some(counter) = knock.counter {
                    self.store.uncount(counter)?;
                    self.in_flight = None;
                }
                Err(error)
            }
            proven => proven.map(|()| (user, hash, knock)),
        }
    }

    /// Whether name and password are those of somebody who may log in, the second factor aside. The knock has been
    /// counted as a wrong one, unless the settings just read say that there is no `throttle`: whoever asks for nothing
    /// more admits it.
    pub(super) fn prove_password(
        &mut self,
        name: &str,
        password: &Secret,
        address: Option<&str>,
        throttle: bool,
    ) -> Result<(User, PasswordHash, Knock)> {
        if self.store.is_read_only() {
            // A try that nobody counts would be an oracle for whoever asks often enough.
            return Err(Error::new(Kind::Unauthenticated, "no password is looked at where nothing may be written")
                .hint("a wrong one could not be counted: leave --read-only out; an auditor changes nothing anyway"));
        }
        // A panic may have left an attempt unsettled.
        self.settle();
        let key = fold(name);
        let (_turn, challenge) = if throttle {
            self.count_attempt(&key, address)?
        } else {
            let turn = self.hasher.turn()?;
            let credential = self.store.credential(&key, self.now())?;
            let id = credential.as_ref().map(|credential| &credential.user.id);
            let knock = Knock::new(id, &key, address, self.wall());
            (turn, Challenge { credential, knock, attempt: Attempt::Allowed })
        };
        let Challenge { credential, knock, attempt } = challenge;
        let (now, held) = (self.now(), attempt != Attempt::Allowed);
        let hash = credential.as_ref().and_then(|credential| credential.hash.as_ref()).filter(|_| !held);
        let right = self.hasher.verify(password, hash) && !held;
        match credential {
            Some(credential) if right && credential.user.can_log_in(now) => match credential.hash {
                Some(hash) => Ok((credential.user, hash, knock)),
                None => Err(Error::invalid_credentials()),
            },
            other => {
                let id = other.map(|credential| credential.user.id);
                self.note_failure(id.as_ref(), address, now)?;
                Err(Error::invalid_credentials())
            }
        }
    }

    /// Counts an attempt before its password is verified, so that a thousand attempts at once gain nothing.
    ///
    /// If only attempts in flight stand in its way, it waits for them, since they may be right. It waits outside a
    /// transaction and without a turn to hash. A name without an account waits in the same way.
    fn count_attempt(&mut self, key: &str, address: Option<&str>) -> Result<(Option<Turn<'static>>, Challenge)> {
        let (mut left, mut step) = (PATIENCE, FIRST_PAUSE);
        loop {
            let surplus = if left > Span::default() { Surplus::Waits } else { Surplus::IsRefused };
            // Before the attempt is counted: a busy answer is no attempt.
            let turn = self.hasher.turn()?;
            let (at, now) = (self.wall(), self.now());
            let mut challenge = self.store.challenge(key, address, at, now, surplus)?;
            if !matches!(challenge.attempt, Attempt::InFlight(_)) {
                self.in_flight = challenge.knock.counter;
                return Ok((turn, challenge));
            }
            drop(turn);
            while left > Span::default() && matches!(challenge.attempt, Attempt::InFlight(_)) {
                let pause = self.jittered(step)?.min(left);
                self.pause(pause);
                (left, step) = (Span::from_millis(left.millis() - pause.millis()), step.times(2).min(LAST_PAUSE));
                challenge.knock.at = self.wall();
                challenge.attempt = self.store.judge_attempt(&challenge.knock)?;
            }
        }
    }

    /// Between half of a pause and one and a half, so that attempts that wait together do not return together.
    fn jittered(&mut self, pause: Span) -> Result<Span> {
        let mut byte = [0];
        self.entropy.fill(&mut byte)?;
        Ok(Span::from_millis(pause.millis() * (128 + i64::from(byte[0])) / 256))
    }

    /// Makes an attempt. If it ends without an answer about its password, it is a wrong one.
    pub(super) fn settling<T>(&mut self, attempt: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        // The whole attempt is made in one file: the hash and the counter of another one are not its own.
        let _ = self.believe();
        let before = self.store.hold_file(None);
        let file = self.store.file().map(|file| FileHold { file, kind: Kind::Busy });
        self.store.hold_file(before.or(file));
        // After a panic too: a handle that held the file for ever would refuse everything once it is replaced.
        let outcome = catch_unwind(AssertUnwindSafe(|| attempt(self)));
        self.settle();
        self.store.hold_file(before);
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Settles this handle's attempt as a wrong one, if it is still unsettled. If the store refuses, the attempt counts as
    /// wrong all the same once it is [abandoned](super::throttle::ABANDONED).
    pub(super) fn settle(&mut self) {
        if let Some(counter) = self.in_flight.take() {
            let _ = self.store.settle(counter);
        }
    }

    /// Settles an attempt as a right one that opens no session.
    pub(super) fn admit(&mut self, knock: &Knock) -> Result<()> {
        self.store.admit(knock)?;
        self.in_flight = None;
        Ok(())
    }

    /// Writes a failure down and settles this handle's attempt as a wrong one.
    pub(super) fn note_failure(&mut self, id: Option<&UserId>, address: Option<&str>, at: Time) -> Result<()> {
        self.store.note_failure(id, address, at, self.in_flight)?;
        self.in_flight = None;
        Ok(())
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
        self.gathered.follow(self.store.file());
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

    /// Ends a session by its public id, for administrators, and for its owner once they have shown their password to
    /// this handle. One that is over already: `None`.
    ///
    /// # Errors
    /// `unknown_session`; `unauthorized`, `unauthenticated` where the actor may not.
    pub fn end_session(&mut self, id: &SessionId) -> Result<Option<Session>> {
        let now = self.now();
        let found = self.store.session(id, now)?;
        let stamp = match &found {
            Some(session) => self.stamp_for_sessions_of(&session.user_id)?,
            // Whoever may not end it does not learn whether it is there.
            None => self.administer()?,
        };
        if found.is_none() {
            // What was given may be a token in the wrong place: it is not said again.
            return Err(Error::new(Kind::UnknownSession, "no session has this id")
                .hint("`rollbook session list` shows the live ones; a token is read by --token-stdin"));
        }
        self.store.end_session(id, &stamp)
    }

    /// Ends all live sessions of a person and says how many; for the same people. With `expect`, only if there are
    /// exactly as many as were shown.
    ///
    /// # Errors
    /// `unknown_user`, `stale`; `unauthorized`, `unauthenticated` where the actor may not.
    pub fn end_sessions(&mut self, id: &UserId, expect: Option<u32>) -> Result<u32> {
        let stamp = self.stamp_for_sessions_of(id)?;
        self.store.end_sessions(id, expect, &stamp)
    }

    fn stamp_for_sessions_of(&mut self, owner: &UserId) -> Result<Stamp> {
        let own = matches!(self.actor(), Actor::User { id, .. } if id == owner && self.shown.as_ref() == Some(id));
        if !own {
            return self.administer();
        }
        let user = self.get(owner, None)?;
        Ok(self.stamp_of(&user))
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
