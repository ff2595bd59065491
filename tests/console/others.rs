//! What the stories have in common besides the stage: other processes, a service, a crowd.

use rollbook::accounts::user::{Draft, Edit, Status, User, UserId};
use rollbook::accounts::{Accounts, Actor, Kind, Secret};
use rollbook::console::effect::{Effect, Event};
use rollbook::console::worker::answer;

use crate::stage::{PASSWORD, Stage};

impl Stage {
    /// Another administrator, bob, does something in another process, and the console hears that something moved.
    pub fn elsewhere<T>(&mut self, deed: impl FnOnce(&mut Accounts) -> T) -> T {
        let done = self.behind(deed);
        self.moved();
        done
    }

    /// The same, but the console has not heard of it yet.
    pub fn behind<T>(&mut self, deed: impl FnOnce(&mut Accounts) -> T) -> T {
        let before = self.db().act_as(Actor::Operator("bob".into()));
        let done = deed(self.db());
        self.db().act_as(before);
        done
    }

    /// The person as the database has them now.
    pub fn person(&mut self, name: &str) -> User {
        self.db().find(name).unwrap()
    }

    pub fn id(&mut self, name: &str) -> UserId {
        self.person(name).id
    }

    pub fn status(&mut self, name: &str) -> Status {
        self.person(name).status
    }

    /// Whether the database has no living person of this name.
    pub fn is_gone(&mut self, name: &str) -> bool {
        self.db().find(name).is_err_and(|error| error.kind == Kind::UnknownUser)
    }

    /// Adds somebody whom the draft describes, with the stage's password.
    pub fn create(&mut self, draft: Draft) -> User {
        self.db().create_user(draft, Some(&Secret::from(PASSWORD))).unwrap()
    }

    /// Changes somebody from elsewhere.
    pub fn edit_elsewhere(&mut self, name: &str, edit: Edit) {
        let id = self.id(name);
        self.elsewhere(|accounts| accounts.edit(&id, None, edit)).unwrap();
    }

    /// Whether this password lets this person in.
    pub fn lets_in(&mut self, name: &str, password: &str) -> bool {
        self.db().authenticate(name, &Secret::from(password), None).is_ok()
    }

    /// Answers the questions that are held back as of now, without delivering the answers; orders stay held.
    pub fn answers(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for effect in std::mem::take(&mut self.held) {
            match effect {
                Effect::Ask(slot, turn, read) => events.push(Event::Answered(slot, turn, answer(self.db(), read))),
                other => self.held.push(other),
            }
        }
        events
    }

    /// The order of these texts on the screen, by the rows that they stand in.
    #[track_caller]
    pub fn in_rows(&mut self, texts: &[&str]) -> &mut Self {
        let screen = self.screen();
        let rows: Vec<usize> = texts
            .iter()
            .map(|text| {
                let row = screen.lines().position(|line| line.contains(text));
                row.unwrap_or_else(|| panic!("nowhere on the screen: {text:?}\n{screen}"))
            })
            .collect();
        assert!(rows.is_sorted_by(|a, b| a < b), "{texts:?} stand in rows {rows:?}\n{screen}");
        self
    }

    /// The row of the screen in which this text stands first.
    pub fn row_of(&self, text: &str) -> usize {
        let screen = self.screen();
        screen.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text:?}\n{screen}"))
    }

    #[track_caller]
    pub fn is_under_cursor(&mut self, name: &str) -> &mut Self {
        assert_eq!(self.under_cursor(), name, "\n{}", self.screen());
        self
    }
}

/// A console on `n` people, `p000` the oldest; the newest is on top.
pub fn crowd(n: usize) -> Stage {
    Stage::new(|accounts| {
        for i in 0..n {
            accounts.create_user(Draft::named(&format!("p{i:03}")).unwrap(), None).unwrap();
        }
    })
}

/// A console on these people, the last on top, of whom the named ones are logged in with these clients.
pub fn with_sessions(names: &[&str], sessions: &[(&str, &str)]) -> (Stage, Vec<Secret>) {
    let mut stage = Stage::people(names);
    let tokens = sessions.iter().map(|(name, client)| stage.log_in(name, client)).collect();
    stage.moved();
    (stage, tokens)
}

/// A draft of this name with changes.
pub fn draft(name: &str, change: impl FnOnce(&mut Draft)) -> Draft {
    let mut draft = Draft::named(name).unwrap();
    change(&mut draft);
    draft
}
