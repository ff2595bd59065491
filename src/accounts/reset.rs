//! Passwords anew: by a reset request, by the old password, or by an administrator.

use super::audit::{Actor, Deed, Stamp};
use super::change::Changed;
use super::door::Accounts;
use super::error::{Error, Kind, Result};
use super::hash::PasswordHash;
use super::password::{About, judge};
use super::secret::Secret;
use super::store::NewReset;
use super::text::fold;
use super::time::Time;
use super::token::TokenKind;
use super::user::{Status, User, UserId};

/// A reset request as its caller gets it: to be delivered out of band and to nobody else.
pub struct Issued {
    /// The identifier that completes the reset; shown here and never again.
    pub request_id: Secret,
    /// The last instant at which it can be used.
    pub expires_at: Time,
}

impl Accounts {
    /// Requests a reset. A service passes on the name that a person typed: it always gets an identifier, and one row is
    /// always written, whether or not an active user has that name. An operator or a user who acts names a user as in
    /// every command, and gets an identifier for a user of any status or an error. An earlier request of the user is void.
    ///
    /// Whoever holds the identifier can set the password: hand it to the person by a channel that only they read.
    ///
    /// # Errors
    /// For an operator or a user who acts: `unknown_user`, `ambiguous_name`; `unauthorized` for a user who is no
    /// administrator.
    pub fn request_reset(&mut self, name: &str) -> Result<Issued> {
        self.request_reset_with(name, &mut |_| Ok(()))
    }

    /// As [`Accounts::request_reset`], and hands the request over before it is valid: if `deliver` fails, none is made,
    /// and an earlier one stays.
    ///
    /// # Errors
    /// As [`Accounts::request_reset`], and as `deliver` says.
    pub fn request_reset_with(&mut self, name: &str, deliver: &mut dyn FnMut(&Issued) -> Result<()>) -> Result<Issued> {
        match self.actor() {
            Actor::Service(_) => {
                let stamp = self.stamp();
                let user = self.store.user_named(&fold(name), stamp.at)?;
                let user = user.filter(|user| user.status == Status::Active && !user.is_expired(stamp.at));
                self.issue(user.map(|user| user.id), &stamp, deliver)
            }
            Actor::Operator(_) | Actor::User { .. } => {
                // First, so that a user who may not do this does not learn whether the name exists.
                self.administer()?;
                let user = self.find(name)?;
                self.issue_reset_with(&user.id, deliver)
            }
        }
    }

    /// Issues a reset code for a living person in any status; administrators only.
    ///
    /// # Errors
    /// `unknown_user`.
    pub fn issue_reset(&mut self, id: &UserId) -> Result<Issued> {
        self.issue_reset_with(id, &mut |_| Ok(()))
    }

    fn issue_reset_with(&mut self, id: &UserId, deliver: &mut dyn FnMut(&Issued) -> Result<()>) -> Result<Issued> {
        let stamp = self.administer()?;
        self.not_by_session_alone(id, "a reset code")?;
        match self.store.user(id, stamp.at)? {
            Some(user) if user.deleted_at.is_none() => self.issue(Some(user.id), &stamp, deliver),
            _ => Err(Error::unknown_user(id.as_str())),
        }
    }

    fn issue(
        &mut self,
        user_id: Option<UserId>,
        stamp: &Stamp,
        deliver: &mut dyn FnMut(&Issued) -> Result<()>,
    ) -> Result<Issued> {
        let expires_at = stamp.at.plus(self.store.policy()?.reset_life);
        let (request_id, digest) = TokenKind::Reset.mint(self.entropy.as_mut())?;
        let issued = Issued { request_id, expires_at };
        deliver(&issued)?;
        self.store.insert_reset(&NewReset { digest, user_id, expires_at }, stamp)?;
        Ok(issued)
    }

    /// Completes a reset: sets the password, ends every session, uses the request up. Activates nobody.
    ///
    /// # Errors
    /// `constraint_violation` and `weak_password` leave the request usable; `unknown_request` for one that is unknown,
    /// used, replaced or past its time.
    pub fn complete_reset(&mut self, request_id: &Secret, password: &Secret) -> Result<Changed> {
        let policy = self.settings()?;
        // What can be said without knowing whose it is comes first, so that a blank password costs nobody a request.
        judge(policy.demands(), password, About { factor: true, ..About::default() })?;
        let now = self.now();
        let digest = TokenKind::Reset.read(request_id.expose()).ok_or_else(unknown_request)?;
        let owner = self.store.reset_owner(&digest, now)?.ok_or_else(unknown_request)?;
        let hash = self.judged_hash(&owner, password)?;
        let stamp = self.stamp();
        self.store.complete_reset(&digest, &hash, &stamp)
    }

    /// Replaces a password by its owner's hand: the old one, then the new one. Every session ends.
    ///
    /// # Errors
    /// `invalid_credentials` if the old one is not right or they cannot log in; `missing_otp_code` and `invalid_otp_code`
    /// where a second factor is on; then as [`Accounts::register`].
    pub fn change_password(&mut self, name: &str, old: &Secret, new: &Secret, code: Option<&str>) -> Result<Changed> {
        // Both passwords belong to one file: a restore between the two must not give the new one to another database.
        self.settling(|accounts| {
            let user = accounts.authenticate(name, old, code)?;
            let was = accounts.store.credential(&fold(name), accounts.now())?.and_then(|credential| credential.hash);
            let hash = accounts.judged_hash(&user, new)?;
            let stamp = accounts.stamp_of(&user);
            let expect = Some(user.version);
            accounts.store.set_password(&user.id, expect, was.as_ref(), &hash, Deed::ChangePassword, &stamp)
        })
    }

    /// Sets a person's password; administrators only. Every session ends, every open reset is void.
    ///
    /// # Errors
    /// `unknown_user`, `stale`, what the password rule says; `unauthorized` for one's own by a session alone.
    pub fn set_password(&mut self, id: &UserId, expect: Option<i64>, password: &Secret) -> Result<Changed> {
        let stamp = self.administer()?;
        self.not_by_session_alone(id, "a password")?;
        let user = self.store.user(id, stamp.at)?.filter(|user| user.deleted_at.is_none());
        let user = user.ok_or_else(|| Error::unknown_user(id.as_str()))?;
        let hash = self.judged_hash(&user, password)?;
        self.store.set_password(&user.id, expect, None, &hash, Deed::SetPassword, &stamp)
    }

    /// Judges a password for somebody, as forms and `policy check-password` do, without setting it.
    ///
    /// # Errors
    /// `constraint_violation`, `weak_password`.
    pub fn judge_password(&mut self, password: &Secret, about: About<'_>) -> Result<()> {
        judge(self.store.policy()?.demands(), password, about)
    }

    fn judged_hash(&mut self, user: &User, password: &Secret) -> Result<PasswordHash> {
        let about = About { name: &user.name, email: user.email.as_deref(), factor: user.factor };
        judge(self.store.policy()?.demands(), password, about)?;
        self.hasher.hash(password, self.entropy.as_mut())
    }
}

fn unknown_request() -> Error {
    Error::new(Kind::UnknownRequest, "no such reset request: unknown, used, replaced or past its time")
        .hint("request a new one")
}
