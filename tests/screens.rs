//! Every screen at every size in every theme: nothing breaks, nothing is told by colour alone, nothing moves by itself.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/mod.rs"]
mod support;

#[path = "console/stage.rs"]
#[allow(dead_code)] // the stories use all of it
mod stage;

#[path = "screens/sizes.rs"]
mod sizes;
#[path = "screens/streams.rs"]
mod streams;
