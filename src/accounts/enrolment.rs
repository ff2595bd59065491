//! The second factor on, off, anew, and asked for: by administrators for anybody, by people for themselves.

use zeroize::Zeroizing;

use super::audit::{Actor, Stamp};
use super::base32;
use super::door::Accounts;
use super::error::{Error, Field, Kind, Result};
use super::factor::{CodeDigest, Disabled, Enabled, Enrolment, Factor, NewFactor, PURPOSE, draw_codes};
use super::seal;
use super::secret::Secret;
use super::text::quote;
use super::totp;
use super::user::{User, UserId};

/// Hands backup codes over to the user.
pub type Deliver<'a> = &'a mut dyn FnMut(&[Secret]) -> Result<()>;

impl Accounts {
    /// A fresh secret for somebody, as text and as the URI that apps scan. Stores nothing.
    ///
    /// # Errors
    /// `unknown_user`; `constraint_violation` where a second factor is on already; `unauthorized` for a user who acts
    /// for somebody else without being an admin.
    pub fn begin_factor(&mut self, id: &UserId) -> Result<Enrolment> {
        if let Actor::User { id: own, .. } = self.actor()
            && own != id
        {
            self.administer()?;
        }
        let user = self.living(id)?;
        refuse_second(&user)?;
        let mut secret = Zeroizing::new([0u8; totp::SECRET]);
        self.entropy.fill(&mut secret[..])?;
        Ok(Enrolment::of(&user.name, &secret[..]))
    }

    /// Turns a person's second factor on, once a present code shows that their app has the secret, and ends all their
    /// sessions, which were opened without it. Answers with the backup codes, which are shown here and never again.
    /// Administrators only.
    ///
    /// # Errors
    /// `unknown_user`, `stale`; `invalid_otp_code` for any other code; `constraint_violation` for a secret that is none
    /// and where a factor is on already; `failure` where the key of the others is not there.
    pub fn enable_factor(&mut self, id: &UserId, expect: Option<i64>, secret: &Secret, code: &str) -> Result<Enabled> {
        self.enable_factor_with(id, expect, secret, code, &mut |_| Ok(()))
    }

    /// As [`Accounts::enable_factor`], and hands the backup codes over before anything changes: if `deliver` fails, the
    /// second factor stays off.
    ///
    /// # Errors
    /// As [`Accounts::enable_factor`], and as `deliver` says.
    pub fn enable_factor_with(
        &mut self,
        id: &UserId,
        expect: Option<i64>,
        secret: &Secret,
        code: &str,
        deliver: Deliver<'_>,
    ) -> Result<Enabled> {
        let stamp = self.administer_gravely()?;
        let user = self.living(id)?;
        self.turn_on(&user, expect, (secret, code), &stamp, deliver)
    }

    /// A person turns their own second factor on, after their password, as an administrator does for others.
    ///
    /// # Errors
    /// `invalid_credentials`, then as [`Accounts::enable_factor`].
    pub fn enable_own_factor(&mut self, name: &str, password: &Secret, secret: &Secret, code: &str) -> Result<Enabled> {
        self.enable_own_factor_with(name, password, secret, code, &mut |_| Ok(()))
    }

    /// As [`Accounts::enable_own_factor`], and hands the backup codes over as [`Accounts::enable_factor_with`] does.
    ///
    /// # Errors
    /// As [`Accounts::enable_own_factor`], and as `deliver` says.
    pub fn enable_own_factor_with(
        &mut self,
        name: &str,
        password: &Secret,
        secret: &Secret,
        code: &str,
        deliver: Deliver<'_>,
    ) -> Result<Enabled> {
        // Proof and change belong to one file, as for a login.
        self.settling(|accounts| {
            let throttle = accounts.settings()?.throttle;
            let (user, _, knock) = accounts.prove_password(name, password, None, throttle)?;
            // Whoever has a second factor would have to show it before the throttle forgets their wrong tries.
            refuse_second(&user)?;
            accounts.admit(&knock)?;
            let stamp = accounts.stamp_of(&user);
            accounts.turn_on(&user, Some(user.version), (secret, code), &stamp, deliver)
        })
    }

