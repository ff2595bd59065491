//! Promises about the audit, the settings, the counters, rehearsals and large loads.

use rollbook::accounts::audit::{Deed, Detail, Happening, NewEntry, Stamp};
use rollbook::accounts::change::UserChange;
use rollbook::accounts::hash::PasswordHash;
use rollbook::accounts::policy::Policy;
use rollbook::accounts::store::Sample;
use rollbook::accounts::token::TokenKind;
use rollbook::accounts::{Actor, Draft, Edit, Kind, Span, User, UserId};

use crate::bench::{Bench, Make, hash, refused};

pub fn entries_come_newest_first_in_pages_and_about_one_person(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    for user in [&alice, &bob] {
        bench.change(user, UserChange::Deactivate).unwrap();
    }
    let numbers = |entries: Vec<rollbook::accounts::audit::Entry>| entries.iter().map(|e| e.seq).collect::<Vec<_>>();
    assert_eq!(numbers(bench.store.audit(None, None, 3).unwrap()), [4, 3, 2]);
    assert_eq!(numbers(bench.store.audit(None, Some(2), 3).unwrap()), [1]);
    assert_eq!(numbers(bench.store.audit(Some(&alice.id), None, 9).unwrap()), [3, 1]);
    assert_eq!(numbers(bench.store.audit(Some(&alice.id), Some(3), 9).unwrap()), [1]);
    bench.assert_chain();
}

pub fn an_actor_who_is_a_user_is_named_by_id(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let mut stamp = bench.stamp();
    stamp.actor = Actor::User { id: user.id.clone(), name: "alice".into() };
    stamp.reason = Some("because".into());
    bench.store.set_policy("session-life", "1h", &stamp).unwrap();
    let entry = bench.trail().remove(0);
    assert_eq!((entry.actor_kind.as_str(), entry.actor_id, entry.target), ("user", Some(user.id), None));
    let detail = entry.detail.unwrap();
    assert_eq!((detail.origin.as_str(), detail.reason.as_deref()), ("tty", Some("because")));
    bench.assert_chain();
}

pub fn failures_are_counted_by_the_minute_and_told_in_the_history(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.now = rollbook::accounts::Time::from_millis((bench.now.millis() / 60_000 + 1) * 60_000);
    for (after, address) in [(1, "a"), (20, "b"), (60, "c")] {
        let at = bench.now.plus(Span::SECOND.times(after));
        bench.store.note_failure(Some(&user.id), Some(address), at, None).unwrap();
        bench.store.note_failure(None, None, at, None).unwrap();
    }
    let entries = bench.traces().0;
    assert_eq!(entries, 1, "failures flood no audit");
    let history = bench.store.history(&user.id, 9).unwrap();
    let told: Vec<String> = history
        .iter()
        .map(|happening| match happening {
            Happening::Entry(entry) => entry.deed.clone(),
            Happening::Failures(failures) => format!("{} {}", failures.count, failures.address.as_deref().unwrap()),
        })
        .collect();
    assert_eq!(told, ["1 c", "2 b", "create"]);
    assert_eq!(bench.store.history(&user.id, 2).unwrap().len(), 2);
}

pub fn settings_are_kept_and_the_same_again_writes_nothing(make: Make) {
    let mut bench = make();
    assert_eq!(bench.store.policy().unwrap(), Policy::default());
    let stamp = bench.stamp();
    let before = bench.traces();
    bench.store.set_policy("registration", "open", &stamp).unwrap();
    assert_eq!(bench.traces(), before, "it was the default");
    bench.store.set_policy("registration", "closed", &stamp).unwrap();
    assert!(!bench.store.policy().unwrap().registration);
    let after = bench.traces();
    assert!(after.0 == before.0 + 1 && after.1 > before.1);
    bench.store.set_policy("registration", "closed", &stamp).unwrap();
    assert_eq!(bench.traces(), after);
    let trail = bench.trail();
    let change = &trail[0].detail.as_ref().unwrap().changes[0];
    assert_eq!(
        (change.field.as_str(), change.before.as_str(), change.after.as_str()),
        ("registration", "open", "closed")
    );
}

pub fn reading_moves_no_counter(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (_, digest) = bench.open(&user);
    let before = bench.store.counters().unwrap();
    bench.store.check_session(&digest, bench.now).unwrap();
    bench.store.users_page(&Default::default(), &Default::default(), 9, bench.now).unwrap();
    assert_eq!(bench.store.counters().unwrap(), before);
    bench.store.log_out(&digest, &bench.stamp()).unwrap();
    assert!(bench.store.counters().unwrap().sessions > before.sessions);
}

