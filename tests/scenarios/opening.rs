//! What lets somebody in who was not, and addresses to which codes are sent: a session alone does neither.

use rollbook::accounts::error::Kind;
use rollbook::accounts::{Accounts, Actor, Claim, Draft, Edit, Result, Role, Span, Time, User};

use crate::world::{PASSWORD, World, pw, refused};

type Opening = fn(&mut Accounts, &User) -> Result<()>;

#[test]
fn what_lets_somebody_in_who_was_not_takes_more_than_a_session_where_a_login_is_required() {
    type Before = fn(&mut World, &User);
    let ends: Before = |w, user| drop(w.edit(&user.id, None, ends_on(Some(FAR))).unwrap());
    let deleted: Before = |w, user| drop(w.delete(&user.id, None).unwrap());
    let out: Before = |w, user| drop(w.deactivate(&user.id, None).unwrap());
    let openings: [(&str, Before, Opening); 11] = [
        ("somebody new", |_, _| {}, |a, _| a.create_user(Draft::named("eve")?, Some(&pw(PASSWORD))).map(drop)),
        (
            "somebody with an address",
            |_, _| {},
            |a, _| a.create_user(Draft { email: address().email.flatten(), ..Draft::named("eve")? }, None).map(drop),
        ),
        (
            "undone deactivation of somebody pending",
            |w, user| drop(w.edit(&user.id, None, Edit::default())),
            |a, _| {
                let eve = a.find("pending")?;
                let changed = a.deactivate(&eve.id, None)?;
                a.undo(&changed).map(drop)
            },
        ),
        ("activate", out, |a, user| a.activate(&user.id, None).map(drop)),
        ("restore", deleted, |a, user| a.restore(&user.id, None, None).map(drop)),
        ("no end", ends, |a, user| a.edit(&user.id, None, ends_on(None)).map(drop)),
        ("a later end", ends, |a, user| a.edit(&user.id, None, ends_on(Some(FAR + 1))).map(drop)),
        ("an address", |_, _| {}, |a, user| a.edit(&user.id, None, address()).map(drop)),
        (
            "undone deactivation",
            |_, _| {},
            |a, user| {
                let changed = a.deactivate(&user.id, None)?;
                a.undo(&changed).map(drop)
            },
        ),
        (
            "undone deletion",
            |_, _| {},
            |a, user| {
                let changed = a.delete(&user.id, None)?;
                a.undo(&changed).map(drop)
            },
        ),
        (
            "undone end",
            |_, _| {},
            |a, user| {
                let changed = a.edit(&user.id, None, ends_on(Some(FAR)))?;
                a.undo(&changed).map(drop)
            },
        ),
    ];
    for (word, before, deed) in openings {
        let (mut w, alice, actor) = by_session(true, before);
        let error = refused(w.by(&actor, |a| deed(a, &alice)));
        assert_eq!(error.kind, Kind::Unauthenticated, "{word}");
        assert!(error.message.starts_with("a session is not enough"), "{word}: {}", error.message);
        let (mut w, alice, actor) = by_session(true, before);
        w.rehearse(true);
        if !word.starts_with("undone") {
            w.by(&actor, |a| deed(a, &alice)).unwrap_or_else(|error| panic!("{word} rehearsed: {error}"));
        }
        w.rehearse(false);
        w.by(&actor, |a| a.prove_again(&pw(PASSWORD), None)).unwrap();
        w.by(&actor, |a| deed(a, &alice)).unwrap_or_else(|error| panic!("{word}: {error}"));
        // Where none is required a session is enough.
        let (mut w, alice, actor) = by_session(false, before);
        w.by(&actor, |a| deed(a, &alice)).unwrap_or_else(|error| panic!("{word}, open: {error}"));
    }
}

/// An end date far away, in days since the beginning of time.
const FAR: i64 = 40_000;

fn ends_on(day: Option<i64>) -> Edit {
    Edit { valid_until: Some(day.map(|day| Time::default().plus(Span::DAY.times(day)))), ..Edit::default() }
}

fn address() -> Edit {
    Edit { email: Some(Some("evil@example.org".into())), ..Edit::default() }
}

/// A database that may require a log-in; alice, of whom this was done before; root, who has shown a session.
fn by_session(required: bool, before: fn(&mut World, &User)) -> (World, User, Actor) {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    w.create_user(Draft { pending: true, ..Draft::named("pending").unwrap() }, None).unwrap();
    before(&mut w, &alice);
    let token = w.login("root").token;
    if required {
        w.set_policy("console-login", "required").unwrap();
    }
    let actor = w.authorize(&Claim { user: None, session: Some(&token) }).unwrap();
    (w, alice, actor)
}

#[test]
fn what_shuts_somebody_out_or_lets_nobody_in_is_done_by_a_session() {
    let harmless: [(&str, Opening); 6] = [
        ("deactivate", |a, user| a.deactivate(&user.id, None).map(drop)),
        ("an end", |a, user| a.edit(&user.id, None, ends_on(Some(FAR))).map(drop)),
        ("an earlier end", |a, user| {
            a.edit(&user.id, None, ends_on(Some(FAR)))?;
            a.edit(&user.id, None, ends_on(Some(FAR - 1))).map(drop)
        }),
        ("active already", |a, user| a.activate(&user.id, None).map(drop)),
        ("a note", |a, user| {
            let changed = a.edit(&user.id, None, Edit { note: Some(Some("x".into())), ..Edit::default() })?;
            a.undo(&changed).map(drop)
        }),
        ("the same address", |a, user| {
            a.edit(&user.id, None, Edit { email: Some(user.email.clone()), ..Edit::default() }).map(drop)
        }),
    ];
    for (word, deed) in harmless {
        let (mut w, alice, actor) = by_session(true, |_, _| {});
        w.by(&actor, |a| deed(a, &alice)).unwrap_or_else(|error| panic!("{word}: {error}"));
    }
}

#[test]
fn an_address_of_ones_own_takes_more_than_a_session_in_any_case() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    let (token, password) = (w.login("root").token, pw(PASSWORD));
    let actor = w.authorize(&Claim { user: None, session: Some(&token) }).unwrap();
    let error = refused(w.by(&actor, |a| a.edit(&root.id, None, address())));
    assert_eq!(error.kind, Kind::Unauthorized);
    assert!(error.message.contains("an e-mail address of one's own"), "{}", error.message);
    assert_eq!(w.look(&root).email, None);
    w.by(&actor, |a| a.edit(&root.id, None, Edit { note: Some(Some("x".into())), ..Edit::default() })).unwrap();
    w.by(&actor, |a| a.edit(&alice.id, None, address())).unwrap();
    let claim = Claim { user: Some(("root", &password, None)), session: None };
    let actor = w.authorize(&claim).unwrap();
    w.by(&actor, |a| a.edit(&root.id, None, address())).unwrap();
}
