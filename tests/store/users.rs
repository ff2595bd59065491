//! Promises about users.

use rollbook::accounts::audit::Deed;
use rollbook::accounts::change::UserChange;
use rollbook::accounts::store::NewUser;
use rollbook::accounts::user::Name;
use rollbook::accounts::{Draft, Edit, Kind, Role, Span, Status, User};

use crate::bench::{Make, hash, refused};

pub fn a_new_user_is_found_by_id_and_by_name(make: Make) {
    let mut bench = make();
    assert!(bench.store.is_empty().unwrap());
    let draft = Draft {
        email: Some("A@B".into()),
        labels: vec!["ops".into(), "web".into()],
        note: Some("n".into()),
        pending: true,
        valid_until: Some(bench.now),
        ..Draft::named("Zoë").unwrap()
    };
    let user = bench.try_add(draft).unwrap();
    assert!(!bench.store.is_empty().unwrap());
    let now = bench.now;
    assert_eq!(bench.store.user(&user.id, now).unwrap().as_ref(), Some(&user));
    assert_eq!(bench.store.user_named("zoë", now).unwrap().as_ref(), Some(&user));
    assert_eq!(bench.store.user_named("Zoë", now).unwrap(), None, "the key is the folded name");
    assert_eq!((user.status, user.version, user.activated_at), (Status::Pending, 1, None));
    assert_eq!((user.labels.len(), user.password_set_at), (2, Some(now)));
    let credential = bench.store.credential("zoë", now).unwrap().unwrap();
    assert!(credential.hash == Some(hash(1)) && credential.user == user);
}

pub fn a_taken_name_is_refused_whatever_its_case(make: Make) {
    let mut bench = make();
    bench.add("Alice");
    let before = bench.traces();
    let error = refused(bench.try_add(Draft::named("aLICE").unwrap()));
    assert_eq!(error.kind, Kind::DuplicateUser);
    assert!(error.message.contains("\"Alice\"") && error.hint.is_some());
    assert_eq!(bench.traces(), before);
    let bob = bench.add("bob");
    let edit = Edit { name: Some(Name::parse("ALICE").unwrap()), ..Edit::default() };
    assert_eq!(refused(bench.change(&bob, UserChange::Edit(edit))).kind, Kind::DuplicateUser);
    let edit = Edit { name: Some(Name::parse("BOB").unwrap()), ..Edit::default() };
    assert_eq!(bench.change(&bob, UserChange::Edit(edit)).unwrap().after.name, "BOB", "one's own name is not taken");
    for (name, others) in [
        ("ΝΙΚΟΣ", &["νικος", "νικοσ", "Νικος"][..]),
        ("straße", &["STRASSE", "Strasse", "STRAẞE"]),
        ("Σίσυφος", &["ΣΊΣΥΦΟΣ", "ΣΙ\u{301}ΣΥΦΟΣ", "σίσυφοσ"]),
        ("ﬁnn", &["FINN", "finn"]),
    ] {
        let user = bench.add(name);
        for other in others {
            assert_eq!(refused(bench.try_add(Draft::named(other).unwrap())).kind, Kind::DuplicateUser, "{other}");
            let key = rollbook::accounts::text::fold(other);
            assert_eq!(bench.store.user_named(&key, bench.now).unwrap().map(|found| found.id), Some(user.id.clone()));
        }
    }
    bench.add("Łukasz");
    bench.try_add(Draft::named("Lukasz").unwrap()).unwrap();
}

pub fn only_the_first_is_a_founder(make: Make) {
    let mut bench = make();
    let first = bench.new_user(Draft::named("a").unwrap(), None);
    let second = bench.new_user(Draft::named("b").unwrap(), None);
    let stamp = bench.stamp();
    let first = bench.store.insert_user(&NewUser { founding: true, ..first }, &stamp).unwrap();
    bench.change(&first, UserChange::Delete).unwrap();
    let error = refused(bench.store.insert_user(&NewUser { founding: true, ..second }, &stamp));
    assert_eq!(error.kind, Kind::Unauthenticated, "a deleted user counts");
}

