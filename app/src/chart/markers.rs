//! Events on the time axis, in rows; those too close to be told apart become one marker with a count.

use super::{order::by_time, scale::TimeScale};
use crate::format::span;

/// The rows of the event lane, from top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// The kernel killed a process for memory.
    OomKill,
    /// A run ended and another began.
    Restart,
    /// A profile was taken.
    Capture,
    /// The image or the settings changed.
    Deploy,
}

impl Row {
    /// Every row, from top to bottom.
    pub const ALL: [Self; 4] = [Self::OomKill, Self::Restart, Self::Capture, Self::Deploy];

    /// The row's name at the left of the lane.
    pub fn name(self) -> &'static str {
        match self {
            Self::OomKill => "OOM kill",
            Self::Restart => "restart",
            Self::Capture => "capture",
            Self::Deploy => "deploy",
        }
    }

    /// Path data of the row's glyph in a box of 12 by 12.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::OomKill => "M2 .6 6 4.6 10 .6 11.4 2 7.4 6l4 4L10 11.4l-4-4-4 4L.6 10l4-4-4-4Z",
            Self::Restart => "M6 1.2 11.4 10.8H.6Z",
            Self::Capture => "M6 1.6a4.4 4.4 0 1 1 0 8.8a4.4 4.4 0 1 1 0-8.8Z",
            Self::Deploy => "M6 .4 11.6 6 6 11.6.4 6Z",
        }
    }
}

/// A dated fact to be marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, milliseconds since the epoch.
    pub at: i64,
    /// In which row.
    pub row: Row,
    /// The class that colours it, by cause.
    pub tone: &'static str,
    /// What happened, as a sentence; read out and shown on hover.
    pub label: String,
    /// Where it is told in full.
    pub href: String,
}

/// One mark on the lane: an event, or several that stand too close.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    /// Place in per cent of the width.
    pub percent: f64,
    /// Its row.
    pub row: Row,
    /// The class that colours it: that of its events, or neutral if they differ.
    pub tone: &'static str,
    /// How many events it stands for.
    pub count: usize,
    /// The event's sentence, or how many there are and when.
    pub label: String,
    /// Where a single event is told in full; `None` for several.
    pub href: Option<String>,
    /// From its first event to its last.
    pub span: (i64, i64),
}

/// Class of a marker for events of differing causes.
pub const MIXED: &str = "c-none";

/// Places the visible events of one row. Events closer than `apart` per cent of the width to the first of a group join it.
pub fn place(events: &[Event], row: Row, time: TimeScale, apart: f64) -> Vec<Marker> {
    let mut visible: Vec<&Event> = events
        .iter()
        .filter(|e| e.row == row && time.contains(e.at))
        .collect();
    by_time(&mut visible, |e| e.at);
    let mut groups: Vec<Vec<&Event>> = Vec::new();
    for event in visible {
        match groups.last_mut() {
            Some(group) if time.percent(event.at) - time.percent(group[0].at) < apart => {
                group.push(event);
            }
            _ => groups.push(vec![event]),
        }
    }
    groups.iter().map(|group| marker(group, time)).collect()
}

fn marker(group: &[&Event], time: TimeScale) -> Marker {
    let (first, last) = (group[0], group[group.len() - 1]);
    let same = group.iter().all(|e| e.tone == first.tone);
    let label = if group.len() == 1 {
        first.label.clone()
    } else {
        format!("{} of them, {}", group.len(), span(first.at, last.at))
    };
    Marker {
        percent: f64::midpoint(time.percent(first.at), time.percent(last.at)),
        row: first.row,
        tone: if same { first.tone } else { MIXED },
        count: group.len(),
        label,
        href: (group.len() == 1).then(|| first.href.clone()),
        span: (first.at, last.at),
    }
}
