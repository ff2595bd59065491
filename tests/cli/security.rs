//! What an administrator asks of a database under attack and over the years: throttle, audit filters, doctor, costs.

use crate::desk::{Desk, PROGRAM, finish};

#[test]
fn whoever_guesses_waits_and_an_administrator_lets_in() {
    let desk = Desk::with(&[&["alice"], &["bob"]]);
    let login = ["session", "login", "alice", "--password-stdin"];
    for _ in 0..7 {
        desk.run(&login, "wrong\n");
    }
    // The program has the machine's own clock: a wait that is long enough for the rest of this test.
    let db = rusqlite::Connection::open(desk.db()).unwrap();
    db.execute("UPDATE throttle SET until = strftime('%s', 'now') * 1000 + 59000", []).unwrap();
    desk.fails(&login, "pw\n", 4, "invalid_credentials");
    let user = desk.json(&["user", "show", "alice"], "");
    assert!(user["throttled_until"].as_str().unwrap().ends_with('Z'), "{user}");
    assert_eq!(desk.names(&["--filter", "is:throttled"]), ["alice"]);
    assert!(desk.run(&["user", "list"], "").ok().out.lines().any(|line| line.starts_with("alice  throttled")));
    let why = desk.json(&["user", "why", "alice"], "");
    let obstacle = &why["obstacles"][0];
    assert_eq!((&obstacle["kind"], &obstacle["cure"]), (&"throttled".into(), &"rollbook user unthrottle alice".into()));
    assert!(obstacle["failures"].as_u64().unwrap() >= 6 && obstacle["until"].is_string(), "{obstacle}");
    let told = desk.run(&["user", "why", "alice"], "").ok().out;
    assert!(told.contains("wrong passwords in a row from unknown addresses"), "{told}");
    let dry = desk.json(&["user", "unthrottle", "alice", "--dry-run"], "");
    assert_eq!(dry["dry_run"], true);
    desk.fails(&login, "pw\n", 4, "invalid_credentials");
    assert!(desk.run(&["user", "unthrottle", "alice"], "").ok().out.contains("can try again at once"));
    desk.run(&login, "pw\n").ok();
    assert!(desk.run(&["user", "unthrottle", "bob"], "").ok().out.contains("has nothing counted"));
    desk.fails(&["user", "unthrottle", "nobody"], "", 3, "unknown_user");
}

