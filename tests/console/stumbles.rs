//! What a newcomer stumbles over: slips in a filter, words that are not there to be completed, a number typed wrongly.

use rollbook::accounts::Span;
use rollbook::accounts::user::Role;
use rollbook::console::theme::Role as Drawn;

use crate::others::{crowd, draft, with_sessions};
use crate::stage::Stage;

#[test]
fn filter_says_which_field_was_probably_meant_and_where() {
    let mut stage = Stage::people(&["ann", "lablel:x"]);
    stage.press("/ann lablel:x").says("no field \"lablel\" (label: is nearest; as text: \"lablel:x\")");
    let screen = stage.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let column = |line: &str, text: &str| line.find(text).map(|at| line[..at].chars().count());
    assert_eq!(column(lines[2], "^"), column(lines[1], "lablel:x"), "{screen}");
    stage.press("<enter>").says("no field");
    stage.press("<c-u>\"lablel:x\"").shows("1 · newest").is_under_cursor("lablel:x");
    stage.press("<c-u>rol:admin").says("role: is nearest").press("<c-u>role:admin").shows("0 · newest");
    stage.press("<esc>2/clint:fox").says("client: is nearest");
    stage.press("<esc>3/actoin:log-in").says("action: is nearest").shows("^^^^^^");
    stage.press("<c-u>\"actoin:log-in\"<enter>").shows("no entry matches");
}

#[test]
fn filter_is_pointed_at_alike_where_a_field_a_state_or_a_sign_is_wrong() {
    let mut stage = Stage::people(&["ann", "bob"]);
    for (typed, said) in [
        (
            "colour:red",
            "no field \"colour\" (is: role: label: created: seen: used: valid: hash:; as text: \"colour:red\")",
        ),
        ("is:activ", "no state \"activ\" (active is nearest; as text: \"is:activ\")"),
        ("!!bob", "! once (!word leaves out who has it; in quotation marks a ! is text)"),
    ] {
        stage.press("/ann ").press(typed).says(said);
        let screen = stage.screen();
        let marks = screen.lines().nth(2).unwrap().matches('^').count();
        assert_eq!(marks, typed.len(), "{screen}");
        stage.press("<enter>").says(&format!("not in force: {said}")).press("<esc>");
    }
    stage.press("/IS:Active !Role:ADMIN").shows("2 · newest").press("<c-u>Is:PE<tab>").shows("/Is:pending ");
    stage.press("<esc>3/ACTION:Log-In").shows("no entry matches");
}

#[test]
fn filter_at_fault_counts_nothing_and_dims_the_rows_that_are_not_its() {
    let mut stage = Stage::people(&["ann", "bob"]);
    let paste = |stage: &mut Stage, text: &str| {
        stage.event(rollbook::console::effect::Event::Paste(text.to_owned().into()));
    };
    paste(stage.press("/"), "is:purple");
    stage.hides("2 · newest").shows("of the filter before").shows("bob").hides("›");
    for name in ["ann ", "bob  "] {
        assert!(stage.is_in_role(name, Drawn::Faint), "the rows are those of another filter");
    }
    stage.press("<enter>").says("not in force: no state").shows("/is:purple");
    stage.press("<esc>").shows("2 · newest first");
    assert!(!stage.is_in_role("ann ", Drawn::Faint));
    for (view, text, count) in [("2/", "is:purple", "0 with ended"), ("3/", "action:dance", "2 · newest")] {
        paste(stage.press(view), text);
        stage.hides(count).press("<esc>").shows(count);
    }
}

#[test]
fn complete_goes_on_with_the_labels_that_people_have() {
    let mut stage = Stage::people(&["ann"]);
    for (name, label) in [("bob", "billing"), ("cleo", "ops"), ("dan", "oncall")] {
        stage.create(draft(name, |draft| draft.labels = vec![label.into()]));
    }
    stage.moved().press("/label:bi<tab>").shows("/label:billing ").shows("1 · newest").is_under_cursor("bob");
    stage.press("<c-u>!label:o<tab>").says("oncall  ops").shows("/!label:o");
    stage.press("p<tab>").shows("/!label:ops ").shows("3 · newest");
    stage.press("<c-u>label:zz<tab>").says("nothing is known that begins so");
}

#[test]
fn complete_asks_for_labels_in_the_background_and_puts_no_late_answer_into_another_line() {
    let mut stage = Stage::people(&["ann"]);
    stage.create(draft("bob", |draft| draft.labels = vec!["billing".into()]));
    stage.moved().press("/label:bi");
    stage.holding = true;
    stage.press("<tab>").shows("/label:bi").press("x");
    stage.release().shows("/label:bix").hides("/label:billing");
    stage.holding = true;
    stage.press("<bs><tab>");
    stage.release().shows("/label:billing ");
}

#[test]
fn complete_goes_on_with_clients_that_are_on_the_screen() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone app"), ("bob", "firefox")]);
    stage.press("2/client:f<tab>").shows("/client:firefox ").shows("1 with ended ones");
    stage.press("<c-u>client:ph<tab>").shows("/client:\"phone app\" ").shows("1 with ended ones");
    stage.press("<c-u>address:1<tab>").shows("/address:10.1.4.77 ");
}

#[test]
fn complete_knows_the_fields_and_the_actions_of_the_audit() {
    let mut stage = Stage::people(&["ann", "bob smith"]);
    stage.press("3/act<tab>").says("actor:  action:").press("i<tab>").shows("/action:");
    stage.press("dea<tab>").shows("/action:deactivate ").press("<c-u>action:set-<tab>");
    stage.says("set-password  set-policy");
    stage.press("<c-u>about:b<tab>").shows("/about:\"bob smith\" ").shows("1 · newest first");
    stage.press("<c-u>actor:ro<tab>").shows("/actor:root ").shows("2 · newest first");
}

