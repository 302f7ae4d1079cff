//! Ends of runs: judged by what is known of them, and written with what explains them.

use domain::{
    ledger::{Death, LedgerChange, Step},
    log::LogTail,
    panic::Panic,
    restart::Restart,
    sample::Sample,
};
use metrics::counter;

use super::Recorder;
use crate::{
    analyze::{desk::Desk, metrics::VERDICTS, scene, window},
    live::LiveEvent,
    store::{Beside, Recorded},
};

impl Recorder {
    /// Writes what the ledger has found since.
    pub(super) async fn write_ledger(&self, desk: &mut Desk) {
        let (mut changes, mut beside) = (Vec::new(), Vec::new());
        for found in std::mem::take(&mut desk.found) {
            changes.push(match found.step {
                Step::Began(run) => LedgerChange::Began(run),
                Step::Died(death) => {
                    let log = desk.scenes.log_of(&death);
                    let samples = self.readings(desk, &death, found.samples).await;
                    let (entry, panic) = self.judge(desk, &death, &samples, log.as_ref()).await;
                    beside.push(Beside {
                        container: death.spec.id.clone(),
                        run_started_at: death.run_started_at,
                        log,
                        panic,
                        black_box: Some(scene::black_box(&death, &samples, found.neighbours)),
                        goroutines: found.goroutines,
                    });
                    desk.scenes.judged(death);
                    LedgerChange::Ended(Box::new(entry))
                }
                Step::CameBack(back) => LedgerChange::CameBack(back),
                Step::ChildOutOfMemory { container, at } => {
                    LedgerChange::ChildOutOfMemory { container, at }
                }
            });
        }
        self.judge_again(desk, &mut changes, &mut beside).await;
        if changes.is_empty() {
            return;
        }
        let (store, source) = (&self.store, desk.source);
        let (changes, beside) = (&changes, &beside);
        let (is_news, now) = (self.is_news, self.clock.now());
        let recorded = self
            .persist(|| async move {
                let ledger = store.ledger();
                if is_news {
                    ledger.record_news(source, changes, beside, now).await
                } else {
                    ledger.record_with(source, changes, beside).await
                }
            })
            .await;
        for news in recorded.into_iter().flatten() {
            if let Recorded::Restart {
                incident: Some(incident),
                at,
                ..
            } = news
            {
                self.live.publish(LiveEvent::Incident { incident, at });
            }
            self.live.publish(match news {
                Recorded::Restart {
                    workload,
                    restart,
                    at,
                    ..
                } => LiveEvent::Restart {
                    workload,
                    restart,
                    at,
                },
                Recorded::Fact { workload, at } => LiveEvent::Timeline {
                    workload: Some(workload),
                    at,
                },
            });
        }
    }

    /// Ends whose log came after their verdict. What the log says may change it; the store keeps the verdict before.
    async fn judge_again(
        &self,
        desk: &mut Desk,
        changes: &mut Vec<LedgerChange>,
        beside: &mut Vec<Beside>,
    ) {
        if !desk.scenes.has_logs() {
            return;
        }
        for (log, death) in desk.scenes.late_logs() {
            let in_memory = desk.readings_before(&death);
            let samples = self.readings(desk, &death, in_memory).await;
            let (entry, panic) = self.judge(desk, &death, &samples, Some(&log)).await;
            changes.push(LedgerChange::Ended(Box::new(entry)));
            beside.push(Beside {
                container: death.spec.id.clone(),
                run_started_at: death.run_started_at,
                log: Some(log),
                panic,
                black_box: None,
                goroutines: None,
            });
        }
        // Ends that were judged before Inquest was restarted: their verdicts stay, their logs are kept.
        for log in desk.scenes.left_over() {
            let (store, source) = (&self.store, desk.source);
            let log = &log;
            self.persist(|| async move { store.ledger().keep_log(source, log).await })
                .await;
        }
    }

    /// The entry for an end, and what the program said of it. Without a log, what is known from one that came earlier.
    async fn judge(
        &self,
        desk: &Desk,
        death: &Death,
        samples: &[Sample],
        log: Option<&LogTail>,
    ) -> (Restart, Option<Panic>) {
        let panic = match (log, desk.key(&death.spec.id)) {
            (Some(log), _) if log.reason().is_none() => log.panic(),
            (_, Some(container)) => {
                let (store, run) = (&self.store, death.run_started_at);
                self.persist(|| async move { store.panic_of(container, run).await })
                    .await
                    .flatten()
            }
            (_, None) => None,
        };
        let entry = window::entry(death, samples, panic.as_ref(), desk.events_tell_causes());
        counter!(
            VERDICTS,
            "cause" => entry.verdict.cause.name(),
            "confidence" => entry.verdict.confidence.name()
        )
        .increment(1);
        (entry, panic)
    }
}
