//! Putting text on the screen: by role, clipped, and in ASCII where nothing else is wanted.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::theme::{Role, Theme};
use super::words::{clip_end, shown, take as take_cells, width};
use crate::accounts::qr::Look;

/// The screen being drawn.
pub struct Ink<'a> {
    buffer: &'a mut Buffer,
    theme: Theme,
    ascii: bool,
    /// Where the terminal's own cursor shall stand: input methods and screen readers follow it.
    pub cursor: Option<(u16, u16)>,
}

impl<'a> Ink<'a> {
    /// Draws on a buffer.
    pub fn new(buffer: &'a mut Buffer, theme: Theme, ascii: bool) -> Self {
        let area = buffer.area;
        buffer.set_style(area, theme.style(Role::Text));
        Ink { buffer, theme, ascii, cursor: None }
    }

    /// The whole screen.
    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    /// Writes our own words or escaped ones, at most `room` cells; answers with the column behind them.
    pub fn text(&mut self, x: u16, y: u16, room: u16, text: &str, role: Role) -> u16 {
        let area = self.buffer.area;
        if y >= area.bottom() || x >= area.right() || room == 0 {
            return x;
        }
        let text = if self.ascii { plain(text) } else { Cow::Borrowed(text) };
        let room = room.min(area.right() - x);
        let style = self.theme.style(role);
        self.halve(x, y);
        // Most of what is drawn is this plain, and need not be searched for signs that are more than a character.
        if text.len() <= usize::from(room) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            let mut end = x;
            for byte in text.bytes() {
                if let Some(cell) = self.buffer.cell_mut((end, y)) {
                    cell.set_char(char::from(byte)).set_style(style);
                }
                end += 1;
            }
            return end;
        }
        let text = clip_end(&text, usize::from(room));
        let text = if self.ascii { plain(&text).into_owned() } else { text };
        let (end, _) = self.buffer.set_stringn(x, y, &text, usize::from(room), style);
        end
    }

    /// Takes away the sign that would reach into this cell from the left: half a sign cannot be drawn, and the terminal
    /// would give it the place of what is put here.
    fn halve(&mut self, x: u16, y: u16) {
        let left = x.checked_sub(1).and_then(|left| self.buffer.cell_mut((left, y)));
        if let Some(cell) = left.filter(|cell| cell.symbol().len() > 1 && width(cell.symbol()) > 1) {
            cell.set_symbol(" ");
        }
    }

    /// Untrusted text such that no two texts are drawn alike: spaces at its ends are spelled out, and in ASCII so is
    /// all that is not, even where a sign of our own would stand for it.
    pub fn exactly(&self, text: &str) -> String {
        let shown = shown(text);
        let last = shown.chars().count().saturating_sub(1);
        let spelled = |(n, c): (usize, char)| match c {
            ' ' if n == 0 || n == last => escape(c),
            c if self.ascii && !c.is_ascii() => escape(c),
            c => c.to_string(),
        };
        shown.chars().enumerate().map(spelled).collect()
    }

    /// The text as it is drawn.
    pub fn drawn<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.ascii { plain(text) } else { Cow::Borrowed(text) }
    }

    /// How a picture has to be put into characters so that it is dark on light here.
    pub fn look(&self, margin: usize) -> Look {
        Look { ascii: self.ascii, inverted: self.theme == Theme::Mono, margin }
    }

    /// Writes a line of a picture that was made for this screen.
    pub fn picture(&mut self, x: u16, y: u16, line: &str) {
        self.text(x, y, self.buffer.area.width, line, Role::Picture);
        // In ASCII a dark module is a sign with much light in it; where there are colours, the whole cell is dark.
        for (cell, _) in (x..).zip(line.chars()).filter(|(_, c)| *c == '#' && self.theme != Theme::Mono) {
            let style = self.theme.style(Role::Dark);
            self.buffer.set_style(Rect { x: cell, y, width: 1, height: 1 }.intersection(self.buffer.area), style);
        }
    }

    /// Writes so that the text ends before column `right`.
    pub fn right(&mut self, right: u16, y: u16, room: u16, text: &str, role: Role) {
        let text = self.drawn(text);
        let cells = u16::try_from(width(&text)).unwrap_or(room).min(room);
        self.text(right.saturating_sub(cells), y, cells, &text, role);
    }

    /// Several pieces in a row.
    pub fn pieces(&mut self, x: u16, y: u16, room: u16, pieces: &[(String, Role)]) -> u16 {
        let end = x.saturating_add(room);
        pieces.iter().fold(x, |x, (text, role)| self.text(x, y, end.saturating_sub(x), text, *role))
    }

    /// Gives a stretch a role, whatever is written there.
    pub fn paint(&mut self, area: Rect, role: Role) {
        let style = self.theme.style(role);
        self.buffer.set_style(area.intersection(self.buffer.area), style);
    }

    /// Empties a stretch.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        let style = self.theme.style(Role::Text);
        for y in area.top()..area.bottom() {
            self.halve(area.left(), y);
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// Says in the lower border of a frame that its list goes on.
    pub fn more(&mut self, frame: Rect) {
        let words = " ↓ more ";
        let cells = width(&self.drawn(words)) as u16;
        if frame.width > cells + 4 {
            self.right(frame.right() - 2, frame.bottom().saturating_sub(1), cells, words, Role::Faint);
        }
    }

    /// A thin line across.
    pub fn rule(&mut self, x: u16, y: u16, length: u16) {
        if length > 0 {
            self.text(x, y, 1, "─", Role::Rule);
        }
        let first = self.buffer.cell((x, y)).cloned();
        for x in x.saturating_add(1)..x.saturating_add(length) {
            if let (Some(cell), Some(first)) = (self.buffer.cell_mut((x, y)), &first) {
                cell.clone_from(first);
            }
        }
    }

    /// A thin line down.
    pub fn wall(&mut self, x: u16, top: u16, bottom: u16) {
        for y in top..bottom {
            self.text(x, y, 1, "│", Role::Rule);
        }
    }

    /// Makes a line down thick in one cell, where a rule goes off from it too.
    pub fn thicken(&mut self, x: u16, y: u16) {
        let branches = self.buffer.cell((x, y)).is_some_and(|cell| cell.symbol() == "├");
        self.text(x, y, 1, if branches { "┠" } else { "┃" }, Role::Text);
    }

    /// The title of a pane: a rule with words in it, left and right.
    pub fn title(&mut self, area: Rect, left: &[(String, Role)], right: &[(String, Role)], focused: bool) {
        self.rule(area.x, area.y, area.width);
        let cells = |pieces: &[(String, Role)]| pieces.iter().map(|(text, _)| width(text)).sum::<usize>() as u16;
        // What is counted is cut where the name would have no room; the name where the count leaves it little.
        let least = cells(left).min(area.width / 3);
        let tail = cells(right).min(area.width.saturating_sub(9 + least));
        let room = area.width.saturating_sub(3).saturating_sub(if tail > 0 { tail + 3 } else { 0 });
        let name = if focused { Role::Focus } else { Role::Title };
        let end = self.text(area.x + 1, area.y, 1, " ", name);
        let mut x = end;
        for (i, (text, role)) in left.iter().enumerate() {
            let role = if i == 0 { name } else { *role };
            x = self.text(x, area.y, (area.x + 1 + room).saturating_sub(x), text, role);
        }
        self.text(x, area.y, 1, " ", name);
        if tail > 0 && area.width > tail + 8 {
            let x = area.right() - tail - 3;
            let end = self.text(x, area.y, 1, " ", Role::Rule);
            let end = self.pieces(end, area.y, tail, right);
            self.text(end, area.y, 1, " ", Role::Rule);
        }
    }

    /// Writes so that the text ends before column `right`, if there is room for all of it behind column `from`: what is
    /// said elsewhere too is left out rather than set over something else.
    pub fn right_of(&mut self, from: u16, right: u16, y: u16, text: &str, role: Role) {
        let room = right.saturating_sub(from.saturating_add(1));
        if width(&self.drawn(text)) <= usize::from(room) {
            self.right(right, y, room, text, role);
        }
    }

    /// Writes lines one below the other; where not all fit, the last one that does ends with an ellipsis.
    pub fn lines(&mut self, area: Rect, lines: &[(String, Role)]) {
        let last = usize::from(area.height).checked_sub(1).filter(|_| lines.len() > usize::from(area.height));
        for ((i, (text, role)), y) in lines.iter().enumerate().zip(area.top()..area.bottom()) {
            match last == Some(i) {
                true => {
                    let kept = take_cells(&self.drawn(text), usize::from(area.width.saturating_sub(2))).to_owned();
                    self.text(area.x, y, area.width, format!("{kept} …").trim_start(), *role);
                }
                false => drop(self.text(area.x, y, area.width, text, *role)),
            }
        }
    }

    /// A frame with a title, emptied inside and a cell beside it, so that no text of what lies beneath runs into its
    /// border; answers with the inside.
    pub fn frame(&mut self, area: Rect, title: &str) -> Rect {
        let x = area.x.saturating_sub(1);
        self.clear(Rect { x, width: area.right() + 1 - x, ..area });
        let across = "─".repeat(usize::from(area.width.saturating_sub(2)));
        self.text(area.x, area.y, area.width, &format!("┌{across}┐"), Role::Rule);
        self.text(area.x, area.bottom().saturating_sub(1), area.width, &format!("└{across}┘"), Role::Rule);
        for y in area.y + 1..area.bottom().saturating_sub(1) {
            self.text(area.x, y, 1, "│", Role::Rule);
            self.text(area.right() - 1, y, 1, "│", Role::Rule);
        }
        let title = clip_end(title, usize::from(area.width.saturating_sub(6)));
        self.text(area.x + 1, area.y, area.width.saturating_sub(2), &format!(" {title} "), Role::Focus);
        Rect {
            x: area.x + 2,
            y: area.y + 1,
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(2),
        }
    }
}

