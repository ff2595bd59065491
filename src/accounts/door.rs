//! The door to the domain: a handle on one store, in the name of one actor.

use std::collections::HashMap;

use super::api_token::TokenId;
use super::audit::{Actor, Stamp};
use super::error::{Error, Kind, Result};
use super::file_id::{FileHold, FileId};
use super::hash::{Cost, Hasher};
use super::policy::Policy;
use super::seal::Keyring;
use super::secret::Secret;
use super::session::{SessionId, Uses};
use super::store::{Interrupter, Store};
use super::throttle::CounterId;
use super::time::{Clock, Span, Time};
use super::token::Entropy;
use super::user::{User, UserId};
use super::warrant::{Warrant, glassy};

/// What a handle stands on: everything that the domain itself does not know.
pub struct Ground {
    /// The database.
    pub store: Box<dyn Store>,
    /// The clock.
    pub clock: Box<dyn Clock>,
    /// The randomness.
    pub entropy: Box<dyn Entropy>,
    /// What a new password hash costs, whatever the policy says; `None` to follow the policy.
    pub cost: Option<Cost>,
    /// The keeper of the key that seals second factors.
    pub keys: Box<dyn Keyring>,
}

/// The users and sessions of one database, as one actor sees and changes them.
///
/// One handle serves one thread. Several handles, threads and processes may work on the same database at once.
/// Dropping a handle writes down what it has gathered about the use of sessions.
pub struct Accounts {
    pub(super) store: Box<dyn Store>,
    clock: Box<dyn Clock>,
    pub(super) entropy: Box<dyn Entropy>,
    pub(super) hasher: Hasher,
    fixed_cost: bool,
    /// The latest time that was reached in this file, as far as this handle has heard.
    high: (Option<FileId>, Time),
    actor: Actor,
    origin: String,
    reason: Option<String>,
    pub(super) gathered: Gathered,
    pub(super) keys: Box<dyn Keyring>,
    pub(super) rehearsing: bool,
    /// Who has shown this handle their password, by the last claim.
    pub(super) shown: Option<UserId>,
    /// The session that the last claim was made by, and its owner, where it was not made by a password.
    pub(super) session: Option<(UserId, SessionId)>,
    /// Whether the operator has broken the glass.
    pub(super) glass: bool,
    /// The counter of this handle's last attempt, while that is unsettled.
    pub(super) in_flight: Option<CounterId>,
    /// The only file that this handle works on.
    stays_on: Option<FileId>,
    /// The file in which the present user logged in, or the operator broke the glass.
    pub(super) seated_in: Option<FileId>,
}

/// Uses and refusals seen since they were last written.
#[derive(Default)]
pub(super) struct Gathered {
    /// The file whose sessions and tokens these are.
    file: Option<FileId>,
    pub(super) used: HashMap<SessionId, Time>,
    pub(super) refused: HashMap<SessionId, (u32, Time)>,
    pub(super) tokens: HashMap<TokenId, Time>,
    pub(super) written_at: Option<Time>,
    /// The shortest idle limit among the sessions used since then.
    pub(super) idle: Option<Span>,
}

impl Gathered {
    /// Drops what was gathered on another file: its sessions and tokens are not those of this one.
    pub(super) fn follow(&mut self, file: Option<FileId>) {
        if self.file != file {
            *self = Gathered { file, ..Gathered::default() };
        }
    }
}

/// How somebody proves who they are before an administrator's call: by name and password, by a session, or either.
#[derive(Default)]
pub struct Claim<'a> {
    /// Name, password and second-factor code.
    pub user: Option<(&'a str, &'a Secret, Option<&'a str>)>,
    /// A session token; tried if the password is not right.
    pub session: Option<&'a Secret>,
}

impl Accounts {
    /// A handle in the name of `actor`, coming from `origin` (a terminal, an SSH connection; empty if not known).
    pub fn new(ground: Ground, actor: Actor, origin: impl Into<String>) -> Self {
        let mut accounts = Accounts {
            store: ground.store,
            clock: ground.clock,
            entropy: ground.entropy,
            hasher: Hasher::new(ground.cost.unwrap_or_default()),
            fixed_cost: ground.cost.is_some(),
            high: (None, Time::default()),
            actor,
            origin: origin.into(),
            reason: None,
            gathered: Gathered::default(),
            keys: ground.keys,
            rehearsing: false,
            shown: None,
            session: None,
            glass: false,
            in_flight: None,
            stays_on: None,
            seated_in: None,
        };
        accounts.seated_in = accounts.store.file();
        accounts.hold_file();
        // What cannot be read now is read again, and refused, by the first call that needs it.
        let _ = accounts.settings();
        accounts
    }

