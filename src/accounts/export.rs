//! A stretch of the audit carried out into a file that verifies alone, and the checkpoint that this leaves in the chain:
//! from there on what is left still verifies when retention has removed the stretch.
//!
//! Knows records, not files: who writes them down and where is the caller's affair.

use serde::{Deserialize, Serialize};

use super::audit::{Deed, Entry, GENESIS};
use super::chain::{Head, Link, Verification, Walk, broken};
use super::error::{Error, Kind, Result};
use super::time::Time;
use super::token::hex;

/// The field under which an export's entry names the head that it sealed.
pub const FIELD: &str = "exported";

/// One line of an exported audit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Record {
    /// The first: the head that stands before the stretch.
    Begin {
        /// `NUMBER:DIGEST`.
        audit_after: String,
    },
    /// An entry.
    Entry(Line),
    /// The last: the head at the end, without which a file is known to be cut off.
    End {
        /// `NUMBER:DIGEST`.
        audit_head: String,
    },
}

/// An entry as the chain covers it, spelled so that every digest can be computed again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its number.
    pub seq: i64,
    /// When, for people.
    pub at: String,
    /// When, as it is covered: milliseconds since 1970.
    pub at_ms: i64,
    /// The kind of actor.
    pub actor_kind: String,
    /// The actor's user id.
    pub actor_id: Option<String>,
    /// What was done.
    #[serde(rename = "action")]
    pub deed: String,
    /// To whom.
    pub target_id: Option<String>,
    /// The detail's very text, of which the digest is taken; none where a purge erased it.
    pub detail: Option<String>,
    /// The detail's digest.
    pub detail_digest: String,
    /// The entry's digest.
    pub digest: String,
}

impl Line {
    pub(super) fn of(link: &Link) -> Result<Line> {
        let detail = link.detail.clone().map(String::from_utf8).transpose();
        Ok(Line {
            seq: link.seq,
            at: link.at.rfc3339(),
            at_ms: link.at.millis(),
            actor_kind: link.actor_kind.clone(),
            actor_id: link.actor_id.clone(),
            deed: link.deed.clone(),
            target_id: link.target.clone(),
            detail: detail.map_err(|_| broken(link.seq, "its detail is no text"))?,
            detail_digest: hex(&link.detail_digest),
            digest: hex(&link.digest),
        })
    }

    fn link(self) -> Option<Link> {
        let at = Time::from_millis(self.at_ms);
        // The time that people read is not covered by the digest: it must be the one that is.
        (at.rfc3339() == self.at).then_some(())?;
        let digest = |text: &str| Head::parse(&format!("0:{text}")).ok().map(|head| head.digest);
        Some(Link {
            seq: self.seq,
            at,
            actor_kind: self.actor_kind,
            actor_id: self.actor_id,
            deed: self.deed,
            target: self.target_id,
            detail_digest: digest(&self.detail_digest)?,
            digest: digest(&self.digest)?,
            detail: self.detail.map(String::into_bytes),
        })
    }
}

/// What was exported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// The head that stands before it: the end of the stretch before, or number 0.
    pub after: Head,
    /// Its last entry.
    pub head: Head,
    /// How many entries.
    pub entries: u64,
}

/// What an export has left in the chain: that everything up to this head lies in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The number of the entry that says so.
    pub entry: i64,
    /// The last entry that was exported.
    pub head: Head,
}

impl Checkpoint {
    /// The checkpoint that an entry tells of.
    pub fn of(entry: &Entry) -> Option<Checkpoint> {
        let detail = entry.detail.as_ref().filter(|_| entry.deed == Deed::Export.word())?;
        let change = detail.changes.iter().find(|change| change.field == FIELD)?;
        Some(Checkpoint { entry: entry.seq, head: Head::parse(&change.after).ok()? })
    }
}

/// The head that stands before the first entry of all.
pub(super) const NOTHING: Head = Head { seq: 0, digest: GENESIS };

