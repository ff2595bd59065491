//! What a second reader found: orders, policies and questions that met each other.
use crate::stage::{PASSWORD, Stage};
use rollbook::accounts::user::{Draft, Role};
use rollbook::accounts::{Actor, Error, Kind, Secret};
use rollbook::console::effect::{Event, Target};

#[test]
fn undo_that_was_asked_about_and_left_can_still_be_made() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("i").press("<enter>").wait(rollbook::accounts::Span::SECOND);
    stage.press("j");
    assert!(stage.under_cursor().contains("ann"));
    stage.press("z").shows("Take back: bob deactivated?").moment().press("<esc>");
    stage.press("k").press("z").says("taken back: bob is active again");
}

#[test]
fn log_out_all_ends_more_sessions_than_are_held() {
    let mut stage = Stage::people(&["ann"]);
    for n in 0..250 {
        stage.log_in("ann", &format!("bot {n}"));
    }
    stage
        .moved()
        .press("X")
        .shows("logs out 250 sessions (bot 249, bot 248, bot")
        .shows("247 and 247 more)")
        .moment()
        .press("y")
        .says("250 sessions ended");
}

#[test]
fn upgrade_is_refused_where_the_database_was_opened_for_looking() {
    let mut stage = Stage::set_up(120, 40, |setup| setup.read_only = true, |_| {});
    let old = Error::new(Kind::Schema, "the database has schema 1, this program 2").hint("rollbook db upgrade");
    stage.event(Event::Connected(Target::Open("/srv/users.db".into()), Err(old)));
    stage.press("U").says("--read-only upgrades no database");
}

#[test]
fn password_fields_judge_by_the_policy_that_another_process_has_set() {
    let mut stage = Stage::people(&["ann"]);
    stage.db().set_policy("password", "open").unwrap();
    stage.moved().press("p").press("<down>").press("<tab>").shows("1 or more characters");
}

#[test]
fn undo_by_a_question_takes_one_change_and_no_more_off_the_list() {
    let mut stage = Stage::people(&["ann", "bob", "cleo"]);
    stage.press("i").press("<enter>").wait(rollbook::accounts::Span::SECOND);
    stage.press("j").press("i").press("<enter>").wait(rollbook::accounts::Span::SECOND);
    stage.press("j").press("z").shows("Take back: bob deactivated?").moment().press("y").says("taken back: bob");
    stage.press("z").moment().shows("cleo deactivated");
}

#[test]
fn ones_own_role_is_not_changed_without_typing_the_number() {
    let mut me = None;
    let mut stage = Stage::set_up(
        120,
        40,
        |_| {},
        |accounts| {
            for name in ["other", "me"] {
                let draft = Draft { role: Role::Admin, ..Draft::named(name).unwrap() };
                me = Some(accounts.create_user(draft, Some(&Secret::from(PASSWORD))).unwrap());
            }
        },
    );
    let me = me.unwrap();
    stage.model.setup.actor = Actor::User { id: me.id.clone(), name: me.name };
    stage.press("/me<enter>").press("e<tab><tab><tab><tab>").press("<left><tab><enter>");
    stage.shows("Change your own access?").moment();
    assert_eq!(stage.db().get(&me.id, None).unwrap().role, Role::Admin);
    stage.press("1<enter>").says("me edited: role");
    assert_eq!(stage.db().get(&me.id, None).unwrap().role, Role::Auditor);
}
