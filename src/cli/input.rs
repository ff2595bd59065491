//! Input of a command: lines of standard input, all read before anything is done, or answers at a terminal.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stdin;
use rustix::termios::isatty;
use zeroize::Zeroizing;

use super::lines::{Want, sentence};
use super::output::{Outcome, fault};
use super::prompt::{is_interactive, typed};
use crate::accounts::error::{Error, Field, Kind, Result};
use crate::accounts::secret::Secret;
use crate::accounts::text::name_of;

/// The longest line in bytes. A longer one is a wrong credential, and too long for a new password or a name.
const LONGEST: usize = 64 * 1024;

/// How many bytes of a longer line are skipped before reading stops.
const SKIPPED: usize = 16 * 1024 * 1024;

/// How many bytes are read at once.
const CHUNK: usize = 4096;

/// The mark that some editors write at the beginning of a text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The input of one command.
#[derive(Default)]
pub struct Input {
    wanted: Vec<Want>,
    lines: Vec<(Want, Line)>,
}

/// A line without its line end.
#[derive(Default)]
pub struct Line {
    bytes: Zeroizing<Vec<u8>>,
    /// Whether this is only the beginning of a line that is too long.
    overlong: bool,
}

impl From<Zeroizing<Vec<u8>>> for Line {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Line {
        Line { bytes, overlong: false }
    }
}

impl Input {
    /// Reads the wanted lines. Standard input that no line is wanted of is left alone, and a terminal is asked later.
    ///
    /// # Errors
    /// `usage` if lines are missing, or if more input can be read at once.
    pub fn gather(&mut self, wanted: &[Want]) -> Result<()> {
        self.wanted = wanted.to_vec();
        if wanted.is_empty() || isatty(stdin()) {
            return Ok(());
        }
        let mut reader = Reader::new();
        for (at, want) in wanted.iter().enumerate() {
            let line = match reader.line()? {
                Some(line) => line,
                // Empty input is one empty line: the command judges an empty password as such.
                None if at == 0 => Line::default(),
                None => {
                    return Err(fault(format!("standard input ended before {}", want.words()))
                        .hint(format!("this command reads, one a line: {}", sentence(wanted))));
                }
            };
            self.lines.push((*want, line));
        }
        if reader.has_more()? {
            let lines = if wanted.len() == 1 { "one line".to_owned() } else { format!("{} lines", wanted.len()) };
            return Err(fault(format!("standard input has more than the {lines} that this command reads")).hint(
                format!(
                    "it reads, one a line: {}; no line break is part of them, and nothing was changed",
                    sentence(wanted)
                ),
            ));
        }
        Ok(())
    }

    /// A secret: its line of standard input, else the answer at a terminal. `flag` reads it from standard input.
    ///
    /// # Errors
    /// `usage` if there is neither; `constraint_violation` if it is not text or has a control character.
    pub fn secret(&mut self, want: Want, what: &str, flag: &str) -> Outcome<Secret> {
        Ok(secret_of(self.line(want, what, flag)?, what)?)
    }

    /// A password to be set: as [`Input::secret`], but typed twice at a terminal.
    ///
    /// # Errors
    /// As [`Input::secret`]; `cancelled` if the two differ.
    pub fn new_secret(&mut self, want: Want, what: &str, flag: &str) -> Outcome<Secret> {
        let first = self.secret(want, what, flag)?;
        if isatty(stdin()) {
            let second = self.ask_secret("the same again")?;
            if first.expose() != second.expose() {
                return Err(Error::new(Kind::Cancelled, "the two were not the same")
                    .hint("nothing was changed")
                    .into());
            }
        }
        Ok(first)
    }

    /// A secret that is typed at the terminal.
    ///
    /// # Errors
    /// As [`Input::secret`].
    pub fn ask_secret(&mut self, what: &str) -> Outcome<Secret> {
        Ok(secret_of(typed(&question(what), true)?.into(), what)?)
    }

    /// A token. One that is not text is as unknown as any other.
    ///
    /// # Errors
    /// As [`Input::secret`].
    pub fn token(&mut self, want: Want, what: &str, flag: &str) -> Outcome<Secret> {
        let line = self.line(want, what, flag)?;
        Ok(Secret::from(std::str::from_utf8(&line.bytes).unwrap_or_default()))
    }

    /// The NAME of `--name-stdin`.
    ///
    /// # Errors
    /// `constraint_violation` if it is not text.
    pub fn name(&mut self) -> Outcome<String> {
        let line = match self.given(Want::Name) {
            Some(line) => line,
            None => typed(&question("the name"), false)?.into(),
        };
        match String::from_utf8(line.bytes.to_vec()) {
            Err(_) if !line.overlong => Err(Error::constraint(Field::Name, "the name is not UTF-8 text").into()),
            Err(error) => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
            Ok(name) => Ok(name),
        }
    }

