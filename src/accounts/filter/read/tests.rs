//! What a filter is read as, and where it is at fault.

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
fn an_exclamation_mark_behind_a_caret_is_a_fault_and_in_quotation_marks_a_letter() {
    for text in ["^!bob", "!^!bob", "^!"] {
        let error = Filter::parse(&format!("ann {text} x")).expect_err("the wrong way round");
        assert_eq!((error.message.as_str(), error.place), ("! comes before ^", Some(4..4 + text.len())), "{text}");
    }
    assert_eq!(terms("^\"!bob\" ^b!"), [Term::Prefix("!bob".into()), Term::Prefix("b!".into())]);
}

#[test]
fn in_a_finished_line_every_condition_asks_for_something_and_every_mark_is_closed() {
    let read = |text: &str| Filter::read_finished(text, Subject::Users);
    for nothing in ["\"\"", "^", "!", "!\"\"", "^\"\"", "!^", "\u{301}"] {
        let error = read(&format!("is:active {nothing} x")).expect_err(nothing);
        assert_eq!(error.place, Some(10..10 + nothing.len()), "{nothing}");
        assert_eq!(error.message, format!("a condition asks for nothing: {}", brief(nothing)));
    }
    for open in ["\"", "\"ann", "!\"ann b", "^\"ann", "label:\"ops", "\"say \"\"hi\"\""] {
        let error = read(&format!("zoë {open}")).expect_err(open);
        assert_eq!(error.place, Some(5..5 + open.len()), "{open}");
        assert_eq!(error.message, format!("a quotation mark is not closed: {open}"));
    }
    for whole in ["", " ", "ann", "a\"b", "\"say \"\"hi\"\"\"", "!^\"an n\" is:live", "label:\"a b\"c"] {
        assert_eq!(read(whole).expect(whole), Filter::parse(whole).expect(whole));
    }
    let error = Filter::read_finished("client:\"\u{301}\"", Subject::Sessions).expect_err("nothing of it is left");
    assert_eq!(error.place, Some(0..11));
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
    assert_eq!(terms("!\"corp:ann\" ^corp:b"), [Term::Not(Box::new(word("corp:ann"))), Term::Prefix("corp:b".into())]);
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
    assert_eq!(terms("address:10.1. address:FE80::"), [Term::Address("10.1.".into()), Term::Address("fe80::".into())]);
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
