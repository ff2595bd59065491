//! Promises about wrong passwords in a row.

use rollbook::accounts::query::{Anchor, Filter, Query, State};
use rollbook::accounts::session::NewSession;
use rollbook::accounts::store::{Challenge, Credential};
use rollbook::accounts::text::fold;
use rollbook::accounts::throttle::{Attempt, CounterId, Knock, LONGEST, Surplus};
use rollbook::accounts::{Kind, Span, Time, User, UserId};

use crate::bench::{Bench, Make, hash, refused};

impl Bench {
    /// An attempt that stays in flight if it is allowed. It waits for no other attempt in flight.
    pub fn begin_attempt(&mut self, name: &str, address: Option<&str>) -> Challenge {
        self.store.challenge(&fold(name), address, self.now, self.now, Surplus::IsRefused).unwrap()
    }

    /// An attempt with a wrong password.
    pub fn fail_attempt(&mut self, name: &str, address: Option<&str>) -> Attempt {
        let challenge = self.begin_attempt(name, address);
        if let Some(counter) = challenge.knock.counter {
            self.store.settle(counter).unwrap();
        }
        challenge.attempt
    }

    /// How an attempt would be judged now.
    fn judge(&mut self, name: &str) -> Attempt {
        let credential = self.store.credential(name, self.now).unwrap();
        let knock = Knock::new(credential.as_ref().map(|it| &it.user.id), name, None, self.now);
        self.store.judge_attempt(&knock).unwrap()
    }

    fn knock(&mut self, user: Option<&User>, address: Option<&str>) -> Attempt {
        self.fail_attempt(user.map_or("nobody", |user| &user.name), address)
    }

    /// Knocks until it has to wait, and says how often it was let through.
    fn knock_until_held(&mut self, user: Option<&User>, address: Option<&str>) -> u32 {
        (0..99).find(|_| self.knock(user, address) != Attempt::Allowed).unwrap()
    }

    fn knock_until_held_by(&mut self, name: &str) -> u32 {
        (0..99).find(|_| self.fail_attempt(name, None) != Attempt::Allowed).unwrap()
    }

    fn log_in_from(&mut self, user: &User, address: &str) {
        let new = NewSession { address: Some(address.into()), ..self.new_session(user, None) };
        self.open_as(&new).unwrap();
    }

    fn waits(&mut self, user: &User) -> Vec<(u32, u32, bool)> {
        let found = self.store.throttled(&user.id, self.now).unwrap();
        found.into_iter().map(|throttled| (throttled.failures, throttled.held, throttled.known)).collect()
    }
}

pub fn five_wrong_ones_are_free_and_then_each_waits_longer(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    assert_eq!(bench.knock_until_held(Some(&user), None), 6, "the sixth is looked at, and makes the next wait");
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        let until = bench.now.plus(Span::SECOND.times(seconds));
        assert_eq!(bench.knock(Some(&user), None), Attempt::Wait(until));
        bench.now = until.minus(Span::from_millis(1));
        assert_eq!(bench.knock(Some(&user), Some("elsewhere")), Attempt::Wait(until), "all unknown ones are one class");
        bench.now = until;
        assert_eq!(bench.knock(Some(&user), None), Attempt::Allowed);
    }
    bench.pass(Span::DAY.times(2));
    assert_eq!(bench.knock_until_held(Some(&user), None), 6, "a day without one forgets");
}

pub fn a_try_that_waits_is_not_counted_as_wrong(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.knock_until_held(Some(&user), None);
    for _ in 0..50 {
        bench.knock(Some(&user), None);
    }
    assert_eq!(bench.waits(&user), [(6, 51, false)]);
    bench.pass(Span::SECOND);
    assert_eq!(bench.knock(Some(&user), None), Attempt::Allowed);
}

pub fn a_known_address_has_a_counter_of_its_own(make: Make) {
    let mut bench = make();
    let (user, other) = (bench.add("alice"), bench.add("bob"));
    bench.log_in_from(&user, "10.0.0.1");
    assert_eq!(bench.knock_until_held(Some(&user), Some("10.6.6.6")), 6);
    assert_eq!(bench.knock_until_held(Some(&user), Some("10.0.0.1:4711")), 6, "the owner's own are counted apart");
    assert_eq!(bench.waits(&user).len(), 2);
    bench.knock_until_held(Some(&other), Some("10.6.6.6"));
    assert_ne!(bench.knock(Some(&other), Some("10.0.0.1")), Attempt::Allowed, "known to one is not known to another");
}