    /// The settings in force, by whose cost passwords are hashed from now on.
    pub(super) fn settings(&mut self) -> Result<Policy> {
        self.believe()?;
        let policy = self.store.policy()?;
        if !self.fixed_cost {
            self.hasher.adopt(policy.argon2);
        }
        Ok(policy)
    }

    /// In whose name this handle acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// From now on acts in another name, which [`Accounts::authorize`] has given.
    pub fn act_as(&mut self, actor: Actor) -> Actor {
        let before = std::mem::replace(&mut self.actor, actor);
        self.seated_in = self.store.file();
        self.hold_file();
        before
    }

    /// The database file that this handle has open; `None` if the database is no file.
    pub fn file(&self) -> Option<FileId> {
        self.store.file()
    }

    /// The file that this handle is to work on alone, or has open.
    pub fn works_on(&self) -> Option<FileId> {
        self.stays_on.or_else(|| self.file())
    }

    /// Whether another file is in the place of the one that this handle works on, and can be opened.
    pub fn is_replaced(&self) -> bool {
        self.store.is_replaced()
    }

    /// Works on this file alone: once another file is in its place, every call is refused as `stale`. Without this, a
    /// handle goes on with the new file by itself; a handle in the name of a user answers `unauthenticated`.
    pub fn stay_on_file(&mut self, file: Option<FileId>) {
        self.stays_on = file;
        self.hold_file();
    }

    /// A log-in holds for the file whose users it was checked against, and for no other.
    pub(super) fn hold_file(&mut self) {
        let seated = self.glass || matches!(self.actor, Actor::User { .. });
        let file = if seated { self.seated_in } else { self.stays_on };
        let kind = if self.stays_on.is_some() { Kind::Stale } else { Kind::Unauthenticated };
        self.store.hold_file(file.map(|file| FileHold { file, kind }));
    }

    /// Before somebody else logs in: the log-in of the present actor does not bind them to its file.
    pub(super) fn release_file(&mut self) {
        self.store.hold_file(self.stays_on.map(|file| FileHold { file, kind: Kind::Stale }));
    }

    /// The reason that is written down with the changes that follow.
    ///
    /// # Errors
    /// `constraint_violation` for more than 200 characters or hostile ones.
    pub fn give_reason(&mut self, reason: Option<&str>) -> Result<()> {
        use super::{error::Field, user::LONGEST_REASON, user::parse_words};
        self.reason = parse_words(Field::Reason, reason.unwrap_or_default(), LONGEST_REASON)?;
        Ok(())
    }

    /// The present: what the clock says, but never before what was reached.
    pub fn now(&self) -> Time {
        let (file, high) = self.high;
        if file == self.store.file() { self.clock.now().max(high) } else { self.clock.now() }
    }

    /// Hears what was reached, from whichever program.
    pub(super) fn believe(&mut self) -> Result<()> {
        let high = self.store.clock()?.high;
        self.high = (self.store.file(), high);
        Ok(())
    }

    /// What the clock says.
    pub(super) fn wall(&self) -> Time {
        self.clock.now()
    }

    /// Blocks this thread for about this long.
    pub(super) fn pause(&self, span: Span) {
        self.clock.pause(span);
    }

    /// The settings in force.
    ///
    /// # Errors
    /// As any read.
    pub fn policy(&mut self) -> Result<Policy> {
        self.store.policy()
    }

    /// Changes a setting; administrators only.
    ///
    /// # Errors
    /// `constraint_violation` for a key or value that does not exist.
    pub fn set_policy(&mut self, key: &str, value: &str) -> Result<Policy> {
        let stamp = self.administer_gravely()?;
        let mut policy = self.store.policy()?;
        policy.set(key, value)?;
        self.store.set_policy(key, value, &stamp)?;
        self.settings()?;
        Ok(policy)
    }

