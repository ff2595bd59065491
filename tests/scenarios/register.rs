//! Registering: who may be called what, and with which password.

use rollbook::accounts::error::{Field, Kind};
use rollbook::accounts::query::Filter;
use rollbook::accounts::{Role, Status};

use crate::world::{PASSWORD, World, kind, pw, refused};

#[test]
fn f01_a_free_name_and_a_password_make_an_active_member_without_a_session() {
    let mut w = World::new();
    let alice = w.person("alice");
    assert_eq!((alice.status, alice.role, alice.sessions), (Status::Active, Role::Member, 0));
    assert_eq!(alice.id.as_str().len(), 32);
    assert!(alice.id.as_str().bytes().all(|b| b.is_ascii_hexdigit()));
    assert_ne!(alice.id, w.person("bob").id);
    assert_eq!(w.look(&alice), alice, "what was answered is what is stored");
}

#[test]
fn f02_who_must_be_verified_is_pending_and_logs_in_only_once_activated() {
    let mut w = World::new();
    let alice = w.pending("alice");
    assert_eq!(alice.status, Status::Pending);
    let pending = refused(w.try_login("alice", PASSWORD));
    let unknown = refused(w.try_login("nobody", PASSWORD));
    assert_eq!(pending, unknown, "a pending person answers as one who does not exist");
    w.served(|a| a.activate(&alice.id, None)).unwrap();
    w.login("alice");
}

#[test]
fn f03_a_name_is_stored_trimmed_and_spelled_as_it_was_given() {
    let mut w = World::new();
    assert_eq!(w.person(" \u{2003}Alice Liddell\t").name, "Alice Liddell");
    w.login("alice liddell");
}

#[test]
fn f04_a_blank_name_is_refused_with_its_own_reason_and_stores_nothing() {
    let mut w = World::new();
    let before = w.entries().len();
    for blank in ["", " \t", "\u{a0}"] {
        let error = refused(w.register(blank, &pw(PASSWORD), false));
        assert_eq!((error.kind, error.field), (Kind::ConstraintViolation, Some(Field::Name)));
        assert!(!error.message.contains("long"), "{}", error.message);
    }
    assert!(w.is_empty().unwrap());
    assert_eq!(w.entries().len(), before);
}

#[test]
fn f05_a_name_of_512_code_points_registers_and_logs_in_and_one_of_513_does_not() {
    let mut w = World::new();
    let long = "é".repeat(512);
    w.person(&format!("{long}   "));
    w.login(&long);
    assert_eq!(kind(w.register(&"é".repeat(513), &pw(PASSWORD), false)), Kind::ConstraintViolation);
}

#[test]
fn f06_a_blank_password_is_refused_and_stores_nothing() {
    let mut w = World::new();
    for blank in ["", " ", "\t\n"] {
        let error = refused(w.register("alice", &pw(blank), false));
        assert_eq!((error.kind, error.field), (Kind::ConstraintViolation, Some(Field::Password)));
    }
    assert!(w.is_empty().unwrap());
}

#[test]
fn f07_a_password_is_kept_exactly_and_its_spaces_count() {
    let mut w = World::new();
    w.register("alice", &pw(" pw "), false).unwrap();
    assert!(w.try_login("alice", " pw ").is_ok());
    assert_eq!(kind(w.try_login("alice", "pw")), Kind::InvalidCredentials);
}

#[test]
fn f08_a_name_is_taken_by_anybody_living_however_it_is_spelled() {
    let mut w = World::new();
    let alice = w.person("Élise");
    w.pending("bob");
    for taken in ["Élise", "élise", "E\u{301}LISE", "BOB"] {
        let error = refused(w.register(taken, &pw(PASSWORD), false));
        assert_eq!((error.kind, error.kind.exit_code()), (Kind::DuplicateUser, 5), "{taken}");
    }
    w.deactivate(&alice.id, None).unwrap();
    assert_eq!(kind(w.register("élise", &pw(PASSWORD), false)), Kind::DuplicateUser, "inactive people keep their name");
    assert_eq!(w.count(&Filter::default(), None).unwrap(), 2);
}

#[test]
fn f09_a_trailing_space_does_not_make_a_second_alice() {
    let mut w = World::new();
    w.person("alice");
    assert_eq!(kind(w.register("alice ", &pw(PASSWORD), false)), Kind::DuplicateUser);
}

#[test]
fn there_is_no_reserved_user_and_so_no_reserved_name() {
    let mut w = World::new();
    assert!(w.is_empty().unwrap());
    w.person("00000000");
}

#[test]
fn names_that_deceive_an_administrator_are_refused() {
    let mut w = World::new();
    for bad in ["a\u{1b}[31m", "ad\u{200b}min", "\u{202e}nimda", "x\u{378}", &"0f".repeat(16)] {
        let error = refused(w.register(bad, &pw(PASSWORD), false));
        assert_eq!(error.kind, Kind::ConstraintViolation);
        assert!(!error.to_string().contains(['\u{1b}', '\u{200b}', '\u{202e}']), "the refusal carries no attack");
    }
    assert!(w.is_empty().unwrap());
}
