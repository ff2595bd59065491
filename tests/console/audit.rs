//! View 3: everything that was done, its filter, one entry in full, a person's history, the verification.

use rollbook::accounts::user::Draft;
use rollbook::accounts::{Actor, Edit, Span};
use rollbook::console::effect::{Effect, Event, Slot};
use rollbook::console::layout::Pane;
use rollbook::console::theme::Role;

use crate::stage::Stage;

/// A console on three people of whom bob was kept out and brought back.
fn busy() -> Stage {
    let mut stage = Stage::people(&["ann", "bob", "cleo"]);
    let id = stage.id("bob");
    stage.elsewhere(|accounts| accounts.deactivate(&id, None)).unwrap();
    stage.clock.advance(Span::MINUTE);
    stage.elsewhere(|accounts| accounts.activate(&id, None)).unwrap();
    stage
}

fn deed(stage: &Stage) -> String {
    stage.model.audit.list.window.current().map(|entry| format!("{} {}", entry.seq, entry.deed)).unwrap_or_default()
}

#[test]
fn audit_lists_everything_newest_first_with_actor_action_and_whom_it_is_about() {
    let mut stage = busy();
    stage.press("3").shows("[3 Audit]").shows("─ Audit ").shows("5 · newest first");
    stage.shows("when").shows("actor").shows("action").shows("about").shows("summary");
    stage.in_rows(&["bob                 activate ", "bob                 deactivate ", "root                create "]);
    assert_eq!(deed(&stage), "5 activate");
    stage.press("G");
    assert_eq!(deed(&stage), "1 create");
}

#[test]
fn audit_says_that_nothing_was_done_yet_and_that_nothing_matches() {
    let mut stage = Stage::sized(120, 40);
    stage.press("3").shows("Nothing was done yet.").press("/zz<enter>").shows("no entry matches /zz");
    stage.press("<esc>").shows("Nothing was done yet.");
}

#[test]
fn audit_of_many_entries_is_walked_through_and_holds_few() {
    let mut stage = Stage::new(|accounts| {
        for n in 0..400 {
            accounts.create_user(Draft::named(&format!("p{n:03}")).unwrap(), None).unwrap();
        }
    });
    stage.press("3");
    for seq in (1..=400).rev() {
        assert_eq!(deed(&stage), format!("{seq} create"));
        stage.press("j");
    }
    stage.press("<pgup><pgup>G");
    assert_eq!(deed(&stage), "1 create");
    stage.press("<pgup><pgup><pgup><pgup>k").press("g");
    assert_eq!(deed(&stage), "400 create");
}

#[test]
fn audit_shows_new_entries_without_moving_the_cursor() {
    let mut stage = busy();
    stage.press("3j");
    let (before, row) = (deed(&stage), stage.row_of("› "));
    let id = stage.id("ann");
    stage.elsewhere(|accounts| accounts.deactivate(&id, None)).unwrap();
    assert_eq!(deed(&stage), before);
    assert_eq!(stage.row_of("› "), row + 1, "the new one stands above\n{}", stage.screen());
    stage.in_rows(&["deactivate             ann", "activate               bob"]);
}

#[test]
fn audit_is_filtered_by_person_actor_action_and_time() {
    let mut stage = busy();
    stage.press("3/about:bob").shows("3 · newest first").press(" action:deactivate").shows("1 · newest first");
    stage.press("<enter>").shows("/about:bob action:deactivate").press("<esc>").shows("5 · newest first");
    stage.press("/actor:bob<enter>").shows("2 · newest first").hides("create ");
    stage.press("/<c-u>cle<enter>").shows("1 · newest first");
    stage.press("<esc>").wait(Span::HOUR);
    let id = stage.id("ann");
    stage.elsewhere(|accounts| accounts.deactivate(&id, None)).unwrap();
    stage.press("/since:10m<enter>").shows("1 · newest first");
    stage.press("/<c-u>until:10m<enter>").shows("5 · newest first");
}

#[test]
fn audit_says_under_the_line_what_it_does_not_understand() {
    let mut stage = busy();
    stage.press("3/action:dance").says("no action \"dance\"");
    stage.press("<enter>").shows("/action:dance").says("no action");
    stage.press("<c-u>about:nobody").says("nobody");
    assert!(stage.model.is_filtering(), "a filter that is not understood is not kept");
    stage.press("<bs><bs><bs><bs><bs><bs>bob").shows("3 · newest first").press("<enter>");
    assert!(!stage.model.is_filtering());
}

#[test]
fn whole_pane_of_the_audit_is_one_entry_with_before_and_after_and_no_secret() {
    let mut stage = busy();
    stage.edit_elsewhere("ann", Edit { note: Some(Some("on call".into())), ..Default::default() });
    let id = stage.id("ann");
    let password = rollbook::accounts::Secret::from("a passphrase of another kind");
    stage.elsewhere(|accounts| accounts.set_password(&id, None, &password)).unwrap();
    stage.press("3j<enter>").shows("Entry 6").shows("  before none").shows("  after  on call").shows("digest ");
    stage.shows("actor    bob (operator)").shows("from     ").hides("Audit /").hides("3 created");
    stage.press("k").shows("Entry 7").shows("set-password").hides("a passphrase").hides("$argon2");
    stage.press("<enter>").shows("newest first").shows("Entry 7");
    stage.press("<enter><esc>").shows("newest first");
}

