//! The audit exported: its entries handed out since the last time, and the checkpoint once they are kept.

use super::audit::Deed;
use super::chain::{Walk, broken};
use super::door::Accounts;
use super::error::Result;
use super::export::{Checkpoint, Line, NOTHING, Record, Stretch};
use super::time::Time;
use super::trail::Trail;

const STRETCH: u32 = 4096;

impl Accounts {
    /// Everything that was exported, the first export first.
    pub(super) fn checkpoints(&mut self) -> Result<Vec<Checkpoint>> {
        let trail = Trail { deed: Some(Deed::Export), ..Trail::default() };
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = self.store.entries(&trail, before, 500)?;
            let Some(last) = page.last() else { break };
            before = Some(last.seq);
            found.extend(page.iter().filter_map(Checkpoint::of));
        }
        found.reverse();
        Ok(found)
    }

    /// Hands out the entries since the last export, oldest first, those after `until` left; administrators only. `None`
    /// where there are none. The caller makes durable what it was handed, and only then [says so](Self::exported).
    ///
    /// # Errors
    /// `failure` where the chain does not hold, and whatever `put` answers.
    pub fn export_audit(
        &mut self,
        until: Option<Time>,
        put: &mut dyn FnMut(&Record) -> Result<()>,
    ) -> Result<Option<Stretch>> {
        self.administer()?;
        let after = match self.checkpoints()?.pop() {
            Some(last) => last.head,
            None => self.store.audit_floor()?.unwrap_or(NOTHING),
        };
        let mut walk = Walk::from(after);
        put(&Record::Begin { audit_after: after.to_string() })?;
        let mut last = after.seq;
        'all: loop {
            let page = self.store.chain(Some(last), STRETCH)?;
            if page.is_empty() {
                break;
            }
            for link in &page {
                if until.is_some_and(|until| link.at > until) {
                    break 'all;
                }
                if !walk.step(link) {
                    let (seq, why) = walk.found.broken.unwrap_or((link.seq, "it does not follow"));
                    return Err(broken(seq, why));
                }
                put(&Record::Entry(Line::of(link)?))?;
                last = link.seq;
            }
        }
        if until.is_none() {
            walk.end();
        }
        if let Some((seq, why)) = walk.found.broken {
            return Err(broken(seq, why));
        }
        let Some(head) = walk.found.head else { return Ok(None) };
        put(&Record::End { audit_head: head.to_string() })?;
        Ok(Some(Stretch { after, head, entries: walk.found.entries }))
    }

    /// Writes down that a stretch was exported; administrators only. From then on retention may remove it.
    ///
    /// # Errors
    /// `stale` where the stretch's last entry is not what was handed out.
    pub fn exported(&mut self, stretch: &Stretch) -> Result<()> {
        let stamp = self.administer()?;
        self.store.checkpoint_audit(stretch, &stamp)
    }
}
