//! Alerts through the API: rules, silences and channels with everything that may be wrong with them, and an alert from its begin to its
//! receiver.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use simulator::Happening;

use crate::{
    receiver::{Mood, Receiver},
    support::{Server, ask, folder, inquest},
    watching::{configuration, simulate, until, watch},
};

/// What is changed in something that could be taken, the field that is blamed, and in which words.
type Mistake<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

impl Server {
    /// Sends JSON, and returns status and body.
    async fn tell(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/api/v1{path}", self.url);
        let (status, _, body) = ask(Client::new().request(method, url).json(body)).await;
        (status, body)
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.tell(Method::POST, path, body).await
    }

    /// A list, which is there.
    async fn list(&self, path: &str) -> Vec<Value> {
        let (status, _, body) = self.get(&format!("/api/v1{path}")).await;
        assert_eq!(status, 200, "{body}");
        body["data"].as_array().expect("a list").clone()
    }

    /// Tells something that cannot be taken, and checks that exactly one field is blamed, in these words, and nothing has changed.
    async fn refuses(&self, method: Method, path: &str, body: &Value, (field, says): (&str, &str)) {
        let list = path
            .split('/')
            .nth(1)
            .map(|list| format!("/{list}"))
            .expect("a list");
        let before = self.list(&list).await;
        let (status, said) = self.tell(method, path, body).await;
        assert_eq!(status, 422, "{said}");
        assert_eq!(said["code"], "invalid_field", "{said}");
        assert_eq!(said["field"], field, "{said}");
        let problems = said["problems"].as_array().expect("problems");
        assert_eq!(problems.len(), 1, "{said}");
        let problem = problems[0]["problem"].as_str().expect("a problem");
        assert!(problem.contains(says), "{field}: {problem}");
        assert_eq!(self.list(&list).await, before);
    }
}

/// A body with some fields changed; an empty one is left out.
fn with(mut body: Value, changes: &[(&str, &str)]) -> Value {
    let fields = body.as_object_mut().expect("an object");
    for (name, value) in changes {
        fields.insert((*name).to_owned(), json!(value));
    }
    fields.retain(|_, value| value != "");
    body
}

fn memory() -> Value {
    json!({ "name": "Memory", "when": "memory_ratio", "above": "90%", "clear": "80%", "for": "5m" })
}

#[tokio::test]
async fn rules_are_added_changed_and_removed() {
    let dir = folder();
    let server = Server::start(dir.path());
    let names = async || -> Vec<Value> {
        let rules = server.list("/alert-rules").await;
        rules
            .iter()
            .map(|rule| rule["fields"]["name"].clone())
            .collect()
    };
    assert_eq!(names().await.len(), 8, "those from the start");
    let (status, made) = server.post("/alert-rules", &memory()).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/alert-rules/{}", made["id"].as_str().expect("an id"));
    let (_, _, rule) = server.get(&format!("/api/v1{path}")).await;
    assert_eq!(rule["fields"], with(memory(), &[("severity", "warning")]));
    assert_eq!(rule["summary"], "Memory ≥ 90 % of the limit for 5 min");
    assert_eq!(rule["from_file"], false);

    let changed = with(
        memory(),
        &[
            ("name", "Memory of checkout"),
            ("workloads", "shop/checkout"),
        ],
    );
    assert_eq!(server.tell(Method::PUT, &path, &changed).await.0, 204);
    assert!(names().await.contains(&json!("Memory of checkout")));
    let taken = with(memory(), &[("name", "Out of memory")]);
    server
        .refuses(
            Method::PUT,
            &path,
            &taken,
            ("name", "is the name of another rule"),
        )
        .await;
    server
        .refuses(
            Method::POST,
            "/alert-rules",
            &taken,
            ("name", "is the name of another rule"),
        )
        .await;

    assert_eq!(server.tell(Method::DELETE, &path, &json!({})).await.0, 204);
    for method in [Method::PUT, Method::DELETE] {
        let (status, said) = server.tell(method, &path, &memory()).await;
        assert_eq!(
            (status, &said["code"]),
            (404, &json!("not_found")),
            "{said}"
        );
    }
    assert_eq!(names().await.len(), 8);
}

