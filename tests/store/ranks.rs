//! Promises about how many rows stand before a key: as many as are met on the way there.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rollbook::accounts::change::UserChange;
use rollbook::accounts::query::{Anchor, Filter, Key, KeyValue, Order, Query};
use rollbook::accounts::trail::Trail;
use rollbook::accounts::user::{Edit, Name};
use rollbook::accounts::{Draft, Span, User};

use crate::bench::{Bench, Make};
use crate::pages::{fill, person};

const FILTERS: [&str; 9] = ["", "a", "é b", "a is:active", "^a", "is:pending", "is:deleted", "is:live", "!a seen:<80d"];

fn keys(bench: &mut Bench, query: &Query) -> Vec<Key> {
    let (mut keys, mut anchor) = (Vec::new(), Anchor::Start);
    loop {
        let page = bench.store.users_page(query, &anchor, 64, bench.now).unwrap();
        keys.extend(page.rows.into_iter().map(|(key, _)| key));
        match keys.last() {
            Some(key) if page.more_after => anchor = Anchor::After(key.clone()),
            _ => return keys,
        }
    }
}

/// That before each row there are the rows that are met before it, and before a key of no row those on that side.
fn assert_ranked(bench: &mut Bench, text: &str) {
    let filter = Filter::parse(text).unwrap();
    for (order, reversed) in Order::ALL.into_iter().flat_map(|order| [(order, false), (order, true)]) {
        let query = Query { filter: filter.clone(), order, reversed };
        let all = keys(bench, &query);
        let total = bench.store.users_count(&filter, None, bench.now).unwrap();
        assert_eq!(all.len(), total as usize);
        for (met, key) in all.iter().enumerate() {
            assert_eq!(bench.store.users_before(&query, key, bench.now).unwrap() as usize, met, "{text} by {query:?}");
            // Where nobody stands, between this one and the next.
            let step = if order.is_descending(reversed) { -1 } else { 1 };
            let gap = Key { seq: key.seq + step, ..key.clone() };
            let taken = all.iter().filter(|other| if step < 0 { **other > gap } else { **other < gap }).count();
            assert_eq!(bench.store.users_before(&query, &gap, bench.now).unwrap() as usize, taken, "{text} at {gap:?}");
        }
        let least = match order {
            Order::Name => KeyValue::Text(Vec::new()),
            _ => KeyValue::Number(i64::MIN),
        };
        let beyond = Key { value: least, seq: 0 };
        let wanted = if order.is_descending(reversed) { total } else { 0 };
        assert_eq!(bench.store.users_before(&query, &beyond, bench.now).unwrap(), wanted, "{text} by {query:?}");
    }
}

pub fn before_each_person_stand_those_who_are_met_before(make: Make) {
    let file = make().path.is_some();
    let config = Config { cases: if file { 2 } else { 16 }, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&prop::collection::vec(person(), 0..40), |people| {
        let mut bench = make();
        let users = fill(&mut bench, &people);
        for text in FILTERS {
            assert_ranked(&mut bench, text);
        }
        // Whoever keeps names in memory has read them by now.
        let living: Vec<&User> = users.iter().filter(|user| user.deleted_at.is_none()).collect();
        for (number, user) in living.iter().enumerate().filter(|(number, _)| number % 3 != 0) {
            let name = Some(Name::parse(&format!("{} b{number}", ["a", "z"][number % 2])).unwrap());
            let change = match number % 3 {
                1 => UserChange::Delete,
                _ => UserChange::Edit(Edit { name, ..Edit::default() }),
            };
            let stamp = bench.stamp();
            drop(bench.store.change_user(&user.id, None, &change, &stamp));
        }
        for number in 0..3 {
            drop(bench.try_add(Draft::named(&format!("late a{number}")).unwrap()));
        }
        for text in FILTERS {
            assert_ranked(&mut bench, text);
        }
        Ok(())
    });
    outcome.unwrap();
}

pub fn before_each_session_stand_those_that_are_met_before(make: Make) {
    let mut bench = make();
    let (ann, bob) = (bench.add("ann"), bench.add("bob"));
    let mut opened = Vec::new();
    for number in 0..12 {
        // Some begin at the same instant.
        bench.pass(Span::SECOND.times(number % 2));
        opened.push(bench.open(if number % 3 == 0 { &ann } else { &bob }).0.id);
    }
    let stamp = bench.stamp();
    bench.store.end_session(&opened[4], &stamp).unwrap();
    for (text, reversed) in
        ["", "ann", "is:live", "is:ended"].into_iter().flat_map(|text| [(text, false), (text, true)])
    {
        let filter = Filter::parse_sessions(text).unwrap();
        let page = bench.store.sessions_page(&filter, reversed, &Anchor::Start, 99, bench.now).unwrap();
        assert!(!page.rows.is_empty());
        for (met, (key, _)) in page.rows.iter().enumerate() {
            let before = bench.store.sessions_before(&filter, reversed, key, bench.now).unwrap();
            assert_eq!(before as usize, met, "{text} {reversed}");
        }
    }
}

pub fn before_each_entry_stand_those_that_are_met_before(make: Make) {
    let mut bench = make();
    let (ann, _) = (bench.add("ann"), bench.add("bob"));
    for change in [UserChange::Deactivate, UserChange::Activate, UserChange::Deactivate] {
        bench.change(&ann, change).unwrap();
    }
    let words = Trail { words: vec!["ann".into()], ..Trail::default() };
    for trail in [Trail::default(), Trail::about(Some(&ann.id)), words] {
        let page = bench.store.entries_page(&trail, &Anchor::Start, 99).unwrap();
        assert!(page.rows.len() > 3);
        for (met, (key, _)) in page.rows.iter().enumerate() {
            assert_eq!(bench.store.entries_before(&trail, key).unwrap() as usize, met, "{trail:?}");
        }
    }
}
