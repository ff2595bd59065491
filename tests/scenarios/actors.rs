//! Who may do what, and that it is asked anew each time.

use rollbook::accounts::audit::NewEntry;
use rollbook::accounts::error::Kind;
use rollbook::accounts::session::SessionId;
use rollbook::accounts::store::Sample;
use rollbook::accounts::{Accounts, Claim, Draft, Edit, Login, Result, Role, Span, User};

use crate::world::{PASSWORD, World, acting, kind, pw};

type Deed = fn(&mut Accounts, &User) -> Result<()>;

/// Everything that only an administrator does.
const ADMINISTERING: [(&str, Deed); 14] = [
    ("create", |a, _| a.create_user(Draft::named("eve")?, Some(&pw(PASSWORD))).map(drop)),
    ("create an admin", |a, _| a.create_user(Draft { role: Role::Admin, ..Draft::named("eve")? }, None).map(drop)),
    ("activate", |a, user| a.activate(&user.id, None).map(drop)),
    ("deactivate", |a, user| a.deactivate(&user.id, None).map(drop)),
    ("edit", |a, user| a.edit(&user.id, None, Edit { role: Some(Role::Admin), ..Edit::default() }).map(drop)),
    ("delete", |a, user| a.delete(&user.id, None).map(drop)),
    ("restore", |a, user| a.restore(&user.id, None, None).map(drop)),
    ("purge", |a, user| a.purge(&user.id, None).map(drop)),
    ("set password", |a, user| a.set_password(&user.id, None, &pw("other")).map(drop)),
    ("issue a reset", |a, user| a.issue_reset(&user.id).map(drop)),
    ("end a session", |a, user| {
        let id = a.sessions_of(&user.id, 1)?.first().map_or_else(|| SessionId::new("0"), |session| session.id.clone());
        a.end_session(&id).map(drop)
    }),
    ("end sessions", |a, user| a.end_sessions(&user.id, None).map(drop)),
    ("set policy", |a, _| a.set_policy("registration", "closed").map(drop)),
    ("load", |a, _| a.load(&mut std::iter::empty::<Sample>(), &[] as &[NewEntry], &mut |_| true).map(drop)),
];

#[test]
fn an_auditor_looks_and_changes_nothing_and_a_member_does_neither() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    let token = w.login("alice").token;
    for role in [Role::Auditor, Role::Member] {
        let this = w.with_role(role.word(), role);
        let actor = acting(&this);
        let before = (w.counters().unwrap(), w.entries().len());
        for (word, deed) in ADMINISTERING {
            let refused = w.by(&actor, |a| deed(a, &alice)).unwrap_err();
            assert_eq!(refused.kind, Kind::Unauthorized, "{word} by {}", role.word());
            assert!(refused.hint.is_some(), "who does it instead: {refused}");
        }
        assert_eq!((w.counters().unwrap(), w.entries().len()), before);
        let found = w.by(&actor, |a| a.find("alice"));
        let entries = w.by(&actor, |a| a.audit(None, None, 10));
        if role == Role::Auditor {
            assert_eq!(found.unwrap().id, alice.id);
            assert!(!entries.unwrap().is_empty());
        } else {
            assert_eq!((kind(found), kind(entries)), (Kind::Unauthorized, Kind::Unauthorized));
            assert_eq!(kind(w.by(&actor, |a| a.get(&alice.id, None))), Kind::Unauthorized);
            assert_eq!(w.by(&actor, |a| a.get(&this.id, None)).unwrap().id, this.id);
        }
    }
    assert!(w.lives(&token));
}

#[test]
fn a_service_registers_logs_in_checks_and_resets_and_administers_nobody() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    let token = w.login("alice").token;
    let before = (w.counters().unwrap(), w.entries().len());
    for (word, deed) in ADMINISTERING {
        if word == "activate" {
            continue; // its own test: a service ends its own verification with it
        }
        let error = kind(w.served(|a| deed(a, &alice)));
        let expected = if word.starts_with("create") { Kind::Unauthenticated } else { Kind::Unauthorized };
        assert_eq!(error, expected, "{word}");
    }
    assert_eq!((w.counters().unwrap(), w.entries().len()), before);
    let bob = w.pending("bob");
    w.served(|a| a.activate(&bob.id, None)).unwrap();
    assert!(w.lives(&token));
    w.served(|a| a.log_out(&token)).unwrap();
    let issued = w.served(|a| a.request_reset("alice")).unwrap();
    w.served(|a| a.complete_reset(&issued.request_id, &pw("other"))).unwrap();
    let last = w.entries().pop().unwrap();
    assert_eq!((last.actor_kind.as_str(), last.actor(), last.actor_id.clone()), ("service", "web", None));
}

