//! Whom the list shows: the filter as one types, the ready lists, the order.

use rollbook::accounts::query::STALE;
use rollbook::accounts::user::{Edit, Role};
use rollbook::accounts::{Span, Time};
use rollbook::console::effect::{Answer, Effect, Event, Read, Slot};
use rollbook::console::layout::Pane;

use crate::others::{crowd, draft, with_sessions};
use crate::stage::Stage;

/// Six people of every kind; the last is on top.
fn mixed() -> Stage {
    let mut stage = Stage::people(&["alice@example.org", "malika@example.org", "bob"]);
    stage.create(draft("root", |draft| draft.role = Role::Admin));
    stage.create(draft("alina", |draft| draft.pending = true));
    stage.create(draft("carol", |draft| {
        draft.labels = vec!["billing".into()];
        draft.email = Some("c@ali.example".into());
    }));
    stage.moved();
    stage
}

#[test]
fn filter_finds_as_one_types_and_says_how_many() {
    let mut stage = mixed();
    stage.shows("6 · newest first");
    stage.press("/al").shows("Users /al").shows("4 · newest first").hides("bob");
    stage.press("in").shows("1 · newest first").is_under_cursor("alina");
    stage.press("<bs><bs>").shows("4 · newest first");
}

#[test]
fn filter_words_match_anywhere_in_name_or_address_and_all_of_them() {
    let mut stage = mixed();
    stage.press("/ALI").shows("4 · newest").shows("carol").shows("malika");
    stage.press(" example.org").shows("2 · newest").shows("alice@").shows("malika").hides("carol ");
}

#[test]
fn filter_by_prefix_begins_with_a_caret() {
    let mut stage = mixed();
    stage.press("/^ali").shows("2 · newest").shows("alice@").shows("alina").hides("malika");
}

#[test]
fn filter_by_state_role_and_label() {
    let mut stage = mixed();
    for (typed, name) in
        [("is:pending", "alina"), ("role:admin", "root"), ("label:billing", "carol"), ("is:admin", "root")]
    {
        stage.press("/").press(typed).shows("1 · newest").is_under_cursor(name);
        stage.press("<esc>");
    }
}

#[test]
fn a_filter_that_is_not_understood_says_so_and_the_list_stays() {
    let mut stage = mixed();
    stage.press("/").event(rollbook::console::effect::Event::Paste("is:purple".to_owned().into()));
    stage.says("no state \"purple\"").shows("alice@example.org");
    stage.press("<enter>").shows("no state \"purple\"");
    assert!(stage.model.users.list.typing, "nothing is kept that is not in force");
    stage.press("<c-u>is:pending").hides("purple").shows("1 · newest");
}

#[test]
fn escape_clears_the_filter_and_enter_keeps_it() {
    let mut stage = mixed();
    stage.press("/bob<enter>").shows("Users /bob").shows("1 · newest").is_under_cursor("bob");
    assert!(!stage.model.users.list.typing);
    stage.press("/<esc>").hides("/bob").shows("6 · newest");
}

#[test]
fn the_arrows_move_through_the_list_while_one_types() {
    let mut stage = mixed();
    stage.press("/ali<down>").is_under_cursor("alina").press("<up>").is_under_cursor("carol");
    assert!(stage.model.users.list.typing);
}

#[test]
fn letters_that_are_keys_elsewhere_are_text_in_the_filter() {
    let mut stage = mixed();
    stage.press("/xidqz?:").shows("/xidqz?:");
    assert!(stage.model.layers.is_empty() && !stage.model.done);
}

#[test]
fn nobody_found_says_what_clears_the_filter() {
    let mut stage = mixed();
    stage.press("/xyzzy<enter>").shows("0 of 6 match /xyzzy").shows("Esc clears the filter");
    stage.press("<esc>").shows("6 · newest");
}

#[test]
fn a_paste_into_the_filter_is_text_without_its_line_ends() {
    let mut stage = mixed();
    stage.press("/").event(rollbook::console::effect::Event::Paste("bo\nb\r".to_owned().into()));
    stage.shows("Users /bob").is_under_cursor("bob");
    assert!(stage.model.users.list.typing);
}

