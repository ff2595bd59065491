//! What a filter line could go on with, for Tab: names of fields, and the words that some fields know.

use std::ops::Range;

use super::read::{FIELDS, STATES, Subject};
use crate::accounts::user::Role;

/// How a line goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// Which bytes of the line are replaced.
    pub range: Range<usize>,
    /// By what: as much as all choices have in common; where there is but one, all of it with what follows.
    pub text: String,
    /// What could stand there.
    pub choices: Vec<String>,
}

/// What could stand at the cursor, which is a byte's number; `None` where nothing is known.
pub fn complete(line: &str, cursor: usize, subject: Subject) -> Option<Completion> {
    let before = line.get(..cursor)?;
    let from =
        before.rfind(char::is_whitespace).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let from = from + usize::from(before[from..].starts_with('!'));
    let (start, choices) = match before[from..].split_once(':') {
        Some((field, _)) => (from + field.len() + 1, values(field, subject)),
        None => (from, fields(subject)),
    };
    let typed = &before[start..];
    let choices: Vec<String> = choices.into_iter().filter(|choice| choice.starts_with(typed)).collect();
    let mut text = choices.first()?.clone();
    for choice in &choices {
        let common = text.chars().zip(choice.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        text.truncate(common);
    }
    // What is complete goes on with the next condition, unless its value is yet to come.
    if choices.len() == 1 && !text.ends_with([':', '<', '>']) {
        text.push(' ');
    }
    Some(Completion { range: start..cursor, text, choices })
}

fn fields(subject: Subject) -> Vec<String> {
    let all = FIELDS.iter().filter(|(_, sessions, users)| subject.of(*sessions, *users));
    all.map(|(name, ..)| format!("{name}:")).collect()
}

fn values(field: &str, subject: Subject) -> Vec<String> {
    let words: Vec<&str> = match field {
        "is" => {
            let all = STATES.iter().filter(|(_, _, sessions, users)| subject.of(*sessions, *users));
            all.map(|(word, ..)| *word).collect()
        }
        "role" => Role::ALL.map(Role::word).to_vec(),
        "hash" => vec!["argon2id", "none"],
        "created" => vec!["<", ">"],
        "seen" | "valid" => vec!["<", ">", "never"],
        _ => Vec::new(),
    };
    words.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(line: &str) -> Option<String> {
        let done = complete(line, line.len(), Subject::Users)?;
        Some(format!("{}{}", &line[..done.range.start], done.text))
    }

    #[test]
    fn fields_and_their_words_are_completed() {
        for (line, wanted) in [
            ("l", "label:"),
            ("ali !cr", "ali !created:"),
            ("is:pe", "is:pending "),
            ("!is:th", "!is:throttled "),
            ("role:a", "role:a"),
            ("role:au", "role:auditor "),
            ("seen:n", "seen:never "),
            ("", ""),
            ("é\u{3000}r", "é\u{3000}role:"),
        ] {
            assert_eq!(completed(line).as_deref(), Some(wanted), "{line:?}");
        }
        assert_eq!(completed("alice"), None);
        assert_eq!(completed("label:o"), None);
        assert_eq!(completed("client"), None, "of sessions only");
    }

    #[test]
    fn the_choices_are_those_of_the_subject() {
        let of = |line: &str, subject| complete(line, line.len(), subject).map(|done| done.choices);
        assert_eq!(of("is:", Subject::Sessions), Some(vec!["live".to_owned(), "ended".to_owned()]));
        assert_eq!(of("c", Subject::Users), Some(vec!["created:".to_owned()]));
        assert_eq!(of("c", Subject::Sessions), Some(vec!["created:".to_owned(), "client:".to_owned()]));
        assert_eq!(complete("is:x", 99, Subject::Users), None);
        let middle = complete("is:p x", 4, Subject::Users).expect("known");
        assert_eq!((middle.range, middle.text.as_str()), (3..4, "pending "));
    }

    #[test]
    fn what_a_value_has_yet_to_follow_is_not_ended_by_a_space() {
        for (line, wanted) in [
            ("created:<", "created:<"),
            ("seen:>", "seen:>"),
            ("seen:", "seen:"),
            ("role:m", "role:member "),
            ("hash:a", "hash:argon2id "),
            ("hash:n", "hash:none "),
            ("valid:ne", "valid:never "),
        ] {
            assert_eq!(completed(line).as_deref(), Some(wanted), "{line:?}");
        }
    }
}