    /// Carries every change out and takes it back (`--dry-run`).
    pub fn rehearse(&mut self, on: bool) {
        self.rehearsing = on;
        self.store.rehearse(on);
    }

    /// A way to stop this handle's reads from another thread.
    pub fn interrupter(&self) -> Interrupter {
        self.store.interrupter()
    }

    /// How many password verifications this handle has made.
    pub fn verifications(&self) -> u64 {
        self.hasher.verifications()
    }

    /// How much work this handle has put into password hashes: memory times passes (KiB).
    pub fn hash_work(&self) -> u64 {
        self.hasher.work()
    }

    /// Who a claim shows its bearer to be. Either proof is enough; the password is tried first.
    ///
    /// # Errors
    /// `unauthenticated` when nothing is claimed, `invalid_credentials` when nothing of it holds.
    pub fn authorize(&mut self, claim: &Claim<'_>) -> Result<Actor> {
        self.release_file();
        let proven = self.prove_claim(claim);
        self.hold_file();
        proven
    }

    fn prove_claim(&mut self, claim: &Claim<'_>) -> Result<Actor> {
        let mut refusal = Error::new(Kind::Unauthenticated, "nobody was named who may do this")
            .hint("give an administrator's name and password, or a session token");
        (self.shown, self.session) = (None, None);
        if let Some((name, password, code)) = claim.user {
            match self.authenticate(name, password, code) {
                Ok(user) => {
                    self.shown = Some(user.id.clone());
                    return Ok(actor_of(&user));
                }
                Err(error) => refusal = error,
            }
        }
        if let Some(token) = claim.session {
            match self.check(token) {
                Ok((user, session)) => {
                    self.session = Some((user.id.clone(), session.id));
                    return Ok(actor_of(&user));
                }
                Err(error) if claim.user.is_none() => refusal = error,
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    /// Where it is that the one who acts comes from.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// A stamp for what anybody may do.
    pub(super) fn stamp(&self) -> Stamp {
        let glass = self.glass && matches!(self.actor, Actor::Operator(_));
        let origin = if glass { glassy(&self.origin) } else { self.origin.clone() };
        let (actor, reason) = (self.actor.clone(), self.reason.clone());
        Stamp { at: self.now(), actor, origin, reason, warrant: Warrant::Open }
    }

    /// A stamp in a user's own name, for what they do to what is theirs.
    pub(super) fn stamp_of(&self, user: &User) -> Stamp {
        Stamp { actor: actor_of(user), warrant: Warrant::Own, ..self.stamp() }
    }

    /// Writes gathered uses and refusals down, if there are any. Never waits for the database.
    pub fn flush(&mut self) {
        self.gathered.follow(self.store.file());
        let uses = Uses {
            used: self.gathered.used.drain().collect(),
            refused: self.gathered.refused.drain().map(|(id, (count, at))| (id, count, at)).collect(),
            tokens: self.gathered.tokens.drain().collect(),
        };
        self.gathered.written_at = Some(self.wall());
        self.gathered.idle = None;
        if !uses.is_empty() {
            self.store.note_uses(uses);
        }
    }

    /// Writes down what has waited long enough: uses for 30 s, refusals for one, since somebody may be waiting to see
    /// that an ended session is refused.
    pub(super) fn flush_if_due(&mut self) {
        const USES: Span = Span::SECOND.times(30);
        let now = self.wall();
        // A session with an idle limit lives by the use that is written down: its first use is written at once, and
        // later ones wait for no more than a quarter of the limit.
        let (patience, since) = match self.gathered.idle {
            Some(idle) => (USES.min(Span::from_millis(idle.millis() / 4)), self.gathered.written_at),
            None => (USES, Some(*self.gathered.written_at.get_or_insert(now))),
        };
        let Some(since) = since else { return self.flush() };
        // Where the clock went back nobody knows how long it has been.
        let waited = if now < since { USES } else { now.since(since) };
        if waited >= patience || !self.gathered.refused.is_empty() && waited >= Span::SECOND {
            self.flush();
        }
    }
}

impl Drop for Accounts {
    fn drop(&mut self) {
        // An attempt that a panic has ended is a wrong one.
        self.settle();
        self.flush();
    }
}

/// A user as the one who acts.
fn actor_of(user: &User) -> Actor {
    Actor::User { id: user.id.clone(), name: user.name.clone() }
}
