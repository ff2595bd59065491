//! Details that are missing from the audit: a verification accepts them only where a later purge erased them.

use rollbook::accounts::audit::{Links, detail_digest};
use rollbook::accounts::chain::Verification;
use rollbook::accounts::export::{Record, verify, verify_files};
use rollbook::accounts::{Edit, Error, Role, Span, Time, User};

use crate::world::{World, acting, file};

/// Root, alice and bob; alice has edited bob and root, and is purged. Then bob is edited.
fn with_purge() -> (tempfile::TempDir, World, rusqlite::Connection, User) {
    let (folder, path, mut w) = file();
    w.with_role("root", Role::Admin);
    let (alice, bob) = (w.with_role("alice", Role::Admin), w.person("bob"));
    note(&mut w, &alice);
    w.by(&acting(&alice), |a| a.set_policy("session-life", "7h")).unwrap();
    w.by(&acting(&alice), |a| a.edit(&bob.id, None, note_edit("by alice"))).unwrap();
    w.purge(&alice.id, None).unwrap();
    note(&mut w, &bob);
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    (folder, w, db, bob)
}

fn note_edit(text: &str) -> Edit {
    Edit { note: Some(Some(text.to_owned())), ..Edit::default() }
}

fn note(w: &mut World, user: &User) {
    w.pass(Span::SECOND);
    let text = format!("at {}", w.now().millis());
    w.edit(&user.id, None, note_edit(&text)).unwrap();
}

fn found(w: &mut World) -> Verification {
    w.verify_audit(None, &mut |_| {}).unwrap()
}

/// The number of the last entry of this deed.
fn entry(w: &mut World, deed: &str, actor: Option<&str>) -> i64 {
    let all = w.entries();
    all.iter().rev().find(|entry| entry.deed == deed && actor.is_none_or(|actor| entry.actor() == actor)).unwrap().seq
}

fn erase(db: &rusqlite::Connection, seq: i64) {
    assert_eq!(db.execute("DELETE FROM audit_detail WHERE seq = ?1", [seq]).unwrap(), 1, "{seq}");
}

#[test]
fn a_detail_that_a_purge_erased_is_accepted() {
    let (_folder, mut w, _db, _bob) = with_purge();
    let found = found(&mut w);
    assert_eq!(found.broken, None);
    assert_eq!(found.erased, 3, "created, edited, and what she did to the policy");
}

#[test]
fn a_deleted_detail_without_a_purge_is_found_and_named() {
    let all = with_purge().1.entries();
    let last = all.last().unwrap().seq;
    for seq in 1..=last {
        let (_folder, mut w, db, _bob) = with_purge();
        if db.execute("DELETE FROM audit_detail WHERE seq = ?1", [seq]).unwrap() == 0 {
            continue;
        }
        // Of a user who is not purged, of nobody, by the purged about another, of the purge, and after it.
        let deed = &all.iter().find(|entry| entry.seq == seq).unwrap().deed;
        assert_eq!(found(&mut w).broken.map(|(seq, _)| seq), Some(seq), "{deed}");
    }
}

#[test]
fn the_first_of_several_deleted_details_is_named() {
    let (_folder, mut w, db, _bob) = with_purge();
    let (purge, edit) = (entry(&mut w, "purge", None), entry(&mut w, "edit", None));
    assert!(edit > purge);
    erase(&db, edit);
    erase(&db, purge);
    let (seq, why) = found(&mut w).broken.unwrap();
    assert!(seq == purge && why.contains("purge"), "{seq} {why}");
}

