//! A restart as a scenario file, the format of `domain/tests/scenarios`: what was told about it, and the verdict that is right. Whoever
//! finds a verdict wrong makes a test of it so.

use std::fmt::Write as _;

use domain::{
    Timestamp,
    fact::{Action, EngineEvent},
    ids::EngineId,
    sample::Sample,
    view::{LogView, RestartDetail},
};

/// Readings that are written: ten minutes of one every five seconds. The newest decide.
const READINGS: usize = 120;
/// Lines of the log that are written where no panic says where to begin.
const LINES: usize = 20;
/// Lines of a panic that are written.
const PANIC_LINES: usize = 80;

/// The file. `events` are those of the workload's containers around the end; whether they tell causes depends on the engine.
pub(crate) fn write(
    detail: &RestartDetail,
    (events, tells_causes): (&[EngineEvent], bool),
    log: Option<&LogView>,
) -> String {
    let row = &detail.row;
    let first = events.first().map_or(row.ended_at, |event| event.at);
    let readings = detail
        .black_box
        .as_ref()
        .map(|kept| kept.readings.as_slice())
        .unwrap_or_default();
    let readings: Vec<&Sample> = readings
        .iter()
        .filter(|reading| reading.at >= row.run_started_at && reading.at <= row.ended_at)
        .collect();
    let readings = &readings[readings.len().saturating_sub(READINGS)..];
    // Zero is a second before anything is told.
    let begin = readings
        .first()
        .map_or(first, |reading| reading.at.min(first))
        .min(row.ended_at)
        .max(row.run_started_at);
    let file = File {
        begin,
        own: row.container_id.clone(),
        out: String::new(),
    };
    file.write(detail, (events, tells_causes), readings, log)
}

struct File {
    begin: Timestamp,
    /// Named `c1`; others of the workload are `c2` and so on.
    own: EngineId,
    out: String,
}

impl File {
    fn write(
        mut self,
        detail: &RestartDetail,
        (events, tells_causes): (&[EngineEvent], bool),
        readings: &[&Sample],
        log: Option<&LogView>,
    ) -> String {
        let row = &detail.row;
        let corrected = detail.corrections.first();
        self.line(&format!(
            "# From restart {} of {} at {}. The verdict was {} ({}).",
            row.id,
            one_line(&row.workload_name),
            row.ended_at.to_rfc3339(),
            row.cause.name(),
            row.confidence.name()
        ));
        if let Some(said) = corrected {
            self.line(&format!(
                "# Corrected to {} by a person: {}",
                said.cause.name(),
                one_line(&said.note)
            ));
        }
        let about = corrected.map_or_else(
            || {
                format!(
                    "{} as it was told on {}.",
                    row.cause.label(),
                    row.ended_at.date_naive()
                )
            },
            |said| said.note.clone(),
        );
        self.line(&format!("about = {}", text(&one_line(&about))));
        let engine = if tells_causes { "docker" } else { "podman" };
        self.line(&format!("engine = \"{engine}\""));
        let others = self.containers(detail, events);
        self.memory(readings);
        self.timeline(detail, events, &others);
        self.log(detail, log);
        self.expect(detail);
        self.out
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn seconds(&self, at: Timestamp) -> String {
        let ms = (at - self.begin).num_milliseconds();
        let sign = if ms < 0 { "-" } else { "" };
        let (whole, rest) = (ms.abs() / 1_000, ms.abs() % 1_000);
        if rest == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{rest:03}")
                .trim_end_matches('0')
                .to_owned()
        }
    }

    /// Writes containers; gives back those other than the one that ended, in the order of their names.
    fn containers(&mut self, detail: &RestartDetail, events: &[EngineEvent]) -> Vec<EngineId> {
        let row = &detail.row;
        let mut others: Vec<EngineId> = Vec::new();
        for event in events {
            if event.container != self.own && !others.contains(&event.container) {
                others.push(event.container.clone());
            }
        }
        let limit = detail
            .last_sample
            .and_then(|sample| sample.limit_bytes)
            .or(detail.inferred_peak.map(|peak| peak.limit_bytes))
            .map(|limit| format!(", limit_mib = {}", (limit >> 20).max(1)))
            .unwrap_or_default();
        let policy = match row.kind {
            domain::restart::RestartKind::StayedDown => "no",
            _ => "always",
        };
        self.line("\ncontainers = [");
        let images = std::iter::once(&row.image).chain(std::iter::repeat(
            row.next_image.as_ref().unwrap_or(&row.image),
        ));
        for (index, image) in images.take(1 + others.len()).enumerate() {
            let line = format!(
                "  {{ id = \"c{}\", workload = {}, image = {}{limit}, policy = \"{policy}\" }},",
                index + 1,
                text(&row.workload_name),
                text(image)
            );
            self.line(&line);
        }
        self.line("]");
        others
    }

