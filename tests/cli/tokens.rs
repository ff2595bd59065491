//! `token` and `user contain`: every form, in words and in JSON.

use serde_json::Value;

use crate::desk::Desk;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

const CHECK: [&str; 3] = ["token", "check", "--token-stdin"];

#[test]
fn a_token_is_printed_alone_and_in_json_everything_once() {
    let desk = Desk::with(&[&["alice"]]);
    let text = desk.run(&["token", "create", "Alice"], "").ok();
    assert!(text.out.starts_with("rbk_") && text.out.lines().count() == 1 && text.err.is_empty(), "{}", text.err);
    let made = desk.json(&["token", "create", "alice", "--name", "ci", "--expires", "2040-01-02"], "");
    let all = ["created_at", "expires_at", "last_used_at", "name", "token", "token_id", "token_name", "user_id"];
    assert_eq!(keys(&made), all);
    assert_eq!((&made["name"], &made["token_name"]), (&"alice".into(), &"ci".into()));
    assert_eq!((&made["expires_at"], &made["last_used_at"]), (&"2040-01-02T23:59:59.999Z".into(), &Value::Null));
    let list = desk.lines(&["token", "list", "alice"], "");
    assert_eq!(list.len(), 2);
    assert_eq!((&list[0]["token_id"], keys(&list[0]).contains(&"token")), (&made["token_id"], false));
    assert_eq!(list[1]["expires_at"], Value::Null);
    assert!(list[1]["token_name"].as_str().unwrap().starts_with("token-"));
    let table = desk.run(&["token", "list", "alice"], "").ok().out;
    assert!(table.contains("ci") && table.contains("never ends") && !table.contains("rbk_"), "{table}");
    assert!(desk.run(&["user", "show", "alice"], "").ok().out.contains("2 API tokens"));
}

#[test]
fn a_check_names_the_owner_and_is_remembered() {
    let desk = Desk::with(&[&["a:lice"]]);
    let made = desk.json(&["token", "create", "a:lice", "--name", "ci"], "");
    let value = made["token"].as_str().unwrap();
    let checked = desk.json(&CHECK, value);
    assert_eq!((&checked["user"]["name"], &checked["token_name"]), (&"a:lice".into(), &"ci".into()));
    assert!(checked.get("token").is_none());
    assert_eq!(desk.run(&CHECK, value).ok().out, "token \"ci\" of \"a:lice\", good without end\n");
    assert!(desk.lines(&["token", "list", "a:lice"], "")[0]["last_used_at"].is_string());
    let session = desk.log_in("a:lice");
    for bad in ["", "rbk_nonsense", "\u{1b}[2J", &session, made["token_id"].as_str().unwrap()] {
        desk.fails(&CHECK, bad, 4, "unauthenticated");
    }
    desk.fails(&["session", "check", "--token-stdin"], value, 4, "unauthenticated");
    desk.run(&["user", "deactivate", "a:lice"], "").ok();
    desk.fails(&CHECK, value, 4, "unauthenticated");
    desk.run(&["user", "activate", "a:lice"], "").ok();
    desk.run(&CHECK, value).ok();
}

#[test]
fn tokens_are_revoked_by_id_and_by_value() {
    let desk = Desk::with(&[&["alice"]]);
    let [one, two] = ["one", "two"].map(|name| desk.json(&["token", "create", "alice", "--name", name], ""));
    let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    let (id, value) = (text(&one, "token_id"), text(&two, "token"));
    assert_eq!(
        desk.run(&["token", "revoke", &id, "--dry-run"], "").ok().out,
        "dry run: token \"one\" of \"alice\" revoked\n"
    );
    assert_eq!(desk.run(&["token", "revoke", &id], "").ok().out, "token \"one\" of \"alice\" revoked\n");
    desk.fails(&["token", "revoke", &id], "", 3, "unknown_token");
    desk.fails(&["token", "revoke", "x\u{1b}"], "", 3, "unknown_token");
    assert_eq!(desk.json(&["token", "revoke", "--token-stdin"], &value)["revoked"], 1);
    desk.fails(&CHECK, &value, 4, "unauthenticated");
    for unknown in [value.as_str(), "", "nonsense"] {
        assert_eq!(desk.json(&["token", "revoke", "--token-stdin"], unknown)["revoked"], 0, "no error");
    }
    assert_eq!(desk.run(&["token", "revoke", "--token-stdin"], &value).ok().out, "no token revoked\n");
    desk.fails(&["token", "revoke"], "", 2, "usage");
    let ran = desk.run(&["token", "list", "alice"], "").ok();
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "\"alice\" has no tokens\n"));
    let told = desk.run(&["audit", "list", "--about", "alice"], "").ok().out;
    assert!(told.contains("revoke-token") && told.contains("create-token"), "{told}");
}

