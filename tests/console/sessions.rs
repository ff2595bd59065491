//! Sessions: ending one or all, the proof that it took effect.

use rollbook::accounts::session::Login;
use rollbook::accounts::time::Until;
use rollbook::accounts::user::Status;
use rollbook::accounts::{Secret, Span};
use rollbook::console::effect::Event;
use rollbook::console::layout::Pane;

use crate::others::with_sessions;
use crate::stage::{PASSWORD, Stage, keys};

#[test]
fn sessions_opens_from_users_and_from_the_details_and_logs_nobody_out() {
    for keys in ["x", "<s-tab>x"] {
        let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "firefox")]);
        stage.shows("x sessions").press(keys).shows("x log out");
        assert_eq!(stage.model.pane, Pane::Sessions, "{keys}");
        assert!(stage.db().check(&tokens[0]).is_ok() && stage.model.orders.is_empty(), "{keys}");
        stage.moment().press("x").says("firefox of ann ended · no attempt seen yet").shows("ended just now");
        assert!(stage.db().check(&tokens[0]).is_err());
    }
}

#[test]
fn sessions_pressed_twice_logs_nobody_out_at_any_size() {
    for size in [(120, 40), (80, 24), (60, 15)] {
        let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "firefox"), ("ann", "phone")]);
        stage.event(Event::Resize(size.0, size.1));
        stage.press("xx").says("nothing was logged out").says("press x again");
        stage.wait(Span::from_millis(300)).press("x").says("nothing was logged out");
        for _ in 0..40 {
            stage.wait(Span::from_millis(30)).press("x").says("nothing was logged out");
        }
        assert!(tokens.iter().all(|token| stage.db().check(token).is_ok()), "{size:?}");
        stage.moment().press("x").says("phone of ann ended");
        assert!(stage.db().check(&tokens[0]).is_ok() && stage.db().check(&tokens[1]).is_err(), "{size:?}");
    }
}

#[test]
fn log_out_waits_until_the_row_was_drawn_after_the_focus_moved() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "firefox")]);
    for into in ["x", "2"] {
        let [open, log_out] = [into, "x"].map(|key| Event::Key { key: keys(key)[0], burst: false });
        stage.take(open);
        stage.clock.advance(Span::SECOND.times(5));
        stage.take(log_out);
        assert!(stage.db().check(&tokens[0]).is_ok(), "{into}: no frame has shown the row since");
        stage.press("1");
    }
}

#[test]
fn log_out_typed_ahead_of_view_two_logs_nobody_out() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "firefox")]);
    stage.press("2x").says("nothing was logged out").moment().press("x").says("firefox of ann ended");
    assert!(stage.db().check(&tokens[0]).is_err());
}

#[test]
fn keys_that_act_at_once_wait_until_the_user_was_drawn_after_the_view_changed() {
    for view in ["2", "3"] {
        let (mut stage, _) = with_sessions(&["ann"], &[("ann", "firefox")]);
        stage.elsewhere(|accounts| {
            let id = accounts.find("ann").unwrap().id;
            accounts.deactivate(&id, None).unwrap();
        });
        stage.press(view).press("a").says("nothing was changed").says("press a again");
        assert_eq!(stage.status("ann"), Status::Inactive, "{view}");
        stage.moment().press("a");
        assert_eq!(stage.status("ann"), Status::Active, "{view}");
    }
    let mut stage = Stage::people(&["ann"]);
    let id = stage.id("ann");
    stage.elsewhere(|accounts| accounts.deactivate(&id, None)).unwrap();
    stage.press("<tab>a");
    assert_eq!(stage.status("ann"), Status::Active, "within a view the user under the cursor stays the same");
}

#[test]
fn log_out_of_a_session_that_never_expires_asks() {
    let mut stage = Stage::people(&["ann"]);
    let password = Secret::from(PASSWORD);
    let login = Login {
        name: "ann",
        password: Some(&password),
        client: Some("backup"),
        expires: Until::Never,
        ..Login::default()
    };
    let token = stage.db().log_in(&login).unwrap().token;
    stage.moved();
    for into in ["x", "2"] {
        stage.press(into).moment().press("x").shows("Log out backup of ann?").shows("never expires");
        assert!(stage.db().check(&token).is_ok() && stage.model.orders.is_empty());
        stage.moment().press("<enter>").hides("Log out backup");
        assert!(stage.db().check(&token).is_ok(), "Cancel has the focus");
        stage.press("1");
    }
    stage.press("x").moment().press("x").press("y").shows("Log out backup of ann?");
    stage.moment().press("y").says("backup of ann ended");
    assert!(stage.db().check(&token).is_err());
}

