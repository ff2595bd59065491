//! What the command line prints of people that another program wrote.

use std::process::{Command, Output};

use rollbook::accounts::text::{from_bytes, is_hostile};
use serde_json::Value;

use crate::planted::Planted;

fn run(planted: &Planted, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollbook"));
    command.env_clear().env("HOME", planted.folder.path()).env("TZ", "UTC").current_dir(planted.folder.path());
    command.env("ROLLBOOK_KEY", planted.folder.path().join("key"));
    command.arg("--db").arg(&planted.path).args(arguments);
    command.stdin(std::process::Stdio::null()).output().unwrap()
}

/// Runs with and without JSON; both end with this code and print nothing that a terminal would obey.
fn prints(planted: &Planted, arguments: &[&str], code: i32) -> (String, Vec<Value>) {
    let plain = harmless(&run(planted, arguments), arguments, code);
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    let json = harmless(&run(planted, &arguments), &arguments, code);
    let values = json.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    (plain, values)
}

fn harmless(output: &Output, arguments: &[&str], code: i32) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {err}");
    for text in [&out, &err] {
        let bad: Vec<char> = text.chars().filter(|&c| c != '\n' && is_hostile(c)).collect();
        assert!(bad.is_empty(), "{arguments:?} prints {bad:?}");
    }
    out
}

#[test]
fn lists_are_harmless_and_their_json_loses_nothing() {
    let planted = Planted::all();
    let (_, users) = prints(&planted, &["user", "list"], 0);
    let (_, deleted) = prints(&planted, &["user", "list", "--status", "deleted"], 0);
    let all: Vec<&Value> = users.iter().chain(&deleted).collect();
    assert_eq!(all.len(), planted.names.len());
    for (n, bytes) in planted.names.iter().enumerate() {
        let name = from_bytes(bytes);
        let user = all.iter().find(|user| user["user_id"] == Planted::id(n)).unwrap();
        for field in ["name", "email", "reason", "note"] {
            assert_eq!(user[field], name, "{field} of {n}");
        }
        assert!(["pending", "active", "inactive", "deleted"].contains(&user["status"].as_str().unwrap()));
        assert!(["member", "auditor", "admin"].contains(&user["role"].as_str().unwrap()));
    }
    let (_, sessions) = prints(&planted, &["session", "list"], 0);
    assert!(sessions.len() > 20);
    for session in &sessions {
        let n: usize = session["user_id"].as_str().unwrap()[2..].parse().unwrap();
        let name = from_bytes(&planted.names[n]);
        for field in ["name", "client", "address"] {
            assert_eq!(session[field], name, "{field} of {n}");
        }
    }
    let (_, lines) = prints(&planted, &["audit", "list"], 0);
    // Failed log-ins stand among the entries, and have no number.
    let (entries, failed): (Vec<_>, Vec<_>) = lines.iter().partition(|line| !line["seq"].is_null());
    assert_eq!((entries.len(), failed.len()), (planted.names.len() * 3, planted.names.len()));
    for line in failed {
        let n: usize = line["target_id"].as_str().unwrap()[2..].parse().unwrap();
        assert_eq!(line["target"], from_bytes(&planted.names[n]));
    }
    for entry in entries {
        let n: usize = entry["target_id"].as_str().unwrap()[2..].parse().unwrap();
        assert_eq!(entry["actor_kind"], from_bytes(&planted.names[n]));
        let word = String::from_utf8_lossy(&planted.names[n]);
        // An actor without a name is one whose name is not known.
        if entry["action"] == "edit" && !word.is_empty() {
            for told in [&entry["actor"], &entry["reason"], &entry["words"], &entry["changes"][0]["field"]] {
                assert_eq!(*told, word.as_ref());
            }
        }
    }
}

#[test]
fn a_table_keeps_a_person_on_a_line() {
    let planted = Planted::all();
    let (table, users) = prints(&planted, &["user", "list"], 0);
    assert_eq!(table.lines().count(), users.len() + 1, "the heads and a line a person");
    let (table, sessions) = prints(&planted, &["session", "list"], 0);
    assert_eq!(table.lines().count(), sessions.len() + 1);
}

