//! Our own figures about recording. Every name is here, with its unit.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Readings committed to the store.
pub const SAMPLES_WRITTEN: &str = "inquest_samples_written_total";
/// Readings that were not kept. Label: `reason` (`too_late`: readings of the source were stored that are more than a week newer;
/// `expired`: samples of their time have been removed already).
pub const SAMPLES_REFUSED: &str = "inquest_samples_refused_total";
/// Ends judged. Labels: `cause`, `confidence`.
pub const VERDICTS: &str = "inquest_verdicts_total";
/// Writes that were tried again because the database did not answer.
pub const STORE_RETRIES: &str = "inquest_store_retries_total";
/// Writes the database refused: they are lost, and a mistake of ours.
pub const STORE_REFUSALS: &str = "inquest_store_refusals_total";
/// How long one round of writing took. Seconds.
pub const WRITE_SECONDS: &str = "inquest_write_duration_seconds";
/// How long one round of judging the runs that last took. Seconds.
pub const ANALYSIS_SECONDS: &str = "inquest_analysis_duration_seconds";
/// Runs that last and are judged.
pub const OUTLOOKS: &str = "inquest_analysis_runs";
/// Messages that wait for the recorder. Label: `queue` (`polls`, `events`).
pub const QUEUE: &str = "inquest_queue_messages";

/// Tells the installed exporter what the figures mean. Call once, after it is installed.
pub fn describe() {
    describe_counter!(SAMPLES_WRITTEN, "Readings committed to the store");
    describe_counter!(SAMPLES_REFUSED, "Readings that were not kept, by reason");
    describe_counter!(VERDICTS, "Ends judged, by cause and confidence");
    describe_counter!(
        STORE_RETRIES,
        "Writes tried again because the database did not answer"
    );
    describe_counter!(STORE_REFUSALS, "Writes the database refused");
    describe_histogram!(
        WRITE_SECONDS,
        Unit::Seconds,
        "How long a round of writing took"
    );
    describe_histogram!(
        ANALYSIS_SECONDS,
        Unit::Seconds,
        "How long a round of judging the runs that last took"
    );
    describe_gauge!(OUTLOOKS, "Runs that last and are judged");
    describe_gauge!(QUEUE, "Messages that wait for the recorder");
}
