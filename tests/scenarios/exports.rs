//! The audit exported: a stretch in a file of its own verifies alone, and what is left verifies without it.

use rollbook::accounts::chain::Head;
use rollbook::accounts::error::Kind;
use rollbook::accounts::export::{Record, Stretch, verify};
use rollbook::accounts::{Actor, Edit, Role, Span, User};

use crate::world::{World, acting, file, kind, refused};

impl World {
    fn export(&mut self) -> (Vec<Record>, Stretch) {
        let mut records = Vec::new();
        let put = &mut |record: &Record| {
            records.push(record.clone());
            Ok(())
        };
        let stretch = self.export_audit(None, put).unwrap().unwrap();
        self.exported(&stretch).unwrap();
        (records, stretch)
    }

    fn notes(&mut self, user: &User, count: usize) {
        for n in 0..count {
            self.pass(Span::SECOND);
            let edit = Edit { note: Some(Some(format!("note {n}, {}", self.now().millis()))), ..Edit::default() };
            self.edit(&user.id, None, edit).unwrap();
        }
    }

    /// Days that go by with something done on each, so that the clock is seen to go; then the upkeep.
    fn working_days(&mut self, user: &User, days: i64) -> u32 {
        for _ in 0..days {
            self.pass(Span::DAY);
            self.notes(user, 1);
        }
        let mut gone = 0;
        loop {
            let tidied = self.tidy(500).unwrap();
            gone += tidied.entries;
            if !tidied.more {
                return gone;
            }
        }
    }

    fn broken(&mut self) -> Option<i64> {
        self.verify_audit(None, &mut |_| {}).unwrap().broken.map(|(seq, _)| seq)
    }
}

fn alone(records: &[Record], kept: Option<Head>) -> (Head, u64, Option<i64>) {
    let (after, found) = verify(records.iter().cloned().map(Ok), kept).unwrap();
    (after, found.entries, found.broken.map(|(seq, _)| seq))
}

#[test]
fn a_stretch_verifies_alone_and_stretch_joins_stretch() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    w.notes(&root, 8);
    let (first, stretch) = w.export();
    assert_eq!((stretch.after.seq, stretch.head.seq, stretch.entries), (0, 10, 10));
    assert_eq!(w.last_deed(), "export");
    assert_eq!(alone(&first, Some(stretch.head)), (stretch.after, 10, None));
    w.notes(&root, 3);
    let (second, next) = w.export();
    assert_eq!((next.after, next.head.seq), (stretch.head, 14), "the checkpoint itself is in the next");
    assert_eq!(alone(&second, None), (stretch.head, 4, None));
    assert_eq!(w.broken(), None);
    let until = w.now();
    w.notes(&root, 2);
    let mut seen = 0;
    let third = w.export_audit(Some(until), &mut |_| {
        seen += 1;
        Ok(())
    });
    assert_eq!((third.unwrap().unwrap().head.seq, seen), (15, 3), "no further than was asked for");
}

#[test]
fn every_tampering_with_an_exported_file_is_found() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    w.notes(&root, 8);
    let (records, stretch) = w.export();
    type Hand = fn(&mut Vec<Record>);
    fn line(records: &mut [Record], at: usize) -> &mut rollbook::accounts::export::Line {
        match &mut records[at] {
            Record::Entry(line) => line,
            other => panic!("{other:?}"),
        }
    }
    let hands: [(i64, Hand); 9] = [
        (5, |records| line(records, 5).deed = "end".into()),
        (5, |records| line(records, 5).at_ms += 1),
        (5, |records| line(records, 5).at = "2001-01-01T00:00:00.000Z".into()),
        (5, |records| line(records, 5).detail = Some("{}".into())),
        (5, |records| line(records, 5).digest = "zz".into()),
        (5, |records| drop(records.remove(5))),
        (5, |records| records.swap(5, 6)),
        (10, |records| drop(records.remove(10))),
        (11, |records| drop(records.pop())),
    ];
    for (n, (seq, hand)) in hands.into_iter().enumerate() {
        let mut copy = records.clone();
        hand(&mut copy);
        assert_eq!(alone(&copy, None).2, Some(seq), "{n}");
    }
    let other = Head { digest: [3; 32], ..stretch.head };
    assert_eq!(alone(&records, Some(other)).2, Some(10), "written anew");
    let beyond = Head { seq: 99, ..stretch.head };
    assert_eq!(kind(verify(records.iter().cloned().map(Ok), Some(beyond))), Kind::Failure, "in another file");
    assert_eq!(kind(verify([], None)), Kind::Failure);
    assert_eq!(kind(verify(records[1..].iter().cloned().map(Ok), None)), Kind::Failure);
}

