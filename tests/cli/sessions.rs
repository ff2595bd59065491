//! `session`, `audit` and `policy`: every form, in words and in JSON.

use crate::desk::Desk;

#[test]
fn a_log_in_prints_the_token_alone_and_in_json_everything_once() {
    let desk = Desk::with(&[&["alice"]]);
    let text = desk.run(&["session", "login", "Alice", "--password-stdin"], "pw\n").ok();
    assert!(text.out.starts_with("rbs_") && text.out.lines().count() == 1 && text.err.is_empty(), "{}", text.err);
    let session = desk.json(
        &["session", "login", "alice", "--password-stdin", "--client", "phone", "--address", "10.0.0.9", "--code"],
        "pw\n1\n",
    );
    let keys: Vec<&String> = session.as_object().unwrap().keys().collect();
    let wanted = [
        "address",
        "client",
        "created_at",
        "ended_at",
        "expires_at",
        "last_used_at",
        "name",
        "refused",
        "session_id",
        "token",
        "user_id",
    ];
    assert_eq!(keys, wanted);
    let checked = desk.json(&["session", "check", "--token-stdin"], session["token"].as_str().unwrap());
    assert_eq!((&checked["session_id"], &checked["user"]["name"]), (&session["session_id"], &"alice".into()));
    assert_eq!(checked.get("token"), None, "shown once");
    let list = desk.lines(&["session", "list"], "");
    assert_eq!(list.len(), 2);
    assert!(list.iter().all(|session| session.get("token").is_none() && session["user_id"] == checked["user_id"]));
    assert_eq!((&list[0]["client"], &list[0]["address"]), (&"phone".into(), &"10.0.0.9".into()), "newest first");
    assert!(desk.run(&["session", "check", "--token-stdin"], &text.out).ok().out.starts_with("\"alice\" is logged in"));
}

#[test]
fn every_log_in_that_fails_answers_alike() {
    let desk = Desk::with(&[&["alice"], &["bob", "--pending"]]);
    let login = |name| desk.fails(&["session", "login", name, "--password-stdin"], "wrong\n", 4, "invalid_credentials");
    assert_eq!(login("alice"), login("bob"));
    assert_eq!(login("alice"), login("nobody"));
    assert_eq!(login("alice"), login(&format!("id:{}", desk.id("alice"))), "log-in takes names only");
    desk.fails(&["user", "authenticate", "bob", "--password-stdin"], "pw\n", 4, "invalid_credentials");
}

#[test]
fn an_expiry_is_written_in_any_of_its_forms() {
    let desk = Desk::with(&[&["alice"]]);
    let expiry = |when: &str| {
        desk.json(&["session", "login", "alice", "--password-stdin", "--expires", when], "pw\n")["expires_at"].clone()
    };
    assert_eq!(expiry("2040-01-02T03:04:05Z"), "2040-01-02T03:04:05.000Z");
    assert_eq!(expiry("2040-01-02"), "2040-01-02T23:59:59.999Z");
    assert_eq!(expiry("2208988800"), "2040-01-01T00:00:00.000Z");
    assert_eq!(expiry("never"), serde_json::Value::Null);
    assert!(expiry("+30d").is_string());
    for bad in ["2001-01-01", "soon", "+0s", "+1y"] {
        let line = ["session", "login", "alice", "--password-stdin", "--expires", bad];
        desk.fails(&line, "pw\n", 7, "constraint_violation");
    }
    desk.run(&["policy", "set", "session-life", "1h"], "").ok();
    let session = desk.json(&["session", "login", "alice", "--password-stdin"], "pw\n");
    let time = |key: &str| session[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    // The end is counted from the request, a password verification before the session begins.
    let life = time("expires_at").duration_since(time("created_at")).as_secs();
    assert!((3540..=3600).contains(&life), "{life}");
}

#[test]
fn sessions_end_by_token_by_id_and_all_of_a_persons() {
    let desk = Desk::with(&[&["alice"], &["bob"]]);
    let (one, two, other) = (desk.log_in("alice"), desk.log_in("alice"), desk.log_in("bob"));
    assert_eq!(desk.lines(&["session", "list", "--user", "alice"], "").len(), 2);
    let check = ["session", "check", "--token-stdin"];
    let logout = ["session", "logout", "--token-stdin"];
    assert_eq!(desk.json(&logout, &one)["ended"], 1);
    desk.fails(&check, &one, 4, "unauthenticated");
    assert_eq!(desk.lines(&["session", "list", "--user", "alice"], "").len(), 1, "live ones only");
    for unknown in [one.as_str(), "", "rbs_nonsense", "\u{1b}[2J"] {
        assert_eq!(desk.json(&logout, unknown)["ended"], 0, "an unknown token is no error");
        desk.fails(&check, unknown, 4, "unauthenticated");
    }
    let id = desk.json(&check, &two)["session_id"].as_str().unwrap().to_owned();
    assert_eq!(desk.run(&["session", "logout", &id], "").ok().out, "1 session ended\n");
    assert_eq!(desk.json(&["session", "logout", &id], "")["ended"], 0);
    desk.fails(&["session", "logout", "nonsense"], "", 3, "unknown_session");
    desk.log_in("bob");
    assert_eq!(desk.json(&["session", "logout", "--user", "bob"], "")["ended"], 2);
    desk.fails(&check, &other, 4, "unauthenticated");
    desk.fails(&["session", "logout", "--user", "nobody"], "", 3, "unknown_user");
    desk.fails(&["session", "logout"], "", 2, "usage");
    let ran = desk.run(&["session", "list"], "").ok();
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "nobody is logged in\n"));
}

