//! Second factors: sealed secrets and backup codes, each taken once.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{self, Person, Raw};
use super::settings::{Moved, moved, policy};
use super::users::{self, expected};
use super::{audit, endings};
use crate::accounts::audit::{Deed, Stamp};
use crate::accounts::change::Changed;
use crate::accounts::error::{Error, Field, Result};
use crate::accounts::factor::{CodeDigest, Disabled, Factor, NewFactor, Reseal, is_weak_alone, weak_alone};
use crate::accounts::seal::{KeyId, Sealed};
use crate::accounts::text::quote;
use crate::accounts::user::{User, UserId};

fn sealed(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Sealed> {
    Ok(Sealed { key_id: KeyId::new(rows::text(row, at)?), bytes: rows::bytes(row, at + 1)? })
}

/// Somebody's second factor, by the number of their row where that is known.
pub fn of_user(db: &Connection, seq: Option<i64>, id: &UserId) -> Result<Option<Factor>> {
    let read = |row: &rusqlite::Row<'_>| {
        // What cannot be understood takes no code any more.
        let last_step = rows::number(row, 2)?.unwrap_or(i64::MAX);
        Ok(Factor { sealed: sealed(row, 0)?, last_step, codes: rows::count(row, 3)? })
    };
    Ok(db
        .prepare_cached(
            "SELECT f.key_id, f.sealed, f.last_step,
                 (SELECT count(*) FROM backup_code b WHERE b.user_seq = f.user_seq)
             FROM factor f WHERE f.user_seq = coalesce(?1, (SELECT seq FROM user WHERE id = ?2))",
        )?
        .query_row(params![seq, Raw::new(id.as_str())], read)
        .optional()?)
}

