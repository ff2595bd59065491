//! View 4: how the database stands, and its settings, which can be changed here.

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::detail::{Line, entry_words};
use crate::accounts::finding::Severity;
use crate::accounts::health::findings;
use crate::accounts::policy::{KEYS, Policy};
use crate::accounts::report::Report;
use crate::accounts::time::{Span, Time};
use crate::accounts::token::hex;
use crate::console::effect::{Effect, Place, Read, Slot, Turn};
use crate::console::ink::Ink;
use crate::console::theme::Role;
use crate::console::verifying::Verifying;
use crate::console::words::{ago, clip_end, clipped, count, exact, number, shown, wrap};

/// What asks for it again no more often than this: it looks at every password.
const HASHES: Span = Span::SECOND.times(10);

/// What is asked for, one question at a time.
#[derive(Default)]
struct Asking {
    turn: Turn,
    due: bool,
    waiting: bool,
}

impl Asking {
    /// The number of a question to ask now. While one is under way the next one waits: asked at every change, none
    /// would ever be answered.
    fn take(&mut self) -> Option<Turn> {
        if !self.due || self.waiting {
            return None;
        }
        (self.due, self.waiting) = (false, true);
        self.turn += 1;
        Some(self.turn)
    }
}

/// The state of the view.
#[derive(Default)]
pub struct System {
    report: Option<Box<Report>>,
    hashes: Option<Vec<(String, u64)>>,
    asking: Asking,
    counting: Asking,
    counted_at: Option<Time>,
    begun: bool,
    /// The row under the cursor: what it is about, and where it stood.
    cursor: (String, usize),
}

/// A row of the view.
struct Row {
    pieces: Line,
    /// What it is about, where the cursor can stand on it.
    about: Option<String>,
    setting: Option<&'static str>,
}

/// What the rows are made of besides the view's own state.
pub struct Around<'a> {
    /// The open database.
    pub place: &'a Place,
    /// The verification.
    pub verifying: &'a Verifying,
    /// The present.
    pub now: Time,
    /// The local zone.
    pub zone: &'a TimeZone,
    /// How many columns there are.
    pub width: u16,
}

