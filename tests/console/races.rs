//! Two consoles and a service on one database, with chance in between: people vanish, change and move while keys
//! arrive and answers are on their way. Nothing is done to anybody, or to any state of theirs, that was not drawn.

use rollbook::accounts::token::Entropy as _;
use rollbook::accounts::user::{Draft, Edit, Name, User};
use rollbook::accounts::{Accounts, Actor, Login, Secret, Span};
use rollbook::console::effect::Event;
use rollbook::engines;

use crate::desk::Desk;
use crate::stage::PASSWORD;
use crate::support::{HandClock, Seeded, accounts, long, operator};

const MOVES: &[&str] = &[
    "j",
    "k",
    "jj",
    "kkk",
    "j",
    "k",
    "G",
    "g",
    "<pgdn>",
    "<pgup>",
    "1",
    "2",
    "3",
    "<tab>",
    "<tab>",
    "<s-tab>",
    "S",
    "sn",
    "sc",
    "sl",
    "st",
    "fp",
    "fl",
    "fx",
    "fx",
    "fi",
    "fd",
    "/p1<enter>",
    "/p<enter>",
    "/é<enter>",
    "<esc>",
    "<esc>",
    "w",
    "o",
    "h",
    "R",
    "<enter>",
    ":",
];

const DEEDS: &[&str] = &[
    "a",
    "a",
    "a",
    "i<enter>",
    "i<enter>",
    "iwhy<enter>",
    "d",
    "d",
    "y",
    "y",
    "y",
    "x",
    "X",
    "r",
    "!",
    "z",
    "z",
    "p",
    "<tab><enter>",
    "e",
    "<tab><tab><tab>n<tab><tab><enter>",
    "tn<enter><tab><enter>",
    "n<enter>",
    "<enter>",
    "aa",
    "ai<enter>",
    "ja",
    "jx",
    ":activate<enter>",
    "jd",
    "z",
];

struct World {
    accounts: Option<Accounts>,
    clock: HandClock,
    dice: Seeded,
    desks: Vec<Desk>,
    tokens: Vec<Secret>,
    born: usize,
    told: Vec<String>,
}

impl World {
    fn new(seed: u64) -> World {
        let clock = HandClock::default();
        let mut database = accounts(engines::memory().unwrap(), &clock, seed, operator());
        let mut dice = Seeded(seed);
        let mut born = 0;
        for _ in 0..6 + below(&mut dice, 30) {
            add(&mut database, &mut dice, born);
            born += 1;
            clock.advance(Span::SECOND);
        }
        let mut accounts = Some(database);
        let size = [(100, 13), (74, 20), (50, 12)][below(&mut dice, 3)];
        let desks = ["root", "bob"]
            .map(|name| Desk::new(size, &clock, Actor::Operator(name.into()), &mut accounts))
            .into_iter()
            .collect();
        World { accounts, clock, dice, desks, tokens: Vec::new(), born, told: Vec::new() }
    }

    fn below(&mut self, n: usize) -> usize {
        below(&mut self.dice, n)
    }

    fn step(&mut self) {
        let at = self.below(2);
        match self.below(16) {
            0 | 1 => self.keys(at, MOVES),
            2..=6 => self.keys(at, DEEDS),
            7 | 8 => self.meddle(),
            9 => self.desks[at].arrive(Event::Moved { users: true, sessions: true }),
            10..=12 => self.work(at),
            13 | 14 => self.deliver(at),
            _ => {
                let span = [20, 300, 600, 3000][self.below(4)];
                self.clock.advance(Span::from_millis(span));
            }
        }
        match self.below(4) {
            0 => self.settle(at),
            1 => self.desks[at].turn(),
            _ => {}
        }
    }

