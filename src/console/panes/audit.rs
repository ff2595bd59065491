//! View 3: everything that was done, newest first, and the entry under the cursor in full.

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::detail::{Line, entry_words};
use super::users::Look;
use crate::accounts::audit::{Deed, Entry};
use crate::accounts::error::{Error, Kind};
use crate::accounts::search::Search;
use crate::accounts::time::Time;
use crate::accounts::token::hex;
use crate::accounts::user::{User, UserId};
use crate::console::effect::{Effect, Read, Slot, Turn};
use crate::console::ink::Ink;
use crate::console::listing::{Listing, Wanted};
use crate::console::theme::Role;
use crate::console::window::Row;
use crate::console::words::{ago, clip_end, clipped, exact, number, shell_word, short, shown, wrap};

impl Row for Entry {
    type Id = i64;

    fn identity(&self) -> &i64 {
        &self.seq
    }
}

/// The state of the view.
pub struct Audit {
    /// The list with its filter.
    pub list: Listing<Entry, Search>,
    /// How far the whole entry is scrolled.
    pub scroll: usize,
    begun: bool,
    /// Something was written since the page that is on its way was asked for.
    stale: bool,
    /// What is being counted.
    counting: Option<Search>,
}

impl Default for Audit {
    fn default() -> Self {
        Audit { list: Listing::new(Search::parse), scroll: 0, begun: false, stale: false, counting: None }
    }
}

impl Audit {
    /// Whom the entry under the cursor is about.
    pub fn about(&self) -> Option<&UserId> {
        self.list.window.current().and_then(|entry| entry.target.as_ref())
    }

    /// Shows everything that was done to somebody.
    pub fn trace(&mut self, user: &User) {
        let search = Search { about: Some(format!("id:{}", user.id)), ..Search::default() };
        self.begun = true;
        self.list.set_meaning(search, format!("about:{}", shown(&user.name)));
    }

    /// Reads what is shown once more, if it was ever looked at.
    pub fn refresh(&mut self) {
        self.stale = self.begun;
    }

    /// Takes a count, unless it is of an older search.
    pub fn counted(&mut self, turn: Turn, found: Option<u32>) {
        if let Some(found) = found {
            self.list.counted(turn, found);
        }
        if self.list.is_counted_as(turn) {
            self.counting = None;
        }
    }

    /// What has to be asked for now, if the view is looked at.
    pub fn needs(&mut self, height: usize, leisure: bool, effects: &mut Vec<Effect>) {
        if !std::mem::replace(&mut self.begun, true) {
            self.list.restart();
        }
        // A page that takes long is waited for: given up at every change elsewhere, it would never come.
        if self.stale && !self.list.is_waiting() {
            self.stale = false;
            self.list.refresh();
        }
        let search = self.list.filter.clone();
        if let Some(Wanted { turn, want, limit }) = self.list.page_due(height, leisure) {
            effects.push(Effect::Ask(Slot::Audit, turn, Read::Audit { search: search.clone(), want, limit }));
        }
        if self.counting.as_ref() != Some(&search)
            && let Some(turn) = self.list.count_due()
        {
            self.counting = Some(search.clone());
            effects.push(Effect::Ask(Slot::AuditMatches, turn, Read::AuditMatches(search)));
        }
    }

    /// A page could not be read. `true` where the filter is at fault, which the line tells as it is typed.
    pub fn failed(&mut self, error: &Error) -> bool {
        self.list.failed();
        let named = matches!(error.kind, Kind::UnknownUser | Kind::AmbiguousName | Kind::ConstraintViolation);
        if named {
            // How one finds a name here is not how one finds it at a shell.
            self.list.fault = Some(match error.kind {
                Kind::UnknownUser => {
                    format!("{} (a whole name; Tab completes it; a part of one is a word alone)", error.message)
                }
                _ => error.to_string(),
            });
        }
        named && self.list.typing
    }

    /// The command that lists the same.
    pub fn command(&self) -> String {
        let search = &self.list.filter;
        let mut line = "rollbook audit list".to_owned();
        let deed = search.deed.map(Deed::spelling);
        let flags = [
            ("--about", &search.about),
            ("--actor", &search.by),
            ("--action", &deed),
            ("--since", &search.since),
            ("--until", &search.until),
        ];
        for (flag, value) in flags {
            if let Some(value) = value {
                line.push_str(&format!(" {flag} {}", shell_word(&shown(value))));
            }
        }
        line
    }

    /// Draws the list. `verified` is what there is to say of the chain.
    pub fn draw(&self, ink: &mut Ink<'_>, area: Rect, look: &Look<'_>, verified: Option<String>) {
        if area.is_empty() {
            return;
        }
        let count = self.list.count_words(self.list.matches, "");
        let right = match verified {
            Some(words) => format!("{count}newest first · {words}"),
            None => format!("{count}newest first"),
        };
        self.list.draw_title(ink, area, "Audit", right, look.focused);
        let columns = Columns::of(area);
        let top = area.y + 1 + u16::from(look.heads);
        if look.heads {
            columns.heads(ink, area, area.y + 1);
            self.list.draw_place(ink, area, "Audit");
        }
        if self.list.window.is_empty() {
            return self.draw_empty(ink, area, top);
        }
        let rows = Rect { y: top, height: area.bottom().saturating_sub(top), ..area };
        self.list.draw_rows(ink, rows, look.focused, |ink, line, entry| columns.row(ink, line, entry, look));
    }

