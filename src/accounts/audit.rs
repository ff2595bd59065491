//! The audit: who did what to whom, in one entry a change, each chained to the one before by SHA-256.
//!
//! What may have to be erased one day (names, addresses, before and after) lies in the entry's detail, a row of its
//! own; the chain covers only the detail's digest, so that it still verifies after a purge.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::time::Time;
use super::user::{User, UserId};
use super::warrant::Warrant;

/// Who acts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// The operating-system account at the keyboard or behind the script.
    Operator(String),
    /// A user of the database, by password or session.
    User {
        /// Their id.
        id: UserId,
        /// Their name at the time.
        name: String,
    },
    /// A program that opened the library under this name.
    Service(String),
}

impl Actor {
    /// The stable word for the kind of actor.
    pub const fn kind(&self) -> &'static str {
        match self {
            Actor::Operator(_) => "operator",
            Actor::User { .. } => "user",
            Actor::Service(_) => "service",
        }
    }

    /// The name that is written into the audit: none of a user, who is known by id.
    pub fn written_name(&self) -> &str {
        match self {
            Actor::User { .. } => "",
            Actor::Operator(name) | Actor::Service(name) => name,
        }
    }

    /// The name to show; untrusted where it is a user's.
    pub fn name(&self) -> &str {
        match self {
            Actor::Operator(name) | Actor::Service(name) | Actor::User { name, .. } => name,
        }
    }
}

/// The facts that go with every change: who, from where, when, why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// When.
    pub at: Time,
    /// Who.
    pub actor: Actor,
    /// From where: terminal, SSH, sudo; kernel facts first, claims named as claims.
    pub origin: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// By what right; looked at again in the change's own transaction.
    pub warrant: Warrant,
}

/// What was done. The words are those of the commands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Deed {
    Register,
    Create,
    Activate,
    Deactivate,
    Edit,
    Delete,
    Restore,
    Purge,
    Undo,
    SetPassword,
    ChangePassword,
    RequestReset,
    CompleteReset,
    LogIn,
    LogOut,
    End,
    SetPolicy,
    Upgrade,
    Load,
    CreateToken,
    RevokeToken,
    Contain,
    Unthrottle,
    AcceptClock,
    EnableFactor,
    DisableFactor,
    RefreshCodes,
    UseCode,
    Rekey,
    BreakGlass,
    Export,
}

/// A deed's word as it is typed, with nothing in it that would end it.
fn in_one_piece(word: &str) -> String {
    word.replace(' ', "-")
}

