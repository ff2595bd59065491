//! API tokens.

use rollbook::accounts::api_token::{ApiToken, TokenId};
use rollbook::accounts::audit::Actor;
use rollbook::accounts::time::Until;
use rollbook::accounts::user::Name;
use rollbook::accounts::{Accounts, Claim, Draft, Edit, Kind, Role, Secret, Span, User, UserId};

use crate::support::CHEAP;
use crate::world::{PASSWORD, World, acting, file, insert, kind, open, pw, refused};

fn give(w: &mut World, user: &User, name: &str) -> (ApiToken, Secret) {
    w.create_token(&user.id, Some(name), Until::Default).unwrap()
}

fn opens(w: &mut World, value: &Secret) -> bool {
    match w.served(|a| a.check_token(value)) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind, Kind::Unauthenticated, "{error}");
            false
        }
    }
}

fn names(a: &mut Accounts, user: &User) -> Vec<String> {
    a.tokens_of(&user.id).unwrap().into_iter().map(|token| token.name).collect()
}

#[test]
fn p26_a_token_is_made_for_a_person_and_shown_once() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (token, value) = w.create_token(&alice.id, Some(" ci "), Until::Default).unwrap();
    assert!(value.expose().starts_with("rbk_") && value.expose().len() == 53);
    assert_eq!((token.name.as_str(), token.owner.as_str(), &token.user_id), ("ci", "alice", &alice.id));
    assert_eq!((token.created_at, token.expires_at, token.last_used_at), (w.now(), None, None));
    let told =
        format!("{:?} {:?} {:?}", w.tokens_of(&alice.id).unwrap(), w.dossier(&alice.id, 9).unwrap(), w.entries());
    assert!(!told.contains("rbk_") && told.contains(token.id.as_str()));
    assert_eq!(w.last_deed(), "create token");
    assert!(!opens(&mut w, &pw(token.id.as_str())), "a token's public id is no token");
}

#[test]
fn p26_a_token_without_a_name_gets_one() {
    let mut w = World::new();
    let alice = w.person("alice");
    for _ in 0..2 {
        let name = w.create_token(&alice.id, None, Until::Default).unwrap().0.name;
        let digits = name.strip_prefix("token-").unwrap();
        assert!(digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
    }
    for bad in ["", " ", "a\nb", "\u{202e}", &"a".repeat(65)] {
        assert_eq!(kind(w.create_token(&alice.id, Some(bad), Until::Default)), Kind::ConstraintViolation, "{bad:?}");
    }
}

#[test]
fn p26_a_name_is_there_once_a_person() {
    let mut w = World::new();
    let (alice, bob) = (w.person("alice"), w.person("bob"));
    let (token, _) = give(&mut w, &alice, "ci");
    give(&mut w, &bob, "ci");
    assert_eq!(kind(w.create_token(&alice.id, Some("CI"), Until::Never)), Kind::TokenNameExists);
    w.revoke_token(&token.id).unwrap();
    give(&mut w, &alice, "ci");
}

#[test]
fn p26_nobody_who_is_not_there_gets_a_token() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.delete(&alice.id, None).unwrap();
    for id in [alice.id, UserId::new("nobody")] {
        assert_eq!(kind(w.create_token(&id, None, Until::Default)), Kind::UnknownUser);
    }
    assert_eq!(kind(w.tokens_of(&UserId::new("nobody"))), Kind::UnknownUser);
}

#[test]
fn p26_an_end_lies_ahead_or_there_is_none() {
    let mut w = World::new();
    let alice = w.person("alice");
    let now = w.now();
    for past in [now, now.minus(Span::SECOND)] {
        assert_eq!(kind(w.create_token(&alice.id, None, Until::At(past))), Kind::ConstraintViolation);
    }
    let (token, value) = w.create_token(&alice.id, None, Until::At(now.plus(Span::HOUR))).unwrap();
    w.clock.set(token.expires_at.unwrap());
    assert!(opens(&mut w, &value), "valid through its last instant");
    w.pass(Span::from_millis(1));
    assert!(!opens(&mut w, &value));
    for until in [Until::Default, Until::Never] {
        let (token, value) = w.create_token(&alice.id, None, until).unwrap();
        assert_eq!(token.expires_at, None);
        w.pass(Span::DAY.times(4000));
        assert!(opens(&mut w, &value));
    }
}

