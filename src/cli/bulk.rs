//! `user activate|deactivate|delete|restore|contain --filter`: one change to everybody whom a filter lets through.

use serde::Serialize;

use super::call::{Call, Missing};
use super::json::LossesJson;
use super::output::{Outcome, fault};
use super::words::{count, for_good, lost};
use crate::accounts::bulk::{Chosen, Left, Outcome as Done, Plan};
use crate::accounts::change::UserChange;
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::query::{Filter, State, Subject};
use crate::accounts::text::{brief, quote};

/// What is done, with its words.
pub struct Deed {
    change: UserChange,
    verb: &'static str,
    past: &'static str,
}

/// `user activate`
pub const ACTIVATE: Deed = Deed { change: UserChange::Activate, verb: "Activate", past: "activated" };
/// `user deactivate`
pub const DEACTIVATE: Deed = Deed { change: UserChange::Deactivate, verb: "Deactivate", past: "deactivated" };
/// `user delete`
pub const DELETE: Deed = Deed { change: UserChange::Delete, verb: "Delete", past: "deleted" };
/// `user restore`
pub const RESTORE: Deed = Deed { change: UserChange::Restore(None), verb: "Restore", past: "restored" };
/// `user contain`
pub const CONTAIN: Deed = Deed { change: UserChange::Contain, verb: "Contain", past: "contained" };

/// Plans, asks, does it and tells.
pub fn run(call: &mut Call<'_>, expression: &str, deed: &Deed) -> Outcome {
    let mut filter = read_filter(expression, Subject::Users)?;
    must_choose(&filter, expression, "everybody", "`!is:deleted` means all who are there")?;
    if matches!(deed.change, UserChange::Restore(_)) && !filter.wants_deleted() {
        filter.terms.extend(Filter::is(State::Deleted).terms);
    }
    let mut accounts = call.accounts(Missing::Refuse)?;
    for dates in filter.dates_that_count() {
        call.out.say(dates);
    }
    let plan = accounts.plan(&Chosen::All(filter), &deed.change)?;
    if plan.people.is_empty() || call.global.dry_run {
        return tell(call, deed, &plan, None);
    }
    let people = number(plan.people.len());
    call.confirm_many(&format!("{} {}? {}.", deed.verb, users(people), preview(&plan)), plan.people.len())?;
    call.ask_again(&mut accounts)?;
    let done = accounts.carry_out(&plan, &mut |_, _| true)?;
    tell(call, deed, &plan, Some(done))
}

/// Reads a filter, which nobody is typing any more. What is asked of the other subject has a command of its own.
///
/// # Errors
/// As [`Filter::read_finished`].
pub fn read_filter(text: &str, subject: Subject) -> Result<Filter> {
    let other = match subject {
        Subject::Users => "session",
        Subject::Sessions => "user",
    };
    Filter::read_finished(text, subject).map_err(|fault| match fault.hint {
        Some(_) => fault,
        None => fault.hint(format!("`rollbook {other} list --filter` takes it")),
    })
}

/// Refuses a filter that asks for nothing: a slip, or a variable of a script that was never set, must not mean all.
pub fn must_choose(filter: &Filter, expression: &str, all: &str, hint: &str) -> Result<()> {
    match filter.is_empty() {
        true => Err(fault(format!("{} asks for nothing: that would be {all}", quote(expression))).hint(hint)),
        false => Ok(()),
    }
}

/// What happened to many people, or would.
#[derive(Serialize)]
struct BulkJson<'a> {
    matched: u32,
    /// How many were changed, or would be.
    changed: u32,
    already: u32,
    ended: u32,
    revoked: u32,
    voided: u32,
    passwords_voided: u32,
    losses: LossesJson<'a>,
    /// Who was not changed and why; of more than a thousand the first.
    left: Vec<LeftJson<'a>>,
    left_out: u32,
    not_reached: u32,
    dry_run: bool,
}

#[derive(Serialize)]
struct LeftJson<'a> {
    user_id: &'a str,
    name: &'a str,
    kind: &'static str,
    message: &'a str,
}

fn tell(call: &mut Call<'_>, deed: &Deed, plan: &Plan, done: Option<Done>) -> Outcome {
    // What was planned stands for what was done where nothing was tried.
    let planned = done.is_none();
    let done = done.unwrap_or_default();
    let changed = if planned { number(plan.people.len()) } else { done.changed() };
    let taken = if planned { &plan.losses } else { &done.taken };
    let left_out = plan.kept_back + done.left_out;
    let left = plan.kept.iter().chain(&done.left);
    if call.out.is_json() {
        call.out.json(&BulkJson {
            matched: plan.matched,
            changed,
            already: plan.already + done.already,
            ended: taken.sessions,
            revoked: taken.tokens,
            voided: taken.resets,
            passwords_voided: taken.passwords,
            losses: LossesJson::from(taken),
            left: left.map(json).collect(),
            left_out,
            not_reached: done.rest,
            dry_run: call.global.dry_run,
        })?;
    } else {
        for left in left {
            call.out.say(&format!("not {}: {}", deed.past, left.why.message));
        }
        let mut words = match call.global.dry_run {
            true => {
                let verb = deed.verb.to_lowercase();
                format!("dry run, nothing was changed: would {verb} {}{}", users(changed), for_good(taken))
            }
            false => {
                format!("{} {}{}", users(changed), deed.past, lost(taken))
            }
        };
        if plan.already + done.already > 0 {
            words.push_str(&format!(" · {} so already", plan.already + done.already));
        }
        call.out.done(&words)?;
    }
    if left_out == 0 && done.is_whole() {
        return Ok(());
    }
    call.out.flush()?;
    let not = left_out + done.rest;
    let error = Error::new(Kind::PartlyDone, format!("{not} of {} not {}", users(plan.matched), deed.past));
    Err(match done.fault {
        Some(fault) => error.hint(fault.to_string()),
        None => error.hint("the lines above say who and why; the same command again takes those who can be"),
    }
    .into())
}

fn json(left: &Left) -> LeftJson<'_> {
    LeftJson { user_id: left.id.as_str(), name: &left.name, kind: left.why.kind.word(), message: &left.why.message }
}

/// What a question says of a plan.
fn preview(plan: &Plan) -> String {
    let mut words = Vec::new();
    if plan.kept_back > 0 {
        let why = plan.kept.first().map(|left| left.why.message.clone()).unwrap_or_default();
        words.push(format!("{} kept back ({why}{})", plan.kept_back, if plan.kept_back > 1 { ", …" } else { "" }));
    }
    let losses = for_good(&plan.losses);
    words.extend(losses.strip_prefix(" · ").map(str::to_owned));
    words.push(format!(
        "such as {}",
        plan.examples.iter().map(|name| quote(&brief(name))).collect::<Vec<_>>().join(", ")
    ));
    words.join(" · ")
}

fn users(number: u32) -> String {
    count(number, "user", "users")
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
