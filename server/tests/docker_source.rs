//! The Docker source against simulated engines that speak real HTTP.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    fact::{Action, EngineEvent, Gap, GapKind, Poll},
    ids::{EngineId, SourceId},
    ledger::OOM_REACH,
    metric::TaskKind,
    sample::Sample,
    source::SourceState,
    workload::ContainerState,
};
use server::collect::{
    Body,
    hint::Hint,
    outbox::{self, Inbox},
    scheduler::Scheduler,
    sources::docker::{DockerSource, Settings},
};
use simulator::{Fleet, Happening, Listen, Pause, RunningSimulator, Simulation};
use tokio::time::Instant;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

struct Watch {
    inbox: Inbox,
    scheduler: Scheduler,
}

impl Watch {
    fn over(endpoint: &str, interval: Duration, since: Option<DateTime<Utc>>) -> Self {
        Self::with(endpoint, Settings::every(interval), since)
    }

    fn with(endpoint: &str, settings: Settings, since: Option<DateTime<Utc>>) -> Self {
        let (outbox, inbox) = outbox::channel(outbox::POLL_BYTES);
        let source = DockerSource::new(
            SourceId(1),
            "test".to_owned(),
            endpoint.parse().expect("an endpoint"),
            settings,
        );
        let scheduler = Scheduler::start(vec![(Arc::new(source), since)], &outbox);
        Self { inbox, scheduler }
    }

    /// What the next messages bring, until something is found in them.
    async fn find<T>(&mut self, what: &str, mut found: impl FnMut(&Body) -> Option<T>) -> T {
        let search = async {
            loop {
                let message = self.inbox.recv().await.expect("the source runs");
                if let Some(result) = found(&message.body) {
                    return result;
                }
            }
        };
        tokio::time::timeout(PATIENCE, search)
            .await
            .unwrap_or_else(|_elapsed| panic!("waited in vain for {what}"))
    }

    async fn complete_poll(&mut self) -> Poll {
        self.find("a complete poll", |body| match body {
            Body::Poll(poll) if poll.complete => Some(poll.clone()),
            _ => None,
        })
        .await
    }

    async fn gap(&mut self, kind: GapKind) -> Gap {
        self.find("a gap", |body| match body {
            Body::Gap(gap) if gap.kind == kind => Some(gap.clone()),
            _ => None,
        })
        .await
    }

    /// Everything that comes within a time.
    async fn within(&mut self, time: Duration) -> Vec<Body> {
        let end = Instant::now() + time;
        let mut bodies = Vec::new();
        while let Ok(Some(message)) = tokio::time::timeout_at(end, self.inbox.recv()).await {
            bodies.push(message.body);
        }
        bodies
    }
}

async fn simulate(fleet: &str) -> RunningSimulator {
    let fleet = Fleet::parse(fleet).expect("a fleet");
    let simulation = Simulation::builder(fleet).build().expect("a network");
    simulation
        .listen(&Listen::Tcp(([127, 0, 0, 1], 0).into()))
        .await
        .expect("a port")
}

const PLAIN: &str = r#"
    history = "1h"
    [[engine]]
    name = "engine"
    [[container]]
    name = "web"
    engine = "engine"
    project = "shop"
    image = "shop/web"
    limit = "64 MiB"
    level = 0.4
    [[container]]
    name = "db"
    engine = "engine"
    image = "postgres"
"#;

fn samples_of(bodies: &[Body], id: &EngineId) -> Vec<Sample> {
    bodies
        .iter()
        .filter_map(|body| match body {
            Body::Poll(poll) => Some(&poll.samples),
            _ => None,
        })
        .flatten()
        .filter(|(of, _sample)| of == id)
        .map(|(_id, sample)| *sample)
        .collect()
}

fn id_of(poll: &Poll, name: &str) -> EngineId {
    let state = poll
        .states
        .iter()
        .find(|state| state.spec.workload.name == name);
    state.expect("it is listed").spec.id.clone()
}