impl System {
    /// What is known.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_deref()
    }

    /// Whether what is looked at is there.
    pub fn is_loaded(&self) -> bool {
        self.report.is_some()
    }

    /// Something has changed.
    pub fn refresh(&mut self) {
        (self.asking.due, self.counting.due) = (true, true);
    }

    /// What has to be asked for now, if the view is looked at.
    pub fn needs(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if !std::mem::replace(&mut self.begun, true) {
            self.refresh();
        }
        if let Some(turn) = self.asking.take() {
            effects.push(Effect::Ask(Slot::System, turn, Read::System));
        }
        if self.counted_at.is_none_or(|at| now.since(at) >= HASHES)
            && let Some(turn) = self.counting.take()
        {
            self.counted_at = Some(now);
            effects.push(Effect::Ask(Slot::Hashes, turn, Read::Hashes));
        }
    }

    /// Takes a report.
    pub fn land(&mut self, turn: Turn, report: Box<Report>) {
        if turn == self.asking.turn {
            (self.report, self.asking.waiting) = (Some(report), false);
        }
    }

    /// Takes a count of the passwords.
    pub fn counted(&mut self, turn: Turn, hashes: Vec<(String, u64)>) {
        if turn == self.counting.turn {
            (self.hashes, self.counting.waiting) = (Some(hashes), false);
        }
    }

    /// A question could not be answered.
    pub fn failed(&mut self, slot: Slot) {
        let asking = if slot == Slot::Hashes { &mut self.counting } else { &mut self.asking };
        asking.waiting = false;
    }

    /// Moves the cursor by so many rows.
    pub fn move_by(&mut self, delta: isize, around: &Around<'_>) {
        let rows = self.rows(around);
        let stops: Vec<usize> = stops(&rows).collect();
        let at = self.at(&rows);
        let nth = stops.iter().position(|stop| Some(*stop) == at).unwrap_or(0);
        let next = nth.saturating_add_signed(delta).min(stops.len().saturating_sub(1));
        if let Some(row) = stops.get(next)
            && let Some(about) = &rows[*row].about
        {
            self.cursor = (about.clone(), *row);
        }
    }

    /// The setting under the cursor.
    pub fn setting(&self, around: &Around<'_>) -> Option<&'static str> {
        let rows = self.rows(around);
        self.at(&rows).and_then(|at| rows[at].setting)
    }

    /// Puts the cursor on the first setting, also before there is a row of it.
    pub fn to_settings(&mut self) {
        if let Some((key, _)) = KEYS.first() {
            self.cursor = (about_setting(key), self.cursor.1);
        }
    }

    /// The row under the cursor, wherever it has gone; the one nearest to where it stood if it is gone.
    fn at(&self, rows: &[Row]) -> Option<usize> {
        let (about, place) = &self.cursor;
        let same = stops(rows).find(|row| rows[*row].about.as_ref() == Some(about));
        same.or_else(|| stops(rows).min_by_key(|row| row.abs_diff(*place)))
    }

    /// Draws the view.
    pub fn draw(&self, ink: &mut Ink<'_>, area: Rect, around: &Around<'_>) {
        if area.is_empty() {
            return;
        }
        let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let rows = self.rows(around);
        let cursor = self.at(&rows);
        let height = usize::from(inside.height);
        // A row below the cursor stays in view, so that one sees that there is more.
        let last = (cursor.unwrap_or(0) + 2).min(rows.len());
        let top = last.saturating_sub(height);
        let more = if top + height < rows.len() { vec![("↓ more".to_owned(), Role::Faint)] } else { Vec::new() };
        ink.title(area, &[("System".to_owned(), Role::Title)], &more, true);
        for ((i, row), y) in rows.iter().enumerate().skip(top).zip(inside.top()..inside.bottom()) {
            ink.pieces(inside.x + 3, y, inside.width.saturating_sub(4), &row.pieces);
            if Some(i) == cursor {
                ink.text(inside.x + 1, y, 1, "›", Role::Key);
                ink.paint(Rect { y, height: 1, ..inside }, Role::Cursor);
            }
        }
    }

    fn rows(&self, around: &Around<'_>) -> Vec<Row> {
        let mut page = Page { rows: Vec::new(), room: usize::from(around.width.saturating_sub(4)) };
        let Some(report) = &self.report else {
            page.fact("reading", "", "reading".to_owned(), Role::Faint);
            return page.rows;
        };
        if !report.broken_glass.is_empty() {
            page.head("Acted past the rules");
            for entry in &report.broken_glass {
                let words = format!("{}  {}", exact(entry.at, around.zone), entry_words(entry, true));
                page.fact(&format!("entry {}", entry.seq), "", words, Role::Bad);
            }
        }
        database(&mut page, report, around);
        examined(&mut page, report, around);
        audit(&mut page, report, around);
        settings(&mut page, &report.policy);
        page.head("Passwords");
        match &self.hashes {
            None => page.fact("hashes", "", "counting".to_owned(), Role::Faint),
            Some(hashes) if hashes.is_empty() => page.fact("hashes", "", "none yet".to_owned(), Role::Faint),
            Some(hashes) => {
                for (scheme, count) in hashes {
                    let scheme = shown(scheme);
                    page.fact(&format!("hash {scheme}"), &number(*count), scheme, Role::Text);
                }
            }
        }
        page.rows
    }
}

fn stops(rows: &[Row]) -> impl Iterator<Item = usize> {
    rows.iter().enumerate().filter(|(_, row)| row.about.is_some()).map(|(at, _)| at)
}

/// Rows on their way.
struct Page {
    rows: Vec<Row>,
    room: usize,
}

/// The width of the first column.
const LABEL: usize = 19;

impl Page {
    fn head(&mut self, words: &str) {
        if !self.rows.is_empty() {
            self.rows.push(Row { pieces: Vec::new(), about: None, setting: None });
        }
        self.rows.push(Row { pieces: vec![(words.to_owned(), Role::Focus)], about: None, setting: None });
    }

    /// A fact in as many rows as it takes.
    fn fact(&mut self, about: &str, label: &str, words: String, role: Role) {
        for (i, part) in wrap(&words, self.room.saturating_sub(LABEL).max(8)).into_iter().enumerate() {
            let label = if i == 0 { clip_end(label, LABEL - 1) } else { String::new() };
            let pieces = vec![(format!("{label:<LABEL$}"), Role::Faint), (part, role)];
            self.rows.push(Row { pieces, about: Some(format!("{about} {i}")), setting: None });
        }
    }
}

/// A size in the unit in which it has few digits.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => count(bytes, "byte"),
        10_240..10_485_760 => format!("{} KiB", number(bytes / 1024)),
        _ => format!("{} MiB", number(bytes / 1_048_576)),
    }
}

