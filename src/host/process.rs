//! How this process presents itself to the operating system.

use std::sync::Arc;

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};
use signal_hook::consts::SIGXFSZ;

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
