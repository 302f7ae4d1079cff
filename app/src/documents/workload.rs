//! What the documents about one workload have in common.

use domain::{ids::WorkloadId, metric::TaskKind, view::WorkloadDetail};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{ages::OUTER, failed};
use crate::{
    backend::BackendError,
    components::{Empty, Tab, WorkloadTabs},
    erase::{Content, Erase},
    pages::workload::head::{Head, StaleNotice},
};

/// The workload in the address.
pub fn id_in_path() -> Result<WorkloadId, BackendError> {
    let id = use_params_map()
        .read_untracked()
        .get("id")
        .unwrap_or_default();
    id.parse().map_err(|_no_id| BackendError::NotFound {
        what: "workload".to_owned(),
        id,
    })
}

/// Head and tabs around what a document says of a workload.
#[component]
pub fn Framed(
    /// The workload.
    detail: WorkloadDetail,
    /// Which document this is.
    current: Tab,
    /// Its title.
    title: &'static str,
    /// What it says.
    children: Content,
) -> impl IntoView {
    let now = crate::state::now_ms();
    let id = detail.row.id;
    view! {
        <Title text=format!("{title} of {}", detail.row.name) />
        <Head detail=detail.clone() now=now />
        <StaleNotice detail=detail now=now />
        <WorkloadTabs id current />
        {children.build()}
    }
}

/// What stands in place of a document about a workload that is not there, or could not be asked about.
pub fn missing(error: BackendError) -> AnyView {
    let BackendError::NotFound { .. } = &error else {
        return view! {
            <Title text="Not shown" />
            <h1>"Workload"</h1>
            {failed("The workload", error)}
        }
        .erase();
    };
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="No such workload" />
        <h1>"There is no such workload"</h1>
        <Empty title=error.to_string()>
            <p>"It was removed together with its history, or the link is from another Inquest."</p>
            <div class="bar">
                <a class="btn" href="/">
                    "All workloads"
                </a>
            </div>
        </Empty>
    }
    .erase()
}

/// A chart of runs by age, with its title and legend.
#[component]
pub fn AgeChart(
    /// What is drawn.
    title: String,
    /// The same in a sentence, for who cannot see it.
    summary: String,
    /// The picture.
    picture: String,
    /// What the lines mean: their class and words.
    keys: Vec<(&'static str, String)>,
) -> impl IntoView {
    let keys = keys.into_iter().map(|(class, words)| {
        view! {
            <span class="key">
                <svg viewBox="0 0 16 8" aria-hidden="true">
                    <path class=class d="M0 4H16"></path>
                </svg>
                {words}
            </span>
        }
    });
    view! {
        <figure class="chart">
            <figcaption class="chart-h">
                <h3>{title}</h3>
                {keys.collect_view()}
            </figcaption>
            <svg
                class="plot"
                width="100%"
                height=OUTER.to_string()
                role="img"
                aria-label=summary
                inner_html=picture
            ></svg>
        </figure>
    }
}

/// What is counted as tasks, as a heading.
pub fn tasks_title(kind: Option<TaskKind>) -> String {
    let name = kind.map_or("tasks", TaskKind::label);
    format!(
        "{} by age of the run",
        crate::pages::workload::finding::capitalised(name)
    )
}
