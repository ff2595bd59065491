//! A short list to choose from: ready lists, orders, what to copy.

use crate::accounts::query::Order;
use crate::console::ink::{Ink, centered};
use crate::console::key::{Code, Key};
use crate::console::theme::Role;
use crate::console::words::{clip_end, width};

/// What a choice means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pick {
    /// Filter the list so.
    Filter(&'static str),
    /// Filter the audit so.
    Search(String),
    /// Order the list so.
    Order(Order),
    /// Copy this.
    Copy(String),
    /// Copy the secret that is being enrolled, as a URI or as text; it stays where it is.
    Enrolment {
        /// Whether as a URI.
        uri: bool,
    },
}

/// A line of the menu.
pub struct Item {
    /// The letter that chooses it.
    pub letter: char,
    /// Its words.
    pub label: String,
    /// What it comes to, in the second column.
    pub value: String,
    /// What it means.
    pub pick: Pick,
}

/// The menu.
pub struct Menu {
    title: &'static str,
    items: Vec<Item>,
    cursor: usize,
}

impl Menu {
    /// A menu with its first line chosen.
    pub fn new(title: &'static str, items: Vec<Item>) -> Menu {
        Menu { title, items, cursor: 0 }
    }

    /// The ready lists.
    pub fn lists() -> Menu {
        let item = |letter, label: &str, filter: &'static str| Item {
            letter,
            label: label.to_owned(),
            value: filter.to_owned(),
            pick: Pick::Filter(filter),
        };
        Menu::new(
            "Ready lists",
            vec![
                item('p', "pending", "is:pending"),
                item('t', "throttled after wrong passwords", "is:throttled"),
                item('l', "live: logged in now", "is:live"),
                item('s', "stale: no login and no use for 90 days", "is:stale"),
                item('a', "admins", "role:admin"),
                item('n', "never logged in", "is:never"),
                item('i', "inactive", "is:inactive"),
                item('e', "expired", "is:expired"),
                item('d', "deleted, to be restored", "is:deleted"),
                item('x', "all: no filter", ""),
            ],
        )
    }

    /// The orders.
    pub fn orders(now: Order) -> Menu {
        let item = |letter, label: &str, order: Order| Item {
            letter,
            label: label.to_owned(),
            value: if order == now { "again: the other way round".to_owned() } else { String::new() },
            pick: Pick::Order(order),
        };
        Menu::new(
            "Order by",
            vec![
                item('c', "created", Order::Created),
                item('n', "name", Order::Name),
                item('l', "last log-in", Order::LastLogin),
                item('t', "status", Order::Status),
            ],
        )
    }

    /// What can be copied of a secret that is being enrolled. It is on the screen already, and not repeated here.
    pub fn enrolment() -> Menu {
        let item = |letter, label: &str, value: &str, uri| Item {
            letter,
            label: label.to_owned(),
            value: value.to_owned(),
            pick: Pick::Enrolment { uri },
        };
        let items = vec![item('u', "URI", "otpauth://totp/…", true), item('s', "secret", "to be typed in", false)];
        Menu::new("Copy", items)
    }

    /// Moves the cursor.
    pub fn move_by(&mut self, delta: isize) {
        self.cursor = self.cursor.saturating_add_signed(delta).min(self.items.len().saturating_sub(1));
    }

    /// To the first or the last line.
    pub fn to_edge(&mut self, last: bool) {
        self.cursor = if last { self.items.len().saturating_sub(1) } else { 0 };
    }

    /// The line under the cursor.
    pub fn chosen(&self) -> Option<Pick> {
        self.items.get(self.cursor).map(|item| item.pick.clone())
    }

    /// The line of a letter.
    pub fn by_key(&self, key: Key) -> Option<Pick> {
        let Key { code: Code::Char(letter), ctrl: false } = key else { return None };
        self.items.iter().find(|item| item.letter == letter).map(|item| item.pick.clone())
    }

    /// Draws the menu.
    pub fn draw(&self, ink: &mut Ink<'_>) {
        let area = ink.area();
        let label = self.items.iter().map(|item| width(&item.label)).max().unwrap_or(0);
        let value = self.items.iter().map(|item| width(&item.value)).max().unwrap_or(0);
        let wide = (label + value + 12).clamp(30, 100) as u16;
        let frame = centered(area, wide, self.items.len() as u16 + 2);
        let inside = ink.frame(frame, self.title);
        let height = usize::from(inside.height.max(1));
        let top = (self.cursor + 1).saturating_sub(height);
        if top + height < self.items.len() {
            ink.more(frame);
        }
        for ((i, item), y) in self.items.iter().enumerate().skip(top).zip(inside.top()..inside.bottom()) {
            ink.text(inside.x, y, 2, &item.letter.to_string(), Role::Key);
            ink.text(inside.x + 3, y, inside.width.saturating_sub(3), &item.label, Role::Text);
            let x = inside.x + 3 + label as u16 + 3;
            let room = inside.right().saturating_sub(x);
            ink.text(x, y, room, &clip_end(&item.value, usize::from(room)), Role::Faint);
            if i == self.cursor {
                let line = ratatui::layout::Rect { y, height: 1, ..inside };
                ink.paint(line, Role::Cursor);
                ink.cursor = Some((inside.x, y));
            }
        }
    }
}
