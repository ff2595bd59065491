//! The sample people and the service that lives on them.
#![allow(missing_docs)]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rollbook::accounts::audit::Deed;
use rollbook::accounts::hash::PasswordHash;
use rollbook::accounts::query::{Filter, State};
use rollbook::accounts::session::Session;
use rollbook::accounts::store::Store;
use rollbook::accounts::user::{Name, parse_email};
use rollbook::accounts::{Accounts, Actor, Role, Secret, Span, Status, User};
use rollbook::demo::{self, Cast, PASSWORD, PEOPLE, Progress, Service};

use support::{HandClock, START, accounts, operator};

const SEED: u64 = 11;

fn cast() -> Cast {
    demo::people(START, SEED, &PasswordHash::new("$shared")).expect("lawful people")
}

fn count(what: &str, test: impl Fn(&User, &[Session]) -> bool) -> usize {
    let found = cast()
        .samples
        .iter()
        .filter(|sample| {
            let sessions: Vec<Session> = sample.sessions.iter().map(|(session, _)| session.clone()).collect();
            test(&sample.user, &sessions)
        })
        .count();
    assert!(found > 0, "nobody is {what}");
    found
}

#[test]
fn there_are_240_people_with_lawful_names_and_no_two_alike() {
    let cast = cast();
    assert_eq!(cast.samples.len() as u64, PEOPLE);
    let mut keys = HashSet::new();
    let mut ids = HashSet::new();
    for sample in &cast.samples {
        let name = Name::parse(&sample.user.name).expect("a lawful name");
        assert_eq!(name.as_str(), sample.user.name);
        assert!(keys.insert(name.key().to_owned()), "{}", sample.user.name);
        assert!(ids.insert(sample.user.id.clone()));
        if let Some(email) = &sample.user.email {
            parse_email(email).expect("an address");
        }
    }
}

#[test]
fn every_state_there_is_has_somebody_in_it() {
    assert!(count("an active member", |u, _| u.can_log_in(START) && u.role == Role::Member) > 150);
    count("pending since minutes", |u, _| u.status == Status::Pending && START.since(u.created_at) < Span::HOUR);
    count("inactive with a reason", |u, _| u.status == Status::Inactive && u.reason.is_some());
    count("inactive without a reason", |u, _| u.status == Status::Inactive && u.reason.is_none());
    count("expired", |u, _| u.is_expired(START) && u.status == Status::Active);
    count("deleted and restorable", |u, _| {
        u.deleted_at.is_some_and(|at| at < START && START.since(at) < Span::DAY.times(30))
    });
    count("never logged in", |u, _| u.status == Status::Active && u.last_login_at.is_none());
    assert!(count("stale", |u, _| Filter::is(State::Stale).matches(u, START)) > 20);
    assert!(count("an admin", |u, _| u.is_keeper()) > 2);
    count("an auditor", |u, _| u.role == Role::Auditor);
    count("without a password", |u, _| u.password_set_at.is_none());
    count("on a session without end", |_, s| s.iter().any(|s| s.expires_at.is_none() && s.is_live(START)));
    count("on an ended session with refusals", |_, s| s.iter().any(|s| s.ended_at.is_some() && s.refused > 1));
    count("on three live sessions", |_, s| s.iter().filter(|s| s.is_live(START)).count() >= 3);
    count("labelled", |u, _| !u.labels.is_empty());
    count("noted", |u, _| u.note.is_some());
    let live = count("live", |_, s| s.iter().any(|s| s.is_live(START)));
    assert!((60..200).contains(&live), "{live}");
}

