//! One file for each group of figures.

pub(crate) mod busy;
pub(crate) mod charts;
pub(crate) mod overview;
pub(crate) mod sizes;
