//! Bytes of a terminal into inputs: a pure machine that is told the time.
//!
//! It may be fed in any pieces. What it does not understand it swallows whole: the rest of a sequence must never
//! arrive as letters, since letters are commands. It does not read, wait or know the terminal.

use zeroize::Zeroizing;

use crate::console::key::{Code, Input, Key};
use crate::console::term::decode::sequence::{csi, ss3};

pub mod sequence;

#[cfg(test)]
mod tests;

/// How long a lone Esc waits for the rest of a sequence, in milliseconds.
const GRACE: u64 = 50;
/// How long it waits over SSH, where a sequence is more often torn apart.
const GRACE_SSH: u64 = 100;
/// How much longer a sequence waits that a hand could have begun: Esc and a bracket.
const OPENED: u64 = 250;
/// How long silence lasts before a sequence no hand begins, or a paste without end, is given up.
const SILENCE: u64 = 2_000;
/// How long after an Esc was let go its bracket may still come in one piece with its end.
const TAIL: u64 = 1_000;
/// What of a paste is kept, in bytes: more than every field takes together.
const LONGEST_PASTE: usize = 64 * 1024;
/// How long a paste may take; what comes after it is swallowed.
const LONGEST_WAIT: u64 = 30_000;
/// How long silence lasts before the rest of a paste that is over is given up.
const PAUSE: u64 = 200;
/// What of a sequence is kept, in bytes; nothing that is understood is longer.
const LONGEST_SEQUENCE: usize = 32;

const ESC: u8 = 0x1b;
const CTRL_C: u8 = 0x03;
const PASTE_END: &[u8] = b"\x1b[201~";
const PASTE_ENDED: usize = PASTE_END.len();

/// Where in a sequence the last byte left it.
#[derive(Clone, PartialEq, Eq)]
enum State {
    /// Between keys.
    Ground,
    /// Inside a character of several bytes.
    Utf8 { bytes: [u8; 4], have: usize, need: usize },
    /// After ESC.
    Escape,
    /// After `ESC [`, with what has come since.
    Csi(Vec<u8>),
    /// Bytes that belong to a sequence already understood.
    Skip(usize),
    /// After `ESC O`, with the digits since.
    Ss3,
    /// Inside a string that a terminal answers with; the byte that opened it, and whether it is still empty.
    Text { opened: u8, empty: bool },
    /// After an ESC inside such a string.
    TextEscape,
    /// Inside a paste; how many bytes of its end marker have come, and when it began.
    Paste { kept: Zeroizing<Vec<u8>>, ending: usize, began: u64 },
    /// Inside a paste that is over before its end marker: cancelled by Ctrl-C, or too long.
    Rest { ending: usize },
}

/// The machine. Times are in milliseconds of any clock that does not go back.
#[derive(Clone)]
pub struct Decoder {
    state: State,
    grace: u64,
    last: u64,
    let_go: Option<u64>,
    out: Vec<Input>,
}

impl Decoder {
    /// A machine between keys.
    pub fn new(over_ssh: bool) -> Decoder {
        let grace = if over_ssh { GRACE_SSH } else { GRACE };
        Decoder { state: State::Ground, grace, last: 0, let_go: None, out: Vec::new() }
    }

    /// Takes what one read gave, at this time, and returns what it completes.
    pub fn feed(&mut self, bytes: &[u8], at: u64) -> Vec<Input> {
        if self.pending_until().is_some_and(|until| at > until) {
            self.give_up(at);
        }
        if self.is_tail(bytes, at) {
            self.state = State::Escape;
        }
        if !bytes.is_empty() {
            self.last = at;
            self.let_go = None;
        }
        for &byte in bytes {
            self.byte(byte);
        }
        std::mem::take(&mut self.out)
    }

    /// When [`Decoder::timeout`] is due, if nothing is fed before.
    pub fn pending_until(&self) -> Option<u64> {
        let wait = match &self.state {
            State::Ground | State::Utf8 { .. } => return None,
            State::Escape => self.grace,
            State::Csi(held) if held.is_empty() => self.grace + OPENED,
            State::Ss3 | State::Text { empty: true, .. } => self.grace + OPENED,
            State::Csi(_) | State::Skip(_) | State::Text { .. } | State::TextEscape | State::Paste { .. } => SILENCE,
            State::Rest { .. } => PAUSE,
        };
        let until = self.last.saturating_add(wait);
        Some(match self.state {
            State::Paste { began, .. } => until.min(began.saturating_add(LONGEST_WAIT)),
            _ => until,
        })
    }