#[test]
fn filter_over_everybodys_sessions_has_its_own_words() {
    let (mut stage, tokens) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("bob", "firefox")]);
    stage.press("2").shows("2 with ended ones · newest");
    stage.press("/fire").shows("/fire").shows("1 with ended ones · newest").shows("firefox").hides("phone");
    stage.press("<c-u>^ann").shows("phone").hides("firefox");
    stage
        .press("<c-u>is:pending")
        .says("is:pending is asked of users, not of sessions (1 shows the users)")
        .press("<esc>");
    stage.elsewhere(|accounts| accounts.log_out(&tokens[0])).unwrap();
    stage.press("/is:ended").shows("phone").hides("firefox");
    stage.press("<c-u>is:live").shows("1 · newest").shows("firefox").hides("phone");
}

#[test]
fn lists_pending() {
    mixed().press("f").shows("Ready lists").press("p").shows("Users /is:pending").shows("1 · ").shows("alina");
}

#[test]
fn lists_live() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone")]);
    stage.press("fl").shows("/is:live").shows("1 · ").is_under_cursor("ann");
}

#[test]
fn lists_stale() {
    let mut stage = Stage::people(&["ann"]);
    stage.wait(STALE).wait(Span::DAY);
    stage.register("bob");
    stage.moved().press("fs").shows("/is:stale").shows("1 · ").is_under_cursor("ann");
}

#[test]
fn lists_admins() {
    mixed().press("fa").shows("/role:admin").shows("1 · ").is_under_cursor("root");
}

#[test]
fn lists_never_logged_in() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("bob", "phone")]);
    stage.press("fn").shows("/is:never").shows("1 · ").is_under_cursor("ann");
}

#[test]
fn lists_inactive() {
    let mut stage = mixed();
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.deactivate(&id, None)).unwrap();
    stage.press("fi").shows("/is:inactive").shows("1 · ").is_under_cursor("bob");
}

#[test]
fn lists_expired() {
    let mut stage = mixed();
    let past: Time = stage.now().minus(Span::DAY);
    stage.edit_elsewhere("bob", Edit { valid_until: Some(Some(past)), ..Default::default() });
    stage.press("fe").shows("/is:expired").shows("1 · ").is_under_cursor("bob");
}

#[test]
fn lists_deleted() {
    let mut stage = mixed();
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.delete(&id, None)).unwrap();
    stage.press("fd").shows("/is:deleted").shows("1 · ").is_under_cursor("bob");
}

#[test]
fn lists_all() {
    mixed().press("fp").shows("1 · ").press("fx").hides("/is:").shows("6 · newest");
}

#[test]
fn lists_are_chosen_by_letter_or_by_cursor() {
    let mut stage = mixed();
    stage.press("fjjjj<enter>").shows("/role:admin");
    stage.press("fG<enter>").shows("6 · newest");
    stage.press("fq").hides("Ready lists").shows("6 · newest");
}

#[test]
fn lists_are_of_users_and_say_so_in_view_two() {
    mixed().press("2f").says("the ready lists are of users; 1 shows them");
}

#[test]
fn order_by_name_by_last_login_and_back() {
    let (mut stage, _) = with_sessions(&["bob", "carol", "ann"], &[("carol", "phone")]);
    stage.in_rows(&["ann", "carol ", "bob"]);
    stage.press("s").shows("Order by").press("n").shows("3 · by name").in_rows(&["ann ", "bob", "carol "]);
    stage.press("sl").shows("last seen first").in_rows(&["   carol ", "› ann "]);
    stage.press("sc").shows("newest first").in_rows(&["› ann ", "   carol ", "   bob "]);
}

#[test]
fn order_by_status_shows_who_waits_first() {
    let mut stage = mixed();
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.deactivate(&id, None)).unwrap();
    stage.moved().press("st").shows("pending, inactive, active").in_rows(&["   alina ", "› bob ", "   carol "]);
    stage.press("S").shows("active, inactive, pending").in_rows(&["   carol ", "› bob ", "   alina "]);
}

