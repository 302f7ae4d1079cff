//! The overview.

use domain::view::FleetView;
use leptos::{prelude::*, server_fn::codec::GetUrl};

use super::AppError;
use crate::wire::ByWire;

/// All the overview needs.
#[server(prefix = "/_fn", endpoint = "fleet", input = GetUrl, output = ByWire)]
pub async fn fleet() -> Result<FleetView, AppError> {
    let (backend, caller) = super::asking();
    Ok(backend.fleet(&caller).await?)
}
