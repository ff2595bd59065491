//! Promises about sessions.

use rollbook::accounts::audit::Deed;
use rollbook::accounts::change::UserChange;
use rollbook::accounts::query::{Anchor, Filter};
use rollbook::accounts::session::{Found, NewSession, SessionId, Uses};
use rollbook::accounts::{Edit, Kind, Span};

use crate::bench::{Bench, Make, hash, refused};

const TICK: Span = Span::from_millis(1);

pub fn a_session_is_good_through_its_last_instant(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (session, digest) = bench.open(&user);
    bench.now = session.expires_at.unwrap();
    let Found::Live(found) = bench.store.check_session(&digest, bench.now).unwrap() else { panic!("not live") };
    assert_eq!((found.0.sessions, &found.1), (1, &session));
    bench.pass(TICK);
    assert_eq!(bench.store.check_session(&digest, bench.now).unwrap(), Found::Unknown);
    assert_eq!(bench.user(&user).sessions, 0);
    assert_eq!(bench.store.sessions_of(&user.id, 9, bench.now).unwrap(), []);
}

pub fn an_idle_session_is_over(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let new = NewSession { idle: Some(Span::MINUTE), ..bench.new_session(&user, None) };
    let (_, digest) = bench.open_as(&new).unwrap();
    bench.pass(Span::MINUTE);
    assert!(matches!(bench.store.check_session(&digest, bench.now).unwrap(), Found::Live(_)));
    assert_eq!(bench.user(&user).sessions, 1);
    bench.pass(TICK);
    assert_eq!(bench.store.check_session(&digest, bench.now).unwrap(), Found::Unknown);
    assert_eq!(bench.user(&user).sessions, 0);
}

pub fn a_check_tells_of_its_owner_what_a_look_at_them_tells(make: Make) {
    let mut bench = make();
    let (user, other) = (bench.add("alice"), bench.add("bob"));
    let endless = bench.new_session(&user, None);
    let (first, digest) = bench.open_as(&endless).unwrap();
    let agree = |bench: &mut Bench, digest, sessions| {
        let Found::Live(found) = bench.store.check_session(digest, bench.now).unwrap() else { panic!("not live") };
        let session = bench.store.session(&found.1.id, bench.now).unwrap().unwrap();
        assert_eq!(*found, (bench.user(&user), session));
        assert_eq!(found.0.sessions, sessions);
    };
    agree(&mut bench, &digest, 1);
    let idle = NewSession { idle: Some(Span::MINUTE), ..bench.new_session(&user, None) };
    let (_, idle) = bench.open_as(&idle).unwrap();
    let short = bench.now.plus(Span::MINUTE.times(9));
    let short = bench.new_session(&user, Some(short));
    bench.open_as(&short).unwrap();
    let (ended, _) = bench.open(&user);
    bench.open(&other);
    agree(&mut bench, &digest, 4);
    agree(&mut bench, &idle, 4);
    let stamp = bench.stamp();
    bench.store.end_session(&ended.id, &stamp).unwrap();
    agree(&mut bench, &digest, 3);
    bench.pass(Span::MINUTE.times(2));
    agree(&mut bench, &digest, 2);
    bench.pass(Span::HOUR);
    agree(&mut bench, &digest, 1);
    for address in [None, Some("10.0.0.1")] {
        for _ in 0..9 {
            bench.fail_attempt("alice", address);
        }
        agree(&mut bench, &digest, 1);
        assert!(bench.user(&user).throttled_until.is_some());
        bench.pass(Span::from_millis(250));
    }
    bench.store.note_uses(Uses { used: vec![(first.id, bench.now)], ..Uses::default() });
    settle(&mut bench);
    agree(&mut bench, &digest, 1);
    let user = crate::factors::enable(&mut bench, &user);
    let new = NewSession { factor: true, ..bench.new_session(&user, None) };
    let (_, digest) = bench.open_as(&new).unwrap();
    let Found::Live(found) = bench.store.check_session(&digest, bench.now).unwrap() else { panic!("not live") };
    assert!(found.0.factor && found.0 == bench.user(&user));
}

pub fn opening_looks_again_at_what_the_log_in_stood_on(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let stamp = bench.stamp();
    let new = bench.new_session(&user, None);
    assert_eq!(refused(bench.store.open_session(&new, &hash(9), None, &stamp)).kind, Kind::InvalidCredentials);
    let past = Edit { valid_until: Some(Some(bench.now.minus(TICK))), ..Edit::default() };
    for change in [UserChange::Edit(past), UserChange::Deactivate, UserChange::Delete] {
        bench.change(&user, change).unwrap();
        let before = bench.traces();
        assert_eq!(refused(bench.open_as(&new)).kind, Kind::InvalidCredentials);
        assert_eq!(bench.traces(), before);
        bench.change(&user, UserChange::Undo(Box::new(user.clone()))).unwrap();
    }
    bench.open_as(&new).unwrap();
}