pub fn an_address_is_known_for_thirty_days(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.log_in_from(&user, "10.0.0.1");
    bench.pass(Span::DAY.times(30));
    bench.knock_until_held(Some(&user), None);
    assert_eq!(bench.knock(Some(&user), Some("10.0.0.1")), Attempt::Allowed);
    bench.pass(Span::from_millis(1));
    assert_ne!(bench.knock(Some(&user), Some("10.0.0.1")), Attempt::Allowed);
}

pub fn a_success_clears_its_class_alone(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.log_in_from(&user, "10.0.0.1");
    bench.knock_until_held(Some(&user), None);
    bench.knock_until_held(Some(&user), Some("10.0.0.1"));
    let knock = Knock::new(Some(&user.id), "", Some("10.0.0.1"), bench.now);
    bench.store.admit(&knock).unwrap();
    assert_eq!(bench.knock(Some(&user), Some("10.0.0.1")), Attempt::Allowed);
    assert_ne!(bench.knock(Some(&user), None), Attempt::Allowed, "who guesses elsewhere goes on waiting");
    bench.log_in_from(&user, "10.0.0.2");
    assert_eq!(
        bench.knock(Some(&user), None),
        Attempt::Allowed,
        "a log-in from elsewhere clears what is counted there"
    );
    assert_eq!(bench.knock_until_held(Some(&user), Some("10.0.0.2")), 6, "and makes its address known");
}

pub fn a_challenge_says_who_it_is_and_counts_like_an_attempt(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.log_in_from(&user, "10.0.0.1");
    let now = bench.now;
    for (key, address) in [("alice", None), ("alice", Some("10.0.0.1")), ("nobody", None)] {
        let challenge = bench.begin_attempt(key, address);
        let (asked, known) = (bench.store.credential(key, now).unwrap(), key == "alice");
        let told =
            |credential: Option<Credential>| credential.map(|it| (it.user, it.hash.unwrap().as_str().to_owned()));
        assert_eq!((told(challenge.credential), challenge.attempt), (told(asked), Attempt::Allowed));
        let knock = Knock::new(known.then_some(&user.id), key, address, now);
        assert_eq!(challenge.knock, Knock { counter: challenge.knock.counter, ..knock.clone() });
        bench.store.settle(challenge.knock.counter.unwrap()).unwrap();
        for _ in 1..6 {
            assert_eq!(bench.store.judge_attempt(&knock).unwrap(), Attempt::Allowed);
            assert_eq!(bench.fail_attempt(key, address), Attempt::Allowed);
        }
        let until = Attempt::Wait(now.plus(Span::SECOND));
        assert_eq!(bench.store.judge_attempt(&knock).unwrap(), until, "both say the same");
        let refused = bench.begin_attempt(key, address);
        assert_eq!((refused.attempt, refused.knock), (until, knock), "what is refused is not counted");
    }
    assert_eq!(bench.waits(&user).len(), 2);
}

pub fn a_log_in_answers_with_what_is_written_whoever_came_before(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    bench.log_in_from(&alice, "10.0.0.1");
    bench.knock_until_held(Some(&alice), None);
    for (name, user, address) in
        [("alice", &bob, None), ("alice", &alice, Some("10.0.0.1")), ("nobody", &alice, None), ("bob", &bob, None)]
    {
        bench.begin_attempt(name, address);
        let new = NewSession { address: address.map(str::to_owned), ..bench.new_session(user, None) };
        let stamp = bench.stamp();
        let (told, session) = bench.store.open_session(&new, &hash(1), None, &stamp).unwrap();
        assert_eq!(told, bench.user(user), "{name}, {address:?}");
        assert_eq!((&told.id, &session.user_id), (&user.id, &user.id));
    }
    assert_eq!(bench.user(&alice).throttled_until, None, "the last of hers came from where the wrong ones did");
}

