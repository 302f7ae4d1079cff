//! The part of the port that is about alerts: rules, what they found, silences, channels.

use async_trait::async_trait;
use domain::{
    alert::{FieldProblem, Fields},
    ids::{AlertId, ChannelId, DeliveryId, RuleId, SilenceId, WorkloadId},
    view::{
        AlertQuery, AlertRow, AlertSpan, ChannelKind, ChannelRow, DeadLetter, RulePreview, RuleRow,
        SilenceRow, TestResult, TimeRange,
    },
};

use crate::backend::{BackendError, Caller};

/// Why a change was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// What was filled in cannot be taken; nothing of it was.
    #[error("{} fields cannot be taken", .0.len())]
    Fields(Vec<FieldProblem>),
    /// Anything else.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// What the interface may ask about alerts. Rules, silences and channels are written field by field.
#[async_trait]
pub trait AlertBackend: Send + Sync {
    /// Alerts: firing, then pending, then what is over.
    async fn alerts(
        &self,
        caller: &Caller,
        query: &AlertQuery,
    ) -> Result<Vec<AlertRow>, BackendError>;

    /// When alerts of a workload fired within a range, the oldest first.
    async fn alert_spans(
        &self,
        caller: &Caller,
        workload: WorkloadId,
        range: TimeRange,
    ) -> Result<Vec<AlertSpan>, BackendError>;

    /// Somebody takes an alert: no reminders any longer. `by` may be empty.
    async fn acknowledge(&self, caller: &Caller, id: AlertId, by: &str)
    -> Result<(), BackendError>;

    /// All rules, by name.
    async fn rules(&self, caller: &Caller) -> Result<Vec<RuleRow>, BackendError>;

    /// One rule.
    async fn rule(&self, caller: &Caller, id: RuleId) -> Result<RuleRow, BackendError>;

    /// Writes a rule, or a new one without an id.
    async fn save_rule(
        &self,
        caller: &Caller,
        id: Option<RuleId>,
        fields: &Fields,
    ) -> Result<RuleId, ChangeError>;

    /// Removes a rule. What it found stays in the history.
    async fn remove_rule(&self, caller: &Caller, id: RuleId) -> Result<(), BackendError>;

    /// What a rule would have said of the last 30 days.
    async fn preview_rule(
        &self,
        caller: &Caller,
        fields: &Fields,
    ) -> Result<RulePreview, ChangeError>;

    /// Silences, the newest first.
    async fn silences(&self, caller: &Caller) -> Result<Vec<SilenceRow>, BackendError>;

    /// Makes a silence.
    async fn add_silence(&self, caller: &Caller, fields: &Fields)
    -> Result<SilenceId, ChangeError>;

    /// Ends a silence before its time.
    async fn end_silence(&self, caller: &Caller, id: SilenceId) -> Result<(), BackendError>;

    /// Kinds of channels, and what has to be filled in.
    fn channel_kinds(&self) -> Vec<ChannelKind>;

    /// All channels, by name.
    async fn channels(&self, caller: &Caller) -> Result<Vec<ChannelRow>, BackendError>;

    /// Writes a channel, or a new one without an id. Secret fields that are left out stay as they are.
    async fn save_channel(
        &self,
        caller: &Caller,
        id: Option<ChannelId>,
        fields: &Fields,
    ) -> Result<ChannelId, ChangeError>;

    /// Removes a channel with what waits for it.
    async fn remove_channel(&self, caller: &Caller, id: ChannelId) -> Result<(), BackendError>;

    /// Sends a message that says that it is a test.
    async fn test_channel(
        &self,
        caller: &Caller,
        id: ChannelId,
    ) -> Result<TestResult, BackendError>;

    /// Notices that could not be delivered.
    async fn dead_letters(&self, caller: &Caller) -> Result<Vec<DeadLetter>, BackendError>;

    /// Sends one of them again.
    async fn send_again(&self, caller: &Caller, id: DeliveryId) -> Result<(), BackendError>;
}