pub fn a_log_in_is_remembered_and_renews_the_hash(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.pass(Span::MINUTE);
    let (new, stamp) = (bench.new_session(&user, None), bench.stamp());
    let (after, session) = bench.store.open_session(&new, &hash(1), Some(&hash(2)), &stamp).unwrap();
    assert_eq!((after.last_login_at, after.sessions, after.version), (Some(bench.now), 1, user.version));
    assert_eq!(bench.user(&user), after);
    assert_eq!(bench.store.session(&session.id, bench.now).unwrap(), Some(session));
    assert!(bench.store.hash_of(&user.id).unwrap() == Some(hash(2)));
    let entry = bench.trail().remove(0);
    assert_eq!((entry.deed.as_str(), entry.target), (Deed::LogIn.word(), Some(user.id)));
    assert_eq!(entry.detail.unwrap().words.as_deref(), Some("Firefox, 10.0.0.1"));
}

pub fn an_ended_session_is_refused_and_shown_until_its_old_expiry(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (session, digest) = bench.open(&user);
    let stamp = bench.stamp();
    let ended = bench.store.end_session(&session.id, &stamp).unwrap().unwrap();
    assert_eq!((ended.ended_at, ended.ended_by.as_deref()), (Some(bench.now), Some("root")));
    assert_eq!(bench.store.check_session(&digest, bench.now).unwrap(), Found::Refused(session.id.clone()));
    assert_eq!(bench.store.sessions_of(&user.id, 9, bench.now).unwrap(), std::slice::from_ref(&ended));
    bench.now = session.expires_at.unwrap();
    assert_eq!(bench.store.sessions_of(&user.id, 9, bench.now).unwrap(), [ended]);
    bench.pass(TICK);
    assert_eq!(bench.store.sessions_of(&user.id, 9, bench.now).unwrap(), []);
}

pub fn an_ended_session_without_expiry_is_shown_for_thirty_days(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let new = bench.new_session(&user, None);
    let (session, _) = bench.open_as(&new).unwrap();
    let stamp = bench.stamp();
    bench.store.end_session(&session.id, &stamp).unwrap();
    bench.pass(Span::DAY.times(30));
    assert_eq!(bench.store.sessions_of(&user.id, 9, bench.now).unwrap().len(), 1);
    bench.pass(TICK);
    assert_eq!(bench.store.sessions_of(&user.id, 9, bench.now).unwrap().len(), 0);
}

pub fn ending_twice_is_nothing(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (session, digest) = bench.open(&user);
    let stamp = bench.stamp();
    assert!(bench.store.log_out(&digest, &stamp).unwrap().is_some());
    assert_eq!(bench.trail()[0].deed, Deed::LogOut.word());
    let before = bench.traces();
    assert_eq!(bench.store.log_out(&digest, &stamp).unwrap(), None);
    assert_eq!(bench.store.end_session(&session.id, &stamp).unwrap(), None);
    assert_eq!(bench.store.end_session(&SessionId::new("none"), &stamp).unwrap(), None);
    assert_eq!(bench.traces(), before);
}

pub fn all_sessions_end_only_if_there_are_as_many_as_shown(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    for user in [&alice, &alice, &bob] {
        bench.open(user);
    }
    let stamp = bench.stamp();
    let error = refused(bench.store.end_sessions(&alice.id, Some(1), &stamp));
    assert_eq!((error.kind, error.message.as_str()), (Kind::Stale, "\"alice\" has 2 sessions now, not 1"));
    let entries = bench.traces().0;
    assert_eq!(bench.store.end_sessions(&alice.id, Some(2), &stamp).unwrap(), 2);
    assert_eq!(bench.traces().0, entries + 1);
    assert_eq!(bench.trail()[0].detail.as_ref().unwrap().words.as_deref(), Some("2 sessions"));
    assert_eq!((bench.user(&alice).sessions, bench.user(&bob).sessions), (0, 1));
    assert_eq!(bench.store.end_sessions(&alice.id, None, &stamp).unwrap(), 0);
    assert_eq!(bench.traces().0, entries + 1, "nothing ended, nothing written");
}

pub fn a_person_past_their_end_date_is_refused(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (session, digest) = bench.open(&user);
    let until = bench.now.plus(Span::SECOND);
    let edit = Edit { valid_until: Some(Some(until)), ..Edit::default() };
    bench.change(&user, UserChange::Edit(edit)).unwrap();
    assert!(matches!(bench.store.check_session(&digest, until).unwrap(), Found::Live(_)));
    let later = until.plus(TICK);
    assert_eq!(bench.store.check_session(&digest, later).unwrap(), Found::Refused(session.id));
    assert_eq!(bench.store.user(&user.id, later).unwrap().unwrap().sessions, 0);
    assert_eq!(bench.store.sessions_count(&Filter::default(), None, later).unwrap(), 0);
}

