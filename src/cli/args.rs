//! The command line's grammar: nouns, verbs and flags, as clap reads them. Nothing is done here.
//!
//! No flag takes a password: other accounts of the machine can read every process's arguments.

pub mod doctor;
pub mod factor;
pub mod named;
pub mod session;
pub mod token;
pub mod user;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::lines::{self, Want};
use super::output;
use crate::accounts::error::{Error, Kind};
use crate::accounts::text::visible;
use named::{Target, any_text};

/// The whole command line.
#[derive(Parser, Debug)]
#[command(
    name = "rollbook",
    version,
    about = "See and steer the users and sessions of a self-hosted service",
    after_help = "Without a command the console opens. A NAME is an exact name or an id; name:X and id:X force one. A script \
                  writes -- before a NAME, or passes it by --name-stdin: then no name becomes an option."
)]
pub struct Line {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// The command; the console if there is none.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A command line without a command: what it takes, the whole grammar takes alike.
#[derive(Parser, Debug)]
#[command(name = "rollbook", disable_help_flag = true)]
struct Flags {
    #[command(flatten)]
    global: Global,
}

/// Flags that every command takes.
#[derive(Args, Debug, Clone)]
pub struct Global {
    /// The database [else ROLLBOOK_DB, the config file, the user's data folder]
    #[arg(long, global = true, value_name = "PATH")]
    pub db: Option<PathBuf>,
    /// The key that seals second factors [else ROLLBOOK_KEY, key in the config file, the user's config folder, /etc/rollbook/key for root]
    #[arg(long = "key", global = true, value_name = "PATH")]
    pub key_file: Option<PathBuf>,
    /// The configuration file, or none [else ~/.config/rollbook/config.toml, /etc/rollbook/config.toml]
    #[arg(long, global = true, value_name = "PATH|none")]
    pub config: Option<PathBuf>,
    /// Write JSON: one object, or one object a line for lists
    #[arg(long, global = true)]
    pub json: bool,
    /// Act as this user; their password is read
    #[arg(long = "as", global = true, value_name = "NAME", allow_hyphen_values = true, value_parser = any_text)]
    pub actor: Option<String>,
    /// After the actor's password read their second-factor code
    #[arg(long, global = true, requires = "actor")]
    pub as_code: bool,
    /// Act as the owner of a session, whose token is read
    #[arg(long, global = true)]
    pub as_session_stdin: bool,
    /// As the owner of the database's file, act although a log-in is required; --reason says why, and it is written down
    #[arg(long, global = true, conflicts_with_all = ["actor", "as_session_stdin", "service", "read_only"])]
    pub break_glass: bool,
    /// Act as this service: register, log in, check, log out
    #[arg(long, global = true, value_name = "NAME", allow_hyphen_values = true, value_parser = any_text)]
    pub service: Option<String>,
    /// Say what would be done, and do nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Answer every question with yes
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,
    /// Why; it is written into the audit
    #[arg(long, global = true, value_name = "TEXT", allow_hyphen_values = true, value_parser = any_text)]
    pub reason: Option<String>,
    /// Open the database for looking only
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Say nothing but what was asked for
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Colours in the console: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", value_parser = ["auto", "always", "never"], hide_possible_values = true)]
    pub color: Option<String>,
    /// Draw the console with ASCII alone
    #[arg(long, global = true)]
    pub ascii: bool,
    /// The console's theme: terminal, dark, light or mono
    #[arg(long, global = true, value_name = "NAME", value_parser = ["terminal", "dark", "light", "mono"], hide_possible_values = true)]
    pub theme: Option<String>,
    /// The lines of standard input that this command line asks for, in their order
    #[arg(skip)]
    pub lines: Vec<Want>,
}

/// The nouns.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Create the database
    Init(Init),
    /// Try it on sample people
    Demo(Demo),
    /// Open the console
    Console,
    /// People: list, look, register, change
    #[command(subcommand)]
    User(user::User),
    /// Sessions: list, log in, check, log out
    #[command(subcommand)]
    Session(session::Session),
    /// Password resets by code
    #[command(subcommand)]
    Reset(Reset),
    /// The second factor: codes from an authenticator app
    #[command(subcommand)]
    Factor(factor::Factor),
    /// What was done by whom
    #[command(subcommand)]
    Audit(Audit),
    /// Settings kept in the database
    #[command(subcommand)]
    Policy(Policy),
    /// The database itself
    #[command(subcommand)]
    Db(Db),
    /// This program's own configuration
    #[command(subcommand)]
    Config(Config),
    /// API tokens: create, list, check, revoke
    #[command(subcommand)]
    Token(token::Token),
    /// Check the file, the free space, the clock, the settings and the key; exit code 0, 1, 2 or 3
    Doctor(doctor::Doctor),
}

