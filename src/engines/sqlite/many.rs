//! One change to many people: what it would do, and a batch of it in one transaction.

use std::time::{Duration, Instant};

use rusqlite::{Connection, params_from_iter};

use super::condition::people;
use super::rows::{self, USER};
use super::{endings, keepers, sessions, users};
use crate::accounts::audit::{Deed, Stamp};
use crate::accounts::bulk::{BATCH, Chosen, Former, Plan, Planner};
use crate::accounts::change::{Changed, Exposure, UserChange};
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::losses::Names;
use crate::accounts::session::SessionId;

/// What a change would do.
pub fn plan(db: &Connection, chosen: &Chosen, change: &UserChange, stamp: &Stamp) -> Result<Plan> {
    let mut planner = Planner::new(change, stamp);
    match chosen {
        Chosen::All(filter) => {
            let condition = people(filter, stamp.at);
            let sql = format!("SELECT {USER} FROM user u WHERE {} ORDER BY u.seq", condition.sql);
            let mut statement = db.prepare_cached(&sql)?;
            let mut found = statement.query(params_from_iter(condition.values))?;
            while let Some(row) = found.next()? {
                let person = rows::person(row, 0)?;
                let keeper = keepers::is_one(db, person.seq, &person.user)?;
                planner.consider(&person.user, None, keeper, || belongings(db, person.seq, stamp))?;
            }
        }
        Chosen::People(list) => {
            for (id, version) in list {
                match users::by_id(db, id, stamp.at)? {
                    Some(person) => {
                        let keeper = keepers::is_one(db, person.seq, &person.user)?;
                        planner.consider(&person.user, Some(*version), keeper, || belongings(db, person.seq, stamp))?;
                    }
                    None => planner.missing(id),
                }
            }
        }
    }
    Ok(planner.finish(keepers::all(db)?))
}

/// The sessions, tokens and reset codes of a user, and the names of some of them.
fn belongings(db: &Connection, user_seq: i64, stamp: &Stamp) -> Result<(Exposure, Names)> {
    let has = endings::exposure(db, user_seq, stamp.at)?;
    // Most users of many have none, and a second question about each would take longer than all others together.
    let names =
        if has.sessions == 0 && has.tokens == 0 { Names::default() } else { endings::names(db, user_seq, stamp.at)? };
    Ok((has, names))
}

/// The answer for each person of a batch.
type Answers = Vec<Result<Changed>>;

/// Applies one change to everybody of a batch who is still in the version expected.
pub fn change(
    db: &Connection,
    batch: &[(crate::accounts::user::UserId, i64)],
    change: &UserChange,
    stamp: &Stamp,
) -> Result<Answers> {
    batch.iter().map(|(id, version)| sorted(users::change(db, id, Some(*version), change, stamp))).collect()
}

/// Gives everybody of a batch their former state back.
pub fn undo(db: &Connection, batch: &[Former], stamp: &Stamp) -> Result<Answers> {
    let one = |former: &Former| {
        let person = users::expected(db, &former.id, Some(former.version), stamp.at)?;
        users::change(db, &former.id, Some(former.version), &former.undo(&person.user), stamp)
    };
    batch.iter().map(|former| sorted(one(former))).collect()
}

/// Ends those of these sessions that are live, and says how many they were.
pub fn end(db: &Connection, ids: &[SessionId], stamp: &Stamp) -> Result<u32> {
    let mut ended = 0;
    for id in ids {
        ended += u32::from(sessions::end(db, sessions::by_id(db, id)?, Deed::End, stamp)?.is_some());
    }
    Ok(ended)
}

/// A refusal is one person's, and nothing of them was written; what the database itself says is the whole batch's.
fn sorted(answer: Result<Changed>) -> Result<Result<Changed>> {
    match answer {
        Err(error) if is_fatal(&error) => Err(error),
        answer => Ok(answer),
    }
}

fn is_fatal(error: &Error) -> bool {
    matches!(error.kind, Kind::Busy | Kind::Interrupted | Kind::Failure | Kind::NoDatabase | Kind::Schema)
}

/// Lets others write: whoever waits looks again only now and then, and would not see a door that opens for an instant.
pub fn breathe(batch: usize, began: Instant) {
    if batch >= BATCH {
        std::thread::sleep((began.elapsed() / 4).clamp(Duration::from_millis(2), Duration::from_millis(100)));
    }
}
