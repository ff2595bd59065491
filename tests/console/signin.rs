//! A required log-in at the console: before anything is shown, again after nobody touched a key, and once more before
//! what is grave; and who only looks.

use rollbook::accounts::user::{Edit, Role, Status};
use rollbook::accounts::{Actor, Error, Kind, Secret, Span, base32, totp};
use rollbook::console::effect::{Done, Effect, Event, Slot};

use crate::others::draft;
use crate::stage::{PASSWORD, Stage};
use crate::support::operator;

/// A console on a database that asks for a log-in: root and chief are admins, eve is an auditor, zoe a member.
fn closed() -> Stage {
    closed_as(operator())
}

fn closed_as(actor: Actor) -> Stage {
    let act = actor.clone();
    Stage::set_up(
        120,
        40,
        |_| {},
        |accounts| {
            for (name, role) in
                [("root", Role::Admin), ("chief", Role::Admin), ("eve", Role::Auditor), ("zoe", Role::Member)]
            {
                accounts.create_user(draft(name, |draft| draft.role = role), Some(&Secret::from(PASSWORD))).unwrap();
            }
            accounts.set_policy("console-login", "required").unwrap();
            accounts.act_as(act);
        },
    )
}

impl Stage {
    /// Types name and password into the log-in.
    fn sign_in(&mut self, name: &str, password: &str) -> &mut Self {
        self.press("<c-u>").press(name).press("<enter>").press(password).press("<enter>")
    }

    /// Types the password into a lock that holds the name already.
    fn unlock(&mut self, password: &str) -> &mut Self {
        self.press(password).press("<enter>")
    }

    /// Another administrator does something in another process.
    fn by_chief<T>(&mut self, deed: impl FnOnce(&mut rollbook::accounts::Accounts) -> T) -> T {
        let chief = {
            let before = self.db().act_as(operator());
            let user = self.db().find("chief").unwrap();
            self.db().act_as(before);
            Actor::User { id: user.id, name: user.name }
        };
        let before = self.db().seat();
        self.db().act_as(chief);
        self.db().prove_again(&Secret::from(PASSWORD), None).unwrap();
        let done = deed(self.db());
        self.db().take_seat(before);
        done
    }

    /// Root acts again, as in the order that is still at work.
    fn by_root_again(&mut self) {
        self.db().act_as(operator());
        let user = self.db().find("root").unwrap();
        self.db().act_as(Actor::User { id: user.id, name: user.name });
        self.db().prove_again(&Secret::from(PASSWORD), None).unwrap();
    }

    #[track_caller]
    fn shows_nobody(&mut self) -> &mut Self {
        for text in ["zoe", "eve", "chief", "1 Users", "CAN LOG IN", "member", "created", "pending"] {
            self.hides(text);
        }
        self
    }
}

#[test]
fn a_required_login_comes_before_anything_of_the_people_is_shown_or_asked_for() {
    let mut stage = closed();
    stage.shows("Log in · users.db").shows("Name").shows("Password").hides("Code").hides("root").shows_nobody();
    stage.holding = true;
    stage.moved().wait(Span::MINUTE).press("jjw?:/ad!").event(Event::Paste(String::from("zoe").into()));
    assert!(stage.held.is_empty(), "nothing is asked, nothing is done");
    assert!(stage.model.layers.is_empty() && stage.model.orders.is_empty());
    assert!(stage.model.users.list.window.is_empty() && stage.model.attention.is_none());
    stage.holding = false;
    stage.sign_in("root", "wrong").shows("name or password is wrong").shows_nobody();
    stage.press("<s-tab>").sign_in("zoe", PASSWORD).shows("the console is for admins and auditors").hides("CAN LOG IN");
    stage.press("<s-tab>").sign_in("ROOT", PASSWORD).shows("zoe").shows("CAN LOG IN").hides("Log in ·");
    stage.shows("root · root · ssh 10.0.0.5");
    stage.press("/zoe<enter>").press("i<enter>").says("zoe is inactive");
    let user = stage.person("zoe");
    assert_eq!((user.status, user.status_by.as_deref()), (Status::Inactive, Some("root")));
    let entries = stage.db().audit(None, None, 9).unwrap();
    assert_eq!((entries[0].actor_kind.as_str(), entries[0].actor()), ("user", "root"));
    assert_eq!((entries[1].deed.as_str(), entries[1].actor()), ("log in", "root"));
}

