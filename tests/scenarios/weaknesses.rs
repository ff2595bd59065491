//! The defects of both predecessors, each shown not to be ours. Those that only show in a file are in `stored`.

use rollbook::accounts::error::{Error, Kind, Result};
use rollbook::accounts::hash::Hasher;
use rollbook::accounts::query::Filter;
use rollbook::accounts::session::{Session, SessionId};
use rollbook::accounts::store::Sample;
use rollbook::accounts::time::Until;
use rollbook::accounts::token::{Entropy, TokenKind};
use rollbook::accounts::user::KEPT_DAYS;
use rollbook::accounts::{Accounts, Claim, Draft, Edit, Ground, Login, Role, Span, Status, Time, User, UserId};
use rollbook::{engines, host};

use crate::support::{CHEAP, HandClock, MemoryRing, Seeded, operator};
use crate::world::{PASSWORD, World, insert, kind, pw, refused};

#[test]
fn w01_no_listing_hands_out_anything_that_logs_in() {
    let mut w = World::new();
    let alice = w.person("alice");
    let opened = w.login("alice");
    let issued = w.request_reset("alice").unwrap();
    let told = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        w.users(&Default::default(), &Default::default(), 10).unwrap(),
        w.sessions(&Filter::default(), false, &Default::default(), 10).unwrap(),
        w.dossier(&alice.id, 10).unwrap(),
        w.entries(),
        w.check(&opened.token).unwrap(),
    );
    for secret in [opened.token.expose(), issued.request_id.expose(), "rbs_", "rbr_", "argon2"] {
        assert!(!told.contains(secret), "{secret}");
    }
    assert!(told.contains(opened.session.id.as_str()));
    assert!(!w.lives(&pw(opened.session.id.as_str())), "a session's public id is no token");
}

#[test]
fn w02_a_request_for_a_name_tells_nothing_is_audited_and_there_is_no_reserved_user_to_take() {
    let mut w = World::new();
    w.person("alice");
    let before = w.entries().len();
    let (known, unknown) =
        (w.served(|a| a.request_reset("alice")).unwrap(), w.served(|a| a.request_reset("bob")).unwrap());
    assert_eq!(known.request_id.expose().len(), unknown.request_id.expose().len());
    assert_eq!(known.expires_at, unknown.expires_at);
    assert_eq!(w.entries().len(), before + 2);
    let reserved = w.served(|a| a.request_reset("00000000")).unwrap();
    assert_eq!(kind(w.served(|a| a.complete_reset(&reserved.request_id, &pw("mine now")))), Kind::UnknownRequest);
}

/// Counts what is drawn, and runs dry when told to.
struct Metered {
    inner: Seeded,
    drawn: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    left: usize,
}

impl Entropy for Metered {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        if self.left < bytes.len() {
            return Err(Error::new(Kind::Failure, "no randomness"));
        }
        self.left -= bytes.len();
        self.drawn.fetch_add(bytes.len(), std::sync::atomic::Ordering::SeqCst);
        self.inner.fill(bytes)
    }
}

pub fn metered(left: usize) -> (World, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let (clock, drawn) = (HandClock::default(), std::sync::Arc::default());
    let entropy = Box::new(Metered { inner: Seeded(1), drawn: std::sync::Arc::clone(&drawn), left });
    let store = engines::memory().unwrap();
    let ground = Ground {
        store,
        clock: Box::new(clock.clone()),
        entropy,
        cost: Some(CHEAP),
        keys: Box::new(MemoryRing::default()),
    };
    let mut w = World { accounts: Accounts::new(ground, operator(), ""), clock };
    w.set_policy("password", "open").unwrap();
    (w, drawn)
}

#[test]
fn w04_every_secret_is_drawn_from_the_source_that_was_handed_in_with_all_its_bits() {
    let (mut w, drawn) = metered(1_000_000);
    w.person("alice");
    let before = drawn.load(std::sync::atomic::Ordering::SeqCst);
    w.login("alice");
    let after_login = drawn.load(std::sync::atomic::Ordering::SeqCst);
    assert!(after_login - before >= 32 + 16, "a token of 256 bits and an id of 128");
    w.request_reset("alice").unwrap();
    assert!(drawn.load(std::sync::atomic::Ordering::SeqCst) - after_login >= 32);
}

#[test]
fn w04_without_randomness_nothing_is_made_instead_of_something_weak() {
    // Enough for one person (a salt and an id) and not for a token.
    let (mut w, _) = metered(16 + 16 + 20);
    let alice = w.person("alice");
    let before = w.entries().len();
    assert_eq!(kind(w.try_login("alice", PASSWORD)), Kind::Failure);
    assert_eq!(kind(w.request_reset("alice")), Kind::Failure);
    assert_eq!(kind(w.register("bob", &pw(PASSWORD), false)), Kind::Failure);
    assert_eq!((w.look(&alice).sessions, w.entries().len()), (0, before));
}

