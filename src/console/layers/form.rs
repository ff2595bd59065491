//! A form: fields with a label, a fault beneath, and buttons. What a form is for, it does not know.

use ratatui::layout::Rect;
use tui_input::Input;

use super::field::{Content, Field, SecretField, edit, paste};
use crate::accounts::Secret;
use crate::console::ink::{Ink, centered};
use crate::console::key::{Code, Key};
use crate::console::theme::Role;
use crate::console::words::{shown, take_last, width, wrap};

/// What pressing a key in a form came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pressed {
    /// The form goes on; something in it may have changed.
    Stay,
    /// The first button.
    Submit,
    /// Cancel.
    Cancel,
}

/// The form.
pub struct Form {
    /// What it is for.
    pub title: String,
    /// Its fields.
    pub fields: Vec<Field>,
    /// The word on the first button.
    pub button: &'static str,
    /// The word on the second.
    pub cancel: &'static str,
    /// The command that does the same, drawn at the foot.
    pub command: String,
    /// A fault that belongs to no field.
    pub fault: Option<String>,
    /// Whether it was sent and waits for its outcome; keys but Esc are ignored.
    pub sent: bool,
    /// Whether anything was typed into it.
    pub edited: bool,
    /// Whether its password was made here, and has to be shown to whoever hands it on.
    made: bool,
    focus: usize,
}

impl Form {
    /// A form with the cursor in its first field.
    pub fn new(title: String, fields: Vec<Field>, button: &'static str) -> Form {
        let mut form = Form {
            title,
            fields,
            button,
            cancel: "Cancel",
            command: String::new(),
            fault: None,
            sent: false,
            edited: false,
            made: false,
            focus: 0,
        };
        let first = form.stops().next();
        form.focus = first.unwrap_or(0);
        form
    }

    /// The places that take the keys: fields, then the two buttons.
    fn stops(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let fields = (0..self.fields.len()).filter(|&i| self.fields[i].takes_keys());
        fields.chain([self.fields.len(), self.fields.len() + 1])
    }

    /// The next or the previous place.
    pub fn step(&mut self, forward: bool) {
        let stops: Vec<usize> = self.stops().collect();
        let at = stops.iter().position(|&stop| stop == self.focus).unwrap_or(0);
        let next = if forward { at + 1 } else { at + stops.len() - 1 };
        self.focus = stops[next % stops.len()];
    }

    /// Puts the keys to this field.
    pub fn focus_on(&mut self, field: usize) {
        self.focus = field;
    }

    /// Puts the keys to the first field with a fault, if there is one.
    pub fn to_fault(&mut self) -> bool {
        let at = self.fields.iter().position(|field| field.takes_keys() && field.fault.is_some());
        if let Some(at) = at {
            self.focus = at;
        }
        at.is_some()
    }

    /// Enter: on a button, press it; in the last field, the first button; else the next place.
    pub fn accept(&mut self) -> Pressed {
        let last = self.stops().rev().nth(2);
        match self.focus.checked_sub(self.fields.len()) {
            Some(0) => Pressed::Submit,
            Some(_) => Pressed::Cancel,
            // Options are passed, never pressed: what comes of them is on the button behind.
            None if Some(self.focus) == last && !self.is_on_choice() => Pressed::Submit,
            None => {
                self.step(true);
                Pressed::Stay
            }
        }
    }

    fn is_on_choice(&self) -> bool {
        self.fields.get(self.focus).is_some_and(|field| matches!(field.content, Content::Choice { .. }))
    }

    /// Whether the keys go to a password.
    pub fn is_on_secret(&self) -> bool {
        self.fields.get(self.focus).is_some_and(|field| matches!(field.content, Content::Secret(_)))
    }

    /// Up or down among options that stand one below the other; `false` where that leads out of them.
    fn step_choice(&mut self, forward: bool) -> bool {
        let Some(field) = self.fields.get_mut(self.focus) else { return false };
        match &mut field.content {
            Content::Choice { options, at } if is_tall(options) => {
                let next = if forward { at.checked_add(1) } else { at.checked_sub(1) };
                match next.filter(|next| *next < options.len()) {
                    Some(next) => *at = next,
                    None => return false,
                }
                true
            }
            _ => false,
        }
    }

