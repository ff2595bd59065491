//! What the README says is so: its keys, its example, its commands, its exit codes, its JSON, its links.
//!
//! `ROLLBOOK_REWRITE=1 cargo test --test readme` writes the keys and the example anew.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::CommandFactory as _;
use rollbook::accounts::Kind;
use rollbook::cli::args::Line;
use rollbook::console::keymap;

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What stands between two markers, which have lines of their own.
fn between<'a>(text: &'a str, name: &str) -> (&'a str, &'a str, &'a str) {
    let begin = text.find(&format!("<!-- {name}: begin")).unwrap();
    let begin = begin + text[begin..].find("-->\n").unwrap() + 4;
    let end = begin + text[begin..].find(&format!("<!-- {name}: end -->")).unwrap();
    (&text[..begin], &text[begin..end], &text[end..])
}

#[track_caller]
fn holds(name: &str, wanted: &str) {
    // Two tests may want to rewrite: each reads what the other has left behind.
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let text = read("README.md");
    let (before, there, after) = between(&text, name);
    if there != wanted && std::env::var_os("ROLLBOOK_REWRITE").is_some() {
        std::fs::write(root().join("README.md"), [before, wanted, after].concat()).unwrap();
        return;
    }
    assert_eq!(there, wanted, "ROLLBOOK_REWRITE=1 cargo test --test readme writes it anew");
}

#[test]
fn the_keys_are_the_ones_of_the_table() {
    holds("keys", &keymap::markdown());
}

/// The front page's example as a reader sees it.
fn example() -> String {
    let page = read("src/lib.rs");
    let mut lines = page.lines().map(|line| line.trim_start_matches("//!")).skip_while(|line| *line != " ```").skip(1);
    let code = lines.by_ref().take_while(|line| *line != " ```").filter(|line| !line.starts_with(" # "));
    let code: String = code.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect();
    format!("```rust\n{code}```\n")
}

#[test]
fn the_example_is_the_one_that_is_compiled() {
    assert!(example().contains("accounts.check(&token)"), "{}", example());
    holds("example", &example());
}

/// Every command without commands beneath it, as it is typed, with its own flags.
fn commands(command: &clap::Command, before: &str, found: &mut Vec<(String, Vec<String>)>) {
    let beneath: Vec<_> = command.get_subcommands().filter(|command| command.get_name() != "help").collect();
    if beneath.is_empty() {
        let own = command.get_arguments().filter(|argument| !argument.is_global_set());
        // `--name-stdin` stands for NAME and is explained once.
        let flags =
            own.filter_map(|argument| argument.get_long()).filter(|flag| !["help", "name-stdin"].contains(flag));
        found.push((before.to_owned(), flags.map(|flag| format!("--{flag}")).collect()));
    }
    for command in beneath {
        commands(command, &format!("{before} {}", command.get_name()), found);
    }
}

#[test]
fn every_command_is_explained_with_every_flag() {
    let text = read("README.md");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| `rollbook")).collect();
    let mut found = Vec::new();
    commands(&Line::command(), "rollbook", &mut found);
    assert!(found.len() > 25, "{found:?}");
    for (command, flags) in &found {
        let forms: Vec<&&str> = rows.iter().filter(|row| row.contains(&format!("`{command}"))).collect();
        assert!(!forms.is_empty(), "the README does not speak of `{command}`");
        for flag in flags {
            assert!(forms.iter().any(|row| row.contains(flag.as_str())), "`{command}` can do {flag} as well");
        }
    }
    let known = |row: &&&str| found.iter().any(|(command, _)| row.contains(&format!("`{command}")));
    assert!(rows.iter().all(|row| known(&row)), "a form of a command that there is not");
    assert!(text.contains("`--name-stdin`"));
    for flag in Line::command().get_arguments().filter_map(clap::Arg::get_long).filter(|flag| *flag != "help") {
        assert!(text.contains(&format!("`--{flag}")) || flag == "version", "--{flag} is not explained");
    }
}

/// Every kind that there is, read from where they are declared.
fn kinds() -> Vec<(String, u8)> {
    let source = read("src/accounts/error.rs");
    let words = source.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let words: Vec<String> = words.take_while(|word| word != "failure").chain(["failure".to_owned()]).collect();
    assert_eq!(words.first().map(String::as_str), Some(Kind::UnknownUser.word()));
    let code = |word: &str| ALL.iter().find(|kind| kind.word() == word).map(|kind| kind.exit_code());
    let with_code = |word: String| {
        let code = code(&word).unwrap_or_else(|| panic!("{word} is missing in this test"));
        (word, code)
    };
    words.into_iter().map(with_code).collect()
}

