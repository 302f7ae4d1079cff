//! The place of a workload in lists: the most urgent first.

use std::cmp::Reverse;

use domain::view::WorkloadRow;

use crate::store::cursor::Cursor;

/// Restarts of the last 10 min, 24 h, 30 d, then the name in the order of characters, then the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place<'a> {
    restarts: Reverse<[i64; 3]>,
    name: &'a str,
    id: i64,
}

impl<'a> Place<'a> {
    pub(super) fn of(row: &'a WorkloadRow) -> Self {
        let counts = row.restarts;
        Self {
            restarts: Reverse([counts.last_10m, counts.last_24h, counts.last_30d].map(i64::from)),
            name: &row.name,
            id: row.id.0,
        }
    }

    /// Where a page ended. Of a workload that is gone by now the name is not known: rather tell some twice than leave some out.
    pub(super) fn after(
        Cursor([last_10m, last_24h, last_30d, id]): Cursor<4>,
        rows: &'a [WorkloadRow],
    ) -> Self {
        let row = rows.iter().find(|row| row.id.0 == id);
        Self {
            restarts: Reverse([last_10m, last_24h, last_30d]),
            name: row.map_or("", |row| &row.name),
            id,
        }
    }

    pub(super) fn cursor(self) -> String {
        let Reverse([last_10m, last_24h, last_30d]) = self.restarts;
        Cursor([last_10m, last_24h, last_30d, self.id]).encode()
    }
}
