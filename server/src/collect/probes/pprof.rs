//! Go's goroutine profile. Its first line has the number: `goroutine profile: total 41203`.

/// The first line is short; whatever has none in this many bytes is something else.
pub(super) const LONGEST_HEAD: usize = 4 << 10;
/// So much of a whole profile is read. Stacks come by how many goroutines have them, so what is cut off is least.
pub(super) const LARGEST: usize = 1 << 20;
/// When it is something else.
pub(super) const NO_PROFILE: &str = "the answer is no goroutine profile";

/// The goroutine profile below a pprof index. `debug=1` is the aggregated text, the cheapest one that has the total.
pub(super) fn goroutine_url(index: &str) -> String {
    let index = index.trim_end_matches('/');
    if index.contains('?') {
        index.to_owned()
    } else if index.ends_with("/goroutine") {
        format!("{index}?debug=1")
    } else {
        format!("{index}/goroutine?debug=1")
    }
}

#[cfg(test)]
mod tests {
    use domain::profile::goroutines;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("http://h:1/debug/pprof", "http://h:1/debug/pprof/goroutine?debug=1")]
    #[case("http://h:1/debug/pprof/", "http://h:1/debug/pprof/goroutine?debug=1")]
    #[case(
        "http://h:1/debug/pprof/goroutine",
        "http://h:1/debug/pprof/goroutine?debug=1"
    )]
    #[case(
        "http://h:1/p?profile=goroutine&debug=1",
        "http://h:1/p?profile=goroutine&debug=1"
    )]
    fn the_profile_below_an_index(#[case] index: &str, #[case] url: &str) {
        assert_eq!(goroutine_url(index), url);
    }

    #[rstest]
    #[case("goroutine profile: total 41203\n1 @ 0x43", Some(41_203))]
    #[case("goroutine profile: total 7", Some(7))]
    #[case("heap profile: 3: 4 [5: 6]", None)]
    #[case("goroutine profile: total many", None)]
    #[case("", None)]
    fn the_first_line_has_the_number(#[case] head: &str, #[case] count: Option<u64>) {
        assert_eq!(goroutines(head).map(|profile| profile.total), count);
    }
}