    /// Gives up what has waited too long, and returns what is left of it.
    pub fn timeout(&mut self, now: u64) -> Vec<Input> {
        if self.pending_until().is_some_and(|until| now >= until) {
            self.give_up(now);
        }
        std::mem::take(&mut self.out)
    }

    fn give_up(&mut self, now: u64) {
        match std::mem::replace(&mut self.state, State::Ground) {
            State::Escape => {
                self.named(Code::Esc);
                self.let_go = Some(now);
            }
            State::Text { opened, empty: true } => {
                // Nothing came after it, so a hand was quick: Esc, then the character.
                self.named(Code::Esc);
                self.character(opened as char);
            }
            State::Paste { kept, .. } => {
                if now.saturating_sub(self.last) < SILENCE {
                    self.state = State::Rest { ending: 0 };
                }
                self.paste(&kept);
            }
            _ => {}
        }
    }

    /// Whether these bytes are the rest of a sequence whose ESC was taken for the key a moment ago. No hand types a
    /// bracket and what follows it into one read.
    fn is_tail(&self, bytes: &[u8], at: u64) -> bool {
        let late = self.let_go.is_some_and(|when| at.saturating_sub(when) <= TAIL);
        let shape = matches!(bytes, [b'[', next, ..] if next.is_ascii_digit() || b"ABCDFHIMOZ<?".contains(next));
        late && shape && self.state == State::Ground
    }

    fn byte(&mut self, byte: u8) {
        if byte == CTRL_C && !matches!(self.state, State::Ground | State::Utf8 { .. } | State::Escape) {
            return self.cancelled();
        }
        match std::mem::replace(&mut self.state, State::Ground) {
            State::Ground => self.ground(byte),
            State::Utf8 { bytes, have, need } => self.continued(byte, bytes, have, need),
            State::Escape => self.escaped(byte),
            State::Csi(held) => self.csi(byte, held),
            State::Skip(1) => {}
            State::Skip(left) => self.state = State::Skip(left - 1),
            State::Ss3 => match byte {
                ESC => self.state = State::Escape,
                b'0'..=b'9' | b';' => self.state = State::Ss3,
                _ => self.out.extend(ss3(byte).map(|code| Input::Key(Key::named(code)))),
            },
            State::Text { opened, .. } => match byte {
                0x07 | 0x18 | 0x1a => {}
                ESC => self.state = State::TextEscape,
                _ => self.state = State::Text { opened, empty: false },
            },
            State::TextEscape if byte == b'\\' => {}
            State::TextEscape => self.escaped(byte),
            State::Paste { kept, ending, began } => self.pasted(byte, kept, ending, began),
            State::Rest { ending } => match ended(byte, ending) {
                PASTE_ENDED => {}
                ending => self.state = State::Rest { ending },
            },
        }
    }

    /// Ctrl-C is heard inside everything. The rest of what it interrupts must not arrive as letters: a paste may hold
    /// this byte too.
    fn cancelled(&mut self) {
        self.ground(CTRL_C);
        self.state = match std::mem::replace(&mut self.state, State::Ground) {
            State::Paste { .. } | State::Rest { .. } => State::Rest { ending: 0 },
            State::Skip(_) | State::Ss3 => State::Ground,
            other => other,
        };
    }