pub fn a_change_writes_one_entry_and_moves_the_version(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (entries, users, _) = bench.traces();
    let edit = Edit { email: Some(Some("a@b".into())), role: Some(Role::Auditor), ..Edit::default() };
    let changed = bench.change(&user, UserChange::Edit(edit)).unwrap();
    assert_eq!(bench.user(&user), changed.after);
    assert_eq!((changed.before.version, changed.after.version), (1, 2));
    let (entries_now, users_now, _) = bench.traces();
    assert!(entries_now == entries + 1 && users_now > users);
    let entry = bench.trail().remove(0);
    assert_eq!((entry.deed.as_str(), entry.target), (Deed::Edit.word(), Some(user.id)));
    let changes = entry.detail.unwrap().changes;
    let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["email", "role"]);
    bench.assert_chain();
}

pub fn doing_it_twice_writes_nothing(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.change(&user, UserChange::Deactivate).unwrap();
    let before = bench.traces();
    let again = bench.change(&user, UserChange::Deactivate).unwrap();
    assert!(!again.is_change());
    assert_eq!(bench.traces(), before);
}

pub fn a_stale_version_is_refused_and_says_who(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.change(&user, UserChange::Deactivate).unwrap();
    bench.pass(Span::SECOND.times(4));
    let (stamp, before) = (bench.stamp(), bench.traces());
    let errors = [
        refused(bench.store.change_user(&user.id, Some(1), &UserChange::Activate, &stamp)),
        refused(bench.store.set_password(&user.id, Some(1), None, &hash(2), Deed::SetPassword, &stamp)),
        refused(bench.store.purge_user(&user.id, Some(1), &stamp)),
    ];
    for error in errors {
        assert_eq!(error.kind, Kind::Stale);
        assert_eq!(error.message, "\"alice\" has changed: deactivated by \"root\" 4 s ago");
    }
    assert_eq!(bench.traces(), before);
    bench.store.change_user(&user.id, Some(2), &UserChange::Activate, &stamp).unwrap();
}

fn every_way_to_lose(user: &User) -> Vec<UserChange> {
    let role = Edit { role: Some(Role::Member), ..Edit::default() };
    let end = Edit { valid_until: Some(Some(user.created_at)), ..Edit::default() };
    let pending = User { status: Status::Pending, ..user.clone() };
    vec![
        UserChange::Deactivate,
        UserChange::Delete,
        UserChange::Edit(role),
        UserChange::Edit(end),
        UserChange::Undo(Box::new(pending)),
        UserChange::Contain,
    ]
}

pub fn the_last_admin_stays(make: Make) {
    let mut bench = make();
    let admin = bench.add_admin("root");
    bench.add("member");
    // Admins who could not come in themselves keep no door open.
    let locked = Draft { role: Role::Admin, pending: true, ..Draft::named("pending").unwrap() };
    bench.try_add(locked).unwrap();
    let ending = Draft { role: Role::Admin, valid_until: Some(bench.now), ..Draft::named("ending").unwrap() };
    bench.try_add(ending).unwrap();
    let codeless = bench.new_user(Draft { role: Role::Admin, ..Draft::named("codeless").unwrap() }, None);
    let stamp = bench.stamp();
    bench.store.insert_user(&codeless, &stamp).unwrap();
    let before = bench.traces();
    for change in every_way_to_lose(&admin) {
        assert_eq!(refused(bench.change(&admin, change.clone())).kind, Kind::LastAdmin, "{change:?}");
    }
    assert_eq!(refused(bench.store.purge_user(&admin.id, None, &stamp)).kind, Kind::LastAdmin);
    assert_eq!(bench.user(&admin), admin);
    assert_eq!(bench.traces(), before);
}

pub fn one_of_two_admins_may_go(make: Make) {
    for way in 0..6 {
        let mut bench = make();
        let admin = bench.add_admin("root");
        bench.add_admin("second");
        let change = every_way_to_lose(&admin).swap_remove(way);
        bench.change(&admin, change).unwrap();
    }
}

pub fn going_ends_sessions_and_a_deletion_voids_resets(make: Make) {
    for change in [UserChange::Deactivate, UserChange::Delete] {
        let mut bench = make();
        let user = bench.add("alice");
        bench.open(&user);
        bench.open(&user);
        let reset = bench.reset(Some(&user));
        let voids = change == UserChange::Delete;
        let changed = bench.change(&user, change).unwrap();
        assert_eq!((changed.ended, changed.before.sessions, changed.after.sessions), (2, 2, 0));
        bench.change(&user, UserChange::Undo(Box::new(changed.before))).unwrap();
        assert_eq!(bench.user(&user).sessions, 0, "an undo revives no session");
        assert_eq!(bench.store.reset_owner(&reset, bench.now).unwrap().is_none(), voids, "it activates nobody");
    }
}

