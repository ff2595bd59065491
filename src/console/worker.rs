//! Everything that takes time: three threads with a connection each, for pages, for counts, and for changes.
//!
//! For questions only the newest counts: it takes the place of the one before and interrupts it. For orders every one
//! counts: they queue, and each gets its outcome while the process lives.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

pub use super::carrying::carry_out;
use super::effect::{Answer, Attention, Done, Event, Place, Read, SHALLOW, Slot, Target, Ticket, Turn, Write};
use super::expression::LABELS;
use super::fault::contain;
use super::gather;
pub use super::library::{Library, Sink};
use crate::accounts::error::{Error, Kind};
use crate::accounts::policy::Policy;
use crate::accounts::query::{Filter, State};
use crate::accounts::standing::{Seat, Standing};
use crate::accounts::store::Counters;
use crate::accounts::{Accounts, Result};
use hold::{Hold, closed};
use mailbox::{Mailbox, POLL, next};
use shown::{Shown, find_replacement};

mod hold;
mod mailbox;
mod shown;

/// Answers a question. The threads and the tests' stage both come through here.
///
/// # Errors
/// What the domain says.
pub fn answer(accounts: &mut Accounts, read: Read) -> Result<Answer> {
    Ok(match read {
        Read::Users { query, want, limit } => accounts.at_one_moment(|accounts| {
            let page = accounts.users(&query, &want.anchor(), limit)?;
            // Whoever cannot be read is asked for alone, which tells why.
            let led = want.led(&page).and_then(|user| accounts.dossier(&user.id, SHALLOW).ok());
            Ok(Answer::Users(want, page, led.map(Box::new)))
        })?,
        Read::Person(id, depth) => Answer::Person(Box::new(accounts.dossier(&id, depth)?)),
        Read::People(wanted) => Answer::People(gather::dossiers(accounts, &wanted)?),
        Read::Everybody { filter, reversed, want, limit } => {
            let page = accounts.sessions(&filter, reversed, &want.anchor(), limit)?;
            Answer::Everybody(want, page)
        }
        Read::Attention => {
            let pending = accounts.count(&Filter::is(State::Pending), None)?;
            let people = accounts.count(&Filter::default(), None)?;
            let throttled = accounts.count(&Filter::is(State::Throttled), None)?;
            let standing = accounts.standing()?;
            Answer::Attention(Attention { pending, throttled, people }, accounts.policy()?, standing)
        }
        Read::Matches(filter) => Answer::Matches(accounts.count(&filter, None)?),
        Read::SessionMatches(filter) => Answer::SessionMatches(accounts.count_sessions(&filter, None)?),
        Read::Words(filter) => accounts.expect_words(&filter).map(|()| Answer::Words)?,
        Read::Audit { search, want, limit } => {
            let page = accounts.entries_page(&search, &want.anchor(), limit)?;
            Answer::Audit(want, page)
        }
        Read::AuditMatches(search) => Answer::AuditMatches(accounts.count_entries(&search, None)?),
        Read::System => Answer::System(Box::new(accounts.report()?)),
        Read::Hashes => Answer::Hashes(accounts.hashes()?),
        Read::Verify(mut walk) => {
            let more = accounts.verify_on(&mut walk)?;
            Answer::Verified(walk, more)
        }
        Read::Marks(query, stretch) => gather::people(accounts, &query, &stretch)?,
        Read::SessionMarks(filter, reversed, stretch) => gather::sessions(accounts, &filter, reversed, &stretch)?,
        Read::Plan(survey) => gather::plan(accounts, *survey)?,
        Read::Live(ids, filter) => gather::live(accounts, ids, &filter)?,
        Read::Names(ids) => gather::names(accounts, ids)?,
        Read::UsersBefore(query, key) => Answer::UsersBefore(accounts.count_before(&query, &key)?),
        Read::SessionsBefore(filter, reversed, key) => {
            Answer::SessionsBefore(accounts.count_sessions_before(&filter, reversed, &key)?)
        }
        Read::EntriesBefore(search, key) => Answer::EntriesBefore(accounts.count_entries_before(&search, &key)?),
        Read::Labels(prefix) => Answer::Labels(accounts.labels(&prefix, LABELS)?),
    })
}

