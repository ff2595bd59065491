//! Several processes on one file: four check sessions as a service does with every request, while a fifth writes.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rollbook::accounts::change::UserChange;
use rollbook::accounts::token::TokenKind;
use rollbook::accounts::user::Edit;
use rollbook::accounts::{Secret, Span};
use rollbook::engines::{Access, open};

use crate::bench::Bench;
use crate::support::{HandClock, Seeded, accounts, service};

const CHILD: &str = "ROLLBOOK_TEST_CHECKS_IN";
/// Each process checks at least this often, until this many writes are done.
const CHECKS: usize = 3_000;
const WRITES: usize = 20;

/// Not a test of its own: the process that checks. It reads the token from its input, checks it until the input ends,
/// and prints how many checks failed.
#[test]
fn the_process_that_checks() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let mut token = String::new();
    std::io::stdin().read_line(&mut token).unwrap();
    let ended = std::thread::spawn(|| std::io::stdin().read_to_string(&mut String::new()).unwrap());
    let (token, clock) = (Secret::new(token.trim_end().to_owned()), HandClock::default());
    clock.advance(Span::MINUTE);
    let mut accounts = accounts(open(Path::new(&path), Access::Full).unwrap(), &clock, 3, service());
    let mut failed = 0;
    for check in 0.. {
        if check >= CHECKS {
            if ended.is_finished() {
                break;
            }
            // Leaves the processor to the writer.
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        if check % 500 == 0 {
            // Long enough for what was gathered to be written, where nobody else writes: of that too no check may fail.
            clock.advance(Span::SECOND.times(31));
        }
        failed += usize::from(accounts.check(&token).is_err());
    }
    println!("\nfailed {failed}");
}

fn start(path: &Path, token: &Secret) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::the_process_that_checks", "--nocapture"])
        .env(CHILD, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "{}", token.expose()).unwrap();
    child
}

#[test]
fn of_four_processes_that_check_while_one_writes_none_fails() {
    let mut bench = Bench::file();
    let path = bench.path.clone().unwrap();
    let (alice, mut bob) = (bench.add("alice"), bench.add("bob"));
    let (token, digest) = TokenKind::Session.mint(&mut Seeded(11)).unwrap();
    let mut new = bench.new_session(&alice, Some(bench.now.plus(Span::DAY)));
    new.digest = digest;
    bench.open_as(&new).unwrap();
    let mut children: Vec<Child> = (0..4).map(|_| start(&path, &token)).collect();
    let mut writes = 0;
    while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        // Each process checks until its input ends, so that some writes fall into its time however busy the machine is.
        if writes == WRITES {
            children.iter_mut().for_each(|child| drop(child.stdin.take()));
        }
        let note = Some(Some(format!("note {writes}")));
        let edit = UserChange::Edit(Edit { note, ..Edit::default() });
        bob = bench.change(&bob, edit).expect("a write among those who read").after;
        writes += 1;
    }
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("\nfailed 0\n"), "{said}");
    }
    assert!(writes >= WRITES, "{writes} writes");
    bench.assert_chain();
}
