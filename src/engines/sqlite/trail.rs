//! The audit's entries as they are asked for: by person, actor, deed and time, in pages of either direction.
//!
//! Does not know how an entry comes to be, nor what the chain says about it.

use rusqlite::{Connection, Row, params_from_iter};

use super::condition::Value;
use super::letters::SOMEWHERE;
use super::rows::{self, Raw};
use crate::accounts::audit::Entry;
use crate::accounts::error::Result;
use crate::accounts::query::{Anchor, Key, KeyValue, Page};
use crate::accounts::trail::Trail;
use crate::accounts::user::UserId;

/// What is true of every entry meant, with the values that it names by number.
struct Meant {
    all: Vec<String>,
    values: Vec<Value>,
}

impl Meant {
    fn by(trail: &Trail) -> Meant {
        let mut meant = Meant { all: Vec::new(), values: Vec::new() };
        if let Some(id) = &trail.about {
            let id = meant.text(id.as_str());
            meant.all.push(format!("a.target = {id}"));
        }
        meant.actor(trail);
        if let Some(deed) = trail.deed {
            let deed = meant.text(deed.word());
            meant.all.push(format!("a.deed = {deed}"));
        }
        for (at, sign) in [(trail.since, ">="), (trail.until, "<=")] {
            if let Some(at) = at {
                let at = meant.bind(Value::Number(at.millis()));
                meant.all.push(format!("a.at {sign} {at}"));
            }
        }
        for word in &trail.words {
            // A word for `SOMEWHERE`, which reads each text as the domain does.
            let word = meant.bind(Value::Text(word.as_bytes().to_vec()));
            // The signs keep the order of the numbers in force: newest entries are met first, and a page that is full
            // looks no further. Of a million log-ins by services no detail is taken apart.
            meant.all.push(format!(
                "(+a.target IN (SELECT id FROM user WHERE {SOMEWHERE}({word}, name_key))
                 OR +a.actor_id IN (SELECT id FROM user WHERE {SOMEWHERE}({word}, name_key))
                 OR a.actor_id IS NULL AND a.actor_kind = 'operator'
                    AND CASE WHEN json_valid(d.json) THEN {SOMEWHERE}({word}, json_extract(d.json, '$.actor')) END)"
            ));
        }
        meant
    }

    fn actor(&mut self, trail: &Trail) {
        let mut by = Vec::new();
        if let Some(id) = &trail.by {
            by.push(format!("a.actor_id = {}", self.text(id.as_str())));
        }
        if let Some(name) = &trail.by_name {
            // What is no JSON was written by another program and is by nobody of this name.
            let name = self.text(name);
            by.push(format!(
                "a.actor_id IS NULL AND CASE WHEN json_valid(d.json) THEN json_extract(d.json, '$.actor') = {name} END"
            ));
        }
        if !by.is_empty() {
            self.all.push(format!("({})", by.join(" OR ")));
        }
    }

    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    fn text(&mut self, text: &str) -> String {
        self.bind(Value::Text(Raw::new(text).into_bytes()))
    }

    fn sql(&self) -> String {
        if self.all.is_empty() { "1".to_owned() } else { self.all.join(" AND ") }
    }
}

/// Which way to read from a number, and whether the entry of that number itself is meant.
#[derive(Clone, Copy)]
enum Way {
    Older(Option<i64>, bool),
    Newer(Option<i64>, bool),
}

