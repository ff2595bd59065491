//! The login status and the login agree on every row that any program may have written.

use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex};

use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
use base64ct::{Base64Unpadded, Encoding as _};
use proptest::prelude::*;
use rollbook::accounts::throttle::{Knock, Source};
use rollbook::accounts::time::Clock as _;
use rollbook::accounts::{Accounts, Login, Role, Time, UserId, base32, totp};
use rusqlite::Connection;

use crate::factor::enrol;
use crate::support::CHEAP;
use crate::world::{PASSWORD, World, file, open, pw};

const ADDRESS: &str = "10.0.0.9";

/// One database with a user `alice`, a connection that writes her rows, and two handles that read them.
struct Bench {
    db: Connection,
    w: World,
    other: Accounts,
    id: UserId,
    secret: Vec<u8>,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let (folder, path, mut w) = file();
        w.accounts = open(&path, &w.clock, 9, CHEAP);
        w.with_role("root", Role::Admin);
        let alice = w.person("alice");
        let (app, _) = enrol(&mut w, &alice);
        let secret = base32::decode(app.0.expose()).unwrap();
        let other = open(&path, &w.clock, 10, CHEAP);
        let db = Connection::open(&path).unwrap();
        for table in ["user", "credential", "factor", "clock"] {
            db.execute_batch(&format!("CREATE TEMP TABLE good_{table} AS SELECT * FROM {table}")).unwrap();
        }
        Bench { db, w, other, id: alice.id, secret: secret.to_vec(), _folder: folder }
    }

    /// Puts back the rows of a user who can log in, then runs `sql`, which may break them.
    fn write(&mut self, sql: &str) {
        let (id, now) = (self.id.as_str(), self.now());
        let subject = blob(Knock::new(Some(&self.id), "", None, Time::default()).subject.bytes());
        let source = blob(Source::of(Some(ADDRESS)).unwrap().bytes());
        let digest = PASSWORD_WITH_DATA.as_str();
        let sql = sql
            .replace("{subject}", &subject)
            .replace("{source}", &source)
            .replace("{now}", &now.to_string())
            .replace("{step}", &totp::step(Time::from_millis(now)).to_string())
            .replace("{with data}", digest);
        let batch = format!(
            "BEGIN IMMEDIATE;
             DELETE FROM policy WHERE key = 'throttle';
             DELETE FROM throttle; DELETE FROM known_source; DELETE FROM session; DELETE FROM voided_password;
             DELETE FROM credential; DELETE FROM factor;
             UPDATE clock SET high = (SELECT high FROM good_clock);
             UPDATE user SET (name, name_key, status, deleted_at, valid_until, password_set_at, last_login_at) =
                 (SELECT name, name_key, status, deleted_at, valid_until, password_set_at, last_login_at
                  FROM good_user g WHERE g.seq = user.seq);
             INSERT INTO credential SELECT * FROM good_credential;
             {};
             COMMIT",
            sql.replace("{id}", &format!("(SELECT seq FROM user WHERE id = '{id}')"))
        );
        self.db.execute_batch(&batch).unwrap_or_else(|error| panic!("{error}: {batch}"));
    }

    fn now(&self) -> i64 {
        self.w.clock.now().millis()
    }

    /// A code that the app of this user can show now and that was not taken, if there is one.
    fn code(&mut self) -> Option<String> {
        let last = "SELECT last_step FROM factor f JOIN user u ON u.seq = f.user_seq WHERE u.id = ?1";
        let last = self.db.query_row(last, [self.id.as_str()], |row| row.get::<_, rusqlite::types::Value>(0)).ok()?;
        let last = match last {
            rusqlite::types::Value::Integer(last) => last,
            _ => i64::MAX,
        };
        let present = totp::step(Time::from_millis(self.now()));
        let step = (present - 1..=present + 1).find(|step| *step > last).unwrap_or(present);
        Some(totp::code(&self.secret, step))
    }

    /// Whether the login status says that alice can log in, the words of the obstacles, and whether a login succeeds.
    fn both(&mut self, known: bool) -> (bool, Vec<&'static str>, bool) {
        let (user, verdict) = self.other.why(&self.id).unwrap();
        let words = verdict.obstacles.iter().map(|obstacle| obstacle.word).collect();
        let (code, password) = (self.code(), pw(PASSWORD));
        let login = Login {
            name: &user.name,
            password: Some(&password),
            code: code.as_deref(),
            address: known.then_some(ADDRESS),
            ..Login::default()
        };
        let login = self.w.served(|a| a.log_in(&login)).is_ok();
        (verdict.can_log_in(), words, login)
    }
}

