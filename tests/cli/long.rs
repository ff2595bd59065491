//! Lists longer than a page: nothing is left out, nothing comes twice.

use std::collections::HashSet;

use rollbook::accounts::audit::{Deed, Detail, NewEntry};
use rollbook::accounts::session::{Session, SessionId};
use rollbook::accounts::store::Sample;
use rollbook::accounts::token::TokenKind;
use rollbook::accounts::{Actor, Span, Status, Time, User};
use rollbook::host::SystemEntropy;

use crate::desk::Desk;
use crate::hostile::{handle, user};

const MANY: usize = 1203;

fn sample(n: usize, now: Time) -> Sample {
    let person = User {
        status: Status::Active,
        status_by: None,
        reason: None,
        ..user(&format!("id{n}"), &format!("person {n}"))
    };
    let session = Session {
        id: SessionId::new(format!("session{n}")),
        user_id: person.id.clone(),
        name: person.name.clone(),
        client: None,
        address: None,
        created_at: now.minus(Span::MINUTE),
        expires_at: Some(now.plus(Span::DAY)),
        last_used_at: None,
        idle: None,
        ended_at: None,
        ended_by: None,
        refused: 0,
        refused_at: None,
    };
    let (_, digest) = TokenKind::Session.mint(&mut SystemEntropy).unwrap();
    Sample { user: person, hash: None, sessions: vec![(session, digest)] }
}

#[test]
fn a_list_of_many_pages_has_everything_once() {
    let desk = Desk::open();
    let mut accounts = handle(&desk);
    let now = accounts.now();
    let entry = NewEntry {
        at: now,
        actor: Actor::Operator("import".into()),
        deed: Deed::Edit,
        target: None,
        detail: Detail::default(),
    };
    let mut samples = (0..MANY).map(|n| sample(n, now));
    accounts.load(&mut samples, &vec![entry; MANY], &mut |_| true).unwrap();
    drop(accounts);
    for (line, key, least) in [
        (&["user", "list"][..], "user_id", MANY),
        (&["session", "list"], "session_id", MANY),
        (&["audit", "list"], "seq", MANY + 1),
    ] {
        let rows = desk.lines(line, "");
        let distinct: HashSet<String> = rows.iter().map(|row| row[key].to_string()).collect();
        assert!(rows.len() >= least && distinct.len() == rows.len(), "{line:?}: {} rows", rows.len());
        let text = desk.run(line, "").ok().out;
        assert_eq!(text.lines().count(), rows.len() + 1, "{line:?}: one heading however many pages");
    }
    for (line, limit) in [("user", 501), ("audit", 501), ("audit", 500), ("user", 1000)] {
        assert_eq!(desk.lines(&[line, "list", "--limit", &limit.to_string()], "").len(), limit);
    }
}
