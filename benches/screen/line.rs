//! A real sshd, and between it and the client a line that is slow: each byte is 150 ms on its way, and no more than
//! 32 kB a second pass.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a byte is on its way, each way.
pub const DELAY: Duration = Duration::from_millis(150);

/// How many bytes pass in a second, each way.
const RATE: f64 = 32_000.0;

/// The server, and where its slow line begins.
pub struct Line {
    server: Child,
    folder: TempDir,
    port: u16,
}

impl Line {
    /// `None` where OpenSSH's server is not installed.
    pub fn start() -> Option<Line> {
        let program = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"];
        let program = program.into_iter().find(|file| Path::new(file).is_file())?;
        let folder = tempfile::tempdir().ok()?;
        let at = folder.path().display().to_string();
        for key in ["host", "client"] {
            let file = format!("{at}/{key}");
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &file]).status().ok()?;
        }
        std::fs::copy(format!("{at}/client.pub"), format!("{at}/authorized_keys")).ok()?;
        // Where sshd, run by root, shuts its unprivileged half in.
        let _ = std::fs::create_dir_all("/run/sshd");
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let config = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {at}/host\nAuthorizedKeysFile {at}/authorized_keys\n\
             PidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\nPrintMotd no\nPrintLastLog no\n"
        );
        std::fs::write(format!("{at}/config"), config).ok()?;
        let server = Command::new(program)
            .args(["-D", "-e", "-f", &format!("{at}/config")])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let port = relay(port)?;
        Some(Line { server, folder, port })
    }

    /// What `ssh` needs to run a command behind the line, `-C` or not.
    pub fn ssh(&self, command: &str, compressed: bool) -> Vec<String> {
        let at = self.folder.path().display();
        let mut args = vec!["-tt".to_owned(), "-F".into(), "none".into(), "-i".into(), format!("{at}/client")];
        if compressed {
            args.push("-C".into());
        }
        let options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
        for option in options {
            args.extend(["-o".into(), option.into()]);
        }
        args.extend(["-p".into(), self.port.to_string(), "127.0.0.1".into(), command.to_owned()]);
        args
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Listens on a port of its own and passes everything on, late and slowly.
fn relay(to: u16) -> Option<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").ok()?;
    let port = listener.local_addr().ok()?.port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let (Ok(from_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else { continue };
            pass(from_client, server);
            pass(from_server, client);
        }
    });
    Some(port)
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let (sender, receiver) = channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if sender.send((Instant::now(), bytes[..count].to_vec())).is_err() {
                break;
            }
        }
    });
    std::thread::spawn(move || {
        let mut free = Instant::now();
        for (sent, bytes) in receiver {
            // A packet leaves when the one before it has left, and arrives the delay after its last byte has left.
            let leaves = sent.max(free) + Duration::from_secs_f64(bytes.len() as f64 / RATE);
            free = leaves;
            std::thread::sleep((leaves + DELAY).saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