/// Somebody shows their password to the world's handle.
fn show(w: &mut World, name: &str) {
    w.authorize(&Claim { user: Some((name, &pw(PASSWORD), None)), session: None }).unwrap();
}

#[test]
fn p26_administrators_make_tokens_for_anybody_people_for_themselves_and_services_for_nobody() {
    let mut w = World::new();
    let (root, eve) = (w.with_role("root", Role::Admin), w.with_role("eve", Role::Auditor));
    let (alice, bob) = (w.person("alice"), w.person("bob"));
    let mut n = 0;
    let mut make = |w: &mut World, actor: &Actor, user: &User| {
        n += 1;
        w.by(actor, |a| a.create_token(&user.id, Some(&format!("t{n}")), Until::Default)).map(|(token, _)| token)
    };
    for user in [&eve, &alice] {
        // A session is not enough for one's own.
        assert_eq!(kind(make(&mut w, &acting(user), user)), Kind::Unauthorized, "{}", user.name);
    }
    show(&mut w, "alice");
    let token = make(&mut w, &acting(&alice), &alice).unwrap();
    assert_eq!(w.entries().last().unwrap().actor_id.as_ref(), Some(&alice.id));
    make(&mut w, &acting(&root), &alice).unwrap();
    show(&mut w, "eve");
    make(&mut w, &acting(&eve), &eve).unwrap();
    assert_eq!(kind(make(&mut w, &acting(&alice), &alice)), Kind::Unauthorized, "only by the last claim");
    for (actor, user) in [(acting(&alice), &bob), (acting(&eve), &bob), (Actor::Service("web".into()), &bob)] {
        assert_eq!(kind(make(&mut w, &actor, user)), Kind::Unauthorized, "{actor:?}");
    }
    for actor in [acting(&bob), acting(&eve), Actor::Service("web".into())] {
        assert_eq!(kind(w.by(&actor, |a| a.revoke_token(&token.id))), Kind::Unauthorized, "{actor:?}");
        assert_eq!(kind(w.by(&actor, |a| a.revoke_token(&TokenId::new("none")))), Kind::Unauthorized, "{actor:?}");
    }
    for (actor, may) in [(acting(&alice), true), (acting(&root), true), (acting(&eve), true), (acting(&bob), false)] {
        assert_eq!(w.by(&actor, |a| a.tokens_of(&alice.id)).is_ok(), may, "{actor:?}");
    }
    assert_eq!(kind(w.served(|a| a.tokens_of(&alice.id))), Kind::Unauthorized);
    assert_eq!(w.served(|a| a.dossier(&alice.id, 9)).unwrap().tokens, []);
    assert_eq!(w.dossier(&alice.id, 9).unwrap().tokens.len(), 2);
    w.by(&acting(&alice), |a| a.revoke_token(&token.id)).unwrap();
    w.deactivate(&alice.id, None).unwrap();
    assert_eq!(kind(make(&mut w, &acting(&alice), &alice)), Kind::Unauthenticated, "whoever is shut out acts no more");
    make(&mut w, &acting(&root), &alice).unwrap();
}

#[test]
fn p27_a_check_says_whose_token_it_is_or_nothing_at_all() {
    let mut w = World::new();
    let (alice, bob) = (w.person("alice"), w.person("bob"));
    let (token, value) = give(&mut w, &alice, "ci");
    let (_, other) = give(&mut w, &bob, "ci");
    let (owner, found) = w.served(|a| a.check_token(&value)).unwrap();
    assert_eq!((owner.id, found), (alice.id.clone(), token.clone()));
    let revoked = give(&mut w, &alice, "revoked");
    w.revoke_token(&revoked.0.id).unwrap();
    let soon = Until::At(w.now().plus(Span::SECOND));
    let over = w.create_token(&alice.id, None, soon).unwrap();
    w.pass(Span::MINUTE);
    w.deactivate(&bob.id, None).unwrap();
    let session = w.login("alice").token;
    let mut refusals = Vec::new();
    for bad in [&revoked.1, &over.1, &other, &session, &pw(""), &pw("rbk_nonsense"), &pw(PASSWORD)] {
        refusals.push(refused(w.served(|a| a.check_token(bad))));
    }
    assert_eq!(refusals[0].kind, Kind::Unauthenticated);
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "in the same words: {refusals:?}");
    assert!(!w.lives(&value), "a token is no session");
    let claim = Claim { user: None, session: Some(&value) };
    assert_eq!(kind(w.authorize(&claim)), Kind::Unauthenticated, "and nobody administers by it");
    assert_eq!(kind(w.try_login("alice", value.expose())), Kind::InvalidCredentials);
}

