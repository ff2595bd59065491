//! Many people at once: the same filter and order for looking and for changing.

use serde_json::Value;

use crate::desk::Desk;

/// Three members, and an administrator.
fn desk() -> Desk {
    Desk::with(&[&["root", "--role", "admin"], &["bob@x.org"], &["María"], &["ann@x.org", "--pending"]])
}

#[test]
fn people_are_listed_by_every_order_and_filter() {
    let desk = desk();
    assert_eq!(desk.names(&[]), ["ann@x.org", "bob@x.org", "María", "root"]);
    assert_eq!(desk.names(&["--sort", "created"]), ["ann@x.org", "María", "bob@x.org", "root"]);
    assert_eq!(desk.names(&["--sort", "status", "--reverse"])[3], "ann@x.org");
    assert_eq!(desk.names(&["--sort", "seen"]).len(), 4);
    assert_eq!(desk.names(&["--filter", "maria !is:pending created:<1d"]), ["María"]);
    desk.fails(&["user", "list", "--sort", "size"], "", 2, "usage");
    let message = desk.fails(&["user", "list", "--filter", "a seen:soon"], "", 7, "constraint_violation");
    assert_eq!(message, "seen: does not know \"soon\"");
}

#[test]
fn a_filter_that_slips_names_what_was_meant_and_a_command_not_a_key() {
    let desk = desk();
    let refused = |line: &[&str], words: [&str; 2]| {
        let ran = desk.run(line, "");
        assert_eq!(ran.code, 7, "{}", ran.err);
        assert!(words.iter().all(|words| ran.err.contains(words)), "{words:?}: {}", ran.err);
        assert!(!ran.err.contains(" shows the "), "a key of the console: {}", ran.err);
    };
    refused(
        &["user", "list", "--filter", "ann lablel:x"],
        ["no field \"lablel\"", "label: is nearest; as text: \"lablel:x\""],
    );
    refused(&["user", "deactivate", "--filter", "rol:admin", "--yes"], ["no field \"rol\"", "role: is nearest"]);
    refused(&["session", "list", "--filter", "clint:x"], ["no field \"clint\"", "client: is nearest"]);
    refused(&["user", "list", "--filter", "client:x"], ["asked of sessions", "`rollbook session list --filter`"]);
    refused(&["session", "list", "--filter", "label:x"], ["asked of users", "`rollbook user list --filter`"]);
    refused(&["session", "logout", "--filter", "label:x"], ["asked of users", "`rollbook user list --filter`"]);
    desk.run(&["user", "register", "corp:ann", "--no-password"], "").ok();
    assert_eq!(desk.names(&["--filter", "\"corp:ann\""]), ["corp:ann"]);
    assert_eq!(desk.names(&["--filter", "^corp:a"]), ["corp:ann"]);
}

