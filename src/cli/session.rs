//! `session`: who is logged in; logging in, checking, logging out.

use serde::Serialize;

use super::args::session::{Session as Verb, SessionList, SessionLogin, SessionLogout};
use super::bulk::{must_choose, read_filter};
use super::call::{Call, Missing, called};
use super::json::SessionJson;
use super::lines::Want;
use super::output::{LOST, Outcome, Table, withdrawn};
use super::words::{ago, count, left, local};
use crate::accounts::bulk::Ended as Done;
use crate::accounts::error::{Error, Kind};
use crate::accounts::query::{Anchor, Filter, State, Subject};
use crate::accounts::session::{Login, Session, SessionId};
use crate::accounts::text::{told_apart, visible};
use crate::accounts::time::{Time, Until};

const PAGE: u16 = 500;

#[derive(Serialize)]
struct Ended {
    ended: u32,
    dry_run: bool,
}

/// What came of ending many. Which of them are over a rehearsal cannot know: others end them while it runs.
#[derive(Serialize)]
struct ManyEnded {
    ended: u32,
    /// Ended by somebody else, or run out, between the question and the deed.
    over: u32,
    not_reached: u32,
    dry_run: bool,
}

/// Lists, logs in, checks, logs out.
pub fn run(call: &mut Call<'_>, verb: Verb) -> Outcome {
    match verb {
        Verb::List(args) => list(call, &args),
        Verb::Login(args) => log_in(call, &args),
        Verb::Check(_) => check(call),
        Verb::Logout(args) => log_out(call, &args),
    }
}

fn list(call: &mut Call<'_>, args: &SessionList) -> Outcome {
    let mut accounts = call.accounts(Missing::Refuse)?;
    let now = accounts.now();
    let mut table = Table::new(["name", "client", "address", "began", "used", "left", "session id"]);
    let mut any = false;
    if let Some(wanted) = &args.user {
        let user = accounts.find_owner(wanted)?;
        let sessions = accounts.sessions_of(&user.id, u16::MAX)?;
        any = show(call, sessions.iter().filter(|session| session.is_live(now)), &mut table, now)?;
    } else {
        let filter = args
            .filter
            .as_deref()
            .map_or_else(|| Ok(Filter::is(State::Live)), |text| read_filter(text, Subject::Sessions))?;
        let mut anchor = Anchor::Start;
        loop {
            let page = accounts.sessions(&filter, args.reverse, &anchor, PAGE)?;
            any |= show(call, page.rows.iter().map(|(_, session)| session), &mut table, now)?;
            match page.rows.into_iter().next_back() {
                Some((key, _)) if page.more_after => anchor = Anchor::After(key),
                _ => break,
            }
        }
    }
    if !any {
        call.out.say(if args.filter.is_some() { "no session like that" } else { "nobody is logged in" });
    }
    Ok(())
}

fn show<'s>(
    call: &mut Call<'_>,
    sessions: impl Iterator<Item = &'s Session>,
    table: &mut Table<7>,
    now: Time,
) -> Outcome<bool> {
    let mut any = false;
    for session in sessions {
        any = true;
        if call.out.is_json() {
            call.out.json(&SessionJson::from(session))?;
        } else {
            table.push(row(session, now));
        }
    }
    table.write(&mut call.out)?;
    Ok(any)
}

fn row(session: &Session, now: Time) -> [String; 7] {
    let text = |text: &Option<String>| visible(text.as_deref().unwrap_or_default()).into_owned();
    [
        told_apart(&visible(&session.name)).into_owned(),
        text(&session.client),
        text(&session.address),
        ago(Some(session.created_at), now),
        ago(session.last_used_at, now),
        if session.ended_at.is_some() { "ended".to_owned() } else { left(session.runs_out_at(), now) },
        visible(session.id.as_str()).into_owned(),
    ]
}

