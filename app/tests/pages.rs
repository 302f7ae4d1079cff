//! The pages as the server renders them: complete without a script, and right for every state of the fleet.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on may as well stop here"
)]

mod fixture;

use std::fmt::{Debug, Write as _};

use app::{
    App,
    backend::Caller,
    chart::range::RangeQuery,
    documents::{
        Draft, add_documents,
        incident::{self, PostMortem},
        render_document,
    },
    pages::workload::load::load,
    shell::shell,
    wire::Wire,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use domain::alert::FieldProblem;
use fixture::{Fleet, backend};
use leptos::{
    prelude::*,
    server::codee::{Decoder, Encoder},
};
use leptos_axum::{LeptosRoutes, generate_route_list};
use serde::{Serialize, de::DeserializeOwned};
use tower::ServiceExt;

fn server(fleet: Fleet) -> Router {
    let options = LeptosOptions::builder().output_name("inquest").build();
    let context = move || provide_context(backend(fleet));
    add_documents(Router::new(), &options, context)
        .leptos_routes_with_context(&options, generate_route_list(App), context, {
            let options = options.clone();
            move || shell(options.clone())
        })
        .fallback(leptos_axum::file_and_error_handler_with_context::<
            LeptosOptions,
            _,
        >(context, shell))
        .with_state(options)
}

async fn get(fleet: Fleet, path: &str) -> (StatusCode, String) {
    send(fleet, Request::get(path)).await
}

/// One request at a time: every test has a runtime of its own, and what the framework wakes for a page of one could wait for
/// another's that has ended. The server has one runtime for all.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

async fn send(fleet: Fleet, request: axum::http::request::Builder) -> (StatusCode, String) {
    let _alone = ALONE.lock().await;
    let answer = server(fleet)
        .oneshot(
            request
                .header(header::ACCEPT, "text/html")
                .body(Body::empty())
                .unwrap(),
        )
        .await
        .unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    // Comments mark the places where the browser takes over; they are not what people read.
    let html = String::from_utf8(body.to_vec())
        .unwrap()
        .replace("<!>", "")
        .replace('\u{a0}', " ");
    (status, html)
}

fn assert_says(html: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(
            html.contains(sentence),
            "the page does not say `{sentence}`:\n{html}"
        );
    }
}

