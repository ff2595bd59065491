//! What a promise is tried on: an engine, and quick ways to fill it.

use std::path::PathBuf;

use rollbook::accounts::audit::{Deed, Entry, Links, Stamp, detail_digest};
use rollbook::accounts::change::{Changed, UserChange};
use rollbook::accounts::hash::PasswordHash;
use rollbook::accounts::session::{NewSession, Session, SessionId};
use rollbook::accounts::store::{NewReset, NewUser, Store};
use rollbook::accounts::token::{Digest, TokenKind, random_id};
use rollbook::accounts::warrant::Warrant;
use rollbook::accounts::{Draft, Error, Result, Role, Span, Time, User, UserId};
use rollbook::engines;

use crate::support::{START, Seeded, operator};

/// Makes an engine to try a promise on.
pub type Make = fn() -> Bench;

/// An engine with an empty database.
pub struct Bench {
    // Before the folder, so that the database is closed before its folder goes.
    pub store: Box<dyn Store>,
    pub path: Option<PathBuf>,
    pub now: Time,
    entropy: Seeded,
    _folder: Option<tempfile::TempDir>,
}

impl Bench {
    pub fn memory() -> Bench {
        let store = engines::memory().unwrap();
        Bench { store, path: None, now: START, entropy: Seeded(7), _folder: None }
    }

    pub fn file() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.db");
        let store = engines::create(&path).unwrap();
        Bench { store, path: Some(path), now: START, entropy: Seeded(7), _folder: Some(folder) }
    }

    pub fn stamp(&self) -> Stamp {
        Stamp { at: self.now, actor: operator(), origin: "tty".into(), reason: None, warrant: Warrant::Open }
    }

    pub fn pass(&mut self, span: Span) {
        self.now = self.now.plus(span);
    }

    pub fn new_user(&mut self, draft: Draft, hash: Option<PasswordHash>) -> NewUser {
        let id = UserId::new(random_id(&mut self.entropy).unwrap());
        NewUser { id, draft, hash, founding: false, deed: Deed::Create }
    }

    pub fn try_add(&mut self, draft: Draft) -> Result<User> {
        let new = self.new_user(draft, Some(hash(1)));
        let stamp = self.stamp();
        self.store.insert_user(&new, &stamp)
    }

    /// A member who can log in, a second after whoever was added before.
    pub fn add(&mut self, name: &str) -> User {
        self.pass(Span::SECOND);
        self.try_add(Draft::named(name).unwrap()).unwrap()
    }

    pub fn add_admin(&mut self, name: &str) -> User {
        self.pass(Span::SECOND);
        self.try_add(Draft { role: Role::Admin, ..Draft::named(name).unwrap() }).unwrap()
    }

    pub fn change(&mut self, user: &User, change: UserChange) -> Result<Changed> {
        let stamp = self.stamp();
        self.store.change_user(&user.id, None, &change, &stamp)
    }

    pub fn digest(&mut self, kind: TokenKind) -> Digest {
        kind.mint(&mut self.entropy).unwrap().1
    }

    pub fn new_session(&mut self, user: &User, expires_at: Option<Time>) -> NewSession {
        NewSession {
            id: SessionId::new(random_id(&mut self.entropy).unwrap()),
            digest: self.digest(TokenKind::Session),
            user_id: user.id.clone(),
            client: Some("Firefox".into()),
            address: Some("10.0.0.1".into()),
            expires_at,
            idle: None,
            knocked_at: self.now,
            counter: None,
            factor: false,
        }
    }

    /// Opens a session of an hour, a second after what was before.
    pub fn open(&mut self, user: &User) -> (Session, Digest) {
        self.pass(Span::SECOND);
        let new = self.new_session(user, Some(self.now.plus(Span::HOUR)));
        self.open_as(&new).unwrap()
    }

    pub fn open_as(&mut self, new: &NewSession) -> Result<(Session, Digest)> {
        let stamp = self.stamp();
        let (_, session) = self.store.open_session(new, &hash(1), None, &stamp)?;
        Ok((session, new.digest))
    }

    pub fn reset(&mut self, user: Option<&User>) -> Digest {
        let digest = self.digest(TokenKind::Reset);
        let expires_at = self.now.plus(Span::HOUR);
        let stamp = self.stamp();
        self.store
            .insert_reset(&NewReset { digest, user_id: user.map(|user| user.id.clone()), expires_at }, &stamp)
            .unwrap();
        digest
    }

    pub fn user(&mut self, user: &User) -> User {
        self.store.user(&user.id, self.now).unwrap().unwrap()
    }

    pub fn trail(&mut self) -> Vec<Entry> {
        self.store.audit(None, None, u16::MAX).unwrap()
    }

    /// That the audit is one unbroken chain; of entries whose detail was erased only what follows them is tried.
    pub fn assert_chain(&mut self) {
        let mut trail = self.trail();
        trail.reverse();
        let mut before = rollbook::accounts::audit::GENESIS;
        for (entry, seq) in trail.iter().zip(1..) {
            assert_eq!(entry.seq, seq, "numbers have gaps");
            if let Some(detail) = &entry.detail {
                let links = Links {
                    seq,
                    at: entry.at,
                    actor_kind: &entry.actor_kind,
                    actor_id: entry.actor_id.as_ref().map(UserId::as_str),
                    deed: &entry.deed,
                    target: entry.target.as_ref().map(UserId::as_str),
                    detail_digest: &detail_digest(&serde_json::to_vec(detail).unwrap()),
                    before: &before,
                };
                assert_eq!(links.digest(), entry.digest, "entry {seq} does not follow");
            }
            before = entry.digest;
        }
    }

    /// Everything that a change could move: for comparing before and after.
    pub fn traces(&mut self) -> (usize, i64, i64) {
        let counters = self.store.counters().unwrap();
        (self.trail().len(), counters.users, counters.sessions)
    }
}

/// The hash of a password number `n`; never computed, only compared.
pub fn hash(n: u8) -> PasswordHash {
    PasswordHash::new(format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA${n:0>3}{}", "A".repeat(40)))
}

/// The error of what must be refused.
pub fn refused<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("was not refused"),
        Err(error) => error,
    }
}
