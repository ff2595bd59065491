//! A thief who has a copy of the database and nothing else: whatever is stored is tried as whatever opens a door, at the
//! service that goes on running and at the copy itself.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rollbook::accounts::error::{Kind, Result};
use rollbook::accounts::token::{Entropy, TokenKind};
use rollbook::accounts::{Accounts, Login, Role, Secret, Until, base32, totp};
use rusqlite::types::ValueRef;

use crate::factor::enrol;
use crate::support::CHEAP;
use crate::world::{PASSWORD, file, open, pw};

/// Every value of every column of every table, a row that is no text and no bytes written as a number.
fn stored(path: &Path) -> BTreeSet<Vec<u8>> {
    let db = rusqlite::Connection::open(path).unwrap();
    let mut names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
    let mut values = BTreeSet::new();
    for name in names {
        let mut table = db.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = table.column_count();
        let mut rows = table.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                values.insert(match row.get_ref(column).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
                    ValueRef::Integer(number) => number.to_string().into_bytes(),
                    ValueRef::Real(number) => number.to_string().into_bytes(),
                    ValueRef::Null => Vec::new(),
                });
            }
        }
    }
    values
}

/// Gives what was stolen in the place of randomness.
struct Stolen<'a>(&'a [u8]);

impl Entropy for Stolen<'_> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        bytes.fill(0);
        let length = self.0.len().min(bytes.len());
        bytes[..length].copy_from_slice(&self.0[..length]);
        Ok(())
    }
}

/// What a value may be read as: itself, its parts, its usual spellings, and a well-formed token made of it.
fn readings(values: &BTreeSet<Vec<u8>>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for value in values {
        if let Ok(text) = std::str::from_utf8(value) {
            all.insert(text.to_owned());
            all.extend(text.split(['$', '"', ',', ':', ' ', '=', '{', '}']).map(str::to_owned));
        }
        all.insert(rollbook::accounts::token::hex(value));
        all.insert(base32::encode(value).expose().to_owned());
        all.insert(<base64ct::Base64 as base64ct::Encoding>::encode_string(value).replace('=', ""));
        for kind in [TokenKind::Session, TokenKind::Reset, TokenKind::Api] {
            all.insert(kind.mint(&mut Stolen(value)).unwrap().0.expose().to_owned());
        }
    }
    all.retain(|text| !text.is_empty());
    all
}

/// Tries one text at every door; the doors that it opened.
fn tried(a: &mut Accounts, people: &[&str], text: &str) -> Vec<String> {
    let mut opened = Vec::new();
    let secret = pw(text);
    let mut note = |door: &str, outcome: Result<()>| match outcome {
        Ok(()) => opened.push(format!("{door} by {text:?}")),
        // Without the key a factor fails closed, and that is told to the operator alone.
        Err(error) => assert!(
            matches!(
                error.kind,
                Kind::InvalidCredentials
                    | Kind::Unauthenticated
                    | Kind::UnknownRequest
                    | Kind::InvalidOtpCode
                    | Kind::MissingOtpCode
                    | Kind::ConstraintViolation
                    | Kind::Failure
            ),
            "{door}: {error}"
        ),
    };
    for name in people {
        let login = Login { name, password: Some(&secret), ..Login::default() };
        note("password", a.log_in(&login).map(drop));
    }
    note("session", a.check(&secret).map(drop));
    note("API token", a.check_token(&secret).map(drop));
    note("reset", a.complete_reset(&secret, &pw("mine now")).map(drop));
    note("backup code", a.authenticate("alice", &pw(PASSWORD), Some(text)).map(drop));
    opened
}

/// Tries bytes as the secret of the factor, at the three steps that are taken.
fn tried_as_factor(a: &mut Accounts, bytes: &[u8]) -> Vec<String> {
    let step = totp::step(a.now());
    let codes: BTreeSet<String> = (-1..=1).map(|off| totp::code(bytes, step + off)).collect();
    let open = codes.iter().filter(|code| a.authenticate("alice", &pw(PASSWORD), Some(code)).is_ok());
    open.map(|code| format!("{code} of {bytes:?}")).collect()
}

#[test]
fn nothing_in_a_copy_of_the_file_opens_any_door() {
    let (folder, path, mut w) = file();
    w.accounts = open(&path, &w.clock, 9, CHEAP);
    // Every try is to be looked at, and none answered by a wait.
    w.set_policy("throttle", "off").unwrap();
    let (alice, bob) = (w.person("alice"), w.with_role("bob", Role::Admin));
    let (app, codes) = enrol(&mut w, &alice);
    w.authenticate("alice", &pw(PASSWORD), Some(codes[9].expose())).unwrap();
    let (session, reset) = (w.login("bob").token, w.request_reset("alice").unwrap().request_id);
    let (_, token) = w.create_token(&bob.id, Some("ci"), Until::Never).unwrap();
    w.check(&session).unwrap();
    w.check_token(&token).unwrap();
    w.flush();

    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.db");
    rusqlite::Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o600)).unwrap();
    let values = stored(&copy);
    assert!(values.iter().any(|value| value.starts_with(b"$argon2id$")), "the whole of it was read");
    let readings = readings(&values);
    assert!(values.len() > 80 && readings.len() > 500, "{} {}", values.len(), readings.len());

    let mut thief = open(&copy, &w.clock, 1, CHEAP);
    let mut opened = Vec::new();
    for door in [&mut w.accounts, &mut thief] {
        for text in &readings {
            opened.extend(tried(door, &["alice", "bob"], text));
            if let Some(bytes) = base32::decode(text) {
                opened.extend(tried_as_factor(door, &bytes));
            }
        }
        for bytes in &values {
            opened.extend(tried_as_factor(door, bytes));
        }
    }
    assert_eq!(opened, [""; 0]);

    // The doors that stayed shut are the real ones: what was handed out opens each of them.
    let mut opens = |text: &Secret| tried(&mut w.accounts, &["alice", "bob"], text.expose());
    assert_eq!(opens(&pw(PASSWORD)).len(), 1, "bob's, since alice has a factor");
    assert_eq!([opens(&session).len(), opens(&token).len(), opens(&codes[0]).len()], [1, 1, 1]);
    let bytes = base32::decode(app.0.expose()).unwrap();
    assert!(!tried_as_factor(&mut w.accounts, &bytes).is_empty());
    assert_eq!(tried(&mut w.accounts, &["alice", "bob"], reset.expose()).len(), 1);
    drop(folder);
}
