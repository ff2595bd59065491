//! Others write all the time: where nothing visible has changed, nothing is drawn; where something has, everything else
//! stays as it was.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rollbook::accounts::query::Filter;
use rollbook::accounts::user::{Edit, Role, User};
use rollbook::accounts::{Actor, Span};
use rollbook::console::effect::Event;
use rollbook::console::term::Surface;
use rollbook::console::view;

use crate::others::{crowd, draft};
use crate::stage::Stage;

/// How many bytes went out.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<usize>>);

impl io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.0.borrow_mut() += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal that the stage's console is drawn to, as the program draws it.
struct Line {
    terminal: Terminal<Surface<Wire>>,
    wire: Wire,
}

impl Line {
    fn new(stage: &Stage) -> Line {
        let (wire, (width, height)) = (Wire::default(), stage.model.size);
        let viewport = Viewport::Fixed(Rect { x: 0, y: 0, width, height });
        let terminal = Terminal::with_options(Surface::new(wire.clone()), TerminalOptions { viewport }).unwrap();
        let mut line = Line { terminal, wire };
        line.draw(stage);
        line
    }

    /// Draws a frame; answers how many bytes that took.
    fn draw(&mut self, stage: &Stage) -> usize {
        self.wire.0.replace(0);
        self.terminal
            .draw(|frame| {
                if let Some(place) = view::draw(&stage.model, frame.buffer_mut()) {
                    frame.set_cursor_position(place);
                }
            })
            .unwrap();
        *self.wire.0.borrow()
    }

    /// Lets the console hear of a change and look again, a frame after each event; answers how many bytes that took.
    fn hears(&mut self, stage: &mut Stage) -> usize {
        stage.holding = true;
        stage.take(Event::Moved { users: true, sessions: true });
        let mut bytes = self.draw(stage);
        while !stage.held.is_empty() {
            for answer in stage.answers() {
                stage.take(answer);
                bytes += self.draw(stage);
            }
        }
        stage.holding = false;
        bytes
    }
}

/// A service that goes on writing about people who are not on the screen.
fn service_writes(stage: &mut Stage, number: usize) {
    let name = format!("p{:03}", number % 100);
    stage.db().act_as(Actor::Service("web".into()));
    match number % 3 {
        0 => drop(stage.db().authenticate(&name, &"wrong and wrong again".into(), None)),
        1 => drop(stage.db().request_reset(&name)),
        _ => {
            let id = stage.id(&name);
            stage.edit_quietly(&id, number);
        }
    }
}

impl Stage {
    fn edit_quietly(&mut self, id: &rollbook::accounts::UserId, number: usize) {
        let note = Some(Some(format!("note {number}")));
        self.behind(|accounts| accounts.edit(id, None, Edit { note, ..Edit::default() })).unwrap();
    }
}

#[test]
fn two_hundred_writes_of_others_draw_nothing_where_nothing_visible_has_changed() {
    for keys in ["", "jjjn", "sn/p2<enter>"] {
        let mut stage = crowd(500);
        stage.press(keys);
        let mut line = Line::new(&stage);
        for number in 0..200 / 8 {
            for write in 0..8 {
                // Everybody below p100 is far down the list.
                service_writes(&mut stage, number * 8 + write);
            }
            assert_eq!(line.hears(&mut stage), 0, "after {keys:?}, write {number}\n{}", stage.screen());
        }
    }
}

#[test]
fn a_change_in_the_row_under_the_cursor_draws_it_and_moves_nothing() {
    let mut stage = crowd(500);
    stage.press("/p<enter>").press("<pgdn><pgdn>jjj");
    let (name, row) = (stage.under_cursor(), stage.row_of("› p"));
    let mut line = Line::new(&stage);
    let id = stage.id(&name);
    stage.behind(|accounts| accounts.deactivate(&id, None)).unwrap();
    let bytes = line.hears(&mut stage);
    assert!((1..4000).contains(&bytes), "{bytes} bytes");
    stage.draw();
    stage.shows("Users /p").is_under_cursor(&name);
    assert!(stage.line_with("› p").contains("inactive"), "{}", stage.screen());
    assert_eq!(stage.row_of("› p"), row, "{}", stage.screen());
    stage.press("a").says(&format!("{name} is active"));
}

