//! smoke
mod support;
use rollbook::accounts::query::*;
use rollbook::accounts::*;
use support::*;

#[test]
fn smoke() {
    for file in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let store = if file {
            rollbook::engines::create(&dir.path().join("x/y.db")).unwrap()
        } else {
            rollbook::engines::memory().unwrap()
        };
        let clock = HandClock::default();
        let mut a = accounts(store, &clock, 1, operator());
        a.set_policy("password", "open").unwrap();
        for n in ["root", "alice", "bob"] {
            let mut d = Draft::named(n).unwrap();
            if n == "root" {
                d.role = Role::Admin;
            }
            a.create_user(d, Some(&Secret::from("pw"))).unwrap();
            clock.advance(Span::SECOND);
        }
        let o = a
            .log_in(&Login {
                name: "Alice",
                password: Some(&Secret::from("pw")),
                client: Some("ff"),
                ..Login::default()
            })
            .unwrap();
        assert_eq!(o.user.sessions, 1);
        a.check(&o.token).unwrap();
        let u = a.find("alice").unwrap();
        let c = a.deactivate(&u.id, Some(u.version)).unwrap();
        assert_eq!(c.ended, 1);
        assert!(a.check(&o.token).is_err());
        a.flush();
        a.undo(&c).unwrap();
        for order in Order::ALL {
            for reversed in [false, true] {
                for anchor in [Anchor::Start, Anchor::End] {
                    let p = a.users(&Query { order, reversed, ..Query::default() }, &anchor, 2).unwrap();
                    let k = p.rows[1].0.clone();
                    for anchor in [Anchor::From(k.clone()), Anchor::After(k.clone()), Anchor::Before(k)] {
                        a.users(&Query { order, reversed, ..Query::default() }, &anchor, 2).unwrap();
                    }
                }
            }
        }
        for text in [
            "ali",
            "^ali",
            "is:pending",
            "is:active",
            "is:inactive",
            "is:deleted",
            "is:expired",
            "is:live",
            "is:admin",
            "is:never",
            "is:stale",
            "role:member",
            "label:x",
        ] {
            let f = Filter::parse(text).unwrap();
            println!("{text} {}", a.count(&f, Some(10)).unwrap());
            a.users(&Query { filter: f, ..Query::default() }, &Anchor::Start, 2).unwrap();
        }
        for text in ["ali", "^ali", "is:live", "is:ended"] {
            let f = Filter::parse_sessions(text).unwrap();
            println!("{text} {}", a.count_sessions(&f, None).unwrap());
            assert_eq!(
                a.sessions(&f, false, &Anchor::Start, 2).unwrap().rows.len() as u32,
                a.count_sessions(&f, None).unwrap()
            );
        }
        let d = a.dossier(&u.id, 50).unwrap();
        println!("{:#?}", d.sessions);
        println!("{}", d.history.len());
        let i = a.request_reset("alice").unwrap();
        a.complete_reset(&i.request_id, &Secret::from("new")).unwrap();
        assert!(a.log_in(&Login { name: "Alice", password: Some(&Secret::from("pw")), ..Login::default() }).is_err());
        a.delete(&u.id, None).unwrap();
        a.find_deleted("alice").unwrap();
        a.purge(&u.id, None).unwrap();
        println!("{:?}", a.audit(None, None, 100).unwrap().len());
        println!("{:?}", a.counters().unwrap());
    }
}
