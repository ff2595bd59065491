//! Who may come in: activate, deactivate, delete, restore, undo.

use rollbook::accounts::Span;
use rollbook::accounts::user::{Edit, Status};
use rollbook::console::model::Undo;

use crate::others::{draft, with_sessions};
use crate::stage::Stage;

fn pending() -> Stage {
    let mut stage = Stage::people(&["bob"]);
    stage.create(draft("alina", |draft| draft.pending = true));
    stage.moved().press("g");
    stage
}

#[test]
fn activate_lets_a_pending_person_in_at_once() {
    let mut stage = pending();
    stage.shows("1 pending").shows("CANNOT LOG IN").press("a").says("alina is active · z undoes");
    stage.shows("CAN LOG IN").hides("1 pending").is_under_cursor("alina");
    assert_eq!(stage.status("alina"), Status::Active);
}

#[test]
fn activate_does_nothing_to_the_active_and_says_so() {
    let mut stage = Stage::people(&["ann"]);
    stage.hides(" a activate").press("a").says("\"ann\" is already active");
}

#[test]
fn activate_restores_a_deleted_person() {
    let mut stage = Stage::people(&["ann", "bob"]);
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.delete(&id, None)).unwrap();
    stage.press("fd").is_under_cursor("bob").shows("a restore").press("a").says("bob is back · z undoes");
    stage.press("fx").shows("bob");
    assert_eq!(stage.status("bob"), Status::Active);
}

#[test]
fn a_restore_asks_for_a_new_name_where_the_old_one_is_taken() {
    let mut stage = Stage::people(&["ann", "bob"]);
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.delete(&id, None)).unwrap();
    let other = stage.register("bob").id;
    stage.moved().press("fda").shows("Restore bob under another name");
    stage.press("<enter>").shows("Restore bob under another name").press("2<enter>").says("bob2 is back");
    assert_eq!((stage.id("bob2"), stage.id("bob")), (id, other));
}

#[test]
fn a_taken_name_elsewhere_asks_nobody_to_restore_anybody() {
    let mut stage = Stage::people(&["ann", "bob"]);
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.delete(&id, None)).unwrap();
    stage.press("fd").is_under_cursor("bob");
    stage.press("nann<tab><tab><tab>").press(crate::stage::PASSWORD);
    stage.holding = true;
    stage.press("<enter><enter><enter><enter>").press("<esc>");
    stage.release().says("ann").hides("under another name");
    assert!(stage.model.layers.is_empty(), "{}", stage.screen());
}

#[test]
fn deactivate_asks_for_a_reason_and_keeps_it() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("i").shows("Deactivate ann").press("left the project<enter>");
    stage.says("ann is inactive").says("z activates again").shows("CANNOT LOG IN").shows("left the project");
    assert_eq!(stage.person("ann").reason.as_deref(), Some("left the project"));
    assert_eq!(stage.person("ann").status_by.as_deref(), Some("root"));
}

#[test]
fn deactivate_takes_enter_alone_for_no_reason() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("i<enter>").says("ann is inactive").hides("session ended");
    assert_eq!((stage.status("ann"), stage.person("ann").reason), (Status::Inactive, None));
}

#[test]
fn deactivate_ends_the_sessions_and_says_how_many() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "phone"), ("ann", "laptop")]);
    stage.press("i").shows("for good: logs out 2 sessions").press("<enter>");
    stage.says("ann is inactive · z activates again · lost for good: 2 sessions");
    assert!(tokens.iter().all(|token| stage.db().check(token).is_err()));
}

#[test]
fn deactivate_of_the_inactive_says_so() {
    Stage::people(&["ann"]).press("i<enter>").press("i").says("\"ann\" is already inactive");
}

#[test]
fn deactivate_is_left_by_escape() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("i<esc>").hides("Deactivate ann");
    stage.press("ileft<esc><esc>").hides("Deactivate ann");
    assert_eq!(stage.status("ann"), Status::Active);
}

