//! `db upgrade`: the schema brought up to date, after a copy was made.

use serde::Serialize;

use super::call::{Call, GLASS_BROKEN, NO_GLASS};
use super::output::Outcome;
use crate::accounts::error::{Error, Kind};
use crate::accounts::text::{from_bytes, visible};

#[derive(Serialize)]
struct UpgradeJson {
    from: i32,
    to: i32,
    backup: Option<String>,
}

/// Upgrades, or says that there was nothing to do.
pub fn upgrade(call: &mut Call<'_>) -> Outcome {
    call.no_rehearsal("an upgrade is made or not; it makes a copy first")?;
    if call.global.read_only {
        return Err(Error::new(Kind::Failure, "an upgrade changes the database").hint("leave --read-only out").into());
    }
    let upgraded = call.world.upgrade(call.global.break_glass, call.global.reason.as_deref())?;
    if call.global.break_glass {
        call.out.warn(match upgraded.glass {
            true => GLASS_BROKEN,
            false => NO_GLASS,
        });
    }
    let backup = upgraded.backup.map(|path| from_bytes(path.as_os_str().as_encoded_bytes()));
    if call.out.is_json() {
        return call.out.json(&UpgradeJson { from: upgraded.from, to: upgraded.to, backup });
    }
    match backup {
        Some(backup) => call.out.done(&format!(
            "schema {} is now {} · the copy from before lies at {}",
            upgraded.from,
            upgraded.to,
            visible(&backup)
        )),
        None => call.out.done(&format!("schema {} is up to date", upgraded.to)),
    }
}