#[test]
fn a_required_login_asks_for_the_code_and_counts_what_is_wrong() {
    let mut stage = closed();
    let (id, secret) = stage.by_chief(|accounts| {
        let id = accounts.find("root").unwrap().id;
        let enrolment = accounts.begin_factor(&id).unwrap();
        let bytes = base32::decode(enrolment.secret.expose()).unwrap();
        let code = totp::code(&bytes, totp::step(accounts.now()));
        accounts.enable_factor(&id, None, &enrolment.secret, &code).unwrap();
        (id, bytes)
    });
    stage.wait(Span::MINUTE);
    let code = totp::code(&secret, totp::step(stage.now()));
    stage.sign_in("root", PASSWORD).shows("Code").shows_nobody();
    stage.press("000000<enter>").shows("code is wrong").shows_nobody();
    stage.press(&code).press("<enter>").shows("CAN LOG IN");
    stage.wait(Span::MINUTE.times(6)).shows("Locked");
    for _ in 0..6 {
        stage.unlock("wrong").shows("name or password is wrong");
    }
    stage.unlock(PASSWORD).shows("name or password is wrong").shows_nobody();
    let throttled = stage.by_chief(|accounts| accounts.get(&id, None)).unwrap().throttled_until;
    assert!(throttled.is_some(), "guessing at the lock is guessing");
}

#[test]
fn a_name_is_needed_and_the_way_out_of_the_login_is_open() {
    let mut stage = closed();
    stage.press("<enter><enter>").shows("a name is needed");
    stage.press("q").shows_nobody().press("<esc>").shows("Log in ·");
    assert!(!stage.model.done);
    stage.press("<c-c>").says("Ctrl-C again quits").press("x<c-c>").says("Ctrl-C again quits");
    assert!(!stage.model.done);
    stage.press("<c-z><c-l>");
    assert_eq!((stage.suspends, stage.repaints), (1, 1));
    assert!(stage.press("<c-c>").press("<c-c>").model.done);
    let mut stage = closed();
    assert!(stage.press("<tab><tab><tab><enter>").model.done, "its second button");
}

#[test]
fn the_way_out_of_the_lock_stops_what_is_at_work_behind_it() {
    let mut stage = closed();
    stage.sign_in("root", PASSWORD).press("/zoe<enter>*d").moment().press("y").press(PASSWORD);
    stage.holding = true;
    stage.press("<enter>");
    assert!(stage.model.running.is_some());
    let gone = Error::new(Kind::Unauthenticated, "gone");
    stage.event(Event::Answered(Slot::Plan, 0, Err(gone))).shows("Log in ·").shows_nobody();
    stage.press("<c-c>");
    assert!(!stage.stopping && !stage.model.done);
    stage.press("<c-c>");
    assert!(stage.stopping && stage.model.done);
}

#[test]
fn left_alone_the_console_locks_and_the_same_person_comes_back_to_the_same_place() {
    let mut stage = closed();
    stage.sign_in("root", PASSWORD).press("/e<enter>").press("j").press("e").press("<tab>x@y");
    let before = (stage.screen(), stage.under_cursor());
    let repaints = stage.repaints;
    stage.wait(Span::from_millis(Span::MINUTE.times(5).millis() - 1)).shows("Edit");
    stage.wait(Span::SECOND).shows("Locked · users.db").shows("root").shows_nobody().hides("x@y").hides("ssh");
    assert_eq!(stage.repaints, repaints + 1, "nothing of it stays in the terminal");
    stage.holding = true;
    stage.press("<tab>d!y<esc>q").moved();
    let asked: Vec<_> = stage.held.drain(..).filter(|effect| !matches!(effect, Effect::Ask(..))).collect();
    assert!(asked.is_empty(), "keys do nothing but type");
    stage.holding = false;
    stage.press("<s-tab><c-u>").unlock("wrong").shows("name or password is wrong").shows_nobody();
    stage.unlock(PASSWORD).hides("Locked");
    assert_eq!((stage.screen(), stage.under_cursor()), before);
    stage.wait(Span::MINUTE.times(4)).press("<left>").wait(Span::MINUTE.times(4)).shows("Edit");
}

