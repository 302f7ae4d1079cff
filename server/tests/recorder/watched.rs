//! A simulated engine, watched.

use std::{fmt::Write as _, time::Duration};

use domain::{ids::SourceId, source::SourceKind};
use server::{
    analyze::Recorder,
    collect::{
        outbox,
        registry::{SourceSpec, build},
        scheduler::Scheduler,
    },
    live::Live,
    store::Store,
};
use simulator::{Fleet, Listen, RunningSimulator, Simulation};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::database::empty_database;

/// How often the engine is polled.
const INTERVAL: Duration = Duration::from_secs(1);

/// An engine whose containers are watched into a database of their own.
pub(crate) struct Watched {
    pub(crate) store: Store,
    pub(crate) simulator: RunningSimulator,
    source: SourceId,
    running: Option<Running>,
}

struct Running {
    scheduler: Scheduler,
    recorder: JoinHandle<()>,
    stop: CancellationToken,
}

impl Watched {
    /// Watches containers of these names, and returns when all have been seen.
    pub(crate) async fn start(workloads: &[&str]) -> Self {
        Self::in_database(&empty_database().await, workloads).await
    }

    /// The same into a database of the caller's.
    pub(crate) async fn in_database(url: &str, workloads: &[&str]) -> Self {
        let mut fleet = String::from("[[engine]]\nname='here'\n");
        for name in workloads {
            writeln!(
                fleet,
                "[[container]]\nname='{name}'\nengine='here'\nimage='{name}'\nlimit='64 MiB'"
            )
            .unwrap();
        }
        let fleet = Fleet::parse(&fleet).unwrap();
        let simulator = Simulation::builder(fleet)
            .build()
            .unwrap()
            .listen(&Listen::Tcp(([127, 0, 0, 1], 0).into()))
            .await
            .unwrap();
        let store = Store::open(url).await.unwrap();
        let source = store
            .sources()
            .upsert("here", SourceKind::Docker, simulator.endpoint(), 1_000)
            .await
            .unwrap();
        let mut watched = Self {
            store,
            simulator,
            source,
            running: None,
        };
        watched.resume().await;
        let all_seen = async {
            while watched
                .store
                .containers()
                .known(source)
                .await
                .unwrap()
                .len()
                < workloads.len()
            {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(15), all_seen)
            .await
            .expect("every container is seen");
        watched
    }

    /// Starts Inquest's watching half.
    pub(crate) async fn resume(&mut self) {
        let (outbox, inbox) = outbox::channel(outbox::POLL_BYTES);
        let stop = CancellationToken::new();
        let recorder = Recorder::new(self.store.clone(), Live::default(), stop.clone());
        let spec = SourceSpec {
            id: self.source,
            name: "here".to_owned(),
            kind: SourceKind::Docker,
            endpoint: self.simulator.endpoint().to_owned(),
            interval: INTERVAL,
        };
        let since = self.store.events().last_at(self.source).await.unwrap();
        let recorder = tokio::spawn(recorder.run(inbox));
        let scheduler = Scheduler::start(
            vec![(
                build(&spec, server::collect::hint::Hint::default()).unwrap(),
                since,
            )],
            &outbox,
        );
        self.running = Some(Running {
            scheduler,
            recorder,
            stop,
        });
    }

    /// Stops it, as Inquest does when it is told to.
    pub(crate) async fn interrupt(&mut self) {
        let running = self.running.take().unwrap();
        running.scheduler.stop().await;
        running.stop.cancel();
        running.recorder.await.unwrap();
    }

    /// Lets everything that has happened be noticed and judged.
    pub(crate) async fn settle(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    pub(crate) async fn stop(mut self) {
        self.interrupt().await;
        self.simulator.shutdown().await;
    }
}