#[test]
fn what_cannot_be_a_token_is_refused() {
    let desk = Desk::with(&[&["alice"]]);
    desk.run(&["token", "create", "alice", "--name", "ci"], "").ok();
    let refused = |rest: &[&str], code, kind| {
        let line: Vec<&str> = ["token", "create"].iter().chain(rest).copied().collect();
        desk.fails(&line, "", code, kind);
    };
    refused(&["nobody"], 3, "unknown_user");
    refused(&["alice", "--name", "CI"], 5, "token_name_exists");
    refused(&["alice", "--name", ""], 7, "constraint_violation");
    refused(&["alice", "--name", "a\u{202e}b"], 7, "constraint_violation");
    refused(&["alice", "--expires", "2001-01-01"], 7, "constraint_violation");
    refused(&["alice", "--expires", "soon"], 7, "constraint_violation");
    refused(&["alice", "--dry-run"], 2, "usage");
    desk.fails(&["token", "list", "nobody"], "", 3, "unknown_user");
    assert_eq!(desk.lines(&["token", "list", "alice"], "").len(), 1);
    desk.run(&["token", "create", "alice", "--name", "endless", "--expires", "never"], "").ok();
}

#[test]
fn people_see_to_their_own_tokens_and_to_no_others() {
    let desk = Desk::with(&[&["alice"], &["bob"], &["eve", "--role", "auditor"]]);
    let made = desk.json(&["token", "create", "alice", "--name", "own", "--as", "alice"], "pw\n");
    let id = made["token_id"].as_str().unwrap();
    assert_eq!(desk.lines(&["token", "list", "ALICE", "--as", "alice"], "pw\n").len(), 1);
    assert_eq!(desk.lines(&["token", "list", "alice", "--as", "eve"], "pw\n").len(), 1);
    for line in [
        &["token", "create", "alice", "--as", "bob"][..],
        &["token", "list", "alice", "--as", "bob"],
        &["token", "revoke", id, "--as", "bob"],
        &["token", "revoke", id, "--as", "eve"],
        &["token", "create", "alice", "--as", "eve"],
        &["token", "create", "alice", "--service", "web"],
        &["token", "list", "alice", "--service", "web"],
        &["token", "revoke", id, "--service", "web"],
        &["user", "contain", "alice", "--as", "eve"],
        &["user", "contain", "alice", "--as", "bob"],
    ] {
        desk.fails(line, "pw\n", 4, "unauthorized");
    }
    let session = desk.log_in("alice");
    // A session is not enough for a token, which outlives it; nor is it for anybody else's.
    desk.fails(&["token", "create", "alice", "--as-session-stdin"], &session, 4, "unauthorized");
    assert_eq!(desk.lines(&["token", "list", "alice", "--as-session-stdin"], &session).len(), 1);
    let value = made["token"].as_str().unwrap();
    desk.run(&[&CHECK[..], &["--service", "web"]].concat(), value).ok();
    desk.run(&["token", "revoke", id, "--as", "alice"], "pw\n").ok();
}