    fn draw_empty(&self, ink: &mut Ink<'_>, area: Rect, y: u16) {
        let lines = match &self.list.fault {
            Some(fault) => wrap(fault, usize::from(area.width.saturating_sub(6))),
            None if !self.list.window.is_loaded() || self.list.is_waiting() => vec!["reading".into()],
            None if self.list.filter.is_empty() => vec!["Nothing was done yet.".into()],
            None => vec![
                format!("no entry matches /{}", clipped(self.list.input.value(), 30)),
                "Esc clears the filter.".into(),
            ],
        };
        for (line, y) in lines.iter().zip(y + 1..area.bottom()) {
            ink.text(area.x + 3, y, area.width.saturating_sub(4), line, Role::Text);
        }
    }

    /// Draws the entry under the cursor.
    pub fn draw_entry(&self, ink: &mut Ink<'_>, area: Rect, look: &Look<'_>) {
        if area.is_empty() {
            return;
        }
        let Some(entry) = self.list.window.current() else {
            return ink.title(area, &[("Entry".to_owned(), Role::Title)], &[], false);
        };
        let title = format!("Entry {}", number(entry.seq.max(0).unsigned_abs()));
        let digest = format!("digest {}…", hex(&entry.digest[..8]));
        ink.title(area, &[(title, Role::Title)], &[(digest, Role::Faint)], look.whole);
        let inside =
            Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height - 1 };
        let lines = full(entry, look.now, look.zone, usize::from(inside.width));
        let scroll = self.scroll.min(lines.len().saturating_sub(usize::from(inside.height)));
        for (line, y) in lines.iter().skip(scroll).zip(inside.top()..inside.bottom()) {
            ink.pieces(inside.x, y, inside.width, line);
        }
    }
}

/// Whom an entry is about, by the name they had.
fn target(entry: &Entry) -> Option<String> {
    let id = entry.target.as_ref()?;
    let name = entry.detail.as_ref().and_then(|detail| detail.target.as_deref());
    Some(name.map_or_else(|| shown(id.as_str()), shown))
}

/// Everything that an entry tells.
fn full(entry: &Entry, now: Time, zone: &TimeZone, room: usize) -> Vec<Line> {
    const LABEL: usize = 9;
    let mut lines: Vec<Line> = Vec::new();
    let mut row = |label: &str, value: String, role: Role| {
        for (i, part) in wrap(&value, room.saturating_sub(LABEL).max(8)).into_iter().enumerate() {
            let label = if i == 0 { label } else { "" };
            lines.push(vec![(format!("{label:<LABEL$}"), Role::Faint), (part, role)]);
        }
    };
    let whom = target(entry).map(|name| format!(": {name}")).unwrap_or_default();
    row("action", format!("{}{whom}", shown(&entry.action())), Role::Text);
    let id = entry.actor_id.as_ref().map(|id| format!(", id {}", shown(id.as_str()))).unwrap_or_default();
    row("actor", format!("{} ({}{id})", shown(entry.actor()), shown(&entry.actor_kind)), Role::Text);
    row("when", format!("{}  ({})", exact(entry.at, zone), ago(entry.at, now)), Role::Text);
    let Some(detail) = &entry.detail else {
        row("", "what it told was erased by a purge; the chain still covers it".to_owned(), Role::Faint);
        return lines;
    };
    if !detail.origin.is_empty() {
        row("from", shown(&detail.origin), Role::Text);
    }
    if let Some(reason) = &detail.reason {
        row("reason", crate::accounts::text::quote(reason), Role::Text);
    }
    if let Some(words) = &detail.words {
        row("", shown(words), Role::Text);
    }
    for change in &detail.changes {
        let value = |text: &str| if text.is_empty() { "none".to_owned() } else { shown(text) };
        row("change", shown(&change.field), Role::Key);
        row("  before", value(&change.before), Role::Text);
        row("  after", value(&change.after), Role::Text);
    }
    if let Some(id) = &entry.target {
        row("about", format!("id {}", shown(id.as_str())), Role::Faint);
    }
    lines
}

struct Columns {
    when: u16,
    by: u16,
    what: u16,
    whom: u16,
}

impl Columns {
    fn of(area: Rect) -> Columns {
        let (by, what) = match area.width {
            100.. => (20, 23),
            72..100 => (12, 18),
            _ => (0, 18),
        };
        let when = 9;
        let rest = area.width.saturating_sub(3 + when + by + what);
        let whom = match area.width {
            100.. => rest * 2 / 5,
            72..100 => rest * 3 / 5,
            _ => rest,
        };
        Columns { when, by, what, whom }
    }

    fn heads(&self, ink: &mut Ink<'_>, area: Rect, y: u16) {
        let mut x = area.x + 3;
        for (cells, word) in [(self.when, "when"), (self.by, "actor"), (self.what, "action"), (self.whom, "about")] {
            ink.text(x, y, cells, word, Role::Faint);
            x += cells;
        }
        ink.text(x, y, area.right().saturating_sub(x), "summary", Role::Faint);
    }

    fn row(&self, ink: &mut Ink<'_>, line: Rect, entry: &Entry, look: &Look<'_>) {
        let column = |cells: u16| usize::from(cells.saturating_sub(1));
        let mut x = line.x + 3;
        ink.text(x, line.y, self.when, &short(entry.at, look.now, look.zone), Role::Faint);
        x += self.when;
        ink.text(x, line.y, self.by, &clipped(entry.actor(), column(self.by)), Role::Text);
        x += self.by;
        ink.text(x, line.y, self.what, &clipped(&entry.action(), column(self.what)), Role::Text);
        x += self.what;
        let whom = target(entry).unwrap_or_else(|| "–".to_owned());
        ink.text(x, line.y, self.whom, &clipped(&whom, column(self.whom)), Role::Text);
        x += self.whom;
        let room = line.right().saturating_sub(x + 1);
        ink.text(x, line.y, room, &clip_end(&entry_words(entry, false), usize::from(room)), Role::Faint);
    }
}
