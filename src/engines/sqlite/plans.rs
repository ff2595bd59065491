//! How SQLite means to carry a statement out: what the tests of indexes look at.

use super::{connection, schema};
use crate::accounts::error::Result;

/// The lines of SQLite's plan for a statement on the present schema. It does not depend on values, which are not bound.
pub fn of(sql: &str) -> Result<Vec<String>> {
    let db = connection::memory()?;
    schema::lay(&db)?;
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let mut rows = statement.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next()? {
        plan.push(row.get(3)?);
    }
    Ok(plan)
}
