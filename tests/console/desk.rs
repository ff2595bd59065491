//! A console in a race: events queue up before it, frames are drawn when they were all taken, and every order that it
//! gives is held against the last frame that its administrator saw.

use std::collections::VecDeque;
use std::mem::{Discriminant, discriminant};

use rollbook::accounts::session::SessionId;
use rollbook::accounts::user::{Status, UserId};
use rollbook::accounts::{Accounts, Actor, Kind, Span, Time};
use rollbook::console::effect::{Done, Effect, Event, Ticket, Write};
use rollbook::console::layers::Layer;
use rollbook::console::layout::Pane;
use rollbook::console::undrawn::Undrawn;
use rollbook::console::update::would_change;

use crate::stage::{Stage, keys};
use crate::support::HandClock;

/// What the last frame showed under the cursor, and whether whoever sits there had put it there.
#[derive(Clone, Default, Debug)]
pub struct Frame {
    /// The person, in the version that was drawn.
    person: Option<(UserId, i64)>,
    session: Option<SessionId>,
    live: u32,
    /// What `z` takes back.
    undo: Option<(UserId, i64)>,
    /// The row under the cursor of the list, and of the pane of sessions.
    row: Option<String>,
    cell: Option<SessionId>,
    /// Since when that row has been drawn there without the cursor having been moved to it.
    slid: Option<Time>,
    cell_slid: bool,
}

/// The console with what is on its way to and from it.
pub struct Desk {
    pub stage: Stage,
    actor: Actor,
    /// Events in the order in which they arrived.
    queue: VecDeque<Event>,
    /// Answers that were found and have not arrived yet: of different threads, in whatever order.
    answers: Vec<Event>,
    /// Outcomes, which come in the order of the orders.
    outcomes: VecDeque<Event>,
    undrawn: Undrawn,
    frame: Frame,
    /// What was drawn when each layer was opened.
    origins: Vec<Frame>,
    /// The cursor is where it is because somebody wanted it there, or what they wanted is still on its way.
    steered: bool,
    /// Refusals that have to be read somewhere.
    untold: Vec<String>,
    /// Whether one of them lay beneath another layer when the last frame was drawn.
    covered: bool,
    pub orders: usize,
    pub stale: usize,
}

impl Desk {
    pub fn new(size: (u16, u16), clock: &HandClock, actor: Actor, accounts: &mut Option<Accounts>) -> Desk {
        accounts.as_mut().unwrap().act_as(actor.clone());
        let stage = Stage::beside(size, clock, actor.clone(), accounts);
        let mut desk = Desk {
            stage,
            actor,
            queue: VecDeque::new(),
            answers: Vec::new(),
            outcomes: VecDeque::new(),
            undrawn: Undrawn::default(),
            frame: Frame::default(),
            origins: Vec::new(),
            steered: true,
            untold: Vec::new(),
            covered: false,
            orders: 0,
            stale: 0,
        };
        desk.draw();
        desk
    }

    /// Keys arrive, as fast as fingers type.
    pub fn type_keys(&mut self, script: &str) {
        self.queue.extend(keys(script).into_iter().map(|key| Event::Key { key, burst: false }));
    }

    pub fn arrive(&mut self, event: Event) {
        self.queue.push_back(event);
    }

    /// Whether nothing is on its way any more.
    pub fn is_at_rest(&self) -> bool {
        self.queue.is_empty() && self.answers.is_empty() && self.outcomes.is_empty() && self.stage.held.is_empty()
    }

    /// How many questions and orders wait to be worked on.
    pub fn waiting(&self) -> usize {
        self.stage.held.len()
    }

    /// The worker takes the question number `at`, or the first order where an order stands there; `fails` where the
    /// database is busy.
    pub fn work(&mut self, at: usize, accounts: &mut Accounts, fails: bool) {
        let order = |effect: &Effect| matches!(effect, Effect::Write(..));
        let at = match self.stage.held.get(at) {
            Some(effect) if order(effect) => self.stage.held.iter().position(order).unwrap_or(at),
            Some(_) => at,
            None => return,
        };
        accounts.act_as(self.actor.clone());
        let busy = || rollbook::accounts::Error::new(Kind::Busy, "the database is busy");
        match self.stage.held.remove(at) {
            Effect::Ask(slot, turn, _) if fails => self.answers.push(Event::Answered(slot, turn, Err(busy()))),
            Effect::Ask(slot, turn, read) => {
                let answer = rollbook::console::worker::answer(accounts, read);
                self.answers.push(Event::Answered(slot, turn, answer));
            }
            Effect::Write(ticket, write) => self.carry_out(ticket, write, accounts),
            _ => {}
        }
    }

