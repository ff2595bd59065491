//! The engine's promises beside the bare prepared statements on the same file, in the same run.
//!
//! `ROLLBOOK_BENCH_PEOPLE=1000000 cargo bench --bench engine` makes a file of that size first; ten thousand otherwise.
//! `ROLLBOOK_BENCH_DB` names a file of sample people that is there, to which one more is added. `ROLLBOOK_BENCH_ONLY`
//! measures what has these letters in its name.
//! The table of ratios at the end is what counts: absolute figures are the machine's.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::Criterion;
use rollbook::accounts::hash::Cost;
use rollbook::accounts::query::{Anchor, Filter, Key, KeyValue, Order, Query};
use rollbook::accounts::store::Store;
use rollbook::accounts::token::{Digest, TokenKind};
use rollbook::accounts::{Accounts, Actor, Draft, Ground, Login, Secret, Time};
use rollbook::engines::{self, Access, Memory};
use rollbook::host::key::KeyFile;
use rollbook::host::{SystemClock, SystemEntropy};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, ToSql};

#[path = "engine/bare.rs"]
mod bare;
#[path = "engine/login.rs"]
mod login;

/// One thing to measure, ours and the bare statement's.
struct Case<'a> {
    name: String,
    /// Undoes, unmeasured, what the time before left behind.
    before: Option<Box<dyn FnMut() + 'a>>,
    ours: Box<dyn FnMut() -> usize + 'a>,
    bare: Option<Box<dyn FnMut() -> usize + 'a>>,
}

struct File {
    path: PathBuf,
    folder: tempfile::TempDir,
    people: u64,
    /// Of a session that is live.
    digest: Digest,
}

impl File {
    fn make() -> File {
        let given = std::env::var_os("ROLLBOOK_BENCH_DB").map(PathBuf::from);
        let people = std::env::var("ROLLBOOK_BENCH_PEOPLE").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000);
        let folder = tempfile::tempdir().unwrap();
        let path = given.clone().unwrap_or_else(|| folder.path().join("people.db"));
        let ground = Ground {
            store: match given {
                Some(_) => engines::open(&path, Access::Full).unwrap(),
                None => engines::create(&path).unwrap(),
            },
            clock: Box::new(SystemClock),
            entropy: Box::new(SystemEntropy),
            cost: Some(Cost { memory: 8, passes: 1 }),
            keys: Box::new(KeyFile::new(folder.path().join("key"))),
        };
        let mut accounts = Accounts::new(ground, Actor::Operator("bench".into()), "");
        let began = Instant::now();
        if given.is_none() {
            rollbook::demo::load(&mut accounts, people, &|| began.elapsed(), &mut |_| true).unwrap();
        }
        let password = Secret::from("wanders where the marmots sleep");
        let name = format!("bench {}", accounts.count(&Filter::default(), None).unwrap());
        accounts.create_user(Draft::named(&name).unwrap(), Some(&password)).unwrap();
        let login = Login { name: &name, password: Some(&password), ..Login::default() };
        let digest = TokenKind::Session.read(accounts.log_in(&login).unwrap().token.expose()).unwrap();
        let people = accounts.count(&Filter::default(), None).unwrap().into();
        File { path, folder, people, digest }
    }
}

fn bare_reader(path: &Path) -> Connection {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let db = db.unwrap();
    db.execute_batch("PRAGMA cache_size = -4096").unwrap();
    // The least that can be: a statement that is prepared once and stays so.
    db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    db
}

/// Runs a statement and reads every column of every row.
fn rows(db: &Connection, sql: &str, values: &[&dyn ToSql]) -> usize {
    let mut statement = db.prepare_cached(sql).unwrap();
    let columns = statement.column_count();
    let mut found = statement.query(values).unwrap();
    let mut count = 0;
    while let Some(row) = found.next().unwrap() {
        for column in 0..columns {
            std::hint::black_box(row.get::<_, rusqlite::types::Value>(column).unwrap());
        }
        count += 1;
    }
    count
}

/// What a user's own row says.
const COLUMNS: &str = "seq, name_key, id, name, email, role, labels, status, reason, status_by, status_at, note, \
    password_set_at, created_at, activated_at, last_login_at, valid_until, deleted_at, version";

