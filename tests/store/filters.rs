//! Promises about filters: whatever the expression and whoever the people, an engine chooses as the plain meaning does.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rollbook::accounts::change::UserChange;
use rollbook::accounts::query::{Anchor, Filter, Order, Query};
use rollbook::accounts::{Draft, Span, User};

use crate::bench::{Bench, Make};
use crate::factors::enable;
use crate::pages::{day, fill, hash_of, person};

/// One condition over people, now and then nonsense in it.
fn condition() -> impl Strategy<Value = String> {
    let states = ["pending", "active", "inactive", "expired", "live", "admin", "factor", "never", "stale", "throttled"];
    let state = prop::sample::select(states.to_vec()).prop_map(|state| format!("is:{state}"));
    let times = ["<99d", ">99d", ">2026-11-20", "<2026-08-13T16:00:00Z", "2026-11-21", "<1d", ">1d"];
    let time = (prop::sample::select(vec!["created", "seen", "used", "valid"]), prop::sample::select(times.to_vec()));
    let rest = [
        "is:deleted",
        "seen:never",
        "used:never",
        "valid:never",
        "role:member",
        "role:admin",
        "label:ops",
        "hash:argon2id",
    ];
    let more =
        ["hash:2b", "hash:none", "label:x", "role:auditor", "Is:ACTIVE", "ROLE:Member", "Seen:Never", "Hash:NONE"];
    prop_oneof![
        3 => "[aAbBeÉ_%1ßıİÆøŁlσς李ñ@x]{1,2}",
        1 => "\"[aeb] [mn]\"",
        1 => "\\^[aBé_ŁæẞsΣ]{1,2}",
        3 => state,
        2 => time.prop_map(|(field, value)| format!("{field}:{value}")),
        3 => prop::sample::select([&rest[..], &more[..]].concat()).prop_map(str::to_owned),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let signed = (any::<bool>(), condition()).prop_map(|(not, text)| format!("{}{text}", if not { "!" } else { "" }));
    prop::collection::vec(signed, 0..4).prop_map(|all| all.join(" "))
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn cases(make: Make) -> u32 {
    // A file costs a flush to the disk for every case; the questions are the same.
    if make().path.is_some() { 4 } else { 60 }
}

/// The names that the engine chooses, in every order, and how many it counts.
fn chosen(bench: &mut Bench, filter: &Filter, order: Order) -> Vec<String> {
    let query = Query { filter: filter.clone(), order, reversed: false };
    let (mut names, mut anchor) = (Vec::new(), Anchor::Start);
    loop {
        let page = bench.store.users_page(&query, &anchor, 3, bench.now).unwrap();
        names.extend(page.rows.iter().map(|(_, user)| user.name.clone()));
        match page.rows.last() {
            Some((key, _)) if page.more_after => anchor = Anchor::After(key.clone()),
            _ => break,
        }
    }
    names.sort();
    names
}

pub fn the_engine_and_the_plain_meaning_choose_the_same_people(make: Make) {
    let people = (prop::collection::vec(person(), 1..14), prop::collection::vec(expression(), 12));
    let outcome = runner(cases(make)).run(&people, |(people, expressions)| {
        let mut bench = make();
        let users = fill(&mut bench, &people);
        for user in users.iter().step_by(3).filter(|user| user.deleted_at.is_none()) {
            enable(&mut bench, user);
        }
        let users: Vec<User> = users.iter().map(|user| bench.user(user)).collect();
        for text in &expressions {
            let filter = Filter::parse(text).unwrap();
            let passes =
                |(index, user): &(usize, &User)| filter.matches_with(user, hash_of(*index).as_ref(), bench.now);
            let mut wanted: Vec<String> =
                users.iter().enumerate().filter(passes).map(|(_, user)| user.name.clone()).collect();
            wanted.sort();
            for order in Order::ALL {
                prop_assert_eq!(&chosen(&mut bench, &filter, order), &wanted, "{} by {:?}", text, order);
            }
            let count = bench.store.users_count(&filter, None, bench.now).unwrap();
            prop_assert_eq!(count as usize, wanted.len(), "{}", text);
        }
        Ok(())
    });
    outcome.unwrap();
}

pub fn the_engine_and_the_plain_meaning_choose_the_same_sessions(make: Make) {
    let mut bench = make();
    let users: Vec<User> = ["María", "bob", "zoë"].into_iter().map(|name| bench.add(name)).collect();
    let mut all = Vec::new();
    for (n, user) in users.iter().cycle().take(12).enumerate() {
        bench.pass(Span::HOUR.times(7));
        let mut new = bench.new_session(user, Some(day(20)));
        new.client = (n % 3 > 0).then(|| ["Firefox", "Téléphone"][n % 2].to_owned());
        new.address = (n % 4 > 0).then(|| format!("10.0.{}.{n}", n % 2));
        all.push(bench.open_as(&new).unwrap().0.id);
    }
    let stamp = bench.stamp();
    for id in all.iter().step_by(4) {
        bench.store.end_session(id, &stamp).unwrap();
    }
    for text in [
        "",
        "fire",
        "telephone",
        "MARÍA",
        "10.0.1",
        "!maria",
        "^mar",
        "^marí",
        "is:live",
        "!is:live",
        "is:ended client:fox",
        "client:é",
        "address:10.0.1.",
        "!address:10",
        "created:<1d",
        "created:>1d",
        "seen:never",
        "used:never",
        "used:<99d",
        "!client:e !is:ended",
    ] {
        let filter = Filter::parse_sessions(text).unwrap();
        let page = bench.store.sessions_page(&filter, true, &Anchor::Start, 99, bench.now).unwrap();
        assert_eq!(page.total.map(|total| total as usize), Some(page.rows.len()), "{text}");
        let found: Vec<_> = page.rows.into_iter().map(|(_, session)| session.id).collect();
        let mut wanted = Vec::new();
        for id in &all {
            let session = bench.store.session(id, bench.now).unwrap().unwrap();
            if filter.matches_session(&session, session.is_live(bench.now), bench.now) {
                wanted.push(session.id);
            }
        }
        assert_eq!(found, wanted, "{text}");
        assert_eq!(bench.store.sessions_count(&filter, None, bench.now).unwrap() as usize, wanted.len(), "{text}");
    }
}

pub fn a_word_finds_people_whatever_their_accents(make: Make) {
    let mut bench = make();
    for name in ["María", "Mari\u{301}a B", "maria c", "Żaneta"] {
        bench.add(name);
    }
    let draft = Draft { email: Some("josé@example.org".into()), ..Draft::named("pepe").unwrap() };
    bench.try_add(draft).unwrap();
    for name in ["Łukasz", "Søren Ægir", "Guðrún Þórsdóttir", "Hans Weiß", "ΝΙΚΟΣ", "Ilgın"] {
        bench.add(name);
    }
    for (text, count) in [
        ("maria", 3),
        ("MARÍA", 3),
        ("zan", 1),
        ("jose@", 1),
        ("^maria", 1),
        ("^maría", 2),
        ("lukasz", 1),
        ("ŁUKASZ", 1),
        ("lukasZ", 1),
        ("soren aegir", 1),
        ("SØREN Ægir", 1),
        ("gudrun thor", 1),
        ("GUÐRÚN ÞÓR", 1),
        ("weiss", 1),
        ("WEIẞ", 1),
        ("νικος", 1),
        ("νικοσ", 1),
        ("Νίκος", 1),
        ("ilgin", 1),
        ("ILGIN", 1),
        ("ilgın", 1),
        ("^lukasz", 0),
        ("^łukasz", 1),
        ("^ŁUK", 1),
        ("^hans weiss", 1),
        ("^νικος", 1),
        ("^soren", 0),
    ] {
        let filter = Filter::parse(text).unwrap();
        assert_eq!(bench.store.users_count(&filter, None, bench.now).unwrap(), count, "{text}");
    }
}

pub fn labels_that_people_have_are_named_once_and_in_order(make: Make) {
    let mut bench = make();
    let mut add = |name: &str, labels: &[&str]| {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        bench.try_add(Draft { labels, ..Draft::named(name).unwrap() }).unwrap()
    };
    add("ann", &["oncall", "ops"]);
    add("bob", &["ops", "sales"]);
    add("carol", &[]);
    let dan = add("dan", &["opera"]);
    assert_eq!(bench.store.labels("", 9).unwrap(), ["oncall", "opera", "ops", "sales"]);
    assert_eq!(bench.store.labels("op", 9).unwrap(), ["opera", "ops"]);
    assert_eq!(bench.store.labels("", 2).unwrap(), ["oncall", "opera"], "no more than asked for");
    for none in ["x", "ps", "%", "ops s", "'"] {
        assert!(bench.store.labels(none, 9).unwrap().is_empty(), "{none}");
    }
    bench.change(&dan, UserChange::Delete).unwrap();
    assert_eq!(bench.store.labels("op", 9).unwrap(), ["ops"], "deleted people are not asked");
}
