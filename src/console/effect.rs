//! What the console can ask for, and what it can be answered: the words between `update` and the worker.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::marks::Stretch;
use super::window::Want;
use crate::accounts::api_token::{ApiToken, TokenId};
use crate::accounts::audit::Entry;
use crate::accounts::bulk::{Ended, Former, Outcome, Plan};
use crate::accounts::change::{Changed, UserChange};
use crate::accounts::factor::Enrolment;
use crate::accounts::file_id::FileId;
use crate::accounts::looking::Dossier;
use crate::accounts::losses::Losses;
use crate::accounts::policy::Policy;
use crate::accounts::query::{Filter, Key, Page, Query};
use crate::accounts::report::Report;
use crate::accounts::reset::Issued;
use crate::accounts::search::Search;
use crate::accounts::session::{Session, SessionId};
use crate::accounts::standing::{Seat, Standing};
use crate::accounts::time::Until;
use crate::accounts::user::{Draft, Edit, Name, User, UserId};
use crate::accounts::verify::Inspection;
use crate::accounts::{Error, Secret};

/// Numbers the questions of a slot; an answer to any but the newest is dropped.
pub type Turn = u64;

/// Numbers the writes; every one gets its outcome.
pub type Ticket = u64;

/// How much history and how many sessions of one person are asked for: more than any screen shows at once.
pub const DEEP: u16 = 200;

/// How much of it is asked for first, so that whoever has very much is not waited for: about what a screen shows. The
/// rest follows when it is drawn.
pub const SHALLOW: u16 = 60;

/// Whether there may be more than these many rows of one person: they are as many as were asked for.
pub fn may_be_cut(rows: usize) -> bool {
    [SHALLOW, DEEP].map(usize::from).contains(&rows)
}

/// A place for one question at a time: a newer one takes the place of the one before. Of several that wait, the first
/// in this order is answered first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Slot {
    Users,
    Person,
    Everybody,
    Audit,
    Ahead,
    Attention,
    Matches,
    SessionMatches,
    Words,
    AuditMatches,
    System,
    Hashes,
    Verify,
    Marks,
    SessionMarks,
    Plan,
    Names,
    Labels,
    UsersBefore,
    SessionsBefore,
    EntriesBefore,
}

impl Slot {
    /// Whether it may take long: counts, on a connection of their own, so that no page stands behind them.
    pub const fn is_background(self) -> bool {
        !matches!(self, Slot::Users | Slot::Person | Slot::Everybody | Slot::Audit | Slot::Ahead)
    }

    /// Whether it gives way to a question whose answer somebody waits for.
    pub const fn gives_way_to(self, other: Slot) -> bool {
        let patient = matches!(self, Slot::UsersBefore | Slot::SessionsBefore | Slot::EntriesBefore);
        let urgent = matches!(other, Slot::Marks | Slot::SessionMarks | Slot::Plan | Slot::Names | Slot::Labels);
        patient && urgent
            || matches!(self, Slot::Ahead) && !other.is_background()
            || matches!(self, Slot::Words) && other.is_background()
    }
}

/// A question.
#[derive(Clone, PartialEq, Debug)]
pub enum Read {
    /// A page of people, and everything about the one to whom it brings the cursor.
    Users {
        /// Who, in which order.
        query: Query,
        /// Where the page belongs.
        want: Want,
        /// How many rows.
        limit: u16,
    },
    /// Everything about one person, and so much of their history.
    Person(UserId, u16),
    /// Everything about some who may be looked at next; whoever is not there is left out.
    People(Vec<(UserId, u16)>),
    /// A page of everybody's sessions.
    Everybody {
        /// Which.
        filter: Filter,
        /// Oldest first.
        reversed: bool,
        /// Where the page belongs.
        want: Want,
        /// How many rows.
        limit: u16,
    },
    /// What the first line tells, and the settings, which another process may have changed.
    Attention,
    /// How many people pass a filter.
    Matches(Filter),
    /// How many sessions pass a filter.
    SessionMatches(Filter),
    /// Nothing yet: words will be asked for, this filter's and a letter more.
    Words(Filter),
    /// A page of the audit.
    Audit {
        /// Which entries.
        search: Search,
        /// Where the page belongs.
        want: Want,
        /// How many rows.
        limit: u16,
    },
    /// How many entries a search finds.
    AuditMatches(Search),
    /// How the database stands.
    System,
    /// How many passwords are kept by which scheme.
    Hashes,
    /// The next stretch of the audit, verified.
    Verify(Box<Inspection>),
    /// The people of a stretch, to be marked.
    Marks(Query, Stretch),
    /// The sessions of a stretch, to be marked; `true` where the oldest come first.
    SessionMarks(Filter, bool, Stretch),
    /// What a change would do to the marked people.
    Plan(Box<Survey>),
    /// Which of these sessions are live, and pass the present filter.
    Live(Vec<SessionId>, Filter),
    /// The names of these people.
    Names(Vec<UserId>),
    /// How many people stand before a key.
    UsersBefore(Query, Key),
    /// How many sessions stand before a key; `true` where the oldest come first.
    SessionsBefore(Filter, bool, Key),
    /// How many entries stand before a key.
    EntriesBefore(Search, Key),
    /// Labels that begin so, for whoever types one.
    Labels(String),
}