    /// Carries an order out, which changes the version that it names or nothing.
    fn carry_out(&mut self, ticket: Ticket, write: Write, accounts: &mut Accounts) {
        let expected = whom(&write);
        let undone = match &write {
            Write::Undo(changed) => Some((changed.after.id.clone(), changed.after.version)),
            _ => None,
        };
        let outcome = rollbook::console::worker::carry_out(accounts, write, &mut |_, _| true);
        match &outcome {
            Ok(Done::Changed(changed, _) | Done::Contained(changed) | Done::PasswordSet(changed)) => {
                assert_eq!(Some((changed.before.id.clone(), changed.before.version)), expected);
            }
            Ok(Done::Undone { changed, .. }) => {
                assert_eq!(Some((changed.before.id.clone(), changed.before.version)), undone);
            }
            Err(error) if error.kind == Kind::Stale => self.stale += 1,
            _ => {}
        }
        self.outcomes.push_back(Event::Written(ticket, outcome));
    }

    /// An answer comes in, or the next outcome.
    pub fn deliver(&mut self, at: usize) {
        if at < self.answers.len() {
            let answer = self.answers.remove(at);
            self.queue.push_back(answer);
        } else if let Some(outcome) = self.outcomes.pop_front() {
            self.queue.push_back(outcome);
        }
    }

    /// How many answers and outcomes can come in.
    pub fn under_way(&self) -> usize {
        self.answers.len() + usize::from(!self.outcomes.is_empty())
    }

    /// The loop of the console: everything that has arrived is taken, then a frame is drawn.
    pub fn turn(&mut self) {
        self.take_all();
        self.draw();
    }

    /// Takes what has arrived, as the loop does while it waits for what would make the frame complete.
    pub fn take_all(&mut self) {
        while let Some(event) = self.queue.pop_front() {
            let key = match &event {
                Event::Key { key, .. } => Some(*key),
                _ => None,
            };
            if key.is_some_and(|key| self.undrawn.holds_back(&self.stage.model, key, false)) {
                self.draw();
            }
            self.undrawn.took(&event);
            self.take(event);
        }
    }

    fn top(&self) -> Option<Discriminant<Layer>> {
        self.stage.model.layers.last().map(discriminant)
    }

    fn take(&mut self, event: Event) {
        let model = &self.stage.model;
        let (top, kind) = (self.top(), self.kind());
        let typed = matches!(event, Event::Key { .. });
        match &event {
            Event::Key { key, .. } => self.steered |= !would_change(model, *key) || kind == Above::Menu,
            // Where this console's own order leads is where its administrator wants to be.
            Event::Written(_, Ok(Done::Created { .. } | Done::Undone { .. })) => self.steered = true,
            Event::Written(_, Err(error)) if error.kind == Kind::Stale => self.untold.push(error.message.clone()),
            _ => {}
        }
        let depth = model.layers.len();
        let next = self.queue.front().and_then(|next| match next {
            Event::Key { key, .. } => Some(*key),
            _ => None,
        });
        match event {
            Event::Key { key, burst } => self.stage.take_key(key, burst, next),
            other => self.stage.take(other),
        }
        for at in 0..self.stage.held.len() {
            let Effect::Write(ticket, write) = &self.stage.held[at] else { continue };
            if *ticket as usize > self.orders {
                assert!(typed, "an order that no key gave");
                self.orders = *ticket as usize;
                self.judge(kind, write);
                if kind == Above::Nothing
                    && let Some((id, _)) = whom(write)
                {
                    // Whoever leaves the list by this is no surprise.
                    self.frame.slid = self.frame.slid.filter(|_| Some(&id) != self.frame.person.as_ref().map(|p| &p.0));
                }
            }
        }
        let now = self.stage.model.layers.len();
        if now <= depth && self.top() == top {
            self.origins.truncate(now);
            return;
        }
        // What a dialog opens is about whom the dialog is about; what a list of actions opens, about what was drawn.
        let mut origin = match kind {
            Above::Dialog if now > depth => self.origins.last().cloned().unwrap_or_default(),
            _ => self.frame.clone(),
        };
        if matches!(self.stage.model.layers.last(), Some(Layer::Keyring(_) | Layer::Pager(_))) {
            // These say whom they are about, and are drawn before a key of theirs changes anything.
            origin.person = self.stage.model.person().map(|user| (user.id.clone(), user.version));
            origin.slid = None;
        }
        if now > depth {
            self.origins.resize(now, origin);
        } else if now == depth && typed {
            self.origins.truncate(now);
            if let Some(last) = self.origins.last_mut() {
                *last = origin;
            }
        }
        self.origins.truncate(now);
    }

