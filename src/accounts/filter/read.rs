//! Reading a filter: words, quotation marks, `^`, `!` and fields; a fault says where in the line it is.

use std::ops::Range;

use super::near;
use super::term::{Filter, State, Term};
use super::when::{Clocked, When};
use crate::accounts::error::{Error, Field, Result};
use crate::accounts::text::{bare, brief, fold, quote};
use crate::accounts::user::Role;

/// What a filter is asked of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// People.
    Users,
    /// Everybody's sessions.
    Sessions,
}

/// The states with their words, each with whether sessions have it and whether people do.
pub(super) const STATES: [(&str, State, bool, bool); 12] = [
    ("pending", State::Pending, false, true),
    ("active", State::Active, false, true),
    ("inactive", State::Inactive, false, true),
    ("deleted", State::Deleted, false, true),
    ("expired", State::Expired, false, true),
    ("live", State::Live, true, true),
    ("ended", State::Ended, true, false),
    ("admin", State::Admin, false, true),
    ("factor", State::Factor, false, true),
    ("never", State::Never, false, true),
    ("stale", State::Stale, false, true),
    ("throttled", State::Throttled, false, true),
];

/// The fields, each with whether it is asked of sessions and whether of people.
pub(super) const FIELDS: [(&str, bool, bool); 10] = [
    ("is", true, true),
    ("role", false, true),
    ("label", false, true),
    ("created", true, true),
    ("seen", true, true),
    ("used", true, true),
    ("valid", false, true),
    ("hash", false, true),
    ("client", true, false),
    ("address", true, false),
];

impl Subject {
    /// Which of two flags is this subject's.
    pub(super) const fn of(self, sessions: bool, users: bool) -> bool {
        match self {
            Subject::Sessions => sessions,
            Subject::Users => users,
        }
    }

    /// The names of its fields.
    pub(super) fn fields(self) -> Vec<&'static str> {
        FIELDS.iter().filter(|(_, sessions, users)| self.of(*sessions, *users)).map(|(name, ..)| *name).collect()
    }

    /// The other one.
    pub const fn other(self) -> Subject {
        match self {
            Subject::Users => Subject::Sessions,
            Subject::Sessions => Subject::Users,
        }
    }

    /// How it is called where a sentence is about it.
    pub const fn word(self) -> &'static str {
        match self {
            Subject::Users => "users",
            Subject::Sessions => "sessions",
        }
    }

    /// The states that it can be in.
    fn states(self) -> Vec<&'static str> {
        STATES.iter().filter(|(_, _, sessions, users)| self.of(*sessions, *users)).map(|(word, ..)| *word).collect()
    }
}

impl Filter {
    /// Reads a filter over people: words, `"two words"`, `^prefix`, `!word`, and `is:`, `role:`, `label:`, `created:`,
    /// `seen:`, `used:`, `valid:`, `hash:`. Other letters before a colon are a slip; in quotation marks they are a word.
    ///
    /// # Errors
    /// `constraint_violation` naming the word that is not understood, with its place. Without a hint where a field is
    /// asked of the [other subject](Subject::other): how one gets there is for whoever shows it to say.
    pub fn parse(text: &str) -> Result<Filter> {
        Self::read(text, Subject::Users)
    }

    /// Reads a filter over sessions: words, `^prefix` of the owner's name, `!word`, `is:live`, `is:ended`, `created:`,
    /// `seen:`, `used:`, `client:`, `address:`.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn parse_sessions(text: &str) -> Result<Filter> {
        Self::read(text, Subject::Sessions)
    }

    /// Reads a filter over people or sessions that may still be typed: what asks for nothing yet lets everybody through.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn read(text: &str, subject: Subject) -> Result<Filter> {
        Self::gather(text, subject, false)
    }

    /// The same of a line that nobody is typing: each of its conditions asks for something, and each quotation mark is
    /// closed. A variable of a script that was never set drops no condition out of it,
    /// where it stands in quotation marks or behind a sign or a field.
    ///
    /// # Errors
    /// As [`Filter::parse`], and for what is not finished, with its place.
    pub fn read_finished(text: &str, subject: Subject) -> Result<Filter> {
        Self::gather(text, subject, true)
    }

    fn gather(text: &str, subject: Subject, finished: bool) -> Result<Filter> {
        let (mut terms, mut from) = (Vec::new(), 0);
        while let Some(piece) = Piece::next(text, from) {
            from = piece.place.end;
            let spelt = || brief(&text[piece.place.clone()]);
            let term = match piece.term(subject) {
                Ok(_) if finished && piece.open => Err(fault(
                    format!("a quotation mark is not closed: {}", spelt()),
                    "a second one closes it; within it two of them are one",
                )),
                Ok(None) if finished => Err(fault(
                    format!("a condition asks for nothing: {}", spelt()),
                    "leave it out, or is there a variable that was never set?",
                )),
                term => term,
            };
            let term = term.map_err(|fault| fault.field(Field::Filter).at(piece.place.clone()))?;
            terms.extend(term.map(|term| if piece.not { Term::Not(Box::new(term)) } else { term }));
        }
        Ok(Filter { terms })
    }
}

/// A stretch of the line that makes one condition.
struct Piece<'a> {
    not: bool,
    /// The sign for that stands there more than once.
    again: bool,
    caret: bool,
    /// The sign for not stands behind the one for a beginning.
    late: bool,
    /// A quotation mark was begun and not closed.
    open: bool,
    field: Option<&'a str>,
    value: String,
    place: Range<usize>,
}

