//! Promises about sessions and the audit, paged through while others come and go.

use rollbook::accounts::change::UserChange;
use rollbook::accounts::query::{Anchor, Filter, Key, Page, Query};
use rollbook::accounts::store::Store;
use rollbook::accounts::trail::Trail;
use rollbook::engines::{Access, open};

use crate::bench::{Bench, Make};

/// Pages from one end to the other, two rows at a time, with something done between pages; gives whom it met.
fn met<T>(
    bench: &mut Bench,
    onward: bool,
    page: impl Fn(&mut Bench, &Anchor) -> Page<T>,
    name: impl Fn(&T) -> String,
    mut between: impl FnMut(&mut Bench),
) -> Vec<String> {
    let (mut met, mut anchor) = (Vec::new(), if onward { Anchor::Start } else { Anchor::End });
    loop {
        let page = page(bench, &anchor);
        met.extend(page.rows.iter().map(|(_, row)| name(row)));
        let (edge, more) = match onward {
            true => (page.rows.last(), page.more_after),
            false => (page.rows.first(), page.more_before),
        };
        let Some(key) = edge.filter(|_| more).map(|(key, _): &(Key, T)| key.clone()) else { return met };
        anchor = if onward { Anchor::After(key) } else { Anchor::Before(key) };
        between(bench);
    }
}

pub fn sessions_that_stand_still_are_met_once_while_others_come_and_go(make: Make) {
    for (onward, reversed) in [(true, false), (true, true), (false, false), (false, true)] {
        for text in ["", "is:live", "ann"] {
            let mut bench = make();
            let (ann, bob) = (bench.add("ann"), bench.add("bob"));
            let (mut still, mut going) = (Vec::new(), Vec::new());
            for _ in 0..5 {
                still.push(bench.open(&ann).0.id.as_str().to_owned());
                going.push(bench.open(&bob).0.id);
            }
            let filter = Filter::parse_sessions(text).unwrap();
            let page = |bench: &mut Bench, anchor: &Anchor| {
                bench.store.sessions_page(&filter, reversed, anchor, 2, bench.now).unwrap()
            };
            let mut found = met(
                &mut bench,
                onward,
                page,
                |session| session.id.as_str().to_owned(),
                |bench| {
                    let stamp = bench.stamp();
                    if let Some(id) = going.pop() {
                        bench.store.end_session(&id, &stamp).unwrap();
                        bench.open(&bob);
                    }
                },
            );
            found.retain(|id| still.contains(id));
            found.sort();
            still.sort();
            assert_eq!(found, still, "{text} {onward} {reversed}");
        }
    }
}

pub fn entries_are_met_once_while_more_are_written(make: Make) {
    for onward in [true, false] {
        let mut bench = make();
        let ann = bench.add("ann");
        for _ in 0..4 {
            bench.change(&ann, UserChange::Deactivate).unwrap();
            bench.change(&ann, UserChange::Activate).unwrap();
        }
        let mut wanted: Vec<String> = bench.trail().iter().map(|entry| entry.seq.to_string()).collect();
        let trail = Trail::default();
        let page = |bench: &mut Bench, anchor: &Anchor| bench.store.entries_page(&trail, anchor, 2).unwrap();
        let mut left = 3;
        let mut found = met(
            &mut bench,
            onward,
            page,
            |entry| entry.seq.to_string(),
            |bench| {
                if left > 0 {
                    bench.add(&format!("new{left}"));
                    left -= 1;
                }
            },
        );
        found.retain(|seq| wanted.contains(seq));
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{onward}");
    }
}

pub fn while_it_is_frozen_nothing_is_changed_and_everything_can_be_asked(make: Make) {
    let mut bench = make();
    let ann = bench.add("ann");
    assert!(bench.store.freeze().unwrap());
    assert!(!bench.store.freeze().unwrap(), "it has begun already");
    assert!(bench.store.user(&ann.id, bench.now).unwrap().is_some());
    assert_eq!(bench.store.users_page(&Query::default(), &Anchor::Start, 9, bench.now).unwrap().rows.len(), 1);
    assert!(bench.change(&ann, UserChange::Deactivate).is_err());
    bench.store.thaw();
    bench.store.thaw();
    assert!(bench.change(&ann, UserChange::Deactivate).is_ok());
    assert!(bench.store.freeze().unwrap());
    bench.store.thaw();
}

#[test]
fn what_is_asked_of_one_moment_knows_nothing_of_what_others_do_meanwhile() {
    let mut bench = Bench::file();
    let mut other = open(bench.path.as_ref().unwrap(), Access::ReadOnly).unwrap();
    bench.add("ann");
    let now = bench.now;
    let count = |store: &mut dyn Store| store.users_count(&Filter::default(), None, now).unwrap();
    assert!(other.freeze().unwrap());
    assert_eq!(count(&mut *other), 1);
    bench.add("bob");
    assert_eq!(count(&mut *other), 1);
    assert_eq!(other.users_page(&Query::default(), &Anchor::Start, 9, now).unwrap().rows.len(), 1);
    other.thaw();
    assert_eq!(count(&mut *other), 2);
}