#[test]
fn order_by_the_same_again_turns_it_round() {
    let mut stage = Stage::people(&["bob", "ann"]);
    stage.press("sn").in_rows(&["› ann ", "   bob "]);
    stage.press("s").shows("again: the other way round").press("n").shows("by name, backwards");
    stage.in_rows(&["   bob ", "› ann "]);
}

#[test]
fn order_says_in_view_two_what_sessions_are_ordered_by() {
    Stage::people(&["ann"]).press("2s").says("sessions are ordered by when they began");
}

#[test]
fn reverse_turns_users_round_and_back() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("S").shows("oldest first").in_rows(&["   ann ", "› bob "]);
    stage.press("S").shows("newest first").in_rows(&["› bob ", "   ann "]);
}

#[test]
fn reverse_turns_everybodys_sessions_round() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("bob", "firefox")]);
    stage.press("2S").shows("oldest first").in_rows(&["phone", "firefox"]);
}

#[test]
fn order_and_reverse_keep_the_cursor_on_its_person() {
    let (mut stage, _) = with_sessions(&["bob", "carol", "ann"], &[("carol", "phone")]);
    stage.press("j").is_under_cursor("carol");
    for keys in ["sn", "sn", "sl", "sl", "st", "st", "sc", "S", "S"] {
        stage.press(keys).is_under_cursor("carol");
        assert!(stage.line_with("› ").contains("carol"), "{keys}\n{}", stage.screen());
    }
    let mut stage = crate::others::crowd(500);
    stage.press("<pgdn><pgdn>").is_under_cursor("p429");
    for keys in ["sn", "S", "sc"] {
        stage.press(keys).is_under_cursor("p429").shows("p429");
    }
}

#[test]
fn reverse_in_view_two_keeps_the_cursor_on_its_session() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("bob", "firefox"), ("ann", "laptop")]);
    stage.press("2j");
    for _ in 0..2 {
        stage.press("S");
        assert_eq!(stage.model.session().unwrap().client.as_deref(), Some("firefox"), "{}", stage.screen());
    }
}

#[test]
fn escape_clears_the_filter_and_the_cursor_stays_on_its_person() {
    for keys in ["/^ali<enter><esc>", "/^ali<esc>", "/^ali<c-c>"] {
        let mut stage = mixed();
        stage.press("j").press(keys).shows("6 · newest").is_under_cursor("alina");
    }
    let mut stage = crate::others::crowd(500);
    stage.press("/p123<enter>").is_under_cursor("p123");
    stage.press("<esc>").shows("500 · newest").is_under_cursor("p123").shows("p122").press("k").is_under_cursor("p124");
}

#[test]
fn escape_near_the_end_of_the_list_waits_for_the_rows_above_that_fill_the_pane() {
    let mut stage = crowd(300);
    stage.press("/p000<enter>").is_under_cursor("p000");
    stage.holding = true;
    stage.press("<esc>");
    let height = stage.model.screen().rows(Pane::Users);
    for _ in 0..9 {
        for answer in stage.answers() {
            stage.event(answer);
            let list = &stage.model.users.list;
            let full = list.window.visible(height).count() == height;
            assert!(full || list.is_waiting(), "{}", stage.screen());
        }
    }
    assert!(!stage.model.users.list.is_waiting());
    stage.is_under_cursor("p000");
}

#[test]
fn escape_in_view_two_clears_the_filter_stays_on_the_session_and_then_does_nothing() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("bob", "firefox"), ("ann", "laptop")]);
    stage.press("2/phone<enter>").shows("1 with ended ones · newest").press("<esc>").shows("3 with ended ones");
    assert_eq!(stage.model.session().unwrap().client.as_deref(), Some("phone"));
    stage.press("<esc><esc>").shows("[2 Sessions]").shows("Sessions of everybody");
    assert_eq!(stage.model.session().unwrap().client.as_deref(), Some("phone"));
}