/// The worker's front: what the loop hands its effects to.
pub struct Worker {
    pages: Arc<Mailbox>,
    background: Arc<Mailbox>,
    orders: Sender<Order>,
    /// The order that is to end after the batch that it is at.
    stopped: Arc<AtomicU64>,
    /// The file on the screen.
    shown: Shown,
    /// The threads that are not started yet.
    rest: Option<Box<dyn FnOnce() -> Result<()>>>,
}

enum Order {
    Connect(Target),
    Open(PathBuf),
    Write(Ticket, Write),
    /// Somebody logged in while an order about many was at work: what comes behind it is done in their name.
    Seat(Seat),
}

impl Worker {
    /// Begins with a database, about which this is going to be asked first. Where it only has to be opened, the pages'
    /// thread does so alone, and [`Worker::complete`] starts the others: before the first frame they would only be in
    /// its way. The threads end with the process.
    ///
    /// # Errors
    /// `failure` when the system gives no thread.
    pub fn start(library: Arc<dyn Library>, sink: Sink, first: Target, look: Read) -> Result<Worker> {
        let (pages, background) = (Mailbox::new(), Mailbox::new());
        let (orders, queue) = channel();
        let stopped = Arc::new(AtomicU64::new(0));
        let shown = Shown::default();
        let rest = {
            let (pages, background, stopped) = (Arc::clone(&pages), Arc::clone(&background), Arc::clone(&stopped));
            let (library, sink, file) = (Arc::clone(&library), Arc::clone(&sink), shown.clone());
            move || {
                let (mailbox, shelf, events) = (Arc::clone(&background), Arc::clone(&library), Arc::clone(&sink));
                let shown = file.clone();
                spawn("background", move || read_on(&mailbox, shelf.as_ref(), &events, &shown, None))?;
                spawn("writer", move || {
                    write_on(&queue, library.as_ref(), &sink, &file, (&pages, &background), &stopped);
                })
            }
        };
        let file = shown.clone();
        let mut worker = Worker { pages, background, orders, stopped, shown, rest: Some(Box::new(rest)) };
        let only_opens = matches!(first, Target::Open(_));
        // What there is to do lies there before the thread does: it goes to work at once.
        worker.connect(first);
        worker.pages.lock().look = only_opens.then_some(look);
        let (mailbox, background) = (Arc::clone(&worker.pages), Arc::clone(&worker.background));
        spawn("pages", move || read_on(&mailbox, library.as_ref(), &sink, &file, Some(&background)))?;
        if !only_opens {
            worker.complete()?;
        }
        Ok(worker)
    }

    /// Starts the threads that are not there yet; until then what they are given waits for them.
    ///
    /// # Errors
    /// `failure` when the system gives no thread.
    pub fn complete(&mut self) -> Result<()> {
        self.rest.take().map_or(Ok(()), |rest| rest())
    }

    /// Works on another database from now on.
    pub fn connect(&self, target: Target) {
        match target {
            // The pages' thread opens at once, beside the others: the first frame waits for nobody else.
            Target::Open(path) => {
                self.shown.forget();
                self.pages.open(path.clone(), true);
                self.background.open(path.clone(), false);
                let _ = self.orders.send(Order::Open(path));
            }
            other => {
                let _ = self.orders.send(Order::Connect(other));
            }
        }
    }

    /// Asks a question; the newest of its slot wins.
    pub fn ask(&self, slot: Slot, turn: Turn, read: Read) {
        let mailbox = if slot.is_background() { &self.background } else { &self.pages };
        mailbox.ask(slot, turn, read);
    }