fn stretch(db: &Connection, trail: &Trail, way: Way, limit: usize) -> Result<Vec<Entry>> {
    let mut meant = Meant::by(trail);
    let (key, own, sign, order) = match way {
        Way::Older(key, own) => (key, own, "<", "DESC"),
        Way::Newer(key, own) => (key, own, ">", "ASC"),
    };
    if let Some(key) = key {
        let key = meant.bind(Value::Number(key));
        meant.all.push(format!("a.seq {sign}{} {key}", if own { "=" } else { "" }));
    }
    let limit = meant.bind(Value::Number(i64::try_from(limit).unwrap_or(i64::MAX)));
    let sql = format!(
        "SELECT a.seq, a.at, a.actor_kind, a.actor_id, a.deed, a.target, a.digest, d.json, w.name FROM audit a
         LEFT JOIN audit_detail d ON d.seq = a.seq LEFT JOIN user w ON w.id = a.actor_id
         WHERE {} ORDER BY a.seq {order} LIMIT {limit}",
        meant.sql()
    );
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_map(params_from_iter(meant.values), read)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Entries, newest first.
pub fn entries(db: &Connection, trail: &Trail, before: Option<i64>, limit: u16) -> Result<Vec<Entry>> {
    stretch(db, trail, Way::Older(before, false), usize::from(limit))
}

/// A page of entries, newest first.
pub fn page(db: &Connection, trail: &Trail, anchor: &Anchor, limit: u16) -> Result<Page<Entry>> {
    let way = match anchor {
        Anchor::Start => Way::Older(None, false),
        Anchor::From(key) => Way::Older(Some(key.seq), true),
        Anchor::After(key) => Way::Older(Some(key.seq), false),
        Anchor::End => Way::Newer(None, false),
        Anchor::Before(key) => Way::Newer(Some(key.seq), false),
    };
    let limit = usize::from(limit);
    let mut found = stretch(db, trail, way, limit + 1)?;
    let further = found.len() > limit;
    found.truncate(limit);
    // What lies on the other side of where the stretch began.
    let begins = found.first().map(|entry| entry.seq);
    let other = match (way, begins) {
        (Way::Older(None, _) | Way::Newer(None, _), _) => None,
        (Way::Older(..), Some(seq)) => Some(Way::Newer(Some(seq), false)),
        (Way::Newer(..), Some(seq)) => Some(Way::Older(Some(seq), false)),
        (Way::Older(key, own), None) => Some(Way::Newer(key, !own)),
        (Way::Newer(key, own), None) => Some(Way::Older(key, !own)),
    };
    let behind = match other {
        Some(other) => !stretch(db, trail, other, 1)?.is_empty(),
        None => false,
    };
    let (more_before, more_after) = match way {
        Way::Older(..) => (behind, further),
        Way::Newer(..) => {
            found.reverse();
            (further, behind)
        }
    };
    let keyed = |entry: Entry| (Key { value: KeyValue::Number(entry.seq), seq: entry.seq }, entry);
    Ok(Page { rows: found.into_iter().map(keyed).collect(), more_before, more_after, total: None })
}

/// How many entries there are, counting no further than `at_most`.
pub fn count(db: &Connection, trail: &Trail, at_most: Option<u32>) -> Result<u32> {
    count_meant(db, trail, Meant::by(trail), at_most)
}

/// How many entries are newer than a key.
pub fn before(db: &Connection, trail: &Trail, key: &Key) -> Result<u32> {
    let mut meant = Meant::by(trail);
    let seq = meant.bind(Value::Number(key.seq));
    meant.all.push(format!("a.seq > {seq}"));
    count_meant(db, trail, meant, None)
}

fn count_meant(db: &Connection, trail: &Trail, mut meant: Meant, at_most: Option<u32>) -> Result<u32> {
    let limit = meant.bind(Value::Number(at_most.map_or(-1, i64::from)));
    let told = trail.by_name.is_some() || !trail.words.is_empty();
    let detail = if told { "LEFT JOIN audit_detail d ON d.seq = a.seq" } else { "" };
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM audit a {detail} WHERE {} LIMIT {limit})", meant.sql());
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_row(params_from_iter(meant.values), |row| rows::count(row, 0))?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let json = rows::bytes(row, 7)?;
    Ok(Entry {
        seq: row.get(0)?,
        at: rows::time(row, 1)?.unwrap_or_default(),
        actor_kind: rows::text(row, 2)?,
        actor_id: rows::words(row, 3)?.map(UserId::new),
        actor_name: rows::words(row, 8)?,
        deed: rows::text(row, 4)?,
        target: rows::words(row, 5)?.map(UserId::new),
        digest: rows::digest(row, 6)?,
        detail: serde_json::from_slice(&json).ok(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// How SQLite means to read the newest page of a trail.
    fn plan(trail: &Trail) -> String {
        let meant = Meant::by(trail);
        let sql = format!(
            "SELECT a.seq, d.json FROM audit a LEFT JOIN audit_detail d ON d.seq = a.seq
             WHERE {} ORDER BY a.seq DESC LIMIT 9",
            meant.sql()
        );
        super::super::plans::of(&sql).unwrap().join("\n")
    }

    #[test]
    fn no_trail_is_sorted_and_one_persons_is_sought() {
        let id = UserId::new("ann");
        let about = Trail::about(Some(&id));
        let words = Trail { words: vec!["ann".into()], ..Trail::default() };
        for trail in [&Trail::default(), &about, &words] {
            let plan = plan(trail);
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
        assert!(plan(&about).contains("INDEX audit_target (target=?)"), "{}", plan(&about));
    }
}