#[test]
fn sessions_opens_where_nothing_may_be_changed() {
    let mut stage = Stage::set_up(
        120,
        40,
        |setup| setup.read_only = true,
        |accounts| {
            let ann = rollbook::accounts::user::Draft::named("ann").unwrap();
            accounts.create_user(ann, Some(&Secret::from(PASSWORD))).unwrap();
        },
    );
    stage.log_in("ann", "firefox");
    stage.moved().press("x");
    assert_eq!(stage.model.pane, Pane::Sessions);
    stage.moment().press("x").says("the database was opened read-only");
}

#[test]
fn log_out_tells_when_the_service_was_refused() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "firefox")]);
    stage.press("x").moment().press("x");
    stage.wait(Span::MINUTE);
    for _ in 0..3 {
        assert!(stage.db().check(&tokens[0]).is_err());
    }
    stage.db().flush();
    stage.wait(Span::SECOND.times(2)).moved().says("firefox of ann ended · refused 3×, last 2 s ago");
    stage.press("j").hides("no attempt seen yet");
    assert!(!stage.last_line().contains("refused"), "the notice goes with the next key");
}

#[test]
fn log_out_with_several_sessions_ends_the_chosen_one() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "firefox"), ("ann", "phone")]);
    stage.press("x");
    assert!(tokens.iter().all(|token| stage.db().check(token).is_ok()));
    stage.press("j").moment();
    let chosen = stage.model.session().unwrap().client.clone().unwrap();
    stage.press("x").says(&format!("{chosen} of ann ended"));
    let live: Vec<bool> = tokens.iter().map(|token| stage.db().check(token).is_ok()).collect();
    assert_eq!(live, [chosen != "firefox", chosen != "phone"]);
}

#[test]
fn log_out_among_sessions_ends_the_one_under_the_cursor_and_stays_on_it() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "a1"), ("ann", "a2"), ("ann", "a3")]);
    stage.press("xj").moment().press("x").says("a2 of ann ended");
    assert_eq!(stage.model.session().unwrap().client.as_deref(), Some("a2"));
    let live: Vec<bool> = tokens.iter().map(|token| stage.db().check(token).is_ok()).collect();
    assert_eq!(live, [true, false, true]);
    stage.press("x").says("this session is already over");
}

#[test]
fn log_out_in_view_two_ends_the_one_under_the_cursor() {
    let (mut stage, tokens) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("bob", "firefox")]);
    stage.press("2j").moment().press("x").says("phone of ann ended");
    let live: Vec<bool> = tokens.iter().map(|token| stage.db().check(token).is_ok()).collect();
    assert_eq!(live, [false, true]);
}

#[test]
fn log_out_in_view_two_tells_of_refusals_too() {
    let (mut stage, tokens) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("bob", "firefox")]);
    stage.press("2").moment().press("x").says("firefox of bob ended · no attempt seen yet");
    assert!(stage.db().check(&tokens[1]).is_err());
    stage.db().flush();
    stage.moved().says("firefox of bob ended · refused 1×");
}

#[test]
fn sessions_of_a_user_without_any_says_so() {
    let mut stage = Stage::people(&["ann"]);
    stage.hides("x sessions").press("x").says("\"ann\" has no sessions");
    stage.press("<s-tab>x").says("\"ann\" has no sessions").press("<s-tab>x").says("no session is under the cursor");
}

#[test]
fn log_out_of_what_another_has_ended_is_no_fault() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "firefox")]);
    stage.press("x").moment();
    stage.behind(|accounts| accounts.log_out(&tokens[0])).unwrap();
    stage.press("x").says("it was over already");
}

#[test]
fn log_out_all_asks_for_one_session_too() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "firefox")]);
    stage.shows("X log out all 1").press("X").shows("End all sessions of ann?").shows("1 session");
    assert!(stage.db().check(&tokens[0]).is_ok());
    stage.moment().press("y").says("1 session ended, it stays ended");
    assert!(stage.db().check(&tokens[0]).is_err());
}