#[test]
fn p27_a_token_is_good_exactly_while_its_owner_is() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (_, value) = give(&mut w, &alice, "ci");
    w.deactivate(&alice.id, None).unwrap();
    assert!(!opens(&mut w, &value), "at the very next check");
    w.activate(&alice.id, None).unwrap();
    assert!(opens(&mut w, &value));
    let end = w.now().plus(Span::HOUR);
    w.edit(&alice.id, None, Edit { valid_until: Some(Some(end)), ..Edit::default() }).unwrap();
    w.clock.set(end);
    assert!(opens(&mut w, &value));
    w.pass(Span::from_millis(1));
    assert!(!opens(&mut w, &value));
    let codeless = w.create_user(Draft::named("robot").unwrap(), None).unwrap();
    let (_, value) = give(&mut w, &codeless, "job");
    assert!(opens(&mut w, &value), "somebody without a password may live by tokens alone");
}

#[test]
fn p28_a_list_holds_what_is_good_newest_first_and_never_a_value() {
    let mut w = World::new();
    let alice = w.person("alice");
    for name in ["one", "two", "three"] {
        give(&mut w, &alice, name);
        w.pass(Span::SECOND);
    }
    let soon = Until::At(w.now().plus(Span::SECOND));
    w.create_token(&alice.id, Some("short"), soon).unwrap();
    assert_eq!(names(&mut w, &alice), ["short", "three", "two", "one"]);
    w.pass(Span::MINUTE);
    let two = w.tokens_of(&alice.id).unwrap()[1].id.clone();
    w.revoke_token(&two).unwrap();
    assert_eq!(names(&mut w, &alice), ["three", "one"]);
}

#[test]
fn p29_a_token_is_revoked_by_id_or_by_value() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (one, two) = (give(&mut w, &alice, "one"), give(&mut w, &alice, "two"));
    assert_eq!(w.revoke_token(&one.0.id).unwrap(), one.0);
    assert_eq!(w.served(|a| a.revoke_token_value(&two.1)).unwrap(), Some(two.0), "whoever holds it may");
    assert_eq!(w.last_deed(), "revoke token");
    assert!(!opens(&mut w, &one.1) && !opens(&mut w, &two.1));
    let entries = w.entries().len();
    assert_eq!(kind(w.revoke_token(&one.0.id)), Kind::UnknownToken);
    assert_eq!(kind(w.revoke_token(&TokenId::new("nonsense"))), Kind::UnknownToken);
    for unknown in [two.1.expose(), "", "rbk_nonsense", "rbs_"] {
        assert_eq!(w.revoke_token_value(&pw(unknown)).unwrap(), None, "{unknown:?}");
    }
    assert_eq!(w.entries().len(), entries, "nothing was done and nothing is told");
}

#[test]
fn p30_tokens_outlive_passwords() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (_, value) = give(&mut w, &alice, "ci");
    w.served(|a| a.change_password("alice", &pw(PASSWORD), &pw("another one"), None)).unwrap();
    assert!(opens(&mut w, &value));
    w.set_password(&alice.id, None, &pw("a third one")).unwrap();
    let request = w.served(|a| a.request_reset("alice")).unwrap().request_id;
    w.served(|a| a.complete_reset(&request, &pw("a fourth"))).unwrap();
    assert!(opens(&mut w, &value));
}

#[test]
fn w19_a_name_with_a_colon_in_it_has_tokens_as_any_other() {
    let mut w = World::new();
    for name in ["a:b", "rbk_:", "::", "zoë: 李"] {
        let user = w.person(name);
        let (_, value) = give(&mut w, &user, name);
        assert_eq!(w.served(|a| a.check_token(&value)).unwrap().0.id, user.id, "{name}");
        w.edit(&user.id, None, Edit { name: Some(Name::parse(&format!("{name}2")).unwrap()), ..Edit::default() })
            .unwrap();
        assert!(opens(&mut w, &value), "a token hangs by no name");
    }
}

