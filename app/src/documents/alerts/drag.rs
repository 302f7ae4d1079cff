//! What the line of a threshold can be dragged to: the module `rule.js` turns pixels into numbers and writes them with a unit, and knows
//! nothing else of what they mean.

use domain::{
    alert::{Quantity, Side, Threshold},
    metric::Unit,
};

use crate::chart::scale::ValueScale;

/// Steps between zero and the top of a plot, at most: more than it has pixels nobody can tell apart.
const STEPS: f64 = 200.0;
/// Sizes of units of bytes, the largest first.
const BYTES: [(&str, f64); 4] = [
    (" GiB", (1_u64 << 30) as f64),
    (" MiB", (1_u64 << 20) as f64),
    (" KiB", 1024.0),
    (" B", 1.0),
];

/// How a plot's height is read as the text of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grip {
    /// What is written behind the number.
    pub(super) unit: &'static str,
    /// How much one of the unit is.
    size: f64,
    /// Numbers are multiples of this, in the unit.
    pub(super) step: f64,
    /// The number at the top of the plot, in the unit.
    pub(super) top: f64,
}

impl Grip {
    /// The grip of a plot whose top is that of `scale`; `None` for what is not drawn.
    pub(super) fn new(quantity: Quantity, scale: ValueScale) -> Option<Self> {
        let of = |unit, size: f64, step| Self {
            unit,
            size,
            step,
            top: scale.max() / size,
        };
        Some(match quantity {
            Quantity::Ratio => of("%", 0.01, 1.0),
            Quantity::Count => of("", 1.0, nice(scale.max() / STEPS)),
            Quantity::Bytes => {
                let (unit, size) = BYTES
                    .into_iter()
                    .find(|(_, size)| scale.max() >= size * STEPS / 2.0)
                    .unwrap_or((" B", 1.0));
                // A power of two, as limits are.
                let step = 2_f64.powf((scale.max() / size / STEPS).log2().ceil());
                of(unit, size, step.max(1.0))
            }
            Quantity::BytesPerHour | Quantity::CountPerHour | Quantity::Seconds => return None,
        })
    }

    /// A value in the unit, with no more digits than anybody set.
    pub(super) fn number(self, value: f64) -> String {
        let number = (value / self.size * 1e4).round() / 1e4;
        format!("{number}")
    }
}

/// The field of the form that a threshold comes from, and what its line is called.
pub(super) const fn field(threshold: &Threshold) -> (&'static str, &'static str) {
    match threshold.side {
        Side::Above => ("above", "at least"),
        Side::Below => ("below", "at most"),
    }
}

/// What a threshold's clear line is called.
pub(super) const fn clear_words(threshold: &Threshold) -> &'static str {
    match threshold.side {
        Side::Above => "clears below",
        Side::Below => "clears above",
    }
}

/// The least value at the top of a plot: all of a limit is shown even when nobody came near it.
pub(super) const fn least_top(unit: Unit) -> f64 {
    match unit {
        Unit::Ratio => 1.0,
        Unit::Bytes | Unit::Count => 0.0,
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that is at least `least`, and at least 1.
fn nice(least: f64) -> f64 {
    let mut step = 1.0;
    loop {
        for times in [1.0, 2.0, 5.0] {
            if step * times >= least {
                return step * times;
            }
        }
        step *= 10.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: f64 = (1_u64 << 20) as f64;

    #[test]
    fn steps_are_round_and_not_finer_than_pixels() {
        for (quantity, highest, unit, step) in [
            (Quantity::Ratio, 1.0, "%", 1.0),
            (Quantity::Count, 22.0, "", 1.0),
            (Quantity::Count, 41_203.0, "", 500.0),
            (Quantity::Bytes, 512.0 * MIB, " MiB", 4.0),
            (Quantity::Bytes, 160.0 * 1_024.0 * MIB, " GiB", 1.0),
            (Quantity::Bytes, 3.0, " B", 1.0),
        ] {
            let grip = Grip::new(quantity, ValueScale::new(highest)).expect("is drawn");
            assert_eq!((grip.unit, grip.step), (unit, step), "{highest}");
            assert!(grip.top / grip.step <= STEPS, "{grip:?}");
            // Whatever is written can be read.
            let text = format!("{}{}", grip.step, grip.unit);
            assert!(quantity.parse(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_not_drawn_cannot_be_dragged() {
        let hour = ValueScale::new(3_600.0);
        assert_eq!(Grip::new(Quantity::Seconds, hour), None);
    }
}
