//! The end of all that a person has out in the world: what the rows of users, sessions, resets and tokens have in common.

use rusqlite::{Connection, params};

use super::rows::{self, GOOD, RUNS, Raw};
use crate::accounts::audit::Stamp;
use crate::accounts::change::Exposure;
use crate::accounts::error::Result;
use crate::accounts::losses::{NAMED, Names};
use crate::accounts::time::Time;

/// How many sessions, in words.
pub fn counted(number: u32) -> String {
    if number == 1 { "1 session".to_owned() } else { format!("{number} sessions") }
}

/// What was taken from somebody, in words; `None` where it was nothing.
pub fn told(taken: Exposure) -> Option<String> {
    let of = |number: u32, one: &str| match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{number} {one}s")),
    };
    let parts = [of(taken.sessions, "session"), of(taken.tokens, "token"), of(taken.resets, "reset")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What a person has out in the world.
pub fn exposure(db: &Connection, user_seq: i64, now: Time) -> Result<Exposure> {
    Ok(Exposure {
        sessions: live(db, user_seq, now)?,
        tokens: good(db, user_seq, now)?,
        resets: open(db, user_seq, now)?,
        passwords: asked(db, HAS_PASSWORD, user_seq, now)?,
    })
}

/// Whether a password is set, counted as 0 or 1. A row of another program may have a hash without a date, or a date
/// without a hash.
const HAS_PASSWORD: &str = "SELECT count(*) FROM user u WHERE u.seq = ?2 \
    AND (u.password_set_at IS NOT NULL OR u.seq IN (SELECT c.user_seq FROM credential c))";

/// Removes the hash of a password and records who did it and when. Returns whether there was a password.
pub fn void_password(db: &Connection, user_seq: i64, stamp: &Stamp) -> Result<bool> {
    if asked(db, HAS_PASSWORD, user_seq, stamp.at)? == 0 {
        return Ok(false);
    }
    db.prepare_cached("DELETE FROM credential WHERE user_seq = ?1")?.execute([user_seq])?;
    db.prepare_cached("UPDATE user SET password_set_at = NULL WHERE seq = ?1")?.execute([user_seq])?;
    db.prepare_cached(
        "INSERT INTO voided_password (user_seq, at, by) VALUES (?1, ?2, ?3)
         ON CONFLICT (user_seq) DO UPDATE SET at = excluded.at, by = excluded.by",
    )?
    .execute(params![user_seq, stamp.at.millis(), Raw::new(stamp.actor.name())])?;
    Ok(true)
}

/// The names of some of a user's open sessions and valid tokens.
pub fn names(db: &Connection, user_seq: i64, now: Time) -> Result<Names> {
    Ok(Names { clients: clients(db, user_seq, now)?, tokens: token_names(db, user_seq, now)? })
}

/// The clients of the open sessions that a user used last.
pub fn clients(db: &Connection, user_seq: i64, now: Time) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT substr(s.client, 1, 200) FROM session s WHERE s.user_seq = ?2 AND s.client IS NOT NULL AND {RUNS}
         ORDER BY coalesce(s.last_used_at, s.created_at) DESC, s.seq DESC LIMIT ?3"
    );
    named(db, &sql, user_seq, now)
}

/// The names of the valid tokens that a user used last.
pub fn token_names(db: &Connection, user_seq: i64, now: Time) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT substr(t.name, 1, 200) FROM api_token t WHERE t.user_seq = ?2 AND {GOOD}
         ORDER BY coalesce(t.last_used_at, t.created_at) DESC, t.seq DESC LIMIT ?3"
    );
    named(db, &sql, user_seq, now)
}

fn named(db: &Connection, sql: &str, user_seq: i64, now: Time) -> Result<Vec<String>> {
    let limit = i64::try_from(NAMED).unwrap_or(i64::MAX);
    let mut statement = db.prepare_cached(sql)?;
    let names = statement.query_map([now.millis(), user_seq, limit], |row| rows::text(row, 0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

fn live(db: &Connection, user_seq: i64, now: Time) -> Result<u32> {
    asked(db, &format!("SELECT count(*) FROM session s WHERE s.user_seq = ?2 AND {RUNS}"), user_seq, now)
}

fn good(db: &Connection, user_seq: i64, now: Time) -> Result<u32> {
    asked(db, &format!("SELECT count(*) FROM api_token t WHERE t.user_seq = ?2 AND {GOOD}"), user_seq, now)
}

fn open(db: &Connection, user_seq: i64, now: Time) -> Result<u32> {
    asked(db, "SELECT count(*) FROM reset r WHERE r.user_seq = ?2 AND r.expires_at >= ?1", user_seq, now)
}

fn asked(db: &Connection, sql: &str, user_seq: i64, now: Time) -> Result<u32> {
    Ok(db.prepare_cached(sql)?.query_row([now.millis(), user_seq], |row| rows::count(row, 0))?)
}

/// Ends all sessions of a person and says how many of them were live.
///
/// Those that merely lay idle too long are marked as well: a clock that is set back must not revive them.
pub fn end_all(db: &Connection, user_seq: i64, stamp: &Stamp) -> Result<u32> {
    let live = live(db, user_seq, stamp.at)?;
    db.prepare_cached("UPDATE session SET ended_at = ?2, ended_by = ?3 WHERE user_seq = ?1 AND ended_at IS NULL")?
        .execute(params![user_seq, stamp.at.millis(), Raw::new(stamp.actor.name())])?;
    Ok(live)
}

/// Revokes all tokens of a person, those that are over among them, and says how many of them were good.
pub fn revoke_all(db: &Connection, user_seq: i64, stamp: &Stamp) -> Result<u32> {
    let good = good(db, user_seq, stamp.at)?;
    db.prepare_cached(
        "UPDATE api_token SET revoked_at = ?2, revoked_by = ?3 WHERE user_seq = ?1 AND revoked_at IS NULL",
    )?
    .execute(params![user_seq, stamp.at.millis(), Raw::new(stamp.actor.name())])?;
    Ok(good)
}

/// Removes all resets of a person and says how many of them were open.
pub fn void_all(db: &Connection, user_seq: i64, now: Time) -> Result<u32> {
    let open = open(db, user_seq, now)?;
    db.prepare_cached("DELETE FROM reset WHERE user_seq = ?1")?.execute([user_seq])?;
    Ok(open)
}
