//! Search, chips and the order. All of it is a form and links, so it works without a script; with one, typing filters at once.

use domain::view::{SourceRow, WorkloadRow};
use leptos::{html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::filter::{Filter, GROUPS, Sort};
use crate::components::{CauseMark, group_tone};
use crate::erase::Content;

/// How many workloads each chip would show on its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    restarted: usize,
    causes: [usize; GROUPS.len()],
    sources: Vec<(String, usize)>,
}

impl Tally {
    /// Counts the whole fleet, whatever the filter.
    pub fn of(rows: &[WorkloadRow], sources: &[SourceRow]) -> Self {
        let count =
            |wanted: &dyn Fn(&WorkloadRow) -> bool| rows.iter().filter(|row| wanted(row)).count();
        Self {
            restarted: count(&|row| row.restarts.last_24h > 0),
            causes: GROUPS.map(|(group, ..)| {
                count(&|row| {
                    row.last_restart
                        .is_some_and(|last| last.cause.group() == group)
                })
            }),
            sources: sources
                .iter()
                .map(|source| (source.name.clone(), count(&|row| row.source == source.name)))
                .collect(),
        }
    }
}

/// The bar above the table.
#[component]
pub fn Controls(
    /// What the URL asks for.
    filter: Memo<Filter>,
    /// The numbers on the chips.
    tally: Tally,
    /// Where the search field is kept, for the key that leads to it.
    search: NodeRef<html::Input>,
) -> impl IntoView {
    let navigate = use_navigate();
    let go = move |filter: Filter| {
        let stay = NavigateOptions {
            replace: true,
            scroll: false,
            ..Default::default()
        };
        navigate(&filter.to_href(), stay);
    };
    let on_search = {
        let go = go.clone();
        move |event: leptos::ev::Event| {
            go(Filter {
                search: event_target_value(&event).trim().to_owned(),
                ..filter.get_untracked()
            });
        }
    };
    let on_sort = {
        let go = go.clone();
        move |event: leptos::ev::Event| {
            let chosen = event_target_value(&event);
            let sort = Sort::ALL.into_iter().find(|sort| sort.name() == chosen);
            go(Filter {
                sort: sort.unwrap_or_default(),
                ..filter.get_untracked()
            });
        }
    };
    let on_submit = move |event: leptos::ev::SubmitEvent| event.prevent_default();

    // Going back, or clearing the filter, changes the search from outside; while somebody types, the field leads.
    Effect::new(move |_| {
        let wanted = filter.read().search.clone();
        if let Some(field) = search.get()
            && field.value().trim() != wanted
            && document().active_element().as_ref() != Some(field.as_ref())
        {
            field.set_value(&wanted);
        }
    });

    // What a submitted form would forget, were it not in it.
    let hidden = move || {
        filter
            .get()
            .to_pairs()
            .into_iter()
            .filter(|(name, _)| !matches!(*name, "q" | "sort"))
            .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
            .collect_view()
    };
    let causes = GROUPS
        .into_iter()
        .zip(tally.causes)
        // A chip that would show nothing is no choice, unless it is pressed and must be released.
        .filter(|((group, ..), count)| *count > 0 || filter.read_untracked().causes.contains(group))
        .map(|((group, _, label), count)| {
            view! {
                <Chip
                    href=Signal::derive(move || filter.get().toggle_cause(group).to_href())
                    pressed=Signal::derive(move || filter.read().causes.contains(&group))
                    count
                >
                    <CauseMark glyph=group tone=group_tone(group) />
                    {label}
                </Chip>
            }
        })
        .collect_view();
    let several = tally.sources.len() > 1;
    let sources = tally
        .sources
        .into_iter()
        .filter(|_| several)
        .map(|(name, count)| {
            let [in_href, in_pressed] = [name.clone(), name.clone()];
            view! {
                <Chip
                    href=Signal::derive(move || filter.get().toggle_source(&in_href).to_href())
                    pressed=Signal::derive(move || filter.read().sources.contains(&in_pressed))
                    count
                >
                    {name}
                </Chip>
            }
        })
        .collect_view();
    let options = Sort::ALL
        .into_iter()
        .map(|sort| {
            view! {
                <option value=sort.name() selected=move || filter.read().sort == sort>
                    {sort.label()}
                </option>
            }
        })
        .collect_view();

    view! {
        <form class="bar mt6" role="search" method="get" action="/" on:submit=on_submit>
            <label class="vh" for="q">
                "Search workloads"
            </label>
            <input
                id="q"
                class="field search"
                type="search"
                name="q"
                placeholder="Search name, group, image"
                autocomplete="off"
                aria-keyshortcuts="/"
                value=filter.get_untracked().search
                node_ref=search
                on:input=on_search
            />
            <Chip
                href=Signal::derive(move || filter.get().toggle_restarted().to_href())
                pressed=Signal::derive(move || filter.read().restarted)
                count=tally.restarted
            >
                "Restarted in 24 h"
            </Chip>
            <span class="no-phone mut">"Cause"</span>
            {causes}
            {several.then(|| view! { <span class="no-phone mut">"Source"</span> })}
            {sources}
            {hidden}
            <label class="end">
                <span class="vh">"Sort by"</span>
                <select class="field" name="sort" on:change=on_sort>
                    {options}
                </select>
            </label>
            <button class="btn no-script">"Apply"</button>
        </form>
    }
}

/// A link that presses or releases itself.
#[component]
fn Chip(
    /// The overview with this chip the other way round.
    href: Signal<String>,
    /// Whether it is pressed.
    pressed: Signal<bool>,
    /// How many workloads it would show.
    count: usize,
    /// Its words.
    children: Content,
) -> impl IntoView {
    view! {
        <a class="chip" href=href data-noscroll aria-current=move || pressed.get().then_some("true")>
            {children.build()}
            <span class="n">{count}</span>
        </a>
    }
}
