//! `audit …`: what was done, newest first, and whether it is what was written.

use std::collections::VecDeque;

use serde::Serialize;

use super::args::Audit;
use super::call::{Call, Missing};
use super::export;
use super::json::{EntryJson, FailedJson};
use super::output::{Outcome, Table};
use super::words::{FAILED, failed_words, local};
use crate::accounts::audit::{Change, Entry};
use crate::accounts::chain::{Head, broken};
use crate::accounts::door::Accounts;
use crate::accounts::error::Result;
use crate::accounts::search::Search;
use crate::accounts::text::{quote, visible};
use crate::accounts::trail::{Failed, Trail, parse_deed};

const PAGE: u16 = 500;

/// Lists, verifies or exports.
pub fn run(call: &mut Call<'_>, verb: Audit) -> Outcome {
    match verb {
        Audit::List { about, limit, by, deed, since, until } => {
            let deed = deed.as_deref().map(parse_deed).transpose()?;
            list(call, &Search { about, by, deed, since, until, words: Vec::new() }, limit)
        }
        Audit::Verify { head, export } if export.is_empty() => verify(call, head.as_deref()),
        Audit::Verify { head, export } => export::verify(call, &export, head.as_deref()),
        Audit::Export { file, until } => export::write(call, &file, until.as_deref()),
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
    let mut table = Table::new(["when", "actor", "action", "about", "summary"]);
    let mut pages = Pages { trail: &trail, entries: VecDeque::new(), failed: VecDeque::new(), left: (true, true) };
    let (most, mut told) = (limit.unwrap_or(u64::MAX), 0);
    while told < most {
        let Some(next) = pages.next(&mut accounts)? else { break };
        told += 1;
        match (&next, call.out.is_json()) {
            (Told::Entry(entry), true) => call.out.json(&EntryJson::from(entry.as_ref()))?,
            (Told::Failed(failed), true) => call.out.json(&FailedJson::from(failed))?,
            (Told::Entry(entry), false) => table.push(row(entry)),
            (Told::Failed(failed), false) => table.push(failed_row(failed)),
        }
        if told % u64::from(PAGE) == 0 {
            table.write(&mut call.out)?;
        }
    }
    table.write(&mut call.out)?;
    if told == 0 {
        call.out.say(if search.is_empty() { "nothing was done yet" } else { "nothing like that" });
    }
    Ok(())
}

enum Told {
    Entry(Box<Entry>),
    Failed(Failed),
}

/// Entries and failed log-ins in one list, newest first, as much of each as is read.
struct Pages<'a> {
    trail: &'a Trail,
    entries: VecDeque<Entry>,
    failed: VecDeque<Failed>,
    /// Whether there may be more entries, and more failed log-ins.
    left: (bool, bool),
}

impl Pages<'_> {
    fn next(&mut self, accounts: &mut Accounts) -> Result<Option<Told>> {
        // What was shown last is kept in front, since the next page begins behind it.
        while self.entries.len() < 2 && self.left.0 {
            let page = accounts.entries(self.trail, self.entries.back().map(|entry| entry.seq), PAGE)?;
            self.left.0 = !page.is_empty();
            self.entries.extend(page);
        }
        while self.failed.len() < 2 && self.left.1 {
            let page = accounts.failed(self.trail, self.failed.back().map(|failed| failed.key), PAGE)?;
            self.left.1 = !page.is_empty();
            self.failed.extend(page);
        }
        let failed_last = match (self.entries.front(), self.failed.front()) {
            (Some(entry), Some(failed)) => failed.failures.at > entry.at,
            (entry, _) => entry.is_none(),
        };
        Ok(match failed_last {
            true => self.failed.pop_front().map(Told::Failed),
            false => self.entries.pop_front().map(|entry| Told::Entry(Box::new(entry))),
        })
    }
}

fn failed_row(failed: &Failed) -> [String; 5] {
    let whom = failed.whose.as_ref().map_or_else(|| "(no such name)".to_owned(), |(_, name)| visible(name).into());
    [local(failed.failures.at), String::new(), FAILED.to_owned(), whom, visible(&failed_words(failed)).into_owned()]
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
        visible(&entry.action()).into_owned(),
        target,
        details.join(" · "),
    ]
}
