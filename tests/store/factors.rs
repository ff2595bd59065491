//! Promises about second factors.

use rollbook::accounts::User;
use rollbook::accounts::change::UserChange;
use rollbook::accounts::factor::{CodeDigest, NewFactor, Reseal, draw_codes};
use rollbook::accounts::seal::{KeyId, Sealed};
use rollbook::accounts::{Kind, UserId};

use crate::bench::{Bench, Make, hash, refused};
use crate::support::Seeded;

fn sealed(key: &str, n: u8) -> Sealed {
    Sealed { key_id: KeyId::new(key), bytes: vec![n; 60] }
}

fn codes(user: &User, seed: u64) -> Vec<CodeDigest> {
    draw_codes(&user.id, &mut Seeded(seed)).unwrap().1
}

fn factor(user: &User, key: &str) -> NewFactor {
    NewFactor { sealed: sealed(key, 1), step: 100, codes: codes(user, 1) }
}

/// Turns somebody's factor on.
pub fn enable(bench: &mut Bench, user: &User) -> User {
    let stamp = bench.stamp();
    let (new, version) = (factor(user, "k1"), bench.user(user).version);
    bench.store.enable_factor(&user.id, Some(version), &new, &stamp).unwrap().unwrap().after
}

pub fn a_factor_is_kept_as_it_was_given_and_shown_with_the_user(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    assert_eq!(bench.store.factor(&user.id).unwrap(), None);
    let before = bench.traces();
    let after = enable(&mut bench, &user);
    assert_eq!(bench.user(&user), after);
    assert_eq!((after.factor, after.version), (true, user.version + 1));
    assert_eq!(bench.traces(), (before.0 + 1, before.1 + 1, before.2), "one entry, one change of a user");
    let kept = bench.store.factor(&user.id).unwrap().unwrap();
    assert_eq!((kept.sealed, kept.last_step, kept.codes), (sealed("k1", 1), 100, 10));
    assert_eq!(bench.store.factor_keys().unwrap(), [(KeyId::new("k1"), 1)]);
    assert_eq!(bench.store.sealed_factors().unwrap(), [(user.id.clone(), sealed("k1", 1))]);
    let stamp = bench.stamp();
    let twice = refused(bench.store.enable_factor(&user.id, None, &factor(&user, "k1"), &stamp));
    assert_eq!(twice.kind, Kind::ConstraintViolation);
    bench.assert_chain();
}

pub fn a_factor_under_another_key_than_all_others_is_not_taken(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    enable(&mut bench, &alice);
    let (stamp, before) = (bench.stamp(), bench.traces());
    assert_eq!(bench.store.enable_factor(&bob.id, None, &factor(&bob, "k2"), &stamp).unwrap(), None);
    assert_eq!((bench.traces(), bench.user(&bob).factor), (before, false));
}

pub fn a_factor_is_changed_only_as_it_was_looked_at_and_never_a_deleted_persons(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let stamp = bench.stamp();
    let new = factor(&user, "k1");
    assert_eq!(refused(bench.store.enable_factor(&user.id, Some(9), &new, &stamp)).kind, Kind::Stale);
    assert_eq!(refused(bench.store.replace_codes(&user.id, None, &[], &stamp)).kind, Kind::ConstraintViolation);
    enable(&mut bench, &user);
    assert_eq!(refused(bench.store.disable_factor(&user.id, Some(9), false, &stamp)).kind, Kind::Stale);
    assert_eq!(refused(bench.store.replace_codes(&user.id, Some(9), &[], &stamp)).kind, Kind::Stale);
    bench.change(&user, UserChange::Delete).unwrap();
    for error in [
        refused(bench.store.enable_factor(&user.id, None, &new, &stamp)),
        refused(bench.store.disable_factor(&user.id, None, false, &stamp)),
        refused(bench.store.replace_codes(&user.id, None, &[], &stamp)),
        refused(bench.store.disable_factor(&UserId::new("nobody"), None, false, &stamp)),
    ] {
        assert_eq!(error.kind, Kind::UnknownUser);
    }
    assert!(bench.store.factor(&user.id).unwrap().is_some(), "a deleted person may come back");
}

pub fn a_factor_that_is_off_leaves_nothing_and_is_off_only_once(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    enable(&mut bench, &user);
    let stamp = bench.stamp();
    let changed = bench.store.disable_factor(&user.id, None, false, &stamp).unwrap().changed;
    assert!(changed.is_change() && changed.before.factor && !changed.after.factor);
    assert_eq!(bench.user(&user), changed.after);
    assert_eq!(bench.store.factor(&user.id).unwrap(), None);
    assert!(!bench.store.use_code(&user.id, &codes(&user, 1)[0], &stamp).unwrap());
    let before = bench.traces();
    assert!(!bench.store.disable_factor(&user.id, None, false, &stamp).unwrap().changed.is_change());
    assert_eq!(bench.traces(), before);
    enable(&mut bench, &user);
    bench.store.purge_user(&user.id, None, &stamp).unwrap();
    assert_eq!((bench.store.factor_keys().unwrap(), bench.store.sealed_factors().unwrap()), (vec![], vec![]));
}