/// A rectangle of this size in the middle of the screen, cut to fit. The last line is left to what is said there.
pub fn centered(screen: Rect, width: u16, height: u16) -> Rect {
    covering(screen, width, height.min(screen.height.saturating_sub(1)))
}

/// A rectangle in the middle for what cannot be cut: it takes the last line too where it has to.
pub fn covering(screen: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(screen.width), height.min(screen.height));
    Rect { x: screen.x + (screen.width - width) / 2, y: screen.y + (screen.height - height) / 2, width, height }
}

/// The same text in ASCII: our own glyphs by their nearest sign, everything else spelled out.
fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '─' | '–' => plain.push('-'),
            '│' => plain.push('|'),
            '┃' | '┠' => plain.push('#'),
            '┌' | '┐' | '└' | '┘' | '┬' | '┴' | '├' | '┤' => plain.push('+'),
            '›' => plain.push('>'),
            '…' => plain.push('~'),
            '·' => plain.push(';'),
            '•' => plain.push('*'),
            '×' => plain.push('x'),
            '↑' => plain.push_str("Up"),
            '↓' => plain.push_str("Down"),
            '←' => plain.push_str("Left"),
            '→' => plain.push_str("Right"),
            c if c.is_ascii() => plain.push(c),
            c => plain.push_str(&escape(c)),
        }
    }
    Cow::Owned(plain)
}

