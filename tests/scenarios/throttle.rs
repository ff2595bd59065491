//! Wrong passwords in a row, as the attacker, the owner and the administrator meet them.

use rollbook::accounts::audit::Happening;
use rollbook::accounts::door::Claim;
use rollbook::accounts::error::{Kind, Result};
use rollbook::accounts::hash::Cost;
use rollbook::accounts::query::{Filter, State};
use rollbook::accounts::session::Opened;
use rollbook::accounts::verdict::Cure;
use rollbook::accounts::{Login, Role, Span};

use crate::world::{PASSWORD, World, acting, file, kind, pw, refused};

impl World {
    fn from(&mut self, name: &str, password: &str, address: &str) -> Result<Opened> {
        let password = pw(password);
        let login = Login { name, password: Some(&password), address: Some(address), ..Login::default() };
        self.served(|a| a.log_in(&login))
    }

    fn guess(&mut self, name: &str, times: usize) {
        for at in 0..times {
            assert!(self.from(name, "wrong", &format!("203.0.113.{}", at % 250)).is_err());
        }
    }
}

#[test]
fn defect_f12_ten_thousand_wrong_passwords_from_elsewhere_do_not_keep_the_owner_out() {
    let mut w = World::new();
    let alice = w.person("alice");
    let token = w.from("alice", PASSWORD, "10.0.0.1").unwrap().token;
    for _ in 0..100 {
        w.guess("alice", 100);
        w.pass(Span::SECOND);
    }
    let throttled = w.why(&alice.id).unwrap().1.obstacles.remove(0).throttled.unwrap();
    assert!((6..=20).contains(&throttled.failures), "few of them were looked at: {throttled:?}");
    assert!(w.lives(&token), "sessions are not ended by failures");
    assert_eq!(kind(w.from("alice", PASSWORD, "203.0.113.7")), Kind::InvalidCredentials, "not even the right one");
    w.from("alice", PASSWORD, "10.0.0.1").unwrap();
    assert!(w.look(&alice).throttled_until.is_some(), "and the others go on waiting");
    w.pass(Span::MINUTE);
    w.from("alice", PASSWORD, "203.0.113.7").unwrap();
    assert_eq!(w.look(&alice).throttled_until, None);
}

#[test]
fn a_try_that_waits_is_answered_like_a_wrong_password_at_the_same_cost() {
    let mut w = World::new();
    w.person("alice");
    let mut answers = Vec::new();
    for name in ["alice", "nobody"] {
        for password in ["wrong", PASSWORD] {
            for _ in 0..8 {
                let before = w.verifications();
                if let Err(error) = w.from(name, "wrong", "10.6.6.6") {
                    answers.push(error);
                }
                assert_eq!(w.verifications(), before + 1);
            }
            let before = w.verifications();
            answers.push(refused(w.from(name, password, "10.6.6.6")));
            assert_eq!(w.verifications(), before + 1);
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.kind == Kind::InvalidCredentials));
}

#[test]
fn whoever_waits_is_seen_and_can_be_let_in() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    w.guess("alice", 9);
    assert_eq!(w.names(&Filter::is(State::Throttled)), ["alice"]);
    assert_eq!(w.names(&Filter::parse("is:throttled ^b").unwrap()), [""; 0]);
    let (user, verdict) = w.why(&alice.id).unwrap();
    let filter = Filter::is(State::Throttled);
    assert!(filter.matches(&user, w.now()) && !filter.matches(&user, w.now().plus(Span::MINUTE)));
    let obstacle = &verdict.obstacles[0];
    assert_eq!((obstacle.word, obstacle.cure), ("throttled", Cure::Unthrottle));
    assert_eq!(
        obstacle.sentence(),
        "throttled: 6 wrong passwords in a row from unknown addresses, 3 more tries not looked at, \
         last from 203.0.113.8"
    );
    let failed: u32 = w
        .history(&alice.id, 9)
        .unwrap()
        .iter()
        .map(|happening| if let Happening::Failures(failures) = happening { failures.count } else { 0 })
        .sum();
    assert_eq!(failed, 9, "the history tells of all");
    assert_eq!(kind(w.served(|a| a.unthrottle(&alice.id))), Kind::Unauthorized);
    assert!(w.by(&acting(&root), |a| a.unthrottle(&alice.id)).unwrap());
    assert_eq!(w.last_deed(), "unthrottle");
    assert!(w.why(&alice.id).unwrap().1.can_log_in());
    w.from("alice", PASSWORD, "203.0.113.7").unwrap();
}

