//! What a filter means, in SQL. Texts are bound, never written into a statement; no letter of theirs is a wildcard.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use super::letters::SOMEWHERE;
use super::rows::{ENDED, RUNS, Raw, USABLE};
use crate::accounts::query::{Clocked, Filter, STALE, State, Term, When};
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
    /// What is true of every row meant. It names the first value, whatever is asked for.
    pub sql: String,
    /// The values by number, the first being number 1.
    pub values: Vec<Value>,
    /// How a name's key is spelled where a prefix is asked for.
    name: &'static str,
}

impl Condition {
    fn new(now: Time, sql: &str) -> Condition {
        // The present is named even where the filter does not ask for it: every value must have its place, or the ones
        // behind it could not be bound.
        let sql = format!("?1 IS NOT NULL AND {sql}");
        Condition { sql, values: vec![Value::Number(now.millis())], name: "u.name_key" }
    }

    /// Binds a value and says under which number.
    pub fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    fn text(&mut self, text: &str) -> String {
        self.bind(Value::Text(Raw::new(text).into_bytes()))
    }

    /// A word for [`SOMEWHERE`], which reads every text as the domain does.
    fn word(&mut self, word: &str) -> String {
        self.bind(Value::Text(word.as_bytes().to_vec()))
    }

    fn and(&mut self, sql: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
    }

    fn prefix(&mut self, prefix: &str) -> String {
        let from = self.text(prefix);
        // Behind every name that begins so: the byte 0xFF, which is in no UTF-8.
        let mut end = Raw::new(prefix).into_bytes();
        end.push(0xFF);
        let to = self.bind(Value::Text(end));
        let name = self.name;
        format!("{name} >= {from} AND {name} < {to}")
    }

    /// That a column's time is in the stretch meant.
    fn when(&mut self, column: &str, what: Clocked, when: When, now: Time) -> String {
        let Some((from, to)) = when.stretch(what, now) else { return format!("{column} IS NULL") };
        let (from, to) = (self.bind(Value::Number(from.millis())), self.bind(Value::Number(to.millis())));
        format!("{column} BETWEEN {from} AND {to}")
    }

    /// What is true of a negated condition: also where nothing is known of it.
    fn not(clause: &str) -> String {
        format!("({clause}) IS NOT TRUE")
    }
}

/// The end date as a number; what cannot be read has passed long ago.
const VALID: &str = "CASE typeof(u.valid_until) WHEN 'integer' THEN u.valid_until \
    WHEN 'real' THEN CAST(u.valid_until AS INTEGER) WHEN 'null' THEN NULL ELSE 0 END";

/// The later of last login and last use; without either the creation.
const ACTIVITY: &str = "coalesce(max(coalesce(u.last_login_at, u.last_used_at), \
    coalesce(u.last_used_at, u.last_login_at)), u.created_at)";

/// The people who pass a filter. The conditions on `deleted_at`, `status` and `role` are spelled as those of the
/// partial indexes, without which these would not be used.
pub fn people(filter: &Filter, now: Time) -> Condition {
    meaning(filter, now, "u.name_key")
}

/// The same, spelled so that the names' index is not used: where so many begin as asked that it is quicker to meet them
/// in an order than to put them in order.
pub fn people_met(filter: &Filter, now: Time) -> Condition {
    meaning(filter, now, "+u.name_key")
}

fn meaning(filter: &Filter, now: Time, name: &'static str) -> Condition {
    let living = if filter.wants_deleted() { "u.deleted_at IS NOT NULL" } else { "u.deleted_at IS NULL" };
    let mut all = Condition { name, ..Condition::new(now, living) };
    for term in &filter.terms {
        let clause = person(&mut all, term, now);
        all.and(&clause);
    }
    all
}

