//! Containment: a person shut out whole, at once.

use rollbook::accounts::bulk::Chosen;
use rollbook::accounts::change::{Exposure, UserChange};
use rollbook::accounts::time::Until;
use rollbook::accounts::{Draft, Kind, Role, Secret, Status, User};

use crate::world::{PASSWORD, World, acting, kind, pw};

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
    assert_eq!(w.exposure(&alice.id).unwrap(), Exposure { sessions: 2, tokens: 1, resets: 1, passwords: 1 });
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
    assert!(changed.password_voided && undone.after.password_set_at.is_none());
    assert_eq!(kind(w.try_login("alice", PASSWORD)), Kind::InvalidCredentials);
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

/// The words of what keeps somebody from logging in.
fn obstacles(w: &mut World, user: &User) -> Vec<&'static str> {
    w.why(&user.id).unwrap().1.obstacles.iter().map(|obstacle| obstacle.word).collect()
}

#[test]
fn after_a_lockdown_the_old_password_never_works_again() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    w.by(&acting(&root), |a| a.contain(&alice.id, None)).unwrap();
    assert_eq!(obstacles(&mut w, &alice), ["inactive", "password_void"]);
    // The administrator sends a code and activates; the owner has not used the code yet.
    let code = w.issue_reset(&alice.id).unwrap().request_id;
    let at = w.look(&alice).status_at;
    w.activate(&alice.id, None).unwrap();
    assert_eq!(kind(w.try_login("alice", PASSWORD)), Kind::InvalidCredentials);
    assert_eq!(kind(w.served(|a| a.authenticate("alice", &pw(PASSWORD), None))), Kind::InvalidCredentials);
    assert_eq!(
        kind(w.served(|a| a.change_password("alice", &pw(PASSWORD), &pw("thief"), None))),
        Kind::InvalidCredentials
    );
    let verdict = w.why(&alice.id).unwrap().1;
    let void = &verdict.obstacles[0];
    assert_eq!((void.word, void.since, void.by.as_deref()), ("password_void", at, Some("root")));
    assert_eq!(void.sentence(), "the password is void after a lockdown, by root");
    assert_eq!((verdict.obstacles.len(), void.cure.command()), (1, "reset request"));
    w.served(|a| a.complete_reset(&code, &pw("mine again"))).unwrap();
    assert_eq!(kind(w.try_login("alice", PASSWORD)), Kind::InvalidCredentials);
    w.try_login("alice", "mine again").unwrap();
    assert_eq!(obstacles(&mut w, &alice), [""; 0]);
    // An administrator may set a new password instead.
    w.contain(&alice.id, None).unwrap();
    w.set_password(&alice.id, None, &pw("set by root")).unwrap();
    assert_eq!(obstacles(&mut w, &alice), ["inactive"]);
    w.activate(&alice.id, None).unwrap();
    w.try_login("alice", "set by root").unwrap();
}

#[test]
fn a_lockdown_of_an_inactive_user_voids_the_password_once() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.deactivate(&alice.id, None).unwrap();
    let changed = w.contain(&alice.id, None).unwrap();
    assert!(changed.is_change() && changed.password_voided);
    let entry = w.entries().pop().unwrap();
    let change = &entry.detail.unwrap().changes[0];
    assert_eq!((change.field.as_str(), change.before.as_str(), change.after.as_str()), ("password", "set", "void"));
    let entries = w.entries().len();
    let again = w.contain(&alice.id, None).unwrap();
    assert!(!again.is_change() && !again.password_voided);
    assert_eq!(w.entries().len(), entries);
    // A user who never had a password has none that could be void.
    let bob = w.create_user(Draft::named("bob").unwrap(), None).unwrap();
    assert!(!w.contain(&bob.id, None).unwrap().password_voided);
    assert_eq!(obstacles(&mut w, &bob), ["inactive", "no_password"]);
}

#[test]
fn a_lockdown_of_many_voids_every_password_and_its_undo_gives_none_back() {
    let mut w = World::new();
    let people = ["ann", "bob", "cyd"].map(|name| w.person(name));
    let chosen = Chosen::People(people.iter().map(|user| (user.id.clone(), user.version)).collect());
    let plan = w.plan(&chosen, &UserChange::Contain).unwrap();
    assert_eq!((plan.exposure.passwords, plan.losses.passwords), (3, 3));
    let deletion = w.plan(&chosen, &UserChange::Delete).unwrap();
    assert_eq!(deletion.exposure.passwords, 0, "a deletion keeps the password");
    let done = w.carry_out(&plan, &mut |_, _| true).unwrap();
    assert_eq!((done.changed(), done.taken.passwords), (3, 3));
    let undone = w.undo_many(&done.former, &mut |_, _| true).unwrap();
    assert_eq!((undone.changed(), undone.passwords_void), (3, 3));
    for user in &people {
        assert_eq!((w.look(user).status, obstacles(&mut w, user)), (Status::Active, vec!["password_void"]));
        assert_eq!(kind(w.try_login(&user.name, PASSWORD)), Kind::InvalidCredentials);
    }
}

#[test]
fn an_administrator_without_a_password_does_not_count_as_one_who_can_log_in() {
    let mut w = World::new();
    let (root, second) = (w.with_role("root", Role::Admin), w.with_role("second", Role::Admin));
    let changed = w.contain(&second.id, None).unwrap();
    w.undo(&changed).unwrap();
    assert_eq!(w.look(&second).status, Status::Active);
    assert_eq!(kind(w.deactivate(&root.id, None)), Kind::LastAdmin);
    assert_eq!(kind(w.contain(&root.id, None)), Kind::LastAdmin);
}
