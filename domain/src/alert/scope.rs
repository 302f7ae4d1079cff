//! Where a rule or a silence holds.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::fields::{Fields, Reader};
use crate::labels::{self, Labels};

/// A name with `*` for any characters and `?` for one. With a `/` it is about group and name, otherwise about the name alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

/// Longer patterns are slips of the pen; engines allow names of at most 255 characters.
const LONGEST: usize = 255;

impl Pattern {
    /// Whether it matches the whole of `text`.
    pub fn matches(&self, text: &str) -> bool {
        glob(self.0.as_bytes(), text.as_bytes())
    }

    /// Whether it names a workload.
    pub fn matches_workload(&self, group: &str, name: &str) -> bool {
        if self.0.contains('/') {
            self.matches(&format!("{group}/{name}"))
        } else {
            self.matches(name)
        }
    }
}

/// Matches in time proportional to the product of both lengths: the last `*` is the only one to come back to.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                t += char_length(text[t]);
            }
            Some(byte) if *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    let from = from + char_length(text[from]);
                    star = Some((at, from));
                    (p, t) = (at + 1, from);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Bytes of the UTF-8 character that begins with `byte`.
const fn char_length(byte: u8) -> usize {
    match byte {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "write a name, with * for any characters: checkout, shop/*, *-worker";
        if text.is_empty() {
            return Err(format!("has an empty pattern; {example}"));
        }
        if text.len() > LONGEST {
            return Err(format!("has a pattern of more than {LONGEST} characters"));
        }
        if let Some(odd) = text.chars().find(|c| {
            c.is_control()
                || c.is_whitespace()
                || matches!(
                    c,
                    '[' | ']' | '{' | '}' | '(' | ')' | '|' | '^' | '$' | '\\'
                )
        }) {
            return Err(format!(
                "`{text}` is no pattern: `{odd}` has no meaning in one; {example}"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A label with a pattern for its value, `team=payments`, or any value, `team`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LabelPattern {
    name: String,
    value: Option<Pattern>,
}

impl LabelPattern {
    fn matches(&self, labels: &Labels) -> bool {
        labels.get(&self.name).is_some_and(|value| {
            let pattern = self.value.as_ref();
            pattern.is_none_or(|pattern| pattern.matches(value))
        })
    }
}

impl FromStr for LabelPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example =
            "write a label with its value, with * for any characters: team=payments, tier=back*";
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (text, None),
        };
        if !labels::is_name(name) {
            return Err(if name.is_empty() {
                format!("has no name of a label; {example}")
            } else {
                format!("`{name}` is no name of a label; {example}")
            });
        }
        let value = match value {
            Some("") => {
                return Err(format!("`{text}` has no value; write {name} for any value"));
            }
            Some(value) => Some(value.parse::<Pattern>()?),
            None => None,
        };
        Ok(Self {
            name: name.to_owned(),
            value,
        })
    }
}

impl TryFrom<String> for LabelPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<LabelPattern> for String {
    fn from(pattern: LabelPattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for LabelPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}={value}", self.name),
            None => self.name.fmt(f),
        }
    }
}

/// Which workloads and sources a rule is about. An empty list is about all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Names of workloads, or groups with names.
    pub workloads: Vec<Pattern>,
    /// Names of sources.
    pub sources: Vec<Pattern>,
    /// Images as they were asked for.
    pub images: Vec<Pattern>,
    /// Labels. A workload must have all that are named; of several values for one name, any.
    #[serde(default)]
    pub labels: Vec<LabelPattern>,
}

/// What a rule may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The source's name.
    pub source: &'a str,
    /// The workload; `None` when it is about the source itself.
    pub workload: Option<Named<'a>>,
}

/// By what a workload is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// Its group.
    pub group: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The image of its newest container.
    pub image: &'a str,
    /// The labels of that.
    pub labels: &'a Labels,
}