#[test]
fn a_refused_check_is_written_down_before_the_program_ends() {
    let desk = Desk::with(&[&["alice"]]);
    let token = desk.log_in("alice");
    let id = desk.json(&["session", "check", "--token-stdin"], &token)["session_id"].as_str().unwrap().to_owned();
    desk.run(&["session", "logout", &id], "").ok();
    desk.fails(&["session", "check", "--token-stdin"], &token, 4, "unauthenticated");
    let store = rollbook::engines::open(&desk.db(), rollbook::engines::Access::ReadOnly).unwrap();
    let session = { store }
        .session(&rollbook::accounts::session::SessionId::new(id), rollbook::accounts::Time::from_millis(0))
        .unwrap()
        .unwrap();
    assert_eq!(session.refused, 2, "in words and in JSON");
}

#[test]
fn the_audit_tells_newest_first_who_did_what_to_whom() {
    let desk = Desk::with(&[&["alice"], &["bob"]]);
    desk.run(&["user", "deactivate", "alice", "--reason", "left"], "").ok();
    let entries = desk.lines(&["audit", "list"], "");
    let deeds: Vec<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(deeds, ["deactivate", "create", "create", "set policy"]);
    assert_eq!((&entries[0]["target"], &entries[0]["reason"]), (&"alice".into(), &"left".into()));
    assert_eq!((&entries[0]["actor_kind"], &entries[0]["seq"]), (&"operator".into(), &4.into()));
    assert_eq!(desk.lines(&["audit", "list", "--about", "bob"], "").len(), 1);
    assert_eq!(desk.lines(&["audit", "list", "--limit", "2"], "").len(), 2);
    let table = desk.run(&["audit", "list", "--limit", "1"], "").ok().out;
    assert!(table.contains("deactivate ") && table.contains("\"left\" · status \"active\" → \"inactive\""), "{table}");
}

#[test]
fn the_settings_are_shown_and_set() {
    let desk = Desk::open();
    let all = desk.json(&["policy", "show"], "");
    let wanted = serde_json::json!({
        "password": "open", "context_words": "none", "session_life": "1d", "session_idle": "none", "reset_life": "1h",
        "registration": "open", "argon2": "m=19456,t=2", "throttle": "on", "retention_audit": "forever",
        "retention_deleted": "30d", "retention_sessions": "30d", "console_login": "open", "console_idle": "5m",
    });
    assert_eq!(all, wanted);
    assert_eq!(desk.json(&["policy", "set", "session-life", "24h"], "")["session_life"], "1d");
    assert!(
        desk.run(&["policy", "show"], "")
            .ok()
            .out
            .lines()
            .any(|line| line.starts_with("password") && line.contains("open") && line.contains("nist (15"))
    );
    desk.fails(&["policy", "set", "password", "purple"], "", 7, "constraint_violation");
    desk.fails(&["policy", "set", "colour", "red"], "", 7, "constraint_violation");
}

#[test]
fn people_list_and_end_their_own_sessions_by_their_password() {
    let desk = Desk::with(&[&["root", "--role", "admin"], &["alice"]]);
    desk.log_in("alice");
    let root = desk.log_in("root");
    assert_eq!(desk.lines(&["session", "list", "--user", "alice", "--as", "alice"], "pw\n").len(), 1);
    for line in
        [&["session", "list", "--user", "root"][..], &["session", "logout", "--user", "root"], &["session", "list"]]
    {
        desk.fails(&[line, &["--as", "alice"]].concat(), "pw\n", 4, "unauthorized");
    }
    assert_eq!(desk.json(&["session", "logout", "--user", "alice", "--as", "alice"], "pw\n")["ended"], 1);
    desk.run(&["session", "check", "--token-stdin"], &root).ok();
}
