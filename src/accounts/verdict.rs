//! Whether a person can log in, and if not, why not and what cures it.

use super::store::{Credential, VoidedPassword};
use super::text::{quote, visible};
use super::throttle::Throttled;
use super::time::Time;
use super::user::{Barrier, Status, User};

/// What an administrator can do about a reason.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cure {
    /// Activate the person.
    Activate,
    /// Restore the deleted person.
    Restore,
    /// Move or remove the end date.
    Edit,
    /// Issue a reset code or set a password.
    Password,
    /// Let the next try be looked at at once.
    Unthrottle,
    /// Bring the key of the second factors back, or turn this one off.
    Factor,
    /// Log in by a backup code, or turn the second factor off and on.
    BackupCode,
    /// Give the user another name.
    Rename,
}

impl Cure {
    /// The command that cures it, without the name.
    pub const fn command(self) -> &'static str {
        match self {
            Cure::Activate => "user activate",
            Cure::Restore => "user restore",
            Cure::Edit => "user edit --valid-until none",
            Cure::Password => "reset request",
            Cure::Unthrottle => "user unthrottle",
            Cure::Factor | Cure::BackupCode => "factor disable",
            Cure::Rename => "user edit --name NEW",
        }
    }
}

/// One thing that keeps somebody out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Obstacle {
    /// The stable word: `pending`, `inactive`, `expired`, `deleted`, `no_password`, `password_void`, `unusable_hash`,
    /// `name_not_found`, `factor_key_missing`, `factor_changed`, `factor_ahead`, `throttled`.
    pub word: &'static str,
    /// Since when.
    pub since: Option<Time>,
    /// Who caused it.
    pub by: Option<String>,
    /// The reason that was given.
    pub reason: Option<String>,
    /// What to do.
    pub cure: Cure,
    /// The counter, where they are made to wait.
    pub throttled: Option<Throttled>,
}

/// The whole answer to "why can this person not log in?".
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verdict {
    /// What blocks, first things first. Empty: a right password lets them in.
    pub obstacles: Vec<Obstacle>,
    /// What was looked at and is in order.
    pub fine: Vec<&'static str>,
}

impl Verdict {
    /// Judges a user as the login does: by [`User::barriers`], and by the stored hash, which is `usable` if a login can
    /// verify it.
    pub fn of(credential: &Credential, voided: Option<&VoidedPassword>, usable: bool, now: Time) -> Verdict {
        let user = &credential.user;
        let mut fine = vec![
            Some("not deleted"),
            Some("active"),
            Some(if user.valid_until.is_some() { "end date not reached" } else { "no end date" }),
            Some("password set"),
        ];
        let mut obstacles = Vec::new();
        for barrier in user.barriers(now) {
            let (place, obstacle) = match barrier {
                Barrier::Deleted => (0, Obstacle { since: user.deleted_at, ..bare("deleted", Cure::Restore) }),
                Barrier::Pending => (1, status_obstacle("pending", user)),
                Barrier::Inactive => (1, status_obstacle("inactive", user)),
                Barrier::Expired => (2, Obstacle { since: user.valid_until, ..bare("expired", Cure::Edit) }),
                Barrier::NoPassword => (3, password_obstacle(credential, voided)),
            };
            obstacles.push(obstacle);
            fine[place] = None;
        }
        if fine[3].is_some() && !usable {
            obstacles.push(password_obstacle(credential, voided));
            fine[3] = None;
        }
        Verdict { obstacles, fine: fine.into_iter().flatten().collect() }
    }

    /// Adds that a login by the name of this user finds nobody, or another user.
    pub fn unreachable_by_name(&mut self) {
        self.obstacles.push(bare("name_not_found", Cure::Rename));
    }

    /// Adds the counters by which they are made to wait now.
    #[must_use]
    pub fn with_throttle(mut self, throttled: Vec<Throttled>) -> Verdict {
        if throttled.is_empty() {
            self.fine.push("not throttled");
        }
        self.obstacles.extend(throttled.into_iter().map(|throttled| Obstacle {
            since: Some(throttled.since),
            throttled: Some(throttled),
            ..bare("throttled", Cure::Unthrottle)
        }));
        self
    }

    /// Adds that the second factor opens with no key that is there, or not at all.
    pub fn shut_by_factor(&mut self, word: &'static str, reason: Option<String>) {
        self.obstacles.push(Obstacle { reason, ..bare(word, Cure::Factor) });
    }

    /// Adds that codes from the app are refused until this instant, since one of then was taken already.
    pub fn ahead_by_factor(&mut self, until: Time) {
        self.obstacles.push(Obstacle { reason: Some(until.rfc3339()), ..bare("factor_ahead", Cure::BackupCode) });
    }

    /// Whether a right password lets them in.
    pub fn can_log_in(&self) -> bool {
        self.obstacles.is_empty()
    }
}

fn bare(word: &'static str, cure: Cure) -> Obstacle {
    Obstacle { word, since: None, by: None, reason: None, cure, throttled: None }
}

/// The obstacle where the password of a user lets nobody in: there is none, it is void, or its hash cannot be used.
fn password_obstacle(credential: &Credential, voided: Option<&VoidedPassword>) -> Obstacle {
    match (&credential.hash, voided) {
        (Some(_), _) => bare("unusable_hash", Cure::Password),
        (None, Some(VoidedPassword { at, by })) => {
            Obstacle { since: Some(*at), by: by.clone(), ..bare("password_void", Cure::Password) }
        }
        (None, None) => bare("no_password", Cure::Password),
    }
}