#[tokio::test]
async fn the_overview_is_complete_in_the_first_html() {
    let (status, html) = get(Fleet::Usual, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert_says(
        &html,
        &[
            "<title>Overview · Inquest</title>",
            "Demo data",
            "2 workloads are restarting; checkout 22 times in the last 24 h",
            "prod-eu has not answered since 16:18 (11 min).",
            "1 workload shows its last known values",
            "href=\"/workloads/1\"",
            "108 of 512 MiB",
            "61 MiB, no limit set",
            "goroutines",
            "Out of memory",
            "11 min old",
            "No restart seen",
            "last poll 4 s ago",
        ],
    );
}

#[tokio::test]
async fn the_url_filters_without_a_script() {
    let (_, html) = get(Fleet::Usual, "/?cause=program").await;
    assert_says(&html, &["billing-webhook", "aria-current=\"true\""]);
    assert!(!html.contains(">search-indexer<"));

    let (_, html) = get(Fleet::Usual, "/?q=nosuch+thing").await;
    assert_says(
        &html,
        &[
            "No workload matches “nosuch thing”",
            "5 workloads are hidden by the filter.",
            "Clear filters",
        ],
    );
}

#[tokio::test]
async fn nothing_to_show_is_said_and_not_drawn() {
    let (_, html) = get(Fleet::Empty, "/").await;
    assert_says(
        &html,
        &["Nothing is being watched yet", "href=\"/sources\""],
    );
    assert!(!html.contains("<table"));
    let (_, html) = get(Fleet::Empty, "/sources").await;
    assert_says(
        &html,
        &["nothing answers at the usual socket paths", "[[source]]"],
    );
}

#[tokio::test]
async fn a_failure_says_what_failed() {
    let (_, html) = get(Fleet::Down, "/").await;
    assert_says(
        &html,
        &[
            "The overview could not be loaded",
            "the store does not answer: connection refused",
        ],
    );
}

#[tokio::test]
async fn sources_tell_how_they_are() {
    let (_, html) = get(Fleet::Usual, "/sources").await;
    assert_says(
        &html,
        &[
            "1 of 2 sources answer.",
            "Docker 29.1.0, API 1.51, cgroup v2",
            "edge-01, 16 GiB",
            "4 containers, 4 running",
            "99.8 % of the last 24 h",
            "check that the engine runs",
            "Unreachable",
        ],
    );
}

#[tokio::test]
async fn settings_tell_what_is_stored_and_where_it_leads() {
    let (status, html) = get(Fleet::Usual, "/settings").await;
    assert_eq!(status, StatusCode::OK);
    assert_says(
        &html,
        &[
            "<title>Settings · Inquest</title>",
            "Everything is in /var/lib/inquest, in a Postgres 17.6 that Inquest runs itself.",
            "It grows to about 3 GiB in 20 d, by 13 Dec 2026.",
            "0.96 B",
            "Rollups of 5 min",
            "for ever",
            "raw = \"30d\"",
            "restarts = \"forever\"",
            "href=\"/workloads/1\"",
            "all 5",
            "extrapolated from 50 % of the chunks",
            "aria-current=\"page\"",
        ],
    );
    let (_, html) = get(Fleet::Usual, "/settings?q=billing").await;
    assert_says(
        &html,
        &["value=\"billing\"", "1 that match", "billing-webhook"],
    );
    assert!(!html.contains(">checkout<"));
}

#[tokio::test]
async fn settings_of_an_empty_or_silent_store_say_so() {
    let (_, html) = get(Fleet::Empty, "/settings").await;
    assert_says(
        &html,
        &[
            "No workload has been measured yet",
            "Where this leads is not known yet.",
        ],
    );
    let (status, html) = get(Fleet::Down, "/settings").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert_says(&html, &["What is stored could not be loaded"]);
    assert!(!html.contains("tries again"), "nothing does so here");
}

/// The wire names no fields, so whatever a type leaves out or adds on its way would be read as something else.
#[tokio::test]
async fn what_pages_are_sent_comes_back_as_it_was() {
    fn assert_returns<T: Serialize + DeserializeOwned + PartialEq + Debug>(sent: &T) {
        let bytes = <Wire as Encoder<T>>::encode(sent).unwrap();
        assert_eq!(&<Wire as Decoder<T>>::decode(&bytes).unwrap(), sent);
    }
    let (backend, caller) = (backend(Fleet::Usual), Caller::Anonymous);
    assert_returns(&backend.fleet(&caller).await.unwrap());
    assert_returns(&backend.sources(&caller).await.unwrap());
    let range = RangeQuery::parse(Some("9h"), None, None);
    let id = "1".parse().unwrap();
    let page = load(&*backend, &caller, id, range, 1_795_451_344_000).await;
    assert_returns(&(range, page.unwrap()));
}

/// A document has the frame of every page, and nothing in it that runs.
#[tokio::test]
async fn documents_have_no_script() {
    for fleet in [Fleet::Usual, Fleet::Down] {
        for path in [
            "/settings",
            "/incidents",
            "/incidents/412",
            "/logs",
            "/logs?q=panic",
        ] {
            let (_, html) = get(fleet, path).await;
            assert_says(&html, &["Skip to content", "name=\"theme\"", "As of"]);
            assert!(!html.contains("<script"), "{html}");
            assert!(!html.contains("modulepreload"), "{html}");
        }
    }
    let (_, html) = get(Fleet::Usual, "/sources").await;
    assert_says(&html, &["<script", "href=\"/settings\" rel=\"external\""]);
}

/// Every page counts what fires, and none of them says that nothing does.
#[tokio::test]
async fn what_fires_is_counted_in_the_bar_and_in_the_title() {
    for path in ["/", "/alerts"] {
        let (_, html) = get(Fleet::Down, path).await;
        let badge = "Alerts<span class=\"n\">2<span class=\"vh\"> firing</span></span>";
        assert_says(&html, &["<title>(2) ", badge]);
        let (_, html) = get(Fleet::Usual, path).await;
        assert!(
            !html.contains(" firing</span>") && !html.contains("<title>("),
            "{html}"
        );
    }
}

/// What livens a document up is a file of ours; nothing in the page itself runs.
#[tokio::test]
async fn documents_about_alerts_bring_a_module() {
    for (path, module) in [
        ("/alerts", "live"),
        ("/alerts/rules", "live"),
        ("/alerts/silences", "live"),
        ("/alerts/channels", "live"),
        ("/alerts/rules/new", "rule"),
    ] {
        let (_, html) = get(Fleet::Down, path).await;
        let script = format!("<script type=\"module\" src=\"/modules/{module}.js\"></script>");
        assert_says(&html, &[&script]);
        assert_eq!(html.matches("<script").count(), 1, "{html}");
        let file = format!("{}/public/modules/{module}.js", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&file).is_file(), "{file}");
    }
}

