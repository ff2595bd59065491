//! The grammar of `doctor`.

use clap::Args;

/// `doctor`
#[derive(Args, Debug)]
#[command(
    after_help = "It checks every page of the file, the free space and inodes, the modes and owners of files and folders, the \
                        clock, the age of the last clean-up, the settings, and the key where users have two-factor.\n\n\
                        Exit codes of this command alone: 0 all is well, 1 a warning, 2 critical, 3 something could not be \
                        checked. The worst finding decides. --json prints the status and every finding."
)]
pub struct Doctor {
    /// Take the machine's clock at its word, after looking at it
    #[arg(long)]
    pub accept_clock: bool,
}
