//! Promises about pages and counts of people, held against the plain meaning of filters and orders.

use std::cmp::Reverse;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rollbook::accounts::change::UserChange;
use rollbook::accounts::hash::PasswordHash;
use rollbook::accounts::query::{Anchor, Filter, Key, KeyValue, Order, Query, State};
use rollbook::accounts::session::{Session, SessionId};
use rollbook::accounts::store::Sample;
use rollbook::accounts::text::fold;
use rollbook::accounts::token::TokenKind;
use rollbook::accounts::user::{Edit, Name};
use rollbook::accounts::{Role, Span, Status, Time, User, UserId};

use crate::bench::{Bench, Make};

const FILTERS: [&str; 18] = [
    "",
    "a",
    "é b",
    "%",
    "^a",
    "^A_",
    "is:pending",
    "is:active",
    "is:inactive",
    "is:deleted",
    "is:expired",
    "is:live",
    "is:admin",
    "is:never",
    "is:stale",
    "role:member label:ops",
    "is:deleted ^a role:auditor",
    "!a seen:<80d",
];

/// Filters that somebody who stands still goes on passing. In memory the words are looked for among the names there.
const STANDING: [&str; 7] = ["a", "é b", "!a", "^a", "a is:active", "is:inactive", "role:member label:ops"];

/// Some person; small choices, so that there are many equals.
pub fn person() -> impl Strategy<Value = User> {
    let words = (
        "[aAbBéÉ_%İıßẞæØŁΣς李]{1,3}( [mñÑ]{1,2})?",
        prop::option::of("[aéb]@[xX]"),
        prop::sample::subsequence(vec!["ops", "web"], 0..=2),
    );
    let kinds = (0..3usize, 0..3usize);
    let days = |range: std::ops::Range<i64>| prop::option::of(range).prop_map(|days: Option<i64>| days.map(day));
    let times = (0..3i64, days(-99..0), days(-1..2), prop::option::weighted(0.3, -3..0i64), 0..3u32, days(-120..0));
    (words, kinds, times).prop_map(|((name, email, labels), (role, status), times)| {
        let (created, last_login_at, valid_until, deleted, sessions, last_used_at) = times;
        User {
            id: UserId::new(""),
            name,
            email,
            role: Role::ALL[role],
            labels: labels.into_iter().map(str::to_owned).collect(),
            status: Status::ALL[status],
            reason: None,
            status_by: None,
            status_at: None,
            note: None,
            factor: false,
            password_set_at: None,
            created_at: day(-100 - created),
            activated_at: None,
            last_login_at,
            last_used_at,
            valid_until,
            deleted_at: deleted.map(day),
            sessions,
            throttled_until: None,
            version: 1,
        }
    })
}

pub fn day(number: i64) -> Time {
    crate::support::START.plus(Span::DAY.times(number))
}

fn session(id: String, user: &User, live: bool) -> Session {
    Session {
        id: SessionId::new(id),
        user_id: user.id.clone(),
        name: user.name.clone(),
        client: None,
        address: None,
        created_at: day(-2),
        expires_at: Some(day(if live { 1 } else { -1 })),
        last_used_at: None,
        idle: None,
        ended_at: None,
        ended_by: None,
        refused: 0,
        refused_at: None,
    }
}

/// The hash of whoever is number `index`, if they have one.
pub fn hash_of(index: usize) -> Option<PasswordHash> {
    ["$argon2id$v=19$x", "$2b$12$x", "plain"].get(index % 4).map(|hash| PasswordHash::new(*hash))
}

/// Loads the people, each with as many live sessions as it says and one that is over.
pub fn fill(bench: &mut Bench, people: &[User]) -> Vec<User> {
    let mut samples = Vec::new();
    for (index, user) in people.iter().enumerate() {
        let mut user = user.clone();
        user.id = UserId::new(format!("id{index}"));
        user.name.push_str(&index.to_string());
        let sessions = (0..=user.sessions)
            .map(|number| {
                let digest = bench.digest(TokenKind::Session);
                (session(format!("{index}-{number}"), &user, number > 0), digest)
            })
            .collect();
        samples.push(Sample { user, hash: hash_of(index), sessions });
    }
    let users: Vec<UserId> = samples.iter().map(|sample| sample.user.id.clone()).collect();
    let stamp = bench.stamp();
    bench.store.load(&mut samples.into_iter(), &[], &stamp, &mut |_| true).unwrap();
    users.into_iter().map(|id| bench.store.user(&id, bench.now).unwrap().unwrap()).collect()
}

