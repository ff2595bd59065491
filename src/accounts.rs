//! The domain: users, their sessions, how they come in and what is written down about it.
//!
//! Knows no SQL, no terminal, no command line, and neither a clock nor a source of randomness that it is not handed.
//! [`Accounts`] is its only door; [`store::Store`] is the port behind which a database stands.

pub mod api_token;
pub mod audit;
pub mod base32;
mod batches;
pub mod blocklist;
pub mod bulk;
pub mod chain;
pub mod change;
pub mod clock;
pub mod door;
pub mod enrolment;
pub mod error;
pub mod export;
pub mod exporting;
pub mod factor;
pub mod file_error;
pub mod file_id;
pub mod filter;
pub mod finding;
pub mod gate;
pub mod hash;
pub mod health;
pub mod keyring;
pub mod keys;
pub mod login;
pub mod looking;
pub mod losses;
pub mod passphrase;
pub mod password;
pub mod people;
pub mod policy;
pub mod qr;
pub mod query;
pub mod report;
pub mod reset;
pub mod resolve;
pub mod seal;
pub mod search;
pub mod secret;
pub mod session;
pub mod standing;
pub mod store;
pub mod text;
pub mod throttle;
pub mod time;
pub mod token;
pub mod totp;
pub mod trail;
pub mod upkeep;
pub mod user;
pub mod verdict;
pub mod verify;
pub mod warrant;

pub use audit::Actor;
pub use door::{Accounts, Claim, Ground};
pub use error::{Error, Kind, Result};
pub use secret::Secret;
pub use session::Login;
pub use time::{Span, Time, Until};
pub use user::{Draft, Edit, Role, Status, User, UserId};
