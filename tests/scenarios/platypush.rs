//! What platypush's user plugin promises, as our rules give it.

use rollbook::accounts::error::{Field, Kind};
use rollbook::accounts::query::Filter;
use rollbook::accounts::time::Until;
use rollbook::accounts::{Actor, Claim, Draft, Login, Role, Secret, Span, Time, User, UserId};

use crate::world::{PASSWORD, World, acting, kind, pw, refused};

fn draft(name: &str) -> Draft {
    Draft::named(name).unwrap()
}

fn by_password<'a>(name: &'a str, password: &'a Secret) -> Claim<'a> {
    Claim { user: Some((name, password, None)), session: None }
}

fn by_session(token: &Secret) -> Claim<'_> {
    Claim { user: None, session: Some(token) }
}

/// Creates a user as whomever the claim shows, as a service does on an administrator's behalf.
fn create_as(w: &mut World, claim: &Claim<'_>, name: &str) -> rollbook::accounts::Result<User> {
    let actor = w.served(|a| a.authorize(claim))?;
    w.by(&actor, |a| a.create_user(draft(name), Some(&pw(PASSWORD))))
}

#[test]
fn p01_an_empty_database_says_so_and_lets_anybody_create_the_first_user() {
    let mut w = World::new();
    let error = refused(w.check(&pw("whatever")));
    assert_eq!(error.kind, Kind::Unauthenticated);
    assert!(error.message.contains("no users yet"), "{}", error.message);
    let first = w.served(|a| a.create_user(draft("alice"), Some(&pw(PASSWORD)))).unwrap();
    assert_eq!(first.role, Role::Admin);
    assert!(!refused(w.check(&pw("whatever"))).message.contains("no users"));
}

#[test]
fn p02_after_the_first_user_creating_one_needs_somebody_who_may() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    assert_eq!(kind(w.served(|a| a.create_user(draft("bob"), Some(&pw(PASSWORD))))), Kind::Unauthenticated);
    assert_eq!(kind(w.served(|a| a.authorize(&Claim::default()))), Kind::Unauthenticated);
    let wrong = pw("wrong");
    assert_eq!(kind(create_as(&mut w, &by_password("root", &wrong), "bob")), Kind::InvalidCredentials);
    assert_eq!(kind(create_as(&mut w, &by_session(&wrong), "bob")), Kind::Unauthenticated);
    assert_eq!(w.count(&Filter::default(), None).unwrap(), 1);
    w.set_policy("registration", "closed").unwrap();
    let error = refused(w.served(|a| a.register("bob", &pw(PASSWORD), false)));
    assert_eq!((error.kind, error.kind.exit_code()), (Kind::RegistrationDisabled, 4));
}

#[test]
fn p03_password_or_session_is_enough_and_the_password_is_tried_first() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    let (right, wrong) = (pw(PASSWORD), pw("wrong"));
    let token = w.login("root").token;
    create_as(&mut w, &by_password("root", &right), "by password").unwrap();
    create_as(&mut w, &by_session(&token), "by session").unwrap();
    let either = Claim { user: Some(("root", &wrong, None)), session: Some(&token) };
    create_as(&mut w, &either, "by the session after all").unwrap();
    let either = Claim { user: Some(("root", &right, None)), session: Some(&wrong) };
    create_as(&mut w, &either, "by the password alone").unwrap();
    let neither = Claim { user: Some(("root", &wrong, None)), session: Some(&wrong) };
    assert_eq!(kind(create_as(&mut w, &neither, "by neither")), Kind::InvalidCredentials);
    let last = w.entries().pop().unwrap();
    assert_eq!((last.actor_kind.as_str(), last.actor()), ("user", "root"), "the one who acted is written down");
}

#[test]
fn p04_only_an_admin_creates_and_deletes_people() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let victim = w.person("victim");
    for role in [Role::Member, Role::Auditor] {
        let actor = acting(&w.with_role(role.word(), role));
        assert_eq!(kind(w.by(&actor, |a| a.create_user(draft("eve"), None))), Kind::Unauthorized);
        assert_eq!(kind(w.by(&actor, |a| a.delete(&victim.id, None))), Kind::Unauthorized);
    }
    w.by(&acting(&root), |a| a.create_user(draft("eve"), None)).unwrap();
    w.by(&acting(&root), |a| a.delete(&victim.id, None)).unwrap();
}

