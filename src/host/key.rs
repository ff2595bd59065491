//! The file of the key that seals second factors: 64 hex digits on one line, closed to everybody else.
//!
//! While one key takes the place of another the next lies beside it as `NAME.new`, and afterwards the former as
//! `NAME.old`.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use etcetera::BaseStrategy as _;
use rustix::fs::{Mode, OFlags};
use zeroize::Zeroizing;

use super::place::show;
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::seal::{Key, Keyring, Slot};
use crate::accounts::token::hex;

/// Finds the key's place: the flag, then the environment, then `/etc/rollbook/key` for root and the configuration's
/// folder for everybody else.
pub fn locate(flag: Option<PathBuf>, environment: Option<OsString>) -> PathBuf {
    let system = || PathBuf::from("/etc/rollbook/key");
    if let Some(path) = flag.or_else(|| environment.filter(|path| !path.is_empty()).map(PathBuf::from)) {
        return path;
    }
    if rustix::process::geteuid().is_root() {
        return system();
    }
    etcetera::choose_base_strategy().map_or_else(|_| system(), |base| base.config_dir().join("rollbook").join("key"))
}

/// A key in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The key in this file, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> KeyFile {
        KeyFile { path: path.into() }
    }

    fn path_of(&self, slot: Slot) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        match slot {
            Slot::Present => {}
            Slot::Next => name.push(".new"),
            Slot::Former => name.push(".old"),
        }
        name.into()
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// Whoever may write in the folder may put a key of theirs there.
    fn check_folder(&self) -> Result<()> {
        let folder = self.folder();
        let facts = folder.metadata().map_err(|fault| failed("cannot be read", folder, &fault))?;
        if facts.mode() & 0o022 == 0 {
            return Ok(());
        }
        let shown = show(folder);
        Err(Error::new(Kind::Failure, format!("others may write in {shown}, where the key is"))
            .hint(format!("chmod go-w {shown}, or {ELSEWHERE}")))
    }

    /// Whatever was done to the folder is on the disk.
    fn settle(&self) -> io::Result<()> {
        File::open(self.folder())?.sync_all()
    }
}

impl Keyring for KeyFile {
    fn place(&self) -> String {
        show(&self.path)
    }

    fn read(&self, slot: Slot) -> Result<Option<Key>> {
        let path = self.path_of(slot);
        // A link could lead to a file that somebody else chooses; a pipe must not keep us waiting.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(&path, flags, Mode::empty()).map_err(io::Error::from) {
            Ok(file) => File::from(file),
            Err(fault) if matches!(fault.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(fault) => return Err(failed("cannot be read", &path, &fault)),
        };
        let facts = file.metadata().map_err(|fault| failed("cannot be read", &path, &fault))?;
        let shown = show(&path);
        if !facts.is_file() {
            return Err(Error::new(Kind::Failure, format!("the key {shown} is not a file")).hint(ELSEWHERE));
        }
        if facts.mode() & 0o077 != 0 {
            return Err(Error::new(Kind::Failure, format!("the key {shown} is open to others"))
                .hint(format!("chmod 600 {shown}, and if others may have read it: rollbook factor rekey")));
        }
        let owner = facts.uid();
        if owner != rustix::process::geteuid().as_raw() && owner != 0 {
            return Err(Error::new(Kind::Failure, format!("the key {shown} belongs to somebody else"))
                .hint("whoever owns it knows it: give it to the one who runs this, then rollbook factor rekey"));
        }
        self.check_folder()?;
        let mut text = Zeroizing::new(Vec::with_capacity(128));
        file.take(128).read_to_end(&mut text).map_err(|fault| failed("cannot be read", &path, &fault))?;
        match parse(&text) {
            Some(bytes) => Ok(Some(Key::new(bytes))),
            None => Err(Error::new(Kind::Failure, format!("{shown} holds no key: it has 64 hex digits"))
                .hint("bring it back from its copy; without one, second factors must be turned off and on again")),
        }
    }

    fn make(&self, slot: Slot, key: &Key) -> Result<()> {
        let path = self.path_of(slot);
        let fault = |fault: io::Error| failed("cannot be made", &path, &fault);
        if !self.folder().exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(self.folder()).map_err(fault)?;
        }
        self.check_folder()?;
        // Written under another name and then linked, so that the key is never there in part, and never replaced.
        let draft = draft_beside(&path);
        let made = write_new(&draft, key).and_then(|()| fs::hard_link(&draft, &path));
        let _ = fs::remove_file(&draft);
        made.and_then(|()| self.settle()).map_err(fault)
    }

    fn advance(&self) -> Result<()> {
        let (next, former) = (self.path_of(Slot::Next), self.path_of(Slot::Former));
        if !next.exists() {
            return Ok(());
        }
        let advanced = (|| {
            if self.path.exists() {
                // A second name for the present key first: at no moment is either of them without one.
                let draft = draft_beside(&former);
                fs::hard_link(&self.path, &draft)?;
                fs::rename(&draft, &former)?;
            }
            fs::rename(&next, &self.path)?;
            self.settle()
        })();
        advanced.map_err(|fault| failed("cannot be replaced", &self.path, &fault))
    }
}

