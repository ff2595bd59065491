//! Activating, and finding one person.

use rollbook::accounts::error::Kind;
use rollbook::accounts::query::Filter;
use rollbook::accounts::{Status, UserId};

use crate::world::{PASSWORD, World, kind};

#[test]
fn f10_who_is_activated_is_listed_as_active_and_logs_in_and_has_no_session_yet() {
    let mut w = World::new();
    let alice = w.pending("alice");
    let active = Filter::parse("is:active").unwrap();
    assert!(w.names(&active).is_empty());
    let changed = w.activate(&alice.id, Some(alice.version)).unwrap();
    assert_eq!((changed.after.status, changed.after.sessions), (Status::Active, 0));
    assert_eq!(changed.after.activated_at, Some(w.now()));
    assert_eq!(w.names(&active), ["alice"]);
    w.login("alice");
}

#[test]
fn f11_activating_twice_is_no_error_and_leaves_a_live_session_alone() {
    let mut w = World::new();
    let alice = w.person("alice");
    let token = w.login("alice").token;
    let before = (w.look(&alice), w.entries().len());
    let again = w.activate(&alice.id, None).unwrap();
    assert!(!again.is_change());
    assert!(w.lives(&token));
    assert_eq!((w.look(&alice), w.entries().len()), before, "nothing happened, nothing is written down");
}

#[test]
fn f12_activating_an_unknown_id_is_refused() {
    let mut w = World::new();
    let nobody = UserId::new("0".repeat(32));
    assert_eq!(kind(w.activate(&nobody, None)), Kind::UnknownUser);
    assert_eq!(kind(w.served(|a| a.activate(&nobody, None))), Kind::UnknownUser);
}

#[test]
fn f13_an_id_finds_a_person_in_any_state_unless_one_is_asked_for() {
    let mut w = World::new();
    let alice = w.pending("alice");
    assert_eq!(w.get(&alice.id, None).unwrap().name, "alice");
    assert_eq!(w.get(&alice.id, Some(Status::Pending)).unwrap().name, "alice");
    assert_eq!(kind(w.get(&alice.id, Some(Status::Active))), Kind::UnknownUser);
    w.activate(&alice.id, None).unwrap();
    assert_eq!(kind(w.get(&alice.id, Some(Status::Pending))), Kind::UnknownUser);
    w.delete(&alice.id, None).unwrap();
    assert!(w.get(&alice.id, None).unwrap().deleted_at.is_some());
    assert_eq!(kind(w.get(&alice.id, Some(Status::Active))), Kind::UnknownUser, "deleted is no active");
    assert_eq!(kind(w.get(&UserId::new("alice"), None)), Kind::UnknownUser, "a name is not an id");
}

#[test]
fn somebody_is_found_by_exact_name_then_by_id_and_either_can_be_forced() {
    let mut w = World::new();
    let alice = w.person("Alice");
    assert_eq!(w.find("aLICE").unwrap().id, alice.id);
    assert_eq!(w.find(alice.id.as_str()).unwrap().id, alice.id);
    assert_eq!(w.find(&format!("id:{}", alice.id)).unwrap().id, alice.id);
    assert_eq!(kind(w.find(&format!("name:{}", alice.id))), Kind::UnknownUser);
    assert_eq!(kind(w.find("id:alice")), Kind::UnknownUser);
    assert_eq!(kind(w.find("Ali")), Kind::UnknownUser, "a part of a name is not a name");
    w.delete(&alice.id, None).unwrap();
    assert_eq!(kind(w.find("alice")), Kind::UnknownUser);
    assert_eq!(w.find_deleted("alice").unwrap().id, alice.id);
}

#[test]
fn of_two_deleted_people_with_one_name_the_last_deleted_is_meant() {
    let mut w = World::new();
    let first = w.person("alice");
    w.delete(&first.id, None).unwrap();
    w.pass(rollbook::accounts::Span::HOUR);
    let second = w.person("alice");
    w.delete(&second.id, None).unwrap();
    assert_eq!(w.find_deleted("alice").unwrap().id, second.id);
    assert_eq!(w.find_deleted(first.id.as_str()).unwrap().id, first.id);
}

#[test]
fn a_service_activates_the_pending_and_never_the_deactivated() {
    let mut w = World::new();
    let alice = w.pending("alice");
    w.served(|a| a.activate(&alice.id, None)).unwrap();
    w.deactivate(&alice.id, None).unwrap();
    assert_eq!(kind(w.served(|a| a.activate(&alice.id, None))), Kind::Unauthorized);
    assert_eq!(kind(w.try_login("alice", PASSWORD)), Kind::InvalidCredentials);
}
