//! The composition root: arguments, then engine, then command line or console, then exit code.

#![forbid(unsafe_code)]

mod machine;
mod shelf;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use machine::Machine;
use rollbook::accounts::error::{Error, Kind, Result};

use rollbook::cli::args::{self, Command, Global, Line, Parsed};
use rollbook::cli::{self, output};
use rollbook::console;
use rollbook::host::process;

fn main() -> ExitCode {
    process::harden();
    console::term::hook_panics();
    match args::parse(std::env::args_os().collect()) {
        Parsed::Line(line) => start(*line),
        Parsed::Text(text) => {
            // A reader that went away is no failure of ours.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Parsed::Fault(error, json) => refuse(&error, json),
    }
}

fn start(line: Line) -> ExitCode {
    let Line { global, command } = line;
    let machine = match Machine::new(&global) {
        Ok(machine) => machine,
        Err(error) => return refuse(&error, global.json),
    };
    if command.is_some() || !is_terminal() {
        // The console shows it on its own screen.
        machine.warnings().iter().for_each(output::warn);
    }
    process::seal();
    #[cfg(feature = "provoke")]
    console::provoke::in_command();
    let bare = command.is_none();
    let people = match command.unwrap_or(Command::Console) {
        Command::Console => None,
        Command::Demo(demo) if !demo.no_console => Some(demo.users),
        command => return ExitCode::from(cli::run(&global, command, &machine)),
    };
    if !is_terminal() {
        if bare && !global.json {
            return print_help();
        }
        let error = output::fault("the console needs a terminal").hint("`rollbook --help` shows the commands");
        return refuse(&error, global.json);
    }
    match open_console(&global, &machine, people) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error, global.json),
    }
}

/// Opens the console: on the database, or on this many sample people.
fn open_console(global: &Global, machine: &Machine, people: Option<u64>) -> Result<()> {
    let seat = match people {
        None => cli::prove(global, machine)?,
        Some(_) => None,
    };
    let (setup, shelf) = machine.console(seat, people);
    let shelf = Arc::new(shelf);
    let outcome = console::run(setup, shelf.clone());
    // Before the process ends, so that a throw-away database is gone with it.
    let sample = shelf.sample().take();
    drop(sample);
    outcome
}

fn is_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

fn refuse(error: &Error, json: bool) -> ExitCode {
    output::report(error, json);
    ExitCode::from(error.kind.exit_code())
}

fn print_help() -> ExitCode {
    let _ = std::io::stderr().write_all(args::help().as_bytes());
    ExitCode::from(Kind::Usage.exit_code())
}
