//! A required log-in, the glass that its owner can break, and what a log-in to the console is.

use rollbook::accounts::bulk::Chosen;
use rollbook::accounts::change::UserChange;
use rollbook::accounts::error::{Field, Kind};
use rollbook::accounts::{Accounts, Actor, Draft, Edit, Result, Role, Span, Status, User, totp};

use crate::support::{operator, service};
use crate::world::{PASSWORD, World, acting, kind, pw, refused};

/// A house that asks for a log-in, with an admin and a member.
fn required() -> (World, User, User) {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    w.set_policy("console-login", "required").unwrap();
    (w, root, alice)
}

type Deed = fn(&mut Accounts, &User) -> Result<()>;

/// A share of what administrators do, one of each door.
const CHANGES: [(&str, Deed); 9] = [
    ("create", |a, _| a.create_user(Draft::named("eve")?, None).map(drop)),
    ("deactivate", |a, user| a.deactivate(&user.id, None).map(drop)),
    ("contain", |a, user| a.contain(&user.id, None).map(drop)),
    ("purge", |a, user| a.purge(&user.id, None).map(drop)),
    ("set password", |a, user| a.set_password(&user.id, None, &pw("other")).map(drop)),
    ("request a reset", |a, user| a.request_reset(&user.name).map(drop)),
    ("end sessions", |a, user| a.end_sessions(&user.id, None).map(drop)),
    ("create a token", |a, user| a.create_token(&user.id, None, rollbook::accounts::time::Until::Default).map(drop)),
    ("lift it", |a, _| a.set_policy("console-login", "open").map(drop)),
];

#[test]
fn where_a_login_is_required_the_operator_looks_and_an_admin_changes() {
    for (word, deed) in CHANGES {
        let (mut w, root, alice) = required();
        let before = (w.counters().unwrap(), w.entries().len());
        let error = refused(deed(&mut w, &alice));
        assert_eq!(error.kind, Kind::Unauthenticated, "{word}");
        assert!(error.hint.unwrap().contains("--as NAME"), "{word}");
        assert_eq!((w.counters().unwrap(), w.entries().len()), before, "{word}");
        assert_eq!(w.find("alice").unwrap(), alice, "{word}");
        w.sign_in("root", &pw(PASSWORD), None).unwrap();
        assert_eq!(*w.actor(), acting(&root));
        deed(&mut w, &alice).unwrap_or_else(|error| panic!("{word}: {error}"));
    }
}

#[test]
fn where_a_login_is_required_services_and_bearers_go_on_as_before() {
    let (mut w, _, alice) = required();
    let bob = w.pending("bob");
    w.served(|a| a.activate(&bob.id, None)).unwrap();
    let token = w.login("alice").token;
    assert!(w.lives(&token));
    w.log_out(&token).unwrap().expect("by its bearer");
    let issued = w.served(|a| a.request_reset("alice")).unwrap();
    w.complete_reset(&issued.request_id, &pw("by the code")).unwrap();
    w.change_password("alice", &pw("by the code"), &pw("by herself"), None).unwrap();
    w.authenticate("alice", &pw("by herself"), None).unwrap();
    assert_eq!(w.look(&alice).status, Status::Active);
    w.tidy(10).unwrap();
}

#[test]
fn a_login_is_required_only_while_somebody_can_log_in_and_lift_it() {
    let mut w = World::new();
    assert_eq!(refused(w.set_policy("console-login", "required")).field, Some(Field::Policy), "nobody at all");
    let eve = w.with_role("eve", Role::Auditor);
    let root = w.create_user(Draft { role: Role::Admin, ..Draft::named("root").unwrap() }, None).unwrap();
    assert!(refused(w.set_policy("console-login", "required")).message.contains("nobody could log in"));
    let soon = Some(w.now().plus(Span::HOUR));
    let brief = Draft { role: Role::Admin, valid_until: soon, ..Draft::named("brief").unwrap() };
    w.create_user(brief, Some(&pw(PASSWORD))).unwrap();
    assert_eq!(kind(w.set_policy("console-login", "required")), Kind::ConstraintViolation, "not for long");
    w.set_password(&root.id, None, &pw(PASSWORD)).unwrap();
    assert!(w.set_policy("console-login", "required").unwrap().login_required);
    let last = w.entries().pop().unwrap();
    let change = &last.detail.unwrap().changes[0];
    assert_eq!(
        (change.field.as_str(), change.before.as_str(), change.after.as_str()),
        ("console-login", "open", "required")
    );
    assert_eq!(kind(w.by(&acting(&root), |a| a.deactivate(&root.id, None))), Kind::LastAdmin);
    assert_eq!(kind(w.by(&acting(&eve), |a| a.set_policy("console-login", "open"))), Kind::Unauthorized);
    w.sign_in("root", &pw(PASSWORD), None).unwrap();
    assert!(!w.set_policy("console-login", "open").unwrap().login_required);
}

