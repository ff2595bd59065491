//! A question before something that is hard to take back: Cancel has the focus, `y` accepts. For the gravest the
//! number has to be typed.

use ratatui::layout::Rect;

use super::field::edit;
use crate::accounts::time::{Span, Time};
use crate::console::effect::Write;
use crate::console::ink::{Ink, centered};
use crate::console::key::Key;
use crate::console::theme::Role;
use crate::console::words::{shown, take_last, width, wrap};

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
    /// What it would do is still being counted.
    counting: bool,
    /// What is wrong with the typed answer, once it was given.
    fault: Option<String>,
}

impl Question {
    /// Asks before `order` is given; `verb` is what `y` does ("deletes").
    pub fn new(title: String, lines: Vec<String>, verb: &'static str, now: Time, order: Write) -> Question {
        Question {
            title,
            lines,
            verb,
            yes: false,
            typed: None,
            opened_at: now,
            order: Some(order),
            quits: false,
            counting: false,
            fault: None,
        }
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
            counting: false,
            fault: None,
        }
    }

    /// Asks for this word to be typed instead of `y`.
    #[must_use]
    pub fn typed(mut self, word: String) -> Question {
        self.typed = Some((word, tui_input::Input::default()));
        self
    }

    /// Takes no yes before it has been told what there is to decide.
    #[must_use]
    pub fn counting(mut self) -> Question {
        self.counting = true;
        self
    }

    /// Whether what it would do is still being counted.
    pub fn is_counting(&self) -> bool {
        self.counting
    }

    /// Asks anew before `order` is given, now that it is known what about; where there is a word, it has to be typed.
    pub fn counted(&mut self, title: String, lines: Vec<String>, word: Option<String>, now: Time, order: Write) {
        self.order = Some(order);
        (self.title, self.lines, self.opened_at, self.counting) = (title, lines, now, false);
        self.typed = word.map(|word| (word, tui_input::Input::default()));
    }

    /// Whether an answer is typed.
    pub fn is_typed(&self) -> bool {
        self.typed.is_some()
    }

    /// What has yet to be typed before Enter does it; `None` where that stands there, or nothing has to.
    pub fn wanted(&self) -> Option<&str> {
        let (word, input) = self.typed.as_ref()?;
        (input.value().trim() != word).then_some(word.as_str())
    }

    /// Whether a key was typed before anybody can have read the question.
    pub fn is_fresh(&self, now: Time) -> bool {
        now.since(self.opened_at) < GRACE
    }

    /// From Cancel to yes and back.
    pub fn toggle(&mut self) {
        self.yes = !self.yes && !self.counting;
    }

    /// A key of the typed answer.
    pub fn key(&mut self, key: Key) {
        if let Some((_, input)) = &mut self.typed {
            edit(input, key);
            self.fault = None;
        }
    }

    /// What it asks about, unless that was answered.
    pub fn order(&self) -> Option<&Write> {
        self.order.as_ref()
    }

    /// Enter: the order if yes has the focus or the word is right; `None` is a no.
    pub fn accept(&mut self) -> Answer {
        match &self.typed {
            _ if self.counting => Answer::Counting,
            Some((word, input)) if input.value().trim() != word => {
                self.fault = Some(not_the_word(word, input.value().trim()));
                Answer::NotYet
            }
            None if !self.yes => Answer::No,
            None if self.quits => Answer::Quit,
            _ => self.order.take().map_or(Answer::No, |order| Answer::Yes(Box::new(order))),
        }
    }

    /// `y`.
    pub fn yes(&mut self) -> Answer {
        self.yes = !self.counting;
        self.accept()
    }

    /// Draws the question.
    pub fn draw(&self, ink: &mut Ink<'_>) {
        let area = ink.area();
        let wide = 60.min(area.width);
        let lines: Vec<(String, Role)> = self
            .lines
            .iter()
            .flat_map(|line| wrap(line, usize::from(wide.saturating_sub(4))))
            .map(|line| (line, Role::Text))
            .collect();
        // Beneath what is typed there is a line for what is wrong with it.
        let foot = if self.typed.is_some() { 2 } else { 1 };
        let inside = ink.frame(centered(area, wide, lines.len() as u16 + 3 + foot), &self.title);
        ink.lines(Rect { height: inside.height.saturating_sub(foot), ..inside }, &lines);
        let foot = Rect { y: inside.bottom().saturating_sub(foot), height: foot, ..inside };
        match &self.typed {
            Some((word, input)) => draw_typed(ink, foot, word, &shown(input.value()), self.fault.as_deref()),
            None if self.counting => ink.right(foot.right(), foot.y, foot.width, "Esc closes", Role::Faint),
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

/// What is said of an answer that is not the word.
pub fn not_the_word(word: &str, typed: &str) -> String {
    match typed {
        "" => format!("nothing was done: {word} has to be typed"),
        _ => format!("nothing was done: that is not {word}"),
    }
}

/// Draws the line in which a word is typed, and beneath it what is wrong with it.
pub fn draw_typed(ink: &mut Ink<'_>, foot: Rect, word: &str, typed: &str, fault: Option<&str>) {
    const CELLS: u16 = 12;
    let end = ink.text(foot.x, foot.y, foot.width, &format!("type {word}, then Enter  "), Role::Text);
    let field = CELLS.min(foot.right().saturating_sub(end));
    ink.text(end, foot.y, field, &" ".repeat(usize::from(field)), Role::Typed);
    let at = ink.text(end, foot.y, field, take_last(typed, usize::from(field.saturating_sub(1))), Role::Typed);
    ink.cursor = Some((at, foot.y));
    ink.right_of(end + field, foot.right(), foot.y, "Esc cancels", Role::Faint);
    if let Some(fault) = fault.filter(|_| foot.height > 1) {
        ink.text(foot.x, foot.y + 1, foot.width, fault, Role::Fault);
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
    /// What it would do is not known yet.
    Counting,
}
