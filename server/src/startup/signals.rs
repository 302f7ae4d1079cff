//! When to stop.

use std::{process, time::Duration};

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Stopping in good order takes no longer; service managers send SIGKILL soon after.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A token that is cancelled by Ctrl-C and by what service managers and engines send. Whoever asks a second time, or waits
/// longer than it should take, gets the process ended as it is: nothing that was acknowledged is lost by that.
pub(super) fn stop() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        either(&mut interrupt, &mut terminate).await;
        tracing::info!("stopping");
        token.cancel();
        tokio::select! {
            () = either(&mut interrupt, &mut terminate) => {}
            () = tokio::time::sleep(STOP_WITHIN) => {}
        }
        tracing::warn!("stopping at once");
        process::exit(1);
    });
    Ok(stop)
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
