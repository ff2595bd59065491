//! What is done to people and taken back: deactivate, delete, restore, purge, edit, undo.

use rollbook::accounts::error::{Field, Kind};
use rollbook::accounts::query::Filter;
use rollbook::accounts::user::{Name, parse_labels};
use rollbook::accounts::{Edit, Role, Span, Status, UserId};

use crate::world::{PASSWORD, World, acting, kind, pw, refused};

#[test]
fn deactivating_keeps_why_by_whom_and_when_and_activating_lets_in_again() {
    let mut w = World::new();
    let root = w.with_role("root", Role::Admin);
    let alice = w.person("alice");
    w.pass(Span::HOUR);
    w.give_reason(Some("on leave")).unwrap();
    let changed = w.by(&acting(&root), |a| a.deactivate(&alice.id, Some(alice.version))).unwrap();
    let after = w.look(&alice);
    assert_eq!(changed.after, after);
    assert_eq!(after.status, Status::Inactive);
    assert_eq!((after.reason.as_deref(), after.status_by.as_deref()), (Some("on leave"), Some("root")));
    assert_eq!(after.status_at, Some(w.now()));
    assert_eq!(kind(w.try_login("alice", PASSWORD)), Kind::InvalidCredentials);
    assert!(!w.deactivate(&alice.id, None).unwrap().is_change(), "twice is no error and no change");
    w.activate(&alice.id, None).unwrap();
    w.login("alice");
}

#[test]
fn a_change_to_another_version_than_was_looked_at_is_refused_and_tells_who_moved_it() {
    let mut w = World::new();
    let root = w.with_role("bob", Role::Admin);
    let alice = w.person("alice");
    w.by(&acting(&root), |a| a.deactivate(&alice.id, None)).unwrap();
    w.pass(Span::SECOND.times(4));
    let note = Edit { note: Some(Some("x".into())), ..Edit::default() };
    let seen = Some(alice.version);
    let errors = [
        refused(w.activate(&alice.id, seen)),
        refused(w.deactivate(&alice.id, seen)),
        refused(w.edit(&alice.id, seen, note)),
        refused(w.delete(&alice.id, seen)),
        refused(w.purge(&alice.id, seen)),
        refused(w.set_password(&alice.id, seen, &pw("other"))),
    ];
    for error in errors {
        assert_eq!(error.kind, Kind::Stale);
        assert_eq!(error.message, "\"alice\" has changed: deactivated by \"bob\" 4 s ago");
    }
    assert_eq!(w.look(&alice).status, Status::Inactive);
}

#[test]
fn a_log_in_does_not_make_what_an_administrator_looks_at_stale() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.login("alice");
    w.deactivate(&alice.id, Some(alice.version)).unwrap();
}

#[test]
fn the_deleted_are_gone_for_everybody_and_come_back_as_they_were() {
    let mut w = World::new();
    let alice = w.person("alice");
    let edit = Edit { labels: Some(vec!["ops".into()]), email: Some(Some("a@example.org".into())), ..Edit::default() };
    let edited = w.edit(&alice.id, None, edit).unwrap().after;
    w.delete(&alice.id, None).unwrap();
    assert!(w.names(&Filter::default()).is_empty());
    assert_eq!(kind(w.find("alice")), Kind::UnknownUser);
    assert_eq!(kind(w.activate(&alice.id, None)), Kind::UnknownUser);
    assert_eq!(kind(w.edit(&alice.id, None, Edit { role: Some(Role::Admin), ..Edit::default() })), Kind::UnknownUser);
    assert!(!w.delete(&alice.id, None).unwrap().is_change());
    w.pass(Span::DAY.times(30));
    let back = w.restore(&alice.id, None, None).unwrap().after;
    assert_eq!((back.labels, back.email, back.status), (edited.labels, edited.email, Status::Active));
    w.login("alice");
}

#[test]
fn after_thirty_days_the_deleted_do_not_come_back() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.delete(&alice.id, None).unwrap();
    w.pass(Span::from_millis(Span::DAY.times(30).millis() + 1));
    assert_eq!(kind(w.restore(&alice.id, None, None)), Kind::UnknownUser);
}

