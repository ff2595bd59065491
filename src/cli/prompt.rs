//! Questions at a terminal.
//!
//! While a secret is typed the terminal does not echo; it echoes again before the program ends by any signal.

use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::{stderr, stdin};
use rustix::termios::{LocalModes, OptionalActions, Termios, isatty, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;
use zeroize::Zeroizing;

use crate::accounts::error::{Error, Kind, Result};

/// Whether somebody can be asked.
pub fn is_interactive() -> bool {
    isatty(stdin()) && isatty(stderr())
}

/// How long a pasted text may take to arrive after its first line.
const PASTE: Timespec = Timespec { tv_sec: 0, tv_nsec: 30_000_000 };

/// Asks a question at the terminal and reads the line that is typed, without its end.
///
/// # Errors
/// `cancelled` if the terminal answers with its end, and if more than one line was pasted as a hidden answer.
pub fn typed(question: &str, hidden: bool) -> Result<Zeroizing<Vec<u8>>> {
    // Silent before the question is there: whoever is quick must not see their first letters.
    let quiet = if hidden { Some(Quiet::begin()?) } else { None };
    let _ = write!(io::stderr(), "{question}");
    let answer = read_line().and_then(|line| match quiet.as_ref().is_some_and(Quiet::has_more) {
        // The first line of a longer text must not be taken for the whole.
        true => Err(Error::new(Kind::Cancelled, "more than one line was typed or pasted")
            .hint("nothing was changed; a line break cannot be part of the answer")),
        false => Ok(line),
    });
    if quiet.is_some() {
        let _ = writeln!(io::stderr());
    }
    answer
}

/// The next line of the terminal, which hands lines over one by one.
fn read_line() -> Result<Zeroizing<Vec<u8>>> {
    const MOST: usize = 4096;
    let mut line = Zeroizing::new(Vec::with_capacity(2 * MOST));
    loop {
        let mut bytes = Zeroizing::new([0u8; MOST]);
        let read = rustix::io::retry_on_intr(|| rustix::io::read(stdin(), &mut bytes[..]));
        let read = read.map_err(|error| Error::new(Kind::Failure, format!("the terminal cannot be read: {error}")))?;
        line.extend_from_slice(&bytes[..read]);
        if let Some(end) = line.iter().position(|&byte| byte == b'\n') {
            line.truncate(end);
            return Ok(line);
        }
        if read == 0 && line.is_empty() {
            return Err(Error::new(Kind::Cancelled, "cancelled").hint("nothing was changed"));
        }
        if read == 0 || line.len() > MOST {
            return Ok(line);
        }
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

impl Quiet {
    /// Whether more was typed or pasted behind the line that was read.
    fn has_more(&self) -> bool {
        let Ok(mut mode) = tcgetattr(stdin()) else { return false };
        // A line that has not ended yet shows only in this mode. Dropping this discards what is there.
        mode.local_modes.remove(LocalModes::ICANON);
        let _ = tcsetattr(stdin(), OptionalActions::Now, &mode);
        poll(&mut [PollFd::new(&stdin(), PollFlags::IN)], Some(&PASTE)).is_ok_and(|ready| ready > 0)
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
