//! `user` and `reset`: every form, in words and in JSON.

use crate::desk::Desk;

#[test]
fn a_registered_person_has_every_key_and_no_hash() {
    let desk = Desk::open();
    let user = desk.json(
        &[
            "user",
            "register",
            " Alice ",
            "--email",
            "a@b.c",
            "--role",
            "auditor",
            "--label",
            "ops",
            "--label",
            "Dev",
            "--note",
            "on call",
            "--pending",
            "--password-stdin",
        ],
        "pw\n",
    );
    let keys: Vec<&String> = user.as_object().unwrap().keys().collect();
    let wanted = [
        "activated_at",
        "created_at",
        "deleted_at",
        "email",
        "factor",
        "labels",
        "last_login_at",
        "last_used_at",
        "name",
        "note",
        "reason",
        "role",
        "sessions",
        "status",
        "throttled_until",
        "user_id",
        "valid_until",
    ];
    assert_eq!(keys, wanted);
    assert_eq!(
        (&user["name"], &user["role"], &user["status"]),
        (&"Alice".into(), &"auditor".into(), &"pending".into())
    );
    assert_eq!(user["labels"], serde_json::json!(["dev", "ops"]));
    assert!(user["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(user["activated_at"], serde_json::Value::Null);
    let everything = desk.run(&["user", "list", "--json"], "").out + &desk.run(&["user", "show", "alice"], "").out;
    assert!(!everything.contains("argon2"), "{everything}");
}

#[test]
fn the_list_is_by_name_without_a_limit_and_without_deleted_people() {
    let desk = Desk::with(&[&["carol"], &["Bob", "--pending"], &["alice"], &["dave"]]);
    desk.run(&["user", "delete", "dave"], "").ok();
    assert_eq!(desk.names(&[]), ["alice", "Bob", "carol"]);
    assert_eq!(desk.names(&["--limit", "2"]), ["alice", "Bob"]);
    assert_eq!(desk.names(&["--prefix", "BO"]), ["Bob"]);
    assert_eq!(desk.names(&["--status", "pending"]), ["Bob"]);
    assert_eq!(desk.names(&["--status", "deleted"]), ["dave"]);
    assert_eq!(desk.names(&["--filter", "^c is:active"]), ["carol"]);
    assert_eq!(desk.names(&["--prefix", "a", "--status", "pending"]), [""; 0]);
    let table = desk.run(&["user", "list"], "").ok().out;
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(table.lines().nth(2).unwrap().starts_with("Bob    pending"), "{table}");
    let ran = desk.run(&["user", "list", "--prefix", "z"], "").ok();
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "nobody like that\n"));
    desk.fails(&["user", "list", "--status", "purple"], "", 7, "constraint_violation");
    desk.fails(&["user", "list", "--filter", "is:purple"], "", 7, "constraint_violation");
}

#[test]
fn showing_somebody_begins_with_the_verdict_and_can_ask_for_a_status() {
    let desk = Desk::with(&[&["alice"], &["bob", "--pending"]]);
    assert!(desk.run(&["user", "show", "ALICE"], "").ok().out.starts_with("\"alice\" can log in\n"));
    let bob = desk.run(&["user", "show", "bob"], "").ok().out;
    assert!(bob.starts_with("\"bob\" cannot log in\n  registered, never activated"), "{bob}");
    assert_eq!(desk.json(&["user", "show", "bob", "--status", "pending"], "")["name"], "bob");
    desk.fails(&["user", "show", "bob", "--status", "active"], "", 3, "unknown_user");
    desk.fails(&["user", "show", "nobody"], "", 3, "unknown_user");
    let id = desk.id("bob");
    desk.run(&["user", "delete", "bob"], "").ok();
    desk.fails(&["user", "show", "bob"], "", 3, "unknown_user");
    assert_eq!(desk.json(&["user", "show", &id], "")["status"], "deleted", "an id means one person in any state");
    assert!(desk.run(&["user", "list", "--status", "deleted"], "").ok().out.contains(&id));
    assert_eq!(desk.json(&["user", "show", "bob", "--status", "deleted"], "")["status"], "deleted");
}

