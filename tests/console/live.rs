//! The world moves on while somebody looks: other processes change things, answers come late or in another order.

use rollbook::accounts::user::{Edit, Status};
use rollbook::accounts::{Error, Kind, Span};
use rollbook::console::effect::Event;

use crate::others::{crowd, draft, with_sessions};
use crate::stage::{PASSWORD, Stage};

#[test]
fn who_comes_in_elsewhere_appears_by_themselves() {
    let mut stage = Stage::people(&["ann"]);
    stage.elsewhere(|accounts| accounts.create_user(draft("zoe", |_| {}), None)).unwrap();
    stage.shows("zoe").shows("2 · newest first").is_under_cursor("ann");
}

#[test]
fn who_logs_in_elsewhere_is_seen_in_list_and_sessions() {
    let mut stage = Stage::people(&["ann"]);
    stage.log_in("ann", "firefox");
    stage.moved().shows("firefox").shows("Sessions  1 live");
    assert!(stage.line_with("› ann").contains(" 1 "), "{}", stage.screen());
}

#[test]
fn the_cursor_stays_on_its_person_and_the_person_on_their_row() {
    let mut stage = crowd(500);
    for _ in 0..60 {
        stage.press("j");
    }
    let (name, row) = (stage.under_cursor(), stage.row_of("› p"));
    let screen = stage.screen();
    for i in 0..7 {
        stage.elsewhere(|accounts| accounts.create_user(draft(&format!("new{i}"), |_| {}), None)).unwrap();
    }
    stage.is_under_cursor(&name);
    assert_eq!(stage.row_of("› p"), row, "{}", stage.screen());
    assert_eq!(stage.screen().replace("507", "500"), screen, "scroll unmoved");
}

#[test]
fn at_the_top_newcomers_appear_and_the_cursor_stays_on_its_person() {
    let mut stage = Stage::people(&["ann", "bob", "carol"]);
    stage.press("j").is_under_cursor("bob");
    stage.elsewhere(|accounts| accounts.create_user(draft("zoe", |_| {}), None)).unwrap();
    stage.is_under_cursor("bob").in_rows(&["zoe", "carol", "› bob", "ann "]);
}

#[test]
fn filter_and_order_stay_when_others_change_things() {
    let mut stage = Stage::people(&["alice", "bob", "alina"]);
    stage.press("/al<enter>sn").press("j").is_under_cursor("alina");
    stage.elsewhere(|accounts| accounts.create_user(draft("albert", |_| {}), None)).unwrap();
    stage.is_under_cursor("alina").shows("Users /al").shows("3 · by name").in_rows(&["albert", "alice", "› alina"]);
    stage.elsewhere(|accounts| accounts.create_user(draft("zoe", |_| {}), None)).unwrap();
    stage.hides("zoe").is_under_cursor("alina");
}

#[test]
fn a_filter_being_typed_is_not_disturbed() {
    let mut stage = Stage::people(&["alice", "bob"]);
    stage.press("/al");
    stage.elsewhere(|accounts| accounts.create_user(draft("albert", |_| {}), None)).unwrap();
    stage.press("be").shows("Users /albe").is_under_cursor("albert");
}

#[test]
fn a_form_being_filled_is_not_disturbed() {
    let mut stage = Stage::people(&["alice", "bob"]);
    stage.press("nzo");
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.delete(&id, None)).unwrap();
    stage.press("e<tab><tab><tab>").press(PASSWORD).press("<tab><tab><tab><tab><enter>").says("zoe created");
}

#[test]
fn when_the_person_under_the_cursor_vanishes_changing_keys_wait_for_a_move() {
    let mut stage = Stage::people(&["ann", "bob", "carol"]);
    stage.press("j").is_under_cursor("bob");
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.delete(&id, None)).unwrap();
    for key in ["i", "d", "e", "p", "a", "X"] {
        stage.press(key).says("who was under the cursor is gone from the list; move the cursor first");
        assert!(stage.model.layers.is_empty() && stage.model.orders.is_empty(), "{key}");
    }
    stage.moved().press("i").says("move the cursor first");
    stage.press("k").press("i").shows("Deactivate carol");
}

#[test]
fn who_vanishes_from_the_filter_is_not_followed_by_a_neighbour_either() {
    let mut stage = Stage::people(&["ann"]);
    for name in ["p1", "p2"] {
        stage.create(draft(name, |draft| draft.pending = true));
    }
    stage.moved().press("fp").is_under_cursor("p2").press("a").says("p2 is active");
    stage.press("a").says("move the cursor first");
    assert_eq!(stage.status("p1"), Status::Pending);
    stage.press("ja").says("p1 is active");
}

#[test]
fn the_owner_who_vanishes_in_view_two_holds_the_keys_back() {
    let (mut stage, tokens) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("bob", "firefox")]);
    stage.press("2").is_under_cursor("bob");
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.purge(&id, None)).unwrap();
    stage.press("x").says("move the cursor first").press("i").says("move the cursor first");
    assert!(stage.db().check(&tokens[0]).is_ok());
    stage.press("j").moment().press("x").says("phone of ann ended");
}

