//! Every defect that was found in flowserv's user manager, tried on ours. Where our rule is another one than the finding
//! asks for, the test shows our rule and says why. F12 is tried in `throttle` and `races`.

use rollbook::accounts::error::Kind;
use rollbook::accounts::hash::Cost;
use rollbook::accounts::query::Filter;
use rollbook::accounts::session::SessionId;
use rollbook::accounts::token::{Entropy as _, TokenKind};
use rollbook::accounts::{Ground, Login, Role, Span, Status, Time, Until};
use rollbook::engines::{self, Access};

use crate::factor::enrol;
use crate::stored::{bytes, contains};
use crate::support::{CHEAP, HandClock, MemoryRing, Seeded, operator, race};
use crate::world::{PASSWORD, World, acting, file, kind, open, pw, refused};

#[test]
fn defect_f1_a_reset_identifier_goes_to_a_caller_who_delivers_it_and_to_no_user_and_gets_past_no_factor() {
    let mut w = World::new();
    let (alice, eve) = (w.person("alice"), w.person("eve"));
    // A service is given one for any name, since only it can deliver it; a user who acts would keep it.
    let issued = w.served(|a| a.request_reset("alice")).unwrap();
    assert_eq!(w.last_deed(), "request reset");
    assert_eq!(kind(w.by(&acting(&eve), |a| a.request_reset("alice"))), Kind::Unauthorized);
    assert_eq!(kind(w.by(&acting(&eve), |a| a.issue_reset(&alice.id))), Kind::Unauthorized);
    // And whoever intercepts it still lacks the second factor.
    enrol(&mut w, &alice);
    w.served(|a| a.complete_reset(&issued.request_id, &pw("taken over"))).unwrap();
    assert_eq!(kind(w.try_login("alice", "taken over")), Kind::MissingOtpCode);
}

#[test]
fn defect_f2_who_is_deactivated_or_deleted_is_refused_at_the_very_next_check() {
    let mut w = World::new();
    let (alice, bob) = (w.person("alice"), w.person("bob"));
    let tokens = [w.login("alice").token, w.login("bob").token];
    w.deactivate(&alice.id, None).unwrap();
    w.delete(&bob.id, None).unwrap();
    for (token, name) in tokens.iter().zip(["alice", "bob"]) {
        assert!(!w.lives(token), "{name}");
        assert_eq!(kind(w.try_login(name, PASSWORD)), Kind::InvalidCredentials);
    }
}

#[test]
fn defect_f3_the_database_itself_holds_one_name_once_and_nobody_is_locked_out_by_a_double() {
    let (_folder, path, mut w) = file();
    let handles = (0..8).map(|n| open(&path, &w.clock, n, CHEAP));
    let outcomes = race(handles, |mut a| a.register("bob", &pw(PASSWORD), false).map(drop));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    w.login("bob");
    let db = rusqlite::Connection::open(&path).unwrap();
    let doubled = db.execute(
        "INSERT INTO user (id, name, name_key, role, status, created_at)
         SELECT 'x', name, name_key, role, status, created_at FROM user",
        [],
    );
    assert!(doubled.unwrap_err().to_string().contains("UNIQUE"), "not even a program that does not look first");
}

#[test]
fn defect_f4_the_password_that_was_registered_or_reset_is_the_one_that_logs_in() {
    let mut w = World::new();
    let spaced = "  two spaces around  ";
    w.register("alice", &pw(spaced), false).unwrap();
    w.try_login("alice", spaced).unwrap();
    assert_eq!(kind(w.try_login("alice", spaced.trim())), Kind::InvalidCredentials);
    let issued = w.request_reset("alice").unwrap();
    w.complete_reset(&issued.request_id, &pw("  another  ")).unwrap();
    w.try_login("alice", "  another  ").unwrap();
    assert_eq!(kind(w.try_login("alice", "another")), Kind::InvalidCredentials);
}

