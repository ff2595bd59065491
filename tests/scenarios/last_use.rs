//! The last use of a session or API token counts beside the last login.

use rollbook::accounts::query::{Anchor, Filter, Query};
use rollbook::accounts::{Edit, Login, Span, Time, Until};

use crate::world::{PASSWORD, World, pw};

fn found(w: &mut World, filter: &str) -> Vec<String> {
    let query = Query { filter: Filter::parse(filter).unwrap(), ..Query::default() };
    let page = w.users(&query, &Anchor::Start, 50).unwrap();
    let mut names: Vec<String> = page.rows.into_iter().map(|(_, user)| user.name).collect();
    names.sort();
    names
}

/// alice has an endless session, bob an API token, carol neither; all logged in or were created 200 days ago.
fn after_200_days() -> (World, [rollbook::accounts::Secret; 2]) {
    let mut w = World::new();
    for name in ["alice", "bob", "carol"] {
        w.person(name);
    }
    let password = pw(PASSWORD);
    let login = Login { name: "alice", password: Some(&password), expires: Until::Never, ..Login::default() };
    let session = w.served(|a| a.log_in(&login)).unwrap().token;
    let bob = w.find("bob").unwrap().id;
    let (_, token) = w.create_token(&bob, Some("ci"), Until::Never).unwrap();
    w.pass(Span::DAY.times(200));
    (w, [session, token])
}

fn last_use(w: &mut World, name: &str) -> Option<Time> {
    w.find(name).unwrap().last_used_at
}

#[test]
fn a_user_of_a_session_or_a_token_is_not_stale() {
    let (mut w, [session, token]) = after_200_days();
    assert_eq!(found(&mut w, "is:stale"), ["alice", "bob", "carol"]);
    assert_eq!(found(&mut w, "used:never"), ["alice", "bob", "carol"]);
    w.served(|a| a.check(&session)).unwrap();
    w.served(|a| a.check_token(&token)).unwrap();
    w.flush();
    assert_eq!(found(&mut w, "is:stale"), ["carol"]);
    assert_eq!(found(&mut w, "used:<1d"), ["alice", "bob"]);
    assert_eq!((found(&mut w, "used:never"), found(&mut w, "used:>1d").len()), (vec!["carol".to_owned()], 0));
    assert_eq!(found(&mut w, "seen:>180d"), ["alice"], "seen: stays the last login");
    assert_eq!(last_use(&mut w, "alice"), Some(w.now()));
}

#[test]
fn the_last_use_is_written_at_most_once_an_hour_and_changes_no_version() {
    let (mut w, [session, _]) = after_200_days();
    let before = w.find("alice").unwrap();
    w.served(|a| a.check(&session)).unwrap();
    w.flush();
    let first = w.now();
    w.pass(Span::MINUTE.times(59));
    w.served(|a| a.check(&session)).unwrap();
    w.flush();
    assert_eq!(last_use(&mut w, "alice"), Some(first), "within the hour it stays");
    w.pass(Span::MINUTE);
    w.served(|a| a.check(&session)).unwrap();
    w.flush();
    assert_eq!(last_use(&mut w, "alice"), Some(w.now()));
    assert_eq!(w.find("alice").unwrap().version, before.version);
    let edit = Edit { note: Some(Some("x".into())), ..Edit::default() };
    let changed = w.edit(&before.id, Some(before.version), edit).unwrap();
    let used = changed.after.last_used_at;
    assert_eq!(w.undo(&changed).unwrap().after.last_used_at, used, "an undo keeps the last use");
}

#[test]
fn a_use_counts_after_its_session_is_gone_and_a_refused_one_never() {
    let (mut w, [session, _]) = after_200_days();
    w.served(|a| a.check(&session)).unwrap();
    w.flush();
    let used = last_use(&mut w, "alice");
    w.served(|a| a.log_out(&session)).unwrap();
    w.pass(Span::DAY.times(2));
    assert!(!w.lives(&session));
    w.flush();
    assert_eq!(last_use(&mut w, "alice"), used, "a refused attempt is no use");
    w.pass(Span::DAY.times(60));
    w.upkeep();
    assert_eq!(last_use(&mut w, "alice"), used, "the row of the session is gone by now");
}

#[test]
fn a_filter_by_activity_says_which_dates_count() {
    let said = |filter: &str| Filter::parse(filter).unwrap().dates_that_count().join(" · ");
    assert!(said("is:stale").contains("the later of last login and last use"));
    assert!(said("!seen:<180d").contains("counts logins, not the use"));
    assert!(said("used:>180d").contains("not logins"));
    assert_eq!(said("is:active ann created:<1d"), "");
}