#[test]
fn w13_a_person_with_tokens_can_be_deleted_and_purged() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (_, value) = give(&mut w, &alice, "ci");
    give(&mut w, &alice, "phone");
    let changed = w.delete(&alice.id, None).unwrap();
    assert_eq!(changed.revoked, 2);
    w.restore(&alice.id, None, None).unwrap();
    assert!(!opens(&mut w, &value), "a restored person starts without tokens");
    give(&mut w, &alice, "ci");
    w.purge(&alice.id, None).unwrap();
}

#[test]
fn defect_p7_nobody_inherits_the_tokens_of_somebody_who_is_gone() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (_, value) = give(&mut w, &alice, "ci");
    w.purge(&alice.id, None).unwrap();
    let next = w.person("alice");
    assert_eq!(names(&mut w, &next), [""; 0]);
    assert!(!opens(&mut w, &value));
    give(&mut w, &next, "ci");
}

#[test]
fn defect_p8_a_leaked_token_is_revoked_by_whoever_holds_it() {
    let mut w = World::new();
    let (alice, bob) = (w.person("alice"), w.person("bob"));
    let (token, value) = give(&mut w, &alice, "ci");
    let revoked = w.by(&acting(&bob), |a| a.revoke_token_value(&value)).unwrap();
    assert_eq!(revoked, Some(token));
    assert!(!opens(&mut w, &value));
    let entry = w.entries().pop().unwrap();
    assert_eq!((entry.deed.as_str(), entry.actor_id), ("revoke token", Some(bob.id)));
}

#[test]
fn defect_p12_an_imported_hash_of_any_scheme_keeps_no_token_from_working() {
    let mut store = rollbook::engines::memory().unwrap();
    let old = insert(&mut *store, "legacy", Some("$2b$12$abcdefghijklmnopqrstuuJxVqoS9rlTbVEPhNq1tsXMJhKm3YhXe"));
    let mut w = World::over(store);
    let (_, value) = give(&mut w, &old, "ci");
    assert_eq!(w.served(|a| a.check_token(&value)).unwrap().0.id, old.id);
}

#[test]
fn the_last_use_of_a_token_is_written_every_thirty_seconds_at_most() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (_, value) = give(&mut w, &alice, "ci");
    let used = |w: &mut World| w.tokens_of(&alice.id).unwrap()[0].last_used_at;
    assert!(opens(&mut w, &value));
    w.pass(Span::SECOND.times(29));
    assert!(opens(&mut w, &value));
    assert_eq!(used(&mut w), None);
    w.pass(Span::SECOND);
    assert!(opens(&mut w, &value));
    assert_eq!(used(&mut w), Some(w.now()));
}

#[test]
fn the_last_use_of_a_token_is_written_when_the_handle_goes() {
    let (_folder, path, mut w) = file();
    let alice = w.person("alice");
    let (_, value) = give(&mut w, &alice, "ci");
    let mut service = open(&path, &w.clock, 9, CHEAP);
    service.check_token(&value).unwrap();
    drop(service);
    assert_eq!(w.tokens_of(&alice.id).unwrap()[0].last_used_at, Some(w.now()));
}

#[test]
fn people_find_themselves_and_nobody_else() {
    let mut w = World::new();
    let (root, alice) = (w.with_role("root", Role::Admin), w.person("a:lice"));
    w.person("bob");
    let id = format!("id:{}", alice.id.as_str());
    for own in ["A:LICE", "name:a:lice", &id, alice.id.as_str()] {
        assert_eq!(w.by(&acting(&alice), |a| a.find_owner(own)).unwrap().id, alice.id, "{own}");
    }
    for other in ["bob", "id:a:lice", "nobody", "", root.id.as_str()] {
        assert_eq!(kind(w.by(&acting(&alice), |a| a.find_owner(other))), Kind::Unauthorized, "{other}");
    }
    assert_eq!(w.by(&acting(&root), |a| a.find_owner("a:lice")).unwrap().id, alice.id);
    assert_eq!(kind(w.by(&acting(&root), |a| a.find_owner("nobody"))), Kind::UnknownUser);
}
