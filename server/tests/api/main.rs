//! The program as people and other programs meet it: command line, API, signals. Every test starts the built binary on a data
//! folder of its own.

mod alert_forms;
mod alerts;
mod bad_configuration;
mod bad_requests;
mod disk_full;
mod evidence;
mod export;
mod in_trouble;
mod incidents;
mod killed;
mod lifecycle;
mod mail;
#[allow(clippy::unwrap_used, reason = "shared with the tests of alerts")]
#[path = "../alerts/mailserver.rs"]
mod mailserver;
#[allow(clippy::unwrap_used, reason = "shared with the tests of alerts")]
#[path = "../alerts/process.rs"]
mod process;
#[allow(
    clippy::unwrap_used,
    dead_code,
    reason = "shared with the tests of alerts"
)]
#[path = "../alerts/receiver.rs"]
mod receiver;
mod rule_tests;
mod stream;
mod support;
mod watching;
