//! What a form is made of: a line of text, a password, a choice, a toggle, and the keys that edit them.

use tui_input::{Input, InputRequest};
use zeroize::Zeroizing;

use crate::accounts::Secret;
use crate::console::key::{Code, Key};
use crate::console::words::{shown, take_last};

/// A password being typed. It never enters a text input, which keeps copies of what it held.
pub struct SecretField {
    text: Zeroizing<String>,
    /// Whether it is shown instead of dots.
    pub shown: bool,
}

/// More than any password that is accepted, so that the buffer never moves and leaves no copy behind.
const SECRET_ROOM: usize = 4096;

impl Default for SecretField {
    fn default() -> Self {
        SecretField { text: Zeroizing::new(String::with_capacity(SECRET_ROOM)), shown: false }
    }
}

impl SecretField {
    /// What was typed, as a second owner's copy.
    pub fn secret(&self) -> Secret {
        Secret::new(self.text.to_string())
    }

    /// Puts another text in its place.
    pub fn set(&mut self, secret: &Secret) {
        self.text.clear();
        self.push(secret.expose());
    }

    /// How many characters were typed.
    pub fn count(&self) -> usize {
        self.text.chars().count()
    }

    pub(super) fn push(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.text.len() + c.len_utf8() <= SECRET_ROOM {
                self.text.push(c);
            }
        }
    }

    pub(super) fn key(&mut self, key: Key) {
        match (key.code, key.ctrl) {
            (Code::Char('u' | 'w'), true) => self.text.clear(),
            (Code::Char(c), false) => self.push(c.encode_utf8(&mut [0; 4])),
            (Code::Backspace, _) => {
                self.text.pop();
            }
            _ => {}
        }
    }

    pub(super) fn drawn(&self, room: usize) -> String {
        if self.shown {
            // The end is what is being typed.
            return take_last(&shown(&self.text), room).to_owned();
        }
        "•".repeat(self.count().min(room))
    }
}

/// What a field holds.
#[allow(missing_docs)]
pub enum Content {
    Text(Input),
    Secret(SecretField),
    /// One of several; the second text explains.
    Choice {
        options: &'static [(&'static str, &'static str)],
        at: usize,
    },
    Toggle(bool),
    /// Words that cannot be changed, and take no keys.
    Words(String),
}

/// A field.
pub struct Field {
    /// Its name on the screen.
    pub label: &'static str,
    /// What it holds.
    pub content: Content,
    /// What is wrong with it, shown beneath.
    pub fault: Option<String>,
    /// What is said about it when nothing is wrong.
    pub remark: Option<String>,
    /// Whether it plays no part now.
    pub hidden: bool,
}

impl Field {
    /// A line of text.
    pub fn text(label: &'static str, value: &str) -> Field {
        Field::new(label, Content::Text(Input::new(value.to_owned())))
    }

    /// A password.
    pub fn secret(label: &'static str) -> Field {
        Field::new(label, Content::Secret(SecretField::default()))
    }

    /// One of several.
    pub fn choice(label: &'static str, options: &'static [(&'static str, &'static str)], at: usize) -> Field {
        Field::new(label, Content::Choice { options, at })
    }

    /// Yes or no.
    pub fn toggle(label: &'static str, on: bool) -> Field {
        Field::new(label, Content::Toggle(on))
    }

    /// Words to read.
    pub fn words(text: String) -> Field {
        Field::new("", Content::Words(text))
    }

    fn new(label: &'static str, content: Content) -> Field {
        Field { label, content, fault: None, remark: None, hidden: false }
    }

    pub(super) fn takes_keys(&self) -> bool {
        !self.hidden && !matches!(self.content, Content::Words(_))
    }

    /// The text of a text field.
    pub fn value(&self) -> &str {
        match &self.content {
            Content::Text(input) => input.value(),
            _ => "",
        }
    }

    /// What was typed into a password, as a second owner's copy; `None` of any other field.
    pub fn typed_secret(&self) -> Option<Secret> {
        match &self.content {
            Content::Secret(field) => Some(field.secret()),
            _ => None,
        }
    }

    /// Whether a toggle is on.
    pub fn is_on(&self) -> bool {
        matches!(self.content, Content::Toggle(true))
    }

    /// Which option is chosen.
    pub fn chosen(&self) -> usize {
        match self.content {
            Content::Choice { at, .. } => at,
            _ => 0,
        }
    }
}

/// The keys of a line editor.
pub fn edit(input: &mut Input, key: Key) {
    let request = match (key.code, key.ctrl) {
        (Code::Char('a'), true) | (Code::Home, _) => InputRequest::GoToStart,
        (Code::Char('e'), true) | (Code::End, _) => InputRequest::GoToEnd,
        (Code::Char('b'), true) | (Code::Left, _) => InputRequest::GoToPrevChar,
        (Code::Char('f'), true) | (Code::Right, _) => InputRequest::GoToNextChar,
        (Code::Char('u'), true) => InputRequest::DeleteLine,
        (Code::Char('k'), true) => InputRequest::DeleteTillEnd,
        (Code::Char('w'), true) => InputRequest::DeletePrevWord,
        (Code::Char('y'), true) => InputRequest::Yank,
        (Code::Backspace, _) => InputRequest::DeletePrevChar,
        (Code::Delete, _) | (Code::Char('d'), true) => InputRequest::DeleteNextChar,
        (Code::Char(c), false) if input.value().len() < LINE_ROOM => InputRequest::InsertChar(c),
        _ => return,
    };
    input.handle(request);
}

/// More than the longest name takes, in bytes.
const LINE_ROOM: usize = 4096;

/// Inserts a paste: control characters and line ends are left out, everything else stays as it is, for the field's own
/// parser to judge.
pub fn paste(input: &mut Input, text: &str) {
    for c in text.chars().filter(|c| !c.is_control()) {
        if input.value().len() < LINE_ROOM {
            input.handle(InputRequest::InsertChar(c));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_drawn_as_dots_and_never_moves_its_buffer() {
        let mut field = SecretField::default();
        let place = field.text.as_ptr();
        field.push(&"é".repeat(3000));
        assert_eq!(field.text.as_ptr(), place);
        assert!(field.text.len() <= SECRET_ROOM);
        assert_eq!(field.drawn(5), "•••••");
        field.key(Key::ctrl('u'));
        assert_eq!(field.count(), 0);
    }
}
