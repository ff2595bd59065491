//! The audit verified, a stretch at a time: from its first entry on, or from where its exported beginning was removed.

use super::chain::{Head, Verification, Walk};
use super::door::Accounts;
use super::error::{Error, Field, Result};
use super::export::NOTHING;

const STRETCH: u32 = 4096;

impl Accounts {
    /// Verifies the audit from its first entry on; with `kept`, also that it still contains this head from elsewhere.
    /// Where its beginning was removed, an export's entry in what is left has to say that this may be.
    /// Calls `progress` now and then with the number of entries so far.
    ///
    /// # Errors
    /// As any read; `constraint_violation` where `kept` was exported and removed. A broken chain is no error but an
    /// answer.
    pub fn verify_audit(&mut self, kept: Option<Head>, progress: &mut dyn FnMut(u64)) -> Result<Verification> {
        self.oversee()?;
        loop {
            let floor = self.store.audit_floor()?;
            let found = self.walk_audit(floor, kept, progress)?;
            // Upkeep may have removed entries between two looks, in front of which it then seems to be broken.
            if found.broken.is_none() || self.store.audit_floor()? == floor {
                return Ok(found);
            }
        }
    }

    fn walk_audit(
        &mut self,
        floor: Option<Head>,
        kept: Option<Head>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Verification> {
        let start = floor.unwrap_or(NOTHING);
        if let Some(kept) = kept.filter(|kept| kept.seq < start.seq) {
            let message = format!("entry {} was exported and removed", kept.seq);
            return Err(Error::constraint(Field::Reason, message)
                .hint("verify the exported file that holds it: `rollbook audit verify --export FILE --head HEAD`"));
        }
        let checkpoints = self.checkpoints()?;
        let known: Vec<Head> = checkpoints.iter().map(|checkpoint| checkpoint.head).collect();
        let mut walk = Walk::from(start);
        let elsewhere = "it is not the entry whose digest was kept elsewhere";
        let met = |head: Head| match head {
            head if kept.is_some_and(|kept| kept.seq == head.seq && kept != head) => Some((head.seq, elsewhere)),
            head if known.iter().any(|known| known.seq == head.seq && *known != head) => {
                Some((head.seq, "it is not the entry that was exported"))
            }
            _ => None,
        };
        walk.found.broken = if floor.is_some() { met(start) } else { None };
        let mut after = None;
        while walk.found.broken.is_none() {
            let stretch = self.store.chain(after, STRETCH)?;
            let Some(last) = stretch.last() else { break };
            after = Some(last.seq);
            for link in &stretch {
                if walk.step(link) {
                    walk.found.broken = met(Head { seq: link.seq, digest: link.digest });
                }
                if walk.found.broken.is_some() {
                    return Ok(walk.found);
                }
            }
            progress(walk.found.entries);
        }
        let reached = walk.found.head.map_or(start.seq, |head| head.seq);
        if walk.found.broken.is_none() && kept.is_some_and(|kept| kept.seq > reached) {
            walk.found.broken = Some((reached + 1, "entries up to the head that was kept elsewhere are cut off"));
        }
        let allowed = |start: Head| checkpoints.iter().any(|it| it.head.seq >= start.seq && it.entry > start.seq);
        if walk.found.broken.is_none() && floor.is_some_and(|floor| !allowed(floor)) {
            walk.found.broken = Some((start.seq + 1, "entries before it are missing, and no export tells of them"));
        }
        Ok(walk.found)
    }
}
