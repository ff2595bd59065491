//! Every way out gives the terminal back as it was, and leaves no process.

use std::time::{Duration, Instant};

use rustix::process::Signal;

#[cfg(feature = "provoke")]
use crate::harness::reversed_row;
use crate::harness::{DEADLINE, Pty, ROLLBOOK, SOON, Start, all_gone, count, kill, process_with};
use crate::people;

/// The names on the screen.
const PEOPLE: [&str; 3] = ["anna", "bert", "cleo"];

/// The console on three people, its first page drawn.
fn console() -> (tempfile::TempDir, Pty) {
    let (folder, db) = people::three();
    let pty = Start::console(&db).go();
    pty.wait_for("cleo");
    pty.is_taken();
    (folder, pty)
}

/// Sends the program repaints until it can write no more, since nobody takes what it writes.
fn block(pty: &mut Pty) {
    pty.stop_reading();
    let until = Instant::now() + DEADLINE;
    // For a moment it is full during every write; it has to stay so.
    let mut full = 0;
    while full < 30 {
        assert!(Instant::now() < until, "the terminal does not fill");
        full = if pty.is_full() { full + 1 } else { 0 };
        pty.keys("\x0c");
        std::thread::sleep(Duration::from_millis(4));
    }
}

#[test]
fn quit() {
    let (_folder, mut pty) = console();
    pty.keys("q");
    pty.ends_with(0);
    pty.is_restored();
    pty.left_nothing_of(&PEOPLE);
}

#[test]
fn quit_after_a_repaint_and_a_new_size() {
    let (_folder, mut pty) = console();
    pty.keys("\x0c");
    pty.wait_for_raw("two whole pages", |raw| count(raw, b"cleo") >= 2);
    pty.resize(80, 24);
    pty.wait_until("the last line in row 24", |screen| {
        screen.rows(0, 80).nth(23).is_some_and(|row| !row.trim().is_empty())
    });
    pty.keys("q");
    pty.ends_with(0);
    pty.is_restored();
    pty.left_nothing_of(&PEOPLE);
    let raw = pty.raw();
    let end = raw.windows(5).rposition(|window| window == b"2026l").unwrap();
    assert_eq!(count(&raw[end..], b"\x1b[2K"), 40, "the rows of the larger screen too");
}

#[test]
fn a_size_that_no_display_has_is_bounded() {
    let (_folder, mut pty) = console();
    for (columns, rows) in [(30_000, 30_000), (65_535, 1), (0, 0), (1, 65_535), (120, 40)] {
        let before = pty.raw().len();
        pty.claim_size(columns, rows);
        pty.wait_for_raw("a frame", |raw| count(&raw[before..], b"\x1b[?2026l") > 0);
    }
    pty.wait_until("the list", |screen| screen.contents().contains("cleo"));
    pty.keys("q");
    pty.ends_with(0);
    pty.is_restored();
}

#[test]
fn whoever_quits_while_sample_people_are_made_leaves_none_behind() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().to_str().unwrap();
    let mut pty = Start::program(ROLLBOOK).env("TMPDIR", temporary).args(["demo", "--users", "1000000"]).go();
    pty.wait_for("making sample people");
    pty.keys("q");
    pty.ends_with(0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A demo whose temporary folder is in this folder, with its service at work.
fn demo(temporary: &std::path::Path) -> Pty {
    let pty = Start::program(ROLLBOOK).env("TMPDIR", temporary.to_str().unwrap()).args(["demo"]).go();
    // A busy machine takes long to make the sample people.
    pty.wait_for_within("newest first", LONG);
    pty.is_taken();
    pty
}

/// Longer than a busy machine takes; a pass needs a small part of it.
const LONG: Duration = Duration::from_secs(120);

#[test]
fn a_demo_that_is_ended_leaves_no_folder() {
    // The end of the terminal and its signal come in either order: several times.
    for signal in ["Terminated", "Interrupt"].into_iter().chain(["Hangup"; 6]) {
        let folder = tempfile::tempdir().unwrap();
        let mut pty = demo(folder.path());
        match signal {
            "Terminated" => pty.kill(Signal::TERM),
            "Interrupt" => pty.kill(Signal::INT),
            _ => pty.close(),
        }
        assert_eq!(pty.end_within(LONG).signal(), Some(signal));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{signal}");
    }
}

#[test]
fn the_next_demo_removes_the_folder_of_one_that_was_killed_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let count = || std::fs::read_dir(folder.path()).unwrap().count();
    let mut living = demo(folder.path());
    let mut killed = demo(folder.path());
    assert_eq!(count(), 2);
    killed.kill(Signal::KILL);
    killed.end_within(LONG);
    assert_eq!(count(), 2);
    let mut next = demo(folder.path());
    assert_eq!(count(), 2, "of the living one and the new one");
    for pty in [&mut next, &mut living] {
        pty.keys("q");
        assert!(pty.end_within(LONG).success());
    }
    assert_eq!(count(), 0);
}

#[test]
fn a_terminal_is_needed_and_said_to_be() {
    let (_folder, db) = people::three();
    let output = std::process::Command::new(ROLLBOOK)
        .args(["--db", db.to_str().unwrap()])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty(), "not one escape sequence: {output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("terminal"), "{output:?}");
}

#[cfg(feature = "provoke")]
fn provoked(whom: &str) -> (tempfile::TempDir, std::path::PathBuf, Pty) {
    let (folder, db) = people::three();
    let pty = Start::console(&db).env("ROLLBOOK_PROVOKE", whom).go();
    pty.wait_for("cleo");
    (folder, db, pty)
}

