//! What lies over the panes: questions, menus, why, help, palette, messages, copies.

use rollbook::accounts::user::{Edit, Status};
use rollbook::accounts::{Secret, Span};
use rollbook::console::action::Action;

use crate::others::{draft, with_sessions};
use crate::stage::{PASSWORD, Stage};

#[test]
fn yes_is_the_only_letter_that_accepts() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("d").moment().press("Yabcdefgxz").shows("Delete ann?");
    assert!(!stage.is_gone("ann"));
    stage.press("y").says("ann is deleted");
}

#[test]
fn keys_typed_ahead_into_a_fresh_question_are_dropped() {
    for ahead in ["y", "<tab><enter>", "<enter>", "n", "<esc>"] {
        let mut stage = Stage::people(&["ann"]);
        stage.press("d").press(ahead).wait(Span::from_millis(249)).press(ahead).shows("Delete ann?");
        assert!(!stage.is_gone("ann"), "{ahead}");
        stage.wait(Span::from_millis(1)).press("<enter>").hides("Delete ann?");
        assert!(!stage.is_gone("ann"), "what was typed ahead of the question has moved to yes: {ahead}");
    }
}

#[test]
fn a_question_can_be_answered_after_a_quarter_of_a_second() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("d").wait(Span::from_millis(250)).press("y").says("ann is deleted");
}

#[test]
fn what_was_asked_is_refused_if_the_person_changed_meanwhile() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("d");
    stage.edit_elsewhere("ann", Edit { note: Some(Some("keep her".into())), ..Default::default() });
    stage.moment().press("y").says("\"ann\" has changed: edited by \"bob\"");
    assert!(!stage.is_gone("ann"));
}

#[test]
fn why_names_the_pending_and_a_activates_from_there() {
    let mut stage = Stage::people(&["ann"]);
    stage.create(draft("alina", |draft| draft.pending = true));
    stage.moved().press("gw").shows("alina CANNOT LOG IN").shows("registered, never activated").shows("a  activates");
    stage.press("a").says("alina is active").hides("CANNOT LOG IN");
}

#[test]
fn why_names_the_inactive_with_reason_and_by_whom() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("ileft the project<enter>").wait(Span::HOUR).press("w");
    stage
        .shows("inactive, by root: \"left the project\", 1 h ago")
        .shows("a  activates")
        .shows("rollbook user activate ann");
    stage.press("a").says("ann is active");
}

#[test]
fn why_names_the_end_date_and_e_edits_it_from_there() {
    let mut stage = Stage::people(&["ann"]);
    let past = stage.now().minus(Span::DAY);
    stage.edit_elsewhere("ann", Edit { valid_until: Some(Some(past)), ..Default::default() });
    stage.press("w").shows("the end date has passed, 1 d ago").shows("e  edits the end date");
    stage.press("e").shows("Edit ann").press("<s-tab><s-tab><s-tab><c-u><enter>").shows("CAN LOG IN").hides("CANNOT");
}

#[test]
fn why_names_the_deleted_and_a_restores_from_there() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("d").moment().press("y").press("fdw").shows("1  deleted, just now").shows("a  restores");
    stage.press("a").says("bob is back");
}

#[test]
fn why_names_the_missing_password_and_p_cures_it_from_there() {
    let mut stage = Stage::new(|accounts| {
        accounts.create_user(draft("ann", |_| {}), None).unwrap();
    });
    stage.press("w").shows("no password is set").shows("p  issues a code, or sets a password");
    stage
        .press("p")
        .shows("Password of ann")
        .press("<space><tab>")
        .press(PASSWORD)
        .press("<enter>")
        .shows("CAN LOG IN");
}

#[test]
fn why_names_several_reasons_what_blocks_first_on_top() {
    let mut stage = Stage::people(&["ann", "bob"]);
    let past = stage.now().minus(Span::DAY);
    stage.edit_elsewhere("bob", Edit { valid_until: Some(Some(past)), ..Default::default() });
    stage.press("i<enter>").press("d").moment().press("y").press("fdw");
    stage.in_rows(&["1  deleted", "2  inactive", "3  the end date has passed", "fine: password set"]);
}

#[test]
fn why_says_that_all_is_fine_where_it_is() {
    let mut stage = Stage::people(&["ann"]);
    stage
        .press("w")
        .shows("ann CAN LOG IN")
        .shows("A right password lets them in.")
        .shows("fine: not deleted · active");
    stage.press("i").shows("A right password");
    assert_eq!(stage.status("ann"), Status::Active, "a key that cures nothing does nothing there");
    stage.press("q").hides("A right password");
    assert!(!stage.model.done);
}

#[test]
fn copy_offers_what_is_there_and_shows_what_it_sent() {
    let mut stage = Stage::people(&["ann"]);
    stage.edit_elsewhere("ann", Edit { email: Some(Some("ann@example.org".into())), ..Default::default() });
    let id = stage.id("ann").to_string();
    for (letter, value) in [("n", "ann"), ("i", id.as_str()), ("e", "ann@example.org"), ("w", "rollbook user why ann")]
    {
        stage.press("c").shows("Copy").press(letter).hides("┌ Copy");
        stage.says(&format!("sent to your terminal's clipboard: {value}"));
        assert_eq!(stage.copied.pop().as_deref(), Some(value));
    }
    stage.press("cj<enter>");
    assert_eq!(stage.copied.pop(), Some(id));
    stage.press("c<esc>");
    assert!(stage.copied.is_empty());
}

