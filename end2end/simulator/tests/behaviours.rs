//! What each behaviour makes an engine say, in the order seen on real engines.

use std::time::Duration;

use chrono::{DateTime, Utc};
use simulator::{Action, Cause, Clock, Fleet, Simulation, Starter, Status, Tick, Truth};

const HEAD: &str = "[[engine]]\nname = 'here'\n";

fn start() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().expect("a time")
}

/// Runs one container with these behaviours for a while.
fn run(engine: &str, container: &str, seconds: u64) -> (Vec<Tick>, Truth) {
    let fleet = format!(
        "{HEAD}{engine}\n[[container]]\nname='app'\nengine='here'\nimage='app'\nlimit='64 MiB'\n{container}"
    );
    let fleet = Fleet::parse(&fleet).expect("a valid fleet");
    let simulation = Simulation::builder(fleet)
        .clock(Clock::manual(start()))
        .build()
        .expect("a network");
    let until = start() + Duration::from_secs(seconds);
    let ticks = simulation
        .history(start(), until, |_| Duration::from_secs(1))
        .collect();
    (ticks, simulation.truth())
}

/// The events after the first start, by name, with exit codes and signals.
fn events(ticks: &[Tick]) -> Vec<String> {
    let events = ticks.iter().flat_map(|tick| &tick.events).skip(1);
    let named = events.map(|event| match event.action {
        Action::Die { exit_code, .. } => format!("die {exit_code}"),
        Action::Kill { signal } => format!("kill {signal}"),
        action => action.name().to_owned(),
    });
    named.collect()
}

#[test]
fn a_leak_dies_at_its_limit_and_starts_again() {
    let (ticks, truth) = run(
        "",
        "behaviours=[{kind='leak', when={every='60s', last='in 50s', jitter=0.0}}]",
        100,
    );
    assert_eq!(events(&ticks), ["oom", "die 137", "start"]);
    let ratio = |tick: &Tick| {
        tick.containers[0]
            .stats
            .map(|s| s.working_set() as f64 / s.limit as f64)
    };
    assert!(
        ratio(&ticks[49]).is_some_and(|ratio| ratio > 0.97),
        "{:?}",
        ratio(&ticks[49])
    );
    assert!(ratio(&ticks[54]).is_some_and(|ratio| ratio < 0.3));
    assert!(ticks.iter().filter_map(ratio).all(|ratio| ratio <= 1.0));
    let death = &truth.deaths[0];
    assert_eq!(
        (death.cause, death.exit_code, death.restarted_by),
        (Cause::OutOfMemory, 137, Some(Starter::Policy))
    );
}

#[test]
fn duplicate_events_stay_one_death() {
    let (ticks, truth) = run(
        "",
        "behaviours=[{kind='leak', duplicates=2, when={every='60s', last='in 50s'}}]",
        60,
    );
    assert_eq!(events(&ticks), ["oom", "oom", "oom", "die 137", "start"]);
    assert_eq!(truth.deaths.len(), 1);
}

#[test]
fn no_poll_sees_the_peak_of_a_spike() {
    let (ticks, truth) = run("", "behaviours=[{kind='spike', when={at='in 30.5s'}}]", 40);
    assert_eq!(events(&ticks), ["oom", "die 137", "start"]);
    let seen = ticks
        .iter()
        .filter_map(|tick| tick.containers[0].stats)
        .map(|s| s.working_set() as f64 / s.limit as f64);
    assert!(seen.fold(0.0, f64::max) < 0.5);
    assert_eq!(truth.deaths[0].cause, Cause::OutOfMemory);
}