#[tokio::test]
async fn rules_of_files_are_marked_and_stay_as_they_are() {
    let dir = folder();
    let file = dir.path().join("inquest.toml");
    let text = "[[rule]]\nname = 'Of a file'\nwhen = 'tasks'\nabove = '5000'\n";
    std::fs::write(&file, text).expect("written");
    let server = Server::from(inquest(dir.path()).arg("serve").arg("--config").arg(&file));
    let rules = server.list("/alert-rules").await;
    let rule = rules.iter().find(|rule| rule["from_file"] == true);
    let rule = rule.expect("the one of the file");
    assert_eq!(rule["fields"]["name"], "Of a file");
    let path = format!("/alert-rules/{}", rule["id"].as_str().expect("an id"));
    server
        .refuses(Method::PUT, &path, &memory(), ("name", "in a file"))
        .await;
    let (status, said) = server.tell(Method::DELETE, &path, &json!({})).await;
    assert_eq!(
        (status, &said["code"]),
        (400, &json!("invalid_parameter")),
        "{said}"
    );
    assert_eq!(server.list("/alert-rules").await, rules);
}

#[tokio::test]
async fn what_is_wrong_with_a_rule_is_said_of_its_field_and_nothing_is_kept() {
    let dir = folder();
    let server = Server::start(dir.path());
    let (_, made) = server.post("/alert-rules", &memory()).await;
    let path = format!("/alert-rules/{}", made["id"].as_str().expect("an id"));
    let cases: &[Mistake<'_>] = &[
        (
            &[("when", "memory")],
            "when",
            "`memory` is nothing that can be looked at; known are memory_ratio",
        ),
        (
            &[("above", "900%")],
            "above",
            "out of range; use more than 0% and at most 200%",
        ),
        (&[("above", "0.9")], "above", "write for example 90%"),
        (
            &[("above", "")],
            "above",
            "is missing; write for example 90%",
        ),
        (&[("below", "5%")], "below", "keep one of them"),
        (
            &[("clear", "95%")],
            "clear",
            "lies above the threshold itself",
        ),
        (&[("for", "3650d")], "for", "is too long; use at most 90d"),
        (&[("for", "8d")], "for", "out of range; use 0s to 7d"),
        (
            &[("for", "10 years")],
            "for",
            "is no length of time; write for example 30s",
        ),
        (
            &[("workloads", "web[0-9]")],
            "workloads",
            "has no meaning in one; write a name, with * for any characters",
        ),
        (&[("pick", "avg")], "pick", "hides spikes; use max or last"),
        (
            &[("severity", "critical")],
            "severity",
            "use info, warning or page",
        ),
        (
            &[("runbook", "wiki")],
            "runbook",
            "is no link; write for example https://",
        ),
        (&[("remind_every", "1m")], "remind_every", "use 5m to 7d"),
        (
            &[("channels", "nobody")],
            "channels",
            "`nobody` is no channel",
        ),
        (&[("name", "")], "name", "is missing"),
        (
            &[("thresholds", "90%")],
            "thresholds",
            "is nothing a rule has",
        ),
        (
            &[("window", "10m")],
            "window",
            "means nothing for memory_ratio",
        ),
    ];
    for (changes, field, says) in cases {
        let body = with(memory(), changes);
        let new = with(with(memory(), &[("name", "Another")]), changes);
        server
            .refuses(Method::POST, "/alert-rules", &new, (field, says))
            .await;
        server
            .refuses(Method::PUT, &path, &body, (field, says))
            .await;
    }
    // Everything is said at once.
    let worse = with(
        memory(),
        &[("above", "900%"), ("for", "3650d"), ("workloads", "a|b")],
    );
    let (_, said) = server.post("/alert-rules", &worse).await;
    let problems = said["problems"].as_array().expect("problems").iter();
    let mut fields: Vec<&Value> = problems.map(|problem| &problem["field"]).collect();
    fields.sort_by_key(|field| field.as_str());
    assert_eq!(fields, ["above", "for", "workloads"]);
    // A preview of what is wrong says the same.
    let (status, said) = server.post("/alert-rules/preview", &worse).await;
    assert_eq!(
        (status, said["problems"].as_array().map(Vec::len)),
        (422, Some(3))
    );
}

fn webhook() -> Value {
    json!({ "name": "hook", "kind": "webhook", "url": "https://hooks.example.com/T0KEN", "secret": "hunter2hunter2" })
}

fn mail() -> Value {
    json!({
        "name": "mail", "kind": "email", "to": "ops@example.com", "from": "inquest@example.com",
        "server": "smtp.example.com", "user": "inquest", "password": "hunter2",
    })
}

