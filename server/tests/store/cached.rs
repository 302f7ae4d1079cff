//! Answers about the past have a tag, which changes only when they do.

use chrono::TimeDelta;
use domain::view::MAX_POINTS;
use reqwest::{Client, Response, StatusCode, header};
use server::store::Tick;

use crate::{
    database::{Fixture, now},
    samples::{sample, steady},
    serving::serve,
};

async fn ask(url: &str, fields: &[(header::HeaderName, &str)]) -> Response {
    let mut request = Client::new().get(url);
    for (name, value) in fields {
        request = request.header(name, *value);
    }
    request.send().await.unwrap()
}

fn tag(response: &Response) -> Option<String> {
    let tag = response.headers().get(header::ETAG)?;
    Some(tag.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_past_is_sent_once_and_again_after_late_samples() {
    let (fixture, now) = (Fixture::new().await, now());
    let begin = now - TimeDelta::days(3);
    let (workload, container) = fixture.container("a", "checkout", begin).await;
    let samples = fixture.store.samples();
    let ticks = steady(container, begin, begin + TimeDelta::hours(30));
    samples.append_ticks(fixture.source, &ticks).await.unwrap();
    samples.seal(now).await.unwrap();
    let address = serve(&fixture.store).await;
    let url = |hours, points| {
        let time = |at: domain::Timestamp| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        format!(
            "{address}/workloads/{workload}/series?metrics=memory_usage_bytes&points={points}&from={}&to={}",
            time(begin),
            time(begin + TimeDelta::hours(hours)),
        )
    };
    // From single samples and from rollups; what ends now has no tag.
    let questions = [
        (url(2, MAX_POINTS), url(72, MAX_POINTS)),
        (url(24, 24), url(72, 24)),
    ];
    for (round, (past, live)) in (0..).zip(questions) {
        assert_eq!(tag(&ask(&live, &[]).await), None, "{live}");

        let first = ask(&past, &[]).await;
        let known = tag(&first).unwrap();
        assert!(known.starts_with('"'), "{known} is a strong tag");
        let control = &first.headers()[header::CACHE_CONTROL];
        assert!(control.to_str().unwrap().starts_with("private, max-age="));
        let first = first.text().await.unwrap();

        let packed = ask(&past, &[(header::ACCEPT_ENCODING, "gzip")]).await;
        assert_eq!(packed.status(), StatusCode::OK);
        // Other bytes have a weaker tag. What is as good as nothing is not compressed.
        let other = packed.headers().contains_key(header::CONTENT_ENCODING);
        assert_eq!(other, first.len() > 2_000);
        let weak = if other { "W/" } else { "" };
        assert_eq!(tag(&packed).unwrap(), format!("{weak}{known}"));

        let again = ask(&past, &[(header::IF_NONE_MATCH, &known)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(tag(&again).as_deref(), Some(known.as_str()));
        assert_eq!(again.text().await.unwrap(), "");

        // Samples of another time change nothing.
        let after = steady(
            container,
            begin + TimeDelta::hours(48),
            begin + TimeDelta::hours(49),
        );
        samples.append_ticks(fixture.source, &after).await.unwrap();
        samples.seal(now).await.unwrap();
        let again = ask(&past, &[(header::IF_NONE_MATCH, &known)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);

        // A spike that comes in late.
        let at = begin + TimeDelta::minutes(61 + round);
        let spike = Tick {
            at,
            samples: vec![(container, sample(at, (50 + round as u64) << 20))],
        };
        samples
            .append_ticks(fixture.source, &[spike])
            .await
            .unwrap();
        samples.seal(now).await.unwrap();
        let changed = ask(&past, &[(header::IF_NONE_MATCH, &known)]).await;
        assert_eq!(changed.status(), StatusCode::OK);
        assert_ne!(tag(&changed).unwrap(), known);
        assert_ne!(changed.text().await.unwrap(), first);
    }
}
