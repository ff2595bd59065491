//! Many keys at once: held down, or pasted where the terminal does not mark it. The work is counted, not timed.

use rollbook::accounts::user::Draft;
use rollbook::console::effect::{Effect, Event, Slot};
use rollbook::console::key::Key;

use crate::stage::{Stage, keys};

fn crowd() -> Stage {
    Stage::new(|accounts| {
        for n in 0..400 {
            accounts.create_user(Draft { pending: true, ..Draft::named(&format!("p{n}")).unwrap() }, None).unwrap();
        }
    })
}

/// Takes these keys as the loop takes one read, and gives what it asks for meanwhile.
fn burst(stage: &mut Stage, keys: &[Key]) -> Vec<Slot> {
    stage.holding = true;
    for (at, key) in keys.iter().enumerate() {
        stage.take_key(*key, true, keys.get(at + 1).copied());
    }
    let asked = stage.held.iter().map(|effect| match effect {
        Effect::Ask(slot, ..) => *slot,
        _ => panic!("more than a question"),
    });
    asked.collect()
}

#[test]
fn a_burst_of_moves_asks_once_and_arrives_where_single_moves_do() {
    for script in ["j".repeat(300), "<pgdn>".repeat(7), format!("{}{}", "j".repeat(90), "k".repeat(40))] {
        let (mut one, mut all) = (crowd(), crowd());
        one.press(&script);
        let asked = burst(&mut all, &keys(&script));
        let pages = asked.iter().filter(|slot| **slot == Slot::Users).count();
        assert!(pages <= 1 && asked.len() <= 3, "{script}: {asked:?}");
        for _ in 0..20 {
            all.release();
        }
        all.event(Event::Tick);
        assert_eq!(all.under_cursor(), one.under_cursor(), "{script}");
    }
}

#[test]
fn a_burst_of_text_asks_once_for_all_of_it() {
    let mut stage = crowd();
    stage.press("/");
    let asked = burst(&mut stage, &keys(&"p1".repeat(1_000)));
    assert!(asked.iter().filter(|slot| **slot == Slot::Users).count() <= 1 && asked.len() <= 4, "{asked:?}");
    stage.release();
    assert_eq!(stage.model.users.list.input.value().len(), 2_000, "the field takes it");
}

#[test]
fn a_burst_changes_nothing_says_so_once_and_does_not_quit() {
    let mut stage = crowd();
    let before = stage.model.messages.len();
    let asked = burst(&mut stage, &keys(&"adizx!nepjuqGg".repeat(50)));
    assert!(asked.len() < 300, "{}", asked.len());
    stage.draw();
    stage.says("keys came faster than fingers");
    assert!(!stage.model.done && stage.model.layers.is_empty() && stage.model.orders.is_empty());
    assert_eq!(stage.model.messages.len(), before);
}

#[test]
fn no_more_changes_wait_for_the_database_than_are_kept_in_mind() {
    let mut stage = crowd();
    stage.holding = true;
    for _ in 0..40 {
        stage.press("aj");
    }
    assert_eq!(stage.model.orders.len(), 32);
    stage.press("a").says("32 changes wait for the database; then again");
    stage.release();
    stage.holding = false;
    stage.press("a");
    assert!(stage.model.orders.is_empty(), "{:?}", stage.model.orders);
}
