//! Words that are answered from memory: the same people as by reading the file, whatever happens to them meanwhile.

use rollbook::accounts::change::UserChange;
use rollbook::accounts::query::{Anchor, Filter, Order, Query};
use rollbook::accounts::store::Store;
use rollbook::accounts::user::{Edit, Name};
use rollbook::accounts::{Draft, Span, User};
use rollbook::engines::{Access, Memory, open_with};

use crate::bench::Bench;
use crate::support::long;

fn names(store: &mut dyn Store, bench: &Bench, text: &str, order: Order) -> (Vec<String>, u32) {
    let query = Query { filter: Filter::parse(text).unwrap(), order, reversed: false };
    let page = store.users_page(&query, &Anchor::Start, 100, bench.now).unwrap();
    let count = store.users_count(&query.filter, None, bench.now).unwrap();
    assert!(
        page.total.is_none_or(|total| total == count),
        "{text}: {:?} told with the page, {count} are counted",
        page.total
    );
    (page.rows.into_iter().map(|(_, user)| user.name).collect(), count)
}

#[test]
fn a_page_from_memory_tells_how_many_there_are_where_nobody_need_be_looked_for() {
    let mut bench = Bench::file();
    let path = bench.path.clone().unwrap();
    (0..40).for_each(|n| drop(bench.add(&format!("anna{n:02}"))));
    let memory = Memory::default();
    let mut store = open_with(&path, Access::ReadOnly, &memory).unwrap();
    warm(&mut *store, &bench, &memory);
    let mut total = |text: &str| {
        let query = Query { filter: Filter::parse(text).unwrap(), ..Query::default() };
        store.users_page(&query, &Anchor::Start, 10, bench.now).unwrap().total
    };
    assert_eq!((total("na"), total("na3"), total("nobody")), (Some(40), Some(10), Some(0)));
    assert_eq!((total("na is:active"), total("")), (None, None), "their rows have to be looked at");
}

/// Asks for a word, and waits until the names that it is looked for in are in memory.
fn warm(store: &mut dyn Store, bench: &Bench, memory: &Memory) {
    names(store, bench, "a", Order::Created);
    assert!(memory.wait(), "the names are not in memory");
}

#[test]
fn what_others_change_is_found_at_the_next_question() {
    let mut bench = Bench::file();
    let path = bench.path.clone().unwrap();
    let users: Vec<User> = (0..40).map(|n| bench.add(&format!("anna{n:02}"))).collect();
    let memory = Memory::default();
    let mut keen = open_with(&path, Access::ReadOnly, &memory).unwrap();
    let mut other = open_with(&path, Access::ReadOnly, &memory).unwrap();
    warm(&mut *keen, &bench, &memory);
    let edit = |name: &str| UserChange::Edit(Edit { name: Some(Name::parse(name).unwrap()), ..Edit::default() });
    bench.change(&users[3], edit("zoë")).unwrap();
    bench.change(&users[5], UserChange::Delete).unwrap();
    bench.change(&users[7], UserChange::Deactivate).unwrap();
    bench.add("late anna");
    bench.open(&users[9]);
    for round in 0..3 {
        for text in ["anna", "anna !is:inactive", "zoe", "na0 an", "late", "a is:inactive", "nobody"] {
            for order in Order::ALL {
                let wanted = names(&mut *bench.store.open_beside(&path), &bench, text, order);
                assert_eq!(names(&mut *keen, &bench, text, order), wanted, "{text} by {order:?} in round {round}");
                assert_eq!(names(&mut *other, &bench, text, order), wanted, "{text} by {order:?} in round {round}");
            }
        }
        // After a purge they are read anew; the next round is answered from memory again.
        warm(&mut *keen, &bench, &memory);
        let stamp = bench.stamp();
        match round {
            0 => drop(bench.change(&users[5], UserChange::Restore(None)).unwrap()),
            1 => drop(bench.store.purge_user(&users[11].id, None, &stamp).unwrap()),
            _ => {}
        }
    }
}

/// A load into a database with people in it takes several transactions; other handles meet what each of them brought,
/// and nobody of whom the audit does not tell.
#[test]
fn what_a_load_brings_is_found_and_told_batch_by_batch() {
    let mut bench = Bench::file();
    let path = bench.path.clone().unwrap();
    bench.add("alice");
    let memory = Memory::default();
    let mut other = open_with(&path, Access::ReadOnly, &memory).unwrap();
    warm(&mut *other, &bench, &memory);
    let (stamp, before) = (bench.stamp(), other.counters().unwrap());
    let mut seen = Vec::new();
    let now = bench.now;
    let load = &mut crate::books::samples(&crate::books::somebody(), 50_010);
    let count = |other: &mut dyn Store| other.users_count(&Filter::parse("sample").unwrap(), None, now).unwrap();
    let mut told = |other: &mut dyn Store, at: u64| {
        let loads = other.audit(None, None, u16::MAX).unwrap().into_iter().filter(|entry| entry.deed == "load");
        let brought = |words: String| words.split(' ').next().unwrap().parse::<u32>().unwrap();
        let sum: u32 = loads.map(|entry| brought(entry.detail.unwrap().words.unwrap())).sum();
        // How many names are in memory follows the audit; it may have to be read once more.
        count(other);
        assert!(memory.wait());
        seen.push((at, sum, count(other)));
    };
    let written = bench.store.load(load, &[], &stamp, &mut |at| {
        told(&mut *other, at);
        true
    });
    assert_eq!(written.unwrap(), 50_010);
    told(&mut *other, 0);
    for (at, sum, found) in &seen {
        assert_eq!(sum, found, "after {at}");
    }
    assert_eq!(seen.last().unwrap().2, 50_010);
    assert!(seen.iter().any(|(_, _, found)| *found == 25_000), "{seen:?}");
    assert!(other.counters().unwrap().users >= before.users + 3);
    bench.assert_chain();
}

