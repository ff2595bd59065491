//! A second factor turned on at the console: the picture is read by a program, as a phone would read it.

use ratatui::style::Color;

use rollbook::accounts::seal::Slot;
use rollbook::accounts::user::Edit;
use rollbook::accounts::{Actor, Kind, Login, Secret, Span, base32, totp};
use rollbook::console::effect::Event;
use rollbook::console::theme::Theme;

use crate::stage::{PASSWORD, Stage};

/// The text of the QR code on the screen, if a camera would find one: blocks in the colour of the text, everything
/// else in that of the background. A terminal without colours is taken for a dark one.
fn scanned(stage: &Stage) -> Option<String> {
    const SCALE: usize = 4;
    let buffer = stage.buffer();
    let half = |x: u16, y: u16, lower: bool| {
        let cell = &buffer[(x, y)];
        let fore = match cell.symbol() {
            "█" | "#" => true,
            "▀" => !lower,
            "▄" => lower,
            _ => false,
        };
        match (fore, cell.fg, cell.bg) {
            (true, Color::Black, _) => 0,
            (true, ..) => 255,
            (false, _, Color::White) => 255,
            (false, ..) => 0,
        }
    };
    // A cell is twice as high as it is wide.
    let (wide, high) = (usize::from(buffer.area.width) * SCALE, usize::from(buffer.area.height) * 2 * SCALE);
    let pixel = |x: usize, y: usize| half((x / SCALE) as u16, (y / SCALE / 2) as u16, y / SCALE % 2 == 1);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(wide, high, pixel);
    let grids = image.detect_grids();
    grids.first().and_then(|grid| grid.decode().ok()).map(|(_, text)| text)
}

fn secret_of(uri: &str) -> String {
    uri.split("secret=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

fn code(stage: &Stage, secret: &str, later: i64) -> String {
    totp::code(&base32::decode(secret).unwrap(), totp::step(stage.now()) + later)
}

fn log_in(stage: &mut Stage, name: &str, code: Option<&str>) -> Result<(), Kind> {
    let before = stage.db().act_as(Actor::Service("web".into()));
    let password = Secret::from(PASSWORD);
    let login = Login { name, password: Some(&password), code, ..Login::default() };
    let outcome = stage.db().log_in(&login).map(drop).map_err(|error| error.kind);
    stage.db().act_as(before);
    outcome
}

/// The backup codes on the screen.
fn codes_on(stage: &Stage) -> Vec<String> {
    let screen = stage.screen();
    let is_code = |word: &&str| word.len() == 29 && word.split('-').all(|group| group.len() == 4);
    screen.split_whitespace().filter(is_code).map(str::to_owned).collect()
}

/// Turns ann's second factor on; answers with its secret and the codes, which are still on the screen.
fn enrolled(stage: &mut Stage) -> (String, Vec<String>) {
    stage.press("te");
    let secret = secret_of(&scanned(stage).expect("a QR code on the screen"));
    let typed = code(stage, &secret, 0);
    stage.press(&typed).press("<enter>").shows("Backup codes, shown once");
    let codes = codes_on(stage);
    (secret, codes)
}

#[test]
fn turn_on_shows_a_code_that_a_camera_reads_and_its_code_lets_in() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("t").says("e turn on").press("e").shows("Second factor of ann").shows("Nothing is stored");
    let uri = scanned(&stage).expect("a QR code on the screen");
    let secret = secret_of(&uri);
    assert_eq!(uri, format!("otpauth://totp/Rollbook:ann?secret={secret}&issuer=Rollbook"));
    let spelled: String = stage.line_with(&secret[..4]).chars().filter(char::is_ascii_alphanumeric).collect();
    assert!(secret.starts_with(&spelled[spelled.find(&secret[..4]).unwrap()..][..16]), "{spelled}");
    assert!(!stage.db().find("ann").unwrap().factor, "not before a code confirms it");
    let typed = code(&stage, &secret, 0);
    stage.press(&typed).shows(&typed).press("<enter>").shows("Backup codes, shown once");
    let codes = codes_on(&stage);
    assert_eq!(codes.len(), 10, "{}", stage.screen());
    assert_eq!(log_in(&mut stage, "ann", None), Err(Kind::MissingOtpCode));
    assert_eq!(log_in(&mut stage, "ann", Some(&typed)), Err(Kind::InvalidOtpCode), "it was taken to confirm");
    let next = code(&stage, &secret, 1);
    assert_eq!(log_in(&mut stage, "ann", Some(&next)), Ok(()));
    assert_eq!(log_in(&mut stage, "ann", Some(&codes[3])), Ok(()));
    stage.press("<enter>").shows(&codes[0]); // too early: they would never be seen again
    stage.wait(Span::SECOND.times(2)).press("<enter>").hides(&codes[0]).shows("second factor  on");
    stage.says("e").press("<esc>z").says("cannot be taken back");
    stage.press("<esc>:messages<enter>").hides(&secret[..8]).hides(&codes[0][..9]);
}

#[test]
fn turn_on_is_readable_in_every_theme_and_in_ascii() {
    for theme in Theme::ALL {
        for ascii in [false, true] {
            let change = |setup: &mut rollbook::console::model::Setup| (setup.theme, setup.ascii) = (theme, ascii);
            let mut stage = Stage::set_up(120, 50, change, |_| {});
            stage.register("ann");
            stage.moved().press("te");
            let read = scanned(&stage);
            assert!(read.is_some_and(|uri| uri.starts_with("otpauth://totp/Rollbook:ann?")), "{theme:?} {ascii}");
            assert_eq!(stage.screen().is_ascii(), ascii);
        }
    }
}

#[test]
fn turn_on_fits_a_small_terminal_or_says_what_is_needed() {
    let mut stage = Stage::with(80, 24, |_| {});
    stage.register("alice.liddell@example.org");
    stage.moved().press("te").shows("Code").says("made the key").press("1<bs>").says("Esc forgets it");
    let uri = scanned(&stage).expect("a QR code on 80×24");
    stage.event(Event::Resize(60, 15)).shows("The QR code needs a screen of 80×").shows("Code");
    assert!(scanned(&stage).is_none());
    let secret = secret_of(&uri);
    let groups: Vec<&str> = (0..8).map(|i| &secret[i * 4..][..4]).collect();
    stage.shows(&groups[..4].join(" ")).shows(&groups[4..].join(" "));
    let typed = code(&stage, &secret, 0);
    stage.press(&typed).press("<enter>").shows("Backup codes, shown once");
    assert_eq!(codes_on(&stage).len(), 10, "{}", stage.screen());
}

#[test]
fn turn_on_keeps_the_secret_after_a_wrong_code() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("te");
    let secret = secret_of(&scanned(&stage).unwrap());
    stage.press("12<enter>").shows("6 digits are needed");
    let wrong = code(&stage, &secret, 40);
    stage.press("<c-u>x-").press(&wrong).press("<enter>").shows("code is wrong").shows("Second factor of ann");
    assert!(!stage.db().find("ann").unwrap().factor);
    assert_eq!(secret_of(&scanned(&stage).unwrap()), secret);
    let right = code(&stage, &secret, 0);
    stage.event(Event::Paste(format!("{} {}\n", &right[..3], &right[3..]).into()));
    stage.shows(&right).press("<enter>").shows("Backup codes, shown once");
}

