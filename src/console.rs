//! The console.
pub mod key;