    fn ground(&mut self, byte: u8) {
        match byte {
            ESC => self.state = State::Escape,
            b'\r' | b'\n' => self.named(Code::Enter),
            b'\t' => self.named(Code::Tab),
            0x08 | 0x7f => self.named(Code::Backspace),
            0x00 => self.out.push(Input::Key(Key::ctrl(' '))),
            0x01..=0x1a => self.out.push(Input::Key(Key::ctrl((byte - 1 + b'a') as char))),
            0x1c..=0x1f => self.out.push(Input::Key(Key::ctrl((byte + 0x40) as char))),
            0x20..=0x7e => self.character(byte as char),
            0xc2..=0xdf => self.state = State::Utf8 { bytes: [byte, 0, 0, 0], have: 1, need: 2 },
            0xe0..=0xef => self.state = State::Utf8 { bytes: [byte, 0, 0, 0], have: 1, need: 3 },
            0xf0..=0xf4 => self.state = State::Utf8 { bytes: [byte, 0, 0, 0], have: 1, need: 4 },
            0x80..=0xc1 | 0xf5..=0xff => {}
        }
    }

    fn continued(&mut self, byte: u8, mut bytes: [u8; 4], have: usize, need: usize) {
        if !(0x80..=0xbf).contains(&byte) {
            return self.ground(byte);
        }
        bytes[have] = byte;
        if have + 1 < need {
            self.state = State::Utf8 { bytes, have: have + 1, need };
        } else if let Some(c) = std::str::from_utf8(&bytes[..need]).ok().and_then(|text| text.chars().next()) {
            self.character(c);
        }
    }

    fn escaped(&mut self, byte: u8) {
        match byte {
            b'[' => self.state = State::Csi(Vec::new()),
            b'O' => self.state = State::Ss3,
            b']' | b'P' | b'^' | b'_' => self.state = State::Text { opened: byte, empty: true },
            _ => {
                self.named(Code::Esc);
                self.ground(byte);
            }
        }
    }

    fn csi(&mut self, byte: u8, mut held: Vec<u8>) {
        match byte {
            ESC => self.state = State::Escape,
            // The Linux console spells F1 to F5 with a second bracket.
            b'[' if held.is_empty() => {
                held.push(byte);
                self.state = State::Csi(held);
            }
            // Three bytes of a mouse report in the oldest form.
            b'M' if held.is_empty() => self.state = State::Skip(3),
            0x20..=0x3f => {
                if held.len() < LONGEST_SEQUENCE {
                    held.push(byte);
                }
                self.state = State::Csi(held);
            }
            b'~' if held == b"200" => {
                self.state = State::Paste { kept: Zeroizing::default(), ending: 0, began: self.last };
            }
            0x40..=0x7e => self.out.extend(csi(&held, byte).map(|code| Input::Key(Key::named(code)))),
            _ => {}
        }
    }

    fn pasted(&mut self, byte: u8, mut kept: Zeroizing<Vec<u8>>, before: usize, began: u64) {
        let ending = ended(byte, before);
        if ending == PASTE_ENDED {
            return self.paste(&kept);
        }
        if ending <= before {
            keep(&mut kept, &PASTE_END[..before]);
        }
        if ending == 0 {
            keep(&mut kept, &[byte]);
        }
        self.state = State::Paste { kept, ending, began };
    }

    fn paste(&mut self, bytes: &[u8]) {
        let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
        bytes.utf8_chunks().for_each(|chunk| text.push_str(chunk.valid()));
        self.out.push(Input::Paste(text));
    }

    fn named(&mut self, code: Code) {
        self.out.push(Input::Key(Key::named(code)));
    }

    fn character(&mut self, c: char) {
        // What is left here of the control characters are the eight-bit openers of sequences; no key sends them.
        if !c.is_control() {
            self.out.push(Input::Key(Key::char(c)));
        }
    }
}

/// How many bytes of the end marker have come with this one, after so many.
fn ended(byte: u8, before: usize) -> usize {
    match byte {
        _ if byte == PASTE_END[before] => before + 1,
        // The marker begins with the only ESC in it, so no match can begin inside one that failed.
        ESC => 1,
        _ => 0,
    }
}

/// Keeps bytes of a paste. A buffer that becomes too small is wiped when another takes its place.
fn keep(kept: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    let room = LONGEST_PASTE - kept.len().min(LONGEST_PASTE);
    let bytes = &bytes[..bytes.len().min(room)];
    if kept.len() + bytes.len() > kept.capacity() {
        let mut wider = Zeroizing::new(Vec::with_capacity((kept.len() + bytes.len()).max(64) * 2));
        wider.extend_from_slice(kept);
        *kept = wider;
    }
    kept.extend_from_slice(bytes);
}
