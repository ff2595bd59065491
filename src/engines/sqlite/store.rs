//! The promises of the port, each handed to the module that knows its rows, in one transaction.

use std::time::Instant;

use super::database_file::DatabaseFile;
use super::handle::Sqlite;
use super::{audit, connection, endings, labels, query, resets, sessions, settings, tokens, users};
use super::{clock, examine, export, factors, failed, many, purge, rank, standing, throttle, trail, upkeep};
use crate::accounts::api_token::{ApiToken, NewToken, TokenId};
use crate::accounts::audit::{Deed, Entry, Happening, NewEntry, Stamp};
use crate::accounts::bulk::{Chosen, Former, Plan};
use crate::accounts::chain::{Head, Link};
use crate::accounts::change::{Changed, Exposure, UserChange};
use crate::accounts::clock::ClockState;
use crate::accounts::error::Result;
use crate::accounts::export::Stretch;
use crate::accounts::factor::{CodeDigest, Disabled, Factor, NewFactor, Reseal};
use crate::accounts::file_id::{FileHold, FileId};
use crate::accounts::hash::PasswordHash;
use crate::accounts::health::{CheckProgress, Examination, Tidied};
use crate::accounts::policy::Policy;
use crate::accounts::query::{Anchor, Filter, Key, Page, Query};
use crate::accounts::seal::{KeyId, Sealed};
use crate::accounts::session::{Found, NewSession, Session, SessionId, Uses};
use crate::accounts::store::{
    Challenge, Counters, Credential, Interrupter, NewReset, NewUser, Sample, Store, VoidedPassword,
};
use crate::accounts::throttle::{Attempt, CounterId, Knock, Surplus, Throttled};
use crate::accounts::time::Time;
use crate::accounts::token::Digest;
use crate::accounts::trail::{Failed, FailedKey, Trail};
use crate::accounts::user::{User, UserId};

impl Store for Sqlite {
    fn is_empty(&mut self) -> Result<bool> {
        users::is_empty(self.db()?)
    }

    fn user(&mut self, id: &UserId, now: Time) -> Result<Option<User>> {
        Ok(users::by_id(self.db()?, id, now)?.map(|person| person.user))
    }

    fn user_named(&mut self, key: &str, now: Time) -> Result<Option<User>> {
        Ok(users::by_name(self.db()?, key, now)?.map(|person| person.user))
    }

    fn deleted_named(&mut self, key: &str, now: Time) -> Result<Vec<User>> {
        users::deleted_by_name(self.db()?, key, now)
    }

    fn users_page(&mut self, query: &Query, anchor: &Anchor, limit: u16, now: Time) -> Result<Page<User>> {
        self.follow_file()?;
        let Sqlite { db, recall, .. } = self;
        connection::read(db, |db| {
            let found = match recall {
                Some(recall) => recall.page(db, query, anchor, limit, now)?,
                None => None,
            };
            found.map_or_else(|| query::page_of_people(db, query, anchor, limit, now), Ok)
        })
    }

    fn users_count(&mut self, filter: &Filter, at_most: Option<u32>, now: Time) -> Result<u32> {
        self.count_users(filter, at_most, now)
    }

    fn users_before(&mut self, query: &Query, key: &Key, now: Time) -> Result<u32> {
        self.follow_file()?;
        let Sqlite { db, recall, .. } = self;
        connection::read(db, |db| {
            let found = match recall {
                Some(recall) => recall.before(db, query, key, now)?,
                None => None,
            };
            found.map_or_else(|| rank::people_before(db, query, key, now), Ok)
        })
    }

    fn labels(&mut self, prefix: &str, limit: u16) -> Result<Vec<String>> {
        self.read(|db| labels::beginning(db, prefix, limit))
    }

    fn credential(&mut self, key: &str, now: Time) -> Result<Option<Credential>> {
        Ok(self.read(|db| users::credential(db, key, now))?.map(|(_, credential)| credential))
    }

