//! Filters and pages: how many pass, and going on from a key instead of counting rows.

use rusqlite::{Connection, Row, ToSql, params_from_iter};

use super::condition::{Condition, Value, people, people_met, sessions};
use super::rows::{self, SESSION, USER};
use crate::accounts::error::Result;
use crate::accounts::query::{Anchor, Filter, Key, KeyValue, Order, Page, Query, State, Term};
use crate::accounts::session::Session;
use crate::accounts::time::Time;
use crate::accounts::user::{Role, User};

/// How many people pass.
pub fn count_people(db: &Connection, filter: &Filter, at_most: Option<u32>, now: Time) -> Result<u32> {
    count(db, counted_by(filter), people(filter, now), at_most)
}

/// Which index is counted by: SQLite takes any of those that hold all whom the filter lets through for as good as any
/// other, and one that holds a few is a hundred times as quick as one that holds everybody.
fn counted_by(filter: &Filter) -> &'static str {
    let asks = |term: Term| filter.terms.contains(&term);
    // The names that begin so are beside each other, and the deleted stand in other indexes.
    if filter.wants_deleted() || filter.terms.iter().any(|term| matches!(term, Term::Prefix(_))) {
        "user u"
    } else if asks(Term::Is(State::Admin)) || asks(Term::Role(Role::Admin)) {
        "user u INDEXED BY user_admin"
    } else if asks(Term::Is(State::Pending)) {
        "user u INDEXED BY user_pending"
    } else if asks(Term::Is(State::Inactive)) {
        "user u INDEXED BY user_inactive"
    } else {
        "user u"
    }
}

/// How many sessions pass.
pub fn count_sessions(db: &Connection, filter: &Filter, at_most: Option<u32>, now: Time) -> Result<u32> {
    count(db, "session s JOIN user u ON u.seq = s.user_seq", sessions(filter, now), at_most)
}

fn count(db: &Connection, from: &str, mut condition: Condition, at_most: Option<u32>) -> Result<u32> {
    condition.values.push(Value::Number(at_most.map_or(-1, i64::from)));
    let sql = count_sql(from, &condition);
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_row(params_from_iter(condition.values), |row| rows::count(row, 0))?)
}

/// The last value is the limit.
fn count_sql(from: &str, condition: &Condition) -> String {
    let Condition { sql, values, .. } = condition;
    format!("SELECT count(*) FROM (SELECT 1 FROM {from} WHERE {sql} LIMIT ?{})", values.len())
}

/// A list: what is asked of it, and by what it is ordered.
struct List<'a> {
    columns: &'a str,
    from: &'a str,
    condition: Condition,
    value: &'a str,
    seq: &'a str,
    descending: bool,
}

/// Which way a stretch is read from a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Onward,
    Back,
}

/// Where a statement begins to read. SQLite seeks no pair of a value and a row number in an index, so a stretch from a
/// key is asked for in two: what is left of the key's own value, then the values beyond. A million equals cost nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// The whole list.
    All,
    /// Rows of the key's value, from its number on; with the key's own row or without.
    Equal { own: bool },
    /// Rows of the values beyond.
    Beyond,
}

