//! How this process presents itself to the operating system.

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};

/// Nothing that this process creates is open to others, and nothing of its memory is left behind by a crash.
pub fn harden() {
    umask(Mode::RWXG | Mode::RWXO);
    // Passwords pass through this memory. Where the system refuses either, there is nothing else to be done.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
