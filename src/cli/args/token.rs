//! The grammar of `token`.

use clap::{Args, Subcommand};

/// `token …`
#[derive(Subcommand, Debug)]
pub enum Token {
    /// Create a token for a person; its value is shown once
    Create(TokenCreate),
    /// List a person's tokens, newest first; never their values
    List(TokenList),
    /// Say who is behind a token; exit code 4 if nobody
    Check(TokenCheck),
    /// Revoke a token
    Revoke(TokenRevoke),
}

/// `token create`
#[derive(Args, Debug)]
pub struct TokenCreate {
    /// Whose it shall be: exact name or id; name:X and id:X force one
    #[arg(value_name = "NAME")]
    pub owner: String,
    /// What to call it [else token- and 8 hex digits]
    #[arg(long, value_name = "N")]
    pub name: Option<String>,
    /// RFC 3339, a date, Unix seconds, +1s … +30d, or never [else never]
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
}

/// `token list`
#[derive(Args, Debug)]
pub struct TokenList {
    /// Whose: exact name or id; name:X and id:X force one
    #[arg(value_name = "NAME")]
    pub owner: String,
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