#[test]
fn a_console_is_left_alone_for_a_minute_at_least_and_twelve_hours_at_most() {
    let mut w = World::new();
    assert_eq!(w.policy().unwrap().console_idle, Span::MINUTE.times(5));
    for bad in ["59s", "12h1m", "0m", "none", "-5m"] {
        assert_eq!(kind(w.set_policy("console-idle", bad)), Kind::ConstraintViolation, "{bad}");
    }
    for good in ["1m", "12h", "90s"] {
        assert_eq!(w.set_policy("console-idle", good).unwrap().get("console-idle").as_deref(), Some(good));
    }
}

#[test]
fn broken_glass_lets_the_files_owner_act_with_a_reason_that_stands_in_the_audit() {
    let (mut w, _, alice) = required();
    assert_eq!(refused(w.break_glass(true)).field, Some(Field::Reason));
    w.give_reason(Some("nobody knows the password")).unwrap();
    assert_eq!(kind(w.break_glass(false)), Kind::Unauthorized, "the file is somebody else's");
    for actor in [service(), acting(&alice)] {
        assert_eq!(kind(w.by(&actor, |a| a.break_glass(true))), Kind::Unauthorized, "{actor:?}");
    }
    assert_eq!(kind(w.deactivate(&alice.id, None)), Kind::Unauthenticated, "nothing of it broke anything");
    assert!(w.break_glass(true).unwrap());
    w.deactivate(&alice.id, None).unwrap();
    let entries = w.entries();
    let [glass, change] = &entries[entries.len() - 2..] else { panic!("two entries") };
    assert_eq!((glass.deed.as_str(), glass.actor(), glass.target.clone()), ("break glass", "root", None));
    let told = |entry: &rollbook::accounts::audit::Entry| {
        let detail = entry.detail.clone().unwrap();
        (detail.reason, detail.origin)
    };
    for entry in [glass, change] {
        assert_eq!(told(entry), (Some("nobody knows the password".into()), "tty pts/7 · break-glass".into()));
    }
    // Acting in another name leaves no mark of it, and it holds for this handle alone.
    w.served(|a| a.register("carol", &pw(PASSWORD), false)).unwrap();
    assert_eq!(w.entries().last().unwrap().detail.clone().unwrap().origin, "tty pts/7");
}

#[test]
fn where_no_login_is_required_there_is_no_glass_to_break() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    w.give_reason(Some("to be sure")).unwrap();
    let before = w.entries().len();
    assert!(!w.break_glass(true).unwrap());
    assert_eq!(w.entries().len(), before);
    // One that is required meanwhile holds all the same.
    w.set_policy("console-login", "required").unwrap();
    assert_eq!(kind(w.set_policy("console-login", "open")), Kind::Unauthenticated);
}

#[test]
fn a_seat_hands_over_who_acts_and_how_it_was_shown() {
    let (mut w, root, alice) = required();
    w.give_reason(Some("in need")).unwrap();
    w.break_glass(true).unwrap();
    let seat = w.seat();
    assert!(w.standing().unwrap().glass);
    w.sign_in("root", &pw(PASSWORD), None).unwrap();
    assert!(!w.standing().unwrap().glass, "whoever logs in acts by their own right");
    let signed_in = w.seat();
    w.take_seat(seat);
    assert_eq!(w.standing().unwrap().actor, operator());
    w.deactivate(&alice.id, None).unwrap();
    w.take_seat(signed_in);
    assert_eq!(w.standing().unwrap().actor, acting(&root));
    w.create_token(&root.id, None, rollbook::accounts::time::Until::Default).unwrap();
}

