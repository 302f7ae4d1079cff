//! Which workloads are wanted and in what order: the state of the overview, all of it in the URL.

use std::fmt::Write;

use domain::{verdict::CauseGroup, view::WorkloadRow};
use leptos_router::params::ParamsMap;

/// The order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// As the backend sends them: restarts of the last 10 min, 24 h, 30 d, then name.
    #[default]
    Urgent,
    /// Most restarts in 24 h first.
    Restarts,
    /// Nearest to the limit first; without a limit last.
    Memory,
    /// By name.
    Name,
}

impl Sort {
    /// Every order, as the menu lists them.
    pub const ALL: [Self; 4] = [Self::Urgent, Self::Restarts, Self::Memory, Self::Name];

    /// The value in the URL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Restarts => "restarts",
            Self::Memory => "memory",
            Self::Name => "name",
        }
    }

    /// The words people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Urgent => "Sort: most urgent",
            Self::Restarts => "Sort: restarts in 24 h",
            Self::Memory => "Sort: memory",
            Self::Name => "Sort: name",
        }
    }
}

/// The groups of causes in the order of their chips, with the value in the URL and the word people read.
pub const GROUPS: [(CauseGroup, &str, &str); 5] = [
    (CauseGroup::Memory, "memory", "Memory"),
    (CauseGroup::Program, "program", "Program"),
    (CauseGroup::Person, "person", "Person"),
    (CauseGroup::Platform, "platform", "Platform"),
    (CauseGroup::Unknown, "unknown", "Unknown"),
];

/// What the URL asks for. Within a kind of chip any of the pressed ones will do, between kinds all must.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of a name, group or image, whatever the case.
    pub search: String,
    /// Only what restarted in the last 24 h.
    pub restarted: bool,
    /// Only if the last cause is in one of these groups.
    pub causes: Vec<CauseGroup>,
    /// Only of one of these sources, by name.
    pub sources: Vec<String>,
    /// The order.
    pub sort: Sort,
}

impl Filter {
    /// Reads the query string. What cannot be read is not asked for.
    pub fn from_query(query: &ParamsMap) -> Self {
        let all = |key| query.get_all(key).unwrap_or_default();
        let group = |name: String| {
            GROUPS
                .iter()
                .find(|group| group.1 == name)
                .map(|group| group.0)
        };
        Self {
            search: query.get("q").unwrap_or_default().trim().to_owned(),
            restarted: query.get_str("restarted").is_some(),
            causes: all("cause").into_iter().filter_map(group).collect(),
            sources: all("source"),
            sort: Sort::ALL
                .into_iter()
                .find(|sort| query.get_str("sort") == Some(sort.name()))
                .unwrap_or_default(),
        }
    }

    /// The query string that asks for this as names and values, without what goes without saying.
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.search.is_empty() {
            pairs.push(("q", self.search.clone()));
        }
        if self.restarted {
            pairs.push(("restarted", "24h".to_owned()));
        }
        for (group, name, _) in GROUPS {
            if self.causes.contains(&group) {
                pairs.push(("cause", name.to_owned()));
            }
        }
        pairs.extend(self.sources.iter().map(|source| ("source", source.clone())));
        if self.sort != Sort::default() {
            pairs.push(("sort", self.sort.name().to_owned()));
        }
        pairs
    }

    /// The address of the overview that shows this.
    pub fn to_href(&self) -> String {
        let mut href = "/".to_owned();
        for (name, value) in self.to_pairs() {
            href.push(if href.len() == 1 { '?' } else { '&' });
            href.push_str(name);
            href.push('=');
            escape_into(&mut href, &value);
        }
        href
    }

    /// With only what restarted, or without.
    #[must_use]
    pub fn toggle_restarted(mut self) -> Self {
        self.restarted = !self.restarted;
        self
    }

    /// With the chip of a group of causes pressed, or released.
    #[must_use]
    pub fn toggle_cause(mut self, group: CauseGroup) -> Self {
        toggle(&mut self.causes, group);
        self
    }

    /// With the chip of a source pressed, or released.
    #[must_use]
    pub fn toggle_source(mut self, source: &str) -> Self {
        toggle(&mut self.sources, source.to_owned());
        self
    }

    /// The same order with nothing left out.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self {
            sort: self.sort,
            ..Self::default()
        }
    }

    /// Whether a workload is wanted.
    pub fn admits(&self, row: &WorkloadRow) -> bool {
        let search = self.search.to_lowercase();
        let found = search.is_empty()
            || [&row.name, &row.group, &row.image]
                .iter()
                .any(|text| text.to_lowercase().contains(&search));
        let cause = row.last_restart.map(|last| last.cause.group());
        found
            && (!self.restarted || row.restarts.last_24h > 0)
            && (self.causes.is_empty() || cause.is_some_and(|group| self.causes.contains(&group)))
            && (self.sources.is_empty() || self.sources.contains(&row.source))
    }

    /// What is asked for, in words that follow `No workload`; empty when nothing is left out.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        if !self.search.is_empty() {
            words.push(format!("matches “{}”", self.search));
        }
        if self.restarted {
            words.push("restarted in the last 24 h".to_owned());
        }
        if !self.causes.is_empty() {
            let named = GROUPS.iter().filter(|group| self.causes.contains(&group.0));
            let labels: Vec<_> = named.map(|group| group.2).collect();
            words.push(format!("has the last cause {}", labels.join(" or ")));
        }
        if !self.sources.is_empty() {
            words.push(format!("is on {}", self.sources.join(" or ")));
        }
        words.join(" and ")
    }
}

fn toggle<T: PartialEq>(set: &mut Vec<T>, item: T) {
    match set.iter().position(|other| *other == item) {
        Some(at) => {
            set.remove(at);
        }
        None => set.push(item),
    }
}

/// Percent-encodes all but the characters that never need it, the same on server and in the browser.
fn escape_into(out: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&'static str, &str)]) -> ParamsMap {
        let mut query = ParamsMap::new();
        for (name, value) in pairs {
            query.insert(*name, (*value).to_owned());
        }
        query
    }

    #[test]
    fn the_url_is_read_back_as_it_was_written() {
        let filter = Filter {
            search: "a&b=ü/1".to_owned(),
            restarted: true,
            causes: vec![CauseGroup::Memory, CauseGroup::Person],
            sources: vec!["edge-01".to_owned()],
            sort: Sort::Memory,
        };
        assert_eq!(
            filter.to_href(),
            "/?q=a%26b%3D%C3%BC%2F1&restarted=24h&cause=memory&cause=person&source=edge-01&sort=memory"
        );
        let pairs: Vec<_> = filter.to_pairs();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        assert_eq!(Filter::from_query(&query(&pairs)), filter);
    }

    #[test]
    fn what_cannot_be_read_is_not_asked_for() {
        let filter = Filter::from_query(&query(&[
            ("cause", "ghost"),
            ("sort", "colour"),
            ("q", "  "),
        ]));
        assert_eq!(filter, Filter::default());
        assert_eq!(filter.to_href(), "/");
    }

    #[test]
    fn a_chip_goes_in_and_out() {
        let pressed = Filter::default()
            .toggle_cause(CauseGroup::Memory)
            .toggle_source("edge");
        assert_eq!(pressed.words(), "has the last cause Memory and is on edge");
        let released = pressed
            .toggle_cause(CauseGroup::Memory)
            .toggle_source("edge");
        assert_eq!(released, Filter::default());
    }
}
