//! What a password must be. Follows NIST 800-63B-4 3.1.1.2: length and a blocklist, no rules of composition.

use std::str::FromStr;

use super::error::{Error, Field, Kind, Result};
use super::secret::Secret;
use super::text::{fold, quote};

/// How strict the policy is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Rule {
    /// At least 15 code points, 8 where the person has a second factor; blocklist; context words.
    #[default]
    Nist,
    /// At least 8; blocklist; context words.
    Basic,
    /// Not blank: what both predecessors ask for.
    Open,
}

impl Rule {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Rule::Nist => "nist",
            Rule::Basic => "basic",
            Rule::Open => "open",
        }
    }

    /// The least number of code points.
    pub const fn least(self, factor: bool) -> usize {
        match (self, factor) {
            (Rule::Nist, false) => 15,
            (Rule::Nist, true) | (Rule::Basic, _) => 8,
            (Rule::Open, _) => 1,
        }
    }
}

impl FromStr for Rule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Rule> {
        match text {
            "nist" => Ok(Rule::Nist),
            "basic" => Ok(Rule::Basic),
            "open" => Ok(Rule::Open),
            _ => Err(Error::constraint(Field::Policy, format!("no password rule {}", quote(text)))
                .hint("nist, basic or open")),
        }
    }
}

/// The longest password, in bytes after NFC. Longer ones are refused, never cut.
pub const MAX_BYTES: usize = 1024;

/// The commonest passwords, folded and sorted; the source is named in `assets/SOURCES.md`.
static BLOCKLIST: &str = include_str!("../../assets/blocklist.txt");

/// The words about a person that their password must not be made of.
#[derive(Clone, Copy, Default)]
pub struct About<'a> {
    /// Their name.
    pub name: &'a str,
    /// Their e-mail address.
    pub email: Option<&'a str>,
    /// Whether a second factor is on.
    pub factor: bool,
}

/// Judges a password; `Ok` means that it may be set.
///
/// # Errors
/// `constraint_violation` for a blank or overlong one, `weak_password` for one that the rule refuses.
pub fn judge(rule: Rule, password: &Secret, about: About<'_>) -> Result<()> {
    let text = password.nfc();
    let text = text.expose();
    if text.trim().is_empty() {
        return Err(Error::constraint(Field::Password, "a password is needed; spaces alone are none"));
    }
    if text.len() > MAX_BYTES {
        return Err(Error::constraint(Field::Password, format!("longer than {MAX_BYTES} bytes; nothing is cut off")));
    }
    let weak =
        |message: String, hint: &str| Err(Error::new(Kind::WeakPassword, message).hint(hint).field(Field::Password));
    let (length, least) = (text.chars().count(), rule.least(about.factor));
    if length < least {
        return weak(
            format!("{length} of {least} characters"),
            "a phrase of several words is long and can be remembered",
        );
    }
    if rule == Rule::Open {
        return Ok(());
    }
    let folded = fold(text);
    if is_common(&folded) {
        return weak("among the commonest passwords".into(), "attackers try these first; make another");
    }
    if is_repetition(&folded) {
        return weak("a short piece, repeated".into(), "use several different words");
    }
    if let Some(word) = made_of(&folded, about) {
        return weak(format!("made of {}", quote(&word)), "leave out the person's own name and address");
    }
    Ok(())
}

