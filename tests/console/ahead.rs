//! Those to whom the cursor may go next are read before it does: a step is one frame, and never one of before.

use rollbook::accounts::query::Filter;
use rollbook::console::effect::{Effect, Event, Read, Slot};
use rollbook::console::update::start;

use crate::stage::Stage;

impl Stage {
    /// What is asked from now on waits.
    fn hold(&mut self) -> &mut Stage {
        self.holding = true;
        self
    }

    fn asks(&self, slot: Slot) -> usize {
        self.held.iter().filter(|effect| matches!(effect, Effect::Ask(asked, ..) if *asked == slot)).count()
    }
}

fn three() -> Stage {
    let mut stage = Stage::people(&["ann", "bob", "carol"]);
    stage.log_in("bob", "firefox");
    stage.moved().is_under_cursor("carol").hides("firefox");
    stage
}

#[test]
fn a_step_waits_for_no_answer() {
    let mut stage = three();
    stage.hold().press("j").is_under_cursor("bob").shows("firefox").shows("Sessions  1 live");
    assert!(stage.model.is_complete());
    assert_eq!(stage.asks(Slot::Person), 0);
    stage.release().shows("firefox").hold().press("k").is_under_cursor("carol").hides("firefox").shows("CAN LOG IN");
    assert!(stage.model.is_complete(), "the way back is known too");
}

#[test]
fn a_page_waits_for_no_answer_where_the_last_move_was_one() {
    let mut stage = crate::others::crowd(500);
    stage.press("<pgdn>").is_under_cursor("p464");
    stage.hold().press("<pgdn>").is_under_cursor("p429").shows("CANNOT LOG IN");
    assert!(stage.model.is_complete());
}

#[test]
fn whoever_is_shown_so_is_read_once_more() {
    let mut stage = three();
    // Nobody has told the console yet, and the row in the list is as it was.
    stage.clock.advance(rollbook::accounts::Span::MINUTE);
    let bob = stage.db().find("bob").unwrap().id;
    stage.behind(|accounts| accounts.issue_reset(&bob)).unwrap();
    stage.hold().press("j").is_under_cursor("bob").hides("reset requested");
    stage.release().is_under_cursor("bob").shows("reset requested");
}

#[test]
fn what_was_read_before_a_change_is_not_shown_after_it() {
    let mut stage = three();
    stage.log_in("bob", "konqueror");
    stage.hold().moved().press("j").is_under_cursor("bob").hides("firefox");
    assert!(!stage.model.is_complete());
    stage.release().shows("firefox").shows("konqueror").shows("Sessions  2 live");
}

#[test]
fn what_is_on_its_way_when_something_changes_is_dropped() {
    let mut stage = three();
    stage.hold().press("j");
    stage.holding = false;
    let late = stage.answers();
    stage.log_in("ann", "konqueror");
    stage.hold().moved();
    for answer in late {
        stage.event(answer);
    }
    stage.press("j").is_under_cursor("ann").hides("CAN LOG IN");
    assert!(!stage.model.is_complete());
    stage.release().shows("konqueror");
}

#[test]
fn the_ends_come_with_the_one_to_whom_they_bring_the_cursor() {
    for (before, key, name) in [("", "G", "p000"), ("G", "g", "p499"), ("<pgdn>", "/p12", "p129")] {
        let mut stage = crate::others::crowd(500);
        stage.press(before).hold().press(key);
        let page = stage.answers().into_iter().rfind(|answer| matches!(answer, Event::Answered(Slot::Users, ..)));
        stage.event(page.unwrap()).is_under_cursor(name).shows("CANNOT LOG IN");
        assert!(stage.model.is_complete() && stage.asks(Slot::Person) == 0);
    }
}

#[test]
fn an_answer_that_changes_nothing_draws_nothing() {
    let mut stage = three();
    stage.hold().press("j");
    let answers = stage.answers();
    assert_eq!(answers.len(), 1);
    for answer in answers {
        stage.event(answer);
        assert!(stage.model.unseen);
    }
    stage.event(Event::Tick);
    assert!(!stage.model.unseen);
    stage.holding = false;
    stage.behind(|accounts| accounts.find("carol").and_then(|carol| accounts.issue_reset(&carol.id))).unwrap();
    stage.hold().press("k");
    for answer in stage.answers() {
        stage.event(answer).shows("reset requested");
        assert!(!stage.model.unseen);
    }
}

#[test]
fn whoever_vanished_is_not_asked_for_for_ever() {
    let mut stage = three();
    let ann = stage.db().find("ann").unwrap().id;
    stage.behind(|accounts| accounts.delete(&ann, None)).unwrap();
    stage.behind(|accounts| accounts.purge(&ann, None)).unwrap();
    let mut asked = 0;
    stage.hold().press("j").is_under_cursor("bob");
    for _ in 0..20 {
        asked += stage.asks(Slot::Ahead);
        for answer in stage.answers() {
            stage.event(answer);
        }
    }
    assert_eq!(asked, 1);
}

#[test]
fn a_reading_ahead_that_fails_is_not_complained_about() {
    let mut stage = three();
    stage.hold().press("j");
    let answers = stage.answers();
    for answer in answers {
        let Event::Answered(slot @ Slot::Ahead, turn, _) = answer else { panic!("{}", stage.screen()) };
        let busy = rollbook::accounts::Error::new(rollbook::accounts::Kind::Busy, "somebody is at it");
        stage.event(Event::Answered(slot, turn, Err(busy))).hides("somebody is at it");
    }
    // Whoever is looked at is asked for alone.
    assert!(stage.held.iter().any(|effect| matches!(effect, Effect::Ask(Slot::Person, _, Read::Person(..)))));
    stage.release().is_under_cursor("bob").shows("firefox");
}

