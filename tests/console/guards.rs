//! What keeps fingers, pastes and roles from doing harm; the way out; other databases.

use rollbook::accounts::user::{Role, Status};
use rollbook::accounts::{Actor, Error, Kind, Span};
use rollbook::console::effect::{Event, Target};
use rollbook::console::update::would_change;

use crate::others::{draft, with_sessions};
use crate::stage::{PASSWORD, Stage, keys};

/// Root, an admin, acts by an account of their own; ann is a member, on top.
fn own_account(role: Role) -> Stage {
    let mut stage = Stage::people(&["root"]);
    let admin = stage.create(draft("boss", |draft| draft.role = Role::Admin));
    let me = stage.create(draft("me", |draft| draft.role = role));
    let _ = admin;
    let actor = Actor::User { id: me.id.clone(), name: me.name.clone() };
    stage.model.setup.actor = actor.clone();
    stage.db().act_as(actor);
    stage.moved().press("g");
    stage
}

#[test]
fn in_a_burst_keys_that_change_do_nothing_and_movement_passes() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("bob", "phone")]);
    for pane in ["", "x"] {
        stage.press(pane);
        for key in ["i", "d", "X", "a", "e", "p", "n", "z"].into_iter().chain((pane == "x").then_some("x")) {
            stage.burst(key).says("keys came faster than fingers");
            assert!(stage.model.layers.is_empty() && stage.model.orders.is_empty(), "{key}");
        }
    }
    stage.press("<esc>").burst("j").is_under_cursor("ann");
    assert_eq!(stage.person("bob").sessions, 1);
}

#[test]
fn in_a_burst_no_question_is_accepted_and_no_form_sent() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("d").moment().burst("y").shows("Delete ann?");
    stage.press("<tab>").burst("<enter>").shows("Delete ann?").press("<esc>");
    stage.press("i").burst("left<enter>").shows("Deactivate ann").shows("left");
    assert!(!stage.is_gone("ann"));
    assert_eq!(stage.status("ann"), Status::Active);
}

#[test]
fn in_a_burst_no_cure_is_taken_and_no_action_run() {
    let mut stage = Stage::people(&["ann"]);
    stage.create(draft("alina", |draft| draft.pending = true));
    stage.moved().press("gw").burst("a");
    assert_eq!(stage.status("alina"), Status::Pending);
    stage.press("<esc>:").burst("activate<enter>").shows("All actions");
    assert_eq!(stage.status("alina"), Status::Pending);
}

#[test]
fn what_changes_waits_until_what_it_acts_on_was_drawn() {
    let mut stage = Stage::people(&["ann"]);
    let waits = |stage: &Stage, key: &str| would_change(&stage.model, keys(key)[0]);
    assert!(waits(&stage, "i") && !waits(&stage, "j") && !waits(&stage, "w"));
    stage.press("i<enter>").press("w");
    assert!(waits(&stage, "a"), "a cure");
    stage.press("<esc>:activate");
    assert!(waits(&stage, "<enter>") && !waits(&stage, "a"), "a line of the palette");
    stage.press("<esc>d");
    assert!(waits(&stage, "y") && waits(&stage, "<enter>"), "an answer");
}

#[test]
fn a_paste_over_the_panes_does_nothing_and_says_what_takes_one() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.event(Event::Paste("iadxy\n".to_owned().into())).says("a paste does nothing here; / takes one as a filter");
    assert!(stage.model.layers.is_empty());
    stage.press("d").moment().event(Event::Paste("y\n".to_owned().into())).shows("Delete bob?");
    assert!(!stage.is_gone("bob"));
}

#[test]
fn a_paste_into_a_form_is_text_and_sends_nothing() {
    let mut stage = Stage::people(&["ann"]);
    stage
        .press("i")
        .event(Event::Paste("left\nthe project\n".to_owned().into()))
        .shows("leftthe project")
        .shows("Deactivate ann");
    assert_eq!(stage.status("ann"), Status::Active);
}

