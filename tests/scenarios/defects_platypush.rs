//! Every defect that was found in platypush's user management, tried on ours. P7, P8 and P12 are tried in `tokens`, and
//! where our rule is another one than the finding asks for, the test shows our rule and says why.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::Ordering;

use rollbook::accounts::error::Kind;
use rollbook::accounts::factor::CODES;
use rollbook::accounts::query::Query;
use rollbook::accounts::token::TokenKind;
use rollbook::accounts::{Draft, Login, Role, Span, Until};

use crate::factor::enrol;
use crate::stored::{bytes, contains, hash};
use crate::support::{CHEAP, race};
use crate::weaknesses::metered;
use crate::world::{PASSWORD, World, acting, file, kind, open, pw, refused};

#[test]
fn defect_p1_every_secret_is_drawn_whole_from_the_source_that_was_handed_in() {
    let (mut w, drawn) = metered(1_000_000);
    let alice = w.person("alice");
    let mut last = drawn.load(Ordering::SeqCst);
    let mut since = move || {
        let now = drawn.load(Ordering::SeqCst);
        now - std::mem::replace(&mut last, now)
    };
    w.login("alice");
    assert!(since() >= 32, "session");
    w.create_token(&alice.id, None, Until::Default).unwrap();
    assert!(since() >= 32, "API token");
    w.request_reset("alice").unwrap();
    assert!(since() >= 32, "reset");
    let begun = w.begin_factor(&alice.id).unwrap();
    assert_eq!(since(), 20, "the secret of a second factor: 160 bits");
    let step = rollbook::accounts::totp::step(w.now());
    let secret = rollbook::accounts::base32::decode(begun.secret.expose()).unwrap();
    w.enable_factor(&alice.id, None, &begun.secret, &rollbook::accounts::totp::code(&secret, step)).unwrap();
    assert!(since() >= CODES * 14 + 24 + 32, "ten codes of more than 112 bits, a nonce, and the key");
}

#[test]
fn defect_p2_a_session_ends_unless_never_was_asked_for_by_name() {
    let mut w = World::new();
    w.person("alice");
    let password = pw(PASSWORD);
    let mut open = |expires| {
        let login = Login { name: "alice", password: Some(&password), expires, ..Login::default() };
        w.log_in(&login).unwrap().session
    };
    let usual = open(Until::Default);
    assert_eq!(usual.expires_at.unwrap().since(usual.created_at), Span::HOUR.times(24));
    assert_eq!(open(Until::Never).expires_at, None);
    w.set_policy("session-idle", "15m").unwrap();
    let token = w.login("alice").token;
    w.pass(Span::MINUTE.times(15));
    assert!(w.lives(&token));
    w.pass(Span::from_millis(15 * 60_000 + 1));
    assert!(!w.lives(&token), "and one that lies unused ends sooner where the policy says so");
}

#[test]
fn defect_p3_no_token_of_any_kind_rests_in_the_file() {
    let (folder, _, mut w) = file();
    let alice = w.person("alice");
    let session = w.login("alice").token;
    let (_, api) = w.create_token(&alice.id, None, Until::Default).unwrap();
    let reset = w.request_reset("alice").unwrap().request_id;
    let stored = bytes(folder.path());
    assert!(contains(&stored, "alice"), "the search itself works");
    for (kind, token) in [(TokenKind::Session, &session), (TokenKind::Api, &api), (TokenKind::Reset, &reset)] {
        assert!(!contains(&stored, token.expose()) && !contains(&stored, &token.expose()[4..47]));
        let digest = kind.read(token.expose()).unwrap();
        assert!(stored.windows(32).any(|window| window == digest.bytes()), "its digest does");
    }
}

#[test]
fn defect_p4_a_new_password_ends_every_session_and_has_a_salt_of_its_own() {
    let (_folder, path, mut w) = file();
    let alice = w.person("alice");
    let tokens = [w.login("alice").token, w.login("alice").token];
    let before = hash(&path, &alice.id);
    w.change_password("alice", &pw(PASSWORD), &pw(PASSWORD), None).unwrap();
    assert!(tokens.iter().all(|token| !w.lives(token)));
    let salt = |hash: &str| hash.split('$').nth(4).unwrap().to_owned();
    assert_ne!(salt(&before), salt(&hash(&path, &alice.id)));
}