    fn kind(&self) -> Above {
        match self.stage.model.layers.last() {
            None => Above::Nothing,
            Some(Layer::Menu(_) | Layer::Palette(_)) => Above::Menu,
            Some(Layer::Pager(_)) => Above::Pager,
            Some(_) => Above::Dialog,
        }
    }

    /// Holds an order against what was drawn when its key was pressed, or when the dialog was opened that gave it.
    fn judge(&self, kind: Above, write: &Write) {
        let drawn = match kind {
            Above::Dialog => self.origins.last().expect("what was drawn before it"),
            _ => &self.frame,
        };
        let all = || format!("{drawn:?}\n{:?}\n{}", self.frame, self.stage.screen());
        if let Some(about) = whom(write) {
            assert_eq!(
                drawn.person.as_ref(),
                Some(&about),
                "not the person that was drawn, or not their state\n{}",
                all()
            );
        }
        let id = drawn.person.as_ref().map(|(id, _)| id);
        match write {
            Write::IssueCode { id: whom }
            | Write::Unthrottle { id: whom }
            | Write::BeginFactor { id: whom }
            | Write::CreateToken { id: whom, .. } => {
                assert_eq!(id, Some(whom), "not the person that was drawn\n{}", all());
            }
            Write::EndSessions { id: whom, expect } => {
                assert_eq!((id, drawn.live), (Some(whom), *expect), "not the sessions that were drawn\n{}", all());
            }
            Write::EndSession { id } => {
                assert_eq!(drawn.session.as_ref(), Some(id), "not the session that was drawn\n{}", all());
                assert!(!drawn.cell_slid, "a session that came under the cursor by itself\n{}", all());
            }
            Write::Undo(changed) => {
                let undone = (changed.after.id.clone(), changed.after.version);
                assert_eq!(drawn.undo.as_ref(), Some(&undone), "not the change that was drawn\n{}", all());
                return;
            }
            // Nobody's state, or a question that names what it is about.
            Write::Create { .. } | Write::RevokeToken { .. } => return,
            _ => assert!(whom(write).is_some(), "an order that this race does not know"),
        }
        if kind == Above::Pager {
            let told = self.origins.last().and_then(|origin| origin.person.as_ref()).map(|(id, _)| id);
            assert_eq!(id, told, "not the person whom the page is about\n{}", all());
        }
        // After a change of one's own, the next in the list may be acted on once they were seen there.
        let seen = |since: Time| self.stage.model.now.since(since) >= Span::from_millis(500);
        let own = self.stage.model.changed_here.is_some();
        assert!(drawn.slid.is_none_or(|since| own && seen(since)), "came under the cursor by itself\n{}", all());
    }