#[test]
fn left_alone_for_long_the_first_key_after_it_unlocks_nothing_and_is_no_key() {
    let mut stage = closed();
    stage.sign_in("root", PASSWORD);
    // Nobody told the console that time has passed: it was stopped.
    stage.clock.advance(Span::HOUR);
    stage.press("d").shows("Locked").shows_nobody();
    assert!(stage.model.layers.is_empty());
    stage.unlock(PASSWORD).shows("CAN LOG IN").hides("Delete");
}

#[test]
fn another_person_at_the_lock_begins_anew() {
    let mut stage = closed();
    stage.sign_in("root", PASSWORD).press("/zoe<enter>").press("i<enter>").says("z activates").press("e");
    stage.wait(Span::MINUTE.times(5)).press("<s-tab>").sign_in("chief", PASSWORD);
    stage.shows("chief · root · ssh").hides("Edit").hides("/zoe");
    stage.press("z").says("nothing to undo").press(":messages<enter>").hides("is inactive").shows("Messages");
}

#[test]
fn what_the_one_before_ordered_ends_without_touching_the_marks_or_the_undo_of_the_next() {
    let mut stage = closed();
    stage.sign_in("root", PASSWORD).press("/zoe<enter><space>d").moment().press("y").press(PASSWORD);
    stage.holding = true;
    stage.press("<enter>");
    let order = std::mem::take(&mut stage.held);
    let gone = Error::new(Kind::Unauthenticated, "gone");
    stage.event(Event::Answered(Slot::Plan, 0, Err(gone))).shows("Log in ·");
    stage.holding = false;
    stage.sign_in("chief", PASSWORD).shows("chief · root · ssh");
    stage.press("/eve<enter><space>").shows("1 marked").press("<esc>");
    // One handle serves all of the stage: it does the former person's order in their name.
    let chief = stage.db().seat();
    stage.by_root_again();
    stage.held = order;
    stage.release().says("1 user deleted").hides("z takes it back").shows("1 marked");
    stage.db().take_seat(chief);
    stage.press("uz").says("nothing to undo");
    assert!(stage.is_gone("zoe"));
}

#[test]
fn what_the_one_before_asked_for_opens_no_door_to_the_next() {
    let mut stage = closed();
    stage.sign_in("root", PASSWORD);
    let id = stage.id("zoe");
    let code = stage.db().issue_reset(&id).unwrap();
    let value = code.request_id.expose().to_owned();
    // An order of which this seat knows nothing.
    let made = Done::Code { name: "zoe".into(), code };
    stage.event(Event::Written(999, Ok(made))).says("make it anew").hides(&value);
}

#[test]
fn who_is_deactivated_or_demoted_behind_the_lock_is_told_so_and_asked_for_another_login() {
    type Loss = fn(&mut rollbook::accounts::Accounts, &rollbook::accounts::UserId);
    let losses: [(&str, Loss); 2] = [
        ("deleted or past its end", |accounts, id| drop(accounts.deactivate(id, None).unwrap())),
        ("auditor any more", |accounts, id| {
            drop(accounts.edit(id, None, Edit { role: Some(Role::Member), ..Edit::default() }).unwrap());
        }),
    ];
    for locked in [true, false] {
        for (words, loss) in losses {
            let mut stage = closed();
            stage.sign_in("root", PASSWORD).press("d").moment();
            let id = stage.id("root");
            if locked {
                stage.wait(Span::MINUTE.times(5)).shows("Locked");
            }
            stage.by_chief(|accounts| loss(accounts, &id));
            stage.moved().shows("Log in · users.db").shows(words).shows_nobody().hides("root");
            stage.sign_in("root", PASSWORD).hides("CAN LOG IN");
            stage.press("<s-tab>").sign_in("chief", PASSWORD).shows("CAN LOG IN").hides("Delete");
        }
    }
}