#[test]
fn members_do_not_log_in_to_the_console_and_what_is_wrong_is_counted() {
    let (mut w, root, _) = required();
    let eve = w.by(&acting(&root), |a| {
        a.prove_again(&pw(PASSWORD), None).unwrap();
        let draft = Draft { role: Role::Auditor, ..Draft::named("eve").unwrap() };
        a.create_user(draft, Some(&pw(PASSWORD)))
    });
    let before = w.entries().len();
    let member = refused(w.sign_in("alice", &pw(PASSWORD), None));
    assert_eq!((member.kind, w.actor()), (Kind::Unauthorized, &operator()));
    assert!(member.message.contains("member"));
    assert_eq!(w.entries().len(), before);
    assert_eq!(w.sign_in("EVE", &pw(PASSWORD), None).unwrap().id, eve.unwrap().id);
    let standing = w.standing().unwrap();
    assert_eq!((standing.role, standing.actor.name()), (Role::Auditor, "eve"));
    let last = w.entries().pop().unwrap();
    assert_eq!(
        (last.deed.as_str(), last.actor(), last.detail.clone().unwrap().words.as_deref()),
        ("log in", "eve", Some("console"))
    );
    for _ in 0..6 {
        assert_eq!(kind(w.sign_in("root", &pw("wrong"), None)), Kind::InvalidCredentials);
    }
    assert_eq!(kind(w.sign_in("root", &pw(PASSWORD), None)), Kind::InvalidCredentials, "has to wait");
    assert_eq!(w.standing().unwrap().actor.name(), "eve", "a refused log-in changes nobody");
    assert!(w.look(&root).throttled_until.is_some());
}

#[test]
fn before_what_is_grave_the_password_is_asked_of_the_one_who_acts() {
    let (mut w, root, _) = required();
    assert_eq!(kind(w.prove_again(&pw(PASSWORD), None)), Kind::Unauthenticated, "an operator has none");
    w.sign_in("root", &pw(PASSWORD), None).unwrap();
    let name = rollbook::accounts::user::Name::parse("chief").unwrap();
    w.edit(&root.id, None, Edit { name: Some(name), ..Edit::default() }).unwrap();
    w.prove_again(&pw(PASSWORD), None).unwrap();
    assert_eq!(kind(w.prove_again(&pw("wrong"), None)), Kind::InvalidCredentials);
    let enrolment = w.begin_factor(&root.id).unwrap();
    let bytes = rollbook::accounts::base32::decode(enrolment.secret.expose()).unwrap();
    let code = totp::code(&bytes, totp::step(w.now()));
    w.enable_factor(&root.id, None, &enrolment.secret, &code).unwrap();
    assert_eq!(kind(w.prove_again(&pw(PASSWORD), None)), Kind::MissingOtpCode);
    w.pass(Span::SECOND.times(30));
    let code = totp::code(&bytes, totp::step(w.now()));
    w.prove_again(&pw(PASSWORD), Some(&code)).unwrap();
}

#[test]
fn a_session_alone_makes_nothing_of_ones_own_that_outlives_it() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    let token = w.login("root").token;
    let deeds: [(&str, Deed); 4] = [
        ("token", |a, user| a.create_token(&user.id, None, rollbook::accounts::time::Until::Default).map(drop)),
        ("code", |a, user| a.issue_reset(&user.id).map(drop)),
        ("code by name", |a, user| a.request_reset(&user.name).map(drop)),
        // The last, since it ends the session.
        ("password", |a, user| a.set_password(&user.id, None, &pw(PASSWORD)).map(drop)),
    ];
    let password = pw(PASSWORD);
    let by_session = rollbook::accounts::Claim { user: None, session: Some(&token) };
    let by_password = rollbook::accounts::Claim { user: Some(("root", &password, None)), session: None };
    for (word, deed) in deeds {
        let actor = w.authorize(&by_session).unwrap();
        assert_eq!(kind(w.by(&actor, |a| deed(a, &root))), Kind::Unauthorized, "{word}");
        w.by(&actor, |a| deed(a, &alice)).unwrap_or_else(|error| panic!("{word} of somebody else: {error}"));
        let actor = w.authorize(&by_password).unwrap();
        w.by(&actor, |a| deed(a, &root)).unwrap_or_else(|error| panic!("{word}: {error}"));
    }
    assert!(!w.lives(&token));
}

