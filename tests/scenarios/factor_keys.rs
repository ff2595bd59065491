//! The key of the second factors: without it nobody gets past one, and a copy of the database is worth nothing.

use std::path::Path;

use rollbook::accounts::error::{Error, Kind};
use rollbook::accounts::seal::{Keyring as _, Slot};
use rollbook::accounts::{Accounts, Role, Span, User, base32};
use rollbook::host::key::KeyFile;

use crate::factor::{App, enrol, ringed};
use crate::support::{CHEAP, race};
use crate::world::{PASSWORD, World, acting, file, kind, open, pw, refused};

fn knock(w: &mut World, name: &str, code: &str) -> rollbook::accounts::Result<User> {
    w.authenticate(name, &pw(PASSWORD), Some(code))
}

fn obstacles(w: &mut World, user: &User) -> Vec<(&'static str, Option<String>)> {
    let (_, verdict) = w.why(&user.id).unwrap();
    verdict.obstacles.iter().map(|obstacle| (obstacle.word, obstacle.reason.clone())).collect()
}

#[test]
fn p22_without_its_key_a_factor_lets_nobody_in_and_only_the_operator_hears_why() {
    let (mut w, ring) = ringed();
    // What is tried here is the codes, not the waits after them.
    w.set_policy("throttle", "off").unwrap();
    let (alice, root) = (w.person("alice"), w.with_role("root", Role::Admin));
    let (app, codes) = enrol(&mut w, &alice);
    enrol(&mut w, &root);
    let key = ring.bytes(Slot::Present);
    assert_eq!(obstacles(&mut w, &alice), []);
    for other in [None, Some([7; 32])] {
        ring.put(Slot::Present, other);
        let code = app.code(&w);
        for shown in [code.as_str(), codes[0].expose(), "000000"] {
            let error = refused(knock(&mut w, "alice", shown));
            assert_eq!(error.kind, Kind::Failure);
            assert!(error.message.contains("/memory/key") && error.message.contains("2 people"), "{error}");
            let told = refused(w.served(|a| a.authenticate("alice", &pw(PASSWORD), Some(shown))));
            assert_eq!(told, Error::invalid_otp_code(), "to a service it is a code like any other");
        }
        assert_eq!(kind(w.served(|a| a.authenticate("alice", &pw(PASSWORD), None))), Kind::MissingOtpCode);
        assert_eq!(kind(w.authenticate("alice", &pw("wrong"), Some(&code))), Kind::InvalidCredentials);
        let [(word, reason)] = obstacles(&mut w, &alice)[..].to_vec().try_into().unwrap();
        assert_eq!(word, "factor_key_missing");
        assert!(reason.unwrap().contains("/memory/key"));
        let told = w.by(&acting(&root), |a| a.why(&alice.id).unwrap().1);
        assert_eq!((told.can_log_in(), told.obstacles[0].reason.clone()), (false, None));
        let report = w.key_report().unwrap();
        assert_eq!((report.people, report.shut), (2, 2));
    }
    ring.put(Slot::Present, key);
    let code = app.code(&w);
    knock(&mut w, "alice", &code).unwrap();
    assert_eq!(w.codes_left(&alice.id).unwrap(), 10, "no code was used up meanwhile");
}

#[test]
fn p22_no_key_is_made_while_factors_stand_under_another() {
    let (mut w, ring) = ringed();
    let (alice, bob) = (w.person("alice"), w.person("bob"));
    assert_eq!(w.prepare_key().unwrap().as_deref(), Some("/memory/key"));
    assert_eq!(w.prepare_key().unwrap(), None, "once");
    let key = ring.bytes(Slot::Present).unwrap();
    enrol(&mut w, &alice);
    assert_eq!(ring.bytes(Slot::Present), Some(key), "the first use takes the key that is there");
    ring.lose();
    let app = App(w.begin_factor(&bob.id).unwrap().secret);
    let code = app.code(&w);
    let error = refused(w.enable_factor(&bob.id, None, &app.0, &code));
    assert_eq!(error.kind, Kind::Failure);
    assert!(error.message.contains("/memory/key") && error.message.contains("1 person"), "{error}");
    assert_eq!(kind(w.prepare_key()), Kind::Failure);
    assert_eq!(kind(w.rekey_factors()), Kind::Failure);
    assert_eq!(ring.bytes(Slot::Present), None);
    // What cannot be opened can be turned off; then a new key may be made.
    w.disable_factor(&alice.id, None, false).unwrap();
    w.enable_factor(&bob.id, None, &app.0, &code).unwrap();
    assert_ne!(ring.bytes(Slot::Present), Some(key));
}

