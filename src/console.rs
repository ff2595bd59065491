//! The console: an administrator's screen on users and sessions.
//!
//! `Event → Action → update(&mut Model) → Vec<Effect> → worker → Event`. A pane or a dialog owns its state, its
//! transitions and its drawing; [`update::update`] only routes, [`view::draw`] only reads, and whatever takes time is
//! done by [`worker`] on threads of its own. This file is the only one that touches the terminal.

pub mod act;
pub mod action;
pub mod ahead;
pub mod asking;
pub mod bar;
pub mod burst;
mod carrying;
pub mod commands;
pub mod dialog;
pub mod effect;
pub mod ending;
pub mod enrolling;
pub mod expression;
pub mod filtering;
pub mod gather;
pub mod gone;
pub mod help;
pub mod ink;
pub mod key;
pub mod keymap;
pub mod layers;
pub mod layout;
pub mod listing;
pub mod many;
pub mod marks;
pub mod model;
pub mod orders;
pub mod outcome;
pub mod panes;
#[cfg(feature = "provoke")]
pub mod provoke;
pub mod refusal;
pub mod running;
pub mod signin;
pub mod term;
pub mod theme;
pub mod tracing;
pub mod undrawn;
pub mod unseen;
pub mod update;
pub mod verifying;
pub mod view;
pub mod window;
pub mod words;
pub mod worker;

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use ratatui::Terminal;

use crate::accounts::Result;
use crate::accounts::error::{Error, Kind};
use effect::{Effect, Event};
use key::{Input, Key};
use model::{Model, Setup};
use term::{Surface, TermEvent, Tty};
use undrawn::Undrawn;
use worker::{Library, Worker};

/// What comes into the loop: from the terminal with its time, or from the worker.
enum Incoming {
    Term(TermEvent),
    Event(Box<Event>),
}

/// How long a frame waits for answers that would make it complete: less than an eye notices, and one frame instead of
/// two on a slow line.
const COMPLETE: Duration = Duration::from_millis(12);

/// How often relative times are drawn anew.
const MINUTE: Duration = Duration::from_secs(60);

/// Runs the console until it is quit. The terminal is as before afterwards, whatever happened.
///
/// # Errors
/// `failure` when the terminal cannot be taken over.
pub fn run(setup: Setup, library: Arc<dyn Library>) -> Result<()> {
    term::hook_panics();
    let (sender, incoming) = channel();
    let (to_worker, to_term) = (sender.clone(), sender);
    let sink: worker::Sink = Arc::new(move |event| {
        let _ = to_worker.send(Incoming::Event(Box::new(event)));
    });
    // The database is opened while the terminal is still being taken over.
    let mut model = Model::new(setup, term::size());
    let (first, look) = update::start(&model);
    let worker = Worker::start(library, sink, first, look)?;
    LazyLock::force(&model.setup.zone);
    term::enter()?;
    model.size = term::size();
    term::start(move |event| {
        let _ = to_term.send(Incoming::Term(event));
    })?;
    let (burst, undrawn) = (burst::Burst::default(), Undrawn::default());
    let (queue, later) = (VecDeque::new(), Vec::new());
    let outcome = Loop { model, worker, incoming, queue, later, burst, undrawn }.run();
    term::leave();
    outcome
}

fn send(effect: Effect, worker: &Worker) {
    match effect {
        Effect::Ask(slot, turn, read) => worker.ask(slot, turn, read),
        Effect::Write(ticket, write) => worker.write(ticket, write),
        Effect::Connect(target) => worker.connect(target),
        Effect::Stop(ticket) => worker.stop(ticket),
        Effect::Seat(seat) => worker.seat(&seat),
        Effect::Copy(_) | Effect::Repaint | Effect::Suspend => {}
    }
}

struct Loop {
    model: Model,
    worker: Worker,
    incoming: Receiver<Incoming>,
    /// Events that arrived and were not taken yet.
    queue: VecDeque<Incoming>,
    /// Questions that nobody waits for: they are asked when the frame is drawn, and take no processor from it.
    later: Vec<Effect>,
    burst: burst::Burst,
    undrawn: Undrawn,
}

type Screen = Terminal<Surface<Tty>>;

impl Loop {
    fn run(mut self) -> Result<()> {
        let mut screen = Terminal::new(Surface::new(Tty)).map_err(|error| broken(&error))?;
        // The first frame shows people, not an empty list, if they are there soon enough.
        self.wait_for_answers();
        self.draw(&mut screen)?;
        self.worker.complete()?;
        self.ask_later();
        while !(self.model.done && self.model.orders.is_empty()) {
            if self.queue.is_empty() && !self.receive() {
                self.queue.push_back(Incoming::Event(Box::new(Event::Tick)));
            }
            self.take_all(&mut screen)?;
            self.wait_for_answers();
            if self.undrawn.is_something() {
                self.draw(&mut screen)?;
            }
            self.ask_later();
        }
        Ok(())
    }