#[test]
fn a_factor_that_is_turned_on_ends_the_sessions_from_before() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (one, two) = (w.login("alice").token, w.login("alice").token);
    let enrolment = w.begin_factor(&alice.id).unwrap();
    let bytes = rollbook::accounts::base32::decode(enrolment.secret.expose()).unwrap();
    let code = totp::code(&bytes, totp::step(w.now()));
    assert_eq!(kind(w.enable_factor(&alice.id, None, &enrolment.secret, "000000")), Kind::InvalidOtpCode);
    assert!(w.lives(&one), "not by a try");
    assert_eq!(w.enable_factor(&alice.id, None, &enrolment.secret, &code).unwrap().ended, 2);
    assert!(!w.lives(&one) && !w.lives(&two));
    assert_eq!(w.look(&alice).sessions, 0);
    let words = w.entries().pop().unwrap().detail.unwrap().words.unwrap();
    assert_eq!(words, "10 backup codes, 2 sessions ended");
}

#[test]
fn where_nothing_may_be_written_no_password_is_looked_at() {
    let (_folder, path, mut w) = crate::world::file();
    w.with_role("root", Role::Admin);
    let token = w.login("root").token;
    let store = rollbook::engines::open(&path, rollbook::engines::Access::ReadOnly).unwrap();
    let mut looking = World::over(store);
    for password in [PASSWORD, "wrong"] {
        let error = refused(looking.authenticate("root", &pw(password), None));
        assert_eq!(error.kind, Kind::Unauthenticated, "{password}");
        assert!(error.hint.unwrap().contains("--read-only"));
    }
    assert_eq!(looking.verifications(), 0);
    assert!(looking.lives(&token), "a token cannot be guessed");
    let claim = rollbook::accounts::Claim { user: None, session: Some(&token) };
    assert!(matches!(looking.authorize(&claim), Ok(Actor::User { .. })));
}

#[test]
fn what_is_grave_takes_more_than_a_session_where_a_login_is_required() {
    type Grave = fn(&mut Accounts, &User) -> Result<()>;
    let graves: [(&str, Grave); 19] = [
        ("policy", |a, _| a.set_policy("console-login", "open").map(drop)),
        ("a member", |a, _| a.create_user(Draft::named("evil@example.org")?, None).map(drop)),
        ("rename", |a, user| {
            let name = Some(rollbook::accounts::user::Name::parse("boss")?);
            a.edit(&user.id, None, Edit { name, ..Edit::default() }).map(drop)
        }),
        ("label", |a, user| {
            let labels = Some(vec!["staff".into(), "wheel".into()]);
            a.edit(&user.id, None, Edit { labels, ..Edit::default() }).map(drop)
        }),
        ("label off", |a, user| a.edit(&user.id, None, Edit { labels: Some(vec![]), ..Edit::default() }).map(drop)),
        ("throttle", |a, user| a.unthrottle(&user.id).map(drop)),
        ("delete", |a, user| a.delete(&user.id, None).map(drop)),
        ("clock", |a, _| a.accept_clock().map(drop)),
        ("an admin", |a, _| {
            let draft = Draft { role: Role::Admin, ..Draft::named("evil")? };
            a.create_user(draft, Some(&pw("evil"))).map(drop)
        }),
        ("a role", |a, user| a.edit(&user.id, None, Edit { role: Some(Role::Admin), ..Edit::default() }).map(drop)),
        ("password", |a, user| a.set_password(&user.id, None, &pw("other")).map(drop)),
        ("code", |a, user| a.issue_reset(&user.id).map(drop)),
        ("code by name", |a, user| a.request_reset(&user.name).map(drop)),
        ("token", |a, user| a.create_token(&user.id, None, rollbook::accounts::time::Until::Default).map(drop)),
        ("factor off", |a, user| a.disable_factor(&user.id, None, false).map(drop)),
        ("contain", |a, user| a.contain(&user.id, None).map(drop)),
        ("many", |a, user| {
            let plan = a.plan(&Chosen::People(vec![(user.id.clone(), user.version)]), &UserChange::Deactivate)?;
            a.carry_out(&plan, &mut |_, _| true).map(drop)
        }),
        ("many back", |a, user| {
            let changed = a.edit(&user.id, None, Edit { note: Some(Some("x".into())), ..Edit::default() })?;
            let chosen = Chosen::People(vec![(user.id.clone(), changed.after.version)]);
            let plan = a.plan(&chosen, &UserChange::Deactivate)?;
            let done = a.carry_out(&plan, &mut |_, _| true)?;
            a.undo_many(&done.former, &mut |_, _| true).map(drop)
        }),
        ("purge", |a, user| a.purge(&user.id, None).map(drop)),
    ];
    let password = pw(PASSWORD);
    for (word, deed) in graves {
        let mut w = World::new();
        let root = w.with_role("root", Role::Admin);
        let alice = w.person("alice");
        let staff = Edit { labels: Some(vec!["staff".into()]), ..Edit::default() };
        let alice = w.edit(&alice.id, None, staff).unwrap().after;
        let token = w.login("root").token;
        for _ in 0..9 {
            assert_eq!(kind(w.try_login("alice", "guess")), Kind::InvalidCredentials);
        }
        let claim = rollbook::accounts::Claim { user: None, session: Some(&token) };
        w.set_policy("console-login", "required").unwrap();
        let actor = w.authorize(&claim).unwrap();
        let error = refused(w.by(&actor, |a| deed(a, &alice)));
        assert_eq!(error.kind, Kind::Unauthenticated, "{word}");
        assert!(error.message.starts_with("a session is not enough"), "{word}: {}", error.message);
        let now = w.look(&alice);
        assert!(now.can_log_in(w.now()) && now.throttled_until.is_some(), "{word}");
        assert_eq!((&now.name, &now.labels), (&alice.name, &alice.labels), "{word}");
        w.rehearse(true);
        w.by(&actor, |a| deed(a, &alice)).unwrap_or_else(|error| panic!("{word} rehearsed: {error}"));
        w.rehearse(false);
        assert_eq!(kind(w.by(&actor, |a| a.prove_again(&pw("wrong"), None))), Kind::InvalidCredentials);
        assert_eq!(kind(w.by(&actor, |a| deed(a, &alice))), Kind::Unauthenticated, "{word}");
        w.by(&actor, |a| a.prove_again(&password, None)).unwrap();
        let alice = w.look(&alice);
        w.by(&actor, |a| deed(a, &alice)).unwrap_or_else(|error| panic!("{word}: {error}"));
        assert_eq!(actor, acting(&root));
    }
    // Where none is required a session is enough, as is a password alone where one is.
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    let (alice, bob) = (w.person("alice"), w.person("bob"));
    let token = w.login("root").token;
    let actor = w.authorize(&rollbook::accounts::Claim { user: None, session: Some(&token) }).unwrap();
    w.by(&actor, |a| a.contain(&alice.id, None)).unwrap();
    let by_password = rollbook::accounts::Claim { user: Some(("root", &password, None)), session: None };
    w.by(&actor, |a| a.set_policy("console-login", "required")).unwrap();
    let actor = w.authorize(&by_password).unwrap();
    w.by(&actor, |a| a.contain(&bob.id, None)).unwrap();
}

