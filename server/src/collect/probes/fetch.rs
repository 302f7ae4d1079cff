//! HTTP to processes we know nothing about: bounded in time and size, and never led elsewhere.

use std::time::Duration;

use reqwest::{Response, header::ACCEPT, redirect::Policy};

/// A process that takes longer than this is hung or too busy to be bothered.
const WITHIN: Duration = Duration::from_secs(2);

/// Both text formats; the older one is the simpler and is served by everybody.
const ACCEPTED: &str =
    "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4,*/*;q=0.1";

/// The client of all probes.
#[derive(Clone, Debug)]
pub(super) struct Client(reqwest::Client);

impl Default for Client {
    fn default() -> Self {
        let client = reqwest::Client::builder()
            .timeout(WITHIN)
            .redirect(Policy::none())
            // Containers are next door; a proxy for the outside must not see their addresses.
            .no_proxy()
            .pool_max_idle_per_host(1)
            .user_agent(concat!("inquest/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("only constants are configured");
        Self(client)
    }
}

impl Client {
    /// A whole body of at most `largest` bytes.
    pub(super) async fn body(&self, url: &str, largest: usize) -> Result<String, String> {
        let mut response = self.get(url).await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| explain(&error))? {
            if body.len() + chunk.len() > largest {
                return Err(format!("the answer is larger than {} MiB", largest >> 20));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// A body, or as much of it as `most` bytes.
    pub(super) async fn beginning(&self, url: &str, most: usize) -> Result<String, String> {
        self.read_until(url, |body| (body.len() >= most).then_some(most))
            .await
    }

    /// The first line of a body.
    pub(super) async fn head(&self, url: &str, longest: usize) -> Result<String, String> {
        self.read_until(url, |body| {
            let end = body.iter().position(|byte| *byte == b'\n');
            end.or_else(|| (body.len() > longest).then_some(longest))
        })
        .await
    }

    /// A body up to where it is `enough`. The rest is not read: the connection is closed instead.
    async fn read_until(
        &self,
        url: &str,
        enough: impl Fn(&[u8]) -> Option<usize>,
    ) -> Result<String, String> {
        let mut response = self.get(url).await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| explain(&error))? {
            body.extend_from_slice(&chunk);
            if let Some(end) = enough(&body) {
                body.truncate(end);
                break;
            }
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    async fn get(&self, url: &str) -> Result<Response, String> {
        let response = self
            .0
            .get(url)
            .header(ACCEPT, ACCEPTED)
            .send()
            .await
            .map_err(|error| explain(&error))?;
        let status = response.status();
        if status.is_success() {
            Ok(response)
        } else {
            Err(format!("it answered {status}"))
        }
    }
}

fn explain(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        format!("no answer within {} s", WITHIN.as_secs())
    } else if error.is_connect() {
        "nobody listens there".to_owned()
    } else if error.is_builder() {
        "not a usable address".to_owned()
    } else {
        "the connection broke".to_owned()
    }
}
