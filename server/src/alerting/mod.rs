//! Looks at alert rules, and sees to it that people are told.
//!
//! What the ledger writes is looked at where it is written (`store::alerts`); everything else here, at every tick. The [`Watch`] decides
//! what is said; the [`Dispatcher`] empties the outbox and never decides whether to send.

mod dispatcher;
mod evaluate;
mod firing;
pub mod metrics;
mod picture;
mod preview;
mod readings;
mod service;
mod watch;

pub(crate) use self::dispatcher::settings;
pub use self::{
    dispatcher::Dispatcher,
    evaluate::evaluate,
    firing::follow,
    preview::preview,
    readings::{Counted, Readings, When},
    service::{Alerting, Setup},
    watch::Watch,
};