#[test]
fn filter_is_typed_on_from_where_it_was_kept_and_begins_anew_after_ctrl_u() {
    let mut stage = mixed();
    stage.press("/al<enter>").shows("4 · newest").press("/").shows("Users /al").shows("4 · newest");
    stage.press("in").shows("Users /alin").shows("1 · newest").is_under_cursor("alina");
    stage.press("<enter>/<enter>").shows("Users /alin").shows("1 · newest");
    stage.press("/<c-u>car").shows("Users /car").is_under_cursor("carol").hides("   bob");
    stage.press("<esc>fp").shows("Users /is:pending").press("/ali").shows("/is:pending ali").is_under_cursor("alina");
    stage.press("<esc>").shows("6 · newest");
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("bob", "firefox")]);
    stage.press("2/client:phone<enter>/").shows("/client:phone").press("bob").shows("/client:phone bob");
    stage.shows("0 with ended ones").press("<c-u>fire").shows("/fire").shows("firefox");
}

#[test]
fn filter_that_was_not_typed_begins_anew() {
    let mut stage = mixed();
    stage.press("h").shows("/about:bob").press("/").hides("/about:bob").press("log").shows("/log");
    stage.press("<esc>").hides("/log");
}

#[test]
fn complete_goes_on_with_fields_and_their_values() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("/l<tab>").shows("/label:").press("<c-u>is:pe<tab>").shows("/is:pending ");
    stage.press("<c-u>is:<tab>").says("pending").says("throttled");
    stage.press("<c-u>zz<tab>").says("nothing is known that begins so");
    stage.press("<c-u>is:th ann<left><left><left><left><tab>").shows("/is:throttled  ann");
    stage.press("<esc>2/cl<tab>").shows("/client:");
}

#[test]
fn complete_puts_no_label_into_the_line_that_could_not_be_typed() {
    let mut stage = mixed();
    stage.holding = true;
    stage.press("/!label:x<tab>");
    let asked = |stage: &mut Stage| {
        let asked = std::mem::take(&mut stage.held).into_iter().find_map(|effect| match effect {
            Effect::Ask(Slot::Labels, turn, Read::Labels(prefix)) => Some((turn, prefix)),
            _ => None,
        });
        asked.expect("a question")
    };
    let (turn, prefix) = asked(&mut stage);
    assert_eq!(prefix, "x");
    let labels = ["x\u{1b}[31m", "x\u{202e}y", "x\"z", "xylon"].map(str::to_owned).to_vec();
    stage.event(Event::Answered(Slot::Labels, turn, Ok(Answer::Labels(labels)))).shows("/!label:xylon ");
    stage.press("<c-u>is:live label:label:x<tab>");
    assert_eq!(asked(&mut stage).1, "label:x", "what stands behind the first colon is looked for");
}

#[test]
fn filter_points_at_what_is_wrong() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("/ann seen:soon");
    let screen = stage.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let column = |line: &str, text: &str| line.find(text).map(|at| line[..at].chars().count());
    assert_eq!(column(lines[2], "^"), column(lines[1], "seen:soon"), "{screen}");
    assert_eq!(lines[2].matches('^').count(), "seen:soon".len());
    stage.says("seen: does not know").press("<c-u>ann");
    assert!(!stage.screen().lines().nth(2).unwrap().contains('^'));
}

#[test]
fn copy_gives_the_command_that_lists_the_same() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("/an !is:pending<enter>c").shows("rollbook user list --filter 'an !is:pending'").press("f");
    assert_eq!(stage.copied, ["rollbook user list --filter 'an !is:pending'"]);
}

#[test]
fn copy_gives_the_command_of_a_change_to_many_that_a_filter_found() {
    let mut stage = Stage::people(&["ann", "anna", "bob"]);
    stage.press("/ann<enter>*i<enter>").moment().press("y").says("2 users deactivated").press("<esc>cl");
    assert_eq!(stage.copied, ["rollbook user deactivate --filter ann --yes"]);
}