#[test]
fn what_is_read_before_anything_is_asked_is_what_is_asked_first() {
    let mut stage = three();
    let (target, look) = start(&stage.model);
    let place = stage.model.place().cloned().unwrap();
    stage.hold().event(Event::Connected(target, Ok(place)));
    let asked = stage.held.iter().find_map(|effect| match effect {
        Effect::Ask(_, _, read) => Some(read),
        _ => None,
    });
    assert_eq!(asked, Some(&look), "else the first frame waits for two pages, and not for one");
}

#[test]
fn a_page_that_tells_how_many_there_are_is_asked_for_alone() {
    let mut stage = crate::others::crowd(500);
    stage.press("/p1<enter>").shows("100 · newest first").hold().press("/<bs>2");
    let page = |stage: &mut Stage| {
        stage.answers().into_iter().rfind(|answer| matches!(answer, Event::Answered(Slot::Users, ..))).unwrap()
    };
    let told = page(&mut stage);
    stage.event(told).shows("100 · newest first").is_under_cursor("p299");
    assert_eq!(stage.asks(Slot::Matches), 0);
    // What only counting tells is counted, when what is looked at has come.
    stage.press(" is:active");
    assert_eq!(stage.asks(Slot::Matches), 0);
    let untold = page(&mut stage);
    stage.event(untold).hides("100 · newest first");
    assert_eq!(stage.asks(Slot::Matches), 1);
    stage.release().shows("100 · newest first");
}

#[test]
fn of_whom_very_much_is_known_the_first_is_shown_at_once_and_the_rest_follows() {
    let mut stage = Stage::people(&["ann", "bob"]);
    for n in 0..70 {
        stage.log_in("ann", &format!("client{n:02}"));
    }
    stage.moved().hold().press("j").is_under_cursor("ann").shows("Sessions  70 live").shows("client69");
    assert!(stage.model.is_complete());
    assert_eq!(stage.model.their_sessions().map(<[_]>::len), Some(60));
    stage.release().shows("Sessions  70 live");
    assert_eq!(stage.model.their_sessions().map(<[_]>::len), Some(70));
    stage.press("<tab><tab>G").shows("client00");
    // The same where nothing was read ahead.
    stage.press("<s-tab><s-tab>").moved();
    stage.press("k").hold().moved().press("j").release();
    assert_eq!(stage.model.their_sessions().map(<[_]>::len), Some(70));
}

/// Ann with seventy sessions under the cursor, and others.
fn ann_with_seventy() -> Stage {
    let mut stage = Stage::people(&["bob", "carol", "ann"]);
    for n in 0..70 {
        stage.log_in("ann", &format!("client{n:02}"));
    }
    stage.moved();
    stage
}

fn held(stage: &Stage) -> Option<usize> {
    stage.model.their_sessions().map(<[_]>::len)
}

#[test]
fn whoever_is_known_whole_is_not_cut_when_the_list_changes_around_them() {
    let mut stage = ann_with_seventy();
    assert_eq!(held(&stage), Some(70));
    stage.press("<tab><tab>G").shows("client00").press("<s-tab><s-tab>").press("/ann<enter>").is_under_cursor("ann");
    assert_eq!(held(&stage), Some(70));
    assert!(!stage.model.sessions.is_adrift());
    stage.press("<esc>").press("j").press("k").is_under_cursor("ann");
    assert_eq!(held(&stage), Some(70));
}

#[test]
fn whoever_is_come_back_to_is_read_again() {
    let mut stage = ann_with_seventy();
    stage.press("2").press("1").press("j").is_under_cursor("carol");
    let carol = stage.db().find("carol").unwrap().id;
    stage.press("k");
    stage.behind(|accounts| accounts.issue_reset(&carol)).unwrap();
    stage.press("j").is_under_cursor("carol").shows("reset requested");
    // Those beside whom somebody else was looked at are read ahead anew.
    stage.press("3").press("1").hold().press("k").is_under_cursor("ann");
    assert!(stage.model.is_complete(), "{}", stage.screen());
}

#[test]
fn whoever_an_entry_is_about_is_read_whole() {
    let mut stage = ann_with_seventy();
    stage.press("j").press("3").press("gg");
    let about = stage.model.person_id().cloned();
    assert_eq!(about, Some(stage.db().find("ann").unwrap().id));
    assert_eq!(held(&stage), Some(70));
}

#[test]
fn the_letter_after_this_one_is_expected_once_the_screen_is_complete() {
    let expected = |stage: &Stage| {
        let filter = |effect: &Effect| match effect {
            Effect::Ask(Slot::Words, _, Read::Words(filter)) => Some(filter.clone()),
            _ => None,
        };
        stage.held.iter().filter_map(filter).collect::<Vec<_>>()
    };
    let word = |text: &str| Filter::parse(text).unwrap();
    let mut stage = three();
    stage.hold().press("/");
    assert_eq!(expected(&stage), [Filter::default()], "names are read as soon as the line is there");
    stage.release().hold().press("a");
    assert_eq!(expected(&stage), [], "the list is waited for");
    stage.release().is_under_cursor("carol").hold().press("n");
    assert_eq!(expected(&stage), [Filter::default()], "what was expected after the a is in nobody's way");
    let landed = stage.answers();
    for answer in landed {
        stage.event(answer);
    }
    assert_eq!(expected(&stage), [word("an")]);
    stage.release().press("<enter>").hold().press("j");
    assert_eq!(expected(&stage), [], "nobody types any more");
}
