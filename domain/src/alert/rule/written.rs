//! Rules as fields: what forms send and files say.

use chrono::TimeDelta;

use super::{Channels, Rule, Severity, condition};
use crate::alert::{
    condition::Condition,
    fields::{FieldProblem, Fields, Reader, line},
    quantity::{duration_text, parse_duration},
    scope::Scope,
};

/// Names of rules and channels.
const NAME: usize = 100;
/// Longer texts belong into a runbook.
const TEXT: usize = 1_000;
/// Whoever waits a week before it is said need not be told.
const LONGEST_HOLD: TimeDelta = TimeDelta::days(7);
const SHORTEST_REMINDER: TimeDelta = TimeDelta::minutes(5);
/// How long what happened in a moment is thought of as the same matter.
const QUIET: TimeDelta = TimeDelta::hours(1);

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// Everything that is wrong, field by field.
    pub fn read(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut reader = Reader::new(fields);
        let name = reader.required("name", "\"Memory close to its limit\"", line(NAME));
        let enabled = reader.flag("enabled", true);
        let condition = condition::read(&mut reader);
        let momentary = matches!(condition, Some(Condition::Happens(_)));
        let hold = reader.or(
            "for",
            TimeDelta::zero(),
            within(TimeDelta::zero(), LONGEST_HOLD),
        );
        if momentary && !hold.is_zero() {
            reader.wrong(
                "for",
                "means nothing here: what happens in a moment does not last; leave it out",
            );
        }
        let quiet = if momentary { QUIET } else { TimeDelta::zero() };
        let keep_firing = reader.or(
            "keep_firing_for",
            quiet,
            within(TimeDelta::zero(), LONGEST_HOLD),
        );
        let severity = reader.or("severity", Severity::default(), |text| {
            Severity::from_name(text)
                .ok_or_else(|| format!("`{text}` is no severity; use info, warning or page"))
        });
        let scope = Scope::read(&mut reader);
        if let Some(condition) = &condition
            && condition.is_of_source()
        {
            for (field, is_set) in scope.of_workloads() {
                if is_set {
                    reader.wrong(
                        field,
                        "means nothing here: this condition is about sources; use sources",
                    );
                }
            }
        }
        let text = reader.or("text", String::new(), |text| {
            if text.chars().count() > TEXT {
                return Err(format!(
                    "is too long; use at most {TEXT} characters and a runbook"
                ));
            }
            Ok(text.to_owned())
        });
        let runbook = reader.optional("runbook", link);
        let remind_every = reader.optional("remind_every", |text| {
            within(SHORTEST_REMINDER, LONGEST_HOLD)(text)
        });
        let grace = reader.or(
            "grace",
            TimeDelta::zero(),
            within(TimeDelta::zero(), TimeDelta::days(1)),
        );
        let channels = reader.list("channels", line(NAME));
        let channels = if channels.is_empty() {
            Channels::All
        } else if channels.iter().any(|name| name == "none") {
            Channels::Named(Vec::new())
        } else {
            Channels::Named(channels)
        };
        let problems = reader.finish("a rule");
        match (name, condition) {
            (Some(name), Some(condition)) if problems.is_empty() => Ok(Self {
                name,
                enabled,
                condition,
                hold_s: hold.num_seconds(),
                keep_firing_s: keep_firing.num_seconds(),
                severity,
                scope,
                text,
                runbook,
                remind_every_s: remind_every.map(|every| every.num_seconds()),
                grace_s: grace.num_seconds(),
                channels,
            }),
            _ => Err(problems),
        }
    }

    /// The fields that [`Rule::read`] reads as this rule. What is at its default is left out.
    pub fn write(&self) -> Fields {
        let mut fields = Fields::default();
        fields.set("name", &self.name);
        if !self.enabled {
            fields.set("enabled", "false");
        }
        condition::write(&self.condition, &mut fields);
        let mut length = |name: &str, seconds: i64, default: i64| {
            if seconds != default {
                fields.set(name, duration_text(TimeDelta::seconds(seconds)));
            }
        };
        let quiet = match self.condition {
            Condition::Happens(_) => QUIET.num_seconds(),
            Condition::Threshold(_) => 0,
        };
        length("for", self.hold_s, 0);
        length("keep_firing_for", self.keep_firing_s, quiet);
        length("grace", self.grace_s, 0);
        length("remind_every", self.remind_every_s.unwrap_or_default(), 0);
        fields.set("severity", self.severity.name());
        self.scope.write(&mut fields);
        fields.set_some("text", self.text.as_str());
        fields.set_some("runbook", self.runbook.as_deref().unwrap_or_default());
        match &self.channels {
            Channels::All => {}
            Channels::Named(names) if names.is_empty() => fields.set("channels", "none"),
            Channels::Named(names) => fields.set("channels", names.join(", ")),
        }
        fields
    }
}

pub(super) fn within(
    least: TimeDelta,
    most: TimeDelta,
) -> impl Fn(&str) -> Result<TimeDelta, String> {
    move |text| {
        let length = parse_duration(text)?;
        if length < least || length > most {
            return Err(format!(
                "`{text}` is out of range; use {} to {}",
                duration_text(least),
                duration_text(most)
            ));
        }
        Ok(length)
    }
}

fn link(text: &str) -> Result<String, String> {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    match rest {
        Some(rest)
            if !rest.is_empty() && !text.contains(char::is_whitespace) && text.len() <= 2_000 =>
        {
            Ok(text.to_owned())
        }
        _ => Err(format!(
            "`{text}` is no link; write for example https://wiki.example.com/memory"
        )),
    }
}
