//! The port: what the domain asks of a database. Each method is one promise and one transaction.
//!
//! Nothing here names SQL or a driver. Time and randomness come in as arguments, folding is done in Rust, lists are
//! paged by keys, and every change compares what it expects before it sets: so SQLite and PostgreSQL can keep the same
//! promises. `tests/store.rs` holds every engine to them.

use super::api_token::{ApiToken, NewToken, TokenId};
use super::audit::{Deed, Entry, Happening, NewEntry, Stamp};
use super::bulk::{Chosen, Former, Plan};
use super::chain::{Head, Link};
use super::change::{Changed, Exposure, UserChange};
use super::clock::ClockState;
use super::error::Result;
use super::export::Stretch;
use super::factor::{CodeDigest, Disabled, Factor, NewFactor, Reseal};
use super::file_id::{FileHold, FileId};
use super::hash::PasswordHash;
use super::health::{CheckProgress, Examination, Tidied};
use super::policy::Policy;
use super::query::{Anchor, Filter, Key, Page, Query};
use super::seal::{KeyId, Sealed};
use super::session::{Found, NewSession, Session, SessionId, Uses};
use super::throttle::{Attempt, CounterId, Knock, Surplus, Throttled};
use super::time::Time;
use super::token::Digest;
use super::trail::{Failed, FailedKey, Trail};
use super::user::{Draft, User, UserId};

/// A user and what is kept of their password.
#[derive(Clone)]
pub struct Credential {
    /// The user.
    pub user: User,
    /// The hash; `None` if no password is set.
    pub hash: Option<PasswordHash>,
}

/// When and by whom the password of a user was voided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VoidedPassword {
    /// When.
    pub at: Time,
    /// The name of the actor; `None` if a purge removed it.
    pub by: Option<String>,
}

/// What a log-in begins with: who answers to the name, and whether the password may be looked at.
pub struct Challenge {
    /// Whoever answers to the name.
    pub credential: Option<Credential>,
    /// The try, as it was counted.
    pub knock: Knock,
    /// Whether its password may be looked at.
    pub attempt: Attempt,
}

/// A user on their way into the store.
#[derive(Clone)]
pub struct NewUser {
    /// The public id.
    pub id: UserId,
    /// Who they shall be.
    pub draft: Draft,
    /// The hash of the password, unless they choose it by a code.
    pub hash: Option<PasswordHash>,
    /// Only if there is no user yet at all; else `unauthenticated`.
    pub founding: bool,
    /// [`Deed::Register`] or [`Deed::Create`].
    pub deed: Deed,
}

/// A password-reset request on its way into the store.
#[derive(Clone, Debug)]
pub struct NewReset {
    /// What is kept of the identifier.
    pub digest: Digest,
    /// Whose password it resets; `None` where it resets nobody's and is written all the same.
    pub user_id: Option<UserId>,
    /// The last instant.
    pub expires_at: Time,
}

/// A person written with everything about them at once: sample people, imports.
#[derive(Clone)]
pub struct Sample {
    /// The user in full; version and session count are the store's.
    pub user: User,
    /// The hash of their password.
    pub hash: Option<PasswordHash>,
    /// Their sessions with the digests of the tokens.
    pub sessions: Vec<(Session, Digest)>,
}

/// Change counters: a reader that remembers them knows what to read again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Moves with every change of a user.
    pub users: i64,
    /// Moves with every change of a session.
    pub sessions: i64,
    /// Moves with every commit of any other program, whether it keeps our counters or not.
    pub foreign: i64,
}

/// Stops the question that a store is at work on, from another thread. Returns at once.
pub type Interrupter = Box<dyn Fn() + Send + Sync>;

/// A database of users and sessions.
///
/// Every method may answer `busy` (another program holds the file), `interrupted` (reads only) or `failure`.
pub trait Store: Send {
    // Looking.

    /// Whether there is no user at all, deleted ones included.
    fn is_empty(&mut self) -> Result<bool>;