#[test]
fn a_seat_that_was_taken_by_a_session_is_lost_with_it() {
    type Loss = fn(&mut World, &User, &rollbook::accounts::Secret);
    let losses: [(&str, Loss); 3] = [
        ("ended", |w, user, _| assert_eq!(w.end_sessions(&user.id, None).unwrap(), 1)),
        ("logged out", |w, _, token| drop(w.log_out(token).unwrap())),
        ("over", |w, _, _| w.pass(Span::DAY.times(2))),
    ];
    for (word, loss) in losses {
        let mut w = World::new();
        let root = w.with_role("root", Role::Admin);
        let alice = w.person("alice");
        let (token, other) = (w.login("root").token, w.login("root").token);
        let actor = w.authorize(&rollbook::accounts::Claim { user: None, session: Some(&token) }).unwrap();
        w.log_out(&other).unwrap();
        let edit = || Edit { note: Some(Some("x".into())), ..Edit::default() };
        w.by(&actor, |a| a.edit(&alice.id, None, edit())).unwrap_or_else(|error| panic!("another one's end: {error}"));
        loss(&mut w, &root, &token);
        let entries = w.entries().len();
        for answer in [
            w.by(&actor, |a| a.deactivate(&alice.id, None).map(drop)),
            w.by(&actor, |a| a.find("alice").map(drop)),
            w.by(&actor, |a| a.standing().map(drop)),
            w.by(&actor, |a| a.enter().map(drop)),
        ] {
            assert_eq!(kind(answer), Kind::Unauthenticated, "{word}");
        }
        assert_eq!(w.entries().len(), entries, "{word}");
        let seat = w.by(&actor, |a| a.seat());
        w.act_as(crate::support::operator());
        w.take_seat(seat);
        assert_eq!(kind(w.accounts.standing()), Kind::Unauthenticated, "{word}: nor by its seat elsewhere");
        w.sign_in("root", &pw(PASSWORD), None).unwrap();
        w.deactivate(&alice.id, None).unwrap();
    }
}
