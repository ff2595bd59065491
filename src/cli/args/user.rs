//! The grammar of `user`.

use clap::{Args, Subcommand};

use super::named::{Named, Target, Whom, any_text};

/// `user …`
#[derive(Subcommand, Debug)]
pub enum User {
    /// List people; all but deleted ones
    List(UserList),
    /// Show one person
    Show(UserShow),
    /// Say why somebody can or cannot log in, and what cures it
    Why(Target),
    /// Add a person
    Register(UserRegister),
    /// Change what is said about a person
    Edit(UserEdit),
    /// Let a person log in
    Activate(Whom),
    /// Keep a person out and end their sessions
    Deactivate(Whom),
    /// Delete a person; they can be restored for 30 days
    Delete(Whom),
    /// Bring a deleted person back
    Restore(UserRestore),
    /// Erase a person for good
    Purge(Target),
    /// Change or set a password
    Passwd(UserPasswd),
    /// Check a name and password; no session is opened
    Authenticate(UserAuthenticate),
    /// Lock a user down at once: deactivate, end sessions, revoke tokens, void resets and the password
    Contain(Whom),
    /// Let a person try again at once after wrong passwords
    Unthrottle(Target),
}

/// `user list`
#[derive(Args, Debug)]
pub struct UserList {
    /// Names that begin so
    #[arg(long, value_name = "P", allow_hyphen_values = true, value_parser = any_text)]
    pub prefix: Option<String>,
    /// pending, active, inactive or deleted
    #[arg(long, value_name = "S")]
    pub status: Option<String>,
    /// Words, "two words", ^prefix, !not, is:, role:, label:, created:, seen:, used:, valid:, hash:
    #[arg(long, value_name = "F")]
    pub filter: Option<String>,
    /// created, name, seen or status
    #[arg(long, value_name = "O", default_value = "name")]
    pub sort: String,
    /// The other way round
    #[arg(long)]
    pub reverse: bool,
    /// At most so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
}

/// `user show`
#[derive(Args, Debug)]
pub struct UserShow {
    /// Who
    #[command(flatten)]
    pub target: Target,
    /// Only if they are pending, active, inactive or deleted
    #[arg(long, value_name = "S")]
    pub status: Option<String>,
}

/// `user register`
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("whom").required(true).args(["name", "name_stdin"]))]
pub struct UserRegister {
    /// The name, as the person will type it
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Read NAME from standard input, as its first line
    #[arg(long)]
    pub name_stdin: bool,
    /// An address to reach them
    #[arg(long, value_name = "E", allow_hyphen_values = true, value_parser = any_text)]
    pub email: Option<String>,
    /// member, auditor or admin
    #[arg(long, value_name = "R")]
    pub role: Option<String>,
    /// A label; may be given again
    #[arg(long = "label", value_name = "L", allow_hyphen_values = true, value_parser = any_text)]
    pub labels: Vec<String>,
    /// Free words
    #[arg(long, value_name = "T", allow_hyphen_values = true, value_parser = any_text)]
    pub note: Option<String>,
    /// They must be activated before the first log-in
    #[arg(long)]
    pub pending: bool,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Set no password; they choose one by a reset code
    #[arg(long, conflicts_with = "password_stdin")]
    pub no_password: bool,
}

/// `user edit`
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["new_name", "email", "role", "labels", "note", "valid_until"]))]
pub struct UserEdit {
    /// Who
    #[command(flatten)]
    pub target: Target,
    /// A new name
    #[arg(long = "name", value_name = "N", allow_hyphen_values = true, value_parser = any_text)]
    pub new_name: Option<String>,
    /// A new address; empty for none
    #[arg(long, value_name = "E", allow_hyphen_values = true, value_parser = any_text)]
    pub email: Option<String>,
    /// member, auditor or admin
    #[arg(long, value_name = "R")]
    pub role: Option<String>,
    /// All labels anew; may be given again, empty for none
    #[arg(long = "label", value_name = "L", allow_hyphen_values = true, value_parser = any_text)]
    pub labels: Vec<String>,
    /// A new note; empty for none
    #[arg(long, value_name = "T", allow_hyphen_values = true, value_parser = any_text)]
    pub note: Option<String>,
    /// The last instant at which they may log in: a time, +30d, or none
    #[arg(long, value_name = "T")]
    pub valid_until: Option<String>,
}

/// `user restore`
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("whom").required(true).args(["name", "name_stdin", "filter"]))]
pub struct UserRestore {
    /// Who
    #[command(flatten)]
    pub named: Named,
    /// Every deleted person who passes this filter
    #[arg(long, value_name = "F")]
    pub filter: Option<String>,
    /// Under this name, where theirs has been taken
    #[arg(long = "name", value_name = "N", conflicts_with = "filter", allow_hyphen_values = true, value_parser = any_text)]
    pub new_name: Option<String>,
}

/// `user passwd`
#[derive(Args, Debug)]
pub struct UserPasswd {
    /// Who
    #[command(flatten)]
    pub target: Target,
    /// Read the current and the new password from standard input, one a line
    #[arg(long = "stdin", id = "both_passwords", conflicts_with_all = ["set", "password_stdin"])]
    pub stdin: bool,
    /// Read a second-factor code too, after all else
    #[arg(long, conflicts_with = "set")]
    pub code: bool,
    /// Set it without knowing the current one; administrators only
    #[arg(long)]
    pub set: bool,
    /// Read the new password from standard input
    #[arg(long, requires = "set")]
    pub password_stdin: bool,
}

/// `user authenticate`
#[derive(Args, Debug)]
pub struct UserAuthenticate {
    /// Who
    #[command(flatten)]
    pub target: Target,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Read a second-factor code too, after the password
    #[arg(long)]
    pub code: bool,
}
