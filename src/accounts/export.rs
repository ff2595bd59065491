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
#[serde(untagged)]
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

/// Verifies an exported stretch by itself; with `kept`, also that it contains this head from elsewhere. Answers with the
/// head that it follows, so that stretch can be joined to stretch.
///
/// # Errors
/// `failure` for what is no exported audit; `constraint_violation` where `kept` lies outside of it. A broken chain is no
/// error but an answer.
pub fn verify(records: impl IntoIterator<Item = Result<Record>>, kept: Option<Head>) -> Result<(Head, Verification)> {
    let odd = |what: &str| Error::new(Kind::Failure, format!("not an exported audit: {what}"));
    let mut records = records.into_iter();
    let after = match records.next().transpose()? {
        Some(Record::Begin { audit_after }) => Head::parse(&audit_after)?,
        _ => return Err(odd("its first line names no head to begin from")),
    };
    if after.seq < 0 || (after.seq == 0) != (after.digest == GENESIS) {
        return Err(odd("it begins where no audit does"));
    }
    let mut walk = Walk::from(after);
    let mut met = kept.is_none_or(|kept| kept == after);
    while let Some(record) = records.next() {
        let line = match record? {
            Record::Entry(line) => line,
            Record::End { audit_head } => {
                let said = Head::parse(&audit_head)?;
                if walk.found.broken.is_none() && walk.found.head != Some(said) {
                    walk.found.broken = Some((said.seq, "the file ends elsewhere than it says"));
                }
                if !met && walk.found.broken.is_none() {
                    return Err(Error::new(Kind::Failure, "this stretch does not contain the head that was kept")
                        .hint("another file may; each says which entries it holds"));
                }
                if walk.found.broken.is_none() && records.next().is_some() {
                    return Err(odd("it goes on after its end; verify each file alone"));
                }
                return Ok((after, walk.found));
            }
            Record::Begin { .. } => return Err(odd("it begins twice")),
        };
        if walk.found.broken.is_some() {
            continue;
        }
        let seq = line.seq;
        let Some(link) = line.link() else {
            walk.found.broken = Some((seq, "it is not spelled as an export spells it"));
            continue;
        };
        if walk.step(&link)
            && let Some(kept) = kept.filter(|kept| kept.seq == link.seq)
        {
            met = true;
            if kept.digest != link.digest {
                walk.found.broken = Some((link.seq, "it is not the entry whose digest was kept elsewhere"));
            }
        }
    }
    let reached = walk.found.head.map_or(after.seq, |head| head.seq);
    walk.found.broken = walk.found.broken.or(Some((reached + 1, "the file is cut off")));
    Ok((after, walk.found))
}
