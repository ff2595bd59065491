//! Checks of a database's folder and files: only the owner may read or change them.
//!
//! They open no file: closing one would drop the locks that SQLite holds on it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::file_error::{file_error, named};
use crate::accounts::file_id::FileId;

/// How to choose another place for the database.
pub const ELSEWHERE: &str = "name another place with --db";

/// SQLite adds these endings to the name of a database: its log, the index of its log, and its rollback journal.
pub const ENDINGS: [&str; 3] = ["-wal", "-shm", "-journal"];

const WRITABLE_BY_OTHERS: u32 = 0o022;
const OPEN_TO_OTHERS: u32 = 0o077;

/// The words for a file that other accounts can read or write.
pub const IS_OPEN: &str = "is open to others";

/// The path of the file with this ending beside a database.
pub fn beside(place: &Path, ending: &str) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The identity of a file.
pub fn id(facts: &Metadata) -> FileId {
    FileId { device: facts.dev(), inode: facts.ino() }
}

/// Refuses a database whose folder or files another account can read or change. `facts` are of the file itself.
pub fn check(place: &Path, facts: &Metadata) -> Result<()> {
    faults(place, facts).into_iter().next().map_or(Ok(()), Err)
}

/// The first fault of the folder and of each file, in the order of the checks.
pub fn faults(place: &Path, facts: &Metadata) -> Vec<Error> {
    let folder = place.parent().map_or(Ok(()), |folder| check_folder(folder, Some(facts.uid())));
    let side_files = ENDINGS.map(|ending| side_file(&beside(place, ending), facts.uid()));
    [folder, file(place, facts)].into_iter().chain(side_files).filter_map(Result::err).collect()
}

/// Refuses a folder in which another account can replace a database that belongs to `owner`.
pub fn check_folder(folder: &Path, owner: Option<u32>) -> Result<()> {
    let facts = folder.symlink_metadata();
    let facts = facts.map_err(|fault| file_error("cannot be checked", folder, &fault, ELSEWHERE))?;
    if facts.mode() & WRITABLE_BY_OTHERS != 0 {
        // A sticky folder protects the file and not the names beside it: SQLite would write to a log of another account.
        return Err(Error::new(Kind::Failure, format!("others may write to the folder {}", named(folder)))
            .hint(format!("keep it in a folder of your own (mkdir -m 700), or chmod go-w {}", named(folder))));
    }
    let me = rustix::process::geteuid().as_raw();
    if !is_trusted(facts.uid(), me, owner) {
        let message = format!(
            "the folder {} belongs to account {}, which may replace the database in it",
            named(folder),
            facts.uid()
        );
        let hint = format!("keep it in a folder of your own, or chown {} {}", owner.unwrap_or(me), named(folder));
        return Err(Error::new(Kind::Failure, message).hint(hint));
    }
    Ok(())
}

/// Whether the owner of a folder may decide which files are in it: root, the present account, the database's owner.
fn is_trusted(folder: u32, me: u32, database: Option<u32>) -> bool {
    folder == 0 || folder == me || Some(folder) == database
}

fn file(place: &Path, facts: &Metadata) -> Result<()> {
    let fault = |words: &str, hint: String| fault(place, words, hint);
    if facts.file_type().is_symlink() {
        return fault("is a symbolic link", "name the file itself with --db".into());
    }
    if !facts.is_file() {
        return fault("is not a file", "name a database file with --db".into());
    }
    if facts.mode() & OPEN_TO_OTHERS != 0 {
        return fault(IS_OPEN, format!("chmod 600 {}", named(place)));
    }
    if facts.nlink() > 1 {
        // Each name has a log of its own: changes made by one name are missing under the other, and lost.
        return fault(
            "has more than one name (hard link), and changes made by one of them are lost by the other",
            format!("`find / -xdev -samefile {}` finds the other names; remove them", named(place)),
        );
    }
    Ok(())
}

fn side_file(path: &Path, owner: u32) -> Result<()> {
    let facts = match path.symlink_metadata() {
        Ok(facts) => facts,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(file_error("cannot be checked", path, &cause, ELSEWHERE)),
    };
    let fault = |words: &str, hint: String| fault(path, words, hint);
    let move_away = || format!("stop what has the database open, then move {} away", named(path));
    if facts.file_type().is_symlink() {
        return fault("is a symbolic link, and SQLite would write to the file behind it", move_away());
    }
    if !facts.is_file() {
        return fault("is not a file", move_away());
    }
    if facts.uid() != owner {
        return fault(
            &format!("belongs to account {}, and the database beside it to account {owner}", facts.uid()),
            format!("if you trust what is in it: chown {owner} {}", named(path)),
        );
    }
    if facts.mode() & OPEN_TO_OTHERS != 0 {
        return fault(IS_OPEN, format!("chmod 600 {}", named(path)));
    }
    if facts.nlink() > 1 {
        return fault(
            "has more than one name (hard link), and others may read it by another",
            format!("`find / -xdev -samefile {}` finds the other names; remove them", named(path)),
        );
    }
    Ok(())
}

