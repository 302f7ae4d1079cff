//! One question to one container's endpoint.

use domain::{ids::EngineId, sample::TaskCount};

use super::{expvar, fetch::Client, openmetrics, pprof, site::Kind};

/// A question, ready to be put.
#[derive(Debug)]
pub struct Question {
    client: Client,
    container: EngineId,
    kind: Kind,
    urls: Vec<String>,
}

/// What came of a question.
#[derive(Debug)]
pub struct Reply {
    pub(super) container: EngineId,
    pub(super) result: Result<Answer, String>,
}

/// A count and the address that told it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) count: TaskCount,
    pub(super) url: String,
}

impl Reply {
    /// Whether no address answered.
    pub fn failed(&self) -> bool {
        self.result.is_err()
    }
}

impl Question {
    pub(super) fn new(client: Client, container: EngineId, kind: Kind, urls: Vec<String>) -> Self {
        Self {
            client,
            container,
            kind,
            urls,
        }
    }

    /// Asks one address after the other until one answers.
    pub async fn ask(self) -> Reply {
        let mut problems = Vec::new();
        for url in &self.urls {
            match count(&self.client, self.kind, url).await {
                Ok(count) => {
                    let answer = Answer {
                        count,
                        url: url.clone(),
                    };
                    return Reply {
                        container: self.container,
                        result: Ok(answer),
                    };
                }
                Err(problem) => problems.push(format!("{url}: {problem}")),
            }
        }
        Reply {
            container: self.container,
            result: Err(problems.join("; ")),
        }
    }
}

async fn count(client: &Client, kind: Kind, url: &str) -> Result<TaskCount, String> {
    match kind {
        Kind::Pprof => {
            let head = client
                .head(&pprof::goroutine_url(url), pprof::LONGEST_HEAD)
                .await?;
            pprof::goroutines(&head).ok_or_else(|| "the answer is no goroutine profile".to_owned())
        }
        Kind::Expvar => {
            let body = client.body(url, expvar::LARGEST).await?;
            expvar::goroutines(&body)
        }
        Kind::Metrics => {
            let body = client.body(url, openmetrics::LARGEST).await?;
            openmetrics::tasks(&body).ok_or_else(|| openmetrics::NO_TASKS.to_owned())
        }
    }
}
