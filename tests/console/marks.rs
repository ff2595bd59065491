//! Marks, and what is done to the marked: the question, the progress, the outcome and the way back.

use rollbook::accounts::bulk::{Ended, Outcome};
use rollbook::accounts::change::UserChange;
use rollbook::accounts::query::Filter;
use rollbook::accounts::session::SessionId;
use rollbook::accounts::user::Status;
use rollbook::accounts::{Error, Kind, Span, UserId};
use rollbook::console::effect::{Answer, Done, Effect, Event, Slot, Turn};
use rollbook::console::marks::MOST;

use crate::stage::Stage;

fn many(n: usize) -> Stage {
    let names: Vec<String> = (0..n).map(|i| format!("user{i:02}")).collect();
    Stage::people(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

fn status(stage: &mut Stage, name: &str) -> Status {
    stage.db().find(name).unwrap().status
}

/// The first column of the row of this person or session.
fn sign(stage: &Stage, name: &str) -> char {
    let screen = stage.screen();
    let row = |line: &&str| line.chars().skip(3).collect::<String>().starts_with(name);
    screen.lines().find(row).unwrap_or_else(|| panic!("no row of {name}\n{screen}")).chars().next().unwrap()
}

#[test]
fn mark_sets_a_sign_and_goes_on_and_again_takes_it_away() {
    let mut stage = Stage::people(&["ann", "bob", "cid"]);
    stage.press("<space><space>").shows("2 marked").says("deactivate 2");
    assert_eq!(stage.under_cursor(), "ann");
    assert_eq!((sign(&stage, "cid"), sign(&stage, "bob")), ('*', '*'));
    assert_ne!(sign(&stage, "ann"), '*');
    stage.press("k<space>").shows("1 marked");
    assert_ne!(sign(&stage, "bob"), '*');
}

#[test]
fn mark_survives_filter_and_order() {
    let mut stage = Stage::people(&["ann", "bob", "cid"]);
    stage.press("<space>").press("/ann<enter>").shows("1 marked").hides("cid");
    stage.press("<esc>sn").shows("by name");
    assert_eq!(sign(&stage, "cid"), '*');
}

#[test]
fn range_marks_all_between_also_rows_that_are_not_held() {
    let mut stage = many(90);
    stage.press("v").shows("range ·").says("a range begins here");
    assert_eq!(sign(&stage, "user89"), 'v');
    stage.press("G").press("kv").shows("89 marked").says("89 users marked");
    stage.press("g");
    assert_eq!(sign(&stage, "user89"), '*');
    stage.press("G");
    assert_ne!(sign(&stage, "user00"), '*');
    stage.press("v<esc>").hides("range ·").shows("89 marked");
}

#[test]
fn range_goes_up_as_well_as_down_and_ends_with_the_order() {
    let mut stage = many(9);
    stage.press("Gvkkv").shows("3 marked");
    stage.press("vS").hides("range ·");
}

#[test]
fn mark_all_marks_whom_the_filter_lets_through() {
    let mut stage = Stage::people(&["ann", "anna", "bob"]);
    stage.press("/ann<enter>*").shows("2 marked").says("2 users marked");
    stage.press("<esc>");
    assert_ne!(sign(&stage, "bob"), '*');
}

#[test]
fn drop_marks_drops_and_brings_back() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("u").says("nothing is marked");
    stage.press("*u").hides("marked ·").says("marks on 2 users dropped");
    stage.press("u").shows("2 marked").says("2 users marked again");
}

#[test]
fn deactivate_many_asks_the_reason_then_the_numbers_and_one_key_takes_it_back() {
    let mut stage = Stage::people(&["ann", "bob", "cid"]);
    stage.log_in("bob", "firefox");
    stage.moved().press("j<space><space>").press("i").shows("Deactivate 2 marked users");
    stage.press("holidays<enter>").shows("Deactivate 2 users").shows("1 session").shows("such as").shows("holidays");
    stage.shows("z gives the status back, not the sessions");
    stage.press("y").says("before it could be read");
    stage
        .moment()
        .press("y")
        .says("2 users deactivated · z takes it back · lost for good: 1 session (firefox)")
        .hides("marked ·");
    assert_eq!(status(&mut stage, "bob"), Status::Inactive);
    assert_eq!(stage.db().find("ann").unwrap().reason.as_deref(), Some("holidays"));
    assert_eq!(status(&mut stage, "cid"), Status::Active);
    stage.press("z").says("taken back: 2 users deactivated");
    assert_eq!((status(&mut stage, "ann"), status(&mut stage, "bob")), (Status::Active, Status::Active));
    stage.press("u").shows("2 marked").press("i<enter>").shows("Deactivate 2 users");
}

#[test]
fn deactivate_of_more_than_ten_wants_their_number() {
    let mut stage = many(12);
    stage.press("*i<enter>").shows("type 12, then Enter").moment();
    stage.press("y").says("type 12").press("13<enter>").says("type 12");
    stage.press("<bs>2<enter>").says("12 users deactivated");
    assert_eq!(status(&mut stage, "user03"), Status::Inactive);
}

#[test]
fn delete_many_and_activate_many_brings_them_back() {
    let mut stage = Stage::people(&["ann", "bob", "cid"]);
    stage.press("<space><space>d").shows("Delete 2 users").moment().press("y").says("2 users deleted");
    assert_eq!(stage.db().find("bob").unwrap_err().kind, Kind::UnknownUser);
    stage.press("/is:deleted<enter>*").says("2 users marked").press("a").shows("Restore 2 users");
    stage.moment().press("y").says("2 users restored");
    assert_eq!(status(&mut stage, "bob"), Status::Active);
}

#[test]
fn activate_many_tells_who_is_so_already() {
    let mut stage = Stage::people(&["ann", "bob"]);
    let bob = stage.db().find("bob").unwrap();
    stage.db().deactivate(&bob.id, None).unwrap();
    stage.moved().press("*a").shows("Activate 1 user").shows("already").moment().press("y").says("1 user activated");
}

#[test]
fn contain_many_revokes_and_ends() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.log_in("ann", "firefox");
    stage.moved().press("*!").shows("Contain 2 users").shows("voids 2 passwords").moment().press("y");
    stage.says("2 users contained").says("lost for good: 1 session (firefox), 2 passwords");
}