impl List<'_> {
    /// The statement for a part; after the condition's own values come the limit and then the key's.
    fn statement(&self, columns: &str, way: Way, part: Part) -> String {
        let List { from, value, seq, .. } = self;
        let falling = self.descending == (way == Way::Onward);
        let (sign, direction) = if falling { ("<", "DESC") } else { (">", "ASC") };
        let next = self.condition.values.len() + 1;
        let (limit, a, b) = (next, next + 1, next + 2);
        let bound = match part {
            Part::All => String::new(),
            Part::Equal { own: true } => format!(" AND {value} = ?{a} AND {seq} {sign}= ?{b}"),
            Part::Equal { own: false } => format!(" AND {value} = ?{a} AND {seq} {sign} ?{b}"),
            Part::Beyond => format!(" AND {value} {sign} ?{a}"),
        };
        let order = match part {
            // Of equals only the number orders; named besides, the value would cost a sort.
            Part::Equal { .. } => format!("{seq} {direction}"),
            Part::All | Part::Beyond => format!("{value} {direction}, {seq} {direction}"),
        };
        format!("SELECT {columns} FROM {from} WHERE {}{bound} ORDER BY {order} LIMIT ?{limit}", self.condition.sql)
    }

    /// Reads rows onto the end of `found`, until it has `limit`.
    fn read<T>(
        &self,
        db: &Connection,
        sql: &str,
        (part, key): (Part, Option<&Key>),
        (found, limit): (&mut Vec<T>, usize),
        read: &dyn Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<()> {
        let left = Value::Number(i64::try_from(limit.saturating_sub(found.len())).unwrap_or(i64::MAX));
        let bound = key.map(place);
        let mut values: Vec<&dyn ToSql> = self.condition.values.iter().map(|value| value as &dyn ToSql).collect();
        values.push(&left);
        if let Some((value, seq)) = &bound {
            values.push(value);
            if part != Part::Beyond {
                values.push(seq);
            }
        }
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query(&values[..])?;
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(())
    }

    fn stretch<T>(
        &self,
        db: &Connection,
        columns: &str,
        way: Way,
        key: Option<(&Key, bool)>,
        limit: usize,
        read: &dyn Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        const USUAL: usize = 256;
        let mut found = Vec::with_capacity(limit.min(USUAL));
        let Some((key, own)) = key else {
            let sql = self.statement(columns, way, Part::All);
            self.read(db, &sql, (Part::All, None), (&mut found, limit), read)?;
            return Ok(found);
        };
        for part in [Part::Equal { own }, Part::Beyond] {
            if found.len() < limit {
                let sql = self.statement(columns, way, part);
                self.read(db, &sql, (part, Some(key)), (&mut found, limit), read)?;
            }
        }
        Ok(found)
    }

    /// Whether there is anything that way from a key.
    fn any(&self, db: &Connection, way: Way, key: &Key, own: bool) -> Result<bool> {
        Ok(!self.stretch(db, "1", way, Some((key, own)), 1, &|_| Ok(()))?.is_empty())
    }

    fn page<T>(
        &self,
        db: &Connection,
        anchor: &Anchor,
        limit: u16,
        read: &dyn Fn(&Row<'_>) -> rusqlite::Result<(Key, T)>,
    ) -> Result<Page<T>> {
        let way = |onward| if onward { Way::Onward } else { Way::Back };
        let page = page_by(
            anchor,
            limit,
            &mut |onward, key, limit| self.stretch(db, self.columns, way(onward), key, limit, read).map(Some),
            &mut |onward, key, own| self.any(db, way(onward), key, own).map(Some),
        )?;
        Ok(page.unwrap_or_default())
    }
}

/// Rows with their keys; nothing where whoever was asked cannot tell.
pub type Stretch<T> = Option<Vec<(Key, T)>>;

/// Reads a stretch: onward or back, from a key with its own row or without, at most so many.
pub type Reach<'a, T> = &'a mut dyn FnMut(bool, Option<(&Key, bool)>, usize) -> Result<Stretch<T>>;

/// Says whether there is anything onward or back from a key, its own row included or not.
pub type Peek<'a> = &'a mut dyn FnMut(bool, &Key, bool) -> Result<Option<bool>>;

/// A page from an anchor on, by whoever knows the stretch that way from a key, with the key's own row or without, and
/// whether there is anything that way.
pub fn page_by<T>(anchor: &Anchor, limit: u16, stretch: Reach<'_, T>, any: Peek<'_>) -> Result<Option<Page<T>>> {
    let (onward, key) = match anchor {
        Anchor::Start => (true, None),
        Anchor::End => (false, None),
        Anchor::From(key) => (true, Some((key, true))),
        Anchor::After(key) => (true, Some((key, false))),
        Anchor::Before(key) => (false, Some((key, false))),
    };
    let Some(mut rows) = stretch(onward, key, usize::from(limit) + 1)? else { return Ok(None) };
    let further = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    // What lies on the other side of where the stretch began.
    let behind = match (rows.first(), key) {
        (_, None) => Some(false),
        (Some((first, _)), Some(_)) => any(!onward, first, false)?,
        (None, Some((key, own))) => any(!onward, key, !own)?,
    };
    let Some(behind) = behind else { return Ok(None) };
    let total = u32::try_from(rows.len()).ok().filter(|_| !behind && !further);
    Ok(Some(if onward {
        Page { rows, more_before: behind, more_after: further, total }
    } else {
        rows.reverse();
        Page { rows, more_before: further, more_after: behind, total }
    }))
}

fn place(key: &Key) -> (Value, Value) {
    let value = match &key.value {
        KeyValue::Number(number) => Value::Number(*number),
        KeyValue::Text(bytes) => Value::Text(bytes.clone()),
    };
    (value, Value::Number(key.seq))
}

/// By what an order sorts, spelled as its index is.
pub const fn value_of(order: Order) -> &'static str {
    match order {
        Order::Created => "u.created_at",
        Order::Name => "u.name_key",
        Order::LastLogin => "coalesce(u.last_login_at, 0)",
        Order::Status => "CASE u.status WHEN 'active' THEN 1 WHEN 'pending' THEN 3 ELSE 2 END",
    }
}

