//! View 4: how the database stands, and its settings.

use rollbook::accounts::{Draft, Kind, Span};
use rollbook::console::effect::{Effect, Event, Slot};
use rollbook::console::theme::Role;

use crate::others::{draft, with_sessions};
use crate::stage::Stage;

#[test]
fn system_tells_of_database_people_doctor_audit_settings_and_passwords() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone")]);
    stage.create(draft("alina", |draft| draft.pending = true));
    stage.moved().press("4").shows("[4 System]");
    stage.in_rows(&["Database", "path               /srv/users.db", "people             3 · 1 pending", "sessions"]);
    stage.in_rows(&[
        "Doctor",
        "clock              in order",
        "schema",
        "key ",
        "   Audit",
        "head               entry 4, digest",
    ]);
    stage.in_rows(&["Settings", "session-life       1d", "Passwords"]);
    stage.shows("argon2id v=19").shows("1 live").shows("not verified yet; V does");
}

#[test]
fn system_says_what_is_wrong_in_words_and_colour() {
    let mut stage = Stage::people(&["ann"]);
    let behind = stage.now().minus(Span::DAY);
    stage.press("4").shows("in order");
    stage.clock.set(behind);
    stage.press("R").shows("behind 2026-11-21 16:00:00 UTC, which was reached");
    assert!(stage.is_in_role("2026-11-20", Role::Bad));
}

#[test]
fn system_follows_what_other_programs_do() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("4").shows("people             1");
    let draft = Draft::named("bob").unwrap();
    stage.elsewhere(|accounts| accounts.create_user(draft, None)).unwrap();
    stage.shows("people             2");
    stage.elsewhere(|accounts| accounts.set_policy("registration", "closed")).unwrap();
    stage.shows("closed (not open)");
}

#[test]
fn system_asks_one_question_at_a_time_so_that_it_is_answered_at_all() {
    let mut stage = Stage::people(&["ann"]);
    stage.holding = true;
    stage.press("4");
    for _ in 0..5 {
        stage.moved();
    }
    let asked =
        |slot: Slot| stage.held.iter().filter(|effect| matches!(effect, Effect::Ask(of, ..) if *of == slot)).count();
    assert_eq!((asked(Slot::System), asked(Slot::Hashes)), (1, 1));
    stage.release().shows("people             1");
}

#[test]
fn set_changes_the_setting_under_the_cursor_for_everybody_and_is_audited() {
    let mut stage = Stage::people(&["ann"]);
    assert_eq!(stage.press("4").model.setting(), None);
    stage.says("Enter to the settings").press("<enter>").says("Enter set");
    assert_eq!(stage.model.setting(), Some("password"));
    assert!(stage.model.layers.is_empty(), "one goes there, and sees what is set, before one sets it");
    assert_eq!(stage.press("1:set<enter>").model.setting(), Some("password"), "from anywhere else too");
    to(&mut stage, "registration");
    stage.press("<enter>").shows("Set registration").shows("open or closed: whether a service may register");
    stage.press("<c-u>closed<enter>").says("registration is closed").shows("closed (not open)");
    assert!(!stage.db().policy().unwrap().registration);
    let last = stage.db().audit(None, None, 1).unwrap().remove(0);
    assert_eq!(last.deed, "set policy");
    stage.press("3").shows("registration open → closed").press("4");
    stage.press("z").says("that cannot be taken back");
}

/// Moves the cursor to a setting.
fn to(stage: &mut Stage, key: &str) {
    stage.press("g");
    for _ in 0..60 {
        if stage.model.setting() == Some(key) {
            return;
        }
        stage.press("j");
    }
    panic!("no setting {key}\n{}", stage.screen());
}

#[test]
fn set_refuses_a_value_as_the_command_does_and_keeps_what_was_typed() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("4");
    to(&mut stage, "session-life");
    stage.press("<enter><c-u>soon<enter>").shows("not a length of time: \"soon\"").shows("soon");
    stage.press("<c-u>2h<enter>").says("session-life is 2h");
}

#[test]
fn set_is_refused_where_nothing_may_be_changed_with_the_reason() {
    let mut stage = Stage::set_up(120, 40, |setup| setup.read_only = true, |_| {});
    stage.press("4");
    to(&mut stage, "throttle");
    stage.press("<enter>").says("the database was opened read-only").hides("Set throttle");
}

#[test]
fn set_by_an_auditor_is_refused_beneath_the_value() {
    let mut stage = Stage::people(&["root"]);
    let eve = stage.create(draft("eve", |draft| draft.role = rollbook::accounts::Role::Auditor));
    stage.db().act_as(rollbook::accounts::Actor::User { id: eve.id, name: eve.name });
    stage.press("4");
    to(&mut stage, "throttle");
    stage.press("<enter><c-u>off<enter>").shows("auditor");
    assert_eq!(stage.db().set_policy("throttle", "off").unwrap_err().kind, Kind::Unauthorized);
}

#[test]
fn system_keeps_the_cursor_on_its_setting_while_rows_come_and_go() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("4");
    to(&mut stage, "argon2");
    stage.clock.set(stage.now().minus(Span::DAY));
    stage.press("R");
    assert_eq!(stage.model.setting(), Some("argon2"), "{}", stage.screen());
}

#[test]
fn system_is_read_to_its_end_on_a_small_screen() {
    let mut stage = Stage::sized(60, 15);
    stage.register("ann");
    stage.moved().press("4").shows("Database").shows("↓ more").hides("Passwords");
    stage.press("G").shows("Passwords").hides("more").shows("argon2id").press("g").shows("path");
    stage.event(Event::Resize(80, 24));
    stage.press("<pgdn><pgdn><pgdn>").shows("argon2id v=19");
}

#[test]
fn copy_in_the_system_has_the_head_to_be_kept_elsewhere() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("4").press("ch");
    assert!(stage.copied[0].starts_with("1:") && stage.copied[0].len() == 66, "{:?}", stage.copied);
}

#[test]
fn system_tells_first_of_all_who_acted_past_the_rules_and_why() {
    let mut stage = Stage::people(&["ann"]);
    stage.create(draft("root", |draft| draft.role = rollbook::accounts::Role::Admin));
    stage.press("4").hides("Acted past the rules");
    stage.elsewhere(|accounts| {
        accounts.set_policy("console-login", "required").unwrap();
        accounts.give_reason(Some("nobody can log in")).unwrap();
        assert!(accounts.break_glass(true).unwrap());
    });
    stage.shows("Acted past the rules").shows("nobody can log in");
    stage.press("3fb").shows("action:break-glass").shows("nobody can log in");
}