#[test]
fn who_lost_the_name_meanwhile_is_restored_under_another() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.delete(&alice.id, None).unwrap();
    w.person("ALICE");
    let before = (w.look(&alice), w.entries().len(), w.counters().unwrap());
    assert_eq!(kind(w.restore(&alice.id, None, None)), Kind::DuplicateUser);
    let taken = Some(Name::parse("Alice").unwrap());
    assert_eq!(kind(w.restore(&alice.id, None, taken)), Kind::DuplicateUser);
    assert_eq!((w.look(&alice), w.entries().len(), w.counters().unwrap()), before);
    let back = w.restore(&alice.id, None, Some(Name::parse("alice the first").unwrap())).unwrap().after;
    assert_eq!((back.id, back.name.as_str()), (alice.id, "alice the first"));
    w.login("Alice The First");
}

#[test]
fn purging_erases_a_person_with_all_that_is_theirs() {
    let mut w = World::new();
    let alice = w.person("alice liddell");
    let edit = Edit {
        email: Some(Some("pleasance@example.org".into())),
        note: Some(Some("curiouser".into())),
        ..Edit::default()
    };
    w.edit(&alice.id, None, edit).unwrap();
    let opened = w.login("alice liddell");
    let request = w.request_reset("alice liddell").unwrap();
    let entries = w.entries().len();
    assert_eq!(w.purge(&alice.id, None).unwrap().id, alice.id);
    assert_eq!(kind(w.get(&alice.id, None)), Kind::UnknownUser);
    assert_eq!(kind(w.find_deleted("alice liddell")), Kind::UnknownUser);
    assert_eq!(kind(w.restore(&alice.id, None, None)), Kind::UnknownUser);
    assert_eq!(kind(w.session(&opened.session.id)), Kind::UnknownSession);
    assert_eq!(kind(w.complete_reset(&request.request_id, &pw("other"))), Kind::UnknownRequest);
    assert!(!w.lives(&opened.token));
    let after = w.entries();
    assert_eq!((after.len(), after.last().unwrap().deed.as_str()), (entries + 1, "purge"));
    let told = format!("{after:?}");
    for personal in ["liddell", "pleasance", "curiouser"] {
        assert!(!told.contains(personal), "{personal} is still in the audit");
    }
    assert_eq!(kind(w.purge(&alice.id, None)), Kind::UnknownUser);
}

#[test]
fn everything_that_is_said_about_a_person_can_be_edited() {
    let mut w = World::new();
    let alice = w.person("alice");
    let until = w.now().plus(Span::DAY);
    let edit = Edit {
        name: Some(Name::parse("Alice Liddell").unwrap()),
        email: Some(Some("a@example.org".into())),
        role: Some(Role::Auditor),
        labels: Some(parse_labels(["Ops", "billing"]).unwrap()),
        note: Some(Some("likes rabbits".into())),
        valid_until: Some(Some(until)),
    };
    let after = w.edit(&alice.id, Some(alice.version), edit).unwrap().after;
    assert_eq!(after, w.look(&alice));
    assert_eq!((after.name.as_str(), after.email.as_deref()), ("Alice Liddell", Some("a@example.org")));
    assert_eq!(
        (after.role, after.valid_until, after.note.as_deref()),
        (Role::Auditor, Some(until), Some("likes rabbits"))
    );
    assert_eq!(after.labels, ["billing", "ops"]);
    assert_eq!(w.names(&Filter::parse("label:ops").unwrap()), ["Alice Liddell"]);
    assert_eq!(
        w.names(&Filter::parse("EXAMPLE.org").unwrap()),
        ["Alice Liddell"],
        "words are found in the address too"
    );
    assert!(w.try_login("alice", PASSWORD).is_err(), "the old name is nobody's now");
    w.login("alice liddell");
    let emptied =
        Edit { email: Some(None), note: Some(None), valid_until: Some(None), labels: Some(vec![]), ..Edit::default() };
    let after = w.edit(&alice.id, None, emptied).unwrap().after;
    assert_eq!((after.email, after.note, after.valid_until, after.labels), (None, None, None, vec![]));
    assert!(!w.edit(&alice.id, None, Edit::default()).unwrap().is_change());
}

