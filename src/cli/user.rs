//! `user`: looking at people. What changes them stands in `user_change`.

use serde::Serialize;

use super::args::named::{Named, Whom};
use super::args::user::{User as Verb, UserList, UserShow};
use super::bulk::{self, read_filter};
use super::call::{Call, Missing};
use super::json::{ObstacleJson, UserJson};
use super::output::{Outcome, Table, fault};
use super::user_change;
use super::words::{ago, clock, count, cure, left, local, state};
use crate::accounts::error::{Error, Kind};
use crate::accounts::looking::Dossier;
use crate::accounts::query::{Anchor, Filter, Order, Query, State, Subject};
use crate::accounts::resolve::Among;
use crate::accounts::text::{quote, told_apart, visible};
use crate::accounts::time::Time;
use crate::accounts::user::{Role, Status, User, parse_state};
use crate::accounts::verdict::Verdict;

const PAGE: u16 = 500;

/// Carries a verb out.
pub fn run(call: &mut Call<'_>, verb: Verb) -> Outcome {
    match verb {
        Verb::List(args) => list(call, &args),
        Verb::Show(args) => show(call, &args),
        Verb::Why(target) => why(call, &target.named),
        Verb::Register(args) => user_change::register(call, &args),
        Verb::Edit(args) => user_change::edit(call, &args),
        Verb::Activate(whom) => one_or_many(call, &whom, &bulk::ACTIVATE, user_change::activate),
        Verb::Deactivate(whom) => one_or_many(call, &whom, &bulk::DEACTIVATE, user_change::deactivate),
        Verb::Delete(whom) => one_or_many(call, &whom, &bulk::DELETE, user_change::delete),
        Verb::Restore(args) => match &args.filter {
            Some(filter) => bulk::run(call, filter, &bulk::RESTORE),
            None => user_change::restore(call, &args),
        },
        Verb::Purge(target) => user_change::purge(call, &target.named),
        Verb::Passwd(args) => user_change::passwd(call, &args),
        Verb::Authenticate(args) => user_change::authenticate(call, &args),
        Verb::Contain(whom) => one_or_many(call, &whom, &bulk::CONTAIN, user_change::contain),
        Verb::Unthrottle(target) => user_change::unthrottle(call, &target.named),
    }
}

