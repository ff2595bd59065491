//! A restore under open handles: another file is put in the place of the database, by the order of moves that
//! docs/operations.md gives, and by others.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rollbook::accounts::query::{Anchor, Filter, Query};
use rollbook::accounts::{Accounts, Actor, Claim, Draft, Kind, Login, Role, Secret, base32, totp};
use rollbook::engines::{self, Access, Memory};

use crate::support::{HandClock, START, accounts, operator, scratch};

const PASSWORD: &str = "correct horse battery staple";

struct Restore {
    path: PathBuf,
    clock: HandClock,
    seed: AtomicU64,
    _folder: tempfile::TempDir,
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

impl Restore {
    fn new() -> Restore {
        let folder = scratch();
        let path = folder.path().join("users.db");
        drop(engines::create(&path).unwrap());
        Restore { path, clock: HandClock::default(), seed: AtomicU64::new(0), _folder: folder }
    }

    fn other(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    fn open(&self, path: &Path, actor: Actor) -> Accounts {
        // No two handles may make the same ids.
        let seed = self.seed.fetch_add(1, Ordering::SeqCst);
        accounts(engines::open(path, Access::Full).unwrap(), &self.clock, seed, actor)
    }

    fn service(&self) -> Accounts {
        self.open(&self.path, Actor::Service("web".into()))
    }

    /// A copy of the present database that keeps a log, as `.backup` of `sqlite3` makes it.
    fn back_up(&self, name: &str) -> PathBuf {
        let copy = self.other(name);
        let db = rusqlite::Connection::open(&self.path).unwrap();
        db.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        rusqlite::Connection::open(&copy).unwrap().execute_batch("PRAGMA journal_mode = WAL").unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
        copy
    }

    /// The recipe: the old database away with its log and index, then the new one in its place.
    fn restore(&self, backup: &Path, old: &str) {
        move_away(&self.path, &self.other(old));
        fs::rename(backup, &self.path).unwrap();
    }
}

fn move_away(path: &Path, old: &Path) {
    fs::rename(path, old).unwrap();
    for ending in ["-wal", "-shm"] {
        let _ = fs::rename(beside(path, ending), beside(old, ending));
    }
}

fn add(accounts: &mut Accounts, name: &str) -> rollbook::accounts::User {
    let draft = Draft { role: Role::Admin, ..Draft::named(name).unwrap() };
    accounts.create_user(draft, Some(&Secret::from(PASSWORD))).unwrap()
}

fn log_in(accounts: &mut Accounts, name: &str) -> Secret {
    let password = Secret::from(PASSWORD);
    accounts.log_in(&Login { name, password: Some(&password), ..Login::default() }).unwrap().token
}

#[test]
fn a_session_that_is_revoked_in_the_restored_file_is_refused_at_the_next_check() {
    let place = Restore::new();
    let mut admin = place.open(&place.path, operator());
    let alice = add(&mut admin, "alice");
    add(&mut admin, "root");
    let mut service = place.service();
    let token = log_in(&mut service, "alice");
    let backup = place.back_up("backup.db");
    let mut restored = place.open(&backup, operator());
    restored.contain(&alice.id, None).unwrap();
    drop(restored);
    service.check(&token).unwrap();
    place.restore(&backup, "old.db");
    assert_eq!(service.check(&token).unwrap_err().kind, Kind::Unauthenticated);
    assert!(admin.get(&alice.id, None).unwrap().sessions == 0);
}

/// Refusals that were counted on the old file say nothing about the new one, in which the session may be open.
#[test]
fn refusals_of_the_old_file_are_not_written_into_the_new_one() {
    let place = Restore::new();
    let mut admin = place.open(&place.path, operator());
    let alice = add(&mut admin, "alice");
    let mut service = place.service();
    let token = log_in(&mut service, "alice");
    let session = service.check(&token).unwrap().1;
    service.flush();
    let backup = place.back_up("backup.db");
    admin.end_sessions(&alice.id, None).unwrap();
    service.check(&token).unwrap_err();
    place.restore(&backup, "old.db");
    service.check(&token).unwrap();
    drop(service);
    let session = admin.session(&session.id).unwrap();
    assert_eq!((session.ended_at, session.refused, session.refused_at), (None, 0, None));
}

/// A password that was right in the old file turns on no second factor in the new one.
#[test]
fn a_proof_and_the_change_after_it_belong_to_one_file() {
    let place = Restore::new();
    let mut admin = place.open(&place.path, operator());
    add(&mut admin, "alice");
    let backup = place.back_up("backup.db");
    let mut service = place.service();
    let (secret, password) = ([7; 20], Secret::from(PASSWORD));
    let code = totp::code(&secret, totp::step(START));
    let secret = base32::encode(&secret);
    let mut deliver = |_: &[Secret]| {
        place.restore(&backup, "old.db");
        Ok(())
    };
    let refused = service.enable_own_factor_with("alice", &password, &secret, &code, &mut deliver).err().unwrap();
    assert_eq!(refused.kind, Kind::Busy);
    assert!(!admin.find("alice").unwrap().factor);
}

/// The recipe in docs/operations.md, as a shell carries it out.
#[test]
fn the_restore_in_the_documentation_works_while_handles_are_open() {
    let page = include_str!("../../docs/operations.md");
    let recipe = page.split("<!-- restore: begin -->").nth(1).unwrap().split("<!-- restore: end -->").next().unwrap();
    let recipe = recipe.trim().strip_prefix("```sh").unwrap().strip_suffix("```").unwrap();
    let place = Restore::new();
    let mut admin = place.open(&place.path, operator());
    let mut service = place.service();
    add(&mut admin, "alice");
    let token = log_in(&mut service, "alice");
    place.back_up("backup.db");
    add(&mut admin, "bob");
    let folder = place.path.parent().unwrap();
    let mut shell = std::process::Command::new("sh");
    assert!(shell.args(["-e", "-c", recipe]).current_dir(folder).status().unwrap().success());
    service.check(&token).unwrap();
    assert_eq!(admin.find("bob").unwrap_err().kind, Kind::UnknownUser);
    let mut old = place.open(&place.other("users.db.old"), operator());
    old.find("bob").unwrap();
    add(&mut admin, "bob");
}

#[test]
fn a_write_after_the_restore_lands_in_the_new_file_and_the_old_one_stays_whole() {
    let place = Restore::new();
    let mut admin = place.open(&place.path, operator());
    add(&mut admin, "before");
    let backup = place.back_up("backup.db");
    add(&mut admin, "lost with the restore");
    let mut other = place.service();
    place.restore(&backup, "old.db");
    add(&mut admin, "after");
    let log = |path: &Path| fs::metadata(beside(path, "-wal")).map_or(0, |facts| facts.len());
    let written = log(&place.path);
    assert!(written > 0, "the new file has a log");
    // This handle still has the old file open. Closing it neither empties nor removes the log of the new file.
    drop(other.policy());
    let stale = place.other("old.db");
    assert!(log(&stale) > 0);
    let names = |path: &Path| {
        let mut accounts = place.open(path, operator());
        let page = accounts.users(&Query::default(), &Anchor::Start, 9).unwrap();
        page.rows.into_iter().map(|(_, user)| user.name).rev().collect::<Vec<_>>()
    };
    assert_eq!(names(&stale), ["before", "lost with the restore"]);
    assert_eq!(names(&place.path), ["before", "after"]);
}

#[test]
fn a_handle_that_is_closed_on_a_moved_file_leaves_the_log_of_the_new_one() {
    let place = Restore::new();
    let mut old = place.open(&place.path, operator());
    add(&mut old, "before");
    let backup = place.back_up("backup.db");
    place.restore(&backup, "old.db");
    let mut new = place.open(&place.path, operator());
    add(&mut new, "after");
    let bytes = || fs::read(beside(&place.path, "-wal")).unwrap();
    let before = bytes();
    assert!(!before.is_empty());
    drop(old);
    assert_eq!(bytes(), before);
    assert!(beside(&place.path, "-shm").exists());
    new.find("after").unwrap();
}

#[test]
fn a_new_file_beside_the_log_of_the_old_one_is_refused_and_not_touched() {
    let place = Restore::new();
    let mut service = place.service();
    let mut admin = place.open(&place.path, operator());
    add(&mut admin, "alice");
    let token = log_in(&mut service, "alice");
    let backup = place.back_up("backup.db");
    add(&mut admin, "bob");
    let content = fs::read(&backup).unwrap();
    fs::rename(&backup, &place.path).unwrap();
    let errors = [
        service.check(&token).map(drop).unwrap_err(),
        admin.create_user(Draft::named("carol").unwrap(), None).map(drop).unwrap_err(),
        admin.users(&Query::default(), &Anchor::Start, 9).map(drop).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind, Kind::Failure);
        assert!(error.message.contains("-wal") && error.message.contains("before"), "{error}");
        let hint = error.hint.unwrap();
        assert!(hint.contains("users.db-wal") && hint.contains("users.db-shm"), "{hint}");
    }
    // The log is gone, but other processes may still use its index.
    fs::remove_file(beside(&place.path, "-wal")).unwrap();
    assert!(service.check(&token).unwrap_err().message.contains("-shm"));
    assert_eq!(fs::read(&place.path).unwrap(), content);
    fs::remove_file(beside(&place.path, "-shm")).unwrap();
    service.check(&token).unwrap();
    assert_eq!(admin.find("bob").unwrap_err().kind, Kind::UnknownUser);
}

#[test]
fn without_a_file_there_is_an_error_and_the_handle_recovers() {
    let place = Restore::new();
    let mut admin = place.open(&place.path, operator());
    let mut service = place.service();
    add(&mut admin, "alice");
    let token = log_in(&mut service, "alice");
    let backup = place.back_up("backup.db");
    for back in [place.other("old.db"), backup] {
        if back.exists() {
            move_away(&place.path, &place.other("first.db"));
        } else {
            move_away(&place.path, &back);
        }
        let error = service.check(&token).unwrap_err();
        assert_eq!(error.kind, Kind::NoDatabase, "{error}");
        assert_eq!(admin.create_user(Draft::named("x").unwrap(), None).map(drop).unwrap_err().kind, Kind::NoDatabase);
        move_away(&back, &place.path);
        service.check(&token).unwrap();
        admin.find("alice").unwrap();
    }
}

#[test]
fn a_new_file_that_others_may_read_is_refused_until_it_is_closed_to_them() {
    let place = Restore::new();
    let mut admin = place.open(&place.path, operator());
    add(&mut admin, "alice");
    let backup = place.back_up("backup.db");
    place.restore(&backup, "old.db");
    let mode = |bits| fs::set_permissions(&place.path, fs::Permissions::from_mode(bits)).unwrap();
    mode(0o644);
    assert!(admin.find("alice").unwrap_err().message.contains("open to others"));
    mode(0o600);
    admin.find("alice").unwrap();
}

#[test]
fn names_and_counts_in_memory_are_those_of_the_new_file() {
    let place = Restore::new();
    let memory = Memory::default();
    let look = || engines::open_with(&place.path, Access::ReadOnly, &memory).unwrap();
    let mut reader = accounts(look(), &place.clock, 5, operator());
    let mut admin = place.open(&place.path, operator());
    add(&mut admin, "anna");
    let backup = place.back_up("backup.db");
    add(&mut admin, "joanna");
    let filter = Filter::parse("anna").unwrap();
    let count = |reader: &mut Accounts| {
        reader.count(&filter, None).unwrap();
        memory.wait();
        (reader.count(&filter, None).unwrap(), reader.count(&Filter::default(), None).unwrap())
    };
    assert_eq!(count(&mut reader), (2, 2));
    let counters = reader.counters().unwrap();
    let mut restored = place.open(&backup, operator());
    add(&mut restored, "someone else");
    drop(restored);
    place.restore(&backup, "old.db");
    assert_ne!(reader.counters().unwrap(), counters, "a reader that compares them reads again");
    assert_eq!(count(&mut reader), (1, 2));
    // Another handle of the console has the names of the new file as well.
    let mut second = accounts(look(), &place.clock, 5, operator());
    assert_eq!(count(&mut second), (1, 2));
}

#[test]
fn a_log_in_holds_for_the_file_whose_users_it_was_checked_against() {
    let place = Restore::new();
    let mut admin = place.open(&place.path, operator());
    add(&mut admin, "root");
    let backup = place.back_up("backup.db");
    let mut by_password = place.service();
    let password = Secret::from(PASSWORD);
    let claim = || Claim { user: Some(("root", &password, None)), session: None };
    let actor = by_password.authorize(&claim()).unwrap();
    by_password.act_as(actor);
    let seat = by_password.seat();
    by_password.policy().unwrap();
    place.restore(&backup, "old.db");
    assert!(seat.holds_for(admin.file()), "this handle has not looked yet");
    admin.policy().unwrap();
    assert!(!seat.holds_for(admin.file()), "the handle has followed");
    for error in [
        by_password.policy().map(drop).unwrap_err(),
        by_password.create_user(Draft::named("x").unwrap(), None).map(drop).unwrap_err(),
    ] {
        assert_eq!(error.kind, Kind::Unauthenticated);
        assert!(error.message.contains("replaced"), "{error}");
    }
    let actor = by_password.authorize(&claim()).unwrap();
    by_password.act_as(actor);
    by_password.create_user(Draft::named("x").unwrap(), None).unwrap();
    // A handle that is no user's goes on.
    by_password.act_as(Actor::Service("web".into()));
    place.restore(&place.back_up("second.db"), "older.db");
    by_password.policy().unwrap();
}

#[test]
fn a_handle_that_stays_on_its_file_carries_nothing_out_on_another() {
    let place = Restore::new();
    let mut admin = place.open(&place.path, operator());
    admin.stay_on_file(admin.file());
    add(&mut admin, "alice");
    let backup = place.back_up("backup.db");
    assert!(!admin.is_replaced());
    place.restore(&backup, "old.db");
    assert!(admin.is_replaced());
    let error = admin.create_user(Draft::named("bob").unwrap(), None).map(drop).unwrap_err();
    assert_eq!(error.kind, Kind::Stale);
    assert_eq!(admin.find("alice").unwrap_err().kind, Kind::Stale);
    assert_eq!(place.open(&place.path, operator()).find("bob").unwrap_err().kind, Kind::UnknownUser);
}

/// Guaranteed is: each acknowledged change is in the file that was in place when it was compared, inside the write
/// transaction. A file that is put there between the comparison and the commit is a restore that came after.
#[test]
fn each_acknowledged_write_is_in_one_of_the_files_however_often_they_are_replaced() {
    let place = Restore::new();
    const RESTORES: usize = 30;
    let backups: Vec<PathBuf> = (0..RESTORES).map(|n| place.back_up(&format!("backup{n}.db"))).collect();
    let done = AtomicBool::new(false);
    let acknowledged = std::thread::scope(|scope| {
        let write = |prefix: &'static str| {
            let (mut accounts, done) = (place.service(), &done);
            move || {
                let mut written = Vec::new();
                for n in 0.. {
                    let name = format!("{prefix}{n}");
                    match accounts.register(&name, &Secret::from(PASSWORD), false) {
                        Ok(_) => written.push(name),
                        Err(error) => assert!(
                            matches!(error.kind, Kind::NoDatabase | Kind::Busy) || error.message.contains("replaced"),
                            "{error}"
                        ),
                    }
                    if done.load(Ordering::SeqCst) {
                        return written;
                    }
                }
                written
            }
        };
        let writers = [scope.spawn(write("a")), scope.spawn(write("b"))];
        for (n, backup) in backups.iter().enumerate() {
            place.restore(backup, &format!("old{n}.db"));
            std::thread::yield_now();
        }
        done.store(true, Ordering::SeqCst);
        writers.map(|writer| writer.join().unwrap()).concat()
    });
    let mut there = Vec::new();
    for path in (0..RESTORES).map(|n| place.other(&format!("old{n}.db"))).chain([place.path.clone()]) {
        let db = rusqlite::Connection::open(&path).unwrap();
        let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok", "{path:?}");
        let mut statement = db.prepare("SELECT name FROM user").unwrap();
        there.extend(statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap));
    }
    let missing: Vec<&String> = acknowledged.iter().filter(|name| !there.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?} of {}", acknowledged.len());
    assert!(!acknowledged.is_empty());
}
