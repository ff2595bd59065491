//! Commands that make a file, killed at many moments: afterwards the file is complete or absent, and the next command
//! leaves nothing else in the folder.

use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::desk::Desk;

const KILLS: u32 = 12;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Kills a run after each of several delays between nothing and the time that a whole run takes, and looks at each desk.
fn kill_at_many_moments(arguments: &[&str], after: impl Fn(&Desk)) {
    let begin = |desk: &Desk| {
        let mut command = desk.command();
        command.arg("--db").arg(desk.db()).args(arguments).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"correct horse battery\n").unwrap();
        child
    };
    let whole = Desk::bare();
    let began = Instant::now();
    assert!(begin(&whole).wait().unwrap().success());
    let takes = began.elapsed();
    for kill in 0..KILLS {
        let desk = Desk::bare();
        let mut child = begin(&desk);
        std::thread::sleep(takes * kill / KILLS);
        child.kill().unwrap();
        child.wait().unwrap();
        after(&desk);
    }
}

#[test]
fn init_killed_at_any_moment_leaves_no_database_or_one_with_its_administrator() {
    kill_at_many_moments(&["init", "--admin", "root", "--password-stdin"], |desk| {
        if desk.db().exists() {
            assert_eq!(desk.names(&[]), ["root"]);
            desk.fails(&["init"], "", 1, "failure");
        } else {
            desk.run(&["init", "--admin", "root", "--password-stdin"], "correct horse battery\n").ok();
            assert_eq!(desk.names(&[]), ["root"]);
        }
        assert_eq!(
            names(desk.folder.path()).iter().filter(|name| *name != "key").count(),
            1,
            "{:?}",
            names(desk.folder.path())
        );
    });
}

#[test]
fn a_demo_file_killed_at_any_moment_is_absent_or_has_everybody() {
    let arguments = ["demo", "--no-console", "--users", "500"];
    kill_at_many_moments(&arguments, |desk| {
        if !desk.db().exists() {
            desk.run(&arguments, "").ok();
        } else {
            desk.fails(&arguments, "", 1, "failure");
        }
        assert_eq!(names(desk.folder.path()), ["test.db"]);
        let entries = desk.lines(&["audit", "list"], "");
        assert!(entries[0].to_string().contains("500 people"), "{entries:?}");
    });
}

#[test]
fn a_demo_file_that_is_interrupted_leaves_nothing() {
    // Under nohup a hang-up is ignored, as the caller wants.
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap().trim();
    let no_hang_up = u64::from_str_radix(ignored, 16).unwrap() & 1 != 0;
    for signal in ["INT", "TERM", "HUP"].into_iter().filter(|signal| !(no_hang_up && *signal == "HUP")) {
        let desk = Desk::bare();
        let mut command = desk.command();
        command.arg("--db").arg(desk.db()).args(["demo", "--no-console", "--users", "200000"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while names(desk.folder.path()).is_empty() {
            assert!(child.try_wait().unwrap().is_none(), "it has ended");
            std::thread::sleep(Duration::from_millis(1));
        }
        let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().code(), Some(9), "{signal}");
        assert!(names(desk.folder.path()).is_empty(), "{signal}: {:?}", names(desk.folder.path()));
    }
}

#[test]
fn init_removes_the_folder_of_a_dead_process_and_no_other() {
    let desk = Desk::bare();
    let open = desk.folder.path().join(".rollbook-new-open");
    std::fs::DirBuilder::new().mode(0o755).create(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
    let dead = desk.folder.path().join(".rollbook-new-dead");
    std::fs::DirBuilder::new().mode(0o700).create(&dead).unwrap();
    std::fs::write(dead.join("test.db"), "half").unwrap();
    desk.run(&["init", "--dry-run"], "").ok();
    assert!(dead.exists(), "a dry run removes nothing");
    desk.run(&["init"], "").ok();
    assert!(open.exists() && !dead.exists());
}

#[test]
fn init_replaces_an_empty_file() {
    let desk = Desk::bare();
    std::fs::write(desk.db(), "").unwrap();
    std::fs::set_permissions(desk.db(), std::fs::Permissions::from_mode(0o600)).unwrap();
    let message = desk.fails(&["user", "list"], "", 6, "no_database");
    assert!(message.contains("the file is empty"), "{message}");
    desk.run(&["init"], "").ok();
    desk.run(&["user", "list"], "").ok();
}

#[test]
fn init_refuses_a_place_beside_the_log_of_another_database() {
    for end in ["-wal", "-journal"] {
        let desk = Desk::bare();
        let log = format!("{}{end}", desk.db().display());
        std::fs::write(&log, "changes").unwrap();
        let message = desk.fails(&["init"], "", 1, "failure");
        assert!(message.contains(&log), "{message}");
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "changes");
        assert!(!desk.db().exists());
    }
}

#[test]
fn an_audit_export_killed_at_any_moment_leaves_no_file_or_all_of_it() {
    let desk = Desk::open();
    for n in 0..40 {
        desk.register(&[&format!("user{n}")]);
    }
    for kill in 0..KILLS {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.jsonl");
        let mut command = desk.command();
        command.arg("--db").arg(desk.db()).args(["audit", "export"]).arg(&file);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(u64::from(kill)));
        child.kill().unwrap();
        child.wait().unwrap();
        if file.exists() {
            desk.run(&["audit", "verify", "--export", file.to_str().unwrap()], "").ok();
        }
        let again = folder.path().join("again.jsonl");
        desk.register(&[&format!("later{kill}")]);
        desk.run(&["audit", "export", again.to_str().unwrap()], "").ok();
        assert!(names(folder.path()).iter().all(|name| name.ends_with(".jsonl")), "{:?}", names(folder.path()));
    }
}
