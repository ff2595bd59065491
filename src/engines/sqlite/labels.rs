//! The labels that people have, for whoever types one.
//!
//! They stand together in one column, which is looked at row by row until so many combinations were found as are taken
//! apart at most: where there are more, a label of the others alone may be missing.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::rows::text;
use crate::accounts::error::Result;

/// How many combinations are taken apart at most: somebody may have given everybody one of their own.
const COMBINATIONS: i64 = 4096;

/// Labels of the living that begin so, in order.
pub fn beginning(db: &Connection, prefix: &str, limit: u16) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT labels FROM user WHERE labels <> '' AND deleted_at IS NULL AND instr(' ' || labels, ?1) > 0 \
         LIMIT ?2",
    )?;
    let mut rows = statement.query(params![format!(" {prefix}"), COMBINATIONS])?;
    let mut found = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let labels = text(row, 0)?;
        found.extend(labels.split_whitespace().filter(|label| label.starts_with(prefix)).map(str::to_owned));
    }
    Ok(found.into_iter().take(usize::from(limit)).collect())
}
