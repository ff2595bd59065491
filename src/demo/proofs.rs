//! What some of the sample people show besides a password: second factors, some of whose backup codes are used up, and
//! API tokens. All of it through the library's own doors, so that it works as it would elsewhere.

use crate::accounts::base32;
use crate::accounts::door::Accounts;
use crate::accounts::error::Result;
use crate::accounts::secret::Secret;
use crate::accounts::time::{Span, Until};
use crate::accounts::totp;
use crate::accounts::user::User;

/// What one person has.
struct Proofs {
    /// How many backup codes are used up; `None` for who has no second factor.
    factor: Option<usize>,
    /// The names of the tokens, and for how many days they are good; 0 is for ever.
    tokens: &'static [(&'static str, i64)],
}

/// From the newest on, a person each.
const DEALT: [Proofs; 6] = [
    Proofs { factor: Some(0), tokens: &[("phone", 0)] },
    Proofs { factor: None, tokens: &[("ci", 90), ("nightly backup", 0)] },
    Proofs { factor: Some(2), tokens: &[] },
    Proofs { factor: None, tokens: &[("calendar", 30)] },
    Proofs { factor: Some(3), tokens: &[("ci", 0), ("phone", 365)] },
    Proofs { factor: Some(0), tokens: &[] },
];

/// Gives the people, whose password this is, their proofs, in this order.
///
/// # Errors
/// Whatever the doors say.
pub(super) fn deal<'a>(
    accounts: &mut Accounts,
    password: &Secret,
    people: impl Iterator<Item = &'a User>,
) -> Result<()> {
    for (user, proofs) in people.zip(&DEALT) {
        for (name, days) in proofs.tokens {
            let until = match days {
                0 => Until::Never,
                days => Until::At(accounts.now().plus(Span::DAY.times(*days))),
            };
            let (_, value) = accounts.create_token(&user.id, Some(name), until)?;
            if *days == 0 {
                accounts.check_token(&value)?;
            }
        }
        if let Some(used) = proofs.factor {
            turn_on(accounts, password, user, used)?;
        }
    }
    accounts.flush();
    Ok(())
}

fn turn_on(accounts: &mut Accounts, password: &Secret, user: &User, used: usize) -> Result<()> {
    let secret = accounts.begin_factor(&user.id)?.secret;
    let bytes = base32::decode(secret.expose()).unwrap_or_default();
    let code = totp::code(&bytes, totp::step(accounts.now()));
    let codes = accounts.enable_factor(&user.id, None, &secret, &code)?.codes;
    for code in codes.iter().take(used) {
        accounts.authenticate(&user.name, password, Some(code.expose()))?;
    }
    Ok(())
}
