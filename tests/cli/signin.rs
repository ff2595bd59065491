//! A required log-in on the command line, the glass before it, and who only looks.

use crate::desk::{Desk, LOOKS};

/// A desk that asks for a log-in.
fn closed() -> Desk {
    let desk = Desk::with(&[&["root", "--role", "admin"], &["eve", "--role", "auditor"], &["alice"]]);
    desk.run(&["policy", "set", "console-login", "required"], "").ok();
    desk
}

#[test]
fn every_changing_command_asks_who_one_is_and_looking_does_not() {
    let desk = closed();
    let session = desk.run(&["session", "login", "alice", "--password-stdin"], "pw\n").ok().out;
    for change in [
        &["user", "register", "new", "--no-password"][..],
        &["user", "edit", "alice", "--note", "x"],
        &["user", "activate", "alice"],
        &["user", "deactivate", "alice"],
        &["user", "contain", "alice"],
        &["user", "delete", "alice"],
        &["user", "purge", "alice", "--yes"],
        &["user", "unthrottle", "alice"],
        &["session", "logout", "--user", "alice"],
        &["reset", "request", "alice"],
        &["factor", "disable", "alice"],
        &["factor", "rekey"],
        &["token", "create", "alice"],
        &["policy", "set", "console-login", "open"],
        &["doctor", "--accept-clock"],
    ] {
        let message = desk.fails(change, "", 4, "unauthenticated");
        assert_eq!(message, "a log-in is required here before anything is changed", "{change:?}");
    }
    for look in LOOKS {
        desk.run(look, "").ok();
    }
    // What a service does, and what one's own password does, stay as they are.
    desk.run(&["session", "check", "--token-stdin"], &session).ok();
    desk.run(&["session", "logout", "--token-stdin"], &session).ok();
    desk.run(&["--service", "web", "user", "register", "bob", "--password-stdin"], "pw\n").ok();
    let code = desk.run(&["--service", "web", "reset", "request", "bob"], "").ok().out;
    desk.run(&["reset", "complete", "--stdin"], &format!("{code}other\n")).ok();
    desk.run(&["user", "passwd", "alice", "--stdin"], "pw\nnew\n").ok();
    // An admin by password and by session; an auditor by neither.
    desk.run(&["user", "deactivate", "alice", "--as", "root"], "pw\n").ok();
    let token = desk.log_in("root");
    desk.run(&["user", "edit", "alice", "--note", "x", "--as-session-stdin"], &token).ok();
    for (opening, more) in [
        (&["activate", "alice"][..], ""),
        (&["edit", "alice", "--email", "evil@example.org"], ""),
        (&["edit", "alice", "--name", "boss"], ""),
        (&["edit", "alice", "--label", "wheel"], ""),
        (&["unthrottle", "alice"], ""),
        (&["delete", "alice"], ""),
        (&["register", "evil@example.org", "--no-password"], ""),
        (&["register", "evil", "--password-stdin"], "pw\n"),
    ] {
        let line = [&["user"], opening, &["--as-session-stdin"]].concat();
        let message = desk.fails(&line, &format!("{token}\n{more}"), 4, "unauthenticated");
        assert!(message.starts_with("a session is not enough"), "{message}");
    }
    desk.run(&["user", "activate", "alice", "--as", "root"], "pw\n").ok();
    desk.fails(&["user", "deactivate", "alice", "--as", "eve"], "pw\n", 4, "unauthorized");
    desk.fails(&["policy", "set", "console-login", "open", "--as", "eve"], "pw\n", 4, "unauthorized");
    desk.run(&["policy", "set", "console-login", "open", "--as", "root"], "pw\n").ok();
    desk.run(&["user", "deactivate", "alice"], "").ok();
}

#[test]
fn a_login_cannot_be_required_where_nobody_could_make_one() {
    let desk = Desk::with(&[&["eve", "--role", "auditor"], &["alice"]]);
    let message = desk.fails(&["policy", "set", "console-login", "required"], "", 7, "constraint_violation");
    assert!(message.starts_with("nobody could log in"), "{message}");
    desk.run(&["user", "register", "root", "--role", "admin", "--no-password"], "").ok();
    desk.fails(&["policy", "set", "console-login", "required"], "", 7, "constraint_violation");
}

#[test]
fn the_owner_breaks_the_glass_aloud_and_with_a_reason() {
    let desk = closed();
    let change = ["user", "deactivate", "alice", "--break-glass"];
    desk.fails(&change, "", 7, "constraint_violation");
    for flag in [&["--as", "root"][..], &["--as-session-stdin"], &["--service", "web"], &["--read-only"]] {
        desk.fails(&[&change[..], &["--reason", "x"], flag].concat(), "pw\n", 2, "usage");
    }
    desk.fails(&["config", "show", "--break-glass", "--reason", "x"], "", 2, "usage");
    let ran = desk.run(&[&change[..], &["--reason", "the admin is away", "--quiet"]].concat(), "").ok();
    assert!(ran.err.starts_with("the glass is broken"), "even where all else is quiet: {}", ran.err);
    let found = desk.lines(&["audit", "list", "--action", "break-glass"], "");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0]["reason"].as_str(), found[0]["actor_kind"].as_str()),
        (Some("the admin is away"), Some("operator"))
    );
    let last = &desk.lines(&["audit", "list", "--limit", "1"], "")[0];
    assert_eq!((last["action"].as_str(), last["reason"].as_str()), (Some("deactivate"), Some("the admin is away")));
    assert!(last["origin"].as_str().unwrap().ends_with("break-glass"), "{last}");
    let rehearsed = [&["user", "activate", "alice", "--break-glass", "--reason", "x", "--dry-run"][..]].concat();
    assert!(desk.run(&rehearsed, "").ok().out.starts_with("dry run"));
    assert_eq!(desk.lines(&["audit", "list", "--action", "break-glass"], "").len(), 1, "a rehearsal breaks nothing");
    let open = Desk::with(&[&["alice"]]);
    let ran = open.run(&["user", "deactivate", "alice", "--break-glass", "--reason", "x"], "").ok();
    assert!(ran.err.contains("no glass to break"), "{}", ran.err);
    assert_eq!(open.lines(&["audit", "list", "--action", "break-glass"], "").len(), 0);
}

