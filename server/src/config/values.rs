//! How single values are written.

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use chrono::TimeDelta;
use tracing_subscriber::EnvFilter;
use url::Url;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, one object on a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("`{text}` is no log format; use `text` or `json`")),
        }
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_not_an_address| {
        format!("`{text}` is not an IP address and a port; write for example 127.0.0.1:3000, or 0.0.0.0:3000 for all interfaces")
    })
}

pub(super) fn host(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(['/', ':', ' ', '@']) {
        return Err(format!(
            "`{text}` is not a host name; write for example inquest.example.com, without scheme and port"
        ));
    }
    Ok(text.to_ascii_lowercase())
}

pub(super) fn directory(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("is empty; name a folder".to_owned());
    }
    std::path::absolute(text).map_err(|error| format!("`{text}` cannot be used: {error}"))
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    text.parse()
        .map_err(|_neither| format!("`{text}` is neither true nor false"))
}

/// Where people reach the pages; empty for not set.
pub(super) fn public_url(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
            Ok(Some(text.trim_end_matches('/').to_owned()))
        }
        _ => Err(format!(
            "`{text}` is no address of pages; write for example https://inquest.example.com"
        )),
    }
}

/// Whole mebibytes, as bytes.
pub(super) fn mebibytes(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1_usize..=4_096) => Ok(count << 20),
        _ => Err(format!(
            "`{text}` is no size; write a whole number of MiB from 1 to 4096, for example 64"
        )),
    }
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!(
            "`{text}` is no log level; use error, warn, info, debug or trace, or for example info,inquest=debug"
        )),
    }
}

/// Whole numbers with a unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => {
            return Err(format!(
                "`{text}` is not a duration; write for example 500ms, 10s or 1m"
            ));
        }
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(milliseconds))
        .map(Duration::from_millis)
        .ok_or_else(|| format!("`{text}` is not a duration; write for example 500ms, 10s or 1m"))
}

/// How `keep` is told never to remove anything.
const FOREVER: &str = "forever";
/// A century: whoever wants more wants all of it.
const LONGEST_KEPT: i64 = 36_500;

/// How long something is kept, in days; `None` for ever.
pub(super) fn keep(text: &str) -> Result<Option<TimeDelta>, String> {
    if text == FOREVER {
        return Ok(None);
    }
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<u32>().ok());
    match days.map(i64::from) {
        Some(days) if days > LONGEST_KEPT => {
            Err(format!("`{text}` is too long; write `{FOREVER}`"))
        }
        Some(days) => Ok(Some(TimeDelta::days(days))),
        None => Err(format!(
            "`{text}` is no number of days; write for example 30d, or `{FOREVER}`"
        )),
    }
}

/// The text that [`keep`] reads as `keep`.
pub(super) fn written(keep: Option<TimeDelta>) -> String {
    keep.map_or_else(
        || FOREVER.to_owned(),
        |keep| format!("{}d", keep.num_days()),
    )
}

/// Does not repeat the value: it may hold a password.
pub(super) fn database_url(text: &str) -> Result<String, String> {
    let example = "write for example postgres://user:password@host:5432/database";
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => Ok(text.to_owned()),
        Ok(url) => Err(format!(
            "the scheme `{}` is not Postgres'; {example}",
            url.scheme()
        )),
        Err(error) => Err(format!("not a URL ({error}); {example}")),
    }
}
