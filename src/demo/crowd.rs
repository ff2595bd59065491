//! A crowd of any size, written as a stream: the million on which speed is measured.

use std::time::Duration;

use crate::accounts::door::Accounts;
use crate::accounts::error::{Error, Result};
use crate::accounts::hash::PasswordHash;
use crate::accounts::secret::Secret;
use crate::accounts::session::{Session, SessionId};
use crate::accounts::store::Sample;
use crate::accounts::time::{Span, Time};
use crate::accounts::token::{TokenKind, hex, random_id};
use crate::accounts::user::{Role, Status, User};

use super::dice::Dice;
use super::names::Names;
use super::people::{KNOWN_EVERY, PASSWORD};
use super::scene::{LABELS, NOTES, REASONS, labels};
use super::story::{DEVICES, address, blank};

/// The seed of every crowd: two crowds of one size differ in their times only.
pub const SEED: u64 = 0x2026;

/// Five years: nobody of a crowd is older.
const OLDEST: Span = Span::DAY.times(1826);

/// How far the writing has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// People written.
    pub done: u64,
    /// People in all.
    pub of: u64,
    /// People a second, on the average so far.
    pub per_second: u64,
    /// Seconds left at that rate.
    pub left_seconds: u64,
}

impl Progress {
    /// The progress after so long a time.
    pub fn after(elapsed: Duration, done: u64, of: u64) -> Progress {
        // A rate out of the first instant would be noise or infinite.
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let per_second = done.saturating_mul(1000) / millis;
        let left_seconds = of.saturating_sub(done).checked_div(per_second).unwrap_or(0);
        Progress { done, of, per_second, left_seconds }
    }
}

/// Writes `users` people through a handle: statuses, roles, labels, dates, and a live session for every fifth.
/// `elapsed` tells how long it has taken so far; `progress` answers whether to go on.
///
/// # Errors
/// As [`Accounts::load`].
pub fn load(
    accounts: &mut Accounts,
    users: u64,
    elapsed: &dyn Fn() -> Duration,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<()> {
    let mut hashes = vec![accounts.hash(&Secret::from(PASSWORD))?];
    let mut dice = Dice::new(SEED, u64::MAX);
    while (hashes.len() as u64) < KNOWN_EVERY {
        let mut bytes = [0; 16];
        crate::accounts::token::Entropy::fill(&mut dice, &mut bytes)?;
        hashes.push(accounts.hash(&Secret::new(hex(&bytes)))?);
    }
    let mut crowd = Crowd { now: accounts.now(), users, hashes, names: Names::new(SEED), owed: 0 };
    let mut fault: Option<Error> = None;
    let mut samples = (0..users).map_while(|i| match crowd.person(i) {
        Ok(sample) => Some(sample),
        Err(error) => {
            fault = Some(error);
            None
        }
    });
    accounts.load(&mut samples, &[], &mut |done| progress(Progress::after(elapsed(), done, users)))?;
    fault.map_or(Ok(()), Err)
}

struct Crowd {
    now: Time,
    users: u64,
    hashes: Vec<PasswordHash>,
    names: Names,
    /// Fifths of sessions that are owed to those who can have one.
    owed: u64,
}

impl Crowd {
    fn person(&mut self, i: u64) -> Result<Sample> {
        let mut dice = Dice::new(SEED, i);
        let born = self.born(self.users - i);
        let mut user = blank(self.names.nth(i), born, &mut dice)?;
        user.password_set_at = Some(born);
        user.activated_at = Some(born);
        if dice.one_in(4) {
            user.labels = if dice.one_in(3) { labels(&mut dice) } else { vec![dice.pick(&LABELS).to_owned()] };
        }
        if dice.one_in(20) {
            user.note = Some(dice.pick(&NOTES).to_owned());
        }
        if !dice.one_in(12) {
            user.last_login_at = Some(dice.between(born, self.now));
        }
        self.fate(&mut user, i, &mut dice);
        let sessions = self.sessions(&mut user, &mut dice)?;
        let place = usize::try_from(i % KNOWN_EVERY).unwrap_or_default();
        Ok(Sample { user, hash: self.hashes.get(place).cloned(), sessions })
    }

    /// When the person came whom `left` people follow, themselves included. Most came lately, and each after the one
    /// before, so that the rows lie in the file as they are listed.
    fn born(&self, left: u64) -> Time {
        let share = u128::from(left) * u128::from(left) * u128::from(OLDEST.millis().unsigned_abs());
        let ago = share / (u128::from(self.users) * u128::from(self.users)).max(1);
        self.now.minus(Span::MINUTE.times(3)).minus(Span::from_millis(i64::try_from(ago).unwrap_or(i64::MAX)))
    }

    fn fate(&self, user: &mut User, i: u64, dice: &mut Dice) {
        if i == 0 {
            // Never without an administrator.
            user.role = Role::Admin;
            return;
        }
        let lately = self.now.minus(dice.within(Span::DAY.times(25))).max(user.created_at);
        match dice.below(2000) {
            0..60 => {
                user.status = Status::Pending;
                user.activated_at = None;
                user.last_login_at = None;
            }
            60..140 => {
                user.status = Status::Inactive;
                user.reason = Some(dice.pick(&REASONS).to_owned());
                user.status_by = Some("root".to_owned());
                user.status_at = Some(lately);
            }
            140..160 => user.valid_until = Some(lately),
            160..168 => user.deleted_at = Some(lately),
            168..170 => user.role = Role::Admin,
            170..174 => user.role = Role::Auditor,
            174..180 => {
                user.valid_until = Some(self.now.plus(Span::DAY.times(30)).plus(dice.within(Span::DAY.times(300))));
            }
            _ => {}
        }
    }

    fn sessions(&mut self, user: &mut User, dice: &mut Dice) -> Result<Vec<(Session, crate::accounts::token::Digest)>> {
        self.owed += 1;
        let mut sessions = Vec::new();
        // Some wait until two or three sessions are owed, so that a few people have more than one.
        if !user.can_log_in(self.now) || self.owed < 5 * (1 + dice.below(3)) {
            return Ok(sessions);
        }
        while self.owed >= 5 {
            self.owed -= 5;
            let device = dice.pick(&DEVICES);
            let life = device.life.unwrap_or(Span::DAY);
            let began = self.now.minus(dice.within(life)).max(user.created_at);
            let (_, digest) = TokenKind::Session.mint(dice)?;
            let session = Session {
                id: SessionId::new(random_id(dice)?),
                user_id: user.id.clone(),
                name: user.name.clone(),
                client: Some(device.client.to_owned()),
                address: Some(address(dice)),
                created_at: began,
                expires_at: Some(began.plus(life)),
                last_used_at: Some(dice.between(began, self.now)),
                idle: None,
                ended_at: None,
                ended_by: None,
                refused: 0,
                refused_at: None,
            };
            user.last_login_at = user.last_login_at.max(Some(began));
            sessions.push((session, digest));
        }
        Ok(sessions)
    }
}
