//! One chart of the stack.

use domain::metric::Unit;
use leptos::prelude::*;

use super::ChartSync;
use crate::{
    chart::plot::{Frame, Plot},
    erase::{Content, Erase},
    format::{bytes_precise, clock, count, percent},
};

/// A metric over time with its title, its key and the value under the crosshair; without a crosshair, the newest.
#[component]
pub fn TimeSeriesChart(
    /// The title.
    title: String,
    /// What is seen, in a sentence, for those who cannot see it.
    summary: String,
    /// What to draw.
    plot: Plot,
    /// The axis and what happened on it.
    frame: Frame,
    /// Name of the value when two are read off: `working set`.
    #[prop(optional)]
    name: &'static str,
    /// Name of what is stacked on top: `cache`.
    #[prop(optional)]
    stacked_name: &'static str,
    /// Say the time beside the values; one chart of a stack does.
    #[prop(optional)]
    says_time: bool,
    /// The key.
    children: Content,
) -> impl IntoView {
    let sync = expect_context::<ChartSync>();
    let drawing = plot.render(&frame);
    let height = plot.outer_height();
    let label = format!("{title}. {summary}");
    let read = move || {
        let at = sync.hover.get();
        let (value, stacked) = plot.read(at);
        let time = at.filter(|_| says_time).map(clock);
        let write = |value: Option<f64>| {
            value.map_or_else(|| "not seen".to_owned(), |v| in_unit(plot.unit, v))
        };
        let second = stacked.filter(|_| !stacked_name.is_empty()).map(|bucket| {
            view! {
                <span>{stacked_name}" "</span>
                <b>{write(Some(bucket.last))}</b>
            }
        });
        view! {
            <span>{time}" "{name}" "</span>
            <b>{write(value.map(|bucket| if at.is_some() { bucket.max } else { bucket.last }))}</b>
            " "
            {second}
        }
    };
    view! {
        <figure class="chart">
            <figcaption class="chart-h">
                <h3>{title}</h3>
                {children.build()}
                <span class="read">{read}</span>
            </figcaption>
            <svg class="plot" width="100%" height=height role="img" aria-label=label inner_html=drawing></svg>
        </figure>
    }
    .erase()
}

/// A value as it is read off a chart.
pub(super) fn in_unit(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Bytes => bytes_precise(value),
        Unit::Ratio => percent(value),
        Unit::Count => count(value),
    }
}
