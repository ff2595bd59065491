//! Who may do what: `--as`, `--as-session-stdin`, `--service`, `--dry-run`, `--read-only`, and the first user.

use crate::desk::Desk;

fn staffed() -> Desk {
    Desk::with(&[&["root", "--role", "admin"], &["eve", "--role", "auditor"], &["mallory"], &["alice"]])
}

#[test]
fn an_administrator_acts_by_password_and_by_session() {
    let desk = staffed();
    desk.run(&["user", "deactivate", "alice", "--as", "root"], "pw\n").ok();
    let by = desk.lines(&["audit", "list", "--limit", "1"], "");
    assert_eq!((&by[0]["actor_kind"], &by[0]["actor"]), (&"user".into(), &"root".into()));
    let token = desk.log_in("root");
    desk.run(&["user", "activate", "alice", "--as-session-stdin"], &token).ok();
    // Whoever acts comes first on standard input, then what the command itself reads.
    desk.run(&["user", "register", "new", "--password-stdin", "--as", "root"], "pw\ntheirs\n").ok();
    desk.run(&["user", "authenticate", "new", "--password-stdin"], "theirs\n").ok();
    desk.run(&["user", "passwd", "new", "--set", "--password-stdin", "--as-session-stdin"], &format!("{token}\nx\n"))
        .ok();
    // Either proof is enough.
    desk.run(&["user", "delete", "new", "--as", "root", "--as-session-stdin"], &format!("wrong\n{token}\n")).ok();
}

#[test]
fn an_auditor_looks_and_a_member_administers_nobody() {
    let desk = staffed();
    assert_eq!(desk.lines(&["user", "list", "--as", "eve"], "pw\n").len(), 4);
    for name in ["eve", "mallory"] {
        for change in [
            &["user", "deactivate", "alice"][..],
            &["user", "purge", "alice", "--yes"],
            &["user", "edit", "mallory", "--role", "admin"],
            &["session", "logout", "--user", "alice"],
            &["policy", "set", "password", "basic"],
            &["user", "register", "new", "--no-password"],
        ] {
            let line: Vec<&str> = change.iter().chain(&["--as", name]).copied().collect();
            desk.fails(&line, "pw\n", 4, "unauthorized");
        }
    }
    desk.fails(&["user", "deactivate", "alice", "--as", "root"], "wrong\n", 4, "invalid_credentials");
    desk.fails(&["user", "deactivate", "alice", "--as-session-stdin"], "wrong\n", 4, "unauthenticated");
    desk.fails(&["db", "upgrade", "--as", "root"], "pw\n", 2, "usage");
    assert_eq!(desk.names(&["--status", "inactive"]), [""; 0]);
}

#[test]
fn a_service_registers_members_and_founds_an_empty_house() {
    let desk = Desk::open();
    let first = ["--service", "web", "user", "register", "root", "--role", "admin", "--password-stdin"];
    assert_eq!(desk.json(&first, "pw\n")["role"], "admin");
    let second = ["--service", "web", "user", "register", "two", "--role", "admin", "--password-stdin"];
    desk.fails(&second, "pw\n", 4, "unauthenticated");
    let plain = ["--service", "web", "user", "register", "alice", "--pending", "--password-stdin"];
    assert_eq!((desk.json(&plain, "pw\n")["role"].clone(), desk.id("alice").len()), ("member".into(), 32));
    let entry = &desk.lines(&["audit", "list", "--limit", "1"], "")[0];
    assert_eq!((&entry["action"], &entry["actor"]), (&"register".into(), &"web".into()));
    // The end of a service's own verification.
    desk.run(&["--service", "web", "user", "activate", "alice"], "").ok();
    desk.fails(&["--service", "web", "user", "delete", "alice"], "", 4, "unauthorized");
    desk.run(&["policy", "set", "registration", "closed"], "").ok();
    let closed = ["--service", "web", "user", "register", "bob", "--password-stdin"];
    desk.fails(&closed, "pw\n", 4, "registration_disabled");
    desk.run(&["user", "register", "bob", "--password-stdin"], "pw\n").ok();
}

#[test]
fn an_empty_house_tells_whoever_shows_a_token_that_it_is_empty() {
    let desk = Desk::open();
    let message = desk.fails(&["session", "check", "--token-stdin"], "x", 4, "unauthenticated");
    assert!(message.contains("no users yet"), "{message}");
}