#[test]
fn exits_have_their_codes_logs_and_causes() {
    for (behaviour, code, cause, log) in [
        (
            "kind='crash', language='go'",
            2,
            Cause::Crash,
            "panic: runtime error",
        ),
        (
            "kind='crash', language='rust'",
            101,
            Cause::Crash,
            "panicked at",
        ),
        (
            "kind='crash', language='node'",
            1,
            Cause::Crash,
            "TypeError",
        ),
        (
            "kind='crash', language='java'",
            3,
            Cause::RuntimeOutOfMemory,
            "java.lang.OutOfMemoryError",
        ),
        ("kind='exit'", 0, Cause::Completed, "shutting down"),
        ("kind='sigkill'", 137, Cause::Killed, "INFO served"),
    ] {
        let (ticks, truth) = run(
            "",
            &format!("behaviours=[{{{behaviour}, when={{at='in 30s'}}}}]"),
            40,
        );
        assert_eq!(events(&ticks), [format!("die {code}"), "start".into()]);
        assert_eq!(truth.deaths[0].cause, cause);
        let tail = ticks
            .iter()
            .flat_map(|tick| &tick.events)
            .find_map(|event| event.log_tail.as_deref());
        let tail = tail.expect("what it wrote");
        assert!(
            tail.lines.iter().any(|line| line.text.contains(log)),
            "{tail:?}"
        );
    }
}

#[test]
fn operators_leave_their_marks() {
    for (behaviour, expected) in [
        (
            "kind='stop', down='5s'",
            vec!["kill 15", "die 143", "stop", "start"],
        ),
        (
            "kind='restart'",
            vec!["kill 15", "die 143", "stop", "start", "restart"],
        ),
        ("kind='kill', down='5s'", vec!["kill 9", "die 137", "start"]),
        (
            "kind='failed_probe'",
            vec![
                "health_status: unhealthy",
                "kill 15",
                "die 143",
                "stop",
                "start",
                "restart",
            ],
        ),
        (
            "kind='deploy', tag='2'",
            vec!["kill 15", "die 143", "stop", "destroy", "create", "start"],
        ),
        (
            "kind='deploy', tag='2', forced=true",
            vec!["kill 9", "die 137", "destroy", "create", "start"],
        ),
    ] {
        let (ticks, _) = run(
            "",
            &format!("stop_exit_code=143\nbehaviours=[{{{behaviour}, when={{at='in 20s'}}}}]"),
            40,
        );
        assert_eq!(events(&ticks), expected);
    }
}

#[test]
fn a_deploy_changes_id_and_image_but_no_name() {
    let (ticks, truth) = run(
        "",
        "behaviours=[{kind='deploy', tag='2', when={at='in 20s'}}]",
        40,
    );
    let (before, after) = (
        &ticks[10].containers[0].container,
        &ticks[39].containers[0].container,
    );
    assert_ne!(before.id, after.id);
    assert_eq!(
        (before.name.as_str(), before.image.as_str()),
        (after.name.as_str(), "app:1.0.0")
    );
    assert_eq!(after.image, "app:2");
    assert_eq!(
        (truth.deaths[0].cause, truth.deaths[0].restarted_by),
        (Cause::Deployed, Some(Starter::Deploy))
    );
}

#[test]
fn a_killed_child_is_an_event_and_nothing_else() {
    let (ticks, truth) = run(
        "",
        "behaviours=[{kind='child_oom', when={at='in 20s'}}]",
        40,
    );
    assert_eq!(events(&ticks), ["oom"]);
    assert!(truth.deaths.is_empty() && truth.child_ooms.len() == 1);
    // Newer engines show the flag on the running container; 20.10 only once it has exited.
    assert!(ticks[39].containers[0].state.oom_killed);
    let behaviours =
        "behaviours=[{kind='child_oom', when={at='in 20s'}}, {kind='restart', when={at='in 30s'}}]";
    let (ticks, _) = run("version='20.10.24'", behaviours, 40);
    assert!(!ticks[25].containers[0].state.oom_killed);
    assert!(ticks[39].containers[0].state.oom_killed);
}

#[test]
fn state_between_death_and_restart_is_as_inspected_on_20_10() {
    let behaviours = "behaviours=[{kind='crash_loop', lasts='500ms', when={from='in 1s'}}]";
    let (ticks, _) = run("version='20.10.24'", behaviours, 60);
    let waiting = ticks
        .iter()
        .map(|tick| tick.containers[0].state)
        .find(|state| state.status == Status::Restarting);
    let waiting = waiting.expect("it waits at some tick");
    assert!(waiting.restart_count > 0 && waiting.exit_code == 1);
}

