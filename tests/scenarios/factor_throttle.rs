//! Where the second factor and the throttle meet: a wrong code waits like a wrong password, and only the whole proof
//! makes the throttle forget.

use rollbook::accounts::error::Kind;
use rollbook::accounts::time::Clock as _;
use rollbook::accounts::{Login, Result, Span, User, base32, totp};

use crate::factor::{App, enrol};
use crate::world::{PASSWORD, World, kind, pw};

fn knock(w: &mut World, code: Option<&str>) -> Result<User> {
    let password = pw(PASSWORD);
    let login = Login { name: "alice", password: Some(&password), code, ..Login::default() };
    w.served(|a| a.log_in(&login)).map(|opened| opened.user)
}

fn failures(w: &mut World, user: &User) -> Option<u32> {
    let (_, verdict) = w.why(&user.id).unwrap();
    verdict.obstacles.iter().find_map(|obstacle| obstacle.throttled.as_ref()).map(|throttled| throttled.failures)
}

#[test]
fn wrong_codes_in_a_row_wait_like_wrong_passwords_until_the_right_one() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (app, _) = enrol(&mut w, &alice);
    let (code, wrong) = (app.code(&w), app.wrong(&w));
    for _ in 0..6 {
        assert_eq!(kind(knock(&mut w, Some(&wrong))), Kind::InvalidOtpCode);
    }
    assert_eq!(failures(&mut w, &alice), Some(6), "each is counted once");
    assert_eq!(kind(knock(&mut w, Some(&code))), Kind::InvalidCredentials, "held, like any other");
    w.pass(Span::SECOND);
    knock(&mut w, Some(&code)).unwrap();
    for _ in 0..5 {
        assert_eq!(kind(knock(&mut w, Some(&wrong))), Kind::InvalidOtpCode);
    }
    assert_eq!(failures(&mut w, &alice), None, "the count began anew");
}

#[test]
fn a_code_that_is_not_given_neither_counts_nor_clears_so_that_it_can_follow_at_once() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (app, _) = enrol(&mut w, &alice);
    for _ in 0..9 {
        assert_eq!(kind(knock(&mut w, None)), Kind::MissingOtpCode);
    }
    let wrong = app.wrong(&w);
    for _ in 0..6 {
        assert_eq!(kind(knock(&mut w, Some(&wrong))), Kind::InvalidOtpCode);
    }
    assert_eq!(failures(&mut w, &alice), Some(6));
    assert_eq!(kind(knock(&mut w, None)), Kind::InvalidCredentials, "held");
    w.pass(Span::SECOND);
    assert_eq!(kind(knock(&mut w, None)), Kind::MissingOtpCode);
    assert_eq!(kind(knock(&mut w, Some(&wrong))), Kind::InvalidOtpCode);
    assert_eq!(failures(&mut w, &alice), Some(7), "what was counted before stays");
    w.pass(Span::SECOND.times(2));
    assert_eq!(kind(knock(&mut w, None)), Kind::MissingOtpCode);
    let code = app.code(&w);
    w.served(|a| a.authenticate("alice", &pw(PASSWORD), Some(&code))).unwrap();
    assert_eq!(failures(&mut w, &alice), None);
}

#[test]
fn a_right_password_alone_clears_the_count_only_of_those_without_a_factor() {
    let mut w = World::new();
    let alice = w.person("alice");
    let app = App(w.begin_factor(&alice.id).unwrap().secret);
    let wrong = app.wrong(&w);
    let enable = |w: &mut World, code: &str| {
        w.served(|a| a.enable_own_factor("alice", &pw(PASSWORD), &app.0, code)).map(|on| on.codes.len())
    };
    for _ in 0..10 {
        assert_eq!(kind(enable(&mut w, &wrong)), Kind::InvalidOtpCode, "it is no guess: the secret was shown");
    }
    let code = app.code(&w);
    enable(&mut w, &code).unwrap();
    for _ in 0..6 {
        assert_eq!(kind(enable(&mut w, &code)), Kind::ConstraintViolation);
    }
    assert_eq!(failures(&mut w, &alice), Some(6), "or a stolen password were a way around the waits after wrong codes");
}

#[test]
fn codes_go_by_the_clock_alone_where_the_time_that_was_reached_is_later() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (app, _) = enrol(&mut w, &alice);
    let right = w.clock.now();
    w.pass(Span::HOUR.times(10));
    let bob = w.person("bob");
    w.clock.set(right);
    assert!(w.policy().is_ok() && w.why(&alice.id).is_ok());
    let now = |steps: i64| totp::code(&base32::decode(app.0.expose()).unwrap(), totp::step(right) + steps);
    knock(&mut w, Some(&now(0))).unwrap();
    assert!(w.now() > right, "the time that is believed stands where it was");
    assert_eq!(kind(knock(&mut w, Some(&now(0)))), Kind::InvalidOtpCode, "once");
    let other = App(w.begin_factor(&bob.id).unwrap().secret);
    let code = totp::code(&base32::decode(other.0.expose()).unwrap(), totp::step(right));
    w.enable_factor(&bob.id, None, &other.0, &code).unwrap();
}
