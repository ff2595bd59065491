//! NAME on the command line: one way to resolve it in every command, and no name that becomes an option.

use crate::desk::{Desk, PROGRAM};
use crate::hostile::load;

/// The commands that take a NAME, as far as they act on an existing user without more input.
const BY_NAME: &[&[&str]] = &[
    &["user", "show"],
    &["user", "why"],
    &["user", "edit", "--note=x"],
    &["user", "deactivate"],
    &["user", "activate"],
    &["user", "contain"],
    &["user", "activate"],
    &["user", "unthrottle"],
    &["reset", "request"],
    &["token", "create"],
    &["token", "list"],
    &["factor", "disable"],
    &["session", "list", "--user"],
    &["session", "logout", "--user"],
    &["audit", "list", "--about"],
    &["user", "delete"],
    &["user", "restore"],
];

/// The commands that log a user in, with the lines that they read.
const LOGINS: &[&[&str]] = &[
    &["user", "authenticate", "--password-stdin"],
    &["session", "login", "--password-stdin"],
    &["user", "passwd", "--stdin"],
    &["user", "list", "--as"],
];

fn line<'a>(command: &[&'a str], rest: &[&'a str]) -> Vec<&'a str> {
    command.iter().chain(rest).copied().collect()
}

#[test]
fn every_command_takes_a_name_an_id_and_both_prefixes() {
    let desk = Desk::with(&[&["alice"], &["root", "--role", "admin"]]);
    let id = desk.id("alice");
    for command in BY_NAME {
        // `restore` needs a deleted user, and `delete` one who is not.
        let before: &[&str] = match command[1] {
            "delete" => &[],
            "restore" => &["user", "delete", "alice", "--yes"],
            _ => &["user", "show", "alice"],
        };
        for named in ["alice", "ALICE", &id, &format!("id:{id}"), "name:alice"] {
            if !before.is_empty() {
                desk.run(before, "").ok();
            }
            desk.run(&line(command, &[named]), "").ok();
            if command[1] == "delete" {
                desk.run(&["user", "restore", "alice"], "").ok();
            }
        }
    }
}

#[test]
fn a_name_that_does_not_exist_is_an_unknown_user_in_every_command() {
    let desk = Desk::with(&[&["alice"], &["root", "--role", "admin"]]);
    for command in BY_NAME {
        for unknown in ["alcie", "id:alice", "name:0123456789abcdef0123456789abcdef", ""] {
            // The audit keeps entries about purged users, so an id may be unknown there.
            if command[0] == "audit" && unknown.starts_with("id:") {
                continue;
            }
            desk.fails(&line(command, &[unknown]), "", 3, "unknown_user");
        }
    }
    for command in [&["user", "passwd", "--set", "--password-stdin"][..], &["user", "purge", "--yes"]] {
        desk.fails(&line(command, &["alcie"]), "pw\n", 3, "unknown_user");
    }
}

#[test]
fn a_user_who_logs_in_is_named_like_any_other_and_an_unknown_one_is_not_told_apart() {
    let desk = Desk::with(&[&["alice", "--role", "admin"]]);
    let id = desk.id("alice");
    for command in LOGINS {
        for named in ["alice", "Alice", &id, &format!("id:{id}"), "name:alice"] {
            desk.run(
                &line(command, &[named]),
                "pw\npw\n".split_inclusive('\n').take(lines(command)).collect::<String>().as_str(),
            )
            .ok();
        }
        let wrong: String = "no\nno\n".split_inclusive('\n').take(lines(command)).collect();
        let right: String = "pw\npw\n".split_inclusive('\n').take(lines(command)).collect();
        let message = desk.fails(&line(command, &["alice"]), &wrong, 4, "invalid_credentials");
        assert_eq!(desk.fails(&line(command, &["alcie"]), &right, 4, "invalid_credentials"), message);
        assert_eq!(desk.fails(&line(command, &["id:alice"]), &right, 4, "invalid_credentials"), message);
        desk.run(&["user", "unthrottle", "alice"], "").ok();
    }
}

fn lines(command: &[&str]) -> usize {
    if command.contains(&"passwd") { 2 } else { 1 }
}

#[test]
fn an_operator_and_an_admin_get_a_code_that_works_or_none() {
    let desk = Desk::with(&[&["alice"], &["root", "--role", "admin"], &["gone"], &["member"]]);
    let (alice, gone) = (desk.id("alice"), desk.id("gone"));
    desk.run(&["user", "delete", "gone", "--yes"], "").ok();
    for (number, named) in ["alice", &alice, &format!("id:{alice}"), "name:alice", " Alice "].into_iter().enumerate() {
        for (acting, proof) in [(&[][..], ""), (&["--as", "root"], "pw\n")] {
            let code = desk.run(&line(&["reset", "request", named], acting), proof).ok().out;
            let password = format!("new password {number}");
            desk.run(&["reset", "complete", "--stdin"], &format!("{code}{password}\n")).ok();
            desk.run(&["user", "authenticate", "alice", "--password-stdin"], &format!("{password}\n")).ok();
        }
    }
    for named in ["alcie", "gone", &gone, &format!("id:{gone}"), "name:gone", "id:alice"] {
        desk.fails(&["reset", "request", named], "", 3, "unknown_user");
        desk.fails(&["reset", "request", named, "--as", "root"], "pw\n", 3, "unknown_user");
        desk.fails(&["reset", "request", named, "--as", "member"], "pw\n", 4, "unauthorized");
    }
}

#[test]
fn a_service_gets_a_code_for_every_name_and_the_plain_name_alone_opens_something() {
    let desk = Desk::with(&[&["alice"]]);
    let id = desk.id("alice");
    let request = |named: &str| {
        let ran = desk.run(&["reset", "request", named, "--service", "web"], "").ok();
        assert_eq!(ran.out.len(), 54, "{named}");
        (ran.out, ran.err.split("until").next().unwrap().to_owned())
    };
    let (_, said) = request("alice");
    for unknown in ["alcie", &id, &format!("id:{id}"), "name:alice", ""] {
        let (code, words) = request(unknown);
        assert_eq!(words, said);
        desk.fails(&["reset", "complete", "--stdin"], &format!("{code}new\n"), 3, "unknown_request");
    }
    let (code, _) = request("alice");
    desk.run(&["reset", "complete", "--stdin"], &format!("{code}new\n")).ok();
    for named in [&id, &format!("id:{id}"), "name:alice"] {
        let line = ["session", "login", named, "--password-stdin", "--service", "web"];
        desk.fails(&line, "new\n", 4, "invalid_credentials");
    }
}

#[test]
fn names_that_commands_would_misread_are_refused_wherever_a_name_is_given() {
    let desk = Desk::with(&[&["alice"], &["gone"]]);
    desk.run(&["user", "delete", "gone", "--yes"], "").ok();
    let service = ["user", "register", "--password-stdin", "--service", "web", "--"];
    for name in ["-x", "--filter=!is:deleted", "name:alice", "NAME:alice", "id:1", "Id:1", "  -x", "\u{2003}id:x"] {
        desk.fails(&["user", "register", "--no-password", "--", name], "", 7, "constraint_violation");
        desk.fails(&line(&service, &[name]), "pw\n", 7, "constraint_violation");
        // A value that looks like a flag is refused before anything is judged.
        let (code, kind) = if name.starts_with("--") { (2, "usage") } else { (7, "constraint_violation") };
        desk.fails(&["user", "edit", "alice", "--name", name], "", code, kind);
        desk.fails(&["user", "restore", "gone", "--name", name], "", code, kind);
        let bare = Desk::bare();
        bare.fails(&["init", "--password-stdin", "--admin", name], "a river at night\n", code, kind);
    }
    for name in ["a-b", "names:x", "idea", "x id:1", "a--b"] {
        desk.run(&["user", "register", name, "--no-password"], "").ok();
    }
}

#[test]
fn a_hostile_name_is_data_behind_two_hyphens_and_on_standard_input() {
    let desk = Desk::open();
    let hostile = "--filter=!is:deleted";
    load(&desk, &[("id0", hostile), ("id1", "name:bob"), ("id2", "bob"), ("id3", "id:id2"), ("id4", "name:zoe")]);
    for (id, name) in [("id0", hostile), ("id1", "name:bob"), ("id3", "id:id2"), ("id4", "name:zoe")] {
        for named in [format!("id:{id}"), format!("name:{name}")] {
            assert_eq!(desk.json(&["user", "show", "--", &named], "")["user_id"], id);
            assert_eq!(desk.json(&["user", "show", "--name-stdin"], &format!("{named}\n"))["user_id"], id);
        }
    }
    desk.run(&["user", "activate", "--", hostile], "").ok();
    assert_eq!(desk.json(&["user", "list", "--status", "active"], "")["user_id"], "id0");
    desk.run(&["user", "deactivate", "--name-stdin"], &format!("{hostile}\n")).ok();
    assert!(desk.lines(&["user", "list", "--status", "active"], "").is_empty());
    assert_eq!(desk.json(&["user", "show", "name:bob"], "")["user_id"], "id2", "a prefix forces what stands behind it");
    assert_eq!(desk.json(&["user", "show", "id:id2"], "")["user_id"], "id2");
    desk.fails(&["user", "show", "name:zoe"], "", 3, "unknown_user");
    desk.run(&["user", "edit", "id:id0", "--name", "renamed"], "").ok();
    desk.run(&["user", "edit", "id:id1", "--note", "the name stays"], "").ok();
}

#[test]
fn the_doctor_counts_the_names_that_commands_misread_and_shows_one() {
    let desk = Desk::with(&[&["alice"]]);
    let finding = || {
        let ran = desk.run(&["doctor", "--json"], "");
        let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let findings = found["findings"].as_array().unwrap().clone();
        (ran.code, findings.into_iter().find(|finding| finding["kind"] == "name_misread"))
    };
    assert_eq!(finding(), (0, None));
    load(&desk, &[("id0", "--filter=!is:deleted"), ("id1", "Name:bob"), ("id2", "id:\u{1b}"), ("id3", "names:x")]);
    let (code, found) = finding();
    let found = found.unwrap();
    assert_eq!((code, found["severity"].as_str()), (1, Some("warning")));
    let message = found["message"].as_str().unwrap();
    assert!(message.starts_with("3 users have") && message.contains("\"--filter=!is:deleted\""), "{message}");
    assert!(found["hint"].as_str().unwrap().contains("'id:id0'"));
    for id in ["id0", "id2"] {
        desk.run(&["user", "edit", &format!("id:{id}"), "--name", &format!("renamed {id}")], "").ok();
    }
    assert!(finding().1.unwrap()["message"].as_str().unwrap().starts_with("1 user has"));
    desk.run(&["user", "delete", "id:id1", "--yes"], "").ok();
    assert_eq!(finding(), (0, None));
}

#[test]
fn every_command_that_takes_a_name_reads_it_from_standard_input_too() {
    fn walk(command: &clap::Command, path: &[String], found: &mut Vec<String>) {
        for next in command.get_subcommands().filter(|next| next.get_name() != "help") {
            let path: Vec<String> = path.iter().cloned().chain([next.get_name().to_owned()]).collect();
            walk(next, &path, found);
        }
        let takes = |id: &str| command.get_arguments().any(|argument| argument.get_id() == id);
        let named = command
            .get_positionals()
            .any(|argument| argument.get_value_names().is_some_and(|names| names[0] == "NAME"));
        assert_eq!(named, takes("name_stdin"), "{path:?}");
        if named {
            found.push(path.join(" "));
        }
    }
    let mut found = Vec::new();
    walk(&<rollbook::cli::args::Line as clap::CommandFactory>::command(), &[], &mut found);
    assert!(found.len() >= 20, "{found:?}");
    let desk = Desk::with(&[&["alice"]]);
    desk.run(&["user", "register", "--name-stdin", "--password-stdin"], "bob\r\npw\r\n").ok();
    desk.run(&["user", "authenticate", "--name-stdin", "--password-stdin"], "bob\npw\n").ok();
    desk.run(&["user", "edit", "--name-stdin", "--role", "admin"], "bob\n").ok();
    desk.run(&["user", "deactivate", "--name-stdin", "--as", "bob"], "alice\npw\n").ok();
    desk.fails(&["user", "deactivate", "alice", "--name-stdin"], "alice\n", 2, "usage");
    desk.fails(&["user", "deactivate", "--name-stdin"], "\n", 3, "unknown_user");
}

#[test]
fn a_value_may_begin_with_a_hyphen_but_is_no_forgotten_flag() {
    let desk = Desk::with(&[&["alice"]]);
    desk.run(&["user", "edit", "alice", "--note", "-note", "--label", "-x", "--reason", "-because"], "").ok();
    let alice = desk.json(&["user", "show", "alice"], "");
    assert_eq!((alice["note"].as_str(), alice["labels"][0].as_str()), (Some("-note"), Some("-x")));
    assert!(desk.run(&["audit", "list"], "").ok().out.contains("\"-because\""));
    desk.run(&["user", "edit", "alice", "--email", "-a@example.org"], "").ok();
    for option in ["--note", "--label", "--reason", "--email"] {
        let message = desk.fails(&["user", "edit", "alice", "--role", "admin", option, "--dry-run"], "", 2, "usage");
        assert!(message.contains("--dry-run"), "{message}");
    }
    for line in [["session", "list", "--user", "--yes"], ["audit", "list", "--about", "--dry-run"]] {
        desk.fails(&line, "", 2, "usage");
    }
    assert_eq!(desk.json(&["user", "show", "alice"], "")["role"], "member");
    desk.fails(&["user", "list", "--as", "-x"], "pw\n", 4, "invalid_credentials");
    desk.fails(&["session", "logout", "--", "-x"], "", 3, "unknown_session");
    desk.fails(&["token", "revoke", "--", "--token-stdin"], "", 3, "unknown_token");
}

#[test]
fn every_command_explains_itself() {
    fn walk(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        found.push(path.to_vec());
        for next in command.get_subcommands().filter(|next| next.get_name() != "help") {
            let path: Vec<String> = path.iter().cloned().chain([next.get_name().to_owned()]).collect();
            walk(next, &path, found);
        }
    }
    let mut found = Vec::new();
    walk(&<rollbook::cli::args::Line as clap::CommandFactory>::command(), &[], &mut found);
    assert!(found.len() > 40, "{found:?}");
    let desk = Desk::bare();
    for path in &found {
        for more in [&["--help"][..], &["-h"], &["--json", "--help"], &["x", "--help"], &["--token-stdin", "-h"]] {
            let mut command = std::process::Command::new(PROGRAM);
            command.env_clear().env("HOME", desk.folder.path()).args(path).args(more);
            let output = command.output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(0), "{path:?} {more:?}: {}", String::from_utf8_lossy(&output.stderr));
            let usage = ["Usage: rollbook"].into_iter().map(str::to_owned).chain(path.iter().cloned());
            assert!(text.contains(&usage.collect::<Vec<_>>().join(" ")), "{path:?} {more:?}: {text}");
        }
    }
    assert!(!desk.run(&["user", "show", "--", "--help"], "").out.contains("Usage"), "a name behind two hyphens");
}