/// `init`
#[derive(Args, Debug)]
pub struct Init {
    /// Make this person the first administrator
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = any_text)]
    pub admin: Option<String>,
    /// Read their password from standard input
    #[arg(long, requires = "admin")]
    pub password_stdin: bool,
}

/// `demo`
#[derive(Args, Debug)]
pub struct Demo {
    /// How many people
    #[arg(long, value_name = "N", default_value_t = 240)]
    pub users: u64,
    /// Write them into the new file of --db and leave it there
    #[arg(long)]
    pub no_console: bool,
}

/// `reset …`
#[derive(Subcommand, Debug)]
pub enum Reset {
    /// Request a reset; whoever holds the answer can set the password
    Request(Target),
    /// Set a password by a request's identifier
    Complete {
        /// Read the identifier and the new password from standard input, one a line
        #[arg(long = "stdin", id = "request_and_password")]
        stdin: bool,
    },
}

/// `audit …`
#[derive(Subcommand, Debug)]
pub enum Audit {
    /// List entries, newest first
    List {
        /// About this person only
        #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = any_text)]
        about: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        limit: Option<u64>,
        /// By this person, operator or service only
        #[arg(long = "actor", value_name = "NAME", allow_hyphen_values = true, value_parser = any_text)]
        by: Option<String>,
        /// Only this action: log-in, deactivate, set-policy …
        #[arg(long = "action", value_name = "WORD")]
        deed: Option<String>,
        /// From this time on, or so far back: 2026-11-01, 2h
        #[arg(long, value_name = "T")]
        since: Option<String>,
        /// Up to this time, or so far back
        #[arg(long, value_name = "T")]
        until: Option<String>,
    },
    /// Verify the chain, and name the first entry that is not what was written
    Verify {
        /// A head kept elsewhere (NUMBER:DIGEST): shows whether the end was cut off
        #[arg(long, value_name = "HEAD")]
        head: Option<String>,
        /// Verify this exported file instead, without any database; several in their order, each with its own --export
        #[arg(long, value_name = "FILE")]
        export: Vec<std::path::PathBuf>,
    },
    /// Write the entries since the last export to a new file, and a checkpoint into the chain
    Export {
        /// The file, which must not be there yet
        file: std::path::PathBuf,
        /// Only entries up to this time, or so far back: 30d
        #[arg(long, value_name = "T")]
        until: Option<String>,
    },
}

/// `policy …`
#[derive(Subcommand, Debug)]
pub enum Policy {
    /// Show the settings
    Show,
    /// Change a setting
    Set {
        /// One of those that `policy show` lists
        key: String,
        /// The new value
        value: String,
    },
    /// Judge a password without setting it
    CheckPassword {
        /// Read it from standard input
        #[arg(long)]
        password_stdin: bool,
        /// Whose it would be
        #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = any_text)]
        name: Option<String>,
        /// Their e-mail address
        #[arg(long, value_name = "E", allow_hyphen_values = true, value_parser = any_text)]
        email: Option<String>,
    },
}

/// `db …`
#[derive(Subcommand, Debug)]
pub enum Db {
    /// Bring the schema up to date, after a copy was made
    Upgrade,
}

/// `config …`
#[derive(Subcommand, Debug)]
pub enum Config {
    /// Show what is set, and what set it
    Show,
}

/// What reading the arguments came to.
pub enum Parsed {
    /// A command line that can be carried out.
    Line(Box<Line>),
    /// Text that was asked for: help, the version.
    Text(String),
    /// Not understood; and whether JSON was asked for.
    Fault(Error, bool),
}