fn escape(c: char) -> String {
    format!("\\u{{{:02x}}}", c as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_spells_out_what_it_cannot_draw() {
        assert_eq!(plain("─ Zoë › 李"), "- Zo\\u{eb} > \\u{674e}");
    }

    #[test]
    fn plain_text_is_drawn_as_ratatui_draws_it() {
        let area = Rect::new(0, 0, 12, 1);
        for (x, room, text) in [(0, 12, "who are you"), (1, 5, "seven"), (2, 3, "clipped"), (9, 9, "out"), (0, 2, "")] {
            let mut ours = Buffer::with_lines(["李李李abcdef"]);
            ours.set_style(area, Theme::Dark.style(Role::Bad));
            let mut theirs = ours.clone();
            let mut ink = Ink::new(&mut ours, Theme::Dark, false);
            let end = ink.text(x, 0, room, text, Role::Key);
            let mut ink = Ink::new(&mut theirs, Theme::Dark, false);
            ink.halve(x, 0);
            let text = clip_end(text, usize::from(room));
            let (last, _) = theirs.set_stringn(x, 0, &text, usize::from(room), Theme::Dark.style(Role::Key));
            assert_eq!((&ours, end), (&theirs, last), "{text:?} at {x}");
        }
    }

    #[test]
    fn a_rule_is_as_long_as_it_is_told() {
        for (x, length, drawn) in [(0, 5, "─────"), (1, 3, " ─── "), (3, 9, "   ──"), (2, 0, "     "), (7, 2, "     ")]
        {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 1));
            Ink::new(&mut buffer, Theme::Mono, false).rule(x, 0, length);
            let signs: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
            assert_eq!(signs, drawn);
        }
    }

    #[test]
    fn nothing_is_drawn_outside_the_screen() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 2));
        let mut ink = Ink::new(&mut buffer, Theme::Mono, false);
        ink.text(3, 1, 99, "abcdef", Role::Text);
        ink.text(9, 9, 9, "x", Role::Text);
        let inside = ink.frame(Rect::new(0, 0, 5, 2), "a long title");
        assert_eq!(inside.height, 0);
    }
}
