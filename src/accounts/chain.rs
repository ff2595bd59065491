//! Whether the audit is whole: every entry numbered without a gap, chained to the one before, its detail unchanged.
//!
//! A chain shows that what stands before its last entry was not changed, taken out or put in. That the last entries
//! were cut off, or that all of it was written anew, shows only against a head that was kept elsewhere.

use std::collections::BTreeMap;

use super::audit::{Deed, Links, detail_digest};
use super::error::{Error, Field, Kind, Result};
use super::text::quote;
use super::time::Time;
use super::token::hex;

/// An entry as the chain covers it. Texts are the bytes of the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: Time,
    /// The kind of actor.
    pub actor_kind: String,
    /// The actor's user id.
    pub actor_id: Option<String>,
    /// What was done.
    pub deed: String,
    /// To whom.
    pub target: Option<String>,
    /// The digest of the detail.
    pub detail_digest: [u8; 32],
    /// The entry's own digest.
    pub digest: [u8; 32],
    /// The detail itself, unless it was erased.
    pub detail: Option<Vec<u8>>,
}

/// The end of a chain, to be kept elsewhere: an entry's number and its digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// The number.
    pub seq: i64,
    /// The digest.
    pub digest: [u8; 32],
}

impl Head {
    /// Reads `NUMBER:DIGEST`, as [`Head`] prints it.
    ///
    /// # Errors
    /// `constraint_violation`.
    pub fn parse(text: &str) -> Result<Head> {
        let fault = || {
            Error::constraint(Field::Reason, format!("not the head of an audit: {}", quote(text)))
                .hint("it has the form NUMBER:DIGEST, as `audit verify` prints it")
        };
        let (seq, digest) = text.trim().split_once(':').ok_or_else(fault)?;
        let mut bytes = [0u8; 32];
        if digest.len() != 64 || !digest.is_ascii() {
            return Err(fault());
        }
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digest[2 * i..2 * i + 2], 16).map_err(|_| fault())?;
        }
        Ok(Head { seq: seq.parse().map_err(|_| fault())?, digest: bytes })
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, hex(&self.digest))
    }
}

/// What a verification found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verification {
    /// How many entries hold.
    pub entries: u64,
    /// How many of them have no detail any more, because a later purge erased it.
    pub erased: u64,
    /// The last entry that holds.
    pub head: Option<Head>,
    /// The first entry that does not, and why.
    pub broken: Option<(i64, &'static str)>,
}

/// Walks along a chain, one entry after the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Walk {
    after: Head,
    before: [u8; 32],
    pub(super) found: Verification,
    /// Whose purge must still follow, and the first entry whose detail it erased.
    unexplained: BTreeMap<String, i64>,
    /// Whose purge has explained an erased detail, and the entry of the purge.
    pub(super) purged: Vec<(String, i64)>,
}

impl Walk {
    /// Along what follows this head.
    pub(super) fn from(after: Head) -> Self {
        let found = Verification { entries: 0, erased: 0, head: None, broken: None };
        Walk { after, before: after.digest, found, unexplained: BTreeMap::new(), purged: Vec::new() }
    }

    /// Takes the next entry; `false` where the chain ends.
    pub(super) fn step(&mut self, link: &Link) -> bool {
        let expected = self.found.head.map_or(self.after.seq, |head| head.seq).saturating_add(1);
        let links = Links {
            seq: link.seq,
            at: link.at,
            actor_kind: &link.actor_kind,
            actor_id: link.actor_id.as_deref(),
            deed: &link.deed,
            target: link.target.as_deref(),
            detail_digest: &link.detail_digest,
            before: &self.before,
        };
        let fault = if link.seq < expected {
            Some("it stands where none was left")
        } else if link.seq != expected {
            Some("entries before it are missing")
        } else if links.digest() != link.digest {
            Some("it, or the entry before it, is not what was written")
        } else if link.detail.as_ref().is_some_and(|detail| detail_digest(detail) != link.detail_digest) {
            Some("its detail is not what was written")
        } else if link.detail.is_none() && erasable_with(link).is_none() {
            Some("its detail is missing, and no purge erases it")
        } else {
            None
        };
        if let Some(fault) = fault {
            self.found.broken = Some((link.seq.min(expected), fault));
            return false;
        }
        self.before = link.digest;
        self.found.entries += 1;
        self.found.erased += u64::from(link.detail.is_none());
        self.found.head = Some(Head { seq: link.seq, digest: link.digest });
        self.explain(link);
        true
    }

