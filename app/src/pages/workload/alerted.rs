//! Alerts of the workload on its charts: when they fired, and at which values they do.

use serde::{Deserialize, Serialize};

use crate::chart::plot::Mark;

/// What the charts show of alerts. It is made where rules are known, so that the browser only has to show it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alerted {
    /// When they fired in the range.
    pub lane: Lane,
    /// Where rules begin to alert, in bytes.
    pub memory: Vec<Mark>,
    /// The same in tasks.
    pub tasks: Vec<Mark>,
}

/// A lane below the charts, drawn: all places are shares of its width. Empty when nothing fired.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// The content of its `<svg>`.
    pub svg: String,
    /// Its height in pixels.
    pub height: String,
    /// What its shapes mean.
    pub key: String,
    /// What is seen, in a sentence, for those who cannot see it.
    pub summary: String,
}

#[cfg(feature = "ssr")]
pub use server::load;

#[cfg(feature = "ssr")]
mod server {
    use domain::{
        alert::{Named, Rule, Side, Signal, Target},
        labels::Labels,
        view::{AlertSpan, RuleRow, WorkloadRow},
    };

    use super::{super::load::WorkloadPage, Alerted, Lane};
    use crate::{
        backend::{Backend, BackendError, Caller},
        chart::{
            plot::Mark,
            scale::TimeScale,
            svg::{Svg, percent, px},
        },
        format::{day_clock, duration_short},
    };

    /// Height of the row of a rule in pixels: its name, and under it the bars.
    const ROW: f64 = 32.0;
    /// Rules with a row of their own.
    const ROWS: usize = 6;
    /// The least width of a bar in per cent.
    const BAR: f64 = 0.15;
    /// A triangle of 12 pixels, as alerts have on their page.
    const FIRED: &str = "M6 1.2 11.4 10.8H.6Z";

    /// Alerts of the workload and the range of `page`; nothing where alerts are not looked at.
    pub async fn load(
        backend: &dyn Backend,
        caller: &Caller,
        page: &WorkloadPage,
    ) -> Result<Alerted, BackendError> {
        let Some(alerts) = backend.alerting() else {
            return Ok(Alerted::default());
        };
        let (row, labels) = (&page.detail.row, &page.detail.labels);
        let (spans, rules) = futures::try_join!(
            alerts.alert_spans(caller, row.id, page.range),
            alerts.rules(caller),
        )?;
        let (time, now_ms) = (TimeScale::from(page.range), page.at.timestamp_millis());
        Ok(Alerted {
            lane: lane(&spans, time, now_ms),
            memory: marks(&rules, (row, labels), |signal| match signal {
                // The limit is known where a share of it is.
                Signal::MemoryRatio(_) => row.memory.limit_bytes.map(|limit| limit as f64),
                Signal::MemoryWorkingSetBytes(_) => Some(1.0),
                _ => None,
            }),
            tasks: marks(&rules, (row, labels), |signal| {
                matches!(signal, Signal::Tasks(_)).then_some(1.0)
            }),
        })
    }

    /// Where rules that look at the workload begin to alert. `unit_of` says how much one of a signal is on the chart, if it is drawn there.
    fn marks(
        rules: &[RuleRow],
        (row, labels): (&WorkloadRow, &Labels),
        unit_of: impl Fn(&Signal) -> Option<f64>,
    ) -> Vec<Mark> {
        let target = Target {
            source: &row.source,
            workload: Some(Named {
                group: &row.group,
                name: &row.name,
                image: &row.image,
                labels,
            }),
        };
        let mut marks: Vec<Mark> = Vec::new();
        for rule in rules.iter().filter_map(|row| Rule::read(&row.fields).ok()) {
            let Some(threshold) = rule.condition.threshold() else {
                continue;
            };
            let Some(unit) = unit_of(&threshold.signal) else {
                continue;
            };
            if !rule.enabled || !rule.scope.covers(target) {
                continue;
            }
            let shown = threshold.signal.quantity().show(threshold.raise);
            let label = match threshold.side {
                Side::Above => format!("alert at {shown}"),
                Side::Below => format!("alert down to {shown}"),
            };
            if marks.iter().all(|mark| mark.label != label) {
                marks.push(Mark {
                    value: threshold.raise * unit,
                    label,
                });
            }
        }
        marks
    }

