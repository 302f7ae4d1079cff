//! The database goes away under a recorder that works, and comes back.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use domain::{
    Timestamp,
    fact::{Observation, Poll},
    ids::{ContainerKey, EngineId, SourceId},
    sample::Sample,
    source::SourceKind,
    view::{TimeRange, TimelineEntry, TimelineKind, TimelineQuery},
    workload::ContainerState,
};
use server::{
    analyze::Recorder,
    collect::{outbox, reporter::Reporter},
    data_dir::DataDir,
    live::Live,
    postgres::PrivatePostgres,
    store::Store,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{
    agrees_with_truth,
    database::{now, spec},
    expected, happening, rows,
    watched::Watched,
};

/// A Postgres that can be sent away: the product's own, with the settings it has there.
struct Database {
    postgres: Option<PrivatePostgres>,
    data_dir: DataDir,
    _folder: TempDir,
}

impl Database {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut database = Self {
            postgres: None,
            data_dir: DataDir::open(folder.path()).unwrap(),
            _folder: folder,
        };
        database.come_back().await;
        database
    }

    fn url(&self) -> &str {
        self.postgres.as_ref().unwrap().url()
    }

    async fn go_away(&mut self) {
        self.postgres.take().unwrap().stop().await;
    }

    async fn come_back(&mut self) {
        self.postgres = Some(PrivatePostgres::start(&self.data_dir).await.unwrap());
    }
}

/// A source of one container that is polled as fast as we like, and counts its polls in its memory.
struct Counter {
    reporter: Reporter,
    outbox: outbox::Outbox,
    begin: Timestamp,
    polls: u64,
    /// What the queue took.
    taken: Vec<u64>,
}

impl Counter {
    fn time(&self, poll: u64) -> Timestamp {
        self.begin + TimeDelta::milliseconds(100 * poll as i64)
    }

    fn container() -> EngineId {
        EngineId::from("counter")
    }

    /// Whether the queue took it.
    fn poll(&mut self) -> bool {
        let (poll, at) = (self.polls, self.time(self.polls));
        self.polls += 1;
        let sample = Sample {
            working_set_bytes: Some(poll),
            ..Sample::empty(at)
        };
        let state = Observation {
            at,
            spec: spec("counter", "counter", self.begin),
            state: ContainerState::Running,
            started_at: Some(self.begin),
            finished_at: None,
            exit_code: None,
            oom_killed: false,
            restart_count: None,
        };
        let lost = self.outbox.dropped();
        self.reporter.poll(Poll {
            tick: at,
            samples: vec![(Self::container(), sample)],
            states: vec![state],
            complete: true,
        });
        let taken = self.outbox.dropped() == lost;
        if taken {
            self.taken.push(poll);
        }
        taken
    }
}

/// Polls that are in the database, by their numbers.
async fn stored(url: &str, source: SourceId, from: Timestamp) -> Vec<u64> {
    // What this process remembers proves nothing.
    let store = Store::open(url).await.unwrap();
    let known = store.containers().known(source).await.unwrap();
    let container: ContainerKey = known[0].keys.container;
    let to = from + TimeDelta::hours(1);
    let samples = store.samples().tail(container, from, to).await.unwrap();
    store.close().await;
    samples
        .iter()
        .map(|sample| sample.working_set_bytes.unwrap())
        .collect()
}

async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let look = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(3), look)
        .await
        .unwrap_or_else(|_elapsed| panic!("waited in vain until {what}"));
}

async fn gaps(store: &Store, from: Timestamp) -> Vec<TimelineEntry> {
    let query = TimelineQuery {
        workload: None,
        range: TimeRange {
            from,
            to: from + TimeDelta::hours(1),
        },
        limit: None,
        cursor: None,
    };
    let mut facts = store.timeline(&query).await.unwrap().data;
    facts.retain(|fact| fact.kind == TimelineKind::CoverageGap);
    facts
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fits_into_the_queue_is_kept_and_the_rest_is_a_gap() {
    let mut database = Database::start().await;
    let url = database.url().to_owned();
    let store = Store::open(&url).await.unwrap();
    let source = store
        .sources()
        .upsert("counter", SourceKind::Docker, "unix:///counter", 100)
        .await
        .unwrap();
    let (outbox, inbox) = outbox::channel(1 << 20);
    let stop = CancellationToken::new();
    let recorder = Recorder::new(store.clone(), Live::default(), stop.clone());
    let stalled = recorder.stalled();
    let recording = tokio::spawn(recorder.run(inbox));
    let begin = now() - TimeDelta::minutes(30);
    let mut counter = Counter {
        reporter: Reporter::new(source, outbox.clone()),
        outbox: outbox.clone(),
        begin,
        polls: 0,
        taken: Vec::new(),
    };

    for _ in 0..50 {
        counter.poll();
    }
    until("the first polls are acknowledged", || async {
        outbox.waiting_bytes() == 0
            && store
                .containers()
                .known(source)
                .await
                .is_ok_and(|known| !known.is_empty())
            && stored(&url, source, begin).await.len() == 50
    })
    .await;

    database.go_away().await;
    // The recorder takes one more and waits with it; then the queue fills.
    counter.poll();
    until("it is taken and waits", || async {
        outbox.waiting_bytes() == 0 && !stalled.lasted(Instant::now()).is_zero()
    })
    .await;
    let first_lost = loop {
        if !counter.poll() {
            break counter.time(counter.polls - 1);
        }
    };
    for _ in 0..100 {
        counter.poll();
    }
    assert!(outbox.dropped() > 0);
    assert!(!recording.is_finished(), "it waits");

    database.come_back().await;
    let first_kept = loop {
        if counter.poll() {
            break counter.time(counter.polls - 1);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    until("all that was taken is in the database", || async {
        stored(&url, source, begin).await == counter.taken
    })
    .await;
    until("the loss is a gap", || async {
        !gaps(&store, begin).await.is_empty()
    })
    .await;
    let gaps = gaps(&store, begin).await;
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(
        (gaps[0].at, gaps[0].until),
        (first_lost, Some(first_kept)),
        "{gaps:?}"
    );
    assert!(gaps[0].text.contains("did not fit"), "{gaps:?}");

    stop.cancel();
    recording.await.unwrap();
    database.go_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_while_the_database_is_away_are_in_the_ledger_afterwards() {
    let mut database = Database::start().await;
    let workloads = ["leaks", "panics", "killed", "deployed", "steady"];
    let watched = Watched::in_database(database.url(), &workloads).await;
    database.go_away().await;
    for workload in workloads {
        if let Some(happening) = happening(workload) {
            assert!(
                watched.simulator.provoke(workload, &happening),
                "{workload}"
            );
        }
    }
    watched.settle(Duration::from_secs(6)).await;
    database.come_back().await;
    until("every end is in the ledger", || async {
        rows(&watched).await.len() >= watched.simulator.truth().deaths.len()
    })
    .await;
    watched.settle(Duration::from_secs(4)).await;
    agrees_with_truth(&watched).await;
    for row in rows(&watched).await {
        assert_eq!(row.cause, expected(&row.workload_name).0, "{row:#?}");
    }
    watched.stop().await;
    database.go_away().await;
}
