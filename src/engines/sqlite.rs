//! The SQLite engine: each promise of the port as one transaction on one file.
//!
//! Knows nothing of who may do what, of passwords' rules or of the clock: it is told.

mod audit;
mod clock;
mod condition;
mod connection;
mod database_file;
mod endings;
mod examine;
mod export;
mod factors;
mod failed;
mod faults;
mod files;
mod guards;
mod handle;
mod keepers;
mod labels;
mod letters;
mod load;
mod many;
mod names;
mod needles;
mod pairs;
#[cfg(test)]
mod plans;
mod purge;
mod query;
mod rank;
mod recall;
mod resets;
mod rows;
mod schema;
mod sessions;
mod settings;
mod standing;
mod store;
mod tally;
mod throttle;
mod tokens;
mod trail;
mod upkeep;
mod users;
mod uses;

pub use examine::inspect;
pub use handle::Sqlite;
pub use recall::Recall;
