//! The worker's threads themselves: in what order orders are carried out, and which one waits for none.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rollbook::accounts::bulk::Chosen;
use rollbook::accounts::change::UserChange;
use rollbook::accounts::query::Filter;
use rollbook::accounts::store::Sample;
use rollbook::accounts::user::{Draft, Edit, Role};
use rollbook::accounts::{Accounts, Actor, Error, Kind, Result, Secret, UserId};
use rollbook::console::effect::{Answer, Bulk, Done, Event, Read, Slot, Target, Write};
use rollbook::console::worker::{Library, Worker};
use rollbook::engines::{self, Access};

use crate::stage::PASSWORD;
use crate::support::{Trap, operator, scratch, trapped};

const SIGN_IN: u64 = 7;
const BULK: u64 = 1;

/// One database, opened with cheap hashes; while it is shut, it cannot be opened again.
#[derive(Clone, Default)]
struct Shelf(Trap, Arc<AtomicBool>);

impl Library for Shelf {
    fn open(&self, path: &Path) -> Result<Accounts> {
        if self.1.load(Ordering::SeqCst) {
            return Err(Error::new(Kind::Failure, "too many open files"));
        }
        Ok(trapped(engines::open(path, Access::Full)?, &self.0, operator()))
    }

    fn create(&self, path: &Path) -> Result<()> {
        engines::create(path).map(drop)
    }

    fn upgrade(&self, _: &Path) -> Result<String> {
        Ok(String::new())
    }

    fn demo(&self, _: &dyn Fn(String)) -> Result<PathBuf> {
        Err(Error::new(Kind::Failure, "no demo"))
    }
}

/// A worker on a database of 600 people and their administrators. An order about many stands still after its first batch
/// until it is told to go on.
struct Work {
    worker: Worker,
    events: Receiver<Event>,
    go_on: Sender<()>,
    accounts: Accounts,
    shelf: Shelf,
    ids: Vec<UserId>,
    _folder: tempfile::TempDir,
}

impl Work {
    fn new() -> Work {
        Work::begun(|_, _| {})
    }

    /// The same; something happens when the first page has been shown and nobody is in the background yet.
    fn begun(meanwhile: impl FnOnce(&mut Accounts, &Receiver<Event>)) -> Work {
        let (folder, shelf) = (scratch(), Shelf::default());
        let path = folder.path().join("people.db");
        shelf.create(&path).unwrap();
        let mut accounts = shelf.open(&path).unwrap();
        let admin = |name: &str| Draft { role: Role::Admin, ..Draft::named(name).unwrap() };
        let root = accounts.create_user(admin("root"), Some(&Secret::from(PASSWORD))).unwrap();
        accounts.create_user(admin("chief"), Some(&Secret::from(PASSWORD))).unwrap();
        let sample = |n: usize| {
            let user = rollbook::accounts::User {
                id: UserId::new(format!("{n:032x}")),
                name: format!("p{n}"),
                role: Role::Member,
                ..root.clone()
            };
            Sample { user, hash: None, sessions: Vec::new() }
        };
        accounts.load(&mut (0..600).map(sample), &[], &mut |_| true).unwrap();
        let (sender, events) = channel();
        let (go_on, gate) = channel();
        let gate = Mutex::new(gate);
        let sink = move |event: Event| {
            let first = matches!(&event, Event::Reached(BULK, 250, _));
            let _ = sender.send(event);
            if first {
                let _ = gate.lock().unwrap().recv_timeout(Duration::from_secs(20));
            }
        };
        let library = Arc::new(shelf.clone());
        let mut worker = Worker::start(library, Arc::new(sink), Target::Open(path), Read::Attention).unwrap();
        meanwhile(&mut accounts, &events);
        worker.complete().unwrap();
        let ids = (0..600).map(|n| UserId::new(format!("{n:032x}"))).collect();
        Work { worker, events, go_on, accounts, shelf, ids, _folder: folder }
    }

    /// Begins to deactivate the 600, and waits until the first batch is done.
    fn begin(&mut self) {
        let chosen = Chosen::All(Filter::parse("^p").unwrap());
        let plan = Box::new(self.accounts.plan(&chosen, &UserChange::Deactivate).unwrap());
        self.worker.write(BULK, Write::Many(Bulk::Change { plan, reason: None }));
        self.until(|event| matches!(event, Event::Reached(BULK, 250, _)));
    }

    fn until(&self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.events.recv_timeout(Duration::from_secs(20)).expect("an event");
            if wanted(&event) {
                return event;
            }
        }
    }

    /// The outcomes of the next `n` orders, in the order in which they came.
    fn outcomes(&self, n: usize) -> Vec<(u64, Result<Done>)> {
        (0..n)
            .map(|_| match self.until(|event| matches!(event, Event::Written(..))) {
                Event::Written(ticket, outcome) => (ticket, outcome),
                _ => unreachable!(),
            })
            .collect()
    }

    fn note(&mut self, n: usize, note: &str) -> Write {
        let user = self.accounts.get(&self.ids[n], None).unwrap();
        let edit = Box::new(Edit { note: Some(Some(note.to_owned())), ..Edit::default() });
        Write::Edit { id: user.id, expect: user.version, edit }
    }
}