#[test]
fn defect_f5_each_log_in_has_a_token_of_its_own_with_its_own_end_and_only_its_digest_is_kept() {
    let (folder, _, mut w) = file();
    w.person("alice");
    let first = w.login("alice");
    w.pass(Span::HOUR);
    let second = w.login("alice");
    assert_ne!(first.token.expose(), second.token.expose());
    let kept = w.session(&first.session.id).unwrap();
    assert_eq!(kept.expires_at, first.session.expires_at, "the second extends nothing");
    let stored = bytes(folder.path());
    for token in [&first.token, &second.token] {
        assert!(!contains(&stored, token.expose()));
    }
    w.log_out(&first.token).unwrap();
    assert!(!w.lives(&first.token) && w.lives(&second.token), "one device, not all");
}

/// A handle that follows the policy's cost instead of the tests' cheap one.
fn honest(path: &std::path::Path, clock: &HandClock) -> rollbook::accounts::Accounts {
    let ground = Ground {
        store: engines::open(path, Access::Full).unwrap(),
        clock: Box::new(clock.clone()),
        entropy: Box::new(Seeded(5)),
        cost: None,
        keys: Box::new(MemoryRing::default()),
    };
    rollbook::accounts::Accounts::new(ground, operator(), "")
}

#[test]
fn defect_f6_a_hash_costs_what_is_recommended_today_and_a_cheaper_one_is_renewed() {
    let (_folder, path, mut w) = file();
    w.person("alice");
    assert_eq!(w.examine().unwrap().hashes[0].0, "argon2id v=19 m=8,t=1,p=1", "the tests' own");
    let mut a = honest(&path, &w.clock);
    let password = pw(PASSWORD);
    a.log_in(&Login { name: "alice", password: Some(&password), ..Login::default() }).unwrap();
    let (cost, count) = w.examine().unwrap().hashes.remove(0);
    assert_eq!((cost.as_str(), count), ("argon2id v=19 m=19456,t=2,p=1", 1));
    assert_eq!(Cost::default(), Cost { memory: 19_456, passes: 2 });
    assert_eq!(kind(w.set_policy("argon2", "m=19456,t=1")), Kind::ConstraintViolation, "and not less");
}

#[test]
fn defect_f7_neither_time_nor_words_tell_whether_a_name_is_there() {
    let mut w = World::new();
    w.person("alice");
    let mut answers = Vec::new();
    for name in ["alice", "nobody-of-this-name"] {
        let before = w.verifications();
        answers.push(refused(w.try_login(name, "wrong")));
        assert_eq!(w.verifications() - before, 1, "{name}: the one costly thing is done once for either");
    }
    assert_eq!(answers[0], answers[1]);
    assert!(!answers[0].to_string().contains("alice"));
}

#[test]
fn defect_f8_names_that_deceive_are_refused_and_a_long_one_is_kept_whole() {
    let mut w = World::new();
    let admin = w.with_role("admin", Role::Admin);
    for name in ["a\u{1b}[2Jb", "a\0b", "ad\u{200b}min", "\u{202e}nimda", "a\u{7f}b", "a\u{feff}b", "tag\u{e0041}"] {
        assert_eq!(kind(w.register(name, &pw(PASSWORD), false)), Kind::ConstraintViolation, "{name:?}");
    }
    assert_eq!(kind(w.register("ADMIN", &pw(PASSWORD), false)), Kind::DuplicateUser);
    let long = "ä".repeat(512);
    assert_eq!(w.person(&long).name, long);
    assert_eq!(kind(w.register(&"ä".repeat(513), &pw(PASSWORD), false)), Kind::ConstraintViolation);
    // Letters of other scripts are names of real people. Who looks alike is somebody else all the same: another id, and
    // nothing of what the other may do.
    let alike = w.person("\u{430}dmin");
    assert_ne!(alike.id, admin.id);
    assert_eq!(alike.role, Role::Member);
}

