//! The file of the key that seals second factors: 64 hex digits on one line, closed to everybody else.
//!
//! While one key takes the place of another the next lies beside it as `NAME.new`, and afterwards the former as
//! `NAME.old`.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use rustix::fs::{Mode, OFlags};
use zeroize::Zeroizing;

use super::config::Config;
use super::place::{Place, Source, show};
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::file_error::{account_name, file_error, is_absent, not_a_folder, run_as};
use crate::accounts::seal::{Key, Keyring, Slot};
use crate::accounts::token::hex;
use crate::temporary::{self, NEW_FILE, TemporaryFolder};

/// The folder of root's key. Every account reads the configuration beside it.
const SYSTEM: &str = "/etc/rollbook";

/// Finds the key's place: the flag, then the environment, then the configuration. The default is `/etc/rollbook/key`
/// for root and the folder of the configuration for every other account.
pub fn locate(flag: Option<PathBuf>, environment: Option<OsString>, config: &Config) -> Place {
    if let Some(path) = flag {
        return Place { path, source: Source::Flag("--key") };
    }
    if let Some(path) = environment.filter(|path| !path.is_empty()) {
        return Place { path: path.into(), source: Source::Environment("ROLLBOOK_KEY") };
    }
    if let Some((path, file)) = config.key.clone() {
        return Place { path, source: Source::Config(file) };
    }
    let own = etcetera::choose_base_strategy().map(|base| base.config_dir().join("rollbook"));
    let own = own.ok().filter(|folder| folder.is_absolute() && !rustix::process::geteuid().is_root());
    let folder = own.unwrap_or_else(|| PathBuf::from(SYSTEM));
    Place { path: folder.join("key"), source: Source::Default }
}

/// A key in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyFile {
    path: PathBuf,
    /// The owner of the database, whose key root may use as well.
    partner: Option<u32>,
}

