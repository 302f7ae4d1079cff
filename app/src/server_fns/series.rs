//! Series.

use domain::{
    ids::WorkloadId,
    view::{SeriesQuery, SeriesSet},
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::AppError;

/// Series of one workload.
#[server(prefix = "/_fn", endpoint = "series", input = GetUrl, output = Json)]
pub async fn series(id: WorkloadId, query: SeriesQuery) -> Result<SeriesSet, AppError> {
    let (backend, caller) = super::asking();
    Ok(backend.series(&caller, id, &query).await?)
}
