//! Job control: whether a shell waits that can continue this process after a stop.
//!
//! The decision is a pure function over a table of processes; only [`Process::read`] asks the system.

/// What `/proc/PID/stat` tells about a process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// The name of its program, at most 15 bytes.
    pub name: String,
    /// The process that started it.
    pub parent: i32,
    /// Its process group.
    pub group: i32,
    /// Its session.
    pub session: i32,
    /// The number of its controlling terminal; 0 if it has none.
    pub terminal: i32,
}

/// Programs that wait for a command but are no shell. Under `use_pty`, sudo runs it in a session of its own.
const RELAYS: [&str; 4] = ["sudo", "sudo-rs", "su", "runuser"];

/// No chain of ancestors is longer.
const DEPTH: usize = 64;

impl Process {
    /// What the system tells about this process; `None` if it does not exist or is hidden.
    pub fn read(pid: i32) -> Option<Process> {
        Process::parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Reads a line of `/proc/PID/stat`.
    pub fn parse(stat: &str) -> Option<Process> {
        // The name may hold blanks and parentheses.
        let (head, tail) = stat.rsplit_once(')')?;
        let name = head.split_once('(')?.1.to_owned();
        let mut numbers = tail.split_ascii_whitespace().skip(1).map(str::parse);
        let mut number = || numbers.next()?.ok();
        Some(Process { name, parent: number()?, group: number()?, session: number()?, terminal: number()? })
    }
}

/// Whether a shell with job control in the session of this process waits for it, or for the `su` that started it.
///
/// Such a shell puts each job into a process group of its own. A shell that runs a script or the command of
/// `ssh HOST COMMAND` does not, and `sshd`, `tmux` and `script` start a session. So does sudo under `use_pty`: it does
/// not continue a stopped command when the connection is gone, and the command would stay for ever.
pub fn shell_waits(pid: i32, table: impl Fn(i32) -> Option<Process>) -> bool {
    let Some(mut job) = table(pid) else { return false };
    for _ in 0..DEPTH {
        let Some(parent) = table(job.parent).filter(|_| job.terminal != 0) else { return false };
        if parent.session != job.session || parent.terminal != job.terminal {
            return false;
        }
        if parent.group != job.group && !RELAYS.contains(&parent.name.as_str()) {
            return true;
        }
        // A member of the same job: it stops too, and its parent decides.
        job = parent;
    }
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Pid, name, parent, group, session, terminal.
    type Row = (i32, &'static str, i32, i32, i32, i32);

    fn waits(rows: &[Row]) -> bool {
        let table = |pid| {
            let (_, name, parent, group, session, terminal) = *rows.iter().find(|row| row.0 == pid)?;
            Some(Process { name: name.to_owned(), parent, group, session, terminal })
        };
        shell_waits(99, table)
    }

    const SSHD: Row = (10, "sshd", 1, 10, 10, 0);
    const BASH: Row = (20, "bash", 10, 20, 20, 5);

    #[test]
    fn an_interactive_shell_waits() {
        assert!(waits(&[SSHD, BASH, (99, "rollbook", 20, 99, 20, 5)]));
    }

    #[test]
    fn an_interactive_shell_waits_behind_a_script_and_a_wrapper() {
        let script = (30, "sh", 20, 30, 20, 5);
        assert!(waits(&[SSHD, BASH, script, (31, "time", 30, 30, 20, 5), (99, "rollbook", 31, 30, 20, 5)]));
    }

    #[test]
    fn an_interactive_shell_waits_behind_sudo_in_the_same_session_only() {
        let sudo = (30, "sudo", 20, 30, 20, 5);
        let monitor = (31, "sudo", 30, 31, 31, 6);
        assert!(waits(&[SSHD, BASH, sudo, (99, "rollbook", 30, 30, 20, 5)]));
        assert!(!waits(&[SSHD, BASH, sudo, monitor, (99, "rollbook", 31, 99, 31, 6)]));
        // A shell that sudo starts is one in this session.
        let shell = (32, "bash", 31, 32, 31, 6);
        assert!(waits(&[SSHD, BASH, sudo, monitor, shell, (99, "rollbook", 32, 99, 31, 6)]));
    }

    #[test]
    fn an_interactive_shell_that_sudo_or_su_started_waits() {
        let su = (30, "su", 10, 30, 30, 5);
        let shell = (31, "bash", 30, 31, 30, 5);
        assert!(waits(&[SSHD, su, shell, (99, "rollbook", 31, 99, 30, 5)]));
    }

    #[test]
    fn no_shell_waits_behind_the_command_of_a_connection() {
        assert!(!waits(&[SSHD, (99, "rollbook", 10, 99, 99, 5)]));
        let command = (20, "bash", 10, 20, 20, 5);
        assert!(!waits(&[SSHD, command, (99, "rollbook", 20, 20, 20, 5)]));
    }

    #[test]
    fn no_shell_waits_behind_the_sudo_of_a_connection() {
        let sudo = (20, "sudo", 10, 20, 20, 5);
        let monitor = (31, "sudo", 20, 31, 31, 6);
        assert!(!waits(&[SSHD, sudo, monitor, (99, "rollbook", 31, 99, 31, 6)]));
        assert!(!waits(&[SSHD, sudo, (99, "rollbook", 20, 20, 20, 5)]));
        let command = (15, "sh", 10, 15, 15, 5);
        let sudo = (20, "sudo", 15, 15, 15, 5);
        assert!(!waits(&[SSHD, command, sudo, monitor, (99, "rollbook", 31, 99, 31, 6)]));
    }

    #[test]
    fn no_shell_waits_in_a_session_of_its_own_or_without_a_terminal() {
        let tmux = (10, "tmux: server", 1, 10, 10, 0);
        assert!(!waits(&[tmux, (99, "rollbook", 10, 99, 99, 7)]));
        assert!(!waits(&[SSHD, BASH, (30, "script", 20, 30, 20, 5), (99, "rollbook", 30, 99, 99, 8)]));
        assert!(!waits(&[SSHD, BASH, (30, "su", 20, 30, 20, 5), (99, "rollbook", 30, 99, 99, 0)]));
    }

    #[test]
    fn no_shell_waits_where_the_ancestors_are_hidden_or_never_end() {
        assert!(!waits(&[(99, "rollbook", 20, 99, 20, 5)]));
        assert!(!waits(&[(30, "sudo", 30, 30, 20, 5), (99, "rollbook", 30, 30, 20, 5)]));
        assert!(!waits(&[]));
    }

    #[test]
    fn a_line_of_the_system_is_read_whatever_the_name() {
        let line = "4242 (a) (b c) S 10 20 30 34816 20 4194304 1 2 3\n";
        let read = Process::parse(line).unwrap();
        assert_eq!((read.name.as_str(), read.parent, read.group), ("a) (b c", 10, 20));
        assert_eq!((read.session, read.terminal), (30, 34816));
        assert_eq!(Process::parse("4242 (a) S 10"), None);
    }
}