#[tokio::test]
async fn polls_tell_states_numbers_and_health() {
    let engine = simulate(PLAIN).await;
    let mut watch = Watch::over(engine.endpoint(), Duration::from_secs(1), None);
    let poll = watch.complete_poll().await;
    assert_eq!(poll.states.len(), 2);
    let web = poll
        .states
        .iter()
        .find(|state| state.spec.workload.name == "web")
        .expect("listed");
    assert_eq!(web.spec.workload.group, "shop");
    assert_eq!(web.spec.limit_bytes, Some(64 << 20));
    assert_eq!(web.state, ContainerState::Running);
    assert!(web.started_at.is_some());

    let health = watch
        .find("health", |body| match body {
            Body::Health(health) => Some(health.clone()),
            _ => None,
        })
        .await;
    assert_eq!((health.state, health.problem), (SourceState::Healthy, None));
    assert!(health.events_connected);
    assert_eq!(health.engine.expect("it says what it is").product, "Docker");

    let bodies = watch.within(Duration::from_millis(2_500)).await;
    let web_samples = samples_of(&bodies, &web.spec.id);
    assert!(
        (2..=4).contains(&web_samples.len()),
        "{}",
        web_samples.len()
    );
    let ratio = web_samples[0]
        .memory_ratio()
        .expect("a limit and a working set");
    assert!((0.2..0.7).contains(&ratio), "{ratio}");
    let db = samples_of(&bodies, &id_of(&poll, "db"));
    assert_eq!(db[0].limit_bytes, None, "no limit is set");
    assert!(db[0].working_set_bytes.is_some());
    assert_eq!(
        db[0].tasks.map(|tasks| tasks.kind),
        Some(TaskKind::KernelTasks)
    );
    watch.scheduler.stop().await;
}

async fn events_until_start(watch: &mut Watch) -> Vec<EngineEvent> {
    let mut events = Vec::new();
    watch
        .find("a start", |body| {
            let Body::Event(event) = body else {
                return None;
            };
            events.push(event.clone());
            (event.action == Action::Start).then_some(())
        })
        .await;
    events
}