    fn hash_of(&mut self, id: &UserId) -> Result<Option<PasswordHash>> {
        self.read(|db| match users::by_id(db, id, Time::default())? {
            Some(person) => users::hash_of(db, person.seq),
            None => Ok(None),
        })
    }

    fn voided_password(&mut self, id: &UserId) -> Result<Option<VoidedPassword>> {
        users::voided_password(self.db()?, id)
    }

    fn reset_owner(&mut self, digest: &Digest, now: Time) -> Result<Option<User>> {
        Ok(resets::owner(self.db()?, digest, now)?.map(|person| person.user))
    }

    fn session(&mut self, id: &SessionId, _now: Time) -> Result<Option<Session>> {
        Ok(sessions::by_id(self.db()?, id)?.map(|(_, session)| session))
    }

    fn sessions_of(&mut self, id: &UserId, limit: u16, now: Time) -> Result<Vec<Session>> {
        self.read(|db| sessions::of_user(db, id, limit, now))
    }

    fn sessions_page(
        &mut self,
        filter: &Filter,
        reversed: bool,
        anchor: &Anchor,
        limit: u16,
        now: Time,
    ) -> Result<Page<Session>> {
        self.read(|db| query::page_of_sessions(db, filter, reversed, anchor, limit, now))
    }

    fn sessions_count(&mut self, filter: &Filter, at_most: Option<u32>, now: Time) -> Result<u32> {
        query::count_sessions(self.db()?, filter, at_most, now)
    }

    fn sessions_before(&mut self, filter: &Filter, reversed: bool, key: &Key, now: Time) -> Result<u32> {
        self.read(|db| rank::sessions_before(db, filter, reversed, key, now))
    }

    fn history(&mut self, id: &UserId, limit: u16) -> Result<Vec<Happening>> {
        self.read(|db| audit::history(db, id, limit))
    }

    fn entries(&mut self, trail: &Trail, before: Option<i64>, limit: u16) -> Result<Vec<Entry>> {
        self.read(|db| trail::entries(db, trail, before, limit))
    }

    fn entries_page(&mut self, trail: &Trail, anchor: &Anchor, limit: u16) -> Result<Page<Entry>> {
        self.read(|db| trail::page(db, trail, anchor, limit))
    }

    fn entries_count(&mut self, trail: &Trail, at_most: Option<u32>) -> Result<u32> {
        trail::count(self.db()?, trail, at_most)
    }

    fn entries_before(&mut self, trail: &Trail, key: &Key) -> Result<u32> {
        self.read(|db| trail::before(db, trail, key))
    }

    fn chain(&mut self, after: Option<i64>, limit: u32) -> Result<Vec<Link>> {
        audit::chain(self.db()?, after, limit)
    }

    fn audit_floor(&mut self) -> Result<Option<Head>> {
        export::floor(self.db()?)
    }

    fn checkpoint_audit(&mut self, stretch: &Stretch, stamp: &Stamp) -> Result<()> {
        self.change(stamp, |tx| export::checkpoint(tx, stretch, stamp))
    }

    fn failed(&mut self, trail: &Trail, before: Option<FailedKey>, limit: u16) -> Result<Vec<Failed>> {
        failed::page(self.db()?, trail, before, limit)
    }

    fn policy(&mut self) -> Result<Policy> {
        self.ask(settings::policy)
    }

