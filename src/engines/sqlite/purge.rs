//! Somebody erased: their rows, what the audit tells of them, and their name wherever they acted upon others.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{self, Raw};
use super::settings::{Moved, moved};
use super::users::expected;
use super::{audit, keepers};
use crate::accounts::audit::{Deed, Detail, Stamp};
use crate::accounts::error::Result;
use crate::accounts::user::{User, UserId};

/// Erases somebody.
pub fn purge(db: &Connection, id: &UserId, expect: Option<i64>, stamp: &Stamp) -> Result<User> {
    let person = expected(db, id, expect, stamp.at)?;
    if keepers::is_one(db, person.seq, &person.user)? {
        keepers::keep_one(db, person.seq, &person.user)?;
    }
    unname(db, &person.user)?;
    for sql in [
        "DELETE FROM backup_code WHERE user_seq = ?1",
        "DELETE FROM factor WHERE user_seq = ?1",
        "DELETE FROM session WHERE user_seq = ?1",
        "DELETE FROM reset WHERE user_seq = ?1",
        "DELETE FROM credential WHERE user_seq = ?1",
        "DELETE FROM voided_password WHERE user_seq = ?1",
        "DELETE FROM failure WHERE user_seq = ?1",
        "DELETE FROM throttle WHERE user_seq = ?1",
        "DELETE FROM known_source WHERE user_seq = ?1",
        "DELETE FROM user WHERE seq = ?1",
    ] {
        db.prepare_cached(sql)?.execute([person.seq])?;
    }
    erase(db, id)?;
    let mut entry = audit::entry(stamp, Deed::Purge, Some(&person.user), Vec::new(), None);
    entry.detail.target = None;
    audit::append(db, &entry)?;
    moved(db, Moved::Both)?;
    Ok(person.user)
}

/// Takes the person's name out of the rows of those whom they acted upon. Whom that was the audit knows by id, so that
/// nobody else who bears the name, such as an account of the operating system, is unnamed with them; but of what was done
/// before the first entry that is left nobody knows any more by whom, and there the name goes wherever it stands.
fn unname(db: &Connection, user: &User) -> Result<()> {
    let left: i64 = db
        .prepare_cached("SELECT at FROM audit WHERE EXISTS (SELECT 1 FROM audit_floor) ORDER BY seq LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(i64::MIN);
    for name in names(db, user)? {
        db.prepare_cached(
            "UPDATE user SET status_by = NULL
             WHERE status_by = ?2 AND (id IN (SELECT target FROM audit WHERE actor_id = ?1) OR status_at <= ?3)",
        )?
        .execute(params![Raw::new(user.id.as_str()), Raw::new(&name), left])?;
        db.prepare_cached(
            "UPDATE voided_password SET by = NULL
             WHERE by = ?2 AND (at <= ?3 OR user_seq IN (
                 SELECT u.seq FROM audit a JOIN user u ON u.id = a.target WHERE a.actor_id = ?1))",
        )?
        .execute(params![Raw::new(user.id.as_str()), Raw::new(&name), left])?;
        db.prepare_cached(
            "UPDATE session SET ended_by = NULL
             WHERE ended_by = ?2 AND (ended_at <= ?3 OR user_seq IN (
                 SELECT u.seq FROM audit a JOIN user u ON u.id = a.target WHERE a.actor_id = ?1))",
        )?
        .execute(params![Raw::new(user.id.as_str()), Raw::new(&name), left])?;
        db.prepare_cached(
            "UPDATE api_token SET revoked_by = NULL
             WHERE revoked_by = ?2 AND (revoked_at <= ?3 OR user_seq IN (
                 SELECT u.seq FROM audit a JOIN user u ON u.id = a.target WHERE a.actor_id = ?1))",
        )?
        .execute(params![Raw::new(user.id.as_str()), Raw::new(&name), left])?;
    }
    Ok(())
}

/// Every name that the person has borne, as far as the audit tells.
fn names(db: &Connection, user: &User) -> Result<Vec<String>> {
    let mut names = vec![user.name.clone()];
    let mut statement = db.prepare_cached(
        "SELECT d.json FROM audit a JOIN audit_detail d ON d.seq = a.seq WHERE a.target = ?1 AND a.deed <> 'log in'",
    )?;
    let details = statement.query_map([Raw::new(user.id.as_str())], |row| rows::bytes(row, 0))?;
    for json in details {
        let Ok(detail) = serde_json::from_slice::<Detail>(&json?) else { continue };
        let renamings = detail.changes.into_iter().filter(|change| change.field == "name");
        names.extend(renamings.flat_map(|change| [change.before, change.after]));
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// Erases the details of the entries about a user, and of those that they made about no user. An entry of what they did
/// to others holds their id alone. An export's entry names no user who made it, and what was removed is verified by it.
/// A verification accepts exactly these details as erased.
fn erase(db: &Connection, id: &UserId) -> Result<()> {
    db.execute(
        "DELETE FROM audit_detail WHERE seq IN (
             SELECT seq FROM audit WHERE target = ?1
             UNION SELECT seq FROM audit WHERE actor_id = ?1 AND target IS NULL AND deed <> 'export')",
        [Raw::new(id.as_str())],
    )?;
    Ok(())
}
