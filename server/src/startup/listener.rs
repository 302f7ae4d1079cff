//! The listening side.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use axum::serve::ListenerExt as _;
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::http;

/// Requests that run when we are told to stop may still end.
const STOP: Duration = Duration::from_secs(2);

/// Takes the address, or says who has it.
pub(super) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow::anyhow!(
            "{address} is in use by another program; stop it, or choose another port with --listen or INQUEST_LISTEN"
        ),
        ErrorKind::AddrNotAvailable => anyhow::anyhow!(
            "{address} is no address of this machine; choose one with --listen or INQUEST_LISTEN, or 0.0.0.0 for all"
        ),
        ErrorKind::PermissionDenied => anyhow::anyhow!(
            "listening on {address} is not permitted; choose a port from 1024 up with --listen or INQUEST_LISTEN"
        ),
        _ => anyhow::anyhow!("cannot listen on {address}: {error}"),
    })
}

/// A server that answers.
pub(super) struct HttpServer {
    /// Where.
    pub(super) address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

impl HttpServer {
    pub(super) fn start(listener: TcpListener, parts: http::Parts) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let stop = parts.shutdown.clone();
        // Without it, the end of an answer may wait for the client to acknowledge its begin.
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY");
            }
        });
        let server = axum::serve(listener, http::router(parts))
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        Ok(Self {
            address,
            stop,
            task: tokio::spawn(server.into_future()),
        })
    }

    pub(super) async fn stop(self) {
        self.stop.cancel();
        if timeout(STOP, self.task).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
    }
}
