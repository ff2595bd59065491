//! What only a file that several programs share can show: races, foreign hands, hostile rows.

use rollbook::accounts::audit::Deed;
use rollbook::accounts::change::UserChange;
use rollbook::accounts::query::{Anchor, Filter, Order, Query};
use rollbook::accounts::session::{Found, Uses};
use rollbook::accounts::{Draft, Kind, Role, Span, Status, Time, UserId};
use rollbook::engines::{Access, open};

use crate::bench::{Bench, hash, refused};
use crate::support::race;

fn beside(bench: &Bench) -> rusqlite::Connection {
    rusqlite::Connection::open(bench.path.as_ref().unwrap()).unwrap()
}

#[test]
fn w07_of_eight_who_take_a_name_at_once_one_gets_it() {
    let mut bench = Bench::file();
    let path = bench.path.clone().unwrap();
    let stamp = bench.stamp();
    let news: Vec<_> = (0..8).map(|_| bench.new_user(Draft::named("alice").unwrap(), None)).collect();
    let outcomes = race(news.iter().map(|new| (new, open(&path, Access::Full).unwrap())), |(new, mut store)| {
        store.insert_user(new, &stamp).map(|user| user.id).map_err(|error| error.kind)
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| !matches!(outcome, Err(kind) if *kind != Kind::DuplicateUser)));
    assert_eq!(bench.trail().len(), 1);
    bench.assert_chain();
}

#[test]
fn entries_written_at_once_make_one_chain() {
    let mut bench = Bench::file();
    let path = bench.path.clone().unwrap();
    let stamp = bench.stamp();
    let news: Vec<_> = (0..40).map(|n| bench.new_user(Draft::named(&format!("u{n}")).unwrap(), None)).collect();
    race(news.chunks(10).map(|part| (part, open(&path, Access::Full).unwrap())), |(part, mut store)| {
        for new in part {
            store.insert_user(new, &stamp).unwrap();
        }
    });
    assert_eq!(bench.trail().len(), 40);
    bench.assert_chain();
}

#[test]
fn a_foreign_commit_moves_the_foreign_counter() {
    let mut bench = Bench::file();
    let before = bench.store.counters().unwrap();
    beside(&bench).execute("UPDATE policy SET value = value", []).unwrap();
    assert_eq!(bench.store.counters().unwrap(), before, "nothing was written");
    beside(&bench).execute("INSERT INTO policy VALUES ('unheard-of', 'x')", []).unwrap();
    let after = bench.store.counters().unwrap();
    assert!(after.foreign != before.foreign && after.users == before.users);
    bench.store.policy().unwrap();
}

#[test]
fn whatever_bytes_a_row_holds_it_is_shown_and_can_be_deactivated() {
    let mut bench = Bench::file();
    bench.add("alice");
    let db = beside(&bench);
    db.execute_batch(
        "INSERT INTO user (id, name, name_key, email, role, status, reason, status_by, status_at, note, labels,
             created_at, activated_at, valid_until, password_set_at, version)
         VALUES (CAST(x'6964FF' AS TEXT), CAST(x'61FF1B5B' AS TEXT), CAST(x'61FF' AS TEXT), x'00FF', x'61646D696E',
             CAST(x'FF' AS TEXT), 1.5, x'FE', 'soon', 7, x'C328', 5, 'never', x'00', 'x', 1);
         INSERT INTO user (id, name, name_key, role, status, created_at) VALUES ('', '', '', 'king', 'active', -9);
         UPDATE policy SET value = x'FF'; INSERT INTO policy VALUES (x'FF', x'FE');
         UPDATE audit_detail SET json = x'FF7B'; UPDATE audit SET deed = x'FF', actor_kind = 5, digest = 'short';",
    )
    .unwrap();
    for order in Order::ALL {
        let query = Query { order, ..Query::default() };
        let page = bench.store.users_page(&query, &Anchor::Start, 9, bench.now).unwrap();
        assert_eq!(page.rows.len(), 3, "{order:?}");
        for (key, user) in page.rows {
            let at = bench.store.users_page(&query, &Anchor::From(key), 1, bench.now).unwrap();
            assert_eq!(at.rows[0].1, user, "{order:?}");
        }
    }
    bench.store.policy().unwrap();
    bench.trail();
    let odd = UserId::new(rollbook::accounts::text::from_bytes(b"id\xff"));
    let user = bench.store.user(&odd, bench.now).unwrap().unwrap();
    assert_eq!((user.role, user.status, user.valid_until), (Role::Member, Status::Inactive, Some(Time::default())));
    let changed = bench.change(&user, UserChange::Activate).unwrap();
    assert_eq!(changed.after.status, Status::Active);
    let name: Vec<u8> =
        db.query_row("SELECT CAST(name AS BLOB) FROM user WHERE seq = 2", [], |row| row.get(0)).unwrap();
    assert_eq!(name, b"a\xff\x1b[", "what was not changed is left as it was");
    assert_eq!(bench.store.history(&odd, 9).unwrap().len(), 1);
}