fn log_in(call: &mut Call<'_>, args: &SessionLogin) -> Outcome {
    call.no_rehearsal("a log-in hands out a token that works")?;
    call.out.must_be_open()?;
    let name = call.name(&args.target.named)?;
    let password = call.input.secret(Want::Password, "the password", "--password-stdin")?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let name = accounts.login_name(&name);
    let expires = match &args.expires {
        Some(text) => Until::parse(text, accounts.now())?,
        None => Until::Default,
    };
    let opened = call.with_code(args.code, |_, code| {
        accounts.log_in(&Login {
            name: &name,
            password: Some(&password),
            code,
            client: args.client.as_deref(),
            address: args.address.as_deref(),
            expires,
        })
    })?;
    let told = call.out.secret(|out| match out.is_json() {
        true => out.json(&SessionJson::from(&opened.session).with_token(&opened.token)),
        false => out.line(opened.token.expose()),
    });
    let Err(lost) = told else { return Ok(()) };
    accounts.give_reason(Some(LOST))?;
    let by_hand = format!("rollbook session logout {}", visible(opened.session.id.as_str()));
    Err(withdrawn(lost, "the session was ended", accounts.log_out(&opened.token).map(drop), &by_hand).into())
}

fn check(call: &mut Call<'_>) -> Outcome {
    let token = call.input.token(Want::Token, "the session token", "--token-stdin")?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    // The handle writes down what was refused when it is dropped, whichever way this function is left.
    let (user, session) = accounts.check(&token)?;
    if call.out.is_json() {
        return call.out.json(&SessionJson::from(&session).with_user(&user));
    }
    let until = session.runs_out_at().map_or_else(|| "without end".to_owned(), |at| format!("until {}", local(at)));
    call.out.line(&format!("{} is logged in {until}", called(&user)))
}

fn log_out(call: &mut Call<'_>, args: &SessionLogout) -> Outcome {
    let ended = if let Some(expression) = &args.filter {
        return log_out_many(call, expression);
    } else if args.token_stdin {
        let token = call.input.token(Want::Token, "the session token", "--token-stdin")?;
        u32::from(call.accounts(Missing::Refuse)?.log_out(&token)?.is_some())
    } else if let Some(wanted) = &args.user {
        let mut accounts = call.accounts(Missing::Refuse)?;
        let user = accounts.find_owner(wanted)?;
        accounts.end_sessions(&user.id, None)?
    } else {
        let id = SessionId::new(args.session_id.as_deref().unwrap_or_default());
        u32::from(call.accounts(Missing::Refuse)?.end_session(&id)?.is_some())
    };
    tell(call, ended)
}

fn tell(call: &mut Call<'_>, ended: u32) -> Outcome {
    if call.out.is_json() {
        return call.out.json(&Ended { ended, dry_run: call.global.dry_run });
    }
    let dry = if call.global.dry_run { "dry run: " } else { "" };
    call.out.done(&format!("{dry}{}", count(ended, "session ended", "sessions ended")))
}

/// Ends everything live that a filter lets through, after a question.
fn log_out_many(call: &mut Call<'_>, expression: &str) -> Outcome {
    let filter = read_filter(expression, Subject::Sessions)?;
    must_choose(&filter, expression, "everybody's sessions", "`is:live` means all that are live")?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let ids = accounts.live_sessions(&filter)?;
    let found = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    if ids.is_empty() || call.global.dry_run {
        return tell_many(call, &Done { ended: found, ..Done::default() });
    }
    call.confirm_many(&format!("End {}? They cannot be given back.", count(found, "session", "sessions")), ids.len())?;
    let done = accounts.end_many(&ids, &mut |_, _| true)?;
    tell_many(call, &done)?;
    match done.fault {
        None => Ok(()),
        Some(fault) => {
            call.out.flush()?;
            let words = format!("{} of {} not ended", done.rest, count(found, "session", "sessions"));
            Err(Error::new(Kind::PartlyDone, words).hint(fault.to_string()).into())
        }
    }
}

fn tell_many(call: &mut Call<'_>, done: &Done) -> Outcome {
    let (ended, over, dry_run) = (done.ended, done.over, call.global.dry_run);
    if call.out.is_json() {
        return call.out.json(&ManyEnded { ended, over, not_reached: done.rest, dry_run });
    }
    if dry_run {
        let would = count(ended, "session", "sessions");
        return call.out.done(&format!("dry run, nothing was changed: would end {would}"));
    }
    let already = if over > 0 { format!(" · {over} over already") } else { String::new() };
    call.out.done(&format!("{}{already}", count(ended, "session ended", "sessions ended")))
}
