//! `doctor`: the findings about the database's health, and the exit code that monitoring reads; `--accept-clock`.

use std::cmp::Reverse;

use serde::Serialize;

use super::args::doctor::Doctor;
use super::call::{Call, Missing};
use super::output::{Outcome, Table};
use super::words::local;
use crate::accounts::factor::KeyReport;
use crate::accounts::finding::{Finding, Severity, status};
use crate::accounts::health::{Examination, clock_word, findings};
use crate::accounts::seal::KeyId;
use crate::accounts::time::Time;

#[derive(Serialize)]
struct DoctorJson<'a> {
    status: &'static str,
    findings: Vec<FindingJson<'a>>,
    clock: ClockJson,
    schema: i32,
    files: Vec<FileJson<'a>>,
    hashes: Vec<HashJson<'a>>,
    key: KeyJson<'a>,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    severity: &'static str,
    kind: &'static str,
    message: &'a str,
    hint: Option<&'a str>,
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

/// Examines the database, after accepting the clock if `--accept-clock` is set; returns the overall status.
pub fn run(call: &mut Call<'_>, args: &Doctor) -> Outcome<Severity> {
    let mut accounts = call.accounts(Missing::Refuse)?;
    if args.accept_clock {
        call.ask_again(&mut accounts)?;
        accounts.accept_clock()?;
        let dry = if call.global.dry_run { "dry run: " } else { "" };
        call.out.say(&format!("{dry}the clock is taken at its word"));
    }
    let (_, wall) = accounts.clock()?;
    let (found, key) = (accounts.examine()?, accounts.key_report()?);
    if call.out.is_json() {
        let findings = findings(&found, &key, wall, &Time::rfc3339);
        call.out.json(&json(&found, &key, wall, &findings))?;
        return Ok(status(&findings));
    }
    let mut findings = findings(&found, &key, wall, &local);
    let status = status(&findings);
    // The most urgent first; the sort keeps the order of the checks within a severity.
    findings.sort_by_key(|finding| Reverse(finding.severity));
    print(call, status, findings)?;
    Ok(status)
}

/// The first line has the overall status, which some monitoring systems show alone.
fn print(call: &mut Call<'_>, status: Severity, findings: Vec<Finding>) -> Outcome {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let counts = [(Severity::Critical, "critical"), (Severity::Warning, "warning"), (Severity::Unknown, "not checked")];
    let counts = counts.map(|(severity, word)| (count(severity), word));
    let counts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    call.out.line(&format!("{}{counts}", status.word()))?;
    let mut table = Table::new(["", "", ""]);
    for Finding { severity, kind, message, hint } in findings {
        table.push([severity.word().to_owned(), kind.to_owned(), message]);
        if let Some(hint) = hint {
            table.push([String::new(), String::new(), format!("→ {hint}")]);
        }
    }
    table.write_bare(&mut call.out)
}

fn json<'a>(found: &'a Examination, key: &'a KeyReport, wall: Time, findings: &'a [Finding]) -> DoctorJson<'a> {
    let time = |at: Option<Time>| at.map(Time::rfc3339);
    DoctorJson {
        status: status(findings).word(),
        findings: findings
            .iter()
            .map(|finding| FindingJson {
                severity: finding.severity.word(),
                kind: finding.kind,
                message: &finding.message,
                hint: finding.hint.as_deref(),
            })
            .collect(),
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
        hashes: found.hashes.iter().map(|(scheme, count)| HashJson { scheme, count: *count }).collect(),
        key: KeyJson {
            path: &key.place,
            id: key.key.as_ref().map(KeyId::as_str),
            people: key.people,
            locked_out: key.shut,
        },
    }
}
