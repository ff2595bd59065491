//! Looking, without changing anything: find, list, count, history, why. A member who acts sees nobody else.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::api_token::ApiToken;
use super::audit::{Actor, Entry, Happening, Stamp};
use super::change::{Exposure, UserChange};
use super::door::Accounts;
use super::error::{Error, Kind, Result};
use super::losses::{Losses, NAMED, Names};
use super::query::{Anchor, Filter, Key, Page, Query};
use super::session::{Session, SessionId};
use super::store::{Counters, Credential};
use super::text::{fold, quote};
use super::time::Time;
use super::totp;
use super::trail::{Failed, FailedKey, Trail};
use super::user::{Status, User, UserId};
use super::verdict::Verdict;
use super::warrant::Warrant;

/// Everything that a detail pane shows about one person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dossier {
    /// The person.
    pub user: User,
    /// Whether and why not.
    pub verdict: Verdict,
    /// Their sessions, live ones first.
    pub sessions: Vec<Session>,
    /// What happened, newest first.
    pub history: Vec<Happening>,
    /// Their API tokens that are neither revoked nor over, newest first; none are shown to a service.
    pub tokens: Vec<ApiToken>,
    /// How many backup codes of their second factor are left.
    pub codes: u32,
    /// What a containment would take from them.
    pub exposure: Exposure,
}

impl Dossier {
    /// The losses of a change that is made now.
    pub fn losses(&self, change: &UserChange, now: Time) -> Losses {
        let actor = Actor::Service(String::new());
        let stamp = Stamp { at: now, actor, origin: String::new(), reason: None, warrant: Warrant::Open };
        let after = change.apply(&self.user, &stamp).unwrap_or_else(|_| self.user.clone());
        change.losses(&self.user, &after, self.exposure, self.names(now), now)
    }

    /// The losses of logging this user out everywhere.
    pub fn losses_of_log_out(&self, now: Time) -> Losses {
        Losses::of_sessions(self.exposure.sessions, self.names(now).clients)
    }

    /// The losses of setting a new password.
    pub fn losses_of_password(&self, now: Time) -> Losses {
        Losses { resets: self.exposure.resets, ..self.losses_of_log_out(now) }
    }

    fn names(&self, now: Time) -> Names {
        let open = self.sessions.iter().filter(|session| session.is_live(now));
        let clients = open.filter_map(|session| session.client.clone()).take(NAMED).collect();
        Names { clients, tokens: self.tokens.iter().map(|token| token.name.clone()).take(NAMED).collect() }
    }
}

impl Accounts {
    /// The user of this id in any state, or only in `status` if one is given. Members may look at themselves.
    ///
    /// # Errors
    /// `unknown_user` if there is none, or none in that state.
    pub fn get(&mut self, id: &UserId, status: Option<Status>) -> Result<User> {
        if !matches!(self.actor(), Actor::User { id: own, .. } if own == id) {
            self.oversee()?;
        }
        let now = self.now();
        let user = self.store.user(id, now)?;
        user.filter(|user| status.is_none_or(|status| user.deleted_at.is_none() && user.status == status))
            .ok_or_else(|| Error::unknown_user(id.as_str()))
    }

    /// A page of people.
    ///
    /// # Errors
    /// As any read.
    pub fn users(&mut self, query: &Query, anchor: &Anchor, limit: u16) -> Result<Page<User>> {
        self.oversee()?;
        let now = self.now();
        self.store.users_page(query, anchor, limit, now)
    }

    /// How many people pass a filter, counting no further than `at_most`.
    ///
    /// # Errors
    /// As any read.
    pub fn count(&mut self, filter: &Filter, at_most: Option<u32>) -> Result<u32> {
        self.oversee()?;
        let now = self.now();
        self.store.users_count(filter, at_most, now)
    }

    /// How many people of a list stand before a key. It may take as long as there are people before it.
    ///
    /// # Errors
    /// As any read.
    pub fn count_before(&mut self, query: &Query, key: &Key) -> Result<u32> {
        self.oversee()?;
        let now = self.now();
        self.store.users_before(query, key, now)
    }

    /// Labels that people have and that begin so, to choose from.
    ///
    /// # Errors
    /// As any read.
    pub fn labels(&mut self, prefix: &str, limit: u16) -> Result<Vec<String>> {
        self.oversee()?;
        self.store.labels(&fold(prefix), limit)
    }