fn log_in(password: &str) -> Write {
    Write::SignIn { name: "chief".into(), password: Secret::from(password), code: None }
}

#[test]
fn a_log_in_waits_for_no_order_about_many_and_what_follows_it_is_in_its_name() {
    let mut work = Work::new();
    work.begin();
    let (before, after) = (work.note(0, "before"), work.note(1, "after"));
    work.worker.write(6, before);
    work.worker.write(SIGN_IN, log_in(PASSWORD));
    work.worker.write(8, after);
    work.go_on.send(()).unwrap();
    let outcomes = work.outcomes(4);
    let order: Vec<u64> = outcomes.iter().map(|(ticket, _)| *ticket).collect();
    assert_eq!(order, [SIGN_IN, BULK, 6, 8]);
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
    let Ok(Done::SignedIn { standing, .. }) = &outcomes[0].1 else { panic!("not signed in") };
    assert!(matches!(&standing.actor, Actor::User { name, .. } if name == "chief"));
    let Ok(Done::Many(done, _)) = &outcomes[1].1 else { panic!("not done") };
    assert_eq!((done.changed(), done.rest), (600, 0));
    for (n, by) in [(0, "root"), (1, "chief")] {
        let history = work.accounts.dossier(&work.ids[n], 9).unwrap().history;
        let rollbook::accounts::audit::Happening::Entry(entry) = &history[0] else { panic!("no entry") };
        assert_eq!((entry.deed.as_str(), entry.actor()), ("edit", by));
    }
}

#[test]
fn a_wrong_password_changes_nothing_about_who_orders() {
    let mut work = Work::new();
    work.begin();
    let after = work.note(1, "after");
    work.worker.write(SIGN_IN, log_in("wrong"));
    work.worker.write(8, after);
    work.go_on.send(()).unwrap();
    let outcomes = work.outcomes(3);
    assert_eq!(
        outcomes.iter().map(|(ticket, done)| (*ticket, done.is_ok())).collect::<Vec<_>>(),
        [(SIGN_IN, false), (BULK, true), (8, true)]
    );
    let history = work.accounts.dossier(&work.ids[1], 9).unwrap().history;
    let rollbook::accounts::audit::Happening::Entry(entry) = &history[0] else { panic!("no entry") };
    assert_eq!(entry.actor(), "root");
}

#[test]
fn a_log_in_behind_another_database_waits_for_it() {
    let mut work = Work::new();
    work.begin();
    let elsewhere = work._folder.path().join("other.db");
    work.worker.connect(Target::Create(elsewhere));
    work.worker.write(SIGN_IN, log_in(PASSWORD));
    work.go_on.send(()).unwrap();
    let outcomes = work.outcomes(2);
    assert_eq!(
        outcomes.iter().map(|(ticket, done)| (*ticket, done.is_ok())).collect::<Vec<_>>(),
        [(BULK, true), (SIGN_IN, false)]
    );
}

#[test]
fn an_order_about_many_that_is_stopped_ends_with_its_batch() {
    let mut work = Work::new();
    work.begin();
    work.worker.stop(BULK);
    work.go_on.send(()).unwrap();
    let Some((BULK, Ok(Done::Many(done, _)))) = work.outcomes(1).pop() else { panic!("not done") };
    assert_eq!((done.changed(), done.rest), (250, 350));
}

#[test]
fn what_others_change_before_anybody_looks_for_it_is_told() {
    let work = Work::begun(|accounts, events| {
        let shown = |event: &Event| matches!(event, Event::Connected(_, Ok(_)));
        while !shown(&events.recv_timeout(Duration::from_secs(20)).unwrap()) {}
        accounts.create_user(Draft::named("late").unwrap(), None).unwrap();
    });
    work.worker.ask(Slot::Attention, 1, Read::Attention);
    work.until(|event| matches!(event, Event::Moved { users: true, sessions: false }));
}

/// When the first page has been shown, the file cannot be opened any more by those who are not there yet.
fn shut_after_the_first_page() -> Work {
    let work = Work::begun(|_, events| {
        let shown = |event: &Event| matches!(event, Event::Connected(_, Ok(_)));
        while !shown(&events.recv_timeout(Duration::from_secs(20)).unwrap()) {}
    });
    work.shelf.1.store(true, Ordering::SeqCst);
    work
}

#[test]
fn an_order_that_finds_no_database_is_told_so_and_the_next_tries_again() {
    let mut work = shut_after_the_first_page();
    for (ticket, shut) in [(3, true), (4, true), (5, false)] {
        work.shelf.1.store(shut, Ordering::SeqCst);
        let note = work.note(0, "seen");
        work.worker.write(ticket, note);
        let Some((answered, outcome)) = work.outcomes(1).pop() else { panic!("no outcome") };
        assert_eq!((answered, outcome.is_err()), (ticket, shut));
    }
}

