//! `factor`, and the codes at every door that takes a password.

use rollbook::accounts::{Time, base32, totp};
use serde_json::Value;

use crate::desk::Desk;

/// The code of a secret this many steps from now.
fn code(secret: &str, steps: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let step = totp::step(Time::from_millis(i64::try_from(now.as_millis()).unwrap()));
    totp::code(&base32::decode(secret).unwrap(), step + steps)
}

/// Turns somebody's factor on and answers with the secret and the backup codes.
fn enrol(desk: &Desk, name: &str) -> (String, Vec<String>) {
    let begun = desk.json(&["factor", "enable", name, "--dry-run"], "");
    let secret = begun["secret"].as_str().unwrap().to_owned();
    // The present code is used up by this; the next one is taken already.
    let typed = format!("{secret}\n{}\n", code(&secret, 0));
    let done = desk.json(&["factor", "confirm", name, "--stdin"], &typed);
    let codes = done["backup_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned());
    (secret, codes.collect())
}

#[test]
fn p20_a_dry_run_shows_the_secret_and_a_code_confirms_it() {
    let desk = Desk::with(&[&["alice"]]);
    let begun = desk.json(&["factor", "enable", "alice", "--dry-run"], "");
    let secret = begun["secret"].as_str().unwrap();
    assert_eq!(begun["uri"], format!("otpauth://totp/Rollbook:alice?secret={secret}&issuer=Rollbook"));
    let plain = desk.run(&["factor", "enable", "alice", "--dry-run"], "").ok();
    assert_eq!(plain.out.lines().count(), 2, "no picture where nobody looks: {}", plain.out);
    assert!(!desk.folder.path().join("key").exists(), "a dry run makes no key");
    assert_eq!(desk.json(&["user", "show", "alice"], "")["factor"], false);
    desk.fails(&["factor", "enable", "alice"], "", 2, "usage");
    desk.fails(&["factor", "confirm", "alice", "--stdin"], &format!("{secret}\nabc\n"), 4, "invalid_otp_code");
    let typed = format!("{secret}\n{}\n", code(secret, 0));
    desk.run(&["factor", "confirm", "alice", "--stdin", "--dry-run"], &typed).ok();
    let ran = desk.run(&["factor", "confirm", "alice", "--stdin"], &typed).ok();
    assert_eq!(ran.out.lines().count(), 10);
    assert!(ran.out.lines().all(|code| code.len() == 29), "{}", ran.out);
    assert!(ran.err.contains("is on"), "{}", ran.err);
    assert_eq!(desk.json(&["user", "show", "alice"], "")["factor"], true);
    assert!(desk.run(&["user", "show", "alice"], "").ok().out.contains("10 backup codes left"));
    desk.fails(&["factor", "enable", "alice", "--dry-run"], "", 7, "constraint_violation");
    desk.fails(&["factor", "enable", "nobody", "--dry-run"], "", 3, "unknown_user");
}

#[test]
fn p09_every_door_asks_for_the_code_and_takes_each_once() {
    let desk = Desk::with(&[&["alice"]]);
    let (secret, codes) = enrol(&desk, "alice");
    let check = ["user", "authenticate", "alice", "--password-stdin"];
    desk.fails(&check, "pw\n", 4, "missing_otp_code");
    desk.fails(&["session", "login", "alice", "--password-stdin"], "pw\n", 4, "missing_otp_code");
    let run = |line: &[&str], code: &str| {
        let line: Vec<&str> = line.iter().copied().chain(["--code"]).collect();
        desk.run(&line, &format!("pw\n{code}\n"))
    };
    let message = desk.fails(&[&check[..], &["--code"]].concat(), "pw\n", 2, "usage");
    assert!(message.contains("code"), "{message}");
    assert_eq!(run(&check, "abc").code, 4);
    run(&check, &code(&secret, 1)).ok();
    let login = ["session", "login", "alice", "--password-stdin"];
    run(&login, &codes[0].to_lowercase()).ok();
    assert_eq!(run(&login, &codes[0]).code, 4);
    let ran = desk.run(&["user", "passwd", "alice", "--stdin", "--code"], &format!("pw\nanother\n{}\n", codes[1])).ok();
    assert!(ran.out.contains("is set"), "{}", ran.out);
    let history = desk.run(&["audit", "list", "--about", "alice"], "").ok().out;
    assert!(history.contains("use-code") && !history.contains(&codes[1]), "{history}");
}

#[test]
fn an_administrator_with_a_factor_acts_by_password_and_code() {
    let desk = Desk::with(&[&["root", "--role", "admin"], &["bob"]]);
    let (_, codes) = enrol(&desk, "root");
    let line = ["user", "deactivate", "bob", "--as", "root"];
    desk.fails(&line, "pw\n", 4, "missing_otp_code");
    let line = ["user", "deactivate", "bob", "--as", "root", "--as-code"];
    desk.fails(&line, "pw\nabc\n", 4, "invalid_otp_code");
    desk.run(&line, &format!("pw\n{}\n", codes[0])).ok();
    assert_eq!(desk.lines(&["audit", "list", "--about", "bob", "--limit", "1"], "")[0]["actor"], "root");
    desk.fails(&["user", "list", "--as-code"], "", 2, "usage");
}

#[test]
fn p23_off_by_an_administrator_or_by_the_person_with_password_and_code() {
    let desk = Desk::with(&[&["alice"], &["mallory"]]);
    let (_, codes) = enrol(&desk, "alice");
    desk.fails(&["factor", "disable", "alice", "--as", "mallory"], "pw\n", 4, "unauthorized");
    let own = ["factor", "disable", "alice", "--own", "--password-stdin"];
    desk.fails(&own, "wrong\n", 4, "invalid_credentials");
    desk.fails(&own, "pw\n", 4, "missing_otp_code");
    desk.run(&["factor", "disable", "alice", "--own", "--password-stdin", "--code"], &format!("pw\n{}\n", codes[0]))
        .ok();
    assert_eq!(desk.json(&["user", "show", "alice"], "")["factor"], false);
    let again = desk.run(&["factor", "disable", "alice"], "").ok();
    assert!(again.out.contains("was off already"), "{}", again.out);
    enrol(&desk, "alice");
    assert_eq!(desk.json(&["factor", "disable", "alice", "--dry-run"], "")["dry_run"], true);
    assert_eq!(desk.json(&["user", "show", "alice"], "")["factor"], true);
    assert_eq!(desk.json(&["factor", "disable", "alice"], "")["factor"], false);
}

#[test]
fn a_session_is_not_enough_for_ones_own_factor() {
    let desk = Desk::with(&[&["root", "--role", "admin"]]);
    let before = desk.log_in("root");
    let (_, codes) = enrol(&desk, "root");
    desk.fails(&["session", "check", "--token-stdin"], &before, 4, "unauthenticated");
    let log_in = ["session", "login", "root", "--password-stdin", "--code"];
    let token = desk.run(&log_in, &format!("pw\n{}\n", codes[0])).ok().out;
    for verb in ["disable", "codes"] {
        desk.fails(&["factor", verb, "root", "--as-session-stdin"], &token, 4, "unauthorized");
    }
    assert_eq!(desk.json(&["user", "show", "root"], "")["factor"], true);
    desk.fails(&["user", "authenticate", "root", "--password-stdin", "--dry-run"], "pw\n", 2, "usage");
}

#[test]
fn p21_a_person_turns_it_on_by_their_own_hand() {
    let desk = Desk::with(&[&["alice"]]);
    let begin = ["factor", "enable", "alice", "--own", "--password-stdin", "--dry-run"];
    desk.fails(&begin, "wrong\n", 4, "invalid_credentials");
    let secret = desk.json(&begin, "pw\n")["secret"].as_str().unwrap().to_owned();
    let typed = |password: &str| format!("{password}\n{secret}\n{}\n", code(&secret, 0));
    let confirm = ["factor", "confirm", "alice", "--own", "--stdin"];
    desk.fails(&confirm, &typed("wrong"), 4, "invalid_credentials");
    assert_eq!(desk.json(&confirm, &typed("pw"))["backup_codes"].as_array().unwrap().len(), 10);
    let entry = &desk.lines(&["audit", "list", "--limit", "1"], "")[0];
    assert_eq!((&entry["action"], &entry["actor_kind"]), (&Value::from("enable factor"), &Value::from("user")));
}

#[test]
fn p24_new_codes_are_shown_once_and_the_old_ones_die() {
    let desk = Desk::with(&[&["alice"]]);
    desk.fails(&["factor", "codes", "alice"], "", 7, "constraint_violation");
    let (_, old) = enrol(&desk, "alice");
    let new = desk.json(&["factor", "codes", "alice"], "");
    let new = new["backup_codes"][0].as_str().unwrap();
    desk.fails(
        &["user", "authenticate", "alice", "--password-stdin", "--code"],
        &format!("pw\n{}\n", old[0]),
        4,
        "invalid_otp_code",
    );
    desk.run(&["user", "authenticate", "alice", "--password-stdin", "--code"], &format!("pw\n{new}\n")).ok();
}

#[test]
fn p22_without_the_key_the_operator_is_told_and_a_service_is_not() {
    let desk = Desk::with(&[&["alice"]]);
    let (_, codes) = enrol(&desk, "alice");
    let (key, away) = (desk.folder.path().join("key"), desk.folder.path().join("away"));
    std::fs::rename(&key, &away).unwrap();
    let (check, shown) =
        (["user", "authenticate", "alice", "--password-stdin", "--code"], format!("pw\n{}\n", codes[0]));
    let message = desk.fails(&check, &shown, 1, "failure");
    assert!(message.contains(key.to_str().unwrap()) && message.contains("1 person"), "{message}");
    let served: Vec<&str> = check.iter().chain(&["--service", "web"]).copied().collect();
    let message = desk.fails(&served, &shown, 4, "invalid_otp_code");
    assert!(!message.contains("key"), "{message}");
    let ran = desk.run(&["doctor", "--json"], "");
    let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &found["status"], &found["key"]["locked_out"]), (2, &"critical".into(), &1.into()));
    assert!(desk.run(&["doctor"], "").out.contains("does not open the second factors of 1 person"));
    let why = desk.json(&["user", "why", "alice"], "");
    assert_eq!((&why["can_log_in"], &why["obstacles"][0]["kind"]), (&false.into(), &"factor_key_missing".into()));
    assert_eq!(why["obstacles"][0]["cure"], "rollbook factor disable alice");
    let message = desk.fails(&["factor", "rekey"], "", 1, "failure");
    assert!(message.contains("1 person") && !key.exists(), "{message}");
    let away = away.to_str().unwrap();
    let flag: Vec<&str> = check.iter().chain(&["--key", away]).copied().collect();
    desk.run(&flag, &shown).ok();
}

