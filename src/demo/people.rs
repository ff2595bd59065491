//! The 240 people of the demo: every state there is, each with a life that explains it.
//!
//! The newest stand first on the screen, so the parts with something to do are dealt to them.

use std::collections::HashMap;

use crate::accounts::audit::NewEntry;
use crate::accounts::door::Accounts;
use crate::accounts::error::Result;
use crate::accounts::hash::PasswordHash;
use crate::accounts::secret::Secret;
use crate::accounts::session::SessionId;
use crate::accounts::store::Sample;
use crate::accounts::time::{Span, Time};
use crate::accounts::user::User;

use super::dice::Dice;
use super::names::Names;
use super::proofs;
use super::scene::{Scene, part};
use super::story::root;

/// How many people the demo has.
pub const PEOPLE: u64 = 240;

/// The password of every sample person who has one (in a crowd: of every eighth). It protects nothing.
pub const PASSWORD: &str = "sample people only";

/// Of these people the living service knows the password: every eighth.
pub(super) const KNOWN_EVERY: u64 = 8;

/// The tokens of the sample sessions, as their clients hold them.
pub type Tokens = HashMap<SessionId, Secret>;

/// Everything that is written for the demo.
pub struct Cast {
    /// The people, oldest first.
    pub samples: Vec<Sample>,
    /// Their histories, in the order of time.
    pub entries: Vec<NewEntry>,
    /// The tokens of their sessions.
    pub tokens: Tokens,
}

/// How long ago the `n`th newest came: minutes at first, three years at last. The odd part keeps them off the full
/// minute and is too short to change their order.
fn age(n: u64, dice: &mut Dice) -> Span {
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    let whole = Span::MINUTE.times(3 + 6 * n + n * n * n * 115 / 1000);
    Span::from_millis(whole.millis() + dice.within(Span::MINUTE.times(5)).millis())
}

/// The people of the demo as they stand at `now`: the same for the same seed and the same instant.
///
/// # Errors
/// None in practice: names and changes are lawful by construction, and are judged all the same.
pub fn people(now: Time, seed: u64, hash: &PasswordHash) -> Result<Cast> {
    let names = Names::new(seed);
    let mut cast = Cast { samples: Vec::new(), entries: Vec::new(), tokens: Tokens::new() };
    let mut founder = root();
    for i in 0..PEOPLE {
        let n = PEOPLE - 1 - i;
        let mut dice = Dice::new(seed, i);
        let born = now.minus(age(n, &mut dice));
        let scene = Scene { now, born, part: part(n), hash, admin: &founder };
        let story = scene.play(names.nth(i), dice)?;
        let actor = story.actor();
        let told = story.told();
        cast.samples.push(told.sample);
        cast.entries.extend(told.entries);
        cast.tokens.extend(told.tokens);
        if i == 0 {
            founder = actor;
        }
    }
    // The chain is written in the order of time; what happened at one instant keeps its order.
    cast.entries.sort_by_key(|entry| entry.at);
    Ok(cast)
}

/// Fills an empty database with the people of the demo and answers with the tokens that their clients hold.
///
/// # Errors
/// As [`Accounts::load`].
pub fn fill(accounts: &mut Accounts, seed: u64) -> Result<Tokens> {
    let password = Secret::from(PASSWORD);
    let hash = accounts.hash(&password)?;
    let cast = people(accounts.now(), seed, &hash)?;
    let users: Vec<User> = cast.samples.iter().map(|sample| sample.user.clone()).collect();
    accounts.load(&mut cast.samples.into_iter(), &cast.entries, &mut |_| true)?;
    // Not to those whom the living service logs in, which knows a password and nothing else.
    let now = accounts.now();
    let own = |i: usize, user: &User| !(i as u64).is_multiple_of(KNOWN_EVERY) && user.can_log_in(now);
    let able = users.iter().enumerate().rev().filter(|(i, user)| own(*i, user) && user.last_login_at.is_some());
    proofs::deal(accounts, &password, able.map(|(_, user)| user))?;
    Ok(cast.tokens)
}