#[test]
fn the_audit_is_asked_by_actor_deed_and_time() {
    let desk = Desk::with(&[&["root", "--role", "admin"], &["alice"]]);
    desk.run(&["user", "deactivate", "alice", "--as", "root"], "pw\n").ok();
    desk.run(&["user", "activate", "alice", "--service", "web"], "");
    let deeds = |filter: &[&str]| -> Vec<String> {
        let line: Vec<&str> = ["audit", "list"].iter().chain(filter).copied().collect();
        desk.lines(&line, "").iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(deeds(&["--actor", "root"])[0], "deactivate");
    assert_eq!(deeds(&["--actor", "nobody at all"]), [""; 0]);
    assert_eq!(deeds(&["--action", "set-policy"]), ["set policy"]);
    assert_eq!(deeds(&["--action", "create", "--about", "alice"]), ["create"]);
    assert_eq!(deeds(&["--action", "policy set"]), ["set policy"], "as a history tells it");
    let table = desk.run(&["audit", "list", "--action", "set-policy"], "").ok().out;
    let heads: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(heads, ["when", "actor", "action", "about", "summary"]);
    assert!(table.contains(" set-policy ") && table.contains("password \""), "{table}");
    let help = desk.run(&["audit", "list", "--help"], "").out;
    assert!(help.contains("--action") && help.contains("--about") && !help.contains("--deed"), "{help}");
    assert_eq!(deeds(&["--since", "1h"]).len(), 4);
    assert_eq!(deeds(&["--until", "1h"]), [""; 0]);
    assert_eq!(deeds(&["--until", "2001-01-01"]), [""; 0]);
    let message = desk.fails(&["audit", "list", "--action", "dance"], "", 7, "constraint_violation");
    assert_eq!(message, "no action \"dance\"");
    desk.fails(&["audit", "list", "--since", "yesterday"], "", 7, "constraint_violation");
    assert_eq!(deeds(&["--actor", "id:nobody"]), [""; 0]);
}

#[test]
fn failed_log_ins_stand_among_the_entries_a_person_and_a_minute_a_line() {
    let desk = Desk::with(&[&["alice"]]);
    for name in ["alice", "alice", "alice", "nobody of that name"] {
        desk.run(&["session", "login", name, "--password-stdin", "--address", "10.0.0.9"], "wrong\n");
    }
    // The minute may turn while they come.
    let lines = desk.lines(&["audit", "list"], "");
    let failed: Vec<_> = lines.iter().filter(|line| line["action"] == "log-in refused").collect();
    let of_alice: Vec<_> = failed.iter().filter(|line| line["target"] == "alice").collect();
    assert!((1..=2).contains(&of_alice.len()) && failed.len() > of_alice.len(), "{failed:?}");
    assert!(failed.iter().all(|line| line["seq"].is_null() && line["digest"].is_null()));
    assert!(of_alice[0]["words"].as_str().unwrap().ends_with("last from 10.0.0.9"), "{}", of_alice[0]);
    assert_eq!(lines[0].as_object().unwrap().keys().len(), lines.last().unwrap().as_object().unwrap().keys().len());
    let words = desk.run(&["audit", "list", "--about", "alice"], "").ok().out;
    assert!(words.contains("log-in refused") && !words.contains("no such name"), "{words}");
    assert_eq!(desk.lines(&["audit", "list", "--limit", "1"], "").len(), 1);
    assert!(desk.lines(&["audit", "list", "--action", "create"], "").iter().all(|line| line["action"] == "create"));
}

#[test]
fn an_export_goes_to_a_new_file_that_verifies_without_the_database() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::with(&[&["alice"], &["bob"]]);
    let file = desk.folder.path().join("audit.jsonl");
    let path = file.to_str().unwrap();
    let dry = desk.json(&["audit", "export", path, "--dry-run"], "");
    assert_eq!((&dry["entries"], &dry["dry_run"], file.exists()), (&3.into(), &true.into(), false));
    desk.fails(&["--read-only", "audit", "export", path], "", 1, "failure");
    assert!(!file.exists());
    let done = desk.json(&["audit", "export", path], "");
    assert_eq!(done["entries"], 3, "a dry run left no checkpoint");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 5);
    let before = std::fs::read(&file).unwrap();
    let message = desk.fails(&["audit", "export", path], "", 1, "failure");
    assert!(message.contains("audit.jsonl"), "{message}");
    assert_eq!(std::fs::read(&file).unwrap(), before, "what is there is never written over");

    let head = done["head"].as_str().unwrap();
    let elsewhere = Desk::bare();
    let found = elsewhere.json(&["audit", "verify", "--export", path, "--head", head], "");
    assert_eq!((&found["entries"], &found["head"]), (&3.into(), &head.into()));
    assert!(!elsewhere.db().exists(), "no database is needed");
    let words = elsewhere.run(&["audit", "verify", "--export", path], "").ok().out;
    assert!(words.starts_with("3 entries hold") && words.contains("after 0:"), "{words}");

    let joined = [before.as_slice(), before.as_slice()].concat();
    std::fs::write(desk.folder.path().join("joined.jsonl"), joined).unwrap();
    let message = elsewhere.fails(
        &["audit", "verify", "--export", desk.folder.path().join("joined.jsonl").to_str().unwrap()],
        "",
        1,
        "failure",
    );
    assert!(message.contains("goes on after its end"), "{message}");
    let message = elsewhere.fails(&["audit", "verify", "--export", "/dev/zero"], "", 1, "failure");
    assert!(message.starts_with("line 1 of"), "a line without an end is no line: {message}");

    let second = desk.folder.path().join("second.jsonl");
    let next = desk.json(&["audit", "export", second.to_str().unwrap()], "");
    assert_eq!((&next["after"], &next["entries"]), (&head.into(), &1.into()));
    assert_eq!(desk.json(&["audit", "verify"], "")["entries"], 5);
    let changed = String::from_utf8(before).unwrap().replace("bob", "rob");
    std::fs::write(&second, changed).unwrap();
    let message = desk.fails(&["audit", "verify", "--export", second.to_str().unwrap()], "", 1, "failure");
    assert!(message.contains("entry 3"), "{message}");
    std::fs::write(&second, "nonsense\n").unwrap();
    let message = desk.fails(&["audit", "verify", "--export", second.to_str().unwrap()], "", 1, "failure");
    assert!(message.contains("line 1"), "{message}");
    desk.fails(&["audit", "verify", "--export", "nowhere"], "", 1, "failure");
    desk.fails(&["audit", "export", "/nowhere/at/all"], "", 1, "failure");
}

