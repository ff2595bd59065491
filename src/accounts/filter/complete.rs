//! What a filter line could go on with, for Tab: names of fields, and the words that some fields know.

use std::ops::Range;

use super::read::{STATES, Subject};
use crate::accounts::text::fold;
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

/// What could stand at the cursor, which is a byte's number, in a filter over people or sessions; `None` where nothing
/// is known. `more` tells the words of a field that only the database knows.
pub fn complete(
    line: &str,
    cursor: usize,
    subject: Subject,
    more: impl FnOnce(&str) -> Vec<String>,
) -> Option<Completion> {
    complete_from(line, cursor, &subject.fields(), |field| values(field, subject).unwrap_or_else(|| more(field)))
}

/// What could stand at the cursor in a line that has these fields and, behind each, these values.
pub fn complete_from(
    line: &str,
    cursor: usize,
    fields: &[&str],
    values: impl FnOnce(&str) -> Vec<String>,
) -> Option<Completion> {
    let before = line.get(..cursor)?;
    let from = last_word(before);
    let from = from + usize::from(before[from..].starts_with('!'));
    let (start, choices) = match before[from..].split_once(':') {
        Some((field, _)) => (from + field.len() + 1, values(&fold(field))),
        None => (from, fields.iter().map(|name| format!("{name}:")).collect()),
    };
    // Words of the database may hold spaces; then they stand in quotation marks, begun or not.
    let typed = fold(before[start..].trim_start_matches('"'));
    let choices: Vec<String> = choices.into_iter().filter(|choice| fold(choice).starts_with(&typed)).collect();
    let mut text = choices.first()?.clone();
    for choice in &choices {
        let common = text.chars().zip(choice.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        text.truncate(common);
    }
    let mut open = before[start..].starts_with('"');
    if text.contains(|c: char| c.is_whitespace() || c == '"') || open {
        (text, open) = (format!("\"{}", text.replace('"', "\"\"")), true);
    }
    // Where the choices part at once, what was typed stays as it was.
    if choices.len() > 1 && fold(text.trim_start_matches('"')).len() < typed.len() {
        text = before[start..].to_owned();
    }
    // What is complete goes on with the next condition, unless its value is yet to come.
    if choices.len() == 1 && !text.ends_with([':', '<', '>']) {
        text.push_str(if open { "\" " } else { " " });
    }
    Some(Completion { range: start..cursor, text, choices })
}

/// Where the last word of a line begins; between quotation marks a space is a letter like any other.
fn last_word(line: &str) -> usize {
    let (mut from, mut quoted) = (0, false);
    for (at, c) in line.char_indices() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            from = at + c.len_utf8();
        }
    }
    from
}

/// The words of a field; `None` where only the database knows them.
fn values(field: &str, subject: Subject) -> Option<Vec<String>> {
    let words: Vec<&str> = match field {
        "is" => {
            let all = STATES.iter().filter(|(_, _, sessions, users)| subject.of(*sessions, *users));
            all.map(|(word, ..)| *word).collect()
        }
        "role" => Role::ALL.map(Role::word).to_vec(),
        "hash" => vec!["argon2id", "none"],
        "created" => vec!["<", ">"],
        "seen" | "used" | "valid" => vec!["<", ">", "never"],
        _ => return None,
    };
    Some(words.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(line: &str) -> Option<String> {
        let done = complete(line, line.len(), Subject::Users, |_| Vec::new())?;
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
        let of = |line: &str, subject| complete(line, line.len(), subject, |_| Vec::new()).map(|done| done.choices);
        assert_eq!(of("is:", Subject::Sessions), Some(vec!["live".to_owned(), "ended".to_owned()]));
        assert_eq!(of("c", Subject::Users), Some(vec!["created:".to_owned()]));
        assert_eq!(of("c", Subject::Sessions), Some(vec!["created:".to_owned(), "client:".to_owned()]));
        assert_eq!(complete("is:x", 99, Subject::Users, |_| Vec::new()), None);
        let middle = complete("is:p x", 4, Subject::Users, |_| Vec::new()).expect("known");
        assert_eq!((middle.range, middle.text.as_str()), (3..4, "pending "));
    }

    #[test]
    fn words_of_the_database_are_completed_and_quoted_where_they_have_to_be() {
        let known = |field: &str| match field {
            "label" => vec!["ops".to_owned(), "oncall".to_owned()],
            "client" => vec!["Firefox".to_owned(), "phone app".to_owned(), "phone web".to_owned()],
            _ => Vec::new(),
        };
        let of = |line: &str, subject| {
            let done = complete(line, line.len(), subject, known)?;
            Some(format!("{}{}", &line[..done.range.start], done.text))
        };
        assert_eq!(of("label:op", Subject::Users).as_deref(), Some("label:ops "));
        assert_eq!(of("!label:", Subject::Users).as_deref(), Some("!label:o"));
        assert_eq!(of("client:fire", Subject::Sessions).as_deref(), Some("client:Firefox "));
        assert_eq!(of("client:ph", Subject::Sessions).as_deref(), Some("client:\"phone "));
        assert_eq!(of("client:\"phone w", Subject::Sessions).as_deref(), Some("client:\"phone web\" "));
        assert_eq!(of("client:\"f", Subject::Sessions).as_deref(), Some("client:\"Firefox\" "));
        assert_eq!(of("role:", Subject::Users).as_deref(), Some("role:"), "they part at once");
        assert_eq!(of("label:x", Subject::Users), None);
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
            ("IS:PE", "IS:pending "),
            ("Ro", "role:"),
            ("valid:ne", "valid:never "),
        ] {
            assert_eq!(completed(line).as_deref(), Some(wanted), "{line:?}");
        }
    }
}