#[test]
fn a_new_key_takes_the_place_of_the_old_one_which_is_kept() {
    let desk = Desk::with(&[&["alice"]]);
    let (secret, _) = enrol(&desk, "alice");
    let key = desk.folder.path().join("key");
    let before = std::fs::read(&key).unwrap();
    desk.fails(&["factor", "rekey", "--dry-run"], "", 2, "usage");
    let done = desk.json(&["factor", "rekey"], "");
    assert_eq!((&done["people"], done["key"].as_str().unwrap().len()), (&1.into(), 8));
    assert_ne!(std::fs::read(&key).unwrap(), before);
    assert_eq!(std::fs::read(desk.folder.path().join("key.old")).unwrap(), before);
    let code = code(&secret, 1);
    desk.run(&["user", "authenticate", "alice", "--password-stdin", "--code"], &format!("pw\n{code}\n")).ok();
}

#[test]
fn init_makes_the_key_and_says_where() {
    use std::os::unix::fs::MetadataExt as _;
    let desk = Desk::bare();
    let ran = desk.run(&["init"], "").ok();
    let key = desk.folder.path().join("key");
    assert!(ran.err.contains(key.to_str().unwrap()), "{}", ran.err);
    assert_eq!(key.metadata().unwrap().mode() & 0o777, 0o600);
    let other = Desk::bare();
    other.run(&["init", "--dry-run"], "").ok();
    assert!(!other.folder.path().join("key").exists());
    let third = Desk::bare();
    std::fs::write(third.folder.path().join("file"), "").unwrap();
    let message = third.fails(&["init", "--key", "file/key"], "", 1, "failure");
    assert!(message.contains("cannot be created: not a directory"), "{message}");
    assert!(!third.db().exists(), "a database without a key is no success");
}

#[test]
fn a_password_too_short_to_stand_alone_keeps_the_factor_on() {
    let desk = Desk::with(&[&["alice"]]);
    enrol(&desk, "alice");
    desk.run(&["policy", "set", "password", "nist"], "").ok();
    desk.fails(&["factor", "disable", "alice"], "", 7, "weak_password");
    let ran = desk.run(&["factor", "disable", "alice", "--force"], "").ok();
    assert!(ran.err.contains("stands alone"), "{}", ran.err);
}