pub fn six_attempts_in_flight_hold_the_next_until_one_is_settled(make: Make) {
    let mut bench = make();
    bench.add("alice");
    for name in ["alice", "nobody"] {
        let until = bench.now.plus(Span::SECOND);
        let mut flying: Vec<Challenge> = (0..6).map(|_| bench.begin_attempt(name, None)).collect();
        assert!(flying.iter().all(|it| it.attempt == Attempt::Allowed));
        assert_eq!(bench.judge(name), Attempt::InFlight(until));
        let now = bench.now;
        let waiting = bench.store.challenge(name, None, now, now, Surplus::Waits).unwrap();
        assert_eq!((waiting.attempt, waiting.knock.counter), (Attempt::InFlight(until), None));
        assert_eq!(bench.begin_attempt(name, None).attempt, Attempt::Wait(until), "the patience is over");

        bench.store.uncount(flying.pop().unwrap().knock.counter.unwrap()).unwrap();
        flying.push(bench.begin_attempt(name, None));
        assert_eq!(flying[5].attempt, Attempt::Allowed, "its code is yet to come");
        for (settled, challenge) in flying.iter().enumerate() {
            assert_eq!(bench.judge(name), Attempt::InFlight(until), "{settled} are wrong, {name}");
            bench.store.settle(challenge.knock.counter.unwrap()).unwrap();
        }
        assert_eq!(bench.judge(name), Attempt::Wait(until), "all are wrong");
        bench.now = until;
        let right = bench.begin_attempt(name, None);
        assert_eq!(bench.judge(name), Attempt::InFlight(until.plus(Span::SECOND.times(2))));
        bench.store.admit(&right.knock).unwrap();
        assert_eq!(bench.knock_until_held_by(name), 6, "a right one clears the rest");
    }
}

pub fn an_attempt_in_flight_makes_nobody_wait_who_is_shown(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let before = bench.store.counters().unwrap();
    let flying: Vec<Challenge> = (0..6).map(|_| bench.begin_attempt("alice", None)).collect();
    assert_eq!((bench.user(&user).throttled_until, bench.waits(&user)), (None, vec![]));
    assert_eq!(bench.store.counters().unwrap(), before);
    for challenge in &flying {
        bench.store.note_failure(Some(&user.id), None, bench.now, challenge.knock.counter).unwrap();
    }
    assert_eq!(bench.user(&user).throttled_until, Some(bench.now.plus(Span::SECOND)));
    assert_eq!(bench.waits(&user), [(6, 0, false)]);
    assert!(bench.store.counters().unwrap().users > before.users);
}

pub fn an_attempt_whose_process_is_gone_counts_as_wrong(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    for failures in 1..10 {
        assert_eq!(bench.knock(Some(&user), None), Attempt::Allowed, "{failures}");
        bench.pass(rollbook::accounts::throttle::delay(failures));
    }
    assert_eq!(bench.begin_attempt("alice", None).attempt, Attempt::Allowed);
    let until = bench.now.plus(Span::SECOND.times(16));
    bench.pass(Span::SECOND.times(10));
    assert_eq!((bench.judge("alice"), bench.waits(&user)), (Attempt::InFlight(until), vec![]));
    bench.pass(Span::from_millis(1));
    assert_eq!((bench.judge("alice"), bench.waits(&user)), (Attempt::Wait(until), vec![(10, 0, false)]));
    bench.now = until;
    assert_eq!(bench.knock(Some(&user), None), Attempt::Allowed);
    assert_eq!(bench.waits(&user), [(11, 0, false)]);
}

pub fn an_attempt_that_was_cleared_meanwhile_settles_nothing(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let counters: Vec<CounterId> = (0..6).map(|_| bench.begin_attempt("alice", None).knock.counter.unwrap()).collect();
    let stamp = bench.stamp();
    assert!(bench.store.unthrottle(&user.id, &stamp).unwrap());
    let flying: Vec<Challenge> = (0..6).map(|_| bench.begin_attempt("alice", None)).collect();
    for counter in counters {
        bench.store.settle(counter).unwrap();
        bench.store.uncount(counter).unwrap();
    }
    assert!(matches!(bench.judge("alice"), Attempt::InFlight(_)), "the six later ones are in flight");
    bench.store.admit(&flying[0].knock).unwrap();
    assert_eq!(bench.judge("alice"), Attempt::Allowed);
}

pub fn a_name_that_nobody_has_waits_alike(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    assert_eq!(bench.knock_until_held(None, None), 6);
    assert_eq!(bench.knock(Some(&user), None), Attempt::Allowed);
    let other = bench.begin_attempt("other", None);
    assert_eq!(other.attempt, Attempt::Allowed, "each name has its own");
    bench.store.admit(&other.knock).unwrap();
}

