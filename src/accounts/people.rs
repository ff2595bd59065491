//! What is done to people: register, create, activate, deactivate, contain, edit, delete, restore, purge, undo.

use super::audit::{Actor, Deed, Stamp};
use super::change::{Changed, UserChange, stale};
use super::door::Accounts;
use super::error::{Error, Kind, Result};
use super::hash::PasswordHash;
use super::password::{About, judge};
use super::secret::Secret;
use super::store::{NewUser, Sample};
use super::token::random_id;
use super::user::{Draft, Edit, Name, Role, User, UserId};

impl Accounts {
    /// The service's door: adds a member, pending if `verify`. Needs no actor.
    ///
    /// # Errors
    /// `constraint_violation` for a name or password that cannot be, `weak_password`, `duplicate_user`,
    /// `registration_disabled` where the policy has closed it.
    pub fn register(&mut self, name: &str, password: &Secret, verify: bool) -> Result<User> {
        let draft = Draft { pending: verify, ..Draft::named(name)? };
        if !self.store.policy()?.registration {
            return Err(Error::new(Kind::RegistrationDisabled, "registration is closed")
                .hint("an administrator creates people, or opens it: policy set registration open"));
        }
        let stamp = self.stamp();
        self.insert(draft, Some(password), false, Deed::Register, &stamp)
    }

    /// The administrator's door. Without a password the person chooses one by a reset code. While there is no user at
    /// all a service may call it, in nobody's name: whatever the draft says, it makes an active admin. An operator's
    /// draft is taken as it is.
    ///
    /// # Errors
    /// As [`Accounts::register`]; `unauthenticated` or `unauthorized` where the actor may not, or where the password
    /// [is asked for](Accounts::asks_again) once more: a service may mail a reset code to the address that is the new name.
    pub fn create_user(&mut self, mut draft: Draft, password: Option<&Secret>) -> Result<User> {
        let founding = matches!(self.actor(), Actor::Service(_)) && self.store.is_empty()?;
        let stamp = if founding {
            draft.role = Role::Admin;
            draft.pending = false;
            self.stamp()
        } else if matches!(self.actor(), Actor::Service(_)) {
            return Err(Error::new(Kind::Unauthenticated, "creating a user needs somebody who may")
                .hint("an administrator's password or session; the service itself can register people"));
        } else {
            self.administer_gravely()?
        };
        self.insert(draft, password, founding, Deed::Create, &stamp)
    }

    fn insert(
        &mut self,
        draft: Draft,
        password: Option<&Secret>,
        founding: bool,
        deed: Deed,
        stamp: &Stamp,
    ) -> Result<User> {
        let hash = match password {
            Some(password) => {
                let about = About { name: draft.name.as_str(), email: draft.email.as_deref(), factor: false };
                judge(self.store.policy()?.demands(), password, about)?;
                Some(self.hasher.hash(password, self.entropy.as_mut())?)
            }
            None => None,
        };
        let id = UserId::new(random_id(self.entropy.as_mut())?);
        self.store.insert_user(&NewUser { id, draft, hash, founding, deed }, stamp)
    }

    /// Lets a person log in. Twice is no error. A service may do it for somebody who is pending, as the end of its own
    /// verification.
    ///
    /// # Errors
    /// `unknown_user`, `stale` if `expect` is not the present version; `unauthenticated` where the password
    /// [is asked for](Accounts::asks_again) once more.
    pub fn activate(&mut self, id: &UserId, expect: Option<i64>) -> Result<Changed> {
        if matches!(self.actor(), Actor::Service(_)) {
            let stamp = self.stamp();
            return self.store.change_user(id, expect, &UserChange::Verify, &stamp);
        }
        self.change(id, expect, &UserChange::Activate)
    }

    /// Keeps a person out and ends their sessions; the reason is the handle's.
    ///
    /// # Errors
    /// `unknown_user`, `stale`, `last_admin`.
    pub fn deactivate(&mut self, id: &UserId, expect: Option<i64>) -> Result<Changed> {
        self.change(id, expect, &UserChange::Deactivate)
    }

    /// Deactivates a person, ends their sessions, revokes their tokens and voids their resets, in one transaction; the
    /// reason is the handle's. Somebody who is inactive already loses what is left to them. An undo gives back the
    /// status and nothing else.
    ///
    /// # Errors
    /// `unknown_user`, `stale` if `expect` is not the present version, `last_admin`; `unauthenticated` where the
    /// password [is asked for](Accounts::asks_again) once more.
    pub fn contain(&mut self, id: &UserId, expect: Option<i64>) -> Result<Changed> {
        let stamp = self.administer_gravely()?;
        self.store.change_user(id, expect, &UserChange::Contain, &stamp)
    }