    /// A person's sessions: live ones newest first, then the ended ones whose time is not over. Members may look at their
    /// own.
    ///
    /// # Errors
    /// As any read.
    pub fn sessions_of(&mut self, id: &UserId, limit: u16) -> Result<Vec<Session>> {
        match self.actor() {
            Actor::User { id: own, .. } if own == id => drop(self.acting_role(id)?),
            _ => self.oversee()?,
        }
        let now = self.now();
        self.store.sessions_of(id, limit, now)
    }

    /// One session in any state.
    ///
    /// # Errors
    /// `unknown_session`.
    pub fn session(&mut self, id: &SessionId) -> Result<Session> {
        self.oversee()?;
        let now = self.now();
        let found = self.store.session(id, now)?;
        found.ok_or_else(|| {
            Error::new(Kind::UnknownSession, format!("no session {}", quote(id.as_str())))
                .hint("`rollbook session list` shows the live ones; one that ended is forgotten some time afterwards")
        })
    }

    /// A page of everybody's sessions.
    ///
    /// # Errors
    /// As any read.
    pub fn sessions(&mut self, filter: &Filter, reversed: bool, anchor: &Anchor, limit: u16) -> Result<Page<Session>> {
        self.oversee()?;
        let now = self.now();
        self.store.sessions_page(filter, reversed, anchor, limit, now)
    }

    /// How many sessions pass a filter.
    ///
    /// # Errors
    /// As any read.
    pub fn count_sessions(&mut self, filter: &Filter, at_most: Option<u32>) -> Result<u32> {
        self.oversee()?;
        let now = self.now();
        self.store.sessions_count(filter, at_most, now)
    }

    /// How many sessions stand before a key.
    ///
    /// # Errors
    /// As any read.
    pub fn count_sessions_before(&mut self, filter: &Filter, reversed: bool, key: &Key) -> Result<u32> {
        self.oversee()?;
        let now = self.now();
        self.store.sessions_before(filter, reversed, key, now)
    }

    /// Makes ready, while nobody waits, what will be asked when the last word of this filter gets one more letter. Ends
    /// with `interrupted` when it is interrupted, and changes no answer.
    ///
    /// # Errors
    /// As any read.
    pub fn expect_words(&mut self, filter: &Filter) -> Result<()> {
        self.oversee()?;
        self.store.expect_words(filter)
    }

    /// Mostly counts will be asked of this handle: it need not hold much of the file in memory.
    ///
    /// # Errors
    /// As any read.
    pub fn expect_counts(&mut self) -> Result<()> {
        self.store.expect_counts()
    }

