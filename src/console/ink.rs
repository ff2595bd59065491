//! Putting text on the screen: by role, clipped, and in ASCII where nothing else is wanted.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::theme::{Role, Theme};
use super::words::{clip_end, shown, width};
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
        let text = clip_end(&text, usize::from(room));
        let text = if self.ascii { plain(&text).into_owned() } else { text };
        let (end, _) = self.buffer.set_stringn(x, y, &text, usize::from(room), self.theme.style(role));
        end
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
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// A thin line across.
    pub fn rule(&mut self, x: u16, y: u16, length: u16) {
        let line = "─".repeat(usize::from(length));
        self.text(x, y, length, &line, Role::Rule);
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
        let tail = cells(right);
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

    /// A frame with a title, emptied inside; answers with the inside.
    pub fn frame(&mut self, area: Rect, title: &str) -> Rect {
        self.clear(area);
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

/// A rectangle of this size in the middle of the screen, cut to fit.
pub fn centered(screen: Rect, width: u16, height: u16) -> Rect {
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
    fn nothing_is_drawn_outside_the_screen() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 2));
        let mut ink = Ink::new(&mut buffer, Theme::Mono, false);
        ink.text(3, 1, 99, "abcdef", Role::Text);
        ink.text(9, 9, 9, "x", Role::Text);
        let inside = ink.frame(Rect::new(0, 0, 5, 2), "a long title");
        assert_eq!(inside.height, 0);
    }
}