    /// Asks in another name from now on; the orders' own connection has heard of it already.
    pub fn seat(&self, seat: &Seat) {
        self.pages.seat(seat.clone());
        self.background.seat(seat.clone());
    }

    /// Ends an order about many after the batch that it is at.
    pub fn stop(&self, ticket: Ticket) {
        self.stopped.store(ticket, Ordering::Relaxed);
    }

    /// Gives an order.
    pub fn write(&self, ticket: Ticket, write: Write) {
        let _ = self.orders.send(Order::Write(ticket, write));
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body).map(drop).map_err(|error| {
        Error::new(Kind::Failure, format!("the system gives no thread: {error}"))
            .hint("the limit on processes may be too low (ulimit -u)")
    })
}

/// How old an answer may be that was read before its question: the first one comes at once or not at all.
const FRESH: Duration = Duration::from_millis(100);

/// How often it asks whether upkeep is due.
const HOUR: Duration = Duration::from_secs(3600);

/// Answers questions. Whoever has nobody in the `background` is there, and looks for what others change.
fn read_on(mailbox: &Mailbox, library: &dyn Library, sink: &Sink, shown: &Shown, background: Option<&Mailbox>) {
    let polls = background.is_none();
    let open_file = |path: &Path| library.open(path).map(|handle| shown.bound(path, handle));
    let mut hold = Hold::new(&open_file, background);
    let mut seen: Option<Counters> = None;
    // Whether the last look at the counters failed.
    let mut failing = false;
    let mut tidied: Option<Instant> = None;
    let mut looked = Instant::now();
    let mut ahead: Option<(Read, Result<Answer>, Instant)> = None;
    loop {
        let (path, question) = next(mailbox, polls && hold.accounts.is_some());
        if let Some((path, tell)) = path {
            (seen, tidied, ahead, failing) = (None, None, None, false);
            let opened = contain(|| hold.open(&path).map(drop)).flatten().and_then(|()| hold.ask(look_around));
            if tell {
                let file = hold.accounts.as_ref().and_then(Accounts::file);
                let place = |(policy, standing)| Place {
                    path: path.clone(),
                    file,
                    demo: false,
                    policy,
                    standing,
                    remark: None,
                };
                let place = opened.map(place);
                // Where a log-in is required, nothing about people is read before it.
                let may_look = place.as_ref().is_ok_and(|place| !place.policy.login_required);
                sink(Event::Connected(Target::Open(path), place));
                let look = mailbox.lock().look.take().filter(|_| may_look);
                ahead = look.filter(|_| hold.accounts.is_some()).map(|read| {
                    let outcome = hold.ask(|accounts| answer(accounts, read.clone()));
                    (read, outcome, Instant::now())
                });
            }
            mailbox.lock().interrupt = hold.interrupter();
            continue;
        }
        if let Some((slot, turn, _)) = &question
            && hold.accounts.is_none()
        {
            if let Err(error) = hold.open_again() {
                mailbox.end(None);
                sink(Event::Answered(*slot, *turn, Err(error)));
                continue;
            }
            mailbox.lock().interrupt = hold.interrupter();
        }
        if let Some(seat) = mailbox.lock().seat.take() {
            hold.take_seat(seat);
        }
        if let Some((slot, turn, read)) = question {
            let known = ahead.take().filter(|(look, _, at)| *look == read && at.elapsed() < FRESH);
            let outcome =
                known.map_or_else(|| hold.ask(|accounts| answer(accounts, read.clone())), |(_, outcome, _)| outcome);
            if hold.accounts.is_none() {
                mailbox.lock().interrupt = None;
            }
            let interrupted = matches!(&outcome, Err(error) if error.kind == Kind::Interrupted);
            mailbox.end(interrupted.then_some((slot, turn, read)));
            let outcome = match outcome {
                Err(error) => {
                    find_replacement(library, hold.at.as_deref(), hold.accounts.as_ref(), error, sink).map(Err)
                }
                answer => Some(answer),
            };
            if let Some(outcome) = outcome.filter(|_| !interrupted) {
                sink(Event::Answered(slot, turn, outcome));
            }
            // One question after the other, as a verification asks them, must not hide what others change.
            if looked.elapsed() < POLL {
                continue;
            }
        }
        looked = Instant::now();
        let counters = if polls { hold.alone(sink.as_ref(), Accounts::counters) } else { None };
        if let Some(Err(error)) = &counters {
            let at = hold.at.as_deref();
            let refusal = find_replacement(library, at, hold.accounts.as_ref(), error.clone(), sink);
            let passes = |error: &Error| matches!(error.kind, Kind::Busy | Kind::Interrupted);
            if let Some(refusal) = refusal.filter(|error| !passes(error))
                && !std::mem::replace(&mut failing, true)
            {
                sink(Event::Failed(refusal));
            }
        }
        if let Some(Ok(now)) = counters {
            if std::mem::take(&mut failing) {
                sink(Event::Moved { users: true, sessions: true });
            }
            let shown = mailbox.lock().shown.take_if(|(path, _)| hold.at.as_ref() == Some(path));
            // Commits of programs without counters are numbered for each connection anew.
            let shown = shown.map(|(_, shown)| Counters { foreign: now.foreign, ..shown });
            if let Some(before) = seen.or(shown).filter(|before| *before != now) {
                let foreign = before.users == now.users && before.sessions == now.sessions;
                let (users, sessions) = (before.users != now.users, before.sessions != now.sessions);
                // A program that keeps no counters has written: everything may be different.
                sink(Event::Moved { users: users || foreign, sessions: sessions || foreign });
            }
            seen = Some(now);
            // Whoever has the database open keeps it tidy; whether it is time, the database itself remembers.
            if tidied.is_none_or(|at: Instant| at.elapsed() >= HOUR) {
                tidied = Some(Instant::now());
                let _ = hold.alone(sink.as_ref(), Accounts::upkeep);
            }
        }
    }
}

