//! The audit changed behind its back, by SQL, in every way there is: a verification finds it and names the first entry
//! that is not what was written.

use rollbook::accounts::chain::{Head, Verification};
use rollbook::accounts::{Edit, Role, Span};

use crate::support::long;
use crate::world::{World, file};

/// A world of twenty entries, and another program's connection to its file.
fn written() -> (tempfile::TempDir, World, rusqlite::Connection) {
    let (folder, path, mut w) = file();
    let root = w.with_role("root", Role::Admin);
    for n in 0..18 {
        w.pass(Span::SECOND);
        let edit = Edit { note: Some(Some(format!("note {n}"))), ..Edit::default() };
        w.edit(&root.id, None, edit).unwrap();
    }
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    (folder, w, db)
}

fn verify(w: &mut World, kept: Option<Head>) -> Verification {
    w.verify_audit(kept, &mut |_| {}).unwrap()
}

/// The entry that is named after these statements; 0 where nothing is.
fn named(sql: &str) -> i64 {
    let (_folder, mut w, db) = written();
    let before = verify(&mut w, None);
    assert_eq!((before.entries, before.broken), (20, None));
    db.execute_batch(sql).expect(sql);
    verify(&mut w, None).broken.map_or(0, |(seq, _)| seq)
}

#[test]
fn a_changed_entry_is_found_and_named() {
    for column in [
        "at = at + 1",
        "actor_kind = 'service'",
        "actor_id = 'x'",
        "deed = 'end'",
        "target = NULL",
        "target = 'x'",
        "detail_digest = zeroblob(32)",
        "digest = zeroblob(32)",
        "digest = 'text'",
    ] {
        // The first is about nobody already.
        for seq in [2, 7, 20] {
            assert_eq!(named(&format!("UPDATE audit SET {column} WHERE seq = {seq}")), seq, "{column}");
        }
    }
    assert_eq!(named("UPDATE audit SET deed = 'end' WHERE seq = 1"), 1);
    for json in ["json || ' '", "replace(json, 'note', 'nota')", "'{}'", "''", "x'ff'"] {
        assert_eq!(named(&format!("UPDATE audit_detail SET json = {json} WHERE seq = 7")), 7, "{json}");
    }
}

#[test]
fn a_deleted_entry_is_found_and_named() {
    for seq in [1, 7, 19] {
        let gone = format!("DELETE FROM audit_detail WHERE seq = {seq}; DELETE FROM audit WHERE seq = {seq}");
        assert_eq!(named(&gone), seq);
        let closed = format!("{gone}; UPDATE audit SET seq = seq - 1 WHERE seq > {seq}");
        assert_eq!(named(&closed), seq, "with the gap closed");
    }
    assert_eq!(named("DELETE FROM audit_detail WHERE seq < 7; DELETE FROM audit WHERE seq < 7"), 1);
}

#[test]
fn an_inserted_entry_is_found_and_named() {
    let copy = |seq: i64, of: i64| {
        format!(
            "INSERT INTO audit SELECT {seq}, at, actor_kind, actor_id, deed, target, detail_digest, digest
                 FROM audit WHERE seq = {of};
             INSERT INTO audit_detail SELECT {seq}, json FROM audit_detail WHERE seq = {of};"
        )
    };
    assert_eq!(named(&copy(21, 20)), 21);
    for before_the_first in [0, -5, i64::MIN] {
        assert_eq!(named(&copy(before_the_first, 1)), before_the_first);
    }
    let make_room = "UPDATE audit SET seq = -seq WHERE seq >= 7; UPDATE audit SET seq = 1 - seq WHERE seq < 0;
         UPDATE audit_detail SET seq = -seq WHERE seq >= 7; UPDATE audit_detail SET seq = 1 - seq WHERE seq < 0;";
    assert_eq!(named(&format!("{make_room} {}", copy(7, 6))), 7);
}

fn verify_after(sql: &str) -> Option<(i64, &'static str)> {
    let (_folder, mut w, db) = written();
    db.execute_batch(sql).unwrap();
    verify(&mut w, None).broken
}

#[test]
fn swapped_entries_are_found_and_the_first_is_named() {
    let swap = |table: &str, a: i64, b: i64| {
        format!(
            "UPDATE {table} SET seq = -1 WHERE seq = {a}; UPDATE {table} SET seq = {a} WHERE seq = {b};
             UPDATE {table} SET seq = {b} WHERE seq = -1;"
        )
    };
    for (a, b) in [(7, 8), (3, 19), (1, 20)] {
        assert_eq!(named(&format!("{} {}", swap("audit", a, b), swap("audit_detail", a, b))), a);
        assert_eq!(named(&swap("audit_detail", a, b)), a, "details alone");
    }
}

