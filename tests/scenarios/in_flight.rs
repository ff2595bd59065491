//! Attempts that are being verified at the same time: right ones wait for each other, wrong ones gain nothing by it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use rollbook::accounts::error::{Error, Kind, Result};
use rollbook::accounts::hash::Cost;
use rollbook::accounts::store::Store;
use rollbook::accounts::throttle::{Attempt, CounterId, Surplus};
use rollbook::accounts::time::{Clock, Time};
use rollbook::accounts::token::Entropy;
use rollbook::accounts::{Accounts, Ground, Login, Role, Span, User};
use rollbook::engines;

use crate::support::{CHEAP, HandClock, MemoryRing, START, Seeded, race, service};
use crate::world::{PASSWORD, file, kind, open, pw};

/// A cost of some milliseconds, so that verifications overlap. It is below the cost that waits for a turn to hash.
const OVERLAPPING: Cost = Cost { memory: 1000, passes: 4 };

fn log_in(accounts: &mut Accounts, password: &str) -> Result<()> {
    let password = pw(password);
    accounts.log_in(&Login { name: "alice", password: Some(&password), ..Login::default() }).map(drop)
}

/// Begins an attempt that stays in flight.
fn begin(store: &mut dyn Store, name: &str) -> CounterId {
    let challenge = store.challenge(name, None, START, START, Surplus::Waits).unwrap();
    assert_eq!(challenge.attempt, Attempt::Allowed);
    challenge.knock.counter.unwrap()
}

fn judge(store: &mut dyn Store, alice: &User) -> Attempt {
    let knock = rollbook::accounts::throttle::Knock::new(Some(&alice.id), "", None, START);
    store.judge_attempt(&knock).unwrap()
}

#[test]
fn twenty_right_passwords_of_one_user_at_once_all_log_in() {
    let (_folder, path, mut w) = file();
    w.person("alice");
    let mut clients: Vec<Accounts> = (0..20).map(|n| open(&path, &w.clock, 100 + n, OVERLAPPING)).collect();
    for round in 0..5 {
        for outcome in race(clients.iter_mut(), |client| log_in(client, PASSWORD)) {
            assert_eq!(outcome, Ok(()), "round {round}");
        }
    }
}

#[test]
fn a_thousand_wrong_passwords_at_once_are_looked_at_no_more_often_than_one_after_the_other() {
    let (_folder, path, mut w) = file();
    let alice = w.person("alice");
    let mut clients: Vec<Accounts> = (0..25).map(|n| open(&path, &w.clock, 100 + n, OVERLAPPING)).collect();
    let outcomes = race(clients.iter_mut(), |client| {
        (0..40).map(|_| log_in(client, "wrong").map_err(|error| error.kind)).collect::<Vec<_>>()
    });
    assert!(outcomes.into_iter().flatten().all(|outcome| outcome == Err(Kind::InvalidCredentials)));
    let throttled = w.why(&alice.id).unwrap().1.obstacles.remove(0).throttled.unwrap();
    assert_eq!((throttled.failures, throttled.held), (6, 994));
    assert_eq!(w.verifications(), 0);
    let looked: u64 = clients.iter().map(Accounts::verifications).sum();
    assert_eq!(looked, 1000, "each costs the same work");
}

const CHILD: &str = "ROLLBOOK_TEST_IN_FLIGHT";

/// The child process of other tests: ten clients, which all log in at once at each line of input.
#[test]
fn the_process_that_logs_in() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let clock = HandClock::default();
    let seed = u64::from(std::process::id());
    let mut clients: Vec<Accounts> =
        (0..10).map(|n| open(Path::new(&path), &clock, seed * 100 + n, OVERLAPPING)).collect();
    println!("\nready");
    for line in std::io::stdin().lock().lines() {
        if line.unwrap() == "crash" {
            begin(&mut *engines::open(Path::new(&path), engines::Access::Full).unwrap(), "alice");
            println!("crashed");
            std::process::abort();
        }
        let outcomes = race(clients.iter_mut(), |client| log_in(client, PASSWORD));
        println!("logged in {}", outcomes.iter().filter(|outcome| outcome.is_ok()).count());
    }
}

struct Process(Child, BufReader<std::process::ChildStdout>);

impl Process {
    fn start(path: &Path) -> Process {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "in_flight::the_process_that_logs_in", "--nocapture"])
            .env(CHILD, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut process = Process(child, output);
        process.expect("ready");
        process
    }

    fn tell(&mut self, word: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{word}").unwrap();
    }

    /// Reads until a line is this one. Panics if another number of clients logged in.
    fn expect(&mut self, wanted: &str) {
        loop {
            let mut line = String::new();
            assert_ne!(self.1.read_line(&mut line).unwrap(), 0, "the process is gone");
            if line.trim() == wanted {
                return;
            }
            assert!(!line.starts_with("logged in"), "{line}");
        }
    }
}