    /// The user of this id, in any state.
    fn user(&mut self, id: &UserId, now: Time) -> Result<Option<User>>;

    /// The living user whose folded name is `key`.
    fn user_named(&mut self, key: &str, now: Time) -> Result<Option<User>>;

    /// Deleted users whose folded name is `key`, the last deleted first.
    fn deleted_named(&mut self, key: &str, now: Time) -> Result<Vec<User>>;

    /// A page of people.
    fn users_page(&mut self, query: &Query, anchor: &Anchor, limit: u16, now: Time) -> Result<Page<User>>;

    /// How many people pass the filter, counting no further than `at_most`.
    fn users_count(&mut self, filter: &Filter, at_most: Option<u32>, now: Time) -> Result<u32>;

    /// How many people of a list stand before a key, whether or not anybody stands there. It may take as long as there
    /// are people before it.
    fn users_before(&mut self, query: &Query, key: &Key, now: Time) -> Result<u32>;

    /// Labels of the living that begin so, folded, in order, at most `limit`: to choose from, not to rely on. Where the
    /// labels of people are combined in thousands of ways, some may be missing.
    fn labels(&mut self, prefix: &str, limit: u16) -> Result<Vec<String>>;

    /// The living user whose folded name is `key`, with their password hash.
    fn credential(&mut self, key: &str, now: Time) -> Result<Option<Credential>>;

    /// A user's password hash, in any state.
    fn hash_of(&mut self, id: &UserId) -> Result<Option<PasswordHash>>;

    /// When and by whom the password of a user was voided; `None` if it was not, or a new password was set since.
    fn voided_password(&mut self, id: &UserId) -> Result<Option<VoidedPassword>>;

    /// Whose open reset request this is; `None` if there is none, it is past its time or it is nobody's.
    fn reset_owner(&mut self, digest: &Digest, now: Time) -> Result<Option<User>>;

    /// One session in any state.
    fn session(&mut self, id: &SessionId, now: Time) -> Result<Option<Session>>;

    /// A person's sessions: the live ones newest first, then the ended ones whose time is not yet over, last ended first.
    fn sessions_of(&mut self, id: &UserId, limit: u16, now: Time) -> Result<Vec<Session>>;

    /// A page of everybody's sessions, newest first: live ones, and ended ones whose time is not yet over.
    fn sessions_page(
        &mut self,
        filter: &Filter,
        reversed: bool,
        anchor: &Anchor,
        limit: u16,
        now: Time,
    ) -> Result<Page<Session>>;

    /// How many such sessions there are.
    fn sessions_count(&mut self, filter: &Filter, at_most: Option<u32>, now: Time) -> Result<u32>;

    /// How many such sessions stand before a key.
    fn sessions_before(&mut self, filter: &Filter, reversed: bool, key: &Key, now: Time) -> Result<u32>;

    /// What happened to a person, newest first: audit entries about them and failed log-ins.
    fn history(&mut self, id: &UserId, limit: u16) -> Result<Vec<Happening>>;

    /// Audit entries of a trail, newest first, those before `before` if given.
    fn entries(&mut self, trail: &Trail, before: Option<i64>, limit: u16) -> Result<Vec<Entry>>;

    /// A page of a trail, newest first. An entry's key is its number, as value and as number.
    fn entries_page(&mut self, trail: &Trail, anchor: &Anchor, limit: u16) -> Result<Page<Entry>>;

    /// How many entries a trail has, counting no further than `at_most`.
    fn entries_count(&mut self, trail: &Trail, at_most: Option<u32>) -> Result<u32>;

    /// How many entries of a trail stand before a key.
    fn entries_before(&mut self, trail: &Trail, key: &Key) -> Result<u32>;

    /// Audit entries about one person, or all there are, newest first, those before `before` if given.
    fn audit(&mut self, about: Option<&UserId>, before: Option<i64>, limit: u16) -> Result<Vec<Entry>> {
        self.entries(&Trail::about(about), before, limit)
    }

