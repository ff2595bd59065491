//! A small service that lives on the sample people as any service would: by the library's own calls.
//!
//! It never acts as an administrator, and leaves alone whomever an administrator has touched: what the person at the
//! console does stays as they did it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::accounts::door::Accounts;
use crate::accounts::error::{Kind, Result};
use crate::accounts::query::{Anchor, Filter, State};
use crate::accounts::secret::Secret;
use crate::accounts::session::Login;
use crate::accounts::time::{Span, Time, Until};
use crate::accounts::user::{Role, User, UserId};

use super::dice::Dice;
use super::names::Names;
use super::people::{KNOWN_EVERY, PASSWORD, PEOPLE, Tokens};
use super::story::address;

/// How many sessions the service keeps alive.
const HELD: usize = 8;

/// How many tokens are checked in one step: every held one comes up in each second step.
const CHECKS: usize = HELD / 2;

/// After so many refusals a client stops knocking.
const PATIENCE: u32 = 24;

/// How many people register in one run at most.
const REGISTRATIONS: u64 = 12;

/// In each of so many steps the one who does not give up tries again.
const SIEGE_EVERY: u64 = 3;

const PACE: Duration = Duration::from_millis(700);
const SLICE: Duration = Duration::from_millis(25);

const CLIENTS: [&str; 5] = ["firefox", "phone app", "curl", "safari", "tablet"];

struct Held {
    token: Secret,
    owner: UserId,
    until: Option<Time>,
    refused: u32,
}

/// Somebody who guesses passwords against one name.
struct Guesser {
    target: User,
    address: String,
    left: u64,
}

/// The same, for as long as nobody does anything about it.
struct Siege {
    guesser: Guesser,
    /// Until when the target was made to wait, as last seen.
    until: Option<Time>,
}

/// The living service. It is stepped, and does one small thing a step.
pub struct Service {
    accounts: Accounts,
    dice: Dice,
    names: Names,
    /// Who comes and goes, as they were when the service met them.
    regulars: Vec<User>,
    met: bool,
    /// People who are left alone from now on.
    touched: HashSet<UserId>,
    held: VecDeque<Held>,
    /// Tokens of clients that are silent until their session is ended.
    silent: Tokens,
    /// The session counter when ended sessions were last looked for.
    seen: Option<i64>,
    /// Sessions whose end is older than this are no news.
    since: Time,
    guesser: Option<Guesser>,
    /// Somebody who does not give up, so that there always is one who is made to wait.
    siege: Option<Siege>,
    registered: u64,
    steps: u64,
}

impl Service {
    /// A service on this handle, whose actor is a service. It knows the regulars of the sample people of this seed.
    pub fn new(accounts: Accounts, seed: u64) -> Self {
        let since = accounts.now();
        Service {
            accounts,
            dice: Dice::new(seed, 0x5E4F),
            names: Names::new(seed),
            regulars: Vec::new(),
            met: false,
            touched: HashSet::new(),
            held: VecDeque::new(),
            silent: HashMap::new(),
            seen: None,
            since,
            guesser: None,
            siege: None,
            registered: 0,
            steps: 0,
        }
    }

    /// The same with the tokens of the sample sessions: their clients come back when the session is ended, so that the
    /// end shows its effect.
    #[must_use]
    pub fn holding(mut self, tokens: Tokens) -> Self {
        self.silent = tokens;
        self
    }

    /// How many sessions it holds, ended ones included while their clients still try.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// One small thing: tokens are checked, and somebody may log in, log out, guess or register.
    ///
    /// # Errors
    /// `busy`, after which the next step may go well; anything else is the end.
    pub fn step(&mut self) -> Result<()> {
        if !self.met {
            self.meet()?;
        }
        self.steps += 1;
        self.wake()?;
        self.happen()?;
        if self.steps.is_multiple_of(SIEGE_EVERY) {
            self.besiege()?;
        }
        // Checks come last: what they have seen is written on the side and dropped where a write is in the way.
        for _ in 0..CHECKS.max(self.held.len().div_ceil(2)).min(self.held.len()) {
            self.check_next()?;
        }
        Ok(())
    }

