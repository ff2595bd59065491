//! The pane of one person: the verdict, who they are, and what happened last.

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::users::Look;
use crate::accounts::audit::{Entry, Happening};
use crate::accounts::looking::Dossier;
use crate::accounts::time::Time;
use crate::accounts::user::{User, UserId};
use crate::console::ahead::Ahead;
use crate::console::effect::{DEEP, Effect, Read, SHALLOW, Slot, Turn};
use crate::console::ink::Ink;
use crate::console::theme::Role;
use crate::console::words::{ago, clipped, count, day, exact, pieces, short, shown, width, wrap};

/// The state of the pane.
#[derive(Default)]
pub struct Detail {
    /// What is known of the person.
    pub dossier: Option<Dossier>,
    /// How far the whole pane is scrolled.
    pub scroll: usize,
    /// How much of the history is asked for.
    depth: u16,
    wanted: Option<UserId>,
    turn: Turn,
    stale: bool,
    waiting: bool,
    /// What is known was read before it was looked at, and is to be read once more.
    unsure: bool,
    ahead: Ahead,
}

impl Detail {
    /// Reads the person once more, since something has changed.
    pub fn refresh(&mut self) {
        self.stale = true;
        self.ahead.forget();
    }

    /// Asks for this person if they are not the one that is known or on the way.
    pub fn needs(&mut self, person: Option<&UserId>, effects: &mut Vec<Effect>) {
        self.want(person);
        if std::mem::take(&mut self.stale)
            && let Some(id) = &self.wanted
        {
            self.turn += 1;
            (self.waiting, self.unsure) = (true, false);
            // Of whom nothing is shown yet, so much as a screen shows is there soonest.
            let depth = if self.dossier.is_none() { SHALLOW } else { self.depth };
            effects.push(Effect::Ask(Slot::Person, self.turn, Read::Person(id.clone(), depth)));
        }
    }

    /// What was read ahead of a person who is not the one that is known or on the way. `row` is how the list has them.
    pub fn known_ahead(&mut self, person: &UserId, row: Option<&User>) -> Option<Dossier> {
        let other = self.wanted.as_ref() != Some(person);
        self.ahead.take(person, row).filter(|_| other)
    }

    /// Shows the person under the cursor: `unsure` where that was read before they were, or in part.
    pub fn show(&mut self, dossier: Dossier, unsure: bool) {
        self.want(Some(&dossier.user.id));
        // What may be on its way is of somebody else, or older.
        self.turn += 1;
        (self.stale, self.waiting, self.unsure) = (false, false, unsure);
        self.dossier = Some(dossier);
    }

    /// Reads those to whom the cursor may be moved next.
    pub fn look_ahead(&mut self, near: &[&UserId], effects: &mut Vec<Effect>) {
        let unsure = self.wanted.as_ref().filter(|_| self.unsure).map(|id| (id, self.depth));
        let others: Vec<&UserId> = near.iter().copied().filter(|id| Some(*id) != self.wanted.as_ref()).collect();
        self.ahead.needs(&others, unsure, effects);
    }

    /// Whether this is the newest answer of those who were asked for ahead.
    pub fn is_ahead(&self, turn: Turn) -> bool {
        self.ahead.is_current(turn)
    }

    /// Those who may be looked at next could not be read.
    pub fn failed_ahead(&mut self) {
        self.stale |= self.unsure;
    }

    /// Keeps what was read ahead. Whoever is looked at by now, and was shown from here, is given back.
    pub fn land_ahead(&mut self, turn: Turn, people: Vec<Dossier>) -> Option<Dossier> {
        let mut shown = None;
        let current = self.is_ahead(turn);
        for dossier in people.into_iter().filter(|_| current) {
            self.ahead.came(&dossier.user.id);
            match self.wanted.as_ref() == Some(&dossier.user.id) {
                true => shown = Some(dossier).filter(|_| self.unsure && !self.stale),
                false => self.ahead.keep(dossier),
            }
        }
        shown
    }

    fn want(&mut self, person: Option<&UserId>) {
        if person != self.wanted.as_ref() {
            // The way back is as short as the way on.
            if let Some(left) = self.dossier.take().filter(|_| !self.waiting && !self.stale) {
                self.ahead.keep(left);
            }
            self.wanted = person.cloned();
            self.stale = true;
            (self.scroll, self.depth) = (0, DEEP);
        }
    }

