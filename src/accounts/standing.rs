//! How the one who acts stands: what they may do, judged by one rule, before a change is prepared and again in the
//! change's own transaction, so that a role or an access which was taken away in between is gone.

use super::audit::{Actor, Deed, Stamp};
use super::door::Accounts;
use super::error::{Error, Field, Kind, Result};
use super::file_id::FileId;
use super::secret::Secret;
use super::session::SessionId;
use super::text::quote;
use super::time::Time;
use super::user::{Role, User, UserId};
use super::warrant::{Warrant, glassy};

/// Who acts and what they are, as of the moment it was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Who.
    pub actor: Actor,
    /// Their role; an operator's is that of an admin.
    pub role: Role,
    /// Whether they act behind broken glass.
    pub glass: bool,
}

/// In whose name a handle acts and how they have shown it: one handle gives it, others on the same database take it.
#[derive(Clone, Debug)]
pub struct Seat {
    actor: Actor,
    shown: Option<UserId>,
    session: Option<(UserId, SessionId)>,
    glass: bool,
    file: Option<FileId>,
}

impl Seat {
    /// Whether it holds for this file. What a user or a broken glass has shown to one file holds for no other.
    pub fn holds_for(&self, file: Option<FileId>) -> bool {
        let seated = self.glass || matches!(self.actor, Actor::User { .. });
        !seated || self.file == file
    }
}

impl Stamp {
    /// The same for the operator who breaks the glass, and says why. `owns` is the machine's word that the database's
    /// file is theirs, or that they are root.
    ///
    /// # Errors
    /// `unauthorized` for anybody else, `constraint_violation` without a reason.
    pub fn behind_glass(self, owns: bool) -> Result<Stamp> {
        if !owns || !matches!(self.actor, Actor::Operator(_)) {
            return Err(only_the_owner());
        }
        if self.reason.is_none() {
            return Err(Error::constraint(Field::Reason, "whoever breaks the glass says why").hint("--reason TEXT"));
        }
        Ok(Stamp { warrant: Warrant::BrokenGlass, origin: glassy(&self.origin), ..self })
    }

    /// Whether the one who acts may do what this stamp is for; `acting` is their row, where they are a user, and
    /// `required` whether the operator has to log in.
    ///
    /// # Errors
    /// `unauthenticated` for who cannot log in any more and for an operator who has to; `unauthorized` for who is no
    /// administrator.
    pub fn judge(&self, acting: Option<&User>, required: bool, now: Time) -> Result<()> {
        match (self.warrant, &self.actor) {
            (Warrant::Open, _) => Ok(()),
            (Warrant::Own, Actor::User { .. }) => can_act(acting, now).map(drop),
            (Warrant::Administrator, Actor::Operator(_)) if required => Err(login_required()),
            (Warrant::Administrator, Actor::User { name, .. }) => match can_act(acting, now)?.role {
                Role::Admin => Ok(()),
                Role::Auditor => Err(Error::new(
                    Kind::Unauthorized,
                    format!("{} is an auditor: sees everything, changes nothing", quote(name)),
                )
                .hint("an admin does this, or can give the role: user edit NAME --role admin")),
                Role::Member => Err(not_an_administrator(name)),
            },
            (Warrant::Own | Warrant::Administrator | Warrant::BrokenGlass, Actor::Operator(_)) => Ok(()),
            (_, Actor::Service(name)) => {
                Err(Error::new(Kind::Unauthorized, format!("the service {} does not administer", quote(name)))
                    .hint("act in the name of an admin or of the operator"))
            }
            (Warrant::BrokenGlass, Actor::User { .. }) => Err(only_the_owner()),
        }
    }
}

fn can_act(acting: Option<&User>, now: Time) -> Result<&User> {
    acting.filter(|user| user.can_log_in(now)).ok_or_else(Error::unauthenticated)
}

/// The refusal for a user who is no administrator.
pub(super) fn not_an_administrator(name: &str) -> Error {
    Error::new(Kind::Unauthorized, format!("{} is not an administrator", quote(name)))
        .hint("an admin can give the role: user edit NAME --role admin")
}

fn login_required() -> Error {
    Error::new(Kind::Unauthenticated, "a log-in is required here before anything is changed")
        .hint("--as NAME asks for an admin's password; in need the file's owner has --break-glass --reason TEXT")
}

