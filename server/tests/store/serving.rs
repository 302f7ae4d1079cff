//! A store behind the product's own HTTP.

use std::sync::{Arc, OnceLock};

use server::{
    backend::{Place, StoreBackend},
    http::{Exporter, Parts, install_metrics, router},
    live::Live,
    store::{Keep, Store},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves it until the test ends, and returns its address.
pub(crate) async fn serve(store: &Store) -> String {
    static EXPORTER: OnceLock<Exporter> = OnceLock::new();
    let parts = Parts {
        backend: Arc::new(StoreBackend::new(
            store.clone(),
            Place::Given("the test's database".to_owned()),
            Keep::default(),
            false,
        )),
        live: Live::default(),
        shutdown: CancellationToken::new(),
        exporter: EXPORTER.get_or_init(|| install_metrics().unwrap()).clone(),
        checks: Vec::new(),
        hosts: None,
        site: None,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router(parts)).await });
    format!("http://{address}/api/v1")
}
