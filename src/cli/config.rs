//! `config show`: what is set for this program, and what set it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::call::Call;
use super::output::{Outcome, Table};

#[derive(Serialize)]
struct Value<'a> {
    value: &'a str,
    source: &'a str,
}

/// Shows every setting with its source.
pub fn show(call: &mut Call<'_>) -> Outcome {
    let settings = call.world.settings();
    if call.out.is_json() {
        let all: BTreeMap<_, _> =
            settings.iter().map(|one| (one.key, Value { value: &one.value, source: &one.source })).collect();
        return call.out.json(&all);
    }
    let mut table = Table::new(["key", "value", "from"]);
    for setting in settings {
        table.push([setting.key.to_owned(), setting.value, setting.source]);
    }
    table.write(&mut call.out)
}
