//! Which incidents are shown: it lives in the address.

use domain::{ids::WorkloadId, incident::IncidentState, view::IncidentQuery};

use crate::documents::address::with_query;

/// Incidents on a page.
const LIMIT: u32 = 50;

/// Which states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Open and acknowledged.
    #[default]
    GoingOn,
    /// Nobody looks after it.
    Open,
    /// Somebody does.
    Acknowledged,
    /// Over.
    Resolved,
    /// Any.
    All,
}

impl State {
    /// Its name in the address.
    const fn name(self) -> &'static str {
        match self {
            Self::GoingOn => "going_on",
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::All => "all",
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In which states.
    pub state: State,
    /// Of which workload.
    pub workload: Option<WorkloadId>,
    /// Where the page before ended.
    cursor: Option<String>,
}

impl Filter {
    /// The states, with the words of their links.
    pub const STATES: [(State, &'static str); 5] = [
        (State::GoingOn, "Going on"),
        (State::Open, "Open"),
        (State::Acknowledged, "Acknowledged"),
        (State::Resolved, "Resolved"),
        (State::All, "All"),
    ];

    /// From an address. What it says that makes no sense is as if it were not said: people mend addresses by hand.
    pub fn parse(state: Option<&str>, workload: Option<&str>, cursor: Option<&str>) -> Self {
        let named = |(known, _): &(State, &str)| state == Some(known.name());
        Self {
            state: Self::STATES
                .into_iter()
                .find(named)
                .map(|(state, _)| state)
                .unwrap_or_default(),
            workload: workload.and_then(|id| id.parse().ok()),
            cursor: cursor
                .filter(|cursor| !cursor.is_empty())
                .map(str::to_owned),
        }
    }

    /// What the backend is asked.
    pub fn query(&self) -> IncidentQuery {
        IncidentQuery {
            states: match self.state {
                State::GoingOn => vec![IncidentState::Open, IncidentState::Acknowledged],
                State::Open => vec![IncidentState::Open],
                State::Acknowledged => vec![IncidentState::Acknowledged],
                State::Resolved => vec![IncidentState::Resolved],
                State::All => Vec::new(),
            },
            workload: self.workload,
            limit: Some(LIMIT),
            cursor: self.cursor.clone(),
            ..IncidentQuery::default()
        }
    }

    /// The same in another state.
    #[must_use]
    pub fn of_state(&self, state: State) -> Self {
        Self {
            state,
            cursor: None,
            ..self.clone()
        }
    }

    /// The same of every workload.
    #[must_use]
    pub fn of_all_workloads(&self) -> Self {
        Self {
            workload: None,
            cursor: None,
            ..self.clone()
        }
    }

    /// What follows.
    #[must_use]
    pub fn after(&self, cursor: String) -> Self {
        Self {
            cursor: Some(cursor),
            ..self.clone()
        }
    }

    /// Its address.
    pub fn address(&self) -> String {
        let state = match self.state {
            State::GoingOn => "",
            state => state.name(),
        };
        let workload = self.workload.map(|id| id.to_string()).unwrap_or_default();
        with_query(
            "/incidents",
            &[
                ("state", state),
                ("workload", &workload),
                ("cursor", self.cursor.as_deref().unwrap_or_default()),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_it_was_made_from() {
        for (state, _) in Filter::STATES {
            for (workload, cursor) in [(None, None), (Some("7"), Some("0.12.3"))] {
                let filter = Filter::parse(Some(state.name()), workload, cursor);
                assert_eq!(filter.state, state);
                let address = filter.address();
                let query = address.split_once('?').map_or("", |(_, query)| query);
                let value = |name: &str| {
                    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
                };
                let back = Filter::parse(value("state"), value("workload"), value("cursor"));
                assert_eq!(back, filter, "{address}");
            }
        }
    }

    #[test]
    fn nonsense_is_as_if_it_were_not_said() {
        let filter = Filter::parse(Some("broken"), Some("checkout"), Some(""));
        assert_eq!(filter, Filter::default());
        assert_eq!(filter.address(), "/incidents");
    }
}
