//! Taking the terminal over and giving it back, whatever thread finds out that it is time.
//!
//! Every write goes straight to the descriptor: a lock of the standard library, held by a thread that is blocked in
//! a write, would keep the thread that ends the process from restoring anything.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::stdio::{stdin, stdout};
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr,
};

use crate::accounts::error::{Error, Kind, Result};
use crate::console::term::erase::erase_rows;

/// Alternate screen, bracketed paste, no cursor.
const TAKE: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?25l";

/// Blanks the screen. A terminal without an alternate screen thereby moves the rows of the shell into its scrollback.
const CLEAR: &[u8] = b"\x1b[2J";

/// Ends a frame that was cut short, before the rows are erased.
const END_FRAME: &[u8] = b"\x1b[?2026l";

/// Leaves the alternate screen and shows the cursor.
const GIVE_BACK: &[u8] = b"\x1b[?2004l\x1b[?1049l\x1b[?25h";

/// The most columns and rows that are drawn: more than the largest displays have. A terminal may claim 65,535 of each,
/// which would need hundreds of gigabytes.
pub const MOST_COLUMNS: u16 = 1_000;
/// See [`MOST_COLUMNS`].
pub const MOST_ROWS: u16 = 500;

/// The most rows that the terminal has had since the start.
static TALLEST: AtomicU16 = AtomicU16::new(0);

/// How long a terminal that takes no bytes is waited for when it is given back.
const PATIENCE: Duration = Duration::from_millis(300);

/// What the terminal was before; there is something here exactly while the console has it.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Whether frames may be written; says so without the lock above.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Held while bytes go out, so that no frame follows the way back.
static OUT: Mutex<()> = Mutex::new(());

/// The terminal once more, opened so that no write to it blocks: a thread asleep in a write keeps every other from
/// writing, and so the terminal from being restored. Opened anew, since the flag on the descriptor that was inherited
/// would be the shell's as well. `None` where the console is not on its controlling terminal.
static AGAIN: LazyLock<Option<File>> = LazyLock::new(|| {
    // macOS cannot poll this file.
    if cfg!(target_os = "macos") || tcgetpgrp(stdout()).is_err() {
        return None;
    }
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    open("/dev/tty", flags, Mode::empty()).ok().map(File::from)
});

/// Takes the terminal over. Taking it twice is taking it once.
///
/// # Errors
/// `failure` if input or output is not a terminal, or it does not obey.
pub fn enter() -> Result<()> {
    if !isatty(stdin()) || !isatty(stdout()) {
        return Err(Error::new(Kind::Failure, "the console needs a terminal, and this is none")
            .hint("`rollbook help` lists the commands for scripts; over ssh, -t asks for a terminal"));
    }
    let mut before = lock(&BEFORE);
    if before.is_some() {
        return Ok(());
    }
    let failed = |error: io::Error| Error::new(Kind::Failure, format!("the terminal does not obey: {error}"));
    let found = tcgetattr(stdin()).map_err(|error| failed(error.into()))?;
    make_raw(&found).map_err(|error| failed(error.into()))?;
    *before = Some(found);
    TAKEN.store(true, Ordering::SeqCst);
    drop(before);
    Tty.write_all(&[TAKE, CLEAR].concat()).map_err(|error| {
        leave();
        failed(error)
    })
}

/// Gives the terminal back as it was found. Never fails, never panics, may be called from any thread and any number
/// of times; whoever comes second waits until the first is done.
pub fn leave() {
    let mut before = lock(&BEFORE);
    let Some(found) = before.take() else { return };
    TAKEN.store(false, Ordering::SeqCst);
    if in_background() {
        // The shell has the terminal and has made it its own; touching it would stop this process instead.
        return;
    }
    say_goodbye();
    let _ = tcsetattr(stdin(), OptionalActions::Now, &found);
    // What is half typed may be a secret, and would reach the shell.
    let _ = tcflush(stdin(), QueueSelector::IFlush);
}

