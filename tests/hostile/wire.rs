//! The bytes that really go to a terminal: the program in a pseudo-terminal on a database that is against it.
#![cfg(target_os = "linux")]

use rollbook::accounts::text::is_hostile;

use crate::harness::{Pty, Start};
use crate::planted::Planted;

/// What is left of the output when our own sequences are taken away, each held to its exact form.
fn text_of(mut bytes: &[u8]) -> String {
    let mut text = Vec::new();
    while let Some(&byte) = bytes.first() {
        let length = match byte {
            0x1b => {
                let length = ours(bytes);
                assert!(length > 0, "not of ours: {:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
                length
            }
            // To the next line; neither goes alone.
            b'\r' if bytes.starts_with(b"\r\n") => 2,
            _ => {
                text.push(byte);
                1
            }
        };
        bytes = &bytes[length..];
    }
    String::from_utf8(text).unwrap()
}

/// The length of one of our sequences at the beginning; 0 where there is none.
fn ours(bytes: &[u8]) -> usize {
    // Copies, and nothing else that an operating system command could do.
    if let Some(rest) = bytes.strip_prefix(b"\x1b]52;c;") {
        let payload = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).count();
        return if rest.get(payload) == Some(&0x07) { 7 + payload + 1 } else { 0 };
    }
    let Some(rest) = bytes.strip_prefix(b"\x1b[") else { return 0 };
    let private = usize::from(rest.first() == Some(&b'?'));
    let digits = rest[private..].iter().take_while(|b| b.is_ascii_digit() || **b == b';' || **b == b':').count();
    let Some(&end) = rest.get(private + digits) else { return 0 };
    let numbers = &rest[private..private + digits];
    let known = match (private, end) {
        (1, b'h' | b'l') => [&b"1049"[..], b"2004", b"25", b"2026"].contains(&numbers),
        (0, b'm' | b'H') => true,
        (0, b'J') => numbers == b"2" || numbers.is_empty(),
        (0, b'B' | b'C') => numbers.iter().all(u8::is_ascii_digit),
        (0, b'K') => numbers == b"2" || numbers.is_empty(),
        _ => false,
    };
    if known { 2 + private + digits + 1 } else { 0 }
}

fn is_clean(pty: &Pty) {
    let text = text_of(&pty.raw());
    let bad: Vec<char> = text.chars().filter(|&c| is_hostile(c)).collect();
    assert!(bad.is_empty(), "on the wire: {bad:?}");
    assert!(text.contains("\\u{1b}") && text.contains("\\u{202e}"), "shown, not hidden");
}

#[test]
fn the_allow_list_lets_nothing_else_through() {
    for bad in ["\x1b]0;x\x07", "\x1b[6n", "\x1bc", "\x1b[?1000h", "\x1bP", "\x1b]52;c;?\x07", "\x1b[31", "\x1b[1K"] {
        assert_eq!(ours(bad.as_bytes()), 0, "{bad:?}");
    }
    assert_eq!(text_of(b"\x1b[1;31ma\x1b[?2026l\x1b]52;c;YQ==\x07\x1b[2Jb"), "ab");
}

/// Keys that follow each other more quickly are taken for a paste.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(40);

fn walk(size: (u16, u16)) {
    let planted = Planted::all();
    let mut pty = Start::console(&planted.path).size(size.0, size.1).go();
    pty.wait_for("newest first");
    // The title is there before the people are.
    pty.wait_for("› ");
    // Each step ends with something that stands on the screen only then.
    let step = |pty: &mut Pty, keys: &str, shows: &str| {
        pty.keys(keys);
        pty.wait_for(shows);
    };
    for _ in 0..planted.names.len() / 8 {
        // Until the person has been read, the key only says so.
        loop {
            std::thread::sleep(PAUSE);
            pty.keys("w");
            pty.wait_until("an answer", |s| ["Esc closes", "still reading"].iter().any(|w| s.contents().contains(w)));
            if pty.screen().contains("Esc closes") {
                break;
            }
        }
        pty.keys("\x1b");
        pty.wait_until("the evidence is closed", |screen| !screen.contents().contains("Esc closes"));
        step(&mut pty, "c", "┌ Copy ");
        step(&mut pty, "n", "sent to your terminal's clipboard");
        pty.keys(&"\x1b[B".repeat(8));
    }
    // The detail alone, with exact times, then back.
    pty.keys("\x1b[Z\r");
    pty.wait_until("the detail alone", |s| {
        s.contents().contains("password set") && !s.contents().contains("newest first")
    });
    pty.keys("\r");
    step(&mut pty, "2", "of everybody");
    for _ in 0..20 {
        pty.keys("\x1b[6~");
    }
    step(&mut pty, "1/", "by prefix");
    step(&mut pty, "\x1b[200~\u{202e}nimda\u{9b}2J\x1b[201~", "\\u{202e}nimda");
    pty.keys("\x1b");
    pty.wait_until("the filter is gone", |screen| !screen.contents().contains("by prefix"));
    pty.keys("q");
    pty.ends_with(0);
    pty.is_restored();
    is_clean(&pty);
}

#[test]
fn no_hostile_byte_goes_to_a_wide_terminal() {
    walk((120, 40));
}

#[test]
fn no_hostile_byte_goes_to_a_common_terminal() {
    walk((80, 24));
}
