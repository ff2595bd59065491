//! How people and sessions are asked for: a filter, an order, and a place to go on from.
//!
//! Pages are found by the key of a row (never by counting rows), so that the millionth costs what the first does.

use super::error::Result;
use super::time::Time;
use super::user::{Status, User};

pub use super::filter::{Clocked, Completion, Filter, STALE, State, Subject, Term, When, complete, complete_from};

/// By what a list of people is ordered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    Created,
    /// By folded name, code point by code point.
    Name,
    /// Most recent log-in first; who never did, last.
    LastLogin,
    /// Pending first, then inactive, then active; of each the newest first.
    Status,
}

impl Order {
    /// All orders.
    pub const ALL: [Order; 4] = [Order::Created, Order::Name, Order::LastLogin, Order::Status];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Order::Created => "created",
            Order::Name => "name",
            Order::LastLogin => "seen",
            Order::Status => "status",
        }
    }

    /// The value by which this order places a user.
    pub fn value_of(self, user: &User) -> KeyValue {
        match self {
            Order::Created => KeyValue::Number(user.created_at.millis()),
            Order::Name => KeyValue::Text(user.name_key().into_bytes()),
            Order::LastLogin => KeyValue::Number(user.last_login_at.map_or(0, Time::millis)),
            Order::Status => KeyValue::Number(match user.status {
                Status::Pending => 3,
                Status::Inactive => 2,
                Status::Active => 1,
            }),
        }
    }

    /// Whether greater values come first.
    pub const fn is_descending(self, reversed: bool) -> bool {
        !matches!(self, Order::Name) != reversed
    }
}

/// A question for people.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Query {
    /// Who.
    pub filter: Filter,
    /// In which order.
    pub order: Order,
    /// The other way round.
    pub reversed: bool,
}

/// A row's place in its order: the sorted value, then the row's own number to part equals.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key {
    /// The value that the list is ordered by.
    pub value: KeyValue,
    /// The row's own number.
    pub seq: i64,
}

/// The sorted part of a [`Key`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum KeyValue {
    /// A time, or zero for never; a rank.
    Number(i64),
    /// A folded name as the bytes in the store.
    Text(Vec<u8>),
}

/// Where a page begins.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Anchor {
    /// At the first row.
    #[default]
    Start,
    /// So that it ends with the last row.
    End,
    /// At this key, or where it would stand.
    From(Key),
    /// Behind this key.
    After(Key),
    /// So that it ends just before this key.
    Before(Key),
}

/// A stretch of a list, always in the list's own order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T> {
    /// The rows with their keys.
    pub rows: Vec<(Key, T)>,
    /// Whether there is more before the first.
    pub more_before: bool,
    /// Whether there is more behind the last.
    pub more_after: bool,
    /// How many rows the whole list has, where finding these has told; else it is a question of its own.
    pub total: Option<u32>,
}

/// Asks for one page after the other, from `anchor` on, until `take` has enough and answers `false`, or there is no more.
///
/// # Errors
/// What asking for a page says.
pub fn page_through<T>(
    mut anchor: Anchor,
    mut page: impl FnMut(&Anchor) -> Result<Page<T>>,
    mut take: impl FnMut(Vec<(Key, T)>) -> bool,
) -> Result<()> {
    loop {
        let Page { rows, more_after, .. } = page(&anchor)?;
        let last = rows.last().map(|(key, _)| key.clone());
        match last {
            Some(key) if take(rows) && more_after => anchor = Anchor::After(key),
            _ => return Ok(()),
        }
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Page { rows: Vec::new(), more_before: false, more_after: false, total: None }
    }
}