#[test]
fn read_only_says_so_and_refuses_every_key_that_changes() {
    let mut stage = Stage::set_up(
        120,
        40,
        |setup| setup.read_only = true,
        |accounts| {
            accounts.create_user(draft("ann", |_| {}), None).unwrap();
        },
    );
    stage.shows("read-only").hides("i deactivate").hides("n new").shows("w why");
    for key in ["a", "i", "d", "X", "e", "p", "n", "z"] {
        stage.press(key).says("the database was opened read-only");
        assert!(stage.model.layers.is_empty() && stage.model.orders.is_empty(), "{key}");
    }
    stage.press("?deactivate").shows("dim: the database was opened read-only").press("<esc>");
    stage.press("w").shows("CANNOT LOG IN").press("p").says("the database was opened read-only");
}

#[test]
fn an_auditor_looks_and_changes_nothing() {
    let mut stage = own_account(Role::Auditor);
    stage.press("j").is_under_cursor("boss").shows("CAN LOG IN").press("i<enter>");
    stage.shows("auditor").hides("inactive now");
    assert_eq!(stage.status("boss"), Status::Active);
}

#[test]
fn an_admin_acts_in_their_own_name() {
    let mut stage = own_account(Role::Admin);
    stage.press("G").is_under_cursor("root").press("i<enter>").says("root is inactive").shows("by me");
    assert_eq!(stage.person("root").status_by.as_deref(), Some("me"));
}

#[test]
fn ones_own_access_needs_the_number_typed() {
    let mut stage = own_account(Role::Admin);
    stage.is_under_cursor("me").press("i").shows("Deactivate your own account?").shows("type 1, then Enter");
    stage.moment().press("y<enter>").shows("your own account?").press("<bs>2<enter>").shows("your own account?");
    assert_eq!(stage.status("me"), Status::Active);
    stage.press("<bs>1<enter>").shows("the account that was logged in here is deactivated").hides("boss");
    assert_eq!(stage.behind(|accounts| accounts.find("me")).unwrap().status, Status::Inactive);
}

#[test]
fn ones_own_deletion_needs_the_number_typed_and_no_paste_does_it() {
    let mut stage = own_account(Role::Admin);
    stage.press("d").shows("Delete your own account?").moment().event(Event::Paste("1\n".to_owned().into()));
    stage.press("<enter>").shows("Delete your own account?").press("<esc>").hides("your own");
    assert!(!stage.is_gone("me"));
    stage.press("d").press("1<enter>").shows("Delete your own account?");
    stage.moment().press("<enter>").shows("Delete your own account?");
    assert!(!stage.is_gone("me"), "what was typed ahead of the question counts for nothing");
    stage.press("1<enter>");
    assert!(stage.db().find("me").is_err());
}

#[test]
fn quit_at_the_top_quits() {
    let mut stage = Stage::people(&["ann"]);
    assert!(stage.press("q").model.done);
    assert!(Stage::without_database().press("q").model.done);
}

#[test]
fn quit_in_a_layer_closes_it() {
    for open in ["w", "c", "f", ":messages<enter>"] {
        let mut stage = Stage::people(&["ann"]);
        stage.press(open).press("q");
        assert!(stage.model.layers.is_empty() && !stage.model.done, "{open}");
    }
}

#[test]
fn cancel_closes_a_layer_or_the_filter_and_quits_only_twice() {
    let mut stage = Stage::people(&["ann", "bob"]);
    for open in ["w", "n", "e", "p", "d", "?", ":", "f"] {
        stage.press(open).press("<c-c>");
        assert!(stage.model.layers.is_empty() && !stage.model.done, "{open}");
    }
    stage.press("/ann<c-c>").hides("/ann").shows("bob");
    stage.press("<c-c>").says("Ctrl-C again quits").press("j<c-c>").says("Ctrl-C again quits");
    assert!(!stage.model.done, "not two in a row");
    stage.wait(Span::SECOND.times(3)).press("<c-c>").says("Ctrl-C again quits");
    assert!(!stage.model.done, "not within two seconds");
    assert!(stage.press("<c-c>").model.done);
}

