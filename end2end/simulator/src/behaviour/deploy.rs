//! A new version: the container is recreated under a new id.

use serde::Deserialize;

use super::{Acts, Life};
use crate::beat::{Beat, When};
use crate::happening::Happening;
use crate::quantity::{MILLISECOND, Nanos};

/// Is deployed at each beat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deploy {
    pub(crate) when: When,
    /// The tag it gets; `{n}` in it becomes the number of the life, so that repeated deploys differ.
    tag: String,
    /// Removed by force instead of stopped first.
    #[serde(default)]
    forced: bool,
}

impl Acts for Deploy {
    fn next(&self, beat: &Beat, life: &Life, after: Nanos) -> Option<(Nanos, Happening)> {
        // A deploy that came due while the container was down comes as soon as it is up.
        let missed = beat
            .next_after(life.down_since)
            .filter(|due| *due <= life.started_at && after <= life.started_at);
        let due = missed
            .map(|_| after + 100 * MILLISECOND)
            .or_else(|| beat.next_after(after))?;
        let tag = self.tag.replace("{n}", &life.number.to_string());
        Some((
            due,
            Happening::Deploy {
                tag,
                forced: self.forced,
            },
        ))
    }
}
