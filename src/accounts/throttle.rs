//! The throttle: wrong passwords in a row make the next try wait, by account and class of source.
//!
//! An address from which this account was logged in of late is counted apart from all others, which are counted
//! together: whoever guesses from elsewhere makes others like them wait, and not the owner. What it does not know is how
//! the counters are kept; an engine does that by the rules here, in one transaction and before anything is hashed.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use sha2::{Digest as _, Sha256};

use super::text::fold;
use super::time::{Span, Time};
use super::user::UserId;

/// How many wrong passwords in a row cost nothing.
pub const FREE: u32 = 5;

/// The longest wait.
pub const LONGEST: Span = Span::MINUTE;

/// After this long without a wrong password the count begins anew.
pub const FORGOTTEN: Span = Span::DAY;

/// For how long an address is known after a success.
pub const KNOWN: Span = Span::DAY.times(30);

/// The longest that an attempt waits for others of its class whose passwords are being verified.
pub const PATIENCE: Span = Span::SECOND.times(2);

/// An attempt that is unsettled for longer than this counts as wrong: its process is gone.
pub const ABANDONED: Span = Span::SECOND.times(10);

/// At most so many addresses are known of one person; the one not seen for longest is dropped.
pub const KNOWN_SOURCES: u32 = 64;

/// At most so many counters of names that nobody has are kept; the oldest are dropped.
pub const NOBODIES: u32 = 100_000;

/// What is counted, and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Knock {
    /// The account, or the name that nobody has.
    pub subject: Subject,
    /// The account.
    pub user: Option<UserId>,
    /// The class that the address would be counted in, if it is known.
    pub source: Option<Source>,
    /// The address as the service gave it.
    pub address: Option<String>,
    /// When, by the clock alone: a wait must pass even where the time that is believed stands still.
    pub at: Time,
    /// The counter in which this attempt is counted and unsettled.
    pub counter: Option<CounterId>,
}

/// The identity of a counter in its store. A counter that was cleared and starts again has a new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CounterId(pub i64);

impl Knock {
    /// A try at an account, or at a name that nobody has.
    pub fn new(user: Option<&UserId>, name_key: &str, address: Option<&str>, at: Time) -> Knock {
        let subject = match user {
            Some(id) => Subject(digest(b"account", id.as_str())),
            None => Subject(digest(b"name", name_key)),
        };
        let (source, address) = (Source::of(address), address.map(str::to_owned));
        Knock { subject, user: user.cloned(), source, address, at, counter: None }
    }
}

/// What a counter counts, as a digest: names that nobody has may be passwords typed into the wrong field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Subject([u8; 32]);

impl Subject {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// An address as a digest: of IPv6 the first 64 bits, since whoever has one address there has them all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Source([u8; 32]);

impl Source {
    /// The source of an address; `None` where none is given, which is never a known one.
    pub fn of(address: Option<&str>) -> Option<Source> {
        let text = address.map(str::trim).filter(|text| !text.is_empty())?;
        let ip = text.parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()));
        let text = match ip.map(|ip: IpAddr| ip.to_canonical()) {
            Some(IpAddr::V4(ip)) => ip.to_string(),
            Some(IpAddr::V6(ip)) => Ipv6Addr::from(u128::from(ip) >> 64 << 64).to_string(),
            None => fold(text),
        };
        Some(Source(digest(b"source", &text)))
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

fn digest(what: &[u8], text: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"rollbook throttle v1 ");
    hash.update(what);
    hash.update([0]);
    hash.update(text.as_bytes());
    hash.finalize().into()
}

/// Whether a password is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attempt {
    /// It is, and is counted as wrong until it turns out to be right.
    Allowed,
    /// It is not, until this instant or until earlier attempts, whose passwords are being verified, turn out to be right.
    InFlight(Time),
    /// It is not, until this instant.
    Wait(Time),
}

/// The judgment of an attempt that only unsettled attempts stand in the way of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Surplus {
    /// It is neither counted nor refused: [`Attempt::InFlight`].
    Waits,
    /// It is refused: [`Attempt::Wait`].
    IsRefused,
}

/// One counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counter {
    /// Wrong passwords in a row, with those that are being verified.
    pub failures: u32,
    /// How many of them are being verified: they may turn out to be right.
    pub unsettled: u32,
    /// The first of them.
    pub since: Time,
    /// The last that was looked at.
    pub last: Time,
    /// The end of the wait that the settled ones cause.
    pub until: Time,
}

