//! Promises about API tokens, and about what a person has out in the world.

use rollbook::accounts::api_token::{ApiToken, NewToken, TokenId};
use rollbook::accounts::audit::Deed;
use rollbook::accounts::change::{Exposure, UserChange};
use rollbook::accounts::session::Uses;
use rollbook::accounts::token::{Digest, TokenKind};
use rollbook::accounts::{Edit, Kind, Result, Span, Status, User, UserId};

use crate::bench::{Bench, Make, hash, refused};
use crate::sessions::settle;

const TICK: Span = Span::from_millis(1);

pub fn new_token(bench: &mut Bench, user: &User, name: &str) -> NewToken {
    let digest = bench.digest(TokenKind::Api);
    // Any id will do, as long as there is no second.
    let id: String = digest.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    NewToken { id: TokenId::new(id), digest, user_id: user.id.clone(), name: name.into(), expires_at: None }
}

fn insert(bench: &mut Bench, new: &NewToken) -> Result<ApiToken> {
    let stamp = bench.stamp();
    bench.store.insert_token(new, &stamp)
}

/// A token without end, a second after what was before.
fn give(bench: &mut Bench, user: &User, name: &str) -> (ApiToken, Digest) {
    bench.pass(Span::SECOND);
    let new = new_token(bench, user, name);
    (insert(bench, &new).unwrap(), new.digest)
}

/// A token of an hour.
fn lend(bench: &mut Bench, user: &User, name: &str) -> (ApiToken, Digest) {
    let new = NewToken { expires_at: Some(bench.now.plus(Span::HOUR)), ..new_token(bench, user, name) };
    (insert(bench, &new).unwrap(), new.digest)
}

fn opens(bench: &mut Bench, digest: &Digest) -> bool {
    bench.store.check_token(digest, bench.now).unwrap().is_some()
}

fn names(bench: &mut Bench, id: &UserId) -> Vec<String> {
    bench.store.tokens_of(id, 9, bench.now).unwrap().into_iter().map(|token| token.name).collect()
}

pub fn a_token_is_good_through_its_last_instant(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (token, digest) = lend(&mut bench, &user, "ci");
    bench.now = token.expires_at.unwrap();
    let (owner, found) = bench.store.check_token(&digest, bench.now).unwrap().unwrap();
    assert_eq!((owner, &found), (user.clone(), &token));
    assert_eq!(bench.store.tokens_of(&user.id, 9, bench.now).unwrap(), [token]);
    bench.pass(TICK);
    assert!(!opens(&mut bench, &digest));
    assert_eq!(names(&mut bench, &user.id), [""; 0]);
}

pub fn a_token_opens_nothing_while_its_owner_is_kept_out(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (_, digest) = give(&mut bench, &user, "ci");
    let end = |until| UserChange::Edit(Edit { valid_until: Some(until), ..Edit::default() });
    let now = bench.now;
    for (shut, reopen) in [(UserChange::Deactivate, UserChange::Activate), (end(Some(now.minus(TICK))), end(None))] {
        let changed = bench.change(&user, shut).unwrap();
        assert_eq!(changed.revoked, 0);
        assert!(!opens(&mut bench, &digest));
        assert_eq!(names(&mut bench, &user.id), ["ci"], "it is still there");
        bench.change(&user, reopen).unwrap();
        assert!(opens(&mut bench, &digest));
    }
    bench.change(&user, end(Some(now))).unwrap();
    assert!(opens(&mut bench, &digest), "the end date's own instant counts");
}

pub fn a_tokens_name_is_there_once_among_its_owners_unrevoked(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    let (token, _) = give(&mut bench, &alice, "Deploy");
    give(&mut bench, &bob, "deploy");
    let before = bench.traces();
    let again = new_token(&mut bench, &alice, "dePLOY");
    assert_eq!(refused(insert(&mut bench, &again)).kind, Kind::TokenNameExists);
    assert_eq!(bench.traces(), before);
    let stamp = bench.stamp();
    bench.store.revoke_token(&token.id, &stamp).unwrap().unwrap();
    insert(&mut bench, &again).unwrap();
}

pub fn a_token_that_is_over_gives_its_name_up_for_good(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (first, digest) = lend(&mut bench, &user, "ci");
    bench.now = first.expires_at.unwrap();
    let again = new_token(&mut bench, &user, "ci");
    assert_eq!(refused(insert(&mut bench, &again)).kind, Kind::TokenNameExists);
    bench.pass(TICK);
    insert(&mut bench, &again).unwrap();
    assert_eq!(bench.store.token(&first.id).unwrap(), None);
    bench.now = first.created_at;
    assert!(!opens(&mut bench, &digest), "a clock that goes back revives nothing");
}

pub fn a_clock_that_goes_back_revives_no_token(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (token, digest) = lend(&mut bench, &user, "ci");
    bench.now = token.expires_at.unwrap().plus(TICK);
    bench.add("bob");
    bench.now = token.created_at;
    assert!(!opens(&mut bench, &digest), "whatever this process believes the time to be");
}