/// Reads the arguments.
pub fn parse(arguments: Vec<OsString>) -> Parsed {
    let json = arguments.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    // Building the whole grammar takes as long as opening the database: where no command is named there is no need of it.
    if let Ok(matches) = Flags::command().try_get_matches_from(&arguments)
        && let Ok(Flags { mut global }) = Flags::from_arg_matches(&matches)
    {
        global.lines = lines::wanted(&matches);
        return Parsed::Line(Box::new(Line { global, command: None }));
    }
    let parsed = Line::command().try_get_matches_from(&arguments).and_then(|matches| {
        let mut line = Line::from_arg_matches(&matches)?;
        line.global.lines = lines::wanted(&matches);
        Ok(line)
    });
    match parsed {
        Ok(line) => Parsed::Line(Box::new(line)),
        Err(error) if error.kind() == ErrorKind::DisplayVersion => Parsed::Text(error.render().to_string()),
        Err(error) => match error.kind() == ErrorKind::DisplayHelp || asks_for_help(&arguments) {
            true => Parsed::Text(help_of(&arguments)),
            false => Parsed::Fault(usage(&error), json),
        },
    }
}

/// Whether help is asked for beside something that is not understood.
fn asks_for_help(arguments: &[OsString]) -> bool {
    arguments.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h")
}

/// The help of the command that is named, and of the lines that it reads.
fn help_of(arguments: &[OsString]) -> String {
    let mut whole = Line::command();
    whole.build();
    let mut command = whole;
    for word in arguments.iter().skip(1).filter_map(|word| word.to_str()).take_while(|word| *word != "--") {
        let next = command.find_subcommand(word).filter(|_| word != "help").cloned();
        command = next.unwrap_or(command);
    }
    let lines = lines::help(&command);
    format!("{}{lines}", command.render_help())
}

/// The help of the whole program.
pub fn help() -> String {
    Line::command().render_help().to_string()
}

/// Clap's complaint as one of ours. It repeats arguments, which may hold anything.
fn usage(error: &clap::Error) -> Error {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let words: Vec<String> = error.render().to_string().lines().filter_map(usage_line).collect();
        return Error::new(Kind::Usage, "a command is missing").hint(words.join("; "));
    }
    let text = error.render().to_string();
    let mut parts = text.split("\n\n").map(|part| {
        let lines: Vec<String> = part.lines().map(|line| visible(line.trim()).into_owned()).collect();
        lines.join(" ")
    });
    let message = parts.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(&message).to_owned();
    let rest: Vec<String> = parts.filter(|part| !part.starts_with("For more information")).collect();
    let hint = if rest.is_empty() { "`rollbook --help` shows the commands".to_owned() } else { rest.join("; ") };
    output::fault(message).hint(hint)
}

fn usage_line(line: &str) -> Option<String> {
    line.starts_with("Usage:").then(|| visible(line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_holds_together() {
        Line::command().debug_assert();
    }

    #[test]
    fn flags_alone_mean_what_they_mean_in_the_whole_grammar() {
        let lines: [&[&str]; 8] = [
            &[],
            &["--db", "a.db", "--key=k", "-yq", "--ascii"],
            &["--db", "user"],
            &["--as", "alice", "--as-code", "--reason", "because"],
            &["--break-glass", "--reason", "because"],
            &["--theme", "dark", "--color=never", "--read-only", "--config", "none"],
            &["--json", "--dry-run", "--service", "web"],
            &["--as-session-stdin", "--"],
        ];
        for line in lines {
            let words = || ["rollbook"].iter().chain(line);
            let flags = Flags::try_parse_from(words()).expect("flags");
            let whole = Line::try_parse_from(words()).expect("a line");
            assert_eq!(format!("{:?}", flags.global), format!("{:?}", whole.global), "{line:?}");
            assert!(whole.command.is_none(), "{line:?}");
        }
        let lines: [&[&str]; 8] = [
            &["console"],
            &["--db", "a.db", "user", "list"],
            &["--help"],
            &["-h"],
            &["--version"],
            &["--as-code"],
            &["--theme", "purple"],
            &["--break-glass", "--read-only"],
        ];
        for line in lines {
            assert!(Flags::try_parse_from(["rollbook"].iter().chain(line)).is_err(), "{line:?}");
        }
    }

    #[test]
    fn no_flag_takes_a_secret() {
        fn walk(command: &clap::Command) {
            for argument in command.get_arguments() {
                let name = argument.get_long().unwrap_or_default();
                let secret = ["password", "token", "secret"].iter().any(|word| name.contains(word));
                assert!(!secret || !argument.get_action().takes_values(), "{} --{name}", command.get_name());
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Line::command());
    }
}
