//! `init`: the database, and with it the first administrator.

use serde::Serialize;

use super::args::Init;
use super::call::{Call, called};
use super::factor::made_key;
use super::json::UserJson;
use super::lines::Want;
use super::output::Outcome;
use super::prompt::is_interactive;
use crate::accounts::door::Accounts;
use crate::accounts::error::Result;
use crate::accounts::secret::Secret;
use crate::accounts::user::{Draft, Role, User};

#[derive(Serialize)]
struct Made<'a> {
    path: String,
    admin: Option<UserJson<'a>>,
    dry_run: bool,
}

/// Creates the database; refused where there is one.
pub fn run(call: &mut Call<'_>, args: Init) -> Outcome {
    let path = call.new_place("`rollbook user list` shows who is in it; --db names another place")?;
    let mut admin = administrator(call, args)?;
    let key = prepare_key(call)?;
    let (dry_run, reason) = (call.global.dry_run, call.global.reason.as_deref());
    let mut user = None;
    // The database appears at its place with its first administrator: a kill never leaves one without.
    let mut fill = |accounts: &mut Accounts| {
        accounts.give_reason(reason)?;
        if let Some((draft, password)) = admin.take() {
            user = Some(accounts.create_user(draft, Some(&password))?);
        }
        Ok(())
    };
    match dry_run {
        true => fill(&mut call.world.imagine(None)?)?,
        false => drop(call.world.create(None, &mut fill)?),
    }
    let would = if dry_run { "dry run: the database would be created:" } else { "created the database" };
    call.out.say(&format!("{would} {path}"));
    if let Some(place) = key {
        call.out.say(&made_key(&place));
    }
    tell(call, path, user.as_ref())
}

/// Makes the key that seals second factors, and returns its place if it is new. It comes before the database: if it
/// cannot be made, `init` leaves nothing behind and can be repeated.
fn prepare_key(call: &Call<'_>) -> Result<Option<String>> {
    let mut accounts = call.world.imagine(None)?;
    accounts.rehearse(call.global.dry_run);
    accounts.prepare_key()
}

/// Who shall be the first administrator. Asked before anything is created, so that a slip leaves nothing behind.
fn administrator(call: &mut Call<'_>, args: Init) -> Outcome<Option<(Draft, Secret)>> {
    let name = match args.admin {
        Some(name) => name,
        None if is_interactive() && !call.global.json => {
            let name = call.input.ask("Name of the first administrator (empty for none): ")?;
            if name.is_empty() {
                return Ok(None);
            }
            name
        }
        None => return Ok(None),
    };
    let draft = Draft { role: Role::Admin, ..Draft::named(&name)? };
    let password = call.input.new_secret(Want::Password, "the password", "--password-stdin")?;
    // A refused password leaves no half-made installation: it is judged on a database that is nowhere.
    let about =
        crate::accounts::password::About { name: draft.name.as_str(), email: draft.email.as_deref(), factor: false };
    call.world.imagine(None)?.judge_password(&password, about)?;
    Ok(Some((draft, password)))
}

fn tell(call: &mut Call<'_>, path: String, user: Option<&User>) -> Outcome {
    if call.out.is_json() {
        return call.out.json(&Made { path, admin: user.map(UserJson::from), dry_run: call.global.dry_run });
    }
    match user {
        Some(user) => call.out.say(&format!("{} is its first administrator", called(user))),
        None => call.out.say("nobody is in it yet: `rollbook user register NAME --role admin` makes an administrator"),
    }
    Ok(())
}