#[test]
fn why_names_each_obstacle_with_a_command_that_cures_it() {
    let desk = Desk::with(&[&["alice"], &["bob smith"]]);
    assert_eq!(desk.json(&["user", "why", "alice"], ""), serde_json::json!({"can_log_in": true, "obstacles": []}));
    desk.run(&["user", "deactivate", "bob smith", "--reason", "left"], "").ok();
    desk.run(&["user", "edit", "bob smith", "--valid-until", "2001-01-01"], "").ok();
    let why = desk.json(&["user", "why", "bob smith"], "");
    assert_eq!(why["can_log_in"], false);
    let kinds: Vec<&str> = why["obstacles"].as_array().unwrap().iter().map(|o| o["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["inactive", "expired"]);
    assert_eq!(why["obstacles"][0]["reason"], "left");
    assert_eq!(why["obstacles"][1]["since"], "2001-01-01T23:59:59.999Z");
    let text = desk.run(&["user", "why", "bob smith"], "").ok().out;
    assert!(text.contains("  1. inactive") && text.contains("  2. the end date has passed"), "{text}");
    // The cures are typed into a real shell, as the reader would.
    for obstacle in why["obstacles"].as_array().unwrap() {
        let line = obstacle["cure"].as_str().unwrap().replacen("rollbook", "\"$PROGRAM\" --db \"$DB\"", 1);
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg(&line).env("PROGRAM", crate::desk::PROGRAM).env("DB", desk.db());
        let ran = crate::desk::finish(shell, b"");
        assert_eq!(ran.code, 0, "{line}: {}", ran.err);
    }
    assert_eq!(desk.json(&["user", "why", "bob smith"], "")["can_log_in"], true);
}

#[test]
fn a_status_changes_and_changes_back_and_twice_is_no_error() {
    let desk = Desk::with(&[&["alice", "--pending"]]);
    assert_eq!(desk.run(&["user", "activate", "alice"], "").ok().out, "\"alice\" activated\n");
    assert_eq!(desk.run(&["user", "activate", "alice"], "").ok().out, "\"alice\" is active already\n");
    let token = desk.log_in("alice");
    let gone = desk.json(&["user", "deactivate", "alice", "--reason", "on leave"], "");
    assert_eq!((&gone["status"], &gone["reason"]), (&"inactive".into(), &"on leave".into()));
    desk.fails(&["session", "check", "--token-stdin"], &token, 4, "unauthenticated");
    assert_eq!(desk.run(&["-q", "user", "activate", "alice"], "").ok().out, "");
    desk.fails(&["user", "activate", "nobody"], "", 3, "unknown_user");
}

#[test]
fn deleting_frees_the_name_and_restoring_takes_another() {
    let desk = Desk::with(&[&["alice"]]);
    let first = desk.id("alice");
    desk.run(&["user", "delete", "alice"], "").ok();
    desk.register(&["alice"]);
    desk.fails(&["user", "restore", "alice"], "", 5, "duplicate_user");
    let back = desk.json(&["user", "restore", &first, "--name", "alice two"], "");
    assert_eq!((&back["name"], &back["user_id"]), (&"alice two".into(), &first.into()));
    desk.fails(&["user", "restore", "alice two"], "", 3, "unknown_user");
}

#[test]
fn a_purge_without_a_terminal_needs_a_yes_and_reaches_living_and_deleted() {
    let desk = Desk::with(&[&["alice"], &["bob"]]);
    desk.fails(&["user", "purge", "alice"], "", 2, "usage");
    assert_eq!(desk.names(&[]), ["alice", "bob"]);
    assert_eq!(desk.json(&["user", "purge", "alice", "--yes"], "")["name"], "alice");
    desk.run(&["user", "delete", "bob"], "").ok();
    desk.run(&["user", "purge", "bob", "-y"], "").ok();
    assert_eq!(desk.names(&["--status", "deleted"]), [""; 0]);
    desk.fails(&["user", "purge", "bob", "-y"], "", 3, "unknown_user");
}

#[test]
fn editing_changes_what_is_said_and_leaves_the_rest() {
    let desk = Desk::with(&[&["alice", "--label", "ops", "--email", "a@b.c"], &["bob"]]);
    let edited = desk.json(
        &["user", "edit", "alice", "--name", "Alicia", "--role", "admin", "--note", "x", "--valid-until", "2040-01-01"],
        "",
    );
    assert_eq!((&edited["name"], &edited["email"]), (&"Alicia".into(), &"a@b.c".into()));
    assert_eq!(edited["valid_until"], "2040-01-01T23:59:59.999Z");
    let emptied =
        desk.json(&["user", "edit", "alicia", "--email", "", "--label", "", "--note", "", "--valid-until", "none"], "");
    for key in ["email", "note", "valid_until"] {
        assert_eq!(emptied[key], serde_json::Value::Null, "{key}");
    }
    assert_eq!(emptied["labels"], serde_json::json!([]));
    desk.fails(&["user", "edit", "alicia", "--name", "BOB"], "", 5, "duplicate_user");
    desk.fails(&["user", "edit", "alicia", "--role", "king"], "", 7, "constraint_violation");
    desk.fails(&["user", "edit", "alicia"], "", 2, "usage");
}

#[test]
fn passwords_are_judged_changed_by_their_owner_and_set_by_an_operator() {
    let desk = Desk::with(&[&["alice"]]);
    let token = desk.log_in("alice");
    desk.fails(&["user", "passwd", "alice", "--stdin"], "wrong\nnew\n", 4, "invalid_credentials");
    desk.fails(&["user", "passwd", "alice", "--stdin"], "pw\n", 2, "usage");
    desk.run(&["token", "create", "alice"], "").ok();
    let ran = desk.run(&["user", "passwd", "alice", "--stdin"], "pw\nnew\n").ok();
    assert!(ran.out.ends_with("lost for good: 1 session · 1 API token stays good\n"), "{}", ran.out);
    desk.fails(&["session", "check", "--token-stdin"], &token, 4, "unauthenticated");
    let authenticate = ["user", "authenticate", "alice", "--password-stdin"];
    desk.fails(&authenticate, "pw\n", 4, "invalid_credentials");
    assert_eq!(desk.json(&authenticate, "new\r\n")["name"], "alice", "one line end is cut, of either kind");
    desk.run(&["user", "passwd", "alice", "--set", "--password-stdin"], " spaced \n").ok();
    desk.run(&authenticate, " spaced ").ok();
    desk.run(&["policy", "set", "password", "nist"], "").ok();
    desk.fails(&["user", "passwd", "alice", "--set", "--password-stdin"], "short\n", 7, "weak_password");
    desk.fails(&["user", "register", "bob", "--password-stdin"], "", 7, "constraint_violation");
    desk.fails(&["policy", "check-password", "--password-stdin"], "password\n", 7, "weak_password");
    assert_eq!(
        desk.json(&["policy", "check-password", "--password-stdin"], "curiouser and curiouser\n"),
        serde_json::json!({"ok": true, "rule": "nist"})
    );
}

#[test]
fn check_password_says_why() {
    let desk = Desk::open();
    desk.run(&["policy", "set", "password", "basic"], "").ok();
    desk.run(&["policy", "set", "context-words", "Wonderland, croquet.example.org"], "").ok();
    let alice =
        ["policy", "check-password", "--password-stdin", "--name", "alice.l", "--email", "lorina@oxford.example"];
    for (password, reason) in [
        ("short", "5 of 8 characters"),
        ("Monkey123", "among the commonest passwords"),
        ("qzv!qzv!", "a short or common piece, repeated"),
        ("alice.l2026", "made of \"alice.l\""),
        ("lorina-1865", "made of \"lorina\""),
        ("oxford+1865", "made of \"oxford\""),
        ("wonderland7", "made of \"wonderland\""),
        ("croquet1865", "made of \"croquet\""),
        ("rollbook123", "made of \"rollbook\""),
    ] {
        let told = desk.fails(&alice, &format!("{password}\n"), 7, "weak_password");
        assert_eq!(told, reason, "{password}");
    }
}

#[test]
fn a_password_of_invalid_text_is_refused_and_never_mended() {
    let desk = Desk::open();
    let mut command = desk.command();
    command.arg("--db").arg(desk.db()).args(["user", "register", "alice", "--password-stdin"]);
    let ran = crate::desk::finish(command, b"abc\xffdef\n");
    assert_eq!(ran.code, 7, "{}", ran.err);
    assert!(!ran.err.contains("abc"), "{}", ran.err);
}

#[test]
fn a_reset_is_requested_for_anybody_and_completed_once() {
    let desk = Desk::with(&[&["alice"]]);
    let answer = desk.json(&["reset", "request", "nobody at all", "--service", "web"], "");
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["expires_at", "request_id"], "a stranger's answer looks like everybody's");
    let request = desk.run(&["reset", "request", "alice"], "").ok().out;
    assert_eq!(request.lines().count(), 1, "{request}");
    let complete = ["reset", "complete", "--stdin"];
    desk.fails(&complete, &format!("{}\n \n", request.trim()), 7, "constraint_violation");
    desk.run(&complete, &format!("{}\nnew\n", request.trim())).ok();
    desk.fails(&complete, &format!("{}\nnewer\n", request.trim()), 3, "unknown_request");
    desk.run(&["user", "authenticate", "alice", "--password-stdin"], "new\n").ok();
}

#[test]
fn somebody_without_a_password_is_cured_by_a_code() {
    let desk = Desk::open();
    desk.run(&["user", "register", "alice", "--no-password"], "").ok();
    let why = desk.json(&["user", "why", "alice"], "");
    assert_eq!(why["obstacles"][0]["kind"], "no_password");
    assert_eq!(why["obstacles"][0]["cure"], "rollbook reset request alice");
}

#[test]
fn a_name_that_is_anothers_id_must_be_forced() {
    let desk = Desk::with(&[&["alice"]]);
    // Ids that were imported may have any form; one is written as an import would.
    crate::hostile::load(&desk, &[("imported", "bob"), ("b", "imported")]);
    desk.fails(&["user", "show", "imported"], "", 5, "ambiguous_name");
    assert_eq!(desk.json(&["user", "show", "id:imported"], "")["name"], "bob");
    assert_eq!(desk.json(&["user", "show", "name:imported"], "")["user_id"], "b");
    assert_eq!(desk.json(&["user", "show", &desk.id("alice")], "")["name"], "alice");
}

#[test]
fn the_last_administrator_stays() {
    let desk = Desk::with(&[&["root", "--role", "admin"]]);
    for change in [["user", "deactivate", "root"], ["user", "delete", "root"]] {
        desk.fails(&change, "", 7, "last_admin");
    }
    desk.fails(&["user", "purge", "root", "--yes"], "", 7, "last_admin");
    desk.fails(&["user", "edit", "root", "--role", "member"], "", 7, "last_admin");
    desk.fails(&["user", "register", "ROOT", "--password-stdin"], "pw\n", 5, "duplicate_user");
}

#[test]
fn names_with_blanks_that_nobody_sees_are_told_apart_in_lists() {
    let desk = Desk::with(&[&["ann m"], &["ann  m"]]);
    desk.log_in("ann  m");
    let first = |line: &[&str]| -> Vec<String> {
        let out = desk.run(line, "").ok().out;
        out.lines().skip(1).map(|line| line.split("   ").next().unwrap_or_default().trim_end().to_owned()).collect()
    };
    let names = first(&["user", "list", "--sort", "name"]);
    assert!(names[0].starts_with("ann \\u{20}m") && names[1].starts_with("ann m"), "{names:?}");
    assert!(first(&["session", "list"])[0].starts_with("ann \\u{20}m"));
    assert_eq!(desk.json(&["user", "show", "ann  m"], "")["name"], "ann  m", "JSON has it as it is");
}
