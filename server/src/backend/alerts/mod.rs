//! Answers about alerts.

mod channels;

use app::{
    alerts::{AlertBackend, ChangeError},
    backend::{BackendError, Caller},
};
use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use domain::{
    alert::{FieldProblem, Fields, Rule, Silence},
    ids::{AlertId, ChannelId, DeliveryId, RuleId, SilenceId, WorkloadId},
    view::{
        AlertQuery, AlertRow, AlertSpan, ChannelKind, ChannelRow, DeadLetter, RulePreview, RuleRow,
        SilenceRow, Stretch, TestResult, TimeRange,
    },
};

use super::{StoreBackend, check, error::from_store};
use crate::{
    alerting::{self, Setup},
    notify::{self, KINDS},
    store::alerts::{StoredRule, StoredSilence},
};

/// Alerts listed at most.
const MOST: u32 = 1_000;
/// Names of people who take an alert.
const NAME: usize = 100;
fn nothing(what: &str, id: impl std::fmt::Display) -> BackendError {
    BackendError::NotFound {
        what: what.to_owned(),
        id: id.to_string(),
    }
}

fn found(done: bool, what: &str, id: impl std::fmt::Display) -> Result<(), BackendError> {
    if done { Ok(()) } else { Err(nothing(what, id)) }
}

fn refused(field: &str, problem: impl Into<String>) -> ChangeError {
    ChangeError::Fields(vec![FieldProblem::new(field, problem)])
}

fn changed(error: crate::store::StoreError) -> ChangeError {
    ChangeError::Backend(from_store(error))
}

impl StoreBackend {
    fn setup(&self) -> Result<&Setup, BackendError> {
        self.alerts
            .as_ref()
            .ok_or_else(|| nothing("alerting", "here"))
    }
}

#[async_trait]
impl AlertBackend for StoreBackend {
    async fn alerts(
        &self,
        _caller: &Caller,
        query: &AlertQuery,
    ) -> Result<Vec<AlertRow>, BackendError> {
        check::limit(query.limit, MOST)?;
        self.store.alerts().rows(query).await.map_err(from_store)
    }

    async fn alert_spans(
        &self,
        _caller: &Caller,
        workload: WorkloadId,
        range: TimeRange,
    ) -> Result<Vec<AlertSpan>, BackendError> {
        let spans = self.store.alerts().spans(workload, range).await;
        spans.map_err(from_store)
    }

    async fn acknowledge(
        &self,
        _caller: &Caller,
        id: AlertId,
        by: &str,
    ) -> Result<(), BackendError> {
        if by.chars().count() > NAME || by.chars().any(char::is_control) {
            return Err(BackendError::Invalid {
                field: "by".to_owned(),
                problem: format!("use at most {NAME} characters on one line"),
            });
        }
        let done = self
            .store
            .alerts()
            .acknowledge(id, by.trim(), Utc::now())
            .await
            .map_err(from_store)?;
        found(done, "firing alert", id)
    }

    async fn rules(&self, _caller: &Caller) -> Result<Vec<RuleRow>, BackendError> {
        let alerts = self.store.alerts();
        let rules = alerts.rules().await.map_err(from_store)?;
        let firing = alerts.firing_by_rule().await.map_err(from_store)?;
        Ok(rules
            .into_iter()
            .map(|rule| row(&rule, firing.get(&rule.id).copied().unwrap_or(0)))
            .collect())
    }

    async fn rule(&self, caller: &Caller, id: RuleId) -> Result<RuleRow, BackendError> {
        let rules = self.rules(caller).await?;
        rules
            .into_iter()
            .find(|rule| rule.id == id)
            .ok_or_else(|| nothing("rule", id))
    }

    async fn save_rule(
        &self,
        caller: &Caller,
        id: Option<RuleId>,
        fields: &Fields,
    ) -> Result<RuleId, ChangeError> {
        let rule = Rule::read(fields).map_err(ChangeError::Fields)?;
        if let domain::alert::Channels::Named(names) = &rule.channels {
            let known = self.store.alerts().channels().await.map_err(changed)?;
            if let Some(unknown) = names
                .iter()
                .find(|name| !known.iter().any(|channel| channel.name == **name))
            {
                return Err(refused("channels", format!("`{unknown}` is no channel")));
            }
        }
        if let Some(id) = id
            && self.rule(caller, id).await?.from_file
        {
            return Err(refused(
                "name",
                "this rule is in a file of the configuration, which alone may change it",
            ));
        }
        let saved = self
            .store
            .alerts()
            .put_rule(id, &rule)
            .await
            .map_err(changed)?;
        saved.ok_or_else(|| {
            refused(
                "name",
                format!(
                    "`{}` is the name of another rule; names must differ",
                    rule.name
                ),
            )
        })
    }

