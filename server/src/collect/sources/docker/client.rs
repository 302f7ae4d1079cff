//! The requests that are made all the time: the list, inspects and readings.
//!
//! With 10,000 containers that is more than 1,000 requests a second. Bollard opens a connection for each of them and builds every
//! field of every answer; here connections stay open, and what we do not use is skipped while reading. What is asked once or followed
//! for long goes through bollard, and failures are told as its errors, so that `problem` has one kind to put into words.

use std::{error::Error as _, io, sync::Arc, time::Duration};

use bollard::errors::Error;
use reqwest::{Response, StatusCode, redirect::Policy};
use serde::{Deserialize, de::DeserializeOwned};

use super::Endpoint;

/// How long a connection is kept without use: less than the 10 s after which common socket proxies (`HAProxy`) close theirs.
const IDLE: Duration = Duration::from_secs(4);
/// The largest answer that is read. A list has 1 to 1.5 KB for each container, so this is room for 100,000.
const LARGEST: usize = 128 << 20;

/// Asks one engine. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: Arc<str>,
}

impl Client {
    /// A client that keeps as many connections as may be used at once. Nothing is asked yet.
    pub(super) fn new(endpoint: &Endpoint, connections: usize) -> Result<Self, Error> {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            // What an engine tells is not for a proxy for the outside.
            .no_proxy()
            .http1_only()
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(connections)
            .user_agent(concat!("inquest/", env!("CARGO_PKG_VERSION")));
        let (client, base) = match endpoint {
            Endpoint::Unix(path) => (
                client.unix_socket(path.as_path()),
                "http://localhost".to_owned(),
            ),
            Endpoint::Tcp(authority) => (client, format!("http://{authority}")),
        };
        Ok(Self {
            http: client.build().map_err(told)?,
            base: base.into(),
        })
    }

    /// Asks for a path. Gives back the answer's body, unless it is a refusal.
    pub(super) async fn get(&self, path: &str) -> Result<Vec<u8>, Error> {
        whole(self.open(path).await?.0).await
    }

    /// Asks for a path whose answer is read as it comes.
    pub(super) async fn open(&self, path: &str) -> Result<Body, Error> {
        let url = format!("{}{path}", self.base);
        let response = match self.http.get(&url).send().await {
            // An engine may close a connection in the moment in which it is used again. Asking twice for the same does no harm.
            Err(error) if error.is_request() && !error.is_connect() && !error.is_timeout() => {
                self.http.get(&url).send().await
            }
            response => response,
        }
        .map_err(told)?;
        let status = response.status();
        if status.is_success() {
            Ok(Body(response))
        } else {
            Err(refusal(status, &whole(response).await?))
        }
    }
}

/// An answer that is being read.
#[derive(Debug)]
pub(super) struct Body(Response);

impl Body {
    /// What came next, in pieces of any size; `None` at the end.
    pub(super) async fn chunk(&mut self) -> Result<Option<bytes::Bytes>, Error> {
        self.0.chunk().await.map_err(told)
    }
}

async fn whole(mut response: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(told)? {
        if body.len() + chunk.len() > LARGEST {
            let err = io::Error::other(format!("the answer is larger than {} MiB", LARGEST >> 20));
            return Err(Error::IOError { err });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads a body.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::JsonDataError {
        message: error.to_string(),
        column: error.column(),
    })
}

/// Engines say why in `{"message": …}`; what stands between us and them may say it in its own way.
fn refusal(status: StatusCode, body: &[u8]) -> Error {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }

    Error::DockerResponseServerError {
        status_code: status.as_u16(),
        message: serde_json::from_slice::<Refusal>(body).map_or_else(
            |_plain| String::from_utf8_lossy(body).into_owned(),
            |refusal| refusal.message,
        ),
    }
}

fn told(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            let err = io::Error::new(error.kind(), error.to_string());
            return Error::IOError { err };
        }
        cause = error.source();
    }
    let err = io::Error::other(error);
    Error::IOError { err }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// Reads a request up to the empty line that ends it. `None` when the other side has closed.
    async fn request(stream: &mut TcpStream) -> Option<()> {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            read.push(stream.read_u8().await.ok()?);
        }
        Some(())
    }

    /// Answers `answers` requests on each connection and closes it in place of a further answer. Counts connections.
    async fn engine(answers: usize) -> (Client, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = Endpoint::Tcp(listener.local_addr().expect("bound").to_string());
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    for _ in 0..answers {
                        request(&mut stream).await?;
                        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";
                        stream.write_all(answer).await.ok()?;
                    }
                    request(&mut stream).await
                });
            }
        });
        (Client::new(&endpoint, 4).expect("a client"), connections)
    }

    #[tokio::test]
    async fn connections_are_used_again() {
        let (client, connections) = engine(usize::MAX).await;
        for _ in 0..20 {
            assert_eq!(client.get("/").await.expect("an answer"), b"[]");
        }
        let connections = connections.load(Ordering::SeqCst);
        assert!(connections <= 4, "{connections} for 20 requests");
    }

    #[tokio::test]
    async fn a_connection_that_is_closed_when_it_is_used_again_is_replaced() {
        let (client, connections) = engine(1).await;
        for _ in 0..3 {
            assert_eq!(client.get("/").await.expect("an answer"), b"[]");
        }
        assert!(connections.load(Ordering::SeqCst) >= 3);
    }

    #[tokio::test]
    async fn an_engine_that_is_not_there_is_told_by_the_reason_of_the_system() {
        let kind = |error| match error {
            Error::IOError { err } => err.kind(),
            other => panic!("{other}"),
        };
        let nowhere = tempfile::tempdir().expect("a folder");
        let socket = Endpoint::Unix(nowhere.path().join("docker.sock"));
        let client = Client::new(&socket, 1).expect("a client");
        let error = client.get("/").await.expect_err("there is no socket");
        assert_eq!(kind(error), io::ErrorKind::NotFound);

        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            listener.local_addr().expect("bound")
        };
        let client = Client::new(&Endpoint::Tcp(port.to_string()), 1).expect("a client");
        let error = client.get("/").await.expect_err("nobody listens");
        assert_eq!(kind(error), io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn refusals_say_why() {
        let why = |body: &str| match refusal(StatusCode::NOT_FOUND, body.as_bytes()) {
            Error::DockerResponseServerError {
                status_code: 404,
                message,
            } => message,
            other => panic!("{other}"),
        };
        assert_eq!(
            why(r#"{"message":"No such container: x"}"#),
            "No such container: x"
        );
        assert_eq!(why("blocked by the proxy"), "blocked by the proxy");
    }
}
