//! What lies over the panes: the top layer has the keys, the lowest is drawn first.

pub mod code;
pub mod edit;
pub mod enrol;
pub mod field;
pub mod form;
pub mod keyring;
pub mod login;
pub mod many;
pub mod menu;
pub mod new_user;
pub mod pager;
pub mod palette;
pub mod password;
pub mod prompt;
pub mod proof;
pub mod question;

use jiff::tz::TimeZone;

use super::effect::Ticket;
use super::ink::Ink;
use super::keymap::Scope;
use crate::accounts::looking::Dossier;
use crate::accounts::time::Time;
use code::Code;
use edit::Edit;
use enrol::Enrol;
use form::Form;
use keyring::Keyring;
use many::Many;
use menu::Menu;
use new_user::NewUser;
use pager::Pager;
use palette::Palette;
use password::Password;
use prompt::Prompt;
use proof::Proof;
use question::Question;

/// A layer. Forms remember the ticket of the order that they have sent.
#[allow(missing_docs)] // each is documented where it lives
pub enum Layer {
    NewUser(Box<NewUser>, Option<Ticket>),
    Password(Box<Password>, Option<Ticket>),
    Edit(Box<Edit>, Option<Ticket>),
    Prompt(Box<Prompt>, Option<Ticket>),
    Proof(Box<Proof>, Option<Ticket>),
    Question(Box<Question>),
    Many(Box<Many>),
    Menu(Menu),
    Keyring(Box<Keyring>),
    Enrol(Box<Enrol>, Option<Ticket>),
    Pager(Pager),
    Code(Code),
    Palette(Palette),
}

impl Layer {
    /// Where the keys go while this layer is the top one.
    pub fn scope(&self) -> Scope {
        match self {
            Layer::NewUser(..) | Layer::Password(..) | Layer::Edit(..) | Layer::Prompt(..) | Layer::Proof(..) => {
                Scope::Form
            }
            Layer::Question(question) if question.is_typed() => Scope::Typed,
            Layer::Question(_) => Scope::Confirm,
            Layer::Many(_) => Scope::Many,
            Layer::Menu(_) => Scope::Menu,
            Layer::Keyring(_) => Scope::Keyring,
            Layer::Enrol(..) => Scope::Enrol,
            Layer::Pager(_) | Layer::Code(_) => Scope::Pager,
            Layer::Palette(_) => Scope::Palette,
        }
    }

    /// The form in it, if it is one.
    pub fn form_mut(&mut self) -> Option<&mut Form> {
        match self {
            Layer::NewUser(new, _) => Some(&mut new.form),
            Layer::Password(password, _) => Some(&mut password.form),
            Layer::Edit(edit, _) => Some(&mut edit.form),
            Layer::Prompt(prompt, _) => Some(&mut prompt.form),
            Layer::Proof(proof, _) => Some(&mut proof.form),
            _ => None,
        }
    }

    /// Whether a password is typed into it.
    pub fn has_secret(&self) -> bool {
        match self {
            Layer::NewUser(new, _) => new.form.has_secret(),
            Layer::Password(password, _) => password.form.has_secret(),
            _ => false,
        }
    }

    /// The ticket of the order that it waits for.
    pub fn ticket(&self) -> Option<Ticket> {
        match self {
            Layer::NewUser(_, ticket)
            | Layer::Password(_, ticket)
            | Layer::Edit(_, ticket)
            | Layer::Prompt(_, ticket)
            | Layer::Proof(_, ticket)
            | Layer::Enrol(_, ticket) => *ticket,
            _ => None,
        }
    }

    /// Remembers the ticket of its order.
    pub fn sent(&mut self, sent: Ticket) {
        match self {
            Layer::NewUser(_, ticket)
            | Layer::Password(_, ticket)
            | Layer::Edit(_, ticket)
            | Layer::Prompt(_, ticket)
            | Layer::Proof(_, ticket)
            | Layer::Enrol(_, ticket) => {
                *ticket = Some(sent);
            }
            _ => {}
        }
    }

    /// Takes the refusal of its order: what was typed stays.
    pub fn refused(&mut self, error: &crate::accounts::Error) {
        match self {
            Layer::NewUser(new, ticket) => {
                *ticket = None;
                new.refused(error);
            }
            Layer::Password(password, ticket) => {
                *ticket = None;
                password.refused(error);
            }
            Layer::Edit(edit, ticket) => {
                *ticket = None;
                edit.refused(error);
            }
            Layer::Prompt(prompt, ticket) => {
                *ticket = None;
                prompt.refused(error);
            }
            Layer::Enrol(enrol, ticket) => {
                *ticket = None;
                enrol.refused(error);
            }
            Layer::Proof(proof, ticket) => {
                *ticket = None;
                proof.refused(error);
            }
            _ => {}
        }
    }

    /// Brings what a form says about itself up to what was typed.
    pub fn refresh(&mut self) {
        match self {
            Layer::NewUser(new, _) => new.refresh(),
            Layer::Password(password, _) => password.refresh(),
            Layer::Edit(edit, _) => edit.refresh(),
            _ => {}
        }
    }

    /// Tells a form that its field was typed into.
    pub fn typed(&mut self) {
        if let Some(form) = self.form_mut() {
            form.typed();
        }
    }

    /// The password that was made in this form, to be shown once now that it has been set.
    pub fn made(&mut self) -> Option<crate::accounts::Secret> {
        self.form_mut().and_then(form::Form::made)
    }

    /// Draws the layer; `about` is what is known of the person under the cursor.
    pub fn draw(&self, ink: &mut Ink<'_>, about: Option<&Dossier>, now: Time, zone: &TimeZone) {
        match self {
            Layer::NewUser(new, _) => new.form.draw(ink),
            Layer::Password(password, _) => password.form.draw(ink),
            Layer::Edit(edit, _) => edit.form.draw(ink),
            Layer::Prompt(prompt, _) => prompt.form.draw(ink),
            Layer::Proof(proof, _) => proof.form.draw(ink),
            Layer::Question(question) => question.draw(ink),
            Layer::Many(many) => many.draw(ink),
            Layer::Menu(menu) => menu.draw(ink),
            Layer::Keyring(keyring) => keyring.draw(ink, about, now, zone),
            Layer::Enrol(enrol, sent) => enrol.draw(ink, sent.is_some()),
            Layer::Pager(pager) => pager.draw(ink),
            Layer::Code(code) => code.draw(ink, zone),
            Layer::Palette(palette) => palette.draw(ink),
        }
    }
}
