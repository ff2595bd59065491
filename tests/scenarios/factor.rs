//! The second factor: on, off, asked for at every door, its codes good once, and nothing of it where it must not be.

use rollbook::accounts::audit::Deed;
use rollbook::accounts::error::Kind;
use rollbook::accounts::factor::CODES;
use rollbook::accounts::verdict::Cure;
use rollbook::accounts::{Actor, Claim, Login, Role, Secret, Span, User, base32, totp};
use rollbook::engines;

use crate::support::{HandClock, MemoryRing, accounts_with, operator};
use crate::world::{PASSWORD, World, acting, kind, pw, refused};

/// Somebody's app: the secret, and the code that it shows at the world's time.
pub struct App(pub Secret);

impl App {
    pub fn code(&self, w: &World) -> String {
        self.code_in(w, 0)
    }

    /// The code of this many steps later.
    pub fn code_in(&self, w: &World, steps: i64) -> String {
        totp::code(&base32::decode(self.0.expose()).unwrap(), totp::step(w.now()) + steps)
    }

    /// A code that is none of those taken now.
    pub fn wrong(&self, w: &World) -> String {
        let taken = [-1, 0, 1].map(|steps| self.code_in(w, steps));
        (0..4).map(|n| format!("{n:06}")).find(|code| !taken.contains(code)).unwrap()
    }
}

/// A world whose keyring the test can reach.
pub fn ringed() -> (World, MemoryRing) {
    let (clock, ring) = (HandClock::default(), MemoryRing::default());
    let accounts = accounts_with(engines::memory().unwrap(), &clock, 7, operator(), ring.clone());
    let mut w = World { accounts, clock };
    w.set_policy("password", "open").unwrap();
    (w, ring)
}

/// Turns somebody's factor on; then the next step begins, so that their codes are fresh.
pub fn enrol(w: &mut World, user: &User) -> (App, Vec<Secret>) {
    let app = App(w.begin_factor(&user.id).unwrap().secret);
    let code = app.code(w);
    let codes = w.enable_factor(&user.id, None, &app.0, &code).unwrap().codes;
    w.pass(Span::SECOND.times(60));
    (app, codes)
}

fn try_code(w: &mut World, name: &str, code: Option<&str>) -> rollbook::accounts::Result<User> {
    w.served(|a| a.authenticate(name, &pw(PASSWORD), code))
}

#[test]
fn p20_beginning_shows_a_secret_and_stores_nothing() {
    let (mut w, ring) = ringed();
    let alice = w.person("alice");
    let entries = w.entries().len();
    let first = w.begin_factor(&alice.id).unwrap();
    assert_eq!(first.secret.expose().len(), 32, "160 bits");
    assert_eq!(
        first.uri.expose(),
        format!("otpauth://totp/Rollbook:alice?secret={}&issuer=Rollbook", first.secret.expose())
    );
    assert_ne!(w.begin_factor(&alice.id).unwrap().secret.expose(), first.secret.expose());
    assert_eq!((w.look(&alice), w.entries().len()), (alice, entries));
    assert_eq!(ring.bytes(rollbook::accounts::seal::Slot::Present), None, "not even a key");
    w.login("alice");
    assert_eq!(kind(w.begin_factor(&rollbook::accounts::UserId::new("nobody"))), Kind::UnknownUser);
}

