//! Everything that takes time: three threads with a connection each, for pages, for counts, and for changes.
//!
//! For questions only the newest counts: it takes the place of the one before and interrupts it. For orders every one
//! counts: they queue, and each gets its outcome while the process lives.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::effect::{Answer, Attention, Deed, Done, Event, Place, Read, Slot, Target, Ticket, Turn, Write};
use super::expression::LABELS;
use super::gather;
use crate::accounts::error::{Error, Kind};
use crate::accounts::policy::Policy;
use crate::accounts::query::{Filter, State};
use crate::accounts::standing::{Seat, Standing};
use crate::accounts::store::{Counters, Interrupter};
use crate::accounts::{Accounts, Result, Secret};

/// Opens databases for the console, which knows no engine itself.
pub trait Library: Send + Sync {
    /// A handle on a database that exists.
    ///
    /// # Errors
    /// `no_database`, `schema`, `failure`.
    fn open(&self, path: &Path) -> Result<Accounts>;

    /// Makes a new database.
    ///
    /// # Errors
    /// `failure` where something stands there already or the folder is unsafe.
    fn create(&self, path: &Path) -> Result<()>;

    /// Brings an older database up to the present schema and says where the backup lies.
    ///
    /// # Errors
    /// `schema`, `failure`.
    fn upgrade(&self, path: &Path) -> Result<String>;

    /// Makes a throw-away database with sample people and life in it, and tells how far it has come where that takes
    /// long. It lasts as long as the process.
    ///
    /// # Errors
    /// `failure`.
    fn demo(&self, tell: &dyn Fn(String)) -> Result<PathBuf>;
}

/// Where events go.
pub type Sink = Arc<dyn Fn(Event) + Send + Sync>;

/// Answers a question. The threads and the tests' stage both come through here.
///
/// # Errors
/// What the domain says.
pub fn answer(accounts: &mut Accounts, read: Read) -> Result<Answer> {
    Ok(match read {
        Read::Users { query, want, limit } => {
            let page = accounts.users(&query, &want.anchor(), limit)?;
            Answer::Users(want, page)
        }
        Read::Person(id, depth) => Answer::Person(Box::new(accounts.dossier(&id, depth)?)),
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
        Read::Words => accounts.expect_words().map(|()| Answer::Words)?,
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
        Read::Names(ids) => gather::names(accounts, ids)?,
        Read::UsersBefore(query, key) => Answer::UsersBefore(accounts.count_before(&query, &key)?),
        Read::SessionsBefore(filter, reversed, key) => {
            Answer::SessionsBefore(accounts.count_sessions_before(&filter, reversed, &key)?)
        }
        Read::EntriesBefore(search, key) => Answer::EntriesBefore(accounts.count_entries_before(&search, &key)?),
        Read::Labels(prefix) => Answer::Labels(accounts.labels(&prefix, LABELS)?),
    })
}

/// Hears how many of how many were reached, and answers whether to go on.
pub type Progress<'a> = &'a mut dyn FnMut(u32, u32) -> bool;