#[test]
fn log_out_all_of_several_asks_with_cancel_focused() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "firefox"), ("ann", "phone")]);
    stage.shows("X log out all 2").press("X").shows("End all sessions of ann?").shows("2 sessions");
    stage.moment().press("<enter>").hides("End all sessions");
    assert!(tokens.iter().all(|token| stage.db().check(token).is_ok()));
    stage.press("X").moment().press("y").says("2 sessions ended, they stay ended");
    assert!(tokens.iter().all(|token| stage.db().check(token).is_err()));
}

#[test]
fn log_out_all_is_refused_when_there_are_more_than_were_shown() {
    let (mut stage, _) = with_sessions(&["ann"], &[("ann", "firefox"), ("ann", "phone")]);
    stage.press("X");
    let new = stage.log_in("ann", "tablet");
    stage.moment().press("y").says("3");
    assert!(stage.db().check(&new).is_ok(), "{}", stage.screen());
}

#[test]
fn log_out_all_with_no_session_says_so() {
    Stage::people(&["ann"]).press("X").says("\"ann\" has no live session");
}

#[test]
fn a_session_that_runs_out_leaves_the_cursor_where_no_key_hits_another() {
    let mut stage = Stage::people(&["ann"]);
    stage.log_in("ann", "long");
    let password = Secret::from(PASSWORD);
    stage.clock.advance(Span::MINUTE);
    let until = Until::At(stage.now().plus(Span::MINUTE.times(5)));
    let login =
        Login { name: "ann", password: Some(&password), client: Some("short"), expires: until, ..Login::default() };
    stage.db().log_in(&login).unwrap();
    stage.clock.advance(Span::MINUTE);
    stage.log_in("ann", "newest");
    stage.moved().press("<tab>j");
    assert_eq!(stage.model.session().unwrap().client.as_deref(), Some("short"));
    stage.wait(Span::MINUTE.times(10)).moved().press("x");
    let live = stage.person("ann").sessions;
    assert_eq!(live, 2, "x has hit another session\n{}", stage.screen());
    stage.press("jx").says("ended");
}

#[test]
fn ended_sessions_stay_below_with_their_proof() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "firefox"), ("ann", "phone")]);
    stage.elsewhere(|accounts| accounts.log_out(&tokens[1])).unwrap();
    stage.in_rows(&["firefox", "phone"]).shows("ended just now, no attempt seen").shows("Sessions  1 live");
}

#[test]
fn a_pane_that_grows_is_filled_and_one_that_cannot_hold_all_says_so() {
    let mut stage = Stage::people(&["ann"]);
    for n in 0..201 {
        stage.log_in("ann", &format!("client{n:03}"));
    }
    stage.moved().shows("Sessions  201 live").shows("the first 200, all in 2");
    stage.press("<tab><tab>G").shows("client001").hides("client030");
    stage.press("<enter>").shows("client001").shows("client030");
    stage.press("<esc>").shows("client001").hides("client030");
}

#[test]
fn whole_pane_of_sessions_says_whose_they_are() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("ann", "firefox")]);
    stage.press("j<tab>").hides("Sessions of").press("<enter>").shows("─ Sessions of ann  2 live ─");
    stage.press("<enter>").hides("Sessions of");
    let long = "maximiliane.von-und-zu-hohenlohe@a-rather-long-department.example.org";
    for (columns, rows) in [(60, 15), (40, 10)] {
        let mut stage = Stage::with(columns, rows, |accounts| {
            accounts.create_user(crate::others::draft(long, |_| {}), Some(&Secret::from(PASSWORD))).unwrap();
        });
        stage.log_in(long, "phone");
        stage.moved().press("<tab>").shows("Sessions of maxi").shows("1 live");
    }
}

#[test]
fn log_out_of_a_session_that_newer_ones_pushed_out_says_what_is_true_of_it() {
    let names: Vec<String> = (0..200).map(|n| format!("c{n}")).collect();
    let sessions: Vec<(&str, &str)> = names.iter().map(|name| ("ann", name.as_str())).collect();
    let (mut stage, tokens) = with_sessions(&["ann"], &sessions);
    stage.press("<tab>G").wait(Span::SECOND);
    assert_eq!(stage.model.session().unwrap().client.as_deref(), Some("c0"), "{}", stage.screen());
    stage.log_in("ann", "newer");
    stage.moved().press("x").says("is not among those shown any more; move the cursor, or 2 shows all");
    assert!(stage.db().check(&tokens[0]).is_ok() && stage.db().check(&tokens[1]).is_ok());
    stage.press("k").press("x").says("c2 of ann ended");
}