#[test]
fn p20_a_present_code_turns_it_on_once_and_ten_codes_are_shown() {
    let mut w = World::new();
    let alice = w.person("alice");
    let app = App(w.begin_factor(&alice.id).unwrap().secret);
    let wrong = app.wrong(&w);
    assert_eq!(kind(w.enable_factor(&alice.id, None, &app.0, &wrong)), Kind::InvalidOtpCode);
    assert_eq!(kind(w.enable_factor(&alice.id, None, &pw("not base 32!"), "000000")), Kind::ConstraintViolation);
    assert_eq!(kind(w.enable_factor(&alice.id, None, &pw("GEZDGNBV"), "000000")), Kind::ConstraintViolation);
    assert!(!w.look(&alice).factor);
    let code = app.code(&w);
    assert_eq!(kind(w.enable_factor(&alice.id, Some(alice.version + 1), &app.0, &code)), Kind::Stale);
    let codes = w.enable_factor(&alice.id, Some(alice.version), &app.0, &code).unwrap().codes;
    assert_eq!(codes.len(), CODES);
    let after = w.look(&alice);
    assert_eq!((after.factor, after.version), (true, alice.version + 1));
    assert_eq!((w.codes_left(&alice.id).unwrap(), w.last_deed()), (10, Deed::EnableFactor.word().to_owned()));
    assert_eq!(kind(w.enable_factor(&alice.id, None, &app.0, &code)), Kind::ConstraintViolation, "on already");
    assert_eq!(kind(w.begin_factor(&alice.id)), Kind::ConstraintViolation);
    let again = try_code(&mut w, "alice", Some(&code));
    assert_eq!(kind(again), Kind::InvalidOtpCode, "the code that turned it on is used");
}

#[test]
fn p21_a_person_turns_it_on_themselves_after_their_password_and_with_a_code() {
    let mut w = World::new();
    let alice = w.person("alice");
    let app = App(w.served(|a| a.begin_factor(&alice.id)).unwrap().secret);
    let (code, wrong) = (app.code(&w), app.wrong(&w));
    let on = |w: &mut World, name: &str, password: &str, code: &str| {
        w.served(|a| a.enable_own_factor(name, &pw(password), &app.0, code)).map(|on| on.codes)
    };
    assert_eq!(kind(on(&mut w, "alice", "wrong", &code)), Kind::InvalidCredentials);
    assert_eq!(kind(on(&mut w, "nobody", PASSWORD, &code)), Kind::InvalidCredentials);
    assert_eq!(kind(on(&mut w, "alice", PASSWORD, &wrong)), Kind::InvalidOtpCode);
    assert_eq!(on(&mut w, "alice", PASSWORD, &code).unwrap().len(), CODES);
    let entry = w.entries().pop().unwrap();
    assert_eq!((entry.actor_kind.as_str(), entry.actor_id), ("user", Some(alice.id.clone())));
    assert_eq!(kind(on(&mut w, "alice", PASSWORD, &code)), Kind::ConstraintViolation);
    let left = kind(w.served(|a| a.enable_factor(&alice.id, None, &app.0, &code)));
    assert_eq!(left, Kind::Unauthorized, "a service does it for nobody");
}

#[test]
fn p09_first_the_password_then_the_code_and_each_failure_has_its_word() {
    let mut w = World::new();
    // What is tried here is the codes, not the waits after them.
    w.set_policy("throttle", "off").unwrap();
    let alice = w.person("alice");
    assert!(try_code(&mut w, "alice", Some("whatever")).is_ok(), "off: the code is ignored");
    let (app, codes) = enrol(&mut w, &alice);
    let (code, wrong) = (app.code(&w), app.wrong(&w));
    let bad = |w: &mut World, code: Option<&str>| kind(w.served(|a| a.authenticate("alice", &pw("wrong"), code)));
    for shown in [None, Some(wrong.as_str()), Some(code.as_str()), Some(codes[0].expose())] {
        assert_eq!(bad(&mut w, shown), Kind::InvalidCredentials);
    }
    for none in [None, Some(""), Some(" ")] {
        assert_eq!(kind(try_code(&mut w, "alice", none)), Kind::MissingOtpCode);
    }
    for shown in [wrong.as_str(), "abc", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", "12345678901234567890"] {
        assert_eq!(kind(try_code(&mut w, "alice", Some(shown))), Kind::InvalidOtpCode, "{shown}");
    }
    assert!(try_code(&mut w, "alice", Some(&code)).is_ok(), "nothing above used it up");
    assert!(try_code(&mut w, "alice", Some(codes[0].expose())).is_ok());
    assert_eq!(kind(try_code(&mut w, "alice", Some(codes[0].expose()))), Kind::InvalidOtpCode, "used");
    w.deactivate(&alice.id, None).unwrap();
    assert_eq!(kind(try_code(&mut w, "alice", None)), Kind::InvalidCredentials, "it tells nobody that there is one");
}

