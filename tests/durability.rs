//! That nothing acknowledged is lost, and that the file is closed to others.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use rollbook::accounts::audit::{Deed, GENESIS, Links, Stamp, detail_digest};
use rollbook::accounts::error::Error;
use rollbook::accounts::query::Filter;
use rollbook::accounts::store::{NewUser, Store};
use rollbook::accounts::warrant::Warrant;
use rollbook::accounts::{Draft, Kind, Result, UserId};
use rollbook::engines::{Access, create, open, upgrade};
use support::{START, operator};

fn stamp() -> Stamp {
    Stamp { at: START, actor: operator(), origin: String::new(), reason: None, warrant: Warrant::Open }
}

fn add(store: &mut dyn Store, name: &str) -> Result<()> {
    let draft = Draft::named(name).unwrap();
    let new = NewUser { id: UserId::new(name), draft, hash: None, founding: false, deed: Deed::Create };
    store.insert_user(&new, &stamp()).map(|_| ())
}

fn refused<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("was not refused"),
        Err(error) => error,
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().mode() & 0o7777
}

const CHILD: &str = "ROLLBOOK_TEST_WRITES_TO";
const WRITES: u32 = 200;

/// Not a test of its own: the process that is killed. Writes and says after each commit that it was made.
#[test]
fn the_writer_that_is_killed() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let mut store = open(Path::new(&path), Access::Full).unwrap();
    let first = store.users_count(&Filter::default(), None, START).unwrap();
    let mut out = std::io::stdout();
    for number in first..first + WRITES {
        add(store.as_mut(), &format!("user {number}")).unwrap();
        writeln!(out, "\nwritten {number}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_writer_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.db");
    drop(create(&path).unwrap());
    let mut acknowledged = 0;
    // Killed each time in the middle of the work, a little further on; the moment within a write is the machine's.
    for kill_after in [1u32, 7, 19, 40, 3] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_writer_that_is_killed", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        let mut killed = false;
        while let Some(Ok(line)) = lines.next() {
            if let Some(number) = line.strip_prefix("written ") {
                acknowledged = number.parse::<u32>().unwrap() + 1;
                seen += 1;
                if seen >= kill_after && !killed {
                    child.kill().unwrap();
                    killed = true;
                }
            }
        }
        child.wait().unwrap();
        assert!(killed && seen < WRITES, "the writer was to be killed at work");
        let mut store = open(&path, Access::Full).unwrap();
        let there = store.users_count(&Filter::default(), None, START).unwrap();
        assert!(there == acknowledged || there == acknowledged + 1, "{acknowledged} acknowledged, {there} there");
        assert_eq!(store.audit(None, None, u16::MAX).unwrap().len() as u32, there, "user and entry go together");
        assert_eq!(store.counters().unwrap().users, i64::from(there));
    }
    let db = rusqlite::Connection::open(&path).unwrap();
    let sound: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    assert_chain(&db);
}

/// The chain from the rows themselves, erased details included.
fn assert_chain(db: &rusqlite::Connection) {
    let mut statement = db
        .prepare(
            "SELECT a.seq, a.at, a.actor_kind, a.actor_id, a.deed, a.target, a.detail_digest, a.digest, d.json
             FROM audit a LEFT JOIN audit_detail d ON d.seq = a.seq ORDER BY a.seq",
        )
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let (mut before, mut count) = (GENESIS, 0);
    while let Some(row) = rows.next().unwrap() {
        let text = |at: usize| row.get::<_, Option<String>>(at).unwrap();
        let (actor_id, deed, target) = (text(3), text(4).unwrap(), text(5));
        let covered: [u8; 32] = row.get(6).unwrap();
        if let Some(json) = text(8) {
            assert_eq!(detail_digest(json.as_bytes()), covered);
        }
        let links = Links {
            seq: row.get(0).unwrap(),
            at: rollbook::accounts::Time::from_millis(row.get(1).unwrap()),
            actor_kind: &text(2).unwrap(),
            actor_id: actor_id.as_deref(),
            deed: &deed,
            target: target.as_deref(),
            detail_digest: &covered,
            before: &before,
        };
        let digest: [u8; 32] = row.get(7).unwrap();
        assert_eq!(links.digest(), digest, "entry {} does not follow", links.seq);
        before = digest;
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn after_a_purge_the_chain_still_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.db");
    let mut store = create(&path).unwrap();
    for name in ["alice", "bob"] {
        add(store.as_mut(), name).unwrap();
    }
    store.purge_user(&UserId::new("alice"), None, &stamp()).unwrap();
    drop(store);
    let db = rusqlite::Connection::open(&path).unwrap();
    let erased: i64 = db
        .query_row("SELECT count(*) FROM audit WHERE seq NOT IN (SELECT seq FROM audit_detail)", [], |row| row.get(0))
        .unwrap();
    assert_eq!(erased, 1);
    assert_chain(&db);
}

#[test]
fn the_file_and_its_companions_are_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/people.db");
    let mut store = create(&path).unwrap();
    add(store.as_mut(), "alice").unwrap();
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.clone().into_os_string();
        name.push(ending);
        assert_eq!(mode(Path::new(&name)), 0o600, "{name:?}");
    }
    for made in ["a", "a/b"] {
        assert_eq!(mode(&folder.path().join(made)), 0o700, "{made}");
    }
}

