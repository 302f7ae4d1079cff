//! What is said about storage.

use chrono::Datelike as _;
use domain::{
    Timestamp,
    storage::DiskForecast,
    view::{DatabaseInfo, StorageView, Tier},
};

use crate::format::{NBSP, bytes, count, day, duration_short};

/// What a tier is called, and what is in it.
pub const fn tier(tier: Tier) -> (&'static str, &'static str) {
    match tier {
        Tier::Head => ("Newest samples", "as they came in, for two to four hours"),
        Tier::Chunks2h => (
            "Fresh chunks",
            "every sample of unfinished days, compressed in chunks of two hours",
        ),
        Tier::Chunks1d => ("Samples", "every one, compressed in chunks of a day"),
        Tier::Rollups5m => (
            "Rollups of 5\u{a0}min",
            "minimum, maximum, last and average; wide charts are drawn from them",
        ),
        Tier::Rollups1h => ("Rollups of 1\u{a0}h", "the same in plain columns, for SQL"),
        Tier::Restarts => (
            "Restarts",
            "with their evidence, runs, deploys and other facts",
        ),
        Tier::Logs => ("Logs", "the last lines of every run, without secrets"),
        Tier::Incidents => (
            "Incidents",
            "with their notes, and their charts as they were",
        ),
        Tier::Alerts => ("Alerts", "with what was said of them, and to whom"),
        Tier::Events => (
            "Events",
            "what the engines said, and when nothing could be seen",
        ),
        Tier::Other => ("Everything else", "sources, workloads, containers"),
    }
}

/// The key that says how long a tier is kept.
pub const fn key(tier: Tier) -> Option<&'static str> {
    match tier {
        Tier::Chunks1d => Some("raw"),
        Tier::Rollups5m => Some("rollups_5m"),
        Tier::Rollups1h => Some("rollups_1h"),
        Tier::Restarts => Some("restarts"),
        Tier::Logs => Some("logs"),
        Tier::Incidents => Some("incidents"),
        Tier::Alerts => Some("alerts"),
        Tier::Events => Some("events"),
        Tier::Head | Tier::Chunks2h | Tier::Other => None,
    }
}

/// `30 d`, `for ever`, or what else ends it.
pub fn kept(tier: Tier, days: Option<u32>) -> String {
    match (days, tier) {
        (Some(days), _) => format!("{days}{NBSP}d"),
        (None, Tier::Head) => "until sealed".to_owned(),
        (None, Tier::Chunks2h) => "until merged".to_owned(),
        (None, _) => "for ever".to_owned(),
    }
}

/// Where the data are, in a sentence.
pub fn place(database: &DatabaseInfo) -> String {
    let version = database.version.split(' ').next().unwrap_or_default();
    if database.is_private {
        format!(
            "Everything is in {}, in a Postgres {version} that Inquest runs itself.",
            database.place
        )
    } else {
        format!(
            "Everything is in the Postgres {version} at {}.",
            database.place
        )
    }
}

/// Rows that are estimated: `about 12,400`.
pub fn rows(rows: u64) -> String {
    match rows {
        0 => "–".to_owned(),
        rows => count(rows as f64),
    }
}

/// How long something has been there.
pub fn age(since: Timestamp, now: Timestamp) -> String {
    duration_short((now - since).num_milliseconds())
}

/// What the growth leads to: the claim, and what it rests on.
pub fn forecast(storage: &StorageView) -> (String, String) {
    let Some(forecast) = storage.forecast else {
        return (
            "Where this leads is not known yet.".to_owned(),
            "Growth is told from one day at least.".to_owned(),
        );
    };
    (claim(storage, &forecast), ground(storage, &forecast))
}

fn claim(storage: &StorageView, forecast: &DiskForecast) -> String {
    if let Some(full) = forecast.full_at {
        return format!(
            "The disk is full in about {}, on {}.",
            age(storage.at, full),
            date(full)
        );
    }
    let size = bytes(forecast.steady_bytes as f64);
    if forecast.steady_at <= storage.at {
        format!("It stays at about {size}.")
    } else {
        format!(
            "It grows to about {size} in {}, by {}.",
            age(storage.at, forecast.steady_at),
            date(forecast.steady_at)
        )
    }
}

fn ground(storage: &StorageView, forecast: &DiskForecast) -> String {
    let lasting = bytes(forecast.steady_bytes_per_day);
    let then = if forecast.steady_bytes_per_day > 0.0 {
        format!("From then on only what is kept for ever grows, by {lasting} in a day.")
    } else {
        "From then on as much is removed as is added.".to_owned()
    };
    let disk = match (storage.database.free_bytes, forecast.full_at) {
        (Some(free), None) => format!(
            "{} are free, enough for ten years and more.",
            bytes(free as f64)
        ),
        (Some(_), Some(_)) => {
            "Polling goes on then; what cannot be stored is counted and shown as a gap.".to_owned()
        }
        (None, _) => "How much is free where the database is cannot be seen from here.".to_owned(),
    };
    format!(
        "{then} {disk} Told from the last days, as if just as many containers went on just the same."
    )
}

/// Dates of forecasts may be years ahead.
fn date(at: Timestamp) -> String {
    format!("{} {}", day(at.timestamp_millis()), at.year())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use domain::view::SampleSize;

    use super::*;

    fn at(days: i64) -> Timestamp {
        DateTime::from_timestamp(1_795_536_110, 0).expect("a time") + TimeDelta::days(days)
    }

    fn stored(forecast: Option<DiskForecast>, free_bytes: Option<u64>) -> StorageView {
        StorageView {
            at: at(0),
            total_bytes: 3 << 30,
            tiers: Vec::new(),
            samples: SampleSize {
                count: 0,
                bytes_each: None,
                seen_ratio: 1.0,
            },
            forecast,
            database: DatabaseInfo {
                is_private: true,
                place: "/data".to_owned(),
                version: "17.6 (Debian 17.6-1)".to_owned(),
                schema_version: 4,
                free_bytes,
            },
            workloads: Vec::new(),
            workloads_total: 0,
        }
    }

    fn growing(steady_in: i64, full_in: Option<i64>) -> DiskForecast {
        DiskForecast {
            bytes_per_day: 2e8,
            steady_at: at(steady_in),
            steady_bytes: 5 << 30,
            steady_bytes_per_day: 1024.0,
            full_at: full_in.map(at),
        }
    }

    fn say(forecast: Option<DiskForecast>, free: Option<u64>) -> String {
        let (claim, ground) = super::forecast(&stored(forecast, free));
        format!("{claim} {ground}").replace(NBSP, " ")
    }

    #[test]
    fn a_forecast_says_how_large_and_when() {
        let text = say(Some(growing(20, None)), Some(1 << 40));
        assert!(
            text.starts_with("It grows to about 5 GiB in 20 d, by 14 Dec 2026. From then on only"),
            "{text}"
        );
        assert!(
            text.contains("1 TiB are free, enough for ten years"),
            "{text}"
        );
        let text = say(Some(growing(0, None)), None);
        assert!(text.starts_with("It stays at about 5 GiB."), "{text}");
        assert!(text.contains("cannot be seen from here"), "{text}");
    }

    #[test]
    fn a_disk_that_will_be_full_comes_first() {
        let text = say(Some(growing(20, Some(9))), Some(1 << 30));
        assert!(
            text.starts_with("The disk is full in about 9 d, on 3 Dec 2026."),
            "{text}"
        );
    }

    #[test]
    fn nothing_is_foretold_from_less_than_a_day() {
        assert!(say(None, Some(1)).starts_with("Where this leads is not known yet."));
    }
}
