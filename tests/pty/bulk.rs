//! What is done to many, in a real terminal: its question, its progress, and a console that answers meanwhile.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rollbook::accounts::query::{Filter, State};
use rollbook::accounts::store::Sample;
use rollbook::accounts::{User, UserId};
use tempfile::TempDir;

use crate::harness::{DEADLINE, Start};
use crate::people;

/// Longer than the keys of a burst lie apart, and a fresh question takes none.
const PAUSE: Duration = Duration::from_millis(40);
const READ: Duration = Duration::from_millis(300);

/// Twelve batches.
const MANY: usize = 3_000;

fn crowd() -> (TempDir, PathBuf) {
    let (folder, db) = people::three();
    let mut accounts = people::open(&db);
    let anna = accounts.find("anna").unwrap();
    let sample = |n: usize| Sample {
        user: User { id: UserId::new(format!("{n:032x}")), name: format!("temp{n:04}"), ..anna.clone() },
        hash: None,
        sessions: Vec::new(),
    };
    accounts.load(&mut (0..MANY).map(sample), &[], &mut |_| true).unwrap();
    (folder, db)
}

/// Another program takes the right to write as soon as it gets its turn between two batches.
fn take_turn(db: &Path) -> rusqlite::Connection {
    let other = rusqlite::Connection::open(db).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    let until = Instant::now() + DEADLINE;
    while other.execute_batch("BEGIN IMMEDIATE").is_err() {
        assert!(Instant::now() < until, "no turn between the batches");
    }
    other
}

#[test]
fn while_many_are_changed_the_progress_is_drawn_and_the_cursor_moves_and_one_key_takes_it_back() {
    let (_folder, db) = crowd();
    let mut pty = Start::console(&db).go();
    pty.wait_for("temp29");
    for keys in ["/", "temp", "\r", "*"] {
        pty.keys(keys);
        std::thread::sleep(PAUSE);
    }
    pty.wait_for("3,000 marked");
    pty.keys("i");
    pty.wait_for("Deactivate 3,000 marked users");
    pty.keys("\r");
    pty.wait_for("Deactivate 3,000 users");
    std::thread::sleep(READ);
    pty.keys("3000");
    pty.wait_for("3000");
    std::thread::sleep(PAUSE);
    pty.keys("\r");
    pty.wait_until("a batch that is done", |screen| {
        let text = screen.contents();
        text.contains("deactivating ") && !text.contains("deactivating 0 of")
    });
    let writer = take_turn(&db);
    // From here on it stands still, and is not done.
    let before = pty.cursor_row().expect("a row under the cursor");
    pty.keys("jj");
    pty.wait_until("another row under the cursor", |screen| {
        crate::harness::reversed_row(screen).is_some_and(|row| row != before)
    });
    let screen = pty.screen();
    assert!(screen.contains("deactivating ") && !screen.contains("users deactivated"), "{screen}");
    writer.execute_batch("COMMIT").unwrap();
    pty.wait_for("3,000 users deactivated");
    let inactive = || people::open(&db).count(&Filter::is(State::Inactive), None).unwrap();
    assert_eq!(inactive() as usize, MANY);
    std::thread::sleep(PAUSE);
    pty.keys("z");
    pty.wait_for("taken back: 3,000 users deactivated");
    assert_eq!(inactive(), 0);
    pty.keys("q");
    pty.ends_with(0);
    pty.is_restored();
}

#[test]
fn every_frame_reaches_the_terminal_in_one_write() {
    let (_folder, db) = crowd();
    let mut pty = Start::console(&db).go();
    pty.wait_for("temp29");
    let thread = format!("/proc/{0}/task/{0}/io", pty.pid());
    let counters = || -> (usize, usize) {
        let text = std::fs::read_to_string(&thread).unwrap();
        let of = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap();
        (of("syscw:"), of("wchar:"))
    };
    if !Path::new(&thread).exists() {
        // A kernel that keeps no account of a thread's writes; the surface's own test holds without it.
        return;
    }
    let frames = |raw: &[u8]| crate::harness::count(raw, b"\x1b[?2026h");
    // All that was written has arrived: what the thread wrote besides, before it had the terminal, stays the same.
    let settled = |pty: &crate::harness::Pty, besides: Option<usize>| {
        let until = Instant::now() + DEADLINE;
        loop {
            let ((writes, bytes), raw) = (counters(), pty.raw());
            std::thread::sleep(if besides.is_none() { READ } else { Duration::from_millis(1) });
            let still = counters() == (writes, bytes) && pty.raw().len() == raw.len();
            // The counters are read before the bytes: a write between the two makes the bytes more than counted.
            let unread = bytes.checked_sub(raw.len()).filter(|_| still);
            if let Some(unread) = unread.filter(|unread| besides.is_none_or(|besides| *unread == besides)) {
                return (writes, frames(&raw), unread);
            }
            assert!(Instant::now() < until, "it never comes to rest");
        }
    };
    let first = settled(&pty, None);
    let mut before = first;
    for keys in ["j", "k", "\x1b[6~", "G", "g", "\t", "S", "/", "a", "n", "\x1b", "2", "3", "1", "?", "\x1b"] {
        pty.keys(keys);
        pty.wait_for_raw("a frame", |raw| frames(raw) > before.1);
        let now = settled(&pty, Some(first.2));
        assert_eq!(now.0 - before.0, now.1 - before.1, "writes and frames after {keys:?}");
        before = now;
    }
    assert!(before.1 - first.1 >= 16, "{} frames", before.1 - first.1);
    pty.keys("q");
    pty.ends_with(0);
}
