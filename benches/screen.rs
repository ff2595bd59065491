//! The console as a whole: from a key to the complete screen, in a terminal and over a slow line, beside the least that
//! ratatui can do, in the same run.
//!
//! `cargo bench --bench screen`. `ROLLBOOK_BENCH_PEOPLE` says how many people (10,000 unless told), or
//! `ROLLBOOK_BENCH_DB` names a database that is there; `ROLLBOOK_BENCH_ONLY=terminal` leaves out the service and the slow
//! line. `docs/performance.md` has what was seen.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use robot::{Answer, Robot};

#[path = "screen/busy.rs"]
mod busy;
#[path = "screen/floor.rs"]
mod floor;
#[path = "screen/line.rs"]
mod line;
#[path = "screen/robot.rs"]
mod robot;

const ROLLBOOK: &str = env!("CARGO_BIN_EXE_rollbook");
const WIDE: (u16, u16) = (120, 40);
/// What the list's title says behind the number of people, once it is known.
const COUNTED: &str = " · newest first";
const SMALL: (u16, u16) = (80, 24);

/// One row of the report: keys of which each is measured, how often, and how to come back to where they began. A
/// hundred keys in each: the slowest but one is what is held against the goal of 99 of 100.
struct Step {
    name: &'static str,
    keys: &'static [&'static str],
    times: usize,
    after: &'static [&'static str],
}

const STEPS: &[Step] = &[
    Step { name: "cursor, down", keys: &["j"], times: 100, after: &[] },
    Step { name: "page, down", keys: &["\x1b[6~"], times: 100, after: &[] },
    Step { name: "last, first", keys: &["G", "g"], times: 50, after: &[] },
    Step { name: "next pane", keys: &["\t"], times: 100, after: &[] },
    Step { name: "other order", keys: &["S"], times: 100, after: &[] },
    Step { name: "letter, prefix", keys: &["^a", "n", "n", "a"], times: 25, after: &["\x1b"] },
    Step { name: "letter, word", keys: &["a", "n", "n", "a"], times: 25, after: &["\x1b"] },
];