/// Every kind of change once, on a user with a session; says which were refused.
fn everything(bench: &mut Bench, user: &User, key: &rollbook::accounts::token::Digest) -> usize {
    let stamp = bench.stamp();
    let new = bench.new_user(Draft::named("new").unwrap(), None);
    let (session, reset) = (bench.new_session(user, None), bench.digest(TokenKind::Reset));
    let reset = rollbook::accounts::store::NewReset { digest: reset, user_id: None, expires_at: bench.now };
    let sample =
        Sample { user: User { id: UserId::new("s"), name: "s".into(), ..user.clone() }, hash: None, sessions: vec![] };
    let store = &mut bench.store;
    [
        store.insert_user(&new, &stamp).is_err(),
        store.change_user(&user.id, None, &UserChange::Deactivate, &stamp).is_err(),
        store.set_password(&user.id, None, None, &hash(2), Deed::SetPassword, &stamp).is_err(),
        store.insert_reset(&reset, &stamp).is_err(),
        store.open_session(&session, &hash(1), None, &stamp).is_err(),
        store.log_out(key, &stamp).is_err(),
        store.end_sessions(&user.id, Some(1), &stamp).is_err(),
        store.set_policy("registration", "closed", &stamp).is_err(),
        store.note_failure(Some(&user.id), None, stamp.at, None).is_err(),
        store.load(&mut [sample].into_iter(), &[], &stamp, &mut |_| true).is_err(),
        store.purge_user(&user.id, None, &stamp).is_err(),
    ]
    .into_iter()
    .filter(|refused| *refused)
    .count()
}

pub fn a_rehearsal_leaves_nothing(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (_, digest) = bench.open(&user);
    let (user, before) = (bench.user(&user), bench.traces());
    bench.store.rehearse(true);
    assert_eq!(everything(&mut bench, &user, &digest), 0);
    bench.store.rehearse(false);
    assert_eq!(bench.traces(), before);
    assert_eq!(bench.user(&user), user);
    assert!(bench.store.hash_of(&user.id).unwrap() == Some(hash(1)));
    assert_eq!(bench.store.policy().unwrap(), Policy::default());
    // But for the wrong password: a try that nobody counts could be made again and again.
    assert_eq!(bench.store.history(&user.id, 9).unwrap().len(), 2 + 1);
}

pub fn a_rehearsal_tells_what_would_be_refused(make: Make) {
    let mut bench = make();
    let admin = bench.add_admin("root");
    bench.store.rehearse(true);
    assert_eq!(refused(bench.change(&admin, UserChange::Delete)).kind, Kind::LastAdmin);
    assert_eq!(refused(bench.try_add(Draft::named("ROOT").unwrap())).kind, Kind::DuplicateUser);
}

/// A person out of nowhere.
pub fn somebody() -> User {
    let mut bench = Bench::memory();
    bench.add("somebody")
}

pub fn samples(user: &User, count: usize) -> impl Iterator<Item = Sample> + use<> {
    let user = user.clone();
    (0..count).map(move |index| Sample {
        user: User { id: UserId::new(format!("s{index}")), name: format!("sample {index}"), ..user.clone() },
        hash: Some(hash(3)),
        sessions: vec![],
    })
}

pub fn a_load_writes_people_and_entries_in_order(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let entry = |deed| NewEntry {
        at: bench.now,
        actor: Actor::Service("web".into()),
        deed,
        target: Some(UserId::new("s1")),
        detail: Detail { actor: "web".into(), ..Detail::default() },
    };
    let (entries, stamp) = ([entry(Deed::Register), entry(Deed::Activate)], bench.stamp());
    let mut told = Vec::new();
    let written = bench.store.load(&mut samples(&user, 5_003), &entries, &stamp, &mut |count| {
        told.push(count);
        true
    });
    assert_eq!((written.unwrap(), told), (5_003, vec![5_000, 5_003]));
    assert_eq!(bench.store.users_count(&Default::default(), None, bench.now).unwrap(), 5_004);
    assert!(bench.store.hash_of(&UserId::new("s5002")).unwrap() == Some(hash(3)));
    let trail = bench.trail();
    let deeds: Vec<&str> = trail.iter().map(|entry| entry.deed.as_str()).collect();
    assert_eq!(deeds, ["load", "activate", "register", "create"]);
    assert_eq!(trail[0].detail.as_ref().unwrap().words.as_deref(), Some("5003 people"));
    bench.assert_chain();
}

