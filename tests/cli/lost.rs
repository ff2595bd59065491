//! Commands whose answer is a secret, with a standard output that takes nothing: nothing is changed, or it is withdrawn.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::Stdio;

use rollbook::accounts::{Time, base32, totp};
use serde_json::Value;

use crate::desk::{Desk, PROGRAM, Ran};

fn code(secret: &str, steps: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let step = totp::step(Time::from_millis(i64::try_from(now.as_millis()).unwrap()));
    totp::code(&base32::decode(secret).unwrap(), step + steps)
}

/// Ways in which a standard output takes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shut {
    Closed,
    ReadOnly,
    NoReader,
    Full,
}

/// Seen before anything is done, unlike a full disk.
const BEFORE: [Shut; 3] = [Shut::Closed, Shut::ReadOnly, Shut::NoReader];

fn run(desk: &Desk, shut: Shut, arguments: &[&str], stdin: &str) -> Ran {
    let mut command = desk.command();
    if shut == Shut::Closed {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" >&-", PROGRAM]).env_clear().current_dir(desk.folder.path());
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command = shell;
    }
    match shut {
        Shut::Closed => command.stdout(Stdio::null()),
        Shut::ReadOnly => command.stdout(OpenOptions::new().read(true).open("/dev/null").unwrap()),
        Shut::Full => command.stdout(OpenOptions::new().write(true).open("/dev/full").unwrap()),
        Shut::NoReader => {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            command.stdout(writer)
        }
    };
    command.arg("--db").arg(desk.db()).args(arguments).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let code = output.status.code().unwrap_or(-1);
    Ran { code, out: String::new(), err: String::from_utf8(output.stderr).unwrap() }
}

fn entries(desk: &Desk) -> Vec<Value> {
    desk.lines(&["audit", "list"], "")
}

/// Alice with a second factor; its secret and backup codes.
fn with_factor() -> (Desk, String, Vec<String>) {
    let desk = Desk::with(&[&["alice"], &["bob"]]);
    let secret = desk.json(&["factor", "enable", "alice", "--dry-run"], "")["secret"].as_str().unwrap().to_owned();
    let typed = format!("{secret}\n{}\n", code(&secret, 0));
    let done = desk.run(&["factor", "confirm", "alice", "--stdin"], &typed).ok();
    (desk, secret, done.out.lines().map(str::to_owned).collect())
}

#[test]
fn a_secret_is_not_made_if_standard_output_takes_nothing() {
    let (desk, secret, codes) = with_factor();
    let typed = format!("{secret}\n{}\n", code(&secret, 0));
    let own = format!("pw\n{}\n", codes[0]);
    let commands: [(&[&str], &str); 7] = [
        (&["token", "create", "bob"], ""),
        (&["session", "login", "bob", "--password-stdin"], "pw\n"),
        (&["reset", "request", "bob"], ""),
        (&["factor", "confirm", "bob", "--stdin"], &typed),
        (&["factor", "codes", "alice"], ""),
        (&["factor", "codes", "alice", "--own", "--password-stdin", "--code"], &own),
        (&["factor", "enable", "bob", "--dry-run", "--json"], ""),
    ];
    let before = entries(&desk);
    for shut in BEFORE {
        for (arguments, stdin) in commands {
            for json in [&[][..], &["--json"]] {
                let ran = run(&desk, shut, &[arguments, json].concat(), stdin);
                assert_eq!(
                    ran.code,
                    if arguments.contains(&"--json") && !json.is_empty() { 2 } else { 1 },
                    "{shut:?} {arguments:?}: {}",
                    ran.err
                );
                let told = ran.err.contains("standard output") || ran.code == 2;
                assert!(told, "{shut:?} {arguments:?}: {}", ran.err);
            }
        }
    }
    assert_eq!(entries(&desk), before);
}

#[test]
fn a_token_and_a_session_that_could_not_be_written_are_withdrawn() {
    let desk = Desk::with(&[&["bob"]]);
    for json in [&[][..], &["--json"]] {
        let ran = run(&desk, Shut::Full, &[&["token", "create", "bob"][..], json].concat(), "");
        assert!(ran.code == 1 && ran.err.contains("no space left") && ran.err.contains("revoked"), "{}", ran.err);
        let login = ["session", "login", "bob", "--password-stdin"];
        let ran = run(&desk, Shut::Full, &[&login[..], json].concat(), "pw\n");
        assert!(ran.code == 1 && ran.err.contains("no space left") && ran.err.contains("ended"), "{}", ran.err);
    }
    assert!(desk.lines(&["token", "list", "bob"], "").is_empty());
    assert!(desk.lines(&["session", "list"], "").is_empty());
    let withdrawn = entries(&desk).iter().filter(|entry| entry["reason"] == "its output failed").count();
    assert_eq!(withdrawn, 4, "{:?}", entries(&desk));
}

#[test]
fn a_reset_code_that_could_not_be_written_is_not_issued_and_the_earlier_one_stays() {
    let desk = Desk::with(&[&["bob"]]);
    let earlier = desk.run(&["reset", "request", "bob"], "").ok().out;
    let before = entries(&desk);
    for json in [&[][..], &["--json"]] {
        let ran = run(&desk, Shut::Full, &[&["reset", "request", "bob"][..], json].concat(), "");
        assert!(ran.code == 1 && ran.err.contains("was not issued"), "{}", ran.err);
    }
    assert_eq!(entries(&desk), before);
    desk.run(&["reset", "complete", "--stdin"], &format!("{earlier}another\n")).ok();
}

#[test]
fn backup_codes_that_could_not_be_written_change_nothing() {
    let (desk, secret, codes) = with_factor();
    let typed = format!("{secret}\n{}\n", code(&secret, 0));
    let before = entries(&desk);
    for json in [&[][..], &["--json"]] {
        let ran = run(&desk, Shut::Full, &[&["factor", "confirm", "bob", "--stdin"][..], json].concat(), &typed);
        assert!(ran.code == 1 && ran.err.contains("the second factor is off"), "{}", ran.err);
        let ran = run(&desk, Shut::Full, &[&["factor", "codes", "alice"][..], json].concat(), "");
        assert!(ran.code == 1 && ran.err.contains("the old ones stay"), "{}", ran.err);
    }
    assert_eq!(entries(&desk), before);
    assert_eq!(desk.json(&["user", "show", "bob"], "")["factor"], false);
    let own = ["factor", "codes", "alice", "--own", "--password-stdin", "--code"];
    let ran = run(&desk, Shut::Full, &own, &format!("pw\n{}\n", codes[0]));
    assert!(ran.code == 1 && ran.err.contains("the old ones stay"), "{}", ran.err);
    let check = ["user", "authenticate", "alice", "--password-stdin", "--code"];
    desk.run(&check, &format!("pw\n{}\n", codes[1])).ok();
}

#[test]
fn the_null_device_opened_for_writing_takes_a_secret() {
    let desk = Desk::with(&[&["bob"]]);
    let mut command = desk.command();
    command.arg("--db").arg(desk.db()).args(["token", "create", "bob"]);
    command.stdout(OpenOptions::new().write(true).open("/dev/null").unwrap());
    assert!(command.status().unwrap().success());
    assert_eq!(desk.lines(&["token", "list", "bob"], "").len(), 1);
}
