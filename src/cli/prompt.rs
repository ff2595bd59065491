//! What comes in: secrets from standard input, one a line, and questions to whoever sits at the terminal.
//!
//! While a secret is typed the terminal does not echo; it echoes again before the program ends by any signal.

use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use rustix::stdio::{stderr, stdin};
use rustix::termios::{LocalModes, OptionalActions, Termios, isatty, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;
use zeroize::Zeroizing;

use super::output::{Outcome, fault};
use crate::accounts::error::{Error, Field, Kind, Result};
use crate::accounts::secret::Secret;

/// The longest line that is read: enough for any secret, and an end to a stream without line ends.
const LONGEST: usize = 64 * 1024;

/// Standard input, read a line at a time and no further.
pub struct Input {
    buffer: Zeroizing<Vec<u8>>,
    ended: bool,
    lines: u32,
}

/// Whether somebody can be asked.
pub fn is_interactive() -> bool {
    isatty(stdin()) && isatty(stderr())
}

impl Default for Input {
    fn default() -> Self {
        // Allocated at once: a buffer that grows leaves copies of what it held behind.
        Input { buffer: Zeroizing::new(Vec::with_capacity(LONGEST + 4096)), ended: false, lines: 0 }
    }
}

impl Input {
    /// A secret: a line of standard input if `flag` was given, else what is typed at the terminal.
    ///
    /// # Errors
    /// `usage` where there is neither the flag nor a terminal.
    pub fn secret(&mut self, what: &str, given: bool, flag: &str) -> Outcome<Secret> {
        let bytes = self.bytes(what, given, flag)?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Secret::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(Error::constraint(Field::Password, format!("{what} is not UTF-8 text")).into())
            }
        }
    }

    /// A password to be set: as [`Input::secret`], but typed twice at a terminal.
    ///
    /// # Errors
    /// As [`Input::secret`]; `cancelled` if the two differ.
    pub fn new_secret(&mut self, what: &str, given: bool, flag: &str) -> Outcome<Secret> {
        let first = self.secret(what, given, flag)?;
        if isatty(stdin()) {
            let second = self.secret("the same again", given, flag)?;
            if first.expose() != second.expose() {
                return Err(Error::new(Kind::Cancelled, "the two were not the same")
                    .hint("nothing was changed")
                    .into());
            }
        }
        Ok(first)
    }

    /// A token. One that is not even text is as unknown as any other.
    ///
    /// # Errors
    /// As [`Input::secret`].
    pub fn token(&mut self, what: &str, given: bool, flag: &str) -> Outcome<Secret> {
        let bytes = Zeroizing::new(self.bytes(what, given, flag)?);
        Ok(Secret::from(std::str::from_utf8(&bytes).unwrap_or_default()))
    }

    fn bytes(&mut self, what: &str, given: bool, flag: &str) -> Outcome<Vec<u8>> {
        if isatty(stdin()) && (given || is_interactive()) {
            let mut capital = what.chars();
            let first: String = capital.next().into_iter().flat_map(char::to_uppercase).collect();
            return Ok(self.typed(&format!("{first}{}: ", capital.as_str()), true)?);
        }
        if !given {
            return Err(fault(format!("{what} is needed")).hint(format!("{flag} reads it from standard input")).into());
        }
        Ok(self.line(what)?)
    }

    /// Asks a question with an answer in the open.
    ///
    /// # Errors
    /// `cancelled` where the terminal answers with its end.
    pub fn ask(&mut self, question: &str) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.typed(question, false)?).trim().to_owned())
    }

    fn typed(&mut self, question: &str, hidden: bool) -> Result<Vec<u8>> {
        // Silent before the question is there: whoever is quick must not see their first letters.
        let quiet = if hidden { Some(Quiet::begin()?) } else { None };
        let _ = write!(io::stderr(), "{question}");
        let answer = self.line("an answer");
        if quiet.is_some() {
            let _ = writeln!(io::stderr());
        }
        drop(quiet);
        if self.ended && self.lines == 0 {
            return Err(Error::new(Kind::Cancelled, "cancelled").hint("nothing was changed"));
        }
        self.lines = 0;
        answer
    }

    /// The next line without its line end. Input that has ended is one empty line, so that an empty password is judged
    /// as one; a second line that is missing is a mistake in the call.
    fn line(&mut self, what: &str) -> Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let mut line: Vec<u8> = self.take(end + 1);
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                self.lines += 1;
                return Ok(line);
            }
            if self.ended {
                if self.buffer.is_empty() && self.lines > 0 {
                    return Err(fault(format!("standard input ended before {what}")).hint("one secret a line"));
                }
                let rest = self.buffer.len();
                self.lines += u32::from(rest > 0);
                return Ok(self.take(rest));
            }
            if self.buffer.len() > LONGEST {
                return Err(fault(format!("standard input has a line of more than {LONGEST} bytes")));
            }
            self.fill()?;
        }
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let taken = self.buffer[..length].to_vec();
        self.buffer.drain(..length);
        taken
    }

    fn fill(&mut self) -> Result<()> {
        let mut bytes = Zeroizing::new([0u8; 4096]);
        let read = rustix::io::retry_on_intr(|| rustix::io::read(stdin(), &mut bytes[..]));
        let read =
            read.map_err(|error| Error::new(Kind::Failure, format!("standard input cannot be read: {error}")))?;
        self.ended = read == 0;
        self.buffer.extend_from_slice(&bytes[..read]);
        Ok(())
    }
}

/// What the terminal was like before it stopped echoing; for the thread that hears signals.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// A terminal that does not echo, until this is dropped.
struct Quiet;

impl Quiet {
    fn begin() -> Result<Quiet> {
        let fault = |error| Error::new(Kind::Failure, format!("the terminal cannot be kept from echoing: {error}"));
        watch();
        let now = tcgetattr(stdin()).map_err(fault)?;
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(now.clone());
        silence(now).map_err(fault)?;
        Ok(Quiet)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = tcsetattr(stdin(), OptionalActions::Flush, &before);
        }
    }
}

fn silence(mut mode: Termios) -> rustix::io::Result<()> {
    mode.local_modes.remove(LocalModes::ECHO);
    mode.local_modes.insert(LocalModes::ICANON | LocalModes::ISIG);
    tcsetattr(stdin(), OptionalActions::Flush, &mode)
}

/// The ear for signals, once there is one.
static EAR: Mutex<Option<Handle>> = Mutex::new(None);

/// Leaves the signals to somebody else, who takes over the terminal from here on.
pub fn hand_over() {
    if let Some(ear) = EAR.lock().unwrap_or_else(PoisonError::into_inner).take() {
        ear.close();
    }
}

/// Hears signals from now on, and lets each do what it always does once the terminal echoes.
fn watch() {
    let mut ear = EAR.lock().unwrap_or_else(PoisonError::into_inner);
    if ear.is_some() {
        return;
    }
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]) else { return };
    *ear = Some(signals.handle());
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(before) = &before {
                let _ = tcsetattr(stdin(), OptionalActions::Now, before);
            }
            let _ = emulate_default_handler(signal);
            // Only after a stop is there an afterwards.
            if let Some(before) = before {
                let _ = silence(before);
            }
        }
    });
}
