//! The list of what is asked of a program like this and what shows it: every test that it names is there. And the
//! patches that take those controls away one by one still fit the sources that they are for. Nor does a test bear a number
//! that is explained nowhere.
//!
//! `tests/mutations/run` applies the patches and sees each test fail; it takes minutes and is not part of the suite.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files(&entry, ending, found);
        } else if entry.extension().is_some_and(|it| it == ending) {
            found.push(entry);
        }
    }
    found.sort();
}

/// The names of all tests: functions that say so, and the promises that are listed to be tried on every engine.
fn tests() -> BTreeSet<String> {
    let mut sources = Vec::new();
    for folder in ["src", "tests"] {
        files(&root().join(folder), "rs", &mut sources);
    }
    let mut names = BTreeSet::new();
    for source in sources {
        let text = std::fs::read_to_string(source).unwrap();
        for part in text.split("#[test]").skip(1) {
            let name = part.split("fn ").nth(1).and_then(|rest| rest.split('(').next());
            names.extend(name.map(str::to_owned));
        }
    }
    let contract = std::fs::read_to_string(root().join("tests/store.rs")).unwrap();
    names.extend(contract.lines().map(|line| line.trim().to_owned()).filter(|line| is_name(line)));
    names
}

fn is_name(word: &str) -> bool {
    word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// What stands between backticks and could be the name of a test.
fn named(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).filter(|word| is_name(word)).collect()
}

/// The rows whose first column is the number of a requirement: number and last column.
fn rows(text: &str) -> Vec<(String, String)> {
    let rows = text.lines().filter_map(|line| {
        let columns: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let number = columns[0];
        let is_number = number.split('.').count() == 3 && number.split('.').all(|part| part.parse::<u8>().is_ok());
        (columns.len() == 3 && is_number).then(|| (number.to_owned(), columns[2].to_owned()))
    });
    rows.collect()
}

/// What is wrong with a row.
fn complaints(rows: &[(String, String)], tests: &BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, shown) in rows {
        let named = named(shown);
        let unknown = named.iter().filter(|name| !tests.contains(**name));
        wrong.extend(unknown.map(|name| format!("{number} names {name}, which is no test")));
        let excused = shown.starts_with("Not applicable: ") || shown.starts_with("Not met: ");
        if named.is_empty() && !excused {
            wrong.push(format!("{number} names no test and does not say why"));
        }
    }
    wrong
}

#[test]
fn every_requirement_names_tests_that_are_there_or_says_why_not() {
    let rows = rows(&std::fs::read_to_string(root().join("docs/asvs.md")).unwrap());
    assert!(rows.len() > 90, "{}", rows.len());
    let numbers: BTreeSet<&String> = rows.iter().map(|(number, _)| number).collect();
    assert_eq!(numbers.len(), rows.len(), "each once");
    let wrong = complaints(&rows, &tests());
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_rule_about_rows_bites() {
    let tests = tests();
    assert!(tests.contains("the_rule_about_rows_bites") && tests.contains("the_last_admin_stays"));
    let of = |text: &str| complaints(&rows(text), &tests);
    assert_eq!(of("| 6.1.1 | x | `the_rule_about_rows_bites` |"), [""; 0]);
    assert_eq!(of("| 6.1.1 | x | Not met: no time |\n| id | asks | shown by |"), [""; 0]);
    assert_eq!(of("| 6.1.1 | x | `no_such_test` |").len(), 1);
    assert_eq!(of("| 6.1.1 | x | surely |").len(), 1);
}

/// The number with which a test's name begins, if it does: `w07`, `defect_p3`.
fn number(name: &str) -> Option<&str> {
    let letters = name.strip_prefix("defect_").unwrap_or(name);
    let digits = letters.strip_prefix(['f', 'p', 'w'])?.split('_').next()?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let whole = name.len() - letters.len() + 1 + digits.len();
    is_number.then(|| &name[..whole])
}

/// The numbers that a list explains, a line each.
fn explained(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("- `")?.split_once("` "));
    lines.filter(|(_, words)| !words.is_empty()).map(|(number, _)| number).collect()
}

#[test]
fn every_number_in_a_tests_name_is_explained_once() {
    let tests = tests();
    let used: BTreeSet<&str> = tests.iter().filter_map(|name| number(name)).collect();
    assert!(used.len() > 100 && used.contains("defect_p3"), "{used:?}");
    let text = std::fs::read_to_string(root().join("tests/scenarios/README.md")).unwrap();
    let lines = explained(&text);
    let told: BTreeSet<&str> = lines.iter().copied().collect();
    assert_eq!(told.len(), lines.len(), "each once");
    assert_eq!(used.difference(&told).collect::<Vec<_>>(), [&""; 0], "used, and explained nowhere");
    assert_eq!(told.difference(&used).collect::<Vec<_>>(), [&""; 0], "explained, and used by no test");
    assert_eq!(
        (number("w07_of_all"), number("defect_f12_x"), number("f_x"), number("what")),
        (Some("w07"), Some("defect_f12"), None, None)
    );
}

/// A patch: the test that it must turn red, and for each stretch of it the file and the lines that it expects there.
fn patch(text: &str) -> (String, Vec<(String, Vec<String>)>) {
    let test = text.lines().next().unwrap().strip_prefix("Test: ").expect("the first line names the test");
    let (mut file, mut hunks) = (String::new(), Vec::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("--- a/") {
            file = name.to_owned();
        } else if line.starts_with("@@ ") {
            hunks.push((file.clone(), Vec::new()));
        } else if let (Some((_, lines)), Some(' ' | '-')) = (hunks.last_mut(), line.chars().next()) {
            lines.push(line[1..].to_owned());
        }
    }
    (test.to_owned(), hunks)
}

#[test]
fn every_mutation_fits_its_source_and_names_a_test() {
    let tests = tests();
    let mut patches = Vec::new();
    files(&root().join("tests/mutations"), "patch", &mut patches);
    assert!(patches.len() >= 25, "{}", patches.len());
    let mut wrong = Vec::new();
    for path in patches {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (test, hunks) = patch(&std::fs::read_to_string(&path).unwrap());
        let last = test.rsplit("::").next().unwrap();
        if !tests.contains(last) {
            wrong.push(format!("{name} names {test}, which is no test"));
        }
        assert!(!hunks.is_empty(), "{name} changes nothing");
        for (file, lines) in hunks {
            let source = std::fs::read_to_string(root().join(&file)).unwrap_or_default();
            if !source.contains(&lines.join("\n")) {
                wrong.push(format!("{name} does not fit {file} any more"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
