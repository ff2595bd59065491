//! Actions by name: the palette with all of them, and the help with those that have a key here. Enter runs one.

use ratatui::layout::Rect;

use super::field::{edit, paste};
use crate::console::action::{About, Action};
use crate::console::ink::{Ink, centered};
use crate::console::key::Key;
use crate::console::theme::Role;
use crate::console::words::{clip_end, shown, width, wrap};

/// A line: an action with its keys and, where it would do nothing now, the reason.
pub struct Line {
    /// What Enter runs.
    pub action: Action,
    /// What is said about it here.
    pub about: About,
    /// Its keys, as written.
    pub keys: String,
    /// Why it would do nothing now.
    pub refusal: Option<String>,
}

/// Longer lines than this hold no sentence of ours.
const WIDEST: u16 = 132;

/// The layer.
pub struct Palette {
    title: &'static str,
    lines: Vec<Line>,
    input: tui_input::Input,
    cursor: usize,
}

impl Palette {
    /// The help: what has a key here.
    pub fn help(lines: Vec<Line>) -> Palette {
        Palette { title: "Keys here", lines, input: tui_input::Input::default(), cursor: 0 }
    }

    /// The palette: everything.
    pub fn all(lines: Vec<Line>) -> Palette {
        Palette { title: "All actions", lines, input: tui_input::Input::default(), cursor: 0 }
    }

    /// The lines that match what was typed: the letters in order, anywhere in name, sentence or command; names first.
    fn found(&self) -> Vec<&Line> {
        let wanted = self.input.value().to_lowercase();
        let rank = |line: &Line| {
            let about = line.about;
            if about.name.starts_with(&wanted) {
                return Some(0);
            }
            if about.name.contains(&wanted) {
                return Some(1);
            }
            if about.help.contains(&wanted) || about.command.contains(&wanted) {
                return Some(2);
            }
            in_order(about.name, &wanted).then_some(3)
        };
        let mut found: Vec<(u8, &Line)> = self.lines.iter().filter_map(|line| rank(line).map(|r| (r, line))).collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, line)| line).collect()
    }

    /// The action of the chosen line.
    pub fn chosen(&self) -> Option<Action> {
        self.found().get(self.cursor).map(|line| line.action)
    }

    /// Moves the cursor.
    pub fn move_by(&mut self, delta: isize) {
        let last = self.found().len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(delta).min(last);
    }

    /// A key of the line to search with.
    pub fn key(&mut self, key: Key) {
        edit(&mut self.input, key);
        self.cursor = 0;
    }

    /// A paste into that line.
    pub fn paste(&mut self, text: &str) {
        paste(&mut self.input, text);
        self.cursor = 0;
    }

    /// Draws the layer.
    pub fn draw(&self, ink: &mut Ink<'_>) {
        let area = ink.area();
        let wide = 92.max(area.width.saturating_sub(4)).min(WIDEST);
        let frame = centered(area, wide, (self.lines.len() as u16 + 4).min(area.height.saturating_sub(2)).max(5));
        let inside = ink.frame(frame, self.title);
        let typed = shown(self.input.value());
        let end = ink.text(inside.x, inside.y, inside.width, &format!(": {typed}"), Role::Text);
        ink.cursor = Some((end, inside.y));
        ink.right_of(end + 1, inside.right(), inside.y, "Enter runs · Esc closes", Role::Faint);
        // Where the sentences do not fit into their rows, the chosen one stands beneath in full.
        let told = match (inside.width, inside.height) {
            (..60, 9..) => 2,
            (..106, 6..) => 1,
            _ => 0,
        };
        let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(2 + told), ..inside };
        let found = self.found();
        let height = usize::from(body.height.max(1));
        let top = (self.cursor + 1).saturating_sub(height);
        if top + height < found.len() {
            ink.more(frame);
        }
        for ((i, line), y) in found.iter().enumerate().skip(top).zip(body.top()..body.bottom()) {
            draw_line(ink, Rect { y, height: 1, ..body }, line, i == self.cursor);
        }
        if found.is_empty() {
            ink.text(body.x, body.y, body.width, "no such action", Role::Text);
        }
        // What the chosen one is refused for, or what does the same outside.
        if let Some(line) = found.get(self.cursor) {
            let command = line.about.command;
            let foot = match &line.refusal {
                Some(refusal) => format!("dim: {refusal}"),
                None if command.is_empty() => String::new(),
                None => format!("rollbook {command}"),
            };
            let help = wrap(line.about.help, usize::from(inside.width));
            let help: Vec<(String, Role)> = help.into_iter().map(|line| (line, Role::Text)).collect();
            ink.lines(Rect { y: body.bottom(), height: told, ..inside }, &help);
            let y = inside.bottom().saturating_sub(1);
            ink.text(inside.x, y, inside.width, &foot, Role::Faint);
        }
    }
}

fn draw_line(ink: &mut Ink<'_>, line: Rect, entry: &Line, chosen: bool) {
    let about = entry.about;
    let dim = entry.refusal.is_some();
    let role = |role| if dim { Role::Faint } else { role };
    let keys = if line.width >= 70 { 18 } else { 11 };
    ink.text(line.x, line.y, keys - 1, &clip_end(&entry.keys, usize::from(keys - 1)), role(Role::Key));
    let x = line.x + keys;
    ink.text(x, line.y, 14, about.name, role(Role::Text));
    let x = x + 15.max(width(about.name) as u16 + 1);
    let room = line.right().saturating_sub(x);
    ink.text(x, line.y, room, &clip_end(about.help, usize::from(room)), Role::Faint);
    if chosen {
        ink.paint(line, Role::Cursor);
    }
}

fn in_order(text: &str, letters: &str) -> bool {
    let mut rest = text.chars();
    letters.chars().all(|letter| rest.any(|c| c == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_find_the_action_and_names_come_first() {
        let line = |action: Action| Line { action, about: action.about(), keys: String::new(), refusal: None };
        let mut palette =
            Palette::all([Action::Filter, Action::Delete, Action::Demo, Action::Deactivate].map(line).into());
        for c in "de".chars() {
            palette.key(Key::char(c));
        }
        assert_eq!(palette.chosen(), Some(Action::Delete));
        palette.key(Key::char('m'));
        assert_eq!(palette.chosen(), Some(Action::Demo));
    }
}