#[test]
fn password_and_the_like_are_refused_while_people_are_marked() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("<space>");
    for key in ["p", "e", "X", "r"] {
        stage.press(key).says("is marked, and").says("u drops the marks");
    }
    stage.press("w").shows("CAN LOG IN");
}

#[test]
fn take_in_takes_the_hidden_ones_in_which_are_left_out_else() {
    let mut stage = Stage::people(&["ann", "bob", "cid"]);
    stage.press("*").press("/ann<enter>").press("d").shows("Delete 1 user").shows("2 not matching /ann: left out");
    stage.moment().press("h").shows("Delete 3 users").shows("taken in, h leaves out");
    stage.moment().press("h").shows("Delete 1 user").moment().press("y").says("1 user deleted");
    assert!(stage.db().find("bob").is_ok());
    stage.wait(Span::SECOND.times(3)).press("<esc>u").shows("3 marked").press("d").shows("1 not in the list: left out");
    Stage::people(&["ann"]).press("<space>d").moment().press("h").says("none of the marked");
}

#[test]
fn show_all_shows_every_name_and_who_is_kept_back() {
    let mut stage = many(12);
    stage.press("*");
    let one = stage.db().find("user05").unwrap();
    let edit = rollbook::accounts::user::Edit { note: Some(Some("x".into())), ..Default::default() };
    stage.db().edit(&one.id, Some(one.version), edit).unwrap();
    stage.moved();
    assert_eq!(sign(&stage, "user05"), '~', "who has changed since is told apart");
    stage.press("d").shows("Delete 11 users").shows("kept").shows("user05");
    stage.moment().press("<tab>").shows("Delete: 11 users").shows("user00").shows("kept back 1");
    stage.press("<esc>").shows("type 11").press("<esc>").hides("type 11");
    assert!(stage.db().find("user01").is_ok());
}

