//! Answering words from the names in memory: reading them once, following the audit since, and looking at the rows of
//! those who are found, so that nobody is shown who does not pass.
//!
//! Log-ins and sessions do not touch it. Where it cannot answer, it says so, and SQL does.

mod rank;
mod reading;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row, ToSql};

use super::condition::{Condition, Value, people};
use super::database_file::DatabaseFile;
use super::names::{Names, One};
use super::needles::Needles;
use super::query::{read_value, value_of};
use super::rows::{self, USER};
use super::{export, faults, query};
use crate::accounts::audit::Deed;
use crate::accounts::error::Result;
use crate::accounts::query::{Anchor, Filter, Key, KeyValue, Order, Page, Query, Term};
use crate::accounts::time::Time;
use crate::accounts::user::User;
use crate::engines::opening::Room;
use reading::{Reading, one};

pub use reading::last_entry;

/// At most so many candidates are looked at one by one; where more would have to be, SQL does it at one go.
const LOOKED_AT: usize = 5_000;

/// At most so many entries are followed; after more, all names are read anew.
const FOLLOWED: usize = 20_000;

/// The deeds after which somebody may be there, gone, or called otherwise.
pub const TELLING: [Deed; 8] =
    [Deed::Register, Deed::Create, Deed::Edit, Deed::Delete, Deed::Restore, Deed::Undo, Deed::Purge, Deed::Load];

/// The names of one database, shared by the handles of a process.
#[derive(Clone, Default)]
pub struct Recall {
    state: Arc<Mutex<State>>,
    /// Rung when a reading has ended.
    read: Arc<Condvar>,
    /// Where they are read from, by a thread of their own; `None` for a database in memory.
    file: Option<DatabaseFile>,
    /// How many bytes they may be.
    most: Option<Room>,
}

#[derive(Default)]
struct State {
    names: Option<Arc<Names>>,
    /// The last audit entry that was followed.
    followed: i64,
    reading: bool,
    /// There are too many people.
    refused: bool,
}

impl Recall {
    /// Names that are yet to be read.
    pub fn new(file: Option<&DatabaseFile>, most: Option<Room>) -> Recall {
        Recall { file: file.cloned(), most, ..Recall::default() }
    }

    /// Names of another file, with as much room.
    pub fn anew(&self, file: &DatabaseFile) -> Recall {
        Recall::new(Some(file), self.most)
    }

    /// Whether these are the names of this file.
    pub fn is_of(&self, file: &DatabaseFile) -> bool {
        self.file.as_ref() == Some(file)
    }

    /// Waits until what is being read has been read; answers whether the names are in memory.
    pub fn wait(&self) -> bool {
        let reading = |state: &mut State| state.reading;
        let state = self.read.wait_while(self.state(), reading).unwrap_or_else(PoisonError::into_inner);
        state.names.is_some()
    }