impl Scope {
    /// Reads the fields of a scope.
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            workloads: reader.list("workloads", str::parse),
            sources: reader.list("sources", str::parse),
            images: reader.list("images", str::parse),
            labels: reader.list("labels", str::parse),
        }
    }

    /// The fields that [`Scope::read`] reads as this one.
    pub(super) fn write(&self, fields: &mut Fields) {
        fields.set_some("workloads", written(&self.workloads));
        fields.set_some("sources", written(&self.sources));
        fields.set_some("images", written(&self.images));
        fields.set_some("labels", written(&self.labels));
    }

    /// The fields in which workloads are chosen, and whether something is in them.
    pub(super) const fn of_workloads(&self) -> [(&'static str, bool); 3] {
        [
            ("workloads", !self.workloads.is_empty()),
            ("images", !self.images.is_empty()),
            ("labels", !self.labels.is_empty()),
        ]
    }

    /// Whether a target is in it. Patterns for workloads say nothing about a source itself.
    pub fn covers(&self, target: Target<'_>) -> bool {
        let any = |patterns: &[Pattern], matches: &dyn Fn(&Pattern) -> bool| {
            patterns.is_empty() || patterns.iter().any(matches)
        };
        any(&self.sources, &|pattern| pattern.matches(target.source))
            && target.workload.is_none_or(|workload| {
                any(&self.workloads, &|pattern| {
                    pattern.matches_workload(workload.group, workload.name)
                }) && any(&self.images, &|pattern| pattern.matches(workload.image))
                    && self.has_labels(workload.labels)
            })
    }

    /// Whether labels have one of the values of each name that is asked for.
    fn has_labels(&self, labels: &Labels) -> bool {
        self.labels.iter().all(|asked| {
            let mut of_name = self.labels.iter().filter(|other| other.name == asked.name);
            of_name.any(|pattern| pattern.matches(labels))
        })
    }

    /// Whether it is about everything.
    pub const fn is_everything(&self) -> bool {
        self.workloads.is_empty()
            && self.sources.is_empty()
            && self.images.is_empty()
            && self.labels.is_empty()
    }
}

/// Patterns as a field has them.
pub(super) fn written(patterns: &[impl ToString]) -> String {
    let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
    patterns.join(", ")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("checkout", "checkout", true)]
    #[case("checkout", "checkout 2", false)]
    #[case("*", "", true)]
    #[case("check*", "checkout", true)]
    #[case("*out", "checkout", true)]
    #[case("c*k*t", "checkout", true)]
    #[case("c*k*x", "checkout", false)]
    #[case("?heckout", "checkout", true)]
    #[case("?heckout", "écheckout", false)]
    #[case("?ckout", "éckout", true)]
    #[case(
        "a*a*a*a*a*a*a*b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        false
    )]
    fn patterns(#[case] pattern: &str, #[case] text: &str, #[case] matches: bool) {
        let pattern: Pattern = pattern.parse().expect("is one");
        assert_eq!(pattern.matches(text), matches);
    }

    #[rstest]
    #[case("")]
    #[case("web[0-9]")]
    #[case("(web|db)")]
    #[case("we b")]
    fn what_is_no_pattern(#[case] text: &str) {
        assert!(text.parse::<Pattern>().is_err());
    }

    #[test]
    fn a_slash_makes_it_about_the_group() {
        let scope = |pattern: &str| Scope {
            workloads: vec![pattern.parse().expect("is one")],
            ..Scope::default()
        };
        let target = Target {
            source: "edge-01",
            workload: Some(Named {
                group: "shop",
                name: "checkout",
                image: "shop/checkout:2",
                labels: &Labels::default(),
            }),
        };
        assert!(scope("shop/*").covers(target));
        assert!(scope("checkout").covers(target));
        assert!(!scope("shop").covers(target));
        let source = Target {
            workload: None,
            ..target
        };
        assert!(
            scope("nothing").covers(source),
            "a source has no name of a workload"
        );
    }

    #[rstest]
    #[case(&["team=payments"], true)]
    #[case(&["team=pay*"], true)]
    #[case(&["team"], true)]
    #[case(&["team=search"], false)]
    #[case::either_value(&["team=search", "team=payments"], true)]
    #[case::every_name(&["team=payments", "tier=backend"], true)]
    #[case::every_name_must_match(&["team=payments", "tier=frontend"], false)]
    #[case::missing(&["owner"], false)]
    #[case::missing_matches_no_pattern(&["owner=*"], false)]
    fn labels_are_chosen_by(#[case] asked: &[&str], #[case] covers: bool) {
        let scope = Scope {
            labels: asked
                .iter()
                .map(|text| text.parse().expect("is one"))
                .collect(),
            ..Scope::default()
        };
        let labels = Labels::keep([("team", "payments"), ("tier", "backend")]);
        let target = Target {
            source: "edge-01",
            workload: Some(Named {
                group: "shop",
                name: "checkout",
                image: "shop/checkout:2",
                labels: &labels,
            }),
        };
        assert_eq!(scope.covers(target), covers);
    }

    #[rstest]
    #[case("=payments", "no name")]
    #[case("team=", "has no value")]
    #[case("my team=a", "is no name")]
    #[case("team=a|b", "is no pattern")]
    fn what_is_no_label(#[case] text: &str, #[case] says: &str) {
        let problem = text.parse::<LabelPattern>().expect_err("is none");
        assert!(problem.contains(says), "{problem}");
    }
}
