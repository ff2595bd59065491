//! A terminal with a robot in front of it: presses a key, and tells when the screen was complete and how many bytes
//! that took.

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use vt100::Parser;

/// Quiet for this long is the end of an answer.
const QUIET: Duration = Duration::from_millis(40);

/// Longer than anything that is measured.
const PATIENCE: Duration = Duration::from_secs(20);

/// What one key brought.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// From the key to the chunk that first showed what was waited for.
    pub seen: Duration,
    /// From the key to the last byte before it was quiet.
    pub time: Duration,
    /// Bytes written to the terminal, until it was quiet.
    pub bytes: usize,
}

/// The program and its terminal.
pub struct Robot {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    chunks: Receiver<(Instant, Vec<u8>)>,
    parser: Parser,
    began: Instant,
    /// How long after its last byte an answer is taken to be over: longer where the line is slow.
    pub quiet: Duration,
}

impl Robot {
    /// Starts a program in a terminal of this size.
    pub fn start(program: &str, args: &[String], (columns, rows): (u16, u16)) -> Robot {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let mut reader = pair.master.try_clone_reader().expect("its reading end");
        let writer = pair.master.take_writer().expect("its writing end");
        let (sender, chunks) = channel();
        let began = Instant::now();
        let child = pair.slave.spawn_command(command).expect("the program");
        drop(pair.slave);
        let master = pair.master;
        std::thread::spawn(move || {
            // Kept open as long as it is read from.
            let _master = master;
            let mut bytes = vec![0; 256 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send((Instant::now(), bytes[..count].to_vec())).is_err() {
                    break;
                }
            }
        });
        let cells = |n: u16| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
        let parser = Parser::new(cells(rows), cells(columns), 0);
        Robot { child, writer, chunks, parser, began, quiet: QUIET }
    }

    /// The first frame, counted from before the process was there.
    pub fn first(&mut self, done: &dyn Fn(&str) -> bool) -> Answer {
        let began = self.began;
        self.collect(began, done)
    }

    /// Presses keys and waits until the screen is as it should be, and then quiet.
    pub fn press(&mut self, keys: &str, done: &dyn Fn(&str) -> bool) -> Answer {
        let began = Instant::now();
        self.writer.write_all(keys.as_bytes()).expect("keys");
        self.writer.flush().expect("keys");
        self.collect(began, done)
    }

    /// Types keys without waiting for anything.
    pub fn ahead(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("keys");
        self.writer.flush().expect("keys");
    }

    fn collect(&mut self, began: Instant, done: &dyn Fn(&str) -> bool) -> Answer {
        let mut answer = Answer { seen: Duration::ZERO, time: Duration::ZERO, bytes: 0 };
        let mut complete = false;
        loop {
            let wait = if complete { self.quiet } else { PATIENCE };
            match self.chunks.recv_timeout(wait) {
                Ok((at, chunk)) => {
                    self.parser.process(&chunk);
                    answer.bytes += chunk.len();
                    answer.time = at.duration_since(began);
                    if !complete && done(&self.screen()) {
                        (complete, answer.seen) = (true, answer.time);
                    }
                }
                Err(RecvTimeoutError::Timeout) if complete => return answer,
                Err(_) => panic!("waited in vain; the screen:\n{}", self.screen()),
            }
        }
    }

    /// The text on the screen.
    pub fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Bytes that come in this time although no key is pressed.
    pub fn idle(&mut self, time: Duration) -> usize {
        let until = Instant::now() + time;
        let mut bytes = 0;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if let Ok((_, chunk)) = self.chunks.recv_timeout(left) {
                self.parser.process(&chunk);
                bytes += chunk.len();
            }
        }
        bytes
    }

    /// Resident memory of the program, in KiB.
    pub fn resident(&self) -> u64 {
        let pid = self.child.process_id().unwrap_or_default();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or_default()
    }

    /// Processor time of the program so far, in clock ticks.
    pub fn ticks(&self) -> u64 {
        let pid = self.child.process_id().unwrap_or_default();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ').collect();
        let field = |n: usize| fields.get(n).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
        field(11) + field(12)
    }
}

impl Drop for Robot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
