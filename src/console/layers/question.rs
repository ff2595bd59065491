//! A question before something that is hard to take back: Cancel has the focus, `y` accepts. For the gravest the
//! number has to be typed.

use ratatui::layout::Rect;

use super::field::edit;
use crate::accounts::time::{Span, Time};
use crate::console::effect::Write;
use crate::console::ink::{Ink, centered};
use crate::console::key::Key;
use crate::console::theme::Role;
use crate::console::words::{shown, width, wrap};

/// For how long a fresh question drops what was typed ahead of it.
const GRACE: Span = Span::from_millis(250);

/// The question.
pub struct Question {
    title: String,
    lines: Vec<String>,
    verb: &'static str,
    yes: bool,
    typed: Option<(String, tui_input::Input)>,
    opened_at: Time,
    order: Option<Write>,
    quits: bool,
}

impl Question {
    /// Asks before `order` is given; `verb` is what `y` does ("deletes").
    pub fn new(title: String, lines: Vec<String>, verb: &'static str, now: Time, order: Write) -> Question {
        Question { title, lines, verb, yes: false, typed: None, opened_at: now, order: Some(order), quits: false }
    }

    /// Asks before the console is left while something is at work.
    pub fn quitting(lines: Vec<String>, now: Time) -> Question {
        let title = "Quit now?".to_owned();
        Question {
            title,
            lines,
            verb: "stops and quits",
            yes: false,
            typed: None,
            opened_at: now,
            order: None,
            quits: true,
        }
    }

    /// The same, but this word has to be typed instead of `y`.
    #[must_use]
    pub fn typed(mut self, word: String) -> Question {
        self.typed = Some((word, tui_input::Input::default()));
        self
    }

    /// Whether an answer is typed.
    pub fn is_typed(&self) -> bool {
        self.typed.is_some()
    }

    /// Whether a key was typed before anybody can have read the question.
    pub fn is_fresh(&self, now: Time) -> bool {
        now.since(self.opened_at) < GRACE
    }

    /// From Cancel to yes and back.
    pub fn toggle(&mut self) {
        self.yes = !self.yes;
    }

    /// A key of the typed answer.
    pub fn key(&mut self, key: Key) {
        if let Some((_, input)) = &mut self.typed {
            edit(input, key);
        }
    }

    /// Enter: the order if yes has the focus or the word is right; `None` is a no.
    pub fn accept(&mut self) -> Answer {
        match &self.typed {
            Some((word, input)) if input.value().trim() != word => Answer::NotYet,
            None if !self.yes => Answer::No,
            None if self.quits => Answer::Quit,
            _ => self.order.take().map_or(Answer::No, |order| Answer::Yes(Box::new(order))),
        }
    }

    /// `y`.
    pub fn yes(&mut self) -> Answer {
        self.yes = true;
        self.accept()
    }

    /// Draws the question.
    pub fn draw(&self, ink: &mut Ink<'_>) {
        let area = ink.area();
        let wide = 60.min(area.width);
        let lines: Vec<String> =
            self.lines.iter().flat_map(|line| wrap(line, usize::from(wide.saturating_sub(4)))).collect();
        let frame = centered(area, wide, lines.len() as u16 + 4);
        let inside = ink.frame(frame, &self.title);
        for (line, y) in lines.iter().zip(inside.top()..inside.bottom().saturating_sub(1)) {
            ink.text(inside.x, y, inside.width, line, Role::Text);
        }
        let foot = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside };
        match &self.typed {
            Some((word, input)) => {
                let end = ink.text(foot.x, foot.y, foot.width, &format!("type {word}, then Enter  "), Role::Text);
                ink.text(end, foot.y, 12, "            ", Role::Typed);
                let end = ink.text(end, foot.y, 12, &shown(input.value()), Role::Typed);
                ink.cursor = Some((end, foot.y));
                ink.right(foot.right(), foot.y, 12, "Esc cancels", Role::Faint);
            }
            None => {
                let yes = format!("[ y  {} ]", self.verb);
                let x = foot.x + foot.width.saturating_sub((14 + width(&yes)) as u16) / 2;
                let role = |focused| if focused { Role::Pressed } else { Role::Button };
                let end = ink.text(x, foot.y, foot.right().saturating_sub(x), "[ Cancel ]", role(!self.yes));
                ink.text(end + 3, foot.y, foot.right().saturating_sub(end + 3), &yes, role(self.yes));
                ink.cursor = Some((if self.yes { end + 5 } else { x + 2 }, foot.y));
            }
        }
    }
}

/// What came of a question.
pub enum Answer {
    /// Give the order.
    Yes(Box<Write>),
    /// Leave it.
    No,
    /// Leave the console.
    Quit,
    /// The typed word is not the one.
    NotYet,
}
