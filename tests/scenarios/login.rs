//! Logging in, being checked, logging out; and that a stranger learns nothing from a refusal.

use rollbook::accounts::error::Kind;
use rollbook::accounts::query::Filter;
use rollbook::accounts::{Edit, Login, Span, Until};
use rollbook::engines;

use crate::world::{PASSWORD, World, insert, kind, pw, refused};

#[test]
fn f17_name_and_password_of_an_active_person_open_a_session_of_the_policys_life() {
    let mut w = World::new();
    w.person("alice");
    let opened = w.login("alice");
    assert!(opened.token.expose().starts_with("rbs_"));
    assert_eq!(opened.session.expires_at, Some(w.now().plus(Span::HOUR.times(24))));
    assert_eq!(opened.user.last_login_at, Some(w.now()));
    assert_eq!(opened.user.sessions, 1);
    w.set_policy("session-life", "2h").unwrap();
    assert_eq!(w.login("alice").session.expires_at, Some(w.now().plus(Span::HOUR.times(2))));
}

#[test]
fn f18_unknown_name_wrong_password_and_inactive_person_get_one_answer() {
    let mut w = World::new();
    let alice = w.person("alice");
    let wrong = refused(w.try_login("alice", "wrong"));
    let unknown = refused(w.try_login("nobody", PASSWORD));
    w.deactivate(&alice.id, None).unwrap();
    let inactive = refused(w.try_login("alice", PASSWORD));
    assert_eq!(wrong.kind, Kind::InvalidCredentials);
    assert_eq!((&wrong, &wrong), (&unknown, &inactive));
}

#[test]
fn log_in_answers_alike_for_whatever_reason_and_always_makes_one_verification() {
    let mut store = engines::memory().unwrap();
    insert(store.as_mut(), "nopassword", None);
    insert(store.as_mut(), "broken", Some("plain"));
    insert(
        store.as_mut(),
        "dear",
        Some("$argon2id$v=19$m=1048576,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA"),
    );
    let mut w = World::over(store);
    w.set_policy("password", "open").unwrap();
    w.person("active");
    w.pending("pending");
    let inactive = w.person("inactive");
    w.deactivate(&inactive.id, None).unwrap();
    let deleted = w.person("deleted");
    w.delete(&deleted.id, None).unwrap();
    let expired = w.person("expired");
    let edit = Edit { valid_until: Some(Some(w.now())), ..Edit::default() };
    w.edit(&expired.id, None, edit).unwrap();
    w.pass(Span::SECOND);
    let attempts = [
        ("nobody", PASSWORD),
        ("", ""),
        (" active ", PASSWORD),
        ("active", "wrong"),
        ("active", ""),
        ("pending", PASSWORD),
        ("inactive", PASSWORD),
        ("expired", PASSWORD),
        ("deleted", PASSWORD),
        ("nopassword", ""),
        ("broken", "plain"),
        ("dear", PASSWORD),
    ];
    let one = refused(w.try_login("active", "no"));
    assert_eq!(one.kind, Kind::InvalidCredentials);
    for (name, password) in attempts {
        let before = (w.verifications(), w.entries().len());
        assert_eq!(refused(w.try_login(name, password)), one, "log-in of {name:?}");
        assert_eq!(w.verifications(), before.0 + 1, "verifications for {name:?}");
        assert_eq!(refused(w.authenticate(name, &pw(password), None)), one, "authentication of {name:?}");
        assert_eq!(w.verifications(), before.0 + 2, "verifications for {name:?}");
        assert_eq!(w.entries().len(), before.1, "failures are counted, not written into the audit");
    }
    let before = w.verifications();
    w.login("active");
    assert_eq!(w.verifications(), before + 1, "a success costs the same");
    assert_eq!(w.count(&Filter::parse("is:live").unwrap(), None).unwrap(), 1);
}