    fn turn_on(
        &mut self,
        user: &User,
        expect: Option<i64>,
        (secret, code): (&Secret, &str),
        stamp: &Stamp,
        deliver: Deliver<'_>,
    ) -> Result<Enabled> {
        refuse_second(user)?;
        // RFC 4226, 4, R6: no secret shorter than 128 bits.
        let bytes = base32::decode(secret.expose()).filter(|bytes| (16..=64).contains(&bytes.len()));
        let bytes = bytes.ok_or_else(|| {
            Error::constraint(Field::Code, "this is no secret of a second factor")
                .hint("it has 32 letters and digits, as they were shown before")
        })?;
        let step = totp::matching(&bytes, code, self.wall(), i64::MIN).ok_or_else(|| {
            Error::invalid_otp_code().hint("type the code that the app shows now; its clock and ours must agree")
        })?;
        let (codes, digests) = draw_codes(&user.id, self.entropy.as_mut())?;
        for attempt in 0..3 {
            let key = self.sealing_key()?;
            let sealed = seal::seal(&key, PURPOSE, user.id.as_str(), &bytes, self.entropy.as_mut())?;
            if attempt == 0 {
                deliver(&codes)?;
            }
            let new = NewFactor { sealed, step, codes: digests.clone() };
            if let Some(changed) = self.store.enable_factor(&user.id, expect, &new, stamp)? {
                return Ok(Enabled { codes, ended: changed.ended });
            }
        }
        Err(Error::new(Kind::Busy, "the key of the second factors is being replaced").hint("try again in a moment"))
    }

    /// Turns a person's second factor off and forgets its secret and codes; no error where it is off. Administrators
    /// only.
    ///
    /// # Errors
    /// `unknown_user`, `stale`; `weak_password` where the rule asks for a longer password than the one that would then
    /// stand alone, unless the operator says `force`; `unauthorized` for `force` by anybody else, and for one's own.
    pub fn disable_factor(&mut self, id: &UserId, expect: Option<i64>, force: bool) -> Result<Disabled> {
        let stamp = self.administer_gravely()?;
        if force && !matches!(stamp.actor, Actor::Operator(_)) {
            return Err(Error::new(Kind::Unauthorized, "only the operator can leave a short password alone")
                .hint("a new password first: user passwd NAME --set"));
        }
        not_by_oneself(&stamp, id)?;
        let user = self.living(id)?;
        self.turn_off(&user, expect, force, &stamp)
    }

    /// A person turns their own second factor off, with what they needed to turn it on: password and code. (ASVS 6.5.6:
    /// whoever only has stolen a password must not be able to take the second factor away.)
    ///
    /// # Errors
    /// `invalid_credentials`, `missing_otp_code`, `invalid_otp_code`, `weak_password`.
    pub fn disable_own_factor(&mut self, name: &str, password: &Secret, code: Option<&str>) -> Result<Disabled> {
        self.settling(|accounts| {
            let user = accounts.authenticate(name, password, code)?;
            let stamp = accounts.stamp_of(&user);
            accounts.turn_off(&user, Some(user.version), false, &stamp)
        })
    }

    fn turn_off(&mut self, user: &User, expect: Option<i64>, force: bool, stamp: &Stamp) -> Result<Disabled> {
        self.store.disable_factor(&user.id, expect, force, stamp)
    }

    /// New backup codes in the place of all that there were; administrators only.
    ///
    /// # Errors
    /// `unknown_user`, `stale`; `unauthorized` for one's own; `constraint_violation` where the second factor is off.
    pub fn refresh_codes(&mut self, id: &UserId, expect: Option<i64>) -> Result<Vec<Secret>> {
        self.refresh_codes_with(id, expect, &mut |_| Ok(()))
    }

    /// As [`Accounts::refresh_codes`], and hands the new codes over before anything changes: if `deliver` fails, the old
    /// codes stay.
    ///
    /// # Errors
    /// As [`Accounts::refresh_codes`], and as `deliver` says.
    pub fn refresh_codes_with(
        &mut self,
        id: &UserId,
        expect: Option<i64>,
        deliver: Deliver<'_>,
    ) -> Result<Vec<Secret>> {
        let stamp = self.administer_gravely()?;
        not_by_oneself(&stamp, id)?;
        let user = self.living(id)?;
        self.renew(&user, expect, &stamp, deliver)
    }

    /// A person makes new backup codes of their own, in the place of all that there were.
    ///
    /// # Errors
    /// `invalid_credentials`, `missing_otp_code`, `invalid_otp_code`, `constraint_violation` as above.
    pub fn refresh_own_codes(&mut self, name: &str, password: &Secret, code: Option<&str>) -> Result<Vec<Secret>> {
        self.refresh_own_codes_with(name, password, code, &mut |_| Ok(()))
    }