fn sql(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn p22_a_row_that_is_moved_or_changed_opens_nothing() {
    let (_folder, path, mut w) = file();
    w.accounts = open(&path, &w.clock, 9, CHEAP);
    let (alice, mallory) = (w.person("alice"), w.person("mallory"));
    let (app, codes) = enrol(&mut w, &mallory);
    enrol(&mut w, &alice);
    // Mallory's secret and codes in the place of Alice's.
    sql(
        &path,
        "UPDATE factor SET sealed = (SELECT sealed FROM factor WHERE user_seq =
             (SELECT seq FROM user WHERE name = 'mallory'))
         WHERE user_seq = (SELECT seq FROM user WHERE name = 'alice');
         INSERT INTO backup_code SELECT (SELECT seq FROM user WHERE name = 'alice'), digest FROM backup_code
             WHERE user_seq = (SELECT seq FROM user WHERE name = 'mallory')",
    );
    for shown in [app.code(&w).as_str(), codes[0].expose()] {
        assert_eq!(kind(w.served(|a| a.authenticate("alice", &pw(PASSWORD), Some(shown)))), Kind::InvalidOtpCode);
        assert_eq!(kind(knock(&mut w, "alice", shown)), Kind::Failure);
    }
    assert_eq!(obstacles(&mut w, &alice), [("factor_changed", None)]);
    assert_eq!(kind(w.rekey_factors()), Kind::Failure, "nobody's row is dropped on the way");
    let code = app.code(&w);
    knock(&mut w, "mallory", &code).unwrap();
    w.disable_factor(&alice.id, None, false).unwrap();
    w.rekey_factors().unwrap();
}

#[test]
fn p22_a_copy_of_the_database_alone_gives_nobody_a_code() {
    let (folder, path, mut w) = file();
    w.accounts = open(&path, &w.clock, 9, CHEAP);
    let alice = w.person("alice");
    let (app, codes) = enrol(&mut w, &alice);
    let key = std::fs::read_to_string(path.with_extension("key")).unwrap();
    let stored: Vec<u8> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "key"))
        .flat_map(|path| std::fs::read(path).unwrap())
        .collect();
    let contains = |needle: &[u8]| stored.windows(needle.len()).any(|window| window == needle);
    assert!(contains(b"alice"), "the search itself works");
    let raw = base32::decode(app.0.expose()).unwrap();
    assert!(!contains(app.0.expose().as_bytes()) && !contains(&raw) && !contains(&raw[..8]));
    assert!(!contains(key.trim().as_bytes()));
    for code in &codes {
        let bytes = base32::decode(code.expose()).unwrap();
        assert!(!contains(code.expose().as_bytes()) && !contains(&bytes));
        assert!(!contains(code.expose().replace('-', "").as_bytes()));
    }
    // Whoever copies the file brings no key, and may put one of their own beside it.
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.db");
    sql(&path, &format!("VACUUM INTO '{}'", copy.display()));
    std::fs::set_permissions(&copy, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut thief = open(&copy, &w.clock, 1, CHEAP);
    let code = app.code(&w);
    assert_eq!(kind(thief.authenticate("alice", &pw(PASSWORD), Some(&code))), Kind::Failure);
    KeyFile::new(copy.with_extension("key"))
        .make(Slot::Present, &rollbook::accounts::seal::Key::new([7; 32].into()))
        .unwrap();
    assert_eq!(kind(thief.authenticate("alice", &pw(PASSWORD), Some(&code))), Kind::Failure);
}

