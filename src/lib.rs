//! Rollbook: the users and sessions of a self-hosted service, for the administrator, the service and the script.
//!
//! The program is a terminal console and a command line; this library is what both stand on, and what a service links.
//! It registers people, logs them in, checks their session with each request, and lets an administrator see and steer
//! all of it while it happens.
//!
//! ```
//! # fn main() -> rollbook::accounts::Result<()> {
//! use rollbook::accounts::{Accounts, Actor, Ground, Kind, Login, Secret};
//! use rollbook::engines;
//! use rollbook::host::key::KeyFile;
//! use rollbook::host::{SystemClock, SystemEntropy};
//!
//! // This database is in memory and ends with its handle; `engines::open` opens a file.
//! let ground = Ground {
//!     store: engines::memory()?,
//!     clock: Box::new(SystemClock),
//!     entropy: Box::new(SystemEntropy),
//!     cost: None, // as the policy in the database says
//!     // Seals second factors. It lies apart, so that the database alone gives none of them away.
//!     keys: Box::new(KeyFile::find()?),
//! };
//! let mut accounts = Accounts::new(ground, Actor::Service("web".into()), "");
//!
//! let password = Secret::from("a wide river, seen at night");
//! accounts.register("ada@example.org", &password, false)?;
//!
//! // One answer for everything that does not let somebody in: the reason is the administrator's to see.
//! let login = Login { name: "ada@example.org", password: Some(&password), ..Login::default() };
//! let token = accounts.log_in(&login)?.token;
//!
//! // With each request.
//! let (user, _session) = accounts.check(&token)?;
//! assert_eq!(user.name, "ada@example.org");
//!
//! accounts.log_out(&token)?;
//! assert!(accounts.check(&token).is_err_and(|error| error.kind == Kind::Unauthenticated));
//! # Ok(())
//! # }
//! ```
//!
//! # The map
//!
//! | module | is | knows |
//! | --- | --- | --- |
//! | [`accounts`] | the domain; [`accounts::Accounts`] is its door, [`accounts::store::Store`] the port beneath it | nothing but itself |
//! | [`engines`] | the databases behind the port: SQLite. All SQL is here | `accounts` |
//! | [`cli`] | the command line: nouns, verbs, tables, JSON, prompts | `accounts` |
//! | [`console`] | the screen: events, actions, panes, layers, workers, the terminal | `accounts` |
//! | [`demo`] | sample people, and a service that keeps them alive | `accounts` |
//! | [`host`] | this machine: clock, randomness, who sits here, configuration | `accounts` |
//!
//! The program itself, in `main.rs`, is the only place that puts them together.
//!
//! # What always holds
//!
//! - The domain is handed its time, its randomness and its store; every rule can be tried with a clock in the hand.
//! - Each method of the port is one transaction: done whole, with its audit entry, or not at all.
//! - A session is checked together with its owner: what an administrator does acts at the next check.
//! - Unknown, wrong, pending, inactive, expired and deleted are answered alike, after one verification.
//! - No change leaves the database without an active administrator, once there was one.
//! - A secret is a [`accounts::Secret`], which cannot be printed; only digests and password hashes are kept.
//! - Text from the database or from arguments is shown through [`accounts::text::visible`], which nothing hostile passes.
//! - Nothing that takes time runs on the thread that draws, and nothing is shown as done before it is.
//! - Bad input gives an [`accounts::Error`] with a kind, a sentence and a hint; it never panics.
//!
//! # The words
//!
//! - **user**: a person who is administered; **operator**: whoever runs the program as the account that owns the file.
//! - **session**: what a log-in opens and a token proves. It *ends*; until then it is *live*, if its owner may log in.
//! - **reset**: a request that lets its holder set a password, once. It is delivered out of band.
//! - **actor**: in whose name something is done: operator, user, service.
//! - **policy**: the settings that are kept in the database and hold for every program on it.
//! - **audit entry**: what one change leaves behind, chained to the one before.
//! - **pending, active, inactive**: not yet allowed in, allowed in, kept out. **Deleted** people can be restored for a
//!   while; **purged** ones are gone.
//! - **verdict**: whether somebody can log in, what stands in the way, and what cures it.

pub mod accounts;
pub mod cli;
pub mod console;
pub mod demo;
pub mod engines;
pub mod host;
pub mod temporary;