#[test]
fn a_cut_off_end_and_a_rewritten_whole_are_found_against_a_head_that_was_kept_elsewhere() {
    let cut = "DELETE FROM audit_detail WHERE seq > 15; DELETE FROM audit WHERE seq > 15";
    assert_eq!(named(cut), 0, "a chain alone does not show it");
    let (_folder, mut w, db) = written();
    let kept = verify(&mut w, None).head.unwrap();
    assert_eq!((kept.seq, verify(&mut w, Some(kept)).broken), (20, None));
    db.execute_batch(cut).unwrap();
    let (seq, why) = verify(&mut w, Some(kept)).broken.unwrap();
    assert!(seq == 16 && why.contains("cut off"), "{seq} {why}");
    // Cut off and written on: as many entries, each following from the one before.
    let root = w.find("root").unwrap();
    for n in 0..9 {
        let edit = Edit { note: Some(Some(format!("another {n}"))), ..Edit::default() };
        w.edit(&root.id, None, edit).unwrap();
    }
    assert_eq!(verify(&mut w, None).broken, None);
    assert_eq!(verify(&mut w, Some(kept)).broken.unwrap().0, 20);
}

#[test]
fn a_claimed_removal_that_no_export_tells_of_is_found() {
    let claim = "DELETE FROM audit_detail WHERE seq <= 7;
         INSERT INTO audit_floor SELECT 1, seq, digest FROM audit WHERE seq = 7; DELETE FROM audit WHERE seq <= 7;";
    let (seq, why) = verify_after(claim).unwrap();
    assert!(seq == 8 && why.contains("no export"), "{seq} {why}");
}

#[test]
fn a_million_entries_verify_in_under_ten_seconds() {
    let (_folder, mut w, db) = written();
    let count: i64 = if long() { 1_000_000 } else { 20_000 };
    fill(&db, count);
    let began = std::time::Instant::now();
    let found = verify(&mut w, None);
    let took = began.elapsed();
    assert_eq!((found.entries as i64, found.broken), (count, None));
    eprintln!("{count} entries verified in {took:?}");
    // Only the long run, on a quiet machine, holds the time: ten seconds in a release build.
    let most = if cfg!(debug_assertions) { 30 } else { 10 };
    assert!(!long() || took.as_secs() < most, "{took:?}");
}

/// Appends entries to the chain as fast as it goes: what the engine writes, in one transaction.
fn fill(db: &rusqlite::Connection, count: i64) {
    use rollbook::accounts::audit::{Links, detail_digest};
    use rollbook::accounts::token::hex;
    db.execute_batch("BEGIN").unwrap();
    let mut before: [u8; 32] =
        db.query_row("SELECT digest FROM audit ORDER BY seq DESC LIMIT 1", [], |row| row.get(0)).unwrap();
    let mut entry = db.prepare("INSERT INTO audit VALUES (?1, ?2, 'user', ?3, 'edit', ?4, ?5, ?6)").unwrap();
    let mut detail = db.prepare("INSERT INTO audit_detail VALUES (?1, ?2)").unwrap();
    for seq in 21..=count {
        let (actor, target) = (hex(&[7; 16]), hex(&seq.to_be_bytes()));
        let json = format!(
            "{{\"target\":\"person {seq}\",\"origin\":\"tty pts/7, ssh from 10.0.0.9\",\
              \"changes\":[{{\"field\":\"note\",\"before\":\"\",\"after\":\"note {seq}\"}}]}}"
        );
        let covered = detail_digest(json.as_bytes());
        let at = rollbook::accounts::Time::from_millis(1_795_276_900_000 + seq);
        let digest = Links {
            seq,
            at,
            actor_kind: "user",
            actor_id: Some(&actor),
            deed: "edit",
            target: Some(&target),
            detail_digest: &covered,
            before: &before,
        }
        .digest();
        entry.execute(rusqlite::params![seq, at.millis(), actor, target, covered, digest]).unwrap();
        detail.execute(rusqlite::params![seq, json]).unwrap();
        before = digest;
    }
    db.execute_batch("COMMIT").unwrap();
}
