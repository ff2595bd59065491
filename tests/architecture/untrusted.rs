//! Fields that may hold anything, followed from where they are read to where they are shown.
//!
//! No proof: it sees a field written into a sentence or onto the screen, directly or through one local name, without
//! the door in the same argument. That is how it goes wrong in practice.

use super::imports::comma;
use super::source::{Source, closing, words};

/// Fields that somebody outside has written.
const FIELDS: &[&str] =
    &[".name", ".email", ".note", ".reason", ".client", ".address", ".labels", ".status_by", ".ended_by"];

/// What makes text harmless.
const DOORS: &[&str] = &["visible", "shown", "clipped", "quote", "shell_word", "from_outside"];

/// What shows its arguments, or puts them into what will be shown.
const SINKS: &[&str] = &[
    "format!(",
    "write!(",
    "writeln!(",
    ".push_str(",
    ".push(",
    ".text(",
    ".right(",
    ".pieces(",
    ".title(",
    ".frame(",
    ".say(",
    ".refuse(",
    ".line(",
    ".done(",
    "row(",
    "plain(",
    "fault(",
    "Form::new(",
    "Error::new(",
    ".hint(",
];

/// Fields of the same names that hold something else: file, expression, what it is.
const ALLOWED: &[(&str, &str, &str)] = &[
    ("src/console/panes/users.rs", "self.name", "the width of a column"),
    ("src/console/panes/everybody.rs", "self.name", "the width of a column"),
    ("src/console/panes/everybody.rs", "self.client", "the width of a column"),
    ("src/console/panes/everybody.rs", "self.address", "the width of a column"),
    ("src/console/act.rs", "if let Some(email) = &user.email", "what is copied; the menu shows it through its door"),
    ("src/console/outcome.rs", "Code::reset(&user.name", "the layer keeps it, and shows it through its door"),
    ("src/console/outcome.rs", "Code::password(&user.name", "the layer keeps it, and shows it through its door"),
    (
        "src/console/outcome.rs",
        "Code::password(&changed.after.name",
        "the layer keeps it, and shows it through its door",
    ),
    ("src/console/layers/palette.rs", "about.name", "the name of an action, our own word"),
];

struct Sink<'a> {
    /// Its arguments, with where they begin.
    arguments: Vec<(usize, &'a str)>,
}

fn sinks(file: &Source) -> Vec<Sink<'_>> {
    let mut found = Vec::new();
    for sink in SINKS {
        for at in words(&file.code, sink) {
            if file.code[..at].ends_with("fn ") {
                continue;
            }
            let open = at + sink.len() - 1;
            let end = closing(&file.code, open);
            let (mut from, mut arguments) = (open + 1, Vec::new());
            while from < end {
                let stop = comma(&file.code, from, end);
                arguments.push((from, &file.code[from..stop]));
                from = stop + 1;
            }
            found.push(Sink { arguments });
        }
    }
    found
}

fn fields(code: &str) -> impl Iterator<Item = (usize, &'static str)> + '_ {
    // A call of the same name is a method, not a field.
    FIELDS.iter().flat_map(move |field| {
        let read = move |at: &usize| !code[at + field.len()..].starts_with('(');
        words(code, field).filter(read).map(move |at| (at, *field))
    })
}

fn has_door(code: &str) -> bool {
    DOORS.iter().any(|door| words(code, door).next().is_some())
}

/// Local names that hold such a field as it is: the name, where it was bound, and where its block ends.
fn held(file: &Source) -> Vec<(&str, usize, &'static str, usize)> {
    let code = file.code.as_str();
    let mut found = Vec::new();
    for at in words(code, "let") {
        let Some(equals) = code[at..].find('=').map(|equals| at + equals) else { continue };
        let end = [";", " else {", "{\n"].iter().filter_map(|end| code[equals..].find(end)).min();
        let value = &code[equals..end.map_or(code.len(), |end| equals + end)];
        // What stands in the parentheses of a call is what the call was asked with.
        let bare = |at: usize| value[..at].matches(['(', '{']).count() == value[..at].matches([')', '}']).count();
        let read = fields(value)
            .find(|(within, field)| !is_allowed(file, equals + within, field) && bare(*within) && !has_door(value));
        let Some((_, field)) = read else { continue };
        let pattern = code[at + 3..equals].split(':').next().unwrap_or_default();
        let name = pattern.trim().trim_start_matches("Some(").trim_start_matches("mut ").trim_end_matches(')');
        if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            // Until the function ends: the next line that closes at most one level of indentation.
            let ends = ["\n}", "\n    }"].iter().filter_map(|close| code[at..].find(close)).min();
            found.push((name, at, field, ends.map_or(code.len(), |ends| at + ends)));
        }
    }
    found
}

fn is_allowed(file: &Source, at: usize, field: &str) -> bool {
    let read = &file.code[..at + field.len()];
    ALLOWED.iter().any(|(path, expression, _)| file.path == *path && read.ends_with(expression))
}

fn found(file: &Source) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let held = held(file);
    for sink in sinks(file) {
        for (begin, argument) in &sink.arguments {
            let begin = *begin;
            // A sink within a sink speaks for itself.
            if has_door(argument) || SINKS.iter().any(|inner| words(argument, inner).next().is_some()) {
                continue;
            }
            let read = fields(argument).map(|(at, field)| (begin + at, field));
            found.extend(read.filter(|(at, field)| !is_allowed(file, *at, field)));
            let spelled = &file.spelled[begin..begin + argument.len()];
            for (name, at, field, end) in &held {
                let captured = [format!("{{{name}}}"), format!("{{{name}:")].iter().any(|hole| spelled.contains(hole));
                let passed = words(argument, name).any(|at| !argument[..at].ends_with('.'));
                if (captured || passed) && (*at..*end).contains(&begin) {
                    found.push((*at, *field));
                }
            }
        }
    }
    found
}

pub fn raw(files: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        complaints.extend(found(file).iter().map(|(at, field)| format!("{}: {field} is shown as it is", file.at(*at))));
    }
    complaints.dedup();
    complaints
}

/// Exceptions that nothing needs any more.
pub fn needless(files: &[Source]) -> Vec<String> {
    let used = |(path, text, _): &&(&str, &str, &str)| {
        files.iter().filter(|file| file.path == *path).any(|file| file.code.contains(text))
    };
    ALLOWED
        .iter()
        .filter(|entry| !used(entry))
        .map(|(path, text, _)| format!("{path}: nothing says {text:?}"))
        .collect()
}
