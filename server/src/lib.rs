//! Inquest's server: the only crate with IO.
//!
//! Data flows one way: [`collect`] polls sources and hands messages to the recorder, which keeps them in the store and has the
//! `domain` judge them; the store answers the backend; [`live`] tells browsers that there is something new.

pub mod alerting;
pub mod analyze;
pub mod backend;
pub mod cli;
pub mod collect;
pub mod config;
pub mod data_dir;
pub mod demo;
pub mod export;
pub mod http;
pub mod live;
pub mod logging;
pub mod notify;
pub mod postgres;
pub mod rule_tests;
pub mod startup;
pub mod store;

/// glibc's allocator keeps what was freed between what is still used: of 316 MB after twenty minutes of polling ten thousand containers, 126
/// were free and not given back. Here, in the library, so that benchmarks and tests have what the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
