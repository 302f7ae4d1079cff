use domain::metric::TaskKind;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param},
};

use super::*;

const FRESH: Duration = Duration::from_secs(10);

fn id() -> EngineId {
    EngineId::from("c0ffee")
}

/// A container whose metrics are at a server's port.
fn site(label: &str, server: &MockServer, path: &str) -> Site {
    Site {
        labels: [(
            label.to_owned(),
            format!(":{}{path}", server.address().port()),
        )]
        .into(),
        // Nobody listens at the first.
        addresses: vec![
            "127.0.0.2".parse().expect("an address"),
            server.address().ip(),
        ],
        ..Site::default()
    }
}

async fn ask(prober: &mut Prober) -> Option<ProbeHealth> {
    let reply = prober.ask(&id(), false).expect("a question").ask().await;
    prober.heard(reply)
}

#[tokio::test]
async fn the_address_that_answers_is_found_and_remembered() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/debug/pprof/goroutine"))
        .and(query_param("debug", "1"))
        .respond_with(
            ResponseTemplate::new(200).set_body_string("goroutine profile: total 12\n1 @ 0x1\n"),
        )
        .mount(&server)
        .await;
    let mut prober = Prober::new("127.0.0.1".to_owned(), FRESH);
    assert_eq!(
        prober.found(&id(), &site("inquest.pprof", &server, "/debug/pprof")),
        None
    );
    assert_eq!(
        prober.tasks(&id(), Instant::now()),
        Tasks::Probed(None),
        "asked for, not answered yet"
    );
    assert_eq!(
        ask(&mut prober).await.map(|health| health.problem),
        Some(None)
    );
    let count = TaskCount {
        kind: TaskKind::Goroutines,
        count: 12,
    };
    assert_eq!(
        prober.tasks(&id(), Instant::now()),
        Tasks::Probed(Some(count))
    );
    assert_eq!(
        prober.tasks(&id(), Instant::now() + FRESH * 2),
        Tasks::Probed(None),
        "too old"
    );
    let working = prober.targets[&id()].working.clone().expect("one works");
    assert!(working.starts_with("http://127.0.0.1:"), "{working}");
    assert_eq!(ask(&mut prober).await, None, "still works: no news");
}

#[tokio::test]
async fn failing_and_mending_are_each_told_once() {
    let server = MockServer::start().await;
    let mut prober = Prober::new("127.0.0.1".to_owned(), FRESH);
    prober.found(&id(), &site("inquest.metrics", &server, "/metrics"));
    let health = ask(&mut prober).await.expect("news");
    assert!(
        health
            .problem
            .expect("a problem")
            .contains("it answered 404")
    );
    assert_eq!(ask(&mut prober).await, None);
    Mock::given(path("/metrics"))
        .respond_with(ResponseTemplate::new(200).set_body_string("go_goroutines 5\n"))
        .mount(&server)
        .await;
    assert_eq!(
        ask(&mut prober).await.map(|health| health.problem),
        Some(None)
    );
}

#[tokio::test]
async fn too_much_is_not_read_and_nobody_is_led_elsewhere() {
    let server = MockServer::start().await;
    Mock::given(path("/huge"))
        .respond_with(
            ResponseTemplate::new(200).set_body_bytes(vec![b'#'; openmetrics::LARGEST + 1]),
        )
        .mount(&server)
        .await;
    Mock::given(path("/elsewhere"))
        .respond_with(ResponseTemplate::new(302).insert_header("location", "/huge"))
        .mount(&server)
        .await;
    for (path, says) in [("/huge", "larger than 8 MiB"), ("/elsewhere", "302")] {
        let mut prober = Prober::new("127.0.0.1".to_owned(), FRESH);
        prober.found(&id(), &site("inquest.metrics", &server, path));
        let problem = ask(&mut prober)
            .await
            .and_then(|health| health.problem)
            .expect("a problem");
        assert!(problem.contains(says), "{problem}");
    }
}

