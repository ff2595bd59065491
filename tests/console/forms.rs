//! The forms for a new user and for what is said about somebody.

use rollbook::accounts::user::{Edit, Role, Status};
use rollbook::accounts::{Secret, Time};
use rollbook::console::effect::Event;

use crate::others::{draft, with_sessions};
use crate::stage::{PASSWORD, Stage};

const TABS_TO_BUTTON: &str = "<tab><tab><tab><tab><tab><tab><tab>";

fn filled(name: &str) -> Stage {
    let mut stage = Stage::people(&["ann"]);
    stage.press("n").press(name).press("<tab><tab><tab>").press(PASSWORD);
    stage
}

#[test]
fn new_makes_a_person_with_everything_that_was_said() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("n").shows("New user");
    stage.press("alina<tab>alina@mail.example<tab><tab>").press(PASSWORD);
    stage.press("<tab>ops billing<tab><right><tab><space><enter>");
    stage.says("alina created · pending: a activates").is_under_cursor("alina");
    let user = stage.person("alina");
    assert_eq!(
        (user.status, user.role, user.email.as_deref()),
        (Status::Pending, Role::Auditor, Some("alina@mail.example"))
    );
    assert_eq!(user.labels, ["billing", "ops"]);
    stage.press("a");
    assert!(stage.lets_in("alina", PASSWORD));
}

#[test]
fn new_is_active_unless_said_otherwise_and_can_log_in() {
    let mut stage = filled("alina");
    stage.press("<tab><tab><tab><tab><enter>").says("alina created").shows("CAN LOG IN").is_under_cursor("alina");
    assert!(stage.lets_in("alina", PASSWORD));
    assert_eq!(stage.person("alina").role, Role::Member);
}

#[test]
fn new_under_a_taken_name_says_so_beneath_it_and_loses_nothing() {
    let mut stage = filled("Ann");
    let dots = "•".repeat(PASSWORD.chars().count());
    stage.press("<tab>billing<tab><tab><tab><enter>").shows("New user").shows("billing").shows(&dots);
    assert!(stage.line_with("Name").contains("Ann"));
    let fault = stage.row_of("there is a user \"ann\"");
    assert_eq!(fault, stage.row_of("Name ") + 1, "{}", stage.screen());
    stage.press("a<tab><tab><tab><tab><tab><tab><tab><enter>").says("Anna created");
    assert!(stage.lets_in("anna", PASSWORD));
    assert_eq!(stage.person("anna").labels, ["billing"]);
}

#[test]
fn new_by_code_shows_the_code_once_and_the_person_chooses() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("nalina<tab><tab><space>").hides("characters").press("<tab><tab><tab><tab><enter>");
    stage.shows("Reset code, shown once").shows("for alina, until").shows("alina created");
    let code = stage.line_with("rbr_");
    let code =
        code.trim_matches(|c: char| c == '│' || c.is_whitespace()).split_whitespace().find(|w| w.starts_with("rbr_"));
    let code = Secret::from(code.unwrap());
    stage.wait(rollbook::accounts::Span::SECOND).press("<enter>").hides("rbr_").shows("no password");
    stage.db().complete_reset(&code, &Secret::from(PASSWORD)).unwrap();
    assert!(stage.lets_in("alina", PASSWORD));
}

#[test]
fn new_judges_every_field_before_anything_is_sent() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("n<tab>nobody").press(TABS_TO_BUTTON).press("<s-tab><enter>");
    stage.shows("a name is needed").shows("an e-mail address has the form name@host").shows("a password is needed");
    assert!(stage.model.orders.is_empty());
    stage.press("<esc><esc>").press("nx<tab><tab><tab>short<tab>b@d!<tab><tab><tab><enter>");
    stage.shows("5 of 15 characters").shows("not a label: \"b@d!\"");
}

#[test]
fn new_tells_the_verdict_on_the_password_as_one_types() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("nalina<tab><tab><tab>").shows("15 or more characters · Ctrl-G makes one");
    stage.press("correct").shows("7 of 15 characters");
    stage.press(" horse battery").shows("good").hides("correct horse");
    stage.press("<c-u>passwordpassword").hides("good");
}

#[test]
fn new_refuses_hostile_characters_in_a_name_with_a_sentence() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("n").event(rollbook::console::effect::Event::Paste("al\u{202e}ice".to_owned().into()));
    stage.press(TABS_TO_BUTTON).press("<enter>").shows("the name contains").hides("\u{202e}");
}