#[test]
fn delete_asks_and_y_deletes() {
    let (mut stage, tokens) = with_sessions(&["bob", "ann"], &[("ann", "phone")]);
    stage
        .press("d")
        .shows("Delete ann?")
        .shows("for good: logs out 1 session")
        .shows("can be restored until 21 Dec 2026");
    stage.moment().press("y").says("ann is deleted · z restores, until 21 Dec 2026 · lost for good: 1 session");
    stage.hides("› ann").shows("1 · newest first");
    assert!(stage.is_gone("ann") && stage.db().check(&tokens[0]).is_err());
}

#[test]
fn delete_has_cancel_focused_and_enter_is_a_no() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("d").moment().press("<enter>").hides("Delete ann?");
    assert!(!stage.is_gone("ann"));
    for no in ["n", "q", "<esc>", "<tab><tab><enter>"] {
        stage.press("d").moment().press(no).hides("Delete ann?");
        assert!(!stage.is_gone("ann"), "{no}");
    }
    stage.press("d").moment().press("<tab><enter>").says("ann is deleted");
}

#[test]
fn delete_is_refused_among_sessions() {
    let (mut stage, _) = with_sessions(&["ann"], &[("ann", "phone")]);
    for keys in ["<tab>d", "2d"] {
        stage.press(keys).says("d deletes a person, never from among sessions").hides("Delete ann?");
    }
    stage.press("1<tab><tab>d").shows("Delete ann?");
}

#[test]
fn undo_of_an_activation() {
    let mut stage = pending();
    stage.press("a").press("z").says("taken back: alina is pending").says("again");
    assert_eq!(stage.status("alina"), Status::Pending);
}

#[test]
fn undo_of_a_deactivation_gives_the_status_back_and_not_the_sessions() {
    let (mut stage, tokens) = with_sessions(&["ann"], &[("ann", "phone")]);
    stage.press("igone<enter>").press("z").says("taken back: ann is active again");
    assert_eq!((stage.status("ann"), stage.person("ann").reason), (Status::Active, None));
    assert!(stage.db().check(&tokens[0]).is_err());
}

#[test]
fn undo_of_a_deletion_brings_the_person_back_under_the_cursor() {
    let mut stage = Stage::people(&["ann", "bob", "carol"]);
    stage.press("jd").moment().press("y").hides("› bob").press("z").shows("Take back: bob deleted?");
    stage.moment().press("y").says("taken back: bob is active again").is_under_cursor("bob");
}

#[test]
fn undo_of_a_restore_deletes_again() {
    let mut stage = Stage::people(&["ann", "bob"]);
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.delete(&id, None)).unwrap();
    stage.press("fda").says("bob is back").press("z").shows("Take back: bob restored?");
    stage.moment().press("y").says("taken back: bob is deleted");
    assert!(stage.is_gone("bob"));
}

#[test]
fn undo_of_an_edit() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("e<tab><tab>billing<tab>on call<tab><tab><enter>").says("ann edited: labels, note · z undoes");
    stage.press("z").says("taken back: ann is active again");
    assert_eq!((stage.person("ann").labels.len(), stage.person("ann").note), (0, None));
}

#[test]
fn undo_goes_back_change_by_change_and_then_says_that_nothing_is_left() {
    let mut stage = pending();
    stage.press("a").press("i<enter>").press("z").says("taken back: alina is active again");
    assert_eq!(stage.status("alina"), Status::Active);
    stage.press("z").says("taken back: alina is pending").press("z").says("nothing to undo");
    assert_eq!(stage.status("alina"), Status::Pending);
}

#[test]
fn undo_is_refused_when_the_row_has_moved_on() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("i<enter>");
    stage.clock.advance(Span::SECOND.times(4));
    stage.edit_elsewhere("ann", Edit { note: Some(Some("kept out by bob".into())), ..Default::default() });
    stage.press("z").says("\"ann\" has changed: edited by \"bob\" 0 s ago");
    assert_eq!(stage.status("ann"), Status::Inactive);
}

#[test]
fn undo_does_not_reach_past_what_somebody_else_did_in_between() {
    let mut stage = pending();
    stage.press("a");
    stage.edit_elsewhere("alina", Edit { note: Some(Some("called".into())), ..Default::default() });
    stage.press("i<enter>").press("z").says("taken back: alina is active again");
    stage.press("z").says("has changed");
    assert_eq!((stage.status("alina"), stage.person("alina").note.as_deref()), (Status::Active, Some("called")));
}

