//! Alerts on a real Postgres, told to real receivers. `xtask/with-postgres.sh cargo test -p server --test alerts`.
#![expect(clippy::unwrap_used, reason = "a test binary")]

mod ahead;
mod alertmanager;
#[path = "../store/database.rs"]
#[allow(dead_code, reason = "shared with the tests of the store")]
mod database;
mod fleet;
mod incidents;
mod killed;
mod mailbox;
mod mailserver;
mod outbox;
mod previewed;
mod process;
mod receiver;
mod retention;
mod scene;
mod shown;
mod smtp;
mod states;
