//! The console over a real sshd on loopback, whose client dies: no process stays, nothing is left half done.
#![cfg(target_os = "linux")] // the processes are watched through /proc
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rollbook::accounts::Kind;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::harness::{DEADLINE, Pty, ROLLBOOK, Start, all_gone, clean_env, process_with};

mod support;

#[path = "pty/harness.rs"]
mod harness;
#[path = "pty/people.rs"]
mod people;

/// An sshd of the test's own, on a free port of loopback, that lets in the one key made for it.
struct Sshd {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Sshd {
    /// `None` where there is no sshd to start and nobody insists that there be one.
    fn start() -> Option<Sshd> {
        let Some(program) = find("sshd") else {
            assert!(std::env::var_os("CI").is_none(), "openssh-server is not installed, and CI must have it");
            eprintln!("skipped: openssh-server is not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        for key in ["host", "client"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(folder.path().join(key))
                .status()
                .unwrap();
            assert!(made.success());
        }
        fs::copy(folder.path().join("client.pub"), folder.path().join("authorized_keys")).unwrap();
        if rustix::process::getuid().is_root() {
            // Where sshd, run by root, shuts its unprivileged half in; the package's service would have made it.
            let _ = fs::create_dir_all("/run/sshd");
        }
        // The port is free at this moment and may be taken by the next; then another is tried.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(process) = try_port(&program, folder.path(), port) {
                return Some(Sshd { process, port, folder });
            }
        }
        panic!("sshd does not start:\n{}", fs::read_to_string(folder.path().join("log")).unwrap_or_default());
    }

    /// The console over `ssh -tt`.
    fn console(&self, db: &Path) -> Pty {
        let home = self.folder.path().join("home");
        fs::create_dir_all(&home).unwrap();
        let env: Vec<String> = clean_env(&home).iter().map(|(name, value)| format!("{name}='{value}'")).collect();
        let remote = format!("exec env -u NO_COLOR {} '{ROLLBOOK}' --db '{}'", env.join(" "), db.display());
        let key = self.folder.path().join("client");
        let port = self.port.to_string();
        let mut args = vec!["-tt", "-F", "none", "-i", key.to_str().unwrap(), "-p", &port];
        for option in
            ["BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"]
        {
            args.extend(["-o", option]);
        }
        args.extend(["-o", "LogLevel=ERROR", "127.0.0.1", &remote]);
        let pty = Start::program("ssh").args(args).go();
        pty.wait_for("cleo");
        pty
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/usr/local/sbin", "/sbin"]);
    // sshd starts itself again for each connection and insists on its full path for that.
    folders.map(|folder| Path::new(folder).join(program)).find(|file| file.is_absolute() && file.is_file())
}

fn try_port(program: &Path, folder: &Path, port: u16) -> Option<Child> {
    let config = folder.join("sshd_config");
    let at = folder.display();
    let text = format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {at}/host\nAuthorizedKeysFile {at}/authorized_keys\n\
         PidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n\
         KbdInteractiveAuthentication no\nPrintMotd no\nPrintLastLog no\n"
    );
    fs::write(&config, text).unwrap();
    let log = fs::File::create(folder.join("log")).unwrap();
    let mut process = Command::new(program)
        .args(["-D", "-e", "-f"])
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let until = Instant::now() + DEADLINE;
    while process.try_wait().unwrap().is_none() && Instant::now() < until {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(process);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = process.kill();
    let _ = process.wait();
    None
}

/// Opens the form for a new user and types the name.
fn name(pty: &mut Pty, name: &str) {
    pty.keys("n");
    pty.wait_for("New user");
    pty.keys(name);
    pty.wait_until("the name in its field", |screen| {
        screen.contents().lines().any(|line| line.contains("Name") && line.contains(name))
    });
}

/// Fills in the rest: past the e-mail and the way to the password, which is made; then to the last field, where Enter
/// sends the form.
fn fill_in(pty: &mut Pty) {
    pty.keys("\t\t\t\x07");
    pty.wait_for("good");
    pty.keys("\t\t\t");
    // What comes at once with these is taken for a paste.
    pty.wait_until("the last field", |screen| {
        let row = usize::from(screen.cursor_position().0);
        screen.contents().lines().nth(row).is_some_and(|line| line.contains("must be activated"))
    });
}

#[test]
fn the_client_killed_in_the_middle_of_typing() {
    let Some(sshd) = Sshd::start() else { return };
    let (_folder, db) = people::three();
    let mut pty = sshd.console(&db);
    let path = db.to_str().unwrap();
    process_with(path);
    name(&mut pty, "dora");
    pty.keys("@exam");
    pty.kill(Signal::KILL);
    all_gone(path);
    people::is_whole(&db);
    assert_eq!(people::open(&db).find("dora").unwrap_err().kind, Kind::UnknownUser);
    assert_eq!(people::open(&db).find("dora@exam").unwrap_err().kind, Kind::UnknownUser);
}

#[test]
fn the_client_killed_in_the_middle_of_a_write() {
    let Some(sshd) = Sshd::start() else { return };
    let (_folder, db) = people::three();
    let path = db.to_str().unwrap();
    let entries = people::open(&db).audit(None, None, 100).unwrap().len();
    let mut made = 0;
    // From before the key arrives to after the answer does: the write lies somewhere between.
    let waits = [0, 1, 2, 4, 7, 12, 20, 35, 60, 100, 200].map(Some).into_iter().chain([None]);
    for (round, wait) in waits.enumerate() {
        let dora = format!("dora{round}");
        let mut pty = sshd.console(&db);
        process_with(path);
        name(&mut pty, &dora);
        fill_in(&mut pty);
        // A robot fills a form within the 20 ms in which eight keys are taken for a paste; fingers do not.
        std::thread::sleep(Duration::from_millis(40));
        pty.keys("\r");
        match wait {
            Some(wait) => std::thread::sleep(Duration::from_millis(wait)),
            None => pty.wait_until("the form gone", |screen| !screen.contents().contains("New user")),
        }
        pty.kill(Signal::KILL);
        all_gone(path);
        people::is_whole(&db);
        let mut accounts = people::open(&db);
        match accounts.find(&dora) {
            Ok(user) => {
                made += 1;
                assert_eq!(accounts.audit(Some(&user.id), None, 10).unwrap().len(), 1, "{dora} and its one entry");
            }
            Err(error) => {
                assert!(wait.is_some(), "what was shown as done is done: {error}");
                assert_eq!(error.kind, Kind::UnknownUser, "{error}");
            }
        }
        assert_eq!(accounts.audit(None, None, 100).unwrap().len(), entries + made, "an entry for each who is there");
    }
}

#[test]
fn quitting_over_ssh_gives_the_exit_code() {
    let Some(sshd) = Sshd::start() else { return };
    let (_folder, db) = people::three();
    let mut pty = sshd.console(&db);
    pty.keys("q");
    let status = pty.end_within(DEADLINE);
    assert_eq!((status.signal(), status.exit_code()), (None, 0));
    pty.is_restored();
    all_gone(db.to_str().unwrap());
}