fn only_the_owner() -> Error {
    Error::new(Kind::Unauthorized, "only the account that the database's file belongs to, or root, breaks the glass")
        .hint("--as NAME asks for an admin's password")
}

impl Accounts {
    /// A stamp for a change that only administrators make.
    pub(super) fn administer(&mut self) -> Result<Stamp> {
        let glass = self.glass && matches!(self.actor(), Actor::Operator(_));
        let warrant = if glass { Warrant::BrokenGlass } else { Warrant::Administrator };
        let stamp = Stamp { warrant, ..self.stamp() };
        let required = self.store.policy()?.login_required;
        let acting = self.acting()?;
        self.not_past_the_session()?;
        stamp.judge(acting.as_ref(), required, self.now())?;
        // After the look at the user, which may have heard of a later time.
        Ok(Stamp { at: self.now(), ..stamp })
    }

    /// Lets through who may look at other people: the operator, services, auditors and admins.
    pub(super) fn oversee(&mut self) -> Result<()> {
        let Actor::User { id, name } = self.actor() else { return Ok(()) };
        let (id, name) = (id.clone(), name.clone());
        match self.acting_role(&id)? {
            Role::Admin | Role::Auditor => Ok(()),
            Role::Member => Err(not_an_administrator(&name)),
        }
    }

    /// The role of a user who acts. Looked up each time: one that was taken away is gone at the very next call.
    pub(super) fn acting_role(&mut self, id: &UserId) -> Result<Role> {
        self.believe()?;
        let now = self.now();
        let user = self.store.user(id, now)?;
        let role = can_act(user.as_ref(), now).map(|user| user.role)?;
        self.not_past_the_session().map(|()| role)
    }

    /// Whoever acts by a session acts for as long as it is live, in whichever handle they took their seat.
    fn not_past_the_session(&mut self) -> Result<()> {
        let (Actor::User { id, .. }, Some((owner, session))) = (self.actor(), self.session.clone()) else {
            return Ok(());
        };
        if *id != owner {
            return Ok(());
        }
        let now = self.now();
        let live = self.store.session(&session, now)?.is_some_and(|session| session.is_live(now));
        if live { Ok(()) } else { Err(Error::unauthenticated()) }
    }

    /// The row of the user who acts, where it is a user.
    fn acting(&mut self) -> Result<Option<User>> {
        let Actor::User { id, .. } = self.actor() else { return Ok(None) };
        let id = id.clone();
        self.believe()?;
        let now = self.now();
        self.store.user(&id, now)
    }

    /// How the one who acts stands at this moment.
    ///
    /// # Errors
    /// `unauthenticated` for a user who cannot log in any more.
    pub fn standing(&mut self) -> Result<Standing> {
        let actor = self.actor().clone();
        let role = match &actor {
            Actor::User { id, .. } => self.acting_role(id)?,
            Actor::Operator(_) => Role::Admin,
            Actor::Service(_) => Role::Member,
        };
        let glass = self.glass && matches!(actor, Actor::Operator(_));
        Ok(Standing { actor, role, glass })
    }

    /// Logs an administrator or an auditor in to the console: from now on this handle acts in their name.
    ///
    /// # Errors
    /// As [`Accounts::authenticate`]; `unauthorized` for a member.
    pub fn sign_in(&mut self, name: &str, password: &Secret, code: Option<&str>) -> Result<User> {
        let before = self.seat();
        self.release_file();
        let user = match self.authenticate(name, password, code) {
            Ok(user) => user,
            Err(error) => {
                self.hold_file();
                return Err(error);
            }
        };
        self.act_as(Actor::User { id: user.id.clone(), name: user.name.clone() });
        (self.shown, self.session, self.glass) = (Some(user.id.clone()), None, false);
        self.hold_file();
        match self.enter() {
            Ok(_) => Ok(user),
            Err(error) => {
                self.take_seat(before);
                Err(error)
            }
        }
    }

    /// Lets the one who acts in to the console, and writes a user's log-in down.
    ///
    /// # Errors
    /// As [`Accounts::standing`]; `unauthorized` for a member.
    pub fn enter(&mut self) -> Result<Standing> {
        let standing = self.standing()?;
        if standing.role == Role::Member {
            return Err(no_members(standing.actor.name()));
        }
        if let Actor::User { id, .. } = &standing.actor
            && !self.store.is_read_only()
        {
            let stamp = Stamp { warrant: Warrant::Own, ..self.stamp() };
            self.store.note(Deed::LogIn, Some(id), Some("console"), &stamp)?;
        }
        Ok(standing)
    }