#[test]
fn the_cursor_stays_on_its_session_when_newer_ones_come() {
    let (mut stage, _) = with_sessions(&["ann"], &[("ann", "phone")]);
    stage.press("<tab>");
    stage.wait(Span::MINUTE);
    stage.log_in("ann", "laptop");
    stage.moved().in_rows(&["laptop", "phone"]);
    assert_eq!(stage.model.session().unwrap().client.as_deref(), Some("phone"));
    let mut stage = with_sessions(&["ann", "bob"], &[("ann", "phone")]).0;
    stage.press("2").is_under_cursor("ann");
    stage.wait(Span::MINUTE);
    stage.log_in("bob", "laptop");
    stage.moved().in_rows(&["laptop", "phone"]).is_under_cursor("ann");
}

#[test]
fn a_change_of_somebody_else_is_seen_in_verdict_and_list() {
    let mut stage = Stage::people(&["ann"]);
    let id = stage.id("ann");
    stage.behind(|accounts| {
        accounts.give_reason(Some("lost phone")).unwrap();
        accounts.deactivate(&id, None).unwrap();
        accounts.give_reason(None).unwrap();
    });
    stage
        .hides("CANNOT LOG IN")
        .moved()
        .shows("CANNOT LOG IN")
        .shows("lost phone")
        .shows("inactive now")
        .shows("by bob");
}

#[test]
fn a_key_on_a_row_that_has_moved_on_is_refused_with_by_whom_and_when() {
    let mut stage = Stage::people(&["ann"]);
    let id = stage.id("ann");
    stage
        .behind(|accounts| accounts.edit(&id, None, Edit { note: Some(Some("x".into())), ..Default::default() }))
        .unwrap();
    stage.wait(Span::SECOND.times(4));
    stage.press("i<enter>").shows("\"ann\" has changed: edited by \"bob\" 4 s ago");
    assert_eq!(stage.status("ann"), Status::Active);
}

#[test]
fn pages_of_an_older_filter_are_dropped_in_whatever_order_they_come() {
    let mut stage = Stage::people(&["alice", "bob", "alina"]);
    stage.holding = true;
    stage.press("/b").press("<bs>al");
    let answers = stage.answers();
    stage.holding = false;
    for answer in answers.into_iter().rev() {
        stage.event(answer);
    }
    stage.shows("Users /al").shows("2 · newest").in_rows(&["alina", "alice"]);
    assert!(!stage.line_with("Users").contains("bob") && !stage.screen().contains("   bob"), "{}", stage.screen());
}

#[test]
fn counts_of_an_older_filter_are_dropped() {
    let mut stage = Stage::people(&["alice", "bob", "alina"]);
    stage.holding = true;
    stage.press("/b");
    let late = stage.answers();
    stage.holding = false;
    stage.press("<bs>al").shows("2 · newest");
    for answer in late {
        stage.event(answer);
    }
    stage.shows("2 · newest").in_rows(&["alina", "alice"]);
}

#[test]
fn a_dossier_of_somebody_looked_at_before_is_dropped() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.holding = true;
    stage.press("j").press("k");
    let answers = stage.answers();
    stage.holding = false;
    for answer in answers.into_iter().rev() {
        stage.event(answer);
    }
    assert!(stage.line_with("CAN LOG IN").contains("bob"), "{}", stage.screen());
}

#[test]
fn an_answer_from_before_a_change_does_not_bring_the_old_state_back() {
    let mut stage = Stage::people(&["ann"]);
    stage.holding = true;
    stage.moved();
    let late = stage.answers();
    stage.holding = false;
    stage.press("i<enter>").shows("inactive now").shows("CANNOT LOG IN");
    for answer in late {
        stage.event(answer);
    }
    stage.shows("inactive now").shows("CANNOT LOG IN").press("i").says("already inactive");
}

#[test]
fn a_question_that_failed_late_says_nothing() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.holding = true;
    stage.press("j");
    let late = stage.answers();
    stage.holding = false;
    stage.press("k");
    for event in late {
        if let Event::Answered(slot, turn, _) = event {
            stage.event(Event::Answered(slot, turn, Err(Error::new(Kind::Busy, "the database is busy"))));
        }
    }
    stage.hides("busy").shows("CAN LOG IN");
}

#[test]
fn while_a_page_is_on_its_way_the_former_one_stays() {
    let mut stage = Stage::people(&["alice", "bob"]);
    stage.holding = true;
    stage.press("/al").shows("bob").shows("alice");
    stage.release().hides("   bob").shows("alice");
}

#[test]
fn nothing_is_shown_as_done_before_it_is() {
    let mut stage = Stage::people(&["ann"]);
    stage.holding = true;
    stage.press("i<enter>").shows("at work").hides("is inactive").hides("inactive now");
    stage.press("<esc>i").says("a change of \"ann\" is still at work");
    stage.release().says("ann is inactive").shows("inactive now");
}

#[test]
fn reload_reads_again_without_being_told() {
    for key in ["R", "<f5>"] {
        let mut stage = Stage::people(&["ann"]);
        stage.behind(|accounts| accounts.create_user(draft("zoe", |_| {}), None)).unwrap();
        stage.hides("zoe").press(key).shows("zoe").says("read again").is_under_cursor("ann");
    }
}

