//! Opens an engine and finds out what it is.

use std::{io, time::Duration};

use bollard::{
    API_DEFAULT_VERSION, Docker,
    errors::Error,
    models::{SystemInfo, SystemVersion},
};
use domain::{Timestamp, source::EngineInfo};

use super::{Endpoint, Settings, call::bounded, client::Client, map, problem::Problem};
use crate::collect::clock::EngineClock;

/// The oldest API we can read: 1.41 (Docker 20.10 of December 2020, Podman 4). It brought one-shot stats; without them each
/// reading of each container takes the engine a second or two, which no fleet can afford every 10 s. Requests carry no version,
/// so an engine answers in its own newest form, which is a superset.
pub const OLDEST_API: (u32, u32) = (1, 41);

/// An open engine.
#[derive(Debug)]
pub(super) struct Engine {
    /// For what is asked once, and for events.
    pub(super) docker: Docker,
    /// For what is asked all the time.
    pub(super) client: Client,
    pub(super) endpoint: Endpoint,
    pub(super) info: EngineInfo,
    pub(super) clock: EngineClock,
}

impl Engine {
    /// Opens it, checks the API's version and compares clocks.
    pub(super) async fn connect(endpoint: &Endpoint, settings: &Settings) -> Result<Self, Problem> {
        let timeout = settings.timeout;
        let failed = |error: Error| Problem::from_error(endpoint, "the connection", &error);
        let docker = open(endpoint, timeout).map_err(failed)?;
        let client = Client::new(endpoint, settings.concurrency).map_err(failed)?;
        let version = bounded(timeout, docker.version())
            .await
            .map_err(|failure| failure.problem(endpoint, "its version", timeout))?;
        let api = version.api_version.clone().unwrap_or_default();
        if map::api_version(&api) < Some(OLDEST_API) {
            return Err(Problem::too_old(
                endpoint,
                version.version.as_deref().unwrap_or("unknown"),
                &api,
            ));
        }
        // Socket proxies often hide /info. It has the engine's clock, but everything else works without.
        let ours = &settings.clock;
        let asked = ours.now();
        let told = bounded(timeout, docker.info()).await.ok();
        let answered = ours.now();
        let clock = told
            .as_ref()
            .and_then(|info| map::time(info.system_time.as_deref()?))
            .map(|told| EngineClock::measured(ours.clone(), told, asked, answered));
        Ok(Self {
            docker,
            client,
            endpoint: endpoint.clone(),
            info: describe(&version, told.as_ref(), clock.as_ref()),
            clock: clock.unwrap_or_else(|| EngineClock::like(ours.clone())),
        })
    }

    /// Now, by the engine's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether it is Podman, which differs in events.
    pub(super) fn is_podman(&self) -> bool {
        self.info.product == map::PODMAN
    }
}

fn open(endpoint: &Endpoint, timeout: Duration) -> Result<Docker, Error> {
    // Our own timeouts are shorter and tell which call was slow; the client's is the safety net.
    let seconds = timeout.as_secs().saturating_add(1);
    match endpoint {
        Endpoint::Unix(path) => {
            // The client would call a socket it may not look at "not found".
            if let Err(err) = std::fs::metadata(path)
                && err.kind() == io::ErrorKind::PermissionDenied
            {
                return Err(Error::IOError { err });
            }
            Docker::connect_with_unix(&path.to_string_lossy(), seconds, API_DEFAULT_VERSION)
        }
        Endpoint::Tcp(authority) => {
            Docker::connect_with_http(authority, seconds, API_DEFAULT_VERSION)
        }
    }
}

fn describe(
    version: &SystemVersion,
    info: Option<&SystemInfo>,
    clock: Option<&EngineClock>,
) -> EngineInfo {
    EngineInfo {
        product: map::product(version).to_owned(),
        version: version.version.clone().unwrap_or_default(),
        api_version: version.api_version.clone().unwrap_or_default(),
        cgroup: info.and_then(map::cgroup).unwrap_or_default().to_owned(),
        host: info.and_then(|info| info.name.clone()).unwrap_or_default(),
        memory_bytes: info.and_then(|info| u64::try_from(info.mem_total?).ok()),
        clock_offset_ms: clock.map(EngineClock::offset_ms),
    }
}
