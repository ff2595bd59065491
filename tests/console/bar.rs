//! The scrollbar: it tells where in the list one is, and says nothing where it does not know.

use ratatui::layout::Rect;
use rollbook::accounts::query::Order;
use rollbook::accounts::user::Edit;
use rollbook::accounts::{Error, Kind, Span};
use rollbook::console::effect::{Answer, Effect, Event, Slot};
use rollbook::console::layout::{Pane, Shape};
use rollbook::console::theme::Theme;

use crate::others::{crowd, draft, with_sessions};
use crate::stage::Stage;

impl Stage {
    /// The column of the scrollbar of this pane, top to bottom.
    fn bar(&self, pane: Pane) -> String {
        let screen = self.model.screen();
        let area: Rect = screen.pane(pane);
        let wall = screen.shape == Shape::Side && pane == Pane::Users;
        let x = if wall { area.right() } else { area.right() - 1 };
        let rows = u16::try_from(screen.rows(pane)).unwrap();
        let cells = area.bottom() - rows..area.bottom();
        cells.map(|y| self.buffer()[(x, y)].symbol().replace('├', "│").replace('┠', "┃")).collect()
    }

    /// Which cells of the users' bar are thick, and how many there are in all.
    fn thumb(&self) -> (Option<usize>, usize, usize) {
        let bar: Vec<char> = self.bar(Pane::Users).chars().collect();
        let thick: Vec<usize> = (0..bar.len()).filter(|at| bar[*at] == '┃').collect();
        assert!(thick.windows(2).all(|pair| pair[1] == pair[0] + 1), "{bar:?}");
        (thick.first().copied(), thick.len(), bar.len())
    }

    /// That the thumb stands where the plain list says, which is given in its order.
    #[track_caller]
    fn bar_tells_the_truth(&mut self, list: &[String]) {
        let (rows, screen) = (self.model.screen().rows(Pane::Users), self.screen());
        let area = self.model.screen().users;
        let line = |y: u16| -> String {
            let cells = area.left() + 3..area.right();
            cells.map(|x| self.buffer()[(x, y)].symbol().to_owned()).collect()
        };
        let first = line(area.bottom() - u16::try_from(rows).unwrap());
        let first = first.split_whitespace().next().unwrap_or_default();
        let above = list.iter().position(|name| name == first).unwrap_or_else(|| panic!("{first:?}\n{screen}"));
        let (start, length, cells) = self.thumb();
        if list.len() <= rows {
            assert_eq!(start, None, "all is seen\n{screen}");
            return;
        }
        let start = start.unwrap_or_else(|| panic!("no thumb\n{screen}"));
        let (at_top, at_bottom) = (above == 0, above + rows >= list.len());
        assert_eq!((start == 0, start + length == cells), (at_top, at_bottom), "{above} of {}\n{screen}", list.len());
        let ideal = above * (cells - length) / (list.len() - rows);
        assert!(start.abs_diff(ideal) <= 1, "{above} of {}: {start}, not {ideal}\n{screen}", list.len());
    }

    /// How many questions of this slot wait.
    fn waiting(&self, slot: Slot) -> usize {
        self.held.iter().filter(|effect| matches!(effect, Effect::Ask(asked, ..) if *asked == slot)).count()
    }
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("p{i:03}")).collect()
}

#[test]
fn at_the_top_at_the_end_and_on_every_page_between_the_bar_is_right_without_a_question() {
    for (columns, rows) in [(120, 40), (80, 24), (60, 15)] {
        let mut stage = crowd(300);
        stage.event(Event::Resize(columns, rows));
        let mut list = names(300);
        list.reverse();
        let mut places = Vec::new();
        for key in
            ["g", "<pgdn>", "<pgdn>", "<pgdn>", "jjjjjjjjj", "G", "<pgup>", "<pgup>", "k", "<pgup>", "<c-u>", "g"]
        {
            stage.holding = true;
            stage.press(key);
            while !stage.held.is_empty() {
                assert_eq!(stage.waiting(Slot::UsersBefore), 0, "after {key}");
                for answer in stage.answers() {
                    stage.event(answer);
                }
            }
            stage.bar_tells_the_truth(&list);
            places.push(stage.thumb().0);
        }
        assert!(places.iter().collect::<std::collections::BTreeSet<_>>().len() > 3, "{places:?}");
    }
}

#[test]
fn where_all_rows_are_seen_there_is_no_bar() {
    let mut stage = crowd(20);
    stage.event(Event::Resize(80, 60));
    assert!(!stage.bar(Pane::Users).contains(['│', '┃']), "{}", stage.screen());
    stage.event(Event::Resize(80, 24));
    assert!(stage.bar(Pane::Users).contains('┃'), "{}", stage.screen());
}

