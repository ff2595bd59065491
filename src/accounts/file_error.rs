//! Errors of files: the path, the system's reason, and a step that helps in that case.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf, absolute};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;

use super::error::{Error, Kind};
use super::text::{from_bytes, visible};

/// A path inside a sentence, in quotation marks.
pub fn named(path: &Path) -> String {
    format!("\"{}\"", visible(&from_bytes(path.as_os_str().as_encoded_bytes())))
}

/// The name of an account, or `uid N` if the machine's list of accounts has none.
pub fn account_name(uid: u32) -> String {
    let passwd = fs::read("/etc/passwd").map(|bytes| from_bytes(&bytes)).unwrap_or_default();
    name_in(&passwd, uid).map_or_else(|| format!("uid {uid}"), |name| visible(&name).into_owned())
}

/// The name of an account in the text of a passwd file.
pub fn name_in(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid) && !name.is_empty()).then(|| name.to_owned())
    })
}

/// The account as `install -o` and `chown` take it: its name, or its number if it has none.
fn account_argument(uid: u32) -> String {
    let name = account_name(uid);
    name.strip_prefix("uid ").unwrap_or(&name).to_owned()
}

/// The command prefix with which an administrator acts as this account.
pub fn run_as(uid: u32) -> String {
    match account_name(uid) {
        name if name.starts_with("uid ") => format!("sudo -u '#{uid}' rollbook …"),
        name => format!("sudo -u {name} rollbook …"),
    }
}

