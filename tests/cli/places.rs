//! Where the database and the configuration lie, and what creates them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::desk::{Desk, Ran, finish};

fn show(desk: &Desk, environment: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut command = desk.command();
    command.envs(environment.iter().copied()).args(arguments).args(["config", "show", "--json"]);
    finish(command, b"")
}

fn value(ran: Ran, key: &str) -> (String, String) {
    let all: Value = serde_json::from_str(&ran.ok().out).unwrap();
    let text = |part: &str| all[key][part].as_str().unwrap().to_owned();
    (text("value"), text("source"))
}

fn configure(desk: &Desk, text: &str) -> String {
    let folder = desk.folder.path().join(".config/rollbook");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), text).unwrap();
    fs::set_permissions(folder.join("config.toml"), fs::Permissions::from_mode(0o600)).unwrap();
    folder.join("config.toml").to_str().unwrap().to_owned()
}

#[test]
fn the_flag_beats_the_environment_and_that_the_file_and_that_the_default() {
    let desk = Desk::bare();
    let home = desk.folder.path().to_str().unwrap();
    let default = format!("{home}/.local/share/rollbook/rollbook.db");
    assert_eq!(value(show(&desk, &[], &[]), "db"), (default, "default".into()));
    let data = format!("{home}/data");
    let moved = format!("{data}/rollbook/rollbook.db");
    assert_eq!(value(show(&desk, &[("XDG_DATA_HOME", &data)], &[]), "db").0, moved);
    let file = configure(&desk, "db = \"/srv/file.db\"\ntheme = \"dark\"\nascii = true\n");
    assert_eq!(value(show(&desk, &[], &[]), "db"), ("/srv/file.db".into(), file.clone()));
    assert_eq!(value(show(&desk, &[("XDG_CONFIG_HOME", "/nowhere")], &[]), "theme").0, "terminal");
    let variable = [("ROLLBOOK_DB", "/srv/variable.db")];
    assert_eq!(value(show(&desk, &variable, &[]), "db"), ("/srv/variable.db".into(), "ROLLBOOK_DB".into()));
    assert_eq!(value(show(&desk, &variable, &["--db", "/f.db"]), "db"), ("/f.db".into(), "--db".into()));
    assert_eq!(value(show(&desk, &[], &[]), "theme"), ("dark".into(), file));
    assert_eq!(value(show(&desk, &[], &["--theme", "mono"]), "theme"), ("mono".into(), "--theme".into()));
    assert_eq!(value(show(&desk, &[("NO_COLOR", "1")], &[]), "color"), ("never".into(), "NO_COLOR".into()));
    assert_eq!(value(show(&desk, &[("NO_COLOR", "1")], &["--color", "always"]), "color").0, "always");
}

#[test]
fn the_key_is_found_by_flag_environment_and_configuration_in_this_order() {
    let desk = Desk::bare();
    let file = configure(&desk, "key = \"own key\"\n");
    let folder = desk.folder.path().join(".config/rollbook");
    let show = |variable: &str, arguments: &[&str]| {
        // An empty variable is none.
        value(show(&desk, &[("ROLLBOOK_KEY", variable)], arguments), "key")
    };
    assert_eq!(show("/env/key", &["--key", "/flag/key"]), ("/flag/key".into(), "--key".into()));
    assert_eq!(show("/env/key", &[]), ("/env/key".into(), "ROLLBOOK_KEY".into()));
    assert_eq!(show("", &[]), (folder.join("own key").to_str().unwrap().to_owned(), file));
    assert_eq!(show("", &["--config", "none"]).1, "default");
}

