//! The databases that the console can open: real ones, and the throw-away one with sample people and life in it.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use rollbook::accounts::audit::Actor;
use rollbook::accounts::door::{Accounts, Ground};
use rollbook::accounts::error::Result;
use rollbook::accounts::file_error::file_error;
use rollbook::accounts::standing::Seat;
use rollbook::accounts::store::Store;
use rollbook::console::term;
use rollbook::console::worker::Library;
use rollbook::demo;
use rollbook::engines::{self, Access};
use rollbook::host::key::KeyFile;
use rollbook::host::{SystemClock, SystemEntropy};
use rollbook::temporary::TemporaryFolder;

/// Opens databases in the name of one actor.
pub struct Shelf {
    /// Whether changes are possible.
    pub access: Access,
    /// The operator.
    pub actor: Actor,
    /// In whose name the database at this place is opened, where that is not simply the operator.
    pub seat: Option<(PathBuf, Seat)>,
    /// Where they come from.
    pub origin: String,
    /// The key that seals second factors.
    pub key: KeyFile,
    /// How many sample people there shall be.
    pub people: u64,
    /// The names that the console's handles share.
    pub memory: engines::Memory,
    /// The sample people's place, once there is one.
    pub sample: Mutex<Option<Sample>>,
}

/// A throw-away database with its service; both end with it.
pub struct Sample {
    folder: TemporaryFolder,
    stop: Arc<AtomicBool>,
    service: Option<thread::JoinHandle<()>>,
}

impl Drop for Sample {
    fn drop(&mut self) {
        self.stop.store(true, std::sync::atomic::Ordering::SeqCst);
        if let Some(service) = self.service.take() {
            let _ = service.join();
        }
    }
}

impl Shelf {
    /// The sample people's place, as it is now.
    pub fn sample(&self) -> MutexGuard<'_, Option<Sample>> {
        self.sample.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handle(&self, path: &Path, actor: Actor) -> Result<Accounts> {
        Ok(accounts(engines::open(path, Access::Full)?, self.key_of(path), actor, self.origin.clone()))
    }

    /// Sample people's second factors are sealed by a key of their own, which goes with them.
    fn key_of(&self, path: &Path) -> KeyFile {
        let sample = self.sample();
        match sample.as_ref() {
            Some(sample) if path.starts_with(sample.folder.path()) => KeyFile::new(sample.folder.path().join("key")),
            _ => self.key.clone(),
        }
    }
}

impl Library for Shelf {
    fn open(&self, path: &Path) -> Result<Accounts> {
        let store = engines::open_with(path, self.access, &self.memory)?;
        let mut accounts = accounts(store, self.key_of(path), self.actor.clone(), self.origin.clone());
        // What was shown to one database holds for no other, and for no other file in its place.
        let seat = self.seat.as_ref().filter(|(place, seat)| place == path && seat.holds_for(accounts.file()));
        if let Some((_, seat)) = seat {
            accounts.take_seat(seat.clone());
        }
        Ok(accounts)
    }

    fn create(&self, path: &Path) -> Result<()> {
        engines::create(path).map(drop)
    }

    fn upgrade(&self, path: &Path) -> Result<String> {
        let done = engines::upgrade(path, None)?;
        let backup = done.backup.as_deref().map(rollbook::host::place::show);
        Ok(match backup {
            Some(backup) => {
                format!("schema upgraded from {} to {}; the copy from before is {backup}", done.from, done.to)
            }
            None => "the schema was up to date".to_owned(),
        })
    }

    fn demo(&self, tell: &dyn Fn(String)) -> Result<PathBuf> {
        let folder = throw_away_folder()?;
        let path = folder.path().join("sample.db");
        // Ended by a signal or a fault, the process has no time for destructors; the file goes all the same.
        let doomed = folder.path().to_owned();
        term::at_the_end(move || drop(TemporaryFolder::remove(&doomed)));
        let stop = Arc::new(AtomicBool::new(false));
        // Kept from the first moment: whoever quits while people are still being made leaves no folder behind either.
        let sample = Sample { folder, stop: Arc::clone(&stop), service: None };
        let former = self.sample().replace(sample);
        drop(engines::create(&path)?);
        let mut operator = self.handle(&path, self.actor.clone())?;
        let service = if self.people == demo::PEOPLE {
            let tokens = demo::fill(&mut operator, demo::SEED)?;
            let accounts = self.handle(&path, Actor::Service("sample-web".to_owned()))?;
            let service = demo::Service::new(accounts, demo::SEED).holding(tokens);
            let life = move || drop(demo::run(service, stop));
            thread::Builder::new().name("service".to_owned()).spawn(life).ok()
        } else {
            let began = Instant::now();
            demo::load(&mut operator, self.people, &|| began.elapsed(), &mut |progress| {
                let demo::Progress { done, of, left_seconds, .. } = progress;
                tell(format!("making sample people: {done} of {of} · {left_seconds} s left"));
                true
            })?;
            None
        };
        if let Some(sample) = self.sample().as_mut() {
            sample.service = service;
        }
        drop(former);
        Ok(path)
    }
}

/// A handle as this program makes them: the system's clock and randomness, hashes at the usual cost.
pub fn accounts(store: Box<dyn Store>, key: KeyFile, actor: Actor, origin: String) -> Accounts {
    let ground = Ground {
        store,
        clock: Box::new(SystemClock),
        entropy: Box::new(SystemEntropy),
        cost: None,
        keys: Box::new(key),
    };
    Accounts::new(ground, actor, origin)
}

fn throw_away_folder() -> Result<TemporaryFolder> {
    let folder = std::env::temp_dir();
    TemporaryFolder::create(&folder, "rollbook-demo-").map_err(|error| {
        file_error("cannot hold the folder of the sample people", &folder, &error, "set TMPDIR to another folder")
    })
}
