//! `reset`: passwords anew by a code that is delivered by hand.

use serde::Serialize;

use super::args::Reset;
use super::args::named::Named;
use super::call::{Call, Missing, called};
use super::json::UserJson;
use super::lines::Want;
use super::output::{Outcome, void_if};
use super::words::{for_good, local, lost};

#[derive(Serialize)]
struct Issued<'a> {
    request_id: &'a str,
    expires_at: String,
}

/// Requests or completes.
pub fn run(call: &mut Call<'_>, verb: Reset) -> Outcome {
    match verb {
        Reset::Request(target) => request(call, &target.named),
        Reset::Complete { .. } => complete(call),
    }
}

fn request(call: &mut Call<'_>, named: &Named) -> Outcome {
    call.no_rehearsal("the answer of a request is a secret that works")?;
    call.out.must_be_open()?;
    let name = call.name(named)?;
    let mut accounts = call.accounts(Missing::Refuse)?;
    let mut until = None;
    let written = accounts.request_reset_with(&name, &mut |issued| {
        until = Some(issued.expires_at);
        call.out.secret(|out| match out.is_json() {
            true => {
                let expires_at = issued.expires_at.rfc3339();
                out.json(&Issued { request_id: issued.request_id.expose(), expires_at })
            }
            false => out.line(issued.request_id.expose()),
        })
    });
    if let Err(error) = written {
        return Err(void_if(until.is_some(), error, "the code was not issued; an earlier one stays valid").into());
    }
    if let Some(until) = until.filter(|_| !call.out.is_json()) {
        call.out.say(&format!(
            "usable once, until {}; whoever holds it can set the password: give it to nobody but them",
            local(until)
        ));
    }
    Ok(())
}

fn complete(call: &mut Call<'_>) -> Outcome {
    let request = call.input.token(Want::Request, "the request's identifier", "--stdin")?;
    let password = call.input.new_secret(Want::Password, "the new password", "--stdin")?;
    let changed = call.accounts(Missing::Refuse)?.complete_reset(&request, &password)?;
    let losses = changed.losses();
    if call.out.is_json() {
        return call.out.json(&UserJson::from(&changed.after).losing(Some(&losses)).rehearsed(call.global.dry_run));
    }
    let (dry, losses) = match call.global.dry_run {
        true => ("dry run, nothing was changed: ", for_good(&losses)),
        false => ("", lost(&losses)),
    };
    call.out.done(&format!("{dry}the password of {} is set{losses}", called(&changed.after)))
}
