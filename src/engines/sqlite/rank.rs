//! Ranks: how many rows of a list stand before a key, so that it can be told where in the list one is.
//!
//! An index is counted up to the key, which takes as long as there are rows before it: a question for the background.

use rusqlite::{Connection, params_from_iter};

use super::condition::{Condition, Value, people, sessions};
use super::query::value_of;
use super::rows;
use crate::accounts::error::Result;
use crate::accounts::query::{Filter, Key, KeyValue, Order, Query};
use crate::accounts::time::Time;

/// What is counted, and by what it is ordered.
struct Ranked {
    from: &'static str,
    condition: Condition,
    value: &'static str,
    seq: &'static str,
    descending: bool,
    /// Whether the rows are sought by the key.
    sought: bool,
}

impl Ranked {
    /// The statements whose counts make up the rank; after the condition's own values come the key's two.
    ///
    /// SQLite seeks no pair of a value and a row number, so rows of the values before the key's and rows of its own
    /// value are counted apart. Where a filter has to look at the rows themselves, going through them in the order of
    /// an index would cost many times what going through them as they lie does: then nothing is sought by the key.
    fn statements(&self) -> Vec<String> {
        let Ranked { from, condition, value, seq, descending, sought } = self;
        let sign = if *descending { ">" } else { "<" };
        let (a, b) = (condition.values.len() + 1, condition.values.len() + 2);
        let parts = match sought {
            true => vec![
                format!("{value} {sign} ?{a} AND ?{b} IS NOT NULL"),
                format!("{value} = ?{a} AND {seq} {sign} ?{b}"),
            ],
            false => vec![format!("(+({value}) {sign} ?{a} OR +({value}) = ?{a} AND +{seq} {sign} ?{b})")],
        };
        let whole = |part| format!("SELECT count(*) FROM {from} WHERE {} AND {part}", condition.sql);
        parts.into_iter().map(whole).collect()
    }

    fn before(mut self, db: &Connection, key: &Key) -> Result<u32> {
        let statements = self.statements();
        self.condition.values.push(match &key.value {
            KeyValue::Number(number) => Value::Number(*number),
            KeyValue::Text(bytes) => Value::Text(bytes.clone()),
        });
        self.condition.values.push(Value::Number(key.seq));
        let mut found = 0u32;
        for sql in statements {
            let mut statement = db.prepare_cached(&sql)?;
            let part = statement.query_row(params_from_iter(&self.condition.values), |row| rows::count(row, 0))?;
            found = found.saturating_add(part);
        }
        Ok(found)
    }
}

fn ranked_people(query: &Query, now: Time) -> Ranked {
    Ranked {
        from: "user u",
        condition: people(&query.filter, now),
        value: value_of(query.order),
        seq: "u.seq",
        descending: query.order.is_descending(query.reversed),
        // People lie in the file about as they were created.
        sought: query.filter.is_empty() || query.order == Order::Created,
    }
}

fn ranked_sessions(filter: &Filter, reversed: bool, now: Time) -> Ranked {
    Ranked {
        from: "session s JOIN user u ON u.seq = s.user_seq",
        condition: sessions(filter, now),
        value: "s.created_at",
        seq: "s.seq",
        descending: !reversed,
        // Whether a session is shown is never told by an index.
        sought: false,
    }
}

/// How many people stand before a key.
pub fn people_before(db: &Connection, query: &Query, key: &Key, now: Time) -> Result<u32> {
    ranked_people(query, now).before(db, key)
}

/// How many sessions stand before a key.
pub fn sessions_before(db: &Connection, filter: &Filter, reversed: bool, key: &Key, now: Time) -> Result<u32> {
    ranked_sessions(filter, reversed, now).before(db, key)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// SQLite's plan for each statement.
    fn plans(ranked: &Ranked) -> Vec<Vec<String>> {
        ranked.statements().iter().map(|sql| super::super::plans::of(sql).unwrap()).collect()
    }

    #[test]
    fn a_rank_is_counted_from_the_index_of_its_order() {
        let now = Time::from_millis(1_000);
        for (order, index) in Order::ALL.into_iter().zip(["user_created", "user_name", "user_login", "user_status"]) {
            for reversed in [false, true] {
                for plan in plans(&ranked_people(&Query { order, reversed, ..Query::default() }, now)) {
                    let sought = plan[0].starts_with("SEARCH") && plan[0].contains(&format!("INDEX {index} ("));
                    assert!(sought && plan.len() == 1, "{order:?}: {plan:?}");
                }
            }
        }
    }

    #[test]
    fn a_rank_under_a_filter_looks_at_the_rows_as_they_lie() {
        for order in Order::ALL {
            let query = Query { filter: Filter::parse("is:pending").unwrap(), order, reversed: false };
            for plan in plans(&ranked_people(&query, Time::from_millis(1_000))) {
                let sought = plan[0].starts_with("SEARCH") && plan[0].contains("user_pending");
                assert_eq!(sought, order == Order::Created, "{order:?}: {plan:?}");
            }
        }
    }
}