#[test]
fn right_passwords_of_one_user_from_two_processes_at_once_all_log_in() {
    let (_folder, path, mut w) = file();
    w.person("alice");
    let mut processes = [Process::start(&path), Process::start(&path)];
    for _ in 0..5 {
        processes.iter_mut().for_each(|process| process.tell("go"));
        processes.iter_mut().for_each(|process| process.expect("logged in 10"));
    }
    for mut process in processes {
        drop(process.0.stdin.take());
        assert!(process.0.wait().unwrap().success());
    }
}

#[test]
fn an_attempt_whose_process_dies_is_a_wrong_one() {
    let (_folder, path, mut w) = file();
    let alice = w.person("alice");
    let mut store = engines::open(&path, engines::Access::Full).unwrap();
    for _ in 0..6 {
        let mut process = Process::start(&path);
        process.tell("crash");
        process.expect("crashed");
        assert!(!process.0.wait().unwrap().success());
    }
    assert!(matches!(judge(&mut *store, &alice), Attempt::InFlight(_)));
    // For as long as a wait of this length lasts, more wrong ones are needed before the dead ones are.
    w.pass(Span::SECOND);
    for failures in 7..=10 {
        assert!(log_in(&mut w, "wrong").is_err());
        w.pass(rollbook::accounts::throttle::delay(failures));
    }
    assert!(log_in(&mut w, "wrong").is_err());
    let throttled = w.why(&alice.id).unwrap().1.obstacles.remove(0).throttled.unwrap();
    assert_eq!(throttled.failures, 11);
}

/// A clock that stands still. Each pause adds to a total and calls the test.
#[derive(Clone)]
struct Paused {
    total: Arc<AtomicI64>,
    then: Arc<Mutex<Box<dyn FnMut() + Send>>>,
}

impl Paused {
    fn new(then: impl FnMut() + Send + 'static) -> Paused {
        Paused { total: Arc::default(), then: Arc::new(Mutex::new(Box::new(then))) }
    }

    fn total(&self) -> i64 {
        self.total.load(Ordering::SeqCst)
    }
}

impl Clock for Paused {
    fn now(&self) -> Time {
        START
    }

    fn pause(&self, span: Span) {
        self.total.fetch_add(span.millis(), Ordering::SeqCst);
        (self.then.lock().unwrap())();
    }
}

fn client(path: &Path, clock: &Paused, entropy: impl Entropy + 'static) -> Accounts {
    let ground = Ground {
        store: engines::open(path, engines::Access::Full).unwrap(),
        clock: Box::new(clock.clone()),
        entropy: Box::new(entropy),
        cost: Some(CHEAP),
        keys: Box::new(MemoryRing::default()),
    };
    Accounts::new(ground, service(), "")
}

#[test]
fn an_attempt_waits_two_seconds_for_others_in_flight_and_is_then_refused() {
    for name in ["alice", "nobody"] {
        let (_folder, path, mut w) = file();
        let alice = w.person("alice");
        let mut store = engines::open(&path, engines::Access::Full).unwrap();
        let _flying: Vec<CounterId> = (0..6).map(|_| begin(&mut *store, name)).collect();
        let clock = Paused::new(|| {});
        let mut accounts = client(&path, &clock, Seeded(5));
        assert_eq!(kind(accounts.authenticate(name, &pw(PASSWORD), None)), Kind::InvalidCredentials);
        assert_eq!((clock.total(), accounts.verifications()), (2000, 1), "{name}");
        assert!(name != "alice" || matches!(judge(&mut *store, &alice), Attempt::InFlight(_)));
    }
}

#[test]
fn an_attempt_goes_on_as_soon_as_one_in_flight_is_settled() {
    let (_folder, path, mut w) = file();
    w.person("alice");
    let mut store = engines::open(&path, engines::Access::Full).unwrap();
    let flying: Vec<CounterId> = (0..6).map(|_| begin(&mut *store, "alice")).collect();
    let mut pauses = 0;
    let clock = Paused::new(move || {
        pauses += 1;
        if pauses == 3 {
            store.uncount(flying[0]).unwrap();
        }
    });
    let mut accounts = client(&path, &clock, Seeded(5));
    accounts.authenticate("alice", &pw(PASSWORD), None).unwrap();
    assert!((35..=105).contains(&clock.total()), "{} ms in three pauses", clock.total());
}

#[test]
fn wrong_passwords_refuse_the_next_attempt_at_once() {
    let (_folder, path, mut w) = file();
    w.person("alice");
    let clock = Paused::new(|| {});
    let mut accounts = client(&path, &clock, Seeded(5));
    for _ in 0..6 {
        assert!(accounts.authenticate("alice", &pw("wrong"), None).is_err());
    }
    assert_eq!(kind(accounts.authenticate("alice", &pw(PASSWORD), None)), Kind::InvalidCredentials);
    assert_eq!(clock.total(), 0);
}

/// Randomness that lets a test do something before it is first used, which is after the password was verified.
struct Before<F>(Option<F>);