pub fn only_the_living_get_tokens(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.change(&user, UserChange::Deactivate).unwrap();
    let new = new_token(&mut bench, &user, "early");
    insert(&mut bench, &new).unwrap();
    bench.change(&user, UserChange::Delete).unwrap();
    let before = bench.traces();
    for id in [user.id.clone(), UserId::new("nobody")] {
        let new = NewToken { user_id: id, ..new_token(&mut bench, &user, "ci") };
        assert_eq!(refused(insert(&mut bench, &new)).kind, Kind::UnknownUser);
    }
    assert_eq!(bench.traces(), before);
}

pub fn tokens_are_listed_newest_first(make: Make) {
    let mut bench = make();
    let (alice, bob) = (bench.add("alice"), bench.add("bob"));
    let given = ["one", "two", "three"].map(|name| give(&mut bench, &alice, name).0);
    give(&mut bench, &bob, "other");
    assert_eq!(names(&mut bench, &alice.id), ["three", "two", "one"]);
    assert_eq!(bench.store.tokens_of(&alice.id, 2, bench.now).unwrap(), [given[2].clone(), given[1].clone()]);
    assert_eq!(bench.store.token(&given[0].id).unwrap().as_ref(), Some(&given[0]));
}

pub fn a_revoked_token_is_gone_at_once_and_written_down(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (one, by_id) = give(&mut bench, &user, "one");
    let (two, by_value) = give(&mut bench, &user, "two");
    let (over, over_digest) = lend(&mut bench, &user, "over");
    let stamp = bench.stamp();
    let users = bench.store.counters().unwrap().users;
    assert_eq!(bench.store.revoke_token(&one.id, &stamp).unwrap().as_ref(), Some(&one));
    assert_eq!(bench.store.revoke_token_value(&by_value, &stamp).unwrap().as_ref(), Some(&two));
    assert!(!opens(&mut bench, &by_id) && !opens(&mut bench, &by_value) && opens(&mut bench, &over_digest));
    assert_eq!(bench.store.counters().unwrap().users, users + 2);
    let trail = bench.trail();
    for (entry, name) in trail.iter().zip(["two", "one"]) {
        assert_eq!((entry.deed.as_str(), entry.target.as_ref()), (Deed::RevokeToken.word(), Some(&user.id)));
        assert_eq!(entry.detail.as_ref().unwrap().words.as_deref(), Some(name));
    }
    bench.now = over.expires_at.unwrap().plus(TICK);
    let stamp = bench.stamp();
    bench.store.revoke_token_value(&over_digest, &stamp).unwrap().unwrap();
    let before = bench.traces();
    assert_eq!(bench.store.revoke_token(&one.id, &stamp).unwrap(), None);
    assert_eq!(bench.store.revoke_token_value(&by_value, &stamp).unwrap(), None);
    assert_eq!(bench.store.revoke_token(&TokenId::new("nonsense"), &stamp).unwrap(), None);
    assert_eq!(bench.traces(), before);
    bench.assert_chain();
}

pub fn a_token_outlives_new_passwords(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (_, digest) = give(&mut bench, &user, "ci");
    let reset = bench.reset(Some(&user));
    let stamp = bench.stamp();
    let changed = bench.store.complete_reset(&reset, &hash(2), &stamp).unwrap();
    assert_eq!((changed.revoked, changed.voided), (0, 0), "what is used up is not void");
    bench.reset(Some(&user));
    let changed = bench.store.set_password(&user.id, None, None, &hash(3), Deed::SetPassword, &stamp).unwrap();
    assert_eq!((changed.revoked, changed.voided), (0, 1));
    assert!(opens(&mut bench, &digest));
}

pub fn uses_of_tokens_are_noted_and_never_go_back(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (token, _) = give(&mut bench, &user, "ci");
    let (early, late) = (bench.now.plus(Span::SECOND), bench.now.plus(Span::MINUTE));
    let counters = bench.store.counters().unwrap();
    for at in [late, early] {
        bench.store.note_uses(Uses { tokens: vec![(token.id.clone(), at)], ..Uses::default() });
        settle(&mut bench);
    }
    assert_eq!(bench.store.token(&token.id).unwrap().unwrap().last_used_at, Some(late));
    assert_eq!(bench.store.counters().unwrap().sessions, counters.sessions + 1);
}

pub fn tokens_long_over_or_revoked_are_forgotten(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (_, over) = lend(&mut bench, &user, "over");
    let (token, _) = give(&mut bench, &user, "revoked");
    let (_, kept) = give(&mut bench, &user, "kept");
    let stamp = bench.stamp();
    bench.store.revoke_token(&token.id, &stamp).unwrap();
    let (far, began) = (Span::DAY.times(31), bench.now);
    let again = new_token(&mut bench, &user, "over");
    bench.pass(far);
    assert_eq!(refused(insert(&mut bench, &again)).kind, Kind::TokenNameExists, "the clock may be wrong");
    bench.now = began;
    assert!(opens(&mut bench, &over), "a clock that leapt takes nothing");
    bench.days(31);
    give(&mut bench, &user, "new");
    assert_eq!(names(&mut bench, &user.id), ["new", "kept"]);
    assert!(opens(&mut bench, &kept));
    if let Some(path) = &bench.path {
        let db = rusqlite::Connection::open(path).unwrap();
        let rows: i64 = db.query_row("SELECT count(*) FROM api_token", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 2);
    }
}

