//! Carrying an order out. It knows neither threads nor queues: the worker's writer and the tests' stage both come here.

use super::effect::{Deed, Done, Write};
use super::gather;
use crate::accounts::{Accounts, Result, Secret};

/// Hears how many of how many were reached, and answers whether to go on.
pub type Progress<'a> = &'a mut dyn FnMut(u32, u32) -> bool;

/// Carries an order out.
///
/// # Errors
/// What the domain says.
pub fn carry_out(accounts: &mut Accounts, write: Write, progress: Progress<'_>) -> Result<Done> {
    let changed = |changed, deed| Ok(Done::Changed(Box::new(changed), deed));
    match write {
        Write::Create { draft, password } => {
            let user = accounts.create_user(*draft, password.as_ref())?;
            let code = match password {
                Some(_) => None,
                None => Some(accounts.issue_reset(&user.id)?),
            };
            Ok(Done::Created { user: Box::new(user), code })
        }
        Write::Activate { id, expect } => changed(accounts.activate(&id, Some(expect))?, Deed::Activate),
        Write::Deactivate { id, expect, reason } => {
            accounts.give_reason(reason.as_deref())?;
            let outcome = accounts.deactivate(&id, Some(expect));
            accounts.give_reason(None)?;
            changed(outcome?, Deed::Deactivate)
        }
        Write::Edit { id, expect, edit } => changed(accounts.edit(&id, Some(expect), *edit)?, Deed::Edit),
        Write::Delete { id, expect } => changed(accounts.delete(&id, Some(expect))?, Deed::Delete),
        Write::Restore { id, expect, name } => changed(accounts.restore(&id, Some(expect), name)?, Deed::Restore),
        Write::Undo(last) => {
            let changed = Box::new(accounts.undo(&last)?);
            Ok(Done::Undone { changed, back_to: last.before.version, losses: last.losses() })
        }
        Write::SetPassword { id, expect, password } => {
            Ok(Done::PasswordSet(Box::new(accounts.set_password(&id, Some(expect), &password)?)))
        }
        Write::IssueCode { id } => {
            let name = accounts.get(&id, None)?.name;
            Ok(Done::Code { name, code: accounts.issue_reset(&id)? })
        }
        Write::EndSession { id } => Ok(Done::Ended(accounts.end_session(&id)?.map(Box::new))),
        Write::Contain { id, expect } => Ok(Done::Contained(Box::new(accounts.contain(&id, Some(expect))?))),
        Write::Unthrottle { id } => {
            let name = accounts.get(&id, None)?.name;
            Ok(Done::Unthrottled { name, was: accounts.unthrottle(&id)? })
        }
        Write::CreateToken { id, name, until } => {
            let (token, value) = accounts.create_token(&id, name.as_deref(), until)?;
            Ok(Done::TokenCreated { token: Box::new(token), value })
        }
        Write::DisableFactor { id, expect } => {
            let after = accounts.disable_factor(&id, Some(expect), false)?.changed.after;
            Ok(Done::FactorOff { name: after.name })
        }
        Write::SetPolicy { key, value } => {
            Ok(Done::PolicySet { key, policy: Box::new(accounts.set_policy(key, &value)?) })
        }
        Write::BeginFactor { id } => {
            let enrolment = accounts.begin_factor(&id)?;
            // Before anybody scans anything: without the key of the others there will be no second factor.
            let made_key = accounts.prepare_key()?;
            Ok(Done::FactorBegun { user: Box::new(accounts.get(&id, None)?), enrolment, made_key })
        }
        Write::EnableFactor { id, expect, secret, code } => {
            let on = accounts.enable_factor(&id, Some(expect), &secret, code.expose())?;
            Ok(Done::Codes { name: accounts.get(&id, None)?.name, codes: on.codes, ended: Some(on.ended) })
        }
        Write::RefreshCodes { id, expect } => {
            let codes = accounts.refresh_codes(&id, Some(expect))?;
            Ok(Done::Codes { name: accounts.get(&id, None)?.name, codes, ended: None })
        }
        Write::RevokeToken { id } => Ok(Done::TokenRevoked(Box::new(accounts.revoke_token(&id)?))),
        Write::SignIn { name, password, code } => {
            accounts.sign_in(&name, &password, code.as_ref().map(Secret::expose))?;
            Ok(Done::SignedIn { standing: accounts.standing()?, seat: accounts.seat() })
        }
        Write::Proven { password, code, grave } => {
            accounts.prove_again(&password, code.as_ref().map(Secret::expose))?;
            carry_out(accounts, grave.order(), progress)
        }
        Write::Many(bulk) => gather::carry_out(accounts, bulk, progress),
        Write::EndSessions { id, expect } => Ok(Done::EndedAll { count: accounts.end_sessions(&id, Some(expect))? }),
    }
}
