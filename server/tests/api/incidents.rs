//! An incident from the first restart to the note, through the API, the stream and the forms.

use futures::StreamExt as _;
use reqwest::{Client, RequestBuilder, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use simulator::RunningSimulator;

use crate::{
    support::{Server, ask, folder},
    watching::{configuration, simulate, until, watch},
};

/// Kills a container from outside.
async fn kill(engine: &RunningSimulator, container: &str) {
    let engine = engine.endpoint().replace("tcp:", "http:");
    let address = format!("{engine}/_simulator/containers/{container}");
    let answer = Client::new()
        .post(address)
        .json(&json!({ "kind": "sigkill" }))
        .send()
        .await
        .expect("it answers");
    assert!(answer.status().is_success(), "{}", answer.status());
}

async fn incidents(server: &Server) -> Vec<Value> {
    let (status, _, body) = server.get("/api/v1/incidents").await;
    assert_eq!(status, 200, "{body}");
    body["data"].as_array().expect("a list").clone()
}

fn post(server: &Server, path: &str, body: &Value) -> RequestBuilder {
    Client::new()
        .post(format!("{}{path}", server.url))
        .json(body)
}

#[tokio::test]
async fn a_restart_opens_one_and_people_see_it_through() {
    let engine = simulate(&["web".to_owned()], 0.3).await;
    let (dir, configuration) = (folder(), configuration(&engine, 1));
    let server = Server::from(&mut watch(dir.path(), configuration.path()));
    until("the container is watched", async || {
        let (_, _, list) = server.get("/api/v1/workloads").await;
        list["data"][0]["state"] == "running"
    })
    .await;
    let stream = reqwest::get(format!("{}/api/v1/events", server.url))
        .await
        .expect("it answers");
    kill(&engine, "web").await;
    until("there is an incident", async || {
        incidents(&server).await.len() == 1
    })
    .await;
    let incident = incidents(&server).await.remove(0);
    assert_eq!(incident["state"], "open", "{incident}");
    assert_eq!(incident["workload_name"], "web", "{incident}");
    assert_eq!(incident["restarts"], 1, "{incident}");
    assert!(incident["quiet_at"].is_string(), "{incident}");
    let id = incident["id"].as_str().expect("an id").to_owned();
    let mut told = String::new();
    let mut stream = stream.bytes_stream();
    while !told.contains("event: incident") {
        let part = stream.next().await.expect("an event").expect("readable");
        told.push_str(&String::from_utf8_lossy(&part));
    }
    assert!(told.contains(&format!("\"incident\":\"{id}\"")), "{told}");

    let path = format!("/api/v1/incidents/{id}");
    let restarts = format!("/api/v1/restarts?incident={id}");
    let (_, _, restarts) = server.get(&restarts).await;
    assert_eq!(restarts["data"].as_array().map(Vec::len), Some(1));
    let steps = [
        ("acknowledge", json!({ "who": "ana" }), 200, "acknowledged"),
        ("acknowledge", json!({}), 409, "conflict"),
        ("reopen", json!({}), 409, "conflict"),
        ("owner", json!({ "owner": "payments" }), 200, "acknowledged"),
        ("notes", json!({ "text": " " }), 400, "invalid_parameter"),
        ("notes", json!({ "txt": "x" }), 422, "invalid_body"),
        ("notes", json!({ "text": "seen" }), 200, "acknowledged"),
        ("resolve", json!({ "text": "done" }), 200, "resolved"),
        ("reopen", json!({ "who": "bo" }), 200, "open"),
    ];
    for (what, body, status, outcome) in steps {
        let (got, _, answer) = ask(post(&server, &format!("{path}/{what}"), &body)).await;
        assert_eq!(got, status, "{what} {body}: {answer}");
        let told = if status == 200 {
            &answer["state"]
        } else {
            &answer["code"]
        };
        assert_eq!(told, outcome, "{what} {body}: {answer}");
    }
    let (_, _, detail) = server.get(&path).await;
    let entries = detail["entries"].as_array().expect("a list");
    let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].clone()).collect();
    assert_eq!(
        kinds,
        ["acknowledged", "owner", "note", "resolved", "reopened"]
    );
    assert_eq!(detail["owner"], "payments");

    let (_, _, none) = server.get("/api/v1/incidents?state=resolved").await;
    assert_eq!(none["data"], json!([]));
    let (status, _, problem) = server.get("/api/v1/incidents?state=broken").await;
    assert_eq!((status, &problem["field"]), (400, &json!("state")));
    for path in [
        "/api/v1/incidents/999",
        "/api/v1/incidents/x",
        "/api/v1/restarts?incident=999",
    ] {
        assert_eq!(server.get(path).await.0, 404, "{path}");
    }
    let missing = post(
        &server,
        "/api/v1/incidents/999/notes",
        &json!({ "text": "x" }),
    );
    assert_eq!(ask(missing).await.0, 404);
    engine.shutdown().await;
}

