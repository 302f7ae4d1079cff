//! A store with a source and a workload, rules, and what happens to them.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    alert::{Fields, Rule},
    fact::Observation,
    ids::{ChannelId, ContainerKey, EngineId, WorkloadId},
    ledger::LedgerChange,
    restart::{Restart, RestartKind},
    sample::Sample,
    source::SourceState,
    verdict::{Cause, Confidence, Evidence, EvidenceKind, Stance, Verdict},
    view::{AlertPhase, AlertQuery, AlertRow},
    workload::{ContainerState, WorkloadKey},
};
use server::{
    alerting::{Dispatcher, Watch},
    analyze::Outlooks,
    collect::Health,
    notify::{Guard, Sender, Vault},
    store::{Tick, alerts::NewChannel},
};

use crate::database::{Fixture, now, spec};

pub(crate) struct Scene {
    pub(crate) fixture: Fixture,
    pub(crate) workload: WorkloadId,
    pub(crate) container: ContainerKey,
    pub(crate) begin: Timestamp,
}

pub(crate) fn rule(given: &[(&str, &str)]) -> Rule {
    Rule::read(&given.iter().copied().collect::<Fields>()).unwrap()
}

impl Scene {
    /// With these rules and a workload `checkout` that has been running for an hour on a healthy source.
    pub(crate) async fn with(rules: &[Rule]) -> Self {
        let fixture = Fixture::new().await;
        let begin = now();
        fixture.store.alerts().provision(rules, &[]).await.unwrap();
        let (workload, container) = fixture
            .container("c1", "checkout", begin - TimeDelta::hours(1))
            .await;
        let scene = Self {
            fixture,
            workload,
            container,
            begin,
        };
        scene
            .state(ContainerState::Running, begin - TimeDelta::hours(1))
            .await;
        scene.health(SourceState::Healthy).await;
        scene
    }

    pub(crate) async fn health(&self, state: SourceState) {
        let health = Health {
            at: self.begin,
            state,
            problem: None,
            engine: None,
            poll_ms: Some(3),
            next_try_at: None,
            events_connected: true,
        };
        self.fixture
            .store
            .sources()
            .set_health(self.fixture.source, &health)
            .await
            .unwrap();
    }

    pub(crate) async fn state(&self, state: ContainerState, at: Timestamp) {
        self.run(state, self.begin - TimeDelta::hours(1), at).await;
    }

    /// What its container is doing, in a run that began then.
    pub(crate) async fn run(&self, state: ContainerState, started_at: Timestamp, at: Timestamp) {
        let seen = Observation {
            at,
            spec: spec("c1", "checkout", self.begin - TimeDelta::hours(1)),
            state,
            started_at: Some(started_at),
            finished_at: None,
            exit_code: None,
            oom_killed: false,
            restart_count: None,
        };
        self.fixture
            .store
            .containers()
            .set_state(self.container, &seen)
            .await
            .unwrap();
    }

    /// A moment after the begin.
    pub(crate) fn at(&self, seconds: i64) -> Timestamp {
        self.begin + TimeDelta::seconds(seconds)
    }

    pub(crate) fn end(cause: Cause, ended_at: Timestamp) -> LedgerChange {
        end("c1", cause, ended_at)
    }

    pub(crate) async fn happen(&self, cause: Cause, ended_at: Timestamp) {
        let change = Self::end(cause, ended_at);
        self.fixture
            .store
            .ledger()
            .record_news(
                self.fixture.source,
                &[change],
                &[],
                ended_at + TimeDelta::seconds(2),
            )
            .await
            .unwrap();
    }

    /// A reading of memory, as a share of the limit.
    pub(crate) async fn memory(&self, at: Timestamp, ratio: f64) {
        let limit = 64_u64 << 20;
        let sample = Sample {
            working_set_bytes: Some((limit as f64 * ratio) as u64),
            limit_bytes: Some(limit),
            ..Sample::empty(at)
        };
        let tick = Tick {
            at,
            samples: vec![(self.container, sample)],
        };
        self.fixture
            .store
            .samples()
            .append_ticks(self.fixture.source, &[tick])
            .await
            .unwrap();
    }

    /// Who looks at rules, as after a start.
    pub(crate) fn watch(&self) -> Watch {
        self.watch_with(Outlooks::default())
    }

    /// The same with what the analyzer expects.
    pub(crate) fn watch_with(&self, outlooks: Outlooks) -> Watch {
        Watch::new(self.fixture.store.clone(), outlooks, [self.fixture.source])
    }

    pub(crate) async fn webhook(&self, url: &str) -> ChannelId {
        self.fixture
            .store
            .alerts()
            .put_channel(None, &webhook(url))
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) fn dispatcher(&self) -> Dispatcher {
        dispatcher(&self.fixture.store, true)
    }

    pub(crate) async fn alerts(&self, phase: Option<AlertPhase>) -> Vec<AlertRow> {
        let query = AlertQuery {
            phase,
            ..AlertQuery::default()
        };
        self.fixture.store.alerts().rows(&query).await.unwrap()
    }

    /// Names of notices in their order.
    pub(crate) async fn notices(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT notice FROM alert_notice ORDER BY id")
            .fetch_all(&self.fixture.sql().await)
            .await
            .unwrap()
    }
}

/// A channel that sends JSON there.
pub(crate) fn webhook(url: &str) -> NewChannel {
    let secrets: Fields = [("url", url)].into_iter().collect();
    NewChannel {
        name: "hook".into(),
        kind: "webhook".into(),
        enabled: true,
        settings: Fields::default(),
        secrets: vault().seal(&secrets).unwrap(),
        group_wait_s: 0,
    }
}

pub(crate) fn vault() -> Vault {
    Vault::from_passphrase("a key for tests").unwrap()
}

pub(crate) fn dispatcher(store: &server::store::Store, allow_private: bool) -> Dispatcher {
    let sender = Sender::new(Guard { allow_private }).unwrap();
    Dispatcher::new(
        store.clone(),
        sender,
        Arc::new(vault()),
        "https://inquest.example.com/",
    )
}

/// A run that ended and was followed by another.
pub(crate) fn end(container: &str, cause: Cause, ended_at: Timestamp) -> LedgerChange {
    LedgerChange::Ended(Box::new(Restart {
        workload: WorkloadKey {
            group: "shop".into(),
            name: "checkout".into(),
        },
        container: EngineId::from(container),
        run_started_at: ended_at - TimeDelta::seconds(1),
        ended_at,
        started_at: Some(ended_at + TimeDelta::seconds(1)),
        exit_code: Some(137),
        kind: RestartKind::Policy,
        image: "shop/checkout:1".into(),
        next_image: None,
        verdict: Verdict {
            cause,
            confidence: Confidence::Confirmed,
            evidence: vec![Evidence {
                stance: Stance::For,
                kind: EvidenceKind::OomEvent,
                text: "The engine reported oom".into(),
                at: Some(ended_at),
            }],
        },
        last_sample: None,
    }))
}
