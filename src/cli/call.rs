//! One call of a command: its flags, its way in and out, and the handle on the accounts that it asks for.

use super::args::Global;
use super::args::named::Named;
use super::input::Input;
use super::lines::Want;
use super::output::{Outcome, Output, fault};
use super::prompt::is_interactive;
use super::world::World;
use crate::accounts::audit::Actor;
use crate::accounts::door::{Accounts, Claim};
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::secret::Secret;
use crate::accounts::text::{quote, visible};
use crate::accounts::user::User;

/// Whether a command makes the database that it does not find.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// It does.
    Create,
    /// It is refused.
    Refuse,
}

/// One call.
pub struct Call<'a> {
    /// The flags.
    pub global: &'a Global,
    /// The world around.
    pub world: &'a dyn World,
    /// The way in.
    pub input: Input,
    /// The way out.
    pub out: Output,
    password: Option<Secret>,
    code: Option<Secret>,
    session: Option<Secret>,
}

/// Said where the glass was broken.
pub const GLASS_BROKEN: &str = "the glass is broken: you act without a log-in, and that is written into the audit";

/// Said where there was none.
pub const NO_GLASS: &str = "no log-in is required here: there is no glass to break";

/// What a second-factor code is called where it is asked for.
const CODE: &str = "the second-factor code";

impl<'a> Call<'a> {
    /// A call that has read nothing yet.
    pub fn new(global: &'a Global, world: &'a dyn World) -> Self {
        let out = Output::new(global.json, global.quiet);
        Call { global, world, input: Input::default(), out, password: None, code: None, session: None }
    }

    /// Reads the lines of standard input that this command line asks for, and with them the proof of the actor.
    pub fn hear_proof(&mut self) -> Outcome {
        self.input.gather(&self.global.lines)?;
        if let Some(name) = &self.global.actor {
            let what = format!("the password of {}", visible(name));
            self.password = Some(self.input.secret(Want::ActorPassword, &what, "--as")?);
            if self.global.as_code {
                let what = format!("{CODE} of {}", visible(name));
                self.code = Some(self.input.secret(Want::ActorCode, &what, "--as-code")?);
            }
        }
        if self.global.as_session_stdin {
            self.session = Some(self.input.token(Want::ActorSession, "your session token", "--as-session-stdin")?);
        }
        Ok(())
    }

    /// The NAME of a command line.
    pub fn name(&mut self, named: &Named) -> Outcome<String> {
        match &named.name {
            Some(name) => Ok(name.clone()),
            None => self.input.name(),
        }
    }

    /// Whether somebody else than the operator acts.
    pub fn is_claimed(&self) -> bool {
        self.password.is_some() || self.session.is_some()
    }

    /// Opens the accounts in the actor's name, with the reason given, rehearsing if that was asked for.
    pub fn accounts(&mut self, missing: Missing) -> Outcome<Accounts> {
        let mut accounts = match self.world.open(self.global.service.as_deref()) {
            Err(error) if error.kind == Kind::NoDatabase && self.may_create(missing) => self.create()?,
            opened => opened?,
        };
        // Of a command that finds another file in the middle, neither half would be what was asked for.
        accounts.stay_on_file(accounts.file());
        if self.is_claimed() {
            let actor = self.prove(&mut accounts)?;
            accounts.act_as(actor);
        }
        accounts.give_reason(self.global.reason.as_deref())?;
        accounts.rehearse(self.global.dry_run);
        if self.global.break_glass {
            self.break_glass(&mut accounts)?;
        }
        Ok(accounts)
    }

    fn break_glass(&mut self, accounts: &mut Accounts) -> Result<()> {
        // Said aloud in any case: neither a script nor a person should do it without knowing.
        let words = match accounts.break_glass(self.world.owns_database())? {
            true => GLASS_BROKEN,
            false => NO_GLASS,
        };
        self.out.warn(words);
        Ok(())
    }

    /// Who the claim shows, once more with a code where one is asked for and somebody sits there to type it.
    fn prove(&mut self, accounts: &mut Accounts) -> Outcome<Actor> {
        let name = self.global.actor.as_deref().map(|wanted| accounts.login_name(wanted));
        loop {
            let code = self.code.as_ref().map(Secret::expose);
            let user = match (&name, &self.password) {
                (Some(name), Some(password)) => Some((name.as_str(), password, code)),
                _ => None,
            };
            match accounts.authorize(&Claim { user, session: self.session.as_ref() }) {
                Err(error) if error.kind == Kind::MissingOtpCode && !self.global.as_code => {
                    if is_interactive() && self.code.is_some() {
                        return Err(error.into());
                    }
                    self.code = Some(self.ask_code(error, "--as-code reads it after the password")?);
                }
                answer => return Ok(answer?),
            }
        }
    }

    /// Asks whoever acts by a session for their password, and for their code, before what is grave, where a log-in is
    /// required. Where nobody sits there, the deed itself is refused.
    pub fn ask_again(&mut self, accounts: &mut Accounts) -> Outcome {
        if self.global.dry_run || !is_interactive() || !accounts.asks_again()? {
            return Ok(());
        }
        let what = format!("the password of {}, once more", visible(accounts.actor().name()));
        let password = self.input.ask_secret(&what)?;
        self.with_code(false, |_, code| accounts.prove_again(&password, code))
    }

