//! Somebody's password: a code that is shown once, or one set now; and that no secret is ever on the screen.

use rollbook::accounts::{Secret, Span};

use crate::others::with_sessions;
use crate::stage::{PASSWORD, Stage};

const OTHER: &str = "seven purple elephants";

fn code_on(stage: &Stage) -> String {
    let line = stage.line_with("rbr_");
    let word = line.split_whitespace().find(|word| word.starts_with("rbr_")).unwrap();
    word.trim_end_matches('│').to_owned()
}

/// The form with the password being set now, the cursor in the field.
fn setting(stage: &mut Stage) -> &mut Stage {
    stage.press("p<space><tab>")
}

#[test]
fn password_by_code_is_shown_once_and_redeemed_out_of_band() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("p").shows("Password of ann").shows("a code can be used once, for 1h").press("<tab><enter>");
    stage.shows("Reset code, shown once").shows("for ann, until 17:01").shows("a reset code for ann was issued");
    let code = code_on(&stage);
    stage.wait(Span::SECOND).press("<enter>").hides(&code).hides("rbr_");
    stage.press(":messages<enter>").shows("a reset code for ann was issued").hides("rbr_");
    assert!(stage.copied.is_empty());
    stage.db().complete_reset(&Secret::from(code.as_str()), &Secret::from(OTHER)).unwrap();
    assert!(stage.lets_in("ann", OTHER));
}

#[test]
fn password_by_code_is_copied_by_c_and_forgotten_by_any_way_out() {
    for out in ["<enter>", "<esc>", "q", "<c-c>"] {
        let mut stage = Stage::people(&["ann"]);
        stage.press("p<tab><enter>");
        let code = code_on(&stage);
        stage.press("c").shows(&code).says("sent to your terminal's clipboard");
        assert!(!stage.last_line().contains("rbr_"), "{}", stage.last_line());
        assert_eq!(stage.copied.join(" "), code);
        stage.wait(Span::SECOND).press(out).hides("rbr_").hides("shown once");
        stage.press("p<esc>:messages<enter>").hides("rbr_");
        assert!(!stage.model.done, "{out}");
    }
}

#[test]
fn password_by_code_says_whose_sessions_its_use_ends() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "phone"), ("ann", "laptop")]);
    stage.press("p").shows("using the code, for good: logs out 2 sessions").press("<tab><enter>");
    assert!(stage.db().check(&tokens[0]).is_ok(), "issuing ends nothing");
}

#[test]
fn password_set_now_lets_in_with_the_new_one_and_ends_the_sessions() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "phone"), ("ann", "laptop")]);
    setting(&mut stage).press(OTHER).shows("good").press("<enter>");
    stage.says("ann has a new password · lost for good: 2 sessions (laptop, phone)");
    assert!(stage.lets_in("ann", OTHER) && !stage.lets_in("ann", PASSWORD));
    assert!(tokens.iter().all(|token| stage.db().check(token).is_err()));
}

#[test]
fn password_that_is_weak_is_refused_beneath_its_field_and_nothing_is_lost() {
    let mut stage = Stage::people(&["ann"]);
    setting(&mut stage).press("short").shows("5 of 15 characters").press("<enter>");
    stage.shows("Password of ann").shows("5 of 15 characters").shows("•••••").hides("••••••");
    assert!(stage.model.orders.is_empty());
    stage.press(" but then longer").hides("of 15 characters").press("<enter>").says("ann has a new password");
    assert!(stage.lets_in("ann", "short but then longer"));
}

#[test]
fn password_form_tells_the_verdict_as_one_types() {
    let mut stage = Stage::people(&["ann.liddell"]);
    setting(&mut stage).shows("15 or more characters · Ctrl-G makes one");
    for (typed, verdict) in [
        ("abc", "3 of 15 characters"),
        ("abcabcabcabcabcabc", "a short or common piece, repeated"),
        ("ann.liddellann.liddell", "made of"),
        (OTHER, "good"),
    ] {
        stage.press("<c-u>").press(typed).shows(verdict);
    }
}

#[test]
fn password_is_refused_when_the_row_has_moved_on_and_nothing_is_lost() {
    let mut stage = Stage::people(&["ann"]);
    setting(&mut stage).press(OTHER);
    let id = stage.id("ann");
    stage.elsewhere(|accounts| accounts.deactivate(&id, None)).unwrap();
    stage.press("<enter>").shows("Password of ann").shows("\"ann\" has changed: deactivated by \"bob\"");
    stage.shows(&"•".repeat(OTHER.len()));
    assert!(!stage.lets_in("ann", OTHER));
}

#[test]
fn show_toggles_between_dots_and_letters() {
    let mut stage = Stage::people(&["ann"]);
    setting(&mut stage).press("hunter").shows("••••••  ").shows("Ctrl-T shows").hides("hunter");
    stage.press("<c-t>").shows("hunter").shows("Ctrl-T hides").press("2").shows("hunter2");
    stage.press("<c-t>").hides("hunter").shows("•••••••");
}