/// How many stand under each key.
pub fn keys(db: &Connection) -> Result<Vec<(KeyId, u32)>> {
    let mut statement = db.prepare_cached("SELECT key_id, count(*) FROM factor GROUP BY key_id ORDER BY key_id")?;
    let found = statement.query_map([], |row| Ok((KeyId::new(rows::text(row, 0)?), rows::count(row, 1)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// All sealed secrets.
pub fn all(db: &Connection) -> Result<Vec<(UserId, Sealed)>> {
    let mut statement = db.prepare_cached(
        "SELECT u.id, f.key_id, f.sealed FROM factor f JOIN user u ON u.seq = f.user_seq ORDER BY f.user_seq",
    )?;
    let found = statement.query_map([], |row| Ok((UserId::new(rows::text(row, 0)?), sealed(row, 1)?)))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn living(db: &Connection, id: &UserId, expect: Option<i64>, stamp: &Stamp) -> Result<Person> {
    let person = expected(db, id, expect, stamp.at)?;
    if person.user.deleted_at.is_some() {
        return Err(Error::unknown_user(&person.user.name));
    }
    Ok(person)
}

/// Turns it on, unless others stand under another key.
pub fn enable(
    db: &Connection,
    id: &UserId,
    expect: Option<i64>,
    new: &NewFactor,
    stamp: &Stamp,
) -> Result<Option<Changed>> {
    let person = living(db, id, expect, stamp)?;
    if person.user.factor {
        return Err(Error::constraint(
            Field::Code,
            format!("the second factor of {} is on already", quote(&person.user.name)),
        )
        .hint("look again first"));
    }
    let key = Raw::new(new.sealed.key_id.as_str());
    if db.prepare_cached("SELECT 1 FROM factor WHERE key_id <> ?1 LIMIT 1")?.exists([&key])? {
        return Ok(None);
    }
    db.prepare_cached(
        "INSERT INTO factor (user_seq, key_id, sealed, last_step, enabled_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![person.seq, key, new.sealed.bytes, new.step, stamp.at.millis()])?;
    put_codes(db, person.seq, &new.codes)?;
    // Whoever had got in without it is out.
    let ended = endings::end_all(db, person.seq, stamp)?;
    let mut words = counted(new.codes.len());
    if ended > 0 {
        words.push_str(&format!(", {} ended", endings::counted(ended)));
        moved(db, Moved::Sessions)?;
    }
    let changed = done(db, person, true, Deed::EnableFactor, Some(words), stamp)?;
    let after = User { sessions: 0, ..changed.after };
    Ok(Some(Changed { ended, after, ..changed }))
}

/// Turns it off, unless it would leave a password alone that is too weak for that and nobody has forced it.
pub fn disable(db: &Connection, id: &UserId, expect: Option<i64>, force: bool, stamp: &Stamp) -> Result<Disabled> {
    let person = living(db, id, expect, stamp)?;
    if !person.user.factor {
        let changed = Changed::without_loss(person.user.clone(), person.user);
        return Ok(Disabled { changed, weak: false });
    }
    let weak = is_weak_alone(users::hash_of(db, person.seq)?.as_ref(), policy(db)?.password);
    if weak && !force {
        return Err(weak_alone(&person.user.name));
    }
    forget(db, person.seq)?;
    Ok(Disabled { changed: done(db, person, false, Deed::DisableFactor, None, stamp)?, weak })
}

/// Removes the rows of a user.
pub fn forget(db: &Connection, seq: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM backup_code WHERE user_seq = ?1")?.execute([seq])?;
    db.prepare_cached("DELETE FROM factor WHERE user_seq = ?1")?.execute([seq])?;
    Ok(())
}

/// New backup codes.
pub fn replace_codes(
    db: &Connection,
    id: &UserId,
    expect: Option<i64>,
    codes: &[CodeDigest],
    stamp: &Stamp,
) -> Result<Changed> {
    let person = living(db, id, expect, stamp)?;
    if !person.user.factor {
        return Err(Error::constraint(
            Field::Code,
            format!("the second factor of {} is off", quote(&person.user.name)),
        )
        .hint("`rollbook factor enable` turns it on"));
    }
    db.prepare_cached("DELETE FROM backup_code WHERE user_seq = ?1")?.execute([person.seq])?;
    put_codes(db, person.seq, codes)?;
    let words = Some(counted(codes.len()));
    done(db, person, true, Deed::RefreshCodes, words, stamp)
}

fn put_codes(db: &Connection, seq: i64, codes: &[CodeDigest]) -> Result<()> {
    let mut statement = db.prepare_cached("INSERT INTO backup_code (user_seq, digest) VALUES (?1, ?2)")?;
    for code in codes {
        statement.execute(params![seq, code.bytes()])?;
    }
    Ok(())
}

fn counted(codes: usize) -> String {
    if codes == 1 { "1 backup code".to_owned() } else { format!("{codes} backup codes") }
}

/// Moves the version on and writes the entry.
fn done(
    db: &Connection,
    person: Person,
    factor: bool,
    deed: Deed,
    words: Option<String>,
    stamp: &Stamp,
) -> Result<Changed> {
    let before = person.user;
    let after = User { factor, version: before.version + 1, ..before.clone() };
    db.prepare_cached("UPDATE user SET version = ?2 WHERE seq = ?1")?.execute([person.seq, after.version])?;
    audit::append(db, &audit::entry(stamp, deed, Some(&after), Vec::new(), words))?;
    moved(db, Moved::Users)?;
    Ok(Changed::without_loss(before, after))
}

/// Takes a time step.
pub fn use_step(db: &Connection, id: &UserId, sealed: &Sealed, step: i64) -> Result<bool> {
    let taken = db
        .prepare_cached(
            "UPDATE factor SET last_step = ?2
             WHERE user_seq = (SELECT seq FROM user WHERE id = ?1) AND last_step < ?2 AND CAST(sealed AS BLOB) = ?3",
        )?
        .execute(params![Raw::new(id.as_str()), step, sealed.bytes])?;
    Ok(taken == 1)
}

/// Uses a backup code up.
pub fn use_code(db: &Connection, id: &UserId, code: &CodeDigest, stamp: &Stamp) -> Result<bool> {
    let Some(person) = users::by_id(db, id, stamp.at)? else { return Ok(false) };
    let taken = db
        .prepare_cached("DELETE FROM backup_code WHERE user_seq = ?1 AND digest = ?2")?
        .execute(params![person.seq, code.bytes()])?;
    if taken != 1 {
        return Ok(false);
    }
    let left: i64 = db
        .prepare_cached("SELECT count(*) FROM backup_code WHERE user_seq = ?1")?
        .query_row([person.seq], |row| row.get(0))?;
    let words = format!("{} left", counted(usize::try_from(left).unwrap_or(0)));
    audit::append(db, &audit::entry(stamp, Deed::UseCode, Some(&person.user), Vec::new(), Some(words)))?;
    moved(db, Moved::Users)?;
    Ok(true)
}

/// Puts new seals in the place of those that were looked at, all or none.
pub fn reseal(db: &Connection, reseals: &[Reseal], stamp: &Stamp) -> Result<bool> {
    let there: i64 = db.prepare_cached("SELECT count(*) FROM factor")?.query_row([], |row| row.get(0))?;
    if usize::try_from(there) != Ok(reseals.len()) {
        return Ok(false);
    }
    // Looked at in full before the first is written, since nothing must be left half done.
    let mut found = Vec::with_capacity(reseals.len());
    for reseal in reseals {
        let seq: Option<i64> = db
            .prepare_cached(
                "SELECT f.user_seq FROM factor f JOIN user u ON u.seq = f.user_seq WHERE u.id = ?1
                    AND CAST(f.sealed AS BLOB) = ?2",
            )?
            .query_row(params![Raw::new(reseal.user_id.as_str()), reseal.was.bytes], |row| row.get(0))
            .optional()?;
        let Some(seq) = seq else { return Ok(false) };
        found.push(seq);
    }
    let mut statement = db.prepare_cached("UPDATE factor SET key_id = ?2, sealed = ?3 WHERE user_seq = ?1")?;
    for (seq, reseal) in found.into_iter().zip(reseals) {
        statement.execute(params![seq, Raw::new(reseal.now.key_id.as_str()), reseal.now.bytes])?;
    }
    drop(statement);
    let people = if there == 1 { "1 person".to_owned() } else { format!("{there} people") };
    audit::append(db, &audit::entry(stamp, Deed::Rekey, None, Vec::new(), Some(people)))?;
    moved(db, Moved::Users)?;
    Ok(true)
}
