//! A program in a pseudo-terminal: its keys, its screen, its end.
#![allow(dead_code)] // each test binary uses its own part
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vt100::{Parser, Screen};

/// The program under test.
pub const ROLLBOOK: &str = env!("CARGO_BIN_EXE_rollbook");

/// How long a thing that must happen may take before the test fails. Never waited for in a test that passes.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// How soon the process must be gone once it has to go.
pub const SOON: Duration = Duration::from_secs(2);

/// How often a thing is looked at that nobody announces: the end of a process.
const LOOK: Duration = Duration::from_millis(5);

/// What is to be started, with nothing inherited but the search path.
pub struct Start {
    command: CommandBuilder,
    home: TempDir,
    size: PtySize,
}

impl Start {
    /// The console on this database.
    pub fn console(db: &Path) -> Start {
        Start::program(ROLLBOOK).args(["--db", db.to_str().unwrap()])
    }

    pub fn program(program: &str) -> Start {
        let home = tempfile::tempdir().unwrap();
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        command.cwd(home.path());
        let mut start = Start { command, home, size: PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 } };
        for (name, value) in clean_env(start.home.path()) {
            start.command.env(name, value);
        }
        start
    }

    pub fn args<'a>(mut self, args: impl IntoIterator<Item = &'a str>) -> Start {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Start {
        self.command.env(name, value);
        self
    }

    pub fn size(mut self, cols: u16, rows: u16) -> Start {
        self.size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self
    }

    pub fn go(self) -> Pty {
        let pair = native_pty_system().openpty(self.size).unwrap();
        let tty = pair.master.tty_name().unwrap();
        let before = termios(&tty);
        let seen = Arc::new(Shared::new(self.size));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let sharing = Arc::clone(&seen);
        let reading = std::thread::spawn(move || {
            let mut bytes = [0; 16 * 1024];
            while sharing.may_read() {
                match reader.read(&mut bytes) {
                    Ok(count) if count > 0 => sharing.take(&bytes[..count]),
                    _ => break,
                }
            }
        });
        let child = pair.slave.spawn_command(self.command).unwrap();
        Pty {
            child,
            ended: None,
            master: Some(pair.master),
            writer: Some(writer),
            slave: Some(pair.slave),
            reading: Some(reading),
            tty,
            before,
            size: self.size,
            seen,
            home: self.home,
        }
    }
}

