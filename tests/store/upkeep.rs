//! Promises about what goes when it is old enough, about the clock, and about what a purge leaves.

use rollbook::accounts::audit::Stamp;
use rollbook::accounts::change::UserChange;
use rollbook::accounts::health::Tidied;
use rollbook::accounts::session::Found;
use rollbook::accounts::{Actor, Edit, Span, User};

use crate::bench::{Bench, Make};

impl Bench {
    /// Days that go by with something done on each, so that the clock is seen to go.
    pub fn days(&mut self, days: i64) {
        for _ in 0..days {
            self.pass(Span::DAY);
            self.reset(None);
        }
    }

    fn tidy(&mut self, limit: u32) -> Tidied {
        let stamp = Stamp { actor: Actor::Service("rollbook".into()), ..self.stamp() };
        self.store.tidy(limit, &stamp).unwrap()
    }

    fn by(&self, user: &User) -> Stamp {
        Stamp { actor: Actor::User { id: user.id.clone(), name: user.name.clone() }, ..self.stamp() }
    }
}

pub fn what_is_over_goes_in_small_batches(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let mut kept = Vec::new();
    for _ in 0..5 {
        kept.push(bench.open(&user).0.id);
    }
    bench.fail_attempt("alice", None);
    bench.store.note_failure(Some(&user.id), None, bench.now, None).unwrap();
    bench.now = bench.now.plus(Span::HOUR).plus(Span::SECOND);
    bench.days(29);
    let early = bench.tidy(500);
    assert_eq!((early.sessions, early.more), (0, false), "{early:?}");
    bench.days(2);
    let first = bench.tidy(3);
    assert_eq!((first.sessions, first.rows(), first.more), (3, 3, true));
    let rest = bench.tidy(500);
    assert_eq!((rest.sessions, rest.more, rest.held), (2, false, false));
    assert!(rest.counters >= 2, "the failure and the known address: {rest:?}");
    assert!(kept.iter().all(|id| bench.store.session(id, bench.now).unwrap().is_none()));
    assert_eq!(bench.tidy(500).rows(), 0);
    assert_eq!(bench.store.clock().unwrap().tidied_at, Some(bench.now));
}

pub fn people_deleted_for_long_are_purged_in_the_programs_name(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    bench.change(&alice, UserChange::Delete).unwrap();
    bench.days(30);
    assert_eq!(bench.tidy(500).purged, 0, "for thirty days they can be restored");
    bench.days(1);
    assert_eq!(bench.tidy(500).purged, 1);
    assert!(bench.store.user(&alice.id, bench.now).unwrap().is_none());
    assert!(bench.store.user(&bob.id, bench.now).unwrap().is_some());
    let entry = bench.trail().remove(0);
    assert_eq!((entry.deed.as_str(), entry.actor(), &entry.target), ("purge", "rollbook", &Some(alice.id)));
    bench.assert_chain();
    let stamp = bench.stamp();
    bench.store.set_policy("retention-deleted", "2d", &stamp).unwrap();
    bench.change(&bob, UserChange::Delete).unwrap();
    bench.days(3);
    assert_eq!(bench.tidy(500).purged, 1, "the policy may keep them for less");
}

pub fn nothing_goes_while_the_clock_is_far_ahead(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    bench.change(&alice, UserChange::Delete).unwrap();
    let (session, _) = bench.open(&bob);
    bench.pass(Span::DAY.times(4000));
    let held = Tidied { held: true, ..Tidied::default() };
    assert_eq!(bench.tidy(500), held);
    // Not each log-in sweeps.
    for _ in 0..9 {
        bench.open(&bob);
    }
    bench.reset(None);
    assert!(bench.store.session(&session.id, bench.now).unwrap().is_some(), "nor does a log-in sweep it away");
    bench.pass(Span::HOUR.times(23));
    assert_eq!(bench.tidy(500), held);
    bench.pass(Span::HOUR);
    let done = bench.tidy(500);
    assert_eq!((done.purged, done.sessions, done.held), (1, 1, false), "it has stood a day");
}