/// Appends an entry as the engine does.
fn append(db: &rusqlite::Connection, deed: &str, target: &str) -> i64 {
    let (seq, before): (i64, [u8; 32]) = db
        .query_row("SELECT seq, digest FROM audit ORDER BY seq DESC LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let seq = seq + 1;
    let covered = detail_digest(b"{}");
    let at = Time::from_millis(1_795_276_900_000);
    let links = Links {
        seq,
        at,
        actor_kind: "operator",
        actor_id: None,
        deed,
        target: Some(target),
        detail_digest: &covered,
        before: &before,
    };
    db.execute(
        "INSERT INTO audit (seq, at, actor_kind, actor_id, deed, target, detail_digest, digest)
         VALUES (?1, ?2, 'operator', NULL, ?3, ?4, ?5, ?6)",
        rusqlite::params![seq, at.millis(), deed, target, covered, links.digest()],
    )
    .unwrap();
    db.execute("INSERT INTO audit_detail (seq, json) VALUES (?1, '{}')", [seq]).unwrap();
    seq
}

#[test]
fn a_forged_purge_explains_nothing() {
    let (_folder, mut w, db, bob) = with_purge();
    let edit = entry(&mut w, "edit", None);
    erase(&db, edit);
    let other = append(&db, "purge", "somebody else");
    assert_eq!(found(&mut w).broken.map(|(seq, _)| seq), Some(edit), "of another user");
    let forged = append(&db, "purge", bob.id.as_str());
    let (seq, why) = found(&mut w).broken.unwrap();
    assert!(seq == forged && why.contains("still there"), "{seq} {why}");
    db.execute("UPDATE audit SET target = ?1 WHERE seq = ?2", rusqlite::params![bob.id.as_str(), other]).unwrap();
    assert_eq!(found(&mut w).broken.map(|(seq, _)| seq), Some(other), "a changed entry");
}

#[test]
fn a_purge_before_the_entry_does_not_cover_it() {
    let (_folder, mut w, db, bob) = with_purge();
    w.purge(&bob.id, None).unwrap();
    assert_eq!(found(&mut w).broken, None);
    let later = append(&db, "edit", bob.id.as_str());
    assert_eq!(found(&mut w).broken, None);
    erase(&db, later);
    assert_eq!(found(&mut w).broken.map(|(seq, _)| seq), Some(later));
}

#[test]
fn an_exports_entry_is_never_erased() {
    let (_folder, mut w, db, _bob) = with_purge();
    let root = w.find("root").unwrap();
    w.with_role("other", Role::Admin);
    w.by(&acting(&root), |a| {
        let stretch = a.export_audit(None, &mut |_| Ok(())).unwrap().unwrap();
        a.exported(&stretch).unwrap();
    });
    w.purge(&root.id, None).unwrap();
    assert_eq!(found(&mut w).broken, None);
    let export = entry(&mut w, "export", None);
    erase(&db, export);
    assert_eq!(found(&mut w).broken.map(|(seq, _)| seq), Some(export));
}

/// The stretch up to this time, or to the end.
fn exported(w: &mut World, until: Option<Time>) -> Vec<Record> {
    let mut records = Vec::new();
    let put = &mut |record: &Record| {
        records.push(record.clone());
        Ok(())
    };
    let stretch = w.export_audit(until, put).unwrap().unwrap();
    w.exported(&stretch).unwrap();
    records
}

type Lines = Vec<Result<Record, Error>>;

fn lines(records: &[Record]) -> Lines {
    records.iter().cloned().map(Ok).collect()
}

#[test]
fn an_exported_detail_that_is_erased_needs_its_purge_in_the_same_or_a_later_file() {
    let (_folder, _, mut w) = file();
    w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    note(&mut w, &alice);
    let until = w.now();
    w.pass(Span::SECOND);
    w.purge(&alice.id, None).unwrap();
    let first = exported(&mut w, Some(until));
    let second = exported(&mut w, None);
    let (seq, why) = verify(lines(&first), None).unwrap().1.broken.unwrap();
    assert!(seq == 3 && why.contains("no later purge"), "{seq} {why}");
    assert_eq!(verify(lines(&second), None).unwrap().1.broken, None);
    let both = |files: [&Vec<Record>; 2]| verify_files(files.map(|file| Ok(lines(file))), None);
    let (after, found) = both([&first, &second]).unwrap();
    assert_eq!((after.seq, found.broken, found.erased), (0, None, 2));
    assert!(both([&second, &first]).unwrap_err().message.contains("does not begin where the one before it ends"));
    assert!(verify_files(Vec::<Result<Lines, Error>>::new(), None).is_err());
}

#[test]
fn a_detail_that_is_deleted_from_an_exported_file_is_found_and_named() {
    let (_folder, mut w, _db, _bob) = with_purge();
    let records = exported(&mut w, None);
    assert_eq!(verify(lines(&records), None).unwrap().1.broken, None);
    for at in 1..records.len() - 1 {
        let mut copy = records.clone();
        let Record::Entry(line) = &mut copy[at] else { panic!() };
        if line.detail.take().is_some() {
            let broken = verify(lines(&copy), None).unwrap().1.broken;
            assert_eq!(broken.map(|(seq, _)| seq), i64::try_from(at).ok());
        }
    }
}

#[test]
fn a_line_of_an_exported_file_has_no_other_fields() {
    let (_folder, mut w, _db, _bob) = with_purge();
    for record in exported(&mut w, None) {
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
        for more in ["\"note\":\"trust me\"", "\"audit_head\":\"1:00\",\"x\":1", "\"digest\":\"00\""] {
            let longer = line.replacen('{', &format!("{{{more},"), 1);
            assert!(serde_json::from_str::<Record>(&longer).is_err(), "{longer}");
        }
    }
}

#[test]
fn an_audit_with_an_unexplained_detail_is_not_exported_to_its_end() {
    let (_folder, mut w, db, _bob) = with_purge();
    let edit = entry(&mut w, "edit", None);
    erase(&db, edit);
    let error = w.export_audit(None, &mut |_| Ok(())).unwrap_err();
    assert!(error.message.contains(&format!("entry {edit}")), "{error}");
}
