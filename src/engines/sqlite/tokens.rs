//! API tokens: added, listed, checked, revoked.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::faults::is_duplicate;
use super::rows::{self, GOOD, Raw, USABLE, USER, millis};
use super::settings::{Moved, moved};
use super::{audit, clock, users};
use crate::accounts::api_token::{ApiToken, NewToken, TokenId, token_name_exists};
use crate::accounts::audit::{Deed, Stamp};
use crate::accounts::error::{Error, Result};
use crate::accounts::time::{Span, Time};
use crate::accounts::token::Digest;
use crate::accounts::user::{User, UserId};

/// The columns of a token `t` of a user `u`. Read by [`token`].
const TOKEN: &str = "t.seq, t.id, u.id, u.name, t.name, t.created_at, t.expires_at, t.last_used_at";

/// How many columns [`TOKEN`] has.
const TOKEN_WIDTH: usize = 8;

/// Reads [`TOKEN`] from the first column on, with the row's number.
fn token(row: &Row<'_>) -> rusqlite::Result<(i64, ApiToken)> {
    let token = ApiToken {
        id: TokenId::new(rows::text(row, 1)?),
        user_id: UserId::new(rows::text(row, 2)?),
        owner: rows::text(row, 3)?,
        name: rows::text(row, 4)?,
        created_at: rows::time(row, 5)?.unwrap_or_default(),
        expires_at: rows::time(row, 6)?,
        last_used_at: rows::time(row, 7)?,
    };
    Ok((row.get(0)?, token))
}

/// Looks a digest up together with its owner, if both are good.
pub fn check(db: &Connection, digest: &Digest, now: Time) -> Result<Option<(User, ApiToken)>> {
    // Another process may have reached a later time than this one's clock.
    let now = clock::believed(db, now)?;
    // Built once: this is asked with every request of a service.
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT {TOKEN}, {USER} FROM api_token t JOIN user u ON u.seq = t.user_seq
             WHERE t.digest = ?2 AND {GOOD} AND {USABLE}"
        )
    });
    let found = db
        .prepare_cached(&SQL)?
        .query_row(params![now.millis(), digest.bytes()], |row| {
            Ok((rows::person(row, TOKEN_WIDTH)?.user, token(row)?.1))
        })
        .optional()?;
    Ok(found)
}

/// One token that is not revoked.
pub fn by_id(db: &Connection, id: &TokenId) -> Result<Option<(i64, ApiToken)>> {
    let sql = format!(
        "SELECT {TOKEN} FROM api_token t JOIN user u ON u.seq = t.user_seq WHERE t.id = ?1 AND t.revoked_at IS NULL"
    );
    Ok(db.prepare_cached(&sql)?.query_row([Raw::new(id.as_str())], token).optional()?)
}

/// One token that is not revoked, by what is kept of its value.
pub fn by_digest(db: &Connection, digest: &Digest) -> Result<Option<(i64, ApiToken)>> {
    let sql = format!(
        "SELECT {TOKEN} FROM api_token t JOIN user u ON u.seq = t.user_seq WHERE t.digest = ?1 AND t.revoked_at IS NULL"
    );
    Ok(db.prepare_cached(&sql)?.query_row([digest.bytes()], token).optional()?)
}

/// A person's tokens that are neither revoked nor over, newest first.
pub fn of_user(db: &Connection, id: &UserId, limit: u16, now: Time) -> Result<Vec<ApiToken>> {
    let sql = format!(
        "SELECT {TOKEN} FROM user u JOIN api_token t ON t.user_seq = u.seq WHERE u.id = ?2 AND {GOOD}
         ORDER BY t.created_at DESC, t.seq DESC LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_map(params![now.millis(), Raw::new(id.as_str()), limit], |row| Ok(token(row)?.1))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Adds a token.
pub fn insert(db: &Connection, new: &NewToken, stamp: &Stamp) -> Result<ApiToken> {
    let person = users::by_id(db, &new.user_id, stamp.at)?.filter(|person| person.user.deleted_at.is_none());
    let person = person.ok_or_else(|| Error::unknown_user(new.user_id.as_str()))?;
    let (at, by) = (stamp.at.millis(), Raw::new(stamp.actor.name()));
    let key = new.name_key();
    let may_forget = clock::may_forget(db, stamp.at)?;
    if may_forget {
        // One that is over is listed nowhere: nobody could find out what to revoke before the name is free.
        db.prepare_cached(
            "UPDATE api_token SET revoked_at = ?1, revoked_by = ?2
             WHERE user_seq = ?3 AND name_key = ?4 AND revoked_at IS NULL AND expires_at < ?1",
        )?
        .execute(params![at, by, person.seq, Raw::new(&key)])?;
    }
    let written = db
        .prepare_cached(
            "INSERT INTO api_token (id, user_seq, digest, name, name_key, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            Raw::new(new.id.as_str()),
            person.seq,
            new.digest.bytes(),
            Raw::new(&new.name),
            Raw::new(&key),
            at,
            millis(new.expires_at),
        ]);
    match written {
        Ok(_) => {}
        Err(fault) if is_duplicate(&fault) => return Err(token_name_exists(&person.user.name, &new.name)),
        Err(fault) => return Err(fault.into()),
    }
    if may_forget {
        sweep(db, stamp.at)?;
    }
    let words = Some(new.name.clone());
    audit::append(db, &audit::entry(stamp, Deed::CreateToken, Some(&person.user), Vec::new(), words))?;
    moved(db, Moved::Users)?;
    Ok(ApiToken {
        id: new.id.clone(),
        user_id: person.user.id,
        owner: person.user.name,
        name: new.name.clone(),
        created_at: stamp.at,
        expires_at: new.expires_at,
        last_used_at: None,
    })
}

/// Forgets a few tokens that were revoked or over thirty days ago, so that the table does not grow for ever.
fn sweep(db: &Connection, now: Time) -> Result<()> {
    let long_ago = now.minus(Span::DAY.times(30)).millis();
    for sql in [
        "DELETE FROM api_token WHERE seq IN
             (SELECT seq FROM api_token WHERE revoked_at < ?1 ORDER BY revoked_at LIMIT 20)",
        "DELETE FROM api_token WHERE seq IN
             (SELECT seq FROM api_token WHERE expires_at < ?1 ORDER BY expires_at LIMIT 20)",
    ] {
        db.prepare_cached(sql)?.execute([long_ago])?;
    }
    Ok(())
}

/// Revokes one token that was found.
pub fn revoke(db: &Connection, found: Option<(i64, ApiToken)>, stamp: &Stamp) -> Result<Option<ApiToken>> {
    let Some((seq, token)) = found else { return Ok(None) };
    db.prepare_cached("UPDATE api_token SET revoked_at = ?2, revoked_by = ?3 WHERE seq = ?1")?.execute(params![
        seq,
        stamp.at.millis(),
        Raw::new(stamp.actor.name())
    ])?;
    let owner = users::by_id(db, &token.user_id, stamp.at)?.map(|person| person.user);
    let words = Some(token.name.clone());
    audit::append(db, &audit::entry(stamp, Deed::RevokeToken, owner.as_ref(), Vec::new(), words))?;
    moved(db, Moved::Users)?;
    Ok(Some(token))
}