/// What a list says besides: how many sessions somebody has.
const OPEN: &str =
    "(SELECT count(*) FROM session s WHERE s.user_seq = user.seq AND s.ended_at IS NULL AND s.expires_at >= 0)";

fn page(store: &mut dyn Store, query: &Query, anchor: &Anchor, now: Time) -> usize {
    store.users_page(query, anchor, 100, now).unwrap().rows.len()
}

/// The keys at which pages begin: somewhere in the first, the middle and the last part of a list.
fn keys(store: &mut dyn Store, db: &Connection, order: Order, now: Time) -> Vec<(&'static str, Key)> {
    let query = Query { order, ..Query::default() };
    let first = store.users_page(&query, &Anchor::Start, 200, now).unwrap().rows[150].0.clone();
    let last = store.users_page(&query, &Anchor::End, 200, now).unwrap().rows[50].0.clone();
    let (value, _, way) = value_sql(order);
    let half = "(SELECT count(*) / 2 FROM user WHERE deleted_at IS NULL)";
    let sql = format!(
        "SELECT {value}, seq FROM user WHERE deleted_at IS NULL ORDER BY {value} {way}, seq {way} LIMIT 1 OFFSET {half}"
    );
    let middle = db.query_row(&sql, [], |row| {
        let value = match row.get_ref(0)? {
            ValueRef::Integer(number) => KeyValue::Number(number),
            other => KeyValue::Text(other.as_bytes()?.to_vec()),
        };
        Ok(Key { value, seq: row.get(1)? })
    });
    vec![("start", first), ("middle", middle.unwrap()), ("end", last)]
}

/// Somebody from the middle, by the time of their creation.
fn middle(store: &mut dyn Store, now: Time) -> rollbook::accounts::User {
    let edge =
        |store: &mut dyn Store, anchor| store.users_page(&Query::default(), &anchor, 1, now).unwrap().rows[0].1.clone();
    let (newest, oldest) = (edge(store, Anchor::Start), edge(store, Anchor::End));
    let at = Time::from_millis(newest.created_at.millis().midpoint(oldest.created_at.millis()));
    rollbook::accounts::User { created_at: at, ..newest }
}

/// Measures both in turns and says their medians.
fn medians(case: &mut Case<'_>) -> (Duration, Option<Duration>) {
    const TURNS: usize = 300;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let time = |run: &mut dyn FnMut() -> usize, into: &mut Vec<Duration>| {
        let began = Instant::now();
        std::hint::black_box(run());
        into.push(began.elapsed());
    };
    let began = Instant::now();
    for _ in 0..TURNS {
        case.before.iter_mut().for_each(|before| before());
        time(&mut case.ours, &mut ours);
        if let Some(run) = &mut case.bare {
            time(run, &mut bare);
        }
        if began.elapsed() > Duration::from_secs(4) {
            break;
        }
    }
    ours.sort();
    bare.sort();
    (ours[ours.len() / 2], bare.get(bare.len() / 2).copied())
}

fn value_sql(order: Order) -> (&'static str, &'static str, &'static str) {
    match order {
        Order::Created => ("created_at", "<", "DESC"),
        Order::Name => ("name_key", ">", "ASC"),
        Order::LastLogin => ("coalesce(last_login_at, 0)", "<", "DESC"),
        Order::Status => ("CASE status WHEN 'active' THEN 1 WHEN 'pending' THEN 3 ELSE 2 END", "<", "DESC"),
    }
}

fn bound(key: &Key) -> rusqlite::types::Value {
    match &key.value {
        KeyValue::Number(number) => rusqlite::types::Value::Integer(*number),
        KeyValue::Text(text) => rusqlite::types::Value::Text(String::from_utf8_lossy(text).into_owned()),
    }
}

fn open(path: &Path) -> Box<dyn Store> {
    engines::open(path, Access::ReadOnly).unwrap()
}