    /// The audit's entries behind `after`, or from the very first there is, oldest first, as the chain covers them.
    fn chain(&mut self, after: Option<i64>, limit: u32) -> Result<Vec<Link>>;

    /// The last entry that [`Store::tidy`] removed after its export, behind which the rest begins.
    fn audit_floor(&mut self) -> Result<Option<Head>>;

    /// Writes one entry that names the end of an exported stretch, if that is still the entry it was.
    fn checkpoint_audit(&mut self, stretch: &Stretch, stamp: &Stamp) -> Result<()>;

    /// Failed log-ins of a trail, those of a person and a minute counted together, newest first, behind `before` if
    /// given. None where the trail asks for an actor or a deed.
    fn failed(&mut self, trail: &Trail, before: Option<FailedKey>, limit: u16) -> Result<Vec<Failed>>;

    /// The settings.
    fn policy(&mut self) -> Result<Policy>;

    /// The change counters.
    fn counters(&mut self) -> Result<Counters>;

    /// Whether it was opened for looking only.
    fn is_read_only(&self) -> bool;

    /// The next question will probably be this filter with one more letter behind its last word. An engine may use the
    /// time until then to make that answer quick; it stops when it is interrupted. Changes no answer.
    fn expect_words(&mut self, _filter: &Filter) -> Result<()> {
        Ok(())
    }

    /// This handle will be asked mostly for counts: an engine may hold less of the file in memory. Changes no answer, and
    /// does not wait for anybody.
    fn expect_counts(&mut self) -> Result<()> {
        Ok(())
    }

    /// From the next question until [`Store::thaw`] everything that is asked is of one and the same moment, and nothing
    /// can be changed. Answers whether that begins now; where it had begun before, it is not this call's to end.
    fn freeze(&mut self) -> Result<bool>;

    /// Questions are of the present again.
    fn thaw(&mut self);
    /// The file that is open, if any. If another one takes its place, the store opens that one at the next call.
    fn file(&self) -> Option<FileId> {
        None
    }

    /// Refuses every call while another file is at the path; with `None` follows the path again. Answers the hold before.
    fn hold_file(&mut self, _hold: Option<FileHold>) -> Option<FileHold> {
        None
    }

    /// Whether another file, which can be opened, is in the place of the one that this store has open or holds.
    fn is_replaced(&self) -> bool {
        false
    }

    /// A way to interrupt this store's reads.
    fn interrupter(&self) -> Interrupter;

    // Checking.

    /// Looks a session token's digest up together with its owner's status and end date. Writes nothing.
    fn check_session(&mut self, digest: &Digest, now: Time) -> Result<Found>;

    /// Writes gathered uses and refusals, in one transaction; drops them when the database is busy. Does not wait.
    fn note_uses(&mut self, uses: Uses);

    /// Counts a failed login of a user, or of a name without an account at the same cost. Settles the attempt that is
    /// counted in `counter` as [`Store::settle`] does. A read-only store counts nothing.
    fn note_failure(
        &mut self,
        id: Option<&UserId>,
        address: Option<&str>,
        at: Time,
        counter: Option<CounterId>,
    ) -> Result<()>;

    // Changing. Each of these writes exactly one audit entry in its transaction, or none where it changes nothing; and
    // each looks first, in that transaction, whether the one who acts may still do it, by [`Stamp::judge`].

    /// Adds a user. `duplicate_user` if a living one has the folded name.
    fn insert_user(&mut self, new: &NewUser, stamp: &Stamp) -> Result<User>;

