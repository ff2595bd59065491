//! The corpus in a database, put there by another program that knows no rules.

use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use crate::corpus::corpus;
use crate::support::START;

/// A database file whose every text is one of the corpus; the n-th person carries the n-th text everywhere.
pub struct Planted {
    pub folder: tempfile::TempDir,
    pub path: PathBuf,
    /// The texts, as bytes.
    pub names: Vec<Vec<u8>>,
}

/// Text of any bytes.
fn text(bytes: &[u8]) -> Value {
    Value::Blob(bytes.to_vec())
}

impl Planted {
    /// All of the corpus.
    pub fn all() -> Planted {
        Planted::of(corpus())
    }

    /// These texts.
    pub fn of(names: Vec<Vec<u8>>) -> Planted {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.db");
        drop(rollbook::engines::create(&path).unwrap());
        plant(&path, &names);
        Planted { folder, path, names }
    }

    /// The id of the n-th person.
    pub fn id(n: usize) -> String {
        format!("id{n}")
    }
}

fn plant(path: &Path, names: &[Vec<u8>]) {
    let mut db = Connection::open(path).unwrap();
    let tx = db.transaction().unwrap();
    for (n, name) in names.iter().enumerate() {
        person(&tx, n, name);
        sessions(&tx, n, name);
        history(&tx, n, name);
        proofs(&tx, n, name);
    }
    tx.execute("UPDATE counter SET users = users + 1, sessions = sessions + 1", []).unwrap();
    tx.commit().unwrap();
}

fn person(db: &Connection, n: usize, name: &[u8]) {
    let odd: &[u8] = [&b"active"[..], b"inactive", b"pending", b"active", b"ACTIVE", name][n % 6];
    let role: &[u8] = [&b"member"[..], b"admin", name, b"auditor", b"root\x1b[2J"][n % 5];
    let (at, n64) = (START.millis(), i64::try_from(n).unwrap());
    let deleted = (n % 17 == 16).then_some(at - 5000);
    db.execute(
        "INSERT INTO user (seq, id, name, name_key, email, email_key, role, status, reason, status_by, status_at, note,
             labels, created_at, activated_at, last_login_at, valid_until, deleted_at, password_set_at)
         VALUES (?1, ?2, CAST(?3 AS TEXT), CAST(?4 AS TEXT), CAST(?3 AS TEXT), CAST(?4 AS TEXT), CAST(?5 AS TEXT),
             CAST(?6 AS TEXT), CAST(?3 AS TEXT), CAST(?3 AS TEXT), ?7, CAST(?3 AS TEXT), CAST(?3 AS TEXT), ?8, ?8, ?9,
             ?10, ?11, ?8)",
        params![
            n64 + 1,
            Planted::id(n),
            text(name),
            // Not folded as ours would be, and never twice.
            text(&[name, format!(" {n}").as_bytes()].concat()),
            text(role),
            text(odd),
            at - 60_000,
            at - 1_000_000 + n64,
            (!n.is_multiple_of(3)).then_some(at - n64 * 1000),
            (n % 13 == 12).then_some(i64::MAX),
            deleted,
        ],
    )
    .unwrap();
}

fn sessions(db: &Connection, n: usize, name: &[u8]) {
    let n64 = i64::try_from(n).unwrap();
    let at = START.millis() - n64;
    for live in [true, false] {
        let id = [if live { b"l" } else { b"e" }, name, format!("{n}").as_bytes()].concat();
        db.execute(
            "INSERT INTO session (id, user_seq, digest, created_at, expires_at, client, client_key, address,
                 address_key, ended_at, ended_by, refused, refused_at)
             VALUES (CAST(?1 AS TEXT), ?2, ?3, ?4, ?5, CAST(?6 AS TEXT), CAST(?6 AS TEXT), CAST(?6 AS TEXT),
                 CAST(?6 AS TEXT), ?7, CAST(?6 AS TEXT), 3, ?4)",
            params![
                text(&id),
                n64 + 1,
                text(&[if live { 1 } else { 2 }, u8::try_from(n).unwrap()].repeat(16)),
                at - 5000,
                n.is_multiple_of(2).then_some(at + 90_000_000),
                text(name),
                (!live).then_some(at - 1000),
            ],
        )
        .unwrap();
    }
    db.execute(
        "INSERT INTO failure (user_seq, minute, count, last, address) VALUES (?1, 1, 2, ?2, CAST(?3 AS TEXT))",
        params![n64 + 1, at, text(name)],
    )
    .unwrap();
}

/// A token, a wait that ends in the far future of any clock, and for some a second factor under a key of this name.
fn proofs(db: &Connection, n: usize, name: &[u8]) {
    let (seq, at) = (i64::try_from(n).unwrap() + 1, START.millis());
    // One field of the longest is enough; the rest would only take time.
    let short = &name[..name.len().min(10_000)];
    let id = [b"k", short, format!("{n}").as_bytes()].concat();
    db.execute(
        "INSERT INTO api_token (id, user_seq, digest, name, name_key, created_at, expires_at)
         VALUES (CAST(?1 AS TEXT), ?2, ?3, CAST(?4 AS TEXT), CAST(?4 AS TEXT), ?5, ?6)",
        params![text(&id), seq, text(&[3, u8::try_from(n).unwrap()].repeat(16)), text(name), at, i64::MAX],
    )
    .unwrap();
    db.execute(
        "INSERT INTO throttle (subject, source, user_seq, failures, held, since, last, until, address)
         VALUES (?1, x'', ?2, 9, 3, ?3, ?3, ?4, CAST(?5 AS TEXT))",
        params![text(&id), seq, at, at + 60_000, text(short)],
    )
    .unwrap();
    if n.is_multiple_of(4) {
        db.execute(
            "INSERT INTO factor (user_seq, key_id, sealed, last_step, enabled_at)
             VALUES (?1, CAST(?2 AS TEXT), x'00', ?3, ?4)",
            params![seq, text(short), i64::MAX, at],
        )
        .unwrap();
    }
}

/// Entries in the history: the text as every word of a detail, as the deed, and as something that is no JSON.
fn history(db: &Connection, n: usize, name: &[u8]) {
    let word = String::from_utf8_lossy(name);
    let told = serde_json::json!({
        "actor": word, "target": word, "origin": word, "reason": word, "words": word,
        "changes": [{ "field": word, "before": word, "after": word }],
    });
    let entries: [(&[u8], Vec<u8>); 3] =
        [(b"edit", told.to_string().into_bytes()), (name, told.to_string().into_bytes()), (b"delete", name.to_vec())];
    for (deed, json) in entries {
        db.execute(
            "INSERT INTO audit (at, actor_kind, actor_id, deed, target, detail_digest, digest)
             VALUES (?1, CAST(?2 AS TEXT), CAST(?2 AS TEXT), CAST(?3 AS TEXT), ?4, x'00', x'00')",
            params![START.millis() - 7000, text(name), text(deed), Planted::id(n)],
        )
        .unwrap();
        let seq = db.last_insert_rowid();
        db.execute("INSERT INTO audit_detail (seq, json) VALUES (?1, CAST(?2 AS TEXT))", params![seq, text(&json)])
            .unwrap();
    }
}
