//! Moving: rows, pages, edges, panes and views.

use rollbook::console::layout::Pane;

use crate::others::{crowd, with_sessions};
use crate::stage::Stage;

/// How many people the list shows at 120×40.
const PAGE: usize = 35;

fn nth(from_top: usize) -> String {
    format!("p{:03}", 499 - from_top)
}

#[test]
fn down_goes_one_row_down_with_either_key_and_stops_at_the_last() {
    let mut stage = Stage::people(&["ann", "bob", "carol"]);
    stage.press("j").is_under_cursor("bob");
    stage.press("<down>").is_under_cursor("ann");
    stage.press("j").is_under_cursor("ann");
}

#[test]
fn up_goes_one_row_up_with_either_key_and_stops_at_the_first() {
    let mut stage = Stage::people(&["ann", "bob", "carol"]);
    stage.press("jj").press("k").is_under_cursor("bob");
    stage.press("<up>").is_under_cursor("carol");
    stage.press("k").is_under_cursor("carol");
}

#[test]
fn the_detail_follows_the_cursor() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("j");
    assert!(stage.line_with("CAN LOG IN").contains("ann"), "{}", stage.screen());
}

#[test]
fn page_down_goes_a_page_down_and_page_up_back() {
    let mut stage = crowd(500);
    stage.press("<pgdn>").is_under_cursor(&nth(PAGE));
    stage.press("<pgdn>").is_under_cursor(&nth(2 * PAGE)).shows(&nth(2 * PAGE));
}

#[test]
fn page_up_goes_a_page_up_and_stops_at_the_first() {
    let mut stage = crowd(500);
    stage.press("<pgdn><pgdn><pgup>").is_under_cursor(&nth(PAGE));
    stage.press("<pgup><pgup><pgup>").is_under_cursor("p499");
}

#[test]
fn half_down_goes_half_a_page_down() {
    let mut stage = crowd(500);
    stage.press("<c-d>").is_under_cursor(&nth(PAGE / 2));
    stage.press("<c-d>").is_under_cursor(&nth(PAGE / 2 * 2));
}

#[test]
fn half_up_goes_half_a_page_up() {
    let mut stage = crowd(500);
    stage.press("<c-d><c-d><c-d><c-u>").is_under_cursor(&nth(PAGE / 2 * 2));
    stage.press("<c-u><c-u><c-u>").is_under_cursor("p499");
}

#[test]
fn last_goes_to_the_very_last_of_five_hundred() {
    let mut stage = crowd(500);
    stage.press("G").is_under_cursor("p000").shows("p000").shows("p034");
    stage.press("k").is_under_cursor("p001");
    stage.press("<home><end>").is_under_cursor("p000");
}

#[test]
fn first_goes_back_to_the_very_first_of_five_hundred() {
    let mut stage = crowd(500);
    stage.press("Gg").is_under_cursor("p499").shows("p499").shows("p465");
    stage.press("G<home>").is_under_cursor("p499");
}

#[test]
fn every_one_of_five_hundred_is_passed_once_on_the_way_down_and_up() {
    let mut stage = crowd(500);
    for i in 0..500 {
        stage.is_under_cursor(&nth(i)).shows(&nth(i)).press("j");
    }
    for i in (0..500).rev() {
        stage.is_under_cursor(&nth(i)).press("k");
    }
}

#[test]
fn moves_beyond_what_is_read_are_owed_until_the_page_comes() {
    let mut stage = crowd(500);
    stage.holding = true;
    for _ in 0..6 {
        stage.press("<pgdn>");
    }
    for _ in 0..7 {
        stage.press("j");
    }
    stage.release().is_under_cursor(&nth(6 * PAGE + 7));
}

#[test]
fn while_moves_are_owed_no_key_changes_anybody() {
    let mut stage = crowd(500);
    stage.holding = true;
    for _ in 0..6 {
        stage.press("<pgdn>");
    }
    stage.press("i");
    assert!(stage.model.layers.is_empty(), "{}", stage.screen());
    stage.says("move the cursor first");
}

#[test]
fn next_pane_goes_round_all_three() {
    let mut stage = Stage::people(&["ann"]);
    let panes = [Pane::Sessions, Pane::Detail, Pane::Users];
    for pane in panes {
        assert_eq!(stage.press("<tab>").model.pane, pane);
    }
}

#[test]
fn previous_pane_goes_round_the_other_way() {
    let mut stage = Stage::people(&["ann"]);
    for pane in [Pane::Detail, Pane::Sessions, Pane::Users] {
        assert_eq!(stage.press("<s-tab>").model.pane, pane);
    }
}

#[test]
fn on_a_small_screen_tab_shows_the_next_pane_alone() {
    let mut stage = Stage::sized(60, 15);
    stage.register("ann");
    stage.moved().shows("Users").hides("CAN LOG IN");
    stage.press("<tab>").shows("Sessions").hides("CAN LOG IN");
    stage.press("<tab>").shows("CAN LOG IN").hides("─ Sessions");
}