#[test]
fn turn_on_that_is_left_stores_nothing_and_another_time_is_another_secret() {
    let mut stage = Stage::people(&["ann"]);
    let mut seen = Vec::new();
    for way in ["<esc>", "q", "<c-c>"] {
        stage.press("te");
        seen.push(scanned(&stage).unwrap());
        stage.press(way).shows("second factor  off").press("<esc>");
    }
    seen.dedup();
    assert_eq!(seen.len(), 3);
    let deeds: Vec<String> = stage.db().audit(None, None, 9).unwrap().into_iter().map(|entry| entry.deed).collect();
    assert!(deeds.iter().all(|deed| !deed.contains("factor")), "{deeds:?}");
}

#[test]
fn turn_on_is_not_shown_to_somebody_who_has_gone_on() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("t");
    stage.holding = true;
    stage.press("e<esc>jt").release();
    stage.shows("tokens of ann").hides("Second factor of bob");
    assert!(scanned(&stage).is_none());
}

#[test]
fn turn_on_goes_on_after_somebody_else_has_changed_the_person() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("te");
    let secret = secret_of(&scanned(&stage).unwrap());
    let id = stage.id("ann");
    stage.db().edit(&id, None, Edit { note: Some(Some("hers".into())), ..Default::default() }).unwrap();
    let typed = code(&stage, &secret, 0);
    stage.press(&typed).press("<enter>").shows("has changed").press("<enter>").shows("Backup codes, shown once");
}

#[test]
fn turn_on_without_the_key_of_the_others_names_the_file_and_the_people() {
    let mut stage = Stage::people(&["bob", "ann"]);
    enrolled(&mut stage);
    let held = stage.ring.bytes(Slot::Present);
    stage.ring.lose();
    stage.wait(Span::SECOND.times(2)).press("<enter><esc>jte").says("1 person has").says("/memory/key");
    assert!(scanned(&stage).is_none());
    stage.ring.put(Slot::Present, held);
    stage.press("e").shows("Second factor of bob");
}

