//! Containment: one person shut out whole, at once, when something of theirs may be in wrong hands.

use super::change::{Changed, UserChange};
use super::door::Accounts;
use super::error::{Error, Result};
use super::time::Time;
use super::user::UserId;

/// What a person has out in the world and [`Accounts::contain`] would take from them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Exposure {
    /// Sessions within their dates, whether or not their owner's status lets them be used at the moment.
    pub sessions: u32,
    /// API tokens that are neither revoked nor over.
    pub tokens: u32,
    /// Reset requests that are still open.
    pub resets: u32,
}

impl Exposure {
    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        *self == Exposure::default()
    }
}

impl Accounts {
    /// Deactivates a person, ends their sessions, revokes their tokens and voids their resets, in one transaction; the
    /// reason is the handle's. Somebody who is inactive already loses what is left to them. An undo gives back the
    /// status and nothing else.
    ///
    /// # Errors
    /// `unknown_user`, `stale` if `expect` is not the present version, `last_admin`.
    pub fn contain(&mut self, id: &UserId, expect: Option<i64>) -> Result<Changed> {
        let stamp = self.administer()?;
        self.store.change_user(id, expect, &UserChange::Contain, &stamp)
    }

    /// What a containment, and but for the status a deletion, would take from a person at this moment.
    ///
    /// # Errors
    /// `unknown_user`; `unauthorized` for a member who acts.
    pub fn exposure(&mut self, id: &UserId) -> Result<Exposure> {
        self.oversee()?;
        let now: Time = self.now();
        self.store.exposure(id, now)?.ok_or_else(|| Error::unknown_user(id.as_str()))
    }
}
