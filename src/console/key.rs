//! A key as the console means it, whatever bytes the terminal spelled it in, and how it is written for people.

use std::fmt;

use zeroize::Zeroizing;

/// What was pressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// A key with or without Ctrl. Shift is in the character; Alt does not exist here (Esc, then the letter).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// What was pressed.
    pub code: Code,
    /// Whether Ctrl was held.
    pub ctrl: bool,
}

impl Key {
    /// A plain character.
    pub const fn char(c: char) -> Key {
        Key { code: Code::Char(c), ctrl: false }
    }

    /// A character with Ctrl.
    pub const fn ctrl(c: char) -> Key {
        Key { code: Code::Char(c), ctrl: true }
    }

    /// A named key.
    pub const fn named(code: Code) -> Key {
        Key { code, ctrl: false }
    }
}

impl fmt::Display for Key {
    /// The same on every platform: `a`, `Ctrl-U`, `PgDn`, `Space`, `F1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            Code::Char(' ') => f.write_str("Space"),
            Code::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            Code::Char(c) => write!(f, "{c}"),
            Code::F(n) => write!(f, "F{n}"),
            Code::BackTab => f.write_str("Shift-Tab"),
            Code::Up => f.write_str("↑"),
            Code::Down => f.write_str("↓"),
            Code::Left => f.write_str("←"),
            Code::Right => f.write_str("→"),
            Code::PageUp => f.write_str("PgUp"),
            Code::PageDown => f.write_str("PgDn"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// What the terminal sends, decoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// A key.
    Key(Key),
    /// A paste, bracketed by the terminal; raw, line ends and all. It may be a password, so it is wiped.
    Paste(Zeroizing<String>),
}
