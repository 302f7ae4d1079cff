//! The store on a real Postgres. `make test` provides one; so does `xtask/with-postgres.sh cargo test -p server --test store`.
#![expect(clippy::unwrap_used, reason = "a test binary")]

mod analysis;
mod cached;
mod containers;
mod crash;
mod database;
mod ends;
mod export;
mod hours;
mod incidents;
mod late;
mod ledger;
mod lists;
mod merge;
mod retention;
mod samples;
mod schema;
mod serving;
mod storage;
mod upgrade;
mod views;
mod windows;