#[test]
fn a_folder_that_stands_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    set_mode(&inner, 0o755);
    create(&inner.join("people.db")).unwrap();
    assert_eq!(mode(&inner), 0o755);
}

#[test]
fn a_folder_that_others_may_write_is_refused_sticky_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let path = inner.join("people.db");
    for open_to in [0o777, 0o775, 0o1777] {
        set_mode(&inner, open_to);
        let error = refused(create(&path));
        assert_eq!(error.kind, Kind::Failure);
        assert!(error.message.contains("inner") && error.hint.is_some());
        assert!(!path.exists(), "refused and made all the same");
    }
    set_mode(&inner, 0o700);
    drop(create(&path).unwrap());
    for open_to in [0o777, 0o1777] {
        set_mode(&inner, open_to);
        assert_eq!(refused(open(&path, Access::Full)).kind, Kind::Failure);
    }
}

#[test]
fn a_file_that_others_may_see_is_refused_with_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.db");
    drop(create(&path).unwrap());
    for open_to in [0o644, 0o640, 0o602] {
        set_mode(&path, open_to);
        let error = refused(open(&path, Access::ReadOnly));
        assert_eq!(error.kind, Kind::Failure);
        assert!(error.hint.unwrap().contains("chmod 600"));
    }
    set_mode(&path, 0o600);
    open(&path, Access::Full).unwrap();
}

#[test]
fn a_link_or_a_folder_in_the_databases_place_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("people.db"), folder.path().join("link.db"));
    drop(create(&path).unwrap());
    symlink(&path, &link).unwrap();
    assert!(refused(open(&link, Access::Full)).message.contains("symbolic link"));
    assert_eq!(refused(create(&link)).kind, Kind::Failure);
    let dangling = folder.path().join("dangling.db");
    symlink(folder.path().join("nowhere.db"), &dangling).unwrap();
    assert_eq!(refused(create(&dangling)).kind, Kind::Failure);
    assert!(!folder.path().join("nowhere.db").exists());
    assert_eq!(refused(open(folder.path(), Access::Full)).kind, Kind::Failure);
    let through = folder.path().join("way");
    symlink(folder.path(), &through).unwrap();
    open(&through.join("people.db"), Access::Full).unwrap();
}

#[test]
fn where_there_is_something_nothing_is_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.db");
    std::fs::write(&path, "mine").unwrap();
    assert_eq!(refused(create(&path)).kind, Kind::Failure);
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
}

#[test]
fn a_missing_database_is_told_with_the_way_to_one() {
    let folder = tempfile::tempdir().unwrap();
    for missing in ["people.db", "no/such/people.db"] {
        let error = refused(open(&folder.path().join(missing), Access::Full));
        assert_eq!(error.kind, Kind::NoDatabase);
        let hint = error.hint.unwrap();
        assert!(hint.contains("rollbook init") && hint.contains("rollbook demo"));
    }
    assert!(!folder.path().join("no").exists());
}

#[test]
fn a_file_of_another_kind_or_time_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.db");
    drop(create(&path).unwrap());
    let pragma = |text: &str| rusqlite::Connection::open(&path).unwrap().execute_batch(text).unwrap();
    let told = |text: &str| {
        pragma(text);
        let error = refused(open(&path, Access::Full));
        assert_eq!(error.kind, Kind::Schema, "{text}");
        (error.message, error.hint.unwrap())
    };
    pragma("PRAGMA user_version = 99");
    drop(open(&path, Access::Full).unwrap()); // a later schema that only adds
    assert!(told("UPDATE compatible SET since = 99").0.contains("newer"));
    assert!(told("PRAGMA user_version = 0").0.contains("not a Rollbook database"));
    assert!(told("PRAGMA user_version = 1; PRAGMA application_id = 7").0.contains("not a Rollbook database"));
    let text = folder.path().join("text.db");
    std::fs::write(&text, "no database at all, but a long enough text to look at; ".repeat(40)).unwrap();
    set_mode(&text, 0o600);
    assert!(refused(open(&text, Access::Full)).message.contains("not a Rollbook database"));
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    set_mode(&empty, 0o600);
    let error = refused(open(&empty, Access::ReadOnly));
    assert!(error.kind == Kind::NoDatabase && error.message.contains("the file is empty"), "{error}");
    let bare = folder.path().join("bare.db");
    rusqlite::Connection::open(&bare).unwrap().execute_batch("PRAGMA journal_mode = WAL").unwrap();
    set_mode(&bare, 0o600);
    let error = refused(open(&bare, Access::ReadOnly));
    assert!(error.kind == Kind::Schema && error.message.contains("without tables"), "{error}");
}

#[test]
fn there_is_nothing_to_upgrade_in_a_new_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.db");
    drop(create(&path).unwrap());
    let upgraded = upgrade(&path, None).unwrap();
    assert_eq!((upgraded.from, upgraded.backup), (upgraded.to, None));
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    assert_eq!(refused(upgrade(&path, None)).kind, Kind::Schema);
}