#[test]
fn a_crash_loop_backs_off_from_a_tenth_of_a_second_to_a_minute() {
    let (_, truth) = run(
        "",
        "behaviours=[{kind='crash_loop', lasts='500ms', when={from='in 20s'}}]",
        600,
    );
    let waits: Vec<_> = truth
        .deaths
        .iter()
        .filter_map(|death| Some((death.restarted_at? - death.ended_at).as_seconds_f64()))
        .collect();
    let expected = [0.5, 0.5, 0.7, 1.1, 2.1, 3.6, 6.7, 13.1];
    assert!(
        waits
            .iter()
            .zip(expected)
            .all(|(wait, seen)| (wait - seen).abs() < 0.6),
        "{waits:?}"
    );
    assert!(
        waits.last().is_some_and(|last| (60.0..61.0).contains(last)),
        "{waits:?}"
    );
}

#[test]
fn a_job_runs_exits_and_runs_again() {
    let job =
        "restart='no'\nbehaviours=[{kind='job', lasts='10s', when={every='60s', jitter=0.0}}]";
    let (ticks, truth) = run("", job, 150);
    assert_eq!(
        events(&ticks),
        ["die 0", "start", "die 0", "start", "die 0"]
    );
    assert!(
        truth
            .deaths
            .iter()
            .all(|death| death.cause == Cause::Completed)
    );
    assert_eq!(ticks[40].containers[0].state.status, Status::Exited);
    assert_eq!(ticks[40].containers[0].stats, None);
}

#[test]
fn podman_says_restart_where_docker_says_nothing_and_never_oom() {
    let podman = "kind='podman'\nversion='4.3.1'";
    let (ticks, _) = run(
        podman,
        "behaviours=[{kind='leak', when={every='60s', last='in 50s'}}]",
        60,
    );
    assert_eq!(events(&ticks), ["die 137", "restart", "init", "start"]);
    assert!(
        ticks
            .iter()
            .all(|tick| !tick.containers[0].state.oom_killed)
    );
    let flagged = |version: &str| {
        let engine = format!("kind='podman'\nversion='{version}'");
        let behaviours = "behaviours=[{kind='leak', when={every='60s', last='in 50s'}}]";
        let (ticks, _) = run(&engine, behaviours, 60);
        ticks.iter().flat_map(|tick| &tick.events).any(|event| {
            matches!(
                event.action,
                Action::Die {
                    oom_killed: true,
                    ..
                }
            )
        })
    };
    assert_eq!(
        ["4.3.1", "5.4.2", "6.0.0"].map(flagged),
        [false, false, true]
    );
    let (ticks, _) = run(
        podman,
        "behaviours=[{kind='restart', when={at='in 20s'}}]",
        40,
    );
    assert_eq!(
        events(&ticks),
        ["restart", "die 0", "cleanup", "init", "start"]
    );
    let (ticks, _) = run(
        podman,
        "behaviours=[{kind='stop', down='9s', when={at='in 20s'}}]",
        40,
    );
    assert_eq!(events(&ticks), ["die 0", "cleanup", "init", "start"]);
}

#[test]
fn a_silent_engine_is_caught_up_with() {
    let fleet = "outages=[{at='in 10s', lasts='20s'}]";
    let (ticks, _) = run(
        fleet,
        "behaviours=[{kind='sigkill', when={at='in 15s'}}]",
        40,
    );
    assert!(ticks[20].containers.is_empty() && ticks[20].events.is_empty());
    assert_eq!(&*ticks[20].silent[0], "here");
    assert_eq!(ticks[30].events.len(), 2);
    assert_eq!(events(&ticks), ["die 137", "start"]);
}

