//! The frame around charts of one time axis: pointer, keys, crosshair and zoom.

use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    prelude::*,
    svg,
};
use web_sys::Element;

use super::{ChartSync, ShowRange};
use crate::{
    chart::{
        range::{DEFAULT, RangeQuery, SHORTEST},
        scale::TimeScale,
        svg::percent,
    },
    erase::{Content, Erase},
    format::{clock, day_clock},
};

/// How far a pointer moves before a press becomes a drag, in pixels.
const DRAG_PIXELS: i32 = 4;
/// What one press of an arrow key moves the crosshair by, as a share of the range.
const STEP: f64 = 0.005;
/// What one press of plus or minus makes of the range.
const ZOOM: f64 = 0.5;
/// Width and height of the time at the foot of the crosshair, in pixels.
const FLAG: (f64, f64) = (64.0, 16.0);

/// Charts that share a time axis.
#[component]
pub fn ChartStack(
    /// The time axis.
    time: TimeScale,
    /// The longest range that can be zoomed out to.
    bounds: TimeScale,
    /// Ascending times of restarts, for the key that goes to the next one.
    restarts: Vec<i64>,
    /// The charts.
    children: Content,
) -> impl IntoView {
    let sync = expect_context::<ChartSync>();
    let show = expect_context::<ShowRange>();
    let overlay = NodeRef::<svg::Svg>::new();
    let pressed = sync.pressed;
    let pending = StoredValue::new(None::<i32>);

    let time_at = move |client_x: i32| {
        let rect = overlay.get_untracked()?.get_bounding_client_rect();
        let fraction = (f64::from(client_x) - rect.left()) / rect.width();
        fraction.is_finite().then(|| time.invert(fraction))
    };
    let follow = move |client_x: i32| {
        let Some(at) = time_at(client_x) else { return };
        sync.hover.set(Some(at));
        if let Some((from_x, from)) = pressed.get_value()
            && (client_x - from_x).abs() >= DRAG_PIXELS
        {
            sync.dragged.set(Some((from, at)));
        }
    };
    // At most one update per frame: the pointer reports far more often than the screen changes.
    let on_move = move |ev: PointerEvent| {
        if pending.get_value().is_none() {
            request_animation_frame(move || {
                if let Some(client_x) = pending.try_update_value(Option::take).flatten() {
                    follow(client_x);
                }
            });
        }
        pending.set_value(Some(ev.client_x()));
        if let Some((from_x, _)) = pressed.get_value()
            && (ev.client_x() - from_x).abs() >= DRAG_PIXELS
        {
            capture(&ev);
        }
    };
    let on_down = move |ev: PointerEvent| {
        if ev.button() == 0 {
            pressed.set_value(time_at(ev.client_x()).map(|at| (ev.client_x(), at)));
        }
    };
    let on_up = move |ev: PointerEvent| {
        // The last move may still wait for its frame.
        pending.set_value(None);
        follow(ev.client_x());
        pressed.set_value(None);
        if let Some((a, b)) = sync.dragged.get_untracked() {
            sync.clear();
            let chosen = TimeScale::new(a.min(b), a.max(b));
            if chosen.span() >= SHORTEST {
                show.run(RangeQuery::Fixed(chosen));
            }
        }
    };
    let on_leave = move |_| {
        if pressed.get_value().is_none() {
            sync.hover.set(None);
        }
    };
    let on_cancel = move |_| {
        pressed.set_value(None);
        sync.clear();
    };

    let zoom = move |factor: f64| {
        let centre = sync.hover.get_untracked().unwrap_or(time.invert(0.5));
        let zoomed = time.zoomed(centre, factor);
        if zoomed.span() >= SHORTEST {
            show.run(RangeQuery::Fixed(zoomed.within(bounds)));
        }
    };
    let step = move |share: f64| {
        let from = sync.hover.get_untracked().unwrap_or(time.invert(0.5));
        sync.hover
            .set(Some(time.invert(time.fraction(from) + share)));
    };
    let next_restart = move || {
        let from = sync.hover.get_untracked().unwrap_or(i64::MIN);
        let next = restarts.iter().find(|&&at| at > from && time.contains(at));
        sync.hover.set(
            next.or_else(|| restarts.iter().find(|&&at| time.contains(at)))
                .copied(),
        );
    };
    let on_key = move |ev: KeyboardEvent| {
        if ev.ctrl_key() || ev.meta_key() || ev.alt_key() {
            return;
        }
        match ev.key().as_str() {
            "ArrowLeft" if ev.shift_key() => show.run(RangeQuery::Fixed(time.shifted(-ZOOM))),
            "ArrowRight" if ev.shift_key() => {
                show.run(RangeQuery::Fixed(time.shifted(ZOOM).within(bounds)));
            }
            "ArrowLeft" => step(-STEP),
            "ArrowRight" => step(STEP),
            "r" | "R" => next_restart(),
            "+" | "=" => zoom(ZOOM),
            "-" => zoom(1.0 / ZOOM),
            "Escape" if sync.hover.get_untracked().is_some() => sync.clear(),
            "Escape" => show.run(DEFAULT),
            _ => return,
        }
        ev.prevent_default();
    };

    view! {
        <div
            class="stack"
            tabindex="0"
            role="group"
            aria-label="Charts on one time axis. Arrow keys move the crosshair, with Shift the range; R goes to the next restart; plus and minus zoom; Escape resets."
            on:pointermove=on_move
            on:pointerdown=on_down
            on:pointerup=on_up
            on:pointerleave=on_leave
            on:pointercancel=on_cancel
            on:keydown=on_key
        >
            {children.build()}
            <svg class="cross no-print" aria-hidden="true" node_ref=overlay>
                {move || sync.dragged.get().map(|span| selection(time, span))}
                {move || sync.hover.get().filter(|at| time.contains(*at)).map(|at| hair(time, at))}
            </svg>
            <p class="vh" aria-live="polite">
                {move || sync.hover.get().map(day_clock)}
            </p>
        </div>
    }
    .erase()
}

/// Keeps the pointer's events coming while it leaves the stack during a drag.
pub(super) fn capture(ev: &PointerEvent) {
    let Some(stack) = ev.current_target() else {
        return;
    };
    let stack: Element = event_target_element(stack);
    // It fails when the pointer was lifted meanwhile; then there is nothing left to capture.
    let _lifted = stack.set_pointer_capture(ev.pointer_id());
}

fn event_target_element(target: web_sys::EventTarget) -> Element {
    use wasm_bindgen::JsCast;
    target.unchecked_into()
}

/// The stretch of time being dragged over.
fn selection(time: TimeScale, (a, b): (i64, i64)) -> impl IntoView {
    let (x, width) = time.clip(a.min(b), a.max(b)).unwrap_or_default();
    view! { <rect class="sel" x=percent(x) width=percent(width) y="0" height="100%"></rect> }
}

/// The crosshair with its time at the foot.
fn hair(time: TimeScale, at: i64) -> impl IntoView {
    let x = percent(time.percent(at));
    let (width, height) = FLAG;
    view! {
        <line class="hair" x1=x.clone() x2=x.clone() y1="0" y2="100%"></line>
        <svg x=x y="100%" overflow="visible">
            <rect class="flag" x=-width / 2.0 y=-height width=width height=height rx="2"></rect>
            <text y="-4.5">{clock(at)}</text>
        </svg>
    }
}