    /// A key that edits.
    pub fn key(&mut self, key: Key) {
        if matches!(key.code, Code::Up | Code::Down) {
            let forward = key.code == Code::Down;
            if !self.step_choice(forward) {
                self.step(forward);
            }
            return;
        }
        let Some(field) = self.fields.get_mut(self.focus) else {
            // On the buttons the arrows go from one to the other.
            if matches!(key.code, Code::Left | Code::Right) {
                self.focus = if self.focus == self.fields.len() { self.focus + 1 } else { self.fields.len() };
            }
            return;
        };
        self.edited = true;
        field.fault = None;
        match &mut field.content {
            Content::Text(input) => edit(input, key),
            Content::Secret(secret) => secret.key(key),
            Content::Choice { options, at } => match key.code {
                Code::Right | Code::Char(' ') => *at = (*at + 1) % options.len(),
                Code::Left => *at = (*at + options.len() - 1) % options.len(),
                _ => {}
            },
            Content::Toggle(on) => {
                if key.code == Code::Char(' ') {
                    *on = !*on;
                }
            }
            Content::Words(_) => {}
        }
    }

    /// A paste goes into the field whole, without line ends and control characters.
    pub fn paste(&mut self, text: &str) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        self.edited = true;
        field.fault = None;
        match &mut field.content {
            Content::Text(input) => paste(input, text),
            Content::Secret(secret) => secret.push(text),
            _ => {}
        }
    }

    /// The secret field, if there is one that plays a part.
    pub fn secret_mut(&mut self) -> Option<&mut SecretField> {
        self.fields.iter_mut().filter(|field| !field.hidden).find_map(|field| match &mut field.content {
            Content::Secret(secret) => Some(secret),
            _ => None,
        })
    }

    /// Whether a password that plays a part is typed into it.
    pub fn has_secret(&self) -> bool {
        self.fields.iter().any(|field| !field.hidden && matches!(field.content, Content::Secret(_)))
    }

    /// Puts a made passphrase into the secret field and shows it.
    pub fn generated(&mut self, made: &Secret) {
        if let Some(field) = self.secret_mut() {
            field.set(made);
            field.shown = true;
            self.made = true;
        }
        for field in &mut self.fields {
            if matches!(field.content, Content::Secret(_)) {
                field.fault = None;
            }
        }
    }

    /// The password that was made here and sent, to be shown once; `None` where somebody typed one.
    pub fn made(&mut self) -> Option<Secret> {
        let made = self.made;
        self.secret_mut().filter(|_| made).map(|field| field.secret())
    }

    /// A key in the secret field: what was made may be something else now.
    pub fn typed(&mut self) {
        if self.is_on_secret() {
            self.made = false;
        }
    }

    /// Draws the form in the middle of the screen.
    pub fn draw(&self, ink: &mut Ink<'_>) {
        // A toggle has its words behind its box, not in the column of labels.
        // Hidden fields count, so that nothing moves sideways when one comes or goes.
        let labelled = |field: &&Field| !matches!(field.content, Content::Toggle(_));
        let label =
            self.fields.iter().filter(labelled).map(|field| width(field.label)).max().unwrap_or(0).min(14) as u16;
        let area = ink.area();
        let wide = 62.min(area.width);
        let room = usize::from(wide.saturating_sub(4 + label + 2));
        let command = self.command_lines(wide.saturating_sub(4));
        let mut height = 5 + command.len() as u16 + u16::from(self.fault.is_some()) * 2;
        for field in self.fields.iter().filter(|field| !field.hidden) {
            height += rows_of(field) + below(field, room).len() as u16;
        }
        let frame = centered(area, wide, height);
        let inside = ink.frame(frame, &self.title);
        // Where the screen is too low for all of it, what has the keys stays in view.
        let mut skip = self.rows_before_focus(room).saturating_sub(inside.height.saturating_sub(4));
        if height <= frame.height {
            skip = 0;
        }
        let mut y = inside.y;
        for (i, field) in self.fields.iter().enumerate().filter(|(_, field)| !field.hidden) {
            let rows = rows_of(field) + below(field, room).len() as u16;
            if skip >= rows {
                skip -= rows;
                continue;
            }
            skip = 0;
            y = self.draw_field(ink, inside, y, label, field, i == self.focus);
        }
        self.draw_foot(ink, inside, y);
    }

    fn rows_before_focus(&self, room: usize) -> u16 {
        let fields = self.fields.iter().enumerate().filter(|(i, field)| !field.hidden && *i <= self.focus);
        fields.map(|(_, field)| rows_of(field) + below(field, room).len() as u16).sum()
    }

    fn draw_field(&self, ink: &mut Ink<'_>, inside: Rect, y: u16, label: u16, field: &Field, focused: bool) -> u16 {
        if y >= inside.bottom() {
            return y;
        }
        let x = inside.x + label + 2;
        let room = inside.width.saturating_sub(label + 2);
        let role = if focused { Role::Typed } else { Role::Field };
        let mut y = y;
        match &field.content {
            Content::Words(text) => {
                for line in wrap(text, usize::from(inside.width)) {
                    if y < inside.bottom() {
                        ink.text(inside.x, y, inside.width, &line, Role::Text);
                    }
                    y += 1;
                }
                return y;
            }
            Content::Toggle(on) => {
                let mark = if *on { "[x]" } else { "[ ]" };
                let role = if focused { Role::Pressed } else { Role::Text };
                let end = ink.text(inside.x, y, inside.width, mark, role);
                ink.text(end + 1, y, inside.right().saturating_sub(end + 1), field.label, Role::Text);
                if focused {
                    ink.cursor = Some((inside.x + 1, y));
                }
            }
            content => {
                ink.text(inside.x, y, label, field.label, if focused { Role::Focus } else { Role::Text });
                match content {
                    Content::Text(input) => draw_text(ink, x, y, room, input, role, focused),
                    Content::Secret(secret) => {
                        let hint = if secret.shown { "  Ctrl-T hides" } else { "  Ctrl-T shows" };
                        let tail = width(hint) as u16;
                        let cells = room.saturating_sub(tail);
                        let drawn = secret.drawn(usize::from(cells.saturating_sub(1)));
                        ink.text(x, y, cells, &" ".repeat(usize::from(cells)), role);
                        let end = ink.text(x, y, cells, &drawn, role);
                        ink.text(x + cells, y, tail, hint, Role::Faint);
                        if focused {
                            ink.cursor = Some((end, y));
                        }
                    }
                    Content::Choice { options, at } => y = draw_choice(ink, (x, y, room), options, *at, focused),
                    Content::Toggle(_) | Content::Words(_) => {}
                }
            }
        }
        y += 1;
        let role = if field.fault.is_some() { Role::Fault } else { Role::Faint };
        for line in below(field, usize::from(room)) {
            if y < inside.bottom() {
                ink.text(x, y, room, &line, role);
            }
            y += 1;
        }
        y
    }

    /// The command at the foot, broken where it does not fit: it is there to be copied whole.
    fn command_lines(&self, room: u16) -> Vec<String> {
        if self.command.is_empty() { Vec::new() } else { wrap(&self.command, usize::from(room)) }
    }

    fn draw_foot(&self, ink: &mut Ink<'_>, inside: Rect, y: u16) {
        let command = self.command_lines(inside.width);
        let command = if inside.height > 3 + command.len() as u16 { command } else { Vec::new() };
        let fault = self.fault.as_ref().map(|fault| wrap(fault, usize::from(inside.width))).unwrap_or_default();
        let lines = fault.len().min(2) as u16;
        let last = inside.bottom().saturating_sub(1 + command.len() as u16);
        // On a low screen it covers fields, and not the buttons it.
        let mut y = y.min(last.saturating_sub(lines)).max(inside.y);
        for line in fault.iter().take(2) {
            ink.clear(Rect { y, height: 1, ..inside });
            ink.text(inside.x, y, inside.width, line, Role::Fault);
            y += 1;
        }
        let y = (y + 1).min(last);
        if self.sent {
            ink.text(inside.x, y, inside.width, "at work … Esc closes this, the work goes on", Role::Notice);
        } else {
            let words = [self.button, self.cancel].into_iter().filter(|word| !word.is_empty());
            let buttons: Vec<String> = words.map(|word| format!("[ {word} ]")).collect();
            let total = buttons.iter().map(|button| width(button) + 2).sum::<usize>().saturating_sub(2);
            let mut x = inside.x + inside.width.saturating_sub(total as u16) / 2;
            for (i, button) in buttons.iter().enumerate() {
                let focused = self.focus == self.fields.len() + i;
                if focused {
                    ink.cursor = Some((x + 2, y));
                }
                x = ink.text(
                    x,
                    y,
                    inside.right().saturating_sub(x),
                    button,
                    if focused { Role::Pressed } else { Role::Button },
                );
                x += 2;
            }
        }
        let top = inside.bottom().saturating_sub(command.len() as u16);
        for (line, y) in command.iter().zip(top..inside.bottom()) {
            ink.text(inside.x, y, inside.width, line, Role::Faint);
        }
    }
}