/// F12 arms one panic.
#[cfg(feature = "provoke")]
const ARM: &str = "\x1b[24~";

#[cfg(feature = "provoke")]
#[test]
fn a_panic_in_the_drawing_thread() {
    let (_folder, db, mut pty) = provoked("draw");
    pty.keys(&format!("{ARM}R"));
    pty.ends_with(1);
    pty.is_restored();
    pty.left_nothing_of(&PEOPLE);
    pty.wait_for("rollbook stopped by a fault of its own");
    people::is_whole(&db);
}

#[cfg(feature = "provoke")]
#[test]
fn a_panic_in_a_worker_fails_one_question_and_the_console_goes_on() {
    let (_folder, db, mut pty) = provoked("worker");
    pty.keys(&format!("{ARM}3"));
    pty.wait_for("a fault in the program at src");
    pty.is_taken();
    pty.keys("R");
    pty.wait_for("read again");
    pty.wait_for("create");
    pty.keys("q");
    pty.ends_with(0);
    pty.is_restored();
    people::is_whole(&db);
}

#[cfg(feature = "provoke")]
#[test]
fn a_panic_in_the_writer_fails_one_order_and_the_next_is_carried_out() {
    use rollbook::accounts::Status;
    let (_folder, db, mut pty) = provoked("writer");
    pty.keys(&format!("{ARM}a"));
    pty.wait_for("a fault in the program at src");
    assert_eq!(people::status(&db, "cleo"), Status::Pending);
    pty.keys("a");
    pty.wait_until("the person without the word", |screen| {
        reversed_row(screen).is_some_and(|row| row.contains("cleo") && !row.contains("pending"))
    });
    assert_eq!(people::status(&db, "cleo"), Status::Active);
    pty.keys("q");
    pty.ends_with(0);
    people::is_whole(&db);
}

fn dies_restored(signal: Signal, name: &str) {
    let (_folder, mut pty) = console();
    pty.kill(signal);
    pty.ends_by(name);
    pty.is_restored();
    pty.left_nothing_of(&PEOPLE);
}

#[test]
fn sighup() {
    dies_restored(Signal::HUP, "Hangup");
}

#[test]
fn sigterm() {
    dies_restored(Signal::TERM, "Terminated");
}

#[test]
fn sigint() {
    dies_restored(Signal::INT, "Interrupt");
}

#[test]
fn sigquit() {
    dies_restored(Signal::QUIT, "Quit");
}

#[test]
fn sigusr1() {
    dies_restored(Signal::USR1, "User defined signal 1");
}

#[test]
fn sigxcpu() {
    dies_restored(Signal::XCPU, "CPU time limit exceeded");
}

#[test]
fn what_was_half_typed_does_not_reach_the_shell() {
    let (_folder, db) = people::three();
    let mut pty = Start::program("sh").args(["-i"]).env("PS1", "").go();
    let line = format!("PS1='she''ll> '; '{ROLLBOOK}' --db '{}'\r", db.display());
    pty.keys(&line);
    pty.wait_for("cleo");
    let console = process_with(db.to_str().unwrap());
    // Read by the console or not yet: it must not matter.
    pty.keys("/secret");
    kill(console, Signal::TERM);
    all_gone(db.to_str().unwrap());
    pty.wait_for("shell>");
    pty.keys("\recho shell' 'lives\r");
    pty.wait_for("shell lives");
    assert!(!pty.screen().contains("secret"), "{}", pty.screen());
}

#[test]
fn sigterm_while_nobody_takes_what_is_written() {
    let (_folder, mut pty) = console();
    block(&mut pty);
    pty.kill(Signal::TERM);
    pty.ends_by("Terminated");
    pty.go_on_reading();
    pty.is_restored();
}

#[test]
fn a_closed_terminal() {
    let (_folder, mut pty) = console();
    pty.close();
    pty.ends_by("Hangup");
}

#[test]
fn a_closed_terminal_while_nobody_takes_what_is_written() {
    let (_folder, mut pty) = console();
    block(&mut pty);
    pty.close();
    pty.ends_by("Hangup");
}

/// The console as `nohup` would start it.
fn deaf_to_hangups() -> (tempfile::TempDir, Pty) {
    let (folder, db) = people::three();
    let line = "trap '' HUP; exec \"$0\" \"$@\"";
    let pty = Start::program("sh").args(["-c", line, ROLLBOOK, "--db", db.to_str().unwrap()]).go();
    pty.wait_for("cleo");
    pty.is_taken();
    (folder, pty)
}

#[test]
fn a_closed_terminal_with_sighup_ignored() {
    let (_folder, mut pty) = deaf_to_hangups();
    pty.close();
    pty.ends_with(129);
}

#[test]
fn a_closed_terminal_with_sighup_ignored_while_nobody_takes_what_is_written() {
    let (_folder, mut pty) = deaf_to_hangups();
    block(&mut pty);
    pty.close();
    pty.ends_with(129);
}

#[test]
fn an_ignored_sighup_stays_ignored() {
    let (_folder, mut pty) = deaf_to_hangups();
    pty.kill(Signal::HUP);
    // It answers a key that was typed after the signal.
    pty.keys("?");
    pty.wait_for("Keys");
    pty.keys("\x1b");
    pty.wait_until("the list again", |screen| !screen.contents().contains("Keys"));
    pty.keys("q");
    pty.end_within(SOON);
    pty.is_restored();
}
