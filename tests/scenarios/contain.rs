//! Containment: a person shut out whole, at once.

use rollbook::accounts::change::Exposure;
use rollbook::accounts::time::Until;
use rollbook::accounts::{Kind, Role, Secret, Status, User};

use crate::world::{World, acting, kind, pw};

/// Somebody with two sessions, a token and an open reset.
fn exposed(w: &mut World) -> (User, Vec<Secret>, Secret, Secret) {
    let alice = w.person("alice");
    let sessions = vec![w.login("alice").token, w.login("alice").token];
    let token = w.create_token(&alice.id, None, Until::Default).unwrap().1;
    let reset = w.request_reset("alice").unwrap().request_id;
    (w.look(&alice), sessions, token, reset)
}

#[test]
fn a_containment_takes_everything_at_once_as_was_shown_before() {
    let mut w = World::new();
    let (alice, sessions, token, reset) = exposed(&mut w);
    assert_eq!(w.exposure(&alice.id).unwrap(), Exposure { sessions: 2, tokens: 1, resets: 1 });
    w.give_reason(Some("phished")).unwrap();
    let entries = w.entries().len();
    let changed = w.contain(&alice.id, Some(alice.version)).unwrap();
    assert_eq!((changed.ended, changed.revoked, changed.voided), (2, 1, 1));
    assert_eq!((changed.after.status, changed.after.reason.as_deref()), (Status::Inactive, Some("phished")));
    assert!(sessions.iter().all(|session| !w.lives(session)));
    assert_eq!(kind(w.served(|a| a.check_token(&token))), Kind::Unauthenticated);
    assert_eq!(kind(w.served(|a| a.complete_reset(&reset, &pw("mine now")))), Kind::UnknownRequest);
    assert_eq!((w.entries().len(), w.last_deed().as_str()), (entries + 1, "contain"));
    assert!(w.exposure(&alice.id).unwrap().is_empty());
    assert!(!w.contain(&alice.id, None).unwrap().is_change());
    assert_eq!(w.entries().len(), entries + 1);
}

#[test]
fn an_undone_containment_gives_back_the_status_and_nothing_else() {
    let mut w = World::new();
    let (alice, sessions, token, reset) = exposed(&mut w);
    let changed = w.contain(&alice.id, None).unwrap();
    let undone = w.undo(&changed).unwrap();
    assert_eq!((undone.after.status, undone.after.reason.as_deref()), (Status::Active, None));
    w.login("alice");
    assert!(sessions.iter().all(|session| !w.lives(session)));
    assert_eq!(kind(w.served(|a| a.check_token(&token))), Kind::Unauthenticated);
    assert_eq!(kind(w.served(|a| a.complete_reset(&reset, &pw("mine now")))), Kind::UnknownRequest);
}

#[test]
fn the_last_administrator_is_not_contained_and_loses_nothing() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let session = w.login("root").token;
    let (_, token) = w.create_token(&root.id, None, Until::Default).unwrap();
    assert_eq!(kind(w.contain(&root.id, None)), Kind::LastAdmin);
    assert!(w.lives(&session));
    w.served(|a| a.check_token(&token)).unwrap();
    w.with_role("second", Role::Admin);
    w.contain(&root.id, None).unwrap();
}

#[test]
fn containing_is_the_administrators_and_the_auditor_may_only_see_what_it_would_take() {
    let mut w = World::new();
    let (root, eve) = (w.with_role("root", Role::Admin), w.with_role("eve", Role::Auditor));
    let (alice, sessions, ..) = exposed(&mut w);
    assert_eq!(kind(w.by(&acting(&eve), |a| a.contain(&alice.id, None))), Kind::Unauthorized);
    assert_eq!(kind(w.by(&acting(&alice), |a| a.contain(&alice.id, None))), Kind::Unauthorized);
    assert_eq!(kind(w.served(|a| a.contain(&alice.id, None))), Kind::Unauthorized);
    assert_eq!(w.by(&acting(&eve), |a| a.exposure(&alice.id)).unwrap().sessions, 2);
    assert_eq!(kind(w.by(&acting(&alice), |a| a.exposure(&eve.id))), Kind::Unauthorized);
    assert!(w.lives(&sessions[0]));
    assert_eq!(kind(w.by(&acting(&root), |a| a.contain(&alice.id, Some(alice.version + 1)))), Kind::Stale);
    w.by(&acting(&root), |a| a.contain(&alice.id, Some(alice.version))).unwrap();
    w.delete(&alice.id, None).unwrap();
    assert_eq!(kind(w.contain(&alice.id, None)), Kind::UnknownUser);
}

#[test]
fn a_rehearsed_containment_tells_the_counts_and_takes_nothing() {
    let mut w = World::new();
    let (alice, sessions, token, reset) = exposed(&mut w);
    w.rehearse(true);
    let changed = w.contain(&alice.id, None).unwrap();
    w.rehearse(false);
    assert_eq!((changed.ended, changed.revoked, changed.voided), (2, 1, 1));
    assert!(sessions.iter().all(|session| w.lives(session)));
    w.served(|a| a.check_token(&token)).unwrap();
    w.served(|a| a.complete_reset(&reset, &pw("a new one"))).unwrap();
}
