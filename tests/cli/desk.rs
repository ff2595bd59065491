//! A folder of its own, with the program in it and nothing of the machine's own configuration around it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_rollbook");

/// Commands that only look, at everybody and at alice.
pub const LOOKS: &[&[&str]] = &[
    &["user", "list"],
    &["user", "show", "alice"],
    &["user", "why", "alice"],
    &["session", "list"],
    &["token", "list", "alice"],
    &["audit", "list"],
    &["audit", "verify"],
    &["policy", "show"],
];

pub struct Desk {
    pub folder: TempDir,
}

/// What a run left behind.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Desk {
    /// An empty folder without a database.
    pub fn bare() -> Desk {
        Desk { folder: tempfile::tempdir().unwrap() }
    }

    /// With a database whose passwords need only not be blank.
    pub fn open() -> Desk {
        let desk = Desk::bare();
        desk.run(&["policy", "set", "password", "open"], "").ok();
        desk
    }

    /// The same with these people in it, each with the password `pw`.
    pub fn with(people: &[&[&str]]) -> Desk {
        let desk = Desk::open();
        for person in people {
            desk.register(person);
        }
        desk
    }

    pub fn register(&self, person: &[&str]) {
        let line: Vec<&str> = ["user", "register"].iter().chain(person).chain(&["--password-stdin"]).copied().collect();
        self.run(&line, "pw\n").ok();
    }

    pub fn db(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// The program with an empty environment, apart from what it needs to find its own folders here.
    pub fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env_clear().env("HOME", self.folder.path()).env("TZ", "UTC").current_dir(self.folder.path());
        // Root's own place for it lies outside this folder.
        command.env("ROLLBOOK_KEY", self.folder.path().join("key"));
        command
    }

    pub fn run(&self, arguments: &[&str], stdin: &str) -> Ran {
        let mut command = self.command();
        command.arg("--db").arg(self.db()).args(arguments);
        finish(command, stdin.as_bytes())
    }

    /// With `--json`; exactly one object on standard output.
    pub fn json(&self, arguments: &[&str], stdin: &str) -> Value {
        let all = self.lines(arguments, stdin);
        assert_eq!(all.len(), 1, "{all:?}");
        all.into_iter().next().unwrap()
    }

    /// With `--json`; an object a line.
    pub fn lines(&self, arguments: &[&str], stdin: &str) -> Vec<Value> {
        let arguments: Vec<&str> = ["--json"].iter().chain(arguments).copied().collect();
        let ran = self.run(&arguments, stdin).ok();
        ran.out.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// Fails with this code and kind, the same in words and in JSON; answers with the message.
    pub fn fails(&self, arguments: &[&str], stdin: &str, code: i32, kind: &str) -> String {
        let ran = self.run(arguments, stdin);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{arguments:?}: {}", ran.err);
        assert!(ran.err.starts_with("rollbook: "), "{}", ran.err);
        let arguments: Vec<&str> = ["--json"].iter().chain(arguments).copied().collect();
        let ran = self.run(&arguments, stdin);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{arguments:?}: {}", ran.err);
        let error: Value = serde_json::from_str(&ran.err).expect(&ran.err);
        assert_eq!(error["kind"], kind, "{}", ran.err);
        let keys: Vec<&String> = error.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["hint", "kind", "message"]);
        error["message"].as_str().unwrap().to_owned()
    }

    pub fn log_in(&self, name: &str) -> String {
        self.run(&["session", "login", name, "--password-stdin"], "pw\n").ok().out.trim().to_owned()
    }

    pub fn id(&self, name: &str) -> String {
        self.json(&["user", "show", name], "")["user_id"].as_str().unwrap().to_owned()
    }

    pub fn names(&self, arguments: &[&str]) -> Vec<String> {
        let line: Vec<&str> = ["user", "list"].iter().chain(arguments).copied().collect();
        self.lines(&line, "").iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
    }
}

impl Ran {
    #[track_caller]
    pub fn ok(self) -> Ran {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }
}

pub fn finish(mut command: Command, stdin: &[u8]) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Who needs no input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
