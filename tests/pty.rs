//! The real program in a real pseudo-terminal: its ways out, its stops, and input as bad links deliver it.
#![cfg(target_os = "linux")] // the processes are watched through /proc
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

#[path = "pty/bulk.rs"]
mod bulk;
#[path = "pty/canary.rs"]
mod canary;
#[path = "pty/endings.rs"]
mod endings;
#[path = "pty/enrol.rs"]
mod enrol;
#[path = "pty/harness.rs"]
mod harness;
#[path = "pty/input.rs"]
mod input;
#[path = "pty/people.rs"]
mod people;
#[path = "pty/signin.rs"]
mod signin;
#[path = "pty/stops.rs"]
mod stops;
