//! A panic of the program itself, as a service that catches it meets it: the next request finds everything in order.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rollbook::accounts::user::Draft;
use rollbook::accounts::{Actor, Kind, Login, Secret};
use rollbook::engines::{self, Access};

use crate::support::{Trap, operator, race, scratch, trapped};

const PASSWORD: &str = "seven green bicycles by the sea";

#[test]
fn a_handle_that_a_panic_met_while_it_looked_sees_what_others_change_afterwards() {
    let (folder, trap) = (scratch(), Trap::default());
    let path = folder.path().join("people.db");
    drop(engines::create(&path).unwrap());
    let open = || trapped(engines::open(&path, Access::Full).unwrap(), &trap, operator());
    let (mut one, mut other) = (open(), open());
    let anna = one.create_user(Draft::named("anna").unwrap(), Some(&Secret::from(PASSWORD))).unwrap();
    let login = Login { name: "anna", password: Some(&Secret::from(PASSWORD)), ..Login::default() };
    let token = one.log_in(&login).unwrap().token;
    one.act_as(Actor::Service("web".into()));
    let own = std::thread::current().name().expect("the name of a test").to_owned();
    trap.arm(&own);
    assert!(catch_unwind(AssertUnwindSafe(|| one.dossier(&anna.id, 9))).is_err());
    one.check(&token).expect("open");
    other.deactivate(&anna.id, None).unwrap();
    assert!(one.check(&token).is_err(), "the handle still stands at the moment of the panic");
}

#[test]
fn logins_that_panic_take_no_place_from_others() {
    let (folder, trap) = (scratch(), Trap::default());
    let path = folder.path().join("people.db");
    drop(engines::create(&path).unwrap());
    let open = || trapped(engines::open(&path, Access::Full).unwrap(), &trap, operator());
    let mut accounts = open();
    accounts.create_user(Draft::named("anna").unwrap(), Some(&Secret::from(PASSWORD))).unwrap();
    accounts.act_as(Actor::Service("web".into()));
    let own = std::thread::current().name().expect("the name of a test").to_owned();
    for _ in 0..40 {
        trap.arm(&own);
        let tried = || accounts.authenticate("anna", &Secret::from(PASSWORD), None).map(drop);
        assert!(catch_unwind(AssertUnwindSafe(tried)).is_err());
    }
    accounts.authenticate("anna", &Secret::from(PASSWORD), None).expect("let in");
    let outcomes = race(0..4, |_| open().authenticate("anna", &Secret::from(PASSWORD), None).map(drop));
    assert!(outcomes.iter().all(|outcome| !matches!(outcome, Err(error) if error.kind == Kind::Failure)));
}

#[test]
fn a_login_that_panicked_does_not_bind_the_handle_to_its_file() {
    let (folder, trap) = (scratch(), Trap::default());
    let [path, new, old] = ["people.db", "new.db", "old.db"].map(|name| folder.path().join(name));
    let open = |path| trapped(engines::open(path, Access::Full).unwrap(), &trap, operator());
    for path in [&path, &new] {
        drop(engines::create(path).unwrap());
        open(path).create_user(Draft::named("anna").unwrap(), Some(&Secret::from(PASSWORD))).unwrap();
    }
    let mut accounts = open(&path);
    accounts.act_as(Actor::Service("web".into()));
    let own = std::thread::current().name().expect("the name of a test").to_owned();
    trap.arm(&own);
    let tried = || accounts.authenticate("anna", &Secret::from(PASSWORD), None).map(drop);
    assert!(catch_unwind(AssertUnwindSafe(tried)).is_err());
    for ending in ["", "-wal", "-shm"] {
        let beside = |path: &std::path::Path| format!("{}{ending}", path.display());
        std::fs::rename(beside(&path), beside(&old)).unwrap();
    }
    std::fs::rename(&new, &path).unwrap();
    accounts.authenticate("anna", &Secret::from(PASSWORD), None).expect("let in by the new file");
}
