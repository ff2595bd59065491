//! `doctor`: every finding of a damaged or closed database, and the exit codes that monitoring reads.

use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};

use serde_json::Value;

use crate::desk::Desk;

/// The exit code, the status and the severity of each kind of finding but those without fault.
fn examine(desk: &Desk) -> (i32, String, Vec<(String, String)>) {
    let ran = desk.run(&["doctor", "--json"], "");
    let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = found["findings"].as_array().unwrap().iter();
    let faults = all.filter(|finding| finding["severity"] != "ok").inspect(|finding| {
        assert!(finding["hint"].is_string(), "a fault has a next step: {finding}");
        assert_eq!(finding.as_object().unwrap().len(), 4, "{finding}");
    });
    // Folders above the temporary one are the machine's own.
    let faults = faults.filter(|finding| finding["kind"] != "folder_writable" && finding["kind"] != "disk_space");
    let faults = faults.map(|finding| (text(&finding["severity"]), text(&finding["kind"]))).collect();
    (ran.code, text(&found["status"]), faults)
}

fn fault(severity: &str, kind: &str) -> (String, String) {
    (severity.to_owned(), kind.to_owned())
}

#[test]
fn a_damaged_page_is_critical_although_the_database_opens() {
    let desk = Desk::with(&[&["alice"], &["bob"]]);
    let db = rusqlite::Connection::open(desk.db()).unwrap();
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let page: i64 = db.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    // A page of an index that opening and counting do not read.
    let root: i64 = db
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'user' AND type = 'table'", [], |row| row.get(0))
        .unwrap();
    drop(db);
    let file = fs::OpenOptions::new().write(true).open(desk.db()).unwrap();
    let begin = u64::try_from((root - 1) * page).unwrap();
    file.write_all_at(&[0x5a; 64], begin + 8).unwrap();
    let (code, status, faults) = examine(&desk);
    assert_eq!((code, status.as_str()), (2, "critical"), "{faults:?}");
    assert!(faults.contains(&fault("critical", "file_damaged")), "{faults:?}");
}

#[test]
fn an_open_file_is_examined_although_every_other_command_refuses_it() {
    let desk = Desk::with(&[&["alice"]]);
    fs::set_permissions(desk.db(), fs::Permissions::from_mode(0o644)).unwrap();
    desk.fails(&["user", "list"], "", 1, "failure");
    let (code, status, faults) = examine(&desk);
    assert_eq!((code, status.as_str()), (2, "critical"));
    assert_eq!(&faults[..2], [fault("critical", "refused"), fault("critical", "file_mode")], "{faults:?}");
    let ran = desk.run(&["doctor"], "");
    assert!(ran.out.starts_with("critical: ") && ran.out.contains("every page of the file is in order"), "{}", ran.out);
}

#[test]
fn a_database_that_is_missing_or_none_of_ours_is_critical() {
    let desk = Desk::bare();
    assert_eq!(examine(&desk), (2, "critical".into(), vec![fault("critical", "no_database")]));
    fs::write(desk.db(), "a letter and no database, however long it may be").unwrap();
    fs::set_permissions(desk.db(), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(examine(&desk), (2, "critical".into(), vec![fault("critical", "unopened")]));
}

#[test]
fn an_old_clean_up_is_a_warning() {
    let desk = Desk::with(&[&["alice"]]);
    assert_eq!(examine(&desk), (0, "ok".into(), Vec::new()));
    let db = rusqlite::Connection::open(desk.db()).unwrap();
    db.execute("UPDATE clock SET tidied_at = tidied_at - 8 * 86400000", []).unwrap();
    assert_eq!(examine(&desk), (1, "warning".into(), vec![fault("warning", "upkeep_overdue")]));
}

#[test]
fn the_help_states_the_exit_codes() {
    let help = Desk::bare().run(&["doctor", "--help"], "").ok().out;
    assert!(help.contains("0 all is well, 1 a warning, 2 critical"), "{help}");
}