#[test]
fn p25_a_code_is_taken_once_and_one_step_around_its_own() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (app, _) = enrol(&mut w, &alice);
    let (before, present, after) = (app.code_in(&w, -1), app.code(&w), app.code_in(&w, 1));
    assert!(try_code(&mut w, "alice", Some(&present)).is_ok());
    assert_eq!(kind(try_code(&mut w, "alice", Some(&present))), Kind::InvalidOtpCode, "the same again");
    assert_eq!(kind(try_code(&mut w, "alice", Some(&before))), Kind::InvalidOtpCode, "one older than the last");
    assert!(try_code(&mut w, "alice", Some(&after)).is_ok(), "a clock that is ahead");
    let (next, far) = (app.code_in(&w, 2), app.code_in(&w, 3));
    assert_eq!(kind(try_code(&mut w, "alice", Some(&next))), Kind::InvalidOtpCode, "two steps ahead");
    assert_eq!(kind(try_code(&mut w, "alice", Some(&far))), Kind::InvalidOtpCode);
    w.pass(Span::SECOND.times(60));
    assert!(try_code(&mut w, "alice", Some(&far)).is_ok());
}

#[test]
fn every_door_that_takes_a_password_takes_the_code() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let (app, codes) = enrol(&mut w, &root);
    let password = pw(PASSWORD);
    let login = |w: &mut World, code: Option<&str>| {
        w.served(|a| a.log_in(&Login { name: "root", password: Some(&password), code, ..Login::default() }))
    };
    assert_eq!(kind(login(&mut w, None)), Kind::MissingOtpCode);
    let (code, wrong) = (app.code(&w), app.wrong(&w));
    assert_eq!(kind(login(&mut w, Some(&wrong))), Kind::InvalidOtpCode);
    assert_eq!(w.look(&root).sessions, 0);
    let token = login(&mut w, Some(&code)).unwrap().token;
    assert!(w.lives(&token), "a check asks for no code");
    let claim = |code| Claim { user: Some(("root", &password, code)), session: None };
    assert_eq!(kind(w.authorize(&claim(None))), Kind::MissingOtpCode);
    assert_eq!(kind(w.authorize(&claim(Some("000")))), Kind::InvalidOtpCode);
    assert_eq!(w.authorize(&claim(Some(codes[0].expose()))).unwrap(), acting(&root));
    let new = pw("another one entirely");
    assert_eq!(kind(w.change_password("root", &password, &new, None)), Kind::MissingOtpCode);
    w.change_password("root", &password, &new, Some(codes[1].expose())).unwrap();
    assert_eq!(w.codes_left(&root.id).unwrap(), 8);
}

#[test]
fn p23_an_administrator_turns_it_off_and_its_codes_die() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (app, codes) = enrol(&mut w, &alice);
    let member = acting(&w.person("mallory"));
    assert_eq!(kind(w.by(&member, |a| a.disable_factor(&alice.id, None, false))), Kind::Unauthorized);
    assert_eq!(kind(w.disable_factor(&alice.id, Some(alice.version), false)), Kind::Stale);
    let version = w.look(&alice).version;
    let disabled = w.disable_factor(&alice.id, Some(version), false).unwrap();
    assert!(disabled.changed.is_change() && !disabled.changed.after.factor && !disabled.weak);
    assert_eq!(w.last_deed(), Deed::DisableFactor.word());
    assert!(try_code(&mut w, "alice", None).is_ok());
    let entries = w.entries().len();
    assert!(!w.disable_factor(&alice.id, None, false).unwrap().changed.is_change(), "off is off");
    assert_eq!((w.entries().len(), w.codes_left(&alice.id).unwrap()), (entries, 0));
    enrol(&mut w, &alice);
    for old in [codes[0].expose(), &app.code(&w)] {
        assert_eq!(kind(try_code(&mut w, "alice", Some(old))), Kind::InvalidOtpCode, "a code of the factor before");
    }
}

