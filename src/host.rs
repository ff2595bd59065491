//! What only the machine knows: its clock, its randomness, who sits at it, where things lie.
//!
//! Deliberately knows neither users nor sessions, and prints nothing.

pub mod config;
pub mod identity;
pub mod key;
pub mod memory;
pub mod place;
pub mod process;
pub mod zone;

use rand::TryRng as _;
use rand::rngs::SysRng;

use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::time::{Clock, Span, Time};
use crate::accounts::token::Entropy;

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        Time::from_millis(jiff::Timestamp::now().as_millisecond())
    }

    fn pause(&self, span: Span) {
        std::thread::sleep(std::time::Duration::from_millis(span.millis().unsigned_abs()));
    }
}

/// The operating system's randomness, the only source of anything secret.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        SysRng.try_fill_bytes(bytes).map_err(|_| Error::new(Kind::Failure, "the operating system gives no randomness"))
    }
}