#[test]
fn audit_names_an_action_as_its_filter_does() {
    let mut stage = Stage::people(&["ann"]);
    stage.log_in("ann", "firefox");
    stage.moved().press("3").shows("log-in").press("/action:log-in<enter>").shows("1 · newest first");
    stage
        .press("<esc>/action:\"logged in\"<enter>")
        .shows("1 · newest first")
        .press("<enter>")
        .shows("action   log-in: ann");
}

#[test]
fn keys_of_each_view_tell_of_its_own_filter() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("?filter").shows("^prefix, is:, role:, label:").shows("rollbook user list --filter").press("<esc>");
    stage
        .press("2?filter")
        .shows("filter as you type: is:, client:, address:, seen:")
        .shows("rollbook session list --filter")
        .press("<esc>");
    stage.press("/").shows("client: chrome").press("<esc>");
    stage
        .press("3?filter")
        .shows("filter: names, action:, actor:, about:, since:, until:")
        .shows("rollbook audit list --action");
    stage.hides("role:").press("<esc>?lists").shows("today, by me").hides("pending");
}

#[test]
fn filter_asked_of_the_other_view_names_the_key_that_leads_there() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("/client:fox").says("client: is asked of sessions, not of users (2 shows the sessions)");
    stage.press("<esc>2/label:ops").says("label: is asked of users, not of sessions (1 shows the users)");
}

#[test]
fn filter_of_the_audit_says_how_a_name_is_found_here() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("3/about:nn").says("no user \"nn\"").says("Tab completes").press("<c-u>nn").shows("1 · newest first");
}

#[test]
fn a_number_that_is_not_the_one_is_told_beneath_the_field() {
    let mut stage = crowd(12);
    stage
        .press("*d")
        .moment()
        .shows("type 12, then Enter")
        .press("<enter>")
        .shows("nothing was done: 12 has to be typed");
    stage.press("1").hides("nothing was done").press("1<enter>").shows("nothing was done: that is not 12");
    assert_eq!(stage.model.layers.len(), 1);
    stage.press("<bs>2").hides("nothing was done").press("<enter>").says("12 users deleted");
}

#[test]
fn a_word_that_is_not_the_one_is_told_beneath_the_field() {
    let mut stage = Stage::people(&["ann"]);
    let root = stage.create(draft("root", |draft| draft.role = Role::Admin));
    let keeper = stage.create(draft("keeper", |draft| draft.role = Role::Admin));
    assert_ne!(root.id, keeper.id);
    stage.model.setup.actor = rollbook::accounts::Actor::User { id: root.id.clone(), name: root.name };
    stage.moved().press("/root<enter>d").moment().shows("type 1, then Enter");
    stage.press("2<enter>").shows("nothing was done: that is not 1").press("<bs>").hides("nothing was done");
}

#[test]
fn the_actor_is_told_whole_where_there_is_room() {
    let long = "root, as deployment-automation · ssh 2001:db8:1234:5678::77";
    let mut stage = Stage::set_up(120, 40, |setup| setup.who = long.to_owned(), |_| {});
    stage.shows(long);
    stage.event(rollbook::console::effect::Event::Resize(80, 24)).shows("root, as").shows("…").shows(":77");
    stage.event(rollbook::console::effect::Event::Resize(40, 10)).shows("[1 Users] 2 3 4").wait(Span::SECOND);
}

#[test]
fn filter_at_fault_is_pointed_at_only_where_column_heads_make_room() {
    for (columns, rows) in [(80, 24), (60, 15), (40, 10)] {
        for view in ["1", "2", "3"] {
            let mut stage = Stage::with(columns, rows, |accounts| {
                accounts.create_user(draft("Iris Keller", |_| {}), None).unwrap();
            });
            let second = stage.press(view).screen().lines().nth(2).unwrap_or_default().trim().to_owned();
            let heads = second.starts_with("name ") || second.starts_with("when ");
            stage.press("/is:pendng");
            assert_eq!(stage.screen().contains('^'), heads, "{second}\n{}", stage.screen());
            stage.hides("r^").hides("n^");
        }
    }
}

#[test]
fn filter_longer_than_its_title_is_seen_where_it_is_typed() {
    for (columns, rows) in [(80, 24), (60, 15), (40, 10)] {
        for view in ["1", "2", "3"] {
            let mut stage = Stage::with(columns, rows, |accounts| {
                accounts.create_user(draft("ann", |_| {}), None).unwrap();
            });
            stage.press(view).press("/is:live is:live is:live is:live is:live abcdef");
            stage.shows("abcdef");
            let at = stage.line_with("abcdef").find("abcdef").map(|at| stage.line_with("abcdef")[..at].chars().count());
            assert_eq!(stage.cursor().map(|(x, _)| usize::from(x)), at.map(|at| at + 6), "{}", stage.screen());
            stage.press("<c-u>xyz").shows("/xyz").press("<enter>").shows("/xyz");
        }
    }
}

#[test]
fn help_uses_the_width_there_is() {
    let mut stage = Stage::sized(120, 40);
    stage.press("?").shows("Keys here");
    let cut: Vec<String> =
        stage.screen().lines().filter(|line| line.contains('…') && !line.contains(" …")).map(str::to_owned).collect();
    assert!(cut.is_empty(), "{cut:#?}");
}

#[test]
fn day_of_another_year_stands_apart_from_what_follows() {
    let mut stage = Stage::people(&["ann"]);
    stage.wait(Span::DAY.times(400)).press("<c-r>");
    stage.shows("2026 created").press("3").shows("2026 root");
}
