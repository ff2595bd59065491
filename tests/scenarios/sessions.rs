//! How long a session lives, what ends it, and the proof that it ended.

use rollbook::accounts::error::Kind;
use rollbook::accounts::query::{Anchor, Filter};
use rollbook::accounts::session::{Opened, SessionId};
use rollbook::accounts::{Claim, Edit, Login, Role, Span, Until, User};

use crate::support::START;
use crate::world::{PASSWORD, World, kind, pw};

fn open(w: &mut World, name: &str, expires: Until) -> Opened {
    let password = pw(PASSWORD);
    w.served(|a| a.log_in(&Login { name, password: Some(&password), expires, ..Login::default() })).unwrap()
}

#[test]
fn an_ended_session_is_refused_at_once_and_counts_how_often() {
    let mut w = World::new();
    w.person("alice");
    let opened = w.login("alice");
    assert!(w.lives(&opened.token));
    let ended = w.end_session(&opened.session.id).unwrap().unwrap();
    assert_eq!((ended.ended_at, ended.ended_by.as_deref(), ended.refused), (Some(w.now()), Some("root"), 0));
    w.pass(Span::SECOND);
    assert!(!w.lives(&opened.token) && !w.lives(&opened.token));
    w.flush();
    let session = w.session(&opened.session.id).unwrap();
    assert_eq!((session.refused, session.refused_at), (2, Some(w.now())));
    assert!(!w.lives(&opened.token));
    w.flush();
    w.flush();
    assert_eq!(w.session(&opened.session.id).unwrap().refused, 3, "counted on, and nothing twice");
}

#[test]
fn a_refusal_is_written_down_within_a_second_of_checks() {
    let mut w = World::new();
    w.person("alice");
    let opened = w.login("alice");
    w.end_session(&opened.session.id).unwrap();
    assert!(!w.lives(&opened.token));
    w.pass(Span::SECOND);
    assert!(!w.lives(&opened.token));
    assert_eq!(w.session(&opened.session.id).unwrap().refused, 2);
}

#[test]
fn the_last_use_is_written_every_thirty_seconds_and_not_at_each_check() {
    let mut w = World::new();
    w.person("alice");
    let opened = w.login("alice");
    let used = |w: &mut World| w.session(&opened.session.id).unwrap().last_used_at;
    assert!(w.lives(&opened.token));
    for _ in 0..29 {
        w.pass(Span::SECOND);
        assert!(w.lives(&opened.token));
        assert_eq!(used(&mut w), None);
    }
    w.pass(Span::SECOND);
    assert!(w.lives(&opened.token));
    assert_eq!(used(&mut w), Some(w.now()));
}

#[test]
fn ending_a_session_is_the_administrators_and_twice_is_no_error() {
    let mut w = World::new();
    w.person("alice");
    let opened = w.login("alice");
    assert_eq!(kind(w.served(|a| a.end_session(&opened.session.id))), Kind::Unauthorized);
    assert!(w.lives(&opened.token));
    assert!(w.end_session(&opened.session.id).unwrap().is_some());
    let before = w.entries().len();
    assert!(w.end_session(&opened.session.id).unwrap().is_none());
    assert_eq!(kind(w.end_session(&SessionId::new("0".repeat(32)))), Kind::UnknownSession);
    assert_eq!(kind(w.session(&SessionId::new(opened.token.expose()))), Kind::UnknownSession, "a token is no id");
    assert_eq!(w.entries().len(), before);
}

#[test]
fn ending_all_of_somebodys_sessions_ends_theirs_and_only_as_many_as_were_shown() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.person("bob");
    let tokens = [w.login("alice").token, w.login("alice").token];
    let other = w.login("bob").token;
    assert_eq!(kind(w.end_sessions(&alice.id, Some(3))), Kind::Stale);
    assert!(w.lives(&tokens[0]));
    assert_eq!(w.end_sessions(&alice.id, Some(2)).unwrap(), 2);
    assert!(!w.lives(&tokens[0]) && !w.lives(&tokens[1]) && w.lives(&other));
    let before = w.entries().len();
    assert_eq!(w.end_sessions(&alice.id, None).unwrap(), 0);
    assert_eq!(w.entries().len(), before, "nothing ended, nothing written down");
}

