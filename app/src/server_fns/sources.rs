//! Sources.

use domain::view::{Page, SourceRow};
use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::{AppError, json::Json};

/// The sources and how they are.
#[server(prefix = "/_fn", endpoint = "sources", input = GetUrl, output = Json)]
pub async fn sources() -> Result<Page<SourceRow>, AppError> {
    let (backend, caller) = super::asking();
    Ok(backend.sources(&caller).await?)
}
