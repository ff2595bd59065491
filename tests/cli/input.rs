//! Standard input: which lines are read, and what is refused before anything is done.

use std::io::Write as _;
use std::process::Stdio;

use crate::desk::{Desk, Ran, finish};

/// Runs a command on bytes that need not be text.
fn run(desk: &Desk, line: &[&str], input: &[u8]) -> Ran {
    let mut command = desk.command();
    command.arg("--db").arg(desk.db()).args(line);
    finish(command, input)
}

/// The kind and the message of a refusal, which writes nothing to standard output.
#[track_caller]
fn refused(desk: &Desk, line: &[&str], input: &[u8]) -> (i32, String, String) {
    let line: Vec<&str> = line.iter().chain(&["--json"]).copied().collect();
    let ran = run(desk, &line, input);
    let error: serde_json::Value = serde_json::from_str(&ran.err).expect(&ran.err);
    assert_eq!(ran.out, "");
    (ran.code, error["kind"].as_str().unwrap().to_owned(), error["message"].as_str().unwrap().to_owned())
}

const REGISTER: &[&str] = &["user", "register", "bob", "--password-stdin"];
const LOGIN: &[&str] = &["session", "login", "alice", "--password-stdin"];
const AUTHENTICATE: &[&str] = &["user", "authenticate", "alice", "--password-stdin"];

#[test]
fn surplus_input_is_refused_and_nothing_is_done() {
    let desk = Desk::with(&[&["alice"]]);
    let token = desk.log_in("alice");
    let entries = desk.lines(&["audit", "list"], "").len();
    let session = format!("{token}\nmore");
    let cases: &[(&[&str], &str)] = &[
        (REGISTER, "pw\nsecond line"),
        (REGISTER, "pw\nsecond line\n"),
        (REGISTER, "pw\n\n"),
        (REGISTER, "pw\n\0"),
        (AUTHENTICATE, "pw\nx"),
        (LOGIN, "pw\nx\n"),
        (&["user", "passwd", "alice", "--stdin"], "pw\nnew\nx"),
        (&["user", "passwd", "alice", "--set", "--password-stdin"], "new\nx"),
        (&["user", "passwd", "alice", "--stdin", "--code"], "pw\nnew\n123456\nx"),
        (&["user", "deactivate", "--name-stdin"], "alice\nbob\n"),
        (&["user", "list", "--as", "alice"], "pw\nx"),
        (&["user", "list", "--as-session-stdin"], &session),
        (&["session", "check", "--token-stdin"], &session),
        (&["session", "logout", "--token-stdin"], &session),
        (&["token", "check", "--token-stdin"], "x\ny"),
        (&["token", "revoke", "--token-stdin"], "x\ny"),
        (&["reset", "complete", "--stdin"], "x\npassword\nwith a line break"),
        (&["factor", "confirm", "alice", "--stdin"], "secret\n123456\nx"),
        (&["factor", "disable", "alice", "--own", "--password-stdin"], "pw\nx"),
        (&["policy", "check-password", "--password-stdin"], "pw\nx"),
    ];
    for (line, input) in cases {
        let (code, kind, message) = refused(&desk, line, input.as_bytes());
        assert_eq!((code, kind.as_str()), (2, "usage"), "{line:?}: {message}");
        assert!(message.contains("standard input"), "{message}");
        for part in ["second line", "line break", &token] {
            assert!(!message.contains(part), "{message}");
        }
    }
    let bare = Desk::bare();
    let init = ["init", "--admin", "root", "--password-stdin"];
    assert_eq!(refused(&bare, &init, b"a river at night\nx").1, "usage");
    assert!(!bare.db().exists());
    assert_eq!(desk.names(&[]), ["alice"]);
    assert_eq!(desk.lines(&["audit", "list"], "").len(), entries, "nothing was done");
    desk.run(&["session", "check", "--token-stdin"], &token).ok();
}