#[test]
fn no_row_contradicts_itself() {
    for sample in cast().samples {
        let user = &sample.user;
        let out = user.deleted_at.is_some() || user.status == Status::Inactive;
        assert_eq!(sample.hash.is_some(), user.password_set_at.is_some(), "{user:?}");
        for (session, _) in &sample.sessions {
            let context = format!("{user:?} {session:?}");
            assert!(!(out && session.is_live(START)), "{context}");
            assert_eq!(session.user_id, user.id);
            assert_eq!(session.name, user.name);
            assert!(user.created_at <= session.created_at && session.created_at <= START, "{context}");
            assert!(session.expires_at.is_none_or(|until| until >= START), "{context}");
            assert!(session.last_used_at.is_some_and(|at| session.created_at <= at && at <= START), "{context}");
            assert!(user.last_login_at >= Some(session.created_at), "{context}");
            assert_eq!(session.ended_at.is_some(), session.ended_by.is_some(), "{context}");
            assert!(session.ended_at.is_none_or(|at| session.created_at <= at && at <= START), "{context}");
            assert!(session.refused_at.is_none_or(|at| session.ended_at <= Some(at) && at <= START), "{context}");
        }
    }
}

#[test]
fn addresses_belong_to_nobody() {
    let ours = ["10.", "192.168.", "203.0.113.", "198.51.100.", "2001:db8::"];
    for (session, _) in cast().samples.into_iter().flat_map(|sample| sample.sessions) {
        let address = session.address.expect("an address");
        assert!(ours.iter().any(|range| address.starts_with(range)), "{address}");
        assert!(address.parse::<std::net::IpAddr>().is_ok(), "{address}");
    }
}

#[test]
fn histories_are_in_the_order_of_time_and_explain_everybody() {
    let cast = cast();
    assert!(cast.entries.is_sorted_by_key(|entry| entry.at));
    assert!(cast.entries.iter().all(|entry| entry.at <= START));
    for sample in &cast.samples {
        let user = &sample.user;
        let deeds: Vec<Deed> =
            cast.entries.iter().filter(|entry| entry.target.as_ref() == Some(&user.id)).map(|e| e.deed).collect();
        assert!(matches!(deeds.first(), Some(Deed::Register | Deed::Create)), "{user:?} {deeds:?}");
        assert_eq!(deeds.contains(&Deed::LogIn), user.last_login_at.is_some(), "{user:?}");
        assert_eq!(deeds.contains(&Deed::Deactivate), user.status == Status::Inactive, "{user:?}");
        assert_eq!(deeds.contains(&Deed::Delete), user.deleted_at.is_some(), "{user:?}");
    }
    for deed in [
        Deed::Register,
        Deed::Create,
        Deed::Activate,
        Deed::Deactivate,
        Deed::Edit,
        Deed::Delete,
        Deed::SetPassword,
        Deed::ChangePassword,
        Deed::RequestReset,
        Deed::CompleteReset,
        Deed::LogIn,
        Deed::LogOut,
        Deed::End,
    ] {
        assert!(cast.entries.iter().any(|entry| entry.deed == deed), "{deed:?} happens to nobody");
    }
    assert!(cast.entries.iter().any(|entry| entry.deed == Deed::Edit && !entry.detail.changes.is_empty()));
}

#[test]
fn one_seed_and_one_instant_make_the_same_people() {
    let (a, b) = (cast(), cast());
    let users = |cast: &Cast| cast.samples.iter().map(|sample| sample.user.clone()).collect::<Vec<_>>();
    let sessions = |cast: &Cast| cast.samples.iter().flat_map(|sample| sample.sessions.clone()).collect::<Vec<_>>();
    assert_eq!(users(&a), users(&b));
    assert_eq!(sessions(&a), sessions(&b));
    assert_eq!(a.entries, b.entries);
    let other = demo::people(START, SEED + 1, &PasswordHash::new("$shared")).expect("lawful people");
    assert_ne!(users(&a), users(&other));
}

#[test]
fn progress_tells_rate_and_time_left() {
    let progress = Progress::after(Duration::from_secs(4), 200_000, 1_000_000);
    assert_eq!((progress.per_second, progress.left_seconds), (50_000, 16));
    assert_eq!(Progress::after(Duration::ZERO, 0, 10).left_seconds, 0);
}

