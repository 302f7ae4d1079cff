//! The page of one workload.

use domain::ids::WorkloadId;
use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::AppError;
use crate::{chart::range::RangeQuery, pages::workload::load, wire::ByWire};

/// One workload with its course over `range` and what happened in it.
#[server(prefix = "/_fn", endpoint = "workload_page", input = GetUrl, output = ByWire)]
pub async fn workload_page(
    id: WorkloadId,
    range: RangeQuery,
) -> Result<load::WorkloadPage, AppError> {
    let (backend, caller) = super::asking();
    Ok(load::load(&*backend, &caller, id, range, crate::state::now_ms()).await?)
}
