//! Configuration: flags before environment before file before default, and every mistake reported at once.
//!
//! `document` reads the file, `environment` the variables; both yield entries. `reader` merges them, answers what each key
//! was set to, and finds what is left over. This file says which keys there are and what they mean.

mod alerts;
mod document;
mod environment;
mod problem;
mod reader;
mod retention;
mod secret;
mod source;
#[cfg(test)]
mod tests;
mod values;

use std::{net::SocketAddr, path::PathBuf};

pub use self::{
    alerts::Alerts,
    environment::Environment,
    problem::{Problem, Problems},
    reader::Report,
    secret::{Secret, redact_url},
    source::Source,
    values::LogFormat,
};
use self::{problem::Origin, reader::Reader};
use crate::store::Keep;

/// [`crate::collect::outbox::POLL_BYTES`] as it is written.
const DEFAULT_BUFFER_MIB: &str = "64";

/// Everything that can be configured, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where browsers and API clients connect.
    pub listen: SocketAddr,
    /// Host names under which this server may be addressed besides IP addresses and `localhost`. Empty: see [`Config::hosts`].
    pub allowed_hosts: Vec<String>,
    /// Where the private Postgres lives.
    pub data_dir: PathBuf,
    /// Whether somebody chose `data_dir`. The demo makes a folder of its own otherwise.
    pub is_data_dir_chosen: bool,
    /// The Postgres to use; `None` for a private one in `data_dir`.
    pub database_url: Option<Secret>,
    /// Memory for polls that wait while the database is away, in bytes.
    pub buffer_bytes: usize,
    /// How long what is stored is kept.
    pub retention: Keep,
    /// What is logged, in the syntax of `tracing_subscriber::EnvFilter`.
    pub log_level: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is configured about alerts.
    pub alerts: Alerts,
    /// What is polled. Empty: whatever engine is found on this machine.
    pub sources: Vec<Source>,
}

/// What was given on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// `listen`.
    pub listen: Option<String>,
    /// `data_dir`.
    pub data_dir: Option<String>,
}

/// A configuration without mistakes, and where each of its values comes from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// The same for people, secrets left out.
    pub report: Report,
}

impl Config {
    /// Puts all layers together.
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Loaded, Problems> {
        let mut reader = Reader::default();
        if let Some(file) = &flags.config {
            document::read(file, &mut reader);
        }
        environment.read(&mut reader);
        for (key, flag, value) in [
            ("listen", "--listen", &flags.listen),
            ("data_dir", "--data-dir", &flags.data_dir),
        ] {
            if let Some(value) = value {
                reader.add(key, value.clone().into(), Origin::Flag(flag));
            }
        }

        let listen = reader.setting("listen", "127.0.0.1:3000", values::address);
        let allowed_hosts = reader.list("allowed_hosts", values::host);
        let data_dir = reader.setting("data_dir", &environment.data_dir(), values::directory);
        let is_data_dir_chosen = reader.origin("data_dir") != Origin::Default;
        let database_url = reader.secret("database.url", values::database_url);
        let buffer_bytes =
            reader.setting("database.buffer_mib", DEFAULT_BUFFER_MIB, values::mebibytes);
        let retention = retention::read(&mut reader);
        let log_level = reader.setting("log.level", "info", values::log_filter);
        let log_format = reader.setting("log.format", "text", str::parse);
        let sources = source::read_all(&mut reader);
        let alerts = alerts::read(&mut reader);
        let report = reader.finish()?;

        // Whatever could not be read is among the problems, so nothing is missing here.
        let (
            Some(listen),
            Some(data_dir),
            Some(buffer_bytes),
            Some(retention),
            Some(log_level),
            Some(log_format),
            Some(alerts),
        ) = (
            listen,
            data_dir,
            buffer_bytes,
            retention,
            log_level,
            log_format,
            alerts,
        )
        else {
            return Err(Problems::default());
        };
        let config = Self {
            listen,
            allowed_hosts,
            data_dir,
            is_data_dir_chosen,
            database_url,
            buffer_bytes,
            retention,
            log_level,
            log_format,
            alerts,
            sources,
        };
        Ok(Loaded { config, report })
    }

    /// The host names that requests may name. `None` when any will do: whoever listens on a public address without naming
    /// hosts is reached under names that we cannot know.
    pub fn hosts(&self) -> Option<Vec<String>> {
        (self.listen.ip().is_loopback() || !self.allowed_hosts.is_empty())
            .then(|| self.allowed_hosts.clone())
    }
}