    fn happen(&mut self) -> Result<()> {
        if self.guesser.is_some() {
            return self.guess();
        }
        let alive = self.held.iter().filter(|held| held.refused == 0).count();
        match self.dice.below(120) {
            0 if self.registered < REGISTRATIONS => self.register(),
            1..=3 => self.start_guessing(),
            5..=10 if alive >= HELD => self.log_out(),
            // At first they come one after the other, later now and then.
            11..=30 if alive < HELD => self.log_in(),
            _ if alive < HELD && self.steps < 2 * HELD as u64 => self.log_in(),
            _ => Ok(()),
        }
    }

    /// Finds out who of the regulars there is and can log in.
    fn meet(&mut self) -> Result<()> {
        let now = self.accounts.now();
        self.regulars.clear();
        for i in (0..PEOPLE).filter(|i| i % KNOWN_EVERY == 0) {
            match self.accounts.find(&format!("name:{}", self.names.nth(i).name)) {
                Ok(user) if user.role == Role::Member && user.can_log_in(now) => self.regulars.push(user),
                Ok(_) => {}
                Err(error) if error.kind == Kind::UnknownUser => {}
                Err(error) => return Err(error),
            }
        }
        // Who is besieged comes in no more: the right password would have to wait as well.
        if let Some(target) = self.regulars.pop() {
            let guesser = Guesser { target, address: address(&mut self.dice), left: u64::MAX };
            self.siege = Some(Siege { guesser, until: None });
        }
        self.met = true;
        Ok(())
    }

    /// Clients whose session has just been ended by somebody else come back with their token, and are refused.
    fn wake(&mut self) -> Result<()> {
        if self.silent.is_empty() {
            return Ok(());
        }
        let counter = self.accounts.counters()?.sessions;
        if self.seen.replace(counter) == Some(counter) {
            return Ok(());
        }
        let ended = self.accounts.sessions(&Filter::is(State::Ended), false, &Anchor::Start, 400)?;
        for (_, session) in ended.rows {
            if session.ended_at.is_none_or(|at| at < self.since) {
                continue;
            }
            if let Some(token) = self.silent.remove(&session.id) {
                self.touched.insert(session.user_id.clone());
                self.held.push_front(Held { token, owner: session.user_id, until: session.expires_at, refused: 0 });
            }
        }
        Ok(())
    }

    fn check_next(&mut self) -> Result<()> {
        let Some(mut held) = self.held.pop_front() else { return Ok(()) };
        if held.until.is_some_and(|until| until < self.accounts.now()) {
            return Ok(());
        }
        match self.accounts.check(&held.token) {
            Ok(_) => self.held.push_back(held),
            Err(error) if error.kind == Kind::Unauthenticated => {
                held.refused += 1;
                if held.refused == 1 {
                    // Somebody may have ended it just now and be looking.
                    self.accounts.flush();
                }
                self.touched.insert(held.owner.clone());
                if held.refused < PATIENCE {
                    self.held.push_back(held);
                }
            }
            Err(error) => {
                self.held.push_back(held);
                return Err(error);
            }
        }
        Ok(())
    }

    /// One of the regulars, if nobody but this service has changed anything about them.
    fn somebody(&mut self) -> Result<Option<User>> {
        if self.regulars.is_empty() {
            return Ok(None);
        }
        let met = self.regulars[self.dice.index(self.regulars.len())].clone();
        Ok(self.is_untouched(&met)?.then_some(met))
    }

    /// Whether a person still is as they were met. Once touched, for ever touched.
    fn is_untouched(&mut self, met: &User) -> Result<bool> {
        if self.touched.contains(&met.id) {
            return Ok(false);
        }
        let same = match self.accounts.get(&met.id, None) {
            Ok(present) => as_set(&present) == as_set(met) && present.can_log_in(self.accounts.now()),
            Err(error) if error.kind == Kind::UnknownUser => false,
            Err(error) => return Err(error),
        };
        if !same {
            self.touched.insert(met.id.clone());
        }
        Ok(same)
    }

