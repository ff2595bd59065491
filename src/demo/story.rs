//! One sample person's life, told event by event: the row, the sessions and the audit entries come out of the same
//! sentences, so that a pane never shows a state that its history does not explain.

use crate::accounts::audit::{Actor, Change, Deed, Detail, NewEntry, Stamp, changes};
use crate::accounts::change::UserChange;
use crate::accounts::error::Result;
use crate::accounts::hash::PasswordHash;
use crate::accounts::secret::Secret;
use crate::accounts::session::{Session, SessionId};
use crate::accounts::store::Sample;
use crate::accounts::time::{Span, Time};
use crate::accounts::token::{Digest, TokenKind, random_id};
use crate::accounts::user::{Role, Status, User, UserId};
use crate::accounts::warrant::Warrant;

use super::dice::Dice;
use super::names::Called;

/// What a sample person logs in with, and for how long; no life is `never`.
#[derive(Clone, Copy)]
pub(super) struct Device {
    pub(super) client: &'static str,
    pub(super) life: Option<Span>,
}

pub(super) const FIREFOX: Device = Device { client: "firefox", life: Some(Span::HOUR.times(24)) };
pub(super) const OLD_LAPTOP: Device = Device { client: "old laptop", life: Some(Span::DAY.times(90)) };
pub(super) const ETERNAL: Device = Device { client: "backup job", life: None };
pub(super) const DEVICES: [Device; 7] = [
    FIREFOX,
    FIREFOX,
    Device { client: "phone app", life: Some(Span::DAY.times(30)) },
    Device { client: "phone app", life: Some(Span::DAY.times(30)) },
    Device { client: "curl", life: Some(Span::HOUR.times(8)) },
    Device { client: "safari", life: Some(Span::DAY.times(7)) },
    OLD_LAPTOP,
];

/// An address that belongs to nobody: private, or reserved for documentation (RFC 5737, RFC 3849).
pub(super) fn address(dice: &mut Dice) -> String {
    let (a, b) = (dice.below(256), 1 + dice.below(254));
    match dice.below(8) {
        0..=2 => format!("10.{}.{a}.{b}", dice.below(8)),
        3 | 4 => format!("192.168.{}.{b}", a % 4),
        5 => format!("203.0.113.{b}"),
        6 => format!("198.51.100.{b}"),
        _ => format!("2001:db8::{a:x}:{b:x}"),
    }
}

/// The service in whose name sample people come in.
pub(super) fn web() -> Actor {
    Actor::Service("sample-web".into())
}

/// The account at the keyboard of the sample server.
pub(super) fn root() -> Actor {
    Actor::Operator("root".into())
}

struct Held {
    session: Session,
    digest: Digest,
    token: Secret,
}

/// A person under way.
pub(super) struct Story {
    pub(super) user: User,
    pub(super) dice: Dice,
    hash: Option<PasswordHash>,
    home: String,
    sessions: Vec<Held>,
    entries: Vec<NewEntry>,
}

/// What a story leaves behind.
pub(super) struct Told {
    pub(super) sample: Sample,
    pub(super) entries: Vec<NewEntry>,
    pub(super) tokens: Vec<(SessionId, Secret)>,
}

impl Story {
    /// Somebody registers through the service and is pending.
    pub(super) fn registered(called: Called, at: Time, hash: &PasswordHash, mut dice: Dice) -> Result<Story> {
        let mut user = blank(called, at, &mut dice)?;
        user.status = Status::Pending;
        user.password_set_at = Some(at);
        let mut story = Story::begin(user, dice, Some(hash.clone()));
        story.tell(at, &web(), Deed::Register, None, Vec::new(), Some(Status::Pending.word().to_owned()));
        Ok(story)
    }

    /// An administrator creates somebody, without a password unless there is a hash.
    pub(super) fn created(
        called: Called,
        at: Time,
        by: &Actor,
        role: Role,
        hash: Option<&PasswordHash>,
        mut dice: Dice,
    ) -> Result<Story> {
        let mut user = blank(called, at, &mut dice)?;
        user.role = role;
        user.password_set_at = hash.map(|_| at);
        user.activated_at = Some(at);
        let mut story = Story::begin(user, dice, hash.cloned());
        let words = (role != Role::Member).then(|| role.word().to_owned());
        story.tell(at, by, Deed::Create, None, Vec::new(), words);
        Ok(story)
    }

    fn begin(user: User, mut dice: Dice, hash: Option<PasswordHash>) -> Story {
        let home = address(&mut dice);
        Story { user, dice, hash, home, sessions: Vec::new(), entries: Vec::new() }
    }

    /// A change by the domain's own rules, and the entry with before and after.
    pub(super) fn change(&mut self, at: Time, by: &Actor, why: Option<&str>, change: &UserChange) -> Result<()> {
        let (actor, origin, reason) = (by.clone(), origin(by).to_owned(), why.map(str::to_owned));
        let stamp = Stamp { at, actor, origin, reason, warrant: Warrant::Open };
        let next = change.apply(&self.user, &stamp)?;
        let differs = changes(&self.user, &next);
        let words = if change.ends_sessions() { self.end_all(at, by) } else { None };
        self.tell(at, by, change.deed(), why, differs, words);
        self.user = next;
        Ok(())
    }

