//! `doctor`: what a look at the database from outside shows, and the clock taken at its word.

use serde::Serialize;

use super::args::doctor::Doctor;
use super::call::{Call, Missing};
use super::output::{Outcome, Table};
use super::words::local;
use crate::accounts::factor::KeyReport;
use crate::accounts::health::{Examination, clock_word, findings};
use crate::accounts::seal::KeyId;
use crate::accounts::time::Time;

#[derive(Serialize)]
struct DoctorJson<'a> {
    clock: ClockJson,
    schema: i32,
    files: Vec<FileJson<'a>>,
    exposed: Vec<ExposedJson<'a>>,
    unreadable_settings: Vec<&'static str>,
    hashes: Vec<HashJson<'a>>,
    key: KeyJson<'a>,
}

#[derive(Serialize)]
struct ClockJson {
    state: &'static str,
    now: String,
    reached: String,
    leapt_at: Option<String>,
    tidied_at: Option<String>,
}

#[derive(Serialize)]
struct FileJson<'a> {
    path: &'a str,
    mode: String,
}

#[derive(Serialize)]
struct ExposedJson<'a> {
    path: &'a str,
    kind: &'static str,
}

#[derive(Serialize)]
struct HashJson<'a> {
    scheme: &'a str,
    count: u64,
}

#[derive(Serialize)]
struct KeyJson<'a> {
    path: &'a str,
    id: Option<&'a str>,
    people: u32,
    locked_out: u32,
}

/// Examines, after the clock was accepted if that was asked for.
pub fn run(call: &mut Call<'_>, args: &Doctor) -> Outcome {
    let mut accounts = call.accounts(Missing::Refuse)?;
    if args.accept_clock {
        accounts.accept_clock()?;
        let dry = if call.global.dry_run { "dry run: " } else { "" };
        call.out.say(&format!("{dry}the clock is taken at its word"));
    }
    let (_, wall) = accounts.clock()?;
    let (found, key) = (accounts.examine()?, accounts.key_report()?);
    if call.out.is_json() {
        return call.out.json(&json(&found, &key, wall));
    }
    let mut table = Table::new(["", ""]);
    for finding in findings(&found, &key, wall, &local) {
        table.push([finding.what.to_owned(), finding.words]);
    }
    table.write_bare(&mut call.out)
}

fn json<'a>(found: &'a Examination, key: &'a KeyReport, wall: Time) -> DoctorJson<'a> {
    let time = |at: Option<Time>| at.map(Time::rfc3339);
    DoctorJson {
        clock: ClockJson {
            state: clock_word(&found.clock, wall),
            now: wall.rfc3339(),
            reached: found.clock.high.rfc3339(),
            leapt_at: time(found.clock.leapt_at),
            tidied_at: time(found.clock.tidied_at),
        },
        schema: found.schema,
        files: found
            .files
            .iter()
            .map(|file| FileJson { path: &file.path, mode: format!("{:04o}", file.mode) })
            .collect(),
        exposed: found
            .exposed
            .iter()
            .map(|exposure| ExposedJson { path: exposure.path(), kind: exposure.word() })
            .collect(),
        unreadable_settings: found.unread.iter().map(|(key, _)| *key).collect(),
        hashes: found.hashes.iter().map(|(scheme, count)| HashJson { scheme, count: *count }).collect(),
        key: KeyJson {
            path: &key.place,
            id: key.key.as_ref().map(KeyId::as_str),
            people: key.people,
            locked_out: key.shut,
        },
    }
}