    fn memory(&mut self, readings: &[&Sample]) {
        self.line("\nmemory = [");
        for reading in readings {
            let Some(used) = reading.working_set_bytes else {
                continue;
            };
            let value = match reading.memory_ratio() {
                Some(ratio) => format!("percent = [{:.3}]", ratio * 100.0),
                None => format!("mib = [{}]", used >> 20),
            };
            let line = format!(
                "  {{ container = \"c1\", from = {}, every = 1, {value} }},",
                self.seconds(reading.at)
            );
            self.line(&line);
        }
        self.line("]");
    }

    fn timeline(&mut self, detail: &RestartDetail, events: &[EngineEvent], others: &[EngineId]) {
        self.line("\ntimeline = [");
        let started = self.seconds(detail.row.run_started_at);
        self.line(&format!(
            "  {{ at = 0, poll = [{{ at = 0, observe = \"running\", started = {started}, restarts = 0 }}] }},"
        ));
        let begin = self.begin;
        for event in events.iter().filter(|event| event.at >= begin) {
            let Some(said) = action(event.action) else {
                continue;
            };
            let of = others
                .iter()
                .position(|other| *other == event.container)
                .map(|index| format!(", of = \"c{}\"", index + 2))
                .unwrap_or_default();
            let line = format!("  {{ at = {}, {said}{of} }},", self.seconds(event.at));
            self.line(&line);
        }
        self.line("]");
    }

    fn log(&mut self, detail: &RestartDetail, log: Option<&LogView>) {
        let Some(log) = log.filter(|log| !log.lines.is_empty()) else {
            return;
        };
        let (from, most) = match &detail.panic {
            Some(panic) => (panic.first_line as usize, PANIC_LINES),
            None => (log.lines.len().saturating_sub(LINES), LINES),
        };
        let lines: Vec<&str> = log
            .lines
            .iter()
            .skip(from)
            .take(most)
            .map(|line| line.text.as_str())
            .collect();
        let line = format!(
            "\nlogs = [{{ ended = {}, text = {} }}]",
            self.seconds(detail.row.ended_at),
            text(&lines.join("\n"))
        );
        self.line(&line);
    }

    fn expect(&mut self, detail: &RestartDetail) {
        let row = &detail.row;
        self.line("\n[[expect]]");
        self.line("of = \"c1\"");
        let ended = self.seconds(row.ended_at);
        self.line(&format!("ended = {ended}"));
        if let Some(at) = row.started_at {
            let started = self.seconds(at);
            self.line(&format!("started = {started}"));
        }
        if let Some(code) = row.exit_code {
            self.line(&format!("exit = {code}"));
        }
        self.line(&format!("kind = \"{}\"", row.kind.name()));
        let cause = detail
            .corrections
            .first()
            .map_or(row.cause, |said| said.cause);
        self.line(&format!("cause = \"{}\"", cause.name()));
        self.line(&format!("confidence = \"{}\"", row.confidence.name()));
    }
}

/// An event as a scenario names it; `None` for those it has no name for.
fn action(action: Action) -> Option<String> {
    let plain = |name: &str| Some(format!("event = \"{name}\""));
    match action {
        Action::Die {
            exit_code,
            oom_killed,
        } => {
            let flag = if oom_killed {
                ", oom_killed = true"
            } else {
                ""
            };
            Some(format!("event = \"die\", exit = {exit_code}{flag}"))
        }
        Action::Kill { signal } => Some(format!("event = \"kill\", signal = {signal}")),
        Action::Health { healthy } => plain(if healthy { "healthy" } else { "unhealthy" }),
        Action::Pause | Action::Unpause => None,
        other => plain(other.name()),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A string as TOML has it: everything that is not printable, and what ends it, escaped.
fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            letter if letter.is_control() => {
                let _infallible = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_back(text: String) {
            let file = format!("about = {}", super::text(&text));
            let read: toml::Table = toml::from_str(&file).expect("TOML");
            prop_assert_eq!(read["about"].as_str(), Some(text.as_str()));
        }
    }
}