impl KeyFile {
    /// The key in this file, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> KeyFile {
        KeyFile { path: path.into(), partner: None }
    }

    /// The key of this process, at the place that the environment and the configuration name: the one that the program
    /// uses too if it runs as the same account.
    ///
    /// # Errors
    /// `failure` for a broken configuration file.
    pub fn find() -> Result<KeyFile> {
        let config = Config::choose(None)?;
        Ok(KeyFile::new(locate(None, std::env::var_os("ROLLBOOK_KEY"), &config).path))
    }

    /// Lets root use a key that belongs to this account, the owner of the database.
    #[must_use]
    pub fn shared_with(self, owner: Option<u32>) -> KeyFile {
        KeyFile { partner: owner, ..self }
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
        temporary::parent_of(&self.path)
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

    /// Creates the missing folders, closed to other accounts; the system's folder is open to readers.
    fn make_folder(&self) -> io::Result<()> {
        let folder = self.folder();
        // Like `exists`, but an error is not taken for absence.
        match folder.metadata() {
            Err(fault) if is_absent(&fault) => {}
            facts => return facts.map(drop),
        }
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(not_a_folder)?;
        // Set here: the umask of this process closes everything that it creates.
        fs::set_permissions(folder, Permissions::from_mode(folder_mode(folder)))
    }

    /// A key in a folder of another account is lost when that account wishes, and that account cannot read it.
    fn check_folder_owner(&self) -> Result<()> {
        let folder = self.folder();
        let owner = folder.metadata().map_err(|fault| failed("cannot be created", &self.path, &fault))?.uid();
        let own = rustix::process::geteuid().as_raw();
        if owner == own || owner == 0 {
            return Ok(());
        }
        let message = format!(
            "the folder {} for the key belongs to {}, not to {}",
            show(folder),
            account_name(owner),
            account_name(own)
        );
        Err(Error::new(Kind::Failure, message)
            .hint(format!("run it as that account ({}), or {ELSEWHERE}", run_as(owner))))
    }

    /// A temporary folder beside the key's place, and the place of a file in it.
    fn draft(&self) -> io::Result<(TemporaryFolder, PathBuf)> {
        let folder = TemporaryFolder::create(self.folder(), NEW_FILE)?;
        let file = folder.path().join("key");
        Ok((folder, file))
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
            Err(fault) if is_absent(&fault) => return Ok(None),
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
        let (owner, own) = (facts.uid(), rustix::process::geteuid().as_raw());
        if !may_use(owner, own, self.partner) {
            return Err(Error::new(
                Kind::Failure,
                format!("the key {shown} belongs to {}, not to {}", account_name(owner), account_name(own)),
            )
            .hint(format!("run it as the owner ({}), or {ELSEWHERE}", run_as(owner))));
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
        let fault = |fault: io::Error| failed("cannot be created", &path, &fault);
        self.make_folder().map_err(fault)?;
        self.check_folder()?;
        self.check_folder_owner()?;
        // The key is never there in part, and never replaced.
        let made = self.draft().and_then(|(_folder, draft)| {
            write_new(&draft, key)?;
            temporary::publish(&draft, &path)
        });
        made.map_err(fault)
    }

    fn advance(&self) -> Result<()> {
        let (next, former) = (self.path_of(Slot::Next), self.path_of(Slot::Former));
        if !next.exists() {
            return Ok(());
        }
        let advanced = (|| {
            if self.path.exists() {
                // A second name for the present key first: at no moment is either of them without one.
                let (_folder, draft) = self.draft()?;
                fs::hard_link(&self.path, &draft)?;
                fs::rename(&draft, &former)?;
            }
            fs::rename(&next, &self.path)?;
            self.settle()
        })();
        advanced.map_err(|fault| failed("cannot be replaced", &self.path, &fault))
    }
}

/// The mode of a folder that is created for the key.
fn folder_mode(folder: &Path) -> u32 {
    if folder == Path::new(SYSTEM) { 0o755 } else { 0o700 }
}

/// Whether a process of the account `own` may use a key of this owner: its own, root's, and for root its partner's.
fn may_use(owner: u32, own: u32, partner: Option<u32>) -> bool {
    owner == own || owner == 0 || (own == 0 && partner == Some(owner))
}

const ELSEWHERE: &str = "name another place with --key, ROLLBOOK_KEY or key in config.toml";

fn failed(attempt: &str, path: &Path, fault: &io::Error) -> Error {
    let error = file_error(attempt, path, fault, ELSEWHERE);
    Error { message: format!("the key {}", error.message), ..error }
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
    use std::os::unix::fs::symlink;

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
    fn the_flag_beats_the_environment_and_that_the_configuration() {
        let config = Config { key: Some(("/config".into(), "/etc/rollbook/config.toml".into())), ..Config::default() };
        let find = |flag: Option<&str>, variable: &str, config: &Config| {
            locate(flag.map(PathBuf::from), Some(variable.into()), config)
        };
        assert_eq!(find(Some("/flag"), "/env", &config).path, Path::new("/flag"));
        assert_eq!(find(None, "/env", &config).path, Path::new("/env"));
        let place = find(None, "", &config);
        assert_eq!(
            (place.path.as_path(), place.source.words().as_str()),
            (Path::new("/config"), "/etc/rollbook/config.toml")
        );
        let place = find(None, "", &Config::default());
        assert!(place.path.ends_with("rollbook/key"), "an empty variable says nothing");
        assert_eq!(place.source, Source::Default);
    }

    #[test]
    fn only_the_folder_of_the_system_is_open_to_readers() {
        assert_eq!(folder_mode(Path::new("/etc/rollbook")), 0o755);
        assert_eq!(folder_mode(Path::new("/home/ann/.config/rollbook")), 0o700);
    }

    #[test]
    fn a_key_is_for_its_owner_and_root_may_use_that_of_the_owner_of_the_database() {
        for (owner, own, partner, may) in [
            (1000, 1000, None, true),
            (0, 1000, None, true),
            (1001, 1000, Some(1001), false),
            (1000, 0, None, false),
            (1000, 0, Some(1000), true),
            (1001, 0, Some(1000), false),
        ] {
            assert_eq!(may_use(owner, own, partner), may, "{owner} {own} {partner:?}");
        }
    }
}