#[tokio::test]
async fn a_death_is_told_by_its_events_in_order_and_seen_at_once() {
    let engine = simulate(PLAIN).await;
    // Only events can tell of it within half an hour.
    let mut watch = Watch::over(engine.endpoint(), Duration::from_mins(30), None);
    let before = watch.complete_poll().await;
    let happening = Happening::OutOfMemory {
        late: false,
        duplicates: 0,
    };
    assert!(engine.provoke("web", &happening));
    let events = events_until_start(&mut watch).await;
    let actions: Vec<Action> = events.iter().map(|event| event.action).collect();
    assert_eq!(actions, [Action::Oom, Action::died(137), Action::Start]);
    assert!(events.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let spec = events[0].spec.clone().expect("named");
    assert_eq!(
        (spec.workload.name.as_str(), spec.limit_bytes),
        ("web", Some(64 << 20))
    );
    let id = id_of(&before, "web");
    let started_at = watch
        .find("the new run", |body| match body {
            Body::Poll(poll) if !poll.complete => poll
                .states
                .iter()
                .find(|state| state.spec.id == id && state.state == ContainerState::Running)
                .and_then(|state| state.started_at),
            _ => None,
        })
        .await;
    assert!((events[2].at - started_at).abs() < TimeDelta::seconds(1));
    watch.scheduler.stop().await;
}

#[tokio::test]
async fn an_outage_is_reported_and_what_happened_in_it_is_recovered() {
    let engine = simulate(PLAIN).await;
    let mut watch = Watch::over(engine.endpoint(), Duration::from_secs(1), None);
    watch.complete_poll().await;
    engine.pause("engine", Pause::Hang);
    let problem = watch
        .find("bad news", |body| match body {
            Body::Health(health) if health.state == SourceState::Unreachable => {
                health.problem.clone()
            }
            _ => None,
        })
        .await;
    assert!(problem.contains("did not answer"), "{problem}");
    let open = watch.gap(GapKind::Polls).await;
    assert_eq!(open.to, None);
    assert!(engine.provoke("web", &Happening::Restart));
    tokio::time::sleep(Duration::from_millis(300)).await;
    engine.pause("engine", Pause::None);

    let mut actions = Vec::new();
    let mut closed = None;
    watch
        .find("the end of the gap and the missed events", |body| {
            match body {
                Body::Event(event) => actions.push(event.action),
                Body::Gap(gap) if gap.kind == GapKind::Polls => closed = Some(gap.clone()),
                Body::Gap(gap) => panic!("the engine remembered everything: {gap:?}"),
                _ => {}
            }
            (closed.is_some() && actions.contains(&Action::Start)).then_some(())
        })
        .await;
    let closed = closed.expect("just seen");
    assert_eq!(closed.from, open.from);
    assert!(closed.to > Some(closed.from));
    assert!(
        matches!(
            actions[..],
            [
                Action::Kill { signal: 15 },
                Action::Die { .. },
                Action::Stop,
                Action::Start,
                ..
            ]
        ),
        "each told once: {actions:?}"
    );
    watch.scheduler.stop().await;
}

/// A child of web is killed, and the event of it is told.
async fn child_kill(engine: &RunningSimulator, watch: &mut Watch) -> EngineEvent {
    assert!(engine.provoke("web", &Happening::ChildOutOfMemory));
    watch
        .find("an oom", |body| match body {
            Body::Event(event) if event.action == Action::Oom => Some(event.clone()),
            _ => None,
        })
        .await
}

/// The first poll that shows a container alive when its end would have followed the kill.
async fn survival(watch: &mut Watch, oom: &EngineEvent) -> Poll {
    watch
        .find("a look after the kill", |body| {
            let Body::Poll(poll) = body else { return None };
            poll.states
                .iter()
                .any(|state| {
                    state.spec.id == oom.container
                        && state.state == ContainerState::Running
                        && state.at >= oom.at + OOM_REACH
                })
                .then(|| poll.clone())
        })
        .await
}

#[tokio::test]
async fn a_container_in_which_the_kernel_killed_is_looked_at_when_it_should_have_ended() {
    let engine = simulate(PLAIN).await;
    // The second round comes when nobody waits any more.
    let mut watch = Watch::over(engine.endpoint(), 2 * PATIENCE, None);
    watch.complete_poll().await;
    for _kill in 0..2 {
        let oom = child_kill(&engine, &mut watch).await;
        let seen = survival(&mut watch, &oom).await;
        assert!(!seen.complete, "it waited for no round");
        assert_eq!(seen.states.len(), 1, "nobody else was looked at");
    }
    watch.scheduler.stop().await;
}

#[tokio::test]
async fn an_engine_that_hangs_after_a_kill_is_asked_again_what_became_of_it() {
    let engine = simulate(PLAIN).await;
    let mut watch = Watch::over(engine.endpoint(), Duration::from_secs(1), None);
    watch.complete_poll().await;
    let oom = child_kill(&engine, &mut watch).await;
    engine.pause("engine", Pause::Hang);
    watch
        .find("bad news", |body| match body {
            Body::Health(health) if health.state == SourceState::Unreachable => Some(()),
            _ => None,
        })
        .await;
    tokio::time::sleep(OOM_REACH.to_std().expect("positive")).await;
    engine.pause("engine", Pause::None);
    survival(&mut watch, &oom).await;
    watch.scheduler.stop().await;
}

#[tokio::test]
async fn events_during_our_own_absence_come_before_the_first_states() {
    let engine = simulate(PLAIN).await;
    // So that the engine remembers something older than our last event.
    assert!(engine.provoke("db", &Happening::ChildOutOfMemory));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let since = Utc::now();
    assert!(engine.provoke("web", &Happening::Sigkill));
    tokio::time::sleep(Duration::from_millis(2_500)).await;

    let mut watch = Watch::over(engine.endpoint(), Duration::from_secs(1), Some(since));
    let mut actions = Vec::new();
    let poll = watch
        .find("a complete poll", |body| match body {
            Body::Event(event) => {
                actions.push(event.action);
                None
            }
            Body::Gap(gap) => panic!("nothing was lost: {gap:?}"),
            Body::Poll(poll) => Some(poll.clone()),
            _ => None,
        })
        .await;
    assert!(poll.complete, "states wait for the whole account");
    assert_eq!(actions, [Action::died(137), Action::Start]);
    watch.scheduler.stop().await;
}

#[tokio::test]
async fn events_the_engine_no_longer_remembers_are_a_gap() {
    let fleets = [
        // Its first event is younger than what we knew last.
        (
            "history = \"1m\"\n[[engine]]\nname = \"engine\"",
            TimeDelta::hours(3),
        ),
        // Podman remembers none.
        (
            "history = \"1h\"\n[[engine]]\nname = \"engine\"\nkind = \"podman\"",
            TimeDelta::minutes(5),
        ),
    ];
    for (fleet, ago) in fleets {
        let container = "\n[[container]]\nname = \"web\"\nengine = \"engine\"\nimage = \"web\"";
        let engine = simulate(&format!("{fleet}{container}")).await;
        let since = Utc::now() - ago;
        let mut watch = Watch::over(engine.endpoint(), Duration::from_secs(1), Some(since));
        let gap = watch.gap(GapKind::Events).await;
        assert_eq!(gap.from, since);
        assert!(gap.to > Some(since));
        watch.scheduler.stop().await;
    }
}

#[tokio::test]
async fn an_engine_that_is_too_old_is_named_as_such() {
    let engine =
        simulate("[[engine]]\nname = \"engine\"\nversion = \"19.03.15\"\napi_version = \"1.40\"")
            .await;
    assert_problem(
        engine.endpoint(),
        SourceState::Unsupported,
        "API 1.41 or newer",
    )
    .await;
}

#[tokio::test]
async fn an_engine_that_refuses_us_is_named_as_such() {
    let proxy = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(403))
        .mount(&proxy)
        .await;
    assert_problem(&proxy.uri(), SourceState::PermissionDenied, "Allow GET").await;
}

