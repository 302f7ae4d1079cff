//! What the goroutines of a program were doing before it ended, and which of them had become more: the code that leaks.

use domain::{
    Timestamp,
    profile::{Grown, Growth},
};
use leptos::prelude::*;

use super::{Frames, frames::place, words};
use crate::{components::ShareBar, erase::Erase, format::count};

/// Stacks that are shown; the others are counted.
const SHOWN: usize = 6;

/// Goroutines by where they are.
#[component]
pub fn Goroutines(
    /// Before the end, beside the first look.
    growth: Growth,
    /// When the run ended.
    ended_at: Timestamp,
) -> impl IntoView {
    let total = growth.last_total.max(1);
    let compared = growth.first_at.is_some();
    let said = words::piled_up(&growth);
    let looked = words::looked(&growth, ended_at);
    let (shown, rest) = growth.stacks.split_at(growth.stacks.len().min(SHOWN));
    let others = growth.others() + rest.iter().map(|stack| stack.last).sum::<u64>();
    let others = (others > 0).then(|| {
        let text = format!("{} more are elsewhere.", count(others as f64));
        view! { <p class="mut">{text}</p> }
    });
    let rows = shown
        .iter()
        .map(|stack| row(stack, total, compared))
        .collect_view();
    let at_first = compared.then(|| {
        view! {
            <th scope="col" class="num">
                "At first"
            </th>
        }
    });
    view! {
        <section class="sect" aria-labelledby="goroutines">
            <div class="sect-h">
                <h2 id="goroutines">"What its goroutines were doing"</h2>
                <p>{looked}</p>
            </div>
            <p class="say">{said}</p>
            <div class="scroll mt4">
                <table class="plain sizes">
                    <thead>
                        <tr>
                            <th scope="col">"Where they are"</th>
                            {at_first}
                            <th scope="col" class="num">
                                "Before the end"
                            </th>
                            <th scope="col">"Of all"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {others}
        </section>
    }
    .erase()
}

fn row(stack: &Grown, total: u64, compared: bool) -> impl IntoView + use<> {
    let (function, file) = stack
        .place()
        .map(|frame| (frame.function.clone(), place(frame)))
        .unzip();
    let first = compared.then(|| {
        view! {
            <td class="num" data-l="at first">
                {count(stack.first as f64)}
            </td>
        }
    });
    view! {
        <tr>
            <th scope="row" class="what">
                <code>{function}</code>
                <span class="sub">{file}</span>
                <details class="why">
                    <summary>"Stack"</summary>
                    <Frames frames=stack.frames.clone() />
                </details>
            </th>
            {first}
            <td class="num" data-l="before the end">
                {count(stack.last as f64)}
            </td>
            <td class="share">
                <ShareBar share=stack.last as f64 / total as f64 />
            </td>
        </tr>
    }
}
