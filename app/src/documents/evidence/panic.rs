//! What the program said of its own end, and how often it has said that.

use domain::view::PanicDetail;
use leptos::prelude::*;

use super::words;
use crate::{documents::address::address, erase::Erase};

/// Functions of the stack that are shown before the others unfold.
const SHOWN: usize = 8;

/// A panic with its group.
#[component]
pub fn PanicBlock(
    /// What was found in the log.
    panic: PanicDetail,
) -> impl IntoView {
    let PanicDetail { group, frames, .. } = panic;
    let place = |frame: &domain::panic::Frame| {
        let file = frame.file.as_deref()?;
        let line = frame
            .line
            .map(|line| format!(":{line}"))
            .unwrap_or_default();
        Some(format!("{file}{line}"))
    };
    let items = |frames: &[domain::panic::Frame]| {
        frames
            .iter()
            .map(|frame| {
                let class = if frame.in_app { "own" } else { "" };
                view! {
                    <li class=class>
                        <code>{frame.function.clone()}</code>
                        " "
                        <span class="mut">{place(frame)}</span>
                    </li>
                }
            })
            .collect_view()
    };
    let (first, rest) = frames.split_at(frames.len().min(SHOWN));
    let more = (!rest.is_empty()).then(|| {
        view! {
            <details class="why">
                <summary>{words::plural(rest.len(), "more frame")}</summary>
                <ol class="frames" start=SHOWN + 1>{items(rest)}</ol>
            </details>
        }
    });
    let back = words::came_back(&group);
    view! {
        <section class="sect" aria-labelledby="panic">
            <div class="sect-h">
                <h2 id="panic">"What it said"</h2>
                <p>
                    {words::seen(&group)}
                    " "
                    <a href=address(format!("/api/v1/panics?fingerprint={}", group.fingerprint)) rel="external">
                        <code>{group.fingerprint.clone()}</code>
                    </a>
                </p>
            </div>
            <p class="say">
                <b>{group.kind.clone()}</b>
                ": "
                {group.message.clone()}
            </p>
            <p class="ink2">{back}</p>
            <ol class="frames">{items(first)}</ol>
            {more}
        </section>
    }
    .erase()
}
