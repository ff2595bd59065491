//! Panics on demand, for the tests of what happens then. Compiled in by the feature `provoke` only: F12 arms what the
//! environment variable `ROLLBOOK_PROVOKE` names, `draw`, `worker` or `writer`, for one panic; `command` needs no key.

use std::sync::atomic::{AtomicBool, Ordering};

use super::key::{Code, Key};

static ARMED: AtomicBool = AtomicBool::new(false);

fn wanted(place: &str) -> bool {
    let named = std::env::var("ROLLBOOK_PROVOKE").is_ok_and(|value| value == place);
    named && ARMED.swap(false, Ordering::SeqCst)
}

/// F12 arms.
pub fn on_key(key: Key) {
    if key == Key::named(Code::F(12)) {
        ARMED.store(true, Ordering::SeqCst);
    }
}

/// Panics before a command is carried out, with words that nobody may see.
pub fn in_command() {
    assert!(!std::env::var("ROLLBOOK_PROVOKE").is_ok_and(|value| value == "command"), "a secret, perhaps");
}

/// Panics in the thread that draws.
pub fn in_draw() {
    assert!(!wanted("draw"), "provoked in the drawing thread");
}

/// Panics in the thread that reads pages. The background's requests come at any time and would race with a test's key.
pub fn in_worker() {
    let pages = std::thread::current().name() == Some("pages");
    assert!(!(pages && wanted("worker")), "provoked in a worker");
}

/// Panics in the thread that carries out orders.
pub fn in_writer() {
    assert!(!wanted("writer"), "provoked in the writer");
}
