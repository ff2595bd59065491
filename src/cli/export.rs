//! `audit export` and the verification of what it wrote: records to and from a file of their own.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use serde::Serialize;

use super::call::{Call, Missing};
use super::json;
use super::output::Outcome;
use crate::accounts::chain::{Head, UNEXPLAINED, broken};
use crate::accounts::error::{Error, Kind, Result};
use crate::accounts::export::{self, Record};
use crate::accounts::file_error::file_error;
use crate::accounts::text::quote;
use crate::accounts::trail::parse_since;
use crate::temporary::{self, NEW_FILE, TemporaryFolder};

#[derive(Serialize)]
struct Exported {
    file: String,
    entries: u64,
    after: Option<String>,
    head: Option<String>,
    dry_run: bool,
}

#[derive(Serialize)]
struct Verified {
    entries: u64,
    erased: u64,
    after: String,
    head: Option<String>,
}

/// Writes the entries since the last export to a new file, makes it durable, and only then leaves the checkpoint.
pub fn write(call: &mut Call<'_>, path: &Path, until: Option<&str>) -> Outcome {
    let mut accounts = call.accounts(Missing::Refuse)?;
    let until = until.map(|text| parse_since(text, accounts.now())).transpose()?;
    let dry = call.global.dry_run;
    if call.global.read_only {
        let error = Error::new(Kind::Failure, "--read-only: an export leaves a checkpoint in the database");
        return Err(error.hint("leave --read-only out").into());
    }
    let mut sheet = if dry { None } else { Some(Sheet::new(path)?) };
    let stretch = accounts.export_audit(until, &mut |record| match &mut sheet {
        Some(sheet) => sheet.put(record),
        None => Ok(()),
    })?;
    if let Some(stretch) = &stretch {
        if let Some(sheet) = sheet {
            // Before the checkpoint: with a checkpoint and no file, upkeep would remove entries that no file holds.
            sheet.publish()?;
        }
        accounts.exported(stretch)?;
    }
    let file = path.to_string_lossy();
    if call.out.is_json() {
        return call.out.json(&Exported {
            file: file.into_owned(),
            entries: stretch.map_or(0, |stretch| stretch.entries),
            after: stretch.map(|stretch| stretch.after.to_string()),
            head: stretch.map(|stretch| stretch.head.to_string()),
            dry_run: dry,
        });
    }
    let Some(stretch) = stretch else {
        call.out.say("there is nothing to export since the last time; no file was made");
        return Ok(());
    };
    let (count, first) = (stretch.entries, stretch.after.seq + 1);
    let done = if dry { "would go" } else { "are" };
    call.out.done(&format!("{count} entries, {first} to {}, {done} in {}", stretch.head.seq, quote(&file)))?;
    call.out.line(&format!("head {}", stretch.head))?;
    call.out.say("keep the head elsewhere: only against it can a file be told from one that was written anew");
    Ok(())
}

/// Verifies exported files, each of which follows the one before, without a database.
pub fn verify(call: &mut Call<'_>, paths: &[PathBuf], kept: Option<&str>) -> Outcome {
    let kept = kept.map(Head::parse).transpose()?;
    let files = paths.iter().map(|path| match File::open(path) {
        Ok(file) => Ok(records(path, file)),
        Err(fault) => Err(failed("cannot be read", path, &fault)),
    });
    let (after, found) = export::verify_files(files, kept)?;
    match found.broken {
        Some((seq, UNEXPLAINED)) => {
            let hint =
                "if the purge is in a later export: --export FILE --export LATER; otherwise compare with a backup";
            return Err(broken(seq, UNEXPLAINED).hint(hint).into());
        }
        Some((seq, why)) => return Err(broken(seq, why).into()),
        None => {}
    }
    let head = found.head.map(|head| head.to_string());
    if call.out.is_json() {
        let after = after.to_string();
        return call.out.json(&Verified { entries: found.entries, erased: found.erased, after, head });
    }
    call.out.line(&format!("{} entries hold; the detail of {} was erased by purges", found.entries, found.erased))?;
    call.out.line(&format!("after {after}"))?;
    if let Some(head) = head {
        call.out.line(&format!("head {head}"))?;
    }
    Ok(())
}

/// The longest line that is read: more than any entry has, and an end to a file without line ends.
const LONGEST: u64 = 16 << 20;

/// The records of a file, one a line.
fn records(path: &Path, file: File) -> impl Iterator<Item = Result<Record>> + '_ {
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    (1..).map_while(move |at| {
        line.clear();
        match reader.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => Some(read(path, at, &line)),
            Err(fault) => Some(Err(failed("cannot be read", path, &fault))),
        }
    })
}

fn read(path: &Path, at: usize, line: &[u8]) -> Result<Record> {
    serde_json::from_slice(line).map_err(|_| {
        let file = quote(&path.to_string_lossy());
        let message =
            format!("line {at} of {file} is not a line of an exported audit: it lacks a field or has another");
        Error::new(Kind::Failure, message).hint("`rollbook audit export FILE` writes one")
    })
}

/// The file that is being written, in a temporary folder beside its place; gone again unless it is published.
struct Sheet<'a> {
    path: &'a Path,
    draft: PathBuf,
    out: BufWriter<File>,
    _folder: TemporaryFolder,
}

impl Sheet<'_> {
    fn new(path: &Path) -> Result<Sheet<'_>> {
        let fault = |fault| failed("cannot be created", path, &fault);
        let Some(name) = path.file_name() else { return Err(fault(Errno::INVAL.into())) };
        if path.symlink_metadata().is_ok() {
            return Err(fault(Errno::EXIST.into()));
        }
        let folder = TemporaryFolder::create(temporary::parent_of(path), NEW_FILE).map_err(fault)?;
        let draft = folder.path().join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(fault)?;
        Ok(Sheet { path, draft, out: BufWriter::new(file), _folder: folder })
    }

    fn put(&mut self, record: &Record) -> Result<()> {
        let line = json::line(record).and_then(|line| self.out.write_all(&line));
        line.map_err(|fault| failed("cannot be written", self.path, &fault))
    }

    /// Puts the complete file at its place and on the disk.
    fn publish(mut self) -> Result<()> {
        let settled = self.out.flush().and_then(|()| temporary::publish(&self.draft, self.path));
        settled.map_err(|fault| failed("cannot be written to the disk", self.path, &fault))
    }
}

fn failed(attempt: &str, path: &Path, fault: &std::io::Error) -> Error {
    file_error(attempt, path, fault, "name another file")
}
