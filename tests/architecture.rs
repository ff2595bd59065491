//! The house's rules, held against the sources: who may know whom, what may stand where, how long a file may be.
//!
//! Each rule is a function from sources to complaints. It is run over this repository, where it must find nothing, and
//! over small wrong examples, where it must find something.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "architecture/imports.rs"]
mod imports;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/untrusted.rs"]
mod untrusted;

use imports::{Graph, graph, module};
use source::{Source, sources, words};

type Complaints = Vec<String>;

fn src() -> Vec<Source> {
    // A module of unit tests in a file of its own is compiled for tests only.
    sources(&["src"]).into_iter().filter(|file| !file.path.ends_with("/tests.rs")).collect()
}

fn bad(path: &str, text: &str) -> Vec<Source> {
    vec![Source::new(path, text)]
}

#[track_caller]
fn holds(complaints: Complaints) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[track_caller]
fn bites(complaints: Complaints, on: &str) {
    assert!(complaints.iter().any(|complaint| complaint.contains(on)), "nothing about {on:?} in {complaints:?}");
}

// Who may import whom.

/// A part of the house and the parts that it may know, itself aside.
const KNOWS: &[(&str, &[&str])] = &[
    ("accounts", &[]),
    ("temporary", &[]),
    ("engines", &["accounts", "temporary"]),
    ("cli", &["accounts", "temporary"]),
    ("console", &["accounts"]),
    ("demo", &["accounts"]),
    ("host", &["accounts", "temporary"]),
    ("lib", &[]),
    ("main", &["machine", "shelf", "accounts", "engines", "cli", "console", "demo", "host"]),
    ("machine", &["shelf", "accounts", "engines", "cli", "console", "demo", "host"]),
    ("shelf", &["machine", "accounts", "engines", "cli", "console", "demo", "host", "temporary"]),
];

fn strangers(graph: &Graph) -> Complaints {
    let mut complaints = Vec::new();
    for (from, imports) in &graph.edges {
        let part = from.first().map_or("lib", String::as_str);
        let Some((_, knows)) = KNOWS.iter().find(|(name, _)| *name == part) else {
            complaints.push(format!("{part} is a part of the house that no rule speaks of"));
            continue;
        };
        for (to, place) in imports.iter().filter(|(to, _)| !to.is_empty()) {
            if to[0] != part && !knows.contains(&to[0].as_str()) {
                complaints.push(format!("{place}: {part} must not know {}", to.join("::")));
            }
        }
    }
    complaints
}

#[test]
fn no_part_of_the_house_knows_what_it_must_not_know() {
    holds(strangers(&graph(&src())));
}

#[test]
fn the_rule_about_parts_bites() {
    let engines = Source::new("src/engines.rs", "");
    let two = |path, text| strangers(&graph(&[engines.clone(), Source::new(path, text)]));
    bites(two("src/console/pane.rs", "use crate::engines::open;"), "console must not know engines");
    bites(two("src/cli/user.rs", "use crate::{engines as e};"), "cli must not know engines");
    bites(two("src/accounts/user.rs", "fn f() { super::super::engines::open() }"), "accounts must not know engines");
    bites(two("src/billing.rs", "struct Bill;"), "billing is a part of the house that no rule speaks of");
    holds(two("src/main.rs", "use rollbook::engines::open;"));
    holds(two("src/cli/user.rs", "// crate::engines::open\n#[cfg(test)]\nmod tests { use crate::engines::open; }"));
}

/// A circle among files that begins or ends at a facade counts: what a child needs of its facade belongs in a file
/// beside it.
fn circles(graph: &Graph) -> Complaints {
    graph.cycle().map(|circle| circle.join(" -> ")).into_iter().collect()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    holds(circles(&graph(&src())));
}

#[test]
fn the_rule_about_circles_bites() {
    let of = |files: &[(&str, &str)]| {
        circles(&graph(&files.iter().map(|(path, text)| Source::new(path, text)).collect::<Vec<_>>()))
    };
    let (a, b) = ("src/console/a.rs", "src/console/b.rs");
    bites(of(&[(a, "use super::b::B;"), (b, "fn f() { crate::console::a::go() }")]), "console::a (src/console/a.rs:1)");
    bites(
        of(&[
            (a, "use super::b;"),
            (b, "use super::{c, c::C};"),
            ("src/console/c.rs", "use crate::{console::{a::A}};"),
        ]),
        "c",
    );
    bites(of(&[("src/console.rs", "use a::A;\nmod a;"), (a, "use super::World;")]), "console::a");
    bites(
        of(&[
            ("src/console.rs", ""),
            (a, "use crate::console::b; fn f() { b::c::go() }"),
            (b, ""),
            ("src/console/b/c.rs", "use crate::console::a;"),
        ]),
        "console::b::c",
    );
    holds(of(&[("src/console.rs", "mod a;"), (a, "use super::World;")]));
    holds(of(&[(a, "use super::b::B;"), (b, "use crate::accounts::A;")]));
}