/// Pages of a hundred, in every order and by a beginning.
fn pages<'a>(file: &File, db: &'a Connection, now: Time, cases: &mut Vec<Case<'a>>) {
    for order in Order::ALL {
        let query = Query { order, ..Query::default() };
        for (place, key) in keys(&mut *open(&file.path), db, order, now) {
            let (value, sign, way) = value_sql(order);
            let sql = format!(
                "SELECT {COLUMNS}, {OPEN} FROM user WHERE deleted_at IS NULL AND {value} = ?1 AND seq {sign} ?2
                 ORDER BY seq {way} LIMIT ?3"
            );
            let beyond = format!(
                "SELECT {COLUMNS}, {OPEN} FROM user WHERE deleted_at IS NULL AND {value} {sign} ?1
                 ORDER BY {value} {way}, seq {way} LIMIT ?2"
            );
            let (mut own, query, db, from) = (open(&file.path), query.clone(), db, bound(&key));
            let (anchor, seq) = (Anchor::After(key.clone()), key.seq);
            cases.push(Case {
                name: format!("page by {} at the {place}", order.word()),
                before: None,
                ours: Box::new(move || page(&mut *own, &query, &anchor, now)),
                bare: Some(Box::new(move || {
                    let equal = rows(db, &sql, &[&from, &seq, &100]);
                    equal + if equal < 100 { rows(db, &beyond, &[&from, &(100 - equal as i64)]) } else { 0 }
                })),
            });
        }
    }
    let mut own = open(&file.path);
    let prefix = Query { filter: Filter::prefix("ali"), order: Order::Name, reversed: false };
    cases.push(Case {
        name: "page by the prefix ali".into(),
        before: None,
        ours: Box::new(move || page(&mut *own, &prefix, &Anchor::Start, now)),
        bare: Some(Box::new(move || {
            let sql = format!(
                "SELECT {COLUMNS}, {OPEN} FROM user WHERE deleted_at IS NULL AND name_key >= ?1 AND name_key < ?2
                 ORDER BY name_key, seq LIMIT 100"
            );
            rows(db, &sql, &[&"ali", &"ali\u{10ffff}"])
        })),
    });
}

/// One user, one session, and how many there are.
fn lookups<'a>(file: &File, db: &'a Connection, now: Time, cases: &mut Vec<Case<'a>>) {
    let somebody = middle(&mut *open(&file.path), now);
    let (mut own, id) = (open(&file.path), somebody.id.clone());
    let bare_id = id.as_str().to_owned();
    cases.push(Case {
        name: "a user by id".into(),
        before: None,
        ours: Box::new(move || usize::from(own.user(&id, now).unwrap().is_some())),
        bare: Some(Box::new(move || rows(db, &format!("SELECT {COLUMNS} FROM user WHERE id = ?1"), &[&bare_id]))),
    });
    let (mut own, key) = (open(&file.path), somebody.name_key());
    let bare_key = key.clone();
    cases.push(Case {
        name: "a user by name".into(),
        before: None,
        ours: Box::new(move || usize::from(own.user_named(&key, now).unwrap().is_some())),
        bare: Some(Box::new(move || {
            let sql = format!("SELECT {COLUMNS} FROM user WHERE name_key = ?1 AND deleted_at IS NULL");
            rows(db, &sql, &[&bare_key])
        })),
    });
    let known = file.digest;
    let digest = known.bytes().to_vec();
    let (mut own, mut entropy) = (open(&file.path), SystemEntropy);
    let unknown = TokenKind::Session.mint(&mut entropy).unwrap().1;
    cases.push(Case {
        name: "a session check, unknown".into(),
        before: None,
        ours: Box::new(move || usize::from(own.check_session(&unknown, now).is_ok())),
        bare: Some(Box::new(move || {
            rows(db, "SELECT seq FROM session WHERE digest = ?1", &[&unknown.bytes().to_vec()])
        })),
    });
    let mut own = open(&file.path);
    cases.push(Case {
        name: "a session check, known".into(),
        before: None,
        ours: Box::new(move || usize::from(own.check_session(&known, now).is_ok())),
        bare: Some(Box::new(move || {
            let sql = format!(
                "SELECT s.seq, s.id, s.client, s.address, s.created_at, s.expires_at, s.last_used_at, s.idle, s.ended_at, \
                 s.ended_by, s.refused, s.refused_at, u.* FROM session s JOIN (SELECT {COLUMNS} FROM user) u \
                 ON u.seq = s.user_seq WHERE s.digest = ?1"
            );
            rows(db, &sql, &[&digest])
        })),
    });
    let mut own = open(&file.path);
    cases.push(Case {
        name: "count of all, once it is known".into(),
        before: None,
        ours: Box::new(move || own.users_count(&Filter::default(), None, now).unwrap() as usize),
        bare: Some(Box::new(move || rows(db, "SELECT count(*) FROM user WHERE deleted_at IS NULL", &[]))),
    });
}

