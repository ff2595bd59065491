//! Dry runs and answers of commands tell what a change takes for good.

use serde_json::json;

use crate::desk::Desk;

const SENTENCES: &str = "logs out 1 session (firefox), revokes 2 API tokens (phone, ci), voids 1 reset code";
const NOUNS: &str = "1 session (firefox), 2 API tokens (phone, ci), 1 reset code";

/// alice has a session, two API tokens and an open reset code.
fn alice_with_everything() -> Desk {
    let desk = Desk::with(&[&["root", "--role", "admin"], &["alice"]]);
    desk.run(&["session", "login", "alice", "--client", "firefox", "--password-stdin"], "pw\n").ok();
    for name in ["ci", "phone"] {
        desk.run(&["token", "create", "alice", "--name", name], "").ok();
    }
    desk.run(&["reset", "request", "alice"], "").ok();
    desk
}

#[test]
fn a_dry_run_tells_the_losses_of_one_user_in_words_and_in_json() {
    let desk = alice_with_everything();
    let said = |line: &[&str]| desk.run(&[line, &["--dry-run"]].concat(), "").ok().out;
    for verb in ["delete", "contain", "purge"] {
        let answer = said(&["user", verb, "alice", "--yes"]);
        assert!(answer.contains("nothing was changed") && answer.contains(SENTENCES), "{verb}: {answer}");
        let void = verb != "delete";
        assert_eq!(answer.contains("voids the password"), void, "{verb}: {answer}");
        let json = desk.json(&["user", verb, "alice", "--yes", "--dry-run"], "");
        let losses = &json["losses"];
        assert_eq!((&losses["sessions"], &losses["clients"]), (&json!(1), &json!(["firefox"])), "{verb}: {json}");
        assert_eq!((&losses["tokens"], &losses["token_names"]), (&json!(2), &json!(["phone", "ci"])), "{verb}");
        assert_eq!((&losses["resets"], &losses["passwords"]), (&json!(1), &json!(u8::from(void))), "{verb}");
    }
    let answer = said(&["user", "deactivate", "alice"]);
    assert!(answer.contains("for good: logs out 1 session (firefox)") && !answer.contains("revokes"), "{answer}");
    let past = said(&["user", "edit", "alice", "--valid-until", "2020-01-01"]);
    assert!(past.contains("for good: logs out 1 session (firefox)"), "{past}");
    let none = desk.json(&["user", "edit", "alice", "--note", "x", "--dry-run"], "");
    assert_eq!(none["losses"]["sessions"], 0);
}

#[test]
fn a_new_password_tells_what_it_takes() {
    let desk = alice_with_everything();
    let line = ["user", "passwd", "alice", "--set", "--password-stdin", "--dry-run"];
    let answer = desk.run(&line, "new\n").ok().out;
    assert!(answer.contains("logs out 1 session (firefox), voids 1 reset code"), "{answer}");
    assert_eq!(desk.json(&line, "new\n")["losses"]["resets"], 1);
}

#[test]
fn a_change_to_many_tells_its_losses_before_and_after() {
    let desk = alice_with_everything();
    let line = ["user", "delete", "--filter", "alice", "--yes"];
    let rehearsed = desk.run(&[&line[..], &["--dry-run"]].concat(), "").ok().out;
    assert!(rehearsed.contains("would delete 1 user") && rehearsed.contains(SENTENCES), "{rehearsed}");
    let json = desk.json(&[&line[..], &["--dry-run"]].concat(), "");
    assert_eq!(json["losses"]["token_names"], json!(["phone", "ci"]));
    let off = desk.json(&["user", "deactivate", "--filter", "alice", "--yes", "--dry-run"], "");
    assert_eq!((&off["losses"]["sessions"], &off["losses"]["tokens"]), (&json!(1), &json!(0)), "tokens are kept");
    let done = desk.run(&line, "").ok().out;
    assert!(done.contains(&format!("1 user deleted · lost for good: {NOUNS}")), "{done}");
}

#[test]
fn a_change_by_activity_says_which_dates_count() {
    let desk = alice_with_everything();
    let answer = desk.run(&["user", "deactivate", "--filter", "is:stale", "--dry-run"], "").ok().err;
    assert!(answer.contains("is:stale counts the later of last login and last use"), "{answer}");
    let shown = desk.run(&["user", "show", "alice"], "").ok().out;
    assert!(shown.contains("last log-in") && !shown.contains("last use"), "never used: {shown}");
}
