//! Sessions: checked, opened, ended, listed for one person.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::clock::BELIEVED;
use super::endings::{counted, end_all};
use super::rows::{self, CHECKED, ENDED, Person, RUNS, Raw, SESSION, USABLE, millis};
use super::settings::{Moved, moved};
use super::{audit, clock, settings, throttle, users};
use crate::accounts::audit::{Deed, Stamp};
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::hash::PasswordHash;
use crate::accounts::session::{Found, NewSession, Session, SessionId};
use crate::accounts::text::{fold, quote};
use crate::accounts::throttle::Knock;
use crate::accounts::time::{Span, Time};
use crate::accounts::token::Digest;
use crate::accounts::user::{Status, User, UserId};

/// Looks a digest up together with its owner, by the time that is believed: one statement, since this is asked with
/// every request of a service.
pub fn check(db: &Connection, digest: &Digest, now: Time) -> Result<Found> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {CHECKED} FROM (SELECT {BELIEVED} AS now) p CROSS JOIN session s JOIN user u ON u.seq = s.user_seq \
             WHERE s.digest = ?2"
        )
    });
    let mut statement = db.prepare_cached(&SQL)?;
    let found = statement.query_row(params![now.millis(), digest.bytes()], rows::checked).optional()?;
    let Some((now, both)) = found else { return Ok(Found::Unknown) };
    let (user, session) = &*both;
    let shut = user.status != Status::Active || user.deleted_at.is_some() || user.is_expired(now);
    if session.ended_at.is_some() || shut {
        return Ok(Found::Refused(session.id.clone()));
    }
    if !session.is_live(now) {
        return Ok(Found::Unknown);
    }
    Ok(Found::Live(both))
}