fn main() {
    if std::env::args().nth(1).as_deref() == Some("floor") {
        floor::run().unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (db, people) = database(folder.path());
    println!("{people} people, {} MB", std::fs::metadata(&db).map_or(0, |file| file.len() / 1_000_000));
    on_a_terminal(&db);
    first_word(&db);
    if std::env::var("ROLLBOOK_BENCH_ONLY").is_ok_and(|only| only == "terminal") {
        return;
    }
    beside_a_service(&db);
    match line::Line::start() {
        Some(line) => [false, true].into_iter().for_each(|compressed| over_the_line(&line, &db, compressed)),
        None => println!("no sshd is installed: nothing was measured over a slow line"),
    }
}

fn database(folder: &Path) -> (PathBuf, String) {
    if let Some(db) = std::env::var_os("ROLLBOOK_BENCH_DB") {
        return (db.into(), "the given".to_owned());
    }
    let people = std::env::var("ROLLBOOK_BENCH_PEOPLE").unwrap_or_else(|_| "10000".into());
    let db = folder.join("people.db");
    let made = Command::new(ROLLBOOK)
        .env("ROLLBOOK_KEY", folder.join("key"))
        .args(["--quiet", "demo", "--no-console", "--users", &people, "--db"])
        .arg(&db)
        .status();
    assert!(made.unwrap().success());
    (db, people)
}

fn console(db: &Path, size: (u16, u16)) -> Robot {
    Robot::start(ROLLBOOK, &["--db".into(), db.display().to_string()], size)
}

fn bare(size: (u16, u16)) -> Robot {
    let me = std::env::current_exe().unwrap();
    Robot::start(me.to_str().unwrap(), &["floor".into()], size)
}

fn on_a_terminal(db: &Path) {
    println!(
        "\n{:<16}{:>9}{:>9}{:>8}{:>9}{:>9}{:>8}{:>8}",
        "120x40", "floor", "median", "ratio", "floor 99", "99 %", "ratio", "bytes"
    );
    let (mut ours, mut least) = (Vec::new(), Vec::new());
    for _ in 0..11 {
        ours.push(console(db, WIDE).first(&|screen| screen.contains("newest first")));
        least.push(bare(WIDE).first(&|screen| screen.contains("row 1 of")));
    }
    report("first frame", &ours, &least, |answer| answer.seen);
    let (mut robot, mut floor) = (console(db, WIDE), bare(WIDE));
    robot.first(&|screen| screen.contains("newest first"));
    floor.first(&|screen| screen.contains("row 1 of"));
    // What is counted at the start is no part of any key.
    robot.idle(Duration::from_millis(1500));
    let mut before_words = robot.resident();
    for step in STEPS {
        let filter = step.name.starts_with("letter");
        if step.name == "letter, prefix" {
            before_words = robot.resident();
        }
        let counted = |screen: &str| !filter || screen.contains(COUNTED);
        let ours = walk(&mut robot, step, filter, &counted);
        let least = walk(&mut floor, step, filter, &|_| true);
        report(step.name, &ours, &least, |answer| answer.time);
    }
    let ticks = robot.ticks();
    let bytes = robot.idle(Duration::from_secs(5));
    println!(
        "\nidle for 5 s: {bytes} bytes, {} ticks of processor time; memory {} KiB before the first word (goal 12288), \
         {} KiB after it (goal 49152)",
        robot.ticks() - ticks,
        before_words,
        robot.resident(),
    );
}

/// Others write, and nothing of what is on the screen changes.
fn beside_a_service(db: &Path) {
    const LOOKED: Duration = Duration::from_secs(10);
    let mut robot = console(db, WIDE);
    robot.first(&|screen| screen.contains("newest first"));
    let service = busy::Service::start(db);
    robot.idle(Duration::from_secs(2));
    let mut look = || {
        let (screen, ticks, written) = (robot.screen(), robot.ticks(), service.written());
        let bytes = robot.idle(LOOKED);
        (screen == robot.screen(), bytes, robot.ticks() - ticks, service.written() - written)
    };
    // Once a minute what is told in minutes changes, which is to be seen and to be written.
    let (_, bytes, ticks, written) = (0..3).map(|_| look()).find(|(same, ..)| *same).unwrap_or_else(look);
    let seconds = LOOKED.as_secs_f64();
    println!(
        "beside {:.0} writes a second: {bytes} bytes (goal 0), {:.1} % of a processor (goal 2)",
        f64::from(written) / seconds,
        ticks as f64 / seconds,
    );
}

/// The first word that anybody types, at a pace that nobody keeps: while the names are being read.
fn first_word(db: &Path) {
    let mut robot = console(db, WIDE);
    robot.first(&|screen| screen.contains("newest first"));
    robot.idle(Duration::from_millis(1500));
    robot.press("/", &|_| true);
    let letters: Vec<Answer> =
        ["a", "n", "n", "a"].iter().map(|letter| robot.press(letter, &|screen| screen.contains(COUNTED))).collect();
    let told = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1000.0);
    let times: Vec<String> = letters.iter().map(|letter| told(letter.time)).collect();
    println!("the first word, typed while the names are read, to the exact count: {} ms", times.join(", "));
}

fn walk(robot: &mut Robot, step: &Step, filter: bool, done: &dyn Fn(&str) -> bool) -> Vec<Answer> {
    let mut answers = Vec::new();
    for _ in 0..step.times {
        if filter {
            robot.press("/", &|_| true);
        }
        for keys in step.keys {
            answers.push(robot.press(keys, done));
        }
        for keys in step.after {
            robot.press(keys, &|_| true);
        }
    }
    answers
}

