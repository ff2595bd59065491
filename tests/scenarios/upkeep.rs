//! What upkeep removes and when, and that the clock cannot be turned against it.

use rollbook::accounts::error::Kind;
use rollbook::accounts::{Edit, Role, Span};

use crate::support::START;
use crate::world::{PASSWORD, World, acting, kind, pw};

impl World {
    fn days(&mut self, days: i64) {
        for day in 0..days {
            self.pass(Span::DAY);
            self.served(|a| a.request_reset(&format!("nobody{day}"))).unwrap();
        }
    }
}

#[test]
fn upkeep_is_done_once_a_day_by_whoever_comes() {
    let mut w = World::new();
    let alice = w.person("alice");
    assert_eq!(w.upkeep(), None, "a new database has nothing to remove");
    w.delete(&alice.id, None).unwrap();
    w.days(31);
    let done = w.served(|a| a.upkeep()).unwrap();
    assert_eq!((done.purged, done.more, done.held), (1, false, false));
    assert_eq!(kind(w.get(&alice.id, None)), Kind::UnknownUser);
    assert_eq!(w.upkeep(), None);
    w.pass(Span::DAY);
    assert!(w.upkeep().is_some());
}

#[test]
fn more_than_one_batch_is_removed_in_one_go() {
    let mut w = World::new();
    for at in 0..50 {
        let user = w.person(&format!("user{at}"));
        w.delete(&user.id, None).unwrap();
    }
    w.days(31);
    assert_eq!(w.tidy(5).unwrap().purged, 5);
    assert_eq!(w.upkeep().unwrap().purged, 45);
    assert!(w.verify_audit(None, &mut |_| {}).unwrap().broken.is_none());
}

#[test]
fn a_clock_that_goes_back_revives_nothing() {
    let mut w = World::new();
    let (alice, bob) = (w.person("alice"), w.person("bob"));
    let edit = Edit { valid_until: Some(Some(w.now().plus(Span::HOUR))), ..Edit::default() };
    w.edit(&alice.id, None, edit).unwrap();
    let token = w.login("bob").token;
    let issued = w.issue_reset(&bob.id).unwrap();
    w.pass(Span::HOUR.times(20));
    w.person("carol");
    w.pass(Span::HOUR.times(5));
    w.person("dave");
    w.clock.set(START);
    assert!(!w.lives(&token));
    assert_eq!(kind(w.complete_reset(&issued.request_id, &pw("other"))), Kind::UnknownRequest);
    assert_eq!(kind(w.try_login("alice", PASSWORD)), Kind::InvalidCredentials);
    assert!(w.look(&alice).is_expired(w.now()));
    w.try_login("bob", PASSWORD).unwrap();
    let (clock, wall) = w.clock().unwrap();
    assert!(clock.is_behind(wall));
    let root = w.with_role("root", Role::Auditor);
    assert_eq!(kind(w.by(&acting(&root), |a| a.accept_clock())), Kind::Unauthorized);
    w.accept_clock().unwrap();
    assert!(w.lives(&token), "only somebody who looked at the clock can say that it was wrong before");
    assert_eq!(w.last_deed(), "accept clock");
}

#[test]
fn a_throttle_passes_even_while_the_time_that_is_believed_stands_still() {
    let mut w = World::new();
    w.person("alice");
    w.clock.set(START.minus(Span::DAY));
    for _ in 0..7 {
        assert!(w.try_login("alice", "wrong").is_err());
    }
    assert!(w.try_login("alice", PASSWORD).is_err());
    w.pass(Span::SECOND);
    w.try_login("alice", PASSWORD).unwrap();
}

#[test]
fn a_clock_that_leaps_forward_erases_nobody_until_it_is_believed() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.delete(&alice.id, None).unwrap();
    w.pass(Span::DAY.times(365));
    assert!(w.upkeep().unwrap().held);
    w.clock.set(START.plus(Span::HOUR));
    w.restore(&alice.id, None, None).unwrap();
    w.delete(&alice.id, None).unwrap();
    w.pass(Span::DAY.times(365));
    assert!(w.upkeep().unwrap().held);
    w.accept_clock().unwrap();
    assert_eq!(w.upkeep().unwrap().purged, 1);
}

#[test]
fn a_clock_that_was_set_back_does_not_make_upkeep_forget_wrong_passwords() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.clock.set(START.minus(Span::DAY.times(40)));
    let password = pw(PASSWORD);
    let from = |address| rollbook::accounts::Login {
        name: "alice",
        password: Some(&password),
        address: Some(address),
        ..rollbook::accounts::Login::default()
    };
    let login = from("10.0.0.1");
    w.served(|a| a.log_in(&login)).unwrap();
    for _ in 0..9 {
        let _ = w.try_login("alice", "wrong");
        w.pass(Span::MINUTE);
    }
    let _ = w.try_login("alice", "wrong");
    let before = w.why(&alice.id).unwrap().1;
    assert_eq!(before.obstacles[0].throttled.as_ref().unwrap().failures, 10);
    w.tidy(500).unwrap();
    assert_eq!(w.why(&alice.id).unwrap().1, before);
    let login = from("10.0.0.1");
    w.served(|a| a.log_in(&login)).expect("the known address is still known");
}
