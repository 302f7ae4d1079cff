//! Reads the answer as it comes, and keeps its end.

use bollard::errors::Error;
use domain::log::Raw;

use super::{super::client::Client, wire::Splitter};

/// The most that is read of one answer. The engine was asked for a number of lines, but lines have any length.
const MOST_READ: usize = 32 << 20;

/// The last lines of what is at a path.
pub(super) async fn read(client: &Client, path: &str) -> Result<Raw, Error> {
    let mut answer = client.open(path).await?;
    let mut splitter = Splitter::default();
    let mut read = 0;
    while let Some(chunk) = answer.chunk().await? {
        read += chunk.len();
        splitter.take(&chunk);
        if read > MOST_READ {
            let mut raw = splitter.finish();
            raw.cut();
            return Ok(raw);
        }
    }
    Ok(splitter.finish())
}
