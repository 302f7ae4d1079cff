//! The parts of forms: a field with its label, what is wrong with it, and what is there to know.

use domain::alert::{FieldProblem, Fields};
use leptos::prelude::*;

pub(super) use crate::documents::address::with_query as query;
use crate::{documents::draft::in_textarea, erase::Erase};

/// What is in a form, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    pub(super) fields: Fields,
    pub(super) problems: Vec<FieldProblem>,
}

impl Form {
    /// The text of a field; empty when it is not set.
    pub(super) fn get(&self, name: &str) -> String {
        self.fields.get(name).unwrap_or_default().to_owned()
    }

    /// What is wrong with a field, in one line.
    fn wrong(&self, name: &str) -> Option<String> {
        let problems: Vec<&str> = self
            .problems
            .iter()
            .filter(|one| one.field == name)
            .map(|one| one.problem.as_str())
            .collect();
        (!problems.is_empty()).then(|| problems.join("; "))
    }

    /// Problems with fields that the form does not show.
    pub(super) fn others(&self, shown: &[&str]) -> Option<AnyView> {
        let others: Vec<String> = self
            .problems
            .iter()
            .filter(|one| !shown.contains(&one.field.as_str()))
            .map(|one| format!("{}: {}", one.field, one.problem))
            .collect();
        (!others.is_empty())
            .then(|| view! { <p class="wrong" role="alert">{others.join("; ")}</p> }.erase())
    }

    /// A field of one line.
    pub(super) fn line(
        &self,
        name: &'static str,
        label: &'static str,
        hint: &'static str,
    ) -> AnyView {
        self.input(name, label, hint, "text")
    }

    /// A field of one line of another type.
    pub(super) fn input(&self, name: &str, label: &str, hint: &str, kind: &'static str) -> AnyView {
        let (name, value) = (name.to_owned(), self.get(name));
        let control = view! {
            <input
                class="field"
                type=kind
                id=format!("f-{name}")
                name=name.clone()
                value=value
                autocomplete="off"
                aria-describedby=format!("h-{name}")
                aria-invalid=self.wrong(&name).is_some().then_some("true")
            />
        };
        self.labelled(&name, label, hint, control.erase())
    }

    /// A field of several lines.
    pub(super) fn lines(&self, name: &str, label: &str, hint: &str) -> AnyView {
        let (name, value) = (name.to_owned(), self.get(name));
        let control = view! {
            <textarea
                class="field"
                rows="3"
                id=format!("f-{name}")
                name=name.clone()
                aria-describedby=format!("h-{name}")
                aria-invalid=self.wrong(&name).is_some().then_some("true")
            >
                {in_textarea(&value)}
            </textarea>
        };
        self.labelled(&name, label, hint, control.erase())
    }

    /// One of several.
    pub(super) fn choice(
        &self,
        name: &'static str,
        label: &'static str,
        hint: &'static str,
        options: &[(&str, &str)],
    ) -> AnyView {
        let chosen = self.get(name);
        let options = options
            .iter()
            .map(|(value, words)| {
                view! { <option value=(*value).to_owned() selected=*value == chosen>{(*words).to_owned()}</option> }
            })
            .collect_view();
        let control = view! {
            <select class="field" id=format!("f-{name}") name=name aria-describedby=format!("h-{name}")>
                {options}
            </select>
        };
        self.labelled(name, label, hint, control.erase())
    }

    fn labelled(&self, name: &str, label: &str, hint: &str, control: AnyView) -> AnyView {
        let wrong = self.wrong(name).map(|problem| {
            let label = label.to_owned();
            view! { <span class="wrong" role="alert"><span class="vh">{label}" "</span>{problem}</span> }
        });
        view! {
            <div class="fld">
                <label for=format!("f-{name}")>{label.to_owned()}</label>
                {control}
                <span class="hint" id=format!("h-{name}")>{hint.to_owned()}</span>
                {wrong}
            </div>
        }
        .erase()
    }
}
