//! Rows in and out, and what "live" means in SQL.
//!
//! Any program may have written the rows: every text is read as bytes and no type is taken for granted, since one odd
//! row must never hide all the others.

use std::borrow::Cow;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, ToSql};

use crate::accounts::session::{Session, SessionId};
use crate::accounts::text::from_bytes;
use crate::accounts::time::{Span, Time};
use crate::accounts::user::{Role, Status, User, UserId};

/// What the row of a user `u` says of them. Read by [`user`].
macro_rules! own {
    () => {
        "u.id, u.name, u.email, u.role, u.labels, u.status, u.reason, u.status_by, u.status_at, u.note, \
        u.password_set_at, u.created_at, u.activated_at, u.last_login_at, u.valid_until, u.deleted_at, u.version, \
        u.last_used_at"
    };
}

/// What the row of a session `s` says of it. Read by [`session_of`].
macro_rules! dates {
    () => {
        "s.id, s.client, s.address, s.created_at, s.expires_at, s.last_used_at, s.idle, s.ended_at, s.ended_by, \
        s.refused, s.refused_at"
    };
}

/// The columns of a user `u`; `?1` is the present. Read by [`person`].
///
/// Ends are asked for between two numbers, since SQLite holds every text and blob for greater than any number.
///
/// What other tables add is asked for in two steps, since most people have no session and hardly ever somebody is made
/// to wait: a look into an index that SQLite opens once a statement, and a subquery only for whom it finds there.
pub const USER: &str = concat!(
    "u.seq, u.name_key, ",
    own!(),
    ", CASE WHEN u.seq IN (SELECT a.user_seq FROM session a) THEN \
    (SELECT count(*) FROM session s WHERE s.user_seq = u.seq AND s.ended_at IS NULL \
    AND coalesce(s.expires_at, 9223372036854775807) \
    BETWEEN ?1 AND 9223372036854775807 \
    AND (s.idle IS NULL OR typeof(s.idle) <> 'text' AND typeof(s.idle) <> 'blob' \
    AND coalesce(s.last_used_at, s.created_at) + s.idle >= ?1) \
    AND u.status = 'active' AND u.deleted_at IS NULL AND coalesce(u.valid_until, 9223372036854775807) \
    BETWEEN ?1 AND 9223372036854775807) ELSE 0 END, \
    CASE WHEN (SELECT 1 FROM throttle w WHERE w.user_seq IS NOT NULL AND w.until > ?1 AND w.until <= ?1 + 60000) THEN \
    (SELECT max(t.until) FROM throttle t WHERE t.user_seq = u.seq AND t.until > ?1 AND t.until <= ?1 + 60000) END, \
    u.seq IN (SELECT f.user_seq FROM factor f)"
);

/// The columns of a session `s` and its user `u` at the time `p.now`, for the check that every request waits for: the
/// least that tells all of both. Read by [`checked`].
///
/// Only somebody who may use their session is answered with, and then that session is live: counted are the others, and
/// nothing is asked of the user once more. Who has a session gains nothing by steps as in [`USER`].
pub const CHECKED: &str = concat!(
    dates!(),
    ", p.now, ",
    own!(),
    ", (SELECT count(*) FROM session o WHERE o.user_seq = u.seq AND o.seq <> s.seq AND o.ended_at IS NULL \
    AND coalesce(o.expires_at, 9223372036854775807) BETWEEN p.now AND 9223372036854775807 \
    AND (o.idle IS NULL OR typeof(o.idle) <> 'text' AND typeof(o.idle) <> 'blob' \
    AND coalesce(o.last_used_at, o.created_at) + o.idle >= p.now)), \
    (SELECT t.until FROM throttle t WHERE t.user_seq = u.seq AND t.until > p.now AND t.until <= p.now + 60000 \
    ORDER BY t.until DESC LIMIT 1), \
    u.seq IN (SELECT f.user_seq FROM factor f)"
);

/// Whether the session `s` is within its dates at `?1`.
pub const RUNS: &str = "s.ended_at IS NULL AND coalesce(s.expires_at, 9223372036854775807) \
    BETWEEN ?1 AND 9223372036854775807 \
    AND (s.idle IS NULL OR typeof(s.idle) <> 'text' AND typeof(s.idle) <> 'blob' \
    AND coalesce(s.last_used_at, s.created_at) + s.idle >= ?1)";