#[test]
fn next_field_and_previous_field_go_round_the_form() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("n<tab>e-mail here<s-tab>name here");
    assert!(stage.line_with("Name").contains("name here") && stage.line_with("E-mail").contains("e-mail here"));
    stage.press("<s-tab><enter>").hides("New user");
}

#[test]
fn next_field_with_the_arrow_too() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("n<down>below<up>above");
    assert!(stage.line_with("Name").contains("above") && stage.line_with("E-mail").contains("below"));
}

#[test]
fn previous_field_from_the_first_is_cancel() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("nalina<s-tab><enter>").hides("New user").hides("alina");
    assert!(stage.is_gone("alina"));
}

#[test]
fn accept_walks_through_the_fields_and_creates_from_the_last() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("nalina<enter><enter><enter>").press(PASSWORD).press("<enter><enter><enter>").shows("New user");
    stage.press("<enter>").says("alina created");
}

#[test]
fn the_command_at_the_foot_says_the_same() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("nalina").shows("rollbook user register alina --password-stdin");
    stage.press("<esc><esc>e").shows("rollbook user edit ann").press("<esc>p").shows("rollbook reset request ann");
}

#[test]
fn a_form_that_was_sent_takes_no_more_keys_but_escape() {
    let mut stage = filled("alina");
    stage.holding = true;
    stage.press("<tab><tab><tab><tab><enter>").shows("at work").press("xyz<enter>").shows("at work").hides("xyz");
    stage.release().says("alina created").hides("New user");
    assert_eq!(stage.db().count(&Default::default(), None).unwrap(), 2);
}

#[test]
fn the_outcome_is_told_though_its_form_was_closed() {
    let mut stage = filled("alina");
    stage.holding = true;
    stage.press("<tab><tab><tab><tab><enter><esc>").hides("New user");
    stage.release().says("alina created");
    let mut stage = filled("ann");
    stage.holding = true;
    stage.press("<tab><tab><tab><tab><enter><esc>");
    stage.release().says("\"ann\"");
    assert!(stage.model.layers.is_empty());
}

#[test]
fn edit_changes_every_field() {
    let mut stage = Stage::people(&["ann"]);
    stage.create(draft("root", |draft| draft.role = Role::Admin));
    stage.moved().press("G").is_under_cursor("ann").press("e").shows("Edit ann");
    stage.press("abel<tab>a@b.example<tab>ops, billing<tab>on call<tab><right><right><tab>2026-12-31<enter>");
    stage.says("annabel edited: name").says("z undoes").shows("annabel").shows("billing, ops");
    let user = stage.person("annabel");
    assert_eq!((user.email.as_deref(), user.note.as_deref()), (Some("a@b.example"), Some("on call")));
    assert_eq!((user.role, user.labels.join(" ")), (Role::Admin, "billing ops".to_owned()));
    assert!(user.valid_until.is_some_and(|until| until.rfc3339().starts_with("2026-12-31")));
}

#[test]
fn edit_takes_an_end_as_a_day_an_instant_a_distance_or_none() {
    let mut stage = Stage::people(&["ann"]);
    let month = stage.now().plus(rollbook::accounts::Span::DAY.times(30));
    let cases: [(&str, Option<Time>); 6] = [
        ("2026-12-31T18:00:00Z", Time::parse("2026-12-31T18:00:00Z").ok()),
        ("none", None),
        ("+30d", Some(month)),
        ("never", None),
        ("2027-01-31", Time::parse("2027-01-31T23:59:59.999Z").ok()),
        ("", None),
    ];
    for (typed, until) in cases {
        stage.press("e<s-tab><s-tab><s-tab><c-u>").press(typed).press("<enter>").says("ann edited: valid until");
        assert_eq!(stage.person("ann").valid_until, until, "{typed:?}");
    }
    stage.press("e<s-tab><s-tab><s-tab>tomorrow<enter>").shows("Edit ann").shows("tomorrow");
    assert_eq!(stage.person("ann").valid_until, None);
}

#[test]
fn edit_to_a_taken_name_says_so_beneath_it() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage
        .press("e<c-u>ANN<tab><tab><tab>kept<s-tab><s-tab><s-tab><s-tab><s-tab><enter>")
        .shows("Edit bob")
        .shows("kept");
    assert_eq!(stage.row_of("there is a user \"ann\""), stage.row_of("Name ") + 1, "{}", stage.screen());
    assert!(stage.person("bob").note.is_none());
}

