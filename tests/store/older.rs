//! Files of the schema's earlier versions, with people in them, brought up to the present one.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rollbook::accounts::Kind;
use rollbook::accounts::change::UserChange;
use rollbook::accounts::session::Found;
use rollbook::accounts::throttle::Knock;
use rollbook::engines::{Access, memory, open, upgrade};
use rusqlite::Connection;

use crate::bench::{Bench, hash, refused};
use crate::factors::enable;
use crate::tokens::new_token;

/// The steps to each version but the last.
const STEPS: [&str; 6] = [
    include_str!("../../assets/schema/sqlite/0001.sql"),
    include_str!("../../assets/schema/sqlite/0002.sql"),
    include_str!("../../assets/schema/sqlite/0003.sql"),
    include_str!("../../assets/schema/sqlite/0004.sql"),
    include_str!("../../assets/schema/sqlite/0005.sql"),
    include_str!("../../assets/schema/sqlite/0006.sql"),
];

/// A file of this version with every row that the present file has in the columns that it knew.
fn of_version(version: usize, present: &Path) -> PathBuf {
    let path = present.with_file_name("older.db");
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
    let db = Connection::open(&path).unwrap();
    db.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA journal_mode = WAL").unwrap();
    for step in &STEPS[..version] {
        db.execute_batch(step).unwrap();
    }
    db.execute_batch(&format!("PRAGMA application_id = 0x524F4C4C; PRAGMA user_version = {version}")).unwrap();
    db.execute("ATTACH ?1 AS present", [present.to_str().unwrap()]).unwrap();
    let mut tables = db.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for table in tables {
        let columns: String = db
            .query_row("SELECT group_concat(name) FROM pragma_table_info(?1, 'main')", [&table], |row| row.get(0))
            .unwrap();
        db.execute_batch(&format!(
            "DELETE FROM main.{table}; INSERT INTO main.{table} ({columns}) SELECT {columns} FROM present.{table}"
        ))
        .unwrap();
    }
    path
}

#[test]
fn a_file_of_each_earlier_version_comes_up_with_all_that_was_in_it() {
    for version in 1..=STEPS.len() {
        comes_up_from(version);
    }
}

fn comes_up_from(version: usize) {
    let mut bench = Bench::file();
    let admin = bench.add_admin("root");
    let alice = bench.add("alice");
    let (session, digest) = bench.open(&alice);
    let reset = bench.reset(Some(&alice));
    bench.change(&admin, UserChange::Activate).unwrap();
    bench.store.note_failure(Some(&alice.id), Some("10.9.9.9"), bench.now, None).unwrap();
    let (trail, counters) = (bench.trail(), bench.store.counters().unwrap());
    let history = bench.store.history(&alice.id, 9).unwrap();
    let present = bench.path.clone().unwrap();
    bench.store = memory().unwrap();
    let path = of_version(version, &present);

    let error = refused(open(&path, Access::Full));
    assert_eq!((error.kind, error.hint.unwrap().contains("rollbook db upgrade")), (Kind::Schema, true));
    let upgraded = upgrade(&path, None).unwrap();
    assert_eq!((upgraded.from as usize, upgraded.to as usize), (version, STEPS.len() + 1));
    assert_eq!(refused(open(&upgraded.backup.unwrap(), Access::Full)).kind, Kind::Schema, "the copy is as it was");

    bench.store = open(&path, Access::Full).unwrap();
    let Found::Live(found) = bench.store.check_session(&digest, bench.now).unwrap() else { panic!("not live") };
    assert_eq!((&found.0.name, &found.1), (&alice.name, &session));
    assert_eq!(bench.user(&admin), admin);
    assert_eq!(bench.store.reset_owner(&reset, bench.now).unwrap(), Some(found.0.clone()));
    assert!(bench.store.hash_of(&alice.id).unwrap() == Some(hash(1)));
    assert_eq!((bench.trail(), bench.store.history(&alice.id, 9).unwrap()), (trail, history));
    let now = bench.store.counters().unwrap();
    assert_eq!((now.users, now.sessions), (counters.users, counters.sessions));
    // What the first version did not have works beside it.
    let (new, stamp) = (new_token(&mut bench, &alice, "ci"), bench.stamp());
    bench.store.insert_token(&new, &stamp).unwrap();
    assert!(bench.store.check_token(&new.digest, bench.now).unwrap().is_some());
    let changed = bench.change(&alice, UserChange::Contain).unwrap();
    assert_eq!((changed.ended, changed.revoked, changed.voided), (1, 1, 1));
    bench.assert_chain();
}

#[test]
fn whoever_does_not_know_the_later_tables_can_still_erase_people() {
    let mut bench = Bench::file();
    let alice = bench.add("alice");
    enable(&mut bench, &alice);
    let knock = Knock::new(Some(&alice.id), "alice", Some("10.0.0.1"), bench.now);
    bench.store.admit(&knock).unwrap();
    bench.fail_attempt("alice", Some("10.0.0.1"));
    let (new, stamp) = (new_token(&mut bench, &alice, "ci"), bench.stamp());
    bench.store.insert_token(&new, &stamp).unwrap();
    let other = Connection::open(bench.path.as_ref().unwrap()).unwrap();
    let held: i64 = other.query_row("SELECT count(*) FROM throttle JOIN known_source", [], |row| row.get(0)).unwrap();
    assert_eq!(held, 1);
    other.execute_batch("PRAGMA foreign_keys = ON; DELETE FROM credential; DELETE FROM user").unwrap();
    assert_eq!(bench.store.token(&new.id).unwrap(), None);
    assert!(bench.store.check_token(&new.digest, bench.now).unwrap().is_none());
    bench.add("bob");
    for table in ["api_token", "factor", "backup_code", "throttle", "known_source"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let left: i64 = other.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "{table}");
    }
}