    /// Whether this is the answer that is waited for.
    pub fn is_current(&self, turn: Turn) -> bool {
        turn == self.turn
    }

    /// Who is asked for, or shown.
    pub fn wanted(&self) -> Option<&UserId> {
        self.wanted.as_ref()
    }

    /// Nobody was read, unless a newer question is on the way: they are gone, or could not be.
    pub fn failed(&mut self, turn: Turn) {
        if turn == self.turn {
            self.dossier = None;
            self.waiting = false;
        }
    }

    /// Whether the person is on the way.
    pub fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// What is known of this person, and of nobody else.
    pub fn of(&self, id: &UserId) -> Option<&Dossier> {
        self.dossier.as_ref().filter(|dossier| dossier.user.id == *id)
    }

    /// Takes a newer state of the person.
    pub fn update(&mut self, user: &User) {
        if let Some(dossier) = self.dossier.as_mut().filter(|dossier| dossier.user.id == user.id) {
            dossier.user = user.clone();
        }
    }

    /// Scrolls the whole pane.
    pub fn scroll_by(&mut self, delta: isize) {
        let held = self.dossier.as_ref().map_or(0, |dossier| dossier.history.len());
        self.scroll = self.scroll.saturating_add_signed(delta).min(held + 100);
        // Older history is read before its end comes into view.
        if held >= usize::from(self.depth) && self.scroll + usize::from(DEEP) / 2 >= held {
            self.depth = self.depth.saturating_add(self.depth);
            self.stale = true;
        }
    }

    /// Draws the pane for the person under the cursor.
    pub fn draw(&self, ink: &mut Ink<'_>, area: Rect, person: Option<&User>, look: &Look<'_>, whole: bool) {
        if area.is_empty() {
            return;
        }
        let Some(user) = person else {
            ink.title(area, &[("Detail".to_owned(), Role::Title)], &[], look.focused);
            return;
        };
        let dossier = self.of(&user.id);
        let name = clipped(&user.name, usize::from(area.width.saturating_sub(24)));
        ink.title(area, &[(name, Role::Title)], &verdict_words(dossier), look.focused);
        let inside =
            Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height - 1 };
        let lines = if whole {
            full(user, &ink.exactly(&user.name), dossier, look, inside.width)
        } else {
            facts(user, dossier, look, inside)
        };
        let height = usize::from(inside.height);
        let scroll = self.scroll.min(lines.len().saturating_sub(height));
        for (line, y) in lines.iter().skip(scroll).zip(inside.top()..inside.bottom()) {
            ink.pieces(inside.x, y, inside.width, line);
        }
    }

    /// Draws the last history where it has a place of its own.
    pub fn draw_history(&self, ink: &mut Ink<'_>, area: Rect, person: Option<&User>, look: &Look<'_>) {
        if area.is_empty() {
            return;
        }
        ink.title(area, &[("History".to_owned(), Role::Title)], &[], false);
        let Some(dossier) = person.and_then(|user| self.of(&user.id)) else { return };
        let height = usize::from(area.height.saturating_sub(1));
        let scroll = self.scroll.min(dossier.history.len().saturating_sub(height));
        for (happening, y) in dossier.history.iter().skip(scroll).zip(area.y + 1..area.bottom()) {
            let line = history_line(happening, look.now, look.zone);
            ink.pieces(area.x + 1, y, area.width.saturating_sub(2), &line);
        }
        if dossier.history.is_empty() && area.height > 1 {
            ink.text(area.x + 1, area.y + 1, area.width, "nothing written down yet", Role::Faint);
        }
    }
}

/// Whether there may be more of somebody of whom the first was read.
pub fn is_part(dossier: &Dossier) -> bool {
    let full = usize::from(SHALLOW);
    [dossier.sessions.len(), dossier.history.len(), dossier.tokens.len()].contains(&full)
}

/// Pieces of a line, each in its role.
pub type Line = Vec<(String, Role)>;

fn verdict_words(dossier: Option<&Dossier>) -> Line {
    match dossier {
        Some(dossier) if dossier.verdict.can_log_in() => vec![("CAN LOG IN".to_owned(), Role::Good)],
        Some(_) => vec![("CANNOT LOG IN".to_owned(), Role::Bad)],
        None => Vec::new(),
    }
}

