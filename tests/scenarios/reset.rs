//! Forgotten passwords, and passwords anew.

use rollbook::accounts::error::Kind;
use rollbook::accounts::{Draft, Edit, Role, Secret, Span, Status};

use crate::world::{PASSWORD, World, acting, kind, pw, refused};

const NEW: &str = "the queen of hearts";

fn request(w: &mut World, name: &str) -> Secret {
    w.served(|a| a.request_reset(name)).unwrap().request_id
}

fn complete(
    w: &mut World,
    id: &Secret,
    password: &str,
) -> rollbook::accounts::Result<rollbook::accounts::change::Changed> {
    w.served(|a| a.complete_reset(id, &pw(password)))
}

#[test]
fn f28_a_request_always_answers_alike_and_always_writes() {
    let mut w = World::new();
    w.person("alice");
    let bob = w.person("bob");
    w.deactivate(&bob.id, None).unwrap();
    w.pending("carol");
    for name in ["alice", "nobody", "bob", "carol", "", "00000000"] {
        let before = w.entries().len();
        let issued = w.served(|a| a.request_reset(name)).unwrap();
        assert_eq!(issued.request_id.expose().len(), 53, "{name:?}");
        assert!(issued.request_id.expose().starts_with("rbr_"));
        assert_eq!(issued.expires_at, w.now().plus(Span::HOUR));
        let entries = w.entries();
        assert_eq!((entries.len(), entries.last().unwrap().deed.as_str()), (before + 1, "request reset"), "{name:?}");
        let outcome = complete(&mut w, &issued.request_id, NEW);
        assert_eq!(outcome.is_ok(), name == "alice", "only somebody active is reset by a stranger's request: {name:?}");
        if let Err(error) = outcome {
            assert_eq!(error.kind, Kind::UnknownRequest);
        }
    }
}

#[test]
fn f29_a_new_request_replaces_the_persons_earlier_one_and_nobody_elses() {
    let mut w = World::new();
    w.person("alice");
    w.person("bob");
    let (first, other) = (request(&mut w, "alice"), request(&mut w, "bob"));
    let second = request(&mut w, "ALICE");
    assert_eq!(kind(complete(&mut w, &first, NEW)), Kind::UnknownRequest);
    complete(&mut w, &second, NEW).unwrap();
    complete(&mut w, &other, NEW).unwrap();
}

#[test]
fn f30_a_request_that_is_open_changes_nothing() {
    let mut w = World::new();
    let alice = w.person("alice");
    let token = w.login("alice").token;
    let before = w.look(&alice);
    request(&mut w, "alice");
    assert_eq!(w.look(&alice), before);
    assert!(w.lives(&token));
    w.login("alice");
}

#[test]
fn f31_completing_sets_the_password_exactly_ends_every_session_and_uses_the_request_up() {
    let mut w = World::new();
    w.person("alice");
    w.person("bob");
    let tokens = [w.login("alice").token, w.login("alice").token];
    let other = w.login("bob").token;
    let id = request(&mut w, "alice");
    let changed = complete(&mut w, &id, " new ").unwrap();
    assert_eq!((changed.ended, changed.after.sessions), (2, 0));
    assert!(tokens.iter().all(|token| !w.lives(token)) && w.lives(&other));
    assert_eq!(kind(w.try_login("alice", PASSWORD)), Kind::InvalidCredentials);
    assert_eq!(kind(w.try_login("alice", "new")), Kind::InvalidCredentials, "spaces count");
    w.try_login("alice", " new ").unwrap();
    assert_eq!(kind(complete(&mut w, &id, NEW)), Kind::UnknownRequest);
}

#[test]
fn f32_a_used_unknown_or_late_request_is_refused() {
    let mut w = World::new();
    w.person("alice");
    let id = request(&mut w, "alice");
    complete(&mut w, &id, NEW).unwrap();
    let session = w.try_login("alice", NEW).unwrap().token;
    for bad in [id.expose(), "", "rbr_", &"0".repeat(32), session.expose()] {
        assert_eq!(kind(complete(&mut w, &pw(bad), NEW)), Kind::UnknownRequest, "{bad:?}");
    }
    let in_time = w.served(|a| a.request_reset("alice")).unwrap();
    w.clock.set(in_time.expires_at);
    complete(&mut w, &in_time.request_id, NEW).unwrap();
    let late = w.served(|a| a.request_reset("alice")).unwrap();
    w.clock.set(late.expires_at.plus(Span::from_millis(1)));
    assert_eq!(kind(complete(&mut w, &late.request_id, NEW)), Kind::UnknownRequest);
}

