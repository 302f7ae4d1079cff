//! Recorded answers of real engines (`server/tests/fixtures/docker/<version>`) and what we make of them.

use bollard::models::{ContainerInspectResponse, EventMessage, SystemInfo, SystemVersion};
use domain::{
    fact::Action,
    metric::TaskKind,
    sample::TaskCount,
    workload::{ContainerState, WorkloadKey},
};
use rstest::rstest;
use serde::de::DeserializeOwned;

use super::{
    super::wire::{Listed, Stats},
    *,
};

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/docker/20.10/",
            $name
        ))
    };
}

fn parse<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).expect("a recorded answer")
}

fn at(text: &str) -> Timestamp {
    time(text).expect("a time")
}

const ASKED: &str = "2026-11-23T12:30:00Z";

fn observe(json: &str) -> domain::fact::Observation {
    observation(&parse::<ContainerInspectResponse>(json), at(ASKED)).expect("complete")
}

#[test]
fn a_running_container() {
    let seen = observe(recorded!("inspect-running.json"));
    assert_eq!(seen.at, at(ASKED));
    assert_eq!(seen.state, ContainerState::Running);
    assert_eq!(seen.started_at, Some(at("2026-11-23T12:28:08.359692151Z")));
    assert_eq!(
        seen.finished_at,
        Some(at("2026-11-23T12:28:06.984553634Z")),
        "of the run before"
    );
    assert_eq!(seen.exit_code, None, "zero says nothing while it runs");
    assert!(
        seen.oom_killed,
        "stale on this engine: the run before was killed"
    );
    assert!(seen.restart_count.is_some_and(|count| count > 0));
    assert_eq!(
        seen.spec.workload,
        WorkloadKey {
            group: "shop".to_owned(),
            name: "checkout".to_owned(),
        }
    );
    assert_eq!(seen.spec.image, "victim:1");
    assert!(seen.spec.image_id.starts_with("sha256:"));
    assert_eq!(seen.spec.limit_bytes, Some(64 << 20));
    assert_eq!(seen.spec.restart_policy, "always");
    assert!(seen.spec.created_at.is_some());
}

#[test]
fn labels_that_people_gave_are_kept() {
    let mut inspect = parse::<ContainerInspectResponse>(recorded!("inspect-running.json"));
    let seen = |inspect: &ContainerInspectResponse| {
        let seen = observation(inspect, at(ASKED)).expect("complete");
        seen.spec.labels
    };
    let before = seen(&inspect);
    let labels = inspect
        .config
        .as_mut()
        .and_then(|config| config.labels.as_mut());
    let labels = labels.expect("Compose gave it some");
    assert!(labels.contains_key("com.docker.compose.project"));
    labels.insert("team".to_owned(), "payments".to_owned());
    labels.insert("db.password".to_owned(), "hunter2hunter2".to_owned());
    let after = seen(&inspect);
    assert_eq!(after.get("team"), Some("payments"));
    assert_eq!(after.get("db.password"), None);
    assert_eq!(after.get("com.docker.compose.project"), None);
    assert_eq!(after.iter().count(), before.iter().count() + 1);
}

#[test]
fn a_container_that_waits_for_its_next_start_is_not_running() {
    let json = recorded!("inspect-restarting.json");
    let wire = parse::<ContainerInspectResponse>(json)
        .state
        .expect("a state");
    assert_eq!(
        (wire.running, wire.pid),
        (Some(true), Some(0)),
        "what the engine says"
    );
    let seen = observe(json);
    assert_eq!(seen.state, ContainerState::Restarting);
    assert_eq!(seen.exit_code, Some(1));
    assert!(seen.finished_at > seen.started_at);
}

#[test]
fn a_dead_container_and_one_that_never_ran() {
    let dead = observe(recorded!("inspect-exited.json"));
    assert_eq!(
        (dead.state, dead.exit_code),
        (ContainerState::Exited, Some(3))
    );
    assert_eq!(dead.spec.limit_bytes, None, "zero is no limit");
    assert_eq!(dead.spec.restart_policy, "no");
    assert_eq!(
        dead.spec.workload.name, "done",
        "without the engine's slash"
    );
    let fresh = observe(recorded!("inspect-created.json"));
    assert_eq!(fresh.state, ContainerState::Created);
    assert_eq!(
        (fresh.started_at, fresh.finished_at, fresh.exit_code),
        (None, None, None)
    );
}