#[test]
fn edit_judges_only_what_was_touched() {
    let mut stage = Stage::people(&["ann"]);
    let unlawful =
        Edit { labels: Some(vec!["not a label!".into()]), email: Some(Some("nowhere".into())), ..Default::default() };
    stage.edit_elsewhere("ann", unlawful);
    stage.press("e<tab><tab><tab>on call<tab><tab><enter>").says("ann edited: note");
    assert_eq!(stage.person("ann").email.as_deref(), Some("nowhere"));
    stage.press("e<tab>!<enter><enter><enter><enter><enter>").shows("an e-mail address has the form");
}

#[test]
fn edit_of_nothing_says_so() {
    Stage::people(&["ann"]).press("e<s-tab><s-tab><enter>").says("ann: nothing was different");
}

#[test]
fn edit_is_refused_when_somebody_was_faster_and_what_was_typed_stays() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("e<tab><tab><tab>on call");
    stage.edit_elsewhere("ann", Edit { note: Some(Some("bob was here".into())), ..Default::default() });
    stage.press("<tab><tab><enter>").shows("\"ann\" has changed: edited by \"bob\"").shows("on call");
    assert_eq!(stage.person("ann").note.as_deref(), Some("bob was here"));
}

#[test]
fn edit_is_told_live_what_somebody_else_has_changed_and_by_whom() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("e<tab>a@example.org<tab><tab>on call");
    let edit = Edit { note: Some(Some("bob was here".into())), labels: Some(vec!["ops".into()]), ..Default::default() };
    stage.edit_elsewhere("ann", edit);
    stage.shows("edited by bob at 16:01 while this is open").shows("there now: bob was here").shows("there now: ops");
    stage.shows("on call").press("<tab><tab><enter>").shows("Not saved").shows("there now: bob was here");
    stage.shows("on call").shows("a@example.org");
    let before = stage.person("ann");
    assert_eq!((before.note.as_deref(), before.email), (Some("bob was here"), None), "the stale save wrote nothing");
    stage.press("<enter>").says("ann edited");
    let ann = stage.person("ann");
    assert_eq!((ann.note.as_deref(), ann.email.as_deref()), (Some("on call"), Some("a@example.org")));
    assert_eq!(ann.labels, ["ops"], "what was not touched here stays as it is there");
}

#[test]
fn edit_that_was_refused_before_the_change_was_seen_shows_both_as_soon_as_it_is_read() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("e<tab><tab><tab>on call<tab><tab>");
    let id = stage.person("ann").id;
    let edit = Edit { note: Some(Some("bob was here".into())), ..Default::default() };
    stage.behind(|accounts| accounts.edit(&id, None, edit)).unwrap();
    stage.press("<enter>").shows("Not saved").shows("on call").shows("there now: bob was here");
    assert_eq!(stage.person("ann").note.as_deref(), Some("bob was here"));
}

#[test]
fn edit_that_was_refused_says_so_also_where_the_next_change_comes_at_once() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("e<tab><tab><tab>on call<tab><tab>");
    let note = |text: &str| Edit { note: Some(Some(text.into())), ..Default::default() };
    stage.edit_elsewhere("ann", note("bob was here"));
    stage.press("<enter>").shows("saving again keeps that");
    stage.edit_elsewhere("ann", note("and once more"));
    stage.shows("Not saved; saving will be").shows("there now: and once more");
    stage.press("<enter>").shows("saving again keeps that").press("<enter>").says("ann edited");
}

#[test]
fn edit_on_a_low_screen_shows_what_is_wrong_above_its_buttons() {
    for size in [(50, 12), (60, 15), (40, 10)] {
        let mut stage = Stage::people(&["ann"]);
        stage.event(Event::Resize(size.0, size.1)).press("e<tab><tab><tab>on call<tab><tab>");
        let edit = Edit { note: Some(Some("bob was here".into())), ..Default::default() };
        stage.edit_elsewhere("ann", edit);
        stage.press("<enter>").shows("\"ann\" has changed: edited by").shows("[ Save ]  [ Cancel ]");
        let screen = stage.screen();
        let line = |text: &str| screen.lines().position(|line| line.contains(text)).expect("on the screen");
        assert!(line("has changed") + 1 < line("[ Save ]"), "two lines for two lines of words\n{screen}");
    }
}

