//! The state of the console, and what follows from it. What can be derived is derived, never stored beside.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use std::sync::LazyLock;

use jiff::tz::TimeZone;

use super::arrival::Arrival;
use super::effect::{Attention, Place, Ticket, Turn, may_be_cut};
use super::expression::Completing;
use super::keymap::Scope;
use super::layers::Layer;
use super::layers::login::SignIn;
use super::layout::{Pane, Screen};
use super::panes::audit::Audit;
use super::panes::detail::Detail;
use super::panes::everybody::Everybody;
use super::panes::sessions::Sessions;
use super::panes::system::{Around, System};
use super::panes::users::Users;
use super::running::Running;
use super::theme::Theme;
use super::verifying::Verifying;
use crate::accounts::bulk::Former;
use crate::accounts::change::Changed;
use crate::accounts::losses::Losses;
use crate::accounts::session::{Session, SessionId};
use crate::accounts::time::{Clock, Span, Time};
use crate::accounts::token::Entropy;
use crate::accounts::user::{Role, User, UserId};
use crate::accounts::{Actor, Error};

/// What the console is started with.
pub struct Setup {
    /// The database to open; `None` for sample people.
    pub path: Option<PathBuf>,
    /// Where the path came from, for the screen that has to say that nothing lies there.
    pub looked: String,
    /// Whether nothing may be changed.
    pub read_only: bool,
    /// A warning to show at the start: a configuration file that cannot be reached.
    pub warning: Option<String>,
    /// In whose name.
    pub actor: Actor,
    /// As what.
    pub role: Role,
    /// Whether behind broken glass.
    pub glass: bool,
    /// The operator and where they come from, for the first line.
    pub who: String,
    /// The colours.
    pub theme: Theme,
    /// Nothing but ASCII on the screen.
    pub ascii: bool,
    /// The local time zone, which the system may have to search for: beside the opening of the database, not before.
    pub zone: LazyLock<TimeZone>,
    /// The clock.
    pub clock: Box<dyn Clock>,
    /// Randomness, for passphrases.
    pub entropy: Box<dyn Entropy>,
}

/// The database, as far as the console has one.
pub enum Book {
    /// On its way.
    Opening,
    /// There is none at this place.
    Missing(Error),
    /// It has to be upgraded first.
    Outdated(Error),
    /// It cannot be opened.
    Trouble(Error),
    /// Open.
    Open(Place),
}

/// The last line, until the next key.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The sentence.
    pub text: String,
    /// Whether something went wrong.
    pub fault: bool,
    /// The ended session whose refusals are told after the sentence.
    pub session: Option<SessionId>,
}

/// What may be undone: the change and what it was.
pub enum Undo {
    /// Of one person, with its past tense.
    One(Box<Changed>, &'static str),
    /// Of many.
    Many {
        /// What they were before.
        former: Vec<Former>,
        /// What was done: "1,921 users deactivated".
        words: String,
        /// The losses, which no undo restores.
        losses: Losses,
    },
}

impl Undo {
    /// The change, where it is of one person.
    pub fn one(&self) -> Option<&Changed> {
        match self {
            Undo::One(changed, _) => Some(changed),
            Undo::Many { .. } => None,
        }
    }