/// What the list must be, by the plain meaning.
fn wanted(users: &[User], query: &Query, now: Time) -> Vec<User> {
    let mut list: Vec<(usize, &User)> =
        users.iter().enumerate().filter(|(_, user)| query.filter.matches(user, now)).collect();
    let login = |user: &User| user.last_login_at.map_or(0, Time::millis);
    match query.order {
        Order::Created => list.sort_by_key(|(seq, user)| Reverse((user.created_at, *seq))),
        Order::Name => list.sort_by_key(|(seq, user)| (fold(&user.name), *seq)),
        Order::LastLogin => list.sort_by_key(|(seq, user)| Reverse((login(user), *seq))),
        Order::Status => list.sort_by_key(|(seq, user)| Reverse((query.order.value_of(user), *seq))),
    }
    if query.reversed {
        list.reverse();
    }
    list.into_iter().map(|(_, user)| user.clone()).collect()
}

/// What a page tells of all is how many there are, and it does tell where it has all of them.
fn is_honest(total: Option<u32>, wanted: &[User], limit: u16) {
    let all = u32::try_from(wanted.len()).ok();
    let must = wanted.len() <= usize::from(limit);
    assert!(total == all || total.is_none() && !must, "{total:?} of {all:?}");
}

fn onward(bench: &mut Bench, query: &Query, limit: u16, wanted: &[User]) -> Vec<Key> {
    let (mut anchor, mut keys, mut seen) = (Anchor::Start, Vec::new(), Vec::new());
    loop {
        let page = bench.store.users_page(query, &anchor, limit, bench.now).unwrap();
        assert_eq!(page.more_before, !seen.is_empty(), "{query:?}");
        is_honest(page.total, wanted, limit);
        for (key, user) in page.rows {
            keys.push(key);
            seen.push(user);
        }
        assert_eq!(page.more_after, seen.len() < wanted.len(), "{query:?}");
        match keys.last() {
            Some(key) if page.more_after => anchor = Anchor::After(key.clone()),
            _ => break,
        }
    }
    assert_eq!(seen, wanted, "{query:?}");
    keys
}

fn back(bench: &mut Bench, query: &Query, limit: u16, wanted: &[User]) {
    let (mut anchor, mut seen) = (Anchor::End, Vec::new());
    loop {
        let page = bench.store.users_page(query, &anchor, limit, bench.now).unwrap();
        assert_eq!(page.more_after, !seen.is_empty(), "{query:?}");
        is_honest(page.total, wanted, limit);
        let first = page.rows.first().map(|(key, _)| key.clone());
        let mut rows: Vec<User> = page.rows.into_iter().map(|(_, user)| user).collect();
        rows.append(&mut seen);
        seen = rows;
        assert_eq!(page.more_before, seen.len() < wanted.len(), "{query:?}");
        match first {
            Some(key) if page.more_before => anchor = Anchor::Before(key),
            _ => break,
        }
    }
    assert_eq!(seen, wanted, "{query:?}");
}

fn paging(make: Make, cases: u32) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let people = (prop::collection::vec(person(), 0..12), 1..4u16);
    let outcome = runner.run(&people, |(people, limit)| {
        let mut bench = make();
        let users = fill(&mut bench, &people);
        for text in FILTERS {
            let filter = Filter::parse(text).unwrap();
            for (order, reversed) in Order::ALL.into_iter().flat_map(|order| [(order, false), (order, true)]) {
                let query = Query { filter: filter.clone(), order, reversed };
                let wanted = wanted(&users, &query, bench.now);
                let keys = onward(&mut bench, &query, limit, &wanted);
                back(&mut bench, &query, limit, &wanted);
                if let Some(key) = keys.get(keys.len() / 2) {
                    let page = bench.store.users_page(&query, &Anchor::From(key.clone()), 1, bench.now).unwrap();
                    assert_eq!(page.rows[0].0, *key);
                    assert_eq!((page.more_before, page.more_after), (keys.len() > 1, keys.len() / 2 + 1 < keys.len()));
                }
                let count = bench.store.users_count(&filter, None, bench.now).unwrap();
                assert_eq!(count as usize, wanted.len(), "{text}");
            }
        }
        Ok(())
    });
    outcome.unwrap();
}