pub fn an_undone_activation_leaves_no_session_behind(make: Make) {
    let mut bench = make();
    let user = bench.try_add(Draft { pending: true, ..Draft::named("alice").unwrap() }).unwrap();
    let changed = bench.change(&user, UserChange::Activate).unwrap();
    bench.open(&user);
    let undone = bench.change(&user, UserChange::Undo(Box::new(changed.before))).unwrap();
    assert_eq!((undone.after.status, undone.ended), (Status::Pending, 1));
    bench.change(&user, UserChange::Activate).unwrap();
    assert_eq!(bench.user(&user).sessions, 0);
}

pub fn a_deleted_name_is_free_and_the_last_deleted_comes_first(make: Make) {
    let mut bench = make();
    let first = bench.add("alice");
    bench.change(&first, UserChange::Delete).unwrap();
    let second = bench.add("ALICE");
    bench.change(&second, UserChange::Delete).unwrap();
    assert_eq!(bench.store.user_named("alice", bench.now).unwrap(), None);
    assert!(bench.store.credential("alice", bench.now).unwrap().is_none());
    let gone = bench.store.deleted_named("alice", bench.now).unwrap();
    assert_eq!(gone.iter().map(|user| &user.id).collect::<Vec<_>>(), [&second.id, &first.id]);
}

pub fn nobody_comes_back_under_a_taken_name(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let gone = bench.change(&user, UserChange::Delete).unwrap();
    bench.add("Alice");
    assert_eq!(refused(bench.change(&user, UserChange::Restore(None))).kind, Kind::DuplicateUser);
    let undo = UserChange::Undo(Box::new(gone.before));
    assert_eq!(refused(bench.change(&user, undo)).kind, Kind::DuplicateUser);
    let name = Some(Name::parse("alice2").unwrap());
    let back = bench.change(&user, UserChange::Restore(name)).unwrap().after;
    assert_eq!((back.name.as_str(), back.deleted_at), ("alice2", None));
    assert_eq!(bench.store.user_named("alice2", bench.now).unwrap(), Some(back));
}

pub fn an_unknown_user_is_unknown_to_every_change(make: Make) {
    let mut bench = make();
    let ghost = bench.add("ghost");
    let stamp = bench.stamp();
    bench.store.purge_user(&ghost.id, None, &stamp).unwrap();
    let kinds = [
        refused(bench.change(&ghost, UserChange::Activate)).kind,
        refused(bench.store.purge_user(&ghost.id, None, &stamp)).kind,
        refused(bench.store.set_password(&ghost.id, None, None, &hash(2), Deed::SetPassword, &stamp)).kind,
        refused(bench.store.end_sessions(&ghost.id, None, &stamp)).kind,
    ];
    assert_eq!(kinds, [Kind::UnknownUser; 4]);
}

pub fn a_purge_erases_the_person_and_what_is_told_of_them(make: Make) {
    let mut bench = make();
    let user = bench.add("Xanthippe");
    bench.add("other");
    let (session, digest) = bench.open(&user);
    let reset = bench.reset(Some(&user));
    bench.store.note_failure(Some(&user.id), Some("10.9.9.9"), bench.now, None).unwrap();
    let stamp = bench.stamp();
    assert_eq!(bench.store.purge_user(&user.id, None, &stamp).unwrap().name, "Xanthippe");
    let now = bench.now;
    assert_eq!(bench.store.user(&user.id, now).unwrap(), None);
    assert!(bench.store.hash_of(&user.id).unwrap().is_none());
    assert_eq!(bench.store.session(&session.id, now).unwrap(), None);
    assert_eq!(bench.store.check_session(&digest, now).unwrap(), rollbook::accounts::session::Found::Unknown);
    assert_eq!(bench.store.reset_owner(&reset, now).unwrap(), None);
    assert_eq!(bench.store.deleted_named("xanthippe", now).unwrap(), []);
    let trail = bench.trail();
    assert_eq!((trail[0].deed.as_str(), trail[0].target.as_ref()), (Deed::Purge.word(), Some(&user.id)));
    assert!(!format!("{trail:?}").contains("Xanthippe"), "a personal value is left in the audit");
    assert!(trail.iter().any(|entry| entry.detail.is_some() && entry.target.as_ref() != Some(&user.id)));
    bench.assert_chain();
}