    /// Whom it was done to, and what: "alice deleted".
    pub fn sentence(&self) -> String {
        match self {
            Undo::One(changed, words) => format!("{} {words}", super::words::clipped(&changed.before.name, 30)),
            Undo::Many { words, .. } => words.clone(),
        }
    }
}

/// The state.
pub struct Model {
    /// Columns and rows.
    pub size: (u16, u16),
    /// The present, as of the last event.
    pub now: Time,
    /// What it was started with.
    pub setup: Setup,
    /// The database.
    pub book: Book,
    /// The pane that has the keys.
    pub pane: Pane,
    /// Whether it stands alone.
    pub whole: bool,
    /// When the focus came to this pane.
    pub arrival: Arrival,
    /// The list of users.
    pub users: Users,
    /// The person under the cursor.
    pub detail: Detail,
    /// Their sessions.
    pub sessions: Sessions,
    /// Everybody's sessions.
    pub everybody: Everybody,
    /// Everything that was done.
    pub audit: Audit,
    /// How the database stands.
    pub system: System,
    /// The verification of the audit.
    pub verifying: Verifying,
    /// What lies over the panes.
    pub layers: Vec<Layer>,
    /// The log-in that stands before all of it.
    pub signin: Option<SignIn>,
    /// When a key was last touched.
    pub touched_at: Time,
    /// The last line, when it is not the keys.
    pub notice: Option<Notice>,
    /// What was said so far, with its time.
    pub messages: VecDeque<(Time, String)>,
    /// What the first line tells, once it is known.
    pub attention: Option<Attention>,
    /// The changes that can be undone, the last at the end.
    pub undo: Vec<Undo>,
    /// The last change, where it is one that cannot be undone; `z` says so before it reaches past it.
    pub never_undone: Option<String>,
    /// The orders that are on their way, with the person they are about.
    pub orders: BTreeMap<Ticket, Option<UserId>>,
    /// The order about many that is at work.
    pub running: Option<Running>,
    /// The completion that waits for labels.
    pub completing: Completing,
    /// The number of the newest question of what a change to many would do.
    pub survey_turn: Turn,
    /// The commands that do the same as these orders.
    pub commands: BTreeMap<Ticket, String>,
    /// The command that does the same as the last change.
    pub last_command: Option<String>,
    /// Whom the last change here was made to, and when: that they leave the list is no surprise.
    pub changed_here: Option<(UserId, Time)>,
    /// Somebody who left the list and of whom something is held: are they there still?
    pub doubted: Option<UserId>,
    /// When Ctrl-C was pressed at the top.
    pub cancel_at: Option<Time>,
    /// When a change to many ended, until Esc has been pressed.
    pub ended_at: Option<Time>,
    /// Whether the console is done.
    pub done: bool,
    /// Whether the last event changed nothing that is drawn.
    pub unseen: bool,
    /// Whether the file that is being opened has taken the place of another one.
    pub replaced: bool,
    /// The last ticket given out.
    pub ticket: Ticket,
    /// The number of the last question for the first line, and whether another is due.
    pub attention_turn: (Turn, bool),
    /// When that question was asked.
    pub attention_at: Time,
}

impl Model {
    /// A console that has not opened anything yet.
    pub fn new(setup: Setup, size: (u16, u16)) -> Model {
        Model {
            size,
            now: setup.clock.now(),
            touched_at: setup.clock.now(),
            signin: None,
            notice: setup.warning.clone().map(|text| Notice { text, fault: true, session: None }),
            setup,
            book: Book::Opening,
            pane: Pane::Users,
            whole: false,
            arrival: Arrival::default(),
            users: Users::default(),
            detail: Detail::default(),
            sessions: Sessions::default(),
            everybody: Everybody::default(),
            audit: Audit::default(),
            system: System::default(),
            verifying: Verifying::default(),
            layers: Vec::new(),
            messages: VecDeque::new(),
            attention: None,
            undo: Vec::new(),
            never_undone: None,
            orders: BTreeMap::new(),
            running: None,
            completing: Completing::default(),
            survey_turn: 0,
            commands: BTreeMap::new(),
            last_command: None,
            changed_here: None,
            doubted: None,
            cancel_at: None,
            ended_at: None,
            done: false,
            unseen: false,
            replaced: false,
            ticket: 0,
            attention_turn: (0, false),
            attention_at: Time::default(),
        }
    }

    /// Where everything is.
    pub fn screen(&self) -> Screen {
        Screen::of(self.size, self.pane, self.whole)
    }

    /// How many entries the audit's list shows, also while one of them covers it.
    pub fn audit_rows(&self) -> usize {
        Screen::of(self.size, Pane::Audit, false).rows(Pane::Audit).max(1)
    }

