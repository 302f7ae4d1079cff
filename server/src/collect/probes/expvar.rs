//! Go's `expvar`: a JSON object. It has no goroutine count of its own; programs publish one under one of a few names.

use domain::{metric::TaskKind, sample::TaskCount};
use serde_json::{Map, Value};

/// The largest document that is read, in bytes.
pub(super) const LARGEST: usize = 4 << 20;

/// The goroutine count, or why there is none.
pub(super) fn goroutines(body: &str) -> Result<TaskCount, String> {
    let vars: Map<String, Value> =
        serde_json::from_str(body).map_err(|_error| "the answer is no JSON object".to_owned())?;
    vars.iter()
        .find_map(|(name, value)| is_goroutine_count(name).then(|| value.as_u64()).flatten())
        .map(|count| TaskCount {
            kind: TaskKind::Goroutines,
            count,
        })
        .ok_or_else(|| {
            "it publishes no goroutine count; add expvar.Publish(\"goroutines\", expvar.Func(func() any { return runtime.NumGoroutine() }))"
                .to_owned()
        })
}

/// `goroutines`, `NumGoroutine`, `num_goroutines`, `runtime.goroutines` and the like.
fn is_goroutine_count(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let name = name.strip_prefix("runtime").unwrap_or(&name);
    let name = name.strip_suffix("count").unwrap_or(name);
    let name = name.strip_prefix("num").unwrap_or(name);
    matches!(name, "goroutine" | "goroutines")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{"cmdline":[],"goroutines":12}"#, 12)]
    #[case(r#"{"NumGoroutine":3,"memstats":{}}"#, 3)]
    #[case(r#"{"runtime.num_goroutines":41203}"#, 41_203)]
    #[case(r#"{"goroutine_count":5}"#, 5)]
    fn common_names_are_known(#[case] body: &str, #[case] count: u64) {
        assert_eq!(goroutines(body).map(|tasks| tasks.count), Ok(count));
    }

    #[rstest]
    #[case(r#"{"cmdline":[],"memstats":{}}"#, "publishes no goroutine count")]
    #[case(r#"{"goroutines":"many"}"#, "publishes no goroutine count")]
    #[case("<html>", "no JSON object")]
    fn what_is_missing_is_said(#[case] body: &str, #[case] says: &str) {
        let problem = goroutines(body).expect_err("no count");
        assert!(problem.contains(says), "{problem}");
    }
}
