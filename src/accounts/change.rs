//! The lawful changes of a user, as a pure function from one state to the next.
//!
//! An engine calls [`UserChange::apply`] inside its transaction; the rules live here and hold for every engine.

use super::audit::{Deed, Stamp};
use super::error::{Error, Kind, Result};
use super::losses::{Losses, Names};
use super::text::{fold, quote};
use super::time::{Span, Time};
use super::user::{Edit, KEPT_DAYS, Name, Role, Status, User};

/// One change of one user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UserChange {
    /// Lets them log in.
    Activate,
    /// Lets a freshly registered person log in; refused for anybody who was switched off.
    Verify,
    /// Keeps them out and ends their sessions. The reason is the stamp's.
    Deactivate,
    /// Changes what is said about them.
    Edit(Edit),
    /// Takes them away, restorable for [`KEPT_DAYS`] days, and ends their sessions.
    Delete,
    /// Brings them back, under a new name if theirs is taken.
    Restore(Option<Name>),
    /// Gives back a former state, sessions and passwords aside.
    Undo(Box<User>),
    /// Locks the user down: deactivates, logs out, revokes API tokens, voids open resets and voids the password.
    Contain,
}

/// What came of a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    /// The user before.
    pub before: User,
    /// The user now.
    pub after: User,
    /// How many live sessions were ended with it.
    pub ended: u32,
    /// How many API tokens that were still good were revoked with it.
    pub revoked: u32,
    /// How many open resets became void with it.
    pub voided: u32,
    /// Whether the password became void with it. Only a new password lets the user log in again.
    pub password_voided: bool,
    /// The names of some of these sessions and tokens.
    pub names: Names,
}

impl Changed {
    /// A change that ended, revoked and voided nothing.
    pub(crate) fn without_loss(before: User, after: User) -> Changed {
        Changed { before, after, ended: 0, revoked: 0, voided: 0, password_voided: false, names: Names::default() }
    }

    /// The losses of this change.
    pub fn losses(&self) -> Losses {
        Losses {
            sessions: self.ended,
            clients: self.names.clients.clone(),
            tokens: self.revoked,
            token_names: self.names.tokens.clone(),
            resets: self.voided,
            passwords: self.password_voided.into(),
        }
    }

    /// Whether anything is different; a repeated `activate` is no error and no change.
    pub fn is_change(&self) -> bool {
        self.before.version != self.after.version
    }
}

/// What a person has out in the world and [`UserChange::Contain`] would take from them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Exposure {
    /// Sessions within their dates, whether or not their owner's status lets them be used at the moment.
    pub sessions: u32,
    /// API tokens that are neither revoked nor over.
    pub tokens: u32,
    /// Reset requests that are still open.
    pub resets: u32,
    /// Passwords that are set.
    pub passwords: u32,
}

impl Exposure {
    /// Whether there is nothing to take.
    pub fn is_empty(&self) -> bool {
        *self == Exposure::default()
    }

    /// Adds what somebody else has.
    pub fn add(&mut self, other: Exposure) {
        self.sessions = self.sessions.saturating_add(other.sessions);
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.resets = self.resets.saturating_add(other.resets);
        self.passwords = self.passwords.saturating_add(other.passwords);
    }

    /// Takes what somebody has out again.
    pub fn less(&mut self, other: Exposure) {
        self.sessions = self.sessions.saturating_sub(other.sessions);
        self.tokens = self.tokens.saturating_sub(other.tokens);
        self.resets = self.resets.saturating_sub(other.resets);
        self.passwords = self.passwords.saturating_sub(other.passwords);
    }
}

impl UserChange {
    /// The audit's word for it.
    pub const fn deed(&self) -> Deed {
        match self {
            UserChange::Activate | UserChange::Verify => Deed::Activate,
            UserChange::Deactivate => Deed::Deactivate,
            UserChange::Edit(_) => Deed::Edit,
            UserChange::Delete => Deed::Delete,
            UserChange::Restore(_) => Deed::Restore,
            UserChange::Undo(_) => Deed::Undo,
            UserChange::Contain => Deed::Contain,
        }
    }

    /// Whether every live session ends with it.
    pub const fn ends_sessions(&self) -> bool {
        matches!(self, UserChange::Deactivate | UserChange::Delete | UserChange::Contain)
    }

