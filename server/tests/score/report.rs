//! The figures, for people and for `target/bench/results.jsonl`.

use std::{
    fmt::{self, Write as _},
    fs::OpenOptions,
    io::Write as _,
};

use chrono::Utc;
use domain::{verdict::Confidence, view::RestartRow};
use serde_json::json;
use simulator::Death;

use crate::{
    baselines::BASELINES,
    confusion::{Confusion, INVENTED, LOST},
    growth::Answers,
    ledger::Ledger,
    matching::Matched,
    month::Month,
};

/// What a child's OOM kill is called, in the ledger and in the truth.
const CHILD: &str = "child_out_of_memory";

/// How it went.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) ours: Confusion,
    baselines: [Confusion; BASELINES.len()],
    pub(crate) lost: u64,
    pub(crate) invented: u64,
    lost_unseen: u64,
    invented_unseen: u64,
    /// Each in a line.
    pub(crate) wrong_confirmed: Vec<String>,
    /// The others that were wrong, each in a line.
    wrong: Vec<String>,
    unseen_s: i64,
    watched_s: i64,
    answers: Answers,
}

impl Report {
    /// Takes in one host.
    pub(crate) fn add(
        &mut self,
        month: &Month,
        ledger: &Ledger,
        matched: &Matched,
        answers: Answers,
    ) {
        for (death, entry) in &matched.pairs {
            self.ours.note(death.cause.name(), entry.cause.name());
            if death.cause.name() != entry.cause.name() {
                let line = line(death, entry);
                if entry.confidence == Confidence::Confirmed {
                    self.wrong_confirmed.push(line);
                } else {
                    self.wrong.push(line);
                }
            }
        }
        for death in matched.lost.iter().chain(&matched.lost_unseen) {
            self.ours.note(death.cause.name(), LOST);
        }
        for death in &matched.lost {
            self.wrong.push(format!("lost: {death:?}"));
        }
        for entry in &matched.invented {
            self.ours.note(INVENTED, entry.cause.name());
            self.wrong.push(format!("invented: {entry:?}"));
        }
        self.lost += matched.lost.len() as u64;
        self.lost_unseen += matched.lost_unseen.len() as u64;
        self.invented += matched.invented.len() as u64;
        self.invented_unseen += matched.invented_unseen.len() as u64;
        self.children(month, ledger);
        let deaths = matched.pairs.iter().map(|(death, _)| death);
        for death in deaths.chain(&matched.lost).chain(&matched.lost_unseen) {
            for (baseline, confusion) in BASELINES.iter().zip(&mut self.baselines) {
                confusion.note(death.cause.name(), (baseline.says)(death, &month.looks));
            }
        }
        let unseen = ledger
            .gaps
            .iter()
            .map(|(from, to)| (*to - *from).num_seconds());
        self.unseen_s += unseen.sum::<i64>();
        self.watched_s += (month.watched_until - month.watched_from).num_seconds();
        self.answers.add(answers);
    }

    /// Kills that a container outlived are facts of their own, told to the microsecond.
    fn children(&mut self, month: &Month, ledger: &Ledger) {
        let mut said = ledger.child_ooms.clone();
        for truth in &month.truth.child_ooms {
            if truth.at < month.watched_from {
                continue;
            }
            let place = said
                .iter()
                .position(|at| (*at - truth.at).num_milliseconds().abs() <= 1);
            if let Some(place) = place {
                said.swap_remove(place);
            } else {
                self.wrong
                    .push(format!("child out of memory not told: {truth:?}"));
            }
            self.ours
                .note(CHILD, if place.is_some() { CHILD } else { LOST });
            for confusion in &mut self.baselines {
                confusion.note(CHILD, LOST);
            }
        }
        for at in said {
            self.ours.note(INVENTED, CHILD);
            self.wrong_confirmed
                .push(format!("a child's end that was none, at {at}"));
        }
    }

    /// How many ends were judged.
    pub(crate) fn ends(&self) -> u64 {
        let causes = self.ours.causes();
        causes.iter().map(|cause| self.ours.of(cause)).sum()
    }

