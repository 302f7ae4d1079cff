//! Channels: how a notice is told to other systems and to people. One file for each kind, all of the same shape: a [`Kind`] with its
//! fields and a function that turns messages into what is sent. They decide neither whether nor when.
#![allow(
    clippy::unnecessary_wraps,
    reason = "some kinds have templates and addresses that may be wrong, and all have one shape"
)]

mod alertmanager;
mod dingtalk;
mod discord;
mod email;
mod feishu;
mod guard;
mod kind;
mod ntfy;
mod opsgenie;
mod pagerduty;
mod picture;
mod send;
mod slack;
mod teams;
mod telegram;
#[cfg(test)]
mod tests;
mod vault;
mod webhook;
mod wecom;
mod words;

pub use self::{
    guard::Guard,
    kind::{Envelope, Field, FieldKind, Kind, Said, Settings, sample},
    picture::Picture,
    send::{Failure, Sender},
    vault::{Vault, VaultError},
};

/// Every kind, in the order in which they are offered.
pub const KINDS: [&Kind; 13] = [
    &webhook::KIND,
    &slack::KIND,
    &discord::KIND,
    &teams::KIND,
    &telegram::KIND,
    &ntfy::KIND,
    &email::KIND,
    &pagerduty::KIND,
    &opsgenie::KIND,
    &alertmanager::KIND,
    &feishu::KIND,
    &dingtalk::KIND,
    &wecom::KIND,
];

/// The kind with a name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.into_iter().find(|kind| kind.name == name)
}
