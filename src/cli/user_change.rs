//! `user`: registering, changing and containing people, and their passwords.

use serde::Serialize;

use super::args::named::Named;
use super::args::user::{UserAuthenticate, UserEdit, UserPasswd, UserRegister, UserRestore};
use super::call::{Call, Missing, called};
use super::json::UserJson;
use super::lines::Want;
use super::output::{Halt, Outcome, fault};
use super::words::{count, for_good, local, lost};
use crate::accounts::change::{Changed, Exposure, UserChange};
use crate::accounts::door::Accounts;
use crate::accounts::error::{Field, Kind};
use crate::accounts::losses::Losses;
use crate::accounts::password::About;
use crate::accounts::resolve::Among;
use crate::accounts::time::Until;
use crate::accounts::user::{Draft, Edit, KEPT_DAYS, LONGEST_NOTE, Name, User, parse_email, parse_labels, parse_words};

/// `user register`: an administrator's creation, or a service's registration of a plain member.
pub fn register(call: &mut Call<'_>, args: &UserRegister) -> Outcome {
    let name = match &args.name {
        Some(name) => name.clone(),
        None => call.input.name()?,
    };
    let mut draft = Draft::named(&name)?;
    draft.email = parse_email(args.email.as_deref().unwrap_or_default())?;
    draft.labels = parse_labels(args.labels.iter().map(String::as_str))?;
    draft.note = parse_words(Field::Note, args.note.as_deref().unwrap_or_default(), LONGEST_NOTE)?;
    draft.pending = args.pending;
    if let Some(role) = &args.role {
        draft.role = role.parse()?;
    }
    let password = match args.no_password {
        true => None,
        false => Some(call.input.new_secret(Want::Password, "the password", "--password-stdin")?),
    };
    let plain = Draft { pending: args.pending, ..Draft::named(&name)? } == draft;
    let mut accounts = match call.accounts(Missing::Refuse) {
        Err(Halt::Refused(error)) if error.kind == Kind::NoDatabase && call.may_create(Missing::Create) => {
            // A refused password leaves no empty database behind: it is judged on one that is nowhere.
            if let Some(password) = &password {
                let about = About { name: draft.name.as_str(), email: draft.email.as_deref(), factor: false };
                call.world.imagine(None)?.judge_password(password, about)?;
            }
            call.accounts(Missing::Create)?
        }
        opened => opened?,
    };
    let user = match &password {
        Some(password) if plain && call.global.service.is_some() && !call.is_claimed() => {
            accounts.register(&name, password, args.pending)?
        }
        password => {
            call.ask_again(&mut accounts)?;
            accounts.create_user(draft, password.as_ref())?
        }
    };
    let mut words = format!("{} is registered, {} {}", called(&user), user.status.word(), user.role.word());
    if password.is_none() {
        words.push_str(" · they choose a password by a code: `rollbook reset request`");
    }
    tell(call, &user, None, &words)
}

/// `user edit`
pub fn edit(call: &mut Call<'_>, args: &UserEdit) -> Outcome {
    let mut edit = Edit {
        name: args.new_name.as_deref().map(Name::parse).transpose()?,
        email: args.email.as_deref().map(parse_email).transpose()?,
        role: args.role.as_deref().map(str::parse).transpose()?,
        note: args.note.as_deref().map(|note| parse_words(Field::Note, note, LONGEST_NOTE)).transpose()?,
        ..Edit::default()
    };
    if !args.labels.is_empty() {
        edit.labels = Some(parse_labels(args.labels.iter().map(String::as_str))?);
    }
    let name = call.name(&args.target.named)?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    if let Some(text) = &args.valid_until {
        edit.valid_until = Some(match text.trim() {
            "none" => None,
            text => match Until::parse(text, accounts.now())? {
                Until::At(at) => Some(at),
                Until::Never | Until::Default => None,
            },
        });
    }
    let user = accounts.find(&name)?;
    if edit != (Edit { note: edit.note.clone(), ..Edit::default() }) {
        call.ask_again(&mut accounts)?;
    }
    let changed = accounts.edit(&user.id, None, edit)?;
    tell_change(call, &changed, "edited", "is like that already")
}