    fn figures(&self) -> Vec<(String, f64, &'static str)> {
        let mut figures = vec![
            ("score.ends".to_owned(), self.ends() as f64, "ends"),
            ("score.macro_f1".to_owned(), self.ours.macro_f1(), "share"),
            (
                "score.wrong_confirmed".to_owned(),
                self.wrong_confirmed.len() as f64,
                "verdicts",
            ),
            ("score.lost".to_owned(), self.lost as f64, "ends"),
            ("score.invented".to_owned(), self.invented as f64, "ends"),
            (
                "score.lost_in_gaps".to_owned(),
                self.lost_unseen as f64,
                "ends",
            ),
        ];
        for cause in self.ours.causes() {
            figures.push((
                format!("score.{cause}.precision"),
                self.ours.precision(cause),
                "share",
            ));
            figures.push((
                format!("score.{cause}.recall"),
                self.ours.recall(cause),
                "share",
            ));
        }
        for (baseline, confusion) in BASELINES.iter().zip(&self.baselines) {
            figures.push((
                format!("baseline.{}.macro_f1", baseline.name),
                confusion.macro_f1(),
                "share",
            ));
        }
        figures.extend([
            (
                "forecast.coverage".to_owned(),
                self.answers.coverage(),
                "share",
            ),
            (
                "forecast.median_relative_width".to_owned(),
                self.answers.median_width(),
                "share",
            ),
            (
                "forecast.told_ratio".to_owned(),
                self.answers.told_ratio(),
                "share",
            ),
            (
                "leak.false_alarm_ratio".to_owned(),
                self.answers.false_alarm_ratio(),
                "share",
            ),
        ]);
        figures
    }

    /// Appends one JSON object for each figure.
    pub(crate) fn append(&self, file: &str, scale: &str) {
        let mut text = String::new();
        for (name, value, unit) in self.figures() {
            let figure = json!({
                "name": name, "value": value, "unit": unit, "scale": scale, "at": Utc::now(),
            });
            let _ = writeln!(text, "{figure}");
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
}

fn line(death: &Death, entry: &RestartRow) -> String {
    let evidence: Vec<&str> = entry
        .evidence
        .iter()
        .map(|evidence| evidence.text.as_str())
        .collect();
    format!(
        "{} {} {}: {} taken for {} ({}, {}): {}",
        &death.container_id[..8],
        death.workload,
        death.ended_at,
        death.cause.name(),
        entry.cause.name(),
        entry.confidence.name(),
        entry.kind.name(),
        evidence.join("; ")
    )
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Of the wrong ones, so many are shown.
        const SHOWN: usize = 60;

        writeln!(f, "{}", self.ours.table())?;
        writeln!(
            f,
            "| cause | ends | precision | recall | F1 | {} |\n|---|---:|---:|---:|---:|{}",
            BASELINES
                .map(|baseline| format!("F1 of {}", baseline.name))
                .join(" | "),
            "---:|".repeat(BASELINES.len())
        )?;
        for cause in self.ours.causes() {
            let others: Vec<String> = self
                .baselines
                .iter()
                .map(|confusion| format!("{:.4}", confusion.f1(cause)))
                .collect();
            writeln!(
                f,
                "| {cause} | {} | {:.4} | {:.4} | {:.4} | {} |",
                self.ours.of(cause),
                self.ours.precision(cause),
                self.ours.recall(cause),
                self.ours.f1(cause),
                others.join(" | ")
            )?;
        }
        writeln!(f)?;
        for (name, value, unit) in self.figures() {
            writeln!(f, "{name:<44} {value:.4} {unit}")?;
        }
        for baseline in BASELINES {
            writeln!(f, "baseline {}: {}", baseline.name, baseline.about)?;
        }
        writeln!(
            f,
            "events were not seen for {:.3} % of the time; {} ends were lost in it, {} entries in it have no end",
            100.0 * self.unseen_s as f64 / self.watched_s.max(1) as f64,
            self.lost_unseen,
            self.invented_unseen
        )?;
        writeln!(f, "false leak alarms: {:?}", self.answers.alarms)?;
        for line in self.wrong_confirmed.iter().take(SHOWN) {
            writeln!(f, "WRONG AND CONFIRMED {line}")?;
        }
        for line in self.wrong.iter().take(SHOWN) {
            writeln!(f, "wrong: {line}")?;
        }
        writeln!(f, "{} wrong that were not confirmed", self.wrong.len())
    }
}