    /// Asks the user who acts for their password once more, before what is grave.
    ///
    /// # Errors
    /// As [`Accounts::authenticate`]; `unauthenticated` where no user acts.
    pub fn prove_again(&mut self, password: &Secret, code: Option<&str>) -> Result<()> {
        // By the name that they have now: it may have been changed since they logged in.
        let user = self.acting()?.ok_or_else(Error::unauthenticated)?;
        let proven = self.authenticate(&user.name, password, code)?;
        if proven.id != user.id {
            return Err(Error::invalid_credentials());
        }
        self.shown = Some(proven.id);
        Ok(())
    }

    /// Whether the one who acts has to show their password once more before what is grave: where a log-in is required
    /// and this handle has seen no more of them than a session.
    ///
    /// # Errors
    /// As any read.
    pub fn asks_again(&mut self) -> Result<bool> {
        let required = self.store.policy()?.login_required;
        Ok(required && matches!(self.actor(), Actor::User { id, .. } if self.shown.as_ref() != Some(id)))
    }

    /// A stamp for what is grave: what takes everything from somebody, is done to many, changes the rules, or lets
    /// somebody in who was not. A rehearsal does nothing of it.
    pub(super) fn administer_gravely(&mut self) -> Result<Stamp> {
        let stamp = self.administer()?;
        self.not_gravely_by_session_alone().map(|()| stamp)
    }

    pub(super) fn not_gravely_by_session_alone(&mut self) -> Result<()> {
        if self.rehearsing || !self.asks_again()? {
            return Ok(());
        }
        Err(Error::new(Kind::Unauthenticated, "a session is not enough for this where a log-in is required")
            .hint("--as NAME asks for the password, and for the code where there is a second factor"))
    }

    /// Refuses `what` of one's own, and where a log-in is required of anybody's, to whoever has shown this handle a
    /// session of theirs and not their password: it outlives the session, which may be stolen.
    pub(super) fn not_by_session_alone(&mut self, owner: &UserId, what: &str) -> Result<()> {
        match self.actor() {
            Actor::User { id, .. } if id == owner && self.shown.as_ref() != Some(id) => Err(Error::new(
                Kind::Unauthorized,
                format!("a session is not enough for {what} of one's own, which outlives it"),
            )
            .hint("--as NAME asks for the password, and for the code where there is a second factor")),
            _ => self.not_gravely_by_session_alone(),
        }
    }

    /// Lets the operator act although a log-in is required, for the handle's reason, which is written down before
    /// anything else is done. `owns` is the machine's word that the database's file is theirs, or that they are root.
    /// `false`, with nothing written, where no log-in is required.
    ///
    /// # Errors
    /// `unauthorized` for anybody else, `constraint_violation` without a reason.
    pub fn break_glass(&mut self, owns: bool) -> Result<bool> {
        let stamp = Stamp { origin: self.origin().to_owned(), ..self.stamp() }.behind_glass(owns)?;
        if !self.settings()?.login_required {
            return Ok(false);
        }
        self.glass = false;
        self.store.note(Deed::BreakGlass, None, None, &stamp)?;
        self.glass = true;
        self.seated_in = self.file();
        self.hold_file();
        Ok(true)
    }

    /// In whose name this handle acts, for another handle on the same database.
    pub fn seat(&self) -> Seat {
        Seat {
            actor: self.actor().clone(),
            shown: self.shown.clone(),
            session: self.session.clone(),
            glass: self.glass,
            file: self.seated_in,
        }
    }

    /// Acts from now on as the handle that gave this seat.
    pub fn take_seat(&mut self, seat: Seat) {
        self.act_as(seat.actor);
        (self.shown, self.session, self.glass) = (seat.shown, seat.session, seat.glass);
        self.seated_in = seat.file;
        self.hold_file();
    }
}

/// The refusal for a member at the console.
fn no_members(name: &str) -> Error {
    Error::new(Kind::Unauthorized, format!("{} is a member: the console is for admins and auditors", quote(name)))
        .hint("an admin can give a role: user edit NAME --role auditor")
}
