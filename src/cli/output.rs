//! What comes out: lines, tables, JSON; and how a command stops when it cannot go on.
//!
//! Data goes to standard output, words about it to standard error. A reader that went away ends the program quietly.

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

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
            _ => Halt::Refused(Error::new(Kind::Failure, format!("the output cannot be written: {error}"))),
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

    /// Hands over what was written so far.
    pub fn flush(&mut self) -> Outcome {
        self.out.flush()?;
        Ok(())
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