/// Whether the user `u` may use a session at `?1`.
pub const USABLE: &str = "u.status = 'active' AND u.deleted_at IS NULL AND \
    coalesce(u.valid_until, 9223372036854775807) BETWEEN ?1 AND 9223372036854775807";

/// Whether a user `u` keeps the door open for administrators, as the domain judges it of a person in hand.
pub const KEEPER: &str = "u.deleted_at IS NULL AND u.role = 'admin' AND u.status = 'active' \
    AND u.valid_until IS NULL AND typeof(u.password_set_at) IN ('integer', 'real')";

/// Whether the session `s` was ended and is still shown at `?1`: until its old expiry, thirty days where it had none.
pub const ENDED: &str = "s.ended_at IS NOT NULL AND coalesce(s.expires_at, s.ended_at + 2592000000) >= ?1";

/// Whether the token `t` is neither revoked nor over at `?1`.
pub const GOOD: &str = "t.revoked_at IS NULL AND coalesce(t.expires_at, 9223372036854775807) >= ?1";

/// The columns of a session `s` of a user `u`. Read by [`session`].
pub const SESSION: &str = concat!("s.seq, u.id, u.name, ", dates!());

/// A user with what only the store knows of them.
#[derive(Clone)]
pub struct Person {
    /// The row's number.
    pub seq: i64,
    /// The folded name as it stands.
    pub key: Vec<u8>,
    /// The user.
    pub user: User,
}

/// Reads [`USER`] from column `at` on.
pub fn person(row: &Row<'_>, at: usize) -> rusqlite::Result<Person> {
    Ok(Person { seq: row.get(at)?, key: bytes(row, at + 1)?, user: user(row, at + 2)? })
}

/// Reads what a user's own row says from column `at` on, and behind it how many sessions they have, until when they wait
/// and whether they have a second factor.
fn user(row: &Row<'_>, at: usize) -> rusqlite::Result<User> {
    Ok(User {
        id: UserId::new(text(row, at)?),
        name: text(row, at + 1)?,
        email: words(row, at + 2)?,
        role: word(row, at + 3, |word| word.parse().ok())?.unwrap_or(Role::Member),
        labels: text(row, at + 4)?.split_whitespace().map(str::to_owned).collect(),
        // What cannot be understood lets nobody in.
        status: word(row, at + 5, |word| word.parse().ok())?.unwrap_or(Status::Inactive),
        reason: words(row, at + 6)?,
        status_by: words(row, at + 7)?,
        status_at: time(row, at + 8)?,
        note: words(row, at + 9)?,
        password_set_at: time(row, at + 10)?,
        created_at: time(row, at + 11)?.unwrap_or_default(),
        activated_at: time(row, at + 12)?,
        last_login_at: time(row, at + 13)?,
        valid_until: end(row, at + 14)?,
        deleted_at: end(row, at + 15)?,
        version: number(row, at + 16)?.unwrap_or(0),
        last_used_at: time(row, at + 17)?,
        sessions: count(row, at + 18)?,
        throttled_until: time(row, at + 19)?,
        factor: row.get(at + 20)?,
    })
}

/// Reads [`SESSION`] from column `at` on, with the row's number.
pub fn session(row: &Row<'_>, at: usize) -> rusqlite::Result<(i64, Session)> {
    let (user_id, name) = (UserId::new(text(row, at + 1)?), text(row, at + 2)?);
    Ok((row.get(at)?, session_of(row, at + 3, user_id, name)?))
}

/// Reads what a session's own row says from column `at` on.
fn session_of(row: &Row<'_>, at: usize, user_id: UserId, name: String) -> rusqlite::Result<Session> {
    Ok(Session {
        id: SessionId::new(text(row, at)?),
        user_id,
        name,
        client: words(row, at + 1)?,
        address: words(row, at + 2)?,
        created_at: time(row, at + 3)?.unwrap_or_default(),
        expires_at: end(row, at + 4)?,
        last_used_at: time(row, at + 5)?,
        idle: end(row, at + 6)?.map(|idle| Span::from_millis(idle.millis())),
        ended_at: end(row, at + 7)?,
        ended_by: words(row, at + 8)?,
        refused: count(row, at + 9)?,
        refused_at: time(row, at + 10)?,
    })
}