    async fn remove_rule(&self, caller: &Caller, id: RuleId) -> Result<(), BackendError> {
        if self.rule(caller, id).await?.from_file {
            return Err(BackendError::Invalid {
                field: "id".to_owned(),
                problem: "this rule is in a file of the configuration, which alone may remove it"
                    .to_owned(),
            });
        }
        let done = self
            .store
            .alerts()
            .remove_rule(id, Utc::now())
            .await
            .map_err(from_store)?;
        found(done, "rule", id)
    }

    async fn preview_rule(
        &self,
        _caller: &Caller,
        fields: &Fields,
    ) -> Result<RulePreview, ChangeError> {
        let rule = Rule::read(fields).map_err(ChangeError::Fields)?;
        alerting::preview(&self.store, &rule, Utc::now())
            .await
            .map_err(changed)
    }

    async fn silences(&self, _caller: &Caller) -> Result<Vec<SilenceRow>, BackendError> {
        let now = Utc::now();
        let silences = self.store.alerts().silences().await.map_err(from_store)?;
        Ok(silences
            .into_iter()
            .map(|stored| silence_row(&stored, now))
            .collect())
    }

    async fn add_silence(
        &self,
        _caller: &Caller,
        fields: &Fields,
    ) -> Result<SilenceId, ChangeError> {
        let now = Utc::now();
        let silence = Silence::read(fields, now).map_err(ChangeError::Fields)?;
        self.store
            .alerts()
            .add_silence(&silence, now)
            .await
            .map_err(changed)
    }

    async fn end_silence(&self, _caller: &Caller, id: SilenceId) -> Result<(), BackendError> {
        let done = self
            .store
            .alerts()
            .end_silence(id, Utc::now())
            .await
            .map_err(from_store)?;
        found(done, "silence", id)
    }

    fn channel_kinds(&self) -> Vec<ChannelKind> {
        KINDS.into_iter().map(channels::described).collect()
    }

    async fn channels(&self, _caller: &Caller) -> Result<Vec<ChannelRow>, BackendError> {
        let channels = self.store.alerts().channels().await.map_err(from_store)?;
        Ok(channels
            .into_iter()
            .map(|channel| self.channel_row(channel))
            .collect())
    }

    async fn save_channel(
        &self,
        _caller: &Caller,
        id: Option<ChannelId>,
        fields: &Fields,
    ) -> Result<ChannelId, ChangeError> {
        self.write_channel(id, fields).await
    }

    async fn remove_channel(&self, _caller: &Caller, id: ChannelId) -> Result<(), BackendError> {
        let done = self
            .store
            .alerts()
            .remove_channel(id)
            .await
            .map_err(from_store)?;
        found(done, "channel", id)
    }

    async fn test_channel(
        &self,
        _caller: &Caller,
        id: ChannelId,
    ) -> Result<TestResult, BackendError> {
        let setup = self.setup()?;
        let alerts = self.store.alerts();
        let channel = alerts
            .channel(id)
            .await
            .map_err(from_store)?
            .ok_or_else(|| nothing("channel", id))?;
        let now = Utc::now();
        let problem = match (
            notify::kind(&channel.kind),
            alerting::settings(&setup.vault, &channel),
        ) {
            (None, _) => Some(format!(
                "`{}` is no kind of channel of this version",
                channel.kind
            )),
            (_, Err(error)) => Some(error.to_string()),
            (Some(kind), Ok(settings)) => channels::try_out(setup, kind, &settings, now).await,
        };
        alerts
            .note_try(id, problem.as_deref(), now)
            .await
            .map_err(from_store)?;
        Ok(TestResult {
            is_delivered: problem.is_none(),
            problem,
        })
    }

    async fn dead_letters(&self, _caller: &Caller) -> Result<Vec<DeadLetter>, BackendError> {
        self.store.alerts().dead_letters().await.map_err(from_store)
    }

    async fn send_again(&self, _caller: &Caller, id: DeliveryId) -> Result<(), BackendError> {
        let done = self
            .store
            .alerts()
            .revive(id, Utc::now())
            .await
            .map_err(from_store)?;
        found(done, "dead letter", id)
    }
}

fn row(stored: &StoredRule, firing: u32) -> RuleRow {
    RuleRow {
        id: stored.id,
        fields: stored.rule.write(),
        summary: stored.rule.summary(),
        from_file: stored.is_from_file,
        updated_at: stored.updated_at,
        firing,
    }
}

fn silence_row(stored: &StoredSilence, now: domain::Timestamp) -> SilenceRow {
    let window = stored.silence.window;
    let is_over = stored.ended_at.is_some() || window.is_over(now);
    let next = if is_over {
        Vec::new()
    } else {
        window.within(now, now + TimeDelta::days(7))
    };
    SilenceRow {
        id: stored.id,
        fields: stored.silence.write(),
        is_active: stored.holds(now),
        is_over,
        next: next
            .into_iter()
            .map(|(from, to)| Stretch { from, to })
            .collect(),
        created_at: stored.created_at,
        ended_at: stored.ended_at,
    }
}
