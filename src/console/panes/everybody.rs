//! View 2: everybody's sessions, newest first.

use ratatui::layout::Rect;

use super::sessions::{exact_words, left_words, over_within};
use super::users::Look;
use crate::accounts::query::Term;
use crate::accounts::session::{Session, SessionId};
use crate::accounts::user::UserId;
use crate::console::effect::{Effect, Read, Slot};
use crate::console::expression;
use crate::console::ink::Ink;
use crate::console::listing::{Listing, Wanted};
use crate::console::marks::Marks;
use crate::console::theme::Role;
use crate::console::window::Row;
use crate::console::words::{clip_end, clipped, listed, shown, since, wrap};

impl Row for Session {
    type Id = SessionId;

    fn identity(&self) -> &SessionId {
        &self.id
    }
}

/// The state of the view.
pub struct Everybody {
    /// The list with its filter.
    pub list: Listing<Session>,
    /// Oldest first.
    pub reversed: bool,
    /// Which sessions are marked.
    pub marks: Marks<SessionId, ()>,
}

impl Default for Everybody {
    fn default() -> Self {
        Everybody { list: Listing::new(expression::of_sessions), reversed: false, marks: Marks::default() }
    }
}

impl Everybody {
    /// The owner of the session under the cursor.
    pub fn owner(&self) -> Option<&UserId> {
        self.list.window.current().map(|session| &session.user_id)
    }

    /// Turns the order round. The cursor stays on its session.
    pub fn reverse(&mut self) {
        self.reversed = !self.reversed;
        self.marks.end_range();
        let key = self.list.window.current_key().cloned();
        self.list.restart_at(key);
    }

    /// What has to be asked for now, if the view is looked at.
    pub fn needs(&mut self, height: usize, leisure: bool, effects: &mut Vec<Effect>) {
        if !self.list.window.is_loaded() && !self.list.is_waiting() {
            self.list.restart();
        }
        let (filter, reversed) = (self.list.filter.clone(), self.reversed);
        if let Some(Wanted { turn, want, limit }) = self.list.page_due(height, leisure) {
            effects.push(Effect::Ask(Slot::Everybody, turn, Read::Everybody { filter, reversed, want, limit }));
        }
        // The page may bring it.
        if leisure && let Some(turn) = self.list.count_due() {
            effects.push(Effect::Ask(Slot::SessionMatches, turn, Read::SessionMatches(self.list.filter.clone())));
        }
    }

    /// Draws the view.
    pub fn draw(&self, ink: &mut Ink<'_>, area: Rect, look: &Look<'_>) {
        if area.is_empty() {
            return;
        }
        // What is counted is told: ended sessions stand among the live ones until their old time is over.
        let all = !self.list.filter.terms.iter().any(|term| matches!(term, Term::Is(_)));
        let kind = if all { " with ended ones" } else { "" };
        let count = self.list.count_words(self.list.matches, kind);
        let order = if self.reversed { "oldest first" } else { "newest first" };
        self.list.draw_title(
            ink,
            area,
            "Sessions of everybody",
            format!("{}{count}{order}", self.marks.words()),
            look.focused,
        );
        let columns = Columns::of(area, look.whole);
        let top = area.y + 1 + u16::from(look.heads);
        if look.heads {
            columns.heads(ink, area, area.y + 1);
            self.list.draw_place(ink, area, "Sessions of everybody");
        }
        if self.list.window.is_empty() {
            self.draw_empty(ink, area, top);
            return;
        }
        let rows = Rect { y: top, height: area.bottom().saturating_sub(top), ..area };
        self.list.draw_rows(ink, rows, look.focused, |ink, line, session| {
            self.marks.draw(ink, line, &session.id, false);
            columns.row(ink, line, session, look);
        });
    }

    fn draw_empty(&self, ink: &mut Ink<'_>, area: Rect, y: u16) {
        let lines = match &self.list.fault {
            Some(fault) => wrap(fault, usize::from(area.width.saturating_sub(6))),
            None if !self.list.window.is_loaded() || self.list.is_waiting() => vec!["reading".into()],
            None if self.list.filter.is_empty() => {
                vec![
                    "Nobody is logged in.".into(),
                    "A service opens sessions with `rollbook session login` or the library.".into(),
                ]
            }
            None => vec![
                format!("no session matches /{}", clipped(self.list.input.value(), 30)),
                "Esc clears the filter.".into(),
            ],
        };
        for (line, y) in lines.iter().zip(y + 1..area.bottom()) {
            ink.text(area.x + 3, y, area.width.saturating_sub(4), line, Role::Text);
        }
    }
}

struct Columns {
    name: u16,
    client: u16,
    address: u16,
    state: u16,
}

impl Columns {
    fn of(area: Rect, whole: bool) -> Columns {
        let (client, address, state) = match area.width {
            130.. if whole => (12, 15, 74),
            100.. if whole => (12, 15, 66),
            100.. => (16, 20, 38),
            72..100 => (12, 15, 27),
            56..72 => (9, 0, 21),
            _ => (9, 0, 18),
        };
        Columns { name: area.width.saturating_sub(4 + client + address + state), client, address, state }
    }

    fn heads(&self, ink: &mut Ink<'_>, area: Rect, y: u16) {
        let x = area.x + 3;
        ink.text(x, y, self.name, "name", Role::Faint);
        ink.text(x + self.name, y, self.client, "client", Role::Faint);
        ink.text(x + self.name + self.client, y, self.address, "address", Role::Faint);
        ink.text(x + self.name + self.client + self.address, y, self.state, "state", Role::Faint);
    }

    fn row(&self, ink: &mut Ink<'_>, line: Rect, session: &Session, look: &Look<'_>) {
        let live = session.is_live(look.now);
        let role = if live { Role::Text } else { Role::Faint };
        let column = |cells: u16| usize::from(cells.saturating_sub(1));
        let x = line.x + 3;
        ink.text(x, line.y, self.name, &listed(&shown(&session.name), column(self.name)), role);
        let x = x + self.name;
        let client = session.client.as_deref().unwrap_or("unnamed");
        ink.text(x, line.y, self.client, &clipped(client, column(self.client)), role);
        let x = x + self.client;
        let address = session.address.as_deref().unwrap_or("–");
        ink.text(x, line.y, self.address, &clipped(address, column(self.address)), role);
        let x = x + self.address;
        let room = line.right().saturating_sub(x + 1);
        let state = if look.whole && self.state >= 66 {
            exact_words(session, look.now, look.zone)
        } else if live {
            let used =
                session.last_used_at.map_or_else(|| "unused".to_owned(), |at| format!("used {}", since(at, look.now)));
            if self.state >= 38 {
                let began = format!("began {}", since(session.created_at, look.now));
                format!("{began:<14}{used:<13}{:>9}", left_words(session, look.now))
            } else {
                let left = left_words(session, look.now);
                // On the narrowest screen what is left is told by its place.
                let left = if self.state < 21 { left.trim_end_matches(" left") } else { &left };
                format!("{used:<12}{left:>w$}", w = usize::from(self.state).saturating_sub(12).min(9))
            }
        } else {
            over_within(session, look.now, usize::from(room))
        };
        ink.text(x, line.y, room, &clip_end(&state, usize::from(room)), role);
    }
}
