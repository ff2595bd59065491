//! What is asked at a terminal: passwords without echo, deletions, purges; and the terminal afterwards.

use std::io::{Read as _, Write as _};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::desk::{Desk, PROGRAM};

struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn std::io::Write + Send>,
    bytes: Receiver<Vec<u8>>,
    master: Box<dyn MasterPty + Send>,
    seen: String,
}

impl Terminal {
    fn start(desk: &Desk, arguments: &[&str]) -> Terminal {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new(PROGRAM);
        command.env_clear();
        command.env("HOME", desk.folder.path());
        command.env("ROLLBOOK_KEY", desk.folder.path().join("key"));
        command.env("SSH_CONNECTION", "10.0.0.5 50000 10.0.0.1 22");
        command.arg("--db");
        command.arg(desk.db());
        command.args(arguments);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Terminal { child, keys: pair.master.take_writer().unwrap(), bytes, master: pair.master, seen: String::new() }
    }

    #[track_caller]
    fn until(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.seen.contains(text) {
            let left = end.saturating_duration_since(Instant::now());
            let bytes = self.bytes.recv_timeout(left).unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    fn send(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn echoes(&self) -> bool {
        use rustix::termios::{LocalModes, tcgetattr};
        let name = self.master.tty_name().unwrap();
        let tty = std::fs::File::open(name).unwrap();
        tcgetattr(tty).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    fn code(&mut self) -> u32 {
        self.child.wait().unwrap().exit_code()
    }
}

#[test]
fn a_password_is_asked_for_twice_and_never_echoed() {
    let desk = Desk::open();
    let mut terminal = Terminal::start(&desk, &["user", "register", "alice"]);
    terminal.until("The password: ");
    assert!(!terminal.echoes());
    terminal.send("open sesame\r");
    terminal.until("The same again: ");
    assert!(!terminal.echoes());
    terminal.send("open sesame\r");
    terminal.until("is registered");
    assert_eq!(terminal.code(), 0);
    assert!(!terminal.seen.contains("sesame"), "{}", terminal.seen);
    assert!(terminal.echoes());
    desk.run(&["user", "authenticate", "alice", "--password-stdin"], "open sesame\n").ok();
}

#[test]
fn two_passwords_that_differ_change_nothing() {
    let desk = Desk::open();
    let mut terminal = Terminal::start(&desk, &["user", "register", "alice"]);
    for (prompt, password) in [("The password: ", "one\r"), ("The same again: ", "two\r")] {
        terminal.until(prompt);
        assert!(!terminal.echoes());
        terminal.send(password);
    }
    terminal.until("were not the same");
    assert_eq!(terminal.code(), 9);
    assert_eq!(desk.names(&[]), [""; 0]);
}

#[test]
fn a_pasted_text_of_several_lines_is_no_password() {
    let desk = Desk::with(&[&["bob"]]);
    for paste in ["first\rsecond", "first\rsecond\r", "\u{1b}[200~first\rsecond\u{1b}[201~\r", "pw\r\r"] {
        for (line, prompt) in [
            (&["user", "register", "alice"][..], "The password: "),
            (&["user", "passwd", "bob", "--set"], "The new password: "),
            (&["user", "authenticate", "bob"], "The password: "),
        ] {
            let mut terminal = Terminal::start(&desk, line);
            terminal.until(prompt);
            assert!(!terminal.echoes());
            terminal.send(paste);
            terminal.until("more than one line");
            assert_eq!(terminal.code(), 9, "{paste:?}");
            assert!(!terminal.seen.contains("first") && !terminal.seen.contains("second"), "{}", terminal.seen);
            assert!(terminal.echoes());
        }
    }
    assert_eq!(desk.names(&[]), ["bob"]);
    desk.run(&["user", "authenticate", "bob", "--password-stdin"], "pw\n").ok();
}

#[test]
fn keys_and_marks_of_a_paste_are_no_part_of_a_password() {
    let desk = Desk::open();
    for typed in ["\u{1b}[200~first\u{1b}[201~\r", "pass\u{1b}[Dword\r"] {
        let mut terminal = Terminal::start(&desk, &["user", "register", "alice"]);
        terminal.until("The password: ");
        assert!(!terminal.echoes());
        terminal.send(typed);
        terminal.until("contains a control character (U+001B)");
        assert_eq!(terminal.code(), 7);
    }
    assert_eq!(desk.names(&[]), [""; 0]);
}

#[test]
fn a_name_is_asked_for_in_the_open() {
    let desk = Desk::with(&[&["alice"]]);
    let mut terminal = Terminal::start(&desk, &["user", "deactivate", "--name-stdin"]);
    terminal.until("The name: ");
    assert!(terminal.echoes());
    terminal.send("alice\r");
    terminal.until("deactivated");
    assert_eq!(terminal.code(), 0);
}

#[test]
fn ctrl_c_at_a_password_gives_the_echo_back_and_kills() {
    let desk = Desk::open();
    let mut terminal = Terminal::start(&desk, &["user", "register", "alice"]);
    terminal.until("The password: ");
    assert!(!terminal.echoes());
    terminal.send("\u{3}");
    let status = terminal.child.wait().unwrap();
    assert!(status.signal().is_some_and(|name| name.contains("nterrupt")), "{status:?}");
    assert!(terminal.echoes());
}

#[test]
fn ctrl_d_cancels() {
    let desk = Desk::open();
    let mut terminal = Terminal::start(&desk, &["user", "register", "alice"]);
    terminal.until("The password: ");
    assert!(!terminal.echoes());
    terminal.send("\u{4}");
    assert_eq!(terminal.code(), 9);
}

#[test]
fn a_deletion_is_asked_and_no_is_the_default() {
    let desk = Desk::with(&[&["alice"]]);
    for (answer, code) in [("\r", 9), ("n\r", 9), ("y\r", 0)] {
        let mut terminal = Terminal::start(&desk, &["user", "delete", "alice"]);
        terminal.until("[y/N] ");
        assert!(terminal.echoes());
        terminal.send(answer);
        assert_eq!(terminal.code(), code, "{answer:?}");
    }
    assert_eq!(desk.names(&[]), [""; 0]);
}

#[test]
fn a_purge_asks_for_the_name() {
    let desk = Desk::with(&[&["alice"]]);
    for (answer, code) in [("y\r", 9), ("alice\r", 0)] {
        let mut terminal = Terminal::start(&desk, &["user", "purge", "alice"]);
        terminal.until("Type the name: ");
        terminal.send(answer);
        assert_eq!(terminal.code(), code, "{answer:?}");
    }
    assert_eq!(desk.names(&[]), [""; 0]);
}

#[test]
fn init_at_a_terminal_asks_for_the_first_administrator() {
    let desk = Desk::bare();
    let mut terminal = Terminal::start(&desk, &["init"]);
    terminal.until("first administrator");
    terminal.send("root\r");
    for prompt in ["The password: ", "The same again: "] {
        terminal.until(prompt);
        assert!(!terminal.echoes());
        terminal.send("curiouser and curiouser\r");
    }
    terminal.until("first administrator\r\n");
    assert_eq!(terminal.code(), 0);
    assert_eq!(desk.json(&["user", "show", "root"], "")["role"], "admin");
}

#[test]
fn the_audit_tells_where_the_operator_sat_and_what_is_only_claimed() {
    let desk = Desk::with(&[&["alice"]]);
    let mut terminal = Terminal::start(&desk, &["user", "deactivate", "alice"]);
    terminal.until("deactivated");
    assert_eq!(terminal.code(), 0);
    let entry = &desk.lines(&["audit", "list", "--limit", "1"], "")[0];
    let origin = entry["origin"].as_str().unwrap();
    let tty = terminal.master.tty_name().unwrap();
    let tty = tty.strip_prefix("/dev").unwrap();
    assert!(origin.starts_with("uid ") && origin.contains(&format!("tty {}", tty.display())), "{origin}");
    assert!(origin.ends_with("ssh 10.0.0.5 (claimed)"), "{origin}");
}

#[test]
fn a_second_factor_is_shown_as_a_picture_confirmed_and_then_asked_for() {
    use rollbook::accounts::{Time, base32, totp};
    let desk = Desk::with(&[&["root", "--role", "admin"], &["bob"]]);
    let mut terminal = Terminal::start(&desk, &["factor", "enable", "root"]);
    terminal.until("The code that the app shows now: ");
    assert!(terminal.seen.contains("█▀"), "no picture: {}", terminal.seen);
    let uri = terminal.seen.split_once("?secret=").unwrap().1;
    let secret = base32::decode(&uri[..32]).unwrap();
    let code = |steps: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        totp::code(&secret, totp::step(Time::from_millis(now.as_millis() as i64)) + steps)
    };
    terminal.send("abc\r");
    terminal.until("the second-factor code is wrong");
    terminal.send(&format!("{}\r", code(0)));
    terminal.until("shown here and never again");
    assert_eq!(terminal.code(), 0);
    let mut terminal = Terminal::start(&desk, &["user", "deactivate", "bob", "--as", "root"]);
    terminal.until("The password of root: ");
    terminal.send("pw\r");
    terminal.until("The second-factor code: ");
    assert!(!terminal.echoes());
    terminal.send(&format!("{}\r", code(1)));
    terminal.until("deactivated");
    assert_eq!(terminal.code(), 0);
}

#[test]
fn whoever_acts_by_a_session_is_asked_for_their_password_before_what_is_grave() {
    let desk = Desk::with(&[&["root", "--role", "admin"], &["alice"]]);
    desk.run(&["policy", "set", "console-login", "required"], "").ok();
    let token = desk.log_in("root");
    for (password, code) in [("wrong", 4), ("pw", 0)] {
        let mut terminal = Terminal::start(&desk, &["user", "purge", "alice", "--yes", "--as-session-stdin"]);
        terminal.until("Your session token: ");
        terminal.send(&format!("{token}\r"));
        terminal.until("The password of root, once more: ");
        assert!(!terminal.echoes());
        terminal.send(&format!("{password}\r"));
        assert_eq!(terminal.code(), code);
    }
    desk.fails(&["user", "show", "alice"], "", 3, "unknown_user");
}

#[test]
fn sessions_that_ended_while_the_question_stood_are_told_apart() {
    let desk = Desk::with(&[&["alice"]]);
    let tokens: Vec<String> = ["firefox", "phone"]
        .map(|client| desk.run(&["session", "login", "alice", "--password-stdin", "--client", client], "pw\n").ok().out)
        .into();
    let mut terminal = Terminal::start(&desk, &["session", "logout", "--filter", "is:live", "--json"]);
    terminal.until("End 2 sessions?");
    desk.run(&["session", "logout", "--token-stdin"], &tokens[0]).ok();
    terminal.send("y\r");
    terminal.until("\"ended\":1,\"over\":1,\"not_reached\":0");
    assert_eq!(terminal.code(), 0);
}
