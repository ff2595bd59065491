//! A database with a clock moved by hand, and the short words in which the scenarios are told.

use std::ops::{Deref, DerefMut};
use std::path::Path;

use rollbook::accounts::audit::Entry;
use rollbook::accounts::error::{Error, Kind, Result};
use rollbook::accounts::hash::{Cost, PasswordHash};
use rollbook::accounts::query::{Anchor, Filter, Order, Query};
use rollbook::accounts::session::Opened;
use rollbook::accounts::store::{NewUser, Store};
use rollbook::accounts::{Accounts, Actor, Draft, Ground, Login, Role, Secret, Span, User, UserId};
use rollbook::engines;
use rollbook::host::key::KeyFile;

use crate::support::{HandClock, Seeded, accounts, operator, scratch, service};

/// What every person's password is, unless a test says otherwise.
pub const PASSWORD: &str = "a rabbit in a waistcoat";

/// One handle and its clock; the handle acts as the operator unless told otherwise.
pub struct World {
    pub accounts: Accounts,
    pub clock: HandClock,
}

impl Deref for World {
    type Target = Accounts;

    fn deref(&self) -> &Accounts {
        &self.accounts
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Accounts {
        &mut self.accounts
    }
}

impl World {
    /// An empty database in memory, under the default policy.
    pub fn strict() -> World {
        World::over(engines::memory().unwrap())
    }

    /// An empty database in memory that takes any password which is not blank, as both predecessors do.
    pub fn new() -> World {
        let mut world = World::strict();
        world.set_policy("password", "open").unwrap();
        world
    }

    /// Over a store that stands already.
    pub fn over(store: Box<dyn Store>) -> World {
        let clock = HandClock::default();
        World { accounts: accounts(store, &clock, 7, operator()), clock }
    }

    /// Does something in another name, then acts in its own again.
    pub fn by<T>(&mut self, actor: &Actor, deed: impl FnOnce(&mut Accounts) -> T) -> T {
        let own = self.accounts.act_as(actor.clone());
        let result = deed(&mut self.accounts);
        self.accounts.act_as(own);
        result
    }

    /// Does something as the service.
    pub fn served<T>(&mut self, deed: impl FnOnce(&mut Accounts) -> T) -> T {
        self.by(&service(), deed)
    }

    /// Somebody active, registered by the service.
    pub fn person(&mut self, name: &str) -> User {
        self.served(|a| a.register(name, &pw(PASSWORD), false)).unwrap()
    }

    /// Somebody registered and not yet activated.
    pub fn pending(&mut self, name: &str) -> User {
        self.served(|a| a.register(name, &pw(PASSWORD), true)).unwrap()
    }

    /// Somebody in this role.
    pub fn with_role(&mut self, name: &str, role: Role) -> User {
        let draft = Draft { role, ..Draft::named(name).unwrap() };
        self.create_user(draft, Some(&pw(PASSWORD))).unwrap()
    }

    /// Logs in through the service.
    pub fn try_login(&mut self, name: &str, password: &str) -> Result<Opened> {
        let password = pw(password);
        self.served(|a| a.log_in(&Login { name, password: Some(&password), ..Login::default() }))
    }

    /// Logs in with everybody's password.
    pub fn login(&mut self, name: &str) -> Opened {
        self.try_login(name, PASSWORD).unwrap()
    }

    /// Whether a token is good at this moment.
    pub fn lives(&mut self, token: &Secret) -> bool {
        match self.served(|a| a.check(token)) {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.kind, Kind::Unauthenticated, "{error}");
                false
            }
        }
    }

    /// How they stand now.
    pub fn look(&mut self, user: &User) -> User {
        self.get(&user.id, None).unwrap()
    }

    /// Everybody who passes a filter, by name.
    pub fn names(&mut self, filter: &Filter) -> Vec<String> {
        let query = Query { filter: filter.clone(), order: Order::Name, reversed: false };
        let page = self.users(&query, &Anchor::Start, 1000).unwrap();
        page.rows.into_iter().map(|(_, user)| user.name).collect()
    }

    /// The whole audit, first entry first.
    pub fn entries(&mut self) -> Vec<Entry> {
        let mut all: Vec<Entry> = Vec::new();
        loop {
            let before = all.last().map(|entry| entry.seq);
            let page = self.accounts.audit(None, before, 100).unwrap();
            if page.is_empty() {
                all.reverse();
                return all;
            }
            all.extend(page);
        }
    }

    /// The word of the last thing that was written down.
    pub fn last_deed(&mut self) -> String {
        self.accounts.audit(None, None, 1).unwrap()[0].deed.clone()
    }

    pub fn pass(&self, span: Span) {
        self.clock.advance(span);
    }
}

pub fn pw(text: &str) -> Secret {
    Secret::from(text)
}

/// The refusal; panics where there was none.
pub fn refused<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("was not refused"),
        Err(error) => error,
    }
}

/// The kind of the refusal.
pub fn kind<T>(result: Result<T>) -> Kind {
    refused(result).kind
}

/// A user as one who acts.
pub fn acting(user: &User) -> Actor {
    Actor::User { id: user.id.clone(), name: user.name.clone() }
}

/// A person written straight into the store with whatever stands for a hash, as another program might.
pub fn insert(store: &mut dyn Store, name: &str, hash: Option<&str>) -> User {
    use rollbook::accounts::audit::{Deed, Stamp};
    use rollbook::accounts::warrant::Warrant;
    let stamp = Stamp {
        at: crate::support::START,
        actor: operator(),
        origin: String::new(),
        reason: None,
        warrant: Warrant::Open,
    };
    let id = UserId::new(format!("{:032x}", name.bytes().fold(7u128, |sum, byte| sum * 257 + u128::from(byte))));
    let draft = Draft::named(name).unwrap();
    let new = NewUser { id, draft, hash: hash.map(PasswordHash::new), founding: false, deed: Deed::Create };
    store.insert_user(&new, &stamp).unwrap()
}

/// A handle on a database file of its own connection.
pub fn open(path: &Path, clock: &HandClock, seed: u64, cost: Cost) -> Accounts {
    let store = engines::open(path, engines::Access::Full).unwrap();
    let ground = Ground {
        store,
        clock: Box::new(clock.clone()),
        entropy: Box::new(Seeded(seed)),
        cost: Some(cost),
        keys: Box::new(KeyFile::new(path.with_extension("key"))),
    };
    Accounts::new(ground, operator(), "")
}

/// A new database file with an open password rule, in a folder that goes with it.
pub fn file() -> (tempfile::TempDir, std::path::PathBuf, World) {
    let folder = scratch();
    let path = folder.path().join("rollbook.db");
    let mut world = World::over(engines::create(&path).unwrap());
    world.set_policy("password", "open").unwrap();
    (folder, path, world)
}