/// `user activate`
pub fn activate(call: &mut Call<'_>, wanted: &str) -> Outcome {
    let mut accounts = call.accounts(Missing::Refuse)?;
    let user = accounts.find(wanted)?;
    call.ask_again(&mut accounts)?;
    let changed = accounts.activate(&user.id, None)?;
    tell_change(call, &changed, "activated", "is active already")
}

/// `user deactivate`
pub fn deactivate(call: &mut Call<'_>, wanted: &str) -> Outcome {
    let mut accounts = call.accounts(Missing::Refuse)?;
    let user = accounts.find(wanted)?;
    let changed = accounts.deactivate(&user.id, None)?;
    tell_change(call, &changed, "deactivated", "is inactive already")
}

/// `user delete`
pub fn delete(call: &mut Call<'_>, wanted: &str) -> Outcome {
    let mut accounts = call.accounts(Missing::Refuse)?;
    let user = accounts.find(wanted)?;
    let lost = for_good(&accounts.losses(&user, &UserChange::Delete)?);
    call.confirm(&format!("Delete {}? Restorable for {KEPT_DAYS} days{lost}.", called(&user)))?;
    call.ask_again(&mut accounts)?;
    // Only as looked at: while the question stood on the screen somebody else may have changed them.
    let changed = accounts.delete(&user.id, Some(user.version))?;
    tell_change(call, &changed, "deleted", "is deleted already")
}

/// `user contain`
pub fn contain(call: &mut Call<'_>, wanted: &str) -> Outcome {
    let mut accounts = call.accounts(Missing::Refuse)?;
    let user = accounts.find(wanted)?;
    let losses = accounts.losses(&user, &UserChange::Contain)?;
    let next = if losses.passwords > 0 { "; only a new password lets them log in again" } else { "" };
    call.confirm(&format!("Contain {}? Nobody can log in as this user{}{next}.", called(&user), for_good(&losses)))?;
    call.ask_again(&mut accounts)?;
    // Only as looked at: while the question stood on the screen somebody else may have changed them.
    let changed = accounts.contain(&user.id, Some(user.version))?;
    let (user, dry_run, losses) = (&changed.after, call.global.dry_run, changed.losses());
    if call.out.is_json() {
        return call.out.json(&Contained {
            user: UserJson::from(user).losing(Some(&losses)).rehearsed(dry_run),
            ended: changed.ended,
            revoked: changed.revoked,
            voided: changed.voided,
            password_voided: changed.password_voided,
        });
    }
    let words = match changed.is_change() {
        true => format!("{} contained{}", called(user), told(call, &losses)),
        false => format!("{} is contained already", called(user)),
    };
    tell(call, user, Some(&losses), &words)
}

/// `user restore`
pub fn restore(call: &mut Call<'_>, args: &UserRestore) -> Outcome {
    let new_name = args.new_name.as_deref().map(Name::parse).transpose()?;
    let name = call.name(&args.named)?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let user = accounts.resolve(&name, Among::Deleted)?;
    call.ask_again(&mut accounts)?;
    let changed = accounts.restore(&user.id, None, new_name)?;
    tell_change(call, &changed, "restored", "is not deleted")
}

/// `user purge`: of somebody living, else of somebody deleted.
pub fn purge(call: &mut Call<'_>, named: &Named) -> Outcome {
    let name = call.name(named)?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let user = accounts.resolve(&name, Among::All)?;
    let mut losses = accounts.losses(&user, &UserChange::Delete)?;
    losses.passwords = accounts.exposure(&user.id)?.passwords;
    call.confirm_by_name(&format!("Erase {} for good?{}", called(&user), for_good(&losses)), &user)?;
    call.ask_again(&mut accounts)?;
    let gone = accounts.purge(&user.id, Some(user.version))?;
    let words = format!("{} purged{}", called(&gone), told(call, &losses));
    tell(call, &gone, Some(&losses), &words)
}