#[tokio::test]
async fn forms_lead_back_to_their_page_and_files_can_be_taken_away() {
    let engine = simulate(&["web".to_owned()], 0.3).await;
    let (dir, configuration) = (folder(), configuration(&engine, 1));
    let site = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(site.path().join("pkg")).expect("ours");
    let mut command = watch(dir.path(), configuration.path());
    let server = Server::from(command.env("LEPTOS_SITE_ROOT", site.path()));
    until("the container is watched", async || {
        let (_, _, list) = server.get("/api/v1/workloads").await;
        list["data"][0]["state"] == "running"
    })
    .await;
    kill(&engine, "web").await;
    until("there is an incident", async || {
        incidents(&server).await.len() == 1
    })
    .await;
    let id = incidents(&server).await[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let client = Client::builder()
        .redirect(Policy::none())
        .build()
        .expect("a client");
    let send = |what: &str, fields: &[(&str, &str)]| {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        client
            .post(format!("{}/incidents/{id}/{what}", server.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    };
    let saved = send("notes", &[("text", "one\r\ntwo"), ("who", "ana")])
        .send()
        .await;
    let saved = saved.expect("it answers");
    assert_eq!(saved.status(), StatusCode::SEE_OTHER);
    let to = format!("/incidents/{id}#notes");
    assert_eq!(saved.headers()["location"], to.as_str());

    let refused = send("notes", &[("text", ""), ("who", "bo")]).send().await;
    let refused = refused.expect("it answers");
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let policy = refused.headers()["content-security-policy"].to_str();
    assert!(!policy.expect("text").contains("script"));
    let page = refused.text().await.expect("text");
    for said in ["a note says something", "value=\"bo\"", "one\ntwo"] {
        assert!(page.contains(said), "{said} in {page}");
    }
    let twice = [send("acknowledge", &[]), send("acknowledge", &[])];
    let mut answers = Vec::new();
    for request in twice {
        answers.push(request.send().await.expect("it answers").status());
    }
    assert_eq!(answers, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    let strangers = send("resolve", &[]).header("sec-fetch-site", "cross-site");
    let strangers = strangers.send().await.expect("it answers");
    assert_eq!(strangers.status(), StatusCode::FORBIDDEN);
    assert_eq!(incidents(&server).await[0]["state"], "acknowledged");

    for (file, content_type, said) in [
        ("export.md", "text/markdown; charset=utf-8", "## Timeline"),
        ("export.html", "text/html; charset=utf-8", "<style>"),
        ("export.json", "application/json", "\"restarts\""),
    ] {
        let answer = client.get(format!("{}/incidents/{id}/{file}", server.url));
        let answer = answer.send().await.expect("it answers");
        assert_eq!(answer.headers()["content-type"], content_type);
        let name = format!(
            "attachment; filename=\"incident-{id}.{}\"",
            &file["export.".len()..]
        );
        assert_eq!(answer.headers()["content-disposition"], name.as_str());
        let text = answer.text().await.expect("text");
        assert!(text.contains(said), "{file}: {text}");
    }
    let (status, _, _) = server.get(&format!("/incidents/{id}/export.pdf")).await;
    assert_eq!(status, 404);
    engine.shutdown().await;
}