impl Counter {
    /// Judges an attempt at this instant without counting it.
    pub fn judge(&self, at: Time) -> Attempt {
        if self.holds(self.until, at) {
            return Attempt::Wait(self.until);
        }
        let until = self.last.plus(delay(self.failures));
        match self.unsettled > 0 && self.holds(until, at) {
            true if self.is_abandoned(at) => Attempt::Wait(until),
            true => Attempt::InFlight(until),
            false => Attempt::Allowed,
        }
    }

    /// Whether a wait until this instant delays an attempt. A wait that is longer than [`LONGEST`] shows that the clock
    /// went back, and delays no attempt. A count without a wait delays no attempt that began before it.
    fn holds(&self, until: Time, at: Time) -> bool {
        until > self.last && at < until && until <= at.plus(LONGEST)
    }

    /// Whether the attempts that are unsettled will stay so: no process verifies a password for this long.
    fn is_abandoned(&self, at: Time) -> bool {
        self.last.max(at).since(self.last.min(at)) > ABANDONED
    }

    /// The counter with one more attempt, which is allowed at this instant and unsettled.
    #[must_use]
    pub fn count(before: Option<Counter>, at: Time) -> Counter {
        // The count goes on if the clock went back. Otherwise setting the clock back would clear it.
        let kept = before.filter(|counter| counter.last > at || at.since(counter.last) <= FORGOTTEN);
        match kept {
            Some(counter) => Counter {
                failures: counter.failures.saturating_add(1),
                unsettled: if counter.is_abandoned(at) { 1 } else { counter.unsettled.saturating_add(1) },
                since: counter.since.min(at),
                last: at,
                until: counter.until.min(at),
            },
            None => Counter { failures: 1, unsettled: 1, since: at, last: at, until: at },
        }
    }

    /// The counter after one of its attempts turned out to be wrong.
    #[must_use]
    pub fn settle(self) -> Counter {
        let unsettled = self.unsettled.saturating_sub(1);
        let wrong = self.failures.saturating_sub(unsettled);
        Counter { unsettled, until: self.until.max(self.last.plus(delay(wrong))), ..self }
    }
}

/// How long the try after this many wrong ones waits: nothing for [`FREE`] of them, then 1, 2, 4 … 60 s.
pub fn delay(failures: u32) -> Span {
    match failures.checked_sub(FREE + 1) {
        None => Span::from_millis(0),
        Some(doubled @ 0..6) => Span::SECOND.times(1 << doubled),
        Some(_) => LONGEST,
    }
}

