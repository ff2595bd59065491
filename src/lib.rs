//! Rollbook: the users and sessions of a self-hosted service.
pub mod accounts;
pub mod cli;
pub mod console;
pub mod demo;
pub mod engines;
pub mod host;
