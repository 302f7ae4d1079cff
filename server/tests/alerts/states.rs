//! Rules over what is stored: when they fire, resolve, and say nothing.

use chrono::TimeDelta;
use domain::{
    alert::{Silence, Suppressed},
    fact::Observation,
    labels::Labels,
    source::SourceState,
    verdict::Cause,
    view::AlertPhase,
    workload::{ContainerSpec, ContainerState},
};

use crate::{
    database::spec,
    receiver::Receiver,
    scene::{Scene, rule},
};

const OOM: &[(&str, &str)] = &[
    ("name", "Out of memory"),
    ("when", "each_restart"),
    ("causes", "out_of_memory"),
];
const LOOP: &[(&str, &str)] = &[
    ("name", "Loop"),
    ("when", "restarts"),
    ("window", "10m"),
    ("above", "3"),
    ("clear", "1"),
];
const MEMORY: &[(&str, &str)] = &[
    ("name", "Memory"),
    ("when", "memory_ratio"),
    ("above", "90%"),
    ("clear", "80%"),
    ("for", "30s"),
    ("keep_firing_for", "20s"),
];

#[tokio::test]
async fn every_end_is_said_once_with_its_cause_however_often_it_is_written() {
    let scene = Scene::with(&[rule(OOM)]).await;
    let receiver = Receiver::start().await;
    scene.webhook(&receiver.url).await;
    for _again in 0..3 {
        scene.happen(Cause::OutOfMemory, scene.at(10)).await;
    }
    scene.happen(Cause::Crash, scene.at(20)).await;
    scene.happen(Cause::Deployed, scene.at(30)).await;
    scene.happen(Cause::OutOfMemory, scene.at(40)).await;
    assert_eq!(scene.notices().await, ["fired", "again"]);

    let alerts = scene.alerts(None).await;
    assert_eq!(alerts.len(), 1, "one for each rule and workload");
    assert_eq!(alerts[0].occurrences, 2);
    assert_eq!(alerts[0].phase, AlertPhase::Firing);

    scene.hurry().await;
    scene.dispatcher().drain().await.unwrap();
    let got = receiver.got();
    assert_eq!(got.len(), 1, "what is due at once goes in one message");
    let said = &got[0].1["alerts"];
    assert_eq!(said.as_array().unwrap().len(), 2);
    assert_eq!(said[0]["cause"], "out_of_memory");
    assert_eq!(said[0]["confidence"], "confirmed");
    assert_eq!(said[0]["evidence"], "The engine reported oom");
    assert_eq!(said[0]["name"], "checkout");
    assert_eq!(said[0]["link"], "https://inquest.example.com/incidents/1");
    assert_eq!(scene.alerts(None).await[0].channels, ["hook"]);
}

#[tokio::test]
async fn an_end_and_what_is_said_of_it_are_both_kept_or_neither() {
    let scene = Scene::with(&[rule(OOM)]).await;
    // The second change names a container that nobody knows, so all of it is refused.
    let stranger = domain::ledger::LedgerChange::ChildOutOfMemory {
        container: "nobody".into(),
        at: scene.at(10),
    };
    let changes = [Scene::end(Cause::OutOfMemory, scene.at(10)), stranger];
    let refused = scene
        .fixture
        .store
        .ledger()
        .record_news(scene.fixture.source, &changes, &[], scene.at(12))
        .await;
    assert!(refused.is_err());
    assert_eq!(scene.fixture.count("restart").await, 0);
    assert_eq!(scene.fixture.count("alert").await, 0);
    assert_eq!(scene.fixture.count("alert_notice").await, 0);
}

