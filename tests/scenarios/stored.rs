//! What only shows in a file: what rests in it, and what several handles do to it at once.

use std::path::Path;

use rollbook::accounts::error::Kind;
use rollbook::accounts::hash::Cost;
use rollbook::accounts::query::Filter;
use rollbook::accounts::store::Store;
use rollbook::accounts::{Draft, Login, Role, Span, UserId};
use rollbook::engines::{self, Access};

use crate::support::{CHEAP, race, service};
use crate::world::{PASSWORD, file, kind, open, pw};

/// Everything that lies in the database's folder.
pub fn bytes(folder: &Path) -> Vec<u8> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

pub fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

pub fn hash(path: &Path, id: &UserId) -> String {
    let mut store: Box<dyn Store> = engines::open(path, Access::ReadOnly).unwrap();
    store.hash_of(id).unwrap().unwrap().as_str().to_owned()
}

#[test]
fn w03_neither_tokens_nor_request_ids_nor_passwords_rest_in_the_file() {
    let (folder, _, mut w) = file();
    w.person("findable-name");
    let opened = w.login("findable-name");
    assert!(w.lives(&opened.token));
    let issued = w.request_reset("findable-name").unwrap();
    let stored = bytes(folder.path());
    assert!(contains(&stored, "findable-name"), "the search itself works");
    for secret in [opened.token.expose(), issued.request_id.expose(), &opened.token.expose()[4..47], PASSWORD] {
        assert!(!contains(&stored, secret));
    }
}

#[test]
fn w12_of_two_who_create_the_first_user_at_once_one_becomes_the_admin() {
    for round in 0..4 {
        let (_folder, path, mut w) = file();
        let handles = [1, 2].map(|racer| (racer, open(&path, &w.clock, 10 * round + racer, CHEAP)));
        let mut outcomes = race(handles, |(racer, mut a)| {
            a.act_as(service());
            let draft = Draft::named(&format!("racer {racer}")).unwrap();
            a.create_user(draft, Some(&pw(PASSWORD))).map(drop).map_err(|error| error.kind)
        });
        outcomes.sort_by_key(Result::is_err);
        assert_eq!(outcomes, [Ok(()), Err(Kind::Unauthenticated)]);
        assert_eq!(w.names(&Filter::default()).len(), 1);
    }
}

#[test]
fn what_one_handle_ends_another_refuses_at_its_very_next_check() {
    let (_folder, path, mut w) = file();
    let alice = w.person("alice");
    let token = w.login("alice").token;
    let mut service = open(&path, &w.clock, 9, CHEAP);
    assert!(service.check(&token).is_ok());
    w.deactivate(&alice.id, None).unwrap();
    assert_eq!(kind(service.check(&token)), Kind::Unauthenticated);
    w.activate(&alice.id, None).unwrap();
    let second = w.login("alice");
    assert!(service.check(&second.token).is_ok());
    w.end_session(&second.session.id).unwrap();
    assert_eq!(kind(service.check(&second.token)), Kind::Unauthenticated);
    drop(service);
    assert_eq!(w.session(&second.session.id).unwrap().refused, 1, "a handle writes down what it saw when it goes");
}

#[test]
fn w17_the_same_password_set_again_has_another_salt_and_the_scheme_is_in_the_hash() {
    let (_folder, path, mut w) = file();
    let alice = w.person("alice");
    let first = hash(&path, &alice.id);
    w.change_password("alice", &pw(PASSWORD), &pw(PASSWORD), None).unwrap();
    let second = hash(&path, &alice.id);
    let salt = |hash: &str| hash.split('$').nth(4).unwrap().to_owned();
    assert_ne!(salt(&first), salt(&second));
    let bob = w.person("bob");
    assert_ne!(salt(&second), salt(&hash(&path, &bob.id)), "nobody shares a salt");
    assert!(second.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
}

#[test]
fn p12_a_weaker_hash_is_replaced_at_the_next_log_in_and_only_by_it() {
    let (_folder, path, mut w) = file();
    let alice = w.person("alice");
    let old = w.login("alice").token;
    let weak = hash(&path, &alice.id);
    let mut dearer = open(&path, &w.clock, 9, Cost { memory: 16, passes: 1 });
    assert!(dearer.authenticate("alice", &pw("wrong"), None).is_err());
    let (password, wrong) = (pw(PASSWORD), pw("wrong"));
    assert!(dearer.log_in(&Login { name: "alice", password: Some(&wrong), ..Login::default() }).is_err());
    assert_eq!(hash(&path, &alice.id), weak);
    let entries = w.entries().len();
    dearer.log_in(&Login { name: "alice", password: Some(&password), ..Login::default() }).unwrap();
    let strong = hash(&path, &alice.id);
    assert!(strong.starts_with("$argon2id$v=19$m=16,t=1,p=1$"), "{strong}");
    assert_eq!(w.entries().len(), entries + 1, "a rehash is part of the log-in");
    assert!(w.lives(&old), "and ends nothing");
    w.login("alice");
    assert_eq!(hash(&path, &alice.id), strong, "a cheaper handle weakens nothing");
}

#[test]
fn w24_creating_does_not_touch_a_database_that_is_there() {
    let (folder, path, mut w) = file();
    let alice = w.person("alice");
    assert_eq!(engines::create(&path).err().unwrap().kind, Kind::Failure);
    assert_eq!(w.look(&alice).name, "alice");
    let other = folder.path().join("other");
    std::fs::write(&other, "precious").unwrap();
    assert!(engines::create(&other).is_err());
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "precious");
    assert_eq!(engines::open(&folder.path().join("none"), Access::Full).err().unwrap().kind, Kind::NoDatabase);
    assert!(!folder.path().join("none").exists(), "opening creates nothing");
}

#[test]
fn f36_what_was_acknowledged_is_there_for_the_next_handle_and_nothing_else() {
    let (_folder, path, mut w) = file();
    let root = w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    w.login("root");
    w.login("alice");
    w.delete(&alice.id, None).unwrap();
    w.person("ALICE");
    let before = w.entries();
    assert_eq!(kind(w.restore(&alice.id, None, None)), Kind::DuplicateUser);
    assert_eq!(kind(w.deactivate(&root.id, None)), Kind::LastAdmin);
    w.pass(Span::SECOND);
    let clock = w.clock.clone();
    drop(w);
    let mut again = crate::world::World { accounts: open(&path, &clock, 9, CHEAP), clock };
    assert_eq!(again.entries(), before);
    assert_eq!(again.look(&root).sessions, 1, "a refused change ended no session on its way");
    assert!(again.look(&alice).deleted_at.is_some());
}