#[test]
fn who_changes_between_the_question_and_the_answer_is_left_out_and_told() {
    let mut stage = Stage::people(&["ann", "bob", "cid"]);
    stage.press("*d").shows("Delete 3 users").moment();
    let bob = stage.db().find("bob").unwrap();
    stage.db().deactivate(&bob.id, None).unwrap();
    stage.press("y").shows("Not deleted").shows("\"bob\" has changed").says("2 users deleted · 1 left out");
    assert_eq!(status(&mut stage, "bob"), Status::Inactive);
    stage.press("<esc>z").says("taken back: 2 users deleted");
}

#[test]
fn back_stops_what_is_at_work_after_its_batch() {
    let mut stage = many(300);
    stage.press("*d").moment().press("300");
    stage.holding = true;
    stage.press("<enter>").says("deleting 0 of 300 · Esc stops after this batch");
    for key in ["a", "i", "d", "e"] {
        stage.press(key).says("deleting 300 is at work; Esc stops it");
    }
    stage.press("j").says("deleting 0 of 300");
    let ticket = stage.model.running.as_ref().unwrap().ticket;
    stage.clock.advance(Span::SECOND.times(5));
    stage.event(Event::Reached(ticket, 250, 300)).says("deleting 250 of 300 · 1 s left");
    stage.press("<esc>").says("· stops after this batch");
    assert!(stage.held.iter().any(|effect| matches!(effect, Effect::Write(..))));
    stage.release().says("250 users deleted").says("50 not reached");
    stage.press("z").says("taken back: 250 users deleted");
    assert!(stage.db().find("user299").is_ok());
}

#[test]
fn mark_set_while_many_are_changed_stays_when_it_is_done() {
    let mut stage = many(12);
    stage.press("/user0<enter>*").shows("10 marked").press("<esc>d").moment();
    stage.holding = true;
    stage.press("y").says("deleting 0 of 10");
    stage.press("g<space>").shows("11 marked");
    stage.release().shows("1 marked").says("10 users deleted");
    assert_eq!(sign(&stage, "user11"), '*');
    stage.press("uu").says("1 user marked again");
}

#[test]
fn mark_outlives_an_order_about_the_others_that_was_refused() {
    let mut stage = many(3);
    stage.press("<space>d").moment();
    stage.holding = true;
    stage.press("y<space>");
    let ticket = stage.model.running.as_ref().unwrap().ticket;
    stage.held.clear();
    stage.event(Event::Written(ticket, Err(Error::new(Kind::Busy, "busy")))).shows("2 marked");
}

#[test]
fn mark_of_a_session_set_while_others_are_ended_stays() {
    let mut stage = Stage::people(&["ann"]);
    for client in ["firefox", "phone", "laptop"] {
        stage.log_in("ann", client);
    }
    stage.press("2<space><space>x").moment();
    stage.holding = true;
    stage.press("y<space>").shows("3 marked");
    stage.release().shows("1 marked").says("2 sessions ended");
}

#[test]
fn quit_while_many_are_changed_asks() {
    let mut stage = many(12);
    stage.press("*d").moment().press("12");
    stage.holding = true;
    stage.press("<enter>q").shows("Quit now?").shows("deleting 0 of 12");
    stage.moment().press("<esc>").hides("Quit now?");
    assert!(!stage.model.done);
    stage.press("q").moment().press("y");
    assert!(stage.model.done);
    stage.release();
    assert!(stage.model.orders.is_empty());
}

#[test]
fn log_out_of_marked_sessions_asks_and_ends_them_all() {
    let mut stage = Stage::people(&["ann", "bob"]);
    for client in ["firefox", "phone", "laptop"] {
        stage.log_in("ann", client);
    }
    stage.press("2<space><space>").shows("2 marked").press("x").shows("End 2 sessions?");
    stage.moment().press("y").says("2 sessions ended");
    assert_eq!(stage.db().find("ann").unwrap().sessions, 1);
    stage.press("*").says("1 live session marked").press("u").hides("marked ·");
}

#[test]
fn log_out_of_marked_sessions_leaves_alone_what_the_filter_hides_and_tells_of_it() {
    let mut stage = Stage::people(&["ann"]);
    for client in ["firefox", "phone", "laptop"] {
        stage.log_in("ann", client);
    }
    stage.press("2*").shows("3 marked").press("/client:phone<enter>").press("x").shows("End 1 session?");
    stage.shows("2 marked sessions are hidden, and left alone").moment().press("y").says("1 session ended");
    assert_eq!(stage.db().find("ann").unwrap().sessions, 2);
    stage.press("u").press("x").says("2 marked sessions are hidden by the filter; without it they can be ended");
    assert_eq!(stage.db().find("ann").unwrap().sessions, 2);
}