impl Deed {
    /// All deeds.
    pub const ALL: [Deed; 31] = [
        Deed::Register,
        Deed::Create,
        Deed::Activate,
        Deed::Deactivate,
        Deed::Edit,
        Deed::Delete,
        Deed::Restore,
        Deed::Purge,
        Deed::Undo,
        Deed::SetPassword,
        Deed::ChangePassword,
        Deed::RequestReset,
        Deed::CompleteReset,
        Deed::LogIn,
        Deed::LogOut,
        Deed::End,
        Deed::SetPolicy,
        Deed::Upgrade,
        Deed::Load,
        Deed::CreateToken,
        Deed::RevokeToken,
        Deed::Contain,
        Deed::Unthrottle,
        Deed::AcceptClock,
        Deed::EnableFactor,
        Deed::DisableFactor,
        Deed::RefreshCodes,
        Deed::UseCode,
        Deed::Rekey,
        Deed::BreakGlass,
        Deed::Export,
    ];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Deed::Register => "register",
            Deed::Create => "create",
            Deed::Activate => "activate",
            Deed::Deactivate => "deactivate",
            Deed::Edit => "edit",
            Deed::Delete => "delete",
            Deed::Restore => "restore",
            Deed::Purge => "purge",
            Deed::Undo => "undo",
            Deed::SetPassword => "set password",
            Deed::ChangePassword => "change password",
            Deed::RequestReset => "request reset",
            Deed::CompleteReset => "complete reset",
            Deed::LogIn => "log in",
            Deed::LogOut => "log out",
            Deed::End => "end",
            Deed::SetPolicy => "set policy",
            Deed::Upgrade => "upgrade",
            Deed::Load => "load",
            Deed::CreateToken => "create token",
            Deed::RevokeToken => "revoke token",
            Deed::Contain => "contain",
            Deed::Unthrottle => "unthrottle",
            Deed::AcceptClock => "accept clock",
            Deed::EnableFactor => "enable factor",
            Deed::DisableFactor => "disable factor",
            Deed::RefreshCodes => "refresh codes",
            Deed::UseCode => "use code",
            Deed::Rekey => "rekey",
            Deed::BreakGlass => "break glass",
            Deed::Export => "export",
        }
    }

    /// The past tense, as a history tells it and as "bob deactivated her" needs it.
    pub const fn past(self) -> &'static str {
        match self {
            Deed::Register => "registered",
            Deed::Create => "created",
            Deed::Activate => "activated",
            Deed::Deactivate => "deactivated",
            Deed::Edit => "edited",
            Deed::Delete => "deleted",
            Deed::Restore => "restored",
            Deed::Purge => "purged",
            Deed::Undo => "undone",
            Deed::SetPassword => "password set",
            Deed::ChangePassword => "password changed",
            Deed::RequestReset => "reset requested",
            Deed::CompleteReset => "reset completed",
            Deed::LogIn => "logged in",
            Deed::LogOut => "logged out",
            Deed::End => "session ended",
            Deed::SetPolicy => "policy set",
            Deed::Upgrade => "schema upgraded",
            Deed::Load => "loaded",
            Deed::CreateToken => "token created",
            Deed::RevokeToken => "token revoked",
            Deed::Contain => "contained",
            Deed::Unthrottle => "unthrottled",
            Deed::AcceptClock => "clock accepted",
            Deed::EnableFactor => "second factor enabled",
            Deed::DisableFactor => "second factor disabled",
            Deed::RefreshCodes => "backup codes renewed",
            Deed::UseCode => "backup code used",
            Deed::Rekey => "second factors rekeyed",
            Deed::BreakGlass => "glass broken",
            Deed::Export => "audit exported",
        }
    }

    /// The word as it is typed, read and shown, in one piece: `log-in`.
    pub fn spelling(self) -> String {
        in_one_piece(self.word())
    }

    /// The deed of this word.
    pub fn from_word(word: &str) -> Option<Deed> {
        Deed::ALL.into_iter().find(|deed| deed.word() == word)
    }
}

/// What an entry tells that may be erased: kept as JSON in a row of its own.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, serde::Deserialize)]
pub struct Detail {
    /// The name of an operator or a service. Of a user only the id is kept, in the entry itself, and the name is looked
    /// up when it is read: so a purge leaves it nowhere, though a detail can never be written anew.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub actor: String,
    /// The target's name at the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Where the actor came from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// The reason given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was changed: field, before, after. Never a secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Words for the history: client and address of a log-in, how many sessions ended, a token's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// One field before and after.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, serde::Deserialize)]
pub struct Change {
    /// The column.
    pub field: String,
    /// Its text before; empty for none.
    pub before: String,
    /// Its text after.
    pub after: String,
}

/// An entry on its way into the store, which numbers and chains it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEntry {
    /// When.
    pub at: Time,
    /// Who.
    pub actor: Actor,
    /// What.
    pub deed: Deed,
    /// To whom, if it was done to a user.
    pub target: Option<UserId>,
    /// The rest.
    pub detail: Detail,
}

/// An entry as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its number, from 1, without gaps.
    pub seq: i64,
    /// When.
    pub at: Time,
    /// The kind of actor: operator, user or service.
    pub actor_kind: String,
    /// The actor's user id, where it is a user.
    pub actor_id: Option<UserId>,
    /// The name that this user has now; `None` where they were purged.
    pub actor_name: Option<String>,
    /// What was done, in the stable word.
    pub deed: String,
    /// To whom.
    pub target: Option<UserId>,
    /// The detail; `None` where a purge erased it.
    pub detail: Option<Detail>,
    /// SHA-256 over this entry and the digest before it.
    pub digest: [u8; 32],
}

impl Entry {
    /// The history's words for what was done.
    pub fn past(&self) -> &str {
        match Deed::from_word(&self.deed) {
            Some(deed) => deed.past(),
            None => &self.deed,
        }
    }

    /// What was done, as it is filtered by.
    pub fn action(&self) -> String {
        in_one_piece(&self.deed)
    }

    /// The actor's name, or what is left of it.
    pub fn actor(&self) -> &str {
        self.known_actor().unwrap_or("(erased)")
    }