#[test]
fn f33_a_blank_or_weak_password_is_refused_first_and_leaves_the_request_usable() {
    let mut w = World::strict();
    w.person("alice");
    let token = w.login("alice").token;
    let id = request(&mut w, "alice");
    assert_eq!(kind(complete(&mut w, &id, " ")), Kind::ConstraintViolation);
    assert_eq!(kind(complete(&mut w, &id, "short")), Kind::WeakPassword);
    assert_eq!(
        kind(complete(&mut w, &id, "alice alice 12345")),
        Kind::WeakPassword,
        "the owner's name is known by then"
    );
    assert_eq!(kind(complete(&mut w, &pw("rbr_unknown"), " ")), Kind::ConstraintViolation);
    assert!(w.lives(&token), "a refusal ends nothing");
    complete(&mut w, &id, NEW).unwrap();
}

#[test]
fn f34_a_request_outlives_a_deactivation_and_activates_nobody() {
    let mut w = World::new();
    let alice = w.person("alice");
    let id = request(&mut w, "alice");
    w.deactivate(&alice.id, None).unwrap();
    let changed = complete(&mut w, &id, NEW).unwrap();
    assert_eq!(changed.after.status, Status::Inactive);
    assert_eq!(kind(w.try_login("alice", NEW)), Kind::InvalidCredentials);
    w.activate(&alice.id, None).unwrap();
    w.try_login("alice", NEW).unwrap();
}

#[test]
fn a_deleted_persons_request_is_void_even_when_they_come_back() {
    let mut w = World::new();
    let alice = w.person("alice");
    let id = request(&mut w, "alice");
    w.delete(&alice.id, None).unwrap();
    assert_eq!(kind(complete(&mut w, &id, NEW)), Kind::UnknownRequest);
    w.restore(&alice.id, None, None).unwrap();
    assert_eq!(kind(complete(&mut w, &id, NEW)), Kind::UnknownRequest);
    assert_eq!(kind(w.issue_reset(&rollbook::accounts::UserId::new("0".repeat(32)))), Kind::UnknownUser);
}

#[test]
fn an_administrator_issues_one_for_any_living_person_and_for_no_deleted_one() {
    let mut w = World::new();
    let pending = w.pending("pending");
    let inactive = w.person("inactive");
    w.deactivate(&inactive.id, None).unwrap();
    let fresh = w.create_user(Draft::named("fresh").unwrap(), None).unwrap();
    for user in [&pending, &inactive, &fresh] {
        let issued = w.issue_reset(&user.id).unwrap();
        let changed = complete(&mut w, &issued.request_id, NEW).unwrap();
        assert_eq!(changed.after.status, user_status(&mut w, user), "nobody is activated by it");
        assert!(changed.after.password_set_at.is_some());
        let named = w.request_reset(&user.name).unwrap();
        complete(&mut w, &named.request_id, NEW).unwrap();
    }
    w.try_login("fresh", NEW).unwrap();
    assert!(w.try_login("pending", NEW).is_err() && w.try_login("inactive", NEW).is_err());
    w.delete(&fresh.id, None).unwrap();
    assert_eq!(kind(w.issue_reset(&fresh.id)), Kind::UnknownUser);
    assert_eq!(kind(w.served(|a| a.issue_reset(&pending.id))), Kind::Unauthorized);
}