fn person(all: &mut Condition, term: &Term, now: Time) -> String {
    match term {
        Term::Word(word) => {
            let word = all.word(word);
            format!("{SOMEWHERE}({word}, u.name_key, u.email_key)")
        }
        Term::Prefix(prefix) => all.prefix(prefix),
        Term::Role(Role::Member) => "u.role NOT IN ('auditor', 'admin')".to_owned(),
        Term::Role(Role::Auditor) => "u.role = 'auditor'".to_owned(),
        Term::Role(Role::Admin) => "u.role = 'admin'".to_owned(),
        Term::Label(label) => {
            let label = all.text(&format!(" {label} "));
            format!("instr(' ' || u.labels || ' ', {label}) > 0")
        }
        Term::When(Clocked::Created, when) => all.when("u.created_at", Clocked::Created, *when, now),
        Term::When(Clocked::Seen, when) => all.when("u.last_login_at", Clocked::Seen, *when, now),
        Term::When(Clocked::Used, when) => all.when("u.last_used_at", Clocked::Used, *when, now),
        Term::When(Clocked::Valid, when) => all.when(VALID, Clocked::Valid, *when, now),
        Term::Hash(None) => "NOT EXISTS (SELECT 1 FROM credential c WHERE c.user_seq = u.seq)".to_owned(),
        Term::Hash(Some(scheme)) => {
            let beginning = all.text(&format!("${scheme}$"));
            format!(
                "EXISTS (SELECT 1 FROM credential c WHERE c.user_seq = u.seq \
                 AND substr(CAST(c.hash AS TEXT), 1, length({beginning})) = {beginning})"
            )
        }
        Term::Is(state) => in_state(all, *state, now),
        Term::Client(_) | Term::Address(_) => "0".to_owned(),
        Term::Not(term) => Condition::not(&person(all, term, now)),
    }
}

fn in_state(all: &mut Condition, state: State, now: Time) -> String {
    let clause = match state {
        State::Pending => "u.status = 'pending'",
        State::Active => "u.status = 'active'",
        State::Inactive => "u.status NOT IN ('active', 'pending')",
        State::Deleted => "u.deleted_at IS NOT NULL",
        State::Expired => "u.valid_until NOT BETWEEN ?1 AND 9223372036854775807",
        State::Live => {
            return format!("{USABLE} AND EXISTS (SELECT 1 FROM session s WHERE s.user_seq = u.seq AND {RUNS})");
        }
        State::Admin => "u.role = 'admin'",
        State::Factor => "u.seq IN (SELECT f.user_seq FROM factor f)",
        State::Never => "u.last_login_at IS NULL",
        State::Stale => {
            let before = all.bind(Value::Number(now.minus(STALE).millis()));
            return format!("u.status = 'active' AND {ACTIVITY} < {before}");
        }
        State::Ended => "0",
        State::Throttled => {
            "u.seq IN (SELECT t.user_seq FROM throttle t
                 WHERE t.user_seq IS NOT NULL AND t.until > ?1 AND t.until <= ?1 + 60000)"
        }
    };
    clause.to_owned()
}

/// The sessions that pass a filter.
pub fn sessions(filter: &Filter, now: Time) -> Condition {
    let live = format!("{RUNS} AND {USABLE}");
    let mut all = Condition::new(now, &format!("(({live}) OR ({ENDED}))"));
    for term in &filter.terms {
        let clause = session(&mut all, term, &live, now);
        all.and(&clause);
    }
    all
}

fn session(all: &mut Condition, term: &Term, live: &str, now: Time) -> String {
    match term {
        Term::Word(word) => {
            let word = all.word(word);
            format!("{SOMEWHERE}({word}, u.name_key, s.client_key, s.address_key)")
        }
        Term::Client(word) => {
            let word = all.word(word);
            format!("{SOMEWHERE}({word}, s.client_key)")
        }
        Term::Address(prefix) => {
            let prefix = all.text(prefix);
            format!("substr(s.address_key, 1, length({prefix})) = {prefix}")
        }
        Term::Prefix(prefix) => all.prefix(prefix),
        Term::Is(State::Live) => live.to_owned(),
        Term::Is(State::Ended) => "s.ended_at IS NOT NULL".to_owned(),
        Term::When(Clocked::Created, when) => all.when("s.created_at", Clocked::Created, *when, now),
        Term::When(what @ (Clocked::Seen | Clocked::Used), when) => all.when("s.last_used_at", *what, *when, now),
        Term::Not(term) => Condition::not(&session(all, term, live, now)),
        // Not asked of sessions; refused where filters are read.
        Term::Is(_) | Term::Role(_) | Term::Label(_) | Term::Hash(_) | Term::When(Clocked::Valid, _) => "0".to_owned(),
    }
}
