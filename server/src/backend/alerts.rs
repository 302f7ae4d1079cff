//! Answers about alerts.

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
        AlertQuery, AlertRow, AlertSpan, ChannelField, ChannelKind, ChannelRow, DeadLetter,
        RulePreview, RuleRow, SilenceRow, Stretch, TestResult, TimeRange,
    },
};

use super::{StoreBackend, check, error::from_store};
use crate::{
    alerting::{self, Setup},
    notify::{self, Envelope, KINDS, Kind, Said, Settings, sample},
    store::alerts::{ChannelRecord, NewChannel, StoredRule, StoredSilence},
};

/// Alerts listed at most.
const MOST: u32 = 1_000;
/// Fields that every channel has, whatever its kind.
const COMMON: [&str; 4] = ["name", "kind", "enabled", "group_wait"];
/// Longer waits are silences.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);
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
        KINDS.into_iter().map(described).collect()
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
        let setup = self.setup()?;
        let mut common = Fields::default();
        let mut own = Fields::default();
        for (name, text) in fields.iter() {
            if COMMON.contains(&name) {
                common.set(name, text);
            } else if !text.trim().is_empty() {
                own.set(name, text);
            }
        }
        let before = match id {
            None => None,
            Some(id) => Some(
                self.store
                    .alerts()
                    .channel(id)
                    .await
                    .map_err(changed)?
                    .ok_or_else(|| nothing("channel", id))?,
            ),
        };
        let mut problems = Vec::new();
        let name = common.get("name").unwrap_or_default().to_owned();
        if name.is_empty()
            || name.chars().count() > NAME
            || name.contains(',')
            || name.chars().any(char::is_control)
            || name == "none"
        {
            problems.push(FieldProblem::new(
                "name",
                format!("use 1 to {NAME} characters without a comma, and not `none`"),
            ));
        }
        let group_wait = match common.get("group_wait") {
            None => TimeDelta::zero(),
            Some(text) => match domain::alert::parse_duration(text) {
                Ok(wait) if wait <= LONGEST_WAIT => wait,
                Ok(_) => {
                    problems.push(FieldProblem::new(
                        "group_wait",
                        format!("`{text}` is too long; use at most 1h"),
                    ));
                    TimeDelta::zero()
                }
                Err(problem) => {
                    problems.push(FieldProblem::new("group_wait", problem));
                    TimeDelta::zero()
                }
            },
        };
        let kind = common
            .get("kind")
            .or(before.as_ref().map(|channel| channel.kind.as_str()))
            .unwrap_or_default();
        let Some(kind) = notify::kind(kind) else {
            let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            problems.push(FieldProblem::new(
                "kind",
                format!("`{kind}` is no kind of channel; use {}", known.join(", ")),
            ));
            return Err(ChangeError::Fields(problems));
        };
        // Secrets are never shown again, so whoever changes another field cannot send them back.
        if let Some(before) = before.as_ref().filter(|before| before.kind == kind.name) {
            let known = setup
                .vault
                .open_fields(before.secrets.as_deref())
                .unwrap_or_default();
            for (name, secret) in known.iter() {
                if own.get(name).is_none() {
                    own.set(name, secret);
                }
            }
        }
        match kind.check(&own, &setup.base_url) {
            Err(wrong) => problems.extend(wrong),
            Ok(settings) => {
                let place = setup.sender.check_place(kind, &settings, &setup.base_url);
                problems.extend(place.await);
            }
        }
        if !problems.is_empty() {
            return Err(ChangeError::Fields(problems));
        }
        let is_secret = |name: &str| {
            kind.fields
                .iter()
                .any(|field| field.name == name && field.is_secret)
        };
        let (secrets, settings): (Vec<_>, Vec<_>) =
            own.iter().partition(|(name, _)| is_secret(name));
        let channel = NewChannel {
            name: name.clone(),
            kind: kind.name.to_owned(),
            enabled: common.get("enabled") != Some("false"),
            settings: settings.into_iter().collect(),
            secrets: setup
                .vault
                .seal(&secrets.into_iter().collect())
                .map_err(|error| refused("kind", error.to_string()))?,
            group_wait_s: group_wait.num_seconds() as u32,
        };
        let saved = self
            .store
            .alerts()
            .put_channel(id, &channel)
            .await
            .map_err(changed)?;
        saved.ok_or_else(|| {
            refused(
                "name",
                format!("`{name}` is the name of another channel; names must differ"),
            )
        })
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
            (Some(kind), Ok(settings)) => try_out(setup, kind, &settings, now).await,
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

impl StoreBackend {
    fn channel_row(&self, channel: ChannelRecord) -> ChannelRow {
        let mut fields = channel.settings.clone();
        fields.set("name", channel.name.as_str());
        fields.set("kind", channel.kind.as_str());
        fields.set("enabled", channel.enabled.to_string());
        fields.set(
            "group_wait",
            domain::alert::duration_text(TimeDelta::seconds(i64::from(channel.group_wait_s))),
        );
        // Without the key nobody knows which they are; that is said when the channel is tried.
        let secrets = self
            .alerts
            .as_ref()
            .and_then(|setup| setup.vault.open_fields(channel.secrets.as_deref()).ok())
            .map(|secrets| secrets.iter().map(|(name, _)| name.to_owned()).collect());
        ChannelRow {
            id: channel.id,
            fields,
            secrets: secrets.unwrap_or_default(),
            last_ok_at: channel.last_ok_at,
            last_failed_at: channel.last_failed_at,
            last_problem: channel.last_problem,
            waiting: channel.waiting,
        }
    }
}

async fn try_out(
    setup: &Setup,
    kind: &Kind,
    settings: &Settings,
    now: domain::Timestamp,
) -> Option<String> {
    let key = format!("test-{}", now.timestamp_micros());
    let said = [Said {
        key: key.clone(),
        message: sample(now),
        picture: None,
    }];
    let envelope = Envelope {
        said: &said,
        key: &key,
        base_url: &setup.base_url,
        at: now,
    };
    setup
        .sender
        .send(kind, settings, &envelope)
        .await
        .err()
        .map(|failure| failure.problem)
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

fn described(kind: &Kind) -> ChannelKind {
    ChannelKind {
        kind: kind.name.to_owned(),
        label: kind.label.to_owned(),
        fields: kind
            .fields
            .iter()
            .map(|field| ChannelField {
                name: field.name.to_owned(),
                label: field.label.to_owned(),
                hint: field.hint.to_owned(),
                is_secret: field.is_secret,
                is_optional: field.is_optional,
            })
            .collect(),
    }
}
