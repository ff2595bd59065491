//! `doctor`: the findings about the database's health, and the exit code that monitoring reads; `--accept-clock`.

use std::cmp::Reverse;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::args::doctor::Doctor;
use super::call::{Call, Missing};
use super::output::{Halt, Outcome, Table};
use super::words::local;
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::factor::KeyReport;
use crate::accounts::finding::{Finding, Severity, status};
use crate::accounts::health::{CheckProgress, Examination, check_finding, clock_word, findings};
use crate::accounts::seal::KeyId;
use crate::accounts::time::Time;

#[derive(Serialize)]
struct DoctorJson<'a> {
    status: &'static str,
    findings: Vec<FindingJson<'a>>,
    /// `None` if the database cannot be read.
    #[serde(flatten)]
    facts: Option<FactsJson<'a>>,
}

#[derive(Serialize)]
struct FactsJson<'a> {
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

/// Examines the database, after accepting the clock if `--accept-clock` is set; returns the overall status. What
/// cannot be checked is a finding too: the other checks go on.
pub fn run(call: &mut Call<'_>, args: &Doctor) -> Outcome<Severity> {
    let mut extra = Vec::new();
    let mut accounts = match call.accounts(Missing::Refuse) {
        Ok(mut accounts) => {
            if args.accept_clock {
                call.ask_again(&mut accounts)?;
                accounts.accept_clock()?;
                let dry = if call.global.dry_run { "dry run: " } else { "" };
                call.out.say(&format!("{dry}the clock is taken at its word"));
            }
            accounts
        }
        Err(Halt::Refused(refusal)) if !args.accept_clock && !call.is_claimed() && !is_usage(&refusal) => {
            match call.world.open_to_examine() {
                Ok(accounts) => {
                    let message = format!("every other command refuses the database: {}", refusal.message);
                    extra.push(Finding::critical("refused", message, refusal.hint.unwrap_or_default()));
                    accounts
                }
                Err(error) => return unopened(call, error),
            }
        }
        Err(halt) => return Err(halt),
    };
    let began = Instant::now();
    extra.push(check_finding(accounts.quick_check(progress(call))));
    if is_watched(call) && began.elapsed() >= PAUSE {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
    let mut wall = Time::default();
    let mut found = Examination::default();
    let mut key = None;
    let examined = (|| -> Result<()> {
        wall = accounts.clock()?.1;
        found = accounts.glance()?;
        found.hashes = accounts.hashes()?;
        key = Some(accounts.key_report()?);
        Ok(())
    })();
    if let Err(error) = examined {
        if found.findings.is_empty() {
            extra.extend(call.world.inspect());
        }
        extra.push(Finding::failed("unreadable", error));
    }
    let own = call.world.run_as_owner();
    let told = |time: &dyn Fn(Time) -> String| {
        let mut all = extra.clone();
        match &key {
            Some(key) => all.extend(findings(&found, key, wall, time)),
            None => all.extend(found.findings.iter().cloned()),
        }
        all.iter_mut().for_each(|finding| doubt_key(finding, own.as_deref()));
        all
    };
    if call.out.is_json() {
        let findings = told(&Time::rfc3339);
        let facts = key.as_ref().map(|key| facts(&found, key, wall));
        call.out.json(&DoctorJson { status: status(&findings).word(), findings: list(&findings), facts })?;
        return Ok(status(&findings));
    }
    print(call, told(&local))
}

fn is_usage(error: &Error) -> bool {
    error.kind == Kind::Usage
}

/// The report of a database that cannot be opened at all.
fn unopened(call: &mut Call<'_>, error: Error) -> Outcome<Severity> {
    let kind = if error.kind == Kind::NoDatabase { "no_database" } else { "unopened" };
    let mut all = vec![Finding::failed(kind, error)];
    all.extend(call.world.inspect());
    if call.out.is_json() {
        let status = status(&all);
        call.out.json(&DoctorJson { status: status.word(), findings: list(&all), facts: None })?;
        return Ok(status);
    }
    print(call, all)
}

/// An account other than the database's owner uses another key: from here it cannot be seen whether users can log in.
fn doubt_key(finding: &mut Finding, own: Option<&str>) {
    let Some(own) = own.filter(|_| finding.kind.starts_with("key_")) else { return };
    finding.severity = Severity::Unknown;
    finding.message.push_str("; the database belongs to another account, which may use another key");
    finding.hint = Some(format!("run it as the owner of the database: {own}"));
}

/// The time between two lines of progress, and before the first.
const PAUSE: Duration = Duration::from_millis(500);

/// Whether progress is printed.
fn is_watched(call: &Call<'_>) -> bool {
    !call.global.quiet && io::stderr().is_terminal()
}

/// Shows how far the check of the file is, once it takes longer than a moment and somebody watches.
fn progress(call: &Call<'_>) -> CheckProgress {
    let live = is_watched(call);
    let (began, mut shown) = (Instant::now(), None::<Instant>);
    Box::new(move |done, pages| {
        if live && shown.unwrap_or(began).elapsed() >= PAUSE {
            shown = Some(Instant::now());
            let at = match done.min(pages) * 100 / pages.max(1) {
                100 => "all pages are checked, the rows follow".to_owned(),
                percent => format!("{percent} % of the pages"),
            };
            let seconds = began.elapsed().as_secs();
            let _ = write!(io::stderr(), "\r\x1b[Kchecking the file: {at} · {seconds} s · Ctrl-C stops\r");
        }
    })
}

/// The first line has the overall status, which some monitoring systems show alone.
fn print(call: &mut Call<'_>, mut findings: Vec<Finding>) -> Outcome<Severity> {
    let status = status(&findings);
    // The most urgent first; the sort keeps the order of the checks within a severity.
    findings.sort_by_key(|finding| Reverse(finding.severity));
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
    table.write_bare(&mut call.out)?;
    Ok(status)
}

fn list(findings: &[Finding]) -> Vec<FindingJson<'_>> {
    let mut list = Vec::with_capacity(findings.len());
    for Finding { severity, kind, message, hint } in findings {
        list.push(FindingJson { severity: severity.word(), kind, message, hint: hint.as_deref() });
    }
    list
}

fn facts<'a>(found: &'a Examination, key: &'a KeyReport, wall: Time) -> FactsJson<'a> {
    let time = |at: Option<Time>| at.map(Time::rfc3339);
    FactsJson {
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
