//! Silences as forms, files and the API write them: fields with text.

use chrono::{DateTime, TimeDelta, Utc};

use super::{MINUTES_A_DAY, Matchers, Silence, Window};
use crate::{
    Timestamp,
    alert::{
        fields::{FieldProblem, Fields, Reader, line},
        quantity::{duration_text, parse_duration},
        rule::Severity,
        scope::{Scope, written},
    },
};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Whoever is away for longer switches the rule off.
const LONGEST: TimeDelta = TimeDelta::days(90);
const REASON: usize = 300;
const NAME: usize = 100;

impl Silence {
    /// Reads a silence that is written at `now`: `from` is then unless it is given, and the end is `to`, or `for` after the begin.
    ///
    /// # Errors
    /// Everything that is wrong, field by field.
    pub fn read(fields: &Fields, now: Timestamp) -> Result<Self, Vec<FieldProblem>> {
        let mut reader = Reader::new(fields);
        let matchers = Matchers {
            rules: reader.list("rules", str::parse),
            scope: Scope::read(&mut reader),
            at_most: reader.optional("at_most", |text| {
                Severity::from_name(text)
                    .ok_or_else(|| format!("`{text}` is no severity; use info, warning or page"))
            }),
        };
        let reason = reader.required("reason", "Batch import this week", line(REASON));
        let by = reader.or("by", String::new(), line(NAME));
        let weekly = reader.has("days") || reader.has("at");
        let window = if weekly {
            weekly_window(&mut reader)
        } else {
            once(&mut reader, now)
        };
        let problems = reader.finish("a silence");
        match (window, reason) {
            (Some(window), Some(reason)) if problems.is_empty() => Ok(Self {
                matchers,
                window,
                reason,
                by,
            }),
            _ => Err(problems),
        }
    }

    /// The fields that [`Silence::read`] reads as this one.
    pub fn write(&self) -> Fields {
        let mut fields = Fields::default();
        fields.set_some("rules", written(&self.matchers.rules));
        self.matchers.scope.write(&mut fields);
        fields.set_some("at_most", self.matchers.at_most.map_or("", Severity::name));
        fields.set("reason", &self.reason);
        fields.set_some("by", self.by.as_str());
        match self.window {
            Window::Once { from, to } => {
                fields.set("from", moment_text(from));
                fields.set("to", moment_text(to));
            }
            Window::Weekly {
                days,
                from_minute,
                length_minutes,
                until,
            } => {
                let days = DAYS.iter().zip(days).filter(|(_, is_on)| *is_on);
                let days: Vec<&str> = days.map(|(day, _)| *day).collect();
                fields.set("days", days.join(", "));
                fields.set(
                    "at",
                    format!("{:02}:{:02}", from_minute / 60, from_minute % 60),
                );
                fields.set(
                    "for",
                    duration_text(TimeDelta::minutes(i64::from(length_minutes))),
                );
                if let Some(until) = until {
                    fields.set("to", moment_text(until));
                }
            }
        }
        fields
    }
}

fn once(reader: &mut Reader<'_>, now: Timestamp) -> Option<Window> {
    let from = reader.or("from", now, moment);
    let to = reader.optional("to", moment);
    let length = reader.optional("for", parse_duration);
    let to = match (to, length) {
        (Some(_), Some(_)) => {
            reader.wrong("for", "is set as well as to; keep one of them");
            return None;
        }
        (Some(to), None) => to,
        (None, Some(length)) => from + length,
        (None, None) => {
            if !reader.has("to") && !reader.has("for") {
                reader.wrong("for", "is missing; write for example 2h, or set to");
            }
            return None;
        }
    };
    let field = if reader.has("to") { "to" } else { "for" };
    if to <= from || to <= now {
        reader.wrong(
            field,
            "ends before it begins, or is over already; use a later end",
        );
        return None;
    }
    if to - from > LONGEST {
        reader.wrong(
            field,
            format!(
                "is too long; use at most {}, or switch the rule off",
                duration_text(LONGEST)
            ),
        );
        return None;
    }
    Some(Window::Once { from, to })
}

fn weekly_window(reader: &mut Reader<'_>) -> Option<Window> {
    let days = reader.list("days", |day| {
        let known = DAYS.iter().position(|name| *name == day);
        known.ok_or_else(|| format!("`{day}` is no day; use {}", DAYS.join(", ")))
    });
    if !reader.has("days") {
        reader.wrong("days", "is missing; write for example sat, sun");
    }
    let from_minute = reader.required("at", "02:00", |text| {
        let wrong = || format!("`{text}` is no time of day; write for example 02:00, in UTC");
        let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
        match (hour.parse::<u16>(), minute.parse::<u16>()) {
            (Ok(hour @ 0..=23), Ok(minute @ 0..=59)) => Ok(hour * 60 + minute),
            _ => Err(wrong()),
        }
    });
    let length = reader.required("for", "2h", |text| {
        let minutes = parse_duration(text)?.num_minutes();
        u16::try_from(minutes)
            .ok()
            .filter(|minutes| (1..=MINUTES_A_DAY).contains(minutes))
            .ok_or_else(|| format!("`{text}` is out of range; use 1m to 24h"))
    });
    let until = reader.optional("to", moment);
    if reader.text("from").is_some() {
        reader.wrong(
            "from",
            "means nothing for a window that comes back every week; leave it out",
        );
    }
    let mut on = [false; 7];
    for day in &days {
        on[*day] = true;
    }
    Some(Window::Weekly {
        days: on,
        from_minute: from_minute?,
        length_minutes: length?,
        until,
    })
    .filter(|_| !days.is_empty())
}

/// RFC 3339, or what a browser's field for date and time sends, which is taken as UTC.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.with_timezone(&Utc));
    }
    let minutes = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M");
    let seconds = || chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S");
    minutes
        .or_else(|_not_so| seconds())
        .map(|at| at.and_utc())
        .map_err(|_no_time| format!("`{text}` is no time; write for example 2026-11-23T12:00:00Z"))
}

fn moment_text(at: Timestamp) -> String {
    // As RFC 3339 has it.
    format!("{at:?}")
}
