//! Empties the outbox. It never decides whether to send: what is in the outbox is sent.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use chrono::{TimeDelta, Utc};
use domain::{Timestamp, ids::ChannelId};
use metrics::counter;
use tokio::task::JoinSet;

use super::{metrics::DELIVERIES, picture};
use crate::{
    notify::{self, Envelope, Failure, Said, Sender, Settings, Vault},
    store::{
        Store, StoreError,
        alerts::{Batch, ChannelRecord, Outcome},
    },
};

/// How often the outbox is looked into.
const EVERY: Duration = Duration::from_secs(1);
/// For how long a claim is ours: longer than the longest try, so that nobody else tries at the same time.
const LEASE: Duration = Duration::from_secs(30);
/// Channels that are sent to at the same time: one that hangs holds up nobody else.
const AT_ONCE: usize = 8;
/// The first pause after a failure, and the longest. Twelve tries take about ten hours: a night without the receiver.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_hours(2);
const TRIES: u32 = 14;
/// How often channels that forget are told again what still fires: as often as Prometheus tells it.
const AGAIN_EVERY: Duration = Duration::from_mins(1);
/// Alerts in one message of those.
const AGAIN_AT_ONCE: usize = 200;

/// Sends what waits.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    store: Store,
    sender: Sender,
    vault: Arc<Vault>,
    base_url: Arc<str>,
    busy: Arc<Mutex<BTreeSet<i64>>>,
}

impl Dispatcher {
    /// Sends with `sender`, secrets from `vault`, links to `base_url`.
    pub fn new(store: Store, sender: Sender, vault: Arc<Vault>, base_url: &str) -> Self {
        Self {
            store,
            sender,
            vault,
            base_url: base_url.trim_end_matches('/').into(),
            busy: Arc::default(),
        }
    }

    /// Sends for as long as it is not dropped.
    pub async fn run(self) {
        let mut tries = JoinSet::new();
        let mut told_again = Instant::now();
        loop {
            if told_again.elapsed() >= AGAIN_EVERY {
                told_again = Instant::now();
                if let Err(error) = self.tell_again(&mut tries).await {
                    tracing::warn!(%error, "what still fires cannot be read; trying again in a minute");
                }
            }
            while let Some(done) = tries.try_join_next() {
                if let Err(error) = done {
                    tracing::error!(%error, "a delivery ended early; it is tried again");
                }
            }
            match self.next(&mut tries).await {
                // There may be more at once.
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(EVERY).await,
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be read; trying again");
                    tokio::time::sleep(EVERY).await;
                }
            }
        }
    }

    /// Sends everything that is due now, and returns how many messages that were.
    pub async fn drain(&self) -> Result<usize, StoreError> {
        let mut sent = 0;
        let mut tries = JoinSet::new();
        while self.next(&mut tries).await? {
            sent += 1;
            while tries.join_next().await.is_some() {}
        }
        Ok(sent)
    }

    /// Tells channels that forget what still fires, and returns when that is done.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut tries = JoinSet::new();
        self.tell_again(&mut tries).await?;
        while tries.join_next().await.is_some() {}
        Ok(())
    }

    /// Begins to tell channels that forget what still fires. That is nothing new: it is in no outbox, and what fails is told in the next round.
    /// Meanwhile nothing else goes to these channels, so that what is over is never followed by its being told again.
    async fn tell_again(&self, tries: &mut JoinSet<()>) -> Result<(), StoreError> {
        for channel in self.store.alerts().channels().await? {
            let forgets = notify::kind(&channel.kind).is_some_and(notify::Kind::forgets);
            if !channel.enabled || !forgets || !self.busy().insert(channel.id.0) {
                continue;
            }
            let this = self.clone();
            tries.spawn(async move {
                if let Err(error) = this.tell_all_again(&channel).await {
                    tracing::warn!(%error, channel = channel.name, "what still fires was not told again");
                }
                this.busy().remove(&channel.id.0);
            });
        }
        Ok(())
    }

    async fn tell_all_again(&self, channel: &ChannelRecord) -> Result<(), StoreError> {
        let alerts = self.store.alerts();
        let firing = alerts.still_firing(channel.id).await?;
        if firing.is_empty() {
            return Ok(());
        }
        let said: Vec<Said> = firing
            .into_iter()
            .map(|(key, message)| Said {
                key: format!("{key}-channel-{}", channel.id),
                message,
                picture: None,
            })
            .collect();
        let mut problem = None;
        for said in said.chunks(AGAIN_AT_ONCE) {
            if let Err(failure) = self.say(channel, said).await {
                problem = Some(failure.problem);
                break;
            }
        }
        alerts
            .note_try(channel.id, problem.as_deref(), Utc::now())
            .await
    }

    /// Claims what is due for one channel, and begins to send it. `false` when nothing is due.
    async fn next(&self, tries: &mut JoinSet<()>) -> Result<bool, StoreError> {
        if tries.len() >= AT_ONCE {
            return Ok(false);
        }
        let alerts = self.store.alerts();
        let channels: HashMap<ChannelId, ChannelRecord> = alerts
            .channels()
            .await?
            .into_iter()
            .map(|channel| (channel.id, channel))
            .collect();
        if channels.values().all(|channel| channel.waiting == 0) {
            return Ok(false);
        }
        let one_by_one: Vec<i64> = channels
            .values()
            .filter(|channel| notify::kind(&channel.kind).is_some_and(|kind| kind.one_by_one))
            .map(|channel| channel.id.0)
            .collect();
        let busy: Vec<i64> = self.busy().iter().copied().collect();
        let Some(batch) = alerts.claim(&busy, &one_by_one, LEASE, Utc::now()).await? else {
            return Ok(false);
        };
        let Some(channel) = channels.get(&batch.channel).cloned() else {
            return Ok(false);
        };
        self.busy().insert(batch.channel.0);
        let this = self.clone();
        tries.spawn(async move {
            this.attempt(&channel, &batch).await;
            this.busy().remove(&batch.channel.0);
        });
        Ok(true)
    }

    async fn attempt(&self, channel: &ChannelRecord, batch: &Batch) {
        let result = self.send(channel, batch).await;
        let now = Utc::now();
        let attempts = batch
            .claimed
            .iter()
            .map(|one| one.attempts)
            .max()
            .unwrap_or(0);
        let outcome = match &result {
            Ok(()) => Outcome::Delivered,
            Err(failure) => outcome(failure, attempts, now),
        };
        let name = match outcome {
            Outcome::Delivered => "delivered",
            Outcome::Later { .. } => "later",
            Outcome::Dead { .. } => "dead",
        };
        counter!(DELIVERIES, "kind" => channel.kind.clone(), "outcome" => name).increment(1);
        let problem = result.err().map(|failure| failure.problem);
        if let Some(problem) = &problem {
            tracing::warn!(
                channel = channel.name,
                problem,
                attempts = attempts + 1,
                outcome = name,
                "a notice was not delivered"
            );
        }
        let alerts = self.store.alerts();
        let noted = async {
            alerts.finish(batch, &outcome, now).await?;
            alerts.note_try(channel.id, problem.as_deref(), now).await
        };
        if let Err(error) = noted.await {
            // It is sent again, with the same key, when the claim has run out.
            tracing::warn!(%error, "how a delivery went could not be written");
        }
    }

    async fn send(&self, channel: &ChannelRecord, batch: &Batch) -> Result<(), Failure> {
        let mut pictures = HashMap::new();
        if notify::kind(&channel.kind).is_some_and(notify::Kind::shows_pictures) {
            match picture::pictures(&self.store, batch).await {
                Ok(drawn) => pictures = drawn,
                // Words do not wait for it.
                Err(error) => tracing::warn!(%error, "a message is sent without its picture"),
            }
        }
        let said: Vec<Said> = batch
            .claimed
            .iter()
            .map(|one| Said {
                key: one.key.clone(),
                message: one.message.clone(),
                picture: pictures.remove(&one.id),
            })
            .collect();
        self.say(channel, &said).await
    }

    async fn say(&self, channel: &ChannelRecord, said: &[Said]) -> Result<(), Failure> {
        let lasting = |problem: String| Failure {
            problem,
            may_pass: false,
            retry_after: None,
        };
        let kind = notify::kind(&channel.kind).ok_or_else(|| {
            lasting(format!(
                "`{}` is no kind of channel of this version",
                channel.kind
            ))
        })?;
        let settings =
            settings(&self.vault, channel).map_err(|error| lasting(error.to_string()))?;
        let Some(first) = said.first() else {
            return Ok(());
        };
        let envelope = Envelope {
            said,
            key: &first.key,
            base_url: &self.base_url,
            at: Utc::now(),
        };
        self.sender.send(kind, &settings, &envelope).await
    }

    // A panic while the lock was held leaves at worst a channel that is taken for busy.
    fn busy(&self) -> std::sync::MutexGuard<'_, BTreeSet<i64>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The fields of a channel with its secrets.