#[test]
fn where_a_container_can_be_probed() {
    let site = probe_site(&parse(recorded!("inspect-running.json")));
    assert_eq!(
        site.labels.get("inquest.pprof").map(String::as_str),
        Some(":6060/debug/pprof")
    );
    assert_eq!(site.addresses.len(), 1);
    assert_eq!(site.published.len(), 1);
    assert_eq!(site.published[0].container_port, 6060);
    assert!(!site.shares_host_network);
}

#[test]
fn the_list_has_states() {
    let list: Vec<Listed> = parse(recorded!("list.json"));
    let states: Vec<_> = list.iter().filter_map(list_state).collect();
    assert_eq!(states.len(), 5);
    assert!(states.contains(&ContainerState::Created));
    assert!(states.contains(&ContainerState::Exited));
    assert!(states.contains(&ContainerState::Running));
    assert!(
        list.iter()
            .all(|listed| listed.id.as_ref().is_some_and(|id| id.len() == 64))
    );
    assert!(
        list.iter().any(|listed| listed
            .status
            .as_deref()
            .is_some_and(|status| status.starts_with("Up"))),
        "it says for how long"
    );
}

#[test]
fn a_state_that_is_new_to_us_does_not_spoil_the_list() {
    let list: Vec<Listed> = parse(r#"[{"Id":"a","State":"teleported"},{"Id":"b","State":null}]"#);
    assert!(list.iter().all(|listed| list_state(listed).is_none()));
}

fn reading(json: &str, limit: Option<u64>) -> Option<domain::sample::Sample> {
    sample(&parse::<Stats>(json), limit, at(ASKED))
}

#[test]
fn numbers_on_cgroup_v1() {
    let sample = reading(recorded!("stats-running.json"), Some(64 << 20)).expect("numbers");
    assert_eq!(
        sample.at,
        at("2026-11-23T12:28:13.681810085Z"),
        "when the engine read"
    );
    assert_eq!(sample.usage_bytes, Some(54_255_616));
    assert_eq!(sample.working_set_bytes, Some(54_255_616));
    assert_eq!(sample.peak_bytes, Some(54_255_616));
    assert_eq!(sample.limit_bytes, Some(64 << 20));
    assert_eq!(sample.kernel_tasks, Some(1));
    assert_eq!(
        sample.tasks,
        Some(TaskCount {
            kind: TaskKind::KernelTasks,
            count: 1
        })
    );
    assert!(sample.anon_bytes.is_some());
}

#[test]
fn a_dead_container_has_no_numbers_rather_than_zeros() {
    assert_eq!(reading(recorded!("stats-dead.json"), Some(64 << 20)), None);
    assert_eq!(
        reading(
            r#"{"memory_stats":{"usage":0},"pids_stats":{"current":0}}"#,
            None
        ),
        None
    );
    assert_eq!(reading("{}", None), None);
}

/// (answer, working set, anonymous memory, hits of the limit)
#[rstest]
#[case::v2(
    r#"{"read":"2026-11-23T12:00:00Z","memory_stats":{"usage":1000,"limit":8000000,"failcnt":2,"stats":{"inactive_file":300,"active_file":9,"anon":600}}}"#,
    Some(700), Some(600), Some(2)
)]
#[case::v1_counts_the_cgroups_below(
    r#"{"memory_stats":{"usage":1000,"stats":{"inactive_file":1,"total_inactive_file":400,"rss":5,"total_rss":500}}}"#,
    Some(600), Some(500), None
)]
#[case::never_below_zero(
    r#"{"memory_stats":{"usage":100,"stats":{"inactive_file":300}}}"#,
    Some(0),
    None,
    None
)]
#[case::podman_gives_usage_only(
    r#"{"memory_stats":{"usage":1000,"limit":2000}}"#,
    Some(1000),
    None,
    None
)]
fn the_working_set_is_usage_without_what_can_be_reclaimed(
    #[case] json: &str,
    #[case] working_set: Option<u64>,
    #[case] anon: Option<u64>,
    #[case] hits: Option<u64>,
) {
    let sample = reading(json, None).expect("numbers");
    assert_eq!(sample.working_set_bytes, working_set);
    assert_eq!(sample.anon_bytes, anon);
    assert_eq!(sample.limit_hits, hits);
    assert_eq!(
        sample.limit_bytes, None,
        "the engine's limit is the host's memory when none is set"
    );
}