/// Nine hours up to the fixture's now.
const RANGE: &str = "?from=2026-11-23T07:29:00Z&to=2026-11-23T16:29:00Z";

#[tokio::test]
async fn a_workload_is_drawn_and_told_in_the_first_html() {
    let (status, html) = get(Fleet::Usual, &format!("/workloads/1{RANGE}")).await;
    assert_eq!(status, StatusCode::OK);
    assert_says(
        &html,
        &[
            "<title>checkout · Inquest</title>",
            "12 of 12 restarts came within 15 s of memory reaching its limit; by chance 0.4 %.",
            "Each goroutine costs 12.8 KiB; they explain 100 % of the growth of memory.",
            "Fixed: 3.0 mean intervals without a restart",
            "href=\"/workloads/1/runs\" rel=\"external\"",
            "Next limit",
            "limit 512 MiB",
            "<path class=\"ln\" d=\"M",
            "<line class=\"tie\"",
            "href=\"#r1\" aria-label=\"restart, 23 Nov 16:22:04: Out of memory: exit code 137 (SIGKILL)\"",
            "id=\"r1\"",
            "memory 99.5 % of its limit 4 s before; the kernel reported an OOM kill",
            "href=\"?range=24h\"",
        ],
    );
}

#[tokio::test]
async fn runs_are_aligned_at_their_start_and_told() {
    let (status, html) = get(Fleet::Usual, "/workloads/1/runs").await;
    assert_eq!(status, StatusCode::OK);
    assert_says(
        &html,
        &[
            "<title>Runs of checkout · Inquest</title>",
            "Runs die at 20 min (of 12 ends, eight in ten).",
            "A sawtooth: memory climbs from the start of each run to its limit.",
            "such forecasts held when they were tried on past runs",
            "twice the limit only delays by",
            "Memory by age of the run",
            "Goroutines by age of the run",
            "12 past runs, ▲ died",
            "this run, 1 h old",
            "<path class=\"cone\"",
            "509 MiB, 99.4 %",
            "aria-current=\"page\"",
        ],
    );
    assert!(!html.contains("<script"));
    let (_, html) = get(Fleet::Usual, "/workloads/4/runs").await;
    assert_says(&html, &["No run was seen in the last 30 days"]);
}

#[tokio::test]
async fn deploys_tell_what_they_did() {
    let (status, html) = get(Fleet::Usual, "/workloads/1/deploys").await;
    assert_eq!(status, StatusCode::OK);
    assert_says(
        &html,
        &[
            "<title>Deploys of checkout · Inquest</title>",
            "2.14.1 → 2.14.2",
            "Fixed: 3.0 mean intervals without a restart",
            "10 restarts in 3 h 20 min",
            "0 restarts in 1 h",
            "before, 2.14.1: 10 runs",
        ],
    );
    let (_, html) = get(Fleet::Usual, "/workloads/4/deploys").await;
    assert_says(&html, &["No deploy was seen in the last 30 days"]);
}

