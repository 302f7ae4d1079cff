//! The verdict and what was weighed.

use domain::verdict::{Cause, Confidence, Evidence, Stance};
use leptos::prelude::*;

use super::words;
use crate::{
    components::{CauseMark, ConfidenceDots, Glyph, tone},
    erase::Erase,
    format::{clock, rfc3339},
};

/// Cause, confidence and the strongest reasons.
#[component]
pub fn VerdictBlock(
    /// Why it ended.
    cause: Cause,
    /// How sure that is.
    confidence: Confidence,
    /// Everything that was weighed.
    evidence: Vec<Evidence>,
) -> impl IntoView {
    view! {
        <section class=format!("verdict {}", tone(cause)) aria-label="Verdict">
            <h2>
                <CauseMark glyph=cause.group() />
                {cause.label()}
                <ConfidenceDots confidence />
            </h2>
            <p>{words::because(&evidence)}</p>
        </section>
    }
    .erase()
}

/// Evidence for, against and missing, side by side.
#[component]
pub fn EvidenceColumns(
    /// Everything that was weighed.
    evidence: Vec<Evidence>,
) -> impl IntoView {
    let column = |stance: Stance, glyph: Glyph, name: &'static str, none: &'static str| {
        let of: Vec<&Evidence> = evidence
            .iter()
            .filter(|evidence| evidence.stance == stance)
            .collect();
        let count = of.len();
        let items = of
            .into_iter()
            .map(|evidence| {
                let time = evidence.at.map(|at| {
                    let at = at.timestamp_millis();
                    view! { <time datetime=rfc3339(at)>{clock(at)}</time> }
                });
                view! { <li><span>{evidence.text.clone()}</span>{time}</li> }
            })
            .collect_view();
        let empty = (count == 0).then(|| view! { <p class="mut">{none}</p> });
        view! {
            <div>
                <h3>
                    <CauseMark glyph tone="c-none" />
                    {name}
                    " "
                    <span class="mut">{count}</span>
                </h3>
                <ul>{items}</ul>
                {empty}
            </div>
        }
    };
    view! {
        <section class="weighed" aria-label="Evidence">
            {column(Stance::For, Glyph::Ok, "For", "Nothing was seen that speaks for it.")}
            {column(Stance::Against, Glyph::No, "Against", "Nothing was seen that speaks against it.")}
            {column(Stance::Missing, Glyph::Unknown, "Missing", "Everything that is looked for was seen.")}
        </section>
    }
    .erase()
}
