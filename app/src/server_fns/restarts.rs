//! The restart ledger.

use domain::view::{Page, RestartQuery, RestartRow};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::AppError;

/// Restarts, newest first; all of them when the query says nothing.
#[server(prefix = "/_fn", endpoint = "restarts", input = GetUrl, output = Json)]
pub async fn restarts(
    #[server(default)] query: RestartQuery,
) -> Result<Page<RestartRow>, AppError> {
    let (backend, caller) = super::asking();
    Ok(backend.restarts(&caller, &query).await?)
}