fn is_common(folded: &str) -> bool {
    // The list is sorted by bytes and has one entry a line: a binary search over line starts needs no table.
    let bytes = BLOCKLIST.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes[..middle].iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        let end = bytes[middle..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |at| middle + at);
        match BLOCKLIST[start..end].cmp(folded) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// Whether it is one piece of at most four characters or a common password over and over.
fn is_repetition(folded: &str) -> bool {
    let letters: Vec<char> = folded.chars().collect();
    (1..=letters.len() / 2).any(|piece| {
        let repeats = letters.iter().zip(&letters[piece..]).all(|(a, b)| a == b);
        repeats && (piece <= 4 || is_common(&letters[..piece].iter().collect::<String>()))
    })
}

/// The context word that, taken out, leaves fewer than eight characters.
fn made_of(folded: &str, about: About<'_>) -> Option<String> {
    let mut words = vec![fold(about.name), "rollbook".to_owned()];
    if let Some(email) = about.email {
        words.push(fold(email));
        words.extend(email.split_once('@').map(|(local, _)| fold(local)));
    }
    let parts: Vec<String> = words[0].split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    words.extend(parts);
    words.retain(|word| word.chars().count() >= 3);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
        .into_iter()
        .find(|word| folded.contains(word.as_str()) && folded.replace(word.as_str(), "").chars().count() < 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(rule: Rule, password: &str, about: About<'_>) -> Option<Kind> {
        judge(rule, &Secret::from(password), about).err().map(|error| error.kind)
    }

    #[test]
    fn f06_a_blank_password_is_missing() {
        for blank in ["", " ", "\t\n", "\u{2003}"] {
            assert_eq!(kind(Rule::Open, blank, About::default()), Some(Kind::ConstraintViolation));
        }
    }

    #[test]
    fn length_is_counted_in_code_points_after_nfc() {
        let about = About::default();
        for letter in ["x", "é", "李", "🦀", "e\u{301}"] {
            let piece = ["q", "w", "z", letter];
            let make = |n: usize| (0..n).map(|i| piece[(i * 7 + i / 3) % 4]).collect::<String>();
            assert_eq!(kind(Rule::Nist, &make(14), about), Some(Kind::WeakPassword), "{letter} 14");
            assert_eq!(kind(Rule::Nist, &make(15), about), None, "{letter} 15");
            assert_eq!(kind(Rule::Basic, &make(7), about), Some(Kind::WeakPassword), "{letter} 7");
            assert_eq!(kind(Rule::Basic, &make(8), about), None, "{letter} 8");
        }
        let factor = About { factor: true, ..about };
        assert_eq!(kind(Rule::Nist, "qwzxqqzw", factor), None, "eight are enough beside a second factor");
    }

    #[test]
    fn nothing_is_cut_off() {
        assert_eq!(kind(Rule::Open, &"a".repeat(MAX_BYTES), About::default()), None);
        assert_eq!(kind(Rule::Open, &"a".repeat(MAX_BYTES + 1), About::default()), Some(Kind::ConstraintViolation));
    }

    #[test]
    fn each_of_the_3000_commonest_is_refused() {
        let all: Vec<&str> = BLOCKLIST.lines().collect();
        assert_eq!(all.len(), 3000);
        assert!(all.is_sorted());
        for common in all {
            assert!(is_common(common), "{common}");
            assert!(kind(Rule::Basic, common, About::default()).is_some(), "{common}");
        }
        assert_eq!(kind(Rule::Basic, "PASSWORD", About::default()), Some(Kind::WeakPassword));
        assert!(!is_common("") && !is_common("zzzzzzzzzz not there") && !is_common("!"));
    }

    #[test]
    fn repetition_and_the_persons_own_name_do_not_make_a_password() {
        assert_eq!(kind(Rule::Nist, "aaaaaaaaaaaaaaaa", About::default()), Some(Kind::WeakPassword));
        assert_eq!(kind(Rule::Nist, "passwordpassword", About::default()), Some(Kind::WeakPassword));
        let about = About { name: "alice.liddell@example.org", email: None, factor: false };
        assert_eq!(kind(Rule::Nist, "alice.liddell@example.org", about), Some(Kind::WeakPassword));
        assert_eq!(kind(Rule::Nist, "alice.liddell@example.org2026", about), Some(Kind::WeakPassword));
        assert_eq!(kind(Rule::Nist, "alice likes long rabbit holes", about), None);
        assert_eq!(kind(Rule::Open, "alice.liddell@example.org", about), None);
    }
}
