//! Sources.

use domain::view::{Page, SourceRow};
use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::AppError;
use crate::wire::ByWire;

/// The sources and how they are.
#[server(prefix = "/_fn", endpoint = "sources", input = GetUrl, output = ByWire)]
pub async fn sources() -> Result<Page<SourceRow>, AppError> {
    let (backend, caller) = super::asking();
    Ok(backend.sources(&caller).await?)
}