/// Who they are, in as many lines as there are.
fn facts(user: &User, dossier: Option<&Dossier>, look: &Look<'_>, inside: Rect) -> Vec<Line> {
    let mut words: Vec<(String, Role)> = Vec::new();
    if let Some(dossier) = dossier {
        for obstacle in &dossier.verdict.obstacles {
            let when = obstacle.since.map(|at| format!(" {}", ago(at, look.now))).unwrap_or_default();
            words.push((format!("{}{when}", obstacle.sentence()), Role::Bad));
        }
    }
    let labels = user.labels.iter().map(|label| shown(label)).collect::<Vec<_>>().join(", ");
    words.push((user.role.word().to_owned(), Role::Text));
    let plain = |text: String| (text, Role::Text);
    if !labels.is_empty() {
        words.push(plain(labels));
    }
    if let Some(email) = user.email.as_deref().filter(|email| *email != user.name) {
        words.push(plain(shown(email)));
    }
    if let Some(at) = user.password_set_at {
        words.push(plain(format!("password set {}", short(at, look.now, look.zone))));
    }
    if let Some(dossier) = dossier.filter(|_| user.factor) {
        let role = if dossier.codes == 0 { Role::Warn } else { Role::Text };
        words.push((format!("factor on, {} left", count(u64::from(dossier.codes), "code")), role));
    }
    if let Some(dossier) = dossier.filter(|dossier| !dossier.tokens.is_empty()) {
        let names: Vec<String> = dossier.tokens.iter().take(4).map(|token| shown(&token.name)).collect();
        let more = if dossier.tokens.len() > names.len() { " …" } else { "" };
        words.push(plain(format!("tokens {}{more}", names.join(", "))));
    }
    if let Some(until) = user.valid_until.filter(|until| *until >= look.now) {
        words.push(plain(format!("valid until {}", day(until, look.zone))));
    }
    if let Some(note) = &user.note {
        words.push(plain(format!("note: {}", shown(note))));
    }
    let mut lines = flow(&words, usize::from(inside.width));
    // Where the history has no place of its own, the last of it fills what is left.
    if let Some(dossier) = dossier.filter(|_| !look.heads) {
        let last: Vec<(String, Role)> =
            dossier.history.iter().map(|h| (joined(&history_line(h, look.now, look.zone)), Role::Faint)).collect();
        lines.extend(flow(&last, usize::from(inside.width)));
    }
    lines
}