#[test]
fn w04_the_machines_own_source_repeats_nothing() {
    let mut entropy = host::SystemEntropy;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1000 {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes).unwrap();
        assert!(seen.insert(bytes));
    }
}

#[test]
fn w05_an_unknown_name_costs_one_verification_like_a_known_one() {
    let mut w = World::new();
    w.person("alice");
    for (name, password) in [("nobody", PASSWORD), ("alice", "wrong"), ("alice", PASSWORD)] {
        let before = w.verifications();
        let _ = w.try_login(name, password);
        assert_eq!(w.verifications() - before, 1, "{name}");
        let _ = w.change_password(name, &pw(password), &pw(" "), None);
        assert_eq!(w.verifications() - before, 2, "{name}");
        let password = pw(password);
        let _ = w.authorize(&Claim { user: Some((name, &password, None)), session: None });
        assert_eq!(w.verifications() - before, 3, "{name}");
    }
}

#[test]
fn w06_percent_and_underscore_are_letters_and_a_prefix_folds_as_the_log_in_does() {
    let mut w = World::new();
    for name in ["alice", "a_b", "a%b", "axb", "ÉVA", "back\\slash", "50*"] {
        w.person(name);
    }
    let prefix = |w: &mut World, text: &str| w.names(&Filter::prefix(text));
    assert!(prefix(&mut w, "%").is_empty() && prefix(&mut w, "_").is_empty() && prefix(&mut w, "_lice").is_empty());
    assert_eq!(prefix(&mut w, "a_"), ["a_b"]);
    assert_eq!(prefix(&mut w, "a%"), ["a%b"]);
    assert_eq!(prefix(&mut w, "back\\"), ["back\\slash"]);
    assert_eq!(prefix(&mut w, "50*"), ["50*"]);
    assert_eq!(prefix(&mut w, "év"), ["ÉVA"], "not only ASCII folds");
    let word = |w: &mut World, text: &str| w.names(&Filter::parse(text).unwrap());
    assert_eq!(word(&mut w, "%"), ["a%b"]);
    assert_eq!(word(&mut w, "_"), ["a_b"]);
    assert_eq!(word(&mut w, "*"), ["50*"]);
    w.login("éva");
}

#[test]
fn w07_two_people_never_share_a_name_and_512_characters_fit() {
    let mut w = World::new();
    let long = "x".repeat(512);
    w.person(&long);
    assert_eq!(kind(w.register(&long.to_uppercase(), &pw(PASSWORD), false)), Kind::DuplicateUser);
    w.login(&long);
}

#[test]
fn w08_a_deactivated_persons_token_is_refused_at_once() {
    let mut w = World::new();
    let alice = w.person("alice");
    let token = w.login("alice").token;
    assert!(w.lives(&token));
    w.deactivate(&alice.id, None).unwrap();
    assert!(!w.lives(&token));
}

#[test]
fn w09_logging_out_twice_is_quiet_a_filter_reaches_the_list_and_a_missing_name_is_called_missing() {
    let mut w = World::new();
    w.person("alice");
    w.person("bob");
    let token = w.login("alice").token;
    assert!(w.served(|a| a.log_out(&token)).unwrap().is_some());
    assert!(w.served(|a| a.log_out(&token)).unwrap().is_none());
    assert_eq!(w.served(|a| a.users(&Default::default(), &Default::default(), 9)).unwrap().rows.len(), 2);
    assert_eq!(w.names(&Filter::prefix("b")), ["bob"]);
    assert_eq!(refused(w.register("", &pw(PASSWORD), false)).message, "a name is needed");
}

#[test]
fn w10_a_session_lives_its_time_across_a_change_of_the_local_clock() {
    let mut w = World::new();
    w.person("alice");
    for evening in ["2027-03-27T18:00:00Z", "2027-10-30T18:00:00Z"] {
        w.clock.set(Time::parse(evening).unwrap());
        let opened = w.login("alice");
        w.pass(Span::HOUR.times(24));
        assert!(w.lives(&opened.token));
        w.pass(Span::from_millis(1));
        assert!(!w.lives(&opened.token));
    }
}

#[test]
fn w11_what_is_over_counts_and_shows_nowhere_as_live_and_a_reset_has_its_own_shorter_life() {
    let mut w = World::new();
    let alice = w.person("alice");
    let opened = w.login("alice");
    let issued = w.request_reset("alice").unwrap();
    assert_eq!(opened.session.expires_at.unwrap().since(issued.expires_at), Span::HOUR.times(23));
    w.pass(Span::HOUR.times(25));
    assert_eq!(w.look(&alice).sessions, 0);
    assert!(w.sessions_of(&alice.id, 10).unwrap().is_empty());
    assert!(w.names(&Filter::parse("is:live").unwrap()).is_empty());
    assert_eq!(w.count_sessions(&Filter::parse_sessions("is:live").unwrap(), None).unwrap(), 0);
    assert!(!opened.session.is_live(w.now()));
}