#[test]
fn turn_on_says_where_the_first_key_was_made() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("te").says("made the key of the second factors: /memory/key");
}

#[test]
fn turn_on_copies_secret_and_uri_and_says_neither() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("te");
    let uri = scanned(&stage).unwrap();
    stage.press("c").shows("┌ Copy").press("u").says("sent to your terminal's clipboard, if it takes OSC 52");
    stage.press("cs");
    assert_eq!(stage.copied, [uri.clone(), secret_of(&uri)]);
    assert!(stage.model.messages.iter().all(|(_, text)| !text.contains(&secret_of(&uri))));
}

#[test]
fn turn_on_is_refused_where_a_factor_is_on() {
    let mut stage = Stage::people(&["ann"]);
    enrolled(&mut stage);
    stage.wait(Span::SECOND.times(2)).press("<enter>").says("b new codes");
    assert!(!stage.last_line().contains("turn on"), "{}", stage.last_line());
    stage.press("e").says("\"ann\" has a second factor; b makes new backup codes");
}

#[test]
fn new_codes_take_the_place_of_the_old_ones() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("tb").says("\"ann\" has no second factor").press("<esc>");
    let (_, old) = enrolled(&mut stage);
    stage.wait(Span::SECOND.times(2)).press("<enter>b").shows("New backup codes for ann?").moment().press("<enter>");
    assert_eq!(log_in(&mut stage, "ann", Some(&old[0])), Ok(()), "nothing was made by looking at the question");
    stage.moved().press("b").moment().press("y").shows("Backup codes, shown once").press("c");
    let new = codes_on(&stage);
    assert_eq!(stage.copied.last().unwrap().lines().count(), 10);
    assert_eq!(log_in(&mut stage, "ann", Some(&old[1])), Err(Kind::InvalidOtpCode));
    assert_eq!(log_in(&mut stage, "ann", Some(&new[0])), Ok(()));
    stage.wait(Span::SECOND.times(2)).press("<esc>").moved().shows("9 backup codes left");
}

#[test]
fn keys_are_told_in_the_dialog_of_factor_and_tokens() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("t").says("n new token").says("e turn on").says("Esc closes").says("? keys");
    assert!(!stage.last_line().contains("turn off"), "what would do nothing is not told: {}", stage.last_line());
    stage
        .press("?")
        .shows("Keys here")
        .shows("create an API token")
        .press("turn off")
        .shows("dim: \"ann\" has no second");
    stage.press("<enter>").says("\"ann\" has no second factor").press("?new tok<enter>").shows("New token for ann");
    stage.press("<esc><esc>t").press("e").press("?").shows("Keys here").press("<esc>").shows("Second factor of ann");
}

#[test]
fn why_names_a_code_that_was_taken_while_the_clock_ran_ahead() {
    let mut stage = Stage::people(&["ann"]);
    let (secret, _) = enrolled(&mut stage);
    stage.clock.advance(Span::HOUR);
    let ahead = code(&stage, &secret, 0);
    assert_eq!(log_in(&mut stage, "ann", Some(&ahead)), Ok(()));
    stage.clock.advance(Span::from_millis(-Span::HOUR.millis()));
    stage.wait(Span::SECOND.times(2)).press("<enter><esc>").moved().press("w");
    stage.shows("refused until 2026-11-21T17:").shows("t  a backup code lets them in");
    stage.press("t").shows("second factor  on");
}

#[test]
fn turn_on_says_before_and_after_how_many_sessions_it_ends() {
    for (columns, rows) in [(120, 40), (80, 24), (60, 15)] {
        let mut stage = Stage::with(columns, rows, |_| {});
        stage.register("ann");
        stage.log_in("ann", "phone");
        stage.log_in("ann", "desk");
        stage.moved().press("te").shows("logs out 2 sessions for good").shows("Code");
        let id = stage.id("ann");
        let secret = match scanned(&stage) {
            Some(uri) => secret_of(&uri),
            None => {
                let screen = stage.screen();
                let letters = |word: &&str| word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
                screen.split_whitespace().filter(|word| word.len() == 4).filter(letters).collect()
            }
        };
        let typed = code(&stage, &secret, 0);
        stage.press(&typed).press("<enter>").shows("Backup codes, shown once").wait(Span::SECOND.times(2));
        let said = &stage.model.messages.iter().next().unwrap().1;
        assert!(said.contains("the second factor of ann is on · 2 sessions ended"), "{said}");
        assert_eq!(stage.db().get(&id, None).unwrap().sessions, 0);
    }
    let mut stage = Stage::people(&["ann"]);
    stage.press("te").hides("opened without it");
}
