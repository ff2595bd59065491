//! Stopped for a while and continued: by the key, by a signal, by force; and refused where nobody would continue it.

use rustix::process::Signal;

use crate::harness::{Pty, ROLLBOOK, Start, count, given_back, kill, process_with, wait_for_state};
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
    pty.wait_for("there is no shell to go back to");
    pty.is_taken();
    pty.keys("q");
    pty.ends_with(0);
    pty.is_restored();
}