    /// Applies a change to the version expected (`stale` if it moved on; any version if `None`), by
    /// [`UserChange::apply`]; ends sessions where [`UserChange::ends_sessions`], and revokes tokens and voids resets where
    /// [`UserChange::strips`], and removes the hash where [`UserChange::voids_password`]. A containment of somebody
    /// inactive who has such things left is a change too.
    /// `duplicate_user` on a clash of names, `last_admin` where it would take the last keeper.
    fn change_user(&mut self, id: &UserId, expect: Option<i64>, change: &UserChange, stamp: &Stamp) -> Result<Changed>;

    /// What a change would do to many people, looked at in one transaction, by
    /// [`Planner`](super::bulk::Planner). Writes nothing.
    fn plan(&mut self, chosen: &Chosen, change: &UserChange, stamp: &Stamp) -> Result<Plan>;

    /// [`Store::change_user`] for many people in one transaction, with an answer and an entry for each: whoever is
    /// refused is left as they are, and the others are changed. Then lets others write for a moment.
    fn change_many(
        &mut self,
        people: &[(UserId, i64)],
        change: &UserChange,
        stamp: &Stamp,
    ) -> Result<Vec<Result<Changed>>>;

    /// Gives many people back what [`Former`] remembers, in one transaction, as [`Store::change_many`] changes them.
    fn undo_many(&mut self, former: &[Former], stamp: &Stamp) -> Result<Vec<Result<Changed>>>;

    /// Erases a user with everything about them, the personal values in the audit included, and their name from the rows
    /// of those whom they acted upon. The chain still holds.
    fn purge_user(&mut self, id: &UserId, expect: Option<i64>, stamp: &Stamp) -> Result<User>;

    /// Replaces the password, ends every session and voids every reset of the user. With `was`, only if the stored
    /// hash still is that one (`stale`). `weak_password` for one that [is too weak alone](super::factor::is_weak_alone)
    /// where no second factor is on at this moment.
    fn set_password(
        &mut self,
        id: &UserId,
        expect: Option<i64>,
        was: Option<&PasswordHash>,
        hash: &PasswordHash,
        deed: Deed,
        stamp: &Stamp,
    ) -> Result<Changed>;

    /// Adds a reset request and removes the user's earlier ones.
    fn insert_reset(&mut self, reset: &NewReset, stamp: &Stamp) -> Result<()>;

    /// Uses up a reset request: sets the password, ends every session. `unknown_request` unless it is open;
    /// `weak_password` as [`Store::set_password`], which leaves it open.
    fn complete_reset(&mut self, digest: &Digest, hash: &PasswordHash, stamp: &Stamp) -> Result<Changed>;

    /// Opens a session for a user who can log in and whose hash still is `was` (`invalid_credentials` otherwise), puts
    /// `rehash` in its place if given, and remembers the log-in.
    fn open_session(
        &mut self,
        new: &NewSession,
        was: &PasswordHash,
        rehash: Option<&PasswordHash>,
        stamp: &Stamp,
    ) -> Result<(User, Session)>;

    /// Ends a session. `None` if there is none or it is already over.
    fn end_session(&mut self, id: &SessionId, stamp: &Stamp) -> Result<Option<Session>>;

    /// [`Store::end_session`] for many in one transaction, with an entry for each that was live. Says how many those
    /// are, then lets others write for a moment.
    fn end_many(&mut self, ids: &[SessionId], stamp: &Stamp) -> Result<u32>;

    /// Logs out by a token's digest; [`Deed::LogOut`]. `None` as above.
    fn log_out(&mut self, digest: &Digest, stamp: &Stamp) -> Result<Option<Session>>;

    /// Ends all live sessions of a user and says how many. With `expect`, only if there are exactly that many.
    fn end_sessions(&mut self, id: &UserId, expect: Option<u32>, stamp: &Stamp) -> Result<u32>;

    /// Writes one entry about what changes nothing else: a log-in to the console, broken glass.
    fn note(&mut self, deed: Deed, about: Option<&UserId>, words: Option<&str>, stamp: &Stamp) -> Result<()>;