/// `user unthrottle`
pub fn unthrottle(call: &mut Call<'_>, named: &Named) -> Outcome {
    let name = call.name(named)?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let user = accounts.find(&name)?;
    call.ask_again(&mut accounts)?;
    let words = match accounts.unthrottle(&user.id)? {
        true => "can try again at once",
        false => "has nothing counted against them",
    };
    let user = if call.global.dry_run { user } else { accounts.get(&user.id, None)? };
    tell(call, &user, None, &format!("{} {words}", called(&user)))
}

/// `user passwd`: by its owner, who knows the current one, or by an administrator.
pub fn passwd(call: &mut Call<'_>, args: &UserPasswd) -> Outcome {
    let name = call.name(&args.target.named)?;
    let (changed, tokens) = if args.set {
        let new = call.input.new_secret(Want::Password, "the new password", "--password-stdin")?;
        let mut accounts = call.accounts(Missing::Refuse)?;
        let user = accounts.find(&name)?;
        let changed = accounts.set_password(&user.id, None, &new)?;
        (changed, tokens_left(&mut accounts, &user))
    } else {
        let old = call.input.secret(Want::Password, "the current password", "--stdin")?;
        let new = call.input.new_secret(Want::NewPassword, "the new password", "--stdin")?;
        let mut accounts = call.accounts(Missing::Refuse)?;
        let name = accounts.login_name(&name);
        let changed = call.with_code(args.code, |_, code| accounts.change_password(&name, &old, &new, code))?;
        let tokens = tokens_left(&mut accounts, &changed.after);
        (changed, tokens)
    };
    let losses = changed.losses();
    let words = format!("the password of {} is set{}{tokens}", called(&changed.after), told(call, &losses));
    tell(call, &changed.after, Some(&losses), &words)
}

/// The API tokens that outlive a password, in words, where somebody may hear of them.
fn tokens_left(accounts: &mut Accounts, user: &User) -> String {
    match accounts.exposure(&user.id) {
        Ok(Exposure { tokens, .. }) if tokens > 0 => {
            format!(" · {}", count(tokens, "API token stays good", "API tokens stay good"))
        }
        _ => String::new(),
    }
}

/// `user authenticate`: whether a log-in would succeed; opens no session.
pub fn authenticate(call: &mut Call<'_>, args: &UserAuthenticate) -> Outcome {
    if call.is_claimed() {
        return Err(fault("a password is checked in nobody's name").hint("leave --as out").into());
    }
    call.no_rehearsal("a proof counts, and uses up a code")?;
    let name = call.name(&args.target.named)?;
    let password = call.input.secret(Want::Password, "the password", "--password-stdin")?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let name = accounts.login_name(&name);
    let user = call.with_code(args.code, |_, code| accounts.authenticate(&name, &password, code))?;
    if call.out.is_json() {
        return call.out.json(&UserJson::from(&user));
    }
    call.out.done(&format!("{} is authenticated", called(&user)))
}

/// Somebody contained, and what was taken from them.
#[derive(Serialize)]
struct Contained<'a> {
    #[serde(flatten)]
    user: UserJson<'a>,
    ended: u32,
    revoked: u32,
    voided: u32,
    password_voided: bool,
}

fn tell_change(call: &mut Call<'_>, changed: &Changed, done: &str, already: &str) -> Outcome {
    let (user, losses) = (&changed.after, changed.losses());
    let mut words = called(user);
    if changed.is_change() {
        words.push_str(&format!(" {done}"));
        words.push_str(&told(call, &losses));
        if let Some(until) = user.valid_until.filter(|_| changed.before.valid_until != user.valid_until) {
            words.push_str(&format!(" · valid until {}", local(until)));
        }
    } else {
        words.push_str(&format!(" {already}"));
    }
    tell(call, user, Some(&losses), &words)
}

/// The losses of a change, or of one that would be made.
fn told(call: &Call<'_>, losses: &Losses) -> String {
    if call.global.dry_run { for_good(losses) } else { lost(losses) }
}

fn tell(call: &mut Call<'_>, user: &User, losses: Option<&Losses>, words: &str) -> Outcome {
    let dry = call.global.dry_run;
    if call.out.is_json() {
        return call.out.json(&UserJson::from(user).losing(losses).rehearsed(dry));
    }
    match dry {
        true => call.out.done(&format!("dry run, nothing was changed: {words}")),
        false => call.out.done(words),
    }
}