/// The JSON of `doctor`, whatever its exit code, which has to fit the status.
fn doctor(desk: &Desk) -> serde_json::Value {
    let ran = desk.run(&["doctor", "--json"], "");
    let found: serde_json::Value = serde_json::from_str(&ran.out).expect(&ran.err);
    let code = match found["status"].as_str() {
        Some("ok") => 0,
        Some("warning") => 1,
        Some("critical") => 2,
        _ => 3,
    };
    assert_eq!(ran.code, code, "{found}");
    found
}

/// The finding of this kind.
#[track_caller]
fn finding(desk: &Desk, kind: &str) -> serde_json::Value {
    let found = doctor(desk);
    let all = found["findings"].as_array().unwrap();
    all.iter().find(|finding| finding["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {found}")).clone()
}

#[test]
fn the_doctor_tells_of_clock_files_schema_and_hashes() {
    let desk = Desk::with(&[&["alice"]]);
    let found = desk.json(&["doctor"], "");
    assert_eq!(found["clock"]["state"], "in_order");
    assert_eq!(found["hashes"], serde_json::json!([{"scheme": "argon2id v=19 m=19456,t=2,p=1", "count": 1}]));
    assert_eq!(found["files"][0]["mode"], "0600");
    assert!(found["schema"].as_i64().unwrap() >= 2);
    assert_eq!((&found["key"]["people"], &found["key"]["locked_out"]), (&0.into(), &0.into()));
    let words = desk.run(&["doctor"], "").ok().out;
    assert!(words.contains("no second factor is on") || words.contains("the first second factor makes it"), "{words}");
    rusqlite::Connection::open(desk.db()).unwrap().execute("UPDATE clock SET high = 9000000000000", []).unwrap();
    assert_eq!(finding(&desk, "clock_behind")["severity"], "warning");
    assert!(desk.run(&["doctor"], "").out.contains("rollbook doctor --accept-clock"));
    assert_eq!(desk.json(&["doctor", "--accept-clock"], "")["clock"]["state"], "in_order");
    rusqlite::Connection::open(desk.db()).unwrap().execute("UPDATE clock SET high = 1000", []).unwrap();
    assert_eq!(finding(&desk, "clock_ahead")["severity"], "warning");
    let ran = desk.run(&["doctor"], "");
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.starts_with("warning: 1 warning\n") && ran.out.contains("nothing is purged until"), "{}", ran.out);
}

#[test]
fn upkeep_follows_a_change_and_nothing_else() {
    let desk = Desk::with(&[&["alice"], &["bob"]]);
    desk.run(&["user", "delete", "alice"], "").ok();
    let db = rusqlite::Connection::open(desk.db()).unwrap();
    db.execute_batch(
        "UPDATE user SET deleted_at = deleted_at - 31 * 86400000 WHERE deleted_at IS NOT NULL;
         UPDATE clock SET tidied_at = tidied_at - 2 * 86400000",
    )
    .unwrap();
    let deleted = || desk.names(&["--status", "deleted"]);
    desk.run(&["user", "deactivate", "bob", "--dry-run"], "").ok();
    assert_eq!(deleted(), ["alice"]);
    desk.run(&["user", "deactivate", "bob"], "").ok();
    assert_eq!(deleted(), [""; 0]);
    let entry = &desk.lines(&["audit", "list", "--action", "purge"], "")[0];
    assert_eq!((&entry["actor_kind"], &entry["actor"]), (&"service".into(), &"rollbook".into()));
}

#[test]
fn a_cost_below_the_floors_is_refused_with_the_reason() {
    let desk = Desk::open();
    let message = desk.fails(&["policy", "set", "argon2", "m=8192,t=1"], "", 7, "constraint_violation");
    assert!(message.contains("cheap to guess"), "{message}");
    desk.fails(&["policy", "set", "retention-deleted", "90d"], "", 7, "constraint_violation");
    desk.fails(&["policy", "set", "throttle", "maybe"], "", 7, "constraint_violation");
    desk.run(&["policy", "set", "argon2", "m=7168,t=5"], "").ok();
    desk.register(&["alice"]);
    assert_eq!(desk.json(&["doctor"], "")["hashes"][0]["scheme"], "argon2id v=19 m=7168,t=5,p=1");
}