    /// Logs in from a device. A session whose time is over leaves only its line in the history.
    pub(super) fn log_in(&mut self, at: Time, device: Device, now: Time) -> Result<()> {
        let from = if self.dice.one_in(3) { address(&mut self.dice) } else { self.home.clone() };
        self.tell(at, &web(), Deed::LogIn, None, Vec::new(), Some(format!("{}, {from}", device.client)));
        self.user.last_login_at = self.user.last_login_at.max(Some(at));
        let expires_at = device.life.map(|life| at.plus(life));
        if expires_at.is_some_and(|until| until < now) {
            return Ok(());
        }
        let id = SessionId::new(random_id(&mut self.dice)?);
        let (token, digest) = TokenKind::Session.mint(&mut self.dice)?;
        let quiet = if device.life.is_none() || self.dice.one_in(2) { Span::MINUTE.times(30) } else { now.since(at) };
        let last_used_at = now.minus(self.dice.within(quiet)).max(at);
        let session = Session {
            id,
            user_id: self.user.id.clone(),
            name: self.user.name.clone(),
            client: Some(device.client.to_owned()),
            address: Some(from),
            created_at: at,
            expires_at,
            last_used_at: Some(last_used_at),
            idle: None,
            ended_at: None,
            ended_by: None,
            refused: 0,
            refused_at: None,
        };
        self.sessions.push(Held { session, digest, token });
        Ok(())
    }

    /// Whether they are logged in from such a device at `at` already.
    pub(super) fn is_in_by(&self, device: Device, at: Time) -> bool {
        let same = |session: &Session| session.client.as_deref() == Some(device.client);
        self.sessions.iter().any(|held| same(&held.session) && held.session.is_live(at))
    }

    /// Ends the newest live session, and its client knocks on in vain.
    pub(super) fn end_newest(&mut self, at: Time, by: &Actor, refused: u32, now: Time) {
        let Some(held) = self.sessions.iter_mut().rev().find(|held| held.session.ended_at.is_none()) else { return };
        let session = &mut held.session;
        session.ended_at = Some(at);
        session.ended_by = Some(by.name().to_owned());
        session.last_used_at = session.last_used_at.map(|used| used.min(at));
        if refused > 0 {
            session.refused = refused;
            session.refused_at = Some(self.dice.between(at, now));
        }
        let parts = [session.client.as_deref(), session.address.as_deref()];
        let words = Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
        let deed = if matches!(by, Actor::Service(_)) { Deed::LogOut } else { Deed::End };
        self.tell(at, by, deed, None, Vec::new(), words);
    }

    /// The person changes the password by the old one, or a code is used; every session ends.
    pub(super) fn password(&mut self, at: Time, by: &Actor, deed: Deed) {
        let words = self.end_all(at, by);
        self.user.password_set_at = Some(at);
        self.tell(at, by, deed, None, Vec::new(), words);
    }

    /// A reset is asked for, by the service or by an administrator.
    pub(super) fn reset_requested(&mut self, at: Time, by: &Actor) {
        self.tell(at, by, Deed::RequestReset, None, Vec::new(), None);
    }

    /// When the last thing happened that is told of them.
    pub(super) fn latest(&self) -> Option<Time> {
        self.entries.iter().map(|entry| entry.at).max()
    }

    /// This person as one who acts.
    pub(super) fn actor(&self) -> Actor {
        Actor::User { id: self.user.id.clone(), name: self.user.name.clone() }
    }

    fn end_all(&mut self, at: Time, by: &Actor) -> Option<String> {
        let mut ended = 0;
        for Held { session, .. } in &mut self.sessions {
            if session.ended_at.is_none() {
                session.ended_at = Some(at);
                session.ended_by = Some(by.name().to_owned());
                session.last_used_at = session.last_used_at.map(|used| used.min(at));
                ended += 1;
            }
        }
        match ended {
            0 => None,
            1 => Some("1 session".to_owned()),
            _ => Some(format!("{ended} sessions")),
        }
    }

    fn tell(
        &mut self,
        at: Time,
        by: &Actor,
        deed: Deed,
        why: Option<&str>,
        changes: Vec<Change>,
        words: Option<String>,
    ) {
        let detail = Detail {
            actor: by.written_name().to_owned(),
            target: Some(self.user.name.clone()),
            origin: origin(by).to_owned(),
            reason: why.map(str::to_owned),
            changes,
            words,
        };
        self.entries.push(NewEntry { at, actor: by.clone(), deed, target: Some(self.user.id.clone()), detail });
    }

    /// The end of the story, and the person as they stand now.
    pub(super) fn told(self) -> Told {
        let Story { user, hash, sessions, entries, .. } = self;
        let mut tokens = Vec::new();
        let mut kept = Vec::new();
        for Held { mut session, digest, token } in sessions {
            session.name.clone_from(&user.name);
            tokens.push((session.id.clone(), token));
            kept.push((session, digest));
        }
        Told { sample: Sample { user, hash, sessions: kept }, entries, tokens }
    }
}

fn origin(by: &Actor) -> &'static str {
    match by {
        Actor::Operator(_) => "ssh 10.0.0.5",
        Actor::User { .. } | Actor::Service(_) => "",
    }
}

/// Somebody active of whom nothing is said yet.
pub(super) fn blank(called: Called, at: Time, dice: &mut Dice) -> Result<User> {
    Ok(User {
        id: UserId::new(random_id(dice)?),
        name: called.name,
        email: called.email,
        role: Role::Member,
        labels: Vec::new(),
        status: Status::Active,
        reason: None,
        status_by: None,
        status_at: None,
        note: None,
        factor: false,
        password_set_at: None,
        created_at: at,
        activated_at: None,
        last_login_at: None,
        last_used_at: None,
        valid_until: None,
        deleted_at: None,
        sessions: 0,
        throttled_until: None,
        version: 1,
    })
}