#[test]
fn defect_p5_a_code_is_taken_once() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (app, _) = enrol(&mut w, &alice);
    let code = app.code(&w);
    w.authenticate("alice", &pw(PASSWORD), Some(&code)).unwrap();
    assert_eq!(kind(w.authenticate("alice", &pw(PASSWORD), Some(&code))), Kind::InvalidOtpCode);
    let earlier = app.code_in(&w, -1);
    assert_eq!(kind(w.authenticate("alice", &pw(PASSWORD), Some(&earlier))), Kind::InvalidOtpCode, "nor one before");
}

#[test]
fn defect_p6_a_backup_code_promises_no_end_and_keeps_the_one_that_it_has_its_use() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (_, codes) = enrol(&mut w, &alice);
    // They lie in a drawer until the telephone is lost, years later: no end is written that nobody reads.
    w.pass(Span::DAY.times(400));
    w.authenticate("alice", &pw(PASSWORD), Some(codes[0].expose())).unwrap();
    assert_eq!(kind(w.authenticate("alice", &pw(PASSWORD), Some(codes[0].expose()))), Kind::InvalidOtpCode);
    w.refresh_codes(&alice.id, None).unwrap();
    assert_eq!(kind(w.authenticate("alice", &pw(PASSWORD), Some(codes[1].expose()))), Kind::InvalidOtpCode);
}

#[test]
fn defect_p9_a_token_ends_at_its_instant_whatever_the_zone_it_was_named_in() {
    for end in ["2026-11-21T17:00:00Z", "2026-11-22T02:00:00+09:00", "2026-11-21T09:00:00-08:00", "+1h"] {
        let mut w = World::new();
        let alice = w.person("alice");
        let until = Until::parse(end, w.now()).unwrap();
        let (_, token) = w.create_token(&alice.id, None, until).unwrap();
        w.pass(Span::HOUR);
        w.check_token(&token).unwrap();
        w.pass(Span::from_millis(1));
        assert_eq!(kind(w.check_token(&token)), Kind::Unauthenticated, "{end}");
    }
}

#[test]
fn defect_p10_opening_a_session_answers_right_and_wrong_passwords_and_panics_at_neither() {
    let mut w = World::new();
    w.person("alice");
    let opened = w.try_login("alice", PASSWORD).unwrap();
    assert!(w.lives(&opened.token));
    assert_eq!(kind(w.try_login("alice", "wrong")), Kind::InvalidCredentials);
    let nothing = w.served(|a| a.log_in(&Login { name: "alice", ..Login::default() }));
    assert_eq!(kind(nothing), Kind::InvalidCredentials, "nor at none");
}

#[test]
fn defect_p11_no_token_carries_a_password_or_gets_past_a_factor_and_long_passwords_work() {
    let mut w = World::new();
    let long = "x".repeat(1024);
    let alice = w.register("alice", &pw(&long), false).unwrap();
    w.try_login("alice", &long).unwrap();
    assert_eq!(kind(w.try_login("alice", &long[1..])), Kind::InvalidCredentials, "every one of them counts");
    let too_long = w.register("bob", &pw(&"x".repeat(1025)), false);
    assert_eq!(kind(too_long), Kind::ConstraintViolation, "refused, and not cut");
    let (_, token) = w.create_token(&alice.id, None, Until::Default).unwrap();
    assert!(!token.expose().contains("xx") && !token.expose().contains("alice"), "nothing but what was drawn");
    enrol(&mut w, &alice);
    assert_eq!(kind(w.try_login("alice", &long)), Kind::MissingOtpCode);
    assert_eq!(kind(w.try_login("alice", token.expose())), Kind::InvalidCredentials, "a token is no password");
    assert!(!w.lives(&token), "and no session");
}