#[test]
fn after_another_order_the_bar_is_where_the_cursor_went() {
    let mut stage = crowd(300);
    let mut list = names(300);
    list.reverse();
    stage.press("<pgdn><pgdn><pgdn><pgdn>");
    stage.bar_tells_the_truth(&list);
    // p000 to p299 by name are the same people the other way round.
    stage.press("sn").is_under_cursor("p159");
    assert_eq!(stage.model.users.order, Order::Name);
    list.reverse();
    stage.bar_tells_the_truth(&list);
    stage.press("S");
    list.reverse();
    stage.bar_tells_the_truth(&list);
    stage.press("<pgup><pgup><pgup>");
    stage.bar_tells_the_truth(&list);
}

#[test]
fn under_a_filter_the_bar_is_of_those_who_pass() {
    let mut stage = crowd(300);
    let mut list = names(300);
    list.reverse();
    stage.press("/p1<enter>").press("<pgdn>");
    let found: Vec<String> = list.iter().filter(|name| name.contains("p1")).cloned().collect();
    stage.bar_tells_the_truth(&found);
    // The one under the cursor stays, in the midst of everybody.
    stage.press("<esc>").shows("300 ·");
    stage.bar_tells_the_truth(&list);
}

#[test]
fn until_it_is_counted_the_bar_shows_no_place_and_the_keys_do_not_wait() {
    let mut stage = crowd(500);
    stage.press("<pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn>");
    stage.holding = true;
    stage.press("sn");
    while stage.held.iter().any(|effect| !matches!(effect, Effect::Ask(Slot::UsersBefore, ..))) {
        // Everything but the place is answered.
        let (late, others) = std::mem::take(&mut stage.held)
            .into_iter()
            .partition(|effect| matches!(effect, Effect::Ask(Slot::UsersBefore, ..)));
        stage.held = others;
        let answers = stage.answers();
        stage.held = late;
        for answer in answers {
            stage.event(answer);
        }
    }
    assert_eq!(stage.waiting(Slot::UsersBefore), 1);
    stage.is_under_cursor("p254");
    assert_eq!(stage.thumb().0, None, "{}", stage.screen());
    assert!(stage.model.is_complete(), "nobody waits for it");
    // Going on meanwhile is counted in, and asks nothing anew.
    let late = std::mem::take(&mut stage.held);
    stage.holding = false;
    stage.press("<pgdn>").is_under_cursor("p289");
    stage.held = late;
    stage.release();
    stage.bar_tells_the_truth(&names(500));
}

#[test]
fn who_comes_before_moves_the_bar_and_nothing_else() {
    let mut stage = crowd(200);
    stage.press("sn<pgdn><pgdn>");
    let mut list = names(200);
    stage.bar_tells_the_truth(&list);
    let (under, row) = (stage.under_cursor(), stage.row_of("› p"));
    for number in 0..150 {
        list.push(format!("a{number:03}"));
        stage.behind(|accounts| accounts.create_user(draft(&format!("a{number:03}"), |_| {}), None)).unwrap();
    }
    stage.moved();
    list.sort();
    stage.is_under_cursor(&under);
    assert_eq!(stage.row_of("› p"), row);
    stage.bar_tells_the_truth(&list);
}

#[test]
fn far_down_the_bar_is_not_counted_at_each_deed_of_others() {
    let mut stage = crowd(400);
    stage.press("/p<enter><pgdn><pgdn><pgdn><pgdn><pgdn>sn");
    let ask = |stage: &mut Stage| {
        stage.holding = true;
        stage.edit_elsewhere("p001", Edit { note: Some(Some(stage.now().millis().to_string())), ..Edit::default() });
        let mut asked = 0;
        for _ in 0..9 {
            asked += stage.waiting(Slot::UsersBefore);
            for answer in stage.answers() {
                stage.event(answer);
            }
            assert!(stage.thumb().0.is_some(), "it stays meanwhile");
        }
        stage.holding = false;
        asked
    };
    stage.wait(Span::MINUTE);
    let asked: usize = (0..20)
        .map(|_| {
            stage.wait(Span::from_millis(250));
            ask(&mut stage)
        })
        .sum();
    assert_eq!(asked, 1, "in five seconds");
    stage.holding = true;
    stage.wait(Span::SECOND.times(6));
    assert_eq!(stage.waiting(Slot::UsersBefore), 1, "time alone is enough");
}