#[test]
fn the_operator_and_an_admin_may_do_all_of_it_but_only_the_operator_loads() {
    for by_operator in [true, false] {
        for (word, deed) in ADMINISTERING {
            let mut w = World::new();
            let root = w.with_role("root", Role::Admin);
            let alice = w.person("alice");
            w.login("alice");
            let actor = if by_operator { crate::support::operator() } else { acting(&root) };
            let outcome = w.by(&actor, |a| deed(a, &alice));
            if word == "load" && !by_operator {
                assert_eq!(kind(outcome), Kind::Unauthorized);
            } else {
                outcome.unwrap_or_else(|error| panic!("{word}: {error}"));
            }
        }
    }
}

#[test]
fn who_lost_the_role_or_the_access_is_refused_at_the_very_next_change() {
    type Loss = fn(&mut World, &User);
    let losses: [(&str, Kind, Loss); 5] = [
        ("role", Kind::Unauthorized, |w, user| {
            w.edit(&user.id, None, Edit { role: Some(Role::Member), ..Edit::default() }).unwrap();
        }),
        ("status", Kind::Unauthenticated, |w, user| drop(w.deactivate(&user.id, None).unwrap())),
        ("deleted", Kind::Unauthenticated, |w, user| drop(w.delete(&user.id, None).unwrap())),
        ("purged", Kind::Unauthenticated, |w, user| drop(w.purge(&user.id, None).unwrap())),
        ("expired", Kind::Unauthenticated, |w, user| {
            let edit = Edit { valid_until: Some(Some(w.now())), ..Edit::default() };
            w.edit(&user.id, None, edit).unwrap();
            w.pass(Span::from_millis(1));
        }),
    ];
    for (word, expected, loss) in losses {
        let mut w = World::new();
        w.with_role("root", Role::Admin);
        let bob = w.with_role("bob", Role::Admin);
        let alice = w.person("alice");
        w.by(&acting(&bob), |a| a.edit(&alice.id, None, Edit { note: Some(Some("x".into())), ..Edit::default() }))
            .unwrap();
        loss(&mut w, &bob);
        assert_eq!(kind(w.by(&acting(&bob), |a| a.deactivate(&alice.id, None))), expected, "{word}");
        assert!(w.look(&alice).can_log_in(w.now()), "{word}");
    }
}

#[test]
fn a_claim_is_refused_with_the_kind_of_what_was_wrong_with_it() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let (right, wrong) = (pw(PASSWORD), pw("wrong"));
    let token = w.login("root").token;
    let claim = |user, session| Claim { user, session };
    assert_eq!(kind(w.authorize(&claim(None, None))), Kind::Unauthenticated);
    assert_eq!(kind(w.authorize(&claim(None, Some(&wrong)))), Kind::Unauthenticated);
    assert_eq!(kind(w.authorize(&claim(Some(("root", &wrong, None)), None))), Kind::InvalidCredentials);
    assert_eq!(kind(w.authorize(&claim(Some(("nobody", &right, None)), Some(&wrong)))), Kind::InvalidCredentials);
    assert_eq!(w.authorize(&claim(Some(("ROOT", &right, None)), None)).unwrap(), acting(&root));
    assert_eq!(w.authorize(&claim(None, Some(&token))).unwrap(), acting(&root));
    w.log_out(&token).unwrap();
    assert_eq!(kind(w.authorize(&claim(None, Some(&token)))), Kind::Unauthenticated);
}

#[test]
fn a_member_may_be_authorized_and_still_administers_nobody() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    let password = pw(PASSWORD);
    let actor = w.authorize(&Claim { user: Some(("alice", &password, None)), session: None }).unwrap();
    assert_eq!(actor, acting(&alice));
    assert_eq!(kind(w.by(&actor, |a| a.delete(&alice.id, None))), Kind::Unauthorized);
}

#[test]
fn a_member_or_auditor_who_acts_gets_no_code_for_anybody() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    let auditor = w.with_role("auditor", Role::Auditor);
    for user in [alice, auditor] {
        for name in ["root", "alice", "nobody"] {
            let before = w.entries().len();
            assert_eq!(
                w.by(&acting(&user), |a| a.request_reset(name)).err().unwrap().kind,
                Kind::Unauthorized,
                "{name}"
            );
            assert_eq!(w.entries().len(), before);
        }
    }
}

#[test]
fn a_rehearsed_change_tells_what_would_happen_and_leaves_everything_as_it_is() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    let token = w.login("alice").token;
    let before = (w.look(&alice), w.entries().len(), w.counters().unwrap());
    w.rehearse(true);
    assert_eq!(w.deactivate(&alice.id, None).unwrap().ended, 1);
    assert_eq!(kind(w.deactivate(&root.id, None)), Kind::LastAdmin);
    assert_eq!(kind(w.create_user(Draft::named("ALICE").unwrap(), None)), Kind::DuplicateUser);
    let password = pw(PASSWORD);
    w.log_in(&Login { name: "alice", password: Some(&password), ..Login::default() }).unwrap();
    w.rehearse(false);
    assert_eq!((w.look(&alice), w.entries().len(), w.counters().unwrap()), before);
    assert!(w.lives(&token));
}
