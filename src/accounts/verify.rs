//! The audit verified from its first entry on, a stretch at a time.

use super::chain::{Head, Verification, Walk};
use super::door::Accounts;
use super::error::Result;

impl Accounts {
    /// Verifies the audit from its first entry on; with `kept`, also that it still contains this head from elsewhere.
    /// Calls `progress` now and then with the number of entries so far.
    ///
    /// # Errors
    /// As any read. A broken chain is no error but an answer.
    pub fn verify_audit(&mut self, kept: Option<Head>, progress: &mut dyn FnMut(u64)) -> Result<Verification> {
        let mut walk = Walk::new();
        while self.verify_on(&mut walk, kept)? {
            progress(walk.found.entries);
        }
        Ok(walk.found)
    }

    /// Verifies the next few thousand entries, so that whoever watches can tell how far it is and stop; `false` when
    /// there is no more to verify, or no more that holds.
    ///
    /// # Errors
    /// As any read.
    pub fn verify_on(&mut self, walk: &mut Walk, kept: Option<Head>) -> Result<bool> {
        const STRETCH: u32 = 4096;
        self.oversee()?;
        let stretch = self.store.chain(walk.reached(), STRETCH)?;
        for link in &stretch {
            let holds = walk.step(link);
            let kept_here = kept.filter(|kept| holds && kept.seq == link.seq);
            if kept_here.is_some_and(|kept| kept.digest != link.digest) {
                walk.found.broken = Some((link.seq, "it is not the entry whose digest was kept elsewhere"));
            }
            if walk.found.broken.is_some() {
                return Ok(false);
            }
        }
        if !stretch.is_empty() {
            return Ok(true);
        }
        let reached = walk.reached();
        if kept.is_some_and(|kept| kept.seq > reached) {
            walk.found.broken = Some((reached + 1, "entries up to the head that was kept elsewhere are cut off"));
        }
        Ok(false)
    }
}
