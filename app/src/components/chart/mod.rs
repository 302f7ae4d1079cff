//! The Leptos side of the charts.