pub fn a_load_stops_when_told_and_says_how_far_it_came(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let stamp = bench.stamp();
    let written = bench.store.load(&mut samples(&user, 9_000), &[], &stamp, &mut |_| false).unwrap();
    assert_eq!(written, 5_000);
    assert_eq!(bench.trail()[0].detail.as_ref().unwrap().words.as_deref(), Some("5000 people"));
}

pub fn a_load_with_a_taken_name_is_refused(make: Make) {
    let mut bench = make();
    let user = bench.add("Sample 3");
    let (stamp, before) = (bench.stamp(), bench.traces());
    let error = refused(bench.store.load(&mut samples(&user, 9), &[], &stamp, &mut |_| true));
    assert_eq!(error.kind, Kind::DuplicateUser);
    assert!(error.message.contains("sample 3"));
    assert_eq!(bench.traces(), before);
    let edit = Edit { note: Some(Some("still writable".into())), ..Edit::default() };
    bench.change(&user, UserChange::Edit(edit)).unwrap();
}

pub fn a_load_into_an_empty_store_is_all_or_nothing(make: Make) {
    let mut bench = make();
    let (stamp, before) = (bench.stamp(), bench.traces());
    let twice = samples(&somebody(), 6_000).chain(samples(&somebody(), 1));
    let mut told = 0;
    let error = refused(bench.store.load(&mut twice.into_iter(), &[], &stamp, &mut |count| {
        told = count;
        true
    }));
    assert_eq!((error.kind, told), (Kind::DuplicateUser, 5_000));
    assert_eq!(bench.traces(), before);
    assert!(bench.store.is_empty().unwrap());
    assert_eq!(bench.store.load(&mut samples(&somebody(), 3), &[], &stamp, &mut |_| true).unwrap(), 3);
    assert_eq!(bench.store.load(&mut std::iter::empty(), &[], &stamp, &mut |_| true).unwrap(), 0);
    assert_eq!(bench.trail().len(), 1);
}

pub fn an_interruption_between_two_questions_harms_neither(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let interrupt = bench.store.interrupter();
    interrupt();
    assert_eq!(bench.user(&user), user);
    bench.change(&user, UserChange::Deactivate).unwrap();
}

pub fn a_trail_is_followed_by_actor_deed_and_time(make: Make) {
    use rollbook::accounts::trail::Trail;
    let mut bench = make();
    let (root, alice) = (bench.add_admin("root"), bench.add("alice"));
    let by_root = Stamp { actor: Actor::User { id: root.id.clone(), name: "root".into() }, ..bench.stamp() };
    bench.pass(Span::HOUR);
    bench.store.change_user(&alice.id, None, &UserChange::Deactivate, &Stamp { at: bench.now, ..by_root }).unwrap();
    bench.pass(Span::HOUR);
    bench.change(&alice, UserChange::Activate).unwrap();
    let mut asked = |trail: Trail| -> Vec<i64> {
        let entries = bench.store.entries(&trail, None, 9).unwrap();
        entries.iter().map(|entry| entry.seq).collect()
    };
    let (id, name) = (Some(root.id.clone()), Some("root".to_owned()));
    let since = crate::support::START.plus(Span::HOUR);
    assert_eq!(asked(Trail::default()), [4, 3, 2, 1]);
    assert_eq!(asked(Trail { by: id.clone(), ..Trail::default() }), [3]);
    assert_eq!(asked(Trail { by_name: name.clone(), ..Trail::default() }), [4, 2, 1], "the operator of that name");
    assert_eq!(asked(Trail { by: id, by_name: name.clone(), ..Trail::default() }), [4, 3, 2, 1]);
    assert_eq!(asked(Trail { by_name: Some("eve".into()), ..Trail::default() }), [0i64; 0]);
    assert_eq!(asked(Trail { deed: Some(Deed::Create), ..Trail::default() }), [2, 1]);
    assert_eq!(asked(Trail { since: Some(since), ..Trail::default() }), [4, 3]);
    assert_eq!(asked(Trail { until: Some(since), by_name: name, ..Trail::default() }), [2, 1]);
    let entries = bench.store.entries(&Trail::default(), Some(4), 1).unwrap();
    assert_eq!((entries[0].seq, entries[0].actor()), (3, "root"), "a user is named though only the id is written");
    assert!(entries[0].detail.as_ref().unwrap().actor.is_empty());
    bench.assert_chain();
}

