//! Whether a run's memory or tasks grow without end, and when that meets the limit.
//!
//! A [`Course`] is one run's series over its age. [`Growth`] judges it: growing, flat, or unknown, with the reason. [`Forecast`] says when
//! a growing one reaches its limit, as a range; [`backtest`] asks the same of past runs, whose end is known, and widens the range until
//! it would have held. [`cost`] tells how much of the growth of memory the growth of tasks explains.

pub mod backtest;
pub mod cost;
mod course;
mod forecast;
mod growth;

pub use course::{Course, Reading};
pub use forecast::Forecast;
pub use growth::{Growing, Growth, NotGrowing, Scale, TooLittle};

#[cfg(test)]
mod shapes;