#[test]
fn a_pipe_that_stays_open_does_not_keep_a_command_waiting() {
    let desk = Desk::with(&[&["alice"]]);
    let mut command = desk.command();
    command.arg("--db").arg(desk.db()).args(AUTHENTICATE);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"pw\n").unwrap();
    // The writing end is closed only after the command has ended.
    let status = child.wait().unwrap();
    drop(input);
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_command_that_reads_no_line_leaves_standard_input_alone() {
    let desk = Desk::with(&[&["alice"], &["bob"]]);
    for line in [&["user", "list"][..], &["user", "deactivate", "alice"], &["reset", "request", "bob"]] {
        desk.run(line, "names for the loop of a script\nmore\n").ok();
    }
}

#[test]
fn a_byte_order_mark_and_a_carriage_return_are_no_part_of_a_line() {
    let desk = Desk::with(&[&["alice"]]);
    let token = desk.log_in("alice");
    run(&desk, &["user", "register", "--name-stdin", "--password-stdin"], b"\xef\xbb\xbfbob\r\npw of bob\r\n").ok();
    for input in [&b"\xef\xbb\xbfpw of bob\n"[..], b"pw of bob\r\n", b"pw of bob", b"\xef\xbb\xbfpw of bob"] {
        run(&desk, &["user", "authenticate", "bob", "--password-stdin"], input).ok();
    }
    for end in ["", "\n", "\r\n"] {
        let input = format!("\u{feff}{token}{end}");
        run(&desk, &["session", "check", "--token-stdin"], input.as_bytes()).ok();
    }
    let code = desk.run(&["reset", "request", "bob"], "").ok().out;
    let input = format!("\u{feff}{}\r\nanother\r\n", code.trim());
    run(&desk, &["reset", "complete", "--stdin"], input.as_bytes()).ok();
    // One carriage return goes; what is left is refused like any other control character.
    assert_eq!(refused(&desk, REGISTER, b"pw\r\r\n").0, 7);
    assert_eq!(refused(&desk, REGISTER, b"\r\n").0, 7);
    // A mark inside the input is no mark.
    run(&desk, &["user", "passwd", "bob", "--stdin"], "another\n\u{feff}x\n".as_bytes()).ok();
    run(&desk, &["user", "passwd", "bob", "--stdin"], "\u{feff}\u{feff}x\nthird\n".as_bytes()).ok();
}

#[test]
fn control_characters_and_bytes_that_are_no_text_are_refused_and_named() {
    let desk = Desk::with(&[&["alice"]]);
    for (byte, named) in [(0, "U+0000"), (9, "U+0009"), (13, "U+000D"), (27, "U+001B"), (127, "U+007F")] {
        for line in [REGISTER, LOGIN, AUTHENTICATE] {
            let input = [b"pass", &[byte][..], b"word\n"].concat();
            let (code, kind, message) = refused(&desk, line, &input);
            assert_eq!((code, kind.as_str()), (7, "constraint_violation"), "{line:?} {named}");
            assert!(message.contains(named) && !message.contains("word\""), "{message}");
        }
    }
    let (_, _, message) = refused(&desk, REGISTER, "pass\u{85}word\n".as_bytes());
    assert!(message.contains("U+0085"), "{message}");
    for line in [REGISTER, LOGIN] {
        let (code, kind, message) = refused(&desk, line, b"pass\xffword\n");
        assert_eq!((code, kind.as_str()), (7, "constraint_violation"));
        assert!(message.contains("not UTF-8"), "{message}");
    }
    let named = ["user", "register", "--name-stdin", "--password-stdin"];
    for (input, words) in [(&b"bo\0b\npw\n"[..], "U+0000"), (b"bo\xffb\npw\n", "not UTF-8"), (b"bo\tb\npw\n", "U+0009")]
    {
        let (code, _, message) = refused(&desk, &named, input);
        assert!(code == 7 && message.contains(words), "{message}");
    }
    // A token that is no text is as unknown as any other.
    for input in [&b"rbs_\0\n"[..], b"rbs_\xff\n"] {
        assert_eq!(refused(&desk, &["session", "check", "--token-stdin"], input).1, "unauthenticated");
        assert_eq!(refused(&desk, &["token", "check", "--token-stdin"], input).1, "unauthenticated");
    }
    assert_eq!(desk.names(&[]), ["alice"]);
    run(&desk, &["user", "register", "bob", "--password-stdin"], "e\u{301} \u{200d} ñ 🦀\n".as_bytes()).ok();
    run(&desk, &["user", "authenticate", "bob", "--password-stdin"], "\u{e9} \u{200d} ñ 🦀\n".as_bytes()).ok();
}