#[test]
fn the_file_of_the_flag_takes_the_place_of_the_others_and_must_be_there() {
    let desk = Desk::bare();
    configure(&desk, "theme = \"dark\"\n");
    let other = desk.folder.path().join("other.toml");
    fs::write(&other, "ascii = true\ndb = \"here.db\"\n").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    let named = ["--config", "other.toml"];
    assert_eq!(value(show(&desk, &[], &named), "theme"), ("terminal".into(), "default".into()));
    assert_eq!(value(show(&desk, &[], &named), "ascii").0, "true");
    let here = desk.folder.path().canonicalize().unwrap().join("here.db");
    assert_eq!(value(show(&desk, &[], &named), "db").0, here.to_str().unwrap());
    assert_eq!(value(show(&desk, &[], &["--config", "none"]), "theme").0, "terminal");
    let ran = show(&desk, &[], &["--config", "missing.toml"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("no such file or directory") && ran.err.contains("--config none"), "{}", ran.err);
}

#[test]
fn an_account_without_a_home_is_told_how_to_name_a_database() {
    let desk = Desk::bare();
    for home in ["relative", "/nonexistent"] {
        let mut command = desk.command();
        command.env("HOME", home).env("XDG_DATA_HOME", "also/relative").args(["user", "list"]);
        let ran = finish(command, b"");
        assert_eq!((ran.code, ran.out.as_str()), (6, ""), "{}", ran.err);
        assert!(!ran.err.contains("\"relative"), "{}", ran.err);
    }
    assert!(!desk.folder.path().join("relative").exists());
}

#[test]
fn a_slip_in_the_file_is_named_with_its_line() {
    let desk = Desk::bare();
    let file = configure(&desk, "theme = \"dark\"\ndatabase = \"x\"\n");
    let ran = show(&desk, &[], &[]);
    assert_eq!(ran.code, 1);
    let error: Value = serde_json::from_str(&ran.err).unwrap();
    assert!(error["message"].as_str().unwrap().starts_with(&format!("{file}, line 2: ")), "{}", ran.err);
}

#[test]
fn only_what_makes_people_or_settings_makes_a_database() {
    for (line, stdin) in [
        (&["user", "list"][..], ""),
        (&["user", "show", "x"], ""),
        (&["user", "activate", "x"], ""),
        (&["session", "list"], ""),
        (&["session", "check", "--token-stdin"], "x"),
        (&["session", "login", "x", "--password-stdin"], "x"),
        (&["reset", "request", "x"], ""),
        (&["audit", "list"], ""),
        (&["policy", "show"], ""),
        (&["db", "upgrade"], ""),
        (&["user", "register", "x", "--as", "root", "--password-stdin"], "pw\npw\n"),
    ] {
        let desk = Desk::bare();
        desk.fails(line, stdin, 6, "no_database");
        assert!(!desk.db().exists(), "{line:?}");
    }
    let desk = Desk::bare();
    desk.fails(&["user", "register", "x", "--password-stdin"], "short\n", 7, "weak_password");
    desk.fails(&["policy", "set", "colour", "red"], "", 7, "constraint_violation");
    assert!(!desk.db().exists(), "what is refused leaves nothing behind");
    for (line, stdin) in [
        (&["init"][..], ""),
        (&["policy", "set", "password", "open"], ""),
        (&["user", "register", "alice", "--password-stdin"], "curiouser and curiouser\n"),
    ] {
        let desk = Desk::bare();
        let mut command = desk.command();
        let path = desk.folder.path().join("new/deep/test.db");
        command.arg("--db").arg(&path).args(line);
        let ran = finish(command, stdin.as_bytes()).ok();
        assert!(ran.err.contains(&format!("created the database {}", path.display())), "{}", ran.err);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[test]
fn an_upgrade_of_what_is_up_to_date_does_nothing() {
    let desk = Desk::open();
    let upgraded = desk.json(&["db", "upgrade"], "");
    assert_eq!((&upgraded["from"], &upgraded["backup"]), (&upgraded["to"].clone(), &Value::Null));
    let other = desk.folder.path().join("other.db");
    fs::write(&other, "this is a letter and no database, however long it may be").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = desk.command();
    command.args(["--db", "other.db", "user", "list"]);
    let ran = finish(command, b"");
    assert_eq!(ran.code, 6, "{}", ran.err);
}

#[test]
fn sample_people_are_written_into_a_new_file_and_into_no_other() {
    let desk = Desk::bare();
    let written = desk.json(&["demo", "--users", "50", "--no-console"], "");
    assert_eq!(written["users"], 50);
    assert!(desk.names(&[]).len() > 30, "all but the deleted ones");
    desk.fails(&["demo", "--users", "50", "--no-console"], "", 1, "failure");
}

#[test]
fn a_configuration_that_others_may_write_is_refused() {
    let desk = Desk::bare();
    let file = configure(&desk, "db = \"/srv/file.db\"\n");
    show(&desk, &[], &[]).ok();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let ran = show(&desk, &[], &[]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("others may write") && ran.err.contains("chmod go-w"), "{}", ran.err);
}
