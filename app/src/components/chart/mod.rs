//! Charts that share one time axis: a stack with one crosshair, a lane of events, the strip they are a window of.
//!
//! Everything is drawn by [`crate::chart`] on the server and again, identically, in the browser. Without JavaScript the picture is
//! complete and the range is changed by links; with it there are a crosshair, zooming by dragging, and keys.

pub mod brush;
pub mod controls;
pub mod lane;
pub mod legend;
pub mod plot;
pub mod stack;
pub mod sync;
pub mod twin;

pub use brush::OverviewBrush;
pub use controls::RangeControls;
pub use lane::EventLane;
pub use legend::{CoverageLegend, Key, Swatch};
pub use plot::TimeSeriesChart;
pub use stack::ChartStack;
pub use sync::{ChartSync, ShowRange};
pub use twin::DataTwin;
