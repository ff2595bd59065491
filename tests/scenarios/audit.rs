//! What is written down: every change once, in its own transaction, chained, and never a secret.

use rollbook::accounts::audit::{Entry, GENESIS, Links, detail_digest};
use rollbook::accounts::error::Kind;
use rollbook::accounts::{Accounts, Draft, Edit, Login, Result, Role, Secret, Span, User, UserId};

use crate::world::{PASSWORD, World, acting, kind, pw};

/// A change, and the word under which it is written down.
type Deed = fn(&mut Accounts, &User, &Secret) -> Result<()>;

const DEEDS: [(&str, Deed); 16] = [
    ("register", |a, _, _| a.register("new", &pw(PASSWORD), true).map(drop)),
    ("create", |a, _, _| a.create_user(Draft::named("new")?, Some(&pw(PASSWORD))).map(drop)),
    ("activate", |a, _, _| {
        let id = a.find("pending")?.id;
        a.activate(&id, None).map(drop)
    }),
    ("deactivate", |a, user, _| a.deactivate(&user.id, None).map(drop)),
    ("edit", |a, user, _| a.edit(&user.id, None, Edit { note: Some(Some("n".into())), ..Edit::default() }).map(drop)),
    ("delete", |a, user, _| a.delete(&user.id, None).map(drop)),
    ("restore", |a, _, _| {
        let id = a.find_deleted("deleted")?.id;
        a.restore(&id, None, None).map(drop)
    }),
    ("purge", |a, user, _| a.purge(&user.id, None).map(drop)),
    ("set password", |a, user, _| a.set_password(&user.id, None, &pw("other")).map(drop)),
    ("change password", |a, user, _| a.change_password(&user.name, &pw(PASSWORD), &pw("other"), None).map(drop)),
    ("request reset", |a, user, _| a.request_reset(&user.name).map(drop)),
    ("request reset", |a, user, _| a.issue_reset(&user.id).map(drop)),
    ("log in", |a, user, _| {
        let password = pw(PASSWORD);
        a.log_in(&Login { name: &user.name, password: Some(&password), ..Login::default() }).map(drop)
    }),
    ("log out", |a, _, token| a.log_out(token).map(drop)),
    ("end", |a, user, _| a.end_sessions(&user.id, None).map(drop)),
    ("set policy", |a, _, _| a.set_policy("reset-life", "2h").map(drop)),
];

fn world() -> (World, User, Secret) {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    w.pending("pending");
    let gone = w.person("deleted");
    w.delete(&gone.id, None).unwrap();
    let alice = w.person("alice");
    let token = w.login("alice").token;
    (w, alice, token)
}

#[test]
fn every_change_leaves_exactly_one_entry_with_who_what_when_and_from_where() {
    for (word, deed) in DEEDS {
        let (mut w, alice, token) = world();
        w.pass(Span::MINUTE);
        w.give_reason(Some("because")).unwrap();
        let before = w.entries();
        deed(&mut w, &alice, &token).unwrap_or_else(|error| panic!("{word}: {error}"));
        let after = w.entries();
        assert_eq!(after.len(), before.len() + 1, "{word}");
        let entry = after.last().unwrap();
        assert_eq!((entry.deed.as_str(), entry.at, entry.seq), (word, w.now(), after.len() as i64));
        let detail = entry.detail.as_ref().unwrap();
        assert_eq!(detail.origin, "tty pts/7", "{word}");
        assert_eq!(detail.reason.as_deref(), Some("because"), "{word}");
        let own = word == "change password";
        assert_eq!(entry.actor_kind, if own { "user" } else { "operator" }, "{word}");
        assert_eq!(entry.actor(), if own { "alice" } else { "root" }, "{word}");
    }
}