    /// Hands on what was asked for, in its order.
    fn send(&mut self, effect: Effect) {
        match effect {
            Effect::Ask(..) if self.model.is_complete() => self.later.push(effect),
            effect => {
                self.ask_later();
                send(effect, &self.worker);
            }
        }
    }

    fn ask_later(&mut self) {
        for effect in self.later.drain(..) {
            send(effect, &self.worker);
        }
    }

    /// Waits for something to happen, no longer than until times must be drawn anew or the console has been left alone.
    fn receive(&mut self) -> bool {
        let alone = signin::until_alone(&self.model).and_then(|left| u64::try_from(left.millis()).ok());
        let wait = alone.map_or(MINUTE, |left| MINUTE.min(Duration::from_millis(left + 1)));
        match self.incoming.recv_timeout(wait) {
            Ok(event) => {
                self.queue.push_back(event);
                self.drain();
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            // All senders gone means that every thread has ended: there is nothing left to wait for.
            Err(RecvTimeoutError::Disconnected) => {
                self.model.done = true;
                self.model.orders.clear();
                true
            }
        }
    }

    fn drain(&mut self) {
        while let Ok(event) = self.incoming.try_recv() {
            self.queue.push_back(event);
        }
    }

    /// Takes everything that has arrived, and draws in between only where the next key would change something that
    /// was not drawn yet.
    fn take_all(&mut self, screen: &mut Screen) -> Result<()> {
        while let Some(next) = self.queue.pop_front() {
            let key = match &next {
                Incoming::Term(TermEvent::Input(Input::Key(key), _)) => Some(*key),
                _ => None,
            };
            if key.is_some_and(|key| self.undrawn.holds_back(&self.model, key)) {
                // Keys that come meanwhile wait behind those that came before.
                self.wait_for_answers();
                self.draw(screen)?;
            }
            self.take(next, screen)?;
            self.drain();
        }
        Ok(())
    }

    /// Takes answers, and only them, until the screen is complete or time is up.
    fn wait_for_answers(&mut self) {
        let until = Instant::now() + COMPLETE;
        while !self.model.is_complete() {
            let Some(left) = until.checked_duration_since(Instant::now()) else { return };
            match self.incoming.recv_timeout(left) {
                Ok(Incoming::Event(event)) => {
                    for effect in self.update(*event) {
                        self.send(effect);
                    }
                }
                Ok(other) => {
                    self.queue.push_back(other);
                    return;
                }
                Err(_) => return,
            }
        }
    }

    fn take(&mut self, incoming: Incoming, screen: &mut Screen) -> Result<()> {
        let event = match incoming {
            Incoming::Event(event) => *event,
            Incoming::Term(TermEvent::Input(Input::Key(key), at)) => {
                #[cfg(feature = "provoke")]
                provoke::on_key(key);
                Event::Key { key, burst: self.is_burst(key, at) }
            }
            Incoming::Term(TermEvent::Input(Input::Paste(text), _)) => Event::Paste(text),
            Incoming::Term(TermEvent::Resize(columns, rows)) => Event::Resize(columns, rows),
            Incoming::Term(TermEvent::Resumed) => Event::Resumed(None),
            Incoming::Term(TermEvent::Suspend) => return self.suspend(screen),
        };
        for effect in self.update(event) {
            match effect {
                Effect::Copy(text) => {
                    if let Err(error) = term::copy(text.expose()) {
                        self.model.complain(&error);
                    }
                }
                Effect::Repaint => screen.clear().map_err(|error| broken(&error))?,
                Effect::Suspend => self.suspend(screen)?,
                other => self.send(other),
            }
        }
        Ok(())
    }

    fn update(&mut self, event: Event) -> Vec<Effect> {
        let before = self.undrawn;
        self.undrawn.took(&event);
        let effects = update::update(&mut self.model, event);
        if self.model.unseen {
            self.undrawn = before;
        }
        effects
    }

    fn is_burst(&mut self, key: Key, at: u64) -> bool {
        let waiting = self.queue.iter().filter_map(|next| match next {
            Incoming::Term(TermEvent::Input(Input::Key(key), then)) if burst::printable(*key) => Some(*then),
            _ => None,
        });
        burst::printable(key) && self.burst.take(at, waiting)
    }

    fn suspend(&mut self, screen: &mut Screen) -> Result<()> {
        let refusal = term::suspend().err().map(|error| error.message);
        for effect in self.update(Event::Resumed(refusal)) {
            self.send(effect);
        }
        screen.clear().map_err(|error| broken(&error))
    }

    fn draw(&mut self, screen: &mut Screen) -> Result<()> {
        #[cfg(feature = "provoke")]
        provoke::in_draw();
        let model = &self.model;
        let drawn = screen.draw(|frame| {
            if let Some(place) = view::draw(model, frame.buffer_mut()) {
                frame.set_cursor_position(place);
            }
        });
        self.undrawn.drew();
        drawn.map(|_| ()).map_err(|error| broken(&error))
    }
}

fn broken(error: &std::io::Error) -> Error {
    Error::new(Kind::Failure, format!("the terminal does not take what is drawn: {error}"))
}
