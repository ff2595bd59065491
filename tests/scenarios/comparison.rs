//! Spellings that are one name: capitals, letters that have two forms, accents typed as one sign or as two.

use rollbook::accounts::error::Kind;
use rollbook::accounts::hash::Cost;
use rollbook::accounts::query::Filter;
use rollbook::accounts::search::Search;
use rollbook::accounts::user::parse_labels;
use rollbook::accounts::{Actor, Draft, Edit, Span, Until};

use crate::world::{PASSWORD, World, file, kind, open, pw};

const SPELLINGS: [[&str; 4]; 3] = [
    ["ΝΙΚΟΣ", "νικος", "νικοσ", "Νικος"],
    ["straße", "STRASSE", "Strasse", "STRAẞE"],
    ["Σίσυφος", "ΣΊΣΥΦΟΣ", "ΣΙ\u{301}ΣΥΦΟΣ", "σίσυφοσ"],
];

#[test]
fn one_name_is_registered_once_and_logs_in_in_each_spelling() {
    let mut w = World::new();
    for [name, others @ ..] in SPELLINGS {
        let user = w.person(name);
        for other in others {
            assert_eq!(kind(w.register(other, &pw(PASSWORD), false)), Kind::DuplicateUser, "{other}");
            assert_eq!(w.login(other).user.id, user.id, "{other}");
            assert_eq!(w.find(other).unwrap().id, user.id, "{other}");
            assert_eq!(w.names(&Filter::parse(&format!("^{other}")).unwrap()), [name], "{other}");
            assert_eq!(w.names(&Filter::parse(other).unwrap()), [name], "{other}");
        }
    }
}

#[test]
fn wrong_passwords_are_counted_together_whatever_the_spelling() {
    for known in [true, false] {
        let mut w = World::new();
        if known {
            w.person("straße");
        }
        for spelling in ["straße", "STRASSE", "Strasse", "STRAẞE", "strasse", "StraSSe"] {
            assert!(w.authenticate(spelling, &pw("wrong"), None).is_err());
        }
        w.pass(Span::from_millis(999));
        if !known {
            w.person("straße");
            w.pass(Span::from_millis(1));
        }
        assert_eq!(w.authenticate("STRASSE", &pw(PASSWORD), None).is_err(), known);
    }
}

#[test]
fn labels_tokens_and_addresses_are_compared_as_names_are() {
    let mut w = World::new();
    let user = w.person("ann");
    let labels = parse_labels(["Straße, STRASSE"]).unwrap();
    let edit = Edit { labels: Some(labels), email: Some(Some("STRASSE@example.org".into())), ..Edit::default() };
    let after = w.edit(&user.id, None, edit).unwrap().after;
    assert_eq!(after.labels, ["strasse"]);
    for filter in ["label:Straße", "label:STRASSE", "straße@", "STRASSE@example"] {
        assert_eq!(w.names(&Filter::parse(filter).unwrap()), ["ann"], "{filter}");
    }
    w.create_token(&user.id, Some("Straße"), Until::Never).unwrap();
    let again = w.create_token(&user.id, Some("STRASSE"), Until::Never);
    assert_eq!(again.err().map(|error| error.kind), Some(Kind::TokenNameExists));
}

#[test]
fn the_audit_is_searched_as_the_list_of_users_is() {
    let mut w = World::new();
    w.person("bob");
    let lukasz = Actor::Operator("Łukasz Ørsted".into());
    w.by(&lukasz, |a| a.create_user(Draft::named("Søren").unwrap(), None)).unwrap();
    let mut found = |words: &str| w.count_entries(&Search::parse(words).unwrap(), None).unwrap();
    for words in ["lukasz", "ŁUKASZ", "ukasz orsted", "soren", "SØREN", "SOREN lukasz", "\u{301}"] {
        assert!(found(words) > 0, "{words}");
    }
    assert_eq!((found("lukasz bob"), found("lukas ")), (0, 1));
}

#[test]
fn a_name_costs_the_same_work_whether_its_hash_is_older_than_the_policy_or_it_has_no_account() {
    let (_folder, path, mut w) = file();
    w.person("old");
    let mut raised = open(&path, &w.clock, 5, Cost { memory: 64, passes: 3 });
    raised.create_user(Draft::named("new").unwrap(), Some(&pw(PASSWORD))).unwrap();
    let mut work = |name: &str, password: &str| {
        let before = raised.hash_work();
        assert!(raised.authenticate(name, &pw(password), None).is_err() || password == PASSWORD);
        raised.hash_work() - before
    };
    for _ in 0..9 {
        // The last of these are refused by the throttle, unseen.
        let spent = ["nobody", "old", "new"].map(|name| work(name, "wrong"));
        assert_eq!(spent, [64 * 3; 3]);
    }
    w.pass(Span::MINUTE);
    assert_eq!(["old", "new"].map(|name| work(name, PASSWORD)), [64 * 3; 2]);
}
