//! Samples over time. How they move through the store:
//!
//! 1. [`Samples::append`] writes polls to `head_log`, which has a table for each two hours: what is committed is acknowledged. They are in
//!    memory too, for two hours.
//! 2. [`Samples::seal`] makes chunks of such a window in `chunk_2h`, with their rollups of five minutes, writes their hours to `roll_1h`,
//!    and drops the table.
//! 3. It also merges the chunks of a finished day into `chunk_1d` and `roll_5m`.
//! 4. What the last day of each container looked like is in memory in quarters of an hour, too: `Samples::last_day` draws from it.
//! 5. [`Samples::query`] answers from memory, chunks or rollups, whichever has the range at the step that is asked for.
//!
//! A sample is its container and its time in milliseconds: appending it again changes nothing, so a batch may be repeated.
//! One that comes late is merged with what is there; one that comes more than a week late is refused, and counted.

mod aggregate;
mod append;
mod beside;
mod chunk;
mod codec;
mod day;
mod due;
mod finish;
mod frame;
#[cfg(test)]
mod golden;
mod grid;
mod head;
#[cfg(test)]
mod hostile;
mod hours;
mod late;
mod merge;
mod numbers;
mod point;
mod raw;
mod read;
pub(super) mod readings;
mod roll;
mod rolled;
mod seal;
mod sparks;
mod stored;
mod stretch;
mod time;
mod trail;
mod varint;
mod version;
mod windows;
mod write;

use sqlx::PgPool;

pub use append::{Appended, Tick};
pub use codec::CodecError;
pub(super) use codec::{HEADER_BYTES, rows_of};
pub(super) use day::{Day, Lines};
pub(super) use head::Head;
pub(super) use late::Frontier;
pub(crate) use point::{columns, from_columns};
pub use seal::Sealed;
pub(crate) use trail::{Row, Trail};

/// Samples of all containers.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    pub(super) pool: &'a PgPool,
    pub(super) head: &'a Head,
    pub(super) day: &'a Day,
    pub(super) frontier: &'a Frontier,
}
