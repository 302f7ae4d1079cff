//! Workloads.

use domain::{ids::WorkloadId, view::WorkloadDetail};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::AppError;

/// One workload.
#[server(prefix = "/_fn", endpoint = "workload", input = GetUrl, output = Json)]
pub async fn workload(id: WorkloadId) -> Result<WorkloadDetail, AppError> {
    let (backend, caller) = super::asking();
    Ok(backend.workload(&caller, id).await?)
}