    /// Whether every live session ends with it, from `before` to `after`: where it says so itself, and where it shuts the
    /// door in another way, since what is shut must not open again with the next change. Such are an undone activation
    /// and an end date that is put into the past; one that merely comes leaves the sessions to their own end.
    pub fn shuts(&self, before: &User, after: &User, now: Time) -> bool {
        let open = |user: &User| user.status == Status::Active && user.deleted_at.is_none();
        let over = after.is_expired(now) && after.valid_until != before.valid_until;
        self.ends_sessions() || open(before) && !open(after) || over
    }

    /// The losses of this change, which leads from `before` to `after`.
    pub fn losses(&self, before: &User, after: &User, has: Exposure, names: Names, now: Time) -> Losses {
        let (logs_out, strips) = (self.shuts(before, after, now), self.strips(after));
        let Names { clients, tokens } = names;
        Losses {
            sessions: if logs_out { has.sessions } else { 0 },
            clients: if logs_out { clients } else { Vec::new() },
            tokens: if strips { has.tokens } else { 0 },
            token_names: if strips { tokens } else { Vec::new() },
            resets: if strips { has.resets } else { 0 },
            passwords: if self.voids_password() { has.passwords } else { 0 },
        }
    }

    /// Whether tokens are revoked and open resets void with it, where it leads to `after`: for the deleted and the
    /// contained. Whoever is merely switched off keeps both; a token is of no use meanwhile, and a reset that was made
    /// before can still be completed and activates nobody.
    pub const fn strips(&self, after: &User) -> bool {
        after.deleted_at.is_some() || matches!(self, UserChange::Contain)
    }

    /// Whether the password becomes void with it.
    pub const fn voids_password(&self) -> bool {
        matches!(self, UserChange::Contain)
    }

    /// The user after this change. Equal to `user` where there is nothing to do.
    ///
    /// # Errors
    /// `constraint_violation` where the change is not lawful from here; `unknown_user` for a deleted one, except where
    /// the change is about that.
    pub fn apply(&self, user: &User, stamp: &Stamp) -> Result<User> {
        let gone = user.deleted_at.is_some();
        if gone && !matches!(self, UserChange::Restore(_) | UserChange::Undo(_) | UserChange::Delete) {
            return Err(Error::new(Kind::UnknownUser, format!("{} is deleted", quote(&user.name)))
                .hint("restore brings them back"));
        }
        let mut next = user.clone();
        match self {
            UserChange::Verify if user.status == Status::Inactive => {
                return Err(Error::new(Kind::Unauthorized, format!("{} was deactivated", quote(&user.name)))
                    .hint("only an administrator activates them again"));
            }
            UserChange::Activate | UserChange::Verify => {
                if user.status != Status::Active {
                    set_status(&mut next, Status::Active, stamp);
                    next.activated_at = Some(stamp.at);
                    next.reason = None;
                }
            }
            UserChange::Deactivate | UserChange::Contain => {
                if user.status != Status::Inactive {
                    set_status(&mut next, Status::Inactive, stamp);
                    next.reason.clone_from(&stamp.reason);
                }
            }
            UserChange::Edit(edit) => apply_edit(&mut next, edit),
            UserChange::Delete => next.deleted_at = user.deleted_at.or(Some(stamp.at)),
            UserChange::Restore(name) => {
                if let Some(deleted_at) = user.deleted_at {
                    if stamp.at > deleted_at.plus(Span::DAY.times(KEPT_DAYS)) {
                        return Err(Error::new(
                            Kind::UnknownUser,
                            format!("{} was deleted too long ago", quote(&user.name)),
                        )
                        .hint(format!("deleted people are kept for {KEPT_DAYS} days")));
                    }
                    next.deleted_at = None;
                    if let Some(name) = name {
                        next.name = name.as_str().to_owned();
                    }
                }
            }
            UserChange::Undo(former) => {
                next = User {
                    sessions: user.sessions,
                    version: user.version,
                    factor: user.factor,
                    password_set_at: user.password_set_at,
                    last_login_at: user.last_login_at,
                    last_used_at: user.last_used_at,
                    throttled_until: user.throttled_until,
                    // Who gave the former status, and when, comes back with it: who takes back is in the audit.
                    ..(**former).clone()
                };
            }
        }
        if self.voids_password() {
            next.password_set_at = None;
        }
        if next != *user {
            next.version = user.version.wrapping_add(1);
            if self.ends_sessions() {
                next.sessions = 0;
            }
        }
        Ok(next)
    }
}