#[test]
fn defect_f9_a_request_is_short_lived_judges_the_password_and_voids_nothing_that_an_administrator_issued() {
    let mut w = World::strict();
    let strong = "a rabbit in a waistcoat";
    let alice = w.register("alice", &pw(strong), false).unwrap();
    // The last request counts, so that somebody who asks twice uses the mail that came last. A stranger can so void a
    // request, but gets nothing and the person asks again.
    let first = w.served(|a| a.request_reset("alice")).unwrap();
    let second = w.served(|a| a.request_reset("alice")).unwrap();
    assert_eq!(kind(w.complete_reset(&first.request_id, &pw(strong))), Kind::UnknownRequest);
    assert_eq!(kind(w.complete_reset(&second.request_id, &pw("abc"))), Kind::WeakPassword);
    assert_eq!(second.expires_at.since(w.now()), Span::HOUR);
    assert!(w.policy().unwrap().session_life > Span::HOUR, "its life is not a session's");
    w.deactivate(&alice.id, None).unwrap();
    let issued = w.issue_reset(&alice.id).unwrap();
    let strangers = w.served(|a| a.request_reset("alice")).unwrap();
    assert_eq!(kind(w.complete_reset(&strangers.request_id, &pw(strong))), Kind::UnknownRequest);
    // What an administrator issued works, and activates nobody.
    assert_eq!(w.complete_reset(&issued.request_id, &pw(strong)).unwrap().after.status, Status::Inactive);
    assert_eq!(kind(w.try_login("alice", strong)), Kind::InvalidCredentials);
}

#[test]
fn defect_f10_percent_is_a_letter_in_a_prefix() {
    let mut w = World::new();
    w.person("alice");
    w.person("%");
    assert_eq!(w.names(&Filter::prefix("%")), ["%"]);
    assert!(w.names(&Filter::prefix("_")).is_empty());
}

#[test]
fn defect_f11_times_are_utc_milliseconds_whatever_the_zone_they_were_written_in() {
    let mut w = World::new();
    w.person("alice");
    let password = pw(PASSWORD);
    // The same instant, as three parts of the world write it.
    for text in ["2026-11-22T01:00:00+09:00", "2026-11-21T08:00:00-08:00", "2026-11-21T16:00:00Z"] {
        assert_eq!(Time::parse(text).unwrap(), crate::support::START);
    }
    // An hour that the clocks on the wall show twice lasts one hour.
    w.clock.set(Time::parse("2027-10-31T00:30:00Z").unwrap());
    let expires = Until::parse("+1h", w.now()).unwrap();
    let opened = w.log_in(&Login { name: "alice", password: Some(&password), expires, ..Login::default() }).unwrap();
    w.pass(Span::HOUR);
    assert!(w.lives(&opened.token));
    w.pass(Span::from_millis(1));
    assert!(!w.lives(&opened.token));
}

#[test]
fn defect_f13_a_token_has_256_bits_and_a_public_id_opens_nothing() {
    let mut w = World::new();
    let alice = w.person("alice");
    let opened = w.login("alice");
    assert_eq!(opened.token.expose().len(), "rbs_".len() + 43 + 6);
    // 43 digits of base 62 hold 256 bits; a change of a single bit that was drawn shows.
    let minted = |flip: usize| {
        struct Fixed(usize);
        impl rollbook::accounts::token::Entropy for Fixed {
            fn fill(&mut self, bytes: &mut [u8]) -> rollbook::accounts::Result<()> {
                bytes.fill(0);
                if self.0 < 256 {
                    bytes[self.0 / 8] = 1 << (self.0 % 8);
                }
                Ok(())
            }
        }
        TokenKind::Session.mint(&mut Fixed(flip)).unwrap().0.expose().to_owned()
    };
    let all: std::collections::HashSet<String> = (0..=256).map(minted).collect();
    assert_eq!(all.len(), 257);
    let mut drawn = [0; 32];
    rollbook::host::SystemEntropy.fill(&mut drawn).unwrap();
    assert_ne!(drawn, [0; 32]);
    for id in [alice.id.as_str(), opened.session.id.as_str(), &format!("rbs_{}", alice.id)] {
        assert!(!w.lives(&pw(id)));
        assert_eq!(kind(w.complete_reset(&pw(id), &pw("mine"))), Kind::UnknownRequest);
        assert_eq!(kind(w.check_token(&pw(id))), Kind::Unauthenticated);
    }
    assert_eq!(kind(w.end_session(&SessionId::new(opened.token.expose()))), Kind::UnknownSession);
    let error = w.session(&SessionId::new("nowhere")).unwrap_err();
    assert_eq!(error.kind, Kind::UnknownSession);
    assert!(error.hint.is_some_and(|hint| hint.contains("session list")));
}