    /// As [`Accounts::refresh_own_codes`], and hands the new codes over as [`Accounts::refresh_codes_with`] does.
    ///
    /// # Errors
    /// As [`Accounts::refresh_own_codes`], and as `deliver` says.
    pub fn refresh_own_codes_with(
        &mut self,
        name: &str,
        password: &Secret,
        code: Option<&str>,
        deliver: Deliver<'_>,
    ) -> Result<Vec<Secret>> {
        self.settling(|accounts| {
            let user = accounts.authenticate(name, password, code)?;
            let stamp = accounts.stamp_of(&user);
            accounts.renew(&user, Some(user.version), &stamp, deliver)
        })
    }

    fn renew(&mut self, user: &User, expect: Option<i64>, stamp: &Stamp, deliver: Deliver<'_>) -> Result<Vec<Secret>> {
        if !user.factor {
            return Err(factor_is_off(user));
        }
        let (codes, digests) = draw_codes(&user.id, self.entropy.as_mut())?;
        deliver(&codes)?;
        self.store.replace_codes(&user.id, expect, &digests, stamp)?;
        Ok(codes)
    }

    /// How many backup codes somebody has left; none where the second factor is off.
    ///
    /// # Errors
    /// `unknown_user`.
    pub fn codes_left(&mut self, id: &UserId) -> Result<u32> {
        self.oversee()?;
        let user = self.get(id, None)?;
        Ok(self.store.factor(&user.id)?.map_or(0, |factor| factor.codes))
    }

    /// Asks somebody whose password was right for their second factor: a present code, or else a backup code, each
    /// taken once.
    pub(super) fn prove_factor(&mut self, user: &User, code: Option<&str>, address: Option<&str>) -> Result<()> {
        // Asked anew: it may have been turned on or off while the password was looked at.
        let Some(factor) = self.store.factor(&user.id)? else { return Ok(()) };
        let Some(code) = code.filter(|code| !code.trim().is_empty()) else { return Err(Error::missing_otp_code()) };
        let secret = match self.open_factor(user, &factor) {
            Ok(secret) => secret,
            // Where the key lies is nobody's business but the operator's.
            Err(error) if matches!(self.actor(), Actor::Operator(_)) => return Err(error),
            Err(_) => return Err(Error::invalid_otp_code()),
        };
        let stamp = self.stamp();
        // By the clock alone: the app knows no other time, and a step once taken is not taken again.
        let taken = match totp::matching(&secret, code, self.wall(), factor.last_step) {
            Some(step) => self.store.use_step(&user.id, &factor.sealed, step)?,
            None => match CodeDigest::read(&user.id, code) {
                Some(digest) => self.store.use_code(&user.id, &digest, &stamp)?,
                None => false,
            },
        };
        if taken {
            return Ok(());
        }
        self.note_failure(Some(&user.id), address, stamp.at)?;
        Err(Error::invalid_otp_code())
    }

    /// The secret of a second factor.
    pub(super) fn open_factor(&mut self, user: &User, factor: &Factor) -> Result<Zeroizing<Vec<u8>>> {
        let key = self.opening_key(&factor.sealed.key_id)?;
        seal::open(&key, PURPOSE, user.id.as_str(), &factor.sealed).ok_or_else(|| {
            let message = format!("the second factor of {} was changed in the database", quote(&user.name));
            Error::new(Kind::Failure, message).hint("it opens with no key; turn it off and on again: factor disable")
        })
    }

    /// Somebody who is not deleted.
    fn living(&mut self, id: &UserId) -> Result<User> {
        let now = self.now();
        let user = self.store.user(id, now)?.filter(|user| user.deleted_at.is_none());
        user.ok_or_else(|| Error::unknown_user(id.as_str()))
    }
}

/// An administrator's session is not enough for their own factor: it may be stolen, or older than the factor.
fn not_by_oneself(stamp: &Stamp, id: &UserId) -> Result<()> {
    match &stamp.actor {
        Actor::User { id: own, .. } if own == id => {
            Err(Error::new(Kind::Unauthorized, "this is your own second factor, which takes your password and a code")
                .hint("`rollbook factor disable` and `factor codes` with --own"))
        }
        _ => Ok(()),
    }
}

fn refuse_second(user: &User) -> Result<()> {
    if !user.factor {
        return Ok(());
    }
    Err(Error::constraint(Field::Code, format!("the second factor of {} is on already", quote(&user.name)))
        .hint("`rollbook factor disable` turns it off; `rollbook factor codes` makes new backup codes"))
}

/// The refusal for somebody without a second factor.
pub fn factor_is_off(user: &User) -> Error {
    Error::constraint(Field::Code, format!("the second factor of {} is off", quote(&user.name)))
        .hint("`rollbook factor enable` turns it on")
}
