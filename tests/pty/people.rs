//! Databases for the console under test, made and looked at through the library.
#![allow(dead_code)] // each test binary uses its own part
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};

use rollbook::accounts::audit::{Entry, GENESIS, Links, detail_digest};
use rollbook::accounts::{Accounts, Draft, Secret, Status};
use rollbook::engines::{self, Access};
use rollbook::host::{SystemClock, SystemEntropy};
use tempfile::TempDir;

use crate::support;

pub const PASSWORD: &str = "seven green bicycles by the sea";

/// A database with three people, anna the eldest and cleo, who is pending, the newest; and the folder that holds it.
pub fn three() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("people.db");
    let mut accounts = on(engines::create(&db).unwrap());
    for name in ["anna", "bert", "cleo"] {
        let draft = Draft { pending: name == "cleo", ..Draft::named(name).unwrap() };
        accounts.create_user(draft, Some(&secret())).unwrap();
        // The order on the screen is that of creation, by the millisecond.
        let made = accounts.now();
        while accounts.now() <= made {
            std::hint::spin_loop();
        }
    }
    (folder, db)
}

pub fn open(db: &Path) -> Accounts {
    on(engines::open(db, Access::Full).unwrap())
}

pub fn status(db: &Path, name: &str) -> Status {
    open(db).find(name).unwrap().status
}

/// The database is whole: by its engine's own measure, and every entry of the audit chained to the one before.
pub fn is_whole(db: &Path) {
    let file = rusqlite::Connection::open(db).unwrap();
    let verdict: String = file.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    drop(file);
    let mut accounts = open(db);
    let mut entries = Vec::new();
    loop {
        let before = entries.last().map(|entry: &Entry| entry.seq);
        let page = accounts.audit(None, before, 200).unwrap();
        if page.is_empty() {
            break;
        }
        entries.extend(page);
    }
    entries.reverse();
    let mut before = GENESIS;
    for (number, entry) in entries.iter().enumerate() {
        assert_eq!(usize::try_from(entry.seq).unwrap(), number + 1, "the audit has no gaps");
        let detail = serde_json::to_vec(entry.detail.as_ref().expect("nothing is purged here")).unwrap();
        let links = Links {
            seq: entry.seq,
            at: entry.at,
            actor_kind: &entry.actor_kind,
            actor_id: entry.actor_id.as_ref().map(|id| id.as_str()),
            deed: &entry.deed,
            target: entry.target.as_ref().map(|id| id.as_str()),
            detail_digest: &detail_digest(&detail),
            before: &before,
        };
        assert_eq!(links.digest(), entry.digest, "entry {} holds the chain", entry.seq);
        before = entry.digest;
    }
}

pub fn secret() -> Secret {
    Secret::from(PASSWORD)
}

fn on(store: Box<dyn rollbook::accounts::store::Store>) -> Accounts {
    let ground = rollbook::accounts::Ground {
        store,
        clock: Box::new(SystemClock),
        entropy: Box::new(SystemEntropy),
        cost: Some(support::CHEAP),
        keys: Box::new(support::MemoryRing::default()),
    };
    Accounts::new(ground, support::operator(), "tty pts/7")
}
