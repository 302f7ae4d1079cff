//! How large what is stored is, and where that leads.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use chrono::TimeDelta;
use domain::{
    Timestamp,
    storage::{DiskForecast, Growing},
    view::{DatabaseInfo, StorageQuery, StorageView, Tier, WorkloadSize},
};
use tokio::{sync::Mutex, time::Instant};

use crate::store::{Keep, Measured, Store, StoreError, schema_version};

/// For so long a measurement is good: nobody measures more often, however many ask.
const GOOD_FOR: Duration = Duration::from_mins(1);
/// Workloads in an answer when no number was given.
const WORKLOADS: u32 = 20;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a folder of ours.
    Private(PathBuf),
    /// At an address, given here without its password.
    Given(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private(folder) => folder.display().fmt(f),
            Self::Given(address) => f.write_str(address),
        }
    }
}

/// The newest measurement, and when it was made.
type Last = (Instant, Arc<Measured>);

/// Measures the store, and remembers what it found.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    store: Store,
    place: Place,
    keep: Keep,
    last: Arc<Mutex<Option<Last>>>,
}

impl Meter {
    pub(super) fn new(store: Store, place: Place, keep: Keep) -> Self {
        Self {
            store,
            place,
            keep,
            last: Arc::default(),
        }
    }

    pub(super) async fn answer(
        &self,
        query: &StorageQuery,
        now: Timestamp,
    ) -> Result<StorageView, StoreError> {
        let measured = self.measured(now).await?;
        let database = self.database(&measured);
        let matching: Vec<&WorkloadSize> = measured
            .workloads
            .iter()
            .filter(|workload| matches(workload, query.search.as_deref()))
            .collect();
        let limit = query.limit.unwrap_or(WORKLOADS) as usize;
        Ok(StorageView {
            at: measured.at,
            total_bytes: measured.total_bytes,
            tiers: measured.tiers.clone(),
            samples: measured.samples,
            forecast: forecast(&measured, &self.keep, database.free_bytes),
            database,
            workloads_total: matching.len() as u32,
            workloads: matching.into_iter().take(limit).cloned().collect(),
        })
    }

    /// Who asks while somebody measures waits for that measurement.
    async fn measured(&self, now: Timestamp) -> Result<Arc<Measured>, StoreError> {
        let mut last = self.last.lock().await;
        if let Some((at, measured)) = &*last
            && at.elapsed() < GOOD_FOR
        {
            return Ok(Arc::clone(measured));
        }
        let measured = Arc::new(self.store.measure(&self.keep, now).await?);
        *last = Some((Instant::now(), Arc::clone(&measured)));
        Ok(measured)
    }

    fn database(&self, measured: &Measured) -> DatabaseInfo {
        let free_bytes = match &self.place {
            // A file system that does not tell is as one that cannot be seen.
            Place::Private(folder) => rustix::fs::statvfs(folder.as_path())
                .ok()
                .map(|disk| disk.f_bavail * disk.f_frsize),
            Place::Given(_) => None,
        };
        DatabaseInfo {
            is_private: matches!(self.place, Place::Private(_)),
            place: self.place.to_string(),
            version: measured.version.clone(),
            schema_version: schema_version(),
            free_bytes,
        }
    }
}

fn matches(workload: &WorkloadSize, search: Option<&str>) -> bool {
    search.is_none_or(|search| {
        let search = search.to_lowercase();
        [&workload.name, &workload.group]
            .iter()
            .any(|text| text.to_lowercase().contains(&search))
    })
}

/// From the tiers that grow.
fn forecast(measured: &Measured, keep: &Keep, free: Option<u64>) -> Option<DiskForecast> {
    let growing: Vec<Growing> = measured
        .tiers
        .iter()
        .filter_map(|tier| {
            Some(Growing::new(
                tier.bytes_per_day?,
                tier.oldest_at?,
                keep.of(tier.tier).map(|keep| keep + partition(tier.tier)),
                measured.at,
            ))
        })
        .collect();
    (!growing.is_empty())
        .then(|| DiskForecast::new(&growing, measured.total_bytes, free, measured.at))
}

/// Whole partitions are dropped, when the newest data in them are old enough: until then, the others stay for so long.
const fn partition(tier: Tier) -> TimeDelta {
    match tier {
        Tier::Chunks1d => TimeDelta::days(7),
        Tier::Rollups5m | Tier::Rollups1h => TimeDelta::days(28),
        Tier::Head
        | Tier::Chunks2h
        | Tier::Restarts
        | Tier::Logs
        | Tier::Incidents
        | Tier::Alerts
        | Tier::Events
        | Tier::Other => TimeDelta::zero(),
    }
}