/// The environment of every program under test.
pub fn clean_env(home: &Path) -> Vec<(String, String)> {
    let home = home.to_str().unwrap();
    let mut env = vec![
        ("PATH".into(), std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".into())),
        ("HOME".into(), home.to_owned()),
        ("TERM".into(), "xterm-256color".into()),
        ("LANG".into(), "C.UTF-8".into()),
        ("TZ".into(), "UTC".into()),
        ("ROLLBOOK_KEY".into(), format!("{home}/key")),
    ];
    for name in ["CONFIG", "DATA", "STATE", "CACHE"] {
        env.push((format!("XDG_{name}_HOME"), format!("{home}/{}", name.to_lowercase())));
    }
    env
}

/// What the reading thread and the test share.
struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

struct Seen {
    parser: Parser,
    raw: Vec<u8>,
    paused: bool,
    closing: bool,
}

impl Shared {
    fn new(size: PtySize) -> Shared {
        let (rows, cols) = (cells(size.rows), cells(size.cols));
        let seen = Seen { parser: Parser::new(rows, cols, 0), raw: Vec::new(), paused: false, closing: false };
        Shared { seen: Mutex::new(seen), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn set(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn may_read(&self) -> bool {
        let seen = self.changed.wait_while(self.lock(), |seen| seen.paused && !seen.closing).unwrap();
        !seen.closing
    }

    fn take(&self, bytes: &[u8]) {
        self.set(|seen| {
            seen.parser.process(bytes);
            seen.raw.extend_from_slice(bytes);
        });
    }
}

/// The running program and its terminal.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    ended: Option<ExitStatus>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    slave: Option<Box<dyn SlavePty + Send>>,
    reading: Option<JoinHandle<()>>,
    tty: PathBuf,
    before: String,
    /// The size at the start.
    size: PtySize,
    seen: Arc<Shared>,
    home: TempDir,
}

impl Pty {
    /// Types these bytes, in one write.
    pub fn keys(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Waits until the text stands on the screen.
    pub fn wait_for(&self, text: &str) {
        self.wait_for_within(text, DEADLINE);
    }

    pub fn wait_for_within(&self, text: &str, within: Duration) {
        self.wait_until_within(&format!("{text:?}"), within, |screen| screen.contents().contains(text));
    }

    /// Waits until the screen is as described.
    pub fn wait_until(&self, what: &str, is: impl Fn(&Screen) -> bool) {
        self.wait_until_within(what, DEADLINE, is);
    }

    pub fn wait_until_within(&self, what: &str, within: Duration, is: impl Fn(&Screen) -> bool) {
        let seen = self.seen.lock();
        let (seen, waited) =
            self.seen.changed.wait_timeout_while(seen, within, |seen| !is(seen.parser.screen())).unwrap();
        assert!(!waited.timed_out(), "waited in vain for {what}; the screen:\n{}", seen.parser.screen().contents());
    }

    /// Waits until what has been written is as described.
    pub fn wait_for_raw(&self, what: &str, is: impl Fn(&[u8]) -> bool) {
        let waited = self.seen.changed.wait_timeout_while(self.seen.lock(), DEADLINE, |seen| !is(&seen.raw)).unwrap().1;
        assert!(!waited.timed_out(), "waited in vain for {what}");
    }

    /// Whether the terminal takes no more bytes, since nobody reads them.
    pub fn is_full(&self) -> bool {
        let tty = open_tty(&self.tty).unwrap();
        let mut fds = [PollFd::new(&tty, PollFlags::OUT)];
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 0
    }

    /// Looks at the screen as it is.
    pub fn look<T>(&self, at: impl FnOnce(&Screen) -> T) -> T {
        at(self.seen.lock().parser.screen())
    }

    /// The text on the screen.
    pub fn screen(&self) -> String {
        self.seen.lock().parser.screen().contents()
    }

    /// The row in reverse video, below the first line and above the last.
    pub fn cursor_row(&self) -> Option<String> {
        reversed_row(self.seen.lock().parser.screen())
    }

    /// Everything the program has written so far.
    pub fn raw(&self) -> Vec<u8> {
        self.seen.lock().raw.clone()
    }

    pub fn resize(&self, cols: u16, rows: u16) {
        self.seen.set(|seen| seen.parser.set_size(cells(rows), cells(cols)));
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    /// Stops taking what the program writes, so that it blocks in a write once the terminal is full.
    pub fn stop_reading(&self) {
        self.seen.set(|seen| seen.paused = true);
    }

    pub fn go_on_reading(&self) {
        self.seen.set(|seen| seen.paused = false);
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.process_id().unwrap()).unwrap()
    }

    pub fn kill(&self, signal: Signal) {
        kill(self.pid(), signal);
    }

    /// Lets the terminal die: nobody holds its other end any more. The library that opened it sends Enter and the
    /// end-of-file character on the way, as long as it can.
    pub fn close(&mut self) {
        self.seen.set(|seen| seen.closing = true);
        // The reading thread may be inside a read, and holds the other end too; this wakes it.
        if let Ok(mut tty) = open_tty(&self.tty) {
            let _ = tty.write_all(b" ");
        }
        if let Some(reading) = self.reading.take() {
            reading.join().unwrap();
        }
        self.writer = None;
        self.master = None;
    }

    /// How the program ended; it must have, within this time.
    pub fn end_within(&mut self, within: Duration) -> ExitStatus {
        let until = Instant::now() + within;
        loop {
            if self.ended.is_none() {
                self.ended = self.child.try_wait().unwrap();
            }
            if let Some(status) = &self.ended {
                return status.clone();
            }
            assert!(Instant::now() < until, "still there after {within:?}; the screen:\n{}", self.screen());
            std::thread::sleep(LOOK);
        }
    }

    /// The end by this signal, soon, as the shell would see it.
    pub fn ends_by(&mut self, signal: &str) {
        let status = self.end_within(SOON);
        assert_eq!(status.signal(), Some(signal), "{status:?}; the screen:\n{}", self.screen());
    }

    /// The end with this exit code, soon.
    pub fn ends_with(&mut self, code: u32) {
        let status = self.end_within(SOON);
        assert_eq!((status.signal(), status.exit_code()), (None, code), "the screen:\n{}", self.screen());
    }

    /// The terminal is as it was before the program began: settings, screen, paste mode, cursor.
    pub fn is_restored(&self) {
        assert_eq!(termios(&self.tty), self.before, "the terminal's settings");
        self.wait_until("the former screen, paste mode and cursor", given_back);
    }

    /// A terminal that has no alternate screen, as tmux and screen may be set, shows and keeps none of these texts.
    pub fn left_nothing_of(&self, texts: &[&str]) {
        let raw = self.raw();
        let erased_at_once = count(&raw, b"\x1b[2J") + count(&raw, b"\x1b[J");
        assert!(erased_at_once <= count(&raw, b"\x1b[?1049h"), "tmux keeps what is erased at once");
        let mut parser = Parser::new(cells(self.size.rows), cells(self.size.cols), 10_000);
        parser.process(&without(&without(&raw, b"\x1b[?1049h"), b"\x1b[?1049l"));
        for back in [0, usize::MAX] {
            parser.screen_mut().set_scrollback(back);
            let shown = parser.screen().contents();
            assert!(texts.iter().all(|text| !shown.contains(text)), "left on the screen:\n{shown}");
        }
    }

    /// Claims a size that no display has. The screen of the test stays as it is.
    pub fn claim_size(&self, cols: u16, rows: u16) {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    /// The terminal's settings are not what they were: the program has it.
    pub fn is_taken(&self) {
        assert_ne!(termios(&self.tty), self.before, "the terminal's settings");
        self.wait_until("the alternate screen", |screen| screen.alternate_screen() && screen.bracketed_paste());
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if self.ended.is_none() && !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = kill_process(Pid::from_raw(self.pid()).unwrap(), Signal::KILL);
            let _ = self.child.wait();
        }
        if !std::thread::panicking() {
            self.close();
        }
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

/// Whether the screen is the one of the shell.
pub fn given_back(screen: &Screen) -> bool {
    !screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor()
}

/// The first row in reverse video, below the first line and above the last.
pub fn reversed_row(screen: &Screen) -> Option<String> {
    let (rows, cols) = screen.size();
    let reversed =
        |row: u16| (0..cols.get()).filter(move |&col| screen.cell(row, col).is_some_and(|cell| cell.inverse()));
    let row = (1..rows.get().saturating_sub(1)).find(|&row| reversed(row).count() >= 10)?;
    screen.rows(0, cols.get()).nth(row.into())
}

/// How often these bytes occur.
pub fn count(all: &[u8], bytes: &[u8]) -> usize {
    all.windows(bytes.len()).filter(|window| *window == bytes).count()
}

fn without(all: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(all.len());
    let mut at = 0;
    while at < all.len() {
        if all[at..].starts_with(bytes) {
            at += bytes.len();
        } else {
            rest.push(all[at]);
            at += 1;
        }
    }
    rest
}

pub fn kill(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// The processes of the program under test that were started with this argument.
pub fn processes_with(argument: &str) -> Vec<i32> {
    let Ok(folder) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = folder.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| is_rollbook(*pid, argument)).collect()
}

fn is_rollbook(pid: i32, argument: &str) -> bool {
    let Ok(line) = std::fs::read(format!("/proc/{pid}/cmdline")) else { return false };
    let mut words = line.split(|byte| *byte == 0);
    words.next() == Some(ROLLBOOK.as_bytes()) && words.any(|word| word == argument.as_bytes())
}

thread_local! {
    /// The processes that [`process_with`] found for this test.
    static FOUND: std::cell::RefCell<Vec<i32>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Whether no thread of a process runs. A process that is killed loses its command line while a thread may still be
/// inside a last write.
fn is_over(pid: i32) -> bool {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return true };
    tasks.flatten().all(|task| {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
    })
}

/// Waits for one process of the program under test with this argument, and gives its number.
pub fn process_with(argument: &str) -> i32 {
    let until = Instant::now() + DEADLINE;
    loop {
        if let [pid] = processes_with(argument)[..] {
            FOUND.with_borrow_mut(|found| found.push(pid));
            return pid;
        }
        assert!(Instant::now() < until, "{:?} processes with {argument}", processes_with(argument));
        std::thread::sleep(LOOK);
    }
}

/// No process of the program under test with this argument is left, soon.
pub fn all_gone(argument: &str) {
    let until = Instant::now() + SOON;
    let found = FOUND.take();
    while !processes_with(argument).is_empty() || !found.iter().all(|pid| is_over(*pid)) {
        assert!(Instant::now() < until, "still there: {:?}", processes_with(argument));
        std::thread::sleep(LOOK);
    }
}

/// Waits until a process is in this state of `/proc` (`T` is stopped).
pub fn wait_for_state(pid: i32, state: char) {
    let until = Instant::now() + DEADLINE;
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name before it may hold anything, parentheses too.
        let now = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        if now == Some(state) {
            return;
        }
        assert!(Instant::now() < until, "{pid} is in state {now:?}, not {state}");
        std::thread::sleep(LOOK);
    }
}

/// The terminal's settings in words.
pub fn termios(tty: &Path) -> String {
    format!("{:?}", rustix::termios::tcgetattr(open_tty(tty).unwrap()).unwrap())
}

fn open_tty(tty: &Path) -> std::io::Result<File> {
    // Without NOCTTY a test run in a session without a terminal would make this one its own; without NONBLOCK a
    // write to a terminal that nobody reads would block.
    let flags = i32::try_from((rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::NONBLOCK).bits()).unwrap();
    OpenOptions::new().read(true).write(true).custom_flags(flags).open(tty)
}