#[test]
fn copy_offers_the_command_that_logs_the_session_out() {
    let (mut stage, _) = with_sessions(&["ann"], &[("ann", "phone")]);
    let id = stage.press("x").model.session().unwrap().id.as_str().to_owned();
    stage.press("cx");
    assert_eq!(stage.copied, [format!("rollbook session logout {id}")]);
}

#[test]
fn keys_lists_what_has_a_key_here_and_enter_runs_it() {
    let mut stage = Stage::people(&["ann", "bob"]);
    for key in ["?", "<f1>"] {
        stage.press(key).shows("Keys here").shows("keep this person out").press("<esc>").hides("Keys here");
    }
    stage.press("?deact").shows("user deactivate").press("<enter>").shows("Deactivate bob");
}

#[test]
fn keys_dims_what_does_nothing_now_and_says_why() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("?undo").shows("dim: nothing to undo").press("<enter>").says("nothing to undo").hides("Keys here");
    stage.press("?activate").shows("dim: \"ann\" is already active").press("<esc>");
    stage.press("?edit");
    assert!(!stage.screen().contains("dim:"));
    let lit = stage.style_of("name, e-mail");
    stage.press("<esc>?keep this");
    assert_eq!(stage.style_of("keep this person"), lit);
}

#[test]
fn keys_moves_through_its_lines() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("?page<down><enter>");
    stage.hides("Keys here").press("?<pgdn><pgup><enter>").hides("Keys here");
}

#[test]
fn all_finds_an_action_by_a_few_letters_and_runs_it() {
    let mut stage = Stage::people(&["ann", "bob"]);
    for (typed, shown) in [(":rev", "oldest first"), ("<c-p>reverse", "newest first"), (":edt", "Edit bob")] {
        stage.press(typed).shows("All actions").press("<enter>").hides("All actions").shows(shown);
    }
}

#[test]
fn all_shows_key_and_command() {
    let mut stage = Stage::people(&["ann"]);
    stage.press(":password").shows("rollbook reset request");
    assert!(stage.line_with("issue a reset code").contains(" p "), "{}", stage.screen());
    stage.press("<c-u>xyzzy").shows("no such action").press("<enter><esc>").hides("All actions");
}

#[test]
fn all_lists_nothing_that_does_nothing_anywhere_in_the_panes() {
    let mut stage = Stage::people(&["ann"]);
    for word in [Action::Accept, Action::Yes, Action::NextField, Action::Generate, Action::Show] {
        stage.press(":").press(word.about().help).shows("no such action").press("<esc>");
    }
}

#[test]
fn all_dims_with_the_reason() {
    Stage::people(&["ann"]).press(":upgrade").shows("dim: the schema is up to date");
}

#[test]
fn messages_keeps_what_was_said_with_its_time() {
    let mut stage = Stage::people(&["ann"]);
    stage.press(":messages<enter>").shows("nothing was said yet").press("<enter>");
    stage.press("i<enter>").wait(Span::MINUTE).press("z").press(":messages<enter>");
    stage.in_rows(&[
        "2026-11-21 16:02:00 UTC  taken back: ann is active again",
        "2026-11-21 16:01:00 UTC  ann is inactive",
    ]);
    stage.press("q").hides("Messages");
}

#[test]
fn messages_never_holds_a_secret() {
    let mut stage = Stage::people(&["ann"]);
    stage
        .press("p<tab><enter>")
        .press("c")
        .wait(Span::SECOND)
        .press("<enter>")
        .press("p<space><tab>")
        .press("quite another password<enter>");
    stage.press(":messages<enter>").hides("rbr_").hides("another password").shows("ann has a new password");
    assert!(stage.db().authenticate("ann", &Secret::from("quite another password"), None).is_ok());
}

#[test]
fn a_yes_before_the_question_can_have_been_read_is_answered() {
    for early in ["y", "<enter>"] {
        let mut stage = Stage::people(&["ann"]);
        stage.press("d").press(early).says("that came before it could be read: once more").shows("Delete ann?");
        stage.moment().press("y").says("ann is deleted");
    }
}

#[test]
fn copy_offers_the_command_of_the_last_change() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("c").hides("last change").press("<esc>");
    stage.press("igone<enter>").press("j").press("c").shows("command: last change").press("l");
    assert_eq!(stage.copied.pop().as_deref(), Some("rollbook user deactivate bob --reason gone"));
    stage.press("e<tab><tab>ops<tab><tab><tab><enter>").press("cl");
    assert_eq!(stage.copied.pop().as_deref(), Some("rollbook user edit ann --label ops"));
}

#[test]
fn the_last_line_names_the_keys_of_what_lies_on_top() {
    let mut stage = Stage::people(&["ann"]);
    for (open, said) in [("n", "Esc cancels"), ("d", "y yes"), ("f", "Esc closes"), ("w", "Esc closes"), (":", "Enter")]
    {
        stage.press(open).says(said);
        assert!(!stage.last_line().contains("deactivate"), "{open}: {}", stage.last_line());
        stage.moment().press("<esc>").says("i deactivate");
    }
}

#[test]
fn a_key_that_means_nothing_says_where_the_keys_are() {
    let mut stage = Stage::people(&["ann"]);
    for pane in ["", "<tab>", "<tab>", "2"] {
        stage.press(pane).press("m").says("no key m here · ? shows the keys");
    }
}
