//! When something is broken or late: what programs are told then. Served from within, so that the parts can be broken one by one.

use std::{fs, sync::Arc};

use chrono::Utc;
use domain::ids::SourceId;
use futures::StreamExt;
use metrics_exporter_prometheus::PrometheusBuilder;
use server::{
    backend::{Place, StoreBackend},
    data_dir::DataDir,
    http::{Check, Parts, router},
    live::{Live, LiveEvent},
    postgres::PrivatePostgres,
    store::{Keep, Store},
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{folder, get};

/// What is served, with handles on its parts.
struct House {
    url: String,
    live: Live,
    data_dir: DataDir,
    postgres: PrivatePostgres,
    _folders: [TempDir; 2],
}

impl House {
    /// With pages, as people have it, though without anything that a browser would load.
    async fn open() -> Self {
        let (data, site) = (folder(), folder());
        fs::create_dir(site.path().join("pkg")).expect("a folder");
        let data_dir = DataDir::open(data.path()).expect("free");
        let postgres = PrivatePostgres::start(&data_dir).await.expect("it starts");
        let store = Store::open(postgres.url()).await.expect("it answers");
        let live = Live::default();
        let parts = Parts {
            backend: Arc::new(StoreBackend::new(
                store,
                Place::Private(data.path().to_owned()),
                Keep::default(),
                false,
            )),
            live: live.clone(),
            shutdown: CancellationToken::new(),
            exporter: PrometheusBuilder::new().build_recorder().handle(),
            checks: vec![Check::new("clumsy", || async { panic!("a mistake") })],
            hosts: None,
            site: Some(site.path().to_owned()),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async { axum::serve(listener, router(parts)).await });
        Self {
            url,
            live,
            data_dir,
            postgres,
            _folders: [data, site],
        }
    }

    async fn close(self) {
        self.postgres.stop().await;
    }
}

/// Asks for what cannot be had, and checks the form of the answer.
async fn refused(url: &str) -> (u16, String) {
    let (status, content_type, body) = get(url).await;
    assert_eq!(content_type, "application/problem+json", "{url}: {body}");
    assert_eq!(body["status"], status, "{url}: {body}");
    let code = body["code"].as_str().expect("a code");
    assert_eq!(body["type"], format!("urn:inquest:problem:{code}"));
    assert!(body["detail"].is_string(), "{url}: {body}");
    (status, code.to_owned())
}

#[tokio::test]
async fn without_its_database_it_says_so_until_it_is_back() {
    let mut house = House::open().await;
    let workloads = format!("{}/api/v1/workloads", house.url);
    assert_eq!(get(&workloads).await.0, 200);

    house.postgres.stop().await;
    for path in ["/api/v1/workloads", "/api/v1/restarts", "/api/v1/sources"] {
        let refused = refused(&format!("{}{path}", house.url)).await;
        assert_eq!(refused, (503, "unavailable".to_owned()), "{path}");
    }
    let page = reqwest::get(&house.url).await.expect("it answers");
    assert!(page.text().await.expect("text").contains("does not answer"));

    house.postgres = PrivatePostgres::start(&house.data_dir)
        .await
        .expect("it starts");
    assert_eq!(get(&workloads).await.0, 200);
    house.close().await;
}

#[tokio::test]
async fn a_handler_that_panics_still_answers() {
    let house = House::open().await;
    let refused = refused(&format!("{}/readyz", house.url)).await;
    assert_eq!(refused, (500, "internal".to_owned()));
    assert_eq!(get(&format!("{}/healthz", house.url)).await.0, 200);
    house.close().await;
}

#[tokio::test]
async fn a_server_function_that_is_not_there_is_not_found() {
    let house = House::open().await;
    let refused = refused(&format!("{}/_fn/x", house.url)).await;
    assert_eq!(refused, (404, "not_found".to_owned()));
    house.close().await;
}

/// How many events a subscriber may lag behind, and some more.
const MANY: usize = 1_500;

#[tokio::test]
async fn a_browser_that_lags_behind_is_told_to_fetch_everything_again() {
    let house = House::open().await;
    let response = reqwest::get(format!("{}/api/v1/events", house.url))
        .await
        .expect("it answers");
    let mut stream = response.bytes_stream();
    let hello = stream.next().await.expect("an event").expect("readable");
    assert!(hello.starts_with(b"event: hello\n"));

    // There is one thread, so the stream gets no turn before the last of them.
    let change = LiveEvent::Poll {
        source: SourceId(1),
        at: Utc::now(),
    };
    for _ in 0..MANY {
        house.live.publish(change.clone());
    }
    let mut said = String::new();
    while said.matches("\n\n").count() < 2 {
        let bytes = stream.next().await.expect("an event").expect("readable");
        said.push_str(&String::from_utf8_lossy(&bytes));
    }
    let mut events = said.split("\n\n");
    let resync = events.next().expect("the first");
    let missed = resync
        .strip_prefix("event: resync\ndata: {\"missed\":")
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or_else(|| panic!("{said}"));
    let missed: usize = missed.parse().expect("a number");
    assert!((1..MANY).contains(&missed), "{missed}");
    let next = events.next().expect("the second");
    assert!(next.starts_with("event: poll\n"), "{said}");
    house.close().await;
}
