//! Text that other programs wrote into the database: shown escaped, obeyed nowhere.

use rollbook::accounts::store::{Sample, Store};
use rollbook::accounts::text::{from_bytes, is_hostile};
use rollbook::accounts::{Accounts, Actor, Ground, Role, Status, Time, User, UserId};
use rollbook::host::{SystemClock, SystemEntropy};

use crate::desk::Desk;

/// The library on a test's database, as another program would use it.
pub fn handle(desk: &Desk) -> Accounts {
    let store: Box<dyn Store> = rollbook::engines::open(&desk.db(), rollbook::engines::Access::Full).unwrap();
    let ground = Ground {
        store,
        clock: Box::new(SystemClock),
        entropy: Box::new(SystemEntropy),
        cost: Some(rollbook::accounts::hash::Cost { memory: 8, passes: 1 }),
        keys: Box::new(rollbook::host::key::KeyFile::new(desk.folder.path().join("key"))),
    };
    Accounts::new(ground, Actor::Operator("import".into()), "")
}

/// Writes people of these ids and names as an import would: unjudged.
pub fn load(desk: &Desk, people: &[(&str, &str)]) {
    let mut samples = people.iter().map(|(id, name)| Sample { user: user(id, name), hash: None, sessions: vec![] });
    handle(desk).load(&mut samples, &[], &mut |_| true).unwrap();
}

pub fn user(id: &str, name: &str) -> User {
    let at = Time::from_millis(1_700_000_000_000);
    User {
        id: UserId::new(id),
        name: name.into(),
        email: Some(format!("{name}@x")),
        role: Role::Member,
        labels: vec![],
        status: Status::Inactive,
        reason: Some(name.into()),
        status_by: Some(name.into()),
        status_at: Some(at),
        note: Some(name.into()),
        factor: false,
        password_set_at: None,
        created_at: at,
        activated_at: None,
        last_login_at: None,
        last_used_at: None,
        valid_until: None,
        deleted_at: None,
        sessions: 0,
        throttled_until: None,
        version: 1,
    }
}

const NAMES: [&str; 8] = [
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "\u{202e}nimda",
    "ad\u{200b}min",
    "a\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{9b}31mred",
    "two\nlines\r\tand a tab",
    "\u{feff}bom",
    "\u{3164}filler",
];

#[test]
fn no_hostile_byte_of_a_name_reaches_table_or_json() {
    let desk = Desk::open();
    let stray = from_bytes(b"stray\xff\xc0byte");
    let people: Vec<(String, &str)> =
        NAMES.iter().copied().chain([stray.as_str()]).enumerate().map(|(n, name)| (format!("id{n}"), name)).collect();
    let borrowed: Vec<(&str, &str)> = people.iter().map(|(id, name)| (id.as_str(), *name)).collect();
    load(&desk, &borrowed);
    let mut seen = String::new();
    for json in [&[][..], &["--json"]] {
        let mut lines: Vec<Vec<String>> = vec![vec!["user".into(), "list".into()], vec!["audit".into(), "list".into()]];
        for (id, _) in &people {
            for verb in ["show", "why", "activate", "deactivate"] {
                lines.push(vec!["user".into(), verb.into(), format!("id:{id}")]);
            }
        }
        for line in &lines {
            let line: Vec<&str> = line.iter().map(String::as_str).chain(json.iter().copied()).collect();
            let ran = desk.run(&line, "").ok();
            seen.push_str(&ran.out);
            seen.push_str(&ran.err);
        }
    }
    let bad: Vec<char> = seen.chars().filter(|&c| c != '\n' && c != ' ' && is_hostile(c)).collect();
    assert_eq!(bad, [] as [char; 0]);
    assert!(seen.contains("\\u{1b}[2J") && seen.contains("\\u001b[2J"), "shown, not hidden");
    assert!(seen.contains("stray\\x{ff}\\x{c0}byte"), "bytes that are not text are told apart");
    for name in NAMES {
        let found = desk.lines(&["user", "list"], "").iter().any(|user| user["name"] == name);
        assert!(found, "{name:?} is the same again when JSON is read");
    }
}

#[test]
fn hostile_arguments_are_quoted_back_escaped() {
    let desk = Desk::open();
    let evil = "\u{1b}[2J\u{202e}";
    for line in [
        &["user", "show", evil][..],
        &["user", evil],
        &[evil],
        &["user", "list", &format!("--{evil}")],
        &["user", "list", "--filter", &format!("is:{evil}")],
        &["user", "list", "--limit", evil],
        &["user", "register", evil, "--no-password"],
        &["session", "logout", evil],
        &["policy", "set", evil, evil],
        &["user", "list", "--theme", evil],
        &["--as", evil, "user", "list"],
    ] {
        for json in [false, true] {
            let line: Vec<&str> = line.iter().copied().chain(json.then_some("--json")).collect();
            let ran = desk.run(&line, "");
            assert_ne!(ran.code, 0, "{line:?}");
            assert!(!ran.err.chars().any(|c| c != '\n' && is_hostile(c)), "{line:?}: {:?}", ran.err);
        }
    }
}

#[test]
fn a_cure_for_a_name_that_cannot_be_typed_goes_by_id() {
    let desk = Desk::open();
    load(&desk, &[("id0", NAMES[0]), ("id1", "it's; rm -rf ~"), ("id2", "-rf"), ("id3", "id:id0")]);
    for (id, wanted) in [
        ("id0", "rollbook user activate 'id:id0'"),
        ("id1", "rollbook user activate 'id:id1'"),
        ("id2", "rollbook user activate 'id:id2'"),
        ("id3", "rollbook user activate 'name:id:id0'"),
    ] {
        assert_eq!(desk.json(&["user", "why", &format!("id:{id}")], "")["obstacles"][0]["cure"], wanted);
    }
}
