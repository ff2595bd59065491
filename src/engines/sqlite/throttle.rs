//! The throttle's counters and the addresses that somebody is known from.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::rows::{self, Raw};
use super::settings::{Moved, moved};
use super::{audit, users};
use crate::accounts::audit::{Deed, Stamp};
use crate::accounts::error::{Error, Result};
use crate::accounts::throttle::{Attempt, Counter, FREE, KNOWN, KNOWN_SOURCES, Knock, NOBODIES, Source, Throttled};
use crate::accounts::time::Time;
use crate::accounts::user::UserId;

/// The class of all addresses that are not known.
const UNKNOWN: &[u8] = &[];

/// The number of the account's row. Nobody has number 0, so that an unknown name costs the same looks.
fn account(db: &Connection, user: Option<&UserId>) -> Result<i64> {
    let found = db
        .prepare_cached("SELECT seq FROM user WHERE id = ?1")?
        .query_row([Raw::new(user.map_or("", UserId::as_str))], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

fn class<'a>(db: &Connection, account: i64, knock: &'a Knock) -> Result<&'a [u8]> {
    let source = knock.source.as_ref().map_or(UNKNOWN, Source::bytes);
    let known = db
        .prepare_cached("SELECT 1 FROM known_source WHERE user_seq = ?1 AND source = ?2 AND last >= ?3")?
        .exists(params![account, source, knock.at.minus(KNOWN).millis()])?;
    Ok(if known { source } else { UNKNOWN })
}

fn counter(db: &Connection, knock: &Knock, source: &[u8]) -> Result<Option<Counter>> {
    let found = db
        .prepare_cached("SELECT failures, since, last, until FROM throttle WHERE subject = ?1 AND source = ?2")?
        .query_row(params![knock.subject.bytes(), source], counter_in)
        .optional()?;
    Ok(found)
}

/// Reads a counter from the first columns of a row.
fn counter_in(row: &Row<'_>) -> rusqlite::Result<Counter> {
    Ok(Counter {
        failures: rows::count(row, 0)?,
        since: rows::time(row, 1)?.unwrap_or_default(),
        last: rows::time(row, 2)?.unwrap_or_default(),
        until: rows::time(row, 3)?.unwrap_or_default(),
    })
}

/// Whether a try has to wait, without counting it.
pub fn look(db: &Connection, knock: &Knock) -> Result<Attempt> {
    let account = account(db, knock.user.as_ref())?;
    let counter = counter(db, knock, class(db, account, knock)?)?;
    Ok(match counter.filter(|counter| counter.is_holding(knock.at)) {
        Some(counter) => Attempt::Wait(counter.until),
        None => Attempt::Allowed,
    })
}

/// Counts a try as a wrong one, or holds it. Every try makes the same looks and writes one row.
pub fn attempt(db: &Connection, knock: &Knock) -> Result<Attempt> {
    let account = account(db, knock.user.as_ref())?;
    count(db, account, knock)
}

/// Counts a try for an account whose row is known; 0 where nobody has the name.
pub fn count(db: &Connection, account: i64, knock: &Knock) -> Result<Attempt> {
    let source = class(db, account, knock)?;
    let before = counter(db, knock, source)?;
    let (next, held) = match (Counter::count(before, knock.at), before) {
        (Some(next), _) => (next, 0),
        (None, Some(before)) => (before, 1),
        // Without a counter there is nothing that could hold.
        (None, None) => return Ok(Attempt::Allowed),
    };
    db.prepare_cached(
        "INSERT INTO throttle (subject, source, user_seq, failures, held, since, last, until, address)
         VALUES (?1, ?2, nullif(?3, 0), ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (subject, source) DO UPDATE SET failures = excluded.failures,
             held = CASE WHEN excluded.failures = 1 THEN 0 ELSE held END + excluded.held, since = excluded.since,
             last = excluded.last, until = excluded.until, address = excluded.address",
    )?
    .execute(params![
        knock.subject.bytes(),
        source,
        account,
        next.failures,
        held,
        next.since.millis(),
        next.last.millis(),
        next.until.millis(),
        Raw::some(knock.address.as_deref()),
    ])?;
    db.prepare_cached(
        "DELETE FROM throttle WHERE seq IN (
             SELECT seq FROM throttle INDEXED BY throttle_nobody
             WHERE user_seq IS NULL AND seq <= (SELECT max(seq) FROM throttle) - ?1 LIMIT 1000)",
    )?
    .execute([NOBODIES])?;
    if held > 0 {
        return Ok(Attempt::Wait(next.until));
    }
    if next.until > knock.at && account > 0 {
        // A row of the list has changed: somebody is made to wait.
        moved(db, Moved::Users)?;
    }
    Ok(Attempt::Allowed)
}