fn joined(line: &Line) -> String {
    line.iter().map(|(text, _)| text.trim()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Sets pieces one behind the other, parted by a dot, over as many lines as they take.
fn flow(words: &[(String, Role)], room: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut used = 0;
    for (text, role) in words {
        let cells = width(text);
        if lines.is_empty() || used + 3 + cells > room {
            used = cells.min(room);
            lines.push(vec![(text.clone(), *role)]);
        } else if let Some(line) = lines.last_mut() {
            line.push((" · ".to_owned(), Role::Faint));
            line.push((text.clone(), *role));
            used += 3 + cells;
        }
    }
    lines
}

/// Everything about the person, with exact times.
fn full(user: &User, name: &str, dossier: Option<&Dossier>, look: &Look<'_>, room: u16) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let room = usize::from(room);
    let at = |t: Option<Time>| {
        t.map_or_else(|| "never".to_owned(), |t| format!("{}  ({})", exact(t, look.zone), ago(t, look.now)))
    };
    let wrapped = |value: &str| wrap(value, room.saturating_sub(16).max(8));
    let mut rows = |label: &str, parts: Vec<String>, role: Role| {
        for (i, part) in parts.into_iter().enumerate() {
            let label = if i == 0 { label } else { "" };
            lines.push(vec![(format!("{label:<14}  "), Role::Faint), (part, role)]);
        }
    };
    if let Some(dossier) = dossier {
        for obstacle in &dossier.verdict.obstacles {
            let words = format!("{} ({})", obstacle.sentence(), at(obstacle.since));
            rows("cannot log in", wrapped(&words), Role::Bad);
        }
    }
    rows("id", wrapped(user.id.to_string().as_str()), Role::Text);
    // Broken wherever a line ends: which name it is shall not depend on where its spaces are.
    rows("name", pieces(name, room.saturating_sub(16).max(8)), Role::Text);
    let mut row = |label: &str, value: String, role: Role| rows(label, wrapped(&value), role);
    row("e-mail", user.email.as_deref().map(shown).unwrap_or_else(|| "none".into()), Role::Text);
    row("role", user.role.word().to_owned(), Role::Text);
    row("labels", user.labels.iter().map(|label| shown(label)).collect::<Vec<_>>().join(", "), Role::Text);
    row("status", user.status.word().to_owned(), Role::Text);
    if let Some(by) = &user.status_by {
        row("", format!("by {}, {}", shown(by), at(user.status_at)), Role::Text);
    }
    row("note", user.note.as_deref().map(shown).unwrap_or_default(), Role::Text);
    row("created", at(Some(user.created_at)), Role::Text);
    row("activated", at(user.activated_at), Role::Text);
    row("last log-in", at(user.last_login_at), Role::Text);
    row("last use", at(user.last_used_at), Role::Text);
    row("password set", at(user.password_set_at), Role::Text);
    let left = dossier.map(|dossier| format!("on, {} left", count(u64::from(dossier.codes), "backup code")));
    row("second factor", left.filter(|_| user.factor).unwrap_or_else(|| "off".to_owned()), Role::Text);
    row("valid until", user.valid_until.map_or_else(|| "no end".to_owned(), |t| exact(t, look.zone)), Role::Text);
    if user.deleted_at.is_some() {
        row("deleted", at(user.deleted_at), Role::Bad);
    }
    lines.push(Vec::new());
    if let Some(dossier) = dossier {
        lines.push(vec![("History".to_owned(), Role::Focus)]);
        for happening in &dossier.history {
            let mut line = vec![(format!("{}  ", exact(happening.at(), look.zone)), Role::Faint)];
            line.extend(history_line(happening, look.now, look.zone).into_iter().skip(1));
            lines.push(line);
        }
    }
    lines
}

/// One line of a history: when, what, by whom.
fn history_line(happening: &Happening, now: Time, zone: &TimeZone) -> Line {
    let when = format!("{:<9}", short(happening.at(), now, zone));
    match happening {
        Happening::Failures(failures) => {
            let times = if failures.count > 1 { format!(" ×{}", failures.count) } else { String::new() };
            let from = failures.address.as_deref().map(shown).unwrap_or_default();
            vec![
                (when, Role::Faint),
                (format!("{:<21}", format!("log-in refused{times}")), Role::Warn),
                (format!(" {from}"), Role::Text),
            ]
        }
        Happening::Entry(entry) => vec![
            (when, Role::Faint),
            (format!("{:<21}", shown(entry.past())), Role::Text),
            (format!(" {}", entry_words(entry, true)), Role::Text),
        ],
    }
}

/// What is worth telling about an entry; if `by`, first who acted.
pub fn entry_words(entry: &Entry, by: bool) -> String {
    let Some(detail) = &entry.detail else { return "(erased)".to_owned() };
    let mut words = String::new();
    // That a service logged somebody in is what services do; who acted matters where a person did.
    if by && entry.actor_kind != "service" {
        words.push_str(&format!("by {}", shown(entry.actor())));
    }
    let mut add = |text: String| {
        if !words.is_empty() {
            words.push_str(": ");
        }
        words.push_str(&text);
    };
    if let Some(text) = &detail.words {
        add(shown(text));
    }
    let told: Vec<String> = detail
        .changes
        .iter()
        .filter(|change| match entry.deed.as_str() {
            "edit" | "set policy" => true,
            "contain" => change.field == "password",
            deed => deed == "undo" && change.field != "reason",
        })
        .map(|change| {
            let word = |text: &str| if text.is_empty() { "none".to_owned() } else { shown(text) };
            format!("{} {} → {}", shown(&change.field), word(&change.before), word(&change.after))
        })
        .collect();
    if !told.is_empty() {
        add(told.join(", "));
    }
    if let Some(reason) = &detail.reason {
        add(crate::accounts::text::quote(reason));
    }
    words
}

/// The sentence for how many sessions a change ended.
pub fn ended_words(ended: u32) -> Option<String> {
    (ended > 0).then(|| {
        format!(
            "{} ended, {} ended",
            count(u64::from(ended), "session"),
            if ended == 1 { "it stays" } else { "they stay" }
        )
    })
}
