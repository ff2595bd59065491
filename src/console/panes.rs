//! The panes. Each owns its state, its transitions and its drawing; drawing changes nothing.

pub mod audit;
pub mod detail;
pub mod everybody;
pub mod sessions;
pub mod system;
pub mod users;
