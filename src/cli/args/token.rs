//! The grammar of `token`.

use clap::{Args, Subcommand};

use super::named::{Target, any_text};

/// `token …`
#[derive(Subcommand, Debug)]
pub enum Token {
    /// Create a token for a person; its value is shown once
    Create(TokenCreate),
    /// List a person's tokens, newest first; never their values
    List(Target),
    /// Say who is behind a token; exit code 4 if nobody
    Check(TokenCheck),
    /// Revoke a token
    Revoke(TokenRevoke),
}

/// `token create`
#[derive(Args, Debug)]
pub struct TokenCreate {
    /// Whose it shall be
    #[command(flatten)]
    pub owner: Target,
    /// What to call it [else token- and 8 hex digits]
    #[arg(long = "name", id = "token_name", value_name = "N", allow_hyphen_values = true, value_parser = any_text)]
    pub name: Option<String>,
    /// RFC 3339, a date, Unix seconds, +1s … +30d, or never [else never]
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
}

/// `token check`
#[derive(Args, Debug)]
pub struct TokenCheck {
    /// Read the token from standard input
    #[arg(long)]
    pub token_stdin: bool,
}

/// `token revoke`
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["token_stdin", "token_id"]))]
pub struct TokenRevoke {
    /// Read the token itself from standard input; an unknown one is no error
    #[arg(long)]
    pub token_stdin: bool,
    /// The token's public id
    #[arg(value_name = "TOKEN_ID")]
    pub token_id: Option<String>,
}