#[test]
fn whole_pane_shows_a_person_alone_with_exact_times_and_back() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("<tab><tab><enter>").shows("2026-11-21 16:00:00 UTC").shows("valid until").hides("newest first");
    stage.press("<enter>").hides("2026-11-21 16:00:00 UTC").shows("newest first");
}

#[test]
fn whole_pane_shows_sessions_alone_with_exact_times_and_back() {
    let (mut stage, _) = with_sessions(&["ann"], &[("ann", "firefox")]);
    stage.press("<tab>").hides("began 2026-11-21");
    stage.press("<enter>").shows("began 2026-11-21 16:01:00 UTC").hides("newest first");
    stage.press("<enter>").shows("newest first");
}

#[test]
fn whole_pane_shows_the_list_alone_with_exact_times_and_back() {
    let (mut stage, _) = with_sessions(&["ann"], &[("ann", "firefox")]);
    stage.press("<enter>").shows("newest first").hides("CAN LOG IN");
    assert!(stage.line_with("ann").contains("2026-11-21 16:01:00 UTC"), "{}", stage.screen());
    stage.press("<enter>").shows("CAN LOG IN");
}

#[test]
fn in_the_whole_detail_the_keys_scroll_and_the_person_stays() {
    let mut stage = Stage::sized(80, 20);
    stage.register("ann");
    stage.register("bob");
    let id = stage.id("bob");
    for i in 0..30 {
        let edit = rollbook::accounts::user::Edit { note: Some(Some(format!("note {i}"))), ..Default::default() };
        stage.db().edit(&id, None, edit).unwrap();
    }
    stage.moved().press("<tab><tab><enter>").shows("id  ");
    stage.press("<pgdn>").hides("id  ").is_under_cursor("bob");
    stage.press("g").shows("id  ");
}

#[test]
fn back_is_one_step_at_a_time_and_never_quits() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("/ann<enter><tab><tab><enter>").hides("Users /ann");
    stage.press("<esc>").shows("Users /ann");
    assert_eq!(stage.model.pane, Pane::Detail);
    stage.press("<esc>");
    assert_eq!(stage.model.pane, Pane::Users);
    stage.shows("Users /ann").press("<esc>").hides("/ann").shows("bob");
    stage.press("<esc><esc><esc>");
    assert!(!stage.model.done);
}

#[test]
fn sessions_is_the_view_of_everybody_newest_first() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("bob", "firefox"), ("ann", "laptop")]);
    stage.press("2").shows("[2 Sessions]").shows("Sessions of everybody");
    stage.in_rows(&["laptop", "firefox", "phone"]).is_under_cursor("ann");
    stage.press("j").is_under_cursor("bob");
}

#[test]
fn users_goes_back_to_the_first_view() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone")]);
    stage.press("2").is_under_cursor("ann");
    stage.press("1").shows("[1 Users]").shows("newest first").hides("Sessions of everybody").is_under_cursor("bob");
}

#[test]
fn in_the_sessions_the_cursor_moves_over_sessions_and_the_person_stays() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("bob", "phone"), ("bob", "laptop")]);
    stage.press("<tab>");
    let first = stage.model.session().unwrap().id.clone();
    stage.press("j").is_under_cursor("bob");
    assert_ne!(stage.model.session().unwrap().id, first);
    stage.press("g");
    assert_eq!(stage.model.session().unwrap().id, first);
}

#[test]
fn the_cursor_stays_in_view_when_the_screen_shrinks() {
    let mut stage = crowd(500);
    stage.press("<pgdn>k");
    let name = nth(PAGE - 1);
    stage.is_under_cursor(&name).event(rollbook::console::effect::Event::Resize(80, 20));
    stage.is_under_cursor(&name);
    assert!(stage.line_with(&name).contains('›'), "{}", stage.screen());
}

#[test]
fn in_the_detail_the_moving_keys_scroll_what_is_told_and_never_the_list() {
    let mut stage = Stage::people(&["ann", "bob"]);
    let id = stage.id("bob");
    for i in 0..60 {
        let edit = rollbook::accounts::user::Edit { note: Some(Some(format!("note {i}"))), ..Default::default() };
        stage.db().edit(&id, None, edit).unwrap();
    }
    stage.moved().press("<tab><tab>");
    assert_eq!(stage.model.pane, Pane::Detail);
    let first = stage.line_with("edited");
    for key in ["j", "<down>", "<pgdn>", "<c-d>", "G", "k", "<up>", "<pgup>", "<c-u>"] {
        stage.press(key).is_under_cursor("bob");
    }
    stage.press("g").is_under_cursor("bob");
    assert_eq!(stage.line_with("edited"), first);
    stage.press("jjj").is_under_cursor("bob");
    assert_ne!(stage.line_with("edited"), first, "the history scrolls\n{}", stage.screen());
}