#[test]
fn w12_the_first_user_is_made_by_anybody_as_an_active_admin_and_only_once() {
    let mut w = World::new();
    let draft = Draft { pending: true, role: Role::Member, ..Draft::named("root").unwrap() };
    let root = w.served(|a| a.create_user(draft, Some(&pw(PASSWORD)))).unwrap();
    assert_eq!((root.role, root.status), (Role::Admin, Status::Active));
    let second = Draft::named("second").unwrap();
    assert_eq!(kind(w.served(|a| a.create_user(second.clone(), Some(&pw(PASSWORD))))), Kind::Unauthenticated);
    w.login("root");
    // Whoever was deleted was there all the same.
    let other = w.with_role("other", Role::Admin);
    w.delete(&root.id, None).unwrap();
    assert_eq!(kind(w.served(|a| a.create_user(second, None))), Kind::Unauthenticated);
    assert_eq!(w.look(&other).role, Role::Admin);
}

#[test]
fn w12_somebody_registered_first_does_not_become_an_admin_and_closes_the_first_users_door() {
    let mut w = World::new();
    assert_eq!(w.person("eve").role, Role::Member);
    let draft = Draft::named("mallory").unwrap();
    assert_eq!(kind(w.served(|a| a.create_user(draft, Some(&pw(PASSWORD))))), Kind::Unauthenticated);
}

#[test]
fn w12_a_session_is_created_and_ended_with_the_same_token_and_a_token_is_nobodys_name() {
    let mut w = World::new();
    w.person("alice");
    let token = w.login("alice").token;
    assert!(w.lives(&token));
    assert_eq!(kind(w.find(token.expose())), Kind::UnknownUser);
    assert!(w.log_out(&token).unwrap().is_some());
    assert_eq!(w.names(&Filter::default()), ["alice"], "only the session is gone");
}

#[test]
fn w13_a_person_with_sessions_and_requests_can_be_deleted_and_purged() {
    for purge in [false, true] {
        let mut w = World::new();
        let alice = w.person("alice");
        let edit = Edit { labels: Some(vec!["a".into(), "b".into()]), ..Edit::default() };
        w.edit(&alice.id, None, edit).unwrap();
        w.login("alice");
        w.login("alice");
        w.request_reset("alice").unwrap();
        assert!(w.try_login("alice", "wrong").is_err());
        match purge {
            true => drop(w.purge(&alice.id, None).unwrap()),
            false => drop(w.delete(&alice.id, None).unwrap()),
        }
        assert_eq!(kind(w.find("alice")), Kind::UnknownUser);
        w.person("alice");
    }
}

#[test]
fn w14_no_id_is_used_again_and_nothing_old_attaches_to_a_new_person_of_the_name() {
    let mut w = World::new();
    let old = w.person("alice");
    let token = w.login("alice").token;
    let issued = w.request_reset("alice").unwrap();
    w.purge(&old.id, None).unwrap();
    let new = w.person("alice");
    assert_ne!(old.id, new.id);
    assert!(!w.lives(&token));
    assert_eq!(kind(w.complete_reset(&issued.request_id, &pw("mine"))), Kind::UnknownRequest);
    assert_eq!(kind(w.deactivate(&old.id, None)), Kind::UnknownUser);
    assert_eq!(w.history(&new.id, 10).unwrap().len(), 1, "the history begins with the registration");
}

#[test]
fn w15_who_is_behind_a_session_is_asked_in_one_way_and_never_of_one_that_is_over() {
    let mut w = World::new();
    w.person("alice");
    let token = w.login("alice").token;
    assert!(!format!("{:?}", w.check(&token).unwrap()).contains("argon2"));
    w.pass(Span::HOUR.times(25));
    assert_eq!(kind(w.check(&token)), Kind::Unauthenticated);
    assert_eq!(kind(w.authorize(&Claim { user: None, session: Some(&token) })), Kind::Unauthenticated);
}

#[test]
fn w16_an_expiry_without_a_zone_is_utc_and_over_a_millisecond_later() {
    let mut w = World::new();
    w.person("alice");
    let password = pw(PASSWORD);
    for text in ["2026-11-21T16:01:00", "1795276860"] {
        let expires = Until::parse(text, w.now()).unwrap();
        w.clock.set(crate::support::START);
        let opened =
            w.log_in(&Login { name: "alice", password: Some(&password), expires, ..Login::default() }).unwrap();
        w.pass(Span::MINUTE);
        assert!(w.lives(&opened.token), "{text}");
        w.pass(Span::from_millis(1));
        assert!(!w.lives(&opened.token), "{text}");
    }
}

