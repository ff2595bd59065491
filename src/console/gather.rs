//! What is asked about many at once: whom a stretch of a list holds, and what a change would do to the marked people.
//! Carried out on the worker's threads, page by page.

use std::collections::BTreeSet;

use super::effect::{Answer, Bulk, Done, Survey};
use super::marks::{MOST, Stretch};
use crate::accounts::bulk::Chosen;
use crate::accounts::looking::Dossier;
use crate::accounts::query::{Anchor, Filter, Key, Page, Query, Term, page_through};
use crate::accounts::session::{Session, SessionId};
use crate::accounts::user::UserId;
use crate::accounts::{Accounts, Kind, Result};

/// How many rows one page has: few enough that a newer question need not wait for long.
const PAGE: u16 = 1000;

/// The people of a stretch, each in the present version.
///
/// # Errors
/// As any read.
pub fn people(accounts: &mut Accounts, query: &Query, stretch: &Stretch) -> Result<Answer> {
    let descending = query.order.is_descending(query.reversed);
    let found = walk(stretch, descending, |_| true, |anchor| accounts.users(query, anchor, PAGE))?;
    Ok(Answer::Marks(found.into_iter().map(|user| (user.id, user.version)).collect()))
}

/// The sessions of a stretch.
///
/// # Errors
/// As any read.
pub fn sessions(accounts: &mut Accounts, filter: &Filter, reversed: bool, stretch: &Stretch) -> Result<Answer> {
    // Those that are over are shown for a while; there is nothing left to do to them.
    let is_live = |session: &Session| session.ended_at.is_none();
    let page = |anchor: &Anchor| accounts.sessions(filter, reversed, anchor, PAGE);
    let found = walk(stretch, !reversed, is_live, page)?;
    Ok(Answer::SessionMarks(found.into_iter().map(|session| session.id).collect()))
}

/// How many of these sessions are live.
///
/// # Errors
/// As any read.
pub fn live(accounts: &mut Accounts, ids: Vec<SessionId>, filter: &Filter) -> Result<Answer> {
    let now = accounts.now();
    let (mut live, mut over, mut hidden) = (Vec::new(), Vec::new(), 0);
    for id in ids {
        match accounts.session(&id) {
            Ok(session) if !session.is_live(now) => over.push(id),
            Ok(session) if filter.matches_session(&session, true, now) => live.push(id),
            Ok(_) => hidden += 1,
            // Over for so long that it was cleared away.
            Err(error) if error.kind == Kind::UnknownSession => over.push(id),
            Err(error) => return Err(error),
        }
    }
    Ok(Answer::Live(live, over, hidden))
}

fn walk<T>(
    stretch: &Stretch,
    descending: bool,
    keeps: impl Fn(&T) -> bool,
    page: impl FnMut(&Anchor) -> Result<Page<T>>,
) -> Result<Vec<T>> {
    let ends = stretch.as_ref().map(|(one, other)| match (one <= other) != descending {
        true => (one, other),
        false => (other, one),
    });
    let is_past = |key: &Key| ends.is_some_and(|(_, last)| if descending { key < last } else { key > last });
    let anchor = ends.map_or(Anchor::Start, |(first, _)| Anchor::From(first.clone()));
    let mut found = Vec::new();
    page_through(anchor, page, |rows| {
        let ended = rows.last().is_some_and(|(key, _)| is_past(key));
        found.extend(rows.into_iter().filter(|(key, row)| !is_past(key) && keeps(row)).map(|(_, row)| row));
        // One more than can be marked, so that it is seen that not all were. Who is not kept does not count.
        !ended && found.len() <= MOST
    })?;
    Ok(found)
}

/// What a change would do to the marked people. Who does not pass the present filter is hidden: they are counted, and
/// only taken in where that was asked for.
///
/// # Errors
/// `unauthorized`, `unauthenticated`; as any read.
pub fn plan(accounts: &mut Accounts, survey: Survey) -> Result<Answer> {
    let visible = visible(accounts, &survey)?;
    let all = survey.marked.len();
    let (shown, hidden): (Vec<_>, Vec<_>) = survey.marked.into_iter().partition(|(id, _)| visible.contains(id));
    let hidden_count = all - shown.len();
    let mut chosen = shown;
    if survey.hidden_too {
        chosen.extend(hidden);
    }
    let plan = accounts.plan(&Chosen::People(chosen), &survey.change)?;
    Ok(Answer::Planned(Box::new(plan), u32::try_from(hidden_count).unwrap_or(u32::MAX)))
}

