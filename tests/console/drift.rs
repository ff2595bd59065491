//! The cursor is carried somewhere by what comes in late: the keys that change wait until whoever sits there knows.

use rollbook::accounts::Span;
use rollbook::accounts::user::Status;
use rollbook::console::effect::{Effect, Event};
use rollbook::console::worker::carry_out;

use crate::others::{crowd, draft};
use crate::stage::{PASSWORD, Stage};

impl Stage {
    /// Carries out the orders that are held back and brings their outcomes; what is asked for then stays held.
    fn only_orders(&mut self) {
        let held = std::mem::take(&mut self.held);
        for effect in held {
            match effect {
                Effect::Write(ticket, write) => {
                    let outcome = carry_out(self.db(), write, &mut |_, _| true);
                    self.event(Event::Written(ticket, outcome));
                }
                other => self.held.push(other),
            }
        }
    }
}

fn pending(names: &[&str]) -> Stage {
    let mut stage = Stage::people(&["ann"]);
    for name in names {
        stage.create(draft(name, |draft| draft.pending = true));
    }
    stage.moved().press("g");
    stage
}

#[test]
fn after_a_change_here_the_next_one_has_to_be_seen_however_late_the_page_comes() {
    let mut stage = pending(&["p1", "p2", "p3"]);
    stage.press("fp").is_under_cursor("p3");
    stage.holding = true;
    stage.press("a").only_orders();
    stage.wait(Span::SECOND).is_under_cursor("p3");
    stage.release().is_under_cursor("p2").press("a").says("move the cursor first");
    assert_eq!(stage.status("p2"), Status::Pending);
    stage.moment().press("a").says("p2 is active");
}

#[test]
fn keys_wait_for_the_page_that_leads_to_whom_was_just_made() {
    let mut stage = pending(&["p1"]);
    stage.is_under_cursor("p1").press("nzoe<tab><tab><tab>").press(PASSWORD);
    stage.holding = true;
    stage.press("<tab><tab><tab><tab><enter>");
    stage.only_orders();
    stage.wait(Span::SECOND.times(3)).press("<esc>");
    stage.is_under_cursor("p1").press("i").says("then once more");
    assert!(stage.model.layers.is_empty(), "{}", stage.screen());
    stage.release().is_under_cursor("zoe").press("i").shows("Deactivate zoe");
}

#[test]
fn whom_was_just_made_may_be_gone_already_and_nobody_else_is_taken_for_them() {
    let mut stage = pending(&["p1"]);
    stage.is_under_cursor("p1").press("nzoe<tab><tab><tab>").press(PASSWORD);
    stage.holding = true;
    stage.press("<tab><tab><tab><tab><enter>");
    stage.only_orders();
    let id = stage.id("zoe");
    stage.behind(|accounts| accounts.purge(&id, None)).unwrap();
    stage.wait(Span::SECOND.times(3)).press("<esc>");
    stage.release().hides("   zoe").press("a").says("move the cursor first");
    assert_eq!(stage.status("p1"), Status::Pending);
}

#[test]
fn a_page_about_somebody_cures_nobody_else() {
    let mut stage = pending(&["p1", "bob"]);
    stage.is_under_cursor("bob").press("a").says("bob is active");
    stage.holding = true;
    stage.press("z");
    let late = std::mem::take(&mut stage.held);
    stage.holding = false;
    stage.press("j").is_under_cursor("p1").press("w").shows("p1 CANNOT LOG IN");
    stage.held = late;
    stage.release().is_under_cursor("bob").shows("p1 CANNOT LOG IN");
    stage.press("a").says("not under the cursor any more");
    assert_eq!((stage.status("bob"), stage.status("p1")), (Status::Pending, Status::Pending));
    stage.press("<esc>j").is_under_cursor("p1").press("wa").says("p1 is active");
}

#[test]
fn a_page_about_somebody_does_not_cure_what_they_have_become() {
    let mut stage = pending(&["p1"]);
    stage.press("w").shows("p1 CANNOT LOG IN");
    let id = stage.id("p1");
    stage.elsewhere(|accounts| {
        accounts.give_reason(Some("stolen")).unwrap();
        accounts.activate(&id, None).unwrap();
        accounts.deactivate(&id, None).unwrap();
        accounts.give_reason(None).unwrap();
    });
    stage.press("a").says("has changed");
    assert_eq!(stage.status("p1"), Status::Inactive);
    stage.press("<esc>w").shows("stolen").press("a").says("p1 is active");
}

#[test]
fn who_vanishes_while_another_order_is_on_its_way_is_not_followed_by_a_neighbour() {
    let mut stage = crowd(100);
    stage.press("jj").is_under_cursor("p097");
    stage.holding = true;
    stage.press("sn");
    let id = stage.id("p097");
    stage.behind(|accounts| accounts.purge(&id, None)).unwrap();
    stage.release().is_under_cursor("p098").press("i").says("move the cursor first");
    assert!(stage.model.layers.is_empty());
    stage.press("k").is_under_cursor("p096").press("i").shows("Deactivate p096");
}

#[test]
fn the_cursor_is_seen_after_whatever_makes_its_list_smaller() {
    let mut stage = Stage::with(74, 20, |accounts| {
        for n in 0..9 {
            accounts.create_user(draft(&format!("p{n}"), |_| {}), None).unwrap();
        }
    });
    stage.press("<enter>G").is_under_cursor("p0").shows("› p0").press("<enter>").shows("› p0");
}