#[test]
fn new_is_shown_though_the_filter_would_hide_them() {
    for filter in ["/bob<enter>", "fp", "fd"] {
        let mut stage = Stage::people(&["ann", "bob"]);
        stage.press(filter).press("nzoe<tab><tab><tab>").press(PASSWORD).press("<enter><enter><enter><enter>");
        stage.says("zoe created").shows("3 · newest").is_under_cursor("zoe");
        assert!(stage.model.users.list.filter.is_empty(), "{filter}");
    }
    let mut stage = Stage::people(&["zacharias", "bob"]);
    stage.press("/z<enter>").press("nzoe<tab><tab><tab>").press(PASSWORD).press("<enter><enter><enter><enter>");
    stage.says("zoe created").shows("Users /z").shows("2 · newest").is_under_cursor("zoe");
}

#[test]
fn new_is_under_the_cursor_in_any_order() {
    for order in ["", "S", "sn", "snsn", "sl", "slsl"] {
        let mut stage = crate::others::crowd(300);
        stage.press("<pgdn>").press(order).press("np150b<tab><tab><tab>").press(PASSWORD);
        stage.press("<enter><enter><enter><enter>").says("p150b created").is_under_cursor("p150b").shows("› p150b");
    }
}

#[test]
fn escape_asks_once_before_what_was_typed_is_thrown_away() {
    let mut stage = Stage::people(&["ann"]);
    for open in ["n", "e", "i"] {
        stage.press(open).press("<esc>");
        assert!(stage.model.layers.is_empty(), "nothing was typed: {open}");
        stage.press(open).press("q<esc>").says("Esc again throws away what was typed");
        assert_eq!(stage.model.layers.len(), 1, "{open}");
        stage.press("q<esc>").says("Esc again throws away").press("<esc>");
        assert!(stage.model.layers.is_empty() && !stage.model.done, "{open}");
    }
    stage.press("nx<tab>").event(rollbook::console::effect::Event::Paste("pasted".to_owned().into())).press("<esc>");
    stage.shows("pasted").says("Esc again throws away what was typed");
}

#[test]
fn up_and_down_go_from_field_to_field_and_choose_where_options_stand_one_below_the_other() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("p<down>").shows("Ctrl-G makes one").press("<up>").hides("Ctrl-G makes one").shows("can be used once");
    stage.press("<down><down>").press(PASSWORD).press("<up><up>").hides("•••").press("<down><down><enter>");
    stage.says("ann has a new password");
    // Side by side they are stepped over.
    stage.press("nzoe<down><down><down>").press(PASSWORD).shows("•••").press("<down><down><down><down><enter>");
    stage.says("zoe created");
}

#[test]
fn the_command_is_whole_and_made_of_what_was_typed() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("nalina maria of the very long name<tab>alina@mail.example.org<tab><tab><tab>ops billing");
    stage.press("<tab><right><tab><space>");
    let told = stage.screen().replace(['│', '\n'], " ");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for piece in ["--email alina@mail.example.org", "--role auditor", "--label ops", "--label billing", "--pending"] {
        assert!(told.contains(piece), "{piece}\n{}", stage.screen());
    }
    stage.press("<esc><esc>").press("eabel<tab><tab><tab>on call").shows("--name annabel").shows("--note 'on call'");
    assert!(!stage.line_with("rollbook user edit ann").contains("--email"), "only what was touched");
}

#[test]
fn edit_of_the_end_date_into_the_past_says_that_it_ends_what_is_live() {
    let (mut stage, _) = with_sessions(&["ann"], &[("ann", "phone"), ("ann", "laptop")]);
    stage.press("e<s-tab><s-tab><s-tab><c-u>2026-11-01").shows("in the past: logs out 2 sessions for good");
    stage.press("<enter>").says("lost for good: 2 sessions (laptop, phone)").says("z gives the date back");
    stage.press("z").says("taken back: ann is active again");
    let user = stage.person("ann");
    assert_eq!((user.valid_until, user.sessions), (None, 0));
    stage.press("e<s-tab><s-tab><s-tab><c-u>2026-11-01").shows("in the past: keeps them out, now");
    stage.press("<c-u>2027-11-01").hides("in the past");
}
