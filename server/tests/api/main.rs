//! The program as people and other programs meet it: command line, API, signals. Every test starts the built binary on a data
//! folder of its own.

mod alert_forms;
mod bad_configuration;
mod bad_requests;
mod disk_full;
mod evidence;
mod export;
mod in_trouble;
mod incidents;
mod killed;
mod lifecycle;
mod stream;
mod support;
mod watching;
