//! What the finished sequences mean. Everything that is not a key of the console means nothing.

use crate::console::key::Code;

/// The key of `ESC [`, these bytes, and this last one.
pub fn csi(held: &[u8], last: u8) -> Option<Code> {
    if held == b"[" {
        return (b'A'..=b'E').contains(&last).then(|| Code::F(last - b'A' + 1));
    }
    let params = parameters(held)?;
    let first = params.first().copied().flatten();
    match last {
        b'~' => tilde(first?),
        // A letter counts its presses or carries modifiers as `1;5`; in `3;7R` and its like it answers something.
        _ if first.unwrap_or(1) != 1 => None,
        b'A' => Some(Code::Up),
        b'B' => Some(Code::Down),
        b'C' => Some(Code::Right),
        b'D' => Some(Code::Left),
        b'H' => Some(Code::Home),
        b'F' => Some(Code::End),
        b'Z' => Some(Code::BackTab),
        b'P' if params.len() == 2 => Some(Code::F(1)),
        b'Q' if params.len() == 2 => Some(Code::F(2)),
        b'S' if params.len() == 2 => Some(Code::F(4)),
        _ => None,
    }
}

/// The key of `ESC O` and this byte.
pub fn ss3(last: u8) -> Option<Code> {
    match last {
        b'A' => Some(Code::Up),
        b'B' => Some(Code::Down),
        b'C' => Some(Code::Right),
        b'D' => Some(Code::Left),
        b'H' => Some(Code::Home),
        b'F' => Some(Code::End),
        b'P'..=b'S' => Some(Code::F(last - b'P' + 1)),
        _ => None,
    }
}

fn tilde(number: u16) -> Option<Code> {
    match number {
        1 | 7 => Some(Code::Home),
        2 => Some(Code::Insert),
        3 => Some(Code::Delete),
        4 | 8 => Some(Code::End),
        5 => Some(Code::PageUp),
        6 => Some(Code::PageDown),
        // The numbers have holes where a terminal of long ago had a gap between its function keys.
        11..=15 => u8::try_from(number - 10).ok().map(Code::F),
        17..=21 => u8::try_from(number - 11).ok().map(Code::F),
        23 | 24 => u8::try_from(number - 12).ok().map(Code::F),
        _ => None,
    }
}

/// At most two numbers, either of which may be left out; `None` for every other form, private ones among them.
fn parameters(held: &[u8]) -> Option<Vec<Option<u16>>> {
    let text = std::str::from_utf8(held).ok()?;
    let mut params = Vec::with_capacity(2);
    for part in text.split(';') {
        if params.len() == 2 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        params.push(if part.is_empty() { None } else { Some(part.parse().ok()?) });
    }
    Some(params)
}