#[test]
fn w17_a_changed_password_ends_every_session_and_may_not_be_blank() {
    let mut w = World::new();
    w.person("alice");
    let tokens = [w.login("alice").token, w.login("alice").token];
    assert_eq!(kind(w.change_password("alice", &pw(PASSWORD), &pw(""), None)), Kind::ConstraintViolation);
    assert!(w.lives(&tokens[0]));
    assert_eq!(w.change_password("alice", &pw(PASSWORD), &pw("new"), None).unwrap().ended, 2);
    assert!(!w.lives(&tokens[0]) && !w.lives(&tokens[1]));
}

#[test]
fn w21_only_a_hash_that_names_its_scheme_lets_anybody_in() {
    let mut store = engines::memory().unwrap();
    let digest = "A".repeat(43);
    let fakes = [
        ("a", None),
        ("b", Some(String::new())),
        ("c", Some("secret".to_owned())),
        ("d", Some("$2b$12$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu".to_owned())),
        ("e", Some(format!("$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA${digest}"))),
        ("f", Some(format!("$argon2id$v=16$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA${digest}"))),
        ("g", Some("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$".to_owned())),
    ];
    for (name, hash) in &fakes {
        insert(store.as_mut(), name, hash.as_deref());
    }
    let mut w = World::over(store);
    for (name, hash) in &fakes {
        for password in ["", "secret", hash.as_deref().unwrap_or("x")] {
            assert_eq!(kind(w.try_login(name, password)), Kind::InvalidCredentials, "{name}");
        }
    }
}

#[test]
fn w22_a_registration_sets_a_name_and_a_password_and_nothing_else() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    let eve = w.person("eve role=admin");
    assert_eq!((eve.role, eve.labels.len(), eve.email, eve.note, eve.valid_until), (Role::Member, 0, None, None, None));
    let draft = Draft { role: Role::Admin, ..Draft::named("mallory").unwrap() };
    assert_eq!(kind(w.served(|a| a.create_user(draft, Some(&pw(PASSWORD))))), Kind::Unauthenticated);
    assert_eq!(w.names(&Filter::parse("is:admin").unwrap()), ["root"]);
}

#[test]
fn w22_there_are_roles_an_audit_and_a_last_admin() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    assert_eq!(kind(w.delete(&root.id, None)), Kind::LastAdmin);
    assert_eq!(w.last_deed(), "create");
    assert_eq!(KEPT_DAYS, 30);
}

#[test]
fn w21_a_right_digest_under_another_schemes_name_lets_nobody_in() {
    let secret = pw("the right one");
    let right = Hasher::new(CHEAP).hash(&secret, &mut Seeded(3)).unwrap();
    let mut store = engines::memory().unwrap();
    insert(store.as_mut(), "right", Some(right.as_str()));
    for (name, scheme) in [("i", "$argon2i$v=19$"), ("d", "$argon2d$v=19$"), ("old", "$argon2id$v=16$"), ("none", "$")]
    {
        insert(store.as_mut(), name, Some(&right.as_str().replace("$argon2id$v=19$", scheme)));
    }
    let mut w = World::over(store);
    w.try_login("right", secret.expose()).unwrap();
    for name in ["i", "d", "old", "none"] {
        assert_eq!(kind(w.try_login(name, secret.expose())), Kind::InvalidCredentials, "{name}");
    }
}

#[test]
fn w08_a_session_that_nobody_ended_is_refused_all_the_same_while_its_owner_may_not_log_in() {
    type Mark = fn(&mut User);
    let mut w = World::new();
    let alice = w.person("alice");
    let shown = w.login("alice").session;
    let mut entropy = Seeded(11);
    let states: [(&str, Mark); 4] = [
        ("pending", |user| user.status = Status::Pending),
        ("inactive", |user| user.status = Status::Inactive),
        ("deleted", |user| user.deleted_at = Some(user.created_at)),
        ("active", |_| {}),
    ];
    for (word, state) in states {
        let (token, digest) = TokenKind::Session.mint(&mut entropy).unwrap();
        let mut user = User { id: UserId::new(word), name: word.into(), ..alice.clone() };
        state(&mut user);
        let session = Session { id: SessionId::new(word), user_id: user.id.clone(), ..shown.clone() };
        // As an import or another program would leave it: the status says no, and the session was never ended.
        let sample = Sample { user, hash: None, sessions: vec![(session, digest)] };
        w.load(&mut std::iter::once(sample), &[], &mut |_| true).unwrap();
        assert_eq!(w.lives(&token), word == "active", "{word}");
    }
}
