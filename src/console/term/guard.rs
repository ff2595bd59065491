//! What must happen when the process is told to stop or goes wrong: the terminal first, then the end.
//!
//! The signals are taken by a thread of their own, so that they act while every other thread is blocked. Knows
//! nothing of what the other threads do; that nothing is left half done is the engine's promise, one transaction each.

use std::ffi::c_int;
use std::io;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, getpgrp, getpid, getsid, kill_current_process_group, setrlimit};
use rustix::stdio::stderr;
use signal_hook::consts::{SIGALRM, SIGPROF, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGIO, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::accounts::error::{Error, Kind, Result};
use crate::console::fault;
use crate::console::term::event::TermEvent;
use crate::console::term::{job, screen};

/// How long the terminal may take to be restored before the process ends without it.
const LAST_WORDS: Duration = Duration::from_millis(1_000);

/// How long a thread waits for the farewells that another thread carries out. A busy machine takes long to remove files.
const FAREWELL: Duration = Duration::from_secs(30);

/// How often the process was continued.
static CONTINUED: (Mutex<u64>, Condvar) = (Mutex::new(0), Condvar::new());

/// Whether the next SIGTSTP is the one that this process sends to its group, to stop the other members.
static OWN_STOP: AtomicBool = AtomicBool::new(false);

/// What is done when the process ends by a signal or a fault, which leave no time for destructors.
static FAREWELLS: Mutex<Vec<Box<dyn Fn() + Send>>> = Mutex::new(Vec::new());

/// Whether a thread has begun to carry out the farewells, and whether it is done.
static LEAVING: (Mutex<Leaving>, Condvar) = (Mutex::new(Leaving::No), Condvar::new());

#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaving {
    No,
    Begun,
    Done,
}

/// Does this as well where the process is ended by a signal, a dead connection or a fault. Not at a normal end.
pub fn at_the_end(farewell: impl Fn() + Send + 'static) {
    FAREWELLS.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(farewell));
}

/// Carries out the farewells once. A signal and the end of the terminal come at the same moment: the thread that comes
/// second waits, because its end is the end of the process, also of the thread that came first.
fn say_farewell() {
    let (state, changed) = &LEAVING;
    let mut leaving = state.lock().unwrap_or_else(PoisonError::into_inner);
    if *leaving != Leaving::No {
        drop(changed.wait_timeout_while(leaving, FAREWELL, |leaving| *leaving != Leaving::Done));
        return;
    }
    *leaving = Leaving::Begun;
    drop(leaving);
    FAREWELLS.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|farewell| farewell());
    *state.lock().unwrap_or_else(PoisonError::into_inner) = Leaving::Done;
    changed.notify_all();
}

/// Makes a panic restore the terminal, say one calm sentence, and end the process with code 1, except one that only ends
/// a request.
pub fn hook_panics() {
    static ENDING: AtomicBool = AtomicBool::new(false);
    std::panic::set_hook(Box::new(|info| {
        if fault::is_contained(info) {
            return;
        }
        if ENDING.swap(true, Ordering::SeqCst) {
            // Another thread restores the terminal, says farewell and ends the process: this one must not end it before.
            std::thread::sleep(LAST_WORDS * 2);
            say_farewell();
            std::process::exit(1);
        }
        leave_in_time();
        say_farewell();
        // Not by the macro: it panics on a terminal that is gone.
        let _ = rustix::io::write(stderr(), last_words(info).as_bytes());
        std::process::exit(1);
    }));
}

/// The sentence; without the payload, which could hold anything, a secret as well.
fn last_words(info: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    format!(
        "rollbook stopped by a fault of its own (thread {}{place}). Nothing was left half done: every change is in the \
         database whole, or not at all.\n",
        thread.name().unwrap_or("without a name")
    )
}

/// The signals by which the process ends, whoever sends them: a limit of processor time, a script, a failing power supply.
const DEADLY: &[c_int] = &[
    SIGHUP,
    SIGTERM,
    SIGINT,
    SIGQUIT,
    SIGXCPU,
    SIGUSR1,
    SIGUSR2,
    SIGALRM,
    SIGVTALRM,
    SIGPROF,
    SIGIO,
    #[cfg(target_os = "linux")]
    Signal::POWER.as_raw(),
];

