//! Stories: keys in, screen out, on the real engine in memory.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/mod.rs"]
mod support;

#[path = "console/stage.rs"]
mod stage;

#[path = "console/dialogs.rs"]
mod dialogs;
#[path = "console/filter.rs"]
mod filter;
#[path = "console/first.rs"]
mod first;
#[path = "console/forms.rs"]
mod forms;
#[path = "console/guards.rs"]
mod guards;
#[path = "console/live.rs"]
mod live;
#[path = "console/moving.rs"]
mod moving;
#[path = "console/others.rs"]
mod others;
#[path = "console/passwords.rs"]
mod passwords;
#[path = "console/sessions.rs"]
mod sessions;
#[path = "console/status.rs"]
mod status;