#[test]
fn p23_a_person_turns_it_off_with_what_they_needed_to_turn_it_on() {
    let mut w = World::new();
    let alice = w.person("alice");
    let off = |w: &mut World, name: &str, password: &str, code: Option<&str>| {
        w.served(|a| a.disable_own_factor(name, &pw(password), code))
    };
    assert!(!off(&mut w, "alice", PASSWORD, None).unwrap().changed.is_change(), "no error where it is off");
    let (app, _) = enrol(&mut w, &alice);
    assert_eq!(kind(off(&mut w, "nobody", PASSWORD, None)), Kind::InvalidCredentials);
    let code = app.code(&w);
    assert_eq!(kind(off(&mut w, "alice", "wrong", Some(&code))), Kind::InvalidCredentials);
    assert_eq!(kind(off(&mut w, "alice", PASSWORD, None)), Kind::MissingOtpCode, "a stolen password is not enough");
    assert!(!off(&mut w, "alice", PASSWORD, Some(&code)).unwrap().changed.after.factor);
    assert_eq!(w.entries().pop().unwrap().actor_id, Some(alice.id));
}

#[test]
fn p24_new_codes_replace_all_and_need_a_factor() {
    let mut w = World::new();
    let alice = w.person("alice");
    assert_eq!(kind(w.refresh_codes(&alice.id, None)), Kind::ConstraintViolation);
    let refused = w.served(|a| a.refresh_own_codes("alice", &pw(PASSWORD), None));
    assert_eq!(kind(refused), Kind::ConstraintViolation);
    let (app, old) = enrol(&mut w, &alice);
    assert!(try_code(&mut w, "alice", Some(old[0].expose())).is_ok());
    let entry = w.entries().pop().unwrap();
    assert_eq!((entry.deed.as_str(), entry.detail.unwrap().words.unwrap()), ("use code", "9 backup codes left".into()));
    let version = w.look(&alice).version;
    let new = w.refresh_codes(&alice.id, Some(version)).unwrap();
    assert_eq!((w.look(&alice).version, w.codes_left(&alice.id).unwrap()), (version + 1, 10));
    assert_eq!(w.last_deed(), Deed::RefreshCodes.word());
    assert_eq!(kind(try_code(&mut w, "alice", Some(old[1].expose()))), Kind::InvalidOtpCode);
    let typed = new[0].expose().to_lowercase().replace('-', " ");
    assert!(try_code(&mut w, "alice", Some(&typed)).is_ok(), "case and grouping do not count");
    let code = app.code(&w);
    assert_eq!(w.served(|a| a.refresh_own_codes("alice", &pw(PASSWORD), Some(&code))).unwrap().len(), CODES);
    w.pass(Span::DAY.times(400));
    let last = w.refresh_codes(&alice.id, None).unwrap();
    w.pass(Span::DAY.times(400));
    assert!(try_code(&mut w, "alice", Some(last[9].expose())).is_ok(), "a code does not age");
}

#[test]
fn a_factor_outlives_a_password_and_a_deletion_and_not_a_purge() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (_, codes) = enrol(&mut w, &alice);
    w.set_password(&alice.id, None, &pw(PASSWORD)).unwrap();
    assert_eq!(kind(try_code(&mut w, "alice", None)), Kind::MissingOtpCode);
    let issued = w.request_reset("alice").unwrap();
    let changed = w.served(|a| a.complete_reset(&issued.request_id, &pw(PASSWORD))).unwrap();
    assert!(changed.after.factor);
    assert_eq!(kind(try_code(&mut w, "alice", None)), Kind::MissingOtpCode, "a reset goes around no second factor");
    w.delete(&alice.id, None).unwrap();
    assert_eq!(kind(w.begin_factor(&alice.id)), Kind::UnknownUser);
    assert_eq!(kind(w.disable_factor(&alice.id, None, false)), Kind::UnknownUser);
    w.restore(&alice.id, None, None).unwrap();
    assert!(try_code(&mut w, "alice", Some(codes[0].expose())).is_ok());
    w.purge(&alice.id, None).unwrap();
    w.person("alice");
    assert!(try_code(&mut w, "alice", None).is_ok(), "whoever has the name next has nothing of it");
    assert_eq!(w.key_report().unwrap().people, 0);
}

