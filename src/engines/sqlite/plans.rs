//! How SQLite means to carry a statement out: what the tests of indexes look at.
#![allow(clippy::unwrap_used)]

use super::{connection, schema};

/// The lines of SQLite's plan for a statement on the present schema. It does not depend on values, which are not bound.
pub fn of(sql: &str) -> Vec<String> {
    let db = connection::memory().unwrap();
    schema::lay(&db).unwrap();
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push(row.get::<_, String>(3).unwrap());
    }
    plan
}
