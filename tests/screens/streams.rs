//! Keys without sense, pastes, sizes and late answers: no panic, and nobody changed except by a key that changes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rollbook::accounts::Span;
use rollbook::accounts::query::{Anchor, Query};
use rollbook::console::effect::Event;
use rollbook::console::key::{Code, Key};
use rollbook::console::keymap::Scope;
use rollbook::console::layout::Pane;

use crate::stage::Stage;

#[derive(Clone, Debug)]
enum Step {
    Key(Key, bool),
    Paste(String),
    Resize(u16, u16),
    Moved,
    Hold,
    Release,
    Wait(i64),
}

fn key() -> impl Strategy<Value = Key> {
    const NAMED: [Code; 14] = [
        Code::Enter,
        Code::Esc,
        Code::Tab,
        Code::BackTab,
        Code::Backspace,
        Code::Delete,
        Code::Up,
        Code::Down,
        Code::Left,
        Code::Right,
        Code::Home,
        Code::End,
        Code::PageUp,
        Code::PageDown,
    ];
    prop_oneof![
        6 => prop::sample::select("jkgGaixXpednwz/fsSc12?:RqoUyn 15".chars().collect::<Vec<_>>()).prop_map(Key::char),
        4 => prop::sample::select(NAMED.to_vec()).prop_map(Key::named),
        1 => prop::sample::select("udlcgtpwzae".chars().collect::<Vec<_>>()).prop_map(Key::ctrl),
        1 => any::<char>().prop_map(Key::char),
    ]
}

/// Keys that look and never change: movement, views, panes, reading.
fn looking() -> impl Strategy<Value = Key> {
    let letters = "jkgGwfsS12?:R/cl".chars().map(Key::char);
    let named = [Code::Esc, Code::Tab, Code::BackTab, Code::Up, Code::Down, Code::Home, Code::End, Code::PageDown];
    prop::sample::select(letters.chain(named.map(Key::named)).collect::<Vec<_>>())
}

fn step(key: impl Strategy<Value = Key>) -> impl Strategy<Value = Step> {
    prop_oneof![
        24 => (key, prop::bool::weighted(0.1)).prop_map(|(key, burst)| Step::Key(key, burst)),
        1 => ".{0,12}".prop_map(Step::Paste),
        1 => (1u16..140, 1u16..50).prop_map(|(w, h)| Step::Resize(w, h)),
        2 => Just(Step::Moved),
        1 => Just(Step::Hold),
        2 => Just(Step::Release),
        2 => (0i64..400).prop_map(Step::Wait),
    ]
}

fn small() -> Stage {
    let mut stage = Stage::people(&["root", "ann", "bob", "carol", "dave"]);
    stage.log_in("carol", "firefox");
    stage.log_in("carol", "phone");
    stage.log_in("bob", "laptop");
    stage.moved();
    stage
}

fn take(stage: &mut Stage, step: Step) {
    match step {
        Step::Key(key, burst) => {
            stage.event(Event::Key { key, burst });
        }
        Step::Paste(text) => {
            stage.event(Event::Paste(text.into()));
        }
        Step::Resize(w, h) => {
            stage.event(Event::Resize(w, h));
        }
        Step::Moved => {
            stage.moved();
        }
        Step::Hold => stage.holding = true,
        Step::Release => {
            stage.release();
        }
        Step::Wait(millis) => {
            stage.wait(Span::from_millis(millis));
        }
    }
}

/// What must hold whatever was pressed.
fn is_sane(stage: &Stage) {
    let model = &stage.model;
    let scope = model.scope();
    if let Some(layer) = model.layers.last() {
        assert_eq!(scope, layer.scope());
    } else {
        assert_eq!(scope == Scope::Nothing, model.place().is_none());
    }
    let list = &model.users.list.window;
    assert_eq!(list.current().is_none(), list.is_empty(), "the cursor is on a row wherever there is one");
    let sessions = &model.everybody.list.window;
    assert_eq!(sessions.current().is_none(), sessions.is_empty());
    for (pane, seen) in [(Pane::Users, list.cursor_in_view()), (Pane::Everybody, sessions.cursor_in_view())] {
        if model.pane == pane {
            assert!(seen < model.screen().rows(pane).max(1), "the cursor is out of sight at {:?}", model.size);
        }
    }
    if let (Some(their), Pane::Sessions) = (model.their_sessions(), model.pane) {
        assert_eq!(model.session().is_none(), their.is_empty(), "a session is under the cursor wherever there is one");
    }
    assert!(model.layers.len() <= 12, "layers pile up");
}

/// Everybody's version and the number of live sessions, by name.
fn versions(stage: &mut Stage) -> BTreeMap<String, (i64, u32, bool)> {
    let page = stage.db().users(&Query::default(), &Anchor::Start, 500).unwrap();
    page.rows.into_iter().map(|(_, u)| (u.id.to_string(), (u.version, u.sessions, u.deleted_at.is_some()))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if crate::support::long() { 24 } else { 8 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_keys_never_break_it(steps in prop::collection::vec(step(key()), 200)) {
        let mut stage = small();
        for step in steps {
            take(&mut stage, step);
            is_sane(&stage);
        }
        stage.release();
        is_sane(&stage);
        prop_assert!(stage.model.orders.is_empty(), "every order has its outcome");
    }

    #[test]
    fn looking_around_changes_nobody(steps in prop::collection::vec(step(looking()), 200)) {
        let mut stage = small();
        let before = versions(&mut stage);
        for step in steps {
            take(&mut stage, step);
        }
        stage.release();
        // Time ends sessions, and nothing else does.
        prop_assert_eq!(versions(&mut stage), before);
    }
}
