//! The pane of users: the list, its filter and its order.

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use crate::accounts::query::{Filter, Key, Order, Page, Query};
use crate::accounts::time::Time;
use crate::accounts::user::{Role as UserRole, Status, User, UserId};
use crate::console::effect::{Effect, Read, Slot};
use crate::console::expression;
use crate::console::ink::Ink;
use crate::console::listing::{Listing, Wanted};
use crate::console::marks::Marks;
use crate::console::theme::Role;
use crate::console::window::{Row, Want, Window};
use crate::console::words::{clipped, exact, listed, number, shown, since, span_exactly};

impl Row for User {
    type Id = UserId;

    fn identity(&self) -> &UserId {
        &self.id
    }
}

/// The state of the pane.
pub struct Users {
    /// The list with its filter.
    pub list: Listing<User>,
    /// By what it is ordered.
    pub order: Order,
    /// The other way round.
    pub reversed: bool,
    /// The person to put the cursor on when the next page comes.
    pub seek: Option<UserId>,
    /// Who is marked, each in the version that was seen.
    pub marks: Marks<UserId, i64>,
    /// The filter to which a letter more is expected, once that was told.
    pub expected: Option<Filter>,
}

impl Default for Users {
    fn default() -> Self {
        Users {
            list: Listing::new(expression::of_users),
            order: Order::default(),
            reversed: false,
            seek: None,
            marks: Marks::default(),
            expected: None,
        }
    }
}

impl Users {
    /// Orders by something else; by the same, the other way round. The cursor stays on its person.
    pub fn set_order(&mut self, order: Order) {
        self.reversed = self.order == order && !self.reversed;
        self.order = order;
        self.marks.end_range();
        let place = |user: &User, seq| Key { value: order.value_of(user), seq };
        let current = self.list.window.current().zip(self.list.window.current_key());
        let key = current.map(|(user, key)| place(user, key.seq));
        self.list.restart_at(key);
    }

    /// Turns the order round. The cursor stays on its person.
    pub fn reverse(&mut self) {
        self.reversed = !self.reversed;
        self.marks.end_range();
        let key = self.list.window.current_key().cloned();
        self.list.restart_at(key);
    }

    /// Goes to somebody, taking a filter away that would hide them.
    pub fn go_to(&mut self, user: &User, now: Time) {
        if !self.list.filter.matches(user, now) {
            self.list.set_filter(if user.deleted_at.is_some() { "is:deleted" } else { "" });
        }
        // Their number is not known here; of those with the same value the newest has the highest.
        let key = Key { value: self.order.value_of(user), seq: i64::MAX };
        if self.order.is_descending(self.reversed) {
            self.list.restart_at(Some(key));
        } else {
            self.list.restart_till(key);
        }
        self.seek = Some(user.id.clone());
    }

    /// What is listed.
    pub fn query(&self) -> Query {
        Query { filter: self.list.filter.clone(), order: self.order, reversed: self.reversed }
    }

    /// What is asked for first.
    pub fn first(&self, height: usize) -> Read {
        Read::Users { query: self.query(), want: Want::Top, limit: Window::<User>::least(height) }
    }

    /// What has to be asked for now.
    pub fn needs(&mut self, height: usize, leisure: bool, effects: &mut Vec<Effect>) {
        // What was expected after another letter is not any more, and would only be in this one's way.
        if !leisure && self.expected.take_if(|expected| !expected.is_empty() && *expected != self.list.filter).is_some()
        {
            effects.push(Effect::Ask(Slot::Words, 0, Read::Words(Filter::default())));
        }
        if let Some(Wanted { turn, want, limit }) = self.list.page_due(height, leisure) {
            let query = self.query();
            // Whoever is sought may stand behind others of the same moment.
            let limit = if self.seek.is_some() { Window::<User>::limit(height) } else { limit };
            effects.push(Effect::Ask(Slot::Users, turn, Read::Users { query, want, limit }));
        }
        if leisure && self.list.typing && self.expected.as_ref() != Some(&self.list.filter) {
            self.expected = Some(self.list.filter.clone());
            effects.push(Effect::Ask(Slot::Words, 0, Read::Words(self.list.filter.clone())));
        }
        // The page may bring it.
        if leisure
            && let Some(turn) = self.list.count_due()
            && !self.list.filter.is_empty()
        {
            effects.push(Effect::Ask(Slot::Matches, turn, Read::Matches(self.list.filter.clone())));
        }
    }

    /// Takes a page.
    pub fn land(&mut self, want: &Want, page: Page<User>, height: usize) {
        self.list.land(want, page, height);
        if let Some(id) = self.seek.take() {
            self.list.window.select(&id, height);
        }
    }

    /// A page could not be read.
    pub fn failed(&mut self) {
        self.seek = None;
        self.list.failed();
    }

    /// Takes a newer state of somebody who may be in the list.
    pub fn update(&mut self, user: &User) {
        for row in self.list.window.rows_mut().filter(|row| row.id == user.id && row.version <= user.version) {
            *row = user.clone();
        }
    }

    /// How many there are in the list, once counted; `people` is how many there are in all.
    pub fn total(&self, people: Option<u32>) -> Option<u32> {
        if self.list.filter.is_empty() { people } else { self.list.matches }
    }