/// What has to be known before a change is made to marked people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Survey {
    /// The marked people, each in the version in which they were marked.
    pub marked: Vec<(UserId, i64)>,
    /// The present filter: who does not pass it is hidden.
    pub filter: Filter,
    /// Whether the hidden ones are meant too.
    pub hidden_too: bool,
    /// The change.
    pub change: UserChange,
}

/// What wants attention.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Attention {
    /// How many people there are, deleted ones aside.
    pub people: u32,
    /// How many wait for activation.
    pub pending: u32,
    /// How many are kept waiting after wrong passwords.
    pub throttled: u32,
}

/// An answer.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)] // one for each question, in the same words
pub enum Answer {
    Users(Want, Page<User>, Option<Box<Dossier>>),
    Person(Box<Dossier>),
    People(Vec<Dossier>),
    Everybody(Want, Page<Session>),
    Attention(Attention, Policy, Standing),
    Matches(u32),
    SessionMatches(u32),
    Words,
    Audit(Want, Page<Entry>),
    AuditMatches(u32),
    System(Box<Report>),
    Hashes(Vec<(String, u64)>),
    Verified(Box<Inspection>, bool),
    Marks(Vec<(UserId, i64)>),
    SessionMarks(Vec<SessionId>),
    /// The plan, and how many of the marked people are hidden.
    Planned(Box<Plan>, u32),
    /// Those that are live and pass the filter, those that are over, and how many are live and hidden by it.
    Live(Vec<SessionId>, Vec<SessionId>, usize),
    Names(Vec<String>),
    UsersBefore(u32),
    SessionsBefore(u32),
    EntriesBefore(u32),
    Labels(Vec<String>),
}

/// An order to change something. Each names the person and the version that was drawn.
#[allow(missing_docs)]
pub enum Write {
    Create { draft: Box<Draft>, password: Option<Secret> },
    Activate { id: UserId, expect: i64 },
    Deactivate { id: UserId, expect: i64, reason: Option<String> },
    Edit { id: UserId, expect: i64, edit: Box<Edit> },
    Delete { id: UserId, expect: i64 },
    Restore { id: UserId, expect: i64, name: Option<Name> },
    Undo(Box<Changed>),
    SetPassword { id: UserId, expect: i64, password: Secret },
    IssueCode { id: UserId },
    EndSession { id: SessionId },
    EndSessions { id: UserId, expect: u32 },
    Contain { id: UserId, expect: i64 },
    Unthrottle { id: UserId },
    CreateToken { id: UserId, name: Option<String>, until: Until },
    RevokeToken { id: TokenId },
    DisableFactor { id: UserId, expect: i64 },
    SetPolicy { key: &'static str, value: String },
    BeginFactor { id: UserId },
    EnableFactor { id: UserId, expect: i64, secret: Secret, code: Secret },
    RefreshCodes { id: UserId, expect: i64 },
    SignIn { name: String, password: Secret, code: Option<Secret> },
    Proven { password: Secret, code: Option<Secret>, grave: Grave },
    Many(Bulk),
}

/// What is done to many, in batches, told as it goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Bulk {
    Change { plan: Box<Plan>, reason: Option<String> },
    Undo { former: Vec<Former>, words: String },
    End { sessions: Vec<SessionId> },
}

/// What is done only after the password was asked for once more, where a log-in is required. A purge
/// belongs here as soon as the console does it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Grave {
    Contain { id: UserId, expect: i64 },
    Many(Bulk),
}

impl Grave {
    /// Whether an order is one of these.
    pub fn of(write: &Write) -> Option<Grave> {
        match write {
            Write::Contain { id, expect } => Some(Grave::Contain { id: id.clone(), expect: *expect }),
            Write::Many(bulk @ Bulk::Change { .. }) => Some(Grave::Many(bulk.clone())),
            _ => None,
        }
    }

    /// The order itself.
    pub fn order(self) -> Write {
        match self {
            Grave::Contain { id, expect } => Write::Contain { id, expect },
            Grave::Many(bulk) => Write::Many(bulk),
        }
    }
}

