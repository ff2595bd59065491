//! What upkeep removed, and what a look at the database from outside shows.

use super::clock::{ClockState, STAND};
use super::factor::KeyReport;
use super::text::visible;
use super::time::Time;

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

/// Something about the folders by which somebody else may put another database in the place of this one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exposed {
    /// The folder belongs to another account than the database in it.
    Owners {
        /// The folder.
        path: String,
        /// Whose it is.
        folder: u32,
        /// Whose the database is.
        database: u32,
    },
    /// A folder above may be written by others, and is not sticky.
    Above {
        /// The folder above.
        path: String,
        /// Who may do what in it.
        mode: u32,
    },
}

impl Exposed {
    /// The stable word.
    pub const fn word(&self) -> &'static str {
        match self {
            Exposed::Owners { .. } => "other_owner",
            Exposed::Above { .. } => "open_above",
        }
    }

    /// The folder.
    pub fn path(&self) -> &str {
        match self {
            Exposed::Owners { path, .. } | Exposed::Above { path, .. } => path,
        }
    }

    fn words(&self) -> String {
        let shown = visible(self.path());
        match self {
            Exposed::Owners { folder, database, .. } => format!(
                "{shown} belongs to account {folder}, the database to {database}: who owns the folder may put another \
                 file in its place; chown makes both one account's"
            ),
            Exposed::Above { mode, .. } => format!(
                "{mode:04o} {shown}, above the database: others may put another folder in the place of the one beneath; \
                 chmod go-w, or +t"
            ),
        }
    }
}

/// What a look at the database from outside shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Examination {
    /// The schema's version.
    pub schema: i32,
    /// The files; none for a database in memory.
    pub files: Vec<FileFact>,
    /// What is wrong with the folders that they lie in.
    pub exposed: Vec<Exposed>,
    /// Of each setting whose stored value cannot be read, its key and a sentence.
    pub unread: Vec<(&'static str, String)>,
    /// How many passwords are kept by which scheme and cost, the most frequent first.
    pub hashes: Vec<(String, u64)>,
    /// What is remembered of the clock.
    pub clock: ClockState,
}

/// One thing that was looked at, and what there is to say about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// A sentence about it, safe to print.
    pub words: String,
    /// Whether somebody should do something about it.
    pub fault: bool,
}

impl Finding {
    fn fine(what: &'static str, words: String) -> Finding {
        Finding { what, words, fault: false }
    }
}

/// What a doctor says of all that was looked at; `time` writes an instant.
pub fn findings(found: &Examination, key: &KeyReport, wall: Time, time: &dyn Fn(Time) -> String) -> Vec<Finding> {
    let mut all = vec![clock_finding(&found.clock, wall, time)];
    all.push(Finding::fine("upkeep", found.clock.tidied_at.map_or_else(|| "never".to_owned(), time)));
    all.push(Finding::fine("schema", found.schema.to_string()));
    for FileFact { path, mode, .. } in &found.files {
        // Whoever reads the file has everybody's names, and whoever writes it is everybody.
        let fault = mode & 0o077 != 0;
        let words = format!("{mode:04o} {}{}", visible(path), if fault { ", open to others: chmod 600" } else { "" });
        all.push(Finding { what: "file", words, fault });
    }
    let fault = |what, words| Finding { what, words, fault: true };
    all.extend(found.exposed.iter().map(|exposure| fault("folder", exposure.words())));
    all.extend(found.unread.iter().map(|(_, words)| fault("setting", words.clone())));
    for (scheme, count) in &found.hashes {
        all.push(Finding::fine("passwords", format!("{count} by {}", visible(scheme))));
    }
    all.push(Finding { what: "key", words: key_words(key), fault: key.shut > 0 || key.fault.is_some() });
    all
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
    let words = match clock_word(clock, wall) {
        "ahead" => {
            let stood = clock.see(wall).leapt_at.unwrap_or(wall).plus(STAND);
            format!(
                "{}, far ahead of {}, the latest time seen before; nothing is purged until {}. If it is right: \
                 rollbook doctor --accept-clock",
                time(wall),
                time(clock.high),
                time(stood)
            )
        }
        "behind" => format!(
            "{}, behind {}, which was reached before; until then that time holds. If the clock is right: \
             rollbook doctor --accept-clock",
            time(wall),
            time(clock.high)
        ),
        _ => return Finding::fine("clock", "in order".to_owned()),
    };
    Finding { what: "clock", words, fault: true }
}