    /// Remembers an erased detail until the purge that erased it is met.
    fn explain(&mut self, link: &Link) {
        if link.deed == Deed::Purge.word()
            && let Some(target) = &link.target
            && self.unexplained.remove(target).is_some()
        {
            self.purged.push((target.clone(), link.seq));
        }
        if let (None, Some(id)) = (&link.detail, erasable_with(link)) {
            self.unexplained.entry(id.to_owned()).or_insert(link.seq);
        }
    }

    /// Ends the walk: an erased detail without a later purge is a fault.
    pub(super) fn end(&mut self) {
        if self.found.broken.is_none() {
            let first = self.unexplained.values().min();
            self.found.broken = first.map(|seq| (*seq, UNEXPLAINED));
        }
    }
}

/// The fault of an entry whose detail is gone although no later purge erased it.
pub const UNEXPLAINED: &str = "its detail is missing, and no later purge names its target or its actor";

/// The user whose purge erases the detail of this entry: its target, or its actor if it has no target. The entry of an
/// export is never erased, because what was removed is verified by it.
fn erasable_with(link: &Link) -> Option<&str> {
    match &link.target {
        Some(target) => Some(target),
        None if link.deed == Deed::Export.word() => None,
        None => link.actor_id.as_deref(),
    }
}

/// The error for an audit that is not as it was written.
pub fn broken(seq: i64, why: &str) -> Error {
    Error::new(Kind::Failure, format!("the audit does not hold at entry {seq}: {why}"))
        .hint("keep this file as it is, and compare it with a backup")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::audit::GENESIS;

    fn chain(n: i64) -> Vec<Link> {
        let mut links = Vec::new();
        let mut before = GENESIS;
        for seq in 1..=n {
            let detail = format!("{{\"actor\":\"root {seq}\"}}").into_bytes();
            let covered = detail_digest(&detail);
            let at = Time::from_millis(seq);
            let digest = Links {
                seq,
                at,
                actor_kind: "operator",
                actor_id: None,
                deed: "edit",
                target: Some("x"),
                detail_digest: &covered,
                before: &before,
            }
            .digest();
            before = digest;
            links.push(Link {
                seq,
                at,
                actor_kind: "operator".into(),
                actor_id: None,
                deed: "edit".into(),
                target: Some("x".into()),
                detail_digest: covered,
                digest,
                detail: Some(detail),
            });
        }
        links
    }

    fn walk(links: &[Link]) -> Verification {
        let mut walk = Walk::from(Head { seq: 0, digest: GENESIS });
        let _ = links.iter().all(|link| walk.step(link));
        walk.found
    }

    #[test]
    fn a_whole_chain_holds_and_an_erased_detail_is_told() {
        let mut links = chain(5);
        assert_eq!((walk(&links).entries, walk(&links).broken), (5, None));
        links[2].detail = None;
        assert_eq!((walk(&links).erased, walk(&links).broken), (1, None));
    }

    #[test]
    fn every_tampering_is_found_at_its_place() {
        let at = |links: &[Link]| walk(links).broken.map(|(seq, _)| seq);
        let mut changed = chain(5);
        changed[2].deed = "end".into();
        assert_eq!(at(&changed), Some(3));
        let mut told = chain(5);
        told[2].detail = Some(b"{}".to_vec());
        assert_eq!(at(&told), Some(3));
        let mut missing = chain(5);
        missing.remove(2);
        assert_eq!(at(&missing), Some(3));
        let mut swapped = chain(5);
        swapped.swap(2, 3);
        assert_eq!(at(&swapped), Some(3));
        let mut added = chain(5);
        let copy = Link { seq: 3, ..added[1].clone() };
        added.insert(2, copy);
        assert_eq!(at(&added), Some(3));
        let mut first = chain(5);
        first.remove(0);
        assert_eq!(at(&first), Some(1));
    }

    #[test]
    fn a_head_reads_what_it_prints() {
        let head = walk(&chain(3)).head.expect("a head");
        assert_eq!(Head::parse(&head.to_string()).ok(), Some(head));
        for bad in ["", "3", "3:", "x:00", "3:zz", &format!("3:{}", "é".repeat(32))] {
            assert!(Head::parse(bad).is_err(), "{bad:?}");
        }
    }
}
