//! What comes out: lines, tables, JSON; and how a command stops when it cannot go on.
//!
//! Data goes to standard output, words about it to standard error. A reader that went away ends the program quietly.

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::BorrowedFd;
use rustix::fs::{FileType, OFlags};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::json::{self, ErrorJson};
use crate::accounts::error::{Error, Kind};

/// Why a command stops early.
pub enum Halt {
    /// It was refused or failed.
    Refused(Error),
    /// Whoever read our output has closed it.
    Closed,
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Refused(error)
    }
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Halt::Closed,
            _ => {
                let reason = error.to_string();
                let reason = reason.split(" (os error").next().unwrap_or_default().to_lowercase();
                Halt::Refused(Error::new(Kind::Failure, format!("the output cannot be written: {reason}")))
            }
        }
    }
}

/// What a command answers.
pub type Outcome<T = ()> = Result<T, Halt>;

/// A command line that was not understood.
pub fn fault(message: impl Into<String>) -> Error {
    Error::new(Kind::Usage, message)
}

/// The two ways out of a command.
pub struct Output {
    out: BufWriter<StdoutLock<'static>>,
    json: bool,
    quiet: bool,
}

impl Output {
    /// Standard output and standard error.
    pub fn new(json: bool, quiet: bool) -> Output {
        Output { out: BufWriter::with_capacity(64 * 1024, io::stdout().lock()), json, quiet }
    }

    /// Whether JSON was asked for.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// One JSON value on its line.
    pub fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome {
        self.out.write_all(&json::line(value)?)?;
        Ok(())
    }

    /// A line of data. What came from outside must have been made visible.
    pub fn line(&mut self, text: &str) -> Outcome {
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")?;
        Ok(())
    }

    /// What was done, for people: a line of output, unless they want to hear nothing.
    pub fn done(&mut self, text: &str) -> Outcome {
        if self.quiet { Ok(()) } else { self.line(text) }
    }

    /// A word on standard error, unless they want to hear nothing.
    pub fn say(&mut self, text: &str) {
        if !self.quiet {
            // Nobody can be told that nobody can be told.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// A word on standard error that is said to everybody.
    pub fn warn(&mut self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Refuses a standard output that takes nothing, before a secret is made that nobody would get: one that is closed,
    /// that is open for reading only, or whose reader is gone.
    ///
    /// The runtime opens /dev/null for reading and writing in the place of a closed standard output. `>/dev/null` opens
    /// it for writing only, and is accepted.
    pub fn must_be_open(&self) -> Result<(), Error> {
        let shut = |why: &str| {
            Err(Error::new(Kind::Failure, format!("standard output {why}; the answer is a secret that would be lost"))
                .hint("nothing was done; give standard output a file, a pipe or a terminal"))
        };
        let out = rustix::stdio::stdout();
        let Ok(flags) = rustix::fs::fcntl_getfl(out) else { return shut("is closed") };
        match flags & OFlags::RWMODE {
            mode if mode == OFlags::RDONLY => return shut("is open for reading only"),
            mode if mode == OFlags::RDWR && is_null_device(out) => return shut("is closed"),
            _ => {}
        }
        let mut fds = [PollFd::new(&out, PollFlags::OUT)];
        let polled = rustix::event::poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        if polled.is_ok() && fds[0].revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL) {
            return shut("has no reader");
        }
        Ok(())
    }

    /// Writes a secret and hands it over. An error means that nobody has it.
    pub fn secret(&mut self, write: impl FnOnce(&mut Output) -> Outcome) -> Result<(), Error> {
        let lost = |why: &str| Error::new(Kind::Failure, format!("the secret could not be written: {why}"));
        match write(self).and_then(|()| self.flush()) {
            Ok(()) => Ok(()),
            Err(Halt::Closed) => Err(lost("the reader of standard output is gone")),
            Err(Halt::Refused(error)) => Err(lost(&error.message)),
        }
    }

    /// Hands over what was written so far.
    pub fn flush(&mut self) -> Outcome {
        self.out.flush()?;
        Ok(())
    }
}

/// The reason that the audit gives for a secret that was withdrawn.
pub const LOST: &str = "its output failed";

/// The error for a secret that nobody has: it was withdrawn, or `by_hand` withdraws it.
pub fn withdrawn(lost: Error, done: &str, withdrawal: Result<(), Error>, by_hand: &str) -> Error {
    match withdrawal {
        Ok(()) => Error::new(Kind::Failure, format!("{}; {done}", lost.message)),
        Err(error) => Error::new(Kind::Failure, format!("{}; it is still valid, because {error}", lost.message))
            .hint(format!("`{by_hand}` withdraws it")),
    }
}

/// An error of a command that writes a secret before it makes it valid: if `shown`, it says what became of the secret.
pub fn void_if(shown: bool, error: Error, what: &str) -> Error {
    match shown {
        true => Error { message: format!("{}; {what}", error.message), ..error },
        false => error,
    }
}

fn is_null_device(fd: BorrowedFd<'_>) -> bool {
    match (rustix::fs::fstat(fd), rustix::fs::stat("/dev/null")) {
        (Ok(ours), Ok(null)) => ours.st_rdev == null.st_rdev && FileType::from_raw_mode(ours.st_mode).is_char_device(),
        _ => false,
    }
}

/// Tells of an error on standard error.
pub fn report(error: &Error, json: bool) {
    let mut stderr = io::stderr().lock();
    if json {
        if let Ok(line) = json::line(&ErrorJson::from(error)) {
            let _ = stderr.write_all(&line);
        }
        return;
    }
    let _ = writeln!(stderr, "rollbook: {}", error.message);
    if let Some(hint) = &error.hint {
        let _ = writeln!(stderr, "  {hint}");
    }
}

/// Prints a warning on standard error, with `--json` too: standard output has the data alone.
pub fn warn(warning: &Error) {
    let _ = writeln!(io::stderr().lock(), "rollbook: warning: {warning}");
}

/// Columns aligned by what they take on a screen. Rows are handed over a page at a time, so that a long list begins
/// at once; a column may grow from page to page but never shrinks.
pub struct Table<const N: usize> {
    widths: [usize; N],
    rows: Vec<[String; N]>,
    any: bool,
}

/// Wider cells push their row out of line instead of making every row wide.
const WIDEST: usize = 48;

impl<const N: usize> Table<N> {
    /// A table with these headings.
    pub fn new(headings: [&str; N]) -> Self {
        Table { widths: [0; N], rows: vec![headings.map(str::to_owned)], any: false }
    }

    /// Adds a row of texts that are safe to print.
    pub fn push(&mut self, row: [String; N]) {
        self.any = true;
        self.rows.push(row);
    }

    /// Writes the rows without the headings.
    pub fn write_bare(&mut self, output: &mut Output) -> Outcome {
        self.rows.remove(0);
        self.write(output)
    }

    /// Writes the rows gathered so far.
    pub fn write(&mut self, output: &mut Output) -> Outcome {
        if !self.any {
            return Ok(());
        }
        for row in &self.rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width().min(WIDEST));
            }
        }
        for row in self.rows.drain(..) {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(self.widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 2));
            }
            output.line(line.trim_end())?;
        }
        Ok(())
    }
}
