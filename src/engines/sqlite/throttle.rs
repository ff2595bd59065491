//! The throttle's counters and the addresses that somebody is known from.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::rows::{self, Raw};
use super::settings::{Moved, moved};
use super::{audit, users};
use crate::accounts::audit::{Deed, Stamp};
use crate::accounts::error::{Error, Result};
use crate::accounts::store::Challenge;
use crate::accounts::throttle::{
    Attempt, Counter, CounterId, KNOWN, KNOWN_SOURCES, Knock, NOBODIES, Source, Surplus, Throttled,
};
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

/// The columns of a counter, read by [`counter_in`].
const COUNTER: &str = "failures, unsettled, since, last, until";

fn counter_in(row: &Row<'_>) -> rusqlite::Result<Counter> {
    Ok(Counter {
        failures: rows::count(row, 0)?,
        unsettled: rows::count(row, 1)?,
        since: rows::time(row, 2)?.unwrap_or_default(),
        last: rows::time(row, 3)?.unwrap_or_default(),
        until: rows::time(row, 4)?.unwrap_or_default(),
    })
}

fn counter(db: &Connection, knock: &Knock, source: &[u8]) -> Result<Option<Counter>> {
    let found = db
        .prepare_cached(&format!("SELECT {COUNTER} FROM throttle WHERE subject = ?1 AND source = ?2"))?
        .query_row(params![knock.subject.bytes(), source], counter_in)
        .optional()?;
    Ok(found)
}

/// Whether an attempt has to wait, without counting it.
pub fn look(db: &Connection, knock: &Knock) -> Result<Attempt> {
    let account = account(db, knock.user.as_ref())?;
    let counter = counter(db, knock, class(db, account, knock)?)?;
    Ok(counter.map_or(Attempt::Allowed, |counter| counter.judge(knock.at)))
}

/// Finds the user of a name and counts or refuses an attempt at their account. Returns the user's row before it, 0 for a
/// name without an account. Without `surplus` the attempt is only judged.
pub fn challenge(
    db: &Connection,
    key: &str,
    address: Option<&str>,
    at: Time,
    now: Time,
    surplus: Option<Surplus>,
) -> Result<(i64, Challenge)> {
    let (account, credential) = users::credential(db, key, now)?.unzip();
    let account = account.unwrap_or(0);
    let mut knock = Knock::new(credential.as_ref().map(|credential| &credential.user.id), key, address, at);
    let attempt = match surplus {
        Some(surplus) => count(db, account, &mut knock, surplus)?,
        None => look(db, &knock)?,
    };
    Ok((account, Challenge { credential, knock, attempt }))
}

/// Counts or refuses an attempt at an account whose row is known; 0 for a name without an account. Each attempt makes
/// the same reads, and writes one row unless it is a surplus one that waits.
fn count(db: &Connection, account: i64, knock: &mut Knock, surplus: Surplus) -> Result<Attempt> {
    let source = class(db, account, knock)?;
    let before = counter(db, knock, source)?;
    let attempt = match (before.map_or(Attempt::Allowed, |counter| counter.judge(knock.at)), surplus) {
        (Attempt::InFlight(until), Surplus::Waits) => return Ok(Attempt::InFlight(until)),
        (Attempt::InFlight(until), Surplus::IsRefused) => Attempt::Wait(until),
        (attempt, _) => attempt,
    };
    let (next, held) = match before.filter(|_| attempt != Attempt::Allowed) {
        Some(before) => (before, 1),
        None => (Counter::count(before, knock.at), 0),
    };
    let row = db
        .prepare_cached(
            "INSERT INTO throttle (subject, source, user_seq, failures, unsettled, held, since, last, until, address)
             VALUES (?1, ?2, nullif(?3, 0), ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (subject, source) DO UPDATE SET failures = excluded.failures, unsettled = excluded.unsettled,
                 held = CASE WHEN excluded.failures = 1 THEN 0 ELSE held END + excluded.held, since = excluded.since,
                 last = excluded.last, until = excluded.until, address = excluded.address
             RETURNING seq",
        )?
        .query_row(
            params![
                knock.subject.bytes(),
                source,
                account,
                next.failures,
                next.unsettled,
                held,
                next.since.millis(),
                next.last.millis(),
                next.until.millis(),
                Raw::some(knock.address.as_deref()),
            ],
            |row| row.get(0),
        )?;
    db.prepare_cached(
        "DELETE FROM throttle WHERE seq IN (
             SELECT seq FROM throttle INDEXED BY throttle_nobody
             WHERE user_seq IS NULL AND seq <= (SELECT max(seq) FROM throttle) - ?1 LIMIT 1000)",
    )?
    .execute([NOBODIES])?;
    knock.counter = (held == 0).then_some(CounterId(row));
    Ok(attempt)
}

