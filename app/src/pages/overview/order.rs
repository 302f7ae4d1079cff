//! The order of the rows, which holds still while somebody is at work in the table.

use std::cmp::Ordering;

use domain::{ids::WorkloadId, view::WorkloadRow};
use leptos::prelude::*;

use super::filter::Sort;

/// Puts rows, which come most urgent first, in the wanted order. Equals keep their places.
pub fn sort<T>(rows: &mut [T], by: Sort, row: &dyn Fn(&T) -> &WorkloadRow) {
    let ratio = |row: &WorkloadRow| row.memory.ratio.unwrap_or(-1.0);
    rows.sort_by(|a, b| {
        let (a, b) = (row(a), row(b));
        match by {
            Sort::Urgent => Ordering::Equal,
            Sort::Restarts => b.restarts.last_24h.cmp(&a.restarts.last_24h),
            Sort::Memory => ratio(b).total_cmp(&ratio(a)),
            Sort::Name => (&a.name, &a.group).cmp(&(&b.name, &b.group)),
        }
    });
}

/// Puts rows in the order they had before; new ones follow.
pub fn keep<T>(rows: &mut [T], before: &[WorkloadId], row: &dyn Fn(&T) -> &WorkloadRow) {
    let mut next = 0;
    for id in before {
        if let Some(at) = rows[next..].iter().position(|entry| row(entry).id == *id) {
            rows[next..=next + at].rotate_right(1);
            next += 1;
        }
    }
}

/// Remembers the order last shown, and whether it must hold.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    held: RwSignal<bool>,
    shown: StoredValue<(Sort, Vec<WorkloadId>)>,
}

/// Nothing is shown yet.
impl Default for Order {
    fn default() -> Self {
        Self {
            held: RwSignal::new(false),
            shown: StoredValue::default(),
        }
    }
}

impl Order {
    /// Holds the order, or lets it go.
    pub fn hold(self, held: bool) {
        self.held.set(held);
    }

    /// Puts the rows in order. A newly chosen order takes effect at once, held or not.
    pub fn arrange<T>(self, rows: &mut [T], by: Sort, row: &dyn Fn(&T) -> &WorkloadRow) {
        let held = self.held.get();
        self.shown.update_value(|(shown_by, before)| {
            if held && *shown_by == by {
                keep(rows, before, row);
            } else {
                sort(rows, by, row);
            }
            *shown_by = by;
            *before = rows.iter().map(|entry| row(entry).id).collect();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::overview::example::row;

    fn ids(rows: &[WorkloadRow]) -> Vec<i64> {
        rows.iter().map(|row| row.id.0).collect()
    }

    #[test]
    fn equals_keep_the_order_of_urgency() {
        let mut a = row(1, "b");
        let mut b = row(2, "a");
        let mut c = row(3, "c");
        a.restarts.last_24h = 1;
        b.restarts.last_24h = 1;
        c.memory.ratio = Some(0.5);
        let rows = [a, b, c];
        for (by, expected) in [
            (Sort::Urgent, [1, 2, 3]),
            (Sort::Restarts, [1, 2, 3]),
            (Sort::Memory, [3, 1, 2]),
            (Sort::Name, [2, 1, 3]),
        ] {
            let mut rows = rows.clone();
            sort(&mut rows, by, &|row| row);
            assert_eq!(ids(&rows), expected, "{by:?}");
        }
    }

    #[test]
    fn a_held_order_takes_new_rows_at_its_end() {
        let mut rows = [row(4, "new"), row(1, "a"), row(3, "c")];
        keep(
            &mut rows,
            &[WorkloadId(3), WorkloadId(2), WorkloadId(1)],
            &|row| row,
        );
        assert_eq!(ids(&rows), [3, 1, 4]);
    }
}
