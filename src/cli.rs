//! The command line: nouns and verbs over the domain, for people at a shell and for scripts.
//!
//! Knows neither an engine nor the machine: whoever starts it hands it a [`World`].

pub mod args;
mod audit;
mod bulk;
mod call;
mod config;
mod db;
mod demo;
mod doctor;
mod export;
mod factor;
mod init;
mod input;
mod json;
mod lines;
pub mod output;
mod policy;
mod prompt;
mod reset;
mod session;
mod token;
mod upkeep;
mod user;
mod user_change;
mod words;
mod world;

use args::{Command, Global};
use call::Call;
use output::{Halt, Outcome, fault, report};
pub use world::{Loading, Setting, Upgraded, World};

use crate::accounts::door::Accounts;
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::standing::{Seat, Standing};

/// The exit code where whoever read the output closed it: what a shell shows for a death by SIGPIPE.
const CLOSED: u8 = 141;

/// Carries a command out and answers with the process's exit code.
pub fn run(global: &Global, command: Command, world: &dyn World) -> u8 {
    match carry_out(global, command, world) {
        Ok(code) => code,
        Err(Halt::Closed) => CLOSED,
        Err(Halt::Refused(error)) => {
            report(&error, global.json);
            error.kind.exit_code()
        }
    }
}

/// Who acts in the console, where that is not simply the operator: asks for the proof at the terminal.
///
/// # Errors
/// `invalid_credentials`, `unauthenticated`, `unauthorized` for a member, and whatever opening the database says.
pub fn prove(global: &Global, world: &dyn World) -> Result<Option<(Seat, Standing)>> {
    let mut call = Call::new(global, world);
    nobody_could_log_in(global, world)?;
    let proven = call.hear_proof().and_then(|()| match call.is_claimed() || global.break_glass {
        true => Ok(Some(seated(call.accounts(call::Missing::Refuse)?)?)),
        false => Ok(None),
    });
    prompt::hand_over();
    proven.map_err(|halt| match halt {
        Halt::Refused(error) => error,
        Halt::Closed => fault("the prompt was closed"),
    })
}

/// Refuses a console in which somebody would have to log in and nobody can: no password is looked at where no wrong one
/// can be counted. What else keeps it from opening is the console's own to say.
fn nobody_could_log_in(global: &Global, world: &dyn World) -> Result<()> {
    if !global.read_only || global.as_session_stdin || global.actor.is_some() {
        return Ok(());
    }
    match world.open(None).and_then(|mut accounts| accounts.policy()) {
        Ok(policy) if policy.login_required => {
            Err(Error::new(Kind::Unauthenticated, "a log-in is required here, and --read-only lets nobody log in")
                .hint(
                    "a wrong password could not be counted: leave --read-only out; an auditor changes nothing anyway",
                ))
        }
        _ => Ok(()),
    }
}

fn seated(mut accounts: Accounts) -> Result<(Seat, Standing)> {
    let standing = accounts.enter()?;
    Ok((accounts.seat(), standing))
}

fn carry_out(global: &Global, command: Command, world: &dyn World) -> Outcome<u8> {
    let mut call = Call::new(global, world);
    let tidies = upkeep::follows(global, &command);
    let alone = matches!(command, Command::Init(_) | Command::Demo(_) | Command::Db(_) | Command::Config(_));
    // An upgrade is kept behind the glass; the others have no database that could ask for a log-in.
    let glass = global.break_glass && !matches!(command, Command::Db(_));
    if alone && (global.actor.is_some() || global.as_session_stdin || global.service.is_some() || glass) {
        let hint = "leave --as, --service and --break-glass out";
        return Err(fault("this is done by the operator alone").hint(hint).into());
    }
    call.hear_proof()?;
    let mut code = 0;
    match command {
        Command::Init(args) => init::run(&mut call, args),
        Command::Demo(args) => demo::run(&mut call, &args),
        Command::Console => Err(fault("the console needs a terminal").into()),
        Command::User(verb) => user::run(&mut call, verb),
        Command::Session(verb) => session::run(&mut call, verb),
        Command::Reset(verb) => reset::run(&mut call, verb),
        Command::Factor(verb) => factor::run(&mut call, verb),
        Command::Audit(verb) => audit::run(&mut call, verb),
        Command::Policy(verb) => policy::run(&mut call, verb),
        Command::Db(args::Db::Upgrade) => db::upgrade(&mut call),
        Command::Config(args::Config::Show) => config::show(&mut call),
        Command::Token(verb) => token::run(&mut call, verb),
        Command::Doctor(args) => {
            let status = doctor::run(&mut call, &args)?;
            code = status.exit_code();
            Ok(())
        }
    }?;
    call.out.flush()?;
    if tidies {
        upkeep::run(world);
    }
    Ok(code)
}
