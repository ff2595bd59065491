//! Secrets typed into the console's forms and shown by its dialogs: what was recorded of the terminal, what is left on
//! it after the end, and what lies in the files.

use std::time::Duration;

use crate::harness::{Pty, Start, count};
use crate::people;

const TYPED: [&str; 2] = ["canary of a new user", "canary that is set now"];

/// As fingers do it: what comes at once is taken for a paste.
fn typed(pty: &mut Pty, text: &str) {
    for key in text.chars() {
        pty.keys(key.encode_utf8(&mut [0; 4]));
        std::thread::sleep(Duration::from_millis(4));
    }
    std::thread::sleep(Duration::from_millis(40));
}

fn enter(pty: &mut Pty) {
    std::thread::sleep(Duration::from_millis(40));
    pty.keys("\r");
}

/// A secret on the screen that begins like this; then the dialog that shows it once is closed, which takes its time.
fn shown_once(pty: &mut Pty, title: &str, prefix: &str) -> String {
    pty.wait_for(title);
    let screen = pty.screen();
    let at = screen.find(prefix).expect(prefix);
    let secret: String = screen[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    assert_eq!(secret.len(), 53, "{screen}");
    std::thread::sleep(Duration::from_millis(2_100));
    pty.keys("\r");
    pty.wait_until("the secret gone", |screen| !screen.contents().contains(prefix));
    secret
}

#[test]
fn no_secret_of_the_console_is_left_on_the_terminal_or_in_a_file() {
    let (folder, db) = people::three();
    let mut pty = Start::console(&db).go();
    pty.wait_for("cleo");
    pty.keys("n");
    pty.wait_for("New user");
    typed(&mut pty, "dora\t\t\t");
    typed(&mut pty, TYPED[0]);
    pty.wait_for("good");
    assert!(!pty.screen().contains("canary"), "not even while it is typed");
    typed(&mut pty, "\t\t\t");
    enter(&mut pty);
    pty.wait_until("the form gone", |screen| !screen.contents().contains("New user"));
    pty.wait_for("dora");
    pty.keys("p");
    pty.wait_for("Password of");
    typed(&mut pty, " \t");
    typed(&mut pty, TYPED[1]);
    pty.wait_for("good");
    assert!(!pty.screen().contains("canary"), "not even while it is typed");
    enter(&mut pty);
    pty.wait_for("has a new password");
    pty.keys("p");
    pty.wait_for("Password of");
    typed(&mut pty, "\t");
    enter(&mut pty);
    let reset = shown_once(&mut pty, "Reset code, shown once", "rbr_");
    pty.keys("t");
    pty.wait_for("no tokens");
    pty.keys("n");
    pty.wait_for("New token");
    typed(&mut pty, "ci\t+90d");
    enter(&mut pty);
    let token = shown_once(&mut pty, "Token, shown once", "rbk_");
    pty.keys("\x1b");
    pty.wait_until("the list", |screen| !screen.contents().contains("Second factor and tokens"));
    pty.keys("q");
    pty.ends_with(0);
    pty.is_restored();

    let raw = pty.raw();
    assert!(count(&raw, b"dora") > 0, "what is searched was recorded");
    for secret in TYPED {
        assert_eq!(count(&raw, secret.as_bytes()), 0, "{secret} was on the screen");
    }
    let end = raw.windows(8).rposition(|bytes| bytes == b"\x1b[?1049l").unwrap();
    for secret in [&reset, &token] {
        assert_eq!(count(&raw[end..], &secret.as_bytes()[..12]), 0, "{secret} is written after the end");
        assert!(!pty.screen().contains(&secret[..12]), "{secret} is left on the terminal");
    }
    // That it was the real ones that were looked for.
    let mut accounts = people::open(&db);
    for (secret, opens) in [(TYPED[1], true), (TYPED[0], false)] {
        assert_eq!(accounts.authenticate("dora", &secret.into(), None).is_ok(), opens, "{secret}");
    }
    accounts.check_token(&token.as_str().into()).unwrap();
    drop(accounts);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in TYPED.iter().copied().chain([reset.as_str(), token.as_str()]) {
            assert_eq!(count(&bytes, secret.as_bytes()), 0, "{secret} stays");
        }
    }
}
