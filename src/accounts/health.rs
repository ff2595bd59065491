//! What upkeep removed, and what a look at the database from outside shows.

use super::clock::{ClockState, STAND};
use super::error::Result;
use super::factor::KeyReport;
use super::finding::{DAMAGED, Finding};
use super::text::visible;
use super::time::{Span, Time};

/// What was removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tidied {
    /// Sessions that were over for long enough.
    pub sessions: u32,
    /// Reset requests past their time.
    pub resets: u32,
    /// Counters of failures, and addresses not seen for long.
    pub counters: u32,
    /// People who were deleted for long enough.
    pub purged: u32,
    /// Audit entries that were exported, and for long enough.
    pub entries: u32,
    /// Whether there is more to remove.
    pub more: bool,
    /// Whether nothing was removed because the clock is not believed.
    pub held: bool,
}

impl Tidied {
    /// How many rows that were.
    pub fn rows(&self) -> u32 {
        self.sessions + self.resets + self.counters + self.purged + self.entries
    }

    /// Both together; what is left is what the later one left.
    #[must_use]
    pub fn and(self, next: Tidied) -> Tidied {
        Tidied {
            sessions: self.sessions + next.sessions,
            resets: self.resets + next.resets,
            counters: self.counters + next.counters,
            purged: self.purged + next.purged,
            entries: self.entries + next.entries,
            more: next.more,
            held: next.held,
        }
    }
}

/// Receives the progress of a check of the file: pages checked and pages in all. Beyond that number rows are checked.
pub type CheckProgress = Box<dyn FnMut(u64, u64) + Send>;

/// A file of the database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileFact {
    /// Where it lies.
    pub path: String,
    /// Who may read and write it.
    pub mode: u32,
    /// Its size.
    pub bytes: u64,
}

/// What a look at the database from outside shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Examination {
    /// The schema's version.
    pub schema: i32,
    /// The files; none for a database in memory.
    pub files: Vec<FileFact>,
    /// What the engine found about the file, its folders and its rows.
    pub findings: Vec<Finding>,
    /// How many passwords are kept by which scheme and cost, the most frequent first.
    pub hashes: Vec<(String, u64)>,
    /// What is remembered of the clock.
    pub clock: ClockState,
}

/// All findings of an examination, in the order of the checks; `time` writes an instant.
pub fn findings(found: &Examination, key: &KeyReport, wall: Time, time: &dyn Fn(Time) -> String) -> Vec<Finding> {
    let mut all = vec![clock_finding(&found.clock, wall, time), upkeep_finding(&found.clock, wall, time)];
    all.push(Finding::ok("schema", found.schema.to_string()));
    all.extend(found.findings.iter().cloned());
    for (scheme, count) in &found.hashes {
        all.push(Finding::ok("passwords", format!("{count} by {}", visible(scheme))));
    }
    all.push(key_finding(key));
    all
}

/// The finding of a check of the file.
pub fn check_finding(checked: Result<Vec<String>>) -> Finding {
    match checked {
        Ok(faults) => match faults.first() {
            None => Finding::ok("file_check", "every page of the file is in order"),
            Some(first) => {
                let more = match faults.len() {
                    1 => String::new(),
                    n => format!(" (and {} more)", n - 1),
                };
                Finding::critical(
                    "file_damaged",
                    format!("the database file is damaged: {}{more}", visible(first)),
                    "keep a copy of the file and of its -wal, then restore it from a backup",
                )
            }
        },
        Err(error) if error.message.contains(DAMAGED) => Finding::failed("file_damaged", error),
        Err(error) => Finding::failed("file_check", error),
    }
}

/// The stable word for what is to be said of the clock.
pub fn clock_word(clock: &ClockState, wall: Time) -> &'static str {
    match () {
        () if clock.is_ahead(wall) => "ahead",
        () if clock.is_behind(wall) => "behind",
        () => "in_order",
    }
}

fn clock_finding(clock: &ClockState, wall: Time, time: &dyn Fn(Time) -> String) -> Finding {
    match clock_word(clock, wall) {
        "ahead" => {
            let stood = clock.see(wall).leapt_at.unwrap_or(wall).plus(STAND);
            let message = format!(
                "the clock shows {}, far ahead of {}, the latest time seen before; nothing is purged until {}",
                time(wall),
                time(clock.high),
                time(stood)
            );
            Finding::warning("clock_ahead", message, format!("set the clock; if it is right: {ACCEPT}"))
        }
        "behind" => {
            let message = format!(
                "the clock shows {}, behind {}, which was reached before; until then that time holds",
                time(wall),
                time(clock.high)
            );
            Finding::warning("clock_behind", message, format!("set the clock; if it is right: {ACCEPT}"))
        }
        _ => Finding::ok("clock", "in order"),
    }
}

const ACCEPT: &str = "rollbook doctor --accept-clock";

/// The clean-up is due once a day. After this time without one, `doctor` warns.
const OVERDUE: Span = Span::DAY.times(7);

fn upkeep_finding(clock: &ClockState, wall: Time, time: &dyn Fn(Time) -> String) -> Finding {
    match clock.tidied_at {
        None => Finding::ok("upkeep", "not due yet"),
        Some(at) if wall.since(at) <= OVERDUE => Finding::ok("upkeep", format!("last done {}", time(at))),
        Some(at) => Finding::warning(
            "upkeep_overdue",
            format!("the last clean-up was {}, more than 7 days ago; old rows are kept too long", time(at)),
            "a change by a command, an open console or a service does it: open the console once",
        ),
    }
}