#[test]
fn recorded_events_in_order() {
    let told: Vec<(String, Told)> = recorded!("events.ndjson")
        .lines()
        .map(parse::<EventMessage>)
        .filter_map(|message| {
            let name = message
                .actor
                .as_ref()?
                .attributes
                .as_ref()?
                .get("name")?
                .clone();
            Some((name, event(&message)?))
        })
        .collect();
    let actions = |of: &str| -> Vec<Action> {
        told.iter()
            .filter(|(name, _told)| name == of)
            .filter_map(|(_name, told)| match told {
                Told::Event(event) => Some(event.action),
                Told::Changed(_) => None,
            })
            .collect()
    };
    assert_eq!(
        actions("leaker"),
        [
            Action::Create,
            Action::Start,
            Action::Oom,
            Action::died(137),
            Action::Destroy
        ]
    );
    assert_eq!(
        actions("done"),
        [Action::Create, Action::Start, Action::died(3)]
    );
    assert_eq!(
        actions("calm"),
        [
            Action::Create,
            Action::Start,
            Action::Kill { signal: 15 },
            Action::Kill { signal: 9 },
            Action::died(137),
            Action::Stop,
            Action::Start,
            Action::Restart
        ],
        "health checks leave no trace"
    );
    assert_eq!(
        told.iter()
            .filter(|(_name, told)| matches!(told, Told::Changed(_)))
            .count(),
        1,
        "the new name"
    );
    let leaker = told.iter().find_map(|(name, told)| match told {
        Told::Event(event) if name == "leaker" => event.spec.clone(),
        _ => None,
    });
    let leaker = leaker.expect("named by its event");
    assert_eq!(
        (
            leaker.workload.group.as_str(),
            leaker.workload.name.as_str()
        ),
        ("shop", "checkout")
    );
    assert_eq!(leaker.image, "victim:1");
}

#[rstest]
#[case("die", &[("containerExitCode", "137")], Some(Action::died(137)))]
#[case("die", &[("exitCode", "137"), ("oomKilled", "true")], Some(Action::Die { exit_code: 137, oom_killed: true }))]
#[case("kill", &[], Some(Action::Kill { signal: 0 }))]
#[case("health_status: unhealthy", &[], Some(Action::Health { healthy: false }))]
#[case("health_status", &[("health_status", "healthy")], Some(Action::Health { healthy: true }))]
#[case("health_status: starting", &[], None)]
#[case("exec_die", &[("exitCode", "0")], None)]
#[case("cleanup", &[], None)]
#[case("init", &[], None)]
#[case("remove", &[], Some(Action::Destroy))]
fn spellings_of_other_engines(
    #[case] name: &str,
    #[case] attributes: &[(&str, &str)],
    #[case] expected: Option<Action>,
) {
    let message: EventMessage = parse(
        &serde_json::json!({
            "Type": "container",
            "Action": name,
            "Actor": {"ID": "c0ffee", "Attributes": attributes.iter().copied().collect::<std::collections::HashMap<_, _>>()},
            "time": 1_795_436_857,
            "timeNano": 1_795_436_857_611_493_827_i64,
        })
        .to_string(),
    );
    let action = match event(&message) {
        Some(Told::Event(event)) => {
            assert_eq!(event.at.timestamp_subsec_nanos(), 611_493_827);
            Some(event.action)
        }
        _ => None,
    };
    assert_eq!(action, expected);
}

#[test]
fn a_death_without_its_exit_code_is_only_a_reason_to_look() {
    let message: EventMessage =
        parse(r#"{"Type":"container","Action":"die","Actor":{"ID":"c0ffee"},"time":1795436857}"#);
    assert_eq!(event(&message), Some(Told::Changed("c0ffee".into())));
}

#[test]
fn what_an_engine_is() {
    assert_eq!(
        product(&parse::<SystemVersion>(recorded!("version.json"))),
        "Docker"
    );
    let podman = r#"{"Components":[{"Name":"Podman Engine","Version":"4.3.1"}],"Version":"4.3.1","ApiVersion":"1.41"}"#;
    assert_eq!(product(&parse(podman)), PODMAN);
    let info: SystemInfo = parse(recorded!("info.json"));
    assert_eq!(cgroup(&info), Some("v1"));
    assert!(time(info.system_time.as_deref().expect("a time")).is_some());
}

#[rstest]
#[case("1.41", Some((1, 41)))]
#[case("1.9", Some((1, 9)))]
#[case("", None)]
#[case("one.two", None)]
fn versions_are_two_numbers(#[case] text: &str, #[case] expected: Option<(u32, u32)>) {
    assert_eq!(api_version(text), expected);
}
