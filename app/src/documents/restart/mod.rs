//! One restart: everything that was kept around it.

use domain::{
    ids::RestartId,
    view::{LogView, RestartDetail},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{
    Draft, asking,
    evidence::{
        BlackBoxChart, CorrectionForm, Corrections, EvidenceColumns, Goroutines, LogBlock,
        Neighbours, PanicBlock, Revisions, VerdictBlock, words,
    },
    failed,
};
use crate::{
    backend::BackendError,
    components::{Empty, Fact},
    erase::Erase,
    format::{day_clock, duration, rfc3339},
};

/// The page at `/restarts/:id`.
#[component]
pub fn RestartPage() -> impl IntoView {
    let (backend, caller) = asking();
    let id = use_params_map()
        .read_untracked()
        .get("id")
        .unwrap_or_default();
    let draft = Draft::of_request();
    Suspend::new(async move {
        let Ok(id) = id.parse::<RestartId>() else {
            return none(&id);
        };
        let detail = match backend.restart(&caller, id).await {
            Ok(detail) => detail,
            Err(BackendError::NotFound { id, .. }) => return none(&id),
            Err(error) => return failed("The restart", error),
        };
        let log = match backend.restart_log(&caller, id).await {
            Ok(log) => Some(log),
            Err(BackendError::NotFound { .. }) => None,
            Err(error) => return failed("Its log", error),
        };
        view! { <Loaded detail log draft /> }.erase()
    })
}

/// There is no such restart.
fn none(id: &str) -> AnyView {
    let id = id.to_owned();
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="No such restart" />
        <Empty title="No such restart">
            <p>{format!("No restart has the id {id}: it was mistyped, or is older than restarts are kept.")}</p>
            <div class="bar">
                <a class="btn" href="/" rel="external">
                    "Overview"
                </a>
            </div>
        </Empty>
    }
    .erase()
}

#[component]
fn Loaded(detail: RestartDetail, log: Option<LogView>, draft: Draft) -> impl IntoView {
    let row = detail.row;
    let ended = row.ended_at.timestamp_millis();
    let headline = words::headline(&row.workload_name, row.cause);
    let title = format!("{headline}, {}", day_clock(ended));
    let exit = row.exit_code.map_or_else(
        || "not seen".to_owned(),
        |code| match &row.signal {
            Some(signal) => format!("{code} ({signal})"),
            None => code.to_string(),
        },
    );
    let image = match &row.next_image {
        Some(next) => format!("{} → {next}", row.image),
        None => row.image.clone(),
    };
    let panic = detail
        .panic
        .clone()
        .map(|panic| view! { <PanicBlock panic /> });
    let goroutines = detail
        .goroutines
        .map(|growth| view! { <Goroutines growth ended_at=row.ended_at /> });
    let chosen = detail
        .corrections
        .first()
        .map_or(row.cause, |said| said.cause);
    view! {
        <Title text=title />
        <nav class="crumb" aria-label="Breadcrumb">
            <a href="/" rel="external">"Overview"</a>
            " / "
            <a href=format!("/workloads/{}", row.workload) rel="external">{row.workload_name.clone()}</a>
        </nav>
        <div class="head">
            <div>
                <h1>{headline}</h1>
                <p class="strip">
                    <time datetime=rfc3339(ended)>{format!("{} UTC", day_clock(ended))}</time>
                    <span>{words::went_on(&row)}</span>
                </p>
            </div>
            <div class="bar no-print">
                <a class="btn" href=format!("/api/v1/restarts/{}", row.id) rel="external">"JSON"</a>
                <a class="btn" href=format!("/api/v1/restarts/{}/scenario", row.id) rel="external" download>
                    "Scenario"
                </a>
            </div>
        </div>
        <VerdictBlock cause=row.cause confidence=row.confidence evidence=row.evidence.clone() />
        <EvidenceColumns evidence=row.evidence.clone() />
        <dl class="facts mt4">
            <Fact name="Ran for" value=duration(row.ran_for_ms) />
            <Fact name="Exit code" value=exit />
            <Fact name="Image" value=image />
            <Fact name="Container" value=row.container_id.short().to_owned() />
        </dl>
        <BlackBoxChart
            black_box=detail.black_box
            ended_at=row.ended_at
            started_at=row.started_at
            cause=row.cause
            inferred=detail.inferred_peak
        />
        {panic}
        {goroutines}
        <LogBlock restart=row.id workload=row.workload log panic=detail.panic />
        <Neighbours neighbours=detail.neighbours />
        <Revisions revisions=detail.revisions now=(row.cause, row.confidence) />
        <section class="sect" aria-labelledby="correction">
            <div class="sect-h">
                <h2 id="correction">"Was it something else?"</h2>
                <p>"the verdict stays beside what you say; both go into the scenario, which makes a test of it"</p>
            </div>
            <Corrections corrections=detail.corrections />
            <CorrectionForm restart=row.id cause=chosen draft />
        </section>
    }
    .erase()
}