#[test]
fn one_ended_session_is_one_entry_about_its_owner() {
    let (mut w, alice, _) = world();
    let session = w.sessions_of(&alice.id, 1).unwrap().remove(0);
    let before = w.entries().len();
    w.end_session(&session.id).unwrap();
    let entries = w.entries();
    assert_eq!(entries.len(), before + 1);
    assert_eq!((entries[before].deed.as_str(), &entries[before].target), ("end", &Some(alice.id)));
}

#[test]
fn completing_a_reset_and_undoing_are_one_entry_each() {
    let (mut w, alice, _) = world();
    let off = w.deactivate(&alice.id, None).unwrap();
    let issued = w.issue_reset(&alice.id).unwrap();
    let before = w.entries().len();
    w.undo(&off).unwrap();
    w.complete_reset(&issued.request_id, &pw("other")).unwrap();
    let words: Vec<String> = w.entries()[before..].iter().map(|entry| entry.deed.clone()).collect();
    assert_eq!(words, ["undo", "complete reset"]);
}

#[test]
fn a_refused_change_leaves_no_entry_and_moves_no_counter() {
    let (mut w, alice, _) = world();
    let root = w.find("root").unwrap();
    let before = (w.entries().len(), w.counters().unwrap());
    let nobody = UserId::new("0".repeat(32));
    assert_eq!(kind(w.register("alice", &pw(PASSWORD), false)), Kind::DuplicateUser);
    assert_eq!(kind(w.register("eve", &pw(" "), false)), Kind::ConstraintViolation);
    assert_eq!(kind(w.activate(&nobody, None)), Kind::UnknownUser);
    assert_eq!(kind(w.deactivate(&root.id, None)), Kind::LastAdmin);
    assert_eq!(kind(w.delete(&alice.id, Some(99))), Kind::Stale);
    assert_eq!(kind(w.served(|a| a.delete(&alice.id, None))), Kind::Unauthorized);
    assert_eq!(kind(w.complete_reset(&pw("rbr_x"), &pw("other"))), Kind::UnknownRequest);
    assert_eq!(kind(w.change_password("alice", &pw("wrong"), &pw("other"), None)), Kind::InvalidCredentials);
    assert_eq!(kind(w.set_policy("colour", "red")), Kind::ConstraintViolation);
    assert_eq!(w.entries().len(), before.0);
    let after = w.counters().unwrap();
    assert_eq!((after.users, after.sessions), (before.1.users, before.1.sessions));
}

#[test]
fn a_check_writes_nothing() {
    let (mut w, _, token) = world();
    let before = (w.entries().len(), w.counters().unwrap());
    for _ in 0..10 {
        assert!(w.lives(&token));
    }
    assert_eq!((w.entries().len(), w.counters().unwrap()), before);
}

/// The chain as anybody can recompute it from what is handed out.
fn verify(entries: &[Entry]) -> std::result::Result<(), i64> {
    let mut before = GENESIS;
    for (at, entry) in entries.iter().enumerate() {
        let json = serde_json::to_vec(&entry.detail).unwrap();
        let links = Links {
            seq: at as i64 + 1,
            at: entry.at,
            actor_kind: &entry.actor_kind,
            actor_id: entry.actor_id.as_ref().map(UserId::as_str),
            deed: &entry.deed,
            target: entry.target.as_ref().map(UserId::as_str),
            detail_digest: &detail_digest(&json),
            before: &before,
        };
        if links.digest() != entry.digest {
            return Err(entry.seq);
        }
        before = entry.digest;
    }
    Ok(())
}