#[test]
fn eight_characters_are_enough_beside_a_factor_and_stand_alone_only_by_force() {
    let (eight, long) = (pw("wq7-hlxa"), pw("a password that stands alone"));
    let mut w = World::strict();
    let root = w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    assert_eq!(kind(w.set_password(&alice.id, None, &eight)), Kind::WeakPassword);
    enrol(&mut w, &alice);
    let issued = w.request_reset("alice").unwrap();
    w.served(|a| a.complete_reset(&issued.request_id, &eight)).unwrap();
    let error = refused(w.disable_factor(&alice.id, None, false));
    assert_eq!(error.kind, Kind::WeakPassword);
    assert!(error.hint.unwrap().contains("15"));
    assert!(w.look(&alice).factor);
    let admin = acting(&root);
    assert_eq!(kind(w.by(&admin, |a| a.disable_factor(&alice.id, None, true))), Kind::Unauthorized);
    w.set_password(&alice.id, None, &long).unwrap();
    assert!(!w.disable_factor(&alice.id, None, false).unwrap().weak);
    enrol(&mut w, &alice);
    w.set_password(&alice.id, None, &eight).unwrap();
    let disabled = w.disable_factor(&alice.id, None, true).unwrap();
    assert!(disabled.weak && !disabled.changed.after.factor, "the operator is told");
    w.set_policy("password", "basic").unwrap();
    enrol(&mut w, &alice);
    assert!(!w.disable_factor(&alice.id, None, false).unwrap().weak, "the rule asks for no more than eight");
}

#[test]
fn a_rehearsal_of_all_of_it_leaves_nothing() {
    let (mut w, ring) = ringed();
    let alice = w.person("alice");
    let app = App(w.begin_factor(&alice.id).unwrap().secret);
    let code = app.code(&w);
    w.rehearse(true);
    w.enable_factor(&alice.id, None, &app.0, &code).unwrap();
    assert_eq!(w.prepare_key().unwrap(), None);
    w.rehearse(false);
    assert_eq!(ring.bytes(rollbook::accounts::seal::Slot::Present), None);
    assert_eq!(w.look(&alice), alice);
    w.enable_factor(&alice.id, None, &app.0, &code).unwrap();
}

#[test]
fn no_secret_is_in_the_audit_or_in_what_is_told_of_a_person() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (app, codes) = enrol(&mut w, &alice);
    let code = app.code(&w);
    try_code(&mut w, "alice", Some(&code)).unwrap();
    try_code(&mut w, "alice", Some(codes[0].expose())).unwrap();
    let refreshed = w.refresh_codes(&alice.id, None).unwrap();
    w.rekey_factors().unwrap();
    w.disable_factor(&alice.id, None, false).unwrap();
    let told = format!("{:?} {:?}", w.entries(), w.dossier(&alice.id, 99).unwrap());
    assert!(told.contains("disable factor"), "the search itself works");
    for secret in codes.iter().chain(&refreshed).chain([&app.0]) {
        assert!(!told.contains(secret.expose()));
        assert!(!told.contains(&secret.expose().replace('-', "")));
    }
    assert!(!told.contains(&code));
}

