//! `factor`: codes from an authenticator app as the second thing that somebody shows.

use std::io::IsTerminal as _;

use serde::Serialize;

use super::args::factor::{Codes, Confirm, Disable, Enable, Factor as Verb, Whose};
use super::call::{Call, Missing, called};
use super::json::UserJson;
use super::lines::Want;
use super::output::{Halt, Outcome, fault, void_if};
use super::prompt::is_interactive;
use super::words::count;
use crate::accounts::door::Accounts;
use crate::accounts::error::{Kind, Result};
use crate::accounts::factor::{Enabled, Enrolment};
use crate::accounts::qr::{self, Look};
use crate::accounts::secret::Secret;
use crate::accounts::user::User;

#[derive(Serialize)]
struct EnrolmentJson<'a> {
    user_id: &'a str,
    name: &'a str,
    secret: &'a str,
    uri: &'a str,
}

#[derive(Serialize)]
struct CodesJson<'a> {
    user_id: &'a str,
    name: &'a str,
    backup_codes: Vec<&'a str>,
    dry_run: bool,
}

#[derive(Serialize)]
struct RekeyedJson<'a> {
    people: u32,
    key: &'a str,
    place: &'a str,
}

/// Carries a verb out.
pub fn run(call: &mut Call<'_>, verb: Verb) -> Outcome {
    match verb {
        Verb::Enable(args) => enable(call, &args),
        Verb::Confirm(args) => confirm(call, &args),
        Verb::Disable(args) => disable(call, &args),
        Verb::Codes(args) => codes(call, &args),
        Verb::Rekey => rekey(call),
    }
}

/// The words for a key that was made just now.
pub fn made_key(place: &str) -> String {
    format!("made the key of the second factors: {place} · keep a copy of it, and not with the database's backups")
}

/// Whose second factor it is, and their own password where they do it themselves.
struct Subject {
    user: User,
    /// The name by which they log in.
    name: String,
    password: Option<Secret>,
}

fn subject(call: &mut Call<'_>, whose: &Whose, flag: &str) -> Outcome<(Accounts, Subject)> {
    let name = call.name(&whose.target.named)?;
    let password = match whose.own {
        true => Some(call.input.secret(Want::Password, "the password", flag)?),
        false => None,
    };
    let mut accounts = call.accounts(Missing::Refuse)?;
    let (user, name) = match whose.own {
        true => {
            let name = accounts.login_name(&name);
            (accounts.find(&["name:", &name].concat())?, name)
        }
        false => (accounts.find(&name)?, name),
    };
    Ok((accounts, Subject { user, name, password }))
}

fn enable(call: &mut Call<'_>, args: &Enable) -> Outcome {
    call.out.must_be_open()?;
    let asking = is_interactive() && !call.global.json;
    if !call.global.dry_run && !asking {
        return Err(fault("there is no terminal to show a secret at and to ask for a code")
            .hint("--dry-run --json shows the secret; `rollbook factor confirm NAME --stdin` reads it and a code")
            .into());
    }
    let (mut accounts, subject) = subject(call, &args.whose, "--password-stdin")?;
    if let (true, Some(password)) = (call.global.dry_run, &subject.password) {
        accounts.authenticate(&subject.name, password, None)?;
    }
    let enrolment = accounts.begin_factor(&subject.user.id)?;
    if call.out.is_json() {
        let (secret, uri) = (enrolment.secret.expose(), enrolment.uri.expose());
        let user_id = subject.user.id.as_str();
        return call.out.json(&EnrolmentJson { user_id, name: &subject.user.name, secret, uri });
    }
    if let Some(place) = accounts.prepare_key()? {
        call.out.say(&made_key(&place));
    }
    show(call, &enrolment)?;
    if subject.user.sessions > 0 {
        let sessions = count(subject.user.sessions, "session", "sessions");
        call.out.say(&format!("turning it on ends {sessions} of theirs, opened without it"));
    }
    if call.global.dry_run {
        call.out.say("dry run: the second factor is not on; nothing was stored");
        return Ok(());
    }
    for left in (0..3).rev() {
        let code = Secret::new(call.input.ask("The code that the app shows now: ")?);
        match turn_on(call, &mut accounts, &subject, &enrolment.secret, &code) {
            Err(error) if error.kind == Kind::InvalidOtpCode && left > 0 => call.out.say(&error.to_string()),
            answer => return tell_enabled(call, &subject.user, &answer?),
        }
    }
    Ok(())
}

fn turn_on(
    call: &mut Call<'_>,
    accounts: &mut Accounts,
    subject: &Subject,
    secret: &Secret,
    code: &Secret,
) -> Result<Enabled> {
    let (user, mut shown) = (&subject.user, false);
    let mut deliver = |codes: &[Secret]| {
        shown = true;
        write_codes(call, user, codes)
    };
    let enabled = match &subject.password {
        Some(password) => accounts.enable_own_factor_with(&subject.name, password, secret, code.expose(), &mut deliver),
        None => accounts.enable_factor_with(&user.id, Some(user.version), secret, code.expose(), &mut deliver),
    };
    enabled.map_err(|error| void_if(shown, error, "the second factor is off, and its backup codes are void"))
}

