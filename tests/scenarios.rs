//! What both predecessors promise, what they get wrong, and the rules of our own, each as a test through the one door
//! [`rollbook::accounts::Accounts`] over the real engine.
//!
//! The number in a test's name says which behaviour it holds: `f` for flowserv's user manager, `p` for platypush's user
//! plugin, `w` for a weakness of either that ours must not have; scenarios/README.md lists them. Where the two disagree the
//! test shows our own rule.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

#[path = "scenarios/world.rs"]
mod world;

#[path = "scenarios/activate.rs"]
mod activate;
#[path = "scenarios/actors.rs"]
mod actors;
#[path = "scenarios/audit.rs"]
mod audit;
#[path = "scenarios/blocklist.rs"]
mod blocklist;
#[path = "scenarios/comparison.rs"]
mod comparison;
#[path = "scenarios/contain.rs"]
mod contain;
#[path = "scenarios/defects_flowserv.rs"]
mod defects_flowserv;
#[path = "scenarios/defects_platypush.rs"]
mod defects_platypush;
#[path = "scenarios/erased.rs"]
mod erased;
#[path = "scenarios/exports.rs"]
mod exports;
#[path = "scenarios/factor.rs"]
mod factor;
#[path = "scenarios/factor_keys.rs"]
mod factor_keys;
#[path = "scenarios/factor_throttle.rs"]
mod factor_throttle;
#[path = "scenarios/faults.rs"]
mod faults;
#[path = "scenarios/in_flight.rs"]
mod in_flight;
#[path = "scenarios/keepers.rs"]
mod keepers;
#[path = "scenarios/last_use.rs"]
mod last_use;
#[path = "scenarios/list.rs"]
mod list;
#[path = "scenarios/login.rs"]
mod login;
#[path = "scenarios/login_status.rs"]
mod login_status;
#[path = "scenarios/many.rs"]
mod many;
#[path = "scenarios/model.rs"]
mod model;
#[path = "scenarios/opening.rs"]
mod opening;
#[path = "scenarios/people.rs"]
mod people;
#[path = "scenarios/platypush.rs"]
mod platypush;
#[path = "scenarios/policy.rs"]
mod policy;
#[path = "scenarios/races.rs"]
mod races;
#[path = "scenarios/register.rs"]
mod register;
#[path = "scenarios/reset.rs"]
mod reset;
#[path = "scenarios/sessions.rs"]
mod sessions;
#[path = "scenarios/signin.rs"]
mod signin;
#[path = "scenarios/stolen.rs"]
mod stolen;
#[path = "scenarios/stored.rs"]
mod stored;
#[path = "scenarios/tampering.rs"]
mod tampering;
#[path = "scenarios/throttle.rs"]
mod throttle;
#[path = "scenarios/tokens.rs"]
mod tokens;
#[path = "scenarios/upkeep.rs"]
mod upkeep;
#[path = "scenarios/weaknesses.rs"]
mod weaknesses;