fn blob(bytes: &[u8]) -> String {
    let mut text = String::from("x'");
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text + "'"
}

/// A hash of the right password that was computed with associated data, which a login does not have.
static PASSWORD_WITH_DATA: LazyLock<String> = LazyLock::new(|| {
    let data = b"another program";
    let params = ParamsBuilder::new()
        .m_cost(8)
        .t_cost(1)
        .p_cost(1)
        .data(AssociatedData::new(data).unwrap())
        .output_len(32)
        .build()
        .unwrap();
    let mut out = [0; 32];
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    hasher.hash_password_into(PASSWORD.as_bytes(), &[7; 16], &mut out).unwrap();
    let text = |bytes: &[u8]| Base64Unpadded::encode_string(bytes);
    format!("$argon2id$v=19$m=8,t=1,p=1,data={}${}${}", text(data), text(&[7; 16]), text(&out))
});

/// Statements about one part of the rows; the first leaves them as they are.
type Part = &'static [&'static str];

const PARTS: [Part; 9] = [
    &[
        "",
        "UPDATE user SET status = 'pending' WHERE seq = {id}",
        "UPDATE user SET status = 'inactive' WHERE seq = {id}",
        "UPDATE user SET status = 'ACTIVE' WHERE seq = {id}",
        "UPDATE user SET status = x'616374697665' WHERE seq = {id}",
    ],
    &[
        "",
        "UPDATE user SET deleted_at = 5 WHERE seq = {id}",
        "UPDATE user SET deleted_at = {now} + 99999 WHERE seq = {id}",
        "UPDATE user SET deleted_at = 'x' WHERE seq = {id}",
    ],
    &[
        "",
        "UPDATE user SET valid_until = {now} WHERE seq = {id}",
        "UPDATE user SET valid_until = {now} - 1 WHERE seq = {id}",
        "UPDATE user SET valid_until = {now} + 99999 WHERE seq = {id}",
        "UPDATE user SET valid_until = {now} + 99999; UPDATE clock SET high = {now} + 100000",
        "UPDATE user SET valid_until = 'soon' WHERE seq = {id}",
        "UPDATE user SET valid_until = {now} + 0.5 WHERE seq = {id}",
    ],
    &[
        "",
        "UPDATE user SET password_set_at = NULL WHERE seq = {id}",
        "UPDATE user SET password_set_at = 'x' WHERE seq = {id}",
        "UPDATE user SET password_set_at = 1.5 WHERE seq = {id}",
        "UPDATE user SET password_set_at = {now} + 99999 WHERE seq = {id}",
        "INSERT OR REPLACE INTO voided_password VALUES ({id}, 5, 'root')",
    ],
    &[
        "",
        "DELETE FROM credential WHERE user_seq = {id}",
        "DELETE FROM credential WHERE user_seq = {id}; INSERT OR REPLACE INTO voided_password VALUES ({id}, 'x', NULL)",
        "UPDATE credential SET hash = '' WHERE user_seq = {id}",
        "UPDATE credential SET hash = CAST(hash AS BLOB) WHERE user_seq = {id}",
        "UPDATE credential SET hash = hash || ' ' WHERE user_seq = {id}",
        "UPDATE credential SET hash = replace(hash, 'argon2id', 'argon2i') WHERE user_seq = {id}",
        "UPDATE credential SET hash = replace(hash, 'v=19', 'v=16') WHERE user_seq = {id}",
        "UPDATE credential SET hash = replace(hash, 'm=8,', 'm=4,') WHERE user_seq = {id}",
        "UPDATE credential SET hash = replace(hash, 'm=8,', 'm=1048576,') WHERE user_seq = {id}",
        "UPDATE credential SET hash = '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW' WHERE user_seq = {id}",
        "UPDATE credential SET hash = '{with data}' WHERE user_seq = {id}",
        "UPDATE credential SET hash = replace(hash, 'p=1', 'p=1,keyid=AAAA') WHERE user_seq = {id}",
        "UPDATE credential SET hash = hash || printf('%.*c', 2000, 'A') WHERE user_seq = {id}",
    ],
    &[
        "",
        "UPDATE user SET name_key = 'somebody else' WHERE seq = {id}",
        "UPDATE user SET name = 'ALICE' WHERE seq = {id}",
        "UPDATE user SET name = ' alice' WHERE seq = {id}",
        "UPDATE user SET name = x'616c696365' WHERE seq = {id}",
        "UPDATE user SET name = CAST(x'61ff' AS TEXT), name_key = CAST(x'61ff' AS TEXT) WHERE seq = {id}",
    ],
    &[
        "",
        "INSERT INTO factor SELECT * FROM good_factor",
        "INSERT INTO factor SELECT * FROM good_factor; UPDATE factor SET last_step = {step} - 1",
        "INSERT INTO factor SELECT * FROM good_factor; UPDATE factor SET last_step = {step}",
        // Not `{step} + 1`: a code of an app that is ahead was just taken, and its next one lets the user in.
        "INSERT INTO factor SELECT * FROM good_factor; UPDATE factor SET last_step = {step} + 2",
        "INSERT INTO factor SELECT * FROM good_factor; UPDATE factor SET last_step = 'x'",
        "INSERT INTO factor SELECT * FROM good_factor; UPDATE factor SET key_id = 'gone'",
        "INSERT INTO factor SELECT * FROM good_factor; UPDATE factor SET key_id = CAST(key_id AS BLOB)",
        "INSERT INTO factor SELECT * FROM good_factor; UPDATE factor SET sealed = CAST(sealed AS TEXT)",
        "INSERT INTO factor SELECT * FROM good_factor; UPDATE factor SET sealed = zeroblob(60)",
        "INSERT INTO factor SELECT * FROM good_factor; UPDATE factor SET sealed = 7",
    ],
    &[
        "",
        "INSERT INTO policy VALUES ('throttle', 'off')",
        "INSERT INTO policy VALUES ('throttle', 'maybe')",
        "INSERT INTO policy VALUES ('throttle', x'00')",
    ],
    &[
        "",
        "INSERT INTO known_source VALUES ({id}, {source}, {now})",
        "INSERT INTO known_source VALUES ({id}, {source}, 0)",
    ],
];