#[test]
fn a_load_that_breaks_off_leaves_nobody_of_whom_the_audit_does_not_tell() {
    let mut bench = Bench::file();
    bench.add("alice");
    let stamp = bench.stamp();
    let people = crate::books::samples(&crate::books::somebody(), 26_000);
    let twice = people.chain(crate::books::samples(&crate::books::somebody(), 1));
    bench.store.load(&mut twice.into_iter(), &[], &stamp, &mut |_| true).unwrap_err();
    assert_eq!(bench.store.users_count(&Filter::default(), None, bench.now).unwrap(), 25_001);
    let trail = bench.trail();
    assert_eq!((trail.len(), trail[0].detail.as_ref().unwrap().words.as_deref()), (2, Some("25000 people")));
    bench.assert_chain();
}

trait Beside {
    fn open_beside(&self, path: &std::path::Path) -> Box<dyn Store>;
}

impl Beside for Box<dyn Store> {
    /// A handle that keeps nothing in memory.
    fn open_beside(&self, path: &std::path::Path) -> Box<dyn Store> {
        rollbook::engines::open(path, Access::ReadOnly).unwrap()
    }
}

#[test]
fn paging_by_words_meets_everybody_once_in_both_directions() {
    let mut bench = Bench::memory();
    let size = if long() { 5_000 } else { 300 };
    for n in 0..size {
        let draft = Draft { pending: n % 3 == 0, ..Draft::named(&format!("p{}an{n}", n % 7)).unwrap() };
        bench.pass(Span::SECOND.times(i64::from(n % 2)));
        bench.try_add(draft).unwrap();
        if n == size / 2 {
            // From here on people are fresh: all was read before.
            names(&mut *bench.store, &Bench::memory(), "an", Order::Created);
        }
    }
    for (text, reversed) in [("an", false), ("an", true), ("an3 !p1", false), ("an is:pending", true)] {
        for order in Order::ALL {
            let query = Query { filter: Filter::parse(text).unwrap(), order, reversed };
            let (mut onward, mut anchor) = (Vec::new(), Anchor::Start);
            loop {
                let page = bench.store.users_page(&query, &anchor, 16, bench.now).unwrap();
                assert_eq!(page.more_before, !onward.is_empty());
                onward.extend(page.rows);
                if !page.more_after {
                    break;
                }
                anchor = Anchor::After(onward.last().unwrap().0.clone());
            }
            let sorted =
                onward.is_sorted_by(|(a, _), (b, _)| if order.is_descending(reversed) { a > b } else { a < b });
            assert!(sorted, "{text} by {order:?}");
            let (mut back, mut anchor) = (Vec::new(), Anchor::End);
            loop {
                let page = bench.store.users_page(&query, &anchor, 16, bench.now).unwrap();
                let more = page.more_before;
                back = [page.rows, back].concat();
                if !more {
                    break;
                }
                anchor = Anchor::Before(back[0].0.clone());
            }
            assert_eq!(back, onward, "{text} by {order:?}");
            assert_eq!(bench.store.users_count(&query.filter, None, bench.now).unwrap() as usize, onward.len());
        }
    }
}

#[test]
fn names_are_read_as_soon_as_words_are_expected() {
    let mut bench = Bench::file();
    let path = bench.path.clone().unwrap();
    bench.add("anna");
    let memory = Memory::default();
    let mut keen = open_with(&path, Access::ReadOnly, &memory).unwrap();
    assert!(!memory.wait(), "nobody has asked for anything");
    keen.expect_words(&Filter::default()).unwrap();
    assert!(memory.wait(), "the names are not in memory");
}

#[test]
fn names_for_which_there_is_no_room_are_looked_for_in_the_file() {
    let mut bench = Bench::file();
    for name in ["anna", "hannah", "bert"] {
        bench.add(name);
    }
    let memory = Memory::within(|| Some(8));
    let mut poor = open_with(&bench.path.clone().unwrap(), Access::ReadOnly, &memory).unwrap();
    for _ in 0..2 {
        assert_eq!(names(&mut *poor, &bench, "ann", Order::Name), (vec!["anna".into(), "hannah".into()], 2));
        assert!(!memory.wait(), "they are not kept");
    }
}