#[test]
fn a_new_name_may_be_ones_own_in_another_spelling_and_nobody_elses() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.person("bob");
    let named = |name| Edit { name: Some(Name::parse(name).unwrap()), ..Edit::default() };
    assert_eq!(kind(w.edit(&alice.id, None, named("BOB"))), Kind::DuplicateUser);
    assert_eq!(w.look(&alice), alice);
    assert_eq!(w.edit(&alice.id, None, named("ALICE")).unwrap().after.name, "ALICE");
    w.edit(&alice.id, None, named("carol")).unwrap();
    w.person("alice");
}

#[test]
fn an_email_is_not_unique_and_logs_nobody_in() {
    let mut w = World::new();
    let (alice, bob) = (w.person("alice"), w.person("bob"));
    for user in [&alice, &bob] {
        let edit = Edit { email: Some(Some("shared@example.org".into())), ..Edit::default() };
        w.edit(&user.id, None, edit).unwrap();
    }
    assert_eq!(kind(w.try_login("shared@example.org", PASSWORD)), Kind::InvalidCredentials);
}

#[test]
fn labels_are_judged_by_the_same_rule_everywhere() {
    assert_eq!(refused(parse_labels(["a/b"])).field, Some(Field::Labels));
    assert_eq!(parse_labels(["B,a b"]).unwrap(), ["a", "b"]);
}

#[test]
fn undo_gives_back_the_status_and_not_the_sessions() {
    let mut w = World::new();
    let alice = w.person("alice");
    let token = w.login("alice").token;
    let off = w.deactivate(&alice.id, None).unwrap();
    let back = w.undo(&off).unwrap().after;
    assert_eq!((back.status, back.sessions, back.reason), (Status::Active, 0, None));
    assert_eq!(w.last_deed(), "undo");
    assert!(!w.lives(&token));
    w.login("alice");
    let gone = w.delete(&alice.id, None).unwrap();
    let back = w.undo(&gone).unwrap().after;
    assert_eq!((back.deleted_at, back.sessions), (None, 0));
    w.login("alice");
}

#[test]
fn undo_takes_an_edit_back_whole() {
    let mut w = World::new();
    let alice = w.person("alice");
    let edit = Edit {
        name: Some(Name::parse("malice").unwrap()),
        role: Some(Role::Auditor),
        labels: Some(vec!["x".into()]),
        ..Edit::default()
    };
    let edited = w.edit(&alice.id, None, edit).unwrap();
    let back = w.undo(&edited).unwrap().after;
    assert_eq!((back.name.as_str(), back.role, back.labels), ("alice", Role::Member, vec![]));
    w.login("alice");
}

#[test]
fn undo_is_refused_when_the_row_has_moved_on_or_the_name_is_taken() {
    let mut w = World::new();
    let alice = w.person("alice");
    let off = w.deactivate(&alice.id, None).unwrap();
    w.activate(&alice.id, None).unwrap();
    assert_eq!(kind(w.undo(&off)), Kind::Stale);
    let gone = w.delete(&alice.id, None).unwrap();
    w.person("Alice");
    assert_eq!(kind(w.undo(&gone)), Kind::DuplicateUser);
    assert!(w.look(&alice).deleted_at.is_some());
}

#[test]
fn undo_gives_no_former_password_back() {
    let mut w = World::new();
    let alice = w.person("alice");
    let off = w.deactivate(&alice.id, None).unwrap();
    let issued = w.issue_reset(&alice.id).unwrap();
    w.complete_reset(&issued.request_id, &pw("other")).unwrap();
    match w.undo(&off) {
        Ok(_) => drop(w.try_login("alice", "other").unwrap()),
        Err(error) => assert_eq!(error.kind, Kind::Stale),
    }
    assert!(w.try_login("alice", PASSWORD).is_err());
}