/// Words anywhere in a name, with the exact count.
fn words<'a>(file: &File, db: &'a Connection, now: Time, cases: &mut Vec<Case<'a>>) {
    let memory = Memory::default();
    for word in ["a", "lic", "maria s", "galsol", "xyzzyx"] {
        let mut own = engines::open_with(&file.path, Access::ReadOnly, &memory).unwrap();
        let mut other = engines::open_with(&file.path, Access::ReadOnly, &memory).unwrap();
        let ask = move |own: &mut dyn Store, typed: &str| {
            let query = Query { filter: Filter::parse(typed).unwrap(), ..Query::default() };
            page(own, &query, &Anchor::Start, now);
            own.users_count(&query.filter, None, now).unwrap() as usize
        };
        ask(&mut *own, word);
        std::thread::sleep(Duration::from_millis(200 + file.people / 500));
        cases.push(Case {
            name: format!("the word {word:?}: newest page and count"),
            // What was found last is at hand for the next letter, not for the same word once more.
            before: Some(Box::new(move || {
                ask(&mut *other, "qqq");
            })),
            ours: Box::new(move || ask(&mut *own, word)),
            bare: Some(Box::new(move || {
                let like = format!("%{word}%");
                let sql = "SELECT count(*) FROM user WHERE name_key LIKE ?1 AND deleted_at IS NULL";
                rows(db, sql, &[&like])
            })),
        });
    }
}

fn main() {
    let file = File::make();
    let now = rollbook::accounts::time::Clock::now(&SystemClock);
    let connection = bare_reader(&file.path);
    let mut cases: Vec<Case<'_>> = Vec::new();
    pages(&file, &connection, now, &mut cases);
    lookups(&file, &connection, now, &mut cases);
    words(&file, &connection, now, &mut cases);
    if let Ok(only) = std::env::var("ROLLBOOK_BENCH_ONLY") {
        cases.retain(|case| case.name.contains(&only));
    }
    let mut criterion = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(200));
    criterion = criterion.measurement_time(Duration::from_millis(600)).configure_from_args();
    if std::env::args().any(|argument| argument == "--bench") {
        for case in &mut cases {
            criterion.bench_function(&case.name, |bencher| {
                let Case { before, ours, .. } = case;
                let before = || before.iter_mut().for_each(|before| before());
                bencher.iter_batched(before, |()| ours(), criterion::BatchSize::PerIteration);
            });
        }
        criterion.final_summary();
    }
    print_ratios(&mut cases, file.people);
    if std::env::var("ROLLBOOK_BENCH_ONLY").is_ok_and(|only| !"a log-in".contains(&only)) {
        return;
    }
    login::print(&file.path, file.folder.path(), file.people);
}

/// What is to be reached: so many times the bare statement, or, where names in memory answer, so many microseconds.
fn goal(name: &str) -> (f64, bool) {
    match name {
        name if name.starts_with("the word") => (2000.0, false),
        // Four fifths of its rate.
        name if name.starts_with("a session check") => (1.25, true),
        _ => (1.5, true),
    }
}

fn print_ratios(cases: &mut [Case<'_>], people: u64) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(
        out,
        "\n{people} people, medians in µs: ours, the bare statement, how many times it that is, the goal"
    );
    for case in cases {
        let (ours, bare) = medians(case);
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        let (bare, ratio) = match bare {
            Some(bare) => (format!("{:9.1}", micros(bare)), micros(ours) / micros(bare)),
            None => (String::new(), f64::NAN),
        };
        let (goal, relative) = goal(&case.name);
        let kept = if relative { ratio <= goal } else { micros(ours) <= goal };
        let goal = if relative { format!("{goal:.2}") } else { format!("{goal:.0} µs") };
        let kept = if kept { "" } else { "  missed" };
        let _ = writeln!(out, "{:44} {:9.1} {bare} {ratio:6.2}  {goal}{kept}", case.name, micros(ours));
    }
}