/// The secret as text, as a URI, and at a terminal as a picture.
fn show(call: &mut Call<'_>, enrolment: &Enrolment) -> Outcome {
    if std::io::stdout().is_terminal() {
        let settings = call.world.settings();
        let is = |key: &str, value: &str| settings.iter().any(|setting| setting.key == key && setting.value == value);
        let plain = is("color", "never");
        let look = Look { ascii: is("ascii", "true"), inverted: plain, margin: 4 };
        for line in qr::lines(&enrolment.uri, look).unwrap_or_default() {
            match plain {
                true => call.out.line(line.expose())?,
                // Dark on light whatever the terminal's own colours: not every app reads the negative.
                false => call.out.line(&format!("\x1b[30;107m{}\x1b[0m", line.expose()))?,
            }
        }
    }
    call.out.line(enrolment.secret.expose())?;
    call.out.line(enrolment.uri.expose())?;
    call.out.flush()
}

fn confirm(call: &mut Call<'_>, args: &Confirm) -> Outcome {
    call.out.must_be_open()?;
    let (mut accounts, subject) = subject(call, &args.whose, "--stdin")?;
    let secret = call.input.secret(Want::Secret, "the secret", "--stdin")?;
    let code = call.input.secret(Want::FactorCode, "the code that the app shows now", "--stdin")?;
    let key = accounts.key_report()?;
    let codes = turn_on(call, &mut accounts, &subject, &secret, &code)?;
    if key.key.is_none() && !call.global.dry_run {
        call.out.say(&made_key(&key.place));
    }
    tell_enabled(call, &subject.user, &codes)
}

/// The factor that is on, and the sessions that ended.
fn tell_enabled(call: &mut Call<'_>, user: &User, enabled: &Enabled) -> Outcome {
    tell_codes(call, user, &enabled.codes);
    if enabled.ended > 0 && !call.out.is_json() {
        call.out.say(&format!("{} of theirs ended with it", count(enabled.ended, "session", "sessions")));
    }
    Ok(())
}

/// Backup codes on standard output, one a line, and nothing else there. Written before they are valid: nobody may have
/// a second factor without having seen its codes.
fn write_codes(call: &mut Call<'_>, user: &User, codes: &[Secret]) -> Result<()> {
    let dry_run = call.global.dry_run;
    call.out.secret(|out| {
        if out.is_json() {
            let backup_codes = codes.iter().map(Secret::expose).collect();
            let (user_id, name) = (user.id.as_str(), user.name.as_str());
            return out.json(&CodesJson { user_id, name, backup_codes, dry_run });
        }
        codes.iter().try_for_each(|code| out.line(code.expose()))
    })
}

fn tell_codes(call: &mut Call<'_>, user: &User, codes: &[Secret]) {
    if call.out.is_json() {
        return;
    }
    let number = count(u32::try_from(codes.len()).unwrap_or(u32::MAX), "backup code", "backup codes");
    match call.global.dry_run {
        true => call.out.say("dry run: nothing was stored; these codes are good for nothing"),
        false => call.out.say(&format!(
            "the second factor of {} is on · {number}, each good for one log-in, shown here and never again",
            called(user)
        )),
    }
}

fn disable(call: &mut Call<'_>, args: &Disable) -> Outcome {
    let (mut accounts, subject) = subject(call, &args.whose, "--password-stdin")?;
    let user = &subject.user;
    let disabled = match &subject.password {
        Some(password) => {
            call.with_code(args.code, |_, code| accounts.disable_own_factor(&subject.name, password, code))?
        }
        None => {
            if user.factor {
                call.confirm(&format!(
                    "Turn the second factor of {} off? It cannot be turned back on as it was.",
                    called(user)
                ))?;
            }
            accounts.disable_factor(&user.id, Some(user.version), args.force)?
        }
    };
    if disabled.weak {
        call.out.say(&format!("the password of {} is short and stands alone now: have it changed", called(user)));
    }
    let after = &disabled.changed.after;
    if call.out.is_json() {
        return call.out.json(&UserJson::from(after).rehearsed(call.global.dry_run));
    }
    let dry = if call.global.dry_run { "dry run, nothing was changed: " } else { "" };
    let was = if disabled.changed.is_change() { "is off" } else { "was off already" };
    call.out.done(&format!("{dry}the second factor of {} {was}", called(after)))
}

fn codes(call: &mut Call<'_>, args: &Codes) -> Outcome {
    call.out.must_be_open()?;
    let (mut accounts, subject) = subject(call, &args.whose, "--password-stdin")?;
    let (user, mut shown) = (&subject.user, false);
    let codes = match &subject.password {
        Some(password) => call.with_code(args.code, |call, code| {
            let mut deliver = |codes: &[Secret]| {
                shown = true;
                write_codes(call, user, codes)
            };
            accounts.refresh_own_codes_with(&subject.name, password, code, &mut deliver)
        }),
        None => {
            let mut deliver = |codes: &[Secret]| {
                shown = true;
                write_codes(call, user, codes)
            };
            accounts.refresh_codes_with(&user.id, Some(user.version), &mut deliver).map_err(Halt::from)
        }
    };
    match codes {
        Ok(codes) => tell_codes(call, user, &codes),
        Err(Halt::Refused(error)) => {
            return Err(void_if(shown, error, "the new backup codes are void, and the old ones stay").into());
        }
        Err(Halt::Closed) => return Err(Halt::Closed),
    }
    Ok(())
}

fn rekey(call: &mut Call<'_>) -> Outcome {
    call.no_rehearsal("a key is replaced or not")?;
    let done = call.accounts(Missing::Refuse)?.rekey_factors()?;
    if call.out.is_json() {
        return call.out.json(&RekeyedJson { people: done.people, key: done.key.as_str(), place: &done.place });
    }
    call.out.say(&format!("the key before is kept as {}.old; backups of the database from before need it", done.place));
    let people = count(done.people, "second factor is", "second factors are");
    call.out.done(&format!("{people} under the new key {} at {}", done.key.as_str(), done.place))
}