    /// Sets one setting, which [`Policy::set`] has judged. A log-in can be required only while there is
    /// [somebody](User::is_keeper) who can log in and lift it again; [`nobody_to_log_in`](super::policy::nobody_to_log_in)
    /// otherwise.
    fn set_policy(&mut self, key: &str, value: &str, stamp: &Stamp) -> Result<()>;

    /// Writes many people at once, in large transactions, each with one audit entry of how many it brought, and in the
    /// last of them `entries`.
    /// Calls `progress` with the number written so far; stops when it answers `false`.
    fn load(
        &mut self,
        samples: &mut dyn Iterator<Item = Sample>,
        entries: &[NewEntry],
        stamp: &Stamp,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<u64>;

    /// From now on every change is carried out and then taken back: what it would do, errors included, without doing
    /// it (`--dry-run`). What a proof counts and uses up stays: a try that nobody counts would be an oracle.
    fn rehearse(&mut self, on: bool);

    // API tokens, and what a person has out in the world.

    /// Adds a token for a living user (`unknown_user`). `token_name_exists` if one of theirs that is not revoked has
    /// the folded name; one that is over gives its name up, and is revoked by that.
    fn insert_token(&mut self, new: &NewToken, stamp: &Stamp) -> Result<ApiToken>;

    /// One token that is not revoked, over or not.
    fn token(&mut self, id: &TokenId) -> Result<Option<ApiToken>>;

    /// A user's tokens that are neither revoked nor over, newest first.
    fn tokens_of(&mut self, id: &UserId, limit: u16, now: Time) -> Result<Vec<ApiToken>>;

    /// Looks a token's digest up together with its owner, if it is neither revoked nor over and the owner is active and
    /// within their end date. Writes nothing.
    fn check_token(&mut self, digest: &Digest, now: Time) -> Result<Option<(User, ApiToken)>>;

    /// Revokes a token, over or not. `None` if there is none or it was revoked before.
    fn revoke_token(&mut self, id: &TokenId, stamp: &Stamp) -> Result<Option<ApiToken>>;

    /// Revokes the token whose value has this digest, over or not. `None` if there is none or it was revoked before.
    fn revoke_token_value(&mut self, digest: &Digest, stamp: &Stamp) -> Result<Option<ApiToken>>;

    /// What [`UserChange::Contain`] would take from a user; `None` for one that does not exist.
    fn exposure(&mut self, id: &UserId, now: Time) -> Result<Option<Exposure>>;

    // The throttle.

    /// Judges an attempt by [`Counter::judge`](super::throttle::Counter::judge). Counts nothing.
    fn judge_attempt(&mut self, knock: &Knock) -> Result<Attempt>;

    /// [`Store::credential`] for the name `key` at `now`, and an attempt from `address` at the clock's `at`, in one
    /// transaction. The attempt is counted as a wrong one or refused, by [`Counter`](super::throttle::Counter). It stays
    /// unsettled until `note_failure`, `settle`, `uncount`, `admit` or `open_session` gets its counter.
    ///
    /// An address from which the user logged in within [`KNOWN`](super::throttle::KNOWN) has a separate counter. A name
    /// without an account costs the same reads and writes. The store keeps at most
    /// [`NOBODIES`](super::throttle::NOBODIES) counters of such names. Every program sees the count before this returns;
    /// the count need not outlast a power cut before the next commit does. A read-only store counts nothing but still
    /// refuses.
    fn challenge(
        &mut self,
        key: &str,
        address: Option<&str>,
        at: Time,
        now: Time,
        surplus: Surplus,
    ) -> Result<Challenge>;

    /// Settles an attempt as wrong: it delays the next ones from now on. Does nothing if its counter was cleared.
    fn settle(&mut self, counter: CounterId) -> Result<()>;

    /// Removes one attempt from the count: its password was right and its code is missing. Earlier attempts stay counted.
    fn uncount(&mut self, counter: CounterId) -> Result<()>;

    /// Clears the counter of the knock's class after a success that opens no session, and remembers the address;
    /// [`Store::open_session`] does the same in its own transaction.
    fn admit(&mut self, knock: &Knock) -> Result<()>;

    /// The counters by which somebody has to wait at `at`, the longest wait first.
    fn throttled(&mut self, id: &UserId, at: Time) -> Result<Vec<Throttled>>;

    /// Clears all counters of somebody, with one audit entry; `false`, and no entry, where there are none.
    fn unthrottle(&mut self, id: &UserId, stamp: &Stamp) -> Result<bool>;

    // The clock and the upkeep.

    /// What is remembered of the clock. Every audited change moves it on, by [`ClockState::see`], at most once a minute;
    /// a session is checked, and a reset looked up, by whichever is later of it and `now`.
    fn clock(&mut self) -> Result<ClockState>;

    /// Takes the stamp's instant for the latest time reached, with one audit entry.
    fn accept_clock(&mut self, stamp: &Stamp) -> Result<ClockState>;

    /// Removes at most `limit` rows that the settings keep no longer; nothing where the clock
    /// [is ahead](ClockState::is_ahead). Each person who is purged has an audit entry. Remembers that it was done when
    /// there is no more.
    fn tidy(&mut self, limit: u32, stamp: &Stamp) -> Result<Tidied>;

    /// What a look at the database from outside shows; quick, however many people there are.
    fn examine(&mut self) -> Result<Examination>;

    /// Checks the structure of the whole file and returns up to ten faults. Reads every page; reports its progress.
    fn quick_check(&mut self, tell: CheckProgress) -> Result<Vec<String>>;

    /// How many passwords are kept by which scheme and cost, the most frequent first. Looks at each.
    fn hashes(&mut self) -> Result<Vec<(String, u64)>>;

    // The second factor.

    /// A user's second factor, in any state of theirs; `None` where it is off.
    fn factor(&mut self, id: &UserId) -> Result<Option<Factor>>;

    /// How many second factors stand under each key.
    fn factor_keys(&mut self) -> Result<Vec<(KeyId, u32)>>;

    /// Every sealed secret with its owner's id.
    fn sealed_factors(&mut self) -> Result<Vec<(UserId, Sealed)>>;

    /// Turns the second factor of a living user on and ends their sessions. `None`, with nothing written, if others stand under another key;
    /// `constraint_violation` if it is on already.
    fn enable_factor(
        &mut self,
        id: &UserId,
        expect: Option<i64>,
        new: &NewFactor,
        stamp: &Stamp,
    ) -> Result<Option<Changed>>;

    /// Turns it off and forgets the secret and the backup codes. No change where it is off. `weak_password`, unless
    /// forced, where the password that is there at this moment [is too weak alone](super::factor::is_weak_alone).
    fn disable_factor(&mut self, id: &UserId, expect: Option<i64>, force: bool, stamp: &Stamp) -> Result<Disabled>;

    /// Puts these backup codes in the place of all that there were. `constraint_violation` if the factor is off.
    fn replace_codes(
        &mut self,
        id: &UserId,
        expect: Option<i64>,
        codes: &[CodeDigest],
        stamp: &Stamp,
    ) -> Result<Changed>;

    /// Takes a time step: `true` for exactly one of all who name it or a later one, and only while the secret is the
    /// one that was looked at. Not a change of the user; writes no entry.
    fn use_step(&mut self, id: &UserId, sealed: &Sealed, step: i64) -> Result<bool>;

    /// Uses a backup code up: `true` for exactly one of all who show it.
    fn use_code(&mut self, id: &UserId, code: &CodeDigest, stamp: &Stamp) -> Result<bool>;

    /// Puts new seals in the place of those that were looked at, if these are all there are and none has changed;
    /// `false`, with nothing written, otherwise.
    fn reseal_factors(&mut self, reseals: &[Reseal], stamp: &Stamp) -> Result<bool>;
}
