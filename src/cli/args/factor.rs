//! The grammar of `factor`.

use clap::{Args, Subcommand};

use super::named::Target;

/// `factor …`
#[derive(Subcommand, Debug)]
pub enum Factor {
    /// Show a secret to scan or type, ask for a code, and turn the second factor on
    Enable(Enable),
    /// Turn it on with a secret that was shown before and a code of the app
    Confirm(Confirm),
    /// Turn it off and forget its backup codes
    Disable(Disable),
    /// Make new backup codes in the place of all the old ones
    Codes(Codes),
    /// Replace the key that seals second factors
    Rekey,
}

/// Who, and by whose hand.
#[derive(Args, Debug)]
pub struct Whose {
    /// The person
    #[command(flatten)]
    pub target: Target,
    /// By the person themselves: their password is read first
    #[arg(long)]
    pub own: bool,
    /// With --own: read what is asked for from standard input
    #[arg(long, requires = "own")]
    pub password_stdin: bool,
}

/// `factor enable`
#[derive(Args, Debug)]
pub struct Enable {
    /// Who, and by whose hand
    #[command(flatten)]
    pub whose: Whose,
}

/// `factor confirm`
#[derive(Args, Debug)]
pub struct Confirm {
    /// Who, and by whose hand
    #[command(flatten)]
    pub whose: Whose,
    /// Read the secret and a code from standard input, one a line
    #[arg(long = "stdin", id = "secret_and_code")]
    pub stdin: bool,
}

/// `factor disable`
#[derive(Args, Debug)]
pub struct Disable {
    /// Who, and by whose hand
    #[command(flatten)]
    pub whose: Whose,
    /// With --own: read a second-factor code too, after the password
    #[arg(long, requires = "own")]
    pub code: bool,
    /// Although the password is too short to stand alone; the operator's word only
    #[arg(long, conflicts_with = "own")]
    pub force: bool,
}

/// `factor codes`
#[derive(Args, Debug)]
pub struct Codes {
    /// Who, and by whose hand
    #[command(flatten)]
    pub whose: Whose,
    /// With --own: read a second-factor code too, after the password
    #[arg(long, requires = "own")]
    pub code: bool,
}