    /// Changes the fields of a user. Where a log-in is required, a session alone changes only the note, or the end date
    /// to an earlier one. It never changes an address of one's own, because services send codes to it.
    ///
    /// # Errors
    /// `unknown_user`, `stale`, `duplicate_user`, `last_admin`; `unauthenticated` and `unauthorized` where a session is
    /// not enough.
    pub fn edit(&mut self, id: &UserId, expect: Option<i64>, edit: Edit) -> Result<Changed> {
        self.change(id, expect, &UserChange::Edit(edit))
    }

    /// Takes a person away: the name is free at once, sessions end, and for 30 days they can be restored.
    ///
    /// # Errors
    /// `unknown_user`, `stale`, `last_admin`; `unauthenticated` as [`Accounts::activate`], because anyone can register
    /// the name that becomes free.
    pub fn delete(&mut self, id: &UserId, expect: Option<i64>) -> Result<Changed> {
        self.change(id, expect, &UserChange::Delete)
    }

    /// Brings a deleted person back, under a new name if one is given.
    ///
    /// # Errors
    /// `unknown_user`, `stale`, `duplicate_user` when the name has been taken meanwhile; `unauthenticated` as
    /// [`Accounts::activate`].
    pub fn restore(&mut self, id: &UserId, expect: Option<i64>, name: Option<Name>) -> Result<Changed> {
        self.change(id, expect, &UserChange::Restore(name))
    }

    /// Restores the fields and the status from before `changed`. Sessions, API tokens, reset codes and the password that
    /// were [lost](Changed::losses) are not restored. Refused if the row has changed since.
    ///
    /// # Errors
    /// `stale`, `duplicate_user`, `last_admin`; as [`Accounts::edit`] where a session is not enough.
    pub fn undo(&mut self, changed: &Changed) -> Result<Changed> {
        let former = Box::new(changed.before.clone());
        self.change(&changed.after.id, Some(changed.after.version), &UserChange::Undo(former))
    }

    /// Erases a person for good.
    ///
    /// # Errors
    /// As [`Accounts::contain`].
    pub fn purge(&mut self, id: &UserId, expect: Option<i64>) -> Result<User> {
        let stamp = self.administer_gravely()?;
        self.store.purge_user(id, expect, &stamp)
    }

    /// Lets the next try of a person be looked at at once, from wherever; administrators only. `false` where nothing
    /// was counted.
    ///
    /// # Errors
    /// `unknown_user`; `unauthenticated` as [`Accounts::activate`], because it permits more guesses of a password.
    pub fn unthrottle(&mut self, id: &UserId) -> Result<bool> {
        let stamp = self.administer_gravely()?;
        self.store.unthrottle(id, &stamp)
    }

    fn change(&mut self, id: &UserId, expect: Option<i64>, change: &UserChange) -> Result<Changed> {
        let stamp = self.administer()?;
        let seen = self.weigh(id, expect, change, &stamp)?;
        self.store.change_user(id, expect.or(seen), change, &stamp)
    }

    /// Refuses a change that a stolen session must not make. If the actor showed only a session, returns the version
    /// that was judged, because the change can have another effect on another version.
    fn weigh(&mut self, id: &UserId, expect: Option<i64>, change: &UserChange, stamp: &Stamp) -> Result<Option<i64>> {
        let alone = matches!(self.actor(), Actor::User { id, .. } if self.shown.as_ref() != Some(id));
        let user = if alone && !self.rehearsing { self.store.user(id, stamp.at)? } else { None };
        let Some(user) = user else { return Ok(None) };
        if expect.is_some_and(|expect| expect != user.version) {
            return Err(stale(&user.name, None, stamp.at));
        }
        // What is not lawful is told by the store.
        if let Ok(next) = change.apply(&user, stamp) {
            if next.email != user.email {
                self.not_by_session_alone(id, "an e-mail address")?;
            }
            if next.needs_password_since(&user) {
                self.not_gravely_by_session_alone()?;
            }
        }
        Ok(Some(user.version))
    }

    /// A password's hash at this handle's cost, for people who are about to be loaded. Judges nothing.
    ///
    /// # Errors
    /// When there is no randomness or no memory.
    pub fn hash(&mut self, password: &Secret) -> Result<PasswordHash> {
        self.hasher.hash(password, self.entropy.as_mut())
    }

    /// Writes many people at once; operators only.
    ///
    /// # Errors
    /// `unauthorized` for anybody else, `duplicate_user` where a name is taken.
    pub fn load(
        &mut self,
        samples: &mut dyn Iterator<Item = Sample>,
        entries: &[super::audit::NewEntry],
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<u64> {
        if !matches!(self.actor(), Actor::Operator(_)) {
            return Err(Error::new(Kind::Unauthorized, "only the operator writes many people at once")
                .hint("act as the account that the database belongs to"));
        }
        let stamp = self.administer()?;
        self.store.load(samples, entries, &stamp, progress)
    }
}