fn set_status(user: &mut User, status: Status, stamp: &Stamp) {
    user.status = status;
    user.status_by = Some(stamp.actor.name().to_owned());
    user.status_at = Some(stamp.at);
}

fn apply_edit(user: &mut User, edit: &Edit) {
    if let Some(name) = &edit.name {
        user.name = name.as_str().to_owned();
    }
    if let Some(email) = &edit.email {
        user.email.clone_from(email);
    }
    if let Some(role) = edit.role {
        user.role = role;
    }
    if let Some(labels) = &edit.labels {
        user.labels.clone_from(labels);
    }
    if let Some(note) = &edit.note {
        user.note.clone_from(note);
    }
    if let Some(valid_until) = edit.valid_until {
        user.valid_until = valid_until;
    }
}

impl User {
    /// Whether this person keeps the door open for administrators: an active admin who can log in and has no end date.
    /// No change may leave the database without one, once there was one.
    pub fn is_keeper(&self) -> bool {
        self.role == Role::Admin
            && self.status == Status::Active
            && self.deleted_at.is_none()
            && self.valid_until.is_none()
            && self.password_set_at.is_some()
    }

    /// Whether a change from `before` to this may let them in where they were not: by the status, by coming back, by a
    /// later end or none, or by another role.
    pub fn is_let_in_since(&self, before: &User) -> bool {
        let end = |user: &User| user.valid_until.map_or(i64::MAX, Time::millis);
        self.role != before.role
            || self.status == Status::Active && before.status != Status::Active
            || self.status != Status::Inactive && before.status == Status::Inactive
            || self.deleted_at.is_none() && before.deleted_at.is_some()
            || end(self) > end(before)
    }

    /// Whether the change from `before` to this needs more than a session where a log-in is required. A stolen session
    /// could use such a change to gain access or to keep it: services key on names and labels, and anyone can register
    /// the name of a deleted user.
    pub fn needs_password_since(&self, before: &User) -> bool {
        self.is_let_in_since(before)
            || self.name != before.name
            || self.labels != before.labels
            || self.deleted_at.is_some() && before.deleted_at.is_none()
    }

    /// The form of the name under which it is compared.
    pub fn name_key(&self) -> String {
        fold(&self.name)
    }
}

/// The refusal that keeps the last administrator.
pub fn last_admin(name: &str) -> Error {
    Error::new(Kind::LastAdmin, format!("{} is the last administrator who can log in", quote(name)))
        .hint("make somebody else an active admin first, without an end date")
}

