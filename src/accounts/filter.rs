//! The filter: one expression over people or sessions, for the list, the preview of a bulk change, the bulk change and
//! the command line.
//!
//! Knows no engine. What a filter means is said once, in [`Filter::matches_with`]; engines are tested against it.

mod complete;
pub(super) mod near;
mod read;
mod term;
mod when;

pub use complete::{Completion, complete, complete_from};
pub use read::Subject;
pub use term::{Filter, STALE, State, Term};
pub use when::{Clocked, When};
