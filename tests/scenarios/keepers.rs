//! No change leaves the database without an active admin who can log in, once there was one.

use rollbook::accounts::bulk::Chosen;
use rollbook::accounts::change::UserChange;
use rollbook::accounts::error::Kind;
use rollbook::accounts::{Accounts, Draft, Edit, Result, Role, Span, User};

use crate::world::{PASSWORD, World, acting, insert, kind, pw};

type Deed = fn(&mut Accounts, &User) -> Result<()>;

/// Every way to lose an admin, one at a time.
const WAYS: [(&str, Deed); 6] = [
    ("deactivate", |a, user| a.deactivate(&user.id, None).map(drop)),
    ("delete", |a, user| a.delete(&user.id, None).map(drop)),
    ("purge", |a, user| a.purge(&user.id, None).map(drop)),
    ("to member", |a, user| a.edit(&user.id, None, role(Role::Member)).map(drop)),
    ("to auditor", |a, user| a.edit(&user.id, None, role(Role::Auditor)).map(drop)),
    ("an end", |a, user| {
        let far = a.now().plus(Span::DAY.times(3650));
        a.edit(&user.id, None, Edit { valid_until: Some(Some(far)), ..Edit::default() }).map(drop)
    }),
];

fn role(role: Role) -> Edit {
    Edit { role: Some(role), ..Edit::default() }
}

#[test]
fn the_last_admin_cannot_be_lost_in_any_way_by_anybody() {
    for (word, way) in WAYS {
        let mut w = World::new();
        let root = w.with_role("root", Role::Admin);
        w.person("alice");
        let token = w.login("root").token;
        let before = (w.look(&root), w.entries().len(), w.counters().unwrap());
        assert_eq!(kind(way(&mut w, &root)), Kind::LastAdmin, "{word} by the operator");
        assert_eq!(kind(w.by(&acting(&root), |a| way(a, &root))), Kind::LastAdmin, "{word} by themselves");
        assert_eq!((w.look(&root), w.entries().len(), w.counters().unwrap()), before, "{word}");
        assert!(w.lives(&token), "{word}: a refused change ends no session");
    }
}

#[test]
fn with_a_second_admin_each_of_them_can_go_and_the_other_then_not() {
    for (word, way) in WAYS {
        let mut w = World::new();
        let root = w.with_role("root", Role::Admin);
        let second = w.with_role("second", Role::Admin);
        way(&mut w, &root).unwrap_or_else(|error| panic!("{word}: {error}"));
        assert_eq!(kind(way(&mut w, &second)), Kind::LastAdmin, "{word}");
    }
}

#[test]
fn who_could_not_log_in_keeps_no_door_open() {
    for (word, way) in WAYS {
        let mut w = World::new();
        let root = w.with_role("root", Role::Admin);
        w.with_role("auditor", Role::Auditor);
        w.create_user(Draft { role: Role::Admin, ..Draft::named("no password").unwrap() }, None).unwrap();
        let pending = Draft { role: Role::Admin, pending: true, ..Draft::named("pending").unwrap() };
        w.create_user(pending, Some(&pw(PASSWORD))).unwrap();
        let until = Some(w.now().plus(Span::DAY));
        let ending = Draft { role: Role::Admin, valid_until: until, ..Draft::named("ending").unwrap() };
        w.create_user(ending, Some(&pw(PASSWORD))).unwrap();
        let off = w.with_role("off", Role::Admin);
        w.deactivate(&off.id, None).unwrap();
        let gone = w.with_role("gone", Role::Admin);
        w.delete(&gone.id, None).unwrap();
        assert_eq!(kind(way(&mut w, &root)), Kind::LastAdmin, "{word}");
    }
}

#[test]
fn undo_does_not_take_the_last_admin_either() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    let promoted = w.edit(&alice.id, None, role(Role::Admin)).unwrap();
    let dropped = w.deactivate(&root.id, None).unwrap();
    assert_eq!(kind(w.undo(&promoted)), Kind::LastAdmin);
    assert_eq!(w.look(&alice).role, Role::Admin);
    w.undo(&dropped).unwrap();
    w.undo(&promoted).unwrap();
    assert_eq!(w.look(&alice).role, Role::Member);
}

