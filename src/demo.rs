//! Sample people, and a small service that lives on them.
//!
//! Knows `accounts` and nothing else: no engine, no console, no clock of its own. It is handed handles, as any program
//! that uses the library hands itself. Nothing here is secret: the password is [`PASSWORD`] and the tokens follow from
//! the seed.

mod crowd;
mod dice;
mod names;
mod people;
mod proofs;
mod scene;
mod service;
mod story;

pub use crowd::{Progress, SEED, load};
pub use people::{Cast, PASSWORD, PEOPLE, Tokens, fill, people};
pub use service::{Service, run};
