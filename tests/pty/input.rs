//! Input as bad links deliver it: sequences torn apart, pastes without end; and the frames that answer.

use std::time::Duration;

use rollbook::accounts::Status;

use crate::harness::{Pty, Start, count, reversed_row};
use crate::people;

/// The pause at which a link tears a sequence apart: shorter than the grace for Esc.
const TORN: Duration = Duration::from_millis(30);

fn console() -> (tempfile::TempDir, std::path::PathBuf, Pty) {
    let (folder, db) = people::three();
    let pty = Start::console(&db).go();
    pty.wait_until("the cursor on the newest", |screen| on(screen, "cleo"));
    (folder, db, pty)
}

fn on(screen: &vt100::Screen, name: &str) -> bool {
    reversed_row(screen).is_some_and(|row| row.contains(name))
}

/// Waits until everything typed before has been dealt with.
fn settle(pty: &mut Pty) {
    pty.keys("?");
    pty.wait_for("Keys");
    pty.keys("\x1b");
    pty.wait_until("the list again", |screen| !screen.contents().contains("Keys"));
}

#[test]
fn a_torn_arrow_moves() {
    let (_folder, _db, mut pty) = console();
    pty.keys("\x1b");
    std::thread::sleep(TORN);
    pty.keys("[B");
    pty.wait_until("the cursor one down", |screen| on(screen, "bert"));
    pty.keys("\x1b[");
    std::thread::sleep(TORN);
    pty.keys("B");
    pty.wait_until("the cursor two down", |screen| on(screen, "anna"));
}

#[test]
fn a_torn_paste_start_activates_nobody() {
    let (_folder, db, mut pty) = console();
    pty.keys("\x1b");
    std::thread::sleep(TORN);
    pty.keys("[200~a\r");
    // Apart from its end, so that these are too few keys to be taken for a burst: only joining them helps.
    std::thread::sleep(TORN * 4);
    pty.keys("\x1b[201~");
    settle(&mut pty);
    assert_eq!(people::status(&db, "cleo"), Status::Pending);
}

#[test]
fn a_paste_without_end_activates_nobody_and_leaves_the_keys_alive() {
    let (_folder, db, mut pty) = console();
    pty.keys("\x1b[200~a\r");
    // The silence after which a paste is taken to be over.
    std::thread::sleep(Duration::from_millis(2_300));
    settle(&mut pty);
    assert_eq!(people::status(&db, "cleo"), Status::Pending);
    pty.keys("q");
    pty.ends_with(0);
}

#[test]
fn the_key_itself_activates() {
    let (_folder, db, mut pty) = console();
    pty.keys("a");
    pty.wait_until("the person without the word", |screen| {
        reversed_row(screen).is_some_and(|row| row.contains("cleo") && !row.contains("pending"))
    });
    assert_eq!(people::status(&db, "cleo"), Status::Active);
}

#[test]
fn frames_are_marked_and_a_key_that_changes_nothing_writes_nothing() {
    let (_folder, _db, mut pty) = console();
    settle(&mut pty);
    let frames = |raw: &[u8]| (count(raw, b"\x1b[?2026h"), count(raw, b"\x1b[?2026l"));
    pty.wait_for_raw("every frame's end", |raw| frames(raw).0 > 0 && frames(raw).0 == frames(raw).1);
    // Up on the first row; that it was dealt with shows when the next key is answered.
    pty.keys("\x1b[A\x1b[A\x1b[A");
    let before = pty.raw().len();
    pty.keys("?");
    pty.wait_for("Keys");
    let answer = pty.raw()[before..].to_vec();
    assert!(frames(&answer).0 <= 2, "{:?} frames for one page: {}", frames(&answer), answer.escape_ascii());
}

#[test]
fn a_new_size_is_drawn() {
    let (_folder, _db, pty) = console();
    pty.resize(80, 24);
    pty.wait_until("the last line in row 24", |screen| {
        screen.contents().contains("cleo") && screen.rows(0, 80).nth(23).is_some_and(|row| !row.trim().is_empty())
    });
}

/// Every printable character and Enter, over and over.
fn prose(bytes: usize) -> String {
    (' '..='~').chain(['\r']).cycle().take(bytes).collect()
}

#[test]
fn a_large_paste_that_the_terminal_does_not_mark_changes_nothing_and_is_few_frames() {
    let (_folder, db, mut pty) = console();
    let before = count(&pty.raw(), b"\x1b[?2026h");
    pty.keys(&prose(100_000));
    // Overtakes what still waits, closes what was opened, and quits.
    for _ in 0..12 {
        pty.keys("\x03");
        std::thread::sleep(Duration::from_millis(150));
    }
    pty.ends_with(0);
    pty.is_restored();
    let frames = count(&pty.raw(), b"\x1b[?2026h") - before;
    assert!(frames < 200, "{frames} frames");
    for name in ["anna", "bert"] {
        assert_eq!(people::status(&db, name), Status::Active);
    }
    assert_eq!(people::status(&db, "cleo"), Status::Pending);
}

#[test]
fn ctrl_c_ends_a_paste_without_end() {
    let (_folder, db, mut pty) = console();
    pty.keys("\x1b[200~a\ra");
    std::thread::sleep(TORN);
    pty.keys("\x03");
    pty.wait_for("Ctrl-C again quits");
    pty.keys("\x03");
    pty.ends_with(0);
    pty.is_restored();
    assert_eq!(people::status(&db, "cleo"), Status::Pending);
}

#[test]
fn a_paste_without_marks_into_a_text_field_is_taken_whole() {
    let (_folder, _db, mut pty) = console();
    pty.keys("/");
    pty.keys(&format!("{}anna", "z ".repeat(700)));
    pty.wait_for("anna");
    pty.keys("\x15bert");
    pty.wait_until("the filter's match", |screen| on(screen, "bert"));
}