/// Settles an attempt as wrong. Does nothing if its counter was cleared.
pub fn settle(db: &Connection, id: CounterId) -> Result<()> {
    let found = db
        .prepare_cached(&format!("SELECT {COUNTER} FROM throttle WHERE seq = ?1"))?
        .query_row([id.0], counter_in)
        .optional()?;
    let Some(before) = found else { return Ok(()) };
    let after = before.settle();
    let account: Option<i64> = db
        .prepare_cached("UPDATE throttle SET unsettled = ?2, until = ?3 WHERE seq = ?1 RETURNING user_seq")?
        .query_row(params![id.0, after.unsettled, after.until.millis()], |row| row.get(0))?;
    if after.until > before.until && after.until > after.last && account.is_some() {
        // A row of the list has changed: this user has to wait.
        moved(db, Moved::Users)?;
    }
    Ok(())
}

/// Removes one attempt from the count.
pub fn uncount(db: &Connection, id: CounterId) -> Result<()> {
    db.prepare_cached(
        "UPDATE throttle SET failures = max(failures - 1, 0), unsettled = max(unsettled - 1, 0) WHERE seq = ?1",
    )?
    .execute([id.0])?;
    Ok(())
}

/// Clears the class's counter after a success, and remembers where it came from.
pub fn admit(db: &Connection, knock: &Knock) -> Result<()> {
    let account = account(db, knock.user.as_ref())?;
    clear_class(db, account, knock)
}

/// Clears the counter in which a right attempt was counted and the counter of its class, for an account whose row is
/// known. They differ if the address has become known since.
pub fn clear_class(db: &Connection, account: i64, knock: &Knock) -> Result<()> {
    let source = class(db, account, knock)?;
    let mut statement =
        db.prepare_cached("DELETE FROM throttle WHERE seq = ?1 OR subject = ?2 AND source = ?3 RETURNING until > ?4")?;
    let counter = knock.counter.map(|counter| counter.0);
    let values = params![counter, knock.subject.bytes(), source, knock.at.millis()];
    let waited = statement.query_map(values, |row| row.get(0))?.collect::<rusqlite::Result<Vec<bool>>>()?;
    if account > 0 && waited.contains(&true) {
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
        "SELECT t.failures, t.unsettled, t.since, t.last, t.until, t.held, t.address, length(t.source) > 0
         FROM throttle t WHERE t.subject = ?1 AND (t.source = x'' OR EXISTS (
             SELECT 1 FROM known_source k JOIN user u ON u.seq = k.user_seq
             WHERE u.id = ?2 AND k.source = t.source AND k.last >= ?3))",
    )?;
    let subject = Knock::new(Some(id), "", None, at).subject;
    let values = params![subject.bytes(), Raw::new(id.as_str()), at.minus(KNOWN).millis()];
    let found = statement.query_map(values, |row| {
        let counter = counter_in(row)?;
        let Attempt::Wait(until) = counter.judge(at) else { return Ok(None) };
        Ok(Some(Throttled {
            since: counter.since,
            until,
            failures: counter.failures,
            held: rows::count(row, 5)?,
            address: rows::words(row, 6)?,
            known: rows::count(row, 7)? > 0,
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