/// Which of the marked people pass the filter. Who has vanished counts as visible: the plan tells what became of them.
fn visible(accounts: &mut Accounts, survey: &Survey) -> Result<BTreeSet<UserId>> {
    let mut visible = BTreeSet::new();
    let mut left: BTreeSet<&UserId> = survey.marked.iter().map(|(id, _)| id).collect();
    if survey.filter.terms.iter().any(asks_for_hashes) {
        // No person says how their password is kept: only the list itself knows who passes.
        let query = Query { filter: survey.filter.clone(), ..Query::default() };
        page_through(
            Anchor::Start,
            |anchor| accounts.users(&query, anchor, PAGE),
            |rows| {
                visible.extend(rows.into_iter().map(|(_, user)| user.id).filter(|id| left.remove(id)));
                !left.is_empty()
            },
        )?;
        return Ok(visible);
    }
    let now = accounts.now();
    for (id, _) in &survey.marked {
        let passes = match accounts.get(id, None) {
            Ok(user) => survey.filter.matches(&user, now),
            Err(error) if error.kind == Kind::UnknownUser => true,
            Err(error) => return Err(error),
        };
        if passes {
            visible.insert(id.clone());
        }
    }
    Ok(visible)
}

fn asks_for_hashes(term: &Term) -> bool {
    match term {
        Term::Hash(_) => true,
        Term::Not(term) => asks_for_hashes(term),
        _ => false,
    }
}

/// The names of these people, who may have vanished meanwhile.
///
/// # Errors
/// As any read.
pub fn names(accounts: &mut Accounts, ids: Vec<UserId>) -> Result<Answer> {
    present(ids, |id| Ok(accounts.get(&id, None)?.name)).map(Answer::Names)
}

/// Everything about each of these people, and so much of their history; some may have vanished.
///
/// # Errors
/// As any read.
pub fn dossiers(accounts: &mut Accounts, wanted: &[(UserId, u16)]) -> Result<Vec<Dossier>> {
    present(wanted, |(id, depth)| accounts.dossier(id, *depth))
}

/// What is found of each, but for those who have vanished.
fn present<I, T>(wanted: impl IntoIterator<Item = I>, mut find: impl FnMut(I) -> Result<T>) -> Result<Vec<T>> {
    let found = wanted.into_iter().map(|one| match find(one) {
        Err(error) if error.kind == Kind::UnknownUser => Ok(None),
        found => found.map(Some),
    });
    found.filter_map(Result::transpose).collect()
}

/// Does to many what was planned. `progress` hears how many of how many were reached, and answers whether to go on.
///
/// # Errors
/// What the domain says, if nothing was done yet; later it is in the outcome.
pub fn carry_out(accounts: &mut Accounts, bulk: Bulk, progress: &mut dyn FnMut(u32, u32) -> bool) -> Result<Done> {
    Ok(match bulk {
        Bulk::Change { plan, reason } => {
            accounts.give_reason(reason.as_deref())?;
            let outcome = accounts.carry_out(&plan, progress);
            accounts.give_reason(None)?;
            Done::Many(Box::new(outcome?), plan.change)
        }
        Bulk::End { sessions } => Done::ManyEnded(accounts.end_many(&sessions, progress)?),
        Bulk::Undo { mut former, words } => {
            let outcome = accounts.undo_many(&former, progress)?;
            let reached = former.len().saturating_sub(outcome.rest as usize);
            Done::ManyUndone(Box::new(outcome), words, former.split_off(reached))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::query::KeyValue;

    #[test]
    fn only_what_is_kept_counts_towards_the_most_that_are_marked() {
        let most = MOST as i64;
        // As many as can be marked are over; behind them stand three that are not.
        let all = most + 1 + 3;
        let page = |anchor: &Anchor| {
            let from = match anchor {
                Anchor::After(key) => key.seq + 1,
                _ => 0,
            };
            let to = (from + i64::from(PAGE)).min(all);
            let key = |seq| Key { value: KeyValue::Number(seq), seq };
            let rows = (from..to).map(|seq| (key(seq), seq)).collect();
            Ok(Page { rows, more_after: to < all, ..Page::default() })
        };
        let found = walk(&None, false, |seq| *seq > most, page);
        assert_eq!(found.ok(), Some(vec![most + 1, most + 2, most + 3]));
        assert!(walk(&None, false, |_| true, page).is_ok_and(|found| found.len() > MOST), "that not all were is seen");
    }
}