impl<'a> Piece<'a> {
    fn next(text: &'a str, from: usize) -> Option<Piece<'a>> {
        let start = from + text[from..].find(|c: char| !c.is_whitespace())?;
        let mut at = start;
        let mut takes = |sign: char| {
            let there = text[at..].starts_with(sign);
            at += usize::from(there);
            there
        };
        let (not, again, caret) = (takes('!'), takes('!'), takes('^'));
        let late = caret && text[at..].starts_with('!');
        let end = text[at..].find(char::is_whitespace).map_or(text.len(), |length| at + length);
        let field = near::head(&text[at..end]).filter(|_| !caret);
        if let Some(field) = field {
            at += field.len() + 1;
        }
        let (value, end, open) = match text[at..].strip_prefix('"') {
            Some(_) => quoted(text, at + 1),
            None => (text[at..end].to_owned(), end, false),
        };
        Some(Piece { not, again, caret, late, open, field, value, place: start..end })
    }

    /// The condition; `None` where nothing is said yet, as after a lone `!`.
    fn term(&self, subject: Subject) -> Result<Option<Term>> {
        let value = self.value.as_str();
        if self.again {
            return Err(fault("! once", "!word leaves out who has it; in quotation marks a ! is text"));
        }
        if self.late {
            return Err(fault(
                "! comes before ^",
                "!^word leaves out whose name begins so; in quotation marks a ! is text",
            ));
        }
        let Some(typed) = self.field else {
            let text = if self.caret { fold(value) } else { bare(value) };
            let term = if self.caret { Term::Prefix } else { Term::Word };
            return Ok((!text.is_empty()).then(|| term(text)));
        };
        let (field, word) = (fold(typed), format!("{typed}:{value}"));
        match FIELDS.iter().find(|(name, ..)| *name == field) {
            // Sessions have addresses: no field is misspelt where the whole word can be one.
            None if subject == Subject::Sessions && near::is_address(&word) => Ok(Some(Term::Word(bare(&word)))),
            None => Err(near::unknown(typed, &word, &subject.fields())),
            Some((_, sessions, users)) if !subject.of(*sessions, *users) => {
                Err(elsewhere(&format!("{field}:"), subject))
            }
            Some((field @ ("is" | "role"), ..)) => named(field, value, &word, subject).map(Some),
            Some((field, ..)) => field_term(field, value).map(Some),
        }
    }
}

/// What is asked of the other subject only.
fn elsewhere(what: &str, subject: Subject) -> Error {
    let words = format!("{what} is asked of {}, not of {}", subject.other().word(), subject.word());
    Error::constraint(Field::Filter, words)
}

/// A condition whose words are ours, however they are spelt.
fn named(field: &str, value: &str, word: &str, subject: Subject) -> Result<Term> {
    let (folded, is) = (fold(value), field == "is");
    let known = if is { subject.states() } else { Role::ALL.map(Role::word).to_vec() };
    if value.is_empty() {
        return Err(fault(format!("{field}: asks for nothing yet"), &near::meant("", &known)));
    }
    let state = STATES.iter().filter(|_| is).find(|(name, ..)| *name == folded);
    match state {
        Some((_, state, sessions, users)) if subject.of(*sessions, *users) => return Ok(Term::Is(*state)),
        Some((name, ..)) => return Err(elsewhere(&format!("is:{name}"), subject)),
        None => {}
    }
    let role = Role::ALL.into_iter().filter(|_| !is).find(|role| role.word() == folded);
    let what = if is { "state" } else { "role" };
    role.map(Term::Role).ok_or_else(|| near::unknown_value(what, value, word, &known))
}

/// A condition whose value is a text or a time.
fn field_term(field: &str, value: &str) -> Result<Term> {
    let time = |what: Clocked| match When::read(value) {
        Some(When::Never) if what == Clocked::Created => None,
        when => when.map(|when| Term::When(what, when)),
    };
    let word = (!value.is_empty()).then(|| fold(value));
    let term = match field {
        "label" => word.map(Term::Label),
        "client" => word.map(|word| bare(&word)).filter(|word| !word.is_empty()).map(Term::Client),
        "address" => word.map(Term::Address),
        "hash" if fold(value) == "none" => Some(Term::Hash(None)),
        "hash" => word
            .filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
            .map(|word| Term::Hash(Some(word))),
        "created" => time(Clocked::Created),
        "seen" => time(Clocked::Seen),
        "used" => time(Clocked::Used),
        _ => time(Clocked::Valid),
    };
    term.ok_or_else(|| {
        let hint = match field {
            "label" => "a label, as label:ops".to_owned(),
            "client" => "a part of the client's label, as client:firefox".to_owned(),
            "address" => "how the address begins, as address:10.1.".to_owned(),
            "hash" => "argon2id, bcrypt and the like, or none".to_owned(),
            "created" => "<30d, >2026-01-01 or a date".to_owned(),
            _ => "<30d, >2026-01-01, a date or never".to_owned(),
        };
        match value {
            "" => fault(format!("{field}: asks for nothing yet"), &hint),
            _ => fault(format!("{field}: does not know {}", quote(value)), &hint),
        }
    })
}

/// What stands in quotation marks from `from` on, where it ends, and whether the mark that ends it is yet to be typed. A
/// mark is written twice.
fn quoted(text: &str, from: usize) -> (String, usize, bool) {
    let (mut value, mut at) = (String::new(), from);
    while let Some(c) = text[at..].chars().next() {
        at += c.len_utf8();
        if c == '"' {
            if !text[at..].starts_with('"') {
                return (value, at, false);
            }
            at += 1;
        }
        value.push(c);
    }
    (value, at, true)
}

fn fault(message: impl Into<String>, hint: &str) -> Error {
    Error::constraint(Field::Filter, message).hint(hint)
}

#[cfg(test)]
mod tests;
