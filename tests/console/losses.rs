//! Dialogs and messages tell what a change takes for good, with counts and names.

use rollbook::accounts::Span;
use rollbook::accounts::time::Until;
use rollbook::console::effect::Event;

use crate::others::with_sessions;
use crate::stage::Stage;

/// ann has two sessions, two API tokens and an open reset code; she is under the cursor.
fn ann_with_everything() -> Stage {
    let (mut stage, _) = with_sessions(&["ann"], &[("ann", "firefox"), ("ann", "phone app")]);
    let id = stage.id("ann");
    for name in ["ci", "deploy"] {
        stage.db().create_token(&id, Some(name), Until::Never).unwrap();
    }
    stage.db().issue_reset(&id).unwrap();
    stage.moved();
    stage
}

const SESSIONS: &str = "logs out 2 sessions (phone app, firefox)";
const TOKENS: &str = "revokes 2 API tokens (deploy, ci)";
const RESETS: &str = "voids 1 reset code";

#[test]
fn delete_tells_what_is_lost_for_good_and_undo_what_it_does_not_restore() {
    for size in [(120, 40), (80, 24), (60, 15)] {
        let mut stage = ann_with_everything();
        stage.event(Event::Resize(size.0, size.1)).press("d").shows("for good: ").shows("can be restored until");
        stage.shows(SESSIONS).shows(TOKENS).shows(RESETS);
        stage.event(Event::Resize(160, 40)).moment().press("y");
        stage.says("lost for good: 2 sessions (phone app, firefox), 2 API tokens (deploy, ci), 1 reset code");
        stage.event(Event::Resize(200, 40)).press("z").moment();
        stage
            .shows("not restored: 2 sessions (phone app, firefox), 2 API")
            .shows("tokens (deploy, ci), 1 reset code")
            .press("y");
        stage.says("not restored: 2 sessions (phone app, firefox), 2 API tokens (deploy, ci), 1 reset code");
        let id = stage.id("ann");
        // The password is not lost by a deletion.
        let has = stage.db().exposure(&id).unwrap();
        assert_eq!((has.sessions, has.tokens, has.resets, has.passwords), (0, 0, 0, 1));
    }
}

#[test]
fn deactivate_tells_the_sessions_and_undo_at_once_does_too() {
    let mut stage = ann_with_everything();
    stage.press("i").shows("for good: logs out 2 sessions (phone app, firefox)").hides("revokes").press("<enter>");
    stage.says("ann is inactive · z activates again · lost for good: 2 sessions (phone app, firefox)");
    stage.press("z").says("ann is active again · not restored: 2 sessions (phone app, firefox)");
}

#[test]
fn contain_and_log_out_all_and_a_new_password_tell_what_is_lost() {
    let mut stage = ann_with_everything();
    stage.press("!").shows(SESSIONS).shows(TOKENS).shows(RESETS).moment().press("<esc>");
    stage.press("X").shows("for good: logs out 2 sessions (phone app, firefox)").moment().press("<esc>");
    stage.press("p").shows("using the code, for good: logs out 2 sessions").shows("voids 1 reset code");
    stage.press("<space>").shows("for good: logs out 2 sessions");
}

#[test]
fn a_user_without_anything_loses_nothing() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("d").shows("nothing is lost for good").press("<esc>").press("i").shows("nothing is lost for good");
}

#[test]
fn the_question_about_many_tells_what_is_lost_and_the_undo_what_is_not_restored() {
    let mut stage = ann_with_everything();
    stage.event(Event::Resize(200, 40));
    stage.press(" d").shows("for good logs out 2 sessions (phone app, firefox)").shows(TOKENS).shows(RESETS);
    stage
        .moment()
        .press("y")
        .says("1 user deleted · z takes it back · lost for good: 2 sessions (phone app, firefox), 2 API tokens");
    stage.press("z").says("not restored: 2 sessions (phone app, firefox), 2 API tokens (deploy, ci), 1 reset code");
    let mut stage = ann_with_everything();
    stage.press(" i<enter>").shows("for good logs out 2 sessions").hides("revokes");
    stage.shows("2 API tokens stop working while inactive");
}

#[test]
fn an_undo_that_logs_out_tells_it() {
    let mut stage = Stage::people(&["ann"]);
    stage.create(crate::others::draft("zoe", |draft| draft.pending = true));
    stage.moved().press("ga").says("zoe is active");
    stage.log_in("zoe", "firefox");
    stage.moved().press("z").says("zoe is pending now again · lost for good: 1 session (firefox)");
}

#[test]
fn the_question_about_stale_users_says_which_dates_count() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.wait(Span::DAY.times(100)).moved().press("fs").shows("/is:stale").press("* i<enter>");
    stage.shows("dates").shows("is:stale counts the later of last login and");
}
