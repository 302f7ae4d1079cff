//! From the engine's wire format to our vocabulary. Pure: no request is made here.

mod event;
mod number;
mod product;
mod state;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Datelike, Utc};
use domain::Timestamp;

pub(super) use self::{
    event::{Told, event, event_time},
    number::sample,
    product::{PODMAN, api_version, cgroup, product},
    state::{list_state, observation, probe_site},
};

/// A time in RFC 3339. Engines write the year 1 for "never".
pub(super) fn time(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| time.with_timezone(&Utc))
        .filter(|time| time.year() > 1)
}