#[test]
fn p05_an_empty_name_or_password_or_a_taken_name_is_refused_and_stores_nothing() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    let before = (w.entries().len(), w.counters().unwrap());
    let name = refused(Draft::named(" "));
    assert_eq!((name.kind, name.field), (Kind::ConstraintViolation, Some(Field::Name)));
    for blank in ["", " "] {
        let error = refused(w.create_user(draft("bob"), Some(&pw(blank))));
        assert_eq!((error.kind, error.field), (Kind::ConstraintViolation, Some(Field::Password)));
    }
    assert_eq!(kind(w.create_user(draft("ROOT"), Some(&pw(PASSWORD)))), Kind::DuplicateUser);
    assert_eq!((w.entries().len(), w.counters().unwrap()), before);
}

#[test]
fn p06_the_answer_names_id_name_and_time_and_never_the_hash() {
    let mut w = World::new();
    let user = w.create_user(draft("alice"), Some(&pw(PASSWORD))).unwrap();
    assert_eq!((user.name.as_str(), user.created_at), ("alice", w.now()));
    assert_eq!(user.created_at.rfc3339(), "2026-11-21T16:00:00.000Z");
    assert!(!format!("{user:?}").contains("argon2"));
}

#[test]
fn p07_a_web_page_registers_and_opens_a_session_that_may_be_endless() {
    let mut w = World::new();
    let alice = w.person("alice");
    assert_eq!(w.look(&alice).sessions, 0, "registering logs nobody in by itself");
    let password = pw(PASSWORD);
    let remembered = Until::parse("+365d", w.now()).unwrap();
    for (expires, life) in [(remembered, Some(Span::DAY.times(365))), (Until::Never, None)] {
        let login = Login { name: "alice", password: Some(&password), expires, ..Login::default() };
        let session = w.served(|a| a.log_in(&login)).unwrap().session;
        assert_eq!(session.expires_at, life.map(|life| w.now().plus(life)));
    }
}

#[test]
fn p08_authenticating_answers_who_it_is_or_why_not_and_opens_no_session() {
    let mut w = World::new();
    let alice = w.person("alice");
    let user = w.served(|a| a.authenticate("alice", &pw(PASSWORD), None)).unwrap();
    assert_eq!(user.id, alice.id);
    assert_eq!(kind(w.served(|a| a.authenticate("alice", &pw("wrong"), None))), Kind::InvalidCredentials);
    assert_eq!(kind(w.served(|a| a.authenticate("nobody", &pw(PASSWORD), None))), Kind::InvalidCredentials);
    assert_eq!(w.look(&alice).sessions, 0);
}

#[test]
fn p09_a_wrong_password_comes_before_any_code_and_a_code_is_ignored_where_the_factor_is_off() {
    let mut w = World::new();
    w.person("alice");
    for code in [None, Some(""), Some("123456")] {
        w.authenticate("alice", &pw(PASSWORD), code).unwrap();
        assert_eq!(kind(w.authenticate("alice", &pw("wrong"), code)), Kind::InvalidCredentials);
    }
    let password = pw(PASSWORD);
    let login = Login { name: "alice", password: Some(&password), code: Some("123456"), ..Login::default() };
    w.log_in(&login).unwrap();
}

#[test]
fn p11_a_person_changes_their_password_with_the_old_one_and_not_without() {
    let mut w = World::new();
    let alice = w.person("alice");
    let token = w.login("alice").token;
    let (old, new, wrong) = (pw(PASSWORD), pw("a new one"), pw("wrong"));
    assert_eq!(kind(w.served(|a| a.change_password("alice", &wrong, &new, None))), Kind::InvalidCredentials);
    assert_eq!(kind(w.served(|a| a.change_password("nobody", &old, &new, None))), Kind::InvalidCredentials);
    assert_eq!(kind(w.served(|a| a.change_password("alice", &old, &pw(" "), None))), Kind::ConstraintViolation);
    assert!(w.lives(&token));
    w.served(|a| a.change_password("alice", &old, &new, None)).unwrap();
    let last = w.entries().pop().unwrap();
    assert_eq!(
        (last.deed.as_str(), last.actor_id, last.target),
        ("change password", Some(alice.id.clone()), Some(alice.id))
    );
    assert_eq!(kind(w.try_login("alice", PASSWORD)), Kind::InvalidCredentials);
    w.try_login("alice", "a new one").unwrap();
}

#[test]
fn p13_deleting_is_the_admins_frees_the_name_and_spares_the_last_admin() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    let token = w.login("alice").token;
    assert_eq!(kind(w.served(|a| a.delete(&alice.id, None))), Kind::Unauthorized);
    assert_eq!(kind(w.by(&acting(&alice), |a| a.delete(&alice.id, None))), Kind::Unauthorized);
    assert_eq!(kind(w.delete(&UserId::new("nobody"), None)), Kind::UnknownUser);
    w.by(&acting(&root), |a| a.delete(&alice.id, None)).unwrap();
    assert!(!w.lives(&token));
    assert_eq!(kind(w.try_login("alice", PASSWORD)), Kind::InvalidCredentials);
    assert_ne!(w.person("alice").id, alice.id, "the name is free at once");
    assert_eq!(kind(w.by(&acting(&root), |a| a.delete(&root.id, None))), Kind::LastAdmin);
    let second = w.with_role("second", Role::Admin);
    w.by(&acting(&second), |a| a.delete(&second.id, None)).unwrap();
}

