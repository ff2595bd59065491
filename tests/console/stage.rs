//! The stage: the console's model over the real engine in memory, keys in, screen out. Nothing sleeps, nothing is
//! mocked; effects are carried out inline by the functions that the worker's threads call.

use std::path::{Path, PathBuf};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Position;
use ratatui::style::Style;

use rollbook::accounts::time::Clock as _;
use rollbook::accounts::user::{Draft, User};
use rollbook::accounts::{Accounts, Actor, Error, Kind, Secret, Span};
use rollbook::console::effect::{Effect, Event, Place, Target};
use rollbook::console::key::{Code, Key};
use rollbook::console::model::{Model, Setup};
use rollbook::console::theme::{Role, Theme};
use rollbook::console::undrawn::goes_on;
use rollbook::console::update::{start, take, update};
use rollbook::console::view;
use rollbook::console::worker::{answer, carry_out};
use rollbook::engines;

use crate::support::{HandClock, MemoryRing, Seeded, accounts, accounts_with, operator};

/// A password that every rule accepts.
pub const PASSWORD: &str = "correct horse battery staple";

pub struct Stage {
    pub model: Model,
    /// The database: the console's reads and writes go here, and a test may use it as another process would.
    pub accounts: Option<Accounts>,
    pub clock: HandClock,
    /// The key of the second factors.
    pub ring: MemoryRing,
    /// What was sent to the terminal's clipboard.
    pub copied: Vec<String>,
    /// How often the screen was to be drawn anew, and the console to be suspended.
    pub repaints: usize,
    pub suspends: usize,
    /// While set, effects are kept instead of carried out, so that answers can be released late or never.
    pub holding: bool,
    pub held: Vec<Effect>,
    /// What was heard of the progress of orders about many.
    pub reached: Vec<(u32, u32)>,
    /// Orders about many end after their first batch.
    pub stopping: bool,
    cursor: Option<(u16, u16)>,
    terminal: Terminal<TestBackend>,
}

impl Stage {
    /// A console of this size on an empty database.
    pub fn sized(columns: u16, rows: u16) -> Stage {
        Stage::with(columns, rows, |_| {})
    }

    /// The same at 120×40, after `prepare` has filled the database.
    pub fn new(prepare: impl FnOnce(&mut Accounts)) -> Stage {
        Stage::with(120, 40, |accounts| prepare(accounts))
    }

    /// A console of this size, after `prepare` has filled the database.
    pub fn with(columns: u16, rows: u16, prepare: impl FnOnce(&mut Accounts)) -> Stage {
        Stage::set_up(columns, rows, |_| {}, prepare)
    }

    /// A console on people of these names, active, each created a minute after the one before: the last is on top.
    pub fn people(names: &[&str]) -> Stage {
        let clock = HandClock::default();
        let mut stage = Stage::on(120, 40, |_| {}, &clock);
        for name in names {
            stage.register(name);
            clock.advance(Span::MINUTE);
        }
        stage.open();
        stage
    }

    /// A console whose setup was changed by `change` before it began.
    pub fn set_up(
        columns: u16,
        rows: u16,
        change: impl FnOnce(&mut Setup),
        prepare: impl FnOnce(&mut Accounts),
    ) -> Stage {
        let clock = HandClock::default();
        let mut stage = Stage::on(columns, rows, change, &clock);
        if let Some(accounts) = stage.accounts.as_mut() {
            prepare(accounts);
        }
        stage.open();
        stage
    }

    /// A console that finds no database at its place.
    pub fn without_database() -> Stage {
        let mut stage = Stage::on(120, 40, |_| {}, &HandClock::default());
        stage.accounts = None;
        stage.open();
        stage
    }

    /// A further console, of this actor, on a database that it is lent while it opens. From then on it keeps its effects
    /// for whoever lends them a database again.
    pub fn beside(size: (u16, u16), clock: &HandClock, actor: Actor, accounts: &mut Option<Accounts>) -> Stage {
        let mut stage = Stage::on(size.0, size.1, |setup| setup.actor = actor, clock);
        std::mem::swap(&mut stage.accounts, accounts);
        stage.open();
        std::mem::swap(&mut stage.accounts, accounts);
        stage.holding = true;
        stage
    }

    fn on(columns: u16, rows: u16, change: impl FnOnce(&mut Setup), clock: &HandClock) -> Stage {
        let store = engines::memory().expect("memory");
        let mut setup = Setup {
            warning: None,
            path: Some(PathBuf::from("/srv/users.db")),
            looked: "/srv/users.db (--db)".to_owned(),
            read_only: false,
            actor: operator(),
            role: rollbook::accounts::Role::Admin,
            glass: false,
            who: "root · ssh 10.0.0.5".to_owned(),
            theme: Theme::Terminal,
            ascii: false,
            zone: std::sync::LazyLock::new(|| jiff::tz::TimeZone::UTC),
            clock: Box::new(clock.clone()),
            entropy: Box::new(Seeded(99)),
        };
        change(&mut setup);
        let (actor, ring) = (setup.actor.clone(), MemoryRing::default());
        Stage {
            model: Model::new(setup, (columns, rows)),
            accounts: Some(accounts_with(store, clock, 7, actor, ring.clone())),
            clock: clock.clone(),
            ring,
            copied: Vec::new(),
            repaints: 0,
            suspends: 0,
            holding: false,
            held: Vec::new(),
            reached: Vec::new(),
            stopping: false,
            cursor: None,
            terminal: Terminal::new(TestBackend::new(columns, rows)).expect("terminal"),
        }
    }

