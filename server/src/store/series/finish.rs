//! What samples become when they are sealed or merged: a chunk, its five-minute rollups, and its hours.

use super::{
    chunk::{ChunkRow, Tier},
    codec::CodecError,
    point::{Point, sort_and_dedupe},
    roll::{self, Bucket, RollColumns},
    time::HOUR,
};

/// All samples of one container in the time of one chunk.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) container_id: i64,
    pub(super) start_ms: i64,
    pub(super) tier: Tier,
    /// In any order. Of two at one moment the later in this list counts.
    pub(super) points: Vec<Point>,
}

/// The same, ready to be written.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) tier: Tier,
    pub(super) samples: usize,
    pub(super) chunk: ChunkRow,
    pub(super) rolled: RollColumns,
    pub(super) hours: Vec<Bucket>,
}

impl Window {
    /// Encodes the samples, with those that are stored already: of two at one moment the stored one gives way.
    pub(super) fn finish(self, stored: &[ChunkRow]) -> Result<Finished, CodecError> {
        let mut points = Vec::new();
        for row in stored {
            points.append(&mut row.decode()?);
        }
        if points.is_empty() {
            points = self.points;
        } else {
            points.extend(self.points);
        }
        sort_and_dedupe(&mut points);
        let length_ms = self.tier.length_ms();
        Ok(Finished {
            tier: self.tier,
            samples: points.len(),
            chunk: ChunkRow::encode(self.container_id, self.start_ms, length_ms, &points),
            rolled: roll::encode(self.start_ms, length_ms, &points),
            hours: roll::roll(&points, HOUR).collect(),
        })
    }
}