#[test]
fn the_chain_verifies_from_the_first_entry_and_shows_every_tampering() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    for (at, (_, deed)) in DEEDS.iter().enumerate() {
        let name = format!("user{at}");
        let user = w.person(&name);
        let token = w.login(&name).token;
        w.pass(Span::SECOND);
        // A purge erases details, of which only the digest is chained; the engine's own tests follow it from there.
        if at != 7 {
            let _ = deed(&mut w, &user, &token);
        }
    }
    let entries = w.entries();
    assert!(entries.len() > 40);
    assert_eq!(verify(&entries), Ok(()));
    let tampered = |change: fn(&mut Entry)| {
        let mut copy = entries.clone();
        change(&mut copy[4]);
        verify(&copy)
    };
    assert_eq!(tampered(|entry| entry.deed = "edit".into()), Err(5));
    assert_eq!(tampered(|entry| entry.target = None), Err(5));
    assert_eq!(tampered(|entry| entry.at = entry.at.plus(Span::SECOND)), Err(5));
    assert_eq!(tampered(|entry| entry.actor_kind = "service".into()), Err(5));
    assert_eq!(tampered(|entry| entry.detail.as_mut().unwrap().actor = "eve".into()), Err(5));
    let mut shortened = entries.clone();
    shortened.remove(4);
    assert!(verify(&shortened).is_err());
}

#[test]
fn nobodys_secret_is_written_down() {
    let mut w = World::new();
    let secrets = ["canary-password-one", "canary-password-two", "canary-password-three", "canary-password-four"];
    let alice = w.register("alice", &pw(secrets[0]), false).unwrap();
    let opened = w.try_login("alice", secrets[0]).unwrap();
    w.change_password("alice", &pw(secrets[0]), &pw(secrets[1]), None).unwrap();
    w.set_password(&alice.id, None, &pw(secrets[2])).unwrap();
    let issued = w.issue_reset(&alice.id).unwrap();
    w.complete_reset(&issued.request_id, &pw(secrets[3])).unwrap();
    assert!(w.try_login("alice", "canary-wrong").is_err());
    let last = w.try_login("alice", secrets[3]).unwrap();
    w.log_out(&last.token).unwrap();
    let told = format!("{:?} {:?}", w.entries(), w.history(&alice.id, 100).unwrap());
    let tokens = [opened.token.expose(), issued.request_id.expose(), last.token.expose()];
    for secret in secrets.into_iter().chain(tokens).chain(["canary", "rbs_", "rbr_", "argon2"]) {
        assert!(!told.contains(secret), "{secret} in the audit");
    }
}

#[test]
fn an_edit_tells_what_was_before_and_what_after() {
    let (mut w, alice, _) = world();
    let edit = Edit { role: Some(Role::Auditor), labels: Some(vec!["ops".into()]), ..Edit::default() };
    w.edit(&alice.id, None, edit).unwrap();
    let detail = w.entries().pop().unwrap().detail.unwrap();
    let told: Vec<_> = detail.changes.iter().map(|c| (c.field.as_str(), c.before.as_str(), c.after.as_str())).collect();
    assert_eq!(told, [("role", "member", "auditor"), ("labels", "", "ops")]);
    assert_eq!(detail.target.as_deref(), Some("alice"));
}

#[test]
fn entries_are_asked_for_by_person_and_in_pages() {
    let (mut w, alice, _) = world();
    w.deactivate(&alice.id, None).unwrap();
    let about = w.audit(Some(&alice.id), None, 10).unwrap();
    let words: Vec<&str> = about.iter().map(|entry| entry.deed.as_str()).collect();
    assert_eq!(words, ["deactivate", "log in", "register"]);
    let older = w.audit(Some(&alice.id), Some(about[0].seq), 1).unwrap();
    assert_eq!(older, about[1..2]);
    let all = w.entries();
    assert!(all.iter().enumerate().all(|(at, entry)| entry.seq == at as i64 + 1), "numbered without a gap");
}

#[test]
fn an_admins_own_changes_carry_their_id() {
    let (mut w, alice, _) = world();
    let root = w.find("root").unwrap();
    w.by(&acting(&root), |a| a.deactivate(&alice.id, None)).unwrap();
    let entry = w.entries().pop().unwrap();
    assert_eq!((entry.actor_kind.as_str(), entry.actor_id), ("user", Some(root.id)));
}
