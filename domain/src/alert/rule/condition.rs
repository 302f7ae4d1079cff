//! What a rule is about, as fields.

use chrono::TimeDelta;

use super::written::within;
use crate::alert::{
    condition::{Causes, Condition, Happening, Pick, Side, Signal, Threshold},
    fields::{Fields, Reader},
    quantity::{Quantity, duration_text},
};

/// As many restarts are not worth counting.
const LONGEST_WINDOW: TimeDelta = TimeDelta::days(30);
const SHORTEST_WINDOW: TimeDelta = TimeDelta::minutes(1);

/// What `when` may be, in the order in which it is offered.
pub(super) const WHEN: [(&str, &str); 14] = [
    ("memory_ratio", "memory, as a share of the limit"),
    ("memory_working_set_bytes", "memory in bytes"),
    ("tasks", "goroutines, tasks or threads"),
    ("memory_growth", "growth of memory per hour"),
    ("task_growth", "growth of the task count per hour"),
    ("time_to_limit", "time until memory meets its limit"),
    ("restarts", "restarts in a window"),
    ("each_restart", "every restart"),
    (
        "child_out_of_memory",
        "a process killed for memory while its container lived",
    ),
    ("new_panic", "a crash with a fault not seen before"),
    ("incident_opened", "an incident is opened"),
    ("fix_failed", "a fix did not hold"),
    ("source_unreachable", "a source does not answer"),
    ("coverage_lost", "something is not seen"),
];

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Condition> {
    let when = reader.required("when", "memory_ratio", |text| {
        WHEN.iter()
            .map(|(name, _)| *name)
            .find(|name| *name == text)
            .ok_or_else(|| {
                let known: Vec<&str> = WHEN.iter().map(|(name, _)| *name).collect();
                format!(
                    "`{text}` is nothing that can be looked at; known are {}",
                    known.join(", ")
                )
            })
    });
    // Whatever it looks at: a field that means nothing there is told as such, not as one that no rule has.
    for field in ["above", "below", "clear"] {
        reader.known(field);
    }
    let causes = reader.list("causes", Causes::read);
    let causes = Causes::of(causes.into_iter().flatten());
    let window = reader.optional("window", within(SHORTEST_WINDOW, LONGEST_WINDOW));
    let pick = reader.or("pick", Pick::Extreme, |text| match text {
        "max" => Ok(Pick::Extreme),
        "last" => Ok(Pick::Last),
        "avg" | "average" | "mean" => Err(format!("`{text}` hides spikes; use max or last")),
        _ => Err(format!("`{text}` is neither max nor last")),
    });
    let when = when?;
    for (field, wanted) in [
        ("causes", matches!(when, "restarts" | "each_restart")),
        ("window", when == "restarts"),
        (
            "pick",
            matches!(when, "memory_ratio" | "memory_working_set_bytes" | "tasks"),
        ),
    ] {
        if !wanted && reader.has(field) {
            reader.wrong(field, format!("means nothing for {when}; leave it out"));
        }
    }
    let signal = match when {
        "memory_ratio" => Signal::MemoryRatio(pick),
        "memory_working_set_bytes" => Signal::MemoryWorkingSetBytes(pick),
        "tasks" => Signal::Tasks(pick),
        "memory_growth" => Signal::MemoryGrowth,
        "task_growth" => Signal::TaskGrowth,
        "time_to_limit" => Signal::TimeToLimit,
        "restarts" => {
            let Some(window) = window else {
                if !reader.has("window") {
                    reader.wrong(
                        "window",
                        "is missing; write for example 10m, 1h, 24h or 30d",
                    );
                }
                return None;
            };
            Signal::Restarts {
                causes,
                window_s: window.num_seconds(),
            }
        }
        "source_unreachable" => Signal::SourceUnreachable,
        "coverage_lost" => Signal::CoverageLost,
        momentary => {
            no_threshold(reader);
            return Some(Condition::Happens(match momentary {
                "each_restart" => Happening::Restart(causes),
                "child_out_of_memory" => Happening::ChildOutOfMemory,
                "new_panic" => Happening::NewPanic,
                "incident_opened" => Happening::IncidentOpened,
                _ => Happening::FixFailed,
            }));
        }
    };
    if signal.is_of_source() {
        no_threshold(reader);
        return Some(Condition::Threshold(Threshold {
            signal,
            side: Side::Above,
            raise: 1.0,
            clear: 1.0,
        }));
    }
    read_threshold(reader, signal).map(Condition::Threshold)
}

