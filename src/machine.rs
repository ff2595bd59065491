//! This machine, this configuration and this engine, put together for the command line and for the console.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Instant;

use rollbook::accounts::audit::{Actor, Stamp};
use rollbook::accounts::door::Accounts;
use rollbook::accounts::error::{Error, Field, Result};
use rollbook::accounts::file_error::run_as;
use rollbook::accounts::finding::Finding;
use rollbook::accounts::standing::{Seat, Standing};
use rollbook::accounts::store::Store;
use rollbook::accounts::time::Clock as _;
use rollbook::accounts::user::{LONGEST_REASON, Role, parse_words};
use rollbook::accounts::warrant::Warrant;
use rollbook::cli::args::Global;
use rollbook::cli::{Loading, Setting, Upgraded, World};
use rollbook::console::model::Setup;
use rollbook::console::theme::Theme as Look;
use rollbook::demo;
use rollbook::engines::{self, Access};
use rollbook::host::config::{Color, Config, Theme};
use rollbook::host::identity::{Facts, Identity};
use rollbook::host::key::{self, KeyFile};
use rollbook::host::place::{self, Place};
use rollbook::host::{SystemClock, SystemEntropy, memory, process, zone};

use crate::shelf::{Shelf, accounts};

/// The machine as one call of the program finds it.
pub struct Machine {
    place: Place,
    key: KeyFile,
    key_place: Place,
    unreachable: Vec<Error>,
    access: Access,
    identity: Identity,
    color: (Color, String),
    ascii: (bool, String),
    theme: (Theme, String),
}

impl Machine {
    /// Reads the configuration, finds the database's place and the operator's name. Opens nothing.
    ///
    /// # Errors
    /// A broken configuration file, and no place for a database.
    pub fn new(global: &Global) -> Result<Machine> {
        let config = Config::choose(global.config.as_deref())?;
        let place = place::locate(global.db.clone(), std::env::var_os("ROLLBOOK_DB"), &config)?;
        let access = if global.read_only { Access::ReadOnly } else { Access::Full };
        let key_place = key::locate(global.key_file.clone(), std::env::var_os("ROLLBOOK_KEY"), &config);
        let key = KeyFile::new(&key_place.path).shared_with(place::owner(&place.path));
        Ok(Machine {
            place,
            key,
            key_place,
            access,
            identity: Facts::gather().identity(),
            color: color(global, &config),
            ascii: match (global.ascii, &config.ascii) {
                (true, _) => (true, "--ascii".to_owned()),
                (false, Some((ascii, file))) => (*ascii, place::show(file)),
                (false, None) => (false, "default".to_owned()),
            },
            theme: match (global.theme.as_deref().and_then(Theme::from_word), &config.theme) {
                (Some(theme), _) => (theme, "--theme".to_owned()),
                (None, Some((theme, file))) => (*theme, place::show(file)),
                (None, None) => (Theme::default(), "default".to_owned()),
            },
            unreachable: config.unreachable,
        })
    }

    /// The configuration files that this account cannot reach, a warning each.
    pub fn warnings(&self) -> &[Error] {
        &self.unreachable
    }

    /// What the console needs to begin: on the database at the machine's place, or on this many sample people.
    pub fn console(&self, seat: Option<(Seat, Standing)>, people: Option<u64>) -> (Setup, Shelf) {
        let identity = &self.identity;
        let actor = identity.actor();
        let standing = Standing { actor: actor.clone(), role: Role::Admin, glass: false };
        let (seat, standing) = match seat {
            Some((seat, standing)) => (Some((self.place.path.clone(), seat)), standing),
            None => (None, standing),
        };
        let plain = self.color.0 == Color::Never || self.color.0 == Color::Auto && is_poor_terminal();
        let theme = if plain { Theme::Mono } else { self.theme.0 };
        let setup = Setup {
            path: people.is_none().then(|| self.place.path.clone()),
            looked: format!("{} ({})", self.path(), self.place.source.words()),
            warning: self.unreachable.first().map(ToString::to_string),
            read_only: self.access == Access::ReadOnly,
            actor: standing.actor,
            role: standing.role,
            glass: standing.glass,
            who: identity.short.clone(),
            theme: Look::from_word(theme.word()).unwrap_or_default(),
            ascii: self.ascii.0 || !is_utf8_locale(),
            zone: LazyLock::new(zone::local),
            clock: Box::new(SystemClock),
            entropy: Box::new(SystemEntropy),
        };
        let origin = identity.origin.clone();
        let people = people.unwrap_or(demo::PEOPLE);
        let (access, key, memory) = (self.access, self.key.clone(), words_memory());
        (setup, Shelf { access, actor, seat, origin, key, people, memory, sample: Mutex::default() })
    }