#[test]
fn where_nothing_may_be_written_no_password_is_asked() {
    let desk = closed();
    for password in ["pw\n", "wrong\n"] {
        let line = ["user", "list", "--read-only", "--as", "eve"];
        let message = desk.fails(&line, password, 4, "unauthenticated");
        assert!(message.starts_with("no password is looked at"), "{message}");
        let line = ["user", "authenticate", "eve", "--password-stdin", "--read-only"];
        desk.fails(&line, password, 4, "unauthenticated");
    }
    let session = desk.log_in("eve");
    assert_eq!(desk.lines(&["user", "list", "--read-only", "--as-session-stdin"], &session).len(), 3);
}

#[test]
fn a_factor_says_first_what_it_ends() {
    let desk = Desk::with(&[&["alice"]]);
    desk.log_in("alice");
    desk.log_in("alice");
    let ran = desk.run(&["factor", "enable", "alice", "--dry-run"], "").ok();
    assert!(ran.err.contains("turning it on ends 2 sessions"), "{}", ran.err);
}

#[test]
fn a_session_alone_purges_contains_and_changes_many_only_where_no_login_is_required() {
    let desk = closed();
    desk.run(&["user", "register", "bob", "--no-password", "--as", "root"], "pw\n").ok();
    let token = desk.log_in("root");
    let graves = [
        &["user", "contain", "alice"][..],
        &["user", "deactivate", "--filter", "alice", "--yes"],
        &["user", "contain", "--filter", "alice", "--yes"],
        &["user", "purge", "alice", "--yes"],
    ];
    for grave in graves {
        let line = [grave, &["--as-session-stdin"]].concat();
        let message = desk.fails(&line, &token, 4, "unauthenticated");
        assert!(message.starts_with("a session is not enough"), "{message}");
        desk.run(&[&line[..], &["--dry-run"]].concat(), &token).ok();
    }
    assert_eq!(desk.json(&["user", "show", "alice"], "")["status"], "active");
    desk.run(&["user", "edit", "alice", "--note", "x", "--as-session-stdin"], &token).ok();
    // With the password beside it, and with nothing required, it is enough.
    desk.run(&["user", "contain", "alice", "--as", "root"], "pw\n").ok();
    desk.run(&["user", "purge", "alice", "--yes", "--as", "root", "--as-session-stdin"], &format!("pw\n{token}\n"))
        .ok();
    desk.fails(&["policy", "set", "console-login", "open", "--as-session-stdin"], &token, 4, "unauthenticated");
    desk.run(&["policy", "set", "console-login", "open", "--as", "root"], "pw\n").ok();
    desk.run(&["user", "deactivate", "--filter", "bob", "--yes", "--as-session-stdin"], &token).ok();
}

/// A database of the fifth schema, with this policy.
fn older(console_login: &str) -> Desk {
    use std::os::unix::fs::OpenOptionsExt as _;
    let desk = Desk::bare();
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(desk.db()).unwrap();
    let db = rusqlite::Connection::open(desk.db()).unwrap();
    for step in [
        include_str!("../../assets/schema/sqlite/0001.sql"),
        include_str!("../../assets/schema/sqlite/0002.sql"),
        include_str!("../../assets/schema/sqlite/0003.sql"),
        include_str!("../../assets/schema/sqlite/0004.sql"),
        include_str!("../../assets/schema/sqlite/0005.sql"),
    ] {
        db.execute_batch(step).unwrap();
    }
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA application_id = 0x524F4C4C; PRAGMA user_version = 5").unwrap();
    db.execute("INSERT INTO policy VALUES ('console-login', ?1)", [console_login]).unwrap();
    desk
}

#[test]
fn where_a_login_is_required_an_upgrade_is_behind_the_glass() {
    let desk = older("required");
    let message = desk.fails(&["db", "upgrade"], "", 4, "unauthenticated");
    assert!(message.contains("older schema"), "{message}");
    desk.fails(&["db", "upgrade", "--break-glass"], "", 7, "constraint_violation");
    desk.fails(&["db", "upgrade", "--as", "root"], "pw\n", 2, "usage");
    let files = std::fs::read_dir(desk.folder.path()).unwrap().count();
    assert!(files <= 3, "no copy was made, and none of the database but its log: {files}");
    let ran = desk.run(&["db", "upgrade", "--break-glass", "--reason", "the new program"], "").ok();
    assert!(
        ran.err.starts_with("the glass is broken") && ran.out.starts_with("schema 5 is now"),
        "{}{}",
        ran.out,
        ran.err
    );
    let entries = desk.lines(&["audit", "list"], "");
    assert_eq!(entries.len(), 1);
    assert_eq!((&entries[0]["action"], &entries[0]["reason"]), (&"break glass".into(), &"the new program".into()));
    assert!(entries[0]["origin"].as_str().unwrap().ends_with("break-glass"), "{}", entries[0]);
    desk.run(&["audit", "verify"], "").ok();
    assert!(desk.run(&["db", "upgrade"], "").ok().out.contains("up to date"), "nothing to do needs nobody");
    let open = older("open");
    assert!(open.run(&["db", "upgrade"], "").ok().out.starts_with("schema 5 is now"));
}
