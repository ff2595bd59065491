//! What every test stands on: a clock moved by hand, a seeded randomness, and handles with cheap hashes.
#![allow(dead_code)] // each test binary uses its own part
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use rollbook::accounts::hash::Cost;
use rollbook::accounts::seal::{Key, Keyring, Slot};
use rollbook::accounts::store::Store;
use rollbook::accounts::time::Clock;
use rollbook::accounts::token::Entropy;
use rollbook::accounts::{Accounts, Actor, Error, Ground, Kind, Result, Span, Time};

/// 2026-11-21T16:00:00Z, where every test begins.
pub const START: Time = Time::from_millis(1_795_276_800_000);

/// The cheapest argon2id there is; tests never pay for the real one.
pub const CHEAP: Cost = Cost { memory: 8, passes: 1 };

/// A clock that stands until it is moved; clones show the same time.
#[derive(Clone)]
pub struct HandClock(Arc<AtomicI64>);

impl Default for HandClock {
    fn default() -> Self {
        HandClock(Arc::new(AtomicI64::new(START.millis())))
    }
}

impl HandClock {
    pub fn advance(&self, span: Span) {
        self.0.fetch_add(span.millis(), Ordering::SeqCst);
    }

    pub fn set(&self, at: Time) {
        self.0.store(at.millis(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::SeqCst))
    }

    // The clock stands still, but other threads get the time to finish.
    fn pause(&self, span: Span) {
        std::thread::sleep(std::time::Duration::from_millis(span.millis().unsigned_abs()));
    }
}

/// Repeatable randomness (SplitMix64).
pub struct Seeded(pub u64);

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (z ^ (z >> 31)) as u8;
        }
        Ok(())
    }
}

/// A keyring without a file; clones hold the same keys.
#[derive(Clone, Default)]
pub struct MemoryRing(Arc<Mutex<[Option<[u8; 32]>; 3]>>);

impl MemoryRing {
    /// Takes every key away.
    pub fn lose(&self) {
        *self.0.lock().unwrap() = [None; 3];
    }

    /// The key of a slot, as whoever reads the file would have it.
    pub fn bytes(&self, slot: Slot) -> Option<[u8; 32]> {
        self.0.lock().unwrap()[slot as usize]
    }

    /// Puts something into a slot, or nothing.
    pub fn put(&self, slot: Slot, key: Option<[u8; 32]>) {
        self.0.lock().unwrap()[slot as usize] = key;
    }
}

impl Keyring for MemoryRing {
    fn place(&self) -> String {
        "/memory/key".into()
    }

    fn read(&self, slot: Slot) -> Result<Option<Key>> {
        Ok(self.bytes(slot).map(|bytes| Key::new(bytes.into())))
    }

    fn make(&self, slot: Slot, key: &Key) -> Result<()> {
        let there = &mut self.0.lock().unwrap()[slot as usize];
        if there.is_some() {
            return Err(Error::new(Kind::Failure, "there is a key already"));
        }
        *there = Some(*key.expose());
        Ok(())
    }

    fn advance(&self) -> Result<()> {
        let mut slots = self.0.lock().unwrap();
        if slots[Slot::Next as usize].is_some() {
            *slots = [slots[Slot::Next as usize], None, slots[Slot::Present as usize]];
        }
        Ok(())
    }
}

/// A handle on a store with the test's clock, cheap hashes and the given actor.
pub fn accounts(store: Box<dyn Store>, clock: &HandClock, seed: u64, actor: Actor) -> Accounts {
    accounts_with(store, clock, seed, actor, MemoryRing::default())
}

/// The same with this keyring.
pub fn accounts_with(store: Box<dyn Store>, clock: &HandClock, seed: u64, actor: Actor, ring: MemoryRing) -> Accounts {
    let ground = Ground {
        store,
        clock: Box::new(clock.clone()),
        entropy: Box::new(Seeded(seed)),
        cost: Some(CHEAP),
        keys: Box::new(ring),
    };
    Accounts::new(ground, actor, "tty pts/7")
}

/// A clock that panics once, in the thread of this name.
#[derive(Clone, Default)]
pub struct Trap {
    pub clock: HandClock,
    armed: Arc<Mutex<Option<String>>>,
}

impl Trap {
    /// The next look at the clock in this thread is a panic.
    pub fn arm(&self, thread: &str) {
        *self.armed.lock().unwrap() = Some(thread.to_owned());
    }
}

impl Clock for Trap {
    fn now(&self) -> Time {
        let own = |wanted: &mut String| std::thread::current().name() == Some(wanted.as_str());
        let sprung = self.armed.lock().unwrap().take_if(own).is_some();
        assert!(!sprung, "a fault that this test provokes");
        self.clock.now()
    }

    fn pause(&self, span: Span) {
        self.clock.pause(span);
    }
}

/// The same as [`accounts`], with a clock that may panic.
pub fn trapped(store: Box<dyn Store>, clock: &Trap, actor: Actor) -> Accounts {
    let keys = Box::new(MemoryRing::default());
    let clock = Box::new(clock.clone());
    let ground = Ground { store, clock, entropy: Box::new(Seeded(5)), cost: Some(CHEAP), keys };
    Accounts::new(ground, actor, "tty pts/7")
}

/// A folder that goes with its handle, in memory where the machine has such a place: what is tried in it is the order of
/// transactions and not the disk, which a durable write waits for.
pub fn scratch() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// Lets all of them do the same at one moment, each in a thread of its own, and gives what came of it, in their order.
pub fn race<R: Send, T: Send>(racers: impl IntoIterator<Item = R>, deed: impl Fn(R) -> T + Sync) -> Vec<T> {
    let racers: Vec<R> = racers.into_iter().collect();
    let barrier = Barrier::new(racers.len());
    std::thread::scope(|scope| {
        let running: Vec<_> = racers
            .into_iter()
            .map(|racer| {
                let (barrier, deed) = (&barrier, &deed);
                scope.spawn(move || {
                    barrier.wait();
                    deed(racer)
                })
            })
            .collect();
        running.into_iter().map(|racer| racer.join().unwrap()).collect()
    })
}

/// The operator of all tests.
pub fn operator() -> Actor {
    Actor::Operator("root".into())
}

/// The service of all tests.
pub fn service() -> Actor {
    Actor::Service("web".into())
}

/// Whether the tests that look at every case of a product look at all of it, and not at a share.
#[allow(dead_code)] // not every test has shares
pub fn long() -> bool {
    std::env::var_os("ROLLBOOK_TEST_LONG").is_some_and(|value| value == "1")
}
