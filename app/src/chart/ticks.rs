//! Round numbers for the value axis: three to five of them, the unit written at the highest alone.

use domain::metric::Unit;

use crate::format::{NBSP, binary_unit, count, trimmed};

/// The most steps between zero and the highest tick.
const MAX_STEPS: f64 = 4.0;

/// A value with a grid line and a label.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where.
    pub value: f64,
    /// What is written there.
    pub label: String,
}

/// Ticks from zero up to at most `highest`, which is the limit where there is one.
pub fn values(unit: Unit, highest: f64) -> Vec<Tick> {
    let highest = if highest.is_finite() && highest > 0.0 {
        highest
    } else {
        1.0
    };
    match unit {
        Unit::Bytes => bytes(highest),
        Unit::Ratio => ratio(highest),
        Unit::Count => counts(highest),
    }
}

/// Powers of two: a limit of 512 MiB is divided at 128, 256 and 384.
fn bytes(highest: f64) -> Vec<Tick> {
    let step = 2f64
        .powi((highest / MAX_STEPS).log2().ceil() as i32)
        .max(1.0);
    let top = (highest / step).floor() * step;
    let (size, name) = binary_unit(top.max(1.0));
    ladder(step, highest, |value, is_top| {
        let number = trimmed(value / size);
        if is_top {
            format!("{number}{NBSP}{name}")
        } else {
            number
        }
    })
}

/// Halves of the limit. A ratio beyond it, as some engines allow for a moment, widens the steps.
fn ratio(highest: f64) -> Vec<Tick> {
    let step = if highest <= 2.0 {
        0.5
    } else {
        decimal_step(highest)
    };
    ladder(step, highest.max(1.0), |value, is_top| {
        let number = count(value * 100.0);
        if is_top {
            format!("{number}{NBSP}%")
        } else {
            number
        }
    })
}

/// 1, 2 or 5 times a power of ten; thousands as k, millions as M. A count is never divided below one.
fn counts(highest: f64) -> Vec<Tick> {
    let step = decimal_step(highest).max(1.0);
    let (size, name) = match step {
        s if s >= 1e6 => (1e6, "M"),
        s if s >= 1e3 => (1e3, "k"),
        _ => (1.0, ""),
    };
    ladder(step, highest, |value, _| {
        let number = count(value / size);
        if name.is_empty() || value == 0.0 {
            number
        } else {
            format!("{number}{NBSP}{name}")
        }
    })
}

/// The smallest of 1, 2 and 5 times a power of ten that needs no more than [`MAX_STEPS`] steps.
fn decimal_step(highest: f64) -> f64 {
    let least = highest / MAX_STEPS;
    let power = 10f64.powi(least.log10().floor() as i32);
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|&step| step >= least * (1.0 - 1e-9))
        .unwrap_or(power * 10.0)
}

fn ladder(step: f64, highest: f64, label: impl Fn(f64, bool) -> String) -> Vec<Tick> {
    let steps = (highest / step * (1.0 + 1e-9)).floor() as u32;
    (0..=steps)
        .map(|i| Tick {
            value: step * f64::from(i),
            label: label(step * f64::from(i), i == steps && i > 0),
        })
        .collect()
}
