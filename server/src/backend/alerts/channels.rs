//! Channels: what is written of them, what is shown, and trying them.

use app::alerts::ChangeError;
use chrono::TimeDelta;
use domain::{
    alert::{FieldProblem, Fields, duration_text, parse_duration},
    ids::ChannelId,
    view::{ChannelField, ChannelKind, ChannelRow},
};

use super::{StoreBackend, changed, nothing, refused};
use crate::{
    alerting::Setup,
    notify::{self, Envelope, KINDS, Kind, Said, Settings, sample},
    store::alerts::{ChannelRecord, NewChannel},
};

/// Fields that every channel has, whatever its kind.
const COMMON: [&str; 4] = ["name", "kind", "enabled", "group_wait"];
/// Longer waits are silences.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);
/// Names of channels.
const NAME: usize = 100;

impl StoreBackend {
    /// Writes a new channel, or another version of one that there is.
    pub(super) async fn write_channel(
        &self,
        id: Option<ChannelId>,
        fields: &Fields,
    ) -> Result<ChannelId, ChangeError> {
        let setup = self.setup()?;
        let (common, mut own) = apart(fields);
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
        let mut wrong =
            |field: &str, problem: String| problems.push(FieldProblem::new(field, problem));
        let name = name(&common).unwrap_or_else(|problem| {
            wrong("name", problem);
            String::new()
        });
        let group_wait = group_wait(&common).unwrap_or_else(|problem| {
            wrong("group_wait", problem);
            TimeDelta::zero()
        });
        let kind = common
            .get("kind")
            .or(before.as_ref().map(|channel| channel.kind.as_str()))
            .unwrap_or_default();
        let Some(kind) = notify::kind(kind) else {
            let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            wrong(
                "kind",
                format!("`{kind}` is no kind of channel; use {}", known.join(", ")),
            );
            return Err(ChangeError::Fields(problems));
        };
        if let Some(before) = before.as_ref().filter(|before| before.kind == kind.name) {
            keep_secrets(setup, before, &mut own);
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

    /// A channel as it is shown: of its secrets only which there are.
    pub(super) fn channel_row(&self, channel: ChannelRecord) -> ChannelRow {
        let mut fields = channel.settings.clone();
        fields.set("name", channel.name.as_str());
        fields.set("kind", channel.kind.as_str());
        fields.set("enabled", channel.enabled.to_string());
        fields.set(
            "group_wait",
            duration_text(TimeDelta::seconds(i64::from(channel.group_wait_s))),
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

/// The fields that every channel has, and those of its kind.
fn apart(fields: &Fields) -> (Fields, Fields) {
    let (mut common, mut own) = (Fields::default(), Fields::default());
    for (name, text) in fields.iter() {
        if COMMON.contains(&name) {
            common.set(name, text);
        } else if !text.trim().is_empty() {
            own.set(name, text);
        }
    }
    (common, own)
}

fn name(common: &Fields) -> Result<String, String> {
    let name = common.get("name").unwrap_or_default();
    let is_fine = !name.is_empty()
        && name.chars().count() <= NAME
        && !name.contains(',')
        && !name.chars().any(char::is_control)
        && name != "none";
    is_fine
        .then(|| name.to_owned())
        .ok_or_else(|| format!("use 1 to {NAME} characters without a comma, and not `none`"))
}

fn group_wait(common: &Fields) -> Result<TimeDelta, String> {
    let Some(text) = common.get("group_wait") else {
        return Ok(TimeDelta::zero());
    };
    let wait = parse_duration(text)?;
    if wait > LONGEST_WAIT {
        return Err(format!("`{text}` is too long; use at most 1h"));
    }
    Ok(wait)
}

/// Secrets are never shown again, so whoever changes another field cannot send them back.
fn keep_secrets(setup: &Setup, before: &ChannelRecord, own: &mut Fields) {
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

/// Sends a message that says that it is a try. Returns why it did not arrive.
pub(super) async fn try_out(
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

/// A kind of channel, as its form is made from.
pub(super) fn described(kind: &Kind) -> ChannelKind {
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
