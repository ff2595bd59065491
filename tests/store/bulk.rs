//! Promises about one change to many people.

use rollbook::accounts::audit::{Actor, Deed, Stamp};
use rollbook::accounts::bulk::{Chosen, Former, Outcome, Plan};
use rollbook::accounts::change::UserChange;
use rollbook::accounts::query::Filter;
use rollbook::accounts::{Kind, Role, Span, Status, User};

use crate::bench::{Bench, Make};
use crate::support::{HandClock, accounts, operator};
use crate::tokens::new_token;

fn all() -> Chosen {
    Chosen::All(Filter::default())
}

fn plan(bench: &mut Bench, chosen: &Chosen, change: &UserChange) -> Plan {
    let stamp = bench.stamp();
    bench.store.plan(chosen, change, &stamp).unwrap()
}

fn kept(plan: &Plan) -> Vec<(&str, Kind)> {
    plan.kept.iter().map(|left| (left.name.as_str(), left.why.kind)).collect()
}

/// Two administrators and three members, one of them inactive; bob has a session and a token.
fn mixed(make: Make) -> (Bench, Vec<User>) {
    let mut bench = make();
    let mut users = vec![bench.add_admin("root"), bench.add_admin("boss")];
    users.extend(["ann", "bob", "off"].map(|name| bench.add(name)));
    bench.open(&users[3]);
    let (new, stamp) = (new_token(&mut bench, &users[3], "ci"), bench.stamp());
    bench.store.insert_token(&new, &stamp).unwrap();
    bench.change(&users[4], UserChange::Deactivate).unwrap();
    (bench, users)
}

pub fn a_plan_counts_and_keeps_back_and_writes_nothing(make: Make) {
    let (mut bench, users) = mixed(make);
    let traces = bench.traces();
    let plan = plan(&mut bench, &all(), &UserChange::Deactivate);
    assert_eq!((plan.matched, plan.people.len(), plan.already), (5, 3, 1));
    assert_eq!(kept(&plan), [("root", Kind::LastAdmin)], "of all administrators the oldest stays");
    assert_eq!((plan.exposure.sessions, plan.exposure.tokens), (1, 1));
    assert_eq!(plan.examples, ["boss", "ann", "bob"]);
    assert_eq!(plan.people[1], (users[2].id.clone(), users[2].version));
    assert_eq!(bench.traces(), traces);
}

pub fn nobody_takes_their_own_access_among_many(make: Make) {
    let (mut bench, users) = mixed(make);
    let actor = Actor::User { id: users[1].id.clone(), name: "boss".into() };
    let stamp = Stamp { actor, ..bench.stamp() };
    let plan = bench.store.plan(&all(), &UserChange::Delete, &stamp).unwrap();
    assert_eq!(kept(&plan), [("boss", Kind::Unauthorized)], "and so root need not stay");
    assert_eq!(plan.people.len(), 4);
}

pub fn chosen_people_are_planned_for_in_the_version_that_was_looked_at(make: Make) {
    let (mut bench, users) = mixed(make);
    let mut list: Vec<_> = users[2..].iter().map(|user| (user.id.clone(), user.version)).collect();
    list.push((rollbook::accounts::UserId::new("nobody"), 1));
    let plan = plan(&mut bench, &Chosen::People(list), &UserChange::Delete);
    assert_eq!((plan.matched, plan.people.len()), (4, 2));
    assert_eq!(kept(&plan), [("off", Kind::Stale), ("", Kind::UnknownUser)]);
}

pub fn a_batch_is_one_transaction_with_an_answer_and_an_entry_for_each(make: Make) {
    let (mut bench, users) = mixed(make);
    let plan = plan(&mut bench, &all(), &UserChange::Deactivate);
    // Between the plan and the deed somebody else comes and one goes.
    bench.change(&users[2], UserChange::Contain).unwrap();
    let before = bench.trail().len();
    let mut list = plan.people.clone();
    list.push((users[0].id.clone(), users[0].version));
    let stamp = bench.stamp();
    let answers = bench.store.change_many(&list, &UserChange::Deactivate, &stamp).unwrap();
    let kinds: Vec<_> = answers.iter().map(|answer| answer.as_ref().map(|_| ()).map_err(|error| error.kind)).collect();
    assert_eq!(kinds, [Ok(()), Err(Kind::Stale), Ok(()), Err(Kind::LastAdmin)]);
    assert!(answers[1].as_ref().is_err_and(|error| error.message.contains("by \"root\"")), "who moved them on is said");
    assert_eq!(answers[2].as_ref().unwrap().ended, 1);
    let trail = bench.trail();
    assert_eq!(trail.len(), before + 2);
    assert!(trail[..2].iter().all(|entry| entry.deed == Deed::Deactivate.word()));
    assert_eq!(bench.user(&users[3]).status, Status::Inactive);
    bench.assert_chain();
}

