//! Tokens, containment and the throttle at the console.

use rollbook::accounts::user::Status;
use rollbook::accounts::{Actor, Kind, Login, Secret, Span, base32, totp};
use rollbook::console::effect::{Effect, Event, Slot};

use crate::stage::Stage;

fn one_token(stage: &mut Stage) -> String {
    stage.press("t").press("n").press("ci<tab>+90d").moment().press("<enter>");
    stage.shows("Token, shown once");
    let shown = stage.line_with("rbk_");
    shown.split_whitespace().find(|word| word.contains("rbk_")).unwrap().to_owned()
}

#[test]
fn tokens_are_listed_for_the_person_under_the_cursor() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("t").shows("Second factor and tokens of bob").shows("no tokens; n creates one");
    stage.press("<esc>").hides("no tokens");
}

#[test]
fn new_token_is_shown_once_and_opens_its_owner() {
    let mut stage = Stage::people(&["ann"]);
    let value = one_token(&mut stage);
    let (user, token) = stage.db().check_token(&Secret::from(value.as_str())).unwrap();
    assert_eq!((user.name.as_str(), token.name.as_str()), ("ann", "ci"));
    for key in ["<enter>", "<esc>"] {
        // Too early: it would never be seen again.
        stage.press(key).shows("Token, shown once").says("before it could be read: once more");
    }
    stage.wait(Span::SECOND.times(2)).press("<enter>").hides(&value).shows("ci").shows("19 Feb 2027");
    assert!(stage.model.messages.iter().all(|(_, text)| !text.contains(&value)));
}

#[test]
fn new_token_of_a_name_that_is_taken_keeps_what_was_typed() {
    let mut stage = Stage::people(&["ann"]);
    one_token(&mut stage);
    stage.wait(Span::SECOND.times(2)).press("<enter>");
    stage.press("n").press("CI<tab>").moment().press("<enter>").shows("has a token").shows("New token for ann");
}

#[test]
fn revoke_asks_and_the_token_opens_nothing_from_then_on() {
    let mut stage = Stage::people(&["ann"]);
    let value = one_token(&mut stage);
    stage.wait(Span::SECOND.times(2)).press("<enter>");
    stage.press("x").shows("Revoke ci?").moment().press("y").says("token ci revoked");
    assert_eq!(stage.db().check_token(&Secret::from(value.as_str())).unwrap_err().kind, Kind::Unauthenticated);
    stage.press("x").says("nothing here");
}

#[test]
fn contain_shows_the_counts_first_and_takes_everything_in_one_change() {
    let mut stage = Stage::people(&["ann"]);
    one_token(&mut stage);
    stage.wait(Span::SECOND.times(2)).press("<enter>").press("<esc>");
    stage.log_in("ann", "firefox");
    stage.log_in("ann", "phone");
    let id = stage.model.person().unwrap().id.clone();
    stage.db().issue_reset(&id).unwrap();
    stage.moved().press("!").shows("Contain ann?").shows("2 sessions").shows("1 API token").shows("1 reset code");
    stage.shows("voids the password").shows("only a new password lets this user log in again");
    stage.press("<enter>").shows("Contain ann?"); // unread yet
    stage.event(Event::Resize(200, 40)).moment().press("y").says("ann is contained");
    stage.says("lost for good: 2 sessions (phone, firefox), 1 API token (ci), 1 reset code, the password");
    let user = stage.db().get(&id, None).unwrap();
    assert_eq!((user.status, user.sessions), (Status::Inactive, 0));
    assert_eq!(stage.db().audit(Some(&id), None, 1).unwrap()[0].deed, "contain");
    stage.press("z").says("taken back: ann is active again · not restored: 2 sessions").says("the password");
    stage.press("w").shows("CANNOT LOG IN").shows("the password is void after a lockdown").press("<esc>");
    assert!(stage.db().tokens_of(&id).unwrap().is_empty(), "the status comes back, nothing else");
}

#[test]
fn contain_promises_an_undo_only_where_the_status_changed() {
    let mut stage = Stage::people(&["ann"]);
    one_token(&mut stage);
    stage.wait(Span::SECOND.times(2)).press("<enter>").press("<esc>");
    stage.press("i").press("<enter>").says("ann is inactive");
    stage
        .moved()
        .press("!")
        .shows("Contain ann?")
        .shows("is inactive already")
        .hides("deactivates, now")
        .hides("z gives");
    stage.moment().press("y").says("ann is contained · lost for good: 1 API token (ci), the password");
    assert!(stage.model.messages.iter().all(|(_, said)| !said.contains("z gives")));
    stage.moved().press("!").shows("Contain ann?").moment().press("y");
    stage.says("ann is inactive already, and nothing was open");
    stage.press("z").says("ann was contained: that cannot be taken back");
    assert_eq!(stage.db().audit(None, None, 1).unwrap()[0].deed, "contain", "nothing has happened since");
}

fn guess(stage: &mut Stage, times: usize) {
    let before = stage.db().act_as(Actor::Service("web".into()));
    for _ in 0..times {
        let wrong = Secret::from("wrong");
        let login = Login { name: "ann", password: Some(&wrong), ..Login::default() };
        assert!(stage.db().log_in(&login).is_err());
    }
    stage.db().act_as(before);
}

#[test]
fn unthrottle_lets_somebody_try_again_at_once() {
    let mut stage = Stage::people(&["ann", "bob"]);
    guess(&mut stage, 9);
    stage.moved().shows("1 throttled").shows("throttled 1 s");
    stage.press("r").says("\"bob\" is not kept waiting");
    stage.press("jw").shows("CANNOT LOG IN").shows("user unthrottle");
    stage.press("r").says("ann may try again at once").hides("1 throttled");
    assert!(stage.db().find("ann").unwrap().throttled_until.is_none());
}

#[test]
fn unthrottle_is_done_by_time_too_and_the_first_line_hears_of_it() {
    let mut stage = Stage::people(&["ann", "bob"]);
    guess(&mut stage, 9);
    stage.moved().shows("1 throttled");
    stage.wait(Span::SECOND.times(30)).shows("1 throttled");
    stage.wait(Span::SECOND.times(30)).hides("throttled");
    stage.holding = true;
    stage.wait(Span::HOUR);
    let asks = |effect: &Effect| matches!(effect, Effect::Ask(Slot::Attention, ..));
    assert!(!stage.held.iter().any(asks), "where nobody is throttled nothing changes by itself");
}

#[test]
fn lists_find_the_throttled() {
    let mut stage = Stage::people(&["ann", "bob"]);
    guess(&mut stage, 9);
    stage.moved().press("ft").shows("/is:throttled").shows("1 · newest first");
    assert_eq!(stage.under_cursor(), "ann");
}

#[test]
fn turn_off_asks_and_then_the_password_alone_is_enough() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("to").says("\"ann\" has no second factor").press("<esc>");
    let id = stage.model.person().unwrap().id.clone();
    let secret = stage.db().begin_factor(&id).unwrap().secret;
    let step = totp::step(stage.model.now);
    let code = totp::code(&base32::decode(secret.expose()).unwrap(), step);
    stage.db().enable_factor(&id, None, &secret, &code).unwrap();
    stage.moved().press("t").shows("second factor  on");
    stage.press("o").shows("Turn off the second factor of ann?").shows("password alone").moment();
    stage.press("y").says("the second factor of ann is off").shows("second factor  off");
    assert!(!stage.db().get(&id, None).unwrap().factor);
    stage.press("<esc>z").says("cannot be taken back");
}
