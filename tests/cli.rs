//! The command line as a script and a person meet it: the real program, a database of its own for every test.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "cli/actors.rs"]
mod actors;
#[path = "cli/canary.rs"]
mod canary;
#[path = "cli/closed.rs"]
mod closed;
#[path = "cli/crowd.rs"]
mod crowd;
#[path = "cli/desk.rs"]
mod desk;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/factor.rs"]
mod factor;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/input.rs"]
mod input;
#[path = "cli/killed.rs"]
mod killed;
#[path = "cli/long.rs"]
mod long;
#[path = "cli/losses.rs"]
mod losses;
#[path = "cli/lost.rs"]
mod lost;
#[path = "cli/named.rs"]
mod named;
#[path = "cli/people.rs"]
mod people;
#[path = "cli/places.rs"]
mod places;
#[path = "cli/security.rs"]
mod security;
#[path = "cli/sessions.rs"]
mod sessions;
#[path = "cli/signin.rs"]
mod signin;
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/tokens.rs"]
mod tokens;
#[path = "cli/usage.rs"]
mod usage;