pub(crate) fn settings(
    vault: &Vault,
    channel: &ChannelRecord,
) -> Result<Settings, notify::VaultError> {
    let mut fields = channel.settings.clone();
    for (name, secret) in vault.open_fields(channel.secrets.as_deref())?.iter() {
        fields.set(name, secret);
    }
    Ok(Settings(fields))
}

fn outcome(failure: &Failure, attempts: u32, now: Timestamp) -> Outcome {
    let problem = failure.problem.clone();
    if !failure.may_pass || attempts + 1 >= TRIES {
        return Outcome::Dead { problem };
    }
    let mut pauses = ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(TRIES as usize)
        .build();
    let pause = pauses.nth(attempts as usize).unwrap_or(LONGEST_PAUSE);
    let pause = failure
        .retry_after
        .map_or(pause, |wanted| pause.max(wanted.min(LONGEST_PAUSE)));
    Outcome::Later {
        problem,
        at: now + TimeDelta::from_std(pause).unwrap_or(TimeDelta::hours(2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(may_pass: bool) -> Failure {
        Failure {
            problem: "the answer was 500".to_owned(),
            may_pass,
            retry_after: None,
        }
    }

    #[test]
    fn pauses_grow_and_end_in_a_dead_letter() {
        let now = Utc::now();
        let mut total = TimeDelta::zero();
        for attempts in 0..TRIES - 1 {
            let Outcome::Later { at, .. } = outcome(&failure(true), attempts, now) else {
                panic!("try {attempts} is not the last");
            };
            assert!(at - now >= TimeDelta::from_std(FIRST_PAUSE).expect("is short"));
            total += at - now;
        }
        assert!(total >= TimeDelta::hours(8), "a night: {total}");
        assert!(matches!(
            outcome(&failure(true), TRIES - 1, now),
            Outcome::Dead { .. }
        ));
        assert!(matches!(
            outcome(&failure(false), 0, now),
            Outcome::Dead { .. }
        ));
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_pause() {
        let now = Utc::now();
        let told = Failure {
            retry_after: Some(Duration::from_mins(10)),
            ..failure(true)
        };
        let Outcome::Later { at, .. } = outcome(&told, 0, now) else {
            panic!("is later")
        };
        assert!(at - now >= TimeDelta::minutes(10));
    }
}