    /// The words for the order.
    pub fn order_words(&self) -> &'static str {
        match (self.order, self.reversed) {
            (Order::Created, false) => "newest first",
            (Order::Created, true) => "oldest first",
            (Order::Name, false) => "by name",
            (Order::Name, true) => "by name, backwards",
            (Order::LastLogin, false) => "last seen first",
            (Order::LastLogin, true) => "longest unseen first",
            (Order::Status, false) => "pending, inactive, active",
            (Order::Status, true) => "active, inactive, pending",
        }
    }

    /// Draws the pane.
    pub fn draw(&self, ink: &mut Ink<'_>, area: Rect, look: &Look<'_>) {
        if area.is_empty() {
            return;
        }
        let count = self.list.count_words(self.total(look.people), "");
        let marked = self.marks.words();
        self.list.draw_title(ink, area, "Users", format!("{marked}{count}{}", self.order_words()), look.focused);
        let columns = Columns::of(area, look.whole);
        let top = area.y + 1 + u16::from(look.heads);
        if look.heads {
            columns.heads(ink, area, area.y + 1);
            self.list.draw_place(ink, area, "Users");
        }
        if self.list.window.is_empty() {
            self.draw_empty(ink, area, top, look);
            return;
        }
        let rows = Rect { y: top, height: area.bottom().saturating_sub(top), ..area };
        self.list.draw_rows(ink, rows, look.focused, |ink, line, user| {
            // Who has changed since is told by another sign: nothing will be done to them.
            let changed = self.marks.of(&user.id).map(|seen| *seen != user.version);
            self.marks.draw(ink, line, &user.id, changed.unwrap_or_default());
            columns.row(ink, line, user, look);
        });
    }

    fn draw_empty(&self, ink: &mut Ink<'_>, area: Rect, y: u16, look: &Look<'_>) {
        let lines: Vec<String> = match &self.list.fault {
            Some(fault) => crate::console::words::wrap(fault, usize::from(area.width.saturating_sub(6))),
            None if !self.list.window.is_loaded() || self.list.is_waiting() => vec!["reading".into()],
            None if self.list.filter.is_empty() => vec!["No users yet. n creates the first administrator.".into()],
            None => {
                let of = look.people.map(|n| format!(" of {}", number(u64::from(n)))).unwrap_or_default();
                vec![format!("0{of} match /{}", clipped(self.list.input.value(), 30)), "Esc clears the filter.".into()]
            }
        };
        let role = if self.list.fault.is_some() { Role::Bad } else { Role::Text };
        for (line, y) in lines.iter().zip(y + 1..area.bottom()) {
            ink.text(area.x + 3, y, area.width.saturating_sub(4), line, role);
        }
    }
}

/// What the drawing of a list has to know besides the list.
pub struct Look<'a> {
    /// Whether this pane has the keys.
    pub focused: bool,
    /// Whether there is a line of column heads.
    pub heads: bool,
    /// The present.
    pub now: Time,
    /// The local zone.
    pub zone: &'a TimeZone,
    /// How many people there are, once counted.
    pub people: Option<u32>,
    /// Whether a list stands alone, with exact times.
    pub whole: bool,
}

struct Columns {
    name: u16,
    state: u16,
    seen: u16,
    live: u16,
    exact: bool,
}

impl Columns {
    fn of(area: Rect, whole: bool) -> Columns {
        let exact = whole && area.width >= 92;
        let (state, seen, live) = match area.width {
            _ if exact => (22, 28, 5),
            72.. => (22, 8, 5),
            56..72 => (17, 7, 5),
            _ => (15, 7, 0),
        };
        Columns { name: area.width.saturating_sub(3 + state + seen + live + 2), state, seen, live, exact }
    }

    fn heads(&self, ink: &mut Ink<'_>, area: Rect, y: u16) {
        let x = ink.text(area.x + 3, y, self.name, "name", Role::Faint).max(area.x + 4 + self.name);
        ink.text(x, y, self.state, "state", Role::Faint);
        ink.right(x + self.state + self.seen, y, self.seen, "seen", Role::Faint);
        ink.right(x + self.state + self.seen + self.live, y, self.live, "live", Role::Faint);
    }

    fn row(&self, ink: &mut Ink<'_>, line: Rect, user: &User, look: &Look<'_>) {
        let now = look.now;
        let name = listed(&shown(&user.name), usize::from(self.name));
        ink.text(line.x + 3, line.y, self.name, &name, Role::Text);
        let x = line.x + 4 + self.name;
        if let Some((word, role)) = standing(user, now) {
            ink.text(x, line.y, self.state, &word, role);
        }
        let seen = user.last_login_at.map_or_else(
            || "never".to_owned(),
            |at| match self.exact {
                true => exact(at, look.zone),
                false => since(at, now),
            },
        );
        ink.right(x + self.state + self.seen, line.y, self.seen, &seen, Role::Text);
        let live = if user.sessions == 0 { "–".to_owned() } else { user.sessions.to_string() };
        ink.right(x + self.state + self.seen + self.live, line.y, self.live, &live, Role::Text);
    }
}

/// The word for a person who is not simply active, a member and able to log in; the normal state is silent.
pub fn standing(user: &User, now: Time) -> Option<(String, Role)> {
    let lasting = |word: &str, since_when: Option<Time>| match since_when {
        Some(at) => format!("{word} {}", since(at, now)),
        None => word.to_owned(),
    };
    if let Some(at) = user.deleted_at {
        return Some((lasting("deleted", Some(at)), Role::Faint));
    }
    match user.status {
        Status::Pending => return Some((lasting("pending", Some(user.created_at)), Role::Warn)),
        Status::Inactive => return Some((lasting("inactive", user.status_at), Role::Bad)),
        Status::Active => {}
    }
    if user.is_expired(now) {
        return Some((lasting("expired", user.valid_until), Role::Bad));
    }
    if let Some(until) = user.throttled_until.filter(|until| *until > now) {
        return Some((format!("throttled {}", span_exactly(until.since(now))), Role::Bad));
    }
    if user.password_set_at.is_none() {
        return Some(("no password".to_owned(), Role::Warn));
    }
    match user.role {
        UserRole::Member => None,
        role => Some((role.word().to_owned(), Role::Key)),
    }
}