/// Starts the thread that takes the signals.
///
/// # Errors
/// The system's, when it gives no handler or no thread.
pub fn watch_signals(sink: impl Fn(TermEvent) + Send + 'static) -> io::Result<()> {
    // SIGQUIT would leave the memory, passwords and all, in a file.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let status = status();
    let deadly = DEADLY.iter().copied().filter(|&signal| !mask_has(&status, signal));
    let mut signals = Signals::new(deadly.chain([SIGWINCH, SIGTSTP, SIGCONT]))?;
    let watch = move || {
        for signal in signals.forever() {
            match signal {
                SIGWINCH => tell_size(&sink),
                SIGTSTP if OWN_STOP.swap(false, Ordering::SeqCst) => {
                    let (count, changed) = &CONTINUED;
                    drop(count.lock().unwrap_or_else(PoisonError::into_inner));
                    changed.notify_all();
                }
                SIGTSTP => sink(TermEvent::Suspend),
                SIGCONT => {
                    screen::take_again();
                    let (count, changed) = &CONTINUED;
                    *count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                    changed.notify_all();
                    // A stopped process is told of no change of size.
                    tell_size(&sink);
                    sink(TermEvent::Resumed);
                }
                deadly => die(deadly),
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(watch).map(drop)
}

fn tell_size(sink: &impl Fn(TermEvent)) {
    let (columns, rows) = screen::size();
    sink(TermEvent::Resize(columns, rows));
}

/// Restores the terminal and ends the process by this signal.
pub fn die(signal: c_int) -> ! {
    leave_in_time();
    say_farewell();
    if !ignored(signal) {
        let _ = emulate_default_handler(signal);
    }
    std::process::exit(128 + signal)
}

/// Stops the process, and everything it was started together with, until the shell continues it.
///
/// # Errors
/// `failure`, with the sentence to show, if no shell waits that could continue it; what [`screen::enter`] says.
pub fn suspend() -> Result<()> {
    if !may_stop() {
        return Err(Error::new(
            Kind::Failure,
            "Ctrl-Z does nothing here: this session has no shell to return to; q quits",
        ));
    }
    let (count, changed) = &CONTINUED;
    let before = *count.lock().unwrap_or_else(PoisonError::into_inner);
    screen::leave();
    // The group, so that a wrapper between shell and console stops too, as it does at the key. This process itself
    // takes SIGTSTP as a question, and answers it below.
    OWN_STOP.store(true, Ordering::SeqCst);
    if kill_current_process_group(Signal::TSTP).is_ok() {
        // Until it has been taken; taken after the process was continued, it would be a question.
        let count = count.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = changed.wait_timeout_while(count, LAST_WORDS, |_| OWN_STOP.load(Ordering::SeqCst));
    }
    OWN_STOP.store(false, Ordering::SeqCst);
    if emulate_default_handler(SIGTSTP).is_ok() {
        // The stop may strike a moment after the call that asked for it.
        let count = count.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = changed.wait_timeout_while(count, LAST_WORDS, |count| *count == before);
    }
    screen::enter()
}

/// Whether a shell waits that can continue this process. Only Linux tells about ancestors.
fn may_stop() -> bool {
    let own = getpid().as_raw_pid();
    match job::Process::read(own) {
        Some(_) => job::shell_waits(own, job::Process::read),
        None => !getsid(None).is_ok_and(|session| session == getpgrp()),
    }
}

/// Restores the terminal, but does not wait for ever for a far end that takes no bytes.
fn leave_in_time() {
    let (done, finished) = mpsc::channel();
    let leaving = std::thread::Builder::new().name("leave".into()).spawn(move || {
        screen::leave();
        let _ = done.send(());
    });
    match leaving {
        Ok(_) => drop(finished.recv_timeout(LAST_WORDS)),
        Err(_) => screen::leave(),
    }
}

/// Whether the process was started with this signal ignored, as `nohup` does; it then stays ignored. Only Linux tells.
fn ignored(signal: c_int) -> bool {
    mask_has(&status(), signal)
}

fn status() -> String {
    std::fs::read_to_string("/proc/self/status").unwrap_or_default()
}

fn mask_has(status: &str, signal: c_int) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=64).contains(&signal) && mask >> (signal - 1) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_signal_is_read_from_the_mask() {
        let status = "Name:\trollbook\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\n";
        assert!(mask_has(status, SIGHUP));
        assert!(!mask_has(status, SIGINT) && !mask_has(status, SIGTERM) && !mask_has("", SIGHUP));
    }
}
