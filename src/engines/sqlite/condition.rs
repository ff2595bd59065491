//! What a filter means, in SQL. Texts are bound, never written into a statement; no letter of theirs is a wildcard.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use super::rows::{ENDED, RUNS, Raw, USABLE};
use crate::accounts::query::{Filter, STALE, State, Term};
use crate::accounts::time::Time;
use crate::accounts::user::Role;

/// A value on its way into a statement.
pub enum Value {
    /// A number.
    Number(i64),
    /// A text, as its bytes.
    Text(Vec<u8>),
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Number(number) => ToSqlOutput::from(*number),
            Value::Text(bytes) => ToSqlOutput::Borrowed(ValueRef::Text(bytes)),
        })
    }
}

/// A statement's condition and its values; the first value is the present.
pub struct Condition {
    /// What is true of every row meant.
    pub sql: String,
    /// The values by number, the first being number 1.
    pub values: Vec<Value>,
}

impl Condition {
    fn new(now: Time, sql: &str) -> Condition {
        Condition { sql: sql.to_owned(), values: vec![Value::Number(now.millis())] }
    }

    /// Binds a value and says under which number.
    pub fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    fn text(&mut self, text: &str) -> String {
        self.bind(Value::Text(Raw::new(text).into_bytes()))
    }

    fn and(&mut self, sql: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
    }

    fn prefix(&mut self, prefix: &str) {
        let from = self.text(prefix);
        // Behind every name that begins so: the byte 0xFF, which is in no UTF-8.
        let mut end = Raw::new(prefix).into_bytes();
        end.push(0xFF);
        let to = self.bind(Value::Text(end));
        self.and(&format!("u.name_key >= {from} AND u.name_key < {to}"));
    }
}

/// The people who pass a filter. The conditions on `deleted_at`, `status` and `role` are spelled as those of the
/// partial indexes, without which these would not be used.
pub fn people(filter: &Filter, now: Time) -> Condition {
    let living = if filter.wants_deleted() { "u.deleted_at IS NOT NULL" } else { "u.deleted_at IS NULL" };
    let mut all = Condition::new(now, living);
    for term in &filter.terms {
        match term {
            Term::Word(word) => {
                let word = all.text(word);
                all.and(&format!("(instr(u.name_key, {word}) > 0 OR instr(u.email_key, {word}) > 0)"));
            }
            Term::Prefix(prefix) => all.prefix(prefix),
            Term::Role(Role::Member) => all.and("u.role NOT IN ('auditor', 'admin')"),
            Term::Role(Role::Auditor) => all.and("u.role = 'auditor'"),
            Term::Role(Role::Admin) => all.and("u.role = 'admin'"),
            Term::Label(label) => {
                let label = all.text(&format!(" {label} "));
                all.and(&format!("instr(' ' || u.labels || ' ', {label}) > 0"));
            }
            Term::Is(state) => in_state(&mut all, *state, now),
        }
    }
    all
}

fn in_state(all: &mut Condition, state: State, now: Time) {
    match state {
        State::Pending => all.and("u.status = 'pending'"),
        State::Active => all.and("u.status = 'active'"),
        State::Inactive => all.and("u.status NOT IN ('active', 'pending')"),
        State::Deleted => {}
        State::Expired => all.and("u.valid_until NOT BETWEEN ?1 AND 9223372036854775807"),
        State::Live => {
            all.and(&format!("{USABLE} AND EXISTS (SELECT 1 FROM session s WHERE s.user_seq = u.seq AND {RUNS})"))
        }
        State::Admin => all.and("u.role = 'admin'"),
        State::Never => all.and("u.last_login_at IS NULL"),
        State::Stale => {
            let before = all.bind(Value::Number(now.minus(STALE).millis()));
            all.and(&format!("u.status = 'active' AND coalesce(u.last_login_at, u.created_at) < {before}"));
        }
        State::Ended => all.and("0"),
        State::Throttled => all.and(
            "u.seq IN (SELECT t.user_seq FROM throttle t
                 WHERE t.user_seq IS NOT NULL AND t.until > ?1 AND t.until <= ?1 + 60000)",
        ),
    }
}

/// The sessions that pass a filter.
pub fn sessions(filter: &Filter, now: Time) -> Condition {
    let live = format!("{RUNS} AND {USABLE}");
    let mut all = Condition::new(now, &format!("(({live}) OR ({ENDED}))"));
    for term in &filter.terms {
        match term {
            Term::Word(word) => {
                let word = all.text(word);
                all.and(&format!(
                    "(instr(u.name_key, {word}) > 0 OR instr(s.client_key, {word}) > 0 \
                     OR instr(s.address_key, {word}) > 0)"
                ));
            }
            Term::Prefix(prefix) => all.prefix(prefix),
            Term::Is(State::Live) => all.and(&live),
            Term::Is(State::Ended) => all.and("s.ended_at IS NOT NULL"),
            // Not asked of sessions; refused where filters are read.
            Term::Is(_) | Term::Role(_) | Term::Label(_) => {}
        }
    }
    all
}
