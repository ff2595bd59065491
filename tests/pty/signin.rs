//! A required log-in in a real terminal: what the other end of the line gets to see before it.

use std::path::PathBuf;
use std::time::Duration;

use rollbook::accounts::{Draft, Role};
use tempfile::TempDir;

use crate::harness::{Pty, Start, count};
use crate::people;

/// Longer than the keys of a burst lie apart.
const PAUSE: Duration = Duration::from_millis(40);

/// The three people, an admin called root, and a log-in that is required.
fn guarded() -> (TempDir, PathBuf) {
    let (folder, db) = people::three();
    let mut accounts = people::open(&db);
    let draft = Draft { role: Role::Admin, ..Draft::named("root").unwrap() };
    accounts.create_user(draft, Some(&people::secret())).unwrap();
    accounts.set_policy("console-login", "required").unwrap();
    (folder, db)
}

fn type_slowly(pty: &mut Pty, text: &str) {
    for piece in text.split_inclusive(' ') {
        pty.keys(piece);
        std::thread::sleep(PAUSE);
    }
    pty.keys("\r");
    std::thread::sleep(PAUSE);
}

#[test]
fn nothing_of_the_people_reaches_the_line_before_the_login_and_the_password_never_does() {
    let (_folder, db) = guarded();
    let mut pty = Start::console(&db).go();
    pty.wait_for("Log in ·");
    type_slowly(&mut pty, "bert");
    type_slowly(&mut pty, people::PASSWORD);
    pty.wait_for("admins and auditors");
    let seen = pty.raw();
    for name in ["anna", "cleo", "CAN LOG IN"] {
        assert_eq!(count(&seen, name.as_bytes()), 0, "{name}");
    }
    pty.keys("\x1b[Z");
    std::thread::sleep(PAUSE);
    pty.keys("\x15");
    type_slowly(&mut pty, "root");
    type_slowly(&mut pty, people::PASSWORD);
    // All three connections act in the new name: the list, the first line's counts, and an order.
    pty.wait_for("anna");
    pty.wait_for("root ·");
    pty.wait_for("1 pending");
    pty.keys("j");
    pty.wait_until("the cursor on cleo", |screen| {
        crate::harness::reversed_row(screen).is_some_and(|row| row.contains("cleo"))
    });
    pty.keys("a");
    pty.wait_for("cleo is active");
    let by = people::open(&db).find("cleo").unwrap().status_by;
    assert_eq!(by.as_deref(), Some("root"));
    for word in people::PASSWORD.split(' ').filter(|word| word.len() > 4) {
        assert_eq!(count(&pty.raw(), word.as_bytes()), 0, "{word}");
    }
    pty.keys("q");
    pty.ends_with(0);
    pty.is_restored();
}

#[test]
fn a_console_that_only_looks_is_refused_before_any_form_where_a_login_is_required() {
    let (_folder, db) = guarded();
    let mut pty = Start::console(&db).args(["--read-only"]).go();
    pty.wait_for("lets nobody log in");
    pty.ends_with(4);
    assert_eq!(count(&pty.raw(), b"Log in"), 0);
    assert_eq!(count(&pty.raw(), b"\x1b[?1049h"), 0, "no screen was taken");
}