/// What came of an order.
#[allow(missing_docs)]
pub enum Done {
    Created {
        user: Box<User>,
        code: Option<Issued>,
    },
    Changed(Box<Changed>, Deed),
    /// A change was taken back, and the version in which the person was before it.
    Undone {
        changed: Box<Changed>,
        back_to: i64,
        /// The losses of the change that was taken back.
        losses: Losses,
    },
    PasswordSet(Box<Changed>),
    Code {
        name: String,
        code: Issued,
    },
    /// The session that was ended; `None` where it was over already.
    Ended(Option<Box<Session>>),
    EndedAll {
        count: u32,
    },
    Contained(Box<Changed>),
    /// Whether they `was` kept waiting at all.
    Unthrottled {
        name: String,
        was: bool,
    },
    TokenCreated {
        token: Box<ApiToken>,
        value: Secret,
    },
    TokenRevoked(Box<ApiToken>),
    FactorOff {
        name: String,
    },
    PolicySet {
        key: &'static str,
        policy: Box<Policy>,
    },
    /// What a second factor is set up with, and where a key was made for it.
    FactorBegun {
        user: Box<User>,
        enrolment: Enrolment,
        made_key: Option<String>,
    },
    /// New backup codes; `ended` says how many sessions ended where the factor was turned on with them.
    Codes {
        name: String,
        codes: Vec<Secret>,
        ended: Option<u32>,
    },
    SignedIn {
        seat: Seat,
        standing: Standing,
    },
    Many(Box<Outcome>, UserChange),
    /// A change to many was taken back: what came of it, what it had been, and whom it has not reached.
    ManyUndone(Box<Outcome>, String, Vec<Former>),
    ManyEnded(Ended),
}

impl Done {
    /// Whether it holds what lets somebody in, which is shown once, to who asked for it.
    pub fn opens_doors(&self) -> bool {
        matches!(
            self,
            Done::Created { code: Some(_), .. }
                | Done::Code { .. }
                | Done::TokenCreated { .. }
                | Done::FactorBegun { .. }
                | Done::Codes { .. }
        )
    }
}

/// Which of the reversible changes was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Deed {
    Activate,
    Deactivate,
    Edit,
    Delete,
    Restore,
}

/// Which database to work on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// One that exists.
    Open(PathBuf),
    /// A new one.
    Create(PathBuf),
    /// One of an older schema: a backup, the upgrade, then open.
    Upgrade(PathBuf),
    /// Sample people in a throw-away one.
    Demo,
}

/// A database that is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Where it lies.
    pub path: PathBuf,
    /// Which file that is; `None` for a database that is no file.
    pub file: Option<FileId>,
    /// Whether it is a throw-away one with sample people.
    pub demo: bool,
    /// The settings, for the verdicts that forms give as one types.
    pub policy: Policy,
    /// Who acts on it, and as what.
    pub standing: Standing,
    /// A word about what was done to open it.
    pub remark: Option<String>,
}

/// What `update` wants done. It never does it itself.
#[allow(missing_docs)]
pub enum Effect {
    Ask(Slot, Turn, Read),
    Write(Ticket, Write),
    Connect(Target),
    /// This order ends after the batch that it is at.
    Stop(Ticket),
    /// To the clipboard of the terminal at the other end; it may be a secret.
    Copy(Secret),
    /// Whoever asks and orders from now on.
    Seat(Seat),
    Repaint,
    Suspend,
}

/// What happens to the console.
pub enum Event {
    /// A key was pressed, or came with others from a paste that the terminal does not mark as one.
    Key {
        /// The key.
        key: super::key::Key,
        /// Whether it came in a burst that no fingers make.
        burst: bool,
    },
    /// A paste; it may be a password.
    Paste(Zeroizing<String>),
    /// A new size: columns, rows.
    Resize(u16, u16),
    /// An answer to a question.
    Answered(Slot, Turn, Result<Answer, Error>),
    /// The outcome of an order.
    Written(Ticket, Result<Done, Error>),
    /// A database was opened, or could not be.
    Connected(Target, Result<Place, Error>),
    /// Long work goes on: the words for how far it has come.
    Progress(String),
    /// An order about many has reached so many of so many.
    Reached(Ticket, u32, u32),
    /// More keys came than wait here: the rest was dropped.
    Dropped,
    /// Something failed that nobody asked for.
    Failed(Error),
    /// Something in the database moved: users, sessions.
    Moved {
        /// Users changed.
        users: bool,
        /// Sessions changed.
        sessions: bool,
    },
    /// Another file was put in the place of this one, and can be opened.
    Replaced(Option<FileId>),
    /// Time has passed.
    Tick,
    /// Back from the shell, or refused with this sentence.
    Resumed(Option<String>),
}