#[test]
fn a_jump_that_is_on_its_way_survives_a_change_elsewhere() {
    let mut stage = crowd(500);
    stage.holding = true;
    stage.press("G").moved();
    stage.release().is_under_cursor("p000");
}

#[test]
fn moves_after_a_jump_count_from_where_it_lands() {
    let mut stage = crowd(500);
    stage.holding = true;
    stage.press("Gkk").press("i").says("move the cursor first");
    stage.release().is_under_cursor("p002");
}

#[test]
fn a_new_order_that_is_on_its_way_survives_a_change_elsewhere() {
    let mut stage = crowd(500);
    for _ in 0..5 {
        stage.press("<pgdn>");
    }
    stage.holding = true;
    stage.press("sn").moved();
    stage.release().shows("by name").is_under_cursor("p324").in_rows(&["p324", "p325", "p326"]);
}

#[test]
fn a_new_filter_that_is_on_its_way_survives_a_change_elsewhere() {
    let mut stage = crowd(500);
    for _ in 0..5 {
        stage.press("<pgdn>");
    }
    stage.holding = true;
    stage.press("/^p4<enter>").moved();
    stage.release().shows("100 · newest").is_under_cursor("p499");
}

#[test]
fn who_leaves_the_list_by_anothers_change_holds_the_keys_back_however_long_ago() {
    let mut stage = Stage::people(&["ann"]);
    for name in ["p1", "p2", "p3"] {
        stage.create(draft(name, |draft| draft.pending = true));
    }
    stage.moved().press("fp").press("a").says("p3 is active").moment();
    let id = stage.id("p2");
    stage.press("j").press("k").is_under_cursor("p2");
    stage.elsewhere(|accounts| accounts.activate(&id, None)).unwrap();
    stage.wait(Span::MINUTE).press("a").says("move the cursor first");
    assert_eq!(stage.status("p1"), Status::Pending);
}

#[test]
fn a_failed_reading_does_not_hide_what_was_just_said() {
    let mut stage = Stage::people(&["ann"]);
    stage.holding = true;
    stage.moved();
    let late = stage.answers();
    stage.holding = false;
    let fail = |event: Event| match event {
        Event::Answered(slot, turn, _) => Event::Answered(slot, turn, Err(Error::new(Kind::Busy, "it is busy"))),
        other => other,
    };
    stage.press("R").says("read again");
    stage.holding = true;
    stage.moved();
    let now = stage.answers();
    for event in late.into_iter().chain(now).map(fail) {
        stage.event(event);
    }
    stage.says("read again");
    stage.press("j");
    stage.moved();
    for event in stage.answers().into_iter().map(fail) {
        stage.event(event);
    }
    stage.says("it is busy");
}

#[test]
fn names_with_blanks_that_nobody_sees_are_told_apart_in_lists() {
    let (mut stage, _) = with_sessions(&["ann m", "ann  m"], &[("ann m", "phone"), ("ann  m", "laptop")]);
    stage.shows("ann m  ").shows("ann \\u{20}m  ").press("2").shows("ann m  ").shows("ann \\u{20}m  ");
}

#[test]
fn the_form_over_somebody_who_is_erased_elsewhere_is_closed_and_their_changes_are_not_kept_to_be_undone() {
    for keys in ["e", "p", "t", "d", "i"] {
        let mut stage = Stage::people(&["ann", "bob", "cleo"]);
        stage.press("/bob<enter>").press("i<enter>").says("bob is inactive").press("a").says("bob is active");
        stage.press("<esc>j").press("/<c-u>").press("<esc>").press("gj").is_under_cursor("bob");
        stage.wait(Span::MINUTE).press(keys);
        assert!(!stage.model.layers.is_empty(), "{keys}");
        let id = stage.id("bob");
        stage.elsewhere(|accounts| accounts.purge(&id, None)).unwrap();
        stage.says("bob was erased for good meanwhile; what was open about them is closed");
        assert!(stage.model.layers.is_empty() && stage.model.undo.is_empty(), "{keys}");
        assert!(stage.model.changed_here.is_none() && stage.model.last_command.is_none());
        stage.press("j").press("z").says("nothing to undo").hides("bob");
    }
}

#[test]
fn whoever_merely_leaves_the_list_keeps_their_form_and_what_can_be_undone() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("/bob<enter>").press("i<enter>").says("bob is inactive").wait(Span::MINUTE).press("e").shows("Edit");
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.delete(&id, None)).unwrap();
    stage.shows("Edit").wait(Span::SECOND);
    assert!(!stage.model.undo.is_empty() && stage.model.doubted.is_none());
}

#[test]
fn a_filter_that_is_not_finished_is_copied_as_no_command() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage
        .press("/an !<enter>")
        .shows("ann")
        .press("c")
        .shows("command: show")
        .hides("command: this list")
        .press("<esc>");
    stage.press("/<c-u>an \"n<enter>").press("c").hides("command: this list").press("<esc>");
    stage.press("/<c-u>an<enter>").press("c").shows("command: this list");
}
