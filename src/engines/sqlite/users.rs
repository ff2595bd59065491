//! Users: found, added, changed, erased.

use rusqlite::{Connection, OptionalExtension as _, ToSql, params};

use super::faults::is_duplicate;
use super::rows::{self, Person, Raw, USER, millis};
use super::settings::{Moved, moved};
use super::{audit, endings, keepers};
use crate::accounts::audit::{Change, Stamp, changes};
use crate::accounts::change::{Changed, Exposure, UserChange, stale};
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::hash::PasswordHash;
use crate::accounts::losses::Names;
use crate::accounts::store::{Credential, NewUser, VoidedPassword};
use crate::accounts::text::{fold, quote};
use crate::accounts::time::Time;
use crate::accounts::user::{Role, Status, User, UserId};

/// Whether nobody ever was here, the deleted included.
pub fn is_empty(db: &Connection) -> Result<bool> {
    Ok(!db.prepare_cached("SELECT 1 FROM user LIMIT 1")?.exists([])?)
}

/// The person of an id, in any state.
pub fn by_id(db: &Connection, id: &UserId, now: Time) -> Result<Option<Person>> {
    let sql = format!("SELECT {USER} FROM user u WHERE u.id = ?2");
    let found = db
        .prepare_cached(&sql)?
        .query_row(params![now.millis(), Raw::new(id.as_str())], |row| rows::person(row, 0))
        .optional()?;
    Ok(found)
}

/// The person of a row number.
pub fn by_seq(db: &Connection, seq: i64, now: Time) -> Result<Option<Person>> {
    let sql = format!("SELECT {USER} FROM user u WHERE u.seq = ?2");
    Ok(db.prepare_cached(&sql)?.query_row([now.millis(), seq], |row| rows::person(row, 0)).optional()?)
}

/// The living person of a folded name.
pub fn by_name(db: &Connection, key: &str, now: Time) -> Result<Option<Person>> {
    let sql = format!("SELECT {USER} FROM user u WHERE u.name_key = ?2 AND u.deleted_at IS NULL");
    let found = db
        .prepare_cached(&sql)?
        .query_row(params![now.millis(), Raw::new(key)], |row| rows::person(row, 0))
        .optional()?;
    Ok(found)
}

/// The deleted people of a folded name, the last deleted first.
pub fn deleted_by_name(db: &Connection, key: &str, now: Time) -> Result<Vec<User>> {
    let sql = format!(
        "SELECT {USER} FROM user u WHERE u.name_key = ?2 AND u.deleted_at IS NOT NULL
         ORDER BY u.deleted_at DESC, u.seq DESC LIMIT 100"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_map(params![now.millis(), Raw::new(key)], |row| rows::person(row, 0))?;
    Ok(found.map(|person| person.map(|person| person.user)).collect::<rusqlite::Result<_>>()?)
}

/// The living person of a folded name with the hash of their password, and the row's number.
pub fn credential(db: &Connection, key: &str, now: Time) -> Result<Option<(i64, Credential)>> {
    let Some(person) = by_name(db, key, now)? else { return Ok(None) };
    let hash = hash_of(db, person.seq)?;
    Ok(Some((person.seq, Credential { user: person.user, hash })))
}

/// A row's number and the id of whom it is, once met. It holds for ever, since neither is given to anybody else.
pub type Met = Option<(i64, UserId)>;

/// The number of somebody's row if it was the last that was met, which spares the look into the index of ids.
pub fn number(met: &Met, id: &UserId) -> Option<i64> {
    met.as_ref().filter(|(_, known)| known == id).map(|(seq, _)| *seq)
}

/// The hash of somebody's password.
pub fn hash_of(db: &Connection, seq: i64) -> Result<Option<PasswordHash>> {
    let found = db
        .prepare_cached("SELECT substr(hash, 1, 1024), alone FROM credential WHERE user_seq = ?1")?
        .query_row([seq], |row| {
            let alone = rows::number(row, 1)?.map(|alone| alone != 0);
            Ok(PasswordHash::new(rows::text(row, 0)?).with_alone(alone))
        })
        .optional()?;
    Ok(found)
}

/// Puts a hash in the place of the one before.
pub fn put_hash(db: &Connection, seq: i64, hash: &PasswordHash) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO credential (user_seq, hash, alone) VALUES (?1, ?2, ?3)
         ON CONFLICT (user_seq) DO UPDATE SET hash = excluded.hash, alone = excluded.alone",
    )?
    .execute(params![seq, Raw::new(hash.as_str()), hash.stands_alone()])?;
    db.prepare_cached("DELETE FROM voided_password WHERE user_seq = ?1")?.execute([seq])?;
    Ok(())
}