/// Two handles on one database: the operator's and the service's.
struct Stage {
    _folder: tempfile::TempDir,
    clock: HandClock,
    root: Accounts,
    store: Option<Box<dyn Store>>,
}

fn stage() -> Stage {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("demo.db");
    let clock = HandClock::default();
    let root = accounts(rollbook::engines::create(&path).expect("created"), &clock, 1, operator());
    let store = rollbook::engines::open(&path, rollbook::engines::Access::Full).expect("opened");
    Stage { _folder: folder, clock, root, store: Some(store) }
}

impl Stage {
    fn service(&mut self) -> Service {
        let store = self.store.take().expect("one service a stage");
        Service::new(accounts(store, &self.clock, 2, Actor::Service("sample-web".into())), SEED)
    }

    fn steps(&self, service: &mut Service, n: u32) {
        for _ in 0..n {
            self.clock.advance(Span::from_millis(700));
            service.step().expect("a step");
        }
    }

    /// Whether a refusal has been written. The writing is done on a thread beside the service's, so it is given a
    /// moment of real time.
    fn is_refused(&mut self, session: &Session) -> bool {
        let deadline = std::time::Instant::now() + Duration::from_millis(500);
        loop {
            if self.root.session(&session.id).expect("still told").refused > 0 {
                return true;
            }
            if std::time::Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn live(&mut self) -> u32 {
        self.root.count_sessions(&Filter::is(State::Live), None).expect("counted")
    }
}

#[test]
fn the_people_are_loaded_with_sessions_and_histories() {
    let clock = HandClock::default();
    let mut root = accounts(rollbook::engines::memory().expect("memory"), &clock, 1, operator());
    let tokens = demo::fill(&mut root, SEED).expect("filled");
    let deleted = root.count(&Filter::is(State::Deleted), None).expect("counted");
    assert_eq!(u64::from(root.count(&Filter::default(), None).expect("counted") + deleted), PEOPLE);
    for state in [State::Pending, State::Inactive, State::Expired, State::Never, State::Stale, State::Admin] {
        assert!(root.count(&Filter::is(state), None).expect("counted") > 0, "{state:?}");
    }
    let (mut live, mut refused) = (0, 0);
    for token in tokens.values() {
        match root.check(token) {
            Ok((user, _)) => {
                live += 1;
                assert!(!root.history(&user.id, 50).expect("a history").is_empty());
            }
            Err(_) => refused += 1,
        }
    }
    assert!(live > 60 && refused > 5, "{live} live, {refused} refused");
    let known = cast().samples.into_iter().find(|sample| sample.user.can_log_in(START)).expect("somebody").user;
    root.authenticate(&known.name, &Secret::from(PASSWORD), None).expect("the known password");
}

#[test]
fn some_have_second_factors_and_tokens_and_one_is_kept_waiting_until_somebody_cares() {
    let mut stage = stage();
    demo::fill(&mut stage.root, SEED).expect("filled");
    let people = cast().samples.into_iter().map(|sample| sample.user.id);
    let dossiers: Vec<_> = people.map(|id| stage.root.dossier(&id, 50).expect("known")).collect();
    let mut codes: Vec<u32> = dossiers.iter().filter(|d| d.user.factor).map(|dossier| dossier.codes).collect();
    codes.sort_unstable();
    assert_eq!(codes, [7, 8, 10, 10]);
    let used =
        |dossier: &&rollbook::accounts::looking::Dossier| dossier.tokens.iter().any(|t| t.last_used_at.is_some());
    assert!(dossiers.iter().filter(|dossier| dossier.tokens.len() == 2).count() >= 2);
    assert!(dossiers.iter().filter(used).count() >= 3);
    assert!(dossiers.iter().filter(|d| d.user.factor).all(|dossier| dossier.verdict.can_log_in()));
    let mut service = stage.service();
    stage.steps(&mut service, 60);
    let throttled = |stage: &mut Stage| -> Vec<String> {
        let page = stage.root.users(
            &rollbook::accounts::query::Query { filter: Filter::is(State::Throttled), ..Default::default() },
            &Default::default(),
            9,
        );
        page.expect("a page").rows.into_iter().map(|(_, user)| user.name).collect()
    };
    let waiting = throttled(&mut stage);
    let besieged = waiting.first().expect("somebody is made to wait").clone();
    let id = stage.root.find(&besieged).expect("known").id;
    assert!(stage.root.unthrottle(&id).expect("cleared"));
    stage.steps(&mut service, 100);
    assert!(!throttled(&mut stage).contains(&besieged), "whoever was cared for is left alone");
}

#[test]
fn the_service_lives_two_hundred_steps_and_stays_small() {
    let mut stage = stage();
    demo::fill(&mut stage.root, SEED).expect("filled");
    let before = stage.live();
    let mut service = stage.service();
    stage.steps(&mut service, 20);
    assert!(service.held() >= 6, "{} sessions after fourteen seconds", service.held());
    stage.steps(&mut service, 180);
    let after = stage.live();
    assert!(after > before && after <= before + 8, "{before}, then {after}");
    drop(service);
    let entries = stage.root.audit(None, None, 200).expect("entries");
    let news: Vec<&str> = entries.iter().filter(|entry| entry.at > START).map(|entry| entry.deed.as_str()).collect();
    for deed in ["log in", "log out", "register"] {
        assert!(news.contains(&deed), "no {deed} among {news:?}");
    }
}

#[test]
fn an_ended_session_is_seen_to_be_refused_within_three_seconds() {
    let mut stage = stage();
    let tokens = demo::fill(&mut stage.root, SEED).expect("filled");
    let mut service = stage.service().holding(tokens);
    stage.steps(&mut service, 20);
    let live = stage.root.sessions(&Filter::is(State::Live), false, &Default::default(), 300).expect("a page").rows;
    let theirs: Vec<Session> = live.into_iter().map(|(_, session)| session).collect();
    // The newest is the service's own, the oldest belongs to a client that was silent until now.
    for session in [theirs.first().expect("one"), theirs.last().expect("one")] {
        stage.root.end_session(&session.id).expect("ended").expect("was live");
        let refused = (0..4).any(|_| {
            stage.steps(&mut service, 1);
            stage.is_refused(session)
        });
        assert!(refused, "{:?}", stage.root.session(&session.id));
        let before = stage.root.get(&session.user_id, None).expect("known").sessions;
        stage.steps(&mut service, 100);
        assert!(stage.root.get(&session.user_id, None).expect("known").sessions <= before, "they are left alone");
    }
}

#[test]
fn whom_an_administrator_has_touched_the_service_leaves_alone() {
    let mut stage = stage();
    demo::fill(&mut stage.root, SEED).expect("filled");
    let mut service = stage.service();
    stage.steps(&mut service, 1);
    // Everybody is given a note: nobody may be moved any more.
    for sample in cast().samples.into_iter().filter(|sample| sample.user.deleted_at.is_none()) {
        let edit = rollbook::accounts::Edit { note: Some(Some("looked at".into())), ..Default::default() };
        stage.root.edit(&sample.user.id, None, edit).expect("edited");
    }
    let last = stage.root.audit(None, None, 1).expect("entries")[0].seq;
    stage.steps(&mut service, 300);
    for entry in stage.root.audit(None, None, 200).expect("entries").iter().filter(|entry| entry.seq > last) {
        assert_eq!(entry.deed, "register", "{entry:?}");
    }
}

#[test]
fn the_service_stops_when_it_is_told() {
    let mut stage = stage();
    demo::fill(&mut stage.root, SEED).expect("filled");
    let service = stage.service();
    let stop = Arc::new(AtomicBool::new(false));
    let thread = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || demo::run(service, stop)
    });
    stop.store(true, Ordering::Relaxed);
    thread.join().expect("no panic").expect("no error");
}

