//! `doctor`: what a look at the database from outside shows, and the clock taken at its word.

use serde::Serialize;

use super::args::doctor::Doctor;
use super::call::{Call, Missing};
use super::output::{Outcome, Table};
use super::words::{count, local};
use crate::accounts::clock::{ClockState, STAND};
use crate::accounts::factor::KeyReport;
use crate::accounts::health::Examination;
use crate::accounts::seal::KeyId;
use crate::accounts::text::visible;
use crate::accounts::time::Time;

#[derive(Serialize)]
struct DoctorJson<'a> {
    clock: ClockJson,
    schema: i32,
    files: Vec<FileJson<'a>>,
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
    table.push(["clock".to_owned(), told(&found.clock, wall)]);
    let tidied = found.clock.tidied_at.map_or_else(|| "never".to_owned(), local);
    table.push(["upkeep".to_owned(), tidied]);
    table.push(["schema".to_owned(), found.schema.to_string()]);
    for (path, mode) in &found.files {
        table.push(["file".to_owned(), format!("{mode:04o} {}", visible(path))]);
    }
    for (scheme, count) in &found.hashes {
        table.push(["passwords".to_owned(), format!("{count} by {}", visible(scheme))]);
    }
    table.push(["key".to_owned(), key_words(&key)]);
    table.write_bare(&mut call.out)
}

/// Where the key of the second factors is, and whom it fails.
fn key_words(report: &KeyReport) -> String {
    let place = visible(&report.place);
    match (&report.key, report.people) {
        (_, people) if report.shut > 0 => format!(
            "{place} does not open the second factors of {}, who cannot log in: bring the key back that they were \
             sealed with ({} have one)",
            count(report.shut, "person", "people"),
            count(people, "person", "people"),
        ),
        (None, _) => format!("{place} is not there yet; the first second factor makes it"),
        (Some(_), 0) => format!("{place}, no second factor is on"),
        (Some(_), people) => format!("{place} opens the second factors of {}", count(people, "person", "people")),
    }
}

fn word(clock: &ClockState, wall: Time) -> &'static str {
    match () {
        () if clock.is_ahead(wall) => "ahead",
        () if clock.is_behind(wall) => "behind",
        () => "in_order",
    }
}

fn told(clock: &ClockState, wall: Time) -> String {
    match word(clock, wall) {
        "ahead" => {
            let stood = clock.see(wall).leapt_at.unwrap_or(wall).plus(STAND);
            format!(
                "{}, far ahead of {}, the latest time seen before; nothing is purged until {}. If it is right: \
                 rollbook doctor --accept-clock",
                local(wall),
                local(clock.high),
                local(stood)
            )
        }
        "behind" => format!(
            "{}, behind {}, which was reached before; until then that time holds. If the clock is right: \
             rollbook doctor --accept-clock",
            local(wall),
            local(clock.high)
        ),
        _ => "in order".to_owned(),
    }
}

fn json<'a>(found: &'a Examination, key: &'a KeyReport, wall: Time) -> DoctorJson<'a> {
    let time = |at: Option<Time>| at.map(Time::rfc3339);
    DoctorJson {
        clock: ClockJson {
            state: word(&found.clock, wall),
            now: wall.rfc3339(),
            reached: found.clock.high.rfc3339(),
            leapt_at: time(found.clock.leapt_at),
            tidied_at: time(found.clock.tidied_at),
        },
        schema: found.schema,
        files: found.files.iter().map(|(path, mode)| FileJson { path, mode: format!("{mode:04o}") }).collect(),
        hashes: found.hashes.iter().map(|(scheme, count)| HashJson { scheme, count: *count }).collect(),
        key: KeyJson {
            path: &key.place,
            id: key.key.as_ref().map(KeyId::as_str),
            people: key.people,
            locked_out: key.shut,
        },
    }
}