// What may stand where.

/// Words, where they must not stand, and where in it they may all the same.
struct Ban {
    words: &'static [&'static str],
    within: &'static [&'static str],
    but: &'static [&'static str],
    why: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        words: &["ratatui", "crossterm", "tui_input", "clap", "std::env", "env::var", "std::process"],
        within: &["src/accounts", "src/engines", "src/demo"],
        but: &[],
        why: "no terminal and no arguments below the command line and the console",
    },
    Ban {
        words: &["SystemTime", "Instant", "Timestamp::now", "Zoned::now", "rand", "getrandom"],
        within: &["src/accounts"],
        but: &[],
        why: "the domain is handed its clock and its randomness",
    },
    Ban {
        words: &["SystemTime", "Timestamp::now", "Zoned::now", "rand", "SysRng"],
        within: &["src"],
        but: &["src/host"],
        why: "the clock and the randomness of the system come in through the host",
    },
    Ban { words: &["rusqlite"], within: &["src"], but: &["src/engines"], why: "SQL lives in the engines" },
    Ban {
        words: &["ratatui", "crossterm", "tui_input"],
        within: &["src"],
        but: &["src/console"],
        why: "the terminal belongs to the console",
    },
    Ban { words: &["clap"], within: &["src"], but: &["src/cli"], why: "arguments belong to the command line" },
    Ban {
        words: &["Color::"],
        within: &["src/console"],
        but: &["src/console/theme"],
        why: "drawing speaks of roles; the theme alone knows colours",
    },
    Ban {
        words: &["println!", "eprintln!", "print!", "eprint!", "dbg!"],
        within: &["src"],
        but: &[],
        why: "a print panics when its reader is gone, and writes into the console's screen",
    },
    Ban { words: &["unsafe"], within: &["src", "tests", "examples"], but: &[], why: "nothing here needs it" },
    Ban {
        words: &[".unwrap()", ".expect(", "panic!", "unreachable!", "todo!", "unimplemented!"],
        within: &["src"],
        but: &["src/console/provoke"],
        why: "bad input gives an error, never a panic",
    },
];

fn banned(files: &[Source]) -> Complaints {
    let mut complaints = Vec::new();
    for ban in BANS {
        let there = |file: &&Source, folders: &[&str]| folders.iter().any(|folder| file.is_in(folder));
        for file in files.iter().filter(|file| there(file, ban.within) && !there(file, ban.but)) {
            for word in ban.words {
                complaints.extend(words(&file.code, word).map(|at| format!("{}: {word}: {}", file.at(at), ban.why)));
            }
        }
    }
    complaints
}

#[test]
fn nothing_stands_where_it_must_not() {
    let mut files = src();
    files.extend(sources(&["examples"]));
    holds(banned(&files));
}

#[test]
fn the_rule_about_places_bites() {
    bites(banned(&bad("src/accounts/a.rs", "use std::time::Instant;")), "Instant");
    bites(banned(&bad("src/accounts/a.rs", "let now = jiff::Timestamp::now();")), "Timestamp::now");
    bites(banned(&bad("src/accounts/a.rs", "let x = rand::random();")), "rand");
    bites(banned(&bad("src/demo/a.rs", "let x = std::env::args();")), "std::env");
    bites(banned(&bad("src/accounts.rs", "use clap::Parser;")), "clap");
    bites(banned(&bad("src/cli/a.rs", "use rusqlite::Connection;")), "rusqlite");
    bites(banned(&bad("src/cli/a.rs", "use ratatui::text::Line;")), "ratatui");
    bites(banned(&bad("src/console/a.rs", "let red = Color::Red;")), "Color::");
    bites(banned(&bad("src/console/a.rs", "fn f() {\n  println!();\n}")), "src/console/a.rs:2");
    bites(banned(&bad("src/cli/a.rs", "let c = '\"'; x.unwrap();")), "unwrap");
    bites(banned(&bad("src/cli/a.rs", "fn a<'a>(x: &'a str) { x.expect(\"a\") }")), "expect");
    bites(banned(&bad("src/a.rs", "unsafe { x() }")), "unsafe");
    holds(banned(&bad("src/accounts/a.rs", "// Instant\nlet x = \"rand\"; let random = operand; /* unsafe */")));
    holds(banned(&bad("src/engines/a.rs", "use rusqlite::Row;\n#[cfg(test)]\nmod tests { fn f() { x.unwrap(); } }")));
}

/// How SQL begins.
const SQL: &[&str] = &[
    "SELECT ",
    "INSERT INTO ",
    "INSERT OR ",
    "UPDATE users",
    "UPDATE sessions",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "PRAGMA ",
    "BEGIN IMMEDIATE",
];

fn sql_elsewhere(files: &[Source]) -> Complaints {
    let elsewhere = files.iter().filter(|file| !file.is_in("src/engines"));
    let found =
        elsewhere.flat_map(|file| SQL.iter().flat_map(move |sql| words(&file.spelled, sql).map(move |at| (file, at))));
    found.map(|(file, at)| format!("{}: SQL lives in the engines", file.at(at))).collect()
}