/// When and by whom somebody's password was voided.
pub fn voided_password(db: &Connection, id: &UserId) -> Result<Option<VoidedPassword>> {
    let found = db
        .prepare_cached("SELECT v.at, v.by FROM voided_password v JOIN user u ON u.seq = v.user_seq WHERE u.id = ?1")?
        .query_row([Raw::new(id.as_str())], |row| {
            Ok(VoidedPassword { at: rows::time(row, 0)?.unwrap_or_default(), by: rows::words(row, 1)? })
        })
        .optional()?;
    Ok(found)
}

/// The person of an id in the version expected, or the refusal.
pub fn expected(db: &Connection, id: &UserId, expect: Option<i64>, now: Time) -> Result<Person> {
    let person = by_id(db, id, now)?.ok_or_else(|| Error::unknown_user(id.as_str()))?;
    match expect {
        Some(version) if version != person.user.version => Err(moved_on(db, &person.user, now)?),
        _ => Ok(person),
    }
}

/// The refusal for somebody who has changed since they were looked at.
pub fn moved_on(db: &Connection, user: &User, now: Time) -> Result<Error> {
    let last = audit::last_about(db, &user.id)?;
    let last = last.as_ref().map(|(actor, past, at)| (actor.as_str(), past.as_str(), *at));
    Ok(stale(&user.name, last, now))
}

/// The refusal for a name that somebody living has.
pub fn taken(name: &str) -> Error {
    Error::new(Kind::DuplicateUser, format!("there is a user {} already", quote(name)))
        .hint("choose another name; upper and lower case do not count")
}

/// Adds a user.
pub fn insert(db: &Connection, new: &NewUser, stamp: &Stamp) -> Result<User> {
    if new.founding && !is_empty(db)? {
        return Err(Error::unauthenticated());
    }
    if let Some(there) = by_name(db, new.draft.name.key(), stamp.at)? {
        return Err(taken(&there.user.name));
    }
    let draft = &new.draft;
    let user = User {
        id: new.id.clone(),
        name: draft.name.as_str().to_owned(),
        email: draft.email.clone(),
        role: draft.role,
        labels: draft.labels.clone(),
        status: if draft.pending { Status::Pending } else { Status::Active },
        reason: None,
        status_by: None,
        status_at: None,
        note: draft.note.clone(),
        factor: false,
        password_set_at: new.hash.as_ref().map(|_| stamp.at),
        created_at: stamp.at,
        activated_at: (!draft.pending).then_some(stamp.at),
        last_login_at: None,
        last_used_at: None,
        valid_until: draft.valid_until,
        deleted_at: None,
        sessions: 0,
        throttled_until: None,
        version: 1,
    };
    add(db, &user, new.hash.as_ref())?;
    let mut words = Vec::new();
    if user.role != Role::Member {
        words.push(user.role.word());
    }
    if draft.pending {
        words.push(user.status.word());
    }
    let words = (!words.is_empty()).then(|| words.join(", "));
    audit::append(db, &audit::entry(stamp, new.deed, Some(&user), Vec::new(), words))?;
    moved(db, Moved::Users)?;
    Ok(user)
}

/// Writes a new row, and the hash beside it; says the row's number.
pub fn add(db: &Connection, user: &User, hash: Option<&PasswordHash>) -> Result<i64> {
    let (key, email_key) = (user.name_key(), user.email.as_deref().map(fold));
    let labels = user.labels.join(" ");
    let written = db
        .prepare_cached(
            "INSERT INTO user (id, name, name_key, email, email_key, role, status, reason, status_by, status_at, note,
                 labels, created_at, activated_at, last_login_at, valid_until, deleted_at, password_set_at,
                 last_used_at, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, 1)",
        )?
        .execute(params![
            Raw::new(user.id.as_str()),
            Raw::new(&user.name),
            Raw::new(&key),
            Raw::some(user.email.as_deref()),
            Raw::some(email_key.as_deref()),
            user.role.word(),
            user.status.word(),
            Raw::some(user.reason.as_deref()),
            Raw::some(user.status_by.as_deref()),
            millis(user.status_at),
            Raw::some(user.note.as_deref()),
            Raw::new(&labels),
            user.created_at.millis(),
            millis(user.activated_at),
            millis(user.last_login_at),
            millis(user.valid_until),
            millis(user.deleted_at),
            millis(user.password_set_at),
            millis(user.last_used_at),
        ]);
    match written {
        Ok(_) => {}
        Err(fault) if is_duplicate(&fault) => return Err(taken(&user.name)),
        Err(fault) => return Err(fault.into()),
    }
    let seq = db.last_insert_rowid();
    if let Some(hash) = hash {
        put_hash(db, seq, hash)?;
    }
    Ok(seq)
}