#[test]
fn a_login_that_is_required_meanwhile_is_asked_for_at_once() {
    let mut stage = Stage::people(&["zoe"]);
    stage.create(draft("root", |draft| draft.role = Role::Admin));
    stage.moved().shows("zoe").elsewhere(|accounts| accounts.set_policy("console-login", "required")).unwrap();
    stage.shows("Log in ·").hides("zoe");
}

#[test]
fn broken_glass_is_a_badge_and_lasts_until_the_console_is_left_alone() {
    let mut stage = Stage::set_up(
        120,
        40,
        |_| {},
        |accounts| {
            for (name, role) in [("root", Role::Admin), ("zoe", Role::Member)] {
                accounts.create_user(draft(name, |draft| draft.role = role), Some(&Secret::from(PASSWORD))).unwrap();
            }
            accounts.set_policy("console-login", "required").unwrap();
            accounts.give_reason(Some("nobody is here")).unwrap();
            accounts.break_glass(true).unwrap();
        },
    );
    stage.shows("break-glass").shows("zoe").press("i<enter>").says("zoe is inactive");
    stage.press("!").shows("Contain zoe?").hides("your password").press("<esc>");
    stage.wait(Span::MINUTE.times(5)).shows("Locked").hides("zoe");
    stage.sign_in("root", PASSWORD).hides("break-glass").shows("zoe");
}

#[test]
fn before_a_containment_the_password_is_asked_for_in_the_same_dialog() {
    let mut stage = closed();
    stage.sign_in("root", PASSWORD).press("/zoe<enter>");
    stage.log_in("zoe", "phone");
    stage.moved().press("!").shows("Contain zoe?").shows("1 session").shows("your password, once more");
    stage.press("<enter>").shows("name or password is wrong").press("y").moment();
    assert_eq!(stage.status("zoe"), Status::Active, "y is a letter of the password here");
    stage.press("<c-u>wrong<enter>").shows("Contain zoe?").shows("name or password is wrong");
    stage.press(PASSWORD).press("<enter>").says("zoe is contained").hides("Contain zoe?");
    assert_eq!((stage.status("zoe"), stage.person("zoe").sessions), (Status::Inactive, 0));
    stage.press("z").says("taken back");
    // Where no log-in is required it is a question as before.
    let mut stage = Stage::people(&["zoe"]);
    stage.press("!").shows("Contain zoe?").hides("your password").moment().press("y").says("zoe is contained");
}

#[test]
fn what_is_done_to_many_asks_for_the_password_after_the_numbers() {
    let mut stage = closed();
    stage.sign_in("root", PASSWORD).press("/zoe<enter><space>").press("d").shows("Delete 1 user").moment();
    stage.press("y").shows("your password, once more").press("wrong<enter>").shows("name or password is wrong");
    assert!(stage.model.running.is_none(), "nothing is at work that was refused");
    stage.press(PASSWORD).press("<enter>").says("1 user deleted").hides("your password");
    stage.press("z").says("taken back: 1 user deleted");
    assert_eq!(stage.status("zoe"), Status::Active);
}

#[test]
fn ones_own_containment_needs_the_number_typed_and_the_password() {
    let mut stage = closed();
    stage.sign_in("root", PASSWORD).press("/root<enter>").press("!").shows("Contain your own account?").moment();
    stage.press("1<enter>").shows("your password, once more");
    assert_eq!(stage.status("root"), Status::Active);
    stage.press(PASSWORD).press("<enter>").shows("Log in · users.db").shows("deactivated").shows_nobody();
}