#[test]
fn undo_of_each_kind_is_refused_when_the_row_has_moved_on() {
    for keys in
        ["a", "i<enter>", "d", "e<tab><tab>ops<tab><tab><tab><enter>", "e<tab><tab><tab><tab><right><tab><enter>"]
    {
        let mut stage = pending();
        stage.press(keys).moment();
        if keys == "d" {
            stage.press("y");
        }
        let after = stage.model.undo.last().and_then(Undo::one).expect(keys).after.clone();
        let restored = stage.elsewhere(|accounts| match after.deleted_at {
            Some(_) => accounts.restore(&after.id, None, None),
            None => {
                let edit = Edit { note: Some(Some("by bob".into())), ..Default::default() };
                accounts.edit(&after.id, None, edit)
            }
        });
        let moved_on = restored.unwrap().after;
        stage.press("z").moment();
        if !stage.model.layers.is_empty() {
            stage.press("y");
        }
        stage.says("has changed");
        assert_eq!(stage.db().get(&after.id, None).unwrap(), moved_on, "{keys}");
    }
}

#[test]
fn undo_of_a_role_and_of_labels() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("e<tab><tab>ops<tab><tab><right><tab><enter>").says("ann edited: role, labels");
    assert_eq!(stage.person("ann").role, rollbook::accounts::user::Role::Auditor);
    stage.press("z").says("taken back: ann is active again");
    let ann = stage.person("ann");
    assert_eq!((ann.role, ann.labels.len()), (rollbook::accounts::user::Role::Member, 0));
}

#[test]
fn undo_reaches_nothing_of_an_earlier_console() {
    let mut stage = Stage::new(|accounts| {
        let ann = accounts.create_user(draft("ann", |_| {}), None).unwrap();
        accounts.deactivate(&ann.id, None).unwrap();
    });
    stage.press("z").says("nothing to undo: only changes made here since the start are taken back");
    assert_eq!(stage.status("ann"), Status::Inactive);
}

#[test]
fn undo_has_nothing_to_do_at_first() {
    Stage::people(&["ann"]).press("z").says("nothing to undo: only changes made here since the start are taken back");
}

#[test]
fn the_last_administrator_stays() {
    let mut stage = Stage::people(&["ann"]);
    stage.create(draft("root", |draft| draft.role = rollbook::accounts::user::Role::Admin));
    stage.moved().press("gi<enter>").shows("\"root\" is the last administrator").press("<esc>");
    assert_eq!(stage.status("root"), Status::Active);
    stage.press("d").moment().press("y").says("the last administrator");
    assert!(!stage.is_gone("root"));
}

#[test]
fn the_person_keys_act_on_the_owner_among_sessions() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone"), ("bob", "laptop")]);
    stage.press("2j").is_under_cursor("ann").press("i").shows("Deactivate ann").press("<enter>");
    assert_eq!((stage.status("ann"), stage.status("bob")), (Status::Inactive, Status::Active));
    stage.press("1g").is_under_cursor("bob").press("<tab>i").shows("Deactivate bob");
}

#[test]
fn undo_names_in_the_last_line_what_it_takes_back() {
    let mut stage = Stage::people(&["ann", "bob"]);
    assert!(!stage.last_line().contains("undo"), "{}", stage.last_line());
    stage.press("i<enter>").press("j").says("z undo: bob deactivated");
    stage.press("e<tab><tab>ops<tab><tab><tab><enter>").press("k").says("z undo: ann edited");
}

#[test]
fn undo_says_since_when_what_is_back_stands() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("i<enter>").wait(Span::MINUTE.times(3)).press("a").press("z");
    stage.says("taken back: ann is inactive").says("again");
    assert_eq!(stage.status("ann"), Status::Inactive);
}

