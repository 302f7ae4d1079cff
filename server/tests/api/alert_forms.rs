//! The forms about alerts: what cannot be taken comes back with what was typed and the reason beside its field, and nothing of it is saved.

use reqwest::{Client, StatusCode, redirect::Policy};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

use crate::support::{Server, folder, inquest};

type Typed<'a> = &'a [(&'a str, &'a str)];

/// A server with pages.
struct Pages {
    server: Server,
    client: Client,
    _folders: [tempfile::TempDir; 2],
}

impl Pages {
    fn start(environment: Typed<'_>) -> Self {
        let (dir, site) = (folder(), tempfile::tempdir().expect("a folder"));
        std::fs::create_dir(site.path().join("pkg")).expect("ours");
        let mut command = inquest(dir.path());
        command
            .arg("serve")
            .env("LEPTOS_SITE_ROOT", site.path())
            .envs(environment.iter().copied());
        Self {
            server: Server::from(&mut command),
            client: Client::builder()
                .redirect(Policy::none())
                .build()
                .expect("a client"),
            _folders: [dir, site],
        }
    }

    /// Sends a form; gives the status, where it leads, and the page.
    async fn send(&self, path: &str, typed: Typed<'_>) -> (StatusCode, String, String) {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(typed)
            .finish();
        let answer = self
            .client
            .post(format!("{}{path}", self.server.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .expect("it answers");
        let to = answer.headers().get("location");
        let to = to.map_or("", |to| to.to_str().expect("text")).to_owned();
        let status = answer.status();
        (status, to, answer.text().await.expect("text"))
    }

    /// How many there are of something.
    async fn count(&self, what: &str) -> usize {
        let (_, _, list) = self.server.get(&format!("/api/v1/{what}")).await;
        list["data"].as_array().expect("a list").len()
    }

    /// What cannot be taken: the page says why at the field, keeps what was typed, and nothing of it is saved.
    async fn refuses(&self, path: &str, list: &str, typed: Typed<'_>, field: &str, says: &str) {
        let before = self.count(list).await;
        let (status, _, page) = self.send(path, typed).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}");
        let (_, beside) = page
            .split_once(&format!("id=\"w-{field}\""))
            .unwrap_or_else(|| panic!("nothing is said at {field} of {typed:?}: {page}"));
        let beside = &beside[..beside.find("</div>").expect("a field ends")];
        // Apostrophes and the like are written as references.
        assert!(beside.contains(says), "{says} in {beside}");
        assert!(page.contains("aria-invalid=\"true\""), "{page}");
        assert_eq!(self.count(list).await, before, "nothing is half saved");
    }
}

#[tokio::test]
async fn rules_that_cannot_be_taken_come_back_and_others_are_saved() {
    let pages = Pages::start(&[]);
    let name = ("name", "Over seventy");
    let memory = ("when", "memory_ratio");
    let cases: [(Typed<'_>, &str, &str); 10] = [
        (
            &[name, ("when", "cpu")],
            "when",
            "nothing that can be looked at",
        ),
        (
            &[name, memory, ("above", "900%")],
            "above",
            "is out of range",
        ),
        (
            &[name, memory, ("above", "0.9")],
            "above",
            "write for example 90%",
        ),
        (
            &[name, memory, ("above", "70%"), ("clear", "80%")],
            "clear",
            "lies above the threshold",
        ),
        (
            &[name, memory, ("above", "70%"), ("for", "10y")],
            "for",
            "no length of time",
        ),
        (
            &[name, memory, ("above", "70%"), ("for", "3650d")],
            "for",
            "too long",
        ),
        (
            &[name, memory, ("above", "70%"), ("workloads", "web[0-9]")],
            "workloads",
            "no pattern",
        ),
        (
            &[name, memory, ("above", "70%"), ("labels", "team=")],
            "labels",
            "has no value",
        ),
        (
            &[
                name,
                memory,
                ("above", "70%"),
                ("channels", "nobody-has-it"),
            ],
            "channels",
            "is no channel",
        ),
        (
            &[("name", "Out of memory"), memory, ("above", "70%")],
            "name",
            "another rule",
        ),
    ];
    for (typed, field, says) in cases {
        let path = "/alerts/rules";
        pages.refuses(path, "alert-rules", typed, field, says).await;
    }
    let (_, _, page) = pages
        .send("/alerts/rules", &[name, memory, ("above", "900%")])
        .await;
    assert!(page.contains("value=\"Over seventy\""), "{page}");
    assert!(page.contains("Nothing was saved"), "{page}");

    let (status, to, _) = pages
        .send("/alerts/rules", &[name, memory, ("above", "70%")])
        .await;
    assert_eq!(
        (status, to.as_str()),
        (StatusCode::SEE_OTHER, "/alerts/rules")
    );
    let (_, _, rules) = pages.server.get("/api/v1/alert-rules").await;
    let saved = rules["data"].as_array().expect("a list").iter();
    let saved = saved.filter(|rule| rule["fields"]["name"] == name.1);
    let ids: Vec<&str> = saved.filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(ids.len(), 1);

    // One that is there already is not half changed either.
    let page = format!("/alerts/rules/{}", ids[0]);
    let typed: Typed<'_> = &[
        ("name", "Renamed"),
        memory,
        ("above", "70%"),
        ("for", "soon"),
    ];
    pages
        .refuses(&page, "alert-rules", typed, "for", "no length of time")
        .await;
    let (_, _, rule) = pages
        .server
        .get(&format!("/api/v1/alert-rules/{}", ids[0]))
        .await;
    assert_eq!(rule["fields"]["name"], name.1);
    let (status, to, _) = pages.send(&format!("{page}/remove"), &[]).await;
    assert_eq!(
        (status, to.as_str()),
        (StatusCode::SEE_OTHER, "/alerts/rules")
    );
}

#[tokio::test]
async fn silences_that_cannot_be_taken_come_back_and_others_hold() {
    let pages = Pages::start(&[]);
    let why = ("reason", "Moving the database");
    let cases: [(Typed<'_>, &str, &str); 5] = [
        (&[("for", "2h")], "reason", "is missing"),
        (&[why, ("for", "soon")], "for", "no length of time"),
        (
            &[why, ("for", "2h"), ("rules", "a|b")],
            "rules",
            "no pattern",
        ),
        (
            &[why, ("for", "2h"), ("labels", "my team=a")],
            "labels",
            "no name of a label",
        ),
        (
            &[why, ("days", "someday"), ("at", "02:00"), ("for", "1h")],
            "days",
            "is no day",
        ),
    ];
    for (typed, field, says) in cases {
        let path = "/alerts/silences";
        pages.refuses(path, "silences", typed, field, says).await;
    }
    let (status, to, _) = pages.send("/alerts/silences", &[why, ("for", "2h")]).await;
    assert_eq!(
        (status, to.as_str()),
        (StatusCode::SEE_OTHER, "/alerts/silences#silences")
    );
    assert_eq!(pages.count("silences").await, 1);
}

#[tokio::test]
async fn a_name_is_asked_for_once() {
    let pages = Pages::start(&[]);
    let sent = async |path: &str, body: &str| {
        let answer = pages
            .client
            .post(format!("{}{path}", pages.server.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.to_owned())
            .send()
            .await
            .expect("it answers");
        let cookie = answer.headers().get("set-cookie");
        cookie.map(|cookie| cookie.to_str().expect("text").to_owned())
    };
    let cookie = sent("/alerts/name", "by=Ana+Maria").await;
    let cookie = cookie.expect("it is remembered");
    assert!(cookie.contains("Max-Age=31536000"), "{cookie}");
    for path in ["/alerts", "/alerts/silences"] {
        let page = pages.client.get(format!("{}{path}", pages.server.url));
        let page = page
            .header("cookie", cookie.split(';').next().expect("a pair"))
            .send()
            .await
            .expect("it answers");
        let page = page.text().await.expect("text");
        assert!(page.contains("value=\"Ana Maria\""), "{page}");
    }
    let silence = "reason=a&for=2h&by=Žofie".replace('Ž', "%C5%BD");
    let cookie = sent("/alerts/silences", &silence).await;
    assert!(cookie.is_some_and(|cookie| cookie.starts_with("name=%C5%BDofie;")));
    let forgotten = sent("/alerts/name", "by=").await;
    assert!(forgotten.is_some_and(|cookie| cookie.contains("Max-Age=0")));

    let long = "x".repeat(101);
    let (status, _, page) = pages.send("/alerts/name", &[("by", &long)]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("at most 100 characters"), "{page}");
}

#[tokio::test]
async fn channels_that_cannot_be_taken_come_back_without_what_is_secret() {
    let pages = Pages::start(&[]);
    let (kind, name) = (("kind", "webhook"), ("name", "ops"));
    let mail: Typed<'_> = &[
        ("kind", "email"),
        name,
        ("to", "a@example.com"),
        ("from", "b@example.com"),
        ("server", "127.0.0.1"),
        ("security", "none"),
    ];
    let cases: [(Typed<'_>, &str, &str); 6] = [
        (
            &[kind, name, ("url", "http://169.254.169.254/secret-path")],
            "url",
            "not a public address",
        ),
        (
            &[kind, name, ("url", "http://localhost:9/secret-path")],
            "url",
            "not a public address",
        ),
        (mail, "server", "not a public address"),
        (
            &[kind, name, ("url", "ftp://example.com/secret-path")],
            "url",
            "neither http nor https",
        ),
        (
            &[
                kind,
                name,
                ("url", "https://1.1.1.1/secret-path"),
                ("template", "{{ title"),
            ],
            "template",
            "cannot be filled in",
        ),
        (
            &[
                kind,
                ("name", "a,b"),
                ("url", "https://1.1.1.1/secret-path"),
            ],
            "name",
            "without a comma",
        ),
    ];
    for (typed, field, says) in cases {
        let path = "/alerts/channels";
        pages.refuses(path, "channels", typed, field, says).await;
        let (_, _, page) = pages.send(path, typed).await;
        assert!(!page.contains("secret-path"), "a URL may be a secret");
    }
    let typed: Typed<'_> = &[kind, name, ("url", "https://1.1.1.1/hook")];
    let (status, to, _) = pages.send("/alerts/channels", typed).await;
    assert_eq!(
        (status, to.as_str()),
        (StatusCode::SEE_OTHER, "/alerts/channels#channels")
    );
    assert_eq!(pages.count("channels").await, 1);
}

/// A mail server that lets nobody in.
async fn refuse_logins(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut say = "220 mail.example.com\r\n";
        loop {
            if write.write_all(say.as_bytes()).await.is_err() {
                break;
            }
            say = match lines.next_line().await {
                Ok(Some(line)) if line.starts_with("EHLO") => {
                    "250-mail.example.com\r\n250 AUTH PLAIN LOGIN\r\n"
                }
                Ok(Some(line)) if line.starts_with("AUTH") => "535 5.7.8 no such user\r\n",
                Ok(Some(_)) => "250 well\r\n",
                Ok(None) | Err(_) => break,
            };
        }
    }
}

#[tokio::test]
async fn a_wrong_password_of_a_mail_server_is_said_beside_the_channel() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let server = listener.local_addr().expect("has one").to_string();
    let mail_server = tokio::spawn(refuse_logins(listener));
    let pages = Pages::start(&[("INQUEST_ALERTS__ALLOW_PRIVATE_ADDRESSES", "true")]);
    let typed: Typed<'_> = &[
        ("kind", "email"),
        ("name", "mail"),
        ("to", "a@example.com"),
        ("from", "b@example.com"),
        ("server", &server),
        ("security", "none"),
        ("user", "u"),
        ("password", "not-the-right-one"),
    ];
    let (status, _, _) = pages.send("/alerts/channels", typed).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, _, channels) = pages.server.get("/api/v1/channels").await;
    let id = channels["data"][0]["id"].as_str().expect("an id");
    let (status, _, _) = pages
        .send(&format!("/alerts/channels/{id}/test"), &[])
        .await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, _, page) = pages.server.get("/alerts/channels").await;
    let page = page.as_str().expect("text");
    for said in ["refused user or password", "no such user"] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert!(!page.contains("not-the-right-one"));
    mail_server.abort();
}
