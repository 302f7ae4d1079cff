//! Figures about alerts, served at `/metrics`.

use metrics::{Unit, describe_counter, describe_histogram};

/// How long one look at all rules took. Seconds.
pub const TICK_SECONDS: &str = "inquest_alert_tick_duration_seconds";
/// Tries to deliver. Labels: `kind` of the channel, `outcome` (`delivered`, `later`, `dead`).
pub const DELIVERIES: &str = "inquest_deliveries_total";

/// Tells the installed exporter what the figures mean. Call once, after it is installed.
pub fn describe() {
    describe_histogram!(
        TICK_SECONDS,
        Unit::Seconds,
        "How long one look at all alert rules took"
    );
    describe_counter!(
        DELIVERIES,
        "Tries to deliver a notice, by kind of channel and outcome"
    );
}