#[test]
fn undo_says_active_of_whom_only_a_role_or_a_missing_password_tells_apart() {
    let mut stage = Stage::people(&["ann"]);
    stage.create(draft("root", |draft| draft.role = rollbook::accounts::user::Role::Admin));
    stage.db().create_user(draft("zoe", |_| {}), None).unwrap();
    stage.moved().press("g");
    for name in ["zoe", "root"] {
        stage.is_under_cursor(name).press("e<tab><tab>ops<tab><tab><tab><enter>").press("z");
        stage.says(&format!("taken back: {name} is active again")).press("j");
    }
}

#[test]
fn undo_says_first_what_cannot_be_taken_back_and_goes_on_at_the_second() {
    let deeds: [(&str, &str); 4] = [
        ("x<wait>x<esc>", "phone of ann ended"),
        ("X<wait>y", "1 session ended, it stays ended"),
        ("p<space><tab>quite another password<enter>", "the password of ann was set"),
        ("p<tab><enter>", "a reset code for ann was issued"),
    ];
    for (keys, said) in deeds {
        let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone")]);
        stage.press("i<enter>").says("bob is inactive").press("j");
        for keys in keys.split("<wait>") {
            stage.press(keys).wait(Span::SECOND);
        }
        if !stage.model.layers.is_empty() {
            stage.press("<enter>");
        }
        stage.press("k").press("z").says(&format!("{said}: that cannot be taken back"));
        stage.says("z again takes back: bob deactivated");
        assert_eq!(stage.status("bob"), Status::Inactive, "{keys}");
        stage.press("z").says("taken back: bob is active again");
        assert_eq!(stage.status("bob"), Status::Active, "{keys}");
    }
}

#[test]
fn undo_of_a_creation_cannot_be_and_says_so() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("nzoe<tab><tab><tab>").press(crate::stage::PASSWORD).press("<enter><enter><enter><enter>");
    stage.says("zoe created").press("z").says("zoe was created: that cannot be taken back");
    assert!(!stage.last_line().contains("z again"), "{}", stage.last_line());
    stage.press("z").says("nothing to undo");
    assert!(!stage.is_gone("zoe"));
}

#[test]
fn undo_asks_about_somebody_who_is_not_under_the_cursor_and_a_no_loses_nothing() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("i<enter>").press("j").is_under_cursor("ann").press("z");
    stage.shows("Take back: bob deactivated?").shows("not under the cursor").moment().press("<esc>");
    assert_eq!(stage.status("bob"), Status::Inactive);
    stage.says("z undo: bob deactivated").press("z").moment().press("<enter>");
    assert_eq!(stage.status("bob"), Status::Inactive, "Cancel has the focus");
    stage.press("z").moment().press("y").says("taken back: bob is active again").is_under_cursor("bob");
    stage.press("z").says("nothing to undo");
}

#[test]
fn pending_people_are_worked_through_by_the_same_key_at_the_pace_of_reading() {
    let mut stage = Stage::people(&["ann"]);
    for name in ["p1", "p2", "p3"] {
        stage.create(draft(name, |draft| draft.pending = true));
    }
    stage.moved().press("fp").is_under_cursor("p3").press("a").says("p3 is active");
    stage.wait(Span::from_millis(499)).press("a").says("move the cursor first");
    assert_eq!(stage.status("p2"), Status::Pending);
    stage.wait(Span::from_millis(1)).press("a").says("p2 is active");
    stage.moment().press("a").says("p1 is active");
}

#[test]
fn undo_is_not_offered_after_what_cannot_be_undone_and_the_next_key_means_the_change_before() {
    let (mut stage, _) = with_sessions(&["ann", "bob"], &[("ann", "phone")]);
    stage.event(rollbook::console::effect::Event::Resize(200, 40));
    stage.press("i<enter>").says("bob is inactive").press("j").says("z undo: bob deactivated");
    stage.press("X").moment().press("y").says("1 session ended").press("<esc>");
    assert!(!stage.last_line().contains("z undo"), "{}", stage.last_line());
    stage.press("?undo").shows("that cannot be taken back").press("<esc>");
    stage.press("z").says("cannot be taken back · z again takes back: bob deactivated").press("<esc>");
    stage.says("z undo: bob deactivated");
}
