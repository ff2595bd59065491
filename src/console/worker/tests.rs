//! Which questions are interrupted for which.

use super::*;
use crate::accounts::query::{Key, KeyValue, Query};

#[test]
fn what_nobody_waits_for_gives_way_to_what_somebody_waits_for() {
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
    assert!(asked_while(Slot::UsersBefore, Slot::Labels), "a completion is waited for");
    assert!(Slot::Labels < Slot::UsersBefore, "and goes first");
    assert!(!asked_while(Slot::UsersBefore, Slot::Attention), "else it would never come to its end");
    assert!(!Slot::Ahead.is_background() && Slot::Audit < Slot::Ahead, "beside the pages, and after them");
    assert!(asked_while(Slot::Ahead, Slot::Users) && asked_while(Slot::Ahead, Slot::Person));
    assert!(!asked_while(Slot::Users, Slot::Ahead) && !asked_while(Slot::Person, Slot::Ahead));
    assert!(!asked_while(Slot::Plan, Slot::UsersBefore) && !asked_while(Slot::Matches, Slot::Plan));
}

#[test]
fn what_was_interrupted_waits_again_and_takes_no_newer_ones_place() {
    let mailbox = Mailbox::new();
    mailbox.lock().running = Some(Slot::Matches);
    mailbox.end(Some((Slot::Matches, 1, Read::Attention)));
    assert_eq!(mailbox.lock().running, None);
    assert_eq!(mailbox.lock().waiting.get(&Slot::Matches), Some(&(1, Read::Attention)));
    mailbox.ask(Slot::Matches, 2, Read::System);
    mailbox.end(Some((Slot::Matches, 1, Read::Attention)));
    assert_eq!(mailbox.lock().waiting.get(&Slot::Matches), Some(&(2, Read::System)), "the newest wins");
    mailbox.open(PathBuf::from("other.db"), false);
    mailbox.end(Some((Slot::Matches, 1, Read::Attention)));
    assert!(mailbox.lock().waiting.is_empty(), "it was asked about another database");
}