#[test]
fn each_person_can_be_shown_and_explained() {
    let planted = Planted::all();
    for n in (0..planted.names.len()).filter(|n| n % 2 == 0 || n % 17 == 5) {
        let id = format!("id:{}", Planted::id(n));
        let name = from_bytes(&planted.names[n]);
        let deleted = n % 17 == 16;
        let status: &[&str] = if deleted { &["--status", "deleted"] } else { &[] };
        let show: Vec<&str> = ["user", "show", &id].iter().chain(status).copied().collect();
        let (_, shown) = prints(&planted, &show, 0);
        assert_eq!(shown[0]["name"], name);
        let (_, why) = prints(&planted, &["user", "why", &id], 0);
        assert_eq!(why.len(), 1, "{why:?}");
        if n % 5 == 1 {
            prints(&planted, &["audit", "list", "--about", &id], 0);
            prints(&planted, &["session", "list", "--user", &id], if deleted { 3 } else { 0 });
        }
    }
}

#[test]
fn what_is_far_too_long_is_printed_too() {
    let long = crate::corpus::mebibyte()[..1 << 17].to_vec();
    let planted = Planted::of(vec![long]);
    let (_, users) = prints(&planted, &["user", "list"], 0);
    assert_eq!(users[0]["name"], from_bytes(&planted.names[0]));
    prints(&planted, &["user", "show", "id:id0"], 0);
    prints(&planted, &["audit", "list"], 0);
    prints(&planted, &["session", "list"], 0);
}

#[test]
fn tokens_factors_waits_and_containments_are_told_harmlessly() {
    let planted = Planted::all();
    for n in (0..planted.names.len()).filter(|n| n % 17 != 16 && (n % 3 == 0 || n % 8 == 0)) {
        let id = format!("id:{}", Planted::id(n));
        let name = from_bytes(&planted.names[n]);
        let (_, tokens) = prints(&planted, &["token", "list", &id], 0);
        assert_eq!(tokens[0]["name"], name, "{n}");
        prints(&planted, &["token", "create", &id, "--name", "ci\u{1b}[2J\u{202e}"], 7);
        let (_, taken) = prints(&planted, &["--dry-run", "--yes", "user", "contain", &id], 0);
        assert_eq!(taken[0]["name"], name);
        prints(&planted, &["user", "unthrottle", &id], 0);
        let on = n % 4 == 0;
        prints(&planted, &["--dry-run", "factor", "codes", &id], if on { 0 } else { 7 });
        prints(&planted, &["--dry-run", "--yes", "factor", "disable", &id], 0);
        harmless(&run(&planted, &["--dry-run", "factor", "enable", &id]), &["factor enable"], if on { 7 } else { 1 });
        let token = tokens[0]["token_id"].as_str().unwrap();
        // No argument can hold a NUL, so without it it is another id.
        let code = if token.contains('\0') { 3 } else { 0 };
        prints(&planted, &["--dry-run", "token", "revoke", &token.replace('\0', "")], code);
    }
}

#[test]
fn what_is_asked_for_is_told_harmlessly_where_nothing_has_it() {
    let planted = Planted::all();
    for bytes in crate::corpus::corpus() {
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if text.contains('\0') || text.is_empty() || text.starts_with('-') || text.len() > 10_000 {
            continue; // no argument can be like that
        }
        for filter in ["--actor", "--action", "--since", "--about"] {
            let output = run(&planted, &["audit", "list", filter, &text]);
            let code = output.status.code().unwrap();
            assert!([0, 2, 3, 5, 7].contains(&code), "{filter} {text:?}: {code}");
            harmless(&output, &[filter, &text], code);
        }
        for command in [["token", "revoke"], ["token", "list"], ["factor", "codes"], ["user", "why"]] {
            let arguments = ["--dry-run", command[0], command[1], &text];
            let output = run(&planted, &arguments);
            let code = output.status.code().unwrap();
            assert!([0, 1, 3, 4, 5, 7].contains(&code), "{arguments:?}: {code}");
            harmless(&output, &arguments, code);
        }
    }
}