    /// The operator's stamp, where there is no handle yet that could make one.
    fn stamp(&self, reason: Option<&str>) -> Result<Stamp> {
        let reason = parse_words(Field::Reason, reason.unwrap_or_default(), LONGEST_REASON)?;
        let (actor, origin) = (self.identity.actor(), self.identity.origin.clone());
        Ok(Stamp { at: SystemClock.now(), actor, origin, reason, warrant: Warrant::default() })
    }

    fn accounts(&self, store: Box<dyn Store>, service: Option<&str>) -> Accounts {
        let actor = service.map_or_else(|| self.identity.actor(), |name| Actor::Service(name.to_owned()));
        accounts(store, self.key.clone(), actor, self.identity.origin.clone())
    }
}

/// Room for the names of all people, where words are looked for: a part of what nobody else needs.
fn words_memory() -> engines::Memory {
    const PART: usize = 4;
    engines::Memory::within(|| memory::available().map(|bytes| bytes / PART))
}

/// Terminals that are known to have no colours, or to take their sequences for something else.
fn is_poor_terminal() -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    matches!(term.as_str(), "" | "dumb" | "vt100" | "vt102" | "vt220")
}

/// Whether the locale says that the terminal shows UTF-8. Where it says nothing at all, today's terminals do.
fn is_utf8_locale() -> bool {
    let mut set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    let locale = set.find(|value| !value.is_empty()).unwrap_or_else(|| "UTF-8".to_owned());
    let locale = locale.to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

fn color(global: &Global, config: &Config) -> (Color, String) {
    if let Some(color) = global.color.as_deref().and_then(Color::from_word) {
        return (color, "--color".to_owned());
    }
    // https://no-color.org: set to anything but nothing.
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return (Color::Never, "NO_COLOR".to_owned());
    }
    match &config.color {
        Some((color, file)) => (*color, place::show(file)),
        None => (Color::default(), "default".to_owned()),
    }
}

impl World for Machine {
    fn path(&self) -> String {
        place::show(&self.place.path)
    }

    fn open(&self, service: Option<&str>) -> Result<Accounts> {
        engines::open(&self.place.path, self.access).map(|store| self.accounts(store, service))
    }

    fn owns_database(&self) -> bool {
        place::is_owned(&self.place.path)
    }

    fn open_to_examine(&self) -> Result<Accounts> {
        engines::open_to_examine(&self.place.path).map(|store| self.accounts(store, None))
    }

    fn inspect(&self) -> Vec<Finding> {
        engines::inspect(&self.place.path)
    }

    fn run_as_owner(&self) -> Option<String> {
        place::owner(&self.place.path).filter(|owner| *owner != place::account()).map(run_as)
    }

    fn create(&self, service: Option<&str>, fill: &mut dyn FnMut(&mut Accounts) -> Result<()>) -> Result<Accounts> {
        let store = engines::create_with(&self.place.path, |store| fill(&mut self.accounts(store, service)))?;
        Ok(self.accounts(store, service))
    }

    fn remove_abandoned(&self) {
        engines::remove_abandoned(&self.place.path);
    }

    fn imagine(&self, service: Option<&str>) -> Result<Accounts> {
        engines::memory().map(|store| self.accounts(store, service))
    }

    fn upgrade(&self, break_glass: bool, reason: Option<&str>) -> Result<Upgraded> {
        let glass = match break_glass {
            true => Some(self.stamp(reason)?.behind_glass(self.owns_database())?),
            false => None,
        };
        let done = engines::upgrade(&self.place.path, glass.as_ref())?;
        Ok(Upgraded { from: done.from, to: done.to, glass: done.glass, backup: done.backup })
    }

    fn stop_requested(&self) -> Arc<AtomicBool> {
        process::stop_requested()
    }

    fn load_sample_people(
        &self,
        accounts: &mut Accounts,
        users: u64,
        tell: &mut dyn FnMut(Loading) -> bool,
    ) -> Result<()> {
        let began = Instant::now();
        demo::load(accounts, users, &|| began.elapsed(), &mut |progress| {
            let demo::Progress { done, of, per_second, left_seconds } = progress;
            tell(Loading { done, of, per_second, left_seconds })
        })
    }

    fn settings(&self) -> Vec<Setting> {
        let setting = |key, value: &str, source: &str| Setting { key, value: value.into(), source: source.into() };
        vec![
            setting("db", &self.path(), &self.place.source.words()),
            setting("key", &place::show(&self.key_place.path), &self.key_place.source.words()),
            setting("theme", self.theme.0.word(), &self.theme.1),
            setting("color", self.color.0.word(), &self.color.1),
            setting("ascii", if self.ascii.0 { "true" } else { "false" }, &self.ascii.1),
        ]
    }
}
