//! The API as a real client sees it: bollard, over TCP and over a unix socket, and reqwest for what bollard does not know.

use std::time::Duration;

use bollard::Docker;
use bollard::models::{ContainerStateStatusEnum, EventMessage};
use bollard::query_parameters::{
    EventsOptionsBuilder, ListContainersOptionsBuilder, LogsOptionsBuilder,
    RestartContainerOptions, StatsOptionsBuilder, StopContainerOptions,
};
use futures::{Stream, StreamExt, TryStreamExt};
use simulator::{
    Cause, Farewell, Fleet, Happening, Listen, Pause, RunningSimulator, Simulation, Truth,
};

const FLEET: &str = "
    [[engine]]
    name = 'here'
    [[container]]
    name = 'leaky'
    engine = 'here'
    project = 'shop'
    image = 'shop/leaky'
    limit = '64 MiB'
    runtime = 'go'
    behaviours = [{ kind = 'leak', tasks = 9000, when = { every = '10m' } }]
    [[container]]
    name = 'free'
    engine = 'here'
    image = 'free'
    typical = '32 MiB'
    runtime = 'tokio'
    probe = 'hangs'
    [[container]]
    name = 'closed'
    engine = 'here'
    image = 'closed'
    runtime = 'jvm'
    probe = 'refuses'
";

async fn simulator() -> (RunningSimulator, Docker) {
    simulate(FLEET).await
}

async fn simulate(fleet: &str) -> (RunningSimulator, Docker) {
    let fleet = Fleet::parse(fleet).expect("a valid fleet");
    let simulation = Simulation::builder(fleet).build().expect("a network");
    let running = simulation
        .listen(&Listen::Tcp(([127, 0, 0, 1], 0).into()))
        .await
        .expect("it listens");
    let docker = Docker::connect_with_http(running.endpoint(), 5, bollard::API_DEFAULT_VERSION)
        .expect("an address");
    (running, docker)
}

fn url(running: &RunningSimulator, path: &str) -> String {
    running.endpoint().replace("tcp://", "http://") + path
}

/// The next events, by name.
async fn next_events(
    events: &mut (impl Stream<Item = Result<EventMessage, bollard::errors::Error>> + Unpin),
    count: usize,
) -> Vec<String> {
    let events = events
        .take(count)
        .map_ok(|event| event.action.expect("an action"))
        .try_collect();
    tokio::time::timeout(Duration::from_secs(10), events)
        .await
        .expect("in time")
        .expect("events")
}

