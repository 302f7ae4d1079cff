//! A receiver of webhooks over real HTTP, which does as it is told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use serde_json::Value;
use tokio::net::TcpListener;

/// How the receiver answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// 200.
    Takes,
    /// 500.
    Fails,
    /// 404.
    Refuses,
    /// Not at all.
    Hangs,
    /// 200 after a while.
    IsSlow,
    /// Redirects to another host.
    Redirects,
}

/// What came in: the key in the header, and the body.
pub(crate) type Got = (String, Value);

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    mood: Arc<Mutex<Mood>>,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            mood: Arc::new(Mutex::new(Mood::Takes)),
            got: Arc::default(),
        };
        let router = Router::new()
            .route("/hook", post(take))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Everything that came in, taken or not.
    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// The keys of all alerts that came in, in their order.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.got()
            .iter()
            .flat_map(|(_, body)| body["alerts"].as_array().cloned().unwrap_or_default())
            .map(|alert| alert["key"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn take(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    receiver.got.lock().unwrap().push((key, body));
    let mood = *receiver.mood.lock().unwrap();
    match mood {
        Mood::Takes => StatusCode::OK.into_response(),
        Mood::Fails => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mood::Refuses => (StatusCode::NOT_FOUND, "no such hook").into_response(),
        Mood::Hangs => std::future::pending().await,
        Mood::IsSlow => {
            tokio::time::sleep(Duration::from_millis(300)).await;
            StatusCode::OK.into_response()
        }
        Mood::Redirects => Redirect::temporary("http://localhost:1/elsewhere").into_response(),
    }
}