    /// Asks for the code that turned out to be needed; where nobody sits there, that is the error, with a hint.
    fn ask_code(&mut self, missing: Error, hint: &str) -> Outcome<Secret> {
        match is_interactive() {
            true => self.input.ask_secret(CODE),
            false => Err(missing.hint(hint).into()),
        }
    }

    /// Does a deed of a person who shows their password: with their second-factor code read after all else where
    /// `comes`, and asked for where it turns out to be needed and somebody sits there to type it.
    pub fn with_code<T>(
        &mut self,
        comes: bool,
        mut deed: impl FnMut(&mut Self, Option<&str>) -> Result<T>,
    ) -> Outcome<T> {
        let mut code = if comes { Some(self.input.secret(Want::Code, CODE, "--code")?) } else { None };
        loop {
            match deed(self, code.as_ref().map(Secret::expose)) {
                Err(error) if error.kind == Kind::MissingOtpCode && code.is_none() => {
                    code = Some(self.ask_code(error, "--code reads it after the password")?);
                }
                answer => return Ok(answer?),
            }
        }
    }

    /// Nobody can show who they are in a database that does not exist yet: then it is not made for them either.
    pub fn may_create(&self, missing: Missing) -> bool {
        missing == Missing::Create && !self.global.read_only && !self.is_claimed()
    }

    /// Says where a new database is to be made, after nothing was found there and nothing forbids it; `hint` is for
    /// whoever finds one.
    pub fn new_place(&self, hint: &str) -> Result<String> {
        let path = self.world.path();
        if !self.global.read_only && !self.global.dry_run {
            self.world.remove_abandoned();
        }
        match self.world.open(None) {
            Err(error) if error.kind == Kind::NoDatabase => {}
            Err(error) => return Err(error),
            Ok(_) => {
                return Err(Error::new(Kind::Failure, format!("there is a database at {path} already")).hint(hint));
            }
        }
        match self.global.read_only {
            true => Err(Error::new(Kind::NoDatabase, format!("no database at {path}, and --read-only makes none"))
                .hint("leave --read-only out, or name another with --db")),
            false => Ok(path),
        }
    }

    fn create(&mut self) -> Result<Accounts> {
        let service = self.global.service.as_deref();
        if self.global.dry_run {
            self.out.say(&format!("dry run: the database {} would be created", self.world.path()));
            return self.world.imagine(service);
        }
        match self.world.create(service, &mut |_| Ok(())) {
            Ok(accounts) => {
                self.out.say(&format!("created the database {}", self.world.path()));
                Ok(accounts)
            }
            // Another process may have been quicker.
            Err(error) => self.world.open(service).map_err(|_| error),
        }
    }

    /// Refuses `--dry-run` where there is nothing to show but the deed itself.
    pub fn no_rehearsal(&self, why: &str) -> Result<()> {
        match self.global.dry_run {
            true => Err(fault(format!("--dry-run: {why}")).hint("leave --dry-run out")),
            false => Ok(()),
        }
    }

    /// Whether questions are answered already or need not be asked.
    fn is_decided(&self) -> bool {
        self.global.yes || self.global.dry_run
    }

    /// Asks before something that can be taken back; without a terminal it is simply done.
    pub fn confirm(&mut self, question: &str) -> Result<()> {
        if self.is_decided() || !is_interactive() {
            return Ok(());
        }
        let answer = self.input.ask(&format!("{question} [y/N] "))?;
        if matches!(answer.to_lowercase().as_str(), "y" | "yes") { Ok(()) } else { Err(declined()) }
    }

    /// Asks before something is done to many people: more than ten are confirmed by their number; without a terminal it
    /// needs `--yes`.
    pub fn confirm_many(&mut self, question: &str, people: usize) -> Result<()> {
        if self.is_decided() {
            return Ok(());
        }
        if !is_interactive() {
            return Err(fault("there is no terminal to ask at before something is done to many people")
                .hint("--dry-run shows what it would do, --yes does it without a question"));
        }
        if people <= 10 {
            return self.confirm(question);
        }
        let answer = self.input.ask(&format!("{question} Type {people}: "))?;
        if answer == people.to_string() { Ok(()) } else { Err(declined()) }
    }

    /// Asks before something that can never be taken back; without a terminal it needs `--yes`.
    pub fn confirm_by_name(&mut self, question: &str, user: &User) -> Result<()> {
        if self.is_decided() {
            return Ok(());
        }
        if !is_interactive() {
            return Err(fault("there is no terminal to ask at before something that cannot be undone")
                .hint("--yes does it without a question"));
        }
        let answer = self.input.ask(&format!("{question} This cannot be undone. Type the name: "))?;
        // A name of blanks is confirmed by the id: an empty line is no answer.
        let named = answer == user.name.trim() || answer == visible(&user.name).trim() || answer == user.id.as_str();
        if named && !answer.is_empty() { Ok(()) } else { Err(declined()) }
    }
}

fn declined() -> Error {
    Error::new(Kind::Cancelled, "cancelled").hint("nothing was changed")
}

/// A name in a sentence.
pub fn called(user: &User) -> String {
    quote(&user.name)
}