#[test]
fn make_one_puts_a_passphrase_into_the_field_and_shows_it() {
    let mut stage = Stage::people(&["ann"]);
    setting(&mut stage).press("<c-g>").shows("good").shows("Ctrl-T hides");
    let line = stage.line_with("Ctrl-T hides");
    let made = line.split_whitespace().find(|word| word.matches('-').count() == 3).unwrap().to_owned();
    stage.press("<enter>").says("ann has a new password").shows("Password, shown once").shows("for ann").shows(&made);
    assert!(stage.lets_in("ann", &made));
    stage.wait(Span::SECOND).press("<enter>").hides(&made);
    stage.press(":messages<enter>").hides(&made);
    setting(stage.press("<esc>")).press("<c-g>").hides(&made);
}

#[test]
fn make_one_works_for_a_new_user_too() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("nalina<tab><tab><tab><c-g>").shows("good");
    let line = stage.line_with("Ctrl-T hides");
    let made = line.split_whitespace().find(|word| word.matches('-').count() == 3).unwrap().to_owned();
    stage.press("<tab><tab><tab><tab><enter>").says("alina created").shows("Password, shown once");
    stage.shows("for alina").shows(&made);
    assert!(stage.lets_in("alina", &made));
    stage.wait(Span::SECOND).press("<esc>").hides(&made).hides("shown once").press(":messages<enter>").hides(&made);
}

/// Every stretch of four letters of a secret that stands nowhere else on the screen.
#[track_caller]
fn keeps(stage: &Stage, secret: &str) {
    let screen = stage.screen();
    let letters: Vec<char> = secret.chars().collect();
    for piece in letters.windows(4).map(|piece| piece.iter().collect::<String>()) {
        assert!(!screen.contains(&piece), "{piece:?} of the secret is on the screen\n{screen}");
    }
}

const QUIET: &str = "ZQXJKVWYZQBXKJWVQ";

#[test]
fn a_password_being_set_is_at_no_moment_on_the_screen() {
    let mut stage = Stage::people(&["ann"]);
    setting(&mut stage);
    for c in QUIET.chars() {
        stage.press(&c.to_string());
        keeps(&stage, QUIET);
    }
    for keys in
        ["<tab>", "<tab>", "<tab>", "<tab>", "<enter>", "j", ":", "messages", "<enter>", "<esc>", "?", "<esc>", "w"]
    {
        stage.press(keys);
        keeps(&stage, QUIET);
    }
    assert!(stage.lets_in("ann", QUIET));
    assert!(stage.copied.is_empty());
}

#[test]
fn the_password_of_a_new_user_is_at_no_moment_on_the_screen() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("nann<tab><tab><tab>");
    for c in QUIET.chars() {
        stage.press(&c.to_string());
        keeps(&stage, QUIET);
    }
    // Refused once for the name, then created.
    for keys in
        ["<enter>", "<enter>", "<enter>", "<enter>", "a", "<s-tab><s-tab>", "<enter>", ":messages<enter>", "<esc>"]
    {
        stage.press(keys);
        keeps(&stage, QUIET);
    }
    assert!(stage.lets_in("anna", QUIET), "{}", stage.screen());
}

#[test]
fn a_pasted_password_is_not_on_the_screen_either() {
    let mut stage = Stage::people(&["ann"]);
    setting(&mut stage).event(rollbook::console::effect::Event::Paste(format!("{QUIET}\n").into()));
    keeps(&stage, QUIET);
    assert!(!stage.model.layers.is_empty(), "a paste never accepts");
    stage.press("<enter>").says("ann has a new password");
    assert!(stage.lets_in("ann", QUIET));
}

#[test]
fn show_is_over_when_the_form_is() {
    let mut stage = Stage::people(&["ann"]);
    setting(&mut stage).press("<c-t>").press(QUIET).shows(QUIET).press("<esc><esc>").hides("Password of ann");
    keeps(&stage, QUIET);
    setting(&mut stage);
    keeps(&stage, QUIET);
}

#[test]
fn a_secret_shown_once_stays_a_second_whatever_is_pressed() {
    for keys in ["p<tab><enter>", "p<space><tab><c-g><enter>"] {
        let mut stage = Stage::people(&["ann"]);
        stage.press(keys).shows("shown once");
        for key in ["<enter>", "<esc>", "q", "y", "j", "<tab>", "<c-c>"] {
            stage.press(key).shows("shown once");
        }
        stage.wait(Span::from_millis(999)).press("<enter><esc>").shows("shown once");
        stage.wait(Span::from_millis(1)).press("<enter>").hides("shown once");
    }
}

#[test]
fn a_password_that_was_made_is_copied_by_c() {
    let mut stage = Stage::people(&["ann"]);
    setting(&mut stage).press("<c-g><enter>").shows("c copies").press("c").says("sent to your terminal's clipboard");
    let made = stage.copied.pop().unwrap();
    stage.shows(&made);
    assert!(!stage.last_line().contains(&made) && stage.lets_in("ann", &made));
}

#[test]
fn a_password_that_was_typed_or_changed_is_shown_nowhere() {
    let mut stage = Stage::people(&["ann"]);
    setting(&mut stage).press("<c-g>x<enter>").says("ann has a new password").hides("shown once");
    setting(&mut stage).press("<c-g><c-u>").press(OTHER).press("<enter>").hides("shown once").hides(OTHER);
    assert!(stage.lets_in("ann", OTHER));
}
