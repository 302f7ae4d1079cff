//! What was typed into a form that could not be taken: the page comes back with it, and with the reason beside the field.

use domain::alert::FieldProblem as Wrong;
use leptos::prelude::*;

/// What was sent, and what is wrong with it. Handlers of forms put it into the context of the page that they answer with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    values: Vec<(String, String)>,
    problems: Vec<Wrong>,
}

impl Draft {
    /// `values` are the names and contents of the form's fields; `problems` are what is wrong with them, without a field's name where it
    /// is none of them.
    pub fn new(values: Vec<(String, String)>, problems: Vec<Wrong>) -> Self {
        Self { values, problems }
    }

    /// That of this request; an empty one when the page is loaded as usual.
    pub fn of_request() -> Self {
        use_context().unwrap_or_default()
    }

    /// Whether the page is loaded as usual.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.problems.is_empty()
    }

    /// What was typed into a field.
    pub fn value(&self, field: &str) -> Option<&str> {
        let value = self.values.iter().find(|(name, _)| name == field);
        value.map(|(_, value)| value.as_str())
    }

    /// What was typed into all fields.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What is wrong with a field, if anything is.
    pub fn problem(&self, field: &str) -> Option<&str> {
        let problem = self.problems.iter().find(|wrong| wrong.field == field);
        problem.map(|wrong| wrong.problem.as_str())
    }

    /// Everything that is wrong.
    pub fn problems(&self) -> &[Wrong] {
        &self.problems
    }
}

/// Text as the content of a `<textarea>`. Leptos writes the children of that element as they are, as it does those of scripts; browsers read
/// them as text with references, and end it at the first `</textarea>`.
pub fn in_textarea(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The reason why a field could not be taken. The field names it with `aria-describedby`: its id is `problem-` and the field's name.
#[component]
pub fn FieldProblem(
    /// What was sent.
    draft: Draft,
    /// The field's name.
    field: &'static str,
) -> impl IntoView {
    draft.problem(field).map(|problem| {
        view! {
            <p class="wrong" id=format!("problem-{field}") role="alert">
                {problem.to_owned()}
            </p>
        }
    })
}