#[test]
fn everything_that_takes_access_away_acts_at_the_very_next_check() {
    type Deed = fn(&mut World, &User, &Opened);
    let deeds: [(&str, Deed); 9] = [
        ("end", |w, _, opened| drop(w.end_session(&opened.session.id).unwrap())),
        ("log out", |w, _, opened| drop(w.served(|a| a.log_out(&opened.token)).unwrap())),
        ("end all", |w, user, _| assert_eq!(w.end_sessions(&user.id, None).unwrap(), 1)),
        ("deactivate", |w, user, _| assert_eq!(w.deactivate(&user.id, None).unwrap().ended, 1)),
        ("delete", |w, user, _| assert_eq!(w.delete(&user.id, None).unwrap().ended, 1)),
        ("purge", |w, user, _| drop(w.purge(&user.id, None).unwrap())),
        ("set password", |w, user, _| assert_eq!(w.set_password(&user.id, None, &pw("other")).unwrap().ended, 1)),
        ("change password", |w, user, _| {
            let (old, new) = (pw(PASSWORD), pw("other"));
            assert_eq!(w.change_password(&user.name, &old, &new, None).unwrap().ended, 1);
        }),
        ("reset", |w, user, _| {
            let issued = w.issue_reset(&user.id).unwrap();
            assert_eq!(w.complete_reset(&issued.request_id, &pw("other")).unwrap().ended, 1);
        }),
    ];
    for (word, deed) in deeds {
        let mut w = World::new();
        let alice = w.person("alice");
        w.person("bob");
        let other = w.login("bob").token;
        let opened = w.login("alice");
        assert!(w.lives(&opened.token), "{word}");
        deed(&mut w, &alice, &opened);
        assert!(!w.lives(&opened.token), "{word}");
        assert!(w.lives(&other), "{word} touched somebody else");
    }
}

#[test]
fn valid_until_holds_through_its_last_instant_for_log_in_and_checks() {
    let mut w = World::new();
    let alice = w.person("alice");
    let token = open(&mut w, "alice", Until::Never).token;
    let last = w.now().plus(Span::HOUR);
    let edit = Edit { valid_until: Some(Some(last)), ..Edit::default() };
    w.edit(&alice.id, None, edit).unwrap();
    w.clock.set(last);
    assert!(w.lives(&token));
    w.login("alice");
    w.pass(Span::from_millis(1));
    assert!(!w.lives(&token));
    assert_eq!(kind(w.try_login("alice", PASSWORD)), Kind::InvalidCredentials);
}

#[test]
fn what_was_ended_stays_ended_when_the_person_comes_back() {
    let mut w = World::new();
    let alice = w.person("alice");
    let first = w.login("alice").token;
    w.deactivate(&alice.id, None).unwrap();
    w.activate(&alice.id, None).unwrap();
    assert!(!w.lives(&first));
    let second = w.login("alice").token;
    w.delete(&alice.id, None).unwrap();
    w.restore(&alice.id, None, None).unwrap();
    assert!(!w.lives(&first) && !w.lives(&second));
    assert_eq!(w.look(&alice).sessions, 0);
}

#[test]
fn never_lasts_and_only_when_asked_for_by_name() {
    let mut w = World::new();
    w.person("alice");
    let endless = open(&mut w, "alice", Until::Never);
    let usual = open(&mut w, "alice", Until::Default);
    assert_eq!(endless.session.expires_at, None);
    w.pass(Span::DAY.times(20_000));
    assert!(w.lives(&endless.token) && !w.lives(&usual.token));
    w.end_session(&endless.session.id).unwrap();
    assert!(!w.lives(&endless.token));
}

#[test]
fn an_idle_session_runs_out_and_a_used_one_does_not() {
    let mut w = World::new();
    w.set_policy("session-idle", "30m").unwrap();
    w.person("alice");
    let (used, idle) = (w.login("alice"), w.login("alice"));
    for _ in 0..4 {
        w.pass(Span::MINUTE.times(25));
        assert!(w.lives(&used.token), "used 25 minutes ago");
    }
    assert!(!w.lives(&idle.token));
    w.pass(Span::MINUTE.times(30));
    assert!(w.lives(&used.token), "good at the last instant");
    w.pass(Span::from_millis(Span::MINUTE.times(30).millis() + 1));
    assert!(!w.lives(&used.token));
}

#[test]
fn a_short_idle_limit_is_counted_from_the_last_check_and_not_from_the_last_write() {
    let mut w = World::new();
    w.set_policy("session-idle", "20s").unwrap();
    w.person("alice");
    let token = w.login("alice").token;
    for _ in 0..10 {
        w.pass(Span::SECOND.times(15));
        assert!(w.lives(&token));
    }
    w.pass(Span::from_millis(20_001));
    assert!(!w.lives(&token));
    assert!(!w.lives(&token), "being refused is no use");
}

#[test]
fn an_idle_limit_never_outlives_the_expiry() {
    let mut w = World::new();
    w.set_policy("session-idle", "30m").unwrap();
    w.set_policy("session-life", "1h").unwrap();
    w.person("alice");
    let token = w.login("alice").token;
    for _ in 0..3 {
        w.pass(Span::MINUTE.times(20));
        assert!(w.lives(&token));
    }
    w.pass(Span::from_millis(1));
    assert!(!w.lives(&token));
}