/// Carries an order out.
///
/// # Errors
/// What the domain says.
pub fn carry_out(accounts: &mut Accounts, write: Write, progress: Progress<'_>) -> Result<Done> {
    let changed = |changed, deed| Ok(Done::Changed(Box::new(changed), deed));
    match write {
        Write::Create { draft, password } => {
            let user = accounts.create_user(*draft, password.as_ref())?;
            let code = match password {
                Some(_) => None,
                None => Some(accounts.issue_reset(&user.id)?),
            };
            Ok(Done::Created { user: Box::new(user), code })
        }
        Write::Activate { id, expect } => changed(accounts.activate(&id, Some(expect))?, Deed::Activate),
        Write::Deactivate { id, expect, reason } => {
            accounts.give_reason(reason.as_deref())?;
            let outcome = accounts.deactivate(&id, Some(expect));
            accounts.give_reason(None)?;
            changed(outcome?, Deed::Deactivate)
        }
        Write::Edit { id, expect, edit } => changed(accounts.edit(&id, Some(expect), *edit)?, Deed::Edit),
        Write::Delete { id, expect } => changed(accounts.delete(&id, Some(expect))?, Deed::Delete),
        Write::Restore { id, expect, name } => changed(accounts.restore(&id, Some(expect), name)?, Deed::Restore),
        Write::Undo(last) => {
            Ok(Done::Undone { changed: Box::new(accounts.undo(&last)?), back_to: last.before.version })
        }
        Write::SetPassword { id, expect, password } => {
            Ok(Done::PasswordSet(Box::new(accounts.set_password(&id, Some(expect), &password)?)))
        }
        Write::IssueCode { id } => {
            let name = accounts.get(&id, None)?.name;
            Ok(Done::Code { name, code: accounts.issue_reset(&id)? })
        }
        Write::EndSession { id } => Ok(Done::Ended(accounts.end_session(&id)?.map(Box::new))),
        Write::Contain { id, expect } => Ok(Done::Contained(Box::new(accounts.contain(&id, Some(expect))?))),
        Write::Unthrottle { id } => {
            let name = accounts.get(&id, None)?.name;
            Ok(Done::Unthrottled { name, was: accounts.unthrottle(&id)? })
        }
        Write::CreateToken { id, name, until } => {
            let (token, value) = accounts.create_token(&id, name.as_deref(), until)?;
            Ok(Done::TokenCreated { token: Box::new(token), value })
        }
        Write::DisableFactor { id, expect } => {
            let after = accounts.disable_factor(&id, Some(expect), false)?.changed.after;
            Ok(Done::FactorOff { name: after.name })
        }
        Write::SetPolicy { key, value } => {
            Ok(Done::PolicySet { key, policy: Box::new(accounts.set_policy(key, &value)?) })
        }
        Write::BeginFactor { id } => {
            let enrolment = accounts.begin_factor(&id)?;
            // Before anybody scans anything: without the key of the others there will be no second factor.
            let made_key = accounts.prepare_key()?;
            Ok(Done::FactorBegun { user: Box::new(accounts.get(&id, None)?), enrolment, made_key })
        }
        Write::EnableFactor { id, expect, secret, code } => {
            let on = accounts.enable_factor(&id, Some(expect), &secret, code.expose())?;
            Ok(Done::Codes { name: accounts.get(&id, None)?.name, codes: on.codes, ended: Some(on.ended) })
        }
        Write::RefreshCodes { id, expect } => {
            let codes = accounts.refresh_codes(&id, Some(expect))?;
            Ok(Done::Codes { name: accounts.get(&id, None)?.name, codes, ended: None })
        }
        Write::RevokeToken { id } => Ok(Done::TokenRevoked(Box::new(accounts.revoke_token(&id)?))),
        Write::SignIn { name, password, code } => {
            accounts.sign_in(&name, &password, code.as_ref().map(Secret::expose))?;
            Ok(Done::SignedIn { standing: accounts.standing()?, seat: accounts.seat() })
        }
        Write::Proven { password, code, grave } => {
            accounts.prove_again(&password, code.as_ref().map(Secret::expose))?;
            carry_out(accounts, grave.order(), progress)
        }
        Write::Many(bulk) => gather::carry_out(accounts, bulk, progress),
        Write::EndSessions { id, expect } => Ok(Done::EndedAll { count: accounts.end_sessions(&id, Some(expect))? }),
    }
}

/// Questions that wait, one a slot, and what is being worked on.
#[derive(Default)]
struct Waiting {
    /// A database to open, and whether the loop is to be told.
    open: Option<(PathBuf, bool)>,
    waiting: BTreeMap<Slot, (Turn, Read)>,
    running: Option<Slot>,
    /// Who asks from now on.
    seat: Option<Seat>,
    interrupt: Option<Arc<Interrupter>>,
}

impl Waiting {
    /// Whether the loop waits for word that the database is open.
    fn tells(&self) -> bool {
        self.open.as_ref().is_some_and(|(_, tell)| *tell)
    }
}

struct Mailbox {
    inside: Mutex<Waiting>,
    bell: Condvar,
}

