//! Functions of a stack, the innermost first.

use domain::panic::Frame;
use leptos::prelude::*;

use super::words;
use crate::erase::Erase;

/// Functions that are shown before the others unfold.
const SHOWN: usize = 8;

/// All of a stack, what is long of it folded.
#[component]
pub fn Frames(
    /// The innermost first.
    frames: Vec<Frame>,
) -> impl IntoView {
    let (first, rest) = frames.split_at(frames.len().min(SHOWN));
    let more = (!rest.is_empty()).then(|| {
        view! {
            <details class="why">
                <summary>{words::plural(rest.len(), "more frame")}</summary>
                <ol class="frames" start=SHOWN + 1>{items(rest)}</ol>
            </details>
        }
    });
    view! {
        <ol class="frames">{items(first)}</ol>
        {more}
    }
    .erase()
}

fn items(frames: &[Frame]) -> impl IntoView + use<> {
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
}

/// `/src/cart.go:88`; `None` where no file was told.
pub fn place(frame: &Frame) -> Option<String> {
    let file = frame.file.as_deref()?;
    let line = frame
        .line
        .map(|line| format!(":{line}"))
        .unwrap_or_default();
    Some(format!("{file}{line}"))
}
