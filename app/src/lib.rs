//! Inquest in the browser: pages rendered on the server and hydrated by WebAssembly.
//!
//! This crate knows `domain` and nothing of databases, engines or HTTP clients; all it needs comes through [`backend::Backend`].

// The type of a view is as deep as its markup.
#![recursion_limit = "256"]
#![allow(
    clippy::needless_pass_by_value,
    reason = "the properties of a component are owned by it"
)]

#[cfg(feature = "ssr")]
pub mod alerts;
pub mod backend;
pub mod chart;
pub mod components;
#[cfg(feature = "ssr")]
pub mod documents;
pub mod erase;
pub mod format;
pub mod pages;
pub mod routes;
pub mod server_fns;
pub mod shell;
pub mod state;
pub mod wire;

pub use routes::App;
#[cfg(feature = "ssr")]
pub use routes::Documents;
#[cfg(feature = "ssr")]
pub use shell::document_shell;
pub use shell::shell;
