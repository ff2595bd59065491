//! What must never reach a screen, a pipe or a terminal as it is, whatever stands in the database or is typed.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/mod.rs"]
mod support;

#[path = "console/stage.rs"]
#[allow(dead_code)] // the stories use all of it
mod stage;

#[cfg(target_os = "linux")]
#[path = "pty/harness.rs"]
mod harness;

#[path = "hostile/corpus.rs"]
mod corpus;
#[path = "hostile/planted.rs"]
mod planted;

#[path = "hostile/commands.rs"]
mod commands;
#[path = "hostile/typed.rs"]
mod typed;
#[path = "hostile/walk.rs"]
mod walk;
#[path = "hostile/wire.rs"]
mod wire;