#[test]
fn a_person_is_contained_with_everything_counted() {
    let desk = Desk::with(&[&["alice"]]);
    let session = desk.log_in("alice");
    desk.log_in("alice");
    let token = desk.run(&["token", "create", "alice", "--name", "ci"], "").ok().out;
    let reset = desk.run(&["reset", "request", "alice"], "").ok().out;
    let line = ["user", "contain", "alice", "--reason", "phished"];
    let dry = desk.run(&[&line[..], &["--dry-run"]].concat(), "").ok().out;
    let losses = "logs out 2 sessions, revokes 1 API token (ci), voids 1 reset code, voids the password";
    assert_eq!(dry, format!("dry run, nothing was changed: \"alice\" contained · for good: {losses}\n"));
    let counts = "\"alice\" contained · lost for good: 2 sessions, 1 API token (ci), 1 reset code, the password\n";
    desk.run(&CHECK, &token).ok();
    let rehearsed = desk.json(&[&line[..], &["--dry-run"]].concat(), "");
    assert_eq!((&rehearsed["dry_run"], &rehearsed["ended"]), (&true.into(), &2.into()));
    assert_eq!(rehearsed["password_voided"], true);
    assert_eq!(desk.run(&line, "").ok().out, counts);
    desk.fails(&CHECK, &token, 4, "unauthenticated");
    desk.fails(&["session", "check", "--token-stdin"], &session, 4, "unauthenticated");
    desk.fails(&["reset", "complete", "--stdin"], &format!("{reset}mine now\n"), 3, "unknown_request");
    let again = desk.json(&line, "");
    assert_eq!((&again["status"], &again["reason"]), (&"inactive".into(), &"phished".into()));
    assert_eq!([&again["ended"], &again["revoked"], &again["voided"]], [0, 0, 0].map(Value::from).each_ref());
    assert_eq!(again["password_voided"], false);
    assert_eq!(desk.run(&line, "").ok().out, "\"alice\" is contained already\n");
    let entry = &desk.lines(&["audit", "list", "--limit", "1"], "")[0];
    assert_eq!((&entry["action"], &entry["words"]), (&"contain".into(), &"2 sessions, 1 token, 1 reset".into()));
    let void = serde_json::json!({"field": "password", "before": "set", "after": "void"});
    assert!(entry["changes"].as_array().unwrap().contains(&void), "{entry}");
    desk.fails(&["user", "contain", "nobody"], "", 3, "unknown_user");
    desk.register(&["root", "--role", "admin"]);
    desk.fails(&["user", "contain", "root"], "", 7, "last_admin");
}

#[test]
fn after_a_lockdown_the_old_password_opens_nothing_on_the_command_line() {
    let desk = Desk::with(&[&["alice"]]);
    desk.run(&["user", "contain", "alice", "--reason", "phished"], "").ok();
    let code = desk.run(&["reset", "request", "alice"], "").ok().out;
    desk.run(&["user", "activate", "alice"], "").ok();
    for line in [
        &["session", "login", "alice", "--password-stdin"][..],
        &["user", "authenticate", "alice", "--password-stdin"],
        &["session", "list", "--user", "alice", "--as", "alice"],
    ] {
        desk.fails(line, "pw\n", 4, "invalid_credentials");
    }
    desk.fails(&["user", "passwd", "alice", "--stdin"], "pw\nother\n", 4, "invalid_credentials");
    let why = desk.json(&["user", "why", "alice"], "");
    let obstacle = &why["obstacles"][0];
    assert_eq!((&why["can_log_in"], &obstacle["kind"]), (&false.into(), &"password_void".into()));
    assert_eq!((&obstacle["by"], &obstacle["cure"]), (&"root".into(), &"rollbook reset request alice".into()));
    assert!(obstacle["since"].is_string());
    let told = desk.run(&["user", "why", "alice"], "").ok().out;
    assert!(told.contains("the password is void after a lockdown, by root"), "{told}");
    desk.run(&["reset", "complete", "--stdin"], &format!("{code}mine again\n")).ok();
    // The refused attempts above count as wrong passwords.
    desk.run(&["user", "unthrottle", "alice"], "").ok();
    desk.run(&["session", "login", "alice", "--password-stdin"], "mine again\n").ok();
    assert_eq!(desk.json(&["user", "why", "alice"], "")["can_log_in"], true);
}

#[test]
fn a_deletion_tells_what_it_took() {
    let desk = Desk::with(&[&["alice"]]);
    desk.log_in("alice");
    desk.run(&["token", "create", "alice", "--name", "ci"], "").ok();
    let told = desk.run(&["user", "delete", "alice"], "").ok().out;
    assert_eq!(told, "\"alice\" deleted · lost for good: 1 session, 1 API token (ci)\n");
}
