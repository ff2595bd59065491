//! Files that appear at their place complete or not at all.
//!
//! A file is written in a temporary folder beside its place and is then moved to its place. A process that is killed
//! leaves its temporary folder behind. The maker holds a lock (`flock`) on the folder for as long as it lives, so the
//! next process that writes there knows that the maker is dead, and removes the folder. Age proves nothing.
//!
//! A file system without such locks (some network file systems) keeps the leftover folders.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;

/// The beginning of the name of a folder in which a new file is written.
pub const NEW_FILE: &str = ".rollbook-new-";

/// A folder, closed to others, that is removed when this value is dropped.
#[derive(Debug)]
pub struct TemporaryFolder {
    path: PathBuf,
    /// Holds the lock. Stays open until the folder is gone.
    _lock: File,
}

impl TemporaryFolder {
    /// Creates a folder in `parent` whose name begins with `prefix`, and removes those that dead processes left there.
    ///
    /// # Errors
    /// The system's reason.
    pub fn create(parent: &Path, prefix: &str) -> io::Result<TemporaryFolder> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        remove_abandoned(parent, prefix);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("{prefix}{}-{number}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(fault) if fault.kind() == ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            let lock = match open_folder(&path) {
                // Another process removed the folder before this one locked it.
                Err(fault) if fault.kind() == ErrorKind::NotFound => continue,
                opened => opened?,
            };
            // An error means that this file system has no locks: then no process can remove the folder either.
            let _ = rustix::io::retry_on_intr(|| flock(&lock, FlockOperation::LockExclusive));
            // Another process may have removed the folder before it was locked.
            if is_still_at(&lock, &path) {
                return Ok(TemporaryFolder { path, _lock: lock });
            }
        }
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the folder although this process may still be writing in it.
    ///
    /// # Errors
    /// The system's reason for the last of several attempts.
    pub fn remove(path: &Path) -> io::Result<()> {
        const ATTEMPTS: u32 = 100;
        let mut outcome = Ok(());
        for _ in 0..ATTEMPTS {
            outcome = fs::remove_dir_all(path);
            match &outcome {
                Ok(()) => return Ok(()),
                Err(fault) if fault.kind() == ErrorKind::NotFound && !path.exists() => return Ok(()),
                // A file appeared or went while the folder was emptied.
                Err(fault) if matches!(fault.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => {}
                Err(_) => break,
            }
        }
        outcome
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = Self::remove(&self.path);
    }
}

/// Removes the folders in `parent` whose names begin with `prefix` and whose makers are dead: those of this account,
/// closed to others, that no process has locked.
pub fn remove_abandoned(parent: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    let named = entries.flatten().filter(|entry| entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes()));
    for path in named.map(|entry| entry.path()) {
        let Ok(folder) = open_folder(&path) else { continue };
        let Ok(facts) = folder.metadata() else { continue };
        let own = facts.uid() == rustix::process::geteuid().as_raw() && facts.mode() & 0o777 == 0o700;
        if own && flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok() && is_still_at(&folder, &path) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn open_folder(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty()).map(File::from)?)
}

fn is_still_at(folder: &File, path: &Path) -> bool {
    match (folder.metadata(), path.symlink_metadata()) {
        (Ok(held), Ok(there)) => (held.dev(), held.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// Moves a complete file to its place, which must be free, and makes both last on the disk.
///
/// # Errors
/// `AlreadyExists` if the place is taken, which stays as it is; otherwise the system's reason.
pub fn publish(from: &Path, to: &Path) -> io::Result<()> {
    File::open(from)?.sync_all()?;
    match rename_to_free(from, to) {
        // Old kernels, some network file systems and some sandboxes do not know this call.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM) => rename_over_placeholder(from, to)?,
        moved => moved?,
    }
    File::open(parent_of(to))?.sync_all()
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_to_free(from: &Path, to: &Path) -> rustix::io::Result<()> {
    rustix::fs::renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, rustix::fs::RenameFlags::NOREPLACE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_to_free(_: &Path, _: &Path) -> rustix::io::Result<()> {
    Err(Errno::NOSYS)
}

/// Takes the place with an empty file, which fails if the place is taken, and replaces this file. A process that is
/// killed between the two calls leaves the empty file.
fn rename_over_placeholder(from: &Path, to: &Path) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let placeholder = File::from(rustix::fs::open(to, flags, Mode::RUSR | Mode::WUSR)?);
    // Another process removes an empty file unless it is locked, and then makes its own file here.
    let _ = flock(&placeholder, FlockOperation::NonBlockingLockExclusive);
    if !is_still_at(&placeholder, to) {
        return Err(ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to).inspect_err(|_| drop(fs::remove_file(to)))
}

/// The folder that holds a file.
pub fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn only_folders_whose_makers_are_dead_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let living = TemporaryFolder::create(parent.path(), NEW_FILE).unwrap();
        let dead = TemporaryFolder::create(parent.path(), NEW_FILE).unwrap();
        let opened_to_others = parent.path().join(format!("{NEW_FILE}open"));
        fs::create_dir(&opened_to_others).unwrap();
        fs::set_permissions(&opened_to_others, fs::Permissions::from_mode(0o755)).unwrap();
        let link = parent.path().join(format!("{NEW_FILE}link"));
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
        fs::write(parent.path().join(format!("{NEW_FILE}file")), "").unwrap();
        fs::write(dead.path().join("draft"), "half").unwrap();
        fs::write(living.path().join("draft"), "half").unwrap();
        // The process ends: its descriptors are closed and nothing is removed.
        let dead = std::mem::ManuallyDrop::new(dead);
        flock(&dead._lock, FlockOperation::Unlock).unwrap();
        remove_abandoned(parent.path(), NEW_FILE);
        assert!(!dead.path().exists());
        assert!(living.path().join("draft").exists());
        assert!(opened_to_others.exists() && link.exists() && elsewhere.path().exists());
        drop(living);
        assert_eq!(names(parent.path()), ["file", "link", "open"].map(|name| format!("{NEW_FILE}{name}")));
    }

    #[test]
    fn a_file_is_moved_to_a_free_place_and_never_over_another() {
        let parent = tempfile::tempdir().unwrap();
        let (from, to) = (parent.path().join("from"), parent.path().join("to"));
        for move_file in [publish, rename_over_placeholder] {
            fs::write(&from, "new").unwrap();
            move_file(&from, &to).unwrap();
            assert_eq!(fs::read_to_string(&to).unwrap(), "new");
            assert_eq!((names(parent.path()), to.metadata().unwrap().nlink()), (vec!["to".to_owned()], 1));
            fs::write(&to, "old").unwrap();
            fs::write(&from, "new").unwrap();
            assert_eq!(move_file(&from, &to).unwrap_err().kind(), ErrorKind::AlreadyExists);
            assert_eq!(fs::read_to_string(&to).unwrap(), "old");
            fs::remove_file(&to).unwrap();
        }
        let absent = parent.path().join("absent");
        assert!(rename_over_placeholder(&absent, &to).is_err());
        assert!(!to.exists(), "no placeholder is left");
    }
}