/// Verifies an exported stretch by itself, as [`verify_files`] does several.
///
/// # Errors
/// As [`verify_files`].
pub fn verify(records: impl IntoIterator<Item = Result<Record>>, kept: Option<Head>) -> Result<(Head, Verification)> {
    verify_files([Ok(records)], kept)
}

/// Verifies exported stretches, each of which follows the one before; with `kept`, also that they contain this head from
/// elsewhere. Answers with the head that the first follows. A detail that was erased needs its purge in the same or a
/// later stretch.
///
/// # Errors
/// `failure` for what is no exported audit; `constraint_violation` where `kept` lies outside of it. A broken chain is no
/// error but an answer.
pub fn verify_files<R: IntoIterator<Item = Result<Record>>>(
    files: impl IntoIterator<Item = Result<R>>,
    kept: Option<Head>,
) -> Result<(Head, Verification)> {
    let mut joined: Option<Joined> = None;
    for file in files {
        let mut records = file?.into_iter();
        let after = begin(records.next().transpose()?)?;
        let joined = match &mut joined {
            None => {
                joined.insert(Joined { after, walk: Walk::from(after), met: kept.is_none_or(|kept| kept == after) })
            }
            Some(joined) => {
                if joined.walk.found.broken.is_none() && joined.reached() != after {
                    return Err(
                        odd("a file does not begin where the one before it ends").hint("name them in their order")
                    );
                }
                joined
            }
        };
        joined.take(records, kept)?;
    }
    let Some(mut joined) = joined else { return Err(odd("there is none")) };
    joined.walk.end();
    if !joined.met && joined.walk.found.broken.is_none() {
        return Err(Error::new(Kind::Failure, "this stretch does not contain the head that was kept")
            .hint("another file may; each says which entries it holds"));
    }
    Ok((joined.after, joined.walk.found))
}

fn odd(what: &str) -> Error {
    Error::new(Kind::Failure, format!("not an exported audit: {what}"))
}

/// The head that a file begins with.
fn begin(first: Option<Record>) -> Result<Head> {
    let after = match first {
        Some(Record::Begin { audit_after }) => Head::parse(&audit_after)?,
        _ => return Err(odd("its first line names no head to begin from")),
    };
    if after.seq < 0 || (after.seq == 0) != (after.digest == GENESIS) {
        return Err(odd("it begins where no audit does"));
    }
    Ok(after)
}

/// Stretches that follow each other.
struct Joined {
    after: Head,
    walk: Walk,
    /// Whether the head that was kept elsewhere was among them.
    met: bool,
}

impl Joined {
    fn reached(&self) -> Head {
        self.walk.found.head.unwrap_or(self.after)
    }

    /// Takes the entries and the end of one file.
    fn take(&mut self, mut records: impl Iterator<Item = Result<Record>>, kept: Option<Head>) -> Result<()> {
        while let Some(record) = records.next() {
            let line = match record? {
                Record::Entry(line) => line,
                Record::End { audit_head } => {
                    let said = Head::parse(&audit_head)?;
                    if self.walk.found.broken.is_none() && self.walk.found.head != Some(said) {
                        self.walk.found.broken = Some((said.seq, "the file ends elsewhere than it says"));
                    }
                    if self.walk.found.broken.is_none() && records.next().is_some() {
                        return Err(odd("it goes on after its end; name each file"));
                    }
                    return Ok(());
                }
                Record::Begin { .. } => return Err(odd("it begins twice")),
            };
            if self.walk.found.broken.is_some() {
                continue;
            }
            let seq = line.seq;
            let Some(link) = line.link() else {
                self.walk.found.broken = Some((seq, "it is not spelled as an export spells it"));
                continue;
            };
            if self.walk.step(&link)
                && let Some(kept) = kept.filter(|kept| kept.seq == link.seq)
            {
                self.met = true;
                if kept.digest != link.digest {
                    self.walk.found.broken = Some((link.seq, "it is not the entry whose digest was kept elsewhere"));
                }
            }
        }
        self.walk.found.broken = self.walk.found.broken.or(Some((self.reached().seq + 1, "the file is cut off")));
        Ok(())
    }
}