#[test]
fn undoing_an_activation_does_not_take_the_last_admin() {
    let mut w = World::new();
    let draft = Draft { role: Role::Admin, pending: true, ..Draft::named("root").unwrap() };
    let root = w.create_user(draft, Some(&pw(PASSWORD))).unwrap();
    let activated = w.activate(&root.id, None).unwrap();
    assert_eq!(kind(w.undo(&activated)), Kind::LastAdmin);
}

#[test]
fn before_there_was_an_admin_nobody_is_kept() {
    let mut w = World::new();
    let draft = Draft { role: Role::Admin, pending: true, ..Draft::named("root").unwrap() };
    let root = w.create_user(draft, Some(&pw(PASSWORD))).unwrap();
    let alice = w.person("alice");
    w.delete(&alice.id, None).unwrap();
    w.edit(&root.id, None, role(Role::Member)).unwrap();
    w.purge(&root.id, None).unwrap();
}

#[test]
fn other_changes_of_the_last_admin_are_free() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let edit = Edit { note: Some(Some("the one".into())), role: Some(Role::Admin), ..Edit::default() };
    w.edit(&root.id, None, edit).unwrap();
    w.set_password(&root.id, None, &pw("another")).unwrap();
    w.activate(&root.id, None).unwrap();
    assert_eq!(w.try_login("root", "another").unwrap().user.role, Role::Admin);
    assert_eq!(w.end_sessions(&root.id, None).unwrap(), 1);
}

#[test]
fn of_two_admins_who_switch_each_other_off_one_stays() {
    let mut w = World::new();
    let (a, b) = (w.with_role("a", Role::Admin), w.with_role("b", Role::Admin));
    w.by(&acting(&a), |door| door.deactivate(&b.id, None)).unwrap();
    assert_eq!(kind(w.by(&acting(&b), |door| door.deactivate(&a.id, None))), Kind::Unauthenticated);
    w.login("a");
}

#[test]
fn an_admin_who_never_kept_a_door_open_goes_freely() {
    for (word, way) in WAYS {
        for ending in [false, true] {
            let mut w = World::new();
            let until = ending.then(|| w.now().plus(Span::DAY));
            let draft = Draft { role: Role::Admin, valid_until: until, ..Draft::named("root").unwrap() };
            let password = ending.then(|| pw(PASSWORD));
            let root = w.create_user(draft, password.as_ref()).unwrap();
            way(&mut w, &root).unwrap_or_else(|error| panic!("{word}: {error}"));
        }
    }
}

#[test]
fn an_admin_whose_hash_no_login_can_verify_keeps_no_door_open() {
    let bcrypt = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
    for (word, way) in WAYS {
        let mut store = rollbook::engines::memory().unwrap();
        let import = insert(store.as_mut(), "import", Some(bcrypt));
        let mut w = World::over(store);
        w.set_policy("password", "open").unwrap();
        w.edit(&import.id, None, role(Role::Admin)).unwrap();
        assert!(w.look(&import).is_keeper() && !w.why(&import.id).unwrap().1.can_log_in());
        assert_eq!(kind(w.set_policy("console-login", "required")), Kind::ConstraintViolation);
        let root = w.with_role("root", Role::Admin);
        assert_eq!(kind(way(&mut w, &root)), Kind::LastAdmin, "{word}");
        way(&mut w, &import).unwrap_or_else(|error| panic!("{word}: {error}"));
    }
}

#[test]
fn a_plan_keeps_back_no_admin_whose_hash_no_login_can_verify() {
    let bcrypt = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
    let mut store = rollbook::engines::memory().unwrap();
    let import = insert(store.as_mut(), "import", Some(bcrypt));
    let mut w = World::over(store);
    w.set_policy("password", "open").unwrap();
    w.edit(&import.id, None, role(Role::Admin)).unwrap();
    let root = w.with_role("root", Role::Admin);
    let mut planned = |users: &[&rollbook::accounts::User]| {
        let chosen = users.iter().map(|user| (user.id.clone(), w.look(user).version)).collect();
        let plan = w.plan(&Chosen::People(chosen), &UserChange::Deactivate).unwrap();
        plan.people.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    };
    let only = std::slice::from_ref(&import.id);
    assert_eq!(planned(&[&import]), only);
    assert_eq!(planned(&[&import, &root]), only, "root is the one who can log in");
}
