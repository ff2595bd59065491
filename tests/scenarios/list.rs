//! Listing people.

use rollbook::accounts::query::{Anchor, Filter, Order, Query, State, Term};
use rollbook::accounts::{Role, Span, User};

use crate::world::World;

fn named(prefix: &str, state: State) -> Filter {
    let mut filter = Filter::prefix(prefix);
    filter.terms.push(Term::Is(state));
    filter
}

#[test]
fn f14_the_list_shows_everybody_who_is_not_deleted_by_folded_name() {
    let mut w = World::new();
    for name in ["bob", "Carol", "alice", "éva", "Zoë"] {
        w.person(name);
    }
    w.pending("dave");
    let gone = w.person("erin");
    w.delete(&gone.id, None).unwrap();
    assert_eq!(w.names(&Filter::default()), ["alice", "bob", "Carol", "dave", "Zoë", "éva"]);
    assert_eq!(w.names(&Filter::is(State::Active)), ["alice", "bob", "Carol", "Zoë", "éva"], "as flowserv lists them");
    assert_eq!(w.names(&Filter::is(State::Deleted)), ["erin"]);
}

#[test]
fn f15_a_prefix_picks_names_and_the_empty_one_picks_all() {
    let mut w = World::new();
    for name in ["abc@me", "ade@me", "abc@you", "def@me"] {
        w.person(name);
    }
    let xyz = w.pending("xyz@me");
    let count = |w: &mut World, prefix: &str| w.count(&named(prefix, State::Active), None).unwrap();
    assert_eq!(count(&mut w, ""), 4);
    w.activate(&xyz.id, None).unwrap();
    assert_eq!(["", "a", "ab", "ade", "q"].map(|prefix| count(&mut w, prefix)), [5, 3, 2, 1, 0]);
    assert_eq!(w.names(&Filter::prefix("AB")), ["abc@me", "abc@you"], "folded as the log-in folds");
}

#[test]
fn f16_an_entry_carries_who_they_are_and_nothing_that_logs_anyone_in() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.pass(Span::HOUR);
    let opened = w.login("alice");
    let page = w.users(&Query::default(), &Anchor::Start, 10).unwrap();
    let row: &User = &page.rows[0].1;
    assert_eq!((&row.id, row.name.as_str(), row.created_at), (&alice.id, "alice", alice.created_at));
    assert_eq!((row.sessions, row.last_login_at), (1, Some(opened.session.created_at)));
    let shown = format!("{page:?}");
    assert!(!shown.contains(opened.token.expose()) && !shown.contains("rbs_") && !shown.contains("argon2"));
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition_in_every_order() {
    let mut w = World::new();
    for at in 0..23 {
        w.person(&format!("user{:02}", at * 7 % 23));
        if at % 3 == 0 {
            w.pass(Span::SECOND);
        }
        if at % 4 == 0 {
            w.login(&format!("user{:02}", at * 7 % 23));
        }
    }
    for order in Order::ALL {
        for reversed in [false, true] {
            let query = Query { order, reversed, ..Query::default() };
            let all = w.users(&query, &Anchor::Start, 100).unwrap();
            assert_eq!((all.rows.len(), all.more_before, all.more_after), (23, false, false));
            let (mut anchor, mut seen) = (Anchor::Start, Vec::new());
            loop {
                let page = w.users(&query, &anchor, 5).unwrap();
                let more = page.more_after;
                seen.extend(page.rows);
                if !more {
                    break;
                }
                anchor = Anchor::After(seen.last().unwrap().0.clone());
            }
            assert_eq!(seen, all.rows, "{order:?} reversed {reversed}");
        }
    }
}

#[test]
fn newest_people_come_first_by_default() {
    let mut w = World::new();
    for name in ["first", "second", "third"] {
        w.person(name);
    }
    let page = w.users(&Query::default(), &Anchor::Start, 10).unwrap();
    let names: Vec<&str> = page.rows.iter().map(|(_, user)| user.name.as_str()).collect();
    assert_eq!(names, ["third", "second", "first"]);
}

#[test]
fn every_state_that_can_be_asked_for_answers_as_its_plain_meaning_does() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    w.person("plain");
    w.pending("waiting");
    let off = w.person("off");
    w.deactivate(&off.id, None).unwrap();
    let over = w.person("over");
    let edit = rollbook::accounts::Edit { valid_until: Some(Some(w.now().plus(Span::DAY))), ..Default::default() };
    w.edit(&over.id, None, edit).unwrap();
    let gone = w.person("gone");
    w.delete(&gone.id, None).unwrap();
    w.pass(Span::DAY.times(91));
    w.login("plain");
    let picked = |w: &mut World, text: &str| w.names(&Filter::parse(text).unwrap());
    assert_eq!(picked(&mut w, "is:pending"), ["waiting"]);
    assert_eq!(picked(&mut w, "is:inactive"), ["off"]);
    assert_eq!(picked(&mut w, "is:expired"), ["over"]);
    assert_eq!(picked(&mut w, "is:deleted"), ["gone"]);
    assert_eq!(picked(&mut w, "is:live"), ["plain"]);
    assert_eq!(picked(&mut w, "is:admin"), ["root"]);
    assert_eq!(picked(&mut w, "role:admin"), ["root"]);
    assert_eq!(picked(&mut w, "is:never"), ["off", "over", "root", "waiting"]);
    assert_eq!(picked(&mut w, "is:stale"), ["over", "root"], "active and not seen for ninety days");
    assert_eq!(picked(&mut w, "o is:active ^o"), ["over"], "all conditions at once");
}
