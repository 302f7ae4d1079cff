//! The post-mortem, the same on the page and in the file that is taken away.

use domain::{incident::IncidentState, view::IncidentDetail};
use leptos::prelude::*;

use super::{
    PostMortem,
    beside::{Similar, Victims},
    charts::Charts,
    evidence::EvidenceOf,
    people::People,
    restarts::Restarts,
    said::{Follows, Said},
    story, words,
};
use crate::{
    components::{CauseMark, ConfidenceDots, tone},
    erase::Erase,
    format::{NBSP, count, duration, rfc3339, span},
};

/// The whole of it. The order is that of the questions: why, by which evidence, what the program said of it (panic, log, neighbours), how it went,
/// what its ends follow, what happened when and what people made of it, who else, and each restart. What other parts know is linked from where
/// it belongs: a restart's readings from the evidence and the table, runs by age and what deploys did from the course; proofs are in the timeline.
#[component]
pub fn View(
    /// The incident.
    page: PostMortem,
    /// Whether there is a server to send forms to.
    is_live: bool,
) -> impl IntoView {
    let incident = page.incident.clone();
    view! {
        <Head incident=incident.clone() is_live />
        <Verdict page=page.clone() />
        <Facts page=page.clone() />
        <EvidenceOf page=page.clone() />
        <Said page=page.clone() />
        <Charts page=page.clone() />
        <Follows page=page.clone() />
        <section class="sect">
            <div class="cols cols-32">
                <Story page=page.clone() />
                <People incident=incident.clone() is_live />
            </div>
        </section>
        <Victims incident=incident.clone() />
        <Restarts page />
        <Similar incident />
    }
}

#[component]
fn Head(incident: IncidentDetail, is_live: bool) -> impl IntoView {
    let row = incident.row;
    let (from, to) = (
        row.began_at.timestamp_millis(),
        row.last_at.timestamp_millis(),
    );
    let whose = match (&row.workload_name, row.group.is_empty()) {
        (Some(_), false) => format!("{}, {}", row.source, row.group),
        _ => row.source.clone(),
    };
    let owner = row
        .owner
        .clone()
        .map(|owner| view! { <span class="tag">{format!("owner: {owner}")}</span> });
    let image = incident
        .images
        .last()
        .cloned()
        .filter(|_| row.workload.is_some())
        .map(|image| view! { <span class="mono">{image}</span> });
    let crumb = is_live.then(|| {
        let workload = row
            .workload
            .zip(row.workload_name.clone())
            .map(|(id, name)| {
                view! {
                    " / "
                    <a href=format!("/workloads/{id}") rel="external">
                        {name}
                    </a>
                }
            });
        view! {
            <nav class="crumb" aria-label="Breadcrumb">
                <a href="/incidents" rel="external">
                    "Incidents"
                </a>
                {format!(" / I-{}", row.id)}
                {workload}
            </nav>
        }
    });
    let actions = is_live.then(|| view! { <Actions row=row.clone() /> });
    view! {
        {crumb}
        <div class="head">
            <div>
                <h1>{words::headline(&row)}</h1>
                <p class="strip">
                    <span>
                        <b class="nw">{words::state_name(row.state)}</b>
                        {words::state(&row)}
                    </span>
                    <span>{span(from, to)}</span>
                    <span>{whose}</span>
                    {image}
                    {owner}
                </p>
            </div>
            {actions}
        </div>
    }
}

/// What can be done at once, and what can be taken away.
#[component]
fn Actions(row: domain::view::IncidentRow) -> impl IntoView {
    let to = |what: &str| format!("/incidents/{}/{what}", row.id);
    let next = match row.state {
        IncidentState::Open => Some(("acknowledge", "Acknowledge")),
        IncidentState::Acknowledged => Some(("resolve", "Resolve")),
        IncidentState::Resolved => None,
    };
    let next = next.map(|(what, name)| {
        view! {
            <form method="post" action=to(what)>
                <button class="btn pri" type="submit">
                    {name}
                </button>
            </form>
        }
    });
    let link = |extension: &str, name: &'static str| {
        view! {
            <a class="btn" href=to(&format!("export.{extension}")) rel="external">
                {name}
            </a>
        }
    };
    view! {
        <div class="bar no-print">
            {link("md", "Markdown")} {link("json", "JSON")} {link("html", "HTML file")} {next}
        </div>
    }
}