    fn keys(&mut self, at: usize, scripts: &[&'static str]) {
        let script = scripts[self.below(scripts.len())];
        if self.below(3) > 0 {
            // What stands in the way of most keys.
            self.clock.advance(Span::from_millis(300));
        } else if self.below(3) == 0 {
            self.desks[at].type_keys("<esc><esc>");
        }
        self.told.push(format!("{at}: {script}"));
        self.desks[at].type_keys(script);
    }

    fn work(&mut self, at: usize) {
        let (which, fails) = (self.below(self.desks[at].waiting().max(1)), self.below(20) == 0);
        self.desks[at].work(which, self.accounts.as_mut().unwrap(), fails);
    }

    fn deliver(&mut self, at: usize) {
        let which = self.below(self.desks[at].under_way().max(1));
        self.desks[at].deliver(which);
    }

    /// Everything that is on its way comes in, as on a machine that has nothing else to do.
    fn settle(&mut self, at: usize) {
        for _ in 0..200 {
            self.desks[at].take_all();
            if self.desks[at].is_at_rest() {
                return self.desks[at].draw();
            }
            self.desks[at].work(0, self.accounts.as_mut().unwrap(), false);
            self.desks[at].deliver(0);
        }
        panic!("console {at} never comes to rest");
    }

    /// The service, or somebody at a shell, does something to somebody.
    fn meddle(&mut self) {
        let (deed, whom) = (self.below(12), self.below(self.born));
        let database = self.accounts.as_mut().unwrap();
        self.clock.advance(Span::from_millis(7));
        if deed == 0 {
            database.act_as(Actor::Operator("carol".into()));
            add(database, &mut self.dice, self.born);
            self.born += 1;
            return;
        }
        database.act_as(Actor::Operator("carol".into()));
        let Some(user) = database.find(&called(whom)).ok() else { return };
        self.told.push(format!("meddled {deed} {}", user.name));
        self.tokens.extend(meddle(database, &user, deed, self.born));
        if deed == 11 && !self.tokens.is_empty() {
            let token = self.tokens.swap_remove(whom % self.tokens.len());
            let _ = self.accounts.as_mut().unwrap().log_out(&token);
        }
    }

    fn finish(&mut self) {
        for at in 0..2 {
            self.settle(at);
        }
        for at in 0..2 {
            self.desks[at].arrive(Event::Moved { users: true, sessions: true });
            self.settle(at);
            let model = &self.desks[at].stage.model;
            assert!(model.orders.is_empty(), "an order without an outcome");
            if let Some(user) = model.users.list.window.current() {
                let now = self.accounts.as_mut().unwrap().get(&user.id, None);
                assert_eq!(now.ok().as_ref(), Some(user), "what is drawn is not what is there");
            }
        }
    }
}

fn called(number: usize) -> String {
    format!("p{number}{}", ["", "é", "ß"][number % 3])
}

fn add(database: &mut Accounts, dice: &mut Seeded, number: usize) {
    let draft = Draft { pending: below(dice, 2) == 0, ..Draft::named(&called(number)).unwrap() };
    let password = Secret::from(PASSWORD);
    database.create_user(draft, number.is_multiple_of(2).then_some(&password)).unwrap();
}

fn meddle(database: &mut Accounts, user: &User, deed: usize, fresh: usize) -> Option<Secret> {
    let id = &user.id;
    match deed {
        1 => drop(database.edit(id, None, Edit { note: Some(Some(format!("n{fresh}"))), ..Edit::default() })),
        2 => {
            let name = Some(Name::parse(&format!("{}x", user.name)).unwrap());
            drop(database.edit(id, None, Edit { name, ..Edit::default() }));
        }
        3 => drop(database.deactivate(id, None)),
        4 => drop(database.activate(id, None)),
        5 => drop(database.delete(id, None)),
        6 => drop(database.purge(id, None)),
        7 => drop(database.end_sessions(id, None)),
        8 => {
            database.act_as(Actor::Service("web".into()));
            for _ in 0..7 {
                let _ = database.authenticate(&user.name, &Secret::from("wrong wrong wrong"), None);
            }
        }
        _ => {
            database.act_as(Actor::Service("web".into()));
            let password = Secret::from(PASSWORD);
            let login = Login { name: &user.name, password: Some(&password), client: Some("c"), ..Login::default() };
            return database.log_in(&login).ok().map(|opened| opened.token);
        }
    }
    None
}

fn below(dice: &mut Seeded, n: usize) -> usize {
    let mut bytes = [0; 2];
    dice.fill(&mut bytes).unwrap();
    usize::from(u16::from_le_bytes(bytes)) % n.max(1)
}

/// What came of a number of races.
#[derive(Default)]
struct Tally {
    races: usize,
    orders: usize,
    /// How many of the orders came too late, and were refused.
    stale: usize,
    /// The races in which something was done that must not be.
    lost: Vec<u64>,
}

/// Carries races out to the last, so that one which is lost hides none of the others.
fn races(seeds: std::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let mut world = World::new(seed);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..40 {
                world.step();
            }
            world.finish();
        }));
        tally.races += 1;
        if outcome.is_err() {
            eprintln!("race {seed} is lost: {:?}", world.told);
            tally.lost.push(seed);
        }
        tally.orders += world.desks.iter().map(|desk| desk.orders).sum::<usize>();
        tally.stale += world.desks.iter().map(|desk| desk.stale).sum::<usize>();
    }
    tally
}

/// Which races: a share of them, all ten thousand, or those that `ROLLBOOK_TEST_SEEDS=5000..6000` asks for.
fn seeds() -> std::ops::Range<u64> {
    let asked = std::env::var("ROLLBOOK_TEST_SEEDS").ok();
    let asked = asked.as_deref().and_then(|text| text.split_once(".."));
    match asked {
        Some((from, to)) => from.parse().unwrap()..to.parse().unwrap(),
        None if long() => 0..10_000,
        None => 0..200,
    }
}

#[test]
fn whatever_happens_meanwhile_only_what_was_drawn_is_acted_upon() {
    let all = seeds();
    let middle = all.start.midpoint(all.end);
    let half = std::thread::spawn(move || races(middle..all.end));
    let (one, two) = (races(all.start..middle), half.join().unwrap());
    let (count, orders, stale) = (one.races + two.races, one.orders + two.orders, one.stale + two.stale);
    println!("{count} races: {orders} orders, {stale} of them stale");
    let lost = [one.lost, two.lost].concat();
    assert!(lost.is_empty(), "lost are {lost:?}");
    // Races in which nothing is done, or nobody comes too late, try nothing.
    assert!(count < 200 || (orders > 300 && stale > 20), "{orders} orders, {stale} stale");
}