    fn open(&mut self) {
        let first = Effect::Connect(start(&self.model).0);
        self.carry_out(vec![first]);
        self.draw();
    }

    /// The database, as another process uses it.
    pub fn db(&mut self) -> &mut Accounts {
        self.accounts.as_mut().expect("a database")
    }

    /// Adds an active member with the stage's password.
    pub fn register(&mut self, name: &str) -> User {
        let draft = Draft::named(name).expect("a lawful name");
        self.db().create_user(draft, Some(&Secret::from(PASSWORD))).expect("created")
    }

    /// Logs somebody in as a service would; answers with the token.
    pub fn log_in(&mut self, name: &str, client: &str) -> Secret {
        let before = self.db().act_as(Actor::Service("web".into()));
        let password = Secret::from(PASSWORD);
        let login = rollbook::accounts::Login {
            name,
            password: Some(&password),
            client: Some(client),
            address: Some("10.1.4.77"),
            ..Default::default()
        };
        let opened = self.db().log_in(&login).expect("logged in");
        self.db().act_as(before);
        opened.token
    }

    /// Presses keys. Letters are typed; `<enter>`, `<esc>`, `<tab>`, `<s-tab>`, `<up>`, `<down>`, `<left>`, `<right>`,
    /// `<pgup>`, `<pgdn>`, `<home>`, `<end>`, `<bs>`, `<f1>`, `<c-u>` and the like are named; `<lt>` is `<`.
    pub fn press(&mut self, script: &str) -> &mut Self {
        for key in keys(script) {
            self.event(Event::Key { key, burst: false });
        }
        self
    }

    /// The same keys, arriving in one burst that no fingers make.
    pub fn burst(&mut self, script: &str) -> &mut Self {
        for key in keys(script) {
            self.event(Event::Key { key, burst: true });
        }
        self
    }

    /// Lets some time pass, so that a fresh question can be answered.
    pub fn wait(&mut self, span: Span) -> &mut Self {
        self.clock.advance(span);
        self.event(Event::Tick);
        self
    }

    /// Half a second: longer than a fresh question drops keys.
    pub fn moment(&mut self) -> &mut Self {
        self.wait(Span::from_millis(500))
    }

    /// Tells the console that something in the database moved, as the background connection does.
    pub fn moved(&mut self) -> &mut Self {
        self.event(Event::Moved { users: true, sessions: true });
        self
    }

    pub fn event(&mut self, event: Event) -> &mut Self {
        self.take(event);
        self.draw();
        self
    }

    /// Takes an event without drawing a frame.
    pub fn take(&mut self, event: Event) {
        if let Event::Resize(columns, rows) = event {
            self.terminal.backend_mut().resize(columns, rows);
        }
        let effects = update(&mut self.model, event);
        self.carry_out(effects);
    }

    /// Takes a key behind which another comes that goes on with it, as the loop does.
    pub fn take_key(&mut self, key: Key, burst: bool, next: Option<Key>) {
        let goes_on = next.is_some_and(|next| goes_on(&self.model, key, next));
        let effects = if goes_on { take } else { update }(&mut self.model, Event::Key { key, burst });
        self.carry_out(effects);
    }