/// Two live sessions and one past its time, two good tokens and one past its time, one open reset.
fn exposed(bench: &mut Bench) -> (User, Vec<Digest>, Digest) {
    let user = bench.add("alice");
    lend(bench, &user, "over");
    bench.open(&user);
    bench.pass(Span::HOUR.times(2));
    bench.open(&user);
    bench.open(&user);
    let digests = vec![give(bench, &user, "one").1, give(bench, &user, "two").1];
    let reset = bench.reset(Some(&user));
    (user, digests, reset)
}

const ALL: Exposure = Exposure { sessions: 2, tokens: 2, resets: 1, passwords: 1 };

pub fn going_takes_what_is_out_in_the_world_as_was_shown(make: Make) {
    for change in [UserChange::Contain, UserChange::Delete] {
        let mut bench = make();
        let (user, digests, reset) = exposed(&mut bench);
        assert_eq!(bench.store.exposure(&user.id, bench.now).unwrap(), Some(ALL));
        let entries = bench.trail().len();
        let changed = bench.change(&user, change.clone()).unwrap();
        assert_eq!((changed.ended, changed.revoked, changed.voided), (2, 2, 1));
        let void = change == UserChange::Contain;
        assert_eq!((changed.password_voided, bench.store.hash_of(&user.id).unwrap().is_none()), (void, void));
        let left = Exposure { passwords: u32::from(!void), ..Exposure::default() };
        assert_eq!(bench.store.exposure(&user.id, bench.now).unwrap(), Some(left));
        let trail = bench.trail();
        assert_eq!((trail.len(), trail[0].deed.as_str()), (entries + 1, change.deed().word()));
        assert_eq!(trail[0].detail.as_ref().unwrap().words.as_deref(), Some("2 sessions, 2 tokens, 1 reset"));
        bench.change(&user, UserChange::Undo(Box::new(changed.before))).unwrap();
        let back = bench.user(&user);
        assert_eq!((back.status, back.sessions, back.deleted_at), (Status::Active, 0, None));
        assert!(digests.iter().all(|digest| !opens(&mut bench, digest)), "an undo revives no token");
        assert_eq!(bench.store.reset_owner(&reset, bench.now).unwrap(), None);
        assert_eq!(bench.store.exposure(&user.id, bench.now).unwrap(), Some(left));
        assert_eq!((bench.store.hash_of(&user.id).unwrap().is_none(), back.password_set_at.is_none()), (void, void));
    }
}

pub fn a_containment_takes_what_the_inactive_have_left_and_nothing_twice(make: Make) {
    let mut bench = make();
    let (user, digests, _) = exposed(&mut bench);
    let off = bench.change(&user, UserChange::Deactivate).unwrap();
    assert_eq!((off.ended, off.revoked, off.voided), (2, 0, 0));
    assert_eq!(
        bench.store.exposure(&user.id, bench.now).unwrap(),
        Some(Exposure { sessions: 0, ..ALL }),
        "switched off only"
    );
    let changed = bench.change(&user, UserChange::Contain).unwrap();
    assert!(changed.is_change());
    assert_eq!((changed.ended, changed.revoked, changed.voided), (0, 2, 1));
    assert_eq!(bench.user(&user), changed.after);
    let before = bench.traces();
    let again = bench.change(&user, UserChange::Contain).unwrap();
    assert!(!again.is_change());
    assert_eq!(bench.traces(), before);
    bench.change(&user, UserChange::Activate).unwrap();
    assert!(digests.iter().all(|digest| !opens(&mut bench, digest)));
    assert_eq!(bench.store.exposure(&UserId::new("nobody"), bench.now).unwrap(), None);
}

pub fn a_restoration_undone_takes_what_came_between(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    bench.change(&user, UserChange::Delete).unwrap();
    let restored = bench.change(&user, UserChange::Restore(None)).unwrap();
    let (_, digest) = give(&mut bench, &user, "ci");
    let undone = bench.change(&user, UserChange::Undo(Box::new(restored.before))).unwrap();
    assert_eq!(undone.revoked, 1);
    bench.change(&user, UserChange::Restore(None)).unwrap();
    assert!(!opens(&mut bench, &digest));
}

pub fn a_purge_takes_tokens_along(make: Make) {
    let mut bench = make();
    let user = bench.add("alice");
    let (token, digest) = give(&mut bench, &user, "ci");
    let stamp = bench.stamp();
    bench.store.purge_user(&user.id, None, &stamp).unwrap();
    assert!(!opens(&mut bench, &digest));
    assert_eq!(bench.store.token(&token.id).unwrap(), None);
}