#[test]
fn init_makes_the_database_and_its_first_administrator_or_nothing() {
    let desk = Desk::bare();
    let init = ["init", "--admin", "root", "--password-stdin"];
    desk.fails(&init, "short\n", 7, "weak_password");
    assert!(!desk.db().exists(), "a refused password leaves nothing behind");
    let ran = desk.run(&["init", "--dry-run"], "").ok();
    assert!(ran.err.starts_with("dry run") && !desk.db().exists(), "{}", ran.err);
    let ran = desk.run(&init, "curiouser and curiouser\n").ok();
    assert!(ran.out.is_empty() && ran.err.starts_with("created the database "), "{}", ran.err);
    assert_eq!(desk.json(&["user", "show", "root"], "")["role"], "admin");
    desk.fails(&["init"], "", 1, "failure");
    let other = Desk::bare();
    assert_eq!(other.json(&["init"], "")["admin"], serde_json::Value::Null);
}

#[test]
fn a_rehearsal_says_what_would_happen_and_leaves_nothing() {
    let desk = staffed();
    let token = desk.log_in("alice");
    let before = (desk.lines(&["user", "list"], ""), desk.lines(&["audit", "list"], ""));
    for change in [
        &["user", "register", "new", "--no-password"][..],
        &["user", "edit", "alice", "--note", "x"],
        &["user", "deactivate", "alice"],
        &["user", "delete", "alice"],
        &["user", "purge", "alice"],
        &["session", "logout", "--user", "alice"],
        &["session", "logout", "--token-stdin"],
        &["policy", "set", "password", "basic"],
        &["user", "passwd", "alice", "--set", "--password-stdin"],
    ] {
        let line: Vec<&str> = change.iter().chain(&["--dry-run"]).copied().collect();
        let ran = desk.run(&line, &token).ok();
        assert!(ran.out.starts_with("dry run"), "{line:?}: {}", ran.out);
    }
    assert_eq!(desk.json(&["user", "deactivate", "alice", "--dry-run"], "")["dry_run"], true);
    desk.fails(&["user", "deactivate", "root", "--dry-run"], "", 7, "last_admin");
    assert_eq!((desk.lines(&["user", "list"], ""), desk.lines(&["audit", "list"], "")), before);
    desk.run(&["session", "check", "--token-stdin"], &token).ok();
    desk.fails(&["session", "login", "alice", "--password-stdin", "--dry-run"], "pw\n", 2, "usage");
    desk.fails(&["reset", "request", "alice", "--dry-run"], "", 2, "usage");
}

#[test]
fn a_rehearsal_makes_no_database() {
    let desk = Desk::bare();
    for line in [
        &["policy", "set", "password", "open", "--dry-run"][..],
        &["user", "register", "alice", "--no-password", "--dry-run"],
    ] {
        desk.run(line, "").ok();
        assert!(!desk.db().exists(), "{line:?}");
    }
}

#[test]
fn read_only_looks_and_changes_nothing() {
    let desk = staffed();
    assert_eq!(desk.names(&["--read-only"]).len(), 4);
    let ran = desk.run(&["--read-only", "user", "deactivate", "alice"], "");
    assert!(ran.code != 0 && ran.out.is_empty() && !ran.err.contains("SQL"), "{}", ran.err);
    assert_eq!(desk.names(&["--status", "inactive"]), [""; 0]);
    let other = Desk::bare();
    other.fails(&["--read-only", "demo", "--users", "3", "--no-console"], "", 6, "no_database");
    other.fails(&["--read-only", "policy", "set", "password", "open"], "", 6, "no_database");
    let ran = other.run(&["--read-only", "demo", "--users", "3", "--no-console"], "");
    assert!(ran.err.contains("leave --read-only out, or name another with --db"), "{}", ran.err);
    assert!(!other.db().exists());
}

#[test]
fn a_reason_stands_in_the_audit_and_is_judged() {
    let desk = staffed();
    desk.run(&["user", "edit", "alice", "--note", "x", "--reason", "ticket 7"], "").ok();
    assert_eq!(desk.lines(&["audit", "list", "--limit", "1"], "")[0]["reason"], "ticket 7");
    desk.fails(&["user", "delete", "alice", "--reason", "\u{1b}[2J"], "", 7, "constraint_violation");
}
