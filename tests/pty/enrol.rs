//! A second factor turned on in the real program: the QR code is read off the terminal by a program, as a phone would.

use std::time::Duration;

use rollbook::accounts::time::Clock as _;
use rollbook::accounts::{Accounts, Ground, Kind, Secret, base32, totp};
use rollbook::engines::{self, Access};
use rollbook::host::key::KeyFile;
use rollbook::host::{SystemClock, SystemEntropy};
use rustix::process::Signal;
use vt100::{Color, Screen};

use crate::harness::{Pty, ROLLBOOK, Start};
use crate::{people, support};

/// The text of the QR code that a camera would find, by the colours that the terminal was told to use.
fn scanned(screen: &Screen) -> Option<String> {
    const SCALE: usize = 4;
    let (rows, columns) = screen.size();
    let dark = |x: usize, y: usize| {
        let Some(cell) = screen.cell((y / SCALE / 2) as u16, (x / SCALE) as u16) else { return true };
        let lower = y / SCALE % 2 == 1;
        let marked = match cell.contents() {
            "█" => true,
            "▀" => !lower,
            "▄" => lower,
            _ => false,
        };
        if marked { cell.fgcolor() == Color::Idx(0) } else { cell.bgcolor() != Color::Idx(15) }
    };
    let size = (usize::from(columns.get()) * SCALE, usize::from(rows.get()) * 2 * SCALE);
    let pixel = |x, y| if dark(x, y) { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(size.0, size.1, pixel);
    image.detect_grids().first().and_then(|grid| grid.decode().ok()).map(|(_, text)| text)
}

/// Enter, after the pause that tells it from a burst.
fn enter(pty: &mut Pty) {
    std::thread::sleep(Duration::from_millis(40));
    pty.keys("\r");
}

#[test]
fn a_second_factor_is_turned_on_by_what_a_camera_reads_off_the_terminal() {
    let (folder, db) = people::three();
    let key = folder.path().join("key");
    let mut pty = Start::console(&db).env("ROLLBOOK_KEY", key.to_str().unwrap()).go();
    pty.wait_for("cleo");
    pty.keys("G");
    pty.wait_until("anna", |screen| screen.contents().contains("─ anna ─"));
    pty.keys("t");
    pty.wait_for("no tokens");
    pty.keys("e");
    pty.wait_until("a QR code", |screen| scanned(screen).is_some());
    let uri = pty.look(scanned).unwrap();
    let secret = uri.strip_prefix("otpauth://totp/Rollbook:anna?secret=").expect(&uri);
    let secret = base32::decode(secret.split('&').next().unwrap()).unwrap();
    let step = totp::step(SystemClock.now());
    pty.keys(&totp::code(&secret, step));
    enter(&mut pty);
    pty.wait_for("Backup codes, shown once");
    let screen = pty.screen();
    let code = screen.split_whitespace().find(|word| word.len() == 29 && word.matches('-').count() == 5).unwrap();
    let ground = Ground {
        store: engines::open(&db, Access::Full).unwrap(),
        clock: Box::new(SystemClock),
        entropy: Box::new(SystemEntropy),
        cost: Some(support::CHEAP),
        keys: Box::new(KeyFile::new(&key)),
    };
    let mut accounts = Accounts::new(ground, support::operator(), "");
    let password = Secret::from(people::PASSWORD);
    let mut knock = |code: Option<&str>| accounts.authenticate("anna", &password, code).map(drop);
    assert_eq!(knock(None).unwrap_err().kind, Kind::MissingOtpCode);
    knock(Some(&totp::code(&secret, step + 1))).expect("the app's next code");
    knock(Some(code)).expect("a backup code");
    assert_eq!(knock(Some(code)).unwrap_err().kind, Kind::InvalidOtpCode);
}

#[test]
fn the_key_of_sample_people_lies_with_them_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let mut pty = Start::program(ROLLBOOK)
        .env("ROLLBOOK_KEY", key.to_str().unwrap())
        .env("TMPDIR", folder.path().to_str().unwrap())
        .args(["demo"])
        .go();
    pty.wait_for("newest first");
    pty.keys("j");
    pty.wait_for("factor on");
    assert!(!key.exists());
    let inside = std::fs::read_dir(folder.path()).unwrap().next().expect("the sample people's folder").unwrap().path();
    assert!(inside.join("key").exists());
    pty.keys("q");
    pty.ends_with(0);
    assert!(!inside.exists());
}

#[test]
fn a_console_that_is_ended_while_it_shows_a_qr_code_leaves_none() {
    let (folder, db) = people::three();
    let key = folder.path().join("key");
    let mut pty = Start::console(&db).env("ROLLBOOK_KEY", key.to_str().unwrap()).go();
    pty.wait_for("cleo");
    pty.keys("G");
    pty.wait_until("anna", |screen| screen.contents().contains("─ anna ─"));
    pty.keys("t");
    pty.wait_for("no tokens");
    pty.keys("e");
    pty.wait_until("a QR code", |screen| scanned(screen).is_some());
    pty.kill(Signal::TERM);
    pty.ends_by("Terminated");
    pty.is_restored();
    pty.left_nothing_of(&["▀", "▄", "█", "anna"]);
}
