//! The thread that listens to the terminal, and ends the process at once when the terminal is gone.
//!
//! It works while the thread that draws is blocked in a write. What the bytes mean is the decoder's business.

use std::io;
use std::sync::LazyLock;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read};
use rustix::stdio::stdin;
use signal_hook::consts::SIGHUP;
use zeroize::Zeroize as _;

use crate::console::key::Input;
use crate::console::term::decode::Decoder;
use crate::console::term::event::TermEvent;
use crate::console::term::guard;

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The clock of the inputs: milliseconds since it was first asked. Does not go back.
pub fn millis() -> u64 {
    u64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Starts the thread.
///
/// # Errors
/// The system's, when it gives no thread.
pub fn read_input(sink: impl Fn(TermEvent) + Send + 'static) -> io::Result<()> {
    let over_ssh = ["SSH_CONNECTION", "SSH_TTY"].into_iter().any(|name| std::env::var_os(name).is_some());
    let listen = move || {
        let mut decoder = Decoder::new(over_ssh);
        let mut bytes = [0; 4096];
        loop {
            let inputs = match listen(decoder.pending_until(), &mut bytes) {
                Heard::Nothing => decoder.timeout(millis()),
                Heard::Bytes(count) => decoder.feed(&bytes[..count], millis()),
                Heard::End => guard::die(SIGHUP),
            };
            // A password may have been among them.
            bytes.zeroize();
            tell(&sink, inputs);
        }
    };
    std::thread::Builder::new().name("input".into()).spawn(listen).map(drop)
}

fn tell(sink: &impl Fn(TermEvent), inputs: Vec<Input>) {
    let at = millis();
    for input in inputs {
        sink(TermEvent::Input(input, at));
    }
}

enum Heard {
    Nothing,
    Bytes(usize),
    End,
}

/// Waits for bytes, until this time at most.
fn listen(until: Option<u64>, bytes: &mut [u8]) -> Heard {
    let wait = until.map(|until| {
        let left = until.saturating_sub(millis()).min(60_000) as i64;
        Timespec { tv_sec: left / 1_000, tv_nsec: left % 1_000 * 1_000_000 }
    });
    let mut fds = [PollFd::from_borrowed_fd(stdin(), PollFlags::IN)];
    match poll(&mut fds, wait.as_ref()) {
        Ok(0) | Err(Errno::INTR | Errno::AGAIN) => return Heard::Nothing,
        Ok(_) => {}
        Err(_) => return Heard::End,
    }
    if !fds[0].revents().contains(PollFlags::IN) {
        return Heard::End;
    }
    match read(stdin(), bytes) {
        Ok(0) => Heard::End,
        Ok(count) => Heard::Bytes(count),
        Err(Errno::INTR | Errno::AGAIN) => Heard::Nothing,
        Err(_) => Heard::End,
    }
}