fn status_obstacle(word: &'static str, user: &User) -> Obstacle {
    Obstacle {
        word,
        since: user.status_at.or((user.status == Status::Pending).then_some(user.created_at)),
        // Somebody pending was put so by nobody: they registered.
        by: user.status_by.clone().filter(|_| user.status == Status::Inactive),
        reason: user.reason.clone(),
        cure: Cure::Activate,
        throttled: None,
    }
}

fn throttled_sentence(throttled: &Throttled) -> String {
    let Throttled { failures, held, known, .. } = throttled;
    let whence = if *known { "a known address" } else { "unknown addresses" };
    let mut sentence = format!("throttled: {failures} wrong passwords in a row from {whence}");
    match held {
        0 => {}
        1 => sentence.push_str(", 1 more try not looked at"),
        _ => sentence.push_str(&format!(", {held} more tries not looked at")),
    }
    if let Some(address) = &throttled.address {
        sentence.push_str(&format!(", last from {}", visible(address)));
    }
    sentence
}

impl Obstacle {
    /// The sentence, without the time, which the caller writes in its own zone.
    pub fn sentence(&self) -> String {
        if let Some(throttled) = &self.throttled {
            return throttled_sentence(throttled);
        }
        if self.word == "factor_ahead" {
            let until = self.reason.as_deref().map(|until| format!(" until {}", visible(until))).unwrap_or_default();
            return format!("a code was taken while the clock ran ahead: the app's codes are refused{until}");
        }
        let mut sentence = match self.word {
            "pending" => "registered, never activated".to_owned(),
            "inactive" => "inactive".to_owned(),
            "expired" => "the end date has passed".to_owned(),
            "deleted" => "deleted".to_owned(),
            "factor_key_missing" => "the key of the second factor is not there".to_owned(),
            "factor_changed" => "the second factor was changed in the database".to_owned(),
            "no_password" => "no password is set".to_owned(),
            "password_void" => "the password is void after a lockdown".to_owned(),
            "name_not_found" => "a login by this name does not find this user".to_owned(),
            _ => "the stored password hash cannot be used".to_owned(),
        };
        if let Some(by) = &self.by {
            sentence.push_str(&format!(", by {}", super::text::brief(by)));
        }
        if let Some(reason) = &self.reason {
            sentence.push_str(&format!(": {}", quote(reason)));
        }
        sentence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_tells_of_tries_that_were_held_only_where_there_were_any() {
        let (since, until) = (Time::from_millis(0), Time::from_millis(60_000));
        let mut throttled = Throttled { since, until, failures: 6, held: 0, address: None, known: false };
        assert_eq!(throttled_sentence(&throttled), "throttled: 6 wrong passwords in a row from unknown addresses");
        (throttled.held, throttled.known, throttled.address) = (1, true, Some("10.0.0.9".into()));
        let whole =
            "throttled: 6 wrong passwords in a row from a known address, 1 more try not looked at, last from 10.0.0.9";
        assert_eq!(throttled_sentence(&throttled), whole);
    }

    fn sentence(word: &'static str) -> String {
        bare(word, Cure::Activate).sentence()
    }

    #[test]
    fn every_obstacle_has_its_own_sentence() {
        let words = [
            ("pending", "registered, never activated"),
            ("inactive", "inactive"),
            ("expired", "the end date has passed"),
            ("deleted", "deleted"),
            ("factor_key_missing", "the key of the second factor is not there"),
            ("factor_changed", "the second factor was changed in the database"),
            ("no_password", "no password is set"),
            ("password_void", "the password is void after a lockdown"),
            ("name_not_found", "a login by this name does not find this user"),
            ("unusable_hash", "the stored password hash cannot be used"),
            ("factor_ahead", "a code was taken while the clock ran ahead: the app's codes are refused"),
        ];
        for (word, wanted) in words {
            assert_eq!(sentence(word), wanted);
        }
        let by = Obstacle { by: Some("root".into()), reason: Some("left".into()), ..bare("inactive", Cure::Activate) };
        assert_eq!(by.sentence(), "inactive, by root: \"left\"");
        let mut verdict = Verdict::default();
        verdict.ahead_by_factor(Time::from_millis(0));
        assert!(verdict.obstacles[0].sentence().ends_with("are refused until 1970-01-01T00:00:00.000Z"));
        assert!(!verdict.can_log_in() && verdict.obstacles[0].cure == Cure::BackupCode);
    }

    #[test]
    fn somebody_pending_was_put_so_by_nobody_when_they_registered() {
        let mut user = crate::accounts::user::tests::somebody();
        user.status_by = Some("root".into());
        user.status = Status::Pending;
        let pending = status_obstacle("pending", &user);
        assert_eq!((pending.word, pending.since, pending.by), ("pending", Some(user.created_at), None));
        user.status = Status::Inactive;
        let inactive = status_obstacle("inactive", &user);
        assert_eq!((inactive.word, inactive.since, inactive.by.as_deref()), ("inactive", None, Some("root")));
        user.status_at = Some(Time::from_millis(7));
        assert_eq!(status_obstacle("inactive", &user).since, user.status_at);
        user.status = Status::Pending;
        assert_eq!(status_obstacle("pending", &user).since, user.status_at);
    }
}
