//! The settings and the change counters.

use rusqlite::{Connection, params};

use super::rows;
use super::{audit, keepers};
use crate::accounts::audit::{Change, Deed, Stamp};
use crate::accounts::error::Result;
use crate::accounts::policy::{Policy, nobody_to_log_in};
use crate::accounts::store::Counters;

/// The settings; what cannot be understood keeps its default, or lets fewer in.
pub fn policy(db: &Connection) -> Result<Policy> {
    let mut policy = Policy::default();
    let mut statement = db.prepare_cached("SELECT key, value FROM policy")?;
    for row in statement.query_map([], |row| Ok((rows::text(row, 0)?, rows::text(row, 1)?)))? {
        let (key, value) = row?;
        policy.take(&key, &value);
    }
    Ok(policy)
}

/// Sets one setting.
pub fn set_policy(db: &Connection, key: &str, value: &str, stamp: &Stamp) -> Result<()> {
    let mut policy = policy(db)?;
    // What merely holds because the stored value cannot be read was set by nobody.
    let unread = policy.unread.contains(&key);
    let (before, was_required) = (policy.get(key), policy.login_required && !unread);
    let before = if unread { Some("unreadable".to_owned()) } else { before };
    policy.set(key, value)?;
    if policy.login_required && !was_required && keepers::all(db)? == 0 {
        return Err(nobody_to_log_in());
    }
    let after = policy.get(key);
    if before == after {
        return Ok(());
    }
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    db.execute(
        "INSERT INTO policy (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        params![key, after],
    )?;
    let changes = vec![Change { field: key.to_owned(), before, after }];
    audit::append(db, &audit::entry(stamp, Deed::SetPolicy, None, changes, None))?;
    moved(db, Moved::Users)
}

/// Whose counters move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moved {
    /// Something about users.
    Users,
    /// Something about sessions alone.
    Sessions,
    /// Both.
    Both,
}

/// Moves the counters, in the transaction of the change itself.
pub fn moved(db: &Connection, what: Moved) -> Result<()> {
    let (users, sessions) = (what != Moved::Sessions, what != Moved::Users);
    db.prepare_cached("UPDATE counter SET users = users + ?1, sessions = sessions + ?2")?
        .execute(params![users, sessions])?;
    Ok(())
}

/// The counters, and the file's own sign that some other connection committed.
pub fn counters(db: &Connection) -> Result<Counters> {
    let foreign = db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
    let read = |row: &rusqlite::Row<'_>| {
        let number = |at| Ok::<_, rusqlite::Error>(rows::number(row, at)?.unwrap_or(0));
        Ok(Counters { users: number(0)?, sessions: number(1)?, foreign })
    };
    Ok(db.prepare_cached("SELECT users, sessions FROM counter")?.query_row([], read)?)
}