/// What the console has to know of a database before it draws anything of it.
fn look_around(accounts: &mut Accounts) -> Result<(Policy, Standing)> {
    Ok((accounts.policy()?, accounts.standing()?))
}

fn write_on(
    queue: &Receiver<Order>,
    library: &dyn Library,
    sink: &Sink,
    shown: &Shown,
    (pages, background): (&Mailbox, &Mailbox),
    stopped: &AtomicU64,
) {
    let mut accounts: Result<Accounts> = Err(closed());
    // Opened with the first order: most who look change nothing, and the first frame waits for no connection of no use.
    let mut ahead: Option<PathBuf> = None;
    // Who has logged in, for the handle after one that was given up.
    let mut sits: Option<Seat> = None;
    let mut beside = Beside { library, sink, shown, queue, at: None, later: VecDeque::new() };
    while let Some(order) = beside.next() {
        match order {
            Order::Open(path) => {
                beside.at = Some(path.clone());
                (accounts, ahead, sits) = (Err(closed()), Some(path), None);
            }
            Order::Connect(target) => {
                let outcome =
                    contain(|| connect(&target, library, shown, &|words| sink(Event::Progress(words)))).flatten();
                if let Ok(place) = &outcome {
                    (beside.at, ahead, sits) = (Some(place.path.clone()), Some(place.path.clone()), None);
                    pages.open(place.path.clone(), false);
                    background.open(place.path.clone(), false);
                }
                sink(Event::Connected(target, outcome));
            }
            Order::Seat(seat) => match accounts.as_mut() {
                Ok(accounts) => accounts.take_seat(seat),
                // The handle that is opened next takes it.
                Err(_) => sits = Some(seat),
            },
            Order::Write(ticket, write) => {
                // What cannot be opened now is tried again with the next order: what stood in its way may have passed.
                if let Some(path) = &ahead {
                    accounts = contain(|| library.open(path).map(|handle| shown.bound(path, handle))).flatten();
                    if let Ok(accounts) = &mut accounts
                        && let Some(seat) = sits.take()
                    {
                        accounts.take_seat(seat);
                    }
                    ahead = ahead.filter(|_| accounts.is_err());
                }
                let seat = accounts.as_ref().ok().map(Accounts::seat);
                let outcome = contain(|| match accounts.as_mut() {
                    Ok(accounts) => {
                        #[cfg(feature = "provoke")]
                        super::provoke::in_writer();
                        carry_out(accounts, write, &mut |reached, all| {
                            sink(Event::Reached(ticket, reached, all));
                            beside.let_in();
                            stopped.load(Ordering::Relaxed) != ticket
                        })
                    }
                    Err(error) => Err(error.clone()),
                });
                let outcome = outcome.unwrap_or_else(|fault| {
                    // Its state is unknown; the database takes back what was not finished.
                    let handle = std::mem::replace(&mut accounts, Err(closed()));
                    let _ = contain(|| drop(handle));
                    (ahead, sits) = (beside.at.clone(), seat);
                    Err(fault)
                });
                let refusal = outcome.as_ref().err().cloned();
                sink(Event::Written(ticket, outcome));
                if let Some(refusal) = refusal {
                    find_replacement(library, beside.at.as_deref(), accounts.as_ref().ok(), refusal, sink);
                }
            }
        }
    }
}