/// What stands there, in the first column of a row.
pub fn read_value(order: Order, row: &Row<'_>) -> rusqlite::Result<KeyValue> {
    Ok(match order {
        Order::Name => KeyValue::Text(rows::bytes(row, 0)?),
        Order::Created | Order::LastLogin | Order::Status => KeyValue::Number(row.get(0)?),
    })
}

fn people_list(query: &Query, condition: Condition) -> List<'static> {
    let value = value_of(query.order);
    let descending = query.order.is_descending(query.reversed);
    List { columns: USER, from: "user u", condition, value, seq: "u.seq", descending }
}

/// Somebody with their key in an order.
pub fn with_key(order: Order, person: rows::Person) -> (Key, User) {
    let value = match order {
        Order::Name => KeyValue::Text(person.key),
        Order::Created | Order::LastLogin | Order::Status => order.value_of(&person.user),
    };
    (Key { value, seq: person.seq }, person.user)
}

/// Whether so many begin as asked that putting them in order would take longer than meeting them in it.
fn are_many(db: &Connection, query: &Query, now: Time) -> Result<bool> {
    const MANY: u32 = 5_000;
    let beginning = query.filter.terms.iter().find(|term| matches!(term, Term::Prefix(_)));
    match beginning.filter(|_| query.order != Order::Name && !query.filter.wants_deleted()) {
        Some(term) => {
            let alone = Filter { terms: vec![term.clone()] };
            Ok(count_people(db, &alone, Some(MANY), now)? == MANY)
        }
        None => Ok(false),
    }
}

/// A page of people.
pub fn page_of_people(db: &Connection, query: &Query, anchor: &Anchor, limit: u16, now: Time) -> Result<Page<User>> {
    let order = query.order;
    let condition = match are_many(db, query, now)? {
        true => people_met(&query.filter, now),
        false => people(&query.filter, now),
    };
    people_list(query, condition).page(db, anchor, limit, &|row| Ok(with_key(order, rows::person(row, 0)?)))
}

fn sessions_list(filter: &Filter, reversed: bool, now: Time) -> List<'static> {
    List {
        columns: SESSION,
        // CROSS keeps SQLite from walking the users first, which would cost the order of the sessions' index.
        from: "session s CROSS JOIN user u ON u.seq = s.user_seq",
        condition: sessions(filter, now),
        value: "s.created_at",
        seq: "s.seq",
        descending: !reversed,
    }
}