#[test]
fn a_change_beneath_a_form_leaves_what_was_typed_and_is_told_when_it_is_saved() {
    let mut stage = Stage::people(&["ann", "bob"]);
    stage.press("e<tab><tab>ops").shows("ops");
    let before = stage.screen();
    stage.edit_elsewhere("ann", Edit { note: Some(Some("x".into())), ..Edit::default() });
    assert_eq!(stage.screen(), before, "another row is no concern of the form");
    stage.edit_elsewhere("bob", Edit { note: Some(Some("x".into())), ..Edit::default() });
    stage.shows("Edit bob").shows("ops").press("<tab><tab><tab><tab><enter>").shows("has changed: edited by \"bob\"");
    assert!(stage.person("bob").labels.is_empty());
}

#[test]
fn whoever_moves_in_the_order_takes_the_cursor_along() {
    let mut stage = crowd(60);
    stage.press("sngjjj").is_under_cursor("p003");
    let name = Some(rollbook::accounts::user::Name::parse("p006a").unwrap());
    stage.edit_elsewhere("p003", Edit { name, ..Edit::default() });
    stage.is_under_cursor("p006a").in_rows(&["p006 ", "› p006a ", "p007 "]).press("i").shows("Deactivate p006a");
}

/// Conditions that the list's own rows decide, letters beyond ASCII among them.
fn expression() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        4 => "[abéÉßñ李İı_%]{1,2}",
        1 => "\\^[aéñ]{1,2}",
        1 => "\"[aé] [bñ]\"",
        4 => prop::sample::select(vec![
            "is:pending", "is:inactive", "is:active", "role:admin", "role:member", "label:ops", "is:never",
        ]).prop_map(str::to_owned),
    ];
    let signed = (any::<bool>(), words).prop_map(|(not, text)| format!("{}{text}", if not { "!" } else { "" }));
    prop::collection::vec(signed, 1..4).prop_map(|all| all.join(" "))
}

fn met(stage: &mut Stage) -> Vec<String> {
    let mut names = Vec::new();
    stage.press("g");
    while !stage.under_cursor().is_empty() && names.last() != Some(&stage.under_cursor()) {
        names.push(stage.under_cursor());
        stage.press("j");
    }
    names
}

#[test]
fn the_list_under_a_filter_is_what_its_plain_meaning_says() {
    let person = ("[abéÉßñ李ı]{1,3}( [bñ])?", prop::option::of("[aé]@x"), 0..3usize, any::<bool>(), any::<bool>());
    let all = (prop::collection::vec(person, 1..40), prop::collection::vec(expression(), 6));
    let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&all, |(people, expressions)| {
        let mut users: Vec<User> = Vec::new();
        let mut stage = Stage::with(60, 15, |accounts| {
            for (number, (name, email, role, pending, ops)) in people.iter().enumerate() {
                let mut new = draft(&format!("{name}{number}"), |_| {});
                (new.email, new.role, new.pending) = (email.clone(), Role::ALL[*role], *pending);
                new.labels = if *ops { vec!["ops".to_owned()] } else { Vec::new() };
                users.push(accounts.create_user(new, None).unwrap());
            }
        });
        for text in expressions {
            stage.press("1<esc>/").event(Event::Paste(text.clone().into())).press("<enter>");
            let filter = Filter::parse(&text).unwrap();
            let mut wanted: Vec<&str> =
                users.iter().filter(|user| filter.matches(user, stage.now())).map(|user| user.name.as_str()).collect();
            wanted.reverse();
            prop_assert_eq!(met(&mut stage), wanted, "{}", text);
            stage.wait(Span::SECOND);
        }
        Ok(())
    });
    outcome.unwrap();
}