/// The orders in their order, and the one that waits for no other: a log-in goes in between two batches of an order
/// about many, on a connection of its own, so that nobody sits before a lock for as long as somebody else's order takes.
/// It still waits for the batch at work, and the batches wait for it: one thread does both, and one file is written.
struct Beside<'a> {
    library: &'a dyn Library,
    sink: &'a Sink,
    shown: &'a Shown,
    queue: &'a Receiver<Order>,
    /// The database of the present orders.
    at: Option<PathBuf>,
    /// What came while an order about many was at work.
    later: VecDeque<Order>,
}

impl Beside<'_> {
    fn next(&mut self) -> Option<Order> {
        self.later.pop_front().or_else(|| self.queue.recv().ok())
    }

    fn let_in(&mut self) {
        while let Ok(order) = self.queue.try_recv() {
            // Behind another database it would be a log-in to that one.
            let elsewhere = self.later.iter().any(|order| matches!(order, Order::Open(_) | Order::Connect(_)));
            let path = self.at.as_ref().filter(|_| !elsewhere);
            match (order, path) {
                (Order::Write(ticket, write @ Write::SignIn { .. }), Some(path)) => {
                    let opened = || self.library.open(path).map(|handle| self.shown.bound(path, handle));
                    let outcome =
                        contain(|| opened().and_then(|mut one| carry_out(&mut one, write, &mut |_, _| true))).flatten();
                    if let Ok(Done::SignedIn { seat, .. }) = &outcome {
                        self.later.push_back(Order::Seat(seat.clone()));
                    }
                    (self.sink)(Event::Written(ticket, outcome));
                }
                (other, _) => self.later.push_back(other),
            }
        }
    }
}

fn connect(target: &Target, library: &dyn Library, shown: &Shown, tell: &dyn Fn(String)) -> Result<Place> {
    let (path, demo, remark) = match target {
        Target::Open(path) => (path.clone(), false, None),
        Target::Create(path) => {
            library.create(path)?;
            (path.clone(), false, None)
        }
        Target::Upgrade(path) => (path.clone(), false, Some(library.upgrade(path)?)),
        Target::Demo => (library.demo(tell)?, true, None),
    };
    let mut accounts = library.open(&path)?;
    let (policy, standing) = look_around(&mut accounts)?;
    shown.forget();
    let file = shown.bound(&path, accounts).file();
    Ok(Place { path, file, demo, policy, standing, remark })
}

#[cfg(test)]
mod tests;
