//! The grammar of `doctor`.

use clap::Args;

/// `doctor`
#[derive(Args, Debug)]
pub struct Doctor {
    /// Take the machine's clock at its word, after looking at it
    #[arg(long)]
    pub accept_clock: bool,
}