fn database(page: &mut Page, report: &Report, around: &Around<'_>) {
    page.head("Database");
    page.fact("path", "path", shown(&around.place.path.to_string_lossy()), Role::Text);
    let sizes: Vec<String> = report
        .examination
        .files
        .iter()
        .map(|file| match file.path.rsplit_once('-') {
            Some((_, kind @ ("wal" | "shm"))) => format!("{} {kind}", size(file.bytes)),
            _ => size(file.bytes),
        })
        .collect();
    let sizes = if sizes.is_empty() { "in memory".to_owned() } else { sizes.join(" · ") };
    page.fact("size", "size", sizes, Role::Text);
    let census = &report.census;
    let mut people = vec![number(u64::from(census.people))];
    // What is none is not told: only exceptions get a word.
    for (n, word) in [
        (census.pending, "pending"),
        (census.inactive, "inactive"),
        (census.throttled, "throttled"),
        (census.deleted, "deleted, to be restored"),
    ] {
        if n > 0 {
            people.push(format!("{} {word}", number(u64::from(n))));
        }
    }
    if census.admins > 0 {
        people.insert(1, count(u64::from(census.admins), "admin"));
    }
    page.fact("people", "people", people.join(" · "), Role::Text);
    page.fact("sessions", "sessions", format!("{} live", number(u64::from(census.live))), Role::Text);
}

/// The findings of `doctor`.
fn examined(page: &mut Page, report: &Report, around: &Around<'_>) {
    page.head("Doctor");
    let time = |at: Time| exact(at, around.zone);
    for (n, finding) in findings(&report.examination, &report.key, report.wall, &time).into_iter().enumerate() {
        let role = if finding.severity == Severity::Ok { Role::Text } else { Role::Bad };
        let label = finding.kind.replace('_', " ");
        let message = match finding.hint {
            Some(hint) => format!("{} · {hint}", finding.message),
            None => finding.message,
        };
        page.fact(&format!("finding {n}"), &label, message, role);
    }
    if let Some(id) = &report.key.key {
        page.fact("key id", "key id", clipped(id.as_str(), 40), Role::Text);
    }
}

fn audit(page: &mut Page, report: &Report, around: &Around<'_>) {
    page.head("Audit");
    let head = match report.head {
        Some(head) => {
            format!("{}, digest {}…", count_entries(head.seq), hex(&head.digest[..8]))
        }
        None => "nothing was done yet".to_owned(),
    };
    page.fact("head", "head", head, Role::Text);
    let all = report.head.map(|head| head.seq.max(0).unsigned_abs());
    let (words, role) = match around.verifying.outcome() {
        _ if around.verifying.is_running() => {
            (around.verifying.words(all, around.zone).unwrap_or_default(), Role::Text)
        }
        Some((at, found)) => match found.broken {
            Some((seq, why)) => (format!("does not hold at entry {seq}: {why}"), Role::Bad),
            None => {
                let erased = if found.erased > 0 {
                    format!(", {} erased by purges", number(found.erased))
                } else {
                    String::new()
                };
                (format!("{} entries hold{erased}, seen {}", number(found.entries), ago(*at, around.now)), Role::Good)
            }
        },
        None => ("not verified yet; V does".to_owned(), Role::Faint),
    };
    page.fact("chain", "chain", words, role);
}

fn count_entries(n: i64) -> String {
    format!("entry {}", number(n.max(0).unsigned_abs()))
}

fn settings(page: &mut Page, policy: &Policy) {
    page.head("Settings");
    let default = Policy::default();
    for (key, meaning) in KEYS {
        let value = policy.get(key).unwrap_or_default();
        let usual = default.get(key).unwrap_or_default();
        let own = if value == usual { String::new() } else { format!(" (not {usual})") };
        let told = format!("{value}{own}");
        let room = page.room.saturating_sub(LABEL + VALUE);
        let mut pieces = vec![(format!("{key:<LABEL$}"), Role::Key), (format!("{told:<VALUE$}"), Role::Text)];
        if room >= 20 {
            pieces.push((format!(" {}", clip_end(meaning, room - 1)), Role::Faint));
        }
        page.rows.push(Row { pieces, about: Some(about_setting(key)), setting: Some(key) });
    }
}

fn about_setting(key: &str) -> String {
    format!("setting {key}")
}

/// The width of a setting's value.
const VALUE: usize = 22;
