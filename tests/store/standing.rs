//! Whoever acts is looked at in the transaction of what they do: an access that was taken away in between is gone.

use std::sync::Barrier;

use rollbook::accounts::audit::{Actor, Deed, Stamp};
use rollbook::accounts::change::UserChange;
use rollbook::accounts::warrant::Warrant;
use rollbook::accounts::{Edit, Kind, Role, Span, User};
use rollbook::engines::{Access, open};

use crate::bench::Bench;

fn by(bench: &Bench, user: &User, warrant: Warrant) -> Stamp {
    let actor = Actor::User { id: user.id.clone(), name: user.name.clone() };
    Stamp { actor, warrant, ..bench.stamp() }
}

fn edit(role: Role) -> UserChange {
    UserChange::Edit(Edit { role: Some(role), ..Edit::default() })
}

fn required(bench: &mut Bench) {
    let stamp = bench.stamp();
    bench.store.set_policy("console-login", "required", &stamp).unwrap();
}

#[test]
fn an_administrators_change_is_made_only_while_they_are_one() {
    for make in [Bench::memory, Bench::file] {
        let mut bench = make();
        bench.add_admin("keeper");
        let (root, alice) = (bench.add_admin("root"), bench.add("alice"));
        let stamp = by(&bench, &root, Warrant::Administrator);
        bench.store.change_user(&alice.id, None, &UserChange::Deactivate, &stamp).unwrap();
        for role in [Role::Auditor, Role::Member] {
            bench.change(&root, edit(role)).unwrap();
            let before = bench.trail().len();
            let error = bench.store.change_user(&alice.id, None, &UserChange::Activate, &stamp).unwrap_err();
            assert_eq!(error.kind, Kind::Unauthorized, "{role:?}");
            let error = bench.store.change_user(&root.id, None, &edit(Role::Admin), &stamp).unwrap_err();
            assert_eq!(error.kind, Kind::Unauthorized, "nor for themselves");
            assert_eq!(bench.trail().len(), before);
        }
        bench.change(&root, edit(Role::Admin)).unwrap();
        let until = UserChange::Edit(Edit { valid_until: Some(Some(bench.now)), ..Edit::default() });
        bench.change(&root, until).unwrap();
        let late = Stamp { at: bench.now.plus(Span::from_millis(1)), ..stamp.clone() };
        let error = bench.store.change_user(&alice.id, None, &UserChange::Activate, &late).unwrap_err();
        assert_eq!(error.kind, Kind::Unauthenticated, "past their end");
        bench.store.change_user(&alice.id, None, &UserChange::Activate, &stamp).unwrap();
        bench.change(&root, UserChange::Delete).unwrap();
        let error = bench.store.purge_user(&alice.id, None, &stamp).unwrap_err();
        assert_eq!(error.kind, Kind::Unauthenticated);
    }
}

#[test]
fn what_is_ones_own_is_changed_only_while_one_can_log_in() {
    let mut bench = Bench::memory();
    let alice = bench.add("alice");
    let stamp = by(&bench, &alice, Warrant::Own);
    bench.store.end_sessions(&alice.id, None, &stamp).unwrap();
    bench.change(&alice, UserChange::Deactivate).unwrap();
    assert_eq!(bench.store.end_sessions(&alice.id, None, &stamp).unwrap_err().kind, Kind::Unauthenticated);
    let open = Stamp { warrant: Warrant::Open, ..stamp };
    bench.store.end_sessions(&alice.id, None, &open).unwrap();
}

#[test]
fn an_operator_is_held_by_a_required_login_unless_the_glass_is_broken() {
    let mut bench = Bench::memory();
    let stamp = Stamp { warrant: Warrant::Administrator, ..bench.stamp() };
    let error = bench.store.set_policy("console-login", "required", &stamp).unwrap_err();
    assert_eq!(error.kind, Kind::ConstraintViolation, "nobody could log in");
    bench.add_admin("root");
    let alice = bench.add("alice");
    bench.store.change_user(&alice.id, None, &UserChange::Deactivate, &stamp).unwrap();
    required(&mut bench);
    let error = bench.store.change_user(&alice.id, None, &UserChange::Activate, &stamp).unwrap_err();
    assert_eq!(error.kind, Kind::Unauthenticated);
    let broken = Stamp { warrant: Warrant::BrokenGlass, ..stamp };
    bench.store.note(Deed::BreakGlass, None, None, &broken).unwrap();
    bench.store.change_user(&alice.id, None, &UserChange::Activate, &broken).unwrap();
    assert_eq!(bench.trail()[1].deed, "break glass");
    bench.assert_chain();
}

#[test]
fn a_demotion_that_comes_first_wins_over_what_the_demoted_had_begun() {
    for round in 0..40 {
        let mut bench = Bench::file();
        bench.add_admin("keeper");
        let (root, alice) = (bench.add_admin("root"), bench.add("alice"));
        let path = bench.path.clone().unwrap();
        let (demotion, deed) = (bench.stamp(), by(&bench, &root, Warrant::Administrator));
        let barrier = Barrier::new(2);
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut store = open(&path, Access::Full).unwrap();
                barrier.wait();
                store.change_user(&root.id, None, &edit(Role::Member), &demotion).unwrap();
            });
            let mut store = open(&path, Access::Full).unwrap();
            barrier.wait();
            store.change_user(&alice.id, None, &UserChange::Deactivate, &deed)
        });
        let trail = bench.trail();
        let place = |deed: &str| trail.iter().rposition(|entry| entry.deed == deed);
        // The trail is newest first.
        match (outcome, place("deactivate")) {
            (Ok(_), Some(done)) => assert!(place("edit").unwrap() < done, "round {round}: done before the demotion"),
            (Err(error), None) => assert_eq!(error.kind, Kind::Unauthorized),
            (outcome, done) => panic!("round {round}: {outcome:?} and {done:?}"),
        }
    }
}