#[test]
fn a_question_that_finds_no_database_is_answered_and_the_next_tries_again() {
    let work = shut_after_the_first_page();
    for (turn, shut) in [(1, true), (2, true), (3, false), (4, false)] {
        work.shelf.1.store(shut, Ordering::SeqCst);
        work.worker.ask(Slot::Attention, turn, Read::Attention);
        let answer = work.until(|event| matches!(event, Event::Answered(Slot::Attention, ..)));
        let Event::Answered(_, answered, outcome) = answer else { unreachable!() };
        assert_eq!(answered, turn);
        assert_eq!(outcome.err().map(|error| error.message), shut.then(|| "too many open files".to_owned()));
    }
}

fn note_of(work: &mut Work, n: usize) -> (String, String) {
    let history = work.accounts.dossier(&work.ids[n], 9).unwrap().history;
    let rollbook::accounts::audit::Happening::Entry(entry) = &history[0] else { panic!("no entry") };
    (entry.deed.as_str().to_owned(), entry.actor().to_owned())
}

#[test]
fn a_panic_fails_one_order_and_the_next_is_carried_out_in_the_same_name() {
    let mut work = Work::new();
    work.worker.write(SIGN_IN, log_in(PASSWORD));
    assert!(work.outcomes(1).pop().unwrap().1.is_ok());
    for ticket in [20, 30] {
        let (lost, done) = (work.note(1, "lost"), work.note(1, "done"));
        work.shelf.0.arm("writer");
        work.worker.write(ticket, lost);
        work.worker.write(ticket + 1, done);
        let outcomes = work.outcomes(2);
        let error = outcomes[0].1.as_ref().err().expect("the panic");
        assert_eq!((outcomes[0].0, error.kind), (ticket, Kind::Failure));
        assert!(error.message.contains("a fault in the program") && error.hint.is_some(), "{error:?}");
        assert_eq!((outcomes[1].0, outcomes[1].1.as_ref().err()), (ticket + 1, None));
        assert_eq!(note_of(&mut work, 1), ("edit".to_owned(), "chief".to_owned()));
        assert_eq!(work.accounts.get(&work.ids[1].clone(), None).unwrap().note.as_deref(), Some("done"));
    }
}

#[test]
fn a_panic_in_a_log_in_beside_an_order_about_many_fails_nothing_else() {
    let mut work = Work::new();
    work.begin();
    work.shelf.0.arm("writer");
    work.worker.write(SIGN_IN, log_in(PASSWORD));
    work.go_on.send(()).unwrap();
    let outcomes = work.outcomes(2);
    let told: Vec<_> = outcomes.iter().map(|(ticket, done)| (*ticket, done.is_ok())).collect();
    assert_eq!(told, [(SIGN_IN, false), (BULK, true)]);
}

#[test]
fn a_panic_fails_one_question_and_the_next_is_answered_in_the_same_name() {
    let mut work = Work::new();
    let chief = work.accounts.find("chief").unwrap();
    work.accounts.act_as(Actor::User { id: chief.id.clone(), name: chief.name.clone() });
    work.worker.seat(&work.accounts.seat());
    let ask = |work: &Work, turn, read| {
        work.worker.ask(Slot::Person, turn, read);
        let answer = work.until(|event| matches!(event, Event::Answered(Slot::Person, ..)));
        let Event::Answered(_, answered, outcome) = answer else { unreachable!() };
        assert_eq!(answered, turn);
        outcome
    };
    // Behind what it reads at its start.
    assert!(ask(&work, 1, Read::Attention).is_ok());
    for turn in [10, 20] {
        work.shelf.0.arm("pages");
        let error = ask(&work, turn, Read::Person(chief.id.clone(), 9)).expect_err("the panic");
        assert!(error.kind == Kind::Failure && error.message.contains("a fault in the program"), "{error:?}");
        assert!(ask(&work, turn + 1, Read::Person(chief.id.clone(), 9)).is_ok());
        let Ok(Answer::Attention(_, _, standing)) = ask(&work, turn + 2, Read::Attention) else { panic!("no answer") };
        assert!(matches!(&standing.actor, Actor::User { name, .. } if name == "chief"), "{:?}", standing.actor);
    }
}

#[test]
fn a_panic_that_no_question_caused_is_told() {
    let work = Work::begun(|_, _| {});
    work.shelf.0.arm("background");
    // The upkeep that follows the first answer, or the answer itself.
    work.worker.ask(Slot::Attention, 1, Read::Attention);
    let told = work.until(|event| matches!(event, Event::Failed(_) | Event::Answered(Slot::Attention, 1, Err(_))));
    let (Event::Failed(error) | Event::Answered(_, _, Err(error))) = told else { unreachable!() };
    assert!(error.message.contains("a fault in the program"), "{error:?}");
    work.worker.ask(Slot::Attention, 2, Read::Attention);
    work.until(|event| matches!(event, Event::Answered(Slot::Attention, 2, Ok(_))));
}
