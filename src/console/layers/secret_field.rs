//! A password being typed. What it is for, and what is said about it, the form knows.

use zeroize::Zeroizing;

use crate::accounts::Secret;
use crate::console::key::{Code, Key};
use crate::console::words::{shown, width};

/// The password. It never enters a text input, which keeps copies of what it held.
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

    /// Adds text, without control characters, as far as there is room.
    pub fn push(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.text.len() + c.len_utf8() <= SECRET_ROOM {
                self.text.push(c);
            }
        }
    }

    /// A key that edits.
    pub fn key(&mut self, key: Key) {
        match (key.code, key.ctrl) {
            (Code::Char('u' | 'w'), true) => self.text.clear(),
            (Code::Char(c), false) => self.push(c.encode_utf8(&mut [0; 4])),
            (Code::Backspace, _) => {
                self.text.pop();
            }
            _ => {}
        }
    }

    /// What is drawn in this many cells.
    pub fn drawn(&self, room: usize) -> String {
        if self.shown {
            // The end is what is being typed.
            let text = shown(&self.text);
            let skip = width(&text).saturating_sub(room);
            return text.chars().skip(skip).collect();
        }
        "•".repeat(self.count().min(room))
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