impl Mailbox {
    fn new() -> Arc<Mailbox> {
        Arc::new(Mailbox { inside: Mutex::default(), bell: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // A panic ends the process through the hook; a poisoned lock has nobody left to protect.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seat(&self, seat: Seat) {
        self.lock().seat = Some(seat);
    }

    fn open(&self, path: PathBuf, tell: bool) {
        let mut inside = self.lock();
        inside.seat = None;
        inside.open = Some((path, tell));
        inside.waiting.clear();
        self.bell.notify_one();
    }

    fn ask(&self, slot: Slot, turn: Turn, read: Read) {
        let mut inside = self.lock();
        inside.waiting.insert(slot, (turn, read));
        if inside.running.is_some_and(|running| running == slot || running.gives_way_to(slot))
            && let Some(interrupt) = &inside.interrupt
        {
            // Sent while the box is locked: it cannot hit the question after the one that it is meant for.
            interrupt();
        }
        self.bell.notify_one();
    }
}

/// The worker's front: what the loop hands its effects to.
pub struct Worker {
    pages: Arc<Mailbox>,
    background: Arc<Mailbox>,
    orders: Sender<Order>,
    /// The order that is to end after the batch that it is at.
    stopped: Arc<AtomicU64>,
}

enum Order {
    Connect(Target),
    Open(PathBuf),
    Write(Ticket, Write),
}

impl Worker {
    /// Starts the threads. They end with the process.
    ///
    /// # Errors
    /// `failure` when the system gives no thread.
    pub fn start(library: Arc<dyn Library>, sink: Sink) -> Result<Worker> {
        let (pages, background) = (Mailbox::new(), Mailbox::new());
        let (orders, queue) = channel();
        let stopped = Arc::new(AtomicU64::new(0));
        {
            let (mailbox, library, sink) = (Arc::clone(&pages), Arc::clone(&library), Arc::clone(&sink));
            spawn("pages", move || read_on(&mailbox, library.as_ref(), &sink, false))?;
        }
        {
            let (mailbox, library, sink) = (Arc::clone(&background), Arc::clone(&library), Arc::clone(&sink));
            spawn("background", move || read_on(&mailbox, library.as_ref(), &sink, true))?;
        }
        {
            let (pages, background, stopped) = (Arc::clone(&pages), Arc::clone(&background), Arc::clone(&stopped));
            spawn("writer", move || write_on(&queue, library.as_ref(), &sink, (&pages, &background), &stopped))?;
        }
        Ok(Worker { pages, background, orders, stopped })
    }

    /// Works on another database from now on.
    pub fn connect(&self, target: Target) {
        match target {
            // The pages' thread opens at once, beside the others: the first frame waits for nobody else.
            Target::Open(path) => {
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

/// How often the background connection looks whether another process has changed something.
const POLL: Duration = Duration::from_millis(250);

/// How often it asks whether upkeep is due.
const HOUR: Duration = Duration::from_secs(3600);

fn read_on(mailbox: &Mailbox, library: &dyn Library, sink: &Sink, polls: bool) {
    let mut accounts: Option<Accounts> = None;
    let mut seen: Option<Counters> = None;
    let mut tidied: Option<Instant> = None;
    let mut looked = Instant::now();
    loop {
        let (path, question) = next(mailbox, polls && accounts.is_some());
        if let Some((path, tell)) = path {
            (seen, tidied) = (None, None);
            let opened = library.open(&path);
            let opened = match opened {
                Ok(mut handle) => {
                    if polls {
                        let _ = handle.expect_counts();
                    }
                    look_around(accounts.insert(handle))
                }
                Err(error) => {
                    accounts = None;
                    Err(error)
                }
            };
            if tell {
                let place =
                    |(policy, standing)| Place { path: path.clone(), demo: false, policy, standing, remark: None };
                let place = opened.map(place);
                sink(Event::Connected(Target::Open(path), place));
            }
            mailbox.lock().interrupt = accounts.as_ref().map(|accounts| Arc::new(accounts.interrupter()));
            continue;
        }
        let Some(accounts) = accounts.as_mut() else { continue };
        if let Some(seat) = mailbox.lock().seat.take() {
            accounts.take_seat(seat);
        }
        if let Some((slot, turn, read)) = question {
            #[cfg(feature = "provoke")]
            super::provoke::in_worker();
            let outcome = answer(accounts, read.clone());
            let superseded = {
                let mut inside = mailbox.lock();
                inside.running = None;
                inside.waiting.contains_key(&slot)
            };
            match outcome {
                Err(error) if error.kind == Kind::Interrupted && superseded => {}
                // Interrupted by a late signal that was meant for another question: asked again.
                Err(error) if error.kind == Kind::Interrupted => mailbox.ask(slot, turn, read),
                outcome => sink(Event::Answered(slot, turn, outcome)),
            }
            // One question after the other, as a verification asks them, must not hide what others change.
            if looked.elapsed() < POLL {
                continue;
            }
        }
        looked = Instant::now();
        if polls && let Ok(now) = accounts.counters() {
            if let Some(before) = seen.filter(|before| *before != now) {
                let foreign = before.users == now.users && before.sessions == now.sessions;
                let (users, sessions) = (before.users != now.users, before.sessions != now.sessions);
                // A program that keeps no counters has written: everything may be different.
                sink(Event::Moved { users: users || foreign, sessions: sessions || foreign });
            }
            seen = Some(now);
            // Whoever has the database open keeps it tidy; whether it is time, the database itself remembers.
            if tidied.is_none_or(|at: Instant| at.elapsed() >= HOUR) {
                tidied = Some(Instant::now());
                let _ = accounts.upkeep();
            }
        }
    }
}

/// What the console has to know of a database before it draws anything of it.
fn look_around(accounts: &mut Accounts) -> Result<(Policy, Standing)> {
    Ok((accounts.policy()?, accounts.standing()?))
}

type Question = (Slot, Turn, Read);

/// Waits for something to do; with `polls`, no longer than the poll's interval.
fn next(mailbox: &Mailbox, polls: bool) -> (Option<(PathBuf, bool)>, Option<Question>) {
    let mut inside = mailbox.lock();
    loop {
        // Who only counts opens when there is something to count, not beside those who fill the first frame.
        if (inside.tells() || !inside.waiting.is_empty())
            && let Some(open) = inside.open.take()
        {
            return (Some(open), None);
        }
        if let Some((slot, (turn, read))) = inside.waiting.pop_first() {
            inside.running = Some(slot);
            return (None, Some((slot, turn, read)));
        }
        if polls {
            let (guard, timeout) = mailbox.bell.wait_timeout(inside, POLL).unwrap_or_else(PoisonError::into_inner);
            inside = guard;
            if timeout.timed_out() && inside.waiting.is_empty() && !inside.tells() {
                return (None, None);
            }
        } else {
            inside = mailbox.bell.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn write_on(
    queue: &Receiver<Order>,
    library: &dyn Library,
    sink: &Sink,
    (pages, background): (&Mailbox, &Mailbox),
    stopped: &AtomicU64,
) {
    let closed = || Error::new(Kind::NoDatabase, "no database is open").hint("n creates one, o opens one");
    let mut accounts: Result<Accounts> = Err(closed());
    // Opened with the first order: most who look change nothing, and the first frame waits for no connection of no use.
    let mut ahead: Option<PathBuf> = None;
    while let Ok(order) = queue.recv() {
        match order {
            Order::Open(path) => (accounts, ahead) = (Err(closed()), Some(path)),
            Order::Connect(target) => {
                let outcome = connect(&target, library, &|words| sink(Event::Progress(words)));
                if let Ok(place) = &outcome {
                    ahead = Some(place.path.clone());
                    pages.open(place.path.clone(), false);
                    background.open(place.path.clone(), false);
                }
                sink(Event::Connected(target, outcome));
            }
            Order::Write(ticket, write) => {
                if let Some(path) = ahead.take() {
                    accounts = library.open(&path);
                }
                let outcome = match accounts.as_mut() {
                    Ok(accounts) => carry_out(accounts, write, &mut |reached, all| {
                        sink(Event::Reached(ticket, reached, all));
                        stopped.load(Ordering::Relaxed) != ticket
                    }),
                    Err(error) => Err(error.clone()),
                };
                sink(Event::Written(ticket, outcome));
            }
        }
    }
}

fn connect(target: &Target, library: &dyn Library, tell: &dyn Fn(String)) -> Result<Place> {
    let (path, demo, remark) = match target {
        Target::Open(path) => (path.clone(), false, None),
        Target::Create(path) => {
            library.create(path)?;
            (path.clone(), false, None)
        }
        Target::Upgrade(path) => (path.clone(), false, Some(library.upgrade(path)?)),
        Target::Demo => (library.demo(tell)?, true, None),
    };
    let (policy, standing) = look_around(&mut library.open(&path)?)?;
    Ok(Place { path, demo, policy, standing, remark })
}

#[cfg(test)]
mod tests;
