//! This machine, this configuration and this engine, put together for the command line and for the console.

use std::time::Instant;

use rollbook::accounts::audit::Actor;
use rollbook::accounts::door::{Accounts, Ground};
use rollbook::accounts::error::Result;
use rollbook::accounts::hash::Cost;
use rollbook::accounts::store::Store;
use rollbook::cli::args::Global;
use rollbook::cli::{Loading, Setting, Upgraded, World};
use rollbook::demo;
use rollbook::engines::{self, Access};
use rollbook::host::config::{Color, Config, Theme};
use rollbook::host::identity::{Facts, Identity};
use rollbook::host::place::{self, Place};
use rollbook::host::{SystemClock, SystemEntropy};

/// Opens one more handle on the database; the console has several, one for each of its threads.
pub type Opener = Box<dyn Fn() -> Result<Accounts> + Send + Sync>;

/// What the console needs to begin.
#[allow(dead_code)] // read by the console
pub struct Setup {
    /// Where the database lies and what said so.
    pub place: Place,
    /// Whether changes are possible.
    pub access: Access,
    /// Who acts.
    pub actor: Actor,
    /// Where they come from, for the audit.
    pub origin: String,
    /// Who acts and from where, for the first line.
    pub short: String,
    /// When to use colours.
    pub color: Color,
    /// Whether to draw with ASCII alone.
    pub ascii: bool,
    /// The theme.
    pub theme: Theme,
    /// Whether sample people in a throw-away database are wanted instead of the one at `place`.
    pub demo: bool,
    /// How many sample people.
    pub users: u64,
    /// Opens the database at `place`.
    pub open: Opener,
    /// Creates it.
    pub create: Opener,
}

/// The machine as one call of the program finds it.
pub struct Machine {
    place: Place,
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
        let config = Config::read(&place::config_files())?;
        let place = place::locate(global.db.clone(), std::env::var_os("ROLLBOOK_DB"), &config)?;
        let access = if global.read_only { Access::ReadOnly } else { Access::Full };
        Ok(Machine {
            place,
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
        })
    }

    /// What the console needs.
    pub fn setup(&self, demo: Option<u64>) -> Setup {
        let (identity, path, access) = (&self.identity, self.place.path.clone(), self.access);
        let (actor, origin) = (identity.actor(), identity.origin.clone());
        let (same_path, same_actor, same_origin) = (path.clone(), actor.clone(), origin.clone());
        Setup {
            place: self.place.clone(),
            access,
            actor: actor.clone(),
            origin: origin.clone(),
            short: identity.short.clone(),
            color: self.color.0,
            ascii: self.ascii.0,
            theme: self.theme.0,
            demo: demo.is_some(),
            users: demo.unwrap_or_default(),
            open: Box::new(move || {
                Ok(accounts(engines::open(&path, access)?, same_actor.clone(), same_origin.clone()))
            }),
            create: Box::new(move || Ok(accounts(engines::create(&same_path)?, actor.clone(), origin.clone()))),
        }
    }

    fn accounts(&self, store: Box<dyn Store>, service: Option<&str>) -> Accounts {
        let actor = service.map_or_else(|| self.identity.actor(), |name| Actor::Service(name.to_owned()));
        accounts(store, actor, self.identity.origin.clone())
    }
}

fn accounts(store: Box<dyn Store>, actor: Actor, origin: String) -> Accounts {
    let ground =
        Ground { store, clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy), cost: Cost::default() };
    Accounts::new(ground, actor, origin)
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

    fn create(&self, service: Option<&str>) -> Result<Accounts> {
        engines::create(&self.place.path).map(|store| self.accounts(store, service))
    }

    fn imagine(&self, service: Option<&str>) -> Result<Accounts> {
        engines::memory().map(|store| self.accounts(store, service))
    }

    fn upgrade(&self) -> Result<Upgraded> {
        let done = engines::upgrade(&self.place.path)?;
        Ok(Upgraded { from: done.from, to: done.to, backup: done.backup })
    }

    fn load_sample_people(&self, accounts: &mut Accounts, users: u64, tell: &mut dyn FnMut(Loading)) -> Result<()> {
        let began = Instant::now();
        demo::load(accounts, users, &|| began.elapsed(), &mut |progress| {
            let demo::Progress { done, of, per_second, left_seconds } = progress;
            tell(Loading { done, of, per_second, left_seconds });
        })
    }

    fn settings(&self) -> Vec<Setting> {
        let setting = |key, value: &str, source: &str| Setting { key, value: value.into(), source: source.into() };
        vec![
            setting("db", &self.path(), &self.place.source.words()),
            setting("theme", self.theme.0.word(), &self.theme.1),
            setting("color", self.color.0.word(), &self.color.1),
            setting("ascii", if self.ascii.0 { "true" } else { "false" }, &self.ascii.1),
        ]
    }
}