#[test]
fn another_key_takes_the_place_of_the_present_one_and_nobody_notices() {
    let (mut w, ring) = ringed();
    let people: Vec<User> = (0..3).map(|n| w.person(&format!("p{n}"))).collect();
    let apps: Vec<App> = people.iter().map(|user| enrol(&mut w, user).0).collect();
    let old = ring.bytes(Slot::Present);
    let admin = acting(&w.with_role("root", Role::Admin));
    assert_eq!(kind(w.by(&admin, Accounts::rekey_factors)), Kind::Unauthorized, "the file is the operator's");
    let done = w.rekey_factors().unwrap();
    assert_eq!((done.people, done.place.as_str(), w.last_deed().as_str()), (3, "/memory/key", "rekey"));
    let new = ring.bytes(Slot::Present);
    assert!(new.is_some() && new != old);
    assert_eq!((ring.bytes(Slot::Next), ring.bytes(Slot::Former)), (None, old));
    ring.put(Slot::Former, None);
    for (user, app) in people.iter().zip(&apps) {
        let code = app.code(&w);
        knock(&mut w, &user.name, &code).unwrap();
    }
    assert_eq!(w.key_report().unwrap().key, Some(done.key));
}

#[test]
fn a_rekeying_that_was_cut_short_shuts_nobody_out_and_is_finished_by_the_next() {
    let (mut w, ring) = ringed();
    let (alice, bob) = (w.person("alice"), w.person("bob"));
    let (app, _) = enrol(&mut w, &alice);
    let old = ring.bytes(Slot::Present);
    w.rekey_factors().unwrap();
    let new = ring.bytes(Slot::Present);
    // As it was after the rows and before the file.
    ring.put(Slot::Former, None);
    ring.put(Slot::Present, old);
    ring.put(Slot::Next, new);
    let code = app.code(&w);
    knock(&mut w, "alice", &code).unwrap();
    assert_eq!(obstacles(&mut w, &alice), []);
    enrol(&mut w, &bob);
    w.rekey_factors().unwrap();
    assert_eq!(Slot::ALL.map(|slot| ring.bytes(slot)), [new, None, old], "the key that was in use is the one");
    // As it is before the rows: a next key that nobody uses yet.
    ring.put(Slot::Next, Some([9; 32]));
    w.pass(Span::SECOND.times(60));
    let code = app.code(&w);
    knock(&mut w, "alice", &code).unwrap();
    w.rekey_factors().unwrap();
    assert_eq!(ring.bytes(Slot::Present), Some([9; 32]));
}

#[test]
fn a_key_file_that_others_can_read_is_refused_by_name() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path, mut w) = file();
    w.accounts = open(&path, &w.clock, 9, CHEAP);
    let alice = w.person("alice");
    let (app, _) = enrol(&mut w, &alice);
    let key = path.with_extension("key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let code = app.code(&w);
    let error = refused(knock(&mut w, "alice", &code));
    assert!(error.message.contains("open to others") && error.message.contains("1 person"), "{error}");
    assert_eq!(kind(w.rekey_factors()), Kind::Failure);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    knock(&mut w, "alice", &code).unwrap();
}

#[test]
fn two_who_turn_on_the_first_factors_at_once_share_one_key() {
    for round in 0..8 {
        let (_folder, path, mut w) = file();
        let people = [w.person("a"), w.person("b")];
        let handles = people.iter().zip(1..).map(|(user, n)| (user, open(&path, &w.clock, 100 * round + n, CHEAP)));
        race(handles, |(user, mut a)| {
            let app = App(a.begin_factor(&user.id).unwrap().secret);
            let step = rollbook::accounts::totp::step(a.now());
            let code = rollbook::accounts::totp::code(&base32::decode(app.0.expose()).unwrap(), step);
            a.enable_factor(&user.id, None, &app.0, &code).unwrap();
        });
        w.accounts = open(&path, &w.clock, 9, CHEAP);
        let report = w.key_report().unwrap();
        assert_eq!((report.people, report.shut), (2, 0), "round {round}");
    }
}