/// One session in any state.
pub fn by_id(db: &Connection, id: &SessionId) -> Result<Option<(i64, Session)>> {
    let sql = format!("SELECT {SESSION} FROM session s JOIN user u ON u.seq = s.user_seq WHERE s.id = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_row([Raw::new(id.as_str())], |row| rows::session(row, 0)).optional()?)
}

/// One session in any state, by what is kept of its token.
pub fn by_digest(db: &Connection, digest: &Digest) -> Result<Option<(i64, Session)>> {
    let sql = format!("SELECT {SESSION} FROM session s JOIN user u ON u.seq = s.user_seq WHERE s.digest = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([digest.bytes()], |row| rows::session(row, 0)).optional()?)
}

/// A person's live sessions, newest first, then the ended ones that are still shown.
pub fn of_user(db: &Connection, id: &UserId, limit: u16, now: Time) -> Result<Vec<Session>> {
    let mut list = Vec::new();
    for sql in of_user_sql() {
        let mut statement = db.prepare_cached(&sql)?;
        let left = usize::from(limit) - list.len();
        let found = statement
            .query_map(params![now.millis(), Raw::new(id.as_str()), left as i64], |row| Ok(rows::session(row, 0)?.1))?;
        for session in found {
            list.push(session?);
        }
    }
    Ok(list)
}

/// The statements for the live and for the ended ones.
fn of_user_sql() -> [String; 2] {
    let from = "FROM user u JOIN session s ON s.user_seq = u.seq WHERE u.id = ?2";
    [(format!("{RUNS} AND {USABLE}"), "s.created_at"), (ENDED.into(), "s.ended_at")]
        .map(|(shown, order)| format!("SELECT {SESSION} {from} AND {shown} ORDER BY {order} DESC, s.seq DESC LIMIT ?3"))
}

/// Opens a session, after everything that the log-in stands on was looked at once more.
pub fn open(
    db: &Connection,
    known: Option<i64>,
    new: &NewSession,
    was: &PasswordHash,
    rehash: Option<&PasswordHash>,
    stamp: &Stamp,
) -> Result<(User, Session)> {
    let known = known.map_or(Ok(None), |seq| users::by_seq(db, seq, stamp.at))?;
    let person = match known.filter(|person| person.user.id == new.user_id) {
        None => users::by_id(db, &new.user_id, stamp.at)?,
        person => person,
    };
    let person = person.ok_or_else(Error::invalid_credentials)?;
    let same = users::hash_of(db, person.seq)?.is_some_and(|hash| hash == *was);
    // A second factor that was turned on meanwhile was not asked for.
    let unasked = person.user.factor && !new.factor;
    if !same || unasked || !person.user.can_log_in(stamp.at) {
        return Err(Error::invalid_credentials());
    }
    if let Some(hash) = rehash {
        users::put_hash(db, person.seq, hash)?;
    }
    db.prepare_cached("UPDATE user SET last_login_at = ?2 WHERE seq = ?1")?.execute([person.seq, stamp.at.millis()])?;
    let session = Session {
        id: new.id.clone(),
        user_id: new.user_id.clone(),
        name: person.user.name.clone(),
        client: new.client.clone(),
        address: new.address.clone(),
        created_at: stamp.at,
        expires_at: new.expires_at,
        last_used_at: None,
        idle: new.idle,
        ended_at: None,
        ended_by: None,
        refused: 0,
        refused_at: None,
    };
    add(db, person.seq, &session, &new.digest)?;
    let number = db.last_insert_rowid();
    let knock =
        Knock { counter: new.counter, ..Knock::new(Some(&new.user_id), "", new.address.as_deref(), new.knocked_at) };
    throttle::clear_class(db, person.seq, &knock)?;
    if number % ROUND == 0 {
        sweep(db, stamp.at)?;
    }
    let Person { seq, mut user, .. } = person;
    if user.throttled_until.is_some() {
        // Perhaps not any more, or only where they are not known.
        user = users::by_seq(db, seq, stamp.at)?.map_or(user, |person| person.user);
    } else {
        user.last_login_at = Some(stamp.at);
        user.sessions = user.sessions.saturating_add(u32::from(session.is_live(stamp.at)));
    }
    audit::append(db, &audit::entry(stamp, Deed::LogIn, Some(&user), Vec::new(), whence(&session)))?;
    moved(db, Moved::Both)?;
    Ok((user, session))
}

/// Writes a new row.
pub fn add(db: &Connection, user_seq: i64, session: &Session, digest: &Digest) -> Result<()> {
    let (client_key, address_key) = (session.client.as_deref().map(fold), session.address.as_deref().map(fold));
    db.prepare_cached(
        "INSERT INTO session (id, user_seq, digest, created_at, expires_at, idle, last_used_at, client, client_key,
             address, address_key, ended_at, ended_by, refused, refused_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(params![
        Raw::new(session.id.as_str()),
        user_seq,
        digest.bytes(),
        session.created_at.millis(),
        millis(session.expires_at),
        session.idle.map(Span::millis),
        millis(session.last_used_at),
        Raw::some(session.client.as_deref()),
        Raw::some(client_key.as_deref()),
        Raw::some(session.address.as_deref()),
        Raw::some(address_key.as_deref()),
        millis(session.ended_at),
        Raw::some(session.ended_by.as_deref()),
        session.refused,
        millis(session.refused_at),
    ])?;
    Ok(())
}

/// Every so many sessions a few are forgotten.
const ROUND: i64 = 8;

/// Forgets a few sessions that are kept no longer, so that the table does not grow for ever where upkeep is rare: more
/// than came since the last time.
fn sweep(db: &Connection, now: Time) -> Result<()> {
    if !clock::may_forget(db, now)? {
        return Ok(());
    }
    let kept = settings::policy(db)?.keep_sessions;
    db.prepare_cached(
        "DELETE FROM session WHERE seq IN (SELECT seq FROM session WHERE expires_at < ?1 ORDER BY expires_at LIMIT 40)",
    )?
    .execute([now.minus(kept).millis()])?;
    Ok(())
}

/// Where a session comes from, in words.
fn whence(session: &Session) -> Option<String> {
    let parts: Vec<&str> = [&session.client, &session.address].into_iter().filter_map(|part| part.as_deref()).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Ends one session that was found, unless it is over already.
pub fn end(db: &Connection, found: Option<(i64, Session)>, deed: Deed, stamp: &Stamp) -> Result<Option<Session>> {
    let Some((seq, mut session)) = found else { return Ok(None) };
    if !session.is_live(stamp.at) {
        return Ok(None);
    }
    session.ended_at = Some(stamp.at);
    session.ended_by = Some(stamp.actor.name().to_owned());
    db.prepare_cached("UPDATE session SET ended_at = ?2, ended_by = ?3 WHERE seq = ?1")?.execute(params![
        seq,
        stamp.at.millis(),
        Raw::new(stamp.actor.name())
    ])?;
    let owner = users::by_id(db, &session.user_id, stamp.at)?.map(|person| person.user);
    audit::append(db, &audit::entry(stamp, deed, owner.as_ref(), Vec::new(), whence(&session)))?;
    moved(db, Moved::Both)?;
    Ok(Some(session))
}

/// Ends all live sessions of a person, if there are as many as expected.
pub fn end_of_user(db: &Connection, id: &UserId, expect: Option<u32>, stamp: &Stamp) -> Result<u32> {
    let person = users::by_id(db, id, stamp.at)?.ok_or_else(|| Error::unknown_user(id.as_str()))?;
    let shown = person.user.sessions;
    if let Some(expect) = expect.filter(|expect| *expect != shown) {
        let message = format!("{} has {} now, not {expect}", quote(&person.user.name), counted(shown));
        return Err(Error::new(Kind::Stale, message).hint("look again, then repeat it"));
    }
    let ended = end_all(db, person.seq, stamp)?;
    if ended > 0 {
        audit::append(db, &audit::entry(stamp, Deed::End, Some(&person.user), Vec::new(), Some(counted(ended))))?;
        moved(db, Moved::Both)?;
    }
    Ok(ended)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn of_thousands_of_ended_sessions_only_those_that_are_shown_are_read() {
        let [_, ended] = of_user_sql();
        let plan = super::super::plans::of(&ended).unwrap().join("\n");
        assert!(plan.contains("SEARCH s USING INDEX session_over (user_seq=? AND ended_at>?)"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}