pub fn a_rehearsed_batch_leaves_nothing(make: Make) {
    let (mut bench, users) = mixed(make);
    let (traces, stamp) = (bench.traces(), bench.stamp());
    bench.store.rehearse(true);
    let list = [(users[2].id.clone(), users[2].version)];
    assert!(bench.store.change_many(&list, &UserChange::Delete, &stamp).unwrap()[0].is_ok());
    bench.store.rehearse(false);
    assert_eq!(bench.traces(), traces);
}

/// A handle that does it through the domain's door, on many members.
fn crowd(make: Make, size: usize) -> (Bench, rollbook::accounts::Accounts, Vec<User>) {
    let mut bench = make();
    bench.add_admin("root");
    let users: Vec<User> = (0..size).map(|n| bench.add(&format!("p{n:03}"))).collect();
    let clock = HandClock::default();
    clock.set(bench.now.plus(Span::SECOND));
    let store = std::mem::replace(&mut bench.store, rollbook::engines::memory().unwrap());
    (bench, accounts(store, &clock, 5, operator()), users)
}

fn states(accounts: &mut rollbook::accounts::Accounts, users: &[User]) -> Vec<User> {
    users.iter().map(|user| accounts.get(&user.id, None).unwrap()).collect()
}

pub fn many_are_changed_in_batches_and_given_back_by_one_record(make: Make) {
    let (_bench, mut accounts, users) = crowd(make, 600);
    let before = states(&mut accounts, &users);
    for change in [UserChange::Deactivate, UserChange::Delete, UserChange::Contain] {
        let plan = accounts.plan(&Chosen::All(Filter::prefix("p")), &change).unwrap();
        let mut heard = Vec::new();
        let done = accounts
            .carry_out(&plan, &mut |done, of| {
                heard.push((done, of));
                true
            })
            .unwrap();
        assert_eq!((done.changed(), done.is_whole()), (600, true));
        assert_eq!(heard, [(250, 600), (500, 600), (600, 600)]);
        assert!(states(&mut accounts, &users).iter().all(|user| !user.can_log_in(accounts.now())), "{change:?}");
        let back = accounts.undo_many(&done.former, &mut |_, _| true).unwrap();
        assert_eq!((back.changed(), back.is_whole()), (600, true));
        let plain = |user: User| User { version: 0, ..user };
        let now: Vec<User> = states(&mut accounts, &users).into_iter().map(plain).collect();
        let kept = |user: User| match change.voids_password() {
            true => User { password_set_at: None, ..user },
            false => user,
        };
        let wanted: Vec<User> = before.clone().into_iter().map(plain).map(kept).collect();
        assert!(now == wanted, "{change:?}: {:?} is not {:?}", now.first(), wanted.first());
    }
}

pub fn many_can_be_stopped_after_any_batch_and_the_rest_is_as_it_was(make: Make) {
    let (_bench, mut accounts, users) = crowd(make, 600);
    let plan = accounts.plan(&Chosen::All(Filter::prefix("p")), &UserChange::Delete).unwrap();
    let done = accounts.carry_out(&plan, &mut |_, _| false).unwrap();
    assert_eq!((done.changed(), done.rest, done.is_whole()), (250, 350, false));
    assert_eq!(accounts.count(&Filter::default(), None).unwrap(), 351);
    // Who has moved on since is told and not given back.
    let last = accounts.find_deleted("p007").unwrap();
    accounts.restore(&last.id, None, None).unwrap();
    let back = accounts.undo_many(&done.former, &mut |_, _| true).unwrap();
    assert_eq!((back.changed(), back.left_out, back.left[0].name.as_str()), (249, 1, "p007"));
    assert_eq!(back.left[0].why.kind, Kind::Stale);
    let _: (Vec<Former>, Outcome) = (done.former, back);
    assert_eq!(users.len() + 1, accounts.count(&Filter::default(), None).unwrap() as usize);
    assert!(states(&mut accounts, &users).iter().all(|user| user.role == Role::Member && user.deleted_at.is_none()));
}

pub fn many_sessions_are_ended_in_one_transaction_with_an_entry_for_each(make: Make) {
    let (mut bench, users) = mixed(make);
    let (one, two, spare) = (bench.open(&users[2]).0, bench.open(&users[3]).0, bench.open(&users[3]).0);
    let stamp = bench.stamp();
    bench.store.end_session(&two.id, &stamp).unwrap();
    let before = bench.trail().len();
    let ids = [one.id.clone(), two.id.clone(), rollbook::accounts::session::SessionId::new("nothing")];
    bench.store.rehearse(true);
    assert_eq!(bench.store.end_many(&ids, &stamp).unwrap(), 1);
    bench.store.rehearse(false);
    assert_eq!(bench.trail().len(), before, "a rehearsal leaves nothing");
    assert_eq!(
        bench.store.end_many(&ids, &stamp).unwrap(),
        1,
        "what is over stays as it is, what is unknown is nothing"
    );
    assert_eq!(bench.trail().len(), before + 1);
    assert_eq!(bench.trail()[0].deed, Deed::End.word());
    assert!(bench.store.session(&one.id, stamp.at).unwrap().unwrap().ended_at.is_some());
    assert!(bench.store.session(&spare.id, stamp.at).unwrap().unwrap().ended_at.is_none());
    bench.assert_chain();
}
