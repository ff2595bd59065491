//! What is said of a field, or of a word behind one, that does not exist: which one was probably meant, and how the text
//! itself is looked for.
//!
//! Knows no fields and no words of its own; every filter line brings its own.

use crate::accounts::error::{Error, Field};
use crate::accounts::text::{fold, quote, visible};

/// The name before a colon, where one stands there and could be a field's: letters and nothing else.
pub fn head(word: &str) -> Option<&str> {
    let (head, _) = word.split_once(':')?;
    (!head.is_empty() && head.chars().all(char::is_alphabetic)).then_some(head)
}

/// Whether a word may be an address of version 6, whose first part can be letters and nothing else.
pub fn is_address(word: &str) -> bool {
    word.contains(':') && word.chars().all(|c| c == ':' || c.is_ascii_hexdigit())
}

/// The fault of `word`, which begins with a field that does not exist, where these do.
pub fn unknown(name: &str, word: &str, fields: &[&str]) -> Error {
    let listed =
        |fields: &[&str], between: &str| fields.iter().map(|f| format!("{f}:")).collect::<Vec<_>>().join(between);
    let meant = match nearest(name, fields).as_slice() {
        [] => listed(fields, " "),
        near => format!("{} is nearest", listed(near, " or ")),
    };
    Error::constraint(Field::Filter, format!("no field {}", quote(name))).hint(format!("{meant}; {}", as_text(word)))
}

/// The fault of `word`, behind whose colon stands a `value` that is no state, or no role, where these are known.
pub fn unknown_value(what: &str, value: &str, word: &str, known: &[&str]) -> Error {
    let fault = Error::constraint(Field::Filter, format!("no {what} {}", quote(value)));
    fault.hint(format!("{}; {}", meant(value, known), as_text(word)))
}

/// The words that were probably meant by one that is not known; where none is near, all that are known.
pub fn meant(value: &str, known: &[&str]) -> String {
    match (nearest(value, known).as_slice(), known.split_last()) {
        ([], Some((last, rest))) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        ([], _) => known.join(", "),
        (near, _) => format!("{} is nearest", near.join(" or ")),
    }
}

/// How a word that is no condition is looked for as text.
fn as_text(word: &str) -> String {
    /// A pasted page is not repeated.
    const REPEATED: usize = 40;
    match word.len() <= REPEATED && !word.contains('"') {
        true => format!("as text: \"{}\"", visible(word)),
        false => "as text in quotation marks".to_owned(),
    }
}

/// The words that were probably meant: the only one that begins so, or those with the fewest slips between.
fn nearest<'a>(name: &str, fields: &[&'a str]) -> Vec<&'a str> {
    let name = fold(name);
    let begun: Vec<&str> = fields.iter().copied().filter(|field| field.starts_with(&name)).collect();
    if begun.len() == 1 && name.chars().count() > 1 {
        return begun;
    }
    let most = (name.chars().count() / 2).clamp(1, 2);
    let slips: Vec<(usize, &str)> = fields.iter().map(|field| (slips(&name, field), *field)).collect();
    let fewest = slips.iter().map(|(slips, _)| *slips).min().filter(|fewest| *fewest <= most);
    slips.into_iter().filter(|(slips, _)| Some(*slips) == fewest).map(|(_, field)| field).collect()
}

/// How many letters have to be put in, taken out or changed to make one word of the other.
fn slips(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    // More letters than this are no slip of any field; a pasted line costs no more than its beginning.
    const LONGEST: usize = 32;
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.chars().take(LONGEST).enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, c) in other.iter().enumerate() {
            let changed = corner + usize::from(*c != letter);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_that_was_meant_is_named() {
        let fields = ["is", "role", "label", "created", "seen", "valid", "hash"];
        for (typed, wanted) in [
            ("lablel", &["label"][..]),
            ("Label", &["label"]),
            ("rol", &["role"]),
            ("creat", &["created"]),
            ("sene", &["seen"]),
            ("il", &["is"]),
            ("status", &[]),
            ("a", &[]),
            ("é", &[]),
        ] {
            assert_eq!(nearest(typed, &fields), wanted, "{typed}");
        }
        assert_eq!(nearest("acton", &["about", "actor", "action"]), ["actor", "action"]);
        assert_eq!(slips("", "abc"), 3);
        assert_eq!(slips("kitten", "sitting"), 3);
    }

    #[test]
    fn only_letters_make_a_field() {
        assert_eq!(head("lablel:x"), Some("lablel"));
        for text in ["", ":x", "10:30", "a_b:c", "\"is:x", "plain"] {
            assert_eq!(head(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_is_told_from_a_field() {
        assert!(is_address("fdab:cd12::1") && is_address("dead:BEEF::") && is_address("fe80:"));
        assert!(!is_address("face") && !is_address("lablel:x") && !is_address("seen:>7d") && !is_address("ab:c-d"));
    }

    #[test]
    fn what_is_meant_as_text_is_shown_in_quotation_marks() {
        let error = unknown("lablel", "lablel:x", &["is", "label"]);
        assert_eq!(error.message, "no field \"lablel\"");
        assert_eq!(error.hint.as_deref(), Some("label: is nearest; as text: \"lablel:x\""));
        let error = unknown("corp", &format!("corp:{}", "a".repeat(100)), &["is", "label"]);
        assert_eq!(error.hint.as_deref(), Some("is: label:; as text in quotation marks"));
    }
}
