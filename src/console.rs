//! The console: an administrator's screen on users and sessions.
//!
//! `Event → Action → update(&mut Model) → Vec<Effect> → worker → Event`. A pane or a dialog owns its state, its
//! transitions and its drawing; [`update::update`] only routes, [`view::draw`] only reads, and whatever takes time is
//! done by [`worker`] on threads of its own. This file is the only one that touches the terminal.

pub mod act;
pub mod action;
pub mod ahead;
pub mod arrival;
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
pub mod fault;
pub mod filtering;
pub mod gather;
pub mod gone;
pub mod help;
pub mod ink;
pub mod inputs;
pub mod key;
pub mod keymap;
pub mod layers;
pub mod layout;
pub mod library;
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
pub mod replaced;
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

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use ratatui::Terminal;

use crate::accounts::Result;
use crate::accounts::error::{Error, Kind};
use effect::{Effect, Event};
use inputs::{Arrived, Inputs, Room};
use key::Input;
use model::{Model, Setup};
use term::{Surface, TermEvent, Tty};
use undrawn::Undrawn;
use worker::{Library, Worker};

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
    let to_worker = sender.clone();
    let sink: worker::Sink = Arc::new(move |event| {
        let _ = to_worker.send(Arrived::Event(Box::new(event)));
    });
    let room = Arc::new(Room::default());
    let entry = Arc::clone(&room);
    // Never waits: the threads that call it must see a signal and Ctrl-C while this one is busy.
    let arrive = move |event| {
        let arrived = match event {
            TermEvent::Input(input, _) if !entry.admits(&input) => return,
            TermEvent::Input(input, at) => Arrived::Input(input, at),
            TermEvent::Resize(columns, rows) => Arrived::Event(Box::new(Event::Resize(columns, rows))),
            TermEvent::Resumed => Arrived::Event(Box::new(Event::Resumed(None))),
            TermEvent::Suspend => Arrived::Suspend,
        };
        let _ = sender.send(arrived);
    };
    term::watch_signals(arrive.clone())?;
    // The database is opened while the terminal is still being taken over.
    let mut model = Model::new(setup, term::size());
    let (first, look) = update::start(&model);
    let worker = Worker::start(library, sink, first, look)?;
    LazyLock::force(&model.setup.zone);
    term::enter()?;
    model.size = term::size();
    term::start(arrive)?;
    let (inputs, later, undrawn) = (Inputs::default(), Vec::new(), Undrawn::default());
    let outcome = Loop { model, worker, incoming, inputs, room, later, undrawn, owes: false }.run();
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
    incoming: Receiver<Arrived>,
    /// Events that arrived and were not taken yet.
    inputs: Inputs,
    room: Arc<Room>,
    /// Questions that nobody waits for: they are asked when the frame is drawn, and take no processor from it.
    later: Vec<Effect>,
    undrawn: Undrawn,
    /// Whether a key was taken without asking for what the screen needs then.
    owes: bool,
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
            if self.inputs.is_empty() && !self.receive() {
                self.push(Arrived::Event(Box::new(Event::Tick)));
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
            Effect::Ask(slot, ..) if self.model.is_complete() => {
                // Only the newest of its slot counts.
                self.later.retain(|other| !matches!(other, Effect::Ask(own, ..) if *own == slot));
                self.later.push(effect);
            }
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
                self.push(event);
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
            self.push(event);
        }
    }

    fn push(&mut self, arrived: Arrived) {
        self.inputs.push(arrived, &self.room);
    }

    /// Takes everything that has arrived, and draws in between only where the next key would change something that
    /// was not drawn yet.
    fn take_all(&mut self, screen: &mut Screen) -> Result<()> {
        while let Some((next, burst)) = self.inputs.pop(&self.room) {
            let key = match &next {
                Arrived::Input(Input::Key(key), _) => Some(*key),
                _ => None,
            };
            if key.is_some_and(|key| self.undrawn.holds_back(&self.model, key, burst)) {
                // Keys that come meanwhile wait behind those that came before.
                self.ask_what_is_owed();
                self.wait_for_answers();
                self.draw(screen)?;
            }
            self.drain();
            self.take(next, burst, screen)?;
            self.drain();
        }
        if self.room.dropped() {
            self.take(Arrived::Event(Box::new(Event::Dropped)), false, screen)?;
        }
        self.ask_what_is_owed();
        Ok(())
    }

    fn ask_what_is_owed(&mut self) {
        if std::mem::take(&mut self.owes) {
            let mut effects = Vec::new();
            self.model.needs(&mut effects);
            effects.into_iter().for_each(|effect| self.send(effect));
        }
    }

    /// Takes answers, and only them, until the screen is complete or time is up.
    fn wait_for_answers(&mut self) {
        let until = Instant::now() + COMPLETE;
        while !self.model.is_complete() {
            let Some(left) = until.checked_duration_since(Instant::now()) else { return };
            match self.incoming.recv_timeout(left) {
                Ok(Arrived::Event(event)) if !matches!(*event, Event::Resize(..) | Event::Resumed(_)) => {
                    for effect in self.update(*event) {
                        self.send(effect);
                    }
                }
                Ok(other) => {
                    self.push(other);
                    return;
                }
                Err(_) => return,
            }
        }
    }

    fn take(&mut self, arrived: Arrived, burst: bool, screen: &mut Screen) -> Result<()> {
        let event = match arrived {
            Arrived::Event(event) => *event,
            Arrived::Input(Input::Key(key), _) => {
                #[cfg(feature = "provoke")]
                provoke::on_key(key);
                Event::Key { key, burst }
            }
            Arrived::Input(Input::Paste(text), _) => Event::Paste(text),
            Arrived::Suspend => return self.suspend(screen),
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
        let goes_on = match (&event, self.inputs.next_key()) {
            (Event::Key { key, .. }, Some(next)) => undrawn::goes_on(&self.model, *key, next),
            _ => false,
        };
        let take = if goes_on { update::take } else { update::update };
        let effects = take(&mut self.model, event);
        self.owes = goes_on;
        if self.model.unseen {
            self.undrawn = before;
        }
        effects
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
        self.model.drew();
        drawn.map(|_| ()).map_err(|error| broken(&error))
    }
}

fn broken(error: &std::io::Error) -> Error {
    Error::new(Kind::Failure, format!("the terminal does not take what is drawn: {error}"))
}