#[tokio::test]
async fn a_hung_process_is_given_up_and_asked_only_once_at_a_time() {
    let server = MockServer::start().await;
    Mock::given(path("/metrics"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_mins(1)))
        .mount(&server)
        .await;
    let mut prober = Prober::new("127.0.0.1".to_owned(), FRESH);
    let mut site = site("inquest.metrics", &server, "/metrics");
    site.addresses.remove(0);
    prober.found(&id(), &site);
    let question = prober.ask(&id(), false).expect("a question");
    assert!(prober.ask(&id(), false).is_none(), "one at a time");
    let asked = Instant::now();
    let health = prober.heard(question.ask().await).expect("news");
    assert!(asked.elapsed() < Duration::from_secs(5));
    assert!(
        health
            .problem
            .expect("a problem")
            .contains("no answer within 2 s")
    );
    assert!(prober.ask(&id(), false).is_some());
}

#[test]
fn a_container_without_labels_is_not_probed() {
    let mut prober = Prober::new("127.0.0.1".to_owned(), FRESH);
    assert_eq!(prober.found(&id(), &Site::default()), None);
    assert!(prober.ask(&id(), false).is_none());
    assert_eq!(prober.tasks(&id(), Instant::now()), Tasks::Unprobed);
}

#[test]
fn a_label_nobody_understands_is_told() {
    let mut prober = Prober::new("127.0.0.1".to_owned(), FRESH);
    let site = Site {
        labels: [("inquest.metrics".to_owned(), "9090".to_owned())].into(),
        ..Site::default()
    };
    let health = prober.found(&id(), &site).expect("news");
    assert!(
        health
            .problem
            .expect("a problem")
            .contains("label inquest.metrics")
    );
    assert!(prober.ask(&id(), false).is_none());
}

#[tokio::test]
async fn the_whole_profile_is_read_of_what_is_close_to_its_limit() {
    const TEXT: &str =
        "goroutine profile: total 41203\n41191 @ 0x1\n#\t0x1\tmain.reap+0x1\t/src/main.go:7\n";
    let server = MockServer::start().await;
    Mock::given(path("/debug/pprof/goroutine"))
        .respond_with(ResponseTemplate::new(200).set_body_string(TEXT))
        .mount(&server)
        .await;
    let mut prober = Prober::new("127.0.0.1".to_owned(), FRESH);
    prober.found(&id(), &site("inquest.pprof", &server, "/debug/pprof"));
    let mut ask = async |is_armed| {
        let question = prober.ask(&id(), is_armed).expect("a question");
        let mut reply = question.ask().await;
        let profile = reply.take_profile();
        prober.heard(reply);
        (profile, prober.tasks(&id(), Instant::now()))
    };
    let count = Tasks::Probed(Some(TaskCount {
        kind: TaskKind::Goroutines,
        count: 41_203,
    }));
    assert_eq!(
        ask(false).await,
        (None, count),
        "far from it, the number is enough"
    );
    let (profile, told) = ask(true).await;
    let (whose, profile) = profile.expect("a profile");
    assert_eq!((whose, told), (id(), count));
    assert_eq!(profile.stacks[0].count, 41_191);
    assert_eq!(profile.stacks[0].frames[0].function, "main.reap");
    assert_eq!(ask(true).await, (None, count), "not twice in a second");
}

#[tokio::test(start_paused = true)]
async fn a_profile_is_taken_a_minute_after_the_begin_and_then_every_five() {
    let mut prober = Prober::new("127.0.0.1".to_owned(), FRESH);
    let of = |label: &str| Site {
        labels: [(label.to_owned(), ":6060/debug".to_owned())].into(),
        addresses: vec!["127.0.0.2".parse().expect("an address")],
        ..Site::default()
    };
    let mut seconds_of_profiles = async |label: &str| {
        prober.forget(&id());
        prober.found(&id(), &of(label));
        let mut found = Vec::new();
        for second in (0..=700).step_by(10) {
            // Not put to anybody: nobody is there.
            if prober.ask(&id(), false).expect("a question").profile {
                found.push(second);
            }
            prober.targets.get_mut(&id()).expect("is one").asking = false;
            tokio::time::advance(Duration::from_secs(10)).await;
        }
        found
    };
    assert_eq!(seconds_of_profiles("inquest.pprof").await, [60, 360, 660]);
    assert_eq!(seconds_of_profiles("inquest.metrics").await, [0; 0]);
}
