//! What a service's own code looks like: register, log in, check on each request, log out.
//!
//! Run it while the console is open on the same file, and end the session there when it says so:
//! `cargo run --example service -- /tmp/users.db`, and in a second terminal `rollbook --db /tmp/users.db`.

use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use rollbook::accounts::error::{Kind, Result};
use rollbook::accounts::session::Login;
use rollbook::accounts::text::visible;
use rollbook::accounts::{Accounts, Actor, Ground, Secret};
use rollbook::engines::{self, Access};
use rollbook::host::key::KeyFile;
use rollbook::host::{SystemClock, SystemEntropy};

const NAME: &str = "ada.visitor@example.org";

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: service PATH   (the database; it is created if there is none)");
        return ExitCode::from(2);
    };
    match visit(Path::new(&path)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("service: {error}");
            ExitCode::from(error.kind.exit_code())
        }
    }
}

fn visit(path: &Path) -> Result<()> {
    let mut accounts = connect(path)?;

    // In a real service the password comes from a form, and is dropped when the request is answered.
    let password = Secret::from("a wide river, seen at night");

    // The service's door: it makes members and nobody greater. With `true` they would wait for `activate`.
    match accounts.register(NAME, &password, false) {
        Ok(user) => println!("registered  {}", visible(&user.name)),
        Err(error) if error.kind == Kind::DuplicateUser => println!("known       {NAME}"),
        Err(error) => return Err(error),
    }

    // One answer for everything that does not let somebody in: the reason is the administrator's to see.
    let login = Login {
        name: NAME,
        password: Some(&password),
        client: Some("example"),
        address: Some("127.0.0.1"),
        ..Login::default()
    };
    let opened = accounts.log_in(&login)?;
    println!("logged in   until {}", opened.session.expires_at.map_or("it is ended".into(), |until| until.rfc3339()));

    // The token goes to the client, as a cookie or a header, and comes back with each request.
    let token = opened.token;
    println!("checking    once a second; end the session in the console to see it refused");
    for round in 1..=20 {
        match accounts.check(&token) {
            Ok((user, session)) => {
                println!("{round:>2}  good     {}, session {}", visible(&user.name), session.id.as_str());
            }
            Err(error) if error.kind == Kind::Unauthenticated => println!("{round:>2}  refused  {error}"),
            Err(error) => return Err(error),
        }
        sleep(Duration::from_secs(1));
    }

    // Logging out a session that is over already is no error.
    match accounts.log_out(&token)? {
        Some(_) => println!("logged out"),
        None => println!("it was over before: an administrator has ended it"),
    }
    Ok(())
}

/// A handle on the database: one for each thread, as many as are wanted, beside any console and any other service.
fn connect(path: &Path) -> Result<Accounts> {
    let store = match engines::open(path, Access::Full) {
        Err(error) if error.kind == Kind::NoDatabase => engines::create(path)?,
        opened => opened?,
    };
    // The key lies apart from the database, so that a copy of the database alone gives nobody's second factor away.
    let key = KeyFile::find()?;
    let ground = Ground {
        store,
        clock: Box::new(SystemClock),
        entropy: Box::new(SystemEntropy),
        cost: None,
        keys: Box::new(key),
    };
    Ok(Accounts::new(ground, Actor::Service("example".into()), ""))
}
