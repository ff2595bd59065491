//! The look at whoever acts, in the transaction of what they do.

use rusqlite::Connection;

use super::{audit, clock, settings, users};
use crate::accounts::audit::{Actor, Deed, Stamp};
use crate::accounts::error::{Error, Result};
use crate::accounts::user::UserId;
use crate::accounts::warrant::Warrant;

/// Refuses where the one who acts may not, or may not any more.
pub fn check(db: &Connection, stamp: &Stamp) -> Result<()> {
    if stamp.warrant == Warrant::Open {
        return Ok(());
    }
    let now = clock::believed(db, stamp.at)?;
    let acting = match &stamp.actor {
        Actor::User { id, .. } => users::by_id(db, id, now)?.map(|person| person.user),
        Actor::Operator(_) | Actor::Service(_) => None,
    };
    stamp.judge(acting.as_ref(), settings::policy(db)?.login_required, now)
}

/// Writes one entry about what changes nothing else.
pub fn note(db: &Connection, deed: Deed, about: Option<&UserId>, words: Option<&str>, stamp: &Stamp) -> Result<()> {
    let person = match about {
        Some(id) => Some(users::by_id(db, id, stamp.at)?.ok_or_else(|| Error::unknown_user(id.as_str()))?.user),
        None => None,
    };
    let words = words.map(str::to_owned);
    audit::append(db, &audit::entry(stamp, deed, person.as_ref(), Vec::new(), words))?;
    settings::moved(db, settings::Moved::Users)
}
