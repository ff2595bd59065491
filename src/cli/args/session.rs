//! The grammar of `session`.

use clap::{Args, Subcommand};

use super::named::{Target, any_text};

/// `session …`
#[derive(Subcommand, Debug)]
pub enum Session {
    /// List live sessions, newest first
    List(SessionList),
    /// Log somebody in; the token is shown once
    Login(SessionLogin),
    /// Say who is behind a token; exit code 4 if nobody
    Check(SessionCheck),
    /// End one session, or all of a person's
    Logout(SessionLogout),
}

/// `session list`
#[derive(Args, Debug)]
pub struct SessionList {
    /// Of this person only
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = any_text)]
    pub user: Option<String>,
    /// Words, "two words", ^prefix, !not, is:, created:, seen:, client:, address:; ended ones too unless is:live
    #[arg(long, value_name = "F", conflicts_with = "user")]
    pub filter: Option<String>,
    /// Oldest first
    #[arg(long, conflicts_with = "user")]
    pub reverse: bool,
}

/// `session login`
#[derive(Args, Debug)]
pub struct SessionLogin {
    /// Who logs in
    #[command(flatten)]
    pub target: Target,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Read a second-factor code too, after the password
    #[arg(long)]
    pub code: bool,
    /// What to call the client
    #[arg(long, value_name = "L", allow_hyphen_values = true, value_parser = any_text)]
    pub client: Option<String>,
    /// Where the client comes from
    #[arg(long, value_name = "A", allow_hyphen_values = true, value_parser = any_text)]
    pub address: Option<String>,
    /// RFC 3339, a date, Unix seconds, +1s … +30d, or never
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
}

/// `session check`
#[derive(Args, Debug)]
pub struct SessionCheck {
    /// Read the token from standard input
    #[arg(long)]
    pub token_stdin: bool,
}

/// `session logout`
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["token_stdin", "session_id", "user", "filter"]))]
pub struct SessionLogout {
    /// Read the token from standard input; an unknown one is no error
    #[arg(long)]
    pub token_stdin: bool,
    /// The session's public id
    #[arg(value_name = "SESSION_ID")]
    pub session_id: Option<String>,
    /// All live sessions of this person
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = any_text)]
    pub user: Option<String>,
    /// All live sessions that this lets through, as session list shows them
    #[arg(long, value_name = "F")]
    pub filter: Option<String>,
}
