//! Whether the database takes what is to be recorded.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Since when the database has taken nothing, although something waits to be written. Clones know of each other.
#[derive(Clone, Debug, Default)]
pub struct Stalled(Arc<Mutex<Option<Instant>>>);

impl Stalled {
    /// A write failed, and will be tried again.
    pub(super) fn begin(&self, now: Instant) {
        self.lock().get_or_insert(now);
    }

    /// The database has answered.
    pub(super) fn end(&self) {
        *self.lock() = None;
    }

    /// For how long nothing could be written; zero when all is well.
    pub fn lasted(&self, now: Instant) -> Duration {
        self.lock()
            .map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    // A panic while the lock was held leaves a moment that was right.
    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lasts_from_the_first_failure_to_the_first_answer() {
        let (stalled, began) = (Stalled::default(), Instant::now());
        let later = |seconds| began + Duration::from_secs(seconds);
        assert_eq!(stalled.lasted(later(9)), Duration::ZERO);
        stalled.begin(began);
        stalled.clone().begin(later(5));
        assert_eq!(stalled.lasted(later(9)), Duration::from_secs(9));
        stalled.end();
        assert_eq!(stalled.lasted(later(9)), Duration::ZERO);
    }
}