#[test]
fn p14_a_session_is_created_with_every_form_of_expiry() {
    let mut w = World::new();
    let alice = w.person("alice");
    let password = pw(PASSWORD);
    let tomorrow = w.now().plus(Span::DAY);
    let forms = [
        ("1795363200", Some(tomorrow)),
        ("2026-11-22T16:00:00Z", Some(tomorrow)),
        ("2026-11-22T16:00:00", Some(tomorrow)),
        ("2026-11-22T17:00:00+01:00", Some(tomorrow)),
        ("2026-11-23", Some(Time::parse("2026-11-23T23:59:59.999Z").unwrap())),
        ("+24h", Some(tomorrow)),
        ("never", None),
    ];
    let mut tokens = Vec::new();
    for (text, expected) in forms {
        let expires = Until::parse(text, w.now()).unwrap();
        let login = Login { name: "alice", password: Some(&password), expires, ..Login::default() };
        let opened = w.served(|a| a.log_in(&login)).unwrap();
        assert_eq!((opened.session.expires_at, opened.session.created_at), (expected, w.now()), "{text}");
        assert_eq!((&opened.user.id, opened.session.name.as_str()), (&alice.id, "alice"));
        tokens.push(opened.token.duplicate());
    }
    let unsaid = w.login("alice").session.expires_at;
    assert_eq!(unsaid, Some(tomorrow), "nothing said is the policy's life, not for ever");
    assert_eq!(w.look(&alice).sessions, 8);
    w.clock.set(tomorrow.plus(Span::from_millis(1)));
    let alive: Vec<bool> = tokens.iter().map(|token| w.lives(token)).collect();
    assert_eq!(alive, [false, false, false, false, true, false, true]);
    let login = Login { name: "alice", password: Some(&pw("wrong")), ..Login::default() };
    assert_eq!(kind(w.served(|a| a.log_in(&login))), Kind::InvalidCredentials);
}

#[test]
fn p15_a_session_token_names_its_person_until_it_is_over() {
    let mut w = World::new();
    let alice = w.person("alice");
    let token = w.login("alice").token;
    let (user, _) = w.served(|a| a.check(&token)).unwrap();
    assert_eq!((user.id, user.created_at), (alice.id, alice.created_at));
    assert_eq!(kind(w.check(&pw("secret"))), Kind::Unauthenticated);
    w.pass(Span::DAY.times(2));
    assert_eq!(kind(w.check(&token)), Kind::Unauthenticated);
}

#[test]
fn p16_the_user_behind_a_session_tells_whether_a_second_factor_is_on() {
    let mut w = World::new();
    w.person("alice");
    let token = w.login("alice").token;
    assert!(!w.check(&token).unwrap().0.factor);
}

#[test]
fn p17_logging_out_answers_whether_there_was_anything_to_end() {
    let mut w = World::new();
    w.person("alice");
    let (live, over) = (w.login("alice").token, w.login("alice").token);
    assert!(w.log_out(&live).unwrap().is_some());
    assert!(w.log_out(&live).unwrap().is_none());
    assert!(w.log_out(&pw("unknown")).unwrap().is_none());
    w.pass(Span::DAY.times(2));
    w.log_out(&over).unwrap();
    assert!(!w.lives(&over));
}

#[test]
fn p18_logging_in_with_a_live_session_opens_another_one() {
    let mut w = World::new();
    w.person("alice");
    let (first, second) = (w.login("alice"), w.login("alice"));
    assert_ne!(first.token.expose(), second.token.expose());
    w.log_out(&first.token).unwrap();
    assert!(w.lives(&second.token), "one logs out of one session");
}

#[test]
fn p19_everybody_can_be_listed_with_id_name_and_time() {
    let mut w = World::new();
    let mut expected = Vec::new();
    for name in ["root", "alice", "bob"] {
        let user = w.person(name);
        expected.push((user.id, user.name, user.created_at));
        w.pass(Span::MINUTE);
    }
    w.pending("carol");
    let page = w.users(&Default::default(), &Default::default(), 100).unwrap();
    let listed: Vec<_> = page.rows.into_iter().rev().map(|(_, user)| (user.id, user.name, user.created_at)).collect();
    assert_eq!(listed[..3], expected[..]);
    assert_eq!(listed.len(), 4, "whoever is not deleted is there");
    assert!(matches!(w.actor(), Actor::Operator(_)));
}