    /// What the view of the system is made of, besides its own state; `None` where no database is open.
    pub fn around_system(&self) -> Option<Around<'_>> {
        let (verifying, zone) = (&self.verifying, &self.setup.zone);
        self.place().map(|place| Around { place, verifying, now: self.now, zone, width: self.size.0 })
    }

    /// The setting under the cursor of the view of the system.
    pub fn setting(&self) -> Option<&'static str> {
        let around = self.around_system().filter(|_| self.pane == Pane::System)?;
        self.system.setting(&around)
    }

    /// Where the keys go.
    pub fn scope(&self) -> Scope {
        if self.signin.is_some() {
            return Scope::Form;
        }
        if let Some(layer) = self.layers.last() {
            return layer.scope();
        }
        if !matches!(self.book, Book::Open(_)) {
            return Scope::Nothing;
        }
        if self.is_filtering() { Scope::Filter } else { self.pane_scope() }
    }

    /// The scope of the pane beneath whatever lies over it.
    pub fn pane_scope(&self) -> Scope {
        match (&self.book, self.pane) {
            (Book::Open(_), Pane::Users) => Scope::Users,
            (Book::Open(_), Pane::Detail) => Scope::Detail,
            (Book::Open(_), Pane::Sessions) => Scope::Sessions,
            (Book::Open(_), Pane::Everybody) => Scope::Everybody,
            (Book::Open(_), Pane::Audit) => Scope::Audit,
            (Book::Open(_), Pane::System) => Scope::System,
            _ => Scope::Nothing,
        }
    }

    /// The open database.
    pub fn place(&self) -> Option<&Place> {
        match &self.book {
            Book::Open(place) => Some(place),
            _ => None,
        }
    }

    /// The id of the person under the cursor.
    pub fn person_id(&self) -> Option<&UserId> {
        match self.pane {
            Pane::Everybody => self.everybody.owner(),
            Pane::Audit => self.audit.about(),
            Pane::System => None,
            Pane::Users | Pane::Detail | Pane::Sessions => self.users.list.window.current().map(|user| &user.id),
        }
    }

    /// The person under the cursor, as drawn: whom the keys act on. In view 2 the owner, in view 3 whom the entry is
    /// about, once they are known.
    pub fn person(&self) -> Option<&User> {
        match self.pane {
            Pane::Everybody | Pane::Audit | Pane::System => {
                self.person_id().and_then(|id| self.detail.of(id)).map(|dossier| &dossier.user)
            }
            Pane::Users | Pane::Detail | Pane::Sessions => self.users.list.window.current(),
        }
    }

    /// The sessions of the person under the cursor, once they are known.
    pub fn their_sessions(&self) -> Option<&[Session]> {
        let id = self.person_id()?;
        self.detail.of(id).map(|dossier| dossier.sessions.as_slice())
    }

    /// Their live sessions.
    pub fn live_sessions(&self) -> Vec<&Session> {
        self.their_sessions().unwrap_or_default().iter().filter(|session| session.is_live(self.now)).collect()
    }

    /// How many live sessions they have. Of very many only the newest are held; then the store's own count holds.
    pub fn live_count(&self) -> u32 {
        let held = u32::try_from(self.live_sessions().len()).unwrap_or(u32::MAX);
        let dossier = self.person_id().and_then(|id| self.detail.of(id));
        let full = dossier.filter(|dossier| may_be_cut(dossier.sessions.len()));
        full.map_or(held, |dossier| dossier.user.sessions.max(held))
    }

    /// The session under the cursor, in a pane that lists sessions.
    pub fn session(&self) -> Option<&Session> {
        match self.pane {
            Pane::Everybody => self.everybody.list.window.current(),
            Pane::Sessions => self.sessions.current(self.their_sessions()?),
            Pane::Users | Pane::Detail | Pane::Audit | Pane::System => None,
        }
    }

    /// Whether the one under the cursor is not the one that was drawn there.
    pub fn is_adrift(&self) -> bool {
        match self.pane {
            Pane::Everybody => self.everybody.list.window.is_adrift(),
            Pane::Audit => self.audit.list.window.is_adrift(),
            _ => self.is_led() || self.users.list.window.is_adrift() && !self.left_by_our_own_change(),
        }
    }

    /// Whether the cursor is about to be put on somebody who was made, or given back, here.
    pub fn is_led(&self) -> bool {
        self.users.seek.is_some() && matches!(self.pane, Pane::Users | Pane::Detail | Pane::Sessions)
    }

    /// Whether the one who vanished from under the cursor left the list by a change that was made here, long enough ago
    /// for the next one to have been seen there. So a list of pending people is worked through by `a a a`, but a key
    /// that bounces hits nobody.
    fn left_by_our_own_change(&self) -> bool {
        const SEEN: Span = Span::from_millis(500);
        let gone = self.users.list.window.vanished();
        self.changed_here.as_ref().is_some_and(|(id, at)| gone == Some(id) && self.now.since(*at) >= SEEN)
    }

    /// Whether there is nobody at all in the open database.
    pub fn is_unpeopled(&self) -> bool {
        let list = &self.users.list;
        list.window.is_loaded() && list.window.is_empty() && list.filter.is_empty()
    }

    /// Whether it is the actor's own account.
    pub fn is_own(&self, user: &User) -> bool {
        matches!(&self.setup.actor, Actor::User { id, .. } if *id == user.id)
    }

    /// Says something in the last line.
    pub fn say(&mut self, text: impl Into<String>) {
        self.tell(text.into(), false);
    }

    /// Says that something went wrong, and what to do.
    pub fn complain(&mut self, error: &Error) {
        self.tell(super::words::refused(error), true);
    }

    /// Tells how far long work has come; it is not kept among the messages.
    pub fn progress(&mut self, words: String) {
        self.notice = Some(Notice { text: words, fault: false, session: None });
    }

    /// Says why a key does nothing.
    pub fn refuse(&mut self, text: String) {
        self.notice = Some(Notice { text, fault: true, session: None });
    }

    fn tell(&mut self, text: String, fault: bool) {
        const KEPT: usize = 200;
        self.messages.push_front((self.now, text.clone()));
        self.messages.truncate(KEPT);
        self.notice = Some(Notice { text, fault, session: None });
    }

    /// A number for the next order, which is about this person and which this command would do as well.
    pub fn next_ticket(&mut self, about: Option<UserId>, command: Option<String>) -> Ticket {
        self.ticket += 1;
        self.orders.insert(self.ticket, about);
        if let Some(command) = command {
            self.commands.insert(self.ticket, command);
        }
        self.ticket
    }

    /// After changes were taken back, the ones before them can be: each row is again what the change before left, in a
    /// version of its own. `undone` has for each person that version, and the one that the row has gone back to. Where
    /// somebody else had changed it in between, the versions do not meet, and it stays refused.
    pub fn relink_undo(&mut self, undone: &BTreeMap<UserId, (i64, i64)>) {
        let mut moved: BTreeMap<&UserId, i64> = BTreeMap::new();
        for undo in self.undo.iter_mut().rev() {
            let mut relink = |id: &UserId, version: &mut i64| {
                let Some((id, (now, back_to))) = undone.get_key_value(id) else { return };
                // The nearest change has to meet exactly; those before it move along.
                *version += *moved.entry(id).or_insert(if *version == *back_to { now - back_to } else { 0 });
            };
            match undo {
                Undo::One(changed, _) => {
                    let after = &mut changed.after;
                    relink(&after.id, &mut after.version);
                }
                Undo::Many { former, .. } => {
                    former.iter_mut().for_each(|former| relink(&former.id, &mut former.version));
                }
            }
        }
    }
}
