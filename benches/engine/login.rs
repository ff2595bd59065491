//! What a log-in costs besides its argon2id, in processor time, and how our argon2id stands beside the bare crate's.
//!
//! The bare one keeps its memory too. All are measured in turns, in one thread, so that what the machine does meanwhile
//! falls on all of them. What there is besides is told by a log-in whose argon2id is the least that there is: the
//! difference of two log-ins of twenty milliseconds each would drown in what those differ by themselves.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::bare::Bare;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use rollbook::accounts::hash::{Cost, Hasher};
use rollbook::accounts::token::Entropy as _;
use rollbook::accounts::{Accounts, Actor, Draft, Ground, Login, Secret};
use rollbook::engines::{self, Access};
use rollbook::host::key::KeyFile;
use rollbook::host::{SystemClock, SystemEntropy};

const TURNS: usize = 60;
const PASSWORD: &str = "wanders where the marmots sleep";
const LEAST: Cost = Cost { memory: 8, passes: 1 };

/// Processor time of this thread in milliseconds. Where the system does not tell, time itself, which on a quiet machine
/// is only more.
fn spent(began: Instant) -> f64 {
    // The system brings its account up to date when a thread goes to sleep, and else only at its own pace.
    std::thread::sleep(Duration::from_micros(50));
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.as_deref().and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanos.map_or_else(|| began.elapsed().as_secs_f64() * 1e3, |nanos| nanos / 1e6)
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// A service's handle at this cost, and somebody who logs in there.
fn somebody(path: &Path, folder: &Path, cost: Cost, password: &Secret) -> (Accounts, String) {
    let ground = Ground {
        store: engines::open(path, Access::Full).unwrap(),
        clock: Box::new(SystemClock),
        entropy: Box::new(SystemEntropy),
        cost: Some(cost),
        keys: Box::new(KeyFile::new(folder.join("key"))),
    };
    let mut accounts = Accounts::new(ground, Actor::Operator("bench".into()), "");
    let name = format!("log-in {} {cost}", std::process::id());
    accounts.create_user(Draft::named(&name).unwrap(), Some(password)).unwrap();
    accounts.act_as(Actor::Service("bench".into()));
    (accounts, name)
}

fn log_in((accounts, name): &mut (Accounts, String), password: &Secret) {
    let login = Login { name, password: Some(password), ..Login::default() };
    std::hint::black_box(accounts.log_in(&login).unwrap());
}

/// A file of ten thousand people that the bare statements may spoil, in the same folder as nobody's.
fn small(folder: &Path) -> PathBuf {
    let path = folder.join("small.db");
    let ground = Ground {
        store: engines::create(&path).unwrap(),
        clock: Box::new(SystemClock),
        entropy: Box::new(SystemEntropy),
        cost: Some(LEAST),
        keys: Box::new(KeyFile::new(folder.join("key"))),
    };
    let mut accounts = Accounts::new(ground, Actor::Operator("bench".into()), "");
    let began = Instant::now();
    rollbook::demo::load(&mut accounts, 10_000, &|| began.elapsed(), &mut |_| true).unwrap();
    path
}

/// Measures and tells.
pub fn print(path: &Path, folder: &Path, people: u64) {
    let (cost, password) = (Cost::default(), Secret::from(PASSWORD));
    let mut dear = somebody(path, folder, cost, &password);
    let mut cheap = somebody(path, folder, LEAST, &password);
    let mut hasher = Hasher::new(cost);
    let hash = hasher.hash(&password, &mut SystemEntropy).unwrap();
    let params = Params::new(cost.memory, cost.passes, 1, Some(32)).unwrap();
    let mut blocks = vec![Block::default(); params.block_count()];
    let bare = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let beside = small(folder);
    let mut few = somebody(&beside, folder, LEAST, &password);
    let mut statements = Bare::new(&beside, &few.1);
    let mut times: [Vec<f64>; 6] = Default::default();
    let began = Instant::now();
    // The first of each pays for pages that are touched for the first time.
    for turn in 0..=TURNS {
        let mut time = |which: usize, deed: &mut dyn FnMut()| {
            let before = spent(began);
            deed();
            if turn > 0 {
                times[which].push(spent(began) - before);
            }
        };
        // What it leaves of the processor's caches is what a log-in finds.
        let mut argon = || {
            let mut out = [0; 32];
            bare.hash_password_into_with_memory(PASSWORD.as_bytes(), &[7; 16], &mut out, &mut blocks).unwrap();
            std::hint::black_box(out);
        };
        time(0, &mut argon);
        time(1, &mut || assert!(hasher.verify(&password, Some(&hash))));
        time(2, &mut || log_in(&mut dear, &password));
        argon();
        time(3, &mut || log_in(&mut cheap, &password));
        argon();
        time(4, &mut || log_in(&mut few, &password));
        argon();
        let mut digest = [0; 32];
        SystemEntropy.fill(&mut digest).unwrap();
        time(5, &mut || statements.log_in(digest));
    }
    let [least, ours, whole, besides, among_few, statements] = times.map(median);
    let rate = least / ours;
    let word = |kept: bool| if kept { "" } else { "  missed" };
    let mut out = std::io::stdout().lock();
    let _ = writeln!(
        out,
        "\na log-in among {people} people, medians of {TURNS} in ms of processor time\n\
         argon2id of the bare crate, memory kept   {least:7.2}\n\
         ours                                      {ours:7.2}   rate {rate:.3}, goal 0.97{}\n\
         a log-in                                  {whole:7.2}   times {:.3}\n\
         a log-in without its argon2id             {besides:7.2}   goal 0.30{}\n\
         the same among ten thousand people        {among_few:7.2}\n\
         bare statements that write as much there  {statements:7.2}   times {:.2}",
        word(rate >= 0.97),
        whole / least,
        word(besides <= 0.3),
        among_few / statements,
    );
}