#[test]
fn history_of_a_person_is_shown_whole_in_view_three() {
    let mut stage = busy();
    stage.press("/bob<enter><tab>h").shows("[3 Audit]").shows("/about:bob").shows("3 · newest first");
    stage.hides("cleo");
    stage.press("<esc>").shows("5 · newest first");
    stage.press("G").press("h").shows("/about:ann").shows("1 · newest first");
    stage.press("cl");
    assert!(stage.copied[0].starts_with("rollbook audit list --about id:"), "{:?}", stage.copied);
}

#[test]
fn history_of_a_person_with_hundreds_of_entries_is_read_to_its_end_in_detail() {
    let mut stage = Stage::people(&["ann"]);
    let id = stage.id("ann");
    for _ in 0..260 {
        stage.behind(|accounts| accounts.deactivate(&id, None)).unwrap();
        stage.behind(|accounts| accounts.activate(&id, None)).unwrap();
    }
    stage.moved().press("<tab><tab><enter>").shows("History").hides("created               by root");
    for _ in 0..30 {
        stage.press("<pgdn>");
    }
    stage.shows("created               by root").hides("History");
}

#[test]
fn person_of_an_entry_is_gone_to_in_the_view_of_users() {
    let mut stage = busy();
    stage.press("/cleo<enter>").press("3").press("o").shows("[1 Users]").is_under_cursor("bob");
    let id = stage.id("cleo");
    stage.elsewhere(|accounts| accounts.delete(&id, None)).unwrap();
    stage.press("3g").press("o").is_under_cursor("cleo").shows("is:deleted");
}

#[test]
fn person_keys_act_on_whom_the_entry_is_about() {
    let mut stage = busy();
    stage.press("3").press("w").shows("bob CAN LOG IN").press("<esc>");
    stage.press("i<enter>").says("bob is inactive");
    stage.press("d").says("no key d here");
    stage.db().set_policy("session-life", "1h").unwrap();
    stage.moved().press("g").press("w").says("nobody who is still here");
}

#[test]
fn verify_tells_how_many_entries_hold_and_when() {
    let mut stage = busy();
    stage.press("3V").says("the audit holds: 5 entries").shows("verified 16:0").shows("newest first");
    stage.press("4").shows("5 entries hold, seen just now");
}

#[test]
fn verify_names_the_first_entry_that_is_not_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.db");
    let store = rollbook::engines::create(&path).unwrap();
    let mut stage = Stage::with(120, 40, |accounts| {
        let clock = crate::support::HandClock::default();
        *accounts = crate::support::accounts(store, &clock, 3, crate::support::operator());
        for name in ["ann", "bob", "cleo"] {
            accounts.create_user(Draft::named(name).unwrap(), None).unwrap();
        }
    });
    rusqlite::Connection::open(&path).unwrap().execute("UPDATE audit SET deed = 'purge' WHERE seq = 2", []).unwrap();
    stage.moved().press("3V").says("the audit does not hold at entry 2").shows("BROKEN at entry 2");
    stage.press("4").shows("does not hold at entry 2");
    assert!(stage.is_in_role("does not hold", Role::Bad));
}

#[test]
fn verify_is_watched_and_stopped() {
    let mut stage = busy();
    stage.press("3");
    stage.holding = true;
    stage.press("V").shows("verifying 0 of 5 · Esc stops").press("V").says("being verified; Esc stops");
    let late: Vec<Event> = stage.answers();
    stage.press("<esc>").says("the verification was stopped").hides("verifying 0");
    assert!(stage.held.iter().all(|effect| !matches!(effect, Effect::Ask(Slot::Verify, ..))));
    for event in late {
        stage.event(event);
    }
    stage.hides("verified").hides("holds:");
    assert!(!stage.model.verifying.is_running(), "what was stopped does not go on by itself");
}

#[test]
fn audit_waits_for_a_page_that_takes_long_though_others_go_on_writing() {
    let mut stage = busy();
    stage.press("3");
    stage.holding = true;
    stage.press("/ann");
    let asked = stage.held.len();
    for _ in 0..5 {
        stage.moved();
    }
    let of = |slot| stage.held.iter().filter(|effect| matches!(effect, Effect::Ask(of, ..) if *of == slot)).count();
    assert_eq!((of(Slot::Audit), of(Slot::AuditMatches)), (3, 3), "one a letter, {asked}");
    stage.release().shows("1 · newest first");
    let id = stage.id("ann");
    stage.elsewhere(|accounts| accounts.deactivate(&id, None)).unwrap();
    stage.shows("2 · newest first");
}

#[test]
fn cancel_stops_a_verification_before_it_quits() {
    let mut stage = busy();
    stage.holding = true;
    stage.press("3V<c-c>").says("the verification was stopped").press("<c-c>").says("Ctrl-C again quits");
}

#[test]
fn lists_of_the_audit_are_its_own() {
    let mut stage = busy();
    stage.press("3f").shows("log-ins").shows("by me").press("m").shows("/actor:root").shows("3 · newest first");
    stage.press("ft").shows("since:2026-11-21").shows("5 · newest first");
    stage.press("fx").shows("5 · newest first").hides("since:");
    assert_eq!(stage.model.pane, Pane::Audit);
}

#[test]
fn copy_in_the_audit_has_the_command_that_lists_the_same() {
    let mut stage = busy();
    stage.press("3/actor:bob action:activate<enter>").press("cl");
    assert_eq!(stage.copied, ["rollbook audit list --actor bob --action activate"]);
    stage.press("cv");
    assert_eq!(stage.copied[1], "rollbook audit verify");
}

#[test]
fn audit_is_nothing_that_a_member_may_look_at() {
    let mut stage = Stage::people(&["ann"]);
    let ann = stage.person("ann");
    stage.db().act_as(Actor::User { id: ann.id, name: ann.name });
    stage.press("3").says("is not an administrator");
}
