//! Which key seals second factors, where it is found again, and how another takes its place.
//!
//! All second factors of a database are under one key, the keyring's present one. Only while one key takes the place of
//! another, or after that was cut short, may it be the next or the former: so every slot is looked into.

use super::audit::Actor;
use super::door::Accounts;
use super::error::{Error, Kind, Result};
use super::factor::{KeyReport, PURPOSE, Reseal};
use super::seal::{self, Key, KeyId, Slot};
use super::text::visible;

/// What a rekeying did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rekeyed {
    /// How many second factors are under the new key now.
    pub people: u32,
    /// Where it lies, safe to print.
    pub place: String,
    /// Its name.
    pub key: KeyId,
}

impl Accounts {
    /// Makes the key that seals second factors, unless there is one. Answers with its place if it was made.
    ///
    /// # Errors
    /// `failure` where it cannot be written, and where second factors stand under a key that is not there.
    pub fn prepare_key(&mut self) -> Result<Option<String>> {
        let before = self.keys.read(Slot::Present)?.is_some();
        self.sealing_key()?;
        Ok((!before && !self.rehearsing).then(|| self.keys.place()))
    }

    /// How it stands with the key.
    ///
    /// # Errors
    /// As any read of the database; a key that cannot be read is none.
    pub fn key_report(&mut self) -> Result<KeyReport> {
        self.oversee()?;
        let used = self.store.factor_keys()?;
        let there: Vec<KeyId> = Slot::ALL
            .into_iter()
            .filter_map(|slot| self.keys.read(slot).ok().flatten())
            .map(|key| key.id().clone())
            .collect();
        let present = self.keys.read(Slot::Present);
        Ok(KeyReport {
            place: self.keys.place(),
            fault: present.as_ref().err().map(ToString::to_string),
            key: present.ok().flatten().map(|key| key.id().clone()),
            people: used.iter().map(|(_, people)| people).sum(),
            shut: used.iter().filter(|(id, _)| !there.contains(id)).map(|(_, people)| people).sum(),
        })
    }

    /// The key for another second factor: that of all others, or else the present one, made if there is none.
    pub(super) fn sealing_key(&mut self) -> Result<Key> {
        let used = self.store.factor_keys()?;
        match used.as_slice() {
            [] => match self.keys.read(Slot::Present)? {
                Some(key) => Ok(key),
                None => self.make_key(Slot::Present),
            },
            [(id, _)] => self.opening_key(id),
            _ => Err(Error::new(Kind::Failure, "second factors stand under more than one key")
                .hint("`rollbook factor rekey` brings them under one")),
        }
    }

    fn make_key(&mut self, slot: Slot) -> Result<Key> {
        let key = Key::draw(self.entropy.as_mut())?;
        if self.rehearsing {
            return Ok(key);
        }
        match self.keys.make(slot, &key) {
            Ok(()) => Ok(key),
            // Another program may have been quicker; then its key is the one.
            Err(error) => self.keys.read(slot)?.ok_or(error),
        }
    }

    /// The key of this name, from whichever slot.
    pub(super) fn opening_key(&mut self, id: &KeyId) -> Result<Key> {
        let mut fault = None;
        for slot in Slot::ALL {
            match self.keys.read(slot) {
                Ok(Some(key)) if key.id() == id => return Ok(key),
                Ok(_) => {}
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        let people: u32 = self.store.factor_keys()?.iter().filter(|(used, _)| used == id).map(|(_, n)| n).sum();
        let people = if people == 1 { "1 person has".to_owned() } else { format!("{people} people have") };
        Err(match fault {
            Some(fault) => {
                Error { message: format!("{}; {people} a second factor that needs it", fault.message), ..fault }
            }
            None => Error::new(
                Kind::Failure,
                format!(
                    "{people} a second factor under the key {}, which is not at {}",
                    visible(id.as_str()),
                    self.keys.place()
                ),
            )
            .hint("bring the key back from its copy, or name its place: --key, ROLLBOOK_KEY"),
        })
    }

    /// Puts a new key in the place of the present one, which is kept beside it, and every second factor under it. The
    /// operator's alone. Cut short at any point, nobody is shut out, and it can be done again.
    ///
    /// # Errors
    /// `unauthorized` for anybody else; `failure` where a second factor opens with no key that is there.
    pub fn rekey_factors(&mut self) -> Result<Rekeyed> {
        let stamp = self.administer()?;
        if !matches!(stamp.actor, Actor::Operator(_)) {
            return Err(Error::new(Kind::Unauthorized, "only the operator replaces the key of the second factors")
                .hint("act as the account that the key belongs to"));
        }
        // A next key that lies there is that of a rekeying that was cut short, and may be in use.
        let next = match self.keys.read(Slot::Next)? {
            Some(key) => key,
            None => self.make_key(Slot::Next)?,
        };
        for _ in 0..5 {
            let rows = self.store.sealed_factors()?;
            let mut reseals = Vec::with_capacity(rows.len());
            for (user_id, was) in rows {
                let key = self.opening_key(&was.key_id)?;
                let secret = seal::open(&key, PURPOSE, user_id.as_str(), &was).ok_or_else(|| unopened(&user_id))?;
                let now = seal::seal(&next, PURPOSE, user_id.as_str(), &secret, self.entropy.as_mut())?;
                reseals.push(Reseal { user_id, was, now });
            }
            if self.store.reseal_factors(&reseals, &stamp)? {
                if !self.rehearsing {
                    self.keys.advance()?;
                }
                let people = u32::try_from(reseals.len()).unwrap_or(u32::MAX);
                return Ok(Rekeyed { people, place: self.keys.place(), key: next.id().clone() });
            }
        }
        Err(Error::new(Kind::Busy, "second factors were turned on or off all the while").hint("try again in a moment"))
    }
}

fn unopened(id: &super::user::UserId) -> Error {
    let message = format!("the second factor of {} was changed in the database and opens with no key", id);
    Error::new(Kind::Failure, message).hint("nothing was changed; turn that one off first: factor disable 'id:…'")
}
