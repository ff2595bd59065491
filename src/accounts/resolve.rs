//! Resolves the NAME of a command to a user. Every command uses this one rule.

use super::audit::Actor;
use super::door::Accounts;
use super::error::{Error, Kind, Result};
use super::text::{fold, quote, visible};
use super::time::Time;
use super::user::{User, UserId};

/// The users among whom a NAME is resolved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Among {
    /// Users who are not deleted.
    Present,
    /// Users who are not deleted, and by id a deleted user too.
    PresentOrById,
    /// Deleted users. A name means the user who was deleted last.
    Deleted,
    /// Users who are not deleted, else deleted users.
    All,
}

/// A NAME, split into the name and the id that it may mean.
pub(super) struct NameOrId<'a> {
    /// The name, unless the text forces an id.
    pub(super) name: Option<&'a str>,
    /// The id, unless the text forces a name.
    pub(super) id: Option<&'a str>,
}

impl<'a> NameOrId<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        match (text.strip_prefix("name:"), text.strip_prefix("id:")) {
            (Some(name), _) => NameOrId { name: Some(name), id: None },
            (_, Some(id)) => NameOrId { name: None, id: Some(id) },
            _ => NameOrId { name: Some(text), id: Some(text) },
        }
    }

    /// Whether this means `user`.
    fn means(&self, user: &User) -> bool {
        self.name.is_some_and(|name| fold(name.trim()) == user.name_key()) || self.id == Some(user.id.as_str())
    }
}

impl Accounts {
    /// The user whom a NAME means: the user who has exactly this name, else the user with this id. `name:X` means the
    /// name X and `id:X` the id X.
    ///
    /// # Errors
    /// `unknown_user`; `ambiguous_name` if the text is the name of one user and the id of another; `unauthorized` for a
    /// member who acts.
    pub fn resolve(&mut self, wanted: &str, among: Among) -> Result<User> {
        self.oversee()?;
        let now = self.now();
        let named = NameOrId::parse(wanted);
        match among {
            Among::Present => self.look_up(wanted, &named, false, now),
            Among::Deleted => self.look_up(wanted, &named, true, now),
            Among::All => or_else(self.look_up(wanted, &named, false, now), || self.look_up(wanted, &named, true, now)),
            Among::PresentOrById => or_else(self.look_up(wanted, &named, false, now), || {
                let id = named.id.ok_or_else(|| Error::unknown_user(wanted))?;
                self.store.user(&UserId::new(id), now)?.ok_or_else(|| Error::unknown_user(wanted))
            }),
        }
    }

    /// The user who is not deleted and whom a NAME means.
    ///
    /// # Errors
    /// As [`Accounts::resolve`].
    pub fn find(&mut self, wanted: &str) -> Result<User> {
        self.resolve(wanted, Among::Present)
    }

    /// The deleted user whom a NAME means.
    ///
    /// # Errors
    /// As [`Accounts::resolve`].
    pub fn find_deleted(&mut self, wanted: &str) -> Result<User> {
        self.resolve(wanted, Among::Deleted)
    }

    /// The user whom a NAME means to an administrator. Another user who acts finds only themselves.
    ///
    /// # Errors
    /// As [`Accounts::resolve`].
    pub fn find_owner(&mut self, wanted: &str) -> Result<User> {
        let refusal = match self.find(wanted) {
            Err(error) if error.kind == Kind::Unauthorized => error,
            found => return found,
        };
        let Actor::User { id, .. } = self.actor() else { return Err(refusal) };
        let own = self.get(&id.clone(), None)?;
        if NameOrId::parse(wanted).means(&own) { Ok(own) } else { Err(refusal) }
    }

    /// The name by which the user logs in whom a NAME means. A service passes on what a person typed: that text is the
    /// name. So is a text that means no user, which the login then refuses.
    pub fn login_name(&mut self, wanted: &str) -> String {
        match self.actor() {
            Actor::Service(_) => wanted.to_owned(),
            Actor::Operator(_) | Actor::User { .. } => {
                self.find(wanted).map_or_else(|_| wanted.to_owned(), |user| user.name)
            }
        }
    }

    fn look_up(&mut self, wanted: &str, named: &NameOrId<'_>, deleted: bool, now: Time) -> Result<User> {
        let mut found: Vec<User> = Vec::new();
        if let Some(name) = named.name {
            let key = fold(name.trim());
            found.extend(match deleted {
                true => self.store.deleted_named(&key, now)?.into_iter().next(),
                false => self.store.user_named(&key, now)?,
            });
        }
        if let Some(id) = named.id {
            let user = self.store.user(&UserId::new(id), now)?;
            found.extend(user.filter(|user| user.deleted_at.is_some() == deleted));
        }
        let user = found.pop().ok_or_else(|| Error::unknown_user(wanted))?;
        if found.iter().all(|other| other.id == user.id) {
            return Ok(user);
        }
        let message = format!("{} is the name of one user and the id of another", quote(wanted));
        Err(Error::new(Kind::AmbiguousName, message).hint(format!("say name:{0} or id:{0}", visible(wanted))))
    }
}

/// The second lookup, if the first finds no user.
fn or_else(first: Result<User>, second: impl FnOnce() -> Result<User>) -> Result<User> {
    match first {
        Err(error) if error.kind == Kind::UnknownUser => second().map_err(|other| match other.kind {
            Kind::UnknownUser => error,
            _ => other,
        }),
        found => found,
    }
}