/// Whether the key opens the second factors of all people who have one.
fn key_finding(report: &KeyReport) -> Finding {
    let place = visible(&report.place);
    let people = |n: u32| if n == 1 { "1 person".to_owned() } else { format!("{n} people") };
    let needs = |n: u32| format!("{} {} it to log in", people(n), if n == 1 { "needs" } else { "need" });
    if let Some(fault) = &report.fault {
        return match report.people {
            0 => Finding::warning("key_unreadable", fault.clone(), "nobody needs it yet; a second factor will"),
            n => {
                let message = format!("{fault}; {}", needs(n));
                Finding::critical("key_unreadable", message, "make the key readable, or name its place with --key")
            }
        };
    }
    match (&report.key, report.people) {
        (_, all) if report.shut > 0 => Finding::critical(
            "key_missing",
            format!(
                "{place} does not open the second factors of {}, who cannot log in (second factors in all: {all})",
                people(report.shut),
            ),
            "bring the key back that they were sealed with, or name its place: --key, ROLLBOOK_KEY, key in config.toml",
        ),
        (None, _) => Finding::ok("key", format!("{place} is not there yet; the first second factor makes it")),
        (Some(_), 0) => Finding::ok("key", format!("{place}, no second factor is on")),
        (Some(_), all) => Finding::ok("key", format!("{place} opens the second factors of {}", people(all))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn two_rounds_are_added_up_and_what_is_left_is_what_the_later_one_left() {
        let one = Tidied { sessions: 1, resets: 2, counters: 3, purged: 4, entries: 5, more: true, held: false };
        let two = Tidied { sessions: 10, resets: 20, counters: 30, purged: 40, entries: 50, more: false, held: true };
        let both = one.and(two);
        let wanted =
            Tidied { sessions: 11, resets: 22, counters: 33, purged: 44, entries: 55, more: false, held: true };
        assert_eq!((both, both.rows()), (wanted, 165));
        assert_eq!((two.and(one).more, two.and(one).held), (true, false));
    }

    fn key(people: u32, shut: u32, fault: Option<&str>) -> KeyReport {
        KeyReport { place: "/etc/key".into(), key: None, fault: fault.map(str::to_owned), people, shut }
    }

    fn told(found: &Examination, key: &KeyReport, wall: Time) -> Vec<(Severity, &'static str)> {
        let all = findings(found, key, wall, &Time::rfc3339);
        for finding in &all {
            assert_eq!(finding.hint.is_some(), finding.severity != Severity::Ok, "{finding:?}");
        }
        all.into_iter().map(|finding| (finding.severity, finding.kind)).collect()
    }

    #[test]
    fn an_examination_becomes_findings_with_a_severity_each() {
        let engine = vec![Finding::critical("file_mode", "open", "chmod 600")];
        let hashes = vec![("argon2id".to_owned(), 3)];
        let found = Examination { schema: 6, findings: engine, hashes, ..Examination::default() };
        let wanted = [
            (Severity::Ok, "clock"),
            (Severity::Ok, "upkeep"),
            (Severity::Ok, "schema"),
            (Severity::Critical, "file_mode"),
            (Severity::Ok, "passwords"),
            (Severity::Ok, "key"),
        ];
        assert_eq!(told(&found, &key(0, 0, None), Time::default()), wanted);
    }

    #[test]
    fn a_clock_far_ahead_or_behind_and_an_old_clean_up_are_warnings() {
        let day = |n| Time::default().plus(Span::DAY.times(n));
        let state = |tidied: i64| ClockState { high: day(100), tidied_at: Some(day(tidied)), ..ClockState::default() };
        let of = |tidied, wall| {
            let found = Examination { clock: state(tidied), ..Examination::default() };
            told(&found, &key(0, 0, None), day(wall))[..2].to_vec()
        };
        assert_eq!(of(100, 100), [(Severity::Ok, "clock"), (Severity::Ok, "upkeep")]);
        assert_eq!(of(93, 100)[1], (Severity::Ok, "upkeep"));
        assert_eq!(of(92, 100)[1], (Severity::Warning, "upkeep_overdue"));
        assert_eq!(of(100, 140)[0], (Severity::Warning, "clock_ahead"));
        assert_eq!(of(100, 99)[0], (Severity::Warning, "clock_behind"));
    }

    #[test]
    fn a_key_that_users_need_and_that_is_missing_is_critical() {
        let of = |key: &KeyReport| told(&Examination::default(), key, Time::default()).pop();
        assert_eq!(of(&key(3, 0, None)), Some((Severity::Ok, "key")));
        assert_eq!(of(&key(3, 1, None)), Some((Severity::Critical, "key_missing")));
        assert_eq!(of(&key(0, 0, Some("no key"))), Some((Severity::Warning, "key_unreadable")));
        assert_eq!(of(&key(1, 1, Some("no key"))), Some((Severity::Critical, "key_unreadable")));
        let message = key_finding(&key(1, 1, Some("no key"))).message;
        assert_eq!(message, "no key; 1 person needs it to log in");
        let message = key_finding(&key(5, 2, None)).message;
        assert!(message.starts_with("/etc/key does not open the second factors of 2 people"), "{message}");
    }
}