    fn counters(&mut self) -> Result<Counters> {
        let counters = self.ask(settings::counters)?;
        // Another file may have the same numbers.
        Ok(Counters { foreign: counters.foreign.wrapping_add(self.replaced << 32), ..counters })
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn expect_words(&mut self, filter: &Filter) -> Result<()> {
        self.follow_file()?;
        match &self.recall {
            Some(recall) => recall.look_onward(&self.db, filter),
            None => Ok(()),
        }
    }

    fn expect_counts(&mut self) -> Result<()> {
        connection::hold(&self.db, connection::LITTLE)
    }

    fn freeze(&mut self) -> Result<bool> {
        connection::freeze(self.db()?)
    }

    fn thaw(&mut self) {
        connection::thaw(&self.db);
    }

    fn file(&self) -> Option<FileId> {
        self.file.as_ref().map(DatabaseFile::id)
    }

    fn hold_file(&mut self, hold: Option<FileHold>) -> Option<FileHold> {
        std::mem::replace(&mut self.hold, hold)
    }

    fn is_replaced(&self) -> bool {
        self.is_moved()
    }

    fn interrupter(&self) -> Interrupter {
        let handle = self.db.get_interrupt_handle();
        Box::new(move || handle.interrupt())
    }

    fn check_session(&mut self, digest: &Digest, now: Time) -> Result<Found> {
        self.ask(|db| sessions::check(db, digest, now))
    }

    fn note_uses(&mut self, uses: Uses) {
        self.hand_uses(uses);
    }

    fn note_failure(
        &mut self,
        id: Option<&UserId>,
        address: Option<&str>,
        at: Time,
        counter: Option<CounterId>,
    ) -> Result<()> {
        if self.read_only {
            // A handle for looking only still answers a wrong password as such; it cannot count it.
            return Ok(());
        }
        self.keep(|tx| {
            counter.map_or(Ok(()), |counter| throttle::settle(tx, counter))?;
            audit::count_failure(tx, id, address, at)
        })
    }

    fn insert_user(&mut self, new: &NewUser, stamp: &Stamp) -> Result<User> {
        self.change(stamp, |tx| users::insert(tx, new, stamp))
    }

    fn change_user(&mut self, id: &UserId, expect: Option<i64>, change: &UserChange, stamp: &Stamp) -> Result<Changed> {
        self.change(stamp, |tx| users::change(tx, id, expect, change, stamp))
    }

    fn plan(&mut self, chosen: &Chosen, change: &UserChange, stamp: &Stamp) -> Result<Plan> {
        self.read(|db| many::plan(db, chosen, change, stamp))
    }

    fn change_many(
        &mut self,
        people: &[(UserId, i64)],
        change: &UserChange,
        stamp: &Stamp,
    ) -> Result<Vec<Result<Changed>>> {
        let began = Instant::now();
        let answers = self.change(stamp, |tx| many::change(tx, people, change, stamp))?;
        many::breathe(people.len(), began);
        Ok(answers)
    }

    fn undo_many(&mut self, former: &[Former], stamp: &Stamp) -> Result<Vec<Result<Changed>>> {
        let began = Instant::now();
        let answers = self.change(stamp, |tx| many::undo(tx, former, stamp))?;
        many::breathe(former.len(), began);
        Ok(answers)
    }

    fn purge_user(&mut self, id: &UserId, expect: Option<i64>, stamp: &Stamp) -> Result<User> {
        let user = self.change(stamp, |tx| purge::purge(tx, id, expect, stamp))?;
        self.empty_log();
        Ok(user)
    }

    fn set_password(
        &mut self,
        id: &UserId,
        expect: Option<i64>,
        was: Option<&PasswordHash>,
        hash: &PasswordHash,
        deed: Deed,
        stamp: &Stamp,
    ) -> Result<Changed> {
        self.change(stamp, |tx| resets::set_password(tx, id, expect, was, hash, deed, stamp))
    }

    fn insert_reset(&mut self, reset: &NewReset, stamp: &Stamp) -> Result<()> {
        self.change(stamp, |tx| resets::insert(tx, reset, stamp))
    }

    fn complete_reset(&mut self, digest: &Digest, hash: &PasswordHash, stamp: &Stamp) -> Result<Changed> {
        self.change(stamp, |tx| resets::complete(tx, digest, hash, stamp))
    }

    fn open_session(
        &mut self,
        new: &NewSession,
        was: &PasswordHash,
        rehash: Option<&PasswordHash>,
        stamp: &Stamp,
    ) -> Result<(User, Session)> {
        self.follow_file()?;
        let known = users::number(&self.met, &new.user_id);
        self.change(stamp, |tx| sessions::open(tx, known, new, was, rehash, stamp))
    }

    fn end_session(&mut self, id: &SessionId, stamp: &Stamp) -> Result<Option<Session>> {
        self.change(stamp, |tx| sessions::end(tx, sessions::by_id(tx, id)?, Deed::End, stamp))
    }

    fn end_many(&mut self, ids: &[SessionId], stamp: &Stamp) -> Result<u32> {
        let began = Instant::now();
        let ended = self.change(stamp, |tx| many::end(tx, ids, stamp))?;
        many::breathe(ids.len(), began);
        Ok(ended)
    }

    fn log_out(&mut self, digest: &Digest, stamp: &Stamp) -> Result<Option<Session>> {
        self.change(stamp, |tx| sessions::end(tx, sessions::by_digest(tx, digest)?, Deed::LogOut, stamp))
    }

    fn end_sessions(&mut self, id: &UserId, expect: Option<u32>, stamp: &Stamp) -> Result<u32> {
        self.change(stamp, |tx| sessions::end_of_user(tx, id, expect, stamp))
    }

    fn note(&mut self, deed: Deed, about: Option<&UserId>, words: Option<&str>, stamp: &Stamp) -> Result<()> {
        self.change(stamp, |tx| standing::note(tx, deed, about, words, stamp))
    }

    fn set_policy(&mut self, key: &str, value: &str, stamp: &Stamp) -> Result<()> {
        self.change(stamp, |tx| settings::set_policy(tx, key, value, stamp))
    }

    fn load(
        &mut self,
        samples: &mut dyn Iterator<Item = Sample>,
        entries: &[NewEntry],
        stamp: &Stamp,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<u64> {
        self.load_all(samples, entries, stamp, progress)
    }

    fn rehearse(&mut self, on: bool) {
        self.rehearsing = on;
    }

    fn insert_token(&mut self, new: &NewToken, stamp: &Stamp) -> Result<ApiToken> {
        self.change(stamp, |tx| tokens::insert(tx, new, stamp))
    }

    fn token(&mut self, id: &TokenId) -> Result<Option<ApiToken>> {
        Ok(tokens::by_id(self.db()?, id)?.map(|(_, token)| token))
    }

    fn tokens_of(&mut self, id: &UserId, limit: u16, now: Time) -> Result<Vec<ApiToken>> {
        tokens::of_user(self.db()?, id, limit, now)
    }

    fn check_token(&mut self, digest: &Digest, now: Time) -> Result<Option<(User, ApiToken)>> {
        self.ask(|db| tokens::check(db, digest, now))
    }

    fn revoke_token(&mut self, id: &TokenId, stamp: &Stamp) -> Result<Option<ApiToken>> {
        self.change(stamp, |tx| tokens::revoke(tx, tokens::by_id(tx, id)?, stamp))
    }

    fn revoke_token_value(&mut self, digest: &Digest, stamp: &Stamp) -> Result<Option<ApiToken>> {
        self.change(stamp, |tx| tokens::revoke(tx, tokens::by_digest(tx, digest)?, stamp))
    }

    fn exposure(&mut self, id: &UserId, now: Time) -> Result<Option<Exposure>> {
        self.read(|db| match users::by_id(db, id, now)? {
            Some(person) => endings::exposure(db, person.seq, now).map(Some),
            None => Ok(None),
        })
    }

    fn judge_attempt(&mut self, knock: &Knock) -> Result<Attempt> {
        self.read(|db| throttle::look(db, knock))
    }

    fn challenge(
        &mut self,
        key: &str,
        address: Option<&str>,
        at: Time,
        now: Time,
        surplus: Surplus,
    ) -> Result<Challenge> {
        let (account, challenge) = match self.read_only {
            true => self.read(|db| throttle::challenge(db, key, address, at, now, None))?,
            false => self.count_try(|tx| throttle::challenge(tx, key, address, at, now, Some(surplus)))?,
        };
        self.met = challenge.credential.as_ref().map(|credential| (account, credential.user.id.clone()));
        Ok(challenge)
    }

    fn settle(&mut self, counter: CounterId) -> Result<()> {
        self.count_try(|tx| throttle::settle(tx, counter))
    }

    fn uncount(&mut self, counter: CounterId) -> Result<()> {
        self.keep(|tx| throttle::uncount(tx, counter))
    }

    fn admit(&mut self, knock: &Knock) -> Result<()> {
        if self.read_only { Ok(()) } else { self.keep(|tx| throttle::admit(tx, knock)) }
    }

    fn throttled(&mut self, id: &UserId, at: Time) -> Result<Vec<Throttled>> {
        throttle::of_user(self.db()?, id, at)
    }

    fn unthrottle(&mut self, id: &UserId, stamp: &Stamp) -> Result<bool> {
        self.change(stamp, |tx| throttle::clear(tx, id, stamp))
    }

    fn clock(&mut self) -> Result<ClockState> {
        clock::state(self.db()?)
    }

    fn accept_clock(&mut self, stamp: &Stamp) -> Result<ClockState> {
        self.change(stamp, |tx| upkeep::accept_clock(tx, stamp))
    }

    fn tidy(&mut self, limit: u32, stamp: &Stamp) -> Result<Tidied> {
        let done = self.change(stamp, |tx| upkeep::tidy(tx, limit, stamp))?;
        if done.purged > 0 || done.entries > 0 {
            self.empty_log();
        }
        Ok(done)
    }

    fn examine(&mut self) -> Result<Examination> {
        self.follow_file()?;
        examine::examine(&self.db, self.file.as_ref().map(DatabaseFile::place))
    }

    fn quick_check(&mut self, tell: CheckProgress) -> Result<Vec<String>> {
        examine::quick_check(&mut self.db, tell)
    }

    fn hashes(&mut self) -> Result<Vec<(String, u64)>> {
        examine::hashes(self.db()?)
    }

    fn factor(&mut self, id: &UserId) -> Result<Option<Factor>> {
        self.follow_file()?;
        factors::of_user(&self.db, users::number(&self.met, id), id)
    }

    fn factor_keys(&mut self) -> Result<Vec<(KeyId, u32)>> {
        factors::keys(self.db()?)
    }

    fn sealed_factors(&mut self) -> Result<Vec<(UserId, Sealed)>> {
        factors::all(self.db()?)
    }

    fn enable_factor(
        &mut self,
        id: &UserId,
        expect: Option<i64>,
        new: &NewFactor,
        stamp: &Stamp,
    ) -> Result<Option<Changed>> {
        self.change(stamp, |tx| factors::enable(tx, id, expect, new, stamp))
    }

    fn disable_factor(&mut self, id: &UserId, expect: Option<i64>, force: bool, stamp: &Stamp) -> Result<Disabled> {
        self.change(stamp, |tx| factors::disable(tx, id, expect, force, stamp))
    }

    fn replace_codes(
        &mut self,
        id: &UserId,
        expect: Option<i64>,
        codes: &[CodeDigest],
        stamp: &Stamp,
    ) -> Result<Changed> {
        self.change(stamp, |tx| factors::replace_codes(tx, id, expect, codes, stamp))
    }

    fn use_step(&mut self, id: &UserId, sealed: &Sealed, step: i64) -> Result<bool> {
        self.keep(|tx| factors::use_step(tx, id, sealed, step))
    }

    fn use_code(&mut self, id: &UserId, code: &CodeDigest, stamp: &Stamp) -> Result<bool> {
        self.keep(|tx| factors::use_code(tx, id, code, stamp))
    }

    fn reseal_factors(&mut self, reseals: &[Reseal], stamp: &Stamp) -> Result<bool> {
        self.change(stamp, |tx| factors::reseal(tx, reseals, stamp))
    }
}