#[tokio::test]
async fn bollard_reads_everything() {
    let (running, docker) = simulator().await;
    let docker = docker.negotiate_version().await.expect("versions agree");
    assert_eq!(docker.ping().await.expect("a ping"), "OK");
    assert_eq!(
        docker
            .version()
            .await
            .expect("a version")
            .api_version
            .as_deref(),
        Some("1.53")
    );
    let info = docker.info().await.expect("info");
    assert_eq!(
        (info.name.as_deref(), info.ncpu, info.mem_total),
        (Some("here"), Some(8), Some(32 << 30))
    );

    let all = ListContainersOptionsBuilder::default().all(true).build();
    let list = docker.list_containers(Some(all)).await.expect("a list");
    assert_eq!(list.len(), 3);
    let leaky = list
        .iter()
        .find(|c| c.image.as_deref() == Some("shop/leaky:1.0.0"))
        .expect("it is listed");
    let labels = leaky.labels.as_ref().expect("labels");
    assert_eq!(labels["inquest.pprof"], ":6060/debug/pprof");
    assert_eq!(labels["com.docker.compose.service"], "leaky");

    let id = leaky.id.as_deref().expect("an id");
    let inspect = docker
        .inspect_container(id, None)
        .await
        .expect("an inspection");
    let state = inspect.state.expect("a state");
    assert_eq!(state.status, Some(ContainerStateStatusEnum::RUNNING));
    assert_eq!(state.finished_at.as_deref(), Some("0001-01-01T00:00:00Z"));
    assert_eq!(
        inspect.host_config.and_then(|host| host.memory),
        Some(64 << 20)
    );
    assert_eq!(inspect.name.as_deref(), Some("/shop-leaky-1"));

    let once = || {
        Some(
            StatsOptionsBuilder::default()
                .stream(false)
                .one_shot(true)
                .build(),
        )
    };
    let stats = docker
        .stats(id, once())
        .next()
        .await
        .expect("an answer")
        .expect("stats");
    let memory = stats.memory_stats.expect("memory");
    assert_eq!(memory.limit, Some(64 << 20));
    assert!(
        memory
            .stats
            .is_some_and(|stats| stats["inactive_file"] > 0 && stats["anon"] > 0)
    );
    assert!(
        stats
            .pids_stats
            .and_then(|pids| pids.current)
            .is_some_and(|count| count > 0)
    );
    let free = docker
        .stats("free", once())
        .next()
        .await
        .expect("an answer")
        .expect("stats");
    assert_eq!(
        free.memory_stats.and_then(|memory| memory.limit),
        Some(32 << 30)
    );
    let stream = docker.stats(
        id,
        Some(StatsOptionsBuilder::default().stream(true).build()),
    );
    assert_eq!(
        stream
            .take(2)
            .try_collect::<Vec<_>>()
            .await
            .expect("stats")
            .len(),
        2
    );

    let missing = docker
        .inspect_container("nobody", None)
        .await
        .expect_err("there is none");
    assert!(
        missing.to_string().contains("No such container: nobody"),
        "{missing}"
    );
    running.shutdown().await;
}

#[tokio::test]
async fn events_are_live_and_replayed_since() {
    let (running, docker) = simulator().await;
    let since = running.now();
    let mut live = docker
        .events(Some(EventsOptionsBuilder::default().since("0").build()))
        .boxed();
    assert_eq!(next_events(&mut live, 3).await, ["start"; 3]);
    assert!(running.provoke(
        "leaky",
        &Happening::OutOfMemory {
            late: false,
            duplicates: 0
        }
    ));
    assert_eq!(next_events(&mut live, 3).await, ["oom", "die", "start"]);

    let since = format!(
        "{}.{:09}",
        since.timestamp(),
        since.timestamp_subsec_nanos()
    );
    let filters = [("event", vec!["die"])].into();
    let again = EventsOptionsBuilder::default()
        .since(&since)
        .until(&running.now().timestamp().saturating_add(1).to_string())
        .filters(&filters)
        .build();
    let again: Vec<_> = docker
        .events(Some(again))
        .try_collect()
        .await
        .expect("a replay that ends");
    assert_eq!(again.len(), 1);
    let attributes = again[0]
        .actor
        .as_ref()
        .and_then(|actor| actor.attributes.as_ref())
        .expect("attributes");
    assert_eq!(attributes["exitCode"], "137");
    assert_eq!(attributes["name"], "shop-leaky-1");
    assert_eq!(running.truth().deaths[0].cause, Cause::OutOfMemory);
    running.shutdown().await;
}

