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
        const STRETCH: u32 = 4096;
        self.oversee()?;
        let mut walk = Walk::new();
        let mut after = 0;
        loop {
            let stretch = self.store.chain(after, STRETCH)?;
            let Some(last) = stretch.last() else { break };
            after = last.seq;
            for link in &stretch {
                let holds = walk.step(link);
                let kept_here = kept.filter(|kept| holds && kept.seq == link.seq);
                if kept_here.is_some_and(|kept| kept.digest != link.digest) {
                    walk.found.broken = Some((link.seq, "it is not the entry whose digest was kept elsewhere"));
                }
                if walk.found.broken.is_some() {
                    return Ok(walk.found);
                }
            }
            progress(walk.found.entries);
        }
        let reached = walk.found.head.map_or(0, |head| head.seq);
        if kept.is_some_and(|kept| kept.seq > reached) {
            walk.found.broken = Some((reached + 1, "entries up to the head that was kept elsewhere are cut off"));
        }
        Ok(walk.found)
    }
}