    pub fn draw(&mut self) {
        self.stage.draw();
        self.undrawn.drew();
        let model = &self.stage.model;
        // A form whose save was refused has taken over the state that the refusal tells of: drawn, with what is there
        // now, it is the state that the next save is about.
        if let (Some(Layer::Edit(edit, _)), Some(origin)) = (model.layers.last(), self.origins.last_mut())
            && self.stage.screen().contains("has changed")
        {
            origin.person = Some((edit.user().id.clone(), edit.user().version));
        }
        let row = match model.pane {
            Pane::Everybody => model.everybody.list.window.current().map(|session| session.id.as_str().to_owned()),
            Pane::Audit => model.audit.list.window.current().map(|entry| entry.seq.to_string()),
            _ => model.users.list.window.current().map(|user| user.id.to_string()),
        };
        let cell = model.session().filter(|_| model.pane == Pane::Sessions).map(|session| session.id.clone());
        let before = std::mem::take(&mut self.frame);
        let same = before.row == row || before.row.is_none();
        let slid = match before.slid {
            _ if self.steered => None,
            slid if same => slid,
            _ => Some(model.now),
        };
        let cell_slid = match (&before.cell, &cell) {
            _ if self.steered => false,
            (Some(was), Some(is)) => before.cell_slid || was != is,
            _ => before.cell_slid,
        };
        self.frame = Frame {
            person: model.person().map(|user| (user.id.clone(), user.version)),
            session: model.session().map(|session| session.id.clone()),
            live: model.live_count(),
            undo: model.undo.last().and_then(|undo| match undo {
                rollbook::console::model::Undo::One(changed, _) => {
                    Some((changed.after.id.clone(), changed.after.version))
                }
                rollbook::console::model::Undo::Many { .. } => None,
            }),
            row,
            cell,
            slid,
            cell_slid,
        };
        self.steered &= !model.is_complete();
        self.look();
    }

    /// Reads the screen: whoever the keys act on is the one whose row says so, in the state that it says.
    fn look(&mut self) {
        let (model, screen) = (&self.stage.model, self.stage.screen());
        for words in std::mem::take(&mut self.untold) {
            // Of two in one frame the later has the last line; a form may break its own anywhere.
            let begin = words.split(" changed").next().unwrap_or_default();
            let said = screen.contains(begin)
                || screen.contains("Not saved")
                || model.messages.iter().any(|(_, text)| text.contains(&words));
            if !said && model.layers.len() > 1 {
                // The form that was refused lies beneath another, and says so as soon as that is closed.
                self.untold.push(words);
                continue;
            }
            // Whoever closes both in one go has seen that there was something to read.
            let left = model.layers.is_empty() && self.covered;
            assert!(said || left, "nobody was told: {words}\n{screen}");
        }
        self.covered = model.layers.len() > 1 && !self.untold.is_empty();
        let about = self.origins.last().and_then(|origin| origin.person.as_ref()).map(|(id, _)| id);
        match model.layers.last() {
            // What these are taken to be about is what they say that they are about.
            Some(Layer::Keyring(keyring)) => {
                assert_eq!(about, Some(keyring.user_id()), "{screen}");
                assert!(screen.contains(&format!("tokens of {}", keyring.user().name)), "{screen}");
            }
            Some(Layer::Pager(pager)) if !pager.cures.is_empty() => {
                let person =
                    model.person().filter(|user| about == Some(&user.id) && pager.refusal(Some(user)).is_none());
                if let Some(user) = person {
                    assert!(screen.contains(&format!("{} CAN", user.name)), "{} is not told of\n{screen}", user.name);
                }
            }
            _ => {}
        }
        if !model.layers.is_empty() || model.signin.is_some() {
            return;
        }
        let Some(user) = model.person().filter(|_| model.pane == Pane::Users && !model.whole) else { return };
        let rows: Vec<&str> = screen.lines().filter(|line| line.contains('›')).collect();
        assert_eq!(rows.len(), 1, "{screen}");
        assert!(rows[0].contains(&format!("› {}", user.name)), "{} is not in {rows:?}\n{screen}", user.name);
        let pending = user.status == Status::Pending && user.deleted_at.is_none();
        assert_eq!(rows[0].contains("pending"), pending, "{screen}");
    }
}

/// What lies over the panes, as far as it matters for whom an order is about.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Above {
    Nothing,
    /// Actions to choose from.
    Menu,
    /// A page about somebody, whose cures act on whoever is under the cursor.
    Pager,
    /// A form or a question.
    Dialog,
}

/// The person whom an order names, in the version that it names.
fn whom(write: &Write) -> Option<(UserId, i64)> {
    match write {
        Write::Activate { id, expect }
        | Write::Deactivate { id, expect, .. }
        | Write::Edit { id, expect, .. }
        | Write::Delete { id, expect }
        | Write::Restore { id, expect, .. }
        | Write::Contain { id, expect }
        | Write::SetPassword { id, expect, .. } => Some((id.clone(), *expect)),
        _ => None,
    }
}