const ALL: [Kind; 25] = [
    Kind::UnknownUser,
    Kind::UnknownSession,
    Kind::UnknownRequest,
    Kind::UnknownToken,
    Kind::InvalidCredentials,
    Kind::MissingOtpCode,
    Kind::InvalidOtpCode,
    Kind::Unauthenticated,
    Kind::Unauthorized,
    Kind::RegistrationDisabled,
    Kind::DuplicateUser,
    Kind::TokenNameExists,
    Kind::Stale,
    Kind::AmbiguousName,
    Kind::Busy,
    Kind::NoDatabase,
    Kind::Schema,
    Kind::ConstraintViolation,
    Kind::WeakPassword,
    Kind::LastAdmin,
    Kind::Usage,
    Kind::Interrupted,
    Kind::Cancelled,
    Kind::PartlyDone,
    Kind::Failure,
];

#[test]
fn every_kind_stands_beside_its_exit_code() {
    let text = read("README.md");
    for (word, code) in kinds() {
        let row = text.lines().find(|line| line.starts_with(&format!("| {code} |"))).unwrap();
        assert!(row.contains(&format!("`{word}`")), "{word} is not in {row}");
    }
}

struct Desk(tempfile::TempDir);

impl Desk {
    /// What a command writes with `--json`, the last line of it.
    fn ask(&self, arguments: &str, input: &str) -> serde_json::Value {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rollbook"))
            .args(["--json", "--db"])
            .arg(self.0.path().join("users.db"))
            .args(arguments.split(' '))
            .env("HOME", self.0.path())
            .env("ROLLBOOK_KEY", self.0.path().join("key"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let bytes = if output.status.success() { output.stdout } else { output.stderr };
        let text = String::from_utf8(bytes).unwrap();
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }
}

#[test]
fn every_key_of_the_json_is_named() {
    const PASSWORD: &str = "seven lamps in the fog\n";
    let text = read("README.md");
    let (_, told) = text.split_once("### JSON").unwrap();
    let named = |of: &str| {
        let begin = told.find(&format!("- {of}")).unwrap();
        let end = told[begin..].find("\n- ").or_else(|| told[begin..].find("\n\n")).unwrap();
        told[begin..begin + end].to_owned()
    };
    let check = |of: &str, value: &serde_json::Value| {
        let named = named(of);
        for key in value.as_object().unwrap().keys() {
            assert!(named.contains(&format!("`{key}`")), "{key} is not named in {named}");
        }
    };
    let desk = Desk(tempfile::tempdir().unwrap());
    desk.ask("init --admin root@example.org --password-stdin", PASSWORD);
    check("A user", &desk.ask("user list", ""));
    let login = desk.ask("session login root@example.org --password-stdin", PASSWORD);
    check("A session", &login);
    check("A session", &desk.ask("session check --token-stdin", &format!("{}\n", login["token"].as_str().unwrap())));
    check("A reset", &desk.ask("reset request root@example.org", ""));
    desk.ask("user edit root@example.org --note x", "");
    let entry = desk.ask("audit list --limit 1", "");
    check("An audit entry", &entry);
    check("An audit entry", &entry["changes"][0]);
    desk.ask("user register ada@example.org --no-password", "");
    let verdict = desk.ask("user why ada@example.org", "");
    check("A verdict", &verdict);
    check("A verdict", &verdict["obstacles"][0]);
    check("An error", &desk.ask("user show nobody", ""));
}

#[test]
fn no_link_leads_nowhere() {
    for page in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "assets/SOURCES.md"] {
        for link in read(page).split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned()) {
            assert!(link.starts_with("https://") || root().join(&link).exists(), "{page}: {link}");
        }
    }
}

#[test]
fn the_two_commands_stand_above_everything_else_one_has_to_type() {
    let text = read("README.md");
    let first = text.split("```sh\n").nth(1).unwrap();
    let mut lines = first.lines();
    assert!(lines.next().unwrap().starts_with("cargo run --release -- demo"));
    assert!(lines.next().unwrap().starts_with("cargo test --all-features"));
    assert!(text.find("assets/pictures/console.svg").unwrap() < 600, "the picture belongs above the fold");
}
