//! What Inquest knows about restarts: the vocabulary, the ledger and the judgement.
//!
//! This crate is pure. It has no IO, no async, no framework and no clock: `now` is always an argument. It compiles for the
//! server and for the browser. Data flows through it in one direction: what a source says ([`fact`]) becomes runs and
//! [`restart`]s in a ledger, detectors turn them into a [`verdict`], and [`view`] is the shape in which people read them.

pub mod alert;
pub mod analysis;
pub mod black_box;
pub mod correlation;
pub mod detect;
pub mod fact;
pub mod identity;
pub mod ids;
pub mod incident;
pub mod labels;
pub mod leak;
pub mod ledger;
pub mod log;
pub mod metric;
pub mod outlook;
pub mod panic;
pub mod profile;
pub mod proof;
pub mod redact;
pub mod restart;
pub mod revision;
pub mod right_size;
pub mod run;
pub mod sample;
pub mod source;
pub mod stats;
pub mod storage;
pub mod survival;
pub mod verdict;
pub mod view;
pub mod workload;

/// A moment, always UTC; only the browser shows local time.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