    /// The actor's name; `None` where a purge left none.
    pub fn known_actor(&self) -> Option<&str> {
        let written = self.detail.as_ref().map(|detail| detail.actor.as_str()).filter(|name| !name.is_empty());
        self.actor_name.as_deref().or(written)
    }
}

/// What an entry's digest covers: all but the detail, of which only the digest counts. Fields are length-prefixed, so
/// that no two entries have one spelling.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Links<'a> {
    pub seq: i64,
    pub at: Time,
    pub actor_kind: &'a str,
    pub actor_id: Option<&'a str>,
    pub deed: &'a str,
    pub target: Option<&'a str>,
    pub detail_digest: &'a [u8; 32],
    pub before: &'a [u8; 32],
}

/// The digest that stands before the first entry.
pub const GENESIS: [u8; 32] = [0; 32];

/// The digest of an entry's detail.
pub fn detail_digest(json: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"rollbook detail v1");
    hash.update(json);
    hash.finalize().into()
}

impl Links<'_> {
    /// The entry's digest.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"rollbook entry v1");
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at.millis().to_be_bytes());
        let texts = [Some(self.actor_kind), self.actor_id, Some(self.deed), self.target];
        for text in texts {
            // An absent text and an empty one must not have the same digest.
            hash.update([u8::from(text.is_some())]);
            let text = text.unwrap_or_default();
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.update(self.detail_digest);
        hash.update(self.before);
        hash.finalize().into()
    }
}

/// What differs between two states of a user, in the words of the columns.
pub fn changes(before: &User, after: &User) -> Vec<Change> {
    let time = |t: Option<Time>| t.map(Time::rfc3339).unwrap_or_default();
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let pairs = |u: &User| {
        [
            ("name", u.name.clone()),
            ("email", text(&u.email)),
            ("role", u.role.word().to_owned()),
            ("labels", u.labels.join(" ")),
            ("status", u.status.word().to_owned()),
            ("reason", text(&u.reason)),
            ("note", text(&u.note)),
            ("valid_until", time(u.valid_until)),
            ("deleted_at", time(u.deleted_at)),
        ]
    };
    pairs(before)
        .into_iter()
        .zip(pairs(after))
        .filter(|((_, b), (_, a))| a != b)
        .map(|((field, before), (_, after))| Change { field: field.to_owned(), before, after })
        .collect()
}

/// Failed log-ins of one person within one minute: counted, not flooded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failures {
    /// The last of them.
    pub at: Time,
    /// How many.
    pub count: u32,
    /// Where the last came from.
    pub address: Option<String>,
}

/// One line of a person's history, newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Happening {
    /// An audit entry.
    Entry(Box<Entry>),
    /// Wrong passwords.
    Failures(Failures),
}

impl Happening {
    /// When it happened.
    pub fn at(&self) -> Time {
        match self {
            Happening::Entry(entry) => entry.at,
            Happening::Failures(failures) => failures.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links<'a>(deed: &'a str, target: Option<&'a str>, detail: &'a [u8; 32]) -> Links<'a> {
        Links {
            seq: 1,
            at: Time::from_millis(5),
            actor_kind: "operator",
            actor_id: None,
            deed,
            target,
            detail_digest: detail,
            before: &GENESIS,
        }
    }

    #[test]
    fn every_field_moves_the_digest() {
        let detail = detail_digest(b"{}");
        let base = links("end", None, &detail).digest();
        assert_ne!(base, links("end", Some(""), &detail).digest(), "absent is not empty");
        assert_ne!(base, links("edit", None, &detail).digest());
        assert_ne!(base, links("end", None, &detail_digest(b"{ }")).digest());
        assert_ne!(base, Links { seq: 2, ..links("end", None, &detail) }.digest());
        assert_ne!(base, Links { at: Time::from_millis(6), ..links("end", None, &detail) }.digest());
        assert_ne!(base, Links { before: &[1; 32], ..links("end", None, &detail) }.digest());
        assert_ne!(base, Links { actor_kind: "user", ..links("end", None, &detail) }.digest());
    }

    #[test]
    fn every_deed_has_a_word_of_its_own() {
        for deed in Deed::ALL {
            assert_eq!(Deed::from_word(deed.word()), Some(deed));
        }
    }
}
