//! `token`: keys that people give to programs.

use serde::Serialize;

use super::args::named::Named;
use super::args::token::{Token as Verb, TokenCreate, TokenRevoke};
use super::call::{Call, Missing, called};
use super::json::TokenJson;
use super::lines::Want;
use super::output::{LOST, Outcome, Table, withdrawn};
use super::words::{ago, left, local};
use crate::accounts::api_token::TokenId;
use crate::accounts::text::{quote, visible};
use crate::accounts::time::Until;

#[derive(Serialize)]
struct Revoked {
    revoked: u32,
    dry_run: bool,
}

/// Creates, lists, checks, revokes.
pub fn run(call: &mut Call<'_>, verb: Verb) -> Outcome {
    match verb {
        Verb::Create(args) => create(call, &args),
        Verb::List(target) => list(call, &target.named),
        Verb::Check(_) => check(call),
        Verb::Revoke(args) => revoke(call, &args),
    }
}

fn create(call: &mut Call<'_>, args: &TokenCreate) -> Outcome {
    call.no_rehearsal("the answer is a token that works")?;
    call.out.must_be_open()?;
    let owner = call.name(&args.owner.named)?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let until = match &args.expires {
        Some(text) => Until::parse(text, accounts.now())?,
        None => Until::Default,
    };
    let user = accounts.find_owner(&owner)?;
    let (token, value) = accounts.create_token(&user.id, args.name.as_deref(), until)?;
    let told = call.out.secret(|out| match out.is_json() {
        true => out.json(&TokenJson::from(&token).with_value(&value)),
        false => out.line(value.expose()),
    });
    let Err(lost) = told else { return Ok(()) };
    accounts.give_reason(Some(LOST))?;
    let by_hand = format!("rollbook token revoke {}", visible(token.id.as_str()));
    Err(withdrawn(lost, "the token was revoked", accounts.revoke_token(&token.id).map(drop), &by_hand).into())
}

fn list(call: &mut Call<'_>, named: &Named) -> Outcome {
    let name = call.name(named)?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let now = accounts.now();
    let user = accounts.find_owner(&name)?;
    let tokens = accounts.tokens_of(&user.id)?;
    let mut table = Table::new(["token", "created", "used", "left", "token id"]);
    for token in &tokens {
        if call.out.is_json() {
            call.out.json(&TokenJson::from(token))?;
            continue;
        }
        table.push([
            visible(&token.name).into_owned(),
            ago(Some(token.created_at), now),
            ago(token.last_used_at, now),
            left(token.expires_at, now),
            visible(token.id.as_str()).into_owned(),
        ]);
    }
    table.write(&mut call.out)?;
    if tokens.is_empty() {
        call.out.say(&format!("{} has no tokens", called(&user)));
    }
    Ok(())
}

fn check(call: &mut Call<'_>) -> Outcome {
    let value = call.input.token(Want::Token, "the token", "--token-stdin")?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let (user, token) = accounts.check_token(&value)?;
    if call.out.is_json() {
        return call.out.json(&TokenJson::from(&token).with_user(&user));
    }
    let until = token.expires_at.map_or_else(|| "without end".to_owned(), |at| format!("until {}", local(at)));
    call.out.line(&format!("token {} of {}, good {until}", quote(&token.name), called(&user)))
}

fn revoke(call: &mut Call<'_>, args: &TokenRevoke) -> Outcome {
    let revoked = if args.token_stdin {
        let value = call.input.token(Want::Token, "the token", "--token-stdin")?;
        call.accounts(Missing::Refuse)?.revoke_token_value(&value)?
    } else {
        let id = TokenId::new(args.token_id.as_deref().unwrap_or_default());
        Some(call.accounts(Missing::Refuse)?.revoke_token(&id)?)
    };
    let dry_run = call.global.dry_run;
    if call.out.is_json() {
        return call.out.json(&Revoked { revoked: u32::from(revoked.is_some()), dry_run });
    }
    let dry = if dry_run { "dry run: " } else { "" };
    match revoked {
        Some(token) => call.out.done(&format!("{dry}token {} of {} revoked", quote(&token.name), quote(&token.owner))),
        None => call.out.done(&format!("{dry}no token revoked")),
    }
}
