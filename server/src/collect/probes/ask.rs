//! One question to one container's endpoint.

use domain::{ids::EngineId, metric::TaskKind, profile::Profile, sample::TaskCount};

use super::{expvar, fetch::Client, openmetrics, pprof, site::Kind};

/// A question, ready to be put.
#[derive(Debug)]
pub struct Question {
    client: Client,
    container: EngineId,
    kind: Kind,
    urls: Vec<String>,
    /// Whether the whole profile is wanted rather than its first line.
    pub(super) profile: bool,
}

/// What came of a question.
#[derive(Debug)]
pub struct Reply {
    pub(super) container: EngineId,
    pub(super) result: Result<Answer, String>,
}

/// A count, what was told beside it, and the address that told it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) count: TaskCount,
    pub(super) profile: Option<Profile>,
    pub(super) url: String,
}

impl Reply {
    /// Whether no address answered.
    pub fn failed(&self) -> bool {
        self.result.is_err()
    }

    /// The profile, if one was asked for and told, with whose it is.
    pub fn take_profile(&mut self) -> Option<(EngineId, Profile)> {
        let profile = self.result.as_mut().ok()?.profile.take()?;
        Some((self.container.clone(), profile))
    }
}

impl Question {
    pub(super) fn new(client: Client, container: EngineId, kind: Kind, urls: Vec<String>) -> Self {
        Self {
            client,
            container,
            kind,
            urls,
            profile: false,
        }
    }

    /// The same, and for the whole profile.
    pub(super) const fn with_profile(mut self) -> Self {
        self.profile = true;
        self
    }

    /// Asks one address after the other until one answers.
    pub async fn ask(self) -> Reply {
        let mut problems = Vec::new();
        for url in &self.urls {
            match self.ask_one(url).await {
                Ok((count, profile)) => {
                    let answer = Answer {
                        count,
                        profile,
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

    async fn ask_one(&self, url: &str) -> Result<(TaskCount, Option<Profile>), String> {
        match self.kind {
            Kind::Pprof => {
                let url = pprof::goroutine_url(url);
                let text = if self.profile {
                    self.client.beginning(&url, pprof::LARGEST).await?
                } else {
                    self.client.head(&url, pprof::LONGEST_HEAD).await?
                };
                let profile = domain::profile::goroutines(&text).ok_or(pprof::NO_PROFILE)?;
                let count = TaskCount {
                    kind: TaskKind::Goroutines,
                    count: profile.total,
                };
                Ok((count, self.profile.then_some(profile)))
            }
            Kind::Expvar => {
                let body = self.client.body(url, expvar::LARGEST).await?;
                Ok((expvar::goroutines(&body)?, None))
            }
            Kind::Metrics => {
                let body = self.client.body(url, openmetrics::LARGEST).await?;
                let count = openmetrics::tasks(&body).ok_or(openmetrics::NO_TASKS)?;
                Ok((count, None))
            }
        }
    }
}