#[tokio::test]
async fn what_is_history_when_it_is_heard_of_is_not_said() {
    let scene = Scene::with(&[rule(OOM)]).await;
    let long_ago = scene.begin - TimeDelta::days(2);
    let change = Scene::end(Cause::OutOfMemory, long_ago);
    scene
        .fixture
        .store
        .ledger()
        .record_news(scene.fixture.source, &[change], &[], scene.begin)
        .await
        .unwrap();
    // Nor what is recorded as history.
    let change = Scene::end(Cause::OutOfMemory, scene.at(1));
    scene
        .fixture
        .store
        .ledger()
        .record(scene.fixture.source, &[change])
        .await
        .unwrap();
    assert_eq!(scene.fixture.count("restart").await, 2);
    assert_eq!(scene.notices().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_third_restart_in_ten_minutes_fires_and_ten_quiet_minutes_resolve() {
    let scene = Scene::with(&[rule(LOOP)]).await;
    let mut watch = scene.watch();
    watch.look(scene.begin).await.unwrap();
    for seconds in [10, 20] {
        scene.happen(Cause::Crash, scene.at(seconds)).await;
    }
    scene.happen(Cause::Deployed, scene.at(25)).await;
    assert_eq!(scene.alerts(None).await, []);
    scene.happen(Cause::Crash, scene.at(30)).await;
    let alerts = scene.alerts(None).await;
    assert_eq!(alerts[0].phase, AlertPhase::Firing);
    assert_eq!(alerts[0].value.as_deref(), Some("3 in 10 min"));
    for seconds in (40..=640).step_by(10) {
        watch.look(scene.at(seconds)).await.unwrap();
    }
    assert_eq!(scene.notices().await, ["fired", "resolved"]);
    assert_eq!(scene.alerts(None).await, []);
    assert_eq!(scene.alerts(Some(AlertPhase::Resolved)).await.len(), 1);
}

#[tokio::test]
async fn a_level_waits_fires_and_resolves_over_starts_of_inquest() {
    let scene = Scene::with(&[rule(MEMORY)]).await;
    // A new one at every look: nothing is remembered but what is stored.
    for seconds in (0..30).step_by(10) {
        scene.memory(scene.at(seconds), 0.95).await;
        scene.watch().look(scene.at(seconds)).await.unwrap();
        assert_eq!(
            scene.alerts(None).await[0].phase,
            AlertPhase::Pending,
            "after {seconds} s"
        );
    }
    scene.memory(scene.at(30), 0.96).await;
    scene.watch().look(scene.at(30)).await.unwrap();
    let alerts = scene.alerts(None).await;
    assert_eq!(alerts[0].phase, AlertPhase::Firing);
    assert_eq!(alerts[0].peak.as_deref(), Some("96 % of the limit"));
    for (seconds, ratio) in [(40, 0.85), (50, 0.5), (60, 0.5)] {
        scene.memory(scene.at(seconds), ratio).await;
        scene.watch().look(scene.at(seconds)).await.unwrap();
        assert_eq!(scene.alerts(None).await.len(), 1, "after {seconds} s");
    }
    scene.memory(scene.at(70), 0.5).await;
    scene.watch().look(scene.at(70)).await.unwrap();
    assert_eq!(scene.notices().await, ["fired", "resolved"]);
}

#[tokio::test]
async fn a_spike_between_two_looks_is_seen() {
    let scene = Scene::with(&[rule(&[
        ("name", "Memory"),
        ("when", "memory_ratio"),
        ("above", "90%"),
    ])])
    .await;
    let mut watch = scene.watch();
    watch.look(scene.at(0)).await.unwrap();
    for (seconds, ratio) in [(2, 0.3), (5, 0.97), (9, 0.3)] {
        scene.memory(scene.at(seconds), ratio).await;
    }
    watch.look(scene.at(10)).await.unwrap();
    assert_eq!(scene.notices().await, ["fired"]);
}

#[tokio::test]
async fn while_nobody_sees_nothing_fires_and_nothing_resolves() {
    let scene = Scene::with(&[rule(MEMORY)]).await;
    scene.memory(scene.at(0), 0.95).await;
    scene.watch().look(scene.at(0)).await.unwrap();
    // Inquest was stopped for an hour: that is no hour of high memory.
    scene.memory(scene.at(3_600), 0.95).await;
    scene.watch().look(scene.at(3_600)).await.unwrap();
    assert_eq!(scene.alerts(None).await[0].phase, AlertPhase::Pending);
    // The source is blind for a minute, then the samples are old.
    scene.health(SourceState::Unreachable).await;
    scene.watch().look(scene.at(3_630)).await.unwrap();
    scene.health(SourceState::Healthy).await;
    scene.watch().look(scene.at(3_660)).await.unwrap();
    assert_eq!(scene.alerts(None).await[0].phase, AlertPhase::Pending);
    assert_eq!(scene.notices().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_container_that_is_stopped_ends_what_was_said_of_its_memory() {
    let scene = Scene::with(&[rule(&[
        ("name", "Memory"),
        ("when", "memory_ratio"),
        ("above", "90%"),
    ])])
    .await;
    let mut watch = scene.watch();
    scene.memory(scene.at(0), 0.95).await;
    watch.look(scene.at(0)).await.unwrap();
    scene.state(ContainerState::Exited, scene.at(5)).await;
    watch.look(scene.at(10)).await.unwrap();
    assert_eq!(scene.notices().await, ["fired", "resolved"]);
}

#[tokio::test]
async fn a_deploy_is_followed_by_a_grace() {
    let with_grace = rule(&[
        ("name", "Memory"),
        ("when", "memory_ratio"),
        ("above", "90%"),
        ("grace", "5m"),
    ]);
    let scene = Scene::with(&[with_grace]).await;
    let mut watch = scene.watch();
    scene.happen(Cause::Deployed, scene.at(0)).await;
    for seconds in (10..300).step_by(30) {
        scene.memory(scene.at(seconds), 0.95).await;
        watch.look(scene.at(seconds)).await.unwrap();
        assert_eq!(scene.alerts(None).await, [], "after {seconds} s");
    }
    scene.memory(scene.at(310), 0.95).await;
    watch.look(scene.at(310)).await.unwrap();
    assert_eq!(scene.notices().await, ["fired"]);
}

#[tokio::test]
async fn a_silence_holds_back_words_until_it_ends() {
    let scene = Scene::with(&[rule(OOM), rule(LOOP)]).await;
    let fields = [
        ("reason", "batch import"),
        ("for", "1h"),
        ("workloads", "shop/*"),
    ]
    .into_iter()
    .collect();
    let silence = Silence::read(&fields, scene.begin).unwrap();
    let alerts = scene.fixture.store.alerts();
    let id = alerts.add_silence(&silence, scene.begin).await.unwrap();
    let receiver = Receiver::start().await;
    scene.webhook(&receiver.url).await;
    for seconds in [10, 20, 30] {
        scene.happen(Cause::OutOfMemory, scene.at(seconds)).await;
    }
    let mut watch = scene.watch();
    watch.look(scene.at(40)).await.unwrap();
    scene.hurry().await;
    scene.dispatcher().drain().await.unwrap();
    assert_eq!(receiver.got(), []);
    let firing = scene.alerts(None).await;
    assert!(
        firing
            .iter()
            .all(|alert| alert.suppressed == Some(Suppressed::Silenced)),
        "{firing:?}"
    );

    assert!(alerts.end_silence(id, scene.at(50)).await.unwrap());
    watch.look(scene.at(60)).await.unwrap();
    scene.hurry().await;
    scene.dispatcher().drain().await.unwrap();
    let said: Vec<_> = receiver
        .got()
        .iter()
        .map(|(_, body)| body["alerts"][0]["rule"].clone())
        .collect();
    assert_eq!(
        said,
        ["Loop"],
        "what lasts is said now; what happened in the silence is not"
    );
}

#[tokio::test]
async fn a_source_that_is_down_is_said_in_place_of_its_workloads() {
    let down = rule(&[
        ("name", "Down"),
        ("when", "source_unreachable"),
        ("for", "20s"),
    ]);
    let scene = Scene::with(&[
        rule(&[
            ("name", "Memory"),
            ("when", "memory_ratio"),
            ("above", "90%"),
        ]),
        down,
    ])
    .await;
    let mut watch = scene.watch();
    scene.health(SourceState::Unreachable).await;
    for seconds in (0..40).step_by(10) {
        scene.memory(scene.at(seconds), 0.95).await;
        watch.look(scene.at(seconds)).await.unwrap();
    }
    let alerts = scene.alerts(None).await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(
        (
            alerts[0].rule_name.as_str(),
            alerts[0].name.as_str(),
            alerts[0].workload
        ),
        ("Down", "local", None)
    );
    scene.health(SourceState::Healthy).await;
    scene.memory(scene.at(50), 0.5).await;
    watch.look(scene.at(50)).await.unwrap();
    assert_eq!(scene.notices().await, ["fired", "resolved"]);
}

#[tokio::test]
async fn people_are_reminded_until_somebody_takes_it() {
    let reminding = rule(&[
        ("name", "Memory"),
        ("when", "memory_ratio"),
        ("above", "90%"),
        ("remind_every", "5m"),
    ]);
    let scene = Scene::with(&[reminding]).await;
    let mut watch = scene.watch();
    let mut look = async |seconds: i64| {
        scene.memory(scene.at(seconds), 0.95).await;
        watch.look(scene.at(seconds)).await.unwrap();
    };
    for seconds in (0..=620).step_by(20) {
        look(seconds).await;
    }
    assert_eq!(scene.notices().await, ["fired", "reminder", "reminder"]);
    let id = scene.alerts(None).await[0].id;
    assert!(
        scene
            .fixture
            .store
            .alerts()
            .acknowledge(id, "ana", scene.at(630))
            .await
            .unwrap()
    );
    for seconds in (640..=1_300).step_by(20) {
        look(seconds).await;
    }
    assert_eq!(scene.notices().await.len(), 3);
    assert_eq!(
        scene.alerts(None).await[0]
            .acknowledged
            .as_ref()
            .unwrap()
            .by,
        "ana"
    );
}

#[tokio::test]
async fn a_rule_that_is_switched_off_or_removed_says_nothing_more() {
    let scene = Scene::with(&[rule(OOM)]).await;
    let alerts = scene.fixture.store.alerts();
    let stored = alerts.rules().await.unwrap().remove(0);
    let off = domain::alert::Rule {
        enabled: false,
        ..stored.rule.clone()
    };
    assert!(
        alerts
            .put_rule(Some(stored.id), &off)
            .await
            .unwrap()
            .is_some()
    );
    scene.happen(Cause::OutOfMemory, scene.at(10)).await;
    assert_eq!(scene.notices().await, Vec::<String>::new());

    assert!(
        alerts
            .put_rule(Some(stored.id), &stored.rule)
            .await
            .unwrap()
            .is_some()
    );
    scene.happen(Cause::OutOfMemory, scene.at(20)).await;
    assert_eq!(scene.alerts(None).await.len(), 1);
    assert!(alerts.remove_rule(stored.id, scene.at(30)).await.unwrap());
    assert_eq!(scene.alerts(None).await, []);
    let history = scene.alerts(Some(AlertPhase::Resolved)).await;
    assert_eq!(
        (history[0].rule, history[0].rule_name.as_str()),
        (None, "Out of memory")
    );
}

#[tokio::test]
async fn rules_of_files_cannot_be_changed_and_defaults_do_not_come_back() {
    let scene = Scene::with(&[rule(OOM)]).await;
    let alerts = scene.fixture.store.alerts();
    alerts.provision(&[rule(OOM)], &[rule(LOOP)]).await.unwrap();
    let rules = alerts.rules().await.unwrap();
    let of_file = rules.iter().find(|rule| rule.is_from_file).unwrap();
    assert_eq!(of_file.rule.name, "Loop");
    assert_eq!(
        alerts
            .put_rule(Some(of_file.id), &rule(LOOP))
            .await
            .unwrap(),
        None
    );
    assert!(!alerts.remove_rule(of_file.id, scene.begin).await.unwrap());
    let default = rules.iter().find(|rule| !rule.is_from_file).unwrap();
    assert!(alerts.remove_rule(default.id, scene.begin).await.unwrap());
    alerts.provision(&[rule(OOM)], &[]).await.unwrap();
    let rules = alerts.rules().await.unwrap();
    assert_eq!(rules.len(), 1, "a default that was removed stays so");
    assert!(
        !rules[0].is_from_file,
        "one that is in no file any longer may be changed"
    );
}

#[tokio::test]
async fn rules_and_silences_choose_workloads_by_their_labels() {
    let of = |name, labels| {
        rule(&[
            ("name", name),
            ("when", "memory_ratio"),
            ("above", "90%"),
            ("labels", labels),
        ])
    };
    let ends = rule(&[
        ("name", "Ends"),
        ("when", "each_restart"),
        ("labels", "team=payments"),
    ]);
    let others = rule(&[
        ("name", "Ends of others"),
        ("when", "each_restart"),
        ("labels", "team=search"),
    ]);
    let rules = [
        of("Ours", "team=pay*, tier"),
        of("Theirs", "team=search"),
        ends,
        others,
    ];
    let scene = Scene::with(&rules).await;
    let made = scene.begin - TimeDelta::hours(1);
    let seen = Observation {
        at: scene.begin,
        spec: ContainerSpec {
            labels: Labels::keep([("team", "payments"), ("tier", "backend")]),
            ..spec("c1", "checkout", made)
        },
        state: ContainerState::Running,
        started_at: Some(made),
        finished_at: None,
        exit_code: None,
        oom_killed: false,
        restart_count: None,
    };
    let store = &scene.fixture.store;
    let containers = store.containers();
    containers.set_state(scene.container, &seen).await.unwrap();
    let mut watch = scene.watch();
    scene.memory(scene.at(10), 0.95).await;
    watch.look(scene.at(10)).await.unwrap();
    scene.happen(Cause::Crash, scene.at(15)).await;
    let fired = async || {
        let mut names: Vec<String> = scene
            .alerts(Some(AlertPhase::Firing))
            .await
            .into_iter()
            .filter(|alert| alert.suppressed.is_none())
            .map(|alert| alert.rule_name)
            .collect();
        names.sort();
        names
    };
    assert_eq!(fired().await, ["Ends", "Ours"]);

    let silence = |labels| {
        let fields = [
            ("for", "2h"),
            ("reason", "a"),
            ("rules", "Ours"),
            ("labels", labels),
        ];
        Silence::read(&fields.into_iter().collect(), scene.begin).unwrap()
    };
    let alerts = store.alerts();
    alerts
        .add_silence(&silence("team=search"), scene.begin)
        .await
        .unwrap();
    scene.memory(scene.at(20), 0.95).await;
    watch.look(scene.at(20)).await.unwrap();
    assert_eq!(fired().await, ["Ends", "Ours"]);
    alerts
        .add_silence(&silence("tier=back*"), scene.begin)
        .await
        .unwrap();
    scene.memory(scene.at(30), 0.95).await;
    watch.look(scene.at(30)).await.unwrap();
    assert_eq!(fired().await, ["Ends"]);
}