    /// Begins to read the names, if they are not there; if they are, counts ahead for whoever types on, until it is
    /// interrupted.
    pub fn look_onward(&self, db: &Connection, filter: &Filter) -> Result<()> {
        if let Some(names) = self.names(db)?
            && let Some(needles) = Needles::of(filter)
        {
            let done = names.look_onward(&needles, &mut || !db.is_interrupted());
            return if done { Ok(()) } else { Err(faults::interrupted()) };
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names, not older than this transaction; `None` where they are not there yet, and are being read. They may be
    /// of a later moment, since another handle has followed the audit further: whoever wants people looks at the rows
    /// themselves, and what is only counted may be the count of that later moment.
    fn names(&self, db: &Connection) -> Result<Option<Arc<Names>>> {
        let mut state = self.state();
        if state.refused {
            return Ok(None);
        }
        if state.names.is_some() {
            let followed = catch_unwind(AssertUnwindSafe(|| follow(db, &mut state)));
            if !matches!(followed, Ok(Ok(true) | Err(_))) {
                state.names = None;
            }
            let _: bool = followed.unwrap_or_else(|panic| resume_unwind(panic))?;
        }
        let worn = state.names.as_ref().is_none_or(|names| names.is_worn());
        if worn && !state.reading {
            match &self.file {
                None => state.keep(reading::of_connection(db, self.most)?),
                Some(file) => self.start(file.clone(), &mut state),
            }
        }
        Ok(state.names.clone())
    }

    fn start(&self, file: DatabaseFile, state: &mut State) {
        let shared = self.clone();
        let work = move || {
            // After a panic too, or everything that waits for these names would wait for ever.
            let read = catch_unwind(AssertUnwindSafe(|| reading::of_file(&file, shared.most)));
            let mut state = shared.state();
            state.reading = false;
            // What could not be read is tried again with the next question.
            if let Ok(Ok(read)) = read {
                state.keep(read);
            }
            drop(state);
            shared.read.notify_all();
        };
        state.reading = std::thread::Builder::new().name("names".into()).spawn(work).is_ok();
    }

    /// How many people pass, where the words are asked of these names.
    pub fn count(&self, db: &Connection, filter: &Filter, now: Time) -> Result<Option<u32>> {
        let Some(needles) = Needles::of(filter) else { return Ok(None) };
        let Some(names) = self.names(db)? else { return Ok(None) };
        let found = if needles.is_whole() {
            names.count(&needles)
        } else {
            let Some(rows) = names.all(&needles, LOOKED_AT) else { return Ok(None) };
            let look = Look::new(filter, now, "1");
            let mut found = 0;
            for row in rows {
                found += usize::from(look.at(db, row, |_| Ok(()))?.is_some());
            }
            found
        };
        Ok(Some(u32::try_from(found).unwrap_or(u32::MAX)))
    }

    /// A page of people, where the words are asked of these names.
    pub fn page(
        &self,
        db: &Connection,
        query: &Query,
        anchor: &Anchor,
        limit: u16,
        now: Time,
    ) -> Result<Option<Page<User>>> {
        let Some(needles) = Needles::of(&query.filter) else { return Ok(None) };
        // By their names, those who begin so stand beside each other.
        if query.order == Order::Name && query.filter.terms.iter().any(|term| matches!(term, Term::Prefix(_))) {
            return Ok(None);
        }
        let Some(names) = self.names(db)? else { return Ok(None) };
        let ask = Ask { db, names: &names, needles: &needles, query, now };
        let page = query::page_by(
            anchor,
            limit,
            &mut |onward, key, limit| ask.stretch(onward, key, limit),
            &mut |onward, key, own| Ok(ask.stretch(onward, Some((key, own)), 1)?.map(|rows| !rows.is_empty())),
        )?;
        let known = || names.known(&needles).filter(|_| needles.is_whole()).and_then(|n| u32::try_from(n).ok());
        Ok(page.map(|page| Page { total: page.total.or_else(known), ..page }))
    }
}

impl State {
    fn keep(&mut self, (names, followed): Reading) {
        self.refused = names.is_none();
        self.names = names.map(Arc::new);
        self.followed = followed;
    }
}

/// Takes over what the audit tells since; `false` where the names must be read anew.
fn follow(db: &Connection, state: &mut State) -> Result<bool> {
    let last = last_entry(db)?;
    let Some(names) = state.names.as_mut().filter(|_| last > state.followed) else { return Ok(true) };
    // Entries that were exported and removed before they were followed may have been about anybody.
    if export::floor(db)?.is_some_and(|floor| floor.seq > state.followed) {
        return Ok(false);
    }
    let mut changed = BTreeSet::new();
    let mut statement = db.prepare_cached("SELECT deed, target FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
    let mut entries = statement.query([state.followed, i64::try_from(FOLLOWED).unwrap_or(i64::MAX)])?;
    let mut followed = 0;
    while let Some(entry) = entries.next()? {
        followed += 1;
        let deed = rows::text(entry, 0)?;
        let known = Deed::ALL.into_iter().find(|known| known.word() == deed);
        match (known, entry.get_ref(1)?.as_bytes_or_null().unwrap_or(None)) {
            // A purged person has no row left to be read, and a load names nobody.
            (Some(Deed::Purge | Deed::Load), _) => return Ok(false),
            // A deed of a later program that names nobody may be about anybody; one that names somebody is looked up
            // below as any other.
            (None, None) => return Ok(false),
            (Some(known), _) if !TELLING.contains(&known) => {}
            (_, Some(target)) => drop(changed.insert(target.to_vec())),
            (Some(_), None) => {}
        }
    }
    if followed == FOLLOWED {
        return Ok(false);
    }
    let names = Arc::make_mut(names);
    let mut statement =
        db.prepare_cached("SELECT created_at, seq, name_key, email_key, deleted_at IS NULL FROM user WHERE id = ?1")?;
    for id in changed {
        let mut found = statement.query([Value::Text(id)])?;
        let Some(row) = found.next()? else { return Ok(false) };
        let one = one(row, 0)?;
        names.remove(one.key);
        if row.get(4)? {
            names.insert(one);
        }
    }
    state.followed = last;
    Ok(true)
}

/// A look at one row under a filter's whole condition.
struct Look {
    condition: Condition,
    sql: String,
}

impl Look {
    fn new(filter: &Filter, now: Time, columns: &str) -> Look {
        let condition = people(filter, now);
        let next = condition.values.len() + 1;
        let sql = format!("SELECT {columns} FROM user u WHERE u.seq = ?{next} AND {}", condition.sql);
        Look { condition, sql }
    }

    fn at<T>(
        &self,
        db: &Connection,
        row: i64,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let mut values: Vec<&dyn ToSql> = self.condition.values.iter().map(|value| value as &dyn ToSql).collect();
        values.push(&row);
        Ok(db.prepare_cached(&self.sql)?.query_row(&values[..], read).optional()?)
    }
}

/// A question for a page.
struct Ask<'a> {
    db: &'a Connection,
    names: &'a Names,
    needles: &'a Needles,
    query: &'a Query,
    now: Time,
}

/// Rows with their keys.
type Rows = Vec<(Key, User)>;

impl Ask<'_> {
    /// Up to `limit` people from a key on; `None` where too many would have to be looked at.
    fn stretch(&self, onward: bool, key: Option<(&Key, bool)>, limit: usize) -> Result<Option<Rows>> {
        let falling = self.query.order.is_descending(self.query.reversed) == onward;
        let look = Look::new(&self.query.filter, self.now, USER);
        let beyond = |found: &Key| match key {
            Some((key, own)) => found == key && own || if falling { found < key } else { found > key },
            None => true,
        };
        let mut out = Gathered { rows: Vec::new(), looked: 0, limit, fault: None };
        let mut take = |row: i64| {
            out.looked += 1;
            match look.at(self.db, row, |row| rows::person(row, 0)) {
                Err(fault) => out.fault = Some(fault),
                Ok(Some(person)) => out.push(query::with_key(self.query.order, person), &beyond),
                Ok(None) => {}
            }
            let enough = out.rows.len() >= limit || out.looked > LOOKED_AT || out.fault.is_some();
            if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        if self.query.order == Order::Created {
            self.by_creation(key.map(|(key, _)| key), falling, &mut take)?;
        } else {
            let Some(rows) = self.sorted(falling, beyond)? else { return Ok(None) };
            let _ = rows.into_iter().try_for_each(take);
        }
        match out.fault {
            Some(fault) => Err(fault),
            None if out.looked > LOOKED_AT && out.rows.len() < limit => Ok(None),
            None => Ok(Some(out.rows)),
        }
    }

    /// Candidates in the order of creation: those who were there when all was read, and the fresh ones between them.
    fn by_creation(
        &self,
        key: Option<&Key>,
        falling: bool,
        take: &mut dyn FnMut(i64) -> ControlFlow<()>,
    ) -> Result<()> {
        let key = key.and_then(|key| match key.value {
            KeyValue::Number(created) => Some((created, key.seq)),
            KeyValue::Text(_) => None,
        });
        let mut fresh: Vec<&One> = self.names.fresh_with(self.needles).collect();
        if falling {
            fresh.reverse();
        }
        let mut fresh = fresh.into_iter().peekable();
        let (mut stopped, mut fault) = (false, None);
        let created = |row: i64| -> Result<Option<i64>> {
            let mut statement = self.db.prepare_cached("SELECT created_at FROM user WHERE seq = ?1")?;
            Ok(statement.query_row([row], |found| rows::number(found, 0)).optional()?.flatten())
        };
        self.names.rows_from(key, falling, self.needles, &mut |row| {
            // Where nobody came since, nobody need be sorted in.
            while let Some(one) = fresh.peek() {
                let at = match created(row) {
                    Ok(Some(at)) => at,
                    Ok(None) => break,
                    Err(error) => {
                        fault = Some(error);
                        return ControlFlow::Break(());
                    }
                };
                if (one.key < (at, row)) == falling {
                    break;
                }
                let row = one.key.1;
                fresh.next();
                if take(row).is_break() {
                    stopped = true;
                    return ControlFlow::Break(());
                }
            }
            let answer = take(row);
            stopped |= answer.is_break();
            answer
        });
        if let Some(fault) = fault {
            return Err(fault);
        }
        if !stopped {
            let _ = fresh.try_for_each(|one| take(one.key.1));
        }
        Ok(())
    }

    /// Candidates in another order, where they are few enough to be sorted.
    fn sorted(&self, falling: bool, beyond: impl Fn(&Key) -> bool) -> Result<Option<Vec<i64>>> {
        let Some(rows) = self.names.all(self.needles, LOOKED_AT) else { return Ok(None) };
        let sql = format!("SELECT {} FROM user u WHERE u.seq = ?1", value_of(self.query.order));
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut keys = Vec::with_capacity(rows.len());
        for seq in rows {
            let value = statement.query_row([seq], |row| read_value(self.query.order, row));
            keys.extend(value.optional()?.map(|value| Key { value, seq }).filter(&beyond));
        }
        keys.sort_unstable();
        if falling {
            keys.reverse();
        }
        Ok(Some(keys.into_iter().map(|key| key.seq).collect()))
    }
}

struct Gathered {
    rows: Rows,
    looked: usize,
    limit: usize,
    fault: Option<crate::accounts::error::Error>,
}

impl Gathered {
    fn push(&mut self, row: (Key, User), beyond: &dyn Fn(&Key) -> bool) {
        if beyond(&row.0) && self.rows.len() < self.limit {
            self.rows.push(row);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_wrong_while_fresh_names_are_sorted_in_is_told() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(
            "CREATE TABLE user (seq INTEGER PRIMARY KEY, created_at, name_key, email_key, deleted_at);
             CREATE TABLE audit (seq INTEGER PRIMARY KEY);
             INSERT INTO user (created_at, name_key) VALUES (1, 'anna'), (2, 'joanna');",
        )
        .unwrap();
        let (names, _) = reading::of_connection(&db, None).unwrap();
        let mut names = names.unwrap();
        names.insert(One::new(3, 3, b"hannah", None));
        let query = Query { filter: Filter::parse("anna").unwrap(), ..Query::default() };
        let needles = Needles::of(&query.filter).unwrap();
        let met = || {
            let ask = Ask { db: &db, names: &names, needles: &needles, query: &query, now: Time::from_millis(9) };
            let mut met = Vec::new();
            let told = ask.by_creation(None, true, &mut |row| {
                met.push(row);
                ControlFlow::Continue(())
            });
            told.map(|()| met)
        };
        assert_eq!(met().unwrap(), [3, 2, 1]);
        db.flush_prepared_statement_cache();
        db.execute_batch("ALTER TABLE user DROP COLUMN created_at").unwrap();
        assert!(met().is_err(), "and no list without those who could not be sorted in");
    }
}
