//! The audit verified, a stretch at a time: from its first entry on, or from where its exported beginning was removed.

use super::chain::{Head, Link, Verification, Walk};
use super::door::Accounts;
use super::error::{Error, Field, Result};
use super::export::{Checkpoint, NOTHING};
use super::user::UserId;

const STRETCH: u32 = 4096;

/// A verification on its way, which whoever watches can carry on or leave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inspection {
    kept: Option<Head>,
    ground: Option<Ground>,
    walk: Walk,
    after: Option<i64>,
}

/// What a verification stands on, looked up when it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Ground {
    floor: Option<Head>,
    checkpoints: Vec<Checkpoint>,
}

impl Inspection {
    /// One that has not begun; with `kept`, of whether the audit still contains this head from elsewhere, too.
    pub fn new(kept: Option<Head>) -> Self {
        Inspection { kept, ground: None, walk: Walk::from(NOTHING), after: None }
    }

    /// What was found so far.
    pub fn found(&self) -> &Verification {
        &self.walk.found
    }

    /// Begins, on what is there now.
    fn begin(&mut self, floor: Option<Head>, checkpoints: Vec<Checkpoint>) -> Result<()> {
        let start = floor.unwrap_or(NOTHING);
        if let Some(kept) = self.kept.filter(|kept| kept.seq < start.seq) {
            let message = format!("entry {} was exported and removed", kept.seq);
            return Err(Error::constraint(Field::Reason, message)
                .hint("verify the exported file that holds it: `rollbook audit verify --export FILE --head HEAD`"));
        }
        (self.walk, self.after) = (Walk::from(start), None);
        self.ground = Some(Ground { floor, checkpoints });
        self.walk.found.broken = floor.and_then(|floor| self.contradiction(floor));
        Ok(())
    }

    /// Why an entry that holds in itself is not the one that it should be.
    fn contradiction(&self, head: Head) -> Option<(i64, &'static str)> {
        let differs = |known: &Head| known.seq == head.seq && *known != head;
        if self.kept.as_ref().is_some_and(differs) {
            return Some((head.seq, "it is not the entry whose digest was kept elsewhere"));
        }
        let mut exported = self.ground.iter().flat_map(|ground| &ground.checkpoints).map(|checkpoint| &checkpoint.head);
        exported.any(differs).then_some((head.seq, "it is not the entry that was exported"))
    }

    /// Takes a stretch; `false` where nothing is left to take.
    fn take(&mut self, stretch: &[Link]) -> bool {
        for link in stretch {
            if self.walk.step(link) {
                self.walk.found.broken = self.contradiction(Head { seq: link.seq, digest: link.digest });
            }
            if self.walk.found.broken.is_some() {
                return false;
            }
            self.after = Some(link.seq);
        }
        !stretch.is_empty()
    }

    /// What only the end can tell: whether something is missing there, or at the beginning.
    fn end(&mut self) {
        self.walk.end();
        let Some(ground) = &self.ground else { return };
        let start = ground.floor.unwrap_or(NOTHING);
        let reached = self.walk.found.head.map_or(start.seq, |head| head.seq);
        let allowed = ground.checkpoints.iter().any(|it| it.head.seq >= start.seq && it.entry > start.seq);
        if self.walk.found.broken.is_some() {
        } else if self.kept.is_some_and(|kept| kept.seq > reached) {
            self.walk.found.broken = Some((reached + 1, "entries up to the head that was kept elsewhere are cut off"));
        } else if ground.floor.is_some() && !allowed {
            self.walk.found.broken =
                Some((start.seq + 1, "entries before it are missing, and no export tells of them"));
        }
    }
}

impl Accounts {
    /// Verifies the audit from its first entry on; with `kept`, also that it still contains this head from elsewhere.
    /// Where its beginning was removed, an export's entry in what is left has to say that this may be.
    /// Calls `progress` now and then with the number of entries so far.
    ///
    /// # Errors
    /// As any read; `constraint_violation` where `kept` was exported and removed. A broken chain is no error but an
    /// answer.
    pub fn verify_audit(&mut self, kept: Option<Head>, progress: &mut dyn FnMut(u64)) -> Result<Verification> {
        let mut inspection = Inspection::new(kept);
        while self.verify_on(&mut inspection)? {
            progress(inspection.found().entries);
        }
        Ok(inspection.found().clone())
    }

    /// Verifies the next few thousand entries, so that whoever watches can tell how far it is and stop; `false` when
    /// there is no more to verify, or no more that holds.
    ///
    /// # Errors
    /// As [`Accounts::verify_audit`].
    pub fn verify_on(&mut self, inspection: &mut Inspection) -> Result<bool> {
        self.oversee()?;
        if inspection.ground.is_none() {
            let (floor, checkpoints) = (self.store.audit_floor()?, self.checkpoints()?);
            inspection.begin(floor, checkpoints)?;
        }
        let stretch = match inspection.walk.found.broken {
            None => self.store.chain(inspection.after, STRETCH)?,
            Some(_) => Vec::new(),
        };
        let more = inspection.take(&stretch);
        self.find_unpurged(inspection)?;
        if more {
            return Ok(true);
        }
        inspection.end();
        let floor = inspection.ground.as_ref().and_then(|ground| ground.floor);
        if inspection.walk.found.broken.is_some() && self.store.audit_floor()? != floor {
            // Upkeep has removed entries between two looks, in front of which it only seems to be broken: once more.
            inspection.ground = None;
            return Ok(true);
        }
        Ok(false)
    }

    /// A purge that erased details but whose user is still there was not written by this program: ids are never reused.
    fn find_unpurged(&mut self, inspection: &mut Inspection) -> Result<()> {
        let now = self.now();
        for (id, seq) in std::mem::take(&mut inspection.walk.purged) {
            let broken = &mut inspection.walk.found.broken;
            if broken.is_none_or(|(first, _)| first > seq) && self.store.user(&UserId::new(id), now)?.is_some() {
                *broken = Some((seq, "it says that a user was purged who is still there"));
            }
        }
        Ok(())
    }
}
