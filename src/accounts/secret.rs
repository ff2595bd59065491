//! Text that must not be seen: passwords, codes and tokens on their way in or out.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// Secret text, wiped from memory when dropped.
///
/// It has no `Debug`, no `Display` and no `Clone`, so that it cannot reach a log, a snapshot or a second place by
/// accident; [`Secret::expose`] is the one way to it, and easy to search for. (Hashing itself leaves copies in memory
/// that nobody can wipe; the documentation does not promise more.)
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over a text.
    pub fn new(text: String) -> Self {
        Secret(Zeroizing::new(text))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same text in Unicode normal form C, the only change a password undergoes (NIST 800-63B-4, 3.1.1.2).
    pub fn nfc(&self) -> Secret {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len() * 3));
        text.extend(self.0.nfc());
        Secret(text)
    }

    /// A second copy, where a second owner is needed; named so that it can be found.
    pub fn duplicate(&self) -> Secret {
        Secret(Zeroizing::new(self.0.to_string()))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret::new(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_empty_when_there_is_nothing_in_it() {
        assert!(Secret::from("").is_empty() && !Secret::from(" ").is_empty());
        assert_eq!(Secret::from("e\u{301}").nfc().expose(), "\u{e9}");
        assert_eq!(Secret::from("x").duplicate().expose(), "x");
    }
}