#[tokio::test]
async fn logs_keep_the_panic_of_the_life_before() {
    let (running, docker) = simulator().await;
    let mut live = docker.events(None).boxed();
    // The stream is open once the engine has answered anything after it.
    let first = tokio::spawn(async move { next_events(&mut live, 2).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    running.provoke(
        "leaky",
        &Happening::Exit {
            code: 2,
            log: Farewell::GoPanic,
            again_after_ms: None,
        },
    );
    assert_eq!(first.await.expect("events"), ["die", "start"]);
    let options = LogsOptionsBuilder::default()
        .stdout(true)
        .stderr(true)
        .timestamps(true)
        .tail("100")
        .build();
    let lines: Vec<_> = docker
        .logs("shop-leaky-1", Some(options))
        .try_collect()
        .await
        .expect("a log");
    let text: String = lines.iter().map(ToString::to_string).collect();
    assert!(
        text.contains("panic: runtime error: invalid memory address"),
        "{text}"
    );
    let errors = LogsOptionsBuilder::default().stderr(true).tail("3").build();
    let lines: Vec<_> = docker
        .logs("shop-leaky-1", Some(errors))
        .try_collect()
        .await
        .expect("a log");
    assert_eq!(lines.len(), 3);
    running.shutdown().await;
}

#[tokio::test]
async fn operators_act_through_the_api() {
    let (running, docker) = simulator().await;
    let mut events = docker
        .events(Some(EventsOptionsBuilder::default().since("0").build()))
        .boxed();
    next_events(&mut events, 3).await;
    docker
        .stop_container("free", None::<StopContainerOptions>)
        .await
        .expect("stopped");
    assert_eq!(next_events(&mut events, 3).await, ["kill", "die", "stop"]);
    let state = docker
        .inspect_container("free", None)
        .await
        .expect("an inspection")
        .state
        .expect("a state");
    assert_eq!(state.status, Some(ContainerStateStatusEnum::EXITED));
    let stats = docker.stats(
        "free",
        Some(
            StatsOptionsBuilder::default()
                .stream(false)
                .one_shot(true)
                .build(),
        ),
    );
    let stats = stats
        .boxed()
        .next()
        .await
        .expect("an answer")
        .expect("stats");
    assert_eq!(stats.memory_stats.and_then(|memory| memory.usage), None);

    docker.start_container("free", None).await.expect("started");
    docker
        .restart_container("free", None::<RestartContainerOptions>)
        .await
        .expect("restarted");
    assert_eq!(
        next_events(&mut events, 6).await,
        ["start", "kill", "die", "stop", "start", "restart"]
    );
    docker.kill_container("free", None).await.expect("killed");
    assert_eq!(next_events(&mut events, 2).await, ["kill", "die"]);
    assert!(docker.kill_container("free", None).await.is_err());
    running.shutdown().await;
}

#[tokio::test]
async fn probes_answer_on_the_containers_own_address() {
    let (running, docker) = simulator().await;
    let inspect = docker
        .inspect_container("shop-leaky-1", None)
        .await
        .expect("an inspection");
    let networks = inspect
        .network_settings
        .and_then(|settings| settings.networks)
        .expect("networks");
    let address = networks["shop_default"]
        .ip_address
        .clone()
        .expect("an address");
    let get = async |path: &str| {
        let answer = reqwest::get(format!("http://{address}:{path}"))
            .await
            .expect("an answer");
        answer
            .error_for_status()
            .expect("a success")
            .text()
            .await
            .expect("a text")
    };
    assert!(
        get("6060/debug/pprof/goroutine?debug=1")
            .await
            .starts_with("goroutine profile: total ")
    );
    assert!(get("6060/debug/vars").await.contains("\"goroutines\":"));
    assert!(get("9090/metrics").await.contains("\ngo_goroutines "));

    let samples = running.samples();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_millis(300))
        .build()
        .expect("a client");
    let fails = async |name: &str| {
        let sample = samples
            .iter()
            .find(|sample| sample.container.name == name)
            .expect("it is there");
        let metrics = format!("http://{}:9090/metrics", sample.container.address);
        client
            .get(metrics)
            .send()
            .await
            .expect_err("it does not answer")
    };
    assert!(fails("free").await.is_timeout());
    assert!(fails("closed").await.is_connect());
    running.shutdown().await;
}

#[tokio::test]
async fn faults_can_be_made() {
    let (running, docker) = simulator().await;
    let client = reqwest::Client::builder()
        .timeout(Duration::from_millis(300))
        .build()
        .expect("a client");
    let post = async |path: &str| {
        client
            .post(url(&running, path))
            .send()
            .await
            .expect("an answer")
            .error_for_status()
            .expect("a success")
    };
    running.pause("here", Pause::Hang);
    assert!(
        client
            .get(url(&running, "/_ping"))
            .send()
            .await
            .expect_err("it hangs")
            .is_timeout()
    );
    running.pause("here", Pause::Fail);
    assert_eq!(
        client
            .get(url(&running, "/_ping"))
            .send()
            .await
            .expect("an answer")
            .status(),
        500
    );
    post("/_simulator/resume").await;
    assert_eq!(docker.ping().await.expect("a ping"), "OK");

    let mut events = docker
        .events(Some(EventsOptionsBuilder::default().since("0").build()))
        .boxed();
    next_events(&mut events, 3).await;
    post("/_simulator/events/drop").await;
    let end = tokio::time::timeout(Duration::from_secs(5), events.next())
        .await
        .expect("in time");
    assert!(end.is_none_or(|event| event.is_err()));

    post("/_simulator/events/forget").await;
    post("/_simulator/events/skip?count=1").await;
    let provoked = client
        .post(url(&running, "/_simulator/containers/free"))
        .header("content-type", "application/json")
        .body(r#"{"kind":"sigkill"}"#);
    assert!(
        provoked
            .send()
            .await
            .expect("an answer")
            .status()
            .is_success()
    );
    let mut events = docker
        .events(Some(EventsOptionsBuilder::default().since("0").build()))
        .boxed();
    assert_eq!(next_events(&mut events, 1).await, ["start"]);
    let truth: Truth = client
        .get(url(&running, "/_simulator/truth"))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("the truth");
    assert_eq!(truth.deaths[0].cause, Cause::Killed);
    post("/_simulator/advance?seconds=3600").await;
    assert!(running.truth().of("leaky").count() >= 4);
    running.shutdown().await;
}

#[tokio::test]
async fn unix_sockets_podman_and_old_cgroups() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("engine.sock");
    let fleet = Fleet::parse(&FLEET.replace(
        "name = 'here'",
        "name = 'here'\nversion = '20.10.24'\napi_version = '1.41'\ncgroup = 'v1'",
    ))
    .expect("a valid fleet");
    let simulation = Simulation::builder(fleet).build().expect("a network");
    let running = simulation
        .listen(&Listen::Unix(path.clone()))
        .await
        .expect("it listens");
    assert_eq!(running.endpoint(), format!("unix://{}", path.display()));
    let docker = Docker::connect_with_unix(running.endpoint(), 5, bollard::API_DEFAULT_VERSION)
        .expect("a socket");
    let docker = docker.negotiate_version().await.expect("versions agree");
    let stats = docker.stats(
        "shop-leaky-1",
        Some(
            StatsOptionsBuilder::default()
                .stream(false)
                .one_shot(true)
                .build(),
        ),
    );
    let memory = stats
        .boxed()
        .next()
        .await
        .expect("an answer")
        .expect("stats")
        .memory_stats
        .expect("memory");
    assert!(memory.max_usage.is_some() && memory.failcnt == Some(0));
    assert!(
        memory
            .stats
            .is_some_and(|stats| stats.contains_key("total_inactive_file"))
    );
    running.shutdown().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn ten_thousand_containers_are_listed() {
    let simulation = Simulation::builder(Fleet::synthetic(10_000))
        .build()
        .expect("a network");
    let running = simulation
        .listen(&Listen::Tcp(([127, 0, 0, 1], 0).into()))
        .await
        .expect("it listens");
    let docker = Docker::connect_with_http(running.endpoint(), 30, bollard::API_DEFAULT_VERSION)
        .expect("an address");
    assert_eq!(
        docker.list_containers(None).await.expect("a list").len(),
        10_000
    );
    running.shutdown().await;
}

#[tokio::test]
async fn a_simulator_that_stops_lets_nobody_hang() {
    let (running, docker) = simulator().await;
    let mut events = docker
        .events(Some(EventsOptionsBuilder::default().since("0").build()))
        .boxed();
    next_events(&mut events, 3).await;
    running.shutdown().await;
    let end = tokio::time::timeout(Duration::from_secs(5), events.next())
        .await
        .expect("in time");
    assert!(end.is_none_or(|event| event.is_err()));
    assert!(docker.ping().await.is_err());
}