/// Applies a lawful change.
pub fn change(
    db: &Connection,
    id: &UserId,
    expect: Option<i64>,
    change: &UserChange,
    stamp: &Stamp,
) -> Result<Changed> {
    let person = expected(db, id, expect, stamp.at)?;
    let keeps = keepers::is_one(db, person.seq, &person.user)?;
    let before = person.user;
    let mut after = change.apply(&before, stamp)?;
    if after == before {
        // A user who is inactive already may still have tokens, resets and a password, which a lockdown takes.
        if *change != UserChange::Contain || endings::exposure(db, person.seq, stamp.at)?.is_empty() {
            return Ok(Changed::without_loss(before, after));
        }
        after.version += 1;
    }
    if keeps && !after.is_keeper() {
        keepers::keep_one(db, person.seq, &before)?;
    }
    let key = after.name_key();
    let claims = after.deleted_at.is_none() && (before.deleted_at.is_some() || key != before.name_key());
    if claims
        && let Some(there) = by_name(db, &key, stamp.at)?
        && there.seq != person.seq
    {
        return Err(taken(&there.user.name));
    }
    update(db, person.seq, &before, &after)?;
    let mut taken = Exposure::default();
    let mut names = Names::default();
    if change.shuts(&before, &after, stamp.at) {
        names.clients = endings::clients(db, person.seq, stamp.at)?;
        taken.sessions = endings::end_all(db, person.seq, stamp)?;
    }
    if change.strips(&after) {
        names.tokens = endings::token_names(db, person.seq, stamp.at)?;
        taken.tokens = endings::revoke_all(db, person.seq, stamp)?;
        taken.resets = endings::void_all(db, person.seq, stamp.at)?;
    }
    let mut changes = changes(&before, &after);
    let password_voided = change.voids_password() && endings::void_password(db, person.seq, stamp)?;
    if password_voided {
        changes.push(Change { field: "password".to_owned(), before: "set".to_owned(), after: "void".to_owned() });
    }
    // What is live depends on the status too, so it is counted anew rather than carried over.
    after.sessions = by_seq(db, person.seq, stamp.at)?.map_or(0, |person| person.user.sessions);
    let words = endings::told(taken);
    audit::append(db, &audit::entry(stamp, change.deed(), Some(&after), changes, words))?;
    moved(db, Moved::Both)?;
    let (ended, revoked, voided) = (taken.sessions, taken.tokens, taken.resets);
    Ok(Changed { before, after, ended, revoked, voided, password_voided, names })
}

/// Writes the columns that differ, and only them: what another program put into the others stays as it is.
fn update(db: &Connection, seq: i64, before: &User, after: &User) -> Result<()> {
    let (key, email_key) = (after.name_key(), after.email.as_deref().map(fold));
    let (labels, role, status) = (after.labels.join(" "), after.role.word(), after.status.word());
    let (name, email, labels) = (Raw::new(&after.name), Raw::some(after.email.as_deref()), Raw::new(&labels));
    let (key, email_key) = (Raw::new(&key), Raw::some(email_key.as_deref()));
    let (reason, by) = (Raw::some(after.reason.as_deref()), Raw::some(after.status_by.as_deref()));
    let note = Raw::some(after.note.as_deref());
    let (status_at, activated_at) = (millis(after.status_at), millis(after.activated_at));
    let (valid_until, deleted_at) = (millis(after.valid_until), millis(after.deleted_at));
    let columns: [(&str, bool, &dyn ToSql); 14] = [
        ("name", after.name != before.name, &name),
        ("name_key", after.name != before.name, &key),
        ("email", after.email != before.email, &email),
        ("email_key", after.email != before.email, &email_key),
        ("role", after.role != before.role, &role),
        ("labels", after.labels != before.labels, &labels),
        ("status", after.status != before.status, &status),
        ("reason", after.reason != before.reason, &reason),
        ("status_by", after.status_by != before.status_by, &by),
        ("status_at", after.status_at != before.status_at, &status_at),
        ("note", after.note != before.note, &note),
        ("activated_at", after.activated_at != before.activated_at, &activated_at),
        ("valid_until", after.valid_until != before.valid_until, &valid_until),
        ("deleted_at", after.deleted_at != before.deleted_at, &deleted_at),
    ];
    let mut sql = String::from("UPDATE user SET version = ?");
    let mut values: Vec<&dyn ToSql> = vec![&after.version];
    for (column, _, value) in columns.into_iter().filter(|(_, differs, _)| *differs) {
        sql.push_str(&format!(", {column} = ?"));
        values.push(value);
    }
    sql.push_str(" WHERE seq = ?");
    values.push(&seq);
    match db.prepare_cached(&sql)?.execute(&values[..]) {
        Ok(_) => Ok(()),
        Err(fault) if is_duplicate(&fault) => Err(taken(&after.name)),
        Err(fault) => Err(fault.into()),
    }
}
