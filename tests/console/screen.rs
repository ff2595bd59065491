//! What the screen says: the first line, the verdict, exceptions, the last line; hostile text; no colour.

use rollbook::accounts::Span;
use rollbook::accounts::user::{Edit, Role};
use rollbook::console::theme::{Role as Look, Theme};

use crate::others::{draft, with_sessions};
use crate::stage::Stage;

#[test]
fn the_first_line_says_which_database_what_wants_attention_and_who_acts() {
    let mut stage = Stage::people(&["ann"]);
    let first = |stage: &Stage| stage.screen().lines().next().unwrap().to_owned();
    assert!(first(&stage).contains("users.db") && first(&stage).contains("root · ssh 10.0.0.5"));
    assert!(!first(&stage).contains("pending"), "the normal state is silent");
    stage.create(draft("alina", |draft| draft.pending = true));
    stage.moved();
    assert!(first(&stage).contains("1 pending"), "{}", first(&stage));
}

#[test]
fn the_normal_state_is_silent_and_only_exceptions_get_a_word() {
    let (mut stage, _) = with_sessions(&["ann", "bob", "carol"], &[("ann", "phone")]);
    let past = stage.now().minus(Span::DAY.times(3));
    stage.edit_elsewhere("bob", Edit { valid_until: Some(Some(past)), ..Default::default() });
    stage.create(draft("root", |draft| draft.role = Role::Admin));
    stage.create(draft("alina", |draft| draft.pending = true));
    let id = stage.id("carol");
    stage.elsewhere(|accounts| accounts.deactivate(&id, None)).unwrap();
    let row = |stage: &Stage, name: &str| stage.line_with(&format!(" {name}  ")).split('│').next().unwrap().to_owned();
    assert!(row(&stage, "bob").contains("expired 3 d"));
    assert!(row(&stage, "alina").contains("pending now"));
    assert!(row(&stage, "carol").contains("inactive now"));
    assert!(row(&stage, "root").contains("admin"));
    assert_eq!(row(&stage, "ann").split_whitespace().collect::<Vec<_>>(), ["ann", "now", "1"]);
}

#[test]
fn the_last_line_names_only_keys_that_work_now_and_what_they_touch() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("ann", "laptop")]);
    stage.says("i deactivate").says("n new").says("/ filter").says("? keys");
    assert!(!stage.last_line().contains("end") && !stage.last_line().contains("undo"), "{}", stage.last_line());
    stage.press("j").says("X log out all 2").press("i<enter>").press("k").press("j").says("a activate");
    assert!(!stage.last_line().contains("i deactivate"), "{}", stage.last_line());
}

#[test]
fn the_history_tells_what_happened_by_whom_and_why() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("ileft the project<enter>").press("z").press("e<tab><tab>ops<enter><enter><enter><enter>");
    stage.shows("created").shows("deactivated").shows("by root: \"left the project\"").shows("labels none → ops");
    for _ in 0..2 {
        let wrong = rollbook::accounts::Secret::from("wrong");
        assert!(stage.db().authenticate("ann", &wrong, None).is_err());
    }
    stage.moved().shows("log-in refused ×2");
}

#[test]
fn at_eighty_columns_the_panes_stand_one_above_the_other() {
    let mut stage = Stage::sized(80, 24);
    stage.register("ann");
    stage.log_in("ann", "firefox");
    stage.moved().in_rows(&["Users", "› ann", "CAN LOG IN", "Sessions  1 live", "began now"]);
    for line in stage.screen().lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
    }
}

#[test]
fn view_two_alone_shows_exact_times() {
    let (mut stage, _) = with_sessions(&["ann"], &[("ann", "firefox")]);
    stage.press("2").hides("2026-11-21").press("<enter>").shows("began 2026-11-21 16:01:00 UTC");
    stage.press("<enter>").hides("2026-11-21");
}

/// Text that terminals would obey or hide: colour, a bell, a cursor move, a bidi override, a zero-width space.
const HOSTILE: &str = "x\u{1b}[31mred\u{7}\u{9b}2J\u{202e}evil\u{200b}y";

#[test]
fn hostile_text_is_shown_escaped_everywhere_and_obeyed_nowhere() {
    let mut stage = Stage::people(&["ann"]);
    let hostile = || Some(Some(HOSTILE.to_owned()));
    let edit = Edit { note: hostile(), email: hostile(), labels: Some(vec![HOSTILE.to_owned()]), ..Default::default() };
    stage.edit_elsewhere("ann", edit);
    for keys in ["", "<tab><enter>", "<enter>", "e", "<esc>c", "e", ":messages<enter>", "<esc>w", "<esc>/x<enter>"] {
        stage.press(keys);
        let screen = stage.screen();
        let bad = screen.chars().find(|c| *c != '\n' && rollbook::accounts::text::is_hostile(*c));
        assert!(bad.is_none(), "{bad:?} after {keys:?}\n{screen}");
    }
    stage.press("<esc>").shows("red");
}

#[test]
fn in_ascii_nothing_else_is_on_the_screen() {
    let mut stage = Stage::set_up(120, 40, |setup| setup.ascii = true, |_| {});
    stage.model.setup.who = "root".into();
    stage.register("ann");
    stage.log_in("ann", "firefox");
    stage.moved();
    for keys in
        ["", "j", "n", "<esc>d", "<c-c>?", "<esc>f", "<esc>w", "<esc>p<space><tab>abc", "<esc>2", "1x", "<tab><enter>"]
    {
        stage.press(keys);
        let screen = stage.screen();
        let odd: Vec<char> = screen.chars().filter(|c| !c.is_ascii()).collect();
        assert!(odd.is_empty(), "{odd:?} after {keys:?}\n{screen}");
    }
}

#[test]
fn without_colour_the_screen_says_the_same() {
    let show = |theme: Theme| {
        let mut stage = Stage::set_up(120, 40, |setup| setup.theme = theme, |_| {});
        stage.register("ann");
        stage.create(draft("alina", |draft| draft.pending = true));
        stage.moved().press("j");
        stage.screen()
    };
    assert_eq!(show(Theme::Mono), show(Theme::Terminal));
    assert_eq!(show(Theme::Dark), show(Theme::Light));
}

#[test]
fn the_row_under_the_cursor_is_marked_beside_its_colour() {
    let mut stage = Stage::people(&["ann", "bob"]);
    assert!(stage.line_with("› bob").contains("bob"));
    stage.press("<tab>").shows("› bob").press("<tab>").shows("› bob");
}

#[test]
fn the_terminals_cursor_is_seen_where_something_is_typed_and_nowhere_else() {
    let mut stage = Stage::people(&["ann"]);
    assert_eq!(stage.cursor(), None);
    let x = |stage: &Stage| stage.cursor().unwrap().0;
    let before = x(stage.press("/"));
    assert_eq!(x(stage.press("ann")), before + 3);
    assert_eq!(stage.press("<enter>").cursor(), None);
    let before = x(stage.press("p<space><tab>"));
    assert_eq!(x(stage.press("four")), before + 4);
    stage.press("<esc><esc>d");
    let (x, y) = stage.cursor().unwrap();
    let line = stage.screen().lines().nth(usize::from(y)).unwrap().chars().skip(usize::from(x)).collect::<String>();
    assert!(line.starts_with("Cancel"), "{line}");
}

#[test]
fn the_verdict_is_told_by_word_and_colour() {
    let mut stage = Stage::people(&["ann"]);
    assert!(stage.is_in_role("CAN LOG IN", Look::Good));
    stage.press("i<enter>");
    assert!(stage.is_in_role("CANNOT LOG IN", Look::Bad));
}