#[test]
fn a_crowd_of_ten_thousand_is_written_with_progress() {
    let clock = HandClock::default();
    let mut root = accounts(rollbook::engines::memory().expect("memory"), &clock, 1, operator());
    let mut reports = Vec::new();
    demo::load(&mut root, 10_000, &|| Duration::from_millis(500), &mut |progress| {
        reports.push(progress);
        true
    })
    .expect("loaded");
    let last = reports.last().expect("progress is told");
    assert_eq!((last.done, last.of, last.per_second), (10_000, 10_000, 20_000));
    let mut count = |state| root.count(&Filter::is(state), None).expect("counted");
    let (pending, inactive, expired) = (count(State::Pending), count(State::Inactive), count(State::Expired));
    assert!((200..400).contains(&pending), "{pending} pending");
    assert!((300..500).contains(&inactive), "{inactive} inactive");
    assert!((60..160).contains(&expired), "{expired} expired");
    assert!(count(State::Deleted) > 0 && count(State::Admin) > 1);
    assert!((1..100).contains(&count(State::Deleted)));
    let live = root.count_sessions(&Filter::is(State::Live), None).expect("counted");
    assert!((1980..=2000).contains(&live), "{live} live sessions");
    let newest = root.users(&Default::default(), &Default::default(), 1).expect("a page").rows[0].1.clone();
    assert!(START.since(newest.created_at) < Span::MINUTE.times(10), "{newest:?}");
}