#[test]
fn an_end_that_is_no_number_has_passed() {
    let mut bench = Bench::file();
    let user = bench.add("alice");
    let (_, digest) = bench.open(&user);
    let reset = bench.reset(Some(&user));
    let db = beside(&bench);
    bench.pass(Span::SECOND);
    let live = Filter::parse_sessions("is:live").unwrap();
    for column in [
        "session SET expires_at",
        "session SET ended_at",
        "session SET idle",
        "user SET valid_until",
        "user SET deleted_at",
    ] {
        for odd in ["'2999-01-01 00:00'", "'soon'", "x'00'"] {
            db.execute_batch(&format!("UPDATE {column} = {odd}")).unwrap();
            let found = bench.store.check_session(&digest, bench.now).unwrap();
            assert!(!matches!(found, Found::Live(_)), "{column} = {odd}");
            assert_eq!(bench.store.sessions_count(&live, None, bench.now).unwrap(), 0, "{column} = {odd}");
            assert_eq!(bench.user(&user).sessions, 0, "{column} = {odd}");
            assert!(!bench.user(&user).can_log_in(bench.now) || column.starts_with("session"), "{column} = {odd}");
            db.execute_batch(&format!("UPDATE {column} = NULL")).unwrap();
            assert!(matches!(bench.store.check_session(&digest, bench.now).unwrap(), Found::Live(_)));
        }
    }
    db.execute_batch("UPDATE reset SET expires_at = '2999-01-01'").unwrap();
    assert_eq!(bench.store.reset_owner(&reset, bench.now).unwrap(), None);
}

#[test]
fn the_highest_numbers_in_a_row_stop_nothing_and_break_nothing() {
    let mut bench = Bench::file();
    let user = bench.add("alice");
    let db = beside(&bench);
    db.execute_batch("UPDATE user SET version = 9223372036854775807").unwrap();
    let user = bench.user(&user);
    let changed = bench.change(&user, UserChange::Deactivate).unwrap();
    assert!(changed.is_change());
    db.execute_batch("UPDATE user SET version = 9223372036854775807").unwrap();
    let stamp = bench.stamp();
    bench.store.set_password(&user.id, None, None, &hash(2), Deed::SetPassword, &stamp).unwrap();
    db.execute_batch("PRAGMA foreign_keys = OFF; UPDATE audit SET seq = 9223372036854775807 WHERE seq = 1").unwrap();
    let user = bench.user(&user);
    assert_eq!(refused(bench.change(&user, UserChange::Activate)).kind, Kind::Failure);
}

#[test]
fn a_hostile_trigger_does_not_run() {
    let mut bench = Bench::file();
    let user = bench.add("alice");
    beside(&bench)
        .execute_batch(
            "CREATE TRIGGER t AFTER UPDATE ON user BEGIN UPDATE user SET role = 'admin'; END;
             CREATE TRIGGER a BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END;",
        )
        .unwrap();
    bench.change(&user, UserChange::Deactivate).unwrap();
    assert_eq!(bench.user(&user).role, Role::Member);
    assert_eq!(bench.trail().len(), 2);
}

