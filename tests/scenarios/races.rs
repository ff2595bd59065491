//! Sixty-four who want the same thing at one moment, each with a connection of their own to one file: one gets it.
//!
//! A hundred rounds of each; the long run (`ROLLBOOK_TEST_LONG=1`) makes ten thousand.

use std::path::PathBuf;

use rollbook::accounts::error::Kind;
use rollbook::accounts::query::Filter;
use rollbook::accounts::{Accounts, Draft, Role, Span, Status};

use crate::factor::enrol;
use crate::support::{CHEAP, long, race, scratch};
use crate::world::{PASSWORD, World, open, pw};

const RACERS: u64 = 64;

/// A file with a world on it, and the handles of all who race.
struct Track {
    world: World,
    racers: Vec<Accounts>,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Track {
    fn new() -> Track {
        let folder = scratch();
        let path = folder.path().join("rollbook.db");
        let mut world = World::over(rollbook::engines::create(&path).unwrap());
        world.accounts = open(&path, &world.clock, 7, CHEAP);
        world.set_policy("password", "open").unwrap();
        // What is tried here is who wins, not the waits of those who lose.
        world.set_policy("throttle", "off").unwrap();
        let racers = (0..RACERS).map(|n| open(&path, &world.clock, 1000 + n, CHEAP)).collect();
        Track { world, racers, path, _folder: folder }
    }

    /// All of them at once, each knowing its number; what came of it.
    fn run<T: Send>(&mut self, deed: impl Fn(&mut Accounts, usize) -> T + Sync) -> Vec<T> {
        race(self.racers.iter_mut().enumerate(), |(n, racer)| deed(racer, n))
    }

    /// The one who was let in; all others were refused with this kind.
    #[track_caller]
    fn one<T: Send>(
        &mut self,
        refusal: Kind,
        deed: impl Fn(&mut Accounts, usize) -> rollbook::accounts::Result<T> + Sync,
    ) -> (usize, T) {
        let mut won = Vec::new();
        for (n, outcome) in self.run(deed).into_iter().enumerate() {
            match outcome {
                Ok(prize) => won.push((n, prize)),
                Err(error) => assert_eq!(error.kind, refusal, "{error}"),
            }
        }
        assert_eq!(won.len(), 1, "winners");
        won.remove(0)
    }

    fn is_whole(&mut self) {
        let found = self.world.verify_audit(None, &mut |_| {}).unwrap();
        assert_eq!(found.broken, None);
        let db = rusqlite::Connection::open(&self.path).unwrap();
        let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
    }
}

fn rounds() -> usize {
    if long() { 10_000 } else { 100 }
}

#[test]
fn p25_of_all_who_show_one_code_at_once_one_is_let_in() {
    let mut track = Track::new();
    let alice = track.world.person("alice");
    let (app, _) = enrol(&mut track.world, &alice);
    for _ in 0..rounds() {
        let code = app.code(&track.world);
        track.one(Kind::InvalidOtpCode, |a, _| a.authenticate("alice", &pw(PASSWORD), Some(&code)));
        track.world.pass(Span::SECOND.times(30));
    }
    track.is_whole();
}

#[test]
fn p24_of_all_who_show_one_backup_code_at_once_one_is_let_in() {
    let mut track = Track::new();
    let alice = track.world.person("alice");
    let (_, mut codes) = enrol(&mut track.world, &alice);
    for _ in 0..rounds() {
        if codes.is_empty() {
            codes = track.world.refresh_codes(&alice.id, None).unwrap();
        }
        let code = codes.pop().unwrap();
        track.one(Kind::InvalidOtpCode, |a, _| a.authenticate("alice", &pw(PASSWORD), Some(code.expose())));
        assert_eq!(track.world.codes_left(&alice.id).unwrap() as usize, codes.len());
    }
    track.is_whole();
}

#[test]
fn f32_of_all_who_complete_one_reset_at_once_one_sets_the_password() {
    let mut track = Track::new();
    track.world.person("alice");
    for _ in 0..rounds() {
        let issued = track.world.request_reset("alice").unwrap();
        let (winner, _) = track.one(Kind::UnknownRequest, |a, n| {
            a.complete_reset(&issued.request_id, &pw(&format!("the password of racer {n}")))
        });
        let password = pw(&format!("the password of racer {winner}"));
        track.world.authenticate("alice", &password, None).unwrap();
    }
    track.is_whole();
}

#[test]
fn w07_of_all_who_register_one_name_at_once_one_gets_it() {
    let mut track = Track::new();
    let spellings = ["alice", "Alice", "ALICE", " alice "];
    for _ in 0..rounds() {
        let (_, winner) = track.one(Kind::DuplicateUser, |a, n| a.register(spellings[n % 4], &pw(PASSWORD), false));
        assert_eq!(track.world.find("alice").unwrap().id, winner.id);
        assert_eq!(track.world.count(&Filter::default(), None).unwrap(), 1);
        track.world.purge(&winner.id, None).unwrap();
    }
    track.is_whole();
}

#[test]
fn of_two_admins_who_are_switched_off_at_once_from_two_sides_one_stays() {
    let mut track = Track::new();
    let pair = ["a", "b"].map(|name| {
        let draft = Draft { role: Role::Admin, ..Draft::named(name).unwrap() };
        track.world.create_user(draft, Some(&pw(PASSWORD))).unwrap()
    });
    for _ in 0..rounds() {
        let outcomes = track.run(|a, n| a.deactivate(&pair[n % 2].id, None).map(drop).map_err(|error| error.kind));
        let left = [0, 1].map(|side| track.world.look(&pair[side]).status);
        let gone = left.iter().position(|status| *status == Status::Inactive).unwrap();
        assert_eq!(left[1 - gone], Status::Active, "one stays");
        for (n, outcome) in outcomes.into_iter().enumerate() {
            // Switching off who is switched off already is no error.
            assert_eq!(outcome, if n % 2 == gone { Ok(()) } else { Err(Kind::LastAdmin) });
        }
        track.world.activate(&pair[gone].id, None).unwrap();
    }
    track.is_whole();
}

#[test]
fn of_a_short_password_and_a_factor_that_goes_at_once_one_is_refused() {
    let mut track = Track::new();
    track.world.set_policy("password", "nist").unwrap();
    let (short, long) = (pw("wq7-hlxa"), pw("a password that stands alone"));
    let draft = Draft::named("alice").unwrap();
    let alice = track.world.create_user(draft, Some(&long)).unwrap();
    for _ in 0..rounds() {
        enrol(&mut track.world, &alice);
        let outcomes = track.run(|a, n| match n % 2 {
            0 => a.set_password(&alice.id, None, &short).map(drop),
            _ => a.disable_factor(&alice.id, None, false).map(drop),
        });
        for outcome in outcomes.into_iter().flat_map(Result::err) {
            assert_eq!(outcome.kind, Kind::WeakPassword, "{outcome}");
        }
        if track.world.look(&alice).factor {
            track.world.set_password(&alice.id, None, &long).unwrap();
            track.world.disable_factor(&alice.id, None, false).unwrap();
        } else {
            track.world.authenticate("alice", &long, None).expect("no short password stands alone");
        }
    }
    track.is_whole();
}
