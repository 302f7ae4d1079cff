//! The views of one workload.

use domain::ids::WorkloadId;
use leptos::prelude::*;

use crate::erase::Erase;

/// A view of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Its course on the time axis.
    Timeline,
    /// Its runs, aligned at their begin.
    Runs,
    /// What deploys did.
    Deploys,
}

/// Every view: what its address ends with, and its name. All but the first are documents.
const TABS: [(Tab, &str, &str); 3] = [
    (Tab::Timeline, "", "Timeline"),
    (Tab::Runs, "/runs", "Runs, aligned at start"),
    (Tab::Deploys, "/deploys", "Deploys"),
];

/// Links to the views of a workload.
#[component]
pub fn WorkloadTabs(
    /// Which workload.
    id: WorkloadId,
    /// The view that is shown.
    current: Tab,
) -> impl IntoView {
    let links = TABS.map(|(tab, end, name)| {
        view! {
            <a
                href=format!("/workloads/{id}{end}")
                rel=(tab != Tab::Timeline).then_some("external")
                aria-current=(tab == current).then_some("page")
            >
                {name}
            </a>
        }
    });
    view! {
        <nav class="tabs no-print" aria-label="Views of this workload">
            {links.collect_view()}
        </nav>
    }
    .erase()
}