pub fn the_audit_is_paged_onward_and_back_under_every_trail(make: Make) {
    use rollbook::accounts::query::{Anchor, Key, KeyValue};
    use rollbook::accounts::trail::Trail;
    let mut bench = make();
    let (ann, bob) = (bench.add("ann"), bench.add("bob"));
    for _ in 0..4 {
        bench.change(&ann, UserChange::Deactivate).unwrap();
        bench.change(&bob, UserChange::Deactivate).unwrap();
        bench.change(&ann, UserChange::Activate).unwrap();
        bench.change(&bob, UserChange::Activate).unwrap();
    }
    let trails = [
        Trail::default(),
        Trail::about(Some(&ann.id)),
        Trail { deed: Some(Deed::Activate), ..Trail::default() },
        Trail { words: vec!["bo".into()], ..Trail::default() },
        Trail { words: vec!["root".into()], ..Trail::default() },
        Trail { words: vec!["nobody".into()], ..Trail::default() },
    ];
    for (trail, many) in trails.iter().zip([18, 9, 8, 9, 18, 0]) {
        let all: Vec<i64> = bench.store.entries(trail, None, 99).unwrap().iter().map(|entry| entry.seq).collect();
        assert_eq!(all.len(), many, "{trail:?}");
        assert_eq!(bench.store.entries_count(trail, None).unwrap() as usize, many);
        assert_eq!(bench.store.entries_count(trail, Some(3)).unwrap() as usize, many.min(3));
        for limit in [1, 4, 18, 40] {
            for back in [false, true] {
                let (mut met, mut anchor) = (Vec::new(), if back { Anchor::End } else { Anchor::Start });
                loop {
                    let page = bench.store.entries_page(trail, &anchor, limit).unwrap();
                    let numbers: Vec<i64> = page.rows.iter().map(|(_, entry)| entry.seq).collect();
                    assert!(page.rows.iter().all(|(key, entry)| key.seq == entry.seq));
                    let (first, last) = (page.rows.first(), page.rows.last());
                    assert_eq!(page.more_before, first.is_some_and(|(key, _)| all[0] != key.seq), "{trail:?} {limit}");
                    assert_eq!(page.more_after, last.is_some_and(|(key, _)| all[all.len() - 1] != key.seq));
                    let on = if back { first } else { last }.map(|(key, _)| key.clone());
                    if back {
                        met.splice(0..0, numbers);
                    } else {
                        met.extend(numbers);
                    }
                    match on.filter(|_| if back { page.more_before } else { page.more_after }) {
                        Some(key) => anchor = if back { Anchor::Before(key) } else { Anchor::After(key) },
                        None => break,
                    }
                }
                assert_eq!(met, all, "{trail:?} {limit} {back}");
            }
        }
    }
    let from = |seq| Anchor::From(Key { value: KeyValue::Number(seq), seq });
    let page = bench.store.entries_page(&trails[1], &from(4), 2).unwrap();
    let numbers: Vec<i64> = page.rows.iter().map(|(_, entry)| entry.seq).collect();
    assert_eq!((numbers.len(), numbers[0] <= 4, page.more_before), (2, true, true));
    let beyond = bench.store.entries_page(&trails[0], &from(0), 2).unwrap();
    assert!(beyond.rows.is_empty() && beyond.more_before && !beyond.more_after);
}

pub fn passwords_are_counted_by_scheme_and_cost_without_their_salts(make: Make) {
    let mut bench = make();
    for name in ["ann", "bob", "cleo"] {
        bench.add(name);
    }
    let dear = PasswordHash::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA==$ZGlnZXN0".to_owned());
    let odd = PasswordHash::new("nothing like a hash".to_owned());
    for (name, hash) in [("dora", dear), ("eve", odd)] {
        let new = bench.new_user(Draft::named(name).unwrap(), Some(hash));
        let stamp = bench.stamp();
        bench.store.insert_user(&new, &stamp).unwrap();
    }
    let mut found = bench.store.hashes().unwrap();
    assert_eq!(found.remove(0), ("argon2id v=19 m=8,t=1,p=1".to_owned(), 3), "the most frequent first");
    found.sort();
    assert_eq!(found, [("argon2id v=19 m=19456,t=2,p=1".to_owned(), 1), ("unknown".to_owned(), 1)]);
}

