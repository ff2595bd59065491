//! `demo --no-console`: a new file full of sample people.

use std::io::{self, Write as _};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::args::Demo;
use super::call::Call;
use super::output::{Outcome, fault};
use super::prompt::is_interactive;
use super::world::Loading;
use crate::accounts::door::Accounts;
use crate::accounts::error::{Error, Kind};

#[derive(Serialize)]
struct Written {
    path: String,
    users: u64,
}

/// Writes the people; refused where there is a file already.
pub fn run(call: &mut Call<'_>, args: &Demo) -> Outcome {
    if call.global.db.is_none() {
        return Err(fault("--no-console writes a file that stays: say which").hint("--db PATH").into());
    }
    call.no_rehearsal("sample people are written or not")?;
    let path = call.new_place("sample people are only written into a new file")?;
    let began = Instant::now();
    let mut told = Instant::now();
    let (quiet, live) = (call.global.quiet, is_interactive());
    let (world, stop) = (call.world, call.world.stop_requested());
    let mut tell = |loading: Loading| {
        if !quiet && live && (told.elapsed() > Duration::from_millis(250) || loading.done == loading.of) {
            told = Instant::now();
            show(loading);
        }
        !stop.load(Ordering::Relaxed)
    };
    let mut fill = |accounts: &mut Accounts| {
        let loaded = world.load_sample_people(accounts, args.users, &mut tell);
        if live && !quiet {
            let _ = writeln!(io::stderr());
        }
        match stop.load(Ordering::Relaxed) {
            true => Err(Error::new(Kind::Cancelled, "cancelled").hint("no database was made")),
            false => loaded,
        }
    };
    drop(world.create(None, &mut fill)?);
    call.out.say(&format!("created the database {path}"));
    if call.out.is_json() {
        return call.out.json(&Written { path, users: args.users });
    }
    call.out.say(&format!("{} sample people in {:.1} s", args.users, began.elapsed().as_secs_f64()));
    Ok(())
}

/// One line that is written over itself: how many, how fast, how much longer.
fn show(loading: Loading) {
    let Loading { done, of, per_second, left_seconds } = loading;
    let _ = write!(io::stderr(), "\r{done} of {of} · {per_second}/s · {left_seconds} s left    ");
}