#[tokio::test]
async fn a_socket_that_is_not_there_is_named_as_such() {
    assert_problem(
        "unix:///nowhere/docker.sock",
        SourceState::Unreachable,
        "There is no socket",
    )
    .await;
}

async fn assert_problem(endpoint: &str, state: SourceState, says: &str) {
    let mut watch = Watch::over(endpoint, Duration::from_secs(1), None);
    let health = watch
        .find("bad news", |body| match body {
            Body::Health(health) => Some(health.clone()),
            _ => None,
        })
        .await;
    assert_eq!(health.state, state);
    let problem = health.problem.expect("a problem");
    assert!(problem.contains(says), "{problem}");
    assert!(health.next_try_at > Some(health.at));
    assert_eq!(watch.gap(GapKind::Polls).await.to, None);
    watch.scheduler.stop().await;
}

#[tokio::test]
async fn a_container_close_to_its_limit_is_sampled_every_second() {
    let engine = simulate(
        r#"
        history = "1h"
        [[engine]]
        name = "engine"
        [[container]]
        name = "full"
        engine = "engine"
        image = "full"
        limit = "64 MiB"
        level = 0.88
        [[container]]
        name = "calm"
        engine = "engine"
        image = "calm"
        limit = "64 MiB"
        level = 0.3
        "#,
    )
    .await;
    let mut watch = Watch::over(engine.endpoint(), Duration::from_secs(4), None);
    let poll = watch.complete_poll().await;
    let bodies = watch.within(Duration::from_secs(8)).await;
    let (full, calm) = (
        samples_of(&bodies, &id_of(&poll, "full")).len(),
        samples_of(&bodies, &id_of(&poll, "calm")).len(),
    );
    assert!((6..=9).contains(&full), "{full} in 8 s");
    assert!((1..=3).contains(&calm), "{calm} in 8 s");
    watch.scheduler.stop().await;
}

