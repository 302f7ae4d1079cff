//! One workload: its numbers, its course on one time axis, and the ledger of its restarts.

pub mod alerted;
pub mod charts;
pub mod facts;
pub mod finding;
pub mod head;
pub mod load;
pub mod picture;
pub mod restarts;
#[cfg(feature = "ssr")]
pub mod said;
#[cfg(all(test, feature = "ssr"))]
mod tests;

use domain::{Timestamp, ids::WorkloadId};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use self::{
    charts::Charts,
    finding::Finding,
    head::{Head, StaleNotice, Tiles},
    load::WorkloadPage as Data,
    picture::Picture,
    restarts::RestartTable,
};
use crate::{
    chart::{markers::Row, range::RangeQuery},
    components::{
        Empty, Failure, Glyph, Notice, Skeleton, Tab, WorkloadTabs,
        chart::{ChartSync, ShowRange},
    },
    erase::Erase,
    format::clock,
    server_fns::{AppError, workload_page},
    state::{Change, Live},
    wire::Wire,
};

/// The page at `/workloads/:id`.
#[component]
pub fn WorkloadPage() -> impl IntoView {
    provide_context(ChartSync::new());
    provide_context(ShowRange::new());
    let live = expect_context::<Live>();
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let range = Memo::new(move |_| {
        let query = query.read();
        RangeQuery::parse(
            query.get_str("range"),
            query.get_str("from"),
            query.get_str("to"),
        )
    });
    let page = Resource::<_, Wire>::new_with_options(
        move || {
            (
                id.get(),
                range.get(),
                live.version(&[
                    Change::Poll,
                    Change::Restart,
                    Change::Timeline,
                    Change::Source,
                ]),
            )
        },
        |(id, range, _)| async move {
            let id: WorkloadId = id.parse().map_err(|_| not_found(&id))?;
            workload_page(id, range).await.map(|data| (range, data))
        },
        true,
    );
    let last_good = StoredValue::new(None::<(RangeQuery, Data)>);
    let still_asked = move |(asked, data): &(RangeQuery, Data)| {
        *asked == range.get_untracked() && data.detail.row.id.to_string() == id.get_untracked()
    };
    view! {
        <Transition fallback=|| view! { <Skeleton rows=8 /> }.erase()>
            {move || Suspend::new(async move {
                match page.await {
                    Ok((range, data)) => {
                        last_good.set_value(Some((range, data.clone())));
                        view! { <Loaded data=data range=range /> }.erase()
                    }
                    Err(error) => {
                        match last_good.get_value().filter(still_asked) {
                            Some((range, data)) if !error.is_not_found() => {
                                view! {
                                    <NotRefreshed at=data.at error=error />
                                    <Loaded data=data range=range />
                                }
                                    .erase()
                            }
                            _ => view! { <Failed error=error /> }.erase(),
                        }
                    }
                }
            })}
        </Transition>
    }
}

/// Said above what was shown before, when newer data could not be had.
#[component]
fn NotRefreshed(at: Timestamp, error: AppError) -> impl IntoView {
    view! {
        <Notice glyph=Glyph::Unknown tone="c-unknown">
            <b>{format!("This is how it was at {} UTC.", clock(at.timestamp_millis()))}</b>
            {format!(" {error}. The page tries again with the next change.")}
        </Notice>
    }
}

#[component]
fn Loaded(data: Data, range: RangeQuery) -> impl IntoView {
    let now = data.at.timestamp_millis();
    let picture = Picture::from(&data);
    let says = data
        .says
        .into_iter()
        .map(|says| view! { <Says says=says /> })
        .collect_view();
    let peak = picture.memory.series.highest();
    let (total, kind) = (picture.restarts.len(), picture.task_kind);
    let more = data.restarts.meta.next.is_some();
    let deploys = picture
        .events
        .iter()
        .filter(|e| e.row == Row::Deploy && picture.frame.time.contains(e.at))
        .count();
    view! {
        <Title text=data.detail.row.name.clone() />
        <Head detail=data.detail.clone() now=now />
        <StaleNotice detail=data.detail.clone() now=now />
        <Tiles detail=data.detail.clone() peak=peak now=now />
        {says}
        <WorkloadTabs id=data.detail.row.id current=Tab::Timeline />
        <Charts picture=picture range=range now=now />
        <RestartTable rows=data.restarts.data total=total more=more deploys=deploys task_kind=kind />
    }
}

#[component]
fn Says(says: Finding) -> impl IntoView {
    let name = if says.href.ends_with("/deploys") {
        "All deploys"
    } else {
        "All runs"
    };
    let more = (!says.href.is_empty()).then(|| {
        view! {
            <a class="link" href=says.href rel="external">
                {name}
            </a>
        }
    });
    view! {
        <p class="say">
            <b>{says.claim}</b>
            " "
            <span class="q">{says.rest} " " {more}</span>
        </p>
    }
    .erase()
}

/// Why there is nothing to see, and what to do about it.
#[component]
fn Failed(error: AppError) -> impl IntoView {
    let missing = error.is_not_found();
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        use axum::http::StatusCode;
        response.set_status(if missing {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::BAD_GATEWAY
        });
    }
    if missing {
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
    } else {
        view! {
            <Title text="Not shown" />
            <h1>"Workload"</h1>
            <Failure what="The workload" error=error />
        }
        .erase()
    }
}

fn not_found(id: &str) -> AppError {
    AppError::from(crate::backend::BackendError::NotFound {
        what: "workload".to_owned(),
        id: id.to_owned(),
    })
}