#[test]
fn mark_is_refused_where_nobody_is_drawn() {
    let mut stage = Stage::people(&["ann", "bob"]);
    let bob = stage.db().find("bob").unwrap();
    stage.db().delete(&bob.id, None).unwrap();
    stage.moved().press("<space>").says("gone from the list");
    stage.press("/xyzzy<enter><space>").says("nobody is under the cursor");
}

#[test]
fn undo_of_many_that_was_stopped_goes_on_with_the_rest() {
    let mut stage = many(300);
    stage.press("*d").moment().press("300<enter>").says("300 users deleted");
    stage.holding = true;
    stage.press("z").says("taking back 0 of 300").press("<esc>");
    stage.release().says("50 not reached · z takes them back");
    stage.press("z").says("taken back: the rest of 300 users deleted");
    assert_eq!(stage.db().count(&Default::default(), None).unwrap(), 300);
    stage.press("z").says("nothing to undo");
}

#[test]
fn undo_of_many_goes_back_change_by_change_and_through_those_of_one() {
    let mut stage = many(3);
    stage.press("*i<enter>").moment().press("y").says("3 users deactivated");
    stage.press("*a").moment().press("y").says("3 users activated");
    stage.press("i<enter>").says("is inactive").press("z").says("active");
    stage.press("z").says("taken back: 3 users activated").press("z").says("taken back: 3 users deactivated");
    assert!(stage.db().count(&Filter::parse("is:active").unwrap(), None).unwrap() >= 3);
    stage.press("z").says("nothing to undo");
    stage.press("i<enter>").says("is inactive").press("*a").moment().press("y").says("1 user activated");
    stage.press("z").says("taken back: 1 user activated").press("z").says("active");
}

#[test]
fn end_of_the_question_about_few_says_what_enter_does() {
    let mut stage = many(12);
    stage.press("<space><space>d").moment().shows("Enter cancels").hides("the number");
    stage.press("<esc>u*d").moment().shows("Enter does it").shows("the number");
}

#[test]
fn back_that_was_meant_for_what_had_just_ended_takes_nothing_else_away() {
    let mut stage = many(3);
    stage.press("/user0<enter>*d").moment().press("y").says("3 users deleted");
    stage.press("<esc>").says("it had ended already").shows("/user0");
    stage.press("<esc>").hides("/user0");
    let mut stage = many(3);
    stage.press("/user0<enter>*d").moment().press("y").says("3 users deleted").wait(Span::SECOND.times(3));
    stage.press("<esc>").hides("/user0");
}

#[test]
fn accept_of_something_else_than_yes_says_that_nothing_was_done() {
    let mut stage = many(3);
    stage.press("<space><space>d").moment().press("7<enter>").says("nothing was done").shows("2 marked");
    stage.press("ud").moment().press("<enter>").says("nothing was done");
    assert_eq!(status(&mut stage, "user02"), Status::Active);
}

#[test]
fn mark_all_tells_how_many_more_and_how_many_in_all() {
    let mut stage = many(12);
    stage.press("/user0<enter>*").says("10 users marked").press("<esc>*").says("2 more marked, 12 in all");
    stage.press("*").says("no more marked, 12 in all");
}

#[test]
fn deactivate_and_the_like_are_refused_while_sessions_are_marked() {
    let mut stage = Stage::people(&["ann"]);
    stage.log_in("ann", "firefox");
    stage.log_in("ann", "phone");
    stage.press("2<space>");
    for key in ["i", "d", "e", "X"] {
        stage.press(key).says("1 session is marked, and").says("u drops the marks");
    }
    stage.press("x").shows("End 1 session?");
}

