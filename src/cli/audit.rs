//! `audit …`: what was done, newest first, and whether it is what was written.

use serde::Serialize;

use super::args::Audit;
use super::call::{Call, Missing};
use super::json::EntryJson;
use super::output::{Outcome, Table};
use super::words::local;
use crate::accounts::audit::{Change, Entry};
use crate::accounts::chain::{Head, broken};
use crate::accounts::search::Search;
use crate::accounts::text::{quote, visible};
use crate::accounts::trail::parse_deed;

const PAGE: u16 = 500;

/// Lists or verifies.
pub fn run(call: &mut Call<'_>, verb: Audit) -> Outcome {
    match verb {
        Audit::List { user, limit, by, deed, since, until } => {
            let deed = deed.as_deref().map(parse_deed).transpose()?;
            list(call, &Search { about: user, by, deed, since, until, words: Vec::new() }, limit)
        }
        Audit::Verify { head } => verify(call, head.as_deref()),
    }
}

#[derive(Serialize)]
struct Verified {
    entries: u64,
    erased: u64,
    head: Option<String>,
}

fn verify(call: &mut Call<'_>, kept: Option<&str>) -> Outcome {
    let kept = kept.map(Head::parse).transpose()?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let found = accounts.verify_audit(kept, &mut |_| {})?;
    if let Some((seq, why)) = found.broken {
        return Err(broken(seq, why).into());
    }
    let head = found.head.map(|head| head.to_string());
    if call.out.is_json() {
        return call.out.json(&Verified { entries: found.entries, erased: found.erased, head });
    }
    call.out.line(&format!("{} entries hold; the detail of {} was erased by purges", found.entries, found.erased))?;
    if let Some(head) = head {
        call.out.line(&format!("head {head}"))?;
        call.out.say("keep the head elsewhere: only against it can a cut-off end be seen");
    }
    Ok(())
}

fn list(call: &mut Call<'_>, search: &Search, limit: Option<u64>) -> Outcome {
    let mut accounts = call.accounts(Missing::Refuse)?;
    let trail = accounts.follow(search)?;
    let mut rest = limit.unwrap_or(u64::MAX);
    let mut before = None;
    let mut table = Table::new(["when", "by", "what", "whom", "details"]);
    while rest > 0 {
        let entries = accounts.entries(&trail, before, PAGE)?;
        let Some(last) = entries.last() else { break };
        before = Some(last.seq);
        for entry in entries.iter().take(usize::try_from(rest).unwrap_or(usize::MAX)) {
            rest -= 1;
            if call.out.is_json() {
                call.out.json(&EntryJson::from(entry))?;
            } else {
                table.push(row(entry));
            }
        }
        table.write(&mut call.out)?;
    }
    if before.is_none() {
        call.out.say(if search.is_empty() { "nothing was done yet" } else { "nothing like that" });
    }
    Ok(())
}

fn row(entry: &Entry) -> [String; 5] {
    let target = match (&entry.detail, &entry.target) {
        (Some(detail), _) if detail.target.is_some() => visible(detail.target.as_deref().unwrap_or_default()).into(),
        (_, Some(id)) => id.to_string(),
        (_, None) => String::new(),
    };
    let mut details = Vec::new();
    if let Some(detail) = &entry.detail {
        details.extend(detail.reason.as_deref().map(quote));
        details.extend(detail.words.as_deref().map(|words| visible(words).into_owned()));
        // The reason has been told; that it is also kept with the person is no news.
        let news = detail.changes.iter().filter(|change| Some(&change.after) != detail.reason.as_ref());
        for Change { field, before, after } in news {
            let [before, after] =
                [before, after].map(|text| if text.is_empty() { "–".to_owned() } else { quote(text) });
            details.push(format!("{} {before} → {after}", visible(field)));
        }
        if !detail.origin.is_empty() {
            details.push(visible(&detail.origin).into_owned());
        }
    }
    [
        local(entry.at),
        visible(entry.actor()).into_owned(),
        visible(entry.past()).into_owned(),
        target,
        details.join(" · "),
    ]
}
