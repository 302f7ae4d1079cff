//! What Inquest wrote down in a month.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    view::{RestartQuery, RestartRow, TimeRange, TimelineKind, TimelineQuery},
};
use server::store::Store;
use sqlx::{Connection, PgConnection};

/// The ledger of one host.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Oldest first.
    pub(crate) restarts: Vec<RestartRow>,
    /// Times at which a container is said to have outlived an OOM kill.
    pub(crate) child_ooms: Vec<Timestamp>,
    /// When events could not be seen, as declared.
    pub(crate) gaps: Vec<(Timestamp, Timestamp)>,
}

impl Ledger {
    pub(crate) async fn read(store: &Store, url: &str, until: Timestamp) -> Self {
        let mut ledger = Self {
            gaps: gaps(url, until).await,
            ..Self::default()
        };
        let mut cursor = None;
        loop {
            let page = store
                .restart_rows(&RestartQuery {
                    limit: Some(1_000),
                    cursor: cursor.take(),
                    ..RestartQuery::default()
                })
                .await
                .unwrap();
            ledger.restarts.extend(page.data);
            cursor = page.meta.next;
            if cursor.is_none() {
                break;
            }
        }
        ledger.restarts.reverse();
        loop {
            let page = store
                .timeline(&TimelineQuery {
                    workload: None,
                    range: TimeRange {
                        from: until - TimeDelta::days(60),
                        to: until,
                    },
                    limit: Some(10_000),
                    cursor: cursor.take(),
                })
                .await
                .unwrap();
            let children = page
                .data
                .iter()
                .filter(|entry| entry.kind == TimelineKind::ChildOutOfMemory);
            ledger.child_ooms.extend(children.map(|entry| entry.at));
            cursor = page.meta.next;
            if cursor.is_none() {
                return ledger;
            }
        }
    }
}

/// The timeline does not tell what a gap hides, and only lost events excuse a lost end.
async fn gaps(url: &str, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let gaps: Vec<(Timestamp, Option<Timestamp>)> =
        sqlx::query_as("SELECT began_at, ended_at FROM coverage_gap WHERE kind = 'events'")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    gaps.into_iter()
        .map(|(from, to)| (from, to.unwrap_or(until)))
        .filter(|(from, to)| to > from)
        .collect()
}