#[test]
fn what_others_do_while_many_rows_are_held_does_not_move_the_bar() {
    for pages in [2, 4, 5, 6] {
        let mut stage = crowd(300);
        let mut list = names(300);
        list.reverse();
        stage.press("G").press(&"<pgup>".repeat(pages));
        stage.bar_tells_the_truth(&list);
        let row = stage.thumb();
        stage.holding = true;
        stage.edit_elsewhere("p290", Edit { note: Some(Some("x".into())), ..Edit::default() });
        // Everything but the place is answered.
        for _ in 0..6 {
            for answer in stage.answers() {
                if !matches!(answer, Event::Answered(Slot::UsersBefore, ..)) {
                    stage.event(answer);
                }
            }
        }
        stage.bar_tells_the_truth(&list);
        assert_eq!(stage.thumb(), row, "{pages} pages up");
    }
}

#[test]
fn a_place_that_cannot_be_counted_is_not_asked_for_for_ever_and_not_complained_about() {
    let mut stage = crowd(500);
    stage.press("<pgdn><pgdn><pgdn><pgdn><pgdn><pgdn><pgdn>");
    stage.holding = true;
    stage.press("sn");
    let mut asked = 0;
    for _ in 0..50 {
        asked += stage.waiting(Slot::UsersBefore);
        for answer in stage.answers() {
            stage.event(match answer {
                Event::Answered(slot, turn, Ok(Answer::UsersBefore(_))) => {
                    Event::Answered(slot, turn, Err(Error::new(Kind::Busy, "somebody is at it")))
                }
                other => other,
            });
        }
    }
    assert_eq!(asked, 1);
    assert_eq!(stage.thumb().0, None);
    stage.hides("somebody is at it");
    stage.holding = false;
    stage.wait(Span::SECOND.times(6)).press("j");
    assert!(stage.thumb().0.is_some(), "{}", stage.screen());
}

#[test]
fn everybodys_sessions_and_the_audit_have_a_bar_too() {
    let sessions: Vec<(&str, &str)> = (0..60).map(|_| ("ann", "web")).collect();
    let (mut stage, _) = with_sessions(&["ann", "bob"], &sessions);
    for (view, pane) in [("2", Pane::Everybody), ("3", Pane::Audit)] {
        stage.press(view).press("g");
        let top = stage.bar(pane);
        assert!(top.starts_with('┃') && top.ends_with('│'), "{}", stage.screen());
        stage.press("G");
        let end = stage.bar(pane);
        assert!(end.starts_with('│') && end.ends_with('┃'), "{}", stage.screen());
        stage.press("<pgup>");
        let middle = stage.bar(pane);
        assert!(middle.starts_with('│') && middle.contains('┃') && middle.ends_with('│'), "{}", stage.screen());
    }
    stage.press("2gjjj<pgdn>S");
    assert!(stage.bar(Pane::Everybody).contains('┃'), "{}", stage.screen());
}

#[test]
fn the_bar_is_legible_in_ascii_and_without_colours() {
    let mut stage = Stage::set_up(
        80,
        24,
        |setup| (setup.ascii, setup.theme) = (true, Theme::Mono),
        |accounts| {
            for i in 0..60 {
                accounts.create_user(draft(&format!("p{i:03}"), |_| {}), None).unwrap();
            }
        },
    );
    assert_eq!(stage.bar(Pane::Users), "##|||||||||");
    stage.press("G");
    assert_eq!(stage.bar(Pane::Users), "|||||||||##");
}

#[test]
fn a_persons_sessions_have_a_bar_where_they_do_not_fit() {
    let sessions: Vec<(&str, &str)> = (0..30).map(|_| ("ann", "web")).collect();
    let (mut stage, _) = with_sessions(&["bob", "ann"], &sessions);
    stage.press("<tab>").shows("30 live");
    assert!(stage.bar(Pane::Sessions).starts_with('┃'), "{}", stage.screen());
    stage.press("G");
    assert!(stage.bar(Pane::Sessions).ends_with('┃'), "{}", stage.screen());
    stage.press("<s-tab>j").is_under_cursor("bob");
    assert!(!stage.bar(Pane::Sessions).contains(['│', '┃']), "{}", stage.screen());
}

#[test]
fn a_count_of_another_order_is_not_taken_for_this_one() {
    let mut stage = crowd(400);
    stage.press("<pgdn><pgdn><pgdn><pgdn>").press("sn");
    stage.holding = true;
    stage.elsewhere(|_| ());
    // Everything is answered but what is counted for the bar, whose answers come late.
    let mut late = Vec::new();
    for key in ["", "S", ""] {
        stage.press(key);
        while !stage.held.is_empty() {
            for answer in stage.answers() {
                match answer {
                    Event::Answered(Slot::UsersBefore, ..) => late.push(answer),
                    answer => {
                        stage.event(answer);
                    }
                }
            }
        }
    }
    assert_eq!(late.len(), 2);
    for answer in late {
        stage.event(answer);
    }
    let mut list = names(400);
    list.reverse();
    stage.bar_tells_the_truth(&list);
}