#[test]
fn a_file_that_may_not_grow_any_more_ends_no_process_and_leaves_nothing_half_done() {
    let desk = Desk::with(&[&["alice"]]);
    let db = desk.db();
    let register = |name: &str, blocks: &str| {
        let mut command = std::process::Command::new("/bin/sh");
        command.env_clear().env("HOME", desk.folder.path()).current_dir(desk.folder.path());
        command.args(["-c", "ulimit -f $0; exec \"$@\"", blocks, PROGRAM, "--db"]).arg(&db);
        command.args(["user", "register", name, "--password-stdin"]);
        finish(command, b"pw\n")
    };
    // In blocks of 512 bytes: room for the index of the log, and none for what is written.
    let ran = register("bob", "66");
    assert!(ran.code > 0, "not by a signal: {}", ran.code);
    assert!(ran.err.starts_with("rollbook: ") && ran.err.lines().count() == 2, "{}", ran.err);
    assert_eq!(desk.names(&[]), ["alice"]);
    desk.run(&["audit", "verify"], "").ok();
    assert_eq!(register("bob", "unlimited").ok().code, 0);
}

#[test]
fn a_setting_that_cannot_be_read_is_closed_and_said_to_be() {
    let desk = Desk::with(&[&["root", "--role", "admin"]]);
    let db = rusqlite::Connection::open(desk.db()).unwrap();
    db.execute("INSERT OR REPLACE INTO policy VALUES ('console-login', 'requird'), ('registration', 'clsed')", [])
        .unwrap();
    let register = ["--service", "web", "user", "register", "eve", "--password-stdin"];
    desk.fails(&register, "pw\n", 4, "registration_disabled");
    desk.fails(&["user", "register", "eve", "--password-stdin"], "pw\n", 4, "unauthenticated");
    let ran = desk.run(&["policy", "show"], "").ok();
    assert!(ran.err.contains("console-login cannot be read; required holds"), "{}", ran.err);
    assert_eq!(desk.json(&["policy", "show"], "")["registration"], "closed");
    assert_eq!(finding(&desk, "setting_unreadable")["hint"], "rollbook policy set console-login VALUE");
    assert!(desk.run(&["doctor"], "").out.contains("registration cannot be read; closed holds"));
    // Set to what holds anyway it can be read again.
    desk.run(&["policy", "set", "registration", "closed", "--as", "root"], "pw\n").ok();
    desk.run(&["policy", "set", "console-login", "open", "--as", "root"], "pw\n").ok();
    assert!(!desk.run(&["doctor"], "").ok().out.contains("cannot be read"));
    assert_eq!(desk.run(&["policy", "show"], "").ok().err, "");
    let last = &desk.lines(&["audit", "list", "--limit", "2"], "")[1];
    assert_eq!(last["changes"][0]["before"], "unreadable", "{last}");
    desk.run(&["audit", "verify"], "").ok();
}

#[test]
fn the_doctor_tells_by_which_folders_others_may_replace_the_database() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::bare();
    let above = desk.folder.path().join("above");
    let db = above.join("own/users.db");
    let db = db.to_str().unwrap();
    let kinds = || -> Vec<String> {
        let mut command = desk.command();
        command.args(["--db", db, "doctor", "--json"]);
        let found: serde_json::Value = serde_json::from_str(&finish(command, b"").out).unwrap();
        let findings = found["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["kind"].as_str().unwrap().to_owned()).collect()
    };
    let mut command = desk.command();
    command.args(["--db", db, "policy", "set", "password", "open"]);
    finish(command, b"").ok();
    let writable = || kinds().iter().filter(|kind| *kind == "folder_writable").count();
    let sound = writable();
    let mode = |mode| std::fs::set_permissions(&above, std::fs::Permissions::from_mode(mode)).unwrap();
    for (bits, exposed) in [(0o777, true), (0o770, true), (0o1777, false), (0o755, false)] {
        mode(bits);
        assert_eq!(writable() > sound, exposed, "{bits:o}");
    }
    // Only root can give a file away. Root's folder is trusted, and another account's is not.
    if std::os::unix::fs::chown(db, Some(12_345), None).is_ok() {
        assert!(kinds().iter().any(|kind| kind == "folder_owner"));
        std::os::unix::fs::chown(db, Some(0), None).unwrap();
        std::os::unix::fs::chown(above.join("own"), Some(12_345), None).unwrap();
        let mut command = desk.command();
        command.args(["--db", db, "user", "list"]);
        let ran = finish(command, b"");
        assert!(ran.code == 1 && ran.err.contains("belongs to account 12345"), "{}", ran.err);
    }
}
