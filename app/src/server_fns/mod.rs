//! What pages ask the server: adapters over [`Backend`](crate::backend::Backend), called in process while the server renders and
//! over HTTP from the browser. They are private to the interface; programs use `/api/v1`.

#![allow(
    clippy::unused_async,
    reason = "a server function is async, whether it has to wait or not"
)]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the macro writes a struct of the arguments, public and without documentation, beside each function"
)]

mod error;
mod fleet;
mod sources;
mod theme;
mod workload_page;

pub use error::AppError;
pub use fleet::{Fleet, fleet};
pub use sources::{Sources, sources};
pub use theme::{SetTheme, set_theme};
pub use workload_page::{WorkloadPage, workload_page};

/// The backend, and who asks it.
#[cfg(feature = "ssr")]
fn asking() -> (crate::backend::SharedBackend, crate::backend::Caller) {
    use crate::backend::Caller;
    (
        leptos::prelude::expect_context(),
        leptos::prelude::use_context().unwrap_or(Caller::Anonymous),
    )
}