/// A person who is being made to wait, as an administrator sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Throttled {
    /// The first wrong password.
    pub since: Time,
    /// Until when the next try is not looked at.
    pub until: Time,
    /// How many were wrong in a row.
    pub failures: u32,
    /// How many tries were held besides, without a look at their passwords.
    pub held: u32,
    /// Where the last came from.
    pub address: Option<String>,
    /// Whether they are from an address that was known; else from all others.
    pub known: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_are_those_of_the_rules() {
        let waits: Vec<i64> = (0..14).map(|failures| delay(failures).millis() / 1000).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(delay(u32::MAX), LONGEST);
    }

    /// A counter after one more wrong password; `None` if it may not be looked at.
    fn wrong(before: Option<Counter>, at: Time) -> Option<Counter> {
        let allowed = before.is_none_or(|counter| counter.judge(at) == Attempt::Allowed);
        allowed.then(|| Counter::count(before, at).settle())
    }

    #[test]
    fn a_wait_is_over_at_its_instant_and_a_day_forgets() {
        let at = Time::from_millis(1_000_000_000);
        let mut counter = None;
        for _ in 0..6 {
            counter = wrong(counter, at);
        }
        let sixth = counter.expect("counted");
        assert_eq!((sixth.failures, sixth.until), (6, at.plus(Span::SECOND)));
        assert_eq!(wrong(counter, at), None);
        assert_eq!(wrong(counter, at.plus(Span::from_millis(999))), None);
        assert_eq!(wrong(counter, at.plus(Span::SECOND)).expect("counted").failures, 7);
        let later = at.plus(FORGOTTEN).plus(Span::from_millis(1));
        assert_eq!(wrong(counter, later).expect("counted").failures, 1);
    }

    #[test]
    fn attempts_in_flight_count_as_wrong_in_whichever_order_they_are_settled() {
        let at = Time::from_millis(1_000_000_000);
        let mut counter = None;
        for flying in 0..6 {
            assert_eq!(counter.map_or(Attempt::Allowed, |counter: Counter| counter.judge(at)), Attempt::Allowed);
            counter = Some(Counter::count(counter, at.plus(Span::from_millis(5 - flying))));
        }
        let mut counter = counter.expect("counted");
        let until = counter.last.plus(Span::SECOND);
        for _ in 0..5 {
            assert_eq!(counter.judge(at), Attempt::InFlight(until));
            counter = counter.settle();
        }
        assert_eq!((counter.unsettled, counter.judge(at)), (1, Attempt::InFlight(until)));
        counter = counter.settle();
        assert_eq!((counter.unsettled, counter.judge(at)), (0, Attempt::Wait(until)));
        assert_eq!(counter.settle().unsettled, 0, "one attempt too many changes no number");
    }

    #[test]
    fn an_attempt_that_nobody_settles_is_a_wrong_one_after_ten_seconds() {
        let at = Time::from_millis(1_000_000_000);
        let counter = Counter { failures: 20, unsettled: 2, since: at, last: at, until: at };
        let until = at.plus(LONGEST);
        for (age, attempt) in [(10_000, Attempt::InFlight(until)), (10_001, Attempt::Wait(until))] {
            assert_eq!(counter.judge(at.plus(Span::from_millis(age))), attempt);
        }
        let next = Counter::count(Some(counter), until);
        assert_eq!((next.failures, next.unsettled), (21, 1));
    }

    #[test]
    fn tries_that_overtake_each_other_are_not_held_while_nothing_is_to_be_waited_for() {
        let at = Time::from_millis(1_000_000_000);
        let mut counter = wrong(None, at.plus(Span::from_millis(3)));
        for overtaken in 1..FREE {
            counter = wrong(counter, at);
            assert_eq!(counter.expect("not held").failures, overtaken + 1);
        }
    }

    #[test]
    fn a_clock_that_goes_back_neither_locks_out_nor_forgets() {
        let at = Time::from_millis(1_000_000_000);
        let until = at.plus(Span::SECOND.times(8));
        let counter = Counter { failures: 9, unsettled: 0, since: at, last: at, until };
        let back = wrong(Some(counter), at.minus(Span::HOUR)).expect("counted");
        assert_eq!((back.failures, back.until), (10, at.minus(Span::HOUR).plus(Span::SECOND.times(16))));
    }

    #[test]
    fn an_address_is_known_in_all_its_spellings_and_its_neighbours_are_not() {
        let of = |text: &str| Source::of(Some(text)).expect("a source");
        assert_eq!(of("10.0.0.1"), of("10.0.0.1:443"));
        assert_eq!(of("10.0.0.1"), of("::ffff:10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
        assert_eq!(of("2001:db8::1"), of("[2001:db8::ffff]:443"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of(" Kiosk "), of("kiosk"));
        assert_eq!(Source::of(Some(" ")), None);
    }

    #[test]
    fn an_account_and_a_name_never_share_a_counter() {
        let (id, at) = (UserId::new("abc"), Time::default());
        assert_ne!(Knock::new(Some(&id), "abc", None, at).subject, Knock::new(None, "abc", None, at).subject);
    }

    #[test]
    fn a_count_is_forgotten_after_a_day_and_not_a_moment_before() {
        let (at, tick) = (Time::from_millis(1_000_000_000), Span::from_millis(1));
        let counter = Counter { failures: 3, unsettled: 0, since: at.minus(Span::HOUR), last: at, until: at };
        let next = |at| wrong(Some(counter), at).expect("counted");
        let day = next(at.plus(FORGOTTEN));
        assert_eq!((day.failures, day.since, day.last), (4, at.minus(Span::HOUR), at.plus(FORGOTTEN)));
        let after = next(at.plus(FORGOTTEN).plus(tick));
        assert_eq!((after.failures, after.since), (1, at.plus(FORGOTTEN).plus(tick)));
        let back = next(at.minus(tick));
        assert_eq!((back.failures, back.since, back.last), (4, at.minus(Span::HOUR), at.minus(tick)));
        let far = next(at.minus(FORGOTTEN));
        assert_eq!((far.failures, far.since), (4, at.minus(FORGOTTEN)), "the beginning is not after the last");
        assert_eq!(next(at).failures, 4);
    }
}