pub fn failures_of_everybody_come_a_person_and_a_minute_at_a_time(make: Make) {
    use rollbook::accounts::trail::Trail;
    let mut bench = make();
    let alice = bench.add("alice");
    bench.now = rollbook::accounts::Time::from_millis((bench.now.millis() / 60_000 + 1) * 60_000);
    let begin = bench.now;
    for second in [1, 2, 61, 62, 63] {
        let at = begin.plus(Span::SECOND.times(second));
        bench.store.note_failure(Some(&alice.id), Some("10.0.0.9"), at, None).unwrap();
    }
    bench.store.note_failure(None, None, begin.plus(Span::SECOND.times(70)), None).unwrap();
    let mut asked = |trail: &Trail, before, limit| -> Vec<(Option<String>, u32)> {
        let page = bench.store.failed(trail, before, limit).unwrap();
        page.into_iter().map(|failed| (failed.whose.map(|(_, name)| name), failed.failures.count)).collect()
    };
    let (named, nobody) = (|count| (Some("alice".to_owned()), count), (None, 1));
    assert_eq!(asked(&Trail::default(), None, 9), [named(3), nobody.clone(), named(2)]);
    assert_eq!(asked(&Trail::about(Some(&alice.id)), None, 9), [named(3), named(2)]);
    assert_eq!(asked(&Trail { deed: Some(Deed::Create), ..Trail::default() }, None, 9), []);
    assert_eq!(asked(&Trail { by_name: Some("alice".into()), ..Trail::default() }, None, 9), []);
    let since = Trail { since: Some(begin.plus(Span::MINUTE)), ..Trail::default() };
    assert_eq!(asked(&since, None, 9), [named(3), nobody.clone()]);
    assert_eq!(asked(&Trail { until: since.since, ..Trail::default() }, None, 9), [named(2)]);
    let (mut before, mut all) = (None, Vec::new());
    while let Some(failed) = bench.store.failed(&Trail::default(), before, 1).unwrap().pop() {
        before = Some(failed.key);
        all.push((failed.whose.map(|(_, name)| name), failed.failures.count));
    }
    assert_eq!(all, [named(3), nobody, named(2)], "each once, a line a page");
}

pub fn an_exported_beginning_goes_when_it_is_old_enough_and_is_remembered(make: Make) {
    use rollbook::accounts::chain::Head;
    use rollbook::accounts::export::Stretch;
    let mut bench = make();
    (0..5).for_each(|n| drop(bench.add(&format!("u{n}"))));
    bench.store.set_policy("retention-audit", "10d", &bench.stamp()).unwrap();
    let third = bench.trail().into_iter().find(|entry| entry.seq == 3).unwrap();
    let head = Head { seq: 3, digest: third.digest };
    let stretch = Stretch { after: Head { seq: 0, digest: [0; 32] }, head, entries: 3 };
    let wrong = Stretch { head: Head { digest: [1; 32], ..head }, ..stretch };
    let stamp = bench.stamp();
    assert_eq!(refused(bench.store.checkpoint_audit(&wrong, &stamp)).kind, Kind::Stale);
    assert_eq!(bench.trail().len(), 6);
    bench.store.checkpoint_audit(&stretch, &stamp).unwrap();
    let written = bench.trail().remove(0);
    assert_eq!(rollbook::accounts::export::Checkpoint::of(&written).unwrap().head, head);
    bench.days(8);
    let tidy = |bench: &mut Bench, limit| bench.store.tidy(limit, &bench.stamp()).unwrap().entries;
    assert_eq!((tidy(&mut bench, 500), bench.store.audit_floor().unwrap()), (0, None), "not old enough");
    bench.days(4);
    assert_eq!(tidy(&mut bench, 2), 2, "no more at once than was said");
    assert_eq!(bench.store.audit_floor().unwrap().map(|floor| floor.seq), Some(2));
    assert_eq!(tidy(&mut bench, 500), 1, "and nothing that was not exported");
    assert_eq!(bench.store.audit_floor().unwrap(), Some(head));
    assert_eq!(bench.store.chain(None, 9).unwrap()[0].seq, 4);
    assert_eq!(tidy(&mut bench, 500), 0);
}
