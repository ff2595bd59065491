//! The administrators who can log in, of whom one must always be left.

use rusqlite::Connection;

use super::rows::{self, KEEPER};
use crate::accounts::change::last_admin;
use crate::accounts::error::Result;
use crate::accounts::hash::PasswordHash;
use crate::accounts::user::User;

/// Whether this user, in row `seq`, is an administrator who can log in: [`User::is_keeper`], with a hash that a login can
/// verify.
pub fn is_one(db: &Connection, seq: i64, user: &User) -> Result<bool> {
    Ok(user.is_keeper() && count(db, "u.seq = ?1", seq)? > 0)
}

/// How many there are.
pub fn all(db: &Connection) -> Result<u32> {
    count(db, "u.seq <> ?1", 0)
}

/// Refuses to lose this user, in row `seq`, unless another administrator can log in.
pub fn keep_one(db: &Connection, seq: i64, user: &User) -> Result<()> {
    if count(db, "u.seq <> ?1", seq)? > 0 { Ok(()) } else { Err(last_admin(&user.name)) }
}

fn count(db: &Connection, condition: &str, seq: i64) -> Result<u32> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT substr(c.hash, 1, 1024) FROM user u JOIN credential c ON c.user_seq = u.seq
         WHERE {KEEPER} AND {condition}"
    ))?;
    let hashes = statement.query_map([seq], |row| Ok(PasswordHash::new(rows::text(row, 0)?)))?;
    let mut usable = 0;
    for hash in hashes {
        usable += u32::from(hash?.is_usable());
    }
    Ok(usable)
}