#[test]
fn the_help_of_a_command_names_the_lines_that_it_reads_in_their_order() {
    let desk = Desk::bare();
    let help = |path: &[&str]| desk.run(&line(path, &["--help"]), "").ok().out;
    let in_order = |text: &str, wanted: &[&str]| {
        let (_, list) = text.split_once("Standard input").expect(text);
        let places: Vec<usize> =
            wanted.iter().map(|flag| list.find(flag).unwrap_or_else(|| panic!("{flag}: {text}"))).collect();
        assert!(places.is_sorted(), "{text}");
    };
    let actor = ["--name-stdin", "--as NAME", "--as-code", "--as-session-stdin"];
    in_order(&help(&["user", "authenticate"]), &line(&actor, &["--password-stdin", "--code"]));
    in_order(&help(&["user", "passwd"]), &line(&actor, &["the password (--stdin)", "the new password", "--code"]));
    in_order(&help(&["reset", "complete"]), &["--as NAME", "identifier (--stdin)", "the password (--stdin)"]);
    in_order(
        &help(&["factor", "confirm"]),
        &line(&actor, &["the password (--password-stdin)", "the secret", "the code that"]),
    );
    in_order(&help(&["session", "check"]), &["--as NAME", "--token-stdin"]);
    assert!(!help(&["user", "list"]).contains("--name-stdin"));
}
