//! Runs every configured source in a task of its own, starts one again that panicked, and stops them all.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{Timestamp, ids::SourceId};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::{outbox::Outbox, reporter::Reporter};

/// Something that is polled and listened to.
#[async_trait]
pub trait Source: Send + Sync + 'static {
    /// Its id in the store.
    fn id(&self) -> SourceId;

    /// What people call it.
    fn name(&self) -> &str;

    /// Watches until cancelled. Failures of the other side are its own business: it reports them, waits and tries again.
    async fn run(&self, context: Context);
}

/// What a source needs to run.
#[derive(Clone, Debug)]
pub struct Context {
    /// Tells it to stop.
    pub cancel: CancellationToken,
    /// Where it reports.
    pub reporter: Arc<Reporter>,
    /// The newest event of this source that is stored. What happened since is asked for before anything is polled.
    pub since: Option<Timestamp>,
}

/// How long a source that panicked is left alone.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// The running sources.
#[derive(Debug)]
pub struct Scheduler {
    cancel: CancellationToken,
    tasks: JoinSet<()>,
}

impl Scheduler {
    /// Starts every source, each with the time of its newest stored event.
    pub fn start(sources: Vec<(Arc<dyn Source>, Option<Timestamp>)>, outbox: &Outbox) -> Self {
        let cancel = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for (source, since) in sources {
            let reporter = Arc::new(Reporter::new(source.id(), outbox.clone()));
            tasks.spawn(supervise(
                source,
                Context {
                    cancel: cancel.clone(),
                    reporter,
                    since,
                },
            ));
        }
        Self { cancel, tasks }
    }

    /// Stops every source and waits until the last has.
    pub async fn stop(mut self) {
        self.cancel.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Runs one source, again after a panic: a bug in reading one engine must not blind us to the others.
async fn supervise(source: Arc<dyn Source>, mut context: Context) {
    info!(source = source.name(), "watching");
    loop {
        let run = tokio::spawn({
            let (source, context) = (source.clone(), context.clone());
            async move { source.run(context).await }
        });
        let ended = run.await;
        if context.cancel.is_cancelled() {
            return;
        }
        match ended {
            Ok(()) => error!(
                source = source.name(),
                "stopped by itself; starting it again"
            ),
            Err(panic) => error!(source = source.name(), %panic, "panicked; starting it again"),
        }
        context.since = context.reporter.last_event().max(context.since);
        tokio::select! {
            () = context.cancel.cancelled() => return,
            () = tokio::time::sleep(AFTER_PANIC) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::watch, time::timeout};

    use super::*;
    use crate::collect::outbox;

    /// Longer than any machine takes; only a source that is never started again comes near it.
    const PATIENCE: Duration = Duration::from_mins(1);

    /// Counts how often it was started.
    struct Clumsy(watch::Sender<usize>);

    #[async_trait]
    impl Source for Clumsy {
        fn id(&self) -> SourceId {
            SourceId(1)
        }

        fn name(&self) -> &'static str {
            "clumsy"
        }

        async fn run(&self, context: Context) {
            self.0.send_modify(|starts| *starts += 1);
            assert!(*self.0.borrow() > 1, "the first try fails");
            context.cancel.cancelled().await;
        }
    }

    #[tokio::test]
    async fn a_source_that_panics_is_started_again_and_stops_on_request() {
        let (outbox, _inbox) = outbox::channel(outbox::POLL_BYTES);
        let (started, mut starts) = watch::channel(0);
        let scheduler = Scheduler::start(vec![(Arc::new(Clumsy(started)), None)], &outbox);
        let again = timeout(PATIENCE, starts.wait_for(|starts| *starts == 2)).await;
        again.expect("it is started again").expect("it is there");
        scheduler.stop().await;
        assert_eq!(*starts.borrow(), 2);
    }
}
