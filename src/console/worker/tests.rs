//! Which questions are interrupted for which.

use super::*;
use crate::accounts::query::{Key, KeyValue, Query};

#[test]
fn whoever_counts_for_the_scrollbar_gives_way_to_what_somebody_waits_for() {
    let before = || Read::UsersBefore(Query::default(), Key { value: KeyValue::Number(1), seq: 1 });
    let asked_while = |running: Slot, slot: Slot| {
        let mailbox = Mailbox::new();
        let rung = Arc::new(AtomicU64::new(0));
        let bell = Arc::clone(&rung);
        mailbox.lock().running = Some(running);
        mailbox.lock().interrupt = Some(Arc::new(Box::new(move || {
            bell.fetch_add(1, Ordering::Relaxed);
        })));
        mailbox.ask(slot, 1, before());
        rung.load(Ordering::Relaxed) == 1
    };
    assert!(Slot::UsersBefore.is_background(), "it must never stand before a page");
    assert!(asked_while(Slot::UsersBefore, Slot::UsersBefore), "the newest wins");
    assert!(asked_while(Slot::SessionsBefore, Slot::Plan) && asked_while(Slot::EntriesBefore, Slot::Marks));
    assert!(!asked_while(Slot::UsersBefore, Slot::Attention), "else it would never come to its end");
    assert!(!asked_while(Slot::Plan, Slot::UsersBefore) && !asked_while(Slot::Matches, Slot::Plan));
}