#[test]
fn what_was_exported_goes_by_retention_and_the_rest_verifies_from_the_checkpoint() {
    let (_folder, path, mut w) = file();
    let root = w.with_role("root", Role::Admin);
    w.notes(&root, 8);
    w.set_policy("retention-audit", "30d").unwrap();
    assert_eq!(w.working_days(&root, 40), 0, "nothing that was not exported ever goes");
    let (records, stretch) = w.export();
    assert_eq!(w.working_days(&root, 5), 26, "and only what is old enough");
    assert_eq!(w.broken(), None);
    let kept = w.entries()[0].seq;
    assert_eq!(kept, 27);
    w.working_days(&root, 40);
    assert_eq!(w.entries()[0].seq, stretch.head.seq + 1);
    assert_eq!(w.broken(), None);
    assert_eq!(alone(&records, None).2, None);
    // A head from before is looked for in the file, and the join is held by its own digest.
    let error = refused(w.verify_audit(Some(Head { seq: 3, digest: [0; 32] }), &mut |_| {}));
    assert!(error.kind == Kind::ConstraintViolation && error.hint.unwrap().contains("--export"));
    let at_join = Some(Head { digest: [1; 32], ..stretch.head });
    assert_eq!(w.verify_audit(at_join, &mut |_| {}).unwrap().broken.unwrap().0, stretch.head.seq);
    assert_eq!(w.verify_audit(Some(stretch.head), &mut |_| {}).unwrap().broken, None);
    // The next export follows, though the first entry is long gone.
    let (second, next) = w.export();
    assert_eq!((next.after, alone(&second, None).2), (stretch.head, None));

    let db = rusqlite::Connection::open(path).unwrap();
    for sql in [
        "UPDATE audit_floor SET digest = zeroblob(32)",
        "UPDATE audit_floor SET seq = seq - 1",
        "DELETE FROM audit_floor",
        "UPDATE audit_detail SET json = replace(json, 'exported', 'forgotten') WHERE json LIKE '%exported%'",
    ] {
        db.execute_batch(&format!("PRAGMA foreign_keys = OFF; SAVEPOINT s; {sql}; RELEASE s")).unwrap();
        assert!(w.broken().is_some(), "{sql}");
        db.execute_batch(&format!(
            "INSERT OR REPLACE INTO audit_floor VALUES (1, {}, x'{}')",
            stretch.head.seq,
            rollbook::accounts::token::hex(&stretch.head.digest)
        ))
        .unwrap();
    }
}

#[test]
fn exporting_is_the_administrators_and_a_purge_of_the_one_who_did_it_leaves_the_checkpoint() {
    let mut w = World::new();
    let (root, eve) = (w.with_role("root", Role::Admin), w.with_role("eve", Role::Auditor));
    w.with_role("other", Role::Admin);
    for actor in [acting(&eve), Actor::Service("web".into())] {
        assert_eq!(kind(w.by(&actor, |a| a.export_audit(None, &mut |_| Ok(())))), Kind::Unauthorized);
    }
    w.give_reason(Some("before the audit of the year")).unwrap();
    w.by(&acting(&root), |a| {
        let stretch = a.export_audit(None, &mut |_| Ok(())).unwrap().unwrap();
        assert_eq!(kind(a.exported(&Stretch { head: Head { seq: 1, ..stretch.head }, ..stretch })), Kind::Stale);
        a.exported(&stretch).unwrap();
    });
    let detail = w.entries().pop().unwrap().detail.unwrap();
    assert_eq!((detail.actor.as_str(), detail.origin.as_str(), detail.reason), ("", "", None), "nothing of theirs");
    w.purge(&root.id, None).unwrap();
    w.set_policy("retention-audit", "1d").unwrap();
    let other = w.find("other").unwrap();
    assert!(w.working_days(&other, 3) > 0);
    assert_eq!(w.broken(), None);
}

#[test]
fn a_purge_finds_the_name_where_its_entry_has_gone() {
    let mut w = World::new();
    let (root, alice) = (w.with_role("root", Role::Admin), w.with_role("alice", Role::Admin));
    w.by(&acting(&root), |a| a.deactivate(&alice.id, None)).unwrap();
    assert_eq!(w.look(&alice).status_by.as_deref(), Some("root"));
    w.with_role("other", Role::Admin);
    w.export();
    w.set_policy("retention-audit", "1d").unwrap();
    let other = w.find("other").unwrap();
    assert!(w.working_days(&other, 5) > 3);
    w.purge(&root.id, None).unwrap();
    assert_eq!(w.look(&alice).status_by, None);
}

#[test]
fn an_export_that_fails_on_the_way_leaves_no_checkpoint_and_a_broken_chain_is_not_exported() {
    let (_folder, path, mut w) = file();
    let root = w.with_role("root", Role::Admin);
    w.notes(&root, 3);
    let full = || rollbook::accounts::Error::new(Kind::Failure, "the disk is full");
    let mut left = 3;
    let error = w.export_audit(None, &mut |_| {
        left -= 1;
        if left == 0 { Err(full()) } else { Ok(()) }
    });
    assert_eq!(error, Err(full()));
    assert_eq!(w.last_deed(), "edit");
    rusqlite::Connection::open(path).unwrap().execute("UPDATE audit SET deed = 'end' WHERE seq = 3", []).unwrap();
    let error = refused(w.export_audit(None, &mut |_| Ok(())));
    assert!(error.message.contains("entry 3"), "{error}");
}
