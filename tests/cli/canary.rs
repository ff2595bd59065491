//! Secrets that could not be mistaken for anything else, put in through every door of the command line and the library:
//! afterwards they stand nowhere, and what is handed out stood in one answer.

use std::time::{SystemTime, UNIX_EPOCH};

use rollbook::accounts::audit::Deed;
use rollbook::accounts::query::Query;
use rollbook::accounts::{Edit, Login, Secret, Time, base32, totp};

use crate::desk::{Desk, LOOKS};
use crate::hostile::handle;

/// Everything that commands have said, and the secrets that must or must not be in it.
struct Watch {
    desk: Desk,
    said: Vec<String>,
    typed: Vec<String>,
    handed: Vec<String>,
}

impl Watch {
    /// Runs a command with these secrets on its standard input, one a line.
    fn run(&mut self, line: &[&str], secrets: &[&str]) -> String {
        let ran = self.desk.run(line, &secrets.iter().map(|secret| format!("{secret}\n")).collect::<String>());
        self.typed.extend(secrets.iter().filter(|secret| secret.contains("canary")).map(|secret| (*secret).to_owned()));
        self.said.push(format!("{}\n{}", ran.out, ran.err));
        ran.out
    }

    fn json(&mut self, line: &[&str], secrets: &[&str]) -> serde_json::Value {
        let line: Vec<&str> = line.iter().copied().chain(["--json"]).collect();
        let out = self.run(&line, secrets);
        serde_json::from_str(&out).expect(&out)
    }

    /// Remembers what an answer handed out.
    fn handed(&mut self, secret: impl Into<String>) -> String {
        let secret = secret.into();
        assert!(secret.len() >= 20, "{secret}");
        self.handed.push(secret.clone());
        secret
    }

    /// Every byte beside the program: the database, what lies next to it, the folders of the program's own.
    fn stored(&self) -> Vec<u8> {
        let mut folders = vec![self.desk.folder.path().to_owned()];
        let mut bytes = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry);
                } else {
                    bytes.extend(std::fs::read(entry).unwrap());
                }
            }
        }
        bytes
    }
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn code(secret: &str, steps: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let step = totp::step(Time::from_millis(i64::try_from(now.as_millis()).unwrap()));
    totp::code(&base32::decode(secret).unwrap(), step + steps)
}

/// Through the command line: every command that reads a secret, rightly and wrongly.
fn commands(w: &mut Watch) {
    let [first, second, third, fourth] =
        ["one", "two", "three", "four"].map(|n| format!("canary password {n} of four"));
    w.run(&["init", "--admin", "root", "--password-stdin"], &[&first]);
    w.run(&["user", "register", "alice", "--password-stdin"], &[&second]);
    w.run(&["user", "register", "bob", "--password-stdin", "--as", "root"], &[&first, &second]);
    w.run(&["user", "authenticate", "alice", "--password-stdin"], &[&second]);
    w.run(&["user", "authenticate", "alice", "--password-stdin"], &["canary wrong password"]);
    w.run(&["user", "authenticate", "canary instead of a name", "--password-stdin"], &["canary wrong password"]);
    w.run(&["user", "passwd", "alice", "--stdin"], &[&second, &third]);
    w.run(&["user", "passwd", "alice", "--stdin"], &["canary wrong password", "canary that is not set"]);
    w.run(&["user", "passwd", "alice", "--set", "--password-stdin"], &[&fourth]);
    w.run(&["policy", "check-password", "--password-stdin"], &["canary that is judged and not set"]);
    w.run(&["policy", "check-password", "--password-stdin"], &["canary"]);
    let out = w.run(&["session", "login", "alice", "--password-stdin"], &[&fourth]);
    let session = w.handed(out.trim());
    w.json(&["session", "check", "--token-stdin"], &[&session]);
    w.run(&["session", "check", "--token-stdin"], &["canary that is no session token"]);
    w.run(&["session", "logout", "--token-stdin"], &["canary that is no session token"]);
    w.run(&["user", "list", "--as-session-stdin"], &[&session]);
    let reset = w.json(&["reset", "request", "bob"], &[])["request_id"].as_str().unwrap().to_owned();
    let reset = w.handed(reset);
    w.run(&["reset", "complete", "--stdin"], &["canary that is no request", &third]);
    w.run(&["reset", "complete", "--stdin"], &[&reset, &third]);
    let token = w.json(&["token", "create", "alice"], &[])["token"].as_str().unwrap().to_owned();
    let token = w.handed(token);
    w.json(&["token", "check", "--token-stdin"], &[&token]);
    w.run(&["token", "check", "--token-stdin"], &["canary that is no token"]);
    w.run(&["session", "logout", "--token-stdin"], &[&session]);
    factor(w, &fourth);
    w.run(&["token", "revoke", "--token-stdin"], &[&token]);
}