#[test]
fn late_events_come_after_the_death_in_some_lives() {
    let (ticks, truth) = run(
        "version='20.10.24'",
        "behaviours=[{kind='leak', when={every='60s'}}]",
        12_000,
    );
    let events = events(&ticks);
    // In time: oom, die, start. Late: die, start, oom.
    let late = events
        .windows(2)
        .filter(|pair| pair[0] == "start" && pair[1] == "die 137")
        .count();
    assert!((1..20).contains(&late), "{late} of {}", truth.deaths.len());
    assert_eq!(
        events.iter().filter(|event| *event == "oom").count(),
        truth.deaths.len()
    );
    // Having come too late it marks neither the life that ended nor the one that began.
    let state = ticks[11_999].containers[0].state;
    assert_eq!((state.status, state.exit_code), (Status::Running, 0));
}

#[test]
fn a_host_that_goes_down_leaves_no_event_but_the_start_after() {
    let reboot = "outages=[{at='in 10s', lasts='20s', reboot=true}]";
    let (ticks, truth) = run(reboot, "", 60);
    assert_eq!(events(&ticks), ["start"]);
    let death = &truth.deaths[0];
    assert_eq!(
        (death.cause, death.restarted_by),
        (Cause::Platform, Some(Starter::Engine))
    );
    let state = ticks[59].containers[0].state;
    assert_eq!((state.restart_count, state.exit_code), (0, 0));
    assert!(state.finished_at < state.started_at);
}

#[test]
fn a_host_without_memory_kills_those_who_have_no_limit_too() {
    let (ticks, truth) = run("", "behaviours=[{kind='host_oom', when={at='in 30s'}}]", 40);
    assert_eq!(events(&ticks), ["oom", "die 137", "start"]);
    assert_eq!(truth.deaths[0].cause, Cause::NodeOutOfMemory);
}

#[test]
fn a_killed_child_may_take_its_container_along() {
    let (ticks, truth) = run(
        "",
        "behaviours=[{kind='child_oom', ends=70, when={at='in 30s'}}]",
        40,
    );
    assert_eq!(events(&ticks), ["oom", "die 70", "start"]);
    assert_eq!(truth.deaths[0].cause, Cause::ChildOutOfMemory);
    assert!(truth.child_ooms.is_empty(), "it did not outlive it");
}

#[test]
fn who_does_not_listen_is_killed_after_ten_seconds() {
    let (ticks, truth) = run(
        "",
        "stop_exit_code=137\nbehaviours=[{kind='restart', when={at='in 30s'}}]",
        60,
    );
    assert_eq!(
        events(&ticks),
        ["kill 15", "kill 9", "die 137", "stop", "start", "restart"]
    );
    let death = &truth.deaths[0];
    assert_eq!(death.cause, Cause::Stopped);
    assert!((death.ended_at - start()).num_seconds() >= 40);
}

#[test]
fn an_engine_that_is_restarted_stops_its_containers_and_starts_them() {
    let (ticks, truth) = run(
        "outages=[{at='in 30s', lasts='8s', restart=true}]",
        "stop_exit_code=143",
        60,
    );
    assert_eq!(events(&ticks), ["kill 15", "die 143", "stop", "start"]);
    let silent: Vec<usize> = (0..=60)
        .filter(|second| !ticks[*second].silent.is_empty())
        .collect();
    assert_eq!(
        silent,
        (32..38).collect::<Vec<_>>(),
        "it stops them before it goes"
    );
    let death = &truth.deaths[0];
    assert_eq!(
        (death.cause, death.restarted_by),
        (Cause::Platform, Some(Starter::Engine))
    );
}

#[test]
fn a_cache_rises_ever_more_slowly_and_ends_nothing() {
    let (ticks, truth) = run(
        "",
        "level=0.2\ncache=0.0\nbehaviours=[{kind='cache', rise=0.5, fills='1m'}]",
        300,
    );
    let level = |second: usize| {
        let stats = ticks[second].containers[0].stats.expect("it runs");
        stats.working_set() as f64 / stats.limit as f64
    };
    assert!(level(60) - level(10) > 0.2, "{} {}", level(10), level(60));
    assert!((level(300) - level(240)).abs() < 0.03);
    assert!(truth.deaths.is_empty());
}