/// Takes one count back. It was counted a moment ago, so no wait was due then.
pub fn uncount(db: &Connection, knock: &Knock) -> Result<()> {
    let account = account(db, knock.user.as_ref())?;
    let source = class(db, account, knock)?;
    let left = db
        .prepare_cached(
            "UPDATE throttle SET failures = failures - 1, until = last
             WHERE subject = ?1 AND source = ?2 AND failures > 0 RETURNING failures",
        )?
        .query_row(params![knock.subject.bytes(), source], |row| rows::count(row, 0))
        .optional()?;
    if left.is_some_and(|failures| failures >= FREE) {
        moved(db, Moved::Users)?;
    }
    Ok(())
}

/// Clears the class's counter after a success, and remembers where it came from.
pub fn admit(db: &Connection, knock: &Knock) -> Result<()> {
    let account = account(db, knock.user.as_ref())?;
    clear_class(db, account, knock)
}

/// Clears the counter of the class that a try on an account belongs to, where the account's row is known.
pub fn clear_class(db: &Connection, account: i64, knock: &Knock) -> Result<()> {
    let source = class(db, account, knock)?;
    let cleared = db
        .prepare_cached("DELETE FROM throttle WHERE subject = ?1 AND source = ?2 RETURNING failures")?
        .query_row(params![knock.subject.bytes(), source], |row| rows::count(row, 0))
        .optional()?;
    if cleared.is_some_and(|failures| failures > FREE) {
        moved(db, Moved::Users)?;
    }
    let Some(source) = knock.source.as_ref().filter(|_| account > 0) else { return Ok(()) };
    db.prepare_cached(
        "INSERT INTO known_source (user_seq, source, last) VALUES (?1, ?2, ?3)
         ON CONFLICT (user_seq, source) DO UPDATE SET last = max(last, excluded.last)",
    )?
    .execute(params![account, source.bytes(), knock.at.millis()])?;
    db.prepare_cached(
        "DELETE FROM known_source WHERE user_seq = ?1 AND source IN (
             SELECT source FROM known_source WHERE user_seq = ?1 ORDER BY last DESC LIMIT -1 OFFSET ?2)",
    )?
    .execute(params![account, KNOWN_SOURCES])?;
    Ok(())
}

/// The counters by which somebody is made to wait at this instant, the longest wait first: those that a login reads. A
/// counter of an address that is known no longer is not read, nor one of another subject.
pub fn of_user(db: &Connection, id: &UserId, at: Time) -> Result<Vec<Throttled>> {
    let mut statement = db.prepare_cached(
        "SELECT t.failures, t.since, t.last, t.until, t.held, t.address, length(t.source) > 0
         FROM throttle t WHERE t.subject = ?1 AND (t.source = x'' OR EXISTS (
             SELECT 1 FROM known_source k JOIN user u ON u.seq = k.user_seq
             WHERE u.id = ?2 AND k.source = t.source AND k.last >= ?3))",
    )?;
    let subject = Knock::new(Some(id), "", None, at).subject;
    let values = params![subject.bytes(), Raw::new(id.as_str()), at.minus(KNOWN).millis()];
    let found = statement.query_map(values, |row| {
        let counter = counter_in(row)?;
        Ok(counter.is_holding(at).then_some(Throttled {
            since: counter.since,
            until: counter.until,
            failures: counter.failures,
            held: rows::count(row, 4)?,
            address: rows::words(row, 5)?,
            known: rows::count(row, 6)? > 0,
        }))
    })?;
    let mut waits: Vec<Throttled> = found.filter_map(rusqlite::Result::transpose).collect::<rusqlite::Result<_>>()?;
    waits.sort_by_key(|throttled| std::cmp::Reverse(throttled.until));
    Ok(waits)
}

/// Clears all counters of somebody by an administrator's hand; whether there was any.
pub fn clear(db: &Connection, id: &UserId, stamp: &Stamp) -> Result<bool> {
    let person = users::by_id(db, id, stamp.at)?.ok_or_else(|| Error::unknown_user(id.as_str()))?;
    let subject = Knock::new(Some(id), "", None, stamp.at).subject;
    let cleared = db
        .prepare_cached("DELETE FROM throttle WHERE user_seq = ?1 OR subject = ?2")?
        .execute(params![person.seq, subject.bytes()])?;
    if cleared > 0 {
        audit::append(db, &audit::entry(stamp, Deed::Unthrottle, Some(&person.user), Vec::new(), None))?;
        moved(db, Moved::Users)?;
    }
    Ok(cleared > 0)
}