impl<F: FnOnce() + Send> Entropy for Before<F> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        if let Some(first) = self.0.take() {
            first();
        }
        Seeded(bytes.len() as u64).fill(bytes)
    }
}

#[test]
fn a_right_password_logs_in_although_another_login_renews_the_hash_at_the_same_time() {
    let (_folder, path, mut w) = file();
    let alice = w.person("alice");
    let mut dearer = open(&path, &w.clock, 9, OVERLAPPING);
    let renew = move || log_in(&mut dearer, PASSWORD).unwrap();
    log_in(&mut client(&path, &Paused::new(|| {}), Before(Some(renew))), PASSWORD).unwrap();
    let mut other = open(&path, &w.clock, 10, CHEAP);
    let change = move || drop(other.set_password(&alice.id, None, &pw("another one")).unwrap());
    let refused = log_in(&mut client(&path, &Paused::new(|| {}), Before(Some(change))), PASSWORD);
    assert_eq!(kind(refused), Kind::InvalidCredentials, "a new password is no renewal");
}

/// Randomness that fails, by an error or by a panic, while its switch is on.
#[derive(Clone)]
struct Failing(Arc<AtomicBool>, bool);

impl Entropy for Failing {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        if self.0.load(Ordering::SeqCst) {
            assert!(!self.1, "no randomness");
            return Err(Error::new(Kind::Failure, "no randomness"));
        }
        Seeded(bytes.len() as u64).fill(bytes)
    }
}

#[test]
fn an_attempt_that_ends_in_an_error_or_a_panic_is_settled_as_a_wrong_one() {
    for panics in [false, true] {
        let (_folder, path, mut w) = file();
        let alice = w.person("alice");
        let mut store = engines::open(&path, engines::Access::Full).unwrap();
        let entropy = Failing(Arc::new(AtomicBool::new(true)), panics);
        let clock = Paused::new(|| {});
        for _ in 0..6 {
            let mut accounts = client(&path, &clock, entropy.clone());
            let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| log_in(&mut accounts, PASSWORD)));
            assert_eq!((outcome.is_err(), panics), (panics, outcome.is_err()));
            // A handle that lives on settles with its next attempt, one that goes with its end.
            drop(accounts);
        }
        assert!(matches!(judge(&mut *store, &alice), Attempt::Wait(_)), "panics: {panics}");
    }
}

#[test]
fn after_a_panic_the_same_handle_settles_its_attempt_before_the_next() {
    let (_folder, path, mut w) = file();
    let alice = w.person("alice");
    let mut store = engines::open(&path, engines::Access::Full).unwrap();
    let switch = Arc::new(AtomicBool::new(true));
    let mut accounts = client(&path, &Paused::new(|| {}), Failing(switch.clone(), true));
    for _ in 0..5 {
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| log_in(&mut accounts, PASSWORD)));
        assert!(outcome.is_err());
    }
    switch.store(false, Ordering::SeqCst);
    assert!(log_in(&mut accounts, "wrong").is_err());
    assert!(matches!(judge(&mut *store, &alice), Attempt::Wait(_)), "six wrong ones, none in flight");
}

#[test]
fn every_way_to_end_an_attempt_settles_it() {
    let (_folder, path, mut w) = file();
    let alice = w.with_role("alice", Role::Member);
    let (app, _) = crate::factor::enrol(&mut w, &alice);
    let db = rusqlite::Connection::open(&path).unwrap();
    let unsettled =
        || -> i64 { db.query_row("SELECT coalesce(sum(unsettled), 0) FROM throttle", [], |row| row.get(0)).unwrap() };
    let (code, wrong) = (app.code(&w), app.wrong(&w));
    for (password, code, refusal) in [
        ("wrong", None, Some(Kind::InvalidCredentials)),
        (PASSWORD, None, Some(Kind::MissingOtpCode)),
        (PASSWORD, Some(&wrong), Some(Kind::InvalidOtpCode)),
        (PASSWORD, Some(&code), None),
    ] {
        let outcome = w.authenticate("alice", &pw(password), code.map(String::as_str));
        assert_eq!((outcome.err().map(|error| error.kind), unsettled()), (refusal, 0));
    }
    w.deactivate(&alice.id, None).unwrap();
    assert!(w.authenticate("alice", &pw(PASSWORD), None).is_err());
    assert!(w.enable_own_factor("alice", &pw(PASSWORD), &pw("secret"), "1").is_err());
    assert!(w.authenticate("nobody", &pw(PASSWORD), None).is_err());
    assert_eq!(unsettled(), 0);
    let bob = w.person("bob");
    assert!(w.enable_own_factor("bob", &pw(PASSWORD), &pw("no secret"), "1").is_err());
    crate::factor::enrol(&mut w, &bob);
    assert!(w.enable_own_factor("bob", &pw(PASSWORD), &pw("no secret"), "1").is_err());
    assert_eq!(unsettled(), 0);
}