pub fn log_ins_sweep_away_what_is_over_where_nobody_tidies(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let old: Vec<_> = (0..20).map(|_| bench.open(&user).0.id).collect();
    let gone =
        |bench: &mut Bench| old.iter().filter(|id| bench.store.session(id, bench.now).unwrap().is_none()).count();
    for _ in 0..31 {
        bench.days(1);
        bench.open(&user);
    }
    assert_eq!(gone(&mut bench), 0, "they ended a day later, and are kept for thirty");
    bench.days(1);
    for _ in 0..8 {
        bench.open(&user);
    }
    assert_eq!(gone(&mut bench), 20);
}

pub fn a_clock_that_goes_back_revives_no_session_and_no_reset(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (_, digest) = bench.open(&user);
    let reset = bench.reset(Some(&user));
    let began = bench.now;
    bench.pass(Span::HOUR.times(2));
    bench.add("bob");
    assert_eq!(bench.store.check_session(&digest, began).unwrap(), Found::Unknown);
    assert!(bench.store.reset_owner(&reset, began).unwrap().is_none());
    let stamp = Stamp { at: began, ..bench.stamp() };
    bench.store.accept_clock(&stamp).unwrap();
    assert!(matches!(bench.store.check_session(&digest, began).unwrap(), Found::Live(_)), "unless it is accepted");
}

pub fn an_accepted_clock_is_written_down(make: Make) {
    let mut bench = make();
    bench.add("alice");
    bench.pass(Span::DAY.times(90));
    assert!(bench.tidy(9).held);
    let stamp = bench.stamp();
    let state = bench.store.accept_clock(&stamp).unwrap();
    assert_eq!((state.high, state.leapt_at), (bench.now, None));
    assert_eq!(bench.trail()[0].deed, "accept clock");
    assert!(!bench.tidy(9).held);
    bench.assert_chain();
}

pub fn a_purge_takes_the_name_from_whom_they_acted_upon(make: Make) {
    let mut bench = make();
    let (mallory, alice, bob) = (bench.add_admin("Mallory"), bench.add("alice"), bench.add("bob"));
    bench.add_admin("root");
    bench.open(&bob);
    let renamed = Edit { name: Some(rollbook::accounts::user::Name::parse("M. Queen").unwrap()), ..Edit::default() };
    let (stamp, own) = (bench.by(&mallory), bench.stamp());
    bench.store.change_user(&alice.id, None, &UserChange::Contain, &stamp).unwrap();
    let mallory = bench.store.change_user(&mallory.id, None, &UserChange::Edit(renamed), &own).unwrap().after;
    let stamp = bench.by(&mallory);
    bench.store.end_sessions(&bob.id, None, &stamp).unwrap();
    // Somebody of the operating system who happens to have the name.
    let operator = Stamp { actor: Actor::Operator("Mallory".into()), ..bench.stamp() };
    bench.store.change_user(&bob.id, None, &UserChange::Deactivate, &operator).unwrap();
    assert_eq!(bench.user(&alice).status_by.as_deref(), Some("Mallory"));
    let voided = bench.store.voided_password(&alice.id).unwrap().unwrap();
    assert_eq!((voided.at, voided.by.as_deref()), (stamp.at, Some("Mallory")));
    let last = bench.store.audit(Some(&alice.id), None, 1).unwrap().remove(0);
    assert_eq!(last.actor(), "M. Queen", "the name that they have now");
    bench.store.purge_user(&mallory.id, None, &own).unwrap();
    assert_eq!(bench.user(&alice).status_by, None);
    assert_eq!(bench.store.voided_password(&alice.id).unwrap().unwrap().by, None);
    let sessions = bench.store.sessions_of(&bob.id, 9, bench.now).unwrap();
    assert_eq!((sessions.len(), sessions[0].ended_by.as_deref()), (1, None));
    let told = format!("{:?}", bench.trail());
    assert!(!told.contains("M. Queen"), "{told}");
    let last = bench.store.audit(Some(&alice.id), None, 1).unwrap().remove(0);
    assert_eq!((last.actor(), &last.actor_id), ("(erased)", &Some(mallory.id)), "that it was one and the same stays");
    assert!(last.detail.is_some_and(|detail| !detail.changes.is_empty()), "and so does what was done");
    bench.assert_chain();
}