/// Where the key of the second factors is, and whom it fails.
fn key_words(report: &KeyReport) -> String {
    let place = visible(&report.place);
    let people = |n: u32| if n == 1 { "1 person".to_owned() } else { format!("{n} people") };
    if let Some(fault) = &report.fault {
        let needed = if report.people > 0 { format!("; {} need it", people(report.people)) } else { String::new() };
        return format!("{fault}{needed}");
    }
    match (&report.key, report.people) {
        (_, all) if report.shut > 0 => format!(
            "{place} does not open the second factors of {}, who cannot log in: bring the key back that they were \
             sealed with ({} have one)",
            people(report.shut),
            people(all),
        ),
        (None, _) => format!("{place} is not there yet; the first second factor makes it"),
        (Some(_), 0) => format!("{place}, no second factor is on"),
        (Some(_), all) => format!("{place} opens the second factors of {}", people(all)),
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn what_is_at_fault_is_told_apart_from_what_is_fine() {
        let file = |mode| FileFact { path: "/srv/u.db".into(), mode, bytes: 0 };
        let files = [0o600, 0o400, 0o640, 0o602, 0o755].map(file).to_vec();
        let hashes = vec![("argon2id".to_owned(), 3)];
        let exposed = vec![
            Exposed::Owners { path: "/srv".into(), folder: 7, database: 1000 },
            Exposed::Above { path: "/s\u{1b}".into(), mode: 0o777 },
        ];
        let unread = vec![("registration", "it cannot be read".to_owned())];
        let found = Examination { schema: 6, files, exposed, unread, hashes, clock: ClockState::default() };
        let key = |people, shut, fault: Option<&str>| KeyReport {
            place: "/etc/key".into(),
            key: None,
            fault: fault.map(str::to_owned),
            people,
            shut,
        };
        let told = |key: &KeyReport| findings(&found, key, Time::default(), &Time::rfc3339);
        let all = told(&key(0, 0, None));
        let of = |what: &str| all.iter().filter(|it| it.what == what).map(|it| it.fault).collect::<Vec<_>>();
        assert_eq!(of("file"), [false, false, true, true, true]);
        assert_eq!(
            (of("schema"), of("passwords"), of("key"), of("upkeep")),
            (vec![false], vec![false], vec![false], vec![false])
        );
        assert_eq!((of("folder"), of("setting")), (vec![true, true], vec![true]));
        assert!(all.iter().any(|it| it.words.starts_with("/srv belongs to account 7, the database to 1000")));
        assert!(all.iter().any(|it| it.words.starts_with("0777 /s\\u{1b}, above the database")));
        assert!(all.iter().any(|it| it.words == "0640 /srv/u.db, open to others: chmod 600"));
        assert!(all.iter().any(|it| it.words == "0400 /srv/u.db"));
        for (key, fault) in [(key(3, 0, None), false), (key(3, 1, None), true), (key(1, 0, Some("no key")), true)] {
            assert_eq!(told(&key).last().map(|it| it.fault), Some(fault));
        }
        let words = |key: KeyReport| told(&key).pop().map(|it| it.words).unwrap_or_default();
        assert_eq!(words(key(0, 0, Some("no key"))), "no key");
        assert_eq!(words(key(1, 0, Some("no key"))), "no key; 1 person need it");
        assert!(words(key(5, 2, None)).starts_with("/etc/key does not open the second factors of 2 people"));
    }
}