#[test]
fn sessions_are_listed_by_a_filter() {
    let desk = desk();
    for (name, client) in [("root", "phone"), ("bob@x.org", "firefox")] {
        let line = ["session", "login", name, "--password-stdin", "--client", client, "--address", "10.1.0.7"];
        desk.run(&line, "pw\n").ok();
    }
    let clients = |filter: &str| -> Vec<String> {
        let all = desk.lines(&["session", "list", "--filter", filter], "");
        all.iter().map(|session| session["client"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(clients("client:fire"), ["firefox"]);
    assert_eq!(clients("address:10.1. !^root is:live"), ["firefox"]);
    let session = desk.lines(&["session", "list", "--filter", "^root"], "");
    desk.run(&["session", "logout", session[0]["session_id"].as_str().unwrap()], "").ok();
    assert_eq!(clients("is:ended"), ["phone"]);
    assert!(desk.run(&["session", "list", "--filter", "is:ended"], "").ok().out.contains("ended"));
}

#[test]
fn a_dry_run_counts_and_the_deed_is_done_to_those_and_told() {
    let desk = desk();
    desk.log_in("bob@x.org");
    let line = ["user", "deactivate", "--filter", "x.org"];
    let dry = desk.json(&[&line[..], &["--dry-run"]].concat(), "");
    assert_eq!((&dry["matched"], &dry["changed"], &dry["dry_run"]), (&2.into(), &2.into(), &true.into()));
    assert_eq!(dry["ended"], 1, "the session that would end");
    let told = desk.run(&[&line[..], &["--dry-run"]].concat(), "").ok().out;
    assert_eq!(told, "dry run, nothing was changed: would deactivate 2 users · for good: logs out 1 session\n");
    assert_eq!(desk.names(&["--filter", "is:inactive"]).len(), 0);
    let refused = desk.fails(&line, "", 2, "usage");
    assert!(refused.contains("no terminal"), "{refused}");
    let ran = desk.run(&[&line[..], &["--yes", "--reason", "left"]].concat(), "").ok();
    assert_eq!(ran.out, "2 users deactivated · lost for good: 1 session\n");
    let ran = desk.run(&[&line[..], &["--yes"]].concat(), "").ok();
    assert_eq!(ran.out, "0 users deactivated · 2 so already\n");
    assert_eq!(desk.names(&["--filter", "is:inactive"]), ["ann@x.org", "bob@x.org"]);
    desk.run(&["user", "activate", "--filter", "is:inactive", "--yes"], "").ok();
    desk.run(&["user", "delete", "--filter", "x.org", "--yes"], "").ok();
    assert_eq!(desk.names(&[]), ["María", "root"]);
    assert_eq!(desk.run(&["user", "restore", "--filter", "bob", "--yes"], "").ok().out, "1 user restored\n");
    assert_eq!(desk.names(&[]), ["bob@x.org", "María", "root"]);
}

#[test]
fn what_is_not_done_to_everybody_ends_with_eight_and_says_to_whom() {
    let desk = desk();
    let ran = desk.run(&["user", "contain", "--filter", "!is:deleted", "--yes"], "");
    assert_eq!((ran.code, ran.out.as_str()), (8, "3 users contained · lost for good: 3 passwords\n"), "{}", ran.err);
    assert!(ran.err.contains("not contained: \"root\" is the last administrator"), "{}", ran.err);
    assert!(ran.err.contains("1 of 4 users not contained"), "{}", ran.err);
    let ran = desk.run(&["user", "delete", "--filter", "is:admin", "--yes", "--json"], "");
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &json["changed"], &json["left"][0]["kind"]), (8, &0.into(), &"last_admin".into()));
    assert_eq!(json["left"][0]["name"], "root");
}

#[test]
fn sessions_are_ended_by_a_filter() {
    let desk = desk();
    for (name, client) in [("root", "phone"), ("bob@x.org", "firefox"), ("bob@x.org", "fire tablet")] {
        desk.run(&["session", "login", name, "--password-stdin", "--client", client], "pw\n").ok();
    }
    let line = ["session", "logout", "--filter", "client:fire"];
    assert_eq!(
        desk.run(&[&line[..], &["--dry-run"]].concat(), "").ok().out,
        "dry run, nothing was changed: would end 2 sessions\n"
    );
    assert!(desk.fails(&line, "", 2, "usage").contains("no terminal"));
    assert_eq!(desk.run(&[&line[..], &["--yes"]].concat(), "").ok().out, "2 sessions ended\n");
    let none = desk.json(&[&line[..], &["--yes"]].concat(), "");
    let keys: Vec<&String> = none.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["dry_run", "ended", "not_reached", "over"], "{none}");
    assert_eq!([&none["ended"], &none["over"], &none["not_reached"]], [0, 0, 0].map(Value::from).each_ref());
    assert_eq!(desk.lines(&["session", "list"], "").len(), 1);
    desk.fails(&["session", "logout", "--filter", "is:admin", "--yes"], "", 7, "constraint_violation");
}

#[test]
fn a_filter_that_asks_for_nothing_does_not_mean_everybody() {
    let desk = desk();
    for slip in ["", " ", "!", "^", "\"\""] {
        for line in
            [&["user", "deactivate", "--filter", slip, "--yes"][..], &["session", "logout", "--filter", slip, "--yes"]]
        {
            let answer = desk.run(line, "");
            assert_ne!(answer.code, 0, "{line:?}");
            assert!(answer.err.contains("asks for nothing"), "{}", answer.err);
        }
    }
    assert_eq!(desk.names(&["--filter", "is:active"]).len(), 3);
}

#[test]
fn a_condition_that_asks_for_nothing_is_dropped_from_no_filter() {
    let desk = desk();
    let lines = [
        (&["user", "deactivate", "--yes"][..], "is:active"),
        (&["user", "contain", "--yes", "--dry-run"], "is:active"),
        (&["user", "list"], "is:active"),
        (&["session", "logout", "--yes"], "is:live"),
        (&["session", "list"], "is:live"),
    ];
    for (line, rest) in lines {
        for (slip, words) in [
            ("\"\"", "asks for nothing"),
            ("^", "asks for nothing"),
            ("!", "asks for nothing"),
            ("\"al", "a quotation mark is not closed"),
            ("^!al", "! comes before ^"),
        ] {
            let filter = format!("{rest} {slip}");
            let line = [line, &["--filter", &filter]].concat();
            let message = desk.fails(&line, "", 7, "constraint_violation");
            assert!(message.contains(words), "{line:?}: {message}");
        }
    }
    assert_eq!(desk.names(&["--filter", "is:active"]).len(), 3);
}