fn rows_of(field: &Field) -> u16 {
    match &field.content {
        Content::Choice { options, .. } if is_tall(options) => options.len() as u16,
        Content::Words(text) => wrap(text, 58).len() as u16,
        _ => 1,
    }
}

/// Whether options stand one below the other, each with a word of explanation.
fn is_tall(options: &[(&str, &str)]) -> bool {
    options.iter().any(|(_, help)| !help.is_empty())
}

/// The fault or the remark beneath a field.
fn below(field: &Field, room: usize) -> Vec<String> {
    match field.fault.as_ref().or(field.remark.as_ref()) {
        Some(text) => wrap(text, room.max(10)),
        None => Vec::new(),
    }
}

fn draw_text(ink: &mut Ink<'_>, x: u16, y: u16, room: u16, input: &Input, role: Role, focused: bool) {
    let cells = usize::from(room.max(2)) - 1;
    ink.text(x, y, room, &" ".repeat(usize::from(room)), role);
    // What is typed is as untrusted as what is read: it may have been pasted, and be longer than any screen.
    let (chars, reach) = (input.value().chars(), cells * 4);
    let before: String = chars.clone().take(input.cursor()).skip(input.cursor().saturating_sub(reach)).collect();
    let after: String = chars.skip(input.cursor()).take(reach).collect();
    let (before, after) = (shown(&before), shown(&after));
    let before = ink.drawn(&before).into_owned();
    let end = ink.text(x, y, room, take_last(&before, cells), role);
    ink.text(end, y, (x + room).saturating_sub(end), &after, role);
    if focused {
        ink.cursor = Some((end, y));
    }
}

