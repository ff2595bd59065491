//! Stopped for a while and continued: by the key, by a signal, by force; and refused where nobody would continue it.

use rustix::process::Signal;

use crate::harness::{Pty, ROLLBOOK, SOON, Start, all_gone, count, given_back, kill, process_with, wait_for_state};
use crate::people;

/// A shell with job control, and the console started from it.
fn from_a_shell() -> (tempfile::TempDir, Pty, i32) {
    let (folder, db) = people::three();
    let mut pty = Start::program("sh").args(["-i"]).env("PS1", "").go();
    // Quoted so that what is echoed is not taken for the prompt.
    pty.keys("PS1='she''ll> '\r");
    pty.wait_for("shell>");
    pty.keys(&format!("'{ROLLBOOK}' --db '{}'\r", db.display()));
    pty.wait_for("cleo");
    pty.is_taken();
    let console = process_with(db.to_str().unwrap());
    (folder, pty, console)
}

fn at_the_prompt(screen: &vt100::Screen) -> bool {
    given_back(screen) && screen.contents().trim_end().ends_with("shell>")
}

fn is_stopped(pty: &Pty, console: i32) {
    wait_for_state(console, 'T');
    pty.wait_until("the shell's screen and prompt", at_the_prompt);
}

fn answers_and_quits(pty: &mut Pty) {
    pty.is_taken();
    pty.keys("?");
    pty.wait_for("Keys");
    pty.keys("\x1b");
    pty.wait_until("the list again", |screen| !screen.contents().contains("Keys"));
    pty.keys("q");
    pty.wait_until("the shell's screen and prompt", at_the_prompt);
    pty.keys("exit\r");
    pty.ends_with(0);
}

fn comes_back_and_quits(pty: &mut Pty) {
    pty.keys("fg\r");
    pty.wait_until("the console's page", |screen| {
        screen.alternate_screen() && screen.bracketed_paste() && screen.contents().contains("cleo")
    });
    answers_and_quits(pty);
}

#[test]
fn ctrl_z_and_back() {
    let (_folder, mut pty, console) = from_a_shell();
    for _ in 0..2 {
        pty.keys("\x1a");
        is_stopped(&pty, console);
        pty.is_restored();
        pty.left_nothing_of(&["anna", "bert", "cleo"]);
        pty.keys("fg\r");
        pty.wait_until("the console's page", |screen| {
            screen.alternate_screen() && screen.contents().contains("cleo") && screen.hide_cursor()
        });
    }
    pty.keys("\x1a");
    is_stopped(&pty, console);
    comes_back_and_quits(&mut pty);
}

#[test]
fn sigtstp_and_back() {
    let (_folder, mut pty, console) = from_a_shell();
    kill(console, Signal::TSTP);
    is_stopped(&pty, console);
    pty.is_restored();
    comes_back_and_quits(&mut pty);
}

#[test]
fn a_stop_by_force_and_back() {
    let (_folder, mut pty, console) = from_a_shell();
    kill(console, Signal::STOP);
    wait_for_state(console, 'T');
    // Nothing could be restored, and so the shell's line ends with the bare byte; a better shell has set the terminal
    // to its own liking by now. Either way the console must take it back.
    pty.keys("fg\n");
    comes_back_without_shell(&mut pty);
}

fn comes_back_without_shell(pty: &mut Pty) {
    pty.wait_for_raw("the alternate screen once more", |raw| count(raw, b"\x1b[?1049h") == 2);
    pty.wait_until("the console's page", |screen| screen.contents().contains("cleo") && screen.hide_cursor());
    answers_and_quits(pty);
}

#[test]
fn the_size_that_changed_during_a_stop_is_seen() {
    let (_folder, mut pty, console) = from_a_shell();
    pty.keys("\x1a");
    is_stopped(&pty, console);
    pty.resize(80, 24);
    pty.keys("fg\r");
    pty.wait_until("the console's page", |screen| screen.alternate_screen() && screen.contents().contains("cleo"));
    pty.wait_until("its last line in row 24", |screen| {
        screen.rows(0, 80).nth(23).is_some_and(|row| !row.trim().is_empty())
    });
}

#[test]
fn ctrl_z_is_refused_where_there_is_no_shell() {
    let (_folder, db) = people::three();
    let mut pty = Start::console(&db).go();
    pty.wait_for("cleo");
    pty.keys("\x1a");
    pty.wait_for("no shell to return to");
    pty.is_taken();
    pty.keys("q");
    pty.ends_with(0);
    pty.is_restored();
}

#[test]
fn ctrl_z_is_refused_where_a_script_runs_the_console() {
    let (_folder, db) = people::three();
    // As `ssh -t HOST COMMAND` does; not the last command, which the shell would become.
    let line = "\"$0\" \"$@\"; exit 3";
    let mut pty = Start::program("sh").args(["-c", line, ROLLBOOK, "--db", db.to_str().unwrap()]).go();
    pty.wait_for("cleo");
    pty.keys("\x1a");
    pty.wait_for("no shell to return to");
    pty.keys("q");
    pty.ends_with(3);
}

#[test]
fn ctrl_z_stops_a_script_that_an_interactive_shell_runs_and_fg_continues_it() {
    let (_folder, db) = people::three();
    let mut pty = Start::program("bash").args(["--norc", "--noediting", "-i"]).env("PS1", "").go();
    pty.keys("PS1='she''ll> '\r");
    pty.wait_for("shell>");
    pty.keys(&format!("sh -c '\"$0\" --db \"$1\"; echo script over' '{ROLLBOOK}' '{}'\r", db.display()));
    pty.wait_for("cleo");
    pty.is_taken();
    let console = process_with(db.to_str().unwrap());
    for _ in 0..3 {
        pty.keys("\x1a");
        is_stopped(&pty, console);
        pty.keys("fg\r");
        pty.wait_until("the console's page", |screen| {
            screen.alternate_screen() && screen.contents().contains("cleo") && screen.hide_cursor()
        });
    }
    pty.keys("q");
    pty.wait_until("the end of the script", |screen| {
        at_the_prompt(screen) && screen.contents().contains("\nscript over")
    });
    pty.keys("exit\r");
    pty.ends_with(0);
}

#[test]
fn a_stopped_console_ends_when_its_shell_is_killed() {
    let (folder, mut pty, console) = from_a_shell();
    pty.keys("\x1a");
    is_stopped(&pty, console);
    pty.kill(Signal::KILL);
    pty.end_within(SOON);
    all_gone(folder.path().join("people.db").to_str().unwrap());
}
