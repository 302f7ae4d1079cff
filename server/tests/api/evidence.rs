//! One restart as people and programs read it, and what they say of it.

use std::fs;

use reqwest::{Client, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use simulator::{Farewell, Happening};

use crate::{
    support::{Server, ask, folder},
    watching::{configuration, simulate, until, watch},
};

async fn restarts(server: &Server) -> Vec<Value> {
    let (status, _, body) = server.get("/api/v1/restarts").await;
    assert_eq!(status, 200, "{body}");
    body["data"].as_array().expect("a list").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_read_searched_counted_exported_and_corrected() {
    let (data, site) = (folder(), folder());
    fs::create_dir(site.path().join("pkg")).expect("a folder");
    let engine = simulate(&["web".to_owned()], 0.5).await;
    let configuration = configuration(&engine, 1);
    let server =
        Server::from(watch(data.path(), configuration.path()).env("LEPTOS_SITE_ROOT", site.path()));
    until("it is watched", async || {
        let (_, _, body) = server.get("/api/v1/workloads").await;
        body["data"].as_array().is_some_and(|rows| !rows.is_empty())
    })
    .await;
    let panics = Happening::Exit {
        code: 2,
        log: Farewell::GoPanic,
        again_after_ms: None,
    };
    assert!(engine.provoke("web", &panics));
    until("its panic is known", async || {
        restarts(&server)
            .await
            .iter()
            .any(|row| row["panic"].is_string())
    })
    .await;
    let row = restarts(&server).await.remove(0);
    let id = row["id"].as_str().expect("an id").to_owned();
    let api = format!("/api/v1/restarts/{id}");

    let (status, _, detail) = server.get(&api).await;
    assert_eq!(status, 200, "{detail}");
    assert_eq!(detail["cause"], "crash");
    assert_eq!(detail["confidence"], "confirmed");
    assert_eq!(detail["panic"]["group"]["fingerprint"], row["panic"]);
    let said = detail["evidence"].to_string();
    assert!(said.contains("nil pointer dereference"), "{said}");
    assert_eq!(detail["log"]["missing"], Value::Null);
    let readings = detail["black_box"]["readings"].as_array();
    assert!(readings.is_some_and(|readings| !readings.is_empty()));

    let (status, kind, log) = server.get(&format!("{api}/log")).await;
    assert_eq!((status, kind.as_str()), (200, "text/plain; charset=utf-8"));
    let log = log.as_str().expect("text");
    assert!(log.contains(" err panic: runtime error"), "{log}");
    let (_, _, scenario) = server.get(&format!("{api}/scenario")).await;
    let scenario = scenario.as_str().expect("text");
    assert!(scenario.contains("cause = \"crash\""), "{scenario}");

    let (status, _, hits) = server.get("/api/v1/logs?q=%22nil+pointer%22").await;
    assert_eq!(status, 200, "{hits}");
    assert_eq!(hits["data"][0]["restart"], id.as_str());
    assert!(
        hits["data"][0]["excerpt"]
            .as_array()
            .expect("parts")
            .iter()
            .any(|part| part["is_hit"] == true && part["text"] == "pointer")
    );
    assert_eq!(hits["data"][0]["exit_code"], 2, "{hits}");
    let (status, kind, page) = server.get("/logs?q=%22nil+pointer%22").await;
    assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
    let page = page.as_str().expect("text");
    assert!(page.contains(">pointer</mark>"), "{page}");
    assert!(page.contains(&format!("/restarts/{id}\"")), "{page}");
    let (_, _, groups) = server.get("/api/v1/panics").await;
    assert_eq!(groups["data"][0]["count"], 1, "{groups}");

    corrections(&server, &id, &api).await;
    engine.shutdown().await;
}

async fn corrections(server: &Server, id: &str, api: &str) {
    let client = Client::builder()
        .redirect(Policy::none())
        .build()
        .expect("a client");
    let to = format!("{}{api}/correction", server.url);
    let correction = json!({"cause": "platform", "note": "The host was moved."});
    let (status, _, body) = ask(client.post(&to).json(&correction)).await;
    assert_eq!(status, 204, "{body}");
    for wrong in [
        json!({"cause": "fate"}),
        json!({"note": "no cause"}),
        json!({"cause": "crash", "note": "x".repeat(2_001)}),
        json!({"cause": "crash", "why": "?"}),
    ] {
        let (status, _, body) = ask(client.post(&to).json(&wrong)).await;
        assert_eq!(
            (status, &body["code"]),
            (400, &json!("invalid_parameter")),
            "{wrong}"
        );
    }

    let page = format!("{}/restarts/{id}", server.url);
    let html = |response: reqwest::Response| async { response.text().await.expect("text") };
    let shown = client.get(&page).send().await.expect("an answer");
    assert_eq!(shown.status(), StatusCode::OK);
    let shown = html(shown).await;
    for said in ["web crashed", "The host was moved.", "nil pointer"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }

    let sent = form(
        client.post(&page),
        &[("cause", "killed"), ("note", "a\r\nb")],
    );
    let sent = sent.send().await.expect("an answer");
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    let place = sent.headers()["location"].to_str().expect("text");
    assert_eq!(place, format!("/restarts/{id}#correction"));
    let (_, _, detail) = server.get(api).await;
    assert_eq!(detail["corrections"][0]["note"], "a\nb");
    assert_eq!(detail["cause"], "crash", "the verdict stays");

    let long = format!("kept as typed {}", "x".repeat(2_000));
    let sent = form(client.post(&page), &[("cause", "killed"), ("note", &long)]);
    let sent = sent.send().await.expect("an answer");
    assert_eq!(sent.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let policy = sent.headers()["content-security-policy"].clone();
    assert!(!policy.to_str().expect("text").contains("script-src"));
    let again = html(sent).await;
    assert!(again.contains("kept as typed") && again.contains("characters are too many"));

    let foreign = client.post(&page).header("sec-fetch-site", "cross-site");
    let foreign = form(foreign, &[("cause", "crash"), ("note", "")]);
    let foreign = foreign.send().await.expect("an answer");
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
}

/// What a browser makes of a form.
fn form(request: reqwest::RequestBuilder, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.finish())
}
