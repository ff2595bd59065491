//! Passwords anew, and the requests that allow it.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{self, USER};
use super::settings::{Moved, moved, policy};
use super::users::{self, expected, moved_on, put_hash};
use super::{audit, clock, endings};
use crate::accounts::audit::{Deed, Stamp};
use crate::accounts::change::Changed;
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::factor::{is_weak_alone, weak_alone};
use crate::accounts::hash::PasswordHash;
use crate::accounts::losses::Names;
use crate::accounts::store::NewReset;
use crate::accounts::time::Time;
use crate::accounts::token::Digest;
use crate::accounts::user::{User, UserId};

/// The living owner of an open request.
pub fn owner(db: &Connection, digest: &Digest, now: Time) -> Result<Option<rows::Person>> {
    let now = clock::believed(db, now)?;
    let sql = format!(
        "SELECT {USER} FROM reset r JOIN user u ON u.seq = r.user_seq
         WHERE r.digest = ?2 AND r.expires_at BETWEEN ?1 AND 9223372036854775807 AND u.deleted_at IS NULL"
    );
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_row(params![now.millis(), digest.bytes()], |row| rows::person(row, 0)).optional()?)
}

/// Adds a request in the place of the user's earlier ones, and forgets some that are past their time.
pub fn insert(db: &Connection, reset: &NewReset, stamp: &Stamp) -> Result<()> {
    let person = match &reset.user_id {
        Some(id) => Some(users::by_id(db, id, stamp.at)?.ok_or_else(|| Error::unknown_user(id.as_str()))?),
        None => None,
    };
    let seq = person.as_ref().map(|person| person.seq);
    db.prepare_cached("DELETE FROM reset WHERE user_seq = ?1")?.execute([seq])?;
    if clock::may_forget(db, stamp.at)? {
        db.prepare_cached(
            "DELETE FROM reset WHERE digest IN
                 (SELECT digest FROM reset WHERE expires_at < ?1 ORDER BY expires_at LIMIT 100)",
        )?
        .execute([stamp.at.millis()])?;
    }
    db.prepare_cached("INSERT INTO reset (digest, user_seq, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![reset.digest.bytes(), seq, stamp.at.millis(), reset.expires_at.millis()])?;
    let user = person.as_ref().map(|person| &person.user);
    audit::append(db, &audit::entry(stamp, Deed::RequestReset, user, Vec::new(), None))?;
    moved(db, Moved::Users)
}

/// Sets a password by its owner's or an administrator's hand.
pub fn set_password(
    db: &Connection,
    id: &UserId,
    expect: Option<i64>,
    was: Option<&PasswordHash>,
    hash: &PasswordHash,
    deed: Deed,
    stamp: &Stamp,
) -> Result<Changed> {
    let person = expected(db, id, expect, stamp.at)?;
    if person.user.deleted_at.is_some() {
        return Err(Error::unknown_user(&person.user.name));
    }
    if was.is_some() && users::hash_of(db, person.seq)?.as_ref() != was {
        return Err(moved_on(db, &person.user, stamp.at)?);
    }
    replace(db, person.seq, person.user, hash, deed, stamp)
}

/// Uses a request up.
pub fn complete(db: &Connection, digest: &Digest, hash: &PasswordHash, stamp: &Stamp) -> Result<Changed> {
    let person = owner(db, digest, stamp.at)?.ok_or_else(|| {
        Error::new(Kind::UnknownRequest, "no such reset request: unknown, used, replaced or past its time")
            .hint("request a new one")
    })?;
    // What is used up is not void.
    db.prepare_cached("DELETE FROM reset WHERE digest = ?1")?.execute([digest.bytes()])?;
    replace(db, person.seq, person.user, hash, Deed::CompleteReset, stamp)
}

fn replace(db: &Connection, seq: i64, before: User, hash: &PasswordHash, deed: Deed, stamp: &Stamp) -> Result<Changed> {
    // It was judged beside a second factor that may have been turned off since.
    if !before.factor && is_weak_alone(Some(hash), policy(db)?.password) {
        return Err(weak_alone(&before.name));
    }
    put_hash(db, seq, hash)?;
    let version = before.version.wrapping_add(1);
    let after = User { password_set_at: Some(stamp.at), version, sessions: 0, ..before.clone() };
    db.prepare_cached("UPDATE user SET password_set_at = ?2, version = ?3 WHERE seq = ?1")?.execute([
        seq,
        stamp.at.millis(),
        after.version,
    ])?;
    let clients = endings::clients(db, seq, stamp.at)?;
    let ended = endings::end_all(db, seq, stamp)?;
    let voided = endings::void_all(db, seq, stamp.at)?;
    let words = (ended > 0).then(|| endings::counted(ended));
    audit::append(db, &audit::entry(stamp, deed, Some(&after), Vec::new(), words))?;
    moved(db, Moved::Both)?;
    let names = Names { clients, ..Names::default() };
    Ok(Changed { ended, voided, names, ..Changed::without_loss(before, after) })
}