const ELSEWHERE: &str = "name another place with --key or ROLLBOOK_KEY";

fn failed(what: &str, path: &Path, fault: &io::Error) -> Error {
    let reason = fault.to_string();
    let reason = reason.split(" (os error").next().unwrap_or_default().to_lowercase();
    Error::new(Kind::Failure, format!("the key {} {what}: {reason}", show(path))).hint(ELSEWHERE)
}

/// A name that no other process and no other thread of this one takes.
fn draft_beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    name.into()
}

fn write_new(path: &Path, key: &Key) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?);
    let mut text = Zeroizing::new(hex(key.expose()));
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn parse(text: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let digits = text.trim_ascii();
    if digits.len() != 64 {
        return None;
    }
    let digit = |c: u8| char::from(c).to_digit(16).map(|value| value as u8);
    let mut bytes = Zeroizing::new([0u8; 32]);
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn key(n: u8) -> Key {
        Key::new(Zeroizing::new([n; 32]))
    }

    fn ring() -> (tempfile::TempDir, KeyFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("new folder").join("key"));
        (folder, file)
    }

    fn id(ring: &KeyFile, slot: Slot) -> Option<String> {
        ring.read(slot).unwrap().map(|key| key.id().as_str().to_owned())
    }

    #[test]
    fn a_key_is_made_once_closed_to_others_and_read_back() {
        let (_folder, ring) = ring();
        assert_eq!(id(&ring, Slot::Present), None);
        ring.make(Slot::Present, &key(1)).unwrap();
        assert_eq!(id(&ring, Slot::Present), Some(key(1).id().as_str().to_owned()));
        assert_eq!(ring.path.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(ring.folder().metadata().unwrap().mode() & 0o777, 0o700);
        assert!(ring.make(Slot::Present, &key(2)).is_err());
        assert_eq!(id(&ring, Slot::Present), Some(key(1).id().as_str().to_owned()), "the first stays");
        assert_eq!(fs::read_dir(ring.folder()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_key_that_others_can_read_or_choose_is_refused() {
        let (_folder, ring) = ring();
        ring.make(Slot::Present, &key(1)).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&ring.path, fs::Permissions::from_mode(mode)).unwrap();
            let error = ring.read(Slot::Present).err().unwrap();
            assert!(error.message.contains("open to others"), "{error}");
        }
        fs::set_permissions(&ring.path, fs::Permissions::from_mode(0o600)).unwrap();
        for (mode, open) in [(0o777, true), (0o1777, true), (0o770, true), (0o755, false)] {
            fs::set_permissions(ring.folder(), fs::Permissions::from_mode(mode)).unwrap();
            let refused = [ring.read(Slot::Present).err(), ring.make(Slot::Next, &key(2)).err()];
            assert_eq!(refused.map(|error| error.is_some_and(|e| e.message.contains("others may"))), [open; 2]);
        }
        fs::remove_file(ring.path_of(Slot::Next)).unwrap();
        let moved = ring.folder().join("moved");
        fs::rename(&ring.path, &moved).unwrap();
        fs::set_permissions(&moved, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&moved, &ring.path).unwrap();
        assert!(ring.read(Slot::Present).is_err(), "a link");
        fs::remove_file(&ring.path).unwrap();
        fs::create_dir(&ring.path).unwrap();
        fs::set_permissions(&ring.path, fs::Permissions::from_mode(0o700)).unwrap();
        assert!(ring.read(Slot::Present).is_err(), "a folder");
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let (_folder, ring) = ring();
        ring.make(Slot::Present, &key(1)).unwrap();
        for text in ["", "abc", &"x".repeat(64), &"a".repeat(65), &"a".repeat(200)] {
            fs::write(&ring.path, text).unwrap();
            let error = ring.read(Slot::Present).err().unwrap();
            assert!(error.message.contains("holds no key") && !error.message.contains("aaa"), "{error}");
        }
        fs::write(&ring.path, format!("{}\r\n", "AB".repeat(32))).unwrap();
        assert_eq!(id(&ring, Slot::Present), Some(key(0xab).id().as_str().to_owned()));
    }

    #[test]
    fn the_next_key_comes_into_force_and_the_present_one_is_kept() {
        let (_folder, ring) = ring();
        ring.make(Slot::Present, &key(1)).unwrap();
        ring.advance().unwrap();
        for n in [2, 3] {
            ring.make(Slot::Next, &key(n)).unwrap();
            ring.advance().unwrap();
            let ids = Slot::ALL.map(|slot| id(&ring, slot));
            assert_eq!(ids, [Some(n), None, Some(n - 1)].map(|n| n.map(|n| key(n).id().as_str().to_owned())));
        }
        assert_eq!(fs::read_dir(ring.folder()).unwrap().count(), 2);
    }

    #[test]
    fn the_flag_beats_the_environment() {
        let find = |flag: Option<&str>, variable: &str| locate(flag.map(PathBuf::from), Some(variable.into()));
        assert_eq!(find(Some("/flag"), "/env"), Path::new("/flag"));
        assert_eq!(find(None, "/env"), Path::new("/env"));
        assert!(find(None, "").ends_with("rollbook/key"), "an empty variable says nothing");
    }
}