/// Reads [`CHECKED`]: the time that is believed, the user, with this session counted as a live one, and the session.
pub fn checked(row: &Row<'_>) -> rusqlite::Result<(Time, Box<(User, Session)>)> {
    let mut user = user(row, 12)?;
    user.sessions = user.sessions.saturating_add(1);
    let session = session_of(row, 0, user.id.clone(), user.name.clone())?;
    Ok((time(row, 11)?.unwrap_or_default(), Box::new((user, session))))
}

/// The bytes of a column, whatever it is.
pub fn bytes(row: &Row<'_>, at: usize) -> rusqlite::Result<Vec<u8>> {
    Ok(match row.get_ref(at)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
        ValueRef::Null => Vec::new(),
        ValueRef::Integer(number) => number.to_string().into_bytes(),
        ValueRef::Real(number) => number.to_string().into_bytes(),
    })
}

/// A text that is always there.
pub fn text(row: &Row<'_>, at: usize) -> rusqlite::Result<String> {
    match row.get_ref(at)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(from_bytes(bytes)),
        _ => Ok(from_bytes(&bytes(row, at)?)),
    }
}

/// A text that may be missing.
pub fn words(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<String>> {
    match row.get_ref(at)? {
        ValueRef::Null => Ok(None),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(Some(from_bytes(bytes))),
        ValueRef::Integer(_) | ValueRef::Real(_) => text(row, at).map(Some),
    }
}

/// A stable word; only a true text is one, as it is in the conditions of SQL.
fn word<T>(row: &Row<'_>, at: usize, read: impl Fn(&str) -> Option<T>) -> rusqlite::Result<Option<T>> {
    Ok(match row.get_ref(at)? {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok().and_then(read),
        _ => None,
    })
}

/// A number that may be missing.
pub fn number(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<i64>> {
    Ok(as_number(row.get_ref(at)?))
}

fn as_number(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        #[allow(clippy::cast_possible_truncation)] // saturates, which is all that can be made of it
        ValueRef::Real(number) => Some(number as i64),
        _ => None,
    }
}

/// An instant that may be missing.
pub fn time(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Time>> {
    Ok(number(row, at)?.map(Time::from_millis))
}

/// An instant at which something ends or ended, or a limit. What is there and cannot be read has passed long ago: it
/// lets nobody in.
fn end(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Time>> {
    Ok(match row.get_ref(at)? {
        ValueRef::Null => None,
        value => Some(as_number(value).map(Time::from_millis).unwrap_or_default()),
    })
}

/// A count, held within its type.
pub fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u32> {
    let number = number(row, at)?.unwrap_or(0).max(0);
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Thirty-two bytes; zeros where there are not as many.
pub fn digest(row: &Row<'_>, at: usize) -> rusqlite::Result<[u8; 32]> {
    Ok(bytes(row, at)?.try_into().unwrap_or([0; 32]))
}

/// A text on its way in: the way back of [`from_bytes`], so that what was read from an odd row finds it again and is
/// written back unchanged.
pub struct Raw<'a>(Cow<'a, [u8]>);

impl<'a> Raw<'a> {
    /// Takes a text.
    pub fn new(text: &'a str) -> Self {
        const CARRIED: u32 = 0x10_FF00;
        // All carried bytes are code points of plane 16, whose UTF-8 begins with this byte.
        if !text.as_bytes().contains(&0xF4) {
            return Raw(Cow::Borrowed(text.as_bytes()));
        }
        let mut bytes = Vec::with_capacity(text.len());
        let mut buffer = [0; 4];
        for c in text.chars() {
            match u8::try_from((c as u32).wrapping_sub(CARRIED)) {
                Ok(byte) => bytes.push(byte),
                Err(_) => bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
            }
        }
        Raw(Cow::Owned(bytes))
    }

    /// A text on its way into the database that may be missing.
    pub fn some(text: Option<&'a str>) -> Option<Self> {
        text.map(Raw::new)
    }

    /// Its bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_owned()
    }
}

impl ToSql for Raw<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}

/// An instant as it is stored.
pub fn millis(time: Option<Time>) -> Option<i64> {
    time.map(Time::millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_read_goes_back_byte_for_byte(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(Raw::new(&from_bytes(&bytes)).into_bytes(), bytes);
        }

        #[test]
        fn the_last_plane_goes_back_as_well(c in any::<char>()) {
            for c in [c, '\u{10ff00}', '\u{10ffff}', '\u{100000}'] {
                let bytes = c.to_string().into_bytes();
                prop_assert_eq!(Raw::new(&from_bytes(&bytes)).into_bytes(), bytes);
            }
        }
    }
}