/// One counter of wrong passwords: of whom, from where, and until when the next attempt waits.
fn counter() -> impl Strategy<Value = (bool, String)> {
    let subject = prop_oneof![4 => Just("{subject}"), 1 => Just("x'00'")];
    let user = prop_oneof![4 => Just("{id}"), 1 => Just("NULL")];
    let source = prop_oneof![3 => Just("x''"), 3 => Just("{source}"), 1 => Just("''")];
    let last = prop_oneof![4 => Just("{now} - 1"), 1 => Just("{now} + 50000"), 1 => Just("'x'"), 1 => Just("0")];
    let until = prop_oneof![
        4 => Just("{now} + 30000"),
        1 => Just("{now}"),
        1 => Just("{now} + 1"),
        1 => Just("{now} + 60000"),
        1 => Just("{now} + 60001"),
        1 => Just("'x'"),
    ];
    (subject, user, source, last, until).prop_map(|(subject, user, source, last, until)| {
        let columns = "subject, source, user_seq, failures, since, last, until";
        let sql =
            format!("INSERT INTO throttle ({columns}) VALUES ({subject}, {source}, {user}, 9, 1, {last}, {until})");
        (source == "{source}", sql)
    })
}

fn rows() -> impl Strategy<Value = (bool, String)> {
    // Most parts stay in order, so that a disagreement about one is not hidden by an obstacle in another.
    let part = |part: Part| prop_oneof![3 => Just(0), 1 => 0..part.len()].prop_map(move |at| part[at]);
    let parts: Vec<_> = PARTS.into_iter().map(part).collect();
    let counter = prop_oneof![2 => Just((false, String::new())), 1 => counter()];
    (parts, counter).prop_map(|(parts, (known, counter))| {
        let sql: Vec<&str> = parts.into_iter().chain([counter.as_str()]).filter(|sql| !sql.is_empty()).collect();
        (known, sql.join("; "))
    })
}

static BENCH: LazyLock<Mutex<Bench>> = LazyLock::new(|| Mutex::new(Bench::new()));

#[test]
fn the_login_status_agrees_with_the_login_on_each_odd_row() {
    let mut bench = Bench::new();
    for (at, part) in PARTS.into_iter().enumerate() {
        for sql in part {
            for known in [false, true] {
                bench.write(sql);
                let (status, words, login) = bench.both(known);
                assert_eq!(status, login, "{sql:?}: {words:?}");
                assert!(status || at != 8 && !sql.is_empty(), "{sql:?}: {words:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_login_status_agrees_with_the_login_on_all_combinations((known, sql) in rows()) {
        let mut bench = BENCH.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        bench.write(&sql);
        let (status, words, login) = bench.both(known);
        prop_assert_eq!(status, login, "{} (known: {}): {:?}", sql, known, words);
    }
}