pub fn paging_onward_and_back_meets_the_same_people_in_every_order(make: Make) {
    // A file costs a flush to the disk for every case; the questions are the same.
    let cases = if make().path.is_some() { 4 } else { 40 };
    paging(make, cases);
}

pub fn a_page_begins_where_a_vanished_row_would_stand(make: Make) {
    let mut bench = make();
    let users: Vec<User> = ["a", "b", "c", "d"].into_iter().map(|name| bench.add(name)).collect();
    let query = Query { order: Order::Name, ..Query::default() };
    let page = bench.store.users_page(&query, &Anchor::Start, 9, bench.now).unwrap();
    let key = page.rows[1].0.clone();
    let stamp = bench.stamp();
    bench.store.purge_user(&users[1].id, None, &stamp).unwrap();
    for (anchor, name) in
        [(Anchor::From(key.clone()), "c"), (Anchor::After(key.clone()), "c"), (Anchor::Before(key), "a")]
    {
        let page = bench.store.users_page(&query, &anchor, 1, bench.now).unwrap();
        assert_eq!(page.rows[0].1.name, name, "{anchor:?}");
    }
}

pub fn beyond_the_last_row_there_is_nothing_but_what_lies_before(make: Make) {
    let mut bench = make();
    bench.add("a");
    let query = Query { order: Order::Name, ..Query::default() };
    let key = Key { value: KeyValue::Text(b"z".to_vec()), seq: 0 };
    let page = bench.store.users_page(&query, &Anchor::After(key), 9, bench.now).unwrap();
    assert_eq!((page.rows.len(), page.more_before, page.more_after), (0, true, false));
    let key = Key { value: KeyValue::Text(Vec::new()), seq: 0 };
    let page = bench.store.users_page(&query, &Anchor::Before(key), 9, bench.now).unwrap();
    assert_eq!((page.rows.len(), page.more_before, page.more_after), (0, false, true));
}

pub fn a_count_goes_no_further_than_asked(make: Make) {
    let mut bench = make();
    for name in ["a", "b", "c"] {
        bench.add(name);
    }
    let all = Filter::default();
    assert_eq!(bench.store.users_count(&all, Some(2), bench.now).unwrap(), 2);
    assert_eq!(bench.store.users_count(&all, Some(9), bench.now).unwrap(), 3);
    assert_eq!(bench.store.users_count(&Filter::is(State::Deleted), None, bench.now).unwrap(), 0);
}

/// Something that others do between two pages: add, delete, rename, switch off or log somebody in.
fn meddle(bench: &mut Bench, moving: &mut Vec<User>, (what, whom): (u8, usize), order: Order) {
    let stamp = bench.stamp();
    if what == 0 || moving.is_empty() {
        let name = format!("{}{}", ["a", "m", "z"][whom % 3], 1000 + moving.len() * 31 + whom);
        if let Ok(user) = bench.try_add(rollbook::accounts::Draft::named(&name).unwrap()) {
            moving.push(user);
        }
        return;
    }
    let whom = whom % moving.len();
    let id = moving[whom].id.clone();
    match what {
        1 => drop(bench.store.purge_user(&moving.remove(whom).id, None, &stamp)),
        2 => drop(bench.store.change_user(&moving.remove(whom).id, None, &UserChange::Delete, &stamp)),
        3 => {
            let name = Some(Name::parse(&format!("{}{}", ["A", "n", "Z"][whom % 3], moving[whom].name)).unwrap());
            let edit = Edit { name, ..Edit::default() };
            drop(bench.store.change_user(&id, None, &UserChange::Edit(edit), &stamp));
        }
        4 => drop(bench.store.change_user(&id, None, &UserChange::Deactivate, &stamp)),
        _ if order == Order::LastLogin => {
            bench.pass(Span::SECOND);
            let new = bench.new_session(&moving[whom], None);
            drop(bench.open_as(&new));
        }
        _ => {}
    }
}

