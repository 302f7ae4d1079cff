//! Moments, as people read them.

use domain::Timestamp;
use leptos::prelude::*;

use crate::format::{day_clock, duration_short, rfc3339};

/// How long ago something was, with the exact time as its title. `now` comes from the data, so that server and browser agree.
#[component]
pub fn Ago(
    /// When it was.
    at: Timestamp,
    /// When the data were put together.
    now: Timestamp,
) -> impl IntoView {
    let at = at.timestamp_millis();
    view! {
        <time datetime=rfc3339(at) title=format!("{} UTC", day_clock(at))>
            {format!("{} ago", duration_short(now.timestamp_millis() - at))}
        </time>
    }
}
