//! How many of those who are found stand before somebody, by the names in memory.

use rusqlite::{Connection, OptionalExtension as _};

use super::{LOOKED_AT, Look, Recall};
use crate::accounts::error::Result;
use crate::accounts::query::{Key, KeyValue, Order, Query};
use crate::accounts::time::Time;
use crate::engines::sqlite::needles::Needles;
use crate::engines::sqlite::query::{read_value, value_of};

impl Recall {
    /// How many people stand before a key, where the words are asked of these names.
    pub fn before(&self, db: &Connection, query: &Query, key: &Key, now: Time) -> Result<Option<u32>> {
        let Some(needles) = Needles::of(&query.filter) else { return Ok(None) };
        let Some(names) = self.names(db)? else { return Ok(None) };
        let descending = query.order.is_descending(query.reversed);
        let is_before = |found: &Key| if descending { found > key } else { found < key };
        let found = match key.value {
            KeyValue::Number(created) if needles.is_whole() && query.order == Order::Created => {
                let mut statement = db.prepare_cached("SELECT created_at FROM user WHERE seq = ?1")?;
                let mut fault = None;
                let mut near = |seq: i64| match statement.query_row([seq], |row| row.get(0)).optional() {
                    Ok(at) => at.is_some_and(|at| is_before(&Key { value: KeyValue::Number(at), seq })),
                    Err(error) => {
                        fault = Some(error);
                        false
                    }
                };
                let found = names.aside((created, key.seq), descending, &needles, &mut near);
                if let Some(fault) = fault {
                    return Err(fault.into());
                }
                found
            }
            _ => {
                let Some(rows) = names.all(&needles, LOOKED_AT) else { return Ok(None) };
                let look = Look::new(&query.filter, now, value_of(query.order));
                let mut found = 0;
                for seq in rows {
                    let value = look.at(db, seq, |row| read_value(query.order, row))?;
                    found += usize::from(value.is_some_and(|value| is_before(&Key { value, seq })));
                }
                found
            }
        };
        Ok(Some(u32::try_from(found).unwrap_or(u32::MAX)))
    }
}
