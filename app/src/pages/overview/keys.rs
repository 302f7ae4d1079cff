//! The keyboard: `/` leads to the search, `j` and `k` (or the arrows, once in the table) go from row to row, Enter opens as on any link.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

/// Listens for as long as the page is shown.
pub fn listen(search: NodeRef<html::Input>) {
    let listener = window_event_listener(ev::keydown, move |event| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
            return;
        }
        let handled = match (event.key().as_str(), place(&event)) {
            ("Escape", Place::Search) => search.get_untracked().map(|field| field.blur()).is_some(),
            (_, Place::Search | Place::Field) => false,
            ("/", _) => search.get_untracked().map(|field| field.focus()).is_some(),
            ("j", _) | ("ArrowDown", Place::Row) => step(1),
            ("k", _) | ("ArrowUp", Place::Row) => step(-1),
            _ => false,
        };
        if handled {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
}

/// Where the focus is when a key is pressed.
enum Place {
    Search,
    Field,
    Row,
    Elsewhere,
}

fn place(event: &KeyboardEvent) -> Place {
    let Some(element) = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok())
    else {
        return Place::Elsewhere;
    };
    match element.tag_name().as_str() {
        "INPUT" if element.id() == "q" => Place::Search,
        "INPUT" | "SELECT" | "TEXTAREA" => Place::Field,
        "A" if element.class_list().contains("wl") => Place::Row,
        _ => Place::Elsewhere,
    }
}

/// Moves the focus by rows, from outside the table to the first; returns whether there is one.
fn step(by: i64) -> bool {
    let Ok(links) = document().query_selector_all(".fleet .wl") else {
        return false;
    };
    let links: Vec<HtmlElement> = (0..links.length())
        .filter_map(|at| links.item(at)?.dyn_into().ok())
        .collect();
    let focused = document().active_element();
    let at = links
        .iter()
        .position(|link| Some(link.as_ref()) == focused.as_ref());
    let last = links.len().saturating_sub(1) as i64;
    let next = at.map_or(0, |at| (at as i64 + by).clamp(0, last));
    links
        .get(next as usize)
        .is_some_and(|link| link.focus().is_ok())
}
