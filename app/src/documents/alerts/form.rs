//! The parts of forms: a field with its label, what is wrong with it, and what is there to know.

use domain::alert::{FieldProblem, Fields};
use leptos::prelude::*;

use crate::{
    documents::{Draft, draft::in_textarea},
    erase::Erase,
};

/// What is in a form, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    pub(super) fields: Fields,
    pub(super) problems: Vec<FieldProblem>,
}

impl Form {
    /// A form that could not be taken, with what was typed; one that was not sent yet, with what it begins with.
    pub(super) fn of(draft: &Draft, begin: impl FnOnce() -> Fields) -> Self {
        let typed: Fields = draft
            .values()
            .filter(|(_, text)| !text.trim().is_empty())
            .collect();
        Self {
            fields: if typed.iter().next().is_some() {
                typed
            } else {
                begin()
            },
            problems: draft.problems().to_vec(),
        }
    }

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

    /// That what was sent was not taken.
    pub(super) fn refusal(&self) -> Option<AnyView> {
        (!self.problems.is_empty()).then(|| {
            view! { <p class="mt4"><b>"Nothing was saved."</b>" What is wrong is said beside its field."</p> }.erase()
        })
    }

    /// What is wrong with what the form does not show.
    pub(super) fn others(&self, shown: &[&str]) -> Option<AnyView> {
        let others: Vec<String> = self
            .problems
            .iter()
            .filter(|one| !shown.contains(&one.field.as_str()))
            .map(|one| match one.field.as_str() {
                "" => one.problem.clone(),
                field => format!("{field}: {}", one.problem),
            })
            .collect();
        (!others.is_empty())
            .then(|| view! { <p class="wrong mt4" role="alert">{others.join("; ")}</p> }.erase())
    }

    /// The hint of a field, and what is wrong with it, as what describes it.
    fn described(&self, name: &str) -> String {
        match self.wrong(name) {
            Some(_) => format!("w-{name} h-{name}"),
            None => format!("h-{name}"),
        }
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
        // What is secret does not come back, not even to who has just typed it.
        let value = match kind {
            "password" => String::new(),
            _ => self.get(name),
        };
        let name = name.to_owned();
        let control = view! {
            <input
                class="field"
                type=kind
                id=format!("f-{name}")
                name=name.clone()
                value=value
                autocomplete="off"
                aria-describedby=self.described(&name)
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
                aria-describedby=self.described(&name)
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
            <select
                class="field"
                id=format!("f-{name}")
                name=name
                aria-describedby=self.described(name)
                aria-invalid=self.wrong(name).is_some().then_some("true")
            >
                {options}
            </select>
        };
        self.labelled(name, label, hint, control.erase())
    }

    fn labelled(&self, name: &str, label: &str, hint: &str, control: AnyView) -> AnyView {
        let wrong = self.wrong(name).map(|problem| {
            let (name, label) = (name.to_owned(), label.to_owned());
            view! { <span class="wrong" id=format!("w-{name}") role="alert"><span class="vh">{label}" "</span>{problem}</span> }
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
