//! The settings, and that they hold from the next call on.

use rollbook::accounts::error::Kind;
use rollbook::accounts::{Edit, Span, Time};

use crate::world::{PASSWORD, World, kind, pw};

#[test]
fn a_new_database_asks_for_fifteen_characters_and_keeps_a_session_for_a_day() {
    let mut w = World::strict();
    assert_eq!(kind(w.register("alice", &pw("fourteen chars"), false)), Kind::WeakPassword);
    w.register("alice", &pw("fifteen of them"), false).unwrap();
    let expiry = w.try_login("alice", "fifteen of them").unwrap().session.expires_at;
    assert_eq!(expiry, Some(w.now().plus(Span::DAY)));
    assert_eq!(w.default_expiry().unwrap(), w.now().plus(Span::DAY));
}

#[test]
fn each_password_rule_holds_wherever_a_password_is_set() {
    let cases = [("nist", "fourteen chars", "fifteen of them"), ("basic", "sevense", "eight ch"), ("open", " ", "x")];
    for (rule, bad, good) in cases {
        let mut w = World::strict();
        w.set_policy("password", "open").unwrap();
        let alice = w.person("alice");
        w.set_policy("password", rule).unwrap();
        let refused = |outcome| assert!(matches!(outcome, Kind::WeakPassword | Kind::ConstraintViolation), "{rule}");
        refused(kind(w.register("bob", &pw(bad), false)));
        refused(kind(w.create_user(rollbook::accounts::Draft::named("bob").unwrap(), Some(&pw(bad)))));
        refused(kind(w.set_password(&alice.id, None, &pw(bad))));
        refused(kind(w.change_password("alice", &pw(PASSWORD), &pw(bad), None)));
        let issued = w.issue_reset(&alice.id).unwrap();
        refused(kind(w.complete_reset(&issued.request_id, &pw(bad))));
        refused(kind(w.judge_password(&pw(bad), Default::default())));
        w.complete_reset(&issued.request_id, &pw(good)).unwrap();
        w.try_login("alice", good).unwrap();
        w.register("bob", &pw(good), false).unwrap();
    }
}

#[test]
fn a_stricter_rule_keeps_nobody_out_who_is_in() {
    let mut w = World::strict();
    w.set_policy("password", "open").unwrap();
    w.register("alice", &pw("x"), false).unwrap();
    w.set_policy("password", "nist").unwrap();
    w.try_login("alice", "x").unwrap();
}

#[test]
fn a_password_made_of_the_address_is_refused_where_the_address_is_known() {
    let mut w = World::strict();
    let alice = w.person("alice");
    let edit = Edit { email: Some(Some("liddell.of.oxford@example.org".into())), ..Edit::default() };
    w.edit(&alice.id, None, edit).unwrap();
    assert_eq!(kind(w.set_password(&alice.id, None, &pw("liddell.of.oxford 1"))), Kind::WeakPassword);
}

#[test]
fn a_changed_life_holds_for_what_comes_and_not_for_what_is() {
    let mut w = World::new();
    w.person("alice");
    let old = w.login("alice").session;
    let request = w.request_reset("alice").unwrap();
    w.set_policy("session-life", "10m").unwrap();
    w.set_policy("reset-life", "5m").unwrap();
    w.set_policy("session-idle", "1m").unwrap();
    let new = w.login("alice").session;
    assert_eq!(new.expires_at, Some(w.now().plus(Span::MINUTE.times(10))));
    assert_eq!((old.idle, new.idle), (None, Some(Span::MINUTE)));
    assert_eq!(w.session(&old.id).unwrap().expires_at, old.expires_at);
    assert_eq!(request.expires_at, w.now().plus(Span::HOUR));
    assert_eq!(w.request_reset("alice").unwrap().expires_at, w.now().plus(Span::MINUTE.times(5)));
    w.set_policy("session-idle", "none").unwrap();
    assert_eq!(w.login("alice").session.idle, None);
}

#[test]
fn closed_registration_stops_services_and_not_administrators() {
    let mut w = World::new();
    w.set_policy("registration", "closed").unwrap();
    assert_eq!(kind(w.served(|a| a.register("alice", &pw(PASSWORD), true))), Kind::RegistrationDisabled);
    w.create_user(rollbook::accounts::Draft::named("alice").unwrap(), Some(&pw(PASSWORD))).unwrap();
    w.login("alice");
    w.set_policy("registration", "open").unwrap();
    w.person("bob");
}

#[test]
fn an_unknown_setting_or_value_is_refused_and_nothing_is_set() {
    let mut w = World::new();
    let before = (w.policy().unwrap(), w.entries().len());
    for (key, value) in [("colour", "red"), ("password", "weak"), ("session-life", "0s"), ("registration", "ajar")] {
        assert_eq!(kind(w.set_policy(key, value)), Kind::ConstraintViolation, "{key} {value}");
    }
    assert_eq!((w.policy().unwrap(), w.entries().len()), before);
    w.set_policy("session-life", "2w").unwrap();
    assert_eq!(w.policy().unwrap().session_life, Span::DAY.times(14));
    let entry = w.entries().pop().unwrap();
    assert_eq!((entry.deed.as_str(), entry.at), ("set policy", w.now()));
    assert!(format!("{:?}", entry.detail).contains("session-life"));
}

#[test]
fn a_reason_is_one_short_harmless_line() {
    let mut w = World::new();
    assert_eq!(kind(w.give_reason(Some(&"x".repeat(201)))), Kind::ConstraintViolation);
    assert_eq!(kind(w.give_reason(Some("a\nb"))), Kind::ConstraintViolation);
    w.give_reason(Some("  moved  ")).unwrap();
    let alice = w.person("alice");
    assert_eq!(w.deactivate(&alice.id, None).unwrap().after.reason.as_deref(), Some("moved"));
    assert_eq!(w.activate(&alice.id, None).unwrap().after.reason, None);
    w.give_reason(None).unwrap();
    assert_eq!(w.deactivate(&alice.id, None).unwrap().after.reason, None);
    assert_eq!(w.now(), Time::parse("2026-11-21T16:00:00Z").unwrap());
}