fn fault(path: &Path, words: &str, hint: String) -> Result<()> {
    Err(Error::new(Kind::Failure, format!("{} {words}", named(path))).hint(hint))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

    use super::*;
    use crate::engines::opening::Access;
    use crate::engines::sqlite::handle::Sqlite;

    fn database() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.db");
        drop(Sqlite::create(&path).unwrap());
        (folder, path)
    }

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// The refusal of both kinds of access; both must say the same.
    fn refused(path: &Path) -> Error {
        let [full, look] = [Access::Full, Access::ReadOnly].map(|access| Sqlite::open(path, access).err().unwrap());
        assert_eq!(full, look);
        assert_eq!(full.kind, Kind::Failure);
        full
    }

    #[test]
    fn a_side_file_that_is_open_to_others_is_refused_and_a_closed_one_is_used() {
        for ending in ENDINGS {
            let (_folder, path) = database();
            let side = beside(&path, ending);
            fs::write(&side, "").unwrap();
            for bits in [0o644, 0o640, 0o620, 0o601] {
                mode(&side, bits);
                let error = refused(&path);
                assert!(error.message.contains(ending) && error.message.contains("open to others"), "{error}");
                assert!(error.hint.unwrap().starts_with("chmod 600"));
            }
            mode(&side, 0o600);
            drop(Sqlite::open(&path, Access::Full).unwrap());
        }
    }

    #[test]
    fn a_side_file_that_is_a_link_or_a_folder_is_refused() {
        for ending in ENDINGS {
            let (folder, path) = database();
            let side = beside(&path, ending);
            let elsewhere = folder.path().join("elsewhere");
            fs::write(&elsewhere, "kept").unwrap();
            symlink(&elsewhere, &side).unwrap();
            assert!(refused(&path).message.contains("symbolic link"));
            fs::remove_file(&side).unwrap();
            symlink(folder.path().join("nothing"), &side).unwrap();
            assert!(refused(&path).message.contains("symbolic link"));
            fs::remove_file(&side).unwrap();
            fs::create_dir(&side).unwrap();
            assert!(refused(&path).message.contains("is not a file"));
            fs::remove_dir(&side).unwrap();
            fs::hard_link(&elsewhere, &side).unwrap();
            mode(&side, 0o600);
            assert!(refused(&path).message.contains("more than one name"));
            assert_eq!(fs::read(&elsewhere).unwrap(), b"kept");
        }
    }

    #[test]
    fn a_database_with_two_names_is_refused_by_both() {
        let (folder, path) = database();
        let second = folder.path().join("second.db");
        fs::hard_link(&path, &second).unwrap();
        for name in [&path, &second] {
            let error = refused(name);
            assert!(error.message.contains("more than one name"), "{error}");
            assert!(error.hint.unwrap().contains("-samefile"));
        }
        fs::remove_file(&second).unwrap();
        drop(Sqlite::open(&path, Access::Full).unwrap());
    }

    #[test]
    fn the_owner_of_the_folder_is_root_or_the_account_or_the_owner_of_the_database() {
        assert!(is_trusted(0, 1000, Some(1000)) && is_trusted(0, 1000, None));
        assert!(is_trusted(1000, 1000, Some(0)), "an account's own folder");
        assert!(is_trusted(33, 0, Some(33)), "root opens the database of a service");
        assert!(!is_trusted(33, 0, Some(0)) && !is_trusted(33, 0, None) && !is_trusted(33, 1000, Some(1000)));
    }

    #[test]
    fn files_of_other_accounts_are_refused() {
        let (folder, path) = database();
        // Only root can give a file away.
        if chown(folder.path(), Some(12_345), None).is_err() {
            return;
        }
        let error = refused(&path);
        assert!(error.message.contains("belongs to account 12345"), "{error}");
        assert!(Sqlite::create(&folder.path().join("new.db")).err().unwrap().message.contains("account 12345"));
        chown(&path, Some(12_345), None).unwrap();
        drop(Sqlite::open(&path, Access::Full).unwrap());
        let side = beside(&path, "-wal");
        fs::write(&side, "").unwrap();
        mode(&side, 0o600);
        let error = refused(&path);
        assert!(error.message.contains("-wal") && error.message.contains("belongs to account 0"), "{error}");
        assert!(error.hint.unwrap().contains("chown 12345"));
        chown(&side, Some(12_345), None).unwrap();
        drop(Sqlite::open(&path, Access::Full).unwrap());
    }

    #[test]
    fn all_faults_are_found_at_once() {
        let (folder, path) = database();
        mode(folder.path(), 0o770);
        mode(&path, 0o640);
        fs::write(beside(&path, "-wal"), "").unwrap();
        mode(&beside(&path, "-wal"), 0o644);
        let found = faults(&path, &path.symlink_metadata().unwrap());
        let found: Vec<&str> = found.iter().map(|fault| fault.message.as_str()).collect();
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
