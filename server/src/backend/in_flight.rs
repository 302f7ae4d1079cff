//! Answers that are under way, shared by everyone who asks the same meanwhile.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::OnceCell;

/// See the module. Nothing is kept: who asks when an answer is there and was taken gets a new one.
#[derive(Debug)]
pub(super) struct InFlight<K, V>(Mutex<HashMap<K, Weak<OnceCell<V>>>>);

impl<K, V> Default for InFlight<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> InFlight<K, V> {
    /// The answer to a question: that of whoever asks it already, else what `find` finds. When finding fails, the next who waits tries.
    pub(super) async fn share<E, F: Future<Output = Result<V, E>>>(
        &self,
        question: K,
        find: impl FnOnce() -> F,
    ) -> Result<V, E> {
        let answer = {
            let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            asked.retain(|_, answer| answer.strong_count() > 0);
            let known = asked.get(&question).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let answer = Arc::default();
                asked.insert(question, Arc::downgrade(&answer));
                answer
            })
        };
        answer.get_or_try_init(find).await.cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn who_asks_at_the_same_time_waits_for_the_same_answer() {
        let asked = InFlight::default();
        let found = AtomicU32::new(0);
        let find = || async {
            tokio::task::yield_now().await;
            Ok::<u32, ()>(found.fetch_add(1, Ordering::Relaxed))
        };
        let both = tokio::join!(asked.share("a", find), asked.share("a", find));
        assert_eq!(both, (Ok(0), Ok(0)));
        let (one, other) = tokio::join!(asked.share("a", find), asked.share("b", find));
        assert!(
            one != other && one > Ok(0),
            "nothing is kept: {one:?}, {other:?}"
        );
    }

    #[tokio::test]
    async fn a_failure_is_not_shared() {
        let asked = InFlight::default();
        let tried = AtomicU32::new(0);
        let find = || async {
            tokio::task::yield_now().await;
            match tried.fetch_add(1, Ordering::Relaxed) {
                0 => Err("not yet"),
                n => Ok(n),
            }
        };
        let both = tokio::join!(asked.share("a", find), asked.share("a", find));
        assert_eq!(both, (Err("not yet"), Ok(1)));
    }
}