#[tokio::test]
async fn probes_count_goroutines_and_a_hung_one_delays_nothing() {
    let engine = simulate(
        r#"
        history = "1h"
        [[engine]]
        name = "engine"
        [[container]]
        name = "open"
        engine = "engine"
        image = "open"
        runtime = "go"
        tasks = 40
        [[container]]
        name = "hung"
        engine = "engine"
        image = "hung"
        runtime = "go"
        probe = "hangs"
        "#,
    )
    .await;
    let mut watch = Watch::over(engine.endpoint(), Duration::from_secs(1), None);
    let poll = watch.complete_poll().await;
    let (open, hung) = (id_of(&poll, "open"), id_of(&poll, "hung"));
    let bodies = watch.within(Duration::from_secs(5)).await;
    let counts = samples_of(&bodies, &open);
    let last = counts
        .last()
        .expect("samples")
        .tasks
        .expect("the probe answers");
    assert_eq!(last.kind, TaskKind::Goroutines);
    let without = samples_of(&bodies, &hung);
    assert!(without.len() >= 4, "{} in 5 s", without.len());
    assert!(
        without
            .iter()
            .all(|sample| sample.tasks.is_none() && sample.kernel_tasks.is_some())
    );
    let complaint = bodies.iter().find_map(|body| match body {
        Body::Probe(health) if health.container == hung => health.problem.clone(),
        _ => None,
    });
    assert!(
        complaint
            .expect("its health is told")
            .contains("no answer within 2 s")
    );
    watch.scheduler.stop().await;
}

/// What its goroutines do is read while it can still be asked: the leak stands first.
#[tokio::test]
async fn a_program_close_to_its_limit_tells_what_its_goroutines_do() {
    let engine = simulate(
        r#"
        history = "1h"
        [[engine]]
        name = "engine"
        [[container]]
        name = "full"
        engine = "engine"
        image = "full"
        runtime = "go"
        limit = "64 MiB"
        level = 0.88
        tasks = 40
        "#,
    )
    .await;
    let mut watch = Watch::over(engine.endpoint(), Duration::from_secs(1), None);
    let poll = watch.complete_poll().await;
    let full = id_of(&poll, "full");
    let profile = watch
        .find("its profile", |body| match body {
            Body::Profile(container, seen) if *container == full => Some(seen.profile.clone()),
            _ => None,
        })
        .await;
    assert!(profile.total >= 20, "{profile:?}");
    let told: u64 = profile.stacks.iter().map(|stack| stack.count).sum();
    assert_eq!(told, profile.total, "every goroutine is somewhere");
    let functions = profile.stacks.iter().flat_map(|stack| &stack.frames);
    let mut names = functions.map(|frame| frame.function.as_str());
    assert!(names.any(|name| name == "main.main"), "{profile:?}");
    watch.scheduler.stop().await;
}

#[tokio::test]
async fn a_container_that_is_about_to_meet_its_limit_is_read_at_every_beat() {
    let simulator = simulate(PLAIN).await;
    let settings = Settings::every(Duration::from_mins(1));
    let hint: Hint = settings.hint.clone();
    let mut watch = Watch::with(simulator.endpoint(), settings, None);
    let poll = watch.complete_poll().await;
    let web = poll
        .states
        .iter()
        .find(|state| state.spec.workload.name == "web")
        .map(|state| state.spec.id.clone())
        .expect("it runs");
    hint.tell([web.clone()].into());
    // Without the hint, its turn comes once a minute.
    let mut readings = 0;
    watch
        .find("five readings", |body| {
            let Body::Poll(poll) = body else { return None };
            readings += poll.samples.iter().filter(|(id, _)| *id == web).count();
            (readings >= 5).then_some(())
        })
        .await;
    watch.scheduler.stop().await;
}
