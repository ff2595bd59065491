//! `doctor`: what a look at the database from outside shows, and the clock taken at its word.

use serde::Serialize;

use super::args::doctor::Doctor;
use super::call::{Call, Missing};
use super::output::{Outcome, Table};
use super::words::local;
use crate::accounts::clock::{ClockState, STAND};
use crate::accounts::health::Examination;
use crate::accounts::text::visible;
use crate::accounts::time::Time;

#[derive(Serialize)]
struct DoctorJson<'a> {
    clock: ClockJson,
    schema: i32,
    files: Vec<FileJson<'a>>,
    hashes: Vec<HashJson<'a>>,
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

/// Examines, after the clock was accepted if that was asked for.
pub fn run(call: &mut Call<'_>, args: &Doctor) -> Outcome {
    let mut accounts = call.accounts(Missing::Refuse)?;
    if args.accept_clock {
        accounts.accept_clock()?;
        let dry = if call.global.dry_run { "dry run: " } else { "" };
        call.out.say(&format!("{dry}the clock is taken at its word"));
    }
    let (_, wall) = accounts.clock()?;
    let found = accounts.examine()?;
    if call.out.is_json() {
        return call.out.json(&json(&found, wall));
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
    table.write_bare(&mut call.out)
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

fn json(found: &Examination, wall: Time) -> DoctorJson<'_> {
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
    }
}