#[test]
fn a_load_into_an_empty_file_leaves_the_schema_as_it_was() {
    let schema = |bench: &Bench| -> Vec<(String, String)> {
        let db = beside(bench);
        let mut statement = db.prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    };
    let mut bench = Bench::file();
    let fresh = schema(&bench);
    let people = crate::books::samples(&crate::books::somebody(), 6_000);
    let stamp = bench.stamp();
    bench.store.load(&mut people.into_iter(), &[], &stamp, &mut |_| true).unwrap();
    assert_eq!(schema(&bench), fresh);
    let sound: String = beside(&bench).query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

#[test]
fn uses_wait_for_nobody() {
    let mut bench = Bench::file();
    let user = bench.add("alice");
    let (session, digest) = bench.open(&user);
    let other = beside(&bench);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let id = session.id.clone();
    bench.store.note_uses(Uses {
        used: vec![(id.clone(), bench.now)],
        refused: vec![(id, 1, bench.now)],
        ..Uses::default()
    });
    bench.store.check_session(&digest, bench.now).unwrap();
    // Closing waits for the writer, which gives up although the other program never lets go.
    bench.store = open(bench.path.as_ref().unwrap(), Access::Full).unwrap();
    other.execute_batch("COMMIT").unwrap();
    let found = bench.store.session(&session.id, bench.now).unwrap().unwrap();
    assert_eq!((found.last_used_at, found.refused), (None, 0));
}

#[test]
fn a_purged_number_is_not_used_again() {
    let mut bench = Bench::file();
    let stamp = bench.stamp();
    let user = bench.add("alice");
    bench.store.purge_user(&user.id, None, &stamp).unwrap();
    bench.add("bob");
    let seq: i64 = beside(&bench).query_row("SELECT seq FROM user", [], |row| row.get(0)).unwrap();
    assert_eq!(seq, 2);
}

#[test]
fn no_token_and_no_hash_but_one_is_kept() {
    let mut bench = Bench::file();
    let user = bench.add("alice");
    bench.open(&user);
    bench.reset(Some(&user));
    let (token, stamp) = (crate::tokens::new_token(&mut bench, &user, "ci"), bench.stamp());
    bench.store.insert_token(&token, &stamp).unwrap();
    bench.store.set_password(&user.id, None, None, &hash(2), Deed::SetPassword, &stamp).unwrap();
    let path = bench.path.clone().unwrap();
    // Closing the last connection writes the log back and removes it.
    bench.store = rollbook::engines::memory().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(hash(2).as_str()));
    assert!(!holds("$number1"), "the old hash is still in the file");
    assert!(!holds("rbs_") && !holds("rbr_") && !holds("rbk_"));
}

#[test]
fn a_purge_leaves_nothing_in_file_or_log() {
    let mut bench = Bench::file();
    let user = bench.add("Xanthippe");
    bench.open(&user);
    let stamp = bench.stamp();
    bench.store.purge_user(&user.id, None, &stamp).unwrap();
    for ending in ["", "-wal"] {
        let mut name = bench.path.clone().unwrap().into_os_string();
        name.push(ending);
        let bytes = std::fs::read(name).unwrap();
        assert!(!bytes.windows(9).any(|window| window.eq_ignore_ascii_case(b"xanthippe")), "in the file{ending}");
    }
}

#[test]
fn a_reader_cannot_write() {
    let mut bench = Bench::file();
    let user = bench.add("alice");
    bench.store = open(bench.path.as_ref().unwrap(), Access::ReadOnly).unwrap();
    assert_eq!(bench.user(&user).name, "alice");
    let error = refused(bench.change(&user, UserChange::Deactivate));
    assert_eq!((error.kind, error.message.contains("only be read")), (Kind::Failure, true));
}

#[test]
fn of_eight_tokens_of_one_name_created_at_once_one_comes_into_being() {
    let mut bench = Bench::file();
    let path = bench.path.clone().unwrap();
    let alice = bench.add("alice");
    let stamp = bench.stamp();
    let news: Vec<_> = (0..8).map(|_| crate::tokens::new_token(&mut bench, &alice, "ci")).collect();
    let outcomes = race(news.iter().map(|new| (new, open(&path, Access::Full).unwrap())), |(new, mut store)| {
        store.insert_token(new, &stamp).map(drop).map_err(|error| error.kind)
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(Kind::TokenNameExists)).count(), 7);
    assert_eq!(bench.store.tokens_of(&alice.id, 9, bench.now).unwrap().len(), 1);
    bench.assert_chain();
}

#[test]
fn whatever_bytes_a_token_holds_it_is_shown_and_can_be_revoked() {
    let mut bench = Bench::file();
    let alice = bench.add("alice");
    beside(&bench)
        .execute_batch(
            "INSERT INTO api_token (id, user_seq, digest, name, name_key, created_at, last_used_at)
             VALUES (CAST(x'6964FF' AS TEXT), 1, 'short', CAST(x'FF1B5B' AS TEXT), 7, 'soon', x'00');",
        )
        .unwrap();
    let list = bench.store.tokens_of(&alice.id, 9, bench.now).unwrap();
    assert_eq!((list.len(), list[0].last_used_at), (1, None));
    assert_eq!(rollbook::accounts::text::visible(&list[0].name), "\\x{ff}\\u{1b}[");
    let stamp = bench.stamp();
    assert_eq!(bench.store.revoke_token(&list[0].id, &stamp).unwrap().as_ref(), Some(&list[0]));
    assert_eq!(bench.store.tokens_of(&alice.id, 9, bench.now).unwrap(), []);
    let endless = beside(&bench).execute(
        "INSERT INTO api_token (id, user_seq, digest, name, name_key, created_at, expires_at)
         VALUES ('2', 1, x'00', 'ci', 'ci', 1, 'never')",
        [],
    );
    assert!(endless.is_err(), "an end that is no number would be none");
}