/// Takes the terminal over again where somebody else stopped and continued the process and its shell has meanwhile
/// set the terminal to its own liking.
pub fn take_again() {
    let before = lock(&BEFORE);
    if let Some(found) = before.as_ref() {
        let _ = make_raw(found);
        drop(before);
        // Names may still be on the screen.
        let mut bytes = TAKE.to_vec();
        erase_rows(tallest(), &mut bytes);
        let _ = Tty.write_all(&bytes);
    }
}

/// Columns and rows, as far as they are drawn; 80×24 if the terminal does not know.
pub fn size() -> (u16, u16) {
    let claimed = tcgetwinsize(stdout()).map_or((0, 0), |size| (size.ws_col, size.ws_row));
    let (columns, rows) = bounded(claimed);
    TALLEST.fetch_max(rows, Ordering::Relaxed);
    (columns, rows)
}

fn bounded((columns, rows): (u16, u16)) -> (u16, u16) {
    match (columns, rows) {
        (0, _) | (_, 0) => (80, 24),
        _ => (columns.min(MOST_COLUMNS), rows.min(MOST_ROWS)),
    }
}

/// The most rows that a frame can have been drawn on, now and before the terminal was resized.
pub fn tallest() -> u16 {
    size().1.max(TALLEST.load(Ordering::Relaxed))
}

/// The terminal as a place to write to. Writes nothing before [`enter`] and after [`leave`], and reports a terminal
/// that is gone as written to: the thread that reads ends the process at once.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _out = lock(&OUT);
        write_while(bytes, || TAKEN.load(Ordering::SeqCst))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn make_raw(found: &Termios) -> rustix::io::Result<()> {
    let mut raw = found.clone();
    raw.make_raw();
    tcsetattr(stdin(), OptionalActions::Now, &raw)
}

fn say_goodbye() {
    let _out = lock_within(&OUT, PATIENCE);
    let stuck = !takes_bytes(PATIENCE);
    let until = Instant::now() + PATIENCE;
    let mut bytes = END_FRAME.to_vec();
    // A terminal may have no alternate screen, or show it again later.
    erase_rows(tallest(), &mut bytes);
    bytes.extend_from_slice(GIVE_BACK);
    if stuck {
        // A far end that is stuck: what it has not taken is thrown away, and a sequence cut by that cancelled.
        let _ = tcflush(out(), QueueSelector::OFlush);
        bytes.insert(0, 0x18);
    }
    let _ = write_while(&bytes, || Instant::now() < until);
}

fn in_background() -> bool {
    tcgetpgrp(stdin()).is_ok_and(|front| front != getpgrp())
}

fn out() -> BorrowedFd<'static> {
    match AGAIN.as_ref() {
        Some(file) => file.as_fd(),
        None => stdout(),
    }
}

fn takes_bytes(within: Duration) -> bool {
    let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(within.subsec_nanos()) };
    let mut fds = [PollFd::from_borrowed_fd(out(), PollFlags::OUT)];
    poll(&mut fds, Some(&wait)).is_ok_and(|ready| ready > 0)
}

/// Writes all of it, or up to where it is no longer wanted.
fn write_while(mut bytes: &[u8], wanted: impl Fn() -> bool) -> io::Result<()> {
    while !bytes.is_empty() && wanted() {
        match rustix::io::write(out(), bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                takes_bytes(Duration::from_millis(100));
            }
            Err(Errno::IO | Errno::PIPE | Errno::NXIO) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lock_within<T>(mutex: &Mutex<T>, within: Duration) -> Option<MutexGuard<'_, T>> {
    let until = Instant::now() + within;
    loop {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() >= until => return None,
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_size_is_bounded() {
        assert_eq!(bounded((120, 40)), (120, 40));
        assert_eq!(bounded((30_000, 30_000)), (MOST_COLUMNS, MOST_ROWS));
        assert_eq!(bounded((65_535, 1)), (MOST_COLUMNS, 1));
        for unknown in [(0, 0), (0, 40), (120, 0)] {
            assert_eq!(bounded(unknown), (80, 24));
        }
    }
}
