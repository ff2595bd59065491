//! Folders and files that an account cannot reach: they are not taken for absent, and the error names what is closed.
//!
//! Modes do not hold root: as root these tests run the program as another account.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::desk::{Desk, PROGRAM, Ran, finish};

/// An account without rights, as most machines number it.
const NOBODY: u32 = 65_534;

/// A folder with a closed folder in it, and the program where the other account can start it.
struct Outside {
    desk: Desk,
    program: PathBuf,
    root: bool,
}

impl Outside {
    fn new() -> Outside {
        let desk = Desk::bare();
        let root = rustix::process::geteuid().is_root();
        let program = desk.folder.path().join("rollbook");
        if fs::hard_link(PROGRAM, &program).is_err() {
            fs::copy(PROGRAM, &program).unwrap();
        }
        let outside = Outside { desk, program, root };
        outside.mode("", 0o755);
        fs::create_dir(outside.path("closed")).unwrap();
        outside
    }

    fn path(&self, name: &str) -> PathBuf {
        self.desk.folder.path().join(name)
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs the program as an account to which the folder `closed` is closed.
    fn run(&self, arguments: &[&str], environment: &[(&str, &Path)]) -> Ran {
        let mut command = Command::new(&self.program);
        command.env_clear().env("TZ", "UTC").current_dir("/").args(arguments).envs(environment.iter().copied());
        self.mode("closed", if self.root { 0o700 } else { 0o000 });
        if self.root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let ran = finish(command, b"");
        self.mode("closed", 0o700);
        ran
    }
}

#[test]
fn a_database_in_a_closed_folder_is_not_taken_for_a_missing_one() {
    let outside = Outside::new();
    let db = outside.path("closed/users.db");
    let folder = format!("may not enter the folder \"{}\"", outside.path("closed").display());
    for command in ["list", "init"] {
        let line: &[&str] = if command == "init" { &["init"] } else { &["user", "list"] };
        let ran = outside.run(&[&["--db", db.to_str().unwrap(), "--config", "none", "--json"], line].concat(), &[]);
        let error: Value = serde_json::from_str(&ran.err).expect(&ran.err);
        assert_eq!((ran.code, &error["kind"]), (1, &"failure".into()), "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("cannot be opened: permission denied") && message.contains(&folder), "{message}");
        assert!(error["hint"].as_str().is_some_and(|hint| !hint.contains("rollbook init")), "{error}");
    }
    assert!(!db.exists());
    let ran = outside.run(&["--db", db.to_str().unwrap(), "--config", "none", "doctor", "--json"], &[]);
    let found: Value = serde_json::from_str(&ran.out).expect(&ran.err);
    assert_eq!((ran.code, &found["status"]), (3, &"unknown".into()), "{found}");
    assert_eq!(found["findings"][0]["kind"], "unopened");
}

#[test]
fn a_configuration_out_of_reach_counts_as_none_with_one_warning() {
    let outside = Outside::new();
    let folder = outside.path("closed/rollbook");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("config.toml"), "theme = \"dark\"\n").unwrap();
    let closed = outside.path("closed");
    let show = |arguments: &[&str]| {
        let line = [arguments, &["--db", "/nowhere.db", "config", "show", "--json"]].concat();
        outside.run(&line, &[("HOME", Path::new("/nonexistent")), ("XDG_CONFIG_HOME", &closed)])
    };
    let ran = show(&[]).ok();
    let all: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(all["theme"]["value"], "terminal");
    // The machine may have a configuration of its own that this account cannot read.
    let own = |line: &&str| line.contains("warning") && line.contains(closed.to_str().unwrap());
    assert_eq!(ran.err.lines().filter(own).count(), 1, "{}", ran.err);
    assert!(ran.err.contains("may not enter the folder") && ran.err.contains("--config none"), "{}", ran.err);
    assert_eq!(show(&["--config", "none"]).ok().err, "");
    let named = folder.join("config.toml");
    let ran = show(&["--config", named.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "a file that is named has to be read: {}", ran.out);
    assert!(ran.err.contains("cannot be read: permission denied"), "{}", ran.err);
}

#[test]
fn init_without_a_place_for_the_key_makes_nothing_and_says_why() {
    let outside = Outside::new();
    fs::create_dir(outside.path("data")).unwrap();
    if outside.root {
        std::os::unix::fs::chown(outside.path("data"), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    outside.mode("data", 0o700);
    let db = outside.path("data/users.db");
    let line = ["--db", db.to_str().unwrap(), "--config", "none", "init"];
    let ran = outside.run(&line, &[("HOME", &outside.path("closed"))]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("the key \"") && ran.err.contains("key in config.toml"), "{}", ran.err);
    assert!(!db.exists());
    // The key beside the database, as the README has it.
    let file = outside.path("config.toml");
    fs::write(&file, "db = \"data/users.db\"\nkey = \"data/key\"\n").unwrap();
    outside.mode("config.toml", 0o644);
    let ran = outside.run(&["--config", file.to_str().unwrap(), "init"], &[("HOME", Path::new("/nonexistent"))]).ok();
    assert!(ran.err.contains("made the key"), "{}", ran.err);
    for made in ["data/users.db", "data/key"] {
        assert_eq!(fs::metadata(outside.path(made)).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