#[component]
fn Verdict(page: PostMortem) -> impl IntoView {
    let row = &page.incident.row;
    let (claim, rest) = words::claim(&page);
    let confidence = row
        .confidence
        .map(|confidence| view! { <ConfidenceDots confidence /> });
    let fault = row
        .fault
        .clone()
        .map(|fault| view! { <p class="mut">"Fault " <code>{fault}</code></p> });
    view! {
        <section class=format!("verdict {}", tone(row.cause)) aria-label="Verdict">
            <h2>
                <CauseMark glyph=row.cause.group() />
                {row.cause.label()}
                " "
                {confidence}
                <span class="conf">{words::sureness(&page)}</span>
            </h2>
            <p>
                <b>{claim}</b>
                " "
                {rest}
            </p>
            {fault}
        </section>
    }
}

#[component]
fn Facts(page: PostMortem) -> impl IntoView {
    let row = &page.incident.row;
    let mean = (row.restarts > 1).then(|| {
        let mean = (row.last_at - row.began_at).num_milliseconds() / i64::from(row.restarts - 1);
        (mean >= 1_000).then(|| duration(mean))
    });
    let mean = mean.flatten();
    let fact = |name: &'static str, value: String| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    let moment = |name: &'static str, at: domain::Timestamp| {
        let at = at.timestamp_millis();
        view! {
            <div>
                <dt>{name}</dt>
                <dd>
                    <time datetime=rfc3339(at)>{format!("{} UTC", crate::format::day_clock(at))}</time>
                </dd>
            </div>
        }
    };
    let images = match &page.incident.images[..] {
        [] | [_] => None,
        _ if row.workload.is_none() => None,
        images => Some(fact("Images", images.join(", "))),
    };
    let container = page
        .restarts
        .data
        .first()
        .filter(|_| row.workload.is_some())
        .map(|row| fact("Container", row.container_id.short().to_owned()));
    view! {
        <dl class="facts incident-facts">
            {fact("Restarts", count(f64::from(row.restarts)))}
            {moment("First end", row.began_at)}
            {moment("Newest end", row.last_at)}
            {mean.map(|mean| fact("Between two ends, on average", mean))}
            {container}
            {images}
        </dl>
    }
}

#[component]
fn Story(page: PostMortem) -> impl IntoView {
    let (lines, left_out) = story::tell(&page);
    let more = if left_out > 0 {
        format!(
            "newest first; {} earlier lines are left out",
            count(left_out as f64)
        )
    } else {
        "newest first, with the distance from the newest end".to_owned()
    };
    let lines = lines
        .into_iter()
        .map(|line| {
            let (at, offset) = story::moment(&page, &line);
            let more = if line.more.is_empty() {
                offset
            } else {
                format!("{}{NBSP}· {offset}", line.more)
            };
            view! {
                <li>
                    <time datetime=rfc3339(line.at.timestamp_millis())>{at}</time>
                    <span class=line.tone>
                        <svg class="gl" viewBox="0 0 12 12" aria-hidden="true">
                            <path fill-rule="evenodd" d=line.glyph></path>
                        </svg>
                    </span>
                    <div>
                        <b>{line.text}</b>
                        <span class="off">{more}</span>
                    </div>
                </li>
            }
            .erase()
        })
        .collect_view();
    view! {
        <div>
            <div class="sect-h">
                <h2 id="timeline">"Timeline"</h2>
                <p>{more}</p>
            </div>
            <ol class="tl">{lines}</ol>
        </div>
    }
}