    fn log_in(&mut self) -> Result<()> {
        let Some(user) = self.somebody()? else { return Ok(()) };
        let password = Secret::from(PASSWORD);
        let from = address(&mut self.dice);
        let hours = 2 + self.dice.below(6);
        let life = Span::HOUR.times(i64::try_from(hours).unwrap_or(2));
        let login = Login {
            name: &user.name,
            password: Some(&password),
            client: Some(self.dice.pick(&CLIENTS)),
            address: Some(&from),
            expires: Until::At(self.accounts.now().plus(life)),
            ..Login::default()
        };
        match self.accounts.log_in(&login) {
            Ok(opened) => {
                let until = opened.session.expires_at;
                self.held.push_back(Held { token: opened.token, owner: user.id, until, refused: 0 });
                Ok(())
            }
            // Somebody was quicker: it is theirs to say who logs in.
            Err(error) if error.kind == Kind::InvalidCredentials => {
                self.touched.insert(user.id);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn log_out(&mut self) -> Result<()> {
        let Some(place) = self.held.iter().position(|held| held.refused == 0) else { return Ok(()) };
        let owner = &self.held[place].owner;
        let Some(met) = self.regulars.iter().find(|met| met.id == *owner).cloned() else { return Ok(()) };
        if !self.is_untouched(&met)? {
            return Ok(());
        }
        self.accounts.log_out(&self.held[place].token)?;
        self.held.remove(place);
        Ok(())
    }

    fn start_guessing(&mut self) -> Result<()> {
        if let Some(user) = self.somebody()? {
            let left = 3 + self.dice.below(6);
            self.guesser = Some(Guesser { target: user, address: address(&mut self.dice), left });
        }
        Ok(())
    }

    fn guess(&mut self) -> Result<()> {
        let Some(guesser) = self.guesser.take() else { return Ok(()) };
        if !self.is_untouched(&guesser.target)? {
            return Ok(());
        }
        self.guesser = self.try_once(guesser)?;
        Ok(())
    }

    fn besiege(&mut self) -> Result<()> {
        let Some(Siege { guesser, until }) = self.siege.take() else { return Ok(()) };
        let (id, now) = (guesser.target.id.clone(), self.accounts.now());
        if !self.is_untouched(&guesser.target)? {
            return Ok(());
        }
        // Whoever was let try again at once is left alone from then on.
        let seen = self.accounts.get(&id, None)?.throttled_until;
        if seen.is_none() && until.is_some_and(|until| until > now) {
            self.touched.insert(id);
            return Ok(());
        }
        if let Some(guesser) = self.try_once(guesser)? {
            let until = self.accounts.get(&id, None)?.throttled_until;
            self.siege = Some(Siege { guesser, until });
        }
        Ok(())
    }

    /// One wrong password; answers with the guesser if they go on.
    fn try_once(&mut self, mut guesser: Guesser) -> Result<Option<Guesser>> {
        let password = Secret::new(format!("guess number {}", guesser.left));
        let login = Login {
            name: &guesser.target.name,
            password: Some(&password),
            client: Some("curl"),
            address: Some(&guesser.address),
            ..Login::default()
        };
        let answer = self.accounts.log_in(&login).map(|_| ());
        guesser.left -= 1;
        match answer {
            Err(error) if error.kind != Kind::InvalidCredentials => Err(error),
            _ => Ok(Some(guesser).filter(|guesser| guesser.left > 0)),
        }
    }

    fn register(&mut self) -> Result<()> {
        self.registered += 1;
        // Behind the sample people the numbers are free; where a larger crowd has taken one, nobody registers.
        let called = self.names.nth(PEOPLE + self.registered);
        match self.accounts.register(&called.name, &Secret::from(PASSWORD), true) {
            Err(error)
                if !matches!(
                    error.kind,
                    Kind::DuplicateUser | Kind::RegistrationDisabled | Kind::WeakPassword | Kind::ConstraintViolation
                ) =>
            {
                Err(error)
            }
            _ => Ok(()),
        }
    }
}

/// A person without what this service itself moves.
fn as_set(user: &User) -> User {
    User { sessions: 0, version: 0, last_login_at: None, last_used_at: None, throttled_until: None, ..user.clone() }
}

/// Steps the service at its pace until `stop` is set, within 50 ms of it where no step is under way.
///
/// # Errors
/// Whatever ends it: anything but `busy`.
pub fn run(mut service: Service, stop: Arc<AtomicBool>) -> Result<()> {
    while !stop.load(Ordering::Relaxed) {
        match service.step() {
            Err(error) if error.kind != Kind::Busy => return Err(error),
            _ => {}
        }
        let mut rest = PACE;
        while !rest.is_zero() && !stop.load(Ordering::Relaxed) {
            let nap = rest.min(SLICE);
            std::thread::sleep(nap);
            rest -= nap;
        }
    }
    Ok(())
}