#[tokio::test]
async fn a_workload_that_is_not_there_is_not_found() {
    for id in ["99", "checkout", "99/runs", "checkout/deploys"] {
        let (status, html) = get(Fleet::Usual, &format!("/workloads/{id}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_says(&html, &["There is no such workload"]);
    }
    let (status, html) = get(Fleet::Down, "/workloads/1").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert_says(&html, &["The workload could not be loaded"]);
}

#[tokio::test]
async fn an_unknown_address_is_not_found() {
    let (status, html) = get(Fleet::Usual, "/nowhere").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_says(&html, &["There is no page at this address"]);
}

#[tokio::test]
async fn the_theme_comes_with_the_first_paint() {
    let request = Request::get("/").header(header::COOKIE, "theme=dark");
    let (_, html) = send(Fleet::Usual, request).await;
    assert_says(&html, &["<html lang=\"en\" data-theme=\"dark\">"]);
    let (_, html) = get(Fleet::Usual, "/").await;
    assert_says(&html, &["<html lang=\"en\">"]);
}

#[tokio::test]
async fn no_style_is_inline() {
    for path in [
        "/",
        "/workloads/1",
        "/workloads/1/runs",
        "/workloads/1/deploys",
        "/sources",
        "/settings",
        "/incidents",
        "/incidents/412",
        "/nowhere",
    ] {
        let (_, html) = get(Fleet::Usual, path).await;
        assert!(
            !html.contains(" style="),
            "{path} would break the content security policy"
        );
    }
}

#[tokio::test]
async fn a_restart_has_everything_that_was_kept_around_it_and_no_script() {
    let (status, html) = get(Fleet::Usual, "/restarts/7").await;
    assert_eq!(status, StatusCode::OK);
    for said in [
        "checkout ran out of memory",
        "Kernel reported an OOM kill 0.2",
        "peak not seen",
        "limit reached, peak not seen",
        "Seen 14 times since",
        "It came back on",
        "redacted: password",
        "Earlier verdicts",
        "told late",
        "postgres",
        "The host was &lt;b&gt;moved&lt;/b&gt;.",
        "41,191 of 41,203 are in pool.(*ConnPool).reaper",
        "/go/&lt;pool&gt;.go:492",
        "/api/v1/restarts/7/log",
        "/api/v1/restarts/7/scenario",
        "name=\"note\"",
    ] {
        assert!(html.contains(said), "{said}: {html}");
    }
    assert!(!html.contains("<script"), "what a program wrote is text");
    assert!(!html.contains("<i>wrong"), "so it is in lines with marks");
    let marked = html.matches("class=\"hit\"").count();
    assert_eq!(marked, 3, "the panic and its stack");
    assert_says(&html, &["href=\"/logs?workload=1\""]);
}

#[tokio::test]
async fn a_restart_that_is_not_there_is_not_found() {
    for id in ["8", "any", "99999999999999999999"] {
        let (status, html) = get(Fleet::Usual, &format!("/restarts/{id}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(html.contains("No such restart"), "{html}");
    }
}

#[tokio::test]
async fn incidents_that_go_on_are_listed_and_filters_are_links() {
    let (status, html) = get(Fleet::Usual, "/incidents").await;
    assert_eq!(status, StatusCode::OK);
    assert_says(
        &html,
        &[
            "<title>Incidents · Inquest</title>",
            "href=\"/incidents/412\"",
            "I-412 · edge-01, shop",
            "Out of memory",
            "Acknowledged",
            "payments",
            "datetime=\"2026-11-23T16:22:04Z\"",
            "href=\"/incidents?state=resolved\"",
            "aria-current=\"page\"",
        ],
    );
    assert!(!html.contains("/incidents/398"), "it is over");
    let (_, html) = get(Fleet::Usual, "/incidents?state=all").await;
    assert_says(&html, &["/incidents/412", "/incidents/398"]);
    let (_, html) = get(Fleet::Usual, "/incidents?workload=9").await;
    assert_says(&html, &["None matches this filter.", "of one workload"]);

    let (_, html) = get(Fleet::Empty, "/incidents").await;
    assert_says(&html, &["No incident goes on", "Those that are over"]);
    let (_, html) = get(Fleet::Empty, "/incidents?state=all").await;
    assert_says(&html, &["No incident yet", "href=\"/sources\""]);
    let (status, html) = get(Fleet::Down, "/incidents").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert_says(&html, &["The list of incidents could not be loaded"]);
}

#[tokio::test]
async fn an_incident_is_a_whole_post_mortem_in_one_answer() {
    let (status, html) = get(Fleet::Usual, "/incidents/412").await;
    assert_eq!(status, StatusCode::OK);
    assert_says(
        &html,
        &[
            "<h1>checkout ran out of memory 20 times in 19 h</h1>",
            "20 of 20 restarts came within 15 s of memory reaching its limit.",
            "in 19 of 20",
            "Runs lasted 59 min 59 s.",
            "Goroutines at the end: 41,203.",
            // Evidence, and of how many the same holds.
            "memory 99.5 % of its limit 4 s before",
            "19 of 20",
            // What it said: the panic and its group, the log with its panic and what was taken out of it marked.
            "Seen 14 times since 24 Oct, in 2 images.",
            "checkout, ended 23 Nov 16:29:04 UTC: the last 5 lines, 1 secret taken out before storing",
            "class=\"hit\"",
            "<mark class=\"redact\">redacted: password</mark>",
            // What its goroutines were doing: the code that leaks, by name.
            "41,191 of 41,203 are in pool.(*ConnPool).reaper. At first 3 were there",
            "4 s before the end, compared with 20 min 56 s earlier",
            // What its ends follow, with the chance.
            "; by chance 0.4 %.",
            // Charts.
            "limit 512 MiB",
            "<path class=\"ln\" d=\"M",
            "<line class=\"tie\"",
            "href=\"#r1\" aria-label=\"restart, 23 Nov 16:22:04: Out of memory: exit code 137 (SIGKILL)\"",
            "id=\"r1\"",
            // The timeline and what people wrote, as text.
            "Process ended, exit code 137 (SIGKILL)",
            "15 earlier ends like this since 22 Nov 21:22:04",
            "Acknowledged by ana",
            "Given to payments by ana",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            // What can be done.
            "action=\"/incidents/412/notes\"",
            "formaction=\"/incidents/412/resolve\"",
            "value=\"payments\"",
            "href=\"/incidents/412/export.html\"",
            "href=\"/incidents/398\"",
        ],
    );
    assert!(!html.contains("formaction=\"/incidents/412/acknowledge\""));
    assert!(!html.contains("<script"));
}

#[tokio::test]
async fn an_incident_that_is_not_there_is_not_found() {
    for id in ["99", "checkout"] {
        let (status, html) = get(Fleet::Usual, &format!("/incidents/{id}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_says(&html, &["There is no such incident", "href=\"/incidents\""]);
    }
    let (status, _) = get(Fleet::Down, "/incidents/412").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
}

/// A form that could not be taken comes back as it was typed, with the reason beside the field.
#[tokio::test]
async fn logs_are_searched_without_a_script() {
    let (status, html) = get(Fleet::Usual, "/logs").await;
    assert_eq!(status, StatusCode::OK);
    assert_says(
        &html,
        &["Nothing looked for yet", "name=\"q\"", "href=\"/logs\""],
    );

    let (status, html) = get(
        Fleet::Usual,
        "/logs?q=panic&name=check&cause=crash&within=7d",
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    assert_says(
        &html,
        &[
            "value=\"panic\"",
            "value=\"check\"",
            "<option value=\"crash\" selected>",
            "<option value=\"7d\" selected>",
            "href=\"/restarts/903\"",
            "href=\"/incidents/412\"",
            "href=\"/api/v1/restarts/903/log\"",
            "<mark class=\"found-word\">panic</mark>: &lt;b&gt;not bold",
            "redacted: password",
            "11 lines not shown",
            "href=\"/logs?q=panic&amp;name=check&amp;cause=crash&amp;within=7d&amp;cursor=12.903\"",
        ],
    );
    assert!(!html.contains("<b>not bold"), "{html}");

    let (status, html) = get(Fleet::Usual, "/logs?workload=1").await;
    assert_eq!(status, StatusCode::OK);
    assert_says(
        &html,
        &[
            "of one workload",
            "type=\"hidden\" name=\"workload\" value=\"1\"",
        ],
    );

    let (status, html) = get(Fleet::Usual, "/logs?q=nowhere&within=1h").await;
    assert_eq!(status, StatusCode::OK);
    assert_says(&html, &["No log has that", "href=\"/logs?q=nowhere\""]);

    let (status, html) = get(Fleet::Usual, "/logs?q=%21").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_says(&html, &["role=\"alert\"", "name a word", "value=\"!\""]);

    let (status, _) = get(Fleet::Down, "/logs?q=panic").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn what_was_typed_is_not_lost() {
    // Leptos is started with the first router.
    let _router = server(Fleet::Usual);
    let options = LeptosOptions::builder().output_name("inquest").build();
    let typed = [("text", "a <b> & c"), ("who", "ana")];
    let typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let draft = Draft::new(
        typed.into(),
        vec![FieldProblem::new("text", "Not done: too long.")],
    );
    let context = move || {
        provide_context(backend(Fleet::Usual));
        provide_context(draft.clone());
    };
    let request = Request::get("/incidents/412").body(Body::empty()).unwrap();
    let _alone = ALONE.lock().await;
    let answer = render_document(&options, context, request).await;
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let html = String::from_utf8(body.to_vec()).unwrap();
    assert_says(
        &html,
        &[
            "a &lt;b> &amp; c</textarea>",
            "value=\"ana\"",
            "id=\"problem-text\" role=\"alert\"",
            "Not done: too long.",
            "aria-describedby=\"problem-text\"",
        ],
    );
}

async fn post_mortem() -> PostMortem {
    let now = chrono::DateTime::from_timestamp_millis(1_795_451_344_000).unwrap();
    let backend = backend(Fleet::Usual);
    incident::load(&*backend, &Caller::Anonymous, "412".parse().unwrap(), now)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_incident_is_taken_away_as_markdown() {
    let text = incident::markdown(&post_mortem().await, "https://inquest.example.com");
    insta::assert_snapshot!(text);
}

/// The file asks for nothing: it opens on a train, and in ten years.
#[tokio::test]
async fn an_incident_is_taken_away_as_one_file() {
    let html = incident::html(&post_mortem().await, "https://inquest.example.com");
    for loaded in ["<script", "<link", "<img", " src=", "@import", "url("] {
        assert!(!html.contains(loaded), "the file would load `{loaded}`");
    }
    for (at, _) in html.match_indices("href=\"") {
        let address = &html[at + 6..];
        assert!(
            address.starts_with('#') || address.starts_with("https://inquest.example.com/"),
            "{}",
            &address[..address.len().min(60)]
        );
    }
    for control in ["<form", "<button", "<textarea"] {
        assert!(!html.contains(control), "there is no server to ask");
    }
    assert!(html.contains("--memory: light-dark"), "it has its style");
    insta::assert_snapshot!(outline(&html));
}

/// The file without its style and the shapes of its curves, one element a line.
fn outline(html: &str) -> String {
    let (head, rest) = html.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    let html = format!("{head}{body}")
        .replace("<!>", "")
        .replace('\u{a0}', " ");
    let mut out = String::new();
    for part in html.split('<').skip(1) {
        match part.split_once(" d=\"M") {
            Some((before, after)) => {
                let (_, after) = after.split_once('"').unwrap();
                writeln!(out, "<{before} d=\"…\"{after}").unwrap();
            }
            None => writeln!(out, "<{part}").unwrap(),
        }
    }
    out
}