#[test]
fn why_tells_the_administrator_what_the_log_in_does_not_tell() {
    let mut store = engines::memory().unwrap();
    let nopassword = insert(store.as_mut(), "nopassword", None);
    let broken = insert(store.as_mut(), "broken", Some("plain"));
    let mut w = World::over(store);
    w.set_policy("password", "open").unwrap();
    let alice = w.person("alice");
    let pending = w.pending("pending");
    let words = |w: &mut World, id| {
        let (_, verdict) = w.why(id).unwrap();
        verdict.obstacles.iter().map(|obstacle| obstacle.word).collect::<Vec<_>>()
    };
    assert_eq!(words(&mut w, &alice.id), [""; 0]);
    assert_eq!(words(&mut w, &pending.id), ["pending"]);
    assert_eq!(words(&mut w, &nopassword.id), ["no_password"]);
    assert_eq!(words(&mut w, &broken.id), ["unusable_hash"]);
    let edit = Edit { valid_until: Some(Some(w.now())), ..Edit::default() };
    w.edit(&alice.id, None, edit).unwrap();
    w.give_reason(Some("left the company")).unwrap();
    w.deactivate(&alice.id, None).unwrap();
    w.delete(&alice.id, None).unwrap();
    assert_eq!(words(&mut w, &alice.id), ["deleted", "inactive"], "valid through its last instant");
    w.pass(Span::from_millis(1));
    assert_eq!(words(&mut w, &alice.id), ["deleted", "inactive", "expired"]);
    let (_, verdict) = w.why(&alice.id).unwrap();
    let inactive = &verdict.obstacles[1];
    assert_eq!((inactive.by.as_deref(), inactive.reason.as_deref()), (Some("root"), Some("left the company")));
}

#[test]
fn failed_log_ins_are_counted_in_the_persons_history() {
    use rollbook::accounts::audit::Happening;
    let mut w = World::new();
    let alice = w.person("alice");
    w.pass(Span::SECOND);
    for _ in 0..5 {
        assert!(w.try_login("alice", "wrong").is_err());
    }
    let history = w.history(&alice.id, 10).unwrap();
    match &history[0] {
        Happening::Failures(failures) => assert_eq!((failures.count, failures.at), (5, w.now())),
        Happening::Entry(entry) => panic!("{entry:?}"),
    }
    assert_eq!(history.len(), 2, "five failures within a minute are one line: {history:?}");
}

#[test]
fn f19_every_log_in_has_a_token_of_its_own_and_the_earlier_one_keeps_working() {
    let mut w = World::new();
    w.person("alice");
    let first = w.login("alice");
    w.pass(Span::HOUR);
    let second = w.login("alice");
    assert_ne!(first.token.expose(), second.token.expose());
    assert_ne!(first.session.id, second.session.id);
    assert!(w.lives(&first.token) && w.lives(&second.token));
    let expiry = w.session(&first.session.id).unwrap().expires_at;
    assert_eq!(expiry, first.session.expires_at, "no log-in extends another");
}

#[test]
fn f20_after_its_time_a_session_is_over_and_the_next_log_in_has_another_token() {
    let mut w = World::new();
    w.person("alice");
    let first = w.login("alice").token;
    w.pass(Span::HOUR.times(24).plus_milli());
    assert!(!w.lives(&first));
    let second = w.login("alice").token;
    assert_ne!(first.expose(), second.expose());
    assert!(w.lives(&second) && !w.lives(&first));
}

trait PlusMilli {
    fn plus_milli(self) -> Span;
}

impl PlusMilli for Span {
    fn plus_milli(self) -> Span {
        Span::from_millis(self.millis() + 1)
    }
}

#[test]
fn f21_a_person_has_as_many_sessions_as_they_log_in_and_nobody_elses() {
    let mut w = World::new();
    let alice = w.person("alice");
    let bob = w.person("bob");
    let tokens: Vec<_> = (0..3).map(|_| w.login("alice").token).collect();
    let other = w.login("bob").token;
    assert_eq!((w.look(&alice).sessions, w.look(&bob).sessions), (3, 1));
    w.log_out(&tokens[1]).unwrap();
    assert!(w.lives(&tokens[0]) && !w.lives(&tokens[1]) && w.lives(&tokens[2]) && w.lives(&other));
    assert_eq!((w.look(&alice).sessions, w.look(&bob).sessions), (2, 1));
}

#[test]
fn f22_a_name_is_folded_but_not_trimmed_at_log_in() {
    let mut w = World::new();
    w.person("Alice");
    w.login("aLiCe");
    assert_eq!(kind(w.try_login(" alice ", PASSWORD)), Kind::InvalidCredentials);
}

