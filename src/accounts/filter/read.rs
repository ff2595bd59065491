//! Reading a filter: words, quotation marks, `^`, `!` and fields; a fault says where in the line it is.

use std::ops::Range;

use super::near;
use super::term::{Filter, State, Term};
use super::when::{Clocked, When};
use crate::accounts::error::{Error, Field, Result};
use crate::accounts::text::{bare, fold, quote};
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
pub(super) const FIELDS: [(&str, bool, bool); 9] = [
    ("is", true, true),
    ("role", false, true),
    ("label", false, true),
    ("created", true, true),
    ("seen", true, true),
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
    /// `seen:`, `valid:`, `hash:`. Other letters before a colon are a slip; in quotation marks they are a word.
    ///
    /// # Errors
    /// `constraint_violation` naming the word that is not understood, with its place. Without a hint where a field is
    /// asked of the [other subject](Subject::other): how one gets there is for whoever shows it to say.
    pub fn parse(text: &str) -> Result<Filter> {
        Self::read(text, Subject::Users)
    }

    /// Reads a filter over sessions: words, `^prefix` of the owner's name, `!word`, `is:live`, `is:ended`, `created:`,
    /// `seen:`, `client:`, `address:`.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn parse_sessions(text: &str) -> Result<Filter> {
        Self::read(text, Subject::Sessions)
    }

    /// Reads a filter over people or sessions.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn read(text: &str, subject: Subject) -> Result<Filter> {
        let (mut terms, mut from) = (Vec::new(), 0);
        while let Some(piece) = Piece::next(text, from) {
            from = piece.place.end;
            let term = piece.term(subject).map_err(|fault| fault.field(Field::Filter).at(piece.place.clone()))?;
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
        let end = text[at..].find(char::is_whitespace).map_or(text.len(), |length| at + length);
        let field = near::head(&text[at..end]).filter(|_| !caret);
        if let Some(field) = field {
            at += field.len() + 1;
        }
        let (value, end) = match text[at..].strip_prefix('"') {
            Some(_) => quoted(text, at + 1),
            None => (text[at..end].to_owned(), end),
        };
        Some(Piece { not, again, caret, field, value, place: start..end })
    }

    /// The condition; `None` where nothing is said yet, as after a lone `!`.
    fn term(&self, subject: Subject) -> Result<Option<Term>> {
        let value = self.value.as_str();
        if self.again {
            return Err(fault("! once", "!word leaves out who has it; in quotation marks a ! is text"));
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
        "client" => word.map(|word| Term::Client(bare(&word))),
        "address" => word.map(Term::Address),
        "hash" if fold(value) == "none" => Some(Term::Hash(None)),
        "hash" => word
            .filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
            .map(|word| Term::Hash(Some(word))),
        "created" => time(Clocked::Created),
        "seen" => time(Clocked::Seen),
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

/// What stands in quotation marks from `from` on, and where it ends. A mark is written twice; a missing one at the end
/// is yet to be typed.
fn quoted(text: &str, from: usize) -> (String, usize) {
    let (mut value, mut at) = (String::new(), from);
    while let Some(c) = text[at..].chars().next() {
        at += c.len_utf8();
        if c == '"' {
            if !text[at..].starts_with('"') {
                break;
            }
            at += 1;
        }
        value.push(c);
    }
    (value, at)
}

fn fault(message: impl Into<String>, hint: &str) -> Error {
    Error::constraint(Field::Filter, message).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::time::Span;
    use proptest::prelude::*;

    fn terms(text: &str) -> Vec<Term> {
        Filter::parse(text).expect("lawful").terms
    }

    fn word(text: &str) -> Term {
        Term::Word(text.into())
    }

    #[test]
    fn words_prefixes_and_fields_are_told_apart() {
        let wanted = [
            word("ali"),
            Term::Prefix("bo".into()),
            Term::Is(State::Pending),
            Term::Role(Role::Admin),
            Term::Label("ops".into()),
            Term::When(Clocked::Seen, When::Within(Span::DAY.times(30))),
            Term::Hash(Some("argon2id".into())),
        ];
        assert_eq!(terms("Ali ^Bo is:pending role:admin label:Ops seen:<30d hash:argon2id"), wanted);
    }

    #[test]
    fn not_and_quotation_marks_go_with_everything() {
        let not = |term| Term::Not(Box::new(term));
        assert_eq!(terms("!Bob"), [not(word("bob"))]);
        assert_eq!(terms("!is:live"), [not(Term::Is(State::Live))]);
        assert_eq!(terms("\"Anna  M\" !^\"an n\""), [word("anna  m"), not(Term::Prefix("an n".into()))]);
        assert_eq!(terms("label:\"a b\"c"), [Term::Label("a b".into()), word("c")]);
        assert_eq!(terms("\"say \"\"hi\"\"\""), [word("say \"hi\"")], "a mark is written twice");
        assert_eq!(terms("\"not yet clos"), [word("not yet clos")], "the rest is still being typed");
        assert_eq!(terms("a\"b"), [word("a\"b")], "within a word it is a letter");
        for nothing in ["", " ", "!", "^", "\"\"", "!\"", "\u{301}"] {
            assert_eq!(terms(nothing), [], "{nothing:?}");
        }
    }

    #[test]
    fn accents_do_not_count_in_words_and_do_in_prefixes() {
        assert_eq!(terms("MARÍA ^MARÍA"), [word("maria"), Term::Prefix("maría".into())]);
    }

    #[test]
    fn an_unknown_word_after_is_gets_a_sentence_and_its_place() {
        let near = Filter::parse("is:pendng").expect_err("a slip").hint.unwrap_or_default();
        assert_eq!(near, "pending is nearest; as text: \"is:pendng\"");
        let error = Filter::parse("zoë is:purple x").expect_err("unknown");
        assert_eq!(error.message, "no state \"purple\"");
        assert_eq!(error.place, Some(5..14));
        assert!(error.hint.is_some_and(|hint| hint.contains("pending")));
        let error = Filter::parse("is:ended").expect_err("sessions end, users do not");
        assert_eq!((error.message.as_str(), error.hint), ("is:ended is asked of sessions, not of users", None));
        assert!(Filter::parse_sessions("is:pending").is_err());
        for text in ["label:", "seen:", "seen:<", "created:never", "valid:x", "hash:a$b", "role:", "address:1"] {
            let error = Filter::parse(text).expect_err("not understood");
            assert_eq!((error.field, error.place), (Some(Field::Filter), Some(0..text.len())), "{text}");
        }
        for text in ["label:a", "role:admin", "hash:none", "valid:never"] {
            assert!(Filter::parse_sessions(text).expect_err("of users").message.contains("asked of users"), "{text}");
        }
        assert_eq!(Filter::parse_sessions("client:Fire address:10.").expect("lawful").terms.len(), 2);
    }

    #[test]
    fn words_of_ours_are_read_however_they_are_spelt() {
        for (spelt, plain) in [
            ("IS:active Is:PENDING", "is:active is:pending"),
            ("Role:Admin", "role:admin"),
            ("!ROLE:aUDITOR", "!role:auditor"),
            ("Seen:Never VALID:NONE", "seen:never valid:none"),
            ("Hash:None HASH:Argon2ID", "hash:none hash:argon2id"),
            ("LABEL:Ops Created:<30d", "label:ops created:<30d"),
        ] {
            assert_eq!(terms(spelt), terms(plain), "{spelt}");
        }
        let sessions = |text: &str| Filter::parse_sessions(text).expect("lawful");
        assert_eq!(sessions("IS:Live CLIENT:Fire Address:10."), sessions("is:live client:fire address:10."));
        assert_eq!(sessions("FE:1"), sessions("fe:1"));
    }

    #[test]
    fn a_second_exclamation_mark_is_a_fault_and_in_quotation_marks_a_letter() {
        for text in ["!!bob", "!!is:live", "!!", "!!^bo", "!!!bob"] {
            let error = Filter::parse(&format!("ann {text} x")).expect_err("twice");
            assert_eq!((error.message.as_str(), error.place), ("! once", Some(4..4 + text.len())), "{text}");
        }
        assert_eq!(terms("!\"!bob\" \"!!a\" b!!"), [Term::Not(Box::new(word("!bob"))), word("!!a"), word("b!!")]);
    }

    #[test]
    fn faults_of_a_field_and_of_its_value_read_alike() {
        let told = |text: &str| Filter::parse(text).expect_err("a slip").to_string();
        assert_eq!(told("lablel:x"), "no field \"lablel\" (label: is nearest; as text: \"lablel:x\")");
        assert_eq!(told("is:activ"), "no state \"activ\" (active is nearest; as text: \"is:activ\")");
        assert_eq!(told("Role:Admn"), "no role \"Admn\" (admin is nearest; as text: \"Role:Admn\")");
        assert_eq!(told("role:king"), "no role \"king\" (member, auditor or admin; as text: \"role:king\")");
        assert_eq!(told("is:"), format!("is: asks for nothing yet ({})", near::meant("", &Subject::Users.states())));
        assert_eq!(told("label:"), "label: asks for nothing yet (a label, as label:ops)");
    }

    #[test]
    fn w06_wildcards_are_letters() {
        assert_eq!(terms("%_"), [word("%_")]);
    }

    #[test]
    fn a_colon_in_a_name_is_not_a_field() {
        assert_eq!(terms("10:b ^is:x"), [word("10:b"), Term::Prefix("is:x".into())]);
    }

    #[test]
    fn a_field_that_does_not_exist_is_a_fault_and_in_quotation_marks_a_word() {
        for (text, place, near) in [
            ("ann lablel:x", 4..12, "label: is nearest"),
            ("!rol:admin", 0..10, "role: is nearest"),
            ("lablel:\"a b\" c", 0..12, "label: is nearest"),
            ("LABLE:x", 0..7, "label: is nearest"),
            ("corp:ann", 0..8, "is: role: label:"),
        ] {
            let error = Filter::parse(text).expect_err("no such field");
            assert_eq!(error.place, Some(place), "{text}");
            assert!(error.hint.as_ref().is_some_and(|hint| hint.starts_with(near)), "{error}");
        }
        assert!(Filter::parse_sessions("clint:fox").expect_err("no such field").to_string().contains("client:"));
        assert_eq!(terms("\"lablel:x\""), [word("lablel:x")]);
        for address in ["fdab:cd12::1", "dead:BEEF::", "!fe:"] {
            let filter = Filter::parse_sessions(address).expect("an address");
            let word = word(&address.trim_start_matches('!').to_lowercase());
            assert!(filter.terms == [word.clone()] || filter.terms == [Term::Not(Box::new(word))], "{filter:?}");
            assert!(Filter::parse(address).is_err(), "people have none");
        }
        assert_eq!(
            terms("!\"corp:ann\" ^corp:b"),
            [Term::Not(Box::new(word("corp:ann"))), Term::Prefix("corp:b".into())]
        );
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused_at_a_place_in_it(text in "([a-z!^\" :<>é]|is:|seen:|label:|client:){0,12}") {
            for subject in [Subject::Users, Subject::Sessions] {
                if let Err(error) = Filter::read(&text, subject) {
                    let elsewhere = error.message.contains("is asked of");
                    prop_assert_eq!(error.hint.is_none(), elsewhere, "only the other subject has no hint: {}", error);
                    let place = error.place.expect("a place");
                    prop_assert!(text.get(place).is_some_and(|piece| !piece.is_empty()));
                }
            }
        }
    }

    #[test]
    fn a_field_of_sessions_is_read_as_it_is_looked_for() {
        let terms = |text: &str| Filter::parse_sessions(text).expect("lawful").terms;
        assert_eq!(terms("client:\"FÍRE fox\""), [Term::Client("fire fox".into())], "accents do not count");
        assert_eq!(
            terms("address:10.1. address:FE80::"),
            [Term::Address("10.1.".into()), Term::Address("fe80::".into())]
        );
        assert_eq!(terms("is:live !is:ended"), [Term::Is(State::Live), Term::Not(Box::new(Term::Is(State::Ended)))]);
        assert_eq!(terms("seen:never"), [Term::When(Clocked::Seen, When::Never)]);
        assert_eq!(terms("created:<1d"), [Term::When(Clocked::Created, When::Within(Span::DAY))]);
        let hint = |text: &str| Filter::parse_sessions(text).expect_err("not understood").hint.unwrap_or_default();
        assert!(hint("client:").contains("client:firefox") && hint("address:").contains("address:10.1."));
        assert!(hint("created:never").ends_with("or a date") && hint("seen:x").ends_with("a date or never"));
        let hint = |text: &str| Filter::parse(text).expect_err("not understood").hint.unwrap_or_default();
        assert!(hint("label:").contains("label:ops") && hint("hash:a$b").contains("bcrypt"));
    }

    #[test]
    fn a_scheme_of_hashes_has_letters_digits_and_dashes() {
        let hash = |text: &str| Filter::parse(text).ok().and_then(|filter| filter.terms.into_iter().next());
        assert_eq!(hash("hash:none"), Some(Term::Hash(None)));
        assert_eq!(hash("hash:PBKDF2-sha256"), Some(Term::Hash(Some("pbkdf2-sha256".into()))));
        assert_eq!((hash("hash:a_b"), hash("hash:é"), hash("hash:")), (None, None, None));
    }
}