#[test]
fn suspend_goes_to_the_shell_from_everywhere_and_repaints_on_return() {
    let mut stage = Stage::people(&["ann"]);
    for open in ["", "w", "<esc>n", "<esc>/", "<esc>?"] {
        stage.press(open).press("<c-z>");
    }
    assert_eq!((stage.suspends, stage.repaints), (5, 0));
    stage.event(Event::Resumed(None));
    assert_eq!(stage.repaints, 1);
    stage.press("<esc>").event(Event::Resumed(Some("no shell to return to".into())));
    stage.says("no shell to return to");
}

#[test]
fn repaint_draws_everything_again_from_everywhere() {
    let mut stage = Stage::people(&["ann"]);
    for open in ["", "w", "<esc>n", "<esc>/"] {
        stage.press(open).press("<c-l>");
    }
    assert_eq!(stage.repaints, 4);
}

#[test]
fn open_asks_for_a_file_and_opens_it() {
    let mut stage = Stage::people(&["ann"]);
    stage.press(":open<enter>").shows("Open a database").press("<enter>").shows("a file is needed");
    stage.press("/srv/other.db<enter>").hides("Open a database").shows("ann");
    assert_eq!(stage.model.place().unwrap().path.to_string_lossy(), "/srv/other.db");
    stage.shows("other.db");
}

#[test]
fn open_says_beneath_the_line_what_cannot_be_opened() {
    let mut stage = Stage::without_database();
    stage.press("o").press("/nowhere<enter>").shows("Open a database").shows("no database at");
    stage.press("<esc>").shows("No database yet");
}

#[test]
fn demo_is_found_by_name_without_a_database() {
    let mut stage = Stage::without_database();
    stage.press(":demo<enter>").shows("sample people").shows(" demo ").hides("making sample people");
    stage.says("n new");
}

#[test]
fn upgrade_is_offered_for_an_older_database_and_asked_for_by_its_key_alone() {
    let mut stage = Stage::people(&["ann"]);
    let path = std::path::PathBuf::from("/srv/users.db");
    let old = Error::new(Kind::Schema, "the database has schema 1, this program 2").hint("rollbook db upgrade");
    stage.event(Event::Connected(Target::Open(path), Err(old)));
    stage.shows("schema 1").shows("upgrade it now; a backup is made first").hides("ann");
    stage.press("i").shows("schema 1").press("U").shows("ann").shows("CAN LOG IN");
}

#[test]
fn a_screen_that_is_too_small_says_what_it_needs_and_changes_nothing() {
    let mut stage = Stage::sized(39, 9);
    stage.shows("q quits · 40×10 needed");
    let mut stage = Stage::people(&["ann"]);
    for (columns, rows) in [(1, 1), (40, 10), (60, 15), (80, 24), (200, 60), (2, 50), (120, 40)] {
        stage.event(Event::Resize(columns, rows));
    }
    stage.shows("CAN LOG IN").is_under_cursor("ann");
    // Nobody sees what a key would do.
    stage.event(Event::Resize(39, 9));
    stage.press("i").press("n").press("/x").press("<c-c>");
    assert!(!stage.model.done);
    stage.event(Event::Resize(120, 40));
    stage.shows("CAN LOG IN").is_under_cursor("ann").hides("New user").hides("/x");
    stage.event(Event::Resize(39, 9));
    stage.press("q");
    assert!(stage.model.done);
}

#[test]
fn the_password_of_nobody_is_kept_by_a_cancelled_form() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("p<space><tab>").press("another good password").press("<c-c>").press("p<space><tab>").hides("••");
    assert!(stage.lets_in("ann", PASSWORD));
}

#[test]
fn a_member_may_not_look_at_others() {
    let mut stage = own_account(Role::Member);
    let boss = stage.behind(|accounts| accounts.find("boss")).unwrap().id;
    let refused = |error: Error| error.kind == Kind::Unauthorized;
    assert!(stage.db().find("boss").is_err_and(refused));
    assert!(stage.db().dossier(&boss, 5).is_err_and(refused));
    for key in ["a", "i", "d", "e"] {
        stage.press(key).press("<enter>").moment().press("<enter>").hides("is inactive").press("<esc><esc>");
    }
    let boss = stage.behind(|accounts| accounts.find("boss")).unwrap();
    assert_eq!((boss.status, boss.deleted_at), (Status::Active, None));
}
