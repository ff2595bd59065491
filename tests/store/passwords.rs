//! Promises about passwords and reset requests.

use rollbook::accounts::audit::Deed;
use rollbook::accounts::change::UserChange;
use rollbook::accounts::session::Found;
use rollbook::accounts::{Draft, Kind, Span, Status};

use crate::bench::{Make, hash, refused};

pub fn a_new_password_ends_every_session_and_voids_every_reset(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (_, first) = bench.open(&user);
    bench.open(&user);
    let reset = bench.reset(Some(&user));
    bench.pass(Span::SECOND);
    let stamp = bench.stamp();
    let version = bench.user(&user).version;
    let changed = bench.store.set_password(&user.id, Some(version), None, &hash(2), Deed::SetPassword, &stamp).unwrap();
    assert_eq!((changed.ended, changed.after.sessions, changed.after.version), (2, 0, version + 1));
    assert_eq!(changed.after.password_set_at, Some(bench.now));
    assert_eq!(bench.user(&user), changed.after);
    assert!(matches!(bench.store.check_session(&first, bench.now).unwrap(), Found::Refused(_)));
    assert_eq!(bench.store.reset_owner(&reset, bench.now).unwrap(), None);
    assert!(bench.store.hash_of(&user.id).unwrap() == Some(hash(2)));
    assert_eq!(bench.trail()[0].deed, Deed::SetPassword.word());
    assert!(!format!("{:?}", bench.trail()).contains("argon2"), "a hash is in the audit");
}

pub fn a_password_is_replaced_only_over_the_hash_that_was_verified(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let stamp = bench.stamp();
    let mut set = |was: u8, new: u8| {
        bench.store.set_password(&user.id, None, Some(&hash(was)), &hash(new), Deed::ChangePassword, &stamp)
    };
    assert_eq!(refused(set(9, 2)).kind, Kind::Stale);
    set(1, 2).unwrap();
    assert_eq!(refused(set(1, 3)).kind, Kind::Stale);
}

pub fn a_deleted_user_gets_no_password(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let reset = bench.reset(Some(&user));
    bench.change(&user, UserChange::Delete).unwrap();
    let stamp = bench.stamp();
    let error = refused(bench.store.set_password(&user.id, None, None, &hash(2), Deed::SetPassword, &stamp));
    assert_eq!(error.kind, Kind::UnknownUser);
    assert_eq!(refused(bench.store.complete_reset(&reset, &hash(2), &stamp)).kind, Kind::UnknownRequest);
}

pub fn a_reset_works_once_and_through_its_last_instant(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.open(&user);
    let reset = bench.reset(Some(&user));
    bench.pass(Span::HOUR);
    assert_eq!(bench.store.reset_owner(&reset, bench.now).unwrap().map(|user| user.id), Some(user.id.clone()));
    let stamp = bench.stamp();
    let changed = bench.store.complete_reset(&reset, &hash(2), &stamp).unwrap();
    assert_eq!(changed.after.version, changed.before.version + 1);
    assert_eq!(bench.user(&user).sessions, 0);
    assert!(bench.store.hash_of(&user.id).unwrap() == Some(hash(2)));
    assert_eq!(refused(bench.store.complete_reset(&reset, &hash(3), &stamp)).kind, Kind::UnknownRequest);
    bench.assert_chain();
}

pub fn a_reset_past_its_time_is_unknown(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let reset = bench.reset(Some(&user));
    bench.pass(Span::HOUR);
    bench.pass(Span::from_millis(1));
    assert_eq!(bench.store.reset_owner(&reset, bench.now).unwrap(), None);
    let (stamp, before) = (bench.stamp(), bench.traces());
    assert_eq!(refused(bench.store.complete_reset(&reset, &hash(2), &stamp)).kind, Kind::UnknownRequest);
    assert_eq!(bench.traces(), before);
    assert!(bench.store.hash_of(&user.id).unwrap() == Some(hash(1)));
}

pub fn a_newer_reset_replaces_the_older_of_the_same_user_only(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    let (first, other) = (bench.reset(Some(&alice)), bench.reset(Some(&bob)));
    let second = bench.reset(Some(&alice));
    assert_eq!(bench.store.reset_owner(&first, bench.now).unwrap(), None);
    assert!(bench.store.reset_owner(&second, bench.now).unwrap().is_some());
    assert!(bench.store.reset_owner(&other, bench.now).unwrap().is_some());
}

pub fn a_reset_for_nobody_is_written_and_opens_nothing(make: Make) {
    let mut bench = make();
    bench.add("alice");
    let entries = bench.traces().0;
    let reset = bench.reset(None);
    assert_eq!(bench.traces().0, entries + 1);
    assert_eq!(bench.store.reset_owner(&reset, bench.now).unwrap(), None);
    let stamp = bench.stamp();
    assert_eq!(refused(bench.store.complete_reset(&reset, &hash(2), &stamp)).kind, Kind::UnknownRequest);
}

pub fn a_reset_activates_nobody(make: Make) {
    let mut bench = make();
    let user = bench.try_add(Draft { pending: true, ..Draft::named("alice").unwrap() }).unwrap();
    let reset = bench.reset(Some(&user));
    let stamp = bench.stamp();
    bench.store.complete_reset(&reset, &hash(2), &stamp).unwrap();
    assert_eq!(bench.user(&user).status, Status::Pending);
}
