//! What every page says of alerts: how many fire of which people are told.
//!
//! It is asked for, not counted along: alerts are changed by ticks, by the ledger and by people, here and in other servers on the same
//! database.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::{
    live::{Live, LiveEvent},
    store::Store,
};

/// How often it is asked: one look at an index of what lasts.
const EVERY: Duration = Duration::from_secs(2);

/// Tells browsers when alerts change, for as long as it is not dropped.
pub async fn follow(store: Store, live: Live) {
    let mut beat = interval(EVERY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = None;
    loop {
        beat.tick().await;
        let pulse = match store.alerts().pulse().await {
            Ok(pulse) => pulse,
            Err(error) => {
                // Whoever writes says more about it; what is shown is what was known.
                tracing::debug!(%error, "alerts could not be counted; trying again soon");
                continue;
            }
        };
        live.set_firing(pulse.firing);
        // What the first look finds is in the pages already.
        if before.is_some_and(|before| before != pulse) {
            live.publish(LiveEvent::Alert {
                firing: pulse.firing,
            });
        }
        before = Some(pulse);
    }
}