    /// Carries out the effects that were held back.
    pub fn release(&mut self) -> &mut Self {
        self.holding = false;
        let held = std::mem::take(&mut self.held);
        self.carry_out(held);
        self.draw();
        self
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Stop(_) = effect {
                self.stopping = true;
                continue;
            }
            if self.holding {
                self.held.push(effect);
                continue;
            }
            let event = match effect {
                Effect::Ask(slot, turn, read) => match self.accounts.as_mut() {
                    Some(accounts) => Event::Answered(slot, turn, answer(accounts, read)),
                    None => continue,
                },
                Effect::Write(ticket, write) => match self.accounts.as_mut() {
                    Some(accounts) => {
                        let (reached, stopping) = (&mut self.reached, self.stopping);
                        let outcome = carry_out(accounts, write, &mut |done, of| {
                            reached.push((done, of));
                            !stopping
                        });
                        self.stopping = false;
                        for (done, of) in std::mem::take(&mut self.reached) {
                            let effects = update(&mut self.model, Event::Reached(ticket, done, of));
                            self.carry_out(effects);
                        }
                        Event::Written(ticket, outcome)
                    }
                    None => Event::Written(ticket, Err(Error::new(Kind::NoDatabase, "no database is open"))),
                },
                Effect::Connect(target) => self.connect(target),
                // One handle serves all of the stage, and has heard of it.
                Effect::Seat(_) | Effect::Stop(_) => continue,
                Effect::Copy(text) => {
                    self.copied.push(text.expose().to_owned());
                    continue;
                }
                Effect::Repaint => {
                    self.repaints += 1;
                    continue;
                }
                Effect::Suspend => {
                    self.suspends += 1;
                    continue;
                }
            };
            let effects = update(&mut self.model, event);
            self.carry_out(effects);
        }
    }

    fn connect(&mut self, target: Target) -> Event {
        let missing = Error::new(Kind::NoDatabase, "no database at /srv/users.db").hint("rollbook init makes one");
        if let (Target::Create(_) | Target::Demo, None) = (&target, &self.accounts) {
            let store = engines::memory().expect("memory");
            self.accounts = Some(accounts(store, &self.clock, 7, self.model.setup.actor.clone()));
        }
        let path = match &target {
            Target::Open(path) | Target::Create(path) | Target::Upgrade(path) => path.clone(),
            Target::Demo => Path::new("/tmp/sample.db").to_owned(),
        };
        let demo = target == Target::Demo;
        let place = match self.accounts.as_mut() {
            Some(accounts) => accounts.policy().and_then(|policy| {
                Ok(Place { path, file: accounts.file(), demo, policy, standing: accounts.standing()?, remark: None })
            }),
            None => Err(missing),
        };
        Event::Connected(target, place)
    }

    /// Draws a frame.
    pub fn draw(&mut self) {
        let (model, mut cursor) = (&self.model, None);
        self.terminal
            .draw(|frame| {
                cursor = view::draw(model, frame.buffer_mut());
                if let Some(place) = cursor {
                    frame.set_cursor_position(Position::from(place));
                }
            })
            .expect("drawn");
        self.cursor = cursor;
        self.model.drew();
    }

    /// The screen's text, a line a row.
    pub fn screen(&self) -> String {
        let buffer = self.terminal.backend().buffer();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut skip = 0;
            for x in 0..buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                line.push_str(symbol);
                skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The screen's cells.
    pub fn buffer(&self) -> &ratatui::buffer::Buffer {
        self.terminal.backend().buffer()
    }

    /// The last line.
    pub fn last_line(&self) -> String {
        self.screen().lines().last().unwrap_or_default().trim().to_owned()
    }

    /// The first line of the screen that contains this text.
    pub fn line_with(&self, text: &str) -> String {
        let screen = self.screen();
        let line = screen.lines().find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("nowhere on the screen: {text:?}\n{screen}")).to_owned()
    }

    /// Fails unless the screen shows this text.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(screen.contains(text), "nowhere on the screen: {text:?}\n{screen}");
        self
    }

    /// Fails if the screen shows this text.
    #[track_caller]
    pub fn hides(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.contains(text), "on the screen: {text:?}\n{screen}");
        self
    }

    /// Fails unless the last line contains this text.
    #[track_caller]
    pub fn says(&mut self, text: &str) -> &mut Self {
        let line = self.last_line();
        assert!(line.contains(text), "the last line does not say {text:?}: {line:?}\n{}", self.screen());
        self
    }

    /// The style of the first cell of this text on the screen.
    pub fn style_of(&self, text: &str) -> Style {
        let screen = self.screen();
        let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).expect("on the screen");
        let before = &line[..line.find(text).unwrap_or(0)];
        let x = unicode_width::UnicodeWidthStr::width(before) as u16;
        self.terminal.backend().buffer()[(x, y as u16)].style()
    }

    /// Whether this text is drawn in this role, as far as the theme tells roles apart.
    pub fn is_in_role(&self, text: &str, role: Role) -> bool {
        let (drawn, wanted) = (self.style_of(text), self.model.setup.theme.style(role));
        drawn.add_modifier == wanted.add_modifier && (wanted.fg.is_none() || drawn.fg == wanted.fg)
    }

    /// Where the terminal's cursor stands, if it is seen.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.cursor
    }

    /// The name of the person under the cursor.
    pub fn under_cursor(&self) -> String {
        self.model.person().map(|user| user.name.clone()).unwrap_or_default()
    }

    pub fn now(&self) -> rollbook::accounts::Time {
        self.clock.now()
    }
}

/// Reads a script of keys.
pub fn keys(script: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        if let Some((name, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            keys.push(named(name));
            rest = after;
        } else {
            keys.push(Key::char(c));
            rest = &rest[c.len_utf8()..];
        }
    }
    keys
}

fn named(name: &str) -> Key {
    let code = match name {
        "enter" => Code::Enter,
        "esc" => Code::Esc,
        "tab" => Code::Tab,
        "s-tab" => Code::BackTab,
        "bs" => Code::Backspace,
        "del" => Code::Delete,
        "up" => Code::Up,
        "down" => Code::Down,
        "left" => Code::Left,
        "right" => Code::Right,
        "pgup" => Code::PageUp,
        "pgdn" => Code::PageDown,
        "home" => Code::Home,
        "end" => Code::End,
        "f1" => Code::F(1),
        "f5" => Code::F(5),
        "space" => Code::Char(' '),
        "lt" => Code::Char('<'),
        _ => match name.strip_prefix("c-").and_then(|letter| letter.chars().next()) {
            Some(letter) => return Key::ctrl(letter),
            None => panic!("no key <{name}>"),
        },
    };
    Key::named(code)
}
