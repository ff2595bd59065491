//! The console.
pub mod key;
pub mod term;