/// Says that the fields of a threshold mean nothing where there is none.
fn no_threshold(reader: &mut Reader<'_>) {
    for field in ["above", "below", "clear"] {
        if reader.has(field) {
            reader.wrong(
                field,
                "means nothing here: this condition has no threshold; leave it out",
            );
        }
    }
}

fn read_threshold(reader: &mut Reader<'_>, signal: Signal) -> Option<Threshold> {
    let quantity = signal.quantity();
    let example = match quantity {
        Quantity::Ratio => "90%",
        Quantity::Bytes | Quantity::BytesPerHour => "512 MiB",
        Quantity::Count | Quantity::CountPerHour => "5",
        Quantity::Seconds => "30m",
    };
    let below = matches!(signal, Signal::TimeToLimit);
    let read = |text: &str| quantity.parse(text);
    let (above, under) = (reader.has("above"), reader.has("below"));
    let (raise_above, raise_below) = (
        reader.optional("above", read),
        reader.optional("below", read),
    );
    let clear = reader.optional("clear", read);
    let side = match (above, under) {
        (true, true) => {
            reader.wrong("below", "is set as well as above; keep one of them");
            return None;
        }
        (true, false) if below => {
            reader.wrong("above", "makes no sense for a time to the limit, which is of interest when it is short; use below");
            return None;
        }
        (true, false) => Side::Above,
        (false, true) => Side::Below,
        (false, false) => {
            let field = if below { "below" } else { "above" };
            reader.wrong(field, format!("is missing; write for example {example}"));
            return None;
        }
    };
    let raise = raise_above.or(raise_below)?;
    if matches!(signal, Signal::Restarts { .. }) && (side == Side::Below || raise.fract() != 0.0) {
        let field = if side == Side::Below {
            "below"
        } else {
            "above"
        };
        reader.wrong(
            field,
            "makes no sense for restarts; use above with a whole number, for example above = 5",
        );
        return None;
    }
    let clear = clear.unwrap_or(raise);
    let backwards = match side {
        Side::Above => clear > raise,
        Side::Below => clear < raise,
    };
    if backwards {
        let (which, than) = match side {
            Side::Above => ("above", "above"),
            Side::Below => ("below", "below"),
        };
        reader.wrong(
            "clear",
            format!(
                "lies {which} the threshold itself, so the alert would end {than} it; use {} or {}",
                quantity.write(raise),
                match side {
                    Side::Above => "less",
                    Side::Below => "more",
                }
            ),
        );
        return None;
    }
    Some(Threshold {
        signal,
        side,
        raise,
        clear,
    })
}

pub(super) fn write(condition: &Condition, fields: &mut Fields) {
    let threshold = match condition {
        Condition::Threshold(threshold) => threshold,
        Condition::Happens(happening) => {
            let when = match happening {
                Happening::Restart(causes) => {
                    fields.set_some("causes", causes.written());
                    "each_restart"
                }
                Happening::ChildOutOfMemory => "child_out_of_memory",
                Happening::NewPanic => "new_panic",
                Happening::IncidentOpened => "incident_opened",
                Happening::FixFailed => "fix_failed",
            };
            fields.set("when", when);
            return;
        }
    };
    let (when, pick) = match &threshold.signal {
        Signal::MemoryRatio(pick) => ("memory_ratio", Some(*pick)),
        Signal::MemoryWorkingSetBytes(pick) => ("memory_working_set_bytes", Some(*pick)),
        Signal::Tasks(pick) => ("tasks", Some(*pick)),
        Signal::MemoryGrowth => ("memory_growth", None),
        Signal::TaskGrowth => ("task_growth", None),
        Signal::TimeToLimit => ("time_to_limit", None),
        Signal::Restarts { causes, window_s } => {
            fields.set_some("causes", causes.written());
            fields.set("window", duration_text(TimeDelta::seconds(*window_s)));
            ("restarts", None)
        }
        Signal::SourceUnreachable => ("source_unreachable", None),
        Signal::CoverageLost => ("coverage_lost", None),
    };
    fields.set("when", when);
    if pick == Some(Pick::Last) {
        fields.set("pick", "last");
    }
    if threshold.signal.is_of_source() {
        return;
    }
    let quantity = threshold.signal.quantity();
    let side = match threshold.side {
        Side::Above => "above",
        Side::Below => "below",
    };
    fields.set(side, quantity.write(threshold.raise));
    if (threshold.clear - threshold.raise).abs() > f64::EPSILON {
        fields.set("clear", quantity.write(threshold.clear));
    }
}