#[test]
fn histories_told_again_lead_to_the_rows_as_they_stand() {
    for seed in [SEED, 1, 2, 7, 0x2026] {
        let cast = demo::people(START, seed, &PasswordHash::new("$shared")).expect("lawful people");
        for sample in &cast.samples {
            let user = &sample.user;
            let own: Vec<_> = cast.entries.iter().filter(|entry| entry.target.as_ref() == Some(&user.id)).collect();
            let told: Vec<_> = own.iter().map(|entry| (entry.at, entry.deed)).collect();
            let (mut status, mut deleted, mut password) = (Status::Active, false, None);
            for entry in &own {
                let context = format!("{seed} {user:?} {:?} {told:?}", entry.deed);
                match entry.deed {
                    Deed::Register => (status, password) = (Status::Pending, Some(entry.at)),
                    Deed::Create => password = user.password_set_at.map(|_| entry.at),
                    Deed::Activate => status = Status::Active,
                    Deed::Deactivate => status = Status::Inactive,
                    Deed::Delete => deleted = true,
                    Deed::SetPassword | Deed::ChangePassword | Deed::CompleteReset => password = Some(entry.at),
                    Deed::LogIn => {
                        let may = status == Status::Active && !deleted && password.is_some();
                        assert!(may && user.valid_until.is_none_or(|until| entry.at <= until), "{context}");
                    }
                    _ => {}
                }
                if entry.deed != Deed::LogIn {
                    assert!(
                        status == Status::Active || entry.deed == Deed::Register || entry.deed == Deed::Deactivate,
                        "{context}"
                    );
                }
            }
            let context = format!("{seed} {user:?} {told:?}");
            assert_eq!(
                (status, deleted, password),
                (user.status, user.deleted_at.is_some(), user.password_set_at),
                "{context}"
            );
            let ended =
                |at| own.iter().any(|entry| entry.at == at && !matches!(entry.deed, Deed::LogIn | Deed::Register));
            for (session, _) in &sample.sessions {
                let began = own.iter().any(|entry| entry.at == session.created_at && entry.deed == Deed::LogIn);
                assert!(began && session.ended_at.is_none_or(ended), "{session:?} {context}");
                let outlived = own.iter().find(|entry| {
                    let ends = matches!(
                        entry.deed,
                        Deed::SetPassword
                            | Deed::ChangePassword
                            | Deed::CompleteReset
                            | Deed::Deactivate
                            | Deed::Delete
                    );
                    ends && session.created_at < entry.at && session.ended_at.is_none_or(|at| at > entry.at)
                });
                assert!(outlived.is_none(), "{session:?} outlives {:?} {context}", outlived.map(|e| (e.at, e.deed)));
            }
        }
    }
}
