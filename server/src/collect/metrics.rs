//! Our own figures about collecting, through the `metrics` facade. Every name is here, with its unit.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Rounds of polling that the engine answered. Label: `source`.
pub const POLLS: &str = "inquest_polls_total";
/// Calls to an engine that failed. Labels: `source`, `kind` (`unreachable`, `permission_denied`, `unsupported`, `timeout`, `error`).
pub const FAILURES: &str = "inquest_source_failures_total";
/// How long a round took, from asking for the list to the last inspect. Seconds. Label: `source`.
pub const POLL_SECONDS: &str = "inquest_poll_duration_seconds";
/// How late a round began. Seconds. Label: `source`.
pub const LAG_SECONDS: &str = "inquest_poll_lag_seconds";
/// How much later than one interval after the reading before it a reading came. Seconds. Label: `source`.
pub const READING_LAG_SECONDS: &str = "inquest_reading_lag_seconds";
/// Readings that came more than one interval late, so that one is missing. Label: `source`.
pub const LATE: &str = "inquest_readings_late_total";
/// Readings of containers handed to the recorder. Label: `source`.
pub const SAMPLES: &str = "inquest_samples_total";
/// Entries of event streams handed to the recorder. Label: `source`.
pub const EVENTS: &str = "inquest_events_total";
/// Times an event stream had to be opened again. Label: `source`.
pub const RECONNECTS: &str = "inquest_event_stream_reconnects_total";
/// Probes that did not answer. Label: `source`.
pub const PROBE_FAILURES: &str = "inquest_probe_failures_total";
/// Containers close to their limit, which are sampled every second. Label: `source`.
pub const ARMED: &str = "inquest_armed_containers";
/// Containers the source lists. Label: `source`.
pub const CONTAINERS: &str = "inquest_containers";
/// Messages dropped because the recorder's queue was full. Labels: `source`, `queue` (`polls`, `events`).
pub const DROPPED: &str = "inquest_messages_dropped_total";

/// Tells the installed exporter what the figures mean. Call once, after it is installed.
pub fn describe() {
    describe_counter!(POLLS, "Rounds of polling that the engine answered");
    describe_counter!(FAILURES, "Calls to an engine that failed, by kind");
    describe_histogram!(
        POLL_SECONDS,
        Unit::Seconds,
        "How long a round of polling took"
    );
    describe_gauge!(
        LAG_SECONDS,
        Unit::Seconds,
        "How late the last round of polling began"
    );
    describe_histogram!(
        READING_LAG_SECONDS,
        Unit::Seconds,
        "How much later than one interval after the one before it a reading came"
    );
    describe_counter!(LATE, "Readings that came more than one interval late");
    describe_counter!(SAMPLES, "Readings of containers handed to the recorder");
    describe_counter!(EVENTS, "Entries of event streams handed to the recorder");
    describe_counter!(RECONNECTS, "Times an event stream had to be opened again");
    describe_counter!(PROBE_FAILURES, "Probes that did not answer");
    describe_gauge!(
        ARMED,
        "Containers close to their limit, which are sampled every second"
    );
    describe_gauge!(CONTAINERS, "Containers the source lists");
    describe_counter!(
        DROPPED,
        "Messages dropped because the recorder's queue was full"
    );
}
