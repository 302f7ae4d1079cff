//! Dated facts.

use domain::view::{Page, TimelineEntry, TimelineQuery};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::AppError;

/// Dated facts, oldest first.
#[server(prefix = "/_fn", endpoint = "timeline", input = GetUrl, output = Json)]
pub async fn timeline(query: TimelineQuery) -> Result<Page<TimelineEntry>, AppError> {
    let (backend, caller) = super::asking();
    Ok(backend.timeline(&caller, &query).await?)
}