/// Whether the system says that the file, or a folder on the way to it, does not exist. Every other reason leaves that
/// open.
pub fn is_absent(fault: &io::Error) -> bool {
    matches!(fault.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The reason why a folder cannot be created: the system reports a file in its place as one that exists.
pub fn not_a_folder(fault: io::Error) -> io::Error {
    match fault.kind() {
        io::ErrorKind::AlreadyExists => Errno::NOTDIR.into(),
        _ => fault,
    }
}

/// The error of an attempt on a file. `attempt` ends the sentence that the path begins ("cannot be read"), and
/// `elsewhere` says how to choose another place, for the cases in which that helps.
pub fn file_error(attempt: &str, path: &Path, fault: &io::Error, elsewhere: &str) -> Error {
    let (detail, step) = explain(path, fault, elsewhere);
    Error::new(Kind::Failure, format!("{} {attempt}: {}{detail}", named(path), reason(fault))).hint(step)
}

/// The system's reason without the number that Rust appends.
pub fn reason(fault: &io::Error) -> String {
    let text = fault.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// A detail of the reason, if there is one, and the step.
fn explain(path: &Path, fault: &io::Error, elsewhere: &str) -> (String, String) {
    match Errno::from_io_error(fault) {
        Some(Errno::ACCESS) => match barrier(path, 0) {
            Some(barrier) => barrier.explain(rustix::process::geteuid().as_raw(), path, elsewhere),
            None => (String::new(), POLICY.to_owned()),
        },
        Some(errno) => (String::new(), step(errno, path, elsewhere)),
        None => (String::new(), elsewhere.to_owned()),
    }
}

const POLICY: &str =
    "the modes allow it, so the system has another rule (AppArmor, SELinux, NFS): journalctl -k shows it";

/// The step for this reason.
fn step(errno: Errno, path: &Path, elsewhere: &str) -> String {
    let folder = named(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")));
    match errno {
        Errno::PERM => format!("look at the file's attributes (lsattr {}), or {elsewhere}", named(path)),
        Errno::LOOP => "name the file itself, without symbolic links".to_owned(),
        Errno::NAMETOOLONG => format!("a name has at most 255 bytes, a path 4095: {elsewhere}"),
        Errno::IO => "look at the disk: journalctl -k shows its errors; restore the file from a backup".to_owned(),
        Errno::ROFS => format!("the file system is mounted read-only: mount it for writing, or {elsewhere}"),
        Errno::NOSPC => format!("make room: df -h {folder} shows the space, df -i {folder} the inodes"),
        Errno::DQUOT => "make room, or raise the quota: quota -s shows it".to_owned(),
        Errno::FBIG => "raise the process's limit of file sizes: ulimit -f".to_owned(),
        Errno::MFILE => "close files of this process, or raise its limit: ulimit -n".to_owned(),
        Errno::NFILE => "too many files are open on this machine: sysctl fs.file-nr shows how many".to_owned(),
        Errno::NOMEM => "free memory, then try again".to_owned(),
        Errno::STALE => format!("the server of this network file system replaced it: mount {folder} again"),
        Errno::BUSY | Errno::TXTBSY | Errno::AGAIN => "another program holds it: try again in a moment".to_owned(),
        Errno::NOTDIR => format!("a part of the path is a file, not a folder: {elsewhere}"),
        Errno::NOENT => format!("check the path, or {elsewhere}"),
        Errno::EXIST => format!("use it as it is, or {elsewhere}"),
        _ => format!("journalctl -k may show more; otherwise {elsewhere}"),
    }
}

/// The first thing on the way to a file that this account may not use.
struct Barrier {
    path: PathBuf,
    need: Need,
    owner: u32,
    mode: u32,
}

/// The right that is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Need {
    /// To enter a folder.
    Enter,
    /// To create a file or folder in a folder.
    Create,
    /// To read, or to read and write, the file.
    Use,
}

impl Barrier {
    fn new(path: &Path, need: Need) -> Option<Barrier> {
        let facts = fs::metadata(path).ok()?;
        Some(Barrier { path: path.to_owned(), need, owner: facts.uid(), mode: facts.mode() & 0o7777 })
    }

    /// The detail for the message, and the step.
    fn explain(&self, account: u32, wanted: &Path, elsewhere: &str) -> (String, String) {
        let (shown, own) = (named(&self.path), account == self.owner);
        let owner = account_name(self.owner);
        let what = match self.need {
            Need::Enter => format!("may not enter the folder {shown}"),
            Need::Create => format!("may not write to the folder {shown}"),
            Need::Use => format!("may not use {shown}"),
        };
        let detail = format!("; {} {what} (owner {owner}, mode {:04o})", account_name(account), self.mode);
        let step = match self.need {
            _ if account == 0 => POLICY.to_owned(),
            Need::Enter if own => format!("chmod u+x {shown}"),
            Need::Create if own => format!("chmod u+wx {shown}"),
            Need::Use if own => format!("chmod u+rw {shown}"),
            Need::Create => {
                let folder = named(wanted.parent().unwrap_or(wanted));
                let owner = account_argument(account);
                format!("make a folder for it (sudo install -d -m 700 -o {owner} {folder}), or {elsewhere}")
            }
            Need::Enter | Need::Use => format!("run it as the owner ({}), or {elsewhere}", run_as(self.owner)),
        };
        (detail, step)
    }
}

/// Finds what keeps this account from a path, from the root downwards and through symbolic links.
fn barrier(path: &Path, links: u8) -> Option<Barrier> {
    const LINKS: u8 = 16;
    let path = absolute(path).ok()?;
    let mut way: Vec<&Path> = path.ancestors().collect();
    way.reverse();
    for pair in way.windows(2) {
        let (folder, entry) = (pair[0], pair[1]);
        match fs::symlink_metadata(entry) {
            Ok(facts) if facts.is_symlink() && fs::metadata(entry).is_err() && links < LINKS => {
                let target = folder.join(fs::read_link(entry).ok()?);
                return barrier(&target, links + 1);
            }
            Ok(_) => {}
            Err(fault) if fault.kind() == io::ErrorKind::PermissionDenied => return Barrier::new(folder, Need::Enter),
            Err(_) => return Barrier::new(folder, Need::Create),
        }
    }
    check_access(&path, Access::READ_OK | Access::WRITE_OK).err().and_then(|_| Barrier::new(&path, Need::Use))
}

/// The folder or file that keeps this account from a path; `None` if the modes allow it.
pub fn blocking(path: &Path) -> Option<PathBuf> {
    barrier(path, 0).map(|barrier| barrier.path)
}

/// Asks the system whether this process may do so, by its effective account, without opening the file.
///
/// # Errors
/// The system's reason.
pub fn check_access(path: &Path, access: Access) -> Result<(), Errno> {
    accessat(CWD, path, access, AtFlags::EACCESS)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn each_reason_of_the_system_has_a_step_of_its_own() {
        let mut steps = std::collections::BTreeSet::new();
        for (errno, words) in [
            (Errno::NOENT, "check the path"),
            (Errno::NOTDIR, "a part of the path is a file"),
            (Errno::LOOP, "without symbolic links"),
            (Errno::NAMETOOLONG, "255 bytes"),
            (Errno::IO, "journalctl -k"),
            (Errno::ROFS, "mounted read-only"),
            (Errno::NOSPC, "df -i \"/srv\""),
            (Errno::DQUOT, "quota"),
            (Errno::FBIG, "ulimit -f"),
            (Errno::MFILE, "ulimit -n"),
            (Errno::NFILE, "fs.file-nr"),
            (Errno::NOMEM, "free memory"),
            (Errno::STALE, "mount \"/srv\" again"),
            (Errno::BUSY, "try again in a moment"),
            (Errno::EXIST, "use it as it is"),
            (Errno::PERM, "lsattr"),
            (Errno::NODEV, "journalctl -k may show more"),
        ] {
            let error = file_error("cannot be opened", Path::new("/srv/u.db"), &errno.into(), "name another place");
            assert!(error.message.starts_with("\"/srv/u.db\" cannot be opened: "), "{error}");
            assert!(!error.message.ends_with(": ") && !error.message.contains("os error"), "{error}");
            let hint = error.hint.unwrap_or_default();
            assert!(hint.contains(words), "{errno:?}: {hint}");
            steps.insert(hint);
        }
        assert_eq!(steps.len(), 17, "each of them is different");
    }

    #[test]
    fn only_a_file_that_does_not_exist_is_absent() {
        for (errno, absent) in [
            (Errno::NOENT, true),
            (Errno::NOTDIR, true),
            (Errno::ACCESS, false),
            (Errno::LOOP, false),
            (Errno::NAMETOOLONG, false),
            (Errno::IO, false),
            (Errno::STALE, false),
        ] {
            assert_eq!(is_absent(&errno.into()), absent, "{errno:?}");
        }
    }

    #[test]
    fn a_closed_component_is_named_with_owner_mode_and_account() {
        let of = |need, owner, mode| Barrier { path: "/srv/web".into(), need, owner, mode };
        let wanted = Path::new("/srv/web/data/u.db");
        let explain = |barrier: &Barrier, account| barrier.explain(account, wanted, "name another place");
        let (detail, step) = explain(&of(Need::Enter, 0, 0o700), 4_000_000_000);
        assert_eq!(detail, "; uid 4000000000 may not enter the folder \"/srv/web\" (owner root, mode 0700)");
        assert_eq!(step, "run it as the owner (sudo -u root rollbook …), or name another place");
        let (_, step) = explain(&of(Need::Use, 4_000_000_001, 0o600), 4_000_000_000);
        assert_eq!(step, "run it as the owner (sudo -u '#4000000001' rollbook …), or name another place");
        let (detail, step) = explain(&of(Need::Create, 0, 0o755), 4_000_000_000);
        assert!(detail.contains("may not write to the folder"), "{detail}");
        assert!(step.starts_with("make a folder for it (sudo install -d -m 700 -o 4000000000 \"/srv/web/data\")"));
        for (need, wanted) in [(Need::Enter, "chmod u+x"), (Need::Create, "chmod u+wx"), (Need::Use, "chmod u+rw")] {
            let (_, step) = explain(&of(need, 7, 0), 7);
            assert_eq!(step, format!("{wanted} \"/srv/web\""), "its own");
        }
        assert_eq!(explain(&of(Need::Use, 7, 0), 0).1, POLICY, "modes do not keep root out");
    }

    #[test]
    fn the_first_closed_folder_on_the_way_is_found() {
        let folder = tempfile::tempdir().expect("folder");
        let closed = folder.path().join("closed");
        fs::create_dir_all(closed.join("inner")).expect("folders");
        let missing = barrier(&closed.join("missing/u.db"), 0).expect("nothing there");
        assert_eq!((missing.path.as_path(), missing.need), (closed.as_path(), Need::Create));
        if !rustix::process::geteuid().is_root() {
            fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("its own");
            let link = folder.path().join("link");
            std::os::unix::fs::symlink("closed/inner", &link).expect("link");
            let found = [barrier(&closed.join("inner/u.db"), 0), barrier(&link.join("u.db"), 0)];
            fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("its own");
            for found in found {
                let found = found.expect("closed");
                assert_eq!((found.path.as_path(), found.need, found.mode), (closed.as_path(), Need::Enter, 0));
            }
        }
    }
}