#[test]
fn undoing_an_activation_ends_what_was_opened_since() {
    let mut w = World::new();
    let alice = w.pending("alice");
    let on = w.activate(&alice.id, None).unwrap();
    let token = w.login("alice").token;
    let undone = w.undo(&on).unwrap();
    assert_eq!((undone.after.status, undone.ended, undone.after.sessions), (Status::Pending, 1, 0));
    assert!(!w.lives(&token));
    w.activate(&alice.id, None).unwrap();
    assert!(!w.lives(&token), "what was taken away does not come back with the next activation");
}

#[test]
fn undoing_a_restoration_ends_what_was_opened_since() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.delete(&alice.id, None).unwrap();
    let back = w.restore(&alice.id, None, None).unwrap();
    let token = w.login("alice").token;
    assert_eq!(w.undo(&back).unwrap().ended, 1);
    w.restore(&alice.id, None, None).unwrap();
    assert!(!w.lives(&token));
}

#[test]
fn whoever_is_not_there_is_refused_by_every_change() {
    let mut w = World::new();
    let nobody = UserId::new("f".repeat(32));
    assert_eq!(kind(w.activate(&nobody, None)), Kind::UnknownUser);
    assert_eq!(kind(w.deactivate(&nobody, None)), Kind::UnknownUser);
    assert_eq!(kind(w.edit(&nobody, None, Edit::default())), Kind::UnknownUser);
    assert_eq!(kind(w.delete(&nobody, None)), Kind::UnknownUser);
    assert_eq!(kind(w.restore(&nobody, None, None)), Kind::UnknownUser);
    assert_eq!(kind(w.purge(&nobody, None)), Kind::UnknownUser);
    assert_eq!(kind(w.set_password(&nobody, None, &pw(PASSWORD))), Kind::UnknownUser);
    assert_eq!(kind(w.end_sessions(&nobody, None)), Kind::UnknownUser);
    assert_eq!(kind(w.dossier(&nobody, 5)), Kind::UnknownUser);
    assert_eq!(kind(w.why(&nobody)), Kind::UnknownUser);
}

#[test]
fn the_dossier_is_one_look_at_everything_about_a_person() {
    let mut w = World::new();
    let alice = w.person("alice");
    w.pass(Span::MINUTE);
    let opened = w.login("alice");
    let dossier = w.dossier(&alice.id, 10).unwrap();
    assert!(dossier.verdict.can_log_in());
    assert_eq!(dossier.user, w.look(&alice));
    assert_eq!(dossier.sessions, [w.session(&opened.session.id).unwrap()]);
    assert_eq!(dossier.history.len(), 2);
    assert!(dossier.history[0].at() > dossier.history[1].at(), "newest first");
}

#[test]
fn an_end_date_in_the_past_ends_what_is_live_and_the_date_alone_comes_back() {
    let mut w = World::new();
    let alice = w.person("alice");
    let (one, two) = (w.login("alice").token, w.login("alice").token);
    let until = |at| Edit { valid_until: Some(Some(at)), ..Edit::default() };
    let now = w.now();
    let kept = w.edit(&alice.id, None, until(now.plus(Span::HOUR))).unwrap();
    assert_eq!((kept.ended, kept.after.sessions), (0, 2), "a date to come ends nothing");
    let shut = w.edit(&alice.id, None, until(now.minus(Span::HOUR))).unwrap();
    assert_eq!((shut.ended, shut.after.sessions), (2, 0));
    assert_eq!(w.entries().last().unwrap().detail.as_ref().unwrap().words.as_deref(), Some("2 sessions"));
    w.undo(&shut).unwrap();
    assert_eq!(w.look(&alice).valid_until, Some(now.plus(Span::HOUR)));
    assert!(!w.lives(&one) && !w.lives(&two), "they were not merely kept waiting");
    // A date that came by itself leaves them, and then is put further back.
    let third = w.login("alice").token;
    w.pass(Span::HOUR.times(2));
    let further = w.edit(&alice.id, None, until(now)).unwrap();
    w.edit(&alice.id, None, Edit { valid_until: Some(None), ..Edit::default() }).unwrap();
    assert!(!w.lives(&third), "{}", further.ended);
}