/// Options side by side, or one below the other where they have a word of explanation. Answers with the last row.
fn draw_choice(
    ink: &mut Ink<'_>,
    (x, y, room): (u16, u16, u16),
    options: &[(&str, &str)],
    at: usize,
    focused: bool,
) -> u16 {
    let tall = is_tall(options);
    let (mut end, mut row) = (x, y);
    for (i, (option, help)) in options.iter().enumerate() {
        let mark = if i == at { "(•)" } else { "( )" };
        let role = if i == at && focused { Role::Pressed } else { Role::Text };
        let start = if tall { x } else { end };
        row = if tall { y + i as u16 } else { y };
        let left = (x + room).saturating_sub(start);
        end = ink.text(start, row, left, &format!("{mark} {option}"), role);
        if i == at && focused {
            ink.cursor = Some((start + 1, row));
        }
        if tall {
            ink.text(end + 2, row, (x + room).saturating_sub(end + 2), help, Role::Faint);
        } else {
            end += 3;
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(form: &mut Form, text: &str) {
        for c in text.chars() {
            form.key(Key::char(c));
        }
    }

    #[test]
    fn enter_walks_through_the_fields_and_submits_from_the_last() {
        let mut form = Form::new("T".into(), vec![Field::text("A", ""), Field::toggle("B", false)], "Go");
        press(&mut form, "x");
        assert_eq!(form.accept(), Pressed::Stay);
        press(&mut form, " ");
        assert!(form.fields[1].is_on());
        assert_eq!(form.accept(), Pressed::Submit);
        form.step(true);
        form.step(true);
        assert_eq!(form.accept(), Pressed::Cancel);
    }

    #[test]
    fn a_paste_brings_no_line_ends() {
        let mut form = Form::new("T".into(), vec![Field::text("A", ""), Field::secret("P")], "Go");
        form.paste("al\r\nice\u{1b}");
        assert_eq!(form.fields[0].value(), "alice");
        form.step(true);
        form.paste("hunter\n2");
        assert_eq!(form.secret_mut().map(|secret| secret.secret().expose().to_owned()), Some("hunter2".into()));
    }

    #[test]
    fn hidden_fields_take_no_keys() {
        let mut form =
            Form::new("T".into(), vec![Field::text("A", ""), Field::text("B", ""), Field::text("C", "")], "Go");
        form.fields[1].hidden = true;
        form.step(true);
        press(&mut form, "c");
        assert_eq!((form.fields[1].value(), form.fields[2].value()), ("", "c"));
    }
}