/// The refusal for a row that has moved on since it was looked at, naming who moved it.
pub fn stale(name: &str, last: Option<(&str, &str, Time)>, now: Time) -> Error {
    let message = match last {
        Some((actor, past, at)) => {
            let seconds = now.since(at).millis() / 1000;
            // Who has just been overtaken wants the seconds; of what is older the unit is enough.
            let ago = match seconds {
                ..60 => format!("{seconds} s"),
                60..3600 => format!("{} min", seconds / 60),
                3600..86_400 => format!("{} h", seconds / 3600),
                _ => format!("{} d", seconds / 86_400),
            };
            format!("{} has changed: {past} by {} {ago} ago", quote(name), quote(actor))
        }
        None => format!("{} has changed meanwhile", quote(name)),
    };
    Error::new(Kind::Stale, message).hint("look again, then repeat it")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::audit::Actor;
    use super::super::user::UserId;
    use super::super::user::tests::somebody;
    use super::super::warrant::Warrant;
    use super::*;

    #[test]
    fn who_was_overtaken_hears_how_long_ago_in_one_unit() {
        let told = |seconds: i64| {
            stale("ann", Some(("bob", "edited", Time::from_millis(0))), Time::from_millis(seconds * 1000)).message
        };
        for (seconds, ago) in [(4, "4 s ago"), (148, "2 min ago"), (7300, "2 h ago"), (200_000, "2 d ago")] {
            assert!(told(seconds).ends_with(ago), "{}", told(seconds));
        }
    }

    fn user() -> User {
        User {
            id: UserId::new("1"),
            role: Role::Admin,
            status: Status::Pending,
            password_set_at: Some(Time::from_millis(1)),
            sessions: 2,
            ..somebody()
        }
    }

    fn stamp(at: i64, reason: Option<&str>) -> Stamp {
        let actor = Actor::Operator("root".into());
        let reason = reason.map(str::to_owned);
        Stamp { at: Time::from_millis(at), actor, origin: String::new(), reason, warrant: Warrant::Open }
    }

    #[test]
    fn f11_activating_twice_is_no_error_and_no_change() {
        let once = UserChange::Activate.apply(&user(), &stamp(5, None)).expect("lawful");
        assert_eq!((once.status, once.version, once.sessions), (Status::Active, 2, 2));
        let twice = UserChange::Activate.apply(&once, &stamp(9, None)).expect("lawful");
        assert_eq!(twice, once);
    }

    #[test]
    fn deactivating_keeps_the_reason_and_who_gave_it() {
        let next = UserChange::Deactivate.apply(&user(), &stamp(5, Some("left"))).expect("lawful");
        assert_eq!((next.reason.as_deref(), next.status_by.as_deref()), (Some("left"), Some("root")));
        assert_eq!(next.sessions, 0);
    }

    #[test]
    fn a_service_verifies_the_pending_and_not_the_deactivated() {
        assert!(UserChange::Verify.apply(&user(), &stamp(5, None)).is_ok());
        let out = UserChange::Deactivate.apply(&user(), &stamp(5, None)).expect("lawful");
        let error = UserChange::Verify.apply(&out, &stamp(6, None)).expect_err("not lawful");
        assert_eq!(error.kind, Kind::Unauthorized);
    }

    #[test]
    fn a_deleted_person_can_only_be_restored_and_only_for_thirty_days() {
        let gone = UserChange::Delete.apply(&user(), &stamp(5, None)).expect("lawful");
        assert!(UserChange::Activate.apply(&gone, &stamp(6, None)).is_err());
        let last = 5 + Span::DAY.times(30).millis();
        assert!(UserChange::Restore(None).apply(&gone, &stamp(last, None)).is_ok());
        assert!(UserChange::Restore(None).apply(&gone, &stamp(last + 1, None)).is_err());
    }

    #[test]
    fn undo_gives_back_the_status_but_neither_sessions_nor_password() {
        let before = user();
        let mut gone = UserChange::Delete.apply(&before, &stamp(5, None)).expect("lawful");
        gone.password_set_at = None;
        let back = UserChange::Undo(Box::new(before.clone())).apply(&gone, &stamp(7, None)).expect("lawful");
        assert_eq!((back.deleted_at, back.sessions, back.password_set_at), (None, 0, None));
        assert_eq!((back.status, back.version), (before.status, gone.version + 1));
    }

    #[test]
    fn undo_gives_back_who_had_changed_the_status_and_when() {
        let out = UserChange::Deactivate.apply(&user(), &stamp(5, Some("left"))).expect("lawful");
        let edit = Edit { note: Some(Some("x".into())), ..Edit::default() };
        for change in [UserChange::Edit(edit), UserChange::Delete, UserChange::Activate] {
            let next = change.apply(&out, &stamp(7, None)).expect("lawful");
            let other = Stamp { actor: Actor::Operator("bob".into()), ..stamp(9, None) };
            let back = UserChange::Undo(Box::new(out.clone())).apply(&next, &other).expect("lawful");
            assert_eq!((&back.reason, &back.status_by, back.status_at), (&out.reason, &out.status_by, out.status_at));
        }
    }

    #[test]
    fn a_keeper_is_an_active_admin_without_an_end() {
        let active = UserChange::Activate.apply(&user(), &stamp(5, None)).expect("lawful");
        assert!(active.is_keeper());
        assert!(!user().is_keeper());
        assert!(!User { valid_until: Some(Time::from_millis(9)), ..active.clone() }.is_keeper());
        assert!(!User { role: Role::Auditor, ..active.clone() }.is_keeper());
        assert!(!User { password_set_at: None, ..active }.is_keeper());
    }
}