    /// Asks a question whose answer is shown.
    ///
    /// # Errors
    /// `cancelled` if the terminal answers with its end.
    pub fn ask(&mut self, question: &str) -> Result<String> {
        Ok(String::from_utf8_lossy(&typed(question, false)?).trim().to_owned())
    }

    fn line(&mut self, want: Want, what: &str, flag: &str) -> Outcome<Line> {
        if let Some(line) = self.given(want) {
            return Ok(line);
        }
        if isatty(stdin()) && (self.wanted.contains(&want) || is_interactive()) {
            return Ok(typed(&question(what), true)?.into());
        }
        Err(fault(format!("{what} is needed")).hint(format!("{flag} reads it from standard input")).into())
    }

    fn given(&mut self, want: Want) -> Option<Line> {
        let at = self.lines.iter().position(|(known, _)| *known == want)?;
        Some(self.lines.remove(at).1)
    }
}

/// Makes a question of the words for an answer.
fn question(what: &str) -> String {
    let mut letters = what.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}: ", letters.as_str())
}

fn secret_of(line: Line, what: &str) -> Result<Secret> {
    let fault = |words: String| Error::constraint(Field::Password, format!("{what} {words}"));
    let text = match std::str::from_utf8(&line.bytes) {
        Ok(text) => text,
        // The beginning of a long line may end within a character; it is wrong whatever it says.
        Err(_) if line.overlong => return Ok(Secret::new("x".repeat(LONGEST + 1))),
        Err(_) => return Err(fault("is not UTF-8 text".into())),
    };
    match text.chars().find(|c| c.is_control()).filter(|_| !line.overlong) {
        None => Ok(Secret::from(text)),
        Some(c) => Err(fault(format!("contains {}", name_of(c)))
            .hint("it is one line of text; an arrow key or a pasted text may have brought the character")),
    }
}

/// Standard input, read a line at a time in bounded memory.
struct Reader {
    buffer: Zeroizing<Vec<u8>>,
    first: bool,
    ended: bool,
    /// Whether reading stopped in a line that did not end.
    endless: bool,
}

impl Reader {
    fn new() -> Reader {
        // Allocated at once: a buffer that grows leaves copies of its content behind.
        let buffer = Zeroizing::new(Vec::with_capacity(LONGEST + 2 * CHUNK));
        Reader { buffer, first: true, ended: false, endless: false }
    }

    /// The next line without its line end and without one carriage return before that; `None` at the end of the input.
    fn line(&mut self) -> Result<Option<Line>> {
        if self.endless {
            return Ok(Some(Line { bytes: Zeroizing::new(vec![b'x'; LONGEST + 1]), overlong: true }));
        }
        let mut end = line_end(&self.buffer, 0);
        while end.is_none() && !self.ended && self.buffer.len() <= LONGEST + BYTE_ORDER_MARK.len() + 1 {
            let known = self.buffer.len();
            self.fill()?;
            end = line_end(&self.buffer, known);
        }
        if end.is_none() && self.ended && self.buffer.is_empty() {
            return Ok(None);
        }
        let mut bytes = Zeroizing::new(self.buffer[..end.unwrap_or(self.buffer.len())].to_vec());
        match end {
            Some(end) => drop(self.buffer.drain(..=end)),
            None => self.skip_line()?,
        }
        if std::mem::take(&mut self.first) && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        if end.is_some() && bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        let overlong = bytes.len() > LONGEST;
        Ok(Some(Line { bytes, overlong }))
    }

    /// Drops the rest of the line in the buffer.
    fn skip_line(&mut self) -> Result<()> {
        let mut skipped = 0;
        loop {
            if let Some(end) = line_end(&self.buffer, 0) {
                self.buffer.drain(..=end);
                return Ok(());
            }
            skipped += self.buffer.len();
            self.buffer.clear();
            self.endless = skipped > SKIPPED;
            if self.ended || self.endless {
                return Ok(());
            }
            self.fill()?;
        }
    }

    /// Whether there is more input that can be read without waiting.
    fn has_more(&mut self) -> Result<bool> {
        if self.endless || !self.buffer.is_empty() {
            return Ok(!self.endless);
        }
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let readable = poll(&mut [PollFd::new(&stdin(), PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready > 0);
        if !self.ended && readable {
            self.fill()?;
        }
        Ok(!self.buffer.is_empty())
    }

    fn fill(&mut self) -> Result<()> {
        let mut bytes = Zeroizing::new([0u8; CHUNK]);
        let read = rustix::io::retry_on_intr(|| rustix::io::read(stdin(), &mut bytes[..]));
        let read =
            read.map_err(|error| Error::new(Kind::Failure, format!("standard input cannot be read: {error}")))?;
        self.ended = read == 0;
        self.buffer.extend_from_slice(&bytes[..read]);
        Ok(())
    }
}

fn line_end(bytes: &[u8], from: usize) -> Option<usize> {
    bytes[from..].iter().position(|&byte| byte == b'\n').map(|at| from + at)
}
