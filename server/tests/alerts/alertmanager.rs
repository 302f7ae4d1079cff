//! A real Alertmanager, which shows our alerts beside those of Prometheus.

use std::{fs, process::Command};

use chrono::{DateTime, TimeDelta, Utc};
use domain::alert::Fields;
use serde_json::Value;
use server::{
    notify::{self, Envelope, Guard, Said, Sender, Settings},
    store::alerts::NewChannel,
};
use tempfile::TempDir;

use crate::{
    process::Process,
    scene::{Scene, rule, vault},
};

const PROGRAM: &str = "prometheus-alertmanager";
/// It keeps what it is told, and tells nobody.
const CONFIGURATION: &str = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";

struct Alertmanager {
    _process: Process,
    _folder: TempDir,
    url: String,
}

impl Alertmanager {
    fn start() -> Option<Self> {
        Self::at("127.0.0.1:0")
    }

    fn at(listen: &str) -> Option<Self> {
        let installed = Command::new(PROGRAM)
            .arg("--version")
            .output()
            .is_ok_and(|run| run.status.success());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alertmanager.yml");
        fs::write(&file, CONFIGURATION).unwrap();
        let mut command = Command::new(PROGRAM);
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.path().display()))
            .arg(format!("--web.listen-address={listen}"))
            .arg("--cluster.listen-address=");
        let process = Process::start(&mut command, installed)?;
        let address = process.until(|line| {
            let (_, rest) = line.split_once("msg=\"Listening on\" address=")?;
            Some(rest.trim().to_owned())
        });
        Some(Self {
            _process: process,
            _folder: folder,
            url: format!("http://{address}"),
        })
    }

    /// A channel that tells it at once.
    fn channel(&self) -> NewChannel {
        NewChannel {
            name: "alertmanager".into(),
            kind: "alertmanager".into(),
            enabled: true,
            settings: [("url", self.url.as_str())].into_iter().collect(),
            secrets: vault().seal(&Fields::default()).unwrap(),
            group_wait_s: 0,
        }
    }

    /// What it shows as going on.
    async fn alerts(&self) -> Vec<Value> {
        let url = format!("{}/api/v2/alerts", self.url);
        let answer = reqwest::get(url).await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_shown_by_a_real_alertmanager_until_it_is_over() {
    let Some(alertmanager) = Alertmanager::start() else {
        return;
    };
    let scene = Scene::with(&[rule(&[
        ("name", "Memory"),
        ("when", "memory_ratio"),
        ("above", "90%"),
        ("severity", "page"),
        ("runbook", "https://wiki.example.com/memory"),
    ])])
    .await;
    let channel = alertmanager.channel();
    let alerts = scene.fixture.store.alerts();
    alerts.put_channel(None, &channel).await.unwrap().unwrap();
    let mut watch = scene.watch();
    let mut look = async |seconds: i64, ratio: f64| {
        scene.memory(scene.at(seconds), ratio).await;
        watch.look(scene.at(seconds)).await.unwrap();
        scene.dispatcher().drain().await.unwrap();
    };

    look(-60, 0.95).await;
    let shown = alertmanager.alerts().await;
    assert_eq!(shown.len(), 1, "{shown:#?}");
    assert_eq!(shown[0]["status"]["state"], "active");
    let labels = &shown[0]["labels"];
    for (name, value) in [
        ("alertname", "Memory"),
        ("severity", "page"),
        ("source", "local"),
        ("group", "shop"),
        ("workload", "checkout"),
    ] {
        assert_eq!(labels[name], value, "{labels}");
    }
    let annotations = &shown[0]["annotations"];
    assert_eq!(annotations["value"], "95 % of the limit", "{annotations}");
    assert_eq!(
        annotations["runbook_url"],
        "https://wiki.example.com/memory"
    );
    let link = shown[0]["generatorURL"].as_str().unwrap();
    assert!(link.starts_with("https://inquest.example.com/"), "{link}");

    look(-30, 0.5).await;
    assert_eq!(alertmanager.alerts().await, Vec::<Value>::new());
    assert_eq!(alerts.dead_letters().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alertmanager_that_was_restarted_is_told_again_what_still_fires() {
    let Some(alertmanager) = Alertmanager::start() else {
        return;
    };
    let scene = Scene::with(&[rule(&[
        ("name", "Memory"),
        ("when", "memory_ratio"),
        ("above", "90%"),
    ])])
    .await;
    let url = alertmanager.url.clone();
    let channel = alertmanager.channel();
    let alerts = scene.fixture.store.alerts();
    let id = alerts.put_channel(None, &channel).await.unwrap().unwrap();
    let (mut watch, dispatcher) = (scene.watch(), scene.dispatcher());
    scene.memory(scene.at(-60), 0.95).await;
    watch.look(scene.at(-60)).await.unwrap();
    // Nothing that it was not told of is told again.
    dispatcher.refresh().await.unwrap();
    assert_eq!(alertmanager.alerts().await, Vec::<Value>::new());
    dispatcher.drain().await.unwrap();
    let before = alertmanager.alerts().await;

    drop(alertmanager);
    dispatcher.refresh().await.unwrap();
    let problem = async || {
        let channel = alerts.channels().await.unwrap();
        let channel = channel.into_iter().find(|channel| channel.id == id);
        channel.unwrap().last_problem
    };
    assert!(problem().await.is_some(), "nobody answers");
    let alertmanager = Alertmanager::at(url.trim_start_matches("http://")).unwrap();
    assert_eq!(
        alertmanager.alerts().await,
        Vec::<Value>::new(),
        "it has forgotten"
    );
    dispatcher.refresh().await.unwrap();
    assert_eq!(problem().await, None);
    let after = alertmanager.alerts().await;
    assert_eq!(after.len(), 1, "{after:#?}");
    for field in ["labels", "startsAt", "fingerprint"] {
        assert_eq!(after[0][field], before[0][field]);
    }
    let ends_at =
        |shown: &Value| -> DateTime<Utc> { shown["endsAt"].as_str().unwrap().parse().unwrap() };
    assert!(
        ends_at(&after[0]) > ends_at(&before[0]),
        "it holds for longer"
    );
    assert_eq!(scene.notices().await, ["fired"], "it is nothing new");

    scene.memory(scene.at(-30), 0.5).await;
    watch.look(scene.at(-30)).await.unwrap();
    dispatcher.drain().await.unwrap();
    dispatcher.refresh().await.unwrap();
    assert_eq!(alertmanager.alerts().await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_of_the_channel_goes_away_by_itself() {
    let Some(alertmanager) = Alertmanager::start() else {
        return;
    };
    let settings = Settings([("url", alertmanager.url.as_str())].into_iter().collect());
    let said = [Said {
        key: "test".into(),
        message: notify::sample(Utc::now()),
        picture: None,
    }];
    let envelope = Envelope {
        said: &said,
        key: "test",
        base_url: "https://inquest.example.com",
        at: Utc::now(),
    };
    let sender = Sender::new(Guard {
        allow_private: true,
    });
    let kind = notify::kind("alertmanager").unwrap();
    sender
        .unwrap()
        .send(kind, &settings, &envelope)
        .await
        .unwrap();
    let shown = alertmanager.alerts().await;
    let ends_at: DateTime<Utc> = shown[0]["endsAt"].as_str().unwrap().parse().unwrap();
    assert!(ends_at - Utc::now() < TimeDelta::minutes(6), "{ends_at}");
}
