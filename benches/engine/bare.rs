//! What a log-in has to write, by bare statements that are prepared once: the least that this schema, its indexes and two
//! commits cost, of which the second waits for the disk. Nothing is checked, folded, chained or answered.

use std::path::Path;

use rusqlite::{Connection, params};

/// Somebody in a file that is nobody else's, who logs in without being asked for anything.
pub struct Bare {
    db: Connection,
    name: String,
    user: i64,
    turn: i64,
}

impl Bare {
    /// For whoever has this name.
    pub fn new(path: &Path, name: &str) -> Bare {
        let db = Connection::open(path).unwrap();
        db.execute_batch("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -3072").unwrap();
        let user =
            db.query_row("SELECT seq FROM user WHERE name_key = ?1 AND deleted_at IS NULL", [name], |row| row.get(0));
        Bare { db, name: name.to_owned(), user: user.unwrap(), turn: 0 }
    }

    /// Counts the try, and opens a session.
    pub fn log_in(&mut self, digest: [u8; 32]) {
        self.turn += 1;
        let now = 1_800_000_000_000_i64 + self.turn * 60_000;
        let write = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            self.db.prepare_cached(sql).unwrap().execute(values).unwrap();
        };
        let id: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        self.db.execute_batch("PRAGMA synchronous = NORMAL").unwrap();
        write("BEGIN IMMEDIATE", &[]);
        let known: i64 = self
            .db
            .prepare_cached("SELECT seq FROM user WHERE name_key = ?1 AND deleted_at IS NULL")
            .unwrap()
            .query_row([&self.name], |row| row.get(0))
            .unwrap();
        write(
            "INSERT INTO throttle (subject, source, user_seq, failures, since, last, until)
             VALUES (?1, x'00', ?2, 1, ?3, ?3, ?3)",
            params![digest, known, now],
        );
        write("COMMIT", &[]);
        self.db.execute_batch("PRAGMA synchronous = EXTRA").unwrap();
        write("BEGIN IMMEDIATE", &[]);
        write("UPDATE user SET last_login_at = ?2 WHERE seq = ?1", params![self.user, now]);
        write(
            "INSERT INTO session (id, user_seq, digest, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, self.user, digest, now, now + 86_400_000],
        );
        write("DELETE FROM throttle WHERE subject = ?1 AND source = x'00'", params![digest]);
        write(
            "INSERT INTO audit (seq, at, actor_kind, deed, target, detail_digest, digest)
             SELECT max(seq) + 1, ?1, 'service', 'log in', ?2, ?3, ?3 FROM audit",
            params![now, id, digest],
        );
        let entry = self.db.last_insert_rowid();
        write("INSERT INTO audit_detail (seq, json) VALUES (?1, '{\"actor\":\"bench\"}')", params![entry]);
        write("UPDATE clock SET high = ?1", params![now]);
        write("UPDATE counter SET users = users + 1, sessions = sessions + 1", &[]);
        write("COMMIT", &[]);
    }
}