#[test]
fn f23_a_token_names_its_person_through_its_last_instant_and_nothing_else_does() {
    let mut w = World::new();
    let alice = w.person("alice");
    let opened = w.login("alice");
    let (user, session) = w.check(&opened.token).unwrap();
    assert_eq!((user.id, session.id), (alice.id, opened.session.id.clone()));
    let stranger = format!("{}0", &opened.token.expose()[..52]);
    for bad in ["", "rbs_", opened.session.id.as_str(), &stranger, "rbs_é\0"] {
        let error = refused(w.check(&pw(bad)));
        assert_eq!((error.kind, error.message.as_str()), (Kind::Unauthenticated, "not logged in"), "{bad:?}");
    }
    w.clock.set(opened.session.expires_at.unwrap());
    assert!(w.lives(&opened.token), "still good at the very instant of its expiry");
    w.pass(Span::from_millis(1));
    assert!(!w.lives(&opened.token));
}

#[test]
fn f24_a_life_of_one_second_is_over_after_a_second_and_a_half() {
    let mut w = World::new();
    w.set_policy("session-life", "1s").unwrap();
    w.person("alice");
    let first = w.login("alice").token;
    w.pass(Span::from_millis(1500));
    assert_eq!(kind(w.check(&first)), Kind::Unauthenticated);
    let second = w.login("alice").token;
    assert_ne!(first.expose(), second.expose());
    assert!(w.lives(&second));
}

#[test]
fn f25_a_token_tells_who_is_behind_it_as_they_are_now() {
    let mut w = World::new();
    let alice = w.person("alice");
    let token = w.login("alice").token;
    let edit = Edit { labels: Some(vec!["ops".into()]), ..Edit::default() };
    w.edit(&alice.id, None, edit).unwrap();
    let (user, session) = w.check(&token).unwrap();
    assert_eq!((user.name.as_str(), user.labels), ("alice", vec!["ops".to_owned()]));
    assert_eq!((session.user_id, session.name.as_str()), (alice.id, "alice"));
}

#[test]
fn f26_logging_out_ends_that_session_and_no_other_and_one_can_log_in_again() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.person("bob");
    let (token, other) = (w.login("alice").token, w.login("bob").token);
    let session = w.served(|a| a.log_out(&token)).unwrap().unwrap();
    assert_eq!(session.user_id, alice.id);
    assert_eq!(w.last_deed(), "log out");
    assert!(!w.lives(&token) && w.lives(&other));
    let again = w.login("alice").token;
    assert!(w.lives(&again) && !w.lives(&token));
}

#[test]
fn f27_logging_out_an_unknown_or_ended_token_is_no_error_and_changes_nothing() {
    let mut w = World::new();
    w.person("alice");
    let token = w.login("alice").token;
    w.log_out(&token).unwrap();
    let before = w.entries().len();
    for bad in [token.expose(), "", "rbs_nonsense", &"0".repeat(64)] {
        assert!(w.log_out(&pw(bad)).unwrap().is_none());
    }
    assert_eq!(w.entries().len(), before);
}

#[test]
fn a_refused_log_in_leaves_no_session_whatever_was_wrong_with_it() {
    let mut w = World::new();
    w.person("alice");
    let password = pw(PASSWORD);
    let login =
        |expires, client| Login { name: "alice", password: Some(&password), expires, client, ..Login::default() };
    let past = Until::At(w.now().minus(Span::SECOND));
    assert_eq!(kind(w.log_in(&login(past, None))), Kind::ConstraintViolation);
    assert_eq!(kind(w.log_in(&login(Until::Default, Some("fire\u{1b}fox")))), Kind::ConstraintViolation);
    assert_eq!(kind(w.log_in(&Login { name: "alice", ..Login::default() })), Kind::InvalidCredentials);
    assert_eq!(w.count_sessions(&Filter::default(), None).unwrap(), 0);
}

#[test]
fn f35_what_its_command_line_shows_can_be_told_from_the_answers() {
    let mut w = World::new();
    assert!(w.names(&Filter::default()).is_empty(), "an empty list is fine");
    let alice = w.person("alice");
    assert_eq!(w.find("alice").unwrap().id, alice.id);
    let token = w.login("alice").token;
    assert_eq!(w.served(|a| a.check(&token)).unwrap().0.name, "alice");
    assert_eq!(w.served(|a| a.log_out(&token)).unwrap().unwrap().name, "alice");
    assert_eq!(kind(w.served(|a| a.check(&token))), Kind::Unauthenticated);
    assert_eq!(kind(w.served(|a| a.check(&pw("")))), Kind::Unauthenticated, "no token at all is no session");
}