pub fn who_stands_still_is_met_exactly_once_while_others_come_and_go(make: Make) {
    let file = make().path.is_some();
    let config = Config { cases: if file { 3 } else { 60 }, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let deeds = prop::collection::vec((0..6u8, 0..99usize), 0..24);
    let filters = prop_oneof![2 => Just(""), 5 => prop::sample::select(STANDING.to_vec())];
    let ask = (0..4usize, any::<bool>(), 1..4u16, filters);
    let cases = (prop::collection::vec((person(), any::<bool>()), 2..16), deeds, ask);
    let outcome = runner.run(&cases, |(people, deeds, (order, reversed, limit, filter))| {
        let mut bench = make();
        let plain = |user: &User| User { deleted_at: None, ..user.clone() };
        let all: Vec<User> = people.iter().map(|(user, _)| plain(user)).collect();
        let users = fill(&mut bench, &all);
        let filter = Filter::parse(filter).unwrap();
        let mut still: Vec<String> = Vec::new();
        let mut moving = Vec::new();
        for (user, (_, moves)) in users.into_iter().zip(&people) {
            match moves {
                true => moving.push(user),
                false if filter.matches(&user, bench.now) => still.push(user.id.to_string()),
                false => {}
            }
        }
        still.sort();
        let query = Query { filter, order: Order::ALL[order], reversed };
        let mut deeds = deeds.into_iter();
        for onward in [true, false] {
            let (mut met, mut anchor) = (Vec::new(), if onward { Anchor::Start } else { Anchor::End });
            loop {
                let page = bench.store.users_page(&query, &anchor, limit, bench.now).unwrap();
                met.extend(page.rows.iter().map(|(_, user)| user.id.to_string()).filter(|id| still.contains(id)));
                let (edge, more) =
                    if onward { (page.rows.last(), page.more_after) } else { (page.rows.first(), page.more_before) };
                let Some((key, _)) = edge.filter(|_| more) else { break };
                anchor = if onward { Anchor::After(key.clone()) } else { Anchor::Before(key.clone()) };
                for deed in deeds.by_ref().take(2) {
                    meddle(&mut bench, &mut moving, deed, query.order);
                }
            }
            met.sort();
            prop_assert_eq!(&met, &still, "{:?}", query);
        }
        Ok(())
    });
    outcome.unwrap();
}

pub fn a_count_is_right_whoever_changes_something_and_however(make: Make) {
    let mut bench = make();
    let users: Vec<User> = ["a", "b", "c"].into_iter().map(|name| bench.add(name)).collect();
    let count = |bench: &mut Bench| {
        let of = |bench: &mut Bench, text: &str| {
            bench.store.users_count(&Filter::parse(text).unwrap(), None, bench.now).unwrap()
        };
        [of(bench, ""), of(bench, "is:inactive"), of(bench, "role:member"), of(bench, "^a")]
    };
    assert_eq!([count(&mut bench), count(&mut bench)], [[3, 0, 3, 1]; 2]);
    bench.open(&users[1]);
    assert_eq!(count(&mut bench), [3, 0, 3, 1]);
    bench.change(&users[1], UserChange::Deactivate).unwrap();
    assert_eq!(count(&mut bench), [3, 1, 3, 1]);
    bench.change(&users[0], UserChange::Delete).unwrap();
    assert_eq!(count(&mut bench), [2, 1, 2, 0]);
    let Some(path) = &bench.path else { return };
    let mut other = rollbook::engines::open(path, rollbook::engines::Access::Full).unwrap();
    let stamp = bench.stamp();
    other.change_user(&users[2].id, None, &UserChange::Contain, &stamp).unwrap();
    assert_eq!(count(&mut bench), [2, 2, 2, 0]);
    // Nor does it take a program that tells what it does.
    let raw = rusqlite::Connection::open(bench.path.as_ref().unwrap()).unwrap();
    raw.execute("UPDATE user SET role = 'admin' WHERE name = 'c'", []).unwrap();
    assert_eq!(count(&mut bench), [2, 2, 1, 0]);
}