#[test]
fn sql_lives_in_the_engines() {
    holds(sql_elsewhere(&src()));
    bites(sql_elsewhere(&bad("src/cli/a.rs", "let x = \"SELECT 1\";")), "src/cli/a.rs:1");
    bites(sql_elsewhere(&bad("src/accounts/a.rs", "let x = r#\"\nDELETE FROM users\"#;")), "src/accounts/a.rs:2");
    holds(sql_elsewhere(&bad("src/engines/a.rs", "let x = \"SELECT 1\"; // and")));
    holds(sql_elsewhere(&bad("src/cli/a.rs", "// SELECT 1")));
}

// Whoever changes something is looked at in the change's own transaction.

fn unlooked(files: &[Source]) -> Complaints {
    let doors = files.iter().filter(|file| file.path.starts_with("src/engines") && file.path.ends_with("store.rs"));
    let writes = doors.flat_map(|file| {
        file.text
            .lines()
            .filter(|line| line.contains("self.write(") && line.contains(", stamp"))
            .map(move |line| (file, line))
    });
    let complaint = |(file, line): (&Source, &str)| format!("{}: not through change(): {}", file.path, line.trim());
    writes.map(complaint).collect()
}

#[test]
fn every_write_in_somebodys_name_looks_at_them_first() {
    holds(unlooked(&src()));
    bites(unlooked(&bad("src/engines/a/store.rs", "self.write(|tx| users::change(tx, id, stamp))")), "store.rs");
    holds(unlooked(&bad("src/engines/a/store.rs", "self.change(stamp, |tx| users::change(tx, id, stamp))")));
    holds(unlooked(&bad("src/engines/a/store.rs", "self.write(|tx| throttle::attempt(tx, knock))")));
}

// How long a file may be.

fn too_long(files: &[Source]) -> Complaints {
    let most = |path: &str| if path == "src/console/update.rs" { 149 } else { 500 };
    let long = |file: &&Source| file.text.lines().count() > most(&file.path);
    files.iter().filter(long).map(|file| format!("{}: over {} lines", file.path, most(&file.path))).collect()
}

#[test]
fn no_file_is_too_long_to_be_read() {
    holds(too_long(&sources(&["src", "tests", "examples"])));
    bites(too_long(&bad("tests/a.rs", &"x\n".repeat(501))), "tests/a.rs");
    bites(too_long(&bad("src/console/update.rs", &"x\n".repeat(150))), "update.rs");
    holds(too_long(&bad("src/a.rs", &"x\n".repeat(500))));
}

// How every module begins.

fn without_a_word(files: &[Source]) -> Complaints {
    let silent = files.iter().filter(|file| !file.text.starts_with("//!"));
    silent.map(|file| format!("{}: does not say what it is", file.path)).collect()
}

#[test]
fn every_file_says_what_it_is() {
    holds(without_a_word(&sources(&["src", "examples"])));
    bites(without_a_word(&bad("src/a.rs", "use std::fmt;")), "src/a.rs");
}

// What comes out of the database is untrusted.

#[test]
fn untrusted_text_is_shown_only_through_its_door() {
    let shown = src().into_iter().filter(|file| file.is_in("src/cli") || file.is_in("src/console"));
    holds(untrusted::raw(&shown.collect::<Vec<_>>()));
}

#[test]
fn no_exception_outlives_its_reason() {
    holds(untrusted::needless(&src()));
}

#[test]
fn the_rule_about_untrusted_text_bites() {
    let of = |text: &str| untrusted::raw(&bad("src/console/a.rs", text));
    bites(of("let x = format!(\"Delete {}?\", user.name);"), ".name");
    bites(of("call.out.line(&user.email.unwrap_or_default())?;"), ".email");
    bites(of("ink.text(x, y, 9, session.client.as_deref().unwrap_or(\"none\"), role);"), ".client");
    bites(of("model.say(format!(\"{} by {}\", clipped(&user.name, 9), user.status_by));"), ".status_by");
    bites(of("let name = &user.name;\nmodel.say(format!(\"{name} is gone\"));"), "src/console/a.rs:1");
    bites(of("let Some(note) = &user.note else { return };\nrow(\"note\", note.clone(), role);"), ".note");
    holds(of("let x = format!(\"Delete {}?\", clipped(&user.name, 9));"));
    holds(of("let name = clipped(&user.name, 9);\nmodel.say(format!(\"{name} is gone\"));"));
    holds(of("row(\"labels\", user.labels.iter().map(|label| shown(label)).collect(), role);"));
    holds(of("let name = user.name.clone();\nlet draft = Draft { name };"));
}

#[test]
fn modules_are_named_by_their_files() {
    assert_eq!(module("src/console/panes/users.rs"), ["console", "panes", "users"]);
    assert!(module("src/lib.rs").is_empty());
}
