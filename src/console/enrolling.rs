//! What is done in the dialog of second factor and tokens, and while a second factor is turned on.

use super::action::Action;
use super::effect::{Effect, Write};
use super::layers::Layer;
use super::layers::enrol::Enrol;
use super::layers::prompt::Prompt;
use super::layers::question::Question;
use super::model::Model;
use super::orders::give;
use super::words::clipped;
use crate::accounts::factor::Enrolment;
use crate::accounts::user::User;

/// An action in the dialog: each opens what it takes.
pub fn in_keyring(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if let Some(refusal) = model.refusal(action) {
        return model.refuse(refusal);
    }
    let Some(Layer::Keyring(keyring)) = model.layers.last() else { return };
    let dossier = model.detail.of(keyring.user_id());
    let tokens = dossier.map(|dossier| dossier.tokens.as_slice()).unwrap_or_default();
    let user = dossier.map_or(keyring.user(), |dossier| &dossier.user);
    let (id, expect, name) = (user.id.clone(), user.version, clipped(&user.name, 30));
    let now = model.now;
    let ask = |title: String, lines: &[&str], verb, write| {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Layer::Question(Box::new(Question::new(title, lines, verb, now, write)))
    };
    let layer = match (action, keyring.chosen(tokens)) {
        (Action::FactorOn, _) => {
            give(model, Write::BeginFactor { id }, effects);
            return;
        }
        (Action::NewToken, _) => Layer::Prompt(Box::new(Prompt::token(keyring.user(), now)), None),
        (Action::FactorOff, _) => ask(
            format!("Turn off the second factor of {name}?"),
            &["the password alone lets this user in from then on", "for good: erases the secret and the backup codes"],
            "turns it off",
            Write::DisableFactor { id, expect },
        ),
        (Action::NewCodes, _) => ask(
            format!("New backup codes for {name}?"),
            &["for good: voids all backup codes from before", "the new codes are shown once"],
            "makes them",
            Write::RefreshCodes { id, expect },
        ),
        (Action::RevokeToken, Some(token)) => ask(
            format!("Revoke {}?", clipped(&token.name, 40)),
            &["for good: every call with this token is refused from now on"],
            "revokes",
            Write::RevokeToken { id: token.id.clone() },
        ),
        _ => return,
    };
    model.layers.push(layer);
}

/// A fresh secret has come. It is shown only where it was asked for; whoever has gone on meanwhile has let it go.
pub fn begun(model: &mut Model, user: User, enrolment: Enrolment, made_key: Option<String>) {
    if let Some(place) = made_key {
        model.say(format!("made the key of the second factors: {place} · keep a copy of it, not beside the backups"));
    }
    if matches!(model.layers.last(), Some(Layer::Keyring(keyring)) if *keyring.user_id() == user.id) {
        model.layers.push(Layer::Enrol(Box::new(Enrol::new(user, enrolment)), None));
    }
}

/// Enter while a second factor is turned on: the code goes with the secret, which is stored only now.
pub fn confirm(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Layer::Enrol(enrol, None)) = model.layers.last_mut() else { return };
    let Some((secret, code)) = enrol.submit() else { return };
    let (id, drawn) = (enrol.user_id().clone(), enrol.user().version);
    // What lies beneath is read again after every change, and is what was seen last.
    let expect = model.detail.of(&id).map_or(drawn, |dossier| dossier.user.version);
    let ticket = give(model, Write::EnableFactor { id, expect, secret, code }, effects);
    if let Some(layer) = model.layers.last_mut() {
        layer.sent(ticket);
    }
}