fn report(name: &str, ours: &[Answer], least: &[Answer], time: impl Fn(&Answer) -> Duration) {
    let sorted = |answers: &[Answer]| {
        let mut times: Vec<f64> = answers.iter().map(|answer| time(answer).as_secs_f64() * 1000.0).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    let (ours_sorted, least_sorted) = (sorted(ours), sorted(least));
    let (median, floor) = (part(&ours_sorted, 50), part(&least_sorted, 50));
    let (tail, floor_tail) = (part(&ours_sorted, 99), part(&least_sorted, 99));
    let bytes = ours.iter().map(|answer| answer.bytes).sum::<usize>() / ours.len();
    // A letter has a goal of its own, since the floor looks for nothing; the others are held against the floor.
    let kept = match name {
        name if name.starts_with("letter") => median <= 2.0 && tail <= 5.0,
        "first frame" => median <= 2.0 * floor,
        _ => median <= 2.0 * floor && tail <= 4.0 * floor_tail,
    };
    println!(
        "{name:<16}{floor:>9.2}{median:>9.2}{:>8.2}{floor_tail:>9.2}{tail:>9.2}{:>8.2}{bytes:>8}{}",
        median / floor,
        tail / floor_tail,
        if kept { "" } else { "  missed" }
    );
}

/// The value below which this many of a hundred lie.
fn part(sorted: &[f64], percent: usize) -> f64 {
    sorted[((sorted.len() * percent).div_ceil(100)).clamp(1, sorted.len()) - 1]
}

fn over_the_line(line: &line::Line, db: &Path, compressed: bool) {
    let slow = |command: &str| {
        let mut robot = Robot::start("ssh", &line.ssh(command, compressed), SMALL);
        robot.quiet = Duration::from_millis(500);
        robot
    };
    // What is typed before the other side is there is echoed on this one.
    let mut echo = slow("echo ready; exec cat");
    echo.first(&|screen| screen.contains("ready"));
    let round: Vec<f64> = (0..10).map(|_| echo.press("x", &|_| true).time.as_secs_f64() * 1000.0).collect();
    let round = round.iter().copied().fold(f64::INFINITY, f64::min);
    let key = db.with_extension("key");
    let command = format!("exec env ROLLBOOK_KEY='{}' '{ROLLBOOK}' --db '{}'", key.display(), db.display());
    let mut robot = slow(&command);
    let first = robot.first(&|screen| screen.contains("newest first"));
    robot.idle(Duration::from_secs(2));
    let ssh = if compressed { "ssh -C" } else { "ssh" };
    println!("\nover {ssh}, {} ms each way, 32 kB/s; an echo takes {round:.1} ms", line::DELAY.as_millis());
    println!("first frame after the log-in's own exchange: {} bytes", first.bytes);
    let mut walk = first.bytes;
    let me = std::env::current_exe().unwrap();
    let mut floor = slow(&format!("exec '{}' floor", me.display()));
    floor.first(&|screen| screen.contains("row 1 of"));
    let steps = |robot: &mut Robot| {
        // What has begun to come comes without a pause.
        let quiet = std::mem::replace(&mut robot.quiet, Duration::from_millis(150));
        let step = |_| {
            let before = robot.screen();
            robot.press("j", &|screen| screen != before).time.as_secs_f64() * 1000.0 - round
        };
        let mut times: Vec<f64> = (0..100).map(step).collect();
        robot.quiet = quiet;
        times.sort_by(f64::total_cmp);
        (part(&times, 50), part(&times, 99), part(&times, 100))
    };
    let (median, tail, most) = steps(&mut robot);
    println!("cursor, beyond the echo: median {median:.1} ms, 99 % {tail:.1} ms (goal 10), the most {most:.1}");
    let (median, tail, most) = steps(&mut floor);
    println!("the floor's cursor, beyond the echo: median {median:.1} ms, 99 % {tail:.1} ms, the most {most:.1}");
    let mut sum = |name: &str, keys: &[&str], robot: &mut Robot| {
        let bytes: usize = keys.iter().map(|keys| robot.press(keys, &|_| true).bytes).sum();
        println!("{name:<32}{bytes:>8} bytes");
        walk += bytes;
    };
    sum("find: / a n n Enter", &["/", "a", "n", "n", "\r"], &mut robot);
    sum("read: down, down, sessions, why", &["j", "j", "w", "\x1b"], &mut robot);
    sum("deactivate", &["i", "\r"], &mut robot);
    sum("undo", &["z"], &mut robot);
    println!("{:<32}{walk:>8} bytes (goal 25000)", "the walk from start to undo");
    typed_ahead(&mut robot);
}

/// Ten keys before the first answer can be there.
fn typed_ahead(robot: &mut Robot) {
    robot.press("g", &|_| true);
    robot.idle(Duration::from_secs(1));
    let rows = |screen: &str| screen.lines().position(|line| line.contains('›')).unwrap_or_default();
    let before = rows(&robot.screen());
    for _ in 0..9 {
        robot.ahead("j");
        std::thread::sleep(Duration::from_millis(15));
    }
    robot.press("j", &|_| true);
    robot.idle(Duration::from_secs(1));
    println!("ten keys typed ahead move the cursor by {} (goal 10)", rows(&robot.screen()) - before);
}
