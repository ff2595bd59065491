//! Many people or sessions at once, in batches; and rules about who may do what that only show at their edges.

use rollbook::accounts::bulk::{BATCH, Chosen, EXAMPLES};
use rollbook::accounts::change::UserChange;
use rollbook::accounts::query::Filter;
use rollbook::accounts::session::SessionId;
use rollbook::accounts::time::Until;
use rollbook::accounts::user::{Edit, Name};
use rollbook::accounts::{Actor, Claim, Draft, Kind, Login, Role, Secret, Status, User};

use crate::factor::{enrol, ringed};
use crate::world::{PASSWORD, World, acting, kind, pw};

fn people(w: &mut World, n: usize) -> Vec<User> {
    (0..n).map(|n| w.person(&format!("p{n:03}"))).collect()
}

#[test]
fn whoever_is_left_out_is_told_by_the_name_that_they_have_now() {
    let mut w = World::new();
    let all = people(&mut w, 3);
    let plan = w.plan(&Chosen::All(Filter::default()), &UserChange::Deactivate).unwrap();
    let name = Some(Name::parse("renamed").unwrap());
    w.edit(&all[1].id, None, Edit { name, ..Edit::default() }).unwrap();
    w.purge(&all[2].id, None).unwrap();
    let done = w.carry_out(&plan, &mut |_, _| true).unwrap();
    assert_eq!((done.changed(), done.left_out, done.rest, done.is_whole()), (1, 2, 0, false));
    let left: Vec<(&str, Kind)> = done.left.iter().map(|left| (left.name.as_str(), left.why.kind)).collect();
    assert_eq!(left, [("renamed", Kind::Stale), ("", Kind::UnknownUser)]);
    let back = w.undo_many(&done.former, &mut |_, _| true).unwrap();
    assert_eq!((back.changed(), w.look(&all[0]).status), (1, Status::Active));
}

#[test]
fn what_is_stopped_ends_with_its_batch_and_says_how_many_were_not_reached() {
    let mut w = World::new();
    people(&mut w, 2 * BATCH + 7);
    let plan = w.plan(&Chosen::All(Filter::default()), &UserChange::Deactivate).unwrap();
    assert_eq!(plan.examples.len(), EXAMPLES);
    let mut told = Vec::new();
    let done = w
        .carry_out(&plan, &mut |reached, all| {
            told.push((reached as usize, all as usize));
            told.len() < 2
        })
        .unwrap();
    let all = 2 * BATCH + 7;
    assert_eq!(told, [(BATCH, all), (2 * BATCH, all)]);
    assert_eq!((done.changed() as usize, done.rest), (2 * BATCH, 7));
    let mut told = Vec::new();
    let back = w
        .undo_many(&done.former, &mut |reached, _| {
            told.push(reached as usize);
            true
        })
        .unwrap();
    assert_eq!((told, back.rest, back.is_whole()), (vec![BATCH, 2 * BATCH], 0, true));
}

#[test]
fn of_many_sessions_those_that_are_over_and_those_not_reached_are_counted() {
    let mut w = World::new();
    w.person("alice");
    let mut opened: Vec<_> = (0..BATCH + 3).map(|_| w.login("alice")).collect();
    let ended = opened.remove(0);
    assert!(w.end_session(&ended.session.id).unwrap().is_some());
    let live = w.live_sessions(&Filter::default()).unwrap();
    assert_eq!(live.len(), BATCH + 2);
    assert_eq!(live[0], opened.last().unwrap().session.id, "the newest first");
    let ids: Vec<SessionId> = std::iter::once(ended.session.id).chain(live).collect();
    let done = w.end_many(&ids, &mut |_, _| false).unwrap();
    assert_eq!((done.ended as usize, done.over, done.rest), (BATCH - 1, 1, 3));
    let done = w.end_many(&ids, &mut |_, _| true).unwrap();
    assert_eq!((done.ended, done.over as usize, done.rest), (3, BATCH, 0));
    assert!(w.live_sessions(&Filter::default()).unwrap().is_empty());
}

#[test]
fn of_two_proofs_that_fail_the_password_is_told_of() {
    let mut w = World::new();
    w.person("alice");
    let (wrong, token) = (pw("wrong"), Secret::from("rbs_nothing"));
    let mut told = |claim: Claim<'_>| kind(w.served(|a| a.authorize(&claim)));
    let user = Some(("alice", &wrong, None));
    assert_eq!(told(Claim { user, session: Some(&token) }), Kind::InvalidCredentials);
    assert_eq!(told(Claim { user, session: None }), Kind::InvalidCredentials);
    assert_eq!(told(Claim { user: None, session: Some(&token) }), Kind::Unauthenticated);
    assert_eq!(told(Claim::default()), Kind::Unauthenticated);
    let open = w.login("alice").token;
    let by = w.served(|a| a.authorize(&Claim { user, session: Some(&open) })).unwrap();
    assert!(matches!(by, Actor::User { name, .. } if name == "alice"), "either proof is enough");
}

#[test]
fn an_administrator_turns_off_anothers_factor_and_not_their_own() {
    let (mut w, _ring) = ringed();
    let draft = Draft { role: Role::Admin, ..Draft::named("root").unwrap() };
    let root = w.create_user(draft, Some(&pw(PASSWORD))).unwrap();
    let alice = w.person("alice");
    for user in [&root, &alice] {
        enrol(&mut w, user);
    }
    let actor = acting(&root);
    assert_eq!(kind(w.by(&actor, |a| a.disable_factor(&root.id, None, false))), Kind::Unauthorized);
    assert_eq!(kind(w.by(&actor, |a| a.refresh_codes(&root.id, None))), Kind::Unauthorized);
    assert_eq!(w.by(&actor, |a| a.refresh_codes(&alice.id, None)).unwrap().len(), 10);
    w.by(&actor, |a| a.disable_factor(&alice.id, None, false)).unwrap();
    assert!(!w.look(&alice).factor && w.look(&root).factor);
    w.disable_factor(&root.id, None, false).unwrap();
}

#[test]
fn a_session_that_would_end_as_it_begins_is_refused() {
    let mut w = World::new();
    assert!(w.is_empty().unwrap());
    w.person("alice");
    assert!(!w.is_empty().unwrap());
    let (password, now) = (pw(PASSWORD), w.now());
    let mut open = |at| {
        let expires = Until::At(at);
        w.served(|a| a.log_in(&Login { name: "alice", password: Some(&password), expires, ..Login::default() }))
    };
    assert_eq!(kind(open(now)), Kind::ConstraintViolation);
    let next = now.plus(rollbook::accounts::Span::from_millis(1));
    assert_eq!(open(next).unwrap().session.expires_at, Some(next));
}