pub fn a_step_is_taken_once_and_none_before_it(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    enable(&mut bench, &alice);
    let before = bench.traces();
    let mut take = |user: &User, n: u8, step: i64| bench.store.use_step(&user.id, &sealed("k1", n), step).unwrap();
    assert!(!take(&alice, 1, 100), "the one that turned it on");
    assert!(!take(&alice, 2, 101), "another secret than the one that is there");
    assert!(!take(&bob, 1, 101));
    assert!(take(&alice, 1, 102));
    assert!(!take(&alice, 1, 102) && !take(&alice, 1, 101));
    assert!(take(&alice, 1, 103));
    assert_eq!((bench.store.factor(&alice.id).unwrap().unwrap().last_step, bench.traces()), (103, before));
}

pub fn a_backup_code_is_used_once_and_by_its_owner(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    enable(&mut bench, &alice);
    let stamp = bench.stamp();
    let first = codes(&alice, 1);
    let before = bench.traces();
    assert!(!bench.store.use_code(&bob.id, &first[0], &stamp).unwrap());
    assert!(!bench.store.use_code(&alice.id, &codes(&alice, 2)[0], &stamp).unwrap());
    assert_eq!(bench.traces(), before);
    assert!(bench.store.use_code(&alice.id, &first[0], &stamp).unwrap());
    assert!(!bench.store.use_code(&alice.id, &first[0], &stamp).unwrap());
    assert_eq!(bench.traces(), (before.0 + 1, before.1 + 1, before.2));
    assert_eq!(bench.store.factor(&alice.id).unwrap().unwrap().codes, 9);
    let second = codes(&alice, 2);
    bench.store.replace_codes(&alice.id, None, &second, &stamp).unwrap();
    assert!(!bench.store.use_code(&alice.id, &first[1], &stamp).unwrap());
    assert!(bench.store.use_code(&alice.id, &second[1], &stamp).unwrap());
    bench.assert_chain();
}

pub fn new_seals_take_the_place_of_all_or_of_none(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    enable(&mut bench, &alice);
    enable(&mut bench, &bob);
    let reseal =
        |user: &User, was: u8| Reseal { user_id: user.id.clone(), was: sealed("k1", was), now: sealed("k2", 9) };
    let (stamp, before) = (bench.stamp(), bench.traces());
    for part in [vec![], vec![reseal(&alice, 1)], vec![reseal(&alice, 1), reseal(&bob, 2)]] {
        assert!(!bench.store.reseal_factors(&part, &stamp).unwrap());
    }
    assert_eq!((bench.store.factor_keys().unwrap(), bench.traces()), (vec![(KeyId::new("k1"), 2)], before));
    assert!(bench.store.reseal_factors(&[reseal(&alice, 1), reseal(&bob, 1)], &stamp).unwrap());
    assert_eq!(bench.store.factor_keys().unwrap(), [(KeyId::new("k2"), 2)]);
    assert_eq!(bench.traces().0, before.0 + 1);
    assert_eq!(bench.store.factor(&bob.id).unwrap().unwrap().sealed, sealed("k2", 9));
}

pub fn what_is_known_of_a_password_is_kept_with_its_hash(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let stamp = bench.stamp();
    assert_eq!(bench.store.hash_of(&user.id).unwrap().unwrap().stands_alone(), None);
    let deed = rollbook::accounts::audit::Deed::SetPassword;
    let set = |bench: &mut Bench, alone| {
        bench.store.set_password(&user.id, None, None, &hash(2).with_alone(alone), deed, &stamp)
    };
    assert_eq!(refused(set(&mut bench, Some(false))).kind, Kind::WeakPassword, "nothing stands beside it");
    enable(&mut bench, &user);
    for alone in [Some(true), None, Some(false)] {
        set(&mut bench, alone).unwrap();
        assert_eq!(bench.store.hash_of(&user.id).unwrap().unwrap().stands_alone(), alone);
    }
    assert_eq!(refused(bench.store.disable_factor(&user.id, None, false, &stamp)).kind, Kind::WeakPassword);
    assert!(bench.user(&user).factor);
    let forced = bench.store.disable_factor(&user.id, None, true, &stamp).unwrap();
    assert!(forced.weak && forced.changed.is_change());
}