pub fn somebody_who_waits_is_shown_and_found(make: Make) {
    let mut bench = make();
    let (user, _) = (bench.add("alice"), bench.add("bob"));
    let query = Query { filter: Filter::is(State::Throttled), ..Query::default() };
    let before = bench.store.counters().unwrap();
    bench.knock_until_held(Some(&user), Some("10.6.6.6"));
    assert!(bench.store.counters().unwrap().users > before.users, "a list on the screen learns of it");
    let page = bench.store.users_page(&query, &Anchor::Start, 9, bench.now).unwrap();
    let found: Vec<_> = page.rows.iter().map(|(_, user)| (user.name.as_str(), user.throttled_until)).collect();
    assert_eq!(found, [("alice", Some(bench.now.plus(Span::SECOND)))]);
    assert!(page.rows[0].1.version == user.version, "it is no change of theirs");
    let throttled = bench.store.throttled(&user.id, bench.now).unwrap().remove(0);
    assert_eq!((throttled.since, throttled.until), (bench.now, bench.now.plus(Span::SECOND)));
    assert_eq!(throttled.address.as_deref(), Some("10.6.6.6"));
    bench.pass(Span::SECOND);
    assert_eq!(bench.store.users_count(&query.filter, None, bench.now).unwrap(), 0);
    assert_eq!(bench.user(&user).throttled_until, None);
    bench.now = bench.now.minus(LONGEST.times(2));
    assert_eq!(bench.user(&user).throttled_until, None, "a clock that went back makes nobody wait for ever");
}

pub fn an_administrator_clears_every_counter_once(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.log_in_from(&user, "10.0.0.1");
    bench.knock_until_held(Some(&user), None);
    bench.knock_until_held(Some(&user), Some("10.0.0.1"));
    let (stamp, before) = (bench.stamp(), bench.trail().len());
    assert!(bench.store.unthrottle(&user.id, &stamp).unwrap());
    assert_eq!(bench.trail()[0].deed, "unthrottle");
    assert_eq!(bench.knock_until_held(Some(&user), Some("10.0.0.1")), 6, "the address stays known");
    assert_eq!(bench.knock(Some(&user), None), Attempt::Allowed);
    bench.store.unthrottle(&user.id, &stamp).unwrap();
    assert!(!bench.store.unthrottle(&user.id, &stamp).unwrap());
    assert_eq!(bench.trail().len(), before + 2, "nothing to clear, nothing to write");
    let nobody = UserId::new("nobody");
    assert_eq!(refused(bench.store.unthrottle(&nobody, &stamp)).kind, Kind::UnknownUser);
}

/// Only a file can be filled from beside.
#[test]
fn of_names_that_nobody_has_a_hundred_thousand_are_kept() {
    let mut bench = Bench::file();
    let user = bench.add("alice");
    bench.knock(Some(&user), None);
    let db = rusqlite::Connection::open(bench.path.as_ref().unwrap()).unwrap();
    db.execute_batch(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
         INSERT INTO throttle (subject, source, failures, since, last, until) SELECT i, x'', 1, 0, 0, 0 FROM n",
    )
    .unwrap();
    for name in ["one", "two", "three"] {
        bench.now = Time::from_millis(5);
        assert_eq!(bench.fail_attempt(name, None), Attempt::Allowed);
    }
    let count = |condition: &str| -> i64 {
        db.query_row(&format!("SELECT count(*) FROM throttle WHERE {condition}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count("user_seq IS NULL"), 100_000);
    assert_eq!(count("subject IN (1, 2)"), 0, "the oldest go first");
    assert_eq!(count("user_seq IS NOT NULL"), 1, "nobody's names push out no account");
}

#[test]
fn of_64_who_knock_at_once_six_are_let_through() {
    let mut bench = Bench::file();
    bench.add("alice");
    let (path, now) = (bench.path.clone().unwrap(), bench.now);
    let through: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let path = &path;
                scope.spawn(move || {
                    let mut store = rollbook::engines::open(path, rollbook::engines::Access::Full).unwrap();
                    let mut attempt = || store.challenge("alice", None, now, now, Surplus::IsRefused).unwrap().attempt;
                    (0..8).filter(|_| attempt() == Attempt::Allowed).count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(through, 6);
}

#[test]
fn opened_for_looking_only_it_counts_nothing_and_holds_all_the_same() {
    let mut bench = Bench::file();
    let user = bench.add("alice");
    let mut looking =
        rollbook::engines::open(bench.path.as_ref().unwrap(), rollbook::engines::Access::ReadOnly).unwrap();
    let knock = Knock::new(Some(&user.id), "", None, bench.now);
    let now = bench.now;
    for _ in 0..20 {
        let challenge = looking.challenge("alice", None, now, now, Surplus::IsRefused).unwrap();
        assert_eq!((challenge.attempt, challenge.knock.counter), (Attempt::Allowed, None));
        looking.admit(&knock).unwrap();
    }
    bench.knock_until_held(Some(&user), None);
    let challenge = looking.challenge("alice", None, now, now, Surplus::IsRefused).unwrap();
    assert!(matches!(challenge.attempt, Attempt::Wait(_)));
}