#[test]
fn the_operators_own_guesses_and_an_administrators_proof_are_counted_too() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    for _ in 0..3 {
        assert!(w.authenticate("root", &pw("wrong"), None).is_err());
        assert!(w.change_password("root", &pw("wrong"), &pw("other"), None).is_err());
    }
    let right = pw(PASSWORD);
    let claim = Claim { user: Some(("root", &right, None)), ..Claim::default() };
    assert_eq!(kind(w.authorize(&claim)), Kind::InvalidCredentials);
    w.pass(Span::SECOND);
    w.authorize(&claim).unwrap();
    for _ in 0..5 {
        assert!(w.authenticate("root", &pw("wrong"), None).is_err());
    }
    w.authenticate("root", &pw(PASSWORD), None).unwrap();
}

#[test]
fn a_right_password_of_somebody_who_may_not_log_in_counts_as_wrong() {
    let mut w = World::new();
    let alice = w.pending("alice");
    for _ in 0..6 {
        assert!(w.from("alice", PASSWORD, "10.0.0.1").is_err());
    }
    assert!(w.look(&alice).throttled_until.is_some());
}

#[test]
fn the_policy_can_switch_it_off() {
    let mut w = World::new();
    w.person("alice");
    w.guess("alice", 9);
    w.set_policy("throttle", "off").unwrap();
    w.guess("alice", 9);
    w.from("alice", PASSWORD, "10.6.6.6").unwrap();
}

#[test]
fn a_new_cost_in_the_policy_holds_for_every_handle_that_follows_it() {
    use crate::support::{HandClock, MemoryRing, Seeded, operator};
    use rollbook::accounts::{Accounts, Ground};
    let (_folder, path, mut w) = file();
    let following = |clock: &HandClock, seed: u64| {
        let store = rollbook::engines::open(&path, rollbook::engines::Access::Full).unwrap();
        let ground = Ground {
            store,
            clock: Box::new(clock.clone()),
            entropy: Box::new(Seeded(seed)),
            cost: None,
            keys: Box::new(MemoryRing::default()),
        };
        Accounts::new(ground, operator(), "")
    };
    let mut before = following(&w.clock, 3);
    w.set_policy("argon2", "m=7168,t=5").unwrap();
    let error = refused(w.set_policy("argon2", "m=7168,t=4"));
    assert_eq!(error.kind, Kind::ConstraintViolation);
    let change = w.entries().pop().unwrap().detail.unwrap().changes.remove(0);
    assert_eq!((change.before.as_str(), change.after.as_str()), ("m=19456,t=2", "m=7168,t=5"));
    let draft = |name: &str| rollbook::accounts::Draft::named(name).unwrap();
    following(&w.clock, 4).create_user(draft("new"), Some(&pw(PASSWORD))).unwrap();
    before.authenticate("new", &pw(PASSWORD), None).unwrap();
    before.create_user(draft("old"), Some(&pw(PASSWORD))).unwrap();
    let hashes = w.examine().unwrap().hashes;
    assert_eq!(hashes, [("argon2id v=19 m=7168,t=5,p=1".to_owned(), 2)]);
    assert_eq!(Cost::default().to_string(), "m=19456,t=2");
}

#[test]
fn a_rehearsal_is_no_way_to_guess_and_a_right_password_in_one_is_none_against_its_owner() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.rehearse(true);
    for _ in 0..9 {
        w.change_password("alice", &pw(PASSWORD), &pw("another one"), None).unwrap();
        let password = pw(PASSWORD);
        w.log_in(&Login { name: "alice", password: Some(&password), ..Login::default() }).unwrap();
    }
    assert_eq!(w.look(&alice).throttled_until, None);
    for _ in 0..9 {
        let answer = w.change_password("alice", &pw("wrong"), &pw("another one"), None);
        assert_eq!(kind(answer), Kind::InvalidCredentials);
    }
    assert!(w.look(&alice).throttled_until.is_some(), "each was counted");
    assert_eq!(
        kind(w.change_password("alice", &pw(PASSWORD), &pw("another one"), None)),
        Kind::InvalidCredentials,
        "and whoever guesses on has to wait"
    );
    w.rehearse(false);
    w.pass(Span::MINUTE);
    w.authenticate("alice", &pw(PASSWORD), None).unwrap();
}
