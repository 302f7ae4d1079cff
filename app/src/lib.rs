//! Inquest in the browser: pages rendered on the server and hydrated by WebAssembly.
//!
//! This crate knows `domain` and nothing of databases, engines or HTTP clients; all it needs comes through [`backend::Backend`].

pub mod backend;