#[test]
fn defect_p13_every_door_costs_one_verification_whoever_knocks() {
    let mut w = World::new();
    w.person("alice");
    w.pending("pending");
    for (name, password) in [("alice", "wrong"), ("nobody", PASSWORD), ("pending", PASSWORD), ("", PASSWORD)] {
        let before = w.verifications();
        assert_eq!(kind(w.try_login(name, password)), Kind::InvalidCredentials);
        assert_eq!(w.verifications() - before, 1, "{name}");
        assert_eq!(kind(w.enable_own_factor(name, &pw(password), &pw("x"), "0")), Kind::InvalidCredentials);
        assert_eq!(w.verifications() - before, 2, "{name}");
    }
    // A token is looked up by its digest: there is no secret to be compared byte by byte.
    assert_eq!(kind(w.check(&pw("rbs_"))), Kind::Unauthenticated);
}

#[test]
fn defect_p14_names_of_any_length_and_passwords_of_one_letter_are_refused() {
    let mut w = World::strict();
    let strong = pw("a rabbit in a waistcoat");
    for name in ["a\u{1b}]0;x\u{7}", "a\u{200b}", &"x".repeat(100_000)] {
        assert_eq!(kind(w.register(name, &strong, false)), Kind::ConstraintViolation);
        assert_eq!(kind(Draft::named(name)), Kind::ConstraintViolation);
    }
    assert_eq!(kind(w.register("alice", &pw("x"), false)), Kind::WeakPassword);
}

#[test]
fn defect_p15_no_hash_no_secret_and_no_power_over_others_for_whoever_is_merely_logged_in() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    let (alice, eve) = (w.person("alice"), w.person("eve"));
    let (app, _) = enrol(&mut w, &alice);
    let told =
        format!("{:?} {:?}", w.users(&Query::default(), &Default::default(), 9).unwrap(), w.dossier(&alice.id, 9));
    assert!(!told.contains("argon2") && !told.contains(app.0.expose()));
    for actor in [acting(&alice), acting(&eve)] {
        // Once it is on nobody is shown it again, not even its owner.
        assert!(w.by(&actor, |a| a.begin_factor(&alice.id)).is_err());
        let draft = Draft { role: Role::Admin, ..Draft::named("mallory").unwrap() };
        assert_eq!(kind(w.by(&actor, |a| a.create_user(draft, None))), Kind::Unauthorized);
        for target in [&alice, &eve] {
            assert_eq!(kind(w.by(&actor, |a| a.delete(&target.id, None))), Kind::Unauthorized);
        }
        assert_eq!(kind(w.by(&actor, |a| a.users(&Query::default(), &Default::default(), 9))), Kind::Unauthorized);
    }
}

#[test]
fn defect_p16_a_backup_code_is_taken_once_by_many_at_once_and_the_key_is_never_open_to_others() {
    let (folder, path, mut w) = file();
    w.accounts = open(&path, &w.clock, 9, CHEAP);
    let alice = w.person("alice");
    let (_, codes) = enrol(&mut w, &alice);
    let handles = (0..8).map(|n| open(&path, &w.clock, 100 + n, CHEAP));
    let outcomes = race(handles, |mut a| a.authenticate("alice", &pw(PASSWORD), Some(codes[0].expose())).is_ok());
    assert_eq!(outcomes.into_iter().filter(|won| *won).count(), 1);
    let key = path.with_extension("key");
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!contains(&std::fs::read(&path).unwrap(), std::fs::read_to_string(&key).unwrap().trim()));
    assert!(folder.path().join("rollbook.db").metadata().unwrap().permissions().mode() & 0o077 == 0);
    // Wrong ones are counted and make wait, and what was done is written down.
    for _ in 0..9 {
        let _ = refused(w.authenticate("alice", &pw("wrong"), None));
    }
    assert!(w.look(&alice).throttled_until.is_some());
    assert!(w.entries().iter().any(|entry| entry.deed == "use code"));
}