    /// One row for each rule, those that fired most often; `now_ms` ends what lasts.
    fn lane(spans: &[AlertSpan], time: TimeScale, now_ms: i64) -> Lane {
        let mut rules: Vec<(&str, Vec<&AlertSpan>)> = Vec::new();
        for span in spans {
            match rules.iter_mut().find(|(name, _)| *name == span.rule_name) {
                Some((_, of_rule)) => of_rule.push(span),
                None => rules.push((&span.rule_name, vec![span])),
            }
        }
        if rules.is_empty() {
            return Lane::default();
        }
        rules.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(b.0)));
        let left_out = rules.len().saturating_sub(ROWS);
        rules.truncate(ROWS);
        let mut svg = Svg::default();
        for (row, (name, spans)) in rules.iter().enumerate() {
            let top = row as f64 * ROW;
            svg.horizontal("grid", top + 22.0);
            for span in spans {
                bar(&mut svg, span, time, now_ms, top);
            }
            let place = [("class", "lab halo"), ("x", "0"), ("y", &px(top + 11.0))];
            svg.text(&place, name);
        }
        let summary: Vec<String> = rules
            .iter()
            .map(|(name, spans)| match spans.len() {
                1 => format!("{name} fired once"),
                count => format!("{name} fired {count} times"),
            })
            .collect();
        let more = match left_out {
            0 => String::new(),
            1 => "; one more rule fired".to_owned(),
            count => format!("; {count} more rules fired"),
        };
        Lane {
            svg: svg.finish(),
            height: px(rules.len() as f64 * ROW),
            key: format!("▲ fired, a bar while it lasted, hollow when nobody was told{more}"),
            summary: format!("Alerts: {}{more}.", summary.join(", ")),
        }
    }

    /// One alert as a link to where it is listed.
    fn bar(svg: &mut Svg, span: &AlertSpan, time: TimeScale, now_ms: i64, top: f64) {
        let from = span.from.timestamp_millis();
        let to = span.to.map_or(now_ms, |to| to.timestamp_millis());
        // What was over at once is drawn all the same.
        let Some((x, width)) = time.clip(from, to.max(from + 1)) else {
            return;
        };
        let lasted = duration_short((to - from).max(0));
        let label = match span.to {
            Some(_) => format!("{}, {}, lasted {lasted}", span.rule_name, day_clock(from)),
            None => format!("{}, fires since {}", span.rule_name, day_clock(from)),
        };
        let href = format!("/alerts#alert-{}", span.id);
        let class = if span.is_held_back {
            "alert held"
        } else {
            "alert"
        };
        let attributes = [("href", href.as_str()), ("aria-label", &label)];
        svg.group("a", &attributes, |svg| {
            svg.title(&label);
            svg.bar("hit", (x, width), top + 12.0, 20.0);
            svg.bar(class, (x, width.max(BAR)), top + 18.0, 8.0);
            if from >= time.start() {
                let (x, y) = (percent(x), px(top + 16.0));
                let place = [("x", x.as_str()), ("y", &y), ("overflow", "visible")];
                svg.group("svg", &place, |svg| {
                    let shape = [
                        ("class", class),
                        ("transform", "translate(-6 0)"),
                        ("d", FIRED),
                    ];
                    svg.element("path", &shape);
                });
            }
        });
    }

    #[cfg(test)]
    mod tests {
        use domain::ids::AlertId;

        use super::*;

        fn span(id: i64, rule: &str, from: i64, to: Option<i64>) -> AlertSpan {
            let at = |ms| chrono::DateTime::from_timestamp_millis(ms).expect("is one");
            AlertSpan {
                id: AlertId(id),
                rule_name: rule.to_owned(),
                from: at(from),
                to: to.map(at),
                is_held_back: false,
            }
        }

        #[test]
        fn every_alert_leads_to_where_it_is_listed() {
            let spans = [
                span(1, "Memory <close>", 100, Some(300)),
                span(2, "Out of memory", 200, Some(200)),
                span(3, "Memory <close>", 600, None),
            ];
            let lane = lane(&spans, TimeScale::new(0, 1_000), 1_000);
            assert_eq!(lane.svg.matches("<a href=\"/alerts#alert-").count(), 3);
            assert!(lane.svg.contains(r#"x="60%" width="40%""#), "{}", lane.svg);
            assert!(lane.svg.contains("Memory &lt;close&gt;"), "{}", lane.svg);
            assert_eq!(
                lane.summary,
                "Alerts: Memory <close> fired 2 times, Out of memory fired once."
            );
        }

        #[test]
        fn what_began_before_the_range_has_no_begin_in_it() {
            let spans = [span(1, "Memory", -500, Some(500))];
            let lane = lane(&spans, TimeScale::new(0, 1_000), 1_000);
            assert!(lane.svg.contains(r#"x="0%" width="50%""#), "{}", lane.svg);
            assert!(!lane.svg.contains(FIRED));
        }

        #[test]
        fn without_an_alert_there_is_no_lane() {
            assert_eq!(lane(&[], TimeScale::new(0, 1), 1), Lane::default());
        }
    }
}