pub fn settle(bench: &mut Bench) {
    // Uses are written by a thread of the store's own; a store that is closed has written them.
    if let Some(path) = &bench.path {
        bench.store = rollbook::engines::memory().unwrap();
        bench.store = rollbook::engines::open(path, rollbook::engines::Access::Full).unwrap();
    }
}

pub fn uses_are_noted_and_never_go_back(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (session, _) = bench.open(&user);
    let (early, late) = (bench.now.plus(Span::SECOND), bench.now.plus(Span::MINUTE));
    for at in [late, early] {
        bench.store.note_uses(Uses { used: vec![(session.id.clone(), at)], ..Uses::default() });
        settle(&mut bench);
    }
    let found = bench.store.session(&session.id, bench.now).unwrap().unwrap();
    assert_eq!(found.last_used_at, Some(late));
}

pub fn refusals_are_counted_and_move_the_counter(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (session, _) = bench.open(&user);
    let stamp = bench.stamp();
    bench.store.end_session(&session.id, &stamp).unwrap();
    let before = bench.store.counters().unwrap().sessions;
    for (count, after) in [(2, Span::SECOND), (3, Span::MINUTE)] {
        let at = bench.now.plus(after);
        bench.store.note_uses(Uses { refused: vec![(session.id.clone(), count, at)], ..Uses::default() });
        settle(&mut bench);
    }
    let found = bench.store.session(&session.id, bench.now).unwrap().unwrap();
    assert_eq!((found.refused, found.refused_at), (5, Some(bench.now.plus(Span::MINUTE))));
    assert!(bench.store.counters().unwrap().sessions > before);
}

pub fn live_sessions_come_first_then_the_last_ended(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let all: Vec<SessionId> = (0..4).map(|_| bench.open(&user).0.id).collect();
    for index in [3, 0] {
        bench.pass(Span::SECOND);
        let stamp = bench.stamp();
        bench.store.end_session(&all[index], &stamp).unwrap();
    }
    let list = |bench: &mut Bench, limit| -> Vec<SessionId> {
        bench.store.sessions_of(&user.id, limit, bench.now).unwrap().into_iter().map(|session| session.id).collect()
    };
    let wanted = [2, 1, 0, 3].map(|index| all[index].clone());
    assert_eq!(list(&mut bench, 9), wanted);
    assert_eq!(list(&mut bench, 3), wanted[..3]);
}

pub fn everybodys_sessions_are_filtered_counted_and_paged(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("Alice"), bench.add("bob"));
    let mut all: Vec<SessionId> = Vec::new();
    for user in [&alice, &bob, &alice, &bob, &alice] {
        all.push(bench.open(user).0.id);
    }
    let stamp = bench.stamp();
    bench.store.end_session(&all[2], &stamp).unwrap();
    all.reverse();
    let cases: [(&str, &[usize]); 8] = [
        ("", &[0, 1, 2, 3, 4]),
        ("is:live", &[0, 1, 3, 4]),
        ("is:ended", &[2]),
        ("^ali", &[0, 2, 4]),
        ("OB", &[1, 3]),
        ("firefox", &[0, 1, 2, 3, 4]),
        ("10.0", &[0, 1, 2, 3, 4]),
        ("%", &[]),
    ];
    for (text, wanted) in cases {
        let filter = Filter::parse_sessions(text).unwrap();
        let wanted: Vec<&SessionId> = wanted.iter().map(|index| &all[*index]).collect();
        assert_eq!(bench.store.sessions_count(&filter, None, bench.now).unwrap() as usize, wanted.len(), "{text}");
        let mut anchor = Anchor::Start;
        let mut seen = Vec::new();
        loop {
            let page = bench.store.sessions_page(&filter, false, &anchor, 2, bench.now).unwrap();
            assert_eq!(page.more_before, !seen.is_empty());
            assert_eq!(page.total.is_some(), wanted.len() <= 2, "{text}");
            seen.extend(page.rows.iter().map(|(_, session)| session.id.clone()));
            assert_eq!(page.more_after, seen.len() < wanted.len(), "{text}");
            match page.rows.last() {
                Some((key, _)) if page.more_after => anchor = Anchor::After(key.clone()),
                _ => break,
            }
        }
        assert_eq!(seen.iter().collect::<Vec<_>>(), wanted, "{text}");
    }
    let page = bench.store.sessions_page(&Filter::default(), true, &Anchor::Start, 1, bench.now).unwrap();
    assert_eq!(page.rows[0].1.id, all[4], "reversed: oldest first");
}
