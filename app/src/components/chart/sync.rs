//! What the charts of a page share: the time under the pointer, the stretch being dragged, and the way to another range.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::brush::Hold;
use crate::chart::{range::RangeQuery, scale::TimeScale};

/// The shared crosshair, and what the pointer has hold of. Times, not places: every chart knows where they are.
///
/// Made by the page, above what is replaced when new data arrive, so that a crosshair or a drag survives a refetch.
#[derive(Debug, Clone, Copy)]
pub struct ChartSync {
    /// The time under the pointer, milliseconds since the epoch.
    pub hover: RwSignal<Option<i64>>,
    /// The stretch of time being dragged over: where it began and where it is.
    pub dragged: RwSignal<Option<(i64, i64)>>,
    /// Where on the screen and on the time axis the charts were pressed.
    pub(super) pressed: StoredValue<Option<(i32, i64)>>,
    /// What a press took hold of in the long strip.
    pub(super) held: StoredValue<Option<Hold>>,
    /// The window of the long strip, where it was moved to.
    pub(super) moved: RwSignal<Option<TimeScale>>,
}

impl ChartSync {
    /// A crosshair that is nowhere.
    pub fn new() -> Self {
        Self {
            hover: RwSignal::new(None),
            dragged: RwSignal::new(None),
            pressed: StoredValue::new(None),
            held: StoredValue::new(None),
            moved: RwSignal::new(None),
        }
    }

    /// Takes the crosshair and any unfinished drag away.
    pub fn clear(&self) {
        self.hover.set(None);
        self.dragged.set(None);
    }
}

impl Default for ChartSync {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows another range: the URL changes, the page follows.
#[derive(Debug, Clone, Copy)]
pub struct ShowRange(Callback<RangeQuery>);

impl ShowRange {
    /// A way to change the range of the present page. Steps can be undone with the browser's back button.
    pub fn new() -> Self {
        let navigate = use_navigate();
        Self(Callback::new(move |range: RangeQuery| {
            let options = NavigateOptions {
                scroll: false,
                ..NavigateOptions::default()
            };
            let path = window().location().pathname().unwrap_or_default();
            navigate(&format!("{path}{}", range.to_query()), options);
        }))
    }

    /// Shows `range`.
    pub fn run(&self, range: RangeQuery) {
        self.0.run(range);
    }
}

impl Default for ShowRange {
    fn default() -> Self {
        Self::new()
    }
}