#[test]
fn log_out_of_marked_sessions_counts_those_that_are_live_and_tells_how_many_are_over() {
    let mut stage = Stage::people(&["ann"]);
    let tokens: Vec<_> = ["firefox", "phone", "laptop"].map(|client| stage.log_in("ann", client)).into();
    stage.press("2*").shows("3 marked").says("3 live sessions marked").press("j").says("log out 3");
    stage.elsewhere(|accounts| accounts.log_out(&tokens[0])).unwrap();
    stage.press("k").shows("3 marked").says("log out 2");
    stage.press("x").shows("End 2 sessions?").shows("1 of the 3 marked is over already");
    stage.moment().press("y").says("2 sessions ended · 1 over already").hides("marked ·");
    stage.press("u").shows("3 marked").press("x").says("3 marked sessions are over already; u drops the marks");
    assert!(stage.model.layers.is_empty());
}

#[test]
fn log_out_of_marked_sessions_takes_no_answer_before_they_are_counted() {
    let mut stage = Stage::people(&["ann"]);
    let tokens: Vec<_> = (0..13).map(|n| stage.log_in("ann", &format!("c{n}"))).collect();
    stage.press("2*").shows("13 marked");
    stage.holding = true;
    stage.press("x").shows("End 13 marked sessions?").shows("counting which of them are live").hides("[ y");
    stage.moment().press("y").says("still counting").press("<esc>").hides("End 13").press("x").moment();
    tokens.iter().take(2).for_each(|token| drop(stage.db().log_out(token).unwrap()));
    stage.release().shows("End 11 sessions?").shows("2 of the 13 marked are over already");
    stage.moment().press("y").shows("type 11, then Enter").press("<c-u>13");
    stage.says("11 then Enter does it").press("<enter>").shows("that is not 11").says("11 then Enter does it");
    stage.press("<bs>").press("<bs>11").says("Enter does it").hides("11 then").press("<enter>");
    stage.says("11 sessions ended · 2 over already");
    let mut stage = Stage::people(&["ann"]);
    let token = stage.log_in("ann", "phone");
    stage.press("2<space>");
    stage.holding = true;
    stage.press("x");
    stage.db().log_out(&token).unwrap();
    stage.release().says("1 marked session is over already").hides("End 1");
    assert!(stage.model.layers.is_empty());
}

#[test]
fn accept_of_a_number_that_is_not_the_one_is_not_offered() {
    let mut stage = many(12);
    stage.press("*d").moment().says("12 then Enter does it").press("13").says("12 then Enter does it");
    stage.press("<bs>2").says("Enter does it").hides("12 then Enter does").press("<enter>").says("12 users deleted");
}

#[test]
fn where_not_all_can_be_marked_the_command_that_takes_all_is_named() {
    let mut stage = Stage::people(&["ann"]);
    stage.log_in("ann", "firefox");
    stage.moved();
    for (view, command) in [("1", "rollbook user … --filter"), ("2", "rollbook session logout --filter")] {
        stage.holding = false;
        stage.press(view);
        stage.holding = true;
        stage.press("*");
        let (slot, turn) = stage.held.iter().rev().find_map(asks_for_marks).unwrap();
        let answer = match slot {
            Slot::Marks => Answer::Marks((0..=MOST).map(|n| (UserId::new(format!("{n:032x}")), 1)).collect()),
            _ => Answer::SessionMarks((0..=MOST).map(|n| SessionId::new(format!("{n:032x}"))).collect()),
        };
        stage.event(Event::Answered(slot, turn, Ok(answer))).says("100,000 marked").says(command);
    }
}

fn asks_for_marks(effect: &Effect) -> Option<(Slot, Turn)> {
    match effect {
        Effect::Ask(slot @ (Slot::Marks | Slot::SessionMarks), turn, _) => Some((*slot, *turn)),
        _ => None,
    }
}

#[test]
fn why_it_could_not_go_on_is_told_with_the_next_step() {
    let mut stage = many(3);
    let fault = Error::new(Kind::Busy, "another program is writing").hint("try again in a moment");
    let outcome = Outcome { rest: 2, fault: Some(fault.clone()), ..Outcome::default() };
    let done = Done::Many(Box::new(outcome), UserChange::Deactivate);
    stage
        .event(Event::Written(99, Ok(done)))
        .says("2 not reached · another program is writing · try again in a moment");
    let ended = Ended { ended: 1, rest: 1, fault: Some(fault), ..Ended::default() };
    stage.event(Event::Written(98, Ok(Done::ManyEnded(ended)))).says("is writing · try again in a moment");
}