#[test]
fn a_credential_of_any_length_is_a_wrong_credential_and_a_new_password_too_long() {
    let desk = Desk::with(&[&["alice"], &["root", "--role", "admin"]]);
    for length in [1_025, 65_537, 3_000_000] {
        for (letter, end) in [("x", "\n"), ("é", ""), ("x", "\r\n")] {
            let long = letter.repeat(length) + end;
            let input = |after: &str| format!("{}\n{after}", long.trim_end()).into_bytes();
            let kind = |line: &[&str], input: &[u8]| refused(&desk, line, input).1;
            assert_eq!(kind(AUTHENTICATE, long.as_bytes()), "invalid_credentials", "{length}");
            let coded = ["user", "authenticate", "alice", "--password-stdin", "--code"];
            assert_eq!(kind(&coded, &input("123456\n")), "invalid_credentials");
            assert_eq!(kind(&["user", "list", "--as", "root"], long.as_bytes()), "invalid_credentials");
            assert_eq!(kind(&["session", "check", "--token-stdin"], long.as_bytes()), "unauthenticated");
            assert_eq!(kind(&["token", "check", "--token-stdin"], long.as_bytes()), "unauthenticated");
            assert_eq!(kind(&["user", "list", "--as-session-stdin"], long.as_bytes()), "unauthenticated");
            assert_eq!(kind(&["user", "passwd", "alice", "--stdin"], &input("new\n")), "invalid_credentials");
            assert_eq!(kind(&["reset", "complete", "--stdin"], &input("new\n")), "unknown_request");
            let (code, kind, message) = refused(&desk, REGISTER, long.as_bytes());
            assert_eq!((code, kind.as_str()), (7, "constraint_violation"));
            assert_eq!(message, "the password is longer than 1024 bytes");
            desk.run(&["user", "unthrottle", "alice"], "").ok();
            desk.run(&["user", "unthrottle", "root"], "").ok();
        }
    }
    let (code, kind, message) = refused(&desk, &["user", "register", "--name-stdin", "--no-password"], &[b'x'; 70_000]);
    assert_eq!((code, kind.as_str()), (7, "constraint_violation"), "{message}");
    assert_eq!(refused(&desk, &["user", "show", "--name-stdin"], &[b'x'; 70_000]).1, "unknown_user");
}

#[test]
fn input_that_never_ends_a_line_is_read_no_further_than_its_bound() {
    let desk = Desk::with(&[&["alice"]]);
    for (line, kind) in [(AUTHENTICATE, "invalid_credentials"), (REGISTER, "constraint_violation")] {
        let mut command = desk.command();
        command.arg("--db").arg(desk.db()).args(line).arg("--json");
        let zero = std::fs::File::open("/dev/zero").unwrap();
        let output = command.stdin(zero).output().unwrap();
        let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error["kind"], kind);
    }
}

#[test]
fn a_line_that_is_missing_is_named_and_nothing_is_done() {
    let desk = Desk::with(&[&["alice"]]);
    for (line, input, missing) in [
        (&["user", "passwd", "alice", "--stdin"][..], "pw\n", "the new password"),
        (&["user", "authenticate", "--name-stdin", "--password-stdin"], "alice\n", "the password"),
        (&["user", "authenticate", "alice", "--password-stdin", "--code"], "pw\n", "second-factor code"),
        (&["user", "register", "bob", "--password-stdin", "--as", "alice"], "pw\n", "the password"),
    ] {
        let (code, kind, message) = refused(&desk, line, input.as_bytes());
        assert_eq!((code, kind.as_str()), (2, "usage"), "{message}");
        assert!(message.contains(missing), "{message}");
    }
    for line in [REGISTER, AUTHENTICATE] {
        let (code, ..) = refused(&desk, line, b"");
        assert!([4, 7].contains(&code), "an empty input is an empty password");
    }
}