#[test]
fn an_operator_and_an_admin_name_a_user_as_everywhere_and_get_no_code_for_an_unknown_one() {
    let mut w = World::new();
    let (alice, root) = (w.person("alice"), w.with_role("root", Role::Admin));
    let gone = w.person("gone");
    w.delete(&gone.id, None).unwrap();
    let id = format!("id:{}", alice.id);
    let operator = w.actor().clone();
    for actor in [&operator, &acting(&root)] {
        for named in ["alice", " ALICE ", alice.id.as_str(), &id, "name:alice"] {
            let issued = w.by(actor, |a| a.request_reset(named)).unwrap();
            complete(&mut w, &issued.request_id, NEW).unwrap();
        }
        let before = w.entries().len();
        for named in ["alcie", "gone", gone.id.as_str(), "id:alice", "name:0123", ""] {
            assert_eq!(kind(w.by(actor, |a| a.request_reset(named))), Kind::UnknownUser, "{named:?}");
        }
        assert_eq!(w.entries().len(), before, "nothing is written");
    }
    for named in ["alice", "alcie", &id] {
        assert_eq!(kind(w.by(&acting(&alice), |a| a.request_reset(named))), Kind::Unauthorized, "{named:?}");
    }
}

#[test]
fn a_service_requests_by_the_plain_name_alone_and_unknown_names_leave_the_same_trace() {
    let mut w = World::new();
    let alice = w.person("alice");
    let id = format!("id:{}", alice.id);
    for named in [alice.id.as_str(), &id, "name:alice", "alcie", "alice"] {
        let before = w.entries().len();
        let issued = w.served(|a| a.request_reset(named)).unwrap();
        let entries = w.entries();
        assert_eq!((entries.len(), issued.request_id.expose().len()), (before + 1, 53));
        assert_eq!(complete(&mut w, &issued.request_id, NEW).is_ok(), named == "alice", "{named:?}");
    }
}

fn user_status(w: &mut World, user: &rollbook::accounts::User) -> Status {
    w.look(user).status
}

#[test]
fn a_strangers_request_does_not_void_what_an_administrator_issued_for_somebody_inactive() {
    let mut w = World::new();
    let alice = w.pending("alice");
    let issued = w.issue_reset(&alice.id).unwrap();
    request(&mut w, "alice");
    complete(&mut w, &issued.request_id, NEW).unwrap();
}

#[test]
fn a_request_made_for_an_expired_person_resets_nobody() {
    let mut w = World::new();
    let alice = w.person("alice");
    let edit = Edit { valid_until: Some(Some(w.now())), ..Edit::default() };
    w.edit(&alice.id, None, edit).unwrap();
    w.pass(Span::SECOND);
    let id = request(&mut w, "alice");
    assert_eq!(kind(complete(&mut w, &id, NEW)), Kind::UnknownRequest);
}

#[test]
fn a_password_that_was_set_otherwise_voids_what_was_requested_before() {
    let mut w = World::new();
    let alice = w.person("alice");
    let id = request(&mut w, "alice");
    w.set_password(&alice.id, None, &pw("set by the operator")).unwrap();
    assert_eq!(kind(complete(&mut w, &id, NEW)), Kind::UnknownRequest);
    let id = request(&mut w, "alice");
    w.served(|a| a.change_password("alice", &pw("set by the operator"), &pw(PASSWORD), None)).unwrap();
    assert_eq!(kind(complete(&mut w, &id, NEW)), Kind::UnknownRequest);
    w.login("alice");
}

#[test]
fn setting_a_password_for_somebody_is_the_administrators_and_ends_their_sessions() {
    let mut w = World::new();
    let alice = w.person("alice");
    let token = w.login("alice").token;
    assert_eq!(kind(w.served(|a| a.set_password(&alice.id, None, &pw(NEW)))), Kind::Unauthorized);
    assert!(w.lives(&token));
    let version = w.look(&alice).version;
    assert_eq!(kind(w.set_password(&alice.id, Some(version + 1), &pw(NEW))), Kind::Stale);
    assert_eq!(refused(w.set_password(&alice.id, None, &pw(" "))).kind, Kind::ConstraintViolation);
    assert!(w.lives(&token));
    let changed = w.set_password(&alice.id, Some(version), &pw(NEW)).unwrap();
    assert_eq!((changed.ended, w.last_deed().as_str()), (1, "set password"));
    assert!(!w.lives(&token));
    w.try_login("alice", NEW).unwrap();
    w.delete(&alice.id, None).unwrap();
    assert_eq!(kind(w.set_password(&alice.id, None, &pw(NEW))), Kind::UnknownUser);
}
