//! The geometry of the charts: times and values in, path data and markup out.
//!
//! Nothing here knows of Leptos, the browser or a clock, so the server, the browser and an exported file draw the very same
//! picture, and every rule is a plain test.
//!
//! Charts are free of width: x is a percentage of a plot of unknown width, y is in pixels. Paths lie in a nested view box of
//! [`scale::WIDTH`] by [`scale::HEIGHT`] units that is stretched to the plot.
//!
//! What is never done: a gap is not bridged and not drawn as zero, an extreme is not averaged away, the end of a run is not
//! joined to the start of the next.

pub mod bands;
pub mod calendar;
pub mod coverage;
pub mod lane;
pub mod levels;
pub mod markers;
pub mod order;
pub mod path;
pub mod plot;
pub mod range;
pub mod scale;
pub mod segments;
pub mod series;
pub mod svg;
pub mod ticks;

#[cfg(test)]
mod tests;