#[test]
fn a_session_is_not_opened_past_a_factor_that_was_turned_on_meanwhile() {
    use rollbook::accounts::audit::Stamp;
    use rollbook::accounts::session::{NewSession, SessionId};
    use rollbook::accounts::token::TokenKind;
    use rollbook::accounts::warrant::Warrant;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rollbook.db");
    let mut w = World::over(engines::create(&path).unwrap());
    w.set_policy("password", "open").unwrap();
    let alice = w.person("alice");
    let mut store = engines::open(&path, engines::Access::Full).unwrap();
    let was = store.hash_of(&alice.id).unwrap().unwrap();
    let stamp = Stamp {
        at: w.now(),
        actor: Actor::Service("web".into()),
        origin: String::new(),
        reason: None,
        warrant: Warrant::Open,
    };
    let mut open = |factor: bool, n: u64| {
        let (_, digest) = TokenKind::Session.mint(&mut crate::support::Seeded(n)).unwrap();
        let id = SessionId::new(n.to_string());
        let user_id = alice.id.clone();
        let new = NewSession {
            id,
            digest,
            user_id,
            client: None,
            address: None,
            expires_at: None,
            idle: None,
            knocked_at: stamp.at,
            counter: None,
            factor,
        };
        store.open_session(&new, &was, None, &stamp).map(drop)
    };
    open(false, 1).unwrap();
    enrol(&mut w, &alice);
    assert_eq!(kind(open(false, 2)), Kind::InvalidCredentials);
    open(true, 3).unwrap();
}

#[test]
fn a_wrong_code_is_counted_like_a_wrong_password() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (app, _) = enrol(&mut w, &alice);
    let wrong = app.wrong(&w);
    try_code(&mut w, "alice", None).unwrap_err();
    try_code(&mut w, "alice", Some(&wrong)).unwrap_err();
    try_code(&mut w, "alice", Some(&wrong)).unwrap_err();
    let failures: Vec<_> = w
        .history(&alice.id, 99)
        .unwrap()
        .into_iter()
        .filter_map(|happening| match happening {
            rollbook::accounts::audit::Happening::Failures(failures) => Some(failures.count),
            rollbook::accounts::audit::Happening::Entry(_) => None,
        })
        .collect();
    assert_eq!(failures, [2], "a code that is still to come is no failure");
}

#[test]
fn a_code_that_was_taken_while_the_clock_ran_ahead_is_named_as_what_keeps_out() {
    let (mut w, _ring) = ringed();
    let alice = w.person("alice");
    let (app, codes) = enrol(&mut w, &alice);
    let obstacles = |w: &mut World| -> Vec<&'static str> {
        w.why(&alice.id).unwrap().1.obstacles.iter().map(|obstacle| obstacle.word).collect()
    };
    // An app that is a step ahead is nothing out of the ordinary.
    let early = app.code_in(&w, 1);
    try_code(&mut w, "alice", Some(&early)).unwrap();
    assert_eq!(obstacles(&mut w), [""; 0]);
    let right = w.now();
    w.pass(Span::HOUR);
    let ahead = app.code(&w);
    try_code(&mut w, "alice", Some(&ahead)).unwrap();
    w.clock.set(right);
    let shown = app.code(&w);
    assert_eq!(kind(try_code(&mut w, "alice", Some(&shown))), Kind::InvalidOtpCode);
    let (_, verdict) = w.why(&alice.id).unwrap();
    assert_eq!((verdict.obstacles[0].word, verdict.obstacles[0].cure), ("factor_ahead", Cure::BackupCode));
    let sentence = verdict.obstacles[0].sentence();
    assert!(sentence.contains("the app's codes are refused until 2026-11-21T17:0"), "{sentence}");
    // Both cures.
    try_code(&mut w, "alice", Some(codes[0].expose())).unwrap();
    w.clock.set(right.plus(Span::HOUR).plus(Span::SECOND.times(30)));
    assert_eq!(obstacles(&mut w), [""; 0], "the time has come");
    w.clock.set(right);
    w.disable_factor(&alice.id, None, false).unwrap();
    let (app, _) = enrol(&mut w, &alice);
    let shown = app.code(&w);
    try_code(&mut w, "alice", Some(&shown)).unwrap();
    assert_eq!(obstacles(&mut w), [""; 0]);
}
