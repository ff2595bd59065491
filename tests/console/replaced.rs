//! A restore under an open console, through the real worker and its three threads.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rollbook::accounts::{Accounts, Actor, Draft, Error, Kind, Result, Role, Secret};
use rollbook::console::effect::{Effect, Event};
use rollbook::console::update::start;
use rollbook::console::worker::{Library, Worker};
use rollbook::engines::{self, Access, Memory};

use crate::stage::{PASSWORD, Stage};
use crate::support::{HandClock, accounts, operator, scratch};

#[derive(Clone, Default)]
struct Shelf(HandClock, Memory, Arc<AtomicU64>);

impl Library for Shelf {
    fn open(&self, path: &Path) -> Result<Accounts> {
        // No two handles may make the same ids.
        let seed = self.2.fetch_add(1, Ordering::SeqCst);
        Ok(accounts(engines::open_with(path, Access::Full, &self.1)?, &self.0, seed, operator()))
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

/// A console with its worker on a file.
struct Console {
    stage: Stage,
    worker: Worker,
    events: Receiver<Event>,
    path: PathBuf,
    shelf: Shelf,
    _folder: tempfile::TempDir,
}

impl Console {
    fn new(prepare: impl FnOnce(&mut Accounts)) -> Console {
        let (folder, shelf) = (scratch(), Shelf::default());
        let path = folder.path().join("users.db");
        shelf.create(&path).unwrap();
        prepare(&mut shelf.open(&path).unwrap());
        let mut stage = Stage::beside((120, 40), &shelf.0, operator(), &mut None);
        stage.model.setup.path = Some(path.clone());
        let (sender, events) = channel();
        let sink = move |event: Event| drop(sender.send(event));
        let (target, look) = start(&stage.model);
        stage.held.clear();
        let mut worker = Worker::start(Arc::new(shelf.clone()), Arc::new(sink), target, look).unwrap();
        worker.complete().unwrap();
        Console { stage, worker, events, path, shelf, _folder: folder }
    }

    /// Hands on what the console wants done, and takes what comes, until the screen says these words.
    fn until(&mut self, words: &str) -> String {
        for _ in 0..2_000 {
            for effect in std::mem::take(&mut self.stage.held) {
                match effect {
                    Effect::Ask(slot, turn, read) => self.worker.ask(slot, turn, read),
                    Effect::Write(ticket, write) => self.worker.write(ticket, write),
                    Effect::Connect(target) => self.worker.connect(target),
                    Effect::Seat(seat) => self.worker.seat(&seat),
                    _ => {}
                }
            }
            self.stage.draw();
            let screen = self.stage.screen();
            if screen.contains(words) {
                return screen;
            }
            let event = self.events.recv_timeout(Duration::from_secs(20));
            let event = event.unwrap_or_else(|_| panic!("no event, and no {words:?} in\n{screen}"));
            self.stage.take(event);
        }
        panic!("no {words:?} in\n{}", self.stage.screen());
    }

    fn press(&mut self, keys: &str) {
        self.stage.press(keys);
    }

    fn other(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    /// A copy of the present database, changed by `change`.
    fn back_up(&self, change: impl FnOnce(&mut Accounts)) -> PathBuf {
        let copy = self.other("backup.db");
        let db = rusqlite::Connection::open(&self.path).unwrap();
        db.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        rusqlite::Connection::open(&copy).unwrap().execute_batch("PRAGMA journal_mode = WAL").unwrap();
        drop(db);
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
        change(&mut self.shelf.open(&copy).unwrap());
        copy
    }

    fn move_away(&self) {
        fs::rename(&self.path, self.other("old.db")).unwrap();
        for ending in ["-wal", "-shm"] {
            let _ = fs::rename(self.other(&format!("users.db{ending}")), self.other(&format!("old.db{ending}")));
        }
    }
}

fn add(accounts: &mut Accounts, name: &str) {
    let draft = Draft { role: Role::Admin, ..Draft::named(name).unwrap() };
    accounts.create_user(draft, Some(&Secret::from(PASSWORD))).unwrap();
}

#[test]
fn the_console_says_that_the_file_was_replaced_and_reads_all_of_it_again() {
    let mut console = Console::new(|accounts| {
        add(accounts, "alice");
        add(accounts, "bob");
    });
    console.until("alice");
    console.press("i<enter>");
    console.until("is inactive");
    console.press("<space>");
    assert!(!console.stage.model.undo.is_empty());
    let backup = console.back_up(|accounts| add(accounts, "carol"));
    console.move_away();
    fs::rename(&backup, &console.path).unwrap();
    let screen = console.until("the database file was replaced");
    let screen = if screen.contains("carol") { screen } else { console.until("carol") };
    assert!(screen.contains("carol"));
    let model = &console.stage.model;
    assert!(model.undo.is_empty() && model.layers.is_empty() && model.orders.is_empty());
    assert!(model.users.marks.is_empty());
    // What is ordered from here on lands in the new file.
    console.press("z");
    console.until("nothing");
    console.press("i<enter>");
    console.until("is inactive");
    let mut there = console.shelf.open(&console.path).unwrap();
    assert!(there.find("carol").unwrap().status_at.is_some());
}

#[test]
fn an_order_that_was_given_on_the_old_file_is_not_carried_out_on_the_new_one() {
    let mut console = Console::new(|accounts| {
        add(accounts, "alice");
        add(accounts, "bob");
    });
    console.until("CAN LOG IN");
    let backup = console.back_up(|_| {});
    console.press("i<enter>");
    assert!(console.stage.held.iter().any(|effect| matches!(effect, Effect::Write(..))), "the order is on its way");
    console.move_away();
    fs::rename(&backup, &console.path).unwrap();
    console.until("the database file was replaced; everything");
    let mut there = console.shelf.open(&console.path).unwrap();
    for name in ["alice", "bob"] {
        assert!(there.find(name).unwrap().status_at.is_none());
    }
}

#[test]
fn a_file_beside_the_old_log_is_named_with_the_step_that_helps_and_the_console_goes_on_afterwards() {
    let mut console = Console::new(|accounts| {
        add(accounts, "alice");
        add(accounts, "bob");
    });
    console.until("alice");
    console.press("i<enter>");
    console.until("is inactive");
    let backup = console.back_up(|accounts| add(accounts, "carol"));
    fs::rename(&backup, &console.path).unwrap();
    console.until("move \"users.db-wal\" and \"users.db-shm\" away");
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(console.other(&format!("users.db{ending}")));
    }
    console.until("carol");
}

#[test]
fn a_user_who_was_logged_in_has_to_log_in_to_the_new_file() {
    let mut console = Console::new(|accounts| {
        add(accounts, "root");
        accounts.set_policy("console-login", "required").unwrap();
    });
    console.until("Log in");
    console.press(&format!("root<tab>{PASSWORD}<enter>"));
    console.until("Users");
    assert!(matches!(console.stage.model.setup.actor, Actor::User { .. }));
    let copy = console.back_up(|_| {});
    console.move_away();
    fs::rename(&copy, &console.path).unwrap();
    let screen = console.until("was replaced: log in");
    assert!(!screen.contains("Users"), "{screen}");
    assert!(matches!(console.stage.model.setup.actor, Actor::Operator(_)));
    console.press(&format!("root<tab>{PASSWORD}<enter>"));
    console.until("Users");
}