    /// Answers several questions from one and the same moment, whatever others do meanwhile. Nothing can be changed in it.
    ///
    /// # Errors
    /// What the questions say.
    pub(crate) fn at_one_moment<T>(&mut self, ask: impl FnOnce(&mut Accounts) -> Result<T>) -> Result<T> {
        let begins = self.store.freeze()?;
        // After a panic too: a handle that stayed frozen would go on accepting sessions that were ended since.
        let answer = catch_unwind(AssertUnwindSafe(|| ask(self)));
        if begins {
            self.store.thaw();
        }
        answer.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Everything about one person at one moment, at most `limit` sessions, happenings and tokens.
    ///
    /// # Errors
    /// `unknown_user`.
    pub fn dossier(&mut self, id: &UserId, limit: u16) -> Result<Dossier> {
        self.at_one_moment(|accounts| accounts.gather_dossier(id, limit))
    }

    fn gather_dossier(&mut self, id: &UserId, limit: u16) -> Result<Dossier> {
        self.oversee()?;
        let user = self.get(id, None)?;
        let verdict = self.judge(&user)?;
        let sessions = self.sessions_of(id, limit)?;
        let history = self.store.history(id, limit)?;
        let now = self.now();
        let tokens = match self.actor() {
            Actor::Service(_) => Vec::new(),
            Actor::Operator(_) | Actor::User { .. } => self.store.tokens_of(id, limit, now)?,
        };
        let codes = self.store.factor(id)?.map_or(0, |factor| factor.codes);
        let exposure = self.store.exposure(id, now)?.unwrap_or_default();
        Ok(Dossier { user, verdict, sessions, history, tokens, codes, exposure })
    }

    /// Why a person can or cannot log in: the log-in's own questions, asked without the password.
    ///
    /// # Errors
    /// `unknown_user`.
    pub fn why(&mut self, id: &UserId) -> Result<(User, Verdict)> {
        self.at_one_moment(|accounts| {
            accounts.oversee()?;
            let user = accounts.get(id, None)?;
            let verdict = accounts.judge(&user)?;
            Ok((user, verdict))
        })
    }

    fn judge(&mut self, user: &User) -> Result<Verdict> {
        // The login hears of a later time before it judges.
        self.believe()?;
        let now = self.now();
        let hash = self.store.hash_of(&user.id)?;
        let usable = hash.as_ref().is_some_and(|hash| self.hasher.can_verify(hash));
        let voided = self.store.voided_password(&user.id)?;
        let mut verdict = Verdict::of(&Credential { user: user.clone(), hash }, voided.as_ref(), usable, now);
        if user.deleted_at.is_none() {
            let named = self.store.user_named(&fold(&user.name), now)?;
            if named.is_none_or(|named| named.id != user.id) {
                verdict.unreachable_by_name();
            }
        }
        if let Some(factor) = self.store.factor(&user.id)? {
            match self.opening_key(&factor.sealed.key_id) {
                Err(error) => {
                    // Where the key lies is the operator's to know.
                    let operator = matches!(self.actor(), super::audit::Actor::Operator(_));
                    verdict.shut_by_factor("factor_key_missing", operator.then_some(error.message));
                }
                Ok(_) if self.open_factor(user, &factor).is_err() => verdict.shut_by_factor("factor_changed", None),
                Ok(_) => match totp::refused_until(factor.last_step, self.wall()) {
                    Some(until) => verdict.ahead_by_factor(until),
                    None => verdict.fine.push("second factor"),
                },
            }
        }
        let throttled = match self.store.policy()?.throttle {
            true => self.store.throttled(&user.id, self.wall())?,
            false => Vec::new(),
        };
        Ok(verdict.with_throttle(throttled))
    }

    /// What a containment, and but for the status a deletion, would take from a person at this moment.
    ///
    /// # Errors
    /// `unknown_user`; `unauthorized` for a member who acts.
    pub fn exposure(&mut self, id: &UserId) -> Result<Exposure> {
        self.oversee()?;
        let now = self.now();
        self.store.exposure(id, now)?.ok_or_else(|| Error::unknown_user(id.as_str()))
    }

    /// What happened to a person, newest first.
    ///
    /// # Errors
    /// As any read.
    pub fn history(&mut self, id: &UserId, limit: u16) -> Result<Vec<Happening>> {
        self.oversee()?;
        self.store.history(id, limit)
    }

    /// Audit entries, newest first.
    ///
    /// # Errors
    /// As any read.
    pub fn audit(&mut self, about: Option<&UserId>, before: Option<i64>, limit: u16) -> Result<Vec<Entry>> {
        self.oversee()?;
        self.store.audit(about, before, limit)
    }

    /// Audit entries of a trail, newest first.
    ///
    /// # Errors
    /// As any read.
    pub fn entries(&mut self, trail: &Trail, before: Option<i64>, limit: u16) -> Result<Vec<Entry>> {
        self.oversee()?;
        self.store.entries(trail, before, limit)
    }

    /// Failed log-ins of a trail, those under one name within one minute counted together, newest first; none where an
    /// actor or a deed is asked for.
    ///
    /// # Errors
    /// As any read.
    pub fn failed(&mut self, trail: &Trail, before: Option<FailedKey>, limit: u16) -> Result<Vec<Failed>> {
        self.oversee()?;
        self.store.failed(trail, before, limit)
    }

    /// The change counters: unchanged counters mean that nothing need be read again.
    ///
    /// # Errors
    /// As any read.
    pub fn counters(&mut self) -> Result<Counters> {
        self.store.counters()
    }

    /// Whether there is no user at all.
    ///
    /// # Errors
    /// As any read.
    pub fn is_empty(&mut self) -> Result<bool> {
        self.store.is_empty()
    }
}
