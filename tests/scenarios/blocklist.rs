//! The commonest passwords, as their source spells them, and what a service adds to them.

use rollbook::accounts::error::Kind;
use rollbook::accounts::password::{About, Demands, Rule, judge};

use crate::world::{World, kind, pw};

/// Every hundredth line of the source: 1,000 of the 100,000, from the commonest to the least common.
const SAMPLE: &str = include_str!("commonest.txt");

/// Each must be refused wherever the list is asked for, and say that it is common unless it is too short anyway.
fn refuse_all(source: &str) -> (usize, usize) {
    let (mut short, mut common) = (0, 0);
    for line in source.lines() {
        for (rule, factor) in [(Rule::Nist, false), (Rule::Nist, true), (Rule::Basic, false), (Rule::Basic, true)] {
            let about = About { factor, ..About::default() };
            let least = rule.least(factor);
            for password in [line.to_owned(), line.to_uppercase()] {
                let length = password.chars().count();
                let error = judge(Demands { rule, words: &[] }, &pw(&password), about).expect_err(line);
                assert_eq!(error.kind, Kind::WeakPassword, "{line}");
                if length < least {
                    short += 1;
                    assert_eq!(error.message, format!("{length} of {least} characters"), "{line}");
                } else {
                    common += 1;
                    assert_eq!(error.message, "among the commonest passwords", "{line}");
                }
            }
        }
    }
    (short, common)
}

#[test]
fn each_of_the_commonest_is_refused_with_the_reason() {
    assert_eq!(SAMPLE.lines().count(), 1000);
    let (short, common) = refuse_all(SAMPLE);
    assert!(short > 2000 && common > 2000, "{short} {common}");
}

/// The same with all of the source: `ROLLBOOK_COMMONEST=FILE cargo test --test scenarios -- --ignored 100000`.
#[test]
#[ignore = "needs the source that assets/SOURCES.md names"]
fn each_of_the_100000_commonest_is_refused_with_the_reason() {
    let path = std::env::var_os("ROLLBOOK_COMMONEST").expect("the path of the source in ROLLBOOK_COMMONEST");
    let source = std::fs::read_to_string(path).unwrap();
    assert_eq!(source.lines().count(), 100_000);
    refuse_all(&source);
}

#[test]
fn context_words_of_the_policy_hold_wherever_a_password_is_set() {
    let mut w = World::strict();
    let alice = w.person("alice");
    let bad = pw("Wonderland 2026!");
    w.judge_password(&bad, About::default()).unwrap();
    w.set_policy("context-words", "wonderland, croquet.example.org").unwrap();
    assert_eq!(kind(w.register("bob", &bad, false)), Kind::WeakPassword);
    assert_eq!(kind(w.set_password(&alice.id, None, &bad)), Kind::WeakPassword);
    let issued = w.issue_reset(&alice.id).unwrap();
    assert_eq!(kind(w.complete_reset(&issued.request_id, &bad)), Kind::WeakPassword);
    assert_eq!(kind(w.complete_reset(&issued.request_id, &pw("croquet croquet 7"))), Kind::WeakPassword);
    let error = w.judge_password(&bad, About::default()).unwrap_err();
    assert_eq!(error.message, "made of \"wonderland\"");
    assert!(error.hint.unwrap().contains("what the service is called"));
    w.complete_reset(&issued.request_id, &pw("a wonderland of one's own")).unwrap();
    w.set_policy("context-words", "none").unwrap();
    w.register("bob", &bad, false).unwrap();
}

#[test]
fn the_rule_open_asks_for_no_list_and_no_words() {
    let mut w = World::strict();
    w.set_policy("password", "open").unwrap();
    w.set_policy("context-words", "wonderland").unwrap();
    for password in ["password", "wonderland", "rollbook"] {
        w.judge_password(&pw(password), About::default()).unwrap();
    }
}