fn one_or_many(
    call: &mut Call<'_>,
    whom: &Whom,
    deed: &bulk::Deed,
    one: fn(&mut Call<'_>, &str) -> Outcome,
) -> Outcome {
    match &whom.filter {
        Some(filter) => bulk::run(call, filter, deed),
        None => {
            let name = call.name(&whom.named)?;
            one(call, &name)
        }
    }
}

fn filter(args: &UserList) -> Outcome<Filter> {
    let mut filter =
        args.filter.as_deref().map_or_else(|| Ok(Filter::default()), |text| read_filter(text, Subject::Users))?;
    if let Some(prefix) = &args.prefix {
        filter.terms.extend(Filter::prefix(prefix).terms);
    }
    if let Some(status) = &args.status {
        let state = match parse_state(status)? {
            Some(Status::Pending) => State::Pending,
            Some(Status::Active) => State::Active,
            Some(Status::Inactive) => State::Inactive,
            None => State::Deleted,
        };
        filter.terms.extend(Filter::is(state).terms);
    }
    Ok(filter)
}

fn order(word: &str) -> Outcome<Order> {
    let found = Order::ALL.into_iter().find(|order| order.word() == word);
    Ok(found
        .ok_or_else(|| fault(format!("--sort does not know {}", quote(word))).hint("created, name, seen or status"))?)
}

fn list(call: &mut Call<'_>, args: &UserList) -> Outcome {
    let query = Query { filter: filter(args)?, order: order(&args.sort)?, reversed: args.reverse };
    let mut accounts = call.accounts(Missing::Refuse)?;
    let now = accounts.now();
    let mut rest = args.limit.unwrap_or(u64::MAX);
    let mut anchor = Anchor::Start;
    // Deleted people may share a name; then it takes the id to tell them apart.
    let with_id = query.filter.wants_deleted();
    let mut table =
        Table::new(["name", "state", "role", "labels", "seen", "live", if with_id { "user id" } else { "" }]);
    let mut any = false;
    while rest > 0 {
        let limit = u16::try_from(rest).map_or(PAGE, |rest| rest.min(PAGE));
        let page = accounts.users(&query, &anchor, limit)?;
        for (_, user) in &page.rows {
            any = true;
            rest = rest.saturating_sub(1);
            if call.out.is_json() {
                call.out.json(&UserJson::from(user))?;
            } else {
                table.push(row(user, now, with_id));
            }
        }
        table.write(&mut call.out)?;
        match page.rows.into_iter().next_back() {
            Some((key, _)) if page.more_after => anchor = Anchor::After(key),
            _ => break,
        }
    }
    if !any {
        call.out.say(if query.filter.is_empty() { "nobody is here yet" } else { "nobody like that" });
    }
    Ok(())
}

fn labels(user: &User) -> String {
    visible(&user.labels.join(", ")).into_owned()
}

fn row(user: &User, now: Time, with_id: bool) -> [String; 7] {
    [
        told_apart(&visible(&user.name)).into_owned(),
        state(user, now).to_owned(),
        if user.role == Role::Member { String::new() } else { user.role.word().to_owned() },
        labels(user),
        ago(user.last_login_at, now),
        if user.sessions == 0 { "–".to_owned() } else { user.sessions.to_string() },
        if with_id { user.id.to_string() } else { String::new() },
    ]
}

fn show(call: &mut Call<'_>, args: &UserShow) -> Outcome {
    let status = args.status.as_deref().map(parse_state).transpose()?;
    let name = call.name(&args.target.named)?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let user = match status {
        Some(None) => accounts.resolve(&name, Among::Deleted)?,
        Some(Some(status)) => {
            let found = accounts.find(&name)?;
            accounts.get(&found.id, Some(status)).map_err(|error| match error.kind {
                Kind::UnknownUser => Error::new(error.kind, format!("{} is not {}", quote(&found.name), status.word()))
                    .hint(format!("the status is {}", found.status.word())),
                _ => error,
            })?
        }
        None => accounts.resolve(&name, Among::PresentOrById)?,
    };
    if call.out.is_json() {
        return call.out.json(&UserJson::from(&user));
    }
    let dossier = accounts.dossier(&user.id, 20)?;
    let codes = accounts.codes_left(&user.id)?;
    tell(call, &dossier, codes, accounts.now())
}

fn tell(call: &mut Call<'_>, dossier: &Dossier, codes: u32, now: Time) -> Outcome {
    let user = &dossier.user;
    let verdict = if dossier.verdict.can_log_in() { "can log in" } else { "cannot log in" };
    call.out.line(&format!("{} {verdict}", quote(&user.name)))?;
    for obstacle in &dossier.verdict.obstacles {
        call.out.line(&format!("  {}", sentence(obstacle)))?;
    }
    let text = |text: &Option<String>| visible(text.as_deref().unwrap_or("–")).into_owned();
    let time = |at: Option<Time>| at.map_or_else(|| "–".to_owned(), local);
    let mut table = Table::new(["", ""]);
    let lines = [
        ("user id", user.id.to_string()),
        ("e-mail", text(&user.email)),
        ("role", user.role.word().to_owned()),
        ("labels", if user.labels.is_empty() { "–".to_owned() } else { labels(user) }),
        ("status", state(user, now).to_owned()),
        ("note", text(&user.note)),
        ("created", local(user.created_at)),
        ("activated", time(user.activated_at)),
        ("password set", time(user.password_set_at)),
        ("second factor", if user.factor { factor_words(codes) } else { "–".to_owned() }),
        ("last log-in", time(user.last_login_at)),
        ("last use", time(user.last_used_at)),
        ("valid until", time(user.valid_until)),
        ("deleted", time(user.deleted_at)),
    ];
    for (key, value) in lines.into_iter().filter(|(key, value)| value != "–" || *key == "last log-in") {
        table.push([format!("  {key}"), value]);
    }
    table.write_bare(&mut call.out)?;
    call.out.line(&format!("  {}", count(user.sessions, "live session", "live sessions")))?;
    for session in dossier.sessions.iter().filter(|session| session.is_live(now)) {
        let known = [&session.client, &session.address].map(|text| visible(text.as_deref().unwrap_or("–")));
        call.out.line(&format!(
            "    {} · {} · began {} · used {} · {}",
            known[0],
            known[1],
            ago(Some(session.created_at), now),
            ago(session.last_used_at, now),
            left(session.runs_out_at(), now)
        ))?;
    }
    if !dossier.tokens.is_empty() {
        let tokens = u32::try_from(dossier.tokens.len()).unwrap_or(u32::MAX);
        call.out.line(&format!("  {}", count(tokens, "API token", "API tokens")))?;
    }
    for token in &dossier.tokens {
        call.out.line(&format!(
            "    {} · created {} · used {} · {}",
            visible(&token.name),
            ago(Some(token.created_at), now),
            ago(token.last_used_at, now),
            left(token.expires_at, now)
        ))?;
    }
    Ok(())
}

fn factor_words(codes: u32) -> String {
    format!("on · {}", count(codes, "backup code left", "backup codes left"))
}

fn sentence(obstacle: &crate::accounts::verdict::Obstacle) -> String {
    let since = obstacle.since.map(|at| format!(", since {}", local(at))).unwrap_or_default();
    let until = obstacle.throttled.as_ref().map(|throttled| format!(", until {}", clock(throttled.until)));
    format!("{}{since}{}", obstacle.sentence(), until.unwrap_or_default())
}

#[derive(Serialize)]
struct WhyJson<'a> {
    can_log_in: bool,
    obstacles: Vec<ObstacleJson<'a>>,
}

fn why(call: &mut Call<'_>, named: &Named) -> Outcome {
    let name = call.name(named)?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let found = accounts.resolve(&name, Among::All)?;
    let (user, verdict) = accounts.why(&found.id)?;
    if call.out.is_json() {
        let obstacles = verdict.obstacles.iter().map(|obstacle| ObstacleJson::of(obstacle, &user)).collect();
        return call.out.json(&WhyJson { can_log_in: verdict.can_log_in(), obstacles });
    }
    tell_why(call, &user, &verdict)
}

fn tell_why(call: &mut Call<'_>, user: &User, verdict: &Verdict) -> Outcome {
    if verdict.can_log_in() {
        call.out.line(&format!("{} can log in with the right password", quote(&user.name)))?;
    } else {
        call.out.line(&format!("{} cannot log in", quote(&user.name)))?;
    }
    for (number, obstacle) in verdict.obstacles.iter().enumerate() {
        call.out.line(&format!("  {}. {}", number + 1, sentence(obstacle)))?;
        call.out.line(&format!("     {}", cure(obstacle.cure, user)))?;
    }
    if !verdict.fine.is_empty() {
        call.out.line(&format!("  in order: {}", verdict.fine.join(", ")))?;
    }
    Ok(())
}
