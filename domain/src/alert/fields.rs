//! Names with texts, and what is wrong with them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What somebody wrote, field by field: the form in which rules, silences and channels come from forms, TOML and JSON, and go back there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(BTreeMap<String, String>);

/// What is wrong with one field, in words for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldProblem {
    /// Its name.
    pub field: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl FieldProblem {
    /// A problem with a field.
    pub fn new(field: &str, problem: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            problem: problem.into(),
        }
    }
}

impl Fields {
    /// The text of a field; `None` when it is not there or empty, which is the same to whoever fills in a form.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
    }

    /// Sets a field.
    pub fn set(&mut self, name: &str, text: impl Into<String>) {
        self.0.insert(name.to_owned(), text.into());
    }

    /// Sets a field unless its text is empty.
    pub fn set_some(&mut self, name: &str, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.set(name, text);
        }
    }

    /// Removes a field and gives its text.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Names and texts in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

impl<N: Into<String>, T: Into<String>> FromIterator<(N, T)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(fields: I) -> Self {
        Self(
            fields
                .into_iter()
                .map(|(name, text)| (name.into(), text.into()))
                .collect(),
        )
    }
}

/// Reads fields one after the other and gathers every problem.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    fields: &'a Fields,
    known: Vec<&'static str>,
    problems: Vec<FieldProblem>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(fields: &'a Fields) -> Self {
        Self {
            fields,
            known: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The text of a field, which is known from now on.
    pub(super) fn text(&mut self, name: &'static str) -> Option<&'a str> {
        self.known(name);
        self.fields.get(name)
    }

    /// Makes a field known without reading it.
    pub(super) fn known(&mut self, name: &'static str) {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
    }

    /// Whether a field is set, without making it known.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.get(name).is_some()
    }

    pub(super) fn wrong(&mut self, name: &str, problem: impl Into<String>) {
        self.problems.push(FieldProblem::new(name, problem));
    }

    /// A field that may be left out. `None` when it is wrong too, which is then among the problems.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let parsed = self.text(name).map(parse)?;
        match parsed {
            Ok(value) => Some(value),
            Err(problem) => {
                self.wrong(name, problem);
                None
            }
        }
    }

    /// A field with a default.
    pub(super) fn or<T>(
        &mut self,
        name: &'static str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        self.optional(name, parse).unwrap_or(default)
    }

    /// A field that must be there; `example` completes "write …".
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.text(name).is_none() {
            self.wrong(name, format!("is missing; write for example {example}"));
            return None;
        }
        self.optional(name, parse)
    }

    /// A list, its items separated by commas; every item that is wrong is told.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut items = Vec::new();
        for item in self.text(name).into_iter().flat_map(|text| text.split(',')) {
            match parse(item.trim()) {
                Ok(item) => items.push(item),
                Err(problem) => self.wrong(name, problem),
            }
        }
        items
    }

    /// `true` or `false`, as TOML writes them, or what a ticked box sends.
    pub(super) fn flag(&mut self, name: &'static str, default: bool) -> bool {
        self.or(name, default, |text| match text {
            "true" | "on" => Ok(true),
            "false" | "off" => Ok(false),
            _ => Err(format!("`{text}` is neither true nor false")),
        })
    }

    /// Everything that was wrong, fields that nobody knows included.
    pub(super) fn finish(mut self, what: &str) -> Vec<FieldProblem> {
        let unknown: Vec<String> = self
            .fields
            .iter()
            .map(|(name, _)| name)
            .filter(|name| !self.known.contains(name))
            .map(str::to_owned)
            .collect();
        for name in unknown {
            let known = self.known.join(", ");
            self.wrong(&name, format!("is nothing {what} has; it has {known}"));
        }
        self.problems
    }
}

/// Text of one line and a bounded length.
pub(super) fn line(most: usize) -> impl Fn(&str) -> Result<String, String> {
    move |text| {
        if text.chars().count() > most {
            return Err(format!("is too long; use at most {most} characters"));
        }
        if text.chars().any(char::is_control) {
            return Err("has a line break or another control character; use one line".to_owned());
        }
        Ok(text.to_owned())
    }
}
