//! The lines that commands read from standard input: the flags that ask for them, and their order.

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

/// A line of standard input. The order of these variants is the order in which every command reads its lines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Want {
    /// The NAME of the user whom the command is about.
    Name,
    /// The password of the user who acts.
    ActorPassword,
    /// The second-factor code of the user who acts.
    ActorCode,
    /// The session token of the user who acts.
    ActorSession,
    /// A session token or an API token.
    Token,
    /// The identifier of a reset request.
    Request,
    /// A password: the current one, or a new one if the command takes only one.
    Password,
    /// The new password, after the current one.
    NewPassword,
    /// The secret of a second factor that is turned on.
    Secret,
    /// The code that shows that the app has the secret.
    FactorCode,
    /// A second-factor code.
    Code,
}

impl Want {
    /// The line in a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Want::Name => "the NAME",
            Want::ActorPassword => "the password of the actor",
            Want::ActorCode => "the second-factor code of the actor",
            Want::ActorSession => "the session token of the actor",
            Want::Token => "the token",
            Want::Request => "the request's identifier",
            Want::Password => "the password",
            Want::NewPassword => "the new password",
            Want::Secret => "the secret",
            Want::FactorCode => "the code that the app shows now",
            Want::Code => "the second-factor code",
        }
    }
}

/// The arguments that ask for lines, by their ids.
const ASKING: [(&str, &[Want]); 10] = [
    ("name_stdin", &[Want::Name]),
    ("actor", &[Want::ActorPassword]),
    ("as_code", &[Want::ActorCode]),
    ("as_session_stdin", &[Want::ActorSession]),
    ("token_stdin", &[Want::Token]),
    ("request_and_password", &[Want::Request, Want::Password]),
    ("password_stdin", &[Want::Password]),
    ("both_passwords", &[Want::Password, Want::NewPassword]),
    ("secret_and_code", &[Want::Secret, Want::FactorCode]),
    ("code", &[Want::Code]),
];

/// The lines that a command line asks for, in their order.
pub fn wanted(line: &ArgMatches) -> Vec<Want> {
    let mut leaf = line;
    while let Some((_, next)) = leaf.subcommand() {
        leaf = next;
    }
    let given = |id: &str| leaf.ids().any(|known| known == id) && is_given(leaf, id);
    let mut wanted: Vec<Want> = asking(given).flat_map(|(_, lines)| lines).copied().collect();
    if given("secret_and_code") && given("own") {
        wanted.push(Want::Password);
    }
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

fn is_given(leaf: &ArgMatches, id: &str) -> bool {
    leaf.value_source(id) == Some(ValueSource::CommandLine)
}

fn asking(is_there: impl Fn(&str) -> bool) -> impl Iterator<Item = (&'static str, &'static [Want])> {
    ASKING.into_iter().filter(move |(id, _)| is_there(id))
}

/// The part of a command's help that says which lines it reads; empty for a command that has commands beneath it.
pub fn help(command: &Command) -> String {
    if command.has_subcommands() {
        return String::new();
    }
    let argument = |id: &str| command.get_arguments().find(|argument| argument.get_id() == id);
    let mut lines: Vec<(Want, String)> = Vec::new();
    for (id, wanted) in asking(|id| argument(id).is_some()) {
        let flag = argument(id).and_then(clap::Arg::get_long).unwrap_or_default();
        let value = if id == "actor" { " NAME" } else { "" };
        lines.extend(wanted.iter().map(|want| (*want, format!("  {} (--{flag}{value})\n", want.words()))));
    }
    lines.sort_by_key(|(want, _)| *want);
    let listed: String = lines.into_iter().map(|(_, line)| line).collect();
    format!("\nStandard input, one line for each flag that is given, in this order:\n{listed}")
}

/// Lines in a sentence.
pub fn sentence(lines: &[Want]) -> String {
    lines.iter().map(|want| want.words()).collect::<Vec<_>>().join(", ")
}