#[test]
fn an_auditors_keys_are_dim_and_say_why() {
    let mut stage = closed();
    stage.sign_in("eve", PASSWORD).shows("eve · root").hides("i deactivate").hides("n new").shows("w why");
    for key in ["a", "i", "d", "X", "e", "p", "n", "z", "!"] {
        stage.press(key).says("auditor: looks, changes nothing");
        assert!(stage.model.layers.is_empty() && stage.model.orders.is_empty(), "{key}");
    }
    stage.press("?deactivate").shows("dim: auditor: looks, changes nothing").press("<esc>");
    stage.press(":deactivate").shows("auditor: looks, changes nothing").press("<esc>");
    stage.press("t").press("n").says("auditor: looks, changes nothing").press("<esc>");
    stage.press("w").shows("CAN LOG IN").press("p").says("auditor: looks, changes nothing").press("<esc>");
    // The role is looked at again whenever something moves.
    let id = stage.id("eve");
    stage.by_chief(|accounts| accounts.edit(&id, None, Edit { role: Some(Role::Admin), ..Edit::default() })).unwrap();
    stage.moved().shows("i deactivate");
    stage.by_chief(|accounts| accounts.edit(&id, None, Edit { role: Some(Role::Auditor), ..Edit::default() })).unwrap();
    stage.moved().hides("i deactivate");
}

#[test]
fn the_form_of_a_password_says_how_many_tokens_stay_good() {
    let mut stage = Stage::people(&["ann"]);
    stage.press("p").shows("nothing is lost for good").hides("stay").press("<esc>");
    let id = stage.id("ann");
    for n in 1..3 {
        stage.elsewhere(|accounts| accounts.create_token(&id, None, rollbook::accounts::time::Until::Never)).unwrap();
        let words = if n == 1 { "1 API token stays good" } else { "2 API tokens stay good" };
        stage.press("p").shows(words).press("<esc>");
    }
}

#[test]
fn a_token_of_ones_own_is_made_by_who_logged_in_here_with_a_password() {
    let mut stage = closed();
    stage.sign_in("root", PASSWORD).press("/root<enter>").press("t").press("n").press("ci<tab>+90d").moment();
    stage.press("<enter>").shows("Token, shown once");
    let root = stage.person("root");
    let mut stage = closed_as(Actor::User { id: root.id.clone(), name: root.name });
    stage.shows("CAN LOG IN").press("/root<enter>").press("t").press("n").press("ci<tab>+90d").moment();
    stage.press("<enter>").shows("a session is not enough");
    assert_eq!(stage.db().tokens_of(&root.id).unwrap().len(), 0);
    assert_eq!(stage.db().prove_again(&Secret::from("x"), None).unwrap_err().kind, Kind::InvalidCredentials);
}

#[test]
fn a_console_opened_by_a_session_alone_lets_nobody_in() {
    let mut stage = closed();
    let root = stage.person("root");
    let mut stage = closed_as(Actor::User { id: root.id, name: root.name });
    stage.press("/zoe<enter>").press("i<enter>").says("zoe is inactive").wait(Span::MINUTE);
    stage.press("a").says("a session is not enough").press("z").says("a session is not enough");
    assert_eq!(stage.status("zoe"), Status::Inactive);
    // Whoever logged in here has shown a password.
    let mut stage = closed();
    stage.sign_in("root", PASSWORD).press("/zoe<enter>").press("i<enter>").says("zoe is inactive").wait(Span::SECOND);
    stage.press("z").says("taken back").press("i<enter>").wait(Span::SECOND).press("a").says("zoe is active");
}

#[test]
fn a_console_that_only_looks_says_at_once_that_nobody_can_log_in_and_asks_for_no_password() {
    let mut stage = Stage::set_up(
        120,
        40,
        |setup| setup.read_only = true,
        |accounts| {
            for (name, role) in [("root", Role::Admin), ("zoe", Role::Member)] {
                accounts.create_user(draft(name, |draft| draft.role = role), Some(&Secret::from(PASSWORD))).unwrap();
            }
        },
    );
    stage.shows("zoe").elsewhere(|accounts| accounts.set_policy("console-login", "required")).unwrap();
    stage.shows("Log in · users.db").shows("--read-only lets nobody log in").hides("Password").shows_nobody();
    stage.holding = true;
    stage.press("root<tab>x<tab>y").event(Event::Paste(String::from("zoe").into())).shows_nobody();
    stage.press(":").press("o").press("<left><right><up><down>");
    assert!(stage.held.is_empty() && stage.model.layers.is_empty() && !stage.model.done);
    assert!(stage.press("<enter>").model.done);
}