fn factor(w: &mut Watch, password: &str) {
    let begun = w.json(&["factor", "enable", "alice", "--dry-run"], &[]);
    let secret = w.handed(begun["secret"].as_str().unwrap());
    w.run(&["factor", "confirm", "alice", "--stdin"], &[&secret, "canary that is no code"]);
    let done = w.json(&["factor", "confirm", "alice", "--stdin"], &[&secret, &code(&secret, 0)]);
    let codes: Vec<String> =
        done["backup_codes"].as_array().unwrap().iter().map(|code| w.handed(code.as_str().unwrap())).collect();
    let login = ["user", "authenticate", "alice", "--password-stdin", "--code"];
    w.run(&login, &[password, &codes[0]]);
    w.run(&login, &[password, &codes[0]]);
    w.run(&login, &[password, "canary that is no code"]);
    w.run(&["user", "list", "--as", "alice", "--as-code"], &[password, &code(&secret, 1)]);
    let fresh = w.run(&["factor", "codes", "alice"], &[]);
    for code in fresh.lines() {
        w.handed(code);
    }
    w.run(&["factor", "rekey"], &[]);
}

/// Through the library, on the same file; what its answers look like when somebody writes them to a log.
fn library(w: &mut Watch) {
    let mut a = handle(&w.desk);
    let [first, second] = ["canary password of the library", "canary password that follows it"].map(Secret::from);
    let carol = a.register("carol", &first, false).unwrap();
    let opened = a.log_in(&Login { name: "carol", password: Some(&first), ..Login::default() }).unwrap();
    let wrong = a.log_in(&Login { name: "carol", password: Some(&second), ..Login::default() }).err().unwrap();
    let changed = a.change_password("carol", &first, &second, None).unwrap();
    let edit = Edit { note: Some(Some("harmless".into())), ..Edit::default() };
    let edited = a.edit(&carol.id, None, edit).unwrap();
    let page = a.users(&Query::default(), &Default::default(), 100).unwrap();
    let history = (a.dossier(&carol.id, 100).unwrap(), a.audit(None, None, 500).unwrap());
    w.said
        .push(format!("{carol:?} {wrong:?} {wrong} {changed:?} {edited:?} {page:?} {history:?} {:?}", opened.session));
    // A secret itself cannot be written so: it has no such spelling, which the compiler holds.
    w.typed.extend([first.expose().to_owned(), second.expose().to_owned(), opened.token.expose().to_owned()]);
    assert!(history.1.iter().any(|entry| entry.deed == Deed::ChangePassword.word()));
}

#[test]
fn no_secret_that_went_in_comes_out_or_stays() {
    let mut w = Watch { desk: Desk::bare(), said: Vec::new(), typed: Vec::new(), handed: Vec::new() };
    commands(&mut w);
    library(&mut w);
    for json in [&[][..], &["--json"]] {
        for line in LOOKS.iter().chain(&[&["config", "show"][..], &["doctor"]]) {
            let line: Vec<&str> = line.iter().chain(json).copied().collect();
            w.run(&line, &[]);
        }
    }
    assert!(w.typed.len() > 20 && w.handed.len() == 24, "{} {}", w.typed.len(), w.handed.len());
    assert!(w.said.iter().any(|text| text.contains("change-password")), "what is searched was said");
    let stored = w.stored();
    assert!(holds(&stored, b"alice") && holds(&stored, b"$argon2id$"), "the search itself works");
    for secret in &w.typed {
        assert!(w.said.iter().all(|text| !text.contains(secret)), "{secret} was said");
    }
    for secret in &w.handed {
        let told = w.said.iter().filter(|text| text.contains(secret)).count();
        assert_eq!(told, 1, "{secret} is for one answer");
    }
    for secret in w.typed.iter().chain(&w.handed) {
        assert!(!holds(&stored, secret.as_bytes()), "{secret} stays");
        let bare = base32::decode(secret).filter(|bytes| bytes.len() >= 14);
        assert!(bare.is_none_or(|bytes| !holds(&stored, &bytes)), "{secret} stays, as bytes");
        // The name that was no name is all that may be said of the tries that failed, and not even that is kept.
        assert!(!holds(&stored, b"canary"));
    }
}
