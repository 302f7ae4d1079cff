//! Labels that people put on their containers, as far as they say whose a container is.
//!
//! Engines allow any number of any length, and tools write files into them. What is kept is bounded, so that ten thousand containers fit into
//! memory, and says nothing that is secret.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::redact;

/// Labels of a container at most.
pub const MOST: usize = 32;
/// Bytes of a name and of a value at most: names and values in Kubernetes, which allows the longest, have 63 after a prefix.
pub const LONGEST_NAME: usize = 128;
/// See [`LONGEST_NAME`].
pub const LONGEST_VALUE: usize = 128;

/// Begins of names that tools write for themselves. What is in them that matters, such as a Compose project, is known otherwise.
const OF_TOOLS: [&str; 16] = [
    "annotation.",
    "caddy",
    "com.docker.",
    "com.github.containers.",
    "com.nvidia.",
    "coolify.",
    "desktop.docker.",
    "devcontainer.",
    "inquest.",
    "io.buildah.",
    "io.containers.",
    "io.kubernetes.",
    "io.podman.",
    "org.label-schema.",
    "org.opencontainers.",
    "traefik.",
];

/// Names with values, sorted by name. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels(Arc<[(String, String)]>);

impl Default for Labels {
    fn default() -> Self {
        Self(Arc::new([]))
    }
}

impl Labels {
    /// Those of an engine that are worth keeping: without what tools write for themselves, what is too long, and what holds a secret.
    /// When there are too many, names without dots and slashes come first, which people rather give than programs.
    pub fn keep<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut kept: Vec<(&str, &str)> = all
            .into_iter()
            .filter(|(name, value)| is_wanted(name, value))
            .collect();
        kept.sort_unstable_by_key(|(name, _)| (name.contains(['.', '/']), *name));
        kept.dedup_by_key(|(name, _)| *name);
        kept.retain(|(name, value)| is_open(name, value));
        kept.truncate(MOST);
        kept.into_iter().collect()
    }

    /// The value of a label.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self
            .0
            .binary_search_by(|(known, _)| known.as_str().cmp(name));
        found.ok().map(|index| self.0[index].1.as_str())
    }

    /// Names with values, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether a label is one that people may want to choose by.
fn is_wanted(name: &str, value: &str) -> bool {
    is_name(name)
        && value.len() <= LONGEST_VALUE
        && !value.chars().any(char::is_control)
        && !OF_TOOLS.iter().any(|begin| name.starts_with(begin))
}

/// Whether a text may be the name of a label that is kept.
pub fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/'))
}

/// Whether a label holds no secret that we can tell: people do put passwords into them.
fn is_open(name: &str, value: &str) -> bool {
    matches!(redact::line(&format!("{name}={value}")), Cow::Borrowed(_))
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(labels: I) -> Self {
        let labels = labels
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        Self::from(labels.collect::<BTreeMap<String, String>>())
    }
}

impl From<BTreeMap<String, String>> for Labels {
    fn from(labels: BTreeMap<String, String>) -> Self {
        Self(labels.into_iter().collect())
    }
}

/// As an object, by name.
impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::<String, String>::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("team", "payments", true)]
    #[case("app.kubernetes.io/part-of", "shop", true)]
    #[case("empty", "", true)]
    #[case::compose("com.docker.compose.config-hash", "3f2a", false)]
    #[case::image("org.opencontainers.image.source", "https://example.com", false)]
    #[case::router("traefik.http.routers.web.rule", "Host(`a`)", false)]
    #[case::probe("inquest.pprof", ":6060/debug/pprof", false)]
    #[case::secret("db_password", "hunter2hunter2", false)]
    #[case::lines("note", "one\ntwo", false)]
    #[case::space("my team", "a", false)]
    #[case::no_name("", "a", false)]
    fn what_is_kept(#[case] name: &str, #[case] value: &str, #[case] kept: bool) {
        assert_eq!(Labels::keep([(name, value)]).get(name).is_some(), kept);
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let (long, longest) = ("x".repeat(129), "x".repeat(128));
        let labels = Labels::keep([
            ("a", long.as_str()),
            ("b", longest.as_str()),
            (long.as_str(), "c"),
        ]);
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("b", longest.as_str())]);
    }

    #[test]
    fn of_too_many_those_that_people_give_are_kept() {
        let names: Vec<String> = (0..40)
            .map(|number| format!("example.com/{number}"))
            .collect();
        let many = names.iter().map(|name| (name.as_str(), "1"));
        let labels = Labels::keep(many.chain([("team", "payments"), ("env", "prod")]));
        assert_eq!(labels.iter().count(), MOST);
        assert_eq!(labels.get("team"), Some("payments"));
        assert_eq!(labels.get("env"), Some("prod"));
    }

    #[test]
    fn they_are_an_object_in_json_and_come_back() {
        let labels = Labels::keep([("team", "payments"), ("env", "prod")]);
        let json = serde_json::to_string(&labels).expect("can be written");
        assert_eq!(json, r#"{"env":"prod","team":"payments"}"#);
        assert_eq!(serde_json::from_str::<Labels>(&json).ok(), Some(labels));
    }
}
