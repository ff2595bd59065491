//! `policy`: the settings that hold for every program on the database.

use std::collections::BTreeMap;

use serde::Serialize;

use super::args::Policy;
use super::call::{Call, Missing};
use super::lines::Want;
use super::output::{Outcome, Table};
use crate::accounts::password::About;
use crate::accounts::policy::{KEYS, Policy as Settings};

#[derive(Serialize)]
struct Judged {
    ok: bool,
    rule: &'static str,
}

/// Shows, sets, judges.
pub fn run(call: &mut Call<'_>, verb: Policy) -> Outcome {
    match verb {
        Policy::Show => {
            let settings = call.accounts(Missing::Refuse)?.policy()?;
            for complaint in settings.complaints() {
                call.out.warn(&complaint);
            }
            show(call, &settings)
        }
        Policy::Set { key, value } => set(call, &key, &value),
        Policy::CheckPassword { name, email, .. } => {
            let password = call.input.secret(Want::Password, "the password", "--password-stdin")?;
            let mut accounts = call.accounts(Missing::Refuse)?;
            let name = name.as_deref().unwrap_or_default();
            let about = About { name, email: email.as_deref(), factor: false };
            accounts.judge_password(&password, about)?;
            let rule = accounts.policy()?.password.word();
            if call.out.is_json() {
                return call.out.json(&Judged { ok: true, rule });
            }
            call.out.done(&format!("good enough for the rule {rule}"))
        }
    }
}

fn set(call: &mut Call<'_>, key: &str, value: &str) -> Outcome {
    // Judged before a database is made for it.
    Settings::default().set(key, value)?;
    let settings = call.accounts(Missing::Create)?.set_policy(key, value)?;
    if call.out.is_json() {
        return json(call, &settings);
    }
    let dry = if call.global.dry_run { "dry run: " } else { "" };
    call.out.done(&format!("{dry}{key} is {}", settings.get(key).unwrap_or_default()))
}

fn show(call: &mut Call<'_>, settings: &Settings) -> Outcome {
    if call.out.is_json() {
        return json(call, settings);
    }
    let mut table = Table::new(["setting", "value", "meaning"]);
    for (key, meaning) in KEYS {
        table.push([key.to_owned(), settings.get(key).unwrap_or_default(), meaning.to_owned()]);
    }
    table.write(&mut call.out)
}

fn json(call: &mut Call<'_>, settings: &Settings) -> Outcome {
    let all: BTreeMap<String, Option<String>> =
        KEYS.iter().map(|(key, _)| (key.replace('-', "_"), settings.get(key))).collect();
    call.out.json(&all)
}