#[test]
fn a_clock_that_goes_back_revives_nothing_that_was_ended() {
    let mut w = World::new();
    let alice = w.person("alice");
    let ended = w.login("alice");
    let reset = w.served(|a| a.request_reset("alice")).unwrap();
    w.pass(Span::HOUR);
    w.end_session(&ended.session.id).unwrap();
    w.complete_reset(&reset.request_id, &pw(PASSWORD)).unwrap();
    let off = w.login("alice").token;
    w.deactivate(&alice.id, None).unwrap();
    w.clock.set(START);
    assert!(!w.lives(&ended.token) && !w.lives(&off));
    assert_eq!(kind(w.complete_reset(&reset.request_id, &pw(PASSWORD))), Kind::UnknownRequest);
    assert!(w.try_login("alice", PASSWORD).is_err());
    w.clock.set(START.minus(Span::DAY.times(365)));
    assert!(!w.lives(&ended.token) && !w.lives(&off));
}

#[test]
fn sessions_are_listed_live_ones_first_with_what_the_service_said_of_them() {
    let mut w = World::new();
    let alice = w.person("alice");
    let password = pw(PASSWORD);
    let mut labelled = |client, address| {
        let login = Login { name: "alice", password: Some(&password), client, address, ..Login::default() };
        let opened = w.served(|a| a.log_in(&login)).unwrap();
        w.pass(Span::MINUTE);
        opened
    };
    let first = labelled(Some("firefox"), Some("192.0.2.7"));
    let second = labelled(Some("phone app"), None);
    let third = labelled(None, None);
    w.end_session(&third.session.id).unwrap();
    let ids: Vec<_> = w.sessions_of(&alice.id, 10).unwrap().into_iter().map(|session| session.id).collect();
    assert_eq!(ids, [&second, &first, &third].map(|opened| opened.session.id.clone()));
    assert_eq!(first.session.client.as_deref(), Some("firefox"));
    assert_eq!(first.session.address.as_deref(), Some("192.0.2.7"));
    let count = |w: &mut World, text: &str| w.count_sessions(&Filter::parse_sessions(text).unwrap(), None).unwrap();
    assert_eq!(["", "is:live", "is:ended", "fire", "^ALI", "zzz"].map(|text| count(&mut w, text)), [3, 2, 1, 1, 3, 0]);
    let page = w.sessions(&Filter::default(), false, &Anchor::Start, 2).unwrap();
    assert_eq!((page.rows.len(), page.more_after), (2, true));
    w.pass(Span::DAY);
    assert_eq!(count(&mut w, ""), 0, "what is past its time is not listed any more");
}

#[test]
fn a_refusal_is_written_down_even_after_the_clock_went_back() {
    let mut w = World::new();
    w.person("alice");
    let opened = w.login("alice");
    assert!(w.lives(&opened.token));
    w.end_session(&opened.session.id).unwrap();
    w.clock.set(START.minus(Span::HOUR));
    assert!(!w.lives(&opened.token));
    w.pass(Span::SECOND);
    assert!(!w.lives(&opened.token));
    assert_eq!(w.session(&opened.session.id).unwrap().refused, 2);
}

#[test]
fn people_see_and_end_their_own_sessions_once_they_have_shown_their_password() {
    let mut w = World::new();
    w.with_role("root", Role::Admin);
    let (alice, bob) = (w.person("alice"), w.person("bob"));
    let (one, two, other) = (w.login("alice").token, w.login("alice").token, w.login("bob").token);
    let (password, claim) = (pw(PASSWORD), Claim { user: None, session: Some(&one) });
    let by_session = w.authorize(&claim).unwrap();
    let found = w.by(&by_session, |a| a.sessions_of(&alice.id, 9)).unwrap();
    assert_eq!(found.len(), 2, "they see their own");
    assert_eq!(kind(w.by(&by_session, |a| a.sessions_of(&bob.id, 9))), Kind::Unauthorized, "and nobody else's");
    assert_eq!(kind(w.by(&by_session, |a| a.end_session(&found[0].id))), Kind::Unauthorized, "a session is not enough");
    assert_eq!(kind(w.by(&by_session, |a| a.end_sessions(&alice.id, None))), Kind::Unauthorized);
    let actor = w.authorize(&Claim { user: Some(("alice", &password, None)), session: None }).unwrap();
    let theirs = w.sessions_of(&bob.id, 9).unwrap().remove(0);
    let nowhere = SessionId::new("nowhere");
    for id in [&theirs.id, &nowhere] {
        assert_eq!(kind(w.by(&actor, |a| a.end_session(id))), Kind::Unauthorized, "nor told whether it is there");
    }
    assert_eq!(kind(w.by(&actor, |a| a.end_sessions(&bob.id, None))), Kind::Unauthorized);
    let ended = w.by(&actor, |a| a.end_session(&found[0].id)).unwrap().unwrap();
    assert_eq!(ended.ended_by.as_deref(), Some("alice"));
    assert!(w.lives(&one) != w.lives(&two) && w.lives(&other));
    assert_eq!(w.by(&actor, |a| a.end_sessions(&alice.id, None)).unwrap(), 1);
    assert!(!w.lives(&one) && !w.lives(&two) && w.lives(&other));
    assert_eq!(w.entries().pop().unwrap().actor(), "alice");
}
