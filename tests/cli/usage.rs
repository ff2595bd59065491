//! What was not understood, and a reader that goes away.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::desk::{Desk, PROGRAM, finish};

#[test]
fn a_line_that_is_not_understood_exits_with_2_in_words_and_in_json() {
    let desk = Desk::bare();
    for line in [
        &["frob"][..],
        &["user"],
        &["user", "frob"],
        &["user", "show"],
        &["user", "list", "--limit", "many"],
        &["user", "register", "x"],
        &["session", "logout"],
        &["session", "logout", "id", "--token-stdin"],
        &["user", "passwd", "x", "--stdin", "--set"],
        &["session", "login", "x"],
        &["session", "check"],
        &["reset", "complete"],
        &["console"],
        &["demo", "--no-console"],
    ] {
        let line: Vec<&str> = line.to_vec();
        if line[0] == "demo" {
            let mut command = desk.command();
            command.args(&line);
            assert_eq!(finish(command, b"").code, 2, "it must be told which file");
            continue;
        }
        desk.fails(&line, "", 2, "usage");
    }
}

#[test]
fn without_a_terminal_the_bare_program_helps_and_exits_with_2() {
    let desk = Desk::bare();
    desk.fails(&["console"], "", 2, "usage");
    let ran = desk.run(&[], "");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("Usage: rollbook"), "{}", ran.err);
    assert!(desk.run(&["--json"], "").err.starts_with("{\"kind\":\"usage\""));
    assert!(!desk.db().exists());
    assert_eq!(Desk::bare().run(&["--help"], "").code, 0);
    assert!(Desk::bare().run(&["--version"], "").ok().out.starts_with("rollbook "));
}

#[test]
fn a_password_among_the_arguments_is_refused_and_not_repeated() {
    let desk = Desk::open();
    for line in [&["user", "register", "x", "--password=hunter2"][..], &["session", "login", "x", "--token=hunter2"]] {
        let ran = desk.run(line, "");
        assert_eq!(ran.code, 2);
        assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    }
}

#[test]
fn secrets_stand_in_no_output_but_the_one_that_hands_them_out() {
    let desk = Desk::open();
    let secret = "correct horse battery";
    let mut seen = String::new();
    let mut run = |line: &[&str], stdin: &str| {
        for json in [false, true] {
            let line: Vec<&str> = line.iter().copied().chain(json.then_some("--json")).collect();
            let ran = desk.run(&line, stdin);
            seen.push_str(&ran.out);
            seen.push_str(&ran.err);
        }
    };
    run(&["user", "register", "alice", "--password-stdin"], &format!("{secret}\n"));
    run(&["user", "authenticate", "alice", "--password-stdin"], &format!("{secret}\n"));
    run(&["user", "authenticate", "alice", "--password-stdin"], &format!("{secret}wrong\n"));
    run(&["user", "passwd", "alice", "--stdin"], &format!("{secret}\n{secret} staple\n"));
    run(&["policy", "check-password", "--password-stdin"], &format!("{secret}\n"));
    run(&["user", "list", "--as", "alice"], &format!("{secret}\n"));
    run(&["audit", "list"], "");
    assert!(!seen.contains("horse"), "{seen}");
    let token = desk.run(&["session", "login", "alice", "--password-stdin"], &format!("{secret} staple\n"));
    let token = token.ok().out.trim().to_owned();
    for line in [&["session", "list"][..], &["audit", "list"], &["user", "show", "alice"]] {
        assert!(!desk.run(line, "").out.contains(&token));
    }
    assert!(!desk.json(&["session", "check", "--token-stdin"], &token).to_string().contains(&token));
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    let desk = Desk::open();
    let people: Vec<(String, String)> = (0..3000).map(|n| (format!("{n:032}"), format!("person {n}"))).collect();
    let people: Vec<(&str, &str)> = people.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    crate::hostile::load(&desk, &people);
    for json in [&[][..], &["--json"]] {
        let mut command = desk.command();
        command.arg("--db").arg(desk.db()).args(["user", "list"]).args(json);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(141));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

#[test]
fn a_full_disk_is_an_error_and_no_panic() {
    let desk = Desk::with(&[&["alice"]]);
    let mut command = std::process::Command::new(PROGRAM);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    command.arg("--db").arg(desk.db()).args(["user", "list"]).stdout(full).stderr(Stdio::piped());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.starts_with("rollbook: the output cannot be written"), "{err}");
}

#[cfg(feature = "provoke")]
#[test]
fn a_fault_of_its_own_is_a_calm_sentence_and_says_nothing_that_was_in_memory() {
    let desk = Desk::open();
    let mut command = desk.command();
    command.args(["user", "list"]).env("ROLLBOOK_PROVOKE", "command");
    let ran = finish(command, b"");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("rollbook stopped by a fault of its own"), "{}", ran.err);
    assert!(!ran.err.contains("secret") && !ran.err.contains("panicked"), "{}", ran.err);
}