#[tokio::test]
async fn what_is_wrong_with_a_channel_is_said_of_its_field_and_nothing_is_kept() {
    let dir = folder();
    let server = Server::start(dir.path());
    let cases: &[(Value, Mistake<'_>)] = &[
        (
            webhook(),
            (
                &[("kind", "pager")],
                "kind",
                "is no kind of channel; use webhook, slack",
            ),
        ),
        (
            webhook(),
            (&[("url", "hooks.example.com")], "url", "is no URL"),
        ),
        (
            webhook(),
            (
                &[("url", "ftp://hooks.example.com")],
                "url",
                "is neither http nor https",
            ),
        ),
        (
            webhook(),
            (
                &[("url", "https://me:hunter2@example.com")],
                "url",
                "has a user or password in it",
            ),
        ),
        (
            webhook(),
            (
                &[("url", "")],
                "url",
                "is missing; write for example https://",
            ),
        ),
        (
            webhook(),
            (
                &[("url", "http://127.0.0.1:9/hook")],
                "url",
                "not a public address; allow it with",
            ),
        ),
        (
            webhook(),
            (
                &[("url", "http://localhost:9/hook")],
                "url",
                "not a public address",
            ),
        ),
        (
            webhook(),
            (
                &[("url", "http://[::1]:9/hook")],
                "url",
                "not a public address",
            ),
        ),
        (
            webhook(),
            (
                &[("url", "http://169.254.169.254/latest")],
                "url",
                "not a public address",
            ),
        ),
        (
            webhook(),
            (
                &[("url", "http://[::ffff:10.0.0.1]/hook")],
                "url",
                "not a public address",
            ),
        ),
        (
            webhook(),
            (
                &[("template", "{% for alert in alerts %}")],
                "template",
                "cannot be filled in",
            ),
        ),
        (
            webhook(),
            (
                &[("template", "{{ alert.nothing }}")],
                "template",
                "cannot be filled in",
            ),
        ),
        (
            webhook(),
            (
                &[(
                    "template",
                    "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}",
                )],
                "template",
                "cannot be filled in",
            ),
        ),
        (webhook(), (&[("name", "a, b")], "name", "without a comma")),
        (
            webhook(),
            (&[("group_wait", "2h")], "group_wait", "use at most 1h"),
        ),
        (
            webhook(),
            (
                &[("uri", "https://example.com")],
                "uri",
                "is nothing Webhook has; it has url",
            ),
        ),
        (
            mail(),
            (
                &[("to", "ops")],
                "to",
                "`ops` is no address; write for example ops@example.com",
            ),
        ),
        (
            mail(),
            (
                &[("to", "ops@example.com, dev")],
                "to",
                "`dev` is no address",
            ),
        ),
        (
            mail(),
            (
                &[("server", "smtp://example.com")],
                "server",
                "is no mail server",
            ),
        ),
        (
            mail(),
            (
                &[("server", "localhost:25")],
                "server",
                "not a public address",
            ),
        ),
        (
            mail(),
            (
                &[("security", "ssl")],
                "security",
                "is none of starttls, tls, none",
            ),
        ),
        (
            mail(),
            (
                &[("password", "")],
                "password",
                "user and password belong together",
            ),
        ),
    ];
    for (body, (changes, field, says)) in cases {
        let body = with(body.clone(), changes);
        server
            .refuses(Method::POST, "/channels", &body, (field, says))
            .await;
    }
}

#[tokio::test]
async fn secrets_are_never_shown_again_and_stay_when_something_else_is_changed() {
    let dir = folder();
    let server = Server::start(dir.path());
    let (status, made) = server.post("/channels", &webhook()).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/channels/{}", made["id"].as_str().expect("an id"));
    let change = json!({ "name": "hook of ops", "kind": "webhook", "enabled": "false", "group_wait": "30s" });
    assert_eq!(server.tell(Method::PUT, &path, &change).await.0, 204);
    let channels = server.list("/channels").await;
    let text = json!(channels).to_string();
    assert!(
        !text.contains("T0KEN") && !text.contains("hunter2"),
        "{text}"
    );
    assert_eq!(channels[0]["secrets"], json!(["secret", "url"]));
    let fields = json!({ "name": "hook of ops", "kind": "webhook", "enabled": "false", "group_wait": "30s" });
    assert_eq!(channels[0]["fields"], fields);
    server
        .refuses(
            Method::PUT,
            &path,
            &with(change, &[("name", "none")]),
            ("name", "not `none`"),
        )
        .await;
    assert_eq!(server.tell(Method::DELETE, &path, &json!({})).await.0, 204);
    assert_eq!(server.tell(Method::DELETE, &path, &json!({})).await.0, 404);
    assert_eq!(
        server.post(&format!("{path}/test"), &json!({})).await.0,
        404
    );
}

#[tokio::test]
async fn silences_are_made_listed_and_ended() {
    let dir = folder();
    let server = Server::start(dir.path());
    let silence =
        json!({ "reason": "batch import", "by": "ana", "for": "2h", "workloads": "shop/*" });
    let cases: &[Mistake<'_>] = &[
        (&[("reason", "")], "reason", "is missing"),
        (&[("for", "3650d")], "for", "too long"),
        (&[("for", "soon")], "for", "is no length of time"),
        (
            &[("workloads", "(a)")],
            "workloads",
            "has no meaning in one",
        ),
        (
            &[("at_most", "fatal")],
            "at_most",
            "use info, warning or page",
        ),
        (&[("why", "x")], "why", "is nothing a silence has"),
    ];
    for (changes, field, says) in cases {
        server
            .refuses(
                Method::POST,
                "/silences",
                &with(silence.clone(), changes),
                (field, says),
            )
            .await;
    }
    let (status, made) = server.post("/silences", &silence).await;
    assert_eq!(status, 201, "{made}");
    let silences = server.list("/silences").await;
    assert_eq!(
        (&silences[0]["is_active"], &silences[0]["is_over"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(silences[0]["fields"]["by"], "ana");
    let path = format!("/silences/{}", made["id"].as_str().expect("an id"));
    assert_eq!(server.tell(Method::DELETE, &path, &json!({})).await.0, 204);
    let silences = server.list("/silences").await;
    assert_eq!(
        (&silences[0]["is_active"], &silences[0]["is_over"]),
        (&json!(false), &json!(true))
    );
    assert!(silences[0]["ended_at"].is_string());
    assert_eq!(server.tell(Method::DELETE, &path, &json!({})).await.0, 404);
}

#[tokio::test]
async fn an_end_is_told_taken_by_somebody_and_sent_again_when_its_receiver_is_mended() {
    let engine = simulate(&["web".to_owned()], 0.3).await;
    let receiver = Receiver::start().await;
    receiver.set(Mood::Refuses);
    let (dir, configuration) = (folder(), configuration(&engine, 1));
    let mut command = watch(dir.path(), configuration.path());
    let server = Server::from(command.env("INQUEST_ALERTS__ALLOW_PRIVATE_ADDRESSES", "true"));
    let hook = json!({ "name": "hook", "kind": "webhook", "url": receiver.url });
    assert_eq!(server.post("/channels", &hook).await.0, 201);
    until("the container is watched", async || {
        let workloads = server.list("/workloads").await;
        workloads
            .first()
            .is_some_and(|one| one["state"] == "running")
    })
    .await;
    let kill = Happening::OutOfMemory {
        late: false,
        duplicates: 0,
    };
    assert!(engine.provoke("web", &kill));
    until("it is refused", async || {
        !server.list("/dead-letters").await.is_empty()
    })
    .await;

    let alerts = server.list("/alerts?phase=firing").await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(
        (&alerts[0]["rule_name"], &alerts[0]["name"]),
        (&json!("Out of memory"), &json!("web"))
    );
    let path = format!(
        "/alerts/{}/acknowledge",
        alerts[0]["id"].as_str().expect("an id")
    );
    let (status, said) = server.post(&path, &json!({ "by": "a\nb" })).await;
    assert_eq!((status, &said["field"]), (400, &json!("by")), "{said}");
    assert_eq!(server.post(&path, &json!({ "by": "ana" })).await.0, 204);
    assert_eq!(server.list("/alerts").await[0]["acknowledged"]["by"], "ana");
    assert_eq!(
        server.post("/alerts/999/acknowledge", &json!({})).await.0,
        404
    );

    let dead = server.list("/dead-letters").await;
    assert_eq!(dead[0]["title"], "web: out of memory, confirmed");
    assert_eq!(
        dead[0]["problem"],
        "the answer was 404 Not Found: no such hook"
    );
    receiver.set(Mood::Takes);
    let again = format!(
        "/dead-letters/{}/again",
        dead[0]["id"].as_str().expect("an id")
    );
    assert_eq!(server.post(&again, &json!({})).await.0, 204);
    until("it is taken", async || receiver.got().len() == 2).await;
    assert_eq!(server.list("/dead-letters").await, Vec::<Value>::new());
    let keys = receiver.keys();
    assert_eq!(keys[0], keys[1], "a receiver can tell that it is the same");
    let (status, _) = server.post(&again, &json!({})).await;
    assert_eq!(status, 404);
}
