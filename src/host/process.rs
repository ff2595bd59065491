//! How this process presents itself to the operating system.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

/// Nothing that this process creates is open to others, and a crash leaves no copy of its memory behind. A file that may
/// not grow any more ends no process.
pub fn harden() {
    umask(Mode::RWXG | Mode::RWXO);
    // Passwords pass through this memory. Where the system refuses, there is nothing else to be done.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // Taken, and nothing done: then the write itself fails, as on a full disk, and whoever wrote is told so. Left to the
    // system it would kill, in the midst of a transaction and with the terminal as it is.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

/// From now on other processes of the same account cannot read this one's memory. Comes after the machine was asked
/// who sits at it: a sealed process is not shown its own files and terminal any more, unless it is root's.
pub fn seal() {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Becomes true when somebody asks this process to end, which from now on does not end it. A signal that was ignored at
/// the start, as by `nohup`, stays ignored.
pub fn stop_requested() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    for signal in [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0) {
        // Without a handler the signal ends the process at once, and the next one removes what it leaves.
        let _ = signal_hook::flag::register(signal, Arc::clone(&flag));
    }
    flag
}