/// A page of sessions.
pub fn page_of_sessions(
    db: &Connection,
    filter: &Filter,
    reversed: bool,
    anchor: &Anchor,
    limit: u16,
    now: Time,
) -> Result<Page<Session>> {
    sessions_list(filter, reversed, now).page(db, anchor, limit, &|row| {
        let (seq, session) = rows::session(row, 0)?;
        Ok((Key { value: KeyValue::Number(session.created_at.millis()), seq }, session))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const PARTS: [Part; 4] = [Part::All, Part::Equal { own: true }, Part::Equal { own: false }, Part::Beyond];

    /// Every statement of a list with its part and SQLite's plan for it.
    fn plans(list: &List<'_>) -> Vec<(Part, String, String)> {
        let mut plans = Vec::new();
        for (way, part) in [Way::Onward, Way::Back].into_iter().flat_map(|way| PARTS.map(|part| (way, part))) {
            for columns in [list.columns, "1"] {
                let sql = list.statement(columns, way, part);
                let plan = super::super::plans::of(&sql).unwrap().join("\n");
                plans.push((part, sql, plan));
            }
        }
        plans
    }

    fn assert_paged(list: &List<'_>, index: &str) {
        for (part, sql, plan) in plans(list) {
            assert!(!plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
            // Without a key the index is walked from its end; from a key on it is sought.
            let way = if part == Part::All { "" } else { "SEARCH " };
            let wanted = |line: &str| {
                line.starts_with(way) && line.ends_with(&format!("INDEX {index}"))
                    || line.starts_with(way) && line.contains(&format!("INDEX {index} ("))
            };
            assert!(plan.lines().any(wanted), "{sql}\n{plan}");
            let strays = plan.lines().any(|line| line.starts_with("SCAN") && !wanted(line));
            assert!(!strays, "{sql}\n{plan}");
        }
    }

    #[test]
    fn every_order_is_read_from_an_index_in_both_directions() {
        let now = Time::from_millis(1_000);
        let filters = [
            ("", ["user_created", "user_name", "user_login", "user_status"]),
            ("is:deleted", ["user_deleted", "user_deleted_name", "user_deleted_login", "user_deleted_status"]),
        ];
        for (filter, indexes) in filters {
            for (order, index) in Order::ALL.into_iter().zip(indexes) {
                for reversed in [false, true] {
                    let query = Query { filter: Filter::parse(filter).unwrap(), order, reversed };
                    assert_paged(&people_list(&query, people(&query.filter, now)), index);
                }
            }
        }
    }

    #[test]
    fn what_waits_and_who_administers_have_indexes_of_their_own() {
        let now = Time::from_millis(1_000);
        for (filter, index) in
            [("is:pending", "user_pending"), ("is:inactive", "user_inactive"), ("is:admin", "user_admin")]
        {
            let query = Query { filter: Filter::parse(filter).unwrap(), ..Query::default() };
            assert_paged(&people_list(&query, people(&query.filter, now)), index);
            let sql = count_sql(counted_by(&query.filter), &people(&query.filter, now));
            let plan = super::super::plans::of(&sql).unwrap().join("\n");
            assert!(plan.contains(&format!("INDEX {index}")), "{sql}\n{plan}");
        }
    }

    #[test]
    fn a_prefix_is_a_range_of_the_names() {
        let query = Query { filter: Filter::prefix("ali"), order: Order::Name, reversed: false };
        for (_, sql, plan) in plans(&people_list(&query, people(&query.filter, Time::from_millis(1)))) {
            assert!(plan.contains("SEARCH u USING") && plan.contains("user_name (name_key"), "{sql}\n{plan}");
        }
    }

    #[test]
    fn many_who_begin_alike_are_met_in_every_order_and_not_put_in_order() {
        for (order, index) in [(Order::Created, "user_created"), (Order::LastLogin, "user_login")] {
            let query = Query { filter: Filter::prefix("a"), order, reversed: false };
            assert_paged(&people_list(&query, people_met(&query.filter, Time::from_millis(1))), index);
        }
    }

    #[test]
    fn sessions_are_read_newest_first_from_an_index() {
        for filter in ["", "is:live", "is:ended"] {
            let filter = Filter::parse_sessions(filter).unwrap();
            assert_paged(&sessions_list(&filter, false, Time::from_millis(1)), "session_created");
        }
    }
}
